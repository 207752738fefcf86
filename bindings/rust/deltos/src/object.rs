//! Objects: what a storage keeps under a name.

use std::fmt;
use std::marker::PhantomData;
use std::mem::{size_of, zeroed};
use std::ptr::{null_mut, NonNull};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use deltos_sys as sys;

use crate::error::{call, released};
use crate::storage::made;
use crate::text::borrowed;
use crate::{AnyView, DType, Element, Error, ErrorKind, Result, Storage, View, ViewRequest, WritableView};

/// One stored thing: a type, a shape, metadata and content under a name.
///
/// What a handle tells is as it was when it was opened; [`refresh`](Object::refresh) looks again. It keeps nothing from
/// being deleted or replaced by others: afterwards views of it that live stay valid, and new ones are refused with
/// [`ErrorKind::Stale`].
///
/// ```
/// use deltos::{Durability, Storage};
///
/// let storage = Storage::anonymous("example")?;
/// storage.transact(Durability::Sync, |transaction| transaction.create("n", &[1u16, 2]).map(drop))?;
/// let object = storage.object("n")?;
/// assert_eq!(object.info()?.format, "H");
/// assert_eq!(object.view::<u16>()?.to_vec()?, [1, 2]);
/// # Ok::<(), deltos::Error>(())
/// ```
pub struct Object<'s> {
    pub(crate) raw: NonNull<sys::deltos_object>,
    frozen: bool,
    pub(crate) made_in: Option<MadeIn>,
    /// It shows memory of a view whose seal may be taken back.
    doubtful: bool,
    storage: PhantomData<&'s Storage>,
}

/// The transaction that a handle comes from: until it has committed, the handle may show a seal that an abort takes back.
#[derive(Clone)]
pub(crate) struct MadeIn {
    pub(crate) id: u64,
    pub(crate) committed: Arc<AtomicBool>,
}

// SAFETY: an object is immutable, and nothing ties it to a thread.
unsafe impl Send for Object<'_> {}
// SAFETY: as above; what changes a handle takes it by `&mut`.
unsafe impl Sync for Object<'_> {}

impl<'s> Object<'s> {
    pub(crate) fn adopt(raw: NonNull<sys::deltos_object>, frozen: bool, made_in: Option<MadeIn>) -> Self {
        Object { raw, frozen, made_in, doubtful: false, storage: PhantomData }
    }

    /// Drops all but the handle, which the library has closed.
    pub(crate) fn end(mut self) {
        self.made_in = None;
        std::mem::forget(self);
    }

