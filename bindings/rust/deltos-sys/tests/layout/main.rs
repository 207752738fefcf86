//! Sizes, alignments, offsets and constants are those of the C compiler, and every function is in the library.
//!
//! `table.rs` names what the headers declare; tests/abi/layout.c of the source tree prints what a C
//! compiler makes of it.

use core::mem::{align_of, size_of, MaybeUninit};
use core::ptr::addr_of;
use std::path::{Path, PathBuf};
use std::process::Command;

use deltos_sys::*;

/// The size of what a pointer leads to.
fn size_behind<T>(_: *const T) -> usize {
    size_of::<T>()
}

macro_rules! layout {
    (
        $(struct $type:ident { $($field:ident)* })*
        constants { $($constant:ident)* }
        functions { $($function:ident)* }
    ) => {
        /// What tests/abi/layout.c prints, computed by this compiler.
        pub fn lines() -> Vec<String> {
            let mut lines = Vec::new();
            $(
                let name = stringify!($type);
                lines.push(format!("struct {name} {} {}", size_of::<$type>(), align_of::<$type>()));
                let memory = MaybeUninit::<$type>::uninit();
                let start = memory.as_ptr();
                $(
                    // SAFETY: the field lies within `memory`, of which only the address is taken.
                    let place = unsafe { addr_of!((*start).$field) };
                    let field = stringify!($field).trim_start_matches("r#");
                    let offset = place as usize - start as usize;
                    lines.push(format!("field {name} {field} {offset} {}", size_behind(place)));
                )*
            )*
            $(lines.push(format!("constant {} {}", stringify!($constant), $constant));)*
            lines
        }

        /// Every function by its name and address.
        pub fn functions() -> Vec<(&'static str, *const ())> {
            vec![$((stringify!($function), $function as *const ())),*]
        }
    };
}

mod table {
    use super::*;

    include!("table.rs");
}

fn source_tree() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    root.canonicalize().expect("the test runs in the source tree")
}

/// Runs a command and gives what it printed.
fn output_of(command: &mut Command) -> String {
    let done = command.output().expect("the command starts");
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("it prints UTF-8")
}

#[test]
fn layouts_and_constants_are_those_of_the_c_compiler() {
    let root = source_tree();
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("layout");
    let mut compiler = Command::new("cc");
    compiler.arg("-I").arg(root.join("include"));
    output_of(compiler.arg(root.join("tests/abi/layout.c")).arg("-o").arg(&program));
    let printed = output_of(&mut Command::new(&program));
    let computed = table::lines();
    assert!(computed.len() > 100);
    assert_eq!(computed.len(), printed.lines().count());
    for (computed, printed) in computed.iter().zip(printed.lines()) {
        assert_eq!(computed, printed);
    }
}

#[test]
fn every_function_of_the_headers_is_in_the_library() {
    let functions = table::functions();
    assert!(functions.len() > 40);
    for (name, address) in functions {
        assert!(!address.is_null(), "{name}");
    }
}
