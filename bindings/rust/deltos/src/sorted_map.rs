//! Sorted maps: pairs in the order of their keys, which change in transactions and are read from snapshots.

use std::fmt;
use std::marker::PhantomData;
use std::mem::{size_of, zeroed};
use std::ops::{Deref, RangeFull};
use std::ptr::{null, null_mut};

use deltos_sys as sys;

use crate::error::call;
use crate::map_core::lent;
use crate::map_types::{one_column, text, Sealed};
use crate::storage::made;
use crate::text::with_c_str;
use crate::{
    Error, ErrorKind, KeyKind, KeyRange, MapItem, MapItems, MapKey, MapQuery, Object, Prefix, Raw, Result, Snapshot,
    SortedRange, Transaction,
};

/// Which state of a storage a [`SortedMap`] is read in: that of a [`Snapshot`], or that of a [`Transaction`] with all that
/// it has changed so far. What is read borrows it.
pub trait MapState: Sealed {
    #[doc(hidden)]
    fn raw_state(&self) -> *const sys::deltos_snapshot;
}

macro_rules! states {
    ($($state:ident)*) => {
        $(
            impl Sealed for $state<'_> {}

            impl MapState for $state<'_> {
                fn raw_state(&self) -> *const sys::deltos_snapshot {
                    self.raw_snapshot()
                }
            }
        )*
    };
}

states! { Snapshot Transaction }

/// What the keys of a [`SortedMap`] can be: `[u8]`, ordered byte by byte, a shorter one first; `str`, the same; `u64`,
/// ordered as numbers.
pub trait SortedKey: MapKey {
    /// # Safety
    /// What the pair points to lives as long as `'a`, but for the key of a number, which is in the pair.
    #[doc(hidden)]
    unsafe fn of<'a>(pair: &sys::deltos_pair) -> Result<<Self as MapItem<'a>>::Item>;
}

impl SortedKey for [u8] {
    unsafe fn of<'a>(pair: &sys::deltos_pair) -> Result<&'a [u8]> {
        Ok(lent(pair.key).unwrap_or(&[]))
    }
}

impl SortedKey for str {
    unsafe fn of<'a>(pair: &sys::deltos_pair) -> Result<&'a str> {
        text(lent(pair.key).unwrap_or(&[]))
    }
}

impl SortedKey for u64 {
    unsafe fn of<'a>(pair: &sys::deltos_pair) -> Result<<Self as MapItem<'a>>::Item> {
        Ok(pair.number)
    }
}

/// A value of a [`SortedMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SortedValue<'a> {
    /// Bytes, where they lie.
    Bytes(&'a [u8]),
    /// Another object of the storage, by its id: see [`Snapshot::object_by_id`].
    Object(u64),
}

impl<'a> SortedValue<'a> {
    /// # Safety
    /// The bytes live as long as `'a`.
    pub(crate) unsafe fn of(bytes: sys::deltos_bytes, object_id: u64) -> Self {
        match object_id {
            0 => SortedValue::Bytes(lent(bytes).unwrap_or(&[])),
            id => SortedValue::Object(id),
        }
    }

    /// The bytes, if it is that.
    pub fn bytes(self) -> Option<&'a [u8]> {
        match self {
            SortedValue::Bytes(bytes) => Some(bytes),
            SortedValue::Object(_) => None,
        }
    }

    /// The object's id, if it is that.
    pub fn object_id(self) -> Option<u64> {
        match self {
            SortedValue::Bytes(_) => None,
            SortedValue::Object(id) => Some(id),
        }
    }
}

/// A pair of a [`SortedMap`], where it lies.
pub type SortedPair<'a, K> = (<K as MapItem<'a>>::Item, SortedValue<'a>);

/// Facts of a sorted map in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SortedMapInfo {
    /// What its keys are.
    pub key: KeyKind,
    /// Pairs.
    pub count: u64,
    /// Of all keys.
    pub key_bytes: u64,
    /// Of all values; an object counts 8.
    pub value_bytes: u64,
    /// Values that have a place of their own.
    pub long_values: u64,
    /// Values that are objects.
    pub objects: u64,
    /// Levels of its tree.
    pub height: u32,
}

