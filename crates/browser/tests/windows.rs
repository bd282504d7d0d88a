//! Windows, frames and what they may do to one another; scripts that misbehave; what a browser forgets.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use crossexam_browser::BrowserOptions;
use crossexam_sim::{ClientCertificate, Password};
use support::{Scene, Shared, failure, html, sent, shared, text};
use url::Url;

#[test]
fn a_sandboxed_frame_cannot_take_the_top_away() {
    for (sandbox, expected) in [
        ("allow-scripts", "https://charlie.example/"),
        (
            "allow-scripts allow-top-navigation",
            "https://alice.example/",
        ),
        (
            "allow-scripts allow-top-navigation-by-user-activation",
            "https://charlie.example/",
        ),
    ] {
        let scene = Scene::new();
        scene.page("alice", "");
        scene.serve("charlie", move |_| {
            html(format!(
                r#"<iframe sandbox="{sandbox}" srcdoc="<script>
                    try {{ top.location.href = 'https://alice.example/'; }} catch (error) {{ console.log(error.name); }}
                </script>"></iframe>"#
            ))
        });
        scene.visit("https://charlie.example/");
        assert_eq!(scene.bob.tabs()[0].url, expected, "{sandbox}");
    }
}

#[test]
fn a_frame_without_sandbox_takes_the_top_away() {
    let scene = Scene::new();
    scene.page("alice", "");
    scene.page(
        "dave",
        "<script>top.location = 'https://alice.example/'</script>",
    );
    scene.page("charlie", "<iframe src='https://dave.example/'></iframe>");
    scene.visit("https://charlie.example/");
    assert_eq!(scene.bob.tabs()[0].url, "https://alice.example/");
}

#[test]
fn a_link_to_a_new_tab_does_not_tell_who_opened_it() {
    let scene = Scene::new();
    scene.page(
        "alice",
        "<script>console.log(opener === null, document.referrer)</script>",
    );
    scene.page(
        "charlie",
        "<a href='https://alice.example/' target='_blank'>x</a>",
    );
    scene.visit("https://charlie.example/page");
    scene.click("a");
    assert_eq!(
        scene.console(),
        ["https://alice.example: true https://charlie.example/"]
    );
    assert_eq!(scene.bob.tabs().len(), 2);
}

#[test]
fn an_opener_and_its_window_talk() {
    let scene = Scene::new();
    scene.page(
        "alice",
        "<script>opener.postMessage('token 4711', '*')</script>",
    );
    scene.page(
        "charlie",
        "<button>open</button><script>
            document.querySelector('button').onclick = () => open('https://alice.example/', 'win');
            onmessage = (event) => console.log(event.origin, event.data);
        </script>",
    );
    scene.visit("https://charlie.example/");
    scene.click("button");
    assert_eq!(
        scene.console(),
        ["https://charlie.example: https://alice.example token 4711"]
    );
    assert_eq!(
        scene.who_got("token 4711"),
        ["alice.example", "charlie.example"]
    );
    // The same name is the same window.
    scene
        .world
        .block_on(scene.bob.click(Some(1), "button"))
        .unwrap()
        .unwrap();
    assert_eq!(scene.bob.tabs().len(), 2);
}

/// What an opener and the window that it has opened know of each other, if the window's page has these headers.
fn after_opening(header: Option<(&'static str, &'static str)>) -> Vec<String> {
    let scene = Scene::new();
    scene.serve("alice", move |_| {
        let page = html("<script>console.log('opener', opener !== null, name)</script>");
        match header {
            Some((name, value)) => page.header(name, value),
            None => page,
        }
    });
    scene.page(
        "charlie",
        "<button>open</button><script>
            document.querySelector('button').onclick = () => {
                const win = open('https://alice.example/', 'win');
                setTimeout(() => console.log('closed', win.closed), 1000);
            };
        </script>",
    );
    scene.visit("https://charlie.example/");
    scene.click("button");
    scene.console()
}

