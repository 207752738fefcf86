# The twin of language.c in Julia: the same steps, and the same lines printed.
#
#     julia --project=bindings/julia/Deltos.jl tests/bench/language.jl FILE

using Deltos

const OPENINGS, SUMS = 2000, 30
const sink = Ref(0.0)

function open_and_export(path)
    storage = Deltos.open(path; guard = false)
    values = storage["values"]::BufferArray{Float64,1,false}
    sink[] = values[1]
    close(values)
    close(storage)
end

# The fastest of many, in nanoseconds. The first call compiles, and is not counted.
function fastest(f, rounds)
    f()
    best = typemax(UInt64)
    for _ in 1:rounds
        start = time_ns()
        f()
        best = min(best, time_ns() - start)
    end
    return best
end

function main(path)
    println("open_export_ns ", fastest(() -> open_and_export(path), OPENINGS))
    storage = Deltos.open(path; guard = false)
    values = storage["values"]
    println("sum_ns ", fastest(() -> (sink[] = sum(values)), SUMS))
    println("sum ", round(Int, sum(values)))
    close(values)
    close(storage)
end

main(ARGS[1])
