# What values hold that Base has no type for: decimals, moments with a zone or finer than milliseconds, references.

"""
    Deltos.Decimal(digits, exponent = 0; negative = false, kind = :finite)
    Deltos.Decimal(number::Integer)
    parse(Deltos.Decimal, text), tryparse(Deltos.Decimal, text)

A decimal number as it was written: `digits`, a string, times ten to the `exponent`. `kind` is `:finite`, `:infinite`,
`:nan` or `:signalling_nan`. It is for storing numbers and showing them, and does not calculate: `BigFloat(x)`,
`Float64(x)` and, of finite ones, `Rational{BigInt}(x)` do. Equal are those of the same number, and NaN to NaN.

```jldoctest
julia> using Deltos

julia> price = parse(Deltos.Decimal, "19.90")
Deltos.Decimal("19.90")

julia> price == parse(Deltos.Decimal, "19.9"), Float64(price), price.digits, price.exponent
(true, 19.9, "1990", -2)
```
"""
struct Decimal
    digits::String
    exponent::Int64
    negative::Bool
    kind::Symbol
    function Decimal(digits::AbstractString, exponent::Integer = 0; negative::Bool = false, kind::Symbol = :finite)
        all(digit -> '0' <= digit <= '9', digits) || throw(InvalidError("$(repr(digits)) are no digits: use 0 to 9"))
        one_of(DECIMAL_KINDS, kind, "a kind")
        return new(String(digits), exponent, negative, kind)
    end
end

const DECIMAL_KINDS = (
    finite = Raw.DELTOS_DECIMAL_FINITE,
    infinite = Raw.DELTOS_DECIMAL_INFINITE,
    nan = Raw.DELTOS_DECIMAL_NAN,
    signalling_nan = Raw.DELTOS_DECIMAL_SIGNALLING_NAN,
)

Decimal(number::Integer) = Decimal(string(abs(big(number))); negative = number < 0)

const DECIMAL_WORDS = Dict("inf" => :infinite, "infinity" => :infinite, "nan" => :nan, "snan" => :signalling_nan)

function Base.tryparse(::Type{Decimal}, text::AbstractString)
    found = match(r"^([+-]?)(?:([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?|([a-zA-Z]+))$", text)
    found === nothing && return nothing
    sign, whole, fraction, power, word = found.captures
    negative = sign == "-"
    if word !== nothing
        kind = get(DECIMAL_WORDS, lowercase(word), nothing)
        return kind === nothing ? nothing : Decimal(""; negative = negative, kind = kind)
    end
    digits = whole * something(fraction, "")
    exponent = tryparse(Int64, something(power, "0"))
    (isempty(digits) || exponent === nothing) && return nothing
    shorter = lstrip(digits, '0')
    shift = fraction === nothing ? 0 : ncodeunits(fraction)
    exponent < typemin(Int64) + shift && return nothing
    return Decimal(isempty(shorter) ? "0" : shorter, exponent - shift; negative = negative)
end

function Base.parse(::Type{Decimal}, text::AbstractString)
    made = tryparse(Decimal, text)
    made === nothing || return made
    throw(FormatError("$(repr(text)) is no decimal: write it like -12.50, 1E+9, Infinity or NaN"))
end

# Digits and exponent stay what they are, so that parsing the text gives the same again.
function Base.print(io::IO, x::Decimal)
    x.negative && print(io, '-')
    x.kind === :finite || return print(io, x.kind === :infinite ? "Infinity" : x.kind === :nan ? "NaN" : "sNaN")
    digits = isempty(x.digits) ? "0" : x.digits
    n = length(digits)
    if -n < x.exponent < 0
        print(io, digits[1:(n+x.exponent)], '.', digits[(n+x.exponent+1):end])
    elseif x.exponent < 0 && x.exponent > -n - 6
        print(io, "0.", '0'^(-x.exponent - n), digits)
    elseif x.exponent == 0
        print(io, digits)
    else
        print(io, digits, 'E', x.exponent > 0 ? "+" : "", x.exponent)
    end
end
Base.show(io::IO, x::Decimal) = print(io, "Deltos.Decimal(", repr(string(x)), ")")

