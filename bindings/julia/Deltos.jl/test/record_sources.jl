# What tables of records are made of: rows of every shape, columns of every origin, in any amount of memory; and what is refused.

using Dates

struct Bits
    id::Int32
    at::NamedTuple{(:x, :y),Tuple{Float64,Float32}}
    flag::Bool
end

"Something that has columns as properties, as a DataFrame does."
struct Frame
    columns::NamedTuple
end
Base.getproperty(frame::Frame, name::Symbol) = getfield(frame, :columns)[name]
Base.propertynames(frame::Frame, private::Bool = false) = keys(getfield(frame, :columns))
Base.iterate(::Frame) = error("a frame is not iterable")

mutable struct City
    name::String
    people::Int
    founded::Any
end

const CITIES = [(name = "Ulm", people = 126405), (name = "Genf", people = 203856), (name = "Bern", people = 133883)]
contents(table) = map(NamedTuple, table)

@testset "rows come in every shape" begin
    schema = Deltos.Schema(:name => String, :people => Int64)
    sources = (
        CITIES, Any[CITIES...], (city for city in CITIES), Iterators.filter(city -> true, CITIES), [Dict("name" => c.name, "people" => c.people) for c in CITIES],
        [Dict(:name => c.name, :people => c.people) for c in CITIES], [City(c.name, c.people, nothing) for c in CITIES], [(people = Int8(5), name = 'x')], Set(CITIES),
        (name = ["Ulm", "Genf"], people = [1, 2]), Dict("name" => ["Ulm"], "people" => [1]), Frame((name = ["Ulm"], people = 1:1)), Deltos.RecordTable(CITIES), collect(Deltos.RecordTable(CITIES)),
        Iterators.reverse(CITIES),
    )
    for source in sources
        table = Deltos.RecordTable(source; schema = schema)
        @test Deltos.schema(table) == schema && length(table) >= 1 && all(r -> r.name isa String && r.people isa Int64, table)
        source isa Vector && eltype(source) === eltype(CITIES) && length(source) == 3 && @test contents(table) == CITIES
    end
    @test contents(Deltos.RecordTable((c for c in CITIES); schema = schema)) == CITIES && contents(Deltos.RecordTable(Iterators.reverse(CITIES); schema = schema)) == reverse(CITIES)
end

@testset "the schema is that of the types where none is given" begin
    @test Deltos.schema(Deltos.RecordTable(CITIES)) == Deltos.Schema(:name => String, :people => Int64)
    columns = (a = [1, missing], b = [Date(2000), Date(2001)], c = Any[1, "x"], d = (e = [1.5, 2.5], f = ["x", "y"]), g = Union{Deltos.Unset,String}["a", Deltos.unset])
    table = Deltos.RecordTable(columns)
    @test Deltos.schema(table) == Deltos.Schema(:a => Union{Missing,Int}, :b => Date, :c => Any, :d => (e = Float64, f = String), :g => Union{Deltos.Unset,String})
    @test table[2].d.f == "y" && isequal(collect(Deltos.column(table, :a)), [1, missing]) && table[2].g === Deltos.unset
    @test Deltos.schema(Deltos.RecordTable([City("a", 1, nothing)])).name == "City"
    for source in (Any[(a = 1,)], (c for c in CITIES), [1, 2], 5)
        e = thrown(() -> Deltos.RecordTable(source))
        @test e isa DeltosError
    end
end

@testset "columns of one table make another one, layout $layout" for layout in (:rows, :columns)
    given = [(a = k, b = k == 2 ? missing : "t$k", c = Any[k], d = (x = k / 2, y = missing), e = Date(2000, 1, k), f = Deltos.Timestamp(k, 0, 0), g = k == 1 ? Deltos.unset : UInt8[k]) for k in 1:3]
    schema = Deltos.Schema(
        :a => Int32, :b => Union{Missing,String}, :c => Vector{Any}, :d => (x = Float64, y = Union{Missing,Int8}), :e => Date, :f => Deltos.Timestamp, :g => Union{Deltos.Unset,Vector{UInt8}},
    )
    first_table = Deltos.RecordTable(given; schema = schema, layout = layout)
    for other in (:rows, :columns), source in (Deltos.columns(first_table), first_table)
        table = Deltos.RecordTable(source; layout = other)
        @test Deltos.schema(table) == schema && isequal(Deltos.materialize(table), Deltos.materialize(first_table))
    end
end

