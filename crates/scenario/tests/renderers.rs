//! The other renderers.

#![allow(clippy::unwrap_used)]

mod common;

use crossexam_scenario::render;
use serde_json::Value as Json;

#[test]
fn mermaid() {
    insta::assert_snapshot!("mermaid_blocked", render::mermaid(&common::s04("fixed")));
    insta::assert_snapshot!(
        "mermaid_everything",
        render::mermaid(&common::kitchen_sink())
    );
}

#[test]
fn svg() {
    insta::assert_snapshot!(
        "svg_everything",
        render::svg(&common::kitchen_sink()).replace("><", ">\n<")
    );
}

#[test]
fn html() {
    insta::assert_snapshot!(
        "html_everything",
        without_style(&render::html(&[&common::kitchen_sink()]))
    );
}

#[test]
fn json() {
    insta::assert_snapshot!("json_everything", render::json(&common::kitchen_sink()));
}

fn without_style(page: &str) -> String {
    let (before, rest) = page.split_once("<style>").unwrap();
    let (_, after) = rest.split_once("</style>").unwrap();
    format!("{before}{after}")
}

/// A small reader of markup: every element is closed, and nothing but the expected elements is there.
fn elements(markup: &str) -> Vec<String> {
    const VOID: [&str; 3] = ["meta", "!doctype", "br"];
    let mut open: Vec<String> = Vec::new();
    let mut seen = Vec::new();
    let mut rest = markup;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let end = rest.find('>').expect("a tag ends");
        let tag = &rest[..end];
        rest = &rest[end + 1..];
        let name = tag
            .trim_start_matches('/')
            .split([' ', '\n', '/'])
            .next()
            .unwrap()
            .to_owned();
        if tag.starts_with('/') {
            assert_eq!(
                open.pop().as_deref(),
                Some(name.as_str()),
                "</{name}> closes another element"
            );
        } else if !tag.ends_with('/') && !VOID.contains(&name.as_str()) {
            open.push(name.clone());
            if name == "script" || name == "style" {
                rest = &rest[rest.find(&format!("</{name}>")).expect("it ends")..];
            }
        }
        seen.push(name);
    }
    assert!(open.is_empty(), "not closed: {open:?}");
    seen
}

#[test]
fn what_a_scenario_says_never_becomes_markup() {
    for run in [common::kitchen_sink(), common::s04("vulnerable")] {
        let page = render::html(&[&run]);
        let scripts = elements(&page)
            .iter()
            .filter(|name| *name == "script")
            .count();
        assert_eq!(scripts, 2, "the page's own script, opened and closed");
        assert!(!page.contains("alert(1)</script>"));
        let picture = render::svg(&run);
        assert!(
            !elements(&picture)
                .iter()
                .any(|name| name == "script" || name == "b" || name == "more")
        );
        assert!(!render::mermaid(&run).contains("<script>"));
    }
}

#[test]
fn a_page_asks_nobody_for_anything() {
    let page = render::html(&[&common::s04("fixed"), &common::s04("vulnerable")]);
    for word in [
        "<link", "<img", " src=", "@import", "url(", "<iframe", "fetch(",
    ] {
        let in_text = page.matches("fetch()").count();
        let found = page.matches(word).count();
        let allowed = if word == "fetch(" { in_text } else { 0 };
        assert_eq!(found, allowed, "{word}");
    }
}

#[test]
fn ids_are_unique_and_links_within_the_page_lead_somewhere() {
    let page = render::html(&[&common::s04("fixed"), &common::kitchen_sink()]);
    let values = |attribute: &str| -> Vec<String> {
        page.split(attribute)
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect()
    };
    let ids = values(" id=\"");
    let mut sorted = ids.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(sorted.len(), ids.len());
    let links = values("href=\"#");
    assert!(links.len() > 5);
    for link in links {
        assert!(ids.contains(&link), "#{link}");
    }
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    for draw in [render::mermaid, render::svg, render::json] {
        assert_eq!(draw(&common::kitchen_sink()), draw(&common::kitchen_sink()));
    }
    assert_eq!(
        render::html(&[&common::kitchen_sink()]),
        render::html(&[&common::kitchen_sink()])
    );
}

#[test]
fn evidence_points_into_the_journal() {
    let document: Json = serde_json::from_str(&render::json(&common::s04("vulnerable"))).unwrap();
    let journal = document["journal"].as_array().unwrap();
    assert_eq!(document["passed"], true);
    let learned = &document["learned"].as_array().unwrap()[1];
    assert_eq!(learned["person"], "charlie");
    let entry = &journal[usize::try_from(learned["entry"].as_u64().unwrap()).unwrap()];
    assert_eq!(entry["event"], "exposure");
    assert_eq!(entry["how"], "Response.text()");
}

#[test]
fn the_checked_in_schema_of_runs_is_up_to_date() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("run.schema.json");
    let text = render::json_schema();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == text,
        "run.schema.json is out of date; run this test with UPDATE_SCHEMA=1"
    );
}
