# Building tables of records: from rows or columns of Julia's, in bounded memory.

# What rows are added to: it has a `handle` of a builder, the `schema`, the `types` of the items of its slots, how many rows
# have been `added`, and the `reporter` of its progress.
abstract type RowTaker end

const LAYOUTS = (rows = Raw.DELTOS_LAYOUT_ROWS, columns = Raw.DELTOS_LAYOUT_COLUMNS)

"""
    Deltos.RecordBuilder

A table of records that is being built, see [`Deltos.create_records!`](@ref): `push!(builder, row)` adds one row,
`append!(builder, source)` many, rows or columns; `length(builder)` is how many there are.
"""
mutable struct RecordBuilder <: RowTaker
    handle::Handle{Raw.deltos_builder}
    schema::Union{Nothing,Schema} # nothing: of a stream of Arrow, to which nothing is added
    types::Vector{Any}
    waiting::Vector{Any} # rows that were pushed
    added::Int
    reporter::Union{Nothing,Reporter}
end

const ROWS_AT_ONCE = 1 << 14

# f makes the builder: it gets the options, where it goes, and an error cell.
function RecordBuilder(
    f,
    schema::Union{Nothing,Schema};
    layout::Symbol = :rows,
    memory_bytes::Integer = 0,
    spill_directory = nothing,
    progress = nothing,
)
    handle, reporter = begun(spill_directory, progress) do folder, callback, user, made, cell
        options = Ref(Raw.deltos_record_table_options(
            sizeof(Raw.deltos_record_table_options), one_of(LAYOUTS, layout, "a layout"), memory_bytes, folder, callback, user,
        ))
        f(options, made, cell)
    end
    return RecordBuilder(handle, schema, slot_types(schema), [], 0, reporter)
end

slot_types(::Nothing) = []
slot_types(schema::Schema) = Any[item_type(slot) for slot in schema.slots]

"""
The handle of a builder, and what reports its progress. f makes it: it gets what the options say of temporary files and
progress, where the builder goes, and an error cell.
"""
function begun(f, spill_directory, progress)
    reporter = progress === nothing ? nothing : Reporter(progress, nothing)
    folder = spill_directory === nothing ? nothing : text(spill_directory, "a directory")
    made, cell = Ref(Ptr{Raw.deltos_builder}(C_NULL)), ErrorCell()
    status = GC.@preserve reporter folder f(
        folder === nothing ? Ptr{UInt8}(C_NULL) : pointer(folder),
        reporter === nothing ? C_NULL : @cfunction(progress_trampoline, Int32, (UInt64, UInt64, Ptr{Cvoid})),
        reporter === nothing ? C_NULL : pointer_from_objref(reporter), made, cell,
    )
    check_reported(status, cell, reporter)
    return Handle(made[]), reporter
end

"As `check`, and throws what the progress function has thrown."
function check_reported(status, cell, reporter)
    if status == Raw.DELTOS_E_CANCELLED && reporter !== nothing && reporter.thrown !== nothing
        thrown, reporter.thrown = reporter.thrown, nothing
        throw(thrown)
    end
    return check(status, cell)
end

begin_in(transaction, name, schema; options...) = RecordBuilder(schema; options...) do options, made, cell
    calling(schema.handle) do pointer
        Raw.deltos_record_table_begin(transaction, name, pointer, options, made, cell)
    end
end

"Calls f with the builder's pointer and an error cell, and gives back its status and the cell."
function using_builder(f, builder::RowTaker)
    cell = ErrorCell()
    return (GC.@preserve builder exclusively(pointer -> f(pointer, cell), builder.handle)), cell
end
check_builder(f, builder) = check_reported(using_builder(f, builder)..., builder.reporter)

Base.length(builder::RecordBuilder) = builder.added + length(builder.waiting)
Base.close(builder::RecordBuilder) = finish_safely(builder.handle)
Base.isopen(builder::RecordBuilder) = isopen(builder.handle)
Base.show(io::IO, builder::RecordBuilder) =
    print(io, "Deltos.RecordBuilder, ", isopen(builder) ? "$(length(builder)) rows" : "closed")

