//! Hash maps against maps of the standard library, and what building, replacing and damage do.

mod common;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::ops::ControlFlow;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};

use common::{change, create, open, Directory};
use deltos::*;
use proptest::prelude::*;

/// Every way to look at a map tells what the model holds. Keys differ.
fn agree<K, V, Q, W>(
    map: &HashMap<'_, K, V>,
    model: &[(Q, Vec<W>)],
    absent: &[Q],
    key_of: impl for<'m> Fn(<K as MapItem<'m>>::Item) -> Q,
    value_of: impl for<'m> Fn(<V as MapItem<'m>>::Item) -> W,
) where
    K: MapKey + ?Sized,
    V: MapValue + ?Sized,
    Q: MapQuery<K> + PartialEq + Clone + Debug,
    W: PartialEq + Clone + Debug,
    [Q]: MapItems<K>,
{
    map.verify().unwrap();
    let pairs: usize = model.iter().map(|(_, values)| values.len()).sum();
    assert_eq!((map.len(), map.info().pairs as usize, map.is_empty()), (model.len(), pairs, model.is_empty()));
    let all = |values: MapValues<'_, V>| values.map(|value| value_of(value.unwrap())).collect::<Vec<W>>();
    for (key, values) in model {
        assert_eq!(map.get(key).unwrap().map(&value_of).as_ref(), values.first(), "{:?}", key);
        assert!(map.contains_key(key).unwrap());
        assert_eq!(&all(map.get_all(key).unwrap()), values, "{:?}", key);
        let entry = map.find(key).unwrap().unwrap();
        assert_eq!(entry.len(), values.len());
        assert_eq!(&key_of(entry.key().unwrap()), key);
        assert_eq!(&value_of(entry.value().unwrap()), &values[0]);
    }
    for key in absent {
        assert!(map.get(key).unwrap().is_none() && !map.contains_key(key).unwrap(), "{:?}", key);
        assert!(map.find(key).unwrap().is_none() && map.get_all(key).unwrap().next().is_none());
    }
    let asked: Vec<Q> = model.iter().map(|(key, _)| key.clone()).chain(absent.iter().cloned()).collect();
    let expected: Vec<Option<W>> =
        model.iter().map(|(_, values)| values.first().cloned()).chain(absent.iter().map(|_| None)).collect();
    let found = map.get_many(&asked).unwrap();
    assert_eq!(found.into_iter().map(|value| value.map(&value_of)).collect::<Vec<_>>(), expected);
    let there: Vec<bool> = expected.iter().map(Option::is_some).collect();
    assert_eq!(map.contains_many(&asked).unwrap(), there);
    assert_eq!(map.count_many(&asked).unwrap() as usize, model.len());
    for (entry, expected) in map.find_many(&asked).unwrap().into_iter().zip(&expected) {
        assert_eq!(entry.map(|entry| value_of(entry.value().unwrap())), *expected);
    }
    let mut seen = 0;
    for entry in map {
        let entry = entry.unwrap();
        let key = key_of(entry.key().unwrap());
        let (_, values) = model.iter().find(|(known, _)| *known == key).expect("each key is one that was added");
        assert_eq!(&all(entry.values()), values);
        seen += 1;
    }
    assert_eq!((seen, map.keys().count(), map.values().count()), (model.len(), model.len(), pairs));
}

/// All values of each key, in the order in which they were added.
fn multi<Q: Ord + Clone, W: Clone>(pairs: &[(Q, W)]) -> Vec<(Q, Vec<W>)> {
    let mut model = BTreeMap::<Q, Vec<W>>::new();
    pairs.iter().for_each(|(key, value)| model.entry(key.clone()).or_default().push(value.clone()));
    model.into_iter().collect()
}

/// The value of each key that counts.
fn simple<Q: Ord + Clone, W: Clone>(pairs: &[(Q, W)], duplicates: Duplicates) -> Vec<(Q, Vec<W>)> {
    let last = duplicates == Duplicates::Last;
    let counts = |values: Vec<W>| if last { values.last().cloned() } else { values.first().cloned() };
    multi(pairs).into_iter().map(|(key, values)| (key, counts(values).into_iter().collect())).collect()
}

