# Sorted maps: pairs in the order of their keys, changed in transactions and read in snapshots, as dictionaries.

struct SortedObject <: Object
    handle::Handle{Raw.deltos_object}
    scope::AnyScope
end

"""
    Deltos.SortedMap{K,V} <: AbstractDict{K,Union{V,Deltos.Reference}}
    Deltos.SortedMap(scope, name, V = Vector{UInt8})
    Deltos.SortedMap(scope, map)

A stored map in the order of its keys, made by [`Deltos.sortedmap`](@ref); `scope[name]` is one, too. Keys are text
(`K` is `String`), bytes (`Vector{UInt8}`) of at most 1,024, or numbers (`UInt64`). Values are bytes, at most 16 MiB, and
`V` says how they are read: as a `Vector{UInt8}`, as `String`, as numbers or structures of bits, or as any value (`Any`,
see [`Deltos.Value`](@ref)); the file does not know. Or they are other objects of the storage, which read as a
[`Deltos.Reference`](@ref): `scope[reference]` is what it leads to.

It is used like a `Dict`: `map[key]`, `get`, `haskey`, iteration (in the order of keys), `map[key] = x`, `delete!`,
`pop!`, `get!`, `empty!`, `merge!`, `length`. Besides there are

- [`range`](@ref Base.range(::Deltos.SortedMap))`(map, from, to)` and [`Deltos.prefix`](@ref)`(map, start)`: some of the
  pairs, forwards or backwards, to be iterated, counted (`length`) and removed (`empty!`); `Iterators.reverse(map)`;
- `first(map)`, `last(map)`, and [`Deltos.find`](@ref)`(map, key)`: the pair nearest to a key;
- [`getmany`](@ref), [`hasmany`](@ref): many keys at once; [`merge!`](@ref Base.merge!(::Deltos.SortedMap)) puts many pairs, and
  [`append!`](@ref Base.append!(::Deltos.SortedMap, ::Any, ::Any)) adds sorted ones at the end, which is fastest;
- `Deltos.map_info(map)`.

What is read is a copy. The scope says which state is seen: a [`Snapshot`](@ref) one commit, a [`Transaction`](@ref) its
own changes, a [`Storage`](@ref) the newest commit each time (iteration: that of its begin). On a storage each change is
a transaction of its own. `Deltos.SortedMap(scope, map)` is the same map in another scope of the same storage.

```jldoctest
julia> using Deltos

julia> storage = Deltos.anonymous();

julia> heights = Deltos.sortedmap(storage, "heights"; key = String, value = Int);

julia> transaction(storage) do t
           map = Deltos.SortedMap(t, heights)
           map["oak"] = 40; map["elm"] = 30; map["ash"] = 35
       end;

julia> heights["elm"], first(heights), collect(keys(range(heights, "b", "p")))
(30, "ash" => 35, ["elm", "oak"])

julia> delete!(heights, "elm"); length(heights)
2
```
"""
struct SortedMap{K,V} <: AbstractDict{K,Union{V,Reference}}
    object::SortedObject
    SortedMap{K,V}(object::SortedObject) where {K,V} = new{K,V}(object)
end

sorted_key_type(info::Raw.deltos_sorted_map_info) = (Vector{UInt8}, String, UInt64)[info.key+1]

# K and V as an item of a map is called.
item_name(::Type{Vector{UInt8}}) = Bytes
item_name(::Type{T}) where {T} = T

SortedMap{K}(handle::Handle, scope, ::Type{V}) where {K,V} = SortedMap{K,V}(SortedObject(handle, scope))
function SortedMap(handle::Handle, scope, ::Type{V} = Vector{UInt8}) where {V}
    check_value_type(V)
    return SortedMap{sorted_key_type(sorted_map_info(C_NULL, handle))}(handle, scope, V)
end
SortedMap(scope::Scope, name::AbstractString, ::Type{V} = Vector{UInt8}) where {V} =
    SortedMap(open_handle(scope, name, Raw.DELTOS_KIND_SORTED_MAP), scope, V)
SortedMap(scope::Scope, map::SortedMap{K,V}) where {K,V} = SortedMap{K}(handle_of(map), scope, V)
SortedMap(scope::Scope, map::SortedMap{K}, ::Type{V}) where {K,V} = (check_value_type(V); SortedMap{K}(handle_of(map), scope, V))

