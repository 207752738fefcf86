//! Values as the program's own: trees that can be taken apart and changed.

use std::fmt;

use crate::children::Parts;
use crate::{
    ArrayRef, Content, DType, Date, DateTime, Decimal, Element, Error, ErrorKind, Node, PackedValue, Result, Scalar,
    Transaction, Value, ValueBuilder, ValueKind,
};

/// A tree of the program's own: what a value holds, copied, or what becomes one.
///
/// ```
/// use deltos::Tree;
///
/// let mut city = Tree::from([("name", Tree::from("Ulm")), ("twins", Tree::from(vec!["Pécs"]))]);
/// if let Some(Tree::List(twins)) = city.get_mut("twins") {
///     twins.push("Arad".into());
/// }
/// let value = city.to_value()?;
/// assert_eq!(value.to_string(), r#"{"name": "Ulm", "twins": ["Pécs", "Arad"]}"#);
/// assert_eq!(value.to_tree()?, city);
/// assert_eq!(city["twins"][1].as_str(), Some("Arad"));
/// # Ok::<(), deltos::Error>(())
/// ```
///
/// Two are equal when the values are that they become: 1 and 1.0 differ, NaN equals NaN, sets and dicts are in any order.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Tree {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number that an `i64` holds.
    Int(i64),
    /// A whole number; those below 2^63 come back as `Int`.
    UInt(u64),
    /// A number with a fraction.
    Float(f64),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Text.
    Str(String),
    /// Elements in order.
    List(Vec<Tree>),
    /// Elements in order, of a number that does not change.
    Tuple(Vec<Tree>),
    /// Members, each of which is there once.
    Set(Vec<Tree>),
    /// Keys with their values; each key is there once.
    Dict(Vec<(Tree, Tree)>),
    /// A day.
    Date(Date),
    /// A day and a time.
    DateTime(DateTime),
    /// A decimal number.
    Decimal(Decimal<'static>),
    /// An array.
    Array(TreeArray),
    /// The id of an object of the same storage.
    Reference(u64),
}

/// An array of a [`Tree`]: elements of any type, in C order.
///
/// ```
/// use deltos::TreeArray;
/// let array = TreeArray::new(&[1.0, 2.0, 3.0, 4.0], &[2, 2])?;
/// assert_eq!((array.shape.as_slice(), array.to_vec::<f64>()?), (&[2, 2][..], vec![1.0, 2.0, 3.0, 4.0]));
/// # Ok::<(), deltos::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeArray {
    /// The type of one element.
    pub dtype: DType,
    /// The format string of one element.
    pub format: String,
    /// Elements in each dimension.
    pub shape: Vec<usize>,
    /// The elements.
    pub bytes: Vec<u8>,
}

impl TreeArray {
    /// Elements in a shape.
    ///
    /// # Errors
    /// [`Type`](ErrorKind::Type) when the shape does not have as many, [`Format`](ErrorKind::Format).
    pub fn new<T: Element>(elements: &[T], shape: &[usize]) -> Result<Self> {
        if crate::content::product(shape) != Some(elements.len()) {
            let message = format!("{} elements do not have the shape {:?}", elements.len(), shape);
            return Err(Error::new(ErrorKind::Type, message));
        }
        let format = match T::DTYPE.is_whole() {
            true => T::format().into_owned(),
            false => crate::describe_format(&T::format())?.canonical,
        };
        let bytes = crate::element::bytes_of(elements).to_vec();
        Ok(TreeArray { dtype: T::DTYPE, format, shape: shape.to_vec(), bytes })
    }

