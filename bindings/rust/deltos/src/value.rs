//! Values: trees that describe themselves, read where they lie.

use std::fmt;
use std::ops::Deref;
use std::ptr::null_mut;

use deltos_sys as sys;

use crate::error::call;
use crate::storage::made;
use crate::{Key, Node, Object, Result, Tree};

/// A tree of null, booleans, numbers, text, bytes, lists, tuples, sets, dicts, days, times, decimals and arrays, nested
/// as one likes. It lies sealed in a storage, or packed in any memory, and is read there: nothing is decoded or copied.
///
/// [`root`](Value::root) is where reading starts. A value is built by a [`ValueBuilder`](crate::ValueBuilder), from a
/// [`Tree`], or, with the feature `serde`, from whatever can be serialized. It is an [`Object`] of its own kind.
///
/// ```
/// use deltos::{Durability, Storage, Tree, ValueBuilder};
///
/// let storage = Storage::anonymous("example")?;
/// storage.transact(Durability::Sync, |transaction| {
///     let mut builder = ValueBuilder::new()?;
///     builder.dict(|city| {
///         city.put("name")?.put("Ulm")?;
///         city.put("at")?.put_tuple_of(&[48.4, 9.98])?;
///         city.put("twins")?.list(|twins| twins.put("Pécs")?.put("Arad").map(drop))
///     })?;
///     builder.store(transaction, "ulm").map(drop)
/// })?;
/// let city = storage.value("ulm")?;
/// let name: &str = city.get("name")?.unwrap().try_into()?;
/// assert_eq!(name, "Ulm");
/// let at: &[f64] = city.get("at")?.unwrap().as_slice()?; // the file itself
/// assert_eq!(at, [48.4, 9.98]);
/// assert!(city.get("mayor")?.is_none());
/// assert_eq!(city.to_string(), r#"{"name": "Ulm", "at": (48.4, 9.98), "twins": ["Pécs", "Arad"]}"#);
/// # Ok::<(), deltos::Error>(())
/// ```
///
/// Nodes and what they lend borrow the value, and a value of a storage keeps it open:
///
/// ```compile_fail,E0505
/// # use deltos::Storage;
/// let storage = Storage::anonymous("example")?;
/// let value = storage.value("ulm")?;
/// storage.close()?; // the value lives
/// println!("{}", value);
/// # Ok::<(), deltos::Error>(())
/// ```
///
/// ```compile_fail,E0597
/// # use deltos::Tree;
/// let text: &str = {
///     let value = Tree::from("short").to_value()?;
///     value.root().text()?
/// };
/// println!("{}", text); // the value does not live
/// # Ok::<(), deltos::Error>(())
/// ```
///
/// ```compile_fail,E0597
/// # use deltos::{Tree, Value};
/// let value = {
///     let packed = Tree::from(1).pack()?;
///     Value::unpack_ref(&packed)?
/// };
/// println!("{}", value); // the bytes do not live
/// # Ok::<(), deltos::Error>(())
/// ```
pub struct Value<'s> {
    object: Object<'s>,
    root: sys::deltos_item,
    /// Its memory is borrowed, so that nothing may keep it longer.
    borrowed: bool,
}

// SAFETY: a value is immutable, so is the memory that its root points to, and nothing ties it to a thread.
unsafe impl Send for Value<'_> {}
// SAFETY: as above.
unsafe impl Sync for Value<'_> {}

impl<'s> Value<'s> {
    pub(crate) fn of(object: Object<'s>) -> Result<Self> {
        Ok(Value { root: read(&object, 0)?, object, borrowed: false })
    }

