# Values from what Julia has: built once, stored in a storage or packed into bytes.

"""
    Deltos.represent(x)

What is put into values in place of an `x` that has no form of its own there: to be extended for types of the program.

```jldoctest
julia> using Deltos

julia> struct City
           name::String
           population::Int
       end

julia> Deltos.represent(city::City) = (name = city.name, population = city.population)

julia> Deltos.unpack(Deltos.pack([City("Ulm", 126405)]))[1]["population"]
126405
```
"""
@noinline function represent(x)
    throw(FormatError("a $(typeof(x)) cannot be put into a value: extend Deltos.represent for it, or use dictionaries, " *
                      "vectors, tuples, sets, text and numbers"))
end

"""
    Deltos.Json(text)

JSON text, to be put as the value that it is: objects as dicts, arrays as lists, numbers with a point or an exponent as
floats, and integers of more than 64 bits as decimals.
"""
struct Json
    text::String
end

# ---- Scalars ---------------------------------------------------------------------------------------------------------

const SmallInteger = Union{Int8,Int16,Int32,Int64,UInt8,UInt16,UInt32}
const LargeInteger = Union{Int128,UInt128,BigInt}
const SmallFloat = Union{Float16,Float32,Float64}
const AnyText = Union{AbstractString,AbstractChar,Symbol}
const Scalar = Union{
    Nothing,Missing,Bool,SmallInteger,UInt64,LargeInteger,SmallFloat,AnyText,AbstractVector{UInt8},
    Date,DateTime,Timestamp,Decimal,Reference,Object,
}

is_scalar(x) = x isa Scalar

item_of(kind; detail = 0, node = 0, count = 0, i64 = 0, u64 = 0, f64 = 0.0, data = C_NULL) =
    Item(kind, detail, node, count, i64, u64, f64, data)

# The item of a scalar, and what must be kept while it is used.
scalar_item(::Union{Nothing,Missing}) = item_of(Raw.DELTOS_VALUE_NULL), nothing
scalar_item(x::Bool) = item_of(Raw.DELTOS_VALUE_BOOL; i64 = x), nothing
scalar_item(x::SmallInteger) = item_of(Raw.DELTOS_VALUE_INT; i64 = x), nothing
scalar_item(x::UInt64) = item_of(Raw.DELTOS_VALUE_UINT; u64 = x), nothing
function scalar_item(x::LargeInteger)
    typemin(Int64) <= x <= typemax(Int64) && return scalar_item(Int64(x))
    0 <= x <= typemax(UInt64) && return scalar_item(UInt64(x))
    throw(RangeError("an integer in a value has 64 bits: put $x as a Deltos.Decimal"))
end
scalar_item(x::SmallFloat) = item_of(Raw.DELTOS_VALUE_FLOAT; f64 = x), nothing
scalar_item(x::AnyText) = memory_item(Raw.DELTOS_VALUE_UTF8, string(x))
scalar_item(x::AbstractVector{UInt8}) = memory_item(Raw.DELTOS_VALUE_BYTES, Vector{UInt8}(x))
scalar_item(x::Date) = item_of(Raw.DELTOS_VALUE_DATE; i64 = Dates.value(x) - EPOCH_DAY), nothing
scalar_item(x::DateTime) = scalar_item(Timestamp(x))
function scalar_item(x::Timestamp)
    0 <= x.nanoseconds < 10^9 || throw(RangeError("$(x.nanoseconds) nanoseconds are not less than a second"))
    offset = something(x.offset, Int64(Raw.DELTOS_VALUE_NO_ZONE))
    x.offset === nothing || abs(offset) < 86400 || throw(RangeError("an offset is less than a day: $offset s"))
    return item_of(Raw.DELTOS_VALUE_DATETIME; i64 = x.seconds, u64 = x.nanoseconds, detail = offset), nothing
end
scalar_item(x::Decimal) = memory_item(
    Raw.DELTOS_VALUE_DECIMAL, x.digits; i64 = x.exponent, u64 = x.negative, detail = DECIMAL_KINDS[x.kind],
)
scalar_item(x::Reference) = item_of(Raw.DELTOS_VALUE_REFERENCE; u64 = x.id), nothing
scalar_item(x::Object) = scalar_item(Reference(x))

memory_item(kind, root; keywords...) =
    item_of(kind; data = Ptr{Cvoid}(pointer(root)), count = sizeof(root), keywords...), root

