# Steps of the conformance corpus on views, tables and growable arrays. What counts from 0 and in the order of C there
# goes to the functions below the idiomatic ones that do so too.

element_of(step) = (get(step, "format", ""), haskey(step, "dtype") ? dtype_number(step["dtype"]) : 0)

# ---- Views -----------------------------------------------------------------------------------------------------------

operation("memory", "format", "dtype", "shape", "data", "strides", "start", "readonly", "as") do case, step
    keep(case, step, Deltos.View(content_of(step); readonly = get(step, "readonly", false)))
end

function slice_of(item)
    haskey(item, "index") && return Raw.deltos_slice(item["index"], 0, 1, Raw.DELTOS_SLICE_INDEX, 0)
    start = haskey(item, "start") ? 0 : Raw.DELTOS_SLICE_NO_START
    stop = haskey(item, "stop") ? 0 : Raw.DELTOS_SLICE_NO_STOP
    return Raw.deltos_slice(get(item, "start", 0), get(item, "stop", 0), get(item, "step", 1), start | stop, 0)
end

operation("slice", "view", "slices", "as") do case, step
    slices = Raw.deltos_slice[slice_of(item) for item in step["slices"]]
    keep(case, step, Deltos.sliced(named(case, step, "view"), slices))
end
operation("window", "view", "offset", "length", "as") do case, step
    keep(case, step, Deltos.windowed(named(case, step, "view"), step["offset"], step["length"]))
end
operation("transpose", "view", "axes", "as") do case, step
    axes = haskey(step, "axes") ? Int32[step["axes"]...] : Ptr{Int32}(C_NULL)
    keep(case, step, Deltos.transposed(named(case, step, "view"), axes))
end
operation("reshape", "view", "shape", "as") do case, step
    keep(case, step, Deltos.reshaped(named(case, step, "view"), Int64[step["shape"]...]))
end
operation("cast", "view", "format", "dtype", "as") do case, step
    keep(case, step, Deltos.cast(named(case, step, "view"), element_of(step)))
end
operation("contiguity", "view", "c", "f") do case, step
    found = Deltos.contiguity(named(case, step, "view"))
    expect(step, "c", found.c)
    expect(step, "f", found.f)
end
operation("content", "view", "format", "shape", "data") do case, step
    view = named(case, step, "view")
    expect(step, "format", view.format)
    expect(step, "shape", something(view.shape, (length(view),)))
    expect_bytes(step, Deltos.packed_bytes(view))
end
operation("copy", "target", "source") do case, step
    copyto!(named(case, step, "target"), named(case, step, "source"))
end
operation("fill", "view", "data") do case, step
    fill!(named(case, step, "view"), decode(step["data"]))
end
operation("equal", "view", "other", "equal") do case, step
    expect(step, "equal", named(case, step, "view") == named(case, step, "other"))
end
operation("compare", "view", "other", "order") do case, step
    expect(step, "order", String(Deltos.order(named(case, step, "view"), named(case, step, "other"))))
end
operation("find", "view", "data", "start", "index") do case, step
    expect(step, "index", Deltos.search(named(case, step, "view"), decode(step["data"]), get(step, "start", 0)))
end
operation("count", "view", "data", "count") do case, step
    expect(step, "count", count(==(decode(step["data"])), named(case, step, "view")))
end
operation("gather", "source", "rows", "target") do case, step
    Deltos.gather!(named(case, step, "target"), named(case, step, "source"), Int64[step["rows"]...] .+ 1)
end
operation("read_into", "view", "path", "at", "bytes") do case, step
    open(step["path"]) do io
        count = readbytes!(RawFD(fd(io)), named(case, step, "view"); offset = get(step, "at", nothing))
        expect(step, "bytes", count)
    end
end
operation("write_from", "view", "path", "at", "bytes") do case, step
    open(step["path"]; read = true, write = true, create = true, truncate = false) do io
        count = write(RawFD(fd(io)), named(case, step, "view"); offset = get(step, "at", nothing))
        expect(step, "bytes", count)
    end
end

index_of(step) = (reverse(Int[step["index"]...] .+ 1)...,)
const NUMBERS = Dict("i64" => Int64, "u64" => UInt64, "f64" => Float64)
bytes_of_value(x) = x isa Vector{UInt8} ? x : collect(reinterpret(UInt8, [x]))

operation("get", "view", "index", "type", "data") do case, step
    view, index = named(case, step, "view"), index_of(step)
    step["type"] == "bytes" && return expect_bytes(step, Deltos.bytes(view, index...))
    expect_bytes(step, bytes_of_value(Deltos.number(NUMBERS[step["type"]], view, index...)))
