//! Parts of views against vectors: slices, windows, other shapes; elements by value, atomically, and through descriptors.

mod common;

use std::cmp::Ordering as Order;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::io::AsRawFd;
use std::sync::atomic::Ordering;

use common::{change, Directory};
use deltos::{AnyView, Content, DType, Error, ErrorKind, Slice, Storage, View, ViewRequest, WritableView, REST};
use proptest::prelude::*;

fn counting(shape: &[usize]) -> View<'static, i32> {
    let count: usize = shape.iter().product();
    AnyView::from_owner((0..count as i32).collect::<Vec<_>>(), shape).unwrap()
}

fn writable(values: &[u16]) -> WritableView<'static, u16> {
    let storage = Storage::anonymous("view").unwrap();
    change(&storage, |transaction| transaction.create("n", values).map(drop));
    let view = storage.object("n").unwrap().view_writable().unwrap().into_owned();
    view
}

#[test]
fn a_part_keeps_the_memory_and_is_as_writable_and_as_sealed_as_the_whole() {
    let whole = writable(&[1, 2, 3, 4]);
    let part = whole.window(1, 2).unwrap();
    drop(whole);
    part.set(0, 9);
    assert_eq!((part.get(0), part.len()), (Some(9), 2));
    assert_eq!(part.as_slice().unwrap_err().kind(), ErrorKind::Layout, "others may write it");

    let fixed = counting(&[4]);
    assert_eq!(fixed.slice(&[(1..).into()]).unwrap().as_slice().unwrap(), [1, 2, 3]);
    let refused = AnyView::slice(&fixed, &[]).unwrap().typed_writable::<i32>();
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::ReadOnly);
}

#[test]
fn a_part_of_what_an_abort_may_unseal_is_not_lent_as_a_slice() {
    let storage = Storage::anonymous("seal").unwrap();
    change(&storage, |transaction| transaction.create("n", &[1u8, 2]).map(drop));
    let mut transaction = storage.begin().unwrap();
    let mut object = transaction.object("n").unwrap();
    transaction.seal(&mut object).unwrap();
    let part = object.view::<u8>().unwrap().window(0, 1).unwrap();
    assert_eq!(part.as_slice().unwrap_err().kind(), ErrorKind::Layout);
    transaction.abort();
}

