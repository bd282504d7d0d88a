//! Origins, and what looks like one and is another.

use proptest::prelude::*;
use proptest::sample::select;

/// The origins of the story: the page's own, its neighbours, and others.
const ORIGINS: [&str; 8] = [
    "https://alice.example",
    "https://charlie.example",
    "https://api.alice.example",
    "https://alice.example:8443",
    "https://bob.example",
    "https://xn--bcher-kva.example",
    "https://127.0.0.1",
    "https://[2001:db8::1]",
];

/// A serialized origin, HTTPS.
pub fn origin() -> impl Strategy<Value = &'static str> {
    select(&ORIGINS[..])
}

/// How a text can be nearly a given origin, from the simplest on.
type Twist = fn(&str, &str, &str) -> String;

const TWISTS: [Twist; 20] = [
    // What a suffix match lets through, and what a prefix match does,
    |scheme, host, port| format!("{scheme}://evil{host}{port}"),
    |scheme, host, port| format!("{scheme}://{host}.evil.example{port}"),
    |scheme, host, port| format!("{scheme}://{host}{port}.evil.example"),
    // what a match by containment does, and an unescaped dot in a regular expression;
    |scheme, host, port| format!("{scheme}://evil.example/{scheme}://{host}{port}"),
    |scheme, host, port| format!("{scheme}://{}{port}", host.replace('.', "x")),
    // other origins that are near,
    |scheme, host, port| format!("{scheme}://www.{host}{port}"),
    |scheme, host, _| format!("{scheme}://{host}:444"),
    |scheme, host, port| {
        format!(
            "{}://{host}{port}",
            if scheme == "https" { "http" } else { "https" }
        )
    },
    |_, _, _| "null".to_owned(),
    |scheme, host, port| format!("{scheme}://{host}.{port}"),
    // and what is no serialization of an origin.
    |scheme, host, port| format!("{scheme}://{host}{port}/"),
    |scheme, host, port| format!("{scheme}://{}{port}", host.to_uppercase()),
    |scheme, host, port| format!("{}://{host}{port}", scheme.to_uppercase()),
    |scheme, host, _| format!("{scheme}://{host}:443"),
    |scheme, host, port| format!("{scheme}://user@{host}{port}"),
    |_, host, port| format!("{host}{port}"),
    |scheme, _, port| format!("{scheme}://2130706433{port}"),
    |scheme, _, port| format!("{scheme}://b\u{fc}cher.example{port}"),
    |scheme, _, port| format!("{scheme}://[2001:DB8:0::1]{port}"),
    |_, _, _| String::new(),
];

/// What looks like this origin and is another, or none: prefixes and suffixes, dots, case, port, scheme, user info, a
/// trailing dot, other spellings of names and addresses, `null`.
pub fn near_miss(origin: &str) -> impl Strategy<Value = String> + use<> {
    let origin = origin.to_owned();
    (0..TWISTS.len()).prop_map(move |twist| twisted(&origin, twist))
}

/// All of what [`near_miss`] makes of an origin, each once, from the simplest on.
pub fn near_misses(origin: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::with_capacity(TWISTS.len());
    for twist in 0..TWISTS.len() {
        let text = twisted(origin, twist);
        if !all.contains(&text) {
            all.push(text);
        }
    }
    all
}

fn twisted(origin: &str, twist: usize) -> String {
    let text = match origin.split_once("://") {
        Some((scheme, rest)) => {
            let place = rest.rfind(':').filter(|at| !rest[*at..].contains(']'));
            let (host, port) = rest.split_at(place.unwrap_or(rest.len()));
            TWISTS[twist](scheme, host, port)
        }
        None => ["NULL", "null ,", "'null'"][twist % 3].to_owned(),
    };
    if text == origin {
        "https://evil.example".to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest! {
        #[test]
        fn a_near_miss_is_a_miss((origin, near) in prop_oneof![origin(), Just("null")].prop_flat_map(|it| (Just(it), near_miss(it)))) {
            prop_assert_ne!(origin, near);
        }
    }
}
