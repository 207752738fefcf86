//! Building hash maps.

use std::fmt;
use std::marker::PhantomData;
use std::ptr::{null_mut, NonNull};

use deltos_sys as sys;

use crate::error::{call, released};
use crate::map_types::Kinds;
use crate::packed::PackedMap;
use crate::progress::KeptReporter;
use crate::record_builder::RawRows;
use crate::storage::made;
use crate::text::with_c_str;
use crate::{
    Column, Error, ErrorKind, HashMap, HashMapOptions, KeyKind, MapItems, MapKey, MapValue, MapValueKind, Object, Raw,
    Result, Storage, Transaction,
};

/// How many pairs [`HashMapBuilder::extend`] collects before it adds them, and about how many bytes.
const BATCH: usize = 4096;
const BATCH_BYTES: usize = 1 << 20;

/// A hash map under way: pairs are added, any number at a time, and what does not fit into memory waits in temporary files
/// without a name. Nothing of it needs a transaction but the copying of what is ready; see [`HashMap`] for what `K` and `V`
/// can be. Dropping drops what is not finished.
///
/// ```
/// use deltos::{Durability, MapShape, Storage};
///
/// let storage = Storage::anonymous("example")?;
/// let mut places = storage.begin_hash_map::<str, u64>(MapShape::Multi)?;
/// places.extend([("Springfield".to_owned(), 1), ("Ulm".to_owned(), 2)])?;
/// places.add(&["Springfield"], &[3])?;
/// places.prepare()?;
/// let mut transaction = storage.begin()?;
/// let places = places.finish(&mut transaction, "places")?;
/// transaction.commit(Durability::Sync)?;
/// assert_eq!(places.find("Springfield")?.unwrap().numbers()?, [1, 3]);
/// # Ok::<(), deltos::Error>(())
/// ```
///
/// Values that are structs:
///
/// ```
/// # #[cfg(feature = "derive")] {
/// use deltos::{HashMap, HashMapBuilder, HashMapOptions, Record};
///
/// #[derive(Clone, Copy, Debug, PartialEq, Record)]
/// #[repr(C)]
/// struct Place {
///     id: u32,
///     population: u32,
/// }
///
/// let ulm = Place { id: 1, population: 126_405 };
/// let mut places = HashMapBuilder::<str, Place>::new(HashMapOptions::new())?;
/// places.add(&["Ulm"], &[ulm])?;
/// let places: HashMap<str, Place> = HashMap::unpack(places.pack()?)?;
/// let found: &Place = places.get("Ulm")?.unwrap(); // the row itself
/// assert_eq!(*found, ulm);
/// # }
/// # Ok::<(), deltos::Error>(())
/// ```
pub struct HashMapBuilder<'p, K: ?Sized = Raw, V: ?Sized = Raw> {
    building: Building<'p>,
    value: MapValueKind,
    kinds: Kinds<K, V>,
}

struct Building<'p> {
    raw: NonNull<sys::deltos_builder>,
    told: KeptReporter<'p>,
}