#[test]
fn what_the_memory_does_not_allow_is_refused() {
    let grid = counting(&[3, 4]);
    assert_eq!(grid.slice(&[3.into()]).unwrap_err().kind(), ErrorKind::Range);
    assert_eq!(grid.slice(&[Slice::ALL, Slice::ALL, Slice::ALL]).unwrap_err().kind(), ErrorKind::Range);
    assert_eq!(grid.slice(&[Slice::ALL.step(0)]).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(grid.window(4, 1).unwrap_err().kind(), ErrorKind::Range);
    assert_eq!(grid.reshape(&[5, REST]).unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(grid.transpose().unwrap().reshape(&[12]).unwrap_err().kind(), ErrorKind::Layout);
    assert_eq!(grid.permute(&[0]).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(grid.permute(&[0, 0]).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(grid.permute(&[0, usize::MAX]).unwrap_err().kind(), ErrorKind::Range);
    assert_eq!(AnyView::cast(&grid, "3s").unwrap_err().kind(), ErrorKind::Type);
    let scalar = grid.slice(&[0.into(), 0.into()]).unwrap();
    assert_eq!(scalar.window(0, 1).unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(scalar.chunks(1).unwrap_err().kind(), ErrorKind::Type);
}

#[test]
fn a_cast_to_elements_that_are_not_aligned_is_refused_as_typed_but_not_as_bytes() {
    let bytes = AnyView::from_owner(vec![0u8; 24], &[24]).unwrap();
    let offset = usize::from(bytes.as_ptr() as usize % 2 == 0);
    let odd = bytes.window(offset, 8).unwrap();
    assert_eq!(odd.cast::<u16>().unwrap_err().kind(), ErrorKind::Layout);
    assert_eq!(AnyView::cast(&odd, DType::U16).unwrap().shape(), Some(&[4][..]));
}

#[test]
#[should_panic(expected = "chunks have at least one element")]
fn chunks_of_nothing_panic() {
    let _ = counting(&[3]).chunks(0);
}

#[test]
fn values_are_compared_across_types_and_layouts() {
    let grid = counting(&[2, 3]);
    let columns = [0.0f32, 3.0, 1.0, 4.0, 2.0, 5.0];
    assert!(grid.transpose().unwrap().values_equal(Content::from(&columns).shape(&[3, 2]).unwrap()).unwrap());
    assert!(!grid.values_equal(&columns).unwrap(), "another shape");
    assert_eq!(grid.compare_values(&[0u8, 1, 1]).unwrap(), Some(Order::Greater));
    assert_eq!(grid.compare_values(&grid).unwrap(), Some(Order::Equal));
    let complex = AnyView::from_owner(vec![deltos::Complex { re: 1.0, im: 0.0 }], &[1]).unwrap();
    assert!(complex.values_equal(&[1u8]).unwrap());
    assert_eq!(complex.compare_values(&[2u8]).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn single_elements_are_numbers_with_ranges() {
    let view = writable(&[1, 2]);
    view.set_f64(&[1], 65_535.0).unwrap();
    assert_eq!((view.get_u64(&[1]).unwrap(), view.get_f64(&[0]).unwrap()), (65_535, 1.0));
    for refused in [view.set_u64(&[0], 65_536), view.set_i64(&[0], -1), view.set_f64(&[0], 0.5)] {
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Range);
    }
    assert_eq!(view.get_i64(&[2]).unwrap_err().kind(), ErrorKind::Range);
    assert_eq!(view.get_i64(&[usize::MAX]).unwrap_err().kind(), ErrorKind::Range);
    for index in [&[][..], &[0, 0]] {
        assert_eq!(view.get_i64(index).unwrap_err().kind(), ErrorKind::Invalid);
    }
    assert_eq!(view.get_bytes(&[0], &mut [0; 3]).unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(view.fill_bytes(&[0; 3]).unwrap_err().kind(), ErrorKind::Type);
}

#[test]
fn floats_are_added_to_atomically_by_many_threads() {
    let storage = Storage::anonymous("atomic").unwrap();
    change(&storage, |transaction| transaction.create("n", &[0.0f64, 0.5]).map(drop));
    let view = storage.object("n").unwrap().view_writable::<f64>().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..500).for_each(|_| assert!(view.atomic_add(&[1], 0.25, Ordering::Relaxed).is_ok())));
        }
    });
    assert_eq!(view.atomic_load(&[1], Ordering::SeqCst).unwrap(), 500.5);
    assert_eq!(view.atomic_load(&[0], Ordering::Release).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(writable(&[1]).atomic_load(&[0], Ordering::Relaxed).unwrap_err().kind(), ErrorKind::Type);
}

#[test]
fn a_file_is_read_into_the_middle_and_written_from_columns() {
    let directory = Directory::new();
    let path = directory.file("bytes");
    std::fs::write(&path, [1u8, 0, 2, 0, 3]).unwrap();
    let view = writable(&[9, 9, 9, 9, 9]);
    let file = std::fs::File::open(&path).unwrap();
    assert_eq!(view.window(1, 2).unwrap().read_fd(&file, None).unwrap(), 4);
    assert_eq!(view.to_vec().unwrap(), [9, 1, 2, 9, 9]);
    assert_eq!(view.read_fd(&file, Some(4)).unwrap(), 1, "the end may come within an element");
    assert_eq!(view.get(0), Some(0x0003));

    let columns = counting(&[2, 2]).transpose().unwrap();
    assert_eq!(columns.write_fd(std::fs::File::create(&path).unwrap(), None).unwrap(), 16);
    let written: Vec<u8> = [0i32, 2, 1, 3].iter().flat_map(|n| n.to_ne_bytes()).collect();
    assert_eq!(std::fs::read(&path).unwrap(), written);

    let failed = view.write_fd(&file, None).unwrap_err();
    assert_eq!((failed.bytes(), failed.error().kind()), (0, ErrorKind::Io));
    let system: std::io::Error = failed.into();
    assert!(system.get_ref().unwrap().downcast_ref::<Error>().unwrap().os_errno().is_some());
    let refused = counting(&[2]).read_fd(&file, None).unwrap_err();
    assert_eq!(refused.error().kind(), ErrorKind::ReadOnly);
    assert!(view.read_fd(&file, Some(u64::MAX)).is_err());
    assert!(file.as_raw_fd() >= 0, "the descriptor stays the caller's");
}

#[test]
fn a_view_is_read_and_written_as_a_stream_with_a_position() {
    let view = writable(&[0; 4]);
    let mut writer = view.writer().unwrap();
    writer.seek(SeekFrom::Start(3)).unwrap();
    assert_eq!(writer.write(&[1, 2, 3, 4, 5, 6, 7]).unwrap(), 5, "what fits");
    assert_eq!(writer.write(&[8]).unwrap(), 0);
    assert!(writer.seek(SeekFrom::Current(-100)).is_err());
    let mut reader = view.reader().unwrap();
    reader.seek(SeekFrom::End(-5)).unwrap();
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, [1, 2, 3, 4, 5]);
    reader.seek(SeekFrom::Start(u64::MAX)).unwrap();
    assert_eq!(reader.read(&mut [0; 4]).unwrap(), 0);
    assert_eq!(counting(&[4]).writer().unwrap_err().kind(), ErrorKind::ReadOnly);
    assert_eq!(counting(&[2, 2]).transpose().unwrap().reader().unwrap_err().kind(), ErrorKind::Layout);
}

#[test]
fn a_view_takes_from_a_source_what_it_has_place_for() {
    let view = writable(&[9; 3]);
    let mut source = &[1u8, 0, 2, 0, 3, 0, 4][..];
    assert_eq!(view.window(1, 2).unwrap().read_from(&mut source).unwrap(), 4);
    assert_eq!((view.to_vec().unwrap(), source), (vec![9, 1, 2], &[3, 0, 4][..]));
    assert_eq!(view.read_from(&mut source).unwrap(), 3, "the end may come within an element");
    assert_eq!(view.to_vec().unwrap(), [3, 4, 2]);
    let mut source = &[1u8][..];
    for refusing in
        [counting(&[2]).into_any(), writable(&[1; 4]).reshape(&[2, 2]).unwrap().transpose().unwrap().into_any()]
    {
        assert!(refusing.read_from(&mut source).is_err());
    }
    assert_eq!(source, [1], "nothing was taken for a view that cannot have it");
}

#[test]
fn parts_of_untyped_views_work_whatever_was_asked_for() {
    let storage = Storage::anonymous("simple").unwrap();
    change(&storage, |transaction| transaction.create("n", &[1u8, 2, 3]).map(drop));
    let bytes = storage.object("n").unwrap().any_view(ViewRequest::SIMPLE).unwrap();
    let part = bytes.window(1, 9).unwrap();
    assert_eq!((part.shape(), part.strides()), (Some(&[2][..]), Some(&[1][..])));
    assert_eq!(bytes.chunks(2).unwrap_err().kind(), ErrorKind::Layout);
}

/// What Python's slices mean, element by element.
fn sliced(length: usize, start: Option<isize>, stop: Option<isize>, step: isize) -> Vec<usize> {
    let length = length as isize;
    let clamp = |at: isize| {
        let at = if at < 0 { at + length } else { at };
        if step > 0 {
            at.clamp(0, length)
        } else {
            at.clamp(-1, length - 1)
        }
    };
    let (first, last) = if step > 0 { (0, length) } else { (length - 1, -1) };
    let (mut at, end) = (start.map_or(first, clamp), stop.map_or(last, clamp));
    let mut taken = Vec::new();
    while if step > 0 { at < end } else { at > end } {
        taken.push(at as usize);
        at += step;
    }
    taken
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn slices_are_those_of_python(
        length in 0usize..9,
        start in prop::option::of(-12isize..12),
        stop in prop::option::of(-12isize..12),
        step in (-4isize..5).prop_filter("not 0", |&step| step != 0),
    ) {
        let view = counting(&[length]);
        let part = view.slice(&[Slice::between(start, stop).step(step)]).unwrap();
        let model: Vec<i32> = sliced(length, start, stop, step).into_iter().map(|n| n as i32).collect();
        prop_assert_eq!(part.to_vec().unwrap(), model);
    }

    #[test]
    fn chunks_are_those_of_a_slice(values in prop::collection::vec(any::<u16>(), 0..40), length in 1usize..50) {
        let view = AnyView::from_owner(values.clone(), &[values.len()]).unwrap();
        let chunks = view.chunks(length).unwrap();
        prop_assert_eq!(chunks.len(), values.chunks(length).len());
        let found: Vec<Vec<u16>> = chunks.map(|chunk| chunk.unwrap().to_vec().unwrap()).collect();
        let model: Vec<Vec<u16>> = values.chunks(length).map(<[u16]>::to_vec).collect();
        prop_assert_eq!(found, model);
    }

    #[test]
    fn searching_counting_and_filling_agree_with_a_vector(
        values in prop::collection::vec(0u16..4, 0..40),
        wanted in 0u16..5,
        start in 0usize..41,
        (offset, length) in (0usize..40, 0usize..40),
    ) {
        let view = writable(&values);
        let start = start.min(values.len());
        let model = values[start..].iter().position(|&n| n == wanted).map(|at| at + start);
        prop_assert_eq!(view.find(wanted, start).unwrap(), model);
        prop_assert_eq!(view.count(wanted).unwrap(), values.iter().filter(|&&n| n == wanted).count() as u64);
        let mut model = values.clone();
        let offset = offset.min(values.len());
        let end = (offset + length).min(values.len());
        view.window(offset, length).unwrap().fill(wanted).unwrap();
        model[offset..end].fill(wanted);
        prop_assert_eq!(view.to_vec().unwrap(), model);
    }

    #[test]
    fn rows_are_gathered_and_other_shapes_read_as_by_index(
        (rows, columns) in (1usize..5, 0usize..5),
        picks in prop::collection::vec(any::<usize>(), 0..9),
    ) {
        let view = counting(&[rows, columns]);
        let picks: Vec<usize> = picks.into_iter().map(|pick| pick % rows).collect();
        let model: Vec<i32> = picks.iter().flat_map(|&row| (0..columns).map(move |c| (row * columns + c) as i32)).collect();
        prop_assert_eq!(view.gather(&picks).unwrap(), model.clone());
        let storage = Storage::anonymous("gather").unwrap();
        change(&storage, |t| t.create_zeroed::<i32>("n", &[picks.len(), columns]).map(drop));
        let target = storage.object("n").unwrap().view_writable::<i32>().unwrap();
        view.gather_into(&picks, &target).unwrap();
        prop_assert_eq!(target.to_vec().unwrap(), model);
        prop_assert_eq!(view.gather(&[rows]).unwrap_err().kind(), ErrorKind::Range);
        let turned: Vec<i32> = (0..columns).flat_map(|c| (0..rows).map(move |row| (row * columns + c) as i32)).collect();
        prop_assert_eq!(view.transpose().unwrap().to_vec().unwrap(), turned.clone());
        prop_assert_eq!(view.permute(&[1, 0]).unwrap().to_vec().unwrap(), turned);
        prop_assert_eq!(view.reshape(&[rows * columns]).unwrap().to_vec().unwrap(), view.to_vec().unwrap());
    }
}
