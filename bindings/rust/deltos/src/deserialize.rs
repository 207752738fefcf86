//! From values to types that serde deserializes, which may borrow texts and bytes where they lie.

use std::cell::RefCell;
use std::fmt::{self, Display};
use std::rc::Rc;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use crate::nested::{Nested, Number};
use crate::serialize_node::MOST_SERDE_LEVELS;
use crate::tree::Budget;
use crate::{Elements, Error, ErrorKind, Node, Numbers, Pairs, Result, Scalar, Value, ValueKind};

#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl de::Error for Error {
    fn custom<T: Display>(message: T) -> Error {
        Error::new(ErrorKind::Type, message.to_string())
    }
}

#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl<'v> Node<'v> {
    /// Reads the node as a type. `&str` and `&[u8]` in it are borrowed: they lie in the value itself.
    ///
    /// Dicts are read as structs and maps, lists, tuples, sets and arrays of numbers as sequences, days, times and decimals
    /// as [`Date`](crate::Date), [`DateTime`](crate::DateTime), [`Decimal`](crate::Decimal) or as text, null as `None` and
    /// `()`.
    ///
    /// # Errors
    /// [`Type`](ErrorKind::Type) tells what does not fit, and where; [`Limit`](ErrorKind::Limit) for what is nested more
    /// than 128 deep or contains itself; [`Corrupt`](ErrorKind::Corrupt).
    ///
    /// ```
    /// use std::collections::HashMap;
    ///
    /// let value = deltos::to_value(&HashMap::from([("Ulm", vec![48.4, 9.98])]))?;
    /// let places: HashMap<&str, (f64, f64)> = value.root().deserialize()?;
    /// assert_eq!(places["Ulm"].0, 48.4);
    /// let refused = value.root().deserialize::<HashMap<&str, Vec<u8>>>().unwrap_err();
    /// assert_eq!(refused.message(), "at $.Ulm[0]: invalid type: floating point `48.4`, expected u8");
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn deserialize<T: Deserialize<'v>>(self) -> Result<T> {
        T::deserialize(self.into_deserializer())
    }
}

#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl Value<'_> {
    /// Reads the value as a type; short for [`root().deserialize()`](Node::deserialize).
    ///
    /// # Errors
    /// As [`Node::deserialize`].
    pub fn deserialize<'v, T: Deserialize<'v>>(&'v self) -> Result<T> {
        self.root().deserialize()
    }
}

#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl<'v> IntoDeserializer<'v, Error> for Node<'v> {
    type Deserializer = NodeDeserializer<'v>;

    fn into_deserializer(self) -> NodeDeserializer<'v> {
        // What cannot tell its size is damaged, which the first look at it says.
        let budget = Budget::of(self.value).unwrap_or_else(|_| Budget::none());
        NodeDeserializer { node: self, budget: Rc::new(RefCell::new(budget)), levels: 0 }
    }
}

/// A node as serde reads it: see [`Node::deserialize`].
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
pub struct NodeDeserializer<'v> {
    node: Node<'v>,
    budget: Rc<RefCell<Budget>>,
    levels: usize,
}

impl fmt::Debug for NodeDeserializer<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("NodeDeserializer").field("node", &self.node).finish_non_exhaustive()
    }
}

/// Says where something does not fit: the path grows from within.
fn at(segment: impl Display, error: Error) -> Error {
    if error.kind() != ErrorKind::Type {
        return error;
    }
    let message = match error.message().strip_prefix("at $") {
        Some(rest) => format!("at ${}{}", segment, rest),
        None => format!("at ${}: {}", segment, error.message()),
    };
    Error::new(ErrorKind::Type, message)
}

impl<'v> NodeDeserializer<'v> {
    fn below(&self, node: Node<'v>) -> Self {
        NodeDeserializer { node, budget: self.budget.clone(), levels: self.levels + 1 }
    }

    /// Counts a node, once for each time that it is read.
    fn enter(&self) -> Result<()> {
        self.budget.borrow_mut().spend(1 + self.node.cost_of_text())?;
        if matches!(self.node.kind(), ValueKind::List | ValueKind::Tuple | ValueKind::Set | ValueKind::Dict) {
            Budget::check_depth(self.levels, MOST_SERDE_LEVELS)?;
        }
        Ok(())
    }

