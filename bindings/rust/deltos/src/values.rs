//! The elements of views: filled, compared and searched by value, picked by row, one at a time as numbers, and
//! atomically.

use std::cmp::Ordering as Order;
use std::mem::{size_of, MaybeUninit};
use std::sync::atomic::Ordering;

use deltos_sys as sys;

use crate::element::bytes_of;
use crate::error::call;
use crate::{AnyView, AtomicElement, Content, Element, Error, ErrorKind, Result, View, WritableView};

/// A memory order as the library takes it; one that is not known yet is the strongest.
fn memory_order(order: Ordering) -> i32 {
    match order {
        Ordering::Relaxed => sys::DELTOS_MEMORY_RELAXED,
        Ordering::Acquire => sys::DELTOS_MEMORY_ACQUIRE,
        Ordering::Release => sys::DELTOS_MEMORY_RELEASE,
        Ordering::AcqRel => sys::DELTOS_MEMORY_ACQ_REL,
        _ => sys::DELTOS_MEMORY_SEQ_CST,
    }
}

/// Numbers of the library for whole values: get and set one element as one type of number.
macro_rules! numbers {
    ($($(#[$get_doc:meta])* $get:ident, $raw_get:ident, $(#[$set_doc:meta])* $set:ident, $raw_set:ident, $type:ty;)*) => {
        $(
            $(#[$get_doc])*
            pub fn $get(&self, index: &[usize]) -> Result<$type> {
                let index = self.index(index)?;
                let mut value = Default::default();
                // SAFETY: the view lives, and there are as many indices as dimensions.
                unsafe { call!($raw_get(self.as_raw(), index, &mut value)) }?;
                Ok(value)
            }

            $(#[$set_doc])*
            pub fn $set(&self, index: &[usize], value: $type) -> Result<()> {
                let index = self.index(index)?;
                // SAFETY: as above; the library refuses a view that is read-only.
                unsafe { call!($raw_set(self.as_raw(), index, value)) }
            }
        )*
    };
}

/// What can be done with elements of any type and layout. Values are compared as what they stand for: 1 equals 1.0,
/// exactly, NaN equals nothing, strings are as long as they are declared, structures are compared field by field.
impl AnyView<'_> {
    /// As many indices as dimensions, as the library reads them: numbers with a sign, of which it refuses those below 0.
    fn index(&self, index: &[usize]) -> Result<*const i64> {
        if index.len() == self.ndim() {
            return Ok(index.as_ptr().cast());
        }
        let message = format!("{} indices do not go with {} dimensions", index.len(), self.ndim());
        Err(Error::new(ErrorKind::Invalid, message))
    }

    /// A copy of the bytes of all elements, in C order, of any type and layout.
    ///
    /// # Errors
    /// [`NoMemory`](ErrorKind::NoMemory).
    ///
    /// ```
    /// let view = deltos::AnyView::from_owner(vec![1u8, 2, 3, 4], &[2, 2])?;
    /// assert_eq!(view.transpose()?.to_bytes()?, [1, 3, 2, 4]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        if self.shape().is_none() {
            let mut bytes = vec![0; self.nbytes()];
            self.load_bytes(0, &mut bytes)?; // what is lent without a shape is contiguous
            return Ok(bytes);
        }
        let mut bytes = Vec::with_capacity(self.nbytes());
        let target = self.compact(bytes.as_mut_ptr());
        // SAFETY: room for all of them; all are written when the call succeeds.
        unsafe {
            call!(deltos_view_copy(&target, self.as_raw()))?;
            bytes.set_len(self.nbytes());
        }
        Ok(bytes)
    }

    /// Stores the bytes of one element everywhere.
    ///
    /// # Errors
    /// [`ReadOnly`](ErrorKind::ReadOnly), [`Type`](ErrorKind::Type) when they are not as many as one element has.
    ///
    /// ```
    /// # use deltos::{Durability, Storage, ViewRequest};
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| t.create("n", &[1u16, 2]).map(drop))?;
    /// let view = storage.object("n")?.any_view(ViewRequest::FULL)?;
    /// view.fill_bytes(&7u16.to_ne_bytes())?;
    /// assert_eq!(view.typed::<u16>()?.to_vec()?, [7, 7]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn fill_bytes(&self, item: &[u8]) -> Result<()> {
        // SAFETY: the view lives, and there are so many bytes.
        unsafe { call!(deltos_view_fill(self.as_raw(), item.as_ptr().cast(), item.len() as u64)) }
    }

    /// Whether shapes and, by value, elements are the same, whatever the element types and layouts.
    ///
    /// # Errors
    /// [`NoMemory`](ErrorKind::NoMemory).
    ///
    /// ```
    /// let view = deltos::AnyView::from_owner(vec![1u8, 2], &[2])?;
    /// assert!(view.values_equal(&[1.0, 2.0])?);
    /// assert!(!view.values_equal(&[1.0, 2.5])?);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn values_equal<'c>(&self, other: impl Into<Content<'c>>) -> Result<bool> {
        let mut equal = 0;
        // SAFETY: both live during the call.
        other.into().lend(|other| unsafe { call!(deltos_view_equal(self.as_raw(), other, &mut equal)) })?;
        Ok(equal != 0)
    }

    /// Orders by value, as words are in a dictionary: the first elements that are not equal decide. `None`: one of those
    /// is a NaN.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) where elements have no order, such as complex numbers.
    ///
    /// ```
    /// use std::cmp::Ordering;
    /// let view = deltos::AnyView::from_owner(vec![1u8, 2], &[2])?;
    /// assert_eq!(view.compare_values(&[1i64, 3, 0])?, Some(Ordering::Less));
    /// assert_eq!(view.compare_values(&[1.0, f64::NAN])?, None);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn compare_values<'c>(&self, other: impl Into<Content<'c>>) -> Result<Option<Order>> {
        let mut order = 0;
        // SAFETY: both live during the call.
        other.into().lend(|other| unsafe { call!(deltos_view_compare(self.as_raw(), other, &mut order)) })?;
        Ok(match order {
            sys::DELTOS_COMPARE_LESS => Some(Order::Less),
            sys::DELTOS_COMPARE_EQUAL => Some(Order::Equal),
            sys::DELTOS_COMPARE_GREATER => Some(Order::Greater),
            _ => None,
        })
    }

    /// The number, in C order, of the first element from `start` on that is equal to one that is given as its bytes.
    ///
    /// # Errors
    /// [`Type`](ErrorKind::Type) when they are not as many as one element has, [`Range`](ErrorKind::Range) for a start
    /// beyond the end.
    ///
    /// ```
    /// let view = deltos::AnyView::from_owner(vec![4u8, 2, 4], &[3])?;
    /// assert_eq!((view.find_bytes(&[4], 1)?, view.find_bytes(&[5], 0)?), (Some(2), None));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn find_bytes(&self, item: &[u8], start: usize) -> Result<Option<usize>> {
        let mut index = -1;
        let (bytes, size) = (item.as_ptr().cast(), item.len() as u64);
        // SAFETY: the view lives, and there are so many bytes.
        unsafe { call!(deltos_view_find(self.as_raw(), bytes, size, start as i64, &mut index)) }?;
        Ok(usize::try_from(index).ok())
    }

    /// How many elements are equal to one that is given as its bytes.
    ///
    /// # Errors
    /// [`Type`](ErrorKind::Type) when they are not as many as one element has.
    ///
    /// ```
    /// assert_eq!(deltos::AnyView::from_owner(vec![4u8, 2, 4], &[3])?.count_bytes(&[4])?, 2);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn count_bytes(&self, item: &[u8]) -> Result<u64> {
        let mut count = 0;
        // SAFETY: the view lives, and there are so many bytes.
        unsafe { call!(deltos_view_count(self.as_raw(), item.as_ptr().cast(), item.len() as u64, &mut count)) }?;
        Ok(count)
    }

    /// Copies rows, along the first dimension, that are chosen by number, in any order, into a view of as many.
    ///
    /// # Errors
    /// [`Range`](ErrorKind::Range) for a row that there is not, [`Type`](ErrorKind::Type) when element types or shapes
    /// do not fit, [`ReadOnly`](ErrorKind::ReadOnly) for the target.
    ///
    /// ```
    /// # use deltos::{AnyView, Durability, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| t.create_zeroed::<u8>("n", &[3, 2]).map(drop))?;
    /// let target = storage.object("n")?.view_writable::<u8>()?;
    /// AnyView::from_owner(vec![1u8, 2, 3, 4], &[2, 2])?.gather_into(&[1, 0, 1], &target)?;
    /// assert_eq!(target.to_vec()?, [3, 4, 1, 2, 3, 4]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn gather_into(&self, rows: &[usize], target: &AnyView<'_>) -> Result<()> {
        let (numbers, count) = (rows.as_ptr().cast(), rows.len() as u64);
        // SAFETY: both views live, and there are so many numbers, of which those below 0 are refused.
        unsafe { call!(deltos_view_gather(self.as_raw(), numbers, count, target.as_raw())) }
    }

    numbers! {
        /// One element of any type of number, in either byte order, as an integer.
        ///
        /// # Errors
        /// [`Range`](ErrorKind::Range) for an index or a number that does not fit, [`Type`](ErrorKind::Type) when the
        /// elements are no numbers, [`Invalid`](ErrorKind::Invalid) unless there is an index for each dimension.
        ///
        /// ```
        /// let view = deltos::AnyView::from_owner(vec![1.0f32, 2.5], &[2])?;
        /// assert_eq!(view.get_i64(&[0])?, 1);
        /// assert_eq!(view.get_i64(&[1]).unwrap_err().kind(), deltos::ErrorKind::Range);
        /// # Ok::<(), deltos::Error>(())
        /// ```
        get_i64, deltos_view_get_i64,
        /// Stores an integer in one element of any type of number that can hold it exactly.
        ///
        /// # Errors
        /// [`ReadOnly`](ErrorKind::ReadOnly), and those of [`get_i64`](AnyView::get_i64).
        ///
        /// ```
        /// # use deltos::{Durability, Storage};
        /// # let storage = Storage::anonymous("example")?;
        /// # storage.transact(Durability::Async, |t| t.create("n", &[1u8, 2]).map(drop))?;
        /// let view = storage.object("n")?.view_writable::<u8>()?;
        /// view.set_i64(&[0], 255)?;
        /// assert_eq!(view.set_i64(&[0], 256).unwrap_err().kind(), deltos::ErrorKind::Range);
        /// # Ok::<(), deltos::Error>(())
        /// ```
        set_i64, deltos_view_set_i64, i64;

        /// The same as an integer without a sign; see [`get_i64`](AnyView::get_i64).
        ///
        /// # Errors
        /// As [`get_i64`](AnyView::get_i64).
        get_u64, deltos_view_get_u64,
        /// The same with an integer without a sign; see [`set_i64`](AnyView::set_i64).
        ///
        /// # Errors
        /// As [`set_i64`](AnyView::set_i64).
        set_u64, deltos_view_set_u64, u64;

        /// The same as a float, which must be equal to it; see [`get_i64`](AnyView::get_i64).
        ///
        /// # Errors
        /// As [`get_i64`](AnyView::get_i64).
        get_f64, deltos_view_get_f64,
        /// The same with a float: rounded in a smaller float, whole for an integer; see [`set_i64`](AnyView::set_i64).
        ///
        /// # Errors
        /// As [`set_i64`](AnyView::set_i64).
        set_f64, deltos_view_set_f64, f64;
    }

    /// The bytes of one element, of any type.
    ///
    /// # Errors
    /// [`Range`](ErrorKind::Range) for an index outside, [`Type`](ErrorKind::Type) unless there is room for just one
    /// element.
    ///
    /// ```
    /// let mut bytes = [0; 2];
    /// deltos::AnyView::from_owner(vec![1u16, 2], &[2])?.get_bytes(&[1], &mut bytes)?;
    /// assert_eq!(bytes, 2u16.to_ne_bytes());
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn get_bytes(&self, index: &[usize], item: &mut [u8]) -> Result<()> {
        let (index, size) = (self.index(index)?, item.len() as u64);
        // SAFETY: the view lives, there are as many indices as dimensions, and there is so much room.
        unsafe { call!(deltos_view_get_bytes(self.as_raw(), index, item.as_mut_ptr().cast(), size)) }
    }

    /// Stores the bytes of one element, of any type.
    ///
    /// # Errors
    /// [`ReadOnly`](ErrorKind::ReadOnly), and those of [`get_bytes`](AnyView::get_bytes).
    ///
    /// ```
    /// # use deltos::{Durability, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| t.create("n", &[1u16, 2]).map(drop))?;
    /// let view = storage.object("n")?.view_writable::<u16>()?;
    /// view.set_bytes(&[1], &7u16.to_ne_bytes())?;
    /// assert_eq!(view.get(1), Some(7));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn set_bytes(&self, index: &[usize], item: &[u8]) -> Result<()> {
        let (index, size) = (self.index(index)?, item.len() as u64);
        // SAFETY: the view lives, there are as many indices as dimensions, and so many bytes.
        unsafe { call!(deltos_view_set_bytes(self.as_raw(), index, item.as_ptr().cast(), size)) }
    }

    /// Loads the bytes of one element atomically: an integer or a float of 4 or 8 bytes. For elements whose type is
    /// known, see [`View::atomic_load`].
    ///
    /// # Errors
    /// [`Range`](ErrorKind::Range) for an index outside, [`Type`](ErrorKind::Type) for other elements,
    /// [`Layout`](ErrorKind::Layout) when the element is not aligned, [`Invalid`](ErrorKind::Invalid) for an order that
    /// loads do not have.
    pub fn atomic_load_bytes(&self, index: &[usize], order: Ordering, item: &mut [u8]) -> Result<()> {
        let (index, order, size) = (self.index(index)?, memory_order(order), item.len() as u64);
        // SAFETY: the view lives, there are as many indices as dimensions, and there is so much room.
        unsafe { call!(deltos_view_atomic_load(self.as_raw(), index, order, item.as_mut_ptr().cast(), size)) }
    }

    /// Stores the bytes of one element atomically; see [`WritableView::atomic_store`].
    ///
    /// # Errors
    /// [`ReadOnly`](ErrorKind::ReadOnly), and those of [`atomic_load_bytes`](AnyView::atomic_load_bytes).
    pub fn atomic_store_bytes(&self, index: &[usize], order: Ordering, item: &[u8]) -> Result<()> {
        let (index, order, size) = (self.index(index)?, memory_order(order), item.len() as u64);
        // SAFETY: the view lives, there are as many indices as dimensions, and so many bytes.
        unsafe { call!(deltos_view_atomic_store(self.as_raw(), index, order, item.as_ptr().cast(), size)) }
    }

    /// Adds to one element atomically, and leaves what it was before in `item`; see [`WritableView::atomic_add`].
    ///
    /// # Errors
    /// As [`atomic_store_bytes`](AnyView::atomic_store_bytes).
    pub fn atomic_add_bytes(&self, index: &[usize], order: Ordering, item: &mut [u8]) -> Result<()> {
        let (index, order, size) = (self.index(index)?, memory_order(order), item.len() as u64);
        let summand = item.to_vec();
        let (summand, previous) = (summand.as_ptr().cast(), item.as_mut_ptr().cast());
        // SAFETY: as above.
        unsafe { call!(deltos_view_atomic_add(self.as_raw(), index, order, summand, previous, size)) }
    }

    /// Stores one element atomically if it is, byte for byte, the expected one, and tells whether it was. If not, what it
    /// was is left in `expected`; see [`WritableView::atomic_compare_exchange`].
    ///
    /// # Errors
    /// As [`atomic_store_bytes`](AnyView::atomic_store_bytes), and [`Type`](ErrorKind::Type) when the two are not of the
    /// same length.
    pub fn atomic_compare_exchange_bytes(
        &self,
        index: &[usize],
        order: Ordering,
        expected: &mut [u8],
        desired: &[u8],
    ) -> Result<bool> {
        let (index, order, size) = (self.index(index)?, memory_order(order), desired.len() as u64);
        if expected.len() != desired.len() {
            return Err(Error::new(ErrorKind::Type, "the expected element is not as long as the desired one"));
        }
        let (view, expected, desired) = (self.as_raw(), expected.as_mut_ptr().cast(), desired.as_ptr().cast());
        let mut exchanged = 0;
        // SAFETY: as above; both are so long.
        unsafe {
            call!(deltos_view_atomic_compare_exchange(view, index, order, expected, desired, size, &mut exchanged))
        }?;
        Ok(exchanged != 0)
    }
}

