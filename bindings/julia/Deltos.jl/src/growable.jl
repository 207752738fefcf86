# Growable vectors: arrays of the library, whose memory never moves, as vectors of Julia.

struct ArrayObject <: Object
    handle::Handle{Raw.deltos_object}
    scope::Union{Nothing,AnyScope}
end

"""
    Deltos.GrowableVector{T}(; capacity = 0, max_bytes = 0, window_bytes = 0)
    Deltos.GrowableVector{T}(path, mode = "r"; guard = true, capacity, max_bytes, window_bytes)
    Deltos.GrowableVector(fd::RawFD, mode = "r"; capacity, max_bytes, window_bytes)
    Deltos.GrowableVector(scope, name)

A vector that grows like a `Vector`, and that other processes see growing. It has one of three homes: anonymous shared
memory; a flat file, which is nothing but the elements, so that any program can read it; or a storage, see
[`Deltos.create_vector!`](@ref). Modes are those of [`Deltos.open`](@ref), but `"w"` and `"static"`; `fd` is the
[`fd`](@ref Base.fd) of a vector in anonymous memory of another process.

`push!`, `append!`, `insert!`, `prepend!`, `pushfirst!`, `pop!`, `popfirst!`, `deleteat!`, `splice!`, `resize!` (new
elements are zero), `empty!`, `sizehint!`, `reverse!`, and reading and storing elements do what they do with a `Vector`.
Besides there are [`Deltos.appending`](@ref) (many elements, one by one, at the speed of stores),
[`Deltos.capacity`](@ref), [`Deltos.shrink!`](@ref), [`Deltos.byteswap!`](@ref), [`refresh!`](@ref) (after another
process has grown it), `flush(v)` and `sync(v)`.

Its memory never moves: [`Deltos.array`](@ref)`(v)`, the elements that there are now as a [`BufferArray`](@ref), stays
valid while the vector grows. Only what would cut off elements that such an array shows is refused, with
[`PinnedError`](@ref). A `Deltos.View` of it does the rest, such as `read!` and `findfirst`.

Changes are made by one task at a time; another one gets [`BusyError`](@ref) when it has to wait for long. `close(v)`
gives a flat file the size of its content; it is refused while arrays of it live.

```jldoctest
julia> using Deltos

julia> path = joinpath(mktempdir(), "samples");

julia> v = Deltos.GrowableVector{Int32}(path, "x");

julia> push!(v, 1, 2); append!(v, 3:5); insert!(v, 1, 0);

julia> pop!(v), deleteat!(v, 2)
(5, Int32[0, 2, 3, 4])

julia> before = Deltos.array(v);

julia> resize!(v, 1000); before[2], length(v)
(2, 1000)

julia> close(before); empty!(v); append!(v, [7, 8]); close(v)

julia> reinterpret(Int32, read(path)) == [7, 8]
true
```
"""
mutable struct GrowableVector{T} <: AbstractVector{T}
    object::ArrayObject
    # The elements that are known to be there, as a view that is taken when they are looked at.
    pointer::Ptr{T}
    shown::Int
    writable::Bool
    view::Union{Nothing,View}
    # Where a call finds an element, and leaves an error.
    scratch::Base.RefValue{T}
    cell::ErrorCell
    function GrowableVector{T}(object::ArrayObject) where {T}
        return new{T}(object, Ptr{T}(C_NULL), 0, false, nothing, Ref{T}(), ErrorCell())
    end
end

handle_of(v::GrowableVector) = getfield(getfield(v, :object), :handle)

# The vector of an object whose elements Julia knows, or takes as their bytes.
function vector_of(handle::Handle, scope = nothing)
    object = ArrayObject(handle, scope)
    info = stat(object)
    T = element_type(info.dtype, info.format)
    return GrowableVector{T === nothing ? NTuple{info.itemsize,UInt8} : T}(object)
end

function typed(v::GrowableVector, ::Type{T}) where {T}
    v isa GrowableVector{T} && return v
    info = stat(v.object)
    fits(T, info.dtype, info.format) || misfit(T, info.format)
    return GrowableVector{T}(v.object)
end

array_options(create, flags, capacity, window_bytes, max_bytes) = Ref(Raw.deltos_array_options(
    sizeof(Raw.deltos_array_options), create, flags, 0, whole(capacity), whole(window_bytes), whole(max_bytes),
))

opened_vector(f, scope = nothing) = vector_of(handle_made(f, Raw.deltos_object), scope)

