//! The documents that a case is played in.

use std::collections::VecDeque;

use crossexam_oracle::{Answer, Case, PageKind};
use serde_json::{Value, json};

/// The script that plays steps.
const SCRIPT: &str = include_str!("page.js");

/// What a sandboxed frame of a case may do; as the oracle has it.
const SANDBOX: &str = "allow-scripts allow-forms";

/// How long a step may take, in milliseconds.
const PATIENCE: u32 = 8000;

/// Takes what frames and workers report; the recorder asks for `result`.
const LISTEN: &str = "if (top === self) { globalThis.result = new Promise(resolve => { \
    globalThis.deliver = resolve; addEventListener('message', event => resolve(event.data)); }); } \
    else { globalThis.deliver = text => top.postMessage(text, '*'); }";

/// Something that the browser loads before the case begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Load {
    /// Its URL.
    pub(crate) url: String,
    /// What is served.
    pub(crate) answer: Answer,
}

/// A value as a script in a document can have it.
fn literal(value: &Value) -> String {
    let mut text = String::new();
    for c in value.to_string().chars() {
        match c {
            '<' => text.push_str("\\u003c"),
            c if c.is_ascii() => text.push(c),
            c => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    text.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    text
}

fn document(script: &str) -> String {
    format!(
        "<!DOCTYPE html><meta charset=utf-8><link rel=icon href='data:,'><body><script>{script}</script>"
    )
}

/// What is loaded for a case, in order: whoever sets cookies, the page around, the page, its worker.
pub(crate) fn loads(case: &Case, recorder: &str) -> VecDeque<Load> {
    let given = json!({
        "steps": case.steps,
        "recorder": format!("https://{recorder}"),
        "patience": PATIENCE,
    });
    let run = format!("{SCRIPT};\nrun({})", literal(&given));
    let inner = |how: &str| {
        let inner = document(&format!("{run}.then(text => top.postMessage(text, '*'))"));
        let inner = literal(&Value::String(inner));
        format!(
            "{LISTEN};\nconst inner = {inner};\nconst frame = document.createElement('iframe');\n{how};\n\
            document.body.append(frame);"
        )
    };
    let page = match case.page.kind {
        PageKind::Window | PageKind::Sandboxed => format!("{LISTEN};\n{run}.then(deliver)"),
        PageKind::Srcdoc => inner("frame.srcdoc = inner"),
        PageKind::SandboxedSrcdoc => inner(&format!(
            "frame.sandbox = '{SANDBOX}'; frame.srcdoc = inner"
        )),
        PageKind::Data => inner("frame.src = 'data:text/html,' + encodeURIComponent(inner)"),
        PageKind::Blob => {
            inner("frame.src = URL.createObjectURL(new Blob([inner], { type: 'text/html' }))")
        }
        PageKind::Worker => {
            format!("{LISTEN};\nnew Worker(location.href).onmessage = event => deliver(event.data)")
        }
    };
    let mut loads = VecDeque::new();
    let mut add = |url: &str, headers: &[String], content_type: &str, body: &str| {
        let mut answer = Answer::with_headers(headers.iter().cloned());
        answer.headers.push(format!("Content-Type: {content_type}"));
        answer.headers.push("Cache-Control: no-store".to_owned());
        answer.body = Some(body.into());
        loads.push_back(Load {
            url: url.to_owned(),
            answer,
        });
    };
    let html = "text/html;charset=utf-8";
    for cookie in &case.cookies {
        add(
            &cookie.at,
            &[format!("Set-Cookie: {}", cookie.set)],
            html,
            "",
        );
    }
    let around = match (&case.page.within, case.page.kind) {
        (Some(url), _) => Some(url),
        (None, PageKind::Sandboxed) => Some(&case.page.url),
        _ => None,
    };
    if let Some(around) = around {
        let sandbox = if case.page.kind == PageKind::Sandboxed {
            format!("frame.sandbox = '{SANDBOX}'; ")
        } else {
            String::new()
        };
        let url = literal(&Value::String(case.page.url.clone()));
        let script = format!(
            "{LISTEN};\nconst frame = document.createElement('iframe');\n{sandbox}frame.src = {url};\n\
            document.body.append(frame);"
        );
        add(around, &[], html, &document(&script));
    }
    add(&case.page.url, &case.page.headers, html, &document(&page));
    if case.page.kind == PageKind::Worker {
        let script = format!("{run}.then(postMessage)");
        add(
            &case.page.url,
            &case.page.headers,
            "text/javascript",
            &script,
        );
    }
    // Whoever sets cookies sends the browser on to the next.
    for place in 0..case.cookies.len() {
        let next = loads[place + 1].url.clone();
        let answer = &mut loads[place].answer;
        answer.status = 302;
        answer.headers.push(format!("Location: {next}"));
    }
    loads
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossexam_oracle::{CookieBefore, Page, Step};

    #[test]
    fn cookies_come_first_and_lead_to_the_page() {
        let case = Case {
            page: Page {
                url: "https://a.example/page".to_owned(),
                kind: PageKind::Worker,
                ..Page::default()
            },
            cookies: vec![CookieBefore {
                at: "https://b.example/".to_owned(),
                set: "a=1".to_owned(),
            }],
            steps: vec![Step::fetch("/</script>\u{e9}")],
            ..Case::default()
        };
        let loads = loads(&case, "recorder.example");
        let urls: Vec<_> = loads.iter().map(|load| &load.url[..]).collect();
        let page = "https://a.example/page";
        assert_eq!(urls, ["https://b.example/", page, page]);
        let lines = &loads[0].answer.headers;
        assert!(lines.contains(&"Set-Cookie: a=1".to_owned()));
        assert!(lines.contains(&format!("Location: {page}")));
        let Some(crossexam_oracle::Octets::Text(worker)) = &loads[2].answer.body else {
            panic!()
        };
        assert!(worker.contains(r"\u003c/script>\u00e9"));
    }
}
