//! How a storage is opened.

use std::mem::size_of;
use std::os::unix::io::{AsRawFd, BorrowedFd};
use std::path::Path;
use std::ptr::{null_mut, NonNull};
use std::sync::Arc;

use deltos_sys as sys;

use crate::error::call;
use crate::progress::{drop_box, ProgressFn, Reporter};
use crate::text::{with_c_path, with_c_str};
use crate::{Error, ErrorKind, Result, Storage};

/// What a handle may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mode {
    /// Read, export read-only; any number of processes, also on a read-only file system.
    Read,
    /// The same, and store into committed, unsealed objects; any number of processes.
    InPlace,
    /// Everything; one process at a time.
    Write,
    /// Read without any locks what the caller promises nobody changes: its durable commits.
    Static,
}

impl Mode {
    pub(crate) fn code(self) -> i32 {
        match self {
            Mode::Read => sys::DELTOS_MODE_READ,
            Mode::InPlace => sys::DELTOS_MODE_IN_PLACE,
            Mode::Write => sys::DELTOS_MODE_WRITE,
            Mode::Static => sys::DELTOS_MODE_STATIC,
        }
    }

    pub(crate) fn of(code: i32) -> Mode {
        match code {
            sys::DELTOS_MODE_IN_PLACE => Mode::InPlace,
            sys::DELTOS_MODE_WRITE => Mode::Write,
            sys::DELTOS_MODE_STATIC => Mode::Static,
            _ => Mode::Read,
        }
    }
}

/// What happens to the file. Any but `Never` needs [`Mode::Write`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Create {
    /// It must exist.
    Never,
    /// It is made when it does not exist.
    IfAbsent,
    /// It must not exist.
    New,
    /// A new one is built aside and takes the old one's place with the first successful commit.
    Replace,
}

impl Create {
    pub(crate) fn code(self) -> i32 {
        match self {
            Create::Never => sys::DELTOS_CREATE_NEVER,
            Create::IfAbsent => sys::DELTOS_CREATE_IF_ABSENT,
            Create::New => sys::DELTOS_CREATE_NEW,
            Create::Replace => sys::DELTOS_CREATE_REPLACE,
        }
    }
}

/// How a storage is opened: set what differs from reading an existing file, then say what to open.
///
/// ```
/// # use deltos::{Create, Mode, OpenOptions};
/// # let path = std::env::temp_dir().join(format!("deltos-options-{}.deltos", std::process::id()));
/// // SAFETY: nothing but Deltos touches the file.
/// let storage = unsafe { OpenOptions::new().mode(Mode::Write).create(Create::IfAbsent).open(&path) }?;
/// assert_eq!(storage.info()?.mode, Mode::Write);
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), deltos::Error>(())
/// ```
///
/// # When opening is `unsafe`
///
/// A storage is memory that is mapped from a file, and the library believes what it has checked. Deltos handles, in any
/// process and language, keep out of each other's way; a program that writes to the file or cuts it short by other
/// means does not, and the system has no way to forbid it. What is lent as `&[T]` could then change, and what has been
/// checked could no longer hold. So [`open`](OpenOptions::open) and [`open_fd`](OpenOptions::open_fd) are `unsafe`, for
/// the same reason as any mapping of a file, and the caller promises that nobody does that.
///
/// Where the memory is the process's own there is nothing to promise: [`open_copy`](OpenOptions::open_copy),
/// [`open_anonymous`](OpenOptions::open_anonymous) and [`open_bytes`](OpenOptions::open_bytes) are safe, whatever the
/// bytes are.
pub struct OpenOptions<'p> {
    raw: sys::deltos_open_options,
    progress: Option<Box<ProgressFn<'p>>>,
}

impl std::fmt::Debug for OpenOptions<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let raw = &self.raw;
        out.debug_struct("OpenOptions")
            .field("mode", &Mode::of(raw.mode))
            .field("create", &raw.create)
            .field("flags", &raw.flags)
            .field("progress", &self.progress.is_some())
            .finish_non_exhaustive()
    }
}