@testset "structures of bits are taken from where they are" begin
    given = [Bits(k, (x = k / 2, y = k), iseven(k)) for k in 1:1000]
    for source in (given, view(given, 1000:-3:1), view(repeat(permutedims(given), 2), 2, :)), layout in (:rows, :columns)
        table = Deltos.RecordTable(source; layout = layout)
        @test Deltos.records(Bits, table) == source && Deltos.column(table, "at.x") == [bits.at.x for bits in source]
    end
    swapped = Deltos.Schema(:flag => Bool, :at => (y = Float64, x = Float32), :id => Int64) # other types, another order
    table = Deltos.RecordTable(given; schema = swapped)
    @test table[3].id === 3 && table[3].at.y === 3.0 && table[3].at.x === 1.5f0
end

@testset "items of a fixed size are given as text, bytes, arrays, tuples or structures" begin
    schema = Deltos.Schema(:code => "4s", :grid => "(2,3)h", :pair => "T{b:a:7xd:b:}", :big => ">i")
    table = Deltos.RecordTable(schema) do builder
        push!(builder, (code = "ab", grid = [1 4; 2 5; 3 6], pair = (a = 1, b = 2.5), big = UInt8[0, 0, 0, 9]))
        push!(builder, (code = b"wxyz", grid = ((1, 2, 3), (4, 5, 6)), pair = (a = Int8(3), b = 4), big = UInt8[0, 0, 1, 0]))
        @test length(builder) == 2 && occursin("2 rows", repr(builder))
    end
    @test table[1].code == (0x61, 0x62, 0x00, 0x00) && table[1].grid == ((1, 2, 3), (4, 5, 6)) == table[2].grid && table[1].pair === (a = Int8(1), b = 2.5) && table[2].pair.b === 4.0
    @test table[1].big == 9 && size(collect(Deltos.View(table, :grid))) == (3, 2, 2) && collect(Deltos.View(table, :grid))[:, :, 1] == [1 4; 2 5; 3 6]
end

@testset "what does not fit is refused by slot and row, and leaves nothing behind" begin
    schema = Deltos.Schema(
        :n => Int8, :name => String, :day => Date, :code => "2s", :at => (x = Float64,), :list => :list, :maybe => Union{Missing,Int}, :big => ">i", :when => Deltos.Slot(DateTime; optional = true),
        :grid => "(2)i",
    )
    good = (n = 1, name = "x", day = Date(2000), code = "ab", at = (x = 1,), list = Any[], maybe = 1, big = zeros(UInt8, 4), when = DateTime(2000), grid = [1, 2])
    Deltos.anonymous() do storage
        function refused(E, change, words...)
            e = thrown(() -> Deltos.create_records!(storage, "t", Any[good, merge(good, change)]; schema = schema))
            return e isa E && all(word -> occursin(word, e.message), words) && isempty(storage)
        end
        @test refused(TypeMismatchError, (n = 200,), "slot n of row 2", "200") && refused(TypeMismatchError, (n = 0.5,), "slot n of row 2", "0.5") && refused(TypeMismatchError, (name = 5,), "name", "row 2")
        @test refused(TypeMismatchError, (day = "x",), "day", "row 2") && refused(RangeError, (day = Date(10^8),), "day", "32 bits") && refused(RangeError, (code = "abc",), "code", "3 bytes")
        @test refused(TypeMismatchError, (at = (x = "a",),), "at.x", "row 2") && refused(TypeMismatchError, (at = (y = 1,),), "at", "y") && refused(TypeMismatchError, (at = missing,), "at", "nullable")
        @test refused(TypeMismatchError, (list = (1,),), "list") && refused(TypeMismatchError, (name = missing,), "name", "row 2", "null") && refused(TypeMismatchError, (n = Deltos.unset,), "not set", "optional")
        @test refused(TypeMismatchError, (big = 5,), "big") && refused(RangeError, (when = Deltos.Timestamp(0, 1),), "when", "microseconds") && refused(TypeMismatchError, (grid = [1],), "grid")
        @test refused(TypeMismatchError, (other = 1,), "\"other\"") && refused(FormatError, (list = Any[sin],), "list", "row 2") && refused(InvalidError, (name = String([0xff]),), "name", "UTF-8")
        columns = (n = [1, 2], name = ["a"])
        e = thrown(() -> Deltos.create_records!(storage, "t", columns))
        @test e isa TypeMismatchError && occursin("\"name\" has 1 rows", e.message)
        @test thrown(() -> Deltos.RecordTable(CITIES; layout = :odd)) isa InvalidError && thrown(() -> Deltos.create_records!(storage, "", CITIES)) isa InvalidError
        @test thrown(() -> Deltos.create_records!(b -> error("mine"), storage, "t", schema)) == ErrorException("mine") && isempty(storage)
        kept = Ref{Any}()
        Deltos.create_records!(b -> (kept[] = b; append!(b, Any[good])), storage, "t", schema)
        @test !isopen(kept[]) && thrown(() -> append!(kept[], Any[good])) isa ClosedError && length(storage["t"]) == 1
        @test Deltos.create_records!(storage, "less", Any[(n = 1, name = "", day = Date(1), code = "", at = (x = 1,), list = [1.0], big = zeros(UInt8, 4), grid = (1, 2))]; schema = schema)[1].maybe === missing
    end
