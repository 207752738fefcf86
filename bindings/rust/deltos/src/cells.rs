//! Shared memory, one element at a time: what other threads and processes may write at any moment is read and written
//! by atomic accesses, and never lent as `&T` or `&mut T`.

use std::cell::UnsafeCell;
use std::fmt;
use std::mem::{align_of, size_of, MaybeUninit};
use std::sync::atomic::{AtomicU16, AtomicU32, AtomicU64, AtomicU8, Ordering::Relaxed};

use crate::Element;

/// An element that others may write at any moment. It can be read.
///
/// Up to 8 bytes are read whole (when the type is aligned to its size); larger ones word by word, so that a store by
/// somebody else may be seen half-done.
///
/// ```
/// # use deltos::{Durability, Storage};
/// # let storage = Storage::anonymous("example")?;
/// # storage.transact(Durability::Async, |t| t.create("n", &[1u64, 2]).map(drop))?;
/// let view = storage.object("n")?.view::<u64>()?;
/// let sum: u64 = view.cells()?.iter().map(|cell| cell.load()).sum();
/// assert_eq!(sum, 3);
/// # Ok::<(), deltos::Error>(())
/// ```
#[repr(transparent)]
pub struct ReadCell<T>(UnsafeCell<T>);

// SAFETY: all access is atomic.
unsafe impl<T: Element> Sync for ReadCell<T> {}

impl<T: Element> ReadCell<T> {
    /// What is there now.
    #[inline(always)]
    pub fn load(&self) -> T {
        // SAFETY: the cell is made of memory that can be read, and is aligned.
        unsafe { load(self.0.get()) }
    }
}

impl<T: Element + fmt::Debug> fmt::Debug for ReadCell<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.load().fmt(out)
    }
}

/// An element that others may read and write at any moment. It can be read and stored to; which of two stores at the
/// same time wins is anybody's guess. For read-modify-write, see [`WritableView::atomics`](crate::WritableView::atomics).
///
/// ```
/// # use deltos::{Durability, Storage};
/// # let storage = Storage::anonymous("example")?;
/// # storage.transact(Durability::Async, |t| t.create("n", &[1u64, 2]).map(drop))?;
/// let view = storage.object("n")?.view_writable::<u64>()?;
/// for cell in view.cells()? {
///     cell.store(cell.load() * 10);
/// }
/// assert_eq!(view.to_vec()?, [10, 20]);
/// # Ok::<(), deltos::Error>(())
/// ```
#[repr(transparent)]
pub struct SharedCell<T>(UnsafeCell<T>);

// SAFETY: all access is atomic.
unsafe impl<T: Element> Sync for SharedCell<T> {}

impl<T: Element> SharedCell<T> {
    /// What is there now.
    #[inline(always)]
    pub fn load(&self) -> T {
        // SAFETY: the cell is made of memory that can be read, and is aligned.
        unsafe { load(self.0.get()) }
    }

    /// Puts a value there.
    #[inline(always)]
    pub fn store(&self, value: T) {
        // SAFETY: the cell is made of memory that can be written, and is aligned.
        unsafe { store(self.0.get(), value) }
    }
}

impl<T: Element + fmt::Debug> fmt::Debug for SharedCell<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.load().fmt(out)
    }
}

/// The largest word by which elements are read and written: a power of two that divides address and size.
const fn word<T>() -> usize {
    if align_of::<T>() > 8 {
        8
    } else {
        align_of::<T>()
    }
}

macro_rules! word_by_word {
    ($word:ident, $from:expr, $to:expr, |$source:ident, $target:ident| $copy:expr, $bytes:expr) => {{
        let (from, to) = ($from as *const $word, $to as *mut $word);
        for at in 0..$bytes / size_of::<$word>() {
            let ($source, $target) = (from.add(at), to.add(at));
            $copy
        }
    }};
}

/// # Safety
/// `from` is aligned memory that can be read; others may write it meanwhile.
#[inline(always)]
unsafe fn load<T: Element>(from: *const T) -> T {
    let mut value = MaybeUninit::<T>::uninit();
    let to = value.as_mut_ptr();
    match word::<T>() {
        8 => word_by_word!(u64, from, to, |s, t| t.write((*s.cast::<AtomicU64>()).load(Relaxed)), size_of::<T>()),
        4 => word_by_word!(u32, from, to, |s, t| t.write((*s.cast::<AtomicU32>()).load(Relaxed)), size_of::<T>()),
        2 => word_by_word!(u16, from, to, |s, t| t.write((*s.cast::<AtomicU16>()).load(Relaxed)), size_of::<T>()),
        _ => word_by_word!(u8, from, to, |s, t| t.write((*s.cast::<AtomicU8>()).load(Relaxed)), size_of::<T>()),
    }
    value.assume_init()
}

/// # Safety
/// `to` is aligned memory that can be written; others may read and write it meanwhile.
#[inline(always)]
unsafe fn store<T: Element>(to: *mut T, value: T) {
    let from: *const T = &value;
    match word::<T>() {
        8 => word_by_word!(u64, from, to, |s, t| (*t.cast::<AtomicU64>()).store(s.read(), Relaxed), size_of::<T>()),
        4 => word_by_word!(u32, from, to, |s, t| (*t.cast::<AtomicU32>()).store(s.read(), Relaxed), size_of::<T>()),
        2 => word_by_word!(u16, from, to, |s, t| (*t.cast::<AtomicU16>()).store(s.read(), Relaxed), size_of::<T>()),
        _ => word_by_word!(u8, from, to, |s, t| (*t.cast::<AtomicU8>()).store(s.read(), Relaxed), size_of::<T>()),
    }
}

/// Copies bytes out of shared memory, by words where the address allows it.
///
/// # Safety
/// `from` is `to.len()` bytes of memory that can be read.
pub(crate) unsafe fn load_bytes(from: *const u8, to: &mut [u8]) {
    let mut at = 0;
    while at < to.len() {
        let source = from.add(at);
        if source as usize % 8 == 0 && to.len() - at >= 8 {
            let word = (*source.cast::<AtomicU64>()).load(Relaxed);
            to[at..at + 8].copy_from_slice(&word.to_ne_bytes());
            at += 8;
        } else {
            to[at] = (*source.cast::<AtomicU8>()).load(Relaxed);
            at += 1;
        }
    }
}

/// Copies bytes into shared memory, likewise.
///
/// # Safety
/// `to` is `from.len()` bytes of memory that can be written.
pub(crate) unsafe fn store_bytes(to: *mut u8, from: &[u8]) {
    let mut at = 0;
    while at < from.len() {
        let target = to.add(at);
        if target as usize % 8 == 0 && from.len() - at >= 8 {
            let mut word = [0; 8];
            word.copy_from_slice(&from[at..at + 8]);
            (*target.cast::<AtomicU64>()).store(u64::from_ne_bytes(word), Relaxed);
            at += 8;
        } else {
            (*target.cast::<AtomicU8>()).store(from[at], Relaxed);
            at += 1;
        }
    }
}
