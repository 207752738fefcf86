# Storages: opening them, and everything that concerns the whole of one.

const MODES = Dict{String,Tuple{Int32,Int32}}(
    "r" => (Raw.DELTOS_MODE_READ, Raw.DELTOS_CREATE_NEVER),
    "r+" => (Raw.DELTOS_MODE_WRITE, Raw.DELTOS_CREATE_NEVER),
    "a" => (Raw.DELTOS_MODE_WRITE, Raw.DELTOS_CREATE_IF_ABSENT),
    "x" => (Raw.DELTOS_MODE_WRITE, Raw.DELTOS_CREATE_NEW),
    "w" => (Raw.DELTOS_MODE_WRITE, Raw.DELTOS_CREATE_REPLACE),
    "in-place" => (Raw.DELTOS_MODE_IN_PLACE, Raw.DELTOS_CREATE_NEVER),
    "static" => (Raw.DELTOS_MODE_STATIC, Raw.DELTOS_CREATE_NEVER),
)

const MODE_NAMES = Dict{Int32,String}(
    Raw.DELTOS_MODE_READ => "r",
    Raw.DELTOS_MODE_WRITE => "r+",
    Raw.DELTOS_MODE_IN_PLACE => "in-place",
    Raw.DELTOS_MODE_STATIC => "static",
)

const DURABILITIES = (sync = Raw.DELTOS_SYNC, lazy = Raw.DELTOS_LAZY, async = Raw.DELTOS_ASYNC)

"A struct of the library's as it wants to get it: zeros, and its size in front."
function sized(::Type{T}) where {T}
    made = Ref{T}()
    GC.@preserve made begin
        start = pointer_from_objref(made)
        ccall(:memset, Ptr{Cvoid}, (Ptr{Cvoid}, Cint, Csize_t), start, 0, sizeof(T))
        unsafe_store!(Ptr{UInt32}(start), sizeof(T) % UInt32)
    end
    return made
end

open_flags(guard, verify, rollback, redirty, copy, trim, force, sparse, compress = false) =
    guard * Raw.DELTOS_OPEN_SIGBUS_GUARD | verify * Raw.DELTOS_OPEN_VERIFY | rollback * Raw.DELTOS_OPEN_ROLLBACK |
    redirty * Raw.DELTOS_OPEN_REDIRTY | copy * Raw.DELTOS_OPEN_COPY | !trim * Raw.DELTOS_OPEN_NO_TRIM |
    force * Raw.DELTOS_OPEN_FORCE | sparse * Raw.DELTOS_OPEN_SPARSE | compress * Raw.DELTOS_OPEN_COMPRESS

function open_options(mode, create, flags, offset, size, reserve_bytes, max_file_bytes, auto_sync_bytes, callback, user)
    return Ref(Raw.deltos_open_options(
        sizeof(Raw.deltos_open_options), mode, create, flags, offset, size, reserve_bytes, max_file_bytes,
        auto_sync_bytes, callback, user,
    ))
end

