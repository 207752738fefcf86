//! Memory handed to Arrow's own library, and taken from it: content, addresses, and who keeps what.

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::ffi::{from_ffi, FFI_ArrowArray, FFI_ArrowSchema};
use arrow_array::ffi_stream::{ArrowArrayStreamReader, FFI_ArrowArrayStream};
use arrow_array::types::{Float64Type, Int32Type, UInt16Type};
use arrow_array::{
    make_array, Array as _, ArrayRef as Column, Int32Array, RecordBatch, RecordBatchIterator, RecordBatchReader,
    StringArray, StructArray,
};
use common::change;
use deltos::{
    AnyView, ArrowArray, ArrowArrayStream, ArrowSchema, Durability, ErrorKind, Field, Presence, RecordBuilder,
    RecordLayout, RecordTable, Scalar, Schema, SlotDef, SlotType, Storage, Tree, ViewRequest,
};

/// What arrow-rs makes of both structures.
fn imported((mut schema, mut array): (ArrowSchema, ArrowArray)) -> Column {
    // SAFETY: both are what the library gave, and moved from once.
    let data = unsafe {
        let array_there = FFI_ArrowArray::from_raw((&mut array as *mut ArrowArray).cast());
        let schema_there = FFI_ArrowSchema::from_raw((&mut schema as *mut ArrowSchema).cast());
        from_ffi(array_there, &schema_there).unwrap()
    };
    assert!(schema.is_released() && array.is_released(), "what was moved is not here any more");
    let column = make_array(data);
    column.to_data().validate_full().unwrap();
    column
}

fn given_stream(mut stream: ArrowArrayStream) -> ArrowArrayStreamReader {
    // SAFETY: it is what the library gave, and moved from once.
    let there = unsafe { FFI_ArrowArrayStream::from_raw((&mut stream as *mut ArrowArrayStream).cast()) };
    ArrowArrayStreamReader::try_new(there).unwrap()
}

fn taken_stream(batches: impl RecordBatchReader + Send + 'static) -> ArrowArrayStream {
    let mut there = FFI_ArrowArrayStream::new(Box::new(batches));
    // SAFETY: it is what arrow-rs gives, and moved from once.
    unsafe { ArrowArrayStream::from_raw((&mut there as *mut FFI_ArrowArrayStream).cast()) }
}

fn batch(columns: Vec<(&str, Column)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, column)| (name, column.clone(), column.null_count() > 0)),
    )
    .unwrap()
}

#[test]
fn sealed_buffers_are_columns_of_the_same_memory() {
    let storage = Storage::anonymous("sealed").unwrap();
    change(&storage, |transaction| {
        let mut object = transaction.create("n", &[1.5, 2.5, 3.5])?;
        transaction.seal(&mut object)
    });
    let object = storage.object("n").unwrap();
    let address = object.view::<f64>().unwrap().as_ptr();
    for given in [object.to_arrow().unwrap(), object.view::<f64>().unwrap().to_arrow().unwrap()] {
        let column = imported(given);
        let numbers = column.as_primitive::<Float64Type>().values();
        assert_eq!((&numbers[..], numbers.as_ptr()), (&[1.5, 2.5, 3.5][..], address));
    }
}

#[test]
fn what_is_given_keeps_the_memory_and_counts_as_a_view() {
    let storage = Storage::anonymous("kept").unwrap();
    change(&storage, |transaction| {
        let mut object = transaction.create("n", &[7i32; 10_000])?;
        transaction.seal(&mut object)
    });
    let column = imported(storage.object("n").unwrap().to_arrow().unwrap());
    let refused = storage.close().unwrap_err();
    assert_eq!(refused.error().kind(), ErrorKind::Pinned);
    drop(refused);
    let sum = std::thread::spawn(move || column.as_primitive::<Int32Type>().values().iter().sum::<i32>());
    assert_eq!(sum.join().unwrap(), 70_000);
}

#[test]
fn memory_that_others_may_write_is_not_lent() {
    let storage = Storage::anonymous("shared").unwrap();
    change(&storage, |transaction| transaction.create("n", &[1i32, 2]).map(drop));
    let (object, view) = (storage.object("n").unwrap(), storage.object("n").unwrap().view::<i32>().unwrap());
    assert_eq!(object.to_arrow().unwrap_err().kind(), ErrorKind::Layout);
    assert_eq!(view.to_arrow().unwrap_err().kind(), ErrorKind::Layout);
    // SAFETY: nobody else has this storage, and this thread does not write.
    let column = imported(unsafe { view.to_arrow_unchecked() }.unwrap());
    assert_eq!(column.as_primitive::<Int32Type>().values(), &[1, 2]);
}

