//! The notation of maps: keys, values and pairs as bytes and as columns.

use deltos::{Column, KeyKind, MapValueKind};
use serde_json::{json, Value as Json};

use crate::fields::{bytes_of, Step};
use crate::trees::{build, parts, text_bytes, word};
use crate::world::Trouble;

type Outcome<T = ()> = Result<T, Trouble>;

const KEYS: [(&str, KeyKind); 4] =
    [("bytes", KeyKind::Bytes), ("utf8", KeyKind::Str), ("u64", KeyKind::U64), ("value", KeyKind::Value)];

const VALUES: [(&str, MapValueKind); 5] = [
    ("u64", MapValueKind::U64),
    ("bytes", MapValueKind::Bytes),
    ("utf8", MapValueKind::Str),
    ("value", MapValueKind::Value),
    ("record", MapValueKind::Record),
];

/// What a word of a field stands for, and the first one of all where the field is left out.
pub fn of_word<T: Copy>(words: &[(&str, T)], step: &Step<'_>, field: &str) -> Outcome<T> {
    let word = step.optional_text(field)?.unwrap_or(words[0].0);
    let found = words.iter().find(|(known, _)| *known == word);
    found.map(|(_, found)| *found).ok_or_else(|| Trouble::Step(format!("{:?} is not a {}", word, field)))
}

pub fn word_of<T: PartialEq>(words: &[(&'static str, T)], wanted: T) -> &'static str {
    words.iter().find(|(_, known)| *known == wanted).map_or("?", |(word, _)| word)
}

pub fn key_field(step: &Step<'_>) -> Outcome<KeyKind> {
    of_word(&KEYS, step, "key")
}

pub fn value_field(step: &Step<'_>) -> Outcome<MapValueKind> {
    of_word(&VALUES, step, "value")
}

pub fn key_word(key: KeyKind) -> &'static str {
    word_of(&KEYS, key)
}

pub fn value_word(value: MapValueKind) -> &'static str {
    word_of(&VALUES, value)
}

/// How keys or values are written as bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Form {
    Bytes,
    Number,
    Image,
    Record,
}

pub fn form_of_key(key: KeyKind) -> Form {
    match key {
        KeyKind::U64 => Form::Number,
        KeyKind::Value => Form::Image,
        _ => Form::Bytes,
    }
}

pub fn form_of_value(value: MapValueKind) -> Form {
    match value {
        MapValueKind::U64 => Form::Number,
        MapValueKind::Value => Form::Image,
        MapValueKind::Record => Form::Record,
        _ => Form::Bytes,
    }
}

/// The bytes of a key or value.
pub fn encode(node: &Json, form: Form) -> Outcome<Vec<u8>> {
    if form == Form::Image {
        return Ok(build(node)?.pack()?.to_vec());
    }
    match parts(node)? {
        ("int" | "uint", number, _) => Ok(word(number)?.to_ne_bytes().to_vec()),
        ("bytes", bytes, _) => bytes_of(bytes),
        ("utf8", text, _) => text_bytes(text),
        _ => Err(Trouble::Step(format!("{} is no key or value of bytes", node))),
    }
}

fn number_node(number: i64, form: Form) -> Json {
    match form {
        Form::Bytes => json!({ "utf8": number.to_string() }),
        _ => json!({ "int": number }),
    }
}

fn numbers(counted: &Json) -> Vec<i64> {
    let field = |name: &str, otherwise| counted[name].as_i64().unwrap_or(otherwise);
    (0..field("count", 0)).map(|at| field("from", 0) + at * field("step", 1)).collect()
}

/// PAIRS with the short form written out.
pub fn pairs_of(written: &Json, key: Form, value: Form) -> Outcome<Vec<(Json, Json)>> {
    match written.as_array() {
        None => Ok(numbers(written).into_iter().map(|n| (number_node(n, key), number_node(n, value))).collect()),
        Some(pairs) => Ok(pairs.iter().map(|pair| (pair[0].clone(), pair[1].clone())).collect()),
    }
}

/// KEYS with the short form written out.
pub fn keys_of(written: &Json, key: Form) -> Vec<Json> {
    match written.as_array() {
        None => numbers(written).into_iter().map(|number| number_node(number, key)).collect(),
        Some(keys) => keys.clone(),
    }
}

/// Keys or values that are no records, as the memory of a column.
pub enum Given {
    Numbers(Vec<u64>),
    Slices(Vec<Vec<u8>>),
}

impl Given {
    pub fn of<'j>(nodes: impl Iterator<Item = &'j Json>, form: Form) -> Outcome<Given> {
        let encoded: Vec<Vec<u8>> = nodes.map(|node| encode(node, form)).collect::<Outcome<_>>()?;
        if form != Form::Number {
            return Ok(Given::Slices(encoded));
        }
        let number = |bytes: Vec<u8>| bytes.try_into().map(u64::from_ne_bytes);
        let numbers = encoded.into_iter().map(number).collect::<Result<_, _>>();
        numbers.map(Given::Numbers).map_err(|_| Trouble::Step("a number takes its 8 bytes".into()))
    }

    pub fn column(&self) -> Column<'_> {
        match self {
            Given::Numbers(numbers) => Column::from(numbers),
            Given::Slices(slices) => Column::bytes(slices.iter().map(Vec::as_slice)),
        }
    }
}

pub fn expect_encoded(what: &str, expected: &Json, form: Form, actual: &[u8]) -> Outcome {
    let wanted = encode(expected, form)?;
    match wanted == actual {
        true => Ok(()),
        false => Err(Trouble::Step(format!(
            "expected a {} of {} bytes, got one of {}: {:?}",
            what,
            wanted.len(),
            actual.len(),
            actual.escape_ascii().to_string().chars().take(100).collect::<String>()
        ))),
    }
}

/// Fails unless something is so.
pub fn ensure(is_so: bool, otherwise: impl FnOnce() -> String) -> Outcome {
    match is_so {
        true => Ok(()),
        false => Err(Trouble::Step(otherwise())),
    }
}
