# Every function of the C interface is called by the idiomatic layer.

# What is not called, each with its reason.
const UNUSED = Dict{Symbol,String}(
    :deltos_table_create => "bound next",
    :deltos_table_from_view => "bound next",
    :deltos_table_from_views => "bound next",
    :deltos_table_make_readonly => "bound next",
    :deltos_table_reinterpret => "bound next",
    :deltos_table_row => "bound next",
    :deltos_table_rows => "bound next",
    :deltos_table_stat => "bound next",
    :deltos_table_to_dense => "bound next",
    :deltos_table_wrap => "bound next",
)

@testset "every function of the library is used" begin
    sources = filter(name -> endswith(name, ".jl") && name != "raw.jl", readdir(joinpath(@__DIR__, "..", "src")))
    text = join(read(joinpath(@__DIR__, "..", "src", name), String) for name in sources)
    used(name) = occursin(Regex("\\bRaw\\.$name\\b"), text)
    unused = [name for (name, _) in Raw.FUNCTIONS if !used(name) && !haskey(UNUSED, name)]
    @test unused == Symbol[]
    @test all(!used(name) for name in keys(UNUSED))
end
