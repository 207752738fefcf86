//! Typed memory: what fits, what is refused, and what is seen by whom.

mod common;

use std::borrow::Cow;

use common::{change, create, open, Directory};
use deltos::*;

/// Stores elements, sealed and not, and reads them back in every way.
fn round_trip<T: Element + PartialEq + std::fmt::Debug>(values: &[T]) {
    let storage = Storage::anonymous("types").unwrap();
    change(&storage, |transaction| {
        transaction.create("open", values)?;
        transaction.create_with::<T>("filled", &[values.len()], |memory| memory.copy_from_slice(values))?;
        let mut sealed = transaction.create("sealed", values)?;
        transaction.seal(&mut sealed)
    });
    let sealed = storage.object("sealed").unwrap().view::<T>().unwrap();
    assert_eq!(sealed.as_slice().unwrap(), values);
    assert_eq!(sealed.dtype(), T::DTYPE);
    for name in ["open", "filled", "sealed"] {
        let view = storage.object(name).unwrap().view::<T>().unwrap();
        assert_eq!(view.to_vec().unwrap(), values);
        assert_eq!((0..view.len()).filter_map(|at| view.get(at)).collect::<Vec<_>>(), values);
        assert_eq!(view.cells().unwrap().iter().map(|cell| cell.load()).collect::<Vec<_>>(), values);
    }
    let writable = storage.object("open").unwrap().view_writable::<T>().unwrap();
    let reversed: Vec<T> = values.iter().rev().copied().collect();
    (0..values.len()).for_each(|at| writable.set(at, reversed[at]));
    assert_eq!(writable.to_vec().unwrap(), reversed);
    writable.write_from(values).unwrap();
    assert_eq!(sealed.to_vec().unwrap(), writable.to_vec().unwrap());
}

#[test]
fn every_element_type_comes_back_as_it_was_stored() {
    round_trip(&[i8::MIN, -1, 0, i8::MAX]);
    round_trip(&[i16::MIN, -1, 0, i16::MAX]);
    round_trip(&[i32::MIN, -1, 0, i32::MAX]);
    round_trip(&[i64::MIN, -1, 0, i64::MAX]);
    round_trip(&[u8::MIN, 1, u8::MAX]);
    round_trip(&[u16::MIN, 1, u16::MAX]);
    round_trip(&[u32::MIN, 1, u32::MAX]);
    round_trip(&[u64::MIN, 1, u64::MAX]);
    round_trip(&[f32::MIN, -0.0, 1.5, f32::INFINITY]);
    round_trip(&[f64::MIN, -0.0, 1.5, f64::INFINITY]);
    round_trip(&[Bool::TRUE, Bool::FALSE, Bool::TRUE]);
    round_trip(&[Complex { re: 1.0f32, im: -1.0 }, Complex { re: 0.5, im: 2.0 }]);
    round_trip(&[Complex { re: 1.0f64, im: -1.0 }, Complex { re: 0.5, im: 2.0 }]);
    round_trip(&[F8E4M3(0x7f), F8E4M3(1)]);
    round_trip(&[F8E5M2(0x7c), F8E5M2(1)]);
    round_trip(&[*b"abcde", *b"\0\xff\0\xff\0"]);
    round_trip(&[Ucs4::<6>::new("Zürich").unwrap(), Ucs4::new("日本").unwrap()]);
}

#[cfg(feature = "half")]
#[test]
fn half_precision_comes_back_as_it_was_stored() {
    use half::{bf16, f16};
    round_trip(&[f16::MIN, f16::from_f32(0.1), f16::INFINITY]);
    round_trip(&[bf16::MIN, bf16::from_f32(0.1), bf16::INFINITY]);
}

#[test]
fn bits_of_a_nan_are_kept() {
    let storage = Storage::anonymous("nan").unwrap();
    let odd = f64::from_bits(0x7ff4_dead_beef_0001);
    change(&storage, |transaction| transaction.create("n", &[odd]).map(drop));
    let view = storage.object("n").unwrap().view_writable::<f64>().unwrap();
    assert_eq!(view.get(0).unwrap().to_bits(), odd.to_bits());
    assert_eq!(view.atomics().unwrap()[0].load(std::sync::atomic::Ordering::Relaxed), odd.to_bits());
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
struct Point {
    x: f64,
    id: u32,
    flags: [u8; 4],
}

// SAFETY: plain numbers in the layout of C, without padding.
unsafe impl Element for Point {
    const DTYPE: DType = DType::Struct;
    fn format() -> Cow<'static, str> {
        "T{d:x:I:id:4s:flags:}".into()
    }
}

