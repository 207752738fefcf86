//! Values: trees that describe themselves, read where they lie.

use std::fmt;
use std::mem::size_of_val;
use std::ops::Deref;
use std::os::raw::c_void;
use std::ptr::null_mut;

use deltos_sys as sys;

use crate::error::call;
use crate::progress::drop_box;
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

    /// Once this has succeeded, the owner is the object's.
    fn over(bytes: &[u8], owner: *mut c_void, release: sys::deltos_release) -> Result<Object<'s>> {
        let mut raw = null_mut();
        let (data, size) = (bytes.as_ptr().cast(), bytes.len() as u64);
        // SAFETY: the memory lives until it is released, or as long as `'s`.
        unsafe { call!(deltos_value_open_memory(data, size, release, owner, &mut raw)) }?;
        Ok(Object::adopt(made(raw)?, true, None))
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
        let mut value = Value::of(Value::over(packed, null_mut(), None)?)?;
        value.borrowed = true;
        Ok(value)
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

impl Value<'static> {
    /// Reads a packed value in memory that it keeps: a vector, an `Arc<[u8]>`, a mapping. Where the bytes are not aligned
    /// to 8, they are copied to where they are.
    ///
    /// # Errors
    /// [`NotDeltos`](crate::ErrorKind::NotDeltos), [`Corrupt`](crate::ErrorKind::Corrupt),
    /// [`Feature`](crate::ErrorKind::Feature).
    ///
    /// ```
    /// use deltos::{ErrorKind, Tree, Value};
    /// let bytes: Vec<u8> = Tree::from("Ulm").pack()?.to_vec();
    /// assert_eq!(Value::unpack(bytes)?.root().as_str(), Some("Ulm"));
    /// assert_eq!(Value::unpack(b"something else").unwrap_err().kind(), ErrorKind::NotDeltos);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn unpack<O>(packed: O) -> Result<Value<'static>>
    where
        O: AsRef<[u8]> + Send + Sync + 'static,
    {
        let owner = Box::into_raw(Box::new(packed));
        // SAFETY: the box lives until its release, and nothing but this shared borrow touches it before.
        let bytes = unsafe { (*owner).as_ref() };
        if bytes.as_ptr() as usize % ALIGNMENT != 0 {
            let copy = PackedValue::copy_of(bytes);
            // SAFETY: nobody else has it.
            drop(unsafe { Box::from_raw(owner) });
            return Value::unpack(copy);
        }
        match Value::over(bytes, owner.cast(), Some(drop_box::<O>)) {
            Ok(object) => Value::of(object),
            Err(error) => {
                // SAFETY: nobody else has it: a call that fails does not release.
                drop(unsafe { Box::from_raw(owner) });
                Err(error)
            }
        }
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

/// Where a value is read in memory.
const ALIGNMENT: usize = 8;

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; 64]);

/// The bytes of a value, aligned so that every array in it can be looked at where it lies. They mean the same in every
/// process and language.
///
/// ```
/// use deltos::{Tree, Value};
///
/// let packed = Tree::List(vec![Tree::from(1), Tree::from(2)]).pack()?;
/// assert_eq!(packed.value()?.root().len(), 2);
/// let sent: Vec<u8> = packed.to_vec();
/// let received = Value::unpack(sent)?;
/// assert_eq!(received.root().to_vec::<i64>()?, [1, 2]);
/// # Ok::<(), deltos::Error>(())
/// ```
#[derive(Clone)]
pub struct PackedValue {
    lines: Vec<Line>,
    size: usize,
}

impl PackedValue {
    pub(crate) fn zeroed(size: usize) -> Self {
        PackedValue { lines: vec![Line([0; 64]); (size + 63) / 64], size }
    }

    /// Bytes from anywhere, at an address where they can be read as a value.
    pub fn copy_of(bytes: &[u8]) -> Self {
        let mut packed = PackedValue::zeroed(bytes.len());
        packed.bytes_mut().copy_from_slice(bytes);
        packed
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        debug_assert!(self.size <= size_of_val(&*self.lines));
        // SAFETY: lines are bytes, and there are so many.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.size) }
    }

    /// The value in them.
    ///
    /// # Errors
    /// As [`Value::unpack_ref`].
    pub fn value(&self) -> Result<Value<'_>> {
        Value::unpack_ref(self)
    }
}

impl Deref for PackedValue {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: lines are bytes, and there are so many.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.size) }
    }
}

impl AsRef<[u8]> for PackedValue {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for PackedValue {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("PackedValue").field("size", &self.size).finish_non_exhaustive()
    }
}