    /// Reads a packed value in borrowed bytes, where they lie.
    ///
    /// # Errors
    /// [`Layout`](crate::ErrorKind::Layout) when they are not aligned to 8 bytes: [`unpack`](Value::unpack) takes any;
    /// [`NotDeltos`](crate::ErrorKind::NotDeltos), [`Corrupt`](crate::ErrorKind::Corrupt),
    /// [`Feature`](crate::ErrorKind::Feature).
    ///
    /// ```
    /// use deltos::{Tree, Value};
    /// let packed = Tree::from("Ulm").pack()?;
    /// assert_eq!(Value::unpack_ref(&packed)?.root().as_str(), Some("Ulm"));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn unpack_ref(packed: &'s [u8]) -> Result<Self> {
        let mut raw = null_mut();
        let (data, size) = (packed.as_ptr().cast(), packed.len() as u64);
        // SAFETY: the bytes live as long as the value does.
        unsafe { call!(deltos_value_open_memory(data, size, None, null_mut(), &mut raw)) }?;
        let object = Object::adopt(made(raw)?, true, None);
        Ok(Value { root: read(&object, 0)?, object, borrowed: true })
    }

    /// Where reading starts.
    ///
    /// ```
    /// let value = deltos::Tree::from(7).to_value()?;
    /// assert_eq!(value.root().as_i64(), Some(7));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn root(&self) -> Node<'_> {
        Node { value: self, item: self.root }
    }

    /// The node of a number that [`Node::id`] told, of this value.
    ///
    /// # Errors
    /// [`Range`](crate::ErrorKind::Range) or [`Corrupt`](crate::ErrorKind::Corrupt) where it is none. A made-up number may
    /// be another node of this value.
    ///
    /// ```
    /// # use deltos::Tree;
    /// let value = Tree::List(vec![Tree::from("a"), Tree::from("b")]).to_value()?;
    /// let id = value.root().at(1)?.unwrap().id();
    /// assert_eq!(value.node(id)?.as_str(), Some("b"));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn node(&self, id: u64) -> Result<Node<'_>> {
        Ok(Node { value: self, item: read(&self.object, id)? })
    }

    /// What a dict has under a key; short for [`root().get(key)`](Node::get).
    ///
    /// # Errors
    /// As [`Node::get`].
    pub fn get<'k>(&self, key: impl Into<Key<'k>>) -> Result<Option<Node<'_>>> {
        self.root().get(key)
    }

    /// All of it, copied; short for [`root().to_tree()`](Node::to_tree).
    ///
    /// # Errors
    /// As [`Node::to_tree`].
    pub fn to_tree(&self) -> Result<Tree> {
        self.root().to_tree()
    }

    /// Looks again in the newest commit, as [`Object::refresh`] does.
    ///
    /// # Errors
    /// Those of [`Object::refresh`]; [`Kind`](crate::ErrorKind::Kind) when something else has its name now. The value
    /// stays what it was.
    ///
    /// ```
    /// # use deltos::{Durability, Storage, Tree};
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| Tree::from(1).store(t, "v").map(drop))?;
    /// let mut value = storage.value("v")?;
    /// storage.transact(Durability::Sync, |transaction| {
    ///     transaction.delete("v")?;
    ///     Tree::from(2).store(transaction, "v").map(drop)
    /// })?;
    /// assert!(value.refresh()?);
    /// assert_eq!(value.root().as_i64(), Some(2));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn refresh(&mut self) -> Result<bool> {
        let changed = self.object.refresh()?;
        self.root = crate::scalar::item(sys::DELTOS_VALUE_NULL); // what the old one pointed to is gone
        self.root = read(&self.object, 0)?;
        Ok(changed)
    }

    /// Makes the value independent of the storage's lifetime. Its memory stays what it is until it is dropped;
    /// [`Storage::close`](crate::Storage::close) refuses meanwhile. What was borrowed is copied.
    ///
    /// # Errors
    /// [`NoMemory`](crate::ErrorKind::NoMemory).
    ///
    /// ```
    /// # use deltos::{Tree, Value};
    /// let packed = Tree::from("kept").pack()?;
    /// let value: Value<'static> = Value::unpack_ref(&packed)?.into_owned()?;
    /// drop(packed);
    /// assert_eq!(value.root().as_str(), Some("kept"));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn into_owned(self) -> Result<Value<'static>> {
        if self.borrowed {
            let mut builder = crate::ValueBuilder::new()?;
            builder.put_node(self.root())?;
            return Value::unpack(builder.pack()?);
        }
        Ok(Value { root: self.root, object: self.object.into_unbound(), borrowed: false })
    }

    pub(crate) fn is_borrowed(&self) -> bool {
        self.borrowed
    }
}

fn read(object: &Object<'_>, node: u64) -> Result<sys::deltos_item> {
    let mut item = crate::scalar::item(sys::DELTOS_VALUE_NULL);
    // SAFETY: the handle lives.
    unsafe { call!(deltos_value_read(object.as_raw(), node, &mut item)) }?;
    Ok(item)
}

impl<'s> Deref for Value<'s> {
    type Target = Object<'s>;

    fn deref(&self) -> &Object<'s> {
        &self.object
    }
}

impl PartialEq<Value<'_>> for Value<'_> {
    /// Whether the roots are equal, as nodes are.
    fn eq(&self, other: &Value<'_>) -> bool {
        self.root() == other.root()
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.root(), out)
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Value({})", self)
    }
}