impl<T: Element> View<'_, T> {
    /// The number, in C order, of the first element from `start` on that is equal to a value.
    ///
    /// # Errors
    /// [`Range`](ErrorKind::Range) for a start beyond the end.
    ///
    /// ```
    /// let view = deltos::AnyView::from_owner(vec![4.0, 2.0, 4.0], &[3])?;
    /// assert_eq!((view.find(4.0, 1)?, view.find(5.0, 0)?), (Some(2), None));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn find(&self, value: T, start: usize) -> Result<Option<usize>> {
        self.find_bytes(bytes_of(std::slice::from_ref(&value)), start)
    }

    /// How many elements are equal to a value.
    ///
    /// # Errors
    /// [`NoMemory`](ErrorKind::NoMemory).
    ///
    /// ```
    /// assert_eq!(deltos::AnyView::from_owner(vec![4u32, 2, 4], &[3])?.count(4)?, 2);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn count(&self, value: T) -> Result<u64> {
        self.count_bytes(bytes_of(std::slice::from_ref(&value)))
    }

    /// A copy of rows that are chosen by number, one after the other in C order.
    ///
    /// # Errors
    /// [`Range`](ErrorKind::Range) for a row that there is not, [`Type`](ErrorKind::Type) without a dimension.
    ///
    /// ```
    /// let view = deltos::AnyView::from_owner(vec![1u8, 2, 3, 4], &[2, 2])?;
    /// assert_eq!(view.gather(&[1, 1, 0])?, [3, 4, 3, 4, 1, 2]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn gather(&self, rows: &[usize]) -> Result<Vec<T>> {
        let mut shape = self.shape().to_vec();
        let first =
            shape.first_mut().ok_or_else(|| Error::new(ErrorKind::Type, "a view without dimensions has no rows"))?;
        *first = rows.len();
        let lengths = crate::content::lengths(&shape)?;
        let count = crate::content::product(&shape);
        let count = count.ok_or_else(|| Error::new(ErrorKind::Limit, "more elements than can be counted"))?;
        let mut elements = Vec::<T>::with_capacity(count);
        let mut target = self.compact(elements.as_mut_ptr().cast());
        target.shape = lengths.as_ptr();
        let (numbers, rows) = (rows.as_ptr().cast(), rows.len() as u64);
        // SAFETY: room for all of them; all are written when the call succeeds.
        unsafe {
            call!(deltos_view_gather(self.as_raw(), numbers, rows, &target))?;
            elements.set_len(count);
        }
        Ok(elements)
    }

    /// Loads an element atomically, with an order: in any layout, and as the number it is. Contiguous integers are
    /// atomics of the language as well, see [`WritableView::atomics`].
    ///
    /// # Errors
    /// As [`AnyView::atomic_load_bytes`]; elements of 1 and 2 bytes are [`Type`](ErrorKind::Type).
    ///
    /// ```
    /// use std::sync::atomic::Ordering;
    /// let view = deltos::AnyView::from_owner(vec![1.5f64, 2.5], &[2])?;
    /// assert_eq!(view.atomic_load(&[1], Ordering::Acquire)?, 2.5);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn atomic_load(&self, index: &[usize], order: Ordering) -> Result<T>
    where
        T: AtomicElement,
    {
        let (index, order) = (self.index(index)?, memory_order(order));
        let mut value = MaybeUninit::<T>::uninit();
        let size = size_of::<T>() as u64;
        // SAFETY: room for one element, which is written when the call succeeds.
        unsafe {
            call!(deltos_view_atomic_load(self.as_raw(), index, order, value.as_mut_ptr().cast(), size))?;
            Ok(value.assume_init())
        }
    }
}

