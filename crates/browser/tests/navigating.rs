//! Navigations: cookies, forms, windows, frames, errors.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::time::Duration;

use bytes::Bytes;
use crossexam_browser::{ActionError, BrowserOptions, Tampering};
use crossexam_sim::journal::Event;
use support::{Scene, Shared, failure, html, sent, shared, text};
use url::Url;

/// A bank with a login and a transfer that a `POST` sets off.
fn bank(scene: &Scene, same_site: &'static str) -> Shared<Vec<String>> {
    let transfers: Shared<Vec<String>> = shared();
    let log = transfers.clone();
    scene.serve("bank", move |asked| {
        match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", "/login") => html("<a href='/account'>account</a>")
                .header("set-cookie", &format!("session=bob; {same_site}")),
            ("POST", "/transfer") if asked.header("cookie") == Some("session=bob") => {
                log.borrow_mut().push(asked.body.clone());
                html("<p>done")
            }
            ("GET", "/account") if asked.header("cookie") == Some("session=bob") => {
                html("<p>Bob's account")
            }
            _ => html("<p>please log in").status(403),
        }
    });
    transfers
}

const ATTACK: &str = "<form action='https://bank.example/transfer' method='post'>
        <input name='to' value='charlie'><input name='amount' value='1000'>
    </form>
    <a id='link' href='https://bank.example/account'>a prize</a>
    <script>if (location.search) document.forms[0].submit();</script>";

#[test]
fn a_cookie_set_at_login_goes_along_within_the_site() {
    let scene = Scene::new();
    bank(&scene, "SameSite=Strict; Secure; HttpOnly");
    scene.visit("https://bank.example/login");
    scene.click("a");
    let exchange = scene.exchange("/account");
    assert_eq!(sent(&exchange, "cookie").as_deref(), Some("session=bob"));
    assert_eq!(
        sent(&exchange, "referer").as_deref(),
        Some("https://bank.example/login")
    );
    assert_eq!(
        sent(&exchange, "sec-fetch-site").as_deref(),
        Some("same-origin")
    );
    assert_eq!(sent(&exchange, "sec-fetch-user").as_deref(), Some("?1"));
    assert!(scene.who_got("Bob's account").contains(&"bob".to_owned()));
}

#[test]
fn a_form_from_elsewhere_is_executed_with_the_cookie() {
    let scene = Scene::new();
    let transfers = bank(&scene, "SameSite=None; Secure");
    scene.page("charlie", ATTACK);
    scene.visit("https://bank.example/login");
    scene.visit("https://charlie.example/?go");
    assert_eq!(*transfers.borrow(), ["to=charlie&amount=1000"]);
    let exchange = scene.exchange("/transfer");
    assert_eq!(
        sent(&exchange, "origin").as_deref(),
        Some("https://charlie.example")
    );
    assert_eq!(
        sent(&exchange, "content-type").as_deref(),
        Some("application/x-www-form-urlencoded")
    );
    assert_eq!(
        sent(&exchange, "sec-fetch-site").as_deref(),
        Some("cross-site")
    );
    let record = scene.fetch("https://bank.example/transfer");
    assert_eq!(
        (record.initiator.as_str(), record.mode),
        ("<form>", "navigate")
    );
}

#[test]
fn lax_cookies_stay_at_home_on_a_cross_site_post_and_go_with_a_link() {
    let scene = Scene::new();
    let transfers = bank(&scene, "SameSite=Lax; Secure");
    scene.page("charlie", ATTACK);
    scene.visit("https://bank.example/login");
    scene.visit("https://charlie.example/?go");
    assert_eq!(*transfers.borrow(), [""; 0]);
    assert_eq!(sent(&scene.exchange("/transfer"), "cookie"), None);
    scene.visit("https://charlie.example/");
    scene.click("#link");
    assert_eq!(
        sent(&scene.exchange("/account"), "cookie").as_deref(),
        Some("session=bob")
    );
}

#[test]
fn a_form_in_a_frame_posts_into_the_frame() {
    let scene = Scene::new();
    let transfers = bank(&scene, "SameSite=None; Secure");
    scene.page(
        "charlie",
        "<iframe name='hidden'></iframe>
         <form target='hidden' action='https://bank.example/transfer' method='post' enctype='text/plain'>
            <input name='{\"to\":\"charlie\",\"x\":\"' value='\"}'>
         </form><script>document.forms[0].submit();</script>",
    );
    scene.visit("https://bank.example/login");
    scene.visit("https://charlie.example/");
    assert_eq!(
        *transfers.borrow(),
        ["{\"to\":\"charlie\",\"x\":\"=\"}\r\n"]
    );
    assert_eq!(scene.bob.tabs()[0].url, "https://charlie.example/");
    assert_eq!(
        sent(&scene.exchange("/transfer"), "sec-fetch-dest").as_deref(),
        Some("iframe")
    );
}

