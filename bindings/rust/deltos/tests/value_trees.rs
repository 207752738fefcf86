//! Values: what is built is read, in storages and in memory, and what is damaged is refused.

mod common;

use std::collections::HashMap;
use std::sync::Arc;

use common::{change, create, entangled, open, Directory};
use deltos::*;
use proptest::prelude::*;

fn scalars() -> impl Strategy<Value = Tree> {
    prop_oneof![
        Just(Tree::Null),
        any::<bool>().prop_map(Tree::Bool),
        any::<i64>().prop_map(Tree::Int),
        (-300i64..300).prop_map(Tree::Int),
        any::<u64>().prop_map(Tree::UInt),
        any::<f64>().prop_map(Tree::Float),
        any::<f32>().prop_map(|number| Tree::Float(number.into())),
        prop::collection::vec(any::<u8>(), 0..80).prop_map(Tree::Bytes),
        ".{0,40}".prop_map(Tree::Str),
        (-(1i64 << 55)..1 << 55).prop_map(|days| Tree::Date(Date { days })),
        (any::<i64>(), 0..1_000_000_000u32, prop::option::of(-86_399..86_400i32))
            .prop_map(|(seconds, nanoseconds, offset)| { Tree::DateTime(DateTime { seconds, nanoseconds, offset }) }),
        decimals().prop_map(Tree::Decimal),
        arrays().prop_map(Tree::Array),
        (1u64..1 << 56).prop_map(Tree::Reference),
    ]
}

fn decimals() -> impl Strategy<Value = Decimal<'static>> {
    let class = prop_oneof![
        4 => Just(DecimalClass::Finite),
        1 => Just(DecimalClass::Infinite),
        1 => Just(DecimalClass::NaN),
        1 => Just(DecimalClass::SignallingNaN)
    ];
    (class, any::<bool>(), "[0-9]{0,30}", -100i64..100).prop_map(|(class, negative, digits, exponent)| Decimal {
        class,
        negative,
        digits: digits.into(),
        exponent,
    })
}

fn arrays() -> impl Strategy<Value = TreeArray> {
    prop::collection::vec(0..4usize, 0..4).prop_flat_map(|shape| {
        let count = shape.iter().product::<usize>();
        prop::collection::vec(any::<f64>(), count).prop_map(move |elements| TreeArray::new(&elements, &shape).unwrap())
    })
}

/// No two that are equal.
fn distinct<T>(all: Vec<T>, key: impl Fn(&T) -> &Tree) -> Vec<T> {
    let mut kept: Vec<T> = Vec::new();
    for one in all {
        if !kept.iter().any(|earlier| key(earlier) == key(&one)) {
            kept.push(one);
        }
    }
    kept
}

fn trees() -> impl Strategy<Value = Tree> {
    scalars().prop_recursive(5, 120, 12, |below| {
        let many = prop::collection::vec(below.clone(), 0..12);
        let numbers = prop::collection::vec((-70_000i64..70_000).prop_map(Tree::Int), 0..40);
        let floats = prop::collection::vec(any::<f64>().prop_map(Tree::Float), 0..40);
        let truths = prop::collection::vec(any::<bool>().prop_map(Tree::Bool), 0..40);
        prop_oneof![
            many.clone().prop_map(Tree::List),
            many.clone().prop_map(Tree::Tuple),
            many.prop_map(|members| Tree::Set(distinct(members, |member| member))),
            prop::collection::vec((below.clone(), below), 0..12)
                .prop_map(|pairs| Tree::Dict(distinct(pairs, |(key, _)| key))),
            numbers.clone().prop_map(Tree::List),
            numbers.prop_map(|members| Tree::Set(distinct(members, |member| member))),
            floats.prop_map(Tree::Tuple),
            truths.prop_map(Tree::List),
        ]
    })
}

