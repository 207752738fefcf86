# Attributes: small typed values kept with a storage or a buffer.

"""
    Deltos.Attributes <: AbstractDict{String,Any}

Text, bytes, numbers, and arrays of numbers under keys; see [`attributes`](@ref).
"""
struct Attributes <: AbstractDict{String,Any}
    scope::AnyScope
    name::String
end

"""
    attributes(scope) -> Deltos.Attributes
    attributes(scope, name) -> Deltos.Attributes
    attributes(array_or_buffer) -> Deltos.Attributes

Small typed values kept with a storage itself or with a buffer, as a dictionary. They are structure: a transaction
changes them, a snapshot shows them as they were, a rename keeps them and a delete takes them along. One value holds at
most 64 KiB.

Strings are text, vectors of `UInt8` raw bytes; numbers, structures of numbers, and arrays of these keep their type. A
single `UInt8`, which would read as a byte string, is stored as `Int64`. What Julia has no type for comes back as a
[`Deltos.RawAttribute`](@ref), and may be stored as one.

```jldoctest
julia> using Deltos

julia> storage = Deltos.anonymous();

julia> storage["t"] = [20.5, 21.0];

julia> attributes(storage, "t")["unit"] = "°C";

julia> attributes(storage, "t")["unit"]
"°C"

julia> haskey(attributes(storage), "unit")
false
```
"""
attributes(scope::Scope, name::AbstractString = "") = Attributes(scope, text(name, "a name"))
attributes(object::Object) = Attributes(living(scope_of(object)), stat(object).name)
attributes(a::BufferArray) = attributes(buffer(a))

scope_of(object) = object.scope === nothing ? storage(object) : object.scope

# What was found in something that has ended is looked up in the storage from then on.
living(scope::Storage) = scope
living(scope::Scope) = isopen(scope) ? scope : storage(scope)

"""
    Deltos.RawAttribute(format, shape, data)

An attribute as it is stored: the format string of its elements, its shape in the order of C, and its bytes.
"""
struct RawAttribute
    format::String
    shape::Vector{Int64}
    data::Vector{UInt8}
end

Base.:(==)(a::RawAttribute, b::RawAttribute) = a.format == b.format && a.shape == b.shape && a.data == b.data
Base.hash(a::RawAttribute, h::UInt) = hash(a.data, hash(a.shape, hash(a.format, h)))

# ---- Values and bytes ------------------------------------------------------------------------------------------------

raw_of(value::RawAttribute) = value
raw_of(value::AbstractString) = RawAttribute("u8", Int64[], Vector{UInt8}(codeunits(String(value))))
raw_of(value::AbstractVector{UInt8}) = RawAttribute("B", Int64[], Vector{UInt8}(value))
raw_of(value::UInt8) = raw_of(Int64(value))
raw_of(value::AbstractArray) = pack_array(Array(value))
raw_of(value) = pack_array(fill(value))

function pack_array(values::Array{T}) where {T}
    format = attribute_format(T)
    data = Vector{UInt8}(undef, sizeof(values))
    GC.@preserve values data unsafe_copyto!(pointer(data), Ptr{UInt8}(pointer(values)), length(data))
    return RawAttribute(format, Int64[reverse(size(values))...], data)
end

function attribute_format(::Type{T}) where {T}
    isbitstype(T) && !(T <: Union{BFloat16,Float8E4M3,Float8E5M2}) && return format_of(T)
    throw(FormatError("a value of type $T cannot be an attribute: use text, bytes, numbers, or arrays of numbers"))
end

function value_of(raw::RawAttribute)
    raw.format == "u8" && return String(copy(raw.data))
    raw.format == "B" && isempty(raw.shape) && return raw.data
    T = type_of_format(raw.format)
    count = prod(raw.shape)
    (T === nothing || count * sizeof(T) != length(raw.data)) && return raw
    values = Array{T}(undef, reverse(raw.shape)...)
    copy_elements(values, raw.data)
    return isempty(raw.shape) ? values[] : values
