//! The Rust process of the demo: looks at the storage that all its processes share. Takes one command a line, answers with
//! one line of JSON.
//!
//!     cargo run --release --example reader -- STORAGE
//!
//! - `answers`: centre of the population (degrees) and the ids of the five places nearest to it
//! - `sum`: how many people live in all places
//! - `address`: where the coordinates lie in this process
//! - `watch MS`: looks at the ball for so long; how often it was another one, and whether any came out of order
//! - `ball_now`: the ball as it is

use deltos::{ReadCell, Storage, View};
use std::error::Error;
use std::io::{self, BufRead, Write};
use std::time::{Duration, Instant};

type Point = (f64, f64);

/// Shared memory, read element by element: other processes may be storing into it.
struct Places<'v> {
    coordinates: &'v [ReadCell<f64>],
    population: &'v [ReadCell<i64>],
    ids: &'v [ReadCell<u32>],
}

impl Places<'_> {
    fn point(&self, place: usize) -> Point {
        (self.coordinates[2 * place].load().to_radians(), self.coordinates[2 * place + 1].load().to_radians())
    }

    /// The direction from the middle of the Earth to its people.
    fn centre(&self) -> Point {
        let (mut x, mut y, mut z) = (0.0, 0.0, 0.0);
        for place in 0..self.ids.len() {
            let (latitude, longitude) = self.point(place);
            let weight = self.population[place].load() as f64;
            x += weight * latitude.cos() * longitude.cos();
            y += weight * latitude.cos() * longitude.sin();
            z += weight * latitude.sin();
        }
        (z.atan2(x.hypot(y)), y.atan2(x))
    }

    fn nearest(&self, from: Point) -> Vec<u32> {
        let haversine = |place| {
            let (latitude, longitude) = self.point(place);
            let (across, along) = (((latitude - from.0) / 2.0).sin(), ((longitude - from.1) / 2.0).sin());
            across * across + latitude.cos() * from.0.cos() * along * along
        };
        let mut places: Vec<(f64, usize)> = (0..self.ids.len()).map(|place| (haversine(place), place)).collect();
        places.sort_by(|one, other| one.0.total_cmp(&other.0));
        places[..5].iter().map(|&(_, place)| self.ids[place].load()).collect()
    }

    fn answers(&self) -> String {
        let began = Instant::now();
        let centre = self.centre();
        let nearest = self.nearest(centre);
        let milliseconds = began.elapsed().as_secs_f64() * 1e3;
        let (latitude, longitude) = (centre.0.to_degrees(), centre.1.to_degrees());
        format!(r#"{{"centre": [{latitude}, {longitude}], "nearest": {nearest:?}, "milliseconds": {milliseconds:.3}}}"#)
    }
}

fn watch(ball: &ReadCell<i64>, how_long: Duration) -> String {
    let began = Instant::now();
    let (mut last, mut seen, mut backwards) = (ball.load(), 0, 0);
    while began.elapsed() < how_long {
        let now = ball.load();
        seen += i32::from(now != last);
        backwards += i32::from(now < last);
        last = now;
        std::thread::sleep(Duration::from_micros(500));
    }
    format!(r#"{{"seen": {seen}, "backwards": {backwards}}}"#)
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("which storage?")?;
    // SAFETY: nobody shortens or overwrites the file while the demo runs.
    let storage = unsafe { Storage::open(path)? };
    let coordinates: View<f64> = storage.object("places/coordinates")?.view()?;
    let population: View<i64> = storage.object("places/population")?.view()?;
    let ids: View<u32> = storage.object("places/ids")?.view()?;
    let ball: View<i64> = storage.object("live/ball")?.view()?;
    let places = Places { coordinates: coordinates.cells()?, population: population.cells()?, ids: ids.cells()? };
    let ball = &ball.cells()?[0];
    for line in io::stdin().lock().lines() {
        let line = line?;
        let answer = match line.split_once(' ').unwrap_or((&line, "")) {
            ("answers", _) => places.answers(),
            ("sum", _) => format!(r#"{{"sum": {}}}"#, places.population.iter().map(ReadCell::load).sum::<i64>()),
            ("address", _) => format!(r#"{{"address": {}}}"#, coordinates.as_ptr() as usize),
            ("watch", milliseconds) => watch(ball, Duration::from_millis(milliseconds.parse()?)),
            ("ball_now", _) => format!(r#"{{"ball": {}}}"#, ball.load()),
            _ => return Err(format!("unknown command: {line}").into()),
        };
        println!("{answer}");
        io::stdout().flush()?;
    }
    Ok(())
}