# ---- Building --------------------------------------------------------------------------------------------------------

# Items go to the library in portions; what they point to is kept until then. Mutable things get a name when they are
# first put, so that each is stored once.
mutable struct Builder
    pointer::Ptr{Raw.deltos_builder}
    items::Vector{Item}
    roots::Vector{Any}
    names::IdDict{Any,UInt64}
    nodes::Dict{Tuple{UInt,UInt64},UInt64} # names of what comes from values: handle and node
    last_name::UInt64
end

const ITEMS_AT_ONCE = 256

function Builder()
    made, cell = Ref(Ptr{Raw.deltos_builder}(C_NULL)), ErrorCell()
    check(Raw.deltos_value_builder_begin(made, cell), cell)
    return Builder(made[], Item[], Any[], IdDict{Any,UInt64}(), Dict{Tuple{UInt,UInt64},UInt64}(), 0)
end

"Calls `f` with a builder that holds `x`, and releases it."
function building(f, x)
    builder = Builder()
    try
        put_part(builder, x)
        flush_items(builder)
        return f(builder.pointer)
    finally
        Raw.deltos_builder_release(Ref(builder.pointer))
    end
end

function flush_items(builder::Builder)
    isempty(builder.items) && return nothing
    cell, items, roots = ErrorCell(), builder.items, builder.roots
    status = GC.@preserve roots Raw.deltos_value_builder_put(builder.pointer, items, length(items), cell)
    empty!(items)
    empty!(roots)
    check(status, cell)
end

function add(builder::Builder, item, root = nothing)
    push!(builder.items, item)
    root === nothing || push!(builder.roots, root)
    length(builder.items) < ITEMS_AT_ONCE || flush_items(builder)
    return nothing
end

# The number under which a thing is known already, or a new one: and whether it is known.
function name_of(builder::Builder, x)
    ismutable(x) || return UInt64(0), false
    known = get(builder.names, x, nothing)
    known === nothing || return known, true
    builder.last_name += 1
    builder.names[x] = builder.last_name
    return builder.last_name, false
end
function name_of(builder::Builder, x::Container)
    key = (objectid(x.value.handle), x.item.node)
    known = get(builder.nodes, key, nothing)
    known === nothing || return known, true
    builder.names[x.value.handle] = 0 # it stays, so that no other handle gets its identity
    builder.last_name += 1
    builder.nodes[key] = builder.last_name
    return builder.last_name, false
end

"Calls `f` with the name of a thing that is put for the first time, or puts what it was."
function once(f, builder::Builder, x)
    name, known = name_of(builder, x)
    known ? add(builder, item_of(Raw.DELTOS_VALUE_SHARE; node = name)) : f(name)
    return nothing
end

function put_all(f, builder::Builder, kind, x)
    once(builder, x) do name
        add(builder, item_of(kind; node = name))
        foreach(f, parts_of(x))
        add(builder, item_of(Raw.DELTOS_VALUE_END))
    end
end
parts_of(x) = x
parts_of(x::NamedTuple) = pairs(x)
parts_of(x::Pair) = (x.first, x.second)

put_part(builder::Builder, x::Scalar) = add(builder, scalar_item(x)...)
put_part(builder::Builder, x) = put_part(builder, represent(x))
put_part(builder::Builder, x::Union{Tuple,Pair,ValueTuple}) =
    put_all(part -> put_part(builder, part), builder, Raw.DELTOS_VALUE_TUPLE, x)
put_part(builder::Builder, x::AbstractSet) =
    put_all(part -> put_part(builder, part), builder, Raw.DELTOS_VALUE_SET, x)
put_part(builder::Builder, x::Union{AbstractDict,NamedTuple}) = put_all(builder, Raw.DELTOS_VALUE_DICT, x) do (key, part)
    put_part(builder, key)
    put_part(builder, part)
end

# Numbers are an array, in the order of C; other vectors are a list.
function put_part(builder::Builder, x::AbstractArray{T,N}) where {T,N}
    T !== Union{} && dtype_of(T) != Raw.DELTOS_DTYPE_OTHER && return put_array(builder, x)
    N == 1 && return put_list(builder, x)
    throw(FormatError("an array of $T with $N dimensions cannot be put into a value: use numbers, or vectors of vectors"))
end
put_list(builder, x) = put_all(part -> put_part(builder, part), builder, Raw.DELTOS_VALUE_LIST, x)
put_part(builder::Builder, x::Union{View,RawContent}) = put_array(builder, x)

