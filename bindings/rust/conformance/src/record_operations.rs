//! The operations of the corpus on schemas and record tables.

use std::mem::zeroed;
use std::ptr::null_mut;

use deltos::{sys, AnyView, ArrowArray, ArrowArrayStream, ArrowSchema, Error, RecordLayout, RecordOptions};
use deltos::{RecordBuilder, RecordTable, Schema, ViewRequest};
use serde_json::Value as Json;

use crate::fields::{bytes_of, hex, Answers, Step};
use crate::inputs::view_request;
use crate::operations::{done, put, Aligned};
use crate::records::{self, raw_call, Columns, Records};
use crate::trees::{build, expect};
use crate::values::Shifted;
use crate::world::{loose, Thing, Trouble, World};

type Outcome = Result<Answers, Trouble>;

/// Carries a step out, unless it is another's.
pub fn perform(world: &mut World, step: &Step<'_>) -> Option<Outcome> {
    Some(match step.operation {
        "make_schema" | "schema_of" | "nested_schema" | "unpack_schema" => make_schema(world, step),
        "schema_info" | "schema_slots" | "find_slot" | "check_schema" => tell_schema(world, step),
        "pack_schema" => pack_schema(world, step),
        "begin_records" => begin(world, step).and_then(|records| put(world, step, Thing::Records(records))),
        "add_rows" | "add_columns" => add(world, step),
        "finish_records" | "put_records" => finish(world, step),
        "pack_records" => pack(world, step),
        "unpack_records" => step.data().and_then(|data| unpack(world, step, data)),
        "open_records" => open(world, step),
        "records_info" | "read_cell" | "read_rows" | "verify_records" => tell(world, step),
        "cell_value" => value(world, step),
        "records_rows" | "records_heap" | "records_column" | "records_presence" => view(world, step),
        "arrow_of" => arrow_of(world, step),
        "records_from_arrow" => from_arrow(world, step),
        _ => return None,
    })
}

pub fn field<'a>(step: &Step<'a>, name: &str) -> Result<&'a Json, Trouble> {
    step.get(name).ok_or_else(|| Trouble::Step(format!("there is no {:?}", name)))
}

fn list<'a>(step: &Step<'a>, name: &str) -> &'a [Json] {
    step.get(name).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

/// A slot by number, or by name.
fn slot(step: &Step<'_>, schema: &Schema) -> Result<usize, Trouble> {
    match field(step, "slot")?.as_str() {
        Some(name) => schema.find(name)?.ok_or_else(|| Trouble::Step(format!("there is no slot {:?}", name))),
        None => Ok(step.number("slot")? as usize),
    }
}

// ---- schemas

fn make_schema(world: &mut World, step: &Step<'_>) -> Outcome {
    let schema = match step.operation {
        "make_schema" => records::make_schema(field(step, "schema")?)?,
        "schema_of" => world.record_table(step.text("table")?)?.schema()?,
        "nested_schema" => {
            let schema = world.schema(step.text("schema")?)?;
            schema.nested(slot(step, schema)?)?
        }
        _ => match step.get("value") {
            Some(value) => Schema::unpack(&build(value)?.pack()?)?,
            None => Schema::unpack(&step.data()?)?,
        },
    };
    put(world, step, Thing::Schema(schema))
}

fn pack_schema(world: &mut World, step: &Step<'_>) -> Outcome {
    let packed = world.schema(step.text("schema")?)?.pack()?;
    if let Some(expected) = step.get("value") {
        expect(packed.value()?.root(), expected)?;
    }
    let odd = Aligned::new(&[&[0], &packed[..]].concat());
    let schema = Schema::unpack(&odd.as_ref()[1..])?;
    put(world, step, Thing::Schema(schema))
}

fn tell_schema(world: &mut World, step: &Step<'_>) -> Outcome {
    let schema = world.schema(step.text("schema")?)?;
    match step.operation {
        "schema_info" => schema_info(schema),
        "schema_slots" => {
            let slots = schema.slots()?;
            let facts = slots.iter().map(|slot| {
                let number = |number: Option<usize>| number.map_or(-1, |number| number as i64);
                serde_json::json!({
                    "name": slot.name, "type": records::type_word(slot.slot_type), "format": slot.format,
                    "dtype": slot.dtype.name(), "flags": records::flags_of(slot), "parent": number(slot.parent),
                    "offset": slot.offset, "size": slot.size,
                    "valid_bit": number(slot.valid_bit), "null_bit": number(slot.null_bit),
                })
            });
            expect_each(list(step, "slots"), &facts.collect::<Vec<_>>())
        }
        "find_slot" => {
            let found = schema.find(step.text("name")?)?;
            Ok(vec![("slot", found.map_or(-1, |number| number as i64).into())])
        }
        _ => {
            schema.check(world.schema(step.text("writer")?)?)?;
            done()
        }
    }
}

