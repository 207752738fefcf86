//! Arrays: elements that more can be appended to, in memory that never moves.

use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ops::{Deref, Range};
use std::os::unix::io::BorrowedFd;
use std::ptr::null_mut;
use std::sync::Arc;

use deltos_sys as sys;

use crate::element::{bytes_of, check_type};
use crate::error::call;
use crate::turns::{Place, Turn, Turns};
use crate::view::slice_of;
use crate::{
    Appender, ArrayOptions, Content, Element, Error, ErrorKind, Object, Result, SharedCell, View, WritableView,
};

/// Elements of any type that more can be appended to; see [`Array`].
pub struct AnyArray<'s> {
    object: Object<'s>,
    itemsize: usize,
    /// Of an array in a storage, which may have other handles.
    place: Option<Arc<Place>>,
}

/// Elements of one type that more can be appended to: a `Vec` in shared memory, in a storage
/// ([`Transaction::create_array`](crate::Transaction::create_array)), in a flat file or in anonymous memory
/// ([`ArrayOptions`]).
///
/// Its memory never moves: appending works while views live, and older views go on showing the same memory. Whoever has
/// it open sees new elements at once. One process at a time appends; what would cut off elements that a view shows is
/// refused with [`ErrorKind::Pinned`]. Elements are read and stored to through views.
///
/// ```
/// use deltos::Array;
///
/// let mut array = Array::<f64>::anonymous()?;
/// array.extend_from_slice(&[1.0, 2.0])?;
/// let view = array.view()?;
/// array.extend((3..1000).map(f64::from))?;
/// assert_eq!((view.len(), array.len(), array.view()?.get(998)), (2, 999, Some(999.0)));
/// assert_eq!(view.as_ptr(), array.view()?.as_ptr());
/// # Ok::<(), deltos::Error>(())
/// ```
///
/// In a storage it is an object like others, and its length is shared memory: appending takes no transaction. A process
/// that writes may open it several times; a change that finds another handle in the middle of one, or with an
/// [`appender`](Array::appender) that has not published, is refused with [`ErrorKind::Busy`].
///
/// ```
/// use deltos::{Durability, Storage};
///
/// let storage = Storage::anonymous("example")?;
/// storage.transact(Durability::Sync, |transaction| transaction.create_array::<f64>("log").map(drop))?;
/// let mut log = storage.array::<f64>("log")?;
/// let old = log.view()?;
/// log.extend((0..100_000).map(f64::from))?;
/// assert_eq!((old.len(), storage.array::<f64>("log")?.len()), (0, 100_000));
/// log.sync()?; // its length survives a crash of the machine, too
/// # Ok::<(), deltos::Error>(())
/// ```
///
/// Elements are others' as well, and are not lent as a slice or as `&mut`:
///
/// ```compile_fail,E0594
/// let mut array = deltos::Array::<u64>::anonymous()?;
/// array.push(1)?;
/// array.view_writable()?.as_slice()?[0] = 2;
/// # Ok::<(), deltos::Error>(())
/// ```
///
/// What changes its length takes it alone:
///
/// ```compile_fail,E0596
/// fn two_at_once(array: &deltos::Array<'_, u64>) -> deltos::Result<()> {
///     array.push(1)
/// }
/// ```
///
/// ```compile_fail,E0499
/// let mut array = deltos::Array::<u64>::anonymous()?;
/// let mut appender = array.appender();
/// array.push(1)?; // its place is the appender's
/// appender.push(2)?;
/// # Ok::<(), deltos::Error>(())
/// ```
pub struct Array<'s, T> {
    pub(crate) any: AnyArray<'s>,
    pub(crate) elements: PhantomData<T>,
}

