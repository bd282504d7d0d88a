//! Reports as text, JSON and HTML.

mod html;
mod text;

pub use html::html;
pub use text::{TextOptions, text};

use crate::explanation::Report;

/// A report as JSON, indented.
pub fn json(report: &Report) -> String {
    // Plain data always has a JSON form.
    let mut text = serde_json::to_string_pretty(report).unwrap_or_default();
    text.push('\n');
    text
}

/// Seconds in words.
fn seconds(number: u64) -> String {
    match number {
        0 => "not at all".to_owned(),
        1 => "1 second".to_owned(),
        number if number.is_multiple_of(86_400) && number > 86_400 => {
            format!("{number} seconds ({} days)", number / 86_400)
        }
        number if number.is_multiple_of(3_600) && number > 3_600 => {
            format!("{number} seconds ({} hours)", number / 3_600)
        }
        number if number.is_multiple_of(60) && number > 60 => {
            format!("{number} seconds ({} minutes)", number / 60)
        }
        number => format!("{number} seconds"),
    }
}
