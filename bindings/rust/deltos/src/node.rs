//! Nodes: places in a value.

use std::convert::Infallible;
use std::fmt;

use deltos_sys as sys;

use crate::error::call;
use crate::view::slice_of;
use crate::{
    Date, DateTime, Decimal, DecimalClass, Elements, Error, ErrorKind, Key, PackedValue, Pairs, Result, Scalar, Value,
};

/// What a node of a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ValueKind {
    /// Nothing.
    Null,
    /// True or false.
    Bool,
    /// A whole number.
    Int,
    /// A number with a fraction.
    Float,
    /// Bytes.
    Bytes,
    /// Text.
    Str,
    /// Elements in order.
    List,
    /// Elements in order, of a number that does not change.
    Tuple,
    /// Members, each of which is there once.
    Set,
    /// Keys with their values.
    Dict,
    /// A day.
    Date,
    /// A day and a time.
    DateTime,
    /// A decimal number.
    Decimal,
    /// An array of any number of dimensions.
    Array,
    /// Another object of the same storage.
    Reference,
    /// One that this version does not know.
    Other,
}

impl ValueKind {
    fn of(code: i32) -> ValueKind {
        match code {
            sys::DELTOS_VALUE_NULL => ValueKind::Null,
            sys::DELTOS_VALUE_BOOL => ValueKind::Bool,
            sys::DELTOS_VALUE_INT | sys::DELTOS_VALUE_UINT => ValueKind::Int,
            sys::DELTOS_VALUE_FLOAT => ValueKind::Float,
            sys::DELTOS_VALUE_BYTES => ValueKind::Bytes,
            sys::DELTOS_VALUE_UTF8 => ValueKind::Str,
            sys::DELTOS_VALUE_LIST => ValueKind::List,
            sys::DELTOS_VALUE_TUPLE => ValueKind::Tuple,
            sys::DELTOS_VALUE_SET => ValueKind::Set,
            sys::DELTOS_VALUE_DICT => ValueKind::Dict,
            sys::DELTOS_VALUE_DATE => ValueKind::Date,
            sys::DELTOS_VALUE_DATETIME => ValueKind::DateTime,
            sys::DELTOS_VALUE_DECIMAL => ValueKind::Decimal,
            sys::DELTOS_VALUE_NDARRAY => ValueKind::Array,
            sys::DELTOS_VALUE_REFERENCE => ValueKind::Reference,
            _ => ValueKind::Other,
        }
    }

    /// As messages say it.
    pub(crate) fn words(self) -> &'static str {
        match self {
            ValueKind::Null => "null",
            ValueKind::Bool => "a truth value",
            ValueKind::Int => "a whole number",
            ValueKind::Float => "a float",
            ValueKind::Bytes => "bytes",
            ValueKind::Str => "text",
            ValueKind::List => "a list",
            ValueKind::Tuple => "a tuple",
            ValueKind::Set => "a set",
            ValueKind::Dict => "a dict",
            ValueKind::Date => "a day",
            ValueKind::DateTime => "a day and time",
            ValueKind::Decimal => "a decimal",
            ValueKind::Array => "an array",
            ValueKind::Reference => "a reference",
            ValueKind::Other => "of a kind that is not known",
        }
    }
}

/// A place in a [`Value`]: a scalar, or something with elements. Free to copy, and read without decoding.
///
/// Scalars are told by `as_` methods, which give `None` for what is of another kind; by `TryFrom`, which says what is
/// there instead; and by [`scalar`](Node::scalar), to be matched. Reading what lies below can fail, because a file may
/// be damaged.
///
/// ```
/// use deltos::{Tree, ValueKind};
///
/// let value = Tree::from([("name", Tree::from("Ulm")), ("area", Tree::from(118.7))]).to_value()?;
/// let city = value.root();
/// assert_eq!((city.kind(), city.len()), (ValueKind::Dict, 2));
/// assert_eq!(city.get("area")?.and_then(|area| area.as_f64()), Some(118.7));
/// let name = city.get("name")?.unwrap();
/// assert_eq!(name, "Ulm");
/// let refused = i32::try_from(name).unwrap_err();
/// assert_eq!(refused.message(), "expected i32, but the node is text");
/// # Ok::<(), deltos::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Node<'v> {
    pub(crate) value: &'v Value<'v>,
    pub(crate) item: sys::deltos_item,
}

