//! What needs no container: given to be put or looked for, and told of a node.

use std::mem::zeroed;

use deltos_sys as sys;

use crate::{Date, DateTime, Decimal, Node};

/// A value without elements, borrowed from wherever it is.
///
/// Numbers, text, bytes and options of them turn into it by themselves.
///
/// ```
/// use deltos::Scalar;
/// assert_eq!(Scalar::from("Ulm"), Scalar::Str("Ulm"));
/// assert_eq!(Scalar::from(7u8), Scalar::Int(7));
/// assert_eq!(Scalar::from(u64::MAX), Scalar::UInt(u64::MAX));
/// assert_eq!(Scalar::from(None::<f64>), Scalar::Null);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Scalar<'a> {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A number that an `i64` holds.
    Int(i64),
    /// A number of 2^63 or more.
    UInt(u64),
    /// A number with a fraction.
    Float(f64),
    /// Bytes.
    Bytes(&'a [u8]),
    /// Text.
    Str(&'a str),
    /// A day.
    Date(Date),
    /// A day and a time.
    DateTime(DateTime),
    /// A decimal number.
    Decimal(Decimal<'a>),
    /// The id of an object of the same storage.
    Reference(u64),
}

/// An item of a kind and nothing else.
pub(crate) fn item(kind: i32) -> sys::deltos_item {
    // SAFETY: numbers and a pointer, of which zero is one.
    let mut item: sys::deltos_item = unsafe { zeroed() };
    item.kind = kind;
    item
}

impl Scalar<'_> {
    /// As the library takes it. Its data is that of the scalar, and lives as long.
    pub(crate) fn item(&self) -> sys::deltos_item {
        let mut item = item(match self {
            Scalar::Null => sys::DELTOS_VALUE_NULL,
            Scalar::Bool(_) => sys::DELTOS_VALUE_BOOL,
            Scalar::Int(_) => sys::DELTOS_VALUE_INT,
            Scalar::UInt(_) => sys::DELTOS_VALUE_UINT,
            Scalar::Float(_) => sys::DELTOS_VALUE_FLOAT,
            Scalar::Bytes(_) => sys::DELTOS_VALUE_BYTES,
            Scalar::Str(_) => sys::DELTOS_VALUE_UTF8,
            Scalar::Date(_) => sys::DELTOS_VALUE_DATE,
            Scalar::DateTime(_) => sys::DELTOS_VALUE_DATETIME,
            Scalar::Decimal(_) => sys::DELTOS_VALUE_DECIMAL,
            Scalar::Reference(_) => sys::DELTOS_VALUE_REFERENCE,
        });
        let mut bytes = |bytes: &[u8]| (item.data, item.count) = (bytes.as_ptr().cast(), bytes.len() as u64);
        match self {
            Scalar::Null => (),
            Scalar::Bool(truth) => item.i64 = i64::from(*truth),
            Scalar::Int(number) => item.i64 = *number,
            Scalar::UInt(number) | Scalar::Reference(number) => item.u64 = *number,
            Scalar::Float(number) => item.f64 = *number,
            Scalar::Bytes(content) => bytes(content),
            Scalar::Str(text) => bytes(text.as_bytes()),
            Scalar::Date(date) => item.i64 = date.days,
            Scalar::DateTime(time) => {
                (item.i64, item.u64) = (time.seconds, time.nanoseconds.into());
                item.detail = time.offset.unwrap_or(sys::DELTOS_VALUE_NO_ZONE);
            }
            Scalar::Decimal(decimal) => {
                bytes(decimal.digits.as_bytes());
                (item.i64, item.u64) = (decimal.exponent, decimal.negative.into());
                item.detail = decimal.class.code();
            }
        }
        item
    }
}

macro_rules! scalars {
    ($($type:ty, $name:ident => $scalar:expr;)*) => {
        $(
            impl<'a> From<$type> for Scalar<'a> {
                fn from($name: $type) -> Self {
                    $scalar
                }
            }
        )*
    };
}

scalars! {
    (), _nothing => Scalar::Null;
    bool, truth => Scalar::Bool(truth);
    i8, number => Scalar::Int(number.into());
    i16, number => Scalar::Int(number.into());
    i32, number => Scalar::Int(number.into());
    i64, number => Scalar::Int(number);
    isize, number => Scalar::Int(number as i64);
    u8, number => Scalar::Int(number.into());
    u16, number => Scalar::Int(number.into());
    u32, number => Scalar::Int(number.into());
    u64, number => i64::try_from(number).map_or(Scalar::UInt(number), Scalar::Int);
    usize, number => Scalar::from(number as u64);
    f32, number => Scalar::Float(number.into());
    f64, number => Scalar::Float(number);
    &'a str, text => Scalar::Str(text);
    &'a String, text => Scalar::Str(text);
    &'a [u8], bytes => Scalar::Bytes(bytes);
    Date, date => Scalar::Date(date);
    DateTime, time => Scalar::DateTime(time);
    Decimal<'a>, decimal => Scalar::Decimal(decimal);
}

impl<'a, const N: usize> From<&'a [u8; N]> for Scalar<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Scalar::Bytes(bytes)
    }
}

impl<'a, T: Into<Scalar<'a>>> From<Option<T>> for Scalar<'a> {
    fn from(option: Option<T>) -> Self {
        option.map_or(Scalar::Null, Into::into)
    }
}

/// What is looked for in a dict or set: a [`Scalar`], or a node of this value or another, which may have elements.
///
/// ```
/// use deltos::{Key, Tree};
///
/// let set = Tree::Set(vec![Tree::from("a"), Tree::Tuple(vec![Tree::from(1), Tree::from(2)])]).to_value()?;
/// let pair = Tree::Tuple(vec![Tree::from(1), Tree::from(2)]).to_value()?;
/// assert!(set.root().contains("a")?);
/// assert!(set.root().contains(pair.root())?);
/// # let _: Key = 7.into();
/// # Ok::<(), deltos::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Key<'a>(pub(crate) KeyOf<'a>);

#[derive(Clone, Debug)]
pub(crate) enum KeyOf<'a> {
    Scalar(Scalar<'a>),
    Node(Node<'a>),
}

impl<'a, T: Into<Scalar<'a>>> From<T> for Key<'a> {
    fn from(scalar: T) -> Self {
        Key(KeyOf::Scalar(scalar.into()))
    }
}

impl<'a> From<Node<'a>> for Key<'a> {
    fn from(node: Node<'a>) -> Self {
        Key(KeyOf::Node(node))
    }
}

impl Key<'_> {
    /// As the library takes it, with the value that holds what is no scalar.
    pub(crate) fn lend<R>(&self, run: impl FnOnce(&sys::deltos_item, *const sys::deltos_object) -> R) -> R {
        match &self.0 {
            KeyOf::Scalar(scalar) => run(&scalar.item(), std::ptr::null()),
            KeyOf::Node(node) => run(&node.item, node.value.as_raw()),
        }
    }
}
