# Record tables: every type of slot in both layouts, by row, by column and as structures; what is changed in place; what is damaged.

using Dates

const LAYOUTS = (:rows, :columns)

@testset "every type of slot comes back as it was, layout $layout" for layout in LAYOUTS
    given = [everything(i) for i in 1:13]
    Deltos.anonymous() do storage
        table = Deltos.create_records!(storage, "t", given; layout = layout)
        @test length(table) == 13 && Deltos.schema(table) == Deltos.Schema(Everything) && verify(table) === nothing
        back = Deltos.records(Everything, storage["t"])
        @test all(alike(back[i], given[i]) for i in 1:13)
        record = table[2]
        @test record.number === -1 && record.small === 0x02 && record.complex === 2.0 + 2im && record.fraction === Complex{Int32}(2, -1) && record.triple === (Int16(2), Int16(-2), Int16(0))
        @test record.code === (0x61, 0x00, 0x02, 0x62) && record.half === Deltos.BFloat16(2) && record.name == "number 2" && record.letter == "c" && record.word == "w2"
        @test record.day == Date(1960) + Day(2000) && record.clock == DateTime(1970, 1, 1, 0, 0, 0, 4) && record.instant == Deltos.Timestamp(-2, 2000, 0)
        @test record.price == Deltos.Decimal("2", -1) && record.grid == fill(1.0, 2, 3) && record.list == ["t1", "t2"] && record.pair == (2, "p") && record.facts["k2"] == 2 && 2 in record.members
        @test record.anything == [1, 2] && record.place.x === 2.0f0 && record.place.y === missing && record.outer.deep === Deltos.unset && record.outer.n === Int8(2)
        @test table[3].place === missing && table[3].instant === missing && table[4].anything === nothing && table[3].word === Deltos.unset && table[1].price === Deltos.unset && table[3].price === missing
        for name in propertynames(record)
            column = Deltos.column(table, name)
            @test column isa AbstractVector && length(column) == 13 && all(alike(column[i], table[i][name]) for i in 1:13) && all(x isa eltype(column) for x in column)
            close(column)
        end
        close(table)
    end
end

@testset "a table is a vector of records, and a record like a named tuple, layout $layout" for layout in LAYOUTS
    table = Deltos.RecordTable((name = ["oak", "elm", "ash"], height = [1.5, 2.5, missing]); layout = layout)
    @test table isa AbstractVector{Deltos.Record} && size(table) == (3,) && table[end].name == "ash" && [r.name for r in table] == ["oak", "elm", "ash"]
    record = table[1]
    @test propertynames(record) == keys(record) == (:name, :height) && values(record) == ("oak", 1.5) && length(record) == 2 && collect(record) == ["oak", 1.5]
    @test record[:name] == record["name"] == record[1] == "oak" && NamedTuple(record) === (name = "oak", height = 1.5) && record == (name = "oak", height = 1.5)
    @test isequal(table[3], (name = "ash", height = missing)) && hash(record) == hash(NamedTuple(record)) && record != table[2] && Dict(pairs(record))[:height] == 1.5
    @test haskey(record, :name) && !haskey(record, "none") && get(record, :none, 7) == 7 && get(record, "name", 7) == "oak"
    @test repr(record) == "Deltos.Record(name = \"oak\", height = 1.5)" && table[2:3][1].name == "elm" && isequal(Deltos.materialize(table)[3], (name = "ash", height = missing))
    @test filter(r -> !ismissing(r.height) && r.height > 2, table)[1].name == "elm" && findfirst(r -> r.name == "ash", table) == 3
    @test thrown(() -> record.none) isa NotFoundError && occursin("\"name\", \"height\"", thrown(() -> record.none).message)
    @test thrown(() -> table[4]) isa BoundsError && thrown(() -> table[0]) isa BoundsError && thrown(() -> record[3]) isa BoundsError && thrown(() -> table[1] = record) isa ReadOnlyError
    info = Deltos.table_info(table)
    @test info.layout === layout && info.rows == 3 && info.slots == 2 && info.sealed && !info.writable && (info.heap_bytes > 0) == (layout === :rows)
    a, b = record
    @test (a, b) == ("oak", 1.5)
