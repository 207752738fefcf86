# Schemas: what records have, from types of Julia or from names and types, and whether programs of one can read another.

struct Unset end

"""
    Deltos.unset

What a record is read as having in a slot that is not set, as if it had no such slot; of type `Deltos.Unset`. Only slots
that are optional can be unset. Null, which is a different thing, is `missing`.
"""
const unset = Unset()

Base.show(io::IO, ::Unset) = print(io, "Deltos.unset")

const SLOT_TYPES = (
    fixed = Raw.DELTOS_TYPE_FIXED,
    date = Raw.DELTOS_TYPE_DATE,
    datetime = Raw.DELTOS_TYPE_DATETIME,
    bytes = Raw.DELTOS_TYPE_BYTES,
    utf8 = Raw.DELTOS_TYPE_UTF8,
    list = Raw.DELTOS_TYPE_LIST,
    tuple = Raw.DELTOS_TYPE_TUPLE,
    set = Raw.DELTOS_TYPE_SET,
    dict = Raw.DELTOS_TYPE_DICT,
    decimal = Raw.DELTOS_TYPE_DECIMAL,
    ndarray = Raw.DELTOS_TYPE_NDARRAY,
    value = Raw.DELTOS_TYPE_VALUE,
    record = Raw.DELTOS_TYPE_RECORD,
)

"""
    Deltos.SlotInfo

A slot of a schema, as `schema.slots` lists them: `name`, `type` (a symbol such as `:fixed` or `:utf8`), `format` (of
`:fixed` the format string, of `:record` the name of its schema), `dtype`, `nullable`, `optional`, `writable`, `utc`,
`parent` (the number of the record that it is in, 0: of none), `offset` and `size` (in a row, in bytes), `valid_bit` and
`null_bit` (in the row's presence bytes, from 0; -1: none).
"""
struct SlotInfo
    name::String
    type::Symbol
    format::String
    dtype::Int32
    nullable::Bool
    optional::Bool
    writable::Bool
    utc::Bool
    parent::Int
    offset::Int
    size::Int
    valid_bit::Int
    null_bit::Int
end

function SlotInfo(raw::Raw.deltos_slot)
    has(flag) = raw.flags & flag != 0
    place = findfirst(==(raw.type_), values(SLOT_TYPES))
    place === nothing && throw(FeatureError("a slot of type $(raw.type_) is of a newer version than this package: use a newer one"))
    format = raw.format == C_NULL ? "" : unsafe_string(raw.format)
    return SlotInfo(
        unsafe_string(raw.name), keys(SLOT_TYPES)[place], format, raw.dtype, has(Raw.DELTOS_SLOT_NULLABLE),
        has(Raw.DELTOS_SLOT_OPTIONAL), has(Raw.DELTOS_SLOT_WRITABLE), has(Raw.DELTOS_SLOT_UTC), raw.parent + 1,
        raw.offset, raw.size, raw.valid_bit, raw.null_bit,
    )
end

