//! Storages that a description tells of, written and read.

use std::path::Path;

use deltos::{Create, Durability, Mode, Object, ObjectKind, OpenOptions, Snapshot, Storage, Transaction};
use serde_json::Value;

use crate::fields::{hex, Answers, Step};
use crate::inputs::{self, element_type, store_content};
use crate::parsed;
use crate::queries::{content, names, value};
use crate::records::{self, make_schema, Records};
use crate::trees::{build, expect};
use crate::world::Trouble;
use crate::{map_operations, sorted_operations, tables};

fn items<'a>(owner: &'a Value, field: &str) -> &'a [Value] {
    owner[field].as_array().map_or(&[], Vec::as_slice)
}

/// Makes the storage anew.
pub fn write(description: &Path, path: &Path) -> Result<Vec<String>, String> {
    let described = parsed(description)?;
    if path.exists() {
        std::fs::remove_file(path).map_err(|error| format!("{}: {}", path.display(), error))?;
    }
    // SAFETY: the file is this program's until it is closed.
    let storage = unsafe { OpenOptions::new().mode(Mode::Write).create(Create::New).open(path) };
    let storage = storage.map_err(Trouble::from)?;
    fill(&storage, &described)?;
    storage.close().map_err(|refused| Trouble::from(refused.error().clone()))?;
    Ok(Vec::new())
}

fn fill(storage: &Storage, described: &Value) -> Result<(), Trouble> {
    let mut transaction = storage.begin()?;
    set_metadata(&mut transaction, "", described)?;
    for item in items(described, "objects") {
        let step = Step::of("create", item)?;
        let name = step.text("name")?;
        let mut table;
        let mut buffer;
        let object = match kind(&step)? {
            "array" => {
                let mut array = transaction.create_array_any(name, element_type(&step)?)?;
                array.append_bytes(&step.data()?)?;
                None
            }
            "records" => {
                let schema = make_schema(&item["schema"])?;
                let records = Records::begin(Some((&mut transaction, name)), &schema, &step)?;
                records.add_rows(items(item, "rows"), 1)?;
                records.finish()?;
                None
            }
            "map" => {
                map_operations::create(&mut transaction, &step)?;
                None
            }
            "sorted" => {
                sorted_operations::create_described(&mut transaction, &step)?;
                None
            }
            "value" => {
                build(&item["value"])?.store(&mut transaction, name)?;
                None
            }
            "table" => {
                table = tables::create_described(&mut transaction, &step)?;
                Some(&mut *table)
            }
            _ => {
                buffer = store_content(&mut transaction, name, None, &step)?;
                Some(&mut buffer)
            }
        };
        set_metadata(&mut transaction, name, item)?;
        match object {
            Some(object) if step.flag("sealed")? => transaction.seal(object)?,
            _ => (), // an array or a sorted map is never sealed, and a value or a hash map always
        }
    }
    transaction.commit(Durability::Sync).map_err(deltos::Error::from)?;
    Ok(())
}

fn kind<'a>(step: &Step<'a>) -> Result<&'a str, Trouble> {
    match step.optional_text("kind")?.unwrap_or("buffer") {
        word @ ("buffer" | "table" | "array" | "value" | "records" | "map" | "sorted") => Ok(word),
        other => Err(Trouble::Step(format!("{:?} is not a kind of object", other))),
    }
}

fn set_metadata(transaction: &mut Transaction<'_>, name: &str, owner: &Value) -> Result<(), Trouble> {
    for item in items(owner, "metadata") {
        inputs::set_metadata(transaction, name, &Step::of("set_metadata", item)?)?;
    }
    Ok(())
}

/// Reads the storage, and lists what is not as described.
pub fn read(description: &Path, path: &Path) -> Result<Vec<String>, String> {
    let described = parsed(description)?;
    // SAFETY: nobody changes the file meanwhile.
    let storage = unsafe { Storage::open(path) }.map_err(Trouble::from)?;
    let snapshot = storage.snapshot().map_err(Trouble::from)?;
    let mut wrong = Vec::new();
    let mut expected: Vec<&str> =
        items(&described, "objects").iter().filter_map(|item| item["name"].as_str()).collect();
    expected.sort_unstable();
    let found = names(snapshot.list("").map_err(Trouble::from)?)?;
    if found != expected {
        wrong.push(format!("expected the names {:?}, got {:?}", expected, found));
    }
    compare_metadata(&snapshot, "", &described, &mut wrong)?;
    for item in items(&described, "objects") {
        let name = item["name"].as_str().ok_or("an object without a name")?;
        if let Err(trouble) = compare_object(&snapshot, name, item, &mut wrong) {
            wrong.push(format!("{:?}: {}", name, trouble));
        }
    }
    Ok(wrong)
}

fn compare_object(snapshot: &Snapshot<'_>, name: &str, item: &Value, wrong: &mut Vec<String>) -> Result<(), Trouble> {
    let step = Step::of("read", item)?;
    let answers = match kind(&step)? {
        "table" => tables::content(&snapshot.table(name)?)?,
        "array" => content(&*snapshot.array_any(name)?)?,
        "records" => {
            records::expect_described(&snapshot.record_table(name)?, item)?;
            Vec::new()
        }
        "value" => of_value(&snapshot.value(name)?, item)?,
        "map" => map_operations::expect_described(snapshot.hash_map_any(name)?, &step)?,
        "sorted" => sorted_operations::expect_described(snapshot, name, &step)?,
        _ => of_buffer(&snapshot.object(name)?)?,
    };
    if let Err(difference) = step.compare(&answers) {
        wrong.push(format!("{:?}: {}", name, difference));
    }
    compare_metadata(snapshot, name, item, wrong)
}

fn of_value(value: &deltos::Value<'_>, item: &Value) -> Result<Answers, Trouble> {
    expect(value.root(), &item["value"])?;
    match item.get("hash") {
        Some(_) => Ok(vec![("hash", hex(&value.root().stable_hash()?.to_le_bytes()).into())]),
        None => Ok(Vec::new()), // what contains itself has none
    }
}

fn of_buffer(object: &Object<'_>) -> Result<Answers, Trouble> {
    match object.info()?.kind {
        ObjectKind::Buffer => content(object),
        other => Err(Trouble::Step(format!("expected a buffer, got {:?}", other))),
    }
}

fn compare_metadata(
    snapshot: &Snapshot<'_>,
    name: &str,
    owner: &Value,
    wrong: &mut Vec<String>,
) -> Result<(), Trouble> {
    let mut expected: Vec<&str> = items(owner, "metadata").iter().filter_map(|item| item["key"].as_str()).collect();
    expected.sort_unstable();
    let list = snapshot.metadata_list(name)?;
    let found: Vec<&str> = list.iter().map(|value| value.key()).collect();
    if found != expected {
        wrong.push(format!("{:?}: expected the keys {:?}, got {:?}", name, expected, found));
    }
    for item in items(owner, "metadata") {
        let step = Step::of("metadata", item)?;
        let key = step.text("key")?;
        if let Err(difference) = step.compare(&value(snapshot.metadata(name, key)?)) {
            wrong.push(format!("{:?}: {:?}: {}", name, key, difference));
        }
    }
    Ok(())
}
