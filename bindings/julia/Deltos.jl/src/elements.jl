# Element types: what Julia calls them, their numbers and format strings in the library, and structures of the user's.

"""
    Deltos.BFloat16(x)

A bfloat16, as buffers hold it: 16 bits, `x.bits`. It converts to and from `Float32`, and computes with nothing else.
"""
struct BFloat16
    bits::UInt16
    global bfloat16_of_bits(bits::UInt16) = new(bits)
end

"""
    Deltos.Float8E4M3(bits)

An 8-bit float with 4 exponent bits and no infinities, as buffers hold it. `Float32(x)` tells its value.
"""
struct Float8E4M3
    bits::UInt8
end

"""
    Deltos.Float8E5M2(bits)

An 8-bit float with 5 exponent bits, as buffers hold it. `Float32(x)` tells its value.
"""
struct Float8E5M2
    bits::UInt8
end

# To the nearest, ties to even; a NaN stays one.
function BFloat16(x::Real)
    bits = reinterpret(UInt32, Float32(x))
    isnan(x) && return bfloat16_of_bits((bits >> 16) % UInt16 | 0x0040)
    return bfloat16_of_bits(((bits + 0x00007fff + ((bits >> 16) & 0x00000001)) >> 16) % UInt16)
end

Base.Float32(x::BFloat16) = reinterpret(Float32, UInt32(x.bits) << 16)
Base.Float32(x::Float8E5M2) = Float32(reinterpret(Float16, UInt16(x.bits) << 8))
function Base.Float32(x::Float8E4M3)
    sign = x.bits & 0x80 == 0 ? 1.0f0 : -1.0f0
    exponent, fraction = Int(x.bits >> 3) & 15, Int(x.bits) & 7
    exponent == 15 && fraction == 7 && return copysign(NaN32, sign)
    exponent == 0 && return sign * ldexp(Float32(fraction), -9)
    return sign * ldexp(Float32(8 + fraction), exponent - 10)
end
for T in (BFloat16, Float8E4M3, Float8E5M2)
    @eval Base.Float64(x::$T) = Float64(Float32(x))
    @eval Base.convert(::Type{F}, x::$T) where {F<:Union{Float32,Float64}} = F(x)
    @eval Base.show(io::IO, x::$T) = print(io, $(nameof(T)), "(", Float32(x), ")")
end
Base.convert(::Type{BFloat16}, x::Real) = BFloat16(x)

const NATIVE = Tuple{DataType,Int32,String}[
    (Bool, Raw.DELTOS_DTYPE_BOOL, "?"),
    (Int8, Raw.DELTOS_DTYPE_I8, "b"),
    (Int16, Raw.DELTOS_DTYPE_I16, "h"),
    (Int32, Raw.DELTOS_DTYPE_I32, "i"),
    (Int64, Raw.DELTOS_DTYPE_I64, "q"),
    (UInt8, Raw.DELTOS_DTYPE_U8, "B"),
    (UInt16, Raw.DELTOS_DTYPE_U16, "H"),
    (UInt32, Raw.DELTOS_DTYPE_U32, "I"),
    (UInt64, Raw.DELTOS_DTYPE_U64, "Q"),
    (Float16, Raw.DELTOS_DTYPE_F16, "e"),
    (Float32, Raw.DELTOS_DTYPE_F32, "f"),
    (Float64, Raw.DELTOS_DTYPE_F64, "d"),
    (ComplexF32, Raw.DELTOS_DTYPE_C64, "Zf"),
    (ComplexF64, Raw.DELTOS_DTYPE_C128, "Zd"),
    (BFloat16, Raw.DELTOS_DTYPE_BF16, "2s"),
    (Float8E4M3, Raw.DELTOS_DTYPE_F8_E4M3, "s"),
    (Float8E5M2, Raw.DELTOS_DTYPE_F8_E5M2, "s"),
]

"The number of an element type; OTHER for those that only a format string describes."
dtype_of(::Type) = Raw.DELTOS_DTYPE_OTHER
for (T, code, _) in NATIVE
    @eval dtype_of(::Type{$T}) = $code
end
isdefined(Core, :BFloat16) && @eval dtype_of(::Type{Core.BFloat16}) = Raw.DELTOS_DTYPE_BF16