released! { deltos_builder_release, Building<'_> }

impl<'p, K: MapKey + ?Sized, V: MapValue + ?Sized> HashMapBuilder<'p, K, V> {
    /// Begins a hash map without a storage beside which temporary files could be made.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) for options that do not go together: the policy for duplicates without the simple
    /// shape, deduplication of numbers, an approximate map of numbers, a schema that is missing or not wanted, or has
    /// writable slots. Kinds that are [`Raw`] have to be said: see [`of_kinds`](HashMapBuilder::of_kinds).
    pub fn new(options: impl Into<HashMapOptions<'p>>) -> Result<Self> {
        HashMapBuilder::begin(None, options.into())
    }

    fn begin(storage: Option<&Storage>, options: HashMapOptions<'p>) -> Result<Self> {
        match (K::KIND, V::KIND) {
            (Some(key), Some(value)) => HashMapBuilder::begin_as(storage, key, value, options),
            _ => Err(Error::new(ErrorKind::Invalid, "what the keys and values are has to be said; use of_kinds")),
        }
    }

    fn begin_as(
        storage: Option<&Storage>,
        key: KeyKind,
        value: MapValueKind,
        options: HashMapOptions<'p>,
    ) -> Result<Self> {
        let storage = storage.map_or(null_mut(), Storage::as_raw);
        let (schema, mut raw) = (V::schema()?, null_mut());
        let (begun, mut told) = options.lend(key, value, schema.as_ref(), |options| {
            // SAFETY: the storage is null or lives, and the options during the call.
            unsafe { call!(deltos_hash_map_begin(storage, options, &mut raw)) }
        });
        told.resume();
        begun?;
        Ok(HashMapBuilder { building: Building { raw: made(raw)?, told }, value, kinds: PhantomData })
    }

    /// The handle of the C interface, borrowed, for a call that this crate does not offer in the way that is needed.
    pub fn as_raw(&self) -> *mut sys::deltos_builder {
        self.building.raw.as_ptr()
    }

    /// Adds pairs: keys and as many values. Everything is checked before anything is kept.
    ///
    /// # Errors
    /// [`Type`](ErrorKind::Type) when there are not as many values as keys, or for columns of other things;
    /// [`Invalid`](ErrorKind::Invalid) once the map is prepared; [`NoSpace`](ErrorKind::NoSpace) and
    /// [`Io`](ErrorKind::Io) for temporary files, after which the builder can only be dropped. The message names the pair.
    /// None of these pairs is added then.
    ///
    /// ```
    /// # use deltos::{Column, HashMap, HashMapBuilder, HashMapOptions};
    /// let mut names = HashMapBuilder::<u64, str>::new(HashMapOptions::new())?;
    /// names.add(&[1, 2], &["one", "two"])?;
    /// names.add(&[3, 4], &Column::offsets(b"threefour", &[0, 5, 9])?)?; // one behind the other
    /// assert!(names.add(&[5, 6], &["five"]).is_err());
    /// let names: HashMap<u64, str> = HashMap::unpack(names.pack()?)?;
    /// assert_eq!(names.get_many(&[4, 5])?, [Some("four"), None]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn add(
        &mut self,
        keys: &(impl MapItems<K> + ?Sized),
        values: &(impl MapItems<V> + ?Sized),
    ) -> Result<&mut Self> {
        let added = keys.with_columns(|keys| values.with_columns(|values| self.add_columns(keys, values)));
        self.building.told.resume();
        added.map(|()| self)
    }

    fn add_columns(&self, keys: &[Column<'_>], values: &[Column<'_>]) -> Result<()> {
        let (builder, is_record) = (self.as_raw(), self.value == MapValueKind::Record);
        match (keys, values) {
            ([keys], values) if is_record => {
                let (raw_keys, rows) = (keys.as_raw(), RawRows::of(values, keys.len())?);
                let (columns, presence) = (rows.columns.as_ptr(), rows.presence.as_ptr());
                let slots = rows.columns.len() as u64;
                // SAFETY: the handle is ours; columns hold as many items as they say, and presence is told for each key.
                unsafe { call!(deltos_hash_map_add_records(builder, &raw_keys, columns, presence, slots)) }
            }
            ([keys], [values]) => {
                // SAFETY: the handle is ours; columns hold as many items as they say.
                unsafe { call!(deltos_hash_map_add(builder, &keys.as_raw(), &values.as_raw())) }
            }
            _ => Err(Error::new(ErrorKind::Type, "keys are one column, and so are values that are no records")),
        }
    }

    /// Adds pairs that come one by one, thousands of them at a time. When it fails, some of those that came before the one
    /// that is refused are in the builder.
    ///
    /// # Errors
    /// As [`add`](HashMapBuilder::add).
    ///
    /// ```
    /// # use deltos::{HashMap, HashMapBuilder, HashMapOptions};
    /// let mut squares = HashMapBuilder::<u64, u64>::new(HashMapOptions::new())?;
    /// squares.extend((0..10_000).map(|n| (n, n * n)))?;
    /// let squares: HashMap<u64, u64> = HashMap::unpack(squares.pack()?)?;
    /// assert_eq!(squares.get(&9_999)?, Some(99_980_001));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn extend<A, B>(&mut self, pairs: impl IntoIterator<Item = (A, B)>) -> Result<&mut Self>
    where
        [A]: MapItems<K>,
        [B]: MapItems<V>,
    {
        in_batches(pairs, |keys, values| self.add(keys, values).map(drop))?;
        Ok(self)
    }

    /// Adds all pairs of another map, which is how maps are merged: of the same key in several maps the policy for
    /// duplicates, or the shape, says what becomes of it, in the order in which the maps were added.
    ///
    /// # Errors
    /// [`Type`](ErrorKind::Type) when keys, values or schema are others, or the map is approximate;
    /// [`Corrupt`](ErrorKind::Corrupt) where it is damaged; those of [`add`](HashMapBuilder::add). The builder can only be
    /// dropped then.
    ///
    /// ```
    /// # use deltos::{Duplicates, HashMap, HashMapBuilder, HashMapOptions};
    /// let build = |pairs: [(&str, u64); 2]| -> deltos::Result<HashMap<str, u64>> {
    ///     HashMap::unpack(HashMapBuilder::<str, u64>::new(HashMapOptions::new())?.extend(pairs)?.pack()?)
    /// };
    /// let (old, new) = (build([("oak", 40), ("elm", 30)])?, build([("oak", 41), ("ash", 35)])?);
    /// let mut both = HashMapBuilder::<str, u64>::new(HashMapOptions::new().duplicates(Duplicates::Last))?;
    /// let both: HashMap<str, u64> = HashMap::unpack(both.add_map(&old)?.add_map(&new)?.pack()?)?;
    /// assert_eq!(both.get_many(&["oak", "elm", "ash"])?, [Some(41), Some(30), Some(35)]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn add_map<L: ?Sized, W: ?Sized>(&mut self, map: &HashMap<'_, L, W>) -> Result<&mut Self> {
        let object: &Object<'_> = map;
        // SAFETY: both handles live.
        let added = unsafe { call!(deltos_hash_map_add_map(self.as_raw(), object.as_raw())) };
        self.building.told.resume();
        added.map(|()| self)
    }

    /// Sorts what was added: the long part of building, which needs no transaction. Nothing can be added afterwards. When
    /// it is not called, storing and packing do it.
    ///
    /// # Errors
    /// [`Duplicate`](ErrorKind::Duplicate), [`Cancelled`](ErrorKind::Cancelled), after which it can be called again;
    /// [`NoSpace`](ErrorKind::NoSpace) and [`Io`](ErrorKind::Io) for temporary files, [`Limit`](ErrorKind::Limit).
    pub fn prepare(&mut self) -> Result<&mut Self> {
        // SAFETY: the handle is ours.
        let prepared = unsafe { call!(deltos_hash_map_prepare(self.as_raw())) };
        self.building.told.resume();
        prepared.map(|()| self)
    }

    /// Stores the map, sealed. It can be stored again: in another storage, under another name.
    ///
    /// # Errors
    /// [`Exists`](ErrorKind::Exists), and those of [`prepare`](HashMapBuilder::prepare) and [`Transaction::create`]. The
    /// transaction is as it was before.
    pub fn finish<'s>(&mut self, transaction: &mut Transaction<'s>, name: &str) -> Result<HashMap<'s, K, V>> {
        self.store(transaction, name, 0)
    }

    /// The same; a hash map of that name is replaced: who has it open keeps it until it looks again with
    /// [`HashMap::refresh`].
    ///
    /// # Errors
    /// [`Kind`](ErrorKind::Kind) when something else has the name, and those of [`finish`](HashMapBuilder::finish).
    pub fn finish_over<'s>(&mut self, transaction: &mut Transaction<'s>, name: &str) -> Result<HashMap<'s, K, V>> {
        self.store(transaction, name, sys::DELTOS_HASH_MAP_REPLACE as u32)
    }

    fn store<'s>(&mut self, transaction: &mut Transaction<'s>, name: &str, flags: u32) -> Result<HashMap<'s, K, V>> {
        let (builder, mut raw) = (self.as_raw(), null_mut());
        let stored = with_c_str(name, |name| {
            // SAFETY: both handles live, and nobody else uses the transaction's, since it is borrowed mutably.
            unsafe { call!(deltos_hash_map_finish(builder, transaction.as_raw(), name, flags, &mut raw)) }
        });
        self.building.told.resume();
        stored?;
        HashMap::of(Object::adopt(made(raw)?, false, Some(transaction.made_in())))
    }

    /// Gives the map's bytes, which [`HashMap::unpack`] reads. It can be packed again.
    ///
    /// # Errors
    /// As [`prepare`](HashMapBuilder::prepare).
    pub fn pack(&mut self) -> Result<PackedMap> {
        let builder = self.as_raw();
        // SAFETY: the handle is ours, and there is so much room.
        let packed = PackedMap::written(|data, size| unsafe { call!(deltos_hash_map_pack(builder, data, size)) });
        self.building.told.resume();
        packed
    }
}