impl<T: Element> WritableView<'_, T> {
    /// Stores an element atomically, with an order.
    ///
    /// # Errors
    /// As [`AnyView::atomic_store_bytes`].
    ///
    /// ```
    /// # use deltos::{Durability, Storage};
    /// use std::sync::atomic::Ordering;
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| t.create("n", &[1.0, 2.0]).map(drop))?;
    /// let view = storage.object("n")?.view_writable::<f64>()?;
    /// view.atomic_store(&[0], 7.5, Ordering::Release)?;
    /// assert_eq!(view.get(0), Some(7.5));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn atomic_store(&self, index: &[usize], value: T, order: Ordering) -> Result<()>
    where
        T: AtomicElement,
    {
        self.atomic_store_bytes(index, order, bytes_of(std::slice::from_ref(&value)))
    }

    /// Adds to an element atomically, floats too, and gives what it was before. Integers wrap around.
    ///
    /// # Errors
    /// As [`AnyView::atomic_store_bytes`].
    ///
    /// ```
    /// # use deltos::{Durability, Storage};
    /// use std::sync::atomic::Ordering;
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| t.create("n", &[1.0, 2.0]).map(drop))?;
    /// let view = storage.object("n")?.view_writable::<f64>()?;
    /// assert_eq!(view.atomic_add(&[1], 0.5, Ordering::Relaxed)?, 2.0);
    /// assert_eq!(view.get(1), Some(2.5));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn atomic_add(&self, index: &[usize], summand: T, order: Ordering) -> Result<T>
    where
        T: AtomicElement,
    {
        let index = self.index(index)?;
        let (order, size) = (memory_order(order), size_of::<T>() as u64);
        let summand: *const T = &summand;
        let mut previous = MaybeUninit::<T>::uninit();
        let room = previous.as_mut_ptr().cast();
        // SAFETY: an element, and room for one, which is written when the call succeeds.
        unsafe {
            call!(deltos_view_atomic_add(self.as_raw(), index, order, summand.cast(), room, size))?;
            Ok(previous.assume_init())
        }
    }

    /// Stores an element atomically if it is, bit for bit, the expected one: `Ok` with that, or `Err` with what it was.
    ///
    /// # Errors
    /// As [`AnyView::atomic_store_bytes`].
    ///
    /// ```
    /// # use deltos::{Durability, Storage};
    /// use std::sync::atomic::Ordering;
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| t.create("n", &[1.0, 2.0]).map(drop))?;
    /// let view = storage.object("n")?.view_writable::<f64>()?;
    /// assert_eq!(view.atomic_compare_exchange(&[0], 1.0, 3.0, Ordering::AcqRel)?, Ok(1.0));
    /// assert_eq!(view.atomic_compare_exchange(&[0], 1.0, 4.0, Ordering::AcqRel)?, Err(3.0));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn atomic_compare_exchange(
        &self,
        index: &[usize],
        expected: T,
        desired: T,
        order: Ordering,
    ) -> Result<std::result::Result<T, T>>
    where
        T: AtomicElement,
    {
        let index = self.index(index)?;
        let (order, size) = (memory_order(order), size_of::<T>() as u64);
        let mut found = expected;
        let (expected_at, desired_at): (*mut T, *const T) = (&mut found, &desired);
        let mut exchanged = 0;
        // SAFETY: two elements; the first is overwritten by one of the view.
        unsafe {
            let (expected_at, desired_at) = (expected_at.cast(), desired_at.cast());
            let out = &mut exchanged;
            call!(deltos_view_atomic_compare_exchange(
                self.as_raw(),
                index,
                order,
                expected_at,
                desired_at,
                size,
                out
            ))?;
        }
        Ok(if exchanged != 0 { Ok(found) } else { Err(found) })
    }
}
