"""The commit protocol and the reuse of space, against every crash image.

A disk has a durable value per block; everything written since the last barrier may be there or not after a loss of
power, in any version, and a superblock may be torn. After kill -9 the page cache survives. The writer commits SYNC
(two barriers), LAZY (one) or ASYNC (none, in a weak slot that counts in its boot only), or aborts. It may be killed
after every write; the next writer then publishes what it recovers under a number that nobody has seen (rule R2).

Free blocks are records (freed, born): the transactions whose snapshots hold the block are [born, freed). A block is
taken when freed <= oldest pin, and when no strong superblock S that is durable or pending has born <= S < freed. The
model compares this with the sets of blocks that those superblocks really refer to: a block taken though one of them
holds it is unsafe, a block refused though none does is a leak.
"""

import itertools

SLOTS = ('A', 'B', 'W0', 'W1')
TORN = ('torn',)
COMMITS = ('SYNC', 'LAZY', 'ASYNC')
WITH_ABORT = COMMITS + ('ABORT',)
NEVER = 10**9
OBJECTS = 3


class Violation(Exception):
    pass


class Disk:
    """Durable content, versions written since the last barrier, and the page cache over both."""

    def __init__(self):
        self.durable, self.pending, self.cache = {}, {}, {}

    def clone(self):
        copy = Disk()
        copy.durable, copy.cache = dict(self.durable), dict(self.cache)
        copy.pending = {place: list(versions) for place, versions in self.pending.items()}
        return copy

    @staticmethod
    def of_image(image):
        disk = Disk()
        disk.durable, disk.cache = dict(image), dict(image)
        return disk

    def write(self, place, value):
        self.cache[place] = value
        self.pending.setdefault(place, []).append(value)

    def barrier(self):
        for place in self.pending:
            self.durable[place] = self.cache[place]
        self.pending = {}

    def images(self):
        """What a loss of power can leave."""
        places, options = list(self.pending), []
        for place in places:
            versions = [None] + list(dict.fromkeys(self.pending[place]))
            if place in SLOTS:
                versions.append(TORN)
            options.append(versions)
        for choice in itertools.product(*options):
            image = dict(self.durable)
            for place, version in zip(places, choice):
                if version is not None:
                    image[place] = version
            yield image

    def blocks(self):
        return max(place for place in self.cache if isinstance(place, int)) + 1


class Superblock:
    """A slot's content; blocks: ((block, stamp), ...), stamp = (transaction, attempt)."""

    __slots__ = ('number', 'blocks', 'boot')

    def __init__(self, number, blocks, boot=None):
        self.number, self.blocks, self.boot = number, blocks, boot  # boot None: strong

    def intact(self, view):
        return all(view.get(block) == stamp for block, stamp in self.blocks)


def superblocks(view, slots=SLOTS):
    return [(slot, view[slot]) for slot in slots if isinstance(view.get(slot), Superblock)]


def recover(view, boot, mutants):
    """(slot, superblock) that an opener believes, or None."""
    if 'no checksum' in mutants and any(view.get(slot) == TORN for slot in SLOTS):
        return None
    eligible = [(slot, found) for slot, found in superblocks(view)
                if found.boot in (None, boot) or 'boot id ignored' in mutants]
    return max(eligible, key=lambda item: item[1].number, default=None)


