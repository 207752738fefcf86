# Schemas: made of types and of lists, told as they are, compared, and refused with the slot's name.

using Dates

struct Endless
    next::Union{Nothing,Endless}
end

slot(schema, name) = schema.slots[Deltos.find(schema, name)]

@testset "a structure's fields are slots" begin
    schema = Deltos.Schema(Everything)
    @test schema.name == "Everything" && schema.version == schema.min_reader == 0 && schema.metadata == UInt8[]
    types = [schema.slots[k].type for k in schema.levels[1]]
    @test types == [
        :fixed, :fixed, :fixed, :fixed, :fixed, :fixed, :fixed, :fixed, :utf8, :utf8, :utf8, :bytes, :date, :datetime, :datetime, :decimal, :ndarray,
        :list, :tuple, :dict, :set, :value, :record, :record,
    ]
    @test [slot(schema, name).format for name in ("flag", "number", "small", "complex", "fraction", "triple", "code")] ==
          ["?", "q", "B", "Zd", "T{i:re:i:im:}", "3h", "4s"]
    @test [s.name for s in schema.slots if s.nullable] == ["small", "letter", "instant", "price", "place", "y", "y"]
    @test [s.name for s in schema.slots if s.optional] == ["word", "price", "deep"] && [s.name for s in schema.slots if s.utc] == ["instant"]
    @test slot(schema, "place.y").parent == Deltos.find(schema, :place) && Deltos.find(schema, "place.z") === nothing
    @test Deltos.nested(schema, :place) == Deltos.Schema(Place)
end

@testset "a schema of numbers is the struct that C knows" begin
    T = NamedTuple{(:a, :b, :c),Tuple{Int8,Float64,NTuple{3,Int16}}}
    schema = Deltos.Schema(T)
    @test schema.name == "" && schema.row_bytes == sizeof(T) && schema.alignment == 8
    @test [s.offset for s in schema.slots] == [fieldoffset(T, k) for k in 1:3] && [s.size for s in schema.slots] == [1, 8, 6]
    @test all(s -> s.valid_bit == s.null_bit == -1, schema.slots)
    both = Deltos.Schema(:x => Deltos.Slot(Int32; nullable = true, optional = true), :y => Union{Missing,Int32})
    @test (both.presence_offset, both.row_bytes) == (8, 12) && [(s.valid_bit, s.null_bit) for s in both.slots] == [(0, 1), (2, -1)]
end

@testset "a list of names and types says the same, and more" begin
    point = Deltos.Schema(:x => Float32, :y => Union{Missing,Float64}; name = "Place")
    @test point == Deltos.Schema(Place) == Deltos.Schema((x = Float32, y = Union{Missing,Float64}); name = "Place") && hash(point) == hash(Deltos.Schema(Place))
    schema = Deltos.Schema(
        "code" => "16s", :grid => "(3,4)f", :at => point, :spot => (x = Int8,), :n => Deltos.Slot(Int; writable = true),
        :when => Deltos.Slot(DateTime; utc = true, optional = true), :tags => :list;
        name = "tree", version = 3, min_reader = 2, metadata = "note",
    )
    @test (schema.name, schema.version, schema.min_reader, String(copy(schema.metadata))) == ("tree", 3, 2, "note")
    @test slot(schema, "code").size == 16 && slot(schema, "grid").size == 48 && slot(schema, "at").format == "Place" && slot(schema, "spot.x").format == "b"
    @test slot(schema, "n").writable && slot(schema, "when").utc && slot(schema, "when").optional && slot(schema, "tags").type === :list
    @test repr(Deltos.Schema(:a => Float32, :b => Deltos.Slot(String; nullable = true))) == "Deltos.Schema: a (f), b (utf8, nullable)"
    @test repr(Deltos.unset) == "Deltos.unset" && Deltos.unset isa Deltos.Unset
end

