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
//! - `make`: makes the array `live/neighbours`, empty, as the one process that writes
//! - `append`: goes through the large places and appends the population of each place near it, and -1 behind all; then
//!   it writes no more
//! - `follow`: sums that array while it grows, up to -1; says so before the first look
//! - `look_up`: looks the drawn places up by name, one by one and all at once, and by id; counts the Springfields

use deltos::{Durability, Element, Mode, OpenOptions, ReadCell, Row, Storage, View};
use std::error::Error;
use std::io::{self, BufRead, Write};
use std::time::{Duration, Instant};

type Point = (f64, f64);

const NEIGHBOURS: &str = "live/neighbours";
const LARGE: i64 = 200_000;
const NEAR: f64 = 100.0 / 6371.0; // km on the Earth, as an angle
const END: i64 = -1;

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

    fn direction(&self, place: usize) -> [f64; 3] {
        let (latitude, longitude) = self.point(place);
        [latitude.cos() * longitude.cos(), latitude.cos() * longitude.sin(), latitude.sin()]
    }

    fn append_neighbours(&self, writer: &Storage) -> deltos::Result<String> {
        let (began, least) = (Instant::now(), NEAR.cos());
        let directions: Vec<[f64; 3]> = (0..self.ids.len()).map(|place| self.direction(place)).collect();
        let mut array = writer.array::<i64>(NEIGHBOURS)?;
        let (mut large, mut sum) = (0, 0);
        for from in (0..self.ids.len()).filter(|&place| self.population[place].load() >= LARGE) {
            let [x, y, z] = directions[from];
            large += 1;
            for (to, direction) in directions.iter().enumerate() {
                if x * direction[0] + y * direction[1] + z * direction[2] >= least {
                    let people = self.population[to].load();
                    array.push(people)?; // everybody sees it now
                    sum += people;
                }
            }
        }
        let values = array.len();
        array.push(END)?;
        array.close()?;
        let milliseconds = began.elapsed().as_secs_f64() * 1e3;
        Ok(format!(r#"{{"large": {large}, "values": {values}, "sum": {sum}, "milliseconds": {milliseconds:.3}}}"#))
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

fn make(path: &str) -> deltos::Result<Storage> {
    // SAFETY: as in `main`.
    let writer = unsafe { OpenOptions::new().mode(Mode::Write).open(path)? };
    writer.transact(Durability::Sync, |transaction| transaction.create_array::<i64>(NEIGHBOURS).map(drop))?;
    Ok(writer)
}

fn follow(storage: &Storage) -> Result<String, Box<dyn Error>> {
    let mut array = storage.array::<i64>(NEIGHBOURS)?;
    println!(r#"{{"following": true}}"#);
    io::stdout().flush()?;
    let (mut values, mut sum, mut looks, mut last) = (0, 0, 0, 0);
    while last != END {
        array.refresh()?; // what there is new room for
        if array.len() == values {
            std::thread::yield_now();
            continue;
        }
        let view = array.view()?;
        for cell in &view.cells()?[values..] {
            last = cell.load();
            if last != END {
                sum += last;
            }
        }
        (values, looks) = (view.len(), looks + 1);
    }
    Ok(format!(r#"{{"values": {}, "sum": {sum}, "looks": {looks}}}"#, values - 1))
}

fn values_of<T: Element>(storage: &Storage, name: &str) -> deltos::Result<Vec<T>> {
    storage.object(name)?.view()?.to_vec()
}

fn look_up(storage: &Storage, ids: &[ReadCell<u32>]) -> Result<String, Box<dyn Error>> {
    let drawn: Vec<u32> = values_of(storage, "places/drawn")?;
    let letters = String::from_utf8(values_of(storage, "places/names")?)?;
    let offsets: Vec<i64> = values_of(storage, "places/offsets")?;
    let name_of = |&place: &u32| &letters[offsets[place as usize] as usize..offsets[place as usize + 1] as usize];
    let names: Vec<&str> = drawn.iter().map(name_of).collect();
    let (by_name, by_id) = (storage.hash_map::<str, Row>("by_name")?, storage.hash_map::<u64, Row>("by_id")?);
    let began = Instant::now();
    let rows = names.iter().map(|name| by_name.get_number(*name)).collect::<deltos::Result<Vec<_>>>()?;
    let one = began.elapsed();
    let began = Instant::now();
    let again = by_name.get_many_numbers(&names)?;
    let many = began.elapsed();
    let population: View<i64> = by_name.records()?.column(0)?;
    let (mut hits, mut same, mut people) = (0, 0, 0);
    for ((place, row), other) in drawn.iter().zip(&rows).zip(&again) {
        let by_id = by_id.get_number(&u64::from(ids[*place as usize].load()))?;
        hits += u64::from(other.is_some());
        same += u64::from(row == other && by_id == Some(u64::from(*place)));
        people += row.and_then(|row| population.get(row as usize)).unwrap_or(0);
    }
    let springfields = by_name.get_all("Springfield")?.count();
    let each = |spent: Duration| spent.as_secs_f64() * 1e9 / names.len() as f64;
    Ok(format!(
        r#"{{"hits": {hits}, "same": {same}, "people": {people}, "springfields": {springfields}, "one": {:.1}, "many": {:.1}}}"#,
        each(one),
        each(many)
    ))
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("which storage?")?;
    // SAFETY: nobody shortens or overwrites the file while the demo runs.
    let storage = unsafe { Storage::open(&path)? };
    let mut writer = None;
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
            ("make", _) => {
                writer = Some(make(&path)?);
                r#"{"made": true}"#.to_owned()
            }
            ("append", _) => {
                let writer = writer.take().ok_or("make comes first")?;
                let answer = places.append_neighbours(&writer)?;
                writer.close()?;
                answer
            }
            ("follow", _) => follow(&storage)?,
            ("look_up", _) => look_up(&storage, places.ids)?,
            _ => return Err(format!("unknown command: {line}").into()),
        };
        println!("{answer}");
        io::stdout().flush()?;
    }
    Ok(())
}
