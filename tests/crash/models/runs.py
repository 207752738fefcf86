"""What is run: (group, name, expectation, function, options, long only).

A mutant is a protocol with one rule broken; a refuted run is a wording of the protocol that was tried and dropped, kept
so that nobody goes back to it.
"""

from commit import WITH_ABORT, crashes, reopens
from fork import frozen_fork
from fork_window import fork_window
from punching import punching
from readers import readers
from sealing import sealing
from threads import shared_description, store_buffer

HOLDS, MUTANT, REFUTED = 'holds', 'caught', 'refuted'
RUNS = []


def add(group, name, expectation, function, long=False, **options):
    RUNS.append((group, name, expectation, function, options, long))


def mutants(group, function, names, **options):
    for name in names:
        add(group, '%s: %s' % (function.__name__, name), MUTANT, function, mutants=(name,), **options)


def commit_runs():
    for depth in (3, 4, 5, 6, 7):
        add('commit', 'power and kill -9, %d commits' % depth, HOLDS, crashes, depth=depth, long=depth > 5)
    for depth in (1, 2, 3):
        add('commit', 'kill -9 and a second writer, %d' % depth, HOLDS, reopens, depth=depth)
        add('commit', 'failed barrier and a second writer, %d' % depth, HOLDS, reopens, depth=depth,
            failed_barrier=True)
    add('commit', 'with aborts, 4', HOLDS, crashes, depth=4, modes=WITH_ABORT)
    add('commit', 'with aborts, pins and a second writer, 3', HOLDS, reopens, depth=3, modes=WITH_ABORT, pins=True)
    add('commit', 'with pins, two kills, 2', HOLDS, reopens, depth=2, pins=True, kills=2, long=True)
    add('commit', 'with aborts, pins, failed barrier, 2', HOLDS, reopens, depth=2, modes=WITH_ABORT, pins=True,
        failed_barrier=True, long=True)
    mutants('commit', crashes, ('no barrier 1', 'no barrier 2', 'one slot only', 'strong roots ignored',
                                'boot id ignored', 'weak commit in a strong slot', 'lazy taken for durable',
                                'pending superblock ignored'), depth=4)
    mutants('commit', crashes, ('no checksum',), depth=3)
    mutants('commit', reopens, ('no barrier at open',), depth=3)
    mutants('commit', reopens, ('no rewriting after a failed barrier',), depth=2, failed_barrier=True)
    mutants('records', reopens, ('pending superblock ignored', 'born ignored', 'born taken as exclusive',
                                 'freed taken as exclusive', 'recovered number too low',
                                 'reopen forgets the strong root', 'reopen keeps all', 'pins ignored'),
            depth=3, modes=WITH_ABORT, pins=True)


def reader_runs():
    def base(name, long=False, **options):
        add('readers', 'readers: ' + name, HOLDS, readers, long=long, **options)

    base('snapshot', script='SSSSSSS', readers=('snap',))
    base('ring of 4', script='SSSSSSS', readers=('snap',), ring=4, max_retries=2)
    base('two snapshots', script='SSS', readers=('snap', 'snap'))
    base('export', script='SLASS', readers=('export',))
    base('quick export', script='SLASS', readers=('quick',))
    base('quick export, kill', script='SSS', readers=('quick',), kills=1)
    base('quick export, kills', script='SSSS', readers=('quick',), kills=1, reader_kills=1, long=True)
    base('quick export, cold mailbox', script='SSS', readers=('quick',), cold=1)
    base('quick and other export', script='SLS', readers=('quick', 'export'))
    base('quick export, rollback', script='SSS', readers=('quick',), kills=1, rollback=1, long=True)
    base('quick own export, detach', script='SSS', readers=('quick',), own=(0,), detach=1)
    base('unpinned', script='SLASS', readers=('unpinned',))
    base('unpinned, kill', script='SSS', readers=('unpinned',), kills=1)
    base('unpinned, kills', script='SSSS', readers=('unpinned',), kills=1, reader_kills=1, long=True)
    base('unpinned, cold mailbox', script='SSS', readers=('unpinned',), cold=1)
    base('unpinned, garbage in the mailbox, kill', script='SAS', readers=('unpinned',), cold=2, kills=1)
    base('unpinned and export', script='SLS', readers=('unpinned', 'export'))
    base('unpinned, rollback', script='SSS', readers=('unpinned',), kills=1, rollback=1, long=True)
    base('two exports', script='SLS', readers=('export', 'export'))
    base('merged export', script='SLAS', readers=('merged', 'export'))
    base('snapshot and export', script='SSSS', readers=('snap', 'export'))
    base('kills', script='SSSS', readers=('export',), kills=1, reader_kills=1)
    base('two kills', script='LAS', readers=('snap',), kills=2, long=True)
    base('kill, two readers', script='SS', readers=('snap', 'export'), kills=1, long=True)
    base('cold mailbox', script='SSS', readers=('export',), cold=1)
    base('garbage in the mailbox, kill', script='SAS', readers=('snap',), cold=2, kills=1)
    base('own export', script='SSSS', readers=('snap', 'export'), own=(1,))
    base('detach', script='SSS', readers=('export',), own=(0,), detach=1)
    base('rollback', script='SSS', readers=('export',), kills=1, rollback=1)
    base('rollback, two kills', script='SLS', readers=('export',), kills=2, rollback=1, long=True)
    base('recovered number as written, kill', script='SSS', readers=('export',), ring=5, kills=1,
         mutants=('as written',))

    def wrong(name, expectation=MUTANT, script='SSSS', readers_=('snap',), **options):
        broken = (name,) if expectation == MUTANT else options.pop('broken')
        add('readers', 'readers: ' + name, expectation, readers, script=script, readers=readers_, mutants=broken,
            **options)

    export = ('export',)
    wrong('rollback, quarantine at R', REFUTED, 'SSS', export, ring=5, kills=1, rollback=1,
          broken=('as written', 'going back ignored'))
    wrong('slots path, T below T0', REFUTED, ring=5, cold=1, broken=('slots as written', 'going back ignored'))
    wrong('ring of 2, numbers that jump by 2', REFUTED, 'SS', ring=2, kills=1, broken=('as written',))
    for name in ('ranges before pins', 'no range test', 'pin dropped first'):
        wrong(name, readers_=export)
    for name in ('no second load', 'second load before the lock'):
        wrong(name, ring=5)
    wrong('no checksum', ring=2)
    wrong('ring of 1', ring=1)
    wrong('published before entry', script='SSS')
    for kind in ('quick', 'unpinned'):
        add('quick', 'readers: published not looked at again, ' + kind, MUTANT, readers, script='SSSS',
            readers=(kind,), mutants=('published not looked at again',))
    wrong('own registry skipped', readers_=export, own=(0,))
    wrong('own export not locked', readers_=export, own=(0,), detach=1)
    for name in ('bound one too high', 'freed one too low'):
        wrong(name)
    wrong('bound never refreshed', script='SSSSS')
    add('search', 'readers: search begins at the bound', MUTANT, readers, script='SSSSSS', readers=('snap',), ring=5,
        mutants=('search begins at the bound',))
    wrong('no quarantine', kills=1)
    add('quick', 'readers: published root not compared', MUTANT, readers, script='SSS', readers=('export',), kills=1,
        rollback=1, mutants=('published root not compared',))
    wrong('ranges only at open', readers_=export, kills=1)
    wrong('quarantine for ever', script='SS', kills=1)
    wrong('range leaked', script='SS', readers_=export)
    wrong('slots without recheck', cold=1)
    wrong('boot id first', script='SS', cold=2)


