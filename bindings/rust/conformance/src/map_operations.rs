//! The operations of the corpus on hash maps.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ptr::null_mut;
use std::rc::Rc;
use std::sync::Arc;

use deltos::{
    sys, AnyView, Duplicates, Error, HashMap, HashMapBuilder, HashMapOptions, KeyKind, MapEntry, MapShape,
    MapValueKind, Raw, RecordTable, Schema, Slot, Storage, Transaction, Value, ViewRequest,
};
use serde_json::Value as Json;

use crate::fields::{Answers, Step};
use crate::inputs::{view_request, Watch};
use crate::maps::{
    encode, ensure, expect_encoded, form_of_key, form_of_value, key_field, key_word, keys_of, of_word, pairs_of,
    value_field, value_word, word_of, Form, Given,
};
use crate::operations::{done, put};
use crate::record_operations::{damaged, field};
use crate::records::{expect_level, make_schema, raw_call, Columns};
use crate::trees::{expect, word};
use crate::values::Shifted;
use crate::world::{loose, Thing, Trouble, World};

type Outcome<T = Answers> = Result<T, Trouble>;
type Map = HashMap<'static, Raw, Raw>;
type Entry<'m> = MapEntry<'m, Raw, Raw>;

const SHAPES: [(&str, MapShape); 3] =
    [("simple", MapShape::Simple), ("multi", MapShape::Multi), ("approximate", MapShape::Approximate)];

const DUPLICATES: [(&str, Duplicates); 3] =
    [("error", Duplicates::Error), ("first", Duplicates::First), ("last", Duplicates::Last)];

/// Carries a step out, unless it is another's.
pub fn perform(world: &mut World, step: &Step<'_>) -> Option<Outcome> {
    Some(match step.operation {
        "begin_map" => begin(world, step).and_then(|map| put(world, step, Thing::Building(map))),
        "add_pairs" | "add_pair_columns" | "add_map" | "prepare_map" => add(world, step),
        "finish_map" | "pack_map" => end(world, step),
        "put_map" => put_map(world, step),
        "unpack_map" => step.data().and_then(|data| unpack(world, step, data)),
        "open_map" => open(world, step),
        "map_info" | "find_key" | "find_keys" | "find_columns" | "read_map" | "verify_map" => tell(world, step),
        "map_value" | "map_column" | "map_records" => part(world, step),
        _ => return None,
    })
}

// ---- building

/// A map that is being built, and what is told of its progress.
pub struct Building {
    builder: HashMapBuilder<'static>,
    key: Form,
    value: Form,
    schema: Option<Arc<Schema>>,
    watch: Option<Rc<RefCell<Watch>>>,
}

fn begin(world: &mut World, step: &Step<'_>) -> Outcome<Building> {
    let schema = match step.get("schema") {
        None => None,
        Some(Json::String(name)) => Some(Schema::unpack(&world.schema(name)?.pack()?)?),
        Some(written) => Some(make_schema(written)?),
    };
    let storage = step.optional_text("storage")?.map(|name| world.storage(name)).transpose()?;
    begin_with(storage.as_deref(), schema, step)
}

fn begin_with(storage: Option<&Storage>, schema: Option<Schema>, step: &Step<'_>) -> Outcome<Building> {
    let (key, value, schema) = (key_field(step)?, value_field(step)?, schema.map(Arc::new));
    let watch = Watch::of(step)?.map(|watch| Rc::new(RefCell::new(watch)));
    let mut options = HashMapOptions::new()
        .shape(of_word(&SHAPES, step, "shape")?)
        .duplicates(of_word(&DUPLICATES, step, "duplicates")?)
        .deduplicate(step.flag("deduplicate")?)
        .threads(step.number("threads")? as u32)
        .memory_bytes(step.number("memory_bytes")?);
    if let Some(schema) = &schema {
        options = options.schema(schema.clone());
    }
    if let Some(watch) = watch.clone() {
        options = options.progress(move |progress| watch.borrow_mut().see(progress));
    }
    let builder = HashMapBuilder::of_kinds(storage, key, value, options)?;
    Ok(Building { builder, key: form_of_key(key), value: form_of_value(value), schema, watch })
}

