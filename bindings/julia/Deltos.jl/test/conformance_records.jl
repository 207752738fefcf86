# Steps of the conformance corpus on schemas and record tables. The corpus says with which columns, presence and flags a
# function is called, and compares single cells with what the library reads, so they go below the idiomatic layer.

const SLOT_FLAGS = (
    nullable = Raw.DELTOS_SLOT_NULLABLE, optional = Raw.DELTOS_SLOT_OPTIONAL, writable = Raw.DELTOS_SLOT_WRITABLE, utc = Raw.DELTOS_SLOT_UTC,
)

"A step's handle of an object, of whatever kind it is."
handle_of(object) = object.handle
handle_of(table::Deltos.RecordTable) = handle_of(Deltos.object_of(table))
handle_of(v::Deltos.GrowableVector) = handle_of(v.object)
as_value(table::Deltos.RecordTable) = as_value(Deltos.object_of(table))

# ---- Schemas ---------------------------------------------------------------------------------------------------------

function schema_from(form)
    slots = map(form["slots"]) do slot
        format, dtype = element_of(slot)
        flags = reduce(|, UInt32[SLOT_FLAGS[Symbol(flag)] for flag in get(slot, "flags", [])]; init = UInt32(0))
        inner = haskey(slot, "schema") ? schema_from(slot["schema"]) : nothing
        slot["name"] => Deltos.Slot(Deltos.SLOT_TYPES[Symbol(slot["type"])], format, dtype, inner, flags)
    end
    return Deltos.made_schema(
        slots; name = get(form, "name", ""), version = get(form, "version", 0), min_reader = get(form, "min_reader", 0), metadata = decode(get(form, "metadata", "")),
    )
end

schema_given(case, step) = step["schema"] isa Dict ? schema_from(step["schema"]) : named(case, step, "schema")

schema_of(table) = Deltos.Schema(Deltos.handle_made(Raw.deltos_schema) do made, cell
    Deltos.calling(pointer -> Raw.deltos_schema_of(pointer, made, cell), handle_of(table))
end)

"The number of a slot, from 0."
function slot_place(schema, step)
    step["slot"] isa Integer && return step["slot"]
    found = Deltos.find(schema, step["slot"])
    found === nothing && differ("there is no slot $(repr(step["slot"]))")
    return found - 1
end

function compare_slots(wanted, slots)
    length(wanted) == length(slots) || differ("there should be $(length(wanted)) slots, and are $(length(slots))")
    for (form, slot) in zip(wanted, slots)
        foreach(field -> expect(form, field, getfield(slot, Symbol(field))), ("name", "format", "offset", "size", "valid_bit", "null_bit"))
        expect(form, "type", String(slot.type))
        expect(form, "dtype", dtype_name(slot.dtype))
        expect(form, "flags", [String(flag) for flag in keys(SLOT_FLAGS) if getfield(slot, flag)])
        expect(form, "parent", slot.parent - 1)
    end
end

operation((case, step) -> keep(case, step, schema_given(case, step)), "make_schema", "schema", "as")
operation((case, step) -> keep(case, step, schema_of(named(case, step, "table"))), "schema_of", "table", "as")
operation(
    "schema_info", "schema", "name", "version", "min_reader", "metadata", "slot_count", "row_bytes", "alignment", "presence_offset", "presence_bits",
) do case, step
    schema, info, cell = schema_given(case, step), Deltos.sized(Raw.deltos_schema_info), Deltos.ErrorCell()
    Deltos.check(Deltos.calling(pointer -> Raw.deltos_schema_stat(pointer, info, cell), schema.handle), cell)
    foreach(field -> expect(step, field, getfield(schema, Symbol(field))), ("name", "version", "min_reader", "row_bytes", "alignment", "presence_offset"))
    expect(step, "slot_count", length(schema.slots))
    expect(step, "presence_bits", Int(info[].presence_bits))
    haskey(step, "metadata") && expect_bytes(Dict("data" => step["metadata"]), schema.metadata)
end
operation((case, step) -> compare_slots(step["slots"], schema_given(case, step).slots), "schema_slots", "schema", "slots")
operation("find_slot", "schema", "name", "slot") do case, step
    expect(step, "slot", something(Deltos.find(schema_given(case, step), step["name"]), 0) - 1)
