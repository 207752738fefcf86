//! Tables: rows that are reached by pointers, the `T **` of C.

use std::fmt;
use std::mem::{size_of, zeroed};
use std::ops::{Deref, DerefMut};
use std::os::raw::c_void;
use std::ptr::{null, null_mut, NonNull};

use deltos_sys as sys;

use crate::error::call;
use crate::progress::{call_box, drop_box};
use crate::storage::made;
use crate::text::{borrowed, with_c_str};
use crate::{
    AnyRows, AnyView, DType, Element, ElementType, Object, Result, Rows, View, ViewRequest, WritableRows, WritableView,
};

/// How many rows a table has, and how long they are.
///
/// ```
/// use deltos::{Table, TableShape};
/// let rectangular = Table::zeros::<f64>((3, 4))?;
/// let ragged = Table::zeros::<f64>(&[3, 0, 5])?;
/// assert!(ragged.info()?.ragged && !rectangular.info()?.ragged);
/// # let _: TableShape = (3, 4).into();
/// # Ok::<(), deltos::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TableShape<'l> {
    /// So many rows of so many elements.
    Rectangular(usize, usize),
    /// Rows of as many elements each.
    Ragged(&'l [usize]),
}

impl From<(usize, usize)> for TableShape<'_> {
    fn from((rows, columns): (usize, usize)) -> Self {
        TableShape::Rectangular(rows, columns)
    }
}

impl<'l> From<&'l [usize]> for TableShape<'l> {
    fn from(lengths: &'l [usize]) -> Self {
        TableShape::Ragged(lengths)
    }
}

impl<'l, const N: usize> From<&'l [usize; N]> for TableShape<'l> {
    fn from(lengths: &'l [usize; N]) -> Self {
        TableShape::Ragged(lengths)
    }
}

impl<'l> From<&'l Vec<usize>> for TableShape<'l> {
    fn from(lengths: &'l Vec<usize>) -> Self {
        TableShape::Ragged(lengths)
    }
}

impl TableShape<'_> {
    /// Rows, columns and lengths as the library takes them: numbers with a sign, of which it refuses those below 0.
    fn raw(&self) -> (i64, i64, *const i64) {
        match *self {
            TableShape::Rectangular(rows, columns) => (rows as i64, columns as i64, null()),
            TableShape::Ragged(lengths) => (lengths.len() as i64, -1, lengths.as_ptr().cast()),
        }
    }
}

/// Which elements of a view become one row of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TableAxis {
    /// Each row.
    Rows,
    /// Each column.
    Columns,
}

/// Rows that are reached by pointers, wherever they lie: in one piece made for them, in a storage, in views, in the
/// program's own memory. Rows may have lengths of their own.
///
/// It is an [`Object`] of its own kind, whose facts are `Object::info(&table)`. Those without a storage have no name and
/// live until their last view goes.
///
/// ```
/// use deltos::{Durability, Storage};
///
/// let storage = Storage::anonymous("example")?;
/// let mut transaction = storage.begin()?;
/// let table = transaction.create_table::<f64>("rows", (2, 3))?;
/// table.rows_writable::<f64>()?.set(1, 2, 4.5);
/// transaction.commit(Durability::Sync)?;
/// let rows = storage.table("rows")?.rows::<f64>()?;
/// let pointers: &[*const f64] = rows.as_ptrs(); // for a function of C
/// assert_eq!((pointers.len(), rows.get(1, 2)), (2, Some(4.5)));
/// # Ok::<(), deltos::Error>(())
/// ```
///
/// What lends rows keeps the storage open, and what the handle shows does not change while others look:
///
/// ```compile_fail,E0505
/// # use deltos::Storage;
/// let storage = Storage::anonymous("example")?;
/// let rows = storage.table("rows")?.rows::<f64>()?;
/// storage.close()?; // the rows live
/// println!("{:?}", rows.get(0, 0));
/// # Ok::<(), deltos::Error>(())
/// ```
///
/// ```compile_fail,E0596
/// fn two_at_once(table: &deltos::Table<'_>) -> deltos::Result<()> {
///     table.reinterpret("B")
/// }
/// ```
///
/// Rows are never lent as `&mut`:
///
/// ```compile_fail,E0308
/// let rows = deltos::Table::zeros::<f64>((2, 3))?.rows_writable::<f64>()?;
/// let row: &mut [f64] = rows.row(0).unwrap();
/// # Ok::<(), deltos::Error>(())
/// ```
pub struct Table<'s> {
    object: Object<'s>,
}

