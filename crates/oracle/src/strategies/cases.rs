//! Whole cases.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::{answer, fetch_call, origin};
use crate::case::{Answer, Case, CookieBefore, Page, PageKind, Purpose, Step};

fn page() -> impl Strategy<Value = (Page, &'static str)> {
    let kind = prop_oneof![
        12 => Just(PageKind::Window),
        1 => Just(PageKind::Worker),
        1 => Just(PageKind::Sandboxed),
        1 => Just(PageKind::Srcdoc),
        1 => Just(PageKind::SandboxedSrcdoc),
        1 => Just(PageKind::Data),
        1 => Just(PageKind::Blob),
    ];
    (
        prop_oneof![5 => Just("https://charlie.example"), 1 => origin()],
        kind,
    )
        .prop_map(|(origin, kind)| {
            let page = Page {
                url: format!("{origin}/page"),
                kind,
                ..Page::default()
            };
            let is_opaque = matches!(
                kind,
                PageKind::Sandboxed | PageKind::SandboxedSrcdoc | PageKind::Data
            );
            (page, if is_opaque { "null" } else { origin })
        })
}

fn target() -> impl Strategy<Value = String> {
    let origin = prop_oneof![5 => Just("https://alice.example"), 2 => Just("https://charlie.example"), 1 => origin()];
    (origin, select(&["/", "/a", "/b?q", "/a#part"][..]))
        .prop_map(|(origin, path)| format!("{origin}{path}"))
}

fn cookies() -> impl Strategy<Value = Vec<CookieBefore>> {
    let set = select(
        &[
            "a=1; Secure; SameSite=None",
            "b=2",
            "c=3; SameSite=Strict",
            "d=4; HttpOnly; Path=/a",
        ][..],
    );
    let cookie = (origin(), set).prop_map(|(origin, set)| CookieBefore {
        at: format!("{origin}/"),
        set: set.to_owned(),
    });
    vec(cookie, 0..3)
}

/// Redirects from one server to another: what answers at each hop, before the last answer.
pub fn redirect_chain(origin: &str) -> impl Strategy<Value = Vec<Answer>> + use<> {
    let location = prop_oneof![
        6 => target().boxed(),
        1 => select(&["/here", "//user:pass@alice.example/", "https://u@charlie.example/a", "mailto:bob@bob.example",
            "data:text/plain,x", "https://", ""][..]).prop_map(str::to_owned).boxed(),
    ];
    let status = select(&[302_u16, 301, 303, 307, 308][..]);
    let hop = (
        status,
        prop::option::weighted(0.95, location),
        answer(origin),
    );
    vec(hop, 0..4).prop_map(|hops| {
        let answers =
            hops.into_iter()
                .enumerate()
                .map(|(hop, (status, location, [_, mut answer]))| {
                    answer.to = Some(Purpose::Actual);
                    answer.status = status;
                    answer.hop = u32::try_from(hop).ok();
                    answer
                        .headers
                        .extend(location.map(|location| format!("Location: {location}")));
                    answer
                });
        answers.collect()
    })
}

fn waiting() -> impl Strategy<Value = Step> {
    select(&[1_u32, 5, 6, 600, 601][..]).prop_map(Step::Wait)
}

/// The same servers asked again and again, with time between: what a preflight cache can make a difference to.
pub fn history() -> impl Strategy<Value = Case> {
    page().prop_flat_map(|(page, origin)| {
        let urls = select(&["https://alice.example/", "https://alice.example/a"][..]);
        let calls = vec(fetch_call(urls.prop_map(str::to_owned)), 1..3);
        let step = prop_oneof![
            3 => any::<prop::sample::Index>().prop_map(Ok).boxed(),
            1 => waiting().prop_map(Err).boxed(),
        ];
        let changing = prop::option::weighted(0.3, answer(origin));
        (calls, vec(step, 1..6), cookies(), answer(origin), changing).prop_map(
            move |(calls, steps, cookies, answers, changing)| {
                let steps = steps.into_iter().map(|step| match step {
                    Ok(call) => Step::from(call.get(&calls).clone()),
                    Err(waiting) => waiting,
                });
                let steps = steps.collect();
                let mut list = Vec::new();
                if let Some(early) = changing {
                    // At first the servers had another policy.
                    list.extend(early.map(|answer| Answer {
                        times: Some(1),
                        ..answer
                    }));
                }
                list.extend(answers);
                Case {
                    name: None,
                    page: page.clone(),
                    cookies,
                    steps,
                    answers: list,
                }
            },
        )
    })
}

/// A whole case: a page of any kind, cookies, calls of `fetch()` with time between, servers that redirect, answer as they
/// mean to, or make mistakes.
pub fn case() -> impl Strategy<Value = Case> {
    let single = page().prop_flat_map(|(page, origin)| {
        let call = fetch_call(target()).prop_map(Step::from);
        let step = prop_oneof![6 => call.boxed(), 1 => waiting().boxed()];
        let steps = prop_oneof![4 => vec(step.clone(), 1..2), 1 => vec(step, 2..4)];
        (steps, cookies(), redirect_chain(origin), answer(origin)).prop_map(
            move |(steps, cookies, mut answers, last)| {
                answers.extend(last);
                Case {
                    name: None,
                    page: page.clone(),
                    cookies,
                    steps,
                    answers,
                }
            },
        )
    });
    prop_oneof![2 => single.boxed(), 1 => history().boxed()]
}