// SAFETY: a node points into a value, which is immutable.
unsafe impl Send for Node<'_> {}
// SAFETY: as above.
unsafe impl Sync for Node<'_> {}

impl<'v> Node<'v> {
    /// What it is.
    pub fn kind(&self) -> ValueKind {
        ValueKind::of(self.item.kind)
    }

    /// Its number in the value, for [`Value::node`]. What is shared has one number.
    pub fn id(&self) -> u64 {
        self.item.node
    }

    /// The value that it is part of.
    pub fn value(&self) -> &'v Value<'v> {
        self.value
    }

    /// Elements of a list, tuple or set, pairs of a dict, bytes of text or bytes, dimensions of an array; else 0.
    pub fn len(&self) -> usize {
        match self.kind() {
            ValueKind::Decimal => 0,
            _ => self.item.count as usize,
        }
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// It is null.
    pub fn is_null(&self) -> bool {
        self.kind() == ValueKind::Null
    }

    /// A truth value.
    pub fn as_bool(&self) -> Option<bool> {
        (self.kind() == ValueKind::Bool).then_some(self.item.i64 != 0)
    }

    /// A whole number that an `i64` holds.
    pub fn as_i64(&self) -> Option<i64> {
        self.whole().and_then(|number| i64::try_from(number).ok())
    }

    /// A whole number that a `u64` holds.
    pub fn as_u64(&self) -> Option<u64> {
        self.whole().and_then(|number| u64::try_from(number).ok())
    }

    pub(crate) fn whole(&self) -> Option<i128> {
        match self.item.kind {
            sys::DELTOS_VALUE_INT => Some(self.item.i64.into()),
            sys::DELTOS_VALUE_UINT => Some(self.item.u64.into()),
            _ => None,
        }
    }

    /// A float, or a whole number as the nearest one.
    pub fn as_f64(&self) -> Option<f64> {
        match self.kind() {
            ValueKind::Float => Some(self.item.f64),
            _ => self.whole().map(|number| number as f64),
        }
    }

    /// Text. Files are not believed: what is not UTF-8 is none, and [`text`](Node::text) says so.
    pub fn as_str(&self) -> Option<&'v str> {
        self.text().ok()
    }

