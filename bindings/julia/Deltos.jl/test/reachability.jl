# Every function of the C interface is called by the idiomatic layer.

# What is not called, each with its reason.
const UNUSED = Dict{Symbol,String}(
    :deltos_array_advance => "bound next",
    :deltos_array_append => "bound next",
    :deltos_array_byteswap => "bound next",
    :deltos_array_capacity => "bound next",
    :deltos_array_clear => "bound next",
    :deltos_array_close => "bound next",
    :deltos_array_count => "bound next",
    :deltos_array_extend => "bound next",
    :deltos_array_fd => "bound next",
    :deltos_array_flush => "bound next",
    :deltos_array_insert => "bound next",
    :deltos_array_open_anonymous => "bound next",
    :deltos_array_open_fd => "bound next",
    :deltos_array_open_file => "bound next",
    :deltos_array_remove => "bound next",
    :deltos_array_reserve => "bound next",
    :deltos_array_resize => "bound next",
    :deltos_array_reverse => "bound next",
    :deltos_array_shrink => "bound next",
    :deltos_array_tail => "bound next",
)

@testset "every function of the library is used" begin
    sources = filter(name -> endswith(name, ".jl") && name != "raw.jl", readdir(joinpath(@__DIR__, "..", "src")))
    text = join(read(joinpath(@__DIR__, "..", "src", name), String) for name in sources)
    used(name) = occursin(Regex("\\bRaw\\.$name\\b"), text)
    unused = [name for (name, _) in Raw.FUNCTIONS if !used(name) && !haskey(UNUSED, name)]
    @test unused == Symbol[]
    @test all(!used(name) for name in keys(UNUSED))
end
