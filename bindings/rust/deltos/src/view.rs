//! Views to be read: exported memory, typed or not.

use std::fmt;
use std::marker::PhantomData;
use std::mem::{align_of, size_of, zeroed};
use std::ops::{BitOr, Deref};
use std::ptr::{null_mut, NonNull};

use deltos_sys as sys;

use crate::cells;
use crate::element::check_type;
use crate::error::{call, released};
use crate::progress::{call_box, drop_box};
use crate::storage::made;
use crate::text::borrowed;
use crate::{Content, DType, Element, Error, ErrorKind, ReadCell, Result, WritableView};

/// What the reader of a view can cope with; the numbers are those of Python's `PyBUF_*`. What was not asked for is not
/// told. Asking for less than the memory needs answers [`ErrorKind::Layout`].
///
/// ```
/// use deltos::ViewRequest;
/// let request = ViewRequest::C | ViewRequest::FORMAT;
/// assert!(request.contains(ViewRequest::ND));
/// assert!(!request.contains(ViewRequest::WRITABLE));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ViewRequest(i32);

impl ViewRequest {
    /// Contiguous bytes: an address and a length.
    pub const SIMPLE: ViewRequest = ViewRequest(sys::DELTOS_VIEW_SIMPLE);
    /// May write.
    pub const WRITABLE: ViewRequest = ViewRequest(sys::DELTOS_VIEW_WRITABLE);
    /// Reads the element type; with items that are not bytes it needs `ND`.
    pub const FORMAT: ViewRequest = ViewRequest(sys::DELTOS_VIEW_FORMAT);
    /// Reads the shape; without `STRIDES` the memory is C-contiguous.
    pub const ND: ViewRequest = ViewRequest(sys::DELTOS_VIEW_ND);
    /// Reads strides too.
    pub const STRIDES: ViewRequest = ViewRequest(sys::DELTOS_VIEW_STRIDES);
    /// Must be C-contiguous.
    pub const C: ViewRequest = ViewRequest(sys::DELTOS_VIEW_C);
    /// Must be Fortran-contiguous.
    pub const F: ViewRequest = ViewRequest(sys::DELTOS_VIEW_F);
    /// Must be contiguous either way.
    pub const ANY: ViewRequest = ViewRequest(sys::DELTOS_VIEW_ANY);
    /// Follows pointers to rows too.
    pub const INDIRECT: ViewRequest = ViewRequest(sys::DELTOS_VIEW_INDIRECT);
    /// Anything, to be read.
    pub const FULL_RO: ViewRequest = ViewRequest(sys::DELTOS_VIEW_FULL_RO);
    /// Anything, to be written.
    pub const FULL: ViewRequest = ViewRequest(sys::DELTOS_VIEW_FULL);

    /// The number that the C interface takes.
    pub const fn bits(self) -> i32 {
        self.0
    }

    /// It asks for all that `other` asks for.
    pub const fn contains(self, other: ViewRequest) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for ViewRequest {
    type Output = ViewRequest;

    fn bitor(self, other: ViewRequest) -> ViewRequest {
        ViewRequest(self.0 | other.0)
    }
}

/// Exported memory of any type: what [`View`] and [`WritableView`] are made of, and all there is for programs that learn
/// the type when they run.
///
/// Its memory stays mapped, does not move and is used for nothing else until the view is dropped, whatever happens to
/// the object, its storage or its transaction.
///
/// ```
/// use deltos::{DType, Durability, Storage, ViewRequest};
///
/// let storage = Storage::anonymous("example")?;
/// storage.transact(Durability::Sync, |t| t.create("n", &[1u16, 2, 3]).map(drop))?;
/// let view = storage.object("n")?.any_view(ViewRequest::FULL_RO)?;
/// match view.dtype() {
///     DType::U16 => assert_eq!(view.typed::<u16>()?.to_vec()?, [1, 2, 3]),
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), deltos::Error>(())
/// ```
pub struct AnyView<'s> {
    raw: NonNull<sys::deltos_view>,
    immutable: bool,
    storage: PhantomData<&'s ()>,
}

