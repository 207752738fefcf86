# Hash maps: looked up where they lie, as dictionaries.

"""
    Deltos.KeyHash{T}

What is left of a key, of kind `T`, in a map that is approximate: its `hash`. Such a map is asked with keys; when it is
iterated, there are hashes.
"""
struct KeyHash{T}
    hash::UInt64
end
Base.isless(a::KeyHash{T}, b::KeyHash{T}) where {T} = isless(a.hash, b.hash)

# The handle of a map, and what it is. What has been read of its memory is good as long as the lease is.
mutable struct MapObject <: Object
    handle::Handle{Raw.deltos_object}
    scope::Union{Nothing,AnyScope}
    lease::Lease
    info::Raw.deltos_hash_map_info
    records::Union{Nothing,RecordObject} # when they have been asked for
end

"""
    Deltos.HashMap{K,V} <: AbstractDict{K,V}
    Deltos.HashMap(scope, name)
    Deltos.HashMap{K,V}(scope, name)

A stored map that was built once, by [`Deltos.hashmap`](@ref), and is looked up by any number of processes where it
lies: opening it takes microseconds, whatever its size, and nothing is copied. `scope[name]` is one, too. With types it is
refused with [`TypeMismatchError`](@ref) unless it is of those.

| keys, `K`                | values, `V`                                                                                |
|--------------------------|-------------------------------------------------------------------------------------------|
| text: `String`           | text: `String`                                                                            |
| bytes: [`Deltos.Bytes`](@ref) | bytes: [`Deltos.Bytes`](@ref)                                                        |
| numbers: `UInt64`        | numbers: `UInt64`                                                                         |
| values: `Any`            | values: `Any`, as [`Deltos.Value`](@ref) tells                                            |
| hashes: [`Deltos.KeyHash`](@ref) | records: [`Deltos.Record`](@ref)                                                  |

- `map[key]` (a key that is not there is a `KeyError`), `get(map, key, default)`, `haskey(map, key)`, `getkey`; keys are
  equal as those of a `Dict` are, a `Symbol` is text;
- [`getall`](@ref)`(map, key)`: all values of a key, of a multi map; the others give the first one;
- [`getmany`](@ref)`(map, keys)`, [`hasmany`](@ref)`(map, keys)`: many at once, several times faster;
- iteration, `keys`, `values`, `pairs` come in the order in which they lie; [`Deltos.ordered`](@ref)`(map)` in that of
  keys; [`Deltos.eachpair`](@ref)`(map)` has all values of a multi map; `length(map)` counts keys;
- [`Deltos.records`](@ref)`(map)` is the table of the records, [`Deltos.column`](@ref)`(map, :keys)` all keys that are
  numbers, without a copy;
- `Deltos.map_info(map)` and `stat(map)` tell what it is, [`verify`](@ref)`(map)` checks all of it, and
  [`refresh!`](@ref)`(map)` looks for one that has taken its place.

Any number of tasks may read a map. It keeps its memory, so it must be closed (`close(map)`, which ends its records,
too) or collected before its storage is closed.

```jldoctest
julia> using Deltos

julia> storage = Deltos.anonymous();

julia> Deltos.hashmap(storage, "trees", [("oak" => "Eiche"), ("elm" => "Ulme")]);

julia> trees = storage["trees"];

julia> trees["oak"], get(trees, "ash", "?"), haskey(trees, "elm"), length(trees)
("Eiche", "?", true, 2)

julia> getmany(trees, ["elm", "ash"], missing)
2-element Array{Union{Missing, String},1}:
 "Ulme"
 missing
```
"""
struct HashMap{K,V} <: AbstractDict{K,V}
    object::MapObject
    HashMap{K,V}(object::MapObject) where {K,V} = new{K,V}(object)
end

MapObject(handle::Handle, scope, memory = nothing) =
    MapObject(handle, scope, Lease(handle, (scope, memory), false), hash_map_info(handle), nothing)

function hash_map_info(handle::Handle)
    info, cell = sized(Raw.deltos_hash_map_info), ErrorCell()
    check(calling(pointer -> Raw.deltos_hash_map_stat(pointer, info, cell), handle), cell)
    return info[]
end

