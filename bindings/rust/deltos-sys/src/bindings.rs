// Made by bindings/generate.py from include/deltos. Do not edit.

//! The C interface as it is: the same names, numbers and structs, and nothing else.
//!
//! Constants are of the type of the fields and parameters that take them: `i32`, but `u32` for the bits of `flags`
//! and for the numbers of versions.

#![allow(non_camel_case_types)]

use core::marker::{PhantomData, PhantomPinned};
use std::os::raw::{c_char, c_void};

pub const DELTOS_VERSION_MAJOR: u32 = 0;
pub const DELTOS_VERSION_MINOR: u32 = 1;
pub const DELTOS_VERSION_PATCH: u32 = 0;
pub const DELTOS_VERSION: &str = "0.1.0";
pub const DELTOS_ABI_VERSION: u32 = 0;
pub const DELTOS_FORMAT_MAJOR: u32 = 1;
pub const DELTOS_FORMAT_MINOR: u32 = 0;

pub type deltos_status = i32;

// The codes, whose fault each one is, and the error of each host language that it becomes. A binding that maps a code
// differently is wrong; a code that is not in its table is a bug that its tests find.
pub const DELTOS_OK: i32 = 0;
/// an argument no call could accept: NULL, a foreign handle, a bad name, a bad number
pub const DELTOS_E_INVALID: i32 = -1;
/// the object is of another kind than the call or the caller asked for
pub const DELTOS_E_KIND: i32 = -2;
/// element types or shapes do not fit together
pub const DELTOS_E_TYPE: i32 = -3;
/// an index, offset or size outside what there is
pub const DELTOS_E_RANGE: i32 = -4;
/// the caller's memory is too small; the size output tells what is needed
pub const DELTOS_E_TOO_SMALL: i32 = -5;
/// no object of that name or id, or no such file
pub const DELTOS_E_NOT_FOUND: i32 = -6;
/// the name or the file is taken
pub const DELTOS_E_EXISTS: i32 = -7;
/// the handle's mode, or the file system, does not allow it
pub const DELTOS_E_READONLY: i32 = -8;
/// the object is sealed; unseal it or replace it
pub const DELTOS_E_SEALED: i32 = -9;
/// views are still exported; the message names the objects and counts
pub const DELTOS_E_PINNED: i32 = -10;
/// a transaction or another operation is under way; nothing has been waited for
pub const DELTOS_E_BUSY: i32 = -11;
/// the storage this handle came from has been closed
pub const DELTOS_E_CLOSED: i32 = -12;
/// the object was deleted or replaced, or the transaction is over
pub const DELTOS_E_STALE: i32 = -13;
/// a writing handle from before fork(), used in the child
pub const DELTOS_E_FORKED: i32 = -14;
/// the memory layout does not allow what was requested without a copy
pub const DELTOS_E_LAYOUT: i32 = -15;
/// a format string that is malformed or contradicts what is said beside it
pub const DELTOS_E_FORMAT: i32 = -16;
/// the progress callback asked to stop
pub const DELTOS_E_CANCELLED: i32 = -17;
/// struct_size is too small, or unknown fields are not zero
pub const DELTOS_E_STRUCT: i32 = -18;
/// not possible for this storage, element type or file system
pub const DELTOS_E_UNSUPPORTED: i32 = -19;
/// a key given twice
pub const DELTOS_E_DUPLICATE: i32 = -20;
/// a check failed; the message says what and where
pub const DELTOS_E_CORRUPT: i32 = -40;
/// not a storage at all
pub const DELTOS_E_NOT_DELTOS: i32 = -41;
/// written by a newer version, with a feature that this one does not know
pub const DELTOS_E_FEATURE: i32 = -42;
/// beyond a limit of the format, of the library or of the options; it is named
pub const DELTOS_E_LIMIT: i32 = -43;
/// the path now leads to another file
pub const DELTOS_E_REPLACED: i32 = -44;
/// a system call failed; os_errno tells which error. Nothing was published
pub const DELTOS_E_IO: i32 = -60;
/// the last barrier of a commit failed: it may or may not survive
pub const DELTOS_E_IN_DOUBT: i32 = -61;
/// disk or quota; the transaction may be shortened and retried
pub const DELTOS_E_NO_SPACE: i32 = -62;
/// an allocation failed
pub const DELTOS_E_NO_MEMORY: i32 = -63;
/// the reserved address space is used up; reopen with a larger reserve_bytes
pub const DELTOS_E_ADDRESS_SPACE: i32 = -64;
/// a file system without coherent mappings or working locks
pub const DELTOS_E_FILESYSTEM: i32 = -65;
/// another process is the writer
pub const DELTOS_E_LOCKED: i32 = -66;
/// a bug in the library; please report the message
pub const DELTOS_E_INTERNAL: i32 = -90;

/// What went wrong. 512 bytes, for ever.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct deltos_error {
    /// the code the call returned
    pub status: i32,
    /// errno of the failed system call, or 0
    pub os_errno: i32,
    /// the object concerned, or 0
    pub object_id: u64,
    /// one line of UTF-8, NUL-terminated, cut at a character when too long
    pub message: [c_char; 496],
}

