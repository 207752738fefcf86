"""Hole punching (rule R8): a punch is a destructive write that may reach the disk at any time.

A block is punched in the `delay`-th SYNC commit after it became reusable (0: in the commit that sees it reusable),
`before` barrier 1 or `after` publication. Every sequence of commits, every crash image; a second writer then opens what
kill -9 or the loss of power left, commits three times, and power is lost again.
"""

import itertools

from commit import Disk, Superblock, Violation, created, recover, superblocks

PUNCHED = -1


class PunchingWriter:
    def __init__(self, disk, recovered, boot, next_number, options):
        self.disk, self.boot, self.next, self.options = disk, boot, next_number, options
        self.mutants = options['mutants']
        self.live, self.published = dict(recovered.blocks), recovered.number
        self.durable = max(superblocks(disk.cache, ('A', 'B')), key=lambda item: item[1].number)
        self.unsynced, self.weak_commits, self.sync_commits = None, 0, 0
        self.high = disk.blocks()
        self.freed_at = {}
        self.reusable_since = {block: 0 for block in self.free()}

    def free(self):
        used = set(self.live) | set(dict(self.durable[1].blocks))
        if self.unsynced and 'pending superblock ignored' not in self.mutants:
            used |= set(dict(self.unsynced[1].blocks))
        return [block for block in range(self.high) if block not in used]

    def to_punch(self, mode, live):
        due = [block for block, since in self.reusable_since.items()
               if self.sync_commits - since >= self.options['delay']]
        if mode != 'S':
            return []
        if 'punched by the freeing commit' in self.mutants:
            return [block for block in self.live if block not in live]
        if 'punched when published' in self.mutants:
            return [block for block in self.freed_at if block not in live and block not in self.live]
        if 'stale punch list' in self.mutants:
            return due
        free = self.free()
        return [block for block in due if block in free and block not in live]

    def punch(self, mode, live):
        for block in self.to_punch(mode, live):
            self.disk.write(block, PUNCHED)
            self.reusable_since.pop(block, None)
            self.freed_at.pop(block, None)
            yield

    def commit(self, mode):
        number, live = self.next, dict(self.live)
        victim = sorted(live)[number % 2]
        del live[victim]
        free = self.free()
        block = free[0] if free and number % 3 else self.high  # not always, so that something is left to punch
        self.high = max(self.high, block + 1)
        live[block] = number
        self.disk.write(block, number)
        if 'stale punch list' not in self.mutants:
            self.reusable_since.pop(block, None)
        self.freed_at.pop(block, None)
        yield
        if self.options['position'] == 'before' or 'punched by the freeing commit' in self.mutants:
            yield from self.punch(mode, live)
        yield from self.commit_root(mode, Superblock(number, tuple(sorted(live.items())),
                                                     self.boot if mode == 'A' else None))
        self.live, self.next, self.published, self.freed_at[victim] = live, number + 1, number, number
        self.sync_commits += mode == 'S'
        self.note_reusable()
        yield
        if self.options['position'] == 'after':
            yield from self.punch(mode, live)

    def commit_root(self, mode, root):
        if mode == 'A':
            self.disk.write('W%d' % (self.weak_commits & 1), root)
            self.weak_commits += 1
            yield
            return
        self.disk.barrier()
        if self.unsynced:
            self.durable, self.unsynced = self.unsynced, None
        yield
        slot = 'B' if self.durable[0] == 'A' else 'A'
        self.disk.write(slot, root)
        self.unsynced = (slot, root)
        yield
        if mode == 'S':
            self.disk.barrier()
            self.durable, self.unsynced = self.unsynced, None

    def note_reusable(self):
        free = self.free()
        for block in free:
            self.reusable_since.setdefault(block, self.sync_commits)
        if 'stale punch list' not in self.mutants:
            for block in [each for each in self.reusable_since if each not in free]:
                del self.reusable_since[block]


class Punching:
    def __init__(self, mutants=(), depth=4, delay=1, position='before', second=True):
        self.depth, self.second, self.images = depth, second, 0
        self.options = dict(mutants=frozenset(mutants), delay=delay, position=position)

    def check(self, image, boot, lowest, highest, where):
        self.images += 1
        found = recover(image, boot, ())
        if found is None or not found[1].intact(image) or not lowest <= found[1].number <= highest:
            raise Violation(where)
        return found[1]

    def second_writer(self, disk, boot, lowest):
        found = recover(disk.cache, boot, ())[1]
        if 'no barrier at open' not in self.options['mutants']:
            disk.barrier()
        highest = max(root.number for _, root in superblocks(disk.cache))
        writer = PunchingWriter(disk, found, boot, highest + 2, self.options)
        for _ in range(3):
            for _ in writer.commit('S'):
                for image in disk.images():
                    self.check(image, boot + 1, lowest, writer.next, 'second writer, power')
            lowest = writer.published

    def sequence(self, modes):
        disk, seen = created(2), set()
        writer = PunchingWriter(disk, recover(disk.cache, 0, ())[1], 0, 2, self.options)
        for step, mode in enumerate(modes):
            for _ in writer.commit(mode):
                for image in disk.images():
                    found = self.check(image, 1, writer.durable[1].number, writer.next,
                                       'power %s in commit %d' % (modes, step + 1))
                    if self.second and self.depth <= 3:
                        key = frozenset(image.items())
                        if key not in seen:
                            seen.add(key)
                            self.second_writer(Disk.of_image(image), 1, found.number)
                self.check(disk.cache, 0, writer.published, writer.next, 'kill -9')
                if self.second:
                    self.second_writer(disk.clone(), 0, writer.durable[1].number)

    def run(self):
        try:
            for modes in itertools.product('SLA', repeat=self.depth):
                self.sequence(''.join(modes))
        except Violation as violation:
            return self.images, (str(violation), []), ''
        return self.images, None, ''


def punching(**options):
    return Punching(**options).run()
