//! Days and times as values hold them, and as ISO 8601 writes them.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::{Error, ErrorKind, Result};

const DAY: i64 = 86_400;

/// A day of the Gregorian calendar, also before it was there.
///
/// ```
/// use deltos::Date;
///
/// let date: Date = "2026-11-21".parse()?;
/// assert_eq!((date.days, date.ymd()), (20_778, (2026, 11, 21)));
/// assert_eq!(Date::from_ymd(2024, 2, 30), None);
/// # Ok::<(), deltos::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// Days since 1970-01-01.
    pub days: i64,
}

impl Date {
    /// A day by its numbers, when there is one; months and days count from 1.
    pub fn from_ymd(year: i64, month: u32, day: u32) -> Option<Date> {
        let days = i64::try_from(days_of(year, month, day)).ok()?;
        Some(Date { days }).filter(|date| date.ymd() == (year, month, day))
    }

    /// Year, month and day.
    pub fn ymd(self) -> (i64, u32, u32) {
        // Years of 400, which all have as many days, counted from a first of March.
        let shifted = i128::from(self.days) + 719_468;
        let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + i128::from(month <= 2);
        (year as i64, month as u32, day as u32)
    }
}

fn days_of(year: i64, month: u32, day: u32) -> i128 {
    let year = i128::from(year) - i128::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month_from_march = (i128::from(month) + 9).rem_euclid(12);
    let day_of_year = (153 * month_from_march + 2) / 5 + i128::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

impl fmt::Display for Date {
    /// `2026-11-21`; years that are not of four digits have a sign.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        if (0..=9999).contains(&year) {
            return write!(out, "{:04}-{:02}-{:02}", year, month, day);
        }
        write!(out, "{:+05}-{:02}-{:02}", year, month, day)
    }
}

fn malformed(what: &str, text: &str) -> Error {
    let shown: String = text.chars().take(64).collect();
    Error::new(ErrorKind::Invalid, format!("{:?} is not {}", shown, what))
}

/// A number of digits only, as many as are said.
fn digits(text: &str, count: usize) -> Option<u32> {
    let all_are = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| all_are)
}

fn parse_date(text: &str) -> Option<Date> {
    let unsigned = text.strip_prefix(&['+', '-'][..]).unwrap_or(text);
    let mut parts = unsigned.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let has_sign = unsigned.len() < text.len();
    if !year.bytes().all(|byte| byte.is_ascii_digit()) || (!has_sign && year.len() != 4) {
        return None;
    }
    let year: i64 = text[..text.len() - unsigned.len() + year.len()].parse().ok()?;
    Date::from_ymd(year, digits(month, 2)?, digits(day, 2)?)
}

impl FromStr for Date {
    type Err = Error;

    fn from_str(text: &str) -> Result<Date> {
        parse_date(text).ok_or_else(|| malformed("a day; write 2026-11-21", text))
    }
}

/// A day and a time: an instant with the zone it was told in, or a time on the clock without one.
///
/// ```
/// use deltos::DateTime;
///
/// let zoned: DateTime = "2026-11-21T20:00:00.5+01:00".parse()?;
/// assert_eq!((zoned.seconds % 86_400, zoned.nanoseconds, zoned.offset), (19 * 3600, 500_000_000, Some(3600)));
/// let on_the_clock: DateTime = "2026-11-21T20:00:00".parse()?;
/// assert_eq!(on_the_clock.offset, None);
/// assert_eq!(zoned.to_string(), "2026-11-21T20:00:00.5+01:00");
/// # Ok::<(), deltos::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DateTime {
    /// Seconds since 1970-01-01T00:00:00, of UTC where there is a zone, else of the clock.
    pub seconds: i64,
    /// Below 1,000,000,000.
    pub nanoseconds: u32,
    /// Of the zone: seconds east of UTC, less than a day.
    pub offset: Option<i32>,
}

