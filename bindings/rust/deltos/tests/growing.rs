//! Growable arrays against `Vec`, in storages, in flat files and in anonymous memory.

mod common;

use std::path::Path;

use common::{change, create, open, Directory};
use deltos::{AnyArray, AnyView, Array, ArrayOptions, Create, Element, ErrorKind, Mode, ObjectKind, VerifyLevel};
use proptest::prelude::*;

fn appending<T: Element>(path: &Path, create: Create) -> deltos::Result<Array<'static, T>> {
    // SAFETY: the file is the test's.
    unsafe { ArrayOptions::new().mode(Mode::Write).create(create).max_bytes(1 << 28).open_file(path) }
}

fn reading<T: Element>(path: &Path) -> deltos::Result<Array<'static, T>> {
    // SAFETY: the file is the test's.
    unsafe { ArrayOptions::new().open_file(path) }
}

#[test]
fn memory_stays_where_it_is_and_old_views_stay_coherent() {
    let mut array = Array::<u32>::anonymous().unwrap();
    array.push(1).unwrap();
    let old = array.view().unwrap();
    array.extend(2..100_000).unwrap();
    let new = array.view_writable().unwrap();
    new.set(0, 77);
    assert_eq!((old.len(), old.get(0), old.as_ptr()), (1, Some(77), new.as_ptr()));
    assert_eq!(old.as_slice().unwrap_err().kind(), ErrorKind::Layout, "never lent as a slice");
}

#[test]
fn only_what_a_view_shows_is_kept_from_being_cut_off() {
    let mut array = Array::<u32>::anonymous().unwrap();
    array.extend(0..10).unwrap();
    let view = array.view().unwrap().window(0, 4).unwrap();
    let whole = array.view().unwrap();
    assert_eq!(array.pop().unwrap_err().kind(), ErrorKind::Pinned);
    assert_eq!(array.truncate(3).unwrap_err().kind(), ErrorKind::Pinned);
    assert_eq!(array.len(), 10);
    drop((view, whole));
    array.truncate(20).unwrap();
    array.truncate(3).unwrap();
    assert_eq!(array.view().unwrap().to_vec().unwrap(), [0, 1, 2]);
}

#[test]
fn a_flat_file_is_its_content_and_grows_under_a_reader() {
    let directory = Directory::new();
    let path = directory.file("flat");
    let mut array = appending::<u16>(&path, Create::New).unwrap();
    assert_eq!(appending::<u16>(&path, Create::New).unwrap_err().kind(), ErrorKind::Exists);
    assert_eq!(appending::<u16>(&path, Create::Never).unwrap_err().kind(), ErrorKind::Locked);
    let mut reader = reading::<u16>(&path).unwrap();
    array.extend((0..100_000u32).map(|n| n as u16)).unwrap();
    assert!(reader.refresh().unwrap());
    assert_eq!((reader.len(), reader.view().unwrap().get(99_999)), (100_000, Some(99_999u32 as u16)));
    assert_eq!(reader.push(1).unwrap_err().kind(), ErrorKind::ReadOnly);
    drop(reader);
    array.sync().unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 200_000);
    array.push(5).unwrap();
    array.close().unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 200_002);
    assert_eq!(reading::<[u8; 3]>(&path).unwrap_err().kind(), ErrorKind::Layout);
    assert_eq!(deltos::Object::info(&reading::<u16>(&path).unwrap()).unwrap().kind, ObjectKind::Array);
}

#[test]
fn an_appender_publishes_when_it_is_asked_and_when_it_goes() {
    let mut array = Array::<u64>::anonymous().unwrap();
    // SAFETY: nobody writes to it but this library.
    let mut reader = unsafe { ArrayOptions::new().open_fd(array.fd().unwrap()) }.unwrap().typed::<u64>().unwrap();
    let mut appender = array.appender();
    appender.push(1).unwrap();
    assert_eq!((appender.pending(), reader.len()), (1, 0));
    appender.publish().unwrap();
    reader.refresh().unwrap(); // sees the room
    assert_eq!(reader.len(), 1);
    appender.push(2).unwrap();
    assert_eq!((appender.pending(), reader.len()), (1, 1));
    drop(appender);
    assert_eq!((reader.len(), reader.view().unwrap().to_vec().unwrap()), (2, vec![1, 2]));
}

