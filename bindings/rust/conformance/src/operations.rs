//! The operations of the corpus: those that make, change and end things.

use std::fs::OpenOptions as FileOptions;
use std::os::unix::fs::FileExt;
use std::path::Path;

use deltos::{CopyOptions, Create, Durability, Mode, OpenOptions, Snapshot, Storage, Transaction};

use crate::fields::{Answers, Step};
use crate::inputs::{create_zeros, set_metadata, store_content, view_request, Watch};
use crate::world::{loose, Thing, Trouble, World};
use crate::{arrays, map_operations, queries, record_operations, sorted_operations, tables, values, views};

type Outcome = Result<Answers, Trouble>;

/// Carries a step out, and tells what may be expected of it.
pub fn perform(world: &mut World, step: &Step<'_>) -> Outcome {
    match step.operation {
        "open" => open(world, step),
        "open_anonymous" => {
            let storage = Storage::anonymous(step.text("label")?)?;
            put(world, step, Thing::Storage(storage))
        }
        "open_memory" => {
            let bytes = Aligned::new(&std::fs::read(step.text("path")?)?);
            put(world, step, Thing::Storage(OpenOptions::new().open_bytes(bytes)?))
        }
        "close" => close(world, step),
        "detach" => {
            drop(world.take_storage(step.text("storage")?)?);
            done()
        }
        "sync" => {
            world.storage(step.text("storage")?)?.sync()?;
            done()
        }
        "begin" => {
            let transaction = loose!(Transaction, world.storage(step.text("storage")?)?.begin()?);
            put(world, step, Thing::Transaction(transaction))
        }
        "commit" => commit(world, step),
        "abort" => {
            world.take_transaction(step.text("transaction")?)?.abort();
            done()
        }
        "snapshot" => {
            let snapshot = loose!(Snapshot, world.storage(step.text("storage")?)?.snapshot()?);
            put(world, step, Thing::Snapshot(snapshot))
        }
        "copy_to" | "compact_to" => copy(world, step),
        "release" => release(world, step),
        "view" => {
            let view = world.object(step.text("object")?)?.any_view(view_request(step)?)?;
            put(world, step, Thing::View(view))
        }
        "share" => {
            let view = world.view(step.text("view")?)?.share(view_request(step)?)?;
            put(world, step, Thing::View(view))
        }
        "store" => {
            let (at, data) = (step.number("at")? as usize, step.data()?);
            world.view(step.text("view")?)?.store_bytes(at, &data)?;
            done()
        }
        "create" | "create_zeroed" | "replace" | "seal" | "unseal" | "delete" | "rename" | "delete_prefix"
        | "set_metadata" | "remove_metadata" => change(world, step),
        "patch" | "resize_file" | "embed" | "remove_file" | "make_file" => change_file(world, step),
        _ => {
            let made = views::perform(world, step)
                .or_else(|| tables::perform(world, step))
                .or_else(|| arrays::perform(world, step))
                .or_else(|| values::perform(world, step))
                .or_else(|| record_operations::perform(world, step))
                .or_else(|| map_operations::perform(world, step))
                .or_else(|| sorted_operations::perform(world, step));
            made.unwrap_or_else(|| queries::perform(world, step))
        }
    }
}

pub fn done() -> Outcome {
    Ok(Vec::new())
}

pub fn put(world: &mut World, step: &Step<'_>, thing: Thing) -> Outcome {
    if let Some(name) = step.optional_text("as")? {
        world.put(name, thing);
    }
    done()
}

fn open(world: &mut World, step: &Step<'_>) -> Outcome {
    let mut watch = Watch::of(step)?;
    let flags = step.texts("flags")?;
    let has = |flag| flags.contains(&flag);
    const KNOWN: [&str; 8] = ["sigbus-guard", "verify", "rollback", "redirty", "copy", "no-trim", "force", "sparse"];
    if let Some(unknown) = flags.iter().find(|flag| !KNOWN.contains(flag)) {
        return Err(Trouble::Step(format!("{:?} is not a flag of open", unknown)));
    }
    let mut options = OpenOptions::new()
        .mode(mode(step.optional_text("mode")?.unwrap_or("read"))?)
        .create(create(step.optional_text("create")?.unwrap_or("never"))?)
        .sigbus_guard(has("sigbus-guard"))
        .verify(has("verify"))
        .rollback(has("rollback"))
        .redirty(has("redirty"))
        .no_trim(has("no-trim"))
        .force(has("force"))
        .sparse(has("sparse"))
        .part(step.number("offset")?, step.number("size")?)
        .max_file_bytes(step.number("max_file_bytes")?);
    if let Some(watch) = &mut watch {
        options = options.progress(move |progress| watch.see(progress));
    }
    let path = step.text("path")?;
    // SAFETY: the corpus patches and cuts files of its own only, and reads through cells.
    let storage = if has("copy") { options.open_copy(path)? } else { unsafe { options.open(path) }? };
    watch.map_or(Ok(()), |watch| watch.check())?;
    put(world, step, Thing::Storage(storage))
}

pub fn mode(word: &str) -> Result<Mode, Trouble> {
    let modes = [Mode::Read, Mode::InPlace, Mode::Write, Mode::Static];
    let found = modes.into_iter().find(|&mode| queries::mode_word(mode) == word);
    found.ok_or_else(|| Trouble::Step(format!("{:?} is not a mode", word)))
}

pub fn create(word: &str) -> Result<Create, Trouble> {
    match word {
        "never" => Ok(Create::Never),
        "if-absent" => Ok(Create::IfAbsent),
        "new" => Ok(Create::New),
        "replace" => Ok(Create::Replace),
        other => Err(Trouble::Step(format!("{:?} is not a policy for creation", other))),
    }
}

