//! Schemas: what the records of a table have.

use std::borrow::Cow;
use std::ffi::CString;
use std::fmt;
use std::mem::{size_of, zeroed};
use std::ptr::{null, null_mut, NonNull};

use deltos_sys as sys;

use crate::error::{call, released};
use crate::packed::PackedValue;
use crate::storage::made;
use crate::text::{borrowed, with_c_str};
use crate::view::slice_of;
use crate::{DType, Element, Error, ErrorKind, RecordRow, Result};

/// What a slot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SlotType {
    /// One item of a format.
    Fixed,
    /// Days since 1970-01-01: `i32`.
    Date,
    /// Microseconds since 1970-01-01T00:00:00: `i64`.
    DateTime,
    /// Any bytes.
    Bytes,
    /// Text.
    Str,
    /// A [`Value`](crate::Value) that is a list.
    List,
    /// One that is a tuple.
    Tuple,
    /// One that is a set.
    Set,
    /// One that is a dict.
    Dict,
    /// One that is a decimal.
    Decimal,
    /// One that is an array.
    Array,
    /// One of any kind.
    Value,
    /// A record of another schema, inline.
    Record,
    /// One that this version does not know.
    Other,
}

const TYPES: [(SlotType, i32); 13] = [
    (SlotType::Fixed, sys::DELTOS_TYPE_FIXED),
    (SlotType::Date, sys::DELTOS_TYPE_DATE),
    (SlotType::DateTime, sys::DELTOS_TYPE_DATETIME),
    (SlotType::Bytes, sys::DELTOS_TYPE_BYTES),
    (SlotType::Str, sys::DELTOS_TYPE_UTF8),
    (SlotType::List, sys::DELTOS_TYPE_LIST),
    (SlotType::Tuple, sys::DELTOS_TYPE_TUPLE),
    (SlotType::Set, sys::DELTOS_TYPE_SET),
    (SlotType::Dict, sys::DELTOS_TYPE_DICT),
    (SlotType::Decimal, sys::DELTOS_TYPE_DECIMAL),
    (SlotType::Array, sys::DELTOS_TYPE_NDARRAY),
    (SlotType::Value, sys::DELTOS_TYPE_VALUE),
    (SlotType::Record, sys::DELTOS_TYPE_RECORD),
];

impl SlotType {
    fn code(self) -> i32 {
        TYPES.iter().find(|(known, _)| *known == self).map_or(-1, |(_, code)| *code)
    }

    fn of(code: i32) -> SlotType {
        TYPES.iter().find(|(_, known)| *known == code).map_or(SlotType::Other, |(found, _)| *found)
    }
}

type FormatOf = fn() -> Cow<'static, str>;

/// A slot to be: a name and a type, and whether there is always a value.
///
/// ```
/// use deltos::{SlotDef, SlotType};
/// let height = SlotDef::fixed::<f64>("height");
/// let name = SlotDef::new("name", SlotType::Str).nullable();
/// # drop((height, name));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct SlotDef<'d> {
    name: &'d str,
    slot_type: SlotType,
    format: Option<&'d str>,
    element: Option<(DType, FormatOf)>,
    schema: Option<&'d Schema>,
    flags: u32,
}

impl<'d> SlotDef<'d> {
    /// A slot of a type that says all: text, bytes, days, times and values.
    pub fn new(name: &'d str, slot_type: SlotType) -> Self {
        SlotDef { name, slot_type, format: None, element: None, schema: None, flags: 0 }
    }

    /// A slot of elements.
    pub fn fixed<T: Element>(name: &'d str) -> Self {
        SlotDef { element: Some((T::DTYPE, T::format)), ..SlotDef::new(name, SlotType::Fixed) }
    }

    /// A slot of items of a format: `"16s"`, `"(3,4)f"`, `"T{...}"`.
    pub fn format(name: &'d str, format: &'d str) -> Self {
        SlotDef { format: Some(format), ..SlotDef::new(name, SlotType::Fixed) }
    }

    /// A slot of records, inline.
    pub fn record(name: &'d str, schema: &'d Schema) -> Self {
        SlotDef { schema: Some(schema), ..SlotDef::new(name, SlotType::Record) }
    }