"""
    Deltos.Schema(T; name, version = 0, min_reader = 0, metadata = "")
    Deltos.Schema(name => type, ...; name = "", ...)

What the records of a [`Deltos.RecordTable`](@ref) have: named slots, each with a type. Of a structure or named tuple
`T`, its fields; else what is listed, also as a named tuple of types. A type is one of Julia, a [`Deltos.Slot`](@ref),
which says more, a format string such as `"16s"` or `"(3,4)f"`, or another schema, whose records lie inline.

| type of Julia                                          | slot                                                     |
|--------------------------------------------------------|----------------------------------------------------------|
| numbers, `NTuple`s and other tuples of numbers         | `:fixed`                                                 |
| strings, characters, symbols                           | `:utf8`                                                  |
| `Vector{UInt8}`                                        | `:bytes`                                                 |
| `Date`; `DateTime`; [`Deltos.Timestamp`](@ref)         | `:date`; `:datetime`, what clocks show; instants (UTC)   |
| [`Deltos.Decimal`](@ref)                               | `:decimal`                                               |
| arrays of numbers; other vectors                       | `:ndarray`; `:list`                                      |
| other tuples, dictionaries, sets                       | `:tuple`, `:dict`, `:set`                                |
| structures, named tuples, schemas                      | `:record`                                                |
| `Any`, and other types that are not concrete           | `:value`                                                 |
| `Union{Missing,T}`, `Union{Nothing,T}`                 | as `T`, and nullable                                     |
| `Union{Deltos.Unset,T}`                                | as `T`, and optional                                     |

It has the properties `name`, `version` and `min_reader` (readers of a smaller version are refused), `metadata` (any
bytes), `row_bytes`, `alignment` and `presence_offset` (of a row in layout rows), and `slots`: [`Deltos.SlotInfo`](@ref)
of all levels, a record before what it has. Slots are numbered so, from 1. See [`Deltos.find`](@ref),
[`Deltos.nested`](@ref), [`Deltos.check`](@ref), [`Deltos.pack`](@ref) and [`Deltos.unpack`](@ref).

```jldoctest
julia> using Deltos

julia> struct Tree
           height::Float64
           name::String
           felled::Union{Missing,Int32}
       end

julia> Deltos.Schema(Tree)
Deltos.Schema "Tree": height (d), name (utf8), felled (i, nullable)

julia> Deltos.Schema(:code => "4s", :at => (x = Float32, y = Float32)).row_bytes
12
```
"""
struct Schema
    handle::Handle{Raw.deltos_schema}
    name::String
    version::Int
    min_reader::Int
    metadata::Vector{UInt8}
    row_bytes::Int
    alignment::Int
    presence_offset::Int
    slots::Vector{SlotInfo}
    levels::Vector{Vector{Int}} # the numbers of the slots in slot k: levels[k + 1]
    places::Vector{Dict{Symbol,Int}} # of each level: a slot's number by its name
end

function Schema(handle::Handle{Raw.deltos_schema})
    info, count, cell = sized(Raw.deltos_schema_info), Ref(UInt64(0)), ErrorCell()
    return with(handle) do pointer
        check(Raw.deltos_schema_stat(pointer, info, cell), cell)
        raw = info[]
        room = Vector{Raw.deltos_slot}(undef, raw.slots)
        check(Raw.deltos_schema_slots(pointer, room, length(room), count, cell), cell)
        slots = map(SlotInfo, room)
        metadata = copy_of(Ptr{UInt8}(raw.metadata), raw.metadata_size)
        return Schema(
            handle, unsafe_string(raw.name), raw.version, raw.min_reader, metadata, raw.row_bytes, raw.alignment,
            raw.presence_offset, slots, levels_of(slots)...,
        )
    end
end

# Bytes of the library's as an array of Julia's.
function copy_of(pointer::Ptr{UInt8}, count)
    bytes = Vector{UInt8}(undef, count)
    GC.@preserve bytes unsafe_copyto!(Base.pointer(bytes), pointer, length(bytes))
    return bytes
end

function levels_of(slots)
    levels, places = [Int[] for _ in 0:length(slots)], [Dict{Symbol,Int}() for _ in 0:length(slots)]
    for (number, slot) in enumerate(slots)
        push!(levels[slot.parent+1], number)
        places[slot.parent+1][Symbol(slot.name)] = number
    end
    return levels, places
end

"""
    Deltos.Slot(type; nullable = false, optional = false, writable = false, utc = false)

A slot to be, see [`Deltos.Schema`](@ref): a type, or one of the symbols of [`Deltos.SlotInfo`](@ref), and whether it may
be null, may be unset (as if the record had no such slot), can be changed in place in stored tables, and, of times,
whether they are instants.

```jldoctest
julia> using Deltos

julia> Deltos.Schema(:count => Deltos.Slot(Int; writable = true), :note => Deltos.Slot(:value; optional = true))
Deltos.Schema: count (q, writable), note (value, optional)
```
"""
struct Slot
    type::Int32
    format::String # empty: `dtype` tells
    dtype::Int32
    schema::Union{Nothing,Schema}
    flags::UInt32
