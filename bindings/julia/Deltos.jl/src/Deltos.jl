"""
Deltos: typed data in a file, read and written in place by many processes and languages at once.

```jldoctest
julia> using Deltos

julia> path = joinpath(mktempdir(), "example.deltos");

julia> Deltos.open(path, "a") do storage
           storage["grid"] = [1.0 2.0 3.0; 4.0 5.0 6.0] # stored, durable, all or nothing
           storage["grid"][1, 2] = 42.0                 # in place: every process sees it at once
           attributes(storage, "grid")["unit"] = "K"
           sum(storage["grid"])                         # no copy
       end
61.0
```

A storage holds named n-dimensional buffers: see [`Deltos.open`](@ref) and [`Deltos.Scope`](@ref). It holds values, too:
dictionaries, vectors, tuples, sets, text and dates, nested in any way and read in place: see [`put!`](@ref Base.put!)
and [`Deltos.Value`](@ref). It holds tables of records, made of structures or columns and read by row or by column: see
[`Deltos.create_records!`](@ref) and [`Deltos.RecordTable`](@ref). It holds maps that are looked up where they lie: see
[`Deltos.HashMap`](@ref), built once, and [`Deltos.SortedMap`](@ref), which changes. Several changes together are a
[`transaction`](@ref), a state that does not change is a [`snapshot`](@ref). Arrays have their dimensions
in Julia's order, the reverse of C's and Python's: see [`BufferArray`](@ref). Errors are of types of their own, see
[`DeltosError`](@ref).

What is promised, and what is not, is said in the C header `deltos/deltos.h`, which this package follows word for word.
"""
module Deltos

using Dates: Dates, Date, DateTime
using UUIDs: UUID

include("raw.jl")
include("library.jl")
include("errors.jl")
include("handles.jl")
include("progress.jl")
include("elements.jl")
include("content.jl")
include("types.jl")
include("buffer.jl")
include("scalars.jl")
include("view.jl")
include("arrays.jl")
include("subviews.jl")
include("operations.jl")
include("table.jl")
include("growable.jl")
include("scope.jl")
include("storage.jl")
include("snapshot.jl")
include("transaction.jl")
include("attributes.jl")
include("value.jl")
include("put.jl")
include("schema.jl")
include("records.jl")
include("columns.jl")
include("record_builder.jl")
include("arrow.jl")
include("map_items.jl")
include("hash_map.jl")
include("hash_map_builder.jl")
include("sorted_map.jl")

export Storage, Snapshot, Transaction, BufferArray, DeltosError
export transaction, snapshot, commit, abort, sync, verify, pins, copy_to, compact_to, refresh!
export getall, getmany, hasmany
export attributes, create!, rename!, delete_prefix!, seal!, unseal!
for error_type in values(ERROR_TYPES)
    @eval export $(nameof(error_type))
end

function __init__()
    resize!(spare_cells, Threads.nthreads())
    fill!(spare_cells, nothing)
    load_library()
end

end # module Deltos
