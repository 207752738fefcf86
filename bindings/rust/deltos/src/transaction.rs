//! Transactions: what changes structure.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::ptr::{null_mut, NonNull};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use deltos_sys as sys;

use crate::element::elements;
use crate::error::call;
use crate::object::MadeIn;
use crate::snapshot::reading_methods;
use crate::storage::made;
use crate::text::with_c_str;
use crate::turns::Turns;
use crate::{
    AnyArray, Array, ArrayOptions, Content, Element, ElementType, Error, ErrorKind, MetadataValue, Object, Result,
    Storage, Table, TableShape,
};

/// What a commit survives. Nothing is lost by `kill -9` in any of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Durability {
    /// A power loss takes nothing that commit has reported. Two barriers.
    #[default]
    Sync,
    /// A power loss may take the last commits, whole; never damages. One barrier.
    Lazy,
    /// A power loss goes back to the last durable commit. No barrier; [`Storage::sync`] makes it durable.
    Async,
}

impl Durability {
    fn code(self) -> i32 {
        match self {
            Durability::Sync => sys::DELTOS_SYNC,
            Durability::Lazy => sys::DELTOS_LAZY,
            Durability::Async => sys::DELTOS_ASYNC,
        }
    }
}

/// A change under way: it creates, replaces, renames, deletes and seals objects and sets metadata. All of it appears at
/// once with [`commit`](Transaction::commit), to every process and after any crash, or not at all.
///
/// Changes take `&mut self` and reading takes `&self`, so that what reading lends is gone before the next change.
/// Dropping aborts. A transaction may move to another thread; it is used by one at a time.
///
/// ```
/// use deltos::{Durability, Storage};
///
/// let storage = Storage::anonymous("example")?;
/// let mut transaction = storage.begin()?;
/// transaction.create("temperature", &[20.5, 21.0])?;
/// transaction.set_metadata("temperature", "unit", "K")?;
/// assert!(transaction.contains("temperature")?);
/// assert!(!storage.snapshot()?.contains("temperature")?);
/// transaction.commit(Durability::Sync)?;
/// assert!(storage.snapshot()?.contains("temperature")?);
/// # Ok::<(), deltos::Error>(())
/// ```
pub struct Transaction<'s> {
    raw: NonNull<sys::deltos_transaction>,
    frozen: bool,
    ended: bool,
    committed: Arc<AtomicBool>,
    pub(crate) turns: Arc<Turns>,
    storage: PhantomData<&'s Storage>,
    one_thread_at_a_time: PhantomData<Cell<()>>,
}

// SAFETY: nothing ties a transaction to the thread that began it.
unsafe impl Send for Transaction<'_> {}

impl<'s> Transaction<'s> {
    reading_methods!(|transaction| Some(transaction.made_in()));

    pub(crate) fn adopt(raw: NonNull<sys::deltos_transaction>, turns: Arc<Turns>) -> Self {
        Transaction {
            raw,
            frozen: false,
            ended: false,
            committed: Arc::new(AtomicBool::new(false)),
            turns,
            storage: PhantomData,
            one_thread_at_a_time: PhantomData,
        }
    }

    pub(crate) fn made_in(&self) -> MadeIn {
        MadeIn { id: self.id(), committed: self.committed.clone() }
    }

    pub(crate) fn raw_snapshot(&self) -> *const sys::deltos_snapshot {
        // SAFETY: the handle is ours; what is lent lives until commit or abort.
        unsafe { sys::deltos_transaction_snapshot(self.raw.as_ptr()) }
    }

