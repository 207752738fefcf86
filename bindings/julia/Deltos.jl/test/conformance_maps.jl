# Steps of the conformance corpus on hash maps and sorted maps. The corpus says which bytes are asked for and what each call gives,
# so they go below the idiomatic layer.

const AnyMap = Union{Deltos.HashMap,Deltos.SortedMap}
handle_of(map::AnyMap) = Deltos.handle_of(map)
as_value(map::AnyMap) = as_value(Deltos.object_of(map))
refreshable(map::AnyMap) = Deltos.object_of(map) # what has other types of keys or values is no error to the library

const KEY_NAMES = (bytes = Raw.DELTOS_KEY_BYTES, utf8 = Raw.DELTOS_KEY_UTF8, u64 = Raw.DELTOS_KEY_U64, value = Raw.DELTOS_KEY_VALUE)
const VALUE_NAMES = (
    u64 = Raw.DELTOS_MAP_VALUE_U64, bytes = Raw.DELTOS_MAP_VALUE_BYTES, utf8 = Raw.DELTOS_MAP_VALUE_UTF8,
    value = Raw.DELTOS_MAP_VALUE_VALUE, record = Raw.DELTOS_MAP_VALUE_RECORD,
)
number_of(names, step, field, otherwise) = names[Symbol(get(step, field, otherwise))]
word_of(names, number) = String(keys(names)[findfirst(==(number), collect(values(names)))])

# ---- The notation ----------------------------------------------------------------------------------------------------

# How a key or a value is written: as its bytes, as the eight bytes of a number, or as the image of a value.
form_of_key(key) = key == Raw.DELTOS_KEY_U64 ? :number : key == Raw.DELTOS_KEY_VALUE ? :image : :bytes
form_of_value(value) =
    value == Raw.DELTOS_MAP_VALUE_RECORD ? :record : value == Raw.DELTOS_MAP_VALUE_U64 ? :number : value == Raw.DELTOS_MAP_VALUE_VALUE ? :image : :bytes

function encoded(node, form)
    form === :image && return Deltos.packed(Tree(node), size -> (Vector{UInt8}(undef, size), 0))[1]
    word = node_kind(node)
    word in ("int", "uint") && return collect(reinterpret(UInt8, [bits(node[word])]))
    word == "utf8" && return text_bytes(node[word])
    word == "bytes" && return decode(node[word])
    differ("a key or value is no bytes: $node")
end

written_number(number, form) = form === :bytes ? Dict("utf8" => string(number)) : Dict("int" => number)
written_pairs(pairs::Vector, key, value) = pairs
written_pairs(pairs::Dict, key, value) = [Any[written_number(n, key), written_number(n, value)] for n in numbers_of(pairs)]
written_keys(list::Vector, key) = list
written_keys(list::Dict, key) = [written_number(n, key) for n in numbers_of(list)]

# Nodes as the column with a number.
function set_nodes(given, place, nodes, form)
    items = [encoded(node, form) for node in nodes]
    form === :number || return set_slices(given, place, items, length(items))
    all(item -> length(item) == 8, items) || differ("a number takes its 8 bytes")
    set_items(given, place, reduce(vcat, items; init = UInt8[]), length(items); size = 8)
end

# Calls f with the pointers of so many columns.
with_columns(f, given) = GC.@preserve given (roots = given.roots; GC.@preserve roots f(map(Ref, given.columns)...))

counted(column) = haskey(column, "offsets") ? length(column["offsets"]) - 1 : haskey(column, "slices") ? length(column["slices"]) : 0

function expect_encoded(what, node, form, found)
    wanted = encoded(node, form)
    wanted == found || differ("a $what should be $(shorten(wanted)), and is $(shorten(found))")
end
bytes_of(found::Raw.deltos_bytes) = bytes_at(found.data, Int(found.size))

# ---- Building --------------------------------------------------------------------------------------------------------

# A map that is being built, and what its progress function has been told.
struct MapBuilding
    builder::Deltos.HashMapBuilder
    kinds::Tuple{Symbol,Symbol}
    calls::Ref{Int}
    beyond::Ref{Bool}
    counts::Bool
end
Base.close(building::MapBuilding) = close(building.builder)

function progress_given(step, calls, beyond)
    kind = get(step, "progress", nothing)
    kind === nothing && return nothing
    kind == "cancel" && return (done, total) -> true
    return (done, total) -> (calls[] += 1; beyond[] |= total > 0 && done > total; false)
end

function check_calls(building)
    building.counts && building.calls[] == 0 && differ("the progress function was not called")
    building.beyond[] && differ("more was done than there was to do")
end

