# Building hash maps: from pairs, or from columns of keys and values, in bounded memory.

const DUPLICATES = (
    error = Raw.DELTOS_DUPLICATE_ERROR, first = Raw.DELTOS_DUPLICATE_FIRST, last = Raw.DELTOS_DUPLICATE_LAST,
)

"""
    Deltos.HashMapBuilder(storage = nothing; key, value, schema = nothing, options...)

A [`Deltos.HashMap`](@ref) that is being built; [`Deltos.hashmap`](@ref) tells the options, and does all of it in one
call. `key` and `value` are what keys and values are: `String`, `Vector{UInt8}`, `UInt64` or `Any`; values also
`Deltos.Record`, with a `schema`. Temporary files are made beside the storage.

- `push!(builder, key => value)` adds one pair, `append!(builder, source)` all of a dictionary or of what gives pairs;
- [`Deltos.add!`](@ref)`(builder, keys, values)` adds columns;
- `merge!(builder, maps...)` adds all pairs of other maps;
- [`Deltos.prepare!`](@ref)`(builder)` does the long part of building, without a transaction;
- [`Deltos.finish!`](@ref)`(builder, scope, name; replace = false)` stores the map, as often as is wanted, and
  [`Deltos.pack`](@ref)`(builder)` gives it as bytes;
- `close(builder)` drops what is not finished; `length(builder)` is how many pairs have been pushed and added, without
  those of maps.

```jldoctest
julia> using Deltos

julia> storage = Deltos.anonymous();

julia> builder = Deltos.HashMapBuilder(storage; key = String, value = UInt64, duplicates = :last);

julia> push!(builder, "oak" => 40); Deltos.add!(builder, ["elm", "oak"], [30, 45]);

julia> heights = Deltos.finish!(builder, storage, "heights"); close(builder);

julia> Int(heights["oak"]), length(heights)
(45, 2)
```
"""
mutable struct HashMapBuilder{K,V} <: RowTaker
    handle::Handle{Raw.deltos_builder}
    schema::Union{Nothing,Schema}
    types::Vector{Any}
    keys::Vector{Any} # of pairs that were pushed
    values::Vector{Any}
    weight::Int # of those, in bytes, about
    added::Int
    reporter::Union{Nothing,Reporter}
end

function HashMapBuilder(
    storage::Union{Nothing,Storage} = nothing;
    key,
    value,
    schema::Union{Nothing,Schema} = nothing,
    multi::Bool = false,
    approximate::Bool = false,
    duplicates::Symbol = :error,
    deduplicate::Bool = false,
    memory_bytes::Integer = 0,
    threads::Integer = 0,
    spill_directory = nothing,
    progress = nothing,
)
    schema === nothing && is_record_type(value) && (schema = Schema(value))
    K, V = item_kind(key, "key"), schema === nothing ? item_kind(value, "value") : Record
    V === Record && schema === nothing && throw(InvalidError("values that are records need a schema: give `schema`"))
    shape = approximate ? SHAPES.approximate : multi ? SHAPES.multi : SHAPES.simple
    policy = one_of(DUPLICATES, duplicates, "what duplicates mean")
    handle, reporter = begun(spill_directory, progress) do folder, callback, user, made, cell
        with_handles(storage, schema) do storage, schema
            options = Ref(Raw.deltos_hash_map_options(
                sizeof(Raw.deltos_hash_map_options), key_kind(K), value_kind(V), shape, policy,
                deduplicate * Raw.DELTOS_HASH_MAP_DEDUPLICATE, whole(threads), 0, whole(memory_bytes), folder, schema, callback,
                user,
            ))
            Raw.deltos_hash_map_begin(storage, options, made, cell)
        end
    end
    return HashMapBuilder{K,V}(handle, schema, slot_types(schema), [], [], 0, 0, reporter)
end

value_kind(::Type{V}) where {V} = Int32(findfirst(==(V), collect(VALUE_TYPES)) - 1)

# Calls f with the pointers of handles; NULL for nothing.
with_handles(f, storage, schema) = with_handle(storage) do storage
    with_handle(schema -> f(storage, schema), schema)
end
with_handle(f, ::Nothing) = f(C_NULL)
with_handle(f, thing) = with(f, thing.handle)

# What a type of Julia's is in a map.
item_kind(::Type{<:AnyText}, what) = String
item_kind(::Type{<:AbstractVector{UInt8}}, what) = Bytes
item_kind(::Type{<:NTuple{N,UInt8} where {N}}, what) = Bytes
item_kind(::Type{Bool}, what) = Any
item_kind(::Type{<:Unsigned}, what) = UInt64
item_kind(::Type{<:Integer}, what) = what == "key" ? UInt64 : Any
item_kind(::Type{<:Record}, what) = what == "key" ? Any : Record
item_kind(::Type{Union{}}, what) = Any
item_kind(::Type, what) = Any
item_kind(other, what) = throw(InvalidError("a $what is told by its type, such as String or UInt64; not $(repr(other))"))

