# Record tables: rows of one schema, and records, which are rows of a table or what lies in one of its slots.

# The handle of a table, and what is looked up again and again.
mutable struct RecordObject <: Object
    handle::Handle{Raw.deltos_object}
    scope::Union{Nothing,AnyScope}
    memory::Any # of Julia's, where it does not lie in a storage
    schema::Schema
    types::Vector{Any} # of the items of each slot; nothing where Julia has none
    count::Int
    in_rows::Bool
end

function RecordObject(handle::Handle, scope, memory)
    raw = record_info(handle)
    schema = Schema(handle_made(Raw.deltos_schema) do made, cell
        calling(pointer -> Raw.deltos_schema_of(pointer, made, cell), handle)
    end)
    types = Any[item_type(slot) for slot in schema.slots]
    return RecordObject(handle, scope, memory, schema, types, raw.rows, raw.layout == Raw.DELTOS_LAYOUT_ROWS)
end

function record_info(handle::Handle)
    info, cell = sized(Raw.deltos_record_table_info), ErrorCell()
    check(calling(pointer -> Raw.deltos_record_table_stat(pointer, info, cell), handle), cell)
    return info[]
end

function item_type(slot::SlotInfo)
    slot.type in (:fixed, :date, :datetime) || return nothing
    found = element_type(slot.dtype, slot.format)
    return found !== nothing && sizeof(found) == slot.size ? found : packed_type(slot)
end

# Of arrays as items, "(2,3)h", the number of the element type says nothing of the whole.
function packed_type(slot)
    found = type_of_format(slot.format)
    return found !== nothing && sizeof(found) == slot.size ? found : nothing
end

"""
    Deltos.Record

A row of a [`Deltos.RecordTable`](@ref), or a record in one of its slots, read where it lies: `record.name`,
`record[:name]` and `record["name"]` read one slot. Null is `missing`, and what is not set is [`Deltos.unset`](@ref).
`record.name = x` changes a writable slot in place.

`propertynames`, `keys`, `values`, `pairs` and `length` are of its slots; `haskey(record, name)` tells whether a slot is
set, `get(record, name, default)` is the default where it is not. `NamedTuple(record)` reads all slots,
[`Deltos.materialize`](@ref) also what is in them, and [`Deltos.record`](@ref)`(T, record)` makes a structure of the
program's.
"""
struct Record
    object::RecordObject
    level::Int # the number of the slot that it is in; 0: it is a row
    row::Int
end

"""
    Deltos.RecordTable(scope, name)

A stored table of records, also `scope[name]`: a vector of [`Deltos.Record`](@ref)s, read where they lie.

- `table[k].name` reads one slot of one row;
- [`Deltos.column`](@ref)`(table, :name)` is one slot of all rows, without a copy, and [`Deltos.columns`](@ref)`(table)`
  a named tuple of all;
- [`Deltos.records`](@ref)`(T, table)` is a vector of structures of the program's;
- [`Deltos.schema`](@ref)`(table)` tells what records have, [`Deltos.table_info`](@ref)`(table)` what the table is, and
  [`verify`](@ref)`(table)` checks all of it;
- `Deltos.View(table)`, `Deltos.View(table, slot)`, [`Deltos.offsets`](@ref), [`Deltos.heap`](@ref) and
  [`Deltos.presence`](@ref) show the memory itself;
- [`Deltos.to_arrow`](@ref)`(table)` gives it to libraries that know Arrow.

[`Deltos.create_records!`](@ref) makes one. A table, its records and what was read of them keep its memory: they must be
closed (`close(table)` ends what was made of it) or collected before the storage is closed. Columns of numbers, text and
dates stay valid after the table, and are closed by `close(column)`.

```jldoctest
julia> using Deltos

julia> storage = Deltos.anonymous();

julia> table = Deltos.create_records!(storage, "trees", [(name = "oak", height = 1.5), (name = "elm", height = 2.5)]);

julia> table[2].name, sum(Deltos.column(table, :height))
("elm", 4.0)

julia> [record.name for record in storage["trees"] if record.height < 2]
1-element Array{String,1}:
 "oak"
```
"""
struct RecordTable <: AbstractVector{Record}
    object::RecordObject
    RecordTable(object::RecordObject) = new(object)
end

RecordTable(handle::Handle, scope, memory = nothing) = RecordTable(RecordObject(handle, scope, memory))
RecordTable(scope::Scope, name::AbstractString) =
    RecordTable(open_handle(scope, name, Raw.DELTOS_KIND_RECORD_TABLE), scope)

# What both are about; their other fields are nobody's business.
object_of(table::RecordTable) = getfield(table, :object)
object_of(record::Record) = getfield(record, :object)
level_of(record::Record) = getfield(record, :level)
row_of(record::Record) = getfield(record, :row)

function Base.size(table::RecordTable)
    object = object_of(table)
    isopen(object.handle) || ended(object.handle)
    return (object.count,)
