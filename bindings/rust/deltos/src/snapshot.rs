//! Snapshots, and the reading calls that they share with transactions.

use std::fmt;
use std::marker::PhantomData;
use std::mem::size_of;
use std::path::Path;
use std::ptr::NonNull;
use std::sync::Arc;

use deltos_sys as sys;

use crate::error::{call, released};
use crate::progress::{ProgressFn, Reporter};
use crate::text::with_c_path;
use crate::turns::Turns;
use crate::{Progress, Result, Storage};

/// The structure of a storage as one commit left it: which objects there are, their names, types, shapes and metadata.
///
/// It does not change while others commit. Content that is written in place is shared memory and belongs to no snapshot.
/// A long snapshot keeps the space of what has been deleted since from being used again; a view does not.
///
/// ```
/// # use deltos::{Durability, Storage};
/// let storage = Storage::anonymous("example")?;
/// let mut snapshot = storage.snapshot()?;
/// storage.transact(Durability::Sync, |transaction| transaction.create("new", &[1u8]).map(drop))?;
/// assert!(!snapshot.contains("new")?);
/// assert!(snapshot.refresh()?);
/// assert!(snapshot.contains("new")?);
/// # Ok::<(), deltos::Error>(())
/// ```
pub struct Snapshot<'s> {
    pub(crate) raw: NonNull<sys::deltos_snapshot>,
    pub(crate) frozen: bool,
    pub(crate) turns: Arc<Turns>,
    pub(crate) storage: PhantomData<&'s Storage>,
}

// SAFETY: a snapshot is immutable, and nothing ties it to a thread.
unsafe impl Send for Snapshot<'_> {}
// SAFETY: as above.
unsafe impl Sync for Snapshot<'_> {}

