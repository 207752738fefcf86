# The runner of the conformance corpus, as tests/conformance/README.md describes it:
#
#     julia --project=. test/conformance.jl run CORPUS_FILE...
#     julia --project=. test/conformance.jl write DESCRIPTION STORAGE
#     julia --project=. test/conformance.jl read DESCRIPTION STORAGE
#
# It goes through the idiomatic layer. Modes of opening that this layer has no name for, such as reading and creating at
# once, go through the raw layer, which must refuse them.

module Conformance

using Deltos
using Deltos: Raw

include("json.jl")

"A step that did not do what it should."
struct Difference <: Exception
    text::String
end
differ(text) = throw(Difference(text))

mutable struct Case
    made::Dict{String,Any}
    order::Vector{String}
end
Case() = Case(Dict{String,Any}(), String[])

function keep(case::Case, step, value)
    name = get(step, "as", nothing)
    name === nothing && return release(value)
    haskey(case.made, name) || push!(case.order, name)
    case.made[name] = value
    return nothing
end

named(case::Case, step, field) =
    haskey(case.made, step[field]) ? case.made[step[field]] : differ("nothing is called $(repr(step[field]))")

# ---- Bytes, types, expectations --------------------------------------------------------------------------------------

decode(text::String) = hex2bytes(text)
decode(data::Dict) = repeat(hex2bytes(data["repeat"]), data["times"])

function shorten(bytes)
    length(bytes) <= 40 && return bytes2hex(bytes)
    return "$(bytes2hex(bytes[1:40]))... ($(length(bytes)) bytes)"
end

dtype_number(name) = getfield(Raw, Symbol("DELTOS_DTYPE_", name))

function dtype_name(number)
    for name in names(Raw; all = true)
        text = String(name)
        startswith(text, "DELTOS_DTYPE_") && getfield(Raw, name) == number && return text[length("DELTOS_DTYPE_")+1:end]
    end
    return string(number)
end

same(wanted, found) = wanted == found
same(wanted::Vector, found) = collect(wanted) == collect(found)

function expect(step, field, found)
    haskey(step, field) || return nothing
    same(step[field], found) || differ("$field should be $(repr(step[field])), and is $(repr(found))")
    return nothing
end

function expect_bytes(step, found)
    haskey(step, "data") || return nothing
    wanted = decode(step["data"])
    wanted == found || differ("the bytes should be $(shorten(wanted)), and are $(shorten(found))")
    return nothing
end

bytes_at(address, count) = count == 0 ? UInt8[] : copy(unsafe_wrap(Array, Ptr{UInt8}(address), count))

"The bytes of an array of the idiomatic layer."
function bytes_of(array::BufferArray{T}) where {T}
    return GC.@preserve array bytes_at(pointer(array), length(array) * sizeof(T))
end

content_of(step) = Deltos.RawContent(
    decode(step["data"]);
    format = get(step, "format", ""),
    dtype = haskey(step, "dtype") ? dtype_number(step["dtype"]) : 0,
    shape = get(step, "shape", []),
    strides = get(step, "strides", nothing),
    start = get(step, "start", 0),
)

flag_bits(step, choices, otherwise) =
    haskey(step, "flags") ? reduce(|, Int32[choices[name] for name in step["flags"]]; init = Int32(0)) : otherwise

const VIEW_FLAGS = Dict{String,Int32}(
    "writable" => Raw.DELTOS_VIEW_WRITABLE, "format" => Raw.DELTOS_VIEW_FORMAT, "nd" => Raw.DELTOS_VIEW_ND,
    "strides" => Raw.DELTOS_VIEW_STRIDES, "c" => Raw.DELTOS_VIEW_C, "f" => Raw.DELTOS_VIEW_F, "any" => Raw.DELTOS_VIEW_ANY,
    "indirect" => Raw.DELTOS_VIEW_INDIRECT, "full-ro" => Raw.DELTOS_VIEW_FULL_RO, "full" => Raw.DELTOS_VIEW_FULL,
)

view_flags(step) = flag_bits(step, VIEW_FLAGS, Raw.DELTOS_VIEW_FULL_RO)

