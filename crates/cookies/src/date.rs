//! Dates as servers write them.

use crossexam_web::{Timestamp, algorithm};

/// Parses a date as the `Expires` attribute has it, in any of the forms that were ever used; `None` is the draft's
/// failure.
#[algorithm(Cookies, "cookie-date", untraced)]
pub fn parse_a_date(input: &[u8]) -> Option<Timestamp> {
    let (mut time, mut day_of_month, mut month, mut year) = (None, None, None, None);
    /// 1. Divide it at the delimiters.
    let tokens = input
        .split(|&byte| is_delimiter(byte))
        .filter(|token| !token.is_empty());
    /// 2. Go through the parts; each can be one thing only, and each thing counts once.
    for token in tokens {
        if time.is_none() {
            /// 2.1. The time?
            time = parse_time(token);
            if time.is_some() {
                continue;
            }
        }
        if day_of_month.is_none() {
            /// 2.2. The day?
            day_of_month = parse_number(token, 1..=2);
            if day_of_month.is_some() {
                continue;
            }
        }
        if month.is_none() {
            /// 2.3. The month?
            month = parse_month(token);
            if month.is_some() {
                continue;
            }
        }
        if year.is_none() {
            /// 2.4. The year?
            year = parse_number(token, 2..=4);
        }
    }
    if let Some(year @ 70..=99) = &mut year {
        /// 3. Two digits from 70 on are of the last century,
        *year += 1900;
    }
    if let Some(year @ 0..=69) = &mut year {
        /// 4. those below of this one.
        *year += 2000;
    }
    /// 5. All four are needed, each within its bounds.
    let ((hour, minute, second), day, month, year) = (time?, day_of_month?, month?, year?);
    if !(1..=31).contains(&day) || year < 1601 || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    /// 6. The calendar must have such a day.
    let days = days_from_epoch(year, month, day)?;
    /// 7. That is the date.
    Some(Timestamp::from_secs(
        days * 86_400 + hour * 3_600 + minute * 60 + second,
    ))
}

const fn is_delimiter(byte: u8) -> bool {
    matches!(byte, 0x09 | 0x20..=0x2F | 0x3B..=0x40 | 0x5B..=0x60 | 0x7B..=0x7E)
}

/// A number of so many digits at the beginning of `token`, with no digit behind it.
fn parse_number(token: &[u8], digits: std::ops::RangeInclusive<usize>) -> Option<i64> {
    let count = token
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    digits.contains(&count).then(|| {
        token[..count]
            .iter()
            .fold(0, |number, digit| number * 10 + i64::from(digit - b'0'))
    })
}

/// Three numbers of one or two digits with colons between them, and no digit behind the last.
fn parse_time(token: &[u8]) -> Option<(i64, i64, i64)> {
    let mut fields = token.splitn(3, |&byte| byte == b':');
    let (hour, minute, second) = (fields.next()?, fields.next()?, fields.next()?);
    let whole =
        |field: &[u8]| parse_number(field, 1..=2).filter(|_| field.iter().all(u8::is_ascii_digit));
    Some((whole(hour)?, whole(minute)?, parse_number(second, 1..=2)?))
}

/// The number of the month whose name's first three letters begin `token`.
fn parse_month(token: &[u8]) -> Option<i64> {
    const MONTHS: [&[u8; 3]; 12] = [
        b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov",
        b"dec",
    ];
    let beginning = token.get(..3)?;
    (1..)
        .zip(MONTHS)
        .find(|(_, name)| name.eq_ignore_ascii_case(beginning))
        .map(|(number, _)| number)
}

/// Days from the epoch to a day of the Gregorian calendar; `None` if there is no such day.
fn days_from_epoch(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if day > length {
        return None;
    }
    // Years begin in March here, so that the leap day is the last one.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    // The epoch is day 719,468 of a calendar that begins on the first of March of the year 0.
    Some(year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(input: &str) -> Option<i64> {
        parse_a_date(input.as_bytes()).map(Timestamp::as_secs)
    }

    #[test]
    fn the_forms_of_http() {
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(seconds("Sunday, 06-Nov-94 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(seconds("Sun Nov  6 08:49:37 1994"), Some(784_111_777));
    }

    #[test]
    fn days_count_from_the_epoch() {
        assert_eq!(seconds("1 Jan 1970 00:00:00"), Some(0));
        assert_eq!(seconds("31 Dec 1969 23:59:59"), Some(-1));
        assert_eq!(seconds("29 Feb 2000 0:0:0"), Some(951_782_400));
        assert_eq!(seconds("1 Mar 2000 0:0:0"), Some(951_868_800));
        assert_eq!(seconds("1 Jan 1601 0:0:0"), Some(-11_644_473_600));
        assert_eq!(seconds("31 Dec 9999 23:59:59"), Some(253_402_300_799));
    }

    #[test]
    fn days_that_no_calendar_has() {
        for input in [
            "29 Feb 1900 0:0:0",
            "30 Feb 2000 0:0:0",
            "31 Apr 2026 0:0:0",
            "0 Jan 2026 0:0:0",
        ] {
            assert_eq!(seconds(input), None, "{input}");
        }
    }
}
