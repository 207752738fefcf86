# Sub-views: parts of a view and other shapes of it, in Julia's order of dimensions, over the same memory.

# A view made of another one pins what that pins, and keeps what that keeps.
function derived(f, view::View)
    made = handle_made((made, cell) -> calling(pointer -> f(pointer, made, cell), view.handle), Raw.deltos_view)
    return View(made, view.parent)
end

# These five are in the order of C and count from 0, like the functions of the library that they stand for.
sliced(view::View, slices::Vector{Raw.deltos_slice}) =
    derived((from, made, cell) -> Raw.deltos_view_slice(from, slices, length(slices), made, cell), view)
windowed(view::View, offset, length) =
    derived((from, made, cell) -> Raw.deltos_view_window(from, offset, length, made, cell), view)
transposed(view::View, axes) =
    derived((from, made, cell) -> Raw.deltos_view_transpose(from, axes, made, cell), view)
reshaped(view::View, shape::Vector{Int64}) =
    derived((from, made, cell) -> Raw.deltos_view_reshape(from, length(shape), shape, made, cell), view)
function cast(view::View, element)
    format, dtype = element_arguments(element)
    return derived((from, made, cell) -> Raw.deltos_view_cast(from, format, dtype, made, cell), view)
end

# ---- Parts -----------------------------------------------------------------------------------------------------------

const EVERYTHING = Raw.deltos_slice(0, 0, 1, Raw.DELTOS_SLICE_NO_START | Raw.DELTOS_SLICE_NO_STOP, 0)
const NOTHING = Raw.deltos_slice(0, 0, 1, 0, 0)

# Nothing where the index is outside.
slice_of(::Colon, n) = EVERYTHING
slice_of(i::Integer, n) = 1 <= i <= n ? Raw.deltos_slice(i - 1, 0, 1, Raw.DELTOS_SLICE_INDEX, 0) : nothing
function slice_of(r::AbstractRange{<:Integer}, n)
    isempty(r) && return NOTHING
    1 <= minimum(r) && maximum(r) <= n || return nothing
    step(r) > 0 && return Raw.deltos_slice(first(r) - 1, last(r), step(r), 0, 0)
    last(r) == 1 && return Raw.deltos_slice(first(r) - 1, 0, step(r), Raw.DELTOS_SLICE_NO_STOP, 0)
    return Raw.deltos_slice(first(r) - 1, last(r) - 2, step(r), 0, 0)
end

"""
    view(view::Deltos.View, indices...) -> Deltos.View
    @view view[indices...]

Part of a view: integers, ranges of any step and `:`, one for each dimension, in Julia's order. No copy: the part pins
what the whole does, and either may be closed first.

```jldoctest
julia> using Deltos

julia> v = Deltos.View([1 2 3; 4 5 6]);

julia> collect(view(v, 2, 3:-1:1))
3-element Array{Int64,1}:
 6
 5
 4

julia> fill!(view(v, :, 2), 0); collect(v)
2×3 Array{Int64,2}:
 1  0  3
 4  0  6
```
"""
function Base.view(view::View, indices::Union{Integer,AbstractRange{<:Integer},Colon}...)
    dims = size(view)
    slices = length(indices) == length(dims) ? map(slice_of, indices, dims) : (nothing,)
    any(isnothing, slices) && throw(BoundsError(view, indices))
    return sliced(view, Raw.deltos_slice[reverse(slices)...])
end
Base.maybeview(view::View, indices...) = Base.view(view, indices...)

"""
    Deltos.window(view, first, count) -> Deltos.View

At most `count` consecutive elements from `first` on, along the last dimension: fewer where the view ends. See
`Iterators.partition(view, count)` for all of them.
"""
function window(view::View, first::Integer, count::Integer)
    return windowed(view, first - 1, count)
end

"""
    Iterators.partition(view::Deltos.View, count)

The view in windows of `count` along its last dimension, without copying; the last one may be shorter.

```jldoctest
julia> using Deltos

julia> v = Deltos.View([1, 2, 3, 4, 5]);

julia> [collect(part) for part in Iterators.partition(v, 2)]
3-element Array{Array{Int64,1},1}:
 [1, 2]
 [3, 4]
 [5]
```
"""
function Iterators.partition(view::View, count::Integer)
    count > 0 || throw(InvalidError("the windows of a view have $count elements: give a positive number"))
    ndims(view) > 0 || throw(TypeMismatchError("a view without dimensions has no windows"))
    return (windowed(view, offset, count) for offset in 0:count:size(view)[end]-1)
end

# ---- Other shapes ----------------------------------------------------------------------------------------------------

"""
    permutedims(view::Deltos.View, permutation) -> Deltos.View
    transpose(view::Deltos.View) -> Deltos.View

The same memory with the dimensions in another order; transposed: in reverse. No copy.
"""
function Base.permutedims(view::View, permutation)
    n = ndims(view)
    isperm(permutation) && length(permutation) == n ||
        throw(InvalidError("$permutation is not an order of $n dimensions: name each of them once"))
    return transposed(view, Int32[n - permutation[n-j] for j in 0:n-1])
end
Base.permutedims(view::View) = transpose(view)
Base.transpose(view::View) = transposed(view, Ptr{Int32}(C_NULL))

"""
    reshape(view::Deltos.View, dims...) -> Deltos.View

The same elements under other dimensions, one of which may be `:`. No copy: throws [`LayoutError`](@ref) where the
strides would need one.
"""
Base.reshape(view::View, dims::Union{Integer,Colon}...) = reshape(view, dims)
Base.reshape(view::View, dims::Tuple{Vararg{Union{Integer,Colon}}}) =
    reshaped(view, Int64[n isa Colon ? -1 : n for n in reverse(dims)])
Base.reshape(view::View, dims::Tuple{}) = reshaped(view, Int64[])
Base.vec(view::View) = reshape(view, :)

"""
    reinterpret(T, view::Deltos.View) -> Deltos.View

The same bytes as elements of another type, or under a format string. Where the sizes differ, the first dimension gets
as many elements as fill the same bytes.
"""
Base.reinterpret(::Type{T}, view::View) where {T} = cast(view, T)
Base.reinterpret(format::AbstractString, view::View) = cast(view, format)

"""
    Deltos.contiguity(view) -> (c = Bool, f = Bool)

Whether the elements lie packed in memory: in the order of C, which is that of Julia's arrays of the same `size`, and in
the reverse order.
"""
function contiguity(view::View)
    found = asked(Raw.deltos_view_contiguity, view.handle, Ref(Int32(0)))
    return (c = found & Raw.DELTOS_CONTIGUOUS_C != 0, f = found & Raw.DELTOS_CONTIGUOUS_F != 0)
end