# ---- Adding ----------------------------------------------------------------------------------------------------------

function Base.push!(builder::RecordBuilder, row)
    push!(builder.waiting, row)
    length(builder.waiting) < ROWS_AT_ONCE || add_waiting(builder)
    return builder
end

function add_waiting(builder::RecordBuilder)
    isempty(builder.waiting) && return nothing
    rows = map(identity, builder.waiting)
    empty!(builder.waiting)
    add_batch(builder, rows)
end

@doc (@doc RecordBuilder)
function Base.append!(builder::RecordBuilder, source)
    add_waiting(builder)
    found = columns_in(source)
    if found !== nothing
        add_columns(builder, found)
    elseif source isa AbstractVector
        for first in 1:ROWS_AT_ONCE:length(source)
            add_batch(builder, view(source, first:min(first + ROWS_AT_ONCE - 1, length(source))))
        end
    else
        foreach(rows -> add_batch(builder, map(identity, rows)), Iterators.partition(source, ROWS_AT_ONCE))
    end
    return builder
end

"""
The columns of a source that has columns, as a named tuple: a named tuple of vectors, a dictionary of such, or anything
else whose properties are all vectors. Nothing of what has rows.
"""
columns_in(source::NamedTuple) = all(column -> is_column(column), source) ? source : nothing
columns_in(source::AbstractArray) = nothing
function columns_in(source::AbstractDict)
    isempty(source) || !all(is_column, values(source)) && return nothing
    return NamedTuple{(map(Symbol, collect(keys(source)))...,)}((values(source)...,))
end
function columns_in(source)
    parentmodule(typeof(source)) in (Core, Base, Base.Iterators) && return nothing
    names = (map(Symbol, collect(propertynames(source)))...,)
    isempty(names) && return nothing
    columns = map(name -> getproperty(source, name), names)
    return all(is_column, columns) ? NamedTuple{names}(columns) : nothing
end
# A record's columns may themselves be given as columns.
is_column(column) = column isa AbstractVector || column isa NamedTuple && !isempty(column) && columns_in(column) !== nothing
column_length(column::AbstractVector) = length(column)
column_length(columns::NamedTuple) = column_length(first(columns))
part_of(column::AbstractVector, range) = view(column, range)
part_of(column::Column, range) = view(column, range)
part_of(columns::NamedTuple, range) = map(column -> part_of(column, range), columns)

function add_columns(builder, columns::NamedTuple)
    isempty(columns) && return nothing
    count = column_length(first(columns))
    for (name, column) in pairs(columns)
        column_length(column) == count || throw(TypeMismatchError("column $(repr(String(name))) has $(column_length(column)) " *
                                                                 "rows, and $(repr(String(keys(columns)[1]))) has $count"))
    end
    for first in 1:ROWS_AT_ONCE:count
        add_batch(builder, part_of(columns, first:min(first + ROWS_AT_ONCE - 1, count)))
    end
end

# Rows as the library takes them: a column and presence of each slot, and what keeps them.
struct Batch{B<:RowTaker}
    builder::B
    columns::Vector{Raw.deltos_column}
    presence::Vector{Ptr{UInt8}}
    roots::Vector{Any}
    rows::Int
end

function Batch(builder::RowTaker, source)
    slots = length(builder.schema.slots)
    rows = column_length(source)
    batch = Batch(builder, fill(NO_COLUMN, slots), fill(Ptr{UInt8}(C_NULL), slots), Any[source], rows)
    fill_level!(batch, 0, source, nothing)
    return batch
end

function add_batch(builder::RecordBuilder, source)
    rows = column_length(source)
    rows == 0 && return nothing
    batch = Batch(builder, source)
    columns, presence, roots = batch.columns, batch.presence, batch.roots
    GC.@preserve roots check_builder(builder) do pointer, cell
        Raw.deltos_record_table_add(pointer, columns, presence, length(columns), rows, cell)
    end
    builder.added += rows
    return nothing
end

