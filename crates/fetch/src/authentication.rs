//! HTTP authentication: challenges, credentials, and the entries that remember them. Only the scheme `Basic` is modelled.
//!
//! <https://fetch.spec.whatwg.org/#authentication-entries>,
//! <https://httpwg.org/specs/rfc9110.html#auth>, <https://httpwg.org/specs/rfc7617.html>

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use crossexam_web::HeaderList;
use crossexam_web::header_value::is_token_byte;
use crossexam_web::trace::printable;
use percent_encoding::percent_decode_str;
use url::{Position, Url};

use crate::host::Proxy;

/// What a browser knows of names and passwords, by the protection spaces they are for.
#[derive(Debug, Clone, Default)]
pub struct AuthenticationEntries {
    /// By scheme and authority.
    by_root: BTreeMap<Box<str>, Vec<AuthenticationEntry>>,
    /// Proxy-authentication entries: the value of `Proxy-Authorization`.
    by_proxy: BTreeMap<Proxy, Bytes>,
}

/// An authentication entry: a user name, a password and a realm, and the paths they are known to be for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticationEntry {
    /// The realm, in the server's words.
    pub realm: String,
    /// The user name.
    pub username: String,
    /// The password.
    pub password: String,
    /// The folders of the URLs that asked for it, each ending in a slash.
    paths: Vec<Box<str>>,
}

impl AuthenticationEntries {
    /// The `Authorization` value for a request for `url`, if there is an entry for it: one whose realm `url` is
    /// assumed to be in, because it lies in or below the folder of a URL that was.
    ///
    /// <https://httpwg.org/specs/rfc7617.html#reusing.credentials>
    pub fn authorization_for(&self, url: &Url) -> Option<Bytes> {
        let entry = self.entry_for(url)?;
        Some(basic_authorization(
            entry.username.as_bytes(),
            entry.password.as_bytes(),
        ))
    }

    /// The entry for a request for `url`; of several, the one of the deepest folder.
    pub fn entry_for(&self, url: &Url) -> Option<&AuthenticationEntry> {
        if self.by_root.is_empty() {
            return None;
        }
        let depth = |entry: &AuthenticationEntry| {
            let matching = entry
                .paths
                .iter()
                .filter(|path| url.path().starts_with(&***path));
            matching.map(|path| path.len()).max()
        };
        let entries = self.by_root.get(&*root(url))?.iter();
        let deepest = entries.filter_map(|entry| depth(entry).map(|depth| (depth, entry)));
        deepest
            .max_by_key(|(depth, _)| *depth)
            .map(|(_, entry)| entry)
    }

    /// Creates an entry for the credentials in `url`, which `realm` at that URL has accepted. They take the place of
    /// those that were known for the realm.
    pub fn create(&mut self, url: &Url, realm: &str) {
        let username = decode(url.username());
        let password = decode(url.password().unwrap_or_default());
        let path = folder(url.path());
        let entries = self.by_root.entry(root(url)).or_default();
        for entry in entries.iter_mut() {
            // Whatever else was known for this folder is not what the server takes now.
            entry.paths.retain(|known| **known != *path);
        }
        match entries.iter_mut().find(|entry| entry.realm == realm) {
            Some(entry) => {
                (entry.username, entry.password) = (username, password);
                entry.paths.push(path.into());
            }
            None => entries.push(AuthenticationEntry {
                realm: realm.to_owned(),
                username,
                password,
                paths: vec![path.into()],
            }),
        }
        entries.retain(|entry| !entry.paths.is_empty());
    }

    /// The `Proxy-Authorization` value for a proxy, if there is a proxy-authentication entry for it.
    pub fn proxy_authorization_for(&self, proxy: &Proxy) -> Option<Bytes> {
        self.by_proxy.get(proxy).cloned()
    }

    /// Whether there is a proxy-authentication entry at all.
    pub fn knows_a_proxy(&self) -> bool {
        !self.by_proxy.is_empty()
    }

    /// Creates a proxy-authentication entry, in place of the one that was known.
    pub fn create_for_proxy(&mut self, proxy: Proxy, username: &str, password: &str) {
        let value = basic_authorization(username.as_bytes(), password.as_bytes());
        self.by_proxy.insert(proxy, value);
    }

    /// Forgets everything, as the standard asks when a user clears cookies.
    pub fn clear(&mut self) {
        self.by_root.clear();
        self.by_proxy.clear();
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.by_root.is_empty() && self.by_proxy.is_empty()
    }
}

/// Scheme, host and port.
fn root(url: &Url) -> Box<str> {
    let (scheme, authority) = (
        &url[..Position::AfterScheme],
        &url[Position::BeforeHost..Position::AfterPort],
    );
    format!("{scheme}://{authority}").into()
}

