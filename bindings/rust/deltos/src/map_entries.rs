//! What a hash map holds: keys with their values, one after the other.

use std::fmt;
use std::iter::FusedIterator;
use std::marker::PhantomData;

use deltos_sys as sys;

use crate::map_core::{lent, no_entry, Core, Found};
use crate::map_types::Kinds;
use crate::{MapItem, MapKey, MapValue, MapValueKind, Result, Value};

const FIRST_BATCH: usize = 8;
const LARGEST_BATCH: usize = 512;

fn next_batch(last: usize) -> usize {
    (last * 2).clamp(FIRST_BATCH, LARGEST_BATCH)
}

/// A key of a [`HashMap`](crate::HashMap) and its values. It borrows the map.
pub struct MapEntry<'m, K: ?Sized, V: ?Sized> {
    map: &'m Core<'m>,
    raw: sys::deltos_map_entry,
    kinds: Kinds<K, V>,
}

// SAFETY: what an entry points to is immutable, and nothing ties it to a thread.
unsafe impl<K: ?Sized, V: ?Sized> Send for MapEntry<'_, K, V> {}
// SAFETY: as above.
unsafe impl<K: ?Sized, V: ?Sized> Sync for MapEntry<'_, K, V> {}

impl<'m, K: ?Sized, V: ?Sized> MapEntry<'m, K, V> {
    pub(crate) fn of(map: &'m Core<'m>, raw: sys::deltos_map_entry) -> Self {
        MapEntry { map, raw, kinds: PhantomData }
    }

    /// The key as it is stored; of an approximate map the 8 bytes of its hash.
    pub fn key_bytes(&self) -> &'m [u8] {
        // SAFETY: the map, which is borrowed, lends it.
        unsafe { lent(self.raw.key) }.unwrap_or(&[])
    }

    /// The first value as it is stored: of a number its 8 bytes, of a value its packed bytes, of a record the 8 bytes of
    /// its row's number.
    pub fn value_bytes(&self) -> &'m [u8] {
        // SAFETY: as above.
        unsafe { lent(self.raw.value) }.unwrap_or(&[])
    }

    /// How many values there are; at least one.
    #[allow(clippy::len_without_is_empty)] // a key without values is none
    pub fn len(&self) -> usize {
        self.raw.count as usize
    }

    /// The first value where values are numbers, or its row's number where they are records.
    pub fn number(&self) -> Option<u64> {
        matches!(self.map.info.value, MapValueKind::U64 | MapValueKind::Record).then(|| self.raw.number)
    }

    /// One of the values, by its number, where they are [`Value`]s, also when `V` is [`Raw`](crate::Raw).
    ///
    /// # Errors
    /// [`Type`](crate::ErrorKind::Type) when they are something else, [`Range`](crate::ErrorKind::Range) when there is no
    /// such one, [`Corrupt`](crate::ErrorKind::Corrupt).
    pub fn value_at(&self, index: usize) -> Result<Value<'m>> {
        self.map.value(&self.raw, index as u64)
    }

    /// All values where they are numbers, or their rows' numbers where they are records.
    ///
    /// # Errors
    /// [`Type`](crate::ErrorKind::Type) when they are something else, [`Corrupt`](crate::ErrorKind::Corrupt).
    pub fn numbers(&self) -> Result<Vec<u64>> {
        self.map.numbers(&self.raw)
    }
}

impl<'m, K: MapKey + ?Sized, V: ?Sized> MapEntry<'m, K, V> {
    /// The key.
    ///
    /// # Errors
    /// [`Corrupt`](crate::ErrorKind::Corrupt) where the map is damaged. An approximate map has no keys:
    /// [`key_bytes`](MapEntry::key_bytes) tells its hash.
    pub fn key(&self) -> Result<<K as MapItem<'m>>::Item> {
        self.map.check_keys(K::KIND)?;
        K::read(self.key_bytes())
    }
}

impl<'m, K: ?Sized, V: MapValue + ?Sized> MapEntry<'m, K, V> {
    /// The first value.
    ///
    /// # Errors
    /// [`Corrupt`](crate::ErrorKind::Corrupt) where the map is damaged.
    pub fn value(&self) -> Result<<V as MapItem<'m>>::Item> {
        V::read(self.map, Found { entry: &self.raw, index: 0, bytes: self.value_bytes() })
    }

    /// All values, in the order in which they were added.
    pub fn values(&self) -> MapValues<'m, V> {
        MapValues::of(self.map, self.raw)
    }
}

