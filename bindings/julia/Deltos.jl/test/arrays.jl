# Buffers as arrays: the order of dimensions, BLAS, layouts of what is stored, and what may be written.

@testset "dimensions are those of C the other way round, without a copy" begin
    Deltos.anonymous() do storage
        stored = reshape(collect(1:24), 2, 3, 4)
        storage["x"] = stored
        @test stat(Deltos.Buffer(storage, "x")).shape == [4, 3, 2]
        x = storage["x"]
        @test x == stored && size(x) == (2, 3, 4) && strides(x) == (1, 2, 6) && length(x) == 24
        @test x isa DenseArray{Int64,3} && x isa StridedArray && IndexStyle(x) === IndexLinear()
        @test size(Deltos.Buffer(storage, "x")) == (2, 3, 4) && ndims(Deltos.Buffer(storage, "x")) == 3
        @test pointer(x) == pointer(storage["x"])
        @test x[2, 3, 4] == 24 && x[:, 2, :] == stored[:, 2, :] && x[end] == 24
        create!(storage, "c", Deltos.RawContent(UInt8[1, 2, 3, 4, 5, 6]; shape = (2, 3)))
        @test storage["c"] == UInt8[1 4; 2 5; 3 6]
        close(x)
    end
end

@testset "any layout is stored by its content" begin
    base = reshape(collect(1.0:60.0), 3, 4, 5)
    sources = [
        base, view(base, 2, :, :), view(base, 1:2:3, 4:-1:1, :), PermutedDimsArray(base, (3, 1, 2)), permutedims(base, (2, 3, 1)),
        PermutedDimsArray(view(base, :, 2:3, :), (2, 3, 1)), reshape(base, 12, 5), reshape(view(base, :, 1:2, :), 6, 5), base[:, :, 1]',
        transpose(base[:, 1, :]), reinterpret(Int64, base), 1.0:0.5:4.0, 1:10, BitArray([1 0; 0 1]), fill(3.0), 7, 2.5f0, 1 + 2im,
        zeros(0, 3), zeros(3, 0, 2), Diagonal([1.0, 2.0]), view(base, :), (@view base[end:-1:1, 1, 1]),
    ]
    Deltos.anonymous() do storage
        for source in sources
            storage["x"] = source
            wanted = source isa Number ? fill(source) : source
            found = storage["x"]
            @test found == wanted && size(found) == size(wanted) && eltype(found) === eltype(wanted)
            storage["y"] = found # a buffer is a source too
            @test storage["y"] == wanted
        end
        @test verify(storage) == []
    end
end

@testset "BLAS works on the memory of the storage" begin
    Deltos.anonymous() do storage
        a, b = rand(MersenneTwister(1), 5, 7), rand(MersenneTwister(2), 7, 3)
        storage["a"], storage["b"], storage["c"] = a, b, zeros(5, 3)
        @test storage["a"] * storage["b"] ≈ a * b
        mul!(storage["c"], storage["a"], storage["b"])
        @test storage["c"] ≈ a * b
        BLAS.gemm!('N', 'N', 2.0, storage["a"], storage["b"], 0.0, storage["c"])
        @test storage["c"] ≈ 2 * a * b
        @test dot(storage["a"], storage["a"]) ≈ sum(abs2, a) && norm(storage["b"]) ≈ norm(b)
        @test storage["a"]' * storage["a"] ≈ a'a
        @test ccall(:memcmp, Cint, (Ptr{Float64}, Ptr{Float64}, Csize_t), storage["a"], a, sizeof(a)) == 0
    end
end

