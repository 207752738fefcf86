//! The operations of the corpus on values.

use deltos::{AnyView, DType, Node, ObjectKind, Value, ValueKind};
use serde_json::Value as Json;

use crate::fields::{hex, Answers, Step};
use crate::inputs::view_request;
use crate::operations::{done, put, Aligned};
use crate::trees::{build, expect, find};
use crate::world::{loose, Thing, Trouble, World};

type Outcome = Result<Answers, Trouble>;

/// Carries a step out, unless it is another's.
pub fn perform(world: &mut World, step: &Step<'_>) -> Option<Outcome> {
    Some(match step.operation {
        "put_value" | "pack_value" | "unpack_value" | "open_value" => make(world, step),
        "value_info" | "read_value" | "find_value" | "hash_value" | "equal_values" => tell(world, step),
        "value_view" => view(world, step),
        _ => return None,
    })
}

fn written<'a>(step: &Step<'a>) -> Result<&'a Json, Trouble> {
    step.get("value").ok_or_else(|| Trouble::Step("there is no \"value\"".into()))
}

fn make(world: &mut World, step: &Step<'_>) -> Outcome {
    match step.operation {
        "put_value" => {
            let mut builder = build(written(step)?)?;
            let value = builder.store(world.transaction(step.text("transaction")?)?, step.text("name")?)?;
            put(world, step, Thing::Value(value))
        }
        "pack_value" => {
            let packed = build(written(step)?)?.pack()?;
            let answers = vec![("size", packed.len().into()), ("data", hex(&packed).into())];
            put(world, step, Thing::Value(Value::unpack(packed)?))?;
            Ok(answers)
        }
        "unpack_value" => unpack(world, step),
        _ => open(world, step),
    }
}

/// Some bytes behind a multiple of 64.
pub struct Shifted {
    memory: Aligned,
    at: usize,
}

impl Shifted {
    pub fn new(data: Vec<u8>, at: usize) -> Shifted {
        Shifted { memory: Aligned::new(&[vec![0; at], data].concat()), at }
    }
}

impl AsRef<[u8]> for Shifted {
    fn as_ref(&self) -> &[u8] {
        &self.memory.as_ref()[self.at..]
    }
}

fn unpack(world: &mut World, step: &Step<'_>) -> Outcome {
    let (data, at) = (step.data()?, step.number("at")? as usize);
    let shifted = Shifted::new(data, at);
    if at % 8 != 0 {
        Value::unpack_ref(shifted.as_ref())?; // `unpack` copies what is not aligned
        return Err(Trouble::Step("bytes that are not aligned were taken".into()));
    }
    let opened = match is_opened(shifted.as_ref()) {
        true => Value::unpack(shifted).map_or_else(Thing::DamagedValue, Thing::Value),
        false => Thing::Value(Value::unpack(shifted)?),
    };
    put(world, step, opened)
}

/// Whether the library opens it. The binding looks at the root too when it opens, so that damage there is told a step
/// earlier than in C.
fn is_opened(bytes: &[u8]) -> bool {
    use deltos::sys;
    let (mut raw, data, null) = (std::ptr::null_mut(), bytes.as_ptr().cast(), std::ptr::null_mut());
    // SAFETY: the bytes live longer than the handle.
    unsafe {
        let status =
            sys::deltos_value_open_memory(data, bytes.len() as u64, None, null, &mut raw, std::ptr::null_mut());
        sys::deltos_object_release(&mut raw);
        status == sys::DELTOS_OK
    }
}

/// The value of a name, wherever "from" leads.
pub fn of_name(world: &mut World, step: &Step<'_>) -> Result<deltos::Result<Value<'static>>, Trouble> {
    let (from, name) = (step.text("from")?, step.text("name")?);
    Ok(match world.find(from)? {
        Thing::Storage(storage) => storage.value(name).map(|value| loose!(Value, value)),
        Thing::Snapshot(snapshot) => snapshot.value(name),
        Thing::Transaction(transaction) => transaction.value(name),
        _ => return Err(Trouble::Step(format!("{:?} cannot be read from", from))),
    })
}

fn open(world: &mut World, step: &Step<'_>) -> Outcome {
    let opened = match of_name(world, step)? {
        Ok(value) => Thing::Value(value),
        Err(error) => {
            let object = crate::queries::open_object(world, step)?;
            match object.info()?.kind {
                ObjectKind::Value => Thing::DamagedValue(error),
                _ => return Err(error.into()),
            }
        }
    };
    put(world, step, opened)
}

/// The node that a path leads to from the root.
fn walk<'v>(value: &'v Value<'v>, step: &Step<'_>, field: &str) -> Result<Node<'v>, Trouble> {
    let path = step.get(field).and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
    path.iter().try_fold(value.root(), |node, to| {
        let found = match (to.as_u64(), node.kind()) {
            (None, _) => find(node, to)?,
            (Some(index), ValueKind::Dict) => node.pair_at(index as usize)?.map(|(_, value)| value),
            (Some(index), _) => node.at(index as usize)?,
        };
        found.ok_or_else(|| Trouble::Step(format!("the path leads nowhere at {}", to)))
    })
}

fn tell(world: &mut World, step: &Step<'_>) -> Outcome {
    let value = world.value(step.text("object")?)?;
    let node = walk(value, step, "path")?;
    match step.operation {
        "value_info" => Ok(info(node)),
        "read_value" => step.get("value").map_or(Ok(()), |expected| expect(node, expected)).and_then(|()| done()),
        "find_value" => {
            let key = step.get("key").ok_or_else(|| Trouble::Step("there is no \"key\"".into()))?;
            let found = find(node, key)?;
            if let (Some(found), Some(expected)) = (found, step.get("value")) {
                expect(found, expected)?;
            }
            let absent = step.flag("absent")?;
            match found.is_none() == absent {
                true => done(),
                false => Err(Trouble::Step(format!("expected absent to be {}", absent))),
            }
        }
        "hash_value" => Ok(vec![("hash", hex(&node.stable_hash()?.to_le_bytes()).into())]),
        _ => {
            let other = walk(world.value(step.text("other")?)?, step, "other_path")?;
            Ok(vec![("equal", node.try_eq(&other)?.into())])
        }
    }
}

fn info(node: Node<'_>) -> Answers {
    let kind = match node.kind() {
        ValueKind::Null => "null",
        ValueKind::Bool => "bool",
        ValueKind::Int if node.as_i64().is_none() => "uint",
        ValueKind::Int => "int",
        ValueKind::Float => "float",
        ValueKind::Bytes => "bytes",
        ValueKind::Str => "utf8",
        ValueKind::List => "list",
        ValueKind::Tuple => "tuple",
        ValueKind::Set => "set",
        ValueKind::Dict => "dict",
        ValueKind::Date => "date",
        ValueKind::DateTime => "datetime",
        ValueKind::Decimal => "decimal",
        ValueKind::Array => "ndarray",
        ValueKind::Reference => "reference",
        _ => "?",
    };
    let count = node.as_decimal().map_or(node.len(), |decimal| decimal.digits.len());
    let dtype = node.dtype().unwrap_or(DType::Other).name();
    vec![("kind", kind.into()), ("count", count.into()), ("dtype", dtype.into())]
}

fn view(world: &mut World, step: &Step<'_>) -> Outcome {
    let value = world.value(step.text("object")?)?;
    let view = loose!(AnyView, walk(value, step, "path")?.any_view(view_request(step)?)?);
    put(world, step, Thing::View(view))
}
