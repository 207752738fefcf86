//! The notation of values: what is built, what is looked for, and what is compared with what was read.

use std::collections::HashMap;
use std::mem::zeroed;

use deltos::{
    sys, DType, Date, DateTime, Decimal, DecimalClass, Error, Node, Numbers, Scalar, ValueBuilder, ValueKind,
};
use serde_json::Value as Json;

use crate::fields::{bytes_of, hex, Step};
use crate::inputs::{dtype, with_content};
use crate::world::Trouble;

type Outcome<T = ()> = Result<T, Trouble>;

fn wrong<T>(text: String) -> Outcome<T> {
    Err(Trouble::Step(text))
}

fn shown(node: &Json) -> String {
    let text = node.to_string();
    text.chars().take(200).collect()
}

/// The kind of a node, what its field holds, and its name.
pub fn parts(node: &Json) -> Outcome<(&str, &Json, u64)> {
    let name = node.get("node").map_or(Ok(0), word)?;
    let kind = node.as_object().and_then(|fields| fields.iter().find(|(field, _)| *field != "node"));
    kind.map_or_else(
        || wrong(format!("{} has no kind", shown(node))),
        |(kind, content)| Ok((kind.as_str(), content, name)),
    )
}

/// A number, or its eight bytes.
pub fn word(number: &Json) -> Outcome<u64> {
    match (number.as_i64(), number.as_u64()) {
        (Some(number), _) => Ok(number as u64),
        (_, Some(number)) => Ok(number),
        _ => match bytes_of(number)?.try_into() {
            Ok(bytes) => Ok(u64::from_le_bytes(bytes)),
            Err(_) => wrong(format!("{} is not eight bytes", shown(number))),
        },
    }
}

fn container(kind: &str) -> Option<ValueKind> {
    match kind {
        "list" => Some(ValueKind::List),
        "tuple" => Some(ValueKind::Tuple),
        "set" => Some(ValueKind::Set),
        "dict" => Some(ValueKind::Dict),
        _ => None,
    }
}

/// What a container holds, one after the other, with the short forms written out: keys and values of a dict in turn.
fn held(kind: ValueKind, content: &Json) -> Outcome<Vec<Json>> {
    let parts = if kind == ValueKind::Dict { 2 } else { 1 };
    if let Some(repeated) = content.get("repeat") {
        return Ok(vec![repeated.clone(); word(&content["times"])? as usize]);
    }
    if let Some(count) = content.get("count") {
        let from = content.get("from").map_or(Ok(0), word)? as i64;
        let step = content.get("step").map_or(Ok(1), word)? as i64;
        let numbers = (0..word(count)? as i64).map(|at| serde_json::json!({ "int": from + at * step }));
        return Ok(numbers.flat_map(|number| vec![number; parts]).collect());
    }
    match content.as_array() {
        Some(pairs) if parts == 2 => Ok(pairs.iter().filter_map(Json::as_array).flatten().cloned().collect()),
        Some(elements) => Ok(elements.clone()),
        None => wrong(format!("{} is not what a container holds", shown(content))),
    }
}

// ---- building

/// The value that a node describes, ready to be packed or stored.
pub fn build(node: &Json) -> Outcome<ValueBuilder> {
    let mut builder = ValueBuilder::new()?;
    put(&mut builder, node)?;
    Ok(builder)
}

fn put(builder: &mut ValueBuilder, node: &Json) -> Outcome {
    let (kind, content, name) = parts(node)?;
    if kind == "nested" {
        return put_nested(builder, content);
    }
    builder.named(name);
    if let Some(kind) = container(kind) {
        if let Some(named) = content.get("dtype") {
            return put_numbers(builder, kind, named, &bytes_of(&content["data"])?, name);
        }
        builder.begin(kind)?;
        held(kind, content)?.iter().try_for_each(|part| put(builder, part))?;
        builder.end()?;
        return Ok(());
    }
    match kind {
        "share" => builder.share(word(content)?).map(drop)?,
        "ndarray" => {
            with_content(&Step::of("ndarray", content)?, |array| Ok(builder.put_array(array).map(drop)?))?;
        }
        _ => match Plain::of(kind, content)?.scalar() {
            Some(scalar) => builder.put(scalar).map(drop)?,
            None => put_raw(builder, kind, content, name)?,
        },
    }
    Ok(())
}

