# Growable vectors: they do what a Vector does, in every home, and their memory stays where it is.

const HOMES = Dict(
    "anonymous memory" => T -> Deltos.GrowableVector{T}(),
    "a flat file" => T -> Deltos.GrowableVector{T}(fresh_path("flat"), "x"),
    "a storage" => T -> Deltos.create_vector!(Deltos.anonymous(), "v", T),
)

@testset "it grows and shrinks like a Vector, in $home" for (home, make) in HOMES
    v, w = make(Int64), Int64[]
    @test isempty(v) && v isa AbstractVector{Int64} && thrown(() -> pop!(v)) isa ArgumentError
    for x in (v, w)
        push!(x, 1, 2, 3)
        append!(x, 4:6)
        append!(x, [7, 8])
        append!(x, Int8[9])
        append!(x, (k for k in 10:12 if k != 11))
        insert!(x, 1, 0)
        insert!(x, length(x) + 1, 99)
        prepend!(x, [-2, -1])
        pushfirst!(x, -3)
        x[2] = 20
    end
    @test v == w && collect(v) == w && sum(v) == sum(w) && maximum(v) == 99 && v[end] == 99
    for x in (v, w)
        deleteat!(x, 2)
        deleteat!(x, 3:4)
        deleteat!(x, [1, 3])
        reverse!(x)
        sort!(x; rev = true)
        filter!(k -> k != 9, x)
        x[2:3] .= 5
    end
    @test v == w && pop!(v) == pop!(w) && popfirst!(v) == popfirst!(w) && splice!(v, 2) == splice!(w, 2)
    @test splice!(v, 1:2, [5, 6, 7]) == splice!(w, 1:2, [5, 6, 7]) && v == w
    @test resize!(v, 20) === v && v[1:length(w)] == w && all(iszero, v[length(w)+1:20])
    @test resize!(v, 3) == w[1:3] && findfirst(==(6), v) == 2 && count(==(7), v) == 1
    @test sizehint!(v, 100_000) === v && Deltos.capacity(v) >= 100_000 && length(v) == 3
    @test append!(v, v) == [w[1:3]; w[1:3]] && append!(v, view([1, 2, 3], 3:-2:1))[end-1:end] == [3, 1]
    @test Deltos.byteswap!(resize!(v, 1))[1] == bswap(w[1]) && Deltos.shrink!(v) === v
    @test empty!(v) == Int64[] && length(v) == 0 && sum(v) == 0
    close(v)
    close(v)
    @test !isopen(v) && thrown(() -> length(v)) isa ClosedError && thrown(() -> push!(v, 1)) isa ClosedError
    @test repr(v) == "GrowableVector, closed"
end

@testset "what cannot be is refused, and changes nothing" begin
    v = append!(Deltos.GrowableVector{Int8}(), 1:3)
    @test thrown(() -> v[0]) isa BoundsError && thrown(() -> v[4]) isa BoundsError
    @test thrown(() -> v[4] = 1) isa BoundsError
    @test thrown(() -> push!(v, 300)) isa InexactError && thrown(() -> insert!(v, 5, 1)) isa BoundsError
    @test thrown(() -> append!(v, [1, 300])) isa InexactError && thrown(() -> deleteat!(v, 4)) isa BoundsError
    @test thrown(() -> deleteat!(v, [2, 1])) isa ArgumentError && thrown(() -> resize!(v, -1)) isa InvalidError
    @test thrown(() -> splice!(v, 2:4)) isa BoundsError && thrown(() -> insert!(v, 0, 1)) isa BoundsError
    @test v == [1, 2, 3] && thrown(() -> Deltos.GrowableVector{String}()) isa FormatError
    small = Deltos.GrowableVector{Int64}(; max_bytes = 1 << 16)
    @test thrown(() -> resize!(small, 1 << 20)) isa LimitError && isempty(small)
end