impl fmt::Display for DateTime {
    /// `2026-11-21T20:00:00.5+01:00`, with `Z` for UTC.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = i128::from(self.seconds) + i128::from(self.offset.unwrap_or(0));
        let (days, second) = (shown.div_euclid(DAY.into()) as i64, shown.rem_euclid(DAY.into()));
        let (hours, minutes, seconds) = (second / 3600, second / 60 % 60, second % 60);
        write!(out, "{}T{:02}:{:02}:{:02}", Date { days }, hours, minutes, seconds)?;
        if self.nanoseconds != 0 {
            let fraction = format!("{:09}", self.nanoseconds);
            write!(out, ".{}", fraction.trim_end_matches('0'))?;
        }
        match self.offset {
            None => Ok(()),
            Some(0) => out.write_str("Z"),
            Some(offset) => {
                let (sign, size) = (if offset < 0 { '-' } else { '+' }, offset.unsigned_abs());
                write!(out, "{}{:02}:{:02}", sign, size / 3600, size / 60 % 60)?;
                match size % 60 {
                    0 => Ok(()),
                    seconds => write!(out, ":{:02}", seconds),
                }
            }
        }
    }
}

/// `12:34` or `12:34:56` as seconds.
fn parse_clock(text: &str, most_hours: u32) -> Option<i64> {
    let mut parts = text.split(':');
    let hours = digits(parts.next()?, 2)?;
    let minutes = digits(parts.next()?, 2)?;
    let seconds = parts.next().map_or(Some(0), |seconds| digits(seconds, 2))?;
    let possible = hours <= most_hours && minutes < 60 && seconds < 60 && parts.next().is_none();
    Some(i64::from(hours * 3600 + minutes * 60 + seconds)).filter(|_| possible)
}

fn parse_zone(text: &str) -> Option<Option<i32>> {
    if text.is_empty() {
        return Some(None);
    }
    if text == "Z" || text == "z" {
        return Some(Some(0));
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let size = parse_clock(text.strip_prefix(&['+', '-'][..])?, 23)? as i32;
    Some(Some(sign * size))
}

fn parse_date_time(text: &str) -> Option<DateTime> {
    let (date, rest) = text.split_at(text.find(&['T', 't', ' '][..])?);
    let rest = &rest[1..];
    let (clock, zone) = rest.split_at(rest.find(&['Z', 'z', '+', '-'][..]).unwrap_or(rest.len()));
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    if fraction.is_empty() || fraction.len() > 9 {
        return None;
    }
    let nanoseconds = digits(fraction, fraction.len())? * 10u32.pow(9 - fraction.len() as u32);
    let offset = parse_zone(zone)?;
    let seconds = i128::from(parse_date(date)?.days) * i128::from(DAY) + i128::from(parse_clock(whole, 23)?);
    let seconds = i64::try_from(seconds - i128::from(offset.unwrap_or(0))).ok()?;
    Some(DateTime { seconds, nanoseconds, offset })
}

impl FromStr for DateTime {
    type Err = Error;

    fn from_str(text: &str) -> Result<DateTime> {
        parse_date_time(text).ok_or_else(|| malformed("a day and time; write 2026-11-21T20:00:00+01:00", text))
    }
}

/// In UTC.
impl From<SystemTime> for DateTime {
    fn from(time: SystemTime) -> DateTime {
        let (seconds, nanoseconds) = match time.duration_since(UNIX_EPOCH) {
            Ok(since) => (since.as_secs() as i64, since.subsec_nanos()),
            Err(before) => {
                let until = before.duration();
                let borrows = until.subsec_nanos() != 0;
                let nanoseconds = if borrows { 1_000_000_000 - until.subsec_nanos() } else { 0 };
                (-(until.as_secs() as i64) - i64::from(borrows), nanoseconds)
            }
        };
        DateTime { seconds, nanoseconds, offset: Some(0) }
    }
}

/// Of an instant; a time on the clock is none.
impl TryFrom<DateTime> for SystemTime {
    type Error = Error;

    fn try_from(time: DateTime) -> Result<SystemTime> {
        let nanoseconds = Duration::from_nanos(time.nanoseconds.into());
        let size = Duration::from_secs(time.seconds.unsigned_abs());
        let whole = if time.seconds < 0 { UNIX_EPOCH.checked_sub(size) } else { UNIX_EPOCH.checked_add(size) };
        match (time.offset, whole.and_then(|whole| whole.checked_add(nanoseconds))) {
            (Some(_), Some(instant)) => Ok(instant),
            (None, _) => Err(Error::new(ErrorKind::Type, "a time on the clock, without a zone, is no instant")),
            (_, None) => Err(Error::new(ErrorKind::Range, format!("{} is not an instant of this system", time))),
        }
    }
}