fn put_nested(builder: &mut ValueBuilder, form: &Json) -> Outcome {
    let kind = container(form["in"].as_str().unwrap_or("")).unwrap_or(ValueKind::Other);
    let depth = word(&form["depth"])?;
    for _ in 0..depth {
        builder.begin(kind)?;
    }
    put(builder, &form["value"])?;
    for _ in 0..depth {
        builder.end()?;
    }
    Ok(())
}

/// Runs the same for whichever type of number it is.
macro_rules! each_type {
    ($dtype:expr, [$($variant:ident $type:ty),*], $name:ident => $run:expr, $otherwise:expr) => {
        match $dtype {
            $(DType::$variant => {
                type $name = $type;
                $run
            })*
            _ => $otherwise,
        }
    };
}

fn numbers_of<T, const N: usize>(bytes: &[u8], number: fn([u8; N]) -> T) -> Vec<T> {
    bytes.chunks_exact(N).filter_map(|bytes| bytes.try_into().ok()).map(number).collect()
}

/// Elements in one. Of types that cannot be given so, raw: the types of Rust do not let it be said.
fn put_numbers(builder: &mut ValueBuilder, kind: ValueKind, named: &Json, bytes: &[u8], name: u64) -> Outcome {
    let dtype = dtype(named.as_str().unwrap_or(""))?;
    each_type!(dtype, [I8 i8, I16 i16, I32 i32, I64 i64, U8 u8, U16 u16, U32 u32, U64 u64, F32 f32, F64 f64], T => {
        let numbers = numbers_of(bytes, T::from_ne_bytes);
        match kind {
            ValueKind::List => builder.put_list_of(&numbers),
            _ => builder.put_tuple_of(&numbers),
        }?;
        Ok(())
    }, {
        let list = kind == ValueKind::List;
        let mut item = raw(if list { sys::DELTOS_VALUE_LIST } else { sys::DELTOS_VALUE_TUPLE }, name);
        (item.detail, item.count, item.data) = (dtype.code(), bytes.len() as u64, bytes.as_ptr().cast());
        put_items(builder, item)
    })
}

fn raw(kind: i32, name: u64) -> sys::deltos_item {
    // SAFETY: numbers and a pointer, of which zero is one.
    let mut item: sys::deltos_item = unsafe { zeroed() };
    (item.kind, item.node) = (kind, name);
    item
}

fn put_items(builder: &mut ValueBuilder, item: sys::deltos_item) -> Outcome {
    // SAFETY: what the item points to lives during the call; zero is a value of each field of the detail.
    let detail = unsafe {
        let mut detail: sys::deltos_error = zeroed();
        match sys::deltos_value_builder_put(builder.as_raw(), &item, 1, &mut detail) {
            sys::DELTOS_OK => return Ok(()),
            _ => detail,
        }
    };
    Err(Trouble::Library(Error::from_raw(&detail)))
}

/// What the types of Rust do not let a program say, and the library refuses: text and digits that are not UTF-8,
/// nanoseconds beyond 32 bits.
fn put_raw(builder: &mut ValueBuilder, kind: &str, content: &Json, name: u64) -> Outcome {
    if kind == "datetime" {
        let mut item = raw(sys::DELTOS_VALUE_DATETIME, name);
        (item.i64, item.u64) = (word(&content[0])? as i64, word(&content[1])?);
        item.detail = content[2].as_i64().map_or(sys::DELTOS_VALUE_NO_ZONE, |zone| zone as i32);
        return put_items(builder, item);
    }
    let is_text = kind == "utf8";
    let mut item = raw(if is_text { sys::DELTOS_VALUE_UTF8 } else { sys::DELTOS_VALUE_DECIMAL }, name);
    let bytes = text_bytes(if is_text { content } else { &content["digits"] })?;
    (item.count, item.data) = (bytes.len() as u64, bytes.as_ptr().cast());
    put_items(builder, item)
}

// ---- scalars

