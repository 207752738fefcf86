//! Decimal numbers as values hold them.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use deltos_sys as sys;

use crate::{Error, ErrorKind, Result};

/// What a decimal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DecimalClass {
    /// A number.
    Finite,
    /// Larger, or smaller, than any number.
    Infinite,
    /// Not a number; its digits are what it carries.
    NaN,
    /// Not a number, and computing with it is an error.
    SignallingNaN,
}

impl DecimalClass {
    pub(crate) fn code(self) -> i32 {
        match self {
            DecimalClass::Finite => sys::DELTOS_DECIMAL_FINITE,
            DecimalClass::Infinite => sys::DELTOS_DECIMAL_INFINITE,
            DecimalClass::NaN => sys::DELTOS_DECIMAL_NAN,
            DecimalClass::SignallingNaN => sys::DELTOS_DECIMAL_SIGNALLING_NAN,
        }
    }

    pub(crate) fn of(code: i32) -> DecimalClass {
        match code {
            sys::DELTOS_DECIMAL_INFINITE => DecimalClass::Infinite,
            sys::DELTOS_DECIMAL_NAN => DecimalClass::NaN,
            sys::DELTOS_DECIMAL_SIGNALLING_NAN => DecimalClass::SignallingNaN,
            _ => DecimalClass::Finite,
        }
    }
}

/// A decimal number of any length: digits × 10^exponent, and what is none. Zeros at the end are kept, and do not count
/// when two are compared.
///
/// ```
/// use deltos::Decimal;
///
/// let price: Decimal = "-12.50".parse()?;
/// assert_eq!((&*price.digits, price.exponent, price.negative), ("1250", -2, true));
/// assert_eq!(price, "-12.5".parse()?);
/// assert_eq!(price.to_string(), "-12.50");
/// # Ok::<(), deltos::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Decimal<'a> {
    /// What it is.
    pub class: DecimalClass,
    /// It is below zero, or has the sign of what is.
    pub negative: bool,
    /// `0` to `9`, the first of which counts most.
    pub digits: Cow<'a, str>,
    /// Of ten.
    pub exponent: i64,
}

impl<'a> Decimal<'a> {
    /// A number.
    pub fn new(negative: bool, digits: impl Into<Cow<'a, str>>, exponent: i64) -> Self {
        Decimal { class: DecimalClass::Finite, negative, digits: digits.into(), exponent }
    }

    /// The same, with digits of its own.
    pub fn into_owned(self) -> Decimal<'static> {
        Decimal { digits: Cow::Owned(self.digits.into_owned()), ..self }
    }

    /// As what it is compared: sign, digits without zeros at either end, exponent.
    fn number(&self) -> (DecimalClass, bool, &str, i64) {
        let significant = self.digits.trim_start_matches('0');
        let digits = significant.trim_end_matches('0');
        let exponent = self.exponent.wrapping_add((significant.len() - digits.len()) as i64);
        let is_zero = digits.is_empty();
        let negative = self.negative && !(is_zero && self.class == DecimalClass::Finite);
        (self.class, negative, digits, if is_zero { 0 } else { exponent })
    }
}

impl PartialEq<Decimal<'_>> for Decimal<'_> {
    /// As numbers; NaN equals NaN.
    fn eq(&self, other: &Decimal<'_>) -> bool {
        self.number() == other.number()
    }
}

impl Eq for Decimal<'_> {}

impl fmt::Display for Decimal<'_> {
    /// As Python writes it: `12.50`, `1E+30`, `-Infinity`, `NaN`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.negative { "-" } else { "" };
        let digits = if self.digits.is_empty() { "0" } else { &*self.digits };
        match self.class {
            DecimalClass::Infinite => return write!(out, "{}Infinity", sign),
            DecimalClass::NaN => return write!(out, "{}NaN{}", sign, self.digits),
            DecimalClass::SignallingNaN => return write!(out, "{}sNaN{}", sign, self.digits),
            DecimalClass::Finite => (),
        }
        // Where the point stands, counted from the first digit.
        let point = digits.len() as i128 + i128::from(self.exponent);
        if self.exponent <= 0 && point > -6 {
            return match usize::try_from(point) {
                Ok(at) if at == digits.len() => write!(out, "{}{}", sign, digits),
                Ok(at) if at > 0 => write!(out, "{}{}.{}", sign, &digits[..at], &digits[at..]),
                _ => write!(out, "{}0.{:0>width$}", sign, digits, width = (digits.len() as i128 - point) as usize),
            };
        }
        let (first, rest) = digits.split_at(1);
        let dot = if rest.is_empty() { "" } else { "." };
        write!(out, "{}{}{}{}E{:+}", sign, first, dot, rest, point - 1)
    }
}

fn parse(text: &str) -> Option<Decimal<'static>> {
    let unsigned = text.strip_prefix(&['+', '-'][..]).unwrap_or(text);
    let negative = text.starts_with('-');
    let of = |class, digits: &str| {
        let all_are = digits.bytes().all(|byte| byte.is_ascii_digit());
        Some(Decimal { class, negative, digits: digits.to_owned().into(), exponent: 0 }).filter(|_| all_are)
    };
    let lower = unsigned.to_ascii_lowercase();
    if lower == "inf" || lower == "infinity" {
        return of(DecimalClass::Infinite, "");
    }
    for (word, class) in [("snan", DecimalClass::SignallingNaN), ("nan", DecimalClass::NaN)] {
        if let Some(digits) = lower.strip_prefix(word) {
            return of(class, digits);
        }
    }
    let (number, exponent) = lower.split_once('e').unwrap_or((&lower, "0"));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let mut found = of(DecimalClass::Finite, &[whole, fraction].concat()).filter(|found| !found.digits.is_empty())?;
    found.exponent = exponent.parse::<i64>().ok()?.checked_sub(fraction.len() as i64)?;
    Some(found)
}

impl FromStr for Decimal<'static> {
    type Err = Error;

    /// What [`Display`](fmt::Display) writes, and like numbers.
    fn from_str(text: &str) -> Result<Self> {
        parse(text).ok_or_else(|| {
            let shown: String = text.chars().take(64).collect();
            Error::new(ErrorKind::Invalid, format!("{:?} is not a decimal; write 12.50 or 1E+30", shown))
        })
    }
}
