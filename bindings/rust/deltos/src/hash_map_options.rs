//! How hash maps are built.

use std::fmt;
use std::mem::{size_of, zeroed};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::ptr::null;
use std::sync::Arc;

use deltos_sys as sys;

use crate::progress::KeptReporter;
use crate::text::c_path;
use crate::{KeyKind, MapShape, MapValueKind, Progress, ProgressFn, Result, Schema};

/// What a second pair with the same key means in a [`HashMap`](crate::HashMap) that is [simple](MapShape::Simple).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Duplicates {
    /// Preparing fails with [`Duplicate`](crate::ErrorKind::Duplicate); the message shows the key.
    #[default]
    Error,
    /// The pair added first counts.
    First,
    /// The pair added last counts.
    Last,
}

/// How a hash map is built; a [`MapShape`] alone turns into it.
///
/// ```
/// use deltos::{Duplicates, HashMap, HashMapBuilder, HashMapOptions};
/// use std::ops::ControlFlow;
///
/// let options = HashMapOptions::new()
///     .duplicates(Duplicates::Last)
///     .memory_bytes(64 << 20) // what is more waits in temporary files
///     .threads(2)
///     .progress(|_| ControlFlow::Continue(()));
/// let mut heights = HashMapBuilder::<str, u64>::new(options)?;
/// heights.add(&["oak", "elm", "oak"], &[40, 30, 41])?;
/// let heights: HashMap<str, u64> = HashMap::unpack(heights.pack()?)?;
/// assert_eq!(heights.get("oak")?, Some(41));
/// # Ok::<(), deltos::Error>(())
/// ```
#[derive(Default)]
pub struct HashMapOptions<'p> {
    shape: MapShape,
    duplicates: Duplicates,
    deduplicate: bool,
    threads: u32,
    memory_bytes: u64,
    spill_directory: Option<PathBuf>,
    schema: Option<Arc<Schema>>,
    progress: Option<Box<ProgressFn<'p>>>,
}

impl<'p> HashMapOptions<'p> {
    /// One value for each key, a second one being an error; 256 MiB of memory, temporary files beside the storage, all
    /// cores, and nobody told.
    pub fn new() -> Self {
        HashMapOptions::default()
    }

    /// How many values a key has.
    #[must_use]
    pub fn shape(mut self, shape: MapShape) -> Self {
        self.shape = shape;
        self
    }

    /// What a second pair with the same key means, where a key has one value.
    #[must_use]
    pub fn duplicates(mut self, duplicates: Duplicates) -> Self {
        self.duplicates = duplicates;
        self
    }

    /// Stores equal values once, as far as memory allows to remember them; not for numbers.
    #[must_use]
    pub fn deduplicate(mut self, on: bool) -> Self {
        self.deduplicate = on;
        self
    }

    /// How many threads sort; 0: as many as there are cores, at most 16.
    #[must_use]
    pub fn threads(mut self, threads: u32) -> Self {
        self.threads = threads;
        self
    }

    /// How much to keep in memory, about, before temporary files are used; 0: 256 MiB.
    #[must_use]
    pub fn memory_bytes(mut self, bytes: u64) -> Self {
        self.memory_bytes = bytes;
        self
    }

    /// Where temporary files are made, without a name; when not said, beside the storage if that works, else where the
    /// system keeps such files.
    #[must_use]
    pub fn spill_directory(mut self, directory: impl AsRef<Path>) -> Self {
        self.spill_directory = Some(directory.as_ref().to_owned());
        self
    }

    /// The schema of the values, where these are [`Row`](crate::Row)s; a struct says its own.
    #[must_use]
    pub fn schema(mut self, schema: impl Into<Arc<Schema>>) -> Self {
        self.schema = Some(schema.into());
        self
    }

    /// Tells of progress while pairs are added and the map is prepared and stored, in bytes; the closure may cancel what is
    /// done. What was added before stays.
    #[must_use]
    pub fn progress(mut self, told: impl FnMut(Progress) -> ControlFlow<()> + 'p) -> Self {
        self.progress = Some(Box::new(told));
        self
    }

    /// Lends the options of the C interface, and gives what has to live as long as the builder does. `schema`: what the
    /// type of the values says.
    pub(crate) fn lend<R>(
        self,
        key: KeyKind,
        value: MapValueKind,
        schema: Option<&Schema>,
        run: impl FnOnce(&sys::deltos_hash_map_options) -> Result<R>,
    ) -> (Result<R>, KeptReporter<'p>) {
        let told = KeptReporter::new(self.progress);
        let directory = match self.spill_directory.map(|path| c_path(&path)).transpose() {
            Ok(directory) => directory,
            Err(error) => return (Err(error), told),
        };
        // SAFETY: numbers and pointers, of which zero is one.
        let mut raw: sys::deltos_hash_map_options = unsafe { zeroed() };
        raw.struct_size = size_of::<sys::deltos_hash_map_options>() as u32;
        (raw.key, raw.value, raw.shape) = (key.code(), value.code(), self.shape.code());
        raw.duplicates = match self.duplicates {
            Duplicates::Error => sys::DELTOS_DUPLICATE_ERROR,
            Duplicates::First => sys::DELTOS_DUPLICATE_FIRST,
            Duplicates::Last => sys::DELTOS_DUPLICATE_LAST,
        };
        raw.flags = if self.deduplicate { sys::DELTOS_HASH_MAP_DEDUPLICATE } else { 0 };
        (raw.threads, raw.memory_bytes) = (self.threads, self.memory_bytes);
        raw.spill_directory = directory.as_ref().map_or(null(), |path| path.as_ptr());
        raw.schema = schema.or(self.schema.as_deref()).map_or(null(), |schema| schema.as_ptr());
        (raw.progress, raw.progress_user) = (told.function(), told.user());
        (run(&raw), told)
    }
}

impl From<MapShape> for HashMapOptions<'_> {
    fn from(shape: MapShape) -> Self {
        HashMapOptions::new().shape(shape)
    }
}

impl fmt::Debug for HashMapOptions<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("HashMapOptions")
            .field("shape", &self.shape)
            .field("duplicates", &self.duplicates)
            .field("deduplicate", &self.deduplicate)
            .field("threads", &self.threads)
            .field("memory_bytes", &self.memory_bytes)
            .field("spill_directory", &self.spill_directory)
            .field("schema", &self.schema)
            .field("progress", &self.progress.is_some())
            .finish()
    }
}
