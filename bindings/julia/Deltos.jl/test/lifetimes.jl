# Lifetimes: what ends when, in any order, by hand or by the collector.

"Runs f where what it leaves on the stack is gone afterwards, and collects."
function collected(f)
    task = @task f()
    schedule(task)
    wait(task)
    task = nothing
    GC.gc()
    GC.gc()
    return nothing
end

@testset "close refuses while an array can be reached, and names it" begin
    storage = Deltos.anonymous("label")
    storage["a/b"] = [1, 2]
    a = storage["a/b"]
    refused = thrown(() -> close(storage))
    @test refused isa PinnedError && occursin("\"a/b\"", refused.message)
    @test isopen(storage) && isopen(a)
    found = pins(storage)
    @test length(found) == 1 && found[1].name == "a/b" && found[1].view_count == 1 && found[1].writable && found[1].nbytes == 16
    close(a)
    @test pins(storage) == []
    close(storage)
    close(storage)
    @test !isopen(storage) && thrown(() -> storage["a/b"]) isa ClosedError && thrown(() -> stat(storage)) isa ClosedError
    detach(storage)
end

@testset "close collects the arrays that nobody can reach" begin
    storage = Deltos.anonymous()
    storage["x"] = zeros(1000)
    wait(@async (sum(storage["x"]); nothing))
    close(storage)
    @test !isopen(storage)
end

@testset "detach never refuses, and arrays stay valid" begin
    storage = Deltos.anonymous()
    storage["x"] = [1, 2, 3]
    a, buffer, state = storage["x"], Deltos.Buffer(storage, "x"), snapshot(storage)
    open_transaction = transaction(storage)
    detach(storage)
    @test a == [1, 2, 3]
    a[1] = 5
    @test sum(a) == 10
    @test thrown(() -> state["x"]) isa ClosedError && thrown(() -> Deltos.array(buffer)) isa ClosedError
    @test thrown(() -> commit(open_transaction)) isa ClosedError
    foreach(close, (open_transaction, state, buffer, a))
end

@testset "a block's storage is closed whatever happens, and not left behind locked" begin
    path = fresh_path()
    @test thrown(() -> Deltos.open(s -> error("mine"), path, "x")) == ErrorException("mine")
    escaped = Ref{Any}()
    refused = thrown(() -> Deltos.open(path, "r+") do storage
        storage["x"] = [1, 2]
        escaped[] = storage["x"]
    end)
    @test refused isa PinnedError
    @test escaped[] == [1, 2]
    close(escaped[])
    @test Deltos.open(keys, path, "r+") == ["x"]
end

@testset "a closed array refuses every use" begin
    Deltos.anonymous() do storage
        storage["x"] = [1.0 2.0]
        a = storage["x"]
        close(a)
        close(a)
        @test !isopen(a)
        for use in (() -> a[1], () -> a[1] = 2, () -> size(a), () -> sum(a), () -> a * a', () -> copy(a), () -> pointer(a), () -> a .+ 1, () -> fill!(a, 0))
            @test thrown(use) isa ClosedError
        end
        @test repr(a) == "BufferArray, closed" && repr(MIME"text/plain"(), a) == "BufferArray, closed"
    end
end

@testset "everything may be closed twice, and shown afterwards" begin
    storage = Deltos.anonymous()
    storage["x"] = [1]
    things = Any[snapshot(storage), Deltos.Buffer(storage, "x"), Deltos.View(Deltos.Buffer(storage, "x")), storage["x"], transaction(storage), storage]
    @test all(isopen, things) && all(thing -> !occursin("closed", repr(thing)), things)
    @test occursin("Storage(memory, r+)", repr(storage)) && occursin("\"x\", 1 of \"q\"", repr(things[2]))
    foreach(close, things)
    foreach(close, things)
    @test !any(isopen, things) && all(thing -> occursin(r"closed|ended", repr(thing)), things)
end

@testset "what is not closed is collected, in whatever order" begin
    path = fresh_path()
    Deltos.open(s -> (s["x"] = zeros(100)), path, "x")
    for round in 1:20
        collected() do
            storage = Deltos.open(path, "r+")
            kept = Any[storage, snapshot(storage), Deltos.Buffer(storage, "x"), storage["x"], transaction(storage), Deltos.View(Deltos.Buffer(storage, "x"))]
            shuffle!(MersenneTwister(round), kept)
            foreach(thing -> thing isa Storage || rand() < 0.3 && close(thing), kept)
            nothing
        end
    end
    writer = Deltos.open(path, "r+"; timeout = 5) # all writers are gone
    @test stat(writer).view_count == 0
    close(writer)
end

@testset "an array keeps what it needs, and nothing is left when it goes" begin
    path = fresh_path()
    Deltos.open(s -> (s["x"] = collect(1:1000)), path, "x")
    a = Deltos.open(path)["x"]
    bytes_array = Deltos.open_memory(read(path))["x"]
    for _ in 1:10
        GC.gc()
        collect(1:10^5)
        @test sum(a) == sum(bytes_array) == 500500
    end
    close(a)
    close(bytes_array)
    descriptors() = length(readdir("/proc/self/fd"))
    before = descriptors()
    collected(() -> (for _ in 1:50; Deltos.open(path)["x"]; end))
    @test descriptors() <= before
end

@testset "a storm of collections disturbs nothing" begin
    path = fresh_path()
    Deltos.open(path, "x"; durability = :async) do storage
        values = zeros(Int, 100)
        storage["x"] = values
        for round in 1:300
            a = storage["x"]
            a[mod1(round, 100)] = values[mod1(round, 100)] = round
            round % 7 == 0 && GC.gc(round % 14 == 0)
            round % 11 == 0 && (attributes(storage)["round"] = round)
            round % 13 == 0 && transaction(t -> (t["y"] = a), storage)
            @test storage["x"] == a == values
            round % 3 == 0 && close(a)
        end
        @test attributes(storage)["round"] == 297
        @test verify(storage) == []
    end
end