Base.length(builder::HashMapBuilder) = builder.added + length(builder.keys)
Base.close(builder::HashMapBuilder) = finish_safely(builder.handle)
Base.isopen(builder::HashMapBuilder) = isopen(builder.handle)
Base.show(io::IO, builder::HashMapBuilder{K,V}) where {K,V} =
    print(io, "Deltos.HashMapBuilder{", K, ",", V, "}, ", isopen(builder) ? "$(length(builder)) pairs" : "closed")

# ---- Adding ----------------------------------------------------------------------------------------------------------

const WEIGHT_AT_ONCE = 1 << 23 # bytes of pairs that wait, about

weight_of(x::AbstractString) = sizeof(x)
weight_of(x::AbstractVector{UInt8}) = length(x)
weight_of(x) = 16

function Base.push!(builder::HashMapBuilder, (key, value)::Pair)
    push!(builder.keys, key)
    push!(builder.values, value)
    builder.weight += weight_of(key) + weight_of(value)
    length(builder.keys) < ROWS_AT_ONCE && builder.weight < WEIGHT_AT_ONCE || add_waiting(builder)
    return builder
end

function add_waiting(builder::HashMapBuilder)
    isempty(builder.keys) && return nothing
    keys, values = map(identity, builder.keys), map(identity, builder.values)
    empty!(builder.keys)
    empty!(builder.values)
    builder.weight = 0
    add_pairs(builder, keys, values)
end

Base.append!(builder::HashMapBuilder, source) = (foreach(pair -> push!(builder, pair), pairs_in(source)); builder)

pairs_in(source) = source
pairs_in(source::NamedTuple) =
    throw(InvalidError("columns of a map are given as two: keys, and values; a named tuple of columns as the second"))

"""
    Deltos.add!(builder::Deltos.HashMapBuilder, keys, values) -> builder

Adds columns: a vector of keys and as many values; for records a vector of rows, or columns as
[`Deltos.create_records!`](@ref) takes them. What lies in memory as the map wants it, such as a `Vector{UInt64}` or
a column of a table, is taken from there.
"""
function add!(builder::HashMapBuilder, keys, values)
    add_waiting(builder)
    list, found = listed(keys), columns_in(values)
    rows = found === nothing ? listed(values) : found
    length(list) == rows_of(rows) ||
        throw(TypeMismatchError("there are $(length(list)) keys and $(rows_of(rows)) values: give as many of both"))
    for first in 1:ROWS_AT_ONCE:length(list)
        range = first:min(first + ROWS_AT_ONCE - 1, length(list))
        add_pairs(builder, part_of(list, range), part_of(rows, range))
    end
    return builder
end

rows_of(columns::NamedTuple) = isempty(columns) ? 0 : column_length(columns)
rows_of(rows) = length(rows)

function add_pairs(builder::HashMapBuilder{K}, keys, values) where {K}
    items, given = required_items(K, keys, builder.added + 1), required_values(builder, values)
    column, roots = Ref(items.column), (items.roots, given)
    GC.@preserve roots check_builder((pointer, cell) -> add_given(pointer, column, given, cell), builder)
    builder.added += length(keys)
    return nothing
end

required_values(builder::HashMapBuilder{K,V}, values) where {K,V} = required_items(V, values, builder.added + 1)
required_values(builder::HashMapBuilder{K,Record}, values) where {K} = Batch(builder, values)

add_given(pointer, keys, values::Items, cell) = Raw.deltos_hash_map_add(pointer, keys, Ref(values.column), cell)
add_given(pointer, keys, batch::Batch, cell) =
    Raw.deltos_hash_map_add_records(pointer, keys, batch.columns, batch.presence, length(batch.columns), cell)

"""
    merge!(builder::Deltos.HashMapBuilder, maps::Deltos.HashMap...)

Adds all pairs of other maps, of the same kinds of keys and values, one after the other: what becomes of the same key in
several of them is said by `duplicates`, or by the shape.
"""
function Base.merge!(builder::HashMapBuilder, maps::HashMap...)
    add_waiting(builder)
    for other in maps
        check_builder(builder) do pointer, cell
            calling(map -> Raw.deltos_hash_map_add_map(pointer, map, cell), handle_of(other))
        end
    end
    return builder
end

# ---- Finishing -------------------------------------------------------------------------------------------------------

"""
    Deltos.prepare!(builder::Deltos.HashMapBuilder) -> builder

Sorts what was added, on all cores: the long part of building, which needs no transaction. Nothing can be added
afterwards. [`Deltos.finish!`](@ref) does it where it has not been done.
"""
function prepare!(builder::HashMapBuilder)
    add_waiting(builder)
    check_builder(Raw.deltos_hash_map_prepare, builder)
    return builder
