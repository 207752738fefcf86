# What is done with the elements of views, whatever their layouts: by value, by number, atomically, and from and to
# files.

"The bytes of one element, made of a value: a vector to be preserved while its address is used."
function item(view::View, value)
    T = item_type(view)
    T === nothing || return T[convert(T, value)]
    throw(TypeMismatchError("Julia has no type for elements $(repr(view.format)): give the bytes of one, a " *
                            "Vector{UInt8}"))
end
item(::View, bytes::Vector{UInt8}) = bytes

# Nothing where no element can be equal to the value: 2.5 is no integer, and 0.1 no Float32.
function wanted(view::View, value)
    made = try
        item(view, value)
    catch e
        e isa InexactError || rethrow()
        return nothing
    end
    return value isa Vector{UInt8} || only(made) == value ? made : nothing
end

"""
    fill!(view::Deltos.View, value)

Stores one element everywhere. Bytes, a `Vector{UInt8}`, are stored as they are, in elements of any type.
"""
function Base.fill!(view::View, value)
    bytes, cell = item(view, value), ErrorCell()
    GC.@preserve bytes begin
        check(calling(p -> Raw.deltos_view_fill(p, pointer(bytes), sizeof(bytes), cell), view.handle), cell)
    end
    return view
end

# ---- By value --------------------------------------------------------------------------------------------------------

"""
    a::Deltos.View == b

Whether a view and another one, or an array, have the same size and, by value, the same elements, whatever their types
and layouts: `1` equals `1.0`, and `NaN` nothing. `isequal` and `hash` are about the view itself, not its content.
"""
Base.:(==)(a::View, b::View) = equal(a, b)
Base.:(==)(a::View, b::AbstractArray) = equal(a, b)
Base.:(==)(a::AbstractArray, b::View) = equal(b, a)
Base.isequal(a::View, b::View) = a.handle === b.handle
Base.hash(view::View, h::UInt) = hash(objectid(view.handle), h)

function equal(a, b)
    found, cell = Ref(0x00), ErrorCell()
    check(with_content(x -> with_content(y -> Raw.deltos_view_equal(x, y, found, cell), b), a), cell)
    return found[] != 0
end

"""
    Deltos.order(a, b) -> Symbol

What `a` is: `:less`, `:equal`, `:greater`, or `:unordered` where a NaN decides. Like words in a dictionary: the first
two elements in memory order that are not equal decide; `a` and `b` are views or arrays. `cmp`, `isless` and `<` of
views say the same; `cmp` throws where there is no order.
"""
function order(a, b)
    found, cell = Ref(Int32(0)), ErrorCell()
    check(with_content(x -> with_content(y -> Raw.deltos_view_compare(x, y, found, cell), b), a), cell)
    return ORDERS[found[]+2]
end
const ORDERS = (:less, :equal, :greater, :unordered)

function Base.cmp(a::View, b::View)
    found = order(a, b)
    found === :unordered &&
        throw(UnsupportedError("the views are unordered: the first elements that differ have a NaN"))
    return found === :less ? -1 : found === :equal ? 0 : 1
end
Base.isless(a::View, b::View) = order(a, b) === :less
Base.:(<)(a::View, b::View) = order(a, b) === :less

const EqualTo = Base.Fix2{typeof(==)}

"""
    findfirst(==(value), view::Deltos.View)
    findnext(==(value), view::Deltos.View, start)

The index of the first element that is equal, as for arrays; `nothing` where there is none.
"""
Base.findfirst(predicate::EqualTo, view::View) = key_of(view, search(view, predicate.x, 0))
Base.findnext(predicate::EqualTo, view::View, start::Integer) = key_of(view, search(view, predicate.x, start - 1))
Base.findnext(predicate::EqualTo, view::View, start::CartesianIndex) =
    findnext(predicate, view, LinearIndices(size(view))[start])

function key_of(view, found)
    found < 0 && return nothing
    return ndims(view) == 1 ? found + 1 : CartesianIndices(size(view))[found+1]
end

"The number in memory order, from 0, of the first element from `from` on that is equal; -1 where there is none."
function search(view::View, value, from)
    bytes, found, cell = wanted(view, value), Ref(Int64(-1)), ErrorCell()
    bytes === nothing && return -1
    GC.@preserve bytes begin
        find(p) = Raw.deltos_view_find(p, pointer(bytes), sizeof(bytes), from, found, cell)
        check(calling(find, view.handle), cell)
    end
    return Int(found[])
end