/// What a table is, as its handle shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableInfo {
    /// How many rows there are.
    pub rows: usize,
    /// Elements of every row; `None`: rows have lengths of their own.
    pub columns: Option<usize>,
    /// The type of one element.
    pub dtype: DType,
    /// The format string of one element.
    pub format: String,
    /// Bytes of one element.
    pub itemsize: usize,
    /// Live views that this handle has given, however often each was shared.
    pub exports: u64,
    /// It gives no writable views; of a stored one: beyond what the storage allows.
    pub readonly: bool,
    /// Rows have lengths of their own.
    pub ragged: bool,
    /// It belongs to a storage.
    pub stored: bool,
    /// Nobody will ever write its rows, which a seal says once it is committed.
    pub sealed: bool,
}

impl<'s> Table<'s> {
    pub(crate) fn of(object: Object<'s>) -> Self {
        Table { object }
    }

    /// What a table is.
    ///
    /// # Errors
    /// [`Corrupt`](crate::ErrorKind::Corrupt), [`NoMemory`](crate::ErrorKind::NoMemory).
    ///
    /// ```
    /// let info = deltos::Table::zeros::<f32>((3, 4))?.info()?;
    /// assert_eq!((info.rows, info.columns, info.format.as_str()), (3, Some(4), "f"));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn info(&self) -> Result<TableInfo> {
        let raw = self.raw_info()?;
        Ok(TableInfo {
            rows: raw.rows as usize,
            columns: usize::try_from(raw.columns).ok(),
            dtype: DType::of(raw.dtype),
            // SAFETY: it lives until the handle is reinterpreted, which takes it mutably.
            format: unsafe { borrowed(raw.format) }.to_owned(),
            itemsize: raw.itemsize as usize,
            exports: raw.exports,
            readonly: raw.readonly != 0,
            ragged: raw.ragged != 0,
            stored: raw.stored != 0,
            sealed: raw.sealed != 0,
        })
    }

    fn raw_info(&self) -> Result<sys::deltos_table_info> {
        // SAFETY: numbers and pointers, of which zero is one; the handle lives as long as `self`.
        unsafe {
            let mut raw: sys::deltos_table_info = zeroed();
            raw.struct_size = size_of::<sys::deltos_table_info>() as u32;
            call!(deltos_table_stat(self.object.as_raw(), &mut raw))?;
            Ok(raw)
        }
    }

    /// The rows, to be read: their addresses, for calls that take `T **`, and each as cells or, when nobody writes
    /// them, as a slice.
    ///
    /// # Errors
    /// [`Type`](crate::ErrorKind::Type) for other elements, [`Layout`](crate::ErrorKind::Layout) when rows are not aligned,
    /// [`Corrupt`](crate::ErrorKind::Corrupt) for a stored one, and those of [`Object::view`].
    ///
    /// ```
    /// let table = deltos::Table::from_rows(vec![vec![1u8, 2], vec![3, 4]])?;
    /// assert_eq!(table.rows::<u8>()?.slice(1)?, Some(&[3, 4][..]));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn rows<T: Element>(&self) -> Result<Rows<'s, T>> {
        Rows::of(self.any_rows(false)?)
    }

    /// The same, to be stored to.
    ///
    /// # Errors
    /// [`ReadOnly`](crate::ErrorKind::ReadOnly), [`Sealed`](crate::ErrorKind::Sealed), and those of [`rows`](Table::rows).
    ///
    /// ```
    /// let rows = deltos::Table::zeros::<u32>((2, 2))?.rows_writable::<u32>()?;
    /// rows.row(1).unwrap()[0].store(7);
    /// rows.set(1, 1, 8);
    /// assert_eq!((rows.get(1, 0), rows.get(1, 1)), (Some(7), Some(8)));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn rows_writable<T: Element>(&self) -> Result<WritableRows<'s, T>> {
        Ok(WritableRows::of(Rows::of(self.any_rows(true)?)?))
    }

    /// The rows of a table whose type is known only when the program runs.
    ///
    /// # Errors
    /// As [`rows`](Table::rows) and [`rows_writable`](Table::rows_writable), but for those of the type.
    ///
    /// ```
    /// let rows = deltos::Table::zeros::<u32>(&[2, 0, 1])?.any_rows(false)?;
    /// assert_eq!((rows.lengths(), rows.as_ptrs().len()), (&[2, 0, 1][..], 3));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn any_rows(&self, writable: bool) -> Result<AnyRows<'s>> {
        let (mut pin, mut rows, mut lengths) = (null_mut(), null(), null());
        let table = self.object.as_raw();
        // SAFETY: the handle lives as long as `self`.
        unsafe { call!(deltos_table_rows(table, u8::from(writable), &mut pin, &mut rows, &mut lengths)) }?;
        let pin = AnyView::adopt(made(pin)?, false);
        let info = self.info()?;
        let immutable = self.object.is_frozen() || (info.sealed && !self.object.may_be_unsealed()?);
        Ok(AnyRows { pin, rows: rows.cast(), lengths: lengths.cast(), info, immutable })
    }

    /// One row as a one-dimensional view, of any table.
    ///
    /// # Errors
    /// [`Range`](crate::ErrorKind::Range) when there is no such row, and those of [`Object::any_view`].
    ///
    /// ```
    /// # use deltos::ViewRequest;
    /// let table = deltos::Table::from_rows(vec![vec![1u8], vec![2, 3]])?;
    /// assert_eq!(table.any_row(1, ViewRequest::FULL_RO)?.shape(), Some(&[2][..]));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn any_row(&self, row: usize, request: ViewRequest) -> Result<AnyView<'s>> {
        let mut raw = null_mut();
        // SAFETY: the handle lives as long as `self`; rows below 0 are refused.
        unsafe { call!(deltos_table_row(self.object.as_raw(), row as i64, request.bits(), &mut raw)) }?;
        self.object.adopt_view(made(raw)?)
    }

    /// One row as a view of a type.
    ///
    /// # Errors
    /// As [`any_row`](Table::any_row), and [`Type`](crate::ErrorKind::Type).
    ///
    /// ```
    /// let table = deltos::Table::from_rows(vec![vec![1u8], vec![2, 3]])?;
    /// assert_eq!(table.row::<u8>(1)?.as_slice()?, [2, 3]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn row<T: Element>(&self, row: usize) -> Result<View<'s, T>> {
        self.any_row(row, ViewRequest::FULL_RO)?.typed()
    }

    /// One row as a view of a type, to be stored to.
    ///
    /// # Errors
    /// As [`row`](Table::row), [`ReadOnly`](crate::ErrorKind::ReadOnly), [`Sealed`](crate::ErrorKind::Sealed).
    ///
    /// ```
    /// let table = deltos::Table::zeros::<u8>((2, 2))?;
    /// table.row_writable::<u8>(1)?.write_from(&[5, 6])?;
    /// assert_eq!(table.row::<u8>(1)?.to_vec()?, [5, 6]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn row_writable<T: Element>(&self, row: usize) -> Result<WritableView<'s, T>> {
        self.any_row(row, ViewRequest::FULL)?.typed_writable()
    }

    /// A copy in memory of its own, two-dimensional and contiguous, for whoever does not follow pointers.
    ///
    /// # Errors
    /// [`Layout`](crate::ErrorKind::Layout) for rows with lengths of their own, and those of [`rows`](Table::rows).
    ///
    /// ```
    /// let table = deltos::Table::from_rows(vec![vec![1u8, 2], vec![3, 4]])?;
    /// assert_eq!(table.to_dense()?.typed::<u8>()?.to_vec()?, [1, 2, 3, 4]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn to_dense(&self) -> Result<AnyView<'static>> {
        let mut raw = null_mut();
        // SAFETY: the handle lives as long as `self`; what is made does not depend on it.
        unsafe { call!(deltos_table_to_dense(self.object.as_raw(), &mut raw)) }?;
        Ok(AnyView::adopt(made(raw)?, false))
    }

    /// Shows the same bytes as elements of another type, as many in each row as fit. What is stored stays.
    ///
    /// # Errors
    /// [`Pinned`](crate::ErrorKind::Pinned) while views of this handle live, [`Format`](crate::ErrorKind::Format).
    ///
    /// ```
    /// let mut table = deltos::Table::zeros::<u32>((2, 3))?;
    /// table.reinterpret("B")?;
    /// assert_eq!(table.info()?.columns, Some(12));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn reinterpret<'f>(&mut self, elements: impl Into<ElementType<'f>>) -> Result<()> {
        let elements = elements.into();
        let (table, dtype) = (self.object.as_raw(), elements.dtype.code());
        match elements.format {
            // SAFETY: nobody else uses the handle, since it is borrowed mutably; the text lives during the call.
            Some(format) => {
                with_c_str(format, |format| unsafe { call!(deltos_table_reinterpret(table, format, dtype)) })
            }
            // SAFETY: as above.
            None => unsafe { call!(deltos_table_reinterpret(table, null(), dtype)) },
        }
    }

    /// Makes this handle give no writable views any more.
    ///
    /// # Errors
    /// [`Pinned`](crate::ErrorKind::Pinned) while writable views of it live.
    ///
    /// ```
    /// let mut table = deltos::Table::zeros::<u32>((2, 3))?;
    /// table.make_readonly()?;
    /// assert_eq!(table.rows_writable::<u32>().unwrap_err().kind(), deltos::ErrorKind::ReadOnly);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn make_readonly(&mut self) -> Result<()> {
        // SAFETY: nobody else uses the handle, since it is borrowed mutably.
        unsafe { call!(deltos_table_make_readonly(self.object.as_raw())) }
    }

    /// The rows, or the columns, of a two-dimensional view as a table, without copying; it keeps the view's memory.
    ///
    /// # Errors
    /// [`Layout`](crate::ErrorKind::Layout) when they are not contiguous, or for more than two dimensions.
    ///
    /// ```
    /// use deltos::{Table, TableAxis};
    /// let view = deltos::AnyView::from_owner(vec![1u8, 2, 3, 4], &[2, 2])?;
    /// let table = Table::from_view(&view, TableAxis::Rows)?;
    /// assert_eq!(table.rows::<u8>()?.as_ptrs()[1], view.as_ptr().wrapping_add(2));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn from_view(view: &AnyView<'s>, axis: TableAxis) -> Result<Table<'s>> {
        let mut raw = null_mut();
        let number = i32::from(axis == TableAxis::Columns);
        // SAFETY: the view lives during the call; the table keeps what it needs of it.
        unsafe { call!(deltos_table_from_view(view.as_raw(), number, &mut raw)) }?;
        Ok(Table::of(Object::over(made(raw)?, [view].into_iter())))
    }

    /// Separate contiguous views as the rows of one table, without copying; it keeps their memory.
    ///
    /// # Errors
    /// [`Type`](crate::ErrorKind::Type) unless all have one element type and number of elements, [`Layout`](crate::ErrorKind::Layout)
    /// when one is not contiguous, [`Invalid`](crate::ErrorKind::Invalid) for none: see
    /// [`from_views_as`](Table::from_views_as).
    ///
    /// ```
    /// let one = deltos::AnyView::from_owner(vec![1u8, 2], &[2])?;
    /// let two = deltos::AnyView::from_owner(vec![3u8, 4], &[2])?;
    /// let table = deltos::Table::from_views(&[&one, &two])?;
    /// assert_eq!(table.to_dense()?.typed::<u8>()?.to_vec()?, [1, 2, 3, 4]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn from_views(views: &[&AnyView<'s>]) -> Result<Table<'s>> {
        Table::from_views_as(views, None, DType::Other)
    }

    /// The same, with the number of elements and the type that each must have; `None` and `DType::Other`: those of the
    /// first.
    ///
    /// # Errors
    /// As [`from_views`](Table::from_views).
    ///
    /// ```
    /// use deltos::{DType, Table};
    /// assert_eq!(Table::from_views_as(&[], Some(3), DType::F64)?.info()?.columns, Some(3));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn from_views_as<'f>(
        views: &[&AnyView<'s>],
        columns: Option<usize>,
        elements: impl Into<ElementType<'f>>,
    ) -> Result<Table<'s>> {
        let elements = elements.into();
        let handles: Vec<*const sys::deltos_view> = views.iter().map(|view| view.as_raw()).collect();
        let (count, columns) = (handles.len() as i64, columns.map_or(-1, |columns| columns as i64));
        let (dtype, handles) = (elements.dtype.code(), handles.as_ptr());
        let mut raw = null_mut();
        // SAFETY: the views live during the call; the table keeps what it needs of them.
        let mut make =
            |format| unsafe { call!(deltos_table_from_views(handles, count, columns, format, dtype, &mut raw)) };
        match elements.format {
            Some(format) => with_c_str(format, make)?,
            None => make(null())?,
        }
        Ok(Table::of(Object::over(made(raw)?, views.iter().copied())))
    }
}

