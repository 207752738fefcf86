//! Nothing of the C interface is forgotten: functions, statuses, element types.

mod common;

use std::fs;

use common::repository;
use deltos::{DType, ErrorKind};

/// Functions of the library that this crate does not call, each with its reason.
const NOT_CALLED: &[(&str, &str)] = &[];

fn crate_sources() -> String {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| fs::read_to_string(path).unwrap()).collect::<Vec<_>>().concat()
}

fn raw_layer() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../deltos-sys/src/bindings.rs")).unwrap()
}

#[test]
fn every_function_of_the_library_is_called() {
    let (raw, sources) = (raw_layer(), crate_sources());
    // With its arguments, or as the argument of a macro that calls it.
    let is_called = |name: &str| ["(", ","].iter().any(|end| sources.contains(&format!("{}{}", name, end)));
    let functions = raw.split("pub fn ").skip(1).map(|rest| rest.split('(').next().unwrap());
    let functions: Vec<&str> = functions.collect();
    assert!(functions.len() >= 53, "{} functions were found", functions.len());
    let excused = |name: &str| NOT_CALLED.iter().any(|(known, _)| *known == name);
    let forgotten: Vec<_> = functions.iter().filter(|name| !is_called(name) && !excused(name)).collect();
    assert!(forgotten.is_empty(), "not called: {:?}", forgotten);
    let needless: Vec<_> = NOT_CALLED.iter().filter(|(name, _)| is_called(name)).collect();
    assert!(needless.is_empty(), "called after all: {:?}", needless);
}

#[test]
fn every_status_becomes_the_kind_that_the_header_says() {
    let header = fs::read_to_string(repository().join("include/deltos/status.h")).unwrap();
    let mut rows = 0;
    for line in header.lines().filter(|line| line.starts_with(" * | E_")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let kind = ErrorKind::ALL.iter().find(|kind| format!("ErrorKind::{:?}", kind) == cells[4]);
        let kind = kind.unwrap_or_else(|| panic!("{} of {} is not a kind", cells[4], cells[1]));
        let define = format!("pub const DELTOS_{}: i32 = {};", cells[1], kind.code());
        assert!(raw_layer().contains(&define), "{}", define);
        rows += 1;
    }
    assert_eq!(rows, ErrorKind::ALL.len());
}

#[test]
fn every_element_type_has_the_name_and_number_of_the_header() {
    let raw = raw_layer();
    for dtype in DType::ALL {
        let define = format!("pub const DELTOS_DTYPE_{}: i32 = {};", dtype.name(), dtype.code());
        assert!(raw.contains(&define), "{}", define);
    }
    assert_eq!(raw.matches("pub const DELTOS_DTYPE_").count(), DType::ALL.len());
}