#[test]
fn more_dimensions_are_lists_of_one_size() {
    let view = AnyView::from_owner((0..12u16).collect::<Vec<_>>(), &[3, 4]).unwrap();
    let column = imported(view.to_arrow().unwrap());
    assert_eq!((column.len(), column.as_fixed_size_list().value_length()), (3, 4));
    let numbers = column.as_fixed_size_list().values().as_primitive::<UInt16Type>().values().clone();
    assert_eq!((numbers[11], numbers.as_ptr()), (11, view.as_ptr()));
    let turned = imported(view.transpose().unwrap().to_arrow().unwrap());
    let copied = turned.as_fixed_size_list().value(1);
    assert_eq!(copied.as_primitive::<UInt16Type>().values(), &[1, 5, 9]);
    let odd = AnyView::from_owner(vec![deltos::Ucs4([97u32])], &[1]).unwrap();
    assert_eq!(odd.to_arrow().unwrap_err().kind(), ErrorKind::Unsupported);
}

/// Rows with text that may be null, numbers, and values.
fn trees(layout: RecordLayout) -> RecordTable<'static> {
    let slots = [
        SlotDef::new("name", SlotType::Str).nullable(),
        SlotDef::fixed::<f64>("height"),
        SlotDef::new("tags", SlotType::List),
    ];
    let mut builder = RecordBuilder::in_memory(&Schema::new("tree", &slots).unwrap(), layout).unwrap();
    let tags = Tree::from(vec!["a", "b"]).pack().unwrap();
    let presence = [Presence::Present, Presence::Null, Presence::Present];
    let names = deltos::Column::texts(["oak", "", "Ulme"]).presence(presence);
    builder.add(&[names, (&[1.5, 2.5, 3.5]).into(), deltos::Column::bytes([&tags[..], &tags, &tags])]).unwrap();
    RecordTable::unpack(builder.pack().unwrap()).unwrap()
}

#[test]
fn columns_of_record_tables_are_shown_and_rows_copied() {
    for layout in [RecordLayout::Columns, RecordLayout::Rows] {
        let table = trees(layout);
        let reader = given_stream(table.arrow_stream().unwrap());
        assert!(reader.schema().field(0).is_nullable() && !reader.schema().field(1).is_nullable());
        assert_eq!(reader.schema().field(2).metadata()["ARROW:extension:name"], "deltos.value");
        let batches: Vec<RecordBatch> = reader.collect::<Result<_, _>>().unwrap();
        assert_eq!((batches.len(), batches[0].num_rows()), (1, 3));
        let names = batches[0].column(0).as_string::<i64>();
        assert_eq!(names.iter().collect::<Vec<_>>(), [Some("oak"), None, Some("Ulme")]);
        let heights = batches[0].column(1).as_primitive::<Float64Type>().values();
        assert_eq!(heights[..], [1.5, 2.5, 3.5]);
        let is_same = heights.as_ptr() == table.column::<f64>(1).unwrap().as_ptr();
        assert_eq!(is_same, layout == RecordLayout::Columns);
        if layout == RecordLayout::Columns {
            let (bytes, offsets) = table.bytes_column(0).unwrap();
            assert_eq!(
                (names.value_data().as_ptr(), names.value_offsets().as_ptr()),
                (bytes.as_ptr(), offsets.as_ptr())
            );
            let bits = names.nulls().unwrap().validity().as_ptr();
            assert_eq!(bits, table.presence(0).unwrap().valid().unwrap().as_ptr());
        }
        drop(table);
        assert_eq!(batches[0].column(2).as_binary::<i64>().len(), 3, "the batch keeps the memory");
        let rows: StructArray = batches[0].clone().into();
        let again = imported(trees(layout).to_arrow().unwrap());
        assert_eq!(again.as_struct(), &rows);
    }
}

#[test]
fn streams_become_record_tables() {
    let first = batch(vec![
        ("n", Arc::new(Int32Array::from(vec![1, 2])) as Column),
        ("word", Arc::new(StringArray::from(vec![Some("one"), None]))),
    ]);
    let second = first.slice(1, 1);
    let batches = move || RecordBatchIterator::new([Ok(first.clone()), Ok(second.clone())], first.schema());
    let storage = Storage::anonymous("taken").unwrap();
    for (name, layout) in [("rows", RecordLayout::Rows), ("columns", RecordLayout::Columns)] {
        change(&storage, |transaction| {
            let mut builder = transaction.records_from_arrow(name, taken_stream(batches()), layout)?;
            builder.add(&[(&[4i32]).into(), deltos::Column::texts(["four"])])?;
            builder.finish().map(drop)
        });
        let table = storage.record_table(name).unwrap();
        assert_eq!(table.column::<i32>(0).unwrap().to_vec().unwrap(), [1, 2, 2, 4]);
        let words: Vec<Field<'_>> = (0..4).map(|row| table.get(row, 1).unwrap()).collect();
        let (one, null, four) = (Scalar::Str("one"), Scalar::Null, Scalar::Str("four"));
        assert_eq!(words, [one, null.clone(), null, four].map(Field::Scalar));
    }
    let packed = RecordBuilder::from_arrow(taken_stream(batches()), RecordLayout::Rows).unwrap().pack().unwrap();
    assert_eq!(RecordTable::unpack(packed).unwrap().info().unwrap().rows, 3);
    let mut transaction = storage.begin().unwrap();
    let twice = transaction.records_from_arrow("rows", taken_stream(batches()), RecordLayout::Rows);
    assert_eq!(twice.unwrap_err().kind(), ErrorKind::Exists);
}