end

function Slot(type; nullable::Bool = false, optional::Bool = false, writable::Bool = false, utc::Bool = false)
    slot = slot_of(type, 1)
    flags =
        nullable * Raw.DELTOS_SLOT_NULLABLE | optional * Raw.DELTOS_SLOT_OPTIONAL |
        writable * Raw.DELTOS_SLOT_WRITABLE | utc * Raw.DELTOS_SLOT_UTC
    return with_flags(slot, flags)
end

with_flags(slot::Slot, flags) = Slot(slot.type, slot.format, slot.dtype, slot.schema, slot.flags | flags)
plain_slot(type::Symbol, flags = 0) = Slot(one_of(SLOT_TYPES, type, "the type of a slot"), "", 0, nothing, flags)

slot_of(slot::Slot, depth) = slot
slot_of(type::Symbol, depth) = plain_slot(type)
slot_of(format::AbstractString, depth) = Slot(Raw.DELTOS_TYPE_FIXED, text(format, "a format"), 0, nothing, 0)
slot_of(schema::Schema, depth) = Slot(Raw.DELTOS_TYPE_RECORD, "", 0, schema, 0)
slot_of(types::NamedTuple, depth) = slot_of(Schema(types), depth)
slot_of(other, depth) = throw(InvalidError("a slot is of a type, a format or a schema; not $(repr(other))"))

const ABSENT = (Missing, Nothing, Unset)

function slot_of(T::Type, depth)
    parts = T isa Union ? Base.uniontypes(T) : Any[T]
    nullable, optional = any(part -> part === Missing || part === Nothing, parts), Unset in parts
    kept = Union{filter(part -> !(part in ABSENT), parts)...}
    slot = kept === Union{} ? plain_slot(:value) : present_slot(kept, depth)
    return with_flags(slot, nullable * Raw.DELTOS_SLOT_NULLABLE | optional * Raw.DELTOS_SLOT_OPTIONAL)
end

# Types that are no numbers, structures or containers.
const PLAIN_SLOTS = [
    (Union{AbstractString,AbstractChar,Symbol}, :utf8), (Date, :date), (Union{DateTime,Timestamp}, :datetime),
    (Decimal, :decimal), (ValueVector, :list), (ValueTuple, :tuple), (AbstractDict, :dict), (AbstractSet, :set),
]

function present_slot(T, depth)
    T <: AbstractVector{UInt8} && T !== Union{} && !(T <: BufferArray) && return plain_slot(:bytes)
    T === Timestamp && return plain_slot(:datetime, Raw.DELTOS_SLOT_UTC)
    for (wider, type) in PLAIN_SLOTS
        T <: wider && return plain_slot(type)
    end
    T <: AbstractArray && return array_slot(T)
    isconcretetype(T) || return plain_slot(:value)
    dtype_of(T) != Raw.DELTOS_DTYPE_OTHER && return Slot(Raw.DELTOS_TYPE_FIXED, "", dtype_of(T), nothing, 0)
    T <: Tuple && return tuple_slot(T)
    T <: Number && isbitstype(T) && return slot_of(format_of(T), depth)
    isstructtype(T) && fieldcount(T) > 0 && return slot_of(schema_of_type(T, depth + 1), depth)
    throw(FormatError("a slot cannot hold a $T: use numbers, text, dates, containers or structures of such"))
end

# What `put!` makes of an array: numbers are one, other vectors are a list.
function array_slot(T)
    E = T isa DataType || T isa UnionAll ? eltype(T) : Any
    isconcretetype(E) && dtype_of(E) != Raw.DELTOS_DTYPE_OTHER && return plain_slot(:ndarray)
    return plain_slot(T <: AbstractVector && isconcretetype(T) ? :list : :value)
end

