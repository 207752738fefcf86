# Tasks and threads: handles may be used and closed from any of them.

"Runs f(k) for k in 1:n, each in a task of its own, on all threads; throws what one of them throws."
in_tasks(f, n) = foreach(wait, [Threads.@spawn f(k) for k in 1:n])

@testset "many tasks read, store and commit at once" begin
    path = fresh_path()
    Deltos.open(path, "x"; durability = :async) do storage
        storage["shared"] = zeros(Int, 64)
        in_tasks(16) do k
            for round in 1:20
                transaction(t -> (t["task/$k"] = fill(round, 10)), storage)
                Deltos.array(a -> a[k] += 1, storage, "shared")
                @assert Deltos.array(copy, storage, "task/$k") == fill(round, 10)
                snapshot(s -> attributes(s), storage)
                round % 10 == 0 && GC.gc(false)
            end
        end
        @test length(storage) == 17
        @test storage["shared"][1:16] == fill(20, 16)
        @test verify(storage) == []
    end
end

@testset "closing while others use: they get it done, or are told" begin
    path = fresh_path()
    Deltos.open(s -> (s["x"] = ones(1000)), path, "x")
    for round in 1:30
        storage = Deltos.open(path)
        tasks = [Threads.@spawn begin
            outcomes = Set{Any}()
            for _ in 1:50
                push!(outcomes, typeof(thrown(() -> Deltos.array(sum, storage, "x"))))
            end
            outcomes
        end for _ in 1:4]
        iseven(round) ? detach(storage) : (while thrown(() -> close(storage)) isa PinnedError; yield(); end)
        @test !isopen(storage)
        @test issubset(union(fetch.(tasks)...), Set([Nothing, ClosedError]))
    end
end

@testset "one handle closed by many tasks ends once" begin
    for _ in 1:50
        storage = Deltos.anonymous()
        storage["x"] = [1]
        things = Any[storage["x"], snapshot(storage), Deltos.Buffer(storage, "x")]
        in_tasks(k -> foreach(close, k % 2 == 0 ? things : reverse(things)), 8)
        in_tasks(k -> (k % 2 == 0 ? close : detach)(storage), 8)
        @test !any(isopen, things) && !isopen(storage)
    end
end

@testset "a transaction used by several tasks is used by one at a time" begin
    Deltos.anonymous() do storage
        transaction(storage) do t
            in_tasks(k -> (t["x/$k"] = fill(k, 100)), 20)
        end
        @test length(storage) == 20 && all(storage["x/$k"] == fill(k, 100) for k in 1:20)
    end
end

@testset "a collection does not wait for a task that waits for a transaction" begin
    Deltos.anonymous() do storage
        held = transaction(storage)
        waiting = Threads.@spawn transaction(t -> (t["x"] = [1]), storage)
        for _ in 1:20
            GC.gc()
            yield()
        end
        commit(held)
        wait(waiting)
        @test haskey(storage, "x")
    end
end