check_value_type(::Type{V}) where {V} = V === Any || V === String || V === Vector{UInt8} || isbitstype(V) && sizeof(V) > 0 ||
    throw(FormatError("values of type $V have no bytes: use Vector{UInt8}, String, numbers or structures of bits, or Any"))

object_of(map::SortedMap) = map.object
handle_of(map::SortedMap) = object_of(map).handle
scope_of(map::SortedMap) = object_of(map).scope

Base.isopen(map::SortedMap) = isopen(handle_of(map)) && isopen(scope_of(map)) && isopen(storage(map))
Base.close(map::SortedMap) = close(object_of(map))
Base.stat(map::SortedMap) = stat(object_of(map))
storage(map::SortedMap) = storage(scope_of(map))
Reference(map::SortedMap) = Reference(object_of(map))

"""
    refresh!(map::Deltos.SortedMap) -> Bool

Looks in the newest commit whether the map has been deleted and another one has its name; then this is that one. A map
that has only changed needs no refresh.
"""
function refresh!(map::SortedMap{K}) where {K}
    changed = refresh!(object_of(map))
    sorted_key_type(sorted_map_info(C_NULL, handle_of(map))) === K && return changed
    close(map)
    throw(TypeMismatchError("the map has been replaced by one with other keys than $K: open it again"))
end

Base.show(io::IO, mime::MIME"text/plain", map::SortedMap) = show_map(io, map, mime)
Base.show(io::IO, map::SortedMap) = show_map(io, map)

# Calls f with a snapshot and the map's pointer, while nobody can end the storage, the scope or the map.
function lending(f::F, map::SortedMap) where {F}
    return with(storage(map).handle) do _
        reading(snapshot -> with(pointer -> f(snapshot, pointer), handle_of(map)), scope_of(map))
    end
end

# Calls f with a transaction, the map's pointer and an error cell; it returns a status.
function changing(f::F, map::SortedMap) where {F}
    cell = ErrorCell()
    writing(scope_of(map)) do transaction
        check(with(pointer -> f(transaction, pointer, cell), handle_of(map)), cell)
    end
end

function sorted_map_info(snapshot, handle)
    info, cell = sized(Raw.deltos_sorted_map_info), ErrorCell()
    check(calling(pointer -> Raw.deltos_sorted_map_stat(snapshot, pointer, info, cell), handle), cell)
    return info[]
end

"""
    Deltos.SortedMapInfo

What `Deltos.map_info` says of a [`Deltos.SortedMap`](@ref) in the state that its scope shows: `key` (`:bytes`, `:utf8`,
`:u64`), `count`, `key_bytes` and `value_bytes` (of all), `long_values` (that lie in places of their own), `objects`
(values that are objects), `height` (levels of its tree).
"""
struct SortedMapInfo
    key::Symbol
    count::Int
    key_bytes::Int
    value_bytes::Int
    long_values::Int
    objects::Int
    height::Int
end

function map_info(map::SortedMap)
    raw = reading(snapshot -> sorted_map_info(snapshot, handle_of(map)), scope_of(map))
    return SortedMapInfo(
        keys(KEY_TYPES)[raw.key+1], raw.count, raw.key_bytes, raw.value_bytes, raw.long_values, raw.objects, raw.height,
    )
end

# ---- Items -----------------------------------------------------------------------------------------------------------

wanted_key(::SortedMap{K}, key) where {K} = item_as(item_name(K), key)
required_key(::SortedMap{K}, key) where {K} = settled(required(item_name(K), key))

# A value as bytes.
value_item(::Type{V}, x) where {V} = Ref{V}(convert(V, x))
value_item(::Type{V}, x) where {V<:Union{String,Vector{UInt8}}} = required(item_name(V), x)
value_item(::Type{Any}, x) = pack(x)
address_of(cell::Base.RefValue) = Ptr{Cvoid}(Base.unsafe_convert(Ptr{eltype(cell)}, cell))
size_of(cell::Base.RefValue) = UInt64(sizeof(eltype(cell)))

