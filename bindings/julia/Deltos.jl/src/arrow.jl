# Arrow: memory of the library for whoever knows Arrow's C data and stream interfaces, and tables from their streams.

"""
    Deltos.ArrowSchema
    Deltos.ArrowArray
    Deltos.ArrowArrayStream

The structures of Arrow's C data and stream interfaces, as they lie in memory.
"""
struct ArrowSchema
    format::Ptr{UInt8}
    name::Ptr{UInt8}
    metadata::Ptr{UInt8}
    flags::Int64
    n_children::Int64
    children::Ptr{Ptr{ArrowSchema}}
    dictionary::Ptr{ArrowSchema}
    release::Ptr{Cvoid}
    private_data::Ptr{Cvoid}
end

@doc (@doc ArrowSchema)
struct ArrowArray
    length::Int64
    null_count::Int64
    offset::Int64
    n_buffers::Int64
    n_children::Int64
    buffers::Ptr{Ptr{Cvoid}}
    children::Ptr{Ptr{ArrowArray}}
    dictionary::Ptr{ArrowArray}
    release::Ptr{Cvoid}
    private_data::Ptr{Cvoid}
end

@doc (@doc ArrowSchema)
struct ArrowArrayStream
    get_schema::Ptr{Cvoid}
    get_next::Ptr{Cvoid}
    get_last_error::Ptr{Cvoid}
    release::Ptr{Cvoid}
    private_data::Ptr{Cvoid}
end

const ARROW_RAW = Dict{DataType,DataType}(
    ArrowSchema => Raw.deltos_arrow_schema, ArrowArray => Raw.deltos_arrow_array, ArrowArrayStream => Raw.deltos_arrow_stream,
)

"""
    Deltos.ArrowCell{T}

One of [`Deltos.ArrowSchema`](@ref), `ArrowArray` and `ArrowArrayStream` in memory that stays where it is: `cell[]` is
what is in it, `pointer(cell)` its address, for a library that takes one. Whoever takes what is in it sets `release` to
NULL, as Arrow's interface says; what nobody has taken is released by `close(cell)`, or when the cell is collected. A
cell must be kept until its content has been taken.
"""
mutable struct ArrowCell{T}
    content::T
    function ArrowCell{T}() where {T}
        cell = new{T}(nothing_in(T))
        finalizer(close, cell)
        return cell
    end
end

nothing_in(::Type{T}) where {T} = T(map(zero_of, fieldtypes(T))...)
zero_of(::Type{Int64}) = Int64(0)
zero_of(::Type{P}) where {P<:Ptr} = P(C_NULL)

Base.pointer(cell::ArrowCell{T}) where {T} = Ptr{T}(pointer_from_objref(cell))
Base.getindex(cell::ArrowCell) = GC.@preserve cell unsafe_load(pointer(cell))
Base.isopen(cell::ArrowCell) = cell[].release != C_NULL
Base.unsafe_convert(::Type{Ptr{T}}, cell::ArrowCell{T}) where {T} = pointer(cell)
Base.unsafe_convert(::Type{Ptr{Cvoid}}, cell::ArrowCell) = Ptr{Cvoid}(pointer(cell))
raw_pointer(cell::ArrowCell{T}) where {T} = Ptr{ARROW_RAW[T]}(pointer(cell))

"""
    close(cell::Deltos.ArrowCell)

Releases what is in it, if nobody has taken it.
"""
function Base.close(cell::ArrowCell)
    GC.@preserve cell begin
        release = cell[].release
        release == C_NULL || ccall(release, Cvoid, (Ptr{Cvoid},), pointer(cell))
    end
    return nothing
end

Base.show(io::IO, cell::ArrowCell{T}) where {T} =
    print(io, "Deltos.ArrowCell{", nameof(T), "}, ", isopen(cell) ? "to be taken" : "empty")

