//! Lines of text, however they were copied.

/// The lines of a text, with their numbers from 1: without colours and other escape sequences, whatever ends them,
/// without spaces at their ends. Empty ones are kept.
pub(super) fn clean(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut rest = text;
    let mut number = 1;
    while !rest.is_empty() {
        let end = rest.find(['\n', '\r', '\u{2028}', '\u{2029}', '\u{85}']);
        let (line, after) = match end {
            None => (rest, ""),
            Some(end) => {
                let line = &rest[..end];
                let after = &rest[end..];
                let ending = if after.starts_with("\r\n") {
                    2
                } else {
                    after.chars().next().map_or(0, char::len_utf8)
                };
                (line, &after[ending..])
            }
        };
        lines.push((number, without_escapes(line).trim_end().to_owned()));
        number += 1;
        rest = after;
    }
    lines
}

/// A line without what terminals take for commands, NULs, marks of byte order and spaces that look like others.
fn without_escapes(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\u{1b}' => match characters.next() {
                // A control sequence goes to its final byte, a command of the operating system to a bell.
                Some('[') => {
                    for part in characters.by_ref() {
                        if ('\u{40}'..='\u{7e}').contains(&part) {
                            break;
                        }
                    }
                }
                Some(']') => {
                    while let Some(part) = characters.next() {
                        if part == '\u{7}' {
                            break;
                        }
                        if part == '\u{1b}' {
                            characters.next();
                            break;
                        }
                    }
                }
                _ => {}
            },
            '\0' | '\u{feff}' | '\u{200b}' => {}
            '\u{a0}' => text.push(' '),
            other => text.push(other),
        }
    }
    text
}

/// `METHOD target HTTP/version`: the method and the target.
pub(super) fn request_line(line: &str) -> Option<(&str, &str)> {
    let mut parts = line.split_ascii_whitespace();
    let (method, target, version) = (parts.next()?, parts.next()?, parts.next()?);
    let is_method = method
        .bytes()
        .all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_'));
    (is_method && version.starts_with("HTTP/") && parts.next().is_none())
        .then_some((method, target))
}

/// `HTTP/version status reason`: the status and the reason phrase.
pub(super) fn status_line(line: &str) -> Option<(u16, &str)> {
    let rest = line.strip_prefix("HTTP/")?;
    let (_, rest) = rest.split_once(' ')?;
    let rest = rest.trim_start();
    let (status, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    let is_status = status.len() == 3;
    status
        .parse()
        .ok()
        .filter(|_| is_status)
        .map(|status| (status, reason.trim()))
}

/// `name: value`. A pseudo-header's name begins with a colon.
pub(super) fn field(line: &str) -> Option<(&str, &str)> {
    let start = usize::from(line.starts_with(':'));
    let colon = line[start..].find(':')? + start;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    is_name(&name[start..]).then(|| (name, value.trim()))
}

/// Whether a text is the name of a header.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && crossexam_web::header_value::is_token(text.as_bytes())
}

/// The beginning of a line, to be shown.
pub(super) fn excerpt(line: &str) -> String {
    let mut text: String = line.chars().take(40).collect();
    if text.len() < line.len() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_many_ways() {
        let text = "a\r\nb\rc\u{2028}d\n\n\u{feff}\u{1b}[1me\u{1b}[0m\u{a0}\0\n\u{1b}]8;;x\u{7}f";
        let lines: Vec<_> = clean(text).into_iter().map(|(_, line)| line).collect();
        assert_eq!(lines, ["a", "b", "c", "d", "", "e", "f"]);
    }

    #[test]
    fn first_lines_and_fields() {
        assert_eq!(request_line("PUT /a?b HTTP/1.1"), Some(("PUT", "/a?b")));
        assert_eq!(request_line("PUT /a HTTP/1.1 x"), None);
        assert_eq!(status_line("HTTP/2 204"), Some((204, "")));
        assert_eq!(
            status_line("HTTP/1.1 404 Not Found"),
            Some((404, "Not Found"))
        );
        assert_eq!(status_line("HTTP/1.1 OK"), None);
        assert_eq!(field(":method: PUT"), Some((":method", "PUT")));
        assert_eq!(field("A : b"), None);
        assert_eq!(field("A:b:c"), Some(("A", "b:c")));
    }
}