    /// It may be null.
    #[must_use]
    pub fn nullable(mut self) -> Self {
        self.flags |= sys::DELTOS_SLOT_NULLABLE;
        self
    }

    /// It may be unset, as if the record had no such slot.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.flags |= sys::DELTOS_SLOT_OPTIONAL;
        self
    }

    /// It can be changed in place; then the table is not sealed.
    #[must_use]
    pub fn writable(mut self) -> Self {
        self.flags |= sys::DELTOS_SLOT_WRITABLE;
        self
    }

    /// Of times: they are instants, and not what a clock shows.
    #[must_use]
    pub fn utc(mut self) -> Self {
        self.flags |= sys::DELTOS_SLOT_UTC;
        self
    }
}

/// A slot of a schema, and where it lies in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Slot {
    /// Its name, once in its schema.
    pub name: String,
    /// What it holds.
    pub slot_type: SlotType,
    /// Of what has a format, the format; of a record the name of its schema; else empty.
    pub format: String,
    /// The type of one element; `Other` for what has none.
    pub dtype: DType,
    /// It may be null.
    pub nullable: bool,
    /// It may be unset.
    pub optional: bool,
    /// It can be changed in place.
    pub writable: bool,
    /// Its times are instants.
    pub utc: bool,
    /// The number of the record that it is in.
    pub parent: Option<usize>,
    /// The bit that says whether there is a value, counted from the start of the presence bytes of a row.
    pub valid_bit: Option<usize>,
    /// The bit that says whether there is null where there is no value.
    pub null_bit: Option<usize>,
    /// In a row, in bytes.
    pub offset: usize,
    /// In a row, in bytes.
    pub size: usize,
}

impl Slot {
    /// # Safety
    /// The schema that lent it lives.
    unsafe fn of(raw: &sys::deltos_slot) -> Slot {
        let has = |flag| raw.flags & flag != 0;
        Slot {
            name: borrowed(raw.name).to_owned(),
            slot_type: SlotType::of(raw.r#type),
            format: borrowed(raw.format).to_owned(),
            dtype: DType::of(raw.dtype),
            nullable: has(sys::DELTOS_SLOT_NULLABLE),
            optional: has(sys::DELTOS_SLOT_OPTIONAL),
            writable: has(sys::DELTOS_SLOT_WRITABLE),
            utc: has(sys::DELTOS_SLOT_UTC),
            parent: usize::try_from(raw.parent).ok(),
            valid_bit: usize::try_from(raw.valid_bit).ok(),
            null_bit: usize::try_from(raw.null_bit).ok(),
            offset: raw.offset as usize,
            size: raw.size as usize,
        }
    }
}

/// What a schema is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SchemaInfo {
    /// What records of it are called.
    pub name: String,
    /// The program's own count.
    pub version: u32,
    /// Readers with a schema of a smaller version are refused.
    pub min_reader: u32,
    /// Any bytes that came with it.
    pub metadata: Vec<u8>,
    /// Slots of all levels.
    pub slots: usize,
    /// Of a row in layout rows.
    pub row_bytes: usize,
    /// Of a row.
    pub alignment: usize,
}

/// The slots that records of a table have: names and types. Slots are numbered through all levels, a record before what it
/// has.
///
/// ```
/// use deltos::{Schema, SlotDef, SlotType};
///
/// let tree = Schema::new("tree", &[SlotDef::fixed::<f64>("height"), SlotDef::new("name", SlotType::Str)])?;
/// assert_eq!(tree.find("name")?, Some(1));
/// assert_eq!(tree.slots()?[0].format, "d");
/// let taller = Schema::new("tree", &[SlotDef::fixed::<f32>("height")])?;
/// assert!(taller.check(&tree).unwrap_err().message().contains("height"));
/// # Ok::<(), deltos::Error>(())
/// ```
pub struct Schema {
    raw: NonNull<sys::deltos_schema>,
}

// SAFETY: a schema is immutable, and nothing ties it to a thread.
unsafe impl Send for Schema {}
// SAFETY: as above.
unsafe impl Sync for Schema {}