fn schema_info(schema: &Schema) -> Outcome {
    let (info, slots) = (schema.info()?, schema.slots()?);
    let bits = slots.iter().map(|slot| usize::from(slot.valid_bit.is_some()) + usize::from(slot.null_bit.is_some()));
    let presence_offset = slots.iter().filter(|slot| slot.parent.is_none()).map(|slot| slot.offset + slot.size).max();
    Ok(vec![
        ("name", info.name.into()),
        ("version", info.version.into()),
        ("min_reader", info.min_reader.into()),
        ("metadata", hex(&info.metadata).into()),
        ("slot_count", info.slots.into()),
        ("row_bytes", info.row_bytes.into()),
        ("alignment", info.alignment.into()),
        ("presence_offset", presence_offset.into()),
        ("presence_bits", bits.sum::<usize>().into()),
    ])
}

/// Compares each of a list of expectations with what came.
fn expect_each(expected: &[Json], actual: &[Json]) -> Outcome {
    if expected.len() != actual.len() {
        return Err(Trouble::Step(format!("expected {}, got {:?}", expected.len(), actual)));
    }
    for (expected, actual) in expected.iter().zip(actual) {
        for (field, value) in expected.as_object().into_iter().flatten() {
            if actual[field] != *value {
                return Err(Trouble::Step(format!("expected {} {}, got {}", field, value, actual)));
            }
        }
    }
    done()
}

// ---- building

fn begin(world: &mut World, step: &Step<'_>) -> Result<Records, Trouble> {
    let schema = match field(step, "schema")? {
        Json::String(name) => Schema::unpack(&world.schema(name)?.pack()?)?,
        written => records::make_schema(written)?,
    };
    match step.optional_text("transaction")? {
        Some(named) => {
            let (transaction, name) = (world.transaction(named)?, step.text("name")?);
            let mut records = Records::begin(Some((transaction, name)), &schema, step)?;
            records.stored = Some((named.to_owned(), name.to_owned()));
            Ok(records)
        }
        None => Records::begin(None, &schema, step),
    }
}

fn add(world: &mut World, step: &Step<'_>) -> Outcome {
    let records = world.records(step.text("builder")?)?;
    if step.operation == "add_rows" {
        records.add_rows(list(step, "rows"), times(step)?)?;
        return done();
    }
    let (rows, written) = (step.number("rows")? as usize, list(step, "columns"));
    let mut columns = Columns::new(written.len());
    for (number, column) in written.iter().enumerate() {
        columns.set_written(number, column, rows)?;
    }
    for (number, states) in list(step, "presence").iter().enumerate() {
        columns.set_states(number, states)?;
    }
    columns.add_to(records, rows, step.get("presence").is_some())?;
    done()
}

fn times(step: &Step<'_>) -> Result<u64, Trouble> {
    step.get("times").map_or(Ok(1), |_| step.number("times"))
}

fn finish(world: &mut World, step: &Step<'_>) -> Outcome {
    let stored = if step.operation == "finish_records" {
        let records = world.records(step.text("builder")?)?;
        records.finish()?;
        records.stored.clone()
    } else {
        let records = begin(world, step)?;
        records.add_rows(list(step, "rows"), times(step)?)?;
        if records.stored.is_none() {
            return unpack(world, step, records.pack()?);
        }
        records.finish()?;
        records.stored.clone()
    };
    let (transaction, name) = stored.ok_or_else(|| Trouble::Step("a table in memory was stored".into()))?;
    if step.get("as").is_none() {
        return done();
    }
    let table = world.transaction(&transaction)?.record_table(&name)?;
    put(world, step, Thing::RecordTable(table))
}

fn pack(world: &mut World, step: &Step<'_>) -> Outcome {
    let packed = world.records(step.text("builder")?)?.pack()?;
    let answers = vec![("size", packed.len().into())];
    if step.get("as").is_none() {
        return Ok(answers);
    }
    unpack(world, step, damaged(step, packed)?)?;
    Ok(answers)
}