"""
    Deltos.format_of(T) -> String

The format string of PEP 3118 under which elements of type `T` are stored: of numbers, of `NTuple{N,UInt8}` (N bytes),
and of structures and named tuples of such, with the names of the fields and the padding of C.

```jldoctest
julia> using Deltos

julia> Deltos.format_of(NamedTuple{(:id, :position),Tuple{Int32,NTuple{2,Float64}}})
"T{i:id:4x(2)d:position:}"
```
"""
function format_of(::Type{T}) where {T}
    for (native, _, format) in NATIVE
        native === T && return format
    end
    T <: Tuple && return tuple_format(T)
    isstructtype(T) && isbitstype(T) && sizeof(T) > 0 && return struct_format(T)
    throw(FormatError("elements of type $T cannot be stored: they have no fixed layout that other languages know; " *
                      "store numbers, or structures of numbers"))
end

function tuple_format(::Type{T}) where {T}
    isbitstype(T) && sizeof(T) > 0 ||
        throw(FormatError("elements of type $T cannot be stored: they have no fixed layout"))
    E = fieldtype(T, 1)
    all(k -> fieldtype(T, k) === E, 1:fieldcount(T)) || return struct_format(T)
    return E === UInt8 ? "$(fieldcount(T))s" : "($(fieldcount(T)))$(format_of(E))"
end

function struct_format(::Type{T}) where {T}
    io = IOBuffer()
    print(io, "T{")
    at = 0
    for k in 1:fieldcount(T)
        offset, F = Int(fieldoffset(T, k)), fieldtype(T, k)
        offset > at && print(io, offset - at, "x")
        name = fieldname(T, k)
        print(io, format_of(F), ":", name isa Symbol ? name : "f$k", ":")
        at = offset + sizeof(F)
    end
    sizeof(T) > at && print(io, sizeof(T) - at, "x")
    print(io, "}")
    return String(take!(io))
end

"""
    Deltos.describe(format) -> (dtype, itemsize, alignment, canonical)

What a format string means: the number of its element type (`Deltos.Raw.DELTOS_DTYPE_F64` and so on), the bytes of one
element, its alignment, and how the library writes it.

```jldoctest
julia> using Deltos

julia> Deltos.describe("<d").canonical
"d"
```
"""
function describe(format::AbstractString)
    format, cell = text(format, "a format"), ErrorCell()
    info = Ref(Raw.deltos_format_info(sizeof(Raw.deltos_format_info), 0, 0, 0))
    room = Vector{UInt8}(undef, 256)
    size = Ref(UInt64(length(room)))
    status = Raw.deltos_format_describe(format, info, room, size, cell)
    if status == Raw.DELTOS_E_TOO_SMALL
        resize!(room, size[])
        status = Raw.deltos_format_describe(format, info, room, size, cell)
    end
    check(status, cell)
    canonical, found = String(room[1:size[]-1]), info[]
    itemsize, alignment = Int(found.itemsize), Int(found.alignment)
    return (dtype = found.dtype, itemsize = itemsize, alignment = alignment, canonical = canonical)
end

# ---- From format strings to types of Julia ---------------------------------------------------------------------------

const FORMAT_TYPES = Dict{String,DataType}(
    "?" => Bool, "b" => Int8, "B" => UInt8, "h" => Int16, "H" => UInt16, "i" => Int32, "I" => UInt32, "l" => Int64,
    "L" => UInt64, "q" => Int64, "Q" => UInt64, "n" => Int64, "N" => UInt64, "e" => Float16, "f" => Float32,
    "d" => Float64, "Zf" => ComplexF32, "Zd" => ComplexF64, "c" => UInt8,
)

const LONGEST_TUPLE = 256 # elements of a tuple; longer ones take the compiler too long

"""
The type of Julia whose memory is that of a canonical format; nothing where there is none: a foreign byte order, a
layout that Julia would not choose, long double.
"""
function type_of_format(format::AbstractString)
    parsed = try
        parse_element(format, firstindex(format))
    catch e
        e isa Union{BoundsError,StringIndexError,ArgumentError,OverflowError} || rethrow()
        return nothing
    end
    (parsed === nothing || parsed[2] <= lastindex(format)) && return nothing
    return parsed[1]
end