/// an open file or memory; internally synchronised
#[repr(C)]
pub struct deltos_storage {
    _private: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

/// one state of it; immutable (a transaction's own: as that)
#[repr(C)]
pub struct deltos_snapshot {
    _private: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

/// a change under way; one thread at a time
#[repr(C)]
pub struct deltos_transaction {
    _private: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

/// one stored thing; immutable
#[repr(C)]
pub struct deltos_object {
    _private: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

/// a walk over names; one thread at a time
#[repr(C)]
pub struct deltos_cursor {
    _private: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

/// something being built; one thread at a time
#[repr(C)]
pub struct deltos_builder {
    _private: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

/// what records have; immutable
#[repr(C)]
pub struct deltos_schema {
    _private: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

/// Asked now and then by long calls, on the calling thread, from inside the call: at most 20 times a second, and once
/// at the end. No other call waits for it: one that would change the storage that the call is writing to answers
/// [`DELTOS_E_BUSY`], on this thread too, and an abort of the transaction is made up for at the end of the call, which
/// answers [`DELTOS_E_STALE`] then.
pub type deltos_progress = Option<unsafe extern "C" fn(done: u64, total: u64, user: *mut c_void) -> i32>;

/// Told once that memory lent to the library is no longer used. It runs on whatever thread drops the last reference,
/// with no lock held; it must not block on other threads and must not unwind. A language runtime that cannot take calls
/// on foreign threads passes NULL and keeps the memory alive itself.
pub type deltos_release = Option<unsafe extern "C" fn(user: *mut c_void)>;

// Kinds of stored objects. The numbers are stored in files.
/// never stored; when opening: whatever it is
pub const DELTOS_KIND_ANY: i32 = 0;
/// n-dimensional typed memory, buffer.h
pub const DELTOS_KIND_BUFFER: i32 = 1;
/// growable elements of one type, array.h
pub const DELTOS_KIND_ARRAY: i32 = 2;
/// rows reached by pointers, table.h
pub const DELTOS_KIND_TABLE: i32 = 3;
/// a tree that describes itself, sealed, value.h
pub const DELTOS_KIND_VALUE: i32 = 4;
/// rows of one schema, record.h
pub const DELTOS_KIND_RECORD_TABLE: i32 = 5;
/// built once, looked up by key, hash_map.h
pub const DELTOS_KIND_HASH_MAP: i32 = 6;
/// pairs in the order of their keys, sorted_map.h
pub const DELTOS_KIND_SORTED_MAP: i32 = 7;

// Element types. The numbers are stored in files. A format string says more (field names, byte order); a dtype is the
// quick answer, and the only one for types that have no format character.
/// see the format string: foreign byte order, padding, types without a number here
pub const DELTOS_DTYPE_OTHER: i32 = 0;
/// one byte, 0 or 1
pub const DELTOS_DTYPE_BOOL: i32 = 1;
pub const DELTOS_DTYPE_I8: i32 = 2;
pub const DELTOS_DTYPE_I16: i32 = 3;
pub const DELTOS_DTYPE_I32: i32 = 4;
pub const DELTOS_DTYPE_I64: i32 = 5;
pub const DELTOS_DTYPE_U8: i32 = 6;
pub const DELTOS_DTYPE_U16: i32 = 7;
pub const DELTOS_DTYPE_U32: i32 = 8;
pub const DELTOS_DTYPE_U64: i32 = 9;
pub const DELTOS_DTYPE_F16: i32 = 10;
pub const DELTOS_DTYPE_F32: i32 = 11;
pub const DELTOS_DTYPE_F64: i32 = 12;
/// two f32: real, imaginary
pub const DELTOS_DTYPE_C64: i32 = 13;
/// two f64
pub const DELTOS_DTYPE_C128: i32 = 14;
/// fixed number of bytes, "Ns" and "c"
pub const DELTOS_DTYPE_BYTES: i32 = 15;
/// fixed number of 4-byte characters, "Nw"
pub const DELTOS_DTYPE_UCS4: i32 = 16;
/// "T{...}", and several elements as one: "3d", "(2,3)d"
pub const DELTOS_DTYPE_STRUCT: i32 = 17;
/// bfloat16; its format string is that of 2 raw bytes
pub const DELTOS_DTYPE_BF16: i32 = 18;
/// 8-bit float, 4 exponent bits, no infinities; format of 1 raw byte
pub const DELTOS_DTYPE_F8_E4M3: i32 = 19;
/// 8-bit float, 5 exponent bits; format of 1 raw byte
pub const DELTOS_DTYPE_F8_E5M2: i32 = 20;

/// Some bytes. Frozen; borrowed.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct deltos_bytes {
    /// may be NULL when size is 0
    pub data: *const c_void,
    pub size: u64,
}

// What the keys of a map are. The numbers are stored in files.
/// any bytes
pub const DELTOS_KEY_BYTES: i32 = 0;
/// text, checked when it is put in
pub const DELTOS_KEY_UTF8: i32 = 1;
/// uint64_t: 8 bytes of native order
pub const DELTOS_KEY_U64: i32 = 2;
/// any value, as [`deltos_value_builder_pack`] writes it; hash maps only
pub const DELTOS_KEY_VALUE: i32 = 3;

// How the items of a deltos_column lie.
/// items of item_size bytes, one every stride bytes
pub const DELTOS_COLUMN_FIXED: i32 = 0;
/// item i is data\[offsets\[i\]\] to data\[offsets\[i + 1\]\], as Arrow's large_utf8
pub const DELTOS_COLUMN_OFFSETS: i32 = 1;
/// data: [`deltos_bytes`]\[count\]
pub const DELTOS_COLUMN_SLICES: i32 = 2;

/// As many items as `count` says, in memory of the caller's. Frozen.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct deltos_column {
    /// DELTOS_COLUMN_*
    pub layout: i32,
    /// DELTOS_DTYPE_* of an item, which must be the one expected; 0: not told
    pub dtype: i32,
    /// items
    pub count: u64,
    /// FIXED: the first item; OFFSETS: bytes; SLICES: [`deltos_bytes`]\[count\]
    pub data: *const c_void,
    /// OFFSETS: count + 1, never falling, the first need not be 0
    pub offsets: *const i64,
    /// FIXED: bytes of an item
    pub item_size: u64,
    /// FIXED: bytes from an item to the next; 0: item_size. Negative: backwards
    pub stride: i64,
}

// What a handle may do.
pub const DELTOS_MODE_READ: i32 = 0;
pub const DELTOS_MODE_IN_PLACE: i32 = 1;
pub const DELTOS_MODE_WRITE: i32 = 2;
pub const DELTOS_MODE_STATIC: i32 = 3;

// What happens to the file.
pub const DELTOS_CREATE_NEVER: i32 = 0;
pub const DELTOS_CREATE_IF_ABSENT: i32 = 1;
pub const DELTOS_CREATE_NEW: i32 = 2;
pub const DELTOS_CREATE_REPLACE: i32 = 3;

// Bits of deltos_open_options.flags.
/// memory lost to truncation or a media error reads as zeros instead of killing
pub const DELTOS_OPEN_SIGBUS_GUARD: u32 = 1;
/// check the whole storage first, as verify FULL; E_CORRUPT on the first finding
pub const DELTOS_OPEN_VERIFY: u32 = 2;
/// WRITE: when the newest state is damaged, go on from the one before it
pub const DELTOS_OPEN_ROLLBACK: u32 = 4;
/// WRITE: after a failed barrier, rewrite everything that is live and go on
pub const DELTOS_OPEN_REDIRTY: u32 = 8;
/// READ, STATIC: read it into private memory first, then STATIC; for hostile bytes
pub const DELTOS_OPEN_COPY: u32 = 16;
/// WRITE: do not give freed space back to the file system
pub const DELTOS_OPEN_NO_TRIM: u32 = 32;
/// create REPLACE: also over a file that has a living writer
pub const DELTOS_OPEN_FORCE: u32 = 64;
/// when the file is created: space is taken when it is first stored to, so that a full disk is met by a store, as
/// SIGBUS, and not by a call
pub const DELTOS_OPEN_SPARSE: u32 = 128;
/// when the file is created: texts and bytes of more than 512 bytes in values that are stored in it are compressed
/// (LZ4) where that saves a quarter; not keys, members of sets, and what record tables hold. See value.h
pub const DELTOS_OPEN_COMPRESS: u32 = 256;

/// All zero with struct_size set: read an existing file.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct deltos_open_options {
    /// sizeof([`deltos_open_options`])
    pub struct_size: u32,
    /// DELTOS_MODE_*
    pub mode: i32,
    /// DELTOS_CREATE_*
    pub create: i32,
    /// DELTOS_OPEN_* bits
    pub flags: u32,
    /// READ, STATIC: where the storage starts in the file, in bytes; not 0 implies STATIC
    pub offset: u64,
    /// READ, STATIC: its length; 0: to the end of the file; not 0 implies STATIC
    pub size: u64,
    /// WRITE: address space to grow into; 0: 64 times the file, 64 GiB to 1 TiB
    pub reserve_bytes: u64,
    /// WRITE: refuse to grow beyond; 0: no limit
    pub max_file_bytes: u64,
    /// WRITE: ASYNC commits are made durable when so much was written; 0: 256 MiB
    pub auto_sync_bytes: u64,
    /// for VERIFY, REDIRTY, COPY and the writer's check at open; may be NULL
    pub progress: deltos_progress,
    pub progress_user: *mut c_void,
}

/// Facts about a storage and the handle it was asked of.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct deltos_storage_info {
    /// set by the caller
    pub struct_size: u32,
    /// DELTOS_MODE_*; STATIC where READ became it
    pub mode: i32,
    /// of the file
    pub format_major: u32,
    pub format_minor: u32,
    /// length of the file
    pub file_bytes: u64,
    /// what the file system has set aside for it
    pub allocated_bytes: u64,
    /// WRITE: reachable from the newest commit; else 0
    pub live_bytes: u64,
    /// WRITE: free, to be used again; else 0
    pub reusable_bytes: u64,
    /// WRITE: freed, but held by snapshots, views or durability; else 0
    pub pinned_bytes: u64,
    /// in the newest commit
    pub object_count: u64,
    /// of the newest commit
    pub transaction_id: u64,
    /// of the newest commit that survives a power loss; without WRITE also a LAZY one
    pub durable_id: u64,
    /// oldest commit that a snapshot of any process holds; transaction_id when none
    pub oldest_pin: u64,
    /// snapshots that this handle holds, cursors' included
    pub snapshot_count: u64,
    /// views made through this handle that live
    pub view_count: u64,
    /// made when the storage was created; copy_to keeps it, compact_to makes a new one
    pub uuid: [u8; 16],
    /// 1: a barrier failed since the machine was started
    pub io_failed: u8,
    /// 1: the guard met memory that was cut off or unreadable
    pub lost: u8,
    /// 1: STATIC at an address where elements are not aligned
    pub unaligned: u8,
    /// 1: created with SPARSE
    pub sparse: u8,
    /// 0
    pub reserved: [u8; 4],
}

// How much deltos_storage_verify() reads.
/// all of the catalogue: pages, records, extents, overlaps
pub const DELTOS_VERIFY_STRUCT: i32 = 0;
/// and the content of every sealed object: its checksum, every node of a value; and every row of a record table
pub const DELTOS_VERIFY_FULL: i32 = 1;

/// One thing that is wrong. Frozen.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct deltos_finding {
    /// [`DELTOS_E_CORRUPT`] or [`DELTOS_E_FEATURE`]
    pub status: i32,
    /// 0
    pub reserved: u32,
    /// or 0
    pub object_id: u64,
    /// in bytes from the start of the storage, or 0
    pub file_offset: u64,
    /// one line of UTF-8, NUL-terminated
    pub message: [c_char; 232],
}

/// An object with live views; one with read-only and with writable ones is listed twice. Frozen.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct deltos_pin {
    pub object_id: u64,
    /// that wrote the content the views show
    pub transaction_id: u64,
    /// of that content
    pub bytes: u64,
    /// live views made through this handle
    pub view_count: u32,
    /// 1: they are writable
    pub writable: u8,
    /// 0
    pub reserved: [u8; 3],
    /// as it was opened under; NUL-terminated, cut at a character
    pub name: [c_char; 224],
}

// Bits of deltos_copy_options.flags.
/// replace a file of that name; it stays as it was until the copy is complete
pub const DELTOS_COPY_REPLACE: u32 = 1;

/// All zero with struct_size set: refuse an existing file, no progress.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct deltos_copy_options {
    /// sizeof([`deltos_copy_options`])
    pub struct_size: u32,
    /// DELTOS_COPY_* bits
    pub flags: u32,
    pub progress: deltos_progress,
    pub progress_user: *mut c_void,
}

// What a commit survives.
pub const DELTOS_SYNC: i32 = 0;
pub const DELTOS_LAZY: i32 = 1;
pub const DELTOS_ASYNC: i32 = 2;

/// What an object is. Pointers are borrowed until the object's handle is released, or shows something else (refresh,
/// seal, unseal, [`deltos_table_reinterpret`]).
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct deltos_object_info {
    /// set by the caller
    pub struct_size: u32,
    /// DELTOS_KIND_*
    pub kind: i32,
    /// DELTOS_DTYPE_*
    pub dtype: i32,
    /// 0 to 64
    pub ndim: i32,
    /// 1: checksummed and never written again
    pub sealed: u8,
    /// 1: this handle can export it writable
    pub writable: u8,
    /// 0: deleted, replaced, or its transaction was aborted; as far as this process knows
    pub current: u8,
    /// 0: made by a transaction that has not committed
    pub stored: u8,
    /// 0
    pub reserved: u32,
    pub id: u64,
    /// the product of the shape: elements; of a ragged table, whose shape is its rows: rows
    pub count: u64,
    /// bytes of one
    pub itemsize: u64,
    /// bytes of content: count times itemsize; a stored table: with its index and gaps
    pub payload_bytes: u64,
    /// transaction that created it
    pub created_id: u64,
    /// transaction that changed its record last; stores in place do not count
    pub changed_id: u64,
    /// as of opening
    pub name: *const c_char,
    /// format string of one element
    pub format: *const c_char,
    /// ndim lengths; never NULL
    pub shape: *const i64,
}

// Hints for deltos_object_advise().
pub const DELTOS_ADVICE_NORMAL: i32 = 0;
/// do not read ahead
pub const DELTOS_ADVICE_RANDOM: i32 = 1;
/// read ahead a lot
pub const DELTOS_ADVICE_SEQUENTIAL: i32 = 2;
/// start reading now
pub const DELTOS_ADVICE_WILL_NEED: i32 = 3;
/// this process's memory may be taken back; nothing is lost
pub const DELTOS_ADVICE_DONT_NEED: i32 = 4;
/// read all of it and map it into this process now, so that no use waits for a page fault; on Linux before 5.14 the
/// same as WILL_NEED
pub const DELTOS_ADVICE_PREFAULT: i32 = 5;

/// One line of a listing. Frozen. The name is borrowed until the cursor's next call or release.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct deltos_entry {
    /// of the object, or of the level, with its '/' at the end
    pub name: *const c_char,
    /// 0 for a level
    pub id: u64,
    /// DELTOS_KIND_*; 0 for a level
    pub kind: i32,
    /// 1: a level that has names below it
    pub is_prefix: u32,
    /// 0 for a level
    pub payload_bytes: u64,
}

// How deep deltos_snapshot_list() goes.
/// every name that starts with the prefix
pub const DELTOS_LIST_ALL: i32 = 0;
/// those without a '/' after the prefix, and each level below once
pub const DELTOS_LIST_ONE_LEVEL: i32 = 1;

/// Exported or imported memory.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct deltos_view {
    /// input: sizeof([`deltos_view`])
    pub struct_size: u32,
    /// 0 to 64; 0: one element
    pub ndim: i32,
    /// DELTOS_DTYPE_*; input: 0 = from format
    pub dtype: i32,
    /// 1: the memory must not be written
    pub readonly: u8,
    /// 1: nobody will ever write it, which a seal says once committed; input: ignored
    pub sealed: u8,
    /// 0
    pub reserved: u16,
    /// element \[0, ..., 0\], or the first row pointer
    pub data: *mut c_void,
    /// product of shape times itemsize; input: 0 = computed
    pub nbytes: u64,
    /// bytes of one element; input: 0 = from format or dtype
    pub itemsize: u64,
    /// always set by the library; input: NULL = from dtype, else "B"
    pub format: *const c_char,
    /// elements; input: may be NULL when ndim is 0
    pub shape: *const i64,
    /// bytes, may be negative or 0; input: NULL = C order
    pub strides: *const i64,
    /// bytes; NULL unless rows are reached by pointers
    pub suboffsets: *const i64,
    /// the library's; input: NULL
    pub owner: *mut c_void,
}