end
operation("set", "view", "index", "type", "data") do case, step
    view, index, bytes = named(case, step, "view"), index_of(step), decode(step["data"])
    step["type"] == "bytes" && return setindex!(view, bytes, index...)
    Deltos.set_number(view, reinterpret(NUMBERS[step["type"]], bytes)[1], index)
end

const ORDERS = Dict(
    "relaxed" => :monotonic, "acquire" => :acquire, "release" => :release, "acq-rel" => :acquire_release,
    "seq-cst" => :sequentially_consistent,
)
order_of(step) = ORDERS[get(step, "order", "seq-cst")]
expect_previous(step, found) =
    haskey(step, "previous") && expect_bytes(Dict("data" => step["previous"]), bytes_of_value(found))

operation("atomic_load", "view", "index", "order", "data") do case, step
    found = Deltos.atomic_load(named(case, step, "view"), index_of(step); order = order_of(step))
    expect_bytes(step, bytes_of_value(found))
end
operation("atomic_store", "view", "index", "order", "data") do case, step
    Deltos.atomic_store!(named(case, step, "view"), index_of(step), decode(step["data"]); order = order_of(step))
end
operation("atomic_add", "view", "index", "order", "data", "previous") do case, step
    view = named(case, step, "view")
    expect_previous(step, Deltos.atomic_add!(view, index_of(step), decode(step["data"]); order = order_of(step)))
end
operation(
    "atomic_compare_exchange", "view", "index", "order", "expected", "data", "exchanged", "previous",
) do case, step
    expected, desired = decode(step["expected"]), decode(step["data"])
    view = named(case, step, "view")
    found = Deltos.atomic_replace!(view, index_of(step), expected, desired; order = order_of(step))
    expect(step, "exchanged", found.success)
    expect_previous(step, found.old)
end

operation("make_file", "path", "data") do case, step
    write(step["path"], decode(step["data"]))
end
operation("file", "path", "size", "data") do case, step
    expect(step, "size", filesize(step["path"]))
    expect_bytes(step, read(step["path"]))
end

# ---- Tables ----------------------------------------------------------------------------------------------------------

table_size(step) = (columns = get(step, "columns", nothing), lengths = get(step, "lengths", nothing))

operation("create_table", "transaction", "name", "format", "dtype", "rows", "columns", "lengths", "as") do case, step
    size = (rows = get(step, "rows", nothing), table_size(step)...)
    haskey(step, "transaction") || return keep(case, step, Deltos.Table(element_of(step); size...))
    t = named(case, step, "transaction")
    keep(case, step, Deltos.create_table!(t, step["name"], element_of(step); size...))
end
operation("wrap_table", "rows", "columns", "lengths", "format", "dtype", "readonly", "as") do case, step
    memory = map(decode, step["rows"])
    rows = Ptr{Cvoid}[isempty(row) ? C_NULL : pointer(row) for row in memory]
    size, readonly = table_size(step), get(step, "readonly", false)
    table = Deltos.wrapped(rows, size.lengths, size.columns, element_of(step), readonly, C_NULL, C_NULL, memory)
    keep(case, step, table)
end
operation("table_from_view", "view", "axis", "as") do case, step
    keep(case, step, Deltos.Table(named(case, step, "view"); dims = 2 - get(step, "axis", 0)))
end
operation("table_from_views", "views", "columns", "format", "dtype", "as") do case, step
    views = Deltos.View[named(case, Dict("view" => name), "view") for name in step["views"]]
    keep(case, step, Deltos.table_of_views(views, views, get(step, "columns", nothing), element_of(step)))
end
operation("open_table", "from", "name", "as") do case, step
    keep(case, step, Deltos.Table(named(case, step, "from"), step["name"]))
end

const TABLE_FIELDS =
    ("format", "rows", "columns", "itemsize", "exports", "readonly", "ragged", "stored", "sealed")

operation("table_info", "table", "dtype", TABLE_FIELDS...) do case, step
    info = Deltos.table_info(named(case, step, "table"))
    expect(step, "dtype", dtype_name(info.dtype))
    foreach(field -> expect(step, field, getfield(info, Symbol(field))), TABLE_FIELDS)
end
row_lengths(rows) = Int64[unsafe_load(rows.lengths, k) for k in 1:length(rows)]

operation("table_rows", "table", "writable", "lengths", "rows", "as") do case, step
    rows = Deltos.rows(named(case, step, "table"); writable = get(step, "writable", false))
    expect(step, "lengths", row_lengths(rows))
    haskey(step, "rows") && length(step["rows"]) != length(rows) && differ("there are $(length(rows)) rows")
    for (row, wanted) in zip(rows, get(step, "rows", []))
        expect_bytes(Dict("data" => wanted), bytes_of(row))
    end
    keep(case, step, rows.view)