value_items(::Type{V}, given, from) where {V} = fixed_items(given isa Strided{V,1} ? given : V[x for x in given])
value_items(::Type{V}, given, from) where {V<:Union{String,Vector{UInt8}}} = required_items(item_name(V), given, from)
value_items(::Type{Any}, given, from) = required_items(Any, given, from)

# What a snapshot lends, copied.
copied(::Type{String}, bytes) = unsafe_string(Ptr{UInt8}(bytes.data), Int(bytes.size))
copied(::Type{Vector{UInt8}}, bytes) = copy_of(Ptr{UInt8}(bytes.data), Int(bytes.size))
copied(::Type{Any}, bytes) = root_content(value_in(aligned_copy(Ptr{UInt8}(bytes.data), Int(bytes.size))...))
function copied(::Type{V}, bytes) where {V}
    bytes.size == sizeof(V) || throw(TypeMismatchError("a value of $(bytes.size) bytes is no $V, which has $(sizeof(V))"))
    return unsafe_load(Ptr{V}(bytes.data))
end

copied_value(::SortedMap{K,V}, bytes, id) where {K,V} = id == 0 ? copied(V, bytes) : Reference(id)
copied_key(::SortedMap{K}, pair) where {K} = copied(K, pair.key)
copied_key(::SortedMap{UInt64}, pair) = pair.number

const Held{V} = Union{V,Reference}
copied_pair(map::SortedMap{K,V}, pair) where {K,V} =
    Pair{K,Held{V}}(copied_key(map, pair), copied_value(map, pair.value, pair.object_id))

# ---- Looking up ------------------------------------------------------------------------------------------------------

# Calls f with what the library finds for a key, while it is lent; `absent` where there is nothing.
function find_sorted(f, map::SortedMap, key)
    item = wanted_key(map, key)
    item === nothing && return absent
    at = settled(item)
    value, id, there, cell = Ref(NO_BYTES), Ref(UInt64(0)), Ref(0x00), ErrorCell()
    return lending(map) do snapshot, pointer
        status = GC.@preserve at begin
            Raw.deltos_sorted_map_get(snapshot, pointer, address_of(at), size_of(at), value, id, there, cell)
        end
        check(status, cell)
        return there[] == 0x00 ? absent : f(value[], id[])
    end
end

find_first(map::SortedMap, key) = find_sorted((bytes, id) -> copied_value(map, bytes, id), map, key)

Base.haskey(map::SortedMap, key) = find_sorted((bytes, id) -> true, map, key) === true
function Base.get(default::Union{Function,Type}, map::SortedMap, key)
    found = find_first(map, key)
    return found === absent ? default() : found
end
Base.get(map::SortedMap, key, default) = get(() -> default, map, key)
Base.getindex(map::SortedMap, key) = get(() -> throw(KeyError(key)), map, key)
Base.in(key, keys::Base.KeySet{<:Any,<:SortedMap}) = haskey(keys.dict, key)

Base.length(map::SortedMap) = length(range(map))
Base.isempty(map::SortedMap) = length(map) == 0
Base.IteratorSize(::Type{<:SortedMap}) = Base.SizeUnknown()

getmany(map::SortedMap{K,V}, keys) where {K,V} = many_sorted(map, listed(keys), Held{V}, key -> throw(KeyError(key)))
getmany(map::SortedMap{K,V}, keys, default) where {K,V} =
    many_sorted(map, listed(keys), Union{V,Reference,typeof(default)}, key -> default)

function many_sorted(map, keys, ::Type{E}, otherwise) where {E}
    result, values, ids = Vector{E}(undef, length(keys)), fill(NO_BYTES, length(keys)), zeros(UInt64, length(keys))
    looked_up_sorted(map, keys, values, ids) do there
        for i in 1:length(keys)
            result[i] = there[i] ? copied_value(map, values[i], ids[i]) : otherwise(keys[i])
        end
    end
    return result
end

hasmany(map::SortedMap, keys) = looked_up_sorted(identity, map, listed(keys), C_NULL, C_NULL)

# Calls f with which keys are there, while what was found is lent.
function looked_up_sorted(f, map::SortedMap{K}, keys, values, ids) where {K}
    items, none = wanted_items(item_name(K), keys)
    column, roots, there, cell = Ref(items.column), items.roots, zeros(Bool, length(keys)), ErrorCell()
    return lending(map) do snapshot, pointer
        status = GC.@preserve roots there begin
            Raw.deltos_sorted_map_get_many(snapshot, pointer, column, values, ids, Ptr{UInt8}(Base.pointer(there)), C_NULL, cell)
        end
        check(status, cell)
        there[none] .= false
        return f(there)
    end
