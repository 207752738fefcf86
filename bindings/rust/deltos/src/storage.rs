//! A storage: what everything else is made from.

use std::fmt;
use std::marker::PhantomData;
use std::mem::{size_of, zeroed};
use std::os::unix::io::BorrowedFd;
use std::path::Path;
use std::ptr::{null_mut, NonNull};
use std::sync::Arc;

use deltos_sys as sys;

use crate::error::{call, released};
use crate::progress::{ProgressFn, Reporter};
use crate::text::{inline, with_c_str};
use crate::turns::Turns;
use crate::{
    AnyArray, Array, Create, Durability, Element, Error, ErrorKind, HashMap, MapKey, MapValue, Mode, Object,
    OpenOptions, RecordTable, Result, Snapshot, SortedMap, Table, Transaction, Value,
};

/// An open storage: a file, anonymous memory, or bytes of the program's.
///
/// Snapshots, transactions, objects and views borrow it, so that it cannot be closed under them. It may be shared by any
/// number of threads; what would have to wait for another thread answers [`ErrorKind::Busy`] at once instead.
///
/// Dropping gives it up without a fuss and makes nothing durable that was not; [`close`](Storage::close) does the same
/// and can be asked how it went.
///
/// ```
/// use deltos::{Durability, Storage};
///
/// let storage = Storage::anonymous("example")?;
/// let mut transaction = storage.begin()?;
/// transaction.create("grid", &[1.0, 2.0, 3.0])?;
/// transaction.commit(Durability::Sync)?;
/// assert_eq!(storage.object("grid")?.view::<f64>()?.to_vec()?, [1.0, 2.0, 3.0]);
/// # Ok::<(), deltos::Error>(())
/// ```
pub struct Storage {
    pub(crate) raw: NonNull<sys::deltos_storage>,
    /// The memory is the process's own and nothing writes to it.
    pub(crate) frozen: bool,
    pub(crate) turns: Arc<Turns>,
}

// SAFETY: the library synchronises a storage internally, and nothing ties it to the thread that made it.
unsafe impl Send for Storage {}
// SAFETY: as above.
unsafe impl Sync for Storage {}

impl Storage {
    /// Opens an existing file for reading.
    ///
    /// # Safety
    /// As for [`OpenOptions::open`]: nobody changes the file or cuts it short except through Deltos.
    ///
    /// # Errors
    /// As for [`OpenOptions::open`].
    ///
    /// ```no_run
    /// // SAFETY: nothing but Deltos touches the file.
    /// let storage = unsafe { deltos::Storage::open("cities.deltos") }?;
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub unsafe fn open(path: impl AsRef<Path>) -> Result<Storage> {
        OpenOptions::new().open(path)
    }

    /// Opens an existing file for reading, and for storing into committed objects, beside any number of others.
    ///
    /// # Safety
    /// As for [`OpenOptions::open`]: nobody changes the file or cuts it short except through Deltos.
    ///
    /// # Errors
    /// As for [`OpenOptions::open`].
    ///
    /// ```no_run
    /// // SAFETY: nothing but Deltos touches the file.
    /// let storage = unsafe { deltos::Storage::open_in_place("cities.deltos") }?;
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub unsafe fn open_in_place(path: impl AsRef<Path>) -> Result<Storage> {
        OpenOptions::new().mode(Mode::InPlace).open(path)
    }

    /// Opens a file for everything, as its one writer; makes it when there is none.
    ///
    /// # Safety
    /// As for [`OpenOptions::open`]: nobody changes the file or cuts it short except through Deltos.
    ///
    /// # Errors
    /// As for [`OpenOptions::open`].
    ///
    /// ```no_run
    /// // SAFETY: nothing but Deltos touches the file.
    /// let storage = unsafe { deltos::Storage::open_or_create("cities.deltos") }?;
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub unsafe fn open_or_create(path: impl AsRef<Path>) -> Result<Storage> {
        OpenOptions::new().mode(Mode::Write).create(Create::IfAbsent).open(path)
    }

