# Values: trees that describe themselves, read where they lie through wrappers that behave like the types of Base.

"""
    Deltos.Value(scope, name)

The handle of a stored value: `value[]` is its content, which `scope[name]` gives at once; `stat`, `refresh!` and
`close` are as of a [`Deltos.Buffer`](@ref).

**Content.** What is in a value is, where it lies,

| in the value            | in Julia                                                                                  |
|-------------------------|-------------------------------------------------------------------------------------------|
| null                    | `nothing` (`missing` is stored as null, too)                                              |
| boolean, integer, float | `Bool`, `Int64` (`UInt64` from 2^63 on), `Float64`                                        |
| text, bytes             | `String`, `Vector{UInt8}`                                                                 |
| list                    | [`Deltos.ValueVector`](@ref), an `AbstractVector`                                         |
| dict, set               | [`Deltos.ValueDict`](@ref), an `AbstractDict`; [`Deltos.ValueSet`](@ref), an `AbstractSet` |
| tuple                   | [`Deltos.ValueTuple`](@ref)                                                               |
| date, datetime          | `Date`, `DateTime`; [`Deltos.Timestamp`](@ref) with a zone, or finer than milliseconds    |
| decimal, reference      | [`Deltos.Decimal`](@ref), [`Deltos.Reference`](@ref)                                      |
| n-dimensional array     | [`BufferArray`](@ref), in Julia's order of dimensions                                     |

Containers are lazy: an element is read when it is asked for, and nothing else. They compare and hash as those of Base
do, so `1` equals `1.0`; [`Deltos.same`](@ref) and [`Deltos.stable_hash`](@ref) are those of the file. `collect`,
`copy`, `Dict`, `Set` and `Tuple` make a container of Base whose elements are what reading gives;
[`Deltos.materialize`](@ref) makes all of it Julia's own. They keep their memory, so they must be closed (`close`) or
collected before their storage is closed.

```jldoctest
julia> using Deltos

julia> storage = Deltos.anonymous();

julia> storage["ulm"] = Dict("name" => "Ulm", "mayors" => ["Ansbacher", "Czisch"], "at" => (48.4, 9.98));

julia> ulm = storage["ulm"];

julia> ulm["name"], ulm["mayors"][2], ulm["at"][1], haskey(ulm, "area")
("Ulm", "Czisch", 48.4, false)

julia> ulm["mayors"] == ["Ansbacher", "Czisch"]
true
```
"""
struct Value <: Object
    handle::Handle{Raw.deltos_object}
    scope::Union{Nothing,AnyScope}
    memory::Any # of Julia's, where it does not lie in a storage
end

Value(scope::Scope, name::AbstractString) = Value(open_handle(scope, name, Raw.DELTOS_KIND_VALUE), scope, nothing)

const Item = Raw.deltos_item
const NO_ITEM = Item(0, 0, 0, 0, 0, 0, 0.0, C_NULL)

Base.getindex(value::Value) = content(value, read_item(value, UInt64(0)))

function read_item(value::Value, node)
    found = Ref(NO_ITEM)
    return asked((pointer, out, cell) -> Raw.deltos_value_read(pointer, node, out, cell), value.handle, found)
end

function Base.show(io::IO, value::Value)
    isopen(value) || return print(io, "Deltos.Value, closed")
    value.scope === nothing && return print(io, "Deltos.Value in memory")
    print(io, "Deltos.Value ", repr(stat(value).name))
end

# What is stored under a name. Only containers need the handle any longer.
function root_content(value::Value)
    found = value[]
    found isa Container || close(value)
    return found
end

# ---- Containers ------------------------------------------------------------------------------------------------------

"""
    Deltos.ValueVector{T} <: AbstractVector{T}

A list in a value, see [`Deltos.Value`](@ref). `T` is `Int64`, `Float64` or `Bool` where all elements are that, however
narrow they are stored, and else `Any`. `Deltos.View(v)` shows numbers as they lie, without a copy.
"""
struct ValueVector{T} <: AbstractVector{T}
    value::Value
    item::Item
end

"""
    Deltos.ValueTuple

A tuple in a value, see [`Deltos.Value`](@ref): indexed, iterated and compared like a tuple. `Tuple(t)` is one.
"""
struct ValueTuple
    value::Value
    item::Item
end

"""
    Deltos.ValueDict <: AbstractDict{Any,Any}

A dict in a value, see [`Deltos.Value`](@ref). A key that is not there is a `KeyError`. Keys are looked up as those of a
`Dict`, and a `Symbol` as the text that it is stored as. Pairs come in the order in which they were put.
"""
struct ValueDict <: AbstractDict{Any,Any}
    value::Value
    item::Item
