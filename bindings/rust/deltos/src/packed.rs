//! Values, record tables and hash maps outside storages: their bytes, and how they are read in memory that is kept for them.

use std::fmt;
use std::mem::size_of_val;
use std::ops::Deref;
use std::os::raw::c_void;
use std::ptr::null_mut;

use deltos_sys as sys;

use crate::error::Detail;
use crate::progress::drop_box;
use crate::storage::made;
use crate::{ErrorKind, Object, RecordTable, Result, Value};

/// Where values and record tables are read in memory.
const ALIGNMENT: usize = 8;

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; 64]);

/// Bytes that start at a multiple of 64.
#[derive(Clone)]
struct Lines {
    lines: Vec<Line>,
    size: usize,
}

impl Lines {
    fn zeroed(size: usize) -> Self {
        Lines { lines: vec![Line([0; 64]); (size + 63) / 64], size }
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: lines are bytes, and there are so many.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.size) }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        debug_assert!(self.size <= size_of_val(&*self.lines));
        // SAFETY: lines are bytes, and there are so many.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.size) }
    }
}

/// What a function of the library says that it would write, when there is no room.
pub(crate) fn size_of_packed(write: impl FnOnce(*mut c_void, &mut u64) -> Result<()>) -> Result<usize> {
    let mut size = 0;
    match write(null_mut(), &mut size) {
        Err(error) if error.kind() != ErrorKind::TooSmall => Err(error),
        _ => Ok(size as usize),
    }
}

/// The function of the library that reads such bytes.
type OpenMemory = unsafe extern "C" fn(
    *const c_void,
    u64,
    sys::deltos_release,
    *mut c_void,
    *mut *mut sys::deltos_object,
    *mut sys::deltos_error,
) -> sys::deltos_status;

/// Opens bytes in memory that is kept until nothing shows it any more, or copied where it is not aligned, to at most 64.
///
/// # Safety
/// `open` is one of the library's, and takes bytes of any content.
pub(crate) unsafe fn open_owned<O>(open: OpenMemory, alignment: usize, packed: O) -> Result<Object<'static>>
where
    O: AsRef<[u8]> + Send + Sync + 'static,
{
    let owner = Box::into_raw(Box::new(packed));
    // The box lives until its release, and nothing but this shared borrow touches it before.
    let bytes = (*owner).as_ref();
    if bytes.as_ptr() as usize % alignment != 0 {
        let copy = PackedValue::copy_of(bytes);
        drop(Box::from_raw(owner)); // nobody else has it
        return open_owned(open, alignment, copy);
    }
    let (mut raw, mut detail) = (null_mut(), Detail::new());
    let (data, size) = (bytes.as_ptr().cast(), bytes.len() as u64);
    let status = open(data, size, Some(drop_box::<O>), owner.cast(), &mut raw, detail.as_mut_ptr());
    if let Err(error) = detail.check(status) {
        drop(Box::from_raw(owner)); // nobody else has it: a call that fails does not release
        return Err(error);
    }
    Ok(Object::adopt(made(raw)?, true, None))
}

macro_rules! packed {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(Lines);

        impl $name {
            /// Bytes from anywhere, at an address where they can be read.
            pub fn copy_of(bytes: &[u8]) -> Self {
                let mut lines = Lines::zeroed(bytes.len());
                lines.bytes_mut().copy_from_slice(bytes);
                $name(lines)
            }

            /// What a function of the library writes, once it has been asked how much that is.
            pub(crate) fn written(mut write: impl FnMut(*mut c_void, &mut u64) -> Result<()>) -> Result<Self> {
                let mut lines = Lines::zeroed(size_of_packed(&mut write)?);
                let mut size = lines.size as u64;
                write(lines.bytes_mut().as_mut_ptr().cast(), &mut size)?;
                Ok($name(lines))
            }
        }

        impl Deref for $name {
            type Target = [u8];

            fn deref(&self) -> &[u8] {
                self.0.bytes()
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                self
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.debug_struct(stringify!($name)).field("size", &self.0.size).finish_non_exhaustive()
            }
        }
    };
}

packed! {
    /// The bytes of a value, aligned so that every array in it can be looked at where it lies. They mean the same in every
    /// process and language.
    ///
    /// ```
    /// use deltos::{Tree, Value};
    ///
    /// let packed = Tree::List(vec![Tree::from(1), Tree::from(2)]).pack()?;
    /// assert_eq!(packed.value()?.root().len(), 2);
    /// let sent: Vec<u8> = packed.to_vec();
    /// let received = Value::unpack(sent)?;
    /// assert_eq!(received.root().to_vec::<i64>()?, [1, 2]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    PackedValue
}