"""
    Deltos.open(path, mode = "r"; keywords...) -> Storage
    Deltos.open(fd::RawFD, mode = "r"; keywords...) -> Storage
    Deltos.open(f, target, mode = "r"; keywords...)

Opens a storage by path, or by the descriptor of one that another process has opened. With a function `f`, usually a
do-block, the storage is closed when the block ends, and when it throws.

| mode         | what it does                                                                       |
|--------------|------------------------------------------------------------------------------------|
| `"r"`        | reads                                                                              |
| `"r+"`       | changes an existing file; one writer at a time                                     |
| `"a"`        | the same, and makes the file if there is none                                      |
| `"x"`        | makes the file; there must be none                                                 |
| `"w"`        | makes a new one in place of the old, which stays until the first commit            |
| `"in-place"` | stores into existing buffers, beside the one process that changes structure        |
| `"static"`   | reads without any locks, a file that nobody changes                                |

Keywords:

- `durability = :sync`: what a commit survives: `:sync` everything; `:lazy` and `:async` kill -9, and after a power loss
  an earlier state may be back.
- `timeout = 0`: seconds to wait while another process is the writer; `Inf`: as long as it takes.
- `guard = true`: memory lost to truncation by others reads as zeros instead of killing the process.
- `verify`: check everything first. `copy`: read it into private memory first, for bytes nobody vouches for.
- `rollback`: when the newest state is damaged, go on from the one before it. `redirty`: after a failed write to the
  medium, write everything anew and go on.
- `trim = true`: give freed space back to the file system. `force`: mode `"w"` also over a file that has a living
  writer. `sparse`: a new file takes its space when it is first stored to. `compress`: of a new file, long strings and
  bytes in values are compressed; each takes memory once it has been read, as long as its value is open.
- `offset`, `size`: where in the file the storage lies, when it is a part of one (`"r"` or `"static"`).
- `reserve_bytes`, `max_file_bytes`, `auto_sync_bytes`: address space to grow into, a limit for the file, and after how
  many bytes an `:async` commit is made durable all the same; 0: the library's choice.
- `progress`: called as `progress(done, total)` on this task when opening takes long; returning `true` cancels.

```jldoctest
julia> using Deltos

julia> path = joinpath(mktempdir(), "cities.deltos");

julia> Deltos.open(path, "x") do storage
           storage["population"] = [10, 20, 30]
           storage["population"][2] = 25 # in place
       end;

julia> Deltos.open(path) do storage
           sum(storage["population"])
       end
65
```
"""
function open(
    target::Union{AbstractString,RawFD},
    mode::AbstractString = "r";
    durability::Symbol = :sync,
    timeout::Real = 0,
    guard::Bool = true,
    verify::Bool = false,
    rollback::Bool = false,
    redirty::Bool = false,
    copy::Bool = false,
    trim::Bool = true,
    force::Bool = false,
    sparse::Bool = false,
    compress::Bool = false,
    offset::Integer = 0,
    size::Integer = 0,
    reserve_bytes::Integer = 0,
    max_file_bytes::Integer = 0,
    auto_sync_bytes::Integer = 0,
    progress = nothing,
)
    number, create = mode_numbers(mode)
    level = one_of(DURABILITIES, durability, "durability")
    flags = open_flags(guard, verify, rollback, redirty, copy, trim, force, sparse, compress)
    limits = (whole(offset), whole(size), whole(reserve_bytes), whole(max_file_bytes), whole(auto_sync_bytes))
    path = target isa RawFD ? nothing : text(target, "a path")
    pointer = opened(path === nothing ? target : path, timeout, progress) do callback, user
        open_options(number, create, flags, limits..., callback, user)
    end
    return Storage(Handle(pointer), path, String(mode), level, nothing, nothing)
end

function mode_numbers(mode)
    known = get(MODES, mode, nothing)
    known === nothing || return known
    throw(InvalidError("a mode is one of $(join(map(repr, sort!(collect(keys(MODES)))), ", ")); not $(repr(mode))"))
end

open_raw(path::String, options, made, cell) = Raw.deltos_storage_open(path, options, made, cell)
open_raw(fd::RawFD, options, made, cell) = Raw.deltos_storage_open_fd(Base.cconvert(Cint, fd), options, made, cell)

# The library never waits for another writer; where that is wanted, this task does.
function opened(make_options, target, timeout, progress)
    made, cell = Ref(Ptr{Raw.deltos_storage}(C_NULL)), spare_cell()
    deadline = timeout > 0 ? time() + timeout : 0.0
    while true
        status = if progress === nothing
            open_raw(target, make_options(C_NULL, C_NULL), made, cell)
        else
            reporting((callback, user) -> open_raw(target, make_options(callback, user), made, cell), progress)
        end
        waiting = status == Raw.DELTOS_E_LOCKED && time() < deadline
        waiting || (check_spare(status, cell); return made[])
        sleep(0.01)
    end
end

open(fd::Union{Signed,Unsigned}, mode::AbstractString = "r"; keywords...) = open(RawFD(fd), mode; keywords...)

whole(number) = number >= 0 ? UInt64(number) : throw(InvalidError("a size or offset is not negative: $number"))

"""
    Deltos.open_memory(bytes; guard, verify, copy = nothing, offset, size, progress) -> Storage
    Deltos.open_memory(f, bytes; keywords...)

Opens a storage that lies in memory: a dense array of `UInt8`, such as one from `Mmap.mmap` or `read`. It is read-only,
and the array is held for as long as anything of the storage is used. Nobody may write to it or resize it meanwhile,
unless the storage is a copy: with `copy = true`, or by default where it does not start at a multiple of 64 bytes, so
that its elements would not be aligned.
"""
function open_memory(
    bytes::DenseArray{UInt8};
    guard::Bool = true,
    verify::Bool = false,
    copy::Union{Nothing,Bool} = nothing,
    offset::Integer = 0,
    size::Integer = 0,
    progress = nothing,
)
    copied = something(copy, (UInt(pointer(bytes)) + whole(offset)) % 64 != 0)
    flags = open_flags(guard, verify, false, false, copied, true, false, false)
    made, cell = Ref(Ptr{Raw.deltos_storage}(C_NULL)), ErrorCell()
    status = reporting(progress) do callback, user
        mode, create, place = Raw.DELTOS_MODE_STATIC, Raw.DELTOS_CREATE_NEVER, (whole(offset), whole(size))
        options = open_options(mode, create, flags, place..., 0, 0, 0, callback, user)
        GC.@preserve bytes begin
            Raw.deltos_storage_open_memory(pointer(bytes), length(bytes), options, C_NULL, C_NULL, made, cell)
        end
    end
    check(status, cell)
    return Storage(Handle(made[]), nothing, "static", Raw.DELTOS_SYNC, bytes, nothing)