function begun_map(case, step)
    key, value = number_of(KEY_NAMES, step, "key", "bytes"), number_of(VALUE_NAMES, step, "value", "u64")
    shape, duplicates = number_of(Deltos.SHAPES, step, "shape", "simple"), number_of(Deltos.DUPLICATES, step, "duplicates", "error")
    storage = haskey(step, "storage") ? named(case, step, "storage") : nothing
    schema = haskey(step, "schema") ? schema_given(case, step) : nothing
    calls, beyond = Ref(0), Ref(false)
    handle, reporter = Deltos.begun(nothing, progress_given(step, calls, beyond)) do folder, callback, user, made, cell
        Deltos.with_handles(storage, schema) do storage, schema
            options = Ref(Raw.deltos_hash_map_options(
                sizeof(Raw.deltos_hash_map_options), key, value, shape, duplicates, get(step, "deduplicate", false) * Raw.DELTOS_HASH_MAP_DEDUPLICATE,
                get(step, "threads", 0), 0, get(step, "memory_bytes", 0), folder, schema, callback, user,
            ))
            Raw.deltos_hash_map_begin(storage, options, made, cell)
        end
    end
    builder = Deltos.HashMapBuilder{Any,Any}(handle, schema, Deltos.slot_types(schema), [], [], 0, 0, reporter)
    return MapBuilding(builder, (form_of_key(key), form_of_value(value)), calls, beyond, get(step, "progress", "") == "count")
end

function add_given_pairs(building::MapBuilding, written, times = 1)
    key, value = building.kinds
    pairs = written_pairs(written, key, value)
    keys_given, rows = Given(1), Given(0)
    set_nodes(keys_given, 1, [pair[1] for pair in pairs], key)
    if value === :record
        schema = building.builder.schema
        rows = Given(length(schema.slots))
        foreach(((place, number),) -> fill_cells(rows, schema, number, Any[pair[2][place] for pair in pairs]), enumerate(schema.levels[1]))
    else
        rows = Given(1)
        set_nodes(rows, 1, [pair[2] for pair in pairs], value)
    end
    foreach(_ -> value === :record ? add_rows_to(building, keys_given, rows) : add_columns_to(building, keys_given, rows), 1:times)
end

function add_columns_to(building, keys_given, values_given)
    key, value, roots = Ref(keys_given.columns[1]), Ref(values_given.columns[1]), (keys_given.roots, values_given.roots)
    GC.@preserve roots Deltos.check_builder((pointer, cell) -> Raw.deltos_hash_map_add(pointer, key, value, cell), building.builder)
end

function add_rows_to(building, keys_given, rows)
    key, roots = Ref(keys_given.columns[1]), (keys_given.roots, rows.roots)
    GC.@preserve roots Deltos.check_builder(building.builder) do pointer, cell
        Raw.deltos_hash_map_add_records(pointer, key, rows.columns, rows.presence, length(rows.columns), cell)
    end
end

function finished_map(building::MapBuilding, t, name, replace)
    made = Ref(Ptr{Raw.deltos_object}(C_NULL))
    in_transaction(t) do transaction
        Deltos.check_builder(building.builder) do pointer, cell
            Raw.deltos_hash_map_finish(pointer, transaction, Deltos.text(name, "a name"), replace * Raw.DELTOS_HASH_MAP_REPLACE, made, cell)
        end
    end
    check_calls(building)
    return Deltos.HashMap(Deltos.Handle(made[]), t)
end

function packed_map_bytes(building::MapBuilding, step)
    bytes = Deltos.filled_by_builder(Raw.deltos_hash_map_pack, building.builder, size -> (Vector{UInt8}(undef, size), 0))[1]
    check_calls(building)
    return damaged(bytes, step)
end

operation((case, step) -> keep(case, step, begun_map(case, step)), "begin_map", "storage", "key", "value", "shape", "duplicates", "deduplicate", "schema", "memory_bytes", "threads", "progress", "as")
operation((case, step) -> add_given_pairs(named(case, step, "builder"), step["pairs"], get(step, "times", 1)), "add_pairs", "builder", "pairs", "times")
operation("add_pair_columns", "builder", "keys", "values") do case, step
    keys_given, values_given = Given(1), Given(1)
    add_column(keys_given, 1, step["keys"], counted(step["keys"]))
    add_column(values_given, 1, step["values"], counted(step["values"]))
    add_columns_to(named(case, step, "builder"), keys_given, values_given)
end
operation("add_map", "builder", "map") do case, step
    Deltos.check_builder(named(case, step, "builder").builder) do pointer, cell
        Deltos.calling(map -> Raw.deltos_hash_map_add_map(pointer, map, cell), handle_of(named(case, step, "map")))
    end
