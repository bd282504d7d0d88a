//! What must not stand in a report that is attached to a ticket.

/// Headers whose values open doors, in lower case.
const SECRET: [&str; 8] = [
    "authorization",
    "proxy-authorization",
    "x-api-key",
    "api-key",
    "x-auth-token",
    "x-csrf-token",
    "x-xsrf-token",
    "cookie",
];

/// What stands in place of a secret. It is a cookie value and a header value.
const HIDDEN: &str = "hidden";

/// The value of a request's header, without what is secret in it: the scheme of a password stays, the names of cookies
/// stay.
pub(crate) fn header_value(name: &str, value: &str) -> String {
    let name = name.to_ascii_lowercase();
    if name == "cookie" {
        let names = value
            .split(';')
            .map(|cookie| cookie.split('=').next().unwrap_or_default().trim());
        let names: Vec<String> = names.map(|name| format!("{name}={HIDDEN}")).collect();
        return names.join("; ");
    }
    if !SECRET.contains(&&name[..]) {
        return value.to_owned();
    }
    match value.split_once(' ') {
        Some((scheme, _)) if name.ends_with("authorization") => format!("{scheme} {HIDDEN}"),
        _ => HIDDEN.to_owned(),
    }
}

/// A `Set-Cookie` value without the cookie's own.
pub(crate) fn set_cookie(value: &str) -> String {
    let (pair, attributes) = match value.find(';') {
        Some(end) => value.split_at(end),
        None => (value, ""),
    };
    match pair.split_once('=') {
        Some((name, value)) if !value.trim().is_empty() => format!("{name}={HIDDEN}{attributes}"),
        _ => format!("{pair}{attributes}"),
    }
}

/// A header line without what is secret in it.
pub(crate) fn line(line: &str) -> String {
    match line.split_once(": ") {
        Some((name, value)) if name.eq_ignore_ascii_case("set-cookie") => {
            format!("{name}: {}", set_cookie(value))
        }
        Some((name, value)) => format!("{name}: {}", header_value(name, value)),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_and_the_rest_is_not() {
        for (before, after) in [
            (
                "Authorization: Bearer abc.def",
                "Authorization: Bearer hidden",
            ),
            ("authorization: abc", "authorization: hidden"),
            ("Cookie: a=1; b=2", "Cookie: a=hidden; b=hidden"),
            ("Set-Cookie: a=1; Path=/", "Set-Cookie: a=hidden; Path=/"),
            ("X-API-Key: k", "X-API-Key: hidden"),
            ("X-One: k", "X-One: k"),
        ] {
            assert_eq!(line(before), after);
        }
    }
}
