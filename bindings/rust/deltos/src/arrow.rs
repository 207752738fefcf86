//! Arrow: memory as other libraries of the process take it, through the structures of Arrow's C interfaces.

use std::ffi::CStr;
use std::fmt;
use std::mem::{replace, zeroed};
use std::os::raw::{c_char, c_int, c_void};
use std::ptr::{null, null_mut};

use deltos_sys as sys;

use crate::error::call;
use crate::text::{borrowed, with_c_str};
use crate::view::slice_of;
use crate::{
    AnyView, Error, ErrorKind, Object, ObjectKind, RecordBuilder, RecordOptions, RecordTable, Result, Transaction,
    ViewRequest,
};

/// The type of a column: `struct ArrowSchema` of Arrow's C data interface, owned. It is released when it is dropped.
///
/// Structures of other libraries that follow the interface have the same layout, among them `FFI_ArrowSchema`,
/// `FFI_ArrowArray` and `FFI_ArrowArrayStream` of arrow-rs: each side moves out of a pointer to the other's.
///
/// ```
/// use arrow_array::ffi::{from_ffi, FFI_ArrowArray, FFI_ArrowSchema};
/// use arrow_array::{Array, Float64Array};
///
/// let view = deltos::AnyView::from_owner(vec![1.5, 2.5], &[2])?;
/// let (mut schema, mut array) = view.to_arrow()?;
/// // SAFETY: both are what the interface says, and moved from once.
/// let data = unsafe {
///     let array = FFI_ArrowArray::from_raw((&mut array as *mut deltos::ArrowArray).cast());
///     let schema = FFI_ArrowSchema::from_raw((&mut schema as *mut deltos::ArrowSchema).cast());
///     from_ffi(array, &schema).unwrap()
/// };
/// let numbers = Float64Array::from(data);
/// assert_eq!(numbers.values(), &[1.5, 2.5]);
/// assert_eq!(numbers.values().as_ptr(), view.as_ptr()); // the same memory
/// # Ok::<(), deltos::Error>(())
/// ```
#[repr(C)]
pub struct ArrowSchema {
    format: *const c_char,
    name: *const c_char,
    metadata: *const c_char,
    flags: i64,
    child_count: i64,
    children: *mut *mut ArrowSchema,
    dictionary: *mut ArrowSchema,
    release: Option<unsafe extern "C" fn(*mut ArrowSchema)>,
    private_data: *mut c_void,
}

/// The data of a column: `struct ArrowArray` of Arrow's C data interface, owned. It keeps the memory that it shows, and is
/// released when it is dropped; until then it counts as a view, whoever has it. [`ArrowSchema`] says how it is handed over.
#[repr(C)]
pub struct ArrowArray {
    length: i64,
    null_count: i64,
    offset: i64,
    buffer_count: i64,
    child_count: i64,
    buffers: *mut *const c_void,
    children: *mut *mut ArrowArray,
    dictionary: *mut ArrowArray,
    release: Option<unsafe extern "C" fn(*mut ArrowArray)>,
    private_data: *mut c_void,
}

/// Batches of data of one type: `struct ArrowArrayStream` of Arrow's C stream interface, owned. It is an iterator over the
/// batches, and released when it is dropped.
///
/// ```
/// use deltos::{Column, RecordBuilder, RecordLayout, RecordTable, Schema, SlotDef, SlotType};
///
/// let slots = [SlotDef::fixed::<f64>("height"), SlotDef::new("name", SlotType::Str)];
/// let mut trees = RecordBuilder::in_memory(&Schema::new("tree", &slots)?, RecordLayout::Columns)?;
/// trees.add(&[Column::from(&[1.5, 2.5]), Column::texts(["oak", "elm"])])?;
/// let trees = RecordTable::unpack(trees.pack()?)?;
///
/// let mut stream = trees.arrow_stream()?;
/// let schema = stream.schema()?;
/// let columns: Vec<_> = schema.children().map(|column| (column.name(), column.format())).collect();
/// assert_eq!(columns, [("height", "g"), ("name", "U")]);
/// let batch = stream.next().unwrap()?;
/// assert_eq!(batch.len(), 2);
/// let heights = batch.children().next().unwrap().buffers()[1];
/// assert_eq!(heights, trees.column::<f64>(0)?.as_ptr().cast()); // not copied
/// assert!(stream.next().is_none());
///
/// let copied = RecordBuilder::from_arrow(trees.arrow_stream()?, RecordLayout::Rows)?.pack()?;
/// assert_eq!(RecordTable::unpack(copied)?.column::<f64>(0)?.to_vec()?, [1.5, 2.5]);
/// # Ok::<(), deltos::Error>(())
/// ```
#[repr(C)]
pub struct ArrowArrayStream {
    get_schema: Option<unsafe extern "C" fn(*mut ArrowArrayStream, *mut ArrowSchema) -> c_int>,
    get_next: Option<unsafe extern "C" fn(*mut ArrowArrayStream, *mut ArrowArray) -> c_int>,
    get_last_error: Option<unsafe extern "C" fn(*mut ArrowArrayStream) -> *const c_char>,
    release: Option<unsafe extern "C" fn(*mut ArrowArrayStream)>,
    private_data: *mut c_void,
}