/// Packed bytes with what a step does to them.
pub fn damaged(step: &Step<'_>, mut packed: Vec<u8>) -> Result<Vec<u8>, Trouble> {
    for damage in list(step, "damage") {
        let (at, bytes) = (damage["at"].as_u64().unwrap_or(0) as usize, bytes_of(&damage["data"])?);
        let place = packed.get_mut(at..at + bytes.len());
        place.ok_or_else(|| Trouble::Step(format!("{} is not in the bytes", at)))?.copy_from_slice(&bytes);
    }
    packed.truncate(packed.len() - step.number("cut")? as usize);
    Ok(packed)
}

fn unpack(world: &mut World, step: &Step<'_>, bytes: Vec<u8>) -> Outcome {
    let at = step.number("at")? as usize;
    let shifted = Shifted::new(bytes, at);
    if at % 8 != 0 {
        // Raw, because the binding copies what is not aligned.
        let (data, size) = (shifted.as_ref().as_ptr().cast(), shifted.as_ref().len() as u64);
        let mut raw = null_mut();
        // SAFETY: the bytes live longer than the handle.
        unsafe {
            raw_call!(deltos_record_table_open_memory(data, size, None, null_mut(), &mut raw))?;
            sys::deltos_object_release(&mut raw);
        }
        return Err(Trouble::Step("bytes that are not aligned were taken".into()));
    }
    let table = RecordTable::unpack(shifted)?;
    put(world, step, Thing::RecordTable(table))
}

// ---- reading

/// The record table of a name, wherever "from" leads.
fn open(world: &mut World, step: &Step<'_>) -> Outcome {
    let (from, name) = (step.text("from")?, step.text("name")?);
    let table = match world.find(from)? {
        Thing::Storage(storage) => loose!(RecordTable, storage.record_table(name)?),
        Thing::Snapshot(snapshot) => snapshot.record_table(name)?,
        Thing::Transaction(transaction) => transaction.record_table(name)?,
        _ => return Err(Trouble::Step(format!("{:?} cannot be read from", from))),
    };
    put(world, step, Thing::RecordTable(table))
}

fn tell(world: &mut World, step: &Step<'_>) -> Outcome {
    let table = world.record_table(step.text("table")?)?;
    match step.operation {
        "records_info" => {
            let info = table.info()?;
            let answers = vec![
                ("layout", records::layout_word(table)?.into()),
                ("rows", info.rows.into()),
                ("slot_count", table.schema()?.info()?.slots.into()),
                ("row_bytes", info.row_bytes.into()),
                ("heap_bytes", info.heap_bytes.into()),
                ("image_bytes", info.image_bytes.into()),
                ("sealed", info.sealed.into()),
                ("writable", is_writable(table)?.into()),
            ];
            return Ok(answers);
        }
        "read_cell" => {
            let (schema, row) = (table.schema()?, step.number("row")?);
            let slot = slot(step, &schema)?;
            match step.get("cell") {
                Some(cell) => records::expect_cell(table, &schema.slots()?, row, slot, cell)?,
                None => records::read_item(table, row, slot as u64).map(drop)?,
            }
        }
        "read_rows" => records::expect_rows(table, list(step, "rows"), times(step)? as usize)?,
        _ => table.verify()?,
    }
    done()
}

/// Raw, because in Rust a column that can be written is had or refused.
fn is_writable(table: &RecordTable<'_>) -> Result<bool, Trouble> {
    // SAFETY: the handle lives; zero is a value of each field.
    unsafe {
        let mut info: sys::deltos_record_table_info = zeroed();
        info.struct_size = std::mem::size_of::<sys::deltos_record_table_info>() as u32;
        raw_call!(deltos_record_table_stat(table.as_raw(), &mut info))?;
        Ok(info.writable != 0)
    }
}

fn value(world: &mut World, step: &Step<'_>) -> Outcome {
    let table = world.record_table(step.text("table")?)?;
    let value = table.value(step.number("row")? as usize, slot(step, &table.schema()?)?)?;
    if value.is_none() != step.flag("absent")? {
        return Err(Trouble::Step(format!("expected absent to be {}", step.flag("absent")?)));
    }
    value.map_or_else(done, |value| put(world, step, Thing::Value(value)))
}

fn view(world: &mut World, step: &Step<'_>) -> Outcome {
    let table = world.record_table(step.text("table")?)?;
    let request = view_request(step)?;
    let mut offsets = None;
    let view: Option<AnyView<'static>> = match step.operation {
        "records_rows" => Some(table.any_rows(request)?),
        "records_heap" => {
            refuse(step, |view, detail| {
                // SAFETY: the handle lives.
                unsafe { sys::deltos_record_table_heap(table.as_raw(), request.bits(), view, detail) }
            })?;
            Some(table.heap()?.into_any())
        }
        "records_column" => {
            let slot = slot(step, &table.schema()?)?;
            if step.get("offsets_as").is_some() {
                let (bytes, ends) = table.bytes_column(slot)?;
                offsets = Some(ends.into_any());
                Some(bytes.into_any())
            } else {
                Some(table.any_column(slot, request)?)
            }
        }
        _ => presence(table, step, request)?,
    };
    if let (Some(offsets), Some(name)) = (offsets, step.optional_text("offsets_as")?) {
        world.put(name, Thing::View(offsets));
    }
    view.map_or_else(done, |view| put(world, step, Thing::View(view)))
}