# The same for all that are equal: digits without zeros at either end.
function shortest(x::Decimal)
    digits = lstrip(x.digits, '0')
    exponent = big(x.exponent) + (ncodeunits(digits) - ncodeunits(rstrip(digits, '0')))
    digits = rstrip(digits, '0')
    isempty(digits) && return ("", big(0), x.negative && x.kind !== :finite, x.kind)
    return (String(digits), exponent, x.negative, x.kind)
end
Base.:(==)(a::Decimal, b::Decimal) = shortest(a) == shortest(b)
Base.hash(x::Decimal, seed::UInt) = hash(shortest(x), hash(:Decimal, seed))

Base.BigFloat(x::Decimal) = x.kind === :nan || x.kind === :signalling_nan ? BigFloat(NaN) : parse(BigFloat, string(x))
Base.Float64(x::Decimal) = x.kind === :nan || x.kind === :signalling_nan ? NaN : parse(Float64, string(x))
function Base.Rational{BigInt}(x::Decimal)
    x.kind === :finite || throw(RangeError("$x is no finite number"))
    abs(x.exponent) <= 100_000 || throw(LimitError("the exponent of $x is too large for a fraction"))
    whole = parse(BigInt, isempty(x.digits) ? "0" : x.digits)
    scaled = x.exponent < 0 ? whole // big(10)^(-x.exponent) : (whole * big(10)^x.exponent) // 1
    return x.negative ? -scaled : scaled
end

"""
    Deltos.Timestamp(seconds, nanoseconds = 0, offset = nothing)
    Deltos.Timestamp(time::DateTime, offset = nothing)

A date and time that a `DateTime` cannot hold: with a zone, or finer than milliseconds. `seconds` count from
1970-01-01T00:00:00, in UTC where there is an `offset` (of the zone, seconds east of UTC), and else on the clock.
`DateTime(x)` is the time on the clock of that zone; what is finer than milliseconds is cut off.

```jldoctest
julia> using Deltos, Dates

julia> Deltos.Timestamp(DateTime(2026, 11, 21, 19, 5), 3600)
Deltos.Timestamp("2026-11-21T19:05:00+01:00")
```
"""
struct Timestamp
    seconds::Int64
    nanoseconds::Int64
    offset::Union{Nothing,Int64}
    Timestamp(seconds::Integer, nanoseconds::Integer = 0, offset::Union{Nothing,Integer} = nothing) =
        new(seconds, nanoseconds, offset)
end

const EPOCH = Dates.value(DateTime(1970))
const EPOCH_DAY = Dates.value(Date(1970))

function Timestamp(time::DateTime, offset::Union{Nothing,Integer} = nothing)
    seconds, milliseconds = fldmod(Dates.value(time) - EPOCH, 1000)
    return Timestamp(seconds - something(offset, 0), milliseconds * 1_000_000, offset)
end

function Dates.DateTime(x::Timestamp)
    milliseconds = widemul(x.seconds + something(x.offset, 0), 1000) + div(x.nanoseconds, 1_000_000) + EPOCH
    abs(milliseconds) < typemax(Int64) >> 2 || throw(RangeError("a DateTime cannot hold the year of $(x.seconds) s"))
    return DateTime(Dates.UTM(Int64(milliseconds)))
end

function Base.show(io::IO, x::Timestamp)
    abs(x.seconds) < 10^12 || return print(io, "Deltos.Timestamp(", x.seconds, ", ", x.nanoseconds, ", ", x.offset, ")")
    print(io, "Deltos.Timestamp(\"", Dates.format(DateTime(Timestamp(x.seconds, 0, x.offset)), "yyyy-mm-ddTHH:MM:SS"))
    x.nanoseconds == 0 || print(io, '.', rstrip(lpad(x.nanoseconds, 9, '0'), '0'))
    if x.offset !== nothing
        hours, seconds = divrem(abs(x.offset), 3600)
        print(io, x.offset < 0 ? '-' : '+', lpad(hours, 2, '0'), ':', lpad(div(seconds, 60), 2, '0'))
        seconds % 60 == 0 || print(io, ':', lpad(seconds % 60, 2, '0'))
    end
    print(io, "\")")
end

"""
    Deltos.Reference(id)
    Deltos.Reference(object)

Another object of the same storage, in a value. `scope[reference]` is what it leads to.
"""
struct Reference
    id::UInt64
    Reference(id::Integer) = new(id)
end
Reference(object::Object) = Reference(stat(object).id)
