//! Types that a storage can hold as elements.

use std::borrow::Cow;
use std::fmt;
use std::mem::size_of;

use crate::{describe_format, DType, Error, ErrorKind, Result};

/// A type whose values are elements of buffers.
///
/// Integers, floats, [`Bool`], [`Complex`], `[u8; N]` (fixed bytes) and [`Ucs4`] are; with the feature `half` its `f16`
/// and `bf16`; with the feature `bytemuck` whatever is a `Record`. A plain struct of a program's own becomes one by
/// saying what its format is:
///
/// ```
/// use std::borrow::Cow;
/// use deltos::{DType, Durability, Element, Storage};
///
/// #[repr(C)]
/// #[derive(Clone, Copy, Debug, PartialEq)]
/// struct Place {
///     id: u32,
///     population: u32,
///     latitude: f64,
/// }
///
/// // SAFETY: plain numbers in the layout of C, without padding.
/// unsafe impl Element for Place {
///     const DTYPE: DType = DType::Struct;
///     fn format() -> Cow<'static, str> {
///         "T{I:id:I:population:d:latitude:}".into()
///     }
/// }
///
/// let storage = Storage::anonymous("places")?;
/// let place = Place { id: 1, population: 434_000, latitude: 47.4 };
/// storage.transact(Durability::Sync, |transaction| transaction.create("places", &[place]).map(drop))?;
/// assert_eq!(storage.object("places")?.view::<Place>()?.get(0), Some(place));
/// # Ok::<(), deltos::Error>(())
/// ```
///
/// The format of a buffer is compared with it, names of fields included, whenever a typed view is asked for; so is the
/// size with that of the type.
///
/// # Safety
/// Every pattern of bits is a value of the type. It has no padding bytes, no pointers, and nothing that changes behind
/// a shared reference; its layout is that of C.
pub unsafe trait Element: Copy + Send + Sync + 'static {
    /// The element type: [`DType::Struct`] for a struct, [`DType::Other`] for what only the format says.
    const DTYPE: DType;

    /// The format string of one element.
    fn format() -> Cow<'static, str>;
}

/// A number that one atomic access reads or writes whole.
///
/// # Safety
/// `Atomic` has the size and alignment of the type.
pub unsafe trait AtomicElement: Element {
    /// The atomic of that size: floats are kept as their bits.
    type Atomic: 'static;
}

macro_rules! elements {
    ($($type:ty = $dtype:ident, $format:literal $(, $atomic:ident)?;)*) => {
        $(
            // SAFETY: a number without padding, of which every pattern of bits is a value.
            unsafe impl Element for $type {
                const DTYPE: DType = DType::$dtype;
                fn format() -> Cow<'static, str> {
                    Cow::Borrowed($format)
                }
            }
            $(
                // SAFETY: on the machines that the library runs on.
                unsafe impl AtomicElement for $type {
                    type Atomic = std::sync::atomic::$atomic;
                }
            )?
        )*
    };
}

elements! {
    i8 = I8, "b", AtomicI8;
    i16 = I16, "h", AtomicI16;
    i32 = I32, "i", AtomicI32;
    i64 = I64, "l", AtomicI64;
    u8 = U8, "B", AtomicU8;
    u16 = U16, "H", AtomicU16;
    u32 = U32, "I", AtomicU32;
    u64 = U64, "L", AtomicU64;
    f32 = F32, "f", AtomicU32;
    f64 = F64, "d", AtomicU64;
    Bool = Bool, "?", AtomicU8;
    Complex<f32> = C64, "Zf";
    Complex<f64> = C128, "Zd";
    F8E4M3 = F8E4M3, "B", AtomicU8;
    F8E5M2 = F8E5M2, "B", AtomicU8;
}

#[cfg(feature = "half")]
elements! {
    half::f16 = F16, "e", AtomicU16;
    half::bf16 = Bf16, "2s", AtomicU16;
}

// SAFETY: bytes.
unsafe impl<const N: usize> Element for [u8; N] {
    const DTYPE: DType = DType::Bytes;
    fn format() -> Cow<'static, str> {
        format!("{}s", N).into()
    }
}

// SAFETY: an array of numbers, of which every pattern of bits is a value.
unsafe impl<const N: usize> Element for Ucs4<N> {
    const DTYPE: DType = DType::Ucs4;
    fn format() -> Cow<'static, str> {
        format!("{}w", N).into()
    }
}

/// A plain struct as an element, without `unsafe`: `bytemuck` vouches for the layout.
///
/// ```
/// use bytemuck::{Pod, Zeroable};
/// use deltos::{Durability, Record, Storage};
///
/// #[repr(C)]
/// #[derive(Clone, Copy)]
/// struct Point {
///     x: f64,
///     y: f64,
/// }
/// # unsafe impl Zeroable for Point {}
/// # unsafe impl Pod for Point {}
/// // #[derive(Pod, Zeroable)] in a program
///
/// impl Record for Point {
///     fn format() -> String {
///         "T{d:x:d:y:}".into()
///     }
/// }
///
/// let storage = Storage::anonymous("points")?;
/// storage.transact(Durability::Sync, |transaction| {
///     transaction.create("points", &[Point { x: 1.0, y: 2.0 }]).map(drop)
/// })?;
/// assert_eq!(storage.object("points")?.view::<Point>()?.get(0).unwrap().y, 2.0);
/// # Ok::<(), deltos::Error>(())
/// ```
#[cfg(feature = "bytemuck")]
#[cfg_attr(docsrs, doc(cfg(feature = "bytemuck")))]
pub trait Record: bytemuck::Pod + Send + Sync {
    /// The format string of one element, `"T{...}"` with the fields' names.
    fn format() -> String;
}