@testset "arrays of it stay valid while it grows, and keep it from being cut" begin
    v = append!(Deltos.GrowableVector{Int64}(), 1:10)
    shown = Deltos.array(v)
    at = pointer(shown)
    append!(v, 11:200_000)
    @test shown == 1:10 && pointer(shown) == at && v[150_000] == 150_000
    shown[1] = 100
    @test v[1] == 100 && Deltos.array(length, v) == 200_000
    @test thrown(() -> resize!(v, 5)) isa PinnedError && thrown(() -> empty!(v)) isa PinnedError
    @test length(resize!(v, 10)) == 10 && thrown(() -> close(v)) isa PinnedError && isopen(v)
    close(shown)
    @test empty!(v) == [] && (close(v); !isopen(v))
end

@testset "elements pushed while appending are there at the end, also after an error" begin
    v = Deltos.GrowableVector{Float64}()
    @test Deltos.appending(into -> foreach(k -> push!(into, k), 1:100_000), v) === v
    @test length(v) == 100_000 && v[77] == 77.0 && sum(v) == sum(1.0:100_000)
    escaped = Ref{Any}()
    failing(into) = (escaped[] = into; append!(into, [1, 2]); error("mine"))
    @test thrown(() -> Deltos.appending(failing, v)) isa ErrorException
    @test length(v) == 100_002 && v[end] == 2 && thrown(() -> push!(escaped[], 1)) isa ClosedError
    Deltos.appending(v) do into
        push!(into, 3)
        Deltos.publish!(into)
        push!(into, 4)
    end
    @test v[end-1:end] == [3, 4]
end

@testset "a flat file is its elements, for every program, and is opened again" begin
    path = fresh_path("flat")
    v = Deltos.GrowableVector{Float32}(path, "a")
    append!(v, Float32[1, 2, 3])
    reader = Deltos.GrowableVector{Float32}(path)
    @test reader == [1, 2, 3] && thrown(() -> push!(reader, 1)) isa ReadOnlyError
    @test thrown(() -> Deltos.appending(identity, reader)) isa ReadOnlyError
    @test thrown(() -> reader[1] = 0) isa ReadOnlyError
    push!(v, 4)
    @test reader[4] == 4 && length(reader) == 4
    append!(v, zeros(Float32, 100_000))
    refresh!(reader)
    @test length(reader) == 100_004 && reader[100_004] == 0
    detach(reader)
    resize!(v, 4)
    flush(v)
    @test reinterpret(Float32, read(path)) == [1, 2, 3, 4]
    @test sync(v) === nothing && fd(v) isa RawFD
    @test thrown(() -> Deltos.GrowableVector{Float32}(path, "r+")) isa LockedError
    close(v)
    @test filesize(path) == 16 && thrown(() -> Deltos.GrowableVector{Float32}(path, "x")) isa ExistsError
    @test thrown(() -> Deltos.GrowableVector{NTuple{3,UInt8}}(path)) isa LayoutError
    @test thrown(() -> Deltos.GrowableVector{Float32}(path * "?")) isa NotFoundError
    again = Deltos.GrowableVector{UInt32}(path, "in-place")
    again[1] = 7
    @test reinterpret(UInt32, read(path)[1:4])[1] == 7
    close(again)
end

@testset "anonymous memory is opened by its descriptor" begin
    v = append!(Deltos.GrowableVector{Int32}(; capacity = 1000), 1:5)
    other = Deltos.GrowableVector(fd(v))
    @test other isa Deltos.GrowableVector{Int32} && other == 1:5
    push!(v, 6)
    @test length(other) == 6 && other[6] == 6 && thrown(() -> push!(other, 7)) isa ReadOnlyError
    @test thrown(() -> Deltos.storage(v)) isa UnsupportedError && stat(v).format == "i"
    view = Deltos.View(v)
    @test view == 1:6 && Deltos.gather(view, [6, 1]) == [6, 1]
    foreach(close, (view, other, v))
end