#[test]
fn an_opener_policy_parts_a_window_from_its_opener() {
    let together = [
        "https://alice.example: opener true win",
        "https://charlie.example: closed false",
    ];
    let apart = [
        "https://alice.example: opener false ",
        "https://charlie.example: closed true",
    ];
    let name = "cross-origin-opener-policy";
    assert_eq!(after_opening(None), together);
    assert_eq!(after_opening(Some((name, "unsafe-none"))), together);
    for value in [
        "same-origin",
        "same-origin-allow-popups",
        "noopener-allow-popups",
    ] {
        assert_eq!(after_opening(Some((name, value))), apart, "{value}");
    }
}

#[test]
fn an_opener_closes_its_window_unless_a_policy_parts_them() {
    let tabs_left = |policy: &'static str| {
        let scene = Scene::new();
        scene.serve("alice", move |_| {
            html("").header("cross-origin-opener-policy", policy)
        });
        scene.page(
            "charlie",
            "<button>open</button><script>
                document.querySelector('button').onclick = () => {
                    const win = open('https://alice.example/');
                    setTimeout(() => win.close(), 1000);
                };
            </script>",
        );
        scene.visit("https://charlie.example/");
        scene.click("button");
        scene.bob.tabs().len()
    };
    assert_eq!(tabs_left("unsafe-none"), 1);
    assert_eq!(tabs_left("same-origin"), 2);
}

#[test]
fn a_window_that_a_frame_opens_inherits_the_opener_policy_of_the_page() {
    let scene = Scene::with(BrowserOptions {
        popup_blocker: false,
        ..BrowserOptions::default()
    });
    scene.serve("alice", |asked| match asked.path.as_str() {
        "/frame" => html(
            "<script>
                const win = open('/window');
                setTimeout(() => console.log('closed', win.closed), 1000);
            </script>",
        ),
        "/window" => html("").header("cross-origin-opener-policy", "same-origin"),
        _ => html("<iframe src='/frame'></iframe>")
            .header("cross-origin-opener-policy", "same-origin"),
    });
    scene.visit("https://alice.example/");
    assert_eq!(scene.console(), ["https://alice.example: closed false"]);
}

#[test]
fn frames_have_names_and_links_find_them() {
    let scene = Scene::new();
    scene.page("alice", "<p>in the frame");
    scene.page(
        "charlie",
        "<iframe name='inner'></iframe><a href='https://alice.example/' target='inner'>x</a>",
    );
    scene.visit("https://charlie.example/");
    scene.click("a");
    assert_eq!(scene.bob.tabs()[0].url, "https://charlie.example/");
    assert!(scene.who_got("in the frame").contains(&"bob".to_owned()));
    let exchange = scene
        .exchanges()
        .into_iter()
        .find(|it| it.to.as_deref() == Some("alice"))
        .unwrap();
    assert_eq!(sent(&exchange, "sec-fetch-dest").as_deref(), Some("iframe"));
}

#[test]
fn a_frame_of_another_site_gets_no_lax_cookie() {
    let scene = Scene::new();
    scene.serve("alice", |asked| match asked.path.as_str() {
        "/login" => html("")
            .header("set-cookie", "lax=1; SameSite=Lax; Secure")
            .header("set-cookie", "none=1; SameSite=None; Secure"),
        _ => html("<script>console.log(document.cookie)</script>"),
    });
    scene.page(
        "charlie",
        "<iframe src='https://alice.example/framed'></iframe>",
    );
    scene.visit("https://alice.example/login");
    scene.visit("https://charlie.example/");
    assert_eq!(
        sent(&scene.exchange("/framed"), "cookie").as_deref(),
        Some("none=1")
    );
    assert_eq!(scene.console(), ["https://alice.example: none=1"]);
}