// What the caller can cope with; the numbers are those of PyBUF_*. A field that was not asked for is NULL: shape
// without ND (ndim is 1 then, and nbytes the length), strides without STRIDES. The format is always there. Asking for
// less than the memory needs answers DELTOS_E_LAYOUT.
/// contiguous bytes: data and nbytes
pub const DELTOS_VIEW_SIMPLE: i32 = 0x0;
/// may write, or E_READONLY or E_SEALED; without it the view is read-only
pub const DELTOS_VIEW_WRITABLE: i32 = 0x1;
/// reads the element type; with items that are not bytes it needs ND
pub const DELTOS_VIEW_FORMAT: i32 = 0x4;
/// reads shape; without STRIDES the memory is C-contiguous
pub const DELTOS_VIEW_ND: i32 = 0x8;
/// reads strides too
pub const DELTOS_VIEW_STRIDES: i32 = 0x18;
/// must be C-contiguous
pub const DELTOS_VIEW_C: i32 = 0x38;
/// must be Fortran-contiguous
pub const DELTOS_VIEW_F: i32 = 0x58;
/// must be contiguous either way
pub const DELTOS_VIEW_ANY: i32 = 0x98;
/// follows suboffsets too
pub const DELTOS_VIEW_INDIRECT: i32 = 0x118;
/// anything: INDIRECT and FORMAT
pub const DELTOS_VIEW_FULL_RO: i32 = 0x11c;
/// the same, writable
pub const DELTOS_VIEW_FULL: i32 = 0x11d;

/// One dimension of [`deltos_view_slice`]. Frozen.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct deltos_slice {
    /// first index taken; with INDEX: the only one. Negative: counted from the end
    pub start: i64,
    /// the index before which to end. Negative: counted from the end
    pub stop: i64,
    /// from one index to the next; negative: backwards; not 0
    pub step: i64,
    /// DELTOS_SLICE_*
    pub flags: u32,
    /// 0
    pub reserved: u32,
}

// Bits of deltos_slice.flags: what of it counts.
/// start is not given: from the beginning, or the end when the step is negative
pub const DELTOS_SLICE_NO_START: u32 = 1;
/// stop is not given: all the way
pub const DELTOS_SLICE_NO_STOP: u32 = 2;
/// one index, and the dimension goes; stop and step are not looked at
pub const DELTOS_SLICE_INDEX: u32 = 4;

// Answers of deltos_view_contiguity(); what is neither is 0.
/// packed, the last index fastest
pub const DELTOS_CONTIGUOUS_C: i32 = 1;
/// packed, the first index fastest; one dimension and empty memory are both
pub const DELTOS_CONTIGUOUS_F: i32 = 2;

/// What a format string means.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct deltos_format_info {
    /// set by the caller
    pub struct_size: u32,
    /// DELTOS_DTYPE_*
    pub dtype: i32,
    /// bytes of one element, padding included
    pub itemsize: u64,
    /// of one element: 1, 2, 4, 8 or 16
    pub alignment: u64,
}

/// All zero with struct_size set: what is there, or little room that grows.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct deltos_array_options {
    /// sizeof([`deltos_array_options`])
    pub struct_size: u32,
    /// flat file, WRITE: [`DELTOS_CREATE_NEVER`], IF_ABSENT or NEW; else 0
    pub create: i32,
    /// flat file: 0 or [`DELTOS_OPEN_SIGBUS_GUARD`]; else 0 (a storage has its own)
    pub flags: u32,
    /// 0
    pub reserved: u32,
    /// WRITE: elements to make room for at once; 0: none in particular
    pub capacity: u64,
    /// WRITE: address space to reserve; 0: 16 times what is there, at least 64 GiB, or less where the system limits it
    pub window_bytes: u64,
    /// WRITE: refuse to grow beyond; 0: no limit but the home's
    pub max_bytes: u64,
}

// Kinds of items.
pub const DELTOS_VALUE_NULL: i32 = 0;
pub const DELTOS_VALUE_BOOL: i32 = 1;
pub const DELTOS_VALUE_INT: i32 = 2;
pub const DELTOS_VALUE_UINT: i32 = 3;
pub const DELTOS_VALUE_FLOAT: i32 = 4;
pub const DELTOS_VALUE_BYTES: i32 = 5;
pub const DELTOS_VALUE_UTF8: i32 = 6;
pub const DELTOS_VALUE_LIST: i32 = 7;
pub const DELTOS_VALUE_TUPLE: i32 = 8;
pub const DELTOS_VALUE_SET: i32 = 9;
pub const DELTOS_VALUE_DICT: i32 = 10;
pub const DELTOS_VALUE_DATE: i32 = 11;
pub const DELTOS_VALUE_DATETIME: i32 = 12;
pub const DELTOS_VALUE_DECIMAL: i32 = 13;
pub const DELTOS_VALUE_NDARRAY: i32 = 14;
/// in record tables only: a record is there; read its slots
pub const DELTOS_VALUE_RECORD: i32 = 15;
pub const DELTOS_VALUE_REFERENCE: i32 = 16;
/// building: ends the container opened last. Finding: absent
pub const DELTOS_VALUE_END: i32 = 17;
/// building: the node that was put with the same `node`
pub const DELTOS_VALUE_SHARE: i32 = 18;

// What a decimal is.
pub const DELTOS_DECIMAL_FINITE: i32 = 0;
pub const DELTOS_DECIMAL_INFINITE: i32 = 1;
pub const DELTOS_DECIMAL_NAN: i32 = 2;
pub const DELTOS_DECIMAL_SIGNALLING_NAN: i32 = 3;

// detail of a DATETIME without a zone.
pub const DELTOS_VALUE_NO_ZONE: i32 = 2147483647;

/// One node. Frozen. Fields that a kind does not use are 0 when read and not looked at when put.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct deltos_item {
    /// DELTOS_VALUE_*
    pub kind: i32,
    /// see the table above
    pub detail: i32,
    /// reading: its number. Building: 0, or a name below 2^56 for [`DELTOS_VALUE_SHARE`]
    pub node: u64,
    /// elements, pairs, bytes, digits or dimensions
    pub count: u64,
    pub i64: i64,
    pub u64: u64,
    pub f64: f64,
    /// reading: borrowed until the value's handle is released
    pub data: *const c_void,
}

// How deltos_value_to_json() writes; flags that add up.
/// no space between anything
pub const DELTOS_JSON_COMPACT: i32 = 0;
/// an element a line, two spaces a level
pub const DELTOS_JSON_INDENT: i32 = 1;
/// what is not ASCII as backslash, u and four digits
pub const DELTOS_JSON_ASCII: i32 = 2;

// Types of slots.
pub const DELTOS_TYPE_FIXED: i32 = 0;
pub const DELTOS_TYPE_DATE: i32 = 1;
pub const DELTOS_TYPE_DATETIME: i32 = 2;
pub const DELTOS_TYPE_BYTES: i32 = 3;
pub const DELTOS_TYPE_UTF8: i32 = 4;
pub const DELTOS_TYPE_LIST: i32 = 5;
pub const DELTOS_TYPE_TUPLE: i32 = 6;
pub const DELTOS_TYPE_SET: i32 = 7;
pub const DELTOS_TYPE_DICT: i32 = 8;
pub const DELTOS_TYPE_DECIMAL: i32 = 9;
pub const DELTOS_TYPE_NDARRAY: i32 = 10;
pub const DELTOS_TYPE_VALUE: i32 = 11;
pub const DELTOS_TYPE_RECORD: i32 = 12;

// Bits of deltos_slot.flags.
/// may be null
pub const DELTOS_SLOT_NULLABLE: u32 = 1;
/// may be unset
pub const DELTOS_SLOT_OPTIONAL: u32 = 2;
/// FIXED, DATE and DATETIME: can be changed in place
pub const DELTOS_SLOT_WRITABLE: u32 = 4;
/// DATETIME: instants; without it: what a clock shows, in no zone
pub const DELTOS_SLOT_UTC: u32 = 8;

/// One slot. Frozen. What the fields of a schema hold is borrowed until its handle is released. To make a schema, fill
/// in name, format, schema, type, dtype and flags; the others are not looked at.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct deltos_slot {
    /// 1 to 255 bytes of UTF-8 without ':', once in its schema
    pub name: *const c_char,
    /// FIXED: format string; making: may be NULL, then dtype says it. DATE: "i", DATETIME: "q"; RECORD: the name of its
    /// schema. Others: NULL
    pub format: *const c_char,
    /// making: of a RECORD. Read: NULL, use [`deltos_schema_nested`]
    pub schema: *const deltos_schema,
    /// DELTOS_TYPE_*
    pub r#type: i32,
    /// DELTOS_DTYPE_* of FIXED, DATE and DATETIME, else 0; making: may be 0
    pub dtype: i32,
    /// DELTOS_SLOT_*
    pub flags: u32,
    /// number of the RECORD it is in; -1: of none
    pub parent: i32,
    /// in the row's presence bytes: byte valid_bit / 8, bit valid_bit % 8; -1: none
    pub valid_bit: i32,
    /// the same
    pub null_bit: i32,
    /// in the row, in bytes
    pub offset: u64,
    /// in the row: of the item, the record, or the reference (16)
    pub size: u64,
}

/// What a schema has beside its slots; zeros are the defaults.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct deltos_schema_options {
    /// set by the caller
    pub struct_size: u32,
    /// the caller's own count, 0 to begin with
    pub version: u32,
    /// readers with a schema of a smaller version are refused by [`deltos_schema_check`]
    pub min_reader: u32,
    /// 0
    pub reserved: u32,
    /// any bytes; copied
    pub metadata: *const c_void,
    /// at most 65,536
    pub metadata_size: u64,
}

/// What a schema is. Pointers are borrowed until its handle is released.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct deltos_schema_info {
    /// set by the caller
    pub struct_size: u32,
    pub version: u32,
    pub min_reader: u32,
    /// of a row, all levels together
    pub presence_bits: u32,
    /// never NULL
    pub name: *const c_char,
    /// NULL when there is none
    pub metadata: *const c_void,
    pub metadata_size: u64,
    /// all levels together
    pub slots: u64,
    /// of a row in layout ROWS
    pub row_bytes: u64,
    /// of a row: 1, 2, 4, 8 or 16
    pub alignment: u64,
    /// of the presence bytes in a row
    pub presence_offset: u64,
}

// How the rows of a record table lie. The numbers are stored in files.
pub const DELTOS_LAYOUT_ROWS: i32 = 0;
pub const DELTOS_LAYOUT_COLUMNS: i32 = 1;

// What presence bytes say of a slot in a row, when it is built.
pub const DELTOS_PRESENT: i32 = 0;
pub const DELTOS_NULL: i32 = 1;
pub const DELTOS_UNSET: i32 = 2;

/// How a table is built; zeros are the defaults.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct deltos_record_table_options {
    /// set by the caller
    pub struct_size: u32,
    /// DELTOS_LAYOUT_*
    pub layout: i32,
    /// how much to keep in memory before temporary files are used; 0: 64 MiB
    pub memory_bytes: u64,
    /// where temporary files are made, without a name; NULL: beside the storage if that works, else $TMPDIR, else /tmp
    pub spill_directory: *const c_char,
    /// asked while adding and finishing, in bytes; NULL: nobody
    pub progress: deltos_progress,
    /// given to progress
    pub progress_user: *mut c_void,
}