end

@testset "null and unset are told apart, also in records that are not there, layout $layout" for layout in LAYOUTS
    schema = Deltos.Schema(
        :both => Deltos.Slot(Int32; nullable = true, optional = true), :place => Deltos.Slot((x = Float64, y = Union{Missing,Float64}); nullable = true, optional = true),
        :any => Deltos.Slot(:value; nullable = true), :always => Deltos.Slot(:value),
    )
    rows = [
        (both = 1, place = (x = 1, y = missing), always = nothing), (both = missing, place = missing, any = missing, always = 1),
        (both = Deltos.unset, place = Deltos.unset, any = 5, always = "x"), (both = nothing, place = (x = 4.0, y = 5.0), any = [1], always = missing === nothing),
    ]
    table = Deltos.RecordTable(rows; schema = schema, layout = layout)
    @test isequal([r.both for r in table], [1, missing, Deltos.unset, missing]) && isequal(collect(Deltos.column(table, :both)), [1, missing, Deltos.unset, missing])
    @test eltype(Deltos.column(table, :both)) == Union{Missing,Deltos.Unset,Int32} && eltype(Deltos.column(table, "place.x")) == Union{Missing,Deltos.Unset,Float64}
    @test isequal(collect(Deltos.column(table, "place.x")), [1.0, missing, Deltos.unset, 4.0]) && isequal(collect(Deltos.column(table, "place.y")), [missing, missing, Deltos.unset, 5.0])
    @test table[2].place === missing && table[3].place === Deltos.unset && !haskey(table[3], :place) && haskey(table[2], :place) && table[4].place.y == 5.0
    @test isequal([r.any for r in table], [missing, missing, 5, table[4].any]) && [r.always for r in table] == [nothing, 1, "x", false] && table[1].always === nothing
    bits = Deltos.presence(table, :both)
    @test Deltos.presence(table, :always) === nothing && Deltos.presence(table, :any, :null) === nothing && Deltos.presence(table, :both, :null) isa Deltos.View
    slot = Deltos.schema(table).slots[1]
    valid(i) = layout === :columns ? bits[1] >> (i - 1) & 1 : bits[i] >> (slot.valid_bit % 8) & 1
    @test [valid(i) for i in 1:4] == [1, 0, 0, 0]
    @test thrown(() -> Deltos.presence(table, 1, :odd)) isa InvalidError
end

@testset "columns of numbers are the memory itself, layout $layout" for layout in LAYOUTS
    table = Deltos.RecordTable((a = Int32[1, 2, 3], b = [1.5, 2.5, 3.5], g = [Tuple(k:k+2) for k in 1:3]); layout = layout)
    a, b, g = Deltos.columns(table)
    @test (b isa BufferArray) == (layout === :columns) && (b isa Deltos.SlotVector) == (layout === :rows)
    @test a == Int32[1, 2, 3] && sum(b) == 7.5 && b .* 2 == [3.0, 5.0, 7.0] && b[2:3] == [2.5, 3.5] && g[2] === (2, 3, 4) && maximum(b) == 3.5
    view = Deltos.View(table, :b)
    @test view.shape == (3,) && view.format == "d" && view[3] == 3.5 && Deltos.View(table, "g").shape == (3, 3)
    @test Deltos.View(b).pointer == view.pointer && (layout === :rows ? b.pointer == view.pointer : pointer(b) == view.pointer)
    @test !iswritable(b) && thrown(() -> b[1] = 0) isa DeltosError && thrown(() -> b[4]) isa BoundsError && thrown(() -> Deltos.column(table, :b; writable = true)) isa ReadOnlyError
    @test Deltos.offsets(table, :b) === nothing && thrown(() -> Deltos.column(table, :c)) isa NotFoundError && thrown(() -> Deltos.column(table, 4)) isa RangeError
    big = Deltos.RecordTable(Deltos.Schema(:x => ">d", :y => ">h"); layout = layout) do builder
        push!(builder, (x = UInt8[0x3f, 0xf8, 0, 0, 0, 0, 0, 0], y = UInt8[1, 2]))
    end
    @test big[1].x == 1.5 && Deltos.column(big, :y) == [258] # numbers of a foreign byte order