    fn scalar(&self) -> Result<Option<ScalarDeserializer<'v>>> {
        Ok(self.node.scalar()?.map(ScalarDeserializer))
    }

    /// The one pair of a dict that stands for a variant.
    fn variant(&self) -> Result<(Node<'v>, Node<'v>)> {
        match (self.node.kind(), self.node.len()) {
            (ValueKind::Dict, 1) => self.node.pair_at(0)?.ok_or_else(|| self.node.unexpected("a variant")),
            _ => Err(self.node.unexpected("a variant: its name, or a dict of its name and what it holds")),
        }
    }
}

/// What scalars and nodes have in common: all kinds of numbers and texts are told as what they are.
macro_rules! as_what_it_is {
    () => {
        forward_to_deserialize_any! {
            <V: Visitor<'v>>
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string unit unit_struct map struct identifier
        }

        fn deserialize_ignored_any<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value> {
            visitor.visit_unit()
        }

        fn deserialize_byte_buf<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value> {
            self.deserialize_bytes(visitor)
        }

        fn deserialize_newtype_struct<V: Visitor<'v>>(self, _name: &'static str, visitor: V) -> Result<V::Value> {
            visitor.visit_newtype_struct(self)
        }

        fn deserialize_tuple<V: Visitor<'v>>(self, _length: usize, visitor: V) -> Result<V::Value> {
            self.deserialize_seq(visitor)
        }

        fn deserialize_tuple_struct<V: Visitor<'v>>(
            self,
            _name: &'static str,
            _length: usize,
            visitor: V,
        ) -> Result<V::Value> {
            self.deserialize_seq(visitor)
        }
    };
}

impl<'v> Deserializer<'v> for NodeDeserializer<'v> {
    type Error = Error;

    as_what_it_is!();

    fn deserialize_any<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value> {
        self.enter()?;
        match self.node.kind() {
            ValueKind::List | ValueKind::Tuple if self.node.numbers().is_some() => {
                let numbers = self.node.numbers();
                visitor.visit_seq(InNumbers { numbers, next: 0 })
            }
            ValueKind::List | ValueKind::Tuple | ValueKind::Set => {
                let elements = self.node.elements()?;
                visitor.visit_seq(InElements { of: self, elements, next: 0 })
            }
            ValueKind::Dict => {
                let pairs = self.node.pairs()?;
                visitor.visit_map(InPairs { of: self, pairs, value: None })
            }
            ValueKind::Array => {
                let array = self.node.array()?;
                self.budget.borrow_mut().spend(array.as_bytes().len() as u64)?;
                NestedDeserializer(Nested::of(&array)?).deserialize_any(visitor)
            }
            _ => match self.scalar()? {
                Some(scalar) => scalar.deserialize_any(visitor),
                None => Err(self.node.unexpected("what this version knows")),
            },
        }
    }

    fn deserialize_option<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value> {
        match self.node.is_null() {
            true => visitor.visit_none(),
            false => visitor.visit_some(self),
        }
    }

    fn deserialize_seq<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value> {
        match self.node.as_bytes() {
            Some(_) => {
                self.enter()?;
                self.scalar()?
                    .map_or_else(|| Err(self.node.unexpected("bytes")), |bytes| bytes.deserialize_seq(visitor))
            }
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_bytes<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value> {
        match (self.node.numbers(), self.node.kind()) {
            (Some(Numbers::U8(bytes)), _) => visitor.visit_borrowed_bytes(bytes),
            (_, ValueKind::Str) => visitor.visit_borrowed_bytes(self.node.data()),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'v>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.enter()?;
        match self.scalar()? {
            Some(scalar) => scalar.deserialize_enum(name, variants, visitor),
            None => {
                let (variant, content) = self.variant()?;
                visitor.visit_enum(InVariant { variant: self.below(variant), content: self.below(content) })
            }
        }
    }
}

struct InElements<'v> {
    of: NodeDeserializer<'v>,
    elements: Elements<'v>,
    next: usize,
}

impl<'v> SeqAccess<'v> for InElements<'v> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'v>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        let index = self.next;
        self.next += 1;
        let element = match self.elements.next() {
            Some(element) => self.of.below(element?),
            None => return Ok(None),
        };
        seed.deserialize(element).map(Some).map_err(|error| at(format_args!("[{}]", index), error))
    }

    fn size_hint(&self) -> Option<usize> {
        self.elements.size_hint().1
    }
}