macro_rules! released_by_itself {
    ($($name:ident)*) => {
        $(
            impl $name {
                /// One that has been released: a place for another library to fill.
                pub fn empty() -> Self {
                    // SAFETY: numbers, pointers and functions that may be NULL, of all of which zero is one.
                    unsafe { zeroed() }
                }

                /// Moves what a pointer leads to here; what is left there is released.
                ///
                /// # Safety
                /// It is what the interface says, all through, and stays so until it is released, which may happen on any
                /// thread. Nobody writes the memory that it shows.
                pub unsafe fn from_raw(raw: *mut $name) -> Self {
                    replace(&mut *raw, $name::empty())
                }

                /// It was moved somewhere else, or there never was anything.
                pub fn is_released(&self) -> bool {
                    self.release.is_none()
                }
            }

            // SAFETY: who made it with `from_raw` has promised that it may be released, and so used, on any thread.
            unsafe impl Send for $name {}

            impl Drop for $name {
                fn drop(&mut self) {
                    if let Some(release) = self.release {
                        // SAFETY: it is ours, and this is how it is released.
                        unsafe { release(self) };
                    }
                }
            }
        )*
    };
}

released_by_itself! { ArrowSchema ArrowArray ArrowArrayStream }

// SAFETY: what can be done with a shared one reads what nobody writes.
unsafe impl Sync for ArrowSchema {}
// SAFETY: as above.
unsafe impl Sync for ArrowArray {}

/// What an array of pointers leads to.
///
/// # Safety
/// So many pointers are there, none of which is NULL, and all lives as long as `'a`.
unsafe fn behind<'a, T: 'a>(first: *mut *mut T, count: i64) -> impl ExactSizeIterator<Item = &'a T> {
    slice_of(first as *const *const T, count as usize).iter().map(|&item| &*item)
}

/// A number in metadata, behind which the next thing starts.
///
/// # Safety
/// There is one.
unsafe fn number_at(at: &mut *const u8) -> usize {
    let number = at.cast::<i32>().read_unaligned();
    *at = at.add(4);
    number as usize
}

/// A key or value in metadata: a length, and so many bytes.
///
/// # Safety
/// There is one, which lives as long as `'a`.
unsafe fn text_at<'a>(at: &mut *const u8) -> &'a [u8] {
    let length = number_at(at);
    let text = slice_of(*at, length);
    *at = at.add(length);
    text
}

impl ArrowSchema {
    const NULLABLE: i64 = 2;

    /// The type, as the interface spells it: `"g"` is a float of 64 bits, `"+s"` a struct.
    pub fn format(&self) -> &str {
        // SAFETY: NULL, or as the interface says.
        unsafe { borrowed(self.format) }
    }

    /// The name of the column; empty where it has none.
    pub fn name(&self) -> &str {
        // SAFETY: as above.
        unsafe { borrowed(self.name) }
    }

    /// There may be nulls.
    pub fn is_nullable(&self) -> bool {
        self.flags & Self::NULLABLE != 0
    }