#[test]
fn scripts_see_cookies_unless_they_are_http_only() {
    let scene = Scene::new();
    scene.serve("alice", |_| {
        html("<script>document.cookie = 'mine=2'; console.log(document.cookie)</script>")
            .header("set-cookie", "theme=1")
            .header("set-cookie", "session=4711; HttpOnly")
    });
    scene.visit("https://alice.example/");
    assert_eq!(scene.console(), ["https://alice.example: theme=1; mine=2"]);
    assert!(!scene.who_got("4711").contains(&"alice.example".to_owned()));
}

#[test]
fn the_referrer_policy_is_the_pages() {
    let scene = Scene::new();
    scene.page("alice", "");
    scene.serve("charlie", |asked| {
        let page =
            "<iframe srcdoc=\"<script>fetch('https://alice.example/srcdoc')</script>\"></iframe>
            <script>fetch('https://alice.example/page')</script>";
        match asked.path.as_str() {
            "/header" => html(page).header("referrer-policy", "unsafe-url"),
            "/meta" => html(format!("<meta name=referrer content=no-referrer>{page}")),
            _ => html(page),
        }
    });
    let referrers = |path: &str| {
        let before = scene.exchanges().len();
        scene.visit(&format!("https://charlie.example{path}"));
        let mut list: Vec<_> = scene.exchanges()[before..]
            .iter()
            .filter(|exchange| exchange.to.as_deref() == Some("alice"))
            .map(|exchange| sent(exchange, "referer").unwrap_or_default())
            .collect();
        list.dedup();
        list
    };
    assert_eq!(referrers("/default"), ["https://charlie.example/"]);
    assert_eq!(referrers("/header"), ["https://charlie.example/header"]);
    assert_eq!(referrers("/meta"), [""]);
}

#[test]
fn a_page_that_never_ends_is_stopped_and_the_browser_goes_on() {
    let scene = Scene::new();
    scene.page("charlie", "<script>for (;;);</script><p>after");
    scene.page("alice", "<script>console.log('fine')</script>");
    scene.visit("https://charlie.example/");
    assert!(
        scene.script_errors()[0].contains("budget"),
        "{:?}",
        scene.script_errors()
    );
    assert!(scene.who_got("after").contains(&"bob".to_owned()));
    scene.visit("https://alice.example/");
    assert_eq!(scene.console(), ["https://alice.example: fine"]);
}

#[test]
fn endless_microtasks_are_reported_once() {
    let scene = Scene::new();
    scene.page(
        "charlie",
        "<script>const spin = () => Promise.resolve().then(spin); spin(); setInterval(spin, 100)</script>",
    );
    scene.visit("https://charlie.example/");
    assert_eq!(
        scene.script_errors().len(),
        1,
        "{:?}",
        scene.script_errors()
    );
}

#[test]
fn a_page_that_never_rests_is_left_after_a_while() {
    let scene = Scene::new();
    let asked: Shared<u32> = shared();
    let count = asked.clone();
    scene.serve("charlie", move |asked| match asked.path.as_str() {
        "/poll" => {
            *count.borrow_mut() += 1;
            text("")
        }
        _ => html("<script>setInterval(() => fetch('/poll'), 1000)</script>"),
    });
    scene.visit("https://charlie.example/");
    let polls = *asked.borrow();
    assert!((5..=10).contains(&polls), "{polls}");
}

#[test]
fn a_frame_that_is_removed_is_gone() {
    let scene = Scene::new();
    scene.page(
        "alice",
        "<script>setTimeout(() => console.log('still there'), 1000)</script>",
    );
    scene.page(
        "charlie",
        "<iframe src='https://alice.example/'></iframe><script>
            onload = () => { const w = frames[0]; document.querySelector('iframe').remove(); console.log(w.closed, length); };
        </script>",
    );
    scene.visit("https://charlie.example/");
    assert_eq!(scene.console(), ["https://charlie.example: true 0"]);
}

#[test]
fn a_frame_is_not_loaded_into_itself() {
    let scene = Scene::new();
    scene.page(
        "charlie",
        "<iframe src='/'></iframe><script>onload = () => console.log('loaded')</script>",
    );
    scene.visit("https://charlie.example/");
    assert_eq!(scene.exchanges().len(), 1);
    assert_eq!(scene.console(), ["https://charlie.example: loaded"]);
}

