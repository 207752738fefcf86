#!/usr/bin/env python3
"""Runs the protocol models: every base run must hold, every mutant must be caught, and enough must have been looked at.

usage: run_models.py [--long] [-v] [NAME...]   -v prints the shortest trace of a violation; NAME selects runs by prefix
"""

import argparse
import multiprocessing
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'models'))

from runs import HOLDS, MUTANT, REFUTED, RUNS  # noqa: E402

# Least number of images or states looked at by the runs that hold, (normal, long), and of mutants.
FLOORS = {'commit': (700_000, 2_000_000), 'readers': (610_000, 1_830_000), 'frozen': (100_000, 100_000)}
MUTANTS = {'commit': 11, 'records': 8, 'readers': 35, 'search': 2, 'quick': 3, 'frozen': 8}


def run(index):
    _, _, _, function, options, _ = RUNS[index]
    start = time.monotonic()
    count, violation = function(**options)[:2]
    message, trace = (violation, []) if isinstance(violation, str) else violation or (None, [])
    return index, count, message, trace, time.monotonic() - start


def judge(expectation, message):
    return message != 'LIMIT' and (message is None) == (expectation == HOLDS)


def show(result, verbose):
    index, count, message, trace, seconds = result
    _, name, expectation, _, _, _ = RUNS[index]
    good = judge(expectation, message)
    print('%-4s %-62s %9d %6.1fs  %s' % ('ok' if good else 'FAIL', name, count, seconds, message or HOLDS), flush=True)
    if verbose and trace:
        print('     ' + ' | '.join(trace))
    return good


def below_floors(counts, caught, long):
    failures = []
    for group, floors in FLOORS.items():
        count, floor = counts.get(group, 0), floors[long]
        print('%-8s %9d images or states, 0 violations wanted; floor %d' % (group, count, floor))
        if count < floor:
            failures.append('%s: %d images or states are too few' % (group, count))
    for group, total in MUTANTS.items():
        print('%-8s mutants caught %d/%d' % (group, caught.get(group, 0), total))
        if caught.get(group, 0) < total:
            failures.append('%s: a mutant was not caught' % group)
    return failures


def main():
    parser = argparse.ArgumentParser(description='Runs the protocol models.')
    parser.add_argument('--long', action='store_true', help='larger bounds')
    parser.add_argument('-v', '--verbose', action='store_true', help='print traces of violations')
    parser.add_argument('names', nargs='*', help='prefixes of the names of runs')
    options = parser.parse_args()
    chosen = [index for index, entry in enumerate(RUNS) if (options.long or not entry[5]) and
              (not options.names or any(entry[1].startswith(name) for name in options.names))]
    start, counts, caught, wrong, base, refuted = time.monotonic(), {}, {}, 0, 0, 0
    with multiprocessing.Pool(min(2, os.cpu_count() or 1)) as pool:
        for result in pool.imap(run, chosen):
            group, _, expectation, _, _, _ = RUNS[result[0]]
            good = show(result, options.verbose)
            wrong += not good
            if expectation == HOLDS:
                counts[group] = counts.get(group, 0) + result[1]
                base += 1
            elif expectation == MUTANT:
                caught[group] = caught.get(group, 0) + good
            elif expectation == REFUTED:
                refuted += good
    failures = [] if options.names else below_floors(counts, caught, options.long)
    for failure in failures:
        print('FAIL ' + failure)
    print('base runs %d (%d images or states), mutants caught %d, refuted wordings %d, unexpected results %d; %.1f s' %
          (base, sum(counts.values()), sum(caught.values()), refuted, wrong, time.monotonic() - start))
    return 1 if wrong or failures else 0


if __name__ == '__main__':
    sys.exit(main())