// SAFETY: the fields of a view are immutable, its memory is reached by atomic accesses or is immutable too, and it may be
// released on any thread.
unsafe impl Send for AnyView<'_> {}
// SAFETY: as above.
unsafe impl Sync for AnyView<'_> {}

impl<'s> AnyView<'s> {
    pub(crate) fn adopt(raw: NonNull<sys::deltos_view>, frozen: bool) -> Self {
        // SAFETY: the library made it.
        let immutable = frozen || unsafe { raw.as_ref() }.sealed != 0;
        AnyView { raw, immutable, storage: PhantomData }
    }

    /// A view over memory of this one: what is known of that holds, and no more.
    pub(crate) fn part(&self, raw: NonNull<sys::deltos_view>) -> Self {
        AnyView { raw, immutable: self.immutable, storage: PhantomData }
    }

    pub(crate) fn forget_seal(&mut self) {
        self.immutable = false;
    }

    /// The view as the C interface has it, borrowed.
    pub fn as_raw(&self) -> *const sys::deltos_view {
        self.raw.as_ptr()
    }

    fn fields(&self) -> &sys::deltos_view {
        // SAFETY: the fields do not change until the release.
        unsafe { self.raw.as_ref() }
    }

    /// The element type.
    pub fn dtype(&self) -> DType {
        DType::of(self.fields().dtype)
    }

    /// The format string of one element, in canonical form.
    pub fn format(&self) -> &str {
        // SAFETY: the library always sets it, and it lives until the release.
        unsafe { borrowed(self.fields().format) }
    }

    /// Dimensions; 0: one element.
    pub fn ndim(&self) -> usize {
        self.fields().ndim as usize
    }

    /// Elements in each dimension, when they were asked for.
    pub fn shape(&self) -> Option<&[usize]> {
        let fields = self.fields();
        // SAFETY: as many as dimensions, never negative, until the release.
        (fields.ndim == 0 || !fields.shape.is_null())
            .then(|| unsafe { slice_of(fields.shape.cast(), fields.ndim as usize) })
    }

    /// Bytes from one element to the next in each dimension, when they were asked for.
    pub fn strides(&self) -> Option<&[isize]> {
        let fields = self.fields();
        // SAFETY: as many as dimensions, until the release.
        (fields.ndim == 0 || !fields.strides.is_null())
            .then(|| unsafe { slice_of(fields.strides.cast(), fields.ndim as usize) })
    }

    /// What is added to pointers in each dimension (negative: it has none), of memory whose rows are reached by pointers.
    pub fn suboffsets(&self) -> Option<&[isize]> {
        let fields = self.fields();
        // SAFETY: as many as dimensions, until the release.
        (!fields.suboffsets.is_null()).then(|| unsafe { slice_of(fields.suboffsets.cast(), fields.ndim as usize) })
    }

    /// Bytes of one element.
    pub fn itemsize(&self) -> usize {
        self.fields().itemsize as usize
    }

    /// Bytes of all elements.
    pub fn nbytes(&self) -> usize {
        self.fields().nbytes as usize
    }

    /// The memory must not be written.
    pub fn is_readonly(&self) -> bool {
        self.fields().readonly != 0
    }

    /// The content is sealed: checksummed, and never written again.
    pub fn is_sealed(&self) -> bool {
        self.fields().sealed != 0
    }

    /// Nobody will ever write it: the content is sealed, or the storage lies in memory of the process's own.
    pub fn is_immutable(&self) -> bool {
        self.immutable
    }

    /// The address of element `[0, ..., 0]`. Reading through it is for who knows that nobody writes meanwhile.
    pub fn as_ptr(&self) -> *const u8 {
        self.fields().data.cast()
    }

