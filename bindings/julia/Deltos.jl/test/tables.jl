# Tables: rows that are reached by pointers, of whatever they are made.

# What a function of C would do with a `double **`.
row_sum(rows, count, columns) = GC.@preserve rows begin
    pointers = Base.unsafe_convert(Ptr{Ptr{Float64}}, Base.cconvert(Ptr{Ptr{Float64}}, rows))
    sum(unsafe_load(unsafe_load(pointers, i), j) for i in 1:count for j in 1:columns)
end

"A copy of a row, which does not stay pinned."
function row(table, k)
    lent = table[k]
    copied = collect(lent)
    close(lent)
    return copied
end

@testset "functions of C take the rows as a T **" begin
    words = Deltos.Table([Vector{UInt8}("ro\0"), Vector{UInt8}("rw\0"), Vector{UInt8}("sync\0")])
    text = Vector{UInt8}("rw,sync=7\0")
    option, value = Ref(pointer(text)), Ref(Ptr{UInt8}(C_NULL))
    next(rows) = ccall(
        :getsubopt, Cint, (Ptr{Ptr{UInt8}}, Ptr{Ptr{UInt8}}, Ptr{Ptr{UInt8}}), option, rows, value,
    )
    GC.@preserve text Deltos.rows(words) do rows
        @test next(rows) == 1 && value[] == C_NULL
        @test next(rows) == 2 && unsafe_string(value[]) == "7"
    end
end

@testset "a table of zeros has rows that start at multiples of 64" begin
    table = Deltos.Table(Float64; rows = 3, columns = 4)
    Deltos.rows(table) do rows
        @test rows isa AbstractVector{<:BufferArray{Float64,1}} && length(rows) == 3 && map(length, rows) == [4, 4, 4]
        @test all(row -> UInt(pointer(row)) % 64 == 0, rows) && all(row -> all(iszero, row), rows)
        for (k, row) in enumerate(rows)
            row .= k
        end
        @test row_sum(rows, 3, 4) == 24.0 && iswritable(rows)
    end
    @test length(table) == 3 && eltype(table) === Float64 && table[2] == [2, 2, 2, 2] && table[end][1] == 3
    @test Deltos.dense(table) == [1 2 3; 1 2 3; 1 2 3; 1 2 3]
    @test occursin("3 rows of 4, elements \"d\"", repr(table))
    close(table)
    @test repr(table) == "Deltos.Table, closed" && thrown(() -> table[1]) isa ClosedError
end

@testset "a matrix's columns are rows without a copy, and its rows where they are contiguous" begin
    m = [1.0 2.0 3.0; 4.0 5.0 6.0]
    columns = Deltos.Table(m)
    @test length(columns) == 3 && columns[3] == [3, 6] && pointer(columns[2]) == pointer(m, 3)
    @test thrown(() -> Deltos.Table(m; dims = 1)) isa LayoutError
    @test thrown(() -> Deltos.Table(m; dims = 3)) isa InvalidError
    across = Deltos.Table(PermutedDimsArray(m, (2, 1)); dims = 1)
    @test length(across) == 3 && across[1] == [1, 4]
    backwards = Deltos.Table(view(m, :, 3:-1:1))
    @test backwards[1] == [3, 6] && backwards[3] == [1, 4]
    columns[1][2] = 40
    @test m[2, 1] == 40
    Deltos.anonymous() do storage
        storage["m"] = m
        stored = storage["m"]
        table = Deltos.Table(stored)
        close(stored)
        @test table[2] == m[:, 2] && thrown(() -> close(storage)) isa PinnedError
        table[2][1] = 7
        @test storage["m"][1, 2] == 7
        close(table)
        @test Deltos.Table(Deltos.View(Deltos.Buffer(storage, "m")))[1] == m[:, 1]
    end
end

