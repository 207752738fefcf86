//! Building record tables.

use std::fmt;
use std::marker::PhantomData;
use std::mem::{size_of, zeroed};
use std::ptr::{null, null_mut, NonNull};

use deltos_sys as sys;

use crate::error::{call, released};
use crate::progress::KeptReporter;
use crate::records::RowSlot;
use crate::storage::made;
use crate::text::with_c_str;
use crate::{
    DType, Element, Error, ErrorKind, Object, PackedTable, RecordLayout, RecordOptions, RecordRow, RecordTable, Result,
    Schema, Transaction,
};

/// Whether a row has a value in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Presence {
    /// It has.
    Present,
    /// Null stands there.
    Null,
    /// As if the record had no such slot.
    Unset,
}

/// What one slot holds in each of the rows that are added: see [`RecordBuilder::add`].
///
/// Slices of elements turn into it by themselves.
///
/// ```
/// use deltos::{Column, Presence};
/// let heights = Column::from(&[1.5, 2.5]);
/// let names = Column::texts(["oak", "elm"]);
/// let nicknames = Column::texts(["", "Ulme"]).presence([Presence::Null, Presence::Present]);
/// # drop((heights, names, nicknames));
/// ```
#[derive(Clone)]
pub struct Column<'c> {
    raw: sys::deltos_column,
    slices: Vec<sys::deltos_bytes>,
    presence: Option<Vec<u8>>,
    memory: PhantomData<&'c [u8]>,
}

impl<'c> Column<'c> {
    /// That of a slot of records, whose own slots follow.
    pub fn record() -> Self {
        // SAFETY: numbers and pointers, of which zero is one.
        Column { raw: unsafe { zeroed() }, slices: Vec::new(), presence: None, memory: PhantomData }
    }

    /// Items of so many bytes that lie within rows of so many.
    fn strided(data: *const u8, count: usize, size: usize, stride: usize) -> Self {
        let mut column = Column::record();
        column.raw.layout = sys::DELTOS_COLUMN_FIXED;
        (column.raw.data, column.raw.count) = (data.cast(), count as u64);
        (column.raw.item_size, column.raw.stride) = (size as u64, stride as i64);
        column
    }

    /// The field of some structs.
    pub(crate) fn field<T: RecordRow>(rows: &'c [T], slot: &RowSlot) -> Self {
        let first = rows.as_ptr().cast::<u8>().wrapping_add(slot.offset);
        Column::strided(first, rows.len(), slot.size, size_of::<T>())
    }

    /// Texts.
    pub fn texts(texts: impl IntoIterator<Item = &'c str>) -> Self {
        Column::bytes(texts.into_iter().map(str::as_bytes))
    }

    /// Bytes; of slots of values, packed ones.
    pub fn bytes(items: impl IntoIterator<Item = &'c [u8]>) -> Self {
        let slice = |item: &[u8]| sys::deltos_bytes { data: item.as_ptr().cast(), size: item.len() as u64 };
        let mut column = Column::record();
        column.raw.layout = sys::DELTOS_COLUMN_SLICES;
        column.slices = items.into_iter().map(slice).collect();
        column.raw.count = column.slices.len() as u64;
        column
    }

    /// Texts, bytes or packed values that lie one behind the other: item `i` is `bytes[offsets[i]..offsets[i + 1]]`.
    ///
    /// # Errors
    /// [`Range`](ErrorKind::Range) for offsets outside the bytes, [`Invalid`](ErrorKind::Invalid) where there are none, not
    /// even a last one. Whether they fall is found when they are added.
    ///
    /// ```
    /// let names = deltos::Column::offsets(b"oakelm", &[0, 3, 3, 6])?; // three
    /// assert!(deltos::Column::offsets(b"oakelm", &[0, 7]).is_err());
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn offsets(bytes: &'c [u8], offsets: &'c [i64]) -> Result<Self> {
        let count = match offsets.len().checked_sub(1) {
            Some(count) => count,
            None => {
                return Err(Error::new(ErrorKind::Invalid, "there is one offset more than items, and so at least one"))
            }
        };
        if let Some(outside) = offsets.iter().find(|&&at| usize::try_from(at).map_or(true, |at| at > bytes.len())) {
            let message = format!("offset {} does not lie in {} bytes", outside, bytes.len());
            return Err(Error::new(ErrorKind::Range, message));
        }
        let mut column = Column::record();
        column.raw.layout = sys::DELTOS_COLUMN_OFFSETS;
        (column.raw.data, column.raw.offsets, column.raw.count) =
            (bytes.as_ptr().cast(), offsets.as_ptr(), count as u64);
        Ok(column)
    }

    /// How many items there are.
    pub(crate) fn len(&self) -> usize {
        self.raw.count as usize
    }

    /// As the library takes it; it points to what the column borrows and to the column's own.
    pub(crate) fn as_raw(&self) -> sys::deltos_column {
        match self.raw.layout {
            sys::DELTOS_COLUMN_SLICES => sys::deltos_column { data: self.slices.as_ptr().cast(), ..self.raw },
            _ => self.raw,
        }
    }