fn close(world: &mut World, step: &Step<'_>) -> Outcome {
    let name = step.text("storage")?;
    match world.take_storage(name)?.close() {
        Ok(()) => done(),
        Err(refused) => {
            let error = refused.error().clone();
            world.put(name, Thing::Storage(refused.into_storage()));
            Err(error.into())
        }
    }
}

fn commit(world: &mut World, step: &Step<'_>) -> Outcome {
    let name = step.text("transaction")?;
    let durability = match step.optional_text("durability")?.unwrap_or("sync") {
        "sync" => Durability::Sync,
        "lazy" => Durability::Lazy,
        "async" => Durability::Async,
        other => return Err(Trouble::Step(format!("{:?} is not a durability", other))),
    };
    match world.take_transaction(name)?.commit(durability) {
        Ok(_) => done(),
        Err(failed) => {
            let error = failed.error().clone();
            world.put(name, Thing::Transaction(failed.into_transaction()));
            Err(error.into())
        }
    }
}

fn copy(world: &mut World, step: &Step<'_>) -> Outcome {
    let mut watch = Watch::of(step)?;
    let mut options = CopyOptions::new().replace(step.flag("replace")?);
    if let Some(watch) = &mut watch {
        options = options.progress(move |progress| watch.see(progress));
    }
    let (snapshot, path) = (world.snapshot(step.text("snapshot")?)?, step.text("path")?);
    match step.operation {
        "copy_to" => snapshot.copy_to(path, options)?,
        _ => snapshot.compact_to(path, options)?,
    }
    watch.map_or(Ok(()), |watch| watch.check())?;
    done()
}

fn release(world: &mut World, step: &Step<'_>) -> Outcome {
    match world.take(step.text("handle")?)? {
        Thing::Snapshot(_) | Thing::Object(_) | Thing::Table(_) | Thing::Array(_) | Thing::View(_) => done(),
        Thing::Value(_) | Thing::DamagedValue(_) => done(),
        Thing::RecordTable(_) | Thing::Schema(_) | Thing::Records(_) => done(),
        Thing::HashMap(_) | Thing::Building(_) | Thing::Sorted(_) | Thing::Walk(_) => done(),
        Thing::Storage(_) | Thing::Transaction(_) => {
            Err(Trouble::Step("storages and transactions end otherwise".into()))
        }
    }
}

/// The operations of a transaction.
fn change(world: &mut World, step: &Step<'_>) -> Outcome {
    let transaction = world.transaction(step.text("transaction")?)?;
    let name = || step.text("name");
    match step.operation {
        "create" => {
            let object = store_content(transaction, name()?, None, step)?;
            return put(world, step, Thing::Object(object));
        }
        "create_zeroed" => {
            let object = create_zeros(transaction, name()?, step)?;
            return put(world, step, Thing::Object(object));
        }
        "replace" => {
            let old = transaction.object(name()?)?;
            let object = match step.get("data") {
                Some(_) => store_content(transaction, name()?, Some(&old), step)?,
                None => transaction.replace_with_copy(&old)?,
            };
            return put(world, step, Thing::Object(object));
        }
        "seal" => {
            let mut object = transaction.object(name()?)?;
            transaction.seal(&mut object)?;
        }
        "unseal" => {
            let mut object = transaction.object(name()?)?;
            transaction.unseal(&mut object)?;
        }
        "delete" => transaction.delete(name()?)?,
        "rename" if step.flag("replace")? => transaction.rename_over(step.text("from")?, step.text("to")?)?,
        "rename" => transaction.rename(step.text("from")?, step.text("to")?)?,
        "delete_prefix" => return Ok(vec![("count", transaction.delete_prefix(step.text("prefix")?)?.into())]),
        "set_metadata" => set_metadata(transaction, name()?, step)?,
        _ => transaction.remove_metadata(name()?, step.text("key")?)?,
    }
    done()
}

/// The operations on files by other means than Deltos.
fn change_file(world: &mut World, step: &Step<'_>) -> Outcome {
    match step.operation {
        "patch" => {
            let mut at = step.number("at")?;
            if let Some(object) = step.optional_text("object")? {
                let start = world.object(object)?.file_offset()?;
                at += start.ok_or_else(|| Trouble::Step("the object is in no file".into()))?;
            }
            FileOptions::new().write(true).open(step.text("path")?)?.write_all_at(&step.data()?, at)?;
        }
        "make_file" => std::fs::write(step.text("path")?, step.data()?)?,
        "resize_file" => FileOptions::new().write(true).open(step.text("path")?)?.set_len(step.number("size")?)?,
        "embed" => {
            let bytes = std::fs::read(step.text("from")?)?;
            let file = FileOptions::new().write(true).create(true).truncate(false).open(step.text("to")?)?;
            file.write_all_at(&bytes, step.number("at")?)?;
        }
        _ => std::fs::remove_file(Path::new(step.text("path")?))?,
    }
    done()
}

/// Bytes at a multiple of 64, where elements are aligned.
pub struct Aligned {
    memory: Vec<u8>,
    start: usize,
    count: usize,
}

impl Aligned {
    pub fn new(bytes: &[u8]) -> Aligned {
        let mut memory = vec![0; bytes.len() + 64];
        let start = memory.as_ptr().align_offset(64);
        memory[start..start + bytes.len()].copy_from_slice(bytes);
        Aligned { memory, start, count: bytes.len() }
    }
}

impl AsRef<[u8]> for Aligned {
    fn as_ref(&self) -> &[u8] {
        &self.memory[self.start..self.start + self.count]
    }
}
