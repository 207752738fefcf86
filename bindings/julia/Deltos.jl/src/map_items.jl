# Keys and values of maps as the library takes them: single ones, and columns of many, from memory where they lie so.

# ---- Bytes that a map lends ------------------------------------------------------------------------------------------

# The handle of a map and what it reads, as long as pointers that it has given are good.
mutable struct Lease
    handle::Handle{Raw.deltos_object}
    keeps::Any # what the memory is of
    ended::Bool
end

"""
    Deltos.Bytes <: DenseVector{UInt8}

Bytes in a [`Deltos.HashMap`](@ref), read-only and where they lie: no copy. They keep the map's memory until they are
collected, and are refused after `close(map)` or a [`refresh!`](@ref) that has found another map. `copy(b)` is a
`Vector{UInt8}`, `String(b)` text.
"""
struct Bytes <: DenseVector{UInt8}
    pointer::Ptr{UInt8}
    count::Int
    lease::Lease
end

@inline is_lent(lease::Lease) = !lease.ended && lease.handle.pointer != C_NULL

@noinline not_lent(lease) = throw(
    lease.ended ? StaleError("the map has been refreshed, and the bytes are of the old one: copy what is to stay") :
    ClosedError("the map that the bytes are of has been closed"),
)

@inline function Base.size(b::Bytes)
    is_lent(b.lease) || not_lent(b.lease)
    return (b.count,)
end
Base.IndexStyle(::Type{Bytes}) = IndexLinear()
Base.elsize(::Type{Bytes}) = 1
Base.isopen(b::Bytes) = is_lent(b.lease)

Base.@propagate_inbounds function Base.getindex(b::Bytes, i::Int)
    @boundscheck checkbounds(b, i)
    lease = b.lease
    return GC.@preserve lease unsafe_load(b.pointer, i)
end
Base.setindex!(::Bytes, x, ::Int) = throw(ReadOnlyError("bytes in a hash map are read-only: copy them"))

function Base.unsafe_convert(::Type{Ptr{UInt8}}, b::Bytes)
    is_lent(b.lease) || not_lent(b.lease)
    return b.pointer
end

Base.copy(b::Bytes) = Vector{UInt8}(b)
function Base.Vector{UInt8}(b::Bytes)
    lease = b.lease
    return GC.@preserve lease copy_of(pointer(b), b.count)
end
function Base.String(b::Bytes)
    lease = b.lease
    return GC.@preserve lease unsafe_string(pointer(b), b.count)
end

Base.show(io::IO, mime::MIME"text/plain", b::Bytes) = show_open(b, io, mime)
Base.show(io::IO, b::Bytes) = show_open(b, io)

# ---- Kinds of items --------------------------------------------------------------------------------------------------

# What is in a map is one of four kinds, each named by the type that it is read as: String, Bytes, UInt64, Any (values).

const KEY_KINDS = Dict{DataType,Int32}(
    Bytes => Raw.DELTOS_KEY_BYTES, String => Raw.DELTOS_KEY_UTF8, UInt64 => Raw.DELTOS_KEY_U64,
)
key_kind(::Type{T}) where {T} = get(KEY_KINDS, T, Raw.DELTOS_KEY_VALUE)

const KIND_WORDS = Dict{Any,String}(Bytes => "bytes", String => "text", UInt64 => "an integer from 0 to 2^64 - 1", Any => "a value")

# An item of a kind; nothing for what is none.
item_as(::Type{String}, x::String) = x
item_as(::Type{String}, x::SubString{String}) = x
item_as(::Type{String}, x::AnyText) = string(x)
item_as(::Type{Bytes}, x::Union{Vector{UInt8},Bytes,Base.CodeUnits{UInt8,String},String,SubString{String}}) = x
item_as(::Type{Bytes}, x::AbstractVector{UInt8}) = Vector{UInt8}(x)
item_as(::Type{Bytes}, x::AbstractString) = String(x)
item_as(::Type{UInt64}, x::UInt64) = x
item_as(::Type{UInt64}, x::Integer) = 0 <= x <= typemax(UInt64) ? x % UInt64 : nothing
item_as(::Type{UInt64}, x::AbstractFloat) = isinteger(x) && 0 <= x < 2.0^64 ? UInt64(x) : nothing
item_as(::Type, x) = nothing
function item_as(::Type{Any}, x)
    return try
        pack(x)
    catch e
        e isa Union{FormatError,InvalidError,RangeError} || rethrow()
        nothing # what is no value is no key
    end
end

# The same for what must be one.
required(::Type{Any}, x) = pack(x)
function required(::Type{K}, x) where {K}
    item = item_as(K, x)
    return item === nothing ? not_of_kind(K, x) : item
end
@noinline not_of_kind(K, x) = throw(TypeMismatchError("$(shown(x)), of type $(typeof(x)), is not $(KIND_WORDS[K])"))
shown(x) = first(repr(x; context = :limit => true), 100)