end
operation("nested_schema", "schema", "slot", "as") do case, step
    schema = schema_given(case, step)
    number = slot_place(schema, step)
    made = Deltos.handle_made(Raw.deltos_schema) do made, cell
        Deltos.calling(pointer -> Raw.deltos_schema_nested(pointer, number, made, cell), schema.handle)
    end
    keep(case, step, Deltos.Schema(made))
end
operation("check_schema", "schema", "writer") do case, step
    writer = step["writer"] isa Dict ? schema_from(step["writer"]) : named(case, step, "writer")
    Deltos.check(schema_given(case, step), writer)
end
operation("pack_schema", "schema", "as", "value") do case, step
    bytes = Deltos.pack(schema_given(case, step))
    if haskey(step, "value")
        value = Deltos.value_in(shifted(bytes, 0)...)
        compare_tree(value, step["value"], Deltos.read_item(value, UInt64(0)))
        close(value)
    end
    haskey(step, "as") && keep(case, step, unpacked_schema(shifted(bytes, 1)...))
end
operation("unpack_schema", "data", "value", "as") do case, step
    keep(case, step, unpacked_schema((haskey(step, "data") ? shifted(decode(step["data"]), 0) : packed_tree(step["value"]))...))
end

"Bytes that start so many behind a multiple of 64: an array, where they start, how many."
function shifted(data, at)
    bytes, start = Deltos.aligned(at + length(data))
    copyto!(bytes, start + at + 1, data, 1, length(data))
    return bytes, start + at, length(data)
end

function unpacked_schema(bytes, start, size)
    return Deltos.Schema(GC.@preserve bytes Deltos.handle_made(Raw.deltos_schema) do made, cell
        Raw.deltos_schema_unpack(pointer(bytes) + start, size, made, cell)
    end)
end

# ---- Building --------------------------------------------------------------------------------------------------------

# A builder, and the transaction in which its table will be stored.
struct Building
    builder::Deltos.RecordBuilder
    transaction::Union{Nothing,Transaction}
end
Base.close(building::Building) = close(building.builder)

"Calls f with the pointer of a transaction, or with NULL; throws what f throws."
function in_transaction(f, t)
    t === nothing && return f(Ptr{Raw.deltos_transaction}(C_NULL))
    found = Deltos.writing(pointer -> Deltos.safely(() -> f(pointer)), t)
    return found isa Exception ? throw(found) : found
end

place_of(case, step) = haskey(step, "transaction") ? named(case, step, "transaction") : nothing
name_given(step) = haskey(step, "name") ? Deltos.text(step["name"], "a name") : C_NULL
layout_of(step) = Symbol(get(step, "layout", "rows"))

function begun(t, name, schema, layout, memory_bytes = 0)
    builder = in_transaction(pointer -> Deltos.begin_in(pointer, name, schema; layout = layout, memory_bytes = memory_bytes), t)
    return Building(builder, t)
end

# Columns and presence as the library takes them, and what keeps them.
struct Given
    columns::Vector{Raw.deltos_column}
    presence::Vector{Ptr{UInt8}}
    roots::Vector{Any}
end
Given(count) = Given(fill(Deltos.NO_COLUMN, count), fill(Ptr{UInt8}(C_NULL), count), [])
kept(given, root) = (push!(given.roots, root); pointer(root))

set_presence(given, number, codes) = given.presence[number] = kept(given, codes)
set_items(given, number, data, count; size, stride = 0, dtype = 0) =
    given.columns[number] = Raw.deltos_column(Raw.DELTOS_COLUMN_FIXED, dtype, count, kept(given, data), C_NULL, size, stride)
set_offsets(given, number, offsets, data, count) =
    given.columns[number] = Raw.deltos_column(Raw.DELTOS_COLUMN_OFFSETS, 0, count, kept(given, data), kept(given, offsets), 0, 0)
function set_slices(given, number, slices, count)
    found = [Raw.deltos_bytes(kept(given, slice), length(slice)) for slice in slices]
    given.columns[number] = Raw.deltos_column(Raw.DELTOS_COLUMN_SLICES, 0, count, kept(given, found), C_NULL, 0, 0)