class Writer:
    """The one writer, as it is after opening what `recovered` says."""

    def __init__(self, disk, recovered, boot, mutants, oldest_pin=NEVER):
        self.disk, self.boot, self.mutants, self.oldest_pin = disk, boot, mutants, oldest_pin
        root = recovered[1]
        self.live = dict(root.blocks)
        self.high = disk.blocks()
        self.durable = max(superblocks(disk.cache, ('A', 'B')), key=lambda item: item[1].number)
        self.unsynced = None  # a strong superblock written since the last barrier
        self.weak_commits, self.attempt = 0, 0
        self.number = 1 + max(found.number for _, found in superblocks(disk.cache))
        strong = dict(self.durable[1].blocks)
        freed = self.durable[1].number if 'recovered number too low' in mutants else self.number
        self.records = {}
        for block in range(self.high):
            if block not in self.live:
                held = block in strong and 'reopen forgets the strong root' not in mutants
                self.records[block] = (freed, 0 if held or 'reopen keeps all' in mutants else NEVER)
        self.snapshots = {self.number: root}

    def strong_roots(self):
        return [entry[1] for entry in (self.durable, self.unsynced) if entry]

    def reusable(self, block):
        freed, born = self.records[block]
        roots = self.strong_roots()
        if 'pending superblock ignored' in self.mutants:
            roots = roots[:1]
        if 'strong roots ignored' in self.mutants:
            roots = []
        if 'born ignored' in self.mutants:
            born = 0
        if 'born taken as exclusive' in self.mutants:
            born += 1
        if 'freed taken as exclusive' in self.mutants:
            freed -= 1
        kept = any(born <= root.number < freed for root in roots)
        return not kept and (self.records[block][0] <= self.oldest_pin or 'pins ignored' in self.mutants)

    def free_blocks(self):
        """Blocks in ascending order that the rule lets the writer take; checked against what roots really hold."""
        held = {block for root in self.strong_roots() for block, _ in root.blocks}
        free = []
        for block in sorted(self.records):
            if self.reusable(block):
                free.append(block)
            elif block not in held and self.records[block][0] <= self.oldest_pin:
                raise Violation('leak: nothing holds block %d, yet it is kept' % block)
        return free

    def transaction(self, mode):
        """Replaces two of the objects; yields after every write and every barrier."""
        number, disk = self.number + 1, self.disk
        live, taken = dict(self.live), {}
        victims = sorted(live)[:2]
        free = self.free_blocks()
        for victim in victims:
            del live[victim]
        while len(live) < OBJECTS:
            block = free.pop(0) if free else self.high
            self.high = max(self.high, block + 1)
            taken[block] = self.records.pop(block, (0, NEVER))
            live[block] = (number, self.attempt)
            disk.write(block, live[block])
            yield
        if mode == 'ABORT':
            self.records.update(taken)
            self.attempt += 1
            return
        root = Superblock(number, tuple(sorted(live.items())), self.boot if mode == 'ASYNC' else None)
        yield from self.commit_root(mode, root)
        for victim in victims:
            self.records[victim] = (number, self.live[victim][0])
        self.number, self.live, self.snapshots[number] = number, live, root

    def commit_root(self, mode, root):
        other = 'B' if self.durable[0] == 'A' else 'A'
        if mode == 'ASYNC':
            slot = other if 'weak commit in a strong slot' in self.mutants else 'W%d' % (self.weak_commits & 1)
            self.weak_commits += 1
            self.disk.write(slot, root)
            yield
            return
        if 'no barrier 1' not in self.mutants:
            self.disk.barrier()
        if self.unsynced:
            self.durable, self.unsynced = self.unsynced, None
        yield
        slot = 'A' if 'one slot only' in self.mutants else 'B' if self.durable[0] == 'A' else 'A'
        self.disk.write(slot, root)
        yield
        self.unsynced = (slot, root)
        if mode == 'SYNC':
            if 'no barrier 2' not in self.mutants:
                self.disk.barrier()
            self.durable, self.unsynced = self.unsynced, None
            yield
        elif 'lazy taken for durable' in self.mutants:
            self.durable, self.unsynced = self.unsynced, None


def created(objects=OBJECTS):
    """A new storage: everything of transaction 1 is durable."""
    disk = Disk()
    blocks = tuple((block, (1, 0)) for block in range(objects))
    for block, stamp in blocks:
        disk.write(block, stamp)
    disk.barrier()
    disk.write('A', Superblock(1, blocks))
    disk.barrier()
    return disk


class Check:
    """Counts images; raises at the first that recovers to something torn, too old or too new."""

    def __init__(self, mutants):
        self.mutants, self.images = frozenset(mutants), 0

    def recovers(self, image, boot, lowest, highest, where):
        self.images += 1
        found = recover(image, boot, self.mutants)
        if found is None or not found[1].intact(image):
            raise Violation('%s: the recovered root is damaged' % where)
        if not lowest <= found[1].number <= highest:
            raise Violation('%s: recovered %d, not within %d to %d' % (where, found[1].number, lowest, highest))
        return found

    def power_loss(self, disk, boot, lowest, highest, where):
        for image in disk.images():
            yield image, self.recovers(image, boot, lowest, highest, where)

    def pinned(self, disk, pinned, where):
        if pinned and not pinned.intact(disk.cache):
            raise Violation('%s: a block of a pinned snapshot was taken' % where)


def outcome(check, search):
    try:
        search(check)
    except Violation as violation:
        return check.images, str(violation)
    return check.images, None


