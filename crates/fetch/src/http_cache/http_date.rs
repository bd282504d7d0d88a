//! Dates as HTTP writes them.
//!
//! <https://httpwg.org/specs/rfc9110.html#http.date>

use crossexam_web::{HeaderList, Timestamp};

const DAY: i64 = 24 * 60 * 60;
/// Fifty years of 365.25 days.
const FIFTY_YEARS: i64 = 50 * 1461 * DAY / 4;
const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const DAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// The date in the first header of this name, if it is one.
///
/// NB: a date stands in a header once; of several headers the first counts (RFC 9111, section 4.2.1, of `Expires`).
pub fn date_of(list: &HeaderList, name: &[u8], now: Timestamp) -> Option<Timestamp> {
    parse_an_http_date(list.values(name).next()?, now)
}

/// Reads a date in any of HTTP's three forms, in any case. The name of the weekday must be one, not the right one. Whatever
/// is not in Greenwich mean time is no date.
///
/// Of a year with two digits the century is the latest that does not put the date more than fifty years after `now`.
pub fn parse_an_http_date(value: &[u8], now: Timestamp) -> Option<Timestamp> {
    // The longest form is "Wednesday, 31-Dec-99 23:59:59 GMT".
    let value = value.trim_ascii();
    if value.len() > 33 || !value.is_ascii() {
        return None;
    }
    let text = std::str::from_utf8(value).ok()?.to_ascii_lowercase();
    let Some((weekday, rest)) = text.split_once(", ") else {
        return asctime_date(&text);
    };
    if DAYS.contains(&weekday) {
        return rfc850_date(rest, now);
    }
    if !is_short_weekday(weekday) {
        return None;
    }
    let [day, month, year, time, zone] = fields(rest, ' ')?;
    let at = seconds(number(year, 4)?, month_of(month)?, number(day, 2)?, time)?;
    (zone == "gmt").then(|| Timestamp::from_secs(at))
}

/// `06-Nov-94 08:49:37 GMT`
fn rfc850_date(text: &str, now: Timestamp) -> Option<Timestamp> {
    let [date, time, zone] = fields(text, ' ')?;
    let [day, month, year] = fields(date, '-')?;
    if zone != "gmt" {
        return None;
    }
    let (day, month, year) = (number(day, 2)?, month_of(month)?, number(year, 2)?);
    let latest = now.as_secs().saturating_add(FIFTY_YEARS);
    // A 29th of February is there in some of the centuries only.
    let centuries = (0..100).rev().map(|century| century * 100 + year);
    let mut dates = centuries.filter_map(|year| seconds(year, month, day, time));
    dates.find(|&at| at <= latest).map(Timestamp::from_secs)
}

/// `Sun Nov  6 08:49:37 1994`
fn asctime_date(text: &str) -> Option<Timestamp> {
    if text.len() != 24 {
        return None;
    }
    let (weekday, month, day) = (text.get(..4)?, text.get(4..8)?, text.get(8..10)?);
    let (time, year) = (text.get(10..20)?, text.get(20..)?);
    if !is_short_weekday(weekday.strip_suffix(' ')?) {
        return None;
    }
    let day = match day.strip_prefix(' ') {
        Some(digit) => number(digit, 1)?,
        None => number(day, 2)?,
    };
    let time = time.strip_prefix(' ')?.strip_suffix(' ')?;
    let month = month_of(month.strip_suffix(' ')?)?;
    seconds(number(year, 4)?, month, day, time).map(Timestamp::from_secs)
}

fn is_short_weekday(text: &str) -> bool {
    text.len() == 3 && DAYS.iter().any(|day| day.starts_with(text))
}

/// Exactly this many fields.
fn fields<const COUNT: usize>(text: &str, separator: char) -> Option<[&str; COUNT]> {
    let mut parts = text.split(separator);
    let mut fields = [""; COUNT];
    for field in &mut fields {
        *field = parts.next()?;
    }
    parts.next().is_none().then_some(fields)
}

fn number(text: &str, digits: usize) -> Option<i64> {
    let is_number = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

fn month_of(text: &str) -> Option<i64> {
    let index = MONTHS.iter().position(|month| *month == text)?;
    i64::try_from(index + 1).ok()
}

/// Seconds since 1970; `None` for what no calendar or clock shows. A leap second counts as the one before it.
fn seconds(year: i64, month: i64, day: i64, time: &str) -> Option<i64> {
    let [hour, minute, second] = fields(time, ':')?;
    let (hour, minute, second) = (number(hour, 2)?, number(minute, 2)?, number(second, 2)?);
    let is_leap_year = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if is_leap_year => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if !(1..=days).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Years that begin in March put the leap day at their end.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let days = 365 * year + leap_days + day_of_year - 719_468;
    Some(days * DAY + hour * 3600 + minute * 60 + second.min(59))
}
