"""The order of the writer's publication and its questions; threads that share one lock description (R5)."""

from explore import Bad, changed, explore, put


def store_buffer(mutants=(), commits=4):
    """One object. The writer's store of `published` sits in a store buffer until a fence, a lock call that takes the
    kernel's spinlock, or any time; a question about a file without locks takes no spinlock."""
    mutants = set(mutants)
    initial = dict(content=(1,) + (0,) * commits, published=1, buffer=None, roots=((1, 0),), pins=frozenset(),
                   writer=('allocate', 1, (), -1), reader=('first load',))

    def allocate(state, number, free, roots, go):
        new = {}
        empty_list = not state['pins'] and 'no writer lock' in mutants
        if state['buffer'] and not empty_list:
            new = dict(published=state['buffer'], buffer=None)
        oldest = min(state['pins'] | {number})
        ready = [block for block, freed in free if freed <= oldest]
        if ready:
            left = tuple(entry for entry in free if entry[0] != ready[0])
            go('W GETLK, reuse %d' % ready[0], writer=('write', number, left, ready[0]), **new)
        else:
            used = {block for block, _ in free} | {roots[number]}
            block = min(each for each in range(commits + 1) if each not in used)
            go('W GETLK, grow', writer=('write', number, free, block), **new)

    def writer_steps(state, roots, go):
        pc, number, free, block = state['writer']
        if pc == 'allocate' and number <= commits:
            allocate(state, number, free, roots, go)
        elif pc == 'write':
            go('W write %d' % block, content=put(state['content'], block, number + 1),
               roots=state['roots'] + ((number + 1, block),), writer=('publish', number, free, block))
        elif pc == 'publish' and not state['buffer']:
            where = 'buffer' if 'no fence' in mutants else 'published'
            left = free + ((roots[number], number + 1),)
            go('W publish %d' % (number + 1), writer=('allocate', number + 1, left, -1), **{where: number + 1})

    def reader_steps(state, roots, go):
        here = state['reader']
        if here[0] == 'first load':
            go('R T0=%d' % state['published'], reader=('lock', state['published']))
        elif here[0] == 'lock':
            go('R lock', reader=('second load',), pins=frozenset((here[1],)))
        elif here[0] == 'second load':
            go('R T=%d' % state['published'], reader=('read', state['published']))
        elif here[0] == 'read':
            if state['content'][roots[here[1]]] != here[1]:
                raise Bad('R reads a reused block', 'R read')
            go('R read', reader=('end',))
        elif here[0] == 'end':
            go('R unlock', reader=('done',), pins=frozenset())

    def step(state):
        successors, roots = [], dict(state['roots'])

        def go(label, **new):
            successors.append((label, changed(state, **new)))

        if state['buffer']:
            go('flush', published=state['buffer'], buffer=None)
        writer_steps(state, roots, go)
        reader_steps(state, roots, go)
        return successors

    return explore(initial, step) + ('',)


FREE, LOCKING, HELD, UNLOCKING = 'free', 'locking', 'held', 'unlocking'