end

# ---- Ranges ----------------------------------------------------------------------------------------------------------

"""
    Deltos.SortedRange{K,V}

Some pairs of a [`Deltos.SortedMap`](@ref), in the order of keys or against it, see [`range`](@ref
Base.range(::Deltos.SortedMap)): iterated, also by `keys(r)` and `values(r)`, from the beginning each time;
`length(r)` counts them, `isempty(r)`, `first(r)` and `last(r)` look at one, `empty!(r)` removes them,
`Iterators.reverse(r)` turns them round, and [`Deltos.PairCursor`](@ref)`(r)` goes to and fro in them.
"""
struct SortedRange{K,V}
    map::SortedMap{K,V}
    bounds::NTuple{3,Any} # from, to, prefix; nothing where there is none
    open::Bool
    closed::Bool
    reverse::Bool
end

"""
    range(map::Deltos.SortedMap, from = nothing, to = nothing; rev = false, open = false, closed = false)

The pairs whose keys are `from` or above, and below `to`, as a [`Deltos.SortedRange`](@ref); `nothing` is no bound. Bounds
need not be keys that are there. With `closed` the pair of `to` belongs to them, and with `open` that of `from` does not;
with `rev` they come from the last to the first.

```jldoctest
julia> using Deltos

julia> map = Deltos.sortedmap(Deltos.anonymous(), "m", [k => "\$k" for k in UInt64[5, 1, 9, 3]]);

julia> [Int(key) for key in keys(range(map, 3, 9))], [value for value in values(range(map, 3, 9; rev = true, closed = true))]
([3, 5], ["9", "5", "3"])
```
"""
function Base.range(map::SortedMap, from = nothing, to = nothing; rev::Bool = false, open::Bool = false, closed::Bool = false)
    bound(key) = key === nothing ? nothing : required_key(map, key)
    return SortedRange(map, (bound(from), bound(to), nothing), open, closed, rev)
end

"""
    Deltos.prefix(map::Deltos.SortedMap, start; rev = false) -> Deltos.SortedRange

The pairs whose keys begin with some text or bytes.
"""
prefix(map::SortedMap, start; rev::Bool = false) = SortedRange(map, (nothing, nothing, required_key(map, start)), false, false, rev)

Iterators.reverse(map::SortedMap) = range(map; rev = true)
Iterators.reverse(r::SortedRange) = SortedRange(r.map, r.bounds, r.open, r.closed, !r.reverse)

# Calls f with a range of the library's.
with_range(f, r::SortedRange) = with_bounds(f, r.bounds, r.open, r.closed, r.reverse)
function with_bounds(f, bounds, open, closed, reverse)
    bytes = [bound === nothing ? NO_BYTES : Raw.deltos_bytes(address_of(bound), size_of(bound)) for bound in bounds]
    GC.@preserve bounds bytes begin
        at(k) = bounds[k] === nothing ? Ptr{Raw.deltos_bytes}(C_NULL) : pointer(bytes, k)
        return f(Ref(Raw.deltos_range(at(1), at(2), at(3), open, closed, reverse, (0, 0, 0, 0, 0))))
    end
end

function Base.length(r::SortedRange)
    count, cell = Ref(UInt64(0)), ErrorCell()
    with_range(r) do range
        lending((snapshot, pointer) -> check(Raw.deltos_sorted_map_count(snapshot, pointer, range, count, cell), cell), r.map)
    end
    return Int(count[])
end

Base.IteratorSize(::Type{<:SortedRange}) = Base.SizeUnknown()
Base.eltype(::Type{SortedRange{K,V}}) where {K,V} = Pair{K,Held{V}}
Base.isempty(r::SortedRange) = nearest(r) === nothing

Base.show(io::IO, r::SortedRange{K,V}) where {K,V} =
    print(io, "Deltos.SortedRange{", K, ",", V, "}, ", isopen(r.map) ? "$(length(r)) pairs" : "closed")

