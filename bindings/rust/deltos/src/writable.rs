//! Views to be stored to: memory that others read and write too.

use std::fmt;
use std::ops::Deref;

use crate::element::bytes_of;
use crate::error::call;
use crate::{AnyView, AtomicElement, Element, Result, SharedCell, View};

/// Exported memory of elements of one type, to be read and stored to in place.
///
/// Stores are seen at once by every thread and process that maps the object; they belong to no transaction. It is never
/// lent as `&mut`, because others have it too.
///
/// ```
/// use std::sync::atomic::Ordering;
/// use deltos::{Durability, Storage};
///
/// let storage = Storage::anonymous("example")?;
/// storage.transact(Durability::Sync, |t| t.create_zeroed::<u64>("counts", &[4]).map(drop))?;
/// let counts = storage.object("counts")?.view_writable::<u64>()?;
/// counts.set(0, 40);
/// counts.atomics()?[0].fetch_add(2, Ordering::Relaxed);
/// assert_eq!(counts.get(0), Some(42));
/// # Ok::<(), deltos::Error>(())
/// ```
pub struct WritableView<'s, T> {
    view: View<'s, T>,
}

impl<'s, T: Element> WritableView<'s, T> {
    /// The memory is known to be writable.
    pub(crate) fn of(view: View<'s, T>) -> Self {
        WritableView { view }
    }

    /// The elements of contiguous memory, each to be read and stored to on its own.
    ///
    /// # Errors
    /// [`Layout`](crate::ErrorKind::Layout) when it is not contiguous.
    ///
    /// ```
    /// # use deltos::{Durability, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| t.create("n", &[1u64, 2]).map(drop))?;
    /// let view = storage.object("n")?.view_writable::<u64>()?;
    /// view.cells()?[0].store(9);
    /// assert_eq!(view.get(0), Some(9));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    #[inline]
    pub fn cells(&self) -> Result<&[SharedCell<T>]> {
        if !self.view.contiguous {
            self.view.any.check_contiguous()?;
        }
        // SAFETY: a cell is laid out as its element, and only ever accessed atomically; the memory can be written.
        Ok(unsafe { std::slice::from_raw_parts(self.view.first.cast(), self.view.count) })
    }

    /// The elements of contiguous memory as atomics, for read-modify-write; floats as their bits.
    ///
    /// # Errors
    /// [`Layout`](crate::ErrorKind::Layout) when it is not contiguous.
    ///
    /// ```
    /// # use std::sync::atomic::Ordering;
    /// # use deltos::{Durability, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| t.create("n", &[1u64, 2]).map(drop))?;
    /// let view = storage.object("n")?.view_writable::<u64>()?;
    /// assert_eq!(view.atomics()?[1].swap(5, Ordering::AcqRel), 2);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    #[inline]
    pub fn atomics(&self) -> Result<&[T::Atomic]>
    where
        T: AtomicElement,
    {
        if !self.view.contiguous {
            self.view.any.check_contiguous()?;
        }
        // SAFETY: an atomic is laid out as its element, which is aligned; the memory can be written.
        Ok(unsafe { std::slice::from_raw_parts(self.view.first.cast(), self.view.count) })
    }