#[test]
fn structs_are_taken_when_names_types_and_sizes_agree() {
    let point = Point { x: 1.5, id: 7, flags: *b"abcd" };
    round_trip(&[point, Point { x: -0.0, ..point }]);
    let storage = Storage::anonymous("structs").unwrap();
    change(&storage, |transaction| {
        transaction.create_zeroed_any("same", "=T{d:x:I:id:4s:flags:}", &[1])?;
        transaction.create_zeroed_any("names", "T{d:y:I:id:4s:flags:}", &[1])?;
        transaction.create_zeroed_any("types", "T{d:x:i:id:4s:flags:}", &[1])?;
        transaction.create_zeroed_any("sizes", "T{d:x:I:id:}", &[1])?;
        transaction.create_zeroed_any("order", ">T{d:x:I:id:4s:flags:}", &[1]).map(drop)
    });
    assert!(storage.object("same").unwrap().view::<Point>().is_ok());
    for name in ["names", "types", "sizes", "order"] {
        let refused = storage.object(name).unwrap().view::<Point>().unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Type, "{}", name);
    }
}

#[cfg(feature = "bytemuck")]
#[test]
fn pod_structs_are_elements_without_unsafe_of_their_own() {
    #[repr(C)]
    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Pair {
        key: u64,
        value: f64,
    }
    // SAFETY: what #[derive(Pod)] checks.
    unsafe impl bytemuck::Zeroable for Pair {}
    // SAFETY: what #[derive(Pod)] checks.
    unsafe impl bytemuck::Pod for Pair {}
    impl Record for Pair {
        fn format() -> String {
            "T{Q:key:d:value:}".into()
        }
    }
    round_trip(&[Pair { key: 1, value: 0.5 }, Pair { key: u64::MAX, value: -0.5 }]);
}

#[test]
fn a_wrong_element_type_is_refused_with_both_named() {
    let storage = Storage::anonymous("wrong").unwrap();
    change(&storage, |transaction| transaction.create("n", &[1u32]).map(drop));
    let refused = storage.object("n").unwrap().view::<f32>().unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Type);
    assert!(refused.message().contains("\"I\"") && refused.message().contains("\"f\""), "{}", refused);
    let view = storage.object("n").unwrap().any_view(ViewRequest::FULL_RO).unwrap();
    assert_eq!(view.typed_writable::<u32>().unwrap_err().kind(), ErrorKind::ReadOnly);
}

#[test]
fn bytes_that_are_no_truth_values_are_still_only_true_or_false() {
    let storage = Storage::anonymous("bool").unwrap();
    change(&storage, |transaction| transaction.create("n", Content::bytes(&[0, 1, 2, 255], "?", &[4])?).map(drop));
    let view = storage.object("n").unwrap().view::<Bool>().unwrap();
    let values: Vec<bool> = view.to_vec().unwrap().into_iter().map(bool::from).collect();
    assert_eq!(values, [false, true, true, true]);
}

#[test]
fn empty_and_scalar_buffers_are_views_too() {
    let storage = Storage::anonymous("empty").unwrap();
    change(&storage, |transaction| {
        transaction.create("none", &[] as &[f64])?;
        transaction.create("flat", Content::from(&[] as &[u8]).shape(&[3, 0, 2])?)?;
        transaction.create_with::<u8>("vast", &[1 << 30, 1 << 30, 0], |memory| assert!(memory.is_empty()))?;
        let mut one = transaction.create("one", Content::from(&[7u16]).shape(&[])?)?;
        transaction.seal(&mut one)
    });
    let none = storage.object("none").unwrap().view::<f64>().unwrap();
    assert!(none.is_empty() && none.get(0).is_none() && none.cells().unwrap().is_empty());
    assert!(storage.object("vast").unwrap().view::<u8>().unwrap().to_vec().unwrap().is_empty());
    assert_eq!(storage.object("flat").unwrap().view::<u8>().unwrap().shape(), [3, 0, 2]);
    let one = storage.object("one").unwrap().view::<u16>().unwrap();
    assert_eq!((one.shape(), one.as_slice().unwrap()), (&[][..], &[7][..]));
}