class SharedDescription:
    """Threads of one process begin snapshot 10, export block 0 and release. Per lock byte a registry word (count,
    state). Snapshot 10 holds block 0, snapshot 11 does not. Mutant `naive`: count 0 -> 1 locks, 1 -> 0 unlocks."""

    def __init__(self, mutants=(), threads=2):
        self.mutants, self.threads, self.lowest = set(mutants), threads, 10 - threads
        self.naive = 'naive' in self.mutants
        self.careless = self.naive or 'shares a byte being unlocked' in self.mutants
        self.initial = dict(published=10, content=1, pins=frozenset(), range_locked=False,
                            registry=((0, FREE),) * (threads + 1), range=(0, FREE), writer='publish')
        self.initial.update(('t%d' % index, ('begin',)) for index in range(threads))

    def joined(self, word):
        """A registry word with one more user, and whether that one has to lock."""
        count, mode = word
        if self.naive:
            return (count + 1, HELD), count == 0
        if mode == FREE:
            return (1, LOCKING), True
        return (count + 1, mode), mode == LOCKING and 'trusts a lock in flight' not in self.mutants

    def left(self, word):
        """The same with one user less."""
        count, mode = word
        if count > 1:
            return (count - 1, mode), False
        return (0, FREE if self.naive else UNLOCKING), True

    def writer_steps(self, state, go):
        if state['writer'] == 'publish':
            go('W publish 11', published=11, writer='pins')
        elif state['writer'] == 'pins':
            lowest = 10 if 'search begins at the bound' in self.mutants else self.lowest  # 10: of an earlier search
            pinned = any(lowest <= pin < 11 for pin in state['pins'])
            go('W GETLK pins', writer='pins' if pinned else 'range')
        elif state['writer'] == 'range':
            go('W GETLK range', writer='pins' if state['range_locked'] else 'use')
        elif state['writer'] == 'use':
            go('W reuses block 0', content=2, writer='done')

    def pin_steps(self, state, here, to):
        pc, registry = here[0], state['registry']
        if pc == 'begin':
            to('T0', *(('count pin',) if state['published'] == 10 else ('done',)))
        elif pc == 'count pin':
            number = 10
            while not self.careless and registry[number - self.lowest][1] == UNLOCKING:
                number -= 1
            word, must_lock = self.joined(registry[number - self.lowest])
            to('count pin %d' % number, 'lock pin' if must_lock else 'second load', number,
               registry=put(registry, number - self.lowest, word))
        elif pc == 'lock pin':
            to('SETLK pin %d' % here[1], 'second load' if self.naive else 'pin held', here[1],
               pins=state['pins'] | {here[1]})
        elif pc == 'pin held':
            word = (registry[here[1] - self.lowest][0], HELD)
            to('pin held', 'second load', here[1], registry=put(registry, here[1] - self.lowest, word))
        elif pc == 'second load':
            then = ('count range', here[1]) if state['published'] == 10 else ('drop pin', here[1], 'done')
            to('T=%d' % state['published'], *then)
        elif pc == 'drop pin':
            word, must_unlock = self.left(registry[here[1] - self.lowest])
            then = ('unlock pin', here[1], here[2]) if must_unlock else (here[2],)
            to('uncount pin', *then, registry=put(registry, here[1] - self.lowest, word))
        elif pc == 'unlock pin':
            then = (here[2],) if self.naive else ('pin free', here[1], here[2])
            to('UNLCK pin %d' % here[1], *then, pins=state['pins'] - {here[1]})
        elif pc == 'pin free':
            word = (registry[here[1] - self.lowest][0], FREE)
            to('pin free', here[2], registry=put(registry, here[1] - self.lowest, word))

    def range_steps(self, state, here, to):
        pc = here[0]
        if pc == 'count range':
            if not self.careless and state['range'][1] == UNLOCKING:
                to('range unlock in flight: keep pin', 'use under pin', here[1])
                return
            word, must_lock = self.joined(state['range'])
            to('count range', *(('lock range', here[1]) if must_lock else ('drop pin', here[1], 'use')), range=word)
        elif pc == 'lock range':
            to('SETLK range', *(('drop pin', here[1], 'use') if self.naive else ('range held', here[1])),
               range_locked=True)
        elif pc == 'range held':
            to('range held', 'drop pin', here[1], 'use', range=(state['range'][0], HELD))
        elif pc in ('use', 'use under pin'):
            if state['content'] != 1:
                raise Bad('T uses a reused block', 'T use')
            to('use', *(('release',) if pc == 'use' else ('drop pin', here[1], 'done')))
        elif pc == 'release':
            word, must_unlock = self.left(state['range'])
            to('uncount range', 'unlock range' if must_unlock else 'done', range=word)
        elif pc == 'unlock range':
            to('UNLCK range', 'done' if self.naive else 'range free', range_locked=False)
        elif pc == 'range free':
            to('range free', 'done', range=(state['range'][0], FREE))

    def step(self, state):
        successors = []

        def go(label, **new):
            successors.append((label, changed(state, **new)))

        self.writer_steps(state, go)
        for index in range(self.threads):
            def to(label, *then, **new):
                new['t%d' % index] = then
                go('T%d %s' % (index, label), **new)

            self.pin_steps(state, state['t%d' % index], to)
            self.range_steps(state, state['t%d' % index], to)
        return successors

    @staticmethod
    def final(state):
        if state['pins'] or state['range_locked']:
            return 'LEAK: process keeps locks'
        return None if state['writer'] == 'done' else 'block never reusable'


def shared_description(mutants=(), threads=2):
    model = SharedDescription(mutants, threads)
    return explore(model.initial, model.step, model.final) + ('',)