/// What a record table is.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct deltos_record_table_info {
    /// set by the caller
    pub struct_size: u32,
    /// DELTOS_LAYOUT_*
    pub layout: i32,
    pub rows: u64,
    /// of all levels
    pub slots: u64,
    /// of a row in layout ROWS
    pub row_bytes: u64,
    /// what references point into; layout COLUMNS: 0
    pub heap_bytes: u64,
    /// of the whole table, with its schema
    pub image_bytes: u64,
    /// 1: nobody will ever write it
    pub sealed: u8,
    /// 1: slots are WRITABLE, and this handle can be had to write them
    pub writable: u8,
    /// 0
    pub reserved16: u16,
    /// 0
    pub reserved: u32,
}

// Which bits deltos_record_table_presence() shows.
pub const DELTOS_PRESENCE_VALID: i32 = 0;
pub const DELTOS_PRESENCE_NULL: i32 = 1;

/// the type of a column, by the interface of Arrow
#[repr(C)]
pub struct deltos_arrow_schema {
    _private: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

/// its data
#[repr(C)]
pub struct deltos_arrow_array {
    _private: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

/// batches of data of one type
#[repr(C)]
pub struct deltos_arrow_stream {
    _private: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

// Answers of deltos_view_compare().
pub const DELTOS_COMPARE_LESS: i32 = -1;
pub const DELTOS_COMPARE_EQUAL: i32 = 0;
pub const DELTOS_COMPARE_GREATER: i32 = 1;
/// the first elements that are not equal have no order: one is a NaN
pub const DELTOS_COMPARE_UNORDERED: i32 = 2;

// Memory orders of the atomic functions; they mean what they mean in C11.
pub const DELTOS_MEMORY_RELAXED: i32 = 0;
/// not for stores
pub const DELTOS_MEMORY_ACQUIRE: i32 = 1;
/// not for loads
pub const DELTOS_MEMORY_RELEASE: i32 = 2;
/// not for loads and stores
pub const DELTOS_MEMORY_ACQ_REL: i32 = 3;
pub const DELTOS_MEMORY_SEQ_CST: i32 = 4;

// What the values of a hash map are. The numbers are stored in files.
pub const DELTOS_MAP_VALUE_U64: i32 = 0;
pub const DELTOS_MAP_VALUE_BYTES: i32 = 1;
pub const DELTOS_MAP_VALUE_UTF8: i32 = 2;
pub const DELTOS_MAP_VALUE_VALUE: i32 = 3;
pub const DELTOS_MAP_VALUE_RECORD: i32 = 4;

// How many values a key has. The numbers are stored in files.
pub const DELTOS_MAP_SIMPLE: i32 = 0;
pub const DELTOS_MAP_MULTI: i32 = 1;
pub const DELTOS_MAP_APPROXIMATE: i32 = 2;

// What a second pair with the same key means in a SIMPLE map.
/// [`deltos_hash_map_prepare`] fails
pub const DELTOS_DUPLICATE_ERROR: i32 = 0;
/// the pair added first counts
pub const DELTOS_DUPLICATE_FIRST: i32 = 1;
/// the pair added last counts
pub const DELTOS_DUPLICATE_LAST: i32 = 2;

// Bits of deltos_hash_map_options.flags.
/// BYTES, UTF8, VALUE and RECORD: equal values are stored once, as far as memory_bytes allows to remember them
pub const DELTOS_HASH_MAP_DEDUPLICATE: u32 = 1;

/// How a hash map is built; zeros are the defaults.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct deltos_hash_map_options {
    /// set by the caller
    pub struct_size: u32,
    /// DELTOS_KEY_*
    pub key: i32,
    /// DELTOS_MAP_VALUE_*
    pub value: i32,
    /// DELTOS_MAP_*; APPROXIMATE: keys of BYTES, UTF8 or VALUE
    pub shape: i32,
    /// DELTOS_DUPLICATE_*; SIMPLE only
    pub duplicates: i32,
    /// [`DELTOS_HASH_MAP_DEDUPLICATE`]
    pub flags: u32,
    /// that sort; 0: as many as there are cores, at most 16
    pub threads: u32,
    /// 0
    pub reserved: u32,
    /// how much to keep in memory, about; 0: 256 MiB; at least 1 MiB is used
    pub memory_bytes: u64,
    /// where temporary files are made, without a name; NULL: beside the storage if that works, else $TMPDIR, else /tmp
    pub spill_directory: *const c_char,
    /// RECORD: theirs, may be released afterwards; else NULL
    pub schema: *const deltos_schema,
    /// asked while adding, preparing and finishing, in bytes; NULL: nobody
    pub progress: deltos_progress,
    /// given to progress
    pub progress_user: *mut c_void,
}

// Bits of the flags of deltos_hash_map_finish().
/// a hash map of that name is replaced: who has it open keeps it until a refresh
pub const DELTOS_HASH_MAP_REPLACE: i32 = 1;

/// What a hash map is.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct deltos_hash_map_info {
    /// set by the caller
    pub struct_size: u32,
    /// DELTOS_KEY_*
    pub key: i32,
    /// DELTOS_MAP_VALUE_*
    pub value: i32,
    /// DELTOS_MAP_*
    pub shape: i32,
    /// that differ
    pub keys: u64,
    /// values, counted once for each key that has them
    pub pairs: u64,
    /// of what leads from a hash to an entry
    pub index_bytes: u64,
    /// of the whole map
    pub image_bytes: u64,
}

/// A key and its values. Frozen. What it points to is borrowed until the map's handle is released.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct deltos_map_entry {
    /// as it is stored: not aligned, no NUL follows; APPROXIMATE: the 8 bytes of its hash
    pub key: deltos_bytes,
    /// the first value: U64 its 8 bytes, VALUE its image, RECORD the 8 bytes of the row's number; not aligned, but for
    /// VALUE; data NULL: the key is absent
    pub value: deltos_bytes,
    /// U64: the first value; RECORD: the first row; else 0
    pub number: u64,
    /// of values; 0: the key is absent
    pub count: u64,
    /// for [`deltos_hash_map_values`] and [`deltos_hash_map_numbers`]
    pub run: u64,
}

// What deltos_hash_map_column() shows.
pub const DELTOS_MAP_COLUMN_KEYS: i32 = 0;
pub const DELTOS_MAP_COLUMN_VALUES: i32 = 1;

/// One value. Frozen. As an output, pointers are borrowed until the snapshot ends.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct deltos_metadatum {
    pub key: *const c_char,
    /// "u8", "B" or a format string
    pub format: *const c_char,
    /// never NULL in a value that exists, even an empty one
    pub data: *const c_void,
    /// bytes
    pub size: u64,
    /// 0 to 64; text and raw bytes have 0
    pub ndim: i32,
    /// 0
    pub reserved: u32,
    /// ndim lengths; may be NULL when ndim is 0
    pub shape: *const i64,
}

/// How a sorted map is made; zeros are the defaults.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct deltos_sorted_map_options {
    /// set by the caller
    pub struct_size: u32,
    /// [`DELTOS_KEY_BYTES`], [`DELTOS_KEY_UTF8`] or [`DELTOS_KEY_U64`]
    pub key: i32,
}

/// Facts of a sorted map in one state.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct deltos_sorted_map_info {
    /// set by the caller
    pub struct_size: u32,
    /// DELTOS_KEY_*
    pub key: i32,
    /// pairs
    pub count: u64,
    /// of all keys
    pub key_bytes: u64,
    /// of all values; an object counts 8
    pub value_bytes: u64,
    /// that have a place of their own
    pub long_values: u64,
    /// values that are objects
    pub objects: u64,
    /// levels of its tree, 0 to 12
    pub height: u32,
    /// 0
    pub reserved: u32,
}

/// Which pairs are meant: those whose keys satisfy all that is said. Frozen. All zero: all of them, in rising order;
/// with both bounds: \[from, to), as ranges are everywhere. Bounds need not be keys that are there, and may be longer
/// than keys can be; where they cross, the range is empty. Bounds of U64 are 8 bytes of native order. What is pointed
/// to is borrowed for the call.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct deltos_range {
    /// keys from here on; NULL: no lower bound
    pub from: *const deltos_bytes,
    /// keys below this; NULL: no upper bound
    pub to: *const deltos_bytes,
    /// keys that begin so; NULL: all. Not for U64
    pub prefix: *const deltos_bytes,
    /// 1: not `from` itself
    pub open_from: u8,
    /// 1: `to` itself as well
    pub closed_to: u8,
    /// 1: cursors go from the last pair to the first; elsewhere it makes no difference
    pub reverse: u8,
    /// 0
    pub reserved: [u8; 5],
}

/// One pair. Frozen. Lent as said above.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct deltos_pair {
    /// U64: 8 bytes of native order, at `number` of this very struct: do not use it in a copy
    pub key: deltos_bytes,
    /// data NULL: the value is an object
    pub value: deltos_bytes,
    /// of the object that is the value; 0: it is bytes
    pub object_id: u64,
    /// U64: the key; else 0
    pub number: u64,
}

// What deltos_sorted_map_find() looks for.
/// the first pair of all; the key is not looked at
pub const DELTOS_FIND_FIRST: i32 = 0;
/// the last pair of all; the key is not looked at
pub const DELTOS_FIND_LAST: i32 = 1;
/// the first one whose key is not below: the lower bound
pub const DELTOS_FIND_AT_LEAST: i32 = 2;
/// the first one whose key is above: the upper bound
pub const DELTOS_FIND_ABOVE: i32 = 3;
/// the last one whose key is not above
pub const DELTOS_FIND_AT_MOST: i32 = 4;
/// the last one whose key is below
pub const DELTOS_FIND_BELOW: i32 = 5;

/// What a table's handle shows. The format is borrowed until the handle is released or reinterpreted.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct deltos_table_info {
    /// set by the caller
    pub struct_size: u32,
    /// DELTOS_DTYPE_*
    pub dtype: i32,
    /// how many there are
    pub rows: i64,
    /// elements of every row; -1: ragged
    pub columns: i64,
    /// bytes of one element
    pub itemsize: u64,
    /// live views that this handle has given, however often each was shared
    pub exports: u64,
    /// 1: it gives no writable views; of a stored one: whatever the storage allows
    pub readonly: u8,
    /// 1: rows have lengths of their own
    pub ragged: u8,
    /// 1: it belongs to a storage
    pub stored: u8,
    /// 1: nobody will ever write its rows
    pub sealed: u8,
    /// 0
    pub reserved: u32,
    /// format string of one element
    pub format: *const c_char,
}