"""
    count(==(value), view::Deltos.View) -> Int

How many elements are equal to a value.
"""
function Base.count(predicate::EqualTo, view::View)
    bytes, found, cell = wanted(view, predicate.x), Ref(UInt64(0)), ErrorCell()
    bytes === nothing && return 0
    GC.@preserve bytes begin
        check(calling(p -> Raw.deltos_view_count(p, pointer(bytes), sizeof(bytes), found, cell), view.handle), cell)
    end
    return Int(found[])
end

"""
    Deltos.gather!(target, source, numbers)
    Deltos.gather(source, numbers) -> Array

Copies rows that are chosen by number along the last dimension: `target[:, k] = source[:, numbers[k]]`. Source and
target are views or arrays, which may overlap.

```jldoctest
julia> using Deltos

julia> Deltos.gather(Deltos.View([1 2 3; 4 5 6]), [3, 1, 3])
2×3 Array{Int64,2}:
 3  1  3
 6  4  6
```
"""
function gather!(target, source, numbers)
    rows, cell = Int64[number - 1 for number in numbers], ErrorCell()
    status = with_target(target) do to
        with_content(from -> Raw.deltos_view_gather(from, rows, length(rows), to, cell), source)
    end
    check(status, cell)
    return target
end

function gather(source, numbers)
    T = source isa View ? item_type(source) : eltype(source)
    T === nothing && throw(FormatError("Julia has no type for elements $(repr(source.format)): use gather!"))
    ndims(source) > 0 || throw(TypeMismatchError("what has no dimension has no rows"))
    return gather!(Array{T}(undef, size(source)[1:end-1]..., length(numbers)), source, numbers)
end

with_target(f, view::View) = with_content(f, view)
with_target(f, a::Strided) = with_content(f, a; readonly = !may_write(a))

# ---- Single elements -------------------------------------------------------------------------------------------------

# The indices as the library counts them; a wrong number of them is nobody's element.
function place(view::View, indices)
    length(indices) == ndims(view) || throw(BoundsError(view, indices))
    return Int64[i - 1 for i in reverse(indices)]
end
place(view::View, i::CartesianIndex) = place(view, Tuple(i))
place(view::View, i::Integer) = place(view, (i,))

"Calls f with the pointer of a view and indices, and checks its status."
function at_place(f, view::View, indices)
    at, cell = place(view, indices), ErrorCell()
    check(calling(p -> f(p, at, cell), view.handle), cell)
    return nothing
end

"""
    Deltos.number(T, view, indices...) -> T

One element as `Int64`, `UInt64` or `Float64`, whatever kind of number it is, in either byte order: the same number, or
[`RangeError`](@ref).
"""
number(::Type{Int64}, view::View, indices::Integer...) = number(Raw.deltos_view_get_i64, Int64, view, indices)
number(::Type{UInt64}, view::View, indices::Integer...) = number(Raw.deltos_view_get_u64, UInt64, view, indices)
number(::Type{Float64}, view::View, indices::Integer...) = number(Raw.deltos_view_get_f64, Float64, view, indices)
function number(get::Function, ::Type{T}, view, indices) where {T}
    found = Ref(zero(T))
    at_place((p, at, cell) -> get(p, at, found, cell), view, indices)
    return found[]
end

"""
    Deltos.bytes(view, indices...) -> Vector{UInt8}

One element as its bytes.
"""
function bytes(view::View, indices::Integer...)
    room = Vector{UInt8}(undef, view.itemsize)
    at_place((p, at, cell) -> Raw.deltos_view_get_bytes(p, at, room, sizeof(room), cell), view, indices)
    return room
end

"""
    view[indices...]
    view[indices...] = value

One element of a [`Deltos.View`](@ref), in Julia's order and counted from 1. Where Julia has no type for it, it is the
number (of a foreign byte order), or its bytes. What is stored must be what the element can hold, or
[`RangeError`](@ref); bytes, a `Vector{UInt8}`, are stored as they are.
"""
function Base.getindex(view::View, indices::Integer...)
    T = item_type(view)
    found = bytes(view, indices...)
    T === nothing && return foreign(view, found, indices)
    return GC.@preserve found load(Ptr{T}(pointer(found)), 1)
end
Base.getindex(view::View, index::CartesianIndex) = view[Tuple(index)...]

function foreign(view, found, indices)
    code = match(r"^[<>=!@]?([a-zA-Z])$", view.format)
    code === nothing && return found
    code[1] in ("e", "f", "d", "g") && return number(Float64, view, indices...)
    code[1] in ("b", "h", "i", "l", "q", "n") && return number(Int64, view, indices...)
    code[1] in ("B", "H", "I", "L", "Q", "N") && return number(UInt64, view, indices...)
    return found
end

const Numeric = Union{Real,BFloat16,Float8E4M3,Float8E5M2}