# Where an item lies, and how long it is; numbers are put into a cell for that.
@inline settled(item::UInt64) = Ref(item)
@inline settled(item) = item
@inline address_of(item::Base.RefValue{UInt64}) = Ptr{Cvoid}(pointer_from_objref(item))
@inline address_of(item) = Ptr{Cvoid}(pointer(item))
@inline size_of(::Base.RefValue{UInt64}) = UInt64(8)
@inline size_of(item::AbstractString) = UInt64(sizeof(item))
@inline size_of(item::AbstractVector{UInt8}) = UInt64(length(item))

# ---- Columns ---------------------------------------------------------------------------------------------------------

# Many items, and what keeps them.
struct Items
    column::Raw.deltos_column
    roots::Any
end

# Vectors that make their elements when they are asked for are asked once.
kept_items(items::Union{Array,SubArray{<:Any,1,<:Array}}) = items
kept_items(items) = collect(items)

function slices_of(given)
    items = kept_items(given)
    found = Raw.deltos_bytes[Raw.deltos_bytes(address_of(item), size_of(item)) for item in items]
    column = Raw.deltos_column(Raw.DELTOS_COLUMN_SLICES, 0, length(found), pointer(found), C_NULL, 0, 0)
    return Items(column, (found, items))
end
fixed_items(given) = Items(fixed_column(eltype(given), length(given), given_place(given)...), given)
offset_items(given::TextVector) = Items(
    Raw.deltos_column(Raw.DELTOS_COLUMN_OFFSETS, 0, length(given), given.bytes, given.offsets, 0, 0), given,
)

const AnyBytes = Union{String,SubString{String},Vector{UInt8},Bytes}

# Items of a kind as a column; f(i, x) stands for the i-th, x, where that is none of the kind. It may throw.
items_as(::Type{K}, given::AbstractVector, f) where {K} = slices_of(turned_into(K, given, f))
items_as(::Type{UInt64}, given::AbstractVector, f) = fixed_items(convert(Vector{UInt64}, turned_into(UInt64, given, f)))
items_as(::Type{UInt64}, given::Union{Strided{UInt64,1},SlotVector{UInt64}}, f) = fixed_items(given)
items_as(::Type{String}, given::AbstractVector{<:Union{String,SubString{String}}}, f) = slices_of(given)
items_as(::Type{String}, given::TextVector{String}, f) = offset_items(given)
items_as(::Type{Bytes}, given::AbstractVector{<:AnyBytes}, f) = slices_of(given)
items_as(::Type{Bytes}, given::TextVector, f) = offset_items(given)
items_as(::Type{Bytes}, given::Strided{NTuple{N,UInt8},1}, f) where {N} =
    N == 0 ? slices_of(map(_ -> "", given)) : fixed_items(given)

function turned_into(::Type{K}, given, f) where {K}
    return map(enumerate(given)) do (i, x)
        item = item_as(K, x)
        item === nothing ? f(i, x) : item
    end
end

"All items, which must be of the kind; errors name the place, counted from `from`."
required_items(::Type{K}, given, from = 1) where {K} =
    items_as(K, given, (i, x) -> refuse_item(from + i - 1, not_of_kind, K, x))
required_items(::Type{Any}, given, from = 1) =
    slices_of(Vector{UInt8}[required_value(from + i - 1, x) for (i, x) in enumerate(given)])

# Throws what f does, with the place of the item.
function refuse_item(i, f, arguments...)
    try
        f(arguments...)
    catch e
        e isa DeltosError || rethrow()
        throw(error_of(e.code, "item $i: $(e.message)", e.errno, e.object_id))
    end
end

function required_value(i, x)
    return try
        pack(x)
    catch
        refuse_item(i, rethrow)
    end
end

blank_item(::Type{UInt64}) = UInt64(0)
blank_item(::Type{Any}) = pack(nothing)
blank_item(::Type) = ""

"Keys to look up, and which of them cannot be there; those have a blank in their place."
function wanted_items(::Type{K}, keys) where {K}
    none, blank = Int[], blank_item(K)
    return items_as(K, keys, (i, x) -> (push!(none, i); blank)), none
end

# ---- What is there ---------------------------------------------------------------------------------------------------

# What a look-up gives for a key that is absent.
struct Absent end
const absent = Absent()

"A vector of all that is iterated."
listed(source::AbstractVector) = source
listed(source) = collect(source)

"The image of a value that lies anywhere, where it is aligned: bytes, where it starts among them, how many."
function aligned_copy(pointer::Ptr{UInt8}, count)
    bytes, start = aligned(count)
    GC.@preserve bytes unsafe_copyto!(Base.pointer(bytes) + start, pointer, count)
    return bytes, start, count
end
