//! Schemas and record tables: structs as rows, columns, and what does not fit.
#![cfg(feature = "derive")]

mod common;

use common::{change, create, open, Directory};
use deltos::*;

#[derive(Clone, Copy, Debug, PartialEq, Record)]
#[repr(C)]
struct Place {
    /// Doc comments and attributes are skipped.
    id: u32,
    pub(crate) population: u32,
    latitude: f64,
    at: Complex<f32>,
    r#type: [u8; 8],
}

const ULM: Place =
    Place { id: 1, population: 126_405, latitude: 48.4, at: Complex { re: 9.98, im: 48.4 }, r#type: *b"city\0\0\0\0" };

fn places() -> Vec<Place> {
    (0..100).map(|id| Place { id, latitude: f64::from(id) / 2.0, ..ULM }).collect()
}

#[test]
fn structs_are_rows_that_are_read_where_they_lie() {
    let directory = Directory::new();
    let storage = create(&directory.file("a.deltos"));
    change(&storage, |transaction| transaction.put_records("places", &places()).map(drop));
    let reader = open(&directory.file("a.deltos"), Mode::Read).unwrap();
    let table = reader.record_table("places").unwrap();
    assert_eq!(table.rows::<Place>().unwrap().as_slice().unwrap(), places());
    assert_eq!(table.read_rows::<Place>().unwrap(), places());
    let info = table.info().unwrap();
    assert_eq!((info.layout, info.rows, info.row_bytes, info.sealed), (RecordLayout::Rows, 100, 32, true));
    assert_eq!(Object::info(&table).unwrap().kind, ObjectKind::RecordTable);
    let names: Vec<String> = table.schema().unwrap().slots().unwrap().into_iter().map(|slot| slot.name).collect();
    assert_eq!(names, ["id", "population", "latitude", "at", "type"]);
    assert_eq!(table.column::<f64>(2).unwrap().get(99), Some(49.5));
    assert_eq!(table.get(7, 0).unwrap(), Field::Scalar(Scalar::Int(7)));
    assert_eq!(table.get(7, 4).unwrap(), Field::Scalar(Scalar::Bytes(b"city\0\0\0\0")));
    assert_eq!(table.get(100, 0).unwrap_err().kind(), ErrorKind::Range);
    assert_eq!(reader.snapshot().unwrap().record_table("places").unwrap().info().unwrap(), info);
    table.verify().unwrap();
}

#[test]
fn derived_structs_are_elements_of_buffers_too() {
    let storage = Storage::anonymous("elements").unwrap();
    change(&storage, |transaction| transaction.create("places", &places()).map(drop));
    assert_eq!(storage.object("places").unwrap().view::<Place>().unwrap().to_vec().unwrap(), places());
}

#[test]
fn older_and_newer_structs_read_what_they_share() {
    #[derive(Clone, Copy, Debug, PartialEq, Record)]
    #[repr(C)]
    struct Less {
        latitude: f64,
        id: u32,
        population: u32,
    }
    #[derive(Clone, Copy, Debug, PartialEq, Record)]
    #[repr(C)]
    struct Other {
        latitude: f32,
        id: u32,
    }
    #[derive(Clone, Copy, Debug, PartialEq, Record)]
    #[repr(C)]
    struct More {
        id: u32,
        altitude: f32,
    }
    let storage = Storage::anonymous("evolution").unwrap();
    change(&storage, |transaction| {
        transaction.put_records("rows", &places())?;
        let schema = Schema::of::<Place>()?;
        let mut columns = transaction.begin_records("columns", &schema, RecordLayout::Columns)?;
        let all = places();
        let ids: Vec<u32> = all.iter().map(|place| place.id).collect();
        let latitudes: Vec<f64> = all.iter().map(|place| place.latitude).collect();
        let (population, at, kind) = (vec![ULM.population; 100], vec![ULM.at; 100], vec![ULM.r#type; 100]);
        columns.add(&[(&ids).into(), (&population).into(), (&latitudes).into(), (&at).into(), (&kind).into()])?;
        columns.finish().map(drop)
    });
    for name in ["rows", "columns"] {
        let table = storage.record_table(name).unwrap();
        let expected: Vec<Less> =
            places().iter().map(|p| Less { latitude: p.latitude, id: p.id, population: p.population }).collect();
        assert_eq!(table.read_rows::<Less>().unwrap(), expected);
        assert_eq!(table.read_rows::<Place>().unwrap(), places());
        let refused = table.read_rows::<Other>().unwrap_err();
        assert!(refused.kind() == ErrorKind::Type && refused.message().contains("latitude"), "{}", refused);
        let refused = table.read_rows::<More>().unwrap_err();
        assert!(refused.kind() == ErrorKind::Type && refused.message().contains("altitude"), "{}", refused);
    }
    assert_eq!(storage.record_table("rows").unwrap().rows::<Less>().unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(storage.record_table("columns").unwrap().rows::<Place>().unwrap_err().kind(), ErrorKind::Layout);
}

#[test]
fn texts_values_and_absence_come_back() {
    let inner = Schema::new("point", &[SlotDef::fixed::<f32>("x"), SlotDef::fixed::<f32>("y").nullable()]).unwrap();
    let slots = [
        SlotDef::new("name", SlotType::Str),
        SlotDef::new("note", SlotType::Bytes).nullable().optional(),
        SlotDef::new("tags", SlotType::List).nullable(),
        SlotDef::record("at", &inner),
    ];
    let schema = Schema::versioned("place", &slots, 2, 1, b"about").unwrap();
    assert_eq!(Schema::unpack(&schema.pack().unwrap()).unwrap().info().unwrap(), schema.info().unwrap());
    assert_eq!(schema.nested(3).unwrap().find("y").unwrap(), Some(1));
    let storage = Storage::anonymous("texts").unwrap();
    let tags = Tree::from(vec!["a", "b"]).pack().unwrap();
    for (name, layout) in [("rows", RecordLayout::Rows), ("columns", RecordLayout::Columns)] {
        change(&storage, |transaction| {
            let mut table = transaction.begin_records(name, &schema, layout)?;
            table.add(&[
                Column::texts(["Ulm", "Pécs"]),
                Column::bytes([&b"\0\xff"[..], b""]).presence([Presence::Present, Presence::Unset]),
                Column::bytes([&b""[..], &tags]).presence([Presence::Null, Presence::Present]),
                Column::record(),
                Column::from(&[1.5f32, 2.5]),
                Column::from(&[0.0f32, 3.5]).presence([Presence::Null, Presence::Present]),
            ])?;
            let refused = table.add(&[Column::texts(["one"]); 1]).unwrap_err();
            assert!(matches!(refused.kind(), ErrorKind::Type | ErrorKind::Invalid), "{}", refused);
            table.finish().map(drop)
        });
        let table = storage.record_table(name).unwrap();
        let y = table.schema().unwrap().find("at.y").unwrap().unwrap();
        assert_eq!(table.get(1, 0).unwrap(), Field::Scalar(Scalar::Str("Pécs")));
        assert_eq!(table.get(0, 1).unwrap(), Field::Scalar(Scalar::Bytes(b"\0\xff")));
        assert_eq!(table.get(1, 1).unwrap(), Field::Unset);
        assert_eq!(table.get(0, 2).unwrap(), Field::Scalar(Scalar::Null));
        assert!(
            matches!(table.get(1, 2).unwrap(), Field::Value(value) if value.root().to_vec::<&str>().unwrap() == ["a", "b"])
        );
        assert!(table.value(0, 2).unwrap().is_none());
        assert_eq!(table.get(0, 3).unwrap(), Field::Record);
        assert_eq!(
            [table.get(0, y).unwrap(), table.get(1, y).unwrap()],
            [Field::Scalar(Scalar::Null), Field::Scalar(Scalar::Float(3.5))]
        );
    }
    assert_eq!(storage.value("rows").unwrap_err().kind(), ErrorKind::Kind);
}

#[test]
fn writable_slots_are_stored_to_in_place() {
    let slots = [SlotDef::fixed::<u64>("hits").writable(), SlotDef::new("name", SlotType::Str)];
    let storage = Storage::anonymous("writable").unwrap();
    change(&storage, |transaction| {
        let schema = Schema::new("counter", &slots)?;
        let mut table = transaction.begin_records("counters", &schema, RecordLayout::Rows)?;
        table.add(&[Column::from(&[1u64, 2]), Column::texts(["a", "b"])])?;
        table.finish().map(drop)
    });
    let table = storage.record_table("counters").unwrap();
    let hits = table.any_column(0, ViewRequest::FULL).unwrap().typed_writable::<u64>().unwrap();
    hits.set(1, 40);
    assert_eq!(table.column::<u64>(0).unwrap().to_vec().unwrap(), [1, 40]);
    assert_eq!(table.get(1, 0).unwrap(), Field::Scalar(Scalar::Int(40)));
    assert_eq!(table.column::<u64>(0).unwrap().as_slice().unwrap_err().kind(), ErrorKind::Layout);
}