end

"""
    Deltos.ValueSet <: AbstractSet{Any}

A set in a value, see [`Deltos.Value`](@ref).
"""
struct ValueSet <: AbstractSet{Any}
    value::Value
    item::Item
end

const Container = Union{ValueVector,ValueTuple,ValueDict,ValueSet}

"""
    close(container)

Ends a container of a value, and every other that was reached from the same one, so that the storage can be closed.
"""
Base.close(container::Container) = close(container.value)
Base.isopen(container::Container) = isopen(container.value)

Base.length(container::Union{ValueTuple,ValueDict,ValueSet}) = Int(container.item.count)
Base.size(v::ValueVector) = (Int(v.item.count),)
Base.isempty(container::Union{ValueTuple,ValueDict,ValueSet}) = length(container) == 0

# What a node is in Julia.
function content(value::Value, item::Item)
    kind = item.kind
    kind == Raw.DELTOS_VALUE_INT && return item.i64
    kind == Raw.DELTOS_VALUE_UTF8 && return reading_text(value, item)
    kind == Raw.DELTOS_VALUE_FLOAT && return item.f64
    kind == Raw.DELTOS_VALUE_BOOL && return item.i64 != 0
    kind == Raw.DELTOS_VALUE_NULL && return nothing
    kind == Raw.DELTOS_VALUE_UINT && return item.u64
    kind == Raw.DELTOS_VALUE_LIST && return ValueVector{element_of(item)}(value, item)
    kind == Raw.DELTOS_VALUE_TUPLE && return ValueTuple(value, item)
    kind == Raw.DELTOS_VALUE_DICT && return ValueDict(value, item)
    kind == Raw.DELTOS_VALUE_SET && return ValueSet(value, item)
    return rare_content(value, item)
end

@noinline function rare_content(value, item)
    kind = item.kind
    kind == Raw.DELTOS_VALUE_BYTES && return reading_bytes(value, item)
    kind == Raw.DELTOS_VALUE_DATE && return date_of(item)
    kind == Raw.DELTOS_VALUE_DATETIME && return moment_of(item)
    kind == Raw.DELTOS_VALUE_DECIMAL && return decimal_of(value, item)
    kind == Raw.DELTOS_VALUE_NDARRAY && return array_of(View(node_view(value, item, array_flags(false)), value), nothing)
    kind == Raw.DELTOS_VALUE_REFERENCE && return Reference(item.u64)
    throw(FeatureError("a node of kind $kind is of a newer version than this package: use a newer one"))
end

# What an item points to is there as long as the handle is.
reading_text(value, item) = calling(_ -> unsafe_string(Ptr{UInt8}(item.data), Int(item.count)), value.handle)
function reading_bytes(value, item)
    calling(value.handle) do _
        bytes = Vector{UInt8}(undef, Int(item.count))
        GC.@preserve bytes unsafe_copyto!(pointer(bytes), Ptr{UInt8}(item.data), length(bytes))
        return bytes
    end
end

function date_of(item)
    abs(item.i64) < typemax(Int64) >> 2 || throw(RangeError("a Date cannot hold day $(item.i64) since 1970"))
    return Date(Dates.UTD(item.i64 + EPOCH_DAY))
end

function moment_of(item)
    zone = item.detail == Raw.DELTOS_VALUE_NO_ZONE ? nothing : Int64(item.detail)
    made = Timestamp(item.i64, item.u64, zone)
    plain = zone === nothing && item.u64 % 1_000_000 == 0 && abs(item.i64) < 10^14
    return plain ? DateTime(made) : made
end

decimal_of(value, item) = Decimal(
    reading_text(value, item), item.i64; negative = item.u64 != 0, kind = keys(DECIMAL_KINDS)[item.detail+1],
)

node_view(value, item, flags) = handle_made(Raw.deltos_view) do made, cell
    calling(pointer -> Raw.deltos_value_view(pointer, item.node, flags, made, cell), value.handle)
end

"""
    Deltos.View(list_or_tuple)

The elements of a list or tuple in a value that lie as numbers, as they lie; [`KindError`](@ref) where they do not.
"""
View(container::Union{ValueVector,ValueTuple}) =
    View(node_view(container.value, container.item, Raw.DELTOS_VIEW_FULL_RO), container.value)

# ---- Elements --------------------------------------------------------------------------------------------------------

