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
