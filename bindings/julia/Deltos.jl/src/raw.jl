# Made by bindings/generate.py from include/deltos. Do not edit.

"""
The C interface as it is: the same names, numbers and structs, and nothing else.

`load!` must have been called. Constants are of the type of the fields and parameters that take them: `Int32`, but
`UInt32` for the bits of `flags` and for the numbers of versions. Strings are `Cstring` as parameters and `Ptr{UInt8}`
elsewhere; callbacks are `Ptr{Cvoid}`, made by `@cfunction`.
"""
module Raw

import Libdl

const DELTOS_VERSION_MAJOR = UInt32(0)
const DELTOS_VERSION_MINOR = UInt32(1)
const DELTOS_VERSION_PATCH = UInt32(0)
const DELTOS_VERSION = "0.1.0"
const DELTOS_ABI_VERSION = UInt32(0)
const DELTOS_FORMAT_MAJOR = UInt32(1)
const DELTOS_FORMAT_MINOR = UInt32(0)

const deltos_status = Int32

# The codes, whose fault each one is, and the error of each host language that it becomes. A binding
# that maps a code differently is wrong; a code that is not in its table is a bug that its tests
# find.
const DELTOS_OK = Int32(0)
# an argument no call could accept: NULL, a foreign handle, a bad name, a bad number
const DELTOS_E_INVALID = Int32(-1)
# the object is of another kind than the call or the caller asked for
const DELTOS_E_KIND = Int32(-2)
const DELTOS_E_TYPE = Int32(-3)  # element types or shapes do not fit together
const DELTOS_E_RANGE = Int32(-4)  # an index, offset or size outside what there is
# the caller's memory is too small; the size output tells what is needed
const DELTOS_E_TOO_SMALL = Int32(-5)
const DELTOS_E_NOT_FOUND = Int32(-6)  # no object of that name or id, or no such file
const DELTOS_E_EXISTS = Int32(-7)  # the name or the file is taken
const DELTOS_E_READONLY = Int32(-8)  # the handle's mode, or the file system, does not allow it
const DELTOS_E_SEALED = Int32(-9)  # the object is sealed; unseal it or replace it
# views are still exported; the message names the objects and counts
const DELTOS_E_PINNED = Int32(-10)
# a transaction or another operation is under way; nothing has been waited for
const DELTOS_E_BUSY = Int32(-11)
const DELTOS_E_CLOSED = Int32(-12)  # the storage this handle came from has been closed
const DELTOS_E_STALE = Int32(-13)  # the object was deleted or replaced, or the transaction is over
const DELTOS_E_FORKED = Int32(-14)  # a writing handle from before fork(), used in the child
# the memory layout does not allow what was requested without a copy
const DELTOS_E_LAYOUT = Int32(-15)
# a format string that is malformed or contradicts what is said beside it
const DELTOS_E_FORMAT = Int32(-16)
const DELTOS_E_CANCELLED = Int32(-17)  # the progress callback asked to stop
const DELTOS_E_STRUCT = Int32(-18)  # struct_size is too small, or unknown fields are not zero
# not possible for this storage, element type or file system
const DELTOS_E_UNSUPPORTED = Int32(-19)
const DELTOS_E_DUPLICATE = Int32(-20)  # a key given twice
const DELTOS_E_CORRUPT = Int32(-40)  # a check failed; the message says what and where
const DELTOS_E_NOT_DELTOS = Int32(-41)  # not a storage at all
# written by a newer version, with a feature that this one does not know
const DELTOS_E_FEATURE = Int32(-42)
# beyond a limit of the format, of the library or of the options; it is named
const DELTOS_E_LIMIT = Int32(-43)
const DELTOS_E_REPLACED = Int32(-44)  # the path now leads to another file
# a system call failed; os_errno tells which error. Nothing was published
const DELTOS_E_IO = Int32(-60)
# the last barrier of a commit failed: it may or may not survive
const DELTOS_E_IN_DOUBT = Int32(-61)
const DELTOS_E_NO_SPACE = Int32(-62)  # disk or quota; the transaction may be shortened and retried
const DELTOS_E_NO_MEMORY = Int32(-63)  # an allocation failed
# the reserved address space is used up; reopen with a larger reserve_bytes
const DELTOS_E_ADDRESS_SPACE = Int32(-64)
const DELTOS_E_FILESYSTEM = Int32(-65)  # a file system without coherent mappings or working locks
const DELTOS_E_LOCKED = Int32(-66)  # another process is the writer
const DELTOS_E_INTERNAL = Int32(-90)  # a bug in the library; please report the message

"""
What went wrong. 512 bytes, for ever.
"""
struct deltos_error
    status::Int32  # the code the call returned
    os_errno::Int32  # errno of the failed system call, or 0
    object_id::UInt64  # the object concerned, or 0
    # one line of UTF-8, NUL-terminated, cut at a character when too long
    message::NTuple{496,UInt8}
end

"""
an open file or memory; internally synchronised
"""
mutable struct deltos_storage end

"""
one state of it; immutable (a transaction's own: as that)
"""
mutable struct deltos_snapshot end

"""
a change under way; one thread at a time
"""
mutable struct deltos_transaction end

"""
one stored thing; immutable
"""
mutable struct deltos_object end

"""
a walk over names; one thread at a time
"""
mutable struct deltos_cursor end

"""
something being built; one thread at a time
"""
mutable struct deltos_builder end

"""
what records have; immutable
"""
mutable struct deltos_schema end

"""
Asked now and then by long calls, on the calling thread, from inside the call: at most 20 times a
second, and once at the end. No other call waits for it: one that would change the storage that the
call is writing to answers DELTOS_E_BUSY, on this thread too, and an abort of the transaction is
made up for at the end of the call, which answers DELTOS_E_STALE then.
"""
const deltos_progress = Ptr{Cvoid}

"""
Told once that memory lent to the library is no longer used. It runs on whatever thread drops the
last reference, with no lock held; it must not block on other threads and must not unwind. A
language runtime that cannot take calls on foreign threads passes NULL and keeps the memory alive
itself.
"""
const deltos_release = Ptr{Cvoid}

# Kinds of stored objects. The numbers are stored in files.
const DELTOS_KIND_ANY = Int32(0)  # never stored; when opening: whatever it is
const DELTOS_KIND_BUFFER = Int32(1)  # n-dimensional typed memory, buffer.h
const DELTOS_KIND_ARRAY = Int32(2)  # growable elements of one type, array.h
const DELTOS_KIND_TABLE = Int32(3)  # rows reached by pointers, table.h
const DELTOS_KIND_VALUE = Int32(4)  # a tree that describes itself, sealed, value.h
const DELTOS_KIND_RECORD_TABLE = Int32(5)  # rows of one schema, record.h
const DELTOS_KIND_HASH_MAP = Int32(6)  # built once, looked up by key, hash_map.h
const DELTOS_KIND_SORTED_MAP = Int32(7)  # pairs in the order of their keys, sorted_map.h

# Element types. The numbers are stored in files. A format string says more (field names, byte
# order); a dtype is the quick answer, and the only one for types that have no format character.
# see the format string: foreign byte order, padding, types without a number here
const DELTOS_DTYPE_OTHER = Int32(0)
const DELTOS_DTYPE_BOOL = Int32(1)  # one byte, 0 or 1
const DELTOS_DTYPE_I8 = Int32(2)
const DELTOS_DTYPE_I16 = Int32(3)
const DELTOS_DTYPE_I32 = Int32(4)
const DELTOS_DTYPE_I64 = Int32(5)
const DELTOS_DTYPE_U8 = Int32(6)
const DELTOS_DTYPE_U16 = Int32(7)
const DELTOS_DTYPE_U32 = Int32(8)
const DELTOS_DTYPE_U64 = Int32(9)
const DELTOS_DTYPE_F16 = Int32(10)
const DELTOS_DTYPE_F32 = Int32(11)
const DELTOS_DTYPE_F64 = Int32(12)
const DELTOS_DTYPE_C64 = Int32(13)  # two f32: real, imaginary
const DELTOS_DTYPE_C128 = Int32(14)  # two f64
const DELTOS_DTYPE_BYTES = Int32(15)  # fixed number of bytes, "Ns" and "c"
const DELTOS_DTYPE_UCS4 = Int32(16)  # fixed number of 4-byte characters, "Nw"
const DELTOS_DTYPE_STRUCT = Int32(17)  # "T{...}", and several elements as one: "3d", "(2,3)d"
const DELTOS_DTYPE_BF16 = Int32(18)  # bfloat16; its format string is that of 2 raw bytes
# 8-bit float, 4 exponent bits, no infinities; format of 1 raw byte
const DELTOS_DTYPE_F8_E4M3 = Int32(19)
const DELTOS_DTYPE_F8_E5M2 = Int32(20)  # 8-bit float, 5 exponent bits; format of 1 raw byte

"""
Some bytes. Frozen; borrowed.
"""
struct deltos_bytes
    data::Ptr{Cvoid}  # may be NULL when size is 0
    size::UInt64
end

# What the keys of a map are. The numbers are stored in files.
const DELTOS_KEY_BYTES = Int32(0)  # any bytes
const DELTOS_KEY_UTF8 = Int32(1)  # text, checked when it is put in
const DELTOS_KEY_U64 = Int32(2)  # uint64_t: 8 bytes of native order
# any value, as deltos_value_builder_pack() writes it; hash maps only
const DELTOS_KEY_VALUE = Int32(3)

# How the items of a deltos_column lie.
const DELTOS_COLUMN_FIXED = Int32(0)  # items of item_size bytes, one every stride bytes
# item i is data[offsets[i]] to data[offsets[i + 1]], as Arrow's large_utf8
const DELTOS_COLUMN_OFFSETS = Int32(1)
const DELTOS_COLUMN_SLICES = Int32(2)  # data: deltos_bytes[count]

"""
As many items as `count` says, in memory of the caller's. Frozen.
"""
struct deltos_column
    layout::Int32  # DELTOS_COLUMN_*
    dtype::Int32  # DELTOS_DTYPE_* of an item, which must be the one expected; 0: not told
    count::UInt64  # items
    data::Ptr{Cvoid}  # FIXED: the first item; OFFSETS: bytes; SLICES: deltos_bytes[count]
    offsets::Ptr{Int64}  # OFFSETS: count + 1, never falling, the first need not be 0
    item_size::UInt64  # FIXED: bytes of an item
    stride::Int64  # FIXED: bytes from an item to the next; 0: item_size. Negative: backwards
end

# What a handle may do.
const DELTOS_MODE_READ = Int32(0)
const DELTOS_MODE_IN_PLACE = Int32(1)
const DELTOS_MODE_WRITE = Int32(2)
const DELTOS_MODE_STATIC = Int32(3)

# What happens to the file.
const DELTOS_CREATE_NEVER = Int32(0)
const DELTOS_CREATE_IF_ABSENT = Int32(1)
const DELTOS_CREATE_NEW = Int32(2)
const DELTOS_CREATE_REPLACE = Int32(3)

# Bits of deltos_open_options.flags.
# memory lost to truncation or a media error reads as zeros instead of killing
const DELTOS_OPEN_SIGBUS_GUARD = UInt32(1)
# check the whole storage first, as verify FULL; E_CORRUPT on the first finding
const DELTOS_OPEN_VERIFY = UInt32(2)
# WRITE: when the newest state is damaged, go on from the one before it
const DELTOS_OPEN_ROLLBACK = UInt32(4)
# WRITE: after a failed barrier, rewrite everything that is live and go on
const DELTOS_OPEN_REDIRTY = UInt32(8)
# READ, STATIC: read it into private memory first, then STATIC; for hostile bytes
const DELTOS_OPEN_COPY = UInt32(16)
const DELTOS_OPEN_NO_TRIM = UInt32(32)  # WRITE: do not give freed space back to the file system
const DELTOS_OPEN_FORCE = UInt32(64)  # create REPLACE: also over a file that has a living writer
# when the file is created: space is taken when it is first stored to, so that a full disk is met by
# a store, as SIGBUS, and not by a call
const DELTOS_OPEN_SPARSE = UInt32(128)
# when the file is created: texts and bytes of more than 512 bytes in values that are stored in it
# are compressed (LZ4) where that saves a quarter; not keys, members of sets, and what record tables
# hold. See value.h
const DELTOS_OPEN_COMPRESS = UInt32(256)

"""
All zero with struct_size set: read an existing file.
"""
struct deltos_open_options
    struct_size::UInt32  # sizeof(deltos_open_options)
    mode::Int32  # DELTOS_MODE_*
    create::Int32  # DELTOS_CREATE_*
    flags::UInt32  # DELTOS_OPEN_* bits
    # READ, STATIC: where the storage starts in the file, in bytes; not 0 implies STATIC
    offset::UInt64
    size::UInt64  # READ, STATIC: its length; 0: to the end of the file; not 0 implies STATIC
    # WRITE: address space to grow into; 0: 64 times the file, 64 GiB to 1 TiB
    reserve_bytes::UInt64
    max_file_bytes::UInt64  # WRITE: refuse to grow beyond; 0: no limit
    # WRITE: ASYNC commits are made durable when so much was written; 0: 256 MiB
    auto_sync_bytes::UInt64
    # for VERIFY, REDIRTY, COPY and the writer's check at open; may be NULL
    progress::deltos_progress
    progress_user::Ptr{Cvoid}
end

"""
Facts about a storage and the handle it was asked of.
"""
struct deltos_storage_info
    struct_size::UInt32  # set by the caller
    mode::Int32  # DELTOS_MODE_*; STATIC where READ became it
    format_major::UInt32  # of the file
    format_minor::UInt32
    file_bytes::UInt64  # length of the file
    allocated_bytes::UInt64  # what the file system has set aside for it
    live_bytes::UInt64  # WRITE: reachable from the newest commit; else 0
    reusable_bytes::UInt64  # WRITE: free, to be used again; else 0
    pinned_bytes::UInt64  # WRITE: freed, but held by snapshots, views or durability; else 0
    object_count::UInt64  # in the newest commit
    transaction_id::UInt64  # of the newest commit
    # of the newest commit that survives a power loss; without WRITE also a LAZY one
    durable_id::UInt64
    # oldest commit that a snapshot of any process holds; transaction_id when none
    oldest_pin::UInt64
    snapshot_count::UInt64  # snapshots that this handle holds, cursors' included
    view_count::UInt64  # views made through this handle that live
    # made when the storage was created; copy_to keeps it, compact_to makes a new one
    uuid::NTuple{16,UInt8}
    io_failed::UInt8  # 1: a barrier failed since the machine was started
    lost::UInt8  # 1: the guard met memory that was cut off or unreadable
    unaligned::UInt8  # 1: STATIC at an address where elements are not aligned
    sparse::UInt8  # 1: created with SPARSE
    reserved::NTuple{4,UInt8}  # 0
end

# How much deltos_storage_verify() reads.
const DELTOS_VERIFY_STRUCT = Int32(0)  # all of the catalogue: pages, records, extents, overlaps
# and the content of every sealed object: its checksum, every node of a value; and every row of a
# record table
const DELTOS_VERIFY_FULL = Int32(1)

"""
One thing that is wrong. Frozen.
"""
struct deltos_finding
    status::Int32  # DELTOS_E_CORRUPT or DELTOS_E_FEATURE
    reserved::UInt32  # 0
    object_id::UInt64  # or 0
    file_offset::UInt64  # in bytes from the start of the storage, or 0
    message::NTuple{232,UInt8}  # one line of UTF-8, NUL-terminated
end

"""
An object with live views; one with read-only and with writable ones is listed twice. Frozen.
"""
struct deltos_pin
    object_id::UInt64
    transaction_id::UInt64  # that wrote the content the views show
    bytes::UInt64  # of that content
    view_count::UInt32  # live views made through this handle
    writable::UInt8  # 1: they are writable
    reserved::NTuple{3,UInt8}  # 0
    name::NTuple{224,UInt8}  # as it was opened under; NUL-terminated, cut at a character
end

# Bits of deltos_copy_options.flags.
# replace a file of that name; it stays as it was until the copy is complete
const DELTOS_COPY_REPLACE = UInt32(1)

"""
All zero with struct_size set: refuse an existing file, no progress.
"""
struct deltos_copy_options
    struct_size::UInt32  # sizeof(deltos_copy_options)
    flags::UInt32  # DELTOS_COPY_* bits
    progress::deltos_progress
    progress_user::Ptr{Cvoid}
end

# What a commit survives.
const DELTOS_SYNC = Int32(0)
const DELTOS_LAZY = Int32(1)
const DELTOS_ASYNC = Int32(2)

"""
What an object is. Pointers are borrowed until the object's handle is released, or shows something
else (refresh, seal, unseal, deltos_table_reinterpret()).
"""
struct deltos_object_info
    struct_size::UInt32  # set by the caller
    kind::Int32  # DELTOS_KIND_*
    dtype::Int32  # DELTOS_DTYPE_*
    ndim::Int32  # 0 to 64
    sealed::UInt8  # 1: checksummed and never written again
    writable::UInt8  # 1: this handle can export it writable
    # 0: deleted, replaced, or its transaction was aborted; as far as this process knows
    current::UInt8
    stored::UInt8  # 0: made by a transaction that has not committed
    reserved::UInt32  # 0
    id::UInt64
    # the product of the shape: elements; of a ragged table, whose shape is its rows: rows
    count::UInt64
    itemsize::UInt64  # bytes of one
    # bytes of content: count times itemsize; a stored table: with its index and gaps
    payload_bytes::UInt64
    created_id::UInt64  # transaction that created it
    changed_id::UInt64  # transaction that changed its record last; stores in place do not count
    name::Ptr{UInt8}  # as of opening
    format::Ptr{UInt8}  # format string of one element
    shape::Ptr{Int64}  # ndim lengths; never NULL
end

# Hints for deltos_object_advise().
const DELTOS_ADVICE_NORMAL = Int32(0)
const DELTOS_ADVICE_RANDOM = Int32(1)  # do not read ahead
const DELTOS_ADVICE_SEQUENTIAL = Int32(2)  # read ahead a lot
const DELTOS_ADVICE_WILL_NEED = Int32(3)  # start reading now
const DELTOS_ADVICE_DONT_NEED = Int32(4)  # this process's memory may be taken back; nothing is lost
# read all of it and map it into this process now, so that no use waits for a page fault; on Linux
# before 5.14 the same as WILL_NEED
const DELTOS_ADVICE_PREFAULT = Int32(5)

"""
One line of a listing. Frozen. The name is borrowed until the cursor's next call or release.
"""
struct deltos_entry
    name::Ptr{UInt8}  # of the object, or of the level, with its '/' at the end
    id::UInt64  # 0 for a level
    kind::Int32  # DELTOS_KIND_*; 0 for a level
    is_prefix::UInt32  # 1: a level that has names below it
    payload_bytes::UInt64  # 0 for a level
end

# How deep deltos_snapshot_list() goes.
const DELTOS_LIST_ALL = Int32(0)  # every name that starts with the prefix
# those without a '/' after the prefix, and each level below once
const DELTOS_LIST_ONE_LEVEL = Int32(1)