#[test]
fn the_sandbox_keeps_forms_in() {
    let scene = Scene::new();
    let transfers = bank(&scene, "SameSite=None; Secure");
    scene.page(
        "charlie",
        r#"<iframe sandbox="allow-scripts" srcdoc="
            <form action='https://bank.example/transfer' method='post'></form>
            <script>document.forms[0].submit()</script>"></iframe>"#,
    );
    scene.visit("https://bank.example/login");
    scene.visit("https://charlie.example/");
    assert_eq!(*transfers.borrow(), [""; 0]);
    assert!(
        scene.warnings().iter().any(|it| it.contains("allow-forms")),
        "{:?}",
        scene.warnings()
    );
}

#[test]
fn the_person_fills_in_a_form() {
    let scene = Scene::new();
    let seen: Shared<Vec<String>> = shared();
    let log = seen.clone();
    scene.serve("alice", move |asked| {
        if asked.method == "POST" {
            log.borrow_mut().push(asked.body.clone());
            return html("<p>thanks");
        }
        html("<form method=post><input name=user><input name=password type=password><button>go</button></form>")
    });
    scene.visit("https://alice.example/");
    let values = [("user", "bob"), ("password", "a b")];
    scene
        .world
        .block_on(scene.bob.submit(None, "form", &values))
        .unwrap()
        .unwrap();
    assert_eq!(*seen.borrow(), ["user=bob&password=a+b"]);
    assert!(scene.who_got("thanks").contains(&"bob".to_owned()));
}

#[test]
fn messages_reach_the_origin_they_are_meant_for() {
    let scene = Scene::new();
    scene.page(
        "alice",
        "<script>
            onmessage = (event) => {
                console.log(event.origin, event.data);
                event.source.postMessage('answer', event.origin);
            };
        </script>",
    );
    scene.page(
        "charlie",
        "<iframe src='https://alice.example/'></iframe><script>
            onmessage = (event) => console.log(event.origin, event.data);
            onload = () => {
                frames[0].postMessage('for bank', 'https://bank.example');
                frames[0].postMessage('for alice', 'https://alice.example');
                frames[0].postMessage('for all', '*');
                try { frames[0].postMessage('x', 'nonsense'); } catch (error) { console.log(error.name); }
            };
        </script>",
    );
    scene.visit("https://charlie.example/");
    assert_eq!(
        scene.console(),
        [
            "https://charlie.example: SyntaxError",
            "https://alice.example: https://charlie.example for alice",
            "https://alice.example: https://charlie.example for all",
            "https://charlie.example: https://alice.example answer",
            "https://charlie.example: https://alice.example answer",
        ]
    );
    assert!(
        !scene
            .who_got("for bank")
            .contains(&"alice.example".to_owned())
    );
}

const OPENER: &str = "<button>open</button><script>
    const go = () => {
        const other = open('https://alice.example/');
        console.log(other === null);
        if (other) setTimeout(() => {
            try { console.log(other.location.href); } catch (error) { console.log(error.name); }
            console.log(other.closed, other.length);
        }, 1000);
    };
    document.querySelector('button').onclick = go;
    if (location.search) go();
</script>";

#[test]
fn a_window_opens_on_a_click_and_is_closed_to_its_opener() {
    let scene = Scene::new();
    scene.page("alice", "<script>console.log(opener !== null)</script>");
    scene.page("charlie", OPENER);
    scene.visit("https://charlie.example/");
    scene.click("button");
    assert_eq!(
        scene.console(),
        [
            "https://charlie.example: false",
            "https://alice.example: true",
            "https://charlie.example: SecurityError",
            "https://charlie.example: false 0",
        ]
    );
    let tabs: Vec<_> = scene
        .bob
        .tabs()
        .into_iter()
        .map(|tab| (tab.tab, tab.url))
        .collect();
    assert_eq!(
        tabs,
        [
            (1, "https://charlie.example/".to_owned()),
            (2, "https://alice.example/".to_owned())
        ]
    );
}