end

function copy_elements(values::Array{Bool}, data)
    for (k, byte) in enumerate(data)
        values[k] = byte != 0x00
    end
end
function copy_elements(values, data)
    GC.@preserve values data unsafe_copyto!(Ptr{UInt8}(pointer(values)), pointer(data), length(data))
end

# ---- The dictionary --------------------------------------------------------------------------------------------------

"""
    Deltos.raw_attribute(attributes, key) -> Union{Deltos.RawAttribute, Nothing}

An attribute as it is stored, whatever its type; `nothing` when there is none.
"""
function raw_attribute(attributes::Attributes, key)
    spelled, item, cell = text(key, "a key"), Ref{Raw.deltos_metadatum}(), ErrorCell()
    return reading(attributes.scope) do snapshot
        check(Raw.deltos_metadata_get(snapshot, attributes.name, spelled, item, cell), cell)
        found = item[]
        found.data == C_NULL && return nothing
        data = Vector{UInt8}(undef, found.size)
        GC.@preserve data unsafe_copyto!(pointer(data), Ptr{UInt8}(found.data), length(data))
        return RawAttribute(unsafe_string(found.format), Int64[unsafe_load(found.shape, k) for k in 1:found.ndim], data)
    end
end

owner_name(attributes) = isempty(attributes.name) ? "the storage" : repr(attributes.name)

function Base.getindex(attributes::Attributes, key::AbstractString)
    found = raw_attribute(attributes, key)
    found === nothing && throw(NotFoundError("$(owner_name(attributes)) has no attribute $(repr(key))"))
    return value_of(found)
end

Base.get(attributes::Attributes, key::AbstractString, default) = get(() -> default, attributes, key)
function Base.get(default::Union{Function,Type}, attributes::Attributes, key::AbstractString)
    found = raw_attribute(attributes, key)
    return found === nothing ? default() : value_of(found)
end

Base.haskey(attributes::Attributes, key::AbstractString) = raw_attribute(attributes, key) !== nothing

function Base.setindex!(attributes::Attributes, value, key::AbstractString)
    spelled, raw, cell = text(key, "a key"), raw_of(value), ErrorCell()
    format = text(raw.format, "a format")
    GC.@preserve spelled raw format begin
        item = Ref(Raw.deltos_metadatum(
            pointer(spelled), pointer(format), pointer(raw.data), length(raw.data), length(raw.shape), 0,
            pointer(raw.shape),
        ))
        writing(living(attributes.scope)) do transaction
            check(Raw.deltos_metadata_set(transaction, attributes.name, item, cell), cell)
        end
    end
    return attributes
end

function Base.delete!(attributes::Attributes, key::AbstractString)
    spelled, cell = text(key, "a key"), ErrorCell()
    writing(living(attributes.scope)) do transaction
        check(Raw.deltos_metadata_remove(transaction, attributes.name, spelled, cell), cell)
    end
    return attributes
end

function Base.pop!(attributes::Attributes, key::AbstractString)
    value = attributes[key]
    delete!(attributes, key)
    return value
end

# The keys of all values, in byte order; a plain vector, so that values may be changed while it is walked.
function key_list(attributes::Attributes)
    room, count, cell = Vector{Raw.deltos_metadatum}(undef, 16), Ref(UInt64(0)), ErrorCell()
    return reading(attributes.scope) do snapshot
        while true
            check(Raw.deltos_metadata_list(snapshot, attributes.name, room, length(room), count, cell), cell)
            count[] <= length(room) && break
            resize!(room, count[])
        end
        return String[unsafe_string(room[k].key) for k in 1:Int(count[])]
    end
end

Base.length(attributes::Attributes) = length(key_list(attributes))

function Base.iterate(attributes::Attributes, left = key_list(attributes))
    isempty(left) && return nothing
    return (left[1] => attributes[left[1]]), left[2:end]
end
