# Descriptions of storages: writing what one tells of, and comparing a storage with it.

# ---- Objects of each kind --------------------------------------------------------------------------------------------

made_buffer(t, object) = create!(t, object["name"], content_of(object))

nbytes(array) = length(array) * sizeof(eltype(array))

function filled_table(t, object)
    shape = object["shape"]
    extent = haskey(object, "lengths") ? (lengths = object["lengths"],) : (rows = shape[1], columns = shape[2])
    table, data = Deltos.create_table!(t, object["name"], element_of(object); extent...), decode(object["data"])
    Deltos.rows(table; writable = true) do rows
        mapreduce(nbytes, +, rows; init = 0) == length(data) || differ("there are $(length(data)) bytes")
        at = 0
        for row in rows
            GC.@preserve row data unsafe_copyto!(Ptr{UInt8}(pointer(row)), pointer(data) + at, nbytes(row))
            at += nbytes(row)
        end
    end
    return table
end

function filled_vector(t, object)
    v = Deltos.create_vector!(t, object["name"], element_of(object))
    return append!(v, elements(v, object["data"]))
end

function compare_table(scope, object)
    using_object(table -> compare_rows(table, object), Deltos.Table(scope, object["name"]))
end

function compare_rows(table, object)
    info = Deltos.table_info(table)
    expect(object, "format", info.format)
    expect(object, "shape", info.ragged ? [info.rows] : [info.rows, info.columns])
    expect(object, "sealed", info.sealed)
    expect(object, "dtype", dtype_name(info.dtype))
    Deltos.rows(table; writable = false) do rows
        expect(object, "lengths", row_lengths(rows))
        expect_bytes(object, reduce(vcat, map(bytes_of, rows); init = UInt8[]))
    end
end

function compare_vector(scope, object)
    using_object(v -> compare_memory(v, object), Deltos.GrowableVector(scope, object["name"]))
end

made_value(t, object) = stored_tree(t, object["name"], object["value"])

function compare_value(scope, object)
    value = Deltos.Value(scope, object["name"])
    compare_tree(value, object["value"], Deltos.read_item(value, UInt64(0)))
    haskey(object, "hash") && compare_hash(value, object, UInt64(0)) # one that contains itself has none
    close(value)
end

const KINDS = Dict(
    "buffer" => (make = made_buffer, compare = compare_buffer),
    "table" => (make = filled_table, compare = compare_table),
    "array" => (make = filled_vector, compare = compare_vector),
    "value" => (make = made_value, compare = compare_value),
    "records" => (make = made_records, compare = compare_records),
    "map" => (make = made_map, compare = compare_map),
    "sorted" => (make = made_sorted, compare = compare_sorted),
)
kind_of(object) = KINDS[get(object, "kind", "buffer")]

# ---- Writing ---------------------------------------------------------------------------------------------------------

set_attributes(target, items) = foreach(item -> target[item["key"]] = attribute_of(item), items)

function write_description(description, path)
    storage = Deltos.open(path, "w")
    transaction(storage; durability = :sync) do t
        set_attributes(attributes(t), get(description, "metadata", []))
        for object in description["objects"]
            release(kind_of(object).make(t, object))
            set_attributes(attributes(t, object["name"]), get(object, "metadata", []))
            get(object, "sealed", false) && seal!(t, object["name"])
        end
    end
    close(storage)
    return true
end

# ---- Reading ---------------------------------------------------------------------------------------------------------

function compare_attributes(found, items)
    wanted = sort!([item["key"] for item in items]; by = codeunits ∘ String)
    collect(keys(found)) == wanted || differ("the keys should be $wanted, and are $(collect(keys(found)))")
    for item in items
        compare_attribute(Deltos.raw_attribute(found, item["key"]), item)
    end
end

"Runs one comparison and prints what is wrong; false then."
function holds(f, what)
    try
        f()
        return true
    catch error
        error isa Union{Difference,DeltosError} || rethrow()
        println(what, ": ", error isa Difference ? error.text : sprint(showerror, error))
        return false
    end
end

function read_description(description, path)
    storage = Deltos.open(path)
    good = snapshot(storage) do s
        objects = description["objects"]
        names = sort!([object["name"] for object in objects]; by = codeunits ∘ String)
        fine = holds(() -> keys(s) == names || differ("they should be $names, and are $(keys(s))"), "the names")
        for object in objects
            fine &= holds(() -> kind_of(object).compare(s, object), object["name"])
            fine &= holds(() -> compare_attributes(attributes(s, object["name"]), get(object, "metadata", [])), "metadata of $(object["name"])")
        end
        fine & holds(() -> compare_attributes(attributes(s), get(description, "metadata", [])), "metadata of the storage")
    end
    close(storage)
    return good
end
