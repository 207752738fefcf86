//! Parts of views and other ways to look at the same memory: no element is copied, and each keeps the memory as its
//! parent does.

use std::ops::{Range, RangeFrom, RangeFull, RangeTo};
use std::ptr::{null, null_mut};

use deltos_sys as sys;

use crate::error::call;
use crate::storage::made;
use crate::text::with_c_str;
use crate::{AnyView, Element, ElementType, Error, ErrorKind, Result, View, WritableView};

/// What is taken of one dimension by `slice`: a range with any step, or a single index.
///
/// Numbers below zero count from the end. Ranges that go beyond a dimension are cut to it; an index must be there, and
/// its dimension goes.
///
/// ```
/// use deltos::Slice;
///
/// let view = deltos::AnyView::from_owner((0..12).collect::<Vec<i32>>(), &[3, 4])?;
/// assert_eq!(view.slice(&[Slice::from(1)])?.to_vec()?, [4, 5, 6, 7]);
/// assert_eq!(view.slice(&[Slice::from(..), Slice::from(-1)])?.to_vec()?, [3, 7, 11]);
/// assert_eq!(view.slice(&[Slice::from(..2), Slice::from(1..).step(2)])?.to_vec()?, [1, 3, 5, 7]);
/// assert_eq!(view.slice(&[Slice::from(0), Slice::ALL.step(-1)])?.to_vec()?, [3, 2, 1, 0]);
/// # Ok::<(), deltos::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slice {
    start: Option<isize>,
    stop: Option<isize>,
    step: isize,
    is_index: bool,
}

impl Slice {
    /// All of a dimension.
    pub const ALL: Slice = Slice { start: None, stop: None, step: 1, is_index: false };

    /// The same, with another distance from one element to the next. Below zero: backwards, and then what was not said
    /// of a range is its other end.
    #[must_use]
    pub const fn step(mut self, step: isize) -> Slice {
        self.step = step;
        self
    }

    /// From an index on (included) to another one (not included); `None`: as far as there is.
    pub const fn between(start: Option<isize>, stop: Option<isize>) -> Slice {
        Slice { start, stop, step: 1, is_index: false }
    }

    fn raw(&self) -> sys::deltos_slice {
        let flag = |set: bool, flag: u32| if set { flag } else { 0 };
        sys::deltos_slice {
            start: self.start.unwrap_or(0) as i64,
            stop: self.stop.unwrap_or(0) as i64,
            step: self.step as i64,
            flags: flag(self.start.is_none(), sys::DELTOS_SLICE_NO_START)
                | flag(self.stop.is_none() && !self.is_index, sys::DELTOS_SLICE_NO_STOP)
                | flag(self.is_index, sys::DELTOS_SLICE_INDEX),
            reserved: 0,
        }
    }
}

impl From<isize> for Slice {
    fn from(index: isize) -> Slice {
        Slice { start: Some(index), stop: None, step: 1, is_index: true }
    }
}

impl From<Range<isize>> for Slice {
    fn from(range: Range<isize>) -> Slice {
        Slice::between(Some(range.start), Some(range.end))
    }
}

impl From<RangeFrom<isize>> for Slice {
    fn from(range: RangeFrom<isize>) -> Slice {
        Slice::between(Some(range.start), None)
    }
}

impl From<RangeTo<isize>> for Slice {
    fn from(range: RangeTo<isize>) -> Slice {
        Slice::between(None, Some(range.end))
    }
}

impl From<RangeFull> for Slice {
    fn from(_: RangeFull) -> Slice {
        Slice::ALL
    }
}

/// Whether elements lie packed in memory, and in which order. One dimension, and no elements, are both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Contiguity {
    /// Packed, the last index fastest.
    pub c: bool,
    /// Packed, the first index fastest.
    pub f: bool,
}

/// For [`reshape`](AnyView::reshape): as long as what is left.
pub const REST: usize = usize::MAX;

impl<'s> AnyView<'s> {
    /// Another view over this one's memory.
    fn derive(
        &self,
        run: impl FnOnce(*const sys::deltos_view, *mut *mut sys::deltos_view) -> Result<()>,
    ) -> Result<Self> {
        let mut raw = null_mut();
        run(self.as_raw(), &mut raw)?;
        Ok(self.part(made(raw)?))
    }

