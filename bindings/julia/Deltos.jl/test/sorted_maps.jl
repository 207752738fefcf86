# Sorted maps: every kind of keys and values against a sorted model, ranges, cursors, transactions and snapshots, bulk loading.

const SORTED_ITEMS = (
    String => i -> i == 1 ? "" : i == 2 ? "ä€𝄞"^100 : i % 3 == 0 ? "straße $i" : "key $(1000 - i)",
    Vector{UInt8} => i -> i == 1 ? UInt8[] : i == 2 ? fill(0xff, 1024) : rand(MersenneTwister(i), UInt8, i % 20 + 1),
    UInt64 => i -> i == 1 ? UInt64(0) : i == 2 ? typemax(UInt64) : UInt64(i) * 0x9e3779b97f4a7c15,
)
sorted_value(i) = i == 1 ? UInt8[] : i == 2 ? fill(0xab, 1 << 20) : fill(UInt8(i % 256), i)

# The order of keys: that of bytes, and of numbers.
order_of(key) = key isa AbstractString ? codeunits(key) : key
sorted_pairs(model) = sort!(collect(model); by = pair -> order_of(first(pair)))

@testset "a map with keys of $K is a Dict that is sorted" for (K, key) in SORTED_ITEMS
    Deltos.anonymous() do storage
        model, random = Dict{K,Vector{UInt8}}(), MersenneTwister(7)
        map = Deltos.sortedmap(storage, "m"; key = K)
        @test map isa Deltos.SortedMap{K,Vector{UInt8}} && isempty(map) && isempty(collect(map)) && thrown(() -> first(map)) isa ArgumentError
        for round in 1:4
            transaction(storage) do t
                inside = Deltos.SortedMap(t, map)
                for _ in 1:150
                    k = key(rand(random, 1:200))
                    if rand(random) < 0.3
                        delete!(inside, k)
                        delete!(model, k)
                    else
                        inside[k] = model[k] = sorted_value(rand(random, 1:200))
                    end
                    @test get(inside, k, nothing) == get(model, k, nothing)
                end
                @test length(inside) == length(model)
            end
            sorted = sorted_pairs(model)
            @test collect(map) == sorted && collect(keys(map)) == first.(sorted) && collect(values(map)) == last.(sorted) && length(map) == length(sorted)
            @test collect(Iterators.reverse(map)) == reverse(sorted) && first(map) == sorted[1] && last(map) == sorted[end] && map == model && map isa AbstractDict
            all_keys = [key(i) for i in 1:210]
            @test getmany(map, all_keys, nothing) == [get(model, k, nothing) for k in all_keys] && hasmany(map, all_keys) == [haskey(model, k) for k in all_keys]
            for _ in 1:30
                a, b = key(rand(random, 1:210)), key(rand(random, 1:210))
                for open in (false, true), closed in (false, true)
                    low, high = order_of(a), order_of(b)
                    inside(k) = (open ? low < order_of(k) : low <= order_of(k)) && (closed ? order_of(k) <= high : order_of(k) < high)
                    wanted = filter(pair -> inside(pair[1]), sorted)
                    found = range(map, a, b; open = open, closed = closed)
                    @test collect(found) == wanted && length(found) == length(wanted) && isempty(found) == isempty(wanted)
                    @test collect(range(map, a, b; open = open, closed = closed, rev = true)) == reverse(wanted)
                end
                near(f) = (found = filter(pair -> f(order_of(pair[1]), order_of(a)), sorted); isempty(found) ? nothing : found)
                one(found, pick) = found === nothing ? nothing : pick(found)
                @test Deltos.find(map, a) == one(near(>=), first) && Deltos.find(map, a, :above) == one(near(>), first)
                @test Deltos.find(map, a, :at_most) == one(near(<=), last) && Deltos.find(map, a, :below) == one(near(<), last)
            end
        end
        info = Deltos.map_info(map)
        @test info.count == length(model) && info.value_bytes == sum(length, values(model)) && info.objects == 0 && info.height >= 1 && verify(storage) == []
        @test storage["m"] == model && stat(map).name == "m" && thrown(() -> Deltos.SortedMap(storage, "m", Vector{Int})) isa FormatError
        empty!(map)
        @test isempty(map) && length(map) == 0 && first(keys(storage)) == "m"
    end