"""
Exported or imported memory.
"""
struct deltos_view
    struct_size::UInt32  # input: sizeof(deltos_view)
    ndim::Int32  # 0 to 64; 0: one element
    dtype::Int32  # DELTOS_DTYPE_*; input: 0 = from format
    readonly::UInt8  # 1: the memory must not be written
    sealed::UInt8  # 1: nobody will ever write it, which a seal says once committed; input: ignored
    reserved::UInt16  # 0
    data::Ptr{Cvoid}  # element [0, ..., 0], or the first row pointer
    nbytes::UInt64  # product of shape times itemsize; input: 0 = computed
    itemsize::UInt64  # bytes of one element; input: 0 = from format or dtype
    format::Ptr{UInt8}  # always set by the library; input: NULL = from dtype, else "B"
    shape::Ptr{Int64}  # elements; input: may be NULL when ndim is 0
    strides::Ptr{Int64}  # bytes, may be negative or 0; input: NULL = C order
    suboffsets::Ptr{Int64}  # bytes; NULL unless rows are reached by pointers
    owner::Ptr{Cvoid}  # the library's; input: NULL
end

# What the caller can cope with; the numbers are those of PyBUF_*. A field that was not asked for is
# NULL: shape without ND (ndim is 1 then, and nbytes the length), strides without STRIDES. The
# format is always there. Asking for less than the memory needs answers DELTOS_E_LAYOUT.
const DELTOS_VIEW_SIMPLE = Int32(0x0)  # contiguous bytes: data and nbytes
# may write, or E_READONLY or E_SEALED; without it the view is read-only
const DELTOS_VIEW_WRITABLE = Int32(0x1)
# reads the element type; with items that are not bytes it needs ND
const DELTOS_VIEW_FORMAT = Int32(0x4)
const DELTOS_VIEW_ND = Int32(0x8)  # reads shape; without STRIDES the memory is C-contiguous
const DELTOS_VIEW_STRIDES = Int32(0x18)  # reads strides too
const DELTOS_VIEW_C = Int32(0x38)  # must be C-contiguous
const DELTOS_VIEW_F = Int32(0x58)  # must be Fortran-contiguous
const DELTOS_VIEW_ANY = Int32(0x98)  # must be contiguous either way
const DELTOS_VIEW_INDIRECT = Int32(0x118)  # follows suboffsets too
const DELTOS_VIEW_FULL_RO = Int32(0x11c)  # anything: INDIRECT and FORMAT
const DELTOS_VIEW_FULL = Int32(0x11d)  # the same, writable

"""
One dimension of deltos_view_slice(). Frozen.
"""
struct deltos_slice
    start::Int64  # first index taken; with INDEX: the only one. Negative: counted from the end
    stop::Int64  # the index before which to end. Negative: counted from the end
    step::Int64  # from one index to the next; negative: backwards; not 0
    flags::UInt32  # DELTOS_SLICE_*
    reserved::UInt32  # 0
end

# Bits of deltos_slice.flags: what of it counts.
# start is not given: from the beginning, or the end when the step is negative
const DELTOS_SLICE_NO_START = UInt32(1)
const DELTOS_SLICE_NO_STOP = UInt32(2)  # stop is not given: all the way
# one index, and the dimension goes; stop and step are not looked at
const DELTOS_SLICE_INDEX = UInt32(4)

# Answers of deltos_view_contiguity(); what is neither is 0.
const DELTOS_CONTIGUOUS_C = Int32(1)  # packed, the last index fastest
# packed, the first index fastest; one dimension and empty memory are both
const DELTOS_CONTIGUOUS_F = Int32(2)

"""
What a format string means.
"""
struct deltos_format_info
    struct_size::UInt32  # set by the caller
    dtype::Int32  # DELTOS_DTYPE_*
    itemsize::UInt64  # bytes of one element, padding included
    alignment::UInt64  # of one element: 1, 2, 4, 8 or 16
end

"""
All zero with struct_size set: what is there, or little room that grows.
"""
struct deltos_array_options
    struct_size::UInt32  # sizeof(deltos_array_options)
    create::Int32  # flat file, WRITE: DELTOS_CREATE_NEVER, IF_ABSENT or NEW; else 0
    flags::UInt32  # flat file: 0 or DELTOS_OPEN_SIGBUS_GUARD; else 0 (a storage has its own)
    reserved::UInt32  # 0
    capacity::UInt64  # WRITE: elements to make room for at once; 0: none in particular
    # WRITE: address space to reserve; 0: 16 times what is there, at least 64 GiB, or less where the
    # system limits it
    window_bytes::UInt64
    max_bytes::UInt64  # WRITE: refuse to grow beyond; 0: no limit but the home's
end

# Kinds of items.
const DELTOS_VALUE_NULL = Int32(0)
const DELTOS_VALUE_BOOL = Int32(1)
const DELTOS_VALUE_INT = Int32(2)
const DELTOS_VALUE_UINT = Int32(3)
const DELTOS_VALUE_FLOAT = Int32(4)
const DELTOS_VALUE_BYTES = Int32(5)
const DELTOS_VALUE_UTF8 = Int32(6)
const DELTOS_VALUE_LIST = Int32(7)
const DELTOS_VALUE_TUPLE = Int32(8)
const DELTOS_VALUE_SET = Int32(9)
const DELTOS_VALUE_DICT = Int32(10)
const DELTOS_VALUE_DATE = Int32(11)
const DELTOS_VALUE_DATETIME = Int32(12)
const DELTOS_VALUE_DECIMAL = Int32(13)
const DELTOS_VALUE_NDARRAY = Int32(14)
const DELTOS_VALUE_RECORD = Int32(15)  # in record tables only: a record is there; read its slots
const DELTOS_VALUE_REFERENCE = Int32(16)
const DELTOS_VALUE_END = Int32(17)  # building: ends the container opened last. Finding: absent
const DELTOS_VALUE_SHARE = Int32(18)  # building: the node that was put with the same `node`

# What a decimal is.
const DELTOS_DECIMAL_FINITE = Int32(0)
const DELTOS_DECIMAL_INFINITE = Int32(1)
const DELTOS_DECIMAL_NAN = Int32(2)
const DELTOS_DECIMAL_SIGNALLING_NAN = Int32(3)

# detail of a DATETIME without a zone.
const DELTOS_VALUE_NO_ZONE = Int32(2147483647)

"""
One node. Frozen. Fields that a kind does not use are 0 when read and not looked at when put.
"""
struct deltos_item
    kind::Int32  # DELTOS_VALUE_*
    detail::Int32  # see the table above
    node::UInt64  # reading: its number. Building: 0, or a name below 2^56 for DELTOS_VALUE_SHARE
    count::UInt64  # elements, pairs, bytes, digits or dimensions
    i64::Int64
    u64::UInt64
    f64::Float64
    data::Ptr{Cvoid}  # reading: borrowed until the value's handle is released
end

# How deltos_value_to_json() writes; flags that add up.
const DELTOS_JSON_COMPACT = Int32(0)  # no space between anything
const DELTOS_JSON_INDENT = Int32(1)  # an element a line, two spaces a level
const DELTOS_JSON_ASCII = Int32(2)  # what is not ASCII as backslash, u and four digits

# Types of slots.
const DELTOS_TYPE_FIXED = Int32(0)
const DELTOS_TYPE_DATE = Int32(1)
const DELTOS_TYPE_DATETIME = Int32(2)
const DELTOS_TYPE_BYTES = Int32(3)
const DELTOS_TYPE_UTF8 = Int32(4)
const DELTOS_TYPE_LIST = Int32(5)
const DELTOS_TYPE_TUPLE = Int32(6)
const DELTOS_TYPE_SET = Int32(7)
const DELTOS_TYPE_DICT = Int32(8)
const DELTOS_TYPE_DECIMAL = Int32(9)
const DELTOS_TYPE_NDARRAY = Int32(10)
const DELTOS_TYPE_VALUE = Int32(11)
const DELTOS_TYPE_RECORD = Int32(12)

# Bits of deltos_slot.flags.
const DELTOS_SLOT_NULLABLE = UInt32(1)  # may be null
const DELTOS_SLOT_OPTIONAL = UInt32(2)  # may be unset
const DELTOS_SLOT_WRITABLE = UInt32(4)  # FIXED, DATE and DATETIME: can be changed in place
const DELTOS_SLOT_UTC = UInt32(8)  # DATETIME: instants; without it: what a clock shows, in no zone

"""
One slot. Frozen. What the fields of a schema hold is borrowed until its handle is released. To make
a schema, fill in name, format, schema, type, dtype and flags; the others are not looked at.
"""
struct deltos_slot
    name::Ptr{UInt8}  # 1 to 255 bytes of UTF-8 without ':', once in its schema
    # FIXED: format string; making: may be NULL, then dtype says it. DATE: "i", DATETIME: "q";
    # RECORD: the name of its schema. Others: NULL
    format::Ptr{UInt8}
    schema::Ptr{deltos_schema}  # making: of a RECORD. Read: NULL, use deltos_schema_nested()
    type_::Int32  # DELTOS_TYPE_*
    dtype::Int32  # DELTOS_DTYPE_* of FIXED, DATE and DATETIME, else 0; making: may be 0
    flags::UInt32  # DELTOS_SLOT_*
    parent::Int32  # number of the RECORD it is in; -1: of none
    valid_bit::Int32  # in the row's presence bytes: byte valid_bit / 8, bit valid_bit % 8; -1: none
    null_bit::Int32  # the same
    offset::UInt64  # in the row, in bytes
    size::UInt64  # in the row: of the item, the record, or the reference (16)
end

"""
What a schema has beside its slots; zeros are the defaults.
"""
struct deltos_schema_options
    struct_size::UInt32  # set by the caller
    version::UInt32  # the caller's own count, 0 to begin with
    # readers with a schema of a smaller version are refused by deltos_schema_check()
    min_reader::UInt32
    reserved::UInt32  # 0
    metadata::Ptr{Cvoid}  # any bytes; copied
    metadata_size::UInt64  # at most 65,536
end

"""
What a schema is. Pointers are borrowed until its handle is released.
"""
struct deltos_schema_info
    struct_size::UInt32  # set by the caller
    version::UInt32
    min_reader::UInt32
    presence_bits::UInt32  # of a row, all levels together
    name::Ptr{UInt8}  # never NULL
    metadata::Ptr{Cvoid}  # NULL when there is none
    metadata_size::UInt64
    slots::UInt64  # all levels together
    row_bytes::UInt64  # of a row in layout ROWS
    alignment::UInt64  # of a row: 1, 2, 4, 8 or 16
    presence_offset::UInt64  # of the presence bytes in a row
end

# How the rows of a record table lie. The numbers are stored in files.
const DELTOS_LAYOUT_ROWS = Int32(0)
const DELTOS_LAYOUT_COLUMNS = Int32(1)

# What presence bytes say of a slot in a row, when it is built.
const DELTOS_PRESENT = Int32(0)
const DELTOS_NULL = Int32(1)
const DELTOS_UNSET = Int32(2)

"""
How a table is built; zeros are the defaults.
"""
struct deltos_record_table_options
    struct_size::UInt32  # set by the caller
    layout::Int32  # DELTOS_LAYOUT_*
    memory_bytes::UInt64  # how much to keep in memory before temporary files are used; 0: 64 MiB
    # where temporary files are made, without a name; NULL: beside the storage if that works, else
    # $TMPDIR, else /tmp
    spill_directory::Ptr{UInt8}
    progress::deltos_progress  # asked while adding and finishing, in bytes; NULL: nobody
    progress_user::Ptr{Cvoid}  # given to progress
end

"""
What a record table is.
"""
struct deltos_record_table_info
    struct_size::UInt32  # set by the caller
    layout::Int32  # DELTOS_LAYOUT_*
    rows::UInt64
    slots::UInt64  # of all levels
    row_bytes::UInt64  # of a row in layout ROWS
    heap_bytes::UInt64  # what references point into; layout COLUMNS: 0
    image_bytes::UInt64  # of the whole table, with its schema
    sealed::UInt8  # 1: nobody will ever write it
    writable::UInt8  # 1: slots are WRITABLE, and this handle can be had to write them
    reserved16::UInt16  # 0
    reserved::UInt32  # 0
end

# Which bits deltos_record_table_presence() shows.
const DELTOS_PRESENCE_VALID = Int32(0)
const DELTOS_PRESENCE_NULL = Int32(1)

"""
the type of a column, by the interface of Arrow
"""
mutable struct deltos_arrow_schema end

"""
its data
"""
mutable struct deltos_arrow_array end

"""
batches of data of one type
"""
mutable struct deltos_arrow_stream end

# Answers of deltos_view_compare().
const DELTOS_COMPARE_LESS = Int32(-1)
const DELTOS_COMPARE_EQUAL = Int32(0)
const DELTOS_COMPARE_GREATER = Int32(1)
# the first elements that are not equal have no order: one is a NaN
const DELTOS_COMPARE_UNORDERED = Int32(2)

# Memory orders of the atomic functions; they mean what they mean in C11.
const DELTOS_MEMORY_RELAXED = Int32(0)
const DELTOS_MEMORY_ACQUIRE = Int32(1)  # not for stores
const DELTOS_MEMORY_RELEASE = Int32(2)  # not for loads
const DELTOS_MEMORY_ACQ_REL = Int32(3)  # not for loads and stores
const DELTOS_MEMORY_SEQ_CST = Int32(4)

# What the values of a hash map are. The numbers are stored in files.
const DELTOS_MAP_VALUE_U64 = Int32(0)
const DELTOS_MAP_VALUE_BYTES = Int32(1)
const DELTOS_MAP_VALUE_UTF8 = Int32(2)
const DELTOS_MAP_VALUE_VALUE = Int32(3)
const DELTOS_MAP_VALUE_RECORD = Int32(4)

# How many values a key has. The numbers are stored in files.
const DELTOS_MAP_SIMPLE = Int32(0)
const DELTOS_MAP_MULTI = Int32(1)
const DELTOS_MAP_APPROXIMATE = Int32(2)

# What a second pair with the same key means in a SIMPLE map.
const DELTOS_DUPLICATE_ERROR = Int32(0)  # deltos_hash_map_prepare() fails
const DELTOS_DUPLICATE_FIRST = Int32(1)  # the pair added first counts
const DELTOS_DUPLICATE_LAST = Int32(2)  # the pair added last counts

# Bits of deltos_hash_map_options.flags.
# BYTES, UTF8, VALUE and RECORD: equal values are stored once, as far as memory_bytes allows to
# remember them
const DELTOS_HASH_MAP_DEDUPLICATE = UInt32(1)

"""
How a hash map is built; zeros are the defaults.
"""
struct deltos_hash_map_options
    struct_size::UInt32  # set by the caller
    key::Int32  # DELTOS_KEY_*
    value::Int32  # DELTOS_MAP_VALUE_*
    shape::Int32  # DELTOS_MAP_*; APPROXIMATE: keys of BYTES, UTF8 or VALUE
    duplicates::Int32  # DELTOS_DUPLICATE_*; SIMPLE only
    flags::UInt32  # DELTOS_HASH_MAP_DEDUPLICATE
    threads::UInt32  # that sort; 0: as many as there are cores, at most 16
    reserved::UInt32  # 0
    memory_bytes::UInt64  # how much to keep in memory, about; 0: 256 MiB; at least 1 MiB is used
    # where temporary files are made, without a name; NULL: beside the storage if that works, else
    # $TMPDIR, else /tmp
    spill_directory::Ptr{UInt8}
    schema::Ptr{deltos_schema}  # RECORD: theirs, may be released afterwards; else NULL
    progress::deltos_progress  # asked while adding, preparing and finishing, in bytes; NULL: nobody
    progress_user::Ptr{Cvoid}  # given to progress
end

# Bits of the flags of deltos_hash_map_finish().
# a hash map of that name is replaced: who has it open keeps it until a refresh
const DELTOS_HASH_MAP_REPLACE = Int32(1)

"""
What a hash map is.
"""
struct deltos_hash_map_info
    struct_size::UInt32  # set by the caller
    key::Int32  # DELTOS_KEY_*
    value::Int32  # DELTOS_MAP_VALUE_*
    shape::Int32  # DELTOS_MAP_*
    keys::UInt64  # that differ
    pairs::UInt64  # values, counted once for each key that has them
    index_bytes::UInt64  # of what leads from a hash to an entry
    image_bytes::UInt64  # of the whole map
end

"""
A key and its values. Frozen. What it points to is borrowed until the map's handle is released.
"""
struct deltos_map_entry
    # as it is stored: not aligned, no NUL follows; APPROXIMATE: the 8 bytes of its hash
    key::deltos_bytes
    # the first value: U64 its 8 bytes, VALUE its image, RECORD the 8 bytes of the row's number; not
    # aligned, but for VALUE; data NULL: the key is absent
    value::deltos_bytes
    number::UInt64  # U64: the first value; RECORD: the first row; else 0
    count::UInt64  # of values; 0: the key is absent
    run::UInt64  # for deltos_hash_map_values() and deltos_hash_map_numbers()
end

# What deltos_hash_map_column() shows.
const DELTOS_MAP_COLUMN_KEYS = Int32(0)
const DELTOS_MAP_COLUMN_VALUES = Int32(1)

"""
One value. Frozen. As an output, pointers are borrowed until the snapshot ends.
"""
struct deltos_metadatum
    key::Ptr{UInt8}
    format::Ptr{UInt8}  # "u8", "B" or a format string
    data::Ptr{Cvoid}  # never NULL in a value that exists, even an empty one
    size::UInt64  # bytes
    ndim::Int32  # 0 to 64; text and raw bytes have 0
    reserved::UInt32  # 0
    shape::Ptr{Int64}  # ndim lengths; may be NULL when ndim is 0
end

"""
How a sorted map is made; zeros are the defaults.
"""
struct deltos_sorted_map_options
    struct_size::UInt32  # set by the caller
    key::Int32  # DELTOS_KEY_BYTES, DELTOS_KEY_UTF8 or DELTOS_KEY_U64
end

"""
Facts of a sorted map in one state.
"""
struct deltos_sorted_map_info
    struct_size::UInt32  # set by the caller
    key::Int32  # DELTOS_KEY_*
    count::UInt64  # pairs
    key_bytes::UInt64  # of all keys
    value_bytes::UInt64  # of all values; an object counts 8
    long_values::UInt64  # that have a place of their own
    objects::UInt64  # values that are objects
    height::UInt32  # levels of its tree, 0 to 12
    reserved::UInt32  # 0
end

"""
Which pairs are meant: those whose keys satisfy all that is said. Frozen. All zero: all of them, in
rising order; with both bounds: [from, to), as ranges are everywhere. Bounds need not be keys that
are there, and may be longer than keys can be; where they cross, the range is empty. Bounds of U64
are 8 bytes of native order. What is pointed to is borrowed for the call.
"""
struct deltos_range
    from::Ptr{deltos_bytes}  # keys from here on; NULL: no lower bound
    to::Ptr{deltos_bytes}  # keys below this; NULL: no upper bound
    prefix::Ptr{deltos_bytes}  # keys that begin so; NULL: all. Not for U64
    open_from::UInt8  # 1: not `from` itself
    closed_to::UInt8  # 1: `to` itself as well
    # 1: cursors go from the last pair to the first; elsewhere it makes no difference
    reverse::UInt8
    reserved::NTuple{5,UInt8}  # 0