/// What both kinds of arrays do in the same way.
macro_rules! growing {
    () => {
        /// Makes room for so many more elements, so that appending those makes no system call.
        ///
        /// # Errors
        /// [`ReadOnly`](ErrorKind::ReadOnly) unless it is open for [`Mode::Write`](crate::Mode::Write), [`Limit`](ErrorKind::Limit),
        /// [`NoSpace`](ErrorKind::NoSpace), [`AddressSpace`](ErrorKind::AddressSpace); of an array in a storage also
        /// [`Stale`](ErrorKind::Stale) when it was deleted, and [`Busy`](ErrorKind::Busy) while another handle changes it
        /// or, when it has to grow, another thread is inside a call on the storage's transaction.
        ///
        /// ```
        /// let mut array = deltos::Array::<u16>::anonymous()?;
        /// array.reserve(1000)?;
        /// assert!(array.capacity() >= 1000);
        /// # Ok::<(), deltos::Error>(())
        /// ```
        pub fn reserve(&mut self, additional: usize) -> Result<()> {
            let _turn = self.turn()?;
            let capacity = (self.len() as u64).saturating_add(additional as u64);
            // SAFETY: nobody else changes it, since it is borrowed mutably and its turn is ours.
            unsafe { call!(deltos_array_reserve(self.as_raw(), capacity)) }
        }

        /// Makes it have so many elements: new ones are zero, those too many are cut off.
        ///
        /// # Errors
        /// [`Pinned`](ErrorKind::Pinned) when a view shows one that would be cut off, and those of
        /// [`reserve`](Self::reserve).
        ///
        /// ```
        /// let mut array = deltos::Array::<u16>::anonymous()?;
        /// array.extend_from_slice(&[1, 2, 3])?;
        /// array.resize(4)?;
        /// assert_eq!(array.view()?.to_vec()?, [1, 2, 3, 0]);
        /// # Ok::<(), deltos::Error>(())
        /// ```
        pub fn resize(&mut self, count: usize) -> Result<()> {
            let _turn = self.turn()?;
            // SAFETY: as above.
            unsafe { call!(deltos_array_resize(self.as_raw(), count as u64)) }
        }

        /// Cuts off elements behind so many; with fewer it does nothing.
        ///
        /// # Errors
        /// As [`resize`](Self::resize).
        ///
        /// ```
        /// let mut array = deltos::Array::<u16>::anonymous()?;
        /// array.extend_from_slice(&[1, 2, 3])?;
        /// let view = array.view()?;
        /// assert_eq!(array.truncate(1).unwrap_err().kind(), deltos::ErrorKind::Pinned);
        /// drop(view);
        /// array.truncate(1)?;
        /// assert_eq!(array.len(), 1);
        /// # Ok::<(), deltos::Error>(())
        /// ```
        pub fn truncate(&mut self, count: usize) -> Result<()> {
            if count < self.len() {
                return self.resize(count);
            }
            Ok(())
        }

        /// Removes all elements; room stays.
        ///
        /// # Errors
        /// As [`resize`](Self::resize).
        ///
        /// ```
        /// let mut array = deltos::Array::<u16>::anonymous()?;
        /// array.extend_from_slice(&[1, 2, 3])?;
        /// array.clear()?;
        /// assert!(array.is_empty());
        /// # Ok::<(), deltos::Error>(())
        /// ```
        pub fn clear(&mut self) -> Result<()> {
            let _turn = self.turn()?;
            // SAFETY: as above.
            unsafe { call!(deltos_array_clear(self.as_raw())) }
        }

        /// Gives room that no element needs back to the system.
        ///
        /// # Errors
        /// As [`reserve`](Self::reserve), [`Pinned`](ErrorKind::Pinned).
        ///
        /// ```
        /// let mut array = deltos::Array::<u16>::anonymous()?;
        /// array.extend_from_slice(&[1, 2, 3])?;
        /// array.reserve(1_000_000)?;
        /// array.shrink_to_fit()?;
        /// assert!(array.capacity() < 1_000_000);
        /// # Ok::<(), deltos::Error>(())
        /// ```
        pub fn shrink_to_fit(&mut self) -> Result<()> {
            let _turn = self.turn()?;
            // SAFETY: as above.
            unsafe { call!(deltos_array_shrink(self.as_raw())) }
        }

        /// Reverses the order of the elements, in place.
        ///
        /// # Errors
        /// [`ReadOnly`](ErrorKind::ReadOnly).
        ///
        /// ```
        /// let mut array = deltos::Array::<u16>::anonymous()?;
        /// array.extend_from_slice(&[1, 2, 3])?;
        /// array.reverse()?;
        /// assert_eq!(array.view()?.to_vec()?, [3, 2, 1]);
        /// # Ok::<(), deltos::Error>(())
        /// ```
        pub fn reverse(&mut self) -> Result<()> {
            let _turn = self.turn()?;
            // SAFETY: as above.
            unsafe { call!(deltos_array_reverse(self.as_raw())) }
        }

        /// Turns the bytes of every number round, in place.
        ///
        /// # Errors
        /// [`Type`](ErrorKind::Type) for structures, [`ReadOnly`](ErrorKind::ReadOnly).
        ///
        /// ```
        /// let mut array = deltos::Array::<u16>::anonymous()?;
        /// array.extend_from_slice(&[1, 2, 3])?;
        /// array.byteswap()?;
        /// assert_eq!(array.view()?.get(0), Some(0x0100));
        /// # Ok::<(), deltos::Error>(())
        /// ```
        pub fn byteswap(&mut self) -> Result<()> {
            let _turn = self.turn()?;
            // SAFETY: as above.
            unsafe { call!(deltos_array_byteswap(self.as_raw())) }
        }

        /// Appends the elements of a view or of anything that [`Content`] describes, in C order.
        ///
        /// # Errors
        /// [`Type`](ErrorKind::Type) for other elements, and those of [`reserve`](Self::reserve).
        ///
        /// ```
        /// let mut array = deltos::Array::<u16>::anonymous()?;
        /// array.extend_from_slice(&[1, 2, 3])?;
        /// let grid = deltos::AnyView::from_owner(vec![4u16, 5, 6, 7], &[2, 2])?;
        /// array.extend_from(&grid.transpose()?)?;
        /// assert_eq!(array.view()?.to_vec()?, [1, 2, 3, 4, 6, 5, 7]);
        /// # Ok::<(), deltos::Error>(())
        /// ```
        pub fn extend_from<'c>(&mut self, items: impl Into<Content<'c>>) -> Result<()> {
            let (array, _turn) = (self.as_raw(), self.turn()?);
            // SAFETY: as above; the items live during the call.
            items.into().lend(|items| unsafe { call!(deltos_array_extend(array, items)) })
        }

        /// Gives a flat file exactly its content's size, so that every program sees all of it and no more; commits the length
        /// of an array in a storage, by itself or with the transaction that is open.
        ///
        /// # Errors
        /// [`Io`](ErrorKind::Io), [`Pinned`](ErrorKind::Pinned) while another process has views of room behind it,
        /// [`Stale`](ErrorKind::Stale) and [`Busy`](ErrorKind::Busy) as [`reserve`](Self::reserve).
        pub fn flush(&mut self) -> Result<()> {
            let _turn = self.turn()?;
            // SAFETY: as above.
            unsafe { call!(deltos_array_flush(self.as_raw(), 0)) }
        }

        /// The same, and makes all of it durable: it survives a crash of the machine.
        ///
        /// # Errors
        /// As [`flush`](Self::flush).
        pub fn sync(&mut self) -> Result<()> {
            let _turn = self.turn()?;
            // SAFETY: as above.
            unsafe { call!(deltos_array_flush(self.as_raw(), 1)) }
        }

        /// Looks again: elements that another process has made room for are seen, and it is told whether anything changed.
        ///
        /// # Errors
        /// [`Corrupt`](ErrorKind::Corrupt), [`Io`](ErrorKind::Io), [`AddressSpace`](ErrorKind::AddressSpace).
        pub fn refresh(&mut self) -> Result<bool> {
            self.object_mut().refresh()
        }

        /// Closes the array, or gives it back when the library refuses. A flat file has exactly its content's size then; an
        /// array in a storage stays as it is. Dropping does the same and cannot be asked how it went.
        ///
        /// # Errors
        /// [`Pinned`](ErrorKind::Pinned) while views live, [`Io`](ErrorKind::Io).
        pub fn close(self) -> Result<(), CloseArrayError<Self>> {
            let mut raw = self.as_raw();
            // SAFETY: the handle is ours, and after success nobody uses it again.
            match unsafe { call!(deltos_array_close(&mut raw)) } {
                Ok(()) => {
                    self.end();
                    Ok(())
                }
                Err(error) => Err(CloseArrayError { array: self, error }),
            }
        }
    };
}