impl Building {
    fn add_pairs(&mut self, written: &Json) -> Outcome<()> {
        let pairs = pairs_of(written, self.key, self.value)?;
        let keys = Given::of(pairs.iter().map(|(key, _)| key), self.key)?;
        if self.value == Form::Record {
            let rows: Vec<&Json> = pairs.iter().map(|(_, row)| row).collect();
            return self.add_rows(&keys, &rows);
        }
        let values = Given::of(pairs.iter().map(|(_, value)| value), self.value)?;
        self.builder.add(&keys.column(), &values.column())?;
        Ok(())
    }

    fn add_rows(&mut self, keys: &Given, rows: &[&Json]) -> Outcome<()> {
        let schema = self.schema.as_ref().ok_or_else(|| Trouble::Step("records without a schema".into()))?;
        let columns = Columns::of_rows(&schema.slots()?, rows)?;
        let mut raw_keys = Columns::new(1);
        match keys {
            Given::Numbers(numbers) => {
                let items: Vec<u8> = numbers.iter().flat_map(|number| number.to_ne_bytes()).collect();
                raw_keys.set_items(0, items, numbers.len(), 8);
            }
            Given::Slices(slices) => raw_keys.set_slices(0, slices.clone(), slices.len()),
        }
        let (first, presence, slots) = (columns.as_ptr(), columns.presence(), columns.len() as u64);
        // SAFETY: the handle lives, and all that columns and presence point to.
        unsafe {
            raw_call!(deltos_hash_map_add_records(self.builder.as_raw(), raw_keys.as_ptr(), first, presence, slots))
        }
    }

    fn add_times(&mut self, step: &Step<'_>) -> Outcome<()> {
        let times = step.get("times").map_or(Ok(1), |_| step.number("times"))?;
        (0..times).try_for_each(|_| self.add_pairs(field(step, "pairs")?))
    }

    /// Raw, because the corpus gives columns that cannot be.
    fn add_columns(&mut self, step: &Step<'_>) -> Outcome<()> {
        let (keys, values) = (counted_column(step, "keys")?, counted_column(step, "values")?);
        // SAFETY: the handle lives, and all that columns point to.
        unsafe { raw_call!(deltos_hash_map_add(self.builder.as_raw(), keys.as_ptr(), values.as_ptr())) }
    }

    fn finish(&mut self, transaction: &mut Transaction<'static>, step: &Step<'_>) -> Outcome<Map> {
        let name = step.text("name")?;
        let map = match step.flag("replace")? {
            true => self.builder.finish_over(transaction, name)?,
            false => self.builder.finish(transaction, name)?,
        };
        self.check_progress()?;
        Ok(map)
    }

    fn pack(&mut self, step: &Step<'_>) -> Outcome<Vec<u8>> {
        let packed = self.builder.pack()?.to_vec();
        self.check_progress()?;
        damaged(step, packed)
    }

    fn check_progress(&self) -> Outcome<()> {
        self.watch.as_ref().map_or(Ok(()), |watch| watch.borrow().check())
    }
}

/// A column with as many items as it has slices or offsets, where it does not say.
fn counted_column(step: &Step<'_>, name: &str) -> Outcome<Columns> {
    let written = field(step, name)?;
    let count = |field: &str| written[field].as_array().map(Vec::len);
    let items = count("offsets").map_or(count("slices").unwrap_or(0), |offsets| offsets.saturating_sub(1));
    let mut columns = Columns::new(1);
    columns.set_written(0, written, items)?;
    Ok(columns)
}

