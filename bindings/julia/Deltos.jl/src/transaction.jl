# Transactions: changes of structure, all or nothing.

"""
    transaction(storage; durability = nothing, timeout = Inf) -> Transaction
    transaction(f, storage; durability = nothing, timeout = Inf)

Begins a transaction. With a function `f`, usually a do-block, it is committed when `f` has returned, and aborted when
`f` throws; the result is that of `f`.

`durability` is `:sync`, `:lazy` or `:async`, by default what the storage was opened with. `timeout` is how many seconds
to wait for another task's transaction to end; when it is this task's own, [`BusyError`](@ref) comes at once.

```jldoctest
julia> using Deltos

julia> storage = Deltos.anonymous();

julia> transaction(storage; durability = :async) do t
           t["a"] = [1.0, 2.0]
           t["b"] = t["a"]
           rename!(t, "a", "c")
       end;

julia> keys(storage)
2-element Array{String,1}:
 "b"
 "c"
```
"""
function transaction(storage::Storage; durability::Union{Nothing,Symbol} = nothing, timeout::Real = Inf)
    level = durability === nothing ? storage.durability : one_of(DURABILITIES, durability, "durability")
    deadline, pause = time() + timeout, 0.0005
    made, cell = Ref(Ptr{Raw.deltos_transaction}(C_NULL)), ErrorCell()
    while true
        status = calling(pointer -> Raw.deltos_transaction_begin(pointer, made, cell), storage.handle)
        if status == Raw.DELTOS_OK
            storage.owner = current_task()
            return Transaction(Handle(made[]), storage, level, 0)
        end
        mine = storage.owner === current_task()
        status == Raw.DELTOS_E_BUSY && !mine && time() < deadline || throw_error(cell)
        sleep(pause) # the library never waits for others; this task does
        pause = min(2pause, 0.02)
    end
end

function transaction(f::Function, storage::Storage; keywords...)
    t = transaction(storage; keywords...)
    try
        result = f(t)
        isopen(t) && commit(t)
        return result
    finally
        abort(t)
    end
end

storage(t::Transaction) = t.storage

reading(f, t::Transaction) = exclusively(pointer -> f(Raw.deltos_transaction_snapshot(pointer)), t.handle)
writing(f, t::Transaction) = exclusively(f, t.handle)

function id(t::Transaction)
    isopen(t) || return t.id
    return Int(reading(Raw.deltos_snapshot_id, t))
end

"""
    commit(t::Transaction; durability = nothing) -> Int

Makes all changes appear, at once; tells the number of the commit. When it fails, the transaction stays open: abort it,
or make it smaller and try again.
"""
function commit(t::Transaction; durability::Union{Nothing,Symbol} = nothing)
    level = durability === nothing ? t.durability : one_of(DURABILITIES, durability, "durability")
    number, cell = Ref(UInt64(0)), ErrorCell()
    status = replacing(t.handle) do pointer
        status = Raw.deltos_transaction_commit(pointer, level, number, cell)
        status == Raw.DELTOS_OK && (t.storage.owner = nothing)
        return status
    end
    check(status, cell)
    t.id = Int(number[])
    return t.id
end

"""
    abort(t::Transaction)

Drops all changes. Arrays of what it made stay valid, and private. Does nothing when the transaction has ended.
"""
function abort(t::Transaction)
    isopen(t) || return nothing
    t.storage.owner = nothing
    finish_safely(t.handle)
    return nothing
end

Base.close(t::Transaction) = abort(t)
Base.isopen(t::Transaction) = isopen(t.handle)

Base.show(io::IO, t::Transaction) = print(io, "Deltos.Transaction(", isopen(t) ? "open" : "ended", ")")
