//! Runs the project's own little suite against a server of its own, over real sockets.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crossexam_net::{Outside, Trust};
use crossexam_sim::Profile;
use crossexam_wpt::baseline::Baseline;
use crossexam_wpt::discover::{Checkout, Scope, Test};
use crossexam_wpt::expectations::Expectations;
use crossexam_wpt::page::{Outcome, Setting, Status};
use crossexam_wpt::pool;
use crossexam_wpt::report::Run;
use crossexam_wpt::serve::Ports;
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde_json::{Map, Value, json};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance/suite")
}

fn respond(
    stream: &mut dyn Write,
    status: &str,
    headers: &str,
    body: &[u8],
) -> std::io::Result<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    stream.flush()
}

/// What the server shows of a request, with response headers as the query asks for.
fn echo(
    method: &str,
    query: &str,
    headers: Vec<(String, String)>,
    body: String,
) -> (String, String) {
    let mut extra = "Content-Type: application/json\r\nX-Secret: 1\r\n".to_owned();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        extra += &format!("{name}: {value}\r\n");
    }
    let seen = headers
        .into_iter()
        .map(|(name, value)| (name, Value::from(value)));
    let mut seen: Map<String, Value> = seen.collect();
    seen.insert("method".into(), method.into());
    seen.insert("body".into(), body.into());
    (extra, Value::Object(seen).to_string())
}

/// A file of the suite, or a page around a script of it.
fn page(path: &str) -> Option<Vec<u8>> {
    let file = |path: &str| std::fs::read(root().join(path.trim_start_matches('/'))).ok();
    file(path).or_else(|| {
        let script = format!("{}.js", path.strip_suffix(".html")?);
        file(&script)?;
        let page = format!(
            "<!doctype html><script src=/resources/testharness.js></script>\
             <script src=/resources/testharnessreport.js></script><script src={script}></script>"
        );
        Some(page.into_bytes())
    })
}

/// Answers one request.
fn answer(mut stream: impl Read + Write) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let head = loop {
        let count = stream.read(&mut buffer)?;
        bytes.extend_from_slice(&buffer[..count]);
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if count == 0 {
            return Ok(());
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let mut lines = text.lines();
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.map_or(0, |(_, value)| value.parse().unwrap());
    while bytes.len() < head + 4 + length {
        let count = stream.read(&mut buffer)?;
        bytes.extend_from_slice(&buffer[..count]);
    }
    let body = String::from_utf8_lossy(&bytes[head + 4..]).into_owned();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    match path {
        "/echo" => {
            let (headers, body) = echo(method, query, headers, body);
            respond(&mut stream, "200 OK", &headers, body.as_bytes())
        }
        // It ends with the connection, which over TLS does not say so.
        "/unending" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")?;
            stream.write_all(&[b'a'; 200_000])?;
            stream.flush()
        }
        _ => {
            let is_script = path.ends_with(".js");
            let content_type = if is_script {
                "text/javascript"
            } else {
                "text/html"
            };
            let headers = format!("Content-Type: {content_type}\r\n");
            match page(path) {
                Some(page) => respond(&mut stream, "200 OK", &headers, &page),
                None => respond(&mut stream, "404 Not Found", &headers, b""),
            }
        }
    }
}

/// Listens on a port of the system's choice, with TLS or without, for as long as the process lives.
fn serve(tls: Option<Arc<rustls::ServerConfig>>) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let tls = tls.clone();
            std::thread::spawn(move || match tls {
                None => answer(stream),
                Some(config) => {
                    let connection = rustls::ServerConnection::new(config).unwrap();
                    answer(rustls::StreamOwned::new(connection, stream))
                }
            });
        }
    });
    port
}

