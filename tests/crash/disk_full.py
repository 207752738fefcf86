#!/usr/bin/env python3
"""Fills small file systems of four kinds in six ways each; under DELTOS_LONG process limits, too.

usage: disk_full.py DISK_FULL

Needs root and loop devices; what cannot be mounted is counted as skipped and says why. Everything that is mounted or
made is taken away again.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile

MIB = 1 << 20
# name: image size, command that makes it, options to mount with
SYSTEMS = {
    'tmpfs': (0, None, ['-t', 'tmpfs', '-o', 'size=4m']),
    'ext4': (16 * MIB, ['mkfs.ext4', '-q', '-F', '-m', '0'], ['-o', 'loop']),
    'xfs': (300 * MIB, ['mkfs.xfs', '-q', '-f'], ['-o', 'loop']),
    'btrfs': (128 * MIB, ['mkfs.btrfs', '-q', '-f'], ['-o', 'loop']),
}
SCENARIOS = ['many', 'big', 'replace', 'catalogue', 'removals', 'in-place']
LIMITS = ['file-limit', 'address-space']


class Skipped(Exception):
    pass


def attempt(command):
    if not shutil.which(command[0], path=os.environ['PATH'] + ':/usr/sbin:/sbin'):
        raise Skipped('%s is not installed' % command[0])
    done = subprocess.run(command, capture_output=True, text=True,
                          env=dict(os.environ, PATH=os.environ['PATH'] + ':/usr/sbin:/sbin'))
    if done.returncode != 0:
        raise Skipped('%s: %s' % (command[0], (done.stderr.strip().splitlines() or ['failed'])[0]))


def mount(system, directory):
    size, make, options = SYSTEMS[system]
    point = os.path.join(directory, 'mounted')
    os.makedirs(point, exist_ok=True)
    image = system
    if size:
        image = os.path.join(directory, system + '.img')
        with open(image, 'wb') as file:
            file.truncate(size)
        attempt(make + [image])
    attempt(['mount'] + options + [image, point])
    return point


def run(program, directory, scenario):
    """None, or what was wrong."""
    try:
        done = subprocess.run([program, directory, scenario], capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        return 'did not end'
    print('  %-14s %s' % (scenario, done.stdout.strip() or done.stderr.strip()), flush=True)
    if done.returncode < 0:
        return 'signal %d' % -done.returncode
    return None if done.returncode == 0 else done.stdout.strip() or 'ended with %d' % done.returncode


def fill_one(program, system, scenario, wrong):
    with tempfile.TemporaryDirectory(prefix='deltos-full-') as directory:
        point = mount(system, directory)
        try:
            what = run(program, point, scenario)
            if what:
                wrong.append('%s, %s: %s' % (system, scenario, what))
        finally:
            subprocess.run(['umount', point], check=False)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that nothing stays mounted
    program, wrong, tried, skipped = sys.argv[1], [], 0, 0
    for system in SYSTEMS:
        print(system, flush=True)
        for scenario in SCENARIOS:
            try:
                fill_one(program, system, scenario, wrong)
                tried += 1
            except Skipped as why:
                print('  %-14s skipped: %s' % (scenario, why), flush=True)
                skipped += 1
    if 'DELTOS_LONG' in os.environ:
        print('limits')
        for scenario in LIMITS:
            with tempfile.TemporaryDirectory(prefix='deltos-full-') as directory:
                what = run(program, directory, scenario)
                tried += 1
                if what:
                    wrong.append('%s: %s' % (scenario, what))
    for what in wrong:
        print('WRONG ' + what)
    print('scenarios %d, skipped %d, wrong %d' % (tried, skipped, len(wrong)))
    if wrong:
        return 1
    return 77 if skipped and not tried else 0


if __name__ == '__main__':
    sys.exit(main())
