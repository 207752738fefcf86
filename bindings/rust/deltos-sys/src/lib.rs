//! The C interface of Deltos, declared for Rust and nothing else: the same names, numbers and
//! structs. Programs want the `deltos` crate, which is safe; this one is for those who need a call
//! in a way that it does not offer.
//!
//! # How the library is found
//!
//! In this order:
//!
//! 1. the feature `vendored` compiles the C++ sources that come with this crate and links them
//!    statically; it takes a compiler of C++20 and the headers `xxhash.h` and `nlohmann/json.hpp`;
//! 2. `DELTOS_LIB_DIR` names the directory that holds `libdeltos.so`, or with `DELTOS_STATIC=1`
//!    `libdeltos.a`; `DELTOS_INCLUDE_DIR`, when given, is passed on to dependent crates;
//! 3. `pkg-config` is asked for a `deltos` of this minor version (`PKG_CONFIG_PATH` where it is
//!    installed in a place of its own).
//!
//! Dependent build scripts read the directory of the headers from `DEP_DELTOS_INCLUDE`.
//!
//! ```
//! // SAFETY: no arguments, and the result is a number.
//! assert_eq!(unsafe { deltos_sys::deltos_abi_version() }, deltos_sys::DELTOS_ABI_VERSION);
//! ```

#[rustfmt::skip]
mod bindings;

pub use bindings::*;
