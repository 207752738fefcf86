# Storages: modes, options, and what concerns the whole of one.

@testset "what is written is read, by a second handle and after closing" begin
    path = fresh_path()
    Deltos.open(path, "x") do storage
        storage["a/b"] = [1.5, 2.5]
        Deltos.open(path) do reader
            @test reader["a/b"] == [1.5, 2.5]
        end
    end
    @test Deltos.open(s -> copy(s["a/b"]), path) == [1.5, 2.5]
end

@testset "modes say what may be done" begin
    path = fresh_path()
    @test thrown(() -> Deltos.open(path)) isa NotFoundError
    @test thrown(() -> Deltos.open(path, "r+")) isa NotFoundError
    Deltos.open(s -> (s["x"] = [1, 2, 3]), path, "a")
    @test thrown(() -> Deltos.open(path, "x")) isa ExistsError
    @test thrown(() -> Deltos.open(path, "q")) isa InvalidError
    Deltos.open(path, "r") do storage
        @test stat(storage).mode == "r"
        @test thrown(() -> storage["x"] = [1]) isa ReadOnlyError
        @test thrown(() -> storage["x"][1] = 5) isa ReadOnlyError
        @test thrown(() -> sync(storage)) isa ReadOnlyError
    end
    Deltos.open(path, "in-place") do storage
        storage["x"][2] = 20
        sync(storage)
        @test thrown(() -> storage["x"] = [1]) isa ReadOnlyError
    end
    Deltos.open(path, "static") do storage
        @test storage["x"] == [1, 20, 3]
        @test stat(storage).mode == "static"
    end
    Deltos.open(path, "w") do storage
        storage["y"] = [0]
    end
    @test Deltos.open(keys, path) == ["y"]
end

@testset "mode w without a commit leaves the old file" begin
    path = fresh_path()
    Deltos.open(s -> (s["x"] = 1), path, "x")
    Deltos.open(s -> nothing, path, "w")
    @test Deltos.open(keys, path) == ["x"]
end

@testset "a second writer is refused at once, or after the time it was given" begin
    path = fresh_path()
    writer = Deltos.open(path, "x")
    @test thrown(() -> Deltos.open(path, "r+")) isa LockedError
    @test thrown(() -> Deltos.open(path, "r+"; timeout = 0.05)) isa LockedError
    waiting = @async Deltos.open(path, "r+"; timeout = Inf)
    sleep(0.05)
    @test !istaskdone(waiting)
    close(writer)
    second = fetch(waiting)
    @test isopen(second)
    close(second)
end

@testset "memory, descriptors and parts of files are storages too" begin
    path = fresh_path()
    Deltos.open(s -> (s["x"] = [7, 8]), path, "x")
    bytes = read(path)
    @test Deltos.open_memory(s -> copy(s["x"]), bytes) == [7, 8]
    Deltos.open_memory(bytes) do storage
        @test thrown(() -> fd(storage)) isa UnsupportedError
        @test thrown(() -> Deltos.file_offset(Deltos.Buffer(storage, "x"))) isa UnsupportedError
    end
    @test Deltos.open_memory(s -> copy(s["x"]), bytes; copy = true, verify = true) == [7, 8]
    memory = zeros(UInt8, length(bytes) + 128)
    start = 65 - Int(UInt(pointer(memory)) % 64) + 8 # no multiple of 64
    copyto!(memory, start, bytes, 1, length(bytes))
    GC.@preserve memory begin
        shifted = unsafe_wrap(Array, pointer(memory, start), length(bytes))
        @test Deltos.open_memory(s -> copy(s["x"]), shifted) == [7, 8]
        @test thrown(() -> Deltos.open_memory(s -> s["x"], shifted; copy = false)) isa LayoutError
    end

    embedded = fresh_path("embedded")
    write(embedded, [zeros(UInt8, 65536); bytes])
    @test Deltos.open(s -> copy(s["x"]), embedded; offset = 65536) == [7, 8]
    @test Deltos.open(s -> copy(s["x"]), embedded; offset = 65536, size = length(bytes)) == [7, 8]

    Deltos.anonymous("shared") do storage
        storage["y"] = [1.0]
        Deltos.open(fd(storage), "in-place") do other
            other["y"][1] = 2.0
        end
        @test storage["y"] == [2.0]
        @test Deltos.open(s -> keys(s), Int(Base.cconvert(Cint, fd(storage)))) == ["y"]
    end
