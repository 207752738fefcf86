//! The notation of schemas and rows: what is made, and what is compared with what is there.

use std::mem::{size_of, zeroed};
use std::ptr::{null, null_mut};

use deltos::{sys, RecordTable, Schema, Slot, SlotDef, SlotType, Transaction};
use serde_json::Value as Json;

use crate::fields::{bytes_of, Step};
use crate::inputs::c_text;
use crate::trees::{build, expect, expect_item, parts, text_bytes, word};
use crate::world::Trouble;

type Outcome<T = ()> = Result<T, Trouble>;

pub const TYPES: [(&str, SlotType); 13] = [
    ("fixed", SlotType::Fixed),
    ("date", SlotType::Date),
    ("datetime", SlotType::DateTime),
    ("bytes", SlotType::Bytes),
    ("utf8", SlotType::Str),
    ("list", SlotType::List),
    ("tuple", SlotType::Tuple),
    ("set", SlotType::Set),
    ("dict", SlotType::Dict),
    ("decimal", SlotType::Decimal),
    ("ndarray", SlotType::Array),
    ("value", SlotType::Value),
    ("record", SlotType::Record),
];

pub fn type_word(slot_type: SlotType) -> &'static str {
    TYPES.iter().find(|(_, known)| *known == slot_type).map_or("?", |(word, _)| word)
}

fn holds_values(slot: &Slot) -> bool {
    let at = TYPES.iter().position(|(_, known)| *known == slot.slot_type).unwrap_or(0);
    (5..12).contains(&at)
}

fn is_item(slot: &Slot) -> bool {
    matches!(slot.slot_type, SlotType::Fixed | SlotType::Date | SlotType::DateTime)
}

fn list<'a>(owner: &'a Json, field: &str) -> &'a [Json] {
    owner[field].as_array().map_or(&[], Vec::as_slice)
}

/// Numbers of the slots on one level.
pub fn slots_in(slots: &[Slot], parent: Option<usize>) -> Vec<usize> {
    (0..slots.len()).filter(|&at| slots[at].parent == parent).collect()
}

/// Calls a function of C, and gives what it said when it failed.
macro_rules! raw_call {
    ($function:ident($($argument:expr),* $(,)?)) => {{
        let mut detail: deltos::sys::deltos_error = std::mem::zeroed();
        match deltos::sys::$function($($argument,)* &mut detail) {
            deltos::sys::DELTOS_OK => Ok(()),
            _ => Err($crate::world::Trouble::Library(deltos::Error::from_raw(&detail))),
        }
    }};
}
pub(crate) use raw_call;

// ---- schemas

pub fn make_schema(written: &Json) -> Outcome<Schema> {
    let slots = list(written, "slots");
    let nested: Vec<Option<Schema>> =
        slots.iter().map(|slot| slot.get("schema").map(make_schema).transpose()).collect::<Outcome<_>>()?;
    let defs: Vec<SlotDef<'_>> =
        slots.iter().zip(&nested).map(|(slot, nested)| slot_def(slot, nested.as_ref())).collect::<Outcome<_>>()?;
    let number = |field: &str| written[field].as_u64().unwrap_or(0) as u32;
    let metadata = written.get("metadata").map_or(Ok(Vec::new()), bytes_of)?;
    let name = written["name"].as_str().unwrap_or("");
    Ok(Schema::versioned(name, &defs, number("version"), number("min_reader"), &metadata)?)
}

fn slot_def<'d>(written: &'d Json, nested: Option<&'d Schema>) -> Outcome<SlotDef<'d>> {
    let text = |field: &str| written[field].as_str();
    let name = text("name").unwrap_or("");
    let slot_type = TYPES.iter().find(|(word, _)| Some(*word) == text("type")).map(|(_, known)| *known);
    let mut def = match (nested, text("format"), text("dtype")) {
        (Some(nested), _, _) => SlotDef::record(name, nested),
        (_, Some(format), None) => SlotDef::format(name, format),
        (_, None, Some("F64")) => SlotDef::fixed::<f64>(name),
        (_, None, Some("I32")) => SlotDef::fixed::<i32>(name),
        (_, None, None) => SlotDef::new(name, slot_type.unwrap_or(SlotType::Other)),
        _ => return Err(Trouble::Step(format!("{} is no slot that this runner makes", written))),
    };
    for flag in list(written, "flags") {
        def = match flag.as_str() {
            Some("nullable") => def.nullable(),
            Some("optional") => def.optional(),
            Some("writable") => def.writable(),
            Some("utc") => def.utc(),
            _ => return Err(Trouble::Step(format!("{} is no flag of a slot", flag))),
        };
    }
    Ok(def)
}