"""
    empty!(map::Deltos.SortedMap)
    empty!(range::Deltos.SortedRange) -> Int

Removes all pairs; those of a range are counted.
"""
Base.empty!(map::SortedMap) = (empty!(range(map)); map)
function Base.empty!(r::SortedRange)
    removed = Ref(UInt64(0))
    with_range(r) do range
        changing((t, pointer, cell) -> Raw.deltos_sorted_map_remove_range(t, pointer, range, removed, cell), r.map)
    end
    return Int(removed[])
end

# ---- Walking ---------------------------------------------------------------------------------------------------------

"""
    Deltos.PairCursor(range) -> iterator
    Deltos.PairCursor(map)

A walk over the pairs of a [`Deltos.SortedMap`](@ref), or of a range of it, that remembers where it is: iterating goes on
there, and `seek(cursor, key)` goes to the first pair, in its direction, whose key is not before `key`, also backwards.
`close(cursor)` ends it.

In a transaction the map may be changed meanwhile: the walk goes on behind the last key that it gave, and sees what is
there then.
"""
mutable struct PairCursor{F,T,M<:SortedMap}
    take::F # what to make of the map and a pair
    map::M
    handle::Handle{Raw.deltos_cursor}
    room::Vector{Raw.deltos_pair}
    ready::Vector{T}
    at::Int
end

const NO_PAIR = Raw.deltos_pair(NO_BYTES, NO_BYTES, 0, 0)

# What a transaction may change meanwhile is read pair by pair.
portion_of(::Transaction) = 1
portion_of(::Scope) = PORTION

PairCursor(r::SortedRange{K,V}, portion = portion_of(scope_of(r.map))) where {K,V} =
    PairCursor(copied_pair, Pair{K,Held{V}}, r, portion)
PairCursor(map::SortedMap) = PairCursor(range(map))

function PairCursor(take, ::Type{T}, r::SortedRange, portion = portion_of(scope_of(r.map))) where {T}
    made, cell = Ref(Ptr{Raw.deltos_cursor}(C_NULL)), ErrorCell()
    with_range(r) do range
        lending((snapshot, pointer) -> check(Raw.deltos_sorted_map_range(snapshot, pointer, range, made, cell), cell), r.map)
    end
    return PairCursor(take, r.map, Handle(made[]), fill(NO_PAIR, portion), T[], 0)
end

Base.close(cursor::PairCursor) = (forget!(cursor); finish_safely(cursor.handle))
forget!(cursor) = (empty!(cursor.ready); cursor.at = 0; cursor) # what has been read ahead
Base.isopen(cursor::PairCursor) = isopen(cursor.handle)
Base.IteratorSize(::Type{<:PairCursor}) = Base.SizeUnknown()
Base.eltype(::Type{<:PairCursor{F,T}}) where {F,T} = T
Base.show(io::IO, cursor::PairCursor) = print(io, "Deltos.PairCursor", isopen(cursor) ? "" : ", closed")

function Base.iterate(cursor::PairCursor, state = nothing)
    cursor.at == length(cursor.ready) && (fill_cursor!(cursor) || return nothing)
    cursor.at += 1
    return cursor.ready[cursor.at], nothing
end

# Calls f with the cursor's pointer while nobody can end what it reads.
function walking(f, cursor::PairCursor)
    scope = scope_of(cursor.map)
    return with(storage(cursor.map).handle) do _
        scope isa Transaction ? exclusively(_ -> exclusively(f, cursor.handle), scope.handle) : exclusively(f, cursor.handle)
    end
end

function fill_cursor!(cursor::PairCursor)
    count, cell, room = Ref(UInt64(0)), ErrorCell(), cursor.room
    forget!(cursor)
    walking(cursor) do pointer
        check(Raw.deltos_cursor_next_pairs(pointer, room, length(room), count, cell), cell)
        for i in 1:Int(count[])
            push!(cursor.ready, cursor.take(cursor.map, room[i]))
        end
    end
    return count[] > 0
end

function Base.seek(cursor::PairCursor, key)
    item, cell = required_key(cursor.map, key), ErrorCell()
    GC.@preserve item walking(cursor) do pointer
        check(Raw.deltos_cursor_seek_pair(pointer, address_of(item), size_of(item), cell), cell)
    end
    return forget!(cursor)
end

take_value(map, pair) = copied_value(map, pair.value, pair.object_id)

