//! The host names that the suite's server answers to.

/// The suite's two registrable domains.
const DOMAINS: [&str; 2] = ["web-platform.test", "not-web-platform.test"];

/// The labels below them, in two levels, as in the suite's server configuration.
const LABELS: [&str; 5] = [
    "www",
    "www1",
    "www2",
    "xn--n8j6ds53lwwkrqhv28a",
    "xn--lve-6lad",
];

/// All of them.
pub(crate) fn names() -> Vec<String> {
    let mut names = Vec::new();
    for domain in DOMAINS {
        names.push(domain.to_owned());
        for first in LABELS {
            names.push(format!("{first}.{domain}"));
            for second in LABELS {
                names.push(format!("{second}.{first}.{domain}"));
            }
        }
    }
    names
}