    /// The elements.
    ///
    /// # Errors
    /// [`Type`](ErrorKind::Type) when they are of another type.
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        let itemsize = crate::ElementType { format: Some(&self.format), dtype: self.dtype }.itemsize()?;
        crate::element::check_type::<T>(self.dtype, itemsize as u64, &self.format)?;
        let count = self.bytes.len() / itemsize.max(1);
        let mut elements = Vec::<T>::with_capacity(count);
        // SAFETY: there is room for so many, all of which are written; any bytes are elements.
        unsafe {
            std::ptr::copy_nonoverlapping(self.bytes.as_ptr(), elements.as_mut_ptr().cast(), count * itemsize);
            elements.set_len(count);
        }
        Ok(elements)
    }

    fn content(&self) -> Result<Content<'_>> {
        match self.dtype.is_whole() {
            true => Content::bytes(&self.bytes, self.dtype, &self.shape),
            false => Content::bytes(&self.bytes, self.format.as_str(), &self.shape),
        }
    }
}

impl From<ArrayRef<'_>> for TreeArray {
    fn from(array: ArrayRef<'_>) -> Self {
        TreeArray {
            dtype: array.dtype(),
            format: array.format().to_owned(),
            shape: array.shape().to_vec(),
            bytes: array.as_bytes().to_vec(),
        }
    }
}

impl Tree {
    /// What a dict has under a key.
    pub fn get(&self, key: impl Into<Tree>) -> Option<&Tree> {
        let key = key.into();
        match self {
            Tree::Dict(pairs) => pairs.iter().find(|(known, _)| *known == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, key: impl Into<Tree>) -> Option<&mut Tree> {
        let key = key.into();
        match self {
            Tree::Dict(pairs) => pairs.iter_mut().find(|(known, _)| *known == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The elements of a list, tuple or set.
    pub fn elements(&self) -> Option<&[Tree]> {
        match self {
            Tree::List(elements) | Tree::Tuple(elements) | Tree::Set(elements) => Some(elements),
            _ => None,
        }
    }

    /// It is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Tree::Null)
    }

    /// A truth value.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Tree::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// A whole number that an `i64` holds.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Tree::Int(number) => Some(*number),
            Tree::UInt(number) => i64::try_from(*number).ok(),
            _ => None,
        }
    }

    /// A whole number that a `u64` holds.
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Tree::Int(number) => u64::try_from(*number).ok(),
            Tree::UInt(number) => Some(*number),
            _ => None,
        }
    }

