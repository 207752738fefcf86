# Random lives: a storage and a model of plain dictionaries, changed alike and compared after every step.

mutable struct Item
    values::Array
    attributes::Dict{String,Any}
    sealed::Bool
end
Base.copy(item::Item) = Item(item.values, copy(item.attributes), item.sealed)
copied(state) = Dict(name => copy(item) for (name, item) in state)

mutable struct World
    random::MersenneTwister
    path::String
    storage::Storage
    committed::Dict{String,Item}
    transaction::Union{Nothing,Transaction}
    pending::Dict{String,Item}
    snapshots::Vector{Tuple{Snapshot,Dict{String,Item}}}
    arrays::Vector{Tuple{BufferArray,Array}}
end

const NAMES = ["a", "a/b", "a/c", "b", "ä", "z/1"]

target(world) = world.transaction === nothing ? world.storage : world.transaction
state(world) = world.transaction === nothing ? world.committed : world.pending
pick(world) = rand(world.random, NAMES)

function random_values(world)
    kind = rand(world.random, (Float64, Int32, UInt8, Bool))
    dims = rand(world.random, [(), (0,), (5,), (3, 4), (2, 3, 2), (5000,)])
    return isempty(dims) ? fill(rand(world.random, kind)) : rand(world.random, kind, dims)
end

function assign(world)
    name, values = pick(world), random_values(world)
    target(world)[name] = values
    old = get(state(world), name, nothing)
    state(world)[name] = Item(values, old === nothing ? Dict{String,Any}() : old.attributes, false)
end

function remove(world)
    name = pick(world)
    there = haskey(state(world), name)
    error = thrown(() -> delete!(target(world), name))
    @assert there ? error === nothing : error isa NotFoundError
    delete!(state(world), name)
end

function move(world)
    from, to, force = pick(world), pick(world), rand(world.random, Bool)
    there, taken = haskey(state(world), from), haskey(state(world), to) && from != to
    error = thrown(() -> rename!(target(world), from, to; replace = force))
    if !there
        @assert error isa NotFoundError
    elseif taken && !force
        @assert error isa ExistsError
    else
        @assert error === nothing
        item = pop!(state(world), from)
        state(world)[to] = item
    end
end

function remark(world)
    name = pick(world)
    haskey(state(world), name) || return
    value = rand(world.random, Any["text", 5, 2.5, [1, 2, 3]])
    attributes(target(world), name)["k$(rand(world.random, 1:3))"] = value
    state(world)[name].attributes = Dict(attributes(target(world), name))
end

function seal(world)
    name = pick(world)
    haskey(state(world), name) && !state(world)[name].sealed || return
    error = thrown(() -> seal!(target(world), name))
    if error isa PinnedError # a view of it, or of a neighbour in the file
        @assert !isempty(world.arrays)
    else
        @assert error === nothing
        state(world)[name].sealed = true
    end
end

function unseal(world)
    name = pick(world)
    haskey(state(world), name) && state(world)[name].sealed || return
    unseal!(target(world), name)
    state(world)[name].values = copy(state(world)[name].values)
    state(world)[name].sealed = false
end

function store(world)
    name = pick(world)
    haskey(state(world), name) || return
    item = state(world)[name]
    if item.sealed
        @assert thrown(() -> Deltos.array(a -> fill!(a, 1), target(world), name)) isa SealedError || isempty(item.values)
    else
        Deltos.array(a -> fill!(a, 1), target(world), name)
        fill!(item.values, 1)
    end
end

function look(world)
    name = pick(world)
    haskey(state(world), name) && length(world.arrays) < 8 || return
    push!(world.arrays, (target(world)[name], state(world)[name].values))
end

function forget(world)
    isempty(world.arrays) && return
    index = rand(world.random, 1:length(world.arrays))
    rand(world.random, Bool) && close(world.arrays[index][1])
    deleteat!(world.arrays, index)
end

function start(world)
    world.transaction === nothing || return
    world.transaction = transaction(world.storage; durability = rand(world.random, [:sync, :lazy, :async]))
    world.pending = copied(world.committed)
end

function finish(world)
    world.transaction === nothing && return
    if rand(world.random, Bool)
        commit(world.transaction)
        world.committed = world.pending
    else
        abort(world.transaction)
    end
    world.transaction = nothing
end

function photograph(world)
    length(world.snapshots) < 3 && return push!(world.snapshots, (snapshot(world.storage), copied(world.committed)))
    old, _ = popfirst!(world.snapshots)
    rand(world.random, Bool) && return close(old)
    refresh!(old)
    push!(world.snapshots, (old, copied(world.committed)))
end

function reopen(world)
    world.transaction === nothing || return
    foreach(s -> close(s[1]), world.snapshots)
    empty!(world.snapshots)
    if !isempty(world.arrays)
        @assert thrown(() -> close(world.storage)) isa PinnedError
        foreach(a -> close(a[1]), world.arrays)
        empty!(world.arrays)
    end
    rand(world.random, Bool) ? close(world.storage) : detach(world.storage)
    world.storage = Deltos.open(world.path, "r+"; durability = :async)
end

tidy(world) = GC.gc(false)

function holds(scope, wanted)
    keys(scope) == sort!(collect(keys(wanted)); by = codeunits) || return false
    return all(wanted) do (name, item)
        Deltos.array(scope, name; writable = false) do a
            eltype(a) === eltype(item.values) && size(a) == size(item.values) && a == item.values
        end && Dict(attributes(scope, name)) == item.attributes && stat(Deltos.Buffer(scope, name)).sealed == item.sealed
    end
end

consistent(world) =
    holds(world.storage, world.committed) && (world.transaction === nothing || holds(world.transaction, world.pending)) &&
    all(holds(s, wanted) for (s, wanted) in world.snapshots) && all(a == values for (a, values) in world.arrays)

const STEPS = [assign, assign, assign, remove, move, remark, seal, unseal, store, store, look, look, forget, start, finish, photograph, reopen, tidy]

function live(seed, count)
    path = fresh_path()
    none = Dict{String,Item}
    world = World(MersenneTwister(seed), path, Deltos.open(path, "x"; durability = :async), none(), nothing, none(), [], [])
    for _ in 1:count
        step = rand(world.random, STEPS)
        step(world)
        consistent(world) || return "seed $seed: after $step the storage is not what it should be"
    end
    world.transaction === nothing || abort(world.transaction)
    reopen_for_good = verify(world.storage)
    foreach(s -> close(s[1]), world.snapshots)
    foreach(a -> close(a[1]), world.arrays)
    detach(world.storage)
    return isempty(reopen_for_good) ? nothing : "seed $seed: $(reopen_for_good[1].message)"
end

@testset "random lives, seed $seed" for seed in 1:(haskey(ENV, "DELTOS_LONG") ? 500 : 25)
    @test live(seed, 60) === nothing
end