/// Keys that are often the same, and also empty, long and not ASCII.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[ab]{0,2}", 2 => "\\PC{0,12}", 1 => Just("ä€𝄞".repeat(300))]
}

fn options(duplicates: Duplicates) -> HashMapOptions<'static> {
    HashMapOptions::new().duplicates(duplicates).threads(2)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn maps_of_texts_hold_what_was_added(
        pairs in prop::collection::vec((texts(), prop::collection::vec(any::<u8>(), 0..300)), 0..60),
        others in prop::collection::vec("[c-z]{1,9}", 1..9),
        keep_last: bool,
        deduplicate: bool,
    ) {
        let storage = Storage::anonymous("texts").unwrap();
        let duplicates = if keep_last { Duplicates::Last } else { Duplicates::First };
        let absent: Vec<String> = others.into_iter().filter(|key| !pairs.iter().any(|(known, _)| known == key)).collect();
        let options = options(duplicates).deduplicate(deduplicate);
        let mut builder = storage.begin_hash_map::<str, [u8]>(options).unwrap();
        builder.extend(pairs.iter().cloned()).unwrap();
        change(&storage, |transaction| builder.finish(transaction, "map").map(drop));
        let (model, key_of) = (simple(&pairs, duplicates), |key: &str| key.to_owned());
        let map = storage.hash_map::<str, [u8]>("map").unwrap();
        agree(&map, &model, &absent, key_of, |value: &[u8]| value.to_owned());
        let sorted: Vec<&str> = map.iter_sorted().unwrap().map(|entry| entry.unwrap().key().unwrap()).collect();
        let keys: Vec<&str> = model.iter().map(|(key, _)| key.as_str()).collect();
        prop_assert_eq!(&sorted, &keys);
        prop_assert!(map.iter_sorted().unwrap().rev().map(|entry| entry.unwrap().key().unwrap()).eq(keys.into_iter().rev()));
        // The same bytes in memory, and any of it as text.
        let packed = builder.pack().unwrap();
        agree(&HashMap::<str, [u8]>::unpack(packed).unwrap(), &model, &absent, key_of, |value: &[u8]| value.to_owned());
    }

    #[test]
    fn multi_maps_hold_all_in_order(
        pairs in prop::collection::vec((prop::collection::vec(0u8..3, 0..3), "\\PC{0,40}"), 0..120),
    ) {
        let mut builder = HashMapBuilder::<[u8], str>::new(MapShape::Multi).unwrap();
        builder.extend(pairs.iter().cloned()).unwrap();
        let map: HashMap<'_, [u8], str> = HashMap::unpack(builder.pack().unwrap()).unwrap();
        agree(&map, &multi(&pairs), &[vec![7; 3]], |key: &[u8]| key.to_owned(), |value: &str| value.to_owned());
    }

    #[test]
    fn numbers_to_numbers_are_columns_too(
        pairs in prop::collection::vec((prop_oneof![0u64..9, any::<u64>()], any::<u64>()), 0..200),
        shape in prop_oneof![Just(MapShape::Simple), Just(MapShape::Multi)],
    ) {
        let options = match shape {
            MapShape::Simple => options(Duplicates::First),
            shape => HashMapOptions::new().shape(shape),
        };
        let model = if shape == MapShape::Simple { simple(&pairs, Duplicates::First) } else { multi(&pairs) };
        let mut builder = HashMapBuilder::<u64, u64>::new(options).unwrap();
        let (keys, values): (Vec<u64>, Vec<u64>) = pairs.iter().copied().unzip();
        builder.add(&keys, &values).unwrap();
        let map: HashMap<'_, u64, u64> = HashMap::unpack(builder.pack().unwrap()).unwrap();
        let absent: Vec<u64> = (100..109).filter(|key| !keys.contains(key)).collect();
        agree(&map, &model, &absent, |key| key, |value| value);
        let (all_keys, all_values) = (map.key_column().unwrap(), map.value_column().unwrap());
        let mut columns: Vec<(u64, u64)> =
            (0..all_keys.len()).map(|at| (all_keys.get(at).unwrap(), all_values.get(at).unwrap())).collect();
        let mut expected: Vec<(u64, u64)> =
            model.iter().flat_map(|(key, values)| values.iter().map(move |value| (*key, *value))).collect();
        columns.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(columns, expected);
        for (key, values) in &model {
            let entry = map.find(key).unwrap().unwrap();
            prop_assert_eq!((entry.number(), &entry.numbers().unwrap()), (Some(values[0]), values));
        }
        let asked: Vec<u64> = model.iter().map(|(key, _)| *key).chain(absent.iter().copied()).collect();
        let mut found = vec![1; asked.len()];
        prop_assert_eq!(map.get_many_into(&asked, 77, &mut found).unwrap() as usize, model.len());
        prop_assert!(found[model.len()..].iter().all(|&number| number == 77));
        prop_assert!(found.iter().zip(&model).all(|(number, (_, values))| *number == values[0]));
        prop_assert!(map.iter_sorted().unwrap().map(|entry| entry.unwrap().key().unwrap()).eq(model.iter().map(|(key, _)| *key)));
    }

    #[test]
    fn damage_is_an_answer_and_never_more(at in any::<prop::sample::Index>(), bits: u8, cut in any::<prop::sample::Index>()) {
        let mut builder = HashMapBuilder::<str, str>::new(MapShape::Multi).unwrap();
        builder.extend((0..60u32).map(|n| ((n % 40).to_string(), "value ".repeat(n as usize % 7)))).unwrap();
        let packed = builder.pack().unwrap();
        let mut bytes = packed.to_vec();
        *at.get_mut(&mut bytes) ^= bits;
        for bytes in [bytes.clone(), bytes[..cut.index(bytes.len())].to_vec()] {
            let map = match HashMap::<'_, str, str>::unpack(bytes) {
                Ok(map) => map,
                Err(_) => continue,
            };
            let is_sound = map.verify().is_ok();
            let mut values = 0;
            for n in 0..40u32 {
                let found = map.get_all(&n.to_string()).map(|all| all.filter(Result::is_ok).count());
                values += found.unwrap_or(0);
            }
            prop_assert!(!is_sound || values == 60);
            let walked = map.values().take(1000).filter(Result::is_ok).count();
            prop_assert!(!is_sound || walked == 60);
            let _ = map.iter_sorted().map(|entries| entries.take(1000).filter(Result::is_ok).count());
            let _ = map.find_many(&["1", "39", "40"]);
        }
    }
}