/// The calls that read structure, for whatever has a `raw_snapshot`, as methods of its own.
macro_rules! reading_methods {
    (|$owner:ident| $made_in:expr) => {
        /// Opens an object by name.
        ///
        /// # Errors
        /// [`NotFound`](crate::ErrorKind::NotFound), [`Invalid`](crate::ErrorKind::Invalid) for a name that none can
        /// have, [`Corrupt`](crate::ErrorKind::Corrupt).
        ///
        /// ```
        /// # use deltos::{Durability, Storage};
        /// # let storage = Storage::anonymous("example")?;
        /// # storage.transact(Durability::Async, |t| t.create("grid", &[2.5f32]).map(drop))?;
        /// let object = storage.snapshot()?.object("grid")?;
        /// assert_eq!(object.info()?.shape, [1]);
        /// # Ok::<(), deltos::Error>(())
        /// ```
        pub fn object(&self, name: &str) -> crate::Result<crate::Object<'s>> {
            self.open(name, deltos_sys::DELTOS_KIND_ANY)
        }

        /// Opens a table by name.
        ///
        /// # Errors
        /// [`Kind`](crate::ErrorKind::Kind) when it is something else, and those of [`object`](Self::object).
        ///
        /// ```
        /// # use deltos::{Durability, Storage};
        /// # let storage = Storage::anonymous("example")?;
        /// # storage.transact(Durability::Async, |t| t.create_table::<u8>("rows", (2, 3)).map(drop))?;
        /// assert_eq!(storage.snapshot()?.table("rows")?.info()?.rows, 2);
        /// # Ok::<(), deltos::Error>(())
        /// ```
        pub fn table(&self, name: &str) -> crate::Result<crate::Table<'s>> {
            Ok(crate::Table::of(self.open(name, deltos_sys::DELTOS_KIND_TABLE)?))
        }

        /// Opens a value by name. It is a view, too: the storage is not closed while it lives.
        ///
        /// # Errors
        /// [`Kind`](crate::ErrorKind::Kind) when it is something else, and those of [`object`](Self::object).
        ///
        /// ```
        /// # use deltos::{Durability, Storage, Tree};
        /// # let storage = Storage::anonymous("example")?;
        /// # storage.transact(Durability::Async, |t| Tree::from("Ulm").store(t, "v").map(drop))?;
        /// assert_eq!(storage.snapshot()?.value("v")?.root().as_str(), Some("Ulm"));
        /// # Ok::<(), deltos::Error>(())
        /// ```
        pub fn value(&self, name: &str) -> crate::Result<crate::Value<'s>> {
            crate::Value::of(self.open(name, deltos_sys::DELTOS_KIND_VALUE)?)
        }

        /// Opens a record table by name.
        ///
        /// # Errors
        /// [`Kind`](crate::ErrorKind::Kind) when it is something else, and those of [`object`](Self::object).
        pub fn record_table(&self, name: &str) -> crate::Result<crate::RecordTable<'s>> {
            Ok(crate::RecordTable::of(self.open(name, deltos_sys::DELTOS_KIND_RECORD_TABLE)?))
        }

        /// Opens a hash map by name, with keys and values of those types: see [`HashMap`](crate::HashMap). It is a view,
        /// too: the storage is not closed while it lives.
        ///
        /// # Errors
        /// [`Kind`](crate::ErrorKind::Kind) when it is something else, [`Type`](crate::ErrorKind::Type) when keys or values
        /// are others, and those of [`object`](Self::object).
        pub fn hash_map<K, V>(&self, name: &str) -> crate::Result<crate::HashMap<'s, K, V>>
        where
            K: crate::MapKey + ?Sized,
            V: crate::MapValue + ?Sized,
        {
            crate::HashMap::of(self.open(name, deltos_sys::DELTOS_KIND_HASH_MAP)?)
        }

        /// The same for types that are known only when the program runs.
        ///
        /// # Errors
        /// As [`hash_map`](Self::hash_map), except `Type`.
        pub fn hash_map_any(&self, name: &str) -> crate::Result<crate::HashMap<'s>> {
            self.hash_map(name)
        }

        /// Opens a sorted map by name, with keys of that type: see [`SortedMap`](crate::SortedMap).
        ///
        /// # Errors
        /// [`Kind`](crate::ErrorKind::Kind) when it is something else, [`Type`](crate::ErrorKind::Type) when keys are
        /// others, and those of [`object`](Self::object).
        pub fn sorted_map<K: crate::MapKey + ?Sized>(&self, name: &str) -> crate::Result<crate::SortedMap<'s, K>> {
            crate::SortedMap::of(self.open(name, deltos_sys::DELTOS_KIND_SORTED_MAP)?)
        }

        /// The same for keys whose type is known only when the program runs:
        /// [`typed`](crate::SortedMap::typed) goes on from there.
        ///
        /// # Errors
        /// As [`sorted_map`](Self::sorted_map), except `Type`.
        pub fn sorted_map_any(&self, name: &str) -> crate::Result<crate::SortedMap<'s>> {
            self.sorted_map(name)
        }

        /// Opens an array by name: to append to where the storage is open for [`Mode::Write`](crate::Mode::Write) and the
        /// array is the newest commit's, else to be read.
        ///
        /// # Errors
        /// [`Kind`](crate::ErrorKind::Kind) when it is something else, [`Type`](crate::ErrorKind::Type) when its elements
        /// are of another type, and those of [`object`](Self::object).
        ///
        /// ```
        /// # use deltos::{Durability, Storage};
        /// # let storage = Storage::anonymous("example")?;
        /// # storage.transact(Durability::Async, |t| t.create_array::<f64>("log").map(drop))?;
        /// assert_eq!(storage.snapshot()?.array::<f64>("log")?.len(), 0);
        /// # Ok::<(), deltos::Error>(())
        /// ```
        pub fn array<T: crate::Element>(&self, name: &str) -> crate::Result<crate::Array<'s, T>> {
            self.array_any(name)?.typed()
        }

        /// The same for a type that is known only when the program runs.
        ///
        /// # Errors
        /// As [`array`](Self::array), except `Type`.
        ///
        /// ```
        /// # use deltos::{Durability, Storage};
        /// # let storage = Storage::anonymous("example")?;
        /// # storage.transact(Durability::Async, |t| t.create_array::<f64>("log").map(drop))?;
        /// assert_eq!(storage.snapshot()?.array_any("log")?.info()?.format, "d");
        /// # Ok::<(), deltos::Error>(())
        /// ```
        pub fn array_any(&self, name: &str) -> crate::Result<crate::AnyArray<'s>> {
            crate::AnyArray::stored(self.open(name, deltos_sys::DELTOS_KIND_ARRAY)?, &self.turns)
        }

        /// Opens an object by its id.
        ///
        /// # Errors
        /// As [`object`](Self::object).
        ///
        /// ```
        /// # use deltos::{Durability, Storage};
        /// # let storage = Storage::anonymous("example")?;
        /// # storage.transact(Durability::Async, |t| t.create("grid", &[2.5f32]).map(drop))?;
        /// let snapshot = storage.snapshot()?;
        /// let id = snapshot.object("grid")?.info()?.id;
        /// assert_eq!(snapshot.object_by_id(id)?.info()?.name, "grid");
        /// # Ok::<(), deltos::Error>(())
        /// ```
        pub fn object_by_id(&self, id: u64) -> crate::Result<crate::Object<'s>> {
            let mut raw = std::ptr::null_mut();
            // SAFETY: the snapshot lives as long as `self`.
            unsafe { call!(deltos_object_open_id(self.raw_snapshot(), id, deltos_sys::DELTOS_KIND_ANY, &mut raw)) }?;
            Ok(crate::Object::adopt(crate::storage::made(raw)?, self.frozen, self.origin()))
        }

        /// Tells whether there is an object of that name.
        ///
        /// # Errors
        /// As [`object`](Self::object), except `NotFound`.
        ///
        /// ```
        /// assert!(!deltos::Storage::anonymous("example")?.snapshot()?.contains("grid")?);
        /// # Ok::<(), deltos::Error>(())
        /// ```
        pub fn contains(&self, name: &str) -> crate::Result<bool> {
            match self.object(name) {
                Ok(_) => Ok(true),
                Err(error) if error.kind() == crate::ErrorKind::NotFound => Ok(false),
                Err(error) => Err(error),
            }
        }

        /// Lists every name that starts with some bytes, in byte order.
        ///
        /// # Errors
        /// [`Invalid`](crate::ErrorKind::Invalid) for a prefix that no name can have; each step may fail too.
        ///
        /// ```
        /// # use deltos::{Durability, Storage};
        /// # let storage = Storage::anonymous("example")?;
        /// # storage.transact(Durability::Async, |t| t.create("a/b", &[2.5f32]).map(drop))?;
        /// for entry in storage.snapshot()?.list("a/")? {
        ///     assert_eq!(entry?.name, "a/b");
        /// }
        /// # Ok::<(), deltos::Error>(())
        /// ```
        pub fn list(&self, prefix: &str) -> crate::Result<crate::Entries<'_, Self>> {
            crate::Entries::start(self, self.raw_snapshot(), prefix, deltos_sys::DELTOS_LIST_ALL)
        }

        /// Lists the names without a `/` after the prefix, and each level below once, as a directory does.
        ///
        /// # Errors
        /// As [`list`](Self::list).
        ///
        /// ```
        /// # use deltos::{Durability, Storage};
        /// # let storage = Storage::anonymous("example")?;
        /// # storage.transact(Durability::Async, |t| t.create("a/b", &[2.5f32]).map(drop))?;
        /// let top = storage.snapshot()?.list_level("")?.collect::<Result<Vec<_>, _>>()?;
        /// assert!(top[0].is_level && top[0].name == "a/");
        /// # Ok::<(), deltos::Error>(())
        /// ```
        pub fn list_level(&self, prefix: &str) -> crate::Result<crate::Entries<'_, Self>> {
            crate::Entries::start(self, self.raw_snapshot(), prefix, deltos_sys::DELTOS_LIST_ONE_LEVEL)
        }

        /// Looks up a value of an object's metadata, or of the storage's own (the name `""`). Absence is no failure.
        ///
        /// # Errors
        /// [`NotFound`](crate::ErrorKind::NotFound) when there is no such object.
        ///
        /// ```
        /// # use deltos::{Durability, Storage};
        /// # let storage = Storage::anonymous("example")?;
        /// assert!(storage.snapshot()?.metadata("", "unit")?.is_none());
        /// # Ok::<(), deltos::Error>(())
        /// ```
        pub fn metadata(&self, name: &str, key: &str) -> crate::Result<Option<crate::Metadata<'_>>> {
            // SAFETY: what is lent lives as long as the snapshot, or until the next change of the transaction: `self`.
            unsafe { crate::Metadata::get(self.raw_snapshot(), name, key) }
        }

        /// All metadata of an object, or of the storage (the name `""`), in byte order of keys.
        ///
        /// # Errors
        /// [`NotFound`](crate::ErrorKind::NotFound) when there is no such object.
        ///
        /// ```
        /// # use deltos::{Durability, Storage};
        /// # let storage = Storage::anonymous("example")?;
        /// storage.transact(Durability::Sync, |transaction| transaction.set_metadata("", "unit", "K"))?;
        /// let snapshot = storage.snapshot()?;
        /// let all = snapshot.metadata_list("")?;
        /// assert_eq!((all[0].key(), all[0].text()), ("unit", Some("K")));
        /// # Ok::<(), deltos::Error>(())
        /// ```
        pub fn metadata_list(&self, name: &str) -> crate::Result<Vec<crate::Metadata<'_>>> {
            // SAFETY: as in `metadata`.
            unsafe { crate::Metadata::list(self.raw_snapshot(), name) }
        }

        fn open(&self, name: &str, kind: i32) -> crate::Result<crate::Object<'s>> {
            let mut raw = std::ptr::null_mut();
            crate::text::with_c_str(name, |name| {
                // SAFETY: the snapshot lives as long as `self`, and the name during the call.
                unsafe { call!(deltos_object_open(self.raw_snapshot(), name, kind, &mut raw)) }
            })?;
            Ok(crate::Object::adopt(crate::storage::made(raw)?, self.frozen, self.origin()))
        }

        fn origin(&self) -> Option<crate::object::MadeIn> {
            let $owner = self;
            $made_in
        }

        /// The number of the commit that is shown; within a transaction the one that it will commit as.
        ///
        /// ```
        /// # let storage = deltos::Storage::anonymous("example")?;
        /// assert_eq!(storage.snapshot()?.id(), storage.info()?.transaction_id);
        /// # Ok::<(), deltos::Error>(())
        /// ```
        pub fn id(&self) -> u64 {
            // SAFETY: the snapshot lives as long as `self`.
            unsafe { deltos_sys::deltos_snapshot_id(self.raw_snapshot()) }
        }
    };
}
pub(crate) use reading_methods;