impl Table<'static> {
    /// A table of zeros in memory, without a storage. Its rows start at multiples of 64 bytes.
    ///
    /// # Errors
    /// [`NoMemory`](crate::ErrorKind::NoMemory), [`Limit`](crate::ErrorKind::Limit).
    ///
    /// ```
    /// let rows = deltos::Table::zeros::<f64>((2, 3))?.rows::<f64>()?;
    /// assert_eq!((rows.get(1, 2), rows.get(1, 3), rows.get(2, 0)), (Some(0.0), None, None));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn zeros<'l, T: Element>(shape: impl Into<TableShape<'l>>) -> Result<Table<'static>> {
        match T::DTYPE.is_whole() {
            true => Table::zeros_any(T::DTYPE, shape),
            false => Table::zeros_any(&*T::format(), shape),
        }
    }

    /// The same for a type that is known only when the program runs.
    ///
    /// # Errors
    /// As [`zeros`](Table::zeros), and [`Format`](crate::ErrorKind::Format).
    ///
    /// ```
    /// assert_eq!(deltos::Table::zeros_any("T{d:x:d:y:}", (2, 3))?.info()?.itemsize, 16);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn zeros_any<'f, 'l>(
        elements: impl Into<ElementType<'f>>,
        shape: impl Into<TableShape<'l>>,
    ) -> Result<Table<'static>> {
        let raw = create(null_mut(), null(), elements.into(), shape.into())?;
        Ok(Table::of(Object::adopt(raw, false, None)))
    }

    /// Vectors, or whatever else holds elements, as the rows of a table to be read. They are dropped with the table's
    /// last view.
    ///
    /// # Errors
    /// [`NoMemory`](crate::ErrorKind::NoMemory), [`Limit`](crate::ErrorKind::Limit).
    ///
    /// ```
    /// let table = deltos::Table::from_rows(vec![vec![1u16, 2], vec![], vec![3]])?;
    /// assert_eq!(table.rows::<u16>()?.lengths(), [2, 0, 1]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn from_rows<T, O>(rows: Vec<O>) -> Result<Table<'static>>
    where
        T: Element,
        O: AsRef<[T]> + Send + Sync + 'static,
    {
        struct Owner<O> {
            _rows: Vec<O>,
            pointers: Vec<*mut c_void>,
        }
        let owner = Box::into_raw(Box::new(Owner { _rows: rows, pointers: Vec::new() }));
        // SAFETY: the box lives until its release; nothing but shared borrows touch the rows before.
        let (pointers, lengths) = unsafe {
            let rows: Vec<&[T]> = (*owner)._rows.iter().map(|row| row.as_ref()).collect();
            (*owner).pointers = rows.iter().map(|row| row.as_ptr() as *mut c_void).collect();
            let lengths: Vec<usize> = rows.iter().map(|row| row.len()).collect();
            ((*owner).pointers.as_ptr(), lengths)
        };
        let same = lengths.windows(2).all(|pair| pair[0] == pair[1]);
        let shape = match lengths.first() {
            Some(&columns) if same => TableShape::Rectangular(lengths.len(), columns),
            _ => TableShape::Ragged(&lengths),
        };
        let (format, dtype) = (T::format(), T::DTYPE);
        let elements = ElementType { format: (!dtype.is_whole()).then(|| &*format), dtype };
        // SAFETY: pointers and rows live until the release, and nobody writes them.
        let wrapped = unsafe { wrap(pointers, shape, elements, true, drop_box::<Owner<O>>, owner.cast()) };
        match wrapped {
            Ok(raw) => Ok(Table::of(Object::adopt(raw, true, None))),
            Err(error) => {
                // SAFETY: nobody else has it: a call that fails does not release.
                drop(unsafe { Box::from_raw(owner) });
                Err(error)
            }
        }
    }

    /// Shows a `T **` that is not the library's as a table; neither pointers nor rows are copied. The closure is called
    /// once, when the table and its last view are gone, on whatever thread that happens; it should not panic: a panic
    /// is reported and goes no further.
    ///
    /// # Safety
    /// There are as many pointers as rows, which lead to as many elements as the shape says; they live, and do not
    /// change, until `release` is called; unless `readonly`, the rows may be written by who has the table; and nobody
    /// else accesses them other than atomically.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) for a null pointer to a row that is not empty, [`Format`](crate::ErrorKind::Format),
    /// [`Limit`](crate::ErrorKind::Limit). The closure is dropped without being called.
    ///
    /// ```
    /// use std::os::raw::c_void;
    /// use deltos::{DType, Table};
    ///
    /// let rows = Box::leak(Box::new([[1i32, 2], [3, 4]]));
    /// let pointers = Box::leak(Box::new([rows[0].as_mut_ptr(), rows[1].as_mut_ptr()]));
    /// let first = pointers.as_ptr() as *const *mut c_void;
    /// let addresses = (rows as *mut _ as usize, pointers as *mut _ as usize);
    /// // SAFETY: pointers and rows are ours until they are released, and then they are dropped.
    /// let table = unsafe {
    ///     Table::wrap(first, (2, 2), DType::I32, false, move || {
    ///         drop(Box::from_raw(addresses.0 as *mut [[i32; 2]; 2]));
    ///         drop(Box::from_raw(addresses.1 as *mut [*mut i32; 2]));
    ///     })
    /// }?;
    /// assert_eq!(table.rows::<i32>()?.as_ptrs().as_ptr() as usize, first as usize); // this very array
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub unsafe fn wrap<'f, 'l, F>(
        rows: *const *mut c_void,
        shape: impl Into<TableShape<'l>>,
        elements: impl Into<ElementType<'f>>,
        readonly: bool,
        release: F,
    ) -> Result<Table<'static>>
    where
        F: FnOnce() + Send + 'static,
    {
        let user = Box::into_raw(Box::new(release));
        match wrap(rows, shape.into(), elements.into(), readonly, call_box::<F>, user.cast()) {
            Ok(raw) => Ok(Table::of(Object::adopt(raw, false, None))),
            Err(error) => {
                drop(Box::from_raw(user));
                Err(error)
            }
        }
    }
}