/// Pairs in the order of their keys, which change: put, replaced and removed inside transactions, and read from snapshots, by
/// key, by range and by prefix, in both directions. For something that is built once and only looked up, take a
/// [`HashMap`](crate::HashMap). It is an [`Object`] of its own kind.
///
/// `K` is what keys are: `[u8]` or `str`, of up to 1,024 bytes, or `u64`. Values are up to 16 MiB of bytes, or other objects
/// of the storage.
///
/// The handle names the map; each call says which state of it is meant: reading takes a [`Snapshot`] or a [`Transaction`],
/// changing a `&mut Transaction`.
///
/// ```
/// use deltos::{Durability, Prefix, SortedValue, Storage};
///
/// let storage = Storage::anonymous("example")?;
/// let mut transaction = storage.begin()?;
/// let heights = transaction.create_sorted_map::<str>("heights")?;
/// heights.put(&mut transaction, "oak", "40")?;
/// heights.put(&mut transaction, "elm", "30")?;
/// heights.put(&mut transaction, "ash", "35")?;
/// assert_eq!(heights.get(&transaction, "oak")?, Some(SortedValue::Bytes(b"40")));
/// transaction.commit(Durability::Sync)?;
///
/// let snapshot = storage.snapshot()?;
/// let mut names = Vec::new();
/// for pair in heights.range(&snapshot, "b"..)? {
///     let (name, height) = pair?;
///     names.push((name, height.bytes().unwrap())); // of the file itself, as long as the snapshot lives
/// }
/// assert_eq!(names, [("elm", &b"30"[..]), ("oak", b"40")]);
/// assert_eq!(heights.range(&snapshot, ..)?.rev().next().unwrap()?.0, "oak");
/// assert_eq!(heights.count(&snapshot, Prefix("o"))?, 1);
/// # Ok::<(), deltos::Error>(())
/// ```
///
/// What is read from a transaction is gone before its next change, and what is read from a snapshot before that goes:
///
/// ```compile_fail,E0502
/// # let storage = deltos::Storage::anonymous("example")?;
/// let mut transaction = storage.begin()?;
/// let heights = transaction.create_sorted_map::<str>("heights")?;
/// let oak = heights.get(&transaction, "oak")?;
/// heights.put(&mut transaction, "oak", "41")?; // what was lent would be gone
/// println!("{:?}", oak);
/// # Ok::<(), deltos::Error>(())
/// ```
///
/// ```compile_fail,E0505
/// # let storage = deltos::Storage::anonymous("example")?;
/// # let heights = storage.sorted_map::<str>("heights")?;
/// let snapshot = storage.snapshot()?;
/// let oak = heights.get(&snapshot, "oak")?;
/// drop(snapshot); // what it has lent lives
/// println!("{:?}", oak);
/// # Ok::<(), deltos::Error>(())
/// ```
///
/// ```compile_fail,E0596
/// # let storage = deltos::Storage::anonymous("example")?;
/// # let heights = storage.sorted_map::<str>("heights")?;
/// let snapshot = storage.snapshot()?;
/// heights.remove(&mut storage.snapshot()?, "oak")?; // only a transaction changes it
/// # Ok::<(), deltos::Error>(())
/// ```
pub struct SortedMap<'s, K: ?Sized = Raw> {
    object: Object<'s>,
    key: KeyKind,
    kind: PhantomData<fn(&K)>,
}

impl<'s, K: MapKey + ?Sized> SortedMap<'s, K> {
    pub(crate) fn of(object: Object<'s>) -> Result<Self> {
        let key = stat(&object, null())?.key;
        let map = SortedMap { object, key, kind: PhantomData };
        map.check()?;
        Ok(map)
    }

