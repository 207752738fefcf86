# Steps of the conformance corpus on values: the notation of trees, put item by item and compared exactly.

# ---- The notation ----------------------------------------------------------------------------------------------------

const NODE_KINDS = Dict{String,Int32}(
    "null" => Raw.DELTOS_VALUE_NULL, "bool" => Raw.DELTOS_VALUE_BOOL, "int" => Raw.DELTOS_VALUE_INT, "uint" => Raw.DELTOS_VALUE_UINT,
    "float" => Raw.DELTOS_VALUE_FLOAT, "bytes" => Raw.DELTOS_VALUE_BYTES, "utf8" => Raw.DELTOS_VALUE_UTF8, "list" => Raw.DELTOS_VALUE_LIST,
    "tuple" => Raw.DELTOS_VALUE_TUPLE, "set" => Raw.DELTOS_VALUE_SET, "dict" => Raw.DELTOS_VALUE_DICT, "date" => Raw.DELTOS_VALUE_DATE,
    "datetime" => Raw.DELTOS_VALUE_DATETIME, "decimal" => Raw.DELTOS_VALUE_DECIMAL, "ndarray" => Raw.DELTOS_VALUE_NDARRAY,
    "reference" => Raw.DELTOS_VALUE_REFERENCE, "share" => Raw.DELTOS_VALUE_SHARE,
)
const SPECIALS = Dict("finite" => :finite, "infinite" => :infinite, "nan" => :nan, "signalling-nan" => :signalling_nan)

kind_word(kind) = something(findfirst(==(kind), NODE_KINDS), "end")

"A number, or its eight bytes."
bits(number) = number isa Integer ? reinterpret(UInt64, Int64(number)) : only_word(decode(number))
only_word(bytes) = foldr((byte, sum) -> sum << 8 | byte, bytes; init = UInt64(0))
signed_bits(number) = reinterpret(Int64, bits(number))

node_kind(node) = first(field for field in keys(node) if field != "node")
is_container(kind) = Raw.DELTOS_VALUE_LIST <= kind <= Raw.DELTOS_VALUE_DICT
is_bulk(content) = content isa Dict && haskey(content, "dtype")

text_bytes(content) = content isa Dict ? decode(content["data"]) : Vector{UInt8}(codeunits(content))

"The item of a node, and what it points to."
function node_item(node)
    word = node_kind(node)
    haskey(NODE_KINDS, word) || differ("no node is called $(repr(word))")
    kind, content = NODE_KINDS[word], node[word]
    name = haskey(node, "node") ? bits(node["node"]) : UInt64(0)
    made(; keywords...) = Deltos.item_of(kind; node = name, keywords...), nothing
    pointing(root; keywords...) = Deltos.memory_item(kind, root; node = name, keywords...)
    word == "bool" && return made(i64 = content)
    word in ("int", "date") && return made(i64 = signed_bits(content))
    word in ("uint", "reference") && return made(u64 = bits(content))
    word == "float" && return made(f64 = reinterpret(Float64, bits(content)))
    word == "share" && return Deltos.item_of(kind; node = bits(content)), nothing
    word == "bytes" && return pointing(decode(content))
    word == "utf8" && return pointing(text_bytes(content))
    if word == "datetime"
        zone = something(content[3], Raw.DELTOS_VALUE_NO_ZONE)
        return made(i64 = signed_bits(content[1]), u64 = bits(content[2]), detail = zone)
    elseif word == "decimal"
        special = Deltos.DECIMAL_KINDS[SPECIALS[get(content, "special", "finite")]]
        exponent = signed_bits(get(content, "exponent", 0))
        return pointing(text_bytes(content["digits"]); i64 = exponent, u64 = get(content, "negative", false), detail = special)
    end
    return made()
end

numbers_of(form) = (get(form, "from", 0) + k * get(form, "step", 1) for k in 0:form["count"]-1)

"What a container holds, without short forms: of a dict, pairs."
function parts_of(content, is_dict)
    content isa Vector && return content
    haskey(content, "repeat") && return [content["repeat"] for _ in 1:content["times"]]
    is_dict && return [Any[Dict("int" => n), Dict("int" => n)] for n in numbers_of(content)]
    return [Dict("int" => n) for n in numbers_of(content)]
end

"The node that a nested form stands for."
function unfolded(node)
    haskey(node, "nested") || return node
    form = node["nested"]
    return foldl((inner, _) -> Dict{String,Any}(form["in"] => Any[inner]), 1:form["depth"]; init = form["value"])
end

"A node of the notation, to be put like anything else."
struct Tree
    node::Dict
