# What a storage, a snapshot and a transaction have in common: names, and what they stand for.

# reading(f, scope) calls f with a snapshot for the duration of a few calls; writing(f, scope) with a transaction.

Buffer(scope::Scope, name::AbstractString) = Buffer(open_handle(scope, name, Raw.DELTOS_KIND_BUFFER), scope)

function open_handle(scope::Scope, name, kind)
    spelled, made, cell = text(name, "a name"), Ref(Ptr{Raw.deltos_object}(C_NULL)), ErrorCell()
    reading(scope) do snapshot
        check(Raw.deltos_object_open(snapshot, spelled, kind, made, cell), cell)
    end
    return Handle(made[])
end

function Buffer(scope::Scope, id::Unsigned)
    made, cell = Ref(Ptr{Raw.deltos_object}(C_NULL)), ErrorCell()
    reading(scope) do snapshot
        check(Raw.deltos_object_open_id(snapshot, id, Raw.DELTOS_KIND_BUFFER, made, cell), cell)
    end
    return Buffer(Handle(made[]), scope)
end

# What is stored under a name: the memory of a buffer, or an object of another kind itself.
function Base.getindex(scope::Scope, name::AbstractString)
    try
        return array(scope, name)
    catch e
        e isa KindError || rethrow()
    end
    return thing_of(open_handle(scope, name, Raw.DELTOS_KIND_ANY), scope)
end

# What a reference leads to.
function Base.getindex(scope::Scope, reference::Reference)
    made, cell = Ref(Ptr{Raw.deltos_object}(C_NULL)), ErrorCell()
    reading(scope) do snapshot
        check(Raw.deltos_object_open_id(snapshot, reference.id, Raw.DELTOS_KIND_ANY, made, cell), cell)
    end
    object = Buffer(Handle(made[]), scope)
    stat(object).kind == Raw.DELTOS_KIND_BUFFER || return thing_of(object.handle, scope)
    return array_of(View(acquire_array(object, nothing), object, true), nothing)
end

function thing_of(handle::Handle, scope)
    table = Table(handle, nothing, scope)
    kind = stat(table).kind
    kind == Raw.DELTOS_KIND_TABLE && return table
    kind == Raw.DELTOS_KIND_ARRAY && return vector_of(handle, scope)
    kind == Raw.DELTOS_KIND_VALUE && return root_content(Value(handle, scope, nothing))
    kind == Raw.DELTOS_KIND_RECORD_TABLE && return RecordTable(handle, scope)
    kind == Raw.DELTOS_KIND_HASH_MAP && return HashMap(handle, scope)
    kind == Raw.DELTOS_KIND_SORTED_MAP && return SortedMap(handle, scope)
    throw(KindError("an object of kind $kind is of a newer version than this package: use a newer one"))
end

function Base.haskey(scope::Scope, name::AbstractString)
    try
        finish_safely(open_handle(scope, name, Raw.DELTOS_KIND_ANY))
    catch e
        e isa NotFoundError || rethrow()
        return false
    end
    return true
end

Base.get(scope::Scope, name::AbstractString, default) = get(() -> default, scope, name)
function Base.get(default::Union{Function,Type}, scope::Scope, name::AbstractString)
    try
        return scope[name]
    catch e
        e isa NotFoundError || rethrow()
    end
    return default()
end

"""
    Deltos.Entry

One line of a listing: `name` (of a level, with its `/` at the end), `id` (0 for a level), `is_level`, and `nbytes` of
the content.
"""
struct Entry
    name::String
    id::UInt64
    is_level::Bool
    nbytes::Int
end

const BATCH = 64

function entries(scope::Scope, prefix, depth)
    start, made, cell = text(prefix, "a prefix"), Ref(Ptr{Raw.deltos_cursor}(C_NULL)), ErrorCell()
    found, room, count = Entry[], Vector{Raw.deltos_entry}(undef, BATCH), Ref(UInt64(0))
    reading(scope) do snapshot
        check(Raw.deltos_snapshot_list(snapshot, start, depth, made, cell), cell)
        try
            while true
                check(Raw.deltos_cursor_next_entries(made[], room, BATCH, count, cell), cell)
                count[] == 0 && return
                for item in view(room, 1:Int(count[]))
                    push!(found, Entry(unsafe_string(item.name), item.id, item.is_prefix != 0, item.payload_bytes))
                end
            end
        finally
            Raw.deltos_cursor_release(made)
        end
    end
    return found