    /// Fails unless keys are what the type says.
    pub(crate) fn check(&self) -> Result<()> {
        if K::KIND.map_or(true, |wanted| wanted == self.key) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Type, format!("the map has keys of {:?}; open it as that", self.key)))
    }

    /// Looks again in the newest commit, by id, and when that is gone by name, as [`Object::refresh`] does. To see what has
    /// changed in the map it takes no more than a newer snapshot: this is for a map that was deleted and made anew.
    ///
    /// # Errors
    /// Those of [`Object::refresh`]; [`Kind`](ErrorKind::Kind) and [`Type`](ErrorKind::Type) when something else has its
    /// name now, or a map of other keys, after which this one cannot be read.
    pub fn refresh(&mut self) -> Result<bool> {
        let changed = self.object.refresh()?;
        self.key = KeyKind::Value; // which no sorted map has, until it is known
        self.key = stat(&self.object, null())?.key;
        self.check()?;
        Ok(changed)
    }

    /// The same map with keys of another type: [`Raw`], or what they are.
    ///
    /// # Errors
    /// [`Type`](ErrorKind::Type) when they are something else.
    pub fn typed<L: MapKey + ?Sized>(self) -> Result<SortedMap<'s, L>> {
        SortedMap::of(self.object)
    }
}

impl<'s, K: ?Sized> SortedMap<'s, K> {
    /// What its keys are.
    pub fn key_kind(&self) -> KeyKind {
        self.key
    }

    /// What is in the map in the state in which it was opened.
    ///
    /// # Errors
    /// As [`info_in`](SortedMap::info_in).
    pub fn info(&self) -> Result<SortedMapInfo> {
        stat(&self.object, null())
    }

    /// What is in the map.
    ///
    /// # Errors
    /// [`Stale`](ErrorKind::Stale) when that state has no such map: it was created later, or deleted or replaced before;
    /// [`Invalid`](ErrorKind::Invalid) for a state of another storage, [`Corrupt`](ErrorKind::Corrupt).
    pub fn info_in(&self, state: &impl MapState) -> Result<SortedMapInfo> {
        stat(&self.object, state.raw_state())
    }

    /// How many pairs there are.
    ///
    /// # Errors
    /// As [`info_in`](SortedMap::info_in).
    pub fn len(&self, state: &impl MapState) -> Result<u64> {
        Ok(self.info_in(state)?.count)
    }

    /// There are none.
    ///
    /// # Errors
    /// As [`info_in`](SortedMap::info_in).
    pub fn is_empty(&self, state: &impl MapState) -> Result<bool> {
        Ok(self.len(state)? == 0)
    }

    /// Removes all pairs, and tells how many there were.
    ///
    /// # Errors
    /// As [`SortedMap::put`].
    pub fn clear(&self, transaction: &mut Transaction<'_>) -> Result<u64> {
        self.remove_raw(transaction, null())
    }

    fn remove_raw(&self, transaction: &mut Transaction<'_>, range: *const sys::deltos_range) -> Result<u64> {
        let (map, mut removed) = (self.object.as_raw(), 0);
        // SAFETY: both handles live, and nobody else uses the transaction's, since it is borrowed mutably.
        unsafe { call!(deltos_sorted_map_remove_range(transaction.as_raw(), map, range, &mut removed)) }?;
        Ok(removed)
    }

    pub(crate) fn as_raw(&self) -> *const sys::deltos_object {
        self.object.as_raw()
    }
}