impl<'s> AnyArray<'s> {
    growing!();

    /// One that has a home to itself.
    pub(crate) fn alone(object: Object<'s>) -> Result<Self> {
        let itemsize = object.info()?.itemsize as usize;
        Ok(AnyArray { object, itemsize, place: None })
    }

    pub(crate) fn stored(object: Object<'s>, turns: &Turns) -> Result<Self> {
        let info = object.info()?;
        Ok(AnyArray { object, itemsize: info.itemsize as usize, place: Some(turns.place(info.id)) })
    }

    /// What all handles of it share, when there may be others.
    pub(crate) fn place(&self) -> Option<&Place> {
        self.place.as_deref()
    }

    /// Keeps other handles from changing it. Alone it is, being borrowed mutably.
    #[inline]
    fn turn(&self) -> Result<Option<Turn<'_>>> {
        self.place().map(Place::turn).transpose()
    }

    fn object_mut(&mut self) -> &mut Object<'s> {
        &mut self.object
    }

    /// After the library has closed it.
    fn end(self) {
        self.object.end();
    }

    /// How many elements there are now, as far as this handle has room for them: what another process appends is seen at
    /// once, beyond that room with [`refresh`](AnyArray::refresh).
    #[inline]
    pub fn len(&self) -> usize {
        // SAFETY: the handle lives as long as `self`.
        unsafe { sys::deltos_array_count(self.as_raw()) as usize }
    }

    /// There are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many elements there is room for without growing.
    pub fn capacity(&self) -> usize {
        // SAFETY: the handle lives as long as `self`.
        unsafe { sys::deltos_array_capacity(self.as_raw()) as usize }
    }

    /// The descriptor behind it, to be passed on to another process.
    ///
    /// # Safety
    /// Nobody writes through it or cuts short what is behind it, except Deltos.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) where there is none.
    pub unsafe fn fd(&self) -> Result<BorrowedFd<'_>> {
        let mut fd = -1;
        call!(deltos_array_fd(self.as_raw(), &mut fd))?;
        Ok(BorrowedFd::borrow_raw(fd))
    }

    /// How many elements some bytes are.
    fn elements_in(&self, bytes: &[u8]) -> Result<u64> {
        if bytes.len() % self.itemsize.max(1) != 0 {
            let message = format!("{} bytes are no whole number of elements of {} bytes", bytes.len(), self.itemsize);
            return Err(Error::new(ErrorKind::Type, message));
        }
        Ok((bytes.len() / self.itemsize.max(1)) as u64)
    }

    /// Appends elements, given as their bytes.
    ///
    /// # Errors
    /// [`Type`](ErrorKind::Type) unless they are a whole number of elements, and those of
    /// [`reserve`](AnyArray::reserve).
    ///
    /// ```
    /// let mut array = deltos::ArrayOptions::new().open_anonymous_any("<H")?;
    /// array.append_bytes(&[1, 0, 2, 0])?;
    /// assert_eq!(array.len(), 2);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn append_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        let count = self.elements_in(bytes)?;
        let _turn = self.turn()?;
        // SAFETY: so many elements are there, and nobody else changes the array, since it is borrowed mutably and its turn
        // is ours.
        unsafe { call!(deltos_array_append(self.as_raw(), bytes.as_ptr().cast(), count)) }
    }

    /// Lets a closure fill the bytes of so many elements where they will lie, and then appends them. Nothing is said of
    /// what is there before.
    ///
    /// # Errors
    /// As [`reserve`](AnyArray::reserve).
    ///
    /// ```
    /// let mut array = deltos::ArrayOptions::new().open_anonymous_any("B")?;
    /// array.append_with(3, |bytes| bytes.iter().for_each(|byte| byte.store(7)))?;
    /// assert_eq!(array.view::<u8>()?.to_vec()?, [7, 7, 7]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn append_with(&mut self, count: usize, fill: impl FnOnce(&[SharedCell<u8>])) -> Result<()> {
        if self.place.is_some() {
            return self.append_filled(count, fill);
        }
        let mut tail = null_mut();
        // SAFETY: nobody else changes the array, since it is borrowed mutably.
        unsafe { call!(deltos_array_tail(self.as_raw(), count as u64, &mut tail, null_mut())) }?;
        // SAFETY: there is room for so many elements, and it is the caller's until the next call; it is file memory,
        // which is never uninitialised.
        fill(unsafe { slice_of(tail.cast(), count * self.itemsize) });
        // SAFETY: as above.
        unsafe { call!(deltos_array_advance(self.as_raw(), count as u64)) }
    }

    /// Into memory of the process first: when the array is deleted meanwhile, its place in the file becomes another's.
    fn append_filled(&mut self, count: usize, fill: impl FnOnce(&[SharedCell<u8>])) -> Result<()> {
        self.reserve(count)?;
        let mut memory = vec![0u8; count * self.itemsize];
        // SAFETY: it is ours alone, and a cell is a byte.
        fill(unsafe { slice_of(memory.as_mut_ptr().cast(), memory.len()) });
        self.append_bytes(&memory)
    }

    /// Inserts elements, given as their bytes; those behind move up. An index below 0 counts from the end.
    ///
    /// # Errors
    /// [`Range`](ErrorKind::Range) for an index outside, and those of [`append_bytes`](AnyArray::append_bytes).
    ///
    /// ```
    /// let mut array = deltos::ArrayOptions::new().open_anonymous_any("B")?;
    /// array.append_bytes(b"ad")?;
    /// array.insert_bytes(-1, b"bc")?;
    /// assert_eq!(array.view::<u8>()?.to_vec()?, b"abcd");
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn insert_bytes(&mut self, index: isize, bytes: &[u8]) -> Result<()> {
        let count = self.elements_in(bytes)?;
        let _turn = self.turn()?;
        // SAFETY: as in `append_bytes`.
        unsafe { call!(deltos_array_insert(self.as_raw(), index as i64, bytes.as_ptr().cast(), count)) }
    }

    /// Removes elements and gives their bytes; those behind move down. An index below 0 counts from the end.
    ///
    /// # Errors
    /// [`Range`](ErrorKind::Range) unless all of them are there, [`Pinned`](ErrorKind::Pinned) when a view shows an
    /// element that would be cut off at the end.
    ///
    /// ```
    /// let mut array = deltos::ArrayOptions::new().open_anonymous_any("B")?;
    /// array.append_bytes(b"abcd")?;
    /// assert_eq!(array.remove_bytes(1, 2)?, b"bc");
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn remove_bytes(&mut self, index: isize, count: usize) -> Result<Vec<u8>> {
        // More than there are is refused, and needs no memory.
        let room = if count <= self.len() { count * self.itemsize } else { 0 };
        let mut removed = Vec::with_capacity(room);
        let to = if room > 0 { removed.as_mut_ptr() } else { null_mut::<u8>() };
        let _turn = self.turn()?;
        // SAFETY: room for all of them, all of which are written when the call succeeds.
        unsafe {
            call!(deltos_array_remove(self.as_raw(), index as i64, count as u64, to.cast()))?;
            removed.set_len(room);
        }
        Ok(removed)
    }

    /// Takes it as an array of a type.
    ///
    /// # Errors
    /// [`Type`](ErrorKind::Type).
    ///
    /// ```
    /// let array = deltos::ArrayOptions::new().open_anonymous_any("<d")?;
    /// assert!(array.typed::<f64>().is_ok());
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn typed<T: Element>(self) -> Result<Array<'s, T>> {
        let info = self.object.info()?;
        check_type::<T>(info.dtype, info.itemsize, &info.format)?;
        Ok(Array { any: self, elements: PhantomData })
    }
}