    /// What is told under a key of the metadata, such as `"ARROW:extension:name"`.
    ///
    /// ```
    /// # use deltos::AnyView;
    /// let (schema, _) = AnyView::from_owner(vec![1.0, 2.0, 3.0, 4.0], &[2, 2])?.to_arrow()?;
    /// assert_eq!(schema.metadata("ARROW:extension:name"), Some(&b"arrow.fixed_shape_tensor"[..]));
    /// assert_eq!(schema.metadata("ARROW:extension:metadata"), Some(&br#"{"shape":[2]}"#[..]));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn metadata(&self, key: &str) -> Option<&[u8]> {
        if self.metadata.is_null() {
            return None;
        }
        let mut at = self.metadata.cast::<u8>();
        // SAFETY: how many pairs there are, then the pairs, as the interface says.
        unsafe {
            let pairs = number_at(&mut at);
            (0..pairs).map(|_| (text_at(&mut at), text_at(&mut at))).find(|(name, _)| *name == key.as_bytes())
        }
        .map(|(_, value)| value)
    }

    /// The types that it is made of: columns of a table, elements of a list.
    pub fn children(&self) -> impl ExactSizeIterator<Item = &ArrowSchema> {
        // SAFETY: as the interface says.
        unsafe { behind(self.children, self.child_count) }
    }

    /// The type of what a dictionary has; then the format is that of the numbers which choose from it.
    pub fn dictionary(&self) -> Option<&ArrowSchema> {
        // SAFETY: NULL, or as the interface says.
        unsafe { self.dictionary.as_ref() }
    }
}

impl ArrowArray {
    /// Entries.
    pub fn len(&self) -> usize {
        self.length as usize
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Entries that are null; `None` where nobody has counted.
    pub fn null_count(&self) -> Option<usize> {
        usize::try_from(self.null_count).ok()
    }

    /// Where in the buffers the first entry is.
    pub fn offset(&self) -> usize {
        self.offset as usize
    }

    /// The addresses of bitmap, offsets and data, as the type has them; NULL for a bitmap where nothing is null.
    pub fn buffers(&self) -> &[*const c_void] {
        // SAFETY: as the interface says.
        unsafe { slice_of(self.buffers, self.buffer_count as usize) }
    }

    /// The data of the types that the type is made of.
    pub fn children(&self) -> impl ExactSizeIterator<Item = &ArrowArray> {
        // SAFETY: as the interface says.
        unsafe { behind(self.children, self.child_count) }
    }

    /// What numbers choose from, where the type has a dictionary.
    pub fn dictionary(&self) -> Option<&ArrowArray> {
        // SAFETY: NULL, or as the interface says.
        unsafe { self.dictionary.as_ref() }
    }
}

impl ArrowArrayStream {
    /// The type of every batch.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid): the stream has failed, or is released; the message is its own.
    pub fn schema(&mut self) -> Result<ArrowSchema> {
        let mut schema = ArrowSchema::empty();
        // SAFETY: the function is the stream's own, and the stream is ours.
        let status = self.get_schema.map(|get| unsafe { get(self, &mut schema) });
        self.check(status).map(|()| schema)
    }

    /// The next batch; `None` at the end. The same as [`next`](Iterator::next), as a result.
    ///
    /// # Errors
    /// As [`schema`](ArrowArrayStream::schema).
    pub fn next_batch(&mut self) -> Result<Option<ArrowArray>> {
        let mut batch = ArrowArray::empty();
        // SAFETY: the function is the stream's own, and the stream is ours.
        let status = self.get_next.map(|get| unsafe { get(self, &mut batch) });
        self.check(status).map(|()| Some(batch).filter(|batch| !batch.is_released()))
    }

    fn check(&mut self, status: Option<c_int>) -> Result<()> {
        let status = match status {
            Some(0) => return Ok(()),
            Some(status) => status,
            None => return Err(Error::new(ErrorKind::Invalid, "the stream has been released")),
        };
        // SAFETY: the function is the stream's own, and lends a text until the next call, or NULL.
        let told = self.get_last_error.map(|get| unsafe { get(self).as_ref().map(|text| CStr::from_ptr(text)) });
        let told = told.flatten().map_or_else(String::new, |text| format!(": {}", text.to_string_lossy()));
        Err(Error::new(ErrorKind::Invalid, format!("the stream failed with error {}{}", status, told)))
    }
}

impl Iterator for ArrowArrayStream {
    type Item = Result<ArrowArray>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_batch().transpose()
    }
}