end

"""
One pair. Frozen. Lent as said above.
"""
struct deltos_pair
    # U64: 8 bytes of native order, at `number` of this very struct: do not use it in a copy
    key::deltos_bytes
    value::deltos_bytes  # data NULL: the value is an object
    object_id::UInt64  # of the object that is the value; 0: it is bytes
    number::UInt64  # U64: the key; else 0
end

# What deltos_sorted_map_find() looks for.
const DELTOS_FIND_FIRST = Int32(0)  # the first pair of all; the key is not looked at
const DELTOS_FIND_LAST = Int32(1)  # the last pair of all; the key is not looked at
const DELTOS_FIND_AT_LEAST = Int32(2)  # the first one whose key is not below: the lower bound
const DELTOS_FIND_ABOVE = Int32(3)  # the first one whose key is above: the upper bound
const DELTOS_FIND_AT_MOST = Int32(4)  # the last one whose key is not above
const DELTOS_FIND_BELOW = Int32(5)  # the last one whose key is below

"""
What a table's handle shows. The format is borrowed until the handle is released or reinterpreted.
"""
struct deltos_table_info
    struct_size::UInt32  # set by the caller
    dtype::Int32  # DELTOS_DTYPE_*
    rows::Int64  # how many there are
    columns::Int64  # elements of every row; -1: ragged
    itemsize::UInt64  # bytes of one element
    exports::UInt64  # live views that this handle has given, however often each was shared
    readonly::UInt8  # 1: it gives no writable views; of a stored one: whatever the storage allows
    ragged::UInt8  # 1: rows have lengths of their own
    stored::UInt8  # 1: it belongs to a storage
    sealed::UInt8  # 1: nobody will ever write its rows
    reserved::UInt32  # 0
    format::Ptr{UInt8}  # format string of one element
end

const Slot = Base.RefValue{Ptr{Cvoid}}

@noinline not_loaded() = error("libdeltos is not loaded: call load! with a handle of it")

function address(slot::Slot)
    pointer = slot[]
    pointer == C_NULL && not_loaded()
    return pointer
end

const slot_deltos_status_name = Slot(C_NULL)
"""
    deltos_status_name(status)

The name of a code, as in \"DELTOS_E_PINNED\".
"""
function deltos_status_name(status)
    return ccall(address(slot_deltos_status_name), Ptr{UInt8}, (Int32,), status)
end

const slot_deltos_version = Slot(C_NULL)
"""
    deltos_version()

The version of the library at run time, as in \"0.1.0\"; compare with DELTOS_VERSION of the headers.
"""
function deltos_version()
    return ccall(address(slot_deltos_version), Ptr{UInt8}, ())
end

const slot_deltos_abi_version = Slot(C_NULL)
"""
    deltos_abi_version()

The version of the binary interface at run time: the number in the soname. A program built against
headers with another DELTOS_ABI_VERSION must not call anything else.
"""
function deltos_abi_version()
    return ccall(address(slot_deltos_abi_version), UInt32, ())
end

const slot_deltos_storage_open = Slot(C_NULL)
"""
    deltos_storage_open(path, options, storage, err)

Opens a file.
"""
function deltos_storage_open(path, options, storage, err)
    return ccall(
        address(slot_deltos_storage_open), deltos_status,
        (Cstring, Ptr{deltos_open_options}, Ptr{Ptr{deltos_storage}}, Ptr{deltos_error}),
        path, options, storage, err)
end

const slot_deltos_storage_open_fd = Slot(C_NULL)
"""
    deltos_storage_open_fd(fd, options, storage, err)

Opens a file by descriptor: one received from another process, a deleted file, or a memfd of
deltos_storage_open_anonymous().
"""
function deltos_storage_open_fd(fd, options, storage, err)
    return ccall(
        address(slot_deltos_storage_open_fd), deltos_status,
        (Int32, Ptr{deltos_open_options}, Ptr{Ptr{deltos_storage}}, Ptr{deltos_error}),
        fd, options, storage, err)
end

const slot_deltos_storage_open_anonymous = Slot(C_NULL)
"""
    deltos_storage_open_anonymous(label, options, storage, err)

Makes a new, empty storage in anonymous memory, open for WRITE. It lives until the last handle, view
and descriptor goes.
"""
function deltos_storage_open_anonymous(label, options, storage, err)
    return ccall(
        address(slot_deltos_storage_open_anonymous), deltos_status,
        (Cstring, Ptr{deltos_open_options}, Ptr{Ptr{deltos_storage}}, Ptr{deltos_error}),
        label, options, storage, err)
end

const slot_deltos_storage_open_memory = Slot(C_NULL)
"""
    deltos_storage_open_memory(data, size, options, release, user, storage, err)

Opens a storage that lies in memory of the caller's. Always STATIC: the caller promises that nobody
writes there, unless COPY is given.
"""
function deltos_storage_open_memory(data, size, options, release, user, storage, err)
    return ccall(
        address(slot_deltos_storage_open_memory), deltos_status,
        (Ptr{Cvoid}, UInt64, Ptr{deltos_open_options}, deltos_release, Ptr{Cvoid},
         Ptr{Ptr{deltos_storage}}, Ptr{deltos_error}),
        data, size, options, release, user, storage, err)
end

const slot_deltos_storage_fd = Slot(C_NULL)
"""
    deltos_storage_fd(storage, fd, err)

The descriptor behind a storage, to be passed on to another process.
"""
function deltos_storage_fd(storage, fd, err)
    return ccall(
        address(slot_deltos_storage_fd), deltos_status,
        (Ptr{deltos_storage}, Ptr{Int32}, Ptr{deltos_error}),
        storage, fd, err)
end

const slot_deltos_storage_close = Slot(C_NULL)
"""
    deltos_storage_close(storage, err)

Closes a storage, or refuses and changes nothing.
"""
function deltos_storage_close(storage, err)
    return ccall(
        address(slot_deltos_storage_close), deltos_status,
        (Ptr{Ptr{deltos_storage}}, Ptr{deltos_error}),
        storage, err)
end

const slot_deltos_storage_detach = Slot(C_NULL)
"""
    deltos_storage_detach(storage)

Gives a storage up, whatever lives: for finalizers and error paths. An open transaction is aborted;
exported memory stays valid until its last view is released, and only then is unmapped and unlocked.
"""
function deltos_storage_detach(storage)
    return ccall(address(slot_deltos_storage_detach), Cvoid, (Ptr{Ptr{deltos_storage}},), storage)
end

const slot_deltos_storage_sync = Slot(C_NULL)
"""
    deltos_storage_sync(storage, err)

Makes durable what was stored so far: every LAZY and ASYNC commit, and every in-place store by any
process made before the call. What was published without a barrier is published again with one,
under a new number: a snapshot of it finds, when it is refreshed, that there is a newer one.
"""
function deltos_storage_sync(storage, err)
    return ccall(
        address(slot_deltos_storage_sync), deltos_status,
        (Ptr{deltos_storage}, Ptr{deltos_error}),
        storage, err)
end

const slot_deltos_storage_stat = Slot(C_NULL)
"""
    deltos_storage_stat(storage, info, err)

Tells the state of a storage.
"""
function deltos_storage_stat(storage, info, err)
    return ccall(
        address(slot_deltos_storage_stat), deltos_status,
        (Ptr{deltos_storage}, Ptr{deltos_storage_info}, Ptr{deltos_error}),
        storage, info, err)
end

const slot_deltos_storage_verify = Slot(C_NULL)
"""
    deltos_storage_verify(storage, level, progress, user, findings, capacity, count, err)

Checks the newest commit and lists what is wrong with it. Damage is a result here, not a failure: a
damaged storage gives DELTOS_OK and a count above 0.
"""
function deltos_storage_verify(storage, level, progress, user, findings, capacity, count, err)
    return ccall(
        address(slot_deltos_storage_verify), deltos_status,
        (Ptr{deltos_storage}, Int32, deltos_progress, Ptr{Cvoid}, Ptr{deltos_finding}, UInt64,
         Ptr{UInt64}, Ptr{deltos_error}),
        storage, level, progress, user, findings, capacity, count, err)
end

const slot_deltos_storage_pins = Slot(C_NULL)
"""
    deltos_storage_pins(storage, pins, capacity, count, err)

Lists what is exported through this handle: what deltos_storage_close() would name.
"""
function deltos_storage_pins(storage, pins, capacity, count, err)
    return ccall(
        address(slot_deltos_storage_pins), deltos_status,
        (Ptr{deltos_storage}, Ptr{deltos_pin}, UInt64, Ptr{UInt64}, Ptr{deltos_error}),
        storage, pins, capacity, count, err)
end

const slot_deltos_snapshot_begin = Slot(C_NULL)
"""
    deltos_snapshot_begin(storage, snapshot, err)

Takes a snapshot of the newest commit.
"""
function deltos_snapshot_begin(storage, snapshot, err)
    return ccall(
        address(slot_deltos_snapshot_begin), deltos_status,
        (Ptr{deltos_storage}, Ptr{Ptr{deltos_snapshot}}, Ptr{deltos_error}),
        storage, snapshot, err)
end

const slot_deltos_snapshot_id = Slot(C_NULL)
"""
    deltos_snapshot_id(snapshot)

The number of the commit that a snapshot shows. Numbers grow with every commit and are never used
twice.
"""
function deltos_snapshot_id(snapshot)
    return ccall(address(slot_deltos_snapshot_id), UInt64, (Ptr{deltos_snapshot},), snapshot)
end

const slot_deltos_snapshot_refresh = Slot(C_NULL)
"""
    deltos_snapshot_refresh(snapshot, changed, err)

Replaces a snapshot by one of the newest commit.
"""
function deltos_snapshot_refresh(snapshot, changed, err)
    return ccall(
        address(slot_deltos_snapshot_refresh), deltos_status,
        (Ptr{Ptr{deltos_snapshot}}, Ptr{UInt8}, Ptr{deltos_error}),
        snapshot, changed, err)
end

const slot_deltos_snapshot_release = Slot(C_NULL)
"""
    deltos_snapshot_release(snapshot)

Ends a snapshot. Objects and views made from it live on.
"""
function deltos_snapshot_release(snapshot)
    return ccall(
        address(slot_deltos_snapshot_release), Cvoid,
        (Ptr{Ptr{deltos_snapshot}},),
        snapshot)
end

const slot_deltos_snapshot_copy_to = Slot(C_NULL)
"""
    deltos_snapshot_copy_to(snapshot, path, options, err)

Writes what the snapshot shows to a new file, place by place: every offset stays what it is. The
storage may be in use; stores made in place during the copy may be in it or not, word by word.
Sealed content is checked on the way.
"""
function deltos_snapshot_copy_to(snapshot, path, options, err)
    return ccall(
        address(slot_deltos_snapshot_copy_to), deltos_status,
        (Ptr{deltos_snapshot}, Cstring, Ptr{deltos_copy_options}, Ptr{deltos_error}),
        snapshot, path, options, err)
end

const slot_deltos_snapshot_compact_to = Slot(C_NULL)
"""
    deltos_snapshot_compact_to(snapshot, path, options, err)

Writes what the snapshot shows to a new, smallest file: objects close together, no free space.
Names, ids, metadata and seals stay; offsets in the file and the uuid do not. This is the only way
in which a storage gets shorter.
"""
function deltos_snapshot_compact_to(snapshot, path, options, err)
    return ccall(
        address(slot_deltos_snapshot_compact_to), deltos_status,
        (Ptr{deltos_snapshot}, Cstring, Ptr{deltos_copy_options}, Ptr{deltos_error}),
        snapshot, path, options, err)
end

const slot_deltos_transaction_begin = Slot(C_NULL)
"""
    deltos_transaction_begin(storage, transaction, err)

Begins a transaction on the newest commit.
"""
function deltos_transaction_begin(storage, transaction, err)
    return ccall(
        address(slot_deltos_transaction_begin), deltos_status,
        (Ptr{deltos_storage}, Ptr{Ptr{deltos_transaction}}, Ptr{deltos_error}),
        storage, transaction, err)
end

const slot_deltos_transaction_snapshot = Slot(C_NULL)
"""
    deltos_transaction_snapshot(transaction)

A snapshot that shows the transaction's own changes, for every call that reads.
"""
function deltos_transaction_snapshot(transaction)
    return ccall(
        address(slot_deltos_transaction_snapshot), Ptr{deltos_snapshot},
        (Ptr{deltos_transaction},),
        transaction)
end

const slot_deltos_transaction_commit = Slot(C_NULL)
"""
    deltos_transaction_commit(transaction, durability, id, err)

Makes all changes appear, at once.
"""
function deltos_transaction_commit(transaction, durability, id, err)
    return ccall(
        address(slot_deltos_transaction_commit), deltos_status,
        (Ptr{Ptr{deltos_transaction}}, Int32, Ptr{UInt64}, Ptr{deltos_error}),
        transaction, durability, id, err)
end

const slot_deltos_transaction_abort = Slot(C_NULL)
"""
    deltos_transaction_abort(transaction)

Drops all changes. Objects made in it answer DELTOS_E_STALE; views of them stay mapped, private,
until released.
"""
function deltos_transaction_abort(transaction)
    return ccall(
        address(slot_deltos_transaction_abort), Cvoid,
        (Ptr{Ptr{deltos_transaction}},),
        transaction)
end

const slot_deltos_transaction_rename = Slot(C_NULL)
"""
    deltos_transaction_rename(transaction, from, to, replace, err)

Gives an object another name. Its id, content, metadata and views stay.
"""
function deltos_transaction_rename(transaction, from, to, replace, err)
    return ccall(
        address(slot_deltos_transaction_rename), deltos_status,
        (Ptr{deltos_transaction}, Cstring, Cstring, UInt8, Ptr{deltos_error}),
        transaction, from, to, replace, err)
end

const slot_deltos_transaction_delete = Slot(C_NULL)
"""
    deltos_transaction_delete(transaction, name, err)

Deletes an object and its metadata. Views of it, anywhere, stay valid; its space is used again when
the last one and the last snapshot that shows it are gone.
"""
function deltos_transaction_delete(transaction, name, err)
    return ccall(
        address(slot_deltos_transaction_delete), deltos_status,
        (Ptr{deltos_transaction}, Cstring, Ptr{deltos_error}),
        transaction, name, err)
end

const slot_deltos_transaction_delete_prefix = Slot(C_NULL)
"""
    deltos_transaction_delete_prefix(transaction, prefix, count, err)

Deletes every object whose name starts with some bytes.
"""
function deltos_transaction_delete_prefix(transaction, prefix, count, err)
    return ccall(
        address(slot_deltos_transaction_delete_prefix), deltos_status,
        (Ptr{deltos_transaction}, Cstring, Ptr{UInt64}, Ptr{deltos_error}),
        transaction, prefix, count, err)
end

const slot_deltos_object_open = Slot(C_NULL)
"""
    deltos_object_open(snapshot, name, kind, object, err)

Opens an object by name.
"""
function deltos_object_open(snapshot, name, kind, object, err)
    return ccall(
        address(slot_deltos_object_open), deltos_status,
        (Ptr{deltos_snapshot}, Cstring, Int32, Ptr{Ptr{deltos_object}}, Ptr{deltos_error}),
        snapshot, name, kind, object, err)
end

const slot_deltos_object_open_id = Slot(C_NULL)
"""
    deltos_object_open_id(snapshot, id, kind, object, err)

Opens an object by id.
"""
function deltos_object_open_id(snapshot, id, kind, object, err)
    return ccall(
        address(slot_deltos_object_open_id), deltos_status,
        (Ptr{deltos_snapshot}, UInt64, Int32, Ptr{Ptr{deltos_object}}, Ptr{deltos_error}),
        snapshot, id, kind, object, err)
end

const slot_deltos_object_open_newest = Slot(C_NULL)
"""
    deltos_object_open_newest(storage, name, kind, object, err)

Opens an object by name in the newest commit, without a snapshot of one's own: the shortest way to a
view.
"""
function deltos_object_open_newest(storage, name, kind, object, err)
    return ccall(
        address(slot_deltos_object_open_newest), deltos_status,
        (Ptr{deltos_storage}, Cstring, Int32, Ptr{Ptr{deltos_object}}, Ptr{deltos_error}),
        storage, name, kind, object, err)
end

const slot_deltos_object_refresh = Slot(C_NULL)
"""
    deltos_object_refresh(object, changed, err)

Looks again in the newest commit: by id, and when that is gone by the name it was opened under.
Views of the old one stay as they are.
"""
function deltos_object_refresh(object, changed, err)
    return ccall(
        address(slot_deltos_object_refresh), deltos_status,
        (Ptr{Ptr{deltos_object}}, Ptr{UInt8}, Ptr{deltos_error}),
        object, changed, err)
end

const slot_deltos_object_stat = Slot(C_NULL)
"""
    deltos_object_stat(object, info, err)

Tells what an object is.
"""
function deltos_object_stat(object, info, err)
    return ccall(
        address(slot_deltos_object_stat), deltos_status,
        (Ptr{deltos_object}, Ptr{deltos_object_info}, Ptr{deltos_error}),
        object, info, err)
end

const slot_deltos_object_release = Slot(C_NULL)
"""
    deltos_object_release(object)

Lets go of an object's handle. The object and its views stay.
"""
function deltos_object_release(object)
    return ccall(address(slot_deltos_object_release), Cvoid, (Ptr{Ptr{deltos_object}},), object)
end

const slot_deltos_object_seal = Slot(C_NULL)
"""
    deltos_object_seal(transaction, object, err)

Seals an object: with the commit it is checksummed, and nobody writes to it again. New views are
read-only, and so is everything that promises immutability to others. The handle shows the sealed
object from now on.
"""
function deltos_object_seal(transaction, object, err)
    return ccall(
        address(slot_deltos_object_seal), deltos_status,
        (Ptr{deltos_transaction}, Ptr{deltos_object}, Ptr{deltos_error}),
        transaction, object, err)
end

const slot_deltos_object_unseal = Slot(C_NULL)
"""
    deltos_object_unseal(transaction, object, err)

Opens a sealed object to be written again, in a new place: the content is copied, and old views and
snapshots keep the sealed one. The handle shows the copy from now on.
"""
function deltos_object_unseal(transaction, object, err)
    return ccall(
        address(slot_deltos_object_unseal), deltos_status,
        (Ptr{deltos_transaction}, Ptr{deltos_object}, Ptr{deltos_error}),
        transaction, object, err)
end

const slot_deltos_object_file_offset = Slot(C_NULL)
"""
    deltos_object_file_offset(object, offset, err)

Where the content lies in the file, for programs that map it without this library. It is
C-contiguous (a table: its index and its rows), payload_bytes long, and starts on a page when it is
at least a page long. It stays there while somebody holds a view of the object.
"""
function deltos_object_file_offset(object, offset, err)
    return ccall(
        address(slot_deltos_object_file_offset), deltos_status,
        (Ptr{deltos_object}, Ptr{UInt64}, Ptr{deltos_error}),
        object, offset, err)