/// The path up to and with its last slash.
fn folder(path: &str) -> &str {
    path.rfind('/').map_or("/", |last| &path[..=last])
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The `Authorization` value for the credentials in a URL; `None` if there are none.
pub fn basic_authorization_of_url(url: &Url) -> Option<Bytes> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let username: Cow<'_, [u8]> = percent_decode_str(url.username()).into();
    let password: Cow<'_, [u8]> = percent_decode_str(url.password().unwrap_or_default()).into();
    Some(basic_authorization(&username, &password))
}

/// `Basic` and the base64 of user name, colon and password.
///
/// NB: with a colon in the user name the server will take what follows it for the password. RFC 7617 forbids that; browsers send it.
fn basic_authorization(username: &[u8], password: &[u8]) -> Bytes {
    format!(
        "Basic {}",
        STANDARD.encode([username, b":", password].concat())
    )
    .into()
}

/// What a response with status 401 asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Challenged {
    /// A name and a password for this realm.
    Basic {
        /// The realm; empty if the challenge names none, as browsers take it.
        realm: String,
    },
    /// Only what browsers know and this model does not.
    // MODEL: a browser takes the strongest scheme it knows; here it takes `Basic` wherever that is offered.
    Unmodelled {
        /// The first such scheme, for example `Digest`.
        scheme: &'static str,
    },
    /// Nothing that a browser answers by itself, for example `Bearer`.
    Nothing,
}

/// What the `WWW-Authenticate` headers of a response ask for.
pub fn challenged(header_list: &HeaderList) -> Challenged {
    challenged_by(header_list, b"WWW-Authenticate")
}

/// What the `Proxy-Authenticate` headers of a response ask for.
pub fn challenged_by_proxy(header_list: &HeaderList) -> Challenged {
    challenged_by(header_list, b"Proxy-Authenticate")
}

fn challenged_by(header_list: &HeaderList, name: &[u8]) -> Challenged {
    const UNMODELLED: [&str; 3] = ["Digest", "Negotiate", "NTLM"];
    let mut answer = Challenged::Nothing;
    for value in header_list.values(name) {
        // A header that breaks the grammar counts as far as it keeps to it.
        for challenge in parse_challenges(value).challenges {
            if challenge.scheme.eq_ignore_ascii_case("Basic") {
                let realm = challenge.parameter("realm").unwrap_or_default().to_owned();
                return Challenged::Basic { realm };
            }
            let known = UNMODELLED
                .iter()
                .find(|known| challenge.scheme.eq_ignore_ascii_case(known));
            if let (Challenged::Nothing, Some(scheme)) = (&answer, known) {
                answer = Challenged::Unmodelled { scheme };
            }
        }
    }
    answer
}

/// The realm of the first `Basic` challenge in a response, if it has one.
pub fn basic_realm(header_list: &HeaderList) -> Option<String> {
    match challenged(header_list) {
        Challenged::Basic { realm } => Some(realm),
        Challenged::Unmodelled { .. } | Challenged::Nothing => None,
    }
}

/// The challenges of one `WWW-Authenticate` value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Challenges {
    /// Those that could be read, in order.
    pub challenges: Vec<Challenge>,
    /// Where the value breaks the grammar: what stands there. Nothing behind it was read.
    pub malformed: Option<String>,
}

/// A challenge. <https://httpwg.org/specs/rfc9110.html#challenge.and.response>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme, for example `Basic`, in the server's spelling.
    pub scheme: String,
    /// The single token that stands in place of parameters, if it does.
    pub token68: Option<String>,
    /// The parameters in order, names in lowercase.
    pub parameters: Vec<(String, String)>,
}

impl Challenge {
    /// The first parameter of that name, which is given in lowercase.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| &**value)
    }
}

/// Reads the challenges of one `WWW-Authenticate` value. Commas separate challenges as well as parameters; what is
/// followed by `=` is a parameter.
pub fn parse_challenges(value: &[u8]) -> Challenges {
    let mut parsed = Challenges::default();
    let mut rest = Cursor { rest: value };
    loop {
        while rest.skip_spaces() && rest.take(b',') {}
        if rest.rest.is_empty() {
            return parsed;
        }
        let start = rest.rest;
        if rest.read_element(&mut parsed.challenges).is_none() {
            parsed.malformed = Some(printable(start));
            return parsed;
        }
    }
}

