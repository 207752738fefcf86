# Runs the examples of docstrings and of the README: ```jldoctest blocks, each in a module of its own.

"The examples in a text, as vectors of (input, expected output)."
function examples_of(text)
    found = Vector{Tuple{String,String}}[]
    for block in eachmatch(r"^```jldoctest[^\n]*\n(.*?)^```"ms, text)
        steps = Tuple{String,String}[]
        input, output = String[], String[]
        finish() = isempty(input) || push!(steps, (join(input, '\n'), strip(join(output, '\n'))))
        for line in split(block.captures[1], '\n')
            if startswith(line, "julia> ")
                finish()
                input, output = [line[8:end]], String[]
            elseif startswith(line, "       ") && isempty(output) && !isempty(input)
                push!(input, line[8:end])
            else
                push!(output, line)
            end
        end
        finish()
        push!(found, steps)
    end
    return found
end

"What the REPL would print: the text form of the value, or of the error."
function answer(place, input)
    return try
        value = Base.include_string(place, input)
        quiet = value === nothing || endswith(replace(input, r"#[^\n\"]*$" => "") |> rstrip, ';')
        quiet ? "" : repr(MIME"text/plain"(), value; context = IOContext(stdout, :limit => true, :module => place, :color => false))
    catch e
        "ERROR: " * sprint(showerror, e isa LoadError ? e.error : e)
    end
end

# Julia 1.6 and newer print Vector{T} where older ones print Array{T,1}.
same_words(text) = replace(replace(text, r"Array\{(\w+),\s?1\}" => s"Vector{\1}"), r"Array\{(\w+),\s?2\}" => s"Matrix{\1}")

"Every text with examples: the docstrings of the package, and its README."
function documents()
    found = Pair{String,String}["README.md" => read(joinpath(@__DIR__, "..", "README.md"), String)]
    for (binding, docs) in Base.Docs.meta(Deltos), (signature, doc) in docs.docs
        push!(found, "$(binding.var) $signature" => join(doc.text))
    end
    return sort!(found; by = first)
end

@testset "examples in the documentation" begin
    count = 0
    for (where, text) in documents(), (number, steps) in enumerate(examples_of(text))
        place = Module()
        @testset "$where, example $number" begin
            for (input, expected) in steps
                count += 1
                @test same_words(answer(place, input)) == same_words(expected)
            end
        end
    end
    @test count > 20
end

@testset "every public name is documented" begin
    documented = Set(binding.var for binding in keys(Base.Docs.meta(Deltos)))
    public = [names(Deltos); :open; :open_memory; :anonymous; :array; :Buffer; :View; :RawContent; :library; :list; :storage; :buffer; :Schema; :Slot; :unset; :RecordTable; :Record; :column; :columns; :records; :create_records!; :pack_records; :unpack_records; :HashMap; :KeyHash; :Bytes; :hashmap; :pack_hashmap; :unpack_hashmap; :HashMapBuilder; :add!; :prepare!; :finish!; :ordered; :eachpair; :row_numbers; :map_info; :SortedMap; :sortedmap; :SortedRange; :PairCursor; :prefix; :find]
    @test [name for name in public if !(name in documented)] == Symbol[]
end