end

const slot_deltos_object_advise = Slot(C_NULL)
"""
    deltos_object_advise(object, advice, err)

Tells the system how the content will be used. Only a hint.
"""
function deltos_object_advise(object, advice, err)
    return ccall(
        address(slot_deltos_object_advise), deltos_status,
        (Ptr{deltos_object}, Int32, Ptr{deltos_error}),
        object, advice, err)
end

const slot_deltos_snapshot_list = Slot(C_NULL)
"""
    deltos_snapshot_list(snapshot, prefix, depth, cursor, err)

Starts a listing, in byte order of names.
"""
function deltos_snapshot_list(snapshot, prefix, depth, cursor, err)
    return ccall(
        address(slot_deltos_snapshot_list), deltos_status,
        (Ptr{deltos_snapshot}, Cstring, Int32, Ptr{Ptr{deltos_cursor}}, Ptr{deltos_error}),
        snapshot, prefix, depth, cursor, err)
end

const slot_deltos_cursor_next_entries = Slot(C_NULL)
"""
    deltos_cursor_next_entries(cursor, entries, capacity, count, err)

The next entries of a listing.
"""
function deltos_cursor_next_entries(cursor, entries, capacity, count, err)
    return ccall(
        address(slot_deltos_cursor_next_entries), deltos_status,
        (Ptr{deltos_cursor}, Ptr{deltos_entry}, UInt64, Ptr{UInt64}, Ptr{deltos_error}),
        cursor, entries, capacity, count, err)
end

const slot_deltos_cursor_release = Slot(C_NULL)
"""
    deltos_cursor_release(cursor)

Ends a listing.
"""
function deltos_cursor_release(cursor)
    return ccall(address(slot_deltos_cursor_release), Cvoid, (Ptr{Ptr{deltos_cursor}},), cursor)
end

const slot_deltos_view_acquire = Slot(C_NULL)
"""
    deltos_view_acquire(object, flags, view, err)

Exports an object's memory: an address, no copy.
"""
function deltos_view_acquire(object, flags, view, err)
    return ccall(
        address(slot_deltos_view_acquire), deltos_status,
        (Ptr{deltos_object}, Int32, Ptr{Ptr{deltos_view}}, Ptr{deltos_error}),
        object, flags, view, err)
end

const slot_deltos_view_wrap = Slot(C_NULL)
"""
    deltos_view_wrap(layout, release, user, view, err)

Makes a view of memory that is not the library's, so that it can be shared and released like any
other.
"""
function deltos_view_wrap(layout, release, user, view, err)
    return ccall(
        address(slot_deltos_view_wrap), deltos_status,
        (Ptr{deltos_view}, deltos_release, Ptr{Cvoid}, Ptr{Ptr{deltos_view}}, Ptr{deltos_error}),
        layout, release, user, view, err)
end

const slot_deltos_view_share = Slot(C_NULL)
"""
    deltos_view_share(view, flags, out, err)

Another view of the same memory, under another request. It pins what the first one pins; either may
be released first.
"""
function deltos_view_share(view, flags, out, err)
    return ccall(
        address(slot_deltos_view_share), deltos_status,
        (Ptr{deltos_view}, Int32, Ptr{Ptr{deltos_view}}, Ptr{deltos_error}),
        view, flags, out, err)
end

const slot_deltos_view_release = Slot(C_NULL)
"""
    deltos_view_release(view)

Ends a view. Its memory may be unmapped or used again from here on.
"""
function deltos_view_release(view)
    return ccall(address(slot_deltos_view_release), Cvoid, (Ptr{Ptr{deltos_view}},), view)
end

const slot_deltos_view_slice = Slot(C_NULL)
"""
    deltos_view_slice(view, slices, count, out, err)

Part of a view, dimension by dimension, as in Python's slices: start and stop outside a dimension
are cut to it, and what is left may be empty. An index must be there.
"""
function deltos_view_slice(view, slices, count, out, err)
    return ccall(
        address(slot_deltos_view_slice), deltos_status,
        (Ptr{deltos_view}, Ptr{deltos_slice}, Int32, Ptr{Ptr{deltos_view}}, Ptr{deltos_error}),
        view, slices, count, out, err)
end

const slot_deltos_view_window = Slot(C_NULL)
"""
    deltos_view_window(view, offset, length, out, err)

Some consecutive elements along the first dimension. A length that goes beyond the end is cut, so
that a loop over offsets walks a view in chunks, the last of which may be short: `for (offset = 0;
offset < view->shape[0]; offset += chunk)`.
"""
function deltos_view_window(view, offset, length, out, err)
    return ccall(
        address(slot_deltos_view_window), deltos_status,
        (Ptr{deltos_view}, Int64, Int64, Ptr{Ptr{deltos_view}}, Ptr{deltos_error}),
        view, offset, length, out, err)
end

const slot_deltos_view_transpose = Slot(C_NULL)
"""
    deltos_view_transpose(view, axes, out, err)

The same elements with the dimensions in another order.
"""
function deltos_view_transpose(view, axes, out, err)
    return ccall(
        address(slot_deltos_view_transpose), deltos_status,
        (Ptr{deltos_view}, Ptr{Int32}, Ptr{Ptr{deltos_view}}, Ptr{deltos_error}),
        view, axes, out, err)
end

const slot_deltos_view_reshape = Slot(C_NULL)
"""
    deltos_view_reshape(view, ndim, shape, out, err)

The same elements, counted in C order, under another shape.
"""
function deltos_view_reshape(view, ndim, shape, out, err)
    return ccall(
        address(slot_deltos_view_reshape), deltos_status,
        (Ptr{deltos_view}, Int32, Ptr{Int64}, Ptr{Ptr{deltos_view}}, Ptr{deltos_error}),
        view, ndim, shape, out, err)
end

const slot_deltos_view_cast = Slot(C_NULL)
"""
    deltos_view_cast(view, format, dtype, out, err)

The same bytes as elements of another type. With the same item size any layout will do. With another
one the last dimension, which must be packed, gets as many elements as fill the same bytes: 6 int32
become 3 double or 24 bytes. Nothing is converted, and addresses are not checked for alignment.
"""
function deltos_view_cast(view, format, dtype, out, err)
    return ccall(
        address(slot_deltos_view_cast), deltos_status,
        (Ptr{deltos_view}, Cstring, Int32, Ptr{Ptr{deltos_view}}, Ptr{deltos_error}),
        view, format, dtype, out, err)
end

const slot_deltos_view_contiguity = Slot(C_NULL)
"""
    deltos_view_contiguity(view, contiguity, err)

Whether the elements lie packed in memory, and in which order.
"""
function deltos_view_contiguity(view, contiguity, err)
    return ccall(
        address(slot_deltos_view_contiguity), deltos_status,
        (Ptr{deltos_view}, Ptr{Int32}, Ptr{deltos_error}),
        view, contiguity, err)
end

const slot_deltos_view_copy = Slot(C_NULL)
"""
    deltos_view_copy(target, source, err)

Copies elements from one memory into another of the same shape and element type, whatever the
layouts. This is how an exported buffer is filled in place from strided, Fortran-ordered or indirect
memory. Overlapping memory is copied as if through a temporary.
"""
function deltos_view_copy(target, source, err)
    return ccall(
        address(slot_deltos_view_copy), deltos_status,
        (Ptr{deltos_view}, Ptr{deltos_view}, Ptr{deltos_error}),
        target, source, err)
end

const slot_deltos_format_describe = Slot(C_NULL)
"""
    deltos_format_describe(format, info, canonical, canonical_size, err)

Checks a format string and tells what it means, and how this library would write it: native
characters without a prefix where they are native, fields with their names, padding spelled out.
"""
function deltos_format_describe(format, info, canonical, canonical_size, err)
    return ccall(
        address(slot_deltos_format_describe), deltos_status,
        (Cstring, Ptr{deltos_format_info}, Ptr{UInt8}, Ptr{UInt64}, Ptr{deltos_error}),
        format, info, canonical, canonical_size, err)
end

const slot_deltos_array_create = Slot(C_NULL)
"""
    deltos_array_create(transaction, name, format, dtype, options, array, err)

Creates an empty array in a storage. It is stored with the commit, and can be appended to at once.
When the transaction is aborted, the array is gone; its views stay as they are.
"""
function deltos_array_create(transaction, name, format, dtype, options, array, err)
    return ccall(
        address(slot_deltos_array_create), deltos_status,
        (Ptr{deltos_transaction}, Cstring, Cstring, Int32, Ptr{deltos_array_options},
         Ptr{Ptr{deltos_object}}, Ptr{deltos_error}),
        transaction, name, format, dtype, options, array, err)
end

const slot_deltos_array_open_file = Slot(C_NULL)
"""
    deltos_array_open_file(path, format, dtype, mode, options, array, err)

Opens a flat file: nothing but elements, in native byte order.
"""
function deltos_array_open_file(path, format, dtype, mode, options, array, err)
    return ccall(
        address(slot_deltos_array_open_file), deltos_status,
        (Cstring, Cstring, Int32, Int32, Ptr{deltos_array_options}, Ptr{Ptr{deltos_object}},
         Ptr{deltos_error}),
        path, format, dtype, mode, options, array, err)
end

const slot_deltos_array_open_anonymous = Slot(C_NULL)
"""
    deltos_array_open_anonymous(format, dtype, options, array, err)

Makes an empty array in anonymous shared memory, open for WRITE. It lives until the last handle,
view and descriptor goes.
"""
function deltos_array_open_anonymous(format, dtype, options, array, err)
    return ccall(
        address(slot_deltos_array_open_anonymous), deltos_status,
        (Cstring, Int32, Ptr{deltos_array_options}, Ptr{Ptr{deltos_object}}, Ptr{deltos_error}),
        format, dtype, options, array, err)
end

const slot_deltos_array_open_fd = Slot(C_NULL)
"""
    deltos_array_open_fd(fd, mode, options, array, err)

Opens an anonymous array by a descriptor that another process has passed on; the element type comes
with it. The descriptor stays the caller's.
"""
function deltos_array_open_fd(fd, mode, options, array, err)
    return ccall(
        address(slot_deltos_array_open_fd), deltos_status,
        (Int32, Int32, Ptr{deltos_array_options}, Ptr{Ptr{deltos_object}}, Ptr{deltos_error}),
        fd, mode, options, array, err)
end

const slot_deltos_array_fd = Slot(C_NULL)
"""
    deltos_array_fd(array, fd, err)

The descriptor behind an anonymous array or a flat file, to be passed on.
"""
function deltos_array_fd(array, fd, err)
    return ccall(
        address(slot_deltos_array_fd), deltos_status,
        (Ptr{deltos_object}, Ptr{Int32}, Ptr{deltos_error}),
        array, fd, err)
end

const slot_deltos_array_count = Slot(C_NULL)
"""
    deltos_array_count(array)

How many elements there are now. Those below the count may be read.
"""
function deltos_array_count(array)
    return ccall(address(slot_deltos_array_count), UInt64, (Ptr{deltos_object},), array)
end

const slot_deltos_array_capacity = Slot(C_NULL)
"""
    deltos_array_capacity(array)

How many elements there is room for without growing, as far as this handle knows.
"""
function deltos_array_capacity(array)
    return ccall(address(slot_deltos_array_capacity), UInt64, (Ptr{deltos_object},), array)
end

const slot_deltos_array_append = Slot(C_NULL)
"""
    deltos_array_append(array, items, count, err)

Appends elements.
"""
function deltos_array_append(array, items, count, err)
    return ccall(
        address(slot_deltos_array_append), deltos_status,
        (Ptr{deltos_object}, Ptr{Cvoid}, UInt64, Ptr{deltos_error}),
        array, items, count, err)
end

const slot_deltos_array_tail = Slot(C_NULL)
"""
    deltos_array_tail(array, count, tail, room, err)

Room behind the last element, to be filled in place; deltos_array_advance() then makes it elements.
The fastest way: ask once, fill a lot.
"""
function deltos_array_tail(array, count, tail, room, err)
    return ccall(
        address(slot_deltos_array_tail), deltos_status,
        (Ptr{deltos_object}, UInt64, Ptr{Ptr{Cvoid}}, Ptr{UInt64}, Ptr{deltos_error}),
        array, count, tail, room, err)
end

const slot_deltos_array_advance = Slot(C_NULL)
"""
    deltos_array_advance(array, count, err)

Makes elements of what has been filled in behind the last one.
"""
function deltos_array_advance(array, count, err)
    return ccall(
        address(slot_deltos_array_advance), deltos_status,
        (Ptr{deltos_object}, UInt64, Ptr{deltos_error}),
        array, count, err)
end

const slot_deltos_array_extend = Slot(C_NULL)
"""
    deltos_array_extend(array, items, err)

Appends the elements of a view, in C order.
"""
function deltos_array_extend(array, items, err)
    return ccall(
        address(slot_deltos_array_extend), deltos_status,
        (Ptr{deltos_object}, Ptr{deltos_view}, Ptr{deltos_error}),
        array, items, err)
end

const slot_deltos_array_insert = Slot(C_NULL)
"""
    deltos_array_insert(array, index, items, count, err)

Inserts elements; those behind move up. Views of the array see the change.
"""
function deltos_array_insert(array, index, items, count, err)
    return ccall(
        address(slot_deltos_array_insert), deltos_status,
        (Ptr{deltos_object}, Int64, Ptr{Cvoid}, UInt64, Ptr{deltos_error}),
        array, index, items, count, err)
end

const slot_deltos_array_remove = Slot(C_NULL)
"""
    deltos_array_remove(array, index, count, removed, err)

Removes elements; those behind move down.
"""
function deltos_array_remove(array, index, count, removed, err)
    return ccall(
        address(slot_deltos_array_remove), deltos_status,
        (Ptr{deltos_object}, Int64, UInt64, Ptr{Cvoid}, Ptr{deltos_error}),
        array, index, count, removed, err)
end

const slot_deltos_array_resize = Slot(C_NULL)
"""
    deltos_array_resize(array, count, err)

Makes the array have so many elements: new ones are zero, those too many are cut off.
"""
function deltos_array_resize(array, count, err)
    return ccall(
        address(slot_deltos_array_resize), deltos_status,
        (Ptr{deltos_object}, UInt64, Ptr{deltos_error}),
        array, count, err)
end

const slot_deltos_array_reserve = Slot(C_NULL)
"""
    deltos_array_reserve(array, capacity, err)

Makes room, so that appending up to that many elements needs none.
"""
function deltos_array_reserve(array, capacity, err)
    return ccall(
        address(slot_deltos_array_reserve), deltos_status,
        (Ptr{deltos_object}, UInt64, Ptr{deltos_error}),
        array, capacity, err)
end

const slot_deltos_array_shrink = Slot(C_NULL)
"""
    deltos_array_shrink(array, err)

Gives room that no element needs back to the file system, or to the storage (with a commit, as for
growing). A storage gives back whole pieces that were added when the array grew; while a transaction
is open it answers DELTOS_E_BUSY.
"""
function deltos_array_shrink(array, err)
    return ccall(
        address(slot_deltos_array_shrink), deltos_status,
        (Ptr{deltos_object}, Ptr{deltos_error}),
        array, err)
end

const slot_deltos_array_clear = Slot(C_NULL)
"""
    deltos_array_clear(array, err)

Removes all elements; room stays.
"""
function deltos_array_clear(array, err)
    return ccall(
        address(slot_deltos_array_clear), deltos_status,
        (Ptr{deltos_object}, Ptr{deltos_error}),
        array, err)
end

const slot_deltos_array_reverse = Slot(C_NULL)
"""
    deltos_array_reverse(array, err)

Reverses the order of the elements, in place.
"""
function deltos_array_reverse(array, err)
    return ccall(
        address(slot_deltos_array_reverse), deltos_status,
        (Ptr{deltos_object}, Ptr{deltos_error}),
        array, err)
end

const slot_deltos_array_byteswap = Slot(C_NULL)
"""
    deltos_array_byteswap(array, err)

Turns the bytes of every number round, in place: of complex numbers each half, of text each
character, of single bytes and strings of bytes nothing.
"""
function deltos_array_byteswap(array, err)
    return ccall(
        address(slot_deltos_array_byteswap), deltos_status,
        (Ptr{deltos_object}, Ptr{deltos_error}),
        array, err)
end

const slot_deltos_array_flush = Slot(C_NULL)
"""
    deltos_array_flush(array, durable, err)

Brings the array into the state that a crash of the machine leaves.
"""
function deltos_array_flush(array, durable, err)
    return ccall(
        address(slot_deltos_array_flush), deltos_status,
        (Ptr{deltos_object}, UInt8, Ptr{deltos_error}),
        array, durable, err)
end

const slot_deltos_array_close = Slot(C_NULL)
"""
    deltos_array_close(array, err)

Closes the handle, or refuses and changes nothing: while views acquired through it live, it answers
DELTOS_E_PINNED and says how many.
"""
function deltos_array_close(array, err)
    return ccall(
        address(slot_deltos_array_close), deltos_status,
        (Ptr{Ptr{deltos_object}}, Ptr{deltos_error}),
        array, err)
end

const slot_deltos_value_open_memory = Slot(C_NULL)
"""
    deltos_value_open_memory(data, size, release, user, value, err)

Opens a value in memory of the caller's.
"""
function deltos_value_open_memory(data, size, release, user, value, err)
    return ccall(
        address(slot_deltos_value_open_memory), deltos_status,
        (Ptr{Cvoid}, UInt64, deltos_release, Ptr{Cvoid}, Ptr{Ptr{deltos_object}},
         Ptr{deltos_error}),
        data, size, release, user, value, err)
end

const slot_deltos_value_read = Slot(C_NULL)
"""
    deltos_value_read(value, node, item, err)

Tells what a node is.
"""
function deltos_value_read(value, node, item, err)
    return ccall(
        address(slot_deltos_value_read), deltos_status,
        (Ptr{deltos_object}, UInt64, Ptr{deltos_item}, Ptr{deltos_error}),
        value, node, item, err)
end

const slot_deltos_value_children = Slot(C_NULL)
"""
    deltos_value_children(value, node, first, items, capacity, count, err)

Reads elements of a list, tuple or set, or keys and values of a dict in turn, in the order in which
they were put (a set: in its own).
"""
function deltos_value_children(value, node, first, items, capacity, count, err)
    return ccall(
        address(slot_deltos_value_children), deltos_status,
        (Ptr{deltos_object}, UInt64, UInt64, Ptr{deltos_item}, UInt64, Ptr{UInt64},
         Ptr{deltos_error}),
        value, node, first, items, capacity, count, err)
end

const slot_deltos_value_find = Slot(C_NULL)
"""
    deltos_value_find(value, node, key, keys, found, err)

Looks for a key of a dict, or a member of a set.
"""
function deltos_value_find(value, node, key, keys, found, err)
    return ccall(
        address(slot_deltos_value_find), deltos_status,
        (Ptr{deltos_object}, UInt64, Ptr{deltos_item}, Ptr{deltos_object}, Ptr{deltos_item},
         Ptr{deltos_error}),
        value, node, key, keys, found, err)