end

"""
    Deltos.list(scope, prefix = "") -> Vector{Deltos.Entry}

What is directly below a prefix: objects, and each further level once.
"""
list(scope::Scope, prefix::AbstractString = "") = entries(scope, prefix, Raw.DELTOS_LIST_ONE_LEVEL)

"""
    keys(scope, prefix = "") -> Vector{String}

All names that start with a prefix, in byte order.
"""
Base.keys(scope::Scope, prefix::AbstractString = "") = [e.name for e in entries(scope, prefix, Raw.DELTOS_LIST_ALL)]
Base.length(scope::Scope) = length(entries(scope, "", Raw.DELTOS_LIST_ALL))
Base.isempty(scope::Scope) = length(scope) == 0
Base.eltype(::Type{<:Scope}) = Pair{String}
Base.pairs(scope::Scope) = scope

function Base.iterate(scope::Scope, names = keys(scope))
    isempty(names) && return nothing
    name = names[1]
    return (name => scope[name])::Pair{String}, names[2:end]
end

# ---- Changes ---------------------------------------------------------------------------------------------------------

# As `Base.setindex!` for dictionaries: the value, then the name.
function Base.setindex!(scope::Scope, value, name::AbstractString)
    is_value(value) && return put!(scope, name, value)
    try
        store_buffer(scope, value, name)
    catch e
        e isa KindError && kind_of(scope, name) == Raw.DELTOS_KIND_VALUE || rethrow()
        take_place(scope, value, name)
    end
    return scope
end

function store_buffer(scope::Scope, value, name)
    spelled, cell = text(name, "a name"), ErrorCell()
    with_content(value) do content
        writing(scope) do transaction
            old = Ref(Ptr{Raw.deltos_object}(C_NULL))
            snapshot = Raw.deltos_transaction_snapshot(transaction)
            status = Raw.deltos_object_open(snapshot, spelled, Raw.DELTOS_KIND_BUFFER, old, cell)
            if status == Raw.DELTOS_E_NOT_FOUND
                check(Raw.deltos_buffer_create(transaction, spelled, content, C_NULL, cell), cell)
            else
                check(status, cell)
                status = Raw.deltos_buffer_replace(transaction, old[], content, C_NULL, cell)
                Raw.deltos_object_release(old)
                check(status, cell)
            end
        end
    end
end

"""
    create!(scope, name, content) -> Deltos.Buffer
    create!(scope, name, T, dims...) -> Deltos.Buffer
    create!(scope, name; format = "", dtype = 0, shape = ()) -> Deltos.Buffer

Makes a new buffer: with content; of zeros, of an element type and size of Julia; or of zeros, of a format or type
number and a shape in the order of C. Throws [`ExistsError`](@ref) when the name is taken. Fill it through
[`Deltos.array`](@ref), in a transaction before anybody sees it.
"""
function create!(scope::Scope, name::AbstractString, content)
    spelled, made, cell = text(name, "a name"), Ref(Ptr{Raw.deltos_object}(C_NULL)), ErrorCell()
    with_content(content) do layout
        writing(scope) do transaction
            check(Raw.deltos_buffer_create(transaction, spelled, layout, made, cell), cell)
        end
    end
    return Buffer(Handle(made[]), scope)
end

function create!(scope::Scope, name::AbstractString, ::Type{T}, dims::Integer...) where {T}
    dtype = dtype_of(T)
    format = dtype == Raw.DELTOS_DTYPE_OTHER ? format_of(T) : ""
    return create!(scope, name; format = format, dtype = dtype, shape = reverse(dims))
end

function create!(scope::Scope, name::AbstractString; format = "", dtype = 0, shape = ())
    spelled, lengths = text(name, "a name"), Int64[shape...]
    element = isempty(format) ? Cstring(C_NULL) : text(format, "a format")
    made, cell = Ref(Ptr{Raw.deltos_object}(C_NULL)), ErrorCell()
    writing(scope) do transaction
        check(
            Raw.deltos_buffer_create_zeroed(transaction, spelled, element, dtype, length(lengths), lengths, made, cell),
            cell,
        )
    end
    return Buffer(Handle(made[]), scope)
