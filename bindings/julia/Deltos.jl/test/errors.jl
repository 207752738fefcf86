# Errors: one type for each code, as the table in status.h says.

function table_of_status_h()
    header = joinpath(@__DIR__, "..", "..", "..", "..", "include", "deltos", "status.h")
    rows = match.(r"^ \* \| (E_\w+) *\| (\w+) *\|[^|]*\|[^|]*\| (\w+) *\|$", readlines(header))
    return [(row.captures...,) for row in rows if row !== nothing]
end

@testset "every code has the type and the fault that status.h names" begin
    table = table_of_status_h()
    @test length(table) == length(Deltos.ERROR_TYPES)
    for (code, fault, name) in table
        number = getfield(Raw, Symbol("DELTOS_", code))
        made = Deltos.error_of(number, "what", Int32(5), UInt64(7))
        @test String(nameof(typeof(made))) == name
        @test made isa DeltosError && Deltos.fault(made) == Symbol(fault)
        @test (made.code, made.message, made.errno, made.object_id) == (number, "what", 5, 7)
        @test sprint(showerror, made) == "$name: what"
        @test Deltos.status_name(number) == "DELTOS_" * code
    end
end

@testset "every constant of the headers that is a code is in the table" begin
    codes = [getfield(Raw, name) for name in names(Raw; all = true) if startswith(String(name), "DELTOS_E_")]
    @test sort(codes) == sort(collect(keys(Deltos.ERROR_TYPES)))
end

@testset "a code that is not known is a failure of the library" begin
    made = Deltos.error_of(Int32(-77), "new", Int32(0), UInt64(0))
    @test made isa InternalError && made.code == -77
    @test occursin("-77", sprint(showerror, made))
    @test Deltos.status_name(-77) == "DELTOS_E_UNKNOWN"
end

@testset "an error tells the errno and the object" begin
    missing_directory = thrown(() -> Deltos.open(joinpath(mktempdir(), "no", "such"), "x"))
    @test missing_directory isa DeltosError && missing_directory.errno != 0
    Deltos.anonymous() do storage
        storage["x"] = [1]
        kept = Deltos.array(storage, "x"; writable = true)
        refused = thrown(() -> transaction(t -> seal!(t, "x"), storage))
        @test refused isa PinnedError
        @test refused.object_id == stat(Deltos.buffer(kept)).id
        close(kept)
    end
end
