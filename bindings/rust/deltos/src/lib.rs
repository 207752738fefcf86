//! Typed data in a memory-mapped file, read and written in place by many processes and languages.
//!
//! A [`Storage`] is one file that many processes map at once. It holds named objects: n-dimensional buffers of any element
//! type. Reading is a pointer into the file, writing in place is a store. What exists, under which name and of which
//! type, is changed by [`Transaction`]s that survive `kill -9` and power loss. The same file is open, at the same time, in
//! C, C++, Python and Julia.
//!
//! ```
//! use deltos::{Durability, Storage};
//!
//! # let directory = std::env::temp_dir().join(format!("deltos-lib-{}", std::process::id()));
//! # std::fs::create_dir_all(&directory).unwrap();
//! # let path = directory.join("example.deltos");
//! // SAFETY: nothing but Deltos touches the file.
//! let storage = unsafe { Storage::open_or_create(&path) }?;
//!
//! let mut transaction = storage.begin()?;
//! let mut table = transaction.create("temperature", &[20.5, 21.0, 19.5])?;
//! transaction.set_metadata("temperature", "unit", "°C")?;
//! transaction.seal(&mut table)?;
//! transaction.create_zeroed::<u64>("hits", &[16])?;
//! transaction.commit(Durability::Sync)?;
//!
//! let temperature = storage.object("temperature")?.view::<f64>()?;
//! assert_eq!(temperature.as_slice()?.len(), 3); // sealed: the file itself, as a slice
//! let hits = storage.object("hits")?.view_writable::<u64>()?;
//! hits.set(3, 1); // shared: seen by every process at once
//! # drop((table, temperature, hits));
//! # storage.close()?;
//! # std::fs::remove_dir_all(directory).unwrap();
//! # Ok::<(), deltos::Error>(())
//! ```
//!
//! # What borrows what
//!
//! ```text
//! Storage ─┬─ Snapshot<'s>      what exists: names, types, shapes, metadata; one state, unchanging
//!          ├─ Transaction<'s>   create, replace, rename, delete, seal, set metadata; commit or abort
//!          ├─ Object<'s>        one stored thing; Table<'s>: rows that are reached by pointers;
//!          │                    Array<'s, T>: elements that more can be appended to;
//!          │                    Value<'s> ── Node<'v>: a tree that describes itself, and a place in it;
//!          │                    RecordTable<'s>: rows of one schema; HashMap<'s, K, V>: built once;
//!          │                    SortedMap<'s, K>: changed in transactions, read from snapshots
//!          └─ View<'s, T>       exported memory, WritableView<'s, T>, AnyView<'s>
//! ```
//!
//! All of them borrow the storage, so that it cannot be closed under them. An [`Array`] in a flat file or in anonymous
//! memory, a [`Table`] in memory, an unpacked [`Value`] and an unpacked [`RecordTable`] have no storage and borrow nothing.
//!
//! ```compile_fail,E0505
//! # use deltos::Storage;
//! let storage = Storage::anonymous("example")?;
//! let view = storage.object("n")?.view::<u64>()?;
//! storage.close()?; // the view lives
//! println!("{:?}", view.get(0));
//! # Ok::<(), deltos::Error>(())
//! ```
//!
//! ```compile_fail,E0597
//! # use deltos::Storage;
//! let view = {
//!     let storage = Storage::anonymous("example")?;
//!     storage.object("n")?.view::<u64>()?
//! };
//! println!("{:?}", view.get(0)); // the storage does not live
//! # Ok::<(), deltos::Error>(())
//! ```
//!
//! A transaction is changed by one thread at a time, what it lends is gone before its next change, and it ends once:
//!
//! ```compile_fail,E0277
//! # use deltos::Storage;
//! let storage = Storage::anonymous("example")?;
//! let transaction = storage.begin()?;
//! std::thread::scope(|scope| {
//!     scope.spawn(|| transaction.contains("n")); // it is not Sync
//! });
//! # Ok::<(), deltos::Error>(())
//! ```
//!
//! ```compile_fail,E0502
//! # use deltos::Storage;
//! let storage = Storage::anonymous("example")?;
//! let mut transaction = storage.begin()?;
//! let title = transaction.metadata("", "title")?;
//! transaction.set_metadata("", "title", "other")?; // what was lent would be gone
//! println!("{:?}", title);
//! # Ok::<(), deltos::Error>(())
//! ```
//!
//! ```compile_fail,E0382
//! # use deltos::{Durability, Storage};
//! let storage = Storage::anonymous("example")?;
//! let mut transaction = storage.begin()?;
//! transaction.commit(Durability::Sync)?;
//! transaction.delete("n")?; // it has ended
//! # Ok::<(), deltos::Error>(())
//! ```
//!
//! ```compile_fail,E0596
//! # use deltos::Storage;
//! # let storage = Storage::anonymous("example")?;
//! fn two_at_once(transaction: &deltos::Transaction<'_>) -> deltos::Result<()> {
//!     transaction.delete("n") // changing takes it alone
//! }
//! # Ok::<(), deltos::Error>(())
//! ```
//!
//! # Shared memory
//!
//! Memory that other threads and processes may write is not lent as `&T`, and never as `&mut T`: it is read and written by
//! atomic accesses, an element at a time ([`ReadCell`], [`SharedCell`]), as atomics ([`WritableView::atomics`]), or copied.
//! Sealed memory never changes, and is lent as `&[T]`. An object that is being created is nobody else's yet:
//! [`Transaction::create_with`] lends it as `&mut [T]`, once.
//!
//! ```compile_fail,E0594
//! # use deltos::Storage;
//! let storage = Storage::anonymous("example")?;
//! let view = storage.object("n")?.view_writable::<u64>()?;
//! view.as_slice()?[0] = 1; // not even a writable view lends &mut
//! # Ok::<(), deltos::Error>(())
//! ```
//!
//! ```compile_fail,E0599
//! # use deltos::Storage;
//! let storage = Storage::anonymous("example")?;
//! let view = storage.object("n")?.view::<u64>()?;
//! view.set(0, 1); // a view that is not writable
//! # Ok::<(), deltos::Error>(())
//! ```
//!
//! ```compile_fail,E0277
//! # use deltos::Storage;
//! let storage = Storage::anonymous("example")?;
//! let view = storage.object("n")?.view::<bool>()?; // a byte in a file may be neither 0 nor 1: see Bool
//! # Ok::<(), deltos::Error>(())
//! ```
//!
//! ```compile_fail,E0133
//! let storage = deltos::Storage::open("example.deltos")?; // others could change the file: see OpenOptions
//! # Ok::<(), deltos::Error>(())
//! ```
//!
//! # Features
//!
//! - `vendored`: compiles the C++ library and links it statically (`deltos-sys` tells how one is found otherwise);
//! - `ndarray`: sealed views as `ArrayView`, shared ones as arrays of cells or raw views, arrays
//!   as content;
//! - `bytemuck`: plain structs as elements without `unsafe`, see `Record`;
//! - `half`: `f16` and `bf16`;
//! - `serde`: whatever can be serialized as a value, and values as whatever can be deserialized, with texts and bytes
//!   borrowed where they lie: see `to_value` and `Value::deserialize`;
//! - `derive`: `#[derive(Record)]`, which makes a struct an element and a row of record tables: see [`RecordRow`].
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(missing_docs, rust_2018_idioms, unreachable_pub)]