/// A text, or the bytes of one.
pub fn text_bytes(content: &Json) -> Outcome<Vec<u8>> {
    content.as_str().map_or_else(|| bytes_of(&content["data"]), |text| Ok(text.as_bytes().to_vec()))
}

/// What a scalar's field says, owned.
enum Plain {
    Scalar(Scalar<'static>),
    Bytes(Vec<u8>),
    Text(String),
    /// The types of Rust do not let it be said.
    Unsayable,
}

impl Plain {
    fn of(kind: &str, content: &Json) -> Outcome<Plain> {
        let scalar = match kind {
            "null" => Scalar::Null,
            "bool" => Scalar::Bool(content.as_bool() == Some(true)),
            "int" => Scalar::Int(word(content)? as i64),
            "uint" => Scalar::UInt(word(content)?),
            "float" => Scalar::Float(f64::from_bits(word(content)?)),
            "date" => Scalar::Date(Date { days: word(content)? as i64 }),
            "reference" => Scalar::Reference(word(content)?),
            "bytes" => return Ok(Plain::Bytes(bytes_of(content)?)),
            "utf8" => return Ok(String::from_utf8(text_bytes(content)?).map_or(Plain::Unsayable, Plain::Text)),
            "datetime" => match (u32::try_from(word(&content[1])?), content[2].as_i64().map(i32::try_from).transpose())
            {
                (Ok(nanoseconds), Ok(offset)) => {
                    Scalar::DateTime(DateTime { seconds: word(&content[0])? as i64, nanoseconds, offset })
                }
                _ => return Ok(Plain::Unsayable),
            },
            "decimal" => match String::from_utf8(text_bytes(&content["digits"])?) {
                Ok(digits) => Scalar::Decimal(Decimal {
                    class: class(content["special"].as_str().unwrap_or("finite"))?,
                    negative: content["negative"].as_bool() == Some(true),
                    digits: digits.into(),
                    exponent: content.get("exponent").map_or(Ok(0), word)? as i64,
                }),
                Err(_) => return Ok(Plain::Unsayable),
            },
            other => return wrong(format!("{:?} is no kind of node", other)),
        };
        Ok(Plain::Scalar(scalar))
    }

    fn scalar(&self) -> Option<Scalar<'_>> {
        match self {
            Plain::Scalar(scalar) => Some(scalar.clone()),
            Plain::Bytes(bytes) => Some(Scalar::from(bytes.as_slice())),
            Plain::Text(text) => Some(Scalar::from(text)),
            Plain::Unsayable => None,
        }
    }
}

fn class(word: &str) -> Outcome<DecimalClass> {
    match word {
        "finite" => Ok(DecimalClass::Finite),
        "infinite" => Ok(DecimalClass::Infinite),
        "nan" => Ok(DecimalClass::NaN),
        "signalling-nan" => Ok(DecimalClass::SignallingNaN),
        other => wrong(format!("{:?} is not what a decimal may be", other)),
    }
}

/// Looks for a key that is written in the notation.
pub fn find<'v>(node: Node<'v>, key: &Json) -> Outcome<Option<Node<'v>>> {
    let (kind, content, _) = parts(key)?;
    if container(kind).is_some() || matches!(kind, "ndarray" | "nested") {
        return Ok(node.get(build(key)?.to_value()?.root())?);
    }
    match Plain::of(kind, content)?.scalar() {
        Some(scalar) => Ok(node.get(scalar)?),
        None => find_text(node, &text_bytes(content)?),
    }
}

/// Looks for a text that is not UTF-8: raw, because a `&str` always is.
fn find_text<'v>(node: Node<'v>, text: &[u8]) -> Outcome<Option<Node<'v>>> {
    let mut key = raw(sys::DELTOS_VALUE_UTF8, 0);
    (key.count, key.data) = (text.len() as u64, text.as_ptr().cast());
    let mut found = raw(sys::DELTOS_VALUE_END, 0);
    // SAFETY: the value lives, and the text during the call; zero is a value of each field of the detail.
    let detail = unsafe {
        let mut detail: sys::deltos_error = zeroed();
        let value = node.value().as_raw();
        match sys::deltos_value_find(value, node.id(), &key, std::ptr::null(), &mut found, &mut detail) {
            sys::DELTOS_OK if found.kind == sys::DELTOS_VALUE_END => return Ok(None),
            sys::DELTOS_OK => return Ok(Some(node.value().node(found.node)?)),
            _ => detail,
        }
    };
    Err(Trouble::Library(Error::from_raw(&detail)))
}

