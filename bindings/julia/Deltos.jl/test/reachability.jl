# Every function of the C interface is called by the idiomatic layer.

# What is not called, each with its reason.
const UNUSED = Dict{Symbol,String}(
    :deltos_view_to_arrow => "bound next",
    :deltos_value_open_memory => "bound next",
    :deltos_value_read => "bound next",
    :deltos_value_children => "bound next",
    :deltos_value_find => "bound next",
    :deltos_value_view => "bound next",
    :deltos_value_hash => "bound next",
    :deltos_value_equal => "bound next",
    :deltos_value_builder_begin => "bound next",
    :deltos_value_builder_put => "bound next",
    :deltos_value_builder_put_view => "bound next",
    :deltos_value_builder_pack => "bound next",
    :deltos_value_builder_store => "bound next",
    :deltos_value_to_json => "bound next",
    :deltos_value_builder_put_json => "bound next",
    :deltos_builder_release => "bound next",
)

@testset "every function of the library is used" begin
    sources = filter(name -> endswith(name, ".jl") && name != "raw.jl", readdir(joinpath(@__DIR__, "..", "src")))
    text = join(read(joinpath(@__DIR__, "..", "src", name), String) for name in sources)
    used(name) = occursin(Regex("\\bRaw\\.$name\\b"), text)
    unused = [name for (name, _) in Raw.FUNCTIONS if !used(name) && !haskey(UNUSED, name)]
    @test unused == Symbol[]
    @test all(!used(name) for name in keys(UNUSED))
end