end

function Deltos.put_part(builder::Deltos.Builder, tree::Tree)
    node = unfolded(tree.node)
    item, root = node_item(node)
    content = node[node_kind(node)]
    item.kind == Raw.DELTOS_VALUE_NDARRAY && return put_memory(builder, content, item.node)
    is_container(item.kind) || return Deltos.add(builder, item, root)
    if is_bulk(content)
        bytes, dtype = decode(content["data"]), dtype_number(content["dtype"])
        count = div(length(bytes), element_bytes(dtype))
        return Deltos.add(builder, Deltos.memory_item(item.kind, bytes; node = item.node, detail = dtype, count = count)...)
    end
    Deltos.add(builder, item)
    is_dict = item.kind == Raw.DELTOS_VALUE_DICT
    for part in parts_of(content, is_dict)
        foreach(one -> Deltos.put_part(builder, Tree(one)), is_dict ? part : (part,))
    end
    Deltos.add(builder, Deltos.item_of(Raw.DELTOS_VALUE_END))
end

function put_memory(builder, content, name)
    Deltos.flush_items(builder)
    cell = Deltos.ErrorCell()
    status = Deltos.with_content(content_of(content)) do view
        Raw.deltos_value_builder_put_view(builder.pointer, view, name, cell)
    end
    Deltos.check(status, cell)
end

# Of types that elements may be given as; of others 1: the library refuses them.
function element_bytes(dtype)
    for (T, code, _) in Deltos.NATIVE
        code == dtype && T <: Union{Integer,Float32,Float64} && return sizeof(T)
    end
    return 1
end

# ---- Comparing -------------------------------------------------------------------------------------------------------

item_bytes(item, size = Int(item.count)) = bytes_at(item.data, size)

function children(value, node, first, room)
    items, count, cell = Vector{Deltos.Item}(undef, room), Ref(UInt64(0)), Deltos.ErrorCell()
    status = Deltos.calling(value.handle) do pointer
        Raw.deltos_value_children(pointer, node, first, items, room, count, cell)
    end
    Deltos.check(status, cell)
    return items[1:Int(count[])]
end

mismatch(node, item) = differ("a node should be $(first(repr(node), 200)), and is $(kind_word(item.kind)): $item")

function compare_tree(value, node, item, names = Dict{UInt64,UInt64}())
    node = unfolded(node)
    wanted, root = node_item(node)
    content = node[node_kind(node)]
    if wanted.kind == Raw.DELTOS_VALUE_SHARE
        get(names, wanted.node, nothing) == item.node || mismatch(node, item)
        return nothing
    end
    wanted.node == 0 || (names[wanted.node] = item.node)
    wanted.kind == item.kind || mismatch(node, item)
    item.kind == Raw.DELTOS_VALUE_NDARRAY && return compare_ndarray(value, content, item)
    is_container(item.kind) || return GC.@preserve root same_scalar(wanted, item) || mismatch(node, item)
    if is_bulk(content)
        dtype_name(item.detail) == content["dtype"] && item.data != C_NULL || mismatch(node, item)
        return expect_bytes(content, item_bytes(item, Int(item.count) * element_bytes(item.detail)))
    end
    compare_parts(value, parts_of(content, item.kind == Raw.DELTOS_VALUE_DICT), item, names, node)
end

function compare_parts(value, parts, item, names, node)
    length(parts) == item.count || mismatch(node, item)
    each = item.kind == Raw.DELTOS_VALUE_DICT ? 2 : 1
    at = 0
    while at < length(parts)
        found = children(value, item.node, at, 64)
        isempty(found) && differ("a container has fewer elements than it says")
        for (k, one) in enumerate(found)
            part = parts[at+div(k - 1, each)+1]
            compare_tree(value, each == 2 ? part[isodd(k) ? 1 : 2] : part, one, names)
        end
        at += div(length(found), each)
    end
end

same_scalar(a, b) =
    a.count == b.count && a.i64 == b.i64 && a.u64 == b.u64 && a.detail == b.detail &&
    reinterpret(UInt64, a.f64) == reinterpret(UInt64, b.f64) && item_bytes(a) == item_bytes(b)

function compare_ndarray(value, content, item)
    view = Deltos.View(Deltos.node_view(value, item, Raw.DELTOS_VIEW_FULL_RO), value)
    expect(content, "format", view.format)
    expect(content, "dtype", dtype_name(view.dtype))
    expect(content, "shape", view.shape)
    expect_bytes(content, bytes_at(view.pointer, view.nbytes))
    close(view)
end