/// What is still to be read.
struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// Always true, to stand in a condition.
    fn skip_spaces(&mut self) -> bool {
        self.take_while(|byte| matches!(byte, b' ' | b'\t'));
        true
    }

    fn take(&mut self, byte: u8) -> bool {
        let rest = self.rest.strip_prefix(&[byte]);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn take_while(&mut self, accepted: impl Fn(u8) -> bool) -> &'a [u8] {
        let count = self.rest.iter().take_while(|&&byte| accepted(byte)).count();
        let (taken, rest) = self.rest.split_at(count);
        self.rest = rest;
        taken
    }

    fn at_end_of_element(&mut self) -> bool {
        self.skip_spaces() && (self.rest.is_empty() || self.rest[0] == b',')
    }

    /// One element of the list: a parameter of the challenge before it, or a challenge, perhaps with its token68 or first
    /// parameter.
    fn read_element(&mut self, challenges: &mut Vec<Challenge>) -> Option<()> {
        if let (Some(parameter), Some(challenge)) = (self.read_parameter(), challenges.last_mut()) {
            challenge.parameters.push(parameter);
            return Some(());
        }
        let scheme = printable(self.take_while(is_token_byte));
        if scheme.is_empty() {
            return None;
        }
        let mut challenge = Challenge {
            scheme,
            token68: None,
            parameters: Vec::new(),
        };
        let has_space = matches!(self.rest.first(), Some(b' ' | b'\t'));
        if has_space && !self.at_end_of_element() {
            match self.read_parameter() {
                Some(parameter) => challenge.parameters.push(parameter),
                None => challenge.token68 = Some(self.read_token68()?),
            }
        }
        if !self.at_end_of_element() {
            return None;
        }
        challenges.push(challenge);
        Some(())
    }

    /// A name, `=` and a value; the value is a token or quoted. Reads nothing if that is not what follows.
    fn read_parameter(&mut self) -> Option<(String, String)> {
        let mut ahead = Cursor { rest: self.rest };
        let name = printable(ahead.take_while(is_token_byte)).to_ascii_lowercase();
        if name.is_empty() || !(ahead.skip_spaces() && ahead.take(b'=') && ahead.skip_spaces()) {
            return None;
        }
        let value = if ahead.take(b'"') {
            ahead.read_rest_of_quoted_string()?
        } else {
            let token = ahead.take_while(is_token_byte);
            // Nothing behind `=` makes it the padding of a token68.
            (!token.is_empty()).then(|| printable(token))?
        };
        if !ahead.at_end_of_element() {
            return None;
        }
        self.rest = ahead.rest;
        Some((name, value))
    }

    fn read_rest_of_quoted_string(&mut self) -> Option<String> {
        let mut value = Vec::new();
        loop {
            value.extend_from_slice(self.take_while(|byte| !matches!(byte, b'"' | b'\\')));
            if self.take(b'"') {
                return Some(String::from_utf8_lossy(&value).into_owned());
            }
            // A backslash stands for the byte behind it.
            let (&byte, rest) = self.rest.get(1..)?.split_first()?;
            value.push(byte);
            self.rest = rest;
        }
    }

    fn read_token68(&mut self) -> Option<String> {
        let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
        let inner = self.take_while(is_inner);
        let padding = self.take_while(|byte| byte == b'=');
        (!inner.is_empty()).then(|| printable(&[inner, padding].concat()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().expect("a URL")
    }

    /// Challenges as text: scheme, token68, parameters, and `!` for what is malformed.
    fn read(value: &str) -> String {
        let parsed = parse_challenges(value.as_bytes());
        let mut parts: Vec<String> = Vec::new();
        for challenge in parsed.challenges {
            let mut text = challenge.scheme;
            text.extend(challenge.token68.map(|token| format!(" <{token}>")));
            text.extend(
                challenge
                    .parameters
                    .iter()
                    .map(|(name, value)| format!(" {name}={value:?}")),
            );
            parts.push(text);
        }
        parts.extend(parsed.malformed.map(|rest| format!("!{rest}")));
        parts.join(" | ")
    }

    #[test]
    fn challenges_by_the_grammar() {
        let cases = [
            ("", ""),
            (" , ,", ""),
            ("Basic", "Basic"),
            ("Basic realm=\"alice\"", "Basic realm=\"alice\""),
            ("basic REALM=alice", "basic realm=\"alice\""),
            (
                "Basic realm=\"a \\\"b\\\" \\\\c\"",
                "Basic realm=\"a \\\"b\\\" \\\\c\"",
            ),
            (
                "Basic realm=\"a, b\", charset=\"UTF-8\"",
                "Basic realm=\"a, b\" charset=\"UTF-8\"",
            ),
            ("Basic realm = \"a\"", "Basic realm=\"a\""),
            ("Basic realm=\"\"", "Basic realm=\"\""),
            (
                "Digest realm=\"a\", nonce=x, Basic realm=\"b\"",
                "Digest realm=\"a\" nonce=\"x\" | Basic realm=\"b\"",
            ),
            ("Negotiate, NTLM", "Negotiate | NTLM"),
            (
                "Negotiate abc==, Basic realm=b",
                "Negotiate <abc==> | Basic realm=\"b\"",
            ),
            ("Negotiate a+/=", "Negotiate <a+/=>"),
            ("Basic , realm=\"late\"", "Basic realm=\"late\""),
            ("realm=\"a\"", "!realm=\"a\""),
            ("Basic realm=\"open", "!Basic realm=\"open"),
            ("Basic realm=\"a\" b", "!Basic realm=\"a\" b"),
            ("Basic realm=a, (no)", "Basic realm=\"a\" | !(no)"),
        ];
        for (value, expected) in cases {
            assert_eq!(read(value), expected, "{value}");
        }
    }

    #[test]
    fn what_is_asked_for() {
        let asked = |values: &[&'static str]| {
            challenged(
                &values
                    .iter()
                    .map(|&value| ("WWW-Authenticate", value))
                    .collect(),
            )
        };
        let basic = |realm: &str| Challenged::Basic {
            realm: realm.into(),
        };
        assert_eq!(asked(&[]), Challenged::Nothing);
        assert_eq!(asked(&["Bearer realm=\"api\""]), Challenged::Nothing);
        assert_eq!(asked(&["bAsIc realm=\"alice\""]), basic("alice"));
        assert_eq!(asked(&["Basic"]), basic(""));
        assert_eq!(asked(&["Basic realm="]), basic(""));
        assert_eq!(asked(&["Bearer", "Basic realm=b"]), basic("b"));
        assert_eq!(
            asked(&["Digest realm=a, nonce=n"]),
            Challenged::Unmodelled { scheme: "Digest" }
        );
        assert_eq!(
            asked(&["Digest realm=a, nonce=n, Basic realm=b"]),
            basic("b")
        );
        assert_eq!(
            asked(&["\"?", "Basic realm=b"]),
            basic("b"),
            "the other header can be read"
        );
        assert_eq!(
            basic_realm(&[("WWW-Authenticate", "NTLM")].into_iter().collect()),
            None
        );
    }

    #[test]
    fn credentials_of_a_url() {
        let value = |text: &str| basic_authorization_of_url(&url(text));
        assert_eq!(value("https://alice.example/"), None);
        // The example of RFC 7617, section 2.
        assert_eq!(
            value("https://Aladdin:open%20sesame@alice.example/").as_deref(),
            Some(&b"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="[..])
        );
        // And that of section 2.1, in UTF-8.
        assert_eq!(
            value("https://test:123\u{a3}@alice.example/").as_deref(),
            Some(&b"Basic dGVzdDoxMjPCow=="[..])
        );
        assert_eq!(
            value("https://a@alice.example/").as_deref(),
            Some(&b"Basic YTo="[..])
        );
        assert_eq!(
            value("https://:b@alice.example/").as_deref(),
            Some(&b"Basic OmI="[..])
        );
    }

    #[test]
    fn an_entry_is_for_its_origin_and_folder() {
        let mut entries = AuthenticationEntries::default();
        entries.create(
            &url("https://bob:hunter2@alice.example/private/index.html?x"),
            "alice",
        );
        let known = |text: &str| entries.authorization_for(&url(text)).is_some();
        assert!(known("https://alice.example/private/"));
        assert!(known("https://alice.example/private/deep/er"));
        assert!(known("https://alice.example:443/private/x"));
        assert!(!known("https://alice.example/private"), "the folder above");
        assert!(!known("https://alice.example/"));
        assert!(!known("https://alice.example/privateer"));
        assert!(!known("http://alice.example/private/"));
        assert!(!known("https://alice.example:8443/private/"));
        assert!(!known("https://www.alice.example/private/"));
    }

    #[test]
    fn the_deepest_folder_decides_and_the_latest_password_counts() {
        let mut entries = AuthenticationEntries::default();
        entries.create(&url("https://bob:1@alice.example/"), "all");
        entries.create(&url("https://bob:2@alice.example/inner/x"), "inner");
        let password = |entries: &AuthenticationEntries, text: &str| {
            entries
                .entry_for(&url(text))
                .map(|entry| entry.password.clone())
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(password(&entries, "https://alice.example/outer"), some("1"));
        assert_eq!(
            password(&entries, "https://alice.example/inner/y"),
            some("2")
        );
        // The same realm elsewhere, with a new password: it holds for all of the realm.
        entries.create(&url("https://bob:3@alice.example/other/x"), "inner");
        assert_eq!(
            password(&entries, "https://alice.example/inner/y"),
            some("3")
        );
        assert_eq!(
            password(&entries, "https://alice.example/other/y"),
            some("3")
        );
        // Another realm at the same folder: the old one is gone there.
        entries.create(&url("https://bob:4@alice.example/"), "new");
        assert_eq!(password(&entries, "https://alice.example/outer"), some("4"));
        entries.clear();
        assert!(entries.is_empty());
        assert_eq!(password(&entries, "https://alice.example/outer"), None);
    }
}