    /// A part, dimension by dimension; those that are not spoken of are taken whole.
    ///
    /// # Errors
    /// [`Range`](ErrorKind::Range) for an index that is not there or more slices than dimensions,
    /// [`Invalid`](ErrorKind::Invalid) for a step of 0, [`Layout`](ErrorKind::Layout) where rows are reached by pointers
    /// and the part cannot be.
    ///
    /// ```
    /// use deltos::{AnyView, Slice};
    ///
    /// let grid: AnyView = AnyView::from_owner(vec![1u8, 2, 3, 4, 5, 6], &[2, 3])?.into_any();
    /// let column = grid.slice(&[Slice::ALL, 1.into()])?;
    /// assert_eq!((column.shape(), column.strides()), (Some(&[2][..]), Some(&[3][..])));
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn slice(&self, slices: &[Slice]) -> Result<AnyView<'s>> {
        let raw: Vec<sys::deltos_slice> = slices.iter().map(Slice::raw).collect();
        let count = crate::content::dimensions(raw.len())?;
        // SAFETY: the view lives, and there are as many slices as is said.
        self.derive(|view, out| unsafe { call!(deltos_view_slice(view, raw.as_ptr(), count, out)) })
    }

    /// Some consecutive elements along the first dimension; a length beyond the end is cut.
    ///
    /// # Errors
    /// [`Range`](ErrorKind::Range) for an offset beyond the end, [`Type`](ErrorKind::Type) without a dimension.
    ///
    /// ```
    /// let view = deltos::AnyView::from_owner(vec![1u8, 2, 3, 4, 5], &[5])?;
    /// assert_eq!(view.window(1, 3)?.to_vec()?, [2, 3, 4]);
    /// assert_eq!(view.window(4, 3)?.to_vec()?, [5]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn window(&self, offset: usize, length: usize) -> Result<AnyView<'s>> {
        let length = length.min(i64::MAX as usize) as i64;
        // SAFETY: the view lives.
        self.derive(|view, out| unsafe { call!(deltos_view_window(view, offset as i64, length, out)) })
    }

    /// Walks through the first dimension in windows of some length; the last one may be shorter. Nothing is copied.
    ///
    /// # Errors
    /// [`Type`](ErrorKind::Type) without a dimension, [`Layout`](ErrorKind::Layout) when the shape was not asked for.
    /// Each window may fail for want of memory.
    ///
    /// # Panics
    /// When the length is 0.
    ///
    /// ```
    /// let view = deltos::AnyView::from_owner(vec![1u8, 2, 3, 4, 5], &[5])?;
    /// let sums: Vec<u32> = view
    ///     .chunks(2)?
    ///     .map(|chunk| Ok(chunk?.as_slice()?.iter().map(|&n| u32::from(n)).sum()))
    ///     .collect::<deltos::Result<_>>()?;
    /// assert_eq!(sums, [3, 7, 5]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn chunks(&self, length: usize) -> Result<Chunks<'_, AnyView<'s>>> {
        Chunks::new(self, self, length)
    }

    /// The same elements with all dimensions in reverse.
    ///
    /// # Errors
    /// [`Layout`](ErrorKind::Layout) where rows are reached by pointers.
    ///
    /// ```
    /// let view = deltos::AnyView::from_owner(vec![1u8, 2, 3, 4, 5, 6], &[2, 3])?;
    /// assert_eq!(view.transpose()?.to_vec()?, [1, 4, 2, 5, 3, 6]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn transpose(&self) -> Result<AnyView<'s>> {
        // SAFETY: the view lives.
        self.derive(|view, out| unsafe { call!(deltos_view_transpose(view, null(), out)) })
    }

    /// The same elements with the dimensions in another order: which dimension of this view each one of the new view is.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) unless each dimension is named once, [`Range`](ErrorKind::Range) for one that there
    /// is not, and that of [`transpose`](AnyView::transpose).
    ///
    /// ```
    /// let view = deltos::AnyView::from_owner((0..24).collect::<Vec<i32>>(), &[2, 3, 4])?;
    /// assert_eq!(view.permute(&[2, 0, 1])?.shape(), [4, 2, 3]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn permute(&self, axes: &[usize]) -> Result<AnyView<'s>> {
        if axes.len() != self.ndim() {
            let message = format!("{} axes do not go with {} dimensions; name each once", axes.len(), self.ndim());
            return Err(Error::new(ErrorKind::Invalid, message));
        }
        let axes: Vec<i32> = axes.iter().map(|&axis| i32::try_from(axis).unwrap_or(i32::MAX)).collect();
        // SAFETY: the view lives, and there is an axis for each dimension; none at all is what no dimension needs.
        self.derive(|view, out| unsafe { call!(deltos_view_transpose(view, axes.as_ptr(), out)) })
    }

    /// The same elements, counted in C order, in another shape. One length may be [`REST`].
    ///
    /// # Errors
    /// [`Type`](ErrorKind::Type) when the shape has another number of elements, [`Layout`](ErrorKind::Layout) when it
    /// takes a copy, which contiguous memory never does.
    ///
    /// ```
    /// use deltos::REST;
    /// let view = deltos::AnyView::from_owner((0..12).collect::<Vec<i32>>(), &[12])?;
    /// assert_eq!(view.reshape(&[3, REST])?.shape(), [3, 4]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn reshape(&self, shape: &[usize]) -> Result<AnyView<'s>> {
        let ndim = crate::content::dimensions(shape.len())?;
        // A length is read as a number with a sign: that of `REST` is -1, and others below zero are refused.
        // SAFETY: the view lives, and there are as many lengths as is said.
        self.derive(|view, out| unsafe { call!(deltos_view_reshape(view, ndim, shape.as_ptr().cast(), out)) })
    }

    /// The same bytes as elements of another type. Where the size differs, the last dimension, which must be packed then,
    /// has as many as fill the same bytes.
    ///
    /// # Errors
    /// [`Type`](ErrorKind::Type) when they do not come out even, [`Layout`](ErrorKind::Layout) when it takes a copy,
    /// [`Format`](ErrorKind::Format).
    ///
    /// ```
    /// let view = deltos::AnyView::from_owner(vec![0x0102u16, 0x0304], &[2])?.into_any();
    /// assert_eq!(view.cast("B")?.as_bytes()?, [2, 1, 4, 3]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn cast<'f>(&self, elements: impl Into<ElementType<'f>>) -> Result<AnyView<'s>> {
        let elements = elements.into();
        let dtype = elements.dtype.code();
        self.derive(|view, out| match elements.format {
            // SAFETY: the view and the text live during the call.
            Some(format) => with_c_str(format, |format| unsafe { call!(deltos_view_cast(view, format, dtype, out)) }),
            // SAFETY: the view lives.
            None => unsafe { call!(deltos_view_cast(view, null(), dtype, out)) },
        })
    }

    /// Whether the elements lie packed in memory, and in which order.
    ///
    /// # Errors
    /// [`NoMemory`](ErrorKind::NoMemory).
    ///
    /// ```
    /// let view = deltos::AnyView::from_owner(vec![1u8, 2, 3, 4, 5, 6], &[2, 3])?;
    /// assert!(view.contiguity()?.c && !view.contiguity()?.f);
    /// assert!(view.transpose()?.contiguity()?.f);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn contiguity(&self) -> Result<Contiguity> {
        let mut found = 0;
        // SAFETY: the view lives.
        unsafe { call!(deltos_view_contiguity(self.as_raw(), &mut found)) }?;
        Ok(Contiguity { c: found & sys::DELTOS_CONTIGUOUS_C != 0, f: found & sys::DELTOS_CONTIGUOUS_F != 0 })
    }
}