/// The flags of a slot, in the order of the page.
pub fn flags_of(slot: &Slot) -> Vec<&'static str> {
    let flags =
        [("nullable", slot.nullable), ("optional", slot.optional), ("writable", slot.writable), ("utc", slot.utc)];
    flags.into_iter().filter(|(_, is_set)| *is_set).map(|(word, _)| word).collect()
}

// ---- building

/// Columns and presence as C has them, and the memory that they point to. Raw, because the corpus gives items of any
/// format, and columns that cannot be.
pub struct Columns {
    columns: Vec<sys::deltos_column>,
    presence: Vec<*const u8>,
    kept: Vec<Vec<u8>>,
    slices: Vec<Vec<sys::deltos_bytes>>,
    offsets: Vec<Vec<i64>>,
}

impl Columns {
    pub fn new(count: usize) -> Columns {
        // SAFETY: numbers and pointers, of which zero is one.
        let columns = vec![unsafe { zeroed() }; count];
        Columns { columns, presence: vec![null(); count], kept: vec![], slices: vec![], offsets: vec![] }
    }

    fn keep(&mut self, mut bytes: Vec<u8>) -> *const u8 {
        bytes.push(0); // so that nothing has an address, too
        self.kept.push(bytes);
        self.kept.last().map_or(null(), |kept| kept.as_ptr())
    }

    fn set_presence(&mut self, number: usize, states: Vec<u8>) {
        self.presence[number] = self.keep(states);
    }

    pub fn set_items(&mut self, number: usize, items: Vec<u8>, count: usize, size: usize) {
        self.columns[number].data = self.keep(items).cast();
        self.columns[number].layout = sys::DELTOS_COLUMN_FIXED;
        (self.columns[number].count, self.columns[number].item_size) = (count as u64, size as u64);
    }

    pub fn set_slices(&mut self, number: usize, slices: Vec<Vec<u8>>, count: usize) {
        let slices = slices.into_iter().map(|bytes| {
            let size = bytes.len() as u64;
            sys::deltos_bytes { data: self.keep(bytes).cast(), size }
        });
        let slices: Vec<sys::deltos_bytes> = slices.collect();
        self.columns[number].layout = sys::DELTOS_COLUMN_SLICES;
        (self.columns[number].data, self.columns[number].count) = (slices.as_ptr().cast(), count as u64);
        self.slices.push(slices);
    }

    /// A column and presence as a step writes them.
    pub fn set_written(&mut self, number: usize, written: &Json, rows: usize) -> Outcome {
        let step = match written.as_object() {
            Some(_) => Step::of("add_columns", written)?,
            None => return Ok(()),
        };
        let count = if step.get("count").is_some() { step.number("count")? as usize } else { rows };
        if step.get("slices").is_some() {
            let slices = list(written, "slices").iter().map(bytes_of).collect::<Outcome<_>>()?;
            self.set_slices(number, slices, count);
            return Ok(());
        }
        self.set_items(number, step.data()?, count, step.number("size")? as usize);
        self.columns[number].stride = step.signed("stride")?;
        let dtype = step.optional_text("dtype")?.map(crate::inputs::dtype).transpose()?;
        self.columns[number].dtype = dtype.map_or(0, |dtype| dtype.code());
        if let Some(offsets) = step.numbers("offsets")? {
            self.columns[number].layout = sys::DELTOS_COLUMN_OFFSETS;
            self.columns[number].offsets = offsets.as_ptr();
            self.offsets.push(offsets);
        }
        Ok(())
    }

