//! How arrays are made and opened: in storages, flat files, anonymous memory, by descriptors.

use std::fmt;
use std::marker::PhantomData;
use std::mem::{size_of, zeroed};
use std::os::raw::c_char;
use std::os::unix::io::{AsRawFd, BorrowedFd};
use std::path::Path;
use std::ptr::{null, null_mut, NonNull};

use deltos_sys as sys;

use crate::error::call;
use crate::storage::made;
use crate::text::{with_c_path, with_c_str};
use crate::{AnyArray, Array, Create, Element, ElementType, Mode, Object, Result, Transaction};

/// How an array is made or opened. One in a storage is opened with [`Storage::array`](crate::Storage::array).
///
/// ```
/// use deltos::ArrayOptions;
/// let array = ArrayOptions::new().capacity(1000).open_anonymous::<f64>()?;
/// assert!(array.capacity() >= 1000);
/// # Ok::<(), deltos::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct ArrayOptions {
    raw: sys::deltos_array_options,
    mode: Mode,
}

impl Default for ArrayOptions {
    fn default() -> Self {
        ArrayOptions::new()
    }
}

impl fmt::Debug for ArrayOptions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ArrayOptions")
            .field("mode", &self.mode)
            .field("create", &self.raw.create)
            .field("capacity", &self.raw.capacity)
            .field("window_bytes", &self.raw.window_bytes)
            .field("max_bytes", &self.raw.max_bytes)
            .finish()
    }
}

impl ArrayOptions {
    /// The defaults: an existing file, to be read; little room that grows.
    pub fn new() -> Self {
        // SAFETY: numbers, of which zero is one and means the default.
        let mut raw: sys::deltos_array_options = unsafe { zeroed() };
        raw.struct_size = size_of::<sys::deltos_array_options>() as u32;
        ArrayOptions { raw, mode: Mode::Read }
    }

    /// What the handle may do with a file or a descriptor; [`Mode::Read`] when not said. Appending takes [`Mode::Write`].
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// What happens to the file, for [`Mode::Write`]; [`Create::Never`] when not said.
    #[must_use]
    pub fn create(mut self, create: Create) -> Self {
        self.raw.create = create.code();
        self
    }

    /// Memory of a file that is lost to truncation reads as zeros, instead of killing the process with SIGBUS.
    #[must_use]
    pub fn sigbus_guard(mut self, on: bool) -> Self {
        self.raw.flags = if on { sys::DELTOS_OPEN_SIGBUS_GUARD } else { 0 };
        self
    }

    /// Elements to make room for at once.
    #[must_use]
    pub fn capacity(mut self, elements: u64) -> Self {
        self.raw.capacity = elements;
        self
    }

    /// Address space to reserve for growing; 0: 16 times what is there, at least 64 GiB.
    #[must_use]
    pub fn window_bytes(mut self, bytes: u64) -> Self {
        self.raw.window_bytes = bytes;
        self
    }