end

@testset "the pieces of each layout can be looked at" begin
    given = (n = [1, 2], text = ["ab", "cde"])
    rows = Deltos.RecordTable(given)
    view, heap = Deltos.View(rows), Deltos.heap(rows)
    @test view.itemsize == 24 && view.format == "T{q:n:T{Q:place:Q:bytes:}:text:}" && String(collect(heap)) == "abcde" && view[2].text.bytes == 3
    @test thrown(() -> Deltos.View(rows, :text)) isa LayoutError && Deltos.records(NamedTuple{(:n,),Tuple{Int}}, rows)[2] === (n = 2,)
    columns = Deltos.RecordTable(given; layout = :columns)
    @test collect(Deltos.offsets(columns, :text)) == [0, 2, 5] && String(collect(Deltos.View(columns, :text))) == "abcde"
    @test thrown(() -> Deltos.View(columns)) isa LayoutError && thrown(() -> Deltos.heap(columns)) isa LayoutError
    @test repr(Deltos.column(columns, :text)) == "[\"ab\", \"cde\"]" && Deltos.column(columns, :text) isa Deltos.TextVector{String}
end

@testset "no rows are a table, too, layout $layout" for layout in LAYOUTS
    table = Deltos.RecordTable(Everything[]; layout = layout)
    @test isempty(table) && collect(table) == [] && verify(table) === nothing && all(isempty, map(slot -> Deltos.column(table, slot), 1:length(Deltos.schema(table).slots)))
    @test Deltos.records(Everything, table) == []
end

struct Packed
    id::Int64
    at::NamedTuple{(:x, :y),Tuple{Float32,Float32}}
    flag::Bool
end

@testset "records are structures of the program's" begin
    given = [Packed(k, (x = k, y = -k), isodd(k)) for k in 1:4]
    rows, columns = Deltos.RecordTable(given), Deltos.RecordTable(given; layout = :columns)
    same = Deltos.records(Packed, rows)
    @test same isa BufferArray{Packed,1} && same == given && pointer(same) == Deltos.View(rows).pointer && !iswritable(same)
    @test Deltos.records(Packed, columns) isa Deltos.TypedRecords{Packed} && Deltos.records(Packed, columns) == given && Deltos.records(Packed, columns)[2:3] == given[2:3]
    @test Deltos.record(Packed, rows[3]) === given[3] && Deltos.record(NamedTuple{(:y,),Tuple{Float32}}, columns[2].at) === (y = -2.0f0,)
    Other = NamedTuple{(:flag, :new, :also, :at),Tuple{Bool,Union{Missing,String},Union{Nothing,Int},NamedTuple{(:y,),Tuple{Float32}}}}
    for table in (rows, columns)
        @test isequal(Deltos.records(Other, table)[1], (flag = true, new = missing, also = nothing, at = (y = -1.0f0,)))
        @test Deltos.records(NamedTuple{(:new,),Tuple{Union{Deltos.Unset,Int}}}, table)[1].new === Deltos.unset
        refused(T, word) = (e = thrown(() -> Deltos.records(T, table))) isa TypeMismatchError && occursin(word, e.message)
        @test refused(NamedTuple{(:id,),Tuple{Int32}}, "id") && refused(NamedTuple{(:at,),Tuple{NamedTuple{(:z,),Tuple{Float32}}}}, "at.z") && refused(NamedTuple{(:none,),Tuple{Int}}, "none")
    end
    nullable = Deltos.RecordTable((id = [1, missing],))
    @test thrown(() -> Deltos.records(NamedTuple{(:id,),Tuple{Int}}, nullable)) isa TypeMismatchError
    @test isequal(collect(Deltos.records(NamedTuple{(:id,),Tuple{Union{Missing,Int}}}, nullable)), [(id = 1,), (id = missing,)])
    @test collect(Deltos.records(NamedTuple{(:id,),Tuple{Union{Nothing,Int}}}, nullable))[2].id === nothing
    @test thrown(() -> Deltos.records(Int, rows)) isa FormatError