end

const slot_deltos_value_view = Slot(C_NULL)
"""
    deltos_value_view(value, node, flags, view, err)

Shows an array's elements, or those of a list or tuple that lie as numbers, without a copy.
"""
function deltos_value_view(value, node, flags, view, err)
    return ccall(
        address(slot_deltos_value_view), deltos_status,
        (Ptr{deltos_object}, UInt64, Int32, Ptr{Ptr{deltos_view}}, Ptr{deltos_error}),
        value, node, flags, view, err)
end

const slot_deltos_value_hash = Slot(C_NULL)
"""
    deltos_value_hash(value, node, hash, err)

A hash of what a node holds: equal nodes have the same one, in every process, language and version.
"""
function deltos_value_hash(value, node, hash, err)
    return ccall(
        address(slot_deltos_value_hash), deltos_status,
        (Ptr{deltos_object}, UInt64, Ptr{UInt64}, Ptr{deltos_error}),
        value, node, hash, err)
end

const slot_deltos_value_equal = Slot(C_NULL)
"""
    deltos_value_equal(a, node_a, b, node_b, equal, err)

Whether two nodes hold equal values.
"""
function deltos_value_equal(a, node_a, b, node_b, equal, err)
    return ccall(
        address(slot_deltos_value_equal), deltos_status,
        (Ptr{deltos_object}, UInt64, Ptr{deltos_object}, UInt64, Ptr{UInt8}, Ptr{deltos_error}),
        a, node_a, b, node_b, equal, err)
end

const slot_deltos_value_to_json = Slot(C_NULL)
"""
    deltos_value_to_json(value, node, flags, text, size, err)

Writes a node as JSON text, without loss: numbers as numbers (a float so short that it reads back as
the same, a decimal with its digits), sequences, sets and n-dimensional arrays of numbers as arrays,
dates and times as ISO 8601 in strings (\"2026-11-21T19:05:00.25+01:00\").
"""
function deltos_value_to_json(value, node, flags, text, size, err)
    return ccall(
        address(slot_deltos_value_to_json), deltos_status,
        (Ptr{deltos_object}, UInt64, Int32, Ptr{UInt8}, Ptr{UInt64}, Ptr{deltos_error}),
        value, node, flags, text, size, err)
end

const slot_deltos_value_builder_begin = Slot(C_NULL)
"""
    deltos_value_builder_begin(builder, err)

Begins a value.
"""
function deltos_value_builder_begin(builder, err)
    return ccall(
        address(slot_deltos_value_builder_begin), deltos_status,
        (Ptr{Ptr{deltos_builder}}, Ptr{deltos_error}),
        builder, err)
end

const slot_deltos_value_builder_put = Slot(C_NULL)
"""
    deltos_value_builder_put(builder, items, count, err)

Puts items, one behind the other. LIST, TUPLE, SET and DICT open a container, which END closes; a
dict takes keys and values in turn. A LIST or TUPLE whose detail is a dtype from I8 to F64 (but F16)
is whole by itself: count elements, close together, at data. Where all elements are integers, floats
or booleans, they are stored as narrow as they fit.
"""
function deltos_value_builder_put(builder, items, count, err)
    return ccall(
        address(slot_deltos_value_builder_put), deltos_status,
        (Ptr{deltos_builder}, Ptr{deltos_item}, UInt64, Ptr{deltos_error}),
        builder, items, count, err)
end

const slot_deltos_value_builder_put_view = Slot(C_NULL)
"""
    deltos_value_builder_put_view(builder, array, node, err)

Puts an array.
"""
function deltos_value_builder_put_view(builder, array, node, err)
    return ccall(
        address(slot_deltos_value_builder_put_view), deltos_status,
        (Ptr{deltos_builder}, Ptr{deltos_view}, UInt64, Ptr{deltos_error}),
        builder, array, node, err)
end

const slot_deltos_value_builder_put_json = Slot(C_NULL)
"""
    deltos_value_builder_put_json(builder, text, size, err)

Puts the value that a JSON text is, wherever one may stand: objects as dicts, arrays as lists,
numbers with a point or an exponent as floats, others as integers, and as decimals where they have
more than 64 bits.
"""
function deltos_value_builder_put_json(builder, text, size, err)
    return ccall(
        address(slot_deltos_value_builder_put_json), deltos_status,
        (Ptr{deltos_builder}, Cstring, UInt64, Ptr{deltos_error}),
        builder, text, size, err)
end

const slot_deltos_value_builder_pack = Slot(C_NULL)
"""
    deltos_value_builder_pack(builder, data, size, err)

Ends the value and writes it into memory of the caller's, from which deltos_value_open_memory()
reads it, in any process. Repeatable; nothing can be put afterwards.
"""
function deltos_value_builder_pack(builder, data, size, err)
    return ccall(
        address(slot_deltos_value_builder_pack), deltos_status,
        (Ptr{deltos_builder}, Ptr{Cvoid}, Ptr{UInt64}, Ptr{deltos_error}),
        builder, data, size, err)
end

const slot_deltos_value_builder_store = Slot(C_NULL)
"""
    deltos_value_builder_store(builder, transaction, name, value, err)

Ends the value and stores it under a name, sealed. An existing value of that name is not replaced.
"""
function deltos_value_builder_store(builder, transaction, name, value, err)
    return ccall(
        address(slot_deltos_value_builder_store), deltos_status,
        (Ptr{deltos_builder}, Ptr{deltos_transaction}, Cstring, Ptr{Ptr{deltos_object}},
         Ptr{deltos_error}),
        builder, transaction, name, value, err)
end

const slot_deltos_builder_release = Slot(C_NULL)
"""
    deltos_builder_release(builder)

Ends a builder of any kind; what it has not stored vanishes.
"""
function deltos_builder_release(builder)
    return ccall(address(slot_deltos_builder_release), Cvoid, (Ptr{Ptr{deltos_builder}},), builder)
end

const slot_deltos_schema_make = Slot(C_NULL)
"""
    deltos_schema_make(name, slots, count, options, schema, err)

Makes a schema.
"""
function deltos_schema_make(name, slots, count, options, schema, err)
    return ccall(
        address(slot_deltos_schema_make), deltos_status,
        (Cstring, Ptr{deltos_slot}, UInt64, Ptr{deltos_schema_options}, Ptr{Ptr{deltos_schema}},
         Ptr{deltos_error}),
        name, slots, count, options, schema, err)
end

const slot_deltos_schema_of = Slot(C_NULL)
"""
    deltos_schema_of(table, schema, err)

The schema of a record table. It may outlive the table.
"""
function deltos_schema_of(table, schema, err)
    return ccall(
        address(slot_deltos_schema_of), deltos_status,
        (Ptr{deltos_object}, Ptr{Ptr{deltos_schema}}, Ptr{deltos_error}),
        table, schema, err)
end

const slot_deltos_schema_stat = Slot(C_NULL)
"""
    deltos_schema_stat(schema, info, err)

Tells what a schema is.
"""
function deltos_schema_stat(schema, info, err)
    return ccall(
        address(slot_deltos_schema_stat), deltos_status,
        (Ptr{deltos_schema}, Ptr{deltos_schema_info}, Ptr{deltos_error}),
        schema, info, err)
end

const slot_deltos_schema_slots = Slot(C_NULL)
"""
    deltos_schema_slots(schema, slots, capacity, count, err)

Lists the slots of all levels: names, types, and where they lie in a row.
"""
function deltos_schema_slots(schema, slots, capacity, count, err)
    return ccall(
        address(slot_deltos_schema_slots), deltos_status,
        (Ptr{deltos_schema}, Ptr{deltos_slot}, UInt64, Ptr{UInt64}, Ptr{deltos_error}),
        schema, slots, capacity, count, err)
end

const slot_deltos_schema_find = Slot(C_NULL)
"""
    deltos_schema_find(schema, name, index, err)

Finds a slot by name. One within RECORDs is named by all names on the way, with dots between them:
\"place.x\".
"""
function deltos_schema_find(schema, name, index, err)
    return ccall(
        address(slot_deltos_schema_find), deltos_status,
        (Ptr{deltos_schema}, Cstring, Ptr{Int64}, Ptr{deltos_error}),
        schema, name, index, err)
end

const slot_deltos_schema_nested = Slot(C_NULL)
"""
    deltos_schema_nested(schema, slot, nested, err)

The schema of a RECORD slot, as it was made: its slots are numbered and placed as in a table of its
own.
"""
function deltos_schema_nested(schema, slot, nested, err)
    return ccall(
        address(slot_deltos_schema_nested), deltos_status,
        (Ptr{deltos_schema}, UInt64, Ptr{Ptr{deltos_schema}}, Ptr{deltos_error}),
        schema, slot, nested, err)
end

const slot_deltos_schema_check = Slot(C_NULL)
"""
    deltos_schema_check(reader, writer, err)

Whether a program that knows records by one schema can read those of another one. Slots are the same
when their names are. What both have must have the same type; what the reader needs in every row,
the writer must have in every row; what the writer does not have, the reader must be able to miss
(OPTIONAL or NULLABLE). Names of schemas, order and places of slots, WRITABLE and metadata do not
matter.
"""
function deltos_schema_check(reader, writer, err)
    return ccall(
        address(slot_deltos_schema_check), deltos_status,
        (Ptr{deltos_schema}, Ptr{deltos_schema}, Ptr{deltos_error}),
        reader, writer, err)
end

const slot_deltos_schema_pack = Slot(C_NULL)
"""
    deltos_schema_pack(schema, data, size, err)

Writes a schema into memory of the caller's. The bytes are a value (value.h), a dict that describes
itself; they can be stored and opened as one.
"""
function deltos_schema_pack(schema, data, size, err)
    return ccall(
        address(slot_deltos_schema_pack), deltos_status,
        (Ptr{deltos_schema}, Ptr{Cvoid}, Ptr{UInt64}, Ptr{deltos_error}),
        schema, data, size, err)
end

const slot_deltos_schema_unpack = Slot(C_NULL)
"""
    deltos_schema_unpack(data, size, schema, err)

Reads what deltos_schema_pack() has written.
"""
function deltos_schema_unpack(data, size, schema, err)
    return ccall(
        address(slot_deltos_schema_unpack), deltos_status,
        (Ptr{Cvoid}, UInt64, Ptr{Ptr{deltos_schema}}, Ptr{deltos_error}),
        data, size, schema, err)
end

const slot_deltos_schema_release = Slot(C_NULL)
"""
    deltos_schema_release(schema)

Ends a schema's handle. Tables and builders keep what they need of it.
"""
function deltos_schema_release(schema)
    return ccall(address(slot_deltos_schema_release), Cvoid, (Ptr{Ptr{deltos_schema}},), schema)
end

const slot_deltos_record_table_begin = Slot(C_NULL)
"""
    deltos_record_table_begin(transaction, name, schema, options, builder, err)

Begins a record table.
"""
function deltos_record_table_begin(transaction, name, schema, options, builder, err)
    return ccall(
        address(slot_deltos_record_table_begin), deltos_status,
        (Ptr{deltos_transaction}, Cstring, Ptr{deltos_schema}, Ptr{deltos_record_table_options},
         Ptr{Ptr{deltos_builder}}, Ptr{deltos_error}),
        transaction, name, schema, options, builder, err)
end

const slot_deltos_record_table_add = Slot(C_NULL)
"""
    deltos_record_table_add(builder, columns, presence, slot_count, rows, err)

Adds rows, given as columns. Everything is checked before anything is kept, and what is given is
copied.
"""
function deltos_record_table_add(builder, columns, presence, slot_count, rows, err)
    return ccall(
        address(slot_deltos_record_table_add), deltos_status,
        (Ptr{deltos_builder}, Ptr{deltos_column}, Ptr{Ptr{UInt8}}, UInt64, UInt64,
         Ptr{deltos_error}),
        builder, columns, presence, slot_count, rows, err)
end

const slot_deltos_record_table_finish = Slot(C_NULL)
"""
    deltos_record_table_finish(builder, table, err)

Stores the table, sealed unless a slot is WRITABLE. Nothing can be added afterwards.
"""
function deltos_record_table_finish(builder, table, err)
    return ccall(
        address(slot_deltos_record_table_finish), deltos_status,
        (Ptr{deltos_builder}, Ptr{Ptr{deltos_object}}, Ptr{deltos_error}),
        builder, table, err)
end

const slot_deltos_record_table_pack = Slot(C_NULL)
"""
    deltos_record_table_pack(builder, data, size, err)

Writes the table into memory of the caller's, from which deltos_record_table_open_memory() reads it,
in any process. Repeatable; nothing can be added afterwards.
"""
function deltos_record_table_pack(builder, data, size, err)
    return ccall(
        address(slot_deltos_record_table_pack), deltos_status,
        (Ptr{deltos_builder}, Ptr{Cvoid}, Ptr{UInt64}, Ptr{deltos_error}),
        builder, data, size, err)
end

const slot_deltos_record_table_open_memory = Slot(C_NULL)
"""
    deltos_record_table_open_memory(data, size, release, user, table, err)

Opens a record table in memory of the caller's.
"""
function deltos_record_table_open_memory(data, size, release, user, table, err)
    return ccall(
        address(slot_deltos_record_table_open_memory), deltos_status,
        (Ptr{Cvoid}, UInt64, deltos_release, Ptr{Cvoid}, Ptr{Ptr{deltos_object}},
         Ptr{deltos_error}),
        data, size, release, user, table, err)
end

const slot_deltos_record_table_stat = Slot(C_NULL)
"""
    deltos_record_table_stat(table, info, err)

Tells what a record table is.
"""
function deltos_record_table_stat(table, info, err)
    return ccall(
        address(slot_deltos_record_table_stat), deltos_status,
        (Ptr{deltos_object}, Ptr{deltos_record_table_info}, Ptr{deltos_error}),
        table, info, err)
end

const slot_deltos_record_table_read = Slot(C_NULL)
"""
    deltos_record_table_read(table, row, slot, item, err)

Reads one slot of one row.
"""
function deltos_record_table_read(table, row, slot, item, err)
    return ccall(
        address(slot_deltos_record_table_read), deltos_status,
        (Ptr{deltos_object}, UInt64, UInt64, Ptr{deltos_item}, Ptr{deltos_error}),
        table, row, slot, item, err)
end

const slot_deltos_record_table_value = Slot(C_NULL)
"""
    deltos_record_table_value(table, row, slot, value, err)

Opens the value in a slot of type LIST to VALUE, to be read with the functions of value.h.
"""
function deltos_record_table_value(table, row, slot, value, err)
    return ccall(
        address(slot_deltos_record_table_value), deltos_status,
        (Ptr{deltos_object}, UInt64, UInt64, Ptr{Ptr{deltos_object}}, Ptr{deltos_error}),
        table, row, slot, value, err)
end

const slot_deltos_record_table_rows = Slot(C_NULL)
"""
    deltos_record_table_rows(table, flags, view, err)

Shows all rows of a table of layout ROWS: one dimension of structures \"T{...}\" with the slots'
names. References show as \"T{Q:place:Q:bytes:}\", into what deltos_record_table_heap() shows;
presence bytes as padding.
"""
function deltos_record_table_rows(table, flags, view, err)
    return ccall(
        address(slot_deltos_record_table_rows), deltos_status,
        (Ptr{deltos_object}, Int32, Ptr{Ptr{deltos_view}}, Ptr{deltos_error}),
        table, flags, view, err)
end

const slot_deltos_record_table_heap = Slot(C_NULL)
"""
    deltos_record_table_heap(table, flags, view, err)

Shows the bytes that the references of a table of layout ROWS point into.
"""
function deltos_record_table_heap(table, flags, view, err)
    return ccall(
        address(slot_deltos_record_table_heap), deltos_status,
        (Ptr{deltos_object}, Int32, Ptr{Ptr{deltos_view}}, Ptr{deltos_error}),
        table, flags, view, err)
end

const slot_deltos_record_table_column = Slot(C_NULL)
"""
    deltos_record_table_column(table, slot, flags, view, offsets, err)

Shows one slot of all rows, without a copy.
"""
function deltos_record_table_column(table, slot, flags, view, offsets, err)
    return ccall(
        address(slot_deltos_record_table_column), deltos_status,
        (Ptr{deltos_object}, UInt64, Int32, Ptr{Ptr{deltos_view}}, Ptr{Ptr{deltos_view}},
         Ptr{deltos_error}),
        table, slot, flags, view, offsets, err)
end

const slot_deltos_record_table_presence = Slot(C_NULL)
"""
    deltos_record_table_presence(table, slot, which, flags, view, err)

Shows presence bits of one slot of all rows, without a copy: one dimension of unsigned bytes.
"""
function deltos_record_table_presence(table, slot, which, flags, view, err)
    return ccall(
        address(slot_deltos_record_table_presence), deltos_status,
        (Ptr{deltos_object}, UInt64, Int32, Int32, Ptr{Ptr{deltos_view}}, Ptr{deltos_error}),
        table, slot, which, flags, view, err)
end

const slot_deltos_record_table_verify = Slot(C_NULL)
"""
    deltos_record_table_verify(table, progress, user, err)

Checks what opening leaves to each use: references and offsets of all rows, text, and whole values.
DELTOS_VERIFY_FULL does the same for all tables of a storage. For a table from a stranger that is to
be given to a consumer who believes what he gets.
"""
function deltos_record_table_verify(table, progress, user, err)
    return ccall(
        address(slot_deltos_record_table_verify), deltos_status,
        (Ptr{deltos_object}, deltos_progress, Ptr{Cvoid}, Ptr{deltos_error}),
        table, progress, user, err)
end

const slot_deltos_view_to_arrow = Slot(C_NULL)
"""
    deltos_view_to_arrow(view, schema, array, err)

Shows a view's elements as a column, one entry for each index of the first dimension.
"""
function deltos_view_to_arrow(view, schema, array, err)
    return ccall(
        address(slot_deltos_view_to_arrow), deltos_status,
        (Ptr{deltos_view}, Ptr{deltos_arrow_schema}, Ptr{deltos_arrow_array}, Ptr{deltos_error}),
        view, schema, array, err)
end

const slot_deltos_object_to_arrow = Slot(C_NULL)
"""
    deltos_object_to_arrow(object, schema, array, err)

Shows an object as Arrow: a record table as a struct of its slots, which is what a batch of rows is
to Arrow; a buffer or array as deltos_view_to_arrow() shows its view.
"""
function deltos_object_to_arrow(object, schema, array, err)
    return ccall(
        address(slot_deltos_object_to_arrow), deltos_status,
        (Ptr{deltos_object}, Ptr{deltos_arrow_schema}, Ptr{deltos_arrow_array}, Ptr{deltos_error}),
        object, schema, array, err)
end

