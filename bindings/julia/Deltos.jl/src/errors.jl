# The one place where a status of the library becomes an exception.

"""
    DeltosError

What everything that goes wrong in Deltos is. Each code of the library has a type of its own, such as
[`PinnedError`](@ref), with the same fields:

- `code::Int32`: the number in the C interface, as in `Deltos.Raw.DELTOS_E_PINNED`;
- `message::String`: one line that names the thing and the limit and says what to do;
- `errno::Int32`: of the system call that failed, or 0;
- `object_id::UInt64`: the object concerned, or 0.

[`Deltos.fault`](@ref) tells whose fault it is.
"""
abstract type DeltosError <: Exception end

function Base.showerror(io::IO, e::DeltosError)
    print(io, nameof(typeof(e)), ": ", e.message)
    e.code in keys(ERROR_TYPES) || print(io, " (unknown status ", e.code, ")")
    return nothing
end

macro errors(table)
    block, entries = Expr(:block), Expr[]
    for row in table.args
        row isa Expr || continue
        code, name, text = row.args
        full = Symbol(:DELTOS_E_, code)
        doc = string("    ", name, "\n\n", text, " A [`DeltosError`](@ref), from the status `", full, "`.")
        push!(block.args, quote
            struct $name <: DeltosError
                code::Int32
                message::String
                errno::Int32
                object_id::UInt64
                $name(message, errno = 0, object_id = 0; code = Raw.$full) = new(code, message, errno, object_id)
            end
            @doc $doc $name
        end)
        push!(entries, :(Raw.$full => $name))
    end
    push!(block.args, :(const ERROR_TYPES = Dict{Int32,DataType}($(entries...))))
    return esc(block)
end

@errors begin
    (INVALID, InvalidError, "An argument that no call could accept.")
    (KIND, KindError, "The object is of another kind than asked for.")
    (TYPE, TypeMismatchError, "Element types or shapes do not fit together.")
    (RANGE, RangeError, "An index, offset or size outside what there is.")
    (TOO_SMALL, TooSmallError, "Memory that was to be filled is too small.")
    (NOT_FOUND, NotFoundError, "No object of that name, no such attribute, or no such file.")
    (EXISTS, ExistsError, "The name or the file is taken.")
    (READONLY, ReadOnlyError, "The storage was opened for reading, or the memory is read-only.")
    (SEALED, SealedError, "The object is sealed: `unseal!` it or replace it.")
    (PINNED, PinnedError, "Views are still exported; the message names the objects.")
    (BUSY, BusyError, "A transaction or another operation is under way.")
    (CLOSED, ClosedError, "The storage, or what came from it, has been closed.")
    (STALE, StaleError, "The object was deleted or replaced, or belonged to an aborted transaction.")
    (FORKED, ForkedError, "A writing storage from before `fork()`, used in the child.")
    (LAYOUT, LayoutError, "The memory layout does not allow what was requested without a copy.")
    (FORMAT, FormatError, "A malformed format string, or an element type that does not fit it or cannot be stored.")
    (CANCELLED, CancelledError, "The progress function asked to stop.")
    (STRUCT, StructError, "The package and the library do not fit together.")
    (UNSUPPORTED, UnsupportedError, "Not possible for this storage.")
    (DUPLICATE, DuplicateError, "A key given twice.")
    (CORRUPT, CorruptError, "The file is damaged; the message says what and where.")
    (NOT_DELTOS, NotDeltosError, "Not a storage at all.")
    (FEATURE, FeatureError, "Written by a newer version, with a feature that this one does not know.")
    (LIMIT, LimitError, "A limit of the format or of the options; the message names it.")
    (REPLACED, ReplacedError, "The path now leads to another file.")
    (IO, IoError, "A system call failed; `errno` tells which error.")
    (IN_DOUBT, InDoubtError, "The last barrier of a commit failed: it may or may not survive.")
    (NO_SPACE, NoSpaceError, "Disk or quota: shorten the transaction and try again.")
    (NO_MEMORY, NoMemoryError, "An allocation failed.")
    (ADDRESS_SPACE, AddressSpaceError, "The reserved address space is used up: open with a larger `reserve_bytes`.")
    (FILESYSTEM, FilesystemError, "A file system without coherent mappings or working locks.")
    (LOCKED, LockedError, "Another process, or another handle, is the writer.")
    (INTERNAL, InternalError, "A bug in the library; please report the message.")
end

"""
    Deltos.fault(error::DeltosError) -> Symbol

Whose fault an error is: `:caller`, `:file`, `:system` or `:library`.
"""
function fault(e::DeltosError)
    -40 < e.code < 0 && return :caller
    -60 < e.code <= -40 && return :file
    -90 < e.code <= -60 && return :system
    return :library
end

"""
    Deltos.status_name(code) -> String

The name of a code of the C interface, as in `"DELTOS_E_PINNED"`.
"""
status_name(code::Integer) = unsafe_string(Raw.deltos_status_name(code))

# A number that is not in the table is a failure of the library.
error_of(code, message, errno, object_id) =
    get(ERROR_TYPES, code, InternalError)(message, errno, object_id; code = code)

const ErrorCell = Base.RefValue{Raw.deltos_error}

function error_of(cell::ErrorCell)
    GC.@preserve cell begin
        start = Ptr{UInt8}(pointer_from_objref(cell))
        at(name) = start + fieldoffset(Raw.deltos_error, Base.fieldindex(Raw.deltos_error, name))
        return error_of(
            unsafe_load(Ptr{Int32}(at(:status))),
            unsafe_string(at(:message)),
            unsafe_load(Ptr{Int32}(at(:os_errno))),
            unsafe_load(Ptr{UInt64}(at(:object_id))),
        )
    end
end

# Calls that are made often use one cell for each thread again and again: new ones would be cold memory each time. A
# cell that has been taken is its taker's until it is given back, whatever else runs meanwhile.
const spare_cells = Union{Nothing,ErrorCell}[]

function spare_cell()
    thread = Threads.threadid()
    thread <= length(spare_cells) || return ErrorCell()
    cell = spare_cells[thread]
    cell === nothing && return ErrorCell()
    spare_cells[thread] = nothing
    return cell
end

"As `check`, and gives the cell back."
@inline function check_spare(status::Int32, cell::ErrorCell)
    status == Raw.DELTOS_OK || throw_error(cell)
    thread = Threads.threadid()
    thread <= length(spare_cells) && (spare_cells[thread] = cell)
    return nothing
end

@noinline throw_error(cell::ErrorCell) = throw(error_of(cell))

"Throws what a failed call left in its error cell."
@inline check(status::Int32, cell::ErrorCell) = status == Raw.DELTOS_OK ? nothing : throw_error(cell)

has_nul(string) = GC.@preserve string begin
    ccall(:memchr, Ptr{Cvoid}, (Ptr{UInt8}, Cint, Csize_t), pointer(string), 0, sizeof(string)) != C_NULL
end

"Text for the library, which takes none with a NUL inside."
function text(value::AbstractString, what)
    string = String(value)
    has_nul(string) && throw(InvalidError("$what contains a NUL character: leave it out"))
    return string
end