function put_array(builder::Builder, x)
    once(builder, x) do name
        flush_items(builder)
        cell = ErrorCell()
        status = with_content(x) do view
            Raw.deltos_value_builder_put_view(builder.pointer, view, name, cell)
        end
        check(status, cell)
    end
end

# A list of another value, as it lies where it lies as numbers.
put_part(builder::Builder, x::ValueVector) = put_list(builder, x)
function put_part(builder::Builder, x::Union{ValueVector{Int64},ValueVector{Float64}})
    x.item.data == C_NULL && return put_list(builder, x)
    once(builder, x) do name
        flush_items(builder)
        with(x.value.handle) do _
            item = item_of(Raw.DELTOS_VALUE_LIST; node = name, detail = x.item.detail, count = x.item.count, data = x.item.data)
            add(builder, item)
            flush_items(builder)
        end
    end
end

function put_part(builder::Builder, x::Json)
    flush_items(builder)
    cell, text = ErrorCell(), x.text
    status = GC.@preserve text begin
        Raw.deltos_value_builder_put_json(builder.pointer, Cstring(pointer(text)), sizeof(text), cell)
    end
    check(status, cell)
end

# ---- Bytes -----------------------------------------------------------------------------------------------------------

# As many bytes as `room` tells of a size, and how many of them come before the value.
function packed(x, room)
    building(x) do builder
        size, cell = Ref(UInt64(0)), ErrorCell()
        status = Raw.deltos_value_builder_pack(builder, C_NULL, size, cell)
        status == Raw.DELTOS_E_TOO_SMALL || check(status, cell)
        bytes, start = room(Int(size[]))
        GC.@preserve bytes check(Raw.deltos_value_builder_pack(builder, pointer(bytes) + start, size, cell), cell)
        return bytes, start, Int(size[])
    end
end

"Bytes, and where among them a multiple of 64 is."
function aligned(size)
    bytes = Vector{UInt8}(undef, size + 63)
    return bytes, Int(-UInt(pointer(bytes)) % 64)
end

"""
    Deltos.pack(x) -> Vector{UInt8}
    Deltos.pack!(bytes, x; offset = 0) -> Int

Anything that [`put!`](@ref) takes as bytes, to be read anywhere by [`Deltos.unpack`](@ref) or by any other language;
`pack!` writes them into an array behind an offset, and tells how many there are.

```jldoctest
julia> using Deltos

julia> bytes = Deltos.pack((name = "Ulm", population = 126405));

julia> Deltos.unpack(bytes)["name"]
"Ulm"
```
"""
pack(x) = packed(x, size -> (Vector{UInt8}(undef, size), 0))[1]

@doc (@doc pack)
function pack!(bytes::DenseArray{UInt8}, x; offset::Integer = 0)
    0 <= offset <= length(bytes) || throw(RangeError("there are $(length(bytes)) bytes: none begins behind $offset"))
    room = length(bytes) - offset
    return packed(x, size -> size <= room ? (bytes, offset) : too_small(size, room))[3]
end
too_small(size, room) = throw(TooSmallError("the value has $size bytes; there is room for $room"))

"""
    Deltos.unpack(bytes; offset = 0, copy = nothing)

What is in a packed value, see [`Deltos.Value`](@ref): lazy, so the array is held, and nobody may write to it or resize
it meanwhile, unless it is copied: with `copy = true`, or by default where the value does not start at a multiple of 64
bytes, so that arrays in it would not be aligned.
"""
unpack(bytes::DenseArray{UInt8}; offset::Integer = 0, copy::Union{Nothing,Bool} = nothing) =
    root_content(value_in(placed(bytes, offset, copy)...))

"Bytes behind an offset, copied where asked or where they are not aligned: an array, where they start, how many."
function placed(bytes, offset, copy)
    0 <= offset <= length(bytes) || throw(RangeError("there are $(length(bytes)) bytes: none begins behind $offset"))
    place, size = UInt(pointer(bytes)) + offset, length(bytes) - offset
    something(copy, place % 64 != 0) || return bytes, offset, size
    moved, start = aligned(size)
    copyto!(moved, start + 1, bytes, offset + 1, size)
    return moved, start, size
end

"What `open_function` of the library opens in bytes, which must be kept as long as it is used."
opened_in_memory(open_function::F, bytes, start, size) where {F} =
    GC.@preserve bytes handle_made(Raw.deltos_object) do made, cell
        open_function(pointer(bytes) + start, size, C_NULL, C_NULL, made, cell)
    end