@testset "a stored vector is there after reopening, and under its name" begin
    path = fresh_path()
    Deltos.open(path, "x") do storage
        v = Deltos.create_vector!(storage, "v", Float64; capacity = 100)
        append!(v, 1:1000)
        @test storage["v"] isa Deltos.GrowableVector{Float64} && haskey(storage, "v") && stat(v).name == "v"
        Deltos.open(path) do other
            seen = Deltos.GrowableVector(other, "v")
            push!(v, 7)
            sync(v)
            refresh!(seen)
            @test length(seen) == 1001 && seen[1001] == 7 && thrown(() -> push!(seen, 1)) isa ReadOnlyError
            detach(seen)
        end
        attributes(v)["unit"] = "m"
        @test thrown(() -> Deltos.create_vector!(storage, "v", Float64)) isa ExistsError
        @test thrown(() -> Deltos.Table(storage, "v")) isa KindError
        detach(v)
    end
    Deltos.open(path, "r+") do storage
        v = storage["v"]
        @test length(v) == 1001 && v[1:3] == 1:3 && attributes(v)["unit"] == "m" && Deltos.storage(v) === storage
        resize!(v, 2)
        detach(v)
        @test verify(storage) == []
    end
    Deltos.open(storage -> (@test storage["v"] == [1, 2]), path)
end

@testset "what a transaction makes is a vector at once, and gone when that is aborted" begin
    storage = Deltos.anonymous()
    t = transaction(storage)
    lost = append!(Deltos.create_vector!(t, "lost", Int16), 1:5)
    shown = Deltos.array(lost)
    @test lost == 1:5 && t["lost"] == 1:5 && !haskey(storage, "lost")
    abort(t)
    @test !haskey(storage, "lost") && shown == 1:5 && thrown(() -> push!(lost, 6)) isa StaleError
    close(shown)
    detach(lost)
    kept = transaction(t -> append!(Deltos.create_vector!(t, "kept", Int16), 1:5), storage)
    push!(kept, 6)
    @test storage["kept"] == 1:6 && thrown(() -> seal!(storage, "kept")) isa UnsupportedError
    t = transaction(storage)
    append!(kept, zeros(Int16, 100_000))
    abort(t)
    @test length(storage["kept"]) == 100_006 && thrown(() -> t["kept"]) isa ClosedError
    snapshot(s -> (@test thrown(() -> Deltos.create_vector!(s, "new", Int16)) isa ReadOnlyError), storage)
end

@testset "a deleted or renamed vector is still what it was for who holds it" begin
    storage = Deltos.anonymous()
    v = append!(Deltos.create_vector!(storage, "a", UInt8), 1:3)
    rename!(storage, "a", "b")
    @test storage["b"] == 1:3 && keys(storage) == ["b"]
    storage["b"][1] = 9
    @test push!(storage["b"], 4) == [9, 2, 3, 4] && v[1] == 9 && Deltos.list(storage)[1].name == "b"
    delete!(storage, "b")
    @test isempty(storage) && v == [9, 2, 3, 4] && !stat(v).current && thrown(() -> push!(v, 5)) isa StaleError
end

@testset "another process sees what is pushed to a stored vector" begin
    path = fresh_path()
    storage = Deltos.open(path, "x")
    v = append!(Deltos.create_vector!(storage, "v", Int64), 1:10)
    code = """using Deltos
              v = Deltos.GrowableVector(Deltos.open(ARGS[1]), "v")
              foreach(_ -> (refresh!(v); println(sum(v)); flush(stdout)), eachline(stdin))"""
    package = dirname(@__DIR__) # inside a command, Julia 1.5 takes @__DIR__ for the working directory
    command = `$(Base.julia_cmd()) --startup-file=no --project=$package -e $code $path`
    other = open(command, "r+")
    seen() = (println(other); parse(Int, readline(other)))
    @test seen() == 55
    push!(v, 45)
    @test seen() == 100
    append!(v, fill(1, 1_000_000))
    @test seen() == 1_000_100
    resize!(v, 2)
    @test seen() == 3
    close(other)
    foreach(close, (v, storage))
