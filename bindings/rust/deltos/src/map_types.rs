//! What keys and values of maps are, as types of Rust.

use std::marker::PhantomData;
use std::ops::Deref;

use deltos_sys as sys;

use crate::map_core::{Core, Found};
use crate::{Column, Error, ErrorKind, Field, PackedValue, RecordRow, RecordTable, Result, Schema, Tree, Value};

/// What the keys of a map are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyKind {
    /// Any bytes.
    Bytes,
    /// Text.
    Str,
    /// Numbers.
    U64,
    /// Values of any kind, equal as values are; hash maps only.
    Value,
}

/// What the values of a [`HashMap`](crate::HashMap) are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MapValueKind {
    /// Numbers.
    U64,
    /// Any bytes.
    Bytes,
    /// Text.
    Str,
    /// Values of any kind.
    Value,
    /// Records of one schema.
    Record,
}

const KEYS: [(KeyKind, i32); 4] = [
    (KeyKind::Bytes, sys::DELTOS_KEY_BYTES),
    (KeyKind::Str, sys::DELTOS_KEY_UTF8),
    (KeyKind::U64, sys::DELTOS_KEY_U64),
    (KeyKind::Value, sys::DELTOS_KEY_VALUE),
];

const VALUES: [(MapValueKind, i32); 5] = [
    (MapValueKind::U64, sys::DELTOS_MAP_VALUE_U64),
    (MapValueKind::Bytes, sys::DELTOS_MAP_VALUE_BYTES),
    (MapValueKind::Str, sys::DELTOS_MAP_VALUE_UTF8),
    (MapValueKind::Value, sys::DELTOS_MAP_VALUE_VALUE),
    (MapValueKind::Record, sys::DELTOS_MAP_VALUE_RECORD),
];

pub(crate) fn code_of<T: PartialEq>(all: &[(T, i32)], wanted: T) -> i32 {
    all.iter().find(|(known, _)| *known == wanted).map_or(-1, |(_, code)| *code)
}

/// What a number of the library stands for; a library that is newer may have more.
pub(crate) fn of_code<T: Copy>(all: &[(T, i32)], code: i32) -> Result<T> {
    let unknown = || Error::new(ErrorKind::Feature, "the map is of a kind that this version does not know");
    all.iter().find(|(_, known)| *known == code).map(|(found, _)| *found).ok_or_else(unknown)
}

impl KeyKind {
    pub(crate) fn code(self) -> i32 {
        code_of(&KEYS, self)
    }

    pub(crate) fn of(code: i32) -> Result<KeyKind> {
        of_code(&KEYS, code)
    }
}

impl MapValueKind {
    pub(crate) fn code(self) -> i32 {
        code_of(&VALUES, self)
    }

    pub(crate) fn of(code: i32) -> Result<MapValueKind> {
        of_code(&VALUES, code)
    }
}

/// What keys and values are, for a type that holds neither.
pub(crate) type Kinds<K, V> = PhantomData<(fn(&K), fn(&V))>;

mod sealed {
    pub trait Sealed {}
}
pub(crate) use sealed::Sealed;

impl Sealed for [u8] {}
impl Sealed for str {}
impl Sealed for u64 {}
impl Sealed for Tree {}
impl Sealed for Raw {}
impl Sealed for Row {}
impl<T: RecordRow> Sealed for T {}

/// Stands for keys or values of a kind that is known only when the program runs: they are read as the bytes that they are
/// stored as. A number is its 8 bytes, a value its packed bytes, a record the 8 bytes of its row's number.
#[derive(Clone, Copy, Debug)]
pub struct Raw;

/// Stands for values that are records of a schema that no struct of the program says: they are read as [`MapRow`].
#[derive(Clone, Copy, Debug)]
pub struct Row;

/// What a key or value of a map is read as.
pub trait MapItem<'m> {
    /// What comes, borrowed from the map.
    type Item;
}

impl<'m> MapItem<'m> for [u8] {
    type Item = &'m [u8];
}

impl<'m> MapItem<'m> for Raw {
    type Item = &'m [u8];
}

impl<'m> MapItem<'m> for str {
    type Item = &'m str;
}

impl<'m> MapItem<'m> for u64 {
    type Item = u64;
}