# Numbers of all types but U64 are Int64 or Float64: how narrow they lie says nothing of what they were.
function element_of(item::Item)
    dtype = item.detail
    dtype == Raw.DELTOS_DTYPE_OTHER && return Any
    dtype == Raw.DELTOS_DTYPE_BOOL && return Bool
    (dtype == Raw.DELTOS_DTYPE_F64 || dtype == Raw.DELTOS_DTYPE_F32) && return Float64
    Raw.DELTOS_DTYPE_I8 <= dtype <= Raw.DELTOS_DTYPE_U32 && return Int64
    return Any
end

Base.IndexStyle(::Type{<:ValueVector}) = IndexLinear()

Base.@propagate_inbounds function Base.getindex(v::ValueVector{T}, i::Int) where {T}
    @boundscheck checkbounds(v, i)
    item = v.item
    if T !== Any && T !== Bool && item.data != C_NULL
        return calling(_ -> number_at(T, item, i), v.value.handle)
    end
    return content(v.value, child(v, i))::T
end

@inline function number_at(::Type{Float64}, item::Item, i)
    item.detail == Raw.DELTOS_DTYPE_F64 && return unsafe_load(Ptr{Float64}(item.data), i)
    return Float64(unsafe_load(Ptr{Float32}(item.data), i))
end
@inline function number_at(::Type{Int64}, item::Item, i)
    item.detail == Raw.DELTOS_DTYPE_I8 && return Int64(unsafe_load(Ptr{Int8}(item.data), i))
    item.detail == Raw.DELTOS_DTYPE_I16 && return Int64(unsafe_load(Ptr{Int16}(item.data), i))
    item.detail == Raw.DELTOS_DTYPE_I32 && return Int64(unsafe_load(Ptr{Int32}(item.data), i))
    item.detail == Raw.DELTOS_DTYPE_I64 && return unsafe_load(Ptr{Int64}(item.data), i)
    item.detail == Raw.DELTOS_DTYPE_U8 && return Int64(unsafe_load(Ptr{UInt8}(item.data), i))
    item.detail == Raw.DELTOS_DTYPE_U16 && return Int64(unsafe_load(Ptr{UInt16}(item.data), i))
    return Int64(unsafe_load(Ptr{UInt32}(item.data), i))
end

# One element, counted from 1.
function child(container, i)
    found, count, cell = Ref(NO_ITEM), Ref(UInt64(0)), spare_cell()
    node, value = container.item.node, container.value
    status = calling(value.handle) do pointer
        Raw.deltos_value_children(pointer, node, i - 1, found, 1, count, cell)
    end
    check_spare(status, cell)
    count[] == 1 || throw(CorruptError("element $i of a value is missing"))
    return found[]
end

# Items of a container, read in portions: those behind `first`, of a dict keys and values in turn.
mutable struct Walk
    items::Vector{Item}
    first::Int
    filled::Int
end

const PORTION = 64

Walk() = Walk(Vector{Item}(undef, PORTION), 0, 0)

"Which of the walk's items is that of element `i`, counted from 0; 0 when there is none."
function place_of(walk::Walk, container, i, parts)
    if !(walk.first <= i < walk.first + div(walk.filled, parts))
        count, cell, items = Ref(UInt64(0)), ErrorCell(), walk.items
        status = calling(container.value.handle) do pointer
            Raw.deltos_value_children(pointer, container.item.node, i, items, PORTION, count, cell)
        end
        check(status, cell)
        walk.first, walk.filled = i, Int(count[])
        walk.filled == 0 && return 0
    end
    return (i - walk.first) * parts + 1
end

function walked(container, (walk, i))
    at = place_of(walk, container, i, 1)
    at == 0 && return nothing
    return content(container.value, walk.items[at]), (walk, i + 1)
end

Base.iterate(container::Union{ValueTuple,ValueSet}, state = (Walk(), 0)) = walked(container, state)
Base.iterate(v::Union{ValueVector{Any},ValueVector{Bool}}, state = (Walk(), 0)) = walked(v, state)

function Base.iterate(d::ValueDict, (walk, i) = (Walk(), 0))
    at = place_of(walk, d, i, 2)
    at == 0 && return nothing
    return Pair{Any,Any}(content(d.value, walk.items[at]), content(d.value, walk.items[at+1])), (walk, i + 1)
end

# ---- Tuples ----------------------------------------------------------------------------------------------------------

function Base.getindex(t::ValueTuple, i::Integer)
    1 <= i <= length(t) || throw(BoundsError(t, i))
    return content(t.value, child(t, i))
