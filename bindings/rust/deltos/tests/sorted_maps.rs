//! Sorted maps against a `BTreeMap`, through transactions and snapshots.

mod common;

use std::collections::BTreeMap;
use std::ops::Bound;

use common::{change, create, open, Directory};
use deltos::*;
use proptest::prelude::*;

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

/// A pair, copied.
fn copied(pair: Result<(&[u8], SortedValue<'_>)>) -> (Vec<u8>, Vec<u8>) {
    let (key, value) = pair.unwrap();
    (key.to_owned(), value.bytes().unwrap().to_owned())
}

/// Every way to look at a map tells what the model holds.
fn agree(map: &SortedMap<'_, [u8]>, state: &impl MapState, model: &Model, probes: &[Vec<u8>]) {
    let owned = || model.iter().map(|(key, value)| (key.clone(), value.clone()));
    assert!(map.iter(state).unwrap().map(copied).eq(owned()));
    assert!(map.iter(state).unwrap().rev().map(copied).eq(owned().rev()));
    let bytes: u64 = model.values().map(|value| value.len() as u64).sum();
    let info = map.info_in(state).unwrap();
    assert_eq!(
        (info.count, info.value_bytes, map.is_empty(state).unwrap()),
        (model.len() as u64, bytes, model.is_empty())
    );
    let pair = |pair: Option<(&[u8], SortedValue<'_>)>| pair.map(|(key, _)| key.to_owned());
    let key = |pair: Option<(&Vec<u8>, &Vec<u8>)>| pair.map(|(key, _)| key.clone());
    assert_eq!(pair(map.first(state).unwrap()), key(model.iter().next()));
    assert_eq!(pair(map.last(state).unwrap()), key(model.iter().next_back()));
    for probe in probes {
        let (unbounded, included, excluded) =
            (Bound::<&Vec<u8>>::Unbounded, Bound::Included(probe), Bound::Excluded(probe));
        assert_eq!(
            map.get(state, probe).unwrap().map(|value| value.bytes().unwrap()),
            model.get(probe).map(Vec::as_slice)
        );
        assert_eq!(map.contains_key(state, probe).unwrap(), model.contains_key(probe));
        assert_eq!(
            pair(map.at_least(state, probe).unwrap()),
            key(model.range::<Vec<u8>, _>((included, unbounded)).next())
        );
        assert_eq!(
            pair(map.above(state, probe).unwrap()),
            key(model.range::<Vec<u8>, _>((excluded, unbounded)).next())
        );
        assert_eq!(
            pair(map.at_most(state, probe).unwrap()),
            key(model.range::<Vec<u8>, _>((unbounded, included)).next_back())
        );
        assert_eq!(
            pair(map.below(state, probe).unwrap()),
            key(model.range::<Vec<u8>, _>((unbounded, excluded)).next_back())
        );
        let starting: Vec<_> = owned().filter(|(key, _)| key.starts_with(probe)).collect();
        assert!(map.prefix(state, probe).unwrap().map(copied).eq(starting.iter().cloned()));
        assert_eq!(map.count(state, Prefix(probe)).unwrap() as usize, starting.len());
        let mut from = map.iter(state).unwrap();
        from.seek(probe).unwrap();
        assert_eq!(from.count(), model.range::<Vec<u8>, _>((included, unbounded)).count());
    }
    for pair in probes.windows(2).filter(|pair| pair[0] < pair[1]) {
        let (from, to) = (&pair[0], &pair[1]);
        let expected = |bounds: (Bound<&Vec<u8>>, Bound<&Vec<u8>>)| {
            model.range::<Vec<u8>, _>(bounds).map(|(key, value)| (key.clone(), value.clone()))
        };
        let half = (Bound::Included(from), Bound::Excluded(to));
        assert!(map.range(state, from..to).unwrap().map(copied).eq(expected(half)));
        assert!(map.range(state, from..to).unwrap().rev().map(copied).eq(expected(half).rev()));
        assert_eq!(map.count(state, from..to).unwrap() as usize, expected(half).count());
        let whole = (Bound::Included(from), Bound::Included(to));
        assert!(map.range(state, from..=to).unwrap().map(copied).eq(expected(whole)));
        let open = (Bound::Excluded(from), Bound::Unbounded);
        assert!(map.range(state, open).unwrap().map(copied).eq(expected(open)));
        assert_eq!(map.range(state, to..from).unwrap().count(), 0, "crossing bounds hold nothing");
    }
    let found = map.get_many(state, probes).unwrap();
    assert!(found
        .iter()
        .zip(probes)
        .all(|(found, key)| found.map(|value| value.bytes().unwrap()) == model.get(key).map(Vec::as_slice)));
    let there = probes.iter().filter(|key| model.contains_key(*key)).count();
    assert_eq!(map.count_many(state, probes).unwrap() as usize, there);
}

#[derive(Clone, Debug)]
enum Act {
    Put(Vec<u8>, Vec<u8>),
    PutMany(Vec<(Vec<u8>, Vec<u8>)>),
    Remove(Vec<u8>),
    RemoveRange(Vec<u8>, Vec<u8>),
    RemovePrefix(Vec<u8>),
    Load(usize),
    Clear,
}

fn keys() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => prop::collection::vec(0u8..4, 0..5),
        1 => prop::collection::vec(any::<u8>(), 0..30),
        1 => (0u8..3).prop_map(|byte| vec![byte; 1024]),
    ]
}