const KEY_TYPES = (bytes = Bytes, utf8 = String, u64 = UInt64, value = Any)
const VALUE_TYPES = (u64 = UInt64, bytes = Bytes, utf8 = String, value = Any, record = Record)
const SHAPES = (simple = Raw.DELTOS_MAP_SIMPLE, multi = Raw.DELTOS_MAP_MULTI, approximate = Raw.DELTOS_MAP_APPROXIMATE)

function map_types(info::Raw.deltos_hash_map_info)
    K, V = KEY_TYPES[info.key+1], VALUE_TYPES[info.value+1]
    return info.shape == Raw.DELTOS_MAP_APPROXIMATE ? KeyHash{K} : K, V
end

# What a map is asked with.
asked_with(::Type{K}) where {K} = K
asked_with(::Type{KeyHash{T}}) where {T} = T

function HashMap(handle::Handle, scope, memory = nothing)
    object = MapObject(handle, scope, memory)
    K, V = map_types(object.info)
    return HashMap{K,V}(object)
end
HashMap(scope::Scope, name::AbstractString) = HashMap(open_handle(scope, name, Raw.DELTOS_KIND_HASH_MAP), scope)
function HashMap{K,V}(scope::Scope, name::AbstractString) where {K,V}
    map = HashMap(scope, name)
    map isa HashMap{K,V} && return map
    close(map)
    throw(TypeMismatchError("$(repr(name)) is a $(typeof(map)), and no $(HashMap{K,V})"))
end

object_of(map::HashMap) = map.object
handle_of(map::HashMap) = object_of(map).handle

Base.isopen(map::HashMap) = isopen(handle_of(map))
function Base.close(map::HashMap)
    object = object_of(map)
    close(object)
    object.records === nothing || close(object.records)
    return nothing
end
Base.stat(map::HashMap) = stat(object_of(map))
storage(map::HashMap) = storage(object_of(map))
file_offset(map::HashMap) = file_offset(object_of(map))
advise(map::HashMap, advice::Symbol) = advise(object_of(map), advice)
Reference(map::HashMap) = Reference(object_of(map))

function Base.length(map::HashMap)
    isopen(map) || ended(handle_of(map))
    return Int(object_of(map).info.keys)
end
Base.isempty(map::HashMap) = length(map) == 0

"""
    refresh!(map::Deltos.HashMap) -> Bool

Looks again in the newest commit; tells whether another map has taken the place of this one. Then this is that one;
records and values that were read of the old one stay, and its [`Deltos.Bytes`](@ref) are refused. When the new one has
other types of keys or values, this one is closed, and that is a [`TypeMismatchError`](@ref).
"""
function refresh!(map::HashMap{K,V}) where {K,V}
    object = object_of(map)
    refresh!(object) || return false
    object.lease.ended = true
    object.lease, object.records = Lease(object.handle, object.lease.keeps, false), nothing
    object.info = hash_map_info(object.handle)
    map_types(object.info) == (K, V) && return true
    close(map)
    throw(TypeMismatchError("the map has been replaced by one that is no $(typeof(map)): open it again"))
end

"""
    Deltos.HashMapInfo

What `Deltos.map_info` says of a [`Deltos.HashMap`](@ref): `key` (`:bytes`, `:utf8`, `:u64`, `:value`), `value` (also
`:record`), `shape` (`:simple`, `:multi`, `:approximate`), `keys` (that differ), `pairs`, `index_bytes` (of what leads
from a hash to an entry), `image_bytes` (of all).
"""
struct HashMapInfo
    key::Symbol
    value::Symbol
    shape::Symbol
    keys::Int
    pairs::Int
    index_bytes::Int
    image_bytes::Int
end

"""
    Deltos.map_info(map) -> Union{Deltos.HashMapInfo,Deltos.SortedMapInfo}

What is known of a map.
"""
function map_info(map::HashMap)
    raw = hash_map_info(handle_of(map))
    return HashMapInfo(
        keys(KEY_TYPES)[raw.key+1], keys(VALUE_TYPES)[raw.value+1], keys(SHAPES)[raw.shape+1],
        raw.keys, raw.pairs, raw.index_bytes, raw.image_bytes,
    )
end

