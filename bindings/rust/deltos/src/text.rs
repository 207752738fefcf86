//! Strings on their way to the library: short ones without an allocation.

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;
use std::os::raw::c_char;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::{Error, ErrorKind, Result};

const SHORT: usize = 256;

/// Lends a text with the NUL that C wants. A NUL inside is a failure: no name or path has one.
pub(crate) fn with_c_str<R>(text: &str, run: impl FnOnce(*const c_char) -> Result<R>) -> Result<R> {
    with_bytes(text.as_bytes(), run)
}

/// The same for a path, which may be any bytes.
pub(crate) fn with_c_path<R>(path: &Path, run: impl FnOnce(*const c_char) -> Result<R>) -> Result<R> {
    with_bytes(path.as_os_str().as_bytes(), run)
}

/// A path to be kept, with the NUL that C wants.
pub(crate) fn c_path(path: &Path) -> Result<CString> {
    with_bytes(path.as_os_str().as_bytes(), |text| {
        // SAFETY: it ends with NUL and lives during the call.
        Ok(unsafe { CStr::from_ptr(text) }.to_owned())
    })
}

fn with_bytes<R>(bytes: &[u8], run: impl FnOnce(*const c_char) -> Result<R>) -> Result<R> {
    if bytes.contains(&0) {
        let shown = String::from_utf8_lossy(bytes).escape_default().to_string();
        return Err(Error::new(ErrorKind::Invalid, format!("\"{}\" contains a NUL byte; leave it out", shown)));
    }
    if bytes.len() < SHORT {
        let mut memory = MaybeUninit::<[u8; SHORT]>::uninit();
        let first = memory.as_mut_ptr().cast::<u8>();
        // SAFETY: there is room for the text and its NUL, and nobody reads further.
        unsafe {
            first.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            first.add(bytes.len()).write(0);
        }
        return run(first.cast());
    }
    // SAFETY: it was just searched for NUL.
    let text = unsafe { CString::from_vec_unchecked(bytes.to_vec()) };
    run(text.as_ptr())
}

/// A text that the library lends. Names in files are checked to be UTF-8, so nothing is lost.
///
/// # Safety
/// `text` is NULL or ends with NUL, and lives as long as `'a`.
pub(crate) unsafe fn borrowed<'a>(text: *const c_char) -> &'a str {
    if text.is_null() {
        return "";
    }
    CStr::from_ptr(text).to_str().unwrap_or("")
}

/// A text in an array within a struct.
pub(crate) fn inline(text: &[c_char]) -> String {
    let bytes: Vec<u8> = text.iter().take_while(|&&byte| byte != 0).map(|&byte| byte as u8).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}