const NO_COLUMN = Raw.deltos_column(Raw.DELTOS_COLUMN_FIXED, 0, 0, C_NULL, C_NULL, 0, 0)

# The slots in a record, or of the rows themselves; `outer`: presence of the record.
function fill_level!(batch::Batch, level, source, outer)
    schema = batch.builder.schema
    refuse_unknown(schema, level, source)
    for number in schema.levels[level+1]
        fill_slot!(batch, number, field_column(source, Symbol(schema.slots[number].name), outer), outer)
    end
end

function refuse_unknown(schema, level, source)
    for name in told_names(source)
        haskey(schema.places[level+1], name) && continue
        inside = level == 0 ? "" : " in $(path_of(schema, level))"
        throw(TypeMismatchError("there is no slot $(repr(String(name)))$inside: leave it out, or add it to the schema"))
    end
end
# Names that were given on purpose: an object may have properties that are nobody's business.
told_names(columns::NamedTuple) = keys(columns)
function told_names(rows::AbstractVector{T}) where {T}
    isconcretetype(T) && !(T <: AbstractDict) && return T <: NamedTuple ? fieldnames(T) : ()
    return reduce((found, row) -> union!(found, names_told(row)), rows; init = Set{Symbol}())
end
names_told(row::NamedTuple) = keys(row)
names_told(row::AbstractDict) = map(Symbol, collect(keys(row)))
names_told(row) = ()

# What all rows have in one slot. What a record that is not there has is not looked at.
field_column(columns::NamedTuple, name, outer) = haskey(columns, name) ? columns[name] : nothing
function field_column(rows::AbstractVector{T}, name, outer) where {T}
    isconcretetype(T) && !(T <: Union{AbstractDict,Tuple,Record}) && return hasfield(T, name) ? fields(rows, Val(name)) : properties(rows, name)
    return properties(rows, name)
end

# Structures of bits are read where they are.
struct FieldVector{F,V} <: AbstractVector{F}
    rows::V
    offset::Int
end
Base.size(v::FieldVector) = size(v.rows)

function fields(rows::AbstractVector{T}, ::Val{name}) where {T,name}
    F = fieldtype(T, name)
    k = Base.fieldindex(T, name)
    isbitstype(T) && rows isa Strided && return FieldVector{F,typeof(rows)}(rows, fieldoffset(T, k))
    rows isa FieldVector && isbitstype(T) && return FieldVector{F,typeof(rows.rows)}(rows.rows, rows.offset + fieldoffset(T, k))
    return F[getfield(row, name) for row in rows]
end

item_address(v::FieldVector) = Ptr{UInt8}(memory_pointer(v.rows)) + v.offset
item_step(v::FieldVector) = stride(v.rows, 1) * sizeof(eltype(v.rows))
Base.getindex(v::FieldVector{F}, i::Int) where {F} =
    GC.@preserve v unsafe_load(Ptr{F}(item_address(v) + (i - 1) * item_step(v)))

properties(rows, name) = map(identity, Any[property(row, name) for row in rows])

property(row, name) = hasproperty(row, name) ? getproperty(row, name) : unset
property(row::AbstractDict, name) = get(() -> get(row, name, unset), row, String(name))
property(row::Union{Missing,Nothing,Unset}, name) = unset

function fill_slot!(batch::Batch, number, given, outer)
    builder, slot = batch.builder, batch.builder.schema.slots[number]
    given === nothing && (given = SameVector(unset, batch.rows))
    given isa NamedTuple && slot.type === :record && return fill_level!(batch, number, given, outer)
    given isa NamedTuple && throw(TypeMismatchError("slot $(path_of(builder.schema, number)) is no record, and columns were given for it"))
    presence = presence_of(batch, number, given, outer)
    if presence !== nothing
        push!(batch.roots, presence)
        batch.presence[number] = pointer(presence)
    end
    slot.type === :record && return fill_level!(batch, number, given, presence)
    batch.columns[number] = try
        column_for(batch, slot, builder.types[number], given, presence)
    catch e
        e isa Refused || rethrow()
        refuse(builder, number, e)
    end
    return nothing
