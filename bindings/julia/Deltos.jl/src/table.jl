# Tables: memory whose rows are reached by pointers, the `T **` of C, which is `Ptr{Ptr{T}}` here.

"""
    Deltos.Table(T; rows, columns)
    Deltos.Table(T; lengths)
    Deltos.Table(matrix; dims = 2)
    Deltos.Table(vectors)
    Deltos.Table(pointers, lengths; writable = true, keep = nothing)
    Deltos.Table(scope, name)

Rows of one element type that are reached by pointers, for functions of C that take `T **`. [`Deltos.rows`](@ref) gives
the pointers and the rows as arrays; `table[k]` is row k alone, and `length(table)` how many there are. A table is

- memory of its own, of zeros: all rows `columns` long, or each with one of the `lengths` (a ragged table);
- the columns of a matrix or a two-dimensional [`Deltos.View`](@ref), or with `dims = 1` its rows, which must be
  contiguous, as those of a transposed matrix are;
- vectors, each of them a row: arrays of Julia, of a storage, and views. With other lengths each, the table is ragged;
- memory of C: pointers to the rows, and one length for each (or one for all);
- stored under a name, see [`create_table!`](@ref Deltos.create_table!).

Only the first and the last hold memory of their own; the others show what they are given, and keep it alive: by the
table, its rows and its views. Vectors must not be resized meanwhile, and `keep` is any object that keeps memory of C.

```jldoctest
julia> using Deltos

julia> m = [1.0 2.0 3.0; 4.0 5.0 6.0];

julia> table = Deltos.Table(m); # its columns

julia> Deltos.rows(table) do rows
           GC.@preserve rows unsafe_load(unsafe_load(Base.unsafe_convert(Ptr{Ptr{Float64}}, rows), 3), 2)
       end
6.0

julia> table[2][1] = 20; m
2×3 Array{Float64,2}:
 1.0  20.0  3.0
 4.0   5.0  6.0

julia> ragged = Deltos.Table([[1, 2, 3], [4]]);

julia> length(ragged), collect(ragged[2])
(2, [4])
```
"""
struct Table <: Object
    handle::Handle{Raw.deltos_object}
    parent::Any # what keeps its memory
    scope::Union{Nothing,AnyScope}
    Table(handle::Handle, parent, scope = nothing) = new(handle, parent, scope)
end

# A table of the library's, made by f, which gets where the handle goes.
function made_table(f, parent, scope = nothing)
    handle = GC.@preserve parent handle_made(f, Raw.deltos_object)
    return Table(handle, parent, scope)
end

# How many rows and columns, and the lengths or NULL, as the library wants them.
function extent(rows, columns, lengths)
    lengths === nothing || rows === nothing || rows == length(lengths) ||
        throw(InvalidError("$(length(lengths)) lengths were given for $rows rows: give one for each"))
    lengths === nothing && rows === nothing && throw(InvalidError("give the number of `rows`, or their `lengths`"))
    lengths === nothing && return Int64(rows), Int64(something(columns, 0)), Ptr{Int64}(C_NULL)
    return Int64(length(lengths)), Int64(something(columns, -1)), Int64[lengths...]
end

function create_table(transaction, name, element, rows, columns, lengths, made, cell)
    format, dtype = element_arguments(element)
    count, width, each = extent(rows, columns, lengths)
    return Raw.deltos_table_create(transaction, name, format, dtype, count, width, each, made, cell)
end

const Element = Union{DataType,AbstractString,Integer,Nothing,Tuple{AbstractString,Integer}}

function Table(element::Element; rows = nothing, columns = nothing, lengths = nothing)
    nobody = Ptr{Raw.deltos_transaction}(C_NULL)
    return made_table(nothing) do made, cell
        create_table(nobody, Cstring(C_NULL), element, rows, columns, lengths, made, cell)
    end
end