@testset "packed bytes are the schema again, and a value" begin
    schema = Deltos.Schema(Everything; version = 7, min_reader = 5, metadata = UInt8[0, 1])
    bytes = Deltos.pack(schema)
    again = Deltos.unpack(Deltos.Schema, bytes)
    @test again == schema && again.slots == schema.slots && again.metadata == UInt8[0, 1] && again.version == 7
    @test Deltos.unpack(bytes)["name"] == "Everything"
    @test thrown(() -> Deltos.unpack(Deltos.Schema, bytes[1:end-8])) isa CorruptError && thrown(() -> Deltos.unpack(Deltos.Schema, zeros(UInt8, 64))) isa NotDeltosError
    @test thrown(() -> Deltos.unpack(Deltos.Schema, Deltos.pack((a = 1,)))) isa NotDeltosError
    for k in 1:length(bytes) # damaged anywhere: an error, or another schema
        damaged = copy(bytes)
        damaged[k] ⊻= 0xff
        e = thrown(() -> Deltos.unpack(Deltos.Schema, damaged).slots)
        @test e === nothing || e isa DeltosError
    end
end

@testset "readers old and new are told whether they can read" begin
    S(slots...; keywords...) = Deltos.Schema(slots...; keywords...)
    writer = S(:id => Int64, :name => String, :at => (x = Float32, y = Float32); version = 2, min_reader = 1)
    readers = [
        S(:id => Int64; version = 1), S(:name => Union{Missing,String}, :id => Int64; version = 2),
        S(:id => Int64, :note => Union{Missing,String}; version = 1), S(:at => (y = Float32,); version = 1), S(:id => Int64, :new => Union{Deltos.Unset,Int}; version = 9),
    ]
    @test all(reader -> Deltos.check(reader, writer) === nothing, readers)
    refused(reader, word) = (e = thrown(() -> Deltos.check(reader, writer))) isa TypeMismatchError && occursin(word, e.message)
    @test refused(S(:id => Int32; version = 1), "id") && refused(S(:id => String; version = 1), "id") && refused(S(:note => String; version = 1), "note")
    @test refused(S(:at => (z = Float32,); version = 1), "at.z") && refused(S(:id => Int64), "1")
    @test thrown(() -> Deltos.check(S(:id => Int64), S(:id => Union{Missing,Int64}))) isa TypeMismatchError
    @test thrown(() -> Deltos.check(S(:t => DateTime), S(:t => Deltos.Timestamp))) isa TypeMismatchError
end

@testset "what cannot be a schema is refused by name" begin
    refused(E, f, word) = (e = thrown(f)) isa E && occursin(word, e.message)
    @test refused(FormatError, () -> Deltos.Schema(:x => "zz"), "zz") && refused(FormatError, () -> Deltos.Schema(Int), "Int64")
    @test refused(FormatError, () -> Deltos.Schema(NamedTuple{(:f,),Tuple{typeof(sin)}}), "\"f\"") && refused(FormatError, () -> Deltos.Schema(:u => UInt128), "UInt128")
    @test refused(InvalidError, () -> Deltos.Schema(:x => sin), "sin") && refused(InvalidError, () -> Deltos.Schema(:x => :number), ":number") && refused(InvalidError, () -> Deltos.Schema(), "one slot")
    @test refused(DuplicateError, () -> Deltos.Schema(:x => Int, "x" => Int), "x") && refused(InvalidError, () -> Deltos.Schema("a:b" => Int), ":")
    @test refused(InvalidError, () -> Deltos.Schema(:s => Deltos.Slot(String; writable = true)), "s") && refused(LimitError, () -> Deltos.Schema(Endless), "Endless")
    @test refused(LimitError, () -> Deltos.Schema(:x => Int; metadata = zeros(UInt8, 70_000)), "metadata")
    schema = Deltos.Schema(Place)
    @test refused(NotFoundError, () -> Deltos.nested(schema, :z), "\"x\", \"y\"") && refused(TypeMismatchError, () -> Deltos.nested(schema, "x"), "x") && refused(RangeError, () -> Deltos.nested(schema, 3), "3")
    close(schema)
    close(schema)
    @test !isopen(schema) && schema.name == "Place" && thrown(() -> Deltos.pack(schema)) isa ClosedError
end
