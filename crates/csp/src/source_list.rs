//! Source expressions. <https://w3c.github.io/webappsec-csp/#framework-directive-source-list>

/// A source expression, as the grammar tells them apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceExpression<'a> {
    /// `*`
    Star,
    /// `https:`
    Scheme(&'a str),
    /// `https://*.alice.example:8080/path`
    Host(HostSource<'a>),
    /// `'self'` and the like: the word between the quotes, in lowercase.
    Keyword(String),
    /// `'nonce-…'`
    Nonce(&'a str),
    /// `'sha256-…'`
    Hash(HashExpression<'a>),
    /// Nothing that means anything.
    Unknown,
}

/// A host-source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostSource<'a> {
    /// The scheme-part.
    pub scheme: Option<&'a str>,
    /// The host-part.
    pub host: &'a str,
    /// The port-part.
    pub port: Option<&'a str>,
    /// The path-part; empty for none.
    pub path: &'a str,
}

/// A hash-source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashExpression<'a> {
    /// The hash-algorithm, as written.
    pub algorithm: &'a str,
    /// The base64-value.
    pub value: &'a str,
}

const KEYWORDS: [&str; 14] = [
    "none",
    "self",
    "unsafe-inline",
    "unsafe-eval",
    "strict-dynamic",
    "unsafe-hashes",
    "report-sample",
    "unsafe-allow-redirects",
    "wasm-unsafe-eval",
    "trusted-types-eval",
    "report-sha256",
    "report-sha384",
    "report-sha512",
    "unsafe-webtransport-hashes",
];

impl<'a> SourceExpression<'a> {
    /// What an expression is.
    pub fn parse(text: &'a str) -> Self {
        if text == "*" {
            return Self::Star;
        }
        if let Some(inner) = text
            .strip_prefix('\'')
            .and_then(|rest| rest.strip_suffix('\''))
        {
            return quoted(inner);
        }
        if let Some(scheme) = text.strip_suffix(':')
            && is_scheme(scheme)
        {
            return Self::Scheme(scheme);
        }
        HostSource::parse(text).map_or(Self::Unknown, Self::Host)
    }

    /// Whether it is this keyword.
    pub fn is_keyword(&self, keyword: &str) -> bool {
        matches!(self, Self::Keyword(word) if word == keyword)
    }
}

fn quoted(inner: &str) -> SourceExpression<'_> {
    if let Some((kind, value)) = inner.split_once('-') {
        let is_hash = ["sha256", "sha384", "sha512"]
            .iter()
            .any(|algorithm| kind.eq_ignore_ascii_case(algorithm));
        if is_base64_value(value) {
            if kind.eq_ignore_ascii_case("nonce") {
                return SourceExpression::Nonce(value);
            }
            if is_hash {
                return SourceExpression::Hash(HashExpression {
                    algorithm: kind,
                    value,
                });
            }
        }
    }
    let word = inner.to_ascii_lowercase();
    if KEYWORDS.contains(&word.as_str()) {
        SourceExpression::Keyword(word)
    } else {
        SourceExpression::Unknown
    }
}

/// base64-value: of either alphabet, with up to two `=` behind it.
fn is_base64_value(value: &str) -> bool {
    let digits = value.trim_end_matches('=');
    !digits.is_empty()
        && value.len() - digits.len() <= 2
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_'))
}

/// scheme-part. <https://www.rfc-editor.org/rfc/rfc3986#section-3.1>
fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

impl<'a> HostSource<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (Some(scheme).filter(|scheme| is_scheme(scheme)), rest),
            None => (None, text),
        };
        if text.contains("://") && scheme.is_none() {
            return None;
        }
        let (authority, path) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, ""),
        };
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        };
        let is_port = |port: &str| {
            port == "*" || (!port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let is_valid = is_host(host) && port.is_none_or(is_port) && is_path(path);
        is_valid.then_some(Self {
            scheme,
            host,
            port,
            path,
        })
    }
}

/// host-part.
fn is_host(text: &str) -> bool {
    if text == "*" {
        return true;
    }
    let text = text.strip_prefix("*.").unwrap_or(text);
    let text = text.strip_suffix('.').unwrap_or(text);
    text.split('.').all(|label| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}

/// path-part: path-absolute of RFC 3986 without `;` and `,`, or nothing. A second slash at the beginning is no such path.
fn is_path(text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    let bytes = text.as_bytes();
    text.starts_with('/')
        && !text.starts_with("//")
        && bytes.iter().enumerate().all(|(index, byte)| match byte {
            b'%' => bytes
                .get(index + 1..index + 3)
                .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)),
            byte => {
                byte.is_ascii_alphanumeric()
                    || matches!(
                        byte,
                        b'/' | b'-'
                            | b'.'
                            | b'_'
                            | b'~'
                            | b'!'
                            | b'$'
                            | b'&'
                            | b'\''
                            | b'('
                            | b')'
                            | b'*'
                            | b'+'
                            | b'='
                            | b':'
                            | b'@'
                    )
            }
        })
}
