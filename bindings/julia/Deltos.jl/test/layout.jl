# Sizes, alignments, offsets and constants of the raw layer are those of the C compiler: tests/abi/layout.c
# of the source tree prints what that makes of the headers, and reflection over the module must find the
# same lines, all of them.

using Deltos: Raw
using Test

function lines_of_raw()
    lines = String[]
    for name in names(Raw; all = true)
        thing = getfield(Raw, name)
        if startswith(String(name), "DELTOS_")
            push!(lines, "constant $name $thing")
        elseif thing isa DataType && isbitstype(thing) && isstructtype(thing) && startswith(String(name), "deltos_")
            push!(lines, "struct $name $(sizeof(thing)) $(Base.datatype_alignment(thing))")
            for (at, field) in enumerate(fieldnames(thing))
                size = sizeof(fieldtype(thing, at))
                spelled = rstrip(String(field), '_') # which the generator adds to names that a language keeps for itself
                push!(lines, "field $name $spelled $(Int(fieldoffset(thing, at))) $size")
            end
        end
    end
    return lines
end

function lines_of_compiler()
    tree = normpath(joinpath(@__DIR__, "..", "..", "..", ".."))
    return mktempdir() do folder
        program = joinpath(folder, "layout")
        run(`cc -I$(joinpath(tree, "include")) $(joinpath(tree, "tests", "abi", "layout.c")) -o $program`)
        return readlines(`$program`)
    end
end

@testset "layouts and constants are those of the C compiler" begin
    computed = lines_of_raw()
    @test length(computed) > 100
    @test symdiff(computed, lines_of_compiler()) == String[]
end

@testset "every function of the headers is in the library" begin
    @test length(Raw.FUNCTIONS) > 40
    @test all(slot[] != C_NULL for (_, slot) in Raw.FUNCTIONS)
end
