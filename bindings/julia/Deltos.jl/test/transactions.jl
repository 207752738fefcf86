# Transactions, snapshots, and the names in them.

@testset "a block commits when it returns and aborts when it throws" begin
    Deltos.anonymous() do storage
        @test transaction(t -> (t["a"] = [1]; :result), storage) === :result
        @test thrown(() -> transaction(t -> (t["b"] = [2]; error("no")), storage)) == ErrorException("no")
        @test keys(storage) == ["a"]
        t = transaction(storage; durability = :lazy)
        t["c"] = [3]
        @test keys(t) == ["a", "c"] && keys(storage) == ["a"] && length(t) == 2
        number = commit(t; durability = :sync)
        @test !isopen(t) && Deltos.id(t) == number == stat(storage).transaction_id
        @test thrown(() -> t["d"] = [4]) isa ClosedError
        @test thrown(() -> commit(t)) isa ClosedError
        abort(t)
        @test keys(storage) == ["a", "c"]
        transaction(storage) do early
            early["d"] = [4]
            abort(early)
        end
        @test !haskey(storage, "d")
        @test thrown(() -> transaction(storage; durability = :never)) isa InvalidError
    end
end

@testset "one transaction at a time: another of this task is refused, of another task waits" begin
    Deltos.anonymous() do storage
        first = transaction(storage)
        @test thrown(() -> transaction(storage)) isa BusyError
        @test thrown(() -> storage["x"] = [1]) isa BusyError
        @test thrown(() -> close(storage)) isa BusyError
        late = @async thrown(() -> transaction(storage; timeout = 0.02))
        @test fetch(late) isa BusyError
        waiting = @async transaction(t -> (t["w"] = [1]), storage)
        sleep(0.05)
        @test !istaskdone(waiting)
        commit(first)
        wait(waiting)
        @test keys(storage) == ["w"]
    end
end

@testset "names are created, replaced, renamed, deleted and listed" begin
    Deltos.anonymous() do storage
        storage["a/b"], storage["a/c"], storage["a/c/d"], storage["ä"] = [1], [2], [3], [4]
        @test keys(storage) == ["a/b", "a/c", "a/c/d", "ä"] && keys(storage, "a/c") == ["a/c", "a/c/d"]
        @test [(e.name, e.is_level) for e in Deltos.list(storage, "a/")] == [("a/b", false), ("a/c", false), ("a/c/", true)]
        @test Deltos.list(storage)[1] == Deltos.Entry("a/", 0, true, 0)
        @test haskey(storage, "a/b") && !haskey(storage, "a") && get(storage, "no", 5) == 5 && get(() -> 6, storage, "no") == 6
        @test get(storage, "a/b", nothing) == [1]
        @test thrown(() -> storage["no"]) isa NotFoundError && thrown(() -> delete!(storage, "no")) isa NotFoundError
        @test thrown(() -> storage["a//b"] = [1]) isa InvalidError && thrown(() -> storage["a\0b"]) isa InvalidError
        id = stat(Deltos.Buffer(storage, "a/b")).id
        rename!(storage, "a/b", "b")
        @test stat(Deltos.Buffer(storage, "b")).id == id
        @test stat(Deltos.Buffer(storage, id)).name == "b"
        @test thrown(() -> rename!(storage, "b", "ä")) isa ExistsError
        rename!(storage, "b", "ä"; replace = true)
        @test storage["ä"] == [1]
        @test delete_prefix!(storage, "a/") == 2 && delete_prefix!(storage, "a/") == 0
        @test [name => copy(a) for (name, a) in storage] == ["ä" => [1]]
        @test thrown(() -> create!(storage, "ä", [1])) isa ExistsError
        @test thrown(() -> Deltos.replace!(storage, "no", [1])) isa NotFoundError
        empty!(storage)
        @test isempty(storage) && length(storage) == 0
        many = ["n/$(lpad(k, 4, '0'))" for k in 1:300]
        transaction(t -> foreach(name -> create!(t, name, Float32, 2), many), storage)
        @test keys(storage) == many && length(storage) == 300
    end
end

@testset "new content is private until the commit, and the old stays for whoever has it" begin
    Deltos.anonymous() do storage
        storage["x"] = [1, 2, 3]
        old, state = storage["x"], snapshot(storage)
        transaction(storage) do t
            Deltos.array(a -> a[1] = 100, Deltos.replace!(t, "x"); writable = true)
            @test t["x"] == [100, 2, 3] && storage["x"] == [1, 2, 3]
            made = create!(t, "zeros", Int16, 2, 3)
            @test !stat(made).stored
            Deltos.array(a -> a .= [1 2 3; 4 5 6], made)
        end
        @test storage["x"] == [100, 2, 3] && old == [1, 2, 3] && state["x"] == [1, 2, 3] && storage["zeros"] == [1 2 3; 4 5 6]
        @test !haskey(state, "zeros") && Deltos.id(state) < stat(storage).transaction_id
        @test thrown(() -> state["y"] = [1]) isa ReadOnlyError && thrown(() -> delete!(state, "x")) isa ReadOnlyError
        @test refresh!(state) && state["x"] == [100, 2, 3] && !refresh!(state)
        close(old)
        close(state)
        @test snapshot(s -> copy(s["x"]), storage) == [100, 2, 3]
        @test thrown(() -> state["x"]) isa ClosedError && !isopen(state)
    end
end

@testset "buffers tell that they are stale, and are looked up again" begin
    Deltos.anonymous() do storage
        storage["x"] = [1]
        buffer = Deltos.Buffer(storage, "x")
        @test stat(buffer).current && stat(buffer).stored && stat(buffer).writable && !refresh!(buffer)
        delete!(storage, "x")
        @test !stat(buffer).current
        @test thrown(() -> Deltos.array(buffer)) isa StaleError
        @test thrown(() -> refresh!(buffer)) isa NotFoundError
        storage["x"] = [1.5, 2.5]
        @test refresh!(buffer) && Deltos.array(copy, buffer) == [1.5, 2.5]
        @test Deltos.advise(buffer, :sequential) === nothing
        @test thrown(() -> Deltos.advise(buffer, :hurry)) isa InvalidError
        @test Deltos.file_offset(buffer) % 64 == 0
        aborted = transaction(storage)
        private = create!(aborted, "p", [1])
        kept = Deltos.array(private)
        abort(aborted)
        @test thrown(() -> Deltos.array(private)) isa StaleError && kept == [1]
        close(kept)
    end
end

@testset "sealing, and unsealing to another place" begin
    Deltos.anonymous() do storage
        storage["x"] = [1, 2]
        seal!(storage, "x")
        sealed = storage["x"]
        @test stat(Deltos.Buffer(storage, "x")).sealed && sealed.view.sealed
        unseal!(storage, "x")
        Deltos.array(a -> a[1] = 7, storage, "x")
        @test sealed == [1, 2] && Deltos.array(copy, storage, "x") == [7, 2]
        kept = storage["x"]
        @test thrown(() -> seal!(storage, "x")) isa PinnedError
        close(kept)
        seal!(storage, "x")
        @test thrown(() -> seal!(storage, "no")) isa NotFoundError
        close(sealed)
    end
end