function tuple_slot(T)
    isbitstype(T) && sizeof(T) > 0 || return plain_slot(:tuple)
    return Slot(Raw.DELTOS_TYPE_FIXED, format_of(T), 0, nothing, 0)
end

# ---- Making ----------------------------------------------------------------------------------------------------------

Schema(slots::Pair...; keywords...) = made_schema([String(first(slot)) => last(slot) for slot in slots]; keywords...)
Schema(types::NamedTuple; keywords...) = Schema(pairs(types)...; keywords...)
Schema(T::Type; keywords...) = schema_of_type(T, 1; keywords...)

const DEEPEST = 16 # levels of records

function schema_of_type(T, depth; name = T <: NamedTuple ? "" : String(nameof(T)), keywords...)
    isconcretetype(T) && isstructtype(T) && !(T <: Tuple) ||
        throw(FormatError("a schema is made of a structure or a named tuple type: $T has no fields with names and types"))
    depth <= DEEPEST || throw(LimitError("$T is a record more than $DEEPEST levels deep: a record cannot contain itself"))
    slots = Pair{String,Any}[]
    for k in 1:fieldcount(T)
        push!(slots, String(fieldname(T, k)) => field_slot(T, k, depth))
    end
    return made_schema(slots; name = name, keywords...)
end

function field_slot(T, k, depth)
    return try
        slot_of(fieldtype(T, k), depth)
    catch e
        e isa FormatError || rethrow()
        throw(FormatError("slot $(repr(String(fieldname(T, k)))) of $T: $(e.message)"))
    end
end

function made_schema(slots; name = "", version::Integer = 0, min_reader::Integer = 0, metadata = UInt8[])
    called, kept = text(name, "a name"), metadata isa AbstractString ? Vector{UInt8}(metadata) : Vector{UInt8}(metadata)
    names = [text(slot_name, "a slot's name") for (slot_name, _) in slots]
    made = Slot[slot_of(slot, 1) for (_, slot) in slots]
    GC.@preserve kept names made begin
        raw = [raw_slot(names[k], made[k]) for k in 1:length(made)]
        options = Ref(Raw.deltos_schema_options(
            sizeof(Raw.deltos_schema_options), version, min_reader, 0, pointer(kept), length(kept),
        ))
        return Schema(handle_made(Raw.deltos_schema) do made, cell
            Raw.deltos_schema_make(called, raw, length(raw), options, made, cell)
        end)
    end
end

function raw_slot(name, slot)
    format = isempty(slot.format) ? Ptr{UInt8}(C_NULL) : pointer(slot.format)
    schema = slot.schema === nothing ? Ptr{Raw.deltos_schema}(C_NULL) : slot.schema.handle.pointer
    return Raw.deltos_slot(pointer(name), format, schema, slot.type, slot.dtype, slot.flags, 0, 0, 0, 0, 0)
end

# ---- Using -----------------------------------------------------------------------------------------------------------

"""
    Deltos.find(schema, name) -> Union{Int,Nothing}

The number of a slot; one within records is named by all names on the way, with dots between them: `"place.x"`.
"""
function find(schema::Schema, name::Union{AbstractString,Symbol})
    spelled = text(String(name), "a slot's name")
    found = asked(schema.handle, Ref(Int64(-1))) do pointer, index, cell
        Raw.deltos_schema_find(pointer, spelled, index, cell)
    end
    return found < 0 ? nothing : Int(found) + 1
end

"""
    Deltos.nested(schema, slot) -> Deltos.Schema

The schema of a slot that holds records, by its number or name.
"""
function nested(schema::Schema, slot)
    number = slot_number(schema, slot)
    return Schema(handle_made(Raw.deltos_schema) do made, cell
        calling(pointer -> Raw.deltos_schema_nested(pointer, number - 1, made, cell), schema.handle)
    end)
end

function slot_number(schema::Schema, number::Integer)
    1 <= number <= length(schema.slots) && return Int(number)
    throw(RangeError("there is no slot $number: the schema has $(length(schema.slots))"))