def crashes(depth, mutants=(), modes=COMMITS):
    """Power loss and kill -9 at every point of every sequence; up to depth 3 one more commit on every image."""

    def again(check, image, found, where):
        disk = Disk.of_image(image)
        writer = Writer(disk, found, 1, check.mutants)
        for _ in writer.transaction('SYNC'):
            for _ in check.power_loss(disk, 2, found[1].number, writer.number + 1, where + ', then again'):
                pass

    def search(check):
        for sequence in itertools.product(modes, repeat=depth):
            disk = created()
            writer = Writer(disk, recover(disk.cache, 0, check.mutants), 0, check.mutants)
            acknowledged, durable = 1, 1
            unsafe = check.mutants & {'no barrier 1', 'no barrier 2', 'lazy taken for durable'}
            for step, mode in enumerate(sequence):
                where = '%s in commit %d' % (' '.join(sequence), step + 1)
                for _ in writer.transaction(mode):
                    floor = durable if unsafe else writer.durable[1].number
                    highest = writer.number + 1
                    for image, found in check.power_loss(disk, 1, min(floor, highest), highest, where):
                        if depth <= 3:
                            again(check, image, found, where)
                    check.recovers(disk.cache, 0, acknowledged, highest, where + ', kill -9')
                if mode != 'ABORT':
                    acknowledged = writer.number
                if mode == 'SYNC':
                    durable = writer.number

    return outcome(Check(mutants), search)


def redirty(disk, root):
    """After a failed barrier pages are clean whatever the disk holds: writes all of both strong roots again."""
    for block, _ in root.blocks:
        disk.write(block, disk.cache[block])
    for _, strong in superblocks(disk.cache, ('A', 'B')):
        for block, stamp in strong.blocks:
            if disk.cache.get(block) == stamp:
                disk.write(block, stamp)
    disk.barrier()
    for slot in ('A', 'B'):
        if slot in disk.cache:
            disk.write(slot, disk.cache[slot])
    disk.barrier()


def reopens(depth, mutants=(), failed_barrier=False, modes=COMMITS, pins=False, kills=1):
    """A writer dies (or a barrier fails) at every point; another opens the surviving cache, commits twice, and power is
    lost at every point of that. With `pins` a reader holds one of the published snapshots all the time."""

    def deaths(disk):
        if not failed_barrier:
            yield disk.clone()
        elif disk.pending:
            for image in disk.images():
                if TORN not in image.values():
                    dead = disk.clone()
                    dead.durable, dead.pending = image, {}
                    yield dead

    def reopen(check, dead):
        found = recover(dead.cache, 0, check.mutants)
        if 'no barrier at open' not in check.mutants:
            dead.barrier()
        if failed_barrier and 'no rewriting after a failed barrier' not in check.mutants:
            redirty(dead, found[1])
        return found

    def second_writer(check, dead, durable, where, pin, pinned, left):
        found = reopen(check, dead)
        for mode in modes:
            disk, floor = dead.clone(), durable
            writer = Writer(disk, found, 0, check.mutants, pin)
            for next_mode in (mode, 'SYNC'):
                for _ in writer.transaction(next_mode):
                    highest = writer.number + 1
                    for _ in check.power_loss(disk, 1, floor, highest, '%s, then %s' % (where, mode)):
                        pass
                    check.pinned(disk, pinned, where)
                    if left > 1:
                        second_writer(check, disk.clone(), floor, where + ', killed again', pin, pinned, left - 1)
                if next_mode == 'SYNC':
                    floor = writer.number

    def search(check):
        for sequence, pin_after in itertools.product(itertools.product(modes, repeat=depth),
                                                     range(-1, depth) if pins else (-1,)):
            disk = created()
            writer = Writer(disk, recover(disk.cache, 0, check.mutants), 0, check.mutants)
            durable, pin, pinned = 1, NEVER, None
            for step, mode in enumerate(sequence):
                if step == pin_after:
                    pin, pinned = writer.number, writer.snapshots[writer.number]
                    writer.oldest_pin = pin
                where = '%s, dead in %d' % (' '.join(sequence), step + 1)
                for _ in writer.transaction(mode):
                    check.pinned(disk, pinned, where)
                    for dead in deaths(disk):
                        second_writer(check, dead, durable, where, pin, pinned, kills)
                if mode == 'SYNC':
                    durable = writer.number

    return outcome(Check(mutants), search)
