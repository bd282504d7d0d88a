//! What people do instead: popular changes that are unsafe, or that do not help. Where the model can judge what comes of
//! one, it does.

use crossexam_oracle::{Case, Oracle, PageKind, Purpose, Step};

use crate::explanation::{Change, Temptation, Verdict};
use crate::explanations::{Looked, verdict_of, word_of};
use crate::proposals::judged_with;

/// The page of somebody whom nobody has meant.
const EVIL: &str = "https://evil.example";

/// The temptations of a fetch that is blocked by CORS.
pub(crate) fn temptations(oracle: &Oracle, looked: &Looked<'_>) -> Vec<Temptation> {
    let reason = looked.reason().unwrap_or_default();
    if !reason.starts_with("cors-check/") && !reason.starts_with("preflight/") {
        return Vec::new();
    }
    let mut list = Vec::new();
    let judge = |case: &Case| judged(oracle, case, looked.number);
    let credentials = looked.with_credentials();
    let with_cookies = if credentials {
        ", with the cookies of whoever visits it"
    } else {
        ""
    };
    let mut evil = permitting(looked, EVIL);
    evil.page.url = format!("{EVIL}/");
    evil.page.kind = PageKind::Window;
    if judge(&evil) == Some(Verdict::Allowed) {
        list.push(Temptation {
            what: "echo whatever `Origin` says in `Access-Control-Allow-Origin`".to_owned(),
            comes_of_it: format!("judged with it: a page of {EVIL} reads the answer{with_cookies}"),
            scenario: Some(if credentials {
                "run S07 --variant vulnerable"
            } else {
                "run S04 --variant vulnerable"
            }),
        });
    }
    if looked.origin_seen() == "null" {
        let mut frame = permitting(looked, "null");
        frame.page.url = format!("{EVIL}/");
        frame.page.kind = PageKind::Sandboxed;
        if judge(&frame) == Some(Verdict::Allowed) {
            list.push(Temptation {
                what: "allow the origin `null`".to_owned(),
                comes_of_it: format!(
                    "judged with it: a sandboxed frame in a page of {EVIL} reads the answer{with_cookies}; anybody can have such a frame"
                ),
                scenario: Some("run S08 --variant vulnerable"),
            });
        }
    }
    let verdict = judge(&permitting(looked, "*"));
    if credentials {
        if verdict == Some(Verdict::Blocked) {
            list.push(Temptation {
                what: "`Access-Control-Allow-Origin: *` together with `Access-Control-Allow-Credentials: true`"
                    .to_owned(),
                comes_of_it: "judged with it: still blocked. With credentials `*` is no wildcard; servers that echo the origin for it allow everybody"
                    .to_owned(),
                scenario: None,
            });
        }
    } else if verdict == Some(Verdict::Allowed) {
        list.push(Temptation {
            what: "`Access-Control-Allow-Origin: *`".to_owned(),
            comes_of_it: "every page in the world reads the answer. Right for what is public anyway, wrong for what only a network, an address or a header with a secret protects"
                .to_owned(),
            scenario: Some("run S06 --variant wrong-fix"),
        });
    }
    let mut no_cors = looked.recorded.case.clone();
    if let Some(Step::Fetch(call)) = no_cors.steps.get_mut(looked.number) {
        call.mode = Some("no-cors".to_owned());
    }
    if let Some(verdict) = judge(&no_cors).filter(|it| *it != Verdict::Allowed) {
        list.push(Temptation {
            what: "`mode: \"no-cors\"` in the script".to_owned(),
            comes_of_it: format!(
                "judged with it: {}. The message goes away, and so does the answer",
                word_of(verdict)
            ),
            scenario: None,
        });
    }
    list.push(Temptation {
        what: "switch the check off in your browser, by a flag or an extension".to_owned(),
        comes_of_it: "it works for you and for nobody else, and every page that you visit with it reads your other sites"
            .to_owned(),
        scenario: Some("run S09 --variant vulnerable"),
    });
    list.push(Temptation {
        what: "an open proxy that adds the headers".to_owned(),
        comes_of_it: "everybody uses it, and whoever runs it reads everything. A proxy on your own origin that leads to this one server is a different matter"
            .to_owned(),
        scenario: None,
    });
    list
}

fn judged(oracle: &Oracle, case: &Case, step: usize) -> Option<Verdict> {
    let result = oracle.judge(case).ok()?;
    let verdict = verdict_of(result.steps.get(step)?, &result.unmodelled);
    Some(verdict)
}

/// The case with answers that permit an origin all that is asked for.
fn permitting(looked: &Looked<'_>, origin: &str) -> Case {
    let requests = &looked.result.requests;
    let urls: Vec<&String> = requests.iter().map(|it| &it.url).collect();
    let mut changes = Vec::new();
    let mut set = |to, url: &str, set: String| {
        changes.push(Change {
            to: Some(to),
            url: url.to_owned(),
            set,
            was: None,
        });
    };
    for url in urls {
        for to in [Purpose::Preflight, Purpose::Actual] {
            set(to, url, format!("Access-Control-Allow-Origin: {origin}"));
            if looked.with_credentials() {
                set(to, url, "Access-Control-Allow-Credentials: true".to_owned());
            }
        }
    }
    for request in requests
        .iter()
        .filter(|it| it.purpose == Purpose::Preflight)
    {
        let url = &request.url;
        set(Purpose::Preflight, url, "status: 204".to_owned());
        for (asked, name) in [
            (
                "Access-Control-Request-Method",
                "Access-Control-Allow-Methods",
            ),
            (
                "Access-Control-Request-Headers",
                "Access-Control-Allow-Headers",
            ),
        ] {
            if let Some(value) = request.header(asked) {
                set(Purpose::Preflight, url, format!("{name}: {value}"));
            }
        }
    }
    judged_with(&looked.recorded.case, &changes)
}