const slot_deltos_record_table_to_arrow_stream = Slot(C_NULL)
"""
    deltos_record_table_to_arrow_stream(table, stream, err)

The same of a record table, as a stream that gives all rows as one batch.
"""
function deltos_record_table_to_arrow_stream(table, stream, err)
    return ccall(
        address(slot_deltos_record_table_to_arrow_stream), deltos_status,
        (Ptr{deltos_object}, Ptr{deltos_arrow_stream}, Ptr{deltos_error}),
        table, stream, err)
end

const slot_deltos_record_table_from_arrow = Slot(C_NULL)
"""
    deltos_record_table_from_arrow(transaction, name, stream, options, builder, err)

Begins a record table with the schema of a stream of Arrow, and adds all its rows. More can be
added; deltos_record_table_finish() or deltos_record_table_pack() ends it.
"""
function deltos_record_table_from_arrow(transaction, name, stream, options, builder, err)
    return ccall(
        address(slot_deltos_record_table_from_arrow), deltos_status,
        (Ptr{deltos_transaction}, Cstring, Ptr{deltos_arrow_stream},
         Ptr{deltos_record_table_options}, Ptr{Ptr{deltos_builder}}, Ptr{deltos_error}),
        transaction, name, stream, options, builder, err)
end

const slot_deltos_buffer_create = Slot(C_NULL)
"""
    deltos_buffer_create(transaction, name, content, buffer, err)

Creates a buffer with content.
"""
function deltos_buffer_create(transaction, name, content, buffer, err)
    return ccall(
        address(slot_deltos_buffer_create), deltos_status,
        (Ptr{deltos_transaction}, Cstring, Ptr{deltos_view}, Ptr{Ptr{deltos_object}},
         Ptr{deltos_error}),
        transaction, name, content, buffer, err)
end

const slot_deltos_buffer_create_zeroed = Slot(C_NULL)
"""
    deltos_buffer_create_zeroed(transaction, name, format, dtype, ndim, shape, buffer, err)

Creates a buffer of zeros, to be filled through a writable view before or after the commit.
"""
function deltos_buffer_create_zeroed(transaction, name, format, dtype, ndim, shape, buffer, err)
    return ccall(
        address(slot_deltos_buffer_create_zeroed), deltos_status,
        (Ptr{deltos_transaction}, Cstring, Cstring, Int32, Int32, Ptr{Int64},
         Ptr{Ptr{deltos_object}}, Ptr{deltos_error}),
        transaction, name, format, dtype, ndim, shape, buffer, err)
end

const slot_deltos_buffer_replace = Slot(C_NULL)
"""
    deltos_buffer_replace(transaction, old, content, buffer, err)

Gives a buffer new content in a new place; name, id and metadata stay. With the commit everybody who
opens it gets the new one, at once and whole; views and snapshots of the old one keep the old one.
"""
function deltos_buffer_replace(transaction, old, content, buffer, err)
    return ccall(
        address(slot_deltos_buffer_replace), deltos_status,
        (Ptr{deltos_transaction}, Ptr{deltos_object}, Ptr{deltos_view}, Ptr{Ptr{deltos_object}},
         Ptr{deltos_error}),
        transaction, old, content, buffer, err)
end

const slot_deltos_view_fill = Slot(C_NULL)
"""
    deltos_view_fill(target, item, size, err)

Stores one element everywhere.
"""
function deltos_view_fill(target, item, size, err)
    return ccall(
        address(slot_deltos_view_fill), deltos_status,
        (Ptr{deltos_view}, Ptr{Cvoid}, UInt64, Ptr{deltos_error}),
        target, item, size, err)
end

const slot_deltos_view_equal = Slot(C_NULL)
"""
    deltos_view_equal(a, b, equal, err)

Whether two views have the same shape and, by value, the same elements. Views without elements are
equal when their shapes are.
"""
function deltos_view_equal(a, b, equal, err)
    return ccall(
        address(slot_deltos_view_equal), deltos_status,
        (Ptr{deltos_view}, Ptr{deltos_view}, Ptr{UInt8}, Ptr{deltos_error}),
        a, b, equal, err)
end

const slot_deltos_view_compare = Slot(C_NULL)
"""
    deltos_view_compare(a, b, order, err)

Orders two views by value, like words in a dictionary: in C order, the first two elements that are
not equal decide. Without such, the one with fewer elements is less; with as many, the one with
fewer dimensions; then the first lengths that differ decide.
"""
function deltos_view_compare(a, b, order, err)
    return ccall(
        address(slot_deltos_view_compare), deltos_status,
        (Ptr{deltos_view}, Ptr{deltos_view}, Ptr{Int32}, Ptr{deltos_error}),
        a, b, order, err)
end

const slot_deltos_view_find = Slot(C_NULL)
"""
    deltos_view_find(view, item, size, from, index, err)

Finds an element by value.
"""
function deltos_view_find(view, item, size, from, index, err)
    return ccall(
        address(slot_deltos_view_find), deltos_status,
        (Ptr{deltos_view}, Ptr{Cvoid}, UInt64, Int64, Ptr{Int64}, Ptr{deltos_error}),
        view, item, size, from, index, err)
end

const slot_deltos_view_count = Slot(C_NULL)
"""
    deltos_view_count(view, item, size, count, err)

Counts the elements that are equal to one, by value.
"""
function deltos_view_count(view, item, size, count, err)
    return ccall(
        address(slot_deltos_view_count), deltos_status,
        (Ptr{deltos_view}, Ptr{Cvoid}, UInt64, Ptr{UInt64}, Ptr{deltos_error}),
        view, item, size, count, err)
end

const slot_deltos_view_gather = Slot(C_NULL)
"""
    deltos_view_gather(source, rows, count, target, err)

Copies rows that are chosen by number: target[i] = source[rows[i]].
"""
function deltos_view_gather(source, rows, count, target, err)
    return ccall(
        address(slot_deltos_view_gather), deltos_status,
        (Ptr{deltos_view}, Ptr{Int64}, UInt64, Ptr{deltos_view}, Ptr{deltos_error}),
        source, rows, count, target, err)
end

const slot_deltos_view_read_fd = Slot(C_NULL)
"""
    deltos_view_read_fd(target, fd, file_offset, bytes, err)

Reads from a file descriptor straight into the elements, in C order, until the view is full or the
end is reached. A part of a view is filled by way of a sub-view (deltos_view_window()).
"""
function deltos_view_read_fd(target, fd, file_offset, bytes, err)
    return ccall(
        address(slot_deltos_view_read_fd), deltos_status,
        (Ptr{deltos_view}, Int32, Int64, Ptr{UInt64}, Ptr{deltos_error}),
        target, fd, file_offset, bytes, err)
end

const slot_deltos_view_write_fd = Slot(C_NULL)
"""
    deltos_view_write_fd(source, fd, file_offset, bytes, err)

Writes the elements to a file descriptor, in C order, all of them.
"""
function deltos_view_write_fd(source, fd, file_offset, bytes, err)
    return ccall(
        address(slot_deltos_view_write_fd), deltos_status,
        (Ptr{deltos_view}, Int32, Int64, Ptr{UInt64}, Ptr{deltos_error}),
        source, fd, file_offset, bytes, err)
end

const slot_deltos_view_get_i64 = Slot(C_NULL)
"""
    deltos_view_get_i64(view, index, value, err)

One element as a number. What the elements are does not matter as long as they are numbers:
booleans, integers or floats of any width in either byte order. The answer is the same number, or
DELTOS_E_RANGE: an integer too large for the type asked for, a fraction asked for as an integer, an
integer that no double is equal to. Only \"g\" is rounded to the nearest double.
"""
function deltos_view_get_i64(view, index, value, err)
    return ccall(
        address(slot_deltos_view_get_i64), deltos_status,
        (Ptr{deltos_view}, Ptr{Int64}, Ptr{Int64}, Ptr{deltos_error}),
        view, index, value, err)
end

const slot_deltos_view_get_u64 = Slot(C_NULL)
"""
    deltos_view_get_u64(view, index, value, err)

The same as an unsigned integer.
"""
function deltos_view_get_u64(view, index, value, err)
    return ccall(
        address(slot_deltos_view_get_u64), deltos_status,
        (Ptr{deltos_view}, Ptr{Int64}, Ptr{UInt64}, Ptr{deltos_error}),
        view, index, value, err)
end

const slot_deltos_view_get_f64 = Slot(C_NULL)
"""
    deltos_view_get_f64(view, index, value, err)

The same as a double.
"""
function deltos_view_get_f64(view, index, value, err)
    return ccall(
        address(slot_deltos_view_get_f64), deltos_status,
        (Ptr{deltos_view}, Ptr{Int64}, Ptr{Float64}, Ptr{deltos_error}),
        view, index, value, err)
end

const slot_deltos_view_get_bytes = Slot(C_NULL)
"""
    deltos_view_get_bytes(view, index, item, size, err)

One element as its bytes, as they lie in memory; of any type.
"""
function deltos_view_get_bytes(view, index, item, size, err)
    return ccall(
        address(slot_deltos_view_get_bytes), deltos_status,
        (Ptr{deltos_view}, Ptr{Int64}, Ptr{Cvoid}, UInt64, Ptr{deltos_error}),
        view, index, item, size, err)
end

const slot_deltos_view_set_i64 = Slot(C_NULL)
"""
    deltos_view_set_i64(view, index, value, err)

Stores a number in one element. The elements may be numbers of any kind, as for
deltos_view_get_i64(); what they cannot hold exactly answers DELTOS_E_RANGE and stores nothing.
"""
function deltos_view_set_i64(view, index, value, err)
    return ccall(
        address(slot_deltos_view_set_i64), deltos_status,
        (Ptr{deltos_view}, Ptr{Int64}, Int64, Ptr{deltos_error}),
        view, index, value, err)
end

const slot_deltos_view_set_u64 = Slot(C_NULL)
"""
    deltos_view_set_u64(view, index, value, err)

The same with an unsigned integer.
"""
function deltos_view_set_u64(view, index, value, err)
    return ccall(
        address(slot_deltos_view_set_u64), deltos_status,
        (Ptr{deltos_view}, Ptr{Int64}, UInt64, Ptr{deltos_error}),
        view, index, value, err)
end

const slot_deltos_view_set_f64 = Slot(C_NULL)
"""
    deltos_view_set_f64(view, index, value, err)

The same with a double. In a float it is rounded to the nearest, ties to even; a finite number
beyond the largest one is DELTOS_E_RANGE, and so is an infinity in a type without. In an integer it
must be whole.
"""
function deltos_view_set_f64(view, index, value, err)
    return ccall(
        address(slot_deltos_view_set_f64), deltos_status,
        (Ptr{deltos_view}, Ptr{Int64}, Float64, Ptr{deltos_error}),
        view, index, value, err)
end

const slot_deltos_view_set_bytes = Slot(C_NULL)
"""
    deltos_view_set_bytes(view, index, item, size, err)

Stores the bytes of one element; of any type.
"""
function deltos_view_set_bytes(view, index, item, size, err)
    return ccall(
        address(slot_deltos_view_set_bytes), deltos_status,
        (Ptr{deltos_view}, Ptr{Int64}, Ptr{Cvoid}, UInt64, Ptr{deltos_error}),
        view, index, item, size, err)
end

const slot_deltos_view_atomic_load = Slot(C_NULL)
"""
    deltos_view_atomic_load(view, index, order, value, size, err)

Loads an element atomically: between threads, and between processes that map the same memory.
"""
function deltos_view_atomic_load(view, index, order, value, size, err)
    return ccall(
        address(slot_deltos_view_atomic_load), deltos_status,
        (Ptr{deltos_view}, Ptr{Int64}, Int32, Ptr{Cvoid}, UInt64, Ptr{deltos_error}),
        view, index, order, value, size, err)
end

const slot_deltos_view_atomic_store = Slot(C_NULL)
"""
    deltos_view_atomic_store(view, index, order, value, size, err)

Stores an element atomically.
"""
function deltos_view_atomic_store(view, index, order, value, size, err)
    return ccall(
        address(slot_deltos_view_atomic_store), deltos_status,
        (Ptr{deltos_view}, Ptr{Int64}, Int32, Ptr{Cvoid}, UInt64, Ptr{deltos_error}),
        view, index, order, value, size, err)
end

const slot_deltos_view_atomic_add = Slot(C_NULL)
"""
    deltos_view_atomic_add(view, index, order, summand, previous, size, err)

Adds to an element atomically. Integers wrap around; floats are rounded as the processor rounds
them.
"""
function deltos_view_atomic_add(view, index, order, summand, previous, size, err)
    return ccall(
        address(slot_deltos_view_atomic_add), deltos_status,
        (Ptr{deltos_view}, Ptr{Int64}, Int32, Ptr{Cvoid}, Ptr{Cvoid}, UInt64, Ptr{deltos_error}),
        view, index, order, summand, previous, size, err)
end

const slot_deltos_view_atomic_compare_exchange = Slot(C_NULL)
"""
    deltos_view_atomic_compare_exchange(view, index, order, expected, desired, size, exchanged, err)

Stores an element atomically if it is what it is expected to be, byte for byte: 0.0 is not -0.0, and
a NaN is itself.
"""
function deltos_view_atomic_compare_exchange(view, index, order, expected, desired, size, exchanged, err)
    return ccall(
        address(slot_deltos_view_atomic_compare_exchange), deltos_status,
        (Ptr{deltos_view}, Ptr{Int64}, Int32, Ptr{Cvoid}, Ptr{Cvoid}, UInt64, Ptr{UInt8},
         Ptr{deltos_error}),
        view, index, order, expected, desired, size, exchanged, err)
end

const slot_deltos_hash_map_begin = Slot(C_NULL)
"""
    deltos_hash_map_begin(storage, options, builder, err)

Begins a hash map.
"""
function deltos_hash_map_begin(storage, options, builder, err)
    return ccall(
        address(slot_deltos_hash_map_begin), deltos_status,
        (Ptr{deltos_storage}, Ptr{deltos_hash_map_options}, Ptr{Ptr{deltos_builder}},
         Ptr{deltos_error}),
        storage, options, builder, err)
end

const slot_deltos_hash_map_add = Slot(C_NULL)
"""
    deltos_hash_map_add(builder, keys, values, err)

Adds pairs. Everything is checked before anything is kept, and what is given is copied.
"""
function deltos_hash_map_add(builder, keys, values, err)
    return ccall(
        address(slot_deltos_hash_map_add), deltos_status,
        (Ptr{deltos_builder}, Ptr{deltos_column}, Ptr{deltos_column}, Ptr{deltos_error}),
        builder, keys, values, err)
end

const slot_deltos_hash_map_add_records = Slot(C_NULL)
"""
    deltos_hash_map_add_records(builder, keys, columns, presence, slot_count, err)

Adds pairs whose values are records, given as columns: deltos_hash_map_add() for keys,
deltos_record_table_add() for values.
"""
function deltos_hash_map_add_records(builder, keys, columns, presence, slot_count, err)
    return ccall(
        address(slot_deltos_hash_map_add_records), deltos_status,
        (Ptr{deltos_builder}, Ptr{deltos_column}, Ptr{deltos_column}, Ptr{Ptr{UInt8}}, UInt64,
         Ptr{deltos_error}),
        builder, keys, columns, presence, slot_count, err)
end

const slot_deltos_hash_map_add_map = Slot(C_NULL)
"""
    deltos_hash_map_add_map(builder, map, err)

Adds all pairs of another map, which is how maps are merged. Of the same key in several maps the
duplicate policy, or the shape, says what becomes of it, the maps being in the order in which they
were added.
"""
function deltos_hash_map_add_map(builder, map, err)
    return ccall(
        address(slot_deltos_hash_map_add_map), deltos_status,
        (Ptr{deltos_builder}, Ptr{deltos_object}, Ptr{deltos_error}),
        builder, map, err)
end

const slot_deltos_hash_map_prepare = Slot(C_NULL)
"""
    deltos_hash_map_prepare(builder, err)

Sorts what was added: the long part of building, which needs no transaction. Nothing can be added
afterwards. Repeatable: once it has succeeded it does nothing.
"""
function deltos_hash_map_prepare(builder, err)
    return ccall(
        address(slot_deltos_hash_map_prepare), deltos_status,
        (Ptr{deltos_builder}, Ptr{deltos_error}),
        builder, err)
end

const slot_deltos_hash_map_finish = Slot(C_NULL)
"""
    deltos_hash_map_finish(builder, transaction, name, flags, map, err)

Stores the map, sealed; prepares it first when that has not been done. Repeatable: the same map can
be stored in several storages.
"""
function deltos_hash_map_finish(builder, transaction, name, flags, map, err)
    return ccall(
        address(slot_deltos_hash_map_finish), deltos_status,
        (Ptr{deltos_builder}, Ptr{deltos_transaction}, Cstring, UInt32, Ptr{Ptr{deltos_object}},
         Ptr{deltos_error}),
        builder, transaction, name, flags, map, err)
end

const slot_deltos_hash_map_pack = Slot(C_NULL)
"""
    deltos_hash_map_pack(builder, data, size, err)

Writes the map into memory of the caller's, from which deltos_hash_map_open_memory() reads it, in
any process; prepares it first when that has not been done. Repeatable.
"""
function deltos_hash_map_pack(builder, data, size, err)
    return ccall(
        address(slot_deltos_hash_map_pack), deltos_status,
        (Ptr{deltos_builder}, Ptr{Cvoid}, Ptr{UInt64}, Ptr{deltos_error}),
        builder, data, size, err)
end

const slot_deltos_hash_map_open_memory = Slot(C_NULL)
"""
    deltos_hash_map_open_memory(data, size, release, user, map, err)

Opens a hash map in memory of the caller's.
"""
function deltos_hash_map_open_memory(data, size, release, user, map, err)
    return ccall(
        address(slot_deltos_hash_map_open_memory), deltos_status,
        (Ptr{Cvoid}, UInt64, deltos_release, Ptr{Cvoid}, Ptr{Ptr{deltos_object}},
         Ptr{deltos_error}),
        data, size, release, user, map, err)
end

const slot_deltos_hash_map_stat = Slot(C_NULL)
"""
    deltos_hash_map_stat(map, info, err)

Tells what a hash map is.
"""
function deltos_hash_map_stat(map, info, err)
    return ccall(
        address(slot_deltos_hash_map_stat), deltos_status,
        (Ptr{deltos_object}, Ptr{deltos_hash_map_info}, Ptr{deltos_error}),
        map, info, err)
end

const slot_deltos_hash_map_find = Slot(C_NULL)
"""
    deltos_hash_map_find(map, key, size, entry, err)

Finds a key, and tells all there is to know of it.
"""
function deltos_hash_map_find(map, key, size, entry, err)
    return ccall(
        address(slot_deltos_hash_map_find), deltos_status,
        (Ptr{deltos_object}, Ptr{Cvoid}, UInt64, Ptr{deltos_map_entry}, Ptr{deltos_error}),
        map, key, size, entry, err)
end

const slot_deltos_hash_map_get = Slot(C_NULL)
"""
    deltos_hash_map_get(map, key, size, value, err)

The first value of a key, as bytes.
"""
function deltos_hash_map_get(map, key, size, value, err)
    return ccall(
        address(slot_deltos_hash_map_get), deltos_status,
        (Ptr{deltos_object}, Ptr{Cvoid}, UInt64, Ptr{deltos_bytes}, Ptr{deltos_error}),
        map, key, size, value, err)