#[test]
fn elements_before_a_limit_are_there_and_the_next_one_is_refused() {
    let mut array = ArrayOptions::new().max_bytes(1 << 16).open_anonymous::<u64>().unwrap();
    let refused = array.extend(0..).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Limit);
    assert_eq!((array.len(), array.view().unwrap().get(8191)), (8192, Some(8191)));
}

#[test]
fn a_descriptor_says_which_type_it_holds() {
    let array = Array::<u64>::anonymous().unwrap();
    // SAFETY: nobody writes to it but this library.
    let again = unsafe { ArrayOptions::new().open_fd(array.fd().unwrap()) }.unwrap();
    assert_eq!(again.typed::<f64>().unwrap_err().kind(), ErrorKind::Type);
    // SAFETY: as above.
    let second = unsafe { ArrayOptions::new().mode(Mode::Write).open_fd(array.fd().unwrap()) };
    assert_eq!(second.unwrap_err().kind(), ErrorKind::Locked);
}

#[test]
fn indices_outside_and_items_of_another_type_are_refused() {
    let mut array = Array::<u16>::anonymous().unwrap();
    array.extend(0..3).unwrap();
    for refused in [array.insert(4, 1), array.insert(usize::MAX, 1), array.remove(3).map(drop)] {
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Range);
    }
    assert_eq!(array.remove(usize::MAX).unwrap_err().kind(), ErrorKind::Range);
    assert_eq!(array.remove_range(2..4).unwrap_err().kind(), ErrorKind::Range);
    #[allow(clippy::reversed_empty_ranges)]
    let backwards = array.remove_range(2..1);
    assert_eq!(backwards.unwrap_err().kind(), ErrorKind::Range);
    assert_eq!(array.extend_from(&[1u32]).unwrap_err().kind(), ErrorKind::Type);
    let mut any: AnyArray<'_> = array.into_any();
    assert_eq!(any.append_bytes(&[1, 2, 3]).unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(any.remove_bytes(0, usize::MAX).unwrap_err().kind(), ErrorKind::Range);
    assert_eq!(any.insert_bytes(-4, &[1, 2]).unwrap_err().kind(), ErrorKind::Range);
    assert_eq!(any.len(), 3);
}

#[test]
fn an_array_is_extended_by_itself_and_by_columns() {
    let mut array = Array::<u16>::anonymous().unwrap();
    let grid = AnyView::from_owner(vec![1u16, 2, 3, 4], &[2, 2]).unwrap();
    array.extend_from(&grid.transpose().unwrap()).unwrap();
    let own = array.view().unwrap();
    array.extend_from(&own).unwrap();
    assert_eq!(array.view().unwrap().to_vec().unwrap(), [1, 3, 2, 4, 1, 3, 2, 4]);
}

#[test]
fn an_array_may_move_to_another_thread_and_be_read_by_many() {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<Array<'_, f64>>();
    is_send_and_sync::<AnyArray<'_>>();
    is_send_and_sync::<deltos::Appender<'_, f64>>();
    let mut array = Array::<u64>::anonymous().unwrap();
    // SAFETY: nobody writes to it but this library.
    let reader = unsafe { ArrayOptions::new().open_fd(array.fd().unwrap()) }.unwrap().typed::<u64>().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || (0..20_000).for_each(|n| array.push(n).unwrap()));
        let mut reader = reader;
        scope.spawn(move || {
            while reader.len() < 20_000 {
                reader.refresh().unwrap();
                let view = reader.view().unwrap();
                if let Some(last) = view.len().checked_sub(1) {
                    assert_eq!(view.get(last), Some(last as u64), "what is counted is there");
                }
            }
        });
    });
}

#[derive(Clone, Debug)]
enum Change {
    Push(u16),
    Append(Vec<u16>),
    Extend(Vec<u16>),
    Insert(usize, Vec<u16>),
    Remove(usize, usize),
    Pop,
    Resize(usize),
    Clear,
    Reverse,
    Swap,
    Shrink,
    Reopen,
}

