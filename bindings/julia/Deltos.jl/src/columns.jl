# Columns: one slot of all rows as a vector, read where it lies.

# ---- Views of the library's ------------------------------------------------------------------------------------------

"""
    Deltos.View(table::Deltos.RecordTable)
    Deltos.View(table, slot; writable = false)

All rows of a table of layout rows, as structures, or one slot of all rows, by its number or name, as a
[`Deltos.View`](@ref): items as they lie, dates and times as the integers that they are stored as, text and values (in
layout columns) as all bytes of all rows, see [`Deltos.offsets`](@ref).
"""
View(table::RecordTable) = table_view(Raw.deltos_record_table_rows, object_of(table))
View(table::RecordTable, slot::Union{Integer,Symbol,AbstractString}; writable::Bool = false) =
    View(column_views(object_of(table), slot_number(schema(table), slot), writable)[1], object_of(table))

"""
    Deltos.heap(table) -> Deltos.View

The bytes of text and values of a table of layout rows.
"""
heap(table::RecordTable) = table_view(Raw.deltos_record_table_heap, object_of(table))

table_view(f, object::RecordObject) = View(handle_made(Raw.deltos_view) do made, cell
    calling(pointer -> f(pointer, Raw.DELTOS_VIEW_FULL_RO, made, cell), object.handle)
end, object)

"""
    Deltos.offsets(table, slot) -> Union{Deltos.View,Nothing}

Of a slot of text, bytes or values in layout columns: where in `Deltos.View(table, slot)` each row starts, from 0, and
behind the last row where it ends. Nothing of other slots.
"""
function offsets(table::RecordTable, slot)
    bytes, found = column_views(object_of(table), slot_number(schema(table), slot), false)
    finish_safely(bytes)
    return found === nothing ? nothing : View(found, object_of(table))
end

function column_views(object::RecordObject, number, writable)
    flags = writable ? Raw.DELTOS_VIEW_FULL : Raw.DELTOS_VIEW_FULL_RO
    made, beside, cell = Ref(Ptr{Raw.deltos_view}(C_NULL)), Ref(Ptr{Raw.deltos_view}(C_NULL)), ErrorCell()
    status = calling(object.handle) do pointer
        Raw.deltos_record_table_column(pointer, number - 1, flags, made, beside, cell)
    end
    check(status, cell)
    return Handle(made[]), beside[] == C_NULL ? nothing : Handle(beside[])
end

const PRESENCES = (valid = Raw.DELTOS_PRESENCE_VALID, null = Raw.DELTOS_PRESENCE_NULL)

"""
    Deltos.presence(table, slot, which = :valid) -> Union{Deltos.View,Nothing}

The bits that tell of a slot that may be null or unset whether there is a value, or with `:null`, of one that may be
both, whether it is null: in layout columns a bitmap, lowest bit first; in layout rows the byte of each row that the bit
is in, see [`Deltos.SlotInfo`](@ref). Nothing of slots without such bits.
"""
function presence(table::RecordTable, slot, which::Symbol = :valid)
    code = one_of(PRESENCES, which, "which presence")
    return presence_view(object_of(table), slot_number(schema(table), slot), code)
end

function presence_view(object, number, which)
    made, cell = Ref(Ptr{Raw.deltos_view}(C_NULL)), ErrorCell()
    status = calling(object.handle) do pointer
        Raw.deltos_record_table_presence(pointer, number - 1, which, Raw.DELTOS_VIEW_FULL_RO, made, cell)
    end
    check(status, cell)
    return made[] == C_NULL ? nothing : View(Handle(made[]), object)
end

# ---- Items -----------------------------------------------------------------------------------------------------------

"""
    Deltos.SlotVector{T,W} <: AbstractVector{T}

A slot of numbers, or of other items of a fixed size, in a table of layout rows: the items where they lie, one in each
row. See [`Deltos.column`](@ref).
"""
struct SlotVector{T,W} <: AbstractVector{T}
    pointer::Ptr{UInt8}
    step::Int # bytes from a row to the next
    count::Int
    view::View
