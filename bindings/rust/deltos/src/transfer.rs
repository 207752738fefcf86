//! Files, pipes and sockets into views and out of them, and views as `Read` and `Write`.

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::io::{AsFd, AsRawFd};

use crate::error::call;
use crate::{AnyView, Error, Result};

/// A transfer that failed on the way: why, and how many bytes had been moved by then. With `?` it becomes an [`Error`] or
/// an [`io::Error`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferError {
    bytes: u64,
    error: Error,
}

impl TransferError {
    /// Bytes that were moved before it failed.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Why.
    pub fn error(&self) -> &Error {
        &self.error
    }
}

impl fmt::Display for TransferError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(out)
    }
}

impl std::error::Error for TransferError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

impl From<TransferError> for Error {
    fn from(failed: TransferError) -> Error {
        failed.error
    }
}

impl From<TransferError> for io::Error {
    fn from(failed: TransferError) -> io::Error {
        failed.error.into()
    }
}

impl AnyView<'_> {
    /// Reads from a file, pipe or socket straight into the elements, in C order, until the view is full or the end is
    /// reached, and tells how many bytes there were. With an offset: from there in the file, whose position stays.
    ///
    /// # Errors
    /// [`ReadOnly`](crate::ErrorKind::ReadOnly), [`Io`](crate::ErrorKind::Io), and with it how many bytes were read.
    ///
    /// ```
    /// # use deltos::{Durability, Storage};
    /// # let path = std::env::temp_dir().join(format!("deltos-read-{}", std::process::id()));
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| t.create_zeroed::<u8>("n", &[8]).map(drop))?;
    /// std::fs::write(&path, b"abcdef")?;
    /// let view = storage.object("n")?.view_writable::<u8>()?;
    /// let file = std::fs::File::open(&path)?;
    /// assert_eq!(view.window(2, 3)?.read_fd(&file, Some(1))?, 3); // into the middle
    /// assert_eq!(view.to_vec()?, b"\0\0bcd\0\0\0");
    /// # std::fs::remove_file(path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read_fd(&self, file: impl AsFd, offset: Option<u64>) -> Result<u64, TransferError> {
        let (fd, offset) = (file.as_fd().as_raw_fd(), file_offset(offset));
        let mut bytes = 0;
        // SAFETY: the view lives, and the descriptor during the call.
        let read = unsafe { call!(deltos_view_read_fd(self.as_raw(), fd, offset, &mut bytes)) };
        read.map(|()| bytes).map_err(|error| TransferError { bytes, error })
    }

    /// Writes all elements, in C order, to a file, pipe or socket, and tells how many bytes they are. With an offset: from
    /// there in the file, whose position stays.
    ///
    /// # Errors
    /// [`NoSpace`](crate::ErrorKind::NoSpace), [`Io`](crate::ErrorKind::Io), and with it how many bytes were written.
    ///
    /// ```
    /// # let path = std::env::temp_dir().join(format!("deltos-write-{}", std::process::id()));
    /// let view = deltos::AnyView::from_owner(vec![*b"ab", *b"cd"], &[2])?;
    /// assert_eq!(view.write_fd(std::fs::File::create(&path)?, None)?, 4);
    /// assert_eq!(std::fs::read(&path)?, b"abcd");
    /// # std::fs::remove_file(path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_fd(&self, file: impl AsFd, offset: Option<u64>) -> Result<u64, TransferError> {
        let (fd, offset) = (file.as_fd().as_raw_fd(), file_offset(offset));
        let mut bytes = 0;
        // SAFETY: the view lives, and the descriptor during the call.
        let written = unsafe { call!(deltos_view_write_fd(self.as_raw(), fd, offset, &mut bytes)) };
        written.map(|()| bytes).map_err(|error| TransferError { bytes, error })
    }

    /// Fills contiguous memory from anything that reads, until the view is full or the end is reached, and tells how many
    /// bytes there were. What the view has no place for stays in the source. From files, pipes and sockets
    /// [`read_fd`](AnyView::read_fd) needs no copy on the way.
    ///
    /// # Errors
    /// Those of the source; [`ReadOnly`](crate::ErrorKind::ReadOnly), and [`Layout`](crate::ErrorKind::Layout) when it is
    /// not contiguous.
    ///
    /// ```
    /// # use deltos::{Durability, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| t.create_zeroed::<u16>("n", &[4]).map(drop))?;
    /// let view = storage.object("n")?.view_writable::<u16>()?;
    /// let mut source = &[1u8, 0, 2, 0, 3, 0, 4, 0][..];
    /// assert_eq!(view.window(1, 2)?.read_from(&mut source)?, 4); // into the middle
    /// assert_eq!((view.to_vec()?, source), (vec![0, 1, 2, 0], &[3, 0, 4, 0][..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read_from(&self, source: &mut impl Read) -> io::Result<u64> {
        io::copy(&mut source.take(self.nbytes() as u64), &mut self.writer()?)
    }

    /// The bytes of contiguous memory as a source for whatever reads, with a position of its own.
    ///
    /// # Errors
    /// [`Layout`](crate::ErrorKind::Layout) when it is not contiguous.
    ///
    /// ```
    /// use std::io::Read;
    /// let view = deltos::AnyView::from_owner(b"one two".to_vec(), &[7])?;
    /// let mut text = String::new();
    /// view.reader()?.take(3).read_to_string(&mut text)?;
    /// assert_eq!(text, "one");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reader(&self) -> Result<ViewReader<'_>> {
        self.check_contiguous()?;
        Ok(ViewReader { cursor: Cursor::new(self) })
    }

    /// The bytes of contiguous memory as a target for whatever writes, with a position of its own. Beyond the end nothing
    /// is written.
    ///
    /// # Errors
    /// [`ReadOnly`](crate::ErrorKind::ReadOnly), [`Layout`](crate::ErrorKind::Layout) when it is not contiguous.
    ///
    /// ```
    /// # use deltos::{Durability, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| t.create_zeroed::<u8>("n", &[8]).map(drop))?;
    /// let view = storage.object("n")?.view_writable::<u8>()?;
    /// std::io::copy(&mut &b"from anywhere"[..8], &mut view.writer()?)?;
    /// assert_eq!(view.to_vec()?, b"from any");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn writer(&self) -> Result<ViewWriter<'_>> {
        self.check_writable()?;
        self.check_contiguous()?;
        Ok(ViewWriter { cursor: Cursor::new(self) })
    }
}