@testset "separate vectors are rows, as they are, and only alike" begin
    a, b = [1.0, 2.0], [3.0, 4.0]
    table = Deltos.Table([a, b])
    table[2][1] = 30
    @test b[1] == 30 && length(table) == 2 && Deltos.table_info(table).columns == 2
    @test Deltos.rows(rows -> row_sum(rows, 2, 2), table) == 37
    @test thrown(() -> Deltos.Table(Any[a, [1, 2]])) isa TypeMismatchError
    @test thrown(() -> Deltos.Table([a, b]; columns = 3)) isa TypeMismatchError
    @test thrown(() -> Deltos.Table(["text"])) isa InvalidError
    @test thrown(() -> Deltos.Table([[1.0 2.0; 3.0 4.0][1, :], view([1.0 2.0; 3.0 4.0], 1, :)])) isa LayoutError
    @test length(Deltos.Table(Vector{Float64}[]; columns = 3, element = Float64)) == 0
    Deltos.anonymous() do storage
        storage["x"] = [5.0, 6.0]
        Deltos.array(storage, "x"; writable = false) do x
            mixed = Deltos.Table([a, x])
            @test Deltos.table_info(mixed).readonly && !iswritable(mixed[1]) && mixed[2] == [5, 6]
            @test thrown(() -> Deltos.rows(mixed; writable = true)) isa ReadOnlyError
            close(mixed)
        end
    end
end

@testset "rows of lengths of their own are a ragged table" begin
    owned = Deltos.Table(Int32; lengths = [3, 0, 1])
    Deltos.rows(owned) do rows
        @test map(length, rows) == [3, 0, 1]
        rows[1] .= 1:3
        rows[3][1] = 9
    end
    @test owned[1] == [1, 2, 3] && owned[2] == [] && owned[3] == [9]
    @test Deltos.table_info(owned).ragged && Deltos.table_info(owned).columns == -1
    @test thrown(() -> Deltos.dense(owned)) isa LayoutError && occursin("lengths of their own", repr(owned))
    vectors = [[1, 2], Int[], [3, 4, 5]]
    shown = Deltos.Table(vectors)
    @test map(collect, Deltos.rows(shown)) == vectors
    shown[3][2] = 40
    @test vectors[3] == [3, 40, 5]
    @test thrown(() -> Deltos.Table(Any[[1, 2], [1.0]])) isa TypeMismatchError
    @test thrown(() -> Deltos.Table([view([1, 2, 3], 1:2:3), [1]])) isa LayoutError
end

@testset "pointers of C are a table, which keeps what it is told to" begin
    memory = [[1.0, 2.0], [3.0, 4.0]]
    table = Deltos.Table(map(pointer, memory), 2; keep = memory)
    @test table[2] == [3, 4] && Deltos.rows(rows -> row_sum(rows, 2, 2), table) == 10
    @test map(length, Deltos.rows(Deltos.Table(map(pointer, memory), [2, 1]; keep = memory))) == [2, 1]
    @test !iswritable(Deltos.Table(map(pointer, memory), 2; keep = memory, writable = false)[1])
    @test eltype(Deltos.Table([Ptr{Cvoid}(pointer(memory[1]))], 16; keep = memory)) === UInt8
    @test thrown(() -> Deltos.Table([Ptr{Int}(C_NULL)], 1)) isa InvalidError
    @test thrown(() -> Deltos.Table(map(pointer, memory), [1]; keep = memory)) isa InvalidError
    # A function of C's own is called when the last use goes.
    block = ccall(:malloc, Ptr{Float64}, (Csize_t,), 16)
    unsafe_store!(block, 1.5, 1)
    freed = Deltos.Table([block], 2; release = cglobal(:free), user = Ptr{Cvoid}(block))
    row = freed[1]
    close(freed)
    @test row[1] == 1.5
    close(row)
end

