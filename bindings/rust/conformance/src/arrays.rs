//! The operations of the corpus on growable arrays.

use deltos::{AnyArray, ArrayOptions, ViewRequest};
use serde_json::Value;

use crate::fields::{hex, Answers, Step};
use crate::inputs::element_type;
use crate::operations::{create, done, mode, put};
use crate::world::{loose, Thing, Trouble, World};

type Outcome = Result<Answers, Trouble>;

/// Carries a step out, unless it is another's.
pub fn perform(world: &mut World, step: &Step<'_>) -> Option<Outcome> {
    Some(match step.operation {
        "create_array" | "open_array" | "open_array_file" | "open_array_anonymous" | "open_array_fd" => {
            open(world, step).and_then(|array| put(world, step, Thing::Array(array)))
        }
        "close_array" => close(world, step),
        "array_info" | "array_content" => tell(world, step),
        "append" | "append_in_place" | "extend" | "insert" | "remove" => change(world, step),
        "resize" | "reserve" | "shrink" | "clear" | "reverse" | "byteswap" | "flush" => treat(world, step),
        _ => return None,
    })
}

fn open(world: &mut World, step: &Step<'_>) -> Result<AnyArray<'static>, Trouble> {
    if step.operation == "open_array" {
        return open_stored(world, step);
    }
    let options = ArrayOptions::new()
        .mode(mode(step.optional_text("mode")?.unwrap_or("read"))?)
        .create(create(step.optional_text("create")?.unwrap_or("never"))?)
        .capacity(step.number("capacity")?)
        .max_bytes(step.number("max_bytes")?);
    match step.operation {
        "create_array" => {
            let transaction = world.transaction(step.text("transaction")?)?;
            Ok(options.create_in_any(transaction, step.text("name")?, element_type(step)?)?)
        }
        // SAFETY: the corpus cuts files of its own only where nothing is read afterwards.
        "open_array_file" => Ok(unsafe { options.open_file_any(step.text("path")?, element_type(step)?) }?),
        "open_array_anonymous" => Ok(options.open_anonymous_any(element_type(step)?)?),
        _ => {
            let array = world.array(step.text("array")?)?;
            // SAFETY: nobody writes to it but Deltos.
            Ok(unsafe { options.open_fd(array.fd()?) }?)
        }
    }
}

fn open_stored(world: &mut World, step: &Step<'_>) -> Result<AnyArray<'static>, Trouble> {
    let (from, name) = (step.text("from")?, step.text("name")?);
    match world.find(from)? {
        Thing::Storage(storage) => Ok(loose!(AnyArray, storage.array_any(name)?)),
        Thing::Snapshot(snapshot) => Ok(snapshot.array_any(name)?),
        Thing::Transaction(transaction) => Ok(transaction.array_any(name)?),
        _ => Err(Trouble::Step(format!("{:?} cannot be read from", from))),
    }
}

fn close(world: &mut World, step: &Step<'_>) -> Outcome {
    let name = step.text("array")?;
    let array = match world.take(name)? {
        Thing::Array(array) => array,
        _ => return Err(Trouble::Step(format!("{:?} is not an array", name))),
    };
    match array.close() {
        Ok(()) => done(),
        Err(refused) => {
            let error = refused.error().clone();
            world.put(name, Thing::Array(refused.into_array()));
            Err(error.into())
        }
    }
}

fn tell(world: &mut World, step: &Step<'_>) -> Outcome {
    let array = world.array(step.text("array")?)?;
    if step.operation == "array_info" {
        let capacity = (array.capacity() as u64).min(step.number("capacity_at_least")?);
        return Ok(vec![("count", array.len().into()), ("capacity_at_least", capacity.into())]);
    }
    let view = array.any_view(ViewRequest::FULL_RO)?;
    let count = view.shape().and_then(|shape| shape.first().copied());
    let data = hex(&view.to_bytes()?);
    Ok(vec![("format", view.format().into()), ("count", count.into()), ("data", data.into())])
}

fn change(world: &mut World, step: &Step<'_>) -> Outcome {
    let name = step.text("array")?;
    if step.operation == "extend" {
        // The view pins what it shows by itself, so that a second one of it may be borrowed beside the array.
        let items = world.view(step.text("view")?)?.share(ViewRequest::FULL_RO)?;
        world.array(name)?.extend_from(&items)?;
        return done();
    }
    let array = world.array(name)?;
    match step.operation {
        "append" => array.append_bytes(&step.data()?)?,
        "append_in_place" => {
            let data = step.data()?;
            let itemsize = array.info()?.itemsize.max(1) as usize;
            if data.len() % itemsize != 0 {
                return Err(Trouble::Step("these bytes are no elements".into()));
            }
            array.append_with(data.len() / itemsize, |room| {
                room.iter().zip(&data).for_each(|(place, &byte)| place.store(byte));
            })?;
        }
        "insert" => array.insert_bytes(step.signed("index")? as isize, &step.data()?)?,
        _ => {
            let removed = array.remove_bytes(step.signed("index")? as isize, step.number("count")? as usize)?;
            return Ok(vec![("data", Value::from(hex(&removed)))]);
        }
    }
    done()
}

fn treat(world: &mut World, step: &Step<'_>) -> Outcome {
    let array = world.array(step.text("array")?)?;
    match step.operation {
        "resize" => array.resize(step.number("count")? as usize)?,
        "reserve" => {
            let additional = step.number("capacity")?.saturating_sub(array.len() as u64);
            array.reserve(additional as usize)?;
        }
        "shrink" => array.shrink_to_fit()?,
        "clear" => array.clear()?,
        "reverse" => array.reverse()?,
        "byteswap" => array.byteswap()?,
        _ if step.flag("durable")? => array.sync()?,
        _ => array.flush()?,
    }
    done()
}