end

@testset "writable slots are changed in place, for everybody at once, layout $layout" for layout in LAYOUTS
    path = fresh_path()
    schema = Deltos.Schema(
        :n => Deltos.Slot(Int64; writable = true), :x => Deltos.Slot(Union{Missing,Float64}; writable = true), :day => Deltos.Slot(Date; writable = true),
        :when => Deltos.Slot(DateTime; writable = true), :instant => Deltos.Slot(Deltos.Timestamp; writable = true), :name => String, :fixed => Int32,
    )
    row(k) = (n = k, x = k == 2 ? missing : k / 2, day = Date(2020, 1, k), when = DateTime(2020, 1, k), instant = Deltos.Timestamp(k, 0, 0), name = "n$k", fixed = k)
    Deltos.open(path, "x") do storage
        table = Deltos.create_records!(storage, "t", map(row, 1:3); schema = schema, layout = layout)
        @test !stat(table).sealed && Deltos.table_info(table).writable
        other = Deltos.open(path, "in-place")
        seen = other["t"]
        table[1].n = 10
        table[3]["x"] = 7
        n, x, day, when, instant = (Deltos.column(table, name) for name in (:n, :x, :day, :when, :instant))
        @test iswritable(n) && iswritable(x) && iswritable(day) && seen[1].n == 10 && seen[3].x == 7.0
        n[2] += 5
        n .*= 2
        day[1] = Date(1900)
        when[2] = DateTime(1950, 1, 1, 0, 0, 0, 1)
        instant[3] = Deltos.Timestamp(5, 1000, 3600)
        @test [r.n for r in seen] == [20, 14, 6] && seen[1].day == Date(1900) && seen[2].when == DateTime(1950, 1, 1, 0, 0, 0, 1) && seen[3].instant == Deltos.Timestamp(5, 1000, 0)
        @test Deltos.atomic_add!(n, 1, 2) == 20 && Deltos.atomic_load(Deltos.column(seen, :n), 1) == 22 && Deltos.atomic_replace!(n, 1, 22, 1) == (old = 22, success = true)
        @test Deltos.atomic_store!(n, 2, 9)[2] == 9 && !Deltos.atomic_replace!(n, 2, 8, 1).success && Deltos.atomic_add!(x, 3, 0.5) == 7.0 && seen[3].x == 7.5
        tasks = [Threads.@spawn(foreach(_ -> Deltos.atomic_add!(n, 3, 1), 1:500)) for _ in 1:4]
        foreach(wait, tasks)
        @test seen[3].n == 2006
        @test thrown(() -> x[2] = 1.0) isa InvalidError && thrown(() -> table[2].x = 1.0) isa InvalidError && ismissing(x[2])
        @test thrown(() -> table[1].fixed = 1) isa ReadOnlyError && thrown(() -> table[1].name = "other") isa ReadOnlyError && thrown(() -> table[1].none = 1) isa NotFoundError
        @test thrown(() -> when[1] = Deltos.Timestamp(0, 0, 3600)) isa TypeMismatchError && thrown(() -> instant[1] = Deltos.Timestamp(0, 1, 0)) isa RangeError && thrown(() -> n[1] = 0.5) isa InexactError
        @test !iswritable(Deltos.column(table, :fixed)) && !iswritable(Deltos.column(table, :n; writable = false))
        @test thrown(() -> seal!(storage, "t")) isa PinnedError
        foreach(close, (n, x, day, when, instant))
        close(seen)
        close(other)
        GC.gc()
        seal!(storage, "t")
        sealed = storage["t"]
        @test Deltos.table_info(sealed).sealed && sealed[3].n == 2006 && thrown(() -> sealed[3].n = 1) isa DeltosError && !iswritable(Deltos.column(sealed, :n))
        close(sealed)
        close(table)
    end
    Deltos.open(path) do storage
        table = storage["t"]
        @test table[3].n == 2006 && thrown(() -> table[1].n = 1) isa DeltosError
        close(table)
    end