@testset "stores are in place, and seen by every handle at once" begin
    path = fresh_path()
    writer = Deltos.open(path, "x")
    writer["x"] = zeros(2, 3)
    other = Deltos.open(path, "in-place")
    reader = Deltos.open(path)
    here, there, read_only = writer["x"], other["x"], reader["x"]
    here[1, 2] = 5
    there[2, 3] = 6
    @test here == there == read_only == [0 5 0; 0 0 6]
    here .= 1 .+ there
    @test read_only == [1 6 1; 1 1 7]
    fill!(there, 9)
    @test all(==(9), read_only)
    copyto!(here, [1 2 3; 4 5 6])
    @test read_only == [1 2 3; 4 5 6]
    copyto!(here, view([10 20; 30 40; 50 60], :, 1:2)')
    @test read_only == [10 30 50; 20 40 60]
    foreach(close, (here, there, read_only, reader, other, writer))
end

@testset "what is read-only refuses to be written" begin
    path = fresh_path()
    Deltos.open(path, "x") do storage
        storage["x"], storage["sealed"] = [1, 2, 3], [4, 5, 6]
        seal!(storage, "sealed")
        for refused in (() -> storage["sealed"][1] = 0, () -> storage["sealed"] .= 0, () -> fill!(storage["sealed"], 0), () -> copyto!(storage["sealed"], [1, 2, 3]))
            @test thrown(refused) isa SealedError
        end
        @test thrown(() -> Deltos.array(storage, "sealed"; writable = true)) isa SealedError
        @test !iswritable(storage["sealed"]) && iswritable(storage["x"])
        careful = Deltos.array(storage, "x"; writable = false)
        @test !iswritable(careful) && thrown(() -> careful[1] = 0) isa ReadOnlyError
        @test thrown(() -> @inbounds careful[1] = 0) isa ReadOnlyError
        close(careful)
        @test storage["x"] == [1, 2, 3] && storage["sealed"] == [4, 5, 6]
    end
    Deltos.open(path) do storage
        @test thrown(() -> storage["x"][1] = 0) isa ReadOnlyError
        @test thrown(() -> Deltos.array(storage, "x"; writable = true)) isa ReadOnlyError
    end
end

@testset "indices are checked, and values converted" begin
    Deltos.anonymous() do storage
        storage["x"] = Int8[1, 2]
        x = storage["x"]
        @test thrown(() -> x[0]) isa BoundsError && thrown(() -> x[3]) isa BoundsError && thrown(() -> x[3] = 1) isa BoundsError
        @test thrown(() -> x[1] = 300) isa InexactError
        @test thrown(() -> copyto!(x, [1, 2, 3])) isa BoundsError && thrown(() -> copyto!(x, Int8[1, 2, 3])) isa BoundsError
        close(x)
    end
end

@testset "whole arrays are computed with like plain ones" begin
    Deltos.anonymous() do storage
        plain = rand(MersenneTwister(3), 50, 40)
        storage["x"] = plain
        x = storage["x"]
        @test sum(x) == sum(plain) && sum(x; dims = 2) == sum(plain; dims = 2) && maximum(abs, x) == maximum(abs, plain)
        @test mapreduce(sqrt, +, x; init = 1.0) == mapreduce(sqrt, +, plain; init = 1.0)
        @test map(sqrt, x) == map(sqrt, plain) && x .+ 1 == plain .+ 1 && sort(vec(x)) == sort(vec(plain))
        @test copy(x) isa Matrix{Float64} && similar(x) isa Matrix{Float64} && collect(x) == plain && Array(x) == plain
        @test reshape(x, :) == vec(plain) && reinterpret(Int64, x) == reinterpret(Int64, plain) && x' == plain'
        @test hash(x) == hash(plain) && isequal(x, plain) && findmax(x) == findmax(plain)
        overlapping = view(x, 2:50, 1)
        overlapping .= view(storage["x"], 1:49, 1) # another array of the same memory
        @test x[2:50, 1] == plain[1:49, 1]
        storage["empty"] = zeros(0)
        @test sum(storage["empty"]) == 0.0 && isempty(storage["empty"]) && copy(storage["empty"]) == []
        close(x)
    end
end

@testset "six dimensions, none, and 64" begin
    Deltos.anonymous() do storage
        storage["six"] = reshape(collect(1:64), 2, 2, 2, 2, 2, 2)
        @test storage["six"][2, 1, 2, 1, 2, 1] == 22
        storage["none"] = fill(4.0)
        @test storage["none"][] == 4.0 && size(storage["none"]) == ()
        storage["none"][] = 5.0
        @test storage["none"][] == 5.0
        create!(storage, "many"; format = "b", shape = ones(Int, 64))
        @test ndims(storage["many"]) == 64 && length(storage["many"]) == 1
    end
end

@testset "views tell the layout, share, wrap and copy" begin
    Deltos.anonymous() do storage
        storage["x"] = [1 2 3; 4 5 6]
        buffer = Deltos.Buffer(storage, "x")
        whole = Deltos.View(buffer, Raw.DELTOS_VIEW_FULL)
        @test (whole.format, whole.ndim, whole.shape, whole.strides, whole.suboffsets) == ("q", 2, (3, 2), (16, 8), nothing)
        @test (whole.itemsize, whole.nbytes, whole.readonly, whole.sealed) == (8, 48, false, false)
        plain = Deltos.View(buffer, Raw.DELTOS_VIEW_SIMPLE)
        @test plain.shape === nothing && plain.strides === nothing && plain.nbytes == 48
        @test thrown(() -> Deltos.View(buffer, Raw.DELTOS_VIEW_F)) isa LayoutError
        shared = Deltos.View(whole, Raw.DELTOS_VIEW_FULL_RO)
        close(whole)
        @test shared.readonly && BufferArray(shared) == [1 2 3; 4 5 6]
        @test Deltos.storage(BufferArray(shared)) === storage

        memory = [10 20 30; 40 50 60]
        wrapped = Deltos.View(memory)
        @test BufferArray(wrapped) == memory && pointer(BufferArray(wrapped)) == pointer(memory)
        target = Deltos.View(buffer, Raw.DELTOS_VIEW_FULL)
        copyto!(target, view(memory, :, 3:-1:1))
        @test shared.format == "q" && BufferArray(shared) == memory[:, 3:-1:1]
        copyto!(target, wrapped)
        @test BufferArray(shared) == memory
        @test thrown(() -> copyto!(shared, wrapped)) isa ReadOnlyError
        @test thrown(() -> copyto!(target, [1, 2])) isa TypeMismatchError
        strided = Deltos.View(view(memory, 1:1, :))
        @test strided.strides == (16, 8) && thrown(() -> BufferArray(strided)) isa LayoutError
        @test thrown(() -> Deltos.buffer(BufferArray(wrapped))) isa KindError
        foreach(close, (target, shared, wrapped, strided, plain, buffer))
        @test thrown(() -> shared.format) isa ClosedError && repr(shared) == "Deltos.View, closed"
    end
end

@testset "raw content is checked before its memory is believed" begin
    bytes = zeros(UInt8, 16)
    @test thrown(() -> Deltos.RawContent(bytes; format = "d", shape = (3,))) isa RangeError
    @test thrown(() -> Deltos.RawContent(bytes; format = "d", shape = (2,), start = 1)) isa RangeError
    @test thrown(() -> Deltos.RawContent(bytes; format = "d", shape = (2,), strides = (16,))) isa RangeError
    @test thrown(() -> Deltos.RawContent(bytes; format = "d", shape = (2,), strides = (-8,))) isa RangeError
    @test thrown(() -> Deltos.RawContent(bytes; shape = (typemax(Int64), typemax(Int64)))) isa RangeError
    @test thrown(() -> Deltos.RawContent(bytes; shape = (2, 2), strides = (1,))) isa InvalidError
    Deltos.anonymous() do storage
        storage["x"] = Deltos.RawContent(UInt8[1, 2, 3, 4]; shape = (4,), strides = (-1,), start = 3)
        @test storage["x"] == UInt8[4, 3, 2, 1]
        storage["b"] = Deltos.RawContent(zeros(UInt8, 4); dtype = Raw.DELTOS_DTYPE_BF16, shape = (2,))
        @test eltype(storage["b"]) === Deltos.BFloat16
        @test thrown(() -> storage["x"] = Deltos.RawContent(zeros(UInt8, 8); shape = (-1,))) isa InvalidError
    end
end
