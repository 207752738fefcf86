#!/usr/bin/env python3
"""Plants one mistake after another into the engine and expects the crash images to find each.

usage: mutants.py --source DIR --core ARCHIVE [--core ARCHIVE] --support ARCHIVE [--compiler CXX] [--third N | --all] [NAME...]

A mutant is a text of one source file and what takes its place; blanks count as one. The changed file is compiled and
linked in front of the library, so that nothing of the product knows of this. A text that is no longer found, or found
twice, is an error here, and so is a mutant that does not compile or is not caught.
"""

import argparse
import concurrent.futures
import os
import re
import resource
import subprocess
import sys
import tempfile
import time

# name, file, text, replacement, the workload that shows it fastest
MUTANTS = [
    ('no barrier before the superblock', 'store/writer.cpp',
     'Durability durability) { DELTOS_TRY(barrier()); if (pending_transaction_ != 0) {',
     'Durability durability) { if (pending_transaction_ != 0) {',
     'create and create'),
    ('no barrier behind the superblock', 'store/writer.cpp',
     'if (written.ok() && durability == Durability::sync) written = second_.sync_data();', '', 'create and create'),
    ('always the same strong slot', 'store/writer.cpp',
     'const unsigned slot = durable_slot_ == format::kSlotA ? format::kSlotB : format::kSlotA;',
     'const unsigned slot = format::kSlotA;', 'create and create'),
    ('the durable superblock does not hold its blocks', 'store/pending.cpp',
     'return holds(durable_) || (pending_ != 0 && holds(pending_));', 'return pending_ != 0 && holds(pending_);',
     'create and create'),
    ('the pending superblock does not hold its blocks', 'store/pending.cpp',
     'return holds(durable_) || (pending_ != 0 && holds(pending_));', 'return holds(durable_);',
     'a LAZY one and ASYNC ones behind it'),
    ('a superblock does not hold what it brought', 'store/pending.cpp', 'return entry.born <= strong && strong',
     'return entry.born < strong && strong', 'create and create'),
    ('a superblock does not hold what the next commit freed', 'store/pending.cpp', 'strong < entry.freed;',
     'strong + 1 < entry.freed;', 'create and create'),
    ('a LAZY superblock is not remembered', 'store/writer.cpp',
     'pending_slot_ = slot; pending_transaction_ = transaction;', 'pending_slot_ = slot;', 'only LAZY'),
    ('no barrier when a writer opens', 'store/recovery.cpp',
     'DELTOS_TRY(barrier()); const std::uint64_t strong_transaction', 'const std::uint64_t strong_transaction',
     'create and replace'),
    ('catalogue pages are overwritten in place', 'store/transaction_state.cpp',
     'const std::uint64_t block = writer->space().allocate_page(); std::byte *bytes = add_page(block).bytes; '
     'std::memcpy(bytes, old, format::kBlockBytes);',
     'const std::uint64_t block = child.block; std::byte *bytes = add_page(block).bytes; '
     'std::memcpy(bytes, old, format::kBlockBytes);', 'create and create'),
    ('a weak superblock goes to a strong slot', 'store/writer.cpp', 'write_slot_below(second_, weak_slot_,',
     'write_slot_below(second_, format::kSlotA,', 'create and create'),
    ('a superblock counts whatever its checksum', 'format/validate.cpp',
     'if (superblock.xxh3 != checksum_of(superblock)) return std::nullopt;', '', 'create and create'),
    ('recovery writes the superblock again', 'store/recovery.cpp', 'space_->set_strong(strong.transaction, 0);',
     'DELTOS_TRY(write_slot(second_, strong_slot, strong)); space_->set_strong(strong.transaction, 0);',
     'create and create'),
    ('a writer does not look at the length of the file', 'store/recovery.cpp',
     'if (superblock.file_blocks <= there) return {};', 'if (there != 0) return {};', 'create and create'),
    ('the first number after opening is taken', 'store/recovery.cpp', 'if (++number >= format::kMaxTransaction)',
     'if (number >= format::kMaxTransaction)', 'create and create'),
    ('a failed barrier does not stop the next writer', 'store/recovery.cpp',
     'if (state_->mailbox.io_failed() && !state_->options.redirty) {',
     'if (state_->mailbox.io_failed() && number_of_refusals() != 0) {', 'create and create'),
    ('a failed barrier does not stop its own writer', 'store/writer.cpp',
     'failed_.store(true, std::memory_order_release); state_->mailbox.set_io_failed(true);', '', 'create and create'),
    ('REDIRTY writes nothing', 'store/recovery.cpp',
     'if (state_->mailbox.io_failed()) DELTOS_TRY(redirty(chosen, strong));', '', 'create and create'),
    ('REDIRTY forgets the payload', 'store/recovery.cpp', 'for (const format::Extent &extent : live.extents) {',
     'for (const format::Extent &extent : std::vector<format::Extent>()) {', 'create and replace'),
    ('REDIRTY forgets the catalogue', 'store/recovery.cpp', 'for (const std::uint64_t block : live.pages) {',
     'for (const std::uint64_t block : std::vector<std::uint64_t>()) {', 'a tall catalogue'),
    ('REDIRTY forgets the superblocks', 'store/recovery.cpp',
     'for (const unsigned slot : {format::kSlotA, format::kSlotB}) {',
     'for (const unsigned slot : std::vector<unsigned>()) {', 'create and create'),
    ('a page need not be of the transaction its parent says', 'format/page.cpp',
     'if (header.transaction != expected.transaction)', 'if (header.transaction == 0)', 'open again'),
    ('a commit is published before its last barrier', 'store/writer.cpp',
     'if (written.ok() && durability == Durability::sync) written = second_.sync_data();',
     'if (written.ok()) now_published(commit, transaction); '
     'if (written.ok() && durability == Durability::sync) written = second_.sync_data();', 'create and create'),
    ('freed payload is used again at once', 'store/space.cpp',
     'pending_.add({offset / kBlockBytes, blocks}, born, freed);',
     'unpinned_.push_back({offset / kBlockBytes, blocks});', 'create and replace'),
    ('replaced payload is taken for the own', 'store/transaction.cpp',
     'for (const format::Extent &extent : before.extents) state_->release(extent);',
     'for (const format::Extent &extent : before.extents) '
     'state_->writer->space().abandon_extent(extent.offset, extent.bytes);', 'create and replace'),
    ('freed pages are used again at once', 'store/transaction_state.cpp',
     'space.free_page(page.block, page.born, number);', 'space.abandon_page(page.block);', 'create and create'),
    ('weak superblocks count after a power cut', 'format/validate.cpp',
     'return superblock.boot_id == boot_id && superblock.device == device && superblock.inode == inode;',
     'return superblock.boot_id == boot_id && superblock.device == device && inode != 0;', 'only ASYNC'),
    ('the live page of another file is believed', 'store/mailbox.cpp',
     'load_word(page_, offsetof(LivePage, device), __ATOMIC_RELAXED) == device_ && '
     'load_word(page_, offsetof(LivePage, inode), __ATOMIC_RELAXED) == inode_; } '
     'std::uint64_t Mailbox::published',
     'load_word(page_, offsetof(LivePage, device), __ATOMIC_RELAXED) == device_; } '
     'std::uint64_t Mailbox::published', 'create and create'),
    ('the strong root is forgotten beside a weak one', 'store/recovery.cpp',
     'if (strong.transaction != chosen.transaction) { MappedPages',
     'if (strong.transaction > chosen.transaction) { MappedPages', 'only ASYNC'),
    ('sync leaves ASYNC commits weak', 'store/writer.cpp', 'if (unsynced_bytes_.load() == 0) {',
     'if (unsynced_bytes_.load() != UINT64_MAX) {', 'only ASYNC'),
    ('the next id is not stored', 'store/writer.cpp', 'space_->file_blocks(), commit.next_id, commit.object_count}',
     'space_->file_blocks(), next_id_, commit.object_count}', 'create and create'),
    ('a chunk that is given back is used again at once', 'store/array_stored.cpp',
     'for (const format::Extent &gone : given_back_) transaction.release(gone);',
     'for (const format::Extent &gone : given_back_) '
     'transaction.writer->space().abandon_extent(gone.offset, gone.bytes);', 'arrays that take the place of one another'),
    ('a commit does not carry the length of an array', 'store/array_stored.cpp',
     'if (same_room && now->payload_bytes == length) return {};', 'if (same_room) return {};', 'arrays'),
    ('a commit does not carry the growth of an array', 'store/array_stored.cpp',
     'changed.extents.push_back(chunk); if (chunk.transaction == 0)',
     'if (chunk.transaction == 0) break; changed.extents.push_back(chunk); if (chunk.transaction == 0)', 'arrays'),
    ('an abort takes growth back', 'store/array_stored.cpp', 'return committed_chunks_ != chunks_.size();',
     'if (const auto owner = storage_.lock()) drop_chunks(owner->state(), committed_chunks_); return false;',
     'arrays that come and go'),
    ('growth waits for the commit behind an abort', 'store/array_stored.cpp',
     'return committed_chunks_ != chunks_.size();', 'return false;', 'arrays that come and go'),
    ('an array begins with the length of another boot', 'store/array_stored.cpp',
     'std::uint64_t length = alive ? std::min(word(control->length), room()) : record_.payload_bytes;',
     'std::uint64_t length = std::min(word(control->length), room());', 'arrays'),
    ('every place is taken for zero', 'store/space.cpp', 'bool zero = zero_.covers(place);', 'bool zero = true;',
     'zeroed again and again'),
]

