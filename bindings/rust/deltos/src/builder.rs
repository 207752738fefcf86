//! Building values.

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::mem::size_of_val;
use std::os::raw::c_void;
use std::ptr::{null_mut, NonNull};

use deltos_sys as sys;

use crate::children::Parts;
use crate::error::{call, released};
use crate::packed::{size_of_packed, PackedValue};
use crate::scalar::item;
use crate::storage::made;
use crate::text::with_c_str;
use crate::{
    Content, Element, Error, ErrorKind, Node, Object, Result, Scalar, Transaction, Tree, Value, ValueKind, ViewRequest,
};

/// Numbers that a list or tuple can be given as, all at once: those of 1 to 8 bytes.
///
/// ```
/// fn total<N: deltos::Number>(numbers: &[N]) -> usize {
///     std::mem::size_of_val(numbers)
/// }
/// assert_eq!(total(&[1.0f32, 2.0]), 8);
/// ```
pub trait Number: Element + private::Sealed {}

mod private {
    pub trait Sealed {}
}

macro_rules! numbers {
    ($($type:ty)*) => {
        $(
            impl private::Sealed for $type {}
            impl Number for $type {}
        )*
    };
}

numbers! { i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 }

/// Texts up to this many bytes are put again; the library stores those that are equal once.
const MOST_COPIED: usize = 64;

/// Builds a value: what is put stands one behind the other, and containers enclose what is put between their beginning
/// and end. A dict takes keys and values in turn; each key, and each member of a set, is there once.
///
/// Elements of a list or tuple that are all whole numbers, all floats or all truth values lie as such, as narrow as they
/// fit. After a failure a builder is of no further use.
///
/// ```
/// use deltos::ValueBuilder;
///
/// let mut builder = ValueBuilder::new()?;
/// builder.dict(|city| {
///     city.put("name")?.put("Ulm")?;
///     city.put("founded")?.put(854)?;
///     city.put("altitudes")?.put_list_of(&[478.5f32, 646.0])?;
///     city.put("twins")?.set(|twins| twins.put("Pécs")?.put("Arad").map(drop))
/// })?;
/// let value = builder.to_value()?;
/// assert_eq!(value.get("founded")?.unwrap(), 854);
/// assert!(value.get("twins")?.unwrap().contains("Arad")?);
/// # Ok::<(), deltos::Error>(())
/// ```
///
/// It is used by one thread at a time:
///
/// ```compile_fail,E0277
/// # use deltos::ValueBuilder;
/// let builder = ValueBuilder::new()?;
/// std::thread::scope(|scope| {
///     scope.spawn(|| drop(&builder)); // it is not Sync
/// });
/// # Ok::<(), deltos::Error>(())
/// ```
pub struct ValueBuilder {
    raw: NonNull<sys::deltos_builder>,
    /// Of what is put next.
    name: u64,
    /// Of the next node that is copied.
    next_name: u64,
    one_thread_at_a_time: PhantomData<Cell<()>>,
}

// SAFETY: nothing ties a builder to the thread that began it.
unsafe impl Send for ValueBuilder {}

impl ValueBuilder {
    /// Begins a value.
    ///
    /// # Errors
    /// [`NoMemory`](ErrorKind::NoMemory).
    pub fn new() -> Result<Self> {
        let mut raw = null_mut();
        // SAFETY: there is a place for the handle.
        unsafe { call!(deltos_value_builder_begin(&mut raw)) }?;
        Ok(ValueBuilder { raw: made(raw)?, name: 0, next_name: 1 << 55, one_thread_at_a_time: PhantomData })
    }

    /// Gives items to the library, after those that wait.
    pub(crate) fn put_items(&mut self, items: &[sys::deltos_item]) -> Result<&mut Self> {
        let (raw, count) = (self.raw.as_ptr(), items.len() as u64);
        // SAFETY: the handle is ours, and what the items point to lives during the call.
        unsafe { call!(deltos_value_builder_put(raw, items.as_ptr(), count)) }?;
        Ok(self)
    }

    fn put_item(&mut self, mut item: sys::deltos_item) -> Result<&mut Self> {
        item.node = std::mem::take(&mut self.name);
        self.put_items(&[item])
    }

