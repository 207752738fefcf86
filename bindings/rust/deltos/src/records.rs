//! Record tables: rows of one schema.

use std::fmt;
use std::mem::{size_of, zeroed};
use std::ops::Deref;
use std::ptr::{null_mut, NonNull};

use deltos_sys as sys;

use crate::error::call;
use crate::progress::Reporter;
use crate::storage::made;
use crate::view::slice_of;
use crate::{
    AnyView, Date, DateTime, Element, Error, ErrorKind, Object, ProgressFn, Result, Scalar, Schema, SlotDef, Value,
    View, ViewRequest, WritableView,
};

/// A struct whose fields are slots: what `#[derive(Record)]` makes of a struct of C without padding.
///
/// It is an [`Element`], too, so that buffers hold it, and views of a table's rows lend it as `&[T]`.
///
/// ```
/// # #[cfg(feature = "derive")] {
/// use deltos::{Durability, Record, Storage};
///
/// #[derive(Clone, Copy, Debug, PartialEq, Record)]
/// #[repr(C)]
/// struct Place {
///     id: u32,
///     population: u32,
///     latitude: f64,
/// }
///
/// let storage = Storage::anonymous("example")?;
/// let ulm = Place { id: 1, population: 126_405, latitude: 48.4 };
/// storage.transact(Durability::Sync, |transaction| transaction.put_records("places", &[ulm]).map(drop))?;
/// let places = storage.record_table("places")?;
/// assert_eq!(places.rows::<Place>()?.as_slice()?, [ulm]); // the file itself
/// # }
/// # Ok::<(), deltos::Error>(())
/// ```
///
/// Padding is refused, because nobody says what is in it, and so is a layout that is not that of C:
///
/// ```compile_fail,E0080
/// # use deltos::Record;
/// #[derive(Clone, Copy, Record)]
/// #[repr(C)]
/// struct Padded {
///     id: u32,
///     latitude: f64, // 4 bytes lie before it
/// }
/// ```
///
/// ```compile_fail
/// # use deltos::Record;
/// #[derive(Clone, Copy, Record)]
/// struct OfRust {
///     id: u32,
/// }
/// ```
///
/// # Safety
/// `slots` tells where each field starts, how long it is, and its element type; together they are all of the struct.
pub unsafe trait RecordRow: Element {
    /// The fields, in order.
    fn slots() -> Vec<RowSlot>;
}

/// A field of a [`RecordRow`].
#[derive(Clone, Debug)]
pub struct RowSlot {
    pub(crate) name: &'static str,
    pub(crate) offset: usize,
    pub(crate) size: usize,
    def: fn(&'static str) -> SlotDef<'static>,
}

impl RowSlot {
    /// A field of a type that starts so many bytes from the start of its struct.
    pub fn of<T: Element>(name: &'static str, offset: usize) -> RowSlot {
        RowSlot { name, offset, size: size_of::<T>(), def: |name| SlotDef::fixed::<T>(name) }
    }

    pub(crate) fn def(&self) -> SlotDef<'static> {
        (self.def)(self.name)
    }
}

/// How the rows of a table lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RecordLayout {
    /// Each row is the struct of its slots.
    #[default]
    Rows,
    /// Each slot is an array of its own.
    Columns,
}

/// What a record table is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordTableInfo {
    /// How its rows lie.
    pub layout: RecordLayout,
    /// How many there are.
    pub rows: usize,
    /// Slots of all levels.
    pub slots: usize,
    /// Of a row in layout rows.
    pub row_bytes: usize,
    /// What references of rows point into; of columns 0.
    pub heap_bytes: usize,
    /// Of the whole table, with its schema.
    pub image_bytes: usize,
    /// Nobody will ever write it.
    pub sealed: bool,
}