impl Schema {
    /// Makes a schema of version 0, without metadata.
    ///
    /// # Errors
    /// [`Duplicate`](ErrorKind::Duplicate), [`Format`](ErrorKind::Format), [`Invalid`](ErrorKind::Invalid) for a name or
    /// flag that cannot be, [`Limit`](ErrorKind::Limit); the message names the slot.
    pub fn new(name: &str, slots: &[SlotDef<'_>]) -> Result<Schema> {
        Schema::versioned(name, slots, 0, 0, &[])
    }

    /// Makes a schema with a version, the smallest version of a reader that it accepts, and metadata of any bytes.
    ///
    /// # Errors
    /// As [`new`](Schema::new).
    pub fn versioned(
        name: &str,
        slots: &[SlotDef<'_>],
        version: u32,
        min_reader: u32,
        metadata: &[u8],
    ) -> Result<Self> {
        // SAFETY: numbers and pointers, of which zero is one.
        let mut options: sys::deltos_schema_options = unsafe { zeroed() };
        options.struct_size = size_of::<sys::deltos_schema_options>() as u32;
        (options.version, options.min_reader) = (version, min_reader);
        (options.metadata, options.metadata_size) = (metadata.as_ptr().cast(), metadata.len() as u64);
        let texts = |text: &str| CString::new(text).map_err(|_| Error::new(ErrorKind::Invalid, "a NUL byte in a slot"));
        let names: Vec<CString> = slots.iter().map(|slot| texts(slot.name)).collect::<Result<_>>()?;
        let formats: Vec<Option<CString>> = slots
            .iter()
            .map(|slot| match (slot.format, slot.element) {
                (Some(format), _) => texts(format).map(Some),
                (None, Some((dtype, format))) if !dtype.is_whole() => texts(&format()).map(Some),
                _ => Ok(None),
            })
            .collect::<Result<_>>()?;
        let raw: Vec<sys::deltos_slot> = (0..slots.len())
            .map(|at| {
                let slot = &slots[at];
                // SAFETY: numbers and pointers, of which zero is one.
                let mut raw: sys::deltos_slot = unsafe { zeroed() };
                raw.name = names[at].as_ptr();
                raw.format = formats[at].as_ref().map_or(null(), |format| format.as_ptr());
                raw.schema = slot.schema.map_or(null(), |schema| schema.raw.as_ptr());
                raw.r#type = slot.slot_type.code();
                raw.dtype = slot.element.map_or(0, |(dtype, _)| if dtype.is_whole() { dtype.code() } else { 0 });
                raw.flags = slot.flags;
                raw
            })
            .collect();
        let mut made_raw = null_mut();
        with_c_str(name, |name| {
            // SAFETY: all that is passed lives during the call.
            unsafe { call!(deltos_schema_make(name, raw.as_ptr(), raw.len() as u64, &options, &mut made_raw)) }
        })?;
        Ok(Schema { raw: made(made_raw)? })
    }

    /// The schema of a struct's fields.
    ///
    /// # Errors
    /// As [`new`](Schema::new).
    pub fn of<T: RecordRow>() -> Result<Schema> {
        let slots = T::slots();
        let name = std::any::type_name::<T>().rsplit("::").next().unwrap_or("");
        Schema::new(name, &slots.iter().map(|slot| slot.def()).collect::<Vec<_>>())
    }

    pub(crate) fn adopt(raw: *mut sys::deltos_schema) -> Result<Schema> {
        Ok(Schema { raw: made(raw)? })
    }

    pub(crate) fn as_ptr(&self) -> *const sys::deltos_schema {
        self.raw.as_ptr()
    }

    /// What the schema is.
    ///
    /// # Errors
    /// None that a program need care about.
    pub fn info(&self) -> Result<SchemaInfo> {
        // SAFETY: numbers and pointers, of which zero is one; the handle lives, and what it lends.
        unsafe {
            let mut raw: sys::deltos_schema_info = zeroed();
            raw.struct_size = size_of::<sys::deltos_schema_info>() as u32;
            call!(deltos_schema_stat(self.as_ptr(), &mut raw))?;
            Ok(SchemaInfo {
                name: borrowed(raw.name).to_owned(),
                version: raw.version,
                min_reader: raw.min_reader,
                metadata: slice_of(raw.metadata.cast(), raw.metadata_size as usize).to_vec(),
                slots: raw.slots as usize,
                row_bytes: raw.row_bytes as usize,
                alignment: raw.alignment as usize,
            })
        }
    }

    /// The slots of all levels, by number.
    ///
    /// # Errors
    /// None that a program need care about.
    pub fn slots(&self) -> Result<Vec<Slot>> {
        let room = self.info()?.slots;
        let mut count = 0;
        let mut raw: Vec<sys::deltos_slot> = Vec::with_capacity(room);
        // SAFETY: there is room for all; as many are filled in as are told, and what they point to lives with the schema.
        unsafe {
            call!(deltos_schema_slots(self.as_ptr(), raw.as_mut_ptr(), room as u64, &mut count))?;
            raw.set_len(room.min(count as usize));
            Ok(raw.iter().map(|slot| Slot::of(slot)).collect())
        }
    }

    /// The number of a slot; one within records is named by all names on the way: `"place.x"`.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) for a name with a NUL.
    pub fn find(&self, name: &str) -> Result<Option<usize>> {
        let mut index = -1;
        // SAFETY: the handle lives, and the name during the call.
        with_c_str(name, |name| unsafe { call!(deltos_schema_find(self.as_ptr(), name, &mut index)) })?;
        Ok(usize::try_from(index).ok())
    }

    /// The schema of a slot that holds records.
    ///
    /// # Errors
    /// [`Range`](ErrorKind::Range), [`Type`](ErrorKind::Type) when it holds something else.
    pub fn nested(&self, slot: usize) -> Result<Schema> {
        let mut raw = null_mut();
        // SAFETY: the handle lives.
        unsafe { call!(deltos_schema_nested(self.as_ptr(), slot as u64, &mut raw)) }?;
        Schema::adopt(raw)
    }

    /// Whether a program that knows records by this schema can read those of another one. What both have is of the same
    /// type; what the other one lacks may be missing here; more slots, their order and their places do not matter.
    ///
    /// # Errors
    /// [`Type`](ErrorKind::Type): it cannot; the message names slot and reason.
    pub fn check(&self, writer: &Schema) -> Result<()> {
        // SAFETY: both handles live.
        unsafe { call!(deltos_schema_check(self.as_ptr(), writer.as_ptr())) }
    }

    /// The schema as bytes, which are a [`Value`](crate::Value).
    ///
    /// # Errors
    /// [`NoMemory`](ErrorKind::NoMemory).
    ///
    /// ```
    /// # use deltos::{Schema, SlotDef};
    /// let packed = Schema::new("point", &[SlotDef::fixed::<f32>("x")])?.pack()?;
    /// assert_eq!(Schema::unpack(&packed)?.info()?.name, "point");
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn pack(&self) -> Result<PackedValue> {
        // SAFETY: the handle lives, and there is so much room.
        PackedValue::written(|data, size| unsafe { call!(deltos_schema_pack(self.as_ptr(), data, size)) })
    }

    /// Reads what [`pack`](Schema::pack) has written.
    ///
    /// # Errors
    /// [`NotDeltos`](ErrorKind::NotDeltos), [`Corrupt`](ErrorKind::Corrupt), [`Feature`](ErrorKind::Feature).
    pub fn unpack(packed: &[u8]) -> Result<Schema> {
        let mut raw = null_mut();
        // SAFETY: the bytes live during the call.
        unsafe { call!(deltos_schema_unpack(packed.as_ptr().cast(), packed.len() as u64, &mut raw)) }?;
        Schema::adopt(raw)
    }
}

released! { deltos_schema_release, Schema }

impl fmt::Debug for Schema {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.slots().unwrap_or_default().into_iter().map(|slot| slot.name).collect();
        out.debug_struct("Schema").field("slots", &names).finish_non_exhaustive()
    }
}
