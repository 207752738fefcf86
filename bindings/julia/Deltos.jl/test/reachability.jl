# Every function of the C interface is called by the idiomatic layer.

# What is not called, each with its reason.
const UNUSED = Dict{Symbol,String}(
    :deltos_object_to_arrow => "bound next",
    :deltos_record_table_to_arrow_stream => "bound next",
    :deltos_record_table_from_arrow => "bound next",
    :deltos_record_table_add => "bound next",
    :deltos_record_table_begin => "bound next",
    :deltos_record_table_column => "bound next",
    :deltos_record_table_finish => "bound next",
    :deltos_record_table_heap => "bound next",
    :deltos_record_table_open_memory => "bound next",
    :deltos_record_table_pack => "bound next",
    :deltos_record_table_presence => "bound next",
    :deltos_record_table_read => "bound next",
    :deltos_record_table_rows => "bound next",
    :deltos_record_table_stat => "bound next",
    :deltos_record_table_value => "bound next",
    :deltos_record_table_verify => "bound next",
    :deltos_schema_of => "bound next",
    :deltos_view_to_arrow => "bound next",
)

@testset "every function of the library is used" begin
    sources = filter(name -> endswith(name, ".jl") && name != "raw.jl", readdir(joinpath(@__DIR__, "..", "src")))
    text = join(read(joinpath(@__DIR__, "..", "src", name), String) for name in sources)
    used(name) = occursin(Regex("\\bRaw\\.$name\\b"), text)
    unused = [name for (name, _) in Raw.FUNCTIONS if !used(name) && !haskey(UNUSED, name)]
    @test unused == Symbol[]
    @test all(!used(name) for name in keys(UNUSED))
end