end

"As `size`, and refuses what has been closed."
@inline function open_size(view::View, count)
    getfield(view, :handle).pointer == C_NULL && closed_array()
    return (count,)
end

@inline Base.size(v::SlotVector) = open_size(v.view, v.count)
Base.IndexStyle(::Type{<:SlotVector}) = IndexLinear()

@inline item_pointer(v::SlotVector{T}, i) where {T} = Ptr{T}(v.pointer + (i - 1) * v.step)

Base.@propagate_inbounds function Base.getindex(v::SlotVector{T}, i::Int) where {T}
    @boundscheck checkbounds(v, i)
    handle = getfield(v.view, :handle)
    return GC.@preserve handle load(item_pointer(v, i), 1)
end

Base.@propagate_inbounds function Base.setindex!(v::SlotVector{T,true}, x, i::Int) where {T}
    @boundscheck checkbounds(v, i)
    handle, item = getfield(v.view, :handle), convert(T, x)
    GC.@preserve handle unsafe_store!(item_pointer(v, i), item)
    return v
end
Base.setindex!(v::SlotVector{T,false}, x, i::Int) where {T} =
    throw(ReadOnlyError("the column is read-only: its slot must be writable, the table not sealed, and the storage open to write"))
Base.iswritable(::SlotVector{T,W}) where {T,W} = W

# ---- Dates and times -------------------------------------------------------------------------------------------------

"""
    Deltos.TimeVector{E,C} <: AbstractVector{E}

A slot of dates or times, over the integers that they are stored as. See [`Deltos.column`](@ref).
"""
struct TimeVector{E,C} <: AbstractVector{E}
    data::C
    zone::Union{Nothing,Int64}
end

const Moment = Union{DateTime,Timestamp}

Base.size(v::TimeVector) = size(v.data)
Base.IndexStyle(::Type{<:TimeVector}) = IndexLinear()
Base.iswritable(v::TimeVector) = iswritable(v.data)
Base.@propagate_inbounds Base.getindex(v::TimeVector{Date}, i::Int) = Date(Dates.UTD(v.data[i] + EPOCH_DAY))
Base.@propagate_inbounds Base.getindex(v::TimeVector{E}, i::Int) where {E} = moment(v.data[i], v.zone)::E
Base.@propagate_inbounds Base.setindex!(v::TimeVector{Date}, x, i::Int) = (v.data[i] = days_of(x); v)
Base.@propagate_inbounds Base.setindex!(v::TimeVector, x, i::Int) = (v.data[i] = microseconds_of(x, v.zone); v)

@inline function moment(microseconds::Int64, zone)
    milliseconds, rest = fldmod(microseconds, 1000)
    zone === nothing && rest == 0 && return DateTime(Dates.UTM(milliseconds + EPOCH))
    seconds, rest = fldmod(microseconds, 1_000_000)
    return Timestamp(seconds, rest * 1000, zone)
end

function days_of(x)
    days = Dates.value(convert(Date, x)) - EPOCH_DAY
    typemin(Int32) <= days <= typemax(Int32) || throw(RangeError("a slot cannot hold the day $x: it has 32 bits"))
    return Int32(days)
end

microseconds_of(x::DateTime, zone) = microseconds_of(Timestamp(x, zone), zone)
microseconds_of(x, zone) = microseconds_of(convert(DateTime, x), zone)
function microseconds_of(x::Timestamp, zone)
    zone === nothing && x.offset !== nothing &&
        throw(TypeMismatchError("a slot that is not UTC holds what a clock shows: give a DateTime, not $x"))
    microseconds, rest = fldmod(x.nanoseconds, 1000)
    rest == 0 || throw(RangeError("a slot cannot hold $x: it has microseconds"))
    total = widemul(x.seconds, 1_000_000) + microseconds
    typemin(Int64) <= total <= typemax(Int64) || throw(RangeError("a slot cannot hold $x: it has 64 bits of microseconds"))
    return Int64(total)
