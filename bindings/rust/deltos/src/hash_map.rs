//! Hash maps: built once, looked up by key where they lie.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use deltos_sys as sys;

use crate::error::call;
use crate::map_core::{records_of, Core};
use crate::map_types::{code_of, of_code, one_column, Kinds};
use crate::packed::open_owned;
use crate::progress::Reporter;
use crate::{
    AnyView, KeyKind, MapEntries, MapEntry, MapItem, MapItems, MapKey, MapKeys, MapQuery, MapSorted, MapValue,
    MapValueKind, MapValues, Object, ProgressFn, Raw, RecordTable, Result, View, ViewRequest,
};

/// How many values a key has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MapShape {
    /// One.
    #[default]
    Simple,
    /// All that were added, in that order.
    Multi,
    /// All that were added, in that order, and of the keys only hashes of 64 bits are kept: one that is not there is found
    /// with a probability of about keys / 2^64.
    Approximate,
}

const SHAPES: [(MapShape, i32); 3] = [
    (MapShape::Simple, sys::DELTOS_MAP_SIMPLE),
    (MapShape::Multi, sys::DELTOS_MAP_MULTI),
    (MapShape::Approximate, sys::DELTOS_MAP_APPROXIMATE),
];

impl MapShape {
    pub(crate) fn code(self) -> i32 {
        code_of(&SHAPES, self)
    }

    pub(crate) fn of(code: i32) -> Result<MapShape> {
        of_code(&SHAPES, code)
    }
}

/// What a hash map is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HashMapInfo {
    /// What its keys are.
    pub key: KeyKind,
    /// What its values are.
    pub value: MapValueKind,
    /// How many values a key has.
    pub shape: MapShape,
    /// Keys that differ.
    pub keys: u64,
    /// Values, counted once for each key that has them.
    pub pairs: u64,
    /// Of what leads from a hash to an entry.
    pub index_bytes: u64,
    /// Of the whole map.
    pub image_bytes: u64,
}

/// A map that was built once, by a [`HashMapBuilder`](crate::HashMapBuilder), and is looked up where it lies, in a storage
/// or packed in any memory: opening it costs the same whatever its size, and nothing is copied. It is an [`Object`] of its
/// own kind.
///
/// `K` is what keys are: `str`, `[u8]`, `u64`, or [`Tree`](crate::Tree) for values. `V` is what values are: one of these, or
/// a struct with `#[derive(Record)]`, or [`Row`](crate::Row) for records of other schemas. What is looked up borrows the map:
///
/// | `V`             | [`get`](HashMap::get) gives            |
/// |-----------------|----------------------------------------|
/// | `u64`           | `u64`                                  |
/// | `str`, `[u8]`   | `&str`, `&[u8]`                        |
/// | `Tree`          | [`Value`](crate::Value)                |
/// | a struct        | `&T`: the row itself                   |
/// | `Row`           | [`MapRow`](crate::MapRow): slots by number |
/// | `Raw`           | `&[u8]`: whatever the values are       |
///
/// ```
/// use deltos::{Durability, HashMapOptions, Storage};
///
/// let storage = Storage::anonymous("example")?;
/// let mut heights = storage.begin_hash_map::<str, u64>(HashMapOptions::new())?;
/// heights.add(&["oak", "elm"], &[40, 30])?;
/// heights.extend([("ash", 35)])?;
/// heights.prepare()?; // the long part, without a transaction
/// storage.transact(Durability::Sync, |transaction| heights.finish(transaction, "heights").map(drop))?;
///
/// let heights = storage.hash_map::<str, u64>("heights")?;
/// assert_eq!((heights.get("elm")?, heights.get("fir")?), (Some(30), None));
/// assert_eq!(heights.get_many(&["ash", "fir"])?, [Some(35), None]);
/// let in_order = heights.iter_sorted()?.map(|entry| entry?.key()).collect::<deltos::Result<Vec<_>>>()?;
/// assert_eq!(in_order, ["ash", "elm", "oak"]);
/// # Ok::<(), deltos::Error>(())
/// ```
///
/// A map of a storage counts as a view of it, and what it lends borrows it:
///
/// ```compile_fail,E0505
/// # use deltos::Storage;
/// let storage = Storage::anonymous("example")?;
/// let names = storage.hash_map::<u64, str>("names")?;
/// storage.close()?; // the map lives
/// println!("{:?}", names.get(&1)?);
/// # Ok::<(), deltos::Error>(())
/// ```
///
/// ```compile_fail,E0597
/// # use deltos::Storage;
/// # let storage = Storage::anonymous("example")?;
/// let name = {
///     let names = storage.hash_map::<u64, str>("names")?;
///     names.get(&1)?
/// };
/// println!("{:?}", name); // the map does not live
/// # Ok::<(), deltos::Error>(())
/// ```
///
/// ```compile_fail,E0502
/// # use deltos::Storage;
/// # let storage = Storage::anonymous("example")?;
/// let mut names = storage.hash_map::<u64, str>("names")?;
/// let name = names.get(&1)?;
/// names.refresh()?; // what was lent would be gone
/// println!("{:?}", name);
/// # Ok::<(), deltos::Error>(())
/// ```
pub struct HashMap<'s, K: ?Sized = Raw, V: ?Sized = Raw> {
    core: Core<'s>,
    kinds: Kinds<K, V>,
}