end
operation((case, step) -> Deltos.check_builder(Raw.deltos_hash_map_prepare, named(case, step, "builder").builder), "prepare_map", "builder")
operation("finish_map", "builder", "transaction", "name", "replace", "as") do case, step
    keep(case, step, finished_map(named(case, step, "builder"), named(case, step, "transaction"), step["name"], get(step, "replace", false)))
end
operation("pack_map", "builder", "at", "damage", "cut", "as") do case, step
    bytes = packed_map_bytes(named(case, step, "builder"), step)
    haskey(step, "as") && keep(case, step, Deltos.map_in(shifted(bytes, get(step, "at", 0))...))
end
operation(
    "put_map", "transaction", "name", "replace", "pairs", "times", "key", "value", "shape", "duplicates", "deduplicate", "schema", "memory_bytes", "threads", "progress", "as",
) do case, step
    made = Deltos.closing(begun_map(case, step)) do building
        add_given_pairs(building, step["pairs"], get(step, "times", 1))
        t = place_of(case, step)
        t === nothing ? Deltos.map_in(shifted(packed_map_bytes(building, step), 0)...) : finished_map(building, t, step["name"], get(step, "replace", false))
    end
    keep(case, step, made)
end
operation("unpack_map", "data", "at", "as") do case, step
    keep(case, step, Deltos.map_in(shifted(decode(step["data"]), get(step, "at", 0))...))
end
operation((case, step) -> keep(case, step, Deltos.HashMap(named(case, step, "from"), step["name"])), "open_map", "from", "name", "as")

# ---- Looking up ------------------------------------------------------------------------------------------------------

# A map, and how what is in it is written.
struct MapReading
    handle::Deltos.Handle{Raw.deltos_object}
    info::Raw.deltos_hash_map_info
    key::Symbol
    value::Symbol
    table::Union{Nothing,Deltos.RecordTable}
end

function reading_of(object)
    handle = handle_of(object)
    info = Deltos.hash_map_info(handle)
    key, value = form_of_key(info.key), form_of_value(info.value)
    value === :record || return MapReading(handle, info, key, value, nothing)
    made = Deltos.handle_made(Raw.deltos_object) do made, cell
        Deltos.calling(pointer -> Raw.deltos_hash_map_records(pointer, made, cell), handle)
    end
    return MapReading(handle, info, key, value, Deltos.RecordTable(made, nothing, object))
end
Base.close(r::MapReading) = r.table === nothing ? nothing : close(r.table)
has_numbers(r) = r.value in (:number, :record)

# Calls f of the library with the map, arguments and an error cell.
function asking(f, r::MapReading, arguments...)
    cell = Deltos.ErrorCell()
    Deltos.check(Deltos.calling(pointer -> f(pointer, arguments..., cell), r.handle), cell)
end

# A value as bytes and as a number.
function expect_value(r, node, found::Raw.deltos_bytes, number)
    found.data == C_NULL && differ("a value that is there has no bytes")
    has_numbers(r) && bytes_of(found) != reinterpret(UInt8, [number]) && differ("a value is $number as a number, and something else as bytes")
    r.value === :record && return compare_level(r.table, Deltos.schema(r.table), Int(number), 0, node)
    r.value === :image || expect_encoded("value", node, r.value, bytes_of(found))
    return nothing
end

function expect_image(r, node, entry, index)
    made = Ref(Ptr{Raw.deltos_object}(C_NULL))
    asking(Raw.deltos_hash_map_value, r, Ref(entry), index, made)
    value = Deltos.Value(Deltos.Handle(made[]), nothing, nothing)
    compare_tree(value, node, Deltos.read_item(value, UInt64(0)))
    close(value)
end

# All values of an entry, in calls for so many at a time.
function pieces(give, blank, r, entry, at_once)
    found, room, count = typeof(blank)[], fill(blank, at_once), Ref(UInt64(0))
    while true
        asking(give, r, Ref(entry), length(found), room, at_once, count)
        append!(found, room[1:Int(count[])])
        (count[] == 0 || length(found) >= entry.count) && return found
    end
end