impl<'m> MapItem<'m> for Tree {
    type Item = Value<'m>;
}

impl<'m> MapItem<'m> for Row {
    type Item = MapRow<'m>;
}

impl<'m, T: RecordRow> MapItem<'m> for T {
    type Item = &'m T;
}

/// What keys can be: `[u8]`, `str`, `u64` and, in hash maps, [`Tree`]; and [`Raw`] for any of them.
pub trait MapKey: for<'m> MapItem<'m> + Sealed {
    /// `None`: any.
    #[doc(hidden)]
    const KIND: Option<KeyKind>;

    #[doc(hidden)]
    fn read(bytes: &[u8]) -> Result<<Self as MapItem<'_>>::Item>;
}

/// What values of a [`HashMap`](crate::HashMap) can be: `u64`, `[u8]`, `str`, [`Tree`], structs that are
/// [`RecordRow`], and records of any other schema as [`Row`]; and [`Raw`] for any of them.
pub trait MapValue: for<'m> MapItem<'m> + Sealed {
    /// `None`: any.
    #[doc(hidden)]
    const KIND: Option<MapValueKind>;

    /// That of the records, where the type says it.
    #[doc(hidden)]
    fn schema() -> Result<Option<Schema>> {
        Ok(None)
    }

    /// Fails unless the values of a map of that kind are so.
    #[doc(hidden)]
    fn check(_map: &Core<'_>) -> Result<()> {
        Ok(())
    }

    #[doc(hidden)]
    fn get<'m>(map: &'m Core<'m>, key: &[u8]) -> Result<Option<<Self as MapItem<'m>>::Item>>;

    #[doc(hidden)]
    fn get_many<'m>(map: &'m Core<'m>, keys: &Column<'_>) -> Result<Vec<Option<<Self as MapItem<'m>>::Item>>>;

    /// One of the values of an entry.
    #[doc(hidden)]
    fn read<'m>(map: &'m Core<'m>, found: Found<'m, '_>) -> Result<<Self as MapItem<'m>>::Item>;
}

/// Text from a file, which is checked where it is read.
pub(crate) fn text(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|error| Error::new(ErrorKind::Corrupt, format!("no text: {}", error)))
}

pub(crate) fn number(bytes: &[u8]) -> Result<u64> {
    let wrong = |_| Error::new(ErrorKind::Type, format!("{} bytes are no number of 8", bytes.len()));
    bytes.try_into().map(u64::from_ne_bytes).map_err(wrong)
}

impl MapKey for [u8] {
    const KIND: Option<KeyKind> = Some(KeyKind::Bytes);

    fn read(bytes: &[u8]) -> Result<&[u8]> {
        Ok(bytes)
    }
}

impl MapKey for Raw {
    const KIND: Option<KeyKind> = None;

    fn read(bytes: &[u8]) -> Result<&[u8]> {
        Ok(bytes)
    }
}

impl MapKey for str {
    const KIND: Option<KeyKind> = Some(KeyKind::Str);

    fn read(bytes: &[u8]) -> Result<&str> {
        text(bytes)
    }
}

impl MapKey for u64 {
    const KIND: Option<KeyKind> = Some(KeyKind::U64);

    fn read(bytes: &[u8]) -> Result<u64> {
        number(bytes)
    }
}

impl MapKey for Tree {
    const KIND: Option<KeyKind> = Some(KeyKind::Value);

    fn read(bytes: &[u8]) -> Result<Value<'_>> {
        Value::unpack(PackedValue::copy_of(bytes)) // a key lies at any address
    }
}

/// Values that are bytes of some kind.
macro_rules! bytes_as {
    ($type:ty, $kind:expr, $read:expr) => {
        impl MapValue for $type {
            const KIND: Option<MapValueKind> = $kind;

            fn get<'m>(map: &'m Core<'m>, key: &[u8]) -> Result<Option<<Self as MapItem<'m>>::Item>> {
                map.get(key)?.map($read).transpose()
            }

            fn get_many<'m>(map: &'m Core<'m>, keys: &Column<'_>) -> Result<Vec<Option<<Self as MapItem<'m>>::Item>>> {
                let read = |found: Option<&'m [u8]>| found.map($read).transpose();
                map.get_many(keys)?.into_iter().map(read).collect()
            }

            fn read<'m>(_map: &'m Core<'m>, found: Found<'m, '_>) -> Result<<Self as MapItem<'m>>::Item> {
                $read(found.bytes)
            }
        }
    };
}

