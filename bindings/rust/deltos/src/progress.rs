//! Progress of long calls: a closure of the caller's, called back through C without unwinding across it.

use std::any::Any;
use std::ops::{ControlFlow, DerefMut};
use std::os::raw::c_void;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::ptr::NonNull;

use deltos_sys as sys;

/// How far a long call is.
///
/// ```
/// let half = deltos::Progress { done: 50, total: 100 };
/// assert_eq!(half.fraction(), Some(0.5));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Work done so far, in bytes or pages.
    pub done: u64,
    /// All there is to do, in the same unit; 0 when not known.
    pub total: u64,
}

impl Progress {
    /// What part is done, when the total is known.
    ///
    /// ```
    /// assert_eq!(deltos::Progress { done: 7, total: 0 }.fraction(), None);
    /// ```
    pub fn fraction(&self) -> Option<f64> {
        (self.total > 0).then(|| self.done as f64 / self.total as f64)
    }
}

/// A closure that is told of progress and says whether to go on. It is called on the calling thread, inside the call, at
/// most 20 times a second and once at the end. When it panics, the call is cancelled and the panic goes on from there.
pub type ProgressFn<'p> = dyn FnMut(Progress) -> ControlFlow<()> + 'p;

/// Lends a closure, borrowed or boxed, to the library.
pub(crate) struct Reporter<F> {
    told: Option<F>,
    panic: Option<Box<dyn Any + Send>>,
}

impl<'f, F: DerefMut<Target = ProgressFn<'f>>> Reporter<F> {
    pub(crate) fn new(told: Option<F>) -> Self {
        Reporter { told, panic: None }
    }

    /// Makes a call that the closure is lent to. If that panicked, the panic goes on afterwards.
    pub(crate) fn during<R>(told: Option<F>, call: impl FnOnce(sys::deltos_progress, *mut c_void) -> R) -> R {
        let mut reporter = Reporter::new(told);
        let (function, user) = (reporter.function(), reporter.user());
        let made = call(function, user);
        reporter.finish();
        made
    }

    pub(crate) fn function(&self) -> sys::deltos_progress {
        self.told.as_ref().map(|_| report::<F> as unsafe extern "C" fn(u64, u64, *mut c_void) -> i32)
    }

    pub(crate) fn user(&mut self) -> *mut c_void {
        (self as *mut Self).cast()
    }

    /// After the call: lets the panic of the closure go on, if there was one.
    pub(crate) fn finish(self) {
        if let Some(payload) = self.panic {
            resume_unwind(payload);
        }
    }
}

unsafe extern "C" fn report<'f, F: DerefMut<Target = ProgressFn<'f>>>(done: u64, total: u64, user: *mut c_void) -> i32 {
    // SAFETY: `user` made it of a reporter that lives during the call, on this thread, and nothing else uses it.
    let reporter = &mut *user.cast::<Reporter<F>>();
    let told = match &mut reporter.told {
        Some(told) if reporter.panic.is_none() => told,
        _ => return 1,
    };
    match catch_unwind(AssertUnwindSafe(|| told(Progress { done, total }))) {
        Ok(ControlFlow::Continue(())) => 0,
        Ok(ControlFlow::Break(())) => 1,
        Err(payload) => {
            reporter.panic = Some(payload);
            1
        }
    }
}

type BoxedReporter<'p> = Reporter<Box<ProgressFn<'p>>>;

/// Lends a closure for as long as a handle of the library lives.
pub(crate) struct KeptReporter<'p>(NonNull<BoxedReporter<'p>>);

impl<'p> KeptReporter<'p> {
    pub(crate) fn new(told: Option<Box<ProgressFn<'p>>>) -> Self {
        KeptReporter(NonNull::from(Box::leak(Box::new(Reporter::new(told)))))
    }

    pub(crate) fn function(&self) -> sys::deltos_progress {
        // SAFETY: the box is ours, and no call is under way.
        unsafe { self.0.as_ref() }.function()
    }

    pub(crate) fn user(&self) -> *mut c_void {
        self.0.as_ptr().cast()
    }

    /// After each call: lets the panic of the closure go on, if there was one.
    pub(crate) fn resume(&mut self) {
        // SAFETY: the box is ours, and no call is under way.
        if let Some(payload) = unsafe { self.0.as_mut() }.panic.take() {
            resume_unwind(payload);
        }
    }
}

impl Drop for KeptReporter<'_> {
    fn drop(&mut self) {
        // SAFETY: the box is ours, and what it was lent to has gone.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// A release function for C that drops what `user` points to, a box of `T`, and does not unwind: a panic has been
/// reported by the panic hook by then, and nobody is there to take it.
pub(crate) unsafe extern "C" fn drop_box<T>(user: *mut c_void) {
    let boxed = Box::from_raw(user.cast::<T>());
    contain(|| drop(boxed));
}

/// A release function for C that calls the boxed closure, likewise.
pub(crate) unsafe extern "C" fn call_box<F: FnOnce()>(user: *mut c_void) {
    let boxed = Box::from_raw(user.cast::<F>());
    contain(boxed);
}

/// Lets no panic out. What a panic carries may panic when it is dropped, and so on: a few times is enough.
fn contain(run: impl FnOnce()) {
    let mut outcome = catch_unwind(AssertUnwindSafe(run));
    for _ in 0..4 {
        match outcome {
            Ok(()) => return,
            Err(payload) => outcome = catch_unwind(AssertUnwindSafe(|| drop(payload))),
        }
    }
    std::mem::forget(outcome);
}