function Base.setindex!(view::View, value, indices::Integer...)
    T = item_type(view)
    if value isa Real && (T === nothing || T <: Numeric)
        set_number(view, value, indices)
    else
        stored = item(view, value)
        GC.@preserve stored at_place(view, indices) do p, at, cell
            Raw.deltos_view_set_bytes(p, at, pointer(stored), sizeof(stored), cell)
        end
    end
    return view
end
Base.setindex!(view::View, value, index::CartesianIndex) = setindex!(view, value, Tuple(index)...)

set_number(view, x::Union{Int8,Int16,Int32,Int64}, indices) =
    at_place((p, at, cell) -> Raw.deltos_view_set_i64(p, at, x, cell), view, indices)
set_number(view, x::Union{Bool,UInt8,UInt16,UInt32,UInt64}, indices) =
    at_place((p, at, cell) -> Raw.deltos_view_set_u64(p, at, x, cell), view, indices)
set_number(view, x::Union{Float16,Float32,Float64}, indices) =
    at_place((p, at, cell) -> Raw.deltos_view_set_f64(p, at, x, cell), view, indices)
set_number(view, x::Integer, indices) = set_number(view, x < 0 ? Int64(x) : UInt64(x), indices)
set_number(view, x::Real, indices) = set_number(view, Float64(x), indices)

# ---- Atomic operations -----------------------------------------------------------------------------------------------

const MEMORY_ORDERS = (
    monotonic = Raw.DELTOS_MEMORY_RELAXED,
    acquire = Raw.DELTOS_MEMORY_ACQUIRE,
    release = Raw.DELTOS_MEMORY_RELEASE,
    acquire_release = Raw.DELTOS_MEMORY_ACQ_REL,
    sequentially_consistent = Raw.DELTOS_MEMORY_SEQ_CST,
)

memory_order(name) = one_of(MEMORY_ORDERS, name, "a memory order")

"Room for one element, as elements of Julia's type or as bytes."
function room_for_item(view::View)
    T = item_type(view)
    return T === nothing ? Vector{UInt8}(undef, view.itemsize) : Vector{T}(undef, 1)
end
function value_of(view::View, room)
    T = item_type(view)
    T === nothing && return room
    return GC.@preserve room load(Ptr{T}(pointer(room)), 1)
end

"""
    Deltos.atomic_load(view, index; order = :sequentially_consistent)
    Deltos.atomic_store!(view, index, value; order)
    Deltos.atomic_add!(view, index, value; order) -> old
    Deltos.atomic_replace!(view, index, expected, desired; order) -> (old, success)

Atomic operations on an element of 4 or 8 bytes, an integer or a float, of a [`Deltos.View`](@ref): between tasks,
threads, and processes that map the same memory. `index` is an integer, a tuple or a `CartesianIndex`. `order` is
`:monotonic`, `:acquire` (not to store), `:release` (not to load), `:acquire_release` (neither) or
`:sequentially_consistent`. Integers wrap around; what is expected is compared byte for byte.

```jldoctest
julia> using Deltos

julia> v = Deltos.View([1, 2]);

julia> Deltos.atomic_add!(v, 2, 5)
2

julia> Deltos.atomic_replace!(v, 2, 6, 0)
(old = 7, success = false)

julia> Deltos.atomic_load(v, 2; order = :acquire)
7
```
"""
function atomic_load(view::View, index; order::Symbol = :sequentially_consistent)
    room, number = room_for_item(view), memory_order(order)
    GC.@preserve room at_place(view, index) do p, at, cell
        Raw.deltos_view_atomic_load(p, at, number, pointer(room), sizeof(room), cell)
    end
    return value_of(view, room)
end

@doc (@doc atomic_load)
function atomic_store!(view::View, index, value; order::Symbol = :sequentially_consistent)
    stored, number = item(view, value), memory_order(order)
    GC.@preserve stored at_place(view, index) do p, at, cell
        Raw.deltos_view_atomic_store(p, at, number, pointer(stored), sizeof(stored), cell)
    end
    return view
end

@doc (@doc atomic_load)
function atomic_add!(view::View, index, value; order::Symbol = :sequentially_consistent)
    summand, room, number = item(view, value), room_for_item(view), memory_order(order)
    sizeof(summand) == sizeof(room) || wrong_size(view, summand)
    GC.@preserve summand room at_place(view, index) do p, at, cell
        Raw.deltos_view_atomic_add(p, at, number, pointer(summand), pointer(room), sizeof(room), cell)
    end
    return value_of(view, room)
end