    pub fn set_states(&mut self, number: usize, written: &Json) -> Outcome {
        if !written.is_null() {
            self.set_presence(number, bytes_of(written)?);
        }
        Ok(())
    }

    /// Rows, of which each is a list of cells.
    pub fn of_rows(slots: &[Slot], rows: &[&Json]) -> Outcome<Columns> {
        let mut columns = Columns::new(slots.len());
        for (at, number) in slots_in(slots, None).into_iter().enumerate() {
            let cells: Vec<Option<&Json>> = rows.iter().map(|row| row.get(at)).collect();
            fill(&mut columns, slots, number, &cells)?;
        }
        Ok(columns)
    }

    pub fn len(&self) -> usize {
        self.columns.len()
    }

    pub fn as_ptr(&self) -> *const sys::deltos_column {
        self.columns.as_ptr()
    }

    pub fn presence(&self) -> *const *const u8 {
        self.presence.as_ptr()
    }

    pub fn add_to(&self, records: &Records, rows: usize, has_presence: bool) -> Outcome {
        let presence = if has_presence { self.presence.as_ptr() } else { null() };
        let (columns, count) = (self.columns.as_ptr(), self.columns.len() as u64);
        // SAFETY: the handle lives, and all that columns and presence point to.
        unsafe { raw_call!(deltos_record_table_add(records.raw, columns, presence, count, rows as u64)) }
    }
}

/// What presence says of a cell. A null in a slot of any value that may not be null is a value.
fn state_of(slot: &Slot, cell: &Json) -> u8 {
    let is_value = slot.slot_type == SlotType::Value && !slot.nullable;
    match () {
        () if cell.get("unset").is_some() => sys::DELTOS_UNSET as u8,
        () if cell.get("null").is_some() && !is_value => sys::DELTOS_NULL as u8,
        () => sys::DELTOS_PRESENT as u8,
    }
}

fn item_of(slot: &Slot, cell: &Json) -> Outcome<Vec<u8>> {
    let (kind, content, _) = parts(cell)?;
    let number = match kind {
        "bytes" => return bytes_of(content),
        "float" if slot.size == 4 => u64::from((f64::from_bits(word(content)?) as f32).to_bits()),
        "bool" => u64::from(content.as_bool() == Some(true)),
        "datetime" => (word(&content[0])? as i64 * 1_000_000 + word(&content[1])? as i64 / 1000) as u64,
        _ => word(content)?,
    };
    Ok(number.to_le_bytes()[..slot.size.min(8)].to_vec())
}

fn slice_of(slot: &Slot, cell: &Json) -> Outcome<Vec<u8>> {
    match slot.slot_type {
        // Text may be given as bytes, which may be none.
        SlotType::Bytes | SlotType::Str => cell.get("bytes").map_or_else(|| text_bytes(&cell["utf8"]), bytes_of),
        _ => Ok(build(cell)?.pack()?.to_vec()),
    }
}

/// Fills in a slot and those below it; a cell is missing where a record around it is not there.
fn fill(columns: &mut Columns, slots: &[Slot], number: usize, cells: &[Option<&Json>]) -> Outcome {
    let slot = &slots[number];
    let states: Vec<u8> = cells.iter().map(|cell| cell.map_or(0, |cell| state_of(slot, cell))).collect();
    if slot.slot_type == SlotType::Record {
        for (at, inner) in slots_in(slots, Some(number)).into_iter().enumerate() {
            let below: Vec<Option<&Json>> =
                cells.iter().map(|cell| cell.and_then(|cell| cell.get("record")).and_then(|all| all.get(at))).collect();
            fill(columns, slots, inner, &below)?;
        }
    } else {
        let there = cells.iter().zip(&states).map(|(cell, &state)| cell.filter(|_| state == 0));
        if is_item(slot) {
            let nothing = || Ok(vec![0; slot.size]);
            let items = there.map(|cell| cell.map_or_else(nothing, |cell| item_of(slot, cell)));
            columns.set_items(number, items.collect::<Outcome<Vec<_>>>()?.concat(), cells.len(), slot.size);
        } else {
            let slices = there.map(|cell| cell.map_or(Ok(Vec::new()), |cell| slice_of(slot, cell)));
            columns.set_slices(number, slices.collect::<Outcome<_>>()?, cells.len());
        }
    }
    if states.iter().any(|&state| state != 0) {
        columns.set_presence(number, states);
    }
    Ok(())
}