fn add(world: &mut World, step: &Step<'_>) -> Outcome {
    let name = step.text("builder")?;
    if step.operation == "add_map" {
        return add_map(world, step);
    }
    let map = world.building(name)?;
    match step.operation {
        "add_pairs" => map.add_times(step)?,
        "add_pair_columns" => map.add_columns(step)?,
        _ => {
            map.builder.prepare()?;
        }
    }
    done()
}

fn add_map(world: &mut World, step: &Step<'_>) -> Outcome {
    let builder = world.building(step.text("builder")?)?.builder.as_raw();
    let map = world.object(step.text("map")?)?.as_raw();
    // SAFETY: both handles live. Raw, because the types of the binding rule out that it is no map.
    unsafe { raw_call!(deltos_hash_map_add_map(builder, map)) }?;
    done()
}

fn end(world: &mut World, step: &Step<'_>) -> Outcome {
    let name = step.text("builder")?;
    if step.operation == "pack_map" {
        let packed = world.building(name)?.pack(step)?;
        return if step.get("as").is_some() { unpack(world, step, packed) } else { done() };
    }
    let (transaction, map) = world.two(step.text("transaction")?, name)?;
    match (transaction, map) {
        (Thing::Transaction(transaction), Thing::Building(map)) => {
            let map = map.finish(transaction, step)?;
            put(world, step, Thing::HashMap(map))
        }
        _ => Err(Trouble::Step("it takes a transaction and a builder".into())),
    }
}

fn put_map(world: &mut World, step: &Step<'_>) -> Outcome {
    let mut map = begin(world, step)?;
    map.add_times(step)?;
    match step.optional_text("transaction")? {
        Some(transaction) => {
            let map = map.finish(world.transaction(transaction)?, step)?;
            put(world, step, Thing::HashMap(map))
        }
        None => {
            let packed = map.pack(step)?;
            unpack(world, step, packed)
        }
    }
}

fn unpack(world: &mut World, step: &Step<'_>, bytes: Vec<u8>) -> Outcome {
    let at = step.number("at")? as usize;
    let shifted = Shifted::new(bytes, at);
    if at % 64 != 0 {
        // Raw, because the binding copies what is not aligned.
        let (data, size) = (shifted.as_ref().as_ptr().cast(), shifted.as_ref().len() as u64);
        let mut raw = null_mut();
        // SAFETY: the bytes live longer than the handle.
        unsafe {
            raw_call!(deltos_hash_map_open_memory(data, size, None, null_mut(), &mut raw))?;
            sys::deltos_object_release(&mut raw);
        }
        return Err(Trouble::Step("bytes that are not aligned were taken".into()));
    }
    let map: Map = HashMap::unpack(shifted)?;
    put(world, step, Thing::HashMap(map))
}

// ---- reading

/// The hash map of a name, wherever "from" leads.
pub fn of_name(world: &mut World, step: &Step<'_>) -> Outcome<Map> {
    let (from, name) = (step.text("from")?, step.text("name")?);
    Ok(match world.find(from)? {
        Thing::Storage(storage) => loose!(HashMap, storage.hash_map_any(name)?),
        Thing::Snapshot(snapshot) => snapshot.hash_map_any(name)?,
        Thing::Transaction(transaction) => transaction.hash_map_any(name)?,
        _ => return Err(Trouble::Step(format!("{:?} cannot be read from", from))),
    })
}

fn open(world: &mut World, step: &Step<'_>) -> Outcome {
    let map = of_name(world, step)?;
    put(world, step, Thing::HashMap(map))
}

