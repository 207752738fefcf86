# Hash maps: every kind of keys and values in every shape, against dictionaries and a model of multi maps; building, merging and
# replacing; what is damaged.

using Dates

struct Tree
    name::String
    height::Float64
    felled::Union{Missing,Date}
end

# Keys and values of each kind, number i of them: empty ones, long ones, and such as are no ASCII.
const LONG = 1 << 20
text_item(i) = i == 1 ? "" : i == 2 ? "ä€𝄞"^(LONG ÷ 9) : i == 3 ? "a\0b" : "straße $i"
bytes_item(i) = i == 1 ? UInt8[] : i == 2 ? fill(0xff, LONG) : rand(MersenneTwister(i), UInt8, i % 40 + 1)
number_item(i) = i == 1 ? UInt64(0) : i == 2 ? typemax(UInt64) : UInt64(i) * 0x9e3779b97f4a7c15
value_item(i) = i == 1 ? nothing : i == 2 ? "v"^LONG : i % 4 == 0 ? ("t", i) : i % 4 == 1 ? Int64(-i) : i % 4 == 2 ? "text $i" : Dict("n" => i, "l" => Any[1, "x"])
key_value_item(i) = i == 1 ? "" : i == 2 ? nothing : i == 3 ? "k"^LONG : i % 3 == 0 ? (i, "k") : i % 3 == 1 ? Int64(i) : "key $i"
tree_item(i) = Tree(text_item(i), i / 2, i % 3 == 0 ? missing : Date(2000) + Day(i))

const KEY_ITEMS = (String => text_item, Vector{UInt8} => bytes_item, UInt64 => number_item, Any => key_value_item)
const VALUE_ITEMS = (UInt64 => number_item, Vector{UInt8} => bytes_item, String => text_item, Any => value_item, Tree => tree_item)

as_given(x) = x
as_given(x::Deltos.Record) = Deltos.record(Tree, x)
alike_item(a, b) = isequal(as_given(a), b)
alike_item(a, b::Tree) = alike(as_given(a), b)
alike(a::Tree, b::Tree) = all(name -> isequal(getfield(a, name), getfield(b, name)), fieldnames(Tree))
all_alike(a, b) = length(a) == length(b) && all(alike_item(x, y) for (x, y) in zip(a, b))

read_type(T) = T === Vector{UInt8} ? Deltos.Bytes : T === Tree ? Deltos.Record : T

@testset "keys of $K and values of $V are found as in a Dict" for (K, key) in KEY_ITEMS, (V, value) in VALUE_ITEMS
    keys_given, values_given = [key(i) for i in 1:200], [value(i) for i in 1:200]
    others = [key(i) for i in 201:300]
    Deltos.anonymous() do storage
        map = Deltos.hashmap(storage, "m", keys_given, values_given; key = K, value = V)
        @test map isa Deltos.HashMap{read_type(K),read_type(V)} && length(map) == 200 && verify(map) === nothing
        @test all(alike_item(map[k], v) for (k, v) in zip(keys_given, values_given)) && all(k -> haskey(map, k), keys_given)
        @test !any(k -> haskey(map, k), others) && all(k -> get(map, k, 17) === 17, others) && thrown(() -> map[others[1]]) isa KeyError
        @test all_alike(getmany(map, keys_given), values_given) && hasmany(map, [keys_given[1:5]; others]) == [trues(5); falses(100)]
        mixed = getmany(map, [keys_given[1:50]; others], missing)
        @test all_alike(mixed[1:50], values_given[1:50]) && all(ismissing, mixed[51:end])
        @test all_alike(getall(map, keys_given[7]), values_given[7:7]) && isempty(getall(map, others[1])) && isequal(getkey(map, keys_given[9], 1), keys_given[9])
        places = Dict(k => i for (i, k) in enumerate(keys_given))
        seen = [places[k] for k in keys(map)]
        @test sort(seen) == 1:200 && all_alike(collect(values(map)), values_given[seen])
        @test all(alike_item(v, values_given[places[k]]) for (k, v) in map) && eltype(map) == Pair{read_type(K),read_type(V)}
        again = storage["m"]
        @test again isa typeof(map) && all_alike(getmany(again, keys_given[1:3]), values_given[1:3])
        info = Deltos.map_info(map)
        @test (info.keys, info.pairs, info.shape) == (200, 200, :simple) && info.image_bytes > info.index_bytes > 0 && stat(map).sealed && stat(map).name == "m"
        close(map)
        close(again)
        @test !isopen(map) && thrown(() -> map[keys_given[1]]) isa ClosedError && thrown(() -> length(map)) isa ClosedError && repr(map) == "Deltos.HashMap, closed"
    end