def process_runs():
    add('readers', 'store buffer: fence', HOLDS, store_buffer)
    add('readers', 'store buffer: no fence, writer lock in the list', HOLDS, store_buffer, mutants=('no fence',))
    add('readers', 'store buffer: no fence, empty list', REFUTED, store_buffer, mutants=('no fence', 'no writer lock'))
    for threads in (2, 3, 4):
        add('readers', 'shared description: %d threads' % threads, HOLDS, shared_description, threads=threads,
            long=threads > 3)
    add('readers', 'shared description: counts alone', REFUTED, shared_description, mutants=('naive',))
    mutants('readers', shared_description, ('trusts a lock in flight', 'shares a byte being unlocked'))
    mutants('search', shared_description, ('search begins at the bound',), threads=2)
    add('readers', 'sealing: 2 processes', HOLDS, sealing)
    add('readers', 'sealing: 3 processes', HOLDS, sealing, processes=3, long=True)
    add('readers', 'sealing: range only tested', REFUTED, sealing, mutants=('range only tested',))
    mutants('readers', sealing, ('no recheck', 'rechecks published only', 'unlocks early', 'sum before the lock'))
    add('readers', 'fork_window', HOLDS, fork_window)
    add('readers', 'fork_window: as written, nobody acquires', HOLDS, fork_window, exported=True,
        mutants=('as written',))
    add('readers', 'fork_window: as written, a thread exports', REFUTED, fork_window, mutants=('as written',))
    mutants('readers', fork_window, ('no window', 'child unlocks on D1', 'child keeps D1', 'child keeps the bridge',
                                     'bridge closed first'))
    for exports in (True, False):
        add('frozen', 'frozen_fork: %s, two threads' % ('export' if exports else 'snapshot'), HOLDS, frozen_fork,
            exports=exports)
    mutants('frozen', frozen_fork, ('not frozen', 'only held entries', 'no bridge', 'child unlocks on D1',
                                    'child keeps D1', 'parent keeps the bridge', 'child counts calls in flight',
                                    'call pins copied'), third_thread=False)


def punching_runs():
    for depth, delay, position, second in ((4, 2, 'before', True), (3, 1, 'before', True), (4, 0, 'before', True),
                                           (4, 0, 'after', True), (6, 2, 'before', False)):
        name = 'punching: %d commits, delay %d, %s' % (depth, delay, position)
        name += '' if second else ', first writer only'
        add('readers', name, HOLDS, punching, depth=depth, delay=delay, position=position, second=second)
    mutants('readers', punching, ('punched by the freeing commit',), depth=3)
    mutants('readers', punching, ('punched when published', 'stale punch list', 'pending superblock ignored',
                                  'no barrier at open'), depth=4)


commit_runs()
reader_runs()
process_runs()
punching_runs()
