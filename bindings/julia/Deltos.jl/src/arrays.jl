# Arrays over exported memory, in Julia's order of dimensions.

"""
    BufferArray{T,N,W} <: DenseArray{T,N}

The memory of a buffer as an array: no copy. It is strided, so that `LinearAlgebra` and BLAS use it where it lies. `W`
tells whether it may be written; storing into one that may not throws [`ReadOnlyError`](@ref) (or
[`SealedError`](@ref)).

**Order of dimensions.** A buffer of shape `(r, c)` in the order of C, as Python and C see it, is an array of `size`
`(c, r)` in Julia: the same memory, and the dimensions the other way round. What Julia stores with `size` `(c, r)` has
the shape `(r, c)` elsewhere. `permutedims(a)` or a lazy `PermutedDimsArray` gives the other order where a program wants
it.

Stores are seen at once by every process that has the storage open, and belong to no transaction; `a .= b` stores in
place.

The memory stays where it is until `close(a)`, or until the array is collected; after `close(a)` every use throws
[`ClosedError`](@ref) (but code inside `@inbounds` that has asked for the size before is not stopped).
"""
struct BufferArray{T,N,W} <: DenseArray{T,N}
    pointer::Ptr{T}
    dims::NTuple{N,Int}
    view::View
end

@inline view_handle(a::BufferArray) = getfield(getfield(a, :view), :handle)

@noinline closed_array() = throw(ClosedError("the array has been closed"))

@inline function Base.size(a::BufferArray)
    view_handle(a).pointer == C_NULL && closed_array()
    return a.dims
end

Base.IndexStyle(::Type{<:BufferArray}) = IndexLinear()
Base.elsize(::Type{<:BufferArray{T}}) where {T} = sizeof(T)
Base.dataids(a::BufferArray) = (UInt(a.pointer),)

function Base.unsafe_convert(::Type{Ptr{T}}, a::BufferArray{T}) where {T}
    view_handle(a).pointer == C_NULL && closed_array()
    return a.pointer
end

# Any byte may lie where a Bool is expected, and only 0 and 1 are one.
@inline load(pointer::Ptr{Bool}, i) = unsafe_load(Ptr{UInt8}(pointer), i) != 0x00
@inline load(pointer::Ptr, i) = unsafe_load(pointer, i)

Base.@propagate_inbounds function Base.getindex(a::BufferArray, i::Int)
    @boundscheck checkbounds(a, i)
    handle = view_handle(a)
    return GC.@preserve handle load(a.pointer, i)
end

Base.@propagate_inbounds function Base.setindex!(a::BufferArray{T,N,true}, value, i::Int) where {T,N}
    @boundscheck checkbounds(a, i)
    handle, element = view_handle(a), convert(T, value)
    GC.@preserve handle unsafe_store!(a.pointer, element, i)
    return a
end

Base.setindex!(a::BufferArray{T,N,false}, value, i::Int) where {T,N} = read_only(a)

@noinline function read_only(a::BufferArray)
    a.view.sealed && throw(SealedError("the buffer is sealed: `unseal!` it, or store a new one under its name"))
    throw(ReadOnlyError("the array is read-only: open the storage with mode \"r+\" or \"in-place\", and ask for a " *
                        "writable array"))
end

"""
    iswritable(a::BufferArray)

Whether storing into the array is allowed.
"""
Base.iswritable(::BufferArray{T,N,W}) where {T,N,W} = W

"""
    close(a::BufferArray)

Ends the array at once instead of when it is collected, so that its storage can be closed and its buffer sealed. Ending
it again does nothing.
"""
Base.close(a::BufferArray) = close(a.view)
Base.isopen(a::BufferArray) = isopen(a.view)

function Base.showarg(io::IO, a::BufferArray{T,N,W}, toplevel) where {T,N,W}
    toplevel || print(io, "::")
    print(io, "BufferArray{", T, ",", N, "}")
    toplevel && !W && print(io, ", read-only")
end

Base.show(io::IO, mime::MIME"text/plain", a::BufferArray) = show_open(a, io, mime)
Base.show(io::IO, a::BufferArray) = show_open(a, io)