end

# ---- Presence --------------------------------------------------------------------------------------------------------

is_absent(x, slot) = x isa Missing || x isa Unset || x isa Nothing && slot.type !== :value

function presence_of(batch, number, given, outer)
    slot = batch.builder.schema.slots[number]
    E = eltype(given)
    outer === nothing && !(Missing <: E || Unset <: E || Nothing <: E) && return nothing
    codes = zeros(UInt8, batch.rows)
    for i in 1:batch.rows
        if outer !== nothing && outer[i] != Raw.DELTOS_PRESENT
            codes[i] = outer[i]
        elseif is_absent(given[i], slot)
            codes[i] = absence(batch, number, slot, given[i], i)
        end
    end
    return all(iszero, codes) ? nothing : codes
end

# What is not set is null where it cannot be unset, and the other way round never.
function absence(batch, number, slot, x, i)
    x isa Unset && slot.optional && return Raw.DELTOS_UNSET % UInt8
    slot.nullable && return Raw.DELTOS_NULL % UInt8
    is = x isa Unset ? "not set" : "null"
    may = x isa Unset ? "optional" : "nullable"
    throw(TypeMismatchError("slot $(path_of(batch.builder.schema, number)) of row $(batch.builder.added + i) is $is, and the slot is not $may"))
end

# ---- Columns for the library -----------------------------------------------------------------------------------------

# Why a row was refused.
struct Refused <: Exception
    row::Int
    x::Any
    reason::Any
end

@noinline function refuse(builder, number, refused::Refused)
    place = "slot $(path_of(builder.schema, number)) of row $(builder.added + refused.row)"
    reason = refused.reason
    reason isa DeltosError && throw(error_of(reason.code, "$place: $(reason.message)", reason.errno, reason.object_id))
    shown = repr(refused.x; context = :limit => true)
    throw(TypeMismatchError("$place cannot hold $(first(shown, 100)), of type $(typeof(refused.x))"))
end

# All that is there, turned by f; zeros for the rest.
function turned_items(f, ::Type{T}, given, presence) where {T}
    made = Vector{T}(undef, length(given))
    for i in 1:length(given)
        x = given[i]
        if presence !== nothing && presence[i] != Raw.DELTOS_PRESENT
            isbitstype(T) || (made[i] = empty_item(T))
            continue
        end
        made[i] = try
            f(x)
        catch e
            e isa InterruptException && rethrow()
            throw(Refused(i, x, e))
        end
    end
    return made
end
empty_item(::Type{String}) = ""
empty_item(::Type{Vector{UInt8}}) = UInt8[]

function column_for(batch, slot, T, given, presence)
    slot.type === :fixed && T === nothing && return bytes_column(batch, slot, given, presence)
    slot.type === :fixed && return item_column(batch, T, given, presence, x -> item_of_type(T, x))
    slot.type === :date && return item_column(batch, Int32, given, presence, days_of)
    if slot.type === :datetime
        zone = slot.utc ? Int64(0) : nothing
        return item_column(batch, Int64, given, presence, x -> microseconds_of(x, zone))
    end
    slot.type === :utf8 && return slices(batch, turned_items(text_for_slot, String, given, presence))
    slot.type === :bytes && return slices(batch, turned_items(bytes_for_slot, Vector{UInt8}, given, presence))
    return slices(batch, turned_items(x -> pack(AsKind(slot.type, x)), Vector{UInt8}, given, presence))
end

# Items that lie in memory as they are stored are taken from there.
function item_column(batch, ::Type{T}, given, presence, f) where {T}
    if given isa Union{Strided{T,1},FieldVector{T},SlotVector{T}} && eltype(given) === T
        push!(batch.roots, given)
        return fixed_column(T, length(given), given_place(given)...)
    end
    made = turned_items(f, T, given, presence)
    push!(batch.roots, made)
    return fixed_column(T, length(made), Ptr{UInt8}(pointer(made)), sizeof(T))