    /// A float, or a whole number as the nearest one.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Tree::Float(number) => Some(*number),
            Tree::Int(number) => Some(*number as f64),
            Tree::UInt(number) => Some(*number as f64),
            _ => None,
        }
    }

    /// Text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Tree::Str(text) => Some(text),
            _ => None,
        }
    }

    /// Bytes; text is none.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Tree::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The tree as packed bytes.
    ///
    /// # Errors
    /// [`Duplicate`](ErrorKind::Duplicate) when a key or member is there twice, [`Limit`](ErrorKind::Limit) more than 512
    /// deep, [`Range`](ErrorKind::Range) for a day, zone or id that cannot be.
    pub fn pack(&self) -> Result<PackedValue> {
        ValueBuilder::new()?.put_tree(self)?.pack()
    }

    /// The tree as a value in memory.
    ///
    /// # Errors
    /// As [`pack`](Tree::pack).
    pub fn to_value(&self) -> Result<Value<'static>> {
        Value::unpack(self.pack()?)
    }

    /// Stores the tree as a value.
    ///
    /// # Errors
    /// As [`pack`](Tree::pack) and [`ValueBuilder::store`].
    pub fn store<'s>(&self, transaction: &mut Transaction<'s>, name: &str) -> Result<Value<'s>> {
        ValueBuilder::new()?.put_tree(self)?.store(transaction, name)
    }

    pub(crate) fn scalar(&self) -> Option<Scalar<'_>> {
        Some(match self {
            Tree::Null => Scalar::Null,
            Tree::Bool(truth) => Scalar::Bool(*truth),
            Tree::Int(number) => Scalar::Int(*number),
            Tree::UInt(number) => Scalar::UInt(*number),
            Tree::Float(number) => Scalar::Float(*number),
            Tree::Bytes(bytes) => Scalar::Bytes(bytes),
            Tree::Str(text) => Scalar::Str(text),
            Tree::Date(date) => Scalar::Date(*date),
            Tree::DateTime(time) => Scalar::DateTime(*time),
            Tree::Decimal(decimal) => Scalar::Decimal(decimal.clone()),
            Tree::Reference(id) => Scalar::Reference(*id),
            Tree::List(_) | Tree::Tuple(_) | Tree::Set(_) | Tree::Dict(_) | Tree::Array(_) => return None,
        })
    }

    /// Neither this nor reading goes by recursion, which the stack of a thread might not have room for.
    pub(crate) fn put_into(&self, builder: &mut ValueBuilder) -> Result<()> {
        let mut open: Vec<Held<'_>> = self.begin_in(builder)?.into_iter().collect();
        while let Some(container) = open.last_mut() {
            match container.next() {
                Some(part) => open.extend(part.begin_in(builder)?),
                None => {
                    open.pop();
                    builder.end()?;
                }
            }
        }
        Ok(())
    }

    /// Puts what this is; of a container the beginning, and gives what it holds.
    fn begin_in(&self, builder: &mut ValueBuilder) -> Result<Option<Held<'_>>> {
        let (kind, held) = match self {
            Tree::List(elements) => (ValueKind::List, Held::Elements(elements.iter())),
            Tree::Tuple(elements) => (ValueKind::Tuple, Held::Elements(elements.iter())),
            Tree::Set(members) => (ValueKind::Set, Held::Elements(members.iter())),
            Tree::Dict(pairs) => (ValueKind::Dict, Held::Pairs(pairs.iter(), None)),
            Tree::Array(array) => return builder.put_array(array.content()?).map(|_| None),
            scalar => return scalar.scalar().map_or(Ok(None), |scalar| builder.put(scalar).map(|_| None)),
        };
        builder.begin(kind)?;
        Ok(Some(held))
    }

    fn of(node: Node<'_>) -> Result<Tree> {
        let mut budget = Budget::of(node.value)?;
        let mut open: Vec<(Parts<'_>, Vec<Tree>)> = Vec::new();
        let mut next = Some(node);
        loop {
            let mut whole = match next {
                Some(node) => Tree::begun_of(node, &mut budget, &mut open)?,
                None => open.pop().map(|(parts, held)| Tree::container(parts.node().kind(), held)),
            };
            match (whole.take(), open.last_mut()) {
                (Some(tree), None) => return Ok(tree),
                (Some(tree), Some((_, held))) => held.push(tree),
                (None, _) => (),
            }
            next = match open.last_mut() {
                Some((parts, _)) => parts.next()?,
                None => None,
            };
        }
    }

    /// What a node is, unless it is a container: then one more is open.
    fn begun_of<'v>(
        node: Node<'v>,
        budget: &mut Budget,
        open: &mut Vec<(Parts<'v>, Vec<Tree>)>,
    ) -> Result<Option<Tree>> {
        budget.spend(1 + node.cost_of_text())?;
        if let Some(parts) = Parts::of(node) {
            Budget::check_depth(open.len(), MOST_LEVELS)?;
            open.push((parts, Vec::new()));
            return Ok(None);
        }
        if node.kind() == ValueKind::Array {
            let array = node.array()?;
            budget.spend(array.as_bytes().len() as u64)?;
            return Ok(Some(Tree::Array(array.into())));
        }
        match node.scalar()? {
            Some(scalar) => Ok(Some(scalar.into())),
            None => Err(node.unexpected("what this version knows")),
        }
    }

    fn container(kind: ValueKind, held: Vec<Tree>) -> Tree {
        match kind {
            ValueKind::Tuple => Tree::Tuple(held),
            ValueKind::Set => Tree::Set(held),
            ValueKind::Dict => {
                let mut held = held.into_iter();
                Tree::Dict(std::iter::from_fn(|| held.next().zip(held.next())).collect())
            }
            _ => Tree::List(held),
        }
    }
}

