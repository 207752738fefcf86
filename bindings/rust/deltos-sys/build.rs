//! Finds libdeltos, or compiles it; `src/lib.rs` says how it is chosen.

use std::env;
use std::path::{Path, PathBuf};

fn main() {
    for name in ["DELTOS_LIB_DIR", "DELTOS_INCLUDE_DIR", "DELTOS_STATIC", "DOCS_RS"] {
        println!("cargo:rerun-if-env-changed={}", name);
    }
    println!("cargo:rerun-if-changed=build.rs");
    if env::var_os("DOCS_RS").is_some() {
        // Documentation links nothing, and the machine that makes it has neither library nor headers.
        return;
    }
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("linux") {
        panic!("Deltos needs Linux on a little-endian machine with 64-bit addresses");
    }
    #[cfg(feature = "vendored")]
    vendored::compile();
    #[cfg(not(feature = "vendored"))]
    find();
}

/// The version of this crate and the next one that may break it, as pkg-config compares them.
#[cfg(not(feature = "vendored"))]
fn versions() -> (String, String) {
    let number = |name: &str| -> u32 { env::var(name).unwrap().parse().unwrap() };
    let (major, minor) = (number("CARGO_PKG_VERSION_MAJOR"), number("CARGO_PKG_VERSION_MINOR"));
    let next = if major == 0 { format!("0.{}", minor + 1) } else { (major + 1).to_string() };
    (format!("{}.{}", major, minor), next)
}

#[cfg(not(feature = "vendored"))]
fn find() {
    if let Some(directory) = env::var_os("DELTOS_LIB_DIR") {
        let directory = PathBuf::from(directory);
        let wants_static = env::var("DELTOS_STATIC").as_deref() == Ok("1");
        let file = directory.join(if wants_static { "libdeltos.a" } else { "libdeltos.so" });
        if !file.exists() {
            panic!("DELTOS_LIB_DIR: there is no {}", file.display());
        }
        println!("cargo:rustc-link-search=native={}", directory.display());
        if wants_static {
            println!("cargo:rustc-link-lib=static=deltos");
            println!("cargo:rustc-link-lib=dylib=stdc++");
        } else {
            println!("cargo:rustc-link-lib=dylib=deltos");
        }
        if let Some(include) = env::var_os("DELTOS_INCLUDE_DIR") {
            tell_include(Path::new(&include));
        }
        return;
    }
    let (oldest, next) = versions();
    match pkg_config::Config::new().range_version(oldest.as_str()..next.as_str()).probe("deltos") {
        Ok(library) => {
            if let Some(include) = library.include_paths.first() {
                tell_include(include);
            }
        }
        Err(error) => panic!(
            "libdeltos {oldest} was not found: {error}\n\
             Install it, and set PKG_CONFIG_PATH when that is in a place of its own; or set DELTOS_LIB_DIR to the \
             directory of libdeltos.so; or enable the feature `vendored` to compile it.",
            oldest = oldest,
            error = error
        ),
    }
}

fn tell_include(directory: &Path) {
    println!("cargo:include={}", directory.display());
}

#[cfg(feature = "vendored")]
mod vendored {
    use super::*;
    use std::fs;

    /// Compiles the sources that the build of the C library names, into one static library.
    pub fn compile() {
        let vendor = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("vendor");
        let (sources, include) = (vendor.join("src"), vendor.join("include"));
        println!("cargo:rerun-if-changed={}", sources.display());
        println!("cargo:rerun-if-changed={}", include.display());
        let mut build = cc::Build::new();
        build
            .cpp(true)
            .files(listed(&sources.join("meson.build")).iter().map(|file| sources.join(file)))
            .include(&sources)
            .include(&include)
            .includes(header_of("libxxhash"))
            .includes(header_of("nlohmann_json"))
            .flag("-std=c++20")
            .flag_if_supported("-Wno-restrict")
            .flag("-ffunction-sections")
            .flag("-fdata-sections")
            .flag("-fvisibility-inlines-hidden")
            .flag("-pthread")
            .define("_FILE_OFFSET_BITS", "64")
            .extra_warnings(true);
        if env::var("PROFILE").as_deref() == Ok("release") {
            build.define("NDEBUG", None);
        } else {
            build.opt_level(1);
        }
        build.compile("deltos");
        println!("cargo:rustc-link-lib=dylib=pthread");
        tell_include(&include);
    }

    /// The `.cpp` files of src/meson.build: one list for both builds.
    fn listed(file: &Path) -> Vec<String> {
        let text = fs::read_to_string(file).unwrap_or_else(|error| {
            panic!("{}: {}; the crate was packaged without the sources of the library", file.display(), error)
        });
        let quoted = text.split('\'').skip(1).step_by(2);
        let sources: Vec<String> = quoted.filter(|name| name.ends_with(".cpp")).map(String::from).collect();
        assert!(!sources.is_empty(), "{} names no sources", file.display());
        sources
    }

    /// Where the headers of a library are when they are not in the compiler's own path. Nothing of it is linked.
    fn header_of(library: &str) -> Vec<PathBuf> {
        let probed = pkg_config::Config::new().cargo_metadata(false).probe(library);
        probed.map(|library| library.include_paths).unwrap_or_default()
    }
}