"Shows an array as Julia does; one that has been closed has no elements to show."
function show_open(a, io, mime...)
    isopen(a) || return print(io, nameof(typeof(a)), ", closed")
    return invoke(show, Tuple{IO,map(typeof, mime)...,AbstractArray}, io, mime..., a)
end

# ---- Whole arrays at the speed of plain ones -------------------------------------------------------------------------

# Keeping the memory alive at each element hinders vector instructions, so it is kept alive once around the whole.
function with_plain(f, a::BufferArray)
    dims, view = size(a), a.view
    return GC.@preserve view f(unsafe_wrap(Array, a.pointer, dims))
end

Base.mapreduce(f, op, a::BufferArray; keywords...) = with_plain(plain -> mapreduce(f, op, plain; keywords...), a)
function Base.mapreduce(f, op, a::BufferArray{Bool}; keywords...)
    return with_plain(plain -> mapreduce(x -> f(x != 0x00), op, plain; keywords...), bytes_of(a))
end
bytes_of(a::BufferArray{Bool,N,W}) where {N,W} = BufferArray{UInt8,N,W}(Ptr{UInt8}(a.pointer), a.dims, a.view)

const Dense{T} = Union{Array{T},BufferArray{T}}

function copy_memory(target, source)
    n = length(source)
    length(target) >= n || throw(BoundsError(target, n))
    GC.@preserve target source unsafe_copyto!(pointer(target), pointer(source), n)
    return target
end

Base.copyto!(target::Array{T}, source::BufferArray{T}) where {T} = copy_memory(target, source)
Base.copyto!(target::BufferArray{T,N,true}, source::Dense{T}) where {T,N} = copy_memory(target, source)
Base.copyto!(target::BufferArray{T,N,false}, source::Dense{T}) where {T,N} = read_only(target)
Base.copyto!(target::Array{Bool}, source::BufferArray{Bool}) = (copyto!(target, 1, source, 1, length(source)); target)
Base.copyto!(target::BufferArray{Bool,N,true}, source::BufferArray{Bool}) where {N} = copy_memory(target, source)

# Broadcasting asks for a copy of the same type when what it reads is what it writes: memory of the program, seen
# through a view.
function Base.unaliascopy(a::BufferArray{T,N,W}) where {T,N,W}
    plain = copy(a)
    return BufferArray{T,N,W}(pointer(plain), size(plain), View(plain))
end

# ---- From buffers to arrays ------------------------------------------------------------------------------------------

"""
    Deltos.array(buffer[, T]; writable = nothing)
    Deltos.array(scope, name[, T]; writable = nothing)
    Deltos.array(f, ...)

The memory of a buffer as a [`BufferArray`](@ref); `scope[name]` is the same. `writable` is by default what the storage
and the buffer allow; a writable array keeps its buffer from being sealed, in every process. With a function `f`, the
array is closed when `f` has returned.

Elements are Julia's own numbers, `Deltos.BFloat16` and 8-bit floats, tuples for fixed numbers of bytes, and named
tuples for structures. Where Julia has no type (a foreign byte order), elements are their bytes: an array of `UInt8`
with one dimension more in front. With `T`, a structure of the program's own that is laid out as the format says,
elements are that.

```jldoctest
julia> using Deltos

julia> storage = Deltos.anonymous();

julia> storage["m"] = [1 2 3; 4 5 6];

julia> Deltos.array(sum, storage, "m")
21

julia> stat(Deltos.Buffer(storage, "m")).shape == [3, 2] # for Python and C: the dimensions the other way round
true

julia> struct Point
           x::Float64
           y::Float64
       end

julia> storage["points"] = [Point(1, 2), Point(3, 4)];

julia> storage["points"][2].y
4.0

julia> Deltos.array(storage, "points", Point)[1]
Point(1.0, 2.0)
```
"""
array(buffer::Buffer, T = nothing; writable::Union{Nothing,Bool} = nothing) =
    array_of(View(acquire_array(buffer, writable), buffer), T)

function array(scope, name, T = nothing; writable::Union{Nothing,Bool} = nothing)
    buffer = Buffer(scope, name)
    return array_of(View(acquire_array(buffer, writable), buffer, true), T)