# One element at i: (type, index after it), or nothing. "x" is no element; parse_fields sees to it.
function parse_element(format, i)
    if format[i] == '('
        close = findnext(')', format, i)
        close === nothing && return nothing
        lengths = map(n -> parse(Int, n), split(format[i+1:close-1], ','))
        item = parse_element(format, close + 1)
        item === nothing && return nothing
        T = item[1]
        for n in reverse(lengths) # C order: the last dimension is the innermost
            0 < n <= LONGEST_TUPLE || return nothing
            T = NTuple{n,T}
        end
        return T, item[2]
    end
    startswith(SubString(format, i), "T{") && return parse_fields(format, i + 2)
    digits = i
    while isdigit(format[i])
        i += 1
    end
    count = digits == i ? 1 : parse(Int, format[digits:i-1])
    if format[i] in "sw"
        0 < count <= LONGEST_TUPLE || return nothing
        return NTuple{count,format[i] == 's' ? UInt8 : UInt32}, i + 1
    end
    code = format[i] == 'Z' ? format[i:i+1] : format[i:i]
    T = get(FORMAT_TYPES, code, nothing)
    T === nothing && return nothing
    digits == i && return T, i + length(code)
    return 0 < count <= LONGEST_TUPLE ? (NTuple{count,T}, i + length(code)) : nothing
end

# The fields of a structure, whose layout must be the one that Julia gives to a named tuple of them.
function parse_fields(format, i)
    names, types, offsets, at = Symbol[], DataType[], Int[], 0
    while format[i] != '}'
        padding = match(r"\G(\d*)x", format, i)
        if padding !== nothing
            at += isempty(padding.captures[1]) ? 1 : parse(Int, padding.captures[1])
            i += ncodeunits(padding.match)
            continue
        end
        item = parse_element(format, i)
        item === nothing && return nothing
        T, i = item
        name = Symbol("f", length(names) + 1)
        if format[i] == ':'
            close = findnext(':', format, nextind(format, i))
            close === nothing && return nothing
            name = Symbol(SubString(format, nextind(format, i), prevind(format, close)))
            i = close + 1
        end
        push!(names, name), push!(types, T), push!(offsets, at)
        at += sizeof(T)
    end
    (isempty(names) || length(names) > LONGEST_TUPLE || !allunique(names)) && return nothing
    # A Complex of Julia's, of whatever it is made.
    complex = names == [:re, :im] && types[1] === types[2] && types[1] <: Real
    T = complex ? Complex{types[1]} : NamedTuple{(names...,),Tuple{types...}}
    fits = sizeof(T) == at && all(k -> fieldoffset(T, k) == offsets[k], 1:length(offsets))
    return fits ? (T, i + 1) : nothing
end

const parsed_formats = Dict{String,Union{Nothing,DataType}}()
const parsed_lock = ReentrantLock()

"The type of Julia for elements with this number and format; nothing where there is none."
function element_type(dtype::Int32, format::Ptr{UInt8})
    for (T, code, _) in NATIVE
        code == dtype && return T
    end
    key = unsafe_string(format)
    lock(parsed_lock) do
        length(parsed_formats) > 1000 && empty!(parsed_formats)
        get!(() -> type_of_format(key), parsed_formats, key)
    end
end

element_type(dtype::Int32, format::String) = GC.@preserve format element_type(dtype, pointer(format))

"The type of the elements in arrays of what `stat` tells of: bytes where Julia has no type for them."
array_eltype(info) = something(element_type(info.dtype, info.format), UInt8)

"""
Whether elements of type `T` are what a format tells of: the same fields at the same places. Formats that differ in
letters only, such as `l` and `q`, are the same type of Julia.
"""
function fits(::Type{T}, dtype::Int32, format::AbstractString) where {T}
    wanted = dtype_of(T)
    wanted == Raw.DELTOS_DTYPE_OTHER || return wanted == dtype
    canonical = describe(format_of(T)).canonical
    canonical == format && return true
    found = type_of_format(format)
    return found !== nothing && found === type_of_format(canonical)
end

"What the library takes for an element type: a format or NULL, and a number or 0."
element_arguments(format::AbstractString) = text(format, "a format"), Int32(0)
element_arguments(dtype::Integer) = Cstring(C_NULL), Int32(dtype)
element_arguments(::Nothing) = Cstring(C_NULL), Int32(0)
element_arguments(both::Tuple{AbstractString,Integer}) =
    isempty(both[1]) ? element_arguments(both[2]) : (text(both[1], "a format"), Int32(both[2]))
function element_arguments(::Type{T}) where {T}
    dtype = dtype_of(T)
    return element_arguments(dtype == Raw.DELTOS_DTYPE_OTHER ? format_of(T) : dtype)
end
