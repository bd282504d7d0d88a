//! What people have, and what is said about it. Each file of `data/` is explained; the snapshots hold every word.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use crossexam_explain::render::{self, TextOptions};
use crossexam_explain::{Kind, Options, Report, Verdict, read};

fn bytes(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn options(name: &str) -> Options {
    let mut options = Options::default();
    if name == "only-the-answer.txt" {
        options.url = Some("https://api.example/list".to_owned());
    }
    if matches!(
        name,
        "only-the-answer.txt" | "unresolved.curl" | "certificate.curl"
    ) {
        options.origin = Some("https://app.example".to_owned());
    }
    options
}

fn report(name: &str) -> Report {
    Report::of(read(&bytes(name), &options(name)), "standard", false).unwrap()
}

fn text(report: &Report) -> String {
    let options = TextOptions {
        color: false,
        unicode: true,
        width: 100,
        exchanges: true,
        snippets: Vec::new(),
    };
    render::text(report, &options)
}

/// The file, what it is, and of each fetch the verdict, the reason, Chromium's and Firefox's words, and what it is besides.
type Expected = (
    &'static str,
    Kind,
    &'static [(
        Verdict,
        &'static str,
        &'static str,
        &'static str,
        &'static [&'static str],
    )],
);

const EXPECTED: &[Expected] = &[
    (
        "missing.txt",
        Kind::Headers,
        &[(
            Verdict::Blocked,
            "cors-check/allow-origin-missing",
            "MissingAllowOriginHeader",
            "CORSMissingAllowOrigin",
            &[],
        )],
    ),
    (
        "slash.txt",
        Kind::Headers,
        &[(
            Verdict::Blocked,
            "cors-check/allow-origin-mismatch",
            "AllowOriginMismatch",
            "CORSAllowOriginNotMatchingOrigin",
            &[],
        )],
    ),
    (
        "endings.txt",
        Kind::Headers,
        &[(
            Verdict::Blocked,
            "cors-check/allow-origin-mismatch",
            "AllowOriginMismatch",
            "CORSAllowOriginNotMatchingOrigin",
            &[],
        )],
    ),
    (
        "only-the-answer.txt",
        Kind::Headers,
        &[(
            Verdict::Blocked,
            "cors-check/allow-origin-multiple",
            "MultipleAllowOriginValues",
            "CORSMultipleAllowOriginNotAllowed",
            &[],
        )],
    ),
    (
        "no-cors.txt",
        Kind::Headers,
        &[(Verdict::Opaque, "", "", "", &["no-cors"])],
    ),
    (
        "preflight.curl",
        Kind::Curl,
        &[(
            Verdict::Blocked,
            "preflight/header-not-allowed",
            "HeaderDisallowedByPreflightResponse",
            "CORSMissingAllowHeaderFromPreflight",
            &[],
        )],
    ),
    (
        "server-error.curl",
        Kind::Curl,
        &[(
            Verdict::Blocked,
            "cors-check/allow-origin-missing",
            "MissingAllowOriginHeader",
            "CORSMissingAllowOrigin",
            &["server-error"],
        )],
    ),
    (
        "certificate.curl",
        Kind::Curl,
        &[(
            Verdict::Blocked,
            "network/certificate-invalid",
            "",
            "CORSDidNotSucceed",
            &["certificate"],
        )],
    ),
    (
        "unresolved.curl",
        Kind::Curl,
        &[(
            Verdict::Blocked,
            "network/name-not-resolved",
            "",
            "CORSDidNotSucceed",
            &["name-not-resolved"],
        )],
    ),
    (
        "credentials.har",
        Kind::Har,
        &[(
            Verdict::Blocked,
            "cors-check/wildcard-with-credentials",
            "WildcardOriginNotAllowed",
            "CORSNotSupportingCredentials",
            &[],
        )],
    ),
    (
        "truncated.har",
        Kind::Har,
        &[(
            Verdict::Blocked,
            "cors-check/wildcard-with-credentials",
            "WildcardOriginNotAllowed",
            "CORSNotSupportingCredentials",
            &[],
        )],
    ),
    (
        "login.har",
        Kind::Har,
        &[(
            Verdict::Blocked,
            "cors-check/allow-origin-missing",
            "MissingAllowOriginHeader",
            "CORSMissingAllowOrigin",
            &["login-redirect"],
        )],
    ),
    (
        "ad-blocker.har",
        Kind::Har,
        &[
            (Verdict::Blocked, "", "", "", &["blocked-by-client"]),
            (Verdict::Undecided, "", "", "", &["no-answer-recorded"]),
        ],
    ),
    (
        "file.har",
        Kind::Har,
        &[(
            Verdict::Blocked,
            "cors-check/allow-origin-missing",
            "MissingAllowOriginHeader",
            "CORSMissingAllowOrigin",
            &["file-origin"],
        )],
    ),
    (
        "preflight-needs-login.har",
        Kind::Har,
        &[(
            Verdict::Blocked,
            "preflight/status-not-ok",
            "PreflightInvalidStatus",
            "CORSPreflightDidNotSucceed",
            &["preflight-needs-no-login"],
        )],
    ),
    (
        "mixed-content.json",
        Kind::Case,
        &[(
            Verdict::Blocked,
            "mixed-content",
            "",
            "",
            &["mixed-content"],
        )],
    ),
    (
        "method-for-everybody.json",
        Kind::Case,
        &[(
            Verdict::Blocked,
            "preflight/method-not-allowed",
            "MethodDisallowedByPreflightResponse",
            "CORSMethodNotFound",
            &[],
        )],
    ),
    (
        "allowed.json",
        Kind::Case,
        &[(Verdict::Allowed, "", "", "", &[])],
    ),
    (
        "not-modelled.json",
        Kind::Case,
        &[(Verdict::Unmodelled, "", "", "", &[])],
    ),
];