macro_rules! typed_parts {
    ($view:ident, $other:ident, |$any:ident| $typed:expr) => {
        impl<'s, T: Element> $view<'s, T> {
            fn derive_typed<$other: Element>($any: AnyView<'s>) -> Result<$view<'s, $other>> {
                $typed
            }

            /// A part, dimension by dimension; see [`AnyView::slice`] and [`Slice`].
            ///
            /// # Errors
            /// As [`AnyView::slice`].
            pub fn slice(&self, slices: &[Slice]) -> Result<Self> {
                Self::derive_typed(AnyView::slice(self, slices)?)
            }

            /// Some consecutive elements along the first dimension; see [`AnyView::window`].
            ///
            /// # Errors
            /// As [`AnyView::window`].
            pub fn window(&self, offset: usize, length: usize) -> Result<Self> {
                Self::derive_typed(AnyView::window(self, offset, length)?)
            }

            /// Walks through the first dimension in windows; see [`AnyView::chunks`].
            ///
            /// # Errors
            /// As [`AnyView::chunks`].
            ///
            /// # Panics
            /// When the length is 0.
            pub fn chunks(&self, length: usize) -> Result<Chunks<'_, Self>> {
                Chunks::new(self, self, length)
            }

            /// The same elements with all dimensions in reverse; see [`AnyView::transpose`].
            ///
            /// # Errors
            /// As [`AnyView::transpose`].
            pub fn transpose(&self) -> Result<Self> {
                Self::derive_typed(AnyView::transpose(self)?)
            }

            /// The same elements with the dimensions in another order; see [`AnyView::permute`].
            ///
            /// # Errors
            /// As [`AnyView::permute`].
            pub fn permute(&self, axes: &[usize]) -> Result<Self> {
                Self::derive_typed(AnyView::permute(self, axes)?)
            }

            /// The same elements in another shape; see [`AnyView::reshape`].
            ///
            /// # Errors
            /// As [`AnyView::reshape`].
            pub fn reshape(&self, shape: &[usize]) -> Result<Self> {
                Self::derive_typed(AnyView::reshape(self, shape)?)
            }

            /// The same bytes as elements of another type; see [`AnyView::cast`].
            ///
            /// # Errors
            /// As [`AnyView::cast`], and [`Layout`](ErrorKind::Layout) when the new elements are not aligned.
            ///
            /// ```
            /// let view = deltos::AnyView::from_owner(vec![1u16, 2, 3, 4], &[4])?;
            /// assert_eq!(view.cast::<[u8; 2]>()?.get(2), Some([3, 0]));
            /// # Ok::<(), deltos::Error>(())
            /// ```
            pub fn cast<$other: Element>(&self) -> Result<$view<'s, $other>> {
                Self::derive_typed(match $other::DTYPE.is_whole() {
                    true => AnyView::cast(self, $other::DTYPE)?,
                    false => AnyView::cast(self, &*$other::format())?,
                })
            }
        }
    };
}