/// # Safety
/// As [`Table::wrap`]; `user` is what `release` takes.
unsafe fn wrap(
    rows: *const *mut c_void,
    shape: TableShape<'_>,
    elements: ElementType<'_>,
    readonly: bool,
    release: unsafe extern "C" fn(*mut c_void),
    user: *mut c_void,
) -> Result<NonNull<sys::deltos_object>> {
    let (count, columns, lengths) = shape.raw();
    let (dtype, readonly, release) = (elements.dtype.code(), u8::from(readonly), Some(release));
    let mut raw = null_mut();
    let mut make = |format| {
        call!(deltos_table_wrap(rows, count, columns, lengths, format, dtype, readonly, release, user, &mut raw))
    };
    match elements.format {
        Some(format) => with_c_str(format, make)?,
        None => make(null())?,
    }
    made(raw)
}

/// A table of zeros, in a transaction or (null, with no name) in memory.
pub(crate) fn create(
    transaction: *mut sys::deltos_transaction,
    name: *const std::os::raw::c_char,
    elements: ElementType<'_>,
    shape: TableShape<'_>,
) -> Result<NonNull<sys::deltos_object>> {
    let (rows, columns, lengths) = shape.raw();
    let dtype = elements.dtype.code();
    let mut raw = null_mut();
    let mut make = |format| {
        // SAFETY: the transaction is null or open, and there are as many lengths as rows.
        unsafe { call!(deltos_table_create(transaction, name, format, dtype, rows, columns, lengths, &mut raw)) }
    };
    match elements.format {
        Some(format) => with_c_str(format, make)?,
        None => make(null())?,
    }
    made(raw)
}

impl<'s> Deref for Table<'s> {
    type Target = Object<'s>;

    fn deref(&self) -> &Object<'s> {
        &self.object
    }
}

impl DerefMut for Table<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.object
    }
}

impl fmt::Debug for Table<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Table").field("info", &self.info()).finish()
    }
}