impl<K: ?Sized, V: ?Sized> Clone for MapEntry<'_, K, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K: ?Sized, V: ?Sized> Copy for MapEntry<'_, K, V> {}

impl<K: ?Sized, V: ?Sized> fmt::Debug for MapEntry<'_, K, V> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key_bytes().escape_ascii().to_string();
        out.debug_struct("MapEntry").field("key", &key).field("len", &self.len()).finish_non_exhaustive()
    }
}

/// All values of a key: see [`HashMap::get_all`](crate::HashMap::get_all). After a failure there are no more.
pub struct MapValues<'m, V: ?Sized> {
    map: &'m Core<'m>,
    entry: sys::deltos_map_entry,
    /// The number of the value that comes next.
    next: u64,
    batch: Vec<sys::deltos_bytes>,
    at: usize,
    kind: PhantomData<fn(&V)>,
}

// SAFETY: what it points to is immutable, and nothing ties it to a thread.
unsafe impl<V: ?Sized> Send for MapValues<'_, V> {}
// SAFETY: as above.
unsafe impl<V: ?Sized> Sync for MapValues<'_, V> {}

impl<'m, V: ?Sized> MapValues<'m, V> {
    pub(crate) fn of(map: &'m Core<'m>, entry: sys::deltos_map_entry) -> Self {
        MapValues { map, entry, next: 0, batch: Vec::new(), at: 0, kind: PhantomData }
    }

    pub(crate) fn none(map: &'m Core<'m>) -> Self {
        MapValues::of(map, no_entry())
    }

    /// The bytes of the next value: those of the first one are in the entry.
    fn take(&mut self) -> Result<Option<&'m [u8]>> {
        if self.next >= self.entry.count {
            return Ok(None);
        }
        let bytes = if self.next == 0 {
            self.entry.value
        } else {
            if self.at == self.batch.len() {
                let left = self.entry.count - self.next;
                let room = next_batch(self.batch.len()).min(left as usize);
                self.at = 0;
                self.map.values(&self.entry, self.next, &mut self.batch, room)?;
            }
            match self.batch.get(self.at) {
                Some(bytes) => *bytes,
                None => return Ok(None),
            }
        };
        self.at += usize::from(self.next > 0);
        self.next += 1;
        // SAFETY: the map, which is borrowed, lends it.
        Ok(Some(unsafe { lent(bytes) }.unwrap_or(&[])))
    }
}

impl<'m, V: MapValue + ?Sized> Iterator for MapValues<'m, V> {
    type Item = Result<<V as MapItem<'m>>::Item>;

    fn next(&mut self) -> Option<Self::Item> {
        let index = self.next;
        let bytes = self.take();
        let read = |bytes| V::read(self.map, Found { entry: &self.entry, index, bytes });
        let value = bytes.and_then(|bytes| bytes.map(read).transpose());
        if !matches!(value, Ok(Some(_))) {
            self.next = self.entry.count;
        }
        value.transpose()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, usize::try_from(self.entry.count - self.next).ok())
    }
}

impl<V: MapValue + ?Sized> FusedIterator for MapValues<'_, V> {}

impl<V: ?Sized> fmt::Debug for MapValues<'_, V> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("MapValues").field("left", &(self.entry.count - self.next)).finish_non_exhaustive()
    }
}

/// All keys of a map with their values: see [`HashMap::iter`](crate::HashMap::iter). After a failure there are no more.
pub struct MapEntries<'m, K: ?Sized, V: ?Sized> {
    map: &'m Core<'m>,
    position: u64,
    batch: Vec<sys::deltos_map_entry>,
    at: usize,
    is_over: bool,
    kinds: Kinds<K, V>,
}

// SAFETY: what it points to is immutable, and nothing ties it to a thread.
unsafe impl<K: ?Sized, V: ?Sized> Send for MapEntries<'_, K, V> {}
// SAFETY: as above.
unsafe impl<K: ?Sized, V: ?Sized> Sync for MapEntries<'_, K, V> {}

impl<'m, K: ?Sized, V: ?Sized> MapEntries<'m, K, V> {
    pub(crate) fn of(map: &'m Core<'m>) -> Self {
        MapEntries { map, position: 0, batch: Vec::new(), at: 0, is_over: false, kinds: PhantomData }
    }