    /// Puts a scalar: null, a truth value, a number, text, bytes, a day, a time, a decimal, a reference.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) where no more can be put, [`Duplicate`](ErrorKind::Duplicate) with the end of a
    /// dict or set, [`Range`](ErrorKind::Range) for a day, zone or id that cannot be.
    ///
    /// ```
    /// # use deltos::{Date, ValueBuilder};
    /// let mut builder = ValueBuilder::new()?;
    /// builder.tuple(|tuple| {
    ///     tuple.put("text")?.put(&[0u8, 255])?.put(-1)?.put(None::<i32>)?.put(Date { days: 0 }).map(drop)
    /// })?;
    /// assert_eq!(builder.to_value()?.to_string(), r#"("text", b"\x00\xff", -1, null, 1970-01-01)"#);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn put<'a>(&mut self, scalar: impl Into<Scalar<'a>>) -> Result<&mut Self> {
        let scalar = scalar.into();
        self.put_item(scalar.item())
    }

    /// Puts numbers as a list, whole and as they are.
    ///
    /// # Errors
    /// As [`put`](ValueBuilder::put).
    pub fn put_list_of<N: Number>(&mut self, numbers: &[N]) -> Result<&mut Self> {
        self.put_numbers(sys::DELTOS_VALUE_LIST, numbers)
    }

    /// Puts numbers as a tuple, whole and as they are.
    ///
    /// # Errors
    /// As [`put`](ValueBuilder::put).
    pub fn put_tuple_of<N: Number>(&mut self, numbers: &[N]) -> Result<&mut Self> {
        self.put_numbers(sys::DELTOS_VALUE_TUPLE, numbers)
    }

    fn put_numbers<N: Number>(&mut self, kind: i32, numbers: &[N]) -> Result<&mut Self> {
        let mut whole = item(kind);
        whole.detail = N::DTYPE.code();
        whole.count = numbers.len() as u64;
        whole.data = numbers.as_ptr().cast();
        self.put_item(whole)
    }

    /// Puts an array of any type, number of dimensions and layout: a slice, a view, an array of `ndarray`.
    ///
    /// # Errors
    /// As [`put`](ValueBuilder::put), and [`Format`](ErrorKind::Format).
    ///
    /// ```
    /// # use deltos::{Content, ValueBuilder};
    /// let mut builder = ValueBuilder::new()?;
    /// builder.put_array(Content::from(&[1u8, 2, 3, 4]).shape(&[2, 2])?)?;
    /// assert_eq!(builder.to_value()?.root().array()?.shape(), [2, 2]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn put_array<'c>(&mut self, array: impl Into<Content<'c>>) -> Result<&mut Self> {
        let (raw, name) = (self.raw.as_ptr(), std::mem::take(&mut self.name));
        // SAFETY: the handle is ours, and the content lives during the call.
        array.into().lend(|array| unsafe { call!(deltos_value_builder_put_view(raw, array, name)) })?;
        Ok(self)
    }

    /// Begins a list, tuple, set or dict, which [`end`](ValueBuilder::end) ends.
    ///
    /// # Errors
    /// [`Limit`](ErrorKind::Limit) more than 512 deep, [`Kind`](ErrorKind::Kind) for what is no container, and those of
    /// [`put`](ValueBuilder::put).
    ///
    /// ```
    /// # use deltos::{ValueBuilder, ValueKind};
    /// let mut builder = ValueBuilder::new()?;
    /// builder.begin(ValueKind::List)?;
    /// for number in 0..3 {
    ///     builder.put(number)?;
    /// }
    /// builder.end()?;
    /// assert_eq!(builder.to_value()?.to_string(), "[0, 1, 2]");
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn begin(&mut self, container: ValueKind) -> Result<&mut Self> {
        let kind = match container {
            ValueKind::List => sys::DELTOS_VALUE_LIST,
            ValueKind::Tuple => sys::DELTOS_VALUE_TUPLE,
            ValueKind::Set => sys::DELTOS_VALUE_SET,
            ValueKind::Dict => sys::DELTOS_VALUE_DICT,
            other => {
                let message = format!("{} has no elements to be put one by one", other.words());
                return Err(Error::new(ErrorKind::Kind, message));
            }
        };
        self.put_item(item(kind))
    }

    /// Ends the container that was begun last.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) when none is open, or the last key of a dict has no value;
    /// [`Duplicate`](ErrorKind::Duplicate) when a key or member is there twice.
    pub fn end(&mut self) -> Result<&mut Self> {
        self.put_items(&[item(sys::DELTOS_VALUE_END)])
    }

    fn within<R>(&mut self, container: ValueKind, fill: impl FnOnce(&mut Self) -> Result<R>) -> Result<R> {
        let filled = fill(self.begin(container)?)?;
        self.end()?;
        Ok(filled)
    }

    /// Puts a list of what the closure puts.
    ///
    /// # Errors
    /// As [`begin`](ValueBuilder::begin) and [`end`](ValueBuilder::end), and what the closure answers.
    pub fn list<R>(&mut self, fill: impl FnOnce(&mut Self) -> Result<R>) -> Result<R> {
        self.within(ValueKind::List, fill)
    }

    /// Puts a tuple of what the closure puts.
    ///
    /// # Errors
    /// As [`list`](ValueBuilder::list).
    pub fn tuple<R>(&mut self, fill: impl FnOnce(&mut Self) -> Result<R>) -> Result<R> {
        self.within(ValueKind::Tuple, fill)
    }

    /// Puts a set of what the closure puts.
    ///
    /// # Errors
    /// As [`list`](ValueBuilder::list).
    pub fn set<R>(&mut self, fill: impl FnOnce(&mut Self) -> Result<R>) -> Result<R> {
        self.within(ValueKind::Set, fill)
    }

    /// Puts a dict of the keys and values that the closure puts in turn.
    ///
    /// # Errors
    /// As [`list`](ValueBuilder::list).
    pub fn dict<R>(&mut self, fill: impl FnOnce(&mut Self) -> Result<R>) -> Result<R> {
        self.within(ValueKind::Dict, fill)
    }

    /// Names what is put next, so that [`share`](ValueBuilder::share) can put it again, also within itself. A name is a
    /// number from 1 to 2^56 - 1 and used once; it is not stored.
    ///
    /// ```
    /// # use deltos::ValueBuilder;
    /// let mut builder = ValueBuilder::new()?;
    /// builder.list(|list| {
    ///     list.named(1).put("a text that is long, and stored once")?;
    ///     list.share(1).map(drop)
    /// })?;
    /// let value = builder.to_value()?;
    /// let (first, second) = (value.root().at(0)?.unwrap(), value.root().at(1)?.unwrap());
    /// assert_eq!(first.id(), second.id());
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn named(&mut self, name: u64) -> &mut Self {
        self.name = name;
        self
    }

    /// Fails where what is put next cannot have a name.
    pub(crate) fn check_unnamed(&self) -> Result<()> {
        if self.name == 0 {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Invalid, "what is put so cannot be named; name a list or tuple around it"))
    }

    /// Puts what has a name again, without storing it again.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when nothing has it, [`Kind`](ErrorKind::Kind) for a key or member that is still
    /// being built.
    pub fn share(&mut self, name: u64) -> Result<&mut Self> {
        let mut shared = item(sys::DELTOS_VALUE_SHARE);
        shared.node = name;
        self.put_items(&[shared])
    }

    /// Puts a copy of a node of any value, with all that is below. What is shared there is shared here, also where it
    /// contains itself. For this it takes names from 2^55 on.
    ///
    /// # Errors
    /// As [`put`](ValueBuilder::put), and [`Corrupt`](ErrorKind::Corrupt).
    ///
    /// ```
    /// # use deltos::{Tree, ValueBuilder};
    /// let city = Tree::from([("name", "Ulm"), ("mayor", "?")]).to_value()?;
    /// let mut builder = ValueBuilder::new()?;
    /// builder.list(|names| names.put_node(city.get("name")?.unwrap()).map(drop))?;
    /// assert_eq!(builder.to_value()?.to_string(), r#"["Ulm"]"#);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn put_node(&mut self, node: Node<'_>) -> Result<&mut Self> {
        let mut copied = HashMap::new();
        let mut open: Vec<Parts<'_>> = self.copy(node, &mut copied)?.into_iter().collect();
        while let Some(container) = open.last_mut() {
            match container.next()? {
                Some(part) => open.extend(self.copy(part, &mut copied)?),
                None => {
                    open.pop();
                    self.end()?;
                }
            }
        }
        Ok(self)
    }

    /// Puts what a node is; of a container the beginning, and gives what it holds. `copied`: names of what has been put,
    /// by the number of the node.
    fn copy<'v>(&mut self, node: Node<'v>, copied: &mut HashMap<u64, u64>) -> Result<Option<Parts<'v>>> {
        let is_worth_sharing = match node.kind() {
            ValueKind::Str | ValueKind::Bytes | ValueKind::Decimal => node.data().len() > MOST_COPIED,
            ValueKind::List | ValueKind::Tuple | ValueKind::Set | ValueKind::Dict | ValueKind::Array => true,
            _ => false,
        };
        if is_worth_sharing {
            if let Some(&name) = copied.get(&node.id()) {
                self.share(name)?;
                return Ok(None);
            }
            if self.name == 0 {
                self.name = self.next_name;
                self.next_name += 1;
            }
            copied.insert(node.id(), self.name);
        }
        match (node.kind(), Parts::of(node)) {
            (ValueKind::Array, _) => self.put_array(&node.exported(ViewRequest::FULL_RO)?)?,
            (kind, Some(parts)) if node.numbers().is_none() => {
                self.begin(kind)?;
                return Ok(Some(parts));
            }
            _ => self.put_item(node.item)?,
        };
        Ok(None)
    }

    /// Puts a tree.
    ///
    /// # Errors
    /// As [`put`](ValueBuilder::put).
    pub fn put_tree(&mut self, tree: &Tree) -> Result<&mut Self> {
        tree.put_into(self)?;
        Ok(self)
    }

    /// Ends the value, and tells how many bytes it takes.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) when nothing was put or a container is open, and what was answered before.
    pub fn packed_size(&mut self) -> Result<usize> {
        size_of_packed(|data, size| self.write_packed(data, size))
    }

    fn write_packed(&self, data: *mut c_void, size: &mut u64) -> Result<()> {
        // SAFETY: the handle is ours, and there is so much room.
        unsafe { call!(deltos_value_builder_pack(self.raw.as_ptr(), data, size)) }
    }

    /// Ends the value and writes it into memory, from which [`Value::unpack_ref`] reads it; tells how many bytes it took.
    /// Nothing can be put any more, but it can be packed and stored again.
    ///
    /// # Errors
    /// [`TooSmall`](ErrorKind::TooSmall), and those of [`packed_size`](ValueBuilder::packed_size).
    ///
    /// ```
    /// # use deltos::ValueBuilder;
    /// let mut builder = ValueBuilder::new()?;
    /// builder.put("Ulm")?;
    /// let mut memory = [0; 100];
    /// let size = builder.pack_into(&mut memory)?;
    /// assert_eq!(size, builder.packed_size()?);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn pack_into(&mut self, memory: &mut [u8]) -> Result<usize> {
        let mut size = size_of_val(memory) as u64;
        self.write_packed(memory.as_mut_ptr().cast(), &mut size)?;
        Ok(size as usize)
    }

    /// Ends the value and gives its bytes. Nothing can be put any more, but it can be packed and stored again.
    ///
    /// # Errors
    /// As [`packed_size`](ValueBuilder::packed_size).
    pub fn pack(&mut self) -> Result<PackedValue> {
        PackedValue::written(|data, size| self.write_packed(data, size))
    }

    /// Ends the value, to be read in memory.
    ///
    /// # Errors
    /// As [`packed_size`](ValueBuilder::packed_size).
    pub fn to_value(&mut self) -> Result<Value<'static>> {
        Value::unpack(self.pack()?)
    }

    /// Ends the value and stores it under a name, sealed. It can be read at once, and stored and packed again.
    ///
    /// # Errors
    /// [`Exists`](ErrorKind::Exists), those of [`packed_size`](ValueBuilder::packed_size) and of
    /// [`Transaction::create`].
    ///
    /// ```
    /// # use deltos::{Durability, Storage, ValueBuilder};
    /// # let storage = Storage::anonymous("example")?;
    /// let mut builder = ValueBuilder::new()?;
    /// builder.put("Ulm")?;
    /// let mut transaction = storage.begin()?;
    /// let value = builder.store(&mut transaction, "city")?;
    /// assert_eq!(value.root(), "Ulm");
    /// transaction.commit(Durability::Sync)?;
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn store<'s>(&mut self, transaction: &mut Transaction<'s>, name: &str) -> Result<Value<'s>> {
        let mut raw = null_mut();
        with_c_str(name, |name| {
            // SAFETY: both handles live, and nobody else uses the transaction's, since it is borrowed mutably.
            unsafe { call!(deltos_value_builder_store(self.raw.as_ptr(), transaction.as_raw(), name, &mut raw)) }
        })?;
        Value::of(Object::adopt(made(raw)?, false, Some(transaction.made_in())))
    }

    /// The handle of the C interface, borrowed, for a call that this crate does not offer in the way that is needed.
    pub fn as_raw(&self) -> *mut sys::deltos_builder {
        self.raw.as_ptr()
    }
}

released! { deltos_builder_release, ValueBuilder }

impl fmt::Debug for ValueBuilder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ValueBuilder").field("handle", &self.raw).finish_non_exhaustive()
    }
}
