# Attributes: a dictionary of small typed values.

@testset "values come back as they were set" begin
    values = Any[
        "text", "", "ä\0b", UInt8[1, 2, 0], UInt8[], 5, -1, typemax(UInt64), Int8(3), UInt16(4), true, 2.5, 1.5f0, Float16(0.5), 1 + 2im,
        [1, 2, 3], [1.0 2.0; 3.0 4.0], [true, false], zeros(0, 3), Int32[7], (a = 1, b = 2.0), [(1, 2), (3, 4)],
    ]
    Deltos.anonymous() do storage
        storage["x"] = [1]
        for target in (attributes(storage), attributes(storage, "x"), attributes(storage["x"]))
            for value in values
                target["v"] = value
                @test isequal(target["v"], value) && (value isa Number ? typeof(target["v"]) === typeof(value) : true)
            end
        end
        target = attributes(storage)
        target["v"] = 0x05
        @test target["v"] === 5
        target["v"] = view([1 2; 3 4], 1, :)
        @test target["v"] == [1, 2]
        target["v"] = SubString("text", 2)
        @test target["v"] == "ext"
    end
end

@testset "what Julia has no type for is raw" begin
    Deltos.anonymous() do storage
        raw = Deltos.RawAttribute(">h", [2], [0x00, 0x01, 0x00, 0x02])
        attributes(storage)["raw"] = raw
        @test attributes(storage)["raw"] == raw == Deltos.raw_attribute(attributes(storage), "raw")
        @test hash(raw) == hash(attributes(storage)["raw"])
        @test Deltos.raw_attribute(attributes(storage), "none") === nothing
        attributes(storage)["flag"] = Deltos.RawAttribute("?", [], [0x07])
        @test attributes(storage)["flag"] === true
    end
end

@testset "they are a dictionary, in byte order of keys" begin
    Deltos.anonymous() do storage
        target = attributes(storage)
        @test isempty(target) && get(target, "no", 1) == 1 && get(() -> 2, target, "no") == 2
        for k in 20:-1:1
            target["k$(lpad(k, 2, '0'))"] = k
        end
        @test length(target) == 20 && collect(keys(target)) == sort(collect(keys(target))) && collect(values(target)) == 1:20
        @test Dict(target) == Dict("k$(lpad(k, 2, '0'))" => k for k in 1:20) && haskey(target, "k07")
        @test pop!(target, "k01") == 1 && thrown(() -> target["k01"]) isa NotFoundError && thrown(() -> delete!(target, "k01")) isa NotFoundError
        @test get!(target, "new", 5) == 5 && target["new"] == 5
        merge!(target, Dict("a" => "b"))
        @test target["a"] == "b"
        @test thrown(() -> attributes(storage, "none")["k"]) isa NotFoundError
        @test thrown(() -> target["a\0b"] = 1) isa InvalidError && thrown(() -> target[""] = 1) isa InvalidError
        @test thrown(() -> target["big"] = zeros(UInt8, 70_000)) isa LimitError
        @test thrown(() -> target["x"] = String([0xff])) isa InvalidError
        for value in (nothing, big(1), ["a"], 'c', Deltos.BFloat16(1))
            @test thrown(() -> target["x"] = value) isa FormatError
        end
    end
end

@testset "they are structure" begin
    Deltos.anonymous() do storage
        storage["x"] = [1]
        attributes(storage, "x")["unit"] = "K"
        state = snapshot(storage)
        transaction(storage) do t
            attributes(t, "x")["unit"] = "C"
            attributes(t)["n"] = 1
            @test attributes(t, "x")["unit"] == "C" && attributes(storage, "x")["unit"] == "K"
            rename!(t, "x", "y")
        end
        @test attributes(storage, "y")["unit"] == "C" && attributes(state, "x")["unit"] == "K"
        @test thrown(() -> attributes(state)["n"] = 1) isa ReadOnlyError && isempty(attributes(state))
        found = state["x"]
        close(state)
        storage["x"] = [2]
        attributes(found)["late"] = 1 # the snapshot has ended: the storage's
        @test attributes(storage, "x")["late"] == 1
        storage["y"] = [5] # replaced: attributes stay
        @test attributes(storage, "y")["unit"] == "C"
        close(found)
    end
end
