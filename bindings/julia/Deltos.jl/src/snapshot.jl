# Snapshots: one state of a storage, and copies of it.

"""
    snapshot(storage) -> Snapshot
    snapshot(f, storage)

Takes a snapshot of the newest commit. With a function `f`, it is closed when `f` has returned.
"""
function snapshot(storage::Storage)
    made = handle_made(Raw.deltos_snapshot) do made, cell
        calling(pointer -> Raw.deltos_snapshot_begin(pointer, made, cell), storage.handle)
    end
    return Snapshot(made, storage)
end

snapshot(f::Function, storage::Storage) = closing(f, snapshot(storage))

storage(snapshot::Snapshot) = snapshot.storage

reading(f, snapshot::Snapshot) = with(f, snapshot.handle)
writing(f, ::Snapshot) = throw(ReadOnlyError("a snapshot cannot be changed: use the storage, or a transaction"))

"""
    Deltos.id(snapshot_or_transaction) -> Int

The number of the commit that a snapshot shows; of a transaction, that it will have, or has once it is committed.
"""
id(snapshot::Snapshot) = Int(calling(Raw.deltos_snapshot_id, snapshot.handle))

refresh!(snapshot::Snapshot) = refreshed(Raw.deltos_snapshot_refresh, snapshot.handle)

Base.close(snapshot::Snapshot) = finish_safely(snapshot.handle)
Base.isopen(snapshot::Snapshot) = isopen(snapshot.handle)

Base.show(io::IO, snapshot::Snapshot) =
    print(io, "Deltos.Snapshot(", isopen(snapshot) ? "commit $(id(snapshot))" : "closed", ")")

"""
    copy_to(snapshot_or_storage, path; replace = false, progress = nothing)

Writes what a snapshot shows (of a storage: its newest commit) to a new file, place by place, while the storage is in
use. The file appears when it is complete and durable. An existing file is refused unless `replace`. `progress(done,
total)` is called on this task now and then; returning `true` cancels, and leaves nothing behind.
"""
copy_to(scope::Scope, path::AbstractString; replace::Bool = false, progress = nothing) =
    copying(Raw.deltos_snapshot_copy_to, scope, path, replace, progress)

"""
    compact_to(snapshot_or_storage, path; replace = false, progress = nothing)

As [`copy_to`](@ref), but the new file is as small as can be, and has a uuid of its own.
"""
compact_to(scope::Scope, path::AbstractString; replace::Bool = false, progress = nothing) =
    copying(Raw.deltos_snapshot_compact_to, scope, path, replace, progress)

function copying(f, scope, path, replace, progress)
    target, cell = text(path, "a path"), ErrorCell()
    flags = replace ? Raw.DELTOS_COPY_REPLACE : UInt32(0)
    status = reading(scope) do snapshot
        reporting(progress) do callback, user
            options = Ref(Raw.deltos_copy_options(sizeof(Raw.deltos_copy_options), flags, callback, user))
            f(snapshot, target, options, cell)
        end
    end
    return check(status, cell)
end