"""
    Deltos.create_table!(scope, name, T; rows, columns) -> Deltos.Table
    Deltos.create_table!(scope, name, T; lengths) -> Deltos.Table

Makes a stored table of zeros. It is opened again by `Deltos.Table(scope, name)`, or as `scope[name]`.

```jldoctest
julia> using Deltos

julia> storage = Deltos.anonymous();

julia> Deltos.create_table!(storage, "t", Float32; rows = 2, columns = 3);

julia> Deltos.rows(rows -> rows[2] .= 1:3, Deltos.Table(storage, "t"));

julia> Deltos.dense(storage["t"])
3×2 BufferArray{Float32,2}:
 0.0  1.0
 0.0  2.0
 0.0  3.0
```
"""
function create_table!(
    scope::Scope,
    name::AbstractString,
    element;
    rows = nothing,
    columns = nothing,
    lengths = nothing,
)
    spelled = text(name, "a name")
    return made_table(nothing, scope) do made, cell
        writing(scope) do transaction
            check(create_table(transaction, spelled, element, rows, columns, lengths, made, cell), cell)
        end
        Raw.DELTOS_OK
    end
end

Table(scope::Scope, name::AbstractString) = Table(open_handle(scope, name, Raw.DELTOS_KIND_TABLE), nothing, scope)

# ---- Of memory that is there -----------------------------------------------------------------------------------------

function Table(view::View; dims::Integer = 2)
    dims in (1, 2) || throw(InvalidError("the rows of a table are along dimension 1 or 2; not $dims"))
    return made_table(view) do made, cell
        calling(from -> Raw.deltos_table_from_view(from, 2 - dims, made, cell), view.handle)
    end
end
Table(matrix::Strided{T,2}; dims::Integer = 2) where {T} = closing(view -> Table(view; dims = dims), View(matrix))

# A view of its own for each row; those of arrays are ended here, because the table pins what they pin.
function Table(items::AbstractVector; columns = nothing, element::Element = nothing)
    all(item -> item isa Union{View,Strided}, items) ||
        throw(InvalidError("the rows of a table are arrays or views: give a vector of them"))
    views = View[item isa View ? again(item) : View(item) for item in items]
    alike = columns !== nothing || all(view -> length(view) == length(views[1]), views)
    return closing(views...) do _...
        alike ? table_of_views(views, copy(items), columns, element) : ragged(views, items, element)
    end
end
again(view::View) = View(view, view.readonly ? Raw.DELTOS_VIEW_FULL_RO : Raw.DELTOS_VIEW_FULL)

function table_of_views(views, items, columns, element)
    format, dtype = element_arguments(element)
    addresses = Ptr{Raw.deltos_view}[view.handle.pointer for view in views]
    return made_table((items, views)) do made, cell
        GC.@preserve views begin
            width = Int64(something(columns, -1))
            Raw.deltos_table_from_views(addresses, length(addresses), width, format, dtype, made, cell)
        end
    end
end

# The views stay open: nothing else pins the memory.
function ragged(views, items, element)
    kept = map(again, views)
    format, dtype = kept[1].format, kept[1].dtype
    for (k, other) in enumerate(kept)
        packed(other) || throw(LayoutError("row $k is not contiguous: copy it first"))
        (other.format, other.dtype) == (format, dtype) ||
            throw(TypeMismatchError("row $k has elements $(repr(other.format)), and the first one $(repr(format))"))
    end
    rows = Ptr{Cvoid}[other.pointer for other in kept]
    shown = element === nothing ? (format, dtype) : element
    lengths, readonly = map(length, kept), any(other -> other.readonly, kept)
    return wrapped(rows, lengths, nothing, shown, readonly, C_NULL, C_NULL, (kept, items))
end

# Whether the elements lie close together, in the order of C.
function packed(view)
    expected = view.itemsize
    for (n, step) in zip(reverse(view.shape), reverse(view.strides))
        n == 1 || step == expected || return isempty(view)
        expected *= n
    end
    return true
end

function Table(
    pointers::AbstractVector{Ptr{T}},
    lengths;
    writable::Bool = true,
    keep = nothing,
    element::Element = nothing,
    release::Ptr{Cvoid} = C_NULL,
    user::Ptr{Cvoid} = C_NULL,
) where {T}
    each, columns = lengths isa Integer ? (nothing, lengths) : (lengths, nothing)
    shown = element !== nothing ? element : T === Cvoid ? UInt8 : T
    rows = Vector{Ptr{Cvoid}}(pointers)
    return wrapped(rows, each, columns, shown, !writable, release, user, keep)