end

@testset "files are read into its elements, and tables made of it" begin
    v = resize!(Deltos.GrowableVector{Int32}(), 6)
    read!(IOBuffer(reinterpret(UInt8, Int32[1, 2, 3])), Deltos.window(Deltos.View(v, Raw.DELTOS_VIEW_FULL), 3, 3))
    @test v == [0, 0, 1, 2, 3, 0]
    table = Deltos.Table([Deltos.View(v), Deltos.array(v)])
    append!(v, 1:100_000)
    Deltos.rows(rows -> (@test rows[1] == rows[2] == v[1:6]), table)
    @test thrown(() -> resize!(v, 5)) isa PinnedError
end

@testset "structures, booleans and bytes are elements too" begin
    v = Deltos.GrowableVector{NamedTuple{(:a, :b),Tuple{Int32,Float64}}}()
    push!(v, (a = 1, b = 2.5))
    @test v[1] == (a = 1, b = 2.5) && v[1].b == 2.5
    bools = append!(Deltos.GrowableVector{Bool}(), [true, false, true])
    @test bools == [true, false, true] && sum(bools) == 2 && pop!(bools) === true
    triples = push!(Deltos.GrowableVector{NTuple{3,UInt8}}(), (1, 2, 3))
    @test triples[1] === (0x01, 0x02, 0x03)
end

# ---- Against Vector --------------------------------------------------------------------------------------------------

function grows_like_a_vector(seed)
    random = MersenneTwister(seed)
    v, w = rand(random, collect(values(HOMES)))(Int32), Int32[]
    for step in 1:120
        kind, n = rand(random, 1:12), length(w)
        some = rand(random, Int32, rand(random, 0:40))
        index = rand(random, 1:n+1)
        kind == 1 && (push!(v, step); push!(w, step))
        kind == 2 && (append!(v, some); append!(w, some))
        kind == 3 && (insert!(v, index, step); insert!(w, index, step))
        kind == 4 && n > 0 && (pop!(v) == pop!(w) || return "seed $seed: pop!")
        kind == 5 && (range = index:min(n, index + 5); deleteat!(v, range); deleteat!(w, range))
        kind == 6 && (resize!(v, n ÷ 2); resize!(w, n ÷ 2))
        kind == 7 && n > 0 && (v[min(index, n)] = step; w[min(index, n)] = step)
        kind == 8 && (reverse!(v); reverse!(w))
        kind == 9 && (Deltos.appending(into -> append!(into, some), v); append!(w, some))
        kind == 10 && (splice!(v, index:index-1, some); splice!(w, index:index-1, some))
        kind == 11 && step % 10 == 0 && (empty!(v); empty!(w))
        kind == 12 && (step % 3 == 0 ? GC.gc(false) : Deltos.shrink!(v))
        v == w && length(v) == length(w) || return "seed $seed, step $step: $kind"
    end
    close(v)
    return nothing
end

@testset "random lives are those of a Vector, seed $seed" for seed in 1:(haskey(ENV, "DELTOS_LONG") ? 1000 : 40)
    @test grows_like_a_vector(seed) === nothing
end

@testset "what is not closed is collected, in whatever order" begin
    path = fresh_path("flat")
    for round in 1:20
        let v = Deltos.GrowableVector{Int64}(fresh_path("flat"), "x")
            append!(v, 1:1000)
            kept = Any[v[1:2], Deltos.array(v), Deltos.View(v), view(Deltos.View(v), 3:5)]
            shuffle!(MersenneTwister(round), kept)
        end
        round % 4 == 0 && GC.gc()
    end
    held = Deltos.array(append!(Deltos.GrowableVector{Int64}(), 1:1000))
    foreach(_ -> (GC.gc(); zeros(1000)), 1:5)
    @test held == 1:1000
end