    /// Bytes; text is none.
    pub fn as_bytes(&self) -> Option<&'v [u8]> {
        (self.kind() == ValueKind::Bytes).then(|| self.data())
    }

    /// A day.
    pub fn as_date(&self) -> Option<Date> {
        (self.kind() == ValueKind::Date).then_some(Date { days: self.item.i64 })
    }

    /// A day and a time.
    pub fn as_datetime(&self) -> Option<DateTime> {
        (self.kind() == ValueKind::DateTime).then(|| DateTime {
            seconds: self.item.i64,
            nanoseconds: self.item.u64 as u32,
            offset: Some(self.item.detail).filter(|&offset| offset != sys::DELTOS_VALUE_NO_ZONE),
        })
    }

    /// A decimal number.
    pub fn as_decimal(&self) -> Option<Decimal<'v>> {
        if self.kind() != ValueKind::Decimal {
            return None;
        }
        Some(Decimal {
            class: DecimalClass::of(self.item.detail),
            negative: self.item.u64 != 0,
            digits: std::str::from_utf8(self.data()).ok()?.into(),
            exponent: self.item.i64,
        })
    }

    /// The id of another object of the same storage.
    pub fn as_reference(&self) -> Option<u64> {
        (self.kind() == ValueKind::Reference).then_some(self.item.u64)
    }

    /// The bytes of text, bytes and digits.
    pub(crate) fn data(&self) -> &'v [u8] {
        // SAFETY: for these kinds the library has checked that so many bytes are there; they live as long as the value,
        // and nobody writes them.
        unsafe { slice_of(self.item.data.cast(), self.item.count as usize) }
    }

    /// Text.
    ///
    /// # Errors
    /// [`Type`](ErrorKind::Type) when it is something else, [`Corrupt`](ErrorKind::Corrupt) when it is not UTF-8.
    pub fn text(&self) -> Result<&'v str> {
        if self.kind() != ValueKind::Str {
            return Err(self.unexpected("text"));
        }
        let at_fault = |error| Error::new(ErrorKind::Corrupt, format!("a text in the value is damaged: {}", error));
        std::str::from_utf8(self.data()).map_err(at_fault)
    }

    /// What it is, to be matched; `None` for what has elements.
    ///
    /// # Errors
    /// [`Corrupt`](ErrorKind::Corrupt) when text is not UTF-8.
    ///
    /// ```
    /// use deltos::{Scalar, Tree};
    /// let value = Tree::from(1.5).to_value()?;
    /// match value.root().scalar()? {
    ///     Some(Scalar::Float(number)) => assert_eq!(number, 1.5),
    ///     other => panic!("{:?}", other),
    /// }
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn scalar(&self) -> Result<Option<Scalar<'v>>> {
        Ok(Some(match self.kind() {
            ValueKind::Null => Scalar::Null,
            ValueKind::Bool => Scalar::Bool(self.item.i64 != 0),
            ValueKind::Int if self.item.kind == sys::DELTOS_VALUE_INT => Scalar::Int(self.item.i64),
            ValueKind::Int => Scalar::from(self.item.u64),
            ValueKind::Float => Scalar::Float(self.item.f64),
            ValueKind::Bytes => Scalar::Bytes(self.data()),
            ValueKind::Str => Scalar::Str(self.text()?),
            ValueKind::Reference => Scalar::Reference(self.item.u64),
            _ => {
                let date = self.as_date().map(Scalar::Date).or_else(|| self.as_datetime().map(Scalar::DateTime));
                return Ok(date.or_else(|| self.as_decimal().map(Scalar::Decimal)));
            }
        }))
    }

    /// What a dict has under a key, or the member of a set that is equal to it.
    ///
    /// # Errors
    /// [`Kind`](ErrorKind::Kind) when it is neither, [`Corrupt`](ErrorKind::Corrupt), and
    /// [`Limit`](ErrorKind::Limit) for a key that is nested too deep.
    ///
    /// ```
    /// # use deltos::Tree;
    /// let value = Tree::from([(1, "one"), (2, "two")]).to_value()?;
    /// assert_eq!(value.get(2)?.unwrap(), "two");
    /// assert!(value.get("2")?.is_none() && value.get(2.0)?.is_none());
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn get<'k>(&self, key: impl Into<Key<'k>>) -> Result<Option<Node<'v>>> {
        let mut found = crate::scalar::item(sys::DELTOS_VALUE_END);
        let value = self.value.as_raw();
        // SAFETY: the handles live, and what the key points to does during the call.
        key.into()
            .lend(|key, keys| unsafe { call!(deltos_value_find(value, self.item.node, key, keys, &mut found)) })?;
        Ok(Some(found).filter(|found| found.kind != sys::DELTOS_VALUE_END).map(|item| self.beside(item)))
    }

    /// Whether a dict has a key, or a set a member.
    ///
    /// # Errors
    /// As [`get`](Node::get).
    ///
    /// ```
    /// # use deltos::Tree;
    /// let value = Tree::Set(vec![Tree::from("a"), Tree::from("b")]).to_value()?;
    /// assert!(value.root().contains("b")? && !value.root().contains("c")?);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn contains<'k>(&self, key: impl Into<Key<'k>>) -> Result<bool> {
        Ok(self.get(key)?.is_some())
    }

    /// An element of a list, tuple or set, by its number.
    ///
    /// # Errors
    /// [`Kind`](ErrorKind::Kind) when it has no elements, or pairs: [`pair_at`](Node::pair_at) tells of these;
    /// [`Corrupt`](ErrorKind::Corrupt).
    ///
    /// ```
    /// # use deltos::Tree;
    /// let value = Tree::from(vec!["a", "b"]).to_value()?;
    /// assert_eq!(value.root().at(1)?.unwrap(), "b");
    /// assert!(value.root().at(2)?.is_none());
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn at(&self, index: usize) -> Result<Option<Node<'v>>> {
        self.elements()?; // tells what has none
        let mut items = [crate::scalar::item(sys::DELTOS_VALUE_NULL)];
        Ok((self.children_from(index, &mut items)? == 1).then(|| self.beside(items[0])))
    }

    /// A key of a dict and its value, by number: in the order in which they were put.
    ///
    /// # Errors
    /// [`Kind`](ErrorKind::Kind) when it is no dict, [`Corrupt`](ErrorKind::Corrupt).
    ///
    /// ```
    /// # use deltos::Tree;
    /// let value = Tree::from([("a", 1), ("b", 2)]).to_value()?;
    /// let (key, number) = value.root().pair_at(1)?.unwrap();
    /// assert!(key == "b" && number == 2);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn pair_at(&self, index: usize) -> Result<Option<(Node<'v>, Node<'v>)>> {
        self.pairs()?;
        let mut items = [crate::scalar::item(sys::DELTOS_VALUE_NULL); 2];
        Ok((self.children_from(index, &mut items)? == 2).then(|| (self.beside(items[0]), self.beside(items[1]))))
    }

    /// The elements of a list, tuple or set; the set's in its own order.
    ///
    /// # Errors
    /// [`Kind`](ErrorKind::Kind) when it is something else. Each step may fail with [`Corrupt`](ErrorKind::Corrupt).
    ///
    /// ```
    /// # use deltos::Tree;
    /// let value = Tree::from(vec![1, 2, 3]).to_value()?;
    /// let mut sum = 0;
    /// for element in value.root().elements()? {
    ///     sum += i64::try_from(element?)?;
    /// }
    /// assert_eq!(sum, 6);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn elements(&self) -> Result<Elements<'v>> {
        match self.kind() {
            ValueKind::List | ValueKind::Tuple | ValueKind::Set => Ok(Elements::of(*self)),
            kind => Err(Error::new(ErrorKind::Kind, format!("the node is {} and has no elements", kind.words()))),
        }
    }

    /// The keys of a dict with their values, in the order in which they were put.
    ///
    /// # Errors
    /// [`Kind`](ErrorKind::Kind) when it is something else. Each step may fail with [`Corrupt`](ErrorKind::Corrupt).
    ///
    /// ```
    /// # use deltos::Tree;
    /// let value = Tree::from([("a", 1), ("b", 2)]).to_value()?;
    /// for pair in value.root().pairs()? {
    ///     let (key, number) = pair?;
    ///     println!("{}: {}", key, number);
    /// }
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn pairs(&self) -> Result<Pairs<'v>> {
        match self.kind() {
            ValueKind::Dict => Ok(Pairs::of(*self)),
            kind => Err(Error::new(ErrorKind::Kind, format!("the node is {} and has no keys", kind.words()))),
        }
    }

    /// All elements, each as a type: numbers, `&str`, [`Node`]s.
    ///
    /// # Errors
    /// As [`elements`](Node::elements), and what the first element says that is of another kind.
    ///
    /// ```
    /// # use deltos::Tree;
    /// let value = Tree::from(vec!["a", "b"]).to_value()?;
    /// assert_eq!(value.root().to_vec::<&str>()?, ["a", "b"]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn to_vec<T>(&self) -> Result<Vec<T>>
    where
        T: TryFrom<Node<'v>>,
        Error: From<T::Error>,
    {
        self.elements()?.map(|element| Ok(T::try_from(element?)?)).collect()
    }

    /// A hash of what the node holds: the same for equal nodes, in every process, language and version.
    ///
    /// # Errors
    /// [`Limit`](ErrorKind::Limit) when it contains itself, [`Corrupt`](ErrorKind::Corrupt).
    ///
    /// ```
    /// # use deltos::Tree;
    /// let (a, b) = (Tree::from("a").to_value()?, Tree::from(vec!["a"]).to_value()?);
    /// assert_eq!(a.root().stable_hash()?, b.root().at(0)?.unwrap().stable_hash()?);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn stable_hash(&self) -> Result<u64> {
        let mut hash = 0;
        // SAFETY: the handle lives.
        unsafe { call!(deltos_value_hash(self.value.as_raw(), self.item.node, &mut hash)) }?;
        Ok(hash)
    }

    /// Whether two nodes hold equal values: kinds and contents are the same. 1, 1.0 and true differ, and so do a list and
    /// a tuple; NaN equals NaN; decimals are equal as numbers; sets and dicts in any order.
    ///
    /// `==` does the same, and takes what cannot be compared for different.
    ///
    /// # Errors
    /// [`Limit`](ErrorKind::Limit), [`Corrupt`](ErrorKind::Corrupt).
    pub fn try_eq(&self, other: &Node<'_>) -> Result<bool> {
        let mut equal = 0;
        let (a, b) = (self.value.as_raw(), other.value.as_raw());
        // SAFETY: both handles live.
        unsafe { call!(deltos_value_equal(a, self.item.node, b, other.item.node, &mut equal)) }?;
        Ok(equal != 0)
    }

    /// Packs what the node holds as a value of its own.
    ///
    /// # Errors
    /// [`Corrupt`](ErrorKind::Corrupt), [`Limit`](ErrorKind::Limit).
    ///
    /// ```
    /// # use deltos::Tree;
    /// let value = Tree::from([("a", vec![1, 2])]).to_value()?;
    /// let part = value.get("a")?.unwrap().pack()?;
    /// assert_eq!(part.value()?.root(), value.get("a")?.unwrap());
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn pack(&self) -> Result<PackedValue> {
        let mut builder = crate::ValueBuilder::new()?;
        builder.put_node(*self)?;
        builder.pack()
    }

    /// Items of elements, or of keys and values in turn, and how many there were.
    pub(crate) fn children_from(&self, first: usize, items: &mut [sys::deltos_item]) -> Result<usize> {
        let (value, node, room) = (self.value.as_raw(), self.item.node, items.len() as u64);
        let mut count = 0;
        // SAFETY: the handle lives, and there is room for so many items.
        unsafe { call!(deltos_value_children(value, node, first as u64, items.as_mut_ptr(), room, &mut count)) }?;
        Ok((count as usize).min(items.len()))
    }

    /// Another node of the same value.
    pub(crate) fn beside(&self, item: sys::deltos_item) -> Node<'v> {
        Node { value: self.value, item }
    }

    #[cold]
    pub(crate) fn unexpected(&self, expected: &str) -> Error {
        let message = match self.whole() {
            Some(number) => format!("expected {}, but the node is {}", expected, number),
            None => format!("expected {}, but the node is {}", expected, self.kind().words()),
        };
        Error::new(ErrorKind::Type, message)
    }
}

