//! A policy, written for servers and frameworks.

mod application;
mod proxy;

use serde::Serialize;

/// What is to be permitted to one origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The origin, serialized.
    pub origin: String,
    /// The path that is asked for.
    pub path: String,
    /// The methods.
    pub methods: Vec<String>,
    /// The names of the headers that need permission.
    pub headers: Vec<String>,
    /// Whether with credentials.
    pub credentials: bool,
    /// Whether there is a preflight.
    pub preflight: bool,
}

/// A policy, written for one server or framework.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Snippet {
    /// A word for the command line, for example `nginx`.
    pub name: &'static str,
    /// What it is for.
    pub title: &'static str,
    /// The text.
    pub text: String,
}

type Write = fn(&Policy) -> String;

const ALL: [(&str, &str, Write); 11] = [
    ("nginx", "nginx", proxy::nginx),
    ("apache", "Apache", proxy::apache),
    ("express", "Express (cors)", application::express),
    ("hono", "Hono", application::hono),
    ("axum", "axum (tower-http)", application::axum),
    ("spring", "Spring", application::spring),
    (
        "django",
        "Django (django-cors-headers)",
        application::django,
    ),
    ("flask", "Flask (Flask-CORS)", application::flask),
    ("go-rs", "Go (rs/cors)", application::go_rs),
    ("go-jub0bs", "Go (jub0bs/cors)", application::go_jub0bs),
    ("aspnet", "ASP.NET Core", application::aspnet),
];

/// The words of all snippets.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, _, _)| *name)
}

/// A policy for every server and framework that is known. Nothing where a part of it could break out of its quotes.
pub fn all(policy: &Policy) -> Vec<Snippet> {
    if !is_harmless(policy) {
        return Vec::new();
    }
    ALL.iter()
        .map(|(name, title, write)| Snippet {
            name,
            title,
            text: write(policy),
        })
        .collect()
}

/// Whether everything in a policy can stand between quotes in any of the languages.
fn is_harmless(policy: &Policy) -> bool {
    let texts = [&policy.origin, &policy.path];
    let mut texts = texts
        .into_iter()
        .chain(&policy.methods)
        .chain(&policy.headers);
    texts.all(|text| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/[]%!+,=@&".contains(&byte))
    })
}

/// Items in quotes, with commas between.
fn quoted(items: &[String], quote: char) -> String {
    let items: Vec<String> = items
        .iter()
        .map(|it| format!("{quote}{it}{quote}"))
        .collect();
    items.join(", ")
}

/// Lines, each with an end.
fn lines(lines: impl IntoIterator<Item = Option<String>>) -> String {
    let mut text = String::new();
    for line in lines.into_iter().flatten() {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

fn line(text: impl Into<String>) -> Option<String> {
    Some(text.into())
}