end

"""
    replace!(scope, name, content) -> Deltos.Buffer
    replace!(scope, name) -> Deltos.Buffer

Gives an existing buffer new content in a new place; name, id and attributes stay, and whoever looks at the old content
keeps it. Without content it is a private copy of the old one, to be changed through [`Deltos.array`](@ref) before the
commit.
"""
function replace!(scope::Scope, name::AbstractString, content)
    return with_content(layout -> replace_with(scope, name, layout), content)
end
replace!(scope::Scope, name::AbstractString) = replace_with(scope, name, Ptr{Raw.deltos_view}(C_NULL))

function replace_with(scope, name, layout)
    made, cell = Ref(Ptr{Raw.deltos_object}(C_NULL)), ErrorCell()
    changing(scope, text(name, "a name"), cell) do transaction, old
        Raw.deltos_buffer_replace(transaction, old, layout, made, cell)
    end
    return Buffer(Handle(made[]), scope)
end

# Opens an object of a transaction for one call that changes it.
function changing(f, scope::Scope, key, cell)
    writing(scope) do transaction
        object = Ref(Ptr{Raw.deltos_object}(C_NULL))
        snapshot = Raw.deltos_transaction_snapshot(transaction)
        check(open_object(snapshot, key, object, cell), cell)
        status = f(transaction, object[])
        Raw.deltos_object_release(object)
        check(status, cell)
    end
    return nothing
end

open_object(snapshot, name::String, object, cell) =
    Raw.deltos_object_open(snapshot, name, Raw.DELTOS_KIND_ANY, object, cell)
open_object(snapshot, id::UInt64, object, cell) =
    Raw.deltos_object_open_id(snapshot, id, Raw.DELTOS_KIND_ANY, object, cell)

"""
    seal!(scope, name)
    unseal!(scope, name)

Seals a buffer: with the commit it is checksummed, and nobody writes to it again. While a writable array or view of it
lives in some process, that is refused with [`PinnedError`](@ref); arrays that only wait to be collected are collected
first. `unseal!` lets it be written again, in a new place: old arrays and snapshots keep the sealed content.
"""
function seal!(scope::Scope, name::AbstractString)
    spelled, cell = text(name, "a name"), ErrorCell()
    without_garbage() do
        changing((transaction, object) -> Raw.deltos_object_seal(transaction, object, cell), scope, spelled, cell)
    end
end

@doc (@doc seal!)
function unseal!(scope::Scope, name::AbstractString)
    spelled, cell = text(name, "a name"), ErrorCell()
    changing((transaction, object) -> Raw.deltos_object_unseal(transaction, object, cell), scope, spelled, cell)
end

"""
    delete!(scope, name)

Deletes a buffer; arrays of it stay valid. Throws [`NotFoundError`](@ref) when there is none.
"""
function Base.delete!(scope::Scope, name::AbstractString)
    spelled, cell = text(name, "a name"), ErrorCell()
    writing(transaction -> check(Raw.deltos_transaction_delete(transaction, spelled, cell), cell), scope)
    return scope
end

"""
    delete_prefix!(scope, prefix) -> Int

Deletes every buffer whose name starts with a prefix; tells how many there were.
"""
function delete_prefix!(scope::Scope, prefix::AbstractString)
    start, count, cell = text(prefix, "a prefix"), Ref(UInt64(0)), ErrorCell()
    writing(transaction -> check(Raw.deltos_transaction_delete_prefix(transaction, start, count, cell), cell), scope)
    return Int(count[])
end

Base.empty!(scope::Scope) = (delete_prefix!(scope, ""); scope)

"""
    rename!(scope, from, to; replace = false)

Gives a buffer another name; its id, content, attributes and arrays stay. With `replace` a buffer that has the name
already is deleted.
"""
function rename!(scope::Scope, from::AbstractString, to::AbstractString; replace::Bool = false)
    old, new, cell = text(from, "a name"), text(to, "a name"), ErrorCell()
    writing(transaction -> check(Raw.deltos_transaction_rename(transaction, old, new, replace, cell), cell), scope)
    return nothing
end