"Calls f with what to pass as `progress`, and checks afterwards that it was called."
function with_progress(f, step)
    kind = get(step, "progress", nothing)
    kind === nothing && return f(nothing)
    kind == "cancel" && return f((done, total) -> true)
    kind == "count" || differ("no progress is called $(repr(kind))")
    calls, beyond = Ref(0), Ref(false)
    result = f((done, total) -> (calls[] += 1; beyond[] |= total > 0 && done > total; false))
    calls[] > 0 || differ("the progress function was not called")
    beyond[] && differ("more was done than there was to do")
    return result
end

# ---- Steps: what is done, and the fields that it knows ---------------------------------------------------------------

const OPERATIONS = Dict{String,Tuple{Function,Vector{String}}}()
operation(f, name, fields...) = OPERATIONS[name] = (f, String[fields...])

const MODES = Dict(
    ("read", "never") => "r", ("in-place", "never") => "in-place", ("static", "never") => "static", ("write", "never") => "r+",
    ("write", "if-absent") => "a", ("write", "new") => "x", ("write", "replace") => "w",
)
const RAW_MODES = Dict("read" => 0, "in-place" => 1, "write" => 2, "static" => 3)
const RAW_CREATES = Dict("never" => 0, "if-absent" => 1, "new" => 2, "replace" => 3)
const OPEN_FLAGS = Dict(
    "sigbus-guard" => Raw.DELTOS_OPEN_SIGBUS_GUARD, "verify" => Raw.DELTOS_OPEN_VERIFY, "rollback" => Raw.DELTOS_OPEN_ROLLBACK,
    "redirty" => Raw.DELTOS_OPEN_REDIRTY, "copy" => Raw.DELTOS_OPEN_COPY, "no-trim" => Raw.DELTOS_OPEN_NO_TRIM,
    "force" => Raw.DELTOS_OPEN_FORCE, "sparse" => Raw.DELTOS_OPEN_SPARSE,
)

function open_storage(step)
    mode, create = get(step, "mode", "read"), get(step, "create", "never")
    flags = get(step, "flags", [])
    all(flag -> haskey(OPEN_FLAGS, flag), flags) || differ("unknown flags in $flags")
    haskey(MODES, (mode, create)) || return open_refused(step, mode, create, flags)
    return with_progress(step) do progress
        Deltos.open(
            step["path"], MODES[mode, create];
            guard = "sigbus-guard" in flags, verify = "verify" in flags, rollback = "rollback" in flags, redirty = "redirty" in flags,
            copy = "copy" in flags, trim = !("no-trim" in flags), force = "force" in flags, sparse = "sparse" in flags,
            offset = get(step, "offset", 0), size = get(step, "size", 0), max_file_bytes = get(step, "max_file_bytes", 0),
            progress = progress,
        )
    end
end

# The idiomatic layer has no name for this mode, so the library is asked whether it refuses it.
function open_refused(step, mode, create, flags)
    bits = reduce(|, UInt32[OPEN_FLAGS[flag] for flag in flags]; init = UInt32(0))
    options = Deltos.open_options(
        RAW_MODES[mode], RAW_CREATES[create], bits, get(step, "offset", 0), get(step, "size", 0), 0, get(step, "max_file_bytes", 0), 0,
        C_NULL, C_NULL,
    )
    made, cell = Ref(Ptr{Raw.deltos_storage}(C_NULL)), Deltos.ErrorCell()
    Deltos.check(Raw.deltos_storage_open(step["path"], options, made, cell), cell)
    Raw.deltos_storage_detach(made)
    differ("mode $mode and create $create together were not refused")
end

operation("open", "path", "mode", "create", "flags", "offset", "size", "max_file_bytes", "progress", "as") do case, step
    keep(case, step, open_storage(step))
end
operation("open_anonymous", "label", "as") do case, step
    keep(case, step, Deltos.anonymous(step["label"]))
end
operation("open_memory", "path", "as") do case, step
    keep(case, step, Deltos.open_memory(read(step["path"])))
end
operation((case, step) -> close(named(case, step, "storage")), "close", "storage")
operation((case, step) -> detach(named(case, step, "storage")), "detach", "storage")
operation((case, step) -> sync(named(case, step, "storage")), "sync", "storage")

const MODE_NAMES = Dict("r" => "read", "r+" => "write", "in-place" => "in-place", "static" => "static")

