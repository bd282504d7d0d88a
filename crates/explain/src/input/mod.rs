//! What people have, read.

mod curl;
mod har;
mod headers;
mod lines;

use crossexam_oracle::Case;
use serde::Serialize;

use crate::case::{Options, Recorded, cases_of};
use crate::exchange::Exchange;
use crate::explanation::Problem;

/// What an input is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A HAR file of a browser's developer tools.
    Har,
    /// What `curl -v` writes.
    Curl,
    /// Headers, copied from developer tools or raw.
    Headers,
    /// Cases of the oracle, in JSON.
    Case,
    /// A real server was asked.
    Live,
}

/// An input that was read.
#[derive(Debug, Clone)]
pub struct Reading {
    /// What it is.
    pub kind: Kind,
    /// The fetches that were found.
    pub cases: Vec<Recorded>,
    /// How many exchanges there were.
    pub exchanges: usize,
    /// How many of them are no cross-origin requests of a script.
    pub others: usize,
    /// What could not be read. The rest was.
    pub problems: Vec<Problem>,
}

/// So many problems of an input are told.
const PROBLEMS: usize = 20;

/// What a reader of one kind of input finds.
#[derive(Debug, Default)]
struct Found {
    exchanges: Vec<Exchange>,
    problems: Vec<Problem>,
    left_out: usize,
}

impl Found {
    fn problem(&mut self, problem: Problem) {
        if self.problems.len() < PROBLEMS {
            self.problems.push(problem);
        } else {
            self.left_out += 1;
        }
    }

    fn line(&mut self, line: usize, text: impl Into<String>) {
        self.problem(Problem {
            line: Some(line),
            column: None,
            text: text.into(),
        });
    }
}

/// Reads an input of any kind; which, it shows itself. What cannot be read of it is told, the rest is kept.
pub fn read(bytes: &[u8], options: &Options) -> Reading {
    let utf16;
    let bytes = match utf16_text(bytes) {
        Some(text) => {
            utf16 = text;
            utf16.as_bytes()
        }
        None => bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes),
    };
    let first = bytes.trim_ascii_start().first();
    let (kind, found) = match first {
        Some(b'{' | b'[') if is_har(bytes) => (Kind::Har, har::read(bytes)),
        Some(b'{' | b'[') => return cases(bytes),
        _ => {
            let text = String::from_utf8_lossy(bytes);
            let lines = lines::clean(&text);
            if curl::is_transcript(&lines) {
                (Kind::Curl, curl::read(&lines))
            } else {
                (Kind::Headers, headers::read(&lines))
            }
        }
    };
    let exchanges = found.exchanges.len();
    let mut problems = found.problems;
    if found.left_out > 0 {
        problems.push(Problem::text(format!(
            "and {} more of this kind",
            found.left_out
        )));
    }
    let taken = cases_of(found.exchanges, options);
    problems.extend(taken.problems);
    Reading {
        kind,
        cases: taken.cases,
        exchanges,
        others: taken.others,
        problems,
    }
}

/// UTF-16 with its mark, as some shells write files.
fn utf16_text(bytes: &[u8]) -> Option<String> {
    let (rest, big) = match bytes {
        [0xff, 0xfe, rest @ ..] => (rest, false),
        [0xfe, 0xff, rest @ ..] => (rest, true),
        _ => return None,
    };
    let units = rest.chunks(2).map(|pair| {
        let pair = [pair[0], pair.get(1).copied().unwrap_or_default()];
        if big {
            u16::from_be_bytes(pair)
        } else {
            u16::from_le_bytes(pair)
        }
    });
    Some(
        char::decode_utf16(units)
            .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect(),
    )
}

/// Whether JSON is a HAR file: it has a `log` before it has steps.
fn is_har(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(1 << 16)];
    let place = |word: &[u8]| start.windows(word.len()).position(|part| part == word);
    match (place(b"\"log\""), place(b"\"steps\"")) {
        (Some(log), Some(steps)) => log < steps,
        (log, _) => log.is_some(),
    }
}

fn cases(bytes: &[u8]) -> Reading {
    let mut reading = Reading {
        kind: Kind::Case,
        cases: Vec::new(),
        exchanges: 0,
        others: 0,
        problems: Vec::new(),
    };
    for case in serde_json::Deserializer::from_slice(bytes).into_iter::<Case>() {
        match case {
            Ok(case) => reading.cases.push(Recorded::of_case(case)),
            Err(error) => {
                reading
                    .problems
                    .push(Problem::of_json(&error, "this is no case"));
                break;
            }
        }
    }
    reading
}