impl<'s> Snapshot<'s> {
    reading_methods!(|_snapshot| None);

    pub(crate) fn raw_snapshot(&self) -> *const sys::deltos_snapshot {
        self.raw.as_ptr()
    }

    /// The handle of the C interface, borrowed, for a call that this crate does not offer in the way that is needed.
    pub fn as_raw(&self) -> *mut sys::deltos_snapshot {
        self.raw.as_ptr()
    }

    /// Moves on to the newest commit, and tells whether there was a newer one. Objects opened before are not touched.
    ///
    /// # Errors
    /// [`Replaced`](crate::ErrorKind::Replaced) when the path leads to another file now; those of
    /// [`Storage::snapshot`]. The snapshot stays what it was.
    ///
    /// ```
    /// # let storage = deltos::Storage::anonymous("example")?;
    /// assert!(!storage.snapshot()?.refresh()?);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn refresh(&mut self) -> Result<bool> {
        let mut raw = self.raw.as_ptr();
        let mut changed = 0;
        // SAFETY: nobody else uses the handle, since it is borrowed mutably.
        unsafe { call!(deltos_snapshot_refresh(&mut raw, &mut changed)) }?;
        self.raw = crate::storage::made(raw)?;
        Ok(changed != 0)
    }

    /// Writes what is shown to a new file, place by place. This, and not a file copy, is how to copy a storage that
    /// has a writer. The copy keeps the uuid, is durable when the call returns, and appears only then.
    ///
    /// # Errors
    /// [`Exists`](crate::ErrorKind::Exists), [`NotFound`](crate::ErrorKind::NotFound) (no such directory),
    /// [`Cancelled`](crate::ErrorKind::Cancelled), [`Corrupt`](crate::ErrorKind::Corrupt), and whatever the system says.
    /// Nothing is left behind.
    ///
    /// ```
    /// use deltos::{CopyOptions, Storage};
    /// use std::ops::ControlFlow;
    ///
    /// # let path = std::env::temp_dir().join(format!("deltos-copy-{}.deltos", std::process::id()));
    /// let storage = Storage::anonymous("example")?;
    /// # storage.transact(deltos::Durability::Async, |t| t.create("n", &[1u64, 2]).map(drop))?;
    /// let mut calls = 0;
    /// let options = CopyOptions::new().progress(|_| {
    ///     calls += 1;
    ///     ControlFlow::Continue(())
    /// });
    /// storage.snapshot()?.copy_to(&path, options)?;
    /// assert!(calls > 0);
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn copy_to(&self, path: impl AsRef<Path>, options: CopyOptions<'_>) -> Result<()> {
        options.run(path.as_ref(), |path, raw| {
            // SAFETY: the handle lives as long as `self`, the rest during the call.
            unsafe { call!(deltos_snapshot_copy_to(self.raw.as_ptr(), path, raw)) }
        })
    }

    /// Writes what is shown to a new, smallest file: the only way in which a storage gets shorter. Names, ids, metadata
    /// and seals stay; offsets in the file and the uuid do not.
    ///
    /// # Errors
    /// As [`copy_to`](Snapshot::copy_to).
    ///
    /// ```
    /// # use deltos::{CopyOptions, Storage};
    /// # let path = std::env::temp_dir().join(format!("deltos-compact-{}.deltos", std::process::id()));
    /// let storage = Storage::anonymous("example")?;
    /// storage.snapshot()?.compact_to(&path, CopyOptions::new())?;
    /// assert!(storage.snapshot()?.compact_to(&path, CopyOptions::new()).is_err());
    /// storage.snapshot()?.compact_to(&path, CopyOptions::new().replace(true))?;
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn compact_to(&self, path: impl AsRef<Path>, options: CopyOptions<'_>) -> Result<()> {
        options.run(path.as_ref(), |path, raw| {
            // SAFETY: the handle lives as long as `self`, the rest during the call.
            unsafe { call!(deltos_snapshot_compact_to(self.raw.as_ptr(), path, raw)) }
        })
    }
}