"""
    verify(map::Deltos.HashMap; progress = nothing)

Checks what reading checks only where it looks: every entry, that each key is where it is looked for, text, whole values
and records. Throws [`CorruptError`](@ref) when something is damaged. `progress(done, total)` is called now and then;
returning `true` cancels.
"""
function verify(map::HashMap; progress = nothing)
    cell = ErrorCell()
    status = with(handle_of(map)) do pointer
        reporting((callback, user) -> Raw.deltos_hash_map_verify(pointer, callback, user, cell), progress)
    end
    return check(status, cell)
end

Base.show(io::IO, mime::MIME"text/plain", map::HashMap) = show_map(io, map, mime)
Base.show(io::IO, map::HashMap) = show_map(io, map)
function show_map(io, map, mime...)
    isopen(map) || return print(io, "Deltos.", nameof(typeof(map)), ", closed")
    return invoke(show, Tuple{IO,Base.map(typeof, mime)...,AbstractDict}, io, mime..., map)
end

# ---- What lies in a map ----------------------------------------------------------------------------------------------

const NO_BYTES = Raw.deltos_bytes(C_NULL, 0)
const MapEntry = Raw.deltos_map_entry
const NO_ENTRY = MapEntry(NO_BYTES, NO_BYTES, 0, 0, 0)

# What the library has lent, while the handle is in use.
lent(::Type{String}, lease, bytes) = unsafe_string(Ptr{UInt8}(bytes.data), Int(bytes.size))
lent(::Type{Bytes}, lease, bytes) = Bytes(bytes.data, bytes.size, lease)
lent(::Type{UInt64}, lease, bytes) = unsafe_load(Ptr{UInt64}(bytes.data))
lent(::Type{KeyHash{T}}, lease, bytes) where {T} = KeyHash{T}(lent(UInt64, lease, bytes))
lent(::Type{Any}, lease, bytes) = aligned_copy(Ptr{UInt8}(bytes.data), Int(bytes.size)) # of a key

# What was lent, as it is given: checked, now that throwing does no harm.
given(::Type, x) = x
given(::Type{String}, x) = isvalid(x) ? x : damaged_map_text()
given(::Type{Any}, (bytes, start, size)::Tuple) = root_content(value_in(bytes, start, size))
@noinline damaged_map_text() = throw(CorruptError("a text in the map is damaged: it is not UTF-8"))

# Bytes of an entry are there as long as what they were lent for is.
function part_of_entry(::Type{T}, map, lease, bytes) where {T}
    lease.ended && not_lent(lease)
    return given(T, calling(_ -> lent(T, lease, bytes), handle_of(map)))
end

key_of(map::HashMap{K}, lease, entry) where {K} = part_of_entry(K, map, lease, entry.key)

first_of(map::HashMap{K,V}, lease, entry) where {K,V} = part_of_entry(V, map, lease, entry.value)
first_of(map::HashMap{K,UInt64}, lease, entry) where {K} = entry.number
first_of(map::HashMap{K,Record}, lease, entry) where {K} = record_at(map, entry.number)
first_of(map::HashMap{K,Any}, lease, entry) where {K} = value_of(map, entry, 0)

function record_at(map, number)
    object = records_object(map)
    number < object.count || damaged_row(number, object.count)
    return Record(object, 0, Int(number) + 1)
end
@noinline damaged_row(number, count) =
    throw(CorruptError("an entry of the map is damaged: it leads to row $number, and there are $count rows"))

function records_object(map)
    object = object_of(map)
    object.records === nothing || return object.records
    made = handle_made(Raw.deltos_object) do made, cell
        calling(pointer -> Raw.deltos_hash_map_records(pointer, made, cell), object.handle)
    end
    return object.records = RecordObject(made, nothing, object)
end

function value_of(map, entry, index)
    object, told = object_of(map), Ref(entry)
    made = handle_made(Raw.deltos_object) do made, cell
        calling(pointer -> Raw.deltos_hash_map_value(pointer, told, index, made, cell), object.handle)
    end
    return root_content(Value(made, nothing, object))
end

# ---- Looking up ------------------------------------------------------------------------------------------------------

# Numbers that Julia holds equal are keys of several kinds where keys are values: f is asked with all that a key may be.
@inline function each_form(f::F, ::Type{K}, key) where {F,K}
    item = item_as(K, key)
    return item === nothing ? absent : f(settled(item))
end
function each_form(f::F, ::Type{Any}, key) where {F}
    for form in key_forms(key)
        item = item_as(Any, form)
        item === nothing && continue
        found = f(item)
        found === absent || return found
    end
    return absent
