# Buffers: handles of stored objects, and what they are.

# What has a handle of an object, and the scope in which it was found or nothing.
abstract type Object end

"""
    Deltos.Buffer(scope, name)
    Deltos.Buffer(scope, id::Unsigned)

The handle of a stored buffer: what it is, not its memory. It comes from a storage (the newest commit), a snapshot or a
transaction. `stat(buffer)` tells everything; `size`, `ndims`, `length` and `eltype` are in Julia's order and types;
[`Deltos.array`](@ref) gives its memory.

A buffer describes the object as it was when it was opened. When somebody has replaced or deleted it,
`stat(buffer).current` is false, and [`refresh!`](@ref) looks again.
"""
struct Buffer <: Object
    handle::Handle{Raw.deltos_object}
    scope::AnyScope
end

"""
    Deltos.BufferInfo

What `stat` says of a buffer or another object: `name`, `id`, `kind`, `dtype` (a number, `Deltos.Raw.DELTOS_DTYPE_*`),
`format`, `shape` (as stored, in the order of C), `ndim`, `count`, `itemsize`, `payload_bytes`, `sealed`, `writable`,
`current`, `stored` (false in a transaction that has not committed), `created_id` and `changed_id` (of the transactions
that did it).
"""
struct BufferInfo
    name::String
    id::UInt64
    kind::Int32
    dtype::Int32
    format::String
    shape::Vector{Int}
    ndim::Int
    count::Int
    itemsize::Int
    payload_bytes::Int
    sealed::Bool
    writable::Bool
    current::Bool
    stored::Bool
    created_id::UInt64
    changed_id::UInt64
end

function object_info(pointer, cell)
    info = sized(Raw.deltos_object_info)
    status = Raw.deltos_object_stat(pointer, info, cell)
    return status, info[]
end

"""
    stat(object) -> Deltos.BufferInfo

What is known of a [`Deltos.Buffer`](@ref), a [`Deltos.Table`](@ref) or a [`Deltos.GrowableVector`](@ref).
"""
function Base.stat(object::Object)
    cell = ErrorCell()
    return with(object.handle) do pointer
        status, raw = object_info(pointer, cell)
        check(status, cell)
        return BufferInfo(
            raw.name == C_NULL ? "" : unsafe_string(raw.name), raw.id, raw.kind, raw.dtype, unsafe_string(raw.format),
            Int[unsafe_load(raw.shape, k) for k in 1:raw.ndim], raw.ndim, raw.count, raw.itemsize, raw.payload_bytes,
            raw.sealed != 0, raw.writable != 0, raw.current != 0, raw.stored != 0, raw.created_id, raw.changed_id,
        )
    end
end

Base.size(buffer::Buffer) = (reverse(stat(buffer).shape)...,)
Base.size(buffer::Buffer, k::Integer) = k <= ndims(buffer) ? size(buffer)[k] : 1
Base.ndims(buffer::Buffer) = stat(buffer).ndim
Base.length(buffer::Buffer) = stat(buffer).count
Base.close(object::Object) = finish_safely(object.handle)
Base.isopen(object::Object) = isopen(object.handle)

"""
    eltype(buffer::Deltos.Buffer)

The type of the elements of [`Deltos.array`](@ref)`(buffer)`.
"""
Base.eltype(buffer::Buffer) = array_eltype(stat(buffer))

"""
    Deltos.storage(x) -> Storage

The storage that a snapshot, a transaction, a buffer or an array of one belongs to.
"""
storage(object::Object) = storage(object.scope)
storage(::Nothing) = throw(UnsupportedError("it belongs to no storage: it is memory, or a file of its own"))

"""
    refresh!(buffer::Deltos.Buffer) -> Bool
    refresh!(snapshot::Snapshot) -> Bool

Looks again in the newest commit; tells whether anything changed. A buffer is looked for by its id and then by its name.
Arrays of the old one stay as they are.
"""
refresh!(object::Object) = refreshed(Raw.deltos_object_refresh, object.handle)

"""
    Deltos.file_offset(buffer) -> Int

The byte of the file at which the content starts, for programs that map the file themselves.
"""
file_offset(object::Object) = Int(asked(Raw.deltos_object_file_offset, object.handle, Ref(UInt64(0))))

const ADVICE = (
    normal = Raw.DELTOS_ADVICE_NORMAL,
    random = Raw.DELTOS_ADVICE_RANDOM,
    sequential = Raw.DELTOS_ADVICE_SEQUENTIAL,
    will_need = Raw.DELTOS_ADVICE_WILL_NEED,
    dont_need = Raw.DELTOS_ADVICE_DONT_NEED,
    prefault = Raw.DELTOS_ADVICE_PREFAULT,
)

"""
    Deltos.advise(buffer, advice)

Tells the system how the content will be used: `:normal`, `:random`, `:sequential`, `:will_need`, `:dont_need` or `:prefault`
(read and map all of it now). Only a hint.
"""
function advise(object::Object, advice::Symbol)
    code, cell = one_of(ADVICE, advice, "advice"), ErrorCell()
    check(calling(pointer -> Raw.deltos_object_advise(pointer, code, cell), object.handle), cell)
    return nothing
end

"The number that a symbol stands for."
function one_of(choices::NamedTuple, name::Symbol, what)
    haskey(choices, name) && return choices[name]
    throw(InvalidError("$what is one of $(join(map(repr, keys(choices)), ", ")); not $(repr(name))"))
end

function Base.show(io::IO, buffer::Buffer)
    isopen(buffer) || return print(io, "Deltos.Buffer, closed")
    info = stat(buffer)
    print(io, "Deltos.Buffer ", repr(info.name), ", ", join(reverse(info.shape), "x"), " of ", repr(info.format))
    info.sealed && print(io, ", sealed")
    return nothing
end
