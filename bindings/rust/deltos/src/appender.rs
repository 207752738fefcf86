//! Appending as fast as into a `Vec`.

use std::fmt;
use std::marker::PhantomData;
use std::mem::size_of;
use std::ptr::{null_mut, NonNull};

use deltos_sys as sys;

use crate::error::call;
use crate::turns::{Place, Turn};
use crate::{Array, Element, Error, ErrorKind, Result, SharedCell};

/// The place behind the last element of an array; see [`Array::appender`].
///
/// Of an array in a storage it keeps up to 64 KiB before it publishes them, and while it has some, other handles of the
/// array are refused with [`ErrorKind::Busy`].
pub struct Appender<'a, T> {
    array: *mut sys::deltos_object,
    /// Where what is not published begins, where the next element goes, and where room ends; null before they are asked
    /// for.
    start: *mut T,
    at: *mut T,
    end: *mut T,
    /// Of an array in a storage: what its handles share, and memory of the process. Its own may become another object's
    /// when it is deleted meanwhile.
    place: Option<&'a Place>,
    turn: Option<Turn<'a>>,
    memory: Vec<T>,
    owner: PhantomData<&'a mut [SharedCell<T>]>,
}

const MEMORY_BYTES: usize = 64 << 10;

// SAFETY: it has the array alone, which nothing ties to a thread.
unsafe impl<T: Element> Send for Appender<'_, T> {}
// SAFETY: what is done by a shared reference changes nothing.
unsafe impl<T: Element> Sync for Appender<'_, T> {}

impl<'a, T: Element> Appender<'a, T> {
    pub(crate) fn of(array: &'a mut Array<'_, T>) -> Self {
        let nowhere = null_mut();
        Appender {
            array: array.as_raw(),
            start: nowhere,
            at: nowhere,
            end: nowhere,
            place: array.place(),
            turn: None,
            memory: Vec::new(),
            owner: PhantomData,
        }
    }

    /// Stores an element; others see it once it is published.
    ///
    /// # Errors
    /// As [`Array::push`]; elements that were stored before are published.
    #[inline(always)]
    pub fn push(&mut self, value: T) -> Result<()> {
        if self.at == self.end {
            self.grow()?;
        }
        // SAFETY: there is room for an element, aligned; others can only look at it atomically.
        unsafe {
            (*self.at.cast::<SharedCell<T>>()).store(value);
            self.at = self.at.add(1);
        }
        Ok(())
    }

    #[cold]
    fn grow(&mut self) -> Result<()> {
        self.publish()?;
        let turn = self.place.map(Place::turn).transpose()?;
        let (mut tail, mut room) = (null_mut(), 0);
        // SAFETY: the array is borrowed as long as `self`, its turn is ours, and nobody else changes it.
        unsafe { call!(deltos_array_tail(self.array, 1, &mut tail, &mut room)) }?;
        let nowhere = || Error::new(ErrorKind::Internal, "room is nowhere");
        let mut tail = NonNull::new(tail.cast::<T>()).ok_or_else(nowhere)?;
        if turn.is_some() {
            // No more than will find room, so that what was taken can be published.
            room = room.min((MEMORY_BYTES / size_of::<T>().max(1)).max(1) as u64);
            self.memory.reserve(room as usize);
            tail = NonNull::from(self.memory.spare_capacity_mut()).cast();
        }
        // SAFETY: there is room for so many.
        let end = unsafe { tail.as_ptr().add(room as usize) };
        (self.start, self.at, self.end) = (tail.as_ptr(), tail.as_ptr(), end);
        self.turn = turn;
        Ok(())
    }

    /// How many elements are stored and not yet published.
    pub fn pending(&self) -> usize {
        self.count()
    }

    /// Shows what was stored to everybody.
    ///
    /// # Errors
    /// [`Stale`](ErrorKind::Stale), [`Forked`](ErrorKind::Forked): what was stored is not there.
    pub fn publish(&mut self) -> Result<()> {
        self.hand_over()
    }
}

impl<T> Appender<'_, T> {
    fn count(&self) -> usize {
        (self.at as usize - self.start as usize) / size_of::<T>().max(1)
    }

    fn hand_over(&mut self) -> Result<()> {
        let (first, count) = (self.start, self.count() as u64);
        // The place holds until the next call.
        (self.start, self.at, self.end) = (null_mut(), null_mut(), null_mut());
        let turn = self.turn.take();
        match (count, &turn) {
            (0, _) => Ok(()),
            // SAFETY: so many were stored; the array is borrowed as long as `self`, and nobody else changes it.
            (_, None) => unsafe { call!(deltos_array_advance(self.array, count)) },
            // SAFETY: as above, since its turn is ours.
            (_, Some(_)) => unsafe { call!(deltos_array_append(self.array, first.cast(), count)) },
        }
    }
}

impl<T> Drop for Appender<'_, T> {
    fn drop(&mut self) {
        let _ = self.hand_over(); // nobody is there to take a failure
    }
}

impl<T: Element> fmt::Debug for Appender<'_, T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Appender").field("pending", &self.pending()).finish_non_exhaustive()
    }
}