value_in(bytes, start, size) =
    Value(opened_in_memory(Raw.deltos_value_open_memory, bytes, start, size), nothing, bytes)

"A value in memory, from what can be put."
unpacked_value(x) = value_in(packed(x, aligned)...)

"""
    Deltos.parse_json(text)

What a JSON text says, as a value in memory, see [`Deltos.Value`](@ref). [`Deltos.Json`](@ref) puts one into a storage.

```jldoctest
julia> using Deltos

julia> Deltos.parse_json("{\\"a\\": [1, 2.5, null]}")["a"][2]
2.5
```
"""
parse_json(text::AbstractString) = root_content(unpacked_value(Json(text)))

# ---- Storing ---------------------------------------------------------------------------------------------------------

"""
    put!(scope, name, x) -> scope

Stores `x` as a value, sealed, under a name. Where there is a value or a buffer of that name, it takes its place and
keeps its attributes; what has been read from the old one stays.

Values are `nothing` and `missing` (both null), numbers, text (strings, characters, symbols), `Vector{UInt8}` (bytes),
`Date` and `DateTime`, tuples and pairs, dictionaries and named tuples, sets, vectors (a list), arrays of numbers (an
n-dimensional array, also a vector), nested in any way; what [`Deltos.Value`](@ref) gives; [`Deltos.Timestamp`](@ref),
[`Deltos.Decimal`](@ref), [`Deltos.Json`](@ref); objects of the storage, as references; and what
[`Deltos.represent`](@ref) makes of types of the program. A mutable thing that is met twice is stored once, and may
contain itself. Integers, `1.0` and `true` differ as keys.

`scope[name] = x` does the same for what cannot be a buffer: text, `nothing`, dates, dictionaries, sets, and vectors,
tuples and named tuples that hold anything but numbers and structures of numbers.

```jldoctest
julia> using Deltos, Dates

julia> storage = Deltos.anonymous();

julia> put!(storage, "point", (x = 1.5, y = 2.5));

julia> storage["notes"] = ["first", nothing, Date(2026, 11, 21)];

julia> storage["point"]["y"], storage["notes"][3]
(2.5, Date("2026-11-21"))
```
"""
function Base.put!(t::Transaction, name::AbstractString, x)
    spelled = text(name, "a name")
    building(x) do builder
        in_place_of(t, spelled) do
            cell = ErrorCell()
            check(writing(t -> Raw.deltos_value_builder_store(builder, t, spelled, C_NULL, cell), t), cell)
        end
    end
    return t
end
Base.put!(storage::Storage, name::AbstractString, x) = (transaction(t -> put!(t, name, x), storage); storage)
Base.put!(snapshot::Snapshot, name::AbstractString, x) = writing(identity, snapshot)

# Deletes a value or buffer of that name, stores something new, and gives it the attributes of the old one.
function in_place_of(store, t::Transaction, name)
    kind = kind_of(t, name)
    kind === nothing && return store()
    kind == Raw.DELTOS_KIND_VALUE || kind == Raw.DELTOS_KIND_BUFFER ||
        throw(KindError("$(repr(name)) is neither a value nor a buffer: delete it first"))
    old = attributes(t, name)
    kept = [key => raw_attribute(old, key) for key in key_list(old)]
    delete!(t, name)
    store()
    foreach(((key, raw),) -> attributes(t, name)[key] = raw, kept)
end

function kind_of(scope::Scope, name)
    haskey(scope, name) || return nothing
    object = Value(open_handle(scope, name, Raw.DELTOS_KIND_ANY), scope, nothing)
    return closing(object -> stat(object).kind, object)
end

# Stores a buffer where there was a value.
take_place(t::Transaction, value, name) = (in_place_of(() -> store_buffer(t, value, name), t, name); t)
take_place(storage::Storage, value, name) = transaction(t -> take_place(t, value, name), storage)

# What is stored as a value when it is assigned to a name; other things are buffers.
is_value(x) = false
is_value(::Union{AnyText,Nothing,Missing,Date,DateTime,Timestamp,Decimal,Reference,AbstractDict,AbstractSet,Pair}) = true
is_value(::Union{Container,Json}) = true
is_value(x::Union{Tuple,NamedTuple}) = !isbits(x) || sizeof(x) == 0
is_value(::AbstractArray{T}) where {T} = !isbitstype(T)