end

@testset "keys of $K have all values in order, in maps that are $shape" for (K, key) in KEY_ITEMS, shape in (:multi, :approximate)
    K === UInt64 && shape === :approximate && continue
    for (V, value) in VALUE_ITEMS
        random = MersenneTwister(5)
        pairs_given = [key(rand(random, 1:60)) => value(i) for i in 1:500]
        model = Dict{Any,Vector{Any}}()
        foreach(((k, v),) -> push!(get!(() -> [], model, k), v), pairs_given)
        map = Deltos.hashmap(pairs_given; key = K, value = V, multi = true, approximate = shape === :approximate)
        info = Deltos.map_info(map)
        @test length(map) == length(model) && (info.pairs, info.shape) == (500, shape) && verify(map) === nothing
        @test all(all_alike(getall(map, k), v) && alike_item(map[k], v[1]) for (k, v) in model) && all(isempty(getall(map, key(i))) for i in 61:90)
        @test all_alike(getmany(map, collect(keys(model))), [v[1] for v in values(model)]) && hasmany(map, [key(i) for i in 61:90]) == falses(30)
        count = Dict{Any,Int}()
        for (k, v) in Deltos.eachpair(map)
            count[k] = get(count, k, 0) + 1
            shape === :multi && @test alike_item(v, model[k][count[k]])
        end
        @test sort(collect(values(count))) == sort([length(v) for v in values(model)])
        shape === :multi || @test keytype(map) <: Deltos.KeyHash && length(unique(collect(keys(map)))) == length(map)
    end
end

@testset "maps behave like dictionaries" begin
    d = Dict("oak" => "Eiche", "elm" => "Ulme", "" => "leer", "tree" => "")
    map = Deltos.hashmap(d)
    @test map == d && d == map && Dict(map) == d && hash(map) == hash(d) && copy(map) isa Dict && merge(map, Dict("ash" => "Esche"))["ash"] == "Esche"
    @test ("oak" => "Eiche") in map && !(("oak" => "Ulme") in map) && "elm" in keys(map) && !("ash" in keys(map)) && isempty(Deltos.hashmap(Dict{String,String}()))
    @test filter(((k, v),) -> isempty(v), map) == Dict("tree" => "") && sort(collect(values(map))) == sort(collect(values(d))) && (keytype(map), valtype(map)) == (String, String)
    @test map[SubString("an oak", 4)] == "Eiche" && map[:elm] == "Ulme" && !haskey(map, 5) && get(map, nothing, 1) == 1 && get(() -> 2, map, "ash") == 2 && thrown(() -> map[5]) == KeyError(5)
    @test occursin("\"oak\" => \"Eiche\"", repr(map)) && occursin("with 4 entries", repr(MIME"text/plain"(), map))
    numbers = Deltos.hashmap(Dict(1 => 0x05, 2^40 => 0x06))
    @test numbers isa Deltos.HashMap{UInt64,UInt64} && numbers[1] === UInt64(5) && numbers[2.0^40] == 6 && !haskey(numbers, -1) && !haskey(numbers, 1.5) && !haskey(numbers, "1") && numbers[big(2)^40] == 6
    @test getmany(numbers, [1, -1, 7], 0) == UInt64[5, 0, 0] && getmany(numbers, [1, -1], -1) == [5, -1] && getmany(numbers, Int32[1]) isa Vector{UInt64} && thrown(() -> getmany(numbers, [1, 3])) == KeyError(3)
    bytes = Deltos.hashmap(["ab" => "text"]; key = Vector{UInt8})
    @test bytes[b"ab"] == bytes["ab"] == bytes[view(b"xaby", 2:3)] == "text" && getmany(bytes, [b"ab", b"b"], "") == ["text", ""] && thrown(() -> first(keys(bytes))[1] = 0x00) isa ReadOnlyError
    @test Deltos.hashmap([(0x61, 0x62) => 0x01])[b"ab"] == 1
end