    /// The same handle, whatever it borrowed: it stays valid after a close, and its memory as long as it lives.
    pub(crate) fn into_unbound(mut self) -> Object<'static> {
        let (made_in, raw) = (self.made_in.take(), self.raw);
        let object = Object { raw, frozen: self.frozen, made_in, doubtful: self.doubtful, storage: PhantomData };
        std::mem::forget(self);
        object
    }

    /// An object without a storage, over memory of views.
    pub(crate) fn over<'v>(
        raw: NonNull<sys::deltos_object>,
        mut views: impl Iterator<Item = &'v AnyView<'s>> + Clone,
    ) -> Self
    where
        's: 'v,
    {
        let doubtful = views.clone().any(|view| view.is_sealed() && !view.is_immutable());
        let frozen = views.all(|view| view.is_immutable());
        Object { raw, frozen, made_in: None, doubtful, storage: PhantomData }
    }

    /// Exports the content as elements of a type: an address, no copy.
    ///
    /// # Errors
    /// [`Type`](ErrorKind::Type) when the elements are of another type, [`Stale`](ErrorKind::Stale) when the object was
    /// deleted or replaced, and whatever the system says.
    ///
    /// ```
    /// # use deltos::{Durability, ErrorKind, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| t.create("n", &[1u16, 2]).map(drop))?;
    /// let object = storage.object("n")?;
    /// assert_eq!(object.view::<u16>()?.len(), 2);
    /// assert_eq!(object.view::<i16>().unwrap_err().kind(), ErrorKind::Type);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn view<T: Element>(&self) -> Result<View<'s, T>> {
        self.any_view(ViewRequest::FULL_RO)?.typed()
    }

    /// Exports the content to be read and stored to in place: seen at once by everybody who maps it, and part of no
    /// transaction. Of an object that is new in an open transaction: private until its commit.
    ///
    /// # Errors
    /// [`ReadOnly`](ErrorKind::ReadOnly), [`Sealed`](ErrorKind::Sealed), [`Busy`](ErrorKind::Busy) while somebody seals
    /// it, and those of [`view`](Object::view).
    ///
    /// ```
    /// # use deltos::{Durability, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| t.create("n", &[1u16, 2]).map(drop))?;
    /// let object = storage.object("n")?;
    /// object.view_writable::<u16>()?.set(1, 7);
    /// assert_eq!(object.view::<u16>()?.get(1), Some(7));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn view_writable<T: Element>(&self) -> Result<WritableView<'s, T>> {
        self.any_view(ViewRequest::FULL)?.typed_writable()
    }

    /// Exports the content as memory whose type is known only when the program runs.
    ///
    /// # Errors
    /// As [`view`](Object::view); [`Layout`](ErrorKind::Layout) when the layout is not the one that is asked for.
    ///
    /// ```
    /// # use deltos::{DType, Durability, Storage, ViewRequest};
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| t.create("n", &[1u16, 2]).map(drop))?;
    /// let view = storage.object("n")?.any_view(ViewRequest::FULL_RO)?;
    /// assert_eq!((view.dtype(), view.nbytes()), (DType::U16, 4));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn any_view(&self, request: ViewRequest) -> Result<AnyView<'s>> {
        let mut raw = null_mut();
        // SAFETY: the handle lives as long as `self`.
        unsafe { call!(deltos_view_acquire(self.raw.as_ptr(), request.bits(), &mut raw)) }?;
        self.adopt_view(made(raw)?)
    }

    pub(crate) fn adopt_view(&self, raw: NonNull<sys::deltos_view>) -> Result<AnyView<'s>> {
        let mut view = AnyView::adopt(raw, self.frozen);
        if view.is_immutable() && self.may_be_unsealed()? {
            view.forget_seal();
        }
        Ok(view)
    }

    /// The memory is the process's own and nobody writes it.
    pub(crate) fn is_frozen(&self) -> bool {
        self.frozen
    }

    /// The seal is one of a transaction that may still abort, and then others may write again.
    pub(crate) fn may_be_unsealed(&self) -> Result<bool> {
        match &self.made_in {
            _ if self.doubtful && !self.frozen => Ok(true),
            Some(made_in) if !self.frozen && !made_in.committed.load(Ordering::Acquire) => {
                Ok(self.raw_info()?.changed_id >= made_in.id)
            }
            _ => Ok(false),
        }
    }

    /// Tells what the object is.
    ///
    /// # Errors
    /// [`NoMemory`](ErrorKind::NoMemory).
    ///
    /// ```
    /// # use deltos::{DType, Durability, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| t.create("n", &[1u16, 2]).map(drop))?;
    /// let info = storage.object("n")?.info()?;
    /// assert_eq!((info.name.as_str(), info.dtype, info.count), ("n", DType::U16, 2));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn info(&self) -> Result<ObjectInfo> {
        let raw = self.raw_info()?;
        // SAFETY: the pointers live as long as the handle, and the shape has `ndim` lengths.
        unsafe {
            Ok(ObjectInfo {
                name: borrowed(raw.name).to_owned(),
                id: raw.id,
                kind: ObjectKind::of(raw.kind),
                dtype: DType::of(raw.dtype),
                format: borrowed(raw.format).to_owned(),
                shape: crate::view::slice_of(raw.shape.cast::<usize>(), raw.ndim as usize).to_vec(),
                count: raw.count,
                itemsize: raw.itemsize,
                payload_bytes: raw.payload_bytes,
                created_id: raw.created_id,
                changed_id: raw.changed_id,
                sealed: raw.sealed != 0,
                writable: raw.writable != 0,
                current: raw.current != 0,
                stored: raw.stored != 0,
            })
        }
    }

    fn raw_info(&self) -> Result<sys::deltos_object_info> {
        // SAFETY: numbers and pointers, of which zero is one; the handle lives as long as `self`.
        unsafe {
            let mut raw: sys::deltos_object_info = zeroed();
            raw.struct_size = size_of::<sys::deltos_object_info>() as u32;
            call!(deltos_object_stat(self.raw.as_ptr(), &mut raw))?;
            Ok(raw)
        }
    }

    /// Looks again in the newest commit, by id, and when that is gone by name, and tells whether anything changed. Views
    /// of the old one stay as they are.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), [`Replaced`](ErrorKind::Replaced) when the path leads to another file now. The
    /// handle stays what it was.
    ///
    /// ```
    /// # use deltos::{Durability, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| t.create("n", &[1u16, 2]).map(drop))?;
    /// let mut object = storage.object("n")?;
    /// storage.transact(Durability::Sync, |t| t.replace(&object, &[3u8]).map(drop))?;
    /// assert!(object.refresh()?);
    /// assert_eq!(object.view::<u8>()?.get(0), Some(3));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn refresh(&mut self) -> Result<bool> {
        let mut raw = self.raw.as_ptr();
        let mut changed = 0;
        // SAFETY: nobody else uses the handle, since it is borrowed mutably.
        unsafe { call!(deltos_object_refresh(&mut raw, &mut changed)) }?;
        self.raw = made(raw)?;
        self.made_in = None;
        Ok(changed != 0)
    }

    /// Where the content lies in the file, for programs that map it without this library: C-contiguous, and on a page
    /// when it is at least a page long. `None` where there is no file. It stays there while a view of it lives.
    ///
    /// # Errors
    /// [`NoMemory`](ErrorKind::NoMemory).
    ///
    /// ```
    /// # use deltos::{Durability, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| t.create("n", &[0u8; 5000]).map(drop))?;
    /// assert_eq!(storage.object("n")?.file_offset()?.unwrap() % 4096, 0);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn file_offset(&self) -> Result<Option<u64>> {
        let mut offset = 0;
        // SAFETY: the handle lives as long as `self`.
        match unsafe { call!(deltos_object_file_offset(self.raw.as_ptr(), &mut offset)) } {
            Ok(()) => Ok(Some(offset)),
            Err(error) if error.kind() == ErrorKind::Unsupported => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The handle of the C interface, borrowed, for a call that this crate does not offer in the way that is needed.
    pub fn as_raw(&self) -> *mut sys::deltos_object {
        self.raw.as_ptr()
    }

    /// Tells the system how the content will be used. Only a hint.
    ///
    /// # Errors
    /// None that a program need care about.
    ///
    /// ```
    /// # use deltos::{Advice, Durability, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| t.create("n", &[0u8; 5000]).map(drop))?;
    /// storage.object("n")?.advise(Advice::WillNeed)?;
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn advise(&self, advice: Advice) -> Result<(), Error> {
        let advice = match advice {
            Advice::Normal => sys::DELTOS_ADVICE_NORMAL,
            Advice::Random => sys::DELTOS_ADVICE_RANDOM,
            Advice::Sequential => sys::DELTOS_ADVICE_SEQUENTIAL,
            Advice::WillNeed => sys::DELTOS_ADVICE_WILL_NEED,
            Advice::DontNeed => sys::DELTOS_ADVICE_DONT_NEED,
            Advice::Prefault => sys::DELTOS_ADVICE_PREFAULT,
        };
        // SAFETY: the handle lives as long as `self`.
        unsafe { call!(deltos_object_advise(self.raw.as_ptr(), advice)) }
    }
}

