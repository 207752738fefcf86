# Storages, snapshots and transactions: what buffers are looked up in. What they do is in files of their names.

"""
    Deltos.Scope

A [`Storage`](@ref) (its newest commit), a [`Snapshot`](@ref) (one commit) or a [`Transaction`](@ref) (its own changes
too). Each is used like a dictionary of arrays under names:

- `scope[name]` is the buffer's memory, a [`BufferArray`](@ref), no copy; `get(scope, name, default)`, `haskey(scope,
  name)`;
- `keys(scope)`, or `keys(scope, prefix)`, are the names in byte order; `length(scope)`, `isempty(scope)`, and iteration
  gives `name => array`;
- `scope[name] = array` stores or replaces (a snapshot refuses), `delete!(scope, name)` deletes;
- `put!(scope, name, x)` stores a value: dictionaries, vectors, tuples, sets, text, nested in any way; `scope[name]` reads
  it in place, see [`Deltos.Value`](@ref);
- tables of records, maps and growable vectors are made by functions of their own, and `scope[name]` is one.

On a storage each change is a transaction of its own. See also [`attributes`](@ref), [`Deltos.list`](@ref),
[`create!`](@ref), [`rename!`](@ref), [`seal!`](@ref).
"""
abstract type Scope end

"""
    Storage

A file, or memory, that holds named typed buffers, and that many processes may have open at once. See
[`Deltos.open`](@ref), and [`Deltos.Scope`](@ref) for what it holds.
"""
mutable struct Storage <: Scope
    handle::Handle{Raw.deltos_storage}
    path::Union{Nothing,String}
    mode::String
    durability::Int32
    memory::Any # lent to the library; everything made from the storage holds it
    owner::Union{Nothing,Task} # whose transaction is open
end

"""
    Snapshot

One state of a storage, as a commit left it: which buffers there are, their attributes, and the content of what is
sealed. It does not change while others commit. A long one keeps the space of what has been deleted since from being
used again, so close it, or use a do-block: `snapshot(storage) do s ... end`. See [`Deltos.Scope`](@ref).
"""
struct Snapshot <: Scope
    handle::Handle{Raw.deltos_snapshot}
    storage::Storage
end

"""
    Transaction

Changes of structure that appear together or not at all: buffers created, replaced, renamed, deleted and sealed, and
attributes. It shows its own changes, see [`Deltos.Scope`](@ref). One is open at a time in a storage, and one task uses
it at a time. Stores into buffers that were committed before belong to no transaction.
"""
mutable struct Transaction <: Scope
    handle::Handle{Raw.deltos_transaction}
    storage::Storage
    durability::Int32
    id::Int
end

# Whatever a buffer may have been found in, spelled out for the compiler.
const AnyScope = Union{Storage,Snapshot,Transaction}