function expect_values(r, entry, nodes)
    entry.count == length(nodes) || differ("there should be $(length(nodes)) values, and are $(entry.count)")
    isempty(nodes) && return entry.value.data == C_NULL || differ("a key that is absent has a value")
    for at_once in (length(nodes) + 1, 1)
        found = pieces(Raw.deltos_hash_map_values, Deltos.NO_BYTES, r, entry, at_once)
        numbers = has_numbers(r) ? pieces(Raw.deltos_hash_map_numbers, UInt64(0), r, entry, at_once) : zeros(UInt64, length(nodes))
        length(found) == length(numbers) == length(nodes) || differ("$(length(found)) values came as bytes and $(length(numbers)) as numbers")
        foreach((node, one, number) -> expect_value(r, node, one, number), nodes, found, numbers)
    end
    r.value === :image && foreach(((i, node),) -> expect_image(r, node, entry, i - 1), enumerate(nodes))
    expect_value(r, nodes[1], entry.value, entry.number)
end

function entry_for(r, key::Vector{UInt8})
    entry = Ref(Deltos.NO_ENTRY)
    GC.@preserve key asking(Raw.deltos_hash_map_find, r, pointer(key), length(key), entry)
    return entry[]
end

# Asks for a key in every way there is; nodes are its values, or nothing.
function ask_for(r, key::Vector{UInt8}, nodes)
    entry, value, number, there = entry_for(r, key), Ref(Deltos.NO_BYTES), Ref(UInt64(0)), Ref(0x00)
    GC.@preserve key begin
        asking(Raw.deltos_hash_map_get, r, pointer(key), length(key), value)
        has_numbers(r) && asking(Raw.deltos_hash_map_get_number, r, pointer(key), length(key), number, there)
    end
    (value[].size, value[].data == C_NULL) == (entry.value.size, entry.value.data == C_NULL) || differ("a key has one value as an entry, and another as bytes")
    has_numbers(r) && ((there[] != 0) != (entry.count != 0) || number[] != entry.number) && differ("a key has another number")
    nodes === nothing && return nothing
    expect_values(r, entry, nodes)
    entry.count == 0 || expect_value(r, nodes[1], value[], entry.number)
end

operation("map_info", "map", "key", "value", "shape", "keys", "pairs") do case, step
    info = Deltos.hash_map_info(handle_of(named(case, step, "map")))
    expect(step, "key", word_of(KEY_NAMES, info.key))
    expect(step, "value", word_of(VALUE_NAMES, info.value))
    expect(step, "shape", word_of(Deltos.SHAPES, info.shape))
    expect(step, "keys", Int(info.keys))
    expect(step, "pairs", Int(info.pairs))
end
operation("find_key", "map", "key", "values", "absent") do case, step
    Deltos.closing(reading_of(named(case, step, "map"))) do r
        ask_for(r, encoded(step["key"], r.key), get(step, "absent", false) ? [] : get(step, "values", nothing))
    end
end

const NOT_THERE = 0x0123456789abcdef

# What calls for many keys give, which must agree.
function find_many(r, given)
    room, hits, again = Int(given.columns[1].count), Ref(UInt64(0)), Ref(UInt64(0))
    entries, present, values_found, numbers, other = fill(Deltos.NO_ENTRY, room), zeros(UInt8, room), fill(Deltos.NO_BYTES, room), zeros(UInt64, room), zeros(UInt8, room)
    with_columns(given) do column
        asking(Raw.deltos_hash_map_find_many, r, column, entries, present, hits)
        asking(Raw.deltos_hash_map_find_many, r, column, C_NULL, other, C_NULL)
        asking(Raw.deltos_hash_map_get_many, r, column, values_found, again)
        present == other == [entry.count != 0 for entry in entries] == [found.data != C_NULL for found in values_found] || differ("a key is there for one call and absent for another")
        hits[] == again[] == count(!iszero, present) || differ("there are $(hits[]) hits, and $(again[]) as bytes")
        has_numbers(r) || return nothing
        asking(Raw.deltos_hash_map_get_many_numbers, r, column, NOT_THERE, numbers, other, again)
        wanted = [entry.count != 0 ? entry.number : NOT_THERE for entry in entries]
        present == other && numbers == wanted && hits[] == again[] || differ("a key has another number")
    end
    return entries, values_found, Int(hits[])
end

operation("find_keys", "map", "keys", "hits", "values", "counts") do case, step
    Deltos.closing(reading_of(named(case, step, "map"))) do r
        given = Given(1)
        set_nodes(given, 1, written_keys(step["keys"], r.key), r.key)
        entries, values_found, hits = find_many(r, given)
        for (node, entry, found) in zip(get(step, "values", []), entries, values_found)
            (node === nothing) == (entry.count == 0) || differ("a key has $(entry.count) values")
            node === nothing && continue
            expect_value(r, node, found, entry.number)
            r.value === :image && expect_image(r, node, entry, 0)
        end
        expect(step, "counts", [Int(entry.count) for entry in entries])
        expect(step, "hits", hits)
    end
