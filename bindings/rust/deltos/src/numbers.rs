//! Arrays in values, and lists and tuples of numbers, as the memory that they are.

use std::mem::{align_of, size_of};
use std::ptr::null_mut;

use deltos_sys as sys;

use crate::element::check_type;
use crate::error::call;
use crate::storage::made;
use crate::view::slice_of;
use crate::{AnyView, DType, Element, Error, ErrorKind, Node, Result, ValueKind, View, ViewRequest};

/// The elements of a list or tuple that lie as numbers, which they do as narrow as they fit: see [`Node::numbers`].
///
/// ```
/// use deltos::{Numbers, ValueBuilder};
///
/// let mut builder = ValueBuilder::new()?;
/// builder.list(|list| list.put(1)?.put(1000).map(drop))?;
/// let value = builder.to_value()?;
/// match value.root().numbers() {
///     Some(Numbers::U16(numbers)) => assert_eq!(numbers, [1, 1000]),
///     other => panic!("{:?}", other),
/// }
/// assert_eq!(value.root().numbers().unwrap().iter_f64().sum::<f64>(), 1001.0);
/// # Ok::<(), deltos::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Numbers<'v> {
    /// 1 byte, signed.
    I8(&'v [i8]),
    /// 2 bytes, signed.
    I16(&'v [i16]),
    /// 4 bytes, signed.
    I32(&'v [i32]),
    /// 8 bytes, signed.
    I64(&'v [i64]),
    /// 1 byte.
    U8(&'v [u8]),
    /// 2 bytes.
    U16(&'v [u16]),
    /// 4 bytes.
    U32(&'v [u32]),
    /// 8 bytes.
    U64(&'v [u64]),
    /// Single precision.
    F32(&'v [f32]),
    /// Double precision.
    F64(&'v [f64]),
}

impl<'v> Numbers<'v> {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Numbers::I8(numbers) => numbers.len(),
            Numbers::I16(numbers) => numbers.len(),
            Numbers::I32(numbers) => numbers.len(),
            Numbers::I64(numbers) => numbers.len(),
            Numbers::U8(numbers) => numbers.len(),
            Numbers::U16(numbers) => numbers.len(),
            Numbers::U32(numbers) => numbers.len(),
            Numbers::U64(numbers) => numbers.len(),
            Numbers::F32(numbers) => numbers.len(),
            Numbers::F64(numbers) => numbers.len(),
        }
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The type of one.
    pub fn dtype(&self) -> DType {
        match self {
            Numbers::I8(_) => DType::I8,
            Numbers::I16(_) => DType::I16,
            Numbers::I32(_) => DType::I32,
            Numbers::I64(_) => DType::I64,
            Numbers::U8(_) => DType::U8,
            Numbers::U16(_) => DType::U16,
            Numbers::U32(_) => DType::U32,
            Numbers::U64(_) => DType::U64,
            Numbers::F32(_) => DType::F32,
            Numbers::F64(_) => DType::F64,
        }
    }

    /// All of them as floats, the nearest ones.
    pub fn iter_f64(self) -> impl Iterator<Item = f64> + 'v {
        (0..self.len()).map(move |at| match self {
            Numbers::F64(numbers) => numbers[at],
            Numbers::F32(numbers) => numbers[at].into(),
            Numbers::I64(numbers) => numbers[at] as f64,
            Numbers::U64(numbers) => numbers[at] as f64,
            Numbers::I32(numbers) => numbers[at].into(),
            Numbers::U32(numbers) => numbers[at].into(),
            Numbers::I16(numbers) => numbers[at].into(),
            Numbers::U16(numbers) => numbers[at].into(),
            Numbers::I8(numbers) => numbers[at].into(),
            Numbers::U8(numbers) => numbers[at].into(),
        })
    }
}

/// An array of any number of dimensions in a value, in C order: see [`Node::array`].
///
/// ```
/// use deltos::{Content, ValueBuilder};
///
/// let mut builder = ValueBuilder::new()?;
/// builder.put_array(Content::from(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).shape(&[2, 3])?)?;
/// let value = builder.to_value()?;
/// let array = value.root().array()?;
/// assert_eq!((array.shape(), array.format()), (&[2, 3][..], "d"));
/// assert_eq!(array.as_slice::<f64>()?[4], 5.0);
/// # Ok::<(), deltos::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ArrayRef<'v> {
    dtype: DType,
    format: String,
    itemsize: usize,
    shape: Vec<usize>,
    bytes: &'v [u8],
}

impl<'v> ArrayRef<'v> {
    /// The type of one element.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// The format string of one element, in canonical form.
    pub fn format(&self) -> &str {
        &self.format
    }

    /// Bytes of one element.
    pub fn itemsize(&self) -> usize {
        self.itemsize
    }

    /// Elements in each dimension.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The elements' bytes, where they lie.
    pub fn as_bytes(&self) -> &'v [u8] {
        self.bytes
    }

    /// The elements, where they lie.
    ///
    /// # Errors
    /// [`Type`](ErrorKind::Type) when they are of another type.
    pub fn as_slice<T: Element>(&self) -> Result<&'v [T]> {
        check_type::<T>(self.dtype, self.itemsize as u64, &self.format)?;
        let first = self.bytes.as_ptr();
        if first as usize % align_of::<T>() != 0 && !self.bytes.is_empty() {
            let message = format!("the elements are not aligned to {} bytes; unpack the value again", align_of::<T>());
            return Err(Error::new(ErrorKind::Layout, message));
        }
        let count = if size_of::<T>() == 0 { 0 } else { self.bytes.len() / size_of::<T>() };
        // SAFETY: as many elements as bytes make up, which are aligned and never written.
        Ok(unsafe { slice_of(first.cast(), count) })
    }

    /// The elements as an array, where they lie.
    ///
    /// # Errors
    /// As [`as_slice`](ArrayRef::as_slice).
    ///
    /// ```
    /// let mut builder = deltos::ValueBuilder::new()?;
    /// builder.put_array(&ndarray::arr2(&[[1, 2, 3], [4, 5, 6]]).reversed_axes())?;
    /// let value = builder.to_value()?;
    /// assert_eq!(value.root().array()?.as_array::<i32>()?[[2, 1]], 6);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    #[cfg(feature = "ndarray")]
    #[cfg_attr(docsrs, doc(cfg(feature = "ndarray")))]
    pub fn as_array<T: Element>(&self) -> Result<ndarray::ArrayViewD<'v, T>> {
        let at_fault = |error: ndarray::ShapeError| Error::new(ErrorKind::Layout, error.to_string());
        ndarray::ArrayViewD::from_shape(self.shape.as_slice(), self.as_slice()?).map_err(at_fault)
    }
}

/// What lies in memory as elements.
impl<'v> Node<'v> {
    /// The elements of a list or tuple that are all numbers of one type; `None` for whatever else.
    pub fn numbers(&self) -> Option<Numbers<'v>> {
        if !matches!(self.kind(), ValueKind::List | ValueKind::Tuple) || self.item.data.is_null() {
            return None;
        }
        let (first, count) = (self.item.data, self.len());
        macro_rules! of {
            // SAFETY: the library has checked that so many numbers of this type are there; blocks of a value lie at
            // multiples of 8 bytes; they live as long as the value, and nobody writes them.
            ($kind:ident) => {
                Some(Numbers::$kind(unsafe { slice_of(first.cast(), count) }))
            };
        }
        match self.item.detail {
            sys::DELTOS_DTYPE_I8 => of!(I8),
            sys::DELTOS_DTYPE_I16 => of!(I16),
            sys::DELTOS_DTYPE_I32 => of!(I32),
            sys::DELTOS_DTYPE_I64 => of!(I64),
            sys::DELTOS_DTYPE_U8 => of!(U8),
            sys::DELTOS_DTYPE_U16 => of!(U16),
            sys::DELTOS_DTYPE_U32 => of!(U32),
            sys::DELTOS_DTYPE_U64 => of!(U64),
            sys::DELTOS_DTYPE_F32 => of!(F32),
            sys::DELTOS_DTYPE_F64 => of!(F64),
            _ => None,
        }
    }

    /// What the elements of a list or tuple lie as, where all are alike (truth values as bits), or those of an array are.
    ///
    /// ```
    /// use deltos::{DType, Tree};
    /// let dtype = |elements: Vec<Tree>| Ok::<_, deltos::Error>(Tree::List(elements).to_value()?.root().dtype());
    /// assert_eq!(dtype(vec![1.into(), (-300).into()])?, Some(DType::I16));
    /// assert_eq!(dtype(vec![true.into(), false.into()])?, Some(DType::Bool));
    /// assert_eq!(dtype(vec![1.into(), true.into()])?, None);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn dtype(&self) -> Option<DType> {
        match self.kind() {
            ValueKind::Array => Some(DType::of(self.item.detail)),
            ValueKind::List | ValueKind::Tuple if self.item.detail != 0 => Some(DType::of(self.item.detail)),
            _ => None,
        }
    }

    /// The array that the node is, of any type; or the numbers of a list or tuple as one of one dimension.
    ///
    /// # Errors
    /// [`Kind`](ErrorKind::Kind) when there is none, [`Layout`](ErrorKind::Layout) when it is not aligned where it lies,
    /// [`Corrupt`](ErrorKind::Corrupt) and the like when what describes it is damaged.
    pub fn array(&self) -> Result<ArrayRef<'v>> {
        let view = self.exported(ViewRequest::FULL_RO)?;
        // SAFETY: so many bytes are there; the value keeps them after the view has gone.
        let bytes = unsafe { slice_of(view.as_ptr(), view.nbytes()) };
        Ok(ArrayRef {
            dtype: view.dtype(),
            format: view.format().to_owned(),
            itemsize: view.itemsize(),
            shape: view.shape().unwrap_or(&[]).to_vec(),
            bytes,
        })
    }

    /// Elements that lie in memory as a type, where they lie: those of an array, of a list or tuple of numbers, and bytes.
    ///
    /// # Errors
    /// [`Type`](ErrorKind::Type) when they are of another type ([`to_vec`](Node::to_vec) converts those of lists),
    /// [`Kind`](ErrorKind::Kind) when there are none, and those of [`array`](Node::array).
    ///
    /// ```
    /// let mut builder = deltos::ValueBuilder::new()?;
    /// builder.put_list_of(&[1i64, 2, 3])?;
    /// let value = builder.to_value()?;
    /// assert_eq!(value.root().as_slice::<i64>()?, [1, 2, 3]);
    /// assert!(value.root().as_slice::<i32>().is_err());
    /// assert_eq!(value.root().to_vec::<i32>()?, [1, 2, 3]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn as_slice<T: Element>(&self) -> Result<&'v [T]> {
        if self.kind() == ValueKind::Array || (!self.is_empty() && self.kind() != ValueKind::Bytes) {
            return self.array()?.as_slice();
        }
        let (dtype, format) = match self.kind() {
            ValueKind::Bytes => (DType::U8, "B".to_owned()),
            ValueKind::List | ValueKind::Tuple => (T::DTYPE, T::format().into_owned()), // there is nothing
            _ => return self.array()?.as_slice(),
        };
        let bytes = if self.kind() == ValueKind::Bytes { self.data() } else { &[] };
        let itemsize = if dtype == DType::U8 { 1 } else { size_of::<T>() };
        ArrayRef { dtype, format, itemsize, shape: vec![bytes.len() / itemsize.max(1)], bytes }.as_slice()
    }

    /// The same as a view, for all that can be done with one: slices, casts, comparison. It keeps the value's memory, also
    /// after [`into_owned`](View::into_owned).
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) for a value in borrowed bytes, which nothing can keep:
    /// [`Value::unpack`](crate::Value::unpack) owns them; and those of [`as_slice`](Node::as_slice).
    ///
    /// ```
    /// # use deltos::{Content, ValueBuilder};
    /// let mut builder = ValueBuilder::new()?;
    /// builder.put_array(Content::from(&[1u16, 2, 3, 4]).shape(&[2, 2])?)?;
    /// let value = builder.to_value()?;
    /// let view = value.root().view::<u16>()?;
    /// assert_eq!(view.transpose()?.to_vec()?, [1, 3, 2, 4]);
    /// # Ok::<(), deltos::Error>(())
    /// ```
    pub fn view<T: Element>(&self) -> Result<View<'v, T>> {
        self.any_view(ViewRequest::FULL_RO)?.typed()
    }

    /// The same for a type that is known only when the program runs.
    ///
    /// # Errors
    /// As [`view`](Node::view), but for those of the type; [`ReadOnly`](ErrorKind::ReadOnly) when it is to be written.
    pub fn any_view(&self, request: ViewRequest) -> Result<AnyView<'v>> {
        if self.value.is_borrowed() {
            let message =
                "the value lies in borrowed bytes, which a view cannot keep; use as_slice, or unpack what owns them";
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        self.exported(request)
    }

    pub(crate) fn exported(&self, request: ViewRequest) -> Result<AnyView<'v>> {
        let mut raw = null_mut();
        let (value, node) = (self.value.as_raw(), self.item.node);
        // SAFETY: the handle lives.
        unsafe { call!(deltos_value_view(value, node, request.bits(), &mut raw)) }?;
        Ok(AnyView::adopt(made(raw)?, true))
    }
}
