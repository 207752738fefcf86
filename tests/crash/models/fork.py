"""Locks across fork(), rule R7 in the frozen variant.

The parent's table is frozen from before the fork until after it: nobody registers, joins, marks as held or counts down.
Lock calls that are under way go on. A bridge description gets what finished calls have handed out; it becomes the
child's description, and the child closes the inherited one.

Thread M has a view of block 0 and forks. Thread T exports blocks 0 and 1, so that M's interval grows, or holds a
snapshot; thread U exports block 0. All release. The parent may be killed after the fork, the child at any time. A
writer reuses each block as soon as pins first, ranges second allow it. Locks count while a process holds their
description: D1 is the parent's, D2 the bridge.
"""

from explore import Bad, changed, explore, put

OLD, NEW = 10, 11  # snapshot 10 holds blocks 0 and 1, snapshot 11 neither
NOBODY = frozenset()


def frozen_fork(mutants=(), exports=True, third_thread=True):
    mutants = set(mutants)
    wanted = {'T': frozenset((0, 1)), 'U': frozenset((0,))}
    # interval: (blocks, count, joining, state) or None; a pin byte a thread: (state, finished)
    initial = dict(published=OLD, content=(OLD, OLD), d1=frozenset((0,)), d2=NOBODY, refs1=frozenset('P'), refs2=NOBODY,
                   interval=(frozenset((0,)), 1, 0, 'held'), M=('start',), T=('begin',),
                   U=('begin',) if third_thread else ('done',), frozen=False, child=('none',), writer='publish',
                   parent_lives=True, snapshots=NOBODY)

    def locked(state, byte):
        return (byte in state['d1'] and state['refs1']) or (byte in state['d2'] and state['refs2'])

    def check(state, blocks, who):
        for block in blocks:
            if state['content'][block] != OLD:
                raise Bad("%s's block %d is reused" % (who, block), who + ' use')

    def writer_steps(state, go):
        if state['writer'] == 'publish':
            go('W publish', published=NEW, writer='pins')
        elif state['writer'] == 'pins':
            pinned = any(locked(state, 'pin ' + thread) for thread in 'TU')
            go('W GETLK pins', writer='pins' if pinned else 'ranges')
        elif state['writer'] == 'ranges':
            for block in (0, 1):
                if state['content'][block] == OLD and not locked(state, block):
                    go('W GETLK range %d free' % block, writer=block)
        else:
            go('W reuse %d' % state['writer'], content=put(state['content'], state['writer'], NEW), writer='ranges')

    def join(interval, blocks):
        """The interval with one more user, and whether that one has to lock."""
        if interval is None:
            return (blocks, 1, 1, 'locking'), True
        old, count, joining, mode = interval
        if blocks <= old and mode == 'held':
            return (old, count + 1, joining, mode), False
        return (old | blocks, count + 1, joining + 1, 'locking'), True

    def drop(state, to, who):
        blocks, count, joining, mode = state['interval']
        if count > 1:
            to('%s uncount range' % who, ('done',), interval=(blocks, count - 1, joining, mode))
        else:
            to('%s uncount range' % who, ('unlock', blocks), interval=(blocks, 0, 0, 'unlocking'))

    def unlock_steps(state, who, to, free):
        pc = state[who]
        if pc[0] == 'unlock':
            to('%s UNLCK range' % who, ('unlocked',), d1=state['d1'] - pc[1])
        elif pc[0] == 'unlocked' and free:
            to('%s range free' % who, ('done',), interval=None)

    def thread_steps(state, who, go):
        pc = state[who]
        name = pc[0]
        pin = 'pin ' + who
        free = not state['frozen'] or 'not frozen' in mutants

        def to(label, then, **kw):
            go(label, **{who: then}, **kw)

        if name == 'begin':
            to('%s T0' % who, ('count pin',) if state['published'] == OLD else ('done',))
        elif name == 'count pin' and free:
            to('%s count pin' % who, ('lock pin',))
        elif name == 'lock pin':
            to('%s SETLK pin' % who, ('pin locked',), d1=state['d1'] | {pin})
        elif name == 'pin locked' and free:
            kept = state['snapshots'] | ({who} if who == 'T' and not exports else NOBODY)
            to('%s pin held' % who, ('look again',), snapshots=kept)
        elif name == 'look again':
            late = state['published'] != OLD
            then = 'drop pin' if late else 'export' if who == 'U' or exports else 'read'
            to('%s T=%d' % (who, state['published']), (then, 'late' if late else 'done'))
        elif name == 'read':
            check(state, (0, 1), who)
            to('%s read' % who, ('drop pin', 'done'))
        elif name == 'export' and free:
            if state['interval'] and state['interval'][3] == 'unlocking':
                to('%s meets unlocking: gives up' % who, ('drop pin', 'done'))
            else:
                interval, must_lock = join(state['interval'], wanted[who])
                then = ('lock range', interval[0]) if must_lock else ('drop pin', 'use')
                to('%s count range' % who, then, interval=interval)
        elif name == 'lock range':
            to('%s SETLK range' % who, ('range locked', pc[1]), d1=state['d1'] | pc[1])
        elif name == 'range locked' and free:
            blocks, count, joining, mode = state['interval']
            to('%s range held' % who, ('drop pin', 'use'),
               interval=(blocks, count, joining - 1, 'held' if blocks == pc[1] else mode))
        elif name == 'drop pin' and free:
            to('%s uncount pin' % who, ('unlock pin', pc[1]), snapshots=state['snapshots'] - {who})
        elif name == 'unlock pin':
            to('%s UNLCK pin' % who, ('use' if pc[1] == 'use' else 'done',), d1=state['d1'] - {pin})
        elif name == 'use':
            check(state, wanted[who], who)
            to('%s use' % who, ('release',))
        elif name == 'release' and free:
            drop(state, to, who)
        else:
            unlock_steps(state, who, to, free)

    def finished(state):
        """Views and snapshots that the child finds in its memory: (blocks it may use, users of the interval)."""
        interval = state['interval']
        views = [wanted[who] for who in 'TU' if state[who][0] in ('use', 'release') or state[who] in
                 (('drop pin', 'use'), ('unlock pin', 'use'))]
        blocks = frozenset((0,)).union(*views)
        if state['snapshots'] and state['T'][0] in ('read', 'drop pin') and state['T'] != ('drop pin', 'late'):
            blocks |= frozenset((0, 1))
        users = interval[1] - (interval[2] if 'child counts calls in flight' not in mutants else 0)
        return blocks, users, 1 + len(views)

    def fork_steps(state, go):
        pc = state['M'][0]

        def to(label, then, **kw):
            go('M ' + label, M=then, **kw)

        if pc == 'start':
            to('freeze, open D2', ('ranges',), frozen=True, refs2=frozenset('P'))
        elif pc == 'ranges':
            blocks, count, joining, mode = state['interval']
            copied = count > joining and (mode == 'held' or 'only held entries' not in mutants)
            if 'no bridge' in mutants:
                copied = False
            to('lock range on D2', ('pins',), d2=state['d2'] | blocks if copied else state['d2'])
        elif pc == 'pins':
            pins = {'pin ' + who for who in state['snapshots']} if 'no bridge' not in mutants else NOBODY
            if 'call pins copied' in mutants:
                pins = {byte for byte in state['d1'] if isinstance(byte, str)}
            to('lock snapshots on D2', ('fork',), d2=state['d2'] | pins)
        elif pc == 'fork':
            to('fork', ('after',), child=('close D1', finished(state), state['interval'][0], state['snapshots']),
               refs1=state['refs1'] | {'C'}, refs2=state['refs2'] | {'C'})
        elif pc == 'after':
            refs = state['refs2'] - {'P'} if 'parent keeps the bridge' not in mutants else state['refs2']
            to('thaw, close D2', ('use',), frozen=False, refs2=refs)
        elif pc == 'use':
            check(state, (0,), 'M')
            to('use', ('release',))
        elif pc == 'release':
            drop(state, lambda label, then, **kw: go(label, M=then, **kw), 'M')
        else:
            unlock_steps(state, 'M', lambda label, then, **kw: go(label, M=then, **kw), True)

    def child_steps(state, go):
        pc = state['child']
        if pc[0] in ('none', 'done'):
            return

        def to(label, *then, **kw):
            go('C ' + label, child=then, **kw)

        if pc[0] == 'close D1':
            kw = dict(refs1=state['refs1'] - {'C'})
            if 'child unlocks on D1' in mutants:
                kw['d1'] = NOBODY
            if 'child keeps D1' in mutants:
                del kw['refs1']
            if 'no bridge' in mutants:
                kw['d2'] = pc[2] | {'pin ' + who for who in pc[3]}
            to('close D1', 'use', *pc[1:], **kw)
        elif pc[0] == 'use':
            check(state, pc[1][0], 'C')
            to('use', 'release', *pc[1:])
        elif pc[0] == 'release':
            _, users, tickets = pc[1]
            gone = {'pin ' + who for who in pc[3]} | (set(pc[2]) if users == tickets else set())
            to('release', 'idle', d2=state['d2'] - gone)
        if state['parent_lives'] or pc[0] != 'idle':
            go('C kill -9', child=('done',), refs1=state['refs1'] - {'C'}, refs2=state['refs2'] - {'C'})

    def step(state):
        successors = []

        def go(label, **kw):
            successors.append((label, changed(state, **kw)))

        writer_steps(state, go)
        if state['parent_lives']:
            fork_steps(state, go)
            thread_steps(state, 'T', go)
            thread_steps(state, 'U', go)
            if state['child'] != ('none',):
                go('P kill -9', parent_lives=False, refs1=state['refs1'] - {'P'}, refs2=state['refs2'] - {'P'})
        child_steps(state, go)
        return successors

    def idle_leak(state):
        """Everything is released, though processes may live on: no lock may be left."""
        parent = not state['parent_lives'] or all(state[who] == ('done',) for who in 'MTU')
        left = any(locked(state, byte) for byte in (0, 1, 'pin T', 'pin U'))
        if parent and state['child'] in (('idle',), ('done',)) and left:
            raise Bad('LEAK: locks live though no view does', 'END')

    def checked_step(state):
        idle_leak(state)
        return step(state)

    return explore(initial, checked_step) + ('',)