end
Base.IndexStyle(::Type{RecordTable}) = IndexLinear()
Base.@propagate_inbounds function Base.getindex(table::RecordTable, row::Int)
    @boundscheck checkbounds(table, row)
    return Record(object_of(table), 0, row)
end
Base.setindex!(table::RecordTable, x, row::Int) =
    throw(ReadOnlyError("records are not replaced: slots that are writable are changed by `table[$row].name = x`"))

Base.close(table::RecordTable) = close(object_of(table))
Base.isopen(table::RecordTable) = isopen(object_of(table))
Base.stat(table::RecordTable) = stat(object_of(table))
storage(table::RecordTable) = storage(object_of(table))
file_offset(table::RecordTable) = file_offset(object_of(table))
advise(table::RecordTable, advice::Symbol) = advise(object_of(table), advice)
Reference(table::RecordTable) = Reference(object_of(table))

function refresh!(table::RecordTable)
    object = object_of(table)
    refresh!(object) || return false
    now = RecordObject(object.handle, object.scope, object.memory)
    object.schema, object.types, object.count, object.in_rows = now.schema, now.types, now.count, now.in_rows
    return true
end

Base.show(io::IO, mime::MIME"text/plain", table::RecordTable) = show_open(table, io, mime)
Base.show(io::IO, table::RecordTable) = show_open(table, io)

"""
    Deltos.schema(table::Deltos.RecordTable) -> Deltos.Schema
    Deltos.schema(record::Deltos.Record) -> Deltos.Schema

What records have. The schema of a table lives as long as the table's handle is known.
"""
schema(table::RecordTable) = object_of(table).schema
schema(record::Record) =
    level_of(record) == 0 ? object_of(record).schema : nested(object_of(record).schema, level_of(record))

"""
    Deltos.RecordTableInfo

What [`Deltos.table_info`](@ref) says of a table of records: `layout` (`:rows` or `:columns`), `rows`, `slots` (of all
levels), `row_bytes` (of a row in layout rows), `heap_bytes` (of text and values, in layout rows), `image_bytes` (of all),
`sealed`, and `writable` (whether slots can be changed in place through this handle).
"""
struct RecordTableInfo
    layout::Symbol
    rows::Int
    slots::Int
    row_bytes::Int
    heap_bytes::Int
    image_bytes::Int
    sealed::Bool
    writable::Bool
end

function table_info(table::RecordTable)
    raw = record_info(object_of(table).handle)
    layout = raw.layout == Raw.DELTOS_LAYOUT_ROWS ? :rows : :columns
    return RecordTableInfo(
        layout, raw.rows, raw.slots, raw.row_bytes, raw.heap_bytes, raw.image_bytes, raw.sealed != 0, raw.writable != 0,
    )
end

"""
    verify(table::Deltos.RecordTable; progress = nothing)

Checks what reading checks only where it looks: the places of text and values of all rows, the text, and whole values.
Throws [`CorruptError`](@ref), which names slot and row, when something is damaged. `progress(done, total)` is called
now and then; returning `true` cancels.
"""
function verify(table::RecordTable; progress = nothing)
    cell = ErrorCell()
    status = with(object_of(table).handle) do pointer
        reporting(progress) do callback, user
            Raw.deltos_record_table_verify(pointer, callback, user, cell)
        end
    end
    return check(status, cell)
end

# ---- Cells -----------------------------------------------------------------------------------------------------------

# What a slot of a row holds.
function read_cell(object::RecordObject, row::Int, number::Int)
    found, cell = Ref(NO_ITEM), spare_cell()
    status = calling(object.handle) do pointer
        Raw.deltos_record_table_read(pointer, row - 1, number - 1, found, cell)
    end
    check_spare(status, cell)
    return cell_content(object, row, number, found[])
end

function cell_content(object, row, number, item::Item)
    kind = item.kind
    kind == Raw.DELTOS_VALUE_END && return unset
    slot, T = object.schema.slots[number], object.types[number]
    slot.type === :fixed && kind != Raw.DELTOS_VALUE_NULL && return item_content(object, T, item)
    kind == Raw.DELTOS_VALUE_UTF8 && slot.type === :utf8 && return checked_text(object, row, number, item)
    kind == Raw.DELTOS_VALUE_RECORD && return Record(object, number, row)
    slot.type === :bytes && kind != Raw.DELTOS_VALUE_NULL && return reading_bytes(object, item)
    slot.type === :date && kind != Raw.DELTOS_VALUE_NULL && return date_of(item)
    slot.type === :datetime && kind != Raw.DELTOS_VALUE_NULL && return moment_of(item)
    kind == Raw.DELTOS_VALUE_NULL && slot.type !== :value && return missing
    value = value_at(object, row, number)
    return value === nothing ? missing : root_content(value)
end

