# The tests of Deltos.jl: `julia --project -e 'using Pkg; Pkg.test()'`, or this file itself. libdeltos is found as
# always.

using Deltos, LinearAlgebra, Random, Test
using Deltos: Raw

"A path in a directory that goes with the process."
fresh_path(name = "test.deltos") = joinpath(mktempdir(), name)

"The error that a function throws; nothing when it throws none."
function thrown(f)
    try
        f()
    catch e
        return e
    end
    return nothing
end

include("samples.jl")

const ALL = [
    "layout", "errors", "elements", "arrays", "views", "tables", "growable", "storages", "transactions", "attributes", "values", "schemas", "records", "record_sources", "arrow", "hash_maps", "sorted_maps",
    "lifetimes", "threads", "model", "reachability", "doctests",
]
const SUITES = isempty(ARGS) ? ALL : ARGS

# As `@testset` counts them, and in one line for whoever adds them up.
function run_all()
    counts = try
        results = @testset "Deltos" begin
            for suite in SUITES
                @testset "$suite" begin
                    include("$suite.jl")
                end
            end
        end
        passes(results), 0
    catch e
        e isa Test.TestSetException || rethrow()
        e.pass, e.fail + e.error
    end
    println("$(counts[1]) passed, $(counts[2]) failed")
    return counts[2] == 0
end

passes(set::Test.DefaultTestSet) = set.n_passed + sum(Int[passes(r) for r in set.results if r isa Test.DefaultTestSet])

run_all() || exit(1)