#[test]
fn every_input_is_explained_as_expected() {
    for (name, kind, expected) in EXPECTED {
        let report = report(name);
        assert_eq!(report.kind, *kind, "{name}");
        let found: Vec<_> = report
            .explanations
            .iter()
            .map(|it| {
                let likes: Vec<&str> = it.looks_like.iter().map(|like| like.kind).collect();
                (
                    it.verdict,
                    it.reason.as_deref().unwrap_or_default(),
                    it.search.chrome.unwrap_or_default(),
                    it.search.firefox.unwrap_or_default(),
                    likes,
                )
            })
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(verdict, reason, chrome, firefox, likes)| {
                (*verdict, *reason, *chrome, *firefox, likes.to_vec())
            })
            .collect();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn every_word_is_as_it_was() {
    for (name, _, _) in EXPECTED {
        insta::assert_snapshot!(name.replace('.', "-"), text(&report(name)));
    }
}

#[test]
fn every_file_is_expected_to_come_out_somehow() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_expected = EXPECTED.iter().any(|(known, _, _)| *known == name);
        assert!(is_expected || name.starts_with("nonsense"), "{name}");
    }
}

#[test]
fn secrets_are_in_no_report_and_the_same_bytes_come_twice() {
    for (name, _, _) in EXPECTED {
        let write = |report: &Report| [text(report), render::json(report), render::html(report)];
        let (one, other) = (write(&report(name)), write(&report(name)));
        assert!(one == other, "{name}");
        for page in one {
            assert!(!page.contains("SECRET"), "{name}: {page}");
        }
    }
}

#[test]
fn a_page_has_no_script_and_asks_for_nothing() {
    let page = render::html(&report("credentials.har"));
    assert!(!page.contains("<script") && !page.contains("src=") && !page.contains("url("));
    insta::assert_snapshot!("html", page);
}

#[test]
fn markup_in_an_input_is_text_in_a_page() {
    let input = "GET /\"><script>x</script> HTTP/1.1\nHost: api.example\nOrigin: https://app.example\n\nHTTP/1.1 200 OK\nAccess-Control-Allow-Origin: <img src=x>\n";
    let report = Report::of(
        read(input.as_bytes(), &Options::default()),
        "standard",
        false,
    )
    .unwrap();
    assert_eq!(report.explanations.len(), 1);
    let page = render::html(&report);
    assert!(
        !page.contains("<script") && !page.contains("<img"),
        "{page}"
    );
    // Nor does it become a part of somebody's configuration.
    for proposal in &report.explanations[0].proposals {
        for snippet in &proposal.snippets {
            assert!(!snippet.text.contains("<script"), "{}", snippet.text);
        }
    }
}

#[test]
fn what_cannot_be_read_is_told_with_its_place() {
    let reading = read(&bytes("truncated.har"), &Options::default());
    let problem = &reading.problems[0];
    assert!(
        problem.line > Some(100) && problem.column.is_some(),
        "{problem:?}"
    );
    assert!(problem.text.contains("breaks off"), "{problem:?}");

    let reading = read(&bytes("nonsense.json"), &Options::default());
    assert!(reading.cases.is_empty());
    assert_eq!(
        (reading.problems[0].line, reading.problems[0].column),
        (Some(2), Some(9))
    );

    let reading = read(&bytes("nonsense.txt"), &Options::default());
    assert!(reading.cases.is_empty());
    assert_eq!(reading.problems[0].line, Some(1));
}

#[test]
fn nothing_makes_a_reader_panic() {
    for (name, _, _) in EXPECTED {
        let bytes = bytes(name);
        let steps = (bytes.len() / 97).max(1);
        for end in (0..bytes.len()).step_by(steps) {
            let reading = read(&bytes[..end], &Options::default());
            drop(Report::of(reading, "standard", true).unwrap());
            let reading = read(&bytes[end..], &Options::default());
            drop(Report::of(reading, "standard", true).unwrap());
        }
    }
    for input in [
        &b""[..],
        b"\0",
        b"{",
        b"[",
        b"\xff\xfe",
        b"\xff\xfe{",
        b"> ",
        b"HTTP/1.1 200\n",
        b"curl: (7",
    ] {
        let reading = read(input, &Options::default());
        assert!(reading.cases.is_empty(), "{input:?}");
    }
}

#[test]
fn utf_16_is_read_as_some_shells_write_it() {
    let text = String::from_utf8(bytes("missing.txt")).unwrap();
    let little: Vec<u8> = [0xfeff]
        .into_iter()
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let report = Report::of(read(&little, &Options::default()), "standard", false).unwrap();
    assert_eq!(report.explanations[0].verdict, Verdict::Blocked);
}