end
operation("find_columns", "map", "keys", "hits") do case, step
    given, hits = Given(1), Ref(UInt64(0))
    add_column(given, 1, step["keys"], counted(step["keys"]))
    Deltos.closing(reading_of(named(case, step, "map"))) do r
        with_columns(column -> asking(Raw.deltos_hash_map_find_many, r, column, C_NULL, C_NULL, hits), given)
    end
    expect(step, "hits", Int(hits[]))
end

# ---- Going through a map ---------------------------------------------------------------------------------------------

is_approximate(r) = r.info.shape == Raw.DELTOS_MAP_APPROXIMATE

# The key of an entry leads to this entry.
function find_again(r, entry)
    is_approximate(r) && return nothing
    again = entry_for(r, bytes_of(entry.key))
    (again.key.data, again.count, again.run) == (entry.key.data, entry.count, entry.run) || differ("a key that the map has gives another entry when it is looked for")
end

function entries_from(r, position, capacity)
    room, count, at = fill(Deltos.NO_ENTRY, capacity), Ref(UInt64(0)), Ref{UInt64}(position)
    asking(Raw.deltos_hash_map_entries, r, at, room, capacity, count)
    return room[1:Int(count[])], at[]
end

function walk_map(r)
    found, position = Deltos.MapEntry[], UInt64(0)
    while true
        portion, position = entries_from(r, position, 7)
        isempty(portion) && break
        append!(found, portion)
        length(found) <= r.info.keys || differ("there are more keys than the map tells")
    end
    foreach(entry -> find_again(r, entry), found)
    (length(found), sum(Int[entry.count for entry in found])) == (r.info.keys, r.info.pairs) || differ("$(length(found)) keys came")
    allunique(entry.key.data for entry in found) || differ("a key came twice")
end

function walk_in_order(r)
    positions, count = zeros(UInt64, Int(r.info.keys)), Ref(UInt64(0))
    asking(Raw.deltos_hash_map_order, r, positions, length(positions), count)
    count[] == r.info.keys || differ("$(count[]) keys are in order")
    found = map(positions) do position
        entries = entries_from(r, position, 1)[1]
        length(entries) == 1 ? entries[1] : differ("a position leads nowhere")
    end
    foreach(entry -> find_again(r, entry), found)
    is_number = r.key === :number || is_approximate(r)
    order = [is_number ? only(reinterpret(UInt64, bytes_of(entry.key))) : bytes_of(entry.key) for entry in found]
    issorted(order) && allunique(order) || differ("the order of keys falls")
end

function expect_pairs(r, written)
    pairs = written_pairs(written, r.key, r.value)
    groups, order = Dict{Any,Vector{Any}}(), []
    for (key, value) in pairs
        haskey(groups, key) || push!(order, key)
        push!(get!(() -> [], groups, key), value)
    end
    (length(order), length(pairs)) == (r.info.keys, r.info.pairs) || differ("there are $(r.info.keys) keys and $(r.info.pairs) pairs")
    is_approximate(r) || foreach(key -> ask_for(r, encoded(key, r.key), groups[key]), order)
    walk_map(r)
    r.key === :image && !is_approximate(r) || walk_in_order(r)
end

operation("read_map", "map", "pairs") do case, step
    Deltos.closing(r -> expect_pairs(r, step["pairs"]), reading_of(named(case, step, "map")))
end
operation("map_value", "map", "key", "index", "as") do case, step
    map, made = named(case, step, "map"), Ref(Ptr{Raw.deltos_object}(C_NULL))
    Deltos.closing(reading_of(map)) do r
        asking(Raw.deltos_hash_map_value, r, Ref(entry_for(r, encoded(step["key"], r.key))), get(step, "index", 0), made)
    end
    keep(case, step, Deltos.Value(Deltos.Handle(made[]), nothing, map))
end
operation("map_column", "map", "which", "flags", "numbers", "as") do case, step
    map = named(case, step, "map")
    made = Deltos.handle_made(Raw.deltos_view) do made, cell
        Deltos.calling(pointer -> Raw.deltos_hash_map_column(pointer, Deltos.MAP_COLUMNS[Symbol(step["which"])], view_flags(step), made, cell), handle_of(map))
    end
    view = Deltos.View(made, map)
    haskey(step, "numbers") && (sort(UInt64[bits(n) for n in step["numbers"]]) == sort(collect(view)) || differ("the numbers are $(collect(view))"))
    keep(case, step, view)
end
operation("map_records", "map", "as") do case, step
    r = reading_of(named(case, step, "map"))
    r.table === nothing && asking(Raw.deltos_hash_map_records, r, Ref(Ptr{Raw.deltos_object}(C_NULL)))
    keep(case, step, r.table)
