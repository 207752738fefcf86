//! Appending as fast as into a `Vec`.

use std::fmt;
use std::marker::PhantomData;
use std::mem::size_of;
use std::ptr::{null_mut, NonNull};

use deltos_sys as sys;

use crate::error::call;
use crate::{Array, Element, Error, ErrorKind, Result, SharedCell};

/// The place behind the last element of an array; see [`Array::appender`].
pub struct Appender<'a, T> {
    array: *mut sys::deltos_object,
    /// Where what is not published begins, where the next element goes, and where room ends; null before they are asked
    /// for.
    start: *mut T,
    at: *mut T,
    end: *mut T,
    owner: PhantomData<&'a mut [SharedCell<T>]>,
}

// SAFETY: it has the array alone, which nothing ties to a thread.
unsafe impl<T: Element> Send for Appender<'_, T> {}
// SAFETY: what is done by a shared reference changes nothing.
unsafe impl<T: Element> Sync for Appender<'_, T> {}

impl<'a, T: Element> Appender<'a, T> {
    pub(crate) fn of(array: &'a mut Array<'_, T>) -> Self {
        let nowhere = null_mut();
        Appender { array: array.as_raw(), start: nowhere, at: nowhere, end: nowhere, owner: PhantomData }
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
        let (mut tail, mut room) = (null_mut(), 0);
        // SAFETY: the array is borrowed as long as `self`, and nobody else changes it.
        unsafe { call!(deltos_array_tail(self.array, 1, &mut tail, &mut room)) }?;
        let tail = NonNull::new(tail.cast::<T>()).ok_or_else(|| Error::new(ErrorKind::Internal, "room is nowhere"))?;
        // SAFETY: there is room for so many.
        let end = unsafe { tail.as_ptr().add(room as usize) };
        (self.start, self.at, self.end) = (tail.as_ptr(), tail.as_ptr(), end);
        Ok(())
    }

    /// How many elements are stored and not yet published.
    pub fn pending(&self) -> usize {
        (self.at as usize - self.start as usize) / size_of::<T>().max(1)
    }

    /// Shows what was stored to everybody.
    ///
    /// # Errors
    /// [`Stale`](ErrorKind::Stale), [`Forked`](ErrorKind::Forked): what was stored is not there.
    pub fn publish(&mut self) -> Result<()> {
        let count = self.pending() as u64;
        // The place holds until the next call.
        (self.start, self.at, self.end) = (null_mut(), null_mut(), null_mut());
        if count == 0 {
            return Ok(());
        }
        // SAFETY: so many were stored; the array is borrowed as long as `self`, and nobody else changes it.
        unsafe { call!(deltos_array_advance(self.array, count)) }
    }
}

impl<T> Drop for Appender<'_, T> {
    fn drop(&mut self) {
        let count = (self.at as usize - self.start as usize) / size_of::<T>().max(1);
        if count > 0 {
            // SAFETY: as in `publish`. Nobody is there to take a failure.
            unsafe { sys::deltos_array_advance(self.array, count as u64, null_mut()) };
        }
    }
}

impl<T: Element> fmt::Debug for Appender<'_, T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Appender").field("pending", &self.pending()).finish_non_exhaustive()
    }
}