/// Reading. What comes is lent by the state that it is read in.
impl<'s, K: SortedKey + ?Sized> SortedMap<'s, K> {
    /// The value of a key; `None` when the key is absent.
    ///
    /// # Errors
    /// Those of [`info_in`](SortedMap::info_in).
    pub fn get<'a, S: MapState, Q: MapQuery<K> + ?Sized>(
        &self,
        state: &'a S,
        key: &Q,
    ) -> Result<Option<SortedValue<'a>>> {
        let key = key.key()?;
        let (map, data, size) = (self.as_raw(), key.as_ptr().cast(), key.len() as u64);
        let (mut value, mut id, mut present) = (nothing(), 0, 0);
        // SAFETY: the handles live; what is lent lives as long as the snapshot, or until the next change of the
        // transaction, and so as long as `'a`.
        unsafe {
            call!(deltos_sorted_map_get(state.raw_state(), map, data, size, &mut value, &mut id, &mut present))?;
            Ok((present != 0).then(|| SortedValue::of(value, id)))
        }
    }

    /// Tells whether a key is there.
    ///
    /// # Errors
    /// As [`get`](SortedMap::get).
    pub fn contains_key<Q: MapQuery<K> + ?Sized>(&self, state: &impl MapState, key: &Q) -> Result<bool> {
        Ok(self.get(state, key)?.is_some())
    }

    /// The values of many keys, in any order; fastest when they are sorted.
    ///
    /// # Errors
    /// As [`get`](SortedMap::get); the message names the key.
    ///
    /// ```
    /// # use deltos::Storage;
    /// # let storage = Storage::anonymous("example")?;
    /// let mut transaction = storage.begin()?;
    /// let names = transaction.create_sorted_map::<u64>("names")?;
    /// names.put_many(&mut transaction, &[2, 1], &["two", "one"])?;
    /// let found = names.get_many(&transaction, &[1, 3])?;
    /// assert_eq!((found[0].unwrap().bytes(), found[1]), (Some(&b"one"[..]), None));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn get_many<'a, S: MapState>(
        &self,
        state: &'a S,
        keys: &(impl MapItems<K> + ?Sized),
    ) -> Result<Vec<Option<SortedValue<'a>>>> {
        one_column(keys, |keys| {
            let (map, column, count) = (self.as_raw(), keys.as_raw(), keys.len());
            let (mut values, mut ids, mut present) = (vec![nothing(); count], vec![0; count], vec![0; count]);
            let (first, of, told) = (values.as_mut_ptr(), ids.as_mut_ptr(), present.as_mut_ptr());
            let state = state.raw_state();
            // SAFETY: the column tells the truth, and there is room for as many as it has; as in `get`.
            unsafe {
                call!(deltos_sorted_map_get_many(state, map, &column, first, of, told, null_mut()))?;
                let found = values.into_iter().zip(ids).zip(present);
                Ok(found.map(|((value, id), present)| (present != 0).then(|| SortedValue::of(value, id))).collect())
            }
        })
    }

    /// Tells how many of some keys are there.
    ///
    /// # Errors
    /// As [`get_many`](SortedMap::get_many).
    pub fn count_many(&self, state: &impl MapState, keys: &(impl MapItems<K> + ?Sized)) -> Result<u64> {
        one_column(keys, |keys| {
            let (map, column, mut hits) = (self.as_raw(), keys.as_raw(), 0);
            let (none, state) = (null_mut(), state.raw_state());
            // SAFETY: the handles live, and the column tells the truth.
            unsafe { call!(deltos_sorted_map_get_many(state, map, &column, null_mut(), null_mut(), none, &mut hits)) }?;
            Ok(hits)
        })
    }

    /// The first pair.
    ///
    /// # Errors
    /// As [`get`](SortedMap::get).
    pub fn first<'a, S: MapState>(&self, state: &'a S) -> Result<Option<SortedPair<'a, K>>> {
        self.find(state, sys::DELTOS_FIND_FIRST, &[])
    }

    /// The last pair.
    ///
    /// # Errors
    /// As [`get`](SortedMap::get).
    pub fn last<'a, S: MapState>(&self, state: &'a S) -> Result<Option<SortedPair<'a, K>>> {
        self.find(state, sys::DELTOS_FIND_LAST, &[])
    }

    /// The first pair whose key is not below one: the lower bound.
    ///
    /// # Errors
    /// As [`get`](SortedMap::get).
    ///
    /// ```
    /// # use deltos::Storage;
    /// # let storage = Storage::anonymous("example")?;
    /// let mut transaction = storage.begin()?;
    /// let names = transaction.create_sorted_map::<u64>("names")?;
    /// names.put_many(&mut transaction, &[10, 20], &["ten", "twenty"])?;
    /// assert_eq!(names.at_least(&transaction, &10)?.unwrap().0, 10);
    /// assert_eq!(names.above(&transaction, &10)?.unwrap().0, 20);
    /// assert_eq!(names.at_most(&transaction, &19)?.unwrap().0, 10);
    /// assert_eq!(names.below(&transaction, &10)?, None);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn at_least<'a, S: MapState, Q: MapQuery<K> + ?Sized>(
        &self,
        state: &'a S,
        key: &Q,
    ) -> Result<Option<SortedPair<'a, K>>> {
        self.find(state, sys::DELTOS_FIND_AT_LEAST, &key.key()?)
    }

    /// The first pair whose key is above one: the upper bound.
    ///
    /// # Errors
    /// As [`get`](SortedMap::get).
    pub fn above<'a, S: MapState, Q: MapQuery<K> + ?Sized>(
        &self,
        state: &'a S,
        key: &Q,
    ) -> Result<Option<SortedPair<'a, K>>> {
        self.find(state, sys::DELTOS_FIND_ABOVE, &key.key()?)
    }

    /// The last pair whose key is not above one.
    ///
    /// # Errors
    /// As [`get`](SortedMap::get).
    pub fn at_most<'a, S: MapState, Q: MapQuery<K> + ?Sized>(
        &self,
        state: &'a S,
        key: &Q,
    ) -> Result<Option<SortedPair<'a, K>>> {
        self.find(state, sys::DELTOS_FIND_AT_MOST, &key.key()?)
    }

    /// The last pair whose key is below one.
    ///
    /// # Errors
    /// As [`get`](SortedMap::get).
    pub fn below<'a, S: MapState, Q: MapQuery<K> + ?Sized>(
        &self,
        state: &'a S,
        key: &Q,
    ) -> Result<Option<SortedPair<'a, K>>> {
        self.find(state, sys::DELTOS_FIND_BELOW, &key.key()?)
    }

    fn find<'a, S: MapState>(&self, state: &'a S, which: i32, key: &[u8]) -> Result<Option<SortedPair<'a, K>>> {
        self.check()?;
        let (map, data, size) = (self.as_raw(), key.as_ptr().cast(), key.len() as u64);
        let (mut pair, mut present) = (no_pair(), 0);
        // SAFETY: as in `get`.
        unsafe {
            call!(deltos_sorted_map_find(state.raw_state(), map, which, data, size, &mut pair, &mut present))?;
            (present != 0).then(|| pair_of::<K>(&pair)).transpose()
        }
    }

    /// Counts the pairs of a range of keys, such as `"b".."d"` or [`Prefix`]. It looks at each page of the range, and of
    /// `..` at none.
    ///
    /// # Errors
    /// As [`get`](SortedMap::get).
    pub fn count(&self, state: &impl MapState, range: impl KeyRange<K>) -> Result<u64> {
        let (range, mut count) = (range.bounds()?, 0);
        range.lend(false, |range| {
            // SAFETY: the handles live, and the range during the call.
            unsafe { call!(deltos_sorted_map_count(state.raw_state(), self.as_raw(), range, &mut count)) }
        })?;
        Ok(count)
    }

    /// The pairs of a range of keys, such as `"b".."d"`, `..=7` or [`Prefix`], in order, from both ends.
    ///
    /// # Errors
    /// As [`get`](SortedMap::get); each step may fail too.
    ///
    /// ```
    /// # use deltos::Storage;
    /// # let storage = Storage::anonymous("example")?;
    /// let mut transaction = storage.begin()?;
    /// let squares = transaction.create_sorted_map::<u64>("squares")?;
    /// squares.load(&mut transaction, (0..10u64).map(|n| (n, (n * n).to_string())))?;
    /// let keys = |pair: deltos::Result<(u64, _)>| pair.map(|(key, _)| key);
    /// let found = squares.range(&transaction, 3..=5)?.map(keys).collect::<Result<Vec<_>, _>>()?;
    /// assert_eq!(found, [3, 4, 5]);
    /// let found = squares.range(&transaction, ..3)?.rev().map(keys).collect::<Result<Vec<_>, _>>()?;
    /// assert_eq!(found, [2, 1, 0]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn range<'a, S: MapState>(&'a self, state: &'a S, range: impl KeyRange<K>) -> Result<SortedRange<'a, K, S>> {
        SortedRange::start(self, state, range.bounds()?)
    }

    /// All pairs, in order: the range `..`.
    ///
    /// # Errors
    /// As [`range`](SortedMap::range).
    pub fn iter<'a, S: MapState>(&'a self, state: &'a S) -> Result<SortedRange<'a, K, S>> {
        self.range(state, RangeFull)
    }

    /// The pairs whose keys begin so: the range [`Prefix`].
    ///
    /// # Errors
    /// As [`range`](SortedMap::range); [`Invalid`](ErrorKind::Invalid) where keys are numbers.
    ///
    /// ```
    /// # use deltos::Storage;
    /// # let storage = Storage::anonymous("example")?;
    /// let mut transaction = storage.begin()?;
    /// let cities = transaction.create_sorted_map::<str>("cities")?;
    /// cities.put_many(&mut transaction, &["Ulm", "Utrecht", "Wien"], &["DE", "NL", "AT"])?;
    /// let found = cities.prefix(&transaction, "U")?.map(|pair| Ok(pair?.0)).collect::<deltos::Result<Vec<_>>>()?;
    /// assert_eq!(found, ["Ulm", "Utrecht"]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn prefix<'a, S: MapState, Q: MapQuery<K> + ?Sized>(
        &'a self,
        state: &'a S,
        prefix: &Q,
    ) -> Result<SortedRange<'a, K, S>> {
        self.range(state, Prefix(prefix))
    }
}