end

"The first value of a key, or `absent`."
find_first(map::HashMap{K}, key) where {K} = each_form(item -> first_value(map, item), asked_with(K), key)

"The entry of a key, or `absent`."
find_entry(map::HashMap{K}, key) where {K} = each_form(item -> entry_of(map, item), asked_with(K), key)

function entry_of(map, item)
    found, cell = Ref(NO_ENTRY), spare_cell()
    status = GC.@preserve item calling(handle_of(map)) do pointer
        Raw.deltos_hash_map_find(pointer, address_of(item), size_of(item), found, cell)
    end
    check_spare(status, cell)
    return found[].count == 0 ? absent : found[]
end

function first_number(map, item)
    number, there, cell = Ref(UInt64(0)), Ref(0x00), spare_cell()
    status = GC.@preserve item calling(handle_of(map)) do pointer
        Raw.deltos_hash_map_get_number(pointer, address_of(item), size_of(item), number, there, cell)
    end
    check_spare(status, cell)
    return there[] == 0x00 ? absent : number[]
end

first_value(map::HashMap{K,UInt64}, item) where {K} = first_number(map, item)
function first_value(map::HashMap{K,Record}, item) where {K}
    number = first_number(map, item)
    return number === absent ? absent : record_at(map, number)
end
function first_value(map::HashMap{K,Any}, item) where {K}
    entry = entry_of(map, item)
    return entry === absent ? absent : value_of(map, entry, 0)
end
function first_value(map::HashMap{K,V}, item) where {K,V}
    object, found, cell = object_of(map), Ref(NO_BYTES), spare_cell()
    pointer = enter(object.handle)
    status = GC.@preserve item object Raw.deltos_hash_map_get(pointer, address_of(item), size_of(item), found, cell)
    value = status != Raw.DELTOS_OK || found[].data == C_NULL ? absent : lent(V, object.lease, found[])
    leave(object.handle)
    check_spare(status, cell)
    return value === absent ? absent : given(V, value)
end

Base.haskey(map::HashMap, key) = find_entry(map, key) !== absent
function Base.get(default::Union{Function,Type}, map::HashMap, key)
    found = find_first(map, key)
    return found === absent ? default() : found
end
function Base.get(map::HashMap, key, default)
    found = find_first(map, key)
    return found === absent ? default : found
end
function Base.getindex(map::HashMap, key)
    found = find_first(map, key)
    return found === absent ? throw(KeyError(key)) : found
end
function Base.getkey(map::HashMap, key, default)
    lease, entry = object_of(map).lease, find_entry(map, key)
    return entry === absent ? default : key_of(map, lease, entry)
end
Base.in(key, keys::Base.KeySet{<:Any,<:HashMap}) = haskey(keys.dict, key)

"""
    getall(map::Deltos.HashMap, key) -> Vector

All values of a key, in the order in which they were added; none when it is not there.

```jldoctest
julia> using Deltos

julia> places = Deltos.hashmap(["Springfield" => "Illinois", "Ulm" => "Germany", "Springfield" => "Ohio"]; multi = true);

julia> getall(places, "Springfield"), places["Springfield"], getall(places, "Rome")
(["Illinois", "Ohio"], "Illinois", String[])
```
"""
function getall(map::HashMap{K,V}, key) where {K,V}
    lease, entry = object_of(map).lease, find_entry(map, key)
    return entry === absent ? V[] : all_of(map, lease, entry)
end

function all_of(map::HashMap{K,V}, lease, entry) where {K,V}
    found = V[]
    each_portion(map, lease, entry, Raw.deltos_hash_map_values, NO_BYTES) do room
        foreach(bytes -> push!(found, part_of_entry(V, map, lease, bytes)), room)
    end
    return found
end
function all_of(map::HashMap{K,UInt64}, lease, entry) where {K}
    found = UInt64[]
    each_portion(room -> append!(found, room), map, lease, entry, Raw.deltos_hash_map_numbers, UInt64(0))
    return found
end
function all_of(map::HashMap{K,Record}, lease, entry) where {K}
    found = Record[]
    each_portion(map, lease, entry, Raw.deltos_hash_map_numbers, UInt64(0)) do room
        foreach(number -> push!(found, record_at(map, number)), room)
    end
    return found