/// An offset in a file as the library takes it: -1 is the file's own position; what no file can have is refused.
fn file_offset(offset: Option<u64>) -> i64 {
    offset.map_or(-1, |offset| i64::try_from(offset).unwrap_or(i64::MIN))
}

#[derive(Clone, Debug)]
struct Cursor<'v> {
    view: &'v AnyView<'v>,
    at: u64,
}

impl<'v> Cursor<'v> {
    fn new(view: &'v AnyView<'_>) -> Self {
        Cursor { view, at: 0 }
    }

    /// Where the next bytes are, and how many of those wanted there are.
    fn next(&mut self, wanted: usize) -> (usize, usize) {
        let end = self.view.nbytes();
        let at = usize::try_from(self.at).map_or(end, |at| at.min(end));
        let count = wanted.min(end - at);
        self.at = self.at.max(at as u64) + count as u64;
        (at, count)
    }

    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (from, by) = match to {
            SeekFrom::Start(at) => (at, 0),
            SeekFrom::End(by) => (self.view.nbytes() as u64, by),
            SeekFrom::Current(by) => (self.at, by),
        };
        let at = i128::from(from) + i128::from(by);
        self.at = u64::try_from(at)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, format!("byte {} is before the start", at)))?;
        Ok(self.at)
    }
}

/// The bytes of a view as [`Read`] and [`Seek`]: see [`AnyView::reader`].
#[derive(Clone, Debug)]
pub struct ViewReader<'v> {
    cursor: Cursor<'v>,
}

impl Read for ViewReader<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let (at, count) = self.cursor.next(bytes.len());
        self.cursor.view.load_bytes(at, &mut bytes[..count])?;
        Ok(count)
    }
}

impl Seek for ViewReader<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.cursor.seek(to)
    }
}

/// The bytes of a view as [`Write`] and [`Seek`]: see [`AnyView::writer`].
#[derive(Debug)]
pub struct ViewWriter<'v> {
    cursor: Cursor<'v>,
}

impl Write for ViewWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (at, count) = self.cursor.next(bytes.len());
        self.cursor.view.store_bytes(at, &bytes[..count])?;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for ViewWriter<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.cursor.seek(to)
    }
}
