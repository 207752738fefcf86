# Views: parts and other shapes without a copy, and what is done with their elements, against arrays of Julia.

"A view of an array of Julia: its memory is looked at through the library."
seen(a) = Deltos.View(a)

@testset "parts of a view are those of an array, in Julia's order, over the same memory" begin
    a = reshape(collect(1:60), 3, 4, 5)
    v = seen(a)
    @test size(v) == (3, 4, 5) && size(v, 2) == 4 && size(v, 4) == 1 && ndims(v) == 3 && length(v) == 60
    @test axes(v) == axes(a) && eltype(v) === Int64 && v == a
    for indices in (
        (:, :, :), (2, :, :), (:, 3, :), (:, :, 5), (2, 3, 4), (1:2, 2:4, 1:5), (3:-1:1, :, :), (:, 4:-2:1, 5:-1:5),
        (1:2:3, 1:3:4, 2:3:5), (2:1, :, :), (:, 1:0, 3), (3:-2:1, 2, 5:-4:1),
    )
        part = view(v, indices...)
        @test collect(part) == (all(i -> i isa Integer, indices) ? fill(a[indices...]) : a[indices...])
        close(part)
    end
    @test (@view v[end, 2:end, 1]) == a[end, 2:end, 1]
    for wrong in ((4, 1, 1), (0, 1, 1), (1, 1), (1, 1, 1, 1), (1:4, 1, 1), (0:1, 1, 1), (1, 1, 6:-1:5), ())
        @test thrown(() -> view(v, wrong...)) isa BoundsError
        @test thrown(() -> collect(view(v, wrong...))) isa BoundsError
    end
    fill!(view(v, 2, :, 3), -1)
    @test a[2, :, 3] == [-1, -1, -1, -1] && count(==(-1), a) == 4
end

@testset "windows and chunks are consecutive parts, the last one short" begin
    a = reshape(collect(1:14), 2, 7)
    v = seen(a)
    @test Deltos.window(v, 3, 2) == a[:, 3:4] && Deltos.window(v, 6, 100) == a[:, 6:7]
    @test length(Deltos.window(v, 8, 1)) == 0 && thrown(() -> Deltos.window(v, 9, 1)) isa RangeError
    @test thrown(() -> Deltos.window(v, 0, 1)) isa RangeError && thrown(() -> Deltos.window(v, 1, -1)) isa RangeError
    for n in 1:8
        @test reduce(hcat, map(collect, Iterators.partition(v, n))) == a
        @test length(collect(Iterators.partition(v, n))) == cld(7, n)
    end
    @test isempty(Iterators.partition(seen(zeros(2, 0)), 3))
    @test thrown(() -> Iterators.partition(v, 0)) isa InvalidError
    @test thrown(() -> Iterators.partition(seen(fill(1)), 1)) isa TypeMismatchError
end

@testset "other shapes are those of an array, where the memory allows" begin
    a = reshape(collect(1:60), 3, 4, 5)
    v = seen(a)
    @test transpose(v) == permutedims(a, (3, 2, 1)) && permutedims(seen(a[:, :, 1])) == permutedims(a[:, :, 1])
    for order in ((1, 2, 3), (2, 1, 3), (3, 1, 2), (2, 3, 1), [1, 3, 2])
        @test collect(permutedims(v, order)) == permutedims(a, order)
    end
    @test thrown(() -> permutedims(v, (1, 1, 2))) isa InvalidError
    @test thrown(() -> permutedims(v, (1, 2))) isa InvalidError
    @test reshape(v, 12, 5) == reshape(a, 12, 5) && reshape(v, 5, :) == reshape(a, 5, :) && vec(v) == vec(a)
    @test reshape(v, (60,)) == vec(a) && reshape(seen([7]), ()) == fill(7)
    @test thrown(() -> reshape(v, 7, :)) isa TypeMismatchError && thrown(() -> reshape(v, 61)) isa TypeMismatchError
    @test thrown(() -> reshape(transpose(v), 60)) isa LayoutError
    @test reinterpret(Float64, v) == reinterpret(Float64, a) && reinterpret(Int32, v) == reinterpret(Int32, a)
    @test reinterpret(NTuple{3,Int64}, v)[1, 2, 1] == (4, 5, 6) && eltype(reinterpret("3s", vec(v))) === NTuple{3,UInt8}
    @test thrown(() -> reinterpret(NTuple{2,Int64}, v)) isa TypeMismatchError
    @test thrown(() -> reinterpret(Int32, transpose(v))) isa LayoutError
    @test thrown(() -> reinterpret("T{", v)) isa FormatError
    @test Deltos.contiguity(v) == (c = true, f = false) && Deltos.contiguity(transpose(v)) == (c = false, f = true)
    @test Deltos.contiguity(view(v, 1, :, :)) == (c = false, f = false)
    @test Deltos.contiguity(vec(v)) == (c = true, f = true)