function anonymous_vector(element; capacity = 0, window_bytes = 0, max_bytes = 0)
    format, dtype = element_arguments(element)
    options = array_options(0, 0, capacity, window_bytes, max_bytes)
    return opened_vector((made, cell) -> Raw.deltos_array_open_anonymous(format, dtype, options, made, cell))
end

function file_vector(path, (mode, create), element; guard = true, capacity = 0, window_bytes = 0, max_bytes = 0)
    spelled, (format, dtype) = text(path, "a path"), element_arguments(element)
    options = array_options(create, guard * Raw.DELTOS_OPEN_SIGBUS_GUARD, capacity, window_bytes, max_bytes)
    return opened_vector((made, cell) -> Raw.deltos_array_open_file(spelled, format, dtype, mode, options, made, cell))
end

GrowableVector{T}(; keywords...) where {T} = typed(anonymous_vector(T; keywords...), T)
GrowableVector{T}(path::AbstractString, mode::AbstractString = "r"; keywords...) where {T} =
    typed(file_vector(path, mode_numbers(mode), T; keywords...), T)

function GrowableVector(fd::RawFD, mode::AbstractString = "r"; capacity = 0, window_bytes = 0, max_bytes = 0)
    number, _ = mode_numbers(mode)
    options = array_options(0, 0, capacity, window_bytes, max_bytes)
    return opened_vector() do made, cell
        Raw.deltos_array_open_fd(Base.cconvert(Cint, fd), number, options, made, cell)
    end
end

GrowableVector(scope::Scope, name::AbstractString) = vector_of(open_handle(scope, name, Raw.DELTOS_KIND_ARRAY), scope)

"""
    Deltos.create_vector!(scope, name, T; capacity = 0, max_bytes = 0, window_bytes = 0) -> Deltos.GrowableVector

Makes a stored growable vector, empty. It is opened again by `Deltos.GrowableVector(scope, name)`, or as `scope[name]`.
Its length belongs to no snapshot and no transaction: every process sees at once what is pushed, and an abort takes
nothing back but vectors that the transaction has made. Where a push has to make room, that is a commit, or belongs to
the open transaction; others see the elements in it from then on. `sync(v)` makes the elements durable. A vector is not
sealed.

```jldoctest
julia> using Deltos

julia> storage = Deltos.anonymous();

julia> log = Deltos.create_vector!(storage, "log", Float64);

julia> append!(log, [1.5, 2.5]); push!(log, 3);

julia> sum(storage["log"])
7.0
```
"""
function create_vector!(
    scope::Scope,
    name::AbstractString,
    element;
    capacity::Integer = 0,
    max_bytes::Integer = 0,
    window_bytes::Integer = 0,
)
    spelled, (format, dtype) = text(name, "a name"), element_arguments(element)
    options = array_options(0, 0, capacity, window_bytes, max_bytes)
    v = opened_vector(scope) do made, cell
        writing(scope) do transaction
            check(Raw.deltos_array_create(transaction, spelled, format, dtype, options, made, cell), cell)
        end
        Raw.DELTOS_OK
    end
    return element isa Type ? typed(v, element) : v
end

# ---- What it is ------------------------------------------------------------------------------------------------------

Base.size(v::GrowableVector) = (length(v),)
Base.length(v::GrowableVector) = Int(calling(Raw.deltos_array_count, handle_of(v)))
Base.IndexStyle(::Type{<:GrowableVector}) = IndexLinear()
Base.elsize(::Type{<:GrowableVector{T}}) where {T} = sizeof(T)
Base.stat(v::GrowableVector) = stat(v.object)
Base.isopen(v::GrowableVector) = isopen(v.object)
storage(v::GrowableVector) = storage(v.object)
attributes(v::GrowableVector) = attributes(v.object)
advise(v::GrowableVector, advice::Symbol) = advise(v.object, advice)
file_offset(v::GrowableVector) = file_offset(v.object)

"""
    Deltos.capacity(v::Deltos.GrowableVector) -> Int

How many elements there is room for without growing.
"""
capacity(v::GrowableVector) = Int(calling(Raw.deltos_array_capacity, handle_of(v)))

"""
    fd(v::Deltos.GrowableVector) -> RawFD

The descriptor of anonymous memory or of a flat file, to be passed to another process; borrowed, and never to be closed.
"""
Base.fd(v::GrowableVector) = RawFD(asked(Raw.deltos_array_fd, handle_of(v), Ref(Int32(-1))))

function refresh!(v::GrowableVector)
    forget(v)
    return refresh!(v.object)