    /// The elements lie one after the other, in C order.
    pub fn is_contiguous(&self) -> bool {
        let (shape, strides) = match (self.shape(), self.strides()) {
            _ if self.suboffsets().is_some() => return false,
            (Some(shape), Some(strides)) => (shape, strides),
            _ => return true, // the library lends neither for other memory
        };
        if shape.contains(&0) {
            return true;
        }
        let mut expected = self.itemsize();
        for (&length, &stride) in shape.iter().zip(strides).rev() {
            if length != 1 && stride != expected as isize {
                return false;
            }
            expected = expected.saturating_mul(length);
        }
        true
    }

    /// The bytes, of immutable and contiguous memory.
    ///
    /// # Errors
    /// [`Layout`](ErrorKind::Layout): others may write it, or it is not contiguous.
    pub fn as_bytes(&self) -> Result<&[u8]> {
        self.check_immutable()?;
        self.check_contiguous()?;
        // SAFETY: the memory lives until the release, and nobody writes it.
        Ok(unsafe { slice_of(self.as_ptr(), self.nbytes()) })
    }

    /// Reads bytes from some place on, also of memory that others write.
    ///
    /// # Errors
    /// [`Range`](ErrorKind::Range) beyond the end, [`Layout`](ErrorKind::Layout) when it is not contiguous.
    pub fn load_bytes(&self, at: usize, bytes: &mut [u8]) -> Result<()> {
        let from = self.place(at, bytes.len())?;
        // SAFETY: so many bytes are there.
        unsafe { cells::load_bytes(from, bytes) };
        Ok(())
    }

    /// Stores bytes from some place on.
    ///
    /// # Errors
    /// [`ReadOnly`](ErrorKind::ReadOnly), and those of [`load_bytes`](AnyView::load_bytes).
    pub fn store_bytes(&self, at: usize, bytes: &[u8]) -> Result<()> {
        self.check_writable()?;
        let to = self.place(at, bytes.len())?;
        // SAFETY: so many bytes are there, and the view is a writable one.
        unsafe { cells::store_bytes(to as *mut u8, bytes) };
        Ok(())
    }