operation(
    "storage_info", "storage", "mode", "object_count", "snapshot_count", "view_count", "transaction_id", "sparse", "format_major",
    "format_minor",
) do case, step
    info = stat(named(case, step, "storage"))
    expect(step, "mode", MODE_NAMES[info.mode])
    for field in ("object_count", "snapshot_count", "view_count", "transaction_id", "sparse")
        expect(step, field, getfield(info, Symbol(field)))
    end
    expect(step, "format_major", Int(info.format_version.major))
    expect(step, "format_minor", Int(info.format_version.minor))
end
operation("verify", "storage", "level", "progress", "findings") do case, step
    level = step["level"] == "struct" ? :structure : Symbol(step["level"])
    found = with_progress(progress -> verify(named(case, step, "storage"); level = level, progress = progress), step)
    expect(step, "findings", length(found))
end
operation("pins", "storage", "pins") do case, step
    plain(pin) = (pin["name"], pin["view_count"], pin["writable"])
    found = [(pin.name, pin.view_count, pin.writable) for pin in pins(named(case, step, "storage"))]
    sort(map(plain, step["pins"])) == sort(found) || differ("the pins should be $(step["pins"]), and are $found")
end
operation("begin", "storage", "as") do case, step
    keep(case, step, transaction(named(case, step, "storage"); timeout = 0))
end
operation("commit", "transaction", "durability") do case, step
    commit(named(case, step, "transaction"); durability = Symbol(get(step, "durability", "sync")))
end
operation((case, step) -> abort(named(case, step, "transaction")), "abort", "transaction")
operation((case, step) -> keep(case, step, snapshot(named(case, step, "storage"))), "snapshot", "storage", "as")
operation("refresh", "snapshot", "changed") do case, step
    expect(step, "changed", refresh!(named(case, step, "snapshot")))
end
for (name, f) in ("copy_to" => copy_to, "compact_to" => compact_to)
    operation(name, "snapshot", "path", "replace", "progress") do case, step
        with_progress(step) do progress
            f(named(case, step, "snapshot"), step["path"]; replace = get(step, "replace", false), progress = progress)
        end
    end
end
operation("release", "handle") do case, step
    handle = named(case, step, "handle")
    handle isa Deltos.GrowableVector ? detach(handle) : close(handle)
end

operation("create", "transaction", "name", "format", "dtype", "shape", "data", "strides", "start", "as") do case, step
    keep(case, step, create!(named(case, step, "transaction"), step["name"], content_of(step)))
end
operation("create_zeroed", "transaction", "name", "format", "dtype", "shape", "as") do case, step
    dtype = haskey(step, "dtype") ? dtype_number(step["dtype"]) : 0
    made = create!(
        named(case, step, "transaction"), step["name"]; format = get(step, "format", ""), dtype = dtype, shape = get(step, "shape", []),
    )
    keep(case, step, made)
end
operation("replace", "transaction", "name", "format", "dtype", "shape", "data", "strides", "start", "as") do case, step
    t = named(case, step, "transaction")
    keep(case, step, haskey(step, "data") ? Deltos.replace!(t, step["name"], content_of(step)) : Deltos.replace!(t, step["name"]))
end
for (name, f) in ("seal" => seal!, "unseal" => unseal!, "delete" => delete!)
    operation((case, step) -> f(named(case, step, "transaction"), step["name"]), name, "transaction", "name")
end
operation("rename", "transaction", "from", "to", "replace") do case, step
    rename!(named(case, step, "transaction"), step["from"], step["to"]; replace = get(step, "replace", false))
end
operation("delete_prefix", "transaction", "prefix", "count") do case, step
    expect(step, "count", delete_prefix!(named(case, step, "transaction"), step["prefix"]))
end

attribute_of(item) = haskey(item, "text") ? item["text"] : Deltos.RawAttribute(item["format"], get(item, "shape", []), decode(item["data"]))

operation("set_metadata", "transaction", "name", "key", "text", "format", "shape", "data") do case, step
    attributes(named(case, step, "transaction"), step["name"])[step["key"]] = attribute_of(step)
end
operation("remove_metadata", "transaction", "name", "key") do case, step
    delete!(attributes(named(case, step, "transaction"), step["name"]), step["key"])
end