fn config() -> ProptestConfig {
    let cases = if std::env::var_os("DELTOS_LONG").is_some() { 3000 } else { 150 };
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// What a node says of itself in every way, against the tree that it was built of.
fn check(node: Node<'_>, tree: &Tree) {
    assert_eq!(&node.to_tree().unwrap(), tree);
    assert_eq!((node.as_bool(), node.as_i64(), node.as_u64()), (tree.as_bool(), tree.as_i64(), tree.as_u64()));
    assert_eq!((node.as_str(), node.as_bytes()), (tree.as_str(), tree.as_bytes()));
    assert_eq!(node.is_null(), tree.is_null());
    let again = node.value().node(node.id()).unwrap();
    assert!(again == node && again.kind() == node.kind());
    match tree {
        Tree::List(elements) | Tree::Tuple(elements) => {
            assert_eq!(node.len(), elements.len());
            for (at, element) in elements.iter().enumerate() {
                check(node.at(at).unwrap().unwrap(), element);
            }
            assert!(node.at(elements.len()).unwrap().is_none());
            if let Some(numbers) = node.numbers() {
                let expected: Vec<f64> = elements.iter().map(|element| element.as_f64().unwrap()).collect();
                let bits = |numbers: Vec<f64>| numbers.into_iter().map(f64::to_bits).collect::<Vec<_>>();
                assert_eq!(bits(numbers.iter_f64().collect()), bits(expected));
            }
        }
        Tree::Set(members) => {
            let elements: Vec<Node<'_>> = node.elements().unwrap().map(Result::unwrap).collect();
            assert_eq!(elements.len(), members.len());
            for element in elements {
                assert!(node.contains(element).unwrap());
                assert!(members.contains(&element.to_tree().unwrap()));
            }
        }
        Tree::Dict(pairs) => {
            for (pair, (key, value)) in node.pairs().unwrap().zip(pairs) {
                let (found_key, found_value) = pair.unwrap();
                check(found_key, key);
                check(found_value, value);
                assert_eq!(node.get(found_key).unwrap().unwrap().id(), found_value.id());
                let elsewhere = key.to_value().unwrap();
                assert_eq!(node.get(elsewhere.root()).unwrap().unwrap().id(), found_value.id());
            }
        }
        _ => assert!(node.at(0).is_err() && node.pairs().is_err()),
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn trees_come_back_as_they_were_put(tree in trees()) {
        let value = tree.to_value().unwrap();
        check(value.root(), &tree);
        let copy = Value::unpack(value.root().pack().unwrap()).unwrap();
        prop_assert_eq!(copy.root(), value.root());
        prop_assert_eq!(copy.root().stable_hash().unwrap(), value.root().stable_hash().unwrap());
        prop_assert_eq!(tree.to_string(), value.to_string());
    }

    #[test]
    fn trees_are_equal_when_their_values_are(a in trees(), b in trees()) {
        let (left, right) = (a.to_value().unwrap(), b.to_value().unwrap());
        prop_assert_eq!(a == b, left == right);
        if a == b {
            prop_assert_eq!(left.root().stable_hash().unwrap(), right.root().stable_hash().unwrap());
        }
    }

    #[test]
    fn whatever_bytes_are_changed_reading_ends_with_an_answer(tree in trees(), at in any::<usize>(), bits in 1..=255u8) {
        let mut bytes = tree.pack().unwrap().to_vec();
        let at = at % bytes.len();
        bytes[at] ^= bits;
        if let Ok(value) = Value::unpack(bytes) {
            let _ = (value.to_tree(), value.root().stable_hash(), value.to_string(), value.root().pack());
            if let Ok(elements) = value.root().elements() {
                elements.for_each(drop);
            }
        }
    }

    #[test]
    fn days_and_times_come_back_from_their_text(days in any::<i64>(), seconds in -1i64 << 60..1 << 60,
            nanoseconds in 0..1_000_000_000u32, offset in prop::option::of(-86_399..86_400i32)) {
        let date = Date { days };
        let (year, month, day) = date.ymd();
        prop_assert_eq!(Date::from_ymd(year, month, day), Some(date));
        prop_assert_eq!(date.to_string().parse::<Date>().unwrap(), date);
        let time = DateTime { seconds, nanoseconds, offset };
        prop_assert_eq!(time.to_string().parse::<DateTime>().unwrap(), time);
    }

    #[test]
    fn decimals_come_back_from_their_text(decimal in decimals()) {
        let text = decimal.to_string();
        let parsed: Decimal<'_> = text.parse().unwrap();
        prop_assert_eq!(parsed.to_string(), text);
        if decimal.class == DecimalClass::Finite {
            prop_assert_eq!(parsed, decimal);
        }
    }
}

#[test]
fn days_are_those_of_the_calendar() {
    let days = |text: &str| text.parse::<Date>().unwrap().days;
    assert_eq!([days("1970-01-01"), days("1969-12-31"), days("2000-02-29")], [0, -1, 11_016]);
    assert_eq!([days("0000-03-01"), days("-0001-12-31"), days("+10000-01-01")], [-719_468, -719_529, 2_932_897]);
    for wrong in ["", "1970", "1970-1-1", "1970-13-01", "1970-02-29", "10000-01-01", "1970-01-01x", "é970-01-01"] {
        assert_eq!(wrong.parse::<Date>().unwrap_err().kind(), ErrorKind::Invalid, "{:?}", wrong);
    }
}

#[test]
fn times_are_read_as_iso_8601_writes_them() {
    let time = |text: &str| text.parse::<DateTime>().map_err(|error| error.kind());
    assert_eq!(time("1970-01-01T00:00:00Z"), Ok(DateTime { seconds: 0, nanoseconds: 0, offset: Some(0) }));
    let before = DateTime { seconds: -1, nanoseconds: 500_000_000, offset: None };
    assert_eq!(time("1969-12-31 23:59:59.5"), Ok(before));
    assert_eq!(time("1970-01-01T00:00-00:30"), Ok(DateTime { seconds: 1800, nanoseconds: 0, offset: Some(-1800) }));
    for wrong in [
        "1970-01-01",
        "1970-01-01T24:00:00",
        "1970-01-01T00:60:00",
        "1970-01-01T00:00:00.",
        "1970-01-01T",
        "1970-01-01T00:00:00+24:00",
        "1970-01-01T00:00:00.1234567891",
    ] {
        assert_eq!(time(wrong), Err(ErrorKind::Invalid), "{:?}", wrong);
    }
}

#[test]
fn instants_become_times_in_utc_and_come_back() {
    use std::time::{Duration, SystemTime, UNIX_EPOCH};
    for instant in [UNIX_EPOCH, UNIX_EPOCH - Duration::from_millis(1500), UNIX_EPOCH + Duration::from_nanos(1)] {
        let time = DateTime::from(instant);
        assert_eq!(time.offset, Some(0));
        assert_eq!(SystemTime::try_from(time).unwrap(), instant);
    }
    assert_eq!(DateTime::from(UNIX_EPOCH - Duration::from_millis(1500)).to_string(), "1969-12-31T23:59:58.5Z");
    let clock = DateTime { offset: None, ..DateTime::default() };
    assert_eq!(SystemTime::try_from(clock).unwrap_err().kind(), ErrorKind::Type);
}

#[test]
fn decimals_are_shown_as_python_shows_them() {
    for text in [
        "0",
        "-0",
        "1",
        "-12.50",
        "0.000001",
        "1E-7",
        "1.23E-10",
        "1E+3",
        "1.5E+30",
        "0.00",
        "0E+2",
        "Infinity",
        "-Infinity",
        "NaN",
        "-NaN123",
        "sNaN",
    ] {
        assert_eq!(text.parse::<Decimal<'_>>().unwrap().to_string(), text);
    }
    for wrong in ["", ".", "1.2.3", "1e", "e5", "--1", "nanx", "0x1", "1_000"] {
        assert_eq!(wrong.parse::<Decimal<'_>>().unwrap_err().kind(), ErrorKind::Invalid, "{:?}", wrong);
    }
    let (a, b): (Decimal<'_>, Decimal<'_>) = ("1.0".parse().unwrap(), "10E-1".parse().unwrap());
    assert_eq!(a, b);
}

/// {"name": "Ulm", "at": (48.4, 9.98), "grid": 2 × 3, "twins": {...}}
fn city() -> ValueBuilder {
    let mut builder = ValueBuilder::new().unwrap();
    builder
        .dict(|city| {
            city.put("name")?.put("Ulm")?;
            city.put("at")?.put_tuple_of(&[48.4, 9.98])?;
            city.put("grid")?.put_array(Content::from(&[0i32, 1, 2, 3, 4, 5]).shape(&[2, 3])?)?;
            city.put("twins")?.set(|twins| twins.put("Pécs")?.put("Arad").map(drop))
        })
        .unwrap();
    builder
}

fn check_city(value: &Value<'_>) {
    assert_eq!(value.get("name").unwrap().unwrap(), "Ulm");
    assert_eq!(value.get("at").unwrap().unwrap().as_slice::<f64>().unwrap(), [48.4, 9.98]);
    let grid = value.get("grid").unwrap().unwrap();
    assert_eq!(grid.array().unwrap().shape(), [2, 3]);
    assert_eq!(grid.as_slice::<i32>().unwrap(), [0, 1, 2, 3, 4, 5]);
    assert!(value.get("twins").unwrap().unwrap().contains("Arad").unwrap());
    assert!(value.get("mayor").unwrap().is_none());
}

#[test]
fn a_value_of_a_storage_is_sealed_and_found_by_other_openings() {
    let directory = Directory::new();
    let storage = create(&directory.file("a.deltos"));
    change(&storage, |transaction| {
        check_city(&city().store(transaction, "ulm")?);
        check_city(&transaction.value("ulm")?);
        let again = city().store(transaction, "ulm").unwrap_err();
        assert_eq!(again.kind(), ErrorKind::Exists);
        transaction.create("plain", &[1u8]).map(drop)
    });
    let reader = open(&directory.file("a.deltos"), Mode::Read).unwrap();
    let value = reader.value("ulm").unwrap();
    check_city(&value);
    check_city(&reader.snapshot().unwrap().value("ulm").unwrap());
    let info = value.info().unwrap();
    assert_eq!((info.kind, info.sealed, info.writable, info.name.as_str()), (ObjectKind::Value, true, false, "ulm"));
    assert_eq!(reader.value("plain").unwrap_err().kind(), ErrorKind::Kind);
    assert_eq!(value.any_view(ViewRequest::FULL_RO).unwrap_err().kind(), ErrorKind::Kind);
}

#[test]
fn a_value_that_is_owned_outlives_the_borrow_and_keeps_the_storage_open() {
    let storage = Storage::anonymous("owned").unwrap();
    change(&storage, |transaction| city().store(transaction, "ulm").map(drop));
    let value: Value<'static> = storage.value("ulm").unwrap().into_owned().unwrap();
    let refused = storage.close().unwrap_err();
    assert_eq!(refused.error().kind(), ErrorKind::Pinned);
    drop(refused);
    std::thread::spawn(move || check_city(&value)).join().unwrap();
}

#[test]
fn what_an_abort_takes_back_stays_where_it_is_read() {
    let storage = Storage::anonymous("abort").unwrap();
    let mut transaction = storage.begin().unwrap();
    let value = city().store(&mut transaction, "ulm").unwrap();
    let numbers: &[f64] = value.get("at").unwrap().unwrap().as_slice().unwrap();
    transaction.abort();
    for round in 0..20u64 {
        change(&storage, |transaction| transaction.create(&format!("{}", round), &[round; 200]).map(drop));
    }
    assert_eq!(numbers, [48.4, 9.98]);
    assert!(storage.value("ulm").is_err());
}

#[test]
fn packed_bytes_are_read_wherever_they_lie() {
    let packed = city().pack().unwrap();
    check_city(&packed.value().unwrap());
    check_city(&Value::unpack(packed.to_vec()).unwrap());
    check_city(&Value::unpack(Arc::<[u8]>::from(&packed[..])).unwrap());
    let mut shifted = vec![0; 3];
    shifted.extend_from_slice(&packed);
    struct From3(Vec<u8>);
    impl AsRef<[u8]> for From3 {
        fn as_ref(&self) -> &[u8] {
            &self.0[3..]
        }
    }
    assert_eq!(Value::unpack_ref(&shifted[3..]).unwrap_err().kind(), ErrorKind::Layout);
    check_city(&Value::unpack(From3(shifted)).unwrap());
    let mut builder = city();
    let size = builder.packed_size().unwrap();
    assert_eq!(size, packed.len());
    assert_eq!(builder.pack_into(&mut vec![0; size - 1]).unwrap_err().kind(), ErrorKind::TooSmall);
    assert_eq!(Value::unpack_ref(&packed[..size - 8]).unwrap_err().kind(), ErrorKind::Corrupt);
    assert_eq!(Value::unpack(Vec::new()).unwrap_err().kind(), ErrorKind::NotDeltos);
}

#[test]
fn views_keep_the_memory_of_values_that_own_it() {
    let value = city().to_value().unwrap();
    let view = value.get("grid").unwrap().unwrap().view::<i32>().unwrap().into_owned();
    drop(value);
    assert_eq!(view.as_slice().unwrap(), [0, 1, 2, 3, 4, 5]);
    let packed = city().pack().unwrap();
    let borrowed = packed.value().unwrap();
    let refused = borrowed.get("grid").unwrap().unwrap().view::<i32>().unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported);
    check_city(&borrowed.into_owned().unwrap());
}

#[test]
fn an_owner_is_dropped_once_with_the_last_that_needs_it() {
    let owner = Arc::new(());
    struct Owned {
        bytes: PackedValue,
        _counted: Arc<()>,
    }
    impl AsRef<[u8]> for Owned {
        fn as_ref(&self) -> &[u8] {
            &self.bytes
        }
    }
    let owned = |bytes| Owned { bytes, _counted: owner.clone() };
    let value = Value::unpack(owned(city().pack().unwrap())).unwrap();
    let view = value.get("at").unwrap().unwrap().view::<f64>().unwrap().into_owned();
    drop(value);
    assert_eq!(Arc::strong_count(&owner), 2);
    drop(view);
    assert_eq!(Arc::strong_count(&owner), 1);
    assert!(Value::unpack(owned(PackedValue::copy_of(&[7; 64]))).is_err());
    assert_eq!(Arc::strong_count(&owner), 1);
}

#[test]
fn shared_nodes_are_stored_once_and_cycles_are_kept() {
    let mut builder = ValueBuilder::new().unwrap();
    builder.named(1).begin(ValueKind::List).unwrap();
    builder.named(2).put("a text that is too long to be found again by chance, of more than 64 bytes").unwrap();
    builder.share(2).unwrap().share(1).unwrap().end().unwrap();
    let value = builder.to_value().unwrap();
    for value in [&value, &Value::unpack(value.root().pack().unwrap()).unwrap()] {
        let ids: Vec<u64> = value.root().elements().unwrap().map(|element| element.unwrap().id()).collect();
        assert_eq!(ids[0], ids[1]);
        assert_eq!(ids[2], value.root().id());
        assert!(value.root() == value.root());
        for refused in [value.to_tree().map(drop), value.root().stable_hash().map(drop)] {
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::Limit);
        }
        assert!(value.to_string().len() < 4000);
    }
}

#[test]
fn what_is_entangled_beyond_its_size_is_not_unfolded() {
    let value = entangled();
    assert_eq!(value.to_tree().unwrap_err().kind(), ErrorKind::Limit);
    let copy = value.root().pack().unwrap();
    assert!(copy.len() < 10_000, "a copy shares what was shared: {} bytes", copy.len());
    assert!(copy.value().unwrap() == value);
}

#[test]
fn what_cannot_be_put_is_refused_and_ends_the_builder() {
    type Misuse = fn(&mut ValueBuilder) -> Result<()>;
    let misuses: [(Misuse, ErrorKind); 9] = [
        (|builder| builder.end().map(drop), ErrorKind::Invalid),
        (|builder| builder.put(1)?.put(2).map(drop), ErrorKind::Invalid),
        (|builder| builder.dict(|dict| dict.put("key").map(drop)), ErrorKind::Invalid),
        (|builder| builder.set(|set| set.put(1)?.put(1u64).map(drop)), ErrorKind::Duplicate),
        (|builder| builder.dict(|dict| dict.put(1)?.put(2)?.put(1)?.put(3).map(drop)), ErrorKind::Duplicate),
        (|builder| builder.share(1).map(drop), ErrorKind::NotFound),
        (|builder| builder.put(Date { days: i64::MAX }).map(drop), ErrorKind::Range),
        (|builder| builder.put(Scalar::Reference(0)).map(drop), ErrorKind::Range),
        (|builder| builder.list(|list| list.named(1).put(1)?.named(1).put(2).map(drop)), ErrorKind::Exists),
    ];
    for (number, (misuse, kind)) in misuses.into_iter().enumerate() {
        let mut builder = ValueBuilder::new().unwrap();
        let refused = misuse(&mut builder).unwrap_err();
        assert_eq!(refused.kind(), kind, "misuse {}: {}", number, refused);
        assert_eq!(builder.pack().unwrap_err().kind(), kind);
        assert!(builder.put(1).is_err());
    }
    let mut builder = ValueBuilder::new().unwrap();
    assert_eq!(builder.begin(ValueKind::Array).unwrap_err().kind(), ErrorKind::Kind);
    assert_eq!(builder.pack().unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn nesting_goes_512_deep_and_no_further() {
    let nested = |levels| (0..levels).fold(Tree::Null, |inner, _| Tree::List(vec![inner]));
    let value = nested(512).to_value().unwrap();
    assert_eq!(value.to_tree().unwrap(), nested(512));
    assert!(value == nested(512).to_value().unwrap());
    assert_eq!(value.root().stable_hash().unwrap(), nested(512).to_value().unwrap().root().stable_hash().unwrap());
    assert_eq!(nested(513).to_value().unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn a_refused_conversion_says_what_is_there() {
    let value = Tree::from(vec![Tree::from(300), Tree::from("text"), Tree::from(1e300)]).to_value().unwrap();
    let element = |at| value.root().at(at).unwrap().unwrap();
    let message = |refused: Error| (refused.kind(), refused.message().to_owned());
    let of = |text: &str| (ErrorKind::Type, text.to_owned());
    assert_eq!(message(u8::try_from(element(0)).unwrap_err()), of("expected u8, but the node is 300"));
    assert_eq!(message(bool::try_from(element(1)).unwrap_err()), of("expected a truth value, but the node is text"));
    let too_large = message(f32::try_from(element(2)).unwrap_err());
    assert_eq!(too_large, of("expected a float that an f32 holds, but the node is a float"));
    assert_eq!((u16::try_from(element(0)).unwrap(), i128::try_from(element(0)).unwrap()), (300, 300));
    assert_eq!(value.root().pairs().unwrap_err().kind(), ErrorKind::Kind);
    assert_eq!(value.get("x").unwrap_err().kind(), ErrorKind::Kind);
}

#[test]
fn many_elements_are_iterated_in_batches_without_a_gap() {
    let count = 10_000i64;
    let value: Value<'_> = (0..count).map(|n| (n, -n)).collect::<Tree>().to_value().unwrap();
    let found: HashMap<i64, i64> = value
        .root()
        .pairs()
        .unwrap()
        .map(|pair| pair.map(|(a, b)| (a.as_i64().unwrap(), b.as_i64().unwrap())).unwrap())
        .collect();
    assert!(found.len() == count as usize && found.iter().all(|(a, b)| *a == -b));
    let set = Tree::Set((0..count).map(|n| Tree::Int(n * 3)).collect()).to_value().unwrap();
    let members: Vec<i64> = set.root().to_vec().unwrap();
    assert_eq!(members, (0..count).map(|n| n * 3).collect::<Vec<_>>());
    let rest = set.root().elements().unwrap().skip_to(9_998);
    assert_eq!(rest.map(|member| member.unwrap().as_i64().unwrap()).collect::<Vec<_>>(), [29_994, 29_997]);
}

#[test]
fn a_text_that_is_damaged_is_told_and_never_lent_as_one() {
    let mut bytes = Tree::from("Zürich").pack().unwrap().to_vec();
    let at = bytes.windows(2).position(|pair| pair == "ü".as_bytes()).unwrap();
    bytes[at] = 0xff;
    let value = Value::unpack(bytes).unwrap();
    assert_eq!(value.root().as_str(), None);
    assert_eq!(value.root().text().unwrap_err().kind(), ErrorKind::Corrupt);
    assert_eq!(value.to_tree().unwrap_err().kind(), ErrorKind::Corrupt);
    assert!(value.to_string().contains("damaged"));
}

#[test]
fn what_is_long_or_deep_is_shown_short() {
    let long = Tree::from(vec![Tree::from("é".repeat(1000)); 1000]);
    let shown = long.to_string();
    assert!(shown.len() < 2000 && shown.ends_with("1000 in all]"), "{}", shown);
    let deep = (0..100).fold(Tree::Null, |inner, _| Tree::Tuple(vec![inner])).to_string();
    assert_eq!(deep, "(((((…,),),),),)");
    assert_eq!(Tree::Set(Vec::new()).to_string(), "set()");
    assert_eq!(format!("{:?}", Tree::from(1).to_value().unwrap().root()), "Node(1)");
}

#[test]
fn long_texts_are_compressed_where_the_storage_says_so() {
    let text = "many words ".repeat(2000);
    let mut sizes = Vec::new();
    for compress in [false, true] {
        let storage = OpenOptions::new().compress(compress).open_anonymous("texts").unwrap();
        let tree = Tree::List(vec![Tree::Str(text.clone()), Tree::Bytes(vec![0; 3000]), Tree::Str("short".into())]);
        change(&storage, |transaction| tree.store(transaction, "texts").map(drop));
        let value = storage.value("texts").unwrap();
        assert_eq!(value.root().at(0).unwrap().unwrap().as_str(), Some(text.as_str()));
        assert_eq!(value.root().to_tree().unwrap(), tree);
        sizes.push(value.info().unwrap().payload_bytes);
    }
    assert!(sizes[1] < sizes[0] / 10, "{sizes:?}");
}