#[test]
fn values_are_keys_and_values() {
    let tree = |n: i64| Tree::from([("n", Tree::from(n)), ("of", Tree::from(vec![1.5, 2.5]))]);
    let pairs: Vec<(Tree, Tree)> = (0..50)
        .map(|n| (tree(n), Tree::List(vec![Tree::from(n), Tree::Null])))
        .chain([
            (Tree::from("text"), Tree::Null),
            (Tree::Int(1), Tree::from(true)),
            (Tree::Float(1.0), Tree::from(false)),
        ])
        .collect();
    let mut builder = HashMapBuilder::<Tree, Tree>::new(HashMapOptions::new().deduplicate(true)).unwrap();
    builder.extend(pairs.iter().cloned()).unwrap();
    let map: HashMap<'_, Tree, Tree> = HashMap::unpack(builder.pack().unwrap()).unwrap();
    let model: Vec<(Tree, Vec<Tree>)> = pairs.iter().map(|(key, value)| (key.clone(), vec![value.clone()])).collect();
    let absent = [tree(50), Tree::Bool(true), Tree::from("txet")];
    agree(&map, &model, &absent, |key: Value<'_>| key.to_tree().unwrap(), |value: Value<'_>| value.to_tree().unwrap());
    let key = tree(7);
    let packed = key.pack().unwrap(); // looked for as it is
    assert_eq!(map.get(&packed).unwrap().unwrap().root().at(0).unwrap().unwrap().as_i64(), Some(7));
    assert_eq!(map.get(&key.to_value().unwrap()).unwrap().unwrap().root().at(0).unwrap().unwrap().as_i64(), Some(7));
    assert_eq!(map.get_many(&[packed]).unwrap().len(), 1);
    assert_eq!(map.iter_sorted().unwrap_err().kind(), ErrorKind::Type); // they have no order
    let kept = map.get(&tree(3)).unwrap().unwrap().into_owned().unwrap();
    drop(map);
    assert_eq!(kept.root().at(0).unwrap().unwrap().as_i64(), Some(3));
}

