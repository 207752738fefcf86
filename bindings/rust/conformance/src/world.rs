//! What the steps of a case have made and named.

use std::fmt;

use deltos::{
    sys, AnyArray, AnyView, Error, HashMap, Object, RecordTable, Schema, Snapshot, Storage, Table, Transaction, Value,
};

use crate::map_operations::Building;
use crate::records::{raw_call, Records};
use crate::sorted_operations::{Sorted, Walk};

/// Why a step did not succeed.
pub enum Trouble {
    /// The library said so, or the binding in its place: what a step may expect.
    Library(Error),
    /// Something else: never expected.
    Step(String),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Trouble::Library(error)
    }
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        Trouble::Step(error.to_string())
    }
}

impl From<String> for Trouble {
    fn from(text: String) -> Self {
        Trouble::Step(text)
    }
}

impl From<Trouble> for String {
    fn from(trouble: Trouble) -> Self {
        trouble.to_string()
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Library(error) => write!(out, "{} ({})", error.name().trim_start_matches("DELTOS_E_"), error),
            Trouble::Step(text) => out.write_str(text),
        }
    }
}

/// Lets go of a lifetime.
///
/// The types of the binding rule out a child that outlives its storage, and the corpus asks what the library answers
/// then. In C that is no misuse: children stay valid handles after a close, and hold no address of the `Storage` itself.
macro_rules! loose {
    ($kind:ident, $value:expr) => {{
        let value: $kind<'_> = $value;
        // SAFETY: as said above; the types differ in the lifetime only.
        unsafe { std::mem::transmute::<$kind<'_>, $kind<'static>>(value) }
    }};
}
pub(crate) use loose;