impl PartialEq<Node<'_>> for Node<'_> {
    /// As [`try_eq`](Node::try_eq); what cannot be compared is different.
    fn eq(&self, other: &Node<'_>) -> bool {
        self.try_eq(other).unwrap_or(false)
    }
}

macro_rules! comparisons {
    ($($type:ty, |$node:ident, $other:ident| $equal:expr;)*) => {
        $(
            impl PartialEq<$type> for Node<'_> {
                fn eq(&self, $other: &$type) -> bool {
                    let $node = self;
                    $equal
                }
            }
        )*
    };
}

comparisons! {
    bool, |node, other| node.as_bool() == Some(*other);
    i32, |node, other| node.as_i64() == Some((*other).into());
    i64, |node, other| node.as_i64() == Some(*other);
    u64, |node, other| node.as_u64() == Some(*other);
    f64, |node, other| node.kind() == ValueKind::Float && node.as_f64() == Some(*other);
    str, |node, other| node.kind() == ValueKind::Str && node.data() == other.as_bytes();
    &str, |node, other| *node == **other;
    [u8], |node, other| node.as_bytes() == Some(other);
}

macro_rules! conversions {
    ($($type:ty, $name:expr, |$node:ident| $converted:expr;)*) => {
        $(
            impl<'v> TryFrom<Node<'v>> for $type {
                type Error = Error;

                fn try_from($node: Node<'v>) -> Result<Self> {
                    $converted.ok_or_else(|| $node.unexpected($name))
                }
            }
        )*
    };
}

