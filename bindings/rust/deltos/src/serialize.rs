//! From types that serde serializes to values, and from nodes to other formats.

use std::fmt::Display;

use serde::ser::{self, Serialize};

use deltos_sys as sys;

use crate::scalar::item;
use crate::{Error, ErrorKind, PackedValue, Result, Scalar, Transaction, Value, ValueBuilder};

/// Packs whatever can be serialized as a value.
///
/// Structs and maps become dicts, whose keys may be of any kind; sequences lists, tuples and tuple structs tuples; texts,
/// bytes, numbers and truth values themselves; `None` and units null. An enum's variant is its name, or a dict of its name
/// and what it holds. [`Date`](crate::Date), [`DateTime`](crate::DateTime) and [`Decimal`](crate::Decimal) become what they
/// are.
///
/// # Errors
/// [`Range`](ErrorKind::Range) for an `i128` or `u128` of more than 64 bits, [`Duplicate`](ErrorKind::Duplicate) when a map
/// has a key twice, [`Limit`](ErrorKind::Limit) more than 512 deep, and what the type itself says.
///
/// ```
/// use std::collections::BTreeMap;
///
/// let packed = deltos::to_packed(&BTreeMap::from([(1, "one"), (2, "two")]))?;
/// let value = packed.value()?;
/// assert_eq!(value.to_string(), r#"{1: "one", 2: "two"}"#);
/// assert_eq!(value.deserialize::<BTreeMap<u8, &str>>()?[&2], "two"); // borrowed from the packed bytes
/// # Ok::<(), deltos::Error>(())
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
pub fn to_packed<T: Serialize + ?Sized>(content: &T) -> Result<PackedValue> {
    ValueBuilder::new()?.put_serialized(content)?.pack()
}

/// Makes a value in memory of whatever can be serialized: see [`to_packed`].
///
/// # Errors
/// As [`to_packed`].
///
/// ```
/// let value = deltos::to_value(&(1, "two", Some(3.0)))?;
/// assert_eq!(value.to_string(), r#"(1, "two", 3.0)"#);
/// # Ok::<(), deltos::Error>(())
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
pub fn to_value<T: Serialize + ?Sized>(content: &T) -> Result<Value<'static>> {
    Value::unpack(to_packed(content)?)
}

#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl ValueBuilder {
    /// Puts whatever can be serialized: see [`to_packed`].
    ///
    /// # Errors
    /// As [`to_packed`] and [`put`](ValueBuilder::put).
    ///
    /// ```
    /// let mut builder = deltos::ValueBuilder::new()?;
    /// builder.tuple(|pair| pair.put_serialized(&vec!['a', 'b'])?.put_serialized(&()).map(drop))?;
    /// assert_eq!(builder.to_value()?.to_string(), r#"(["a", "b"], null)"#);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn put_serialized<T: Serialize + ?Sized>(&mut self, content: &T) -> Result<&mut Self> {
        self.check_unnamed()?;
        let mut waiting = Waiting { builder: self, items: Vec::new() };
        content.serialize(Serializer { to: &mut waiting, told: "" })?;
        waiting.flush()?;
        Ok(self)
    }
}

#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl<'s> Transaction<'s> {
    /// Stores whatever can be serialized as a value: see [`to_packed`].
    ///
    /// # Errors
    /// As [`to_packed`] and [`ValueBuilder::store`].
    ///
    /// ```
    /// use deltos::{Durability, Storage};
    ///
    /// let storage = Storage::anonymous("example")?;
    /// storage.transact(Durability::Sync, |transaction| {
    ///     transaction.put_value("words", &["a", "b"]).map(drop)
    /// })?;
    /// let words = storage.value("words")?;
    /// assert_eq!(words.deserialize::<(&str, &str)>()?, ("a", "b"));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn put_value<T: Serialize + ?Sized>(&mut self, name: &str, content: &T) -> Result<Value<'s>> {
        ValueBuilder::new()?.put_serialized(content)?.store(self, name)
    }
}

#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl ser::Error for Error {
    fn custom<T: Display>(message: T) -> Error {
        Error::new(ErrorKind::Type, message.to_string())
    }
}