end

@testset "rows may be more than memory holds, layout $layout" for layout in (:rows, :columns)
    count = 40_000
    folder = mktempdir()
    calls = Tuple{Int,Int}[]
    Deltos.anonymous() do storage
        source = ((id = k, text = "number $k", maybe = k % 7 == 0 ? missing : k / 2) for k in 1:count)
        schema = Deltos.Schema(:id => Int64, :text => String, :maybe => Union{Missing,Float64})
        table = Deltos.create_records!(storage, "t", source; schema = schema, layout = layout, memory_bytes = 1 << 16, spill_directory = folder, progress = (done, total) -> (push!(calls, (done, total)); false))
        @test length(table) == count && table[count].text == "number $count" && ismissing(table[7].maybe) && sum(Deltos.column(table, :id)) == count * (count + 1) ÷ 2 && verify(table) === nothing
        @test !isempty(calls) && isempty(readdir(folder))
        @test all(k -> Deltos.column(table, :text)[k] == "number $k", (1, 16384, 16385, 32768, 32769))
        stop(done, total) = true
        @test thrown(() -> Deltos.create_records!(storage, "u", source; schema = schema, layout = layout, progress = stop)) isa CancelledError && !haskey(storage, "u")
        @test thrown(() -> Deltos.create_records!(storage, "u", source; schema = schema, layout = layout, progress = (done, total) -> error("mine"))) == ErrorException("mine")
        @test thrown(() -> verify(table; progress = stop)) isa CancelledError
        missing_folder = joinpath(folder, "none")
        @test thrown(() -> Deltos.create_records!(storage, "u", source; schema = schema, memory_bytes = 1 << 12, spill_directory = missing_folder)) isa DeltosError
        bad = ((id = k, text = k == 20_000 ? 5 : "x", maybe = 1.0) for k in 1:count)
        @test occursin("slot text of row 20000", thrown(() -> Deltos.create_records!(storage, "u", bad; schema = schema)).message) && keys(storage) == ["t"]
    end
end

@testset "random tables come back equal" begin
    Random.seed!(11)
    kinds = (
        (Int16, () -> rand(Int16)), (Float64, randn), (String, () -> randstring(rand(0:9))), (Vector{UInt8}, () -> rand(UInt8, rand(0:5))), (Date, () -> Date(2000) + Day(rand(-9999:9999))),
        (DateTime, () -> DateTime(2000) + Millisecond(rand(-10^12:10^12))), (Bool, () -> rand(Bool)), (Any, () -> rand(Any[1, "x", nothing, [1.5], (1, 2)])), (NTuple{2,Int8}, () -> (rand(Int8), rand(Int8))),
    )
    # Dictionaries and numbers of slots: types of their own for every table would keep the compiler busy.
    function made(depth)
        parts = map(1:rand(1:5)) do k
            T, f = depth > 0 && rand() < 0.3 ? made(depth - 1) : rand(kinds)
            flags = rand(0:3)
            g() = flags & 1 != 0 && rand() < 0.2 ? missing : flags & 2 != 0 && rand() < 0.2 ? Deltos.unset : f()
            (Deltos.Slot(T; nullable = flags & 1 != 0, optional = flags & 2 != 0), g)
        end
        row() = Dict{String,Any}("s$k" => part[2]() for (k, part) in enumerate(parts))
        return Deltos.Schema(("s$k" => part[1] for (k, part) in enumerate(parts))...), row
    end
    alike(found, given) = isequal(Deltos.materialize(found), given)
    alike(found::Deltos.Record, given) = length(found) == length(given) && all(k -> alike(found["s$k"], given["s$k"]), 1:length(found))
    for _ in 1:20
        schema, row = made(2)
        rows = Any[row() for _ in 1:rand(0:30)]
        for layout in (:rows, :columns)
            table = Deltos.RecordTable(rows; schema = schema, layout = layout)
            @test verify(table) === nothing && length(table) == length(rows) && all(k -> alike(table[k], rows[k]), 1:length(rows))
            for name in [schema.slots[number].name for number in schema.levels[1]]
                column = Deltos.column(table, name)
                @test all(k -> alike(column[k], rows[k][name]), 1:length(rows))
            end
        end
    end
end