function compare_attribute(found, item)
    get(item, "absent", false) && return found === nothing || differ("there should be no value, and there is $(repr(found))")
    found === nothing && differ("there is no such value")
    if haskey(item, "text")
        found.format == "u8" || differ("the value should be text, and is $(repr(found.format))")
        found.data == codeunits(item["text"]) || differ("the text should be $(repr(item["text"])), and is $(repr(String(copy(found.data))))")
    end
    expect(item, "format", found.format)
    expect(item, "shape", found.shape)
    expect_bytes(item, found.data)
end

operation("metadata", "from", "name", "key", "text", "format", "shape", "data", "absent") do case, step
    compare_attribute(Deltos.raw_attribute(attributes(named(case, step, "from"), step["name"]), step["key"]), step)
end
operation("metadata_keys", "from", "name", "keys") do case, step
    expect(step, "keys", collect(keys(attributes(named(case, step, "from"), step["name"]))))
end
operation("list", "from", "prefix", "depth", "names") do case, step
    scope, depth = named(case, step, "from"), get(step, "depth", "all")
    depth in ("all", "one-level") || differ("no depth is called $(repr(depth))")
    found = depth == "all" ? keys(scope, step["prefix"]) : [entry.name for entry in Deltos.list(scope, step["prefix"])]
    expect(step, "names", found)
end

function object_of(scope, name)
    try
        return Deltos.Buffer(scope, name)
    catch error
        error isa KindError || rethrow()
    end
    Deltos.kind_of(scope, name) == Raw.DELTOS_KIND_VALUE && return Deltos.Value(scope, name)
    return scope[name]
end

operation("object", "from", "name", "as") do case, step
    keep(case, step, object_of(named(case, step, "from"), step["name"]))
end

const OBJECT_FIELDS = ("name", "format", "ndim", "shape", "count", "itemsize", "payload_bytes", "sealed", "writable", "current", "stored")

operation("object_info", "object", "dtype", OBJECT_FIELDS...) do case, step
    info = stat(named(case, step, "object"))
    expect(step, "dtype", dtype_name(info.dtype))
    for field in OBJECT_FIELDS
        expect(step, field, getfield(info, Symbol(field)))
    end
end
refreshable(object) = object
operation("refresh_object", "object", "changed") do case, step
    expect(step, "changed", refresh!(refreshable(named(case, step, "object"))))
end
operation("view", "object", "flags", "as") do case, step
    object = named(case, step, "object")
    keep(case, step, Deltos.View(object isa Deltos.RecordTable ? Deltos.object_of(object) : object, view_flags(step)))
end
operation("share", "view", "flags", "as") do case, step
    keep(case, step, Deltos.View(named(case, step, "view"), view_flags(step)))
end

const VIEW_FIELDS = ("format", "ndim", "shape", "strides", "suboffsets", "itemsize", "nbytes", "readonly", "sealed")

operation("view_info", "view", "dtype", VIEW_FIELDS...) do case, step
    view = named(case, step, "view")
    expect(step, "dtype", dtype_name(view.dtype))
    for field in VIEW_FIELDS
        haskey(step, field) && expect(step, field, something(getproperty(view, Symbol(field)), ()))
    end
end
operation("load", "view", "at", "data") do case, step
    view = named(case, step, "view")
    expect_bytes(step, GC.@preserve view bytes_at(view.pointer + get(step, "at", 0), length(decode(step["data"]))))
end
operation("store", "view", "at", "data") do case, step
    view, bytes = named(case, step, "view"), decode(step["data"])
    GC.@preserve view bytes unsafe_copyto!(Ptr{UInt8}(view.pointer) + get(step, "at", 0), pointer(bytes), length(bytes))
end

"Compares what is in the memory of a buffer or a growable vector, and what it is."
function compare_memory(object, step)
    info = stat(object)
    expect(step, "format", info.format)
    expect(step, "shape", info.shape)
    expect(step, "sealed", info.sealed)
    expect(step, "dtype", dtype_name(info.dtype))
    Deltos.array(array -> expect_bytes(step, bytes_of(array)), object; writable = false)
end

function using_object(f, object)
    try
        return f(object)
    finally
        release(object)
    end
end

compare_buffer(scope, step) = using_object(buffer -> compare_memory(buffer, step), Deltos.Buffer(scope, step["name"]))