/// Names by which this crate's own format knows what others see as text, a sequence or a number.
pub(crate) const DATE: &str = "$deltos::Date";
pub(crate) const DATE_TIME: &str = "$deltos::DateTime";
pub(crate) const DECIMAL: &str = "$deltos::Decimal";
pub(crate) const SET: &str = "$deltos::Set";
pub(crate) const REFERENCE: &str = "$deltos::Reference";

/// Items without data wait, so that the library is called for many at a time.
struct Waiting<'b> {
    builder: &'b mut ValueBuilder,
    items: Vec<sys::deltos_item>,
}

const MOST_WAITING: usize = 64;

impl Waiting<'_> {
    fn add(&mut self, item: sys::deltos_item) -> Result<()> {
        self.items.push(item);
        if self.items.len() < MOST_WAITING {
            return Ok(());
        }
        self.flush()
    }

    fn flush(&mut self) -> Result<()> {
        self.builder.put_items(&self.items)?;
        self.items.clear();
        Ok(())
    }

    /// What points to data does not wait: it may not live longer.
    fn put(&mut self, scalar: &Scalar<'_>) -> Result<()> {
        let has_data = matches!(scalar, Scalar::Str(_) | Scalar::Bytes(_) | Scalar::Decimal(_));
        self.add(scalar.item())?;
        if has_data {
            self.flush()?;
        }
        Ok(())
    }

    fn begin(&mut self, kind: i32) -> Result<()> {
        self.add(item(kind))
    }

    fn end(&mut self) -> Result<()> {
        self.add(item(sys::DELTOS_VALUE_END))
    }
}

struct Serializer<'w, 'b> {
    to: &'w mut Waiting<'b>,
    /// One of the names above, of what comes now, or no name.
    told: &'static str,
}

/// Something with elements that has been begun.
struct Compound<'w, 'b> {
    to: &'w mut Waiting<'b>,
    /// Containers to be ended.
    levels: u32,
}

impl<'w, 'b> Serializer<'w, 'b> {
    fn begin(self, kind: i32) -> Result<Compound<'w, 'b>> {
        self.to.begin(kind)?;
        Ok(Compound { to: self.to, levels: 1 })
    }

    /// A dict of one pair: the name of a variant, and what is put next.
    fn begin_variant(self, variant: &str, kind: i32) -> Result<Compound<'w, 'b>> {
        self.to.begin(sys::DELTOS_VALUE_DICT)?;
        self.to.put(&Scalar::Str(variant))?;
        self.to.begin(kind)?;
        Ok(Compound { to: self.to, levels: 2 })
    }
}

impl<'w, 'b> Compound<'w, 'b> {
    fn put<T: Serialize + ?Sized>(&mut self, content: &T) -> Result<()> {
        content.serialize(Serializer { to: &mut *self.to, told: "" })
    }

    fn put_pair<T: Serialize + ?Sized>(&mut self, key: &'static str, content: &T) -> Result<()> {
        self.to.put(&Scalar::Str(key))?;
        self.put(content)
    }

    fn finish(self) -> Result<()> {
        (0..self.levels).try_for_each(|_| self.to.end())
    }
}

macro_rules! scalars {
    ($($method:ident: $type:ty;)*) => {
        $(
            fn $method(self, scalar: $type) -> Result<()> {
                self.to.put(&Scalar::from(scalar))
            }
        )*
    };
}

macro_rules! variants {
    ($($method:ident, $kind:ident;)*) => {
        $(
            fn $method(
                self,
                _name: &'static str,
                _index: u32,
                variant: &'static str,
                _length: usize,
            ) -> Result<Compound<'w, 'b>> {
                self.begin_variant(variant, sys::$kind)
            }
        )*
    };
}

fn too_large(number: impl Display) -> Error {
    let message = format!("{} has more than 64 bits; store it as a Decimal or as text", number);
    Error::new(ErrorKind::Range, message)
}