@testset "keys that Julia holds equal are found among values" begin
    map = Deltos.hashmap([1 => "int", 2.5 => "float", true => "true", (1, 2) => "tuple", nothing => "null"]; key = Any, value = String, duplicates = :first)
    @test map[1.0] == "int" && map[0x01] == "int" && map[2.5] == map[Float32(2.5)] == "float" && map[(1, 2)] == "tuple" && map[nothing] == map[missing] == "null" && map[true] == "true"
    @test getmany(map, Any[1.0, (1, 2), 9, sin], "-") == ["int", "tuple", "-", "-"] && hasmany(map, Any[1.0, 3, sin]) == [true, false, false] && !haskey(map, sin)
end

@testset "types of keys and values are told by the first ones" begin
    types(source...; options...) = typeof(Deltos.hashmap(source...; options...))
    @test types(Dict("a" => 1)) == Deltos.HashMap{String,Any} && types(Dict("a" => 0x01)) == Deltos.HashMap{String,UInt64} && types([:a => 'b']) == Deltos.HashMap{String,String}
    @test types((i => (i, i) for i in 1:3)) == Deltos.HashMap{UInt64,Any} && types(["k" => (x = 1,)]) == Deltos.HashMap{String,Deltos.Record} && types(["k" => (x = 1,)]; value = Any) == Deltos.HashMap{String,Any}
    @test types(Any["k" => 1, (1,) => 2]) == Deltos.HashMap{Any,Any} && types(Pair[]) == Deltos.HashMap{Any,Any} && types(Dict{UInt64,String}()) == Deltos.HashMap{UInt64,String}
    @test types(["a", "b"], (x = [1, 2], y = ["p", "q"])) == Deltos.HashMap{String,Deltos.Record} && types([1.5], [1.5]) == Deltos.HashMap{Any,Any} && types([b"k"], [b"v"]) == Deltos.HashMap{Deltos.Bytes,Deltos.Bytes}
    map = Deltos.hashmap(["a", "b"], (x = [1, 2], y = ["p", missing]))
    @test map["b"].x == 2 && map["b"].y === missing && Deltos.hashmap(Dict("a" => -5))["a"] === -5
end

@testset "records are rows of one table" begin
    trees = [tree_item(i) for i in 3:60]
    Deltos.anonymous() do storage
        schema = Deltos.Schema(Tree; version = 3)
        map = Deltos.hashmap(storage, "trees", (t.name => t for t in trees); schema = schema)
        table = Deltos.records(map)
        @test length(table) == 58 && Deltos.schema(table) == schema && sum(Deltos.column(table, :height)) == sum(t.height for t in trees)
        @test all(alike.(Deltos.records(Tree, map), trees)) && map["straße 9"].felled === missing && map["straße 9"] isa Deltos.Record
        rows = Deltos.row_numbers(map, ["straße 10", "nobody", "straße 4"])
        @test rows == [8, 0, 2] && table[rows[1]].name == "straße 10"
        @test [r.height for r in getmany(map, ["straße 10", "straße 4"])] == [5.0, 2.0]
        again = Deltos.hashmap(storage, "again", Deltos.column(table, :name), table)
        @test all(alike_item(again[t.name], t) for t in trees) && Deltos.schema(Deltos.records(again)) == schema
        by_day = Deltos.hashmap([1, 2], trees[1:2]; value = Tree, multi = true)
        @test alike_item(by_day[2], trees[2]) && thrown(() -> Deltos.hashmap([1], [(a = 1,)]; schema = schema)) isa TypeMismatchError
        record = map["straße 4"]
        close(map)
        @test thrown(() -> record.name) isa ClosedError
    end
end

@testset "duplicates are an error, or the first or the last counts" begin
    given = ["a" => 0x01, "b" => 0x02, "a" => 0x03]
    e = thrown(() -> Deltos.hashmap(given))
    @test e isa DuplicateError && occursin("a", e.message)
    @test Deltos.hashmap(given; duplicates = :first) == Dict("a" => 1, "b" => 2) && Deltos.hashmap(given; duplicates = :last) == Dict("a" => 3, "b" => 2)
    @test getall(Deltos.hashmap(given; multi = true), "a") == [1, 3] && thrown(() -> Deltos.hashmap(given; multi = true, duplicates = :last)) isa InvalidError
    @test thrown(() -> Deltos.hashmap(given; duplicates = :all)) isa InvalidError && thrown(() -> Deltos.hashmap([1 => 2]; approximate = true)) isa InvalidError