impl<'s, K: MapKey + ?Sized, V: MapValue + ?Sized> HashMap<'s, K, V> {
    pub(crate) fn of(object: Object<'s>) -> Result<Self> {
        HashMap::checked(Core::of(object)?)
    }

    fn checked(core: Core<'s>) -> Result<Self> {
        core.check(K::KIND, V::KIND)?;
        V::check(&core)?;
        Ok(HashMap { core, kinds: PhantomData })
    }

    /// The same map with keys and values of other types: [`Raw`], or what they are.
    ///
    /// # Errors
    /// [`Type`](crate::ErrorKind::Type) when they are something else.
    ///
    /// ```
    /// # use deltos::{Durability, HashMapOptions, MapValueKind, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// # let mut heights = storage.begin_hash_map::<str, u64>(HashMapOptions::new())?;
    /// # heights.add(&["oak"], &[40])?;
    /// # storage.transact(Durability::Sync, |t| heights.finish(t, "heights").map(drop))?;
    /// let map = storage.hash_map_any("heights")?;
    /// assert_eq!(map.get(b"oak")?, Some(&40u64.to_ne_bytes()[..]));
    /// assert_eq!(map.info().value, MapValueKind::U64);
    /// assert_eq!(map.typed::<str, u64>()?.get("oak")?, Some(40));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn typed<L: MapKey + ?Sized, W: MapValue + ?Sized>(self) -> Result<HashMap<'s, L, W>> {
        HashMap::checked(self.core)
    }

    /// The first value of a key; `None` when the key is absent.
    ///
    /// # Errors
    /// [`Corrupt`](crate::ErrorKind::Corrupt) where the map is damaged; [`Type`](crate::ErrorKind::Type) for a raw key of
    /// another size than a number has; those of packing a value.
    pub fn get<Q: MapQuery<K> + ?Sized>(&self, key: &Q) -> Result<Option<<V as MapItem<'_>>::Item>> {
        V::get(&self.core, &key.key()?)
    }

    /// Tells whether a key is there.
    ///
    /// # Errors
    /// As [`get`](HashMap::get).
    pub fn contains_key<Q: MapQuery<K> + ?Sized>(&self, key: &Q) -> Result<bool> {
        Ok(self.core.find(&key.key()?)?.is_some())
    }

    /// Finds a key, with all there is to know of it.
    ///
    /// # Errors
    /// As [`get`](HashMap::get).
    ///
    /// ```
    /// # use deltos::{HashMap, HashMapBuilder, MapShape};
    /// let mut places = HashMapBuilder::<str, u64>::new(MapShape::Multi)?;
    /// places.add(&["Springfield", "Ulm", "Springfield"], &[1, 2, 3])?;
    /// let places: HashMap<str, u64> = HashMap::unpack(places.pack()?)?;
    /// let entry = places.find("Springfield")?.unwrap();
    /// assert_eq!((entry.key()?, entry.len(), entry.value()?), ("Springfield", 2, 1));
    /// assert_eq!(entry.numbers()?, [1, 3]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn find<Q: MapQuery<K> + ?Sized>(&self, key: &Q) -> Result<Option<MapEntry<'_, K, V>>> {
        Ok(self.core.find(&key.key()?)?.map(|raw| MapEntry::of(&self.core, raw)))
    }

    /// All values of a key, in the order in which they were added; none when the key is absent.
    ///
    /// # Errors
    /// As [`get`](HashMap::get); each step may fail too.
    ///
    /// ```
    /// # use deltos::{HashMap, HashMapBuilder, MapShape};
    /// let mut states = HashMapBuilder::<str, str>::new(MapShape::Multi)?;
    /// states.extend([("Springfield", "Illinois"), ("Ulm", "Montana"), ("Springfield", "Ohio")])?;
    /// let states: HashMap<str, str> = HashMap::unpack(states.pack()?)?;
    /// assert_eq!(states.get_all("Springfield")?.collect::<Result<Vec<_>, _>>()?, ["Illinois", "Ohio"]);
    /// assert_eq!(states.get_all("Berlin")?.count(), 0);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn get_all<Q: MapQuery<K> + ?Sized>(&self, key: &Q) -> Result<MapValues<'_, V>> {
        let found = self.core.find(&key.key()?)?;
        Ok(found.map_or_else(|| MapValues::none(&self.core), |raw| MapValues::of(&self.core, raw)))
    }

    /// The first values of many keys, which are looked for several at a time: several times faster than one by one once
    /// the map is larger than the processor's caches.
    ///
    /// # Errors
    /// As [`get`](HashMap::get); the message names the key.
    pub fn get_many(&self, keys: &(impl MapItems<K> + ?Sized)) -> Result<Vec<Option<<V as MapItem<'_>>::Item>>> {
        one_column(keys, |keys| V::get_many(&self.core, keys))
    }

    /// Tells of many keys whether they are there.
    ///
    /// # Errors
    /// As [`get_many`](HashMap::get_many).
    ///
    /// ```
    /// # use deltos::{HashMap, HashMapBuilder, HashMapOptions};
    /// let mut names = HashMapBuilder::<u64, str>::new(HashMapOptions::new())?;
    /// names.add(&[1, 2], &["one", "two"])?;
    /// let names: HashMap<u64, str> = HashMap::unpack(names.pack()?)?;
    /// assert_eq!(names.contains_many(&[2, 3])?, [true, false]);
    /// assert_eq!(names.count_many(&[1, 2, 3])?, 2);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn contains_many(&self, keys: &(impl MapItems<K> + ?Sized)) -> Result<Vec<bool>> {
        one_column(keys, |keys| self.core.contains_many(keys))
    }

    /// Tells how many of some keys are there.
    ///
    /// # Errors
    /// As [`get_many`](HashMap::get_many).
    pub fn count_many(&self, keys: &(impl MapItems<K> + ?Sized)) -> Result<u64> {
        one_column(keys, |keys| self.core.count_many(keys))
    }

    /// Finds many keys, with all there is to know of each.
    ///
    /// # Errors
    /// As [`get_many`](HashMap::get_many).
    pub fn find_many(&self, keys: &(impl MapItems<K> + ?Sized)) -> Result<Vec<Option<MapEntry<'_, K, V>>>> {
        let entry = |raw: sys::deltos_map_entry| (raw.count > 0).then(|| MapEntry::of(&self.core, raw));
        one_column(keys, |keys| Ok(self.core.find_many(keys)?.into_iter().map(entry).collect()))
    }

    /// All keys with their values, in the order in which they lie, which is that of hashes.
    ///
    /// ```
    /// # use deltos::{HashMap, HashMapBuilder, HashMapOptions};
    /// let mut names = HashMapBuilder::<u64, str>::new(HashMapOptions::new())?;
    /// names.add(&[1, 2], &["one", "two"])?;
    /// let names: HashMap<u64, str> = HashMap::unpack(names.pack()?)?;
    /// for entry in names.iter() {
    ///     let entry = entry?;
    ///     println!("{} {}", entry.key()?, entry.value()?);
    /// }
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn iter(&self) -> MapEntries<'_, K, V> {
        MapEntries::of(&self.core)
    }

    /// All keys with their values, in the order of the keys: bytes and text by their bytes, numbers and hashes as numbers.
    ///
    /// # Errors
    /// [`Type`](crate::ErrorKind::Type) when keys are values, which have no order, [`NoMemory`](crate::ErrorKind::NoMemory):
    /// sorting takes 24 bytes a key.
    pub fn iter_sorted(&self) -> Result<MapSorted<'_, K, V>> {
        Ok(MapSorted::of(&self.core, self.core.order()?))
    }

    /// All keys, in the order of [`iter`](HashMap::iter).
    pub fn keys(&self) -> MapKeys<'_, K, V> {
        MapKeys::of(self.iter())
    }

    /// All values of all keys, in the order of [`iter`](HashMap::iter).
    ///
    /// ```
    /// # use deltos::{HashMap, HashMapBuilder, MapShape};
    /// let mut places = HashMapBuilder::<str, u64>::new(MapShape::Multi)?;
    /// places.add(&["Springfield", "Ulm", "Springfield"], &[1, 2, 3])?;
    /// let places: HashMap<str, u64> = HashMap::unpack(places.pack()?)?;
    /// assert_eq!(places.values().sum::<Result<u64, _>>()?, 6);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn values(&self) -> impl Iterator<Item = Result<<V as MapItem<'_>>::Item>> + '_ {
        self.iter().into_values()
    }

    /// Looks again in the newest commit, as [`Object::refresh`] does: the way from a map that has been replaced to the one
    /// that replaced it.
    ///
    /// # Errors
    /// Those of [`Object::refresh`]; [`Kind`](crate::ErrorKind::Kind) and [`Type`](crate::ErrorKind::Type) when something
    /// else has its name now, or a map of other keys and values, after which this one cannot be read.
    ///
    /// ```
    /// # use deltos::{Durability, HashMapOptions, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// let build = |height| {
    ///     let mut heights = storage.begin_hash_map::<str, u64>(HashMapOptions::new())?;
    ///     heights.add(&["oak"], &[height])?;
    ///     storage.transact(Durability::Sync, |transaction| heights.finish_over(transaction, "heights").map(drop))
    /// };
    /// build(40)?;
    /// let mut heights = storage.hash_map::<str, u64>("heights")?;
    /// build(41)?;
    /// assert_eq!(heights.get("oak")?, Some(40)); // until it looks again
    /// assert!(heights.refresh()?);
    /// assert_eq!(heights.get("oak")?, Some(41));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn refresh(&mut self) -> Result<bool> {
        let changed = self.core.object.refresh()?;
        self.core.reload()?;
        self.core.check(K::KIND, V::KIND)?;
        V::check(&self.core)?;
        Ok(changed)
    }
}

