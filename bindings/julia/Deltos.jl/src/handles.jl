# Handles of the library as Julia objects: ended once, by `close` or by the collector, safely whatever task does it.

"""
A pointer of the library and how many calls use it right now. `users` is one of

- n >= 0: so many calls are under way;
- `TAKEN`: one task has it for itself, to replace it, to close it, or because its type allows one user at a time;
- n - `ENDING`: it has been ended, and the last of n calls releases it;
- `ENDED`: it is gone.

The finalizer is on this object alone. It runs when nobody can reach the handle, so no call is under way; it calls what
never fails and never blocks, and takes no lock.
"""
mutable struct Handle{T}
    pointer::Ptr{T}
    users::Threads.Atomic{Int}
    function Handle(pointer::Ptr{T}) where {T}
        handle = new{T}(pointer, Threads.Atomic{Int}(0))
        finalizer(finish, handle)
        return handle
    end
end

const TAKEN = -1
const ENDING = 1 << 40
const ENDED = typemin(Int)

const PATIENCE = 1.0 # seconds that a task waits for another's call on the same handle to end

noun(::Handle{Raw.deltos_storage}) = "storage"
noun(::Handle{Raw.deltos_snapshot}) = "snapshot"
noun(::Handle{Raw.deltos_transaction}) = "transaction"
noun(::Handle{Raw.deltos_object}) = "object"
noun(::Handle{Raw.deltos_view}) = "view"
noun(::Handle{Raw.deltos_cursor}) = "listing"
noun(::Handle{Raw.deltos_schema}) = "schema"
noun(::Handle{Raw.deltos_builder}) = "builder"

give_up(cell::Ref{Ptr{Raw.deltos_storage}}) = Raw.deltos_storage_detach(cell)
give_up(cell::Ref{Ptr{Raw.deltos_snapshot}}) = Raw.deltos_snapshot_release(cell)
give_up(cell::Ref{Ptr{Raw.deltos_transaction}}) = Raw.deltos_transaction_abort(cell)
give_up(cell::Ref{Ptr{Raw.deltos_object}}) = Raw.deltos_object_release(cell)
give_up(cell::Ref{Ptr{Raw.deltos_view}}) = Raw.deltos_view_release(cell)
give_up(cell::Ref{Ptr{Raw.deltos_cursor}}) = Raw.deltos_cursor_release(cell)
give_up(cell::Ref{Ptr{Raw.deltos_schema}}) = Raw.deltos_schema_release(cell)
give_up(cell::Ref{Ptr{Raw.deltos_builder}}) = Raw.deltos_builder_release(cell)

"What a finalizer does: releases, without a condition that could fail."
function finish(handle::Handle)
    pointer = handle.pointer
    pointer == C_NULL && return nothing
    handle.pointer = C_NULL
    handle.users[] = ENDED
    give_up(Ref(pointer))
    return nothing
end

Base.isopen(handle::Handle) = handle.pointer != C_NULL && (handle.users[] >= TAKEN)

@noinline ended(handle) = throw(ClosedError("the $(noun(handle)) has been closed"))
@noinline function in_use(handle)
    throw(BusyError("the $(noun(handle)) is in use by another task, or by a call that reports progress to this one: " *
                    "try again when that has ended"))
end

"Waits a little for other tasks; false when it has waited long enough."
function have_patience(since)
    waited = time() - since
    waited < 0.001 ? yield() : sleep(0.001)
    return waited < PATIENCE
end

"Counts a call that is about to use a handle; `leave` must follow."
@inline function enter(handle::Handle)
    users = handle.users[]
    users >= 0 && Threads.atomic_cas!(handle.users, users, users + 1) === users && return handle.pointer
    return enter_slowly(handle)
end

@noinline function enter_slowly(handle::Handle)
    since = time()
    while true
        users = handle.users[]
        if users >= 0
            Threads.atomic_cas!(handle.users, users, users + 1) === users && return handle.pointer
        elseif users == TAKEN
            have_patience(since) || in_use(handle)
        else
            ended(handle)
        end
    end
