//! The operations of the corpus on views and their elements.

use std::fs::{File, OpenOptions as FileOptions};
use std::mem::{size_of, zeroed};
use std::ptr::{null, null_mut};
use std::sync::atomic::Ordering;

use deltos::{sys, AnyView, Error, Slice};
use serde_json::Value;

use crate::fields::{hex, Answers, Step};
use crate::inputs::{c_text, element_type};
use crate::operations::{done, put, Aligned};
use crate::world::{Thing, Trouble, World};

type Outcome = Result<Answers, Trouble>;

/// Carries a step out, unless it is another's.
pub fn perform(world: &mut World, step: &Step<'_>) -> Option<Outcome> {
    Some(match step.operation {
        "memory" => memory(step).and_then(|view| put(world, step, Thing::View(view))),
        "slice" | "window" | "transpose" | "reshape" | "cast" => {
            part(world, step).and_then(|view| put(world, step, Thing::View(view)))
        }
        "contiguity" | "content" | "copy" | "equal" | "compare" | "gather" | "read_into" | "write_from" => {
            whole(world, step)
        }
        "fill" | "find" | "count" | "get" | "set" => elements(world, step),
        "atomic_load" | "atomic_store" | "atomic_add" | "atomic_compare_exchange" => atomic(world, step),
        _ => return None,
    })
}

