//! The operations of the corpus: those that tell something.

use deltos::{
    describe_format, AnyView, Entries, Metadata, Mode, Object, ObjectInfo, ObjectKind, VerifyLevel, ViewRequest,
};
use serde_json::{json, Value};

use crate::fields::{hex, Answers, Step};
use crate::inputs::Watch;
use crate::world::{loose, Thing, Trouble, World};
use crate::{map_operations, operations, sorted_operations, values};

type Outcome = Result<Answers, Trouble>;

/// Carries a step out, and tells what may be expected of it.
pub fn perform(world: &mut World, step: &Step<'_>) -> Outcome {
    match step.operation {
        "storage_info" => storage_info(world, step),
        "verify" => verify(world, step),
        "pins" => pins(world, step),
        "refresh" => {
            let changed = world.snapshot(step.text("snapshot")?)?.refresh()?;
            Ok(vec![("changed", changed.into())])
        }
        "metadata" => metadata(world, step),
        "metadata_keys" => metadata_keys(world, step),
        "list" => list(world, step),
        "object" => {
            let object = open_object(world, step)?;
            let thing = match object.info()?.kind {
                ObjectKind::Value => values::of_name(world, step)?.map_or(Thing::Object(object), Thing::Value),
                ObjectKind::HashMap => Thing::HashMap(map_operations::of_name(world, step)?),
                ObjectKind::SortedMap => Thing::Sorted(sorted_operations::of_name(world, step)?),
                _ => Thing::Object(object),
            };
            operations::put(world, step, thing)
        }
        "object_info" => Ok(object_info(world.object(step.text("object")?)?.info()?)),
        "refresh_object" => {
            let changed = world.refresh_object(step.text("object")?)?;
            Ok(vec![("changed", changed.into())])
        }
        "view_info" => Ok(view_info(world.view(step.text("view")?)?)),
        "load" => {
            let mut bytes = step.data()?;
            world.view(step.text("view")?)?.load_bytes(step.number("at")? as usize, &mut bytes)?;
            Ok(vec![("data", hex(&bytes).into())])
        }
        "read" => {
            let object = open_object(world, step)?;
            content(&object)
        }
        "describe" => describe(step),
        "file" => {
            let bytes = std::fs::read(step.text("path")?)?;
            Ok(vec![("size", bytes.len().into()), ("data", hex(&bytes).into())])
        }
        other => Err(Trouble::Step(format!("{:?} is not an operation that this runner knows", other))),
    }
}

pub fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::InPlace => "in-place",
        Mode::Write => "write",
        Mode::Static => "static",
        _ => "read",
    }
}

fn storage_info(world: &mut World, step: &Step<'_>) -> Outcome {
    let info = world.storage(step.text("storage")?)?.info()?;
    Ok(vec![
        ("mode", mode_word(info.mode).into()),
        ("object_count", info.object_count.into()),
        ("snapshot_count", info.snapshot_count.into()),
        ("view_count", info.view_count.into()),
        ("transaction_id", info.transaction_id.into()),
        ("sparse", info.sparse.into()),
        ("format_major", info.format.0.into()),
        ("format_minor", info.format.1.into()),
    ])
}

fn verify(world: &mut World, step: &Step<'_>) -> Outcome {
    let level = match step.text("level")? {
        "struct" => VerifyLevel::Struct,
        "full" => VerifyLevel::Full,
        other => return Err(Trouble::Step(format!("{:?} is not a level", other))),
    };
    let storage = world.storage(step.text("storage")?)?;
    let found = match Watch::of(step)? {
        None => storage.verify(level)?,
        Some(mut watch) => {
            let found = storage.verify_with(level, &mut |progress| watch.see(progress))?;
            watch.check()?;
            found
        }
    };
    Ok(vec![("findings", found.count.into())])
}

fn pins(world: &mut World, step: &Step<'_>) -> Outcome {
    let pins = world.storage(step.text("storage")?)?.pins()?;
    let shown = |pin: &deltos::Pin| json!({"name": pin.name, "view_count": pin.view_count, "writable": pin.writable});
    Ok(vec![("pins", pins.iter().map(shown).collect::<Vec<Value>>().into())])
}