    /// A new, empty storage in anonymous memory, open for writing.
    ///
    /// # Errors
    /// As for [`OpenOptions::open_anonymous`].
    ///
    /// ```
    /// assert_eq!(deltos::Storage::anonymous("scratch")?.info()?.object_count, 0);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn anonymous(label: &str) -> Result<Storage> {
        OpenOptions::new().open_anonymous(label)
    }

    /// Begins a transaction on the newest commit. One at a time is open in a storage.
    ///
    /// # Errors
    /// [`Busy`](ErrorKind::Busy) when one is open, [`ReadOnly`](ErrorKind::ReadOnly) without [`Mode::Write`],
    /// [`Io`](ErrorKind::Io) when a barrier has failed earlier.
    ///
    /// ```
    /// # let storage = deltos::Storage::anonymous("example")?;
    /// let transaction = storage.begin()?;
    /// assert_eq!(storage.begin().unwrap_err().kind(), deltos::ErrorKind::Busy);
    /// transaction.abort();
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn begin(&self) -> Result<Transaction<'_>> {
        let mut raw = null_mut();
        // SAFETY: the handle lives as long as `self`.
        unsafe { call!(deltos_transaction_begin(self.raw.as_ptr(), &mut raw)) }?;
        Ok(Transaction::adopt(made(raw)?, self.turns.clone()))
    }

    /// Runs a closure in a transaction: commits when it succeeds, aborts when it fails or panics.
    ///
    /// # Errors
    /// Those of the closure, of [`begin`](Storage::begin) and of [`Transaction::commit`].
    ///
    /// ```
    /// # use deltos::Durability;
    /// # let storage = deltos::Storage::anonymous("example")?;
    /// storage.transact(Durability::Sync, |transaction| transaction.create("n", &[1u8]).map(drop))?;
    /// assert!(storage.object("n").is_ok());
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn transact<R, E, F>(&self, durability: Durability, run: F) -> Result<R, E>
    where
        E: From<Error>,
        F: FnOnce(&mut Transaction<'_>) -> Result<R, E>,
    {
        let mut transaction = self.begin()?;
        let answer = run(&mut transaction)?;
        transaction.commit(durability).map_err(Error::from)?;
        Ok(answer)
    }

    /// Takes a snapshot of the newest commit.
    ///
    /// # Errors
    /// [`Corrupt`](ErrorKind::Corrupt) when the file was damaged while open, and whatever the system says.
    ///
    /// ```
    /// # let storage = deltos::Storage::anonymous("example")?;
    /// let snapshot = storage.snapshot()?;
    /// assert_eq!(snapshot.list("")?.count(), 0);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn snapshot(&self) -> Result<Snapshot<'_>> {
        let mut raw = null_mut();
        // SAFETY: the handle lives as long as `self`.
        unsafe { call!(deltos_snapshot_begin(self.raw.as_ptr(), &mut raw)) }?;
        Ok(Snapshot { raw: made(raw)?, frozen: self.frozen, turns: self.turns.clone(), storage: PhantomData })
    }

    /// Opens an object of the newest commit: the shortest way to a view.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), and those of [`snapshot`](Storage::snapshot).
    ///
    /// ```
    /// # let storage = deltos::Storage::anonymous("example")?;
    /// # storage.transact(deltos::Durability::Async, |t| t.create("n", &[5i16]).map(drop))?;
    /// assert_eq!(storage.object("n")?.view::<i16>()?.get(0), Some(5));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn object(&self, name: &str) -> Result<Object<'_>> {
        self.newest(name, sys::DELTOS_KIND_ANY)
    }

    fn newest(&self, name: &str, kind: i32) -> Result<Object<'_>> {
        let mut raw = null_mut();
        with_c_str(name, |name| {
            // SAFETY: the handle lives as long as `self`, and the name during the call.
            unsafe { call!(deltos_object_open_newest(self.raw.as_ptr(), name, kind, &mut raw)) }
        })?;
        Ok(Object::adopt(made(raw)?, self.frozen, None))
    }

    /// Opens a table of the newest commit.
    ///
    /// # Errors
    /// [`Kind`](ErrorKind::Kind) when it is something else, and those of [`object`](Storage::object).
    ///
    /// ```
    /// # let storage = deltos::Storage::anonymous("example")?;
    /// # storage.transact(deltos::Durability::Async, |t| t.create_table::<u8>("rows", (2, 3)).map(drop))?;
    /// assert_eq!(storage.table("rows")?.rows::<u8>()?.lengths(), [3, 3]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn table(&self, name: &str) -> Result<Table<'_>> {
        Ok(Table::of(self.newest(name, sys::DELTOS_KIND_TABLE)?))
    }

    /// Opens a value of the newest commit. It is a view, too: the storage is not closed while it lives.
    ///
    /// # Errors
    /// [`Kind`](ErrorKind::Kind) when it is something else, [`Corrupt`](ErrorKind::Corrupt) when it is damaged, and those
    /// of [`object`](Storage::object).
    ///
    /// ```
    /// # let storage = deltos::Storage::anonymous("example")?;
    /// # storage.transact(deltos::Durability::Async, |t| deltos::Tree::from("Ulm").store(t, "v").map(drop))?;
    /// assert_eq!(storage.value("v")?.root().as_str(), Some("Ulm"));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn value(&self, name: &str) -> Result<Value<'_>> {
        Value::of(self.newest(name, sys::DELTOS_KIND_VALUE)?)
    }

    /// Opens a record table of the newest commit.
    ///
    /// # Errors
    /// [`Kind`](ErrorKind::Kind) when it is something else, [`Corrupt`](ErrorKind::Corrupt) when it is damaged, and those
    /// of [`object`](Storage::object).
    pub fn record_table(&self, name: &str) -> Result<RecordTable<'_>> {
        Ok(RecordTable::of(self.newest(name, sys::DELTOS_KIND_RECORD_TABLE)?))
    }

    /// Opens a hash map of the newest commit, with keys and values of those types: see [`HashMap`]. It is a view, too: the
    /// storage is not closed while it lives.
    ///
    /// # Errors
    /// [`Kind`](ErrorKind::Kind) when it is something else, [`Type`](ErrorKind::Type) when keys or values are others,
    /// [`Corrupt`](ErrorKind::Corrupt) when it is damaged, and those of [`object`](Storage::object).
    pub fn hash_map<K: MapKey + ?Sized, V: MapValue + ?Sized>(&self, name: &str) -> Result<HashMap<'_, K, V>> {
        HashMap::of(self.newest(name, sys::DELTOS_KIND_HASH_MAP)?)
    }

    /// The same for types that are known only when the program runs.
    ///
    /// # Errors
    /// As [`hash_map`](Storage::hash_map), except `Type`.
    pub fn hash_map_any(&self, name: &str) -> Result<HashMap<'_>> {
        self.hash_map(name)
    }

    /// Opens a sorted map of the newest commit, with keys of that type: see [`SortedMap`].
    ///
    /// # Errors
    /// [`Kind`](ErrorKind::Kind) when it is something else, [`Type`](ErrorKind::Type) when keys are others, and those of
    /// [`object`](Storage::object).
    pub fn sorted_map<K: MapKey + ?Sized>(&self, name: &str) -> Result<SortedMap<'_, K>> {
        SortedMap::of(self.newest(name, sys::DELTOS_KIND_SORTED_MAP)?)
    }

    /// The same for keys whose type is known only when the program runs: [`typed`](SortedMap::typed) goes on from there.
    ///
    /// # Errors
    /// As [`sorted_map`](Storage::sorted_map), except `Type`.
    pub fn sorted_map_any(&self, name: &str) -> Result<SortedMap<'_>> {
        self.sorted_map(name)
    }

    /// Opens an array of the newest commit: to append to where the storage is open for [`Mode::Write`], else to be read.
    ///
    /// # Errors
    /// [`Kind`](ErrorKind::Kind) when it is something else, [`Type`](ErrorKind::Type) when its elements are of another
    /// type, and those of [`object`](Storage::object).
    ///
    /// ```
    /// # let storage = deltos::Storage::anonymous("example")?;
    /// # storage.transact(deltos::Durability::Async, |t| t.create_array::<f64>("log").map(drop))?;
    /// let mut log = storage.array::<f64>("log")?;
    /// log.push(1.5)?;
    /// assert_eq!(storage.array::<f64>("log")?.len(), 1);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn array<T: Element>(&self, name: &str) -> Result<Array<'_, T>> {
        self.array_any(name)?.typed()
    }

    /// The same for a type that is known only when the program runs.
    ///
    /// # Errors
    /// As [`array`](Storage::array), except `Type`.
    ///
    /// ```
    /// # let storage = deltos::Storage::anonymous("example")?;
    /// # storage.transact(deltos::Durability::Async, |t| t.create_array::<f64>("log").map(drop))?;
    /// assert_eq!(storage.array_any("log")?.info()?.format, "d");
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn array_any(&self, name: &str) -> Result<AnyArray<'_>> {
        AnyArray::stored(self.newest(name, sys::DELTOS_KIND_ARRAY)?, &self.turns)
    }

    /// Makes durable what was stored so far: every LAZY and ASYNC commit, and every store in place by any process.
    ///
    /// # Errors
    /// [`ReadOnly`](ErrorKind::ReadOnly) of one that is only read; [`Io`](ErrorKind::Io) when the barrier fails, from
    /// then on always.
    ///
    /// ```
    /// deltos::Storage::anonymous("example")?.sync()?;
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn sync(&self) -> Result<()> {
        // SAFETY: the handle lives as long as `self`.
        unsafe { call!(deltos_storage_sync(self.raw.as_ptr())) }
    }

    /// Tells the state of the storage.
    ///
    /// # Errors
    /// Whatever the system says.
    ///
    /// ```
    /// # let storage = deltos::Storage::anonymous("example")?;
    /// let before = storage.info()?.transaction_id;
    /// storage.transact(deltos::Durability::Sync, |t| t.create("n", &[1u8]).map(drop))?;
    /// assert!(storage.info()?.transaction_id > before);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn info(&self) -> Result<StorageInfo> {
        // SAFETY: numbers, of which zero is one; the handle lives as long as `self`.
        let raw = unsafe {
            let mut raw: sys::deltos_storage_info = zeroed();
            raw.struct_size = size_of::<sys::deltos_storage_info>() as u32;
            call!(deltos_storage_stat(self.raw.as_ptr(), &mut raw))?;
            raw
        };
        Ok(StorageInfo {
            mode: Mode::of(raw.mode),
            format: (raw.format_major, raw.format_minor),
            file_bytes: raw.file_bytes,
            allocated_bytes: raw.allocated_bytes,
            live_bytes: raw.live_bytes,
            reusable_bytes: raw.reusable_bytes,
            pinned_bytes: raw.pinned_bytes,
            object_count: raw.object_count,
            transaction_id: raw.transaction_id,
            durable_id: raw.durable_id,
            oldest_pin: raw.oldest_pin,
            snapshot_count: raw.snapshot_count,
            view_count: raw.view_count,
            uuid: raw.uuid,
            io_failed: raw.io_failed != 0,
            lost: raw.lost != 0,
            unaligned: raw.unaligned != 0,
            sparse: raw.sparse != 0,
        })
    }

    /// Checks the newest commit and tells what is wrong with it. Damage is an answer, not a failure.
    ///
    /// # Errors
    /// Whatever the system says.
    ///
    /// ```
    /// # let storage = deltos::Storage::anonymous("example")?;
    /// assert!(storage.verify(deltos::VerifyLevel::Full)?.is_sound());
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn verify(&self, level: VerifyLevel) -> Result<Findings> {
        self.check(level, None)
    }

    /// The same, told of progress and free to cancel.
    ///
    /// # Errors
    /// [`Cancelled`](ErrorKind::Cancelled), and whatever the system says.
    ///
    /// ```
    /// # use std::ops::ControlFlow;
    /// # let storage = deltos::Storage::anonymous("example")?;
    /// # storage.transact(deltos::Durability::Async, |t| t.create("n", &[1u64, 2]).map(drop))?;
    /// let stopped = storage.verify_with(deltos::VerifyLevel::Full, &mut |_| ControlFlow::Break(()));
    /// assert_eq!(stopped.unwrap_err().kind(), deltos::ErrorKind::Cancelled);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn verify_with(&self, level: VerifyLevel, progress: &mut ProgressFn<'_>) -> Result<Findings> {
        self.check(level, Some(progress))
    }

    fn check(&self, level: VerifyLevel, progress: Option<&mut ProgressFn<'_>>) -> Result<Findings> {
        const MOST: usize = 1000; // the library counts no more
        let mut found: Vec<sys::deltos_finding> = Vec::with_capacity(MOST);
        let mut count = 0;
        let level = match level {
            VerifyLevel::Struct => sys::DELTOS_VERIFY_STRUCT,
            VerifyLevel::Full => sys::DELTOS_VERIFY_FULL,
        };
        let room = found.as_mut_ptr();
        Reporter::during(progress, |function, user| {
            // SAFETY: there is room for as many as is said.
            unsafe {
                call!(deltos_storage_verify(self.raw.as_ptr(), level, function, user, room, MOST as u64, &mut count))
            }
        })?;
        // SAFETY: so many the library wrote.
        unsafe { found.set_len(MOST.min(count as usize)) };
        Ok(Findings { items: found.iter().map(Finding::from_raw).collect(), count })
    }

    /// Lists what is exported through this handle: what a refused [`close`](Storage::close) names.
    ///
    /// # Errors
    /// [`NoMemory`](ErrorKind::NoMemory).
    ///
    /// ```
    /// # let storage = deltos::Storage::anonymous("example")?;
    /// # storage.transact(deltos::Durability::Async, |t| t.create("n", &[5i16]).map(drop))?;
    /// let view = storage.object("n")?.view::<i16>()?;
    /// assert_eq!(storage.pins()?[0].name, "n");
    /// # drop(view);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn pins(&self) -> Result<Vec<Pin>> {
        let mut found: Vec<sys::deltos_pin> = Vec::new();
        loop {
            let mut count = 0;
            let room = found.capacity() as u64;
            // SAFETY: room for as many as is said.
            unsafe { call!(deltos_storage_pins(self.raw.as_ptr(), found.as_mut_ptr(), room, &mut count)) }?;
            if count <= room {
                // SAFETY: so many were written.
                unsafe { found.set_len(count as usize) };
                return Ok(found.iter().map(Pin::from_raw).collect());
            }
            found = Vec::with_capacity(count as usize + 8); // other threads may export more meanwhile
        }
    }

    /// The descriptor behind the storage, to be passed on to another process and opened there with
    /// [`OpenOptions::open_fd`].
    ///
    /// # Safety
    /// The descriptor leads to memory that is lent as slices: nobody may write through it or cut the file short, except
    /// Deltos.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) for bytes of the program's and private copies.
    ///
    /// ```
    /// use std::os::unix::io::AsRawFd;
    ///
    /// let storage = deltos::Storage::anonymous("example")?;
    /// // SAFETY: nobody writes through it.
    /// assert!(unsafe { storage.fd() }?.as_raw_fd() >= 0);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub unsafe fn fd(&self) -> Result<BorrowedFd<'_>> {
        let mut fd = -1;
        call!(deltos_storage_fd(self.raw.as_ptr(), &mut fd))?;
        Ok(BorrowedFd::borrow_raw(fd))
    }

    /// The handle of the C interface, borrowed, for a call that this crate does not offer in the way that is needed.
    pub fn as_raw(&self) -> *mut sys::deltos_storage {
        self.raw.as_ptr()
    }

    /// Closes the storage, or gives it back when the library refuses.
    ///
    /// Whatever borrows the storage is gone by then; only views that were made independent of it
    /// ([`AnyView::into_owned`](crate::AnyView::into_owned)) or forgotten can stand in the way.
    ///
    /// # Errors
    /// [`Pinned`](ErrorKind::Pinned) while views live, [`Busy`](ErrorKind::Busy) while a forgotten transaction is open.
    ///
    /// ```
    /// # let storage = deltos::Storage::anonymous("example")?;
    /// # storage.transact(deltos::Durability::Async, |t| t.create("n", &[5i16]).map(drop))?;
    /// let view = storage.object("n")?.view::<i16>()?.into_owned();
    /// let refused = storage.close().unwrap_err();
    /// assert_eq!(refused.error().kind(), deltos::ErrorKind::Pinned);
    /// drop(view);
    /// refused.into_storage().close()?;
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn close(self) -> Result<(), CloseError> {
        let mut raw = self.raw.as_ptr();
        // SAFETY: the handle is ours, and after success nobody uses it again.
        match unsafe { call!(deltos_storage_close(&mut raw)) } {
            Ok(()) => {
                let ended = std::mem::ManuallyDrop::new(self);
                // SAFETY: the only thing left to drop, and nobody else drops it.
                drop(unsafe { std::ptr::read(&ended.turns) });
                Ok(())
            }
            Err(error) => Err(CloseError { storage: self, error }),
        }
    }
}

