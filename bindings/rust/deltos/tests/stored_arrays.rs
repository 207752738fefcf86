//! Growable arrays in storages: objects like others, appended to under readers, in and out of transactions.

mod common;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use common::{change, create, open, Directory};
use deltos::*;

fn with_array(path: &Path) -> Storage {
    let storage = create(path);
    change(&storage, |transaction| transaction.create_array::<u64>("log").map(drop));
    storage
}

fn numbers(array: &Array<'_, u64>) -> Vec<u64> {
    array.view().unwrap().to_vec().unwrap()
}

#[test]
fn one_is_made_in_a_transaction_appended_to_at_once_and_opened_by_name() {
    let storage = Storage::anonymous("arrays").unwrap();
    let mut transaction = storage.begin().unwrap();
    let mut made = transaction.create_array::<u64>("log").unwrap();
    made.extend_from_slice(&[1, 2, 3]).unwrap();
    assert_eq!(transaction.create_array::<u64>("log").unwrap_err().kind(), ErrorKind::Exists);
    assert_eq!(transaction.array::<u64>("log").unwrap().len(), 3);
    assert_eq!(storage.array::<u64>("log").unwrap_err().kind(), ErrorKind::NotFound);
    transaction.set_metadata("log", "unit", "s").unwrap();
    transaction.commit(Durability::Sync).unwrap();
    made.push(4).unwrap();
    let info = storage.object("log").unwrap().info().unwrap();
    assert_eq!((info.kind, info.dtype, info.count, info.stored), (ObjectKind::Array, DType::U64, 4, true));
    let snapshot = storage.snapshot().unwrap();
    assert_eq!(numbers(&snapshot.array("log").unwrap()), [1, 2, 3, 4]);
    // SAFETY: nobody writes to it; there is none.
    assert_eq!(unsafe { made.fd() }.unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn what_is_no_array_or_one_of_another_type_is_refused() {
    let storage = Storage::anonymous("arrays").unwrap();
    change(&storage, |transaction| {
        transaction.create("grid", &[1u64])?;
        transaction.create_array_any("points", "T{d:x:d:y:}").map(drop)
    });
    assert_eq!(storage.array::<u64>("grid").unwrap_err().kind(), ErrorKind::Kind);
    assert_eq!(storage.array::<u64>("points").unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(storage.snapshot().unwrap().array_any("none").unwrap_err().kind(), ErrorKind::NotFound);
    let mut points = storage.array_any("points").unwrap();
    points.append_with(2, |bytes| bytes.iter().for_each(|byte| byte.store(0))).unwrap();
    points.append_bytes(&[0; 16]).unwrap();
    assert_eq!(points.append_bytes(&[0; 17]).unwrap_err().kind(), ErrorKind::Type);
    assert_eq!((points.len(), points.info().unwrap().itemsize), (3, 16));
    let mut transaction = storage.begin().unwrap();
    assert_eq!(transaction.seal(&mut storage.object("points").unwrap()).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn options_are_obeyed_or_refused() {
    let storage = Storage::anonymous("arrays").unwrap();
    let mut transaction = storage.begin().unwrap();
    let options = ArrayOptions::new().capacity(100_000).max_bytes(800_000);
    let mut array = options.create_in::<u64>(&mut transaction, "log").unwrap();
    assert!(array.capacity() >= 100_000);
    let refused = array.extend(0..).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Limit);
    assert!(array.len() >= 100_000);
    assert_eq!(array.view().unwrap().get(99_999), Some(99_999));
    for other in [ArrayOptions::new().create(Create::New), ArrayOptions::new().sigbus_guard(true)] {
        assert_eq!(other.create_in::<u64>(&mut transaction, "other").unwrap_err().kind(), ErrorKind::Invalid);
    }
    assert!(!transaction.contains("other").unwrap());
}

#[test]
fn a_reader_sees_it_grow_and_its_old_views_stay_where_they_are() {
    let directory = Directory::new();
    let path = directory.file("a.deltos");
    let storage = with_array(&path);
    let mut array = storage.array::<u64>("log").unwrap();
    array.push(7).unwrap();
    let reading = open(&path, Mode::Read).unwrap();
    let mut reader = reading.array::<u64>("log").unwrap();
    let old = reader.view().unwrap();
    array.push(8).unwrap();
    assert_eq!(numbers(&reader), [7, 8], "without a refresh");
    array.extend(2..100_000).unwrap();
    assert!(reader.len() < 100_000, "for more it has no room");
    assert!(reader.refresh().unwrap());
    assert_eq!((reader.len(), reader.view().unwrap().get(99_999)), (100_000, Some(99_999)));
    array.view_writable().unwrap().set(0, 9);
    assert_eq!((old.len(), old.get(0)), (1, Some(9)));
    assert_eq!(reader.push(1).unwrap_err().kind(), ErrorKind::ReadOnly);
    let storing = open(&path, Mode::InPlace).unwrap();
    let mut stored_to = storing.array::<u64>("log").unwrap();
    stored_to.view_writable().unwrap().set(1, 3);
    stored_to.reverse().unwrap();
    assert_eq!((array.view().unwrap().get(99_998), old.get(0)), (Some(3), Some(99_999)));
    assert_eq!(stored_to.clear().unwrap_err().kind(), ErrorKind::ReadOnly);
}

#[test]
fn another_process_sums_it_while_it_grows() {
    const COUNT: u64 = 300_000;
    const ROLE: &str = "DELTOS_TEST_SUMS";
    if let Some(path) = std::env::var_os(ROLE) {
        let storage = open(Path::new(&path), Mode::Read).unwrap();
        let mut array = storage.array::<u64>("log").unwrap();
        let (mut seen, mut sum) = (0, 0);
        while seen < COUNT as usize {
            array.refresh().unwrap();
            let view = array.view().unwrap();
            sum += (seen..view.len()).map(|at| view.get(at).unwrap()).sum::<u64>();
            seen = view.len();
        }
        return assert_eq!(sum, COUNT * (COUNT + 1) / 2);
    }
    let directory = Directory::new();
    let path = directory.file("a.deltos");
    let storage = with_array(&path);
    let mut array = storage.array::<u64>("log").unwrap();
    let mut summing = Command::new(std::env::current_exe().unwrap());
    summing.args(["--exact", "another_process_sums_it_while_it_grows"]).env(ROLE, &path).stdout(Stdio::null());
    let mut other = summing.spawn().unwrap();
    for number in 1..=COUNT {
        array.push(number).unwrap();
    }
    assert!(other.wait().unwrap().success());
}

#[test]
fn an_abort_takes_the_array_it_made_and_no_element_of_another() {
    let directory = Directory::new();
    let storage = with_array(&directory.file("a.deltos"));
    let mut kept = storage.array::<u64>("log").unwrap();
    let mut transaction = storage.begin().unwrap();
    let mut lost = transaction.create_array::<u64>("lost").unwrap();
    lost.push(1).unwrap();
    let seen = lost.view().unwrap();
    kept.extend(0..100_000).unwrap(); // room that is made in the transaction outlives it
    transaction.abort();
    assert_eq!(lost.push(2).unwrap_err().kind(), ErrorKind::Stale);
    assert_eq!(storage.array::<u64>("lost").unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(seen.get(0), Some(1));
    assert_eq!((kept.len(), kept.view().unwrap().get(99_999)), (100_000, Some(99_999)));
    kept.flush().unwrap();
    kept.sync().unwrap();
}

#[test]
fn room_that_an_open_transaction_is_to_commit_is_not_given_back() {
    let directory = Directory::new();
    let storage = with_array(&directory.file("a.deltos"));
    let mut array = storage.array::<u64>("log").unwrap();
    let transaction = storage.begin().unwrap();
    array.resize(100_000).unwrap();
    array.truncate(10).unwrap();
    assert_eq!(array.shrink_to_fit().unwrap_err().kind(), ErrorKind::Busy);
    transaction.commit(Durability::Async).unwrap();
    array.shrink_to_fit().unwrap();
    assert!(array.capacity() < 100_000);
}

#[test]
fn a_deleted_one_keeps_the_memory_of_its_views_and_takes_no_more() {
    let directory = Directory::new();
    let storage = with_array(&directory.file("a.deltos"));
    let mut array = storage.array::<u64>("log").unwrap();
    array.extend_from_slice(&[1, 2, 3]).unwrap();
    let view = array.view().unwrap();
    change(&storage, |transaction| transaction.delete("log"));
    for refused in [array.push(4), array.reserve(1000), array.clear(), array.flush()] {
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Stale);
    }
    change(&storage, |transaction| transaction.create("other", &vec![9u64; 50_000]).map(drop));
    assert_eq!(view.to_vec().unwrap(), [1, 2, 3]);
    assert_eq!(array.view().unwrap_err().kind(), ErrorKind::Stale);
}

#[test]
fn an_appender_does_not_write_where_its_array_was() {
    let directory = Directory::new();
    let storage = create(&directory.file("a.deltos"));
    let mut transaction = storage.begin().unwrap();
    let mut lost = transaction.create_array::<u64>("lost").unwrap();
    let mut appender = lost.appender();
    appender.push(1).unwrap();
    transaction.abort();
    change(&storage, |transaction| transaction.create("other", &vec![9u64; 50_000]).map(drop));
    (0..1000).for_each(|number| appender.push(number).unwrap());
    assert_eq!(appender.publish().unwrap_err().kind(), ErrorKind::Stale);
    assert_eq!(appender.push(1).unwrap_err().kind(), ErrorKind::Stale);
    let other = storage.object("other").unwrap().view::<u64>().unwrap();
    assert!(other.to_vec().unwrap().iter().all(|&number| number == 9));
}

#[test]
fn handles_of_one_process_share_it_and_take_turns() {
    let directory = Directory::new();
    let storage = with_array(&directory.file("a.deltos"));
    let mut first = storage.array::<u64>("log").unwrap();
    let mut second = storage.array::<u64>("log").unwrap();
    first.push(1).unwrap();
    second.push(2).unwrap();
    let mut appender = first.appender();
    appender.push(3).unwrap();
    let refusals = [second.push(4), second.clear(), second.extend_from_slice(&[4]), second.appender().push(4)];
    assert!(refusals.iter().all(|refused| refused.as_ref().unwrap_err().kind() == ErrorKind::Busy));
    assert_eq!((appender.pending(), second.len()), (1, 2));
    appender.publish().unwrap();
    second.push(4).unwrap();
    appender.push(5).unwrap();
    drop(appender);
    assert_eq!(numbers(&second), [1, 2, 3, 4, 5]);
    let view = second.view().unwrap();
    assert_eq!(first.pop().unwrap_err().kind(), ErrorKind::Pinned);
    let refused = first.close().unwrap_err();
    drop(view);
    refused.into_array().close().unwrap();
    assert_eq!(second.pop().unwrap(), Some(5));
}

#[test]
fn threads_take_views_while_one_appends() {
    let directory = Directory::new();
    let storage = with_array(&directory.file("a.deltos"));
    let mut array = storage.array::<u64>("log").unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let object = storage.object("log").unwrap();
                while !done.load(Ordering::Acquire) {
                    let view = match object.view::<u64>() {
                        Err(error) if error.kind() == ErrorKind::Busy => continue, // the other one lets go of its own
                        view => view.unwrap(),
                    };
                    if let Some(last) = view.len().checked_sub(1) {
                        assert_eq!(view.get(last), Some(last as u64), "what is counted is there");
                    }
                }
            });
        }
        (0..400_000).for_each(|number| array.push(number).unwrap());
        done.store(true, Ordering::Release);
    });
}

#[test]
fn one_that_is_closed_and_opened_again_is_as_it_was() {
    let directory = Directory::new();
    let path = directory.file("a.deltos");
    let storage = with_array(&path);
    storage.array::<u64>("log").unwrap().extend(0..100_000).unwrap();
    storage.close().unwrap();
    let storage = open(&path, Mode::Write).unwrap();
    let mut array = storage.array::<u64>("log").unwrap();
    assert_eq!(numbers(&array), (0..100_000).collect::<Vec<_>>());
    array.truncate(10).unwrap();
    array.shrink_to_fit().unwrap();
    assert!(array.capacity() < 100_000);
    array.close().unwrap();
    let copy = directory.file("copy.deltos");
    storage.snapshot().unwrap().copy_to(&copy, CopyOptions::new()).unwrap();
    assert_eq!(numbers(&open(&copy, Mode::Static).unwrap().array("log").unwrap()), (0..10).collect::<Vec<_>>());
    assert!(storage.verify(VerifyLevel::Full).unwrap().is_sound());
}