fn tell(world: &mut World, step: &Step<'_>) -> Outcome {
    let map = world.hash_map(step.text("map")?)?;
    match step.operation {
        "map_info" => return Ok(info(map)),
        "find_columns" => {
            let (keys, mut hits) = (counted_column(step, "keys")?, 0);
            // SAFETY: the handle lives, and all that the column points to. Raw, because it may be one that cannot be.
            unsafe {
                raw_call!(deltos_hash_map_find_many(map.as_raw(), keys.as_ptr(), null_mut(), null_mut(), &mut hits))?;
            }
            return Ok(vec![("hits", hits.into())]);
        }
        "find_keys" => return Reading::of(map)?.find_keys(step),
        "find_key" => {
            let expected = match step.flag("absent")? {
                true => Some(&[][..]),
                false => step.get("values").and_then(Json::as_array).map(Vec::as_slice),
            };
            Reading::of(map)?.expect_key(field(step, "key")?, expected)?;
        }
        "read_map" => Reading::of(map)?.expect_pairs(field(step, "pairs")?)?,
        _ => match Watch::of(step)? {
            None => map.verify()?,
            Some(mut watch) => {
                map.verify_with(&mut |progress| watch.see(progress))?;
                watch.check()?;
            }
        },
    }
    done()
}

fn info(map: &Map) -> Answers {
    let info = map.info();
    vec![
        ("key", key_word(info.key).into()),
        ("value", value_word(info.value).into()),
        ("shape", word_of(&SHAPES, info.shape).into()),
        ("keys", info.keys.into()),
        ("pairs", info.pairs.into()),
    ]
}

/// A map, and how what is in it is written.
struct Reading<'m> {
    map: &'m Map,
    key: Form,
    value: Form,
    records: Option<(RecordTable<'static>, Vec<Slot>)>,
}

