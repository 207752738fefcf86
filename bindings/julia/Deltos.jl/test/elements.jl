# Element types: what Julia's types are stored as, and what stored types are in Julia.

struct Point
    x::Float64
    y::Float64
end

struct Nested
    id::Int8
    at::Point
    values::NTuple{3,Float32}
    flag::Bool
end

struct Wrong
    y::Float64
    x::Float64
end

@testset "$T is stored as itself" for (T, code, format) in Deltos.NATIVE
    Deltos.anonymous() do storage
        bits = sizeof(T) == 1 ? UInt8[0, 1] : rand(MersenneTwister(1), UInt8, 2 * sizeof(T))
        values = collect(reinterpret(T, bits))
        storage["x"] = values
        info = stat(Deltos.Buffer(storage, "x"))
        @test info.dtype == code && info.itemsize == sizeof(T)
        found = storage["x"]
        @test eltype(found) === T === eltype(Deltos.Buffer(storage, "x"))
        @test reinterpret(UInt8, copy(found)) == bits
        close(found)
    end
end

@testset "structures keep their fields, nested and padded" begin
    @test Deltos.format_of(Point) == "T{d:x:d:y:}"
    @test Deltos.format_of(Nested) == "T{b:id:7xT{d:x:d:y:}:at:(3)f:values:?:flag:3x}"
    Deltos.anonymous() do storage
        nested = [Nested(k, Point(k, -k), (1k, 2k, 3k), isodd(k)) for k in 1:3]
        storage["n"] = nested
        @test Deltos.array(collect, storage, "n", Nested) == nested
        Deltos.array(storage, "n") do found
            @test eltype(found) <: NamedTuple
            @test found[2].at.y == -2.0 && found[2].values == (2.0f0, 4.0f0, 6.0f0) && !found[2].flag
        end
        storage["p"] = [Point(1, 2)]
        @test Deltos.array(a -> a[1], storage, "p", NamedTuple{(:x, :y),NTuple{2,Float64}}) == (x = 1.0, y = 2.0)
        @test thrown(() -> Deltos.array(storage, "p", Wrong)) isa FormatError
        @test thrown(() -> Deltos.array(storage, "p", Float64)) isa FormatError
        Deltos.array(storage, "p", Point; writable = true) do points
            points[1] = Point(3, 4)
        end
        @test Deltos.array(a -> a[1].x, storage, "p") == 3.0
    end
end

@testset "what other languages write as long is Int64 here, in structures too" begin
    Deltos.anonymous() do storage
        bytes = collect(reinterpret(UInt8, [1, 2]))
        create!(storage, "l", Deltos.RawContent(bytes; format = "l", shape = (2,)))
        create!(storage, "s", Deltos.RawContent(bytes; format = "T{l:a:L:b:}"))
        @test storage["l"] == [1, 2]
        @test storage["s"][] == (a = 1, b = 0x2)
        @test Deltos.array(a -> a[], storage, "s", NamedTuple{(:a, :b),Tuple{Int64,UInt64}}).a == 1
    end
end

@testset "tuples of bytes and characters, and bytes where Julia has no type" begin
    Deltos.anonymous() do storage
        storage["s"] = [(0x61, 0x62, 0x63)]
        @test stat(Deltos.Buffer(storage, "s")).format == "3s"
        @test storage["s"] == [(0x61, 0x62, 0x63)]
        create!(storage, "w"; format = "4w", shape = (2,))
        @test eltype(storage["w"]) === NTuple{4,UInt32}
        create!(storage, "big-endian", Deltos.RawContent(UInt8[1, 2, 3, 4]; format = ">h", shape = (2,)))
        @test storage["big-endian"] == UInt8[1 3; 2 4]
        create!(storage, "packed"; format = "<T{b:a:d:b:}", shape = (3,))
        @test size(storage["packed"]) == (9, 3)
        create!(storage, "long"; format = "1000s")
        @test size(storage["long"]) == (1000,)
    end
end

@testset "a Bool that is neither 0 nor 1 is true" begin
    Deltos.anonymous() do storage
        create!(storage, "b", Deltos.RawContent(UInt8[0, 1, 2, 255]; format = "?", shape = (4,)))
        b = storage["b"]
        @test [x for x in b] == [false, true, true, true]
        @test count(b) == 3 == sum(b) && copy(b) == [false, true, true, true] && any(b) && !all(b)
        @test maximum(b) === true && reduce(&, b) === false
        close(b)
    end
end

@testset "small floats tell their values" begin
    @test Float32(Deltos.BFloat16(1.5)) == 1.5f0
    @test Deltos.BFloat16(1.00390625).bits == 0x3f80 # a tie goes to even
    @test Deltos.BFloat16(1.01171875).bits == 0x3f82
    @test isnan(Float32(Deltos.BFloat16(NaN))) && Float32(Deltos.BFloat16(-Inf)) == -Inf32
    @test Float32(Deltos.Float8E5M2(0x3c)) == 1.0f0 && Float32(Deltos.Float8E5M2(0xfc)) == -Inf32
    @test Float32(Deltos.Float8E4M3(0x38)) == 1.0f0 && Float32(Deltos.Float8E4M3(0x7e)) == 448.0f0
    @test Float32(Deltos.Float8E4M3(0x01)) == 2.0f0^-9 && isnan(Float32(Deltos.Float8E4M3(0xff)))
    Deltos.anonymous() do storage
        storage["b"] = Deltos.BFloat16.([1, 2, 3])
        storage["b"][2] = 2.5
        @test Float32.(storage["b"]) == [1, 2.5, 3]
    end
end

@testset "what has no fixed layout is refused with a reason" begin
    Deltos.anonymous() do storage
        for value in (['c'], Ref(1), [Int128(1)], [Ref(1)], identity)
            @test thrown(() -> storage["x"] = value) isa FormatError
        end
        @test isempty(storage)
    end
end

@testset "formats that cannot be are no types" begin
    for format in ("", "T{", "T{d:x", "(2,3", "()d", "T{d:x:d:x:}", ">d", "g", "T{}", "(0)d", "d:", "999999999999999999999s", "Z", "3")
        @test Deltos.type_of_format(format) === nothing
    end
    @test thrown(() -> Deltos.describe("T{")) isa FormatError
    @test Deltos.describe("=d").canonical == "d"
    @test length(Deltos.describe("T{" * join("d:field$k:" for k in 1:100) * "}").canonical) > 256
end