#[test]
fn without_a_click_the_popup_blocker_steps_in() {
    let scene = Scene::new();
    scene.page("alice", "");
    scene.page("charlie", OPENER);
    scene.visit("https://charlie.example/?now");
    assert_eq!(scene.console(), ["https://charlie.example: true"]);
    assert_eq!(scene.bob.tabs().len(), 1);
    assert!(scene.warnings()[0].contains("popup blocker"));
    let scene = Scene::with(BrowserOptions {
        popup_blocker: false,
        ..BrowserOptions::default()
    });
    scene.page("alice", "");
    scene.page("charlie", OPENER);
    scene.visit("https://charlie.example/?now");
    assert_eq!(scene.bob.tabs().len(), 2);
}

#[test]
fn x_frame_options_keeps_a_page_out_of_frames() {
    let scene = Scene::new();
    scene.serve("alice", |_| {
        html("<p>4711").header("x-frame-options", "SAMEORIGIN")
    });
    scene.page(
        "charlie",
        "<iframe src='https://alice.example/'></iframe><script>onload = () => console.log('loaded')</script>",
    );
    scene.visit("https://charlie.example/");
    let (code, step) = failure(&scene.fetch("https://alice.example/"));
    assert_eq!(code, "navigation/x-frame-options");
    assert!(step.ends_with("step 9.2"), "{step}");
    assert_eq!(scene.who_got("4711"), [""; 0]);
    assert_eq!(scene.console(), ["https://charlie.example: loaded"]);
    scene.visit("https://alice.example/");
    assert!(scene.who_got("4711").contains(&"bob".to_owned()));
}