end

const slot_deltos_hash_map_get_number = Slot(C_NULL)
"""
    deltos_hash_map_get_number(map, key, size, number, present, err)

The first value of a key in a map of U64, or the number of its row in one of RECORD.
"""
function deltos_hash_map_get_number(map, key, size, number, present, err)
    return ccall(
        address(slot_deltos_hash_map_get_number), deltos_status,
        (Ptr{deltos_object}, Ptr{Cvoid}, UInt64, Ptr{UInt64}, Ptr{UInt8}, Ptr{deltos_error}),
        map, key, size, number, present, err)
end

const slot_deltos_hash_map_find_many = Slot(C_NULL)
"""
    deltos_hash_map_find_many(map, keys, entries, present, hits, err)

Finds many keys, several at a time, so that the processor waits for memory once for all of them.
"""
function deltos_hash_map_find_many(map, keys, entries, present, hits, err)
    return ccall(
        address(slot_deltos_hash_map_find_many), deltos_status,
        (Ptr{deltos_object}, Ptr{deltos_column}, Ptr{deltos_map_entry}, Ptr{UInt8}, Ptr{UInt64},
         Ptr{deltos_error}),
        map, keys, entries, present, hits, err)
end

const slot_deltos_hash_map_get_many = Slot(C_NULL)
"""
    deltos_hash_map_get_many(map, keys, values, hits, err)

The first values of many keys, as bytes: deltos_hash_map_find_many() where nothing else is wanted.
"""
function deltos_hash_map_get_many(map, keys, values, hits, err)
    return ccall(
        address(slot_deltos_hash_map_get_many), deltos_status,
        (Ptr{deltos_object}, Ptr{deltos_column}, Ptr{deltos_bytes}, Ptr{UInt64}, Ptr{deltos_error}),
        map, keys, values, hits, err)
end

const slot_deltos_hash_map_get_many_numbers = Slot(C_NULL)
"""
    deltos_hash_map_get_many_numbers(map, keys, absent, numbers, present, hits, err)

The first values of many keys in a map of U64, or the numbers of their rows in one of RECORD.
"""
function deltos_hash_map_get_many_numbers(map, keys, absent, numbers, present, hits, err)
    return ccall(
        address(slot_deltos_hash_map_get_many_numbers), deltos_status,
        (Ptr{deltos_object}, Ptr{deltos_column}, UInt64, Ptr{UInt64}, Ptr{UInt8}, Ptr{UInt64},
         Ptr{deltos_error}),
        map, keys, absent, numbers, present, hits, err)
end

const slot_deltos_hash_map_values = Slot(C_NULL)
"""
    deltos_hash_map_values(map, entry, first, values, capacity, count, err)

The values of a key, in the order in which they were added.
"""
function deltos_hash_map_values(map, entry, first, values, capacity, count, err)
    return ccall(
        address(slot_deltos_hash_map_values), deltos_status,
        (Ptr{deltos_object}, Ptr{deltos_map_entry}, UInt64, Ptr{deltos_bytes}, UInt64, Ptr{UInt64},
         Ptr{deltos_error}),
        map, entry, first, values, capacity, count, err)
end

const slot_deltos_hash_map_numbers = Slot(C_NULL)
"""
    deltos_hash_map_numbers(map, entry, first, numbers, capacity, count, err)

The values of a key in a map of U64, or the numbers of its rows in one of RECORD, in the order in
which they were added.
"""
function deltos_hash_map_numbers(map, entry, first, numbers, capacity, count, err)
    return ccall(
        address(slot_deltos_hash_map_numbers), deltos_status,
        (Ptr{deltos_object}, Ptr{deltos_map_entry}, UInt64, Ptr{UInt64}, UInt64, Ptr{UInt64},
         Ptr{deltos_error}),
        map, entry, first, numbers, capacity, count, err)
end

const slot_deltos_hash_map_value = Slot(C_NULL)
"""
    deltos_hash_map_value(map, entry, index, value, err)

Opens a value of a key in a map of VALUE, to be read with the functions of value.h.
"""
function deltos_hash_map_value(map, entry, index, value, err)
    return ccall(
        address(slot_deltos_hash_map_value), deltos_status,
        (Ptr{deltos_object}, Ptr{deltos_map_entry}, UInt64, Ptr{Ptr{deltos_object}},
         Ptr{deltos_error}),
        map, entry, index, value, err)
end

const slot_deltos_hash_map_entries = Slot(C_NULL)
"""
    deltos_hash_map_entries(map, position, entries, capacity, count, err)

Goes through all keys, in the order in which they lie, which is that of hashes.
"""
function deltos_hash_map_entries(map, position, entries, capacity, count, err)
    return ccall(
        address(slot_deltos_hash_map_entries), deltos_status,
        (Ptr{deltos_object}, Ptr{UInt64}, Ptr{deltos_map_entry}, UInt64, Ptr{UInt64},
         Ptr{deltos_error}),
        map, position, entries, capacity, count, err)
end

const slot_deltos_hash_map_order = Slot(C_NULL)
"""
    deltos_hash_map_order(map, positions, capacity, count, err)

Tells the order of the keys: bytes and text by their bytes, U64 and hashes as numbers. Each position
leads deltos_hash_map_entries() to a key.
"""
function deltos_hash_map_order(map, positions, capacity, count, err)
    return ccall(
        address(slot_deltos_hash_map_order), deltos_status,
        (Ptr{deltos_object}, Ptr{UInt64}, UInt64, Ptr{UInt64}, Ptr{deltos_error}),
        map, positions, capacity, count, err)
end

const slot_deltos_hash_map_column = Slot(C_NULL)
"""
    deltos_hash_map_column(map, which, flags, view, err)

Shows all keys, or all values, of a map with keys of U64, or of shape APPROXIMATE, without a copy:
one dimension of uint64 for each pair, 16 bytes apart, in the order of hashes. Keys of APPROXIMATE
are hashes; values of RECORD are the numbers of rows.
"""
function deltos_hash_map_column(map, which, flags, view, err)
    return ccall(
        address(slot_deltos_hash_map_column), deltos_status,
        (Ptr{deltos_object}, Int32, Int32, Ptr{Ptr{deltos_view}}, Ptr{deltos_error}),
        map, which, flags, view, err)
end

const slot_deltos_hash_map_records = Slot(C_NULL)
"""
    deltos_hash_map_records(map, table, err)

The record table whose rows are the values of a map of RECORD.
"""
function deltos_hash_map_records(map, table, err)
    return ccall(
        address(slot_deltos_hash_map_records), deltos_status,
        (Ptr{deltos_object}, Ptr{Ptr{deltos_object}}, Ptr{deltos_error}),
        map, table, err)
end

const slot_deltos_hash_map_verify = Slot(C_NULL)
"""
    deltos_hash_map_verify(map, progress, user, err)

Checks what opening leaves to each use: every entry, that each key is where it is looked for, text,
whole values and records. DELTOS_VERIFY_FULL does the same for all maps of a storage. For a map from
a stranger.
"""
function deltos_hash_map_verify(map, progress, user, err)
    return ccall(
        address(slot_deltos_hash_map_verify), deltos_status,
        (Ptr{deltos_object}, deltos_progress, Ptr{Cvoid}, Ptr{deltos_error}),
        map, progress, user, err)
end

const slot_deltos_metadata_get = Slot(C_NULL)
"""
    deltos_metadata_get(snapshot, name, key, item, err)

Looks a value up. Absence is not a failure: item->data is NULL then, and nothing else is set.
"""
function deltos_metadata_get(snapshot, name, key, item, err)
    return ccall(
        address(slot_deltos_metadata_get), deltos_status,
        (Ptr{deltos_snapshot}, Cstring, Cstring, Ptr{deltos_metadatum}, Ptr{deltos_error}),
        snapshot, name, key, item, err)
end

const slot_deltos_metadata_list = Slot(C_NULL)
"""
    deltos_metadata_list(snapshot, name, items, capacity, count, err)

All values of an object, in byte order of keys.
"""
function deltos_metadata_list(snapshot, name, items, capacity, count, err)
    return ccall(
        address(slot_deltos_metadata_list), deltos_status,
        (Ptr{deltos_snapshot}, Cstring, Ptr{deltos_metadatum}, UInt64, Ptr{UInt64},
         Ptr{deltos_error}),
        snapshot, name, items, capacity, count, err)
end

const slot_deltos_metadata_set = Slot(C_NULL)
"""
    deltos_metadata_set(transaction, name, item, err)

Sets a value, new or not.
"""
function deltos_metadata_set(transaction, name, item, err)
    return ccall(
        address(slot_deltos_metadata_set), deltos_status,
        (Ptr{deltos_transaction}, Cstring, Ptr{deltos_metadatum}, Ptr{deltos_error}),
        transaction, name, item, err)
end

const slot_deltos_metadata_remove = Slot(C_NULL)
"""
    deltos_metadata_remove(transaction, name, key, err)

Removes a value.
"""
function deltos_metadata_remove(transaction, name, key, err)
    return ccall(
        address(slot_deltos_metadata_remove), deltos_status,
        (Ptr{deltos_transaction}, Cstring, Cstring, Ptr{deltos_error}),
        transaction, name, key, err)
end

const slot_deltos_sorted_map_create = Slot(C_NULL)
"""
    deltos_sorted_map_create(transaction, name, options, map, err)

Creates an empty sorted map.
"""
function deltos_sorted_map_create(transaction, name, options, map, err)
    return ccall(
        address(slot_deltos_sorted_map_create), deltos_status,
        (Ptr{deltos_transaction}, Cstring, Ptr{deltos_sorted_map_options}, Ptr{Ptr{deltos_object}},
         Ptr{deltos_error}),
        transaction, name, options, map, err)
end

const slot_deltos_sorted_map_stat = Slot(C_NULL)
"""
    deltos_sorted_map_stat(snapshot, map, info, err)

Tells what a sorted map is and how much is in it.
"""
function deltos_sorted_map_stat(snapshot, map, info, err)
    return ccall(
        address(slot_deltos_sorted_map_stat), deltos_status,
        (Ptr{deltos_snapshot}, Ptr{deltos_object}, Ptr{deltos_sorted_map_info}, Ptr{deltos_error}),
        snapshot, map, info, err)
end

const slot_deltos_sorted_map_put = Slot(C_NULL)
"""
    deltos_sorted_map_put(transaction, map, key, key_size, value, value_size, replaced, err)

Puts a pair: a new key comes in, one that is there gets the new value.
"""
function deltos_sorted_map_put(transaction, map, key, key_size, value, value_size, replaced, err)
    return ccall(
        address(slot_deltos_sorted_map_put), deltos_status,
        (Ptr{deltos_transaction}, Ptr{deltos_object}, Ptr{Cvoid}, UInt64, Ptr{Cvoid}, UInt64,
         Ptr{UInt8}, Ptr{deltos_error}),
        transaction, map, key, key_size, value, value_size, replaced, err)
end

const slot_deltos_sorted_map_put_object = Slot(C_NULL)
"""
    deltos_sorted_map_put_object(transaction, map, key, key_size, value, replaced, err)

Puts a pair whose value is an object of the same storage. Only its id is kept: the object can be
renamed, changed or deleted, and then deltos_object_open_id() says DELTOS_E_NOT_FOUND and
verify(FULL) reports it.
"""
function deltos_sorted_map_put_object(transaction, map, key, key_size, value, replaced, err)
    return ccall(
        address(slot_deltos_sorted_map_put_object), deltos_status,
        (Ptr{deltos_transaction}, Ptr{deltos_object}, Ptr{Cvoid}, UInt64, Ptr{deltos_object},
         Ptr{UInt8}, Ptr{deltos_error}),
        transaction, map, key, key_size, value, replaced, err)
end

const slot_deltos_sorted_map_put_many = Slot(C_NULL)
"""
    deltos_sorted_map_put_many(transaction, map, keys, values, added, err)

Puts many pairs, in any order; of equal keys the last one counts.
"""
function deltos_sorted_map_put_many(transaction, map, keys, values, added, err)
    return ccall(
        address(slot_deltos_sorted_map_put_many), deltos_status,
        (Ptr{deltos_transaction}, Ptr{deltos_object}, Ptr{deltos_column}, Ptr{deltos_column},
         Ptr{UInt64}, Ptr{deltos_error}),
        transaction, map, keys, values, added, err)
end

const slot_deltos_sorted_map_load = Slot(C_NULL)
"""
    deltos_sorted_map_load(transaction, map, keys, values, err)

Adds many pairs at the end: keys must rise, and the first must lie above all that are there. This is
the fastest way to fill a map, and leaves the smallest one: pages are filled one after the other,
from left to right. It can be called again and again; memory stays bounded whatever the amount.
"""
function deltos_sorted_map_load(transaction, map, keys, values, err)
    return ccall(
        address(slot_deltos_sorted_map_load), deltos_status,
        (Ptr{deltos_transaction}, Ptr{deltos_object}, Ptr{deltos_column}, Ptr{deltos_column},
         Ptr{deltos_error}),
        transaction, map, keys, values, err)
end

const slot_deltos_sorted_map_get = Slot(C_NULL)
"""
    deltos_sorted_map_get(snapshot, map, key, key_size, value, object_id, present, err)

The value of a key. Absence is no failure.
"""
function deltos_sorted_map_get(snapshot, map, key, key_size, value, object_id, present, err)
    return ccall(
        address(slot_deltos_sorted_map_get), deltos_status,
        (Ptr{deltos_snapshot}, Ptr{deltos_object}, Ptr{Cvoid}, UInt64, Ptr{deltos_bytes},
         Ptr{UInt64}, Ptr{UInt8}, Ptr{deltos_error}),
        snapshot, map, key, key_size, value, object_id, present, err)
end

const slot_deltos_sorted_map_get_many = Slot(C_NULL)
"""
    deltos_sorted_map_get_many(snapshot, map, keys, values, object_ids, present, hits, err)

The values of many keys, in any order; least work when they are sorted.
"""
function deltos_sorted_map_get_many(snapshot, map, keys, values, object_ids, present, hits, err)
    return ccall(
        address(slot_deltos_sorted_map_get_many), deltos_status,
        (Ptr{deltos_snapshot}, Ptr{deltos_object}, Ptr{deltos_column}, Ptr{deltos_bytes},
         Ptr{UInt64}, Ptr{UInt8}, Ptr{UInt64}, Ptr{deltos_error}),
        snapshot, map, keys, values, object_ids, present, hits, err)
end

const slot_deltos_sorted_map_remove = Slot(C_NULL)
"""
    deltos_sorted_map_remove(transaction, map, key, key_size, removed, err)

Removes a pair.
"""
function deltos_sorted_map_remove(transaction, map, key, key_size, removed, err)
    return ccall(
        address(slot_deltos_sorted_map_remove), deltos_status,
        (Ptr{deltos_transaction}, Ptr{deltos_object}, Ptr{Cvoid}, UInt64, Ptr{UInt8},
         Ptr{deltos_error}),
        transaction, map, key, key_size, removed, err)
end

const slot_deltos_sorted_map_remove_range = Slot(C_NULL)
"""
    deltos_sorted_map_remove_range(transaction, map, range, removed, err)

Removes all pairs of a range.
"""
function deltos_sorted_map_remove_range(transaction, map, range, removed, err)
    return ccall(
        address(slot_deltos_sorted_map_remove_range), deltos_status,
        (Ptr{deltos_transaction}, Ptr{deltos_object}, Ptr{deltos_range}, Ptr{UInt64},
         Ptr{deltos_error}),
        transaction, map, range, removed, err)
end

const slot_deltos_sorted_map_find = Slot(C_NULL)
"""
    deltos_sorted_map_find(snapshot, map, which, key, key_size, pair, present, err)

One pair by the order of keys. Absence is no failure.
"""
function deltos_sorted_map_find(snapshot, map, which, key, key_size, pair, present, err)
    return ccall(
        address(slot_deltos_sorted_map_find), deltos_status,
        (Ptr{deltos_snapshot}, Ptr{deltos_object}, Int32, Ptr{Cvoid}, UInt64, Ptr{deltos_pair},
         Ptr{UInt8}, Ptr{deltos_error}),
        snapshot, map, which, key, key_size, pair, present, err)
end

const slot_deltos_sorted_map_count = Slot(C_NULL)
"""
    deltos_sorted_map_count(snapshot, map, range, count, err)

Counts the pairs of a range.
"""
function deltos_sorted_map_count(snapshot, map, range, count, err)
    return ccall(
        address(slot_deltos_sorted_map_count), deltos_status,
        (Ptr{deltos_snapshot}, Ptr{deltos_object}, Ptr{deltos_range}, Ptr{UInt64},
         Ptr{deltos_error}),
        snapshot, map, range, count, err)
end

const slot_deltos_sorted_map_range = Slot(C_NULL)
"""
    deltos_sorted_map_range(snapshot, map, range, cursor, err)

Starts a walk over the pairs of a range, in the order of keys or, with `reverse`, against it.
"""
function deltos_sorted_map_range(snapshot, map, range, cursor, err)
    return ccall(
        address(slot_deltos_sorted_map_range), deltos_status,
        (Ptr{deltos_snapshot}, Ptr{deltos_object}, Ptr{deltos_range}, Ptr{Ptr{deltos_cursor}},
         Ptr{deltos_error}),
        snapshot, map, range, cursor, err)
end

const slot_deltos_cursor_next_pairs = Slot(C_NULL)
"""
    deltos_cursor_next_pairs(cursor, pairs, capacity, count, err)

The next pairs of a walk.
"""
function deltos_cursor_next_pairs(cursor, pairs, capacity, count, err)
    return ccall(
        address(slot_deltos_cursor_next_pairs), deltos_status,
        (Ptr{deltos_cursor}, Ptr{deltos_pair}, UInt64, Ptr{UInt64}, Ptr{deltos_error}),
        cursor, pairs, capacity, count, err)
end

const slot_deltos_cursor_seek_pair = Slot(C_NULL)
"""
    deltos_cursor_seek_pair(cursor, key, key_size, err)

Goes to another place of a walk: the next pair is the first one, in its direction, whose key is not
before key. Going back is allowed; beyond the range is its end.
"""
function deltos_cursor_seek_pair(cursor, key, key_size, err)
    return ccall(
        address(slot_deltos_cursor_seek_pair), deltos_status,
        (Ptr{deltos_cursor}, Ptr{Cvoid}, UInt64, Ptr{deltos_error}),
        cursor, key, key_size, err)
end

const slot_deltos_table_create = Slot(C_NULL)
"""
    deltos_table_create(transaction, name, format, dtype, rows, columns, lengths, table, err)

Creates a table of zeros.
"""
function deltos_table_create(transaction, name, format, dtype, rows, columns, lengths, table, err)
    return ccall(
        address(slot_deltos_table_create), deltos_status,
        (Ptr{deltos_transaction}, Cstring, Cstring, Int32, Int64, Int64, Ptr{Int64},
         Ptr{Ptr{deltos_object}}, Ptr{deltos_error}),
        transaction, name, format, dtype, rows, columns, lengths, table, err)