end
function slot_number(schema::Schema, name::Union{AbstractString,Symbol})
    number = name isa Symbol ? get(schema.places[1], name, nothing) : nothing
    number === nothing && (number = find(schema, name))
    number === nothing || return number
    throw(NotFoundError("there is no slot $(repr(String(name))): the records have $(names_of(schema))"))
end

function names_of(schema::Schema)
    names = [repr(schema.slots[number].name) for number in schema.levels[1]]
    return length(names) <= 20 ? join(names, ", ") : join(names[1:20], ", ") * ", ..."
end

"""
    Deltos.check(reader::Deltos.Schema, writer::Deltos.Schema)

Throws [`TypeMismatchError`](@ref), which names slot and reason, when a program that knows records by one schema cannot
read those of another one. What both have must be of the same type; what the writer does not have, the reader must be
able to miss (nullable or optional); what the reader needs in every record, the writer must have in every one. More
slots, their order and names of schemas do not matter.

```jldoctest
julia> using Deltos

julia> old = Deltos.Schema(:id => Int64); new = Deltos.Schema(:id => Int64, :note => Union{Missing,String});

julia> Deltos.check(new, old)

julia> Deltos.check(Deltos.Schema(:id => Int64, :name => String), old)
ERROR: TypeMismatchError: slot name is not there, and is expected in every row
```
"""
function check(reader::Schema, writer::Schema)
    cell = ErrorCell()
    status = calling(reader.handle) do program
        calling(records -> Raw.deltos_schema_check(program, records, cell), writer.handle)
    end
    return check(status, cell)
end

"""
    Deltos.pack(schema::Deltos.Schema) -> Vector{UInt8}
    Deltos.unpack(Deltos.Schema, bytes) -> Deltos.Schema

A schema as bytes, which are a value that describes itself, and the schema in such bytes.
"""
function pack(schema::Schema)
    return filled((bytes, size, cell) -> calling(schema.handle) do pointer
        Raw.deltos_schema_pack(pointer, bytes, size, cell)
    end)[1]
end

"Bytes from a function that tells their size when there is no room, and where among the bytes they start."
function filled(f, room = size -> (Vector{UInt8}(undef, size), 0))
    size, cell = Ref(UInt64(0)), ErrorCell()
    status = f(C_NULL, size, cell)
    status == Raw.DELTOS_E_TOO_SMALL || check(status, cell)
    bytes, start = room(Int(size[]))
    GC.@preserve bytes check(f(pointer(bytes) + start, size, cell), cell)
    return bytes, start, Int(size[])
end

@doc (@doc pack(::Schema))
function unpack(::Type{Schema}, bytes::DenseArray{UInt8})
    return Schema(GC.@preserve bytes handle_made(Raw.deltos_schema) do made, cell
        Raw.deltos_schema_unpack(pointer(bytes), length(bytes), made, cell)
    end)
end

Base.:(==)(a::Schema, b::Schema) = a === b || pack(a) == pack(b)
Base.hash(schema::Schema, seed::UInt) = hash(pack(schema), hash(:Schema, seed))

"""
    close(schema::Deltos.Schema)

Ends a schema's handle; what it has told stays.
"""
Base.close(schema::Schema) = finish_safely(schema.handle)
Base.isopen(schema::Schema) = isopen(schema.handle)

function Base.show(io::IO, schema::Schema)
    print(io, "Deltos.Schema", isempty(schema.name) ? "" : " $(repr(schema.name))", ": ")
    print(io, join((described(schema.slots[number]) for number in schema.levels[1]), ", "))
end

function described(slot::SlotInfo)
    words = [slot.type === :fixed ? slot.format : String(slot.type)]
    for flag in (:nullable, :optional, :writable, :utc)
        getfield(slot, flag) && push!(words, String(flag))
    end
    return "$(slot.name) ($(join(words, ", ")))"
end