end
all_of(map::HashMap{K,Any}, lease, entry) where {K} = Any[value_of(map, entry, index - 1) for index in 1:entry.count]

# Values of an entry in portions, so that no number in a file says how much memory is taken.
function each_portion(f, map, lease, entry, give, blank)
    told, count, cell = Ref(entry), Ref(UInt64(0)), ErrorCell()
    room = fill(blank, Int(min(entry.count, 1024)))
    first = 0
    while first < entry.count
        lease.ended && not_lent(lease)
        check(calling(pointer -> give(pointer, told, first, room, length(room), count, cell), handle_of(map)), cell)
        count[] == 0 && break
        f(view(room, 1:Int(count[])))
        first += Int(count[])
    end
end

# ---- Many at once ----------------------------------------------------------------------------------------------------

"""
    getmany(map, keys) -> Vector
    getmany(map, keys, default) -> Vector

The values of many keys, as `[map[key] for key in keys]`, or `[get(map, key, default) for key in keys]`, and several times
faster. Keys that lie in memory as the map has them, such as a `Vector{UInt64}`, a `Vector{String}` or a column of a
table, are taken from there.

```jldoctest
julia> using Deltos

julia> squares = Deltos.hashmap(UInt64[1, 2, 3], UInt64[1, 4, 9]);

julia> getmany(squares, [3, 7, 1], 0)
3-element Array{UInt64,1}:
 0x0000000000000009
 0x0000000000000000
 0x0000000000000001
```
"""
getmany(map::HashMap{K,V}, keys) where {K,V} = many(map, listed(keys), V, key -> throw(KeyError(key)))
getmany(map::HashMap{K,V}, keys, default) where {K,V} = many(map, listed(keys), Union{V,typeof(default)}, key -> default)
function getmany(map::HashMap{K,UInt64}, keys, default::Integer) where {K}
    number = default isa Bool ? nothing : item_as(UInt64, default)
    number === nothing && return many(map, listed(keys), Union{UInt64,typeof(default)}, key -> default)
    return many(map, listed(keys), UInt64, key -> number)
end

"""
    hasmany(map, keys) -> Vector{Bool}

Whether each of many keys is there.
"""
function hasmany(map::HashMap, keys)
    list = listed(keys)
    there = looked_up(map, list, length(list)) do pointer, column, present, cell
        Raw.deltos_hash_map_find_many(pointer, column, C_NULL, present, C_NULL, cell)
    end
    return Bool[there[i] != 0x00 || is_there_otherwise(map, list[i]) for i in 1:length(list)]
end

# Calls f for many keys; tells which are there.
function looked_up(f::F, map::HashMap{K}, keys, count) where {F,K}
    items, none = wanted_items(asked_with(K), keys)
    present, column, roots, cell = zeros(UInt8, count), Ref(items.column), items.roots, ErrorCell()
    check(GC.@preserve(roots, calling(pointer -> f(pointer, column, present, cell), handle_of(map))), cell)
    present[none] .= 0x00
    return present
end

# What may be equal to a key of another kind, which was not asked for with the others.
may_be_otherwise(::HashMap{K}, key) where {K} = asked_with(K) === Any && key isa Number
is_there_otherwise(map, key) = may_be_otherwise(map, key) && haskey(map, key)

function many(map::HashMap{K,V}, keys, ::Type{E}, otherwise) where {K,V,E}
    found, present = many_found(map, keys)
    result = Vector{E}(undef, length(keys))
    for i in 1:length(keys)
        result[i] = present[i] != 0x00 ? found(i) : otherwise_found(map, keys[i], otherwise)
    end
    return result
end
function many(map::HashMap{K,UInt64}, keys, ::Type{UInt64}, otherwise) where {K}
    numbers, present = many_numbers(map, keys)
    for i in 1:length(keys)
        present[i] != 0x00 || (numbers[i] = otherwise_found(map, keys[i], otherwise))
    end
    return numbers
end

function otherwise_found(map, key, otherwise)
    found = may_be_otherwise(map, key) ? find_first(map, key) : absent
    return found === absent ? otherwise(key) : found
end

function many_numbers(map, keys)
    numbers = Vector{UInt64}(undef, length(keys))
    present = looked_up(map, keys, length(keys)) do pointer, column, present, cell
        Raw.deltos_hash_map_get_many_numbers(pointer, column, 0, numbers, present, C_NULL, cell)
    end
    return numbers, present