    /// Refuses to grow beyond; 0: no limit.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.raw.max_bytes = bytes;
        self
    }

    /// A new array in a storage, which can be appended to at once. Room and limits hold for this handle; the storage says
    /// the rest.
    ///
    /// # Errors
    /// [`Exists`](crate::ErrorKind::Exists), [`Invalid`](crate::ErrorKind::Invalid) for a malformed name and for
    /// [`create`](ArrayOptions::create) and [`sigbus_guard`](ArrayOptions::sigbus_guard), which are not for this home,
    /// [`Limit`](crate::ErrorKind::Limit), [`NoSpace`](crate::ErrorKind::NoSpace). The transaction is as it was before.
    ///
    /// ```
    /// # let storage = deltos::Storage::anonymous("example")?;
    /// let mut transaction = storage.begin()?;
    /// let log = deltos::ArrayOptions::new().capacity(100_000).create_in::<u32>(&mut transaction, "log")?;
    /// assert!(log.capacity() >= 100_000);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn create_in<'s, T: Element>(&self, transaction: &mut Transaction<'s>, name: &str) -> Result<Array<'s, T>> {
        let array = match T::DTYPE.is_whole() {
            true => self.create_in_any(transaction, name, T::DTYPE)?,
            false => self.create_in_any(transaction, name, &*T::format())?,
        };
        Ok(Array { any: array, elements: PhantomData })
    }

    /// The same for a type that is known only when the program runs.
    ///
    /// # Errors
    /// As [`create_in`](ArrayOptions::create_in), and [`Format`](crate::ErrorKind::Format).
    pub fn create_in_any<'s, 'f>(
        &self,
        transaction: &mut Transaction<'s>,
        name: &str,
        elements: impl Into<ElementType<'f>>,
    ) -> Result<AnyArray<'s>> {
        let elements = elements.into();
        let (owner, dtype, options) = (transaction.as_raw(), elements.dtype.code(), &self.raw);
        let raw = with_c_str(name, |name| {
            run(elements, |format, array| {
                // SAFETY: nobody else changes the transaction, since it is borrowed mutably; the rest lives during the
                // call.
                unsafe { call!(deltos_array_create(owner, name, format, dtype, options, array)) }
            })
        })?;
        AnyArray::stored(Object::adopt(raw, false, Some(transaction.made_in())), &transaction.turns)
    }

    /// A new array in anonymous shared memory, open for [`Mode::Write`].
    ///
    /// # Errors
    /// [`Limit`](crate::ErrorKind::Limit), [`NoSpace`](crate::ErrorKind::NoSpace), and whatever the system says.
    pub fn open_anonymous<T: Element>(&self) -> Result<Array<'static, T>> {
        let array = match T::DTYPE.is_whole() {
            true => self.open_anonymous_any(T::DTYPE)?,
            false => self.open_anonymous_any(&*T::format())?,
        };
        Ok(Array { any: array, elements: PhantomData })
    }

    /// The same for a type that is known only when the program runs.
    ///
    /// # Errors
    /// As [`open_anonymous`](ArrayOptions::open_anonymous), and [`Format`](crate::ErrorKind::Format).
    pub fn open_anonymous_any<'f>(&self, elements: impl Into<ElementType<'f>>) -> Result<AnyArray<'static>> {
        let elements = elements.into();
        let (dtype, options) = (elements.dtype.code(), &self.raw);
        let raw = run(elements, |format, array| {
            // SAFETY: all of it lives during the call.
            unsafe { call!(deltos_array_open_anonymous(format, dtype, options, array)) }
        })?;
        AnyArray::alone(Object::adopt(raw, false, None))
    }

    /// A flat file as an array: nothing but elements, which any program can read.
    ///
    /// # Safety
    /// As long as the array or a view of it lives, nobody cuts the file short except through Deltos.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound), [`Exists`](crate::ErrorKind::Exists), [`Locked`](crate::ErrorKind::Locked) (somebody else
    /// appends), [`Layout`](crate::ErrorKind::Layout) when its content is no whole number of elements, and whatever the system
    /// says.
    ///
    /// ```
    /// use deltos::{ArrayOptions, Create, Mode};
    ///
    /// # let path = std::env::temp_dir().join(format!("deltos-array-{}", std::process::id()));
    /// let options = ArrayOptions::new().mode(Mode::Write).create(Create::New);
    /// // SAFETY: nothing else cuts the file.
    /// let mut array = unsafe { options.open_file::<u16>(&path) }?;
    /// array.extend_from_slice(&[1, 2, 3])?;
    /// array.close()?;
    /// assert_eq!(std::fs::read(&path)?, [1, 0, 2, 0, 3, 0]);
    /// # std::fs::remove_file(path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub unsafe fn open_file<T: Element>(&self, path: impl AsRef<Path>) -> Result<Array<'static, T>> {
        let array = match T::DTYPE.is_whole() {
            true => self.open_file_any(path, T::DTYPE)?,
            false => self.open_file_any(path, &*T::format())?,
        };
        Ok(Array { any: array, elements: PhantomData })
    }

    /// The same for a type that is known only when the program runs.
    ///
    /// # Safety
    /// As [`open_file`](ArrayOptions::open_file).
    ///
    /// # Errors
    /// As [`open_file`](ArrayOptions::open_file), and [`Format`](crate::ErrorKind::Format).
    pub unsafe fn open_file_any<'f>(
        &self,
        path: impl AsRef<Path>,
        elements: impl Into<ElementType<'f>>,
    ) -> Result<AnyArray<'static>> {
        let elements = elements.into();
        let (dtype, mode, options) = (elements.dtype.code(), self.mode.code(), &self.raw);
        let raw = with_c_path(path.as_ref(), |path| {
            run(elements, |format, array| call!(deltos_array_open_file(path, format, dtype, mode, options, array)))
        })?;
        AnyArray::alone(Object::adopt(raw, false, None))
    }

    /// An anonymous array by a descriptor that another process has passed on; [`AnyArray::typed`] takes its type.
    ///
    /// # Safety
    /// Nobody writes to what is behind the descriptor except through Deltos.
    ///
    /// # Errors
    /// [`NotDeltos`](crate::ErrorKind::NotDeltos), [`Locked`](crate::ErrorKind::Locked) when somebody else appends,
    /// [`Corrupt`](crate::ErrorKind::Corrupt), and whatever the system says.
    ///
    /// ```
    /// use deltos::{Array, ArrayOptions};
    ///
    /// let mut array = Array::<u8>::anonymous()?;
    /// // SAFETY: nobody writes to it but Deltos.
    /// let mut reader = unsafe { ArrayOptions::new().open_fd(array.fd()?) }?.typed::<u8>()?;
    /// array.push(7)?;
    /// reader.refresh()?;
    /// assert_eq!(reader.view()?.to_vec()?, [7]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub unsafe fn open_fd(&self, fd: BorrowedFd<'_>) -> Result<AnyArray<'static>> {
        let mut raw = null_mut();
        call!(deltos_array_open_fd(fd.as_raw_fd(), self.mode.code(), &self.raw, &mut raw))?;
        AnyArray::alone(Object::adopt(made(raw)?, false, None))
    }
}

fn run(
    elements: ElementType<'_>,
    open: impl FnOnce(*const c_char, *mut *mut sys::deltos_object) -> Result<()>,
) -> Result<NonNull<sys::deltos_object>> {
    let mut raw = null_mut();
    match elements.format {
        Some(format) => with_c_str(format, |format| open(format, &mut raw))?,
        None => open(null(), &mut raw)?,
    }
    made(raw)
}
