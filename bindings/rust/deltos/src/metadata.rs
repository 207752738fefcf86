//! Metadata: small typed values on objects and on the storage itself.

use std::borrow::Cow;
use std::ffi::CString;
use std::fmt;
use std::marker::PhantomData;
use std::mem::{size_of, zeroed, MaybeUninit};

use deltos_sys as sys;

use crate::element::{bytes_of, check_type};
use crate::error::call;
use crate::text::{borrowed, with_c_str};
use crate::view::slice_of;
use crate::{describe_format, Element, Error, ErrorKind, Result};

const TEXT: &str = "u8";
const BYTES: &str = "B";

/// A value as it is stored; lent by the snapshot or transaction that was asked.
///
/// ```
/// # use deltos::{Durability, MetadataValue, Storage};
/// # let storage = Storage::anonymous("example")?;
/// storage.transact(Durability::Sync, |transaction| {
///     transaction.set_metadata("", "offsets", MetadataValue::array(&[1.5, 2.5]))
/// })?;
/// let snapshot = storage.snapshot()?;
/// let value = snapshot.metadata("", "offsets")?.expect("it was set");
/// assert_eq!(value.to_vec::<f64>()?, [1.5, 2.5]);
/// # Ok::<(), deltos::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Metadata<'a> {
    raw: sys::deltos_metadatum,
    lent: PhantomData<&'a ()>,
}

// SAFETY: memory that nobody changes while it is lent.
unsafe impl Send for Metadata<'_> {}
// SAFETY: as above.
unsafe impl Sync for Metadata<'_> {}

impl<'a> Metadata<'a> {
    /// # Safety
    /// The snapshot lives, and changes no more, as long as `'a`.
    pub(crate) unsafe fn get(snapshot: *const sys::deltos_snapshot, name: &str, key: &str) -> Result<Option<Self>> {
        let mut raw: sys::deltos_metadatum = zeroed();
        with_c_str(name, |name| with_c_str(key, |key| call!(deltos_metadata_get(snapshot, name, key, &mut raw))))?;
        Ok(if raw.data.is_null() { None } else { Some(Metadata { raw, lent: PhantomData }) })
    }

    /// # Safety
    /// As for `get`.
    pub(crate) unsafe fn list(snapshot: *const sys::deltos_snapshot, name: &str) -> Result<Vec<Self>> {
        let mut found: Vec<sys::deltos_metadatum> = Vec::with_capacity(16);
        with_c_str(name, |name| loop {
            let (room, mut count) = (found.capacity() as u64, 0);
            call!(deltos_metadata_list(snapshot, name, found.as_mut_ptr(), room, &mut count))?;
            if count <= room {
                found.set_len(count as usize);
                return Ok(());
            }
            found = Vec::with_capacity(count as usize);
        })?;
        Ok(found.into_iter().map(|raw| Metadata { raw, lent: PhantomData }).collect())
    }

    /// The key that it is under.
    pub fn key(&self) -> &'a str {
        // SAFETY: lent as long as `'a`.
        unsafe { borrowed(self.raw.key) }
    }

    /// `"u8"` for text, `"B"` for raw bytes, or the format string of an element.
    pub fn format(&self) -> &'a str {
        // SAFETY: lent as long as `'a`.
        unsafe { borrowed(self.raw.format) }
    }

    /// Elements in each dimension; none for text, raw bytes and scalars.
    pub fn shape(&self) -> &'a [usize] {
        // SAFETY: lent as long as `'a`; lengths are never negative.
        unsafe { slice_of(self.raw.shape.cast(), self.raw.ndim as usize) }
    }

    /// The bytes.
    pub fn data(&self) -> &'a [u8] {
        // SAFETY: lent as long as `'a`.
        unsafe { slice_of(self.raw.data.cast(), self.raw.size as usize) }
    }

    /// The text, when it is one.
    pub fn text(&self) -> Option<&'a str> {
        if self.format() != TEXT {
            return None;
        }
        std::str::from_utf8(self.data()).ok()
    }

    /// The elements, copied.
    ///
    /// # Errors
    /// [`Type`](ErrorKind::Type) when they are of another type.
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        let format = self.format();
        if format == TEXT {
            return Err(Error::new(ErrorKind::Type, format!("{:?} is text; ask for it with text()", self.key())));
        }
        let info = describe_format(format)?;
        check_type::<T>(info.dtype, info.itemsize as u64, &info.canonical)?;
        let count = if size_of::<T>() == 0 { 0 } else { self.data().len() / size_of::<T>() };
        let mut elements = Vec::with_capacity(count);
        for at in 0..count {
            // SAFETY: within the bytes; every pattern of bits is a value.
            elements.push(unsafe { self.data().as_ptr().cast::<T>().add(at).read_unaligned() });
        }
        Ok(elements)
    }

    /// The one element that there is.
    ///
    /// # Errors
    /// [`Type`](ErrorKind::Type) when it is of another type, or not one.
    pub fn scalar<T: Element>(&self) -> Result<T> {
        match self.to_vec::<T>()?.as_slice() {
            [one] => Ok(*one),
            many => Err(Error::new(ErrorKind::Type, format!("{:?} holds {} elements", self.key(), many.len()))),
        }
    }
}

