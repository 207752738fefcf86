//! The operations of the corpus on tables.

use std::mem::zeroed;
use std::os::raw::c_void;
use std::ptr::null_mut;

use deltos::{sys, AnyView, Error, Table, TableAxis, TableShape, Transaction, ViewRequest};
use serde_json::Value;

use crate::fields::{bytes_of, hex, Answers, Step};
use crate::inputs::{element_type, view_request};
use crate::operations::{done, put, Aligned};
use crate::world::{loose, Thing, Trouble, World};

type Outcome = Result<Answers, Trouble>;

/// Carries a step out, unless it is another's.
pub fn perform(world: &mut World, step: &Step<'_>) -> Option<Outcome> {
    Some(match step.operation {
        "create_table" | "wrap_table" | "table_from_view" | "table_from_views" | "open_table" => {
            make(world, step).and_then(|table| put(world, step, Thing::Table(table)))
        }
        "table_info" => info(world, step),
        "table_rows" => rows(world, step),
        "table_row" => row(world, step),
        "to_dense" => dense(world, step),
        "reinterpret" | "make_readonly" => change(world, step),
        _ => return None,
    })
}

fn make(world: &mut World, step: &Step<'_>) -> Result<Table<'static>, Trouble> {
    match step.operation {
        "create_table" => with_shape(step, step.signed("rows")? as usize, |shape| {
            let elements = element_type(step)?;
            Ok(match step.optional_text("transaction")? {
                Some(name) => world.transaction(name)?.create_table_any(step.text("name")?, elements, shape)?,
                None => Table::zeros_any(elements, shape)?,
            })
        }),
        "wrap_table" => wrap(step),
        "table_from_view" => {
            let view = world.view(step.text("view")?)?;
            match step.signed("axis")? {
                0 => Ok(Table::from_view(view, TableAxis::Rows)?),
                1 => Ok(Table::from_view(view, TableAxis::Columns)?),
                other => Err(unknown_axis(view, other)),
            }
        }
        "table_from_views" => {
            let names = step.texts("views")?;
            let views: Vec<&AnyView<'static>> = names.iter().map(|name| world.view(name)).collect::<Result<_, _>>()?;
            let columns = Some(step.signed_or("columns", -1)?).filter(|&count| count != -1).map(|count| count as usize);
            Ok(Table::from_views_as(&views, columns, element_type(step)?)?)
        }
        _ => {
            let name = step.text("name")?;
            let from = step.text("from")?;
            match world.find(from)? {
                Thing::Storage(storage) => Ok(loose!(Table, storage.table(name)?)),
                Thing::Snapshot(snapshot) => Ok(snapshot.table(name)?),
                Thing::Transaction(transaction) => Ok(transaction.table(name)?),
                _ => Err(Trouble::Step(format!("{:?} cannot be read from", from))),
            }
        }
    }
}

/// Calls with the columns or lengths of a step; numbers below zero are passed on, and the library refuses them.
fn with_shape<R>(
    step: &Step<'_>,
    rows: usize,
    run: impl FnOnce(TableShape<'_>) -> Result<R, Trouble>,
) -> Result<R, Trouble> {
    match step.numbers("lengths")? {
        Some(lengths) => {
            let lengths: Vec<usize> = lengths.into_iter().map(|length| length as usize).collect();
            run(TableShape::from(&lengths))
        }
        None => run(TableShape::Rectangular(rows, step.signed_or("columns", -1)? as usize)),
    }
}

/// Creates a table with the content that a description tells of.
pub fn create_described<'s>(transaction: &mut Transaction<'s>, step: &Step<'_>) -> Result<Table<'s>, Trouble> {
    let shape = step.numbers("shape")?.unwrap_or_default();
    let rows = shape.first().map_or(0, |&rows| rows as usize);
    let (name, elements) = (step.text("name")?, element_type(step)?);
    let table = match (step.get("lengths"), shape.get(1)) {
        (None, Some(&columns)) => transaction.create_table_any(name, elements, (rows, columns as usize))?,
        _ => with_shape(step, rows, |shape| Ok(transaction.create_table_any(name, elements, shape)?))?,
    };
    let data = step.data()?;
    let mut from = &data[..];
    for row in 0..rows {
        let place = table.any_row(row, ViewRequest::FULL)?;
        if from.len() < place.nbytes() {
            return Err(Trouble::Step("there are too few bytes for the rows".into()));
        }
        let (content, rest) = from.split_at(place.nbytes());
        place.store_bytes(0, content)?;
        from = rest;
    }
    Ok(table)
}

/// What a description tells of a table.
pub fn content(table: &Table<'_>) -> Outcome {
    let (info, rows) = (table.info()?, table.any_rows(false)?);
    let shape = if info.ragged { vec![info.rows] } else { vec![info.rows, info.columns.unwrap_or(0)] };
    let data: Vec<u8> = (0..info.rows).flat_map(|row| rows.row_bytes(row).unwrap_or_default()).collect();
    Ok(vec![
        ("format", info.format.into()),
        ("dtype", info.dtype.name().into()),
        ("shape", shape.into()),
        ("lengths", rows.lengths().into()),
        ("data", hex(&data).into()),
        ("sealed", info.sealed.into()),
    ])
}

/// Rows in memory of their own, and pointers to them.
fn wrap(step: &Step<'_>) -> Result<Table<'static>, Trouble> {
    let rows = step.get("rows").and_then(Value::as_array).ok_or("there are no rows".to_owned())?;
    let rows: Vec<Aligned> =
        rows.iter().map(|row| Ok(Aligned::new(&bytes_of(row)?))).collect::<Result<_, Trouble>>()?;
    let addresses: Vec<usize> = rows.iter().map(|row| row.as_ref().as_ptr() as usize).collect();
    let (elements, readonly, count) = (element_type(step)?, step.flag("readonly")?, rows.len());
    with_shape(step, count, |shape| {
        let first = addresses.as_ptr().cast::<*mut c_void>();
        // SAFETY: the corpus gives as many elements as it says; rows and addresses live until they are released.
        Ok(unsafe { Table::wrap(first, shape, elements, readonly, move || drop((rows, addresses))) }?)
    })
}

/// Raw, because there are no other axes in Rust.
fn unknown_axis(view: &AnyView<'_>, axis: i64) -> Trouble {
    let mut table = null_mut();
    // SAFETY: the view lives; zero is a value of each field of the struct.
    let (status, detail) = unsafe {
        let mut detail: sys::deltos_error = zeroed();
        (sys::deltos_table_from_view(view.as_raw(), axis as i32, &mut table, &mut detail), detail)
    };
    if status == 0 {
        return Trouble::Step("an axis that is none was taken".into());
    }
    Trouble::Library(Error::from_raw(&detail))
}

fn info(world: &mut World, step: &Step<'_>) -> Outcome {
    let info = world.table(step.text("table")?)?.info()?;
    Ok(vec![
        ("format", info.format.into()),
        ("dtype", info.dtype.name().into()),
        ("rows", info.rows.into()),
        ("columns", info.columns.map_or((-1).into(), Value::from)),
        ("itemsize", info.itemsize.into()),
        ("exports", info.exports.into()),
        ("readonly", info.readonly.into()),
        ("ragged", info.ragged.into()),
        ("stored", info.stored.into()),
        ("sealed", info.sealed.into()),
    ])
}

fn rows(world: &mut World, step: &Step<'_>) -> Outcome {
    let rows = world.table(step.text("table")?)?.any_rows(step.flag("writable")?)?;
    let data: Vec<Value> =
        (0..rows.lengths().len()).map(|row| hex(&rows.row_bytes(row).unwrap_or_default()).into()).collect();
    let answers = vec![("lengths", rows.lengths().into()), ("rows", data.into())];
    put(world, step, Thing::View(rows.into_view()))?;
    Ok(answers)
}

fn row(world: &mut World, step: &Step<'_>) -> Outcome {
    let view = world.table(step.text("table")?)?.any_row(step.signed("row")? as usize, view_request(step)?)?;
    put(world, step, Thing::View(view))
}

fn dense(world: &mut World, step: &Step<'_>) -> Outcome {
    let view = world.table(step.text("table")?)?.to_dense()?;
    put(world, step, Thing::View(view))
}

fn change(world: &mut World, step: &Step<'_>) -> Outcome {
    let table = world.table(step.text("table")?)?;
    match step.operation {
        "reinterpret" => table.reinterpret(element_type(step)?)?,
        _ => table.make_readonly()?,
    }
    done()
}