#[cfg(not(all(target_pointer_width = "64", target_endian = "little")))]
compile_error!("Deltos needs a little-endian machine with 64-bit addresses");

mod appender;
mod array;
mod array_options;
#[cfg(feature = "ndarray")]
mod arrays;
mod arrow;
mod builder;
mod calendar;
mod cells;
mod children;
mod content;
mod decimal;
#[cfg(feature = "serde")]
mod deserialize;
#[cfg(feature = "serde")]
mod deserialize_tree;
mod dtype;
mod element;
mod error;
mod hash_map;
mod hash_map_builder;
mod hash_map_options;
mod json;
mod listing;
mod map_core;
mod map_entries;
mod map_types;
mod metadata;
#[cfg(feature = "serde")]
mod nested;
mod node;
mod numbers;
mod object;
mod options;
mod packed;
mod presence;
mod progress;
mod record_builder;
mod record_options;
mod records;
mod rows;
mod scalar;
mod schema;
#[cfg(feature = "serde")]
mod serialize;
#[cfg(feature = "serde")]
mod serialize_node;
mod show;
mod snapshot;
mod sorted_map;
mod sorted_range;
mod storage;
mod subview;
mod table;
mod text;
mod transaction;
mod transfer;
mod tree;
mod turns;
mod value;
mod values;
mod view;
mod writable;