end

# What is found for the i-th key, and which are there.
function many_found(map::HashMap{K,UInt64}, keys) where {K}
    numbers, present = many_numbers(map, keys)
    return i -> numbers[i], present
end
function many_found(map::HashMap{K,Record}, keys) where {K}
    numbers, present = many_numbers(map, keys)
    return i -> record_at(map, numbers[i]), present
end
function many_found(map::HashMap{K,Any}, keys) where {K}
    entries = fill(NO_ENTRY, length(keys))
    present = looked_up(map, keys, length(keys)) do pointer, column, present, cell
        Raw.deltos_hash_map_find_many(pointer, column, entries, present, C_NULL, cell)
    end
    return i -> value_of(map, entries[i], 0), present
end
function many_found(map::HashMap{K,V}, keys) where {K,V}
    values, lease = fill(NO_BYTES, length(keys)), object_of(map).lease
    present = looked_up(map, keys, length(keys)) do pointer, column, present, cell
        status = Raw.deltos_hash_map_get_many(pointer, column, values, C_NULL, cell)
        present .= [value.data != C_NULL for value in values]
        return status
    end
    return i -> part_of_entry(V, map, lease, values[i]), present
end

"""
    Deltos.row_numbers(map, keys) -> Vector{Int}

For many keys of a map to records, the row of each in [`Deltos.records`](@ref)`(map)`; 0 where a key is not there.
"""
function row_numbers(map::HashMap{K,Record}, keys) where {K}
    list = listed(keys)
    numbers, present = many_numbers(map, list)
    row(i) = present[i] != 0x00 ? record_at(map, numbers[i]) : otherwise_found(map, list[i], key -> nothing)
    return Int[row_number(row(i)) for i in 1:length(list)]
end
row_number(record::Record) = row_of(record)
row_number(::Nothing) = 0

# ---- All of it -------------------------------------------------------------------------------------------------------

# Entries in portions, from a position on.
mutable struct EntryWalk
    position::Base.RefValue{UInt64}
    entries::Vector{MapEntry}
    filled::Int
    lease::Lease
end
EntryWalk(map::HashMap, capacity = PORTION) = EntryWalk(Ref(UInt64(0)), fill(NO_ENTRY, capacity), 0, object_of(map).lease)

function next_portion!(walk::EntryWalk, map)
    walk.lease.ended && not_lent(walk.lease)
    count, cell = Ref(UInt64(0)), ErrorCell()
    status = calling(handle_of(map)) do pointer
        Raw.deltos_hash_map_entries(pointer, walk.position, walk.entries, length(walk.entries), count, cell)
    end
    check(status, cell)
    walk.filled = Int(count[])
    return walk.filled > 0
end

function walked(f, map::HashMap, (walk, i))
    if i > walk.filled
        next_portion!(walk, map) || return nothing
        i = 1
    end
    return f(map, walk.lease, walk.entries[i]), (walk, i + 1)
end

pair_of(map::HashMap{K,V}, lease, entry) where {K,V} = Pair{K,V}(key_of(map, lease, entry), first_of(map, lease, entry))

Base.iterate(map::HashMap, state = (EntryWalk(map), 1)) = walked(pair_of, map, state)
Base.iterate(keys::Base.KeySet{<:Any,<:HashMap}, state = (EntryWalk(keys.dict), 1)) = walked(key_of, keys.dict, state)
Base.iterate(values::Base.ValueIterator{<:HashMap}, state = (EntryWalk(values.dict), 1)) = walked(first_of, values.dict, state)

"""
    Deltos.eachpair(map::Deltos.HashMap)

Iterates all pairs, as many for a key as it has values: of a multi map more than `map` itself gives.
"""
eachpair(map::HashMap{K,V}) where {K,V} = Iterators.flatten(Base.Generator(Entries(map)) do (lease, entry)
    key = key_of(map, lease, entry)
    return Pair{K,V}[Pair{K,V}(key, value) for value in all_of(map, lease, entry)]
end)

struct Entries
    map::HashMap
end
Base.IteratorSize(::Type{Entries}) = Base.SizeUnknown()
Base.iterate(entries::Entries, state = (EntryWalk(entries.map), 1)) = walked((map, lease, entry) -> (lease, entry), entries.map, state)