/// Values as numbers: where they are that, and where they are records, whose numbers are those of their rows.
impl<K: MapKey + ?Sized, V: ?Sized> HashMap<'_, K, V> {
    /// The first value of a key, or its row in [`records`](HashMap::records).
    ///
    /// # Errors
    /// [`Type`](crate::ErrorKind::Type) when values are something else; those of [`get`](HashMap::get).
    pub fn get_number<Q: MapQuery<K> + ?Sized>(&self, key: &Q) -> Result<Option<u64>> {
        self.core.get_number(&key.key()?)
    }

    /// The first values of many keys, or their rows, with which to read columns of [`records`](HashMap::records).
    ///
    /// # Errors
    /// [`Type`](crate::ErrorKind::Type) when values are something else; those of [`get_many`](HashMap::get_many).
    pub fn get_many_numbers(&self, keys: &(impl MapItems<K> + ?Sized)) -> Result<Vec<Option<u64>>> {
        one_column(keys, |keys| self.core.get_many_numbers(keys))
    }

    /// The same into memory that is there, with a number for keys that are absent; tells how many are there.
    ///
    /// # Errors
    /// [`TooSmall`](crate::ErrorKind::TooSmall) unless there is room for as many as there are keys; those of
    /// [`get_many_numbers`](HashMap::get_many_numbers).
    ///
    /// ```
    /// # use deltos::{HashMap, HashMapBuilder, HashMapOptions};
    /// let mut ids = HashMapBuilder::<u64, u64>::new(HashMapOptions::new())?;
    /// ids.add(&[10, 20], &[1, 2])?;
    /// let ids: HashMap<u64, u64> = HashMap::unpack(ids.pack()?)?;
    /// let mut found = [0; 3];
    /// assert_eq!(ids.get_many_into(&[20, 30, 10], u64::MAX, &mut found)?, 2);
    /// assert_eq!(found, [2, u64::MAX, 1]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn get_many_into(&self, keys: &(impl MapItems<K> + ?Sized), absent: u64, numbers: &mut [u64]) -> Result<u64> {
        one_column(keys, |keys| self.core.numbers_of(keys, absent, numbers, None))
    }
}

