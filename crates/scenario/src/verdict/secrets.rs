//! Finding a secret in bytes, also where somebody has encoded it on the way.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use memchr::memmem;

/// In which form a secret was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As it is.
    Plain,
    /// Percent-encoded, as in a URL or a form.
    Percent,
    /// Escaped as in a JSON or JavaScript string.
    Json,
    /// Escaped as in HTML.
    Html,
    /// In base64, of either alphabet, anywhere within the encoded bytes.
    Base64,
}

impl Form {
    /// The form in words; empty for the plain one.
    pub fn text(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Percent => "percent-encoded",
            Self::Json => "escaped for JSON",
            Self::Html => "escaped for HTML",
            Self::Base64 => "in base64",
        }
    }
}

/// Searches for one secret.
#[derive(Debug)]
pub struct Detector {
    plain: Vec<u8>,
    base64: Vec<Vec<u8>>,
}

impl Detector {
    /// A detector for this value.
    pub fn new(value: &str) -> Self {
        let plain = value.as_bytes().to_vec();
        let mut base64 = Vec::new();
        for lead in 0..3_usize {
            // Three bytes make four characters: what stands before shifts the encoding, and the characters at both ends
            // also depend on the neighbours.
            let mut padded = vec![0; lead];
            padded.extend_from_slice(&plain);
            let skip = (lead * 8).div_ceil(6);
            for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
                let encoded = engine.encode(&padded).into_bytes();
                let whole = padded.len() * 8 / 6;
                let needle = encoded[skip..whole].to_vec();
                if !base64.contains(&needle) {
                    base64.push(needle);
                }
            }
        }
        Self { plain, base64 }
    }

    /// Whether the secret is in these bytes, and how.
    pub fn find(&self, bytes: &[u8]) -> Option<Form> {
        let contains = |bytes: &[u8]| memmem::find(bytes, &self.plain).is_some();
        if contains(bytes) {
            return Some(Form::Plain);
        }
        let once = percent_decoded(bytes);
        if matches!(once, Cow::Owned(_)) {
            if contains(&once) || contains(&percent_decoded(&once)) {
                return Some(Form::Percent);
            }
            let spaces: Vec<u8> = bytes
                .iter()
                .map(|byte| if *byte == b'+' { b' ' } else { *byte })
                .collect();
            if contains(&percent_decoded(&spaces)) {
                return Some(Form::Percent);
            }
        }
        if bytes.contains(&b'\\') && contains(&json_unescaped(bytes)) {
            return Some(Form::Json);
        }
        if bytes.contains(&b'&') && contains(&html_unescaped(bytes)) {
            return Some(Form::Html);
        }
        let in_base64 = |bytes: &[u8]| {
            self.base64
                .iter()
                .any(|needle| memmem::find(bytes, needle).is_some())
        };
        (in_base64(bytes) || in_base64(&once)).then_some(Form::Base64)
    }
}

fn percent_decoded(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !bytes.contains(&b'%') && !bytes.contains(&b'+') {
        return Cow::Borrowed(bytes);
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'%'
            && let [high, low, after @ ..] = after
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            out.push(high << 4 | low);
            rest = after;
        } else {
            out.push(byte);
            rest = after;
        }
    }
    Cow::Owned(out)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

fn json_unescaped(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let Some((&escape, after)) = rest.split_first() else {
            break;
        };
        rest = after;
        match escape {
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'u' if rest.len() >= 4 => {
                let unit = std::str::from_utf8(&rest[..4])
                    .ok()
                    .and_then(|digits| u32::from_str_radix(digits, 16).ok())
                    .and_then(char::from_u32);
                if let Some(character) = unit {
                    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                    rest = &rest[4..];
                }
            }
            other => out.push(other),
        }
    }
    out
}

fn html_unescaped(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'&'
            && let Some(end) = after.iter().take(10).position(|byte| *byte == b';')
            && let Some(character) = entity(&after[..end])
        {
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            rest = &after[end + 1..];
        } else {
            out.push(byte);
            rest = after;
        }
    }
    out
}

fn entity(name: &[u8]) -> Option<char> {
    let name = std::str::from_utf8(name).ok()?;
    if let Some(digits) = name.strip_prefix("#x").or_else(|| name.strip_prefix("#X")) {
        return u32::from_str_radix(digits, 16)
            .ok()
            .and_then(char::from_u32);
    }
    if let Some(digits) = name.strip_prefix('#') {
        return digits.parse().ok().and_then(char::from_u32);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "mail \"7\" & <ö>/é+?";

    fn found(text: impl AsRef<[u8]>) -> Option<Form> {
        Detector::new(SECRET).find(text.as_ref())
    }

    #[test]
    fn plain_and_absent() {
        assert_eq!(found(format!("x{SECRET}y")), Some(Form::Plain));
        assert_eq!(found(""), None);
        assert_eq!(found("mail \"7\" & <ö>"), None);
    }

    #[test]
    fn percent_encoded_once_twice_and_as_in_a_form() {
        let encode = |text: &str| {
            text.bytes()
                .map(|byte| {
                    if byte.is_ascii_alphanumeric() {
                        char::from(byte).to_string()
                    } else {
                        format!("%{byte:02X}")
                    }
                })
                .collect::<String>()
        };
        let once = encode(SECRET);
        assert_eq!(found(&once), Some(Form::Percent));
        assert_eq!(
            found(once.to_lowercase().replace("MAIL", "mail")),
            Some(Form::Percent)
        );
        assert_eq!(found(encode(&once)), Some(Form::Percent));
        assert_eq!(
            found(format!("a=1&b={}", once.replace("%20", "+"))),
            Some(Form::Percent)
        );
        assert_eq!(found(once.replace("%C3", "%C2")), None);
    }

    #[test]
    fn escaped_for_json_and_html() {
        let json = serde_json::to_string(SECRET).unwrap();
        assert_eq!(found(json.replace('ö', "\\u00f6")), Some(Form::Json));
        assert_eq!(
            found("<p>mail &quot;7&#34; &amp; &lt;&#xF6;&gt;/é+?</p>"),
            Some(Form::Html)
        );
    }

    #[test]
    fn base64_at_every_alignment_in_both_alphabets() {
        for before in ["", "a", "ab", "abc", "bob:"] {
            for after in ["", "x", "xy", "xyz"] {
                let text = format!("{before}{SECRET}{after}");
                assert_eq!(
                    found(STANDARD_NO_PAD.encode(&text)),
                    Some(Form::Base64),
                    "{text}"
                );
                assert_eq!(
                    found(URL_SAFE_NO_PAD.encode(&text)),
                    Some(Form::Base64),
                    "{text}"
                );
            }
        }
        let changed = format!("a{}", SECRET.replace('7', "8"));
        assert_eq!(found(STANDARD_NO_PAD.encode(changed)), None);
    }
}