end

# ---- Text ------------------------------------------------------------------------------------------------------------

"""
    Deltos.TextVector{E} <: AbstractVector{E}

A slot of text or bytes in a table of layout columns; an element is made when it is asked for. See
[`Deltos.column`](@ref).
"""
struct TextVector{E} <: AbstractVector{E}
    bytes::Ptr{UInt8}
    room::Int
    offsets::Ptr{Int64}
    count::Int
    view::View
    beside::View # of the offsets
    schema::Schema
    number::Int
end

Base.size(v::TextVector) = open_size(v.view, v.count)
Base.IndexStyle(::Type{<:TextVector}) = IndexLinear()

# Whoever may write the memory may have changed the offsets since they were checked.
Base.@propagate_inbounds function Base.getindex(v::TextVector{E}, i::Int) where {E}
    @boundscheck checkbounds(v, i)
    handle, beside = getfield(v.view, :handle), getfield(v.beside, :handle)
    found = GC.@preserve handle beside begin
        start, stop = unsafe_load(v.offsets, i), unsafe_load(v.offsets, i + 1)
        0 <= start <= stop <= v.room || damaged_offsets(v, i)
        E === String ? unsafe_string(v.bytes + start, stop - start) : copy_of(v.bytes + start, stop - start)
    end
    E === String && !isvalid(found) && damaged_text(v.schema, i, v.number)
    return found
end

@noinline damaged_offsets(v, i) =
    throw(CorruptError("slot $(path_of(v.schema, v.number)) of row $i is damaged: its offsets fall or lead beyond the end"))

# ---- What is read through the table's handle -------------------------------------------------------------------------

"""
    Deltos.CellVector{E} <: AbstractVector{E}

A slot of values or records, or of text in a table of layout rows; an element is read when it is asked for, through the
handle of the table. See [`Deltos.column`](@ref).
"""
struct CellVector{E} <: AbstractVector{E}
    object::RecordObject
    number::Int
end

Base.size(v::CellVector) = size(RecordTable(v.object))
Base.IndexStyle(::Type{<:CellVector}) = IndexLinear()
Base.@propagate_inbounds function Base.getindex(v::CellVector{E}, i::Int) where {E}
    @boundscheck checkbounds(v, i)
    return read_cell(v.object, i, v.number)::E
end

const CELLS = (
    utf8 = String, bytes = Vector{UInt8}, list = ValueVector, tuple = ValueTuple, set = ValueSet, dict = ValueDict,
    decimal = Decimal, ndarray = BufferArray, value = Any, record = Record, fixed = Any,
)

# ---- What may be missing ---------------------------------------------------------------------------------------------

# The bits of one slot, in a bitmap (step 0) or in a byte of each row.
struct PresenceBits
    valid::Ptr{UInt8}
    null::Ptr{UInt8}
    step::Int
    valid_bit::Int
    null_bit::Int
    absent::Int32 # what a slot is that is only one of both
end

@inline function is_set(bits::PresenceBits, pointer, bit, i)
    bits.step == 0 && return unsafe_load(pointer, (i >> 3) + 1) >> (i & 7) & 0x01 != 0x00
    return unsafe_load(pointer + i * bits.step) >> bit & 0x01 != 0x00
end

@inline function state(bits::PresenceBits, i)
    is_set(bits, bits.valid, bits.valid_bit, i) && return Raw.DELTOS_PRESENT
    bits.null == C_NULL && return bits.absent
    return is_set(bits, bits.null, bits.null_bit, i) ? Raw.DELTOS_NULL : Raw.DELTOS_UNSET
end