/// Changing. Each call changes all that it says or, when it fails, nothing.
impl<K: SortedKey + ?Sized> SortedMap<'_, K> {
    /// Puts a pair: a new key comes in, one that is there gets the new value, and that is told.
    ///
    /// # Errors
    /// [`Limit`](ErrorKind::Limit) for a key of more than 1,024 bytes or a value of more than 16 MiB, or where the storage
    /// would grow beyond its limit; [`Stale`](ErrorKind::Stale) when the map has been deleted or replaced;
    /// [`Invalid`](ErrorKind::Invalid) for a map of another storage; [`NoSpace`](ErrorKind::NoSpace).
    pub fn put<Q: MapQuery<K> + ?Sized>(
        &self,
        transaction: &mut Transaction<'_>,
        key: &Q,
        value: impl AsRef<[u8]>,
    ) -> Result<bool> {
        let (key, value, mut replaced) = (key.key()?, value.as_ref(), 0);
        let (map, data, size) = (self.as_raw(), key.as_ptr().cast(), key.len() as u64);
        let (bytes, length, raw) = (value.as_ptr().cast(), value.len() as u64, transaction.as_raw());
        // SAFETY: both handles live, and nobody else uses the transaction's, since it is borrowed mutably.
        unsafe { call!(deltos_sorted_map_put(raw, map, data, size, bytes, length, &mut replaced)) }?;
        Ok(replaced != 0)
    }

    /// Puts a pair whose value is another object of the storage. Only its id is kept: the object can be renamed, changed or
    /// deleted.
    ///
    /// # Errors
    /// As [`put`](SortedMap::put).
    ///
    /// ```
    /// # use deltos::{SortedValue, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// let mut transaction = storage.begin()?;
    /// let runs = transaction.create_sorted_map::<str>("runs")?;
    /// let run = transaction.create("run/1", &[20.5, 21.0])?;
    /// runs.put_object(&mut transaction, "2026-11-22", &run)?;
    /// let found = runs.get(&transaction, "2026-11-22")?.unwrap().object_id().unwrap();
    /// assert_eq!(transaction.object_by_id(found)?.info()?.name, "run/1");
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn put_object<Q: MapQuery<K> + ?Sized>(
        &self,
        transaction: &mut Transaction<'_>,
        key: &Q,
        value: &Object<'_>,
    ) -> Result<bool> {
        let (key, mut replaced) = (key.key()?, 0);
        let (map, data, size) = (self.as_raw(), key.as_ptr().cast(), key.len() as u64);
        let (raw, object) = (transaction.as_raw(), value.as_raw());
        // SAFETY: as in `put`.
        unsafe { call!(deltos_sorted_map_put_object(raw, map, data, size, object, &mut replaced)) }?;
        Ok(replaced != 0)
    }

    /// Puts many pairs, in any order; of equal keys the last one counts. Tells how many keys are new.
    ///
    /// # Errors
    /// As [`put`](SortedMap::put); [`Type`](ErrorKind::Type) when there are not as many values as keys. The message names
    /// the pair.
    pub fn put_many(
        &self,
        transaction: &mut Transaction<'_>,
        keys: &(impl MapItems<K> + ?Sized),
        values: &(impl MapItems<[u8]> + ?Sized),
    ) -> Result<u64> {
        let (map, raw, mut added) = (self.as_raw(), transaction.as_raw(), 0);
        two_columns(keys, values, |keys, values| {
            // SAFETY: as in `put`; the columns tell the truth.
            unsafe { call!(deltos_sorted_map_put_many(raw, map, &keys, &values, &mut added)) }
        })?;
        Ok(added)
    }

    /// Adds pairs that come in rising order at the end, thousands of them at a time: the fastest way to fill a map, which
    /// leaves the smallest one. It can be called again and again; memory stays bounded whatever the amount. When it fails,
    /// some of the pairs that came before the one that is refused are in the map.
    ///
    /// # Errors
    /// [`Duplicate`](ErrorKind::Duplicate) for a key that equals the one before it or the last one of the map,
    /// [`Range`](ErrorKind::Range) for one below; those of [`put`](SortedMap::put). The message names the pair.
    ///
    /// ```
    /// # use deltos::{ErrorKind, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// let mut transaction = storage.begin()?;
    /// let names = transaction.create_sorted_map::<str>("names")?;
    /// names.load(&mut transaction, [("ash", "35"), ("elm", "30")])?;
    /// let refused = names.load(&mut transaction, [("beech", "38")]).unwrap_err();
    /// assert_eq!(refused.kind(), ErrorKind::Range);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn load<A, B>(&self, transaction: &mut Transaction<'_>, pairs: impl IntoIterator<Item = (A, B)>) -> Result<()>
    where
        [A]: MapItems<K>,
        [B]: MapItems<[u8]>,
    {
        crate::hash_map_builder::in_batches(pairs, |keys, values| self.load_many(transaction, keys, values))
    }

    /// The same for pairs that are there: all of them, or none when it fails.
    ///
    /// # Errors
    /// As [`load`](SortedMap::load).
    pub fn load_many(
        &self,
        transaction: &mut Transaction<'_>,
        keys: &(impl MapItems<K> + ?Sized),
        values: &(impl MapItems<[u8]> + ?Sized),
    ) -> Result<()> {
        let (map, raw) = (self.as_raw(), transaction.as_raw());
        two_columns(keys, values, |keys, values| {
            // SAFETY: as in `put`; the columns tell the truth.
            unsafe { call!(deltos_sorted_map_load(raw, map, &keys, &values)) }
        })
    }

    /// Removes a pair, and tells whether it was there.
    ///
    /// # Errors
    /// As [`put`](SortedMap::put), except `Limit`.
    pub fn remove<Q: MapQuery<K> + ?Sized>(&self, transaction: &mut Transaction<'_>, key: &Q) -> Result<bool> {
        let (key, mut removed) = (key.key()?, 0);
        let (map, data, size) = (self.as_raw(), key.as_ptr().cast(), key.len() as u64);
        // SAFETY: as in `put`.
        unsafe { call!(deltos_sorted_map_remove(transaction.as_raw(), map, data, size, &mut removed)) }?;
        Ok(removed != 0)
    }

    /// Removes the pairs of a range of keys, such as `"b".."d"` or [`Prefix`], and tells how many there were.
    ///
    /// # Errors
    /// As [`remove`](SortedMap::remove).
    ///
    /// ```
    /// # use deltos::{Prefix, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// let mut transaction = storage.begin()?;
    /// let cities = transaction.create_sorted_map::<str>("cities")?;
    /// cities.put_many(&mut transaction, &["Ulm", "Utrecht", "Wien"], &["DE", "NL", "AT"])?;
    /// assert_eq!(cities.remove_range(&mut transaction, Prefix("U"))?, 2);
    /// assert_eq!(cities.remove_range(&mut transaction, "X"..)?, 0);
    /// assert_eq!(cities.len(&transaction)?, 1);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn remove_range(&self, transaction: &mut Transaction<'_>, range: impl KeyRange<K>) -> Result<u64> {
        range.bounds()?.lend(false, |range| self.remove_raw(transaction, range))
    }
}