bytes_as! { [u8], Some(MapValueKind::Bytes), Ok }
bytes_as! { Raw, None, Ok }
bytes_as! { str, Some(MapValueKind::Str), text }

/// Values that are numbers, or are found by one: how `$of` makes them of a map and a number.
macro_rules! numbers_by {
    ($of:path) => {
        fn get<'m>(map: &'m Core<'m>, key: &[u8]) -> Result<Option<<Self as MapItem<'m>>::Item>> {
            map.get_number(key)?.map(|number| $of(map, number)).transpose()
        }

        fn get_many<'m>(map: &'m Core<'m>, keys: &Column<'_>) -> Result<Vec<Option<<Self as MapItem<'m>>::Item>>> {
            let read = |number: Option<u64>| number.map(|number| $of(map, number)).transpose();
            map.get_many_numbers(keys)?.into_iter().map(read).collect()
        }

        fn read<'m>(map: &'m Core<'m>, found: Found<'m, '_>) -> Result<<Self as MapItem<'m>>::Item> {
            $of(map, number(found.bytes)?)
        }
    };
}

fn itself(_map: &Core<'_>, number: u64) -> Result<u64> {
    Ok(number)
}

impl MapValue for u64 {
    const KIND: Option<MapValueKind> = Some(MapValueKind::U64);

    numbers_by! { itself }
}

impl MapValue for Row {
    const KIND: Option<MapValueKind> = Some(MapValueKind::Record);

    numbers_by! { MapRow::of }
}

impl<T: RecordRow> MapValue for T {
    const KIND: Option<MapValueKind> = Some(MapValueKind::Record);

    fn schema() -> Result<Option<Schema>> {
        Schema::of::<T>().map(Some)
    }

    fn check(map: &Core<'_>) -> Result<()> {
        map.rows()?.table.rows::<T>()?.as_slice().map(drop)
    }

    numbers_by! { Core::row_as::<T> }
}

impl MapValue for Tree {
    const KIND: Option<MapValueKind> = Some(MapValueKind::Value);

    fn get<'m>(map: &'m Core<'m>, key: &[u8]) -> Result<Option<Value<'m>>> {
        map.find(key)?.map(|entry| map.value(&entry, 0)).transpose()
    }

    fn get_many<'m>(map: &'m Core<'m>, keys: &Column<'_>) -> Result<Vec<Option<Value<'m>>>> {
        let read = |entry: sys::deltos_map_entry| (entry.count > 0).then(|| map.value(&entry, 0)).transpose();
        map.find_many(keys)?.into_iter().map(read).collect()
    }

    fn read<'m>(map: &'m Core<'m>, found: Found<'m, '_>) -> Result<Value<'m>> {
        map.value(found.entry, found.index)
    }
}

/// A record that is a value of a [`HashMap`](crate::HashMap): a row of the table that lies in the map.
///
/// ```
/// use deltos::{Column, Field, HashMap, HashMapBuilder, HashMapOptions, Row, Scalar, Schema, SlotDef, SlotType};
///
/// let schema = Schema::new("tree", &[SlotDef::fixed::<f64>("height"), SlotDef::new("latin", SlotType::Str)])?;
/// let mut trees = HashMapBuilder::<str, Row>::new(HashMapOptions::new().schema(schema))?;
/// trees.add(&["oak", "elm"], &[Column::from(&[40.0, 30.5]), Column::texts(["Quercus", "Ulmus"])])?;
/// let trees: HashMap<str, Row> = HashMap::unpack(trees.pack()?)?;
/// let elm = trees.get("elm")?.unwrap();
/// assert_eq!((elm.number(), elm.get(1)?), (1, Field::Scalar(Scalar::Str("Ulmus"))));
/// assert_eq!(trees.records()?.column::<f64>(0)?.to_vec()?, [40.0, 30.5]); // of all
/// # Ok::<(), deltos::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct MapRow<'m> {
    table: &'m RecordTable<'m>,
    number: usize,
}

