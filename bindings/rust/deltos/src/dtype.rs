//! Element types by number, and what format strings mean.

use std::mem::{size_of, zeroed};
use std::os::raw::c_char;

use deltos_sys as sys;

use crate::error::call;
use crate::text::with_c_str;
use crate::{Error, ErrorKind, Result};

macro_rules! dtypes {
    ($($(#[$doc:meta])* $name:ident = $code:ident, $word:literal, $bytes:expr;)*) => {
        /// Element types: the quick answer, and the only one for types that have no format character.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum DType {
            $($(#[$doc])* $name,)*
        }

        impl DType {
            /// Every type there is in this version.
            pub const ALL: &'static [DType] = &[$(DType::$name,)*];

            /// The number that the C interface and files use.
            ///
            /// ```
            /// assert_eq!(deltos::DType::F64.code(), 12);
            /// ```
            pub const fn code(self) -> i32 {
                match self { $(DType::$name => sys::$code,)* }
            }

            /// The type of a number; `Other` for one that is not known.
            pub(crate) fn of(code: i32) -> DType {
                match code { $(sys::$code => DType::$name,)* _ => DType::Other }
            }

            /// The name of the constant in C, without its prefix.
            ///
            /// ```
            /// assert_eq!(deltos::DType::F8E4M3.name(), "F8_E4M3");
            /// ```
            pub const fn name(self) -> &'static str {
                match self { $(DType::$name => $word,)* }
            }

            /// Bytes of one element, where the type says that; then it says all there is to say, and no format string
            /// is needed.
            ///
            /// ```
            /// assert_eq!((deltos::DType::C64.itemsize(), deltos::DType::Struct.itemsize()), (Some(8), None));
            /// ```
            pub const fn itemsize(self) -> Option<usize> {
                match self { $(DType::$name => $bytes,)* }
            }

            pub(crate) const fn is_whole(self) -> bool {
                self.itemsize().is_some()
            }
        }
    };
}

dtypes! {
    /// See the format string: foreign byte order, bit-level or compound without fields.
    Other = DELTOS_DTYPE_OTHER, "OTHER", None;
    /// One byte, 0 or 1.
    Bool = DELTOS_DTYPE_BOOL, "BOOL", Some(1);
    /// 1 byte, signed.
    I8 = DELTOS_DTYPE_I8, "I8", Some(1);
    /// 2 bytes, signed.
    I16 = DELTOS_DTYPE_I16, "I16", Some(2);
    /// 4 bytes, signed.
    I32 = DELTOS_DTYPE_I32, "I32", Some(4);
    /// 8 bytes, signed.
    I64 = DELTOS_DTYPE_I64, "I64", Some(8);
    /// 1 byte.
    U8 = DELTOS_DTYPE_U8, "U8", Some(1);
    /// 2 bytes.
    U16 = DELTOS_DTYPE_U16, "U16", Some(2);
    /// 4 bytes.
    U32 = DELTOS_DTYPE_U32, "U32", Some(4);
    /// 8 bytes.
    U64 = DELTOS_DTYPE_U64, "U64", Some(8);
    /// Half precision.
    F16 = DELTOS_DTYPE_F16, "F16", Some(2);
    /// Single precision.
    F32 = DELTOS_DTYPE_F32, "F32", Some(4);
    /// Double precision.
    F64 = DELTOS_DTYPE_F64, "F64", Some(8);
    /// Two `F32`: real, imaginary.
    C64 = DELTOS_DTYPE_C64, "C64", Some(8);
    /// Two `F64`: real, imaginary.
    C128 = DELTOS_DTYPE_C128, "C128", Some(16);
    /// A fixed number of bytes.
    Bytes = DELTOS_DTYPE_BYTES, "BYTES", None;
    /// A fixed number of 4-byte characters.
    Ucs4 = DELTOS_DTYPE_UCS4, "UCS4", None;
    /// Fields with names.
    Struct = DELTOS_DTYPE_STRUCT, "STRUCT", None;
    /// bfloat16.
    Bf16 = DELTOS_DTYPE_BF16, "BF16", Some(2);
    /// 8-bit float, 4 exponent bits, no infinities.
    F8E4M3 = DELTOS_DTYPE_F8_E4M3, "F8_E4M3", Some(1);
    /// 8-bit float, 5 exponent bits.
    F8E5M2 = DELTOS_DTYPE_F8_E5M2, "F8_E5M2", Some(1);
}

/// What an element is, for memory whose type is known only when the program runs: a format string, or a [`DType`] that
/// says all, or both, which must not contradict each other.
///
/// ```
/// use deltos::{DType, ElementType};
///
/// let of_fields = ElementType::from("T{d:x:d:y:}");
/// let of_a_type_without_a_character = ElementType::from(DType::Bf16);
/// # drop((of_fields, of_a_type_without_a_character));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ElementType<'f> {
    /// A format string.
    pub format: Option<&'f str>,
    /// An element type; `Other`: what the format says.
    pub dtype: DType,
}

impl<'f> From<&'f str> for ElementType<'f> {
    fn from(format: &'f str) -> Self {
        ElementType { format: Some(format), dtype: DType::Other }
    }
}

