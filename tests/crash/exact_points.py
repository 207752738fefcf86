#!/usr/bin/env python3
"""Kills a small program at each of its system calls, or lets the call fail, and looks at what is left.

usage: exact_points.py POINTS

Promises held at each point: the storage is at the last commit that was told, or at the one under way; it is sound and
can be gone on with; nothing is left beside it; the program itself ends by no signal but ours.
"""

import collections
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

LONG = 'DELTOS_LONG' in os.environ
FLOOR = 2000 if LONG else 700
SECONDS = 900 if LONG else 240
CALLS = ('openat pwrite64 pread64 fdatasync fsync fallocate ftruncate linkat unlink rename mmap mprotect munmap madvise '
         'fcntl fstat newfstatat statx fstatfs statfs ioctl close lseek readlink sync_file_range').split()
FAULTS = ['signal=KILL', 'error=EIO', 'error=ENOSPC', 'error=ENOMEM', 'error=EDQUOT', 'error=EINVAL', 'error=EPERM',
          'error=EMFILE', 'error=EINTR', 'error=EAGAIN', 'error=EACCES']


def scratch_place():
    return '/dev/shm' if os.access('/dev/shm', os.W_OK) else None


def calls_of(points):
    """The calls between the beginning and the end of a run: name -> (before the beginning, in all)."""
    with tempfile.TemporaryDirectory(dir=scratch_place()) as directory:
        trace = os.path.join(directory, 'trace')
        done = subprocess.run(['strace', '-f', '-o', trace, points, 'run', os.path.join(directory, 'a.deltos')],
                              capture_output=True, text=True)
        if done.returncode != 0 or not os.path.exists(trace):
            return None, done.stderr.strip().splitlines()[-1:] or ['strace ended with %d' % done.returncode]
        if 'committed 18' not in done.stdout:
            raise SystemExit('the program does not reach its end undisturbed: ' + done.stdout)
        before, total, begun = collections.Counter(), collections.Counter(), False
        with open(trace) as lines:
            for line in lines:
                call = re.match(r'\d+ +(\w+)\(', line)
                if not call:
                    continue
                total[call[1]] += 1
                begun = begun or '"/begin"' in line
                if not begun:
                    before[call[1]] += 1
        return {name: (before[name], total[name]) for name in total}, None


def try_point(points, call, fault, when):
    """None, or what was wrong."""
    directory = tempfile.mkdtemp(prefix='deltos-points-', dir=scratch_place())
    try:
        path = os.path.join(directory, 'a.deltos')
        run = subprocess.run(['strace', '-f', '-o', '/dev/null', '-e', 'trace=' + call,
                              '-e', 'inject=%s:%s:when=%d' % (call, fault, when), points, 'run', path],
                             capture_output=True, text=True, timeout=60)
        killed = run.returncode in (-9, 137)
        if run.returncode != 0 and not (killed and 'KILL' in fault):
            return 'ended with %d: %s' % (run.returncode, run.stdout[-300:] + run.stderr[-300:])
        told = [int(line.split()[1]) for line in run.stdout.splitlines() if line.startswith('committed')]
        check = subprocess.run([points, 'check', path, str(told[-1] if told else -1)], capture_output=True, text=True,
                               timeout=60)
        if check.returncode != 0:
            return '%s (the run said: %s)' % (check.stdout.strip() or 'signal %d' % -check.returncode, run.stdout[-200:])
        left = set(os.listdir(directory)) - {'a.deltos'}
        if left:
            return 'left beside it: ' + ', '.join(sorted(left))
        return None
    except subprocess.TimeoutExpired:
        return 'did not end'
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def main():
    points = sys.argv[1]
    if not shutil.which('strace'):
        print('skipped: strace is not installed')
        return 77
    calls, why = calls_of(points)
    if calls is None:
        print('skipped: strace cannot trace here: ' + why[0])
        return 77
    todo = [(call, fault, when) for fault in FAULTS
            for call in CALLS if call in calls for when in range(calls[call][0] + 1, calls[call][1] + 1)]
    # Every n-th of them where there are more than are wanted; the whole of it in a long run.
    if not LONG:
        todo = todo[::max(1, len(todo) // (FLOOR + 100))]
    print('%d calls of %d kinds; %d points' % (sum(b - a for a, b in calls.values()), len(calls), len(todo)), flush=True)
    began, tried, wrong = time.monotonic(), 0, []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        waiting = collections.deque()
        for point in todo:
            waiting.append((point, pool.submit(try_point, points, *point)))
            if len(waiting) < 8:
                continue
            done, result = waiting.popleft()
            tried, wrong = tried + 1, wrong + ([(done, result.result())] if result.result() else [])
            if time.monotonic() - began > SECONDS or len(wrong) > 20:
                break
        for done, result in waiting:
            tried, wrong = tried + 1, wrong + ([(done, result.result())] if result.result() else [])
    for (call, fault, when), what in wrong[:10]:
        print('WRONG %s %s:when=%d: %s' % (call, fault, when, what))
    print('points %d   floor %d   wrong %d   %.0f s' % (tried, FLOOR, len(wrong), time.monotonic() - began))
    return 1 if wrong or tried < FLOOR else 0


if __name__ == '__main__':
    sys.exit(main())