#[test]
fn keys_and_values_of_a_mebibyte_are_there() {
    let large = |byte: u8| vec![byte; 1 << 20];
    let storage = Storage::anonymous("large").unwrap();
    let mut builder = storage.begin_hash_map::<[u8], [u8]>(options(Duplicates::Error).memory_bytes(1 << 20)).unwrap();
    builder.extend((0..6u8).map(|byte| (large(byte), large(byte + 100)))).unwrap();
    builder.add(&[&b""[..]], &[&b""[..]]).unwrap();
    change(&storage, |transaction| builder.finish(transaction, "map").map(drop));
    let map = storage.hash_map::<[u8], [u8]>("map").unwrap();
    let mut model: Vec<(Vec<u8>, Vec<Vec<u8>>)> = (0..6).map(|byte| (large(byte), vec![large(byte + 100)])).collect();
    model.push((Vec::new(), vec![Vec::new()]));
    let mut nearly = large(3);
    nearly[1 << 19] = 4;
    agree(&map, &model, &[nearly], |key: &[u8]| key.to_owned(), |value: &[u8]| value.to_owned());
    assert_eq!(map.find(&large(0)).unwrap().unwrap().key_bytes().len(), 1 << 20);
}

#[test]
fn approximate_maps_keep_hashes() {
    let mut builder = HashMapBuilder::<str, u64>::new(MapShape::Approximate).unwrap();
    builder.add(&["a", "b", "a"], &[1, 2, 3]).unwrap();
    let map: HashMap<'_, str, u64> = HashMap::unpack(builder.pack().unwrap()).unwrap();
    assert_eq!(map.get_all("a").unwrap().collect::<Result<Vec<_>>>().unwrap(), [1, 3]);
    assert_eq!(map.get_many(&["b", "c"]).unwrap(), [Some(2), None]);
    let entry = map.find("a").unwrap().unwrap();
    assert_eq!((entry.key().unwrap_err().kind(), entry.key_bytes().len()), (ErrorKind::Type, 8));
    assert_eq!(map.key_column().unwrap().len(), 3);
    let hashes: Vec<u64> = {
        let raw = map.typed::<Raw, Raw>().unwrap();
        let hash = |key: Result<&[u8]>| u64::from_ne_bytes(key.unwrap().try_into().unwrap());
        raw.iter_sorted().unwrap().map(|entry| hash(entry.unwrap().key())).collect()
    };
    assert!(hashes.len() == 2 && hashes[0] < hashes[1]);
    let refused = HashMapBuilder::<u64, u64>::new(MapShape::Approximate).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid);
}

#[test]
fn a_second_pair_is_an_error_that_shows_the_key() {
    let mut builder = HashMapBuilder::<str, u64>::new(HashMapOptions::new()).unwrap();
    builder.add(&["once", "twice", "twice"], &[1, 2, 3]).unwrap();
    let refused = builder.prepare().unwrap_err();
    assert!(refused.kind() == ErrorKind::Duplicate && refused.message().contains("twice"), "{}", refused);
}