end

"""
    Deltos.finish!(builder::Deltos.HashMapBuilder, scope, name; replace = false) -> Deltos.HashMap

Stores the map under a name, sealed; in a storage by a short transaction of its own. With `replace` it takes the place of
a map that has the name: who reads the old one keeps it until [`refresh!`](@ref). The builder stays, and stores the same
map again where that is wanted.
"""
function finish!(builder::HashMapBuilder, t::Transaction, name::AbstractString; replace::Bool = false)
    prepare!(builder)
    spelled, made = text(name, "a name"), Ref(Ptr{Raw.deltos_object}(C_NULL))
    flags = replace ? Raw.DELTOS_HASH_MAP_REPLACE : 0
    answer = writing(t) do transaction
        store(pointer, cell) = Raw.deltos_hash_map_finish(pointer, transaction, spelled, flags, made, cell)
        safely(() -> using_builder(store, builder))
    end
    answer isa Exception ? throw(answer) : check_reported(answer..., builder.reporter)
    return HashMap(Handle(made[]), t)
end
function finish!(builder::HashMapBuilder, storage::Storage, name::AbstractString; replace::Bool = false)
    prepare!(builder)
    close(transaction(t -> finish!(builder, t, name; replace = replace), storage))
    return HashMap(storage, name)
end
finish!(builder::HashMapBuilder, snapshot::Snapshot, ::AbstractString; keywords...) = writing(identity, snapshot)

"""
    Deltos.pack(builder::Deltos.HashMapBuilder) -> Vector{UInt8}

The map as bytes, to be read anywhere by [`Deltos.unpack_hashmap`](@ref).
"""
pack(builder::HashMapBuilder) = packed_map(builder, size -> (Vector{UInt8}(undef, size), 0))[1]

function packed_map(builder, room)
    prepare!(builder)
    return filled_by_builder(Raw.deltos_hash_map_pack, builder, room)
end

"""
    Deltos.hashmap(scope, name, source; options...) -> Deltos.HashMap
    Deltos.hashmap(scope, name, keys, values; options...) -> Deltos.HashMap
    Deltos.hashmap(f, scope, name; key, value, options...) -> Deltos.HashMap
    Deltos.hashmap(source; options...), Deltos.hashmap(keys, values; options...), Deltos.hashmap(f; key, value, options...)
    Deltos.pack_hashmap(source; options...), and the same as above -> Vector{UInt8}
    Deltos.unpack_hashmap(bytes; offset = 0, copy = nothing) -> Deltos.HashMap

Builds a [`Deltos.HashMap`](@ref), in a storage or a transaction, in memory, or as bytes; and reads one in bytes. The
array is held, and nobody may write to it or resize it meanwhile, unless it is copied: with `copy = true`, or by default
where the map does not start at a multiple of 64 bytes.

`source` is a dictionary or whatever gives pairs; it may be longer than memory. `keys` and `values` are columns:
vectors, and for records also what [`Deltos.create_records!`](@ref) takes as columns. With a function `f`, pairs are added
by what it is given, a [`Deltos.HashMapBuilder`](@ref).

- `key`, `value`: what they are: `String`, `Vector{UInt8}`, `UInt64`, or `Any`, any value; by default what the types of
  the first ones say. Integers as keys are `UInt64`, as values only those without a sign, so that what is read is what was
  given.
- `schema`: values are records of that [`Deltos.Schema`](@ref). Named tuples, structures and columns are records without
  one, too, unless `value = Any` is told.
- `multi`: a key has all its values. `approximate`: the same, and only hashes of the keys are kept, in 16 bytes; a key that
  is not there is found with a probability of about keys / 2^64.
- `duplicates`: what a second pair with the same key means where neither is told: `:error`, [`DuplicateError`](@ref);
  `:first` or `:last` counts.
- `deduplicate`: equal values are stored once.
- `memory_bytes`: how much to keep in memory before temporary files are used, by default 256 MiB; `spill_directory`: where
  those are made, by default beside the storage; `threads`: how many sort, by default one for each core.
- `progress`: `progress(done, total)` is called now and then with bytes; returning `true` cancels.
- `replace`: a map that has the name gives it up; who reads it keeps it until [`refresh!`](@ref).

What is long is done before the storage is changed, and a build that fails leaves nothing behind.

```jldoctest
julia> using Deltos

julia> storage = Deltos.anonymous();

julia> places = [(name = "Springfield", state = "Illinois"), (name = "Ulm", state = "Baden"), (name = "Springfield", state = "Ohio")];

julia> by_name = Deltos.hashmap(storage, "by_name", [place.name for place in places], places; multi = true);

julia> [place.state for place in getall(by_name, "Springfield")]
2-element Array{String,1}:
 "Illinois"
 "Ohio"

julia> Deltos.column(Deltos.records(by_name), :state)[Deltos.row_numbers(by_name, ["Ulm"])]
1-element Array{String,1}:
 "Baden"
```
"""
hashmap(scope::Scope, name::AbstractString, source...; replace::Bool = false, options...) =
    with_builder(builder -> finish!(builder, scope, name; replace = replace), home_of(scope), source; options...)
