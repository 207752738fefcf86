"""Readers, exports and reuse of space beside one writer (rules R1 to R4).

Two objects of one block each; the catalogue is the root itself, in a ring entry or a slot. Transaction t replaces
object t % 2, and a block's content is the transaction that wrote it, so that every use of a block can be checked. Slots
are torn while they are written; a ring entry takes two stores and two loads. Writer and readers may be killed, a writer
may detach while exports of its process live on, and the next writer recovers, rolls back, or meets a cold mailbox.

Free blocks are records (block, freed, born), as in commit.py; here each one taken is compared with what the durable and
the pending superblock refer to.

A reader is one of: snap (reads both objects under its pin), export (locks its range, drops its pin), merged (the same
with a range that covers more than its own), quick (drops its pin, then locks its range and uses it only when the number
that it read is still the published one), unpinned (takes number and root from the mailbox without a pin, then as quick).
"""

from explore import Bad, changed, explore, put

NEVER = 10**6
FIRST_ROOT = ((0, 1), (1, 1))  # (block, stamp) of both objects
TORN = 'torn'


def blocks_of(root):
    return () if root is None else tuple(block for block, _ in root)


class Readers:
    def __init__(self, script='SSSS', readers=('snap',), ring=3, kills=0, reader_kills=0, own=(), detach=0, cold=0,
                 rollback=0, mutants=(), max_retries=None):
        self.script, self.readers, self.ring, self.own = script, readers, ring, own
        self.rollback, self.mutants, self.max_retries = rollback, set(mutants), max_retries
        self.repaired = 'as written' not in self.mutants
        self.one_run = not (kills or cold or detach)
        self.most_retries = 0
        blocks = 3 + len(script) + kills + detach
        entries = put(((0, None, None, None),) * ring, 1 % ring, (1,) + FIRST_ROOT + ((1,) + FIRST_ROOT,))
        self.initial = dict(
            content=(1, 1) + (0,) * (blocks - 2), ring=entries, published=1, live=not cold,
            slots=((1, FIRST_ROOT), None, None, None), pins=frozenset(), ranges=frozenset(), kills=kills, detach=detach,
            reader_kills=reader_kills, pc='allocate', owner='W1', number=1, root=FIRST_ROOT, free=(),
            durable=(0, 1, FIRST_ROOT), pending=None, oldest=0, step=0, block=-1, tried=frozenset(), searched=False,
            next=2, high=2, quarantined=frozenset())
        if cold:  # the mailbox of an earlier boot: garbage
            self.initial.update(pc='dead', published=7 if cold == 2 else 0, owner='W0')
        for index in range(len(readers)):
            self.initial['r%d' % index] = ('begin',)

    def run(self):
        states, violation = explore(self.initial, self.step, self.final)
        note = 'max retries %d' % self.most_retries if self.max_retries is not None or self.most_retries else ''
        return states, violation, note

    # ---- the writer

    def seen(self, state, locks):
        """What the writer's questions show."""
        if 'own registry skipped' in self.mutants:
            return {place for owner, place in locks if owner != state['owner']}
        return {place for _, place in locks}

    def recoveries(self, state):
        """Open by a new writer: slots, barrier, then the recovered root under a number that nobody ever pinned."""
        mutants, successors = self.mutants, []
        valid = [(slot[0], index, slot[1]) for index, slot in enumerate(state['slots']) if slot and slot != TORN]
        strong = max(entry for entry in valid if entry[1] < 2)
        highest = max(entry[0] for entry in valid)
        if self.repaired and state['live']:
            highest = max(highest, state['published'])
        candidates = [max(valid)]
        if self.rollback:
            candidates += [entry for entry in valid if entry[1] < 2 and entry != candidates[0] and
                           all(state['content'][block] == stamp for block, stamp in entry[2])]
        for found in candidates:
            number = highest + 1 if self.repaired else found[0]
            # Who pins the published number reads this very root, when it is the one found: older pins alone count.
            entry = state['ring'][state['published'] % self.ring]
            same = state['live'] and found == candidates[0] and entry[3] == (state['published'],) + found[2]
            freed = state['published'] if same or 'published root not compared' in mutants else number
            freed = 0 if 'no quarantine' in mutants else NEVER if 'quarantine for ever' in mutants else freed
            unreachable = [block for block in range(state['high']) if block not in blocks_of(found[2])]
            free = tuple((block, freed, 0 if block in blocks_of(strong[2]) else NEVER) for block in unreachable)
            new = dict(owner='W%d' % (int(state['owner'][1:]) + 1), root=found[2], number=number, free=free,
                       durable=(strong[1], strong[0], strong[2]), pending=None, oldest=0, next=highest + 2,
                       quarantined=frozenset(unreachable), tried=frozenset(), searched=False, pc='open ring a')
            if 'ranges only at open' in mutants:
                new['free'] = tuple(entry for entry in free if entry[0] not in self.seen(state, state['ranges']))
            if 'boot id first' in mutants:
                new['live'] = True
            successors.append(('W open %d as %d' % (found[0], number), changed(state, **new)))
        return successors

    def candidates(self, state):
        """Free blocks that no strong root needs."""
        strong = [entry for entry in (state['durable'], state['pending']) if entry]
        held = set(blocks_of(state['durable'][2])) | set(blocks_of(state['pending'][2] if state['pending'] else None))
        free = []
        for block, freed, born in state['free']:
            if any(born <= root[1] < freed for root in strong):
                continue
            if block in held and self.repaired and 'no quarantine' not in self.mutants:
                raise Bad('a strong root needs block %d, which its record gives away' % block, 'W allocate')
            free.append((block, freed))
        return free

    def allocate(self, state, go):
        mutants, tried = self.mutants, state['tried']
        candidates = self.candidates(state)
        if 'ranges before pins' in mutants:
            ready = sorted(block for block, _ in candidates if block not in tried)
        else:
            ready = sorted(block for block, freed in candidates if freed <= state['oldest'] and block not in tried)
        if ready and not ('ranges before pins' in mutants and state['block'] >= 0):
            self.test_range(state, ready[0], go)
        elif 'ranges before pins' in mutants and state['block'] >= 0:
            freed = {block: freed for block, freed, _ in state['free']}[state['block']]
            oldest = min(self.seen(state, state['pins']) | {state['number']})
            if freed <= oldest:
                go('GETLK pins %d' % oldest, free=self.without(state, state['block']), pc='write')
            else:
                go('GETLK pins %d' % oldest, tried=tried | {state['block']}, block=-1)
        elif (not state['searched'] and candidates and 'bound never refreshed' not in mutants) or (
                not state['searched'] and state['oldest'] == 0):
            pins = self.seen(state, state['pins'])
            if 'search begins at the bound' in mutants:
                pins = {pin for pin in pins if pin >= state['oldest']}
            oldest = min(pins | {state['number']})
            if 'bound one too high' in mutants:
                oldest = oldest + 1 if pins & set(range(state['number'])) else state['number']
            go('GETLK pins %d' % oldest, oldest=max(oldest, state['oldest']), searched=True)
        else:
            if candidates and not tried and not state['pins'] and not state['ranges'] and not state['searched']:
                raise Bad('LEAK: grows though every holder is gone', 'W grow')
            go('grow', block=state['high'], high=state['high'] + 1, pc='write')

    def test_range(self, state, block, go):
        locked = block in self.seen(state, state['ranges'])
        if 'ranges only at open' in self.mutants and block in state['quarantined']:
            locked = False
        if 'no range test' in self.mutants:
            locked = False
        if locked:
            go('GETLK range %d busy' % block, tried=state['tried'] | {block})
        elif 'ranges before pins' in self.mutants:
            go('GETLK range %d free' % block, block=block)
        else:
            go('GETLK range %d free' % block, block=block, free=self.without(state, block),
               quarantined=state['quarantined'] - {block}, pc='write')

    @staticmethod
    def without(state, block):
        return tuple(entry for entry in state['free'] if entry[0] != block)

    def write_slot(self, state, go):
        mode, number = self.script[state['step']], state['next']
        new = {}
        if state['pc'] == 'slot torn' and mode != 'A' and state['pending']:
            new = dict(durable=state['pending'], pending=None)  # by barrier 1
        durable = new.get('durable', state['durable'])
        slot = 1 - durable[0] if mode != 'A' else 2 + number % 2
        if state['pc'] == 'slot torn':
            go('slot %d torn' % slot, slots=put(state['slots'], slot, TORN), pc='slot', **new)
            return
        root = self.new_root(state)
        if mode == 'S':
            new = dict(durable=(slot, number, root), pending=None)
        elif mode == 'L':
            new = dict(pending=(slot, number, root))
        go('slot %d = %d' % (slot, number), slots=put(state['slots'], slot, (number, root)),
           pc='publish' if 'published before entry' in self.mutants else 'ring a', **new)

    @staticmethod
    def new_root(state):
        return put(state['root'], state['next'] % 2, (state['block'], state['next']))

    def publish_steps(self, state, go):
        early = 'published before entry' in self.mutants
        number, place = state['next'], state['next'] % self.ring
        root, pc = self.new_root(state), state['pc']
        if pc == 'ring a':
            first = state['root'][0] if early else root[0]
            go('ring a', ring=put(state['ring'], place, (number, first) + state['ring'][place][2:]), pc='ring b')
            return
        last = early if pc == 'ring b' else not early
        new = {}
        if pc == 'ring b':
            new['ring'] = put(state['ring'], place, (number,) + root + ((number,) + root,))
        else:
            new['published'] = number
        if not last:
            go(pc, pc='publish' if pc == 'ring b' else 'ring a', **new)
            return
        old_block, born = state['root'][number % 2]
        freed = number - 1 if 'freed one too low' in self.mutants else number
        done = state['step'] + 1 == len(self.script)
        go(pc, free=state['free'] + ((old_block, freed, born),), number=number, root=root, next=number + 1,
           step=state['step'] + 1, block=-1, tried=frozenset(), searched=False,
           pc='done' if done else 'allocate', **new)

    def writer_steps(self, state):
        pc, successors = state['pc'], []

        def go(label, **new):
            successors.append(('W ' + label, changed(state, **new)))

        place = state['number'] % self.ring
        if pc == 'dead':
            return self.recoveries(state)
        if pc == 'open ring a':
            go('ring a', ring=put(state['ring'], place, (state['number'], state['root'][0]) + state['ring'][place][2:]),
               pc='open ring b')
        elif pc == 'open ring b':
            entry = (state['number'],) + state['root']
            go('ring b', ring=put(state['ring'], place, entry + (entry,)), pc='open publish')
        elif pc == 'open publish':
            go('publish %d' % state['number'], published=state['number'], pc='open boot id')
        elif pc == 'open boot id':
            go('boot id', live=True, pc='allocate' if state['step'] < len(self.script) else 'done')
        elif pc == 'allocate':
            self.allocate(state, go)
        elif pc == 'write':
            go('write block %d := %d' % (state['block'], state['next']),
               content=put(state['content'], state['block'], state['next']), pc='slot torn')
        elif pc in ('slot torn', 'slot'):
            self.write_slot(state, go)
        elif pc in ('ring a', 'ring b', 'publish'):
            self.publish_steps(state, go)
        return successors

    # ---- readers

    def owner_of(self, index):
        return 'W1' if index in self.own else 'R%d' % index

    def reader_steps(self, state, index):
        here, me, successors = state['r%d' % index], self.owner_of(index), []
        if here[0] == 'done':
            return successors

        def go(label, then, **new):
            new['r%d' % index] = then
            successors.append(('R%d %s' % (index, label), changed(state, **new)))

        if here[0] in ('begin', 'first load', 'lock', 'late lock', 'second load', 'entry a', 'entry b'):
            self.begin_steps(state, index, here, me, go)
        elif here[0].startswith('slots'):
            self.slot_steps(state, here, me, go)
        else:
            self.use_steps(state, index, here, me, go)
        if state['reader_kills'] and me[0] == 'R':
            go('kill -9', ('done',), pins=frozenset(lock for lock in state['pins'] if lock[0] != me),
               ranges=frozenset(lock for lock in state['ranges'] if lock[0] != me), reader_kills=0)
        return successors

    def begin_steps(self, state, index, here, me, go):
        mutants, pc, published = self.mutants, here[0], state['published']
        if pc == 'begin':
            go('live=%s' % state['live'], ('first load',) if state['live'] else ('slots 0', 0))
        elif pc == 'first load' and self.readers[index] == 'unpinned':
            go('T=%d (no pin)' % published, ('entry a', 0, published, 0))
        elif pc == 'first load':
            go('T0=%d' % published, ('lock', published))
        elif pc == 'lock' and 'second load before the lock' in mutants:
            go('T=%d (before lock)' % published, ('late lock', here[1], published))
        elif pc == 'lock':
            go('lock pin %d' % here[1], ('second load', here[1], 0), pins=state['pins'] | {(me, here[1])})
        elif pc == 'late lock':
            go('lock pin %d' % here[1], ('entry a', here[1], here[2], 0), pins=state['pins'] | {(me, here[1])})
        elif pc == 'second load':
            number = here[1] if 'no second load' in mutants else published
            if number < here[1] and 'going back ignored' not in mutants:
                raise Bad('published went back', 'R load T')
            go('T=%d' % number, ('entry a', here[1], number, here[2]))
        elif pc == 'entry a':
            number, first, _, _ = state['ring'][here[2] % self.ring]
            if number != here[2]:
                self.retry(index, here, go)
            else:
                go('entry a=%d' % number, ('entry b',) + here[1:] + (first,))
        elif pc == 'entry b':
            _, _, second, checksum = state['ring'][here[2] % self.ring]
            root = (here[4], second)
            if checksum != (here[2],) + root and 'no checksum' not in mutants:
                self.retry(index, here, go)
                return
            if None in root:
                raise Bad('R%d: empty ring entry taken' % index, 'R%d entry b' % index)
            if self.one_run and max(root[0][1], root[1][1]) != here[2]:
                raise Bad('R%d: torn root of snapshot %d' % (index, here[2]), 'R%d entry b' % index)
            go('entry b', ('read', here[1], root, here[2]))

    def retry(self, index, here, go):
        retries = here[3] + 1
        self.most_retries = max(self.most_retries, retries)
        if self.max_retries is not None and retries > self.max_retries:
            raise Bad('begin needs more than %d retries' % self.max_retries, 'R%d retry' % index)
        if retries > 12:
            raise Bad('begin spins while no writer advances', 'R%d retry' % index)
        go('entry gone or torn: retry', ('second load', here[1], retries))

    def slot_steps(self, state, here, me, go):
        pc = here[0]
        if pc in ('slots 0', 'slots 1', 'slots 2'):
            best = here[1]
            for slot in {'slots 0': (0,), 'slots 1': (1,), 'slots 2': (2, 3)}[pc]:
                found = state['slots'][slot]
                if found and found != TORN and (best == 0 or found[0] > best[0]):
                    best = found
            if pc != 'slots 2':
                go(pc, ('slots 1' if pc == 'slots 0' else 'slots 2', best))
            elif best == 0:
                go('no slot: start again', ('begin',))
            else:
                go('T0=%d of slot' % best[0], ('slots lock',) + best)
        elif pc == 'slots lock':
            then = 'read' if 'slots without recheck' in self.mutants else 'slots recheck'
            go('lock pin %d' % here[1], (then, here[1], here[2]) + (here[1],) * (then == 'read'),
               pins=state['pins'] | {(me, here[1])})
        elif not state['live']:
            go('mailbox still dead', ('read', here[1], here[2], here[1]))
        elif 'slots as written' in self.mutants:
            go('mailbox alive', ('second load', here[1], 0))
        else:
            go('mailbox alive: unlock, start again', ('first load',), pins=state['pins'] - {(me, here[1])})

    def use_steps(self, state, index, here, me, go):
        mutants, pc = self.mutants, here[0]
        unpinned = state['pins'] - {(me, here[1])}

        def check(block, stamp):
            if state['content'][block] != stamp:
                raise Bad('R%d: block %d of snapshot holds %s, not %s' % (index, block, state['content'][block], stamp),
                          'R%d use' % index)

        if pc == 'read':
            (block, stamp), second = here[2]
            if self.readers[index] == 'snap':
                check(block, stamp)
                go('read %d' % block, ('read second', here[1]) + second)
            elif self.readers[index] in ('quick', 'unpinned'):
                go('unlock pin', ('quick lock', here[3], block, stamp), pins=unpinned)
            elif 'pin dropped first' in mutants:
                go('unlock pin', ('lock range', here[1], block, stamp), pins=unpinned)
            elif 'own export not locked' in mutants and index in self.own:
                go('export, no lock', ('drop pin', here[1], block, stamp))
            else:
                covered = (block,) if self.readers[index] == 'export' else (block, block + 1)
                go('lock range %d' % block, ('drop pin', here[1], block, stamp),
                   ranges=state['ranges'] | {(me, each) for each in covered})
        elif pc == 'read second':
            check(here[2], here[3])
            go('read %d' % here[2], ('end', here[1]))
        elif pc == 'end':
            go('unlock pin', ('done',), pins=unpinned)
        elif pc == 'quick lock':
            then = 'use' if 'published not looked at again' in mutants else 'quick look'
            go('lock range %d' % here[2], (then,) + here[1:], ranges=state['ranges'] | {(me, here[2])})
        elif pc == 'quick look':
            if state['live'] and state['published'] == here[1]:
                go('still published', ('use',) + here[1:])
            else:
                go('unlock range, start again', ('begin',), ranges=state['ranges'] - {(me, here[2])})
        elif pc == 'lock range':
            go('lock range %d' % here[2], ('use',) + here[1:], ranges=state['ranges'] | {(me, here[2])})
        elif pc == 'drop pin':
            go('unlock pin', ('use',) + here[1:], pins=unpinned)
        elif pc == 'use':
            check(here[2], here[3])
            go('use %d' % here[2], ('release', here[2]))
        elif pc == 'release':
            kept = state['ranges'] if 'range leaked' in mutants else (
                state['ranges'] - {(me, here[1]), (me, here[1] + 1)})
            go('unlock range', ('done',), ranges=kept)

    # ---- both

    def step(self, state):
        successors = self.writer_steps(state)
        for index in range(len(self.readers)):
            successors += self.reader_steps(state, index)
        gone = dict(pc='dead', free=(), block=-1, oldest=0)
        if state['kills'] and state['pc'] != 'dead' and state['owner'] != 'W0':
            mine = state['owner']
            new = dict(gone, kills=state['kills'] - 1, tried=frozenset(), searched=False,
                       pins=frozenset(lock for lock in state['pins'] if lock[0] != mine),
                       ranges=frozenset(lock for lock in state['ranges'] if lock[0] != mine))
            if mine == 'W1':
                new.update(('r%d' % index, ('done',)) for index in self.own)
            successors.append(('W kill -9', changed(state, **new)))
        if state['detach'] and state['pc'] == 'allocate' and state['step'] > 0:
            if not state['tried'] and not state['searched']:
                successors.append(('W detach', changed(state, detach=0, **gone)))
        return successors

    def final(self, state):
        if state['pins'] or state['ranges']:
            return 'LEAK: locks after all holders ended: %s %s' % (set(state['pins']), set(state['ranges']))
        if state['pc'] == 'done' and any(freed > state['number'] for _, freed, _ in state['free']):
            return 'LEAK: block quarantined for ever'
        if any(state['r%d' % index] != ('done',) for index in range(len(self.readers))):
            return 'reader stuck'
        return None


def readers(**options):
    return Readers(**options).run()
