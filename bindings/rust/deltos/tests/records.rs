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

/// Rows that are there, null and unset, at both levels.
fn sparse(layout: RecordLayout) -> PackedTable {
    let inner = Schema::new("point", &[SlotDef::fixed::<f32>("x").optional()]).unwrap();
    let slots = [
        SlotDef::new("name", SlotType::Str).nullable().optional(),
        SlotDef::record("at", &inner).nullable(),
        SlotDef::fixed::<u16>("n").writable(),
    ];
    let mut builder = RecordBuilder::in_memory(&Schema::new("sparse", &slots).unwrap(), layout).unwrap();
    for _ in 0..7 {
        let names = [Presence::Present, Presence::Null, Presence::Unset];
        let at = [Presence::Present, Presence::Null, Presence::Present];
        let x = [Presence::Present, Presence::Unset, Presence::Unset];
        let columns = [
            Column::offsets(b"Ulm", &[0, 3, 3, 3]).unwrap().presence(names),
            Column::record().presence(at),
            Column::from(&[1.5f32, 0.0, 0.0]).presence(x),
            Column::from(&[1u16, 2, 3]),
        ];
        builder.add(&columns).unwrap();
    }
    assert_eq!(builder.pack().unwrap()[..], builder.pack().unwrap()[..], "packing can be repeated");
    builder.pack().unwrap()
}

#[test]
fn tables_are_packed_and_read_in_memory_that_they_keep() {
    for layout in [RecordLayout::Rows, RecordLayout::Columns] {
        let packed = sparse(layout);
        let view = {
            let table = RecordTable::unpack(packed.clone()).unwrap();
            let info = table.info().unwrap();
            assert_eq!((info.layout, info.rows, info.image_bytes), (layout, 21, packed.len()));
            assert_eq!((info.sealed, Object::info(&table).unwrap().stored), (true, false));
            assert_eq!(table.get(18, 0).unwrap(), Field::Scalar(Scalar::Str("Ulm")));
            assert_eq!(table.column_writable::<u16>(3).unwrap_err().kind(), ErrorKind::ReadOnly);
            table.verify().unwrap();
            table.column::<u16>(3).unwrap()
        };
        assert_eq!(view.to_vec().unwrap()[..3], [1, 2, 3], "a view keeps the memory");
        let mut shifted = vec![0];
        shifted.extend_from_slice(&packed);
        struct Behind(Vec<u8>);
        impl AsRef<[u8]> for Behind {
            fn as_ref(&self) -> &[u8] {
                &self.0[1..]
            }
        }
        let table = RecordTable::unpack(Behind(shifted)).unwrap();
        assert_eq!(table.column::<u16>(3).unwrap().get(20), Some(3), "what is not aligned is copied");
        let mut cut = packed.to_vec();
        cut.truncate(packed.len() - 64);
        assert_eq!(RecordTable::unpack(cut).unwrap_err().kind(), ErrorKind::Corrupt);
        assert_eq!(Value::unpack(packed).unwrap_err().kind(), ErrorKind::NotDeltos);
    }
}

#[test]
fn presence_is_told_by_row_and_by_bits() {
    use Presence::{Null, Present, Unset};
    for layout in [RecordLayout::Rows, RecordLayout::Columns] {
        let table = RecordTable::unpack(sparse(layout)).unwrap();
        let of = |slot| table.presence(slot).unwrap().iter().collect::<Vec<_>>();
        assert_eq!(of(0), [Present, Null, Unset].repeat(7));
        assert_eq!(of(1), [Present, Null, Present].repeat(7));
        assert_eq!(of(2), [Present, Null, Unset].repeat(7), "where the record is null, so is what it has");
        assert_eq!(of(3), [Present; 21]);
        let names = table.presence(0).unwrap();
        assert_eq!((names.len(), names.get(20), names.get(21)), (21, Some(Unset), None));
        let lengths = (names.valid().unwrap().len(), names.null().unwrap().len());
        assert_eq!(lengths, if layout == RecordLayout::Rows { (21, 21) } else { (3, 3) });
        let slots = table.schema().unwrap().slots().unwrap();
        assert_eq!((slots[0].valid_bit, slots[3].valid_bit), (Some(0), None));
        assert!(table.presence(3).unwrap().valid().is_none() && table.presence(1).unwrap().null().is_none());
        assert_eq!(table.presence(4).unwrap_err().kind(), ErrorKind::Range);
    }
}