extern "C" {
    /// The name of a code, as in "[`DELTOS_E_PINNED`]".
    pub fn deltos_status_name(status: i32) -> *const c_char;

    /// The version of the library at run time, as in "0.1.0"; compare with [`DELTOS_VERSION`] of the headers.
    pub fn deltos_version() -> *const c_char;

    /// The version of the binary interface at run time: the number in the soname. A program built against headers with
    /// another [`DELTOS_ABI_VERSION`] must not call anything else.
    pub fn deltos_abi_version() -> u32;

    /// Opens a file.
    pub fn deltos_storage_open(
        path: *const c_char,
        options: *const deltos_open_options,
        storage: *mut *mut deltos_storage,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Opens a file by descriptor: one received from another process, a deleted file, or a memfd of
    /// [`deltos_storage_open_anonymous`].
    pub fn deltos_storage_open_fd(
        fd: i32,
        options: *const deltos_open_options,
        storage: *mut *mut deltos_storage,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Makes a new, empty storage in anonymous memory, open for WRITE. It lives until the last handle, view and
    /// descriptor goes.
    pub fn deltos_storage_open_anonymous(
        label: *const c_char,
        options: *const deltos_open_options,
        storage: *mut *mut deltos_storage,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Opens a storage that lies in memory of the caller's. Always STATIC: the caller promises that nobody writes
    /// there, unless COPY is given.
    pub fn deltos_storage_open_memory(
        data: *const c_void,
        size: u64,
        options: *const deltos_open_options,
        release: deltos_release,
        user: *mut c_void,
        storage: *mut *mut deltos_storage,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// The descriptor behind a storage, to be passed on to another process.
    pub fn deltos_storage_fd(storage: *const deltos_storage, fd: *mut i32, err: *mut deltos_error) -> deltos_status;

    /// Closes a storage, or refuses and changes nothing.
    pub fn deltos_storage_close(storage: *mut *mut deltos_storage, err: *mut deltos_error) -> deltos_status;

    /// Gives a storage up, whatever lives: for finalizers and error paths. An open transaction is aborted; exported
    /// memory stays valid until its last view is released, and only then is unmapped and unlocked.
    pub fn deltos_storage_detach(storage: *mut *mut deltos_storage);

    /// Makes durable what was stored so far: every LAZY and ASYNC commit, and every in-place store by any process made
    /// before the call. What was published without a barrier is published again with one, under a new number: a
    /// snapshot of it finds, when it is refreshed, that there is a newer one.
    pub fn deltos_storage_sync(storage: *mut deltos_storage, err: *mut deltos_error) -> deltos_status;

    /// Tells the state of a storage.
    pub fn deltos_storage_stat(
        storage: *const deltos_storage,
        info: *mut deltos_storage_info,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Checks the newest commit and lists what is wrong with it. Damage is a result here, not a failure: a damaged
    /// storage gives [`DELTOS_OK`] and a count above 0.
    pub fn deltos_storage_verify(
        storage: *mut deltos_storage,
        level: i32,
        progress: deltos_progress,
        user: *mut c_void,
        findings: *mut deltos_finding,
        capacity: u64,
        count: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Lists what is exported through this handle: what [`deltos_storage_close`] would name.
    pub fn deltos_storage_pins(
        storage: *const deltos_storage,
        pins: *mut deltos_pin,
        capacity: u64,
        count: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Takes a snapshot of the newest commit.
    pub fn deltos_snapshot_begin(
        storage: *mut deltos_storage,
        snapshot: *mut *mut deltos_snapshot,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// The number of the commit that a snapshot shows. Numbers grow with every commit and are never used twice.
    pub fn deltos_snapshot_id(snapshot: *const deltos_snapshot) -> u64;

    /// Replaces a snapshot by one of the newest commit.
    pub fn deltos_snapshot_refresh(
        snapshot: *mut *mut deltos_snapshot,
        changed: *mut u8,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Ends a snapshot. Objects and views made from it live on.
    pub fn deltos_snapshot_release(snapshot: *mut *mut deltos_snapshot);

    /// Writes what the snapshot shows to a new file, place by place: every offset stays what it is. The storage may be
    /// in use; stores made in place during the copy may be in it or not, word by word. Sealed content is checked on the
    /// way.
    pub fn deltos_snapshot_copy_to(
        snapshot: *const deltos_snapshot,
        path: *const c_char,
        options: *const deltos_copy_options,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Writes what the snapshot shows to a new, smallest file: objects close together, no free space. Names, ids,
    /// metadata and seals stay; offsets in the file and the uuid do not. This is the only way in which a storage gets
    /// shorter.
    pub fn deltos_snapshot_compact_to(
        snapshot: *const deltos_snapshot,
        path: *const c_char,
        options: *const deltos_copy_options,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Begins a transaction on the newest commit.
    pub fn deltos_transaction_begin(
        storage: *mut deltos_storage,
        transaction: *mut *mut deltos_transaction,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// A snapshot that shows the transaction's own changes, for every call that reads.
    pub fn deltos_transaction_snapshot(transaction: *const deltos_transaction) -> *const deltos_snapshot;

    /// Makes all changes appear, at once.
    pub fn deltos_transaction_commit(
        transaction: *mut *mut deltos_transaction,
        durability: i32,
        id: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Drops all changes. Objects made in it answer [`DELTOS_E_STALE`]; views of them stay mapped, private, until
    /// released.
    pub fn deltos_transaction_abort(transaction: *mut *mut deltos_transaction);

    /// Gives an object another name. Its id, content, metadata and views stay.
    pub fn deltos_transaction_rename(
        transaction: *mut deltos_transaction,
        from: *const c_char,
        to: *const c_char,
        replace: u8,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Deletes an object and its metadata. Views of it, anywhere, stay valid; its space is used again when the last one
    /// and the last snapshot that shows it are gone.
    pub fn deltos_transaction_delete(
        transaction: *mut deltos_transaction,
        name: *const c_char,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Deletes every object whose name starts with some bytes.
    pub fn deltos_transaction_delete_prefix(
        transaction: *mut deltos_transaction,
        prefix: *const c_char,
        count: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Opens an object by name.
    pub fn deltos_object_open(
        snapshot: *const deltos_snapshot,
        name: *const c_char,
        kind: i32,
        object: *mut *mut deltos_object,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Opens an object by id.
    pub fn deltos_object_open_id(
        snapshot: *const deltos_snapshot,
        id: u64,
        kind: i32,
        object: *mut *mut deltos_object,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Opens an object by name in the newest commit, without a snapshot of one's own: the shortest way to a view.
    pub fn deltos_object_open_newest(
        storage: *mut deltos_storage,
        name: *const c_char,
        kind: i32,
        object: *mut *mut deltos_object,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Looks again in the newest commit: by id, and when that is gone by the name it was opened under. Views of the old
    /// one stay as they are.
    pub fn deltos_object_refresh(
        object: *mut *mut deltos_object,
        changed: *mut u8,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Tells what an object is.
    pub fn deltos_object_stat(
        object: *const deltos_object,
        info: *mut deltos_object_info,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Lets go of an object's handle. The object and its views stay.
    pub fn deltos_object_release(object: *mut *mut deltos_object);

    /// Seals an object: with the commit it is checksummed, and nobody writes to it again. New views are read-only, and
    /// so is everything that promises immutability to others. The handle shows the sealed object from now on.
    pub fn deltos_object_seal(
        transaction: *mut deltos_transaction,
        object: *mut deltos_object,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Opens a sealed object to be written again, in a new place: the content is copied, and old views and snapshots
    /// keep the sealed one. The handle shows the copy from now on.
    pub fn deltos_object_unseal(
        transaction: *mut deltos_transaction,
        object: *mut deltos_object,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Where the content lies in the file, for programs that map it without this library. It is C-contiguous (a table:
    /// its index and its rows), payload_bytes long, and starts on a page when it is at least a page long. It stays
    /// there while somebody holds a view of the object.
    pub fn deltos_object_file_offset(
        object: *const deltos_object,
        offset: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Tells the system how the content will be used. Only a hint.
    pub fn deltos_object_advise(object: *const deltos_object, advice: i32, err: *mut deltos_error) -> deltos_status;

    /// Starts a listing, in byte order of names.
    pub fn deltos_snapshot_list(
        snapshot: *const deltos_snapshot,
        prefix: *const c_char,
        depth: i32,
        cursor: *mut *mut deltos_cursor,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// The next entries of a listing.
    pub fn deltos_cursor_next_entries(
        cursor: *mut deltos_cursor,
        entries: *mut deltos_entry,
        capacity: u64,
        count: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Ends a listing.
    pub fn deltos_cursor_release(cursor: *mut *mut deltos_cursor);

    /// Exports an object's memory: an address, no copy.
    pub fn deltos_view_acquire(
        object: *const deltos_object,
        flags: i32,
        view: *mut *mut deltos_view,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Makes a view of memory that is not the library's, so that it can be shared and released like any other.
    pub fn deltos_view_wrap(
        layout: *const deltos_view,
        release: deltos_release,
        user: *mut c_void,
        view: *mut *mut deltos_view,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Another view of the same memory, under another request. It pins what the first one pins; either may be released
    /// first.
    pub fn deltos_view_share(
        view: *const deltos_view,
        flags: i32,
        out: *mut *mut deltos_view,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Ends a view. Its memory may be unmapped or used again from here on.
    pub fn deltos_view_release(view: *mut *mut deltos_view);

    /// Part of a view, dimension by dimension, as in Python's slices: start and stop outside a dimension are cut to it,
    /// and what is left may be empty. An index must be there.
    pub fn deltos_view_slice(
        view: *const deltos_view,
        slices: *const deltos_slice,
        count: i32,
        out: *mut *mut deltos_view,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Some consecutive elements along the first dimension. A length that goes beyond the end is cut, so that a loop
    /// over offsets walks a view in chunks, the last of which may be short: `for (offset = 0; offset \<
    /// view->shape\[0\]; offset += chunk)`.
    pub fn deltos_view_window(
        view: *const deltos_view,
        offset: i64,
        length: i64,
        out: *mut *mut deltos_view,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// The same elements with the dimensions in another order.
    pub fn deltos_view_transpose(
        view: *const deltos_view,
        axes: *const i32,
        out: *mut *mut deltos_view,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// The same elements, counted in C order, under another shape.
    pub fn deltos_view_reshape(
        view: *const deltos_view,
        ndim: i32,
        shape: *const i64,
        out: *mut *mut deltos_view,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// The same bytes as elements of another type. With the same item size any layout will do. With another one the
    /// last dimension, which must be packed, gets as many elements as fill the same bytes: 6 int32 become 3 double or
    /// 24 bytes. Nothing is converted, and addresses are not checked for alignment.
    pub fn deltos_view_cast(
        view: *const deltos_view,
        format: *const c_char,
        dtype: i32,
        out: *mut *mut deltos_view,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Whether the elements lie packed in memory, and in which order.
    pub fn deltos_view_contiguity(
        view: *const deltos_view,
        contiguity: *mut i32,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Copies elements from one memory into another of the same shape and element type, whatever the layouts. This is
    /// how an exported buffer is filled in place from strided, Fortran-ordered or indirect memory. Overlapping memory
    /// is copied as if through a temporary.
    pub fn deltos_view_copy(
        target: *const deltos_view,
        source: *const deltos_view,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Checks a format string and tells what it means, and how this library would write it: native characters without a
    /// prefix where they are native, fields with their names, padding spelled out.
    pub fn deltos_format_describe(
        format: *const c_char,
        info: *mut deltos_format_info,
        canonical: *mut c_char,
        canonical_size: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Creates an empty array in a storage. It is stored with the commit, and can be appended to at once. When the
    /// transaction is aborted, the array is gone; its views stay as they are.
    pub fn deltos_array_create(
        transaction: *mut deltos_transaction,
        name: *const c_char,
        format: *const c_char,
        dtype: i32,
        options: *const deltos_array_options,
        array: *mut *mut deltos_object,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Opens a flat file: nothing but elements, in native byte order.
    pub fn deltos_array_open_file(
        path: *const c_char,
        format: *const c_char,
        dtype: i32,
        mode: i32,
        options: *const deltos_array_options,
        array: *mut *mut deltos_object,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Makes an empty array in anonymous shared memory, open for WRITE. It lives until the last handle, view and
    /// descriptor goes.
    pub fn deltos_array_open_anonymous(
        format: *const c_char,
        dtype: i32,
        options: *const deltos_array_options,
        array: *mut *mut deltos_object,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Opens an anonymous array by a descriptor that another process has passed on; the element type comes with it. The
    /// descriptor stays the caller's.
    pub fn deltos_array_open_fd(
        fd: i32,
        mode: i32,
        options: *const deltos_array_options,
        array: *mut *mut deltos_object,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// The descriptor behind an anonymous array or a flat file, to be passed on.
    pub fn deltos_array_fd(array: *const deltos_object, fd: *mut i32, err: *mut deltos_error) -> deltos_status;

    /// How many elements there are now. Those below the count may be read.
    pub fn deltos_array_count(array: *const deltos_object) -> u64;

    /// How many elements there is room for without growing, as far as this handle knows.
    pub fn deltos_array_capacity(array: *const deltos_object) -> u64;

    /// Appends elements.
    pub fn deltos_array_append(
        array: *mut deltos_object,
        items: *const c_void,
        count: u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Room behind the last element, to be filled in place; [`deltos_array_advance`] then makes it elements. The
    /// fastest way: ask once, fill a lot.
    pub fn deltos_array_tail(
        array: *mut deltos_object,
        count: u64,
        tail: *mut *mut c_void,
        room: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Makes elements of what has been filled in behind the last one.
    pub fn deltos_array_advance(array: *mut deltos_object, count: u64, err: *mut deltos_error) -> deltos_status;

    /// Appends the elements of a view, in C order.
    pub fn deltos_array_extend(
        array: *mut deltos_object,
        items: *const deltos_view,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Inserts elements; those behind move up. Views of the array see the change.
    pub fn deltos_array_insert(
        array: *mut deltos_object,
        index: i64,
        items: *const c_void,
        count: u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Removes elements; those behind move down.
    pub fn deltos_array_remove(
        array: *mut deltos_object,
        index: i64,
        count: u64,
        removed: *mut c_void,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Makes the array have so many elements: new ones are zero, those too many are cut off.
    pub fn deltos_array_resize(array: *mut deltos_object, count: u64, err: *mut deltos_error) -> deltos_status;

    /// Makes room, so that appending up to that many elements needs none.
    pub fn deltos_array_reserve(array: *mut deltos_object, capacity: u64, err: *mut deltos_error) -> deltos_status;

    /// Gives room that no element needs back to the file system, or to the storage (with a commit, as for growing). A
    /// storage gives back whole pieces that were added when the array grew; while a transaction is open it answers
    /// [`DELTOS_E_BUSY`].
    pub fn deltos_array_shrink(array: *mut deltos_object, err: *mut deltos_error) -> deltos_status;

    /// Removes all elements; room stays.
    pub fn deltos_array_clear(array: *mut deltos_object, err: *mut deltos_error) -> deltos_status;

    /// Reverses the order of the elements, in place.
    pub fn deltos_array_reverse(array: *mut deltos_object, err: *mut deltos_error) -> deltos_status;

    /// Turns the bytes of every number round, in place: of complex numbers each half, of text each character, of single
    /// bytes and strings of bytes nothing.
    pub fn deltos_array_byteswap(array: *mut deltos_object, err: *mut deltos_error) -> deltos_status;

    /// Brings the array into the state that a crash of the machine leaves.
    pub fn deltos_array_flush(array: *mut deltos_object, durable: u8, err: *mut deltos_error) -> deltos_status;

    /// Closes the handle, or refuses and changes nothing: while views acquired through it live, it answers
    /// [`DELTOS_E_PINNED`] and says how many.
    pub fn deltos_array_close(array: *mut *mut deltos_object, err: *mut deltos_error) -> deltos_status;

    /// Opens a value in memory of the caller's.
    pub fn deltos_value_open_memory(
        data: *const c_void,
        size: u64,
        release: deltos_release,
        user: *mut c_void,
        value: *mut *mut deltos_object,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Tells what a node is.
    pub fn deltos_value_read(
        value: *const deltos_object,
        node: u64,
        item: *mut deltos_item,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Reads elements of a list, tuple or set, or keys and values of a dict in turn, in the order in which they were
    /// put (a set: in its own).
    pub fn deltos_value_children(
        value: *const deltos_object,
        node: u64,
        first: u64,
        items: *mut deltos_item,
        capacity: u64,
        count: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Looks for a key of a dict, or a member of a set.
    pub fn deltos_value_find(
        value: *const deltos_object,
        node: u64,
        key: *const deltos_item,
        keys: *const deltos_object,
        found: *mut deltos_item,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Shows an array's elements, or those of a list or tuple that lie as numbers, without a copy.
    pub fn deltos_value_view(
        value: *const deltos_object,
        node: u64,
        flags: i32,
        view: *mut *mut deltos_view,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// A hash of what a node holds: equal nodes have the same one, in every process, language and version.
    pub fn deltos_value_hash(
        value: *const deltos_object,
        node: u64,
        hash: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Whether two nodes hold equal values.
    pub fn deltos_value_equal(
        a: *const deltos_object,
        node_a: u64,
        b: *const deltos_object,
        node_b: u64,
        equal: *mut u8,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Writes a node as JSON text, without loss: numbers as numbers (a float so short that it reads back as the same, a
    /// decimal with its digits), sequences, sets and n-dimensional arrays of numbers as arrays, dates and times as ISO
    /// 8601 in strings ("2026-11-21T19:05:00.25+01:00").
    pub fn deltos_value_to_json(
        value: *const deltos_object,
        node: u64,
        flags: i32,
        text: *mut c_char,
        size: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Begins a value.
    pub fn deltos_value_builder_begin(builder: *mut *mut deltos_builder, err: *mut deltos_error) -> deltos_status;

    /// Puts items, one behind the other. LIST, TUPLE, SET and DICT open a container, which END closes; a dict takes
    /// keys and values in turn. A LIST or TUPLE whose detail is a dtype from I8 to F64 (but F16) is whole by itself:
    /// count elements, close together, at data. Where all elements are integers, floats or booleans, they are stored as
    /// narrow as they fit.
    pub fn deltos_value_builder_put(
        builder: *mut deltos_builder,
        items: *const deltos_item,
        count: u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Puts an array.
    pub fn deltos_value_builder_put_view(
        builder: *mut deltos_builder,
        array: *const deltos_view,
        node: u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Puts the value that a JSON text is, wherever one may stand: objects as dicts, arrays as lists, numbers with a
    /// point or an exponent as floats, others as integers, and as decimals where they have more than 64 bits.
    pub fn deltos_value_builder_put_json(
        builder: *mut deltos_builder,
        text: *const c_char,
        size: u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Ends the value and writes it into memory of the caller's, from which [`deltos_value_open_memory`] reads it, in
    /// any process. Repeatable; nothing can be put afterwards.
    pub fn deltos_value_builder_pack(
        builder: *mut deltos_builder,
        data: *mut c_void,
        size: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Ends the value and stores it under a name, sealed. An existing value of that name is not replaced.
    pub fn deltos_value_builder_store(
        builder: *mut deltos_builder,
        transaction: *mut deltos_transaction,
        name: *const c_char,
        value: *mut *mut deltos_object,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Ends a builder of any kind; what it has not stored vanishes.
    pub fn deltos_builder_release(builder: *mut *mut deltos_builder);

    /// Makes a schema.
    pub fn deltos_schema_make(
        name: *const c_char,
        slots: *const deltos_slot,
        count: u64,
        options: *const deltos_schema_options,
        schema: *mut *mut deltos_schema,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// The schema of a record table. It may outlive the table.
    pub fn deltos_schema_of(
        table: *const deltos_object,
        schema: *mut *mut deltos_schema,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Tells what a schema is.
    pub fn deltos_schema_stat(
        schema: *const deltos_schema,
        info: *mut deltos_schema_info,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Lists the slots of all levels: names, types, and where they lie in a row.
    pub fn deltos_schema_slots(
        schema: *const deltos_schema,
        slots: *mut deltos_slot,
        capacity: u64,
        count: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Finds a slot by name. One within RECORDs is named by all names on the way, with dots between them: "place.x".
    pub fn deltos_schema_find(
        schema: *const deltos_schema,
        name: *const c_char,
        index: *mut i64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// The schema of a RECORD slot, as it was made: its slots are numbered and placed as in a table of its own.
    pub fn deltos_schema_nested(
        schema: *const deltos_schema,
        slot: u64,
        nested: *mut *mut deltos_schema,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Whether a program that knows records by one schema can read those of another one. Slots are the same when their
    /// names are. What both have must have the same type; what the reader needs in every row, the writer must have in
    /// every row; what the writer does not have, the reader must be able to miss (OPTIONAL or NULLABLE). Names of
    /// schemas, order and places of slots, WRITABLE and metadata do not matter.
    pub fn deltos_schema_check(
        reader: *const deltos_schema,
        writer: *const deltos_schema,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Writes a schema into memory of the caller's. The bytes are a value (value.h), a dict that describes itself; they
    /// can be stored and opened as one.
    pub fn deltos_schema_pack(
        schema: *const deltos_schema,
        data: *mut c_void,
        size: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Reads what [`deltos_schema_pack`] has written.
    pub fn deltos_schema_unpack(
        data: *const c_void,
        size: u64,
        schema: *mut *mut deltos_schema,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Ends a schema's handle. Tables and builders keep what they need of it.
    pub fn deltos_schema_release(schema: *mut *mut deltos_schema);

    /// Begins a record table.
    pub fn deltos_record_table_begin(
        transaction: *mut deltos_transaction,
        name: *const c_char,
        schema: *const deltos_schema,
        options: *const deltos_record_table_options,
        builder: *mut *mut deltos_builder,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Adds rows, given as columns. Everything is checked before anything is kept, and what is given is copied.
    pub fn deltos_record_table_add(
        builder: *mut deltos_builder,
        columns: *const deltos_column,
        presence: *const *const u8,
        slot_count: u64,
        rows: u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Stores the table, sealed unless a slot is WRITABLE. Nothing can be added afterwards.
    pub fn deltos_record_table_finish(
        builder: *mut deltos_builder,
        table: *mut *mut deltos_object,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Writes the table into memory of the caller's, from which [`deltos_record_table_open_memory`] reads it, in any
    /// process. Repeatable; nothing can be added afterwards.
    pub fn deltos_record_table_pack(
        builder: *mut deltos_builder,
        data: *mut c_void,
        size: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Opens a record table in memory of the caller's.
    pub fn deltos_record_table_open_memory(
        data: *const c_void,
        size: u64,
        release: deltos_release,
        user: *mut c_void,
        table: *mut *mut deltos_object,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Tells what a record table is.
    pub fn deltos_record_table_stat(
        table: *const deltos_object,
        info: *mut deltos_record_table_info,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Reads one slot of one row.
    pub fn deltos_record_table_read(
        table: *const deltos_object,
        row: u64,
        slot: u64,
        item: *mut deltos_item,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Opens the value in a slot of type LIST to VALUE, to be read with the functions of value.h.
    pub fn deltos_record_table_value(
        table: *const deltos_object,
        row: u64,
        slot: u64,
        value: *mut *mut deltos_object,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Shows all rows of a table of layout ROWS: one dimension of structures "T{...}" with the slots' names. References
    /// show as "T{Q:place:Q:bytes:}", into what [`deltos_record_table_heap`] shows; presence bytes as padding.
    pub fn deltos_record_table_rows(
        table: *const deltos_object,
        flags: i32,
        view: *mut *mut deltos_view,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Shows the bytes that the references of a table of layout ROWS point into.
    pub fn deltos_record_table_heap(
        table: *const deltos_object,
        flags: i32,
        view: *mut *mut deltos_view,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Shows one slot of all rows, without a copy.
    pub fn deltos_record_table_column(
        table: *const deltos_object,
        slot: u64,
        flags: i32,
        view: *mut *mut deltos_view,
        offsets: *mut *mut deltos_view,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Shows presence bits of one slot of all rows, without a copy: one dimension of unsigned bytes.
    pub fn deltos_record_table_presence(
        table: *const deltos_object,
        slot: u64,
        which: i32,
        flags: i32,
        view: *mut *mut deltos_view,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Checks what opening leaves to each use: references and offsets of all rows, text, and whole values.
    /// [`DELTOS_VERIFY_FULL`] does the same for all tables of a storage. For a table from a stranger that is to be
    /// given to a consumer who believes what he gets.
    pub fn deltos_record_table_verify(
        table: *const deltos_object,
        progress: deltos_progress,
        user: *mut c_void,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Shows a view's elements as a column, one entry for each index of the first dimension.
    pub fn deltos_view_to_arrow(
        view: *const deltos_view,
        schema: *mut deltos_arrow_schema,
        array: *mut deltos_arrow_array,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Shows an object as Arrow: a record table as a struct of its slots, which is what a batch of rows is to Arrow; a
    /// buffer or array as [`deltos_view_to_arrow`] shows its view.
    pub fn deltos_object_to_arrow(
        object: *const deltos_object,
        schema: *mut deltos_arrow_schema,
        array: *mut deltos_arrow_array,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// The same of a record table, as a stream that gives all rows as one batch.
    pub fn deltos_record_table_to_arrow_stream(
        table: *const deltos_object,
        stream: *mut deltos_arrow_stream,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Begins a record table with the schema of a stream of Arrow, and adds all its rows. More can be added;
    /// [`deltos_record_table_finish`] or [`deltos_record_table_pack`] ends it.
    pub fn deltos_record_table_from_arrow(
        transaction: *mut deltos_transaction,
        name: *const c_char,
        stream: *mut deltos_arrow_stream,
        options: *const deltos_record_table_options,
        builder: *mut *mut deltos_builder,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Creates a buffer with content.
    pub fn deltos_buffer_create(
        transaction: *mut deltos_transaction,
        name: *const c_char,
        content: *const deltos_view,
        buffer: *mut *mut deltos_object,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Creates a buffer of zeros, to be filled through a writable view before or after the commit.
    pub fn deltos_buffer_create_zeroed(
        transaction: *mut deltos_transaction,
        name: *const c_char,
        format: *const c_char,
        dtype: i32,
        ndim: i32,
        shape: *const i64,
        buffer: *mut *mut deltos_object,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Gives a buffer new content in a new place; name, id and metadata stay. With the commit everybody who opens it
    /// gets the new one, at once and whole; views and snapshots of the old one keep the old one.
    pub fn deltos_buffer_replace(
        transaction: *mut deltos_transaction,
        old: *const deltos_object,
        content: *const deltos_view,
        buffer: *mut *mut deltos_object,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Stores one element everywhere.
    pub fn deltos_view_fill(
        target: *const deltos_view,
        item: *const c_void,
        size: u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Whether two views have the same shape and, by value, the same elements. Views without elements are equal when
    /// their shapes are.
    pub fn deltos_view_equal(
        a: *const deltos_view,
        b: *const deltos_view,
        equal: *mut u8,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Orders two views by value, like words in a dictionary: in C order, the first two elements that are not equal
    /// decide. Without such, the one with fewer elements is less; with as many, the one with fewer dimensions; then the
    /// first lengths that differ decide.
    pub fn deltos_view_compare(
        a: *const deltos_view,
        b: *const deltos_view,
        order: *mut i32,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Finds an element by value.
    pub fn deltos_view_find(
        view: *const deltos_view,
        item: *const c_void,
        size: u64,
        from: i64,
        index: *mut i64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Counts the elements that are equal to one, by value.
    pub fn deltos_view_count(
        view: *const deltos_view,
        item: *const c_void,
        size: u64,
        count: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Copies rows that are chosen by number: target\[i\] = source\[rows\[i\]\].
    pub fn deltos_view_gather(
        source: *const deltos_view,
        rows: *const i64,
        count: u64,
        target: *const deltos_view,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Reads from a file descriptor straight into the elements, in C order, until the view is full or the end is
    /// reached. A part of a view is filled by way of a sub-view ([`deltos_view_window`]).
    pub fn deltos_view_read_fd(
        target: *const deltos_view,
        fd: i32,
        file_offset: i64,
        bytes: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Writes the elements to a file descriptor, in C order, all of them.
    pub fn deltos_view_write_fd(
        source: *const deltos_view,
        fd: i32,
        file_offset: i64,
        bytes: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// One element as a number. What the elements are does not matter as long as they are numbers: booleans, integers
    /// or floats of any width in either byte order. The answer is the same number, or [`DELTOS_E_RANGE`]: an integer
    /// too large for the type asked for, a fraction asked for as an integer, an integer that no double is equal to.
    /// Only "g" is rounded to the nearest double.
    pub fn deltos_view_get_i64(
        view: *const deltos_view,
        index: *const i64,
        value: *mut i64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// The same as an unsigned integer.
    pub fn deltos_view_get_u64(
        view: *const deltos_view,
        index: *const i64,
        value: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// The same as a double.
    pub fn deltos_view_get_f64(
        view: *const deltos_view,
        index: *const i64,
        value: *mut f64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// One element as its bytes, as they lie in memory; of any type.
    pub fn deltos_view_get_bytes(
        view: *const deltos_view,
        index: *const i64,
        item: *mut c_void,
        size: u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Stores a number in one element. The elements may be numbers of any kind, as for [`deltos_view_get_i64`]; what
    /// they cannot hold exactly answers [`DELTOS_E_RANGE`] and stores nothing.
    pub fn deltos_view_set_i64(
        view: *const deltos_view,
        index: *const i64,
        value: i64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// The same with an unsigned integer.
    pub fn deltos_view_set_u64(
        view: *const deltos_view,
        index: *const i64,
        value: u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// The same with a double. In a float it is rounded to the nearest, ties to even; a finite number beyond the
    /// largest one is [`DELTOS_E_RANGE`], and so is an infinity in a type without. In an integer it must be whole.
    pub fn deltos_view_set_f64(
        view: *const deltos_view,
        index: *const i64,
        value: f64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Stores the bytes of one element; of any type.
    pub fn deltos_view_set_bytes(
        view: *const deltos_view,
        index: *const i64,
        item: *const c_void,
        size: u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Loads an element atomically: between threads, and between processes that map the same memory.
    pub fn deltos_view_atomic_load(
        view: *const deltos_view,
        index: *const i64,
        order: i32,
        value: *mut c_void,
        size: u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Stores an element atomically.
    pub fn deltos_view_atomic_store(
        view: *const deltos_view,
        index: *const i64,
        order: i32,
        value: *const c_void,
        size: u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Adds to an element atomically. Integers wrap around; floats are rounded as the processor rounds them.
    pub fn deltos_view_atomic_add(
        view: *const deltos_view,
        index: *const i64,
        order: i32,
        summand: *const c_void,
        previous: *mut c_void,
        size: u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Stores an element atomically if it is what it is expected to be, byte for byte: 0.0 is not -0.0, and a NaN is
    /// itself.
    pub fn deltos_view_atomic_compare_exchange(
        view: *const deltos_view,
        index: *const i64,
        order: i32,
        expected: *mut c_void,
        desired: *const c_void,
        size: u64,
        exchanged: *mut u8,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Begins a hash map.
    pub fn deltos_hash_map_begin(
        storage: *const deltos_storage,
        options: *const deltos_hash_map_options,
        builder: *mut *mut deltos_builder,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Adds pairs. Everything is checked before anything is kept, and what is given is copied.
    pub fn deltos_hash_map_add(
        builder: *mut deltos_builder,
        keys: *const deltos_column,
        values: *const deltos_column,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Adds pairs whose values are records, given as columns: [`deltos_hash_map_add`] for keys,
    /// [`deltos_record_table_add`] for values.
    pub fn deltos_hash_map_add_records(
        builder: *mut deltos_builder,
        keys: *const deltos_column,
        columns: *const deltos_column,
        presence: *const *const u8,
        slot_count: u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Adds all pairs of another map, which is how maps are merged. Of the same key in several maps the duplicate
    /// policy, or the shape, says what becomes of it, the maps being in the order in which they were added.
    pub fn deltos_hash_map_add_map(
        builder: *mut deltos_builder,
        map: *const deltos_object,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Sorts what was added: the long part of building, which needs no transaction. Nothing can be added afterwards.
    /// Repeatable: once it has succeeded it does nothing.
    pub fn deltos_hash_map_prepare(builder: *mut deltos_builder, err: *mut deltos_error) -> deltos_status;

    /// Stores the map, sealed; prepares it first when that has not been done. Repeatable: the same map can be stored in
    /// several storages.
    pub fn deltos_hash_map_finish(
        builder: *mut deltos_builder,
        transaction: *mut deltos_transaction,
        name: *const c_char,
        flags: u32,
        map: *mut *mut deltos_object,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Writes the map into memory of the caller's, from which [`deltos_hash_map_open_memory`] reads it, in any process;
    /// prepares it first when that has not been done. Repeatable.
    pub fn deltos_hash_map_pack(
        builder: *mut deltos_builder,
        data: *mut c_void,
        size: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Opens a hash map in memory of the caller's.
    pub fn deltos_hash_map_open_memory(
        data: *const c_void,
        size: u64,
        release: deltos_release,
        user: *mut c_void,
        map: *mut *mut deltos_object,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Tells what a hash map is.
    pub fn deltos_hash_map_stat(
        map: *const deltos_object,
        info: *mut deltos_hash_map_info,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Finds a key, and tells all there is to know of it.
    pub fn deltos_hash_map_find(
        map: *const deltos_object,
        key: *const c_void,
        size: u64,
        entry: *mut deltos_map_entry,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// The first value of a key, as bytes.
    pub fn deltos_hash_map_get(
        map: *const deltos_object,
        key: *const c_void,
        size: u64,
        value: *mut deltos_bytes,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// The first value of a key in a map of U64, or the number of its row in one of RECORD.
    pub fn deltos_hash_map_get_number(
        map: *const deltos_object,
        key: *const c_void,
        size: u64,
        number: *mut u64,
        present: *mut u8,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Finds many keys, several at a time, so that the processor waits for memory once for all of them.
    pub fn deltos_hash_map_find_many(
        map: *const deltos_object,
        keys: *const deltos_column,
        entries: *mut deltos_map_entry,
        present: *mut u8,
        hits: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// The first values of many keys, as bytes: [`deltos_hash_map_find_many`] where nothing else is wanted.
    pub fn deltos_hash_map_get_many(
        map: *const deltos_object,
        keys: *const deltos_column,
        values: *mut deltos_bytes,
        hits: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// The first values of many keys in a map of U64, or the numbers of their rows in one of RECORD.
    pub fn deltos_hash_map_get_many_numbers(
        map: *const deltos_object,
        keys: *const deltos_column,
        absent: u64,
        numbers: *mut u64,
        present: *mut u8,
        hits: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// The values of a key, in the order in which they were added.
    pub fn deltos_hash_map_values(
        map: *const deltos_object,
        entry: *const deltos_map_entry,
        first: u64,
        values: *mut deltos_bytes,
        capacity: u64,
        count: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// The values of a key in a map of U64, or the numbers of its rows in one of RECORD, in the order in which they
    /// were added.
    pub fn deltos_hash_map_numbers(
        map: *const deltos_object,
        entry: *const deltos_map_entry,
        first: u64,
        numbers: *mut u64,
        capacity: u64,
        count: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Opens a value of a key in a map of VALUE, to be read with the functions of value.h.
    pub fn deltos_hash_map_value(
        map: *const deltos_object,
        entry: *const deltos_map_entry,
        index: u64,
        value: *mut *mut deltos_object,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Goes through all keys, in the order in which they lie, which is that of hashes.
    pub fn deltos_hash_map_entries(
        map: *const deltos_object,
        position: *mut u64,
        entries: *mut deltos_map_entry,
        capacity: u64,
        count: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Tells the order of the keys: bytes and text by their bytes, U64 and hashes as numbers. Each position leads
    /// [`deltos_hash_map_entries`] to a key.
    pub fn deltos_hash_map_order(
        map: *const deltos_object,
        positions: *mut u64,
        capacity: u64,
        count: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Shows all keys, or all values, of a map with keys of U64, or of shape APPROXIMATE, without a copy: one dimension
    /// of uint64 for each pair, 16 bytes apart, in the order of hashes. Keys of APPROXIMATE are hashes; values of
    /// RECORD are the numbers of rows.
    pub fn deltos_hash_map_column(
        map: *const deltos_object,
        which: i32,
        flags: i32,
        view: *mut *mut deltos_view,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// The record table whose rows are the values of a map of RECORD.
    pub fn deltos_hash_map_records(
        map: *const deltos_object,
        table: *mut *mut deltos_object,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Checks what opening leaves to each use: every entry, that each key is where it is looked for, text, whole values
    /// and records. [`DELTOS_VERIFY_FULL`] does the same for all maps of a storage. For a map from a stranger.
    pub fn deltos_hash_map_verify(
        map: *const deltos_object,
        progress: deltos_progress,
        user: *mut c_void,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Looks a value up. Absence is not a failure: item->data is NULL then, and nothing else is set.
    pub fn deltos_metadata_get(
        snapshot: *const deltos_snapshot,
        name: *const c_char,
        key: *const c_char,
        item: *mut deltos_metadatum,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// All values of an object, in byte order of keys.
    pub fn deltos_metadata_list(
        snapshot: *const deltos_snapshot,
        name: *const c_char,
        items: *mut deltos_metadatum,
        capacity: u64,
        count: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Sets a value, new or not.
    pub fn deltos_metadata_set(
        transaction: *mut deltos_transaction,
        name: *const c_char,
        item: *const deltos_metadatum,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Removes a value.
    pub fn deltos_metadata_remove(
        transaction: *mut deltos_transaction,
        name: *const c_char,
        key: *const c_char,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Creates an empty sorted map.
    pub fn deltos_sorted_map_create(
        transaction: *mut deltos_transaction,
        name: *const c_char,
        options: *const deltos_sorted_map_options,
        map: *mut *mut deltos_object,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Tells what a sorted map is and how much is in it.
    pub fn deltos_sorted_map_stat(
        snapshot: *const deltos_snapshot,
        map: *const deltos_object,
        info: *mut deltos_sorted_map_info,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Puts a pair: a new key comes in, one that is there gets the new value.
    pub fn deltos_sorted_map_put(
        transaction: *mut deltos_transaction,
        map: *const deltos_object,
        key: *const c_void,
        key_size: u64,
        value: *const c_void,
        value_size: u64,
        replaced: *mut u8,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Puts a pair whose value is an object of the same storage. Only its id is kept: the object can be renamed,
    /// changed or deleted, and then [`deltos_object_open_id`] says [`DELTOS_E_NOT_FOUND`] and verify(FULL) reports it.
    pub fn deltos_sorted_map_put_object(
        transaction: *mut deltos_transaction,
        map: *const deltos_object,
        key: *const c_void,
        key_size: u64,
        value: *const deltos_object,
        replaced: *mut u8,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Puts many pairs, in any order; of equal keys the last one counts.
    pub fn deltos_sorted_map_put_many(
        transaction: *mut deltos_transaction,
        map: *const deltos_object,
        keys: *const deltos_column,
        values: *const deltos_column,
        added: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Adds many pairs at the end: keys must rise, and the first must lie above all that are there. This is the fastest
    /// way to fill a map, and leaves the smallest one: pages are filled one after the other, from left to right. It can
    /// be called again and again; memory stays bounded whatever the amount.
    pub fn deltos_sorted_map_load(
        transaction: *mut deltos_transaction,
        map: *const deltos_object,
        keys: *const deltos_column,
        values: *const deltos_column,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// The value of a key. Absence is no failure.
    pub fn deltos_sorted_map_get(
        snapshot: *const deltos_snapshot,
        map: *const deltos_object,
        key: *const c_void,
        key_size: u64,
        value: *mut deltos_bytes,
        object_id: *mut u64,
        present: *mut u8,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// The values of many keys, in any order; least work when they are sorted.
    pub fn deltos_sorted_map_get_many(
        snapshot: *const deltos_snapshot,
        map: *const deltos_object,
        keys: *const deltos_column,
        values: *mut deltos_bytes,
        object_ids: *mut u64,
        present: *mut u8,
        hits: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Removes a pair.
    pub fn deltos_sorted_map_remove(
        transaction: *mut deltos_transaction,
        map: *const deltos_object,
        key: *const c_void,
        key_size: u64,
        removed: *mut u8,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Removes all pairs of a range.
    pub fn deltos_sorted_map_remove_range(
        transaction: *mut deltos_transaction,
        map: *const deltos_object,
        range: *const deltos_range,
        removed: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// One pair by the order of keys. Absence is no failure.
    pub fn deltos_sorted_map_find(
        snapshot: *const deltos_snapshot,
        map: *const deltos_object,
        which: i32,
        key: *const c_void,
        key_size: u64,
        pair: *mut deltos_pair,
        present: *mut u8,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Counts the pairs of a range.
    pub fn deltos_sorted_map_count(
        snapshot: *const deltos_snapshot,
        map: *const deltos_object,
        range: *const deltos_range,
        count: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Starts a walk over the pairs of a range, in the order of keys or, with `reverse`, against it.
    pub fn deltos_sorted_map_range(
        snapshot: *const deltos_snapshot,
        map: *const deltos_object,
        range: *const deltos_range,
        cursor: *mut *mut deltos_cursor,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// The next pairs of a walk.
    pub fn deltos_cursor_next_pairs(
        cursor: *mut deltos_cursor,
        pairs: *mut deltos_pair,
        capacity: u64,
        count: *mut u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Goes to another place of a walk: the next pair is the first one, in its direction, whose key is not before key.
    /// Going back is allowed; beyond the range is its end.
    pub fn deltos_cursor_seek_pair(
        cursor: *mut deltos_cursor,
        key: *const c_void,
        key_size: u64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Creates a table of zeros.
    pub fn deltos_table_create(
        transaction: *mut deltos_transaction,
        name: *const c_char,
        format: *const c_char,
        dtype: i32,
        rows: i64,
        columns: i64,
        lengths: *const i64,
        table: *mut *mut deltos_object,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Shows a `T **` of the caller's as a table. Neither pointers nor rows are copied: [`deltos_table_rows`] gives
    /// this very array back. Several tables may share the memory, each with a release of its own.
    pub fn deltos_table_wrap(
        rows: *const *mut c_void,
        row_count: i64,
        columns: i64,
        lengths: *const i64,
        format: *const c_char,
        dtype: i32,
        readonly: u8,
        release: deltos_release,
        user: *mut c_void,
        table: *mut *mut deltos_object,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Shows the rows, or the columns, of a two-dimensional view as a table, without copying. A view of one dimension
    /// is one row (axis 0) or one column (axis 1), either of which becomes one row of the table. The distance between
    /// rows may be anything, also negative; the rows may be reached by pointers themselves.
    pub fn deltos_table_from_view(
        view: *const deltos_view,
        axis: i32,
        table: *mut *mut deltos_object,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Shows separate views as the rows of one table, without copying. Each is contiguous, in C or Fortran order, and
    /// is a row in the order of its memory, whatever its dimensions. All have the same element type and number of
    /// elements.
    pub fn deltos_table_from_views(
        views: *const *const deltos_view,
        count: i64,
        columns: i64,
        format: *const c_char,
        dtype: i32,
        table: *mut *mut deltos_object,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Tells what a table is, as this handle shows it. It looks at nothing stored.
    pub fn deltos_table_stat(
        table: *const deltos_object,
        info: *mut deltos_table_info,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// The array of row pointers, for calls that take `T **`.
    pub fn deltos_table_rows(
        table: *const deltos_object,
        writable: u8,
        pin: *mut *mut deltos_view,
        rows: *mut *const *mut c_void,
        lengths: *mut *const i64,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// One row as a one-dimensional, contiguous view.
    pub fn deltos_table_row(
        table: *const deltos_object,
        row: i64,
        flags: i32,
        view: *mut *mut deltos_view,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// A copy of a rectangular table in memory of its own: C-contiguous, writable, two-dimensional. For consumers that
    /// do not follow pointers.
    pub fn deltos_table_to_dense(
        table: *const deltos_object,
        view: *mut *mut deltos_view,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Shows the same bytes as elements of another type. Each row has as many elements as fit into its bytes, rounded
    /// down; going back brings the rest back. In a storage, the type that is stored stays. Naming the type that is
    /// shown already does nothing, also while there are views.
    pub fn deltos_table_reinterpret(
        table: *mut deltos_object,
        format: *const c_char,
        dtype: i32,
        err: *mut deltos_error,
    ) -> deltos_status;

    /// Makes a table give no writable views any more, through this handle. There is no way back. Of one that is
    /// read-only already it does nothing, also while there are views.
    pub fn deltos_table_make_readonly(table: *mut deltos_object, err: *mut deltos_error) -> deltos_status;
}