@testset "a stored table is there after reopening, and under its name" begin
    path = fresh_path()
    Deltos.open(path, "x") do storage
        transaction(storage) do t
            made = Deltos.create_table!(t, "t", Float64; rows = 2, columns = 3)
            Deltos.rows(rows -> rows[2] .= [1, 2, 3], made)
            close(made)
            close(Deltos.create_table!(t, "ragged", UInt8; lengths = [1, 2]))
        end
        @test keys(storage) == ["ragged", "t"] && haskey(storage, "t") && storage["t"] isa Deltos.Table
        @test thrown(() -> Deltos.create_table!(storage, "t", Float64; rows = 1, columns = 1)) isa ExistsError
        @test thrown(() -> Deltos.Buffer(storage, "t")) isa KindError && thrown(() -> storage["t"] = [1]) isa KindError
        @test thrown(() -> Deltos.create_table!(storage, "u", Float64)) isa InvalidError
        attributes(storage["t"])["unit"] = "m"
    end
    Deltos.open(path) do storage
        table = Deltos.Table(storage, "t")
        @test table[1] == [0, 0, 0] && table[2] == [1, 2, 3] && !iswritable(table[1])
        @test Deltos.table_info(table).stored && stat(table).name == "t" && attributes(table)["unit"] == "m"
        @test Deltos.rows(rows -> row_sum(rows, 2, 3), table) == 6 && Deltos.storage(table) === storage
        @test thrown(() -> Deltos.rows(table; writable = true)) isa ReadOnlyError
        @test get(storage, "t", 0) isa Deltos.Table && get(storage, "none", 0) == 0
        @test snapshot(s -> collect(s["ragged"][2]), storage) == [0, 0]
        close(table)
    end
    Deltos.open(path, "r+") do storage
        seal!(storage, "t")
        @test !iswritable(storage["t"][2]) && storage["t"][2] == [1, 2, 3]
        rename!(storage, "t", "u")
        delete!(storage, "ragged")
        @test keys(storage) == ["u"] && verify(storage) == []
    end
end

@testset "a table is copied to and from, shown as another type, and made read-only" begin
    table = Deltos.Table(Float32; rows = 2, columns = 2)
    copyto!(table, Float32[1 2; 3 4])
    @test row(table, 1) == [1, 3] && collect(Deltos.View(table)) == Float32[1 2; 3 4]
    @test Deltos.View(table).suboffsets == (0, -1)
    @test thrown(() -> Deltos.View(table, Raw.DELTOS_VIEW_STRIDES)) isa LayoutError
    @test thrown(() -> copyto!(table, Float32[1, 2])) isa TypeMismatchError
    other = Deltos.Table(Float32; rows = 2, columns = 2)
    copyto!(other, table)
    @test Deltos.dense(other) == [1 2; 3 4]
    kept = Deltos.rows(other)
    @test thrown(() -> Deltos.reinterpret!(other, UInt8)) isa PinnedError
    @test thrown(() -> Deltos.make_readonly!(other)) isa PinnedError
    close(kept)
    Deltos.reinterpret!(other, UInt32)
    @test row(other, 1) == reinterpret(UInt32, Float32[1, 3]) && eltype(other) === UInt32
    Deltos.reinterpret!(other, "3s")
    @test length(row(other, 1)) == 2 && eltype(other) === NTuple{3,UInt8}
    Deltos.reinterpret!(other, ">f")
    @test eltype(other) === UInt8 && Deltos.rows(rows -> length(rows[1]), other) == 8
    Deltos.make_readonly!(other)
    @test !iswritable(other[1]) && Deltos.table_info(other).readonly && occursin("read-only", repr(other))
end

@testset "what a table shows stays, whatever else goes and however often is collected" begin
    for round in 1:60
        held = let vectors = [fill(Float64(k), 100) for k in 1:20]
            table = round % 3 == 0 ? Deltos.Table(vectors) :
                    round % 3 == 1 ? Deltos.Table([vectors; [[1.0]]]) : Deltos.Table(reduce(hcat, vectors))
            rows = Deltos.rows(table)
            round % 2 == 0 && close(table)
            round % 5 == 0 ? Any[rows[k] for k in 1:20] : rows
        end
        GC.gc(round % 4 == 0)
        [fill(-1.0, 100) for _ in 1:20]
        @test all(sum(held[k]) == 100k for k in 1:20)
        round % 7 == 0 && held isa Deltos.Rows && (close(held); @test thrown(() -> held[1]) isa ClosedError)
    end
end

@testset "a row that does not exist is refused" begin
    table = Deltos.Table(Int64; rows = 2, columns = 1)
    @test thrown(() -> table[0]) isa RangeError && thrown(() -> table[3]) isa RangeError
    rows = Deltos.rows(table)
    @test thrown(() -> rows[3]) isa BoundsError && thrown(() -> rows[0]) isa BoundsError
    @test thrown(() -> Deltos.Table(Float64; rows = -1, columns = 1)) isa InvalidError
    @test thrown(() -> Deltos.Table(String; rows = 1, columns = 1)) isa FormatError
end