macro_rules! whole_numbers {
    ($($type:ident)*) => {
        conversions! {
            $($type, stringify!($type), |node| node.whole().and_then(|number| <$type>::try_from(number).ok());)*
        }
    };
}

whole_numbers! { i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize }

conversions! {
    bool, "a truth value", |node| node.as_bool();
    f64, "a float", |node| node.as_f64();
    f32, "a float that an f32 holds", |node| node.as_f64().filter(|&number| fits_f32(number)).map(|number| number as f32);
    &'v [u8], "bytes", |node| node.as_bytes();
    Vec<u8>, "bytes", |node| node.as_bytes().map(<[u8]>::to_vec);
    Date, "a day", |node| node.as_date();
    DateTime, "a day and time", |node| node.as_datetime();
    Decimal<'v>, "a decimal", |node| node.as_decimal();
}

fn fits_f32(number: f64) -> bool {
    number.is_nan() || f64::from(number as f32) == number
}

impl<'v> TryFrom<Node<'v>> for &'v str {
    type Error = Error;

    fn try_from(node: Node<'v>) -> Result<Self> {
        node.text()
    }
}

impl<'v> TryFrom<Node<'v>> for String {
    type Error = Error;

    fn try_from(node: Node<'v>) -> Result<Self> {
        node.text().map(str::to_owned)
    }
}

/// So that [`Node::to_vec`] gives nodes, too.
impl From<Infallible> for Error {
    fn from(never: Infallible) -> Error {
        match never {}
    }
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Node({})", self)
    }
}
