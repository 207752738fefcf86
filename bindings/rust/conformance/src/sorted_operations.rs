//! The operations of the corpus on sorted maps.

use std::collections::BTreeMap;
use std::mem::zeroed;
use std::ops::Bound;
use std::ptr::{null, null_mut};

use deltos::{
    sys, KeyBytes, KeyKind, MapItem, MapQuery, MapState, Object, Prefix, Snapshot, SortedKey, SortedMap, SortedPair,
    SortedValue, Transaction,
};
use serde_json::Value as Json;

use crate::fields::{Answers, Step};
use crate::maps::{encode, ensure, expect_encoded, form_of_key, key_field, key_word, keys_of, pairs_of, Form, Given};
use crate::operations::{done, put};
use crate::record_operations::field;
use crate::records::raw_call;
use crate::world::{loose, Thing, Trouble, World};

type Outcome<T = Answers> = Result<T, Trouble>;

/// A sorted map, with keys of each kind.
pub enum Sorted {
    Bytes(SortedMap<'static, [u8]>),
    Str(SortedMap<'static, str>),
    U64(SortedMap<'static, u64>),
}

/// Runs the same for whichever kind of keys it is.
macro_rules! each_kind {
    ($sorted:expr, $map:ident => $run:expr) => {
        match $sorted {
            Sorted::Bytes($map) => $run,
            Sorted::Str($map) => $run,
            Sorted::U64($map) => $run,
        }
    };
}

/// Runs the same in whichever state it is.
macro_rules! each_state {
    ($thing:expr, $state:ident => $run:expr) => {
        match $thing {
            Thing::Snapshot($state) => $run,
            Thing::Transaction($state) => $run,
            _ => return Err(Trouble::Step("it cannot be read from".into())),
        }
    };
}

impl Sorted {
    fn of(map: SortedMap<'static>) -> Outcome<Sorted> {
        Ok(match map.key_kind() {
            KeyKind::U64 => Sorted::U64(map.typed()?),
            KeyKind::Str => Sorted::Str(map.typed()?),
            _ => Sorted::Bytes(map.typed()?),
        })
    }

    pub fn object(&self) -> &Object<'static> {
        each_kind!(self, map => map)
    }

    pub fn refresh(&mut self) -> Outcome<bool> {
        each_kind!(self, map => Ok(map.refresh()?))
    }

    fn form(&self) -> Form {
        each_kind!(self, map => form_of_key(map.key_kind()))
    }
}

/// Carries a step out, unless it is another's.
pub fn perform(world: &mut World, step: &Step<'_>) -> Option<Outcome> {
    Some(match step.operation {
        "create_sorted" => create(world, step),
        "open_sorted" => of_name(world, step).and_then(|map| put(world, step, Thing::Sorted(map))),
        "sorted_info" if step.get("from").is_none() => {
            step.text("map").and_then(|name| each_kind!(world.sorted(name)?, map => Ok(info(map.info()?))))
        }
        "put_pair" | "put_pairs" | "load_pairs" | "remove_pair" | "remove_pairs" => change(world, step),
        "sorted_info" | "get_pair" | "get_pairs" | "find_pair" | "count_pairs" | "read_pairs" => read(world, step),
        "walk_pairs" => walk(world, step),
        "next_pairs" | "seek_pair" => go_on(world, step),
        _ => return None,
    })
}

fn create_in(transaction: &mut Transaction<'static>, step: &Step<'_>) -> Outcome<Sorted> {
    let name = step.text("name")?;
    Ok(match key_field(step)? {
        KeyKind::Bytes => Sorted::Bytes(transaction.create_sorted_map(name)?),
        KeyKind::Str => Sorted::Str(transaction.create_sorted_map(name)?),
        KeyKind::U64 => Sorted::U64(transaction.create_sorted_map(name)?),
        _ => return Err(refused_kind(transaction, name)),
    })
}

/// What the library says to keys that are values: raw, because the types of the binding rule them out.
fn refused_kind(transaction: &Transaction<'_>, name: &str) -> Trouble {
    let run = || {
        let name = crate::inputs::c_text(name)?;
        // SAFETY: the handle lives, and the name; zero is a value of each field.
        unsafe {
            let mut options: sys::deltos_sorted_map_options = zeroed();
            options.struct_size = std::mem::size_of_val(&options) as u32;
            options.key = sys::DELTOS_KEY_VALUE;
            raw_call!(deltos_sorted_map_create(transaction.as_raw(), name.as_ptr(), &options, null_mut()))
        }
    };
    run().err().unwrap_or_else(|| Trouble::Step("a map with values as keys was made".into()))
}

fn create(world: &mut World, step: &Step<'_>) -> Outcome {
    let map = create_in(world.transaction(step.text("transaction")?)?, step)?;
    put(world, step, Thing::Sorted(map))
}

/// The sorted map of a name, wherever "from" leads.
pub fn of_name(world: &mut World, step: &Step<'_>) -> Outcome<Sorted> {
    let (from, name) = (step.text("from")?, step.text("name")?);
    Sorted::of(match world.find(from)? {
        Thing::Storage(storage) => loose!(SortedMap, storage.sorted_map_any(name)?),
        Thing::Snapshot(snapshot) => snapshot.sorted_map_any(name)?,
        Thing::Transaction(transaction) => transaction.sorted_map_any(name)?,
        _ => return Err(Trouble::Step(format!("{:?} cannot be read from", from))),
    })
}

fn info(info: deltos::SortedMapInfo) -> Answers {
    vec![
        ("key", key_word(info.key).into()),
        ("count", info.count.into()),
        ("key_bytes", info.key_bytes.into()),
        ("value_bytes", info.value_bytes.into()),
        ("long_values", info.long_values.into()),
        ("objects", info.objects.into()),
    ]
}

// ---- keys, values and ranges

/// The bytes of a key, whatever the map's keys are: the library says what it takes.
#[derive(Clone, Debug)]
struct Asked(Vec<u8>);

macro_rules! asked_of {
    ($($key:ty)*) => {
        $(
            impl MapQuery<$key> for Asked {
                fn key(&self) -> deltos::Result<KeyBytes<'_>> {
                    Ok(KeyBytes::Lent(&self.0))
                }
            }
        )*
    };
}

asked_of! { [u8] str u64 }

fn asked(node: &Json) -> Outcome<Asked> {
    Ok(Asked(encode(node, Form::Bytes)?))
}

/// The bytes of a key that was read.
trait Told {
    fn told(&self) -> Vec<u8>;
}

impl Told for &[u8] {
    fn told(&self) -> Vec<u8> {
        self.to_vec()
    }
}

impl Told for &str {
    fn told(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }
}

impl Told for u64 {
    fn told(&self) -> Vec<u8> {
        self.to_ne_bytes().to_vec()
    }
}

/// What a step says of the pairs that are meant.
struct Range {
    bounds: (Bound<Asked>, Bound<Asked>),
    prefix: Option<Asked>,
    reverse: bool,
}

impl Range {
    fn of(step: &Step<'_>) -> Outcome<Range> {
        let nothing = Json::Null;
        let written = step.get("range").unwrap_or(&nothing);
        let bound = |name: &str| written.get(name).map(asked).transpose();
        let flag = |name: &str| written[name].as_bool() == Some(true);
        let bounded = |key: Option<Asked>, is_open| match key {
            None => Bound::Unbounded,
            Some(key) if is_open => Bound::Excluded(key),
            Some(key) => Bound::Included(key),
        };
        let bounds = (bounded(bound("from")?, flag("open_from")), bounded(bound("to")?, !flag("closed_to")));
        Ok(Range { bounds, prefix: bound("prefix")?, reverse: flag("reverse") })
    }
}

/// Runs the same for a range with a prefix or without one.
macro_rules! each_range {
    ($range:expr, $name:ident => $run:expr) => {{
        let bounds = $range.bounds.clone();
        match $range.prefix.clone() {
            None => {
                let $name = bounds;
                $run
            }
            Some(prefix) => {
                let $name = Prefix(prefix).within(bounds);
                $run
            }
        }
    }};
}

/// The ids of objects that a step names as values.
type Ids = BTreeMap<String, u64>;

fn collect_ids(world: &mut World, written: &Json, ids: &mut Ids) -> Outcome<()> {
    if let Some(name) = written["object"].as_str() {
        let id = world.object(name)?.info()?.id;
        ids.insert(name.to_owned(), id);
    }
    let parts = written.as_array().into_iter().flatten();
    parts
        .chain(written.as_object().into_iter().flat_map(|fields| fields.values()))
        .try_for_each(|part| collect_ids(world, part, ids))
}

fn ids_of(world: &mut World, step: &Step<'_>) -> Outcome<Ids> {
    let mut ids = Ids::new();
    for name in ["value", "values", "pair", "pairs"] {
        step.get(name).map_or(Ok(()), |written| collect_ids(world, written, &mut ids))?;
    }
    Ok(ids)
}

fn expect_value(expected: &Json, value: SortedValue<'_>, ids: &Ids) -> Outcome<()> {
    match (expected["object"].as_str(), value) {
        (Some(name), value) => {
            ensure(value.object_id() == ids.get(name).copied(), || format!("expected {}, got {:?}", name, value))
        }
        (None, SortedValue::Bytes(bytes)) => expect_encoded("value", expected, Form::Bytes, bytes),
        (None, value) => Err(Trouble::Step(format!("the value is {:?}", value))),
    }
}

fn expect_pair(expected: &Json, key: &[u8], value: SortedValue<'_>, ids: &Ids) -> Outcome<()> {
    expect_encoded("key", &expected[0], Form::Bytes, key)?;
    expect_value(&expected[1], value, ids)
}

// ---- changing

fn change(world: &mut World, step: &Step<'_>) -> Outcome {
    let name = step.text("map")?;
    world.sorted(name)?;
    let object = match step.get("value").and_then(|value| value["object"].as_str()) {
        Some(object) => Some(world.object(object)?.as_raw()),
        None => None,
    };
    match world.two(step.text("transaction")?, name)? {
        (Thing::Transaction(transaction), Thing::Sorted(map)) => match object {
            Some(object) => put_object(transaction, map.object().as_raw(), object, step),
            None => {
                let form = map.form();
                each_kind!(map, map => change_map(transaction, map, form, step))
            }
        },
        _ => Err(Trouble::Step("it takes a transaction and a sorted map".into())),
    }
}

/// Raw, because three things of the world are in use.
fn put_object(
    transaction: &mut Transaction<'_>,
    map: *const sys::deltos_object,
    object: *const sys::deltos_object,
    step: &Step<'_>,
) -> Outcome {
    let (key, mut replaced) = (asked(field(step, "key")?)?.0, 0);
    let (raw, data, size) = (transaction.as_raw(), key.as_ptr().cast(), key.len() as u64);
    // SAFETY: all handles live, and the key.
    unsafe { raw_call!(deltos_sorted_map_put_object(raw, map, data, size, object, &mut replaced)) }?;
    Ok(vec![("replaced", (replaced != 0).into())])
}

fn change_map<K>(transaction: &mut Transaction<'_>, map: &SortedMap<'static, K>, form: Form, step: &Step<'_>) -> Outcome
where
    K: SortedKey + ?Sized,
    Asked: MapQuery<K>,
{
    let pairs = step.get("pairs").map_or(Ok(Vec::new()), |pairs| pairs_of(pairs, form, Form::Bytes))?;
    let keys = Given::of(pairs.iter().map(|(key, _)| key), form)?;
    let values = Given::of(pairs.iter().map(|(_, value)| value), Form::Bytes)?;
    Ok(match step.operation {
        "put_pair" => {
            let (key, value) = (asked(field(step, "key")?)?, encode(field(step, "value")?, Form::Bytes)?);
            vec![("replaced", map.put(transaction, &key, value)?.into())]
        }
        "put_pairs" => vec![("added", map.put_many(transaction, &keys.column(), &values.column())?.into())],
        "load_pairs" => {
            map.load_many(transaction, &keys.column(), &values.column())?;
            Vec::new()
        }
        "remove_pair" => vec![("removed", map.remove(transaction, &asked(field(step, "key")?)?)?.into())],
        _ if step.get("range").is_none() => vec![("count", map.clear(transaction)?.into())],
        _ => {
            let range = Range::of(step)?;
            let removed = each_range!(range, range => map.remove_range(transaction, range)?);
            vec![("count", removed.into())]
        }
    })
}

// ---- reading

fn read(world: &mut World, step: &Step<'_>) -> Outcome {
    let name = step.text("map")?;
    world.sorted(name)?;
    let ids = ids_of(world, step)?;
    match world.two(step.text("from")?, name)? {
        (state, Thing::Sorted(map)) => {
            let form = map.form();
            each_kind!(map, map => each_state!(state, state => read_map(map, &*state, form, step, &ids)))
        }
        _ => Err(Trouble::Step("it takes a state and a sorted map".into())),
    }
}

fn read_map<K, S>(map: &SortedMap<'_, K>, state: &S, form: Form, step: &Step<'_>, ids: &Ids) -> Outcome
where
    K: SortedKey + ?Sized,
    S: MapState,
    Asked: MapQuery<K>,
    for<'a> <K as MapItem<'a>>::Item: Told,
{
    match step.operation {
        "sorted_info" => return Ok(info(map.info_in(state)?)),
        "get_pair" => {
            let found = map.get(state, &asked(field(step, "key")?)?)?;
            ensure(!step.flag("absent")? || found.is_none(), || "expected no such key, and there is one".into())?;
            if let Some(expected) = step.get("value") {
                let found = found.ok_or_else(|| Trouble::Step("the key is not there".into()))?;
                expect_value(expected, found, ids)?;
            }
        }
        "get_pairs" => {
            let keys = Given::of(keys_of(field(step, "keys")?, form).iter(), form)?;
            let found = map.get_many(state, &keys.column())?;
            let expected = step.get("values").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
            for (number, (found, expected)) in found.iter().zip(expected).enumerate() {
                ensure(found.is_none() == expected.is_null(), || format!("key {} is the other way", number))?;
                found.map_or(Ok(()), |found| expect_value(expected, found, ids))?;
            }
            let hits = map.count_many(state, &keys.column())?;
            let there = found.iter().filter(|found| found.is_some()).count();
            ensure(hits as usize == there, || format!("{} keys are there", there))?;
            return Ok(vec![("hits", hits.into())]);
        }
        "find_pair" => {
            let found = find(map, state, step)?;
            ensure(!step.flag("absent")? || found.is_none(), || "expected no such pair, and there is one".into())?;
            if let Some(expected) = step.get("pair") {
                let (key, value) = found.ok_or_else(|| Trouble::Step("there is no such pair".into()))?;
                expect_pair(expected, &key.told(), value, ids)?;
            }
        }
        "count_pairs" => {
            let range = Range::of(step)?;
            return Ok(vec![("count", each_range!(range, range => map.count(state, range)?).into())]);
        }
        _ => {
            let expected = pairs_of(field(step, "pairs")?, form, Form::Bytes)?;
            expect_range(map, state, &Range::of(step)?, &expected, ids)?;
        }
    }
    done()
}

fn find<'a, K, S>(map: &SortedMap<'_, K>, state: &'a S, step: &Step<'_>) -> Outcome<Option<SortedPair<'a, K>>>
where
    K: SortedKey + ?Sized,
    S: MapState,
    Asked: MapQuery<K>,
{
    let key = || asked(field(step, "key")?);
    Ok(match step.text("which")? {
        "first" => map.first(state)?,
        "last" => map.last(state)?,
        "at-least" => map.at_least(state, &key()?)?,
        "above" => map.above(state, &key()?)?,
        "at-most" => map.at_most(state, &key()?)?,
        "below" => map.below(state, &key()?)?,
        other => return Err(Trouble::Step(format!("{:?} is no way to look for a pair", other))),
    })
}

fn expect_range<K, S>(
    map: &SortedMap<'_, K>,
    state: &S,
    range: &Range,
    expected: &[(Json, Json)],
    ids: &Ids,
) -> Outcome<()>
where
    K: SortedKey + ?Sized,
    S: MapState,
    Asked: MapQuery<K>,
    for<'a> <K as MapItem<'a>>::Item: Told,
{
    let pairs = each_range!(range, range => map.range(state, range)?);
    let found = if range.reverse { pairs.rev().collect::<Vec<_>>() } else { pairs.collect() };
    let same = found.len() == expected.len() || found.iter().any(Result::is_err);
    ensure(same, || format!("expected {} pairs, got {}", expected.len(), found.len()))?;
    for (pair, (key, value)) in found.into_iter().zip(expected) {
        let (found, content) = pair?;
        expect_encoded("key", key, Form::Bytes, &found.told())?;
        expect_value(value, content, ids)?;
    }
    Ok(())
}

// ---- walks

/// A walk under way. Raw, because one of the binding keeps its transaction from changes.
pub struct Walk(*mut sys::deltos_cursor);

impl Drop for Walk {
    fn drop(&mut self) {
        // SAFETY: the handle is ours.
        unsafe { sys::deltos_cursor_release(&mut self.0) };
    }
}

fn walk(world: &mut World, step: &Step<'_>) -> Outcome {
    let (name, range, mut cursor) = (step.text("map")?, Range::of(step)?, null_mut());
    let map = world.object(name)?.as_raw();
    let state = match world.find(step.text("from")?)? {
        Thing::Snapshot(snapshot) => snapshot.as_raw() as *const _,
        // SAFETY: the handle lives.
        Thing::Transaction(transaction) => unsafe { sys::deltos_transaction_snapshot(transaction.as_raw()) },
        _ => return Err(Trouble::Step("it cannot be read from".into())),
    };
    let bytes = |key: &Asked| sys::deltos_bytes { data: key.0.as_ptr().cast(), size: key.0.len() as u64 };
    let bound = |bound: &Bound<Asked>| match bound {
        Bound::Unbounded => None,
        Bound::Included(key) | Bound::Excluded(key) => Some(bytes(key)),
    };
    let bounds = [bound(&range.bounds.0), bound(&range.bounds.1), range.prefix.as_ref().map(bytes)];
    let place = |at: usize| bounds[at].as_ref().map_or(null(), |bound| bound as *const sys::deltos_bytes);
    // SAFETY: the handles live, and the range; zero is a value of each field.
    unsafe {
        let mut raw: sys::deltos_range = zeroed();
        (raw.from, raw.to, raw.prefix) = (place(0), place(1), place(2));
        raw.open_from = matches!(range.bounds.0, Bound::Excluded(_)).into();
        raw.closed_to = matches!(range.bounds.1, Bound::Included(_)).into();
        raw.reverse = range.reverse.into();
        raw_call!(deltos_sorted_map_range(state, map, &raw, &mut cursor))?;
    }
    put(world, step, Thing::Walk(Walk(cursor)))
}

fn go_on(world: &mut World, step: &Step<'_>) -> Outcome {
    let ids = ids_of(world, step)?;
    let cursor = world.walk(step.text("cursor")?)?.0;
    if step.operation == "seek_pair" {
        let key = asked(field(step, "key")?)?.0;
        // SAFETY: the handle lives, and the key.
        unsafe { raw_call!(deltos_cursor_seek_pair(cursor, key.as_ptr().cast(), key.len() as u64)) }?;
        return done();
    }
    let room = step.get("capacity").map_or(Ok(1), |_| step.number("capacity"))?;
    // SAFETY: numbers and pointers, of which zero is one; the handle lives, and there is so much room.
    let pairs = unsafe {
        let (mut pairs, mut count) = (vec![zeroed::<sys::deltos_pair>(); room as usize], 0);
        raw_call!(deltos_cursor_next_pairs(cursor, pairs.as_mut_ptr(), room, &mut count))?;
        pairs.truncate(count as usize);
        pairs
    };
    if let Some(expected) = step.get("pairs").and_then(Json::as_array) {
        ensure(expected.len() == pairs.len(), || format!("{} pairs came", pairs.len()))?;
        for (expected, pair) in expected.iter().zip(&pairs) {
            let is_number = expected[0].get("int").or_else(|| expected[0].get("uint")).is_some();
            let number = pair.number.to_ne_bytes();
            // SAFETY: what was lent lives: nothing has happened since.
            unsafe {
                let key = if is_number { &number[..] } else { lent(pair.key) };
                let value = match pair.object_id {
                    0 => SortedValue::Bytes(lent(pair.value)),
                    id => SortedValue::Object(id),
                };
                expect_pair(expected, key, value, &ids)?;
            }
        }
    }
    done()
}

/// # Safety
/// The bytes live as long as `'a`.
unsafe fn lent<'a>(bytes: sys::deltos_bytes) -> &'a [u8] {
    match bytes.size {
        0 => &[],
        size => std::slice::from_raw_parts(bytes.data.cast(), size as usize),
    }
}

// ---- descriptions

/// A map of a description, made.
pub fn create_described(transaction: &mut Transaction<'_>, described: &Step<'_>) -> Outcome<()> {
    // SAFETY: the types differ in the lifetime only, and the map goes before the transaction does.
    let transaction = unsafe { &mut *(transaction as *mut Transaction<'_>).cast::<Transaction<'static>>() };
    let map = create_in(transaction, described)?;
    if described.get("pairs").is_some() {
        let form = map.form();
        let pairs = pairs_of(field(described, "pairs")?, form, Form::Bytes)?;
        let keys = Given::of(pairs.iter().map(|(key, _)| key), form)?;
        let values = Given::of(pairs.iter().map(|(_, value)| value), Form::Bytes)?;
        each_kind!(map, map => map.put_many(transaction, &keys.column(), &values.column()).map(drop))?;
    }
    Ok(())
}

/// A map of a description, compared with it.
pub fn expect_described(snapshot: &Snapshot<'_>, name: &str, described: &Step<'_>) -> Outcome {
    let map = Sorted::of(loose!(SortedMap, snapshot.sorted_map_any(name)?))?;
    let form = map.form();
    let expected = pairs_of(field(described, "pairs")?, form, Form::Bytes)?;
    let range = Range { bounds: (Bound::Unbounded, Bound::Unbounded), prefix: None, reverse: false };
    each_kind!(&map, map => {
        expect_range(map, snapshot, &range, &expected, &Ids::new())?;
        Ok(vec![("key", key_word(map.key_kind()).into())])
    })
}