end

@testset "times are dates of Julia where these can hold them" begin
    table = Deltos.RecordTable(Deltos.Schema(:clock => DateTime, :instant => Deltos.Timestamp)) do builder
        push!(builder, (clock = DateTime(1969, 12, 31, 23, 59, 59, 999), instant = DateTime(2000)))
        push!(builder, (clock = Deltos.Timestamp(-1, 999_999_000), instant = Deltos.Timestamp(-1, 1000, 7200)))
        push!(builder, (clock = Date(2000), instant = Deltos.Timestamp(typemin(Int64) ÷ 10^6, 0, 0)))
    end
    @test Deltos.column(table, :clock) == [r.clock for r in table] == [DateTime(1969, 12, 31, 23, 59, 59, 999), Deltos.Timestamp(-1, 999_999_000), DateTime(2000)]
    @test Deltos.column(table, :instant) == [r.instant for r in table] && table[2].instant === Deltos.Timestamp(-1, 1000, 0) && table[1].instant == Deltos.Timestamp(DateTime(2000), 0)
    @test eltype(Deltos.column(table, :instant)) == Deltos.Timestamp && eltype(Deltos.column(table, :clock)) == Union{DateTime,Deltos.Timestamp}
end

@testset "tables are stored, replaced by nothing, and deleted like all else" begin
    Deltos.anonymous() do storage
        table = Deltos.create_records!(storage, "t", [(a = 1,)])
        @test storage["t"] isa Deltos.RecordTable && stat(table).kind == Raw.DELTOS_KIND_RECORD_TABLE && stat(table).name == "t" && Deltos.storage(table) === storage
        @test thrown(() -> Deltos.create_records!(storage, "t", [(a = 2,)])) isa ExistsError && thrown(() -> Deltos.RecordTable(storage, "u")) isa NotFoundError
        storage["buffer"] = [1]
        @test thrown(() -> Deltos.RecordTable(storage, "buffer")) isa KindError && thrown(() -> Deltos.Buffer(storage, "t")) isa KindError
        storage["ref"] = Deltos.Reference(table)
        @test storage[storage["ref"]][1].a == 1
        attributes(storage, "t")["unit"] = "m"
        state = snapshot(storage)
        @test state["t"][1].a == 1 && thrown(() -> Deltos.create_records!(state, "u", [(a = 1,)])) isa ReadOnlyError
        transaction(storage) do t
            inside = Deltos.create_records!(t, "inside", (a = [5],))
            @test inside[1].a == 5 && t["inside"][1].a == 5 && !haskey(storage, "inside")
            rename!(t, "t", "u")
            delete!(t, "buffer")
        end
        @test storage["u"][1].a == 1 && storage["inside"][1].a == 5 && refresh!(table) && stat(table).name == "u" && !refresh!(table)
        delete!(storage, "u")
        Deltos.create_records!(storage, "u", [(b = "x",), (b = "y",)])
        @test refresh!(table) && table[2].b == "y" && length(table) == 2
        close(state)
    end
end

@testset "whoever closes while a column is alive is told so, layout $layout" for layout in LAYOUTS
    storage = Deltos.anonymous()
    table = Deltos.create_records!(storage, "trees", (n = [1, 2], name = ["a", missing], v = Any[[1, "x"], 2]); layout = layout)
    n, name, v, kept = Deltos.column(table, :n), Deltos.column(table, :name), Deltos.column(table, :v), table[1]
    refused = thrown(() -> close(storage))
    @test refused isa PinnedError && occursin("trees", refused.message)
    list = v[1]
    close(table)
    @test !isopen(table) && thrown(() -> table[1]) isa ClosedError && thrown(() -> kept.n) isa ClosedError && thrown(() -> v[1]) isa ClosedError && repr(kept) == "Deltos.Record, closed"
    @test repr(table) == "RecordTable, closed" && n == [1, 2] && list[2] == "x" && thrown(() -> close(storage)) isa PinnedError
    close(list)
    foreach(close, (n, name, v))
    foreach(close, (n, name, v))
    @test thrown(() -> n[1]) isa ClosedError && thrown(() -> name[1]) isa ClosedError && thrown(() -> sum(n)) isa ClosedError && occursin("closed", repr(n)) && !isopen(n) && !isopen(name)
    close(storage)
    memory = Deltos.column(Deltos.RecordTable((x = collect(1.0:1000),); layout = layout), :x)
    GC.gc()
    @test sum(memory) == 500500