impl<T: Element> Array<'static, T> {
    /// A new array in anonymous shared memory.
    ///
    /// # Errors
    /// As [`ArrayOptions::open_anonymous`].
    pub fn anonymous() -> Result<Self> {
        ArrayOptions::new().open_anonymous()
    }
}

impl<'s, T: Element> Array<'s, T> {
    growing!();

    fn object_mut(&mut self) -> &mut Object<'s> {
        &mut self.any.object
    }

    fn end(self) {
        self.any.end();
    }

    /// The elements that there are, to be read.
    ///
    /// # Errors
    /// As [`Object::view`].
    pub fn view(&self) -> Result<View<'s, T>> {
        self.any.object.view()
    }

    /// The elements that there are, to be stored to.
    ///
    /// # Errors
    /// As [`Object::view_writable`].
    ///
    /// ```
    /// let mut array = deltos::Array::<u8>::anonymous()?;
    /// array.extend_from_slice(b"abc")?;
    /// array.view_writable()?.set(1, b'x');
    /// assert_eq!(array.view()?.to_vec()?, b"axc");
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn view_writable(&self) -> Result<WritableView<'s, T>> {
        self.any.object.view_writable()
    }

    /// Appends an element, which everybody sees at once. For many, an [`appender`](Array::appender) is faster.
    ///
    /// # Errors
    /// [`ReadOnly`](ErrorKind::ReadOnly) unless it is open for [`Mode::Write`](crate::Mode::Write), [`Limit`](ErrorKind::Limit),
    /// [`NoSpace`](ErrorKind::NoSpace), [`AddressSpace`](ErrorKind::AddressSpace).
    ///
    /// ```
    /// let mut array = deltos::Array::<u8>::anonymous()?;
    /// array.push(7)?;
    /// assert_eq!(array.view()?.get(0), Some(7));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    #[inline]
    pub fn push(&mut self, value: T) -> Result<()> {
        self.extend_from_slice(std::slice::from_ref(&value))
    }

    /// Appends the elements of a slice.
    ///
    /// # Errors
    /// As [`push`](Array::push).
    #[inline]
    pub fn extend_from_slice(&mut self, elements: &[T]) -> Result<()> {
        let (first, count) = (elements.as_ptr().cast(), elements.len() as u64);
        let _turn = self.turn()?;
        // SAFETY: so many elements are there, and nobody else changes the array, since it is borrowed mutably and its turn
        // is ours.
        unsafe { call!(deltos_array_append(self.as_raw(), first, count)) }
    }

    /// Appends whatever an iterator gives, through an [`appender`](Array::appender). After a failure the elements before
    /// it are there.
    ///
    /// # Errors
    /// As [`push`](Array::push).
    ///
    /// ```
    /// let mut array = deltos::Array::<u64>::anonymous()?;
    /// array.extend((0..5).map(|n| n * n))?;
    /// assert_eq!(array.view()?.to_vec()?, [0, 1, 4, 9, 16]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn extend(&mut self, elements: impl IntoIterator<Item = T>) -> Result<()> {
        let mut appender = self.appender();
        elements.into_iter().try_for_each(|element| appender.push(element))?;
        appender.publish()
    }

    /// The fastest way to append: elements are stored as fast as into a `Vec`, and published together, when there is no
    /// room left, with [`publish`](Appender::publish), and when it is dropped.
    ///
    /// ```
    /// let mut array = deltos::Array::<u64>::anonymous()?;
    /// let mut appender = array.appender();
    /// for n in 0..100_000 {
    ///     appender.push(n)?;
    /// }
    /// appender.publish()?;
    /// drop(appender);
    /// assert_eq!(array.len(), 100_000);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn appender(&mut self) -> Appender<'_, T> {
        Appender::of(self)
    }

    /// Inserts an element; those behind move up.
    ///
    /// # Errors
    /// [`Range`](ErrorKind::Range) for an index beyond the end, and those of [`push`](Array::push).
    ///
    /// ```
    /// let mut array = deltos::Array::<u8>::anonymous()?;
    /// array.extend_from_slice(b"ac")?;
    /// array.insert(1, b'b')?;
    /// assert_eq!(array.view()?.to_vec()?, b"abc");
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn insert(&mut self, index: usize, value: T) -> Result<()> {
        self.insert_slice(index, std::slice::from_ref(&value))
    }

    /// Inserts the elements of a slice; those behind move up.
    ///
    /// # Errors
    /// As [`insert`](Array::insert).
    ///
    /// ```
    /// let mut array = deltos::Array::<u8>::anonymous()?;
    /// array.insert_slice(0, b"bc")?;
    /// array.insert_slice(0, b"a")?;
    /// assert_eq!(array.view()?.to_vec()?, b"abc");
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn insert_slice(&mut self, index: usize, elements: &[T]) -> Result<()> {
        self.any.insert_bytes(isize::try_from(index).unwrap_or(isize::MAX), bytes_of(elements))
    }

    /// Removes an element and gives it back; those behind move down.
    ///
    /// # Errors
    /// [`Range`](ErrorKind::Range) when it is not there, [`Pinned`](ErrorKind::Pinned) when a view shows the last one,
    /// [`ReadOnly`](ErrorKind::ReadOnly).
    ///
    /// ```
    /// let mut array = deltos::Array::<u8>::anonymous()?;
    /// array.extend_from_slice(b"abc")?;
    /// assert_eq!((array.remove(0)?, array.pop()?, array.len()), (b'a', Some(b'c'), 1));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn remove(&mut self, index: usize) -> Result<T> {
        let mut removed = MaybeUninit::<T>::uninit();
        let index = i64::try_from(index).unwrap_or(i64::MAX);
        let _turn = self.turn()?;
        // SAFETY: room for one, which is written when the call succeeds.
        unsafe {
            call!(deltos_array_remove(self.as_raw(), index, 1, removed.as_mut_ptr().cast()))?;
            Ok(removed.assume_init())
        }
    }

    /// Removes elements; those behind move down.
    ///
    /// # Errors
    /// As [`remove`](Array::remove), and [`Range`](ErrorKind::Range) for a range that ends before it starts.
    ///
    /// ```
    /// let mut array = deltos::Array::<u8>::anonymous()?;
    /// array.extend_from_slice(b"abcd")?;
    /// array.remove_range(1..3)?;
    /// assert_eq!(array.view()?.to_vec()?, b"ad");
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn remove_range(&mut self, range: Range<usize>) -> Result<()> {
        let backwards = || Error::new(ErrorKind::Range, format!("the range {:?} ends before it starts", range));
        let count = range.end.checked_sub(range.start).ok_or_else(backwards)? as u64;
        let index = i64::try_from(range.start).unwrap_or(i64::MAX);
        let _turn = self.turn()?;
        // SAFETY: nobody else changes the array, since it is borrowed mutably and its turn is ours.
        unsafe { call!(deltos_array_remove(self.as_raw(), index, count, null_mut())) }
    }

    /// Removes the last element, when there is one.
    ///
    /// # Errors
    /// As [`remove`](Array::remove).
    ///
    /// ```
    /// let mut array = deltos::Array::<u8>::anonymous()?;
    /// array.push(7)?;
    /// assert_eq!((array.pop()?, array.pop()?), (Some(7), None));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn pop(&mut self) -> Result<Option<T>> {
        match self.len() {
            0 => Ok(None),
            count => self.remove(count - 1).map(Some),
        }
    }

    /// The array without its type.
    pub fn into_any(self) -> AnyArray<'s> {
        self.any
    }
}