end

@testset "a part pins what the whole does, and either goes first" begin
    Deltos.anonymous() do storage
        storage["x"] = [1 2; 3 4]
        whole = Deltos.View(Deltos.Buffer(storage, "x"), Raw.DELTOS_VIEW_FULL)
        part = view(whole, :, 2)
        close(whole)
        @test thrown(() -> close(storage)) isa PinnedError && part == [2, 4]
        part[1] = 20
        @test storage["x"][1, 2] == 20 && thrown(() -> view(whole, 1, 1)) isa ClosedError
        close(part)
        reading = view(Deltos.View(Deltos.Buffer(storage, "x")), 1, :)
        @test reading.readonly && thrown(() -> fill!(reading, 0)) isa ReadOnlyError
        @test thrown(() -> reading[1] = 1) isa ReadOnlyError
    end
    kept = [view(seen(fill(k, 100)), 50:60) for k in 1:50]
    GC.gc()
    [fill(-1, 100) for _ in 1:50]
    @test all(kept[k] == fill(k, 11) for k in 1:50)
end

@testset "a read-only array of a storage stays so as a view" begin
    Deltos.anonymous() do storage
        storage["x"] = [1, 2, 3]
        Deltos.array(storage, "x"; writable = false) do x
            @test seen(x).readonly && seen(view(x, 1:2)).readonly
            @test thrown(() -> fill!(seen(view(x, 1:2)), 0)) isa ReadOnlyError
            @test thrown(() -> copyto!(x, seen([4, 5, 6]))) isa ReadOnlyError
        end
        Deltos.array(x -> fill!(seen(view(x, 1:2)), 7), storage, "x")
        @test storage["x"] == [7, 7, 3]
    end
end