end

@testset "a prefix, a part of the order, is read and removed" begin
    words = ["a", "aa", "aab", "ab", "b", "ä", "äb", ""]
    map = Deltos.sortedmap(Deltos.anonymous(), "m", [w => w for w in words])
    @test map isa Deltos.SortedMap{String,String} && collect(keys(Deltos.prefix(map, "a"))) == ["a", "aa", "aab", "ab"] && collect(keys(Deltos.prefix(map, "ä"; rev = true))) == ["äb", "ä"]
    @test length(Deltos.prefix(map, "")) == 8 && isempty(Deltos.prefix(map, "c")) && first(Deltos.prefix(map, "a")) == ("a" => "a") && last(Deltos.prefix(map, "a")) == ("ab" => "ab")
    @test thrown(() -> first(Deltos.prefix(map, "c"))) isa ArgumentError && collect(values(range(map, "aab", "b"))) == ["aab", "ab"] && occursin("4 pairs", repr(Deltos.prefix(map, "a")))
    @test empty!(Deltos.prefix(map, "aa")) == 2 && empty!(range(map, "b")) == 3 && collect(keys(map)) == ["", "a", "ab"] && empty!(range(map, "x")) == 0
    numbers = Deltos.sortedmap(Deltos.anonymous(), "n", [1 => "x"])
    @test thrown(() -> Deltos.prefix(numbers, 1)) === nothing && thrown(() -> length(Deltos.prefix(numbers, 1))) isa InvalidError && collect(range(numbers, nothing, 2)) == [UInt64(1) => "x"]
end

@testset "it is used like a dictionary" begin
    Deltos.anonymous() do storage
        map = Deltos.sortedmap(storage, "m", Dict("b" => 2, "a" => 1))
        @test map isa Deltos.SortedMap{String,Int} && map["a"] === 1 && map[:b] == 2 && thrown(() -> map["c"]) == KeyError("c") && thrown(() -> map[5]) == KeyError(5) && !haskey(map, 5) && "a" in keys(map)
        @test pop!(map, "a") == 1 && pop!(map, "a", 7) == 7 && thrown(() -> pop!(map, "a")) isa KeyError && get!(map, "c", 3) == 3 && get!(() -> error(), map, "c") == 3
        @test delete!(map, "nobody") === map && delete!(map, 5) === map && (map["d"] = 4) == 4 && merge!(map, Dict("e" => 5), ["f" => 6]) === map && length(map) == 5
        @test filter!(((k, v),) -> v < 5, map) == Dict("b" => 2, "c" => 3, "d" => 4) && copy(map) isa Dict && merge(map, Dict("z" => 0))["z"] == 0
        @test occursin("\"b\" => 2", repr(map)) && thrown(() -> map["g"] = "text") isa MethodError && thrown(() -> map[5] = 5) isa TypeMismatchError && thrown(() -> map["x"^1025] = 5) isa LimitError
        @test !haskey(map, "x"^1025) && Deltos.find(map, "x"^1025, :below) == ("d" => 4)
        close(map)
        @test repr(map) == "Deltos.SortedMap, closed" && thrown(() -> map["a"]) isa ClosedError
    end
end