end

@testset "options reach the library" begin
    path = fresh_path()
    Deltos.open(path, "x"; sparse = true, max_file_bytes = 8 << 20, reserve_bytes = 1 << 30, durability = :async) do storage
        @test stat(storage).sparse
        @test thrown(() -> storage["big"] = zeros(UInt8, 64 << 20)) isa LimitError
        @test keys(storage) == []
    end
    @test thrown(() -> Deltos.open(path; durability = :never)) isa InvalidError
    @test thrown(() -> Deltos.open(path; offset = -1)) isa InvalidError
    @test thrown(() -> Deltos.open(path; offset = 1 << 40)) isa RangeError
    @test thrown(() -> Deltos.open("a\0b")) isa InvalidError
    write(path * ".txt", "something else")
    @test thrown(() -> Deltos.open(path * ".txt")) isa NotDeltosError
end

@testset "stat tells what the library knows" begin
    Deltos.anonymous() do storage
        storage["x"] = zeros(1000)
        kept, state = storage["x"], snapshot(storage)
        info = stat(storage)
        @test info.object_count == 1 == length(storage)
        @test info.view_count == 1 && info.snapshot_count == 1
        @test info.format_version == v"1.0"
        @test info.uuid == stat(storage).uuid
        @test !info.io_failed && !info.lost && !info.unaligned && !info.sparse
        close(kept)
        close(state)
        @test stat(storage).view_count == 0 && stat(storage).snapshot_count == 0
    end
end

@testset "verify finds damage in what is sealed" begin
    path = fresh_path()
    offset = Deltos.open(path, "x") do storage
        storage["x"] = collect(1:1000)
        seal!(storage, "x")
        @test verify(storage) == []
        @test verify(storage; level = :structure) == []
        @test thrown(() -> verify(storage; level = :deep)) isa InvalidError
        Deltos.file_offset(Deltos.Buffer(storage, "x"))
    end
    Base.open(path, "r+") do io
        seek(io, offset)
        write(io, 0x77)
    end
    Deltos.open(path) do storage
        findings = verify(storage)
        @test length(findings) == 1
        @test findings[1].status == Raw.DELTOS_E_CORRUPT && !isempty(findings[1].message)
    end
    @test thrown(() -> Deltos.open(path; verify = true)) isa CorruptError
end

@testset "copies hold what the snapshot shows" begin
    path = fresh_path()
    Deltos.open(path, "x") do storage
        storage["x"] = collect(1:100_000)
        storage["gone"] = zeros(100_000)
        state = snapshot(storage)
        delete!(storage, "gone")
        copy_to(state, path * ".1")
        compact_to(storage, path * ".2")
        close(state)
        @test Deltos.open(keys, path * ".1") == ["gone", "x"]
        @test Deltos.open(keys, path * ".2") == ["x"]
        @test Deltos.open(s -> s["x"] == 1:100_000, path * ".2")
        @test filesize(path * ".2") < filesize(path * ".1")
        @test thrown(() -> copy_to(storage, path * ".1")) isa ExistsError
        copy_to(storage, path * ".1"; replace = true)
        @test Deltos.open(keys, path * ".1") == ["x"]
        @test stat(storage).uuid == Deltos.open(s -> stat(s).uuid, path * ".1")
    end
end