released! { deltos_snapshot_release, Snapshot<'_> }

impl fmt::Debug for Snapshot<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Snapshot").field("id", &self.id()).finish_non_exhaustive()
    }
}

/// How [`Snapshot::copy_to`] and [`Snapshot::compact_to`] go about it.
///
/// ```
/// let options = deltos::CopyOptions::new().replace(true);
/// # drop(options);
/// ```
#[derive(Default)]
pub struct CopyOptions<'p> {
    replace: bool,
    progress: Option<Box<ProgressFn<'p>>>,
}

impl<'p> CopyOptions<'p> {
    /// Refuses an existing file, and tells of no progress.
    pub fn new() -> Self {
        CopyOptions::default()
    }

    /// Replaces a file of that name; it stays as it was until the copy is complete.
    #[must_use]
    pub fn replace(mut self, on: bool) -> Self {
        self.replace = on;
        self
    }

    /// Tells of progress; the closure may cancel the copy.
    #[must_use]
    pub fn progress(mut self, told: impl FnMut(Progress) -> std::ops::ControlFlow<()> + 'p) -> Self {
        self.progress = Some(Box::new(told));
        self
    }

    fn run(
        mut self,
        path: &Path,
        copy: impl FnOnce(*const std::os::raw::c_char, *const sys::deltos_copy_options) -> Result<()>,
    ) -> Result<()> {
        Reporter::during(self.progress.as_deref_mut(), |progress, progress_user| {
            let raw = sys::deltos_copy_options {
                struct_size: size_of::<sys::deltos_copy_options>() as u32,
                flags: if self.replace { sys::DELTOS_COPY_REPLACE } else { 0 },
                progress,
                progress_user,
            };
            with_c_path(path, |path| copy(path, &raw))
        })
    }
}

impl fmt::Debug for CopyOptions<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let progress = self.progress.is_some();
        out.debug_struct("CopyOptions").field("replace", &self.replace).field("progress", &progress).finish()
    }
}