@testset "values are read as what the program says" begin
    Deltos.anonymous() do storage
        T = NamedTuple{(:x, :y),Tuple{Int32,Float32}}
        points = Deltos.sortedmap(storage, "points", [1, 2], T[(x = 1, y = 2), (x = 3, y = 4)])
        @test points isa Deltos.SortedMap{UInt64,T} && points[2] === (x = Int32(3), y = Float32(4)) && sizeof(storage["points"][1]) == 8
        anything = Deltos.sortedmap(storage, "any", Any["a" => [1, "x"], "b" => nothing, "c" => Dict("k" => 1.5)])
        @test anything isa Deltos.SortedMap{String,Any} && anything["a"] == [1, "x"] && anything["b"] === nothing && get(anything, "c", 0)["k"] == 1.5 && getmany(anything, ["b", "q"], 7) == [nothing, 7]
        texts = Deltos.SortedMap(storage, points, String)
        @test texts[1] isa String && sizeof(texts[1]) == 8 && thrown(() -> Deltos.SortedMap(storage, points, Int32)[1]) isa TypeMismatchError
        @test Deltos.SortedMap(storage, "points", T) == points
        texts[5] = "é"
        @test Deltos.SortedMap(storage, "points")[5] == [0xc3, 0xa9] && thrown(() -> Deltos.sortedmap(storage, "bad"; key = Any)) isa TypeMismatchError && !haskey(storage, "bad")
    end
end

@testset "values may be objects of the storage" begin
    Deltos.anonymous() do storage
        storage["array"], storage["value"] = [1, 2, 3], Dict("a" => 1)
        map = Deltos.sortedmap(storage, "m"; key = String, value = String)
        map["text"] = "text"
        map["array"] = Deltos.Buffer(storage, "array")
        map["value"] = Deltos.Reference(Deltos.Value(storage, "value"))
        map["hash"] = Deltos.hashmap(storage, "h", Dict("k" => "v"))
        @test map["array"] isa Deltos.Reference && storage[map["array"]] == [1, 2, 3] && storage[map["value"]]["a"] == 1 && storage[map["hash"]]["k"] == "v" && map["text"] == "text"
        @test last.(collect(map))[4] == map["value"] && getmany(map, ["text", "array"]) == ["text", map["array"]] && Deltos.map_info(map).objects == 3
        delete!(storage, "array")
        @test thrown(() -> storage[map["array"]]) isa NotFoundError && length(verify(storage)) == 1
        map["array"] = "text again"
        @test verify(storage) == [] && thrown(() -> map["x"] = Deltos.Reference(10^6)) isa NotFoundError
        other = Deltos.anonymous()
        other["a"] = [1]
        @test thrown(() -> map["x"] = Deltos.Buffer(other, "a")) isa InvalidError
    end
end

@testset "changes are seen as those of the storage are" begin
    storage = Deltos.anonymous()
    map = Deltos.sortedmap(storage, "m", ["a" => "1", "b" => "2"])
    old = snapshot(storage)
    then = Deltos.SortedMap(old, map)
    t = transaction(storage)
    inside = Deltos.SortedMap(t, map)
    inside["c"] = "3"
    delete!(inside, "a")
    @test collect(inside) == ["b" => "2", "c" => "3"] && collect(map) == collect(then) == ["a" => "1", "b" => "2"]
    commit(t)
    @test collect(map) == ["b" => "2", "c" => "3"] && collect(then) == ["a" => "1", "b" => "2"] && then["a"] == "1" && thrown(() -> inside["b"]) isa ClosedError && thrown(() -> then["x"] = "y") isa ReadOnlyError
    transaction(storage) do t
        Deltos.SortedMap(t, map)["b"] = "changed"
        abort(t)
    end
    @test map["b"] == "2" && thrown(() -> transaction(t -> (Deltos.SortedMap(t, map)["b"] = "no"; error("mine")), storage)) == ErrorException("mine") && map["b"] == "2"
    walk = Iterators.Stateful(map)
    popfirst!(walk)
    empty!(map)
    @test collect(walk) == ["c" => "3"] && isempty(map) && thrown(() -> Deltos.sortedmap(old, "n")) isa ReadOnlyError
    delete!(storage, "m")
    @test thrown(() -> map["b"]) isa StaleError && then["b"] == "2" && collect(values(then)) == ["1", "2"]
    close(old)
    @test thrown(() -> then["b"]) isa ClosedError
    close(storage)
    @test thrown(() -> map["b"]) isa ClosedError