    fn fetch(&mut self) -> Result<()> {
        let room = next_batch(self.batch.len());
        self.at = 0;
        self.map.entries(&mut self.position, &mut self.batch, room)
    }
}

impl<'m, K: ?Sized, V: MapValue + ?Sized> MapEntries<'m, K, V> {
    /// The values of all that is left.
    pub(crate) fn into_values(self) -> impl Iterator<Item = Result<<V as MapItem<'m>>::Item>> {
        let mut entries = self;
        let mut values = MapValues::none(entries.map);
        std::iter::from_fn(move || loop {
            if let Some(value) = values.next() {
                return Some(value);
            }
            match entries.next()? {
                Ok(entry) => values = entry.values(),
                Err(error) => return Some(Err(error)),
            }
        })
    }
}

impl<'m, K: ?Sized, V: ?Sized> Iterator for MapEntries<'m, K, V> {
    type Item = Result<MapEntry<'m, K, V>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at == self.batch.len() && !self.is_over {
            let fetched = self.fetch();
            self.is_over = fetched.is_err() || self.batch.is_empty();
            if let Err(error) = fetched {
                self.batch.clear();
                return Some(Err(error));
            }
        }
        let entry = self.batch.get(self.at)?;
        self.at += 1;
        Some(Ok(MapEntry::of(self.map, *entry)))
    }
}

impl<K: ?Sized, V: ?Sized> FusedIterator for MapEntries<'_, K, V> {}

impl<K: ?Sized, V: ?Sized> fmt::Debug for MapEntries<'_, K, V> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("MapEntries").field("is_over", &self.is_over).finish_non_exhaustive()
    }
}

/// All keys of a map: see [`HashMap::keys`](crate::HashMap::keys). After a failure there are no more.
pub struct MapKeys<'m, K: ?Sized, V: ?Sized>(MapEntries<'m, K, V>);

impl<'m, K: ?Sized, V: ?Sized> MapKeys<'m, K, V> {
    pub(crate) fn of(entries: MapEntries<'m, K, V>) -> Self {
        MapKeys(entries)
    }
}

impl<'m, K: MapKey + ?Sized, V: ?Sized> Iterator for MapKeys<'m, K, V> {
    type Item = Result<<K as MapItem<'m>>::Item>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|entry| entry?.key())
    }
}

impl<K: MapKey + ?Sized, V: ?Sized> FusedIterator for MapKeys<'_, K, V> {}

impl<K: ?Sized, V: ?Sized> fmt::Debug for MapKeys<'_, K, V> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("MapKeys").field(&self.0).finish()
    }
}

/// All keys of a map with their values, in the order of the keys: see [`HashMap::iter_sorted`](crate::HashMap::iter_sorted).
pub struct MapSorted<'m, K: ?Sized, V: ?Sized> {
    map: &'m Core<'m>,
    positions: std::vec::IntoIter<u64>,
    kinds: Kinds<K, V>,
}

impl<'m, K: ?Sized, V: ?Sized> MapSorted<'m, K, V> {
    pub(crate) fn of(map: &'m Core<'m>, positions: Vec<u64>) -> Self {
        MapSorted { map, positions: positions.into_iter(), kinds: PhantomData }
    }

    fn at(&self, position: u64) -> Result<MapEntry<'m, K, V>> {
        Ok(MapEntry::of(self.map, self.map.entry_at(position)?))
    }
}

impl<'m, K: ?Sized, V: ?Sized> Iterator for MapSorted<'m, K, V> {
    type Item = Result<MapEntry<'m, K, V>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.positions.next().map(|position| self.at(position))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.positions.size_hint()
    }
}

impl<K: ?Sized, V: ?Sized> DoubleEndedIterator for MapSorted<'_, K, V> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.positions.next_back().map(|position| self.at(position))
    }
}

impl<K: ?Sized, V: ?Sized> ExactSizeIterator for MapSorted<'_, K, V> {}

impl<K: ?Sized, V: ?Sized> FusedIterator for MapSorted<'_, K, V> {}

impl<K: ?Sized, V: ?Sized> fmt::Debug for MapSorted<'_, K, V> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("MapSorted").field("left", &self.positions.len()).finish_non_exhaustive()
    }
}