end

function add_given(building::Building, given, rows; presence = true)
    roots, states = given.roots, presence ? given.presence : Ptr{Ptr{UInt8}}(C_NULL)
    GC.@preserve roots Deltos.check_builder(building.builder) do pointer, cell
        Raw.deltos_record_table_add(pointer, given.columns, states, length(given.columns), rows, cell)
    end
end

# A null in a slot of any value that may not be null is a value.
function presence_code(slot, cell)
    haskey(cell, "unset") && return Raw.DELTOS_UNSET
    is_value = slot.type === :value && !slot.nullable
    return haskey(cell, "null") && !is_value ? Raw.DELTOS_NULL : Raw.DELTOS_PRESENT
end

function item_of_cell(slot, cell)
    word = node_kind(cell)
    content = cell[word]
    word == "bytes" && return decode(content)
    number = word == "bool" ? UInt64(content) : word == "datetime" ? moment_bits(content) : bits(content)
    word == "float" && slot.dtype == Raw.DELTOS_DTYPE_F32 && (number = UInt64(reinterpret(UInt32, Float32(reinterpret(Float64, number)))))
    return collect(reinterpret(UInt8, [number]))[1:min(slot.size, 8)]
end
moment_bits(content) = (signed_bits(content[1]) * 1_000_000 + fld(signed_bits(content[2]), 1000)) % UInt64

function slice_of_cell(slot, cell)
    slot.type === :bytes && return decode(cell["bytes"])
    slot.type === :utf8 && return haskey(cell, "bytes") ? decode(cell["bytes"]) : text_bytes(cell["utf8"])
    return Deltos.packed(Tree(cell), size -> (Vector{UInt8}(undef, size), 0))[1]
end

# The cells of one slot; nothing where a record around it is not there.
function fill_cells(given, schema, number, cells)
    slot = schema.slots[number]
    codes = UInt8[cell === nothing ? Raw.DELTOS_PRESENT : presence_code(slot, cell) for cell in cells]
    any(!iszero, codes) && set_presence(given, number, codes)
    if slot.type === :record
        for (place, inner) in enumerate(schema.levels[number+1])
            fill_cells(given, schema, inner, Any[cell !== nothing && haskey(cell, "record") ? cell["record"][place] : nothing for cell in cells])
        end
        return nothing
    end
    there = Any[code == 0 ? cell : nothing for (code, cell) in zip(codes, cells)]
    if slot.type in (:fixed, :date, :datetime)
        items = [cell === nothing ? zeros(UInt8, slot.size) : item_of_cell(slot, cell) for cell in there]
        set_items(given, number, reduce(vcat, items; init = UInt8[]), length(cells); size = slot.size)
    else
        set_slices(given, number, [cell === nothing ? UInt8[] : slice_of_cell(slot, cell) for cell in there], length(cells))
    end
    return nothing
end

function add_cells(building::Building, rows, times)
    schema = building.builder.schema
    for _ in 1:times
        given = Given(length(schema.slots))
        foreach(((place, number),) -> fill_cells(given, schema, number, Any[row[place] for row in rows]), enumerate(schema.levels[1]))
        add_given(building, given, length(rows))
    end
end

function add_column(given, number, form, rows)
    count = get(form, "count", rows)
    haskey(form, "slices") && return set_slices(given, number, map(decode, form["slices"]), count)
    haskey(form, "offsets") && return set_offsets(given, number, Int64[form["offsets"]...], decode(form["data"]), count)
    dtype = haskey(form, "dtype") ? dtype_number(form["dtype"]) : 0
    return set_items(given, number, decode(form["data"]), count; size = form["size"], stride = get(form, "stride", 0), dtype = dtype)
end

over(t) = t !== nothing && !isopen(t)

function finish_table(building::Building)
    made = Ref(Ptr{Raw.deltos_object}(C_NULL))
    # Of one that is over the library knows, too.
    in_transaction(over(building.transaction) ? nothing : building.transaction) do _
        Deltos.check_builder((pointer, cell) -> Raw.deltos_record_table_finish(pointer, made, cell), building.builder)
    end
    return Deltos.RecordTable(Deltos.Handle(made[]), building.transaction)