    /// Copies elements into this memory from other memory of the same shape and element type, whatever the layouts.
    ///
    /// # Errors
    /// [`ReadOnly`](ErrorKind::ReadOnly), [`Type`](ErrorKind::Type) when shapes or element types differ.
    pub fn copy_from<'c>(&self, source: impl Into<Content<'c>>) -> Result<()> {
        self.check_writable()?;
        // SAFETY: both live during the call.
        source.into().lend(|source| unsafe { call!(deltos_view_copy(self.as_raw(), source)) })
    }

    /// Another view of the same memory, under another request. Either may be dropped first.
    ///
    /// # Errors
    /// [`ReadOnly`](ErrorKind::ReadOnly) when this one is and the request is not, [`Layout`](ErrorKind::Layout).
    pub fn share(&self, request: ViewRequest) -> Result<AnyView<'s>> {
        let mut raw = null_mut();
        // SAFETY: the library made the view.
        unsafe { call!(deltos_view_share(self.as_raw(), request.bits(), &mut raw)) }?;
        Ok(self.part(made(raw)?))
    }

    /// Makes the view independent of the storage's lifetime, to be kept in a struct or sent to a thread of its own.
    ///
    /// Its memory stays what it is until it is dropped, as always; [`Storage::close`](crate::Storage::close) refuses
    /// meanwhile, and dropping the storage does not.
    pub fn into_owned(self) -> AnyView<'static> {
        let view = AnyView { raw: self.raw, immutable: self.immutable, storage: PhantomData };
        std::mem::forget(self);
        view
    }

    /// Takes the memory as elements of a type.
    ///
    /// # Errors
    /// [`Type`](ErrorKind::Type), and [`Layout`](ErrorKind::Layout) when the shape was not asked for, the elements are
    /// not aligned, or rows are reached by pointers.
    pub fn typed<T: Element>(self) -> Result<View<'s, T>> {
        View::of(self)
    }

    /// The same, to be stored to.
    ///
    /// # Errors
    /// [`ReadOnly`](ErrorKind::ReadOnly), and those of [`typed`](AnyView::typed).
    pub fn typed_writable<T: Element>(self) -> Result<WritableView<'s, T>> {
        self.check_writable()?;
        Ok(WritableView::of(View::of(self)?))
    }

    fn place(&self, at: usize, count: usize) -> Result<*const u8> {
        self.check_contiguous()?;
        if at.checked_add(count).map_or(true, |end| end > self.nbytes()) {
            let message =
                format!("bytes {} to {} do not lie in {} bytes", at, at as u128 + count as u128, self.nbytes());
            return Err(Error::new(ErrorKind::Range, message));
        }
        Ok(self.as_ptr().wrapping_add(at))
    }

    pub(crate) fn check_writable(&self) -> Result<()> {
        if !self.is_readonly() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::ReadOnly, "the view is read-only; ask for a writable one"))
    }

    /// Memory of the program's, laid out as this view in C order.
    pub(crate) fn compact(&self, data: *mut u8) -> sys::deltos_view {
        let fields = self.fields();
        // SAFETY: numbers and pointers, of which zero is one.
        let mut layout: sys::deltos_view = unsafe { zeroed() };
        layout.struct_size = size_of::<sys::deltos_view>() as u32;
        layout.ndim = fields.ndim;
        layout.dtype = fields.dtype;
        layout.data = data.cast();
        layout.itemsize = fields.itemsize;
        layout.format = fields.format;
        layout.shape = fields.shape;
        layout
    }

    pub(crate) fn check_immutable(&self) -> Result<()> {
        if self.immutable {
            return Ok(());
        }
        let message = "the content is not sealed, so others may write it: use cells, get or to_vec, or seal it";
        Err(Error::new(ErrorKind::Layout, message))
    }

    pub(crate) fn check_contiguous(&self) -> Result<()> {
        if self.is_contiguous() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Layout, "the elements do not lie one after the other; copy them with to_vec"))
    }
}

impl AnyView<'static> {
    /// Makes a view of memory that is not the library's, so that it can be shared and released like any other. The
    /// closure is called once, when the last view of it goes, on whatever thread that happens; it should not panic: a
    /// panic is reported and goes no further.
    ///
    /// # Safety
    /// The layout tells the truth: its memory lives, and is not moved, until `release` is called; when it is not
    /// `readonly` it may be written by who has the view; and nobody else accesses it other than atomically.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid), [`Format`](ErrorKind::Format), [`Range`](ErrorKind::Range). The closure is
    /// dropped without being called.
    ///
    /// ```
    /// use deltos::{sys, AnyView};
    ///
    /// let memory = Box::leak(Box::new([1.0f64, 2.0]));
    /// let shape = [2i64];
    /// // SAFETY: zero is a value of each field.
    /// let mut layout: sys::deltos_view = unsafe { std::mem::zeroed() };
    /// layout.struct_size = std::mem::size_of_val(&layout) as u32;
    /// layout.ndim = 1;
    /// layout.dtype = sys::DELTOS_DTYPE_F64;
    /// layout.shape = shape.as_ptr();
    /// layout.data = memory.as_mut_ptr().cast();
    /// let address = layout.data as usize;
    /// // SAFETY: the memory is ours until it is released, and then it is dropped.
    /// let view = unsafe {
    ///     AnyView::wrap(&layout, move || drop(Box::from_raw(address as *mut [f64; 2])))
    /// }?;
    /// assert_eq!(view.typed::<f64>()?.to_vec()?, [1.0, 2.0]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub unsafe fn wrap<F>(layout: &sys::deltos_view, release: F) -> Result<AnyView<'static>>
    where
        F: FnOnce() + Send + 'static,
    {
        let user = Box::into_raw(Box::new(release));
        let mut raw = null_mut();
        if let Err(error) = call!(deltos_view_wrap(layout, Some(call_box::<F>), user.cast(), &mut raw)) {
            drop(Box::from_raw(user));
            return Err(error);
        }
        Ok(AnyView::adopt(made(raw)?, false))
    }

    /// Makes a view of a vector, an array in an `Arc`, or whatever else holds elements; it is dropped with the last
    /// view.
    ///
    /// # Errors
    /// [`Type`](ErrorKind::Type) when the shape does not have as many elements.
    ///
    /// ```
    /// let view = deltos::AnyView::from_owner(vec![1u32, 2, 3, 4], &[2, 2])?;
    /// assert_eq!(view.as_slice()?, [1, 2, 3, 4]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn from_owner<T, O>(owner: O, shape: &[usize]) -> Result<View<'static, T>>
    where
        T: Element,
        O: AsRef<[T]> + Send + Sync + 'static,
    {
        let owner = Box::into_raw(Box::new(owner));
        // SAFETY: the box lives until its release, and nothing but this shared borrow touches it before.
        let elements: &[T] = unsafe { (*owner).as_ref() };
        let mut raw = null_mut();
        let wrapped = Content::from(elements).shape(shape).and_then(|content| {
            // SAFETY: the memory lives until the release.
            content
                .lend(|layout| unsafe { call!(deltos_view_wrap(layout, Some(drop_box::<O>), owner.cast(), &mut raw)) })
        });
        if let Err(error) = wrapped {
            // SAFETY: nobody else has it: a call that fails does not release.
            drop(unsafe { Box::from_raw(owner) });
            return Err(error);
        }
        let mut view = AnyView::adopt(made(raw)?, false);
        view.immutable = true;
        view.typed()
    }
}