impl<'p> HashMapBuilder<'p> {
    /// Begins a hash map of kinds that are known only when the program runs: pairs come as [`Column`]s. Of records the
    /// options say the schema, and there is a column for each slot.
    ///
    /// # Errors
    /// As [`new`](HashMapBuilder::new).
    ///
    /// ```
    /// # use deltos::{Column, HashMap, HashMapBuilder, HashMapOptions, KeyKind, MapValueKind};
    /// let options = HashMapOptions::new();
    /// let mut heights = HashMapBuilder::of_kinds(None, KeyKind::Str, MapValueKind::U64, options)?;
    /// heights.add(&Column::texts(["oak", "elm"]), &Column::from(&[40u64, 30]))?;
    /// let heights: HashMap<str, u64> = HashMap::unpack(heights.pack()?)?;
    /// assert_eq!(heights.get("oak")?, Some(40));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn of_kinds(
        storage: Option<&Storage>,
        key: KeyKind,
        value: MapValueKind,
        options: impl Into<HashMapOptions<'p>>,
    ) -> Result<Self> {
        HashMapBuilder::begin_as(storage, key, value, options.into())
    }
}

/// Collects pairs and gives them on, some thousands at a time.
pub(crate) fn in_batches<A, B, K: ?Sized, V: ?Sized>(
    pairs: impl IntoIterator<Item = (A, B)>,
    mut take: impl FnMut(&[A], &[B]) -> Result<()>,
) -> Result<()>
where
    [A]: MapItems<K>,
    [B]: MapItems<V>,
{
    let (mut keys, mut values, mut bytes) = (Vec::new(), Vec::new(), 0);
    for (key, value) in pairs {
        bytes += std::slice::from_ref(&key).weight() + std::slice::from_ref(&value).weight();
        keys.push(key);
        values.push(value);
        if keys.len() == BATCH || bytes >= BATCH_BYTES {
            take(&keys, &values)?;
            keys.clear();
            values.clear();
            bytes = 0;
        }
    }
    if keys.is_empty() {
        return Ok(());
    }
    take(&keys, &values)
}

impl<K: ?Sized, V: ?Sized> fmt::Debug for HashMapBuilder<'_, K, V> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("HashMapBuilder").field("handle", &self.building.raw).finish_non_exhaustive()
    }
}

impl Storage {
    /// Begins a hash map, with temporary files beside the storage. What is ready is stored with
    /// [`HashMapBuilder::finish`], here or elsewhere; the storage may be closed before.
    ///
    /// # Errors
    /// As [`HashMapBuilder::new`].
    pub fn begin_hash_map<'p, K: MapKey + ?Sized, V: MapValue + ?Sized>(
        &self,
        options: impl Into<HashMapOptions<'p>>,
    ) -> Result<HashMapBuilder<'p, K, V>> {
        HashMapBuilder::begin(Some(self), options.into())
    }
}