end

@testset "what cannot be a key or a value is refused with its place" begin
    refused(E, f, words...) = (e = thrown(f)) isa E && all(word -> occursin(word, e.message), words)
    @test refused(TypeMismatchError, () -> Deltos.hashmap([1, -1], ["a", "b"]), "item 2", "-1") && refused(TypeMismatchError, () -> Deltos.hashmap(["a", 1], [1, 2]; key = String), "item 2")
    @test refused(FormatError, () -> Deltos.hashmap(["a", "b"], [1, sin]; value = Any), "item 2") && refused(TypeMismatchError, () -> Deltos.hashmap(["a"], [-1]; value = UInt64), "item 1", "-1")
    @test refused(TypeMismatchError, () -> Deltos.hashmap(["a", "b"], [1]), "2 keys", "1 values") && refused(InvalidError, () -> Deltos.hashmap(["a\xff"], ["b"]), "UTF-8")
    @test refused(InvalidError, () -> Deltos.hashmap((a = [1], b = [2])), "columns") && refused(InvalidError, () -> Deltos.HashMapBuilder(key = 5, value = String), "type")
    @test refused(InvalidError, () -> Deltos.HashMapBuilder(key = String, value = Deltos.Record), "schema") && refused(InvalidError, () -> Deltos.hashmap(builder -> nothing), "key")
end

@testset "columns of numbers are read where they lie" begin
    ids, values_given = shuffle!(MersenneTwister(1), collect(UInt64, 1:1000)), rand(MersenneTwister(2), UInt64, 1000)
    for (keys_of, values_of) in ((ids, values_given), (view([ids'; ids'], 1, :), view(repeat(values_given; inner = 2), 1:2:2000)))
        Deltos.anonymous() do storage
            map = Deltos.hashmap(storage, "m", keys_of, values_of)
            found_keys, found_values = Deltos.column(map, :keys), Deltos.column(map, :values)
            @test found_keys isa AbstractVector{UInt64} && Dict(zip(found_keys, found_values)) == Dict(zip(ids, values_given)) && collect(keys(map)) == found_keys
            @test getmany(map, found_keys) == found_values && thrown(() -> found_keys[1] = 0) isa ReadOnlyError && stat(map).payload_bytes <= 20 * 1000 + 8192
            close(map)
            @test thrown(() -> close(storage)) isa PinnedError && sum(found_keys) == 500500
            close(found_keys)
            close(found_values)
        end
    end
    @test thrown(() -> Deltos.column(Deltos.hashmap(["a" => 0x01]), :keys)) isa LayoutError && thrown(() -> Deltos.column(Deltos.hashmap([1 => "a"]), :values)) isa LayoutError
    hashes = Deltos.column(Deltos.hashmap(["a" => 0x01, "b" => 0x02, "a" => 0x03]; approximate = true), :keys)
    @test length(hashes) == 3 && length(unique(hashes)) == 2
end

@testset "the order of keys is that of bytes and numbers" begin
    texts = [text_item(i) for i in (1, 3:300...)]
    map = Deltos.hashmap(shuffle(MersenneTwister(3), texts), [0x01 for _ in texts])
    @test collect(keys(Deltos.ordered(map))) == sort(texts; by = codeunits) && Deltos.ordered(map) == map && Deltos.ordered(map)["straße 7"] == 1 && length(Deltos.ordered(map)) == 299
    numbers = Deltos.hashmap(rand(MersenneTwister(4), UInt64, 500), 1:500; value = UInt64)
    @test issorted(collect(keys(Deltos.ordered(numbers)))) && [numbers[k] for k in keys(Deltos.ordered(numbers))] == collect(values(Deltos.ordered(numbers)))
    @test collect(Deltos.ordered(Deltos.hashmap([b"b" => "2", b"a" => "1"]))) == [b"a" => "1", b"b" => "2"] && thrown(() -> Deltos.ordered(Deltos.hashmap([1.5 => 1]))) isa TypeMismatchError
    hashed = Deltos.hashmap(texts, texts; approximate = true)
    @test issorted(collect(keys(Deltos.ordered(hashed))); by = key -> key.hash)
end