end

Base.show(io::IO, mime::MIME"text/plain", v::GrowableVector) = show_open(v, io, mime)
Base.show(io::IO, v::GrowableVector) = show_open(v, io)

# ---- Elements --------------------------------------------------------------------------------------------------------

# Lets go of the elements: they would be in the way of what cuts some of them off.
function forget(v::GrowableVector)
    view = v.view
    v.shown, v.writable, v.view = 0, false, nothing
    view === nothing || close(view)
    return nothing
end

# Looks again which elements there are; a view lives for as long as what it shows is used.
@noinline function look(v::GrowableVector{T}, writable::Bool) where {T}
    view = View(acquire(v.object, array_flags(writable)), v.object)
    old = v.view
    calling(view.handle) do pointer
        raw = unsafe_load(pointer)
        v.view, v.pointer, v.shown, v.writable = view, Ptr{T}(raw.data), Int(div(raw.nbytes, sizeof(T))), writable
    end
    old === nothing || close(old)
    return nothing
end

Base.@propagate_inbounds function Base.getindex(v::GrowableVector, i::Int)
    1 <= i <= v.shown || show_element(v, i, v.writable)
    return GC.@preserve v load(v.pointer, i)
end

Base.@propagate_inbounds function Base.setindex!(v::GrowableVector{T}, value, i::Int) where {T}
    (1 <= i <= v.shown && v.writable) || show_element(v, i, true)
    element = convert(T, value)
    GC.@preserve v unsafe_store!(v.pointer, element, i)
    return v
end

@noinline function show_element(v, i, writable)
    look(v, writable)
    1 <= i <= v.shown || throw(BoundsError(v, i))
    return nothing
end

function Base.unsafe_convert(::Type{Ptr{T}}, v::GrowableVector{T}) where {T}
    v.shown == length(v) && v.view !== nothing || look(v, v.writable)
    return v.pointer
end
Base.pointer(v::GrowableVector{T}) where {T} = Base.unsafe_convert(Ptr{T}, v)

# The elements that there are now, at the speed of plain ones.
function with_plain(f, v::GrowableVector)
    at = pointer(v)
    return GC.@preserve v f(unsafe_wrap(Array, at, v.shown))
end

Base.mapreduce(f, op, v::GrowableVector; keywords...) = with_plain(plain -> mapreduce(f, op, plain; keywords...), v)
function Base.mapreduce(f, op, v::GrowableVector{Bool}; keywords...)
    return with_plain(plain -> mapreduce(x -> f(x != 0x00), op, reinterpret(UInt8, plain); keywords...), v)
end
Base.copyto!(target::Array{T}, v::GrowableVector{T}) where {T} = with_plain(plain -> copyto!(target, plain), v)
Base.copyto!(target::Array{Bool}, v::GrowableVector{Bool}) = (copyto!(target, 1, v, 1, length(v)); target)

Base.findfirst(predicate::EqualTo, v::GrowableVector) = closing(view -> findfirst(predicate, view), View(v))
Base.count(predicate::EqualTo, v::GrowableVector) = closing(view -> count(predicate, view), View(v))

View(v::GrowableVector, flags::Integer = Raw.DELTOS_VIEW_FULL_RO) = View(v.object, flags)
with_content(f, v::GrowableVector) = closing(view -> with_content(f, view), View(v))

array(v::GrowableVector, T = nothing; writable::Union{Nothing,Bool} = nothing) =
    array_of(View(acquire_array(v.object, writable), v.object), T)

# ---- Growing ---------------------------------------------------------------------------------------------------------

"Calls f, which must not throw, with the pointer while nobody else may use it, and checks its status."
@inline function alone(f::F, v::GrowableVector) where {F}
    handle, cell = handle_of(v), v.cell
    take(handle) || ended(handle)
    status = GC.@preserve v f(handle.pointer, cell)
    status == Raw.DELTOS_OK || given_back(handle, error_of(cell))
    handle.users[] = 0
    return nothing
end

@noinline function given_back(handle, error)
    handle.users[] = 0
    throw(error)
end

# As `alone`, for what cuts elements off: without the view of this vector, and that of arrays which nobody can reach.
function cutting(f, v::GrowableVector)
    forget(v)
    without_garbage(() -> alone(f, v))
end

function Base.push!(v::GrowableVector{T}, value) where {T}
    element = convert(T, value)
    alone(v) do pointer, cell
        v.scratch[] = element
        Raw.deltos_array_append(pointer, v.scratch, 1, cell)
    end
    return v
