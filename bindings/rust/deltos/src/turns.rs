//! Who may change an array of a storage: in a process that writes, its handles share it and take turns.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::{Error, ErrorKind, Result};

/// The arrays of a storage that have handles, by id.
#[derive(Default)]
pub(crate) struct Turns(Mutex<HashMap<u64, Weak<Place>>>);

/// What all handles of one array share.
#[derive(Default)]
pub(crate) struct Place {
    taken: AtomicBool,
}

/// Nobody else changes the array as long as it lives.
pub(crate) struct Turn<'a>(&'a Place);

impl Turns {
    pub(crate) fn place(&self, id: u64) -> Arc<Place> {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = places.get(&id).and_then(Weak::upgrade) {
            return place;
        }
        places.retain(|_, place| place.strong_count() > 0);
        let place = Arc::default();
        places.insert(id, Arc::downgrade(&place));
        place
    }
}

impl Place {
    #[inline]
    pub(crate) fn turn(&self) -> Result<Turn<'_>> {
        if self.taken.swap(true, Ordering::Acquire) {
            return Err(taken());
        }
        Ok(Turn(self))
    }
}

#[cold]
fn taken() -> Error {
    Error::new(ErrorKind::Busy, "another handle of this array is changing it; publish its appender, or try again")
}

impl Drop for Turn<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.taken.store(false, Ordering::Release);
    }
}