end

packed_bytes(building::Building) = Deltos.filled_by_builder(Raw.deltos_record_table_pack, building.builder, size -> (Vector{UInt8}(undef, size), 0))[1]

finished_table(building) = building.transaction === nothing ? Deltos.table_in(shifted(packed_bytes(building), 0)...) : finish_table(building)

function put_table(t, name, schema, layout, rows, times = 1)
    building = begun(t, name, schema, layout)
    try
        add_cells(building, rows, times)
        return finished_table(building)
    finally
        close(building)
    end
end

operation("begin_records", "transaction", "name", "schema", "layout", "memory_bytes", "as") do case, step
    keep(case, step, begun(place_of(case, step), name_given(step), schema_given(case, step), layout_of(step), get(step, "memory_bytes", 0)))
end
operation((case, step) -> add_cells(named(case, step, "builder"), step["rows"], get(step, "times", 1)), "add_rows", "builder", "rows", "times")
operation("add_columns", "builder", "rows", "columns", "presence") do case, step
    given = Given(length(step["columns"]))
    for (number, form) in enumerate(step["columns"])
        form === nothing || add_column(given, number, form, step["rows"])
    end
    for (number, codes) in enumerate(get(step, "presence", []))
        codes === nothing || set_presence(given, number, decode(codes))
    end
    add_given(named(case, step, "builder"), given, step["rows"]; presence = haskey(step, "presence"))
end
operation((case, step) -> keep(case, step, finish_table(named(case, step, "builder"))), "finish_records", "builder", "as")
# Bytes, damaged and cut as a step says.
function damaged(bytes, step)
    for damage in get(step, "damage", [])
        data = decode(damage["data"])
        copyto!(bytes, damage["at"] + 1, data, 1, length(data))
    end
    return resize!(bytes, length(bytes) - get(step, "cut", 0))
end

operation("pack_records", "builder", "at", "damage", "cut", "as", "size") do case, step
    bytes = packed_bytes(named(case, step, "builder"))
    expect(step, "size", length(bytes))
    damaged(bytes, step)
    haskey(step, "as") && keep(case, step, Deltos.table_in(shifted(bytes, get(step, "at", 0))...))
end
operation("put_records", "transaction", "name", "schema", "layout", "rows", "times", "as") do case, step
    table = put_table(place_of(case, step), name_given(step), schema_given(case, step), layout_of(step), step["rows"], get(step, "times", 1))
    keep(case, step, table)
end
operation("unpack_records", "data", "at", "as") do case, step
    keep(case, step, Deltos.table_in(shifted(decode(step["data"]), get(step, "at", 0))...))
end

# ---- Reading ---------------------------------------------------------------------------------------------------------

operation("open_records", "from", "name", "as") do case, step
    keep(case, step, Deltos.RecordTable(named(case, step, "from"), step["name"]))
end
operation("records_info", "table", "layout", "rows", "slot_count", "row_bytes", "heap_bytes", "image_bytes", "sealed", "writable") do case, step
    raw = Deltos.record_info(handle_of(named(case, step, "table")))
    expect(step, "layout", raw.layout == Raw.DELTOS_LAYOUT_ROWS ? "rows" : "columns")
    expect(step, "slot_count", Int(raw.slots))
    foreach(field -> expect(step, field, Int(getfield(raw, Symbol(field)))), ("rows", "row_bytes", "heap_bytes", "image_bytes"))
    foreach(field -> expect(step, field, getfield(raw, Symbol(field)) != 0), ("sealed", "writable"))
end

read_raw(table, row, slot) = Deltos.asked(handle_of(table), Ref(Deltos.NO_ITEM)) do pointer, found, cell
    Raw.deltos_record_table_read(pointer, row, slot, found, cell)
end

# The value in a slot; nothing where there is none.
function raw_value(table, row, slot)
    found = Deltos.asked(handle_of(table), Ref(Ptr{Raw.deltos_object}(C_NULL))) do pointer, made, cell
        Raw.deltos_record_table_value(pointer, row, slot, made, cell)
    end
    return found == C_NULL ? nothing : Deltos.Value(Deltos.Handle(found), nothing, table)
end