"""
    Deltos.ordered(map::Deltos.HashMap) -> AbstractDict

The same map, iterated in the order of keys: text and bytes by their bytes, numbers and hashes as numbers. Values as keys
have no order. The order is found when this is called, and takes 8 bytes a key.

```jldoctest
julia> using Deltos

julia> map = Deltos.hashmap(Dict("elm" => 0x01, "oak" => 0x02, "ash" => 0x03));

julia> collect(keys(Deltos.ordered(map)))
3-element Array{String,1}:
 "ash"
 "elm"
 "oak"
```
"""
function ordered(map::HashMap)
    object, count, cell = object_of(map), Ref(UInt64(0)), ErrorCell()
    lease, positions = object.lease, Vector{UInt64}(undef, length(map))
    check(calling(pointer -> Raw.deltos_hash_map_order(pointer, positions, length(positions), count, cell), object.handle), cell)
    return OrderedMap(map, resize!(positions, Int(count[])), lease)
end

# A hash map in the order of its keys.
struct OrderedMap{K,V} <: AbstractDict{K,V}
    map::HashMap{K,V}
    positions::Vector{UInt64}
    lease::Lease
end
Base.length(ordered::OrderedMap) = length(ordered.positions)
Base.haskey(ordered::OrderedMap, key) = haskey(ordered.map, key)
Base.get(ordered::OrderedMap, key, default) = get(ordered.map, key, default)
Base.get(default::Union{Function,Type}, ordered::OrderedMap, key) = get(default, ordered.map, key)
Base.getindex(ordered::OrderedMap, key) = ordered.map[key]
Base.in(key, keys::Base.KeySet{<:Any,<:OrderedMap}) = haskey(keys.dict, key)

# Each position leads to one entry.
function in_order(f, ordered::OrderedMap, (walk, i))
    i > length(ordered.positions) && return nothing
    walk.position[] = ordered.positions[i]
    next_portion!(walk, ordered.map) || throw(CorruptError("a position of the map's order leads to no entry"))
    return f(ordered.map, walk.lease, walk.entries[1]), (walk, i + 1)
end
ordered_walk(ordered) = (EntryWalk(Ref(UInt64(0)), [NO_ENTRY], 0, ordered.lease), 1)

Base.iterate(ordered::OrderedMap, state = ordered_walk(ordered)) = in_order(pair_of, ordered, state)
Base.iterate(keys::Base.KeySet{<:Any,<:OrderedMap}, state = ordered_walk(keys.dict)) = in_order(key_of, keys.dict, state)
Base.iterate(values::Base.ValueIterator{<:OrderedMap}, state = ordered_walk(values.dict)) = in_order(first_of, values.dict, state)

# ---- Memory ----------------------------------------------------------------------------------------------------------

const MAP_COLUMNS = (keys = Raw.DELTOS_MAP_COLUMN_KEYS, values = Raw.DELTOS_MAP_COLUMN_VALUES)

"""
    Deltos.column(map::Deltos.HashMap, :keys) -> AbstractVector{UInt64}
    Deltos.column(map::Deltos.HashMap, :values) -> AbstractVector{UInt64}

All keys, or all values, of a map with keys that are numbers, or of an approximate one, one for each pair, where they
lie: no copy. Keys of an approximate map are hashes, and values of one to records are numbers of rows, from 0. Other
values are a [`LayoutError`](@ref).
"""
function column(map::HashMap, which::Symbol)
    code, object = one_of(MAP_COLUMNS, which, "a column"), object_of(map)
    made = handle_made(Raw.deltos_view) do made, cell
        calling(pointer -> Raw.deltos_hash_map_column(pointer, code, Raw.DELTOS_VIEW_FULL_RO, made, cell), object.handle)
    end
    return spaced_items(UInt64, View(made, object))
end

"""
    Deltos.records(map::Deltos.HashMap) -> Deltos.RecordTable
    Deltos.records(T, map::Deltos.HashMap) -> AbstractVector{T}

The table whose rows are the values of a map to records, in the order in which they were added; and the same as
structures of the program's.
"""
records(map::HashMap) = RecordTable(records_object(map))
records(::Type{T}, map::HashMap) where {T} = records(T, records(map))