released! { deltos_view_release, AnyView<'_> }

impl fmt::Debug for AnyView<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("AnyView")
            .field("format", &self.format())
            .field("shape", &self.shape())
            .field("readonly", &self.is_readonly())
            .field("immutable", &self.immutable)
            .finish()
    }
}

/// Exported memory of elements of one type, to be read.
///
/// While the content is not sealed, other threads and processes may write it at any moment. Then it is read through
/// [`get`](View::get), [`cells`](View::cells) and [`to_vec`](View::to_vec); once it is sealed, [`as_slice`](View::as_slice)
/// is the memory itself.
///
/// ```
/// use deltos::{Durability, Storage};
///
/// let storage = Storage::anonymous("example")?;
/// storage.transact(Durability::Sync, |transaction| {
///     let mut object = transaction.create("n", &[1u64, 2, 3])?;
///     transaction.seal(&mut object)
/// })?;
/// let view = storage.object("n")?.view::<u64>()?;
/// assert_eq!(view.as_slice()?.iter().sum::<u64>(), 6);
/// # Ok::<(), deltos::Error>(())
/// ```
pub struct View<'s, T> {
    pub(crate) any: AnyView<'s>,
    pub(crate) first: *const T,
    pub(crate) count: usize,
    pub(crate) contiguous: bool,
}

// SAFETY: as `AnyView`; elements are plain values.
unsafe impl<T: Element> Send for View<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Element> Sync for View<'_, T> {}

impl<'s, T: Element> View<'s, T> {
    fn of(any: AnyView<'s>) -> Result<Self> {
        check_type::<T>(any.dtype(), any.fields().itemsize, any.format())?;
        let shape = any.shape().ok_or_else(|| Error::new(ErrorKind::Layout, "a typed view needs ND or more"))?;
        if any.suboffsets().is_some() {
            return Err(Error::new(ErrorKind::Layout, "rows are reached by pointers; copy the content"));
        }
        let count = crate::content::product(shape)
            .ok_or_else(|| Error::new(ErrorKind::Limit, "more elements than can be counted"))?;
        let mut first = any.as_ptr().cast::<T>();
        if count == 0 {
            first = NonNull::<T>::dangling().as_ptr();
        }
        let strides = any.strides().unwrap_or(&[]);
        let is_aligned = |address: usize| address % align_of::<T>() == 0;
        if count > 0 && !(is_aligned(first as usize) && strides.iter().all(|&stride| is_aligned(stride as usize))) {
            let message = format!("the elements are not aligned to {} bytes; copy the content", align_of::<T>());
            return Err(Error::new(ErrorKind::Layout, message));
        }
        let contiguous = any.is_contiguous();
        Ok(View { any, first, count, contiguous })
    }