struct InNumbers<'v> {
    numbers: Option<Numbers<'v>>,
    next: usize,
}

impl<'v> InNumbers<'v> {
    fn scalar(&self) -> Option<Scalar<'v>> {
        let at = self.next;
        match self.numbers? {
            Numbers::I8(numbers) => numbers.get(at).map(|&number| number.into()),
            Numbers::I16(numbers) => numbers.get(at).map(|&number| number.into()),
            Numbers::I32(numbers) => numbers.get(at).map(|&number| number.into()),
            Numbers::I64(numbers) => numbers.get(at).map(|&number| number.into()),
            Numbers::U8(numbers) => numbers.get(at).map(|&number| number.into()),
            Numbers::U16(numbers) => numbers.get(at).map(|&number| number.into()),
            Numbers::U32(numbers) => numbers.get(at).map(|&number| number.into()),
            Numbers::U64(numbers) => numbers.get(at).map(|&number| number.into()),
            Numbers::F32(numbers) => numbers.get(at).map(|&number| number.into()),
            Numbers::F64(numbers) => numbers.get(at).map(|&number| number.into()),
        }
    }
}

impl<'v> SeqAccess<'v> for InNumbers<'v> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'v>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        let scalar = match self.scalar() {
            Some(scalar) => scalar,
            None => return Ok(None),
        };
        let index = self.next;
        self.next += 1;
        let read = seed.deserialize(ScalarDeserializer(scalar));
        read.map(Some).map_err(|error| at(format_args!("[{}]", index), error))
    }

    fn size_hint(&self) -> Option<usize> {
        self.numbers.map(|numbers| numbers.len() - self.next)
    }
}

struct InPairs<'v> {
    of: NodeDeserializer<'v>,
    pairs: Pairs<'v>,
    /// Of the key that was read last, and that key.
    value: Option<(Node<'v>, Node<'v>)>,
}

fn shown_key(key: Node<'_>) -> String {
    match key.as_str() {
        Some(text) if text.len() <= 64 => format!(".{}", text),
        _ => format!("[{}]", key),
    }
}

impl<'v> MapAccess<'v> for InPairs<'v> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'v>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        let (key, value) = match self.pairs.next() {
            Some(pair) => pair?,
            None => return Ok(None),
        };
        self.value = Some((value, key));
        seed.deserialize(self.of.below(key)).map(Some).map_err(|error| at(shown_key(key), error))
    }

    fn next_value_seed<S: DeserializeSeed<'v>>(&mut self, seed: S) -> Result<S::Value> {
        let (value, key) = self.value.take().ok_or_else(value_without_key)?;
        seed.deserialize(self.of.below(value)).map_err(|error| at(shown_key(key), error))
    }

    fn size_hint(&self) -> Option<usize> {
        self.pairs.size_hint().1
    }
}

fn value_without_key() -> Error {
    Error::new(ErrorKind::Invalid, "a value of a dict was asked for before its key")
}

struct InVariant<'v> {
    variant: NodeDeserializer<'v>,
    content: NodeDeserializer<'v>,
}

impl<'v> EnumAccess<'v> for InVariant<'v> {
    type Error = Error;
    type Variant = InContent<'v>;

    fn variant_seed<S: DeserializeSeed<'v>>(self, seed: S) -> Result<(S::Value, InContent<'v>)> {
        let key = self.variant.node;
        Ok((seed.deserialize(self.variant)?, InContent { key, content: self.content }))
    }
}

/// What a variant holds.
struct InContent<'v> {
    key: Node<'v>,
    content: NodeDeserializer<'v>,
}