impl<'s, K: ?Sized, V: ?Sized> HashMap<'s, K, V> {
    /// What the map is.
    pub fn info(&self) -> &HashMapInfo {
        &self.core.info
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.core.info.keys as usize
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.core.info.keys == 0
    }

    /// The keys of all pairs, where they lie: 16 bytes apart, in the order of hashes. Of an approximate map, the hashes.
    ///
    /// # Errors
    /// [`Layout`](crate::ErrorKind::Layout) when keys are not numbers.
    ///
    /// ```
    /// # use deltos::{HashMap, HashMapBuilder, HashMapOptions};
    /// let mut ids = HashMapBuilder::<u64, u64>::new(HashMapOptions::new())?;
    /// ids.add(&[10, 20], &[1, 2])?;
    /// let ids: HashMap<u64, u64> = HashMap::unpack(ids.pack()?)?;
    /// let (keys, values) = (ids.key_column()?, ids.value_column()?);
    /// for at in 0..keys.len() {
    ///     assert_eq!(keys.get(at).unwrap(), 10 * values.get(at).unwrap());
    /// }
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn key_column(&self) -> Result<View<'s, u64>> {
        self.any_key_column(ViewRequest::FULL_RO)?.typed()
    }

    /// The values of all pairs, in the order of [`key_column`](HashMap::key_column); of records the numbers of rows.
    ///
    /// # Errors
    /// [`Layout`](crate::ErrorKind::Layout) when keys are not numbers or hashes, or values neither numbers nor records.
    pub fn value_column(&self) -> Result<View<'s, u64>> {
        self.any_value_column(ViewRequest::FULL_RO)?.typed()
    }

    /// The same as [`key_column`](HashMap::key_column) under any request.
    ///
    /// # Errors
    /// [`Layout`](crate::ErrorKind::Layout) also when the request does not allow strides,
    /// [`ReadOnly`](crate::ErrorKind::ReadOnly) when it asks for memory to write.
    pub fn any_key_column(&self, request: ViewRequest) -> Result<AnyView<'s>> {
        self.core.column(sys::DELTOS_MAP_COLUMN_KEYS, request)
    }

    /// The same as [`value_column`](HashMap::value_column) under any request.
    ///
    /// # Errors
    /// As [`any_key_column`](HashMap::any_key_column).
    pub fn any_value_column(&self, request: ViewRequest) -> Result<AnyView<'s>> {
        self.core.column(sys::DELTOS_MAP_COLUMN_VALUES, request)
    }

    /// The records that are the values, as a table: in the order in which they were added, with those that a duplicate
    /// policy has dropped.
    ///
    /// # Errors
    /// [`Type`](crate::ErrorKind::Type) when values are no records.
    pub fn records(&self) -> Result<RecordTable<'s>> {
        records_of(&self.core.object)
    }

    /// Checks what opening leaves to each use: every entry, that each key is where it is looked for, text, whole values and
    /// records. For a map from a stranger.
    ///
    /// # Errors
    /// [`Corrupt`](crate::ErrorKind::Corrupt) and its like; the message says where.
    pub fn verify(&self) -> Result<()> {
        self.check(None)
    }

    /// The same, told of progress, in bytes, and free to cancel.
    ///
    /// # Errors
    /// [`Cancelled`](crate::ErrorKind::Cancelled), and those of [`verify`](HashMap::verify).
    pub fn verify_with(&self, progress: &mut ProgressFn<'_>) -> Result<()> {
        self.check(Some(progress))
    }

    fn check(&self, progress: Option<&mut ProgressFn<'_>>) -> Result<()> {
        Reporter::during(progress, |function, user| {
            // SAFETY: the handle lives, and what reports during the call.
            unsafe { call!(deltos_hash_map_verify(self.core.object.as_raw(), function, user)) }
        })
    }

    /// Makes the map independent of the storage's lifetime. Its memory stays what it is until it is dropped;
    /// [`Storage::close`](crate::Storage::close) refuses meanwhile.
    ///
    /// # Errors
    /// [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn into_owned(self) -> Result<HashMap<'static, K, V>> {
        Ok(HashMap { core: Core::of(self.core.object.into_unbound())?, kinds: PhantomData })
    }
}