end

@testset "a cursor goes to and fro, and on while the map changes" begin
    Deltos.anonymous() do storage
        map = Deltos.sortedmap(storage, "m", UInt64.(0:2:998), string.(0:2:998))
        cursor = Deltos.PairCursor(range(map, 100, 900))
        @test first(cursor) == (UInt64(100) => "100") && first(seek(cursor, 301)) == (UInt64(302) => "302") && first(cursor) == (UInt64(304) => "304") && first(seek(cursor, 5)) == (UInt64(100) => "100")
        @test isempty(collect(seek(cursor, 950))) && length(collect(seek(cursor, 800))) == 50
        back = Deltos.PairCursor(range(map; rev = true))
        @test first(back)[1] == 998 && first(seek(back, 11))[1] == 10 && isopen(back)
        close(back)
        @test thrown(() -> iterate(back)) isa ClosedError && repr(back) == "Deltos.PairCursor, closed"
        transaction(storage) do t
            inside, seen = Deltos.SortedMap(t, map), Int[]
            for (k, _) in inside
                push!(seen, k)
                delete!(inside, k)
                delete!(inside, k + 2)
                k == 100 && (inside[101] = "new")
                k < 50 && (inside[k] = "behind")
            end
            @test seen == [0:4:100; 101; 104:4:998] && length(inside) == 13
        end
        @test length(map) == 13
        t = transaction(storage)
        left = Deltos.PairCursor(Deltos.SortedMap(t, map))
        iterate(left)
        commit(t)
        @test thrown(() -> iterate(left)) isa ClosedError
    end
end

@testset "sorted pairs are added at the end, and none where one is out of order" begin
    Deltos.open(fresh_path(), "x"; durability = :lazy) do storage
        map = Deltos.sortedmap(storage, "m"; key = UInt64, value = UInt64)
        ids = collect(UInt64, 1:3:120_000)
        @test append!(map, ids, ids .* 2) === map && length(map) == 40_000 && map[30_001] == 60_002 && append!(map, [i => i for i in UInt64(120_000):UInt64(120_010)]) === map && length(map) == 40_011
        bulk = Deltos.map_info(map)
        @test bulk.key_bytes == 8 * 40_011 && bulk.height <= 4 && verify(storage) == []
        @test thrown(() -> append!(map, UInt64[200_000, 200_001, 5], UInt64[1, 2, 3])) isa RangeError && thrown(() -> append!(map, UInt64[200_000, 200_000], UInt64[1, 2])) isa DuplicateError && !haskey(map, 200_000)
        @test thrown(() -> append!(map, UInt64[1], UInt64[])) isa TypeMismatchError && merge!(map, UInt64[1, 7, 1], UInt64[5, 6, 9]) === map && map[1] == 9 && map[7] == 6 && getmany(map, [1, 7, 2], 0) == [9, 6, 0]
        many = Deltos.sortedmap(storage, "s", (string(i) => i for i in 1:10_000))
        @test many isa Deltos.SortedMap{String,Int} && length(many) == 10_000 && sum(values(many)) == 50_005_000 && issorted(collect(keys(many)))
        refused = thrown(() -> merge!(many, ["a", 5], [1, 2]))
        @test refused isa TypeMismatchError && occursin("item 2", refused.message) && !haskey(many, "a")
    end
end

@testset "several tasks read one map, and one writes" begin
    Deltos.anonymous() do storage
        map = Deltos.sortedmap(storage, "m", ["key $i" => i for i in 1:500])
        sums = zeros(Int, 4)
        Threads.@threads for task in 1:4
            for round in 1:5
                task == 1 && (map["new $round"] = round)
                sums[task] += sum(v for (k, v) in Deltos.prefix(map, "key")) + map["key $round"]
            end
        end
        @test sums == fill(5 * 125_250 + 15, 4) && length(map) == 505
    end
end