@testset "a builder adds, merges, prepares and finishes" begin
    Deltos.anonymous() do storage
        builder = Deltos.HashMapBuilder(storage; key = String, value = UInt64, duplicates = :last, memory_bytes = 1 << 20, threads = 2)
        for i in 1:20_000
            push!(builder, "key $i" => i)
        end
        append!(builder, Dict("more" => 1))
        Deltos.add!(builder, ["key 1", "end"], [100, 101])
        @test length(builder) == 20_003 && occursin("20003 pairs", repr(builder))
        other = Deltos.hashmap(["key 2" => 0x00c8, "other" => 0x00c9])
        @test merge!(builder, other) === builder && Deltos.prepare!(builder) === builder && Deltos.prepare!(builder) === builder
        @test thrown(() -> Deltos.add!(builder, ["late"], [1])) isa InvalidError
        map = Deltos.finish!(builder, storage, "m")
        @test length(map) == 20_003 && (map["key 1"], map["key 2"], map["key 3"], map["end"], map["other"]) == (100, 200, 3, 101, 201)
        @test thrown(() -> Deltos.finish!(builder, storage, "m")) isa ExistsError
        t = transaction(storage)
        inside = Deltos.finish!(builder, t, "n")
        @test inside["end"] == 101 && haskey(t, "n") && !haskey(storage, "n")
        abort(t)
        @test !haskey(storage, "n") && Deltos.unpack_hashmap(Deltos.pack(builder)) == map
        close(builder)
        @test !isopen(builder) && thrown(() -> Deltos.add!(builder, ["a"], [1])) isa ClosedError && thrown(() -> Deltos.finish!(builder, snapshot(storage), "x")) isa DeltosError
        kinds = Deltos.HashMapBuilder(key = UInt64, value = UInt64)
        @test thrown(() -> merge!(kinds, map)) isa TypeMismatchError
        @test Deltos.hashmap(b -> push!(b, "a" => 1), storage, "f"; key = String, value = Any)["a"] === 1 && Deltos.hashmap(b -> push!(b, 1 => "x"); key = UInt64, value = String)[1] == "x"
    end
end

@testset "equal values are stored once where that is asked for" begin
    texts = ["a long text that many keys have, number $(i % 4), again and again" for i in 1:1000]
    size_of_map(; options...) = length(Deltos.pack_hashmap(collect(1:1000), texts; options...))
    @test size_of_map(deduplicate = true) < size_of_map() - 40_000
    map = Deltos.hashmap(collect(1:1000), texts; deduplicate = true)
    @test all(map[i] == texts[i] for i in 1:1000) && thrown(() -> Deltos.hashmap([1], [0x01]; deduplicate = true)) isa InvalidError
end

@testset "progress is told, and cancels" begin
    calls = Ref(0)
    numbers = collect(UInt64, 1:200_000)
    map = Deltos.hashmap(numbers, numbers; progress = (done, total) -> (calls[] += 1; false))
    @test calls[] > 0 && length(map) == 200_000
    @test thrown(() -> Deltos.hashmap(numbers, numbers; progress = (done, total) -> true)) isa CancelledError && thrown(() -> Deltos.hashmap(numbers, numbers; progress = (done, total) -> error("mine"))) == ErrorException("mine")
    Deltos.anonymous() do storage
        @test thrown(() -> Deltos.hashmap(storage, "m", numbers, numbers; progress = (done, total) -> true)) isa CancelledError && isempty(storage)
        seen = Ref(0)
        @test verify(map; progress = (done, total) -> (seen[] += 1; false)) === nothing && seen[] > 0 && thrown(() -> verify(map; progress = (done, total) -> true)) isa CancelledError
    end
end