/// What a container of a tree still has to put.
enum Held<'t> {
    Elements(std::slice::Iter<'t, Tree>),
    /// And the value of the key that was put last.
    Pairs(std::slice::Iter<'t, (Tree, Tree)>, Option<&'t Tree>),
}

impl<'t> Held<'t> {
    fn next(&mut self) -> Option<&'t Tree> {
        match self {
            Held::Elements(elements) => elements.next(),
            Held::Pairs(pairs, value) => value.take().or_else(|| {
                let (key, following) = pairs.next()?;
                *value = Some(following);
                Some(key)
            }),
        }
    }
}

/// What reading a whole tree may cost: a value may lead to the same nodes again and again, and to itself.
pub(crate) struct Budget {
    left: u64,
}

const MOST_LEVELS: usize = 512;

impl Budget {
    /// Every byte of a value may be of eight elements, seen once; beyond that and some, nodes are shared.
    pub(crate) fn of(value: &Value<'_>) -> Result<Budget> {
        let bytes = value.info()?.payload_bytes;
        Ok(Budget { left: bytes.saturating_add(1 << 16).saturating_mul(8) })
    }

    /// Nothing may be read.
    #[cfg(feature = "serde")]
    pub(crate) fn none() -> Budget {
        Budget { left: 0 }
    }

    pub(crate) fn spend(&mut self, cost: u64) -> Result<()> {
        let entangled = || Error::new(ErrorKind::Limit, "the value is entangled far beyond its size; read its parts");
        self.left = self.left.checked_sub(cost).ok_or_else(entangled)?;
        Ok(())
    }

    /// Fails for one level more than there may be.
    pub(crate) fn check_depth(levels: usize, most: usize) -> Result<()> {
        if levels < most {
            return Ok(());
        }
        let message = format!("the value is nested more than {} deep, or contains itself", most);
        Err(Error::new(ErrorKind::Limit, message))
    }
}

impl Node<'_> {
    /// All of it, copied into a tree of the program's own.
    ///
    /// # Errors
    /// [`Corrupt`](ErrorKind::Corrupt); [`Limit`](ErrorKind::Limit) when it is nested more than 512 deep, contains itself,
    /// or shares so much that the tree would be far larger than the value.
    ///
    /// ```
    /// # use deltos::Tree;
    /// let value = Tree::from(vec![1, 2]).to_value()?;
    /// assert_eq!(value.root().to_tree()?, Tree::List(vec![Tree::Int(1), Tree::Int(2)]));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn to_tree(&self) -> Result<Tree> {
        Tree::of(*self)
    }

    /// What a copy of its text costs. Of a long one a byte of the value may be up to 255, where it lies compressed.
    pub(crate) fn cost_of_text(&self) -> u64 {
        match self.kind() {
            ValueKind::Str | ValueKind::Bytes | ValueKind::Decimal if self.data().len() <= 512 => {
                self.data().len() as u64
            }
            ValueKind::Str | ValueKind::Bytes | ValueKind::Decimal => self.data().len() as u64 / 32,
            _ => 0,
        }
    }
}

impl From<Scalar<'_>> for Tree {
    fn from(scalar: Scalar<'_>) -> Tree {
        match scalar {
            Scalar::Null => Tree::Null,
            Scalar::Bool(truth) => Tree::Bool(truth),
            Scalar::Int(number) => Tree::Int(number),
            Scalar::UInt(number) => Tree::UInt(number),
            Scalar::Float(number) => Tree::Float(number),
            Scalar::Bytes(bytes) => Tree::Bytes(bytes.to_owned()),
            Scalar::Str(text) => Tree::Str(text.to_owned()),
            Scalar::Date(date) => Tree::Date(date),
            Scalar::DateTime(time) => Tree::DateTime(time),
            Scalar::Decimal(decimal) => Tree::Decimal(decimal.into_owned()),
            Scalar::Reference(id) => Tree::Reference(id),
        }
    }
}

