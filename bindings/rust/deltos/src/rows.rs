//! The rows of tables: where they lie, and what is in them.

use std::fmt;
use std::marker::PhantomData;
use std::mem::align_of;
use std::ops::Deref;
use std::ptr::NonNull;

use crate::element::check_type;
use crate::view::slice_of;
use crate::{AnyView, Element, Error, ErrorKind, ReadCell, Result, SharedCell, TableInfo};

/// The rows of a table, of any type: their addresses and lengths. Everything stays until it is dropped.
pub struct AnyRows<'s> {
    pub(crate) pin: AnyView<'s>,
    pub(crate) rows: *const *mut u8,
    pub(crate) lengths: *const usize,
    pub(crate) info: TableInfo,
    pub(crate) immutable: bool,
}

// SAFETY: as `AnyView`; pointers and lengths do not change.
unsafe impl Send for AnyRows<'_> {}
// SAFETY: as above.
unsafe impl Sync for AnyRows<'_> {}

impl<'s> AnyRows<'s> {
    /// The address of each row; those of empty ones must not be followed.
    pub fn as_ptrs(&self) -> &[*const u8] {
        // SAFETY: as many as there are rows, until the pin is released.
        unsafe { slice_of(self.rows.cast(), self.info.rows) }
    }

    /// Elements of each row.
    pub fn lengths(&self) -> &[usize] {
        // SAFETY: as many as there are rows, none below 0, until the pin is released.
        unsafe { slice_of(self.lengths, self.info.rows) }
    }

    /// What the table was when the rows were asked for.
    pub fn info(&self) -> &TableInfo {
        &self.info
    }

    /// Nobody will ever write the rows.
    pub fn is_immutable(&self) -> bool {
        self.immutable
    }

    /// A copy of the bytes of one row.
    pub fn row_bytes(&self, row: usize) -> Option<Vec<u8>> {
        let (&first, &length) = (self.as_ptrs().get(row)?, self.lengths().get(row)?);
        let mut bytes = vec![0; length * self.info.itemsize];
        // SAFETY: the row has so many bytes.
        unsafe { crate::cells::load_bytes(first, &mut bytes) };
        Some(bytes)
    }

    /// The view that keeps the rows: of two dimensions with pointers, or, with rows of different lengths, the pointers
    /// as numbers.
    pub fn into_view(self) -> AnyView<'s> {
        self.pin
    }
}

impl fmt::Debug for AnyRows<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("AnyRows").field("info", &self.info).finish_non_exhaustive()
    }
}

/// The rows of a table as elements of one type, to be read. Everything stays until it is dropped.
///
/// ```
/// let rows = deltos::Table::from_rows(vec![vec![1u64, 2], vec![3]])?.rows::<u64>()?;
/// assert_eq!(rows.iter().map(|row| row.iter().map(|cell| cell.load()).sum::<u64>()).collect::<Vec<_>>(), [3, 3]);
/// # Ok::<(), deltos::Error>(())
/// ```
pub struct Rows<'s, T> {
    any: AnyRows<'s>,
    elements: PhantomData<*const T>,
}

// SAFETY: as `AnyRows`; elements are plain values.
unsafe impl<T: Element> Send for Rows<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Element> Sync for Rows<'_, T> {}

impl<'s, T: Element> Rows<'s, T> {
    pub(crate) fn of(any: AnyRows<'s>) -> Result<Self> {
        check_type::<T>(any.info.dtype, any.info.itemsize as u64, &any.info.format)?;
        let is_off = |(row, &length): (&*const u8, &usize)| length > 0 && *row as usize % align_of::<T>() != 0;
        if let Some(row) = any.as_ptrs().iter().zip(any.lengths()).position(is_off) {
            let message = format!("row {} is not aligned to {} bytes; copy it with to_dense", row, align_of::<T>());
            return Err(Error::new(ErrorKind::Layout, message));
        }
        Ok(Rows { any, elements: PhantomData })
    }

