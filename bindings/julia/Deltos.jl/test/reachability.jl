# Every function of the C interface is called by the idiomatic layer.

# What is not called, each with its reason.
const UNUSED = Dict{Symbol,String}()

@testset "every function of the library is used" begin
    sources = filter(name -> endswith(name, ".jl") && name != "raw.jl", readdir(joinpath(@__DIR__, "..", "src")))
    text = join(read(joinpath(@__DIR__, "..", "src", name), String) for name in sources)
    used(name) = occursin(Regex("\\bRaw\\.$name\\b"), text)
    unused = [name for (name, _) in Raw.FUNCTIONS if !used(name) && !haskey(UNUSED, name)]
    @test unused == Symbol[]
    @test all(!used(name) for name in keys(UNUSED))
end
