//! What can go wrong: every status of the library, with its detail. The one place where they are translated.

use std::borrow::Cow;
use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::{fmt, io};

use deltos_sys as sys;

/// What a call answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure, with all that the library says about it.
///
/// The message is one line that names the thing and the limit and says what to do. Show it; decide by
/// [`kind`](Error::kind).
///
/// ```
/// use deltos::{ErrorKind, Storage};
///
/// let storage = Storage::anonymous("example")?;
/// let error = storage.object("grid").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::NotFound);
/// assert!(error.to_string().contains("grid"));
/// # Ok::<(), deltos::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    code: i32,
    os_errno: i32,
    object_id: u64,
    message: Cow<'static, str>,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $code:ident;)*) => {
        /// What went wrong. The numbers are those of `status.h`; more may be added.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[$doc])* $name,)*
        }

        impl ErrorKind {
            /// Every kind there is in this version.
            ///
            /// ```
            /// assert!(deltos::ErrorKind::ALL.contains(&deltos::ErrorKind::Pinned));
            /// ```
            pub const ALL: &'static [ErrorKind] = &[$(ErrorKind::$name,)*];

            /// The number that the C interface uses.
            ///
            /// ```
            /// assert_eq!(deltos::ErrorKind::Invalid.code(), -1);
            /// ```
            pub const fn code(self) -> i32 {
                match self { $(ErrorKind::$name => sys::$code,)* }
            }

            pub(crate) fn of(code: i32) -> ErrorKind {
                match code {
                    $(sys::$code => ErrorKind::$name,)*
                    _ => ErrorKind::Internal, // of a newer library; a failure in any case
                }
            }
        }
    };
}

kinds! {
    /// An argument no call could accept: a bad name, a bad number, a combination without meaning.
    Invalid = DELTOS_E_INVALID;
    /// The object is of another kind than was asked for.
    Kind = DELTOS_E_KIND;
    /// Element types or shapes do not fit together.
    Type = DELTOS_E_TYPE;
    /// An index, offset or size outside what there is.
    Range = DELTOS_E_RANGE;
    /// The caller's memory is too small.
    TooSmall = DELTOS_E_TOO_SMALL;
    /// No object of that name or id, or no such file.
    NotFound = DELTOS_E_NOT_FOUND;
    /// The name or the file is taken.
    Exists = DELTOS_E_EXISTS;
    /// The mode of the storage, or the view, does not allow it.
    ReadOnly = DELTOS_E_READONLY;
    /// The object is sealed; unseal it or replace it.
    Sealed = DELTOS_E_SEALED;
    /// Views are still exported; the message names the objects and counts.
    Pinned = DELTOS_E_PINNED;
    /// A transaction or another operation is under way; nothing has been waited for.
    Busy = DELTOS_E_BUSY;
    /// The storage this handle came from has been closed.
    Closed = DELTOS_E_CLOSED;
    /// The object was deleted, replaced, or belonged to an aborted transaction.
    Stale = DELTOS_E_STALE;
    /// A writing handle from before `fork()`, used in the child.
    Forked = DELTOS_E_FORKED;
    /// The memory layout does not allow what was requested without a copy.
    Layout = DELTOS_E_LAYOUT;
    /// A format string that is malformed or contradicts what is said beside it.
    Format = DELTOS_E_FORMAT;
    /// The progress closure asked to stop.
    Cancelled = DELTOS_E_CANCELLED;
    /// The library does not know a field of a struct: it is older than this crate.
    Struct = DELTOS_E_STRUCT;
    /// Not possible for this storage (memory, a part of a file, anonymous).
    Unsupported = DELTOS_E_UNSUPPORTED;
    /// A key given twice.
    Duplicate = DELTOS_E_DUPLICATE;
    /// A check of what is stored failed; the message says what and where.
    Corrupt = DELTOS_E_CORRUPT;
    /// Not a storage at all.
    NotDeltos = DELTOS_E_NOT_DELTOS;
    /// Written by a newer version, with a feature that this one does not know.
    Feature = DELTOS_E_FEATURE;
    /// A limit of the format or of the options; the message names it.
    Limit = DELTOS_E_LIMIT;
    /// The path now leads to another file.
    Replaced = DELTOS_E_REPLACED;
    /// A system call failed; [`Error::os_errno`] tells which error. Nothing was published.
    Io = DELTOS_E_IO;
    /// The last barrier of a commit failed: it may or may not survive.
    InDoubt = DELTOS_E_IN_DOUBT;
    /// Disk or quota; the transaction may be shortened and tried again.
    NoSpace = DELTOS_E_NO_SPACE;
    /// An allocation failed.
    NoMemory = DELTOS_E_NO_MEMORY;
    /// The reserved address space is used up; open again with more.
    AddressSpace = DELTOS_E_ADDRESS_SPACE;
    /// A file system without coherent mappings or working locks.
    Filesystem = DELTOS_E_FILESYSTEM;
    /// Another process is the writer.
    Locked = DELTOS_E_LOCKED;
    /// A bug in the library; please report the message.
    Internal = DELTOS_E_INTERNAL;
}