EXTRA = {'number_of_refusals': 'static int number_of_refusals() { return 0; }\n'}
MIRROR = ['-std=c++20', '-O1', '-D_FILE_OFFSET_BITS=64', '-DXXH_INLINE_ALL', '-w', '-pthread']


def pattern_of(text):
    return re.compile(r'\s+'.join(re.escape(word) for word in text.split()))


def mutated(source, file, text, replacement):
    with open(os.path.join(source, file), encoding='utf-8') as stream:
        content = stream.read()
    found = list(pattern_of(text).finditer(content))
    if len(found) != 1:
        return None, 'the text is found %d times in %s' % (len(found), file)
    start, end = found[0].span()
    return content[:start] + replacement + content[end:], None


def run(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)


class Bench:
    """Where mutants are built and run."""

    def __init__(self, options, directory):
        self.options = options
        self.directory = directory
        self.main = os.path.join(directory, 'main.o')

    def compile(self, source, output):
        include = ['-I' + self.options.source, '-I' + os.path.join(os.path.dirname(self.options.source), 'tests')]
        return run(self.options.compiler.split() + MIRROR + include + ['-c', source, '-o', output])

    def prepare(self):
        here = os.path.dirname(os.path.abspath(__file__))
        compiled = self.compile(os.path.join(here, 'images', 'main.cpp'), self.main)
        return compiled.stdout if compiled.returncode else None

    def build(self, index, file, content):
        stem = os.path.join(self.directory, 'mutant%d' % index)
        with open(stem + '.cpp', 'w', encoding='utf-8') as stream:
            for name, definition in EXTRA.items():
                if name in content:
                    stream.write(definition)
            stream.write('#line 1 "%s"\n' % file)
            stream.write(content)
        compiled = self.compile(stem + '.cpp', stem + '.o')
        if compiled.returncode:
            return None, compiled.stdout
        linked = run(self.options.compiler.split() + ['-o', stem, self.main, stem + '.o', self.options.support,
                                                      '-Wl,--start-group', *self.options.core, '-Wl,--end-group',
                                                      '-pthread'])
        return (None, linked.stdout) if linked.returncode else (stem, None)

    def limit(self):
        # A mutant may do anything; it is not to take the machine with it.
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 26, 1 << 26))
        resource.setrlimit(resource.RLIMIT_AS, (1 << 32, 1 << 32))

    def judge(self, index):
        name, file, text, replacement, workload = MUTANTS[index]
        begin = time.monotonic()
        content, problem = mutated(self.options.source, file, text, replacement)
        if content is not None:
            program, problem = self.build(index, file, content)
        if problem is not None:
            return index, 'ERROR', problem, time.monotonic() - begin
        for only in (['--only', workload], []):
            try:
                result = run([program, '--quick', '--jobs', '1', '--seed', str(self.options.seed)] + only, timeout=600,
                             preexec_fn=self.limit)
            except subprocess.TimeoutExpired:
                return index, 'caught', 'it does not end', time.monotonic() - begin
            if result.returncode != 0:
                lines = [line.strip() for line in result.stdout.splitlines()]
                at = next((i for i, line in enumerate(lines) if line.startswith('VIOLATION')), len(lines) - 1)
                where = '' if only else ' (in another workload than expected: %s)' % lines[at]
                return index, 'caught', lines[min(at + 1, len(lines) - 1)][:150] + where, time.monotonic() - begin
        return index, 'MISSED', 'every workload passed', time.monotonic() - begin