    /// Says of each row whether there is a value; what the column has where there is none is not looked at.
    #[must_use]
    pub fn presence(mut self, presence: impl IntoIterator<Item = Presence>) -> Self {
        let code = |presence| match presence {
            Presence::Present => sys::DELTOS_PRESENT as u8,
            Presence::Null => sys::DELTOS_NULL as u8,
            Presence::Unset => sys::DELTOS_UNSET as u8,
        };
        self.presence = Some(presence.into_iter().map(code).collect());
        self
    }
}

impl<'c, T: Element> From<&'c [T]> for Column<'c> {
    fn from(elements: &'c [T]) -> Self {
        let mut column = Column::strided(elements.as_ptr().cast(), elements.len(), size_of::<T>(), size_of::<T>());
        column.raw.dtype = if T::DTYPE.is_whole() { T::DTYPE.code() } else { DType::Other.code() };
        column
    }
}

impl<'c, T: Element, const N: usize> From<&'c [T; N]> for Column<'c> {
    fn from(elements: &'c [T; N]) -> Self {
        Column::from(&elements[..])
    }
}

impl<'c, T: Element> From<&'c Vec<T>> for Column<'c> {
    fn from(elements: &'c Vec<T>) -> Self {
        Column::from(&elements[..])
    }
}

impl fmt::Debug for Column<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Column").field("count", &self.raw.count).finish_non_exhaustive()
    }
}

/// Rows as the library takes them: a column for each slot. They point to what the columns borrow.
pub(crate) struct RawRows {
    pub(crate) columns: Vec<sys::deltos_column>,
    pub(crate) presence: Vec<*const u8>,
}

impl RawRows {
    /// So many rows; how many items each column has is for the library to check, but presence has no length there.
    pub(crate) fn of(columns: &[Column<'_>], rows: usize) -> Result<RawRows> {
        if let Some(at) = columns.iter().position(|column| column.presence.as_ref().map_or(rows, Vec::len) != rows) {
            let message = format!("the presence of slot {} is not told for each of {} rows", at, rows);
            return Err(Error::new(ErrorKind::Type, message));
        }
        let told = |column: &Column<'_>| column.presence.as_ref().map_or(null(), |told| told.as_ptr());
        let presence = columns.iter().map(told).collect();
        Ok(RawRows { columns: columns.iter().map(Column::as_raw).collect(), presence })
    }
}

/// A record table under way, in a transaction or in memory: rows are added, any number at a time, and what does not fit into memory
/// waits in temporary files. Dropping drops what is not finished.
///
/// ```
/// use deltos::{Column, Durability, Field, RecordLayout, Scalar, Schema, SlotDef, SlotType, Storage};
///
/// let storage = Storage::anonymous("example")?;
/// let schema = Schema::new("tree", &[SlotDef::fixed::<f64>("height"), SlotDef::new("name", SlotType::Str)])?;
/// storage.transact(Durability::Sync, |transaction| {
///     let mut trees = transaction.begin_records("trees", &schema, RecordLayout::Columns)?;
///     trees.add(&[Column::from(&[1.5, 2.5]), Column::texts(["oak", "elm"])])?;
///     trees.add(&[Column::from(&[3.5]), Column::texts(["ash"])])?;
///     trees.finish().map(drop)
/// })?;
/// let trees = storage.record_table("trees")?;
/// assert_eq!(trees.column::<f64>(0)?.as_slice()?, [1.5, 2.5, 3.5]);
/// assert_eq!(trees.get(2, 1)?, Field::Scalar(Scalar::Str("ash")));
/// # Ok::<(), deltos::Error>(())
/// ```
pub struct RecordBuilder<'t, 's> {
    raw: NonNull<sys::deltos_builder>,
    /// Nobody else uses it, nor ends it, meanwhile.
    transaction: Option<&'t mut Transaction<'s>>,
    told: KeptReporter<'t>,
}

impl<'p> RecordBuilder<'p, 'static> {
    /// Begins a record table in memory, to be [packed](RecordBuilder::pack).
    ///
    /// # Errors
    /// [`NoMemory`](ErrorKind::NoMemory).
    ///
    /// ```
    /// # use deltos::{Column, Field, RecordBuilder, RecordLayout, RecordTable, Scalar, Schema, SlotDef, SlotType};
    /// let schema = Schema::new("tree", &[SlotDef::new("name", SlotType::Str)])?;
    /// let mut trees = RecordBuilder::in_memory(&schema, RecordLayout::Rows)?;
    /// trees.add(&[Column::texts(["oak", "elm"])])?;
    /// let packed = trees.pack()?;
    /// assert_eq!(RecordTable::unpack(packed)?.get(1, 0)?, Field::Scalar(Scalar::Str("elm")));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn in_memory(schema: &Schema, options: impl Into<RecordOptions<'p>>) -> Result<Self> {
        RecordBuilder::begin(None, options.into(), |options, raw| {
            // SAFETY: the handle lives.
            unsafe { call!(deltos_record_table_begin(null_mut(), null(), schema.as_ptr(), options, raw)) }
        })
    }
}