/// What a slot of a row holds.
#[derive(Debug, PartialEq)]
#[non_exhaustive]
pub enum Field<'r> {
    /// The record has no such slot.
    Unset,
    /// A scalar; null where there is none. An item that is no number is its bytes.
    Scalar(Scalar<'r>),
    /// A value.
    Value(Value<'r>),
    /// A record: its slots follow.
    Record,
}

/// Rows of one [`Schema`], in a storage or packed in any memory: read one by one, as columns, or, where they are the struct
/// of the program, as a slice. It is an [`Object`] of its own kind.
///
/// ```
/// use deltos::{Durability, Field, RecordRow, RowSlot, Scalar, Storage};
/// # use std::borrow::Cow;
/// # use deltos::{DType, Element};
///
/// # #[derive(Clone, Copy)]
/// #[repr(C)] // #[derive(Clone, Copy, Record)] in a program
/// struct Point {
///     x: f32,
///     y: f32,
/// }
/// # unsafe impl Element for Point {
/// #     const DTYPE: DType = DType::Struct;
/// #     fn format() -> Cow<'static, str> {
/// #         "T{f:x:f:y:}".into()
/// #     }
/// # }
/// # unsafe impl RecordRow for Point {
/// #     fn slots() -> Vec<RowSlot> {
/// #         vec![RowSlot::of::<f32>("x", 0), RowSlot::of::<f32>("y", 4)]
/// #     }
/// # }
///
/// let storage = Storage::anonymous("example")?;
/// let points = [Point { x: 1.0, y: 2.0 }, Point { x: 3.0, y: 4.0 }];
/// storage.transact(Durability::Sync, |transaction| transaction.put_records("points", &points).map(drop))?;
/// let table = storage.record_table("points")?;
/// assert_eq!(table.schema()?.find("y")?, Some(1));
/// assert_eq!(table.column::<f32>(1)?.to_vec()?, [2.0, 4.0]);
/// assert_eq!(table.get(1, 0)?, Field::Scalar(Scalar::Float(3.0)));
/// # Ok::<(), deltos::Error>(())
/// ```
///
/// What it lends keeps the storage open:
///
/// ```compile_fail,E0505
/// # use deltos::Storage;
/// let storage = Storage::anonymous("example")?;
/// let column = storage.record_table("points")?.column::<f32>(1)?;
/// storage.close()?; // the column lives
/// println!("{:?}", column.get(0));
/// # Ok::<(), deltos::Error>(())
/// ```
pub struct RecordTable<'s> {
    object: Object<'s>,
}

impl<'s> RecordTable<'s> {
    pub(crate) fn of(object: Object<'s>) -> Self {
        RecordTable { object }
    }

    /// What the table is.
    ///
    /// # Errors
    /// [`Kind`](ErrorKind::Kind) after a refresh, when something else has its name.
    pub fn info(&self) -> Result<RecordTableInfo> {
        // SAFETY: numbers, of which zero is one; the handle lives.
        unsafe {
            let mut raw: sys::deltos_record_table_info = zeroed();
            raw.struct_size = size_of::<sys::deltos_record_table_info>() as u32;
            call!(deltos_record_table_stat(self.object.as_raw(), &mut raw))?;
            let in_columns = raw.layout == sys::DELTOS_LAYOUT_COLUMNS;
            Ok(RecordTableInfo {
                layout: if in_columns { RecordLayout::Columns } else { RecordLayout::Rows },
                rows: raw.rows as usize,
                slots: raw.slots as usize,
                row_bytes: raw.row_bytes as usize,
                heap_bytes: raw.heap_bytes as usize,
                image_bytes: raw.image_bytes as usize,
                sealed: raw.sealed != 0,
            })
        }
    }

    /// The schema of its rows.
    ///
    /// # Errors
    /// As [`info`](RecordTable::info).
    pub fn schema(&self) -> Result<Schema> {
        let mut raw = null_mut();
        // SAFETY: the handle lives.
        unsafe { call!(deltos_schema_of(self.object.as_raw(), &mut raw)) }?;
        Schema::adopt(raw)
    }