@testset "a map takes the place of another, and readers keep theirs until they refresh" begin
    Deltos.open(fresh_path(), "x") do storage
        old = Deltos.hashmap(storage, "m", ["a" => b"old"])
        bytes, table = old["a"], Deltos.hashmap(storage, "r", ["a" => (x = 1,)])
        record = table["a"]
        @test thrown(() -> Deltos.hashmap(storage, "m", ["a" => b"new"])) isa ExistsError && !refresh!(old) && bytes == b"old"
        new = Deltos.hashmap(storage, "m", ["a" => b"new", "b" => b"more"]; replace = true)
        @test new["a"] == b"new" && old["a"] == b"old" && bytes == b"old" && length(old) == 1 && !stat(old).current
        @test refresh!(old) && old["a"] == b"new" && length(old) == 2 && old == new && thrown(() -> bytes[1]) isa StaleError && repr(bytes) == "Bytes, closed"
        Deltos.hashmap(storage, "r", ["a" => (x = 2,)]; replace = true)
        @test refresh!(table) && record.x == 1 && table["a"].x == 2
        Deltos.hashmap(storage, "m", ["a" => 0x01]; replace = true)
        @test thrown(() -> refresh!(new)) isa TypeMismatchError && !isopen(new) && storage["m"]["a"] == 1
        storage["array"] = [1, 2]
        @test thrown(() -> Deltos.hashmap(storage, "array", ["a" => 1]; replace = true)) isa KindError && storage["array"] == [1, 2]
        @test thrown(() -> Deltos.HashMap(storage, "array")) isa KindError && thrown(() -> Deltos.HashMap{String,String}(storage, "m")) isa TypeMismatchError && Deltos.HashMap{String,UInt64}(storage, "m")["a"] == 1
        foreach(close, (old, table))
    end
end

@testset "maps keep their storage in place until they are closed" begin
    path = fresh_path()
    storage = Deltos.open(path, "x")
    map = Deltos.hashmap(storage, "m", ["a" => Any[1, "two"], "b" => nothing])
    @test thrown(() -> close(storage)) isa PinnedError && Deltos.storage(map) === storage
    list = map["a"]
    close(map)
    @test list == [1, "two"] && thrown(() -> close(storage)) isa PinnedError
    close(list)
    close(storage)
    kept = Deltos.open(path)["m"]
    in_memory = Deltos.open_memory(read(path))["m"]
    for _ in 1:5
        GC.gc()
        @test kept["a"] == in_memory["a"] == [1, "two"] && kept["b"] === nothing
    end
    Deltos.open(path, "r+") do storage
        attributes(storage, "m")["unit"] = "m"
        delete!(storage, "m")
        @test kept["b"] === nothing && !stat(kept).current
    end
    close(kept)
end

@testset "bytes are a map anywhere" begin
    packed = Deltos.pack_hashmap(Dict("a" => "1", "ü" => "2"))
    for offset in (0, 1, 64)
        bytes = [zeros(UInt8, offset); packed; UInt8[1, 2, 3]]
        map = Deltos.unpack_hashmap(bytes; offset = offset)
        @test map == Dict("a" => "1", "ü" => "2") && thrown(() -> Deltos.storage(map)) isa UnsupportedError
    end
    @test thrown(() -> Deltos.unpack_hashmap(zeros(UInt8, 128))) isa NotDeltosError && thrown(() -> Deltos.unpack_hashmap(packed[1:end-64])) isa DeltosError && thrown(() -> Deltos.unpack_hashmap(packed; offset = 10^6)) isa RangeError
    lent = first(values(Deltos.hashmap(["a" => UInt8[1, 2, 3]])))
    GC.gc()
    @test lent == [1, 2, 3] && copy(lent) isa Vector{UInt8} && String(Deltos.hashmap(["a" => b"text"])["a"]) == "text" && sum(lent) == 6 && isopen(lent)
end

@testset "a damaged map answers with an error, or with something" begin
    for source in (["key $i" => "value $i" for i in 1:50], [i => "value $i" for i in 1:50], ["key $i" => (x = i, y = "text $i") for i in 1:50], [(i, "k") => [i] for i in 1:50])
        packed, random = Deltos.pack_hashmap(source), MersenneTwister(6)
        for _ in 1:300
            damaged = copy(packed)
            damaged[rand(random, 1:length(packed))] ⊻= rand(random, UInt8(1):UInt8(255))
            e = thrown() do
                map = Deltos.unpack_hashmap(damaged)
                foreach(((k, _),) -> haskey(map, k), source)
                foreach(value -> value isa Deltos.Record && (value.x, value.y), values(map))
                verify(map)
            end
            @test e === nothing || e isa DeltosError
        end
    end
end

@testset "several tasks read one map" begin
    map = Deltos.hashmap(["key $i" => "value $i" for i in 1:1000])
    sums = zeros(Int, 4)
    Threads.@threads for task in 1:4
        for round in 1:20, i in 1:1000
            sums[task] += map["key $i"] == "value $i"
        end
    end
    @test sums == fill(20_000, 4)
end