end
fixed_column(T, count, place, step) =
    Raw.deltos_column(Raw.DELTOS_COLUMN_FIXED, 0, count, place, C_NULL, sizeof(T), step)
given_place(v::Strided{T}) where {T} = (Ptr{UInt8}(memory_pointer(v)), memory_strides(v)[1] * sizeof(T))
given_place(v::FieldVector) = (item_address(v), item_step(v))
given_place(v::SlotVector) = (v.pointer, v.step)

item_of_type(::Type{T}, x) where {T} = convert(T, x)
function item_of_type(::Type{T}, x) where {T<:Union{Tuple,NamedTuple,Complex}}
    x isa T && return x
    x isa Union{AbstractString,AbstractVector{UInt8}} && T <: NTuple{N,UInt8} where {N} && return padded(T, x)
    x isa AbstractArray && return item_of_array(T, x)
    isbits(x) && !(x isa Number) && sizeof(x) == sizeof(T) && isstructtype(typeof(x)) && type_of_format(format_of(typeof(x))) === T &&
        return bits_as(T, Ref(x))
    return convert(T, x)
end
bits_as(::Type{T}, cell) where {T} = GC.@preserve cell unsafe_load(Ptr{T}(pointer_from_objref(cell)))

# Text of a fixed number of bytes, with zeros behind it.
function padded(::Type{T}, x) where {T}
    bytes = x isa AbstractString ? codeunits(x) : x
    length(bytes) <= sizeof(T) || throw(RangeError("$(length(bytes)) bytes do not fit into $(sizeof(T))"))
    return ntuple(k -> k <= length(bytes) ? bytes[k] : 0x00, Val(fieldcount(T)))
end

innermost(::Type{T}) where {T} = T <: NTuple && fieldcount(T) > 0 ? innermost(fieldtype(T, 1)) : T
function item_of_array(::Type{T}, x) where {T}
    flat = convert(Vector{innermost(T)}, vec(collect(x)))
    sizeof(flat) == sizeof(T) || throw(TypeMismatchError("$(length(x)) elements were given for $(div(sizeof(T), sizeof(innermost(T))))"))
    return GC.@preserve flat unsafe_load(Ptr{T}(pointer(flat)))
end

# Items that Julia has no type for are given as their bytes.
function bytes_column(batch, slot, given, presence)
    items = turned_items(Vector{UInt8}, given, presence) do x
        x isa AbstractVector{UInt8} && length(x) == slot.size && return Vector{UInt8}(x)
        throw(TypeMismatchError("Julia has no type for $(repr(slot.format)): give the $(slot.size) bytes of an item"))
    end
    flat = zeros(UInt8, slot.size * length(items))
    for (i, item) in enumerate(items)
        copyto!(flat, (i - 1) * slot.size + 1, item)
    end
    push!(batch.roots, flat)
    return Raw.deltos_column(Raw.DELTOS_COLUMN_FIXED, 0, length(items), pointer(flat), C_NULL, slot.size, slot.size)
end

text_for_slot(x::AnyText) = string(x)
bytes_for_slot(x::AbstractVector{UInt8}) = x isa Vector{UInt8} ? x : Vector{UInt8}(x)
bytes_for_slot(x::AbstractString) = Vector{UInt8}(x)

function slices(batch, items)
    found = [Raw.deltos_bytes(pointer(item), sizeof(item)) for item in items]
    push!(batch.roots, items, found)
    return Raw.deltos_column(Raw.DELTOS_COLUMN_SLICES, 0, length(found), pointer(found), C_NULL, 0, 0)
end

# A value of the kind that a slot wants, where what is given could be several.
struct AsKind
    type::Symbol
    x::Any
end
function put_part(builder::Builder, given::AsKind)
    type, x = given.type, given.x
    type === :list && x isa AbstractVector && !(x isa ValueVector) && return put_list(builder, x)
    type === :decimal && x isa Integer && return put_part(builder, Decimal(x))
    return put_part(builder, x)
end

# ---- Schemas of sources ----------------------------------------------------------------------------------------------