fn changes() -> impl Strategy<Value = Change> {
    let some = || prop::collection::vec(any::<u16>(), 0..50);
    prop_oneof![
        any::<u16>().prop_map(Change::Push),
        some().prop_map(Change::Append),
        some().prop_map(Change::Extend),
        (any::<usize>(), some()).prop_map(|(at, items)| Change::Insert(at, items)),
        (any::<usize>(), 0usize..20).prop_map(|(at, count)| Change::Remove(at, count)),
        Just(Change::Pop),
        (0usize..3000).prop_map(Change::Resize),
        Just(Change::Clear),
        Just(Change::Reverse),
        Just(Change::Swap),
        Just(Change::Shrink),
        Just(Change::Reopen),
    ]
}

/// Carries a change out on both, and compares what they answer.
fn apply(array: &mut Array<'_, u16>, model: &mut Vec<u16>, change: &Change) -> deltos::Result<()> {
    match change {
        Change::Push(value) => {
            array.push(*value)?;
            model.push(*value);
        }
        Change::Append(items) => {
            array.extend_from_slice(items)?;
            model.extend_from_slice(items);
        }
        Change::Extend(items) => {
            array.extend(items.iter().copied())?;
            model.extend(items);
        }
        Change::Insert(at, items) => {
            let at = at % (model.len() + 1);
            array.insert_slice(at, items)?;
            model.splice(at..at, items.iter().copied());
        }
        Change::Remove(at, count) => {
            let at = at % (model.len() + 1);
            let end = (at + count).min(model.len());
            array.remove_range(at..end)?;
            model.drain(at..end);
        }
        Change::Pop => assert_eq!(array.pop()?, model.pop()),
        Change::Resize(count) => {
            array.resize(*count)?;
            model.resize(*count, 0);
        }
        Change::Clear => {
            array.clear()?;
            model.clear();
        }
        Change::Reverse => {
            array.reverse()?;
            model.reverse();
        }
        Change::Swap => {
            array.byteswap()?;
            model.iter_mut().for_each(|value| *value = value.swap_bytes());
        }
        Change::Shrink => array.shrink_to_fit()?,
        Change::Reopen => {}
    }
    assert_eq!(array.len(), model.len());
    assert!(array.capacity() >= model.len());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn anonymous_memory_does_what_a_vec_does(changes in prop::collection::vec(changes(), 0..40)) {
        let mut array = Array::<u16>::anonymous().unwrap();
        let mut model = Vec::new();
        for change in &changes {
            apply(&mut array, &mut model, change).unwrap();
        }
        prop_assert_eq!(array.view().unwrap().to_vec().unwrap(), model);
    }

    #[test]
    fn a_flat_file_does_what_a_vec_does_across_reopening(changes in prop::collection::vec(changes(), 0..40)) {
        let directory = Directory::new();
        let path = directory.file("flat");
        let mut array = appending::<u16>(&path, Create::New).unwrap();
        let mut model = Vec::new();
        for change in &changes {
            apply(&mut array, &mut model, change).unwrap();
            if matches!(change, Change::Reopen) {
                array.close().unwrap();
                array = appending::<u16>(&path, Create::Never).unwrap();
            }
        }
        prop_assert_eq!(array.view().unwrap().to_vec().unwrap(), model.clone());
        array.close().unwrap();
        let bytes: Vec<u8> = model.iter().flat_map(|value| value.to_ne_bytes()).collect();
        prop_assert_eq!(std::fs::read(&path).unwrap(), bytes);
    }

    #[test]
    fn an_array_in_a_storage_does_what_a_vec_does_across_reopening(
        changes in prop::collection::vec(changes(), 0..40),
    ) {
        let directory = Directory::new();
        let path = directory.file("a.deltos");
        let mut storage = create(&path);
        change(&storage, |transaction| transaction.create_array::<u16>("n").map(drop));
        let mut model = Vec::new();
        for part in changes.split(|change| matches!(change, Change::Reopen)) {
            let mut array = storage.array::<u16>("n").unwrap();
            for change in part {
                apply(&mut array, &mut model, change).unwrap();
            }
            array.close().unwrap();
            storage.close().unwrap();
            storage = open(&path, Mode::Write).unwrap();
            prop_assert_eq!(&storage.array::<u16>("n").unwrap().view().unwrap().to_vec().unwrap(), &model);
        }
        prop_assert!(storage.verify(VerifyLevel::Full).unwrap().is_sound());
    }
}