#[test]
fn texts_are_bytes_and_offsets_in_columns_and_a_heap_in_rows() {
    let columns = RecordTable::unpack(sparse(RecordLayout::Columns)).unwrap();
    let (bytes, offsets) = columns.bytes_column(0).unwrap();
    assert_eq!(bytes.as_slice().unwrap(), "Ulm".repeat(7).as_bytes());
    assert_eq!(offsets.to_vec().unwrap()[..5], [0, 3, 3, 3, 6]);
    assert_eq!(columns.bytes_column(3).unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(columns.heap().unwrap_err().kind(), ErrorKind::Layout);
    let rows = RecordTable::unpack(sparse(RecordLayout::Rows)).unwrap();
    assert_eq!(rows.heap().unwrap().as_slice().unwrap(), "Ulm".repeat(7).as_bytes());
    assert_eq!(rows.info().unwrap().heap_bytes, rows.heap().unwrap().len());
    assert_eq!(rows.bytes_column(0).unwrap_err().kind(), ErrorKind::Layout);
    assert_eq!(Column::offsets(b"Ulm", &[0, 4]).unwrap_err().kind(), ErrorKind::Range);
    assert_eq!(Column::offsets(b"Ulm", &[-1, 3]).unwrap_err().kind(), ErrorKind::Range);
    assert_eq!(Column::offsets(b"Ulm", &[]).unwrap_err().kind(), ErrorKind::Invalid);
    let schema = Schema::new("names", &[SlotDef::new("name", SlotType::Str)]).unwrap();
    let mut builder = RecordBuilder::in_memory(&schema, RecordLayout::Rows).unwrap();
    assert_eq!(builder.add(&[Column::offsets(b"Ulm", &[3, 0]).unwrap()]).unwrap_err().kind(), ErrorKind::Range);
}

#[test]
fn building_tells_of_progress_and_is_cancelled_or_goes_on() {
    let schema = Schema::new("numbers", &[SlotDef::fixed::<u64>("n")]).unwrap();
    let numbers = vec![7u64; 100_000];
    let (calls, stop) = (std::cell::Cell::new(0), std::cell::Cell::new(true));
    let told = |progress: Progress| {
        calls.set(calls.get() + 1);
        assert!(progress.total == 0 || progress.done <= progress.total, "{:?}", progress);
        if stop.get() {
            return std::ops::ControlFlow::Break(());
        }
        std::ops::ControlFlow::Continue(())
    };
    let directory = Directory::new();
    let options = RecordOptions::new()
        .layout(RecordLayout::Columns)
        .memory_bytes(1 << 16)
        .spill_directory(directory.file("."))
        .progress(told);
    let mut builder = RecordBuilder::in_memory(&schema, options).unwrap();
    assert_eq!(builder.add(&[(&numbers).into()]).unwrap_err().kind(), ErrorKind::Cancelled);
    stop.set(false);
    builder.add(&[(&numbers).into()]).unwrap();
    let table = RecordTable::unpack(builder.pack().unwrap()).unwrap();
    assert_eq!(table.column::<u64>(0).unwrap().as_slice().unwrap(), numbers, "what was cancelled was not added");
    assert!(calls.get() >= 2, "{} calls", calls.get());
    let cancelled = table.verify_with(&mut |_| std::ops::ControlFlow::Break(()));
    assert_eq!(cancelled.unwrap_err().kind(), ErrorKind::Cancelled);
    let nowhere = RecordOptions::new().memory_bytes(1 << 16).spill_directory(directory.file("missing"));
    let mut builder = RecordBuilder::in_memory(&schema, nowhere).unwrap();
    assert_eq!(builder.add(&[(&numbers).into()]).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn a_panic_of_who_is_told_goes_on_in_the_builders_thread() {
    let schema = Schema::new("numbers", &[SlotDef::fixed::<u64>("n")]).unwrap();
    let mut builder =
        RecordBuilder::in_memory(&schema, RecordOptions::new().progress(|_| std::panic::panic_any(7))).unwrap();
    let adding = std::panic::AssertUnwindSafe(|| builder.add(&[(&[1u64; 1000]).into()]).map(drop));
    assert_eq!(std::panic::catch_unwind(adding).unwrap_err().downcast_ref(), Some(&7));
}

#[test]
fn tables_in_memory_are_packed_and_those_of_transactions_finished() {
    let schema = Schema::new("numbers", &[SlotDef::fixed::<u64>("n")]).unwrap();
    let in_memory = RecordBuilder::in_memory(&schema, RecordLayout::Rows).unwrap();
    assert_eq!(in_memory.finish().unwrap_err().kind(), ErrorKind::Invalid);
    let storage = Storage::anonymous("numbers").unwrap();
    let mut transaction = storage.begin().unwrap();
    let mut builder = transaction.begin_records("n", &schema, RecordLayout::Rows).unwrap();
    builder.add(&[(&[1u64, 2]).into()]).unwrap();
    let packed = builder.pack().unwrap();
    builder.finish().unwrap();
    transaction.commit(Durability::Async).unwrap();
    let (stored, unpacked) = (storage.record_table("n").unwrap(), RecordTable::unpack(packed).unwrap());
    assert_eq!(
        stored.any_rows(ViewRequest::FULL_RO).unwrap().to_bytes().unwrap(),
        unpacked.any_rows(ViewRequest::FULL_RO).unwrap().to_bytes().unwrap()
    );
}

#[test]
fn counters_in_rows_are_counted_by_many_threads() {
    use std::sync::atomic::Ordering::{AcqRel, Relaxed};
    let slots = [
        SlotDef::fixed::<u8>("kind"),
        SlotDef::fixed::<u32>("hits").writable(),
        SlotDef::fixed::<f64>("best").writable(),
    ];
    let schema = Schema::new("counter", &slots).unwrap();
    for layout in [RecordLayout::Rows, RecordLayout::Columns] {
        let storage = Storage::anonymous("counters").unwrap();
        change(&storage, |transaction| {
            let mut table = transaction.begin_records("counters", &schema, layout)?;
            table.add(&[(&[0u8; 3]).into(), (&[0u32; 3]).into(), (&[0f64; 3]).into()])?;
            table.finish().map(drop)
        });
        let table = storage.record_table("counters").unwrap();
        let (hits, best) = (table.column_writable::<u32>(1).unwrap(), table.column_writable::<f64>(2).unwrap());
        std::thread::scope(|scope| {
            for thread in 0..4u32 {
                let (hits, best) = (&hits, &best);
                scope.spawn(move || {
                    for _ in 0..1000 {
                        hits.atomic(2).unwrap().fetch_add(1, Relaxed);
                    }
                    let larger = |bits| Some(f64::from_bits(bits).max(f64::from(thread)).to_bits());
                    best.atomic(1).unwrap().fetch_update(AcqRel, Relaxed, larger).unwrap();
                });
            }
        });
        assert_eq!(table.column::<u32>(1).unwrap().to_vec().unwrap(), [0, 0, 4000]);
        assert_eq!(table.get(1, 2).unwrap(), Field::Scalar(Scalar::Float(3.0)));
        assert!(hits.atomic(3).is_none());
        assert_eq!(table.column_writable::<u8>(0).unwrap_err().kind(), ErrorKind::ReadOnly);
    }
}