"The schema that a source has by its types."
function schema_for(source)
    found = columns_in(source)
    found === nothing || return Schema(map(slot_for, found))
    return schema_for_rows(source)
end

schema_for_rows(rows::RecordTable) = schema(rows)
function schema_for_rows(rows::AbstractVector{T}) where {T}
    isconcretetype(T) && isstructtype(T) && return Schema(T)
    throw(InvalidError("rows of type $T do not tell what they have: give a `schema`"))
end
schema_for_rows(other) =
    throw(InvalidError("a $(typeof(other)) does not tell what its rows have: give a `schema`"))

slot_for(columns::NamedTuple) = slot_of(Schema(map(slot_for, columns)), 1)
slot_for(column::AbstractVector{T}) where {T} = slot_of(T, 1)
slot_for(column::CellVector) = slot_again(column)
slot_for(column::TextVector) = plain_slot(column.schema.slots[column.number].type)
slot_for(column::TimeVector{E}) where {E} = slot_of(E, 1)
function slot_for(column::PresenceVector{E}) where {E}
    flags = (Missing <: E) * Raw.DELTOS_SLOT_NULLABLE | (Unset <: E) * Raw.DELTOS_SLOT_OPTIONAL
    return with_flags(slot_for(column.data), flags)
end
function slot_again(column::CellVector)
    slot = column.object.schema.slots[column.number]
    slot.type === :record && return slot_of(nested(column.object.schema, column.number), 1)
    return slot.type === :fixed ? slot_of(slot.format, 1) : plain_slot(slot.type)
end

# ---- Tables ----------------------------------------------------------------------------------------------------------

"""
    Deltos.create_records!(scope, name, source; schema = nothing, options...) -> Deltos.RecordTable
    Deltos.create_records!(f, scope, name, schema; options...)

Stores a new table of records, sealed unless a slot is writable. `source` is

- a vector, or anything that is iterated, of structures, named tuples, dictionaries, records: rows, which may be longer
  than memory where they are made one by one;
- columns: a named tuple or a dictionary of vectors, a `DataFrame`, or anything else whose properties are all vectors. A
  slot of records takes a vector of such, or a named tuple of columns.

Without a [`Deltos.Schema`](@ref) it is that of the elements' type, or of the columns. With one, slots that a row does
not have are unset or null, and what the schema does not have is refused in named tuples and columns. `missing` is null,
and so is `nothing`, but in a slot of any value, where it is a value; [`Deltos.unset`](@ref) is not set. Nothing is
stored when a row is refused.

With a function `f`, rows are added by what it is given, a [`Deltos.RecordBuilder`](@ref). Options are `layout` (`:rows`,
each row as the struct that C knows, or `:columns`, each slot as an array of its own, as Arrow has them),
`memory_bytes` (how much to keep in memory before temporary files are used; by default 64 MiB), `spill_directory`
(where those are made) and `progress`: `progress(done, total)` is called now and then with bytes; returning `true`
cancels.

```jldoctest
julia> using Deltos

julia> storage = Deltos.anonymous();

julia> schema = Deltos.Schema(:n => Int32, :at => (x = Float64, y = Float64), :note => Union{Missing,String});

julia> table = Deltos.create_records!(storage, "t", schema; layout = :columns) do builder
           for k in 1:3
               push!(builder, (n = k, at = (x = k / 2, y = 0), note = k == 2 ? missing : "number \$k"))
           end
       end;

julia> table[3].at.x, Deltos.column(table, "note")[2]
(1.5, missing)
```
"""
function create_records!(scope::Scope, name::AbstractString, source; schema::Union{Nothing,Schema} = nothing, options...)
    return create_records!(scope, name, something(schema, schema_of_source(schema, source)); options...) do builder
        append!(builder, source)
    end
end
schema_of_source(::Schema, source) = nothing
schema_of_source(::Nothing, source) = schema_for(source)

function create_records!(f, t::Transaction, name::AbstractString, schema::Schema; options...)
    spelled = text(name, "a name")
    builder = writing(pointer -> safely(() -> begin_in(pointer, spelled, schema; options...)), t)
    return finished(f, t, builder isa RecordBuilder ? builder : throw(builder))