end
operation("verify_map", "map", "progress") do case, step
    r = reading_of(named(case, step, "map"))
    with_progress(step) do progress
        cell = Deltos.ErrorCell()
        status = Deltos.with(r.handle) do pointer
            Deltos.reporting((callback, user) -> Raw.deltos_hash_map_verify(pointer, callback, user, cell), progress)
        end
        Deltos.check(status, cell)
    end
    close(r)
end

# ---- Sorted maps -----------------------------------------------------------------------------------------------------

# Calls f of the library with a snapshot of what a step reads from, the map, arguments and an error cell.
function asking_sorted(f, from, map, arguments...)
    cell = Deltos.ErrorCell()
    Deltos.reading(from) do snapshot
        Deltos.check(Deltos.calling(pointer -> f(snapshot, pointer, arguments..., cell), handle_of(map)), cell)
    end
end
function changing_sorted(f, t, map, arguments...)
    cell = Deltos.ErrorCell()
    Deltos.writing(t) do transaction
        Deltos.check(Deltos.calling(pointer -> f(transaction, pointer, arguments..., cell), handle_of(map)), cell)
    end
end

function sorted_info(map, from = nothing)
    from === nothing || return Deltos.reading(snapshot -> Deltos.sorted_map_info(snapshot, handle_of(map)), from)
    return Deltos.sorted_map_info(C_NULL, handle_of(map))
end
sorted_form(map) = form_of_key(sorted_info(map).key)

function created_sorted(t, form)
    made, cell = Ref(Ptr{Raw.deltos_object}(C_NULL)), Deltos.ErrorCell()
    options = Ref(Raw.deltos_sorted_map_options(sizeof(Raw.deltos_sorted_map_options), number_of(KEY_NAMES, form, "key", "bytes")))
    Deltos.writing(transaction -> Deltos.check(Raw.deltos_sorted_map_create(transaction, Deltos.text(form["name"], "a name"), options, made, cell), cell), t)
    return Deltos.SortedMap(Deltos.Handle(made[]), t)
end

# The object that a value names, or nothing.
object_named(case, value) = haskey(value, "object") ? named(case, value, "object") : nothing

function with_pairs(f, map, written)
    given, form = Given(2), sorted_form(map)
    pairs = written_pairs(written, form, :bytes)
    set_nodes(given, 1, [pair[1] for pair in pairs], form)
    set_nodes(given, 2, [pair[2] for pair in pairs], :bytes)
    with_columns(f, given)
end

operation((case, step) -> keep(case, step, created_sorted(named(case, step, "transaction"), step)), "create_sorted", "transaction", "name", "key", "as")
operation((case, step) -> keep(case, step, Deltos.SortedMap(named(case, step, "from"), step["name"])), "open_sorted", "from", "name", "as")
operation("sorted_info", "from", "map", "key", "count", "key_bytes", "value_bytes", "long_values", "objects") do case, step
    info = sorted_info(named(case, step, "map"), haskey(step, "from") ? named(case, step, "from") : nothing)
    expect(step, "key", word_of(KEY_NAMES, info.key))
    foreach(field -> expect(step, field, Int(getfield(info, Symbol(field)))), ("count", "key_bytes", "value_bytes", "long_values", "objects"))
end
operation("put_pair", "transaction", "map", "key", "value", "replaced") do case, step
    t, map, key, replaced = named(case, step, "transaction"), named(case, step, "map"), encoded(step["key"], :bytes), Ref(0x00)
    object = object_named(case, step["value"])
    if object === nothing
        value = encoded(step["value"], :bytes)
        GC.@preserve key value changing_sorted(Raw.deltos_sorted_map_put, t, map, pointer(key), length(key), pointer(value), length(value), replaced)
    else
        GC.@preserve key Deltos.calling(handle_of(object)) do pointed
            changing_sorted(Raw.deltos_sorted_map_put_object, t, map, pointer(key), length(key), pointed, replaced)
        end
    end
    expect(step, "replaced", replaced[] != 0)
end
operation("put_pairs", "transaction", "map", "pairs", "added") do case, step
    t, map, added = named(case, step, "transaction"), named(case, step, "map"), Ref(UInt64(0))
    with_pairs((keys, values) -> changing_sorted(Raw.deltos_sorted_map_put_many, t, map, keys, values, added), map, step["pairs"])
    expect(step, "added", Int(added[]))
end
operation("load_pairs", "transaction", "map", "pairs") do case, step
    t, map = named(case, step, "transaction"), named(case, step, "map")
    with_pairs((keys, values) -> changing_sorted(Raw.deltos_sorted_map_load, t, map, keys, values), map, step["pairs"])
