# Views: exported memory, with its layout as the library tells it.

"""
    Deltos.View(object, flags = Deltos.Raw.DELTOS_VIEW_FULL_RO)
    Deltos.View(view, flags)
    Deltos.View(array)
    Deltos.View(content::Deltos.RawContent; readonly = false)

Exported memory under one of the requests of the C interface, `Deltos.Raw.DELTOS_VIEW_*`; a second view of the same
memory; or memory of a Julia array, or bytes in any format, as a view. Most programs want [`Deltos.array`](@ref), which
is an array; a view is memory of any layout and element type. It tells everything about them: `view.format`, `dtype`,
`ndim`, `shape`, `strides` and `suboffsets` (in the order of C; `nothing` where the request did not ask), `itemsize`,
`nbytes`, `readonly`, `sealed` and `pointer`. `size(view)`, and everything that takes indices, is in Julia's order.

- Without copying: [`view`](@ref Base.view) and `@view` (parts), [`Deltos.window`](@ref), `Iterators.partition`,
  `permutedims`, `transpose`, `reshape`, `vec`, `reinterpret`.
- Elements: `view[i, j]`, [`Deltos.number`](@ref), [`Deltos.bytes`](@ref), [`Deltos.atomic_load`](@ref) and its like.
- All of them: `copyto!`, `collect`, `fill!`, `==`, `cmp`, `isless`, `findfirst(==(x), view)`, `count(==(x), view)`,
  [`Deltos.gather`](@ref), `read!`, `write`.

Its memory stays where it is until `close(view)`, or until the view is collected.
"""
struct View
    handle::Handle{Raw.deltos_view}
    parent::Any # what it was made from
    owns_parent::Bool # nobody else has the buffer, so that closing the view closes that too
    View(handle::Handle, parent, owns_parent = false) = new(handle, parent, owns_parent)
end

const VIEW_PROPERTIES =
    (:format, :dtype, :ndim, :shape, :strides, :suboffsets, :itemsize, :nbytes, :readonly, :sealed, :pointer)

Base.propertynames(::View) = VIEW_PROPERTIES

# The fields without a detour: whatever is done with a view asks for its handle.
@inline function Base.getproperty(view::View, name::Symbol)
    (name === :handle || name === :parent || name === :owns_parent) && return getfield(view, name)
    return layout_property(view, name)
end

@noinline function layout_property(view::View, name::Symbol)
    return calling(view.handle) do pointer
        raw = unsafe_load(pointer)
        list(at) = at == C_NULL && raw.ndim > 0 ? nothing : ntuple(k -> Int(unsafe_load(at, k)), Int(raw.ndim))
        name === :format && return unsafe_string(raw.format)
        name === :ndim && return Int(raw.ndim)
        name === :shape && return list(raw.shape)
        name === :strides && return list(raw.strides)
        name === :suboffsets && return list(raw.suboffsets)
        name === :itemsize && return Int(raw.itemsize)
        name === :nbytes && return Int(raw.nbytes)
        name === :readonly && return raw.readonly != 0
        name === :sealed && return raw.sealed != 0
        name === :pointer && return raw.data
        return getfield(raw, name)
    end
end

function View(object::Object, flags::Integer = Raw.DELTOS_VIEW_FULL_RO)
    return View(acquire(object, flags), object)
end

function acquire(object::Object, flags)
    made, cell = Ref(Ptr{Raw.deltos_view}(C_NULL)), spare_cell()
    check_spare(calling(pointer -> Raw.deltos_view_acquire(pointer, flags, made, cell), object.handle), cell)
    return Handle(made[])
end

View(view::View, flags::Integer) =
    derived((from, made, cell) -> Raw.deltos_view_share(from, flags, made, cell), view)

# Of memory of the library, a view like the one that an array has; of other memory without a release function, which
# would be called on any thread. The view keeps the array instead, and what pins the memory below it.
function View(array::Strided)
    base = base_of(array)
    below = base isa BufferArray ? View(base.view, view_flags(base)) : nothing
    below !== nothing && covers(array, below) && return View(below.handle, base.view.parent)
    return View(wrapped_content(array, !may_write(array)), (array, below))
