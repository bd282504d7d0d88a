//! `document.cookie`: what a page's script sees and sets.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::rc::Rc;

use crossexam_fetch::{Environment, PolicyContainer, UserAgent};
use crossexam_html::document_cookie;
use crossexam_html::environment::{
    Identities, Place, WindowEnvironment, set_up_a_window_environment_settings_object,
};
use crossexam_web::{Host, Origin, Timestamp, Trace};
use url::Url;

const NOW: Timestamp = Timestamp::from_secs(1_767_225_600);

fn window(identities: &Identities, at: &str, parent: Option<&Rc<Environment>>) -> Rc<Environment> {
    let creation_url = Url::parse(at).unwrap();
    set_up_a_window_environment_settings_object(
        identities,
        WindowEnvironment {
            reserved_id: None,
            origin: Origin::of_url(&creation_url).unwrap_or_else(|| identities.origins.next()),
            creation_url,
            policy_container: PolicyContainer::default(),
            about_base_url: None,
            place: Place {
                traversable: 1,
                parent,
            },
        },
    )
}

/// Puts a cookie into the store as a response would.
fn from_server(user_agent: &UserAgent, set_cookie: &str) {
    let host = Host::Domain("alice.example".into());
    let taken = user_agent.cookies.borrow_mut().parse_and_store(
        NOW,
        set_cookie.as_bytes(),
        true,
        &host,
        "/",
        true,
        false,
        true,
        &user_agent.choices.cookie_policy,
        &Trace::off(),
    );
    assert!(taken.is_ok(), "{set_cookie}");
}

fn get(user_agent: &UserAgent, environment: &Environment) -> String {
    document_cookie::get(
        &environment.creation_url,
        &environment.origin,
        environment,
        user_agent,
        NOW,
        &Trace::off(),
    )
    .unwrap()
}

fn set(user_agent: &UserAgent, environment: &Environment, value: &str) {
    document_cookie::set(
        &environment.creation_url,
        &environment.origin,
        environment,
        user_agent,
        NOW,
        value,
        &Trace::off(),
    )
    .unwrap();
}

#[test]
fn scripts_see_all_but_http_only_cookies() {
    let user_agent = UserAgent::default();
    from_server(&user_agent, "session=secret; HttpOnly");
    from_server(&user_agent, "theme=dark");
    from_server(&user_agent, "deep=1; Path=/deep");
    from_server(&user_agent, "safe=1; Secure");
    let identities = Identities::default();
    let page = window(&identities, "https://alice.example/", None);
    assert_eq!(get(&user_agent, &page), "theme=dark; safe=1");
    let plain = window(&identities, "http://alice.example/deep/x", None);
    assert_eq!(get(&user_agent, &plain), "deep=1; theme=dark");
    let other = window(&identities, "https://charlie.example/", None);
    assert_eq!(get(&user_agent, &other), "");
}

#[test]
fn scripts_set_cookies_but_not_http_only_ones() {
    let user_agent = UserAgent::default();
    let identities = Identities::default();
    let page = window(&identities, "https://alice.example/", None);
    set(&user_agent, &page, "a=1; Path=/");
    set(&user_agent, &page, "b=2; HttpOnly");
    set(&user_agent, &page, "c=3; Domain=example");
    set(&user_agent, &page, "d=4; Domain=charlie.example");
    assert_eq!(get(&user_agent, &page), "a=1");
    from_server(&user_agent, "session=secret; HttpOnly");
    set(&user_agent, &page, "session=mine");
    assert_eq!(
        get(&user_agent, &page),
        "a=1",
        "an HttpOnly cookie cannot be overwritten"
    );
}

#[test]
fn below_another_site_same_site_cookies_are_out_of_sight() {
    let user_agent = UserAgent::default();
    from_server(&user_agent, "strict=1; SameSite=Strict");
    from_server(&user_agent, "lax=1; SameSite=Lax");
    from_server(&user_agent, "none=1; SameSite=None; Secure");
    let identities = Identities::default();
    let charlie = window(&identities, "https://charlie.example/", None);
    let framed = window(&identities, "https://alice.example/", Some(&charlie));
    assert_eq!(get(&user_agent, &framed), "none=1");
    let top = window(&identities, "https://alice.example/", None);
    let own = window(&identities, "https://alice.example/", Some(&top));
    assert_eq!(get(&user_agent, &own), "strict=1; lax=1; none=1");
}

#[test]
fn nobodys_documents_have_no_cookies() {
    let user_agent = UserAgent::default();
    from_server(&user_agent, "a=1");
    let identities = Identities::default();
    let data = window(&identities, "data:text/html,x", None);
    assert_eq!(get(&user_agent, &data), "", "its URL has no cookies anyway");
    let page = window(&identities, "https://alice.example/", None);
    let sandboxed = identities.origins.next();
    let url = page.creation_url.clone();
    let read = document_cookie::get(&url, &sandboxed, &page, &user_agent, NOW, &Trace::off());
    assert_eq!(read.unwrap_err().name, "SecurityError");
    let written = document_cookie::set(
        &url,
        &sandboxed,
        &page,
        &user_agent,
        NOW,
        "b=1",
        &Trace::off(),
    );
    assert_eq!(written.unwrap_err().name, "SecurityError");
}