#[test]
fn tables_go_through_a_stream_as_they_are() {
    for layout in [RecordLayout::Columns, RecordLayout::Rows] {
        let table = trees(layout);
        let back = RecordBuilder::from_arrow(table.arrow_stream().unwrap(), layout).unwrap().pack().unwrap();
        let back = RecordTable::unpack(back).unwrap();
        back.verify().unwrap();
        for slot in 0..3 {
            for row in 0..3 {
                assert_eq!(back.get(row, slot).unwrap(), table.get(row, slot).unwrap());
            }
        }
        assert_eq!(back.schema().unwrap().slots().unwrap(), table.schema().unwrap().slots().unwrap());
    }
}

#[test]
fn a_failure_of_a_stream_says_what_the_stream_says() {
    let whole = batch(vec![("n", Arc::new(Int32Array::from(vec![1, 2])) as Column)]);
    let failing = || {
        let failure = arrow_array::RecordBatch::try_from_iter([] as [(&str, Column); 0]).unwrap_err();
        taken_stream(RecordBatchIterator::new([Ok(whole.clone()), Err(failure)], whole.schema()))
    };
    let expected = RecordBatch::try_from_iter([] as [(&str, Column); 0]).unwrap_err().to_string();
    let mut stream = failing();
    assert_eq!(stream.schema().unwrap().children().next().unwrap().format(), "i");
    let batch = stream.next_batch().unwrap().unwrap();
    assert_eq!((batch.len(), batch.offset(), batch.children().len(), batch.buffers().len()), (2, 0, 1, 1));
    let failed = stream.next().unwrap().unwrap_err();
    assert!(failed.kind() == ErrorKind::Invalid && failed.message().contains(&expected), "{}", failed);
    assert!(stream.next().is_none());
    let failed = RecordBuilder::from_arrow(failing(), RecordLayout::Rows).unwrap_err();
    assert!(failed.kind() == ErrorKind::Invalid && failed.message().contains(&expected), "{}", failed);
    let released = RecordBuilder::from_arrow(ArrowArrayStream::empty(), RecordLayout::Rows).unwrap_err();
    assert_eq!(
        (released.kind(), ArrowArrayStream::empty().schema().unwrap_err().kind()),
        (ErrorKind::Invalid, ErrorKind::Invalid)
    );
}

#[test]
fn streams_are_released_once_wherever_they_are_dropped() {
    static DROPPED: AtomicUsize = AtomicUsize::new(0);
    struct Counted;
    impl Drop for Counted {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, Ordering::Relaxed);
        }
    }
    let whole = batch(vec![("n", Arc::new(Int32Array::from(vec![1])) as Column)]);
    let stream = || {
        let (whole, counted) = (whole.clone(), Counted);
        let schema = whole.schema();
        let batches = std::iter::once(whole).map(move |batch| (Ok(batch), &counted).0);
        taken_stream(RecordBatchIterator::new(batches, schema))
    };
    drop(stream());
    assert_eq!(DROPPED.load(Ordering::Relaxed), 1);
    let mut sent = stream();
    let taken = std::thread::spawn(move || {
        // SAFETY: it is what arrow-rs gave.
        let moved = unsafe { ArrowArrayStream::from_raw(&mut sent) };
        assert!(sent.is_released());
        moved.map(|batch| batch.unwrap().len()).sum::<usize>()
    });
    assert_eq!(taken.join().unwrap(), 1);
    assert_eq!(DROPPED.load(Ordering::Relaxed), 2);
    RecordBuilder::from_arrow(stream(), RecordLayout::Rows).unwrap();
    assert_eq!(DROPPED.load(Ordering::Relaxed), 3);
}

#[test]
fn tables_are_given_once_their_transaction_has_committed() {
    let storage = Storage::anonymous("new").unwrap();
    let schema = Schema::new("count", &[SlotDef::fixed::<u16>("n").writable()]).unwrap();
    let mut transaction = storage.begin().unwrap();
    let mut builder = transaction.begin_records("counts", &schema, RecordLayout::Columns).unwrap();
    builder.add(&[(&[1u16, 2]).into()]).unwrap();
    let table = builder.finish().unwrap();
    assert_eq!(table.to_arrow().unwrap_err().kind(), ErrorKind::Layout);
    assert_eq!(table.arrow_stream().unwrap_err().kind(), ErrorKind::Layout);
    transaction.commit(Durability::Async).unwrap();
    let column = imported(table.to_arrow().unwrap());
    let writable = table.column_writable::<u16>(0).unwrap();
    writable.set(0, 9);
    let copied = column.as_struct().column(0).as_primitive::<UInt16Type>().values().clone();
    assert_eq!(copied[..], [1, 2], "what can be written is copied");
    change(&storage, |transaction| Tree::from(1).store(transaction, "value").map(drop));
    assert_eq!(storage.object("value").unwrap().to_arrow().unwrap_err().kind(), ErrorKind::Kind);
    assert!(storage.object("value").unwrap().any_view(ViewRequest::FULL_RO).is_err());
}