    /// One element as an atomic, counted in C order, for read-modify-write: also of memory that is not contiguous, such as
    /// a slot of record tables in rows.
    ///
    /// ```
    /// # use std::sync::atomic::Ordering;
    /// # use deltos::{Column, Durability, RecordLayout, Schema, SlotDef, SlotType, Storage, ViewRequest};
    /// # let storage = Storage::anonymous("example")?;
    /// let slots = [SlotDef::new("name", SlotType::Str), SlotDef::fixed::<u64>("hits").writable()];
    /// storage.transact(Durability::Sync, |transaction| {
    ///     let mut pages = transaction.begin_records("pages", &Schema::new("page", &slots)?, RecordLayout::Rows)?;
    ///     pages.add(&[Column::texts(["a", "b"]), Column::from(&[0u64, 40])])?;
    ///     pages.finish().map(drop)
    /// })?;
    /// let hits = storage.record_table("pages")?.column_writable::<u64>(1)?;
    /// let of_b = hits.atomic(1).unwrap();
    /// of_b.fetch_add(2, Ordering::Relaxed);
    /// assert_eq!(of_b.compare_exchange(42, 43, Ordering::AcqRel, Ordering::Acquire), Ok(42));
    /// assert!(hits.atomic(2).is_none());
    /// # Ok::<(), deltos::Error>(())
    /// ```
    #[inline]
    pub fn atomic(&self, index: usize) -> Option<&T::Atomic>
    where
        T: AtomicElement,
    {
        // SAFETY: an atomic is laid out as its element, which is aligned; the memory can be written.
        self.view.address(index).map(|at| unsafe { &*at.cast::<T::Atomic>() })
    }

    /// Stores one element, counted in C order.
    ///
    /// # Panics
    /// When there is no such element.
    ///
    /// ```
    /// # use deltos::{Durability, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| t.create("n", &[1u64, 2]).map(drop))?;
    /// let view = storage.object("n")?.view_writable::<u64>()?;
    /// view.set(1, 7);
    /// assert_eq!(view.to_vec()?, [1, 7]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    #[inline]
    pub fn set(&self, index: usize, value: T) {
        match self.view.address(index) {
            // SAFETY: a cell is laid out as its element, and the memory can be written.
            Some(at) => unsafe { &*at.cast::<SharedCell<T>>() }.store(value),
            None => panic!("index {} is out of range for a view of {} elements", index, self.view.count),
        }
    }

    /// Stores one value everywhere.
    ///
    /// # Errors
    /// [`NoMemory`](crate::ErrorKind::NoMemory).
    ///
    /// ```
    /// # use deltos::{Durability, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| t.create("n", &[1u64, 2]).map(drop))?;
    /// let view = storage.object("n")?.view_writable::<u64>()?;
    /// view.fill(3)?;
    /// assert_eq!(view.to_vec()?, [3, 3]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn fill(&self, value: T) -> Result<()> {
        self.fill_bytes(bytes_of(std::slice::from_ref(&value)))
    }

    /// Copies a slice, in C order, over all elements.
    ///
    /// # Errors
    /// [`Type`](crate::ErrorKind::Type) when the slice has another length.
    ///
    /// ```
    /// # use deltos::{Durability, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| t.create("n", &[1u64, 2]).map(drop))?;
    /// let view = storage.object("n")?.view_writable::<u64>()?;
    /// view.write_from(&[8, 9])?;
    /// assert_eq!(view.to_vec()?, [8, 9]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn write_from(&self, elements: &[T]) -> Result<()> {
        self.view.check_length(elements.len())?;
        let mut source = self.view.compact(bytes_of(elements).as_ptr() as *mut u8);
        source.readonly = 1;
        // SAFETY: both live during the call, and the view's memory can be written.
        unsafe { call!(deltos_view_copy(self.view.any.as_raw(), &source)) }
    }

    /// The address of element `[0, ..., 0]`.
    #[inline]
    pub fn as_mut_ptr(&self) -> *mut T {
        self.view.first as *mut T
    }

    /// The memory without its type.
    pub fn into_any(self) -> AnyView<'s> {
        self.view.any
    }

    /// Makes the view independent of the storage's lifetime; see [`AnyView::into_owned`].
    pub fn into_owned(self) -> WritableView<'static, T> {
        WritableView { view: self.view.into_owned() }
    }
}

impl<'s, T> Deref for WritableView<'s, T> {
    type Target = View<'s, T>;

    fn deref(&self) -> &View<'s, T> {
        &self.view
    }
}

impl<T: Element + fmt::Debug> fmt::Debug for WritableView<'_, T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view.fmt(out)
    }
}