end
Base.push!(v::GrowableVector, first, more...) = append!(push!(v, first), more)

const Plain{T} = Union{Array{T},BufferArray{T}}

function Base.append!(v::GrowableVector{T}, items::Plain{T}) where {T}
    GC.@preserve items begin
        from, count = pointer(items), length(items)
        alone((pointer, cell) -> Raw.deltos_array_append(pointer, from, count, cell), v)
    end
    return v
end
function Base.append!(v::GrowableVector{T}, items::Union{Strided{T},View,GrowableVector{T}}) where {T}
    with_content(items) do content
        alone((pointer, cell) -> Raw.deltos_array_extend(pointer, content, cell), v)
    end
    return v
end
Base.append!(v::GrowableVector{T}, items::AbstractArray) where {T} = append!(v, collect_as(T, items))
Base.append!(v::GrowableVector, items) = appending(into -> foreach(item -> push!(into, item), items), v)

collect_as(::Type{T}, items) where {T} = copyto!(Vector{T}(undef, length(items)), items)

"""
    Deltos.appending(f, v::Deltos.GrowableVector) -> v

Calls `f` with something to which elements can be pushed without a call of the library for each: they are stored behind
the last element, and become elements when room runs out, when `publish!(it)` is called, and at the end, also when `f`
throws. Nobody else may use the vector meanwhile, but arrays and views of it.

```jldoctest
julia> using Deltos

julia> v = Deltos.GrowableVector{Float64}();

julia> Deltos.appending(v) do into
           for k in 1:1000
               push!(into, sqrt(k))
           end
       end;

julia> length(v), v[4]
(1000, 2.0)
```
"""
function appending(f, v::GrowableVector{T}) where {T}
    handle = handle_of(v)
    take(handle) || ended(handle)
    try
        into = Appender{T}(v, Ptr{T}(C_NULL), 0, 0)
        find_room(into, 0)
        try
            f(into)
        finally
            publish!(into)
            into.room = -1
        end
    finally
        handle.users[] = 0
    end
    return v
end

mutable struct Appender{T}
    vector::GrowableVector{T}
    tail::Ptr{T}
    room::Int # elements from the tail on; -1 when it has ended
    filled::Int
end

@inline function Base.push!(into::Appender{T}, value) where {T}
    element = convert(T, value)
    into.filled < into.room || find_room(into, 1)
    filled = into.filled + 1
    GC.@preserve into unsafe_store!(into.tail, element, filled)
    into.filled = filled
    return into
end
Base.append!(into::Appender, items) = (foreach(item -> push!(into, item), items); into)

# After what has been pushed, for at least so many elements.
@noinline function find_room(into::Appender{T}, count) where {T}
    into.room < 0 && throw(ClosedError("elements can be pushed only inside of the function that `appending` calls"))
    publish!(into)
    tail, room, cell = Ref(Ptr{Cvoid}(C_NULL)), Ref(UInt64(0)), ErrorCell()
    check(Raw.deltos_array_tail(handle_of(into.vector).pointer, count, tail, room, cell), cell)
    into.tail, into.room = Ptr{T}(tail[]), Int(room[])
    return nothing
end

"""
    Deltos.publish!(it)

Makes elements of what has been pushed to `it` so far, see [`Deltos.appending`](@ref).
"""
function publish!(into::Appender)
    into.filled == 0 && return into
    cell = ErrorCell()
    check(Raw.deltos_array_advance(handle_of(into.vector).pointer, into.filled, cell), cell)
    into.room, into.filled = 0, 0
    return into
end

# ---- Changing the length ---------------------------------------------------------------------------------------------

function Base.insert!(v::GrowableVector{T}, i::Integer, value) where {T}
    element = convert(T, value)
    1 <= i <= length(v) + 1 || throw(BoundsError(v, i))
    alone(v) do pointer, cell
        v.scratch[] = element
        Raw.deltos_array_insert(pointer, i - 1, v.scratch, 1, cell)
    end
    return v
end
Base.pushfirst!(v::GrowableVector, value) = insert!(v, 1, value)
Base.pushfirst!(v::GrowableVector, first, more...) = prepend!(v, [first, more...])
Base.prepend!(v::GrowableVector, items) = insert_all(v, 1, items)

function insert_all(v::GrowableVector{T}, i, items) where {T}
    elements = T[item for item in items]
    GC.@preserve elements begin
        from, count = pointer(elements), length(elements)
        alone((pointer, cell) -> Raw.deltos_array_insert(pointer, i - 1, from, count, cell), v)
    end
    return v
