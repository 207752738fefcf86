//! Listings of names.

use std::fmt;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr::null_mut;

use deltos_sys as sys;

use crate::error::call;
use crate::storage::made;
use crate::text::{borrowed, with_c_str};
use crate::Result;

const BATCH: usize = 64;

/// One name of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// Of the object, or of the level, with its `/` at the end.
    pub name: String,
    /// The object's id; `None` for a level.
    pub id: Option<u64>,
    /// A level that has names below it, and no object.
    pub is_level: bool,
    /// Bytes of the object's content.
    pub payload_bytes: u64,
}

/// A listing, in byte order of names. `S` is what is listed, a snapshot or a transaction.
///
/// ```
/// # use deltos::{Durability, Storage};
/// # let storage = Storage::anonymous("example")?;
/// # storage.transact(Durability::Async, |t| t.create("a", &[1u8]).map(drop))?;
/// let names = storage.snapshot()?.list("")?.map(|entry| Ok(entry?.name)).collect::<deltos::Result<Vec<_>>>()?;
/// assert_eq!(names, ["a"]);
/// # Ok::<(), deltos::Error>(())
/// ```
pub struct Entries<'a, S> {
    cursor: Cursor,
    /// Fetched and not given yet, last first.
    waiting: Vec<Entry>,
    done: bool,
    listed: PhantomData<&'a S>,
}

struct Cursor(*mut sys::deltos_cursor);

// SAFETY: nothing ties a cursor to a thread; of a transaction's, `Entries` borrows the transaction, which is not `Sync`.
unsafe impl Send for Cursor {}
// SAFETY: nothing can be done with a shared one.
unsafe impl Sync for Cursor {}

impl<'a, S> Entries<'a, S> {
    pub(crate) fn start(
        _listed: &'a S,
        snapshot: *const sys::deltos_snapshot,
        prefix: &str,
        depth: i32,
    ) -> Result<Self> {
        let mut cursor = null_mut();
        with_c_str(prefix, |prefix| {
            // SAFETY: what is listed is borrowed, and the prefix lives during the call.
            unsafe { call!(deltos_snapshot_list(snapshot, prefix, depth, &mut cursor)) }
        })?;
        let cursor = Cursor(made(cursor)?.as_ptr());
        Ok(Entries { cursor, waiting: Vec::new(), done: false, listed: PhantomData })
    }

    fn fetch(&mut self) -> Result<()> {
        let mut entries = MaybeUninit::<[sys::deltos_entry; BATCH]>::uninit();
        let first = entries.as_mut_ptr().cast::<sys::deltos_entry>();
        let mut count = 0;
        // SAFETY: room for as many as is said, and the handle is ours.
        unsafe { call!(deltos_cursor_next_entries(self.cursor.0, first, BATCH as u64, &mut count)) }?;
        self.done = count == 0;
        for at in (0..count as usize).rev() {
            // SAFETY: so many were written, and their names live until the next call.
            self.waiting.push(unsafe {
                let raw = &*first.add(at);
                Entry {
                    name: borrowed(raw.name).to_owned(),
                    id: Some(raw.id).filter(|&id| id != 0),
                    is_level: raw.is_prefix != 0,
                    payload_bytes: raw.payload_bytes,
                }
            });
        }
        Ok(())
    }
}

impl<S> Iterator for Entries<'_, S> {
    type Item = Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.waiting.is_empty() && !self.done {
            if let Err(error) = self.fetch() {
                self.done = true;
                return Some(Err(error));
            }
        }
        self.waiting.pop().map(Ok)
    }
}

impl<S> std::iter::FusedIterator for Entries<'_, S> {}

impl Drop for Cursor {
    fn drop(&mut self) {
        // SAFETY: the handle is ours.
        unsafe { sys::deltos_cursor_release(&mut self.0) };
    }
}

impl<S> fmt::Debug for Entries<'_, S> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Entries").field("done", &self.done).finish_non_exhaustive()
    }
}