impl<'s> Deref for AnyArray<'s> {
    type Target = Object<'s>;

    fn deref(&self) -> &Object<'s> {
        &self.object
    }
}

impl<'s, T> Deref for Array<'s, T> {
    type Target = AnyArray<'s>;

    fn deref(&self) -> &AnyArray<'s> {
        &self.any
    }
}

impl fmt::Debug for AnyArray<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("AnyArray").field("len", &self.len()).field("itemsize", &self.itemsize).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Array<'_, T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Array").field("len", &self.any.len()).finish_non_exhaustive()
    }
}

/// Bytes are appended.
///
/// ```
/// let mut array = deltos::Array::<u8>::anonymous()?;
/// std::io::copy(&mut &b"from anywhere"[..], &mut array)?;
/// assert_eq!(array.len(), 13);
/// # Ok::<(), std::io::Error>(())
/// ```
impl io::Write for Array<'_, u8> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.extend_from_slice(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(()) // everybody sees them already; Array::sync makes them durable
    }
}

/// A refused close: why, and the array as it was. With `?` it becomes an [`Error`] and the array is dropped.
///
/// ```
/// let array = deltos::Array::<u8>::anonymous()?;
/// let view = array.view()?;
/// let refused = array.close().unwrap_err();
/// assert_eq!(refused.error().kind(), deltos::ErrorKind::Pinned);
/// drop(view);
/// refused.into_array().close()?;
/// # Ok::<(), deltos::Error>(())
/// ```
#[derive(Debug)]
pub struct CloseArrayError<A> {
    array: A,
    error: Error,
}

impl<A> CloseArrayError<A> {
    /// Why.
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// The array, open as before.
    pub fn into_array(self) -> A {
        self.array
    }
}

impl<A> fmt::Display for CloseArrayError<A> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(out)
    }
}

impl<A: fmt::Debug> std::error::Error for CloseArrayError<A> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

impl<A> From<CloseArrayError<A>> for Error {
    fn from(refused: CloseArrayError<A>) -> Error {
        refused.error
    }
}