/// # Safety
/// As [`SortedKey::of`], and the value lives as long as `'a`.
pub(crate) unsafe fn pair_of<'a, K: SortedKey + ?Sized>(pair: &sys::deltos_pair) -> Result<SortedPair<'a, K>> {
    Ok((K::of(pair)?, SortedValue::of(pair.value, pair.object_id)))
}

pub(crate) fn no_pair() -> sys::deltos_pair {
    // SAFETY: numbers and pointers, of which zero is one.
    unsafe { zeroed() }
}

fn nothing() -> sys::deltos_bytes {
    sys::deltos_bytes { data: null(), size: 0 }
}

fn two_columns<K: ?Sized, R>(
    keys: &(impl MapItems<K> + ?Sized),
    values: &(impl MapItems<[u8]> + ?Sized),
    run: impl FnOnce(sys::deltos_column, sys::deltos_column) -> Result<R>,
) -> Result<R> {
    one_column(keys, |keys| one_column(values, |values| run(keys.as_raw(), values.as_raw())))
}

fn stat(object: &Object<'_>, state: *const sys::deltos_snapshot) -> Result<SortedMapInfo> {
    // SAFETY: numbers, of which zero is one; the handle lives, and the state where there is one.
    let raw = unsafe {
        let mut raw: sys::deltos_sorted_map_info = zeroed();
        raw.struct_size = size_of::<sys::deltos_sorted_map_info>() as u32;
        call!(deltos_sorted_map_stat(state, object.as_raw(), &mut raw))?;
        raw
    };
    Ok(SortedMapInfo {
        key: KeyKind::of(raw.key)?,
        count: raw.count,
        key_bytes: raw.key_bytes,
        value_bytes: raw.value_bytes,
        long_values: raw.long_values,
        objects: raw.objects,
        height: raw.height,
    })
}

