//! What the tests share.
#![allow(dead_code)] // each test uses a part

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use deltos::{Create, Durability, Mode, OpenOptions, Result, Storage, Transaction, Value, ValueBuilder, ValueKind};

/// A directory that goes with the value.
pub struct Directory(PathBuf);

impl Directory {
    pub fn new() -> Directory {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("deltos-rust-{}-{}", std::process::id(), number));
        std::fs::create_dir(&path).unwrap();
        Directory(path)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A new file, open for writing.
pub fn create(path: &Path) -> Storage {
    let options = OpenOptions::new().mode(Mode::Write).create(Create::New).max_file_bytes(1 << 30);
    // SAFETY: the file is the test's.
    unsafe { options.open(path) }.unwrap()
}

/// Opens a file of the test's.
pub fn open(path: &Path, mode: Mode) -> Result<Storage> {
    // SAFETY: the file is the test's.
    unsafe { OpenOptions::new().mode(mode).open(path) }
}

/// Runs changes and commits them without barriers.
pub fn change(storage: &Storage, run: impl FnOnce(&mut Transaction<'_>) -> Result<()>) {
    storage.transact(Durability::Async, run).unwrap();
}

/// The repository, when the crate lies in it.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..").canonicalize().unwrap()
}

/// A value of 60 lists, each of which holds the one before it twice: far more when it is unfolded than it takes.
pub fn entangled() -> Value<'static> {
    let mut builder = ValueBuilder::new().unwrap();
    builder.begin(ValueKind::List).unwrap();
    builder.named(1).list(|leaf| leaf.put("x").map(drop)).unwrap();
    for level in 2..60 {
        builder.named(level).list(|list| list.share(level - 1)?.share(level - 1).map(drop)).unwrap();
    }
    builder.end().unwrap();
    builder.to_value().unwrap()
}