#[test]
fn documents_without_scripts_are_shown() {
    let scene = Scene::new();
    scene.serve("alice", |asked| match asked.path.as_str() {
        "/json" => support::answer("application/json", r#"{"secret":"4711"}"#),
        "/zip" => support::answer("application/zip", "PK"),
        _ => text("plain <b>text</b>"),
    });
    scene.visit("https://alice.example/json");
    assert_eq!(scene.who_got("4711"), ["alice.example", "bob"]);
    scene.visit("https://alice.example/text");
    assert!(
        scene
            .who_got("plain <b>text</b>")
            .contains(&"bob".to_owned())
    );
    scene.visit("https://alice.example/zip");
    assert_eq!(
        scene.bob.tabs()[0].url,
        "https://alice.example/text",
        "a download leaves the page"
    );
}

#[test]
fn a_page_that_cannot_be_fetched_is_an_error_page() {
    let scene = Scene::new();
    scene.visit("https://nobody.example/");
    let (code, _) = failure(&scene.fetch("https://nobody.example/"));
    assert_eq!(code, "network/name-not-resolved");
    assert_eq!(scene.who_got("cannot be shown"), ["bob"]);
    assert_eq!(scene.bob.tabs()[0].origin, "null");
}

#[test]
fn a_redirect_decides_whose_the_document_is() {
    let scene = Scene::new();
    scene.serve("alice", |_| {
        html("")
            .status(302)
            .header("location", "https://charlie.example/landing")
    });
    scene.page(
        "charlie",
        "<script>console.log(location.href, document.referrer)</script>",
    );
    scene.visit("https://alice.example/go");
    assert_eq!(
        scene.console(),
        ["https://charlie.example: https://charlie.example/landing "]
    );
    assert_eq!(
        scene.documents(),
        [(
            "https://charlie.example/landing".to_owned(),
            "https://charlie.example".to_owned()
        )]
    );
}

#[test]
fn leaving_a_page_stops_its_fetches_but_for_beacons() {
    let scene = Scene::new();
    let seen: Shared<Vec<String>> = shared();
    let log = seen.clone();
    scene.serve("alice", move |asked| {
        log.borrow_mut()
            .push(format!("{} {}", asked.path, asked.body));
        text("ok").header("access-control-allow-origin", "*")
    });
    scene.page(
        "charlie",
        "<script>
            navigator.sendBeacon('https://alice.example/beacon', 'leaving');
            fetch('https://alice.example/fetch').then(() => console.log('read'));
            setTimeout(() => console.log('timer'), 5000);
            location.href = '/next';
        </script>",
    );
    // The next page is the same one again: it would go on for ever.
    let url = Url::parse("https://charlie.example/").unwrap();
    let visit = scene.bob.visit(None, &url);
    let executor = scene.world.executor();
    let outcome = scene
        .world
        .block_on(executor.timeout(Duration::from_secs(1), visit))
        .unwrap();
    assert!(outcome.is_err(), "it comes to no rest");
    assert!(seen.borrow().iter().any(|it| it == "/beacon leaving"));
    assert!(!scene.console().iter().any(|it| it.contains("timer")));
    let aborted = scene
        .fetches()
        .into_iter()
        .filter(|it| it.url.ends_with("/fetch"));
    assert!(aborted.into_iter().any(|it| failure(&it).0 == "terminated"));
}

#[test]
fn the_fragment_changes_without_a_fetch() {
    let scene = Scene::new();
    scene.page(
        "charlie",
        "<a href='#there'>there</a><script>
            onhashchange = (event) => console.log(new URL(event.oldURL).hash, location.hash);
        </script>",
    );
    scene.visit("https://charlie.example/");
    scene.click("a");
    assert_eq!(scene.console(), ["https://charlie.example:  #there"]);
    assert_eq!(scene.exchanges().len(), 1);
    assert_eq!(scene.bob.tabs()[0].url, "https://charlie.example/#there");
}

#[test]
fn the_user_of_a_tampered_browser_sets_any_header() {
    let requests = vec![
        (
            Bytes::from_static(b"Origin"),
            Some(Bytes::from_static(b"https://partner.example")),
        ),
        (Bytes::from_static(b"Sec-Fetch-Site"), None),
    ];
    let tampering = Tampering {
        requests,
        ..Tampering::default()
    };
    let scene = Scene::with(BrowserOptions {
        tampering,
        ..BrowserOptions::default()
    });
    scene.page(
        "charlie",
        "<script>fetch('https://alice.example/api')</script>",
    );
    scene.page("alice", "");
    scene.visit("https://charlie.example/");
    let exchange = scene.exchange("/api");
    assert_eq!(
        sent(&exchange, "origin").as_deref(),
        Some("https://partner.example")
    );
    assert_eq!(sent(&exchange, "sec-fetch-site"), None);
    // What the browser itself believes is not changed by it.
    assert_eq!(
        failure(&scene.fetch("https://alice.example/api")).0,
        "cors-check/allow-origin-missing"
    );
    let actions: Vec<_> = scene
        .world
        .journal()
        .entries()
        .into_iter()
        .filter_map(|entry| match entry.event {
            Event::Action { what, .. } => Some(what),
            _ => None,
        })
        .collect();
    assert!(
        actions
            .iter()
            .any(|what| what.contains("browser of their own making")),
        "{actions:?}"
    );
}

#[test]
fn the_user_of_a_tampered_browser_lets_their_own_pages_read() {
    let header = |name: &'static str, value: &'static str| {
        (
            Bytes::from_static(name.as_bytes()),
            Some(Bytes::from_static(value.as_bytes())),
        )
    };
    let answers = vec![header("Access-Control-Allow-Origin", "*")];
    let tampering = Tampering {
        answers,
        ..Tampering::default()
    };
    let scene = Scene::with(BrowserOptions {
        tampering,
        ..BrowserOptions::default()
    });
    scene.page(
        "charlie",
        "<script>fetch('https://alice.example/api').then((it) => it.text()).then((it) => console.log(it))</script>",
    );
    scene.page("alice", "public");
    scene.visit("https://charlie.example/");
    assert_eq!(scene.console(), ["https://charlie.example: public"]);
}

#[test]
fn the_person_is_told_what_is_there() {
    let scene = Scene::new();
    assert_eq!(
        scene.world.block_on(scene.bob.click(None, "a")).unwrap(),
        Err(ActionError::NoTab)
    );
    scene.page("alice", "<a href='/x'>x</a>");
    scene.visit("https://alice.example/");
    let missing = scene
        .world
        .block_on(scene.bob.click(None, "#nothing"))
        .unwrap()
        .unwrap_err();
    assert!(missing.to_string().contains("#nothing"), "{missing}");
    let tab = scene
        .world
        .block_on(scene.bob.click(Some(7), "a"))
        .unwrap()
        .unwrap_err();
    assert_eq!(tab.to_string(), "there is no tab 7; open are 1");
}

#[test]
fn runs_are_the_same() {
    let run = || {
        let scene = Scene::new();
        bank(&scene, "SameSite=Lax; Secure");
        scene.page("charlie", ATTACK);
        scene.visit("https://bank.example/login");
        scene.visit("https://charlie.example/?go");
        format!("{:?}", scene.world.journal().entries())
    };
    assert_eq!(run(), run());
}