"""
    Deltos.PresenceVector{E,C,K} <: AbstractVector{E}

A slot that may be null or unset, or that lies in a record that may: over a column of what is there. See
[`Deltos.column`](@ref). Only what is there can be changed.
"""
struct PresenceVector{E,C,K} <: AbstractVector{E}
    data::C
    levels::NTuple{K,PresenceBits} # of the records that it is in, and its own
    views::Vector{View}
end

Base.size(v::PresenceVector) = size(v.data)
Base.IndexStyle(::Type{<:PresenceVector}) = IndexLinear()
Base.iswritable(v::PresenceVector) = iswritable(v.data)

@inline function state(v::PresenceVector, i)
    for bits in v.levels
        found = state(bits, i - 1)
        found == Raw.DELTOS_PRESENT || return found
    end
    return Raw.DELTOS_PRESENT
end

Base.@propagate_inbounds function Base.getindex(v::PresenceVector{E}, i::Int) where {E}
    @boundscheck checkbounds(v, i)
    views = v.views
    found = GC.@preserve views state(v, i)
    found == Raw.DELTOS_PRESENT && return @inbounds v.data[i]
    return found == Raw.DELTOS_NULL ? missing : unset
end

Base.@propagate_inbounds function Base.setindex!(v::PresenceVector, x, i::Int)
    @boundscheck checkbounds(v, i)
    views = v.views
    (GC.@preserve views state(v, i)) == Raw.DELTOS_PRESENT || nothing_there(i)
    @inbounds v.data[i] = x
    return v
end

@noinline nothing_there(i) =
    throw(InvalidError("row $i has no value in this slot, and cannot be given one: only values that are there are changed in place"))

# The bits of a slot and of the records that it is in, up to `above`; and what keeps them.
function presence_levels(object, number, above)
    levels, views = PresenceBits[], View[]
    while number != above
        slot = object.schema.slots[number]
        if slot.nullable || slot.optional
            valid = presence_view(object, number, Raw.DELTOS_PRESENCE_VALID)
            null = presence_view(object, number, Raw.DELTOS_PRESENCE_NULL)
            push!(views, valid)
            null === nothing || push!(views, null)
            pushfirst!(levels, PresenceBits(
                Ptr{UInt8}(valid.pointer), null === nothing ? Ptr{UInt8}(C_NULL) : Ptr{UInt8}(null.pointer),
                object.in_rows ? object.schema.row_bytes : 0, slot.valid_bit & 7, slot.null_bit & 7,
                slot.nullable ? Raw.DELTOS_NULL : Raw.DELTOS_UNSET,
            ))
        end
        number = slot.parent
    end
    return levels, views
end

function absences(object, number, above)
    found = Union{}
    while number != above
        slot = object.schema.slots[number]
        slot.nullable && (found = Union{found,Missing})
        slot.optional && (found = Union{found,Unset})
        number = slot.parent
    end
    return found
end

# ---- Columns ---------------------------------------------------------------------------------------------------------

"""
    Deltos.column(table, slot; writable = nothing) -> AbstractVector

One slot of all rows, by its number or name (`"place.x"` of one in records), read where it lies:

| slot                          | elements                                                                                     |
|-------------------------------|----------------------------------------------------------------------------------------------|
| numbers, items of fixed size  | of their type: a [`BufferArray`](@ref) in layout columns, with steps in layout rows          |
| dates; times                  | `Date`; `DateTime` (a [`Deltos.Timestamp`](@ref) if finer than milliseconds, and of instants)   |
| text; bytes                   | `String`; `Vector{UInt8}`, made when they are asked for                                      |
| values                        | what is in a [`Deltos.Value`](@ref)                                                          |
| records                       | [`Deltos.Record`](@ref)                                                                      |

Elements are `missing` where the slot, or the record that it is in, is null, and [`Deltos.unset`](@ref) where it is not
set. Slots that are writable are changed in place by `column[k] = x`; `writable` is by default what slot, table and
storage allow, and a table cannot be sealed while such a column lives. [`Deltos.atomic_add!`](@ref) and its like take a
column, too.

```jldoctest
julia> using Deltos

julia> storage = Deltos.anonymous();

julia> counts = (n = [1, 2, 3], note = ["a", missing, "c"]);

julia> schema = Deltos.Schema(:n => Deltos.Slot(Int; writable = true), :note => Union{Missing,String});

julia> table = Deltos.create_records!(storage, "counts", counts; schema = schema, layout = :columns);

julia> Deltos.column(table, :note)[2]
missing

julia> n = Deltos.column(table, :n); n .*= 10; Deltos.atomic_add!(n, 3, 5)
30

julia> table[3]
Deltos.Record(n = 35, note = "c")
```
"""
function column(table::RecordTable, slot; writable::Union{Nothing,Bool} = nothing)
    return column_of(object_of(table), slot_number(schema(table), slot), 0, nothing, writable)
