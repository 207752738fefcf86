//! How record tables are built.

use std::fmt;
use std::mem::{size_of, zeroed};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::ptr::null;

use deltos_sys as sys;

use crate::progress::KeptReporter;
use crate::text::c_path;
use crate::{Progress, ProgressFn, RecordLayout, Result};

/// How a record table is built; a [`RecordLayout`] alone turns into it.
///
/// ```
/// use std::ops::ControlFlow;
/// use deltos::{Column, ErrorKind, RecordBuilder, RecordLayout, RecordOptions, Schema, SlotDef};
///
/// let schema = Schema::new("point", &[SlotDef::fixed::<f64>("x")])?;
/// let options = RecordOptions::new()
///     .layout(RecordLayout::Columns)
///     .memory_bytes(1 << 20) // what is more waits in temporary files
///     .progress(|_| ControlFlow::Break(())); // enough
/// let mut points = RecordBuilder::in_memory(&schema, options)?;
/// assert_eq!(points.add(&[Column::from(&[1.5; 1000])]).unwrap_err().kind(), ErrorKind::Cancelled);
/// # Ok::<(), deltos::Error>(())
/// ```
#[derive(Default)]
pub struct RecordOptions<'p> {
    layout: RecordLayout,
    memory_bytes: u64,
    spill_directory: Option<PathBuf>,
    progress: Option<Box<ProgressFn<'p>>>,
}

impl<'p> RecordOptions<'p> {
    /// Rows, 64 MiB of memory, temporary files beside the storage, and nobody told.
    pub fn new() -> Self {
        RecordOptions::default()
    }

    /// How the rows lie.
    #[must_use]
    pub fn layout(mut self, layout: RecordLayout) -> Self {
        self.layout = layout;
        self
    }

    /// How much to keep in memory before temporary files are used; 0: 64 MiB.
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

    /// Tells of progress while rows are added and the table is finished, in bytes; the closure may cancel what is done.
    /// What was added before stays.
    #[must_use]
    pub fn progress(mut self, told: impl FnMut(Progress) -> ControlFlow<()> + 'p) -> Self {
        self.progress = Some(Box::new(told));
        self
    }

    /// Lends the options of the C interface, and gives what has to live as long as the builder does.
    pub(crate) fn lend<R>(
        self,
        run: impl FnOnce(&sys::deltos_record_table_options) -> Result<R>,
    ) -> (Result<R>, KeptReporter<'p>) {
        let told = KeptReporter::new(self.progress);
        let directory = match self.spill_directory.map(|path| c_path(&path)).transpose() {
            Ok(directory) => directory,
            Err(error) => return (Err(error), told),
        };
        // SAFETY: numbers and pointers, of which zero is one.
        let mut raw: sys::deltos_record_table_options = unsafe { zeroed() };
        raw.struct_size = size_of::<sys::deltos_record_table_options>() as u32;
        raw.layout = match self.layout {
            RecordLayout::Rows => sys::DELTOS_LAYOUT_ROWS,
            RecordLayout::Columns => sys::DELTOS_LAYOUT_COLUMNS,
        };
        raw.memory_bytes = self.memory_bytes;
        raw.spill_directory = directory.as_ref().map_or(null(), |path| path.as_ptr());
        (raw.progress, raw.progress_user) = (told.function(), told.user());
        (run(&raw), told)
    }
}

impl From<RecordLayout> for RecordOptions<'_> {
    fn from(layout: RecordLayout) -> Self {
        RecordOptions::new().layout(layout)
    }
}

impl fmt::Debug for RecordOptions<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("RecordOptions")
            .field("layout", &self.layout)
            .field("memory_bytes", &self.memory_bytes)
            .field("spill_directory", &self.spill_directory)
            .field("progress", &self.progress.is_some())
            .finish()
    }
}