end
Base.getindex(t::ValueTuple, all::AbstractVector) = map(i -> t[i], (all...,))
Base.firstindex(::ValueTuple) = 1
Base.lastindex(t::ValueTuple) = length(t)
Base.keys(t::ValueTuple) = Base.OneTo(length(t))
Base.eltype(::Type{ValueTuple}) = Any
Base.Tuple(t::ValueTuple) = (t...,)
Base.convert(::Type{Tuple}, t::ValueTuple) = Tuple(t)
Base.:(==)(a::ValueTuple, b::ValueTuple) = length(a) == length(b) && Tuple(a) == Tuple(b)
Base.:(==)(a::ValueTuple, b::Tuple) = length(a) == length(b) && Tuple(a) == b
Base.:(==)(a::Tuple, b::ValueTuple) = b == a
Base.isequal(a::ValueTuple, b::ValueTuple) = length(a) == length(b) && isequal(Tuple(a), Tuple(b))
Base.isequal(a::ValueTuple, b::Tuple) = length(a) == length(b) && isequal(Tuple(a), b)
Base.isequal(a::Tuple, b::ValueTuple) = isequal(b, a)
Base.hash(t::ValueTuple, seed::UInt) = hash(Tuple(t), seed)

function Base.show(io::IO, t::ValueTuple)
    isopen(t) || return print(io, "Deltos.ValueTuple, closed")
    Base.show_delim_array(io, t, '(', ',', ')', true)
end

# ---- Dicts and sets --------------------------------------------------------------------------------------------------

# Numbers that Julia holds equal are keys of several kinds in a value: all that a key may be there, likely ones first.
key_forms(key) = (key,)
function key_forms(key::Union{Bool,Int8,Int16,Int32,Int64,UInt8,UInt16,UInt32,UInt64,Float16,Float32,Float64})
    forms = Any[key]
    isinteger(key) && !isa(key, Integer) && abs(key) < 2.0^63 && push!(forms, Int64(key))
    key isa Integer && isequal(Float64(key), key) && push!(forms, Float64(key))
    key isa Bool && push!(forms, Int64(key))
    key isa Bool || !isequal(key, true) && !isequal(key, false) || push!(forms, Bool(key))
    return forms
end

# The item of a key, or of the value of one; nothing where there is none.
function find_item(container, key)
    for form in key_forms(key)
        found = find_form(container, form)
        found === nothing || return found
    end
    return nothing
end

function find_form(container, key)
    if is_scalar(key)
        item, root = scalar_item(key)
        return find_raw(container, item, root, C_NULL)
    end
    packed = try
        unpacked_value(key)
    catch e
        e isa Union{FormatError,InvalidError,RangeError} || rethrow()
        return nothing # what is no value is no key of one
    end
    try
        root = read_item(packed, UInt64(0))
        return calling(keys -> find_raw(container, root, nothing, keys), packed.handle)
    finally
        close(packed)
    end
end

function find_raw(container, item, root, keys)
    found, cell, wanted = Ref(NO_ITEM), spare_cell(), Ref(item)
    status = GC.@preserve root calling(container.value.handle) do pointer
        Raw.deltos_value_find(pointer, container.item.node, wanted, keys, found, cell)
    end
    check_spare(status, cell)
    return found[].kind == Raw.DELTOS_VALUE_END ? nothing : found[]
end

Base.haskey(d::ValueDict, key) = find_item(d, key) !== nothing
function Base.get(default::Union{Function,Type}, d::ValueDict, key)
    item = find_item(d, key)
    return item === nothing ? default() : content(d.value, item)
end
Base.get(d::ValueDict, key, default) = get(() -> default, d, key)
Base.getindex(d::ValueDict, key) = get(() -> throw(KeyError(key)), d, key)
Base.in(key, keys::Base.KeySet{Any,ValueDict}) = haskey(keys.dict, key)
Base.in(member, s::ValueSet) = find_item(s, member) !== nothing
Base.copy(d::ValueDict) = Dict{Any,Any}(d)
Base.copy(s::ValueSet) = Set{Any}(s)
Base.copymutable(s::ValueSet) = copy(s)

# What is closed has no elements to show.
Base.show(io::IO, mime::MIME"text/plain", c::Union{ValueVector,ValueDict,ValueSet}) = show_container(io, c, mime)
Base.show(io::IO, c::Union{ValueVector,ValueDict,ValueSet}) = show_container(io, c)
function show_container(io, container, mime...)
    isopen(container) || return print(io, "Deltos.", nameof(typeof(container)), ", closed")
    container isa ValueSet && isempty(mime) && return show_set(io, container)
    kind = container isa ValueVector ? AbstractArray : container isa ValueDict ? AbstractDict : AbstractSet
    return invoke(show, Tuple{IO,map(typeof, mime)...,kind}, io, mime..., container)