end

"Removes elements and returns them."
function removed(v::GrowableVector{T}, first, count) where {T}
    room = Vector{T}(undef, count)
    GC.@preserve room begin
        into = pointer(room)
        cutting((pointer, cell) -> Raw.deltos_array_remove(pointer, first - 1, count, into, cell), v)
    end
    return room
end

@noinline nothing_there() = throw(ArgumentError("array must be non-empty"))

function Base.pop!(v::GrowableVector)
    n = length(v)
    n == 0 && nothing_there()
    return load_first(removed(v, n, 1))
end
function Base.popfirst!(v::GrowableVector)
    isempty(v) && nothing_there()
    return load_first(removed(v, 1, 1))
end
load_first(room::Vector) = GC.@preserve room load(pointer(room), 1)

function Base.deleteat!(v::GrowableVector, i::Integer)
    checkbounds(v, i)
    removed(v, i, 1)
    return v
end
function Base.deleteat!(v::GrowableVector, range::AbstractUnitRange{<:Integer})
    isempty(range) && return v
    checkbounds(v, range)
    removed(v, first(range), length(range))
    return v
end
function Base.deleteat!(v::GrowableVector, indices)
    sorted = collect(Int, indices)
    issorted(sorted; lt = <=) || throw(ArgumentError("indices must be unique and sorted"))
    isempty(sorted) || checkbounds(v, sorted)
    kept = setdiff(1:length(v), sorted)
    elements = v[kept]
    view = array(v; writable = true)
    copyto!(view, elements)
    close(view)
    return resize!(v, length(kept))
end

Base.splice!(v::GrowableVector, i::Integer) = (checkbounds(v, i); load_first(removed(v, i, 1)))
function Base.splice!(v::GrowableVector, range::AbstractUnitRange{<:Integer}, replacement = ())
    isempty(range) || checkbounds(v, range)
    isempty(range) && !(1 <= first(range) <= length(v) + 1) && throw(BoundsError(v, range))
    taken = isempty(range) ? eltype(v)[] : removed(v, first(range), length(range))
    isempty(replacement) || insert_all(v, first(range), replacement)
    return taken
end

function Base.resize!(v::GrowableVector, n::Integer)
    count = whole(n)
    forget(v)
    without_garbage(() -> alone((pointer, cell) -> Raw.deltos_array_resize(pointer, count, cell), v))
    return v
end

function Base.empty!(v::GrowableVector)
    cutting((pointer, cell) -> Raw.deltos_array_clear(pointer, cell), v)
    return v
end

function Base.sizehint!(v::GrowableVector, n::Integer)
    count = whole(n)
    alone((pointer, cell) -> Raw.deltos_array_reserve(pointer, count, cell), v)
    return v
end

"""
    Deltos.shrink!(v::Deltos.GrowableVector)

Gives room that no element needs back, to the file system or the storage.
"""
function shrink!(v::GrowableVector)
    cutting((pointer, cell) -> Raw.deltos_array_shrink(pointer, cell), v)
    return v
end

# ---- Changing the elements, and the end ------------------------------------------------------------------------------

function Base.reverse!(v::GrowableVector)
    alone((pointer, cell) -> Raw.deltos_array_reverse(pointer, cell), v)
    return v
end

"""
    Deltos.byteswap!(v::Deltos.GrowableVector)

Turns the bytes of every number round, in place.
"""
function byteswap!(v::GrowableVector)
    alone((pointer, cell) -> Raw.deltos_array_byteswap(pointer, cell), v)
    return v
end

"""
    flush(v::Deltos.GrowableVector)
    sync(v::Deltos.GrowableVector)

`flush` gives a flat file exactly the size of its content, so that every program sees all of it and no more, and
commits the length of a stored vector. `sync` does so durably: after a crash of the machine, the elements are there.
"""
Base.flush(v::GrowableVector) = flush_array(v, false)
sync(v::GrowableVector) = flush_array(v, true)

function flush_array(v, durable)
    cutting((pointer, cell) -> Raw.deltos_array_flush(pointer, durable, cell), v)
    return nothing
end

function Base.close(v::GrowableVector)
    forget(v)
    handle = handle_of(v)
    without_garbage() do
        take(handle) || return nothing
        cell = ErrorCell()
        check(replaced(pointer -> Raw.deltos_array_close(pointer, cell), handle), cell)
    end
end
Base.detach(v::GrowableVector) = (forget(v); finish_safely(handle_of(v)))