#[cfg(feature = "bytemuck")]
// SAFETY: `Pod` promises all of it.
unsafe impl<T: Record> Element for T {
    const DTYPE: DType = DType::Struct;
    fn format() -> Cow<'static, str> {
        <T as Record>::format().into()
    }
}

/// A truth value as files hold it: a byte, of which anything but 0 is true. Not `bool`, which no other byte may be.
///
/// ```
/// use deltos::Bool;
/// assert!(Bool::from(true).get());
/// assert_eq!(Bool::from(false), Bool::FALSE);
/// ```
#[derive(Clone, Copy, Default)]
#[repr(transparent)]
pub struct Bool(u8);

impl Bool {
    /// False.
    pub const FALSE: Bool = Bool(0);
    /// True.
    pub const TRUE: Bool = Bool(1);

    /// What it says.
    pub const fn get(self) -> bool {
        self.0 != 0
    }
}

impl PartialEq for Bool {
    fn eq(&self, other: &Bool) -> bool {
        self.get() == other.get()
    }
}

impl Eq for Bool {}

impl From<bool> for Bool {
    fn from(value: bool) -> Bool {
        Bool(u8::from(value))
    }
}

impl From<Bool> for bool {
    fn from(value: Bool) -> bool {
        value.get()
    }
}

impl fmt::Debug for Bool {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(out)
    }
}

/// A complex number in the layout of C: real part, imaginary part.
///
/// ```
/// let i = deltos::Complex { re: 0.0, im: 1.0 };
/// # let storage = deltos::Storage::anonymous("example")?;
/// storage.begin()?.create("i", &[i])?;
/// # Ok::<(), deltos::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C)]
pub struct Complex<T> {
    /// The real part.
    pub re: T,
    /// The imaginary part.
    pub im: T,
}

/// `N` characters of 4 bytes, as NumPy keeps text; padded with zeros.
///
/// ```
/// let name = deltos::Ucs4::<8>::new("Zürich").unwrap();
/// assert_eq!(name.to_string(), "Zürich");
/// assert!(deltos::Ucs4::<3>::new("Zürich").is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Ucs4<const N: usize>(pub [u32; N]);

impl<const N: usize> Ucs4<N> {
    /// A text, when it has no more than `N` characters.
    pub fn new(text: &str) -> Option<Self> {
        let mut characters = [0; N];
        for (at, character) in text.chars().enumerate() {
            *characters.get_mut(at)? = character as u32;
        }
        Some(Ucs4(characters))
    }
}

impl<const N: usize> fmt::Display for Ucs4<N> {
    /// Without the zeros at the end; what is no character shows as U+FFFD.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.0.iter().rposition(|&code| code != 0).map_or(0, |last| last + 1);
        for &code in &self.0[..length] {
            fmt::Write::write_char(out, char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))?;
        }
        Ok(())
    }
}

/// An 8-bit float with 4 exponent bits and no infinities, as its bits.
///
/// ```
/// assert_eq!(deltos::F8E4M3(0x38).0, 0x38);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct F8E4M3(pub u8);

/// An 8-bit float with 5 exponent bits, as its bits.
///
/// ```
/// assert_eq!(deltos::F8E5M2(0x3c).0, 0x3c);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct F8E5M2(pub u8);

/// Fails when elements of one type are asked for as another.
pub(crate) fn check_type<T: Element>(dtype: DType, itemsize: u64, format: &str) -> Result<()> {
    let same_size = itemsize == size_of::<T>() as u64;
    let same = if T::DTYPE.is_whole() || T::DTYPE == DType::Bytes {
        dtype == T::DTYPE && same_size
    } else {
        same_size && (format == T::format() || same_format(format, &T::format())?)
    };
    if same {
        return Ok(());
    }
    let message = format!(
        "the elements are \"{}\" ({:?}, {} bytes), not \"{}\" ({:?}, {} bytes) as {}; ask for what they are",
        format,
        dtype,
        itemsize,
        T::format(),
        T::DTYPE,
        size_of::<T>(),
        std::any::type_name::<T>()
    );
    Err(Error::new(ErrorKind::Type, message))
}

fn same_format(stored: &str, wanted: &str) -> Result<bool> {
    Ok(describe_format(stored)?.canonical == describe_format(wanted)?.canonical)
}

/// The bytes of elements.
pub(crate) fn bytes_of<T: Element>(elements: &[T]) -> &[u8] {
    // SAFETY: elements have no padding.
    unsafe { std::slice::from_raw_parts(elements.as_ptr().cast(), std::mem::size_of_val(elements)) }
}

/// Memory that nobody else can reach, as a slice.
///
/// # Safety
/// It is aligned, initialised, not reachable in any other way, and lives as long as `'a`.
pub(crate) unsafe fn elements<'a, T: Element>(first: *mut T, count: usize) -> &'a mut [T] {
    std::slice::from_raw_parts_mut(first, count)
}