end

@inline function leave(handle::Handle)
    Threads.atomic_sub!(handle.users, 1) == 1 - ENDING && finish(handle)
    return nothing
end

"Calls `f` with the pointer, which stays valid meanwhile."
@inline function with(f::F, handle::Handle) where {F}
    pointer = enter(handle)
    try
        return GC.@preserve handle f(pointer)
    finally
        leave(handle)
    end
end

"As `with`, for an `f` that cannot throw: without the cost of a frame that would catch it."
@inline function calling(f::F, handle::Handle) where {F}
    pointer = enter(handle)
    result = GC.@preserve handle f(pointer)
    leave(handle)
    return result
end

"Takes a handle for this task alone; false when it has been ended."
function take(handle::Handle)
    Threads.atomic_cas!(handle.users, 0, TAKEN) == 0 && return true
    return take_slowly(handle)
end

@noinline function take_slowly(handle::Handle)
    since = time()
    while true
        users = Threads.atomic_cas!(handle.users, 0, TAKEN)
        users == 0 && return true
        users < TAKEN && return false
        have_patience(since) || in_use(handle)
    end
end

"Calls `f` with the pointer while nobody else may use it."
function exclusively(f, handle::Handle)
    take(handle) || ended(handle)
    try
        return GC.@preserve handle f(handle.pointer)
    finally
        handle.users[] = 0
    end
end

"""
Calls `f`, which must not throw, with a cell that holds the pointer, for calls that replace or consume it. What is in
the cell afterwards is what the handle holds from then on; a handle that has nothing any more has ended.
"""
function replacing(f, handle::Handle)
    take(handle) || ended(handle)
    return replaced(f, handle)
end

# The same for a handle that has been taken.
function replaced(f, handle::Handle)
    cell = Ref(handle.pointer)
    result = f(cell)
    handle.pointer = cell[]
    handle.users[] = cell[] == C_NULL ? ENDED : 0
    return result
end

"""
Ends a handle: at once, or with the last call that is using it. Never fails, and waits only for a task that has taken
it.
"""
function finish_safely(handle::Handle)
    while true
        users = handle.users[]
        if users == TAKEN
            yield()
        elseif users < TAKEN
            return nothing
        elseif users == 0
            Threads.atomic_cas!(handle.users, 0, TAKEN) == 0 || continue
            finish(handle)
            return nothing
        else
            Threads.atomic_cas!(handle.users, users, users - ENDING) == users && return nothing
        end
    end
end

"The handle of what `f` makes: it gets where that goes and an error cell, and returns a status."
function handle_made(f::F, ::Type{T}) where {F,T}
    made, cell = Ref(Ptr{T}(C_NULL)), ErrorCell()
    check(f(made, cell), cell)
    return Handle(made[])
end

"What `f` finds: it gets the pointer, where that goes and an error cell, and returns a status."
function asked(f::F, handle::Handle, found::Ref) where {F}
    cell = ErrorCell()
    check(calling(pointer -> f(pointer, found, cell), handle), cell)
    return found[]
end

"As `asked`, for calls that replace the pointer and tell whether anything changed."
function refreshed(f::F, handle::Handle) where {F}
    changed, cell = Ref(0x00), ErrorCell()
    check(replacing(pointer -> f(pointer, changed, cell), handle), cell)
    return changed[] != 0
end

"Calls `f` with things, and closes them when it has returned or thrown."
function closing(f, things...)
    try
        return f(things...)
    finally
        foreach(close, things)
    end
end

"""
Runs `f`, and once more after a collection when views are in its way that only wait to be collected.
"""
function without_garbage(f)
    try
        return f()
    catch e
        e isa PinnedError || rethrow()
    end
    GC.gc()
    return f()
end