end

# Of bytes in any format that the library knows.
View(content::RawContent; readonly::Bool = false) = View(wrapped_content(content, readonly), content)

wrapped_content(content, readonly) = handle_made(Raw.deltos_view) do made, cell
    wrap(layout) = Raw.deltos_view_wrap(layout, C_NULL, C_NULL, made, cell)
    with_content(wrap, content; readonly = readonly)
end

base_of(a::AbstractArray) = parent(a) === a ? a : base_of(parent(a))
view_flags(a) = may_write(a) ? Raw.DELTOS_VIEW_FULL : Raw.DELTOS_VIEW_FULL_RO

# Whether an array is all that a view shows, as it shows it.
function covers(array, view)
    array isa BufferArray && view.suboffsets === nothing || return false
    alike = reverse(size(array)) == view.shape && sizeof(eltype(array)) == view.itemsize
    return alike && pointer(array) == view.pointer
end

"""
    close(view::Deltos.View)

Ends a view: its memory may be used for something else from here on. Ending it again does nothing.
"""
function Base.close(view::View)
    finish_safely(view.handle)
    view.owns_parent && close(view.parent::Buffer)
    return nothing
end
Base.isopen(view::View) = isopen(view.handle)

with_content(f, view::View) = with(f, view.handle)

"""
    copyto!(target::Deltos.View, source)

Copies the elements of a view or an array of the same element type and shape into a writable view, whatever their
layouts are.
"""
function Base.copyto!(target::View, source)
    cell = ErrorCell()
    check(calling(to -> (with_content(from -> Raw.deltos_view_copy(to, from, cell), source)), target.handle), cell)
    return target
end

function Base.show(io::IO, view::View)
    isopen(view) || return print(io, "Deltos.View, closed")
    print(io, "Deltos.View of ", something(view.shape, view.nbytes), " elements ", repr(view.format))
    view.readonly && print(io, ", read-only")
    return nothing
end

# ---- Sizes -----------------------------------------------------------------------------------------------------------

function Base.size(view::View)
    shape = view.shape
    return shape === nothing ? (div(view.nbytes, view.itemsize),) : reverse(shape)
end
Base.size(view::View, k::Integer) = k <= ndims(view) ? size(view)[k] : 1
Base.ndims(view::View) = view.ndim
Base.length(view::View) = prod(size(view))
Base.isempty(view::View) = length(view) == 0
Base.axes(view::View) = map(Base.OneTo, size(view))
Base.axes(view::View, k::Integer) = Base.OneTo(size(view, k))
Base.lastindex(view::View) = length(view)
Base.lastindex(view::View, k::Integer) = size(view, k)
Base.firstindex(::View, k::Integer = 1) = 1

"""
    eltype(view::Deltos.View)

The type of the elements; `Vector{UInt8}`, their bytes, where Julia has none.
"""
function Base.eltype(view::View)
    T = item_type(view)
    return T === nothing ? Vector{UInt8} : T
end

"The type of Julia for the elements of a view; nothing where there is none."
item_type(view::View) = with(view.handle) do pointer
    raw = unsafe_load(pointer)
    element_type(raw.dtype, raw.format)
end

# ---- Copies ----------------------------------------------------------------------------------------------------------

"""
    collect(view::Deltos.View) -> Array

A copy of the elements as an array of Julia.
"""
function Base.collect(view::View)
    T = item_type(view)
    T === nothing && throw(FormatError("Julia has no type for elements $(repr(view.format)): `reinterpret` the view"))
    return copyto!(Array{T}(undef, size(view)), view)
end
Base.Array(view::View) = collect(view)

function Base.copyto!(target::Strided, source::View)
    cell = ErrorCell()
    status = with_content(target; readonly = !may_write(target)) do to
        calling(from -> Raw.deltos_view_copy(to, from, cell), source.handle)
    end
    check(status, cell)
    return target
end

"Whether stores into an array of Julia's are allowed: whether those into what it is made of are."
function may_write(a::AbstractArray)
    base = base_of(a)
    return !(base isa BufferArray) || iswritable(base)
end
