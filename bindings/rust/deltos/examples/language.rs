//! The twin of `tests/bench/language.c`: what opening, exporting and summing a buffer costs in Rust, in the same steps.
//!
//!     cargo run --release --example language -- STORAGE
//!
//! The storage holds "values", float64 of one dimension, sealed.

use deltos::{Storage, View};
use std::error::Error;
use std::path::Path;
use std::time::Instant;

const OPENINGS: usize = 2000;
const SUMS: usize = 30;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Uses a number, so that what made it is not left out.
fn keep(number: f64) {
    // SAFETY: the address is that of a local variable.
    unsafe { std::ptr::read_volatile(&number) };
}

fn open_and_export(path: &Path) -> Outcome<()> {
    // SAFETY: nobody changes the file while this runs.
    let storage = unsafe { Storage::open(path)? };
    let values: View<f64> = storage.object("values")?.view()?;
    keep(values.get(0).ok_or("an empty buffer")?);
    drop(values);
    storage.close()?;
    Ok(())
}

fn sum(values: &[f64]) -> f64 {
    let mut parts = [0.0; 4];
    for four in values.chunks_exact(4) {
        for (part, value) in parts.iter_mut().zip(four) {
            *part += value;
        }
    }
    parts.iter().sum()
}

/// Nanoseconds of the fastest of many calls.
fn fastest(rounds: usize, mut call: impl FnMut() -> Outcome<()>) -> Outcome<f64> {
    let mut best = f64::INFINITY;
    for _ in 0..rounds {
        let began = Instant::now();
        call()?;
        best = best.min(began.elapsed().as_secs_f64() * 1e9);
    }
    Ok(best)
}

fn main() -> Outcome<()> {
    let path = std::env::args_os().nth(1).ok_or("usage: language STORAGE")?;
    let path = Path::new(&path);
    println!("open_export_ns {:.0}", fastest(OPENINGS, || open_and_export(path))?);
    // SAFETY: as above.
    let storage = unsafe { Storage::open(path)? };
    let view: View<f64> = storage.object("values")?.view()?;
    let values = view.as_slice()?;
    keep(sum(values));
    println!(
        "sum_ns {:.0}",
        fastest(SUMS, || {
            keep(sum(values));
            Ok(())
        })?
    );
    println!("sum {:.0}", sum(values));
    Ok(())
}