end

"""
    Deltos.anonymous(label = "deltos"; keywords...) -> Storage
    Deltos.anonymous(f, label; keywords...)

Makes a storage in anonymous memory. Other processes open it by its descriptor, `fd(storage)`. Keywords are
`durability`, `guard`, `reserve_bytes`, `max_file_bytes` and `compress`, as for [`Deltos.open`](@ref).
"""
function anonymous(
    label::AbstractString = "deltos";
    durability::Symbol = :sync,
    guard::Bool = true,
    reserve_bytes::Integer = 0,
    max_file_bytes::Integer = 0,
    compress::Bool = false,
)
    level, name = one_of(DURABILITIES, durability, "durability"), text(label, "a label")
    flags = open_flags(guard, false, false, false, false, true, false, false, compress)
    options = open_options(
        Raw.DELTOS_MODE_WRITE, Raw.DELTOS_CREATE_NEVER, flags, 0, 0, whole(reserve_bytes), whole(max_file_bytes), 0,
        C_NULL, C_NULL,
    )
    made, cell = Ref(Ptr{Raw.deltos_storage}(C_NULL)), ErrorCell()
    check(Raw.deltos_storage_open_anonymous(name, options, made, cell), cell)
    return Storage(Handle(made[]), nothing, "r+", level, nothing, nothing)
end

open(f::Function, target, mode::AbstractString = "r"; keywords...) = in_block(f, open(target, mode; keywords...))
open_memory(f::Function, bytes; keywords...) = in_block(f, open_memory(bytes; keywords...))
anonymous(f::Function, label::AbstractString = "deltos"; keywords...) = in_block(f, anonymous(label; keywords...))

# The error of the block is the one to see; where closing is refused, the storage is not left behind, locked, without a
# name.
function in_block(f, storage)
    result = try
        f(storage)
    catch
        detach(storage)
        rethrow()
    end
    try
        close(storage)
    finally
        detach(storage)
    end
    return result
end

# ---- What it is ------------------------------------------------------------------------------------------------------

storage(storage::Storage) = storage

stores(storage::Storage) = storage.mode != "r" && storage.mode != "static"

"""
    Deltos.StorageInfo

What `stat` says of a storage, and of the handle that was asked: `mode`, `uuid`, `format_version`, sizes in bytes
(`file_bytes`, `allocated_bytes`, `live_bytes`, `reusable_bytes`, `pinned_bytes`), `object_count`, numbers of commits
(`transaction_id` the newest, `durable_id`, `oldest_pin`), `snapshot_count`, `view_count`, and `io_failed`, `lost`,
`unaligned`, `sparse`.
"""
struct StorageInfo
    mode::String
    uuid::UUID
    format_version::VersionNumber
    file_bytes::Int
    allocated_bytes::Int
    live_bytes::Int
    reusable_bytes::Int
    pinned_bytes::Int
    object_count::Int
    transaction_id::Int
    durable_id::Int
    oldest_pin::Int
    snapshot_count::Int
    view_count::Int
    io_failed::Bool
    lost::Bool
    unaligned::Bool
    sparse::Bool
end

"""
    stat(storage::Storage) -> Deltos.StorageInfo
"""
function Base.stat(storage::Storage)
    info, cell = sized(Raw.deltos_storage_info), ErrorCell()
    check(calling(pointer -> Raw.deltos_storage_stat(pointer, info, cell), storage.handle), cell)
    raw = info[]
    return StorageInfo(
        get(MODE_NAMES, raw.mode, string(raw.mode)),
        UUID(foldl((number, byte) -> number << 8 | byte, raw.uuid; init = UInt128(0))),
        VersionNumber(raw.format_major, raw.format_minor),
        raw.file_bytes, raw.allocated_bytes, raw.live_bytes, raw.reusable_bytes, raw.pinned_bytes, raw.object_count,
        raw.transaction_id, raw.durable_id, raw.oldest_pin, raw.snapshot_count, raw.view_count,
        raw.io_failed != 0, raw.lost != 0, raw.unaligned != 0, raw.sparse != 0,
    )
end

"""
    fd(storage::Storage) -> RawFD

Its descriptor, to be passed to another process; borrowed, and never to be closed.
"""
Base.fd(storage::Storage) = RawFD(asked(Raw.deltos_storage_fd, storage.handle, Ref(Int32(-1))))