end

function expect_content(case, node, value, id)
    object = object_named(case, node)
    if object !== nothing
        (value.data == C_NULL && id == stat(object).id) || differ("a value should be object $(stat(object).id), and is $id")
        return nothing
    end
    value.data == C_NULL || id != 0 ? differ("a value has no bytes") : expect_encoded("value", node, :bytes, bytes_of(value))
end

function expect_pair(case, node, form, pair)
    wanted = form === :number ? only(reinterpret(UInt64, encoded(node[1], :number))) : UInt64(0)
    pair.number == wanted || differ("the key is $(pair.number) as a number")
    expect_encoded("key", node[1], :bytes, form === :number ? collect(reinterpret(UInt8, [pair.number])) : bytes_of(pair.key))
    expect_content(case, node[2], pair.value, pair.object_id)
end

operation("get_pair", "from", "map", "key", "value", "absent") do case, step
    key, value, id, there = encoded(step["key"], :bytes), Ref(Deltos.NO_BYTES), Ref(UInt64(0)), Ref(0x00)
    GC.@preserve key asking_sorted(Raw.deltos_sorted_map_get, named(case, step, "from"), named(case, step, "map"), pointer(key), length(key), value, id, there)
    (there[] == 0) == (value[].data == C_NULL && id[] == 0) || differ("a key that is absent has a value")
    get(step, "absent", false) && there[] != 0 && differ("the key should be absent, and is not")
    haskey(step, "value") || return nothing
    there[] == 0 ? differ("the key is not there") : expect_content(case, step["value"], value[], id[])
end
operation("get_pairs", "from", "map", "keys", "hits", "values") do case, step
    map, given, hits = named(case, step, "map"), Given(1), Ref(UInt64(0))
    form = sorted_form(map)
    nodes = written_keys(step["keys"], form)
    set_nodes(given, 1, nodes, form)
    found, ids, there = fill(Deltos.NO_BYTES, length(nodes)), zeros(UInt64, length(nodes)), zeros(UInt8, length(nodes))
    with_columns(column -> asking_sorted(Raw.deltos_sorted_map_get_many, named(case, step, "from"), map, column, found, ids, there, hits), given)
    for (i, node) in enumerate(get(step, "values", []))
        (node === nothing) == (there[i] == 0) || differ("key $i is $(there[i] == 0 ? "absent" : "there")")
        node === nothing || expect_content(case, node, found[i], ids[i])
    end
    expect(step, "hits", Int(hits[]))
end
operation("remove_pair", "transaction", "map", "key", "removed") do case, step
    key, removed = encoded(step["key"], :bytes), Ref(0x00)
    GC.@preserve key changing_sorted(Raw.deltos_sorted_map_remove, named(case, step, "transaction"), named(case, step, "map"), pointer(key), length(key), removed)
    expect(step, "removed", removed[] != 0)
end

# Calls f with the range of a step, or NULL.
function with_step_range(f, step)
    haskey(step, "range") || return f(C_NULL)
    form = step["range"]
    bound(field) = haskey(form, field) ? encoded(form[field], :bytes) : nothing
    flag(field) = get(form, field, false)
    return Deltos.with_bounds(f, map(bound, ("from", "to", "prefix")), flag("open_from"), flag("closed_to"), flag("reverse"))
end

operation("remove_pairs", "transaction", "map", "range", "count") do case, step
    removed = Ref(UInt64(0))
    with_step_range(range -> changing_sorted(Raw.deltos_sorted_map_remove_range, named(case, step, "transaction"), named(case, step, "map"), range, removed), step)
    expect(step, "count", Int(removed[]))
end
operation("count_pairs", "from", "map", "range", "count") do case, step
    count = Ref(UInt64(0))
    with_step_range(range -> asking_sorted(Raw.deltos_sorted_map_count, named(case, step, "from"), named(case, step, "map"), range, count), step)
    expect(step, "count", Int(count[]))
end

const FINDS = Dict(
    "first" => Raw.DELTOS_FIND_FIRST, "last" => Raw.DELTOS_FIND_LAST, "at-least" => Raw.DELTOS_FIND_AT_LEAST, "above" => Raw.DELTOS_FIND_ABOVE,
    "at-most" => Raw.DELTOS_FIND_AT_MOST, "below" => Raw.DELTOS_FIND_BELOW,
)
operation("find_pair", "from", "map", "which", "key", "pair", "absent") do case, step
    map, pair, there = named(case, step, "map"), Ref(Deltos.NO_PAIR), Ref(0x00)
    key = haskey(step, "key") ? encoded(step["key"], :bytes) : UInt8[]
    form = sorted_form(map)
    GC.@preserve key asking_sorted(Raw.deltos_sorted_map_find, named(case, step, "from"), map, FINDS[step["which"]], pointer(key), length(key), pair, there)
    get(step, "absent", false) && there[] != 0 && differ("there should be no such pair, and there is one")
    haskey(step, "pair") || return nothing
    there[] == 0 ? differ("there is no such pair") : expect_pair(case, step["pair"], form, pair[])