end

# `release` is a function of C's alone: it is called on any thread.
function wrapped(rows::Vector{Ptr{Cvoid}}, lengths, columns, element, readonly, release, user, keep)
    format, dtype = element_arguments(element)
    count, width, each = extent(length(rows), columns, lengths)
    return made_table((rows, keep)) do made, cell
        Raw.deltos_table_wrap(
            rows, count, width, each, format, dtype, UInt8(readonly), release, user, made, cell,
        )
    end
end

# ---- What it is ------------------------------------------------------------------------------------------------------

"""
    Deltos.TableInfo

What [`Deltos.table_info`](@ref) says of a table: `format`, `dtype`, `rows`, `columns` (-1: ragged), `itemsize`,
`exports` (live views that this handle has given), `readonly`, `ragged`, `stored` and `sealed`.
"""
struct TableInfo
    format::String
    dtype::Int32
    rows::Int
    columns::Int
    itemsize::Int
    exports::Int
    readonly::Bool
    ragged::Bool
    stored::Bool
    sealed::Bool
end

"""
    Deltos.table_info(table) -> Deltos.TableInfo
"""
function table_info(table::Table)
    cell = ErrorCell()
    return with(table.handle) do pointer
        info = sized(Raw.deltos_table_info)
        check(Raw.deltos_table_stat(pointer, info, cell), cell)
        raw = info[]
        return TableInfo(
            unsafe_string(raw.format), raw.dtype, raw.rows, raw.columns, raw.itemsize, raw.exports, raw.readonly != 0,
            raw.ragged != 0, raw.stored != 0, raw.sealed != 0,
        )
    end
end

Base.length(table::Table) = table_info(table).rows
Base.isempty(table::Table) = length(table) == 0
Base.lastindex(table::Table) = length(table)
Base.firstindex(::Table) = 1
Base.keys(table::Table) = Base.OneTo(length(table))
Base.eltype(table::Table) = array_eltype(table_info(table))

function Base.show(io::IO, table::Table)
    isopen(table) || return print(io, "Deltos.Table, closed")
    info = table_info(table)
    print(io, "Deltos.Table, ", info.rows, " rows of ", info.ragged ? "lengths of their own" : info.columns)
    print(io, ", elements ", repr(info.format), info.readonly ? ", read-only" : "")
end

# ---- Its memory ------------------------------------------------------------------------------------------------------

"""
    Deltos.rows(table; writable = nothing) -> Deltos.Rows
    Deltos.rows(f, table; writable = nothing)

The row pointers of a table, for a `ccall` with a parameter `Ptr{Ptr{T}}`, and a vector of the rows as arrays: `rows[k]`
is a [`BufferArray`](@ref). They are pinned until `close(rows)`, which the form with a function does when that has
returned. `writable` is by default what the table allows.
"""
struct Rows{T,W} <: AbstractVector{BufferArray{T,1,W}}
    pointers::Ptr{Ptr{T}}
    lengths::Ptr{Int64}
    itemsize::Int # of elements that Julia has no type for, as bytes; else 1
    count::Int
    view::View
end

@doc (@doc Rows)
function rows(table::Table; writable::Union{Nothing,Bool} = nothing)
    info = table_info(table)
    return either_way(writable, !info.readonly && may_store(table)) do flag
        row_pointers(table, info, flag)
    end
end

rows(f::Function, table::Table; keywords...) = closing(f, rows(table; keywords...))

function row_pointers(table, info, writable::Bool)
    pin, found, lengths = Ref(Ptr{Raw.deltos_view}(C_NULL)), Ref(Ptr{Ptr{Cvoid}}(C_NULL)), Ref(Ptr{Int64}(C_NULL))
    cell = ErrorCell()
    check(calling(t -> Raw.deltos_table_rows(t, writable, pin, found, lengths, cell), table.handle), cell)
    view, T = View(Handle(pin[]), table), element_type(info.dtype, info.format)
    T === nothing && return Rows{UInt8,writable}(found[], lengths[], info.itemsize, info.rows, view)
    return Rows{T,writable}(found[], lengths[], 1, info.rows, view)