#[test]
fn memory_that_is_not_sealed_is_lent_only_as_cells() {
    let directory = Directory::new();
    let path = directory.file("a.deltos");
    let storage = create(&path);
    change(&storage, |transaction| transaction.create("n", &[1u64, 2]).map(drop));
    let view = storage.object("n").unwrap().view::<u64>().unwrap();
    assert_eq!(view.as_slice().unwrap_err().kind(), ErrorKind::Layout);
    assert_eq!(view.as_bytes().unwrap_err().kind(), ErrorKind::Layout);
    let cells = view.cells().unwrap();
    let other = open(&path, Mode::InPlace).unwrap();
    other.object("n").unwrap().view_writable::<u64>().unwrap().set(0, 9);
    assert_eq!(cells[0].load(), 9, "a store through another handle is seen at once");
}

#[test]
fn private_memory_is_lent_as_slices_whether_sealed_or_not() {
    let directory = Directory::new();
    let path = directory.file("a.deltos");
    let storage = create(&path);
    change(&storage, |transaction| transaction.create("n", &[1u64, 2]).map(drop));
    storage.sync().unwrap();
    let copy = OpenOptions::new().open_copy(&path).unwrap();
    assert_eq!(copy.object("n").unwrap().view::<u64>().unwrap().as_slice().unwrap(), [1, 2]);
    let bytes = OpenOptions::new().open_bytes(std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(bytes.snapshot().unwrap().object("n").unwrap().view::<u64>().unwrap().as_slice().unwrap(), [1, 2]);
    let view = copy.object("n").unwrap().view_writable::<u64>();
    assert_eq!(view.unwrap_err().kind(), ErrorKind::ReadOnly);
}

#[test]
fn strided_memory_is_stored_and_read_in_order() {
    let values: Vec<u8> = (0..24).collect();
    let storage = Storage::anonymous("strides").unwrap();
    let columns = Content::strided(&values, "H", &[4, 3], &[2, 8], 0).unwrap();
    change(&storage, |transaction| transaction.create("columns", columns).map(drop));
    let view = storage.object("columns").unwrap().view::<u16>().unwrap();
    let expected: Vec<u16> = (0..4u16).flat_map(|row| (0..3u16).map(move |column| row + 4 * column)).collect();
    assert_eq!(view.to_vec().unwrap(), expected.iter().map(|n| 0x0100 + 0x0202 * n).collect::<Vec<u16>>());

    let outside = Content::strided(&values, "H", &[4, 3], &[2, 8], 1).unwrap_err();
    assert_eq!(outside.kind(), ErrorKind::Range);
    assert_eq!(Content::strided(&values, "H", &[2], &[-2], 0).unwrap_err().kind(), ErrorKind::Range);
    assert!(Content::strided(&values, "H", &[0, 9], &[-99, 99], 0).is_ok());
}

#[test]
fn wrapped_strided_memory_is_read_by_index() {
    let mut memory: Vec<u32> = (0..12).collect();
    let (shape, strides) = ([2i64, 3], [-24i64, 8]);
    // SAFETY: zero is a value of each field.
    let mut layout: sys::deltos_view = unsafe { std::mem::zeroed() };
    layout.struct_size = std::mem::size_of_val(&layout) as u32;
    (layout.ndim, layout.dtype) = (2, sys::DELTOS_DTYPE_U32);
    (layout.shape, layout.strides) = (shape.as_ptr(), strides.as_ptr());
    layout.data = memory[6..].as_mut_ptr().cast();
    // SAFETY: the memory outlives the view, and every element lies within it.
    let view = unsafe { AnyView::wrap(&layout, || ()) }.unwrap().typed_writable::<u32>().unwrap();
    assert!(!view.is_contiguous());
    let by_index: Vec<u32> = (0..6).filter_map(|at| view.get(at)).collect();
    assert_eq!(by_index, [6, 8, 10, 0, 2, 4]);
    assert_eq!(view.to_vec().unwrap(), by_index);
    assert_eq!(view.cells().unwrap_err().kind(), ErrorKind::Layout);
    view.set(5, 99);
    view.copy_from(&view.share(ViewRequest::FULL).unwrap()).unwrap();
    drop(view);
    assert_eq!(memory[4], 99);
}

#[test]
fn bytes_are_loaded_and_stored_at_any_place_but_not_beyond() {
    let storage = Storage::anonymous("bytes").unwrap();
    change(&storage, |transaction| transaction.create_zeroed::<u8>("n", &[37]).map(drop));
    let view = storage.object("n").unwrap().any_view(ViewRequest::FULL).unwrap();
    let mut model = vec![0u8; 37];
    for at in 0..37 {
        for count in 0..=37 - at {
            let bytes: Vec<u8> = (0..count).map(|n| (at * 7 + n) as u8).collect();
            view.store_bytes(at, &bytes).unwrap();
            model[at..at + count].copy_from_slice(&bytes);
            let mut found = vec![0; count];
            view.load_bytes(at, &mut found).unwrap();
            assert_eq!(found, bytes);
        }
    }
    let mut all = vec![0; 37];
    view.load_bytes(0, &mut all).unwrap();
    assert_eq!(all, model);
    assert_eq!(view.store_bytes(30, &[0; 8]).unwrap_err().kind(), ErrorKind::Range);
    assert_eq!(view.load_bytes(usize::MAX, &mut [0; 2]).unwrap_err().kind(), ErrorKind::Range);
    let reader = storage.object("n").unwrap().any_view(ViewRequest::SIMPLE).unwrap();
    assert_eq!(reader.store_bytes(0, &[1]).unwrap_err().kind(), ErrorKind::ReadOnly);
    assert!(reader.shape().is_none() && reader.strides().is_none());
}

#[test]
#[should_panic(expected = "index 2 is out of range for a view of 2 elements")]
fn storing_beyond_the_end_panics() {
    let storage = Storage::anonymous("range").unwrap();
    change(&storage, |transaction| transaction.create("n", &[1u8, 2]).map(drop));
    storage.object("n").unwrap().view_writable::<u8>().unwrap().set(2, 0);
}

#[test]
fn slices_of_another_length_are_refused() {
    let storage = Storage::anonymous("length").unwrap();
    change(&storage, |transaction| transaction.create("n", &[1u8, 2]).map(drop));
    let view = storage.object("n").unwrap().view_writable::<u8>().unwrap();
    assert_eq!(view.write_from(&[1]).unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(view.read_into(&mut [0; 3]).unwrap_err().kind(), ErrorKind::Type);
}

#[test]
fn metadata_come_back_with_their_types() {
    let storage = Storage::anonymous("metadata").unwrap();
    change(&storage, |transaction| {
        transaction.set_metadata("", "text", "Zürich")?;
        transaction.set_metadata("", "bytes", &b"\0\xff"[..])?;
        transaction.set_metadata("", "one", MetadataValue::scalar(2.5f64))?;
        transaction.set_metadata("", "many", MetadataValue::array(&[1i16, -1]))?;
        transaction.set_metadata("", "grid", MetadataValue::raw("<h", &[1, 2], &[1, 0, 255, 255])?)
    });
    let snapshot = storage.snapshot().unwrap();
    let get = |key| snapshot.metadata("", key).unwrap().unwrap();
    assert_eq!(get("text").text(), Some("Zürich"));
    assert_eq!((get("bytes").format(), get("bytes").data()), ("B", &b"\0\xff"[..]));
    assert_eq!(get("one").scalar::<f64>().unwrap(), 2.5);
    assert_eq!(get("many").to_vec::<i16>().unwrap(), [1, -1]);
    assert_eq!((get("grid").shape(), get("grid").to_vec::<i16>().unwrap()), (&[1, 2][..], vec![1, -1]));
    assert_eq!(get("many").scalar::<i16>().unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(get("one").to_vec::<f32>().unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(get("text").to_vec::<u8>().unwrap_err().kind(), ErrorKind::Type);
    let keys: Vec<_> = snapshot.metadata_list("").unwrap().iter().map(|value| value.key().to_owned()).collect();
    assert_eq!(keys, ["bytes", "grid", "many", "one", "text"]);
    assert!(snapshot.metadata("", "absent").unwrap().is_none());
}

#[test]
fn many_metadata_and_names_are_all_listed() {
    let storage = Storage::anonymous("many").unwrap();
    change(&storage, |transaction| {
        for number in 0..200u32 {
            transaction.set_metadata("", &format!("key {:03}", number), MetadataValue::scalar(number))?;
            transaction.create(&format!("level {}/{:03}", number % 3, number), &[number])?;
        }
        Ok(())
    });
    let snapshot = storage.snapshot().unwrap();
    let values = snapshot.metadata_list("").unwrap();
    assert_eq!(values.len(), 200);
    assert!(values.iter().enumerate().all(|(at, value)| value.scalar::<u32>().unwrap() == at as u32));
    assert_eq!(snapshot.list("").unwrap().count(), 200);
    let levels: Vec<String> = snapshot.list_level("").unwrap().map(|entry| entry.unwrap().name).collect();
    assert_eq!(levels, ["level 0/", "level 1/", "level 2/"]);
}