impl fmt::Debug for ArrowSchema {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let children: Vec<_> = self.children().collect();
        out.debug_struct("ArrowSchema")
            .field("format", &self.format())
            .field("name", &self.name())
            .field("children", &children)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ArrowArray {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let children: Vec<_> = self.children().collect();
        out.debug_struct("ArrowArray")
            .field("len", &self.len())
            .field("null_count", &self.null_count())
            .field("children", &children)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ArrowArrayStream {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ArrowArrayStream").field("released", &self.is_released()).finish_non_exhaustive()
    }
}

/// What the library gives, when it does.
fn given(give: impl FnOnce(*mut ArrowSchema, *mut ArrowArray) -> Result<()>) -> Result<(ArrowSchema, ArrowArray)> {
    let (mut schema, mut array) = (ArrowSchema::empty(), ArrowArray::empty());
    give(&mut schema, &mut array)?;
    Ok((schema, array))
}

impl AnyView<'_> {
    /// Shows the elements as a column of Arrow, without a copy where they lie close together: see [`ArrowSchema`] for what
    /// others make of it. It keeps the memory, as a view of its own.
    ///
    /// # Errors
    /// [`Layout`](ErrorKind::Layout) while others may write the memory, since Arrow takes it for immutable: seal the
    /// content, or copy it; [`Unsupported`](ErrorKind::Unsupported) for elements without a counterpart.
    ///
    /// ```
    /// let (schema, array) = deltos::AnyView::from_owner(vec![1u16, 2, 3], &[3])?.to_arrow()?;
    /// assert_eq!((schema.format(), array.len(), array.null_count()), ("S", 3, Some(0)));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn to_arrow(&self) -> Result<(ArrowSchema, ArrowArray)> {
        self.check_immutable()?;
        // SAFETY: nobody writes it.
        unsafe { self.to_arrow_unchecked() }
    }

    /// The same of memory that is not sealed.
    ///
    /// # Safety
    /// Until it is released nobody writes it: no thread, and no process.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) for elements without a counterpart.
    pub unsafe fn to_arrow_unchecked(&self) -> Result<(ArrowSchema, ArrowArray)> {
        given(|schema, array| call!(deltos_view_to_arrow(self.as_raw(), schema.cast(), array.cast())))
    }
}

impl Object<'_> {
    /// Shows a record table as a struct of its slots, which is what a batch of rows is to Arrow, and a buffer or array as
    /// [`AnyView::to_arrow`] does. Null and unset are both null there; texts and bytes are large, values are bytes with the
    /// extension `deltos.value`. Columns are not copied, but for those that are writable; rows are, a column at a time.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported), [`Kind`](ErrorKind::Kind) for a value or a map,
    /// [`Corrupt`](ErrorKind::Corrupt); [`Layout`](ErrorKind::Layout) while others may write what is shown: before the
    /// commit that makes it, and, of buffers, before they are sealed.
    pub fn to_arrow(&self) -> Result<(ArrowSchema, ArrowArray)> {
        match self.info()?.kind {
            ObjectKind::RecordTable => self.check_settled()?,
            // These have no view, and are for the library to refuse.
            ObjectKind::Value | ObjectKind::HashMap | ObjectKind::SortedMap => (),
            _ => self.any_view(ViewRequest::FULL_RO)?.check_immutable()?,
        }
        // SAFETY: the handle lives, and nobody writes what is shown.
        given(|schema, array| unsafe { call!(deltos_object_to_arrow(self.as_raw(), schema.cast(), array.cast())) })
    }

    fn check_settled(&self) -> Result<()> {
        if !self.may_be_unsealed()? {
            return Ok(());
        }
        let message = "an abort would take back the seal, and others could write: commit first";
        Err(Error::new(ErrorKind::Layout, message))
    }
}