end
operation("table_row", "table", "row", "flags", "as") do case, step
    keep(case, step, Deltos.row_view(named(case, step, "table"), step["row"] + 1, view_flags(step)))
end
operation("to_dense", "table", "as") do case, step
    keep(case, step, Deltos.dense_view(named(case, step, "table")))
end
operation("reinterpret", "table", "format", "dtype") do case, step
    Deltos.reinterpret!(named(case, step, "table"), element_of(step))
end
operation((case, step) -> Deltos.make_readonly!(named(case, step, "table")), "make_readonly", "table")

# ---- Growable arrays -------------------------------------------------------------------------------------------------

room_of(step) = (capacity = get(step, "capacity", 0), max_bytes = get(step, "max_bytes", 0))

operation("create_array", "transaction", "name", "format", "dtype", "capacity", "max_bytes", "as") do case, step
    t = named(case, step, "transaction")
    keep(case, step, Deltos.create_vector!(t, step["name"], element_of(step); room_of(step)...))
end
operation("open_array", "from", "name", "as") do case, step
    keep(case, step, Deltos.GrowableVector(named(case, step, "from"), step["name"]))
end
operation("open_array_file", "path", "format", "dtype", "mode", "create", "capacity", "max_bytes", "as") do case, step
    modes = (RAW_MODES[get(step, "mode", "read")], RAW_CREATES[get(step, "create", "never")])
    keep(case, step, Deltos.file_vector(step["path"], modes, element_of(step); guard = false, room_of(step)...))
end
operation("open_array_anonymous", "format", "dtype", "capacity", "max_bytes", "as") do case, step
    keep(case, step, Deltos.anonymous_vector(element_of(step); room_of(step)...))
end
operation("open_array_fd", "array", "mode", "as") do case, step
    mode = MODES[(get(step, "mode", "read"), "never")]
    keep(case, step, Deltos.GrowableVector(fd(named(case, step, "array")), mode))
end
operation((case, step) -> close(named(case, step, "array")), "close_array", "array")

operation("array_info", "array", "count", "capacity_at_least") do case, step
    v = named(case, step, "array")
    expect(step, "count", length(v))
    Deltos.capacity(v) >= get(step, "capacity_at_least", 0) || differ("the capacity is $(Deltos.capacity(v))")
end
operation("array_content", "array", "format", "count", "data") do case, step
    view = Deltos.View(named(case, step, "array"))
    try
        expect(step, "format", view.format)
        expect(step, "count", length(view))
        expect_bytes(step, Deltos.packed_bytes(view))
    finally
        close(view)
    end
end

"Elements of a vector's type, of these bytes."
function elements(v::Deltos.GrowableVector{T}, data) where {T}
    bytes = decode(data)
    made = Vector{T}(undef, div(length(bytes), sizeof(T)))
    GC.@preserve made bytes unsafe_copyto!(Ptr{UInt8}(pointer(made)), pointer(bytes), sizeof(made))
    return made
end

operation("append", "array", "data") do case, step
    v = named(case, step, "array")
    append!(v, elements(v, step["data"]))
end
operation("append_in_place", "array", "data") do case, step
    v = named(case, step, "array")
    Deltos.appending(into -> append!(into, elements(v, step["data"])), v)
end
operation("extend", "array", "view") do case, step
    append!(named(case, step, "array"), named(case, step, "view"))
end
operation("insert", "array", "index", "data") do case, step
    v = named(case, step, "array")
    Deltos.insert_all(v, step["index"] + 1, elements(v, step["data"]))
end
operation("remove", "array", "index", "count", "data") do case, step
    taken = Deltos.removed(named(case, step, "array"), step["index"] + 1, step["count"])
    expect_bytes(step, bytes_at(pointer(taken), sizeof(taken)))
end
operation((case, step) -> resize!(named(case, step, "array"), step["count"]), "resize", "array", "count")
operation((case, step) -> sizehint!(named(case, step, "array"), step["capacity"]), "reserve", "array", "capacity")
for (name, f) in ("shrink" => Deltos.shrink!, "clear" => empty!, "reverse" => reverse!, "byteswap" => Deltos.byteswap!)
    operation((case, step) -> f(named(case, step, "array")), name, "array")
end
operation("flush", "array", "durable") do case, step
    get(step, "durable", false) ? sync(named(case, step, "array")) : flush(named(case, step, "array"))
end
