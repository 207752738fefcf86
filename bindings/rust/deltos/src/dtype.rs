//! Element types by number, and what format strings mean.

use std::mem::{size_of, zeroed};
use std::os::raw::c_char;

use deltos_sys as sys;

use crate::error::call;
use crate::text::with_c_str;
use crate::{Error, ErrorKind, Result};

macro_rules! dtypes {
    ($($(#[$doc:meta])* $name:ident = $code:ident, $whole:expr;)*) => {
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

            /// It says all there is to say about an element, so that no format string is needed.
            pub(crate) const fn is_whole(self) -> bool {
                match self { $(DType::$name => $whole,)* }
            }
        }
    };
}

dtypes! {
    /// See the format string: foreign byte order, bit-level or compound without fields.
    Other = DELTOS_DTYPE_OTHER, false;
    /// One byte, 0 or 1.
    Bool = DELTOS_DTYPE_BOOL, true;
    /// 1 byte, signed.
    I8 = DELTOS_DTYPE_I8, true;
    /// 2 bytes, signed.
    I16 = DELTOS_DTYPE_I16, true;
    /// 4 bytes, signed.
    I32 = DELTOS_DTYPE_I32, true;
    /// 8 bytes, signed.
    I64 = DELTOS_DTYPE_I64, true;
    /// 1 byte.
    U8 = DELTOS_DTYPE_U8, true;
    /// 2 bytes.
    U16 = DELTOS_DTYPE_U16, true;
    /// 4 bytes.
    U32 = DELTOS_DTYPE_U32, true;
    /// 8 bytes.
    U64 = DELTOS_DTYPE_U64, true;
    /// Half precision.
    F16 = DELTOS_DTYPE_F16, true;
    /// Single precision.
    F32 = DELTOS_DTYPE_F32, true;
    /// Double precision.
    F64 = DELTOS_DTYPE_F64, true;
    /// Two `F32`: real, imaginary.
    C64 = DELTOS_DTYPE_C64, true;
    /// Two `F64`: real, imaginary.
    C128 = DELTOS_DTYPE_C128, true;
    /// A fixed number of bytes.
    Bytes = DELTOS_DTYPE_BYTES, false;
    /// A fixed number of 4-byte characters.
    Ucs4 = DELTOS_DTYPE_UCS4, false;
    /// Fields with names.
    Struct = DELTOS_DTYPE_STRUCT, false;
    /// bfloat16.
    Bf16 = DELTOS_DTYPE_BF16, true;
    /// 8-bit float, 4 exponent bits, no infinities.
    F8E4M3 = DELTOS_DTYPE_F8_E4M3, true;
    /// 8-bit float, 5 exponent bits.
    F8E5M2 = DELTOS_DTYPE_F8_E5M2, true;
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