impl<'m> Reading<'m> {
    fn of(map: &'m Map) -> Outcome<Reading<'m>> {
        let records = match map.info().value {
            MapValueKind::Record => {
                let table = map.records()?;
                let slots = table.schema()?.slots()?;
                Some((table, slots))
            }
            _ => None,
        };
        let (key, value) = (form_of_key(map.info().key), form_of_value(map.info().value));
        Ok(Reading { map, key, value, records })
    }

    fn has_numbers(&self) -> bool {
        matches!(self.value, Form::Number | Form::Record)
    }

    /// Compares a value, which is given as its bytes; of an image nothing but whole values are compared.
    fn expect_value(&self, expected: &Json, actual: &[u8]) -> Outcome<()> {
        match &self.records {
            Some((table, slots)) => {
                let row = actual.try_into().map(u64::from_ne_bytes);
                let row = row.map_err(|_| Trouble::Step(format!("{} bytes are no row", actual.len())))?;
                let cells = expected.as_array().map_or(&[][..], Vec::as_slice);
                expect_level(table, slots, row, None, cells)
            }
            None if self.value == Form::Image => Ok(()),
            None => expect_encoded("value", expected, self.value, actual),
        }
    }

    /// Compares all values of an entry.
    fn expect_values(&self, entry: &Entry<'_>, expected: &[Json]) -> Outcome<()> {
        ensure(entry.len() == expected.len(), || format!("there are {} values", entry.len()))?;
        let values: Vec<&[u8]> = entry.values().collect::<Result<_, Error>>()?;
        ensure(values.len() == expected.len(), || format!("there are {} values as bytes", values.len()))?;
        for (value, expected) in values.iter().zip(expected) {
            self.expect_value(expected, value)?;
        }
        if self.has_numbers() {
            let numbers = entry.numbers()?;
            let same = numbers.iter().map(|number| number.to_ne_bytes()).eq(values.iter().copied());
            ensure(same && entry.number() == numbers.first().copied(), || "the numbers are others".into())?;
        }
        if self.value == Form::Image {
            for (index, expected) in expected.iter().enumerate() {
                expect(entry.value_at(index)?.root(), expected)?;
            }
        }
        self.expect_value(&expected[0], entry.value()?)
    }

    /// Asks for a key in every way that there is.
    fn expect_key(&self, key: &Json, expected: Option<&[Json]>) -> Outcome<()> {
        let (map, key) = (self.map, encode(key, self.key)?);
        let (entry, value) = (map.find(&key)?, map.get(&key)?);
        ensure(entry.map(|entry| entry.value_bytes()) == value, || "the value is another one as bytes".into())?;
        ensure(entry.is_some() == map.contains_key(&key)?, || "a key is there for one call only".into())?;
        if self.has_numbers() {
            let number = map.get_number(&key)?;
            ensure(number == entry.and_then(|entry| entry.number()), || "a key has another number".into())?;
        }
        match (entry, expected) {
            (Some(entry), Some(expected)) => self.expect_values(&entry, expected),
            (None, Some(expected)) => ensure(expected.is_empty(), || "the key is not there".into()),
            (_, None) => Ok(()),
        }
    }

    fn find_keys(&self, step: &Step<'_>) -> Outcome {
        let keys = Given::of(keys_of(field(step, "keys")?, self.key).iter(), self.key)?;
        let (map, keys) = (self.map, keys.column());
        let (entries, values) = (map.find_many(&keys)?, map.get_many(&keys)?);
        let there: Vec<bool> = entries.iter().map(Option::is_some).collect();
        let hits = there.iter().filter(|&&is_there| is_there).count();
        ensure(map.contains_many(&keys)? == there, || "other keys are there without entries".into())?;
        ensure(map.count_many(&keys)? as usize == hits, || "another number of keys is there".into())?;
        let given = entries.iter().map(|entry| entry.map(|entry| entry.value_bytes()));
        ensure(given.eq(values.iter().copied()), || "the values are others as bytes".into())?;
        if self.has_numbers() {
            let numbers = map.get_many_numbers(&keys)?;
            let given = entries.iter().map(|entry| entry.and_then(|entry| entry.number()));
            ensure(given.eq(numbers.iter().copied()), || "the numbers are others".into())?;
            let mut filled = vec![0; entries.len()];
            ensure(map.get_many_into(&keys, 77, &mut filled)? as usize == hits, || "other hits as numbers".into())?;
            ensure(filled.into_iter().eq(numbers.iter().map(|number| number.unwrap_or(77))), || "others".into())?;
        }
        let expected = step.get("values").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
        for (number, (entry, expected)) in entries.iter().zip(expected).enumerate() {
            ensure(entry.is_none() == expected.is_null(), || format!("key {} is the other way", number))?;
            if let Some(entry) = entry {
                self.expect_value(expected, entry.value_bytes())?;
                if self.value == Form::Image {
                    expect(entry.value_at(0)?.root(), expected)?;
                }
            }
        }
        let counts: Vec<usize> = entries.iter().map(|entry| entry.map_or(0, |entry| entry.len())).collect();
        Ok(vec![("hits", hits.into()), ("counts", counts.into())])
    }

    /// Going through the map gives every key once, with all its values, and so does going through it in order.
    fn expect_pairs(&self, written: &Json) -> Outcome<()> {
        let (map, pairs) = (self.map, pairs_of(written, self.key, self.value)?);
        let mut groups: BTreeMap<String, (Json, Vec<Json>)> = BTreeMap::new();
        for (key, value) in &pairs {
            let group = groups.entry(key.to_string()).or_insert_with(|| (key.clone(), Vec::new()));
            group.1.push(value.clone());
        }
        let info = map.info();
        ensure((groups.len(), pairs.len()) == (info.keys as usize, info.pairs as usize), || {
            format!("there are {} keys and {} pairs", info.keys, info.pairs)
        })?;
        let is_approximate = info.shape == MapShape::Approximate;
        if !is_approximate {
            groups.values().try_for_each(|(key, values)| self.expect_key(key, Some(values)))?;
        }
        let entries: Vec<Entry<'_>> = map.iter().collect::<Result<_, Error>>()?;
        let count = entries.iter().map(|entry| entry.len()).sum::<usize>();
        ensure((entries.len(), count) == (groups.len(), pairs.len()), || "others come one by one".into())?;
        let places: BTreeSet<*const u8> = entries.iter().map(|entry| entry.key_bytes().as_ptr()).collect();
        ensure(places.len() == entries.len(), || "a key comes twice".into())?;
        if !is_approximate {
            entries.iter().try_for_each(|entry| self.find_again(entry))?;
        }
        if info.key == KeyKind::Value && !is_approximate {
            return Ok(());
        }
        let sorted: Vec<Entry<'_>> = map.iter_sorted()?.collect::<Result<_, Error>>()?;
        ensure(sorted.len() == groups.len(), || format!("{} keys are in order", sorted.len()))?;
        let rises = sorted.windows(2).all(|pair| self.is_below(&pair[0], &pair[1], is_approximate));
        ensure(rises, || "the order of keys falls".into())
    }

    /// The key of an entry leads to this entry.
    fn find_again(&self, entry: &Entry<'_>) -> Outcome<()> {
        let again = self.map.find(entry.key_bytes())?;
        let is_same = again.map_or(false, |again| {
            again.key_bytes().as_ptr() == entry.key_bytes().as_ptr() && again.len() == entry.len()
        });
        ensure(is_same, || "a key that the map has gives another entry when it is looked for".into())
    }

    fn is_below(&self, one: &Entry<'_>, other: &Entry<'_>, is_approximate: bool) -> bool {
        if self.key != Form::Number && !is_approximate {
            return one.key_bytes() < other.key_bytes();
        }
        let number = |entry: &Entry<'_>| entry.key_bytes().try_into().map_or(0, u64::from_ne_bytes);
        number(one) < number(other)
    }
}

// ---- parts of a map

fn part(world: &mut World, step: &Step<'_>) -> Outcome {
    let map = world.hash_map(step.text("map")?)?;
    match step.operation {
        "map_records" => {
            let table = map.records()?;
            put(world, step, Thing::RecordTable(table))
        }
        "map_column" => {
            let view = column(map, step)?;
            put(world, step, Thing::View(view))
        }
        _ => {
            let key = encode(field(step, "key")?, form_of_key(map.info().key))?;
            let entry = map.find(&key)?.ok_or_else(|| Trouble::Step("the key is not there".into()))?;
            let value = loose!(Value, entry.value_at(step.number("index")? as usize)?);
            put(world, step, Thing::Value(value))
        }
    }
}

fn column(map: &Map, step: &Step<'_>) -> Outcome<AnyView<'static>> {
    let view = match step.text("which")? {
        "keys" => map.any_key_column(view_request(step)?)?,
        "values" => map.any_value_column(view_request(step)?)?,
        other => return Err(Trouble::Step(format!("{:?} is not a column", other))),
    };
    if let Some(expected) = step.get("numbers").and_then(Json::as_array) {
        let mut wanted: Vec<u64> = expected.iter().map(word).collect::<Outcome<_>>()?;
        let mut found = view.share(ViewRequest::FULL_RO)?.typed::<u64>()?.to_vec()?;
        wanted.sort_unstable();
        found.sort_unstable();
        ensure(wanted == found, || format!("other numbers came: {:?}", found))?;
    }
    Ok(view)
}

// ---- descriptions

/// A map of a description, made.
pub fn create(transaction: &mut Transaction<'_>, described: &Step<'_>) -> Outcome<()> {
    let schema = described.get("schema").map(make_schema).transpose()?;
    let mut map = begin_with(None, schema, described)?;
    map.add_pairs(field(described, "pairs")?)?;
    map.builder.finish(transaction, described.text("name")?)?;
    Ok(())
}

/// A map of a description, compared with it.
pub fn expect_described(map: HashMap<'_>, described: &Step<'_>) -> Outcome {
    // It is dropped before what it was opened from.
    let map = loose!(HashMap, map);
    Reading::of(&map)?.expect_pairs(field(described, "pairs")?)?;
    Ok(info(&map).into_iter().filter(|(name, _)| matches!(*name, "key" | "value" | "shape")).collect())
}