Base.iterate(r::SortedRange, cursor = PairCursor(r)) = walked(cursor)
Base.iterate(map::SortedMap, cursor = PairCursor(map)) = walked(cursor)
function Base.iterate(keys::Base.KeySet{K,<:SortedMap{K}}, cursor = PairCursor(copied_key, K, range(keys.dict))) where {K}
    return walked(cursor)
end
function Base.iterate(
    values::Base.ValueIterator{SortedMap{K,V}},
    cursor = PairCursor(take_value, Held{V}, range(values.dict)),
) where {K,V}
    return walked(cursor)
end
function walked(cursor::PairCursor)
    found = iterate(cursor)
    found === nothing && close(cursor)
    return found === nothing ? nothing : (found[1], cursor)
end

# The keys or the values of a range.
struct RangePart{F,T,R<:SortedRange}
    take::F
    range::R
    RangePart{T}(take::F, range::R) where {F,T,R} = new{F,T,R}(take, range)
end
Base.keys(r::SortedRange{K}) where {K} = RangePart{K}(copied_key, r)
Base.values(r::SortedRange{K,V}) where {K,V} = RangePart{Held{V}}(take_value, r)
Base.iterate(part::RangePart{F,T}, cursor = PairCursor(part.take, T, part.range)) where {F,T} = walked(cursor)
Base.IteratorSize(::Type{<:RangePart}) = Base.SizeUnknown()
Base.eltype(::Type{<:RangePart{F,T}}) where {F,T} = T
Base.length(part::RangePart) = length(part.range)

# ---- One pair by the order -------------------------------------------------------------------------------------------

const FIND = (
    at_least = Raw.DELTOS_FIND_AT_LEAST, above = Raw.DELTOS_FIND_ABOVE, at_most = Raw.DELTOS_FIND_AT_MOST,
    below = Raw.DELTOS_FIND_BELOW,
)

"""
    Deltos.find(map::Deltos.SortedMap, key, which = :at_least) -> Union{Pair,Nothing}

The pair nearest to a key, which need not be there: the first one whose key is `:at_least` that key, or `:above` it, or
the last one whose key is `:at_most` that key, or `:below` it. Nothing when there is none.

```jldoctest
julia> using Deltos

julia> map = Deltos.sortedmap(Deltos.anonymous(), "m", ["ash" => 35, "oak" => 40]);

julia> Deltos.find(map, "elm"), Deltos.find(map, "oak", :below), Deltos.find(map, "oak", :above)
("oak" => 40, "ash" => 35, nothing)
```
"""
find(map::SortedMap, key, which::Symbol = :at_least) = find_pair(map, one_of(FIND, which, "which"), required_key(map, key))

function find_pair(map::SortedMap, which, item)
    found, there, cell = Ref(NO_PAIR), Ref(0x00), ErrorCell()
    return lending(map) do snapshot, pointer
        status = GC.@preserve item found begin
            Raw.deltos_sorted_map_find(snapshot, pointer, which, address_of(item), size_of(item), found, there, cell)
        end
        check(status, cell)
        return there[] == 0x00 ? nothing : GC.@preserve(found, plain(copied_pair(map, found[])))
    end
end

Base.first(map::SortedMap) = one_pair(find_pair(map, Raw.DELTOS_FIND_FIRST, ""))
Base.last(map::SortedMap) = one_pair(find_pair(map, Raw.DELTOS_FIND_LAST, ""))
Base.first(r::SortedRange) = one_pair(nearest(r))
Base.last(r::SortedRange) = one_pair(nearest(Iterators.reverse(r)))
function nearest(r)
    found = closing(iterate, PairCursor(r, 1))
    return found === nothing ? nothing : plain(found[1])
end
plain((key, value)) = key => value # of the type that the value has
one_pair(pair::Pair) = pair
one_pair(::Nothing) = throw(ArgumentError("there are no pairs: ask isempty first"))

# ---- Changing --------------------------------------------------------------------------------------------------------

# What is stored in the storage itself, and kept by its id.
const Stored = Union{Object,RecordTable,HashMap,SortedMap,GrowableVector}
stored_handle(object::Object) = object.handle
stored_handle(thing) = handle_of(thing)
handle_of(table::RecordTable) = object_of(table).handle