end

# A walk of the corpus: a cursor, and what it reads from.
struct PairWalk
    handle::Deltos.Handle{Raw.deltos_cursor}
    from::Deltos.Scope
end
Base.close(walk::PairWalk) = Deltos.finish_safely(walk.handle)

function begun_walk(case, step)
    made = Ref(Ptr{Raw.deltos_cursor}(C_NULL))
    with_step_range(range -> asking_sorted(Raw.deltos_sorted_map_range, named(case, step, "from"), named(case, step, "map"), range, made), step)
    return PairWalk(Deltos.Handle(made[]), named(case, step, "from"))
end

function asking_walk(f, walk, arguments...)
    cell = Deltos.ErrorCell()
    Deltos.check(Deltos.calling(pointer -> f(pointer, arguments..., cell), walk.handle), cell)
end

function portion(walk, capacity)
    room, count = fill(Deltos.NO_PAIR, capacity), Ref(UInt64(0))
    asking_walk(Raw.deltos_cursor_next_pairs, walk, room, capacity, count)
    return room[1:Int(count[])]
end

function expect_rest(case, walk, form, nodes)
    found = Raw.deltos_pair[]
    while true
        pairs = portion(walk, 5)
        isempty(pairs) && break
        append!(found, pairs)
        length(found) <= length(nodes) || differ("there are more pairs than $(length(nodes))")
    end
    length(found) == length(nodes) || differ("there should be $(length(nodes)) pairs, and are $(length(found))")
    foreach((node, pair) -> expect_pair(case, node, form, pair), nodes, found)
end

operation("read_pairs", "from", "map", "range", "pairs") do case, step
    form = sorted_form(named(case, step, "map"))
    Deltos.closing(walk -> expect_rest(case, walk, form, written_pairs(step["pairs"], form, :bytes)), begun_walk(case, step))
end
operation((case, step) -> keep(case, step, begun_walk(case, step)), "walk_pairs", "from", "map", "range", "as")
operation("next_pairs", "cursor", "capacity", "pairs") do case, step
    found = portion(named(case, step, "cursor"), step["capacity"])
    haskey(step, "pairs") || return nothing
    length(found) == length(step["pairs"]) || differ("$(length(found)) pairs came")
    foreach((node, pair) -> expect_pair(case, node, haskey(node[1], "int") ? :number : :bytes, pair), step["pairs"], found)
end
operation("seek_pair", "cursor", "key") do case, step
    key = encoded(step["key"], :bytes)
    GC.@preserve key asking_walk(Raw.deltos_cursor_seek_pair, named(case, step, "cursor"), pointer(key), length(key))
end

# ---- Descriptions ----------------------------------------------------------------------------------------------------

function made_map(t, object)
    Deltos.closing(begun_map(Case(), object)) do building
        add_given_pairs(building, object["pairs"])
        finished_map(building, t, object["name"], false)
    end
end

function compare_map(scope, object)
    using_object(Deltos.HashMap(scope, object["name"])) do map
        Deltos.closing(reading_of(map)) do r
            expect(object, "key", word_of(KEY_NAMES, r.info.key))
            expect(object, "value", word_of(VALUE_NAMES, r.info.value))
            expect(object, "shape", word_of(Deltos.SHAPES, r.info.shape))
            expect_pairs(r, object["pairs"])
        end
    end
end

function made_sorted(t, object)
    map = created_sorted(t, object)
    haskey(object, "pairs") && with_pairs((keys, values) -> changing_sorted(Raw.deltos_sorted_map_put_many, t, map, keys, values, C_NULL), map, object["pairs"])
    return map
end

function compare_sorted(scope, object)
    using_object(Deltos.SortedMap(scope, object["name"])) do map
        form = sorted_form(map)
        expect(object, "key", word_of(KEY_NAMES, sorted_info(map).key))
        Deltos.closing(begun_walk(Case(Dict{String,Any}("map" => map, "from" => scope), String[]), Dict("map" => "map", "from" => "from"))) do walk
            expect_rest(Case(), walk, form, written_pairs(object["pairs"], form, :bytes))
        end
    end
end