impl Error {
    /// What went wrong.
    ///
    /// ```
    /// # let storage = deltos::Storage::anonymous("example")?;
    /// assert_eq!(storage.object("a//b").unwrap_err().kind(), deltos::ErrorKind::Invalid);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::of(self.code)
    }

    /// The number that the library gave, as in `status.h`; also one that this crate does not know.
    ///
    /// ```
    /// # let storage = deltos::Storage::anonymous("example")?;
    /// assert_eq!(storage.object("absent").unwrap_err().code(), -6);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn code(&self) -> i32 {
        self.code
    }

    /// The name of the code in C.
    ///
    /// ```
    /// # let storage = deltos::Storage::anonymous("example")?;
    /// assert_eq!(storage.object("absent").unwrap_err().name(), "DELTOS_E_NOT_FOUND");
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn name(&self) -> &'static str {
        // SAFETY: any number will do; the answer is a static string.
        let name = unsafe { CStr::from_ptr(sys::deltos_status_name(self.code)) };
        name.to_str().unwrap_or("DELTOS_E_UNKNOWN")
    }

    /// The `errno` of the system call that failed, when one did.
    ///
    /// ```
    /// # let storage = deltos::Storage::anonymous("example")?;
    /// assert_eq!(storage.object("absent").unwrap_err().os_errno(), None);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn os_errno(&self) -> Option<i32> {
        Some(self.os_errno).filter(|&number| number != 0)
    }

    /// The id of the object concerned, when there is one.
    ///
    /// ```
    /// # let storage = deltos::Storage::anonymous("example")?;
    /// assert_eq!(storage.object("absent").unwrap_err().object_id(), None);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn object_id(&self) -> Option<u64> {
        Some(self.object_id).filter(|&id| id != 0)
    }

    /// One line that says what happened and what to do.
    ///
    /// ```
    /// # let storage = deltos::Storage::anonymous("example")?;
    /// assert!(storage.object("absent").unwrap_err().message().contains("absent"));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What a raw call of [`sys`] said. Messages of the library end with NUL.
    ///
    /// ```
    /// use deltos::{sys, Error, ErrorKind};
    ///
    /// // SAFETY: numbers, of which zero is one.
    /// let mut detail: sys::deltos_error = unsafe { std::mem::zeroed() };
    /// // SAFETY: the library refuses NULL.
    /// unsafe { sys::deltos_storage_sync(std::ptr::null_mut(), &mut detail) };
    /// assert_eq!(Error::from_raw(&detail).kind(), ErrorKind::Invalid);
    /// ```
    pub fn from_raw(raw: &sys::deltos_error) -> Error {
        Error {
            code: raw.status,
            os_errno: raw.os_errno,
            object_id: raw.object_id,
            message: crate::text::inline(&raw.message).into(),
        }
    }

    /// A failure that this crate finds before the library is called.
    pub(crate) fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Error {
        Error { code: kind.code(), os_errno: 0, object_id: 0, message: message.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<Error> for io::Error {
    /// The kind is that of the `errno` where there is one, else the nearest one; the whole error is kept inside.
    fn from(error: Error) -> io::Error {
        let kind = match (error.os_errno(), error.kind()) {
            (Some(number), _) => io::Error::from_raw_os_error(number).kind(),
            (None, kind) => nearest(kind),
        };
        io::Error::new(kind, error)
    }
}

fn nearest(kind: ErrorKind) -> io::ErrorKind {
    use ErrorKind::*;
    match kind {
        NotFound => io::ErrorKind::NotFound,
        Exists => io::ErrorKind::AlreadyExists,
        ReadOnly | Sealed => io::ErrorKind::PermissionDenied,
        Busy | Locked | Pinned => io::ErrorKind::WouldBlock,
        Cancelled => io::ErrorKind::Interrupted,
        Corrupt | NotDeltos => io::ErrorKind::InvalidData,
        Unsupported | Feature | Filesystem => io::ErrorKind::Unsupported,
        NoMemory | AddressSpace => io::ErrorKind::OutOfMemory,
        Invalid | Kind | Type | Range | TooSmall | Layout | Format | Struct | Duplicate | Limit => {
            io::ErrorKind::InvalidInput
        }
        _ => io::ErrorKind::Other,
    }
}

/// Memory for the detail of one call. Only its head is written beforehand.
pub(crate) struct Detail(MaybeUninit<sys::deltos_error>);

impl Detail {
    pub(crate) fn new() -> Detail {
        let mut memory = MaybeUninit::<sys::deltos_error>::uninit();
        let at = memory.as_mut_ptr();
        // SAFETY: plain fields of memory that is ours; a message of no bytes ends at once.
        unsafe {
            std::ptr::addr_of_mut!((*at).os_errno).write(0);
            std::ptr::addr_of_mut!((*at).object_id).write(0);
            std::ptr::addr_of_mut!((*at).message).cast::<u8>().write(0);
        }
        Detail(memory)
    }

    pub(crate) fn as_mut_ptr(&mut self) -> *mut sys::deltos_error {
        self.0.as_mut_ptr()
    }

    /// Turns a status into a result.
    #[inline]
    pub(crate) fn check(&self, status: i32) -> Result<()> {
        if status == sys::DELTOS_OK {
            return Ok(());
        }
        Err(self.error(status))
    }

    #[cold]
    fn error(&self, status: i32) -> Error {
        let at = self.0.as_ptr();
        // SAFETY: `new` wrote these fields, and the library ends every message with NUL.
        unsafe {
            let message = CStr::from_ptr(std::ptr::addr_of!((*at).message).cast());
            Error {
                code: status,
                os_errno: (*at).os_errno,
                object_id: (*at).object_id,
                message: message.to_string_lossy().into_owned().into(),
            }
        }
    }
}

/// Calls a function of the library whose last parameter is for details, and turns its status into a result.
macro_rules! call {
    ($function:ident($($argument:expr),* $(,)?)) => {{
        let mut detail = $crate::error::Detail::new();
        let status = deltos_sys::$function($($argument,)* detail.as_mut_ptr());
        detail.check(status)
    }};
}
pub(crate) use call;

/// Ends the handle `raw` of a type with the function of the library that is there for it, when a value is dropped.
macro_rules! released {
    ($function:ident, $type:ty) => {
        impl Drop for $type {
            fn drop(&mut self) {
                let mut raw = self.raw.as_ptr();
                // SAFETY: the handle is ours.
                unsafe { deltos_sys::$function(&mut raw) };
            }
        }
    };
}
pub(crate) use released;