#[test]
fn passwords_and_certificates_are_the_persons() {
    let scene = Scene::new();
    scene.serve("alice", |asked| match asked.header("authorization") {
        Some("Basic Ym9iOnNlY3JldA==") => html("<p>inside"),
        _ => html("<p>outside")
            .status(401)
            .header("www-authenticate", "Basic realm=\"bank\""),
    });
    scene.bob.host().add_password(Password {
        origin: "https://alice.example".to_owned(),
        realm: None,
        username: "bob".to_owned(),
        password: "secret".to_owned(),
    });
    scene
        .bob
        .host()
        .add_client_certificate(ClientCertificate::new("CN=bob"));
    scene.visit("https://alice.example/");
    assert!(scene.who_got("inside").contains(&"bob".to_owned()));
    // It is remembered for the next time.
    let before = scene.exchanges().len();
    scene.visit("https://alice.example/");
    assert_eq!(scene.exchanges().len(), before + 1);
    scene.bob.clear_passwords();
    scene.visit("https://alice.example/");
    assert_eq!(scene.exchanges().len(), before + 3);
}

#[test]
fn what_is_cleared_is_forgotten() {
    let scene = Scene::new();
    scene.serve("alice", |_| {
        text("")
            .header("access-control-allow-origin", "*")
            .header("access-control-allow-methods", "PUT")
            .header("access-control-max-age", "600")
    });
    scene.page("charlie", "<script>document.cookie = 'a=1'; fetch('https://alice.example/', { method: 'PUT' })</script>");
    let preflights = || {
        scene
            .exchanges()
            .iter()
            .filter(|exchange| &exchange.method[..] == b"OPTIONS")
            .count()
    };
    scene.visit("https://charlie.example/");
    scene.visit("https://charlie.example/");
    assert_eq!(preflights(), 1);
    scene.bob.clear_caches();
    scene.bob.clear_cookies();
    scene.visit("https://charlie.example/");
    assert_eq!(preflights(), 2);
    let cookies: Vec<_> = scene
        .exchanges()
        .iter()
        .filter(|exchange| exchange.to.as_deref() == Some("charlie"))
        .map(|exchange| sent(exchange, "cookie"))
        .collect();
    assert_eq!(cookies, [None, Some("a=1".to_owned()), None]);
}

#[test]
fn what_is_not_modelled_is_said() {
    let scene = Scene::new();
    scene.serve("alice", |_| {
        html("").header("content-security-policy", "trusted-types x")
    });
    scene.page(
        "charlie",
        "<script>location = 'mailto:bob@bob.example'</script>",
    );
    scene.visit("https://alice.example/");
    scene.visit("https://charlie.example/");
    let unmodelled = scene.unmodelled();
    assert_eq!(unmodelled.len(), 2, "{unmodelled:?}");
    assert!(unmodelled[0].contains("trusted-types x"));
    assert!(unmodelled[1].contains("mailto:"));
}

#[test]
fn a_page_over_plain_http_is_no_secure_context_and_its_secure_cookies_stay_at_home() {
    let scene = Scene::new();
    scene.serve("alice", |_| {
        html("<script>console.log(isSecureContext)</script>").header("set-cookie", "s=1; Secure")
    });
    scene.visit("http://alice.example/");
    scene.visit("https://alice.example/");
    scene.visit("http://alice.example/");
    assert_eq!(
        scene.console(),
        [
            "http://alice.example: false",
            "https://alice.example: true",
            "http://alice.example: false"
        ]
    );
    let cookies: Vec<_> = scene
        .exchanges()
        .iter()
        .map(|exchange| sent(exchange, "cookie"))
        .collect();
    assert_eq!(cookies, [None, None, None]);
    let mixed = Scene::with(BrowserOptions::default());
    mixed.page("alice", "");
    mixed.page(
        "charlie",
        "<script>fetch('http://alice.example/').catch(() => console.log('blocked'))</script>",
    );
    mixed.visit("https://charlie.example/");
    assert_eq!(
        failure(&mixed.fetch("http://alice.example/")).0,
        "mixed-content"
    );
}