@doc (@doc atomic_load)
function atomic_replace!(view::View, index, expected, desired; order::Symbol = :sequentially_consistent)
    room, stored, done = item(view, expected), item(view, desired), Ref(0x00)
    room, number = copy(room), memory_order(order)
    sizeof(stored) == sizeof(room) || wrong_size(view, stored)
    GC.@preserve room stored at_place(view, index) do p, at, cell
        Raw.deltos_view_atomic_compare_exchange(
            p, at, number, pointer(room), pointer(stored), sizeof(room), done, cell,
        )
    end
    return (old = value_of(view, room), success = done[] != 0x00)
end

@noinline function wrong_size(view, given)
    throw(TypeMismatchError("$(sizeof(given)) bytes were given for elements of $(view.itemsize): give as many"))
end

# ---- From and to files -----------------------------------------------------------------------------------------------

"""
    readbytes!(fd::RawFD, view::Deltos.View; offset = nothing) -> Int
    read!(source, view::Deltos.View)

Reads straight into a view, in memory order, until it is full or the source ends: `readbytes!` tells how many bytes
there were, `read!` throws `EOFError` when there were too few. A part is filled by way of [`view`](@ref Base.view) or
[`Deltos.window`](@ref). With `offset`, the bytes from there on are read, and the position of the descriptor stays.

A `RawFD` is read by the library, which keeps this thread until it has got its bytes: use it for files. Any other
source of Julia, an `IO` or the name of a file, may wait as always.
"""
function Base.readbytes!(fd::RawFD, view::View; offset::Union{Nothing,Integer} = nothing)
    return transfer(Raw.deltos_view_read_fd, fd, view, offset)
end

function transfer(f, fd, view, offset)
    count, cell = Ref(UInt64(0)), ErrorCell()
    from = offset === nothing ? Int64(-1) : Int64(whole(offset))
    check(calling(p -> f(p, Base.cconvert(Cint, fd), from, count, cell), view.handle), cell)
    return Int(count[])
end

@doc (@doc Base.readbytes!(::RawFD, ::View))
function Base.read!(fd::RawFD, view::View; offset::Union{Nothing,Integer} = nothing)
    readbytes!(fd, view; offset = offset) == view.nbytes || throw(EOFError())
    return view
end

function Base.read!(source::IO, view::View)
    refuse_reading(view)
    if contiguity(view).c
        with(view.handle) do pointer
            raw = unsafe_load(pointer)
            unsafe_read(source, Ptr{UInt8}(raw.data), raw.nbytes)
        end
    else
        with_packed(packed -> copyto!(view, packed), view, read!(source, Vector{UInt8}(undef, view.nbytes)))
    end
    return view
end
Base.read!(name::AbstractString, view::View) = Base.open(source -> read!(source, view), name)

refuse_reading(view) = view.readonly && throw(ReadOnlyError("the view is read-only: read into a writable one"))

"Calls f with bytes as content of the type and shape of a view."
function with_packed(f, view, bytes)
    f(RawContent(bytes; format = view.format, dtype = view.dtype, shape = something(view.shape, (length(view),))))
end

"""
    write(fd::RawFD, view::Deltos.View; offset = nothing) -> Int
    write(target, view::Deltos.View) -> Int

Writes the elements in memory order, all of them, and tells how many bytes that were. With `offset` they are written
there, and the position of the descriptor stays. As for `read!`, a `RawFD` keeps this thread.
"""
Base.write(fd::RawFD, view::View; offset::Union{Nothing,Integer} = nothing) =
    transfer(Raw.deltos_view_write_fd, fd, view, offset)

function Base.write(target::IO, view::View)
    contiguity(view).c || return write(target, packed_bytes(view))
    return with(view.handle) do pointer
        raw = unsafe_load(pointer)
        Int(unsafe_write(target, Ptr{UInt8}(raw.data), raw.nbytes))
    end
end
Base.write(name::AbstractString, view::View) = Base.open(target -> write(target, view), name, "w")

"""
    Deltos.packed_bytes(view) -> Vector{UInt8}

The bytes of the elements in memory order, whatever the layout.
"""
function packed_bytes(view::View)
    room, cell = Vector{UInt8}(undef, view.nbytes), ErrorCell()
    content = RawContent(room, view.format, view.dtype, Int64[something(view.shape, (length(view),))...], nothing, 0)
    status = with_content(content; readonly = false) do to
        calling(from -> Raw.deltos_view_copy(to, from, cell), view.handle)
    end
    check(status, cell)
    return room
end

function Base.read!(source::IO, a::BufferArray{T,N,true}) where {T,N}
    GC.@preserve a unsafe_read(source, Ptr{UInt8}(pointer(a)), length(a) * sizeof(T))
    return a
end
Base.read!(::IO, a::BufferArray{T,N,false}) where {T,N} = read_only(a)