"""
    map[key] = x

Puts a pair into a [`Deltos.SortedMap`](@ref), or gives a key another value: what the map's type of values takes, or
an object of the storage (a [`Deltos.Buffer`](@ref), a table, a map, or a [`Deltos.Reference`](@ref) to one), of which the
id is kept.
"""
function Base.setindex!(map::SortedMap{K,V}, x, key) where {K,V}
    item, value = required_key(map, key), value_item(V, x)
    GC.@preserve item value changing(map) do transaction, pointer, cell
        Raw.deltos_sorted_map_put(
            transaction, pointer, address_of(item), size_of(item), address_of(value), size_of(value), C_NULL, cell,
        )
    end
    return map
end
function Base.setindex!(map::SortedMap, x::Stored, key)
    item = required_key(map, key)
    GC.@preserve item changing(map) do transaction, pointer, cell
        calling(stored_handle(x)) do object
            Raw.deltos_sorted_map_put_object(transaction, pointer, address_of(item), size_of(item), object, C_NULL, cell)
        end
    end
    return map
end
function Base.setindex!(map::SortedMap, x::Reference, key)
    made, cell = Ref(Ptr{Raw.deltos_object}(C_NULL)), ErrorCell()
    reading(scope_of(map)) do snapshot
        check(Raw.deltos_object_open_id(snapshot, x.id, Raw.DELTOS_KIND_ANY, made, cell), cell)
    end
    closing(object -> map[key] = object, SortedObject(Handle(made[]), scope_of(map)))
    return map
end

function Base.delete!(map::SortedMap, key)
    item = wanted_key(map, key)
    item === nothing && return map
    at = settled(item)
    GC.@preserve at changing(map) do transaction, pointer, cell
        Raw.deltos_sorted_map_remove(transaction, pointer, address_of(at), size_of(at), C_NULL, cell)
    end
    return map
end

function Base.pop!(default::Union{Function,Type}, map::SortedMap, key)
    scope_of(map) isa Storage && return transaction(t -> pop!(default, SortedMap(t, map), key), scope_of(map))
    found = find_first(map, key)
    found === absent && return default()
    delete!(map, key)
    return found
end
Base.pop!(map::SortedMap, key, default) = pop!(() -> default, map, key)
Base.pop!(map::SortedMap, key) = pop!(() -> throw(KeyError(key)), map, key)

function Base.get!(default::Union{Function,Type}, map::SortedMap, key)
    scope_of(map) isa Storage && return transaction(t -> get!(default, SortedMap(t, map), key), scope_of(map))
    found = find_first(map, key)
    found === absent || return found
    map[key] = default()
    return map[key]
end
Base.get!(map::SortedMap, key, default) = get!(() -> default, map, key)

# Puts or loads columns, in portions, in one transaction.
function put_columns(put::F, map::SortedMap{K,V}, keys, values) where {F,K,V}
    scope_of(map) isa Storage && return transaction(t -> put_columns(put, SortedMap(t, map), keys, values), scope_of(map))
    length(keys) == length(values) ||
        throw(TypeMismatchError("there are $(length(keys)) keys and $(length(values)) values: give as many of both"))
    for first in 1:ROWS_AT_ONCE:length(keys)
        range = first:min(first + ROWS_AT_ONCE - 1, length(keys))
        given = required_items(item_name(K), view(keys, range), first), value_items(V, view(values, range), first)
        columns, roots = (Ref(given[1].column), Ref(given[2].column)), (given[1].roots, given[2].roots)
        GC.@preserve roots changing((transaction, pointer, cell) -> put(transaction, pointer, columns..., cell), map)
    end
    return nothing
end

put_unsorted(transaction, map, keys, values, cell) = Raw.deltos_sorted_map_put_many(transaction, map, keys, values, C_NULL, cell)

# Pairs in portions, as columns; in one transaction.
function put_pairs(put::F, map::SortedMap, pairs) where {F}
    scope_of(map) isa Storage && return transaction(t -> put_pairs(put, SortedMap(t, map), pairs), scope_of(map))
    for portion in Iterators.partition(pairs, PORTION * PORTION)
        put_columns(put, map, [key for (key, _) in portion], [value for (_, value) in portion])
    end
end