/// Calls a reading method of whatever "from" names, a snapshot or a transaction.
macro_rules! reading {
    ($world:expr, $step:expr, |$source:ident| $call:expr) => {{
        let name = $step.text("from")?;
        match $world.find(name)? {
            Thing::Snapshot($source) => $call,
            Thing::Transaction($source) => $call,
            _ => return Err(Trouble::Step(format!("{:?} cannot be read from", name))),
        }
    }};
}

pub fn open_object(world: &mut World, step: &Step<'_>) -> Result<Object<'static>, Trouble> {
    let name = step.text("name")?;
    if let Thing::Storage(storage) = world.find(step.text("from")?)? {
        return Ok(loose!(Object, storage.object(name)?));
    }
    Ok(reading!(world, step, |source| source.object(name)?))
}

fn metadata(world: &mut World, step: &Step<'_>) -> Outcome {
    let (name, key) = (step.text("name")?, step.text("key")?);
    Ok(reading!(world, step, |source| value(source.metadata(name, key)?)))
}

/// What there is to compare of a value.
pub fn value(found: Option<Metadata<'_>>) -> Answers {
    let value = match found {
        None => return vec![("absent", true.into()), ("text", Value::Null), ("data", Value::Null)],
        Some(value) => value,
    };
    vec![
        ("absent", false.into()),
        ("text", value.text().map_or(Value::Null, Value::from)),
        ("format", value.format().into()),
        ("shape", value.shape().into()),
        ("data", hex(value.data()).into()),
    ]
}

fn metadata_keys(world: &mut World, step: &Step<'_>) -> Outcome {
    let name = step.text("name")?;
    let keys: Vec<String> = reading!(world, step, |source| {
        source.metadata_list(name)?.iter().map(|value| value.key().to_owned()).collect()
    });
    Ok(vec![("keys", keys.into())])
}

fn list(world: &mut World, step: &Step<'_>) -> Outcome {
    let prefix = step.text("prefix")?;
    let found = match step.optional_text("depth")?.unwrap_or("all") {
        "all" => reading!(world, step, |source| names(source.list(prefix)?)?),
        "one-level" => reading!(world, step, |source| names(source.list_level(prefix)?)?),
        other => return Err(Trouble::Step(format!("{:?} is not a depth", other))),
    };
    Ok(vec![("names", found.into())])
}

/// The names of a listing.
pub fn names<S>(entries: Entries<'_, S>) -> Result<Vec<String>, Trouble> {
    entries.map(|entry| Ok(entry?.name)).collect()
}

fn object_info(info: ObjectInfo) -> Answers {
    vec![
        ("name", info.name.into()),
        ("format", info.format.into()),
        ("dtype", info.dtype.name().into()),
        ("ndim", info.shape.len().into()),
        ("shape", info.shape.into()),
        ("count", info.count.into()),
        ("itemsize", info.itemsize.into()),
        ("payload_bytes", info.payload_bytes.into()),
        ("sealed", info.sealed.into()),
        ("writable", info.writable.into()),
        ("current", info.current.into()),
        ("stored", info.stored.into()),
    ]
}

fn view_info(view: &AnyView<'_>) -> Answers {
    vec![
        ("format", view.format().into()),
        ("dtype", view.dtype().name().into()),
        ("ndim", view.ndim().into()),
        ("shape", view.shape().map_or(Value::Null, Value::from)),
        ("strides", view.strides().map_or(Value::Null, |strides| json!(strides))),
        ("suboffsets", json!(view.suboffsets().unwrap_or(&[]))),
        ("itemsize", view.itemsize().into()),
        ("nbytes", view.nbytes().into()),
        ("readonly", view.is_readonly().into()),
        ("sealed", view.is_sealed().into()),
    ]
}

/// Type, shape and bytes of an object.
pub fn content(object: &Object<'_>) -> Outcome {
    let view = object.any_view(ViewRequest::FULL_RO)?;
    let mut bytes = vec![0; view.nbytes()];
    view.load_bytes(0, &mut bytes)?;
    let mut answers = view_info(&view);
    answers.push(("data", hex(&bytes).into()));
    Ok(answers)
}

fn describe(step: &Step<'_>) -> Outcome {
    let info = describe_format(step.text("format")?)?;
    Ok(vec![
        ("dtype", info.dtype.name().into()),
        ("itemsize", info.itemsize.into()),
        ("alignment", info.alignment.into()),
        ("canonical", info.canonical.into()),
    ])
}
