//! How nodes are shown: short, whatever they hold.

use std::fmt::{self, Display, Formatter, Write};

use crate::{Node, Result, Scalar, ValueKind};

const MOST_ELEMENTS: usize = 8;
const MOST_LEVELS: usize = 4;
const MOST_CHARACTERS: usize = 64;

impl Display for Node<'_> {
    /// Text like that of Python: `{"name": "Ulm", "at": (48.4, 9.98)}`. What is long or deep is cut short by `…`.
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        show(*self, MOST_LEVELS, out)
    }
}

fn show(node: Node<'_>, levels: usize, out: &mut Formatter<'_>) -> fmt::Result {
    match node.kind() {
        ValueKind::List | ValueKind::Tuple | ValueKind::Set | ValueKind::Dict => container(node, levels, out),
        ValueKind::Array => match node.array() {
            Ok(array) => write!(out, "array({:?}, {:?})", array.format(), array.shape()),
            Err(error) => damaged(&error, out),
        },
        ValueKind::Other => out.write_str("?"),
        _ => match node.scalar() {
            Ok(Some(scalar)) => scalar.fmt(out),
            Ok(None) => out.write_str("?"),
            Err(error) => damaged(&error, out),
        },
    }
}

fn damaged(error: &crate::Error, out: &mut Formatter<'_>) -> fmt::Result {
    write!(out, "<{}>", error)
}

fn container(node: Node<'_>, levels: usize, out: &mut Formatter<'_>) -> fmt::Result {
    let (open, close) = match node.kind() {
        ValueKind::List => ("[", "]"),
        ValueKind::Tuple if node.len() == 1 => ("(", ",)"),
        ValueKind::Tuple => ("(", ")"),
        ValueKind::Set if node.is_empty() => return out.write_str("set()"),
        _ => ("{", "}"),
    };
    out.write_str(open)?;
    if levels == 0 && !node.is_empty() {
        out.write_char('…')?;
    } else if let Err(error) = contents(node, levels, out)? {
        damaged(&error, out)?;
    }
    out.write_str(close)
}

fn contents(node: Node<'_>, levels: usize, out: &mut Formatter<'_>) -> Result<Result<()>, fmt::Error> {
    let separate = |number: usize, out: &mut Formatter<'_>| out.write_str(if number > 0 { ", " } else { "" });
    if let Ok(pairs) = node.pairs() {
        for (number, pair) in pairs.take(MOST_ELEMENTS).enumerate() {
            let (key, value) = match pair {
                Ok(pair) => pair,
                Err(error) => return Ok(Err(error)),
            };
            separate(number, out)?;
            show(key, levels - 1, out)?;
            out.write_str(": ")?;
            show(value, levels - 1, out)?;
        }
    } else if let Ok(elements) = node.elements() {
        for (number, element) in elements.take(MOST_ELEMENTS).enumerate() {
            let element = match element {
                Ok(element) => element,
                Err(error) => return Ok(Err(error)),
            };
            separate(number, out)?;
            show(element, levels - 1, out)?;
        }
    }
    if node.len() > MOST_ELEMENTS {
        write!(out, ", … {} in all", node.len())?;
    }
    Ok(Ok(()))
}

impl Display for Scalar<'_> {
    /// As within a [`Node`].
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Null => out.write_str("null"),
            Scalar::Bool(truth) => truth.fmt(out),
            Scalar::Int(number) => number.fmt(out),
            Scalar::UInt(number) => number.fmt(out),
            Scalar::Float(number) => write!(out, "{:?}", number),
            Scalar::Str(text) => match text.char_indices().nth(MOST_CHARACTERS) {
                None => write!(out, "{:?}", text),
                Some((end, _)) => write!(out, "{:?}… {} bytes", &text[..end], text.len()),
            },
            Scalar::Bytes(bytes) => {
                let shown = &bytes[..bytes.len().min(MOST_CHARACTERS)];
                write!(out, "b\"{}\"", shown.escape_ascii())?;
                if shown.len() < bytes.len() {
                    write!(out, "… {} bytes", bytes.len())?;
                }
                Ok(())
            }
            Scalar::Date(date) => date.fmt(out),
            Scalar::DateTime(time) => time.fmt(out),
            Scalar::Decimal(decimal) => match decimal.digits.len() + decimal.exponent.unsigned_abs() as usize {
                0..=128 => decimal.fmt(out),
                _ => write!(out, "a decimal of {} digits", decimal.digits.len()),
            },
            Scalar::Reference(id) => write!(out, "object {}", id),
        }
    }
}