impl From<DType> for ElementType<'_> {
    fn from(dtype: DType) -> Self {
        ElementType { format: None, dtype }
    }
}

impl ElementType<'_> {
    /// Bytes of one element.
    pub(crate) fn itemsize(&self) -> Result<usize> {
        match (self.format, self.dtype.itemsize()) {
            (Some(format), _) => Ok(describe_format(format)?.itemsize),
            (None, Some(bytes)) => Ok(bytes),
            (None, None) if self.dtype == DType::Other => Ok(1), // raw bytes
            (None, None) => Err(Error::new(ErrorKind::Format, format!("{} needs a format string", self.dtype.name()))),
        }
    }
}

/// What a format string means.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FormatInfo {
    /// The element type.
    pub dtype: DType,
    /// Bytes of one element, padding included.
    pub itemsize: usize,
    /// Alignment of one element.
    pub alignment: usize,
    /// How the library writes it: native characters without a prefix where they are native, padding spelled out.
    pub canonical: String,
}

/// Checks a format string, that of Python's struct module and PEP 3118, and tells what it means.
///
/// # Errors
/// [`Format`](ErrorKind::Format) says where it is malformed; [`Unsupported`](ErrorKind::Unsupported) for pointers.
///
/// ```
/// let info = deltos::describe_format("T{b:flag:d:value:}")?;
/// assert_eq!((info.itemsize, info.alignment), (16, 8));
/// assert_eq!(info.canonical, "T{b:flag:7xd:value:}");
/// # Ok::<(), deltos::Error>(())
/// ```
pub fn describe_format(format: &str) -> Result<FormatInfo> {
    with_c_str(format, |format| {
        let mut room = 128;
        loop {
            let mut canonical: Vec<u8> = Vec::with_capacity(room);
            let mut size = room as u64;
            // SAFETY: the text lives, and there is as much room as is said.
            let described = unsafe { describe_into(format, canonical.as_mut_ptr().cast(), &mut size) };
            match described {
                Err(error) if error.kind() == ErrorKind::TooSmall => room = size as usize,
                Err(error) => return Err(error),
                Ok(raw) => {
                    // SAFETY: so many bytes were written, of which the last is NUL.
                    unsafe { canonical.set_len(size as usize) };
                    canonical.pop();
                    return Ok(FormatInfo {
                        dtype: DType::of(raw.dtype),
                        itemsize: raw.itemsize as usize,
                        alignment: raw.alignment as usize,
                        canonical: String::from_utf8(canonical)
                            .map_err(|_| Error::new(ErrorKind::Format, "the format is not UTF-8"))?,
                    });
                }
            }
        }
    })
}

unsafe fn describe_into(format: *const c_char, room: *mut c_char, size: &mut u64) -> Result<sys::deltos_format_info> {
    let mut raw: sys::deltos_format_info = zeroed();
    raw.struct_size = size_of::<sys::deltos_format_info>() as u32;
    call!(deltos_format_describe(format, &mut raw, room, size))?;
    Ok(raw)
}
