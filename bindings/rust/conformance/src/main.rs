//! Runs the conformance corpus over the Rust binding; tests/conformance/README.md says what it is and what every
//! operation means.

mod arrays;
mod description;
mod fields;
mod inputs;
mod map_operations;
mod maps;
mod operations;
mod queries;
mod record_operations;
mod records;
mod sorted_operations;
mod tables;
mod trees;
mod values;
mod views;
mod world;

use std::path::{Path, PathBuf};
use std::process::exit;

use serde_json::Value;

use fields::Step;
use world::{Trouble, World};

const USAGE: &str =
    "usage: deltos-conformance run CORPUS_FILE... | write DESCRIPTION STORAGE | read DESCRIPTION STORAGE";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let all_is_well = match words.as_slice() {
        ["run", files @ ..] if !files.is_empty() => run(files),
        ["write", description, storage] => report(description::write(Path::new(description), Path::new(storage))),
        ["read", description, storage] => report(description::read(Path::new(description), Path::new(storage))),
        _ => {
            eprintln!("{}", USAGE);
            exit(2);
        }
    };
    exit(if all_is_well { 0 } else { 1 });
}

/// Prints what is wrong, if anything.
fn report(outcome: Result<Vec<String>, String>) -> bool {
    let wrong = outcome.unwrap_or_else(|trouble| vec![trouble]);
    wrong.iter().for_each(|line| println!("{}", line));
    wrong.is_empty()
}

/// Parses a file of JSON.
fn parsed(path: &Path) -> Result<Value, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {}", path.display(), error))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {}", path.display(), error))
}

fn run(files: &[&str]) -> bool {
    let (mut passed, mut failed) = (0, 0);
    let home = std::env::current_dir().expect("the working directory is there");
    for file in files {
        let shown = Path::new(file).file_name().map_or_else(|| file.to_string(), |name| name.to_string_lossy().into());
        let corpus = match parsed(&home.join(file)) {
            Ok(corpus) => corpus,
            Err(trouble) => {
                println!("FAILED {}: {}", shown, trouble);
                failed += 1;
                continue;
            }
        };
        for case in corpus["cases"].as_array().map_or(&[][..], Vec::as_slice) {
            match run_case(case) {
                Ok(()) => passed += 1,
                Err(trouble) => {
                    println!("FAILED {}: {}: {}", shown, case["name"].as_str().unwrap_or("?"), trouble);
                    failed += 1;
                }
            }
        }
    }
    println!("{} passed, {} failed", passed, failed);
    failed == 0 && passed > 0
}

/// Runs a case in a directory of its own.
fn run_case(case: &Value) -> Result<(), String> {
    let steps = case["steps"].as_array().ok_or("a case without steps")?;
    let directory = Directory::new()?;
    let mut world = World::default();
    for (number, step) in steps.iter().enumerate() {
        run_step(&mut world, step).map_err(|trouble| format!("{}: {}", number + 1, trouble))?;
    }
    drop(world);
    drop(directory);
    Ok(())
}

/// Runs a step and compares what came with what was expected.
fn run_step(world: &mut World, step: &Value) -> Result<(), String> {
    let step = Step::new(step)?;
    let expected = step.optional_text("status").map_err(|trouble| trouble.to_string())?;
    match (operations::perform(world, &step), expected) {
        (Ok(actual), None) => step.compare(&actual),
        (Ok(_), Some(status)) => Err(format!("expected {}, got success", status)),
        (Err(Trouble::Library(error)), Some(status)) if error.name() == format!("DELTOS_E_{}", status) => {
            let missing = step.texts("message")?.into_iter().find(|text| !error.message().contains(text));
            missing.map_or(Ok(()), |text| Err(format!("expected a message with {:?}, got {:?}", text, error.message())))
        }
        (Err(trouble), None) => Err(format!("expected success, got {}", trouble)),
        (Err(trouble), Some(status)) => Err(format!("expected {}, got {}", status, trouble)),
    }
}

/// An empty directory that is the working directory while it lives.
struct Directory {
    path: PathBuf,
    home: PathBuf,
}

impl Directory {
    fn new() -> Result<Directory, String> {
        let path = std::env::temp_dir().join(format!("deltos-conformance-{}", std::process::id()));
        let home = std::env::current_dir().map_err(|error| error.to_string())?;
        std::fs::create_dir(&path).map_err(|error| format!("{}: {}", path.display(), error))?;
        std::env::set_current_dir(&path).map_err(|error| error.to_string())?;
        Ok(Directory { path, home })
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let returned = std::env::set_current_dir(&self.home);
        let removed = std::fs::remove_dir_all(&self.path);
        if let Err(error) = returned.and(removed) {
            eprintln!("{} could not be removed: {}", self.path.display(), error);
        }
    }
}