function compare_hash(value, step, node)
    found = Deltos.node_hash(value, node)
    haskey(step, "hash") && expect_bytes(Dict("data" => step["hash"]), collect(reinterpret(UInt8, [found])))
end

# ---- Steps -----------------------------------------------------------------------------------------------------------

function stored_tree(t, name, node)
    made, cell = Ref(Ptr{Raw.deltos_object}(C_NULL)), Deltos.ErrorCell()
    Deltos.building(Tree(node)) do builder
        Deltos.writing(t) do transaction
            Deltos.check(Raw.deltos_value_builder_store(builder, transaction, name, made, cell), cell)
        end
    end
    return Deltos.Value(Deltos.Handle(made[]), t, nothing)
end

packed_tree(node) = Deltos.packed(Tree(node), Deltos.aligned)

"What a dict or set has for a key: its item, or nothing."
function look_for(value, node, key)
    at = Deltos.ValueDict(value, Deltos.item_of(0; node = node))
    item, root = node_item(key)
    is_container(item.kind) || item.kind == Raw.DELTOS_VALUE_NDARRAY || return Deltos.find_raw(at, item, root, C_NULL)
    holder = Deltos.value_in(packed_tree(key)...)
    try
        root = Deltos.read_item(holder, UInt64(0))
        return Deltos.calling(keys -> Deltos.find_raw(at, root, nothing, keys), holder.handle)
    finally
        close(holder)
    end
end

"The value that a step names, and the item that its path leads to."
function walk(case, step, field = "object", path = "path")
    value = as_value(named(case, step, field))
    node = foldl((node, to) -> next_node(value, node, to), get(step, path, []); init = UInt64(0))
    return value, Deltos.read_item(value, node)
end

# What is no value is asked like one, and refuses.
as_value(value::Deltos.Value) = value
as_value(object::Deltos.Object) = Deltos.Value(object.handle, object.scope, nothing)
as_value(v::Deltos.GrowableVector) = as_value(v.object)

function next_node(value, node, to)
    if to isa Dict
        found = look_for(value, node, to)
        found === nothing && differ("a key of the path is not there")
        return found.node
    end
    each = Deltos.read_item(value, node).kind == Raw.DELTOS_VALUE_DICT ? 2 : 1
    found = children(value, node, to, each)
    length(found) == each || differ("the path leads to no element")
    return found[end].node
end

operation("put_value", "transaction", "name", "value", "as") do case, step
    keep(case, step, stored_tree(named(case, step, "transaction"), step["name"], step["value"]))
end
operation("pack_value", "value", "size", "data", "as") do case, step
    bytes, start, size = packed_tree(step["value"])
    expect(step, "size", size)
    expect_bytes(step, bytes[start+1:start+size])
    keep(case, step, Deltos.value_in(bytes, start, size))
end
operation("unpack_value", "data", "at", "as") do case, step
    data, at = decode(step["data"]), get(step, "at", 0)
    bytes, start = Deltos.aligned(at + length(data))
    copyto!(bytes, start + at + 1, data, 1, length(data))
    keep(case, step, Deltos.value_in(bytes, start + at, length(data)))
end
operation("open_value", "from", "name", "as") do case, step
    keep(case, step, Deltos.Value(named(case, step, "from"), step["name"]))
end
operation("value_info", "object", "path", "kind", "count", "dtype") do case, step
    _, item = walk(case, step)
    expect(step, "kind", kind_word(item.kind))
    expect(step, "count", Int(item.count))
    expect(step, "dtype", dtype_name(item.detail))
end
operation("read_value", "object", "path", "value") do case, step
    value, item = walk(case, step)
    compare_tree(value, step["value"], item)
end
operation("find_value", "object", "path", "key", "absent", "value") do case, step
    value, item = walk(case, step)
    found = look_for(value, item.node, step["key"])
    (found === nothing) == get(step, "absent", false) || differ("the key should be $(found === nothing ? "there" : "absent"), and is not")
    found === nothing || !haskey(step, "value") || compare_tree(value, step["value"], found)
end
operation("hash_value", "object", "path", "hash") do case, step
    value, item = walk(case, step)
    compare_hash(value, step, item.node)
end
operation("equal_values", "object", "path", "other", "other_path", "equal") do case, step
    (value, item), (other, other_item) = walk(case, step), walk(case, step, "other", "other_path")
    expect(step, "equal", Deltos.equal_nodes(value, item.node, other, other_item.node))
end
operation("value_view", "object", "path", "flags", "as") do case, step
    value, item = walk(case, step)
    keep(case, step, Deltos.View(Deltos.node_view(value, item, view_flags(step)), value))
end