# A number as the type that it has in the table, other items by their bytes.
function item_content(object, T, item)
    kind = item.kind
    kind == Raw.DELTOS_VALUE_INT && return T === nothing ? item.i64 : T(item.i64)
    kind == Raw.DELTOS_VALUE_FLOAT && return T === nothing ? item.f64 : T(item.f64)
    kind == Raw.DELTOS_VALUE_UINT && return T === nothing ? item.u64 : T(item.u64)
    kind == Raw.DELTOS_VALUE_BOOL && return item.i64 != 0
    T === nothing && return reading_bytes(object, item)
    return calling(_ -> unsafe_load(Ptr{T}(item.data)), object.handle)
end

function checked_text(object, row, number, item)
    found = reading_text(object, item)
    isvalid(found) || damaged_text(object.schema, row, number)
    return found
end

@noinline damaged_text(schema, row, number) =
    throw(CorruptError("slot $(path_of(schema, number)) of row $row is damaged: its text is not UTF-8"))

function path_of(schema::Schema, number)
    slot = schema.slots[number]
    return slot.parent == 0 ? slot.name : "$(path_of(schema, slot.parent)).$(slot.name)"
end

"The value in a slot; nothing where there is none."
function value_at(object, row, number)
    made, cell = Ref(Ptr{Raw.deltos_object}(C_NULL)), ErrorCell()
    status = calling(object.handle) do pointer
        Raw.deltos_record_table_value(pointer, row - 1, number - 1, made, cell)
    end
    check(status, cell)
    return made[] == C_NULL ? nothing : Value(Handle(made[]), nothing, object)
end

# ---- Records ---------------------------------------------------------------------------------------------------------

function own_slot(record::Record, name::Symbol)
    number = get(object_of(record).schema.places[level_of(record)+1], name, 0)
    number == 0 || return number
    throw(NotFoundError("there is no slot $(repr(String(name))): the record has $(join(map(repr ∘ String, keys(record)), ", "))"))
end

Base.getproperty(record::Record, name::Symbol) = read_cell(object_of(record), row_of(record), own_slot(record, name))
Base.propertynames(record::Record, private::Bool = false) = keys(record)
Base.getindex(record::Record, name::Symbol) = getproperty(record, name)
Base.getindex(record::Record, name::AbstractString) = getproperty(record, Symbol(name))
function Base.getindex(record::Record, k::Integer)
    1 <= k <= length(record) || throw(BoundsError(record, k))
    return read_cell(object_of(record), row_of(record), own_numbers(record)[k])
end

own_numbers(record::Record) = object_of(record).schema.levels[level_of(record)+1]

Base.keys(record::Record) = ((Symbol(object_of(record).schema.slots[number].name) for number in own_numbers(record))...,)
Base.values(record::Record) = ((read_cell(object_of(record), row_of(record), number) for number in own_numbers(record))...,)
Base.pairs(record::Record) = pairs(NamedTuple(record))
Base.length(record::Record) = length(own_numbers(record))
Base.iterate(record::Record, k = 1) = k > length(record) ? nothing : (record[k], k + 1)
Base.NamedTuple(record::Record) = NamedTuple{keys(record)}(values(record))

Base.haskey(record::Record, name::Union{Symbol,AbstractString}) =
    haskey(object_of(record).schema.places[level_of(record)+1], Symbol(name)) && record[name] !== unset
Base.get(record::Record, name::Union{Symbol,AbstractString}, default) = haskey(record, name) ? record[name] : default

Base.:(==)(a::Record, b::Record) = NamedTuple(a) == NamedTuple(b)
Base.:(==)(a::Record, b::NamedTuple) = NamedTuple(a) == b
Base.:(==)(a::NamedTuple, b::Record) = a == NamedTuple(b)
Base.isequal(a::Record, b::Record) = isequal(NamedTuple(a), NamedTuple(b))
Base.isequal(a::Record, b::NamedTuple) = isequal(NamedTuple(a), b)
Base.isequal(a::NamedTuple, b::Record) = isequal(a, NamedTuple(b))
Base.hash(record::Record, seed::UInt) = hash(NamedTuple(record), seed)

function Base.show(io::IO, record::Record)
    isopen(object_of(record)) || return print(io, "Deltos.Record, closed")
    print(io, "Deltos.Record(")
    for (k, name) in enumerate(keys(record))
        print(io, k == 1 ? "" : ", ", name, " = ", repr(record[k]; context = io))
    end
    print(io, ")")
end

function Base.setproperty!(record::Record, name::Symbol, x)
    closing(column(RecordTable(object_of(record)), own_slot(record, name); writable = true)) do slot
        slot[row_of(record)] = x
    end
    return x
end
Base.setindex!(record::Record, x, name::Union{Symbol,AbstractString}) = (setproperty!(record, Symbol(name), x); record)

materialize(record::Record) = map(materialize, NamedTuple(record))
materialize(table::RecordTable) = [materialize(record) for record in table]
