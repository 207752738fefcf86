# What the tests of schemas and records store: a structure with every type of slot, rows of it, and when two of them are alike.

using Dates

struct Place
    x::Float32
    y::Union{Missing,Float64}
end

struct Everything
    flag::Bool
    number::Int64
    small::Union{Missing,UInt8}
    complex::ComplexF64
    fraction::Complex{Int32}
    triple::NTuple{3,Int16}
    code::NTuple{4,UInt8}
    half::Deltos.BFloat16
    name::String
    letter::Union{Nothing,Char}
    word::Union{Deltos.Unset,Symbol}
    raw::Vector{UInt8}
    day::Date
    clock::DateTime
    instant::Union{Missing,Deltos.Timestamp}
    price::Union{Missing,Deltos.Unset,Deltos.Decimal}
    grid::Matrix{Float64}
    list::Vector{String}
    pair::Tuple{Int,String}
    facts::Dict{String,Int}
    members::Set{Int}
    anything::Any
    place::Union{Missing,Place}
    outer::NamedTuple{(:deep, :n),Tuple{Union{Deltos.Unset,Place},Int8}}
end

some(i, x, otherwise = missing) = i % 3 == 0 ? otherwise : x
everything(i) = Everything(
    isodd(i), i - 3, some(i, i), i + 2im, i - 1im, (i, -i, 0), (0x61, 0x00, i % UInt8, 0x62), i, "number $i", some(i, 'a' + i, nothing), some(i, Symbol("w", i), Deltos.unset),
    rand(MersenneTwister(i), UInt8, i), Date(1960) + Day(1000i), DateTime(1969, 12, 31, 23, 59, 59, 990) + Millisecond(7i), some(i, Deltos.Timestamp(-i, 1000i, 0)),
    i % 3 == 0 ? missing : i % 3 == 1 ? Deltos.unset : Deltos.Decimal(string(i), -1), fill(i / 2, 2, i % 3 + 1), ["t$k" for k in 1:i], (i, "p"), Dict("k$k" => k for k in 1:i), Set(1:i),
    i % 4 == 0 ? nothing : i % 4 == 1 ? "text" : i % 4 == 2 ? [1, i] : Dict("a" => i), some(i, Place(i, some(i + 1, i))), (deep = some(i + 1, Place(-i, missing), Deltos.unset), n = i),
)

alike(a, b) = isequal(a, b)
alike(a::Deltos.BFloat16, b::Deltos.BFloat16) = a.bits == b.bits
alike(a::T, b::T) where {T<:Union{Everything,Place}} = all(name -> alike(getfield(a, name), getfield(b, name)), fieldnames(T))

# As structures whose every field is equal.
alike(a::NamedTuple, b::NamedTuple) = keys(a) == keys(b) && all(map(alike, values(a), values(b)))