@testset "progress comes to the calling task, may cancel, and may throw" begin
    path = fresh_path()
    Deltos.open(path, "x") do storage
        storage["x"] = zeros(200_000)
        seal!(storage, "x")
        seen, task = Tuple{Int,Int}[], current_task()
        report = (done, total) -> (@test current_task() === task; push!(seen, (done, total)); GC.gc())
        copy_to(storage, path * ".1"; progress = report)
        @test !isempty(seen) && all(0 <= done <= total for (done, total) in seen)
        empty!(seen)
        @test verify(storage; progress = report) == [] && !isempty(seen)
        @test thrown(() -> compact_to(storage, path * ".2"; progress = (done, total) -> true)) isa CancelledError
        @test thrown(() -> compact_to(storage, path * ".2"; progress = (done, total) -> error("mine"))) == ErrorException("mine")
        @test !isfile(path * ".2")
        @test thrown(() -> verify(storage; progress = (done, total) -> close(storage))) isa BusyError
        @test isopen(storage)
    end
    seen = Ref(0)
    Deltos.open(s -> nothing, path; verify = true, progress = (done, total) -> (seen[] += 1; nothing))
    @test seen[] > 0
    @test thrown(() -> Deltos.open(path; verify = true, progress = (done, total) -> true)) isa CancelledError
    @test Deltos.open_memory(s -> keys(s), read(path); verify = true, progress = (done, total) -> nothing) == ["x"]
end

@testset "memory cut off by others reads as zeros, and the next call says so" begin
    path = fresh_path()
    Deltos.open(s -> (s["x"] = ones(100_000)), path, "x")
    storage = Deltos.open(path)
    a = storage["x"]
    @test sum(a) == 100_000
    Base.open(io -> truncate(io, 400_000), path, "r+")
    @test sum(a) < 100_000
    @test thrown(() -> snapshot(storage)) isa Union{IoError,CorruptError}
    close(a)
    detach(storage)
end

@testset "the preference file is read without a TOML parser" begin
    read_lines(text) = Deltos.preference_in(split(text, '\n'))
    @test read_lines("[Deltos]\nlibdeltos_path = \"/opt/a b.so\" # mine") == "/opt/a b.so"
    @test read_lines("[Other]\nlibdeltos_path = \"x\"\n [Deltos] \n  libdeltos_path='y\\z'") == "y\\z"
    @test read_lines("[Deltos]\nlibdeltos_path = \"a\\\"b\"") == "a\"b"
    @test read_lines("[Deltos]\nother = 1\n[More]\nlibdeltos_path = \"x\"") === nothing
    directory = mktempdir()
    write(joinpath(directory, "Project.toml"), "")
    @test Deltos.preferred_library([joinpath(directory, "Project.toml")]) === nothing
    write(joinpath(directory, "LocalPreferences.toml"), "[Deltos]\nlibdeltos_path = \"lib.so\"\n")
    @test Deltos.preferred_library([joinpath(directory, "Project.toml")]) == joinpath(directory, "lib.so")
    @test Deltos.preferred_library([directory]) == joinpath(directory, "lib.so")
end

@testset "the library is found by the environment, by the preference, and refused with a reason" begin
    project = mktempdir()
    write(joinpath(project, "Project.toml"), "")
    package = dirname(@__DIR__) # inside a command, Julia 1.5 takes @__DIR__ for the working directory
    julia(environment, code) = begin
        command = `$(Base.julia_cmd()) --startup-file=no --compiled-modules=no -e $("push!(LOAD_PATH, $(repr(package))); " * code)`
        settings = copy(ENV)
        delete!(settings, "DELTOS_LIBRARY")
        merge!(settings, Dict("JULIA_PROJECT" => project), environment)
        output = IOBuffer()
        process = run(pipeline(ignorestatus(setenv(command, settings)); stdout = output, stderr = output))
        return success(process), String(take!(output))
    end
    code = "using Deltos; print(Deltos.library())"
    real = abspath(first(filter(isfile, [Deltos.library(), "libdeltos.so.0"])))
    @test julia(Dict("DELTOS_LIBRARY" => real), code) == (true, real)
    good, output = julia(Dict("DELTOS_LIBRARY" => "/nowhere/libdeltos.so"), code)
    @test !good && occursin("cannot load libdeltos", output) && occursin("LocalPreferences.toml", output)
    write(joinpath(project, "LocalPreferences.toml"), "[Deltos]\nlibdeltos_path = $(repr(real))\n")
    @test julia(Dict{String,String}(), code) == (true, real)
end

@testset "the version of the library is known" begin
    @test Deltos.library_version() == v"0.1.0"
end