// ---- comparing

/// Compares what is read with what is expected: kinds and contents exactly, in the order in which they are read.
pub fn expect(node: Node<'_>, expected: &Json) -> Outcome {
    Comparison::default().node(node, expected)
}

/// The same of a scalar that C has read.
///
/// # Safety
/// What the item points to lives.
pub unsafe fn expect_item(item: &sys::deltos_item, expected: &Json) -> Outcome {
    let (kind, content, _) = parts(expected)?;
    let bytes = || match item.count {
        0 => &[][..],
        // SAFETY: as many bytes as are told are there.
        count => unsafe { std::slice::from_raw_parts(item.data.cast::<u8>(), count as usize) },
    };
    let zone = content[2].as_i64().map_or(sys::DELTOS_VALUE_NO_ZONE, |zone| zone as i32);
    let same = match (kind, item.kind) {
        ("null", sys::DELTOS_VALUE_NULL) => true,
        ("bool", sys::DELTOS_VALUE_BOOL) => (item.i64 != 0) == (content.as_bool() == Some(true)),
        ("int", sys::DELTOS_VALUE_INT) | ("date", sys::DELTOS_VALUE_DATE) => item.i64 == word(content)? as i64,
        ("uint", sys::DELTOS_VALUE_UINT) => item.u64 == word(content)?,
        ("float", sys::DELTOS_VALUE_FLOAT) => item.f64.to_bits() == word(content)?,
        ("bytes", sys::DELTOS_VALUE_BYTES) => bytes() == bytes_of(content)?,
        ("utf8", sys::DELTOS_VALUE_UTF8) => bytes() == text_bytes(content)?,
        ("datetime", sys::DELTOS_VALUE_DATETIME) => {
            (item.i64, item.u64, item.detail) == (word(&content[0])? as i64, word(&content[1])?, zone)
        }
        _ => false,
    };
    match same {
        true => Ok(()),
        false => wrong(format!("expected {}, got kind {}, {}, {}", shown(expected), item.kind, item.i64, item.f64)),
    }
}

#[derive(Default)]
struct Comparison {
    /// The numbers of nodes that have been met under a name.
    named: HashMap<u64, u64>,
}

fn differs<T>(node: Node<'_>, expected: &Json) -> Outcome<T> {
    wrong(format!("expected {}, got {:?} ({:?})", shown(expected), node, node.kind()))
}

impl Comparison {
    fn node(&mut self, node: Node<'_>, expected: &Json) -> Outcome {
        let (kind, content, name) = parts(expected)?;
        if name != 0 {
            self.named.insert(name, node.id());
        }
        if kind == "nested" {
            return self.nested(node, content);
        }
        if kind == "share" {
            let is_known = self.named.get(&word(content)?) == Some(&node.id());
            return if is_known { Ok(()) } else { differs(node, expected) };
        }
        if kind == "ndarray" {
            return array(node, expected, content);
        }
        if let Some(kind) = container(kind) {
            if node.kind() != kind {
                return differs(node, expected);
            }
            if content.get("dtype").is_some() {
                return numbers(node, expected, content);
            }
            return self.held(node, &held(kind, content)?, expected);
        }
        let same = match (kind, node.kind()) {
            ("null", ValueKind::Null) => true,
            ("bool", ValueKind::Bool) => node.as_bool() == content.as_bool(),
            ("int", ValueKind::Int) => node.as_i64() == Some(word(content)? as i64),
            ("uint", ValueKind::Int) => node.as_i64().is_none() && node.as_u64() == Some(word(content)?),
            ("float", ValueKind::Float) => node.as_f64().map(f64::to_bits) == Some(word(content)?),
            ("bytes", ValueKind::Bytes) => node.as_bytes() == Some(&*bytes_of(content)?),
            ("utf8", ValueKind::Str) => text_of(node)? == text_bytes(content)?,
            _ => match (Plain::of(kind, content)?.scalar(), node.scalar()?) {
                (Some(Scalar::Decimal(a)), Some(Scalar::Decimal(b))) => {
                    (a.class, a.negative, a.digits, a.exponent) == (b.class, b.negative, b.digits, b.exponent)
                }
                (expected, found) => expected.is_some() && expected == found,
            },
        };
        if same {
            Ok(())
        } else {
            differs(node, expected)
        }
    }