impl Default for OpenOptions<'_> {
    fn default() -> Self {
        OpenOptions::new()
    }
}

macro_rules! flags {
    ($($(#[$doc:meta])* $name:ident = $flag:ident;)*) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(mut self, on: bool) -> Self {
            if on { self.raw.flags |= sys::$flag } else { self.raw.flags &= !sys::$flag }
            self
        })*
    };
}

impl<'p> OpenOptions<'p> {
    /// Reads an existing file.
    ///
    /// ```
    /// let options = deltos::OpenOptions::new();
    /// # drop(options);
    /// ```
    pub fn new() -> Self {
        // SAFETY: all zero is a valid value of this struct of numbers and pointers, and means the defaults.
        let mut raw: sys::deltos_open_options = unsafe { std::mem::zeroed() };
        raw.struct_size = size_of::<sys::deltos_open_options>() as u32;
        OpenOptions { raw, progress: None }
    }

    /// What the handle may do; [`Mode::Read`] when not said.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.raw.mode = mode.code();
        self
    }

    /// What happens to the file; [`Create::Never`] when not said.
    #[must_use]
    pub fn create(mut self, create: Create) -> Self {
        self.raw.create = create.code();
        self
    }

    /// Only a part of the file, `size` bytes from `offset` on (0: to the end). Implies [`Mode::Static`].
    #[must_use]
    pub fn part(mut self, offset: u64, size: u64) -> Self {
        self.raw.offset = offset;
        self.raw.size = size;
        self
    }

    /// Address space to grow into, for [`Mode::Write`]; 0: 64 times the file, 64 GiB to 1 TiB.
    #[must_use]
    pub fn reserve_bytes(mut self, bytes: u64) -> Self {
        self.raw.reserve_bytes = bytes;
        self
    }

    /// Refuses to grow beyond, for [`Mode::Write`]; 0: no limit.
    #[must_use]
    pub fn max_file_bytes(mut self, bytes: u64) -> Self {
        self.raw.max_file_bytes = bytes;
        self
    }

    /// How much ASYNC commits may write before they are made durable, for [`Mode::Write`]; 0: 256 MiB.
    #[must_use]
    pub fn auto_sync_bytes(mut self, bytes: u64) -> Self {
        self.raw.auto_sync_bytes = bytes;
        self
    }

    flags! {
        /// Memory that is lost to truncation or to an error of the medium reads as zeros, and the storage says so,
        /// instead of killing the process with SIGBUS.
        sigbus_guard = DELTOS_OPEN_SIGBUS_GUARD;
        /// Checks the whole storage first, content of sealed objects included.
        verify = DELTOS_OPEN_VERIFY;
        /// When the newest state is damaged, goes on from the one before it; for [`Mode::Write`].
        rollback = DELTOS_OPEN_ROLLBACK;
        /// After a failed barrier, writes everything that is live anew and goes on; for [`Mode::Write`].
        redirty = DELTOS_OPEN_REDIRTY;
        /// Does not give freed space back to the file system; for [`Mode::Write`].
        no_trim = DELTOS_OPEN_NO_TRIM;
        /// [`Create::Replace`] also over a file that has a living writer.
        force = DELTOS_OPEN_FORCE;
        /// When the file is created: space is taken when it is first stored to, so that a full disk is met by a
        /// store, as SIGBUS, and not by a call.
        sparse = DELTOS_OPEN_SPARSE;
        /// When the file is created: texts and bytes of more than 512 bytes in values are compressed where that saves a
        /// quarter. Each takes memory once it has been read, as long as its value is open.
        compress = DELTOS_OPEN_COMPRESS;
    }

    /// Tells of the progress of checking and copying, and may cancel it.
    ///
    /// ```
    /// # use deltos::{OpenOptions, Storage, Durability};
    /// use std::ops::ControlFlow;
    ///
    /// # let path = std::env::temp_dir().join(format!("deltos-progress-{}.deltos", std::process::id()));
    /// # let made = Storage::anonymous("made")?;
    /// # made.transact(Durability::Async, |t| t.create("n", &[1u64, 2]).map(drop))?;
    /// # made.snapshot()?.copy_to(&path, Default::default())?;
    /// let mut last = 0;
    /// let storage = OpenOptions::new()
    ///     .verify(true)
    ///     .progress(|progress| {
    ///         last = progress.done;
    ///         ControlFlow::Continue(())
    ///     })
    ///     .open_copy(&path)?;
    /// drop(storage);
    /// assert!(last > 0);
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok::<(), deltos::Error>(())
    /// ```
    #[must_use]
    pub fn progress(mut self, told: impl FnMut(crate::Progress) -> std::ops::ControlFlow<()> + 'p) -> Self {
        self.progress = Some(Box::new(told));
        self
    }

    /// Opens a file.
    ///
    /// # Safety
    /// As long as the storage or anything made from it lives, nobody changes the file or cuts it short except through
    /// Deltos; with [`Mode::Static`], not even through Deltos. A file that a stranger may have made with care is opened
    /// with [`open_copy`](OpenOptions::open_copy), or checked first with [`verify`](OpenOptions::verify).
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), [`Exists`](ErrorKind::Exists), [`Locked`](ErrorKind::Locked) (somebody else
    /// is the writer), [`NotDeltos`](ErrorKind::NotDeltos), [`Corrupt`](ErrorKind::Corrupt),
    /// [`Filesystem`](ErrorKind::Filesystem) and whatever the system says.
    ///
    /// ```
    /// # use deltos::OpenOptions;
    /// // SAFETY: nothing else uses the file (there is none).
    /// let missing = unsafe { OpenOptions::new().open("/nowhere/there.deltos") };
    /// assert_eq!(missing.unwrap_err().kind(), deltos::ErrorKind::NotFound);
    /// ```
    pub unsafe fn open(self, path: impl AsRef<Path>) -> Result<Storage> {
        self.open_path(path.as_ref())
    }

    /// Reads a file into private memory and opens that: any bytes from anywhere. Only for [`Mode::Read`].
    ///
    /// # Errors
    /// As [`open`](OpenOptions::open).
    ///
    /// ```
    /// # use deltos::OpenOptions;
    /// # let path = std::env::temp_dir().join(format!("deltos-hostile-{}", std::process::id()));
    /// std::fs::write(&path, b"not a storage at all")?;
    /// assert_eq!(OpenOptions::new().open_copy(&path).unwrap_err().kind(), deltos::ErrorKind::NotDeltos);
    /// # std::fs::remove_file(path)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn open_copy(mut self, path: impl AsRef<Path>) -> Result<Storage> {
        self.raw.flags |= sys::DELTOS_OPEN_COPY;
        self.open_path(path.as_ref())
    }

    /// Opens a file by descriptor: one received from another process, a deleted file, or a memfd. The descriptor stays
    /// the caller's.
    ///
    /// # Safety
    /// As for [`open`](OpenOptions::open).
    ///
    /// # Errors
    /// As [`open`](OpenOptions::open).
    ///
    /// ```
    /// # use deltos::{Mode, OpenOptions, Storage};
    /// let storage = Storage::anonymous("shared")?;
    /// // SAFETY: nobody writes through the descriptor, except Deltos.
    /// let again = unsafe { OpenOptions::new().open_fd(storage.fd()?) }?;
    /// assert_eq!(again.info()?.uuid, storage.info()?.uuid);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub unsafe fn open_fd(self, fd: BorrowedFd<'_>) -> Result<Storage> {
        self.run(|raw, storage| call!(deltos_storage_open_fd(fd.as_raw_fd(), raw, storage)))
    }

    /// Makes a new, empty storage in anonymous memory, open for writing. The label is shown in messages and in `/proc`.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) for another mode or a policy, and whatever the system says.
    ///
    /// ```
    /// let storage = deltos::OpenOptions::new().max_file_bytes(1 << 24).open_anonymous("scratch")?;
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn open_anonymous(self, label: &str) -> Result<Storage> {
        with_c_str(label, |label| {
            // SAFETY: both pointers are valid during the call.
            self.run(|raw, storage| unsafe { call!(deltos_storage_open_anonymous(label, raw, storage)) })
        })
    }

    /// Opens a storage that lies in bytes of the program's: a `Vec<u8>`, an `Arc<[u8]>`, a `&'static [u8]`. They are
    /// dropped when the storage and its last view are gone. Bytes at an address that is not a multiple of 64 are copied.
    ///
    /// # Errors
    /// As [`open`](OpenOptions::open).
    ///
    /// ```
    /// # use deltos::{OpenOptions, Storage};
    /// # let path = std::env::temp_dir().join(format!("deltos-bytes-{}.deltos", std::process::id()));
    /// # Storage::anonymous("made")?.snapshot()?.copy_to(&path, Default::default())?;
    /// let storage = OpenOptions::new().open_bytes(std::fs::read(&path)?)?;
    /// assert_eq!(storage.info()?.object_count, 0);
    /// # std::fs::remove_file(path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open_bytes<B>(mut self, bytes: B) -> Result<Storage>
    where
        B: AsRef<[u8]> + Send + Sync + 'static,
    {
        let owner = Box::into_raw(Box::new(bytes));
        // SAFETY: the box lives until `drop_box`, and until then nothing but this shared borrow touches it.
        let bytes: &[u8] = unsafe { (*owner).as_ref() };
        if bytes.as_ptr() as usize % 64 != 0 {
            self.raw.flags |= sys::DELTOS_OPEN_COPY;
        }
        let (data, size) = (bytes.as_ptr(), bytes.len() as u64);
        // The library calls the release also when it fails, but not for arguments that it never looks at.
        let mut storage = self.run(|raw, storage| unsafe {
            let release = Some(drop_box::<B> as unsafe extern "C" fn(_));
            call!(deltos_storage_open_memory(data.cast(), size, raw, release, owner.cast(), storage))
        })?;
        storage.frozen = true;
        Ok(storage)
    }

    fn open_path(self, path: &Path) -> Result<Storage> {
        let frozen = self.raw.flags & sys::DELTOS_OPEN_COPY != 0;
        let mut storage = with_c_path(path, |path| {
            // SAFETY: both pointers are valid during the call; what else there is to promise, the caller has promised.
            self.run(|raw, storage| unsafe { call!(deltos_storage_open(path, raw, storage)) })
        })?;
        storage.frozen = frozen;
        Ok(storage)
    }

    fn run(
        mut self,
        open: impl FnOnce(*const sys::deltos_open_options, *mut *mut sys::deltos_storage) -> Result<()>,
    ) -> Result<Storage> {
        check_abi()?;
        let mut progress = self.progress.take();
        let (opened, storage) = Reporter::during(progress.as_deref_mut(), |function, user| {
            self.raw.progress = function;
            self.raw.progress_user = user;
            let mut raw = null_mut();
            let opened = open(&self.raw, &mut raw);
            (opened, NonNull::new(raw).map(|raw| Storage { raw, frozen: false, turns: Arc::default() }))
        });
        opened?;
        storage.ok_or_else(|| Error::new(ErrorKind::Internal, "opening succeeded without a handle; please report it"))
    }
}

/// A library of another binary interface must not be called.
fn check_abi() -> Result<()> {
    // SAFETY: this one call is promised to be the same in every version.
    let found = unsafe { sys::deltos_abi_version() };
    if found == sys::DELTOS_ABI_VERSION {
        return Ok(());
    }
    let message =
        format!("the libdeltos that is loaded has ABI {}, this program needs {}", found, sys::DELTOS_ABI_VERSION);
    Err(Error::new(ErrorKind::Struct, message))
}
