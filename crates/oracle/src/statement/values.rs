//! The values of the protocol's headers, read by their grammars.

/// All values of a header, in order, from header lines.
fn all_of<'a>(lines: &'a [String], name: &'a str) -> impl Iterator<Item = &'a str> {
    lines.iter().filter_map(move |line| {
        let (found, value) = line.split_once(':')?;
        let value = value.trim_matches([' ', '\t', '\r', '\n']);
        found.eq_ignore_ascii_case(name).then_some(value)
    })
}

/// The value of a header that has one value; several lines are one value, with commas.
pub(super) fn single(lines: &[String], name: &str) -> Option<String> {
    let values: Vec<&str> = all_of(lines, name).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// Whether a text is a token.
pub(super) fn is_token(text: &str) -> bool {
    let of_a_token = |character: char| {
        character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character)
    };
    !text.is_empty() && text.chars().all(of_a_token)
}

/// What a header lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Listed {
    /// It is not there.
    Absent,
    /// It is not a list of tokens.
    Malformed,
    /// These.
    Tokens(Vec<String>),
}

impl Listed {
    /// The list in a header of the grammar `#token`. Empty elements count for nothing.
    pub(super) fn in_header(lines: &[String], name: &str) -> Self {
        let mut absent = true;
        let mut tokens = Vec::new();
        for value in all_of(lines, name) {
            absent = false;
            for element in value.split(',') {
                let element = element.trim_matches([' ', '\t']);
                if element.is_empty() {
                    continue;
                }
                if !is_token(element) {
                    return Self::Malformed;
                }
                tokens.push(element.to_owned());
            }
        }
        if absent {
            Self::Absent
        } else {
            Self::Tokens(tokens)
        }
    }

    pub(super) fn tokens(&self) -> &[String] {
        match self {
            Self::Tokens(tokens) => tokens,
            Self::Absent | Self::Malformed => &[],
        }
    }
}

/// For how many seconds a preflight's answer may be remembered: 5 if it does not say.
pub(super) fn max_age(lines: &[String]) -> u64 {
    single(lines, "access-control-max-age")
        .filter(|value| !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(5, |value| value.parse().unwrap_or(u64::MAX))
}

/// The headers of a request that a form could not have sent like this: sorted, in lowercase, each once.
pub(super) fn unsafe_names(headers: &[(String, String)]) -> Vec<String> {
    let mut names = Vec::new();
    let mut harmless = Vec::new();
    let mut size = 0;
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        if is_safe(&name, value) {
            size += value.chars().count();
            harmless.push(name);
        } else {
            names.push(name);
        }
    }
    if size > 1024 {
        names.append(&mut harmless);
    }
    names.sort();
    names.dedup();
    names
}

/// Whether a header is one that needs no permission.
fn is_safe(name: &str, value: &str) -> bool {
    let has_unsafe = value.chars().any(|character| {
        (character < ' ' && character != '\t') || "\"():<>?@[\\]{}\u{7f}".contains(character)
    });
    let is_language = |character: char| {
        character.is_ascii_alphanumeric()
            || matches!(character, ' ' | '*' | ',' | '-' | '.' | ';' | '=')
    };
    value.chars().count() <= 128
        && match name {
            "accept" => !has_unsafe,
            "accept-language" | "content-language" => value.chars().all(is_language),
            "content-type" => !has_unsafe && is_type_of_a_form(value),
            "range" => is_plain_range(value),
            _ => false,
        }
}

fn is_type_of_a_form(value: &str) -> bool {
    let essence = value.split(';').next().unwrap_or_default();
    let essence = essence.trim_matches([' ', '\t']).to_ascii_lowercase();
    matches!(
        &essence[..],
        "application/x-www-form-urlencoded" | "multipart/form-data" | "text/plain"
    )
}

/// `bytes=first-` or `bytes=first-last`.
fn is_plain_range(value: &str) -> bool {
    let Some((first, last)) = value
        .strip_prefix("bytes=")
        .and_then(|it| it.split_once('-'))
    else {
        return false;
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if first.is_empty() || !digits(first) || !digits(last) {
        return false;
    }
    match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) => first <= last,
        _ => last.is_empty(),
    }
}

/// Whether a script may set a header at all.
pub(super) fn may_be_set(name: &str, value: &str) -> bool {
    const FORBIDDEN: [&str; 23] = [
        "accept-charset",
        "accept-encoding",
        "access-control-request-headers",
        "access-control-request-method",
        "connection",
        "content-length",
        "cookie",
        "cookie2",
        "date",
        "dnt",
        "expect",
        "host",
        "keep-alive",
        "origin",
        "referer",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
        "proxy-",
        "sec-",
    ];
    let name = name.to_ascii_lowercase();
    let forbidden = FORBIDDEN.iter().any(|it| match it.strip_suffix('-') {
        Some(_) => name.starts_with(it),
        None => name == *it,
    });
    let overrides = matches!(
        &name[..],
        "x-http-method" | "x-http-method-override" | "x-method-override"
    );
    let forbidden_method = |method: &str| {
        let method = method.trim_matches([' ', '\t']).to_ascii_uppercase();
        matches!(&method[..], "CONNECT" | "TRACE" | "TRACK")
    };
    let forbidden_override = overrides && value.split(',').any(forbidden_method);
    !forbidden && !forbidden_override
}