released! { deltos_object_release, Object<'_> }

impl fmt::Debug for Object<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Object").field("handle", &self.raw).finish_non_exhaustive()
    }
}

/// How content will be used, for [`Object::advise`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Advice {
    /// Nothing special.
    Normal,
    /// Do not read ahead.
    Random,
    /// Read ahead a lot.
    Sequential,
    /// Start reading now.
    WillNeed,
    /// This process's memory may be taken back; nothing is lost.
    DontNeed,
    /// Read all of it and map it into this process now, so that no use waits for a page fault.
    Prefault,
}

/// The kinds of things that are kept under names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ObjectKind {
    /// Typed memory of any number of dimensions.
    Buffer,
    /// Elements that more can be appended to: [`Array`](crate::Array).
    Array,
    /// Rows that are reached by pointers: [`Table`](crate::Table).
    Table,
    /// A tree that describes itself: [`Value`](crate::Value).
    Value,
    /// Rows of one schema: [`RecordTable`](crate::RecordTable).
    RecordTable,
    /// Built once, looked up by key: [`HashMap`](crate::HashMap).
    HashMap,
    /// Pairs in the order of their keys: [`SortedMap`](crate::SortedMap).
    SortedMap,
    /// One that this version does not know.
    Other,
}

impl ObjectKind {
    pub(crate) fn of(code: i32) -> ObjectKind {
        match code {
            sys::DELTOS_KIND_BUFFER => ObjectKind::Buffer,
            sys::DELTOS_KIND_ARRAY => ObjectKind::Array,
            sys::DELTOS_KIND_TABLE => ObjectKind::Table,
            sys::DELTOS_KIND_VALUE => ObjectKind::Value,
            sys::DELTOS_KIND_RECORD_TABLE => ObjectKind::RecordTable,
            sys::DELTOS_KIND_HASH_MAP => ObjectKind::HashMap,
            sys::DELTOS_KIND_SORTED_MAP => ObjectKind::SortedMap,
            _ => ObjectKind::Other,
        }
    }
}

/// What an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectInfo {
    /// Its name, as of opening.
    pub name: String,
    /// A number that is never used twice in a storage, and kept by rename and replace.
    pub id: u64,
    /// What kind of thing it is.
    pub kind: ObjectKind,
    /// The type of one element.
    pub dtype: DType,
    /// The format string of one element.
    pub format: String,
    /// Elements in each dimension.
    pub shape: Vec<usize>,
    /// Elements.
    pub count: u64,
    /// Bytes of one.
    pub itemsize: u64,
    /// Bytes of all.
    pub payload_bytes: u64,
    /// The transaction that created it.
    pub created_id: u64,
    /// The transaction that changed its record last; stores in place do not count.
    pub changed_id: u64,
    /// Checksummed and never written again.
    pub sealed: bool,
    /// This handle can export it writable.
    pub writable: bool,
    /// Not deleted, replaced or aborted, as far as this process knows.
    pub current: bool,
    /// Committed.
    pub stored: bool,
}