/// Something that a step made.
pub enum Thing {
    Storage(Storage),
    Transaction(Transaction<'static>),
    Snapshot(Snapshot<'static>),
    Object(Object<'static>),
    Table(Table<'static>),
    Array(AnyArray<'static>),
    View(AnyView<'static>),
    Value(Value<'static>),
    RecordTable(RecordTable<'static>),
    Schema(Schema),
    Records(Records),
    HashMap(HashMap<'static>),
    Building(Building),
    Sorted(Sorted),
    Walk(Walk),
    /// One whose root is damaged, which the binding says when it is opened and C when it is read.
    DamagedValue(Error),
}

/// Everything that has a name, oldest first.
#[derive(Default)]
pub struct World {
    named: Vec<(String, Thing)>,
}

macro_rules! lookups {
    ($($get:ident, $kind:ident, $type:ty;)*) => {
        $(
            pub fn $get(&mut self, name: &str) -> Result<&mut $type, Trouble> {
                match self.find(name)? {
                    Thing::$kind(thing) => Ok(thing),
                    _ => Err(Trouble::Step(format!("{:?} is not a {}", name, stringify!($kind)))),
                }
            }
        )*
    };
}

impl World {
    /// Gives a thing a name; what had it goes.
    pub fn put(&mut self, name: &str, thing: Thing) {
        self.named.retain(|(known, _)| known != name);
        self.named.push((name.to_owned(), thing));
    }

    pub fn find(&mut self, name: &str) -> Result<&mut Thing, Trouble> {
        let found = self.named.iter_mut().find(|(known, _)| known == name);
        found.map(|(_, thing)| thing).ok_or_else(|| Trouble::Step(format!("nothing is named {:?}", name)))
    }

    pub fn take(&mut self, name: &str) -> Result<Thing, Trouble> {
        let at = self.named.iter().position(|(known, _)| known == name);
        let at = at.ok_or_else(|| Trouble::Step(format!("nothing is named {:?}", name)))?;
        Ok(self.named.remove(at).1)
    }

    pub fn take_storage(&mut self, name: &str) -> Result<Storage, Trouble> {
        match self.take(name)? {
            Thing::Storage(storage) => Ok(storage),
            _ => Err(Trouble::Step(format!("{:?} is not a storage", name))),
        }
    }

    pub fn take_transaction(&mut self, name: &str) -> Result<Transaction<'static>, Trouble> {
        match self.take(name)? {
            Thing::Transaction(transaction) => Ok(transaction),
            _ => Err(Trouble::Step(format!("{:?} is not a transaction", name))),
        }
    }

    lookups! {
        storage, Storage, Storage;
        transaction, Transaction, Transaction<'static>;
        snapshot, Snapshot, Snapshot<'static>;
        table, Table, Table<'static>;
        array, Array, AnyArray<'static>;
        records, Records, Records;
        building, Building, Building;
        walk, Walk, Walk;
    }

    /// An object of any kind.
    pub fn object(&mut self, name: &str) -> Result<&Object<'static>, Trouble> {
        match self.find(name)? {
            Thing::Object(object) => Ok(object),
            Thing::Table(table) => Ok(table),
            Thing::Array(array) => Ok(array),
            Thing::Value(value) => Ok(value),
            Thing::RecordTable(table) => Ok(table),
            Thing::HashMap(map) => Ok(map),
            Thing::Sorted(map) => Ok(map.object()),
            _ => Err(Trouble::Step(format!("{:?} is not an object", name))),
        }
    }

    /// Looks again at an object of any kind.
    pub fn refresh_object(&mut self, name: &str) -> Result<bool, Trouble> {
        match self.find(name)? {
            Thing::Object(object) => Ok(object.refresh()?),
            Thing::Table(table) => Ok(table.refresh()?),
            Thing::Array(array) => Ok(array.refresh()?),
            Thing::Value(value) => Ok(value.refresh()?),
            Thing::HashMap(map) => Ok(map.refresh()?),
            Thing::Sorted(map) => map.refresh(),
            _ => Err(Trouble::Step(format!("{:?} is not an object", name))),
        }
    }

    /// A value, of which several may be looked at.
    pub fn value(&self, name: &str) -> Result<&Value<'static>, Trouble> {
        match self.named.iter().find(|(known, _)| known == name) {
            Some((_, Thing::Value(value))) => Ok(value),
            Some((_, Thing::DamagedValue(error))) => Err(error.clone().into()),
            Some((_, Thing::Object(object))) => Err(no_value(object)),
            Some((_, Thing::HashMap(map))) => Err(no_value(map)),
            Some((_, Thing::Sorted(map))) => Err(no_value(map.object())),
            Some(_) => Err(Trouble::Step(format!("{:?} is not a value", name))),
            None => Err(Trouble::Step(format!("nothing is named {:?}", name))),
        }
    }

    /// A record table. Of an object of another kind, what the library says when it is read as one: raw, because the
    /// types of the binding rule it out.
    pub fn record_table(&mut self, name: &str) -> Result<&RecordTable<'static>, Trouble> {
        if !matches!(self.find(name)?, Thing::RecordTable(_)) {
            let (object, mut schema) = (self.object(name)?.as_raw(), std::ptr::null_mut());
            // SAFETY: the handle lives; zero is a value of each field of the detail.
            unsafe {
                let mut detail = std::mem::zeroed();
                let status = sys::deltos_schema_of(object, &mut schema, &mut detail);
                sys::deltos_schema_release(&mut schema);
                if status != sys::DELTOS_OK {
                    return Err(Trouble::Library(Error::from_raw(&detail)));
                }
            }
        }
        match self.find(name)? {
            Thing::RecordTable(table) => Ok(table),
            _ => Err(Trouble::Step(format!("{:?} is not a record table", name))),
        }
    }

    /// A hash map. Of an object of another kind, what the library says when it is read as one: raw, because the types of
    /// the binding rule it out.
    pub fn hash_map(&mut self, name: &str) -> Result<&HashMap<'static>, Trouble> {
        if !matches!(self.find(name)?, Thing::HashMap(_)) {
            let object = self.object(name)?.as_raw();
            // SAFETY: the handle lives; zero is a value of each field.
            unsafe {
                let mut info: sys::deltos_hash_map_info = std::mem::zeroed();
                info.struct_size = std::mem::size_of_val(&info) as u32;
                raw_call!(deltos_hash_map_stat(object, &mut info))?;
            }
        }
        match self.find(name)? {
            Thing::HashMap(map) => Ok(map),
            _ => Err(Trouble::Step(format!("{:?} is not a hash map", name))),
        }
    }

    /// The same of a sorted map.
    pub fn sorted(&mut self, name: &str) -> Result<&Sorted, Trouble> {
        if !matches!(self.find(name)?, Thing::Sorted(_)) {
            let object = self.object(name)?.as_raw();
            // SAFETY: the handle lives; zero is a value of each field.
            unsafe {
                let mut info: sys::deltos_sorted_map_info = std::mem::zeroed();
                info.struct_size = std::mem::size_of_val(&info) as u32;
                raw_call!(deltos_sorted_map_stat(std::ptr::null(), object, &mut info))?;
            }
        }
        match self.find(name)? {
            Thing::Sorted(map) => Ok(map),
            _ => Err(Trouble::Step(format!("{:?} is not a sorted map", name))),
        }
    }

    /// Two different things, to change one after the other.
    pub fn two(&mut self, one: &str, other: &str) -> Result<(&mut Thing, &mut Thing), Trouble> {
        let place = |name: &str| self.named.iter().position(|(known, _)| known == name);
        let missing = || Trouble::Step(format!("{:?} and {:?} are not two things", one, other));
        let (first, second) =
            place(one).zip(place(other)).filter(|(first, second)| first != second).ok_or_else(missing)?;
        let (before, after) = self.named.split_at_mut(first.max(second));
        let (lower, upper) = (&mut before[first.min(second)].1, &mut after[0].1);
        Ok(if first < second { (lower, upper) } else { (upper, lower) })
    }

    /// A schema, of which several may be looked at.
    pub fn schema(&self, name: &str) -> Result<&Schema, Trouble> {
        match self.named.iter().find(|(known, _)| known == name) {
            Some((_, Thing::Schema(schema))) => Ok(schema),
            _ => Err(Trouble::Step(format!("{:?} is not a schema", name))),
        }
    }

    /// A view, of which several may be looked at.
    pub fn view(&self, name: &str) -> Result<&AnyView<'static>, Trouble> {
        match self.named.iter().find(|(known, _)| known == name) {
            Some((_, Thing::View(view))) => Ok(view),
            Some(_) => Err(Trouble::Step(format!("{:?} is not a view", name))),
            None => Err(Trouble::Step(format!("nothing is named {:?}", name))),
        }
    }
}

/// What the library says when something else is read as a value: raw, because the types of the binding rule it out.
fn no_value(object: &Object<'_>) -> Trouble {
    // SAFETY: the handle lives; zero is a value of each field of these structs.
    unsafe {
        let (mut item, mut detail) = (std::mem::zeroed(), std::mem::zeroed());
        match sys::deltos_value_read(object.as_raw(), 0, &mut item, &mut detail) {
            sys::DELTOS_OK => Trouble::Step("it was read as a value".into()),
            _ => Trouble::Library(Error::from_raw(&detail)),
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        while let Some(newest) = self.named.pop() {
            drop(newest);
        }
    }
}