packed! {
    /// The bytes of a record table with its schema, aligned so that all of it can be looked at where it lies. They mean the
    /// same in every process and language.
    ///
    /// ```
    /// use deltos::{Column, RecordBuilder, RecordLayout, RecordTable, Schema, SlotDef};
    ///
    /// let schema = Schema::new("point", &[SlotDef::fixed::<f32>("x"), SlotDef::fixed::<f32>("y")])?;
    /// let mut points = RecordBuilder::in_memory(&schema, RecordLayout::Columns)?;
    /// points.add(&[Column::from(&[1.0f32, 2.0]), Column::from(&[3.0f32, 4.0])])?;
    /// let packed = points.pack()?;
    /// let sent: Vec<u8> = packed.to_vec();
    /// let received = RecordTable::unpack(sent)?;
    /// assert_eq!(received.column::<f32>(1)?.as_slice()?, [3.0, 4.0]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    PackedTable
}

packed! {
    /// The bytes of a hash map, aligned so that it can be looked up where it lies. They mean the same in every process and
    /// language.
    ///
    /// ```
    /// use deltos::{HashMap, HashMapBuilder, HashMapOptions};
    ///
    /// let mut names = HashMapBuilder::<u64, str>::new(HashMapOptions::new())?;
    /// names.add(&[1, 2], &["one", "two"])?;
    /// let names: HashMap<u64, str> = HashMap::unpack(names.pack()?)?;
    /// assert_eq!(names.get(&2)?, Some("two"));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    PackedMap
}

impl PackedValue {
    /// The value in them.
    ///
    /// # Errors
    /// As [`Value::unpack_ref`].
    pub fn value(&self) -> Result<Value<'_>> {
        Value::unpack_ref(self)
    }
}

impl Value<'static> {
    /// Reads a packed value in memory that it keeps: a vector, an `Arc<[u8]>`, a mapping. Where the bytes are not aligned
    /// to 8, they are copied to where they are.
    ///
    /// # Errors
    /// [`NotDeltos`](ErrorKind::NotDeltos), [`Corrupt`](ErrorKind::Corrupt), [`Feature`](ErrorKind::Feature).
    ///
    /// ```
    /// use deltos::{ErrorKind, Tree, Value};
    /// let bytes: Vec<u8> = Tree::from("Ulm").pack()?.to_vec();
    /// assert_eq!(Value::unpack(bytes)?.root().as_str(), Some("Ulm"));
    /// assert_eq!(Value::unpack(b"something else").unwrap_err().kind(), ErrorKind::NotDeltos);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn unpack<O>(packed: O) -> Result<Value<'static>>
    where
        O: AsRef<[u8]> + Send + Sync + 'static,
    {
        // SAFETY: the function checks what it opens.
        Value::of(unsafe { open_owned(sys::deltos_value_open_memory, ALIGNMENT, packed) }?)
    }
}

impl RecordTable<'static> {
    /// Reads a packed record table in memory that it keeps, and without a storage: a [`PackedTable`], a vector, an
    /// `Arc<[u8]>`, a mapping. Where the bytes are not aligned to 8, they are copied to where they are. Nothing changes it:
    /// slots that are writable are read like others.
    ///
    /// What is not checked when it is opened is checked where it is read, so that bytes may come from a stranger;
    /// [`verify`](RecordTable::verify) checks all of it.
    ///
    /// # Errors
    /// [`NotDeltos`](ErrorKind::NotDeltos), [`Corrupt`](ErrorKind::Corrupt), [`Feature`](ErrorKind::Feature).
    ///
    /// ```
    /// use std::sync::Arc;
    /// use deltos::{ErrorKind, RecordBuilder, RecordLayout, RecordTable, Schema, SlotDef};
    ///
    /// let schema = Schema::new("empty", &[SlotDef::fixed::<u8>("n")])?;
    /// let packed = Arc::new(RecordBuilder::in_memory(&schema, RecordLayout::Rows)?.pack()?);
    /// # struct Shared(Arc<deltos::PackedTable>);
    /// # impl AsRef<[u8]> for Shared { fn as_ref(&self) -> &[u8] { &self.0 } }
    /// let table = RecordTable::unpack(Shared(packed.clone()))?; // Shared: AsRef<[u8]>
    /// assert_eq!(table.info()?.rows, 0);
    /// assert_eq!(RecordTable::unpack(b"something else").unwrap_err().kind(), ErrorKind::NotDeltos);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn unpack<O>(packed: O) -> Result<RecordTable<'static>>
    where
        O: AsRef<[u8]> + Send + Sync + 'static,
    {
        // SAFETY: the function checks what it opens.
        unsafe { open_owned(sys::deltos_record_table_open_memory, ALIGNMENT, packed) }.map(RecordTable::of)
    }
}