@testset "equality and order are by value, whatever the types and layouts" begin
    a = [1 2; 3 4]
    @test seen(a) == seen(Float32.(a)) && seen(a) == UInt8.(a) && a == seen(a)
    @test seen(a) == PermutedDimsArray(copy(a'), (2, 1))
    @test seen(a) != seen([1 2; 3 5]) && seen(a) != seen([1, 3, 2, 4]) && seen([NaN]) != seen([NaN])
    @test seen([0.0]) == [-0.0]
    @test seen([2^53 + 1]) != seen([2.0^53]) && seen([true]) == [1]
    one, other = seen([1]), seen([1])
    @test one == other && !isequal(one, other) && isequal(one, one) && length(Set([one, other, one])) == 2
    @test cmp(seen([1, 2]), seen([1, 3])) == -1 && cmp(seen([2]), seen([1, 3])) == 1 && cmp(seen([1.0]), seen([1])) == 0
    @test seen([1]) < seen([1, 0]) && isless(seen(Int8[-1]), seen(UInt8[0])) && !(seen([NaN]) < seen([1.0]))
    @test Deltos.order([NaN], [1.0]) === :unordered && Deltos.order([3], seen([2])) === :greater
    @test thrown(() -> cmp(seen([NaN]), seen([NaN]))) isa UnsupportedError
    @test thrown(() -> cmp(seen([1.0im]), seen([2.0im]))) isa UnsupportedError
    @test sort([seen([3]), seen([1, 5]), seen([1])]; lt = isless) == [[1], [1, 5], [3]]
end

@testset "elements are found and counted by value, under their indices" begin
    a = [1 2 3; 2 2 9]
    v = seen(a)
    @test findfirst(==(2), v) == findfirst(==(2), a) == CartesianIndex(2, 1)
    @test findnext(==(2), v, CartesianIndex(1, 2)) == CartesianIndex(1, 2)
    @test findnext(==(3), v, 2) == CartesianIndex(1, 3)
    @test findfirst(==(7), v) === nothing && count(==(2), v) == 3 && count(==(7), v) == 0
    @test findfirst(==(2.5), v) === nothing && count(==(2.0), v) == 3 && count(==(300), seen(UInt8[44])) == 0
    @test findfirst(==(3), seen([1, 3, 3])) == 2 && findnext(==(3), seen([1, 3, 3]), 3) == 3
    @test findnext(==(3), seen([1, 3]), 3) === nothing && thrown(() -> findnext(==(3), seen([1, 3]), 4)) isa RangeError
    @test count(==(0.1), seen(Float32[0.1])) == 0 && count(==(0.1f0), seen(Float32[0.1])) == 1
    @test count(==(NaN), seen([NaN])) == 0 && count(==(-0.0), seen([0.0])) == 1
    @test count(==(UInt8[1, 0]), seen([(0x01, 0x00), (0x00, 0x01)])) == 1
    @test count(==((0x00, 0x01)), seen([(0x00, 0x01)])) == 1
    @test thrown(() -> count(==(UInt8[1]), v)) isa TypeMismatchError
end

@testset "rows are picked by number, in any order" begin
    a = reshape(collect(1:24), 2, 3, 4)
    @test Deltos.gather(seen(a), [4, 1, 1]) == a[:, :, [4, 1, 1]] && Deltos.gather([5, 6, 7], 3:-1:1) == [7, 6, 5]
    target = zeros(Int, 2, 3, 2)
    @test Deltos.gather!(target, seen(a), [2, 3]) === target && target == a[:, :, 2:3]
    @test Deltos.gather!(seen(target), a, [1, 1]) == a[:, :, [1, 1]]
    @test thrown(() -> Deltos.gather(seen(a), [5])) isa RangeError
    @test thrown(() -> Deltos.gather(seen(a), [0])) isa RangeError
    @test thrown(() -> Deltos.gather!(zeros(Int, 2), seen(a), [1])) isa TypeMismatchError
    @test thrown(() -> Deltos.gather(seen(fill(1)), [1])) isa TypeMismatchError
    b = [1, 2, 3]
    @test Deltos.gather!(b, b, [3, 1, 2]) == [3, 1, 2]
end

@testset "single elements are read and stored with checks" begin
    a = Int16[1 2; 3 4]
    v = seen(a)
    @test v[2, 1] === Int16(3) && v[CartesianIndex(1, 2)] === Int16(2) && Deltos.bytes(v, 2, 2) == UInt8[4, 0]
    v[1, 2] = 20
    v[CartesianIndex(2, 2)] = 0x05
    v[1, 1] = 6.0
    v[2, 1] = true
    @test a == [6 20; 1 5]
    v[1, 1] = UInt8[1, 1]
    @test a[1, 1] == 257 && thrown(() -> v[1, 1] = 40000) isa RangeError && thrown(() -> v[1, 1] = 1.5) isa RangeError
    @test thrown(() -> v[1, 1] = UInt8[1]) isa TypeMismatchError
    @test thrown(() -> v[3, 1]) isa RangeError && thrown(() -> v[0, 1]) isa RangeError
    @test thrown(() -> v[1]) isa BoundsError
    @test Deltos.number(Float64, v, 1, 2) === 20.0 && Deltos.number(UInt64, v, 2, 2) === UInt64(5)
    @test thrown(() -> Deltos.number(Int64, seen([1.5]), 1)) isa RangeError
    @test Deltos.number(Int64, seen([true]), 1) === 1
    @test thrown(() -> Deltos.number(UInt64, seen([-1]), 1)) isa RangeError
    big = seen([0.0])
    big[1] = big"2"^40
    @test big[1] == 2.0^40 && (big[1] = 1 // 4; big[1] == 0.25)
    complex = seen([1 + 2im])
    complex[1] = 3
    @test complex[1] === 3 + 0im && thrown(() -> Deltos.number(Int64, complex, 1)) isa TypeMismatchError
    swapped = reinterpret(">i", seen(Int32[bswap(Int32(7))]))
    @test swapped[1] === 7 && (swapped[1] = -2; swapped[1] === -2) && eltype(swapped) === Vector{UInt8}
    @test reinterpret(">I", swapped)[1] === UInt64(0xfffffffe) && reinterpret(">f", swapped)[1] isa Float64
    @test thrown(() -> collect(swapped)) isa FormatError && thrown(() -> fill!(swapped, "x")) isa TypeMismatchError
    fill!(swapped, UInt8[0, 0, 1, 0])
    @test swapped[1] === 256 && reinterpret("<T{>h:a:h:b:}", swapped)[1] isa Vector{UInt8}
    bools = reinterpret(Bool, seen(UInt8[2, 0]))
    @test bools[1] === true && bools[2] === false
    half = seen([Deltos.BFloat16(1)])
    half[1] = 2.5
    @test half[1] == Deltos.BFloat16(2.5)
end

@testset "atomic operations are those of the processor" begin
    for T in (Int32, UInt32, Int64, UInt64, Float32, Float64)
        v = seen(T[1, 2])
        @test Deltos.atomic_load(v, 2) === T(2) && Deltos.atomic_add!(v, 2, 3; order = :monotonic) === T(2)
        Deltos.atomic_store!(v, 1, 9; order = :release)
        @test Deltos.atomic_load(v, (1,); order = :acquire) === T(9) && v == T[9, 5]
        @test Deltos.atomic_replace!(v, 1, 8, 7) === (old = T(9), success = false)
        replaced = Deltos.atomic_replace!(v, CartesianIndex(1), 9, 7; order = :acquire_release)
        @test replaced === (old = T(9), success = true)
        @test v[1] === T(7)
    end
    v = seen([1 2; 3 4])
    @test Deltos.atomic_add!(v, (2, 1), typemax(Int)) == 3 && v[2, 1] == typemin(Int) + 2
    @test thrown(() -> Deltos.atomic_load(v, 1)) isa BoundsError
    @test thrown(() -> Deltos.atomic_load(v, (3, 1))) isa RangeError
    @test thrown(() -> Deltos.atomic_load(v, (1, 1); order = :release)) isa InvalidError
    @test thrown(() -> Deltos.atomic_store!(v, (1, 1), 1; order = :acquire)) isa InvalidError
    @test thrown(() -> Deltos.atomic_load(v, (1, 1); order = :sometime)) isa InvalidError
    @test thrown(() -> Deltos.atomic_load(seen(UInt8[1]), 1)) isa TypeMismatchError
    @test thrown(() -> Deltos.atomic_add!(v, (1, 1), UInt8[1])) isa TypeMismatchError
    @test thrown(() -> Deltos.atomic_replace!(v, (1, 1), 1, UInt8[1])) isa TypeMismatchError
    counter = seen([0])
    foreach(wait, [Threads.@spawn(for _ in 1:1000; Deltos.atomic_add!(counter, 1, 1); end) for _ in 1:4])
    @test counter[1] == 4000
end

@testset "files are read into views and written from them" begin
    path, a = fresh_path("bytes"), reshape(collect(Int32, 1:12), 3, 4)
    @test write(path, seen(a)) == 48 && read(path) == reinterpret(UInt8, vec(a))
    into = zeros(Int32, 3, 4)
    @test read!(path, seen(into)) isa Deltos.View && into == a
    fill!(into, 0)
    open(path) do io
        @test readbytes!(RawFD(fd(io)), view(seen(into), 2, :)) == 16 && into[2, :] == 1:4
        @test readbytes!(RawFD(fd(io)), seen(into); offset = 36) == 12 && into[:, 1] == 10:12
        @test thrown(() -> read!(RawFD(fd(io)), seen(into); offset = 40)) isa EOFError
        @test read!(RawFD(fd(io)), Deltos.window(seen(into), 2, 1); offset = 0) == reshape(1:3, 3, 1)
        @test into[:, 2] == 1:3
    end
    open(path, "r+") do io
        @test write(RawFD(fd(io)), view(seen(a), 3:-1:1, 1); offset = 12) == 12
        @test thrown(() -> write(RawFD(fd(io)), seen(a); offset = -1)) isa InvalidError
    end
    @test reinterpret(Int32, read(path))[1:7] == [1, 2, 3, 3, 2, 1, 7]
    strided = IOBuffer()
    @test write(strided, view(seen(a), :, 4:-1:3)) == 24 && reinterpret(Int32, take!(strided)) == [10, 11, 12, 7, 8, 9]
    source = IOBuffer(reinterpret(UInt8, Int32[5, 6, 7, 8]))
    @test read!(source, view(seen(into), 1, :)) == [5, 6, 7, 8] && into[1, :] == 5:8
    @test thrown(() -> read!(source, seen(into))) isa EOFError
    @test thrown(() -> read!(path, seen(zeros(100)))) isa EOFError
    @test Deltos.packed_bytes(transpose(seen(a)))[1:12] == reinterpret(UInt8, Int32[1, 4, 7])
    Deltos.anonymous() do storage
        storage["x"] = zeros(Int32, 3, 4)
        read!(path, storage["x"])
        @test storage["x"][1:2] == [1, 2]
        reading = Deltos.View(Deltos.Buffer(storage, "x"))
        @test thrown(() -> read!(path, reading)) isa ReadOnlyError
        Deltos.array(x -> (@test thrown(() -> read!(path, x)) isa ReadOnlyError), storage, "x"; writable = false)
        closed = RawFD(9999)
        refused = thrown(() -> readbytes!(closed, reading))
        @test refused isa ReadOnlyError && thrown(() -> write(closed, reading)) isa IoError
    end
end

# ---- Against arrays --------------------------------------------------------------------------------------------------

random_index(random, n) = rand(random, Any[
    :, n == 0 ? (1:0) : rand(random, 1:n), 1:n, n:-1:1, 1:2:n, (n:-3:1), (1:0), n == 0 ? (1:0) : (rand(random, 1:n):n),
])

"A view and an array of the same content, changed alike."
function shapes_agree(seed)
    random = MersenneTwister(seed)
    dims = ntuple(_ -> rand(random, 0:5), rand(random, 1:4))
    T = rand(random, [Int8, UInt16, Int32, Float64, ComplexF64, NTuple{3,UInt8}])
    a = T <: Tuple ? T[ntuple(_ -> rand(random, UInt8), 3) for _ in CartesianIndices(dims)] : rand(random, T, dims)
    v = seen(a)
    for _ in 1:6
        kind = rand(random, 1:5)
        if kind <= 2 && ndims(a) > 0
            indices = map(n -> random_index(random, n), size(a))
            v, a = view(v, indices...), view(a, indices...)
        elseif kind == 3
            order = randperm(random, ndims(a))
            v, a = permutedims(v, order), PermutedDimsArray(a, order)
        elseif kind == 4 && Deltos.contiguity(v).c
            v, a = vec(v), vec(a)
        elseif kind == 5 && !isempty(a) && T !== NTuple{3,UInt8}
            fill!(v, one(T))
            all(==(one(T)), a) || return "seed $seed: fill!"
        end
        size(v) == size(a) && collect(v) == a && v == collect(a) || return "seed $seed: $(size(v)) $(size(a))"
        wanted = isempty(a) ? zero(UInt8) : first(a)
        isempty(a) || findfirst(==(wanted), v) == first(keys(a)) || return "seed $seed: find"
        isempty(a) || count(==(wanted), v) == count(==(wanted), a) || return "seed $seed: count"
    end
    return nothing
end

const SHAPES = haskey(ENV, "DELTOS_LONG") ? 3000 : 150

@testset "random parts and shapes are those of arrays, seed $seed" for seed in 1:SHAPES
    @test shapes_agree(seed) === nothing
    seed % 40 == 0 && GC.gc()
end
