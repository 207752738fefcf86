# Views: exported memory, with its layout as the library tells it.

"""
    Deltos.View(buffer, flags = Deltos.Raw.DELTOS_VIEW_FULL_RO)
    Deltos.View(view, flags)
    Deltos.View(array)

Exported memory under one of the requests of the C interface, `Deltos.Raw.DELTOS_VIEW_*`; a second view of the same
memory; or memory of a Julia array as a view. Most programs want [`Deltos.array`](@ref), which is an array; a view tells
everything about its layout: `view.format`, `dtype`, `ndim`, `shape`, `strides` and `suboffsets` (in the order of C;
`nothing` where the request did not ask), `itemsize`, `nbytes`, `readonly`, `sealed` and `pointer`.

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

function Base.getproperty(view::View, name::Symbol)
    name in (:handle, :parent, :owns_parent) && return getfield(view, name)
    return calling(getfield(view, :handle)) do pointer
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

function View(buffer::Buffer, flags::Integer = Raw.DELTOS_VIEW_FULL_RO)
    return View(acquire(buffer, flags), buffer)
end

function acquire(buffer::Buffer, flags)
    made, cell = Ref(Ptr{Raw.deltos_view}(C_NULL)), spare_cell()
    check_spare(calling(object -> Raw.deltos_view_acquire(object, flags, made, cell), buffer.handle), cell)
    return Handle(made[])
end

function View(view::View, flags::Integer)
    made, cell = Ref(Ptr{Raw.deltos_view}(C_NULL)), ErrorCell()
    check(calling(pointer -> Raw.deltos_view_share(pointer, flags, made, cell), view.handle), cell)
    return View(Handle(made[]), view.parent)
end

# No release function: it would be called on any thread. The view keeps the array instead.
function View(array::Strided)
    made, cell = Ref(Ptr{Raw.deltos_view}(C_NULL)), ErrorCell()
    wrap(layout) = Raw.deltos_view_wrap(layout, C_NULL, C_NULL, made, cell)
    check(with_content(wrap, array; readonly = false), cell)
    return View(Handle(made[]), array)
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