fn values() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![6 => prop::collection::vec(any::<u8>(), 0..40), 1 => (0usize..3).prop_map(|n| vec![7; n * 960 + 1])]
}

fn acts() -> impl Strategy<Value = Act> {
    prop_oneof![
        8 => (keys(), values()).prop_map(|(key, value)| Act::Put(key, value)),
        2 => prop::collection::vec((keys(), values()), 0..40).prop_map(Act::PutMany),
        4 => keys().prop_map(Act::Remove),
        1 => (keys(), keys()).prop_map(|(from, to)| Act::RemoveRange(from, to)),
        1 => keys().prop_map(Act::RemovePrefix),
        1 => (1usize..300).prop_map(Act::Load),
        1 => Just(Act::Clear),
    ]
}

/// Changes map and model alike, which tell the same of it.
fn apply(map: &SortedMap<'_, [u8]>, transaction: &mut Transaction<'_>, model: &mut Model, act: &Act) {
    match act {
        Act::Put(key, value) => {
            let replaced = map.put(transaction, key, value).unwrap();
            assert_eq!(replaced, model.insert(key.clone(), value.clone()).is_some());
        }
        Act::PutMany(pairs) => {
            let (keys, values): (Vec<_>, Vec<_>) = pairs.iter().cloned().unzip();
            let before = model.len();
            model.extend(pairs.iter().cloned());
            assert_eq!(map.put_many(transaction, &keys, &values).unwrap() as usize, model.len() - before);
        }
        Act::Remove(key) => assert_eq!(map.remove(transaction, key).unwrap(), model.remove(key).is_some()),
        Act::RemoveRange(from, to) => {
            let removed = map.remove_range(transaction, from..to).unwrap();
            let before = model.len();
            model.retain(|key, _| !(from <= key && key < to));
            assert_eq!(removed as usize, before - model.len());
        }
        Act::RemovePrefix(prefix) => {
            let removed = map.remove_range(transaction, Prefix(prefix)).unwrap();
            let before = model.len();
            model.retain(|key, _| !key.starts_with(prefix));
            assert_eq!(removed as usize, before - model.len());
        }
        Act::Load(count) => {
            // Longer than any other key that is there, and behind all of them.
            let start = model.keys().next_back().map_or(Vec::new(), |last| last[..last.len().min(900)].to_vec());
            let rising = |n: usize| [&start[..], &[255; 70], &(n as u32).to_be_bytes()].concat();
            let pairs: Vec<_> = (0..*count).map(|n| (rising(n), vec![n as u8; n % 50])).collect();
            let above = |key: &Vec<u8>| model.keys().next_back().map_or(true, |last| last < key);
            match pairs.first().map_or(true, |(key, _)| above(key)) {
                true => {
                    map.load(transaction, pairs.iter().map(|(key, value)| (key, value))).unwrap();
                    model.extend(pairs);
                }
                false => assert!(map.load(transaction, pairs).is_err()),
            }
        }
        Act::Clear => {
            assert_eq!(map.clear(transaction).unwrap() as usize, model.len());
            model.clear();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_map_holds_what_a_btree_map_holds(
        lives in prop::collection::vec((prop::collection::vec(acts(), 0..25), any::<bool>()), 1..5),
        probes in prop::collection::vec(keys(), 2..9),
    ) {
        let directory = Directory::new();
        let path = directory.file("a.deltos");
        let storage = create(&path);
        change(&storage, |transaction| transaction.create_sorted_map::<[u8]>("map").map(drop));
        let reader = open(&path, Mode::Read).unwrap();
        let seen = reader.sorted_map::<[u8]>("map").unwrap();
        let (map, mut model) = (storage.sorted_map::<[u8]>("map").unwrap(), Model::new());
        let mut older = Vec::new();
        for (acts, commits) in &lives {
            older.push((reader.snapshot().unwrap(), model.clone()));
            let mut changed = model.clone();
            let mut transaction = storage.begin().unwrap();
            for act in acts {
                apply(&map, &mut transaction, &mut changed, act);
            }
            agree(&map, &transaction, &changed, &probes);
            agree(&map, &storage.snapshot().unwrap(), &model, &probes);
            if *commits {
                transaction.commit(Durability::Async).unwrap();
                model = changed;
            } else {
                transaction.abort();
            }
        }
        for (snapshot, model) in &older {
            agree(&seen, snapshot, model, &probes);
        }
        agree(&seen, &reader.snapshot().unwrap(), &model, &probes);
        prop_assert!(storage.verify(VerifyLevel::Full).unwrap().is_sound());
    }

    #[test]
    fn both_ends_meet_once(count in 0u64..60, turns in prop::collection::vec(any::<bool>(), 0..80), from in 0u64..70) {
        let storage = Storage::anonymous("ends").unwrap();
        let mut transaction = storage.begin().unwrap();
        let map = transaction.create_sorted_map::<u64>("map").unwrap();
        map.load(&mut transaction, (0..count).map(|n| (n, n.to_string()))).unwrap();
        let mut pairs = map.range(&transaction, from..).unwrap();
        let mut model = (from..count.max(from)).collect::<Vec<_>>().into_iter();
        for front in turns {
            let (pair, expected) = if front { (pairs.next(), model.next()) } else { (pairs.next_back(), model.next_back()) };
            prop_assert_eq!(pair.map(|pair| pair.unwrap().0), expected);
        }
    }
}

#[test]
fn numbers_are_ordered_as_numbers() {
    let storage = Storage::anonymous("numbers").unwrap();
    let mut transaction = storage.begin().unwrap();
    let map = transaction.create_sorted_map::<u64>("map").unwrap();
    let keys = [256u64, 1, u64::MAX, 0, 255];
    map.put_many(&mut transaction, &keys, &["a", "b", "c", "d", "e"]).unwrap();
    let found: Vec<u64> = map.iter(&transaction).unwrap().map(|pair| pair.unwrap().0).collect();
    assert_eq!(found, [0, 1, 255, 256, u64::MAX]);
    assert_eq!(map.last(&transaction).unwrap(), Some((u64::MAX, SortedValue::Bytes(b"c"))));
    assert_eq!(map.count(&transaction, 1..=256).unwrap(), 3);
    assert_eq!(map.prefix(&transaction, &1).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(map.key_kind(), KeyKind::U64);
    transaction.commit(Durability::Async).unwrap();
    assert_eq!(storage.sorted_map::<str>("map").unwrap_err().kind(), ErrorKind::Type);
    let any = storage.snapshot().unwrap().sorted_map_any("map").unwrap();
    assert_eq!((any.key_kind(), any.info().unwrap().count), (KeyKind::U64, 5));
    assert_eq!(Object::info(&any).unwrap().kind, ObjectKind::SortedMap);
    assert_eq!(any.to_arrow().unwrap_err().kind(), ErrorKind::Kind);
    assert!(any.typed::<u64>().unwrap().contains_key(&storage.snapshot().unwrap(), &255).unwrap());
}

#[test]
fn texts_come_as_texts() {
    let storage = Storage::anonymous("texts").unwrap();
    let mut transaction = storage.begin().unwrap();
    let map = transaction.create_sorted_map::<str>("map").unwrap();
    map.put_many(&mut transaction, &["zwei", "eins", "ä"], &["2", "1", "?"]).unwrap();
    let found: Vec<&str> = map.iter(&transaction).unwrap().map(|pair| pair.unwrap().0).collect();
    assert_eq!(found, ["eins", "zwei", "ä"]);
    let name = "zwei".to_owned();
    assert_eq!(map.get(&transaction, &name).unwrap(), map.get(&transaction, "zwei").unwrap());
    assert!(map.remove(&mut transaction, &name).unwrap() && !map.remove(&mut transaction, "zwei").unwrap());
    let refused = map.put_many(&mut transaction, &Column::bytes([&b"\xff"[..]]), &["x"]).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    assert_eq!(transaction.create_sorted_map::<str>("map").unwrap_err().kind(), ErrorKind::Exists);
}

#[test]
fn what_is_too_long_or_out_of_order_is_refused_and_nothing_changes() {
    let storage = Storage::anonymous("limits").unwrap();
    let mut transaction = storage.begin().unwrap();
    let map = transaction.create_sorted_map::<[u8]>("map").unwrap();
    assert_eq!(map.put(&mut transaction, &vec![0; 1025], "x").unwrap_err().kind(), ErrorKind::Limit);
    assert!(map.get(&transaction, &vec![0; 1025]).unwrap().is_none());
    assert_eq!(map.put(&mut transaction, b"x", vec![0; (16 << 20) + 1]).unwrap_err().kind(), ErrorKind::Limit);
    map.put(&mut transaction, b"x", vec![7; 16 << 20]).unwrap();
    assert_eq!(map.get(&transaction, b"x").unwrap().unwrap().bytes().unwrap().len(), 16 << 20);
    let refused = map.load_many(&mut transaction, &["y", "y"], &["1", "2"]).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Duplicate);
    let refused = map.load_many(&mut transaction, &["z", "y"], &["1", "2"]).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Range);
    assert_eq!(map.put_many(&mut transaction, &["y", "z"], &["1"]).unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(map.len(&transaction).unwrap(), 1);
}

#[test]
fn values_can_be_objects() {
    let storage = Storage::anonymous("objects").unwrap();
    change(&storage, |transaction| {
        let map = transaction.create_sorted_map::<str>("map")?;
        let buffer = transaction.create("buffer", &[1u8, 2])?;
        assert!(!map.put_object(transaction, "of", &buffer)?);
        assert!(map.put_object(transaction, "of", &buffer)?);
        Ok(())
    });
    let (snapshot, map) = (storage.snapshot().unwrap(), storage.sorted_map::<str>("map").unwrap());
    let value = map.get(&snapshot, "of").unwrap().unwrap();
    assert_eq!(value.bytes(), None);
    let object = snapshot.object_by_id(value.object_id().unwrap()).unwrap();
    assert_eq!(object.view::<u8>().unwrap().to_vec().unwrap(), [1, 2]);
    assert_eq!(map.info_in(&snapshot).unwrap().objects, 1);
}

#[test]
fn a_state_that_has_no_such_map_says_so() {
    let storage = Storage::anonymous("stale").unwrap();
    let before = storage.snapshot().unwrap();
    change(&storage, |transaction| transaction.create_sorted_map::<str>("map").map(drop));
    let map = storage.sorted_map::<str>("map").unwrap();
    assert_eq!(map.get(&before, "a").unwrap_err().kind(), ErrorKind::Stale);
    let with = storage.snapshot().unwrap();
    change(&storage, |transaction| {
        map.put(transaction, "a", "1")?;
        transaction.delete("map")?;
        assert_eq!(map.put(transaction, "a", "1").unwrap_err().kind(), ErrorKind::Stale);
        Ok(())
    });
    assert_eq!(map.get(&with, "a").unwrap(), None);
    assert_eq!(map.get(&storage.snapshot().unwrap(), "a").unwrap_err().kind(), ErrorKind::Stale);
    let other = Storage::anonymous("other").unwrap();
    assert_eq!(map.get(&other.snapshot().unwrap(), "a").unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(other.sorted_map::<str>("map").unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn a_map_that_was_made_anew_is_found_again() {
    let storage = Storage::anonymous("anew").unwrap();
    change(&storage, |transaction| transaction.create_sorted_map::<str>("map").map(drop));
    let (mut same, mut other) = (storage.sorted_map::<str>("map").unwrap(), storage.sorted_map::<str>("map").unwrap());
    assert!(!same.refresh().unwrap());
    change(&storage, |transaction| {
        transaction.delete("map")?;
        transaction.create_sorted_map::<str>("map")?.put(transaction, "a", "1").map(drop)
    });
    assert!(same.refresh().unwrap());
    let snapshot = storage.snapshot().unwrap();
    assert_eq!(same.get(&snapshot, "a").unwrap().unwrap().bytes(), Some(&b"1"[..]));
    change(&storage, |transaction| {
        transaction.delete("map")?;
        transaction.create_sorted_map::<u64>("map")?.put(transaction, &1, "1").map(drop)
    });
    assert_eq!(other.refresh().unwrap_err().kind(), ErrorKind::Type);
    let snapshot = storage.snapshot().unwrap();
    assert_eq!(other.get(&snapshot, "a").unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(other.iter(&snapshot).unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(other.first(&snapshot).unwrap_err().kind(), ErrorKind::Type);
}

#[test]
fn what_a_range_has_lent_outlives_it_and_the_map() {
    let storage = Storage::anonymous("lent").unwrap();
    change(&storage, |transaction| {
        let map = transaction.create_sorted_map::<[u8]>("map")?;
        map.load(transaction, (0..3000u32).map(|n| (n.to_be_bytes(), vec![n as u8; n as usize % 2000])))
    });
    let snapshot = storage.snapshot().unwrap();
    let map = storage.sorted_map::<[u8]>("map").unwrap();
    let lent: Vec<_> = map.iter(&snapshot).unwrap().collect::<Result<_>>().unwrap();
    for round in 0..3 {
        change(&storage, |transaction| {
            map.clear(transaction)?;
            map.load(transaction, (0..3000u32).map(|n| (n.to_be_bytes(), vec![round; 1000])))
        });
    }
    for (n, (key, value)) in (0u32..).zip(&lent) {
        assert_eq!(*key, n.to_be_bytes());
        assert!(
            value.bytes().unwrap().len() == n as usize % 2000
                && value.bytes().unwrap().iter().all(|&byte| byte == n as u8)
        );
    }
}

#[test]
fn threads_read_snapshots_while_one_changes() {
    let directory = Directory::new();
    let storage = create(&directory.file("a.deltos"));
    change(&storage, |transaction| transaction.create_sorted_map::<u64>("map").map(drop));
    let (map, done) = (storage.sorted_map::<u64>("map").unwrap(), std::sync::atomic::AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(std::sync::atomic::Ordering::Acquire) {
                    let snapshot = storage.snapshot().unwrap();
                    let values: Vec<_> = map.iter(&snapshot).unwrap().map(|pair| pair.unwrap().1).collect();
                    assert!(values.windows(2).all(|pair| pair[0] == pair[1]), "each commit is seen whole");
                    assert_eq!(values.len() as u64, map.len(&snapshot).unwrap());
                }
            });
        }
        for round in 0..60u64 {
            change(&storage, |transaction| {
                let keys: Vec<u64> = (0..round * 7).collect();
                let values = vec![round.to_string(); keys.len()];
                map.put_many(transaction, &keys, &values).map(drop)
            });
        }
        done.store(true, std::sync::atomic::Ordering::Release);
    });
    assert_eq!(map.info_in(&storage.snapshot().unwrap()).unwrap().count, 59 * 7);
}