const VALUE_TYPES = (:list, :tuple, :set, :dict, :decimal, :ndarray, :value)

function compare_cell(table, schema, row, slot, cell)
    item = read_raw(table, row, slot)
    wrong() = differ("row $row, slot $slot should be $(first(repr(cell), 200)), and is $(kind_word(item.kind)): $item")
    haskey(cell, "unset") == (item.kind == Raw.DELTOS_VALUE_END) || wrong()
    haskey(cell, "record") == (item.kind == Raw.DELTOS_VALUE_RECORD) || wrong()
    haskey(cell, "unset") && return nothing
    haskey(cell, "record") && return compare_level(table, schema, row, slot + 1, cell["record"])
    if schema.slots[slot+1].type in VALUE_TYPES && item.kind != Raw.DELTOS_VALUE_NULL
        value = raw_value(table, row, slot)
        compare_tree(value, cell, Deltos.read_item(value, UInt64(0)))
        return close(value)
    end
    wanted, root = node_item(cell)
    GC.@preserve root wanted.kind == item.kind && same_scalar(wanted, item) || wrong()
    return nothing
end

function compare_level(table, schema, row, level, cells)
    numbers = schema.levels[level+1]
    length(cells) == length(numbers) || differ("row $row has $(length(numbers)) slots, and $(length(cells)) cells are given")
    foreach((number, cell) -> compare_cell(table, schema, row, number - 1, cell), numbers, cells)
end

function compare_cells(table, schema, rows, times = 1)
    count = Int(Deltos.record_info(handle_of(table)).rows)
    count == times * length(rows) || differ("there should be $(times * length(rows)) rows, and are $count")
    foreach(row -> compare_level(table, schema, row, 0, rows[row%length(rows)+1]), 0:count-1)
end

operation("read_cell", "table", "row", "slot", "cell") do case, step
    table = named(case, step, "table")
    schema = schema_of(table)
    slot = slot_place(schema, step)
    haskey(step, "cell") ? compare_cell(table, schema, step["row"], slot, step["cell"]) : read_raw(table, step["row"], slot)
end
operation("read_rows", "table", "rows", "times") do case, step
    table = named(case, step, "table")
    compare_cells(table, schema_of(table), step["rows"], get(step, "times", 1))
end
operation("cell_value", "table", "row", "slot", "as", "absent") do case, step
    table = named(case, step, "table")
    value = raw_value(table, step["row"], slot_place(schema_of(table), step))
    (value === nothing) == get(step, "absent", false) || differ("the value should be $(value === nothing ? "there" : "absent"), and is not")
    value === nothing || keep(case, step, value)
end

for (name, f) in ("records_rows" => Raw.deltos_record_table_rows, "records_heap" => Raw.deltos_record_table_heap)
    operation(name, "table", "flags", "as") do case, step
        table = named(case, step, "table")
        made = Deltos.handle_made(Raw.deltos_view) do made, cell
            Deltos.calling(pointer -> f(pointer, view_flags(step), made, cell), handle_of(table))
        end
        keep(case, step, Deltos.View(made, table))
    end
end
operation("records_column", "table", "slot", "flags", "as", "offsets_as") do case, step
    table = named(case, step, "table")
    number = slot_place(schema_of(table), step)
    offsets = Ref(Ptr{Raw.deltos_view}(C_NULL))
    beside = haskey(step, "offsets_as") ? offsets : Ptr{Ptr{Raw.deltos_view}}(C_NULL)
    made = Deltos.handle_made(Raw.deltos_view) do made, cell
        Deltos.calling(pointer -> Raw.deltos_record_table_column(pointer, number, view_flags(step), made, beside, cell), handle_of(table))
    end
    keep(case, step, Deltos.View(made, table))
    haskey(step, "offsets_as") || return nothing
    offsets[] == C_NULL && differ("there are no offsets")
    keep(case, Dict("as" => step["offsets_as"]), Deltos.View(Deltos.Handle(offsets[]), table))