impl<'m> MapRow<'m> {
    fn of(map: &'m Core<'m>, number: u64) -> Result<MapRow<'m>> {
        let rows = map.rows()?;
        Ok(MapRow { table: &rows.table, number: rows.number(number)? })
    }

    /// The number of its row in the map's [`records`](crate::HashMap::records): the order in which they were added.
    pub fn number(&self) -> usize {
        self.number
    }

    /// One slot of it.
    ///
    /// # Errors
    /// As [`RecordTable::get`].
    pub fn get(&self, slot: usize) -> Result<Field<'m>> {
        self.table.get(self.number, slot)
    }

    /// The table that it is in.
    pub fn table(&self) -> &'m RecordTable<'m> {
        self.table
    }
}

/// The bytes of a key, borrowed where that can be: see [`MapQuery`].
#[derive(Debug)]
#[non_exhaustive]
pub enum KeyBytes<'k> {
    /// Those of bytes, of text, or of a packed value.
    Lent(&'k [u8]),
    /// Those of a number, as they lie in memory.
    Number([u8; 8]),
    /// Those of a value that had to be packed.
    Packed(PackedValue),
}

impl Deref for KeyBytes<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            KeyBytes::Lent(bytes) => bytes,
            KeyBytes::Number(bytes) => bytes,
            KeyBytes::Packed(value) => value,
        }
    }
}

/// What a key is looked for with: a `str` or `String` for text, `[u8]` in whatever form for bytes, a `u64`, and a [`Tree`],
/// [`PackedValue`] or [`Value`] for a value. A packed one is looked for as it is; others are packed first. Types of a
/// program's own can be more:
///
/// ```
/// use deltos::{HashMap, HashMapBuilder, HashMapOptions, KeyBytes, MapQuery};
///
/// struct Name(String);
///
/// impl MapQuery<str> for Name {
///     fn key(&self) -> deltos::Result<KeyBytes<'_>> {
///         Ok(KeyBytes::Lent(self.0.as_bytes()))
///     }
/// }
///
/// let mut heights = HashMapBuilder::<str, u64>::new(HashMapOptions::new())?;
/// heights.add(&["oak"], &[40])?;
/// let heights: HashMap<str, u64> = HashMap::unpack(heights.pack()?)?;
/// assert_eq!(heights.get(&Name("oak".to_owned()))?, Some(40));
/// # Ok::<(), deltos::Error>(())
/// ```
pub trait MapQuery<K: ?Sized> {
    /// The bytes to look for.
    ///
    /// # Errors
    /// Those of packing a value.
    fn key(&self) -> Result<KeyBytes<'_>>;
}

impl<K: ?Sized, Q: MapQuery<K> + ?Sized> MapQuery<K> for &Q {
    fn key(&self) -> Result<KeyBytes<'_>> {
        (**self).key()
    }
}

macro_rules! queries {
    ($([$($parameter:tt)*] $type:ty, $key:ty, |$query:ident| $bytes:expr;)*) => {
        $(
            impl<$($parameter)*> MapQuery<$key> for $type {
                fn key(&self) -> Result<KeyBytes<'_>> {
                    let $query = self;
                    Ok($bytes)
                }
            }
        )*
    };
}

queries! {
    [] str, str, |text| KeyBytes::Lent(text.as_bytes());
    [] String, str, |text| KeyBytes::Lent(text.as_bytes());
    [] [u8], [u8], |bytes| KeyBytes::Lent(bytes);
    [] Vec<u8>, [u8], |bytes| KeyBytes::Lent(bytes);
    [const N: usize] [u8; N], [u8], |bytes| KeyBytes::Lent(bytes);
    [] u64, u64, |number| KeyBytes::Number(number.to_ne_bytes());
    [] PackedValue, Tree, |value| KeyBytes::Lent(value);
    [] Tree, Tree, |value| KeyBytes::Packed(value.pack()?);
    [] Value<'_>, Tree, |value| {
        let mut builder = crate::ValueBuilder::new()?;
        builder.put_node(value.root())?;
        KeyBytes::Packed(builder.pack()?)
    };
    [] [u8], Raw, |bytes| KeyBytes::Lent(bytes);
    [] Vec<u8>, Raw, |bytes| KeyBytes::Lent(bytes);
    [const N: usize] [u8; N], Raw, |bytes| KeyBytes::Lent(bytes);
}