end

const slot_deltos_table_wrap = Slot(C_NULL)
"""
    deltos_table_wrap(rows, row_count, columns, lengths, format, dtype, readonly, release, user, table, err)

Shows a `T **` of the caller's as a table. Neither pointers nor rows are copied: deltos_table_rows()
gives this very array back. Several tables may share the memory, each with a release of its own.
"""
function deltos_table_wrap(rows, row_count, columns, lengths, format, dtype, readonly, release, user, table, err)
    return ccall(
        address(slot_deltos_table_wrap), deltos_status,
        (Ptr{Ptr{Cvoid}}, Int64, Int64, Ptr{Int64}, Cstring, Int32, UInt8, deltos_release,
         Ptr{Cvoid}, Ptr{Ptr{deltos_object}}, Ptr{deltos_error}),
        rows, row_count, columns, lengths, format, dtype, readonly, release, user, table, err)
end

const slot_deltos_table_from_view = Slot(C_NULL)
"""
    deltos_table_from_view(view, axis, table, err)

Shows the rows, or the columns, of a two-dimensional view as a table, without copying. A view of one
dimension is one row (axis 0) or one column (axis 1), either of which becomes one row of the table.
The distance between rows may be anything, also negative; the rows may be reached by pointers
themselves.
"""
function deltos_table_from_view(view, axis, table, err)
    return ccall(
        address(slot_deltos_table_from_view), deltos_status,
        (Ptr{deltos_view}, Int32, Ptr{Ptr{deltos_object}}, Ptr{deltos_error}),
        view, axis, table, err)
end

const slot_deltos_table_from_views = Slot(C_NULL)
"""
    deltos_table_from_views(views, count, columns, format, dtype, table, err)

Shows separate views as the rows of one table, without copying. Each is contiguous, in C or Fortran
order, and is a row in the order of its memory, whatever its dimensions. All have the same element
type and number of elements.
"""
function deltos_table_from_views(views, count, columns, format, dtype, table, err)
    return ccall(
        address(slot_deltos_table_from_views), deltos_status,
        (Ptr{Ptr{deltos_view}}, Int64, Int64, Cstring, Int32, Ptr{Ptr{deltos_object}},
         Ptr{deltos_error}),
        views, count, columns, format, dtype, table, err)
end

const slot_deltos_table_stat = Slot(C_NULL)
"""
    deltos_table_stat(table, info, err)

Tells what a table is, as this handle shows it. It looks at nothing stored.
"""
function deltos_table_stat(table, info, err)
    return ccall(
        address(slot_deltos_table_stat), deltos_status,
        (Ptr{deltos_object}, Ptr{deltos_table_info}, Ptr{deltos_error}),
        table, info, err)
end

const slot_deltos_table_rows = Slot(C_NULL)
"""
    deltos_table_rows(table, writable, pin, rows, lengths, err)

The array of row pointers, for calls that take `T **`.
"""
function deltos_table_rows(table, writable, pin, rows, lengths, err)
    return ccall(
        address(slot_deltos_table_rows), deltos_status,
        (Ptr{deltos_object}, UInt8, Ptr{Ptr{deltos_view}}, Ptr{Ptr{Ptr{Cvoid}}}, Ptr{Ptr{Int64}},
         Ptr{deltos_error}),
        table, writable, pin, rows, lengths, err)
end

const slot_deltos_table_row = Slot(C_NULL)
"""
    deltos_table_row(table, row, flags, view, err)

One row as a one-dimensional, contiguous view.
"""
function deltos_table_row(table, row, flags, view, err)
    return ccall(
        address(slot_deltos_table_row), deltos_status,
        (Ptr{deltos_object}, Int64, Int32, Ptr{Ptr{deltos_view}}, Ptr{deltos_error}),
        table, row, flags, view, err)
end

const slot_deltos_table_to_dense = Slot(C_NULL)
"""
    deltos_table_to_dense(table, view, err)

A copy of a rectangular table in memory of its own: C-contiguous, writable, two-dimensional. For
consumers that do not follow pointers.
"""
function deltos_table_to_dense(table, view, err)
    return ccall(
        address(slot_deltos_table_to_dense), deltos_status,
        (Ptr{deltos_object}, Ptr{Ptr{deltos_view}}, Ptr{deltos_error}),
        table, view, err)
end

const slot_deltos_table_reinterpret = Slot(C_NULL)
"""
    deltos_table_reinterpret(table, format, dtype, err)

Shows the same bytes as elements of another type. Each row has as many elements as fit into its
bytes, rounded down; going back brings the rest back. In a storage, the type that is stored stays.
Naming the type that is shown already does nothing, also while there are views.
"""
function deltos_table_reinterpret(table, format, dtype, err)
    return ccall(
        address(slot_deltos_table_reinterpret), deltos_status,
        (Ptr{deltos_object}, Cstring, Int32, Ptr{deltos_error}),
        table, format, dtype, err)
end

const slot_deltos_table_make_readonly = Slot(C_NULL)
"""
    deltos_table_make_readonly(table, err)

Makes a table give no writable views any more, through this handle. There is no way back. Of one
that is read-only already it does nothing, also while there are views.
"""
function deltos_table_make_readonly(table, err)
    return ccall(
        address(slot_deltos_table_make_readonly), deltos_status,
        (Ptr{deltos_object}, Ptr{deltos_error}),
        table, err)
end

"Every function by its name, with where its address is kept."
const FUNCTIONS = Tuple{Symbol,Slot}[
    (:deltos_status_name, slot_deltos_status_name),
    (:deltos_version, slot_deltos_version),
    (:deltos_abi_version, slot_deltos_abi_version),
    (:deltos_storage_open, slot_deltos_storage_open),
    (:deltos_storage_open_fd, slot_deltos_storage_open_fd),
    (:deltos_storage_open_anonymous, slot_deltos_storage_open_anonymous),
    (:deltos_storage_open_memory, slot_deltos_storage_open_memory),
    (:deltos_storage_fd, slot_deltos_storage_fd),
    (:deltos_storage_close, slot_deltos_storage_close),
    (:deltos_storage_detach, slot_deltos_storage_detach),
    (:deltos_storage_sync, slot_deltos_storage_sync),
    (:deltos_storage_stat, slot_deltos_storage_stat),
    (:deltos_storage_verify, slot_deltos_storage_verify),
    (:deltos_storage_pins, slot_deltos_storage_pins),
    (:deltos_snapshot_begin, slot_deltos_snapshot_begin),
    (:deltos_snapshot_id, slot_deltos_snapshot_id),
    (:deltos_snapshot_refresh, slot_deltos_snapshot_refresh),
    (:deltos_snapshot_release, slot_deltos_snapshot_release),
    (:deltos_snapshot_copy_to, slot_deltos_snapshot_copy_to),
    (:deltos_snapshot_compact_to, slot_deltos_snapshot_compact_to),
    (:deltos_transaction_begin, slot_deltos_transaction_begin),
    (:deltos_transaction_snapshot, slot_deltos_transaction_snapshot),
    (:deltos_transaction_commit, slot_deltos_transaction_commit),
    (:deltos_transaction_abort, slot_deltos_transaction_abort),
    (:deltos_transaction_rename, slot_deltos_transaction_rename),
    (:deltos_transaction_delete, slot_deltos_transaction_delete),
    (:deltos_transaction_delete_prefix, slot_deltos_transaction_delete_prefix),
    (:deltos_object_open, slot_deltos_object_open),
    (:deltos_object_open_id, slot_deltos_object_open_id),
    (:deltos_object_open_newest, slot_deltos_object_open_newest),
    (:deltos_object_refresh, slot_deltos_object_refresh),
    (:deltos_object_stat, slot_deltos_object_stat),
    (:deltos_object_release, slot_deltos_object_release),
    (:deltos_object_seal, slot_deltos_object_seal),
    (:deltos_object_unseal, slot_deltos_object_unseal),
    (:deltos_object_file_offset, slot_deltos_object_file_offset),
    (:deltos_object_advise, slot_deltos_object_advise),
    (:deltos_snapshot_list, slot_deltos_snapshot_list),
    (:deltos_cursor_next_entries, slot_deltos_cursor_next_entries),
    (:deltos_cursor_release, slot_deltos_cursor_release),
    (:deltos_view_acquire, slot_deltos_view_acquire),
    (:deltos_view_wrap, slot_deltos_view_wrap),
    (:deltos_view_share, slot_deltos_view_share),
    (:deltos_view_release, slot_deltos_view_release),
    (:deltos_view_slice, slot_deltos_view_slice),
    (:deltos_view_window, slot_deltos_view_window),
    (:deltos_view_transpose, slot_deltos_view_transpose),
    (:deltos_view_reshape, slot_deltos_view_reshape),
    (:deltos_view_cast, slot_deltos_view_cast),
    (:deltos_view_contiguity, slot_deltos_view_contiguity),
    (:deltos_view_copy, slot_deltos_view_copy),
    (:deltos_format_describe, slot_deltos_format_describe),
    (:deltos_array_create, slot_deltos_array_create),
    (:deltos_array_open_file, slot_deltos_array_open_file),
    (:deltos_array_open_anonymous, slot_deltos_array_open_anonymous),
    (:deltos_array_open_fd, slot_deltos_array_open_fd),
    (:deltos_array_fd, slot_deltos_array_fd),
    (:deltos_array_count, slot_deltos_array_count),
    (:deltos_array_capacity, slot_deltos_array_capacity),
    (:deltos_array_append, slot_deltos_array_append),
    (:deltos_array_tail, slot_deltos_array_tail),
    (:deltos_array_advance, slot_deltos_array_advance),
    (:deltos_array_extend, slot_deltos_array_extend),
    (:deltos_array_insert, slot_deltos_array_insert),
    (:deltos_array_remove, slot_deltos_array_remove),
    (:deltos_array_resize, slot_deltos_array_resize),
    (:deltos_array_reserve, slot_deltos_array_reserve),
    (:deltos_array_shrink, slot_deltos_array_shrink),
    (:deltos_array_clear, slot_deltos_array_clear),
    (:deltos_array_reverse, slot_deltos_array_reverse),
    (:deltos_array_byteswap, slot_deltos_array_byteswap),
    (:deltos_array_flush, slot_deltos_array_flush),
    (:deltos_array_close, slot_deltos_array_close),
    (:deltos_value_open_memory, slot_deltos_value_open_memory),
    (:deltos_value_read, slot_deltos_value_read),
    (:deltos_value_children, slot_deltos_value_children),
    (:deltos_value_find, slot_deltos_value_find),
    (:deltos_value_view, slot_deltos_value_view),
    (:deltos_value_hash, slot_deltos_value_hash),
    (:deltos_value_equal, slot_deltos_value_equal),
    (:deltos_value_to_json, slot_deltos_value_to_json),
    (:deltos_value_builder_begin, slot_deltos_value_builder_begin),
    (:deltos_value_builder_put, slot_deltos_value_builder_put),
    (:deltos_value_builder_put_view, slot_deltos_value_builder_put_view),
    (:deltos_value_builder_put_json, slot_deltos_value_builder_put_json),
    (:deltos_value_builder_pack, slot_deltos_value_builder_pack),
    (:deltos_value_builder_store, slot_deltos_value_builder_store),
    (:deltos_builder_release, slot_deltos_builder_release),
    (:deltos_schema_make, slot_deltos_schema_make),
    (:deltos_schema_of, slot_deltos_schema_of),
    (:deltos_schema_stat, slot_deltos_schema_stat),
    (:deltos_schema_slots, slot_deltos_schema_slots),
    (:deltos_schema_find, slot_deltos_schema_find),
    (:deltos_schema_nested, slot_deltos_schema_nested),
    (:deltos_schema_check, slot_deltos_schema_check),
    (:deltos_schema_pack, slot_deltos_schema_pack),
    (:deltos_schema_unpack, slot_deltos_schema_unpack),
    (:deltos_schema_release, slot_deltos_schema_release),
    (:deltos_record_table_begin, slot_deltos_record_table_begin),
    (:deltos_record_table_add, slot_deltos_record_table_add),
    (:deltos_record_table_finish, slot_deltos_record_table_finish),
    (:deltos_record_table_pack, slot_deltos_record_table_pack),
    (:deltos_record_table_open_memory, slot_deltos_record_table_open_memory),
    (:deltos_record_table_stat, slot_deltos_record_table_stat),
    (:deltos_record_table_read, slot_deltos_record_table_read),
    (:deltos_record_table_value, slot_deltos_record_table_value),
    (:deltos_record_table_rows, slot_deltos_record_table_rows),
    (:deltos_record_table_heap, slot_deltos_record_table_heap),
    (:deltos_record_table_column, slot_deltos_record_table_column),
    (:deltos_record_table_presence, slot_deltos_record_table_presence),
    (:deltos_record_table_verify, slot_deltos_record_table_verify),
    (:deltos_view_to_arrow, slot_deltos_view_to_arrow),
    (:deltos_object_to_arrow, slot_deltos_object_to_arrow),
    (:deltos_record_table_to_arrow_stream, slot_deltos_record_table_to_arrow_stream),
    (:deltos_record_table_from_arrow, slot_deltos_record_table_from_arrow),
    (:deltos_buffer_create, slot_deltos_buffer_create),
    (:deltos_buffer_create_zeroed, slot_deltos_buffer_create_zeroed),
    (:deltos_buffer_replace, slot_deltos_buffer_replace),
    (:deltos_view_fill, slot_deltos_view_fill),
    (:deltos_view_equal, slot_deltos_view_equal),
    (:deltos_view_compare, slot_deltos_view_compare),
    (:deltos_view_find, slot_deltos_view_find),
    (:deltos_view_count, slot_deltos_view_count),
    (:deltos_view_gather, slot_deltos_view_gather),
    (:deltos_view_read_fd, slot_deltos_view_read_fd),
    (:deltos_view_write_fd, slot_deltos_view_write_fd),
    (:deltos_view_get_i64, slot_deltos_view_get_i64),
    (:deltos_view_get_u64, slot_deltos_view_get_u64),
    (:deltos_view_get_f64, slot_deltos_view_get_f64),
    (:deltos_view_get_bytes, slot_deltos_view_get_bytes),
    (:deltos_view_set_i64, slot_deltos_view_set_i64),
    (:deltos_view_set_u64, slot_deltos_view_set_u64),
    (:deltos_view_set_f64, slot_deltos_view_set_f64),
    (:deltos_view_set_bytes, slot_deltos_view_set_bytes),
    (:deltos_view_atomic_load, slot_deltos_view_atomic_load),
    (:deltos_view_atomic_store, slot_deltos_view_atomic_store),
    (:deltos_view_atomic_add, slot_deltos_view_atomic_add),
    (:deltos_view_atomic_compare_exchange, slot_deltos_view_atomic_compare_exchange),
    (:deltos_hash_map_begin, slot_deltos_hash_map_begin),
    (:deltos_hash_map_add, slot_deltos_hash_map_add),
    (:deltos_hash_map_add_records, slot_deltos_hash_map_add_records),
    (:deltos_hash_map_add_map, slot_deltos_hash_map_add_map),
    (:deltos_hash_map_prepare, slot_deltos_hash_map_prepare),
    (:deltos_hash_map_finish, slot_deltos_hash_map_finish),
    (:deltos_hash_map_pack, slot_deltos_hash_map_pack),
    (:deltos_hash_map_open_memory, slot_deltos_hash_map_open_memory),
    (:deltos_hash_map_stat, slot_deltos_hash_map_stat),
    (:deltos_hash_map_find, slot_deltos_hash_map_find),
    (:deltos_hash_map_get, slot_deltos_hash_map_get),
    (:deltos_hash_map_get_number, slot_deltos_hash_map_get_number),
    (:deltos_hash_map_find_many, slot_deltos_hash_map_find_many),
    (:deltos_hash_map_get_many, slot_deltos_hash_map_get_many),
    (:deltos_hash_map_get_many_numbers, slot_deltos_hash_map_get_many_numbers),
    (:deltos_hash_map_values, slot_deltos_hash_map_values),
    (:deltos_hash_map_numbers, slot_deltos_hash_map_numbers),
    (:deltos_hash_map_value, slot_deltos_hash_map_value),
    (:deltos_hash_map_entries, slot_deltos_hash_map_entries),
    (:deltos_hash_map_order, slot_deltos_hash_map_order),
    (:deltos_hash_map_column, slot_deltos_hash_map_column),
    (:deltos_hash_map_records, slot_deltos_hash_map_records),
    (:deltos_hash_map_verify, slot_deltos_hash_map_verify),
    (:deltos_metadata_get, slot_deltos_metadata_get),
    (:deltos_metadata_list, slot_deltos_metadata_list),
    (:deltos_metadata_set, slot_deltos_metadata_set),
    (:deltos_metadata_remove, slot_deltos_metadata_remove),
    (:deltos_sorted_map_create, slot_deltos_sorted_map_create),
    (:deltos_sorted_map_stat, slot_deltos_sorted_map_stat),
    (:deltos_sorted_map_put, slot_deltos_sorted_map_put),
    (:deltos_sorted_map_put_object, slot_deltos_sorted_map_put_object),
    (:deltos_sorted_map_put_many, slot_deltos_sorted_map_put_many),
    (:deltos_sorted_map_load, slot_deltos_sorted_map_load),
    (:deltos_sorted_map_get, slot_deltos_sorted_map_get),
    (:deltos_sorted_map_get_many, slot_deltos_sorted_map_get_many),
    (:deltos_sorted_map_remove, slot_deltos_sorted_map_remove),
    (:deltos_sorted_map_remove_range, slot_deltos_sorted_map_remove_range),
    (:deltos_sorted_map_find, slot_deltos_sorted_map_find),
    (:deltos_sorted_map_count, slot_deltos_sorted_map_count),
    (:deltos_sorted_map_range, slot_deltos_sorted_map_range),
    (:deltos_cursor_next_pairs, slot_deltos_cursor_next_pairs),
    (:deltos_cursor_seek_pair, slot_deltos_cursor_seek_pair),
    (:deltos_table_create, slot_deltos_table_create),
    (:deltos_table_wrap, slot_deltos_table_wrap),
    (:deltos_table_from_view, slot_deltos_table_from_view),
    (:deltos_table_from_views, slot_deltos_table_from_views),
    (:deltos_table_stat, slot_deltos_table_stat),
    (:deltos_table_rows, slot_deltos_table_rows),
    (:deltos_table_row, slot_deltos_table_row),
    (:deltos_table_to_dense, slot_deltos_table_to_dense),
    (:deltos_table_reinterpret, slot_deltos_table_reinterpret),
    (:deltos_table_make_readonly, slot_deltos_table_make_readonly),
]

"""
    load!(handle)

Looks every function up in a library opened by `Libdl.dlopen`; throws when one is not there.
"""
function load!(handle::Ptr{Cvoid})
    found = [Libdl.dlsym(handle, name) for (name, _) in FUNCTIONS]
    for (pointer, (_, slot)) in zip(found, FUNCTIONS)
        slot[] = pointer
    end
    return nothing
end

end # module Raw