end

function show_set(io, s)
    print(io, "Deltos.ValueSet(")
    show(io, collect(Any, s))
    print(io, ")")
end

# ---- All of it -------------------------------------------------------------------------------------------------------

"""
    Deltos.materialize(content)

All of a container in a value as types of Base that depend on nothing: `Vector`, `Tuple`, `Dict`, `Set`, `Array`. What
the value holds once is made once, and a value that contains itself becomes a container that does.

```jldoctest
julia> using Deltos

julia> Deltos.materialize(Deltos.unpack(Deltos.pack(Any[1, "two", (3.0, nothing)])))
3-element Array{Any,1}:
 1
  "two"
  (3.0, nothing)
```
"""
materialize(content) = content
materialize(a::BufferArray) = Array(a)
materialize(container::Container) = materialize(container, Dict{UInt64,Any}(), 0)

materialize(other, made, depth) = materialize(other)
function materialize(container::Container, made, depth)
    depth <= 512 || throw(LimitError("nested more than 512 deep: a tuple of the value contains itself"))
    node = container.item.node
    haskey(made, node) || materialized!(made, node, container, depth + 1)
    return made[node]
end

function materialized!(made, node, v::ValueVector{T}, depth) where {T}
    target = made[node] = T[]
    sizehint!(target, min(length(v), 1 << 16))
    foreach(element -> push!(target, materialize(element, made, depth)), v)
end
materialized!(made, node, t::ValueTuple, depth) = made[node] = ((materialize(x, made, depth) for x in t)...,)
function materialized!(made, node, d::ValueDict, depth)
    target = made[node] = Dict{Any,Any}()
    foreach(((k, v),) -> target[materialize(k, made, depth)] = materialize(v, made, depth), d)
end
function materialized!(made, node, s::ValueSet, depth)
    target = made[node] = Set{Any}()
    foreach(member -> push!(target, materialize(member, made, depth)), s)
end

"""
    Deltos.stable_hash(x) -> UInt64

A hash of a value, or of what is stored as one: that of the file, the same for equal values in every process, language
and version. Julia's own `hash` is neither.
"""
stable_hash(container::Container) = node_hash(container.value, container.item.node)
function stable_hash(x)
    value = unpacked_value(x)
    try
        return node_hash(value, UInt64(0))
    finally
        close(value)
    end
end

node_hash(value, node) = asked(value.handle, Ref(UInt64(0))) do pointer, found, cell
    Raw.deltos_value_hash(pointer, node, found, cell)
end

"""
    Deltos.same(a, b) -> Bool

Whether two values, or what is stored as such, are equal as the file says: kinds and contents. `1`, `1.0` and `true`
differ, and so do a list and a tuple; NaN equals NaN, -0.0 equals 0.0, and sets and dicts are equal in any order.
"""
same(a::Container, b::Container) = equal_nodes(a.value, a.item.node, b.value, b.item.node)
function same(a, b)
    x, y = node_of(a), node_of(b)
    try
        return equal_nodes(x..., y...)
    finally
        a isa Container || close(x[1])
        b isa Container || close(y[1])
    end
end

node_of(container::Container) = (container.value, container.item.node)
node_of(x) = (unpacked_value(x), UInt64(0))

function equal_nodes(a, node_a, b, node_b)
    found, cell = Ref(0x00), ErrorCell()
    status = calling(a.handle) do left
        calling(right -> Raw.deltos_value_equal(left, node_a, right, node_b, found, cell), b.handle)
    end
    check(status, cell)
    return found[] != 0
end

"""
    Deltos.json(x; indent = false, ascii = false) -> String

A value, or what is stored as one, as JSON text without loss. Bytes, references, keys that are no text, NaN and infinity
have no word in JSON: [`UnsupportedError`](@ref) tells where they are. [`Deltos.parse_json`](@ref) reads it.
"""
function json(x; indent::Bool = false, ascii::Bool = false)
    value, node = node_of(x)
    flags = indent * Raw.DELTOS_JSON_INDENT | ascii * Raw.DELTOS_JSON_ASCII
    size, cell = Ref(UInt64(0)), ErrorCell()
    try
        write(text) = calling(value.handle) do pointer
            Raw.deltos_value_to_json(pointer, node, flags, text, size, cell)
        end
        status = write(Ptr{UInt8}(C_NULL))
        status == Raw.DELTOS_E_TOO_SMALL || check(status, cell)
        text = Vector{UInt8}(undef, Int(size[]))
        check(write(text), cell)
        return String(resize!(text, Int(size[]) - 1))
    finally
        x isa Container || close(value)
    end
end