end
operation("records_presence", "table", "slot", "which", "flags", "as", "absent") do case, step
    table = named(case, step, "table")
    number, which = slot_place(schema_of(table), step), Deltos.PRESENCES[Symbol(get(step, "which", "valid"))]
    found = Deltos.asked(handle_of(table), Ref(Ptr{Raw.deltos_view}(C_NULL))) do pointer, made, cell
        Raw.deltos_record_table_presence(pointer, number, which, view_flags(step), made, cell)
    end
    (found == C_NULL) == get(step, "absent", false) || differ("the bits should be $(found == C_NULL ? "there" : "absent"), and are not")
    found == C_NULL || keep(case, step, Deltos.View(Deltos.Handle(found), table))
end
operation("verify_records", "table") do case, step
    cell = Deltos.ErrorCell()
    Deltos.check(Deltos.calling(p -> Raw.deltos_record_table_verify(p, C_NULL, C_NULL, cell), handle_of(named(case, step, "table"))), cell)
end

# ---- Arrow -----------------------------------------------------------------------------------------------------------

"Types and data of the columns below one, depth first."
function arrow_columns(schema, array)
    found = Tuple{Deltos.ArrowSchema,Deltos.ArrowArray}[]
    for k in 1:schema.n_children
        part = unsafe_load(unsafe_load(schema.children, k)), unsafe_load(unsafe_load(array.children, k))
        push!(found, part)
        append!(found, arrow_columns(part...))
    end
    return found
end

operation("arrow_of", "object", "rows", "columns") do case, step
    given = Deltos.arrow_of(Raw.deltos_object_to_arrow, handle_of(named(case, step, "object")))
    Deltos.closing(given...) do schema, array
        expect(step, "rows", array[].length)
        found = arrow_columns(schema[], array[])
        wanted = get(step, "columns", found)
        length(wanted) == length(found) || differ("there should be $(length(wanted)) columns, and are $(length(found))")
        wanted === found && return nothing
        for (form, (type, data)) in zip(wanted, found)
            expect(form, "name", unsafe_string(type.name))
            expect(form, "format", unsafe_string(type.format))
            expect(form, "nullable", type.flags & 2 != 0)
            expect(form, "nulls", data.null_count)
        end
    end
end
operation("records_from_arrow", "table", "transaction", "name", "layout", "as") do case, step
    stream, cell = Deltos.ArrowCell{Deltos.ArrowArrayStream}(), Deltos.ErrorCell()
    status = GC.@preserve stream Deltos.calling(handle_of(named(case, step, "table"))) do pointer
        Raw.deltos_record_table_to_arrow_stream(pointer, Deltos.raw_pointer(stream), cell)
    end
    Deltos.check(status, cell)
    t = place_of(case, step)
    Deltos.closing(stream) do stream
        builder = in_transaction(pointer -> Deltos.builder_from_arrow(pointer, name_given(step), stream; layout = layout_of(step)), t)
        Deltos.closing(building -> keep(case, step, finished_table(building)), Building(builder, t))
    end
end

# ---- Descriptions ----------------------------------------------------------------------------------------------------

made_records(t, object) = put_table(t, object["name"], schema_from(object["schema"]), Symbol(object["layout"]), object["rows"])

function compare_records(scope, object)
    using_object(Deltos.RecordTable(scope, object["name"])) do table
        schema = schema_of(table)
        expect(Dict("name" => get(object["schema"], "name", "")), "name", schema.name)
        expect(Dict("version" => get(object["schema"], "version", 0)), "version", schema.version)
        compare_slots(described_slots(object["schema"]), schema.slots)
        expect(object, "layout", String(Deltos.table_info(table).layout))
        compare_cells(table, schema, object["rows"])
    end
end

"The slots of all levels of a schema that a description tells of, as `schema_slots` has them."
function described_slots(form, parent = -1, found = Dict{String,Any}[])
    for slot in form["slots"]
        same = Dict{String,Any}(field => slot[field] for field in ("name", "type") if haskey(slot, field))
        slot["type"] == "fixed" && haskey(slot, "format") && (same["format"] = Deltos.describe(slot["format"]).canonical)
        same["flags"] = [String(flag) for flag in keys(SLOT_FLAGS) if String(flag) in get(slot, "flags", [])]
        same["parent"] = parent
        push!(found, same)
        haskey(slot, "schema") && described_slots(slot["schema"], length(found) - 1, found)
    end
    return found
end
