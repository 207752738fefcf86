//! Arrays of numbers as sequences of sequences.

use std::convert::TryInto;

use crate::{ArrayRef, DType, Error, ErrorKind, Result};

/// One number, as serde tells them apart.
#[derive(Clone, Copy)]
pub(crate) enum Number {
    Bool(bool),
    Int(i64),
    UInt(u64),
    Float(f64),
}

/// An array, a row of it, or a number in one.
pub(crate) struct Nested<'a, 'v> {
    array: &'a ArrayRef<'v>,
    level: usize,
    /// Of the first element, counted in C order.
    first: usize,
}

impl<'a, 'v> Nested<'a, 'v> {
    pub(crate) fn of(array: &'a ArrayRef<'v>) -> Result<Self> {
        match number(array.dtype(), &[0; 8]) {
            Some(_) => Ok(Nested { array, level: 0, first: 0 }),
            None => {
                let message =
                    format!("elements of {:?} are no numbers that serde knows; use Node::array", array.format());
                Err(Error::new(ErrorKind::Unsupported, message))
            }
        }
    }

    /// How many parts there are; `None`: it is a number.
    pub(crate) fn length(&self) -> Option<usize> {
        self.array.shape().get(self.level).copied()
    }

    pub(crate) fn part(&self, index: usize) -> Nested<'a, 'v> {
        let below: usize = self.array.shape()[self.level + 1..].iter().product();
        Nested { array: self.array, level: self.level + 1, first: self.first + index * below }
    }

    pub(crate) fn number(&self) -> Number {
        let at = self.first * self.array.itemsize();
        let found = self.array.as_bytes().get(at..).and_then(|bytes| number(self.array.dtype(), bytes));
        found.unwrap_or(Number::Int(0)) // there is one: the library has checked the shape, and `of` the type
    }
}

/// A number at the start of some bytes, of a type that has any.
fn number(dtype: DType, bytes: &[u8]) -> Option<Number> {
    macro_rules! of {
        ($type:ty, $kind:ident) => {{
            let bytes = bytes.get(..std::mem::size_of::<$type>())?.try_into().ok()?;
            Some(Number::$kind(<$type>::from_ne_bytes(bytes).into()))
        }};
    }
    match dtype {
        DType::Bool => bytes.first().map(|&byte| Number::Bool(byte != 0)),
        DType::I8 => of!(i8, Int),
        DType::I16 => of!(i16, Int),
        DType::I32 => of!(i32, Int),
        DType::I64 => of!(i64, Int),
        DType::U8 => of!(u8, UInt),
        DType::U16 => of!(u16, UInt),
        DType::U32 => of!(u32, UInt),
        DType::U64 => of!(u64, UInt),
        DType::F32 => of!(f32, Float),
        DType::F64 => of!(f64, Float),
        _ => None,
    }
}