/// A record table that is being made. Raw, because a builder of the binding keeps its transaction from everything else.
pub struct Records {
    raw: *mut sys::deltos_builder,
    slots: Vec<Slot>,
    /// The transaction and the name that it was begun with.
    pub stored: Option<(String, String)>,
}

impl Records {
    pub fn begin(transaction: Option<(&mut Transaction<'_>, &str)>, schema: &Schema, step: &Step<'_>) -> Outcome<Self> {
        // SAFETY: numbers and pointers, of which zero is one.
        let mut options: sys::deltos_record_table_options = unsafe { zeroed() };
        options.struct_size = size_of::<sys::deltos_record_table_options>() as u32;
        options.layout = layout(step)?;
        options.memory_bytes = step.number("memory_bytes")?;
        let name = c_text(transaction.as_ref().map_or("", |(_, name)| name))?;
        let (transaction, name) = match &transaction {
            Some((transaction, _)) => (transaction.as_raw(), name.as_ptr()),
            None => (null_mut(), null()),
        };
        let (packed, mut schema_raw, mut raw) = (schema.pack()?, null_mut(), null_mut());
        // SAFETY: the handles live during the calls; the schema is a copy of its own, released at once.
        unsafe {
            raw_call!(deltos_schema_unpack(packed.as_ptr().cast(), packed.len() as u64, &mut schema_raw))?;
            let begun = raw_call!(deltos_record_table_begin(transaction, name, schema_raw, &options, &mut raw));
            sys::deltos_schema_release(&mut schema_raw);
            begun?;
        }
        Ok(Records { raw, slots: schema.slots()?, stored: None })
    }

    pub fn add_rows(&self, rows: &[Json], times: u64) -> Outcome {
        for _ in 0..times {
            let columns = Columns::of_rows(&self.slots, &rows.iter().collect::<Vec<_>>())?;
            columns.add_to(self, rows.len(), true)?;
        }
        Ok(())
    }

    pub fn finish(&self) -> Outcome {
        // SAFETY: the handle lives; no table is wanted.
        unsafe { raw_call!(deltos_record_table_finish(self.raw, null_mut())) }
    }

    pub fn pack(&self) -> Outcome<Vec<u8>> {
        let mut size = 0;
        // SAFETY: the handle lives; so many bytes are written as there is room for.
        unsafe {
            let asked = sys::deltos_record_table_pack(self.raw, null_mut(), &mut size, null_mut());
            if asked != sys::DELTOS_E_TOO_SMALL {
                raw_call!(deltos_record_table_pack(self.raw, null_mut(), &mut size))?;
            }
            let mut packed = vec![0_u8; size as usize];
            raw_call!(deltos_record_table_pack(self.raw, packed.as_mut_ptr().cast(), &mut size))?;
            Ok(packed)
        }
    }
}

impl Drop for Records {
    fn drop(&mut self) {
        // SAFETY: the handle is ours.
        unsafe { sys::deltos_builder_release(&mut self.raw) };
    }
}

pub fn layout(step: &Step<'_>) -> Outcome<i32> {
    match step.optional_text("layout")?.unwrap_or("rows") {
        "rows" => Ok(sys::DELTOS_LAYOUT_ROWS),
        "columns" => Ok(sys::DELTOS_LAYOUT_COLUMNS),
        other => Err(Trouble::Step(format!("{:?} is not a layout", other))),
    }
}

// ---- comparing

/// One cell as C reads it: the binding reads no text of tables that others may write.
pub fn read_item(table: &RecordTable<'_>, row: u64, slot: u64) -> Outcome<sys::deltos_item> {
    // SAFETY: the handle lives; zero is a value of each field.
    unsafe {
        let mut item: sys::deltos_item = zeroed();
        raw_call!(deltos_record_table_read(table.as_raw(), row, slot, &mut item))?;
        Ok(item)
    }
}

pub fn expect_cell(table: &RecordTable<'_>, slots: &[Slot], row: u64, slot: usize, cell: &Json) -> Outcome {
    let item = read_item(table, row, slot as u64)?;
    let (is_unset, is_record) = (item.kind == sys::DELTOS_VALUE_END, item.kind == sys::DELTOS_VALUE_RECORD);
    if is_unset != cell.get("unset").is_some() || is_record != cell.get("record").is_some() {
        return Err(Trouble::Step(format!("row {}, slot {}: expected {}, got kind {}", row, slot, cell, item.kind)));
    }
    if is_record {
        return expect_level(table, slots, row, Some(slot), list(cell, "record"));
    }
    if holds_values(&slots[slot]) && !is_unset && item.kind != sys::DELTOS_VALUE_NULL {
        let value = table.value(row as usize, slot)?.ok_or_else(|| Trouble::Step("there is no value".into()))?;
        return expect(value.root(), cell);
    }
    // SAFETY: what the item points to lives as long as the table.
    if is_unset {
        Ok(())
    } else {
        unsafe { expect_item(&item, cell) }
    }
}

/// What a row has on one level.
pub fn expect_level(
    table: &RecordTable<'_>,
    slots: &[Slot],
    row: u64,
    parent: Option<usize>,
    cells: &[Json],
) -> Outcome {
    let numbers = slots_in(slots, parent);
    if numbers.len() != cells.len() {
        return Err(Trouble::Step(format!("expected {} cells, got {}", cells.len(), numbers.len())));
    }
    numbers.into_iter().zip(cells).try_for_each(|(number, cell)| expect_cell(table, slots, row, number, cell))
}

pub fn expect_rows(table: &RecordTable<'_>, rows: &[Json], times: usize) -> Outcome {
    let (count, slots) = (table.info()?.rows, table.schema()?.slots()?);
    if count != rows.len() * times {
        return Err(Trouble::Step(format!("expected {} rows, got {}", rows.len() * times, count)));
    }
    (0..count).try_for_each(|row| {
        let cells = rows[row % rows.len()].as_array().map_or(&[][..], Vec::as_slice);
        expect_level(table, &slots, row as u64, None, cells)
    })
}

/// Name, type and flags of all slots that are written.
fn written_slots(written: &Json, all: &mut Vec<(String, String, Vec<String>)>) {
    let text = |value: &Json| value.as_str().unwrap_or("").to_owned();
    for slot in list(written, "slots") {
        all.push((text(&slot["name"]), text(&slot["type"]), list(slot, "flags").iter().map(text).collect()));
        written_slots(&slot["schema"], all);
    }
}

/// A table of a description, compared with it.
pub fn expect_described(table: &RecordTable<'_>, described: &Json) -> Outcome {
    let (schema, written) = (table.schema()?, &described["schema"]);
    let (info, mut wanted) = (schema.info()?, Vec::new());
    written_slots(written, &mut wanted);
    wanted.iter_mut().for_each(|(_, _, flags)| flags.sort_unstable());
    let slots = schema.slots()?;
    let found = slots.iter().map(|slot| {
        let mut flags: Vec<String> = flags_of(slot).into_iter().map(str::to_owned).collect();
        flags.sort_unstable();
        (slot.name.clone(), type_word(slot.slot_type).to_owned(), flags)
    });
    let is_same = found.eq(wanted)
        && info.name == written["name"].as_str().unwrap_or("")
        && u64::from(info.version) == written["version"].as_u64().unwrap_or(0)
        && Some(layout_word(table)?) == described["layout"].as_str();
    match is_same {
        true => expect_rows(table, list(described, "rows"), 1),
        false => Err(Trouble::Step(format!("the schema or the layout is another: {:?}", slots))),
    }
}

pub fn layout_word(table: &RecordTable<'_>) -> Outcome<&'static str> {
    match table.info()?.layout {
        deltos::RecordLayout::Rows => Ok("rows"),
        _ => Ok("columns"),
    }
}