function open_handle(storage::Storage, name, kind)
    spelled, made, cell = text(name, "a name"), Ref(Ptr{Raw.deltos_object}(C_NULL)), spare_cell()
    pointer = enter(storage.handle)
    status = GC.@preserve storage Raw.deltos_object_open_newest(pointer, spelled, kind, made, cell)
    leave(storage.handle)
    check_spare(status, cell)
    return Handle(made[])
end

Base.length(storage::Storage) = stat(storage).object_count

reading(f, storage::Storage) = snapshot(lent -> reading(f, lent), storage)

writing(f, storage::Storage) = transaction(t -> writing(f, t), storage)

"""
    sync(storage::Storage)

Makes everything durable that was committed or stored in place so far.
"""
function sync(storage::Storage)
    cell = ErrorCell()
    check(calling(pointer -> Raw.deltos_storage_sync(pointer, cell), storage.handle), cell)
end

"""
    Deltos.Finding

One thing that [`verify`](@ref) found wrong: `status`, `object_id`, `file_offset`, `message`.
"""
struct Finding
    status::Int32
    object_id::UInt64
    file_offset::Int
    message::String
end

const LEVELS = (struct_ = Raw.DELTOS_VERIFY_STRUCT, structure = Raw.DELTOS_VERIFY_STRUCT, full = Raw.DELTOS_VERIFY_FULL)

"""
    verify(storage; level = :full, progress = nothing) -> Vector{Deltos.Finding}

Checks the newest commit (`:structure`), also the content of sealed buffers (`:full`), and lists what is wrong.
`progress(done, total)` is called on this task now and then; returning `true` cancels.
"""
function verify(storage::Storage; level::Symbol = :full, progress = nothing)
    number, room = one_of(LEVELS, level, "a level"), Vector{Raw.deltos_finding}(undef, 1000)
    count, cell = Ref(UInt64(0)), ErrorCell()
    status = with(storage.handle) do pointer
        reporting(progress) do callback, user
            Raw.deltos_storage_verify(pointer, number, callback, user, room, length(room), count, cell)
        end
    end
    check(status, cell)
    return map(view(room, 1:min(Int(count[]), length(room)))) do found
        Finding(found.status, found.object_id, found.file_offset, text_of(found.message))
    end
end

"Text in an array of bytes of the library's, up to its NUL."
text_of(bytes::NTuple{N,UInt8}) where {N} = String(collect(Iterators.takewhile(!=(0x00), bytes)))

"""
    Deltos.Pin

A buffer with live views: `name`, `object_id`, `view_count`, `writable`, `nbytes`, `transaction_id`. One with read-only
and with writable views is listed twice.
"""
struct Pin
    name::String
    object_id::UInt64
    view_count::Int
    writable::Bool
    nbytes::Int
    transaction_id::Int
end

"""
    pins(storage::Storage) -> Vector{Deltos.Pin}

What is exported through this handle: what `close` would name.
"""
function pins(storage::Storage)
    room, count, cell = Vector{Raw.deltos_pin}(undef, 16), Ref(UInt64(0)), ErrorCell()
    while true
        status = calling(pointer -> Raw.deltos_storage_pins(pointer, room, length(room), count, cell), storage.handle)
        check(status, cell)
        count[] <= length(room) && break
        resize!(room, count[])
    end
    return map(view(room, 1:Int(count[]))) do pin
        Pin(text_of(pin.name), pin.object_id, pin.view_count, pin.writable != 0, pin.bytes, pin.transaction_id)
    end
end

# ---- Its end ---------------------------------------------------------------------------------------------------------

"""
    close(storage::Storage)

Closes a storage, or refuses: with [`PinnedError`](@ref), which names the buffers, while arrays or views of it live, and
with [`BusyError`](@ref) while a transaction is open. Arrays that nobody can reach any more are collected first. Closing
again does nothing. From any task; [`detach`](@ref) never refuses.
"""
function Base.close(storage::Storage)
    without_garbage() do
        take(storage.handle) || return nothing
        cell = spare_cell()
        check_spare(replaced(pointer -> Raw.deltos_storage_close(pointer, cell), storage.handle), cell)
    end
end

"""
    detach(storage::Storage)

Gives a storage up, whatever lives: an open transaction is aborted, arrays stay valid, and the memory goes with the last
of them. Never fails; from any task.
"""
Base.detach(storage::Storage) = finish_safely(storage.handle)

Base.isopen(storage::Storage) = isopen(storage.handle)

function Base.show(io::IO, storage::Storage)
    place = storage.path === nothing ? "memory" : repr(storage.path)
    print(io, "Deltos.Storage(", place, ", ", isopen(storage) ? storage.mode : "closed", ")")
end