impl<'w, 'b> ser::Serializer for Serializer<'w, 'b> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Compound<'w, 'b>;
    type SerializeTuple = Compound<'w, 'b>;
    type SerializeTupleStruct = Compound<'w, 'b>;
    type SerializeTupleVariant = Compound<'w, 'b>;
    type SerializeMap = Compound<'w, 'b>;
    type SerializeStruct = Compound<'w, 'b>;
    type SerializeStructVariant = Compound<'w, 'b>;

    scalars! {
        serialize_bool: bool;
        serialize_i8: i8;
        serialize_i16: i16;
        serialize_i32: i32;
        serialize_i64: i64;
        serialize_u8: u8;
        serialize_u16: u16;
        serialize_u32: u32;
        serialize_f32: f32;
        serialize_f64: f64;
        serialize_bytes: &[u8];
    }

    fn serialize_u64(self, number: u64) -> Result<()> {
        self.to.put(&if self.told == REFERENCE { Scalar::Reference(number) } else { Scalar::from(number) })
    }

    fn serialize_str(self, text: &str) -> Result<()> {
        self.to.put(&match self.told {
            DATE => Scalar::Date(text.parse()?),
            DATE_TIME => Scalar::DateTime(text.parse()?),
            DECIMAL => Scalar::Decimal(text.parse()?),
            _ => Scalar::Str(text),
        })
    }

    fn serialize_i128(self, number: i128) -> Result<()> {
        match (i64::try_from(number), u64::try_from(number)) {
            (Ok(number), _) => self.serialize_i64(number),
            (_, Ok(number)) => self.serialize_u64(number),
            _ => Err(too_large(number)),
        }
    }

    fn serialize_u128(self, number: u128) -> Result<()> {
        self.serialize_u64(u64::try_from(number).map_err(|_| too_large(number))?)
    }

    fn serialize_char(self, character: char) -> Result<()> {
        self.serialize_str(character.encode_utf8(&mut [0; 4]))
    }

    fn serialize_none(self) -> Result<()> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, content: &T) -> Result<()> {
        content.serialize(self)
    }

    fn serialize_unit(self) -> Result<()> {
        self.to.put(&Scalar::Null)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<()> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Result<()> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, content: &T) -> Result<()> {
        content.serialize(Serializer { told: name, ..self })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        content: &T,
    ) -> Result<()> {
        let mut pair = self.begin(sys::DELTOS_VALUE_DICT)?;
        pair.put_pair(variant, content)?;
        pair.finish()
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Compound<'w, 'b>> {
        let is_set = self.told == SET;
        self.begin(if is_set { sys::DELTOS_VALUE_SET } else { sys::DELTOS_VALUE_LIST })
    }

    fn serialize_tuple(self, _length: usize) -> Result<Compound<'w, 'b>> {
        self.begin(sys::DELTOS_VALUE_TUPLE)
    }

    fn serialize_tuple_struct(self, _name: &'static str, _length: usize) -> Result<Compound<'w, 'b>> {
        self.begin(sys::DELTOS_VALUE_TUPLE)
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Compound<'w, 'b>> {
        self.begin(sys::DELTOS_VALUE_DICT)
    }

    fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Compound<'w, 'b>> {
        self.begin(sys::DELTOS_VALUE_DICT)
    }

    variants! {
        serialize_tuple_variant, DELTOS_VALUE_TUPLE;
        serialize_struct_variant, DELTOS_VALUE_DICT;
    }
}

macro_rules! compounds {
    ($($trait:ident, $method:ident;)*) => {
        $(
            impl ser::$trait for Compound<'_, '_> {
                type Ok = ();
                type Error = Error;

                fn $method<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<()> {
                    self.put(element)
                }

                fn end(self) -> Result<()> {
                    self.finish()
                }
            }
        )*
    };
}

compounds! {
    SerializeSeq, serialize_element;
    SerializeTuple, serialize_element;
    SerializeTupleStruct, serialize_field;
    SerializeTupleVariant, serialize_field;
}

impl ser::SerializeMap for Compound<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        self.put(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.put(value)
    }

    fn end(self) -> Result<()> {
        self.finish()
    }
}

macro_rules! structs {
    ($($trait:ident)*) => {
        $(
            impl ser::$trait for Compound<'_, '_> {
                type Ok = ();
                type Error = Error;

                fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<()> {
                    self.put_pair(key, value)
                }

                fn end(self) -> Result<()> {
                    self.finish()
                }
            }
        )*
    };
}

structs! { SerializeStruct SerializeStructVariant }