impl<'s, K: ?Sized> Deref for SortedMap<'s, K> {
    type Target = Object<'s>;

    fn deref(&self) -> &Object<'s> {
        &self.object
    }
}

impl<K: ?Sized> fmt::Debug for SortedMap<'_, K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SortedMap").field("key", &self.key).finish_non_exhaustive()
    }
}

impl<'s> Transaction<'s> {
    /// Creates an empty sorted map with keys of a type: `[u8]`, `str` or `u64`.
    ///
    /// # Errors
    /// [`Exists`](ErrorKind::Exists), [`Invalid`](ErrorKind::Invalid) for a malformed name, and those of
    /// [`create`](Transaction::create).
    pub fn create_sorted_map<K: SortedKey + ?Sized>(&mut self, name: &str) -> Result<SortedMap<'s, K>> {
        // SAFETY: numbers, of which zero is one.
        let mut options: sys::deltos_sorted_map_options = unsafe { zeroed() };
        options.struct_size = size_of::<sys::deltos_sorted_map_options>() as u32;
        options.key = K::KIND.map_or(sys::DELTOS_KEY_BYTES, KeyKind::code);
        let mut raw = null_mut();
        with_c_str(name, |name| {
            // SAFETY: the handle is ours, the rest lives during the call.
            unsafe { call!(deltos_sorted_map_create(self.as_raw(), name, &options, &mut raw)) }
        })?;
        SortedMap::of(Object::adopt(made(raw)?, false, Some(self.made_in())))
    }
}