impl<K: MapKey + ?Sized, V: MapValue + ?Sized> HashMap<'static, K, V> {
    /// Reads a packed map in memory that it keeps, and without a storage: a [`PackedMap`](crate::PackedMap), a vector, an `Arc<[u8]>`, a
    /// mapping. Where the bytes are not aligned to 64, they are copied to where they are.
    ///
    /// What is not checked when it is opened is checked where it is read, so that bytes may come from a stranger;
    /// [`verify`](HashMap::verify) checks all of it.
    ///
    /// # Errors
    /// [`NotDeltos`](crate::ErrorKind::NotDeltos), [`Corrupt`](crate::ErrorKind::Corrupt),
    /// [`Feature`](crate::ErrorKind::Feature); [`Type`](crate::ErrorKind::Type) when keys or values are others.
    ///
    /// ```
    /// use deltos::{ErrorKind, HashMap, HashMapBuilder, HashMapOptions};
    /// let mut heights = HashMapBuilder::<str, u64>::new(HashMapOptions::new())?;
    /// heights.add(&["oak"], &[40])?;
    /// let sent: Vec<u8> = heights.pack()?.to_vec();
    /// let heights: HashMap<str, u64> = HashMap::unpack(sent)?;
    /// assert_eq!(heights.get("oak")?, Some(40));
    /// let refused = HashMap::<str, u64>::unpack(b"something else").unwrap_err();
    /// assert_eq!(refused.kind(), ErrorKind::NotDeltos);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn unpack<O>(packed: O) -> Result<HashMap<'static, K, V>>
    where
        O: AsRef<[u8]> + Send + Sync + 'static,
    {
        // SAFETY: the function checks what it opens.
        HashMap::of(unsafe { open_owned(sys::deltos_hash_map_open_memory, 64, packed) }?)
    }
}

impl<'s, K: ?Sized, V: ?Sized> Deref for HashMap<'s, K, V> {
    type Target = Object<'s>;

    fn deref(&self) -> &Object<'s> {
        &self.core.object
    }
}

impl<'m, K: MapKey + ?Sized, V: MapValue + ?Sized> IntoIterator for &'m HashMap<'_, K, V> {
    type Item = Result<MapEntry<'m, K, V>>;
    type IntoIter = MapEntries<'m, K, V>;

    fn into_iter(self) -> MapEntries<'m, K, V> {
        self.iter()
    }
}

impl<K: ?Sized, V: ?Sized> fmt::Debug for HashMap<'_, K, V> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("HashMap").field("info", &self.core.info).finish_non_exhaustive()
    }
}