    fn nested(&mut self, node: Node<'_>, form: &Json) -> Outcome {
        let kind = container(form["in"].as_str().unwrap_or(""));
        let mut inner = node;
        for depth in 0..word(&form["depth"])? {
            let element = inner.at(0)?;
            match element {
                Some(element) if Some(inner.kind()) == kind && inner.len() == 1 => inner = element,
                _ => return wrong(format!("at depth {}: expected {:?} of one element, got {:?}", depth, kind, inner)),
            }
        }
        self.node(inner, &form["value"])
    }

    fn held(&mut self, node: Node<'_>, expected: &[Json], all: &Json) -> Outcome {
        let mut found = Vec::with_capacity(expected.len());
        match node.kind() {
            ValueKind::Dict => {
                for pair in node.pairs()? {
                    let (key, value) = pair?;
                    found.extend([key, value]);
                }
            }
            _ => node.elements()?.try_for_each(|element| -> Outcome {
                found.push(element?);
                Ok(())
            })?,
        }
        if found.len() != expected.len() {
            return differs(node, all);
        }
        found.into_iter().zip(expected).try_for_each(|(node, expected)| self.node(node, expected))
    }
}

/// The bytes of a text: raw where they are not UTF-8, which this binding does not lend as text.
fn text_of(node: Node<'_>) -> Outcome<Vec<u8>> {
    if let Some(text) = node.as_str() {
        return Ok(text.as_bytes().to_vec());
    }
    let mut item = raw(sys::DELTOS_VALUE_NULL, 0);
    // SAFETY: the value lives, and the library has checked that so many bytes are there.
    unsafe {
        sys::deltos_value_read(node.value().as_raw(), node.id(), &mut item, std::ptr::null_mut());
        let bytes =
            if item.count == 0 { &[] } else { std::slice::from_raw_parts(item.data.cast(), item.count as usize) };
        Ok(bytes.to_vec())
    }
}

fn array(node: Node<'_>, expected: &Json, layout: &Json) -> Outcome {
    if node.kind() != ValueKind::Array {
        return differs(node, expected);
    }
    let array = node.array()?;
    let answers = vec![
        ("format", array.format().into()),
        ("dtype", array.dtype().name().into()),
        ("shape", array.shape().into()),
        ("data", hex(array.as_bytes()).into()),
    ];
    Ok(Step::of("ndarray", layout)?.compare(&answers)?)
}

fn numbers(node: Node<'_>, expected: &Json, given: &Json) -> Outcome {
    let found = match node.numbers() {
        Some(found) if Some(found.dtype().name()) == given["dtype"].as_str() => bytes_of_numbers(found),
        _ => return differs(node, expected),
    };
    if found == bytes_of(&given["data"])? {
        Ok(())
    } else {
        differs(node, expected)
    }
}

fn bytes_of_numbers(numbers: Numbers<'_>) -> Vec<u8> {
    macro_rules! bytes {
        ($numbers:ident) => {
            $numbers.iter().flat_map(|number| number.to_ne_bytes()).collect()
        };
    }
    match numbers {
        Numbers::I8(numbers) => bytes!(numbers),
        Numbers::I16(numbers) => bytes!(numbers),
        Numbers::I32(numbers) => bytes!(numbers),
        Numbers::I64(numbers) => bytes!(numbers),
        Numbers::U8(numbers) => bytes!(numbers),
        Numbers::U16(numbers) => bytes!(numbers),
        Numbers::U32(numbers) => bytes!(numbers),
        Numbers::U64(numbers) => bytes!(numbers),
        Numbers::F32(numbers) => bytes!(numbers),
        Numbers::F64(numbers) => bytes!(numbers),
        _ => Vec::new(),
    }
}