/// Flags that the binding does not take, because it shows these to read only: raw.
fn refuse(
    step: &Step<'_>,
    call: impl FnOnce(*mut *mut sys::deltos_view, *mut sys::deltos_error) -> sys::deltos_status,
) -> Result<(), Trouble> {
    if step.get("flags").is_none() {
        return Ok(());
    }
    let mut view = null_mut();
    // SAFETY: zero is a value of each field; the view is ours.
    let mut detail: sys::deltos_error = unsafe { zeroed() };
    let status = call(&mut view, &mut detail);
    // SAFETY: as above.
    unsafe { sys::deltos_view_release(&mut view) };
    match status {
        sys::DELTOS_OK => Ok(()),
        _ => Err(Trouble::Library(Error::from_raw(&detail))),
    }
}

fn presence(
    table: &RecordTable<'static>,
    step: &Step<'_>,
    request: ViewRequest,
) -> Result<Option<AnyView<'static>>, Trouble> {
    let slot = slot(step, &table.schema()?)?;
    let is_null = step.optional_text("which")? == Some("null");
    let which = if is_null { sys::DELTOS_PRESENCE_NULL } else { sys::DELTOS_PRESENCE_VALID };
    refuse(step, |view, detail| {
        // SAFETY: the handle lives.
        unsafe { sys::deltos_record_table_presence(table.as_raw(), slot as u64, which, request.bits(), view, detail) }
    })?;
    let bits = table.presence(slot)?;
    let shown = if is_null { bits.null() } else { bits.valid() };
    if shown.is_none() != step.flag("absent")? {
        return Err(Trouble::Step(format!("expected absent to be {}", step.flag("absent")?)));
    }
    Ok(shown.map(|view| view.share(ViewRequest::FULL_RO)).transpose()?)
}

// ---- Arrow

/// The columns below a struct, depth first.
fn columns(schema: &ArrowSchema, array: &ArrowArray, found: &mut Vec<Json>) {
    for (schema, array) in schema.children().zip(array.children()) {
        found.push(serde_json::json!({
            "name": schema.name(), "format": schema.format(), "nullable": schema.is_nullable(),
            "nulls": array.null_count(),
        }));
        columns(schema, array, found);
    }
}

/// Raw, because the binding gives nothing that somebody may write or take back meanwhile.
fn arrow_of(world: &mut World, step: &Step<'_>) -> Outcome {
    let object = world.object(step.text("object")?)?.as_raw();
    let (mut schema, mut array) = (ArrowSchema::empty(), ArrowArray::empty());
    let places: (*mut ArrowSchema, *mut ArrowArray) = (&mut schema, &mut array);
    // SAFETY: the handle lives, and both places are empty.
    unsafe { raw_call!(deltos_object_to_arrow(object, places.0.cast(), places.1.cast())) }?;
    if step.get("columns").is_some() {
        let mut found = Vec::new();
        columns(&schema, &array, &mut found);
        expect_each(list(step, "columns"), &found)?;
    }
    Ok(vec![("rows", array.len().into())])
}

fn from_arrow(world: &mut World, step: &Step<'_>) -> Outcome {
    let table = world.record_table(step.text("table")?)?.as_raw();
    let mut stream = ArrowArrayStream::empty();
    let place: *mut ArrowArrayStream = &mut stream;
    // SAFETY: as above.
    unsafe { raw_call!(deltos_record_table_to_arrow_stream(table, place.cast())) }?;
    let layout = match records::layout(step)? {
        sys::DELTOS_LAYOUT_ROWS => RecordLayout::Rows,
        _ => RecordLayout::Columns,
    };
    let options = RecordOptions::new().layout(layout);
    let made = match step.optional_text("transaction")? {
        Some(transaction) => {
            let transaction = world.transaction(transaction)?;
            transaction.records_from_arrow(step.text("name")?, stream, options)?.finish()?
        }
        None => RecordTable::unpack(RecordBuilder::from_arrow(stream, options)?.pack()?)?,
    };
    put(world, step, Thing::RecordTable(made))
}