end

# Of the records in slot `above`, with items as type E where that is told.
function column_of(object::RecordObject, number, above, E, writable)
    data = either_way(flag -> present_column(object, number, E, flag), writable, is_changeable(object, number))
    levels, views = presence_levels(object, number, above)
    isempty(levels) && return data
    whole = Union{eltype(data),absences(object, number, above)}
    return PresenceVector{whole,typeof(data),length(levels)}(data, (levels...,), views)
end

is_changeable(object, number) =
    object.schema.slots[number].writable && object.scope !== nothing && may_store(object)

function present_column(object, number, E, writable)
    slot = object.schema.slots[number]
    T = E === nothing ? object.types[number] : E
    slot.type === :fixed && T !== nothing && return items(object, number, T, writable)
    if slot.type === :date
        data = items(object, number, Int32, writable)
        return TimeVector{Date,typeof(data)}(data, nothing)
    elseif slot.type === :datetime
        data = items(object, number, Int64, writable)
        return TimeVector{slot.utc ? Timestamp : Moment,typeof(data)}(data, slot.utc ? Int64(0) : nothing)
    end
    writable && throw(ReadOnlyError("slot $(path_of(object.schema, number)) cannot be changed: only numbers, dates and times can be writable"))
    slot.type in (:utf8, :bytes) && !object.in_rows && return texts(object, number, CELLS[slot.type])
    return CellVector{CELLS[slot.type]}(object, number)
end

items(object, number, ::Type{T}, writable) where {T} =
    spaced_items(T, View(column_views(object, number, writable)[1], object))

# The items of a view of one dimension, where they lie.
spaced_items(::Type{T}, view) where {T} = calling_layout(view) do raw
    step, W = raw.ndim == 0 ? sizeof(T) : Int(unsafe_load(raw.strides, 1)), raw.readonly == 0
    # Not as many as there are: the table may have been refreshed meanwhile.
    count = Int(unsafe_load(raw.shape, 1))
    step == sizeof(T) && return BufferArray{T,1,W}(Ptr{T}(raw.data), (count,), view)
    return SlotVector{T,W}(Ptr{UInt8}(raw.data), step, count, view)
end

function texts(object, number, E)
    bytes, beside = column_views(object, number, false)
    view, offsets = View(bytes, object), View(beside, object)
    return TextVector{E}(
        Ptr{UInt8}(view.pointer), view.nbytes, Ptr{Int64}(offsets.pointer), length(offsets) - 1, view, offsets,
        object.schema, number,
    )
end

"""
    Deltos.columns(table) -> NamedTuple

All columns of a table, see [`Deltos.column`](@ref): slots of records are vectors of records. A named tuple of vectors is
a table to all that know Tables.jl: `Tables.columntable(Deltos.columns(table))`, `DataFrame(Deltos.columns(table))`. The
other way round, [`Deltos.create_records!`](@ref) takes whatever has columns as properties.
"""
function columns(table::RecordTable; writable::Union{Nothing,Bool} = false)
    slots, numbers = schema(table).slots, schema(table).levels[1]
    names = ((Symbol(slots[number].name) for number in numbers)...,)
    return NamedTuple{names}(((column(table, number; writable = writable) for number in numbers)...,))