    /// How many elements there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.count
    }

    /// There are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Elements in each dimension.
    pub fn shape(&self) -> &[usize] {
        self.any.shape().unwrap_or(&[])
    }

    /// The elements, of memory that is immutable and contiguous: the memory itself, at no cost.
    ///
    /// # Errors
    /// [`Layout`](ErrorKind::Layout): others may write it, or it is not contiguous.
    ///
    /// ```
    /// # use deltos::{Durability, ErrorKind, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| t.create("n", &[1u64, 2]).map(drop))?;
    /// let mut object = storage.object("n")?;
    /// assert_eq!(object.view::<u64>()?.as_slice().unwrap_err().kind(), ErrorKind::Layout);
    /// storage.transact(Durability::Sync, |transaction| transaction.seal(&mut object))?;
    /// assert_eq!(object.view::<u64>()?.as_slice()?, [1, 2]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    #[inline]
    pub fn as_slice(&self) -> Result<&[T]> {
        if !self.any.immutable {
            self.any.check_immutable()?;
        }
        // SAFETY: nobody writes it.
        unsafe { self.as_slice_unchecked() }
    }

    /// The elements of contiguous memory, also when it is not sealed.
    ///
    /// # Safety
    /// As long as the slice lives nobody writes it: no thread, and no process.
    ///
    /// # Errors
    /// [`Layout`](ErrorKind::Layout) when it is not contiguous.
    ///
    /// ```
    /// # use deltos::{Durability, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| t.create("n", &[1u64, 2]).map(drop))?;
    /// let view = storage.object("n")?.view::<u64>()?;
    /// // SAFETY: nobody else has this anonymous storage, and this thread does not write.
    /// assert_eq!(unsafe { view.as_slice_unchecked() }?, [1, 2]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    #[inline]
    pub unsafe fn as_slice_unchecked(&self) -> Result<&[T]> {
        if !self.contiguous {
            self.any.check_contiguous()?;
        }
        Ok(std::slice::from_raw_parts(self.first, self.count))
    }

    /// The elements of contiguous memory, each to be read on its own, also while others write.
    ///
    /// # Errors
    /// [`Layout`](ErrorKind::Layout) when it is not contiguous.
    ///
    /// ```
    /// # use deltos::{Durability, Storage};
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| t.create("n", &[1u64, 2]).map(drop))?;
    /// assert_eq!(storage.object("n")?.view::<u64>()?.cells()?[1].load(), 2);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    #[inline]
    pub fn cells(&self) -> Result<&[ReadCell<T>]> {
        if !self.contiguous {
            self.any.check_contiguous()?;
        }
        // SAFETY: a cell is laid out as its element, and only ever read atomically.
        Ok(unsafe { std::slice::from_raw_parts(self.first.cast(), self.count) })
    }

    /// One element, counted in C order, as it is now.
    ///
    /// ```
    /// # let view = deltos::AnyView::from_owner(vec![1u32, 2], &[2])?;
    /// assert_eq!((view.get(1), view.get(2)), (Some(2), None));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    #[inline]
    pub fn get(&self, index: usize) -> Option<T> {
        // SAFETY: a cell is laid out as its element, and the address is one of an element.
        self.address(index).map(|at| unsafe { &*at.cast::<ReadCell<T>>() }.load())
    }

    #[inline]
    pub(crate) fn address(&self, index: usize) -> Option<*const T> {
        if index >= self.count {
            return None;
        }
        if self.contiguous {
            return Some(self.first.wrapping_add(index));
        }
        Some(self.strided_address(index))
    }

    fn strided_address(&self, mut index: usize) -> *const T {
        let mut at = self.any.as_ptr();
        for (&length, &stride) in self.shape().iter().zip(self.any.strides().unwrap_or(&[])).rev() {
            at = at.wrapping_offset((index % length) as isize * stride);
            index /= length;
        }
        at.cast()
    }

    /// A copy of all elements in C order.
    ///
    /// # Errors
    /// [`NoMemory`](ErrorKind::NoMemory).
    ///
    /// ```
    /// # let view = deltos::AnyView::from_owner(vec![1u32, 2], &[2])?;
    /// assert_eq!(view.to_vec()?, [1, 2]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn to_vec(&self) -> Result<Vec<T>> {
        let mut elements = Vec::with_capacity(self.count);
        // SAFETY: room for all of them; all are written when the call succeeds.
        unsafe {
            self.copy_out(elements.as_mut_ptr())?;
            elements.set_len(self.count);
        }
        Ok(elements)
    }

    /// Copies all elements in C order into a slice.
    ///
    /// # Errors
    /// [`Type`](ErrorKind::Type) when the slice has another length.
    ///
    /// ```
    /// # let view = deltos::AnyView::from_owner(vec![1u32, 2], &[2])?;
    /// let mut elements = [0; 2];
    /// view.read_into(&mut elements)?;
    /// assert_eq!(elements, [1, 2]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn read_into(&self, elements: &mut [T]) -> Result<()> {
        self.check_length(elements.len())?;
        // SAFETY: as long as the view.
        unsafe { self.copy_out(elements.as_mut_ptr()) }
    }

    /// # Safety
    /// Room for all elements.
    unsafe fn copy_out(&self, to: *mut T) -> Result<()> {
        let target = self.compact(to.cast());
        call!(deltos_view_copy(&target, self.any.as_raw()))
    }

    pub(crate) fn check_length(&self, length: usize) -> Result<()> {
        if length == self.count {
            return Ok(());
        }
        let message = format!("a slice of {} elements does not go with a view of {}", length, self.count);
        Err(Error::new(ErrorKind::Type, message))
    }

    /// The address of element `[0, ..., 0]`. Reading through it is for who knows that nobody writes meanwhile.
    #[inline]
    pub fn as_ptr(&self) -> *const T {
        self.first
    }

    /// The memory without its type.
    pub fn into_any(self) -> AnyView<'s> {
        self.any
    }

    /// Makes the view independent of the storage's lifetime; see [`AnyView::into_owned`].
    ///
    /// ```
    /// # use deltos::{Durability, Storage, View};
    /// # let storage = Storage::anonymous("example")?;
    /// # storage.transact(Durability::Async, |t| t.create("n", &[1u64, 2]).map(drop))?;
    /// let view: View<'static, u64> = storage.object("n")?.view::<u64>()?.into_owned();
    /// drop(storage);
    /// assert_eq!(view.to_vec()?, [1, 2]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn into_owned(self) -> View<'static, T> {
        let View { any, first, count, contiguous } = self;
        View { any: any.into_owned(), first, count, contiguous }
    }
}

impl<'s, T> Deref for View<'s, T> {
    type Target = AnyView<'s>;

    fn deref(&self) -> &AnyView<'s> {
        &self.any
    }
}

impl<T: Element + fmt::Debug> fmt::Debug for View<'_, T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first: Vec<T> = (0..self.count.min(8)).filter_map(|index| self.get(index)).collect();
        out.debug_struct("View").field("shape", &self.shape()).field("first", &first).finish_non_exhaustive()
    }
}

/// Memory of C as a slice; of nothing, whatever the address is.
///
/// # Safety
/// So many values are there, and nobody writes them, as long as `'a`.
pub(crate) unsafe fn slice_of<'a, T>(first: *const T, count: usize) -> &'a [T] {
    if count == 0 {
        return &[];
    }
    std::slice::from_raw_parts(first, count)
}