    /// Creates a buffer with content: a slice, an array, a view, or anything that [`Content`] describes. It is copied.
    ///
    /// # Errors
    /// [`Exists`](crate::ErrorKind::Exists), [`Invalid`](crate::ErrorKind::Invalid) for a malformed name,
    /// [`Format`](crate::ErrorKind::Format), [`NoSpace`](crate::ErrorKind::NoSpace). The transaction is as it was
    /// before.
    ///
    /// ```
    /// # use deltos::{Content, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// let mut transaction = storage.begin()?;
    /// transaction.create("line", &[1u32, 2, 3])?;
    /// transaction.create("grid", Content::from(&[1u32, 2, 3, 4, 5, 6]).shape(&[2, 3])?)?;
    /// assert_eq!(transaction.object("grid")?.info()?.shape, [2, 3]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn create<'c>(&mut self, name: &str, content: impl Into<Content<'c>>) -> Result<Object<'s>> {
        let content = content.into();
        let mut raw = null_mut();
        content.lend(|content| {
            with_c_str(name, |name| {
                // SAFETY: the handle is ours, the rest lives during the call.
                unsafe { call!(deltos_buffer_create(self.raw.as_ptr(), name, content, &mut raw)) }
            })
        })?;
        Ok(Object::adopt(made(raw)?, false, Some(self.made_in())))
    }

    /// Creates a buffer of zeros, to be filled through a [writable view](Object::view_writable), before or after the
    /// commit.
    ///
    /// # Errors
    /// As [`create`](Transaction::create).
    ///
    /// ```
    /// # let storage = deltos::Storage::anonymous("example")?;
    /// let mut transaction = storage.begin()?;
    /// let counts = transaction.create_zeroed::<u64>("counts", &[1000])?;
    /// counts.view_writable::<u64>()?.set(7, 42);
    /// transaction.commit(deltos::Durability::Sync)?;
    /// assert_eq!(storage.object("counts")?.view::<u64>()?.get(7), Some(42));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn create_zeroed<T: Element>(&mut self, name: &str, shape: &[usize]) -> Result<Object<'s>> {
        let format = T::format();
        if T::DTYPE.is_whole() {
            return self.create_zeroed_any(name, T::DTYPE, shape);
        }
        self.create_zeroed_any(name, &*format, shape)
    }

    /// The same for a type that is known only when the program runs: a format string or a [`DType`](crate::DType).
    ///
    /// # Errors
    /// As [`create`](Transaction::create).
    ///
    /// ```
    /// # use deltos::{DType, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// let mut transaction = storage.begin()?;
    /// let points = transaction.create_zeroed_any("points", "T{d:x:d:y:}", &[10])?;
    /// assert_eq!(points.info()?.itemsize, 16);
    /// let brains = transaction.create_zeroed_any("brains", DType::Bf16, &[10])?;
    /// assert_eq!(brains.info()?.itemsize, 2);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn create_zeroed_any<'f>(
        &mut self,
        name: &str,
        elements: impl Into<ElementType<'f>>,
        shape: &[usize],
    ) -> Result<Object<'s>> {
        let elements = elements.into();
        let lengths = crate::content::lengths(shape)?;
        let mut raw = null_mut();
        let ndim = crate::content::dimensions(shape.len())?;
        let (transaction, dtype) = (self.raw.as_ptr(), elements.dtype.code());
        with_c_str(name, |name| {
            let mut create = |format| {
                // SAFETY: the handle is ours, the rest lives during the call.
                unsafe {
                    call!(deltos_buffer_create_zeroed(
                        transaction,
                        name,
                        format,
                        dtype,
                        ndim,
                        lengths.as_ptr(),
                        &mut raw
                    ))
                }
            };
            match elements.format {
                Some(format) => with_c_str(format, create),
                None => create(std::ptr::null()),
            }
        })?;
        Ok(Object::adopt(made(raw)?, false, Some(self.made_in())))
    }

    /// Creates a buffer and lets a closure fill it where it lies, zeros at first, without a copy.
    ///
    /// Nobody else can reach it yet, which is why this is the one place that lends `&mut` memory of a storage.
    ///
    /// # Errors
    /// As [`create`](Transaction::create).
    ///
    /// ```
    /// # use deltos::{Durability, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// let mut transaction = storage.begin()?;
    /// transaction.create_with::<u32>("squares", &[100], |squares| {
    ///     for (i, square) in squares.iter_mut().enumerate() {
    ///         *square = (i * i) as u32;
    ///     }
    /// })?;
    /// transaction.commit(Durability::Sync)?;
    /// assert_eq!(storage.object("squares")?.view::<u32>()?.get(9), Some(81));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn create_with<T: Element>(
        &mut self,
        name: &str,
        shape: &[usize],
        fill: impl FnOnce(&mut [T]),
    ) -> Result<Object<'s>> {
        let object = self.create_zeroed::<T>(name, shape)?;
        let view = match object.view_writable::<T>() {
            Ok(view) => view,
            Err(error) => {
                self.delete(name)?;
                // A neighbour in the same 4 KiB is being sealed, perhaps by this transaction: then it takes a copy.
                return if error.kind() == ErrorKind::Busy {
                    self.create_copied(name, shape, fill)
                } else {
                    Err(error)
                };
            }
        };
        let (first, count) = (view.as_mut_ptr(), view.len());
        // SAFETY: the object was made a moment ago in this transaction, which is borrowed mutably: no other handle or
        // view of it can exist until the closure returns, in this process or another. It is aligned and holds zeros,
        // which are a value of every element type.
        fill(unsafe { elements(first, count) });
        drop(view);
        Ok(object)
    }

    fn create_copied<T: Element>(
        &mut self,
        name: &str,
        shape: &[usize],
        fill: impl FnOnce(&mut [T]),
    ) -> Result<Object<'s>> {
        // SAFETY: zeros are a value of every element type.
        let zero: T = unsafe { std::mem::zeroed() };
        let mut memory = vec![zero; crate::content::product(shape).unwrap_or(0)];
        fill(&mut memory);
        self.create(name, Content::from(&memory).shape(shape)?)
    }

    /// Creates a table of zeros: rows of one length, `(rows, columns)`, or of lengths of their own, `&[3, 0, 5]`.
    ///
    /// # Errors
    /// As [`create`](Transaction::create).
    ///
    /// ```
    /// # use deltos::{Durability, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// let mut transaction = storage.begin()?;
    /// let table = transaction.create_table::<f32>("ragged", &[3, 0, 5])?;
    /// table.rows_writable::<f32>()?.set(2, 4, 1.5);
    /// transaction.commit(Durability::Sync)?;
    /// assert_eq!(storage.table("ragged")?.rows::<f32>()?.get(2, 4), Some(1.5));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn create_table<'l, T: Element>(&mut self, name: &str, shape: impl Into<TableShape<'l>>) -> Result<Table<'s>> {
        match T::DTYPE.is_whole() {
            true => self.create_table_any(name, T::DTYPE, shape),
            false => self.create_table_any(name, &*T::format(), shape),
        }
    }

    /// The same for a type that is known only when the program runs: a format string or a [`DType`](crate::DType).
    ///
    /// # Errors
    /// As [`create`](Transaction::create).
    ///
    /// ```
    /// # let storage = deltos::Storage::anonymous("example")?;
    /// let table = storage.begin()?.create_table_any("points", "T{d:x:d:y:}", (2, 3))?;
    /// assert_eq!(table.info()?.itemsize, 16);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn create_table_any<'f, 'l>(
        &mut self,
        name: &str,
        elements: impl Into<ElementType<'f>>,
        shape: impl Into<TableShape<'l>>,
    ) -> Result<Table<'s>> {
        let (elements, shape) = (elements.into(), shape.into());
        let raw = with_c_str(name, |name| crate::table::create(self.raw.as_ptr(), name, elements, shape))?;
        Ok(Table::of(Object::adopt(raw, false, Some(self.made_in()))))
    }

    /// Creates an empty array, which can be appended to at once. [`ArrayOptions::create_in`] says more about it.
    ///
    /// # Errors
    /// As [`create`](Transaction::create), and [`AddressSpace`](crate::ErrorKind::AddressSpace).
    ///
    /// ```
    /// # use deltos::{Durability, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// let mut transaction = storage.begin()?;
    /// let mut log = transaction.create_array::<f64>("log")?;
    /// log.extend_from_slice(&[1.0, 2.0])?;
    /// transaction.commit(Durability::Sync)?;
    /// log.push(3.0)?; // needs no transaction
    /// assert_eq!(storage.object("log")?.view::<f64>()?.to_vec()?, [1.0, 2.0, 3.0]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn create_array<T: Element>(&mut self, name: &str) -> Result<Array<'s, T>> {
        ArrayOptions::new().create_in(self, name)
    }

    /// The same for a type that is known only when the program runs: a format string or a [`DType`](crate::DType).
    ///
    /// # Errors
    /// As [`create_array`](Transaction::create_array).
    ///
    /// ```
    /// # let storage = deltos::Storage::anonymous("example")?;
    /// let points = storage.begin()?.create_array_any("points", "T{d:x:d:y:}")?;
    /// assert_eq!(points.info()?.itemsize, 16);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn create_array_any<'f>(&mut self, name: &str, elements: impl Into<ElementType<'f>>) -> Result<AnyArray<'s>> {
        ArrayOptions::new().create_in_any(self, name, elements)
    }

    /// Gives a buffer new content in a new place; name, id and metadata stay. With the commit everybody who opens it gets
    /// the new one, at once and whole; views and snapshots of the old one keep the old one.
    ///
    /// # Errors
    /// [`Stale`](crate::ErrorKind::Stale) when it was deleted or replaced already, and those of
    /// [`create`](Transaction::create). Content that cannot be written ([`Io`](crate::ErrorKind::Io)) aborts the
    /// transaction.
    ///
    /// ```
    /// # use deltos::{Durability, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| t.create("state", &[1u8]).map(drop))?;
    /// let old = storage.object("state")?;
    /// storage.transact(Durability::Sync, |transaction| transaction.replace(&old, &[2u8, 3]).map(drop))?;
    /// assert_eq!(storage.object("state")?.view::<u8>()?.to_vec()?, [2, 3]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn replace<'c>(&mut self, old: &Object<'_>, content: impl Into<Content<'c>>) -> Result<Object<'s>> {
        let content = content.into();
        content.lend(|content| self.replace_by(old, content))
    }

    /// Replaces a buffer by a private copy of what it holds now, to be changed through a writable view before the commit.
    ///
    /// # Errors
    /// As [`replace`](Transaction::replace).
    ///
    /// ```
    /// # use deltos::{Durability, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| t.create("state", &[1u8, 2]).map(drop))?;
    /// let old = storage.object("state")?;
    /// let mut transaction = storage.begin()?;
    /// transaction.replace_with_copy(&old)?.view_writable::<u8>()?.set(0, 9);
    /// assert_eq!(storage.object("state")?.view::<u8>()?.get(0), Some(1));
    /// transaction.commit(Durability::Sync)?;
    /// assert_eq!(storage.object("state")?.view::<u8>()?.to_vec()?, [9, 2]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn replace_with_copy(&mut self, old: &Object<'_>) -> Result<Object<'s>> {
        self.replace_by(old, std::ptr::null())
    }

    fn replace_by(&mut self, old: &Object<'_>, content: *const sys::deltos_view) -> Result<Object<'s>> {
        let mut raw = null_mut();
        // SAFETY: both handles live, and the content during the call.
        unsafe { call!(deltos_buffer_replace(self.raw.as_ptr(), old.raw.as_ptr(), content, &mut raw)) }?;
        Ok(Object::adopt(made(raw)?, false, Some(self.made_in())))
    }

    /// Gives an object another name. Its id, content, metadata and views stay.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound), [`Exists`](crate::ErrorKind::Exists),
    /// [`Invalid`](crate::ErrorKind::Invalid).
    ///
    /// ```
    /// # use deltos::Storage;
    /// # let storage = Storage::anonymous("example")?;
    /// let mut transaction = storage.begin()?;
    /// transaction.create("a", &[1u8])?;
    /// transaction.rename("a", "b")?;
    /// assert!(transaction.contains("b")?);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn rename(&mut self, from: &str, to: &str) -> Result<()> {
        self.rename_by(from, to, false)
    }

    /// The same; an object of that name is deleted.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound), [`Invalid`](crate::ErrorKind::Invalid).
    ///
    /// ```
    /// # use deltos::Storage;
    /// # let storage = Storage::anonymous("example")?;
    /// let mut transaction = storage.begin()?;
    /// transaction.create("a", &[1u8])?;
    /// transaction.create("b", &[2u8])?;
    /// transaction.rename_over("a", "b")?;
    /// assert_eq!(transaction.object("b")?.view::<u8>()?.get(0), Some(1));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn rename_over(&mut self, from: &str, to: &str) -> Result<()> {
        self.rename_by(from, to, true)
    }

    fn rename_by(&mut self, from: &str, to: &str, replace: bool) -> Result<()> {
        with_c_str(from, |from| {
            with_c_str(to, |to| {
                // SAFETY: the handle is ours, the names live during the call.
                unsafe { call!(deltos_transaction_rename(self.raw.as_ptr(), from, to, u8::from(replace))) }
            })
        })
    }

    /// Deletes an object and its metadata. Views of it, anywhere, stay valid.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound), [`Invalid`](crate::ErrorKind::Invalid).
    ///
    /// ```
    /// # use deltos::Storage;
    /// # let storage = Storage::anonymous("example")?;
    /// let mut transaction = storage.begin()?;
    /// transaction.create("a", &[1u8])?;
    /// transaction.delete("a")?;
    /// assert!(!transaction.contains("a")?);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn delete(&mut self, name: &str) -> Result<()> {
        // SAFETY: the handle is ours, the name lives during the call.
        with_c_str(name, |name| unsafe { call!(deltos_transaction_delete(self.raw.as_ptr(), name)) })
    }

    /// Deletes every object whose name starts with some bytes (`"a"` also takes `"ab"`, `""` everything), and tells how
    /// many there were.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) for a prefix that no name can have. After a failure some may be deleted:
    /// abort.
    ///
    /// ```
    /// # use deltos::Storage;
    /// # let storage = Storage::anonymous("example")?;
    /// let mut transaction = storage.begin()?;
    /// transaction.create("run/1", &[1u8])?;
    /// transaction.create("run/2", &[1u8])?;
    /// assert_eq!(transaction.delete_prefix("run/")?, 2);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn delete_prefix(&mut self, prefix: &str) -> Result<u64> {
        let mut count = 0;
        with_c_str(prefix, |prefix| {
            // SAFETY: the handle is ours, the prefix lives during the call.
            unsafe { call!(deltos_transaction_delete_prefix(self.raw.as_ptr(), prefix, &mut count)) }
        })?;
        Ok(count)
    }

    /// Seals an object: with the commit it is checksummed, and nobody writes to it again, which lets views of it lend
    /// `&[T]`. The handle shows the sealed object from now on.
    ///
    /// # Errors
    /// [`Pinned`](crate::ErrorKind::Pinned) while a writable view of it lives in some process,
    /// [`Stale`](crate::ErrorKind::Stale), [`Invalid`](crate::ErrorKind::Invalid) for an object of another storage.
    ///
    /// ```
    /// # use deltos::{Durability, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// let mut transaction = storage.begin()?;
    /// let mut table = transaction.create("table", &[1.5f32, 2.5])?;
    /// transaction.seal(&mut table)?;
    /// transaction.commit(Durability::Sync)?;
    /// assert_eq!(table.view::<f32>()?.as_slice()?, [1.5, 2.5]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn seal(&mut self, object: &mut Object<'_>) -> Result<()> {
        // SAFETY: both handles live, and nobody else uses the object's, since it is borrowed mutably.
        unsafe { call!(deltos_object_seal(self.raw.as_ptr(), object.raw.as_ptr())) }?;
        object.made_in = Some(self.made_in());
        Ok(())
    }

    /// Opens a sealed object to be written again, in a new place: the content is copied, and old views and snapshots keep
    /// the sealed one. The handle shows the copy from now on.
    ///
    /// # Errors
    /// [`Stale`](crate::ErrorKind::Stale), [`Invalid`](crate::ErrorKind::Invalid) for an object of another storage,
    /// [`NoSpace`](crate::ErrorKind::NoSpace).
    ///
    /// ```
    /// # use deltos::{Durability, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| {
    /// #     let mut table = t.create("table", &[1.5f32, 2.5])?;
    /// #     t.seal(&mut table)
    /// # })?;
    /// let mut table = storage.object("table")?;
    /// storage.transact(Durability::Sync, |transaction| transaction.unseal(&mut table))?;
    /// table.view_writable::<f32>()?.set(0, 3.5);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn unseal(&mut self, object: &mut Object<'_>) -> Result<()> {
        // SAFETY: as in `seal`.
        unsafe { call!(deltos_object_unseal(self.raw.as_ptr(), object.raw.as_ptr())) }?;
        object.made_in = Some(self.made_in());
        Ok(())
    }

    /// Sets a value of an object's metadata, or of the storage's own (the name `""`), new or not.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when there is no such object, [`Limit`](crate::ErrorKind::Limit) above
    /// 64 KiB, [`Invalid`](crate::ErrorKind::Invalid), [`Format`](crate::ErrorKind::Format).
    ///
    /// ```
    /// # use deltos::{MetadataValue, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// let mut transaction = storage.begin()?;
    /// transaction.set_metadata("", "title", "Zürich")?;
    /// transaction.set_metadata("", "scale", MetadataValue::scalar(0.5))?;
    /// assert_eq!(transaction.metadata("", "scale")?.unwrap().scalar::<f64>()?, 0.5);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn set_metadata<'v>(&mut self, name: &str, key: &str, value: impl Into<MetadataValue<'v>>) -> Result<()> {
        value.into().lend(key, |item| {
            with_c_str(name, |name| {
                // SAFETY: the handle is ours, the rest lives during the call.
                unsafe { call!(deltos_metadata_set(self.raw.as_ptr(), name, item)) }
            })
        })
    }

    /// Removes a value of an object's metadata, or of the storage's own (the name `""`).
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when there is no such object or value.
    ///
    /// ```
    /// # use deltos::Storage;
    /// # let storage = Storage::anonymous("example")?;
    /// let mut transaction = storage.begin()?;
    /// transaction.set_metadata("", "title", "Zürich")?;
    /// transaction.remove_metadata("", "title")?;
    /// assert!(transaction.metadata("", "title")?.is_none());
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn remove_metadata(&mut self, name: &str, key: &str) -> Result<()> {
        with_c_str(name, |name| {
            with_c_str(key, |key| {
                // SAFETY: the handle is ours, the texts live during the call.
                unsafe { call!(deltos_metadata_remove(self.raw.as_ptr(), name, key)) }
            })
        })
    }

    /// The handle of the C interface, borrowed, for a call that this crate does not offer in the way that is needed.
    pub fn as_raw(&self) -> *mut sys::deltos_transaction {
        self.raw.as_ptr()
    }

    /// Makes all changes appear, at once, and gives the number of the commit. Objects made in the transaction, and their
    /// views, go on as those of the new commit.
    ///
    /// # Errors
    /// The transaction comes back with the reason: drop it, or, after [`NoSpace`](crate::ErrorKind::NoSpace) or
    /// [`Limit`](crate::ErrorKind::Limit), make it smaller and try again. With `?` it is dropped.
    ///
    /// ```
    /// # use deltos::{Durability, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// let mut transaction = storage.begin()?;
    /// transaction.create("n", &[1u8])?;
    /// let id = transaction.commit(Durability::Sync)?;
    /// assert_eq!(id, storage.info()?.transaction_id);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn commit(mut self, durability: Durability) -> Result<u64, CommitError<'s>> {
        let mut raw = self.raw.as_ptr();
        let mut id = 0;
        // SAFETY: the handle is ours, and after success nobody uses it again.
        match unsafe { call!(deltos_transaction_commit(&mut raw, durability.code(), &mut id)) } {
            Ok(()) => {
                self.committed.store(true, Ordering::Release);
                self.ended = true;
                Ok(id)
            }
            Err(error) => Err(CommitError { transaction: self, error }),
        }
    }

    /// Drops all changes, as dropping the transaction does.
    ///
    /// ```
    /// # let storage = deltos::Storage::anonymous("example")?;
    /// let mut transaction = storage.begin()?;
    /// transaction.create("n", &[1u8])?;
    /// transaction.abort();
    /// assert!(storage.object("n").is_err());
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn abort(self) {}
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let mut raw = self.raw.as_ptr();
        // SAFETY: the handle is ours.
        unsafe { sys::deltos_transaction_abort(&mut raw) };
    }
}

impl fmt::Debug for Transaction<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Transaction").field("id", &self.id()).finish_non_exhaustive()
    }
}

/// A commit that failed: why, and the transaction as it was. With `?` it becomes an [`Error`], and the transaction is
/// aborted.
///
/// ```
/// # use deltos::{Durability, OpenOptions};
/// let storage = OpenOptions::new().max_file_bytes(8 << 20).open_anonymous("small")?;
/// # drop(storage);
/// # Ok::<(), deltos::Error>(())
/// ```
#[derive(Debug)]
pub struct CommitError<'s> {
    transaction: Transaction<'s>,
    error: Error,
}

impl<'s> CommitError<'s> {
    /// Why.
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// The transaction, to be made smaller and tried again.
    pub fn into_transaction(self) -> Transaction<'s> {
        self.transaction
    }
}

impl fmt::Display for CommitError<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(out)
    }
}

impl std::error::Error for CommitError<'_> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

impl From<CommitError<'_>> for Error {
    fn from(failed: CommitError<'_>) -> Error {
        failed.error
    }
}