end

function Base.size(rows::Rows)
    rows.view.handle.pointer == C_NULL && closed_array()
    return (rows.count,)
end
Base.IndexStyle(::Type{<:Rows}) = IndexLinear()

function Base.getindex(rows::Rows{T,W}, k::Int) where {T,W}
    @boundscheck checkbounds(rows, k)
    handle = rows.view.handle
    pointer, count = GC.@preserve handle (unsafe_load(rows.pointers, k), unsafe_load(rows.lengths, k))
    return BufferArray{T,1,W}(pointer, (Int(count) * rows.itemsize,), rows.view)
end

function Base.unsafe_convert(::Type{Ptr{Ptr{T}}}, rows::Rows{T}) where {T}
    rows.view.handle.pointer == C_NULL && closed_array()
    return rows.pointers
end
Base.unsafe_convert(::Type{Ptr{Ptr{Cvoid}}}, rows::Rows) = Ptr{Ptr{Cvoid}}(rows.view.handle.pointer == C_NULL ?
                                                                           closed_array() : rows.pointers)
Base.pointer(rows::Rows{T}) where {T} = Base.unsafe_convert(Ptr{Ptr{T}}, rows)
Base.close(rows::Rows) = close(rows.view)
Base.isopen(rows::Rows) = isopen(rows.view)
Base.iswritable(::Rows{T,W}) where {T,W} = W

"""
    table[k]

Row `k` of a table as a [`BufferArray`](@ref), which pins the table's memory until it is closed or collected.
"""
function Base.getindex(table::Table, k::Integer)
    view = either_way(flag -> row_view(table, k, array_flags(flag)), nothing, may_store(table))
    return array_of(view, nothing)
end

function row_view(table::Table, k, flags)
    made = handle_made(Raw.deltos_view) do made, cell
        calling(t -> Raw.deltos_table_row(t, k - 1, flags, made, cell), table.handle)
    end
    return View(made, table)
end

"""
    Deltos.dense(table) -> BufferArray

A copy of a table whose rows are equally long, as a matrix in memory of its own: each row is a column.
"""
dense(table::Table) = array_of(dense_view(table), nothing)

function dense_view(table::Table)
    made = handle_made(Raw.deltos_view) do made, cell
        calling(t -> Raw.deltos_table_to_dense(t, made, cell), table.handle)
    end
    return View(made, nothing)
end

"""
    copyto!(table::Deltos.Table, source)

Copies a matrix or a view of size (columns, rows), or another table, into the rows.
"""
Base.copyto!(table::Table, source::Table) = closing(view -> copyto!(table, view), View(source))
function Base.copyto!(table::Table, source)
    closing(target -> copyto!(target, source), View(table, Raw.DELTOS_VIEW_FULL))
    return table
end

# ---- Changes ---------------------------------------------------------------------------------------------------------

"""
    Deltos.reinterpret!(table, T)

Lets this handle show the same bytes as elements of another type, or of a format. Refused with [`PinnedError`](@ref)
while rows or views of it live; those that only wait to be collected are collected first.
"""
function reinterpret!(table::Table, element)
    format, dtype = element_arguments(element)
    without_garbage() do
        cell = ErrorCell()
        check(calling(t -> Raw.deltos_table_reinterpret(t, format, dtype, cell), table.handle), cell)
    end
    return table
end

"""
    Deltos.make_readonly!(table)

Lets this handle give no writable memory any more; there is no way back. Refused with [`PinnedError`](@ref) while
writable rows or views of it live; those that only wait to be collected are collected first.
"""
function make_readonly!(table::Table)
    without_garbage() do
        cell = ErrorCell()
        check(calling(t -> Raw.deltos_table_make_readonly(t, cell), table.handle), cell)
    end
    return table
end