/// A server for the suite's names, and what a browser needs to know of it.
fn setting() -> Setting {
    let names = ["web-platform.test", "www1.web-platform.test"];
    let certified = rcgen::generate_simple_self_signed(names.map(str::to_owned)).unwrap();
    let authority = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&authority, certified.cert.pem()).unwrap();
    let key = PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key.into())
        .unwrap();
    Setting {
        outside: Outside::start().unwrap(),
        trust: Trust::only(authority.path()).unwrap(),
        ports: Ports {
            http: vec![serve(None)],
            https: vec![serve(Some(Arc::new(config)))],
            ws: Vec::new(),
            wss: Vec::new(),
        },
        profile: Profile::by_name("standard").unwrap(),
        patience: 0.2,
    }
}

fn run() -> Vec<(Test, Option<Outcome>)> {
    let checkout = Checkout::open(&root()).unwrap();
    let tests = checkout.tests(&["basic".to_owned()]).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    pool::run(tests, setting(), 2, &stop, |_| {})
}

/// A test's URL, what became of it, and of its subtests.
type Ended<'a> = (&'a str, Status, Vec<(&'a str, Status)>);

#[test]
fn what_passes_what_fails_what_throws_and_what_never_ends() {
    let tests = run();
    let found: Vec<Ended<'_>> = tests
        .iter()
        .map(|(test, outcome)| {
            let outcome = outcome.as_ref().unwrap();
            let subtests = outcome.subtests.iter();
            let subtests = subtests.map(|it| (it.name.as_str(), it.status)).collect();
            (test.url.as_str(), outcome.status, subtests)
        })
        .collect();
    let pass = Status::Pass;
    assert_eq!(
        found,
        [
            (
                "/basic/cors.any.html",
                Status::Ok,
                vec![
                    (
                        "an answer without Access-Control-Allow-Origin is not read",
                        pass
                    ),
                    ("a wildcard lets everybody read", pass),
                    ("a preflight asks first", pass),
                    ("without CORS it is opaque", pass),
                ]
            ),
            (
                "/basic/failing.window.html",
                Status::Ok,
                vec![("true is true", pass), ("one is two", Status::Fail)]
            ),
            (
                "/basic/secure.https.html",
                Status::Ok,
                vec![
                    ("the page is a secure context", pass),
                    ("cookies come back", pass),
                    ("a body without a length ends with its connection", pass),
                ]
            ),
            ("/basic/throws.html", Status::Error, vec![("before", pass)]),
            ("/basic/unending.html", Status::Timeout, vec![]),
        ],
        "{tests:#?}"
    );
    let message = |at: usize| tests[at].1.as_ref().unwrap().message.clone().unwrap();
    assert!(
        message(3).starts_with("Uncaught TypeError"),
        "{}",
        message(3)
    );
    let failed = &tests[1].1.as_ref().unwrap().subtests[1];
    assert_eq!(
        failed.message.as_deref(),
        Some("Error: one: expected 2 but got 1")
    );

    let run = Run { tests };
    let expectations: Expectations = toml::from_str(
        "[[exception]]
        test = 'basic/failing.window.js'
        reason = 'choice'
        why = 'one is one'",
    )
    .unwrap();
    assert_eq!(run.summary(None, None).unexplained().count(), 1);
    let summary = run.summary(None, Some(&expectations));
    assert_eq!(summary.unexplained().count(), 0);

    let in_browser = json!({ "pass": 4, "failing": [] });
    let baseline: Baseline = serde_json::from_value(json!({
        "wpt_revision": "abc", "browsers": {},
        "tests": [{
            "test": "basic/failing.window.js", "dir": "basic", "class": "window", "subtests": 4,
            "chromium": in_browser, "firefox": in_browser,
        }],
    }))
    .unwrap();
    let missing = |expectations: Option<&Expectations>| {
        let summary = run.summary(Some(&baseline), expectations);
        (summary.findings.len(), summary.missing)
    };
    let file = || "basic/failing.window.js".to_owned();
    assert_eq!(missing(None), (1, vec![(file(), 2)]));
    let one_is_known: Expectations = toml::from_str(
        "[[exception]]
        test = 'basic/failing.window.js'
        subtests = ['one is two', 'never made']
        reason = 'harness'
        why = 'it is not made'",
    )
    .unwrap();
    assert_eq!(missing(Some(&one_is_known)), (1, vec![(file(), 1)]));

    let report = serde_json::to_value(run.wptreport("abc", (0, 1))).unwrap();
    assert_eq!(report["run_info"]["revision"], json!("abc"));
    assert_eq!(report["results"].as_array().unwrap().len(), 5);
}

#[test]
fn tests_are_known_by_their_names_and_first_lines() {
    let folder = tempfile::tempdir().unwrap();
    let put = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    for file in ["wpt", "resources/testharness.js", "tools/serve/serve.py"] {
        put(file, "");
    }
    let harness = "<script src='/resources/testharness.js'></script>";
    put(
        "a/one.any.js",
        "// META: global=window,worker\n// META: timeout=long\n// META: variant=?1\n// META: variant=?2\n",
    );
    put("a/two.https.window.js", "");
    put("a/three.worker.js", "");
    put("a/four.www.html", harness);
    put("a/five.html", "<p>no test");
    put("a/six-manual.html", harness);
    put("a/resources/seven.html", harness);
    let driver = "<script src=/resources/testdriver.js></script>";
    put("a/eight.html", &format!("{harness}{driver}"));
    put("a/nine.h2.html", harness);
    let checkout = Checkout::open(folder.path()).unwrap();
    let tests = checkout.tests(&["a".to_owned()]).unwrap();
    let found: Vec<String> = tests
        .iter()
        .map(|test| {
            let marks = [
                (test.https, " https"),
                (test.www, " www"),
                (test.long, " long"),
                (test.scope != Scope::Window, " worker"),
            ];
            let marks = marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark);
            let why = test
                .not_runnable
                .map_or(String::new(), |why| format!(" {why}"));
            format!("{}{}{why}", test.url, marks.collect::<String>())
        })
        .collect();
    assert_eq!(
        found,
        [
            "/a/eight.html needs testdriver",
            "/a/four.www.html www",
            "/a/nine.h2.html needs HTTP/2",
            "/a/one.any.html?1 long",
            "/a/one.any.html?2 long",
            "/a/one.any.worker.html?1 long worker",
            "/a/one.any.worker.html?2 long worker",
            "/a/one.any.sharedworker.html?1 long worker",
            "/a/one.any.sharedworker.html?2 long worker",
            "/a/one.any.serviceworker.html?1 https long worker needs service workers",
            "/a/one.any.serviceworker.html?2 https long worker needs service workers",
            "/a/three.worker.html worker",
            "/a/two.https.window.html https",
        ]
    );
    let pattern = checkout.tests(&["a/t*".to_owned()]).unwrap();
    assert_eq!(pattern.len(), 2);
    let message = |path: &str| checkout.tests(&[path.to_owned()]).unwrap_err().to_string();
    assert_eq!(message("b"), "nothing in the checkout is called b");
    assert!(
        message("a/[").contains("is no pattern"),
        "{}",
        message("a/[")
    );
    let nowhere = Checkout::open(&folder.path().join("a"))
        .unwrap_err()
        .to_string();
    assert!(nowhere.ends_with("is no checkout of web-platform-tests: wpt is not there"));
}

#[test]
fn the_exceptions_have_reasons() {
    let file = root().join("../wpt/expectations.toml");
    let expectations = Expectations::read(&file).unwrap();
    assert_eq!(expectations.revision.len(), 40);
    let mut seen = std::collections::BTreeSet::new();
    for exception in &expectations.exception {
        assert!(exception.why.len() > 15, "{}", exception.test);
        assert!(!exception.subtests.is_empty(), "{}", exception.test);
        for subtest in &exception.subtests {
            assert!(seen.insert((&exception.test, subtest)), "{subtest}");
        }
    }
}