/// Memory of the program's own, wrapped: by its layout, since it may be one that cannot be.
fn memory(step: &Step<'_>) -> Result<AnyView<'static>, Trouble> {
    let memory = Aligned::new(&step.data()?);
    let elements = element_type(step)?;
    let format = elements.format.map(c_text).transpose()?;
    let (shape, strides) = (step.numbers("shape")?.unwrap_or_default(), step.numbers("strides")?);
    // SAFETY: numbers and pointers, of which zero is one.
    let mut layout: sys::deltos_view = unsafe { zeroed() };
    layout.struct_size = size_of::<sys::deltos_view>() as u32;
    layout.ndim = shape.len() as i32;
    layout.dtype = elements.dtype.code();
    layout.readonly = u8::from(step.flag("readonly")?);
    layout.data = memory.as_ref().as_ptr().wrapping_add(step.number("start")? as usize) as *mut _;
    layout.format = format.as_ref().map_or(null(), |format| format.as_ptr());
    layout.shape = shape.as_ptr();
    layout.strides = strides.as_ref().map_or(null(), |strides| strides.as_ptr());
    // SAFETY: the corpus describes memory within its bytes, which live until they are released.
    Ok(unsafe { AnyView::wrap(&layout, move || drop(memory)) }?)
}

fn slice(given: &Value) -> Result<Slice, Trouble> {
    let number = |field: &str| given.get(field).and_then(Value::as_i64).map(|number| number as isize);
    let known = |field: &String| matches!(field.as_str(), "index" | "start" | "stop" | "step");
    if !given.as_object().map_or(false, |fields| fields.keys().all(known)) {
        return Err(Trouble::Step(format!("{} is not a slice", given)));
    }
    Ok(match number("index") {
        Some(index) => Slice::from(index),
        None => Slice::between(number("start"), number("stop")).step(number("step").unwrap_or(1)),
    })
}

fn sizes(step: &Step<'_>, field: &str) -> Result<Vec<usize>, Trouble> {
    // Numbers below zero are passed on as they are: the library refuses them.
    Ok(step.numbers(field)?.unwrap_or_default().into_iter().map(|number| number as usize).collect())
}

fn part(world: &World, step: &Step<'_>) -> Result<AnyView<'static>, Trouble> {
    let view = world.view(step.text("view")?)?;
    Ok(match step.operation {
        "slice" => {
            let slices = step.get("slices").and_then(Value::as_array).ok_or("there are no slices".to_owned())?;
            view.slice(&slices.iter().map(slice).collect::<Result<Vec<_>, _>>()?)?
        }
        "window" => {
            let (offset, length) = (step.signed("offset")?, step.signed("length")?);
            if length < 0 {
                return Err(negative_window(view, offset, length));
            }
            view.window(offset as usize, length as usize)?
        }
        "transpose" if step.get("axes").is_none() => view.transpose()?,
        "transpose" => view.permute(&sizes(step, "axes")?)?,
        "reshape" => view.reshape(&sizes(step, "shape")?)?,
        _ => view.cast(element_type(step)?)?,
    })
}

/// Raw, because lengths are `usize` in Rust.
fn negative_window(view: &AnyView<'_>, offset: i64, length: i64) -> Trouble {
    let mut out = null_mut();
    // SAFETY: the view lives; zero is a value of each field of the struct.
    let (status, detail) = unsafe {
        let mut detail: sys::deltos_error = zeroed();
        (sys::deltos_view_window(view.as_raw(), offset, length, &mut out, &mut detail), detail)
    };
    if status == 0 {
        return Trouble::Step("a negative length was taken".into());
    }
    Trouble::Library(Error::from_raw(&detail))
}

fn whole(world: &World, step: &Step<'_>) -> Outcome {
    let view = |field: &str| world.view(step.text(field)?);
    Ok(match step.operation {
        "contiguity" => {
            let found = view("view")?.contiguity()?;
            vec![("c", found.c.into()), ("f", found.f.into())]
        }
        "content" => {
            let view = view("view")?;
            let shape = view.shape().unwrap_or(&[]);
            let data = hex(&view.to_bytes()?);
            vec![("format", view.format().into()), ("shape", shape.into()), ("data", data.into())]
        }
        "copy" => {
            view("target")?.copy_from(view("source")?)?;
            Vec::new()
        }
        "equal" => vec![("equal", view("view")?.values_equal(view("other")?)?.into())],
        "compare" => {
            let order = match view("view")?.compare_values(view("other")?)? {
                Some(std::cmp::Ordering::Less) => "less",
                Some(std::cmp::Ordering::Equal) => "equal",
                Some(std::cmp::Ordering::Greater) => "greater",
                None => "unordered",
            };
            vec![("order", order.into())]
        }
        "gather" => {
            view("source")?.gather_into(&sizes(step, "rows")?, view("target")?)?;
            Vec::new()
        }
        "read_into" => {
            let file = File::open(step.text("path")?)?;
            let bytes = view("view")?.read_fd(&file, offset(step)?).map_err(Error::from)?;
            vec![("bytes", bytes.into())]
        }
        _ => {
            let file = FileOptions::new().write(true).create(true).truncate(false).open(step.text("path")?)?;
            let bytes = view("view")?.write_fd(&file, offset(step)?).map_err(Error::from)?;
            vec![("bytes", bytes.into())]
        }
    })
}

fn offset(step: &Step<'_>) -> Result<Option<u64>, Trouble> {
    Ok(match step.get("at") {
        Some(_) => Some(step.signed("at")?).filter(|&at| at != -1).map(|at| at as u64),
        None => None,
    })
}

fn elements(world: &World, step: &Step<'_>) -> Outcome {
    let view = world.view(step.text("view")?)?;
    match step.operation {
        "fill" => view.fill_bytes(&step.data()?)?,
        "find" => {
            let found = view.find_bytes(&step.data()?, step.signed("start")? as usize)?;
            return Ok(vec![("index", found.map_or((-1).into(), Value::from))]);
        }
        "count" => return Ok(vec![("count", view.count_bytes(&step.data()?)?.into())]),
        "get" => return get(view, step),
        _ => set(view, step)?,
    }
    done()
}

fn get(view: &AnyView<'_>, step: &Step<'_>) -> Outcome {
    let index = sizes(step, "index")?;
    let data = match step.text("type")? {
        "i64" => hex(&view.get_i64(&index)?.to_le_bytes()),
        "u64" => hex(&view.get_u64(&index)?.to_le_bytes()),
        "f64" => hex(&view.get_f64(&index)?.to_le_bytes()),
        "bytes" => {
            let mut item = vec![0; view.itemsize()];
            view.get_bytes(&index, &mut item)?;
            hex(&item)
        }
        other => return Err(Trouble::Step(format!("{:?} is not a type of number", other))),
    };
    Ok(vec![("data", data.into())])
}

fn set(view: &AnyView<'_>, step: &Step<'_>) -> Result<(), Trouble> {
    let (index, data) = (sizes(step, "index")?, step.data()?);
    let kind = step.text("type")?;
    if kind == "bytes" {
        return Ok(view.set_bytes(&index, &data)?);
    }
    let bytes: [u8; 8] = data.try_into().map_err(|_| "a number has 8 bytes".to_owned())?;
    match kind {
        "i64" => view.set_i64(&index, i64::from_le_bytes(bytes))?,
        "u64" => view.set_u64(&index, u64::from_le_bytes(bytes))?,
        "f64" => view.set_f64(&index, f64::from_le_bytes(bytes))?,
        other => return Err(Trouble::Step(format!("{:?} is not a type of number", other))),
    }
    Ok(())
}

fn atomic(world: &World, step: &Step<'_>) -> Outcome {
    let view = world.view(step.text("view")?)?;
    let index = sizes(step, "index")?;
    let order = match step.optional_text("order")?.unwrap_or("seq-cst") {
        "relaxed" => Ordering::Relaxed,
        "acquire" => Ordering::Acquire,
        "release" => Ordering::Release,
        "acq-rel" => Ordering::AcqRel,
        "seq-cst" => Ordering::SeqCst,
        other => return Err(Trouble::Step(format!("{:?} is not a memory order", other))),
    };
    match step.operation {
        "atomic_load" => {
            let mut item = vec![0; view.itemsize()];
            view.atomic_load_bytes(&index, order, &mut item)?;
            Ok(vec![("data", hex(&item).into())])
        }
        "atomic_store" => {
            view.atomic_store_bytes(&index, order, &step.data()?)?;
            done()
        }
        "atomic_add" => {
            let mut item = step.data()?;
            view.atomic_add_bytes(&index, order, &mut item)?;
            Ok(vec![("previous", hex(&item).into())])
        }
        _ => {
            let mut item = step.bytes("expected")?;
            let exchanged = view.atomic_compare_exchange_bytes(&index, order, &mut item, &step.data()?)?;
            Ok(vec![("exchanged", exchanged.into()), ("previous", hex(&item).into())])
        }
    }
}