impl<'v> VariantAccess<'v> for InContent<'v> {
    type Error = Error;

    fn unit_variant(self) -> Result<()> {
        <()>::deserialize(self.content).map_err(|error| at(shown_key(self.key), error))
    }

    fn newtype_variant_seed<S: DeserializeSeed<'v>>(self, seed: S) -> Result<S::Value> {
        seed.deserialize(self.content).map_err(|error| at(shown_key(self.key), error))
    }

    fn tuple_variant<V: Visitor<'v>>(self, _length: usize, visitor: V) -> Result<V::Value> {
        self.content.deserialize_seq(visitor).map_err(|error| at(shown_key(self.key), error))
    }

    fn struct_variant<V: Visitor<'v>>(self, _fields: &'static [&'static str], visitor: V) -> Result<V::Value> {
        self.content.deserialize_any(visitor).map_err(|error| at(shown_key(self.key), error))
    }
}

struct ScalarDeserializer<'v>(Scalar<'v>);

impl<'v> Deserializer<'v> for ScalarDeserializer<'v> {
    type Error = Error;

    as_what_it_is!();

    #[inline]
    fn deserialize_any<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value> {
        match self.0 {
            Scalar::Null => visitor.visit_unit(),
            Scalar::Bool(truth) => visitor.visit_bool(truth),
            Scalar::Int(number) => visitor.visit_i64(number),
            Scalar::UInt(number) | Scalar::Reference(number) => visitor.visit_u64(number),
            Scalar::Float(number) => visitor.visit_f64(number),
            Scalar::Bytes(bytes) => visitor.visit_borrowed_bytes(bytes),
            Scalar::Str(text) => visitor.visit_borrowed_str(text),
            Scalar::Date(date) => visitor.visit_string(date.to_string()),
            Scalar::DateTime(time) => visitor.visit_string(time.to_string()),
            Scalar::Decimal(decimal) => visitor.visit_string(decimal.to_string()),
        }
    }

    fn deserialize_option<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value> {
        match self.0 {
            Scalar::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_seq<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value> {
        match self.0 {
            Scalar::Bytes(bytes) => visitor.visit_seq(InNumbers { numbers: Some(Numbers::U8(bytes)), next: 0 }),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_bytes<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value> {
        match self.0 {
            Scalar::Str(text) => visitor.visit_borrowed_bytes(text.as_bytes()),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'v>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.0 {
            Scalar::Str(text) => visitor.visit_enum(BorrowedStrDeserializer::new(text)),
            _ => Err(de::Error::custom("expected a variant: its name, or a dict of its name and what it holds")),
        }
    }
}

/// An array of numbers, a row of it, or a number in one.
struct NestedDeserializer<'a, 'v>(Nested<'a, 'v>);

impl<'v> Deserializer<'v> for NestedDeserializer<'_, '_> {
    type Error = Error;

    as_what_it_is!();

    fn deserialize_any<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value> {
        match (self.0.length(), self.0.number()) {
            (Some(_), _) => visitor.visit_seq(InRow { row: self.0, next: 0 }),
            (None, Number::Bool(truth)) => visitor.visit_bool(truth),
            (None, Number::Int(number)) => visitor.visit_i64(number),
            (None, Number::UInt(number)) => visitor.visit_u64(number),
            (None, Number::Float(number)) => visitor.visit_f64(number),
        }
    }

    fn deserialize_option<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_some(self)
    }

    forward_to_deserialize_any! { <V: Visitor<'v>> seq bytes enum }
}

struct InRow<'a, 'v> {
    row: Nested<'a, 'v>,
    next: usize,
}

impl<'v> SeqAccess<'v> for InRow<'_, '_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'v>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        if self.row.length().map_or(true, |length| self.next >= length) {
            return Ok(None);
        }
        let index = self.next;
        self.next += 1;
        let read = seed.deserialize(NestedDeserializer(self.row.part(index)));
        read.map(Some).map_err(|error| at(format_args!("[{}]", index), error))
    }

    fn size_hint(&self) -> Option<usize> {
        self.row.length().map(|length| length - self.next)
    }
}