"""
    merge!(map::Deltos.SortedMap, sources...)
    merge!(map::Deltos.SortedMap, keys, values)

Puts all pairs of dictionaries, or of what gives pairs, or of two columns, in one transaction; of equal keys the last one
counts. Least work when they come in order.
"""
Base.merge!(map::SortedMap, sources...) = merge_all!(map, sources)
Base.merge!(map::SortedMap, sources::AbstractDict...) = merge_all!(map, sources)
merge_all!(map, sources) = (foreach(source -> put_pairs(put_unsorted, map, source), sources); map)
Base.merge!(map::SortedMap, keys::AbstractVector, values::AbstractVector) = (put_columns(put_unsorted, map, keys, values); map)

"""
    append!(map::Deltos.SortedMap, pairs)
    append!(map::Deltos.SortedMap, keys, values)

Adds pairs at the end, in one transaction: their keys rise, and lie above all that are there. The fastest way to fill a
map, and the one that leaves the smallest. A key out of order is a [`RangeError`](@ref), an equal one a
[`DuplicateError`](@ref).
"""
Base.append!(map::SortedMap, pairs) = (put_pairs(Raw.deltos_sorted_map_load, map, pairs); map)
Base.append!(map::SortedMap, keys, values) = (put_columns(Raw.deltos_sorted_map_load, map, listed(keys), listed(values)); map)

# ---- Making ----------------------------------------------------------------------------------------------------------

"""
    Deltos.sortedmap(scope, name; key = Vector{UInt8}, value = Vector{UInt8}) -> Deltos.SortedMap
    Deltos.sortedmap(scope, name, source; key, value)
    Deltos.sortedmap(scope, name, keys, values; key, value)

Makes a [`Deltos.SortedMap`](@ref): empty, of the pairs that a dictionary or something else gives, or of two columns.
`key` is `String`, `Vector{UInt8}` or `UInt64`; `value` is what values are read as, which the file does not know. By
default both are what the types of the first pairs say.
"""
function sortedmap(t::Transaction, name::AbstractString; key = Vector{UInt8}, value = Vector{UInt8})
    check_value_type(value)
    K, spelled, made, cell = sorted_key(key), text(name, "a name"), Ref(Ptr{Raw.deltos_object}(C_NULL)), ErrorCell()
    options = Ref(Raw.deltos_sorted_map_options(sizeof(Raw.deltos_sorted_map_options), key_kind(item_name(K))))
    writing(transaction -> check(Raw.deltos_sorted_map_create(transaction, spelled, options, made, cell), cell), t)
    return SortedMap{K}(Handle(made[]), t, value)
end
function sortedmap(t::Transaction, name::AbstractString, source; key = nothing, value = nothing)
    first, rest = first_portion(source)
    K, V = pair_types(eltype(source))
    map = sortedmap(
        t, name; key = something(key, element_type_of(Base.map(identity, K[key for (key, _) in first]))),
        value = something(value, value_type_of(Base.map(identity, V[value for (_, value) in first]))),
    )
    return merge!(map, rest)
end
function sortedmap(t::Transaction, name::AbstractString, keys, values; key = nothing, value = nothing)
    first, second = listed(keys), listed(values)
    map = sortedmap(t, name; key = something(key, element_type_of(first)), value = something(value, value_type_of(second)))
    return merge!(map, first, second)
end
sortedmap(storage::Storage, name::AbstractString, source...; keywords...) =
    SortedMap(storage, transaction(t -> sortedmap(t, name, source...; keywords...), storage))
sortedmap(snapshot::Snapshot, ::AbstractString, source...; keywords...) = writing(identity, snapshot)

element_type_of(list) = element_kind(list, "key")
function sorted_key(key)
    K = item_kind(key, "key")
    K === Any && throw(TypeMismatchError("keys of a sorted map are text, bytes or UInt64: $key is none of them"))
    return K === Bytes ? Vector{UInt8} : K
end

function value_type_of(list)
    T = eltype(list)
    T <: AnyText && T !== Union{} && return String
    T <: AbstractVector{UInt8} && T !== Union{} && return Vector{UInt8}
    return isbitstype(T) && sizeof(T) > 0 && !(T <: Union{Date,DateTime,Timestamp}) ? T : T === Union{} ? Vector{UInt8} : Any
end