// Views that live keep their memory.
released! { deltos_storage_detach, Storage }

impl fmt::Debug for Storage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Storage").field("handle", &self.raw).finish_non_exhaustive()
    }
}

/// A handle that a call which succeeded has stored.
pub(crate) fn made<T>(raw: *mut T) -> Result<NonNull<T>> {
    NonNull::new(raw).ok_or_else(|| Error::new(ErrorKind::Internal, "the library gave no handle; please report it"))
}

/// A refused close: why, and the storage as it was. With `?` it becomes an [`Error`] and the storage is dropped.
///
/// ```
/// fn end(storage: deltos::Storage) -> deltos::Result<()> {
///     storage.close()?;
///     Ok(())
/// }
/// # end(deltos::Storage::anonymous("example")?)?;
/// # Ok::<(), deltos::Error>(())
/// ```
#[derive(Debug)]
pub struct CloseError {
    storage: Storage,
    error: Error,
}

impl CloseError {
    /// Why.
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// The storage, open as before.
    pub fn into_storage(self) -> Storage {
        self.storage
    }
}

impl fmt::Display for CloseError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(out)
    }
}

impl std::error::Error for CloseError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

impl From<CloseError> for Error {
    fn from(refused: CloseError) -> Error {
        refused.error
    }
}

/// Facts about a storage and the handle they were asked of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StorageInfo {
    /// What the handle may do; [`Mode::Static`] where [`Mode::Read`] became it.
    pub mode: Mode,
    /// The version of the file's format.
    pub format: (u32, u32),
    /// Length of the file.
    pub file_bytes: u64,
    /// What the file system has set aside for it.
    pub allocated_bytes: u64,
    /// For a writer: reachable from the newest commit.
    pub live_bytes: u64,
    /// For a writer: free, to be used again.
    pub reusable_bytes: u64,
    /// For a writer: freed, but held by snapshots, views or durability.
    pub pinned_bytes: u64,
    /// Objects in the newest commit.
    pub object_count: u64,
    /// The number of the newest commit.
    pub transaction_id: u64,
    /// The newest commit that survives a power loss.
    pub durable_id: u64,
    /// The oldest commit that a snapshot of any process holds; `transaction_id` when none.
    pub oldest_pin: u64,
    /// Snapshots that this handle holds, listings included.
    pub snapshot_count: u64,
    /// Live views made through this handle.
    pub view_count: u64,
    /// Made when the storage was created; a copy keeps it, a compact copy has a new one.
    pub uuid: [u8; 16],
    /// A barrier has failed since the machine was started.
    pub io_failed: bool,
    /// The guard met memory that was cut off or unreadable.
    pub lost: bool,
    /// Static, at an address where elements are not aligned.
    pub unaligned: bool,
    /// Created with `sparse`.
    pub sparse: bool,
}