end
function create_records!(f, storage::Storage, name::AbstractString, schema::Schema; options...)
    close(transaction(t -> create_records!(f, t, name, schema; options...), storage))
    return RecordTable(storage, name)
end
create_records!(f, snapshot::Snapshot, ::AbstractString, ::Schema; options...) = writing(identity, snapshot)

# What f gives, or what it throws: what holds a transaction for itself must not throw.
function safely(f)
    return try
        f()
    catch e
        e
    end
end

# Fills a builder and stores what it holds; or drops it.
function finished(f, t::Transaction, builder::RecordBuilder)
    try
        f(builder)
        add_waiting(builder)
        made = Ref(Ptr{Raw.deltos_object}(C_NULL))
        finish_in(_) = using_builder((pointer, cell) -> Raw.deltos_record_table_finish(pointer, made, cell), builder)
        answer = writing(transaction -> safely(() -> finish_in(transaction)), t)
        answer isa Exception ? throw(answer) : check_reported(answer..., builder.reporter)
        return RecordTable(Handle(made[]), t)
    finally
        close(builder)
    end
end

"""
    Deltos.pack_records(source; schema = nothing, options...) -> Vector{UInt8}
    Deltos.pack_records(f, schema; options...) -> Vector{UInt8}
    Deltos.unpack_records(bytes; offset = 0, copy = nothing) -> Deltos.RecordTable
    Deltos.RecordTable(source; schema = nothing, options...)

Records as bytes, from what [`Deltos.create_records!`](@ref) takes; and the table in such bytes, wherever they come
from. The array is held, and nobody may write to it or resize it meanwhile, unless it is copied: with `copy = true`, or
by default where the table does not start at a multiple of 64 bytes. `RecordTable(source)` does both.

```jldoctest
julia> using Deltos

julia> bytes = Deltos.pack_records([(x = 1, name = "one"), (x = 2, name = "two")]);

julia> Deltos.unpack_records(bytes)[2].name
"two"
```
"""
pack_records(source; schema::Union{Nothing,Schema} = nothing, options...) =
    pack_records(builder -> append!(builder, source), something(schema, schema_of_source(schema, source)); options...)
pack_records(f, schema::Schema; options...) =
    packed_table(f, begin_in(C_NULL, C_NULL, schema; options...), size -> (Vector{UInt8}(undef, size), 0))[1]

function packed_table(f, builder::RecordBuilder, room)
    try
        f(builder)
        add_waiting(builder)
        return filled_by_builder(Raw.deltos_record_table_pack, builder, room)
    finally
        close(builder)
    end
end

# What a function of the library packs, in bytes that `room` makes of a size, and where among them.
function filled_by_builder(pack_function, builder, room)
    size = Ref(UInt64(0))
    ask(bytes) = using_builder((pointer, cell) -> pack_function(pointer, bytes, size, cell), builder)
    status, cell = ask(C_NULL)
    status == Raw.DELTOS_E_TOO_SMALL || check_reported(status, cell, builder.reporter)
    bytes, start = room(Int(size[]))
    GC.@preserve bytes check_reported(ask(pointer(bytes) + start)..., builder.reporter)
    return bytes, start, Int(size[])
end

RecordTable(source; schema::Union{Nothing,Schema} = nothing, options...) =
    RecordTable(builder -> append!(builder, source), something(schema, schema_of_source(schema, source)); options...)
RecordTable(f, schema::Schema; options...) = table_in(packed_table(f, begin_in(C_NULL, C_NULL, schema; options...), aligned)...)

@doc (@doc pack_records)
function unpack_records(bytes::DenseArray{UInt8}; offset::Integer = 0, copy::Union{Nothing,Bool} = nothing)
    return table_in(placed(bytes, offset, copy)...)
end

table_in(bytes, start, size) =
    RecordTable(opened_in_memory(Raw.deltos_record_table_open_memory, bytes, start, size), nothing, bytes)