end

array(f::Function, arguments...; keywords...) = closing(f, array(arguments...; keywords...))

# Writable where that is possible: asked of the library first where the storage's mode allows it.
function acquire_array(object::Object, writable)
    return either_way(flag -> acquire(object, array_flags(flag)), writable, may_store(object))
end

"What an array of Julia needs of a view: elements packed in the order of C, and their type."
array_flags(writable) =
    Raw.DELTOS_VIEW_C | Raw.DELTOS_VIEW_FORMAT | (writable ? Raw.DELTOS_VIEW_WRITABLE : Int32(0))

may_store(object::Object) = object.scope === nothing || stores(storage(object))

"Calls f with whether to ask for writable memory: as told, or where that may be, and otherwise again."
@inline function either_way(f::F, writable, possible) where {F}
    writable === nothing || return f(writable)
    possible || return f(false)
    try
        return f(true)
    catch e
        e isa Union{SealedError,ReadOnlyError,ForkedError,BusyError,StaleError} || rethrow()
        return f(false)
    end
end

# The common types one by one, so that the compiler knows what is made of them; the others at run time.
array_of(view::View, ::Nothing) = calling_layout(view) do raw
    raw.dtype == Raw.DELTOS_DTYPE_F64 && return array_of(view, raw, Float64)
    raw.dtype == Raw.DELTOS_DTYPE_F32 && return array_of(view, raw, Float32)
    raw.dtype == Raw.DELTOS_DTYPE_I64 && return array_of(view, raw, Int64)
    T = element_type(raw.dtype, raw.format)
    return T === nothing ? raw_bytes(view, raw) : array_of(view, raw, T)
end

function array_of(view::View, ::Type{T}) where {T}
    format = view.format
    fits(T, view.dtype, format) || misfit(T, format)
    return calling_layout(raw -> array_of(view, raw, T), view)
end

@noinline function misfit(T, format)
    throw(FormatError("the elements are $(repr(format)), and $T is laid out otherwise: " *
                      "use a type for which Deltos.format_of says the same"))
end

# The view is open and held by the caller, who has just made it.
calling_layout(f, view::View) = GC.@preserve view f(unsafe_load(view.handle.pointer))

function array_of(view::View, raw::Raw.deltos_view, ::Type{T}) where {T}
    n = raw.ndim
    n == 1 && return array_of(view, raw, T, Val(1))
    n == 2 && return array_of(view, raw, T, Val(2))
    return array_of(view, raw, T, Val(Int(n)))
end

function array_of(view::View, raw::Raw.deltos_view, ::Type{T}, ::Val{N}) where {T,N}
    dims = ntuple(k -> Int(unsafe_load(raw.shape, N - k + 1)), Val(N))
    pointer = Ptr{T}(raw.data)
    return raw.readonly == 0 ? BufferArray{T,N,true}(pointer, dims, view) : BufferArray{T,N,false}(pointer, dims, view)
end

function raw_bytes(view::View, raw::Raw.deltos_view)
    dims = (Int(raw.itemsize), ntuple(k -> Int(unsafe_load(raw.shape, raw.ndim - k + 1)), Int(raw.ndim))...)
    return BufferArray{UInt8,length(dims),raw.readonly == 0}(Ptr{UInt8}(raw.data), dims, view)
end

"""
    BufferArray(view::Deltos.View)

The memory of a view as an array; throws [`LayoutError`](@ref) where it is not C-contiguous.
"""
function BufferArray(view::View)
    shared = View(view, array_flags(!view.readonly))
    return array_of(View(shared.handle, view), nothing)
end

"""
    Deltos.buffer(a::BufferArray) -> Deltos.Buffer

The buffer whose memory an array is. That of `scope[name]` is closed together with the array.
"""
function buffer(a::BufferArray)
    parent = a.view.parent
    while parent isa View
        parent = parent.parent
    end
    parent isa Buffer || throw(KindError("the array is memory of the program, not of a storage"))
    return parent
end

storage(a::BufferArray) = storage(buffer(a))