end

@testset "bytes from strangers are refused, or another table, layout $layout" for layout in LAYOUTS
    bytes = Deltos.pack_records([(a = k, b = k == 2 ? missing : "text $k", c = Any[k]) for k in 1:3]; layout = layout, schema = Deltos.Schema(:a => Int8, :b => Union{Missing,String}, :c => :list))
    room = vcat(zeros(UInt8, 37), bytes)
    @test Deltos.unpack_records(room; offset = 37)[3].b == "text 3" && Deltos.unpack_records(bytes; copy = true)[1].c == [1]
    @test thrown(() -> Deltos.unpack_records(bytes[1:end-64])) isa CorruptError && thrown(() -> Deltos.unpack_records(zeros(UInt8, 200))) isa NotDeltosError
    @test thrown(() -> Deltos.unpack_records(UInt8[])) isa DeltosError && thrown(() -> Deltos.unpack_records(room; offset = 37, copy = false)) isa LayoutError && thrown(() -> Deltos.unpack_records(room; offset = 10^6)) isa RangeError
    @test thrown(() -> Deltos.unpack_records(Deltos.pack((a = 1,)))) isa NotDeltosError
    function all_of(damaged)
        table = Deltos.unpack_records(damaged)
        return foreach(column -> foreach(i -> Deltos.materialize(column[i]), 1:min(length(column), 9)), map(k -> Deltos.column(table, k), 1:length(Deltos.schema(table).slots)))
    end
    refusals = 0
    for k in 1:length(bytes)
        damaged = copy(bytes)
        damaged[k] ⊻= 0xff
        e = thrown(() -> all_of(damaged))
        refusals += e !== nothing
        @test e === nothing || e isa DeltosError
        e = thrown(() -> verify(Deltos.unpack_records(damaged)))
        @test e === nothing || e isa DeltosError
    end
    @test refusals > 100
    at = findfirst(k -> bytes[k:k+5] == codeunits("text 1"), 1:length(bytes)-5)
    bytes[at] = 0xff
    table = Deltos.unpack_records(bytes)
    for f in (() -> table[1].b, () -> Deltos.column(table, :b)[1], () -> verify(table))
        e = thrown(f)
        @test e isa CorruptError && occursin("b", e.message) && occursin("UTF-8", e.message)
    end
end

@testset "several tasks read one table, layout $layout" for layout in LAYOUTS
    table = Deltos.RecordTable((k = collect(1:300), name = string.(1:300)); layout = layout)
    name = Deltos.column(table, :name)
    tasks = [Threads.@spawn(all(table[i].name == name[i] == string(table[i].k) for i in 1:300)) for _ in 1:8]
    @test all(fetch, tasks)
end

include("conformance.jl")

@testset "the golden storage of records 1.0 is read as it was written" begin
    golden = normpath(joinpath(@__DIR__, "..", "..", "..", "..", "tests", "conformance", "golden", "records-1.0"))
    description = Conformance.JSON.parse(read(golden * ".json", String))
    @test Conformance.read_description(description, golden * ".deltos")
    Deltos.open(golden * ".deltos") do storage
        for object in description["objects"]
            table = storage[object["name"]]
            table isa Deltos.RecordTable || continue
            @test length(table) == length(object["rows"]) && verify(table) === nothing
            for slot in Deltos.schema(table).slots
                slot.parent == 0 || continue
                column = Deltos.column(table, slot.name)
                @test all(k -> isequal(column[k], table[k][slot.name]), 1:length(table))
                close(column)
            end
            close(table)
        end
        GC.gc()
    end
    copy = fresh_path()
    @test Conformance.write_description(description, copy) && Conformance.read_description(description, copy)
end