impl RecordTable<'_> {
    /// The same of a record table, as a stream of one batch, as [`to_arrow`](Object::to_arrow) shows it.
    ///
    /// # Errors
    /// As [`to_arrow`](Object::to_arrow).
    pub fn arrow_stream(&self) -> Result<ArrowArrayStream> {
        self.check_settled()?;
        let mut stream = ArrowArrayStream::empty();
        let place: *mut ArrowArrayStream = &mut stream;
        // SAFETY: the handle lives, and nobody writes what is shown.
        unsafe { call!(deltos_record_table_to_arrow_stream(self.as_raw(), place.cast())) }?;
        Ok(stream)
    }
}

/// Begins a record table with all that a stream has.
///
/// # Safety
/// The transaction is NULL or lives, and so do the options and the place for the handle.
unsafe fn read_stream(
    mut stream: ArrowArrayStream,
    transaction: *mut sys::deltos_transaction,
    name: *const c_char,
    options: *const sys::deltos_record_table_options,
    raw: *mut *mut sys::deltos_builder,
) -> Result<()> {
    let from: *mut ArrowArrayStream = &mut stream;
    call!(deltos_record_table_from_arrow(transaction, name, from.cast(), options, raw))
}

impl<'p> RecordBuilder<'p, 'static> {
    /// Begins a record table in memory with the schema of a stream, and adds all its rows. More can be added. Columns that
    /// may be null are nullable.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) for a type without a counterpart; the message names the column;
    /// [`Invalid`](ErrorKind::Invalid) when the stream fails, [`Range`](ErrorKind::Range) for times beyond 64 bits of
    /// microseconds.
    pub fn from_arrow(stream: ArrowArrayStream, options: impl Into<RecordOptions<'p>>) -> Result<Self> {
        RecordBuilder::begin(None, options.into(), |options, raw| {
            // SAFETY: a table in memory has neither transaction nor name.
            unsafe { read_stream(stream, null_mut(), null(), options, raw) }
        })
    }
}

impl<'s> Transaction<'s> {
    /// Begins a record table with the schema of a stream, and adds all its rows; [`finish`](RecordBuilder::finish) stores it.
    ///
    /// # Errors
    /// Those of [`RecordBuilder::from_arrow`] and [`begin_records`](Transaction::begin_records).
    ///
    /// ```
    /// use std::sync::Arc;
    /// use arrow_array::ffi_stream::FFI_ArrowArrayStream;
    /// use arrow_array::{ArrayRef, Float64Array, RecordBatch, RecordBatchIterator, StringArray};
    /// use deltos::{ArrowArrayStream, Durability, RecordLayout, Storage};
    ///
    /// let heights: ArrayRef = Arc::new(Float64Array::from(vec![1.5, 2.5]));
    /// let names: ArrayRef = Arc::new(StringArray::from(vec!["oak", "elm"]));
    /// let batch = RecordBatch::try_from_iter([("height", heights), ("name", names)]).unwrap();
    /// let schema = batch.schema();
    /// let mut batches = FFI_ArrowArrayStream::new(Box::new(RecordBatchIterator::new([Ok(batch)], schema)));
    /// // SAFETY: it is what the interface says, and moved from once.
    /// let stream = unsafe { ArrowArrayStream::from_raw((&mut batches as *mut FFI_ArrowArrayStream).cast()) };
    ///
    /// let storage = Storage::anonymous("example")?;
    /// storage.transact(Durability::Sync, |transaction| {
    ///     transaction.records_from_arrow("trees", stream, RecordLayout::Columns)?.finish().map(drop)
    /// })?;
    /// assert_eq!(storage.record_table("trees")?.column::<f64>(0)?.to_vec()?, [1.5, 2.5]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn records_from_arrow<'t>(
        &'t mut self,
        name: &str,
        stream: ArrowArrayStream,
        options: impl Into<RecordOptions<'t>>,
    ) -> Result<RecordBuilder<'t, 's>> {
        let transaction = self.as_raw();
        RecordBuilder::begin(Some(self), options.into(), |options, raw| {
            // SAFETY: the handle lives, and the name during the call.
            with_c_str(name, |name| unsafe { read_stream(stream, transaction, name, options, raw) })
        })
    }
}