#[test]
fn closing_a_tab_stops_what_it_does() {
    let scene = Scene::new();
    scene.page(
        "charlie",
        "<script>setInterval(() => console.log('tick'), 60000)</script>",
    );
    scene.visit("https://charlie.example/");
    let wait = |seconds| {
        scene
            .world
            .block_on(scene.bob.wait(std::time::Duration::from_secs(seconds)))
            .unwrap();
    };
    wait(61);
    assert_eq!(scene.console().len(), 1);
    scene.bob.close_tab(None).unwrap();
    wait(300);
    assert_eq!(scene.console().len(), 1);
    assert!(scene.bob.tabs().is_empty());
    let url = Url::parse("https://charlie.example/").unwrap();
    assert_eq!(
        scene.world.block_on(scene.bob.visit(None, &url)).unwrap(),
        Ok(2)
    );
}

/// A page that tells the server, with fetches that outlive it, what happens to it.
const LEAVING: &str = "<script>
    const tell = (what) => fetch('/told?' + what, { keepalive: true, method: 'POST' });
    for (const type of ['pageshow', 'pagehide', 'unload']) {
        addEventListener(type, (event) => tell(type + '-' + event.target.nodeType + '-' + event.persisted));
    }
    document.addEventListener('visibilitychange', () => tell('visibilitychange-' + document.visibilityState));
    addEventListener('unload', () => {
        location.href = 'https://dave.example/never';
        parent.postMessage('goodbye ' + window.open('https://dave.example/never'), '*');
    });
    onclick = () => { location.href = 'https://dave.example/'; };
</script><p>here";

const TOLD: [&str; 4] = [
    "/told?pageshow-9-false",
    "/told?pagehide-9-false",
    "/told?visibilitychange-hidden",
    "/told?unload-9-undefined",
];