#[test]
fn a_map_is_opened_as_what_it_is() {
    let storage = Storage::anonymous("kinds").unwrap();
    let mut builder = storage.begin_hash_map::<str, u64>(HashMapOptions::new()).unwrap();
    builder.add(&["a"], &[1]).unwrap();
    change(&storage, |transaction| {
        transaction.create("buffer", &[1u8])?;
        let map = builder.finish(transaction, "map")?;
        assert_eq!(map.get("a")?, Some(1), "also before the commit");
        assert_eq!(transaction.hash_map::<str, u64>("map")?.get("a")?, Some(1));
        assert_eq!(builder.finish(transaction, "map").unwrap_err().kind(), ErrorKind::Exists);
        assert_eq!(builder.finish_over(transaction, "buffer").unwrap_err().kind(), ErrorKind::Kind);
        builder.finish(transaction, "again").map(drop)
    });
    assert_eq!(storage.hash_map::<[u8], u64>("map").unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(storage.hash_map::<str, str>("map").unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(storage.hash_map::<str, u64>("buffer").unwrap_err().kind(), ErrorKind::Kind);
    assert_eq!(storage.hash_map::<str, u64>("none").unwrap_err().kind(), ErrorKind::NotFound);
    let map = storage.snapshot().unwrap().hash_map_any("again").unwrap();
    assert_eq!(
        (map.info().key, map.info().value, map.info().shape),
        (KeyKind::Str, MapValueKind::U64, MapShape::Simple)
    );
    assert_eq!(Object::info(&map).unwrap().kind, ObjectKind::HashMap);
    assert!(Object::info(&map).unwrap().sealed);
    assert_eq!(map.records().unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(map.to_arrow().unwrap_err().kind(), ErrorKind::Kind);
    assert_eq!(map.key_column().unwrap_err().kind(), ErrorKind::Layout);
    let map = map.typed::<str, u64>().unwrap();
    assert_eq!(map.value_column().unwrap_err().kind(), ErrorKind::Layout);
    map.advise(Advice::WillNeed).unwrap();
    assert_eq!(map.find("a").unwrap().unwrap().number(), Some(1));
    storage.verify(VerifyLevel::Full).unwrap();
}

#[test]
fn pairs_that_do_not_fit_are_refused_and_the_rest_stays() {
    let mut builder = HashMapBuilder::<str, u64>::new(HashMapOptions::new()).unwrap();
    builder.add(&["a"], &[1]).unwrap();
    assert_eq!(builder.add(&["b", "c"], &[2]).unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(builder.add(&Column::from(&[7u64]), &[2]).unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(builder.add(&Column::bytes([&b"\xff"[..]]), &[2]).unwrap_err().kind(), ErrorKind::Invalid);
    builder.prepare().unwrap();
    assert_eq!(builder.add(&["b"], &[2]).unwrap_err().kind(), ErrorKind::Invalid);
    let map: HashMap<'_, str, u64> = HashMap::unpack(builder.pack().unwrap()).unwrap();
    assert_eq!((map.len(), map.get("a").unwrap()), (1, Some(1)));
    let refused = map.get_many_into(&["a"], 0, &mut [0; 2]).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::TooSmall);
    assert_eq!(HashMapBuilder::<str, Row>::new(HashMapOptions::new()).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(HashMapBuilder::<Raw, Raw>::new(HashMapOptions::new()).unwrap_err().kind(), ErrorKind::Invalid);
    let refused = HashMapBuilder::<str, u64>::new(HashMapOptions::new().deduplicate(true)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    let mut numbers = HashMapBuilder::<u64, u64>::new(HashMapOptions::new()).unwrap();
    let refused = numbers.add_map(&map).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Type);
    let directory = HashMapOptions::new().spill_directory("a\0b");
    assert_eq!(HashMapBuilder::<u64, u64>::new(directory).unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn records_that_no_struct_says_are_read_by_slot() {
    let slots = [SlotDef::fixed::<u64>("population"), SlotDef::new("country", SlotType::Str).nullable()];
    let schema = Schema::new("place", &slots).unwrap();
    let storage = Storage::anonymous("rows").unwrap();
    let options = HashMapOptions::new().shape(MapShape::Multi).schema(schema);
    let mut builder = storage.begin_hash_map::<str, Row>(options).unwrap();
    let countries = Column::texts(["DE", "", "US"]).presence([Presence::Present, Presence::Null, Presence::Present]);
    let columns = [Column::from(&[126_405u64, 1, 2]), countries];
    builder.add(&["Ulm", "Springfield", "Springfield"], &columns).unwrap();
    let short = [Column::from(&[1u64]), Column::texts(["DE"]).presence([Presence::Present])];
    assert_eq!(builder.add(&["Ulm", "Bern"], &short).unwrap_err().kind(), ErrorKind::Type);
    change(&storage, |transaction| builder.finish(transaction, "places").map(drop));
    let places = storage.hash_map::<str, Row>("places").unwrap();
    let found: Vec<MapRow<'_>> = places.get_all("Springfield").unwrap().collect::<Result<_>>().unwrap();
    assert_eq!(found.iter().map(MapRow::number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(found[0].get(1).unwrap(), Field::Scalar(Scalar::Null));
    assert_eq!(found[1].get(1).unwrap(), Field::Scalar(Scalar::Str("US")));
    assert_eq!(places.get("Ulm").unwrap().unwrap().get(0).unwrap(), Field::Scalar(Scalar::Int(126_405)));
    assert!(places.get("Bern").unwrap().is_none());
    assert_eq!(places.find("Springfield").unwrap().unwrap().numbers().unwrap(), [1, 2]);
    let records = places.records().unwrap();
    drop(places); // the table keeps the memory
    assert_eq!(records.column::<u64>(0).unwrap().to_vec().unwrap(), [126_405, 1, 2]);
    assert_eq!(records.info().unwrap().rows, 3);
}

#[cfg(feature = "derive")]
#[test]
fn structs_come_as_the_rows_themselves() {
    #[derive(Clone, Copy, Debug, PartialEq, Record)]
    #[repr(C)]
    struct Place {
        id: u32,
        population: u32,
        latitude: f64,
    }
    #[derive(Clone, Copy, Debug, PartialEq, Record)]
    #[repr(C)]
    struct Other {
        id: u32,
        population: u32,
        latitude: i64,
    }
    let place = |id: u32| Place { id, population: id * 3, latitude: f64::from(id) / 2.0 };
    let storage = Storage::anonymous("structs").unwrap();
    let mut builder = storage.begin_hash_map::<u64, Place>(HashMapOptions::new().deduplicate(true)).unwrap();
    builder.extend((0..1000u32).map(|id| (u64::from(id), place(id % 900)))).unwrap();
    change(&storage, |transaction| {
        let map = builder.finish(transaction, "places")?;
        assert_eq!(map.get(&7)?, Some(&place(7)), "also before the commit");
        Ok(())
    });
    let map = storage.hash_map::<u64, Place>("places").unwrap();
    let model: Vec<(u64, Vec<Place>)> = (0..1000u32).map(|id| (u64::from(id), vec![place(id % 900)])).collect();
    agree(&map, &model, &[1000, u64::MAX], |key| key, |value: &Place| *value);
    let rows = map.records().unwrap().rows::<Place>().unwrap();
    let ulm: &Place = map.get(&7).unwrap().unwrap();
    assert!(std::ptr::eq(ulm, &rows.as_slice().unwrap()[map.find(&7).unwrap().unwrap().number().unwrap() as usize]));
    assert_eq!(storage.hash_map::<u64, Other>("places").unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(storage.hash_map::<u64, u64>("places").unwrap_err().kind(), ErrorKind::Type);
}

#[test]
fn maps_are_merged_in_the_order_in_which_they_are_added() {
    let storage = Storage::anonymous("merge").unwrap();
    let part = |name: &str, pairs: &[(&str, &str)]| {
        let mut builder = storage.begin_hash_map::<str, str>(HashMapOptions::new()).unwrap();
        builder.extend(pairs.iter().copied()).unwrap();
        change(&storage, |transaction| builder.finish(transaction, name).map(drop));
        storage.hash_map::<str, str>(name).unwrap()
    };
    let parts = [part("a", &[("x", "1"), ("y", "2")]), part("b", &[("y", "3"), ("z", "4")]), part("c", &[])];
    let merged = |options: HashMapOptions<'static>| {
        let mut builder = HashMapBuilder::<str, str>::new(options).unwrap();
        for part in &parts {
            builder.add_map(part).unwrap();
        }
        HashMap::<str, str>::unpack(builder.pack().unwrap()).unwrap()
    };
    let of_y =
        |map: &HashMap<'_, str, str>| map.get_all("y").unwrap().map(|v| v.unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(of_y(&merged(options(Duplicates::First))), ["2"]);
    assert_eq!(of_y(&merged(options(Duplicates::Last))), ["3"]);
    let all = merged(HashMapOptions::new().shape(MapShape::Multi));
    assert_eq!((of_y(&all), all.len(), all.info().pairs), (vec!["2".into(), "3".into()], 3, 4));
}

#[test]
fn readers_keep_the_map_that_was_replaced_until_they_look_again() {
    let directory = Directory::new();
    let path = directory.file("a.deltos");
    let storage = create(&path);
    let build = |value: u64| {
        let mut builder = storage.begin_hash_map::<u64, u64>(HashMapOptions::new()).unwrap();
        builder.extend((0..5000).map(|key| (key, value))).unwrap();
        builder.prepare().unwrap();
        change(&storage, |transaction| builder.finish_over(transaction, "map").map(drop));
    };
    build(1);
    let reader = open(&path, Mode::Read).unwrap();
    let mut map = reader.hash_map::<u64, u64>("map").unwrap();
    let mut grown = 0;
    for value in 2..8 {
        build(value);
        assert_eq!(map.get(&4999).unwrap(), Some(value - 1), "as it was opened");
        assert!(map.refresh().unwrap() && !map.refresh().unwrap());
        assert_eq!(map.values().filter(|found| *found == Ok(value)).count(), 5000);
        grown = if value == 4 { storage.info().unwrap().file_bytes } else { grown };
    }
    assert_eq!(storage.info().unwrap().file_bytes, grown, "the space of those before comes back");
    let owned = map.into_owned().unwrap();
    assert_eq!(reader.close().unwrap_err().error().kind(), ErrorKind::Pinned);
    assert_eq!(owned.get(&1).unwrap(), Some(7));
}

#[test]
fn threads_refresh_while_one_replaces() {
    let directory = Directory::new();
    let path = directory.file("a.deltos");
    let storage = create(&path);
    let build = |value: u64| {
        let mut builder = storage.begin_hash_map::<str, u64>(HashMapOptions::new()).unwrap();
        builder.extend((0..300).map(|key: u32| (key.to_string(), value))).unwrap();
        builder.prepare().unwrap();
        change(&storage, |transaction| builder.finish_over(transaction, "map").map(drop));
    };
    build(0);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let reader = open(&path, Mode::Read).unwrap();
                let mut map = reader.hash_map::<str, u64>("map").unwrap();
                let mut last = 0;
                while !done.load(Ordering::Acquire) {
                    map.refresh().unwrap();
                    let values: Vec<u64> = map.values().collect::<Result<_>>().unwrap();
                    assert!(values.len() == 300 && values.iter().all(|&value| value == values[0]), "it is seen whole");
                    assert!(values[0] >= last, "and never goes back");
                    last = values[0];
                    assert_eq!(map.get("299").unwrap(), Some(last));
                }
            });
        }
        (1..60).for_each(build);
        done.store(true, Ordering::Release);
    });
}

#[test]
fn refreshing_to_a_map_of_other_kinds_is_an_error() {
    let storage = Storage::anonymous("other").unwrap();
    let mut numbers = storage.begin_hash_map::<u64, u64>(HashMapOptions::new()).unwrap();
    numbers.add(&[1], &[2]).unwrap();
    let mut texts = storage.begin_hash_map::<u64, str>(HashMapOptions::new()).unwrap();
    texts.add(&[1], &["two"]).unwrap();
    change(&storage, |transaction| numbers.finish(transaction, "map").map(drop));
    let mut map = storage.hash_map::<u64, u64>("map").unwrap();
    change(&storage, |transaction| texts.finish_over(transaction, "map").map(drop));
    assert_eq!(map.refresh().unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(map.get(&1).unwrap_err().kind(), ErrorKind::Type);
}

#[test]
fn building_in_little_memory_leaves_no_file_behind() {
    let directory = Directory::new();
    let storage = create(&directory.file("a.deltos"));
    let mut told = Vec::new();
    {
        let options = HashMapOptions::new().memory_bytes(1 << 20).progress(|progress| {
            told.push(progress);
            ControlFlow::Continue(())
        });
        let mut builder = storage.begin_hash_map::<str, [u8]>(options).unwrap();
        builder.extend((0..100_000u32).map(|n| (n.to_string(), n.to_le_bytes()))).unwrap();
        change(&storage, |transaction| builder.finish(transaction, "map").map(drop));
    }
    assert!(!told.is_empty());
    let map = storage.hash_map::<str, [u8]>("map").unwrap();
    assert_eq!(map.len(), 100_000);
    let keys: Vec<String> = (0..100_000u32).step_by(997).map(|n| n.to_string()).collect();
    for (key, value) in keys.iter().zip(map.get_many(&keys).unwrap()) {
        assert_eq!(value, Some(&key.parse::<u32>().unwrap().to_le_bytes()[..]));
    }
    let left: Vec<_> =
        std::fs::read_dir(directory.file(".")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["a.deltos"]);
}

#[test]
fn progress_cancels_and_a_panic_in_it_goes_on() {
    let pairs = || (0..200_000u64).map(|n| (n, n));
    let stop = std::cell::Cell::new(true);
    let options = HashMapOptions::new().memory_bytes(1 << 20).progress(|_| match stop.get() {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    });
    let mut builder = HashMapBuilder::<u64, u64>::new(options).unwrap();
    let refused = builder.extend(pairs()).and_then(|builder| builder.prepare()).map(drop).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Cancelled);
    stop.set(false);
    builder.prepare().unwrap();

    let options = HashMapOptions::new().memory_bytes(1 << 20).progress(|_| panic!("from progress"));
    let mut builder = HashMapBuilder::<u64, u64>::new(options).unwrap();
    let building =
        catch_unwind(AssertUnwindSafe(|| builder.extend(pairs()).and_then(|builder| builder.prepare()).map(drop)));
    assert_eq!(*building.unwrap_err().downcast::<&str>().unwrap(), "from progress");

    let mut builder = HashMapBuilder::<u64, u64>::new(HashMapOptions::new()).unwrap();
    builder.extend(pairs()).unwrap();
    let map: HashMap<'_, u64, u64> = HashMap::unpack(builder.pack().unwrap()).unwrap();
    let mut calls = 0;
    map.verify_with(&mut |_| {
        calls += 1;
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!(calls > 0);
    let stopped = map.verify_with(&mut |_| ControlFlow::Break(())).unwrap_err();
    assert_eq!(stopped.kind(), ErrorKind::Cancelled);
}

#[test]
fn bytes_at_any_address_are_read() {
    struct Behind(Vec<u8>);
    impl AsRef<[u8]> for Behind {
        fn as_ref(&self) -> &[u8] {
            &self.0[1..]
        }
    }
    let mut builder = HashMapBuilder::<str, u64>::new(HashMapOptions::new()).unwrap();
    builder.add(&["a"], &[1]).unwrap();
    let packed = builder.pack().unwrap();
    assert_eq!(builder.pack().unwrap()[..], packed[..]);
    let map: HashMap<'_, str, u64> = HashMap::unpack(Behind([&[0], &packed[..]].concat())).unwrap();
    assert_eq!(map.get("a").unwrap(), Some(1));
}

#[test]
fn threads_look_up_and_hand_entries_on() {
    let mut builder = HashMapBuilder::<str, str>::new(HashMapOptions::new()).unwrap();
    builder.extend((0..2000u32).map(|n| (n.to_string(), (n * 2).to_string()))).unwrap();
    let map: HashMap<'_, str, str> = HashMap::unpack(builder.pack().unwrap()).unwrap();
    std::thread::scope(|scope| {
        for first in 0..4u32 {
            let map = &map;
            scope.spawn(move || {
                for n in (first..2000).step_by(4) {
                    assert_eq!(map.get(&n.to_string()).unwrap(), Some((n * 2).to_string().as_str()));
                }
            });
        }
        let entry = map.find("7").unwrap().unwrap();
        scope.spawn(move || assert_eq!(entry.value().unwrap(), "14"));
        let entries = map.iter();
        scope.spawn(move || assert_eq!(entries.filter(Result::is_ok).count(), 2000));
    });
}