hashmap(f::Function, scope::Scope, name::AbstractString; replace::Bool = false, options...) =
    with_builder(builder -> finish!(builder, scope, name; replace = replace), home_of(scope), (f,); options...)
hashmap(source...; options...) = map_in(with_builder(builder -> packed_map(builder, aligned), nothing, source; options...)...)

@doc (@doc hashmap)
pack_hashmap(source...; options...) = with_builder(pack, nothing, source; options...)

@doc (@doc hashmap)
unpack_hashmap(bytes::DenseArray{UInt8}; offset::Integer = 0, copy::Union{Nothing,Bool} = nothing) =
    map_in(placed(bytes, offset, copy)...)

map_in(bytes, start, size) =
    HashMap(opened_in_memory(Raw.deltos_hash_map_open_memory, bytes, start, size), nothing, bytes)

home_of(scope) = storage(scope)
home_of(snapshot::Snapshot) = writing(identity, snapshot)

# Gives f a builder that has got all of a source.
function with_builder(f, storage, source; key = nothing, value = nothing, schema = nothing, options...)
    source, K, V, S = told_by(source...; key = key, value = value, schema = schema)
    return closing(HashMapBuilder(storage; key = K, value = V, schema = S, options...)) do builder
        fill_builder(builder, source...)
        f(builder)
    end
end

fill_builder(builder, f::Function) = f(builder)
fill_builder(builder, source) = append!(builder, source)
fill_builder(builder, keys, values) = add!(builder, keys, values)

# What a source is, with its kinds of keys and values: told, or those of the first.
function told_by(f::Function; key, value, schema)
    (key === nothing || value === nothing && schema === nothing) &&
        throw(InvalidError("what a function adds is told before: give `key` and `value`, or `schema`"))
    return (f,), key, something(value, Record), schema
end
function told_by(keys, values; key, value, schema)
    list, found = listed(keys), columns_in(values)
    rows = found === nothing ? listed(values) : found
    V, S = value_told(value, schema, rows)
    return (list, rows), something(key, element_kind(list, "key")), V, S
end
function told_by(source; key, value, schema)
    key !== nothing && (value !== nothing || schema !== nothing) && return (source,), key, something(value, Record), schema
    first, rest = first_portion(source)
    K, V = pair_types(eltype(source))
    found, S = value_told(value, schema, map(identity, V[value for (_, value) in first]))
    return (rest,), something(key, element_kind(map(identity, K[key for (key, _) in first]), "key")), found, S
end

pair_types(::Type) = Any, Any
pair_types(::Type{Pair{K,V}}) where {K,V} = K, V

# The first pairs, and all of them.
first_portion(source::Union{AbstractDict,AbstractVector}) = Iterators.take(source, ROWS_AT_ONCE), source
first_portion(source::NamedTuple) = pairs_in(source)
function first_portion(source)
    all = Iterators.Stateful(source)
    first = collect(Any, Iterators.take(all, ROWS_AT_ONCE))
    return first, Iterators.flatten((first, all))
end

# The type of the elements, where that tells what they are; else what all are that there are now.
element_kind(list, what) = eltype(list) === Any ? common_kind(list, what) : item_kind(eltype(list), what)
function common_kind(list, what)
    kinds = unique(item_kind(typeof(x), what) for x in list)
    return length(kinds) == 1 ? kinds[1] : Any
end

value_told(value, schema::Schema, rows) = Record, schema
value_told(value, ::Nothing, rows) = value, value === Record ? schema_for(rows) : nothing
function value_told(::Nothing, ::Nothing, rows)
    is_rows(rows) && return Record, schema_for(rows)
    return element_kind(rows, "value"), nothing
end

# What is stored as records where nothing is told.
is_rows(rows::Union{NamedTuple,RecordTable}) = true
is_rows(rows::AbstractVector{T}) where {T} = T !== Union{} && (T <: Record || is_record_type(T))

const PLAIN_VALUES = Union{
    Number,Tuple,Pair,Scalar,AbstractArray,AbstractDict,AbstractSet,Container,Json,View,RawContent,Unset,Record,
}
is_record_type(T) = false
is_record_type(::Type{T}) where {T} = isconcretetype(T) && isstructtype(T) && fieldcount(T) > 0 && !(T <: PLAIN_VALUES)