/// What the page told Alice's server.
fn told(scene: &Scene) -> Vec<String> {
    let exchanges = scene.exchanges();
    let urls = exchanges.iter().map(|exchange| &exchange.url);
    let told = urls.filter_map(|url| url.strip_prefix("https://alice.example"));
    told.filter(|path| path.starts_with("/told"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_document_learns_that_it_goes_and_can_still_send() {
    let scene = Scene::new();
    scene.page("alice", LEAVING);
    scene.page("dave", "<p>elsewhere");
    scene.visit("https://alice.example/");
    scene.click("p");
    assert_eq!(told(&scene), TOLD);
    assert_eq!(scene.bob.tabs().len(), 1);
    assert_eq!(scene.bob.tabs()[0].url, "https://dave.example/");
}

#[test]
fn a_frame_that_is_removed_learns_it_too() {
    let scene = Scene::new();
    scene.page("alice", LEAVING);
    scene.page(
        "charlie",
        "<iframe src='https://alice.example/'></iframe><script>
            onmessage = ({ data }) => console.log(data);
            onload = () => {
                const frame = document.querySelector('iframe'), { contentWindow } = frame;
                frame.remove();
                console.log(frame.contentWindow, contentWindow.closed, length);
            };
        </script>",
    );
    scene.visit("https://charlie.example/");
    assert_eq!(told(&scene), TOLD);
    assert_eq!(
        scene.console(),
        [
            "https://charlie.example: null true 0",
            "https://charlie.example: goodbye null"
        ]
    );
}

#[test]
fn that_a_frame_has_loaded_is_known_before_what_it_sends_then() {
    let scene = Scene::new();
    scene.page(
        "alice",
        "<script>onload = () => parent.postMessage('loaded', '*')</script>",
    );
    scene.page(
        "charlie",
        "<script>onmessage = ({ data }) => console.log(data)</script>
         <iframe src='https://alice.example/' onload='console.log(\"load\")'></iframe>",
    );
    scene.visit("https://charlie.example/");
    assert_eq!(
        scene.console(),
        [
            "https://charlie.example: load",
            "https://charlie.example: loaded"
        ]
    );
}

#[test]
fn a_script_reaches_the_first_document_of_the_window_it_makes() {
    let scene = Scene::new();
    scene.page(
        "charlie",
        "<body><button onclick=\"console.log(window.open('').document.body !== null)\">x</button><script>
            const frame = document.createElement('iframe');
            let loads = 0;
            frame.addEventListener('load', () => loads++);
            document.body.append(frame);
            const inner = frame.contentDocument;
            console.log(loads, inner.readyState, inner.URL, inner.body.childNodes.length);
            console.log(inner.defaultView !== window, frame.contentWindow.Array !== Array, inner.domain);
            inner.body.textContent = 'kept';
            setTimeout(() => console.log(loads, frame.contentDocument === inner, inner.body.textContent), 1000);
        </script>",
    );
    scene.visit("https://charlie.example/");
    scene.click("button");
    assert_eq!(
        scene.console(),
        [
            "https://charlie.example: 1 complete about:blank 0",
            "https://charlie.example: true true charlie.example",
            "https://charlie.example: 1 true kept",
            "https://charlie.example: true",
        ]
    );
}

#[test]
fn a_sandboxed_frame_hides_its_first_document() {
    let scene = Scene::new();
    scene.page(
        "charlie",
        "<body><script>
            const frame = document.createElement('iframe');
            frame.sandbox = 'allow-scripts';
            document.body.append(frame);
            console.log(frame.contentDocument);
            try { frame.contentWindow.document; } catch (error) { console.log(error.name); }
        </script>",
    );
    scene.visit("https://charlie.example/");
    assert_eq!(
        scene.console(),
        [
            "https://charlie.example: null",
            "https://charlie.example: SecurityError",
        ]
    );
}

#[test]
fn a_frame_that_gets_its_address_later_tells_of_that_load_alone() {
    let scene = Scene::new();
    scene.page("alice", "");
    scene.page(
        "charlie",
        "<body><script>
            const frame = document.createElement('iframe');
            document.body.append(frame);
            frame.src = 'https://alice.example/';
            frame.onload = () => console.log('loaded', frame.contentDocument);
        </script>",
    );
    scene.visit("https://charlie.example/");
    assert_eq!(scene.console(), ["https://charlie.example: loaded null"]);
}

#[test]
fn what_is_written_into_a_document_is_parsed_and_runs() {
    let scene = Scene::new();
    scene.page("alice", "<script>console.log(document.referrer)</script>");
    scene.page(
        "charlie",
        "<body><script>
            const frame = document.createElement('iframe');
            document.body.append(frame);
            const inner = frame.contentDocument;
            inner.open();
            inner.write('<p>one', '</p><script>parent.console.log(document.querySelector(\"p\").textContent)<\\/script>');
            inner.close();
            console.log(inner.readyState, inner.querySelectorAll('p').length);
            setTimeout(() => {
                inner.open();
                inner.write('<meta http-equiv=refresh content=\"0; URL=https://alice.example/\">');
                inner.close();
            }, 1000);
        </script>",
    );
    scene.visit("https://charlie.example/");
    assert_eq!(
        scene.console(),
        [
            "https://charlie.example: loading 1",
            "https://charlie.example: one",
            "https://alice.example: ",
        ]
    );
}

#[test]
fn a_refresh_header_goes_to_another_page() {
    let scene = Scene::new();
    scene.page("alice", "");
    scene.serve("charlie", |_| {
        html("<p>wait").header("Refresh", "2; url=https://alice.example/")
    });
    scene.visit("https://charlie.example/");
    assert_eq!(scene.bob.tabs()[0].url, "https://alice.example/");
}