    /// How many rows there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.any.info.rows
    }

    /// There are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The address of each row, for calls that take `T **`. Those of empty rows must not be followed, and reading
    /// through the others is for who knows that nobody writes meanwhile.
    #[inline]
    pub fn as_ptrs(&self) -> &[*const T] {
        // SAFETY: as many as there are rows, until the pin is released.
        unsafe { slice_of(self.any.rows.cast(), self.len()) }
    }

    /// Elements of each row.
    #[inline]
    pub fn lengths(&self) -> &[usize] {
        self.any.lengths()
    }

    fn place(&self, row: usize) -> Option<(*const T, usize)> {
        let (&first, &length) = (self.as_ptrs().get(row)?, self.lengths().get(row)?);
        Some((if length == 0 { NonNull::dangling().as_ptr() } else { first }, length))
    }

    /// One row, each element to be read on its own.
    #[inline]
    pub fn row(&self, row: usize) -> Option<&[ReadCell<T>]> {
        let (first, length) = self.place(row)?;
        // SAFETY: so many elements are there, aligned; a cell is laid out as one, and only ever read atomically.
        Some(unsafe { slice_of(first.cast(), length) })
    }

    /// One row as a slice, when nobody writes it: that is sealed, or the program's own.
    ///
    /// # Errors
    /// [`Layout`](ErrorKind::Layout): others may write it.
    pub fn slice(&self, row: usize) -> Result<Option<&[T]>> {
        if !self.any.immutable {
            let message = "the rows are not sealed, so others may write them: use row or get, or seal the table";
            return Err(Error::new(ErrorKind::Layout, message));
        }
        // SAFETY: so many elements are there, aligned, and nobody writes them.
        Ok(self.place(row).map(|(first, length)| unsafe { slice_of(first, length) }))
    }

    /// One element, as it is now.
    #[inline]
    pub fn get(&self, row: usize, column: usize) -> Option<T> {
        self.row(row)?.get(column).map(ReadCell::load)
    }

    /// Each row in turn.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[ReadCell<T>]> + '_ {
        (0..self.len()).map(move |row| self.row(row).unwrap_or(&[]))
    }

    /// The rows without their type.
    pub fn into_any(self) -> AnyRows<'s> {
        self.any
    }
}

impl<T: Element> fmt::Debug for Rows<'_, T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.any.fmt(out)
    }
}

/// The rows of a table as elements of one type, to be read and stored to; see [`Rows`].
pub struct WritableRows<'s, T> {
    rows: Rows<'s, T>,
}

impl<'s, T: Element> WritableRows<'s, T> {
    /// The rows are known to be writable.
    pub(crate) fn of(rows: Rows<'s, T>) -> Self {
        WritableRows { rows }
    }

    /// The address of each row, for calls that take `T **`; see [`Rows::as_ptrs`].
    #[inline]
    pub fn as_mut_ptrs(&self) -> &[*mut T] {
        // SAFETY: as many as there are rows, until the pin is released.
        unsafe { slice_of(self.rows.any.rows.cast(), self.rows.len()) }
    }

    /// One row, each element to be read and stored to on its own.
    #[inline]
    pub fn row(&self, row: usize) -> Option<&[SharedCell<T>]> {
        let (first, length) = self.rows.place(row)?;
        // SAFETY: so many elements are there, aligned; a cell is laid out as one, and the memory can be written.
        Some(unsafe { slice_of(first.cast(), length) })
    }

    /// Stores one element.
    ///
    /// # Panics
    /// When there is no such element.
    #[inline]
    pub fn set(&self, row: usize, column: usize, value: T) {
        match self.row(row).and_then(|row| row.get(column)) {
            Some(cell) => cell.store(value),
            None => panic!("there is no element {} in a row {} of {} rows", column, row, self.rows.len()),
        }
    }
}

impl<'s, T> Deref for WritableRows<'s, T> {
    type Target = Rows<'s, T>;

    fn deref(&self) -> &Rows<'s, T> {
        &self.rows
    }
}

impl<T: Element> fmt::Debug for WritableRows<'_, T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rows.fmt(out)
    }
}