def chosen(options):
    if options.names:
        return [i for i, mutant in enumerate(MUTANTS) if any(name in mutant[0] for name in options.names)]
    if options.third is not None:
        return [i for i in range(len(MUTANTS)) if i % 3 == options.third % 3]
    return list(range(len(MUTANTS)))


def main():
    parser = argparse.ArgumentParser(description='Plants mistakes that the crash images must find.')
    parser.add_argument('--source', required=True, help='the directory src')
    parser.add_argument('--core', required=True, action='append', help='an archive of the library')
    parser.add_argument('--support', required=True, help='the archive of the harness')
    parser.add_argument('--compiler', default='g++')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--third', type=int, help='only every third mutant, beginning with this')
    parser.add_argument('names', nargs='*', help='parts of names of mutants')
    options = parser.parse_args()
    for path in ('source', 'support'):
        setattr(options, path, os.path.abspath(getattr(options, path)))
    options.core = [os.path.abspath(archive) for archive in options.core]
    wanted, caught, begin = chosen(options), 0, time.monotonic()
    with tempfile.TemporaryDirectory(prefix='deltos-mutants-') as directory:
        bench = Bench(options, directory)
        problem = bench.prepare()
        if problem is not None:
            print('the harness does not compile:\n' + problem)
            return 1
        with concurrent.futures.ThreadPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
            for index, verdict, detail, seconds in pool.map(bench.judge, wanted):
                print('%-6s %-58s %5.1fs  %s' % (verdict, MUTANTS[index][0], seconds, detail), flush=True)
                caught += verdict == 'caught'
    print('mutants caught %d/%d (of %d in all); %.1f s' % (caught, len(wanted), len(MUTANTS), time.monotonic() - begin))
    return 0 if caught == len(wanted) and len(MUTANTS) >= 20 else 1


if __name__ == '__main__':
    sys.exit(main())