/// How much [`Storage::verify`] reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VerifyLevel {
    /// All of the catalogue: pages, records, extents, overlaps.
    Struct,
    /// And the content of every sealed object.
    Full,
}

/// What [`Storage::verify`] found.
///
/// ```
/// # let storage = deltos::Storage::anonymous("example")?;
/// for finding in &storage.verify(deltos::VerifyLevel::Struct)?.items {
///     eprintln!("{}", finding.message);
/// }
/// # Ok::<(), deltos::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings {
    /// Each thing that is wrong, at most 1,000.
    pub items: Vec<Finding>,
    /// How many there are.
    pub count: u64,
}

impl Findings {
    /// Nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.count == 0
    }
}

/// One thing that is wrong with a storage.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// [`Corrupt`](ErrorKind::Corrupt), [`Feature`](ErrorKind::Feature) or [`Limit`](ErrorKind::Limit).
    pub kind: ErrorKind,
    /// The object concerned, when there is one.
    pub object_id: Option<u64>,
    /// Where, in bytes from the start of the storage; 0 when that means nothing.
    pub file_offset: u64,
    /// One line.
    pub message: String,
}

impl Finding {
    fn from_raw(raw: &sys::deltos_finding) -> Finding {
        Finding {
            kind: ErrorKind::of(raw.status),
            object_id: Some(raw.object_id).filter(|&id| id != 0),
            file_offset: raw.file_offset,
            message: inline(&raw.message),
        }
    }
}

/// An object with live views. One with read-only and with writable ones is listed twice.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pin {
    /// The object.
    pub object_id: u64,
    /// The commit that wrote the content the views show.
    pub transaction_id: u64,
    /// Bytes of that content.
    pub bytes: u64,
    /// Live views made through this handle.
    pub view_count: u32,
    /// They are writable.
    pub writable: bool,
    /// As the object was opened under, cut after 223 bytes.
    pub name: String,
}

impl Pin {
    fn from_raw(raw: &sys::deltos_pin) -> Pin {
        Pin {
            object_id: raw.object_id,
            transaction_id: raw.transaction_id,
            bytes: raw.bytes,
            view_count: raw.view_count,
            writable: raw.writable != 0,
            name: inline(&raw.name),
        }
    }
}
