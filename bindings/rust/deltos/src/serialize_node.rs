//! Nodes, trees and what is in them, for whatever format serde writes.

use std::cell::RefCell;

use serde::ser::{Error as _, Serialize, SerializeMap, SerializeSeq, SerializeTuple, Serializer};

use crate::nested::{Nested, Number};
use crate::serialize::{DATE, DATE_TIME, DECIMAL, REFERENCE, SET};
use crate::tree::Budget;
use crate::{Date, DateTime, Decimal, Error, Node, Scalar, Tree, Value, ValueKind};

/// Serde goes by recursion: values are nested as deep as JSON texts may be elsewhere.
pub(crate) const MOST_SERDE_LEVELS: usize = 128;

macro_rules! as_text {
    ($($type:ty = $name:ident;)*) => {
        $(
            /// ISO 8601, or digits, as text; within a value what it is.
            #[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
            impl Serialize for $type {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.serialize_newtype_struct($name, &self.to_string())
                }
            }
        )*
    };
}

as_text! {
    Date = DATE;
    DateTime = DATE_TIME;
    Decimal<'_> = DECIMAL;
}

#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl Serialize for Scalar<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Scalar::Null => serializer.serialize_unit(),
            Scalar::Bool(truth) => serializer.serialize_bool(*truth),
            Scalar::Int(number) => serializer.serialize_i64(*number),
            Scalar::UInt(number) => serializer.serialize_u64(*number),
            Scalar::Float(number) => serializer.serialize_f64(*number),
            Scalar::Bytes(bytes) => serializer.serialize_bytes(bytes),
            Scalar::Str(text) => serializer.serialize_str(text),
            Scalar::Date(date) => date.serialize(serializer),
            Scalar::DateTime(time) => time.serialize(serializer),
            Scalar::Decimal(decimal) => decimal.serialize(serializer),
            Scalar::Reference(id) => serializer.serialize_newtype_struct(REFERENCE, id),
        }
    }
}

/// A node within a tree, and what is left to be read of it.
struct Part<'v, 'b> {
    node: Node<'v>,
    budget: &'b RefCell<Budget>,
    levels: usize,
}

impl<'v> Part<'v, '_> {
    fn below(&self, node: Node<'v>) -> Self {
        Part { node, budget: self.budget, levels: self.levels + 1 }
    }

    fn elements<S: SerializeSeq>(&self, mut sequence: S) -> Result<S::Ok, S::Error> {
        for element in self.node.elements().map_err(S::Error::custom)? {
            sequence.serialize_element(&self.below(element.map_err(S::Error::custom)?))?;
        }
        sequence.end()
    }
}

/// Members as a sequence that has been told to be a set.
struct Members<'p, 'v, 'b>(&'p Part<'v, 'b>);

impl Serialize for Members<'_, '_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.elements(serializer.serialize_seq(Some(self.0.node.len()))?)
    }
}

impl Serialize for Part<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let failed = |error: Error| S::Error::custom(error);
        let node = self.node;
        self.budget.borrow_mut().spend(1 + node.cost_of_text()).map_err(failed)?;
        let container = matches!(node.kind(), ValueKind::List | ValueKind::Tuple | ValueKind::Set | ValueKind::Dict);
        if container {
            Budget::check_depth(self.levels, MOST_SERDE_LEVELS).map_err(failed)?;
        }
        match node.kind() {
            ValueKind::List => self.elements(serializer.serialize_seq(Some(node.len()))?),
            ValueKind::Set => serializer.serialize_newtype_struct(SET, &Members(self)),
            ValueKind::Tuple => {
                let mut tuple = serializer.serialize_tuple(node.len())?;
                for element in node.elements().map_err(failed)? {
                    tuple.serialize_element(&self.below(element.map_err(failed)?))?;
                }
                tuple.end()
            }
            ValueKind::Dict => {
                let mut map = serializer.serialize_map(Some(node.len()))?;
                for pair in node.pairs().map_err(failed)? {
                    let (key, value) = pair.map_err(failed)?;
                    map.serialize_entry(&self.below(key), &self.below(value))?;
                }
                map.end()
            }
            ValueKind::Array => {
                let array = node.array().map_err(failed)?;
                self.budget.borrow_mut().spend(array.as_bytes().len() as u64).map_err(failed)?;
                Nested::of(&array).map_err(failed)?.serialize(serializer)
            }
            _ => match node.scalar().map_err(failed)? {
                Some(scalar) => scalar.serialize(serializer),
                None => Err(failed(node.unexpected("what this version knows"))),
            },
        }
    }
}

/// To whatever format: lists, tuples, sets and arrays as sequences, days and times as text. What is nested more than 128
/// deep, or contains itself, is refused.
///
/// ```
/// use deltos::Tree;
///
/// let value = Tree::from([("name", Tree::from("Ulm")), ("twins", Tree::from(vec!["Arad"]))]).to_value()?;
/// let again = deltos::to_value(&value.root())?; // or serde_json::to_string(&value)
/// assert_eq!(again, value);
/// # Ok::<(), deltos::Error>(())
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let budget = RefCell::new(Budget::of(self.value).map_err(S::Error::custom)?);
        Part { node: *self, budget: &budget, levels: 0 }.serialize(serializer)
    }
}

/// As its root.
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.root().serialize(serializer)
    }
}

struct Elements<'t>(&'t [Tree]);

impl Serialize for Elements<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0)
    }
}

/// As the value that it becomes.
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Tree::List(elements) => Elements(elements).serialize(serializer),
            Tree::Set(members) => serializer.serialize_newtype_struct(SET, &Elements(members)),
            Tree::Tuple(elements) => {
                let mut tuple = serializer.serialize_tuple(elements.len())?;
                elements.iter().try_for_each(|element| tuple.serialize_element(element))?;
                tuple.end()
            }
            Tree::Dict(pairs) => serializer.collect_map(pairs.iter().map(|(key, value)| (key, value))),
            Tree::Array(_) => self.to_value().map_err(S::Error::custom)?.serialize(serializer),
            scalar => match scalar.scalar() {
                Some(scalar) => scalar.serialize(serializer),
                None => serializer.serialize_unit(), // the containers are above
            },
        }
    }
}

impl Serialize for Nested<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.length() {
            None => match self.number() {
                Number::Bool(truth) => serializer.serialize_bool(truth),
                Number::Int(number) => serializer.serialize_i64(number),
                Number::UInt(number) => serializer.serialize_u64(number),
                Number::Float(number) => serializer.serialize_f64(number),
            },
            Some(length) => {
                let mut sequence = serializer.serialize_seq(Some(length))?;
                (0..length).try_for_each(|at| sequence.serialize_element(&self.part(at)))?;
                sequence.end()
            }
        }
    }
}
