# Values: everything put comes back, read in place, and behaves like the types of Base.

using Dates

"What comes back when something is packed and unpacked."
there_and_back(x) = Deltos.unpack(Deltos.pack(x))

struct Spot
    name::String
    height::Float64
end
Deltos.represent(spot::Spot) = (name = spot.name, height = spot.height)

@testset "scalars are those of Base" begin
    for x in (
        nothing, true, false, 0, -1, typemin(Int64), typemax(Int64), typemax(UInt64), 0.5, -0.0, Inf, "", "a\0ä", Date(2026, 11, 21), Date(-1),
        DateTime(1969, 12, 31, 23, 59, 59, 999), Deltos.Timestamp(-5, 7, nothing), Deltos.Timestamp(5, 0, -3600), Deltos.Decimal("150", -2),
        Deltos.Reference(7),
    )
        @test there_and_back(x) === x || x isa Deltos.Decimal && there_and_back(x) == x
    end
    @test isnan(there_and_back(NaN)) && there_and_back(missing) === nothing
    @test there_and_back(UInt8[0, 255]) == UInt8[0, 255] && there_and_back(b"ab") isa Vector{UInt8}
    @test there_and_back(Int8(-3)) === -3 && there_and_back(0.5f0) === 0.5 && there_and_back(UInt64(3)) === 3
    @test there_and_back('x') == "x" && there_and_back(:name) == "name" && there_and_back(SubString("abc", 2)) == "bc"
    @test there_and_back(big(2)^63) === UInt64(2)^63 && there_and_back(Int128(-4)) === -4
    @test thrown(() -> Deltos.pack(big(2)^64)) isa RangeError && thrown(() -> Deltos.pack(String([0xff]))) isa InvalidError
    for x in (1 + 2im, 1 // 2, sin, Deltos.BFloat16(1), ["a" "b"])
        @test thrown(() -> Deltos.pack(x)) isa FormatError
    end
    @test thrown(() -> Deltos.pack(Deltos.Timestamp(0, 10^9))) isa RangeError && thrown(() -> Deltos.pack(Deltos.Timestamp(0, 0, 86400))) isa RangeError
end

@testset "containers behave like those of Base" begin
    vector = Any[1, "two", nothing, 2.5, [true], (1, "x"), Dict(1 => "one"), Set(["a", "b"])]
    v = there_and_back(vector)
    @test v isa Deltos.ValueVector{Any} && v isa AbstractVector && length(v) == 8 && v[2] == "two" && v[end] isa AbstractSet
    @test v == vector && isequal(v, vector) && hash(v) == hash(vector) && collect(v) == vector && v[2:3] == ["two", nothing]
    @test thrown(() -> v[9]) isa BoundsError && thrown(() -> v[0]) isa BoundsError && "two" in v && !("three" in v)
    @test [x for x in v][4] === 2.5 && copy(v) isa Vector{Any}
    t = v[6]
    @test t isa Deltos.ValueTuple && t == (1, "x") && (1, "x") == t && t == there_and_back((1, "x")) && isequal(t, (1, "x")) && t != (1,)
    @test hash(t) == hash((1, "x")) && Tuple(t) === (1, "x") && t[end] == "x" && length(t) == 2 && [x for x in t] == [1, "x"]
    @test repr(t) == "(1, \"x\")" && thrown(() -> t[3]) isa BoundsError && t[[2, 1]] == ("x", 1)
    a, b = t
    @test (a, b) == (1, "x")
    @test isempty(there_and_back(())) && isempty(there_and_back([])) && isempty(there_and_back(Dict())) && isempty(there_and_back(Set()))
end

@testset "dicts find their keys as Dict does" begin
    dict = Dict{Any,Any}("a" => 1, 2 => "two", 2.5 => [1], nothing => 0, (1, "x") => "tuple", Date(2020) => "day", true => "yes", b"k" => 3)
    d = there_and_back(dict)
    @test d isa AbstractDict && length(d) == 8 && d == dict && hash(d) == hash(dict) && Dict(d) == dict && Set(keys(d)) == Set(keys(dict))
    @test all(isequal(d[key], dict[key]) for key in keys(dict)) && d[b"k"] == 3 && d[:a] == 1
    @test haskey(d, 2.0) && d[2.0] == "two" && d[0x02] == "two" && d[1] == "yes" && d[1.0] == "yes"
    @test !haskey(d, "b") && !haskey(d, 3) && !haskey(d, (1, "y")) && !haskey(d, sin) && !haskey(d, [1])
    @test get(d, "b", 5) == 5 && get(() -> 6, d, "b") == 6 && thrown(() -> d["b"]) == KeyError("b")
    @test "a" in keys(d) && !("z" in keys(d)) && ("a" => 1) in d && eltype(d) == Pair{Any,Any}
    @test copy(d) isa Dict && filter(((k, x),) -> x == 1, d) == Dict("a" => 1) && merge(d, Dict("z" => 1))["z"] == 1
    ordered = there_and_back((z = 1, y = 2, x = 3))
    @test collect(keys(ordered)) == ["z", "y", "x"] && collect(values(ordered)) == [1, 2, 3]
    large = Dict(k => string(k) for k in 1:1000)
    @test there_and_back(large) == large && all(there_and_back(large)[k] == string(k) for k in (1, 500, 1000))
end

@testset "sets find their members as Set does" begin
    for set in (Set([1, 2, 3]), Set(Any["a", 1, (2, 3)]), Set(k^2 for k in 1:500), Set([1.5, 2.0]))
        s = there_and_back(set)
        @test s isa AbstractSet && length(s) == length(set) && s == set && hash(s) == hash(set) && issetequal(s, set)
        @test all(in(s), set) && !(-1 in s) && copy(s) == set && union(s, [0]) == union(set, [0]) && setdiff(s, set) == Set()
    end
    @test 2 in there_and_back(Set([2.0])) && 2.0 in there_and_back(Set([2])) && true in there_and_back(Set([1]))
    @test repr(there_and_back(Set([1]))) == "Deltos.ValueSet(Any[1])"
end

@testset "arrays of numbers keep type and shape" begin
    for a in (
        [1, 2, 3], Int8[-1, 1], [0.5f0, 1.5f0], [1.0 2.0 3.0; 4.0 5.0 6.0], rand(2, 3, 4), [true, false], ComplexF64[1 + 2im], zeros(0, 3), fill(7),
        Float16[1, 2], UInt8[1 2; 3 4],
    )
        b = there_and_back(a)
        @test b isa BufferArray && eltype(b) == eltype(a) && size(b) == size(a) && b == a && !iswritable(b)
    end
    @test there_and_back(1:3) == [1, 2, 3] && there_and_back(trues(3)) == [true, true, true]
    @test there_and_back(transpose([1 2; 3 4])) == [1 3; 2 4] && there_and_back(view([1 2; 3 4], 1, :)) == [1, 2]
    @test there_and_back(Dict("m" => [1 2; 3 4]))["m"][2, 1] == 3
    @test there_and_back([(a = 1, b = 2.0)])[1]["b"] == 2.0 && there_and_back([Date(2020)]) == [Date(2020)]
    @test there_and_back(Deltos.RawContent(UInt8[0, 1]; format = ">h", shape = [1])) == reshape(UInt8[0, 1], 2, 1)
end

@testset "lists of numbers are numbers, however they lie" begin
    for (vector, T) in ((Any[1, 2, 300], Int64), (Any[-1, 2^40], Int64), (Any[1.5, 2.5], Float64), (Any[0.1], Float64), (Any[true, false, true], Bool))
        v = there_and_back(vector)
        @test v isa Deltos.ValueVector{T} && v == vector && sum(v) == sum(vector) && collect(v) isa Vector{T} && v[1] === vector[1] && [x for x in v] == vector
    end
    large = there_and_back(Any[typemax(UInt64), 1])
    @test large == [typemax(UInt64), 1] && large[2] === 1
    @test collect(Deltos.View(there_and_back(Any[1, 2, 300]))) == Int16[1, 2, 300]
    @test thrown(() -> Deltos.View(there_and_back(Any["x"]))) isa KindError
    @test there_and_back(there_and_back(Any[1, 2])) isa Deltos.ValueVector{Int64}
end

@testset "what is shared is stored once, and may contain itself" begin
    text = repeat("x", 1000)
    one = Any[text, 1, 2]
    @test length(Deltos.pack(Any[one, one, one])) < 2000
    shared = Deltos.materialize(there_and_back(Any[one, one]))
    @test shared[1] === shared[2] && shared[1] == one
    circle = Any[1]
    push!(circle, circle)
    c = there_and_back(circle)
    @test c[2][2][2][1] == 1 && thrown(() -> Deltos.stable_hash(c)) isa LimitError
    made = Deltos.materialize(c)
    @test made[2] === made && Deltos.materialize(there_and_back(c))[2][1] == 1
    numbers = [1.0, 2.0]
    twice = there_and_back(Any[numbers, numbers])
    @test Deltos.pointer(twice[1]) == Deltos.pointer(twice[2])
    dict = Dict{Any,Any}()
    dict["me"] = dict
    @test there_and_back(dict)["me"]["me"] isa Deltos.ValueDict
end

@testset "materialize makes everything Julia's own" begin
    x = Any[1, Dict("a" => (1, [1.5, 2.5]), "b" => Set([1])), "t", UInt8[1]]
    made = Deltos.materialize(there_and_back(x))
    @test made == x && made isa Vector{Any} && made[2] isa Dict && made[2]["a"] isa Tuple && made[2]["a"][2] isa Vector{Float64} && made[2]["b"] isa Set
    @test Deltos.materialize(5) === 5 && Deltos.materialize(there_and_back(Any[1, 2])) isa Vector{Int64}
end

@testset "random trees come back equal" begin
    function tree(depth)
        kind = rand(1:(depth > 0 ? 9 : 5))
        kind == 1 && return rand(Int64) >> rand(0:63)
        kind == 2 && return randn()
        kind == 3 && return randstring(rand(0:20))
        kind == 4 && return rand((nothing, true, false, Date(2020) + Day(rand(1:1000))))
        kind == 5 && return rand(UInt8, rand(0:9))
        kind == 6 && return Any[tree(depth - 1) for _ in 1:rand(0:9)]
        kind == 7 && return ((tree(depth - 1) for _ in 1:rand(0:4))...,)
        kind == 8 && return Dict{Any,Any}(randstring(3) => tree(depth - 1) for _ in 1:rand(0:20))
        return rand(rand(0:3), rand(0:3))
    end
    Random.seed!(7)
    for _ in 1:200
        x = tree(4)
        y = there_and_back(x)
        @test isequal(y, x) && isequal(Deltos.materialize(y), x) && Deltos.same(y, x) && Deltos.stable_hash(y) == Deltos.stable_hash(x)
        @test isequal(there_and_back(y), x)
    end
end

@testset "equality and hash of the file are of kinds and contents" begin
    @test Deltos.same(1, 0x01) && !Deltos.same(1, 1.0) && !Deltos.same(1, true) && !Deltos.same(Any[1], (1,)) && Deltos.same(0.0, -0.0) && Deltos.same(NaN, NaN)
    @test Deltos.same(Any[1, "a"], there_and_back(Any[1, "a"])) && Deltos.stable_hash(Dict(1 => 2, 3 => 4)) == Deltos.stable_hash(Dict(3 => 4, 1 => 2))
    @test Deltos.stable_hash("a") != Deltos.stable_hash(b"a")
end

@testset "types of the program are what they are represented by" begin
    @test there_and_back([Spot("peak", 2962.0)])[1]["height"] == 2962.0
end

@testset "bytes are packed and unpacked anywhere" begin
    x = (grid = [1.0 2.0; 3.0 4.0], name = "g")
    bytes = Deltos.pack(x)
    room = zeros(UInt8, length(bytes) + 100)
    for offset in (0, 1, 8, 37)
        @test Deltos.pack!(room, x; offset = offset) == length(bytes)
        v = Deltos.unpack(room; offset = offset)
        @test v["grid"] == x.grid && UInt(pointer(v["grid"])) % 64 == 0
    end
    @test thrown(() -> Deltos.pack!(zeros(UInt8, 10), x)) isa TooSmallError && thrown(() -> Deltos.pack!(room, x; offset = -1)) isa RangeError
    @test thrown(() -> Deltos.unpack(room; offset = length(room) + 1)) isa RangeError
    @test thrown(() -> Deltos.unpack(bytes[1:end-8])) isa CorruptError && thrown(() -> Deltos.unpack(UInt8[])) isa NotDeltosError
    @test thrown(() -> Deltos.unpack(zeros(UInt8, 100))) isa NotDeltosError && thrown(() -> Deltos.unpack(room; offset = 4, copy = false)) isa LayoutError
    for k in 1:length(bytes) # damaged anywhere: an error, or another value
        damaged = copy(bytes)
        damaged[k] ⊻= 0xff
        e = thrown(() -> Deltos.materialize(Deltos.unpack(damaged)))
        @test e === nothing || e isa DeltosError
    end
end

@testset "they are stored under names, beside buffers" begin
    Deltos.anonymous() do storage
        storage["text"] = "some text"
        storage["nothing"] = nothing
        storage["dict"] = Dict("a" => [1, 2])
        storage["mixed"] = (1, "x")
        storage["buffer"] = (1, 2.0)
        put!(storage, "point", (x = 1.0, y = 2.0))
        put!(storage, "number", 5)
        put!(storage, "array", [1, 2, 3])
        @test storage["text"] == "some text" && storage["nothing"] === nothing && storage["dict"]["a"] == [1, 2] && storage["mixed"] == (1, "x")
        @test storage["number"] === 5 && storage["point"]["y"] == 2.0 && storage["array"] == [1, 2, 3]
        @test storage["buffer"] isa BufferArray && stat(Deltos.Value(storage, "point")).sealed
        @test get(storage, "text", 0) == "some text" && length(collect(storage)) == 8 && haskey(storage, "dict")
        @test thrown(() -> Deltos.Value(storage, "buffer")) isa KindError && Deltos.Value(storage, "number")[] === 5
        @test repr(Deltos.Value(storage, "point")) == "Deltos.Value \"point\""
        storage["ref"] = Deltos.Reference(Deltos.Buffer(storage, "buffer"))
        storage["refs"] = Any[Deltos.Buffer(storage, "buffer"), Deltos.Value(storage, "dict")]
        @test storage[storage["ref"]] isa BufferArray && storage[storage["refs"][2]]["a"] == [1, 2]
    end
end

@testset "one takes the place of another, and attributes stay" begin
    Deltos.anonymous() do storage
        storage["x"] = "first"
        attributes(storage, "x")["unit"] = "K"
        for x in ("second", [1.0, 2.0], Dict("a" => 1), [3.0], (1, "z"))
            storage["x"] = x
            @test storage["x"] == x && attributes(storage, "x")["unit"] == "K"
        end
        old = storage["x"]
        state = snapshot(storage)
        transaction(storage) do t
            t["x"] = "in a transaction"
            @test t["x"] == "in a transaction" && storage["x"] == (1, "z")
            t["x"] = [1, 2]
            t["x"] = nothing
        end
        @test storage["x"] === nothing && state["x"] == (1, "z") && old == (1, "z")
        @test thrown(() -> put!(state, "x", 1)) isa ReadOnlyError && thrown(() -> state["x"] = "text") isa ReadOnlyError
        @test thrown(() -> storage["x"] = String([0xff])) isa InvalidError && storage["x"] === nothing
        close(state)
        Deltos.create_vector!(storage, "vector", Float64)
        @test thrown(() -> storage["vector"] = "text") isa KindError
    end
end

@testset "containers keep their storage, until they are closed" begin
    storage = Deltos.anonymous()
    storage["x"] = Any["a", Any["b"]]
    x = storage["x"]
    inner = x[2]
    @test thrown(() -> close(storage)) isa PinnedError
    close(inner)
    @test thrown(() -> x[1]) isa ClosedError && thrown(() -> inner[1]) isa ClosedError && !isopen(x) && repr(x) == "Deltos.ValueVector, closed"
    close(storage)
    numbers = there_and_back(Any[1, 2, 3])
    close(numbers)
    @test thrown(() -> numbers[1]) isa ClosedError && thrown(() -> sum(numbers)) isa ClosedError
    array = there_and_back(Dict("m" => [1.0, 2.0]))["m"]
    GC.gc()
    @test sum(array) == 3.0
end

@testset "several tasks read one value" begin
    d = there_and_back(Dict(k => string(k) for k in 1:200))
    tasks = [Threads.@spawn(all(d[k] == string(k) for k in 1:200)) for _ in 1:8]
    @test all(fetch, tasks)
end

@testset "JSON says the same" begin
    x = Deltos.parse_json("{\"a\": [1, 2.5, null, true], \"b\": {\"c\": \"ä\"}, \"n\": 123456789012345678901234567890}")
    @test x["a"] == [1, 2.5, nothing, true] && x["b"]["c"] == "ä" && x["n"] == parse(Deltos.Decimal, "123456789012345678901234567890")
    @test Deltos.same(Deltos.parse_json(Deltos.json(x)), x) && Deltos.json(x["b"]) == "{\"c\":\"ä\"}" && Deltos.json(x["b"]; ascii = true) == "{\"c\":\"\\u00e4\"}"
    @test Deltos.json(Any[1]; indent = true) == "[\n  1\n]" && Deltos.json("text") == "\"text\""
    @test thrown(() -> Deltos.json(Any[1, UInt8[1]])) isa UnsupportedError && thrown(() -> Deltos.parse_json("[1,")) isa FormatError
    @test there_and_back(Any["before", Deltos.Json("[1]"), "after"]) == Any["before", [1], "after"] && thrown(() -> Deltos.parse_json("\"a\0b\"")) isa FormatError
end

@testset "decimals are read and written digit by digit" begin
    for text in ("0", "-0", "12.50", "-0.001", "1E+9", "123E-9", "Infinity", "-Infinity", "NaN", "sNaN", "0.00", "100")
        x = parse(Deltos.Decimal, text)
        @test string(x) == text && string(there_and_back(x)) == text && repr(x) == "Deltos.Decimal(\"$text\")"
    end
    for text in ("", "-", ".", "1e", "1.2.3", "x", "1 ", "1e99999999999999999999")
        @test tryparse(Deltos.Decimal, text) === nothing && thrown(() -> parse(Deltos.Decimal, text)) isa FormatError
    end
    D(text) = parse(Deltos.Decimal, text)
    for (a, b) in (("1.50", "15E-1"), ("0", "-0.00"), ("NaN", "nan"), ("NaN", "sNaN"), ("Infinity", "-Infinity"), ("1", "10"), ("1", "-1"))
        @test (D(a) == D(b)) == Deltos.same(D(a), D(b)) && (D(a) == D(b)) <= (hash(D(a)) == hash(D(b)))
    end
    @test Float64(D("-12.5")) == -12.5 && BigFloat(D("1e3")) == 1000 && Rational{BigInt}(D("-0.25")) == -1 // 4 && isnan(Float64(D("NaN"))) && Float64(D("inf")) == Inf
    @test Deltos.Decimal(-15) == D("-15") && thrown(() -> Deltos.Decimal("1x")) isa InvalidError && thrown(() -> Deltos.Decimal("1"; kind = :odd)) isa InvalidError
    @test thrown(() -> Rational{BigInt}(D("inf"))) isa RangeError && thrown(() -> Rational{BigInt}(D("1e999999"))) isa LimitError
end

@testset "moments have a zone and nanoseconds" begin
    x = Deltos.Timestamp(DateTime(2026, 11, 21, 19, 5), 3600)
    @test DateTime(x) == DateTime(2026, 11, 21, 19, 5) && x.seconds == Dates.datetime2unix(DateTime(2026, 11, 21, 18, 5))
    @test repr(Deltos.Timestamp(0, 5_000_000, -5400)) == "Deltos.Timestamp(\"1969-12-31T22:30:00.005-01:30\")" && repr(Deltos.Timestamp(1, 0)) == "Deltos.Timestamp(\"1970-01-01T00:00:01\")"
    @test there_and_back(Deltos.Timestamp(typemax(Int64), 0)).seconds == typemax(Int64) && thrown(() -> DateTime(Deltos.Timestamp(typemax(Int64), 0))) isa RangeError
end

@testset "long strings are compressed where the storage says so" begin
    long = repeat("many words ", 2000)
    sizes = map((false, true)) do compress
        Deltos.open(joinpath(mktempdir(), "texts.deltos"), "x"; compress) do storage
            storage["texts"] = Any[long, zeros(UInt8, 3000), "short"]
            @test storage["texts"] == Any[long, zeros(UInt8, 3000), "short"] && storage["texts"][1] == long
            stat(Deltos.Value(storage, "texts")).payload_bytes
        end
    end
    @test sizes[2] < sizes[1] ÷ 10
    storage = Deltos.anonymous(; compress = true)
    storage["text"] = long
    @test storage["text"] == long
    close(storage)
end
