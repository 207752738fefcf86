# Arrow: what is given lies as the C data interface says, is taken once, and comes back through a stream.

using Dates
using Deltos: ArrowArray, ArrowSchema

child(cell, k) = (GC.@preserve cell unsafe_load(unsafe_load(cell[].children, k)))
formats(schema) = [unsafe_string(child(schema, k).format) for k in 1:schema[].n_children]

"Whether a storage can be closed when a task has used it and ended."
function closes_after(f)
    storage = Deltos.anonymous()
    task = @async (f(storage); nothing)
    wait(task)
    task = nothing
    close(storage)
    return !isopen(storage)
end

const ARROW_ROWS = [(n = k, x = k == 2 ? missing : k / 2, name = "t$k", raw = UInt8[k], day = Date(2000, 1, k), when = Deltos.Timestamp(k, 0, 0), list = Any[k, "x"],
    at = (a = Int8(k), b = k == 3 ? missing : true)) for k in 1:3]
const ARROW_SCHEMA = Deltos.Schema(
    :n => Int64, :x => Union{Missing,Float64}, :name => String, :raw => Vector{UInt8}, :day => Date, :when => Deltos.Timestamp, :list => :list,
    :at => Deltos.Slot((a = Int8, b = Union{Missing,Bool})),
)

@testset "a view is a column of its elements, without a copy" begin
    numbers = [1.5, 2.5, 3.5]
    given = Deltos.to_arrow(numbers)
    @test unsafe_string(given.schema[].format) == "g" && given.array[].length == 3 && given.array[].null_count == 0 && given.array[].n_buffers == 2
    @test unsafe_load(given.array[].buffers, 2) == pointer(numbers) && unsafe_load(given.array[].buffers, 1) == C_NULL
    foreach(close, given)
    foreach(close, given)
    @test !isopen(given.schema) && !isopen(given.array) && occursin("empty", repr(given.array))
    for (array, format, length) in ((Int8[1, 2], "c", 2), (rand(Float32, 2, 3), "+w:2", 3), (ComplexF64[1], "+w:2", 1), (view([1 2; 3 4], 1, :), "l", 2), ([(a = 1, b = 2.0)], "+s", 1))
        part = Deltos.to_arrow(array)
        @test unsafe_string(part.schema[].format) == format && part.array[].length == length
        foreach(close, part)
    end
    @test thrown(() -> Deltos.to_arrow(Deltos.View(Deltos.RawContent(UInt8[0, 1]; format = ">h", shape = [1])))) isa UnsupportedError
end

@testset "what is given keeps its storage until it is released" begin
    storage = Deltos.anonymous()
    storage["x"] = [1, 2]
    table = Deltos.create_records!(storage, "t", ARROW_ROWS; schema = ARROW_SCHEMA, layout = :columns)
    given, buffer, stream = Deltos.to_arrow(table), Deltos.to_arrow(Deltos.Buffer(storage, "x")), Deltos.to_arrow_stream(table)
    close(table)
    GC.gc()
    @test thrown(() -> close(storage)) isa PinnedError && unsafe_string(child(given.schema, 3).name) == "name" && buffer.array[].length == 2 && isopen(stream)
    @test formats(given.schema) == ["l", "g", "U", "Z", "tdD", "tsu:UTC", "Z", "+s"] && child(given.array, 2).null_count == 1
    foreach(close, (given..., buffer..., stream))
    close(storage)
    for give in (Deltos.to_arrow, Deltos.to_arrow_stream) # what nobody takes is collected
        @test closes_after(storage -> give(Deltos.create_records!(storage, "t", (a = [1],))))
    end
end

@testset "a table comes back through a stream, layout $layout" for layout in (:rows, :columns), other in (:rows, :columns)
    table = Deltos.RecordTable(ARROW_ROWS; schema = ARROW_SCHEMA, layout = layout)
    stream = Deltos.to_arrow_stream(table)
    back = Deltos.from_arrow(stream; layout = other)
    @test isequal(Deltos.materialize(back), Deltos.materialize(table)) && [s.type for s in Deltos.schema(back).slots] == [s.type for s in ARROW_SCHEMA.slots] && Deltos.table_info(back).layout === other
    close(stream)
    @test !isopen(stream)
    Deltos.anonymous() do storage
        again = Deltos.to_arrow_stream(table)
        @test isequal(Deltos.materialize(Deltos.from_arrow(storage, "t", again; layout = other)), Deltos.materialize(table)) && keys(storage) == ["t"]
        @test Deltos.from_arrow(storage, "u", pointer(Deltos.to_arrow_stream(table)))[1].name == "t1"
        @test thrown(() -> Deltos.from_arrow(storage, "t", Deltos.to_arrow_stream(table))) isa ExistsError
        @test thrown(() -> Deltos.from_arrow(storage, "v", Deltos.to_arrow_stream(table); progress = (done, total) -> true)) isa CancelledError && !haskey(storage, "v")
        @test thrown(() -> Deltos.from_arrow(Deltos.to_arrow_stream(table); progress = (done, total) -> error("mine"))) == ErrorException("mine")
        state = snapshot(storage)
        @test thrown(() -> Deltos.from_arrow(state, "v", Deltos.to_arrow_stream(table))) isa ReadOnlyError
        close(state)
    end
end

@testset "what cannot be given or taken is refused by name" begin
    table = Deltos.RecordTable(Deltos.Schema(:big => ">i")) do builder
        push!(builder, (big = zeros(UInt8, 4),))
    end
    e = thrown(() -> Deltos.to_arrow(table))
    @test e isa UnsupportedError && occursin("big", e.message) && thrown(() -> Deltos.to_arrow_stream(table)) isa UnsupportedError
    released = Deltos.to_arrow_stream(Deltos.RecordTable((a = [1],)))
    close(released)
    @test thrown(() -> Deltos.from_arrow(released)) isa InvalidError && thrown(() -> Deltos.from_arrow(C_NULL)) isa InvalidError
    Deltos.anonymous() do storage
        storage["v"] = "text"
        value = Deltos.Value(storage, "v")
        @test thrown(() -> Deltos.to_arrow(value)) isa KindError
        close(value)
    end
end