impl fmt::Debug for Metadata<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = out.debug_struct("Metadata");
        shown.field("key", &self.key()).field("format", &self.format()).field("shape", &self.shape());
        match self.text() {
            Some(text) => shown.field("text", &text).finish(),
            None => shown.field("data", &self.data()).finish(),
        }
    }
}

/// A value to be set: text, raw bytes, or elements.
///
/// ```
/// use deltos::MetadataValue;
///
/// # let storage = deltos::Storage::anonymous("example")?;
/// let mut transaction = storage.begin()?;
/// transaction.set_metadata("", "title", "text")?;
/// transaction.set_metadata("", "blob", &b"bytes"[..])?;
/// transaction.set_metadata("", "count", MetadataValue::scalar(3u32))?;
/// transaction.set_metadata("", "range", MetadataValue::array(&[0.0, 1.0]))?;
/// assert_eq!(transaction.metadata_list("")?.len(), 4);
/// # Ok::<(), deltos::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MetadataValue<'v> {
    format: Cow<'v, str>,
    shape: Vec<i64>,
    data: Cow<'v, [u8]>,
}

impl<'v> MetadataValue<'v> {
    /// UTF-8 text.
    pub fn text(text: &'v str) -> Self {
        MetadataValue { format: TEXT.into(), shape: Vec::new(), data: text.as_bytes().into() }
    }

    /// Raw bytes.
    pub fn bytes(bytes: &'v [u8]) -> Self {
        MetadataValue { format: BYTES.into(), shape: Vec::new(), data: bytes.into() }
    }

    /// One element.
    pub fn scalar<T: Element>(value: T) -> Self {
        MetadataValue { format: T::format(), shape: Vec::new(), data: bytes_of(&[value]).to_vec().into() }
    }

    /// A list of elements.
    pub fn array<T: Element>(elements: &'v [T]) -> Self {
        let shape = vec![elements.len() as i64];
        MetadataValue { format: T::format(), shape, data: bytes_of(elements).into() }
    }

    /// Elements of any type: a format string, a shape and their bytes.
    ///
    /// # Errors
    /// [`Range`](ErrorKind::Range) for a shape that cannot be; the rest is checked when the value is set.
    pub fn raw(format: &'v str, shape: &[usize], data: &'v [u8]) -> Result<Self> {
        Ok(MetadataValue { format: format.into(), shape: crate::content::lengths(shape)?, data: data.into() })
    }

    pub(crate) fn lend<R>(&self, key: &str, run: impl FnOnce(*const sys::deltos_metadatum) -> Result<R>) -> Result<R> {
        let format = CString::new(self.format.as_bytes())
            .map_err(|_| Error::new(ErrorKind::Format, "the format contains a NUL byte"))?;
        let mut item = MaybeUninit::<sys::deltos_metadatum>::zeroed();
        with_c_str(key, |key| {
            // SAFETY: numbers and pointers, of which zero is one.
            let raw = unsafe { item.assume_init_mut() };
            raw.key = key;
            raw.format = format.as_ptr();
            raw.data = self.data.as_ptr().cast();
            raw.size = self.data.len() as u64;
            raw.ndim = crate::content::dimensions(self.shape.len())?;
            raw.shape = self.shape.as_ptr();
            run(raw)
        })
    }
}

impl<'v> From<&'v str> for MetadataValue<'v> {
    fn from(text: &'v str) -> Self {
        MetadataValue::text(text)
    }
}

impl<'v> From<&'v String> for MetadataValue<'v> {
    fn from(text: &'v String) -> Self {
        MetadataValue::text(text)
    }
}

impl<'v> From<&'v [u8]> for MetadataValue<'v> {
    fn from(bytes: &'v [u8]) -> Self {
        MetadataValue::bytes(bytes)
    }
}