macro_rules! by_scalar {
    ($($type:ty)*) => {
        $(
            impl From<$type> for Tree {
                fn from(scalar: $type) -> Tree {
                    Scalar::from(scalar).into()
                }
            }
        )*
    };
}

by_scalar! { () bool i8 i16 i32 i64 isize u8 u16 u32 u64 usize f32 f64 &str &[u8] Date DateTime Decimal<'_> }

impl From<String> for Tree {
    fn from(text: String) -> Tree {
        Tree::Str(text)
    }
}

/// A list.
impl<T: Into<Tree>> From<Vec<T>> for Tree {
    fn from(elements: Vec<T>) -> Tree {
        Tree::List(elements.into_iter().map(Into::into).collect())
    }
}

/// A dict.
impl<K: Into<Tree>, V: Into<Tree>, const N: usize> From<[(K, V); N]> for Tree {
    fn from(pairs: [(K, V); N]) -> Tree {
        pairs.into_iter().collect()
    }
}

/// A dict.
impl<K: Into<Tree>, V: Into<Tree>> FromIterator<(K, V)> for Tree {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Tree {
        Tree::Dict(pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}

impl<T: Into<Tree>> From<Option<T>> for Tree {
    fn from(option: Option<T>) -> Tree {
        option.map_or(Tree::Null, Into::into)
    }
}

impl std::ops::Index<&str> for Tree {
    type Output = Tree;

    /// What a dict has under a key; null when there is none.
    fn index(&self, key: &str) -> &Tree {
        self.get(key).unwrap_or(&Tree::Null)
    }
}

impl std::ops::Index<usize> for Tree {
    type Output = Tree;

    /// An element of a list, tuple or set; null when there is none.
    fn index(&self, index: usize) -> &Tree {
        self.elements().and_then(|elements| elements.get(index)).unwrap_or(&Tree::Null)
    }
}

/// Members or pairs in any order: equally many, and each is among the others.
fn same_in_any_order<T: PartialEq>(some: &[T], others: &[T]) -> bool {
    some.len() == others.len() && some.iter().zip(others).all(|(a, b)| a == b)
        || (some.len() == others.len() && some.iter().all(|one| others.contains(one)))
}

impl PartialEq for Tree {
    fn eq(&self, other: &Tree) -> bool {
        match (self, other) {
            (Tree::Null, Tree::Null) => true,
            (Tree::Bool(a), Tree::Bool(b)) => a == b,
            (Tree::Float(a), Tree::Float(b)) => a == b || (a.is_nan() && b.is_nan()),
            (Tree::Bytes(a), Tree::Bytes(b)) => a == b,
            (Tree::Str(a), Tree::Str(b)) => a == b,
            (Tree::List(a), Tree::List(b)) | (Tree::Tuple(a), Tree::Tuple(b)) => a == b,
            (Tree::Set(a), Tree::Set(b)) => same_in_any_order(a, b),
            (Tree::Dict(a), Tree::Dict(b)) => same_in_any_order(a, b),
            (Tree::Date(a), Tree::Date(b)) => a == b,
            (Tree::DateTime(a), Tree::DateTime(b)) => a == b,
            (Tree::Decimal(a), Tree::Decimal(b)) => a == b,
            (Tree::Array(a), Tree::Array(b)) => a == b,
            (Tree::Reference(a), Tree::Reference(b)) => a == b,
            (Tree::Int(_) | Tree::UInt(_), Tree::Int(_) | Tree::UInt(_)) => {
                (self.as_i64(), self.as_u64()) == (other.as_i64(), other.as_u64())
            }
            _ => false,
        }
    }
}

impl fmt::Display for Tree {
    /// As the value that it becomes.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_value() {
            Ok(value) => value.fmt(out),
            Err(error) => write!(out, "<{}>", error),
        }
    }
}
