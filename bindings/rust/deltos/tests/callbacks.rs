//! Closures that C calls: progress and release. None of them unwinds across it.

mod common;

use std::cell::Cell;
use std::ops::ControlFlow;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;

use common::{change, create, open, Directory};
use deltos::*;

fn filled(path: &std::path::Path) -> Storage {
    let storage = create(path);
    change(&storage, |transaction| {
        let mut object = transaction.create("n", &vec![7u8; 300_000])?;
        transaction.seal(&mut object)
    });
    storage.sync().unwrap();
    storage
}

#[test]
fn a_panic_in_progress_cancels_the_call_and_goes_on_after_it() {
    let directory = Directory::new();
    let storage = filled(&directory.file("a.deltos"));
    let target = directory.file("b.deltos");
    let calls = Cell::new(0);
    let copying = catch_unwind(AssertUnwindSafe(|| {
        let options = CopyOptions::new().progress(|_| {
            calls.set(calls.get() + 1);
            panic!("from progress")
        });
        storage.snapshot().unwrap().copy_to(&target, options)
    }));
    assert_eq!(*copying.unwrap_err().downcast::<&str>().unwrap(), "from progress");
    assert_eq!(calls.get(), 1, "it is not called again");
    assert!(!target.exists(), "nothing is left behind");

    let verifying = catch_unwind(AssertUnwindSafe(|| storage.verify_with(VerifyLevel::Full, &mut |_| panic!("again"))));
    assert_eq!(*verifying.unwrap_err().downcast::<&str>().unwrap(), "again");
    assert!(storage.verify(VerifyLevel::Full).unwrap().is_sound(), "the storage goes on");
    storage.close().unwrap();
}

#[test]
fn a_panic_while_opening_leaves_nothing_open() {
    let directory = Directory::new();
    let path = directory.file("a.deltos");
    filled(&path).close().unwrap();
    let opening = catch_unwind(|| {
        // SAFETY: the file is the test's.
        unsafe { OpenOptions::new().mode(Mode::Write).verify(true).progress(|_| panic!("while opening")).open(&path) }
    });
    assert!(opening.is_err());
    open(&path, Mode::Write).expect("the writer lock is free").close().unwrap();
}

#[test]
fn progress_cancels_and_tells_how_far_it_is() {
    let directory = Directory::new();
    let storage = filled(&directory.file("a.deltos"));
    let snapshot = storage.snapshot().unwrap();
    let target = directory.file("b.deltos");
    let stopped = snapshot.compact_to(&target, CopyOptions::new().progress(|_| ControlFlow::Break(())));
    assert_eq!(stopped.unwrap_err().kind(), ErrorKind::Cancelled);
    assert!(!target.exists());
    let mut seen = Vec::new();
    let options = CopyOptions::new().progress(|progress| {
        seen.push(progress);
        ControlFlow::Continue(())
    });
    snapshot.copy_to(&target, options).unwrap();
    assert!(seen.windows(2).all(|pair| pair[0].done <= pair[1].done));
    assert!(seen.last().unwrap().fraction().map_or(true, |part| part <= 1.0));
}

/// Counts its drops.
struct Counted {
    bytes: Vec<u8>,
    drops: Arc<AtomicU32>,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn bytes_of_the_program_are_dropped_once_with_the_last_view() {
    let directory = Directory::new();
    let path = directory.file("a.deltos");
    filled(&path).close().unwrap();
    let drops = Arc::new(AtomicU32::new(0));
    let owner = || Counted { bytes: std::fs::read(&path).unwrap(), drops: drops.clone() };
    let storage = OpenOptions::new().open_bytes(owner()).unwrap();
    let view = storage.object("n").unwrap().view::<u8>().unwrap().into_owned();
    drop(storage);
    assert_eq!(view.as_slice().unwrap().len(), 300_000);
    drop(view);
    assert_eq!(drops.swap(0, Ordering::SeqCst), 1);

    let mut broken = owner();
    broken.bytes.truncate(1000);
    assert!(OpenOptions::new().open_bytes(broken).is_err());
    assert_eq!(drops.swap(0, Ordering::SeqCst), 1, "also when opening fails");
    assert!(OpenOptions::new().mode(Mode::Write).open_bytes(owner()).is_err());
    assert_eq!(drops.load(Ordering::SeqCst), 1, "for whatever reason");
}

#[test]
fn an_owner_goes_once_with_the_last_view_of_it() {
    let drops = Arc::new(AtomicU32::new(0));
    let owner = || Counted { bytes: vec![1, 2, 3, 4], drops: drops.clone() };
    let view = AnyView::from_owner(owner(), &[2, 2]).unwrap();
    let shared = view.share(ViewRequest::SIMPLE).unwrap();
    drop(view);
    assert_eq!(shared.as_bytes().unwrap(), [1, 2, 3, 4]);
    assert_eq!(drops.load(Ordering::SeqCst), 0);
    drop(shared);
    assert_eq!(drops.swap(0, Ordering::SeqCst), 1);
    assert!(AnyView::from_owner(owner(), &[3]).is_err());
    assert_eq!(drops.load(Ordering::SeqCst), 1, "also when the shape does not fit");
}

fn layout_of(memory: &mut [u32], shape: &[i64]) -> sys::deltos_view {
    // SAFETY: zero is a value of each field.
    let mut layout: sys::deltos_view = unsafe { std::mem::zeroed() };
    layout.struct_size = std::mem::size_of_val(&layout) as u32;
    layout.ndim = shape.len() as i32;
    layout.dtype = sys::DELTOS_DTYPE_U32;
    layout.data = memory.as_mut_ptr().cast();
    layout.shape = shape.as_ptr();
    layout
}

/// What a panic carries, and panics itself when it is dropped.
struct PanicsAgain;

impl Drop for PanicsAgain {
    fn drop(&mut self) {
        panic!("from what the panic carries");
    }
}

#[test]
fn a_release_closure_is_called_once_and_its_panic_goes_no_further() {
    let mut memory = [1u32, 2, 3];
    let calls = Arc::new(AtomicU32::new(0));
    let called = calls.clone();
    // SAFETY: the memory outlives the views.
    let view = unsafe {
        AnyView::wrap(&layout_of(&mut memory, &[3]), move || {
            called.fetch_add(1, Ordering::SeqCst);
            std::panic::panic_any(PanicsAgain);
        })
    };
    let view = view.unwrap().typed_writable::<u32>().unwrap();
    view.set(2, 9);
    let shared = view.share(ViewRequest::FULL).unwrap();
    drop(view);
    assert_eq!(calls.load(Ordering::SeqCst), 0);
    std::thread::spawn(move || drop(shared)).join().expect("the panic stays inside");
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    assert_eq!(memory, [1, 2, 9]);
}

#[test]
fn a_release_closure_is_dropped_uncalled_when_there_is_no_view() {
    let mut memory = [0u32];
    let (calls, witness) = (Arc::new(AtomicU32::new(0)), Arc::new(()));
    let (called, kept) = (calls.clone(), witness.clone());
    // SAFETY: the library refuses a negative length.
    let refused = unsafe {
        AnyView::wrap(&layout_of(&mut memory, &[-1]), move || {
            drop(kept);
            called.fetch_add(1, Ordering::SeqCst);
        })
    };
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!((calls.load(Ordering::SeqCst), Arc::strong_count(&witness)), (0, 1));
}