end

const Column = Union{SlotVector,TimeVector,TextVector,CellVector,PresenceVector}

"""
    close(column)

Ends a column of a table, so that storage or table can be closed. Of one that is read through the table's handle, such
as one of values, that is `close(table)`.
"""
Base.close(v::SlotVector) = close(v.view)
Base.close(v::TimeVector) = close(v.data)
Base.close(v::TextVector) = (close(v.view); close(v.beside))
Base.close(v::CellVector) = nothing
Base.close(v::PresenceVector) = (close(v.data); foreach(close, v.views))

Base.isopen(v::SlotVector) = isopen(v.view)
Base.isopen(v::TimeVector) = isopen(v.data)
Base.isopen(v::TextVector) = isopen(v.view)
Base.isopen(v::CellVector) = isopen(v.object)
Base.isopen(v::PresenceVector) = isopen(v.data)

Base.show(io::IO, mime::MIME"text/plain", v::Column) = show_open(v, io, mime)
Base.show(io::IO, v::Column) = show_open(v, io)

"""
    Deltos.View(column)

The items of a column as they lie.
"""
View(v::SlotVector) = v.view
View(v::Union{TimeVector,PresenceVector}) = View(v.data)

const Changeable = Union{SlotVector,BufferArray,TimeVector,PresenceVector}
atomic_load(v::Changeable, index; keywords...) = atomic_load(View(v), index; keywords...)
atomic_store!(v::Changeable, index, x; keywords...) = (atomic_store!(View(v), index, x; keywords...); v)
atomic_add!(v::Changeable, index, x; keywords...) = atomic_add!(View(v), index, x; keywords...)
atomic_replace!(v::Changeable, index, expected, desired; keywords...) =
    atomic_replace!(View(v), index, expected, desired; keywords...)

# ---- Structures of the program's -------------------------------------------------------------------------------------

"""
    Deltos.records(T, table) -> AbstractVector{T}

The records as structures or named tuples `T` of the program's. It may have fewer fields than the records have slots,
in another order; [`Deltos.check`](@ref) tells which tables can be read so, and what can be missing is read as `missing`,
`nothing` or [`Deltos.unset`](@ref), whichever the type of the field has. Where a row is laid out as `T` is, in layout
rows, it is a [`BufferArray`](@ref): the file itself. Else structures are made when they are asked for.

```jldoctest
julia> using Deltos

julia> struct Point
           x::Float64
           y::Float64
       end

julia> storage = Deltos.anonymous();

julia> Deltos.create_records!(storage, "points", [Point(1, 2), Point(3, 4)]);

julia> Deltos.records(Point, storage["points"])
2-element BufferArray{Point,1}, read-only:
 Point(1.0, 2.0)
 Point(3.0, 4.0)

julia> Deltos.records(NamedTuple{(:y,),Tuple{Float32}}, Deltos.RecordTable((y = Float32[5],)))[1]
(y = 5.0f0,)
```
"""
function records(::Type{T}, table::RecordTable) where {T}
    object, reader = object_of(table), Schema(T)
    check(reader, object.schema)
    object.in_rows && isbitstype(T) && same_layout(reader, object.schema, sizeof(T)) && return packed_rows(T, object)
    return typed_records(T, object, 0)
end

function same_layout(reader, writer, size)
    place(slot) = (slot.name, slot.type, slot.dtype, slot.type === :fixed ? slot.format : "", slot.parent, slot.offset)
    plain(slot) = slot.type in (:fixed, :record) && !slot.nullable && !slot.optional
    return writer.row_bytes == size && all(plain, writer.slots) && map(place, reader.slots) == map(place, writer.slots)
end

