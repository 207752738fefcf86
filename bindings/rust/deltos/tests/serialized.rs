//! Types of serde's as values, and back.
#![cfg(feature = "serde")]

mod common;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Debug;

use common::{change, create, entangled, open, Directory};
use deltos::*;
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle(f64),
    Segment((i32, i32), (i32, i32)),
    Named { name: String, sides: Option<u8> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Meters(f64);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Nothing;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct City {
    name: String,
    initial: char,
    population: u64,
    altitude: Meters,
    at: (f64, f64),
    shapes: Vec<Shape>,
    districts: BTreeMap<String, Vec<u32>>,
    by_year: BTreeMap<i16, Option<f32>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    mayor: Option<String>,
    nothing: Nothing,
    founded: Date,
    seen: DateTime,
    price: Decimal<'static>,
    flags: [bool; 3],
}

fn shapes() -> impl Strategy<Value = Shape> {
    let points = || any::<(i32, i32)>();
    prop_oneof![
        Just(Shape::Point),
        any::<f64>().prop_map(Shape::Circle),
        (points(), points()).prop_map(|(from, to)| Shape::Segment(from, to)),
        (".{0,5}", any::<Option<u8>>()).prop_map(|(name, sides)| Shape::Named { name, sides }),
    ]
}

fn cities() -> impl Strategy<Value = City> {
    let texts = (".{0,12}", any::<char>(), any::<Option<String>>());
    let numbers = (any::<u64>(), any::<f64>(), any::<(f64, f64)>(), any::<[bool; 3]>());
    let districts = prop::collection::btree_map(".{0,4}", prop::collection::vec(any::<u32>(), 0..20), 0..12);
    let by_year = prop::collection::btree_map(any::<i16>(), any::<Option<f32>>(), 0..12);
    let days = (-(1i64 << 40)..1 << 40, any::<i32>(), 0..1_000_000_000u32, any::<i32>(), any::<u16>());
    let parts = (texts, numbers, prop::collection::vec(shapes(), 0..6), districts, by_year, days);
    parts.prop_map(|(texts, numbers, shapes, districts, by_year, days)| City {
        name: texts.0,
        initial: texts.1,
        mayor: texts.2,
        population: numbers.0,
        altitude: Meters(numbers.1),
        at: numbers.2,
        flags: numbers.3,
        shapes,
        districts,
        by_year,
        nothing: Nothing,
        founded: Date { days: days.0 },
        seen: DateTime { seconds: days.1.into(), nanoseconds: days.2, offset: Some(days.3 % 86_400) },
        price: Decimal::new(days.3 < 0, days.4.to_string(), -2),
    })
}

fn config() -> ProptestConfig {
    let cases = if std::env::var_os("DELTOS_LONG").is_some() { 3000 } else { 150 };
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// What JSON can say, but for floats, which this crate writes with all their bits and JSON with digits.
fn json() -> impl Strategy<Value = serde_json::Value> {
    let scalar = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<u64>().prop_map(serde_json::Value::from),
        (-1e15..1e15f64).prop_map(serde_json::Value::from),
        ".{0,20}".prop_map(serde_json::Value::from),
    ];
    scalar.prop_recursive(5, 100, 10, |below| {
        prop_oneof![
            prop::collection::vec(below.clone(), 0..10).prop_map(serde_json::Value::from),
            prop::collection::btree_map(".{0,6}", below, 0..12)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn structs_come_back_as_they_were(city in cities()) {
        let value = to_value(&city).unwrap();
        prop_assert_eq!(&value.deserialize::<City>().unwrap(), &city);
        prop_assert_eq!(value.get("founded").unwrap().unwrap().as_date(), Some(city.founded));
        prop_assert_eq!(value.get("seen").unwrap().unwrap().as_datetime(), Some(city.seen));
        prop_assert_eq!(value.get("price").unwrap().unwrap().as_decimal(), Some(city.price));
        prop_assert_eq!(to_value(&value).unwrap(), value);
    }

    #[test]
    fn what_json_says_comes_back_and_is_what_the_library_reads(json in json()) {
        let value = to_value(&json).unwrap();
        prop_assert_eq!(&value.deserialize::<serde_json::Value>().unwrap(), &json);
        let read = Value::from_json(&json.to_string()).unwrap();
        prop_assert_eq!(&read, &value);
        let written: serde_json::Value = serde_json::from_str(&value.root().to_json(JsonStyle::COMPACT).unwrap()).unwrap();
        prop_assert_eq!(&written, &json);
        prop_assert_eq!(&serde_json::to_value(&value).unwrap(), &json);
        let tree: Tree = serde_json::from_str(&json.to_string()).unwrap();
        prop_assert_eq!(&tree, &value.to_tree().unwrap());
        prop_assert_eq!(&to_value(&tree).unwrap(), &value);
    }

    #[test]
    fn whatever_bytes_are_changed_deserializing_ends_with_an_answer(city in cities(), at in any::<usize>(), bits in 1..=255u8) {
        let mut bytes = to_packed(&city).unwrap().to_vec();
        let at = at % bytes.len();
        bytes[at] ^= bits;
        if let Ok(value) = Value::unpack(bytes) {
            let _ = (value.deserialize::<City>(), value.deserialize::<Tree>(), serde_json::to_string(&value));
        }
    }
}

fn comes_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(content: T) {
    assert_eq!(to_value(&content).unwrap().deserialize::<T>().unwrap(), content);
}

#[test]
fn every_kind_of_type_comes_back() {
    comes_back((i8::MIN, i16::MIN, i32::MIN, i64::MIN));
    comes_back((u8::MAX, u16::MAX, u32::MAX, u64::MAX));
    comes_back((i128::from(i64::MIN), u128::from(u64::MAX)));
    comes_back((f32::MAX, f64::MIN_POSITIVE, -0.0, f64::INFINITY));
    comes_back(('ü', String::from("a\0b"), ()));
    comes_back((Some(1), None::<i32>));
    comes_back(vec![Some(1.5), None, Some(2.0)]);
    comes_back(vec![Some(1.5), Some(2.5)]);
    comes_back(vec![Meters(1.0), Meters(2.0)]);
    comes_back(vec![vec![1u8, 2], vec![], vec![3]]);
    comes_back(HashSet::from([1, 5, 900]));
    comes_back(BTreeSet::from(["a".to_owned(), "b".to_owned()]));
    comes_back(HashMap::from([((1, 'a'), vec![Shape::Point]), ((2, 'b'), vec![])]));
    comes_back(BTreeMap::from([(Some(true), 1), (None, 2)]));
    comes_back(Result::<u8, String>::Err("no".into()));
    comes_back(vec![Shape::Circle(1.0), Shape::Point]);
}

#[test]
fn types_become_the_kinds_that_other_languages_expect() {
    let shown = |content: &dyn Fn() -> Result<Value<'static>>| content().unwrap().to_string();
    assert_eq!(shown(&|| to_value(&Shape::Point)), r#""Point""#);
    assert_eq!(shown(&|| to_value(&Shape::Circle(1.5))), r#"{"Circle": 1.5}"#);
    assert_eq!(shown(&|| to_value(&Shape::Segment((0, 1), (2, 3)))), r#"{"Segment": ((0, 1), (2, 3))}"#);
    let named = Shape::Named { name: "x".into(), sides: None };
    assert_eq!(shown(&|| to_value(&named)), r#"{"Named": {"name": "x", "sides": null}}"#);
    assert_eq!(shown(&|| to_value(&(Meters(2.5), Nothing, 'x'))), r#"(2.5, null, "x")"#);
    assert_eq!(shown(&|| to_value(&BTreeMap::from([((1, 2), "pair")]))), r#"{(1, 2): "pair"}"#);
    let numbers: Vec<u64> = (0..1000).collect();
    assert_eq!(to_value(&numbers).unwrap().root().as_slice::<u16>().unwrap().len(), 1000);
}

#[test]
fn texts_and_bytes_are_borrowed_from_the_value() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Lent<'a> {
        text: &'a str,
        #[serde(with = "bytes")]
        bytes: &'a [u8],
        #[serde(borrow)]
        words: Vec<&'a str>,
    }
    mod bytes {
        use serde::{Deserialize, Deserializer, Serializer};
        pub fn serialize<S: Serializer>(bytes: &&[u8], serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(bytes)
        }
        pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'de [u8], D::Error> {
            <&[u8]>::deserialize(deserializer)
        }
    }
    let directory = Directory::new();
    let storage = create(&directory.file("a.deltos"));
    let lent = Lent { text: "Zürich", bytes: b"\0\xff", words: vec!["a", "b"] };
    change(&storage, |transaction| transaction.put_value("lent", &lent).map(drop));
    let reader = open(&directory.file("a.deltos"), Mode::Read).unwrap();
    let value = reader.value("lent").unwrap();
    let read: Lent<'_> = value.deserialize().unwrap();
    assert_eq!(read, lent);
    let there = value.get("text").unwrap().unwrap().text().unwrap();
    assert_eq!(read.text.as_ptr(), there.as_ptr());
    assert_eq!(value.get("bytes").unwrap().unwrap().kind(), ValueKind::Bytes);
}

#[test]
fn bytes_are_read_as_sequences_and_numbers_as_bytes() {
    let bytes = Tree::from(&b"\x01\x02"[..]).to_value().unwrap();
    assert_eq!(bytes.deserialize::<Vec<u8>>().unwrap(), [1, 2]);
    assert_eq!(bytes.deserialize::<(u8, i64)>().unwrap(), (1, 2));
    let mut builder = ValueBuilder::new().unwrap();
    builder.put_list_of(&[3u8, 4]).unwrap();
    assert_eq!(builder.to_value().unwrap().deserialize::<&[u8]>().unwrap(), [3, 4]);
    let text = Tree::from("ab").to_value().unwrap();
    assert_eq!(text.deserialize::<&[u8]>().unwrap(), b"ab");
}

#[test]
fn arrays_are_read_as_nested_sequences() {
    let mut builder = ValueBuilder::new().unwrap();
    builder.put_array(Content::from(&[1i16, 2, 3, 4, 5, 6]).shape(&[3, 2]).unwrap()).unwrap();
    let value = builder.to_value().unwrap();
    assert_eq!(value.deserialize::<Vec<(i64, f64)>>().unwrap(), [(1, 2.0), (3, 4.0), (5, 6.0)]);
    assert_eq!(value.deserialize::<[[Option<u8>; 2]; 3]>().unwrap()[2], [Some(5), Some(6)]);
    assert_eq!(serde_json::to_string(&value).unwrap(), "[[1,2],[3,4],[5,6]]");
    let scalar = Tree::Array(TreeArray::new(&[2.5], &[]).unwrap()).to_value().unwrap();
    assert_eq!(scalar.deserialize::<f64>().unwrap(), 2.5);
    let empty = Tree::Array(TreeArray::new::<f64>(&[], &[2, 0]).unwrap()).to_value().unwrap();
    assert_eq!(empty.deserialize::<Vec<Vec<f64>>>().unwrap(), [[], []] as [[f64; 0]; 2]);
    let complex = Tree::Array(TreeArray::new(&[Complex { re: 1.0, im: 2.0 }], &[1]).unwrap()).to_value().unwrap();
    assert_eq!(complex.deserialize::<Tree>().unwrap_err().kind(), ErrorKind::Unsupported);
    assert!(serde_json::to_string(&complex).is_err());
}

#[test]
fn sets_and_references_stay_what_they_are_from_value_to_value() {
    let tree = Tree::Tuple(vec![
        Tree::Set(vec![Tree::from("a"), Tree::Set(vec![])]),
        Tree::Reference(7),
        Tree::from("2026-11-21".parse::<Date>().unwrap()),
    ]);
    assert_eq!(to_value(&tree).unwrap(), tree.to_value().unwrap());
    assert_eq!(to_value(&tree.to_value().unwrap()).unwrap(), tree.to_value().unwrap());
    assert_eq!(serde_json::to_string(&tree).unwrap(), r#"[["a",[]],7,"2026-11-21"]"#);
    let date: Date = serde_json::from_str(r#""2026-11-21""#).unwrap();
    assert_eq!(date.ymd(), (2026, 11, 21));
    assert!(serde_json::from_str::<Date>("7").is_err() && serde_json::from_str::<DateTime>(r#""now""#).is_err());
}

#[test]
fn numbers_of_more_than_64_bits_are_refused_with_a_way_out() {
    for refused in [to_value(&(1, i128::MIN)), to_value(&(1, u128::MAX)), to_value(&(i128::from(u64::MAX) + 1))] {
        let refused = refused.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Range);
        assert!(refused.message().contains("store it as a Decimal or as text"), "{}", refused);
    }
}

#[test]
fn what_does_not_fit_is_told_with_its_place() {
    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Row {
        id: u8,
        #[serde(default)]
        shape: Option<Shape>,
    }
    let value =
        Value::from_json(r#"{"rows": [{"id": 1}, {"id": 300}], "more": [{"id": 1, "shape": {"Circle": "x"}}]}"#);
    let value = value.unwrap();
    let message = |refused: Error| (refused.kind(), refused.message().to_owned());
    let refused = value.deserialize::<HashMap<&str, Vec<Row>>>().unwrap_err();
    assert_eq!(message(refused).1, "at $.rows[1].id: invalid value: integer `300`, expected u8");
    let refused = value.get("more").unwrap().unwrap().deserialize::<Vec<Row>>().unwrap_err();
    let place = "at $[0].shape.Circle: invalid type: string \"x\", expected f64";
    assert_eq!(message(refused), (ErrorKind::Type, place.to_owned()));
    let refused = Tree::from(vec![(); 0]).to_value().unwrap().deserialize::<Shape>().unwrap_err();
    assert!(refused.message().contains("a variant"), "{}", refused);
    assert!(value.deserialize::<Shape>().is_err());
    assert!(Tree::from(1).to_value().unwrap().deserialize::<Shape>().is_err());
}

#[test]
fn values_that_contain_themselves_or_are_too_deep_end_in_a_limit() {
    let mut builder = ValueBuilder::new().unwrap();
    builder.named(1).list(|list| list.share(1).map(drop)).unwrap();
    let cycle = builder.to_value().unwrap();
    assert_eq!(cycle.deserialize::<Tree>().unwrap_err().kind(), ErrorKind::Limit);
    assert_eq!(to_value(&cycle).unwrap_err().message(), "the value is nested more than 128 deep, or contains itself");
    cycle.deserialize::<serde::de::IgnoredAny>().unwrap();
    let entangled = entangled();
    assert_eq!(entangled.deserialize::<Tree>().unwrap_err().kind(), ErrorKind::Limit);
    assert!(to_value(&entangled).is_err());
}

#[test]
fn a_failure_of_the_type_itself_is_passed_on() {
    struct Stubborn;
    impl Serialize for Stubborn {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("not today"))
        }
    }
    assert_eq!(to_value(&[Stubborn]).unwrap_err().message(), "not today");
    let twice = [("a", 1), ("a", 2)];
    struct Twice<'t>(&'t [(&'t str, i32)]);
    impl Serialize for Twice<'_> {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().copied())
        }
    }
    assert_eq!(to_value(&Twice(&twice)).unwrap_err().kind(), ErrorKind::Duplicate);
}
