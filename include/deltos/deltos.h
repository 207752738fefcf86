/**
 * @file
 * Deltos: typed data in a file, read and written in place, from any language.
 *
 * @mainpage
 *
 * A storage is one file that many processes map at once. It holds named objects: n-dimensional buffers of any element
 * type that Python's buffer protocol can describe. Reading is a pointer into the file; writing in place is a store.
 * What exists, under which name and of which type, is changed by transactions that survive kill -9 and power loss.
 *
 * @section model The model
 *
 *     storage --- snapshot      what exists: names, types, shapes, metadata; one state, unchanging
 *        |           |
 *        |         object ----- view    exported memory: an address that stays valid until the view is released
 *        |           |
 *        +------ transaction    create, replace, rename, delete, seal, set metadata; commit or abort
 *
 * A snapshot is for reading, a transaction for changing structure; deltos_transaction_snapshot() shows a transaction's
 * own changes to every reading call. A view owns what it needs: handles may be released in any order.
 *
 * @section guarantees What is promised
 *
 * - **G1, structure.** All creations, deletions, renames, replacements, seals and metadata of one transaction appear
 *   together or not at all: to every process, and after any crash.
 * - **G2, fresh content.** What was stored in a new or replaced object before its commit is there whole whenever the
 *   commit is there, in every durability mode. No reader of that commit sees it half-written, or old bytes of something
 *   else.
 * - **G3, content in place.** A store into a committed object is seen by every process at once, is part of no
 *   transaction and is not undone by abort. It survives kill -9. After a power loss every aligned 8-byte word holds a
 *   value that was stored there no earlier than the last successful SYNC commit or deltos_storage_sync(), provided that
 *   the medium writes a sector whole or not at all. Words are independent: nothing is promised about two of them.
 *   Structure is never harmed by it.
 * - **G4, atomic content on request.** deltos_buffer_replace() writes beside the old content, and commit swaps: after
 *   any crash it is wholly the old or wholly the new. Views and snapshots of the old one keep it.
 * - **G5, lifetime.** The memory of a view stays mapped, does not move and is used for nothing else until the view is
 *   released. deltos_storage_close() refuses, and changes nothing, while views live.
 *
 * Not promised: isolation of stores in place, the order of words after a power loss, anything after the system has
 * failed to write to the medium, media that report flushes they did not make, response times.
 *
 * @section durability Durability
 *
 * | commit | barriers | kill -9      | power loss                                       | use it for               |
 * |--------|----------|--------------|--------------------------------------------------|--------------------------|
 * | SYNC   | 2        | nothing lost | nothing lost that commit has reported            | the default              |
 * | LAZY   | 1        | nothing lost | the newest commits may be missing, never damaged | many commits, some risk  |
 * | ASYNC  | 0        | nothing lost | back to the last durable commit, never damaged   | bulk work, then one sync |
 *
 * @section caveats Caveats
 *
 * - **fork().** In the child, READ and IN_PLACE handles and every view stay valid and stay pinned. A WRITE handle
 *   answers DELTOS_E_FORKED, its open transaction is the parent's alone; releasing is legal and touches nothing of
 *   the parent's.
 * - **Threads.** Each handle type has its rule, see @ref deltos_common. No call ever waits for another thread of the
 *   process: where one would have to, it answers DELTOS_E_BUSY or DELTOS_E_LOCKED at once.
 * - **A second open of the same file in one process** is fine and cheap; two WRITE handles are refused, as they would
 *   be in two processes. Locks belong to open file descriptions, so closing some other descriptor of the file harms
 *   nothing.
 * - **Network file systems** (NFS, CIFS, 9p, Lustre, FUSE without locks) have no coherent shared memory and are refused
 *   with DELTOS_E_FILESYSTEM. On overlayfs READ becomes STATIC, because a mapping there may never see
 *   later changes, unless a writer has this very file open.
 * - **Truncation by others.** Nobody but this library may shorten a file in use. If it happens, touching the lost part
 *   raises SIGBUS and ends the process, as with any mapped file. DELTOS_OPEN_SIGBUS_GUARD makes the lost part read as
 *   zeros, and the next call answers DELTOS_E_IO. The guard is a process-wide signal handler that passes on what is not
 *   its own; it is off unless asked for.
 * - **Disk full.** Space is allocated before it is mapped, so a full disk is DELTOS_E_NO_SPACE from a call and never a
 *   signal from a store. A call that is refused has changed nothing: the transaction can be made smaller and committed,
 *   or aborted. Deleting works on a full disk, too, because room for it is always left; a very large deletion may have
 *   to be made in parts, and a snapshot that is held keeps what is deleted. Where a file system copies blocks that are
 *   written again (btrfs and xfs after a reflink copy), and in SPARSE storages, any store may need room on disk.
 * - **Long snapshots** keep the space of everything deleted since from being used again: the file grows. Views do not:
 *   they hold only what they show. deltos_storage_stat() tells the oldest pin.
 * - **Copying a file in use** with cp may catch it between two states. The copy opens at a consistent state or is
 *   refused as damaged; what was in flight is lost. deltos_snapshot_copy_to() copies a storage in use properly.
 * - **A failed barrier** (fsync error) means that the system may have thrown away what it could not write. The storage
 *   takes no further changes, in any process, until it is opened with DELTOS_OPEN_REDIRTY, which writes everything live
 *   anew, or until the machine is restarted.
 * - **Files from strangers** are checked before they are believed: any bytes give a status, never a crash. Checks
 *   happen at first touch; DELTOS_OPEN_VERIFY does them all first. Somebody who can change the file while it is mapped
 *   is trusted, except under DELTOS_OPEN_COPY.
 * - **Ending the process** without closing is a crash like any other, and harmless. There is no atexit handler.
 *
 * @section limits Limits
 *
 * 64-bit little-endian Linux, 4.17 or newer. Names of 1,023 bytes, 64 dimensions, 64 KiB a metadatum, one writing
 * process, 2^60 bytes a file. There is no way to shorten a file but deltos_snapshot_compact_to().
 *
 * @section example A whole program
 * @code
 * #include <deltos/deltos.h>
 * #include <stdio.h>
 * #include <string.h>
 *
 * int main(void) {
 *   deltos_error error;
 *   deltos_storage *storage = NULL;
 *   deltos_transaction *transaction = NULL;
 *   deltos_object *buffer = NULL;
 *   deltos_view *view = NULL;
 *   const int64_t shape[1] = {1000};
 *   deltos_open_options options = {0};
 *   options.struct_size = sizeof options;
 *   options.mode = DELTOS_MODE_WRITE;
 *   options.create = DELTOS_CREATE_IF_ABSENT;
 *   if (deltos_storage_open("example.deltos", &options, &storage, &error) ||
 *       deltos_transaction_begin(storage, &transaction, &error) ||
 *       deltos_buffer_create_zeroed(transaction, "counts", NULL, DELTOS_DTYPE_I64, 1, shape, &buffer, &error) ||
 *       deltos_view_acquire(buffer, DELTOS_VIEW_FULL, &view, &error)) {
 *     fprintf(stderr, "%s: %s\n", deltos_status_name(error.status), error.message);
 *     return 1;
 *   }
 *   ((int64_t *)view->data)[7] = 42;
 *   deltos_status status = deltos_transaction_commit(&transaction, DELTOS_SYNC, NULL, &error);
 *   deltos_view_release(&view);
 *   deltos_object_release(&buffer);
 *   deltos_transaction_abort(&transaction);
 *   deltos_storage_detach(&storage);
 *   return status ? 1 : 0;
 * }
 * @endcode
 */
#ifndef DELTOS_DELTOS_H
#define DELTOS_DELTOS_H

#include <deltos/array.h>
#include <deltos/arrow.h>
#include <deltos/buffer.h>
#include <deltos/common.h>
#include <deltos/elements.h>
#include <deltos/hash_map.h>
#include <deltos/metadata.h>
#include <deltos/object.h>
#include <deltos/record.h>
#include <deltos/snapshot.h>
#include <deltos/sorted_map.h>
#include <deltos/status.h>
#include <deltos/storage.h>
#include <deltos/table.h>
#include <deltos/transaction.h>
#include <deltos/value.h>
#include <deltos/version.h>
#include <deltos/view.h>

#endif