/// Many keys, many values, or many records: slices, arrays and vectors of what each of them can be, or a [`Column`] of
/// whatever the library takes for them. Records of a schema that no struct says are a slice of columns, one for each slot.
pub trait MapItems<T: ?Sized> {
    /// Lends them as columns: of records one for each slot.
    #[doc(hidden)]
    fn with_columns<R>(&self, run: impl FnOnce(&[Column<'_>]) -> Result<R>) -> Result<R>;

    /// About how many bytes they have beside those of this slice.
    #[doc(hidden)]
    fn weight(&self) -> usize {
        0
    }
}

fn one<R>(column: Column<'_>, run: impl FnOnce(&[Column<'_>]) -> Result<R>) -> Result<R> {
    run(&[column])
}

impl MapItems<u64> for [u64] {
    fn with_columns<R>(&self, run: impl FnOnce(&[Column<'_>]) -> Result<R>) -> Result<R> {
        one(Column::from(self), run)
    }
}

impl<B: AsRef<[u8]>> MapItems<[u8]> for [B] {
    fn with_columns<R>(&self, run: impl FnOnce(&[Column<'_>]) -> Result<R>) -> Result<R> {
        one(Column::bytes(self.iter().map(AsRef::as_ref)), run)
    }

    fn weight(&self) -> usize {
        self.iter().map(|item| item.as_ref().len()).sum()
    }
}

impl<S: AsRef<str>> MapItems<str> for [S] {
    fn with_columns<R>(&self, run: impl FnOnce(&[Column<'_>]) -> Result<R>) -> Result<R> {
        one(Column::texts(self.iter().map(AsRef::as_ref)), run)
    }

    fn weight(&self) -> usize {
        self.iter().map(|item| item.as_ref().len()).sum()
    }
}

impl<V: MapQuery<Tree>> MapItems<Tree> for [V] {
    fn with_columns<R>(&self, run: impl FnOnce(&[Column<'_>]) -> Result<R>) -> Result<R> {
        let packed: Vec<KeyBytes<'_>> = self.iter().map(MapQuery::key).collect::<Result<_>>()?;
        one(Column::bytes(packed.iter().map(|value| &**value)), run)
    }
}

impl<T: RecordRow> MapItems<T> for [T] {
    fn with_columns<R>(&self, run: impl FnOnce(&[Column<'_>]) -> Result<R>) -> Result<R> {
        run(&T::slots().iter().map(|slot| Column::field(self, slot)).collect::<Vec<_>>())
    }
}

impl MapItems<Row> for [Column<'_>] {
    fn with_columns<R>(&self, run: impl FnOnce(&[Column<'_>]) -> Result<R>) -> Result<R> {
        run(self)
    }
}

impl MapItems<Raw> for [Column<'_>] {
    fn with_columns<R>(&self, run: impl FnOnce(&[Column<'_>]) -> Result<R>) -> Result<R> {
        run(self)
    }
}

impl<T: ?Sized> MapItems<T> for Column<'_> {
    fn with_columns<R>(&self, run: impl FnOnce(&[Column<'_>]) -> Result<R>) -> Result<R> {
        run(std::slice::from_ref(self))
    }
}

macro_rules! like_slices {
    ($([$($parameter:tt)*] $list:ty;)*) => {
        $(
            impl<T: ?Sized, I, $($parameter)*> MapItems<T> for $list
            where
                [I]: MapItems<T>,
            {
                fn with_columns<R>(&self, run: impl FnOnce(&[Column<'_>]) -> Result<R>) -> Result<R> {
                    self[..].with_columns(run)
                }

                fn weight(&self) -> usize {
                    self[..].weight()
                }
            }
        )*
    };
}

like_slices! {
    [const N: usize] [I; N];
    [] Vec<I>;
}

/// Keys, or values that are no records, as a column.
pub(crate) fn one_column<T: ?Sized, R>(
    items: &(impl MapItems<T> + ?Sized),
    run: impl FnOnce(&Column<'_>) -> Result<R>,
) -> Result<R> {
    items.with_columns(|columns| match columns {
        [column] => run(column),
        _ => Err(Error::new(ErrorKind::Type, "keys are one column, and so are values that are no records")),
    })
}