    /// All rows as structs of the program's, where they lie: of a sealed table [`View::as_slice`] is the file itself.
    ///
    /// # Errors
    /// [`Type`](ErrorKind::Type) when a row is another struct: [`read_rows`](RecordTable::read_rows) takes what has the
    /// slots in any order; [`Layout`](ErrorKind::Layout) when the table lies in columns.
    pub fn rows<T: Element>(&self) -> Result<View<'s, T>> {
        self.any_rows(ViewRequest::FULL_RO)?.typed()
    }

    /// All rows as structures whose type is known only when the program runs.
    ///
    /// # Errors
    /// As [`rows`](RecordTable::rows), but for those of the type.
    pub fn any_rows(&self, request: ViewRequest) -> Result<AnyView<'s>> {
        let mut raw = null_mut();
        // SAFETY: the handle lives.
        unsafe { call!(deltos_record_table_rows(self.object.as_raw(), request.bits(), &mut raw)) }?;
        self.object.adopt_view(made(raw)?)
    }

    /// The bytes that texts, bytes and values of a table in rows lie in: what [`any_rows`](RecordTable::any_rows) shows of
    /// them is where they start in it, and how many there are.
    ///
    /// # Errors
    /// [`Layout`](ErrorKind::Layout) when the table lies in columns.
    ///
    /// ```
    /// # use deltos::{Column, RecordBuilder, RecordLayout, RecordTable, Schema, SlotDef, SlotType};
    /// let schema = Schema::new("tree", &[SlotDef::new("name", SlotType::Str)])?;
    /// let mut trees = RecordBuilder::in_memory(&schema, RecordLayout::Rows)?;
    /// trees.add(&[Column::texts(["oak", "elm"])])?;
    /// let trees = RecordTable::unpack(trees.pack()?)?;
    /// assert_eq!(trees.heap()?.as_slice()?, b"oakelm");
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn heap(&self) -> Result<View<'s, u8>> {
        let (table, request) = (self.object.as_raw(), ViewRequest::FULL_RO.bits());
        let mut raw = null_mut();
        // SAFETY: the handle lives.
        unsafe { call!(deltos_record_table_heap(table, request, &mut raw)) }?;
        self.object.adopt_view(made(raw)?)?.typed()
    }

    /// A copy of all rows, put together from the slots that the struct has, whatever else the table has and however it
    /// lies. The schemas are checked first.
    ///
    /// # Errors
    /// [`Type`](ErrorKind::Type) when the table lacks a slot, or it is of another type or not in every row; the message
    /// names it.
    pub fn read_rows<T: RecordRow>(&self) -> Result<Vec<T>> {
        let schema = self.schema()?;
        Schema::of::<T>()?.check(&schema)?;
        let count = self.info()?.rows;
        // SAFETY: zeros are a value of every element type.
        let mut rows: Vec<T> = vec![unsafe { zeroed() }; count];
        for slot in T::slots() {
            let missing = || Error::new(ErrorKind::Type, format!("the table has no slot {:?}", slot.name));
            let column = self.any_column(schema.find(slot.name)?.ok_or_else(missing)?, ViewRequest::FULL_RO)?;
            let items = column.to_bytes()?;
            if items.len() != count * slot.size || column.itemsize() != slot.size {
                let message = format!("the items of slot {:?} have {} bytes", slot.name, column.itemsize());
                return Err(Error::new(ErrorKind::Type, message));
            }
            for (row, item) in rows.iter_mut().zip(items.chunks_exact(slot.size.max(1))) {
                let at = (row as *mut T).cast::<u8>().wrapping_add(slot.offset);
                // SAFETY: the slot lies within the struct, of which any bytes are a value.
                unsafe { std::ptr::copy_nonoverlapping(item.as_ptr(), at, slot.size) };
            }
        }
        Ok(rows)
    }

    /// One slot of all rows, where they lie.
    ///
    /// # Errors
    /// [`Range`](ErrorKind::Range), [`Type`](ErrorKind::Type) for other elements, [`Layout`](ErrorKind::Layout) for slots
    /// that are no column of items: [`get`](RecordTable::get) reads these.
    pub fn column<T: Element>(&self, slot: usize) -> Result<View<'s, T>> {
        self.any_column(slot, ViewRequest::FULL_RO)?.typed()
    }

    /// A slot that is writable, to be read and stored to in place by everybody at once, also with
    /// [atomics](WritableView::atomic); the rest of the table never changes.
    ///
    /// # Errors
    /// As [`column`](RecordTable::column), and [`ReadOnly`](ErrorKind::ReadOnly), [`Sealed`](ErrorKind::Sealed).
    pub fn column_writable<T: Element>(&self, slot: usize) -> Result<WritableView<'s, T>> {
        self.any_column(slot, ViewRequest::FULL)?.typed_writable()
    }

    /// The same for a type that is known only when the program runs. With [`ViewRequest::FULL`], of a slot that is
    /// writable, to be stored to.
    ///
    /// # Errors
    /// As [`column`](RecordTable::column), but for those of the type; [`ReadOnly`](ErrorKind::ReadOnly),
    /// [`Sealed`](ErrorKind::Sealed).
    pub fn any_column(&self, slot: usize, request: ViewRequest) -> Result<AnyView<'s>> {
        let mut raw = null_mut();
        let table = self.object.as_raw();
        // SAFETY: the handle lives; offsets are not wanted.
        unsafe { call!(deltos_record_table_column(table, slot as u64, request.bits(), &mut raw, null_mut())) }?;
        self.object.adopt_view(made(raw)?)
    }

    /// A slot of texts, bytes or packed values of a table in columns, where it lies: all bytes, and where each row's start
    /// in them; the last offset is where they end. The offsets have been checked.
    ///
    /// # Errors
    /// [`Range`](ErrorKind::Range), [`Corrupt`](ErrorKind::Corrupt), [`Type`](ErrorKind::Type) when the slot holds something
    /// else, [`Layout`](ErrorKind::Layout) when the table lies in rows: see [`heap`](RecordTable::heap).
    ///
    /// ```
    /// # use deltos::{Column, RecordBuilder, RecordLayout, RecordTable, Schema, SlotDef, SlotType};
    /// let schema = Schema::new("tree", &[SlotDef::new("name", SlotType::Str)])?;
    /// let mut trees = RecordBuilder::in_memory(&schema, RecordLayout::Columns)?;
    /// trees.add(&[Column::texts(["oak", "", "elm"])])?;
    /// let trees = RecordTable::unpack(trees.pack()?)?;
    /// let (bytes, offsets) = trees.bytes_column(0)?;
    /// assert_eq!((bytes.as_slice()?, offsets.as_slice()?), (&b"oakelm"[..], &[0, 3, 3, 6][..]));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn bytes_column(&self, slot: usize) -> Result<(View<'s, u8>, View<'s, i64>)> {
        let (table, number, request) = (self.object.as_raw(), slot as u64, ViewRequest::FULL_RO.bits());
        let (mut bytes, mut offsets) = (null_mut(), null_mut());
        // SAFETY: the handle lives.
        unsafe { call!(deltos_record_table_column(table, number, request, &mut bytes, &mut offsets)) }?;
        let bytes = self.object.adopt_view(made(bytes)?)?;
        match NonNull::new(offsets) {
            Some(offsets) => Ok((bytes.typed()?, self.object.adopt_view(offsets)?.typed()?)),
            None => {
                let message = format!("slot {} holds items of one size; column shows them", slot);
                Err(Error::new(ErrorKind::Type, message))
            }
        }
    }

    /// One slot of one row.
    ///
    /// # Errors
    /// [`Range`](ErrorKind::Range), [`Corrupt`](ErrorKind::Corrupt); [`Layout`](ErrorKind::Layout) for bytes of a table that
    /// is not sealed, which others may write: its columns are read as cells.
    pub fn get(&self, row: usize, slot: usize) -> Result<Field<'_>> {
        let mut item = crate::scalar::item(sys::DELTOS_VALUE_END);
        let (table, at, of) = (self.object.as_raw(), row as u64, slot as u64);
        // SAFETY: the handle lives.
        unsafe { call!(deltos_record_table_read(table, at, of, &mut item)) }?;
        Ok(Field::Scalar(match item.kind {
            sys::DELTOS_VALUE_END => return Ok(Field::Unset),
            sys::DELTOS_VALUE_RECORD => return Ok(Field::Record),
            sys::DELTOS_VALUE_NULL => Scalar::Null,
            sys::DELTOS_VALUE_BOOL => Scalar::Bool(item.i64 != 0),
            sys::DELTOS_VALUE_INT => Scalar::Int(item.i64),
            sys::DELTOS_VALUE_UINT => Scalar::UInt(item.u64),
            sys::DELTOS_VALUE_FLOAT => Scalar::Float(item.f64),
            sys::DELTOS_VALUE_DATE => Scalar::Date(Date { days: item.i64 }),
            sys::DELTOS_VALUE_DATETIME => Scalar::DateTime(DateTime {
                seconds: item.i64,
                nanoseconds: item.u64 as u32,
                offset: Some(item.detail).filter(|&offset| offset != sys::DELTOS_VALUE_NO_ZONE),
            }),
            sys::DELTOS_VALUE_BYTES | sys::DELTOS_VALUE_UTF8 => {
                if !self.info()?.sealed || self.object.may_be_unsealed()? {
                    let message = "the table is not sealed, so others may write it: read the column, or seal it";
                    return Err(Error::new(ErrorKind::Layout, message));
                }
                // SAFETY: so many bytes are there; they are sealed and live as long as the handle.
                let bytes = unsafe { slice_of::<u8>(item.data.cast(), item.count as usize) };
                match item.kind {
                    sys::DELTOS_VALUE_UTF8 => Scalar::Str(std::str::from_utf8(bytes).map_err(|error| {
                        let message = format!("slot {} of row {} is no text: {}", slot, row, error);
                        Error::new(ErrorKind::Corrupt, message)
                    })?),
                    _ => Scalar::Bytes(bytes),
                }
            }
            _ => return Ok(self.value(row, slot)?.map_or(Field::Scalar(Scalar::Null), Field::Value)),
        }))
    }

    /// The value in a slot of values; `None` where it is null or unset.
    ///
    /// # Errors
    /// [`Type`](ErrorKind::Type) when the slot holds something else, [`Range`](ErrorKind::Range),
    /// [`Corrupt`](ErrorKind::Corrupt).
    pub fn value(&self, row: usize, slot: usize) -> Result<Option<Value<'s>>> {
        let mut raw = null_mut();
        // SAFETY: the handle lives.
        unsafe { call!(deltos_record_table_value(self.object.as_raw(), row as u64, slot as u64, &mut raw)) }?;
        match NonNull::new(raw) {
            Some(raw) => Value::of(Object::adopt(raw, self.object.is_frozen(), self.object.made_in.clone())).map(Some),
            None => Ok(None),
        }
    }

    /// Checks what opening leaves to each use: references, offsets, text, and the roots of values.
    ///
    /// # Errors
    /// [`Corrupt`](ErrorKind::Corrupt); the message names slot and row.
    pub fn verify(&self) -> Result<()> {
        self.check(None)
    }

    /// The same, told of progress, in rows times slots, and free to cancel.
    ///
    /// # Errors
    /// [`Cancelled`](ErrorKind::Cancelled), and those of [`verify`](RecordTable::verify).
    pub fn verify_with(&self, progress: &mut ProgressFn<'_>) -> Result<()> {
        self.check(Some(progress))
    }

    fn check(&self, progress: Option<&mut ProgressFn<'_>>) -> Result<()> {
        Reporter::during(progress, |function, user| {
            // SAFETY: the handle lives, and what reports during the call.
            unsafe { call!(deltos_record_table_verify(self.object.as_raw(), function, user)) }
        })
    }
}

impl<'s> Deref for RecordTable<'s> {
    type Target = Object<'s>;

    fn deref(&self) -> &Object<'s> {
        &self.object
    }
}

impl fmt::Debug for RecordTable<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("RecordTable").field("info", &self.info().ok()).finish_non_exhaustive()
    }
}