operation((case, step) -> compare_buffer(named(case, step, "from"), step), "read", "from", "name", "format", "dtype", "shape", "data", "sealed")
operation("describe", "format", "dtype", "itemsize", "alignment", "canonical") do case, step
    found = Deltos.describe(step["format"])
    expect(step, "dtype", dtype_name(found.dtype))
    for field in ("itemsize", "alignment", "canonical")
        expect(step, field, getproperty(found, Symbol(field)))
    end
end

function write_at(path, at, bytes)
    open(path, "r+") do io
        seek(io, at)
        write(io, bytes)
    end
end

operation("patch", "path", "at", "object", "data") do case, step
    from = haskey(step, "object") ? Deltos.file_offset(named(case, step, "object")) : 0
    write_at(step["path"], from + step["at"], decode(step["data"]))
end
operation((case, step) -> open(io -> truncate(io, step["size"]), step["path"], "r+"), "resize_file", "path", "size")
operation("embed", "from", "to", "at") do case, step
    touch(step["to"])
    write_at(step["to"], step["at"], read(step["from"]))
end
operation((case, step) -> rm(step["path"]), "remove_file", "path")

include("conformance_elements.jl")
include("conformance_values.jl")
include("conformance_records.jl")
include("conformance_maps.jl")

# ---- Cases -----------------------------------------------------------------------------------------------------------

const COMMON = ("do", "status", "message")

function run_step(case, step)
    haskey(OPERATIONS, step["do"]) || differ("no operation is called $(repr(step["do"]))")
    f, fields = OPERATIONS[step["do"]]
    unknown = [field for field in keys(step) if !(field in COMMON || field in fields)]
    isempty(unknown) || differ("$(step["do"]) has no field $(join(unknown, ", "))")
    wanted = haskey(step, "status") ? "DELTOS_E_" * step["status"] : nothing
    try
        f(case, step)
    catch error
        error isa DeltosError || rethrow()
        found = Deltos.status_name(error.code)
        wanted == found || differ("$(something(wanted, "success")) was expected, and $found came: $(error.message)")
        for part in get(step, "message", [])
            occursin(part, error.message) || differ("the message should contain $(repr(part)), and is $(repr(error.message))")
        end
        return nothing
    end
    wanted === nothing || differ("$wanted was expected, and it succeeded")
    return nothing
end

release(value) = close(value)
release(value::Union{Storage,Deltos.GrowableVector}) = detach(value)

"Runs a case; tells what went wrong, or nothing."
function run_case(steps)
    case = Case()
    return mktempdir() do directory
        cd(directory) do
            try
                for (number, step) in enumerate(steps)
                    try
                        run_step(case, step)
                    catch error
                        error isa InterruptException && rethrow()
                        text = error isa Difference ? error.text : first(split(sprint(showerror, error), '\n'))
                        return "step $number: $(step["do"]): $text"
                    end
                end
            finally
                foreach(name -> release(case.made[name]), reverse(case.order))
            end
            return nothing
        end
    end
end

function run_corpus(files)
    passed = failed = 0
    for file in files, case in JSON.parse(read(file, String))["cases"]
        difference = run_case(case["steps"])
        difference === nothing ? (passed += 1) : (failed += 1)
        difference === nothing || println("FAILED ", basename(file), ": ", case["name"], ": ", difference)
    end
    println("$passed passed, $failed failed")
    return failed == 0
end

include("conformance_descriptions.jl")

function main(arguments)
    command = isempty(arguments) ? "" : arguments[1]
    if command == "run" && length(arguments) > 1
        return run_corpus(abspath.(arguments[2:end])) ? 0 : 1
    elseif command in ("write", "read") && length(arguments) == 3
        description = JSON.parse(read(arguments[2], String))
        work = command == "write" ? write_description : read_description
        return try
            work(description, arguments[3]) ? 0 : 1
        catch error
            error isa Union{Difference,DeltosError} || rethrow()
            println(error isa Difference ? error.text : sprint(showerror, error))
            1
        end
    end
    println(stderr, "usage: conformance.jl run CORPUS_FILE... | write DESCRIPTION STORAGE | read DESCRIPTION STORAGE")
    return 2
end

end # module Conformance

abspath(PROGRAM_FILE) == @__FILE__() && exit(Conformance.main(ARGS))