pub use deltos_sys as sys;

/// Makes a struct of C an element of buffers and a row of record tables: see [`RecordRow`].
#[cfg(feature = "derive")]
pub use deltos_derive::Record;

pub use appender::Appender;
pub use array::{AnyArray, Array, CloseArrayError};
pub use array_options::ArrayOptions;
pub use arrow::{ArrowArray, ArrowArrayStream, ArrowSchema};
pub use builder::{Number, ValueBuilder};
pub use calendar::{Date, DateTime};
pub use cells::{ReadCell, SharedCell};
pub use children::{Elements, Pairs};
pub use content::Content;
pub use decimal::{Decimal, DecimalClass};
#[cfg(feature = "serde")]
pub use deserialize::NodeDeserializer;
pub use dtype::{describe_format, DType, ElementType, FormatInfo};
#[cfg(feature = "bytemuck")]
pub use element::Record;
pub use element::{AtomicElement, Bool, Complex, Element, Ucs4, F8E4M3, F8E5M2};
pub use error::{Error, ErrorKind, Result};
pub use hash_map::{HashMap, HashMapInfo, MapShape};
pub use hash_map_builder::HashMapBuilder;
pub use hash_map_options::{Duplicates, HashMapOptions};
pub use json::JsonStyle;
pub use listing::{Entries, Entry};
pub use map_entries::{MapEntries, MapEntry, MapKeys, MapSorted, MapValues};
pub use map_types::{KeyBytes, KeyKind, MapItem, MapItems, MapKey, MapQuery, MapRow, MapValue, MapValueKind, Raw, Row};
pub use metadata::{Metadata, MetadataValue};
pub use node::{Node, ValueKind};
pub use numbers::{ArrayRef, Numbers};
pub use object::{Advice, Object, ObjectInfo, ObjectKind};
pub use options::{Create, Mode, OpenOptions};
pub use packed::{PackedMap, PackedTable, PackedValue};
pub use presence::PresenceBits;
pub use progress::{Progress, ProgressFn};
pub use record_builder::{Column, Presence, RecordBuilder};
pub use record_options::RecordOptions;
pub use records::{Field, RecordLayout, RecordRow, RecordTable, RecordTableInfo, RowSlot};
pub use rows::{AnyRows, Rows, WritableRows};
pub use scalar::{Key, Scalar};
pub use schema::{Schema, SchemaInfo, Slot, SlotDef, SlotType};
#[cfg(feature = "serde")]
pub use serialize::{to_packed, to_value};
pub use snapshot::{CopyOptions, Snapshot};
pub use sorted_map::{MapState, SortedKey, SortedMap, SortedMapInfo, SortedPair, SortedValue};
pub use sorted_range::{KeyRange, Prefix, PrefixWithin, SortedRange};
pub use storage::{CloseError, Finding, Findings, Pin, Storage, StorageInfo, VerifyLevel};
pub use subview::{Chunks, Contiguity, Slice, Windowed, REST};
pub use table::{Table, TableAxis, TableInfo, TableShape};
pub use transaction::{CommitError, Durability, Transaction};
pub use transfer::{TransferError, ViewReader, ViewWriter};
pub use tree::{Tree, TreeArray};
pub use value::Value;
pub use view::{AnyView, View, ViewRequest};
pub use writable::WritableView;

/// The version of the library that is loaded, as in `"0.1.0"`; this crate's own is `CARGO_PKG_VERSION`.
///
/// ```
/// assert!(deltos::library_version().starts_with("0.1."));
/// ```
pub fn library_version() -> &'static str {
    // SAFETY: a static string, never NULL.
    unsafe { text::borrowed(sys::deltos_version()) }
}

/// The example in the README is compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