impl<'t, 's> RecordBuilder<'t, 's> {
    pub(crate) fn begin(
        transaction: Option<&'t mut Transaction<'s>>,
        options: RecordOptions<'t>,
        begin: impl FnOnce(*const sys::deltos_record_table_options, *mut *mut sys::deltos_builder) -> Result<()>,
    ) -> Result<Self> {
        let mut raw = null_mut();
        let (begun, mut told) = options.lend(|options| begin(options, &mut raw));
        told.resume();
        begun?;
        Ok(RecordBuilder { raw: made(raw)?, transaction, told })
    }

    /// Adds rows: a column for each slot, by number, all as long.
    ///
    /// # Errors
    /// [`Type`](ErrorKind::Type) for columns that do not go with their slots or with each other,
    /// [`Invalid`](ErrorKind::Invalid), [`NoSpace`](ErrorKind::NoSpace) for temporary files; the message names slot and
    /// row. None of these rows is added then.
    pub fn add(&mut self, columns: &[Column<'_>]) -> Result<&mut Self> {
        let of_items = columns.iter().map(Column::len).max().unwrap_or(0);
        let rows = columns.iter().filter_map(|column| Some(column.presence.as_ref()?.len())).max().unwrap_or(of_items);
        let RawRows { columns, presence } = RawRows::of(columns, rows)?;
        let (builder, slots) = (self.raw.as_ptr(), columns.len() as u64);
        // SAFETY: the handle is ours; columns hold as many items as they say, and presence is told for each row.
        let added =
            unsafe { call!(deltos_record_table_add(builder, columns.as_ptr(), presence.as_ptr(), slots, rows as u64)) };
        self.told.resume();
        added.map(|()| self)
    }

    /// Stores the table, sealed unless a slot is writable.
    ///
    /// # Errors
    /// [`Exists`](ErrorKind::Exists), [`Invalid`](ErrorKind::Invalid) for a table in memory, which is
    /// [packed](RecordBuilder::pack), and those of [`Transaction::create`].
    pub fn finish(mut self) -> Result<RecordTable<'s>> {
        let mut raw = null_mut();
        // SAFETY: the handle is ours, and so, meanwhile, is the transaction.
        let finished = unsafe { call!(deltos_record_table_finish(self.raw.as_ptr(), &mut raw)) };
        self.told.resume();
        finished?;
        let made_in = self.transaction.as_ref().map(|transaction| transaction.made_in());
        Ok(RecordTable::of(Object::adopt(made(raw)?, false, made_in)))
    }

    /// Gives the table's bytes, which [`RecordTable::unpack`] reads. Nothing can be added any more, but it can be packed
    /// again.
    ///
    /// # Errors
    /// [`Cancelled`](ErrorKind::Cancelled), [`Io`](ErrorKind::Io) of temporary files.
    pub fn pack(&mut self) -> Result<PackedTable> {
        let builder = self.raw.as_ptr();
        // SAFETY: the handle is ours, and there is so much room.
        let write = |data, size: &mut u64| unsafe { call!(deltos_record_table_pack(builder, data, size)) };
        let packed = PackedTable::written(write);
        self.told.resume();
        packed
    }
}

released! { deltos_builder_release, RecordBuilder<'_, '_> }

impl fmt::Debug for RecordBuilder<'_, '_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("RecordBuilder").field("handle", &self.raw).finish_non_exhaustive()
    }
}

impl<'s> Transaction<'s> {
    /// Begins a record table, which lends the transaction until it is finished.
    ///
    /// # Errors
    /// [`Exists`](ErrorKind::Exists), [`Invalid`](ErrorKind::Invalid) for a malformed name.
    pub fn begin_records<'t>(
        &'t mut self,
        name: &str,
        schema: &Schema,
        options: impl Into<RecordOptions<'t>>,
    ) -> Result<RecordBuilder<'t, 's>> {
        let transaction = self.as_raw();
        RecordBuilder::begin(Some(self), options.into(), |options, raw| {
            with_c_str(name, |name| {
                // SAFETY: the handles live.
                unsafe { call!(deltos_record_table_begin(transaction, name, schema.as_ptr(), options, raw)) }
            })
        })
    }

    /// Stores structs as a record table of their fields, each row as it is.
    ///
    /// # Errors
    /// [`Exists`](ErrorKind::Exists), and those of [`create`](Transaction::create).
    pub fn put_records<T: RecordRow>(&mut self, name: &str, rows: &[T]) -> Result<RecordTable<'s>> {
        let mut builder = self.begin_records(name, &Schema::of::<T>()?, RecordLayout::Rows)?;
        builder.add(&T::slots().iter().map(|slot| Column::field(rows, slot)).collect::<Vec<_>>())?;
        builder.finish()
    }
}