"""
    Deltos.to_arrow(x) -> (schema = Deltos.ArrowCell, array = Deltos.ArrowCell)

Memory as Arrow sees it, for any Arrow library of this process: a [`Deltos.View`](@ref) or an array as a column with an
entry for each index of its last dimension, a [`Deltos.RecordTable`](@ref) as a struct of its slots, which is what a batch
of rows is to Arrow. Nothing is copied but what does not lie as Arrow has it: layout rows, elements that are not close
together. Until it is released, it keeps its memory and counts as a view of it.

```jldoctest
julia> using Deltos

julia> table = Deltos.RecordTable((name = ["Ulm", "Genf"], people = [126405, 203856]); layout = :columns);

julia> given = Deltos.to_arrow(table);

julia> given.array[].length, given.schema[].n_children, unsafe_string(given.schema[].format)
(2, 2, "+s")

julia> foreach(close, given) # or taken: pointer(given.schema), pointer(given.array)
```
"""
to_arrow(view::View) = arrow_of(Raw.deltos_view_to_arrow, view.handle)
to_arrow(array::AbstractArray) = closing(to_arrow, View(array))
to_arrow(object::Object) = arrow_of(Raw.deltos_object_to_arrow, object.handle)
to_arrow(table::RecordTable) = to_arrow(object_of(table))
to_arrow(v::GrowableVector) = to_arrow(v.object)
# A part of a view is not the view of its parent.
to_arrow(v::SlotVector) = to_arrow(v.view)

function arrow_of(f, handle)
    schema, array, cell = ArrowCell{ArrowSchema}(), ArrowCell{ArrowArray}(), ErrorCell()
    GC.@preserve schema array begin
        check(calling(pointer -> f(pointer, raw_pointer(schema), raw_pointer(array), cell), handle), cell)
    end
    return (schema = schema, array = array)
end

"""
    Deltos.to_arrow_stream(table::Deltos.RecordTable) -> Deltos.ArrowCell{Deltos.ArrowArrayStream}

All rows of a table as a stream of one batch, for any Arrow library of this process; see [`Deltos.to_arrow`](@ref) and
[`Deltos.from_arrow`](@ref).
"""
function to_arrow_stream(table::RecordTable)
    stream, cell = ArrowCell{ArrowArrayStream}(), ErrorCell()
    status = GC.@preserve stream calling(object_of(table).handle) do pointer
        Raw.deltos_record_table_to_arrow_stream(pointer, raw_pointer(stream), cell)
    end
    check(status, cell)
    return stream
end

"""
    Deltos.from_arrow(stream; options...) -> Deltos.RecordTable
    Deltos.from_arrow(scope, name, stream; options...) -> Deltos.RecordTable

A table of records with the columns and all rows of a stream of Arrow, in memory or stored under a name; of a
[`Deltos.to_arrow_stream`](@ref), or a pointer to an `ArrowArrayStream` of another library. The stream is read to its end,
and released by its owner. Options are those of [`Deltos.create_records!`](@ref).

```jldoctest
julia> using Deltos

julia> stream = Deltos.to_arrow_stream(Deltos.RecordTable((x = [1, missing], name = ["a", "b"])));

julia> Deltos.from_arrow(stream; layout = :columns)
2-element Deltos.RecordTable:
 Deltos.Record(x = 1, name = "a")
 Deltos.Record(x = missing, name = "b")
```
"""
function from_arrow(stream::Union{ArrowCell{ArrowArrayStream},Ptr}; options...)
    return table_in(packed_table(identity, builder_from_arrow(C_NULL, C_NULL, stream; options...), aligned)...)
end
function from_arrow(t::Transaction, name::AbstractString, stream::Union{ArrowCell{ArrowArrayStream},Ptr}; options...)
    spelled = text(name, "a name")
    builder = writing(t) do pointer
        safely(() -> builder_from_arrow(pointer, spelled, stream; options...))
    end
    return finished(identity, t, builder isa RecordBuilder ? builder : throw(builder))
end
function from_arrow(storage::Storage, name::AbstractString, stream::Union{ArrowCell{ArrowArrayStream},Ptr}; options...)
    close(transaction(t -> from_arrow(t, name, stream; options...), storage))
    return RecordTable(storage, name)
end
from_arrow(snapshot::Snapshot, ::AbstractString, stream; options...) = writing(identity, snapshot)

stream_pointer(stream::ArrowCell) = raw_pointer(stream)
stream_pointer(stream::Ptr) = Ptr{Raw.deltos_arrow_stream}(stream)

function builder_from_arrow(transaction, name, stream; options...)
    return GC.@preserve stream RecordBuilder(nothing; options...) do options, made, cell
        Raw.deltos_record_table_from_arrow(transaction, name, stream_pointer(stream), options, made, cell)
    end
end