typed_parts!(View, U, |any| any.typed());
typed_parts!(WritableView, U, |any| any.typed_writable());

/// What [`Chunks`] walks through.
pub trait Windowed: Sized + private::Sealed {
    #[doc(hidden)]
    fn window_of(&self, offset: usize, length: usize) -> Result<Self>;
}

mod private {
    pub trait Sealed {}
    impl Sealed for crate::AnyView<'_> {}
    impl<T> Sealed for crate::View<'_, T> {}
    impl<T> Sealed for crate::WritableView<'_, T> {}
}

impl Windowed for AnyView<'_> {
    fn window_of(&self, offset: usize, length: usize) -> Result<Self> {
        self.window(offset, length)
    }
}

impl<T: Element> Windowed for View<'_, T> {
    fn window_of(&self, offset: usize, length: usize) -> Result<Self> {
        self.window(offset, length)
    }
}

impl<T: Element> Windowed for WritableView<'_, T> {
    fn window_of(&self, offset: usize, length: usize) -> Result<Self> {
        self.window(offset, length)
    }
}

/// The windows of [`AnyView::chunks`].
#[derive(Debug)]
pub struct Chunks<'v, V> {
    view: &'v V,
    at: usize,
    end: usize,
    length: usize,
}

impl<'v, V> Chunks<'v, V> {
    fn new(view: &'v V, any: &AnyView<'_>, length: usize) -> Result<Self> {
        assert!(length > 0, "chunks have at least one element");
        let unknown = || Error::new(ErrorKind::Layout, "chunks need a view that was asked for with ND or more");
        let shape = any.shape().ok_or_else(unknown)?;
        let none = || Error::new(ErrorKind::Type, "a view without dimensions has no chunks; read it with get");
        Ok(Chunks { view, at: 0, end: *shape.first().ok_or_else(none)?, length })
    }
}

impl<V: Windowed> Iterator for Chunks<'_, V> {
    type Item = Result<V>;

    fn next(&mut self) -> Option<Result<V>> {
        if self.at >= self.end {
            return None;
        }
        let window = self.view.window_of(self.at, self.length);
        self.at = self.at.saturating_add(self.length);
        Some(window)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.end.saturating_sub(self.at);
        let count = left / self.length + usize::from(left % self.length != 0);
        (count, Some(count))
    }
}

impl<V: Windowed> ExactSizeIterator for Chunks<'_, V> {}
impl<V: Windowed> std::iter::FusedIterator for Chunks<'_, V> {}