function packed_rows(::Type{T}, object) where {T}
    view = table_view(Raw.deltos_record_table_rows, object)
    return calling_layout(raw -> BufferArray{T,1,false}(Ptr{T}(raw.data), (Int(unsafe_load(raw.shape, 1)),), view), view)
end

"""
    Deltos.TypedRecords{T,C} <: AbstractVector{T}

Records as structures of the program's, made when they are asked for. See [`Deltos.records`](@ref).
"""
struct TypedRecords{T,C} <: AbstractVector{T}
    columns::C
    count::Int
end

# What the records have no slot for.
struct SameVector{E} <: AbstractVector{E}
    element::E
    count::Int
end
Base.size(v::SameVector) = (v.count,)
Base.getindex(v::SameVector, i::Int) = v.element
Base.close(::SameVector) = nothing

Base.size(v::TypedRecords) = (v.count,)
Base.IndexStyle(::Type{<:TypedRecords}) = IndexLinear()
Base.@propagate_inbounds function Base.getindex(v::TypedRecords{T}, i::Int) where {T}
    @boundscheck checkbounds(v, i)
    return assembled(T, map(column -> column[i], v.columns))
end
Base.close(v::TypedRecords) = foreach(close, v.columns)

function typed_records(::Type{T}, object, level) where {T}
    columns = ntuple(k -> typed_column(object, level, fieldname(T, k), fieldtype(T, k)), fieldcount(T))
    return TypedRecords{T,typeof(columns)}(columns, object.count)
end

function typed_column(object, level, name, F)
    number = get(object.schema.places[level+1], name, 0)
    number == 0 && return SameVector(Unset <: F ? unset : missing, object.count)
    slot, K = object.schema.slots[number], present_part(F)
    slot.type === :record && K <: Record && return column_of(object, number, level, nothing, false)
    if slot.type === :record
        data = typed_records(K, object, number)
        levels, views = presence_levels(object, number, level)
        isempty(levels) && return data
        whole = Union{K,absences(object, number, level)}
        return PresenceVector{whole,typeof(data),length(levels)}(data, (levels...,), views)
    end
    exact = slot.type === :fixed && isbitstype(K) && sizeof(K) == slot.size && fits(K, slot.dtype, slot.format)
    return column_of(object, number, level, exact ? K : nothing, false)
end

present_part(F) = F isa Union ? Union{filter(part -> !(part in ABSENT), Base.uniontypes(F))...} : F

@generated function assembled(::Type{T}, found::Tuple) where {T}
    parts = [:(settle($(fieldtype(T, k)), found[$k])) for k in 1:fieldcount(T)]
    return T <: NamedTuple ? :(T(($(parts...),))) : :(T($(parts...)))
end

# What was read as the type of a field.
@inline settle(::Type{F}, x) where {F} = x isa F ? x : unlike(F, x)
function unlike(::Type{F}, x) where {F}
    x isa Unset && Missing <: F && return missing
    (x isa Unset || x isa Missing) && Nothing <: F && return nothing
    return turned(present_part(F), x)
end
turned(::Type{K}, x) where {K} = convert(K, x)
turned(::Type{Symbol}, x::String) = Symbol(x)
turned(::Type{K}, x::String) where {K<:AbstractChar} = K(only(x))
turned(::Type{K}, x::ValueTuple) where {K<:Tuple} = convert(K, Tuple(x))
turned(::Type{K}, x::Record) where {K} = record(K, x)

"""
    Deltos.record(T, record::Deltos.Record) -> T

One record as a structure or named tuple of the program's, see [`Deltos.records`](@ref).
"""
function record(::Type{T}, found::Record) where {T}
    check(Schema(T), schema(found))
    return assembled(T, ntuple(k -> field_of(found, fieldname(T, k), fieldtype(T, k)), fieldcount(T)))
end
field_of(found, name, F) =
    haskey(object_of(found).schema.places[level_of(found)+1], name) ? getproperty(found, name) : Unset <: F ? unset : missing
