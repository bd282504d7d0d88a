//! Windows: location, frames, what shows across origins, messages.

mod support;

use crossexam_js::{NavigationTarget, RealmKind, WindowAccess, WindowId};
use support::page::{Asked, OWN, Page, cross_origin};

/// A page with a frame in it, and the frame's window and operation.
fn framed(html: &str) -> (Page, WindowId, crossexam_js::OperationId) {
    let page = Page::of(html);
    match page.asked() {
        Asked::Frame(operation, window, _) => (page, window, operation),
        other => panic!("no frame: {other:?}"),
    }
}

#[test]
fn location() {
    let page = Page::of("<body>");
    assert_eq!(
        page.value("[location.href, location.origin, location.pathname, String(location), document.URL, document.location === location].join(' ')"),
        "https://charlie.example/page/index.html https://charlie.example /page/index.html https://charlie.example/page/index.html \
         https://charlie.example/page/index.html true"
    );
    page.run("location = 'a'; location.href = '/b'; location.assign('c'); location.replace('d'); location.reload(); location.hash = 'x'; location.search = '?q'; location.hash = ''");
    let mut seen = Vec::new();
    for _ in 0..7 {
        let Asked::Navigate(target, url, options) = page.asked() else {
            panic!()
        };
        assert_eq!(target, NavigationTarget::Own);
        seen.push((
            url.trim_start_matches("https://charlie.example").to_owned(),
            options.replace,
            options.reload,
        ));
    }
    let expected = [
        ("/page/a", false, false),
        ("/b", false, false),
        ("/page/c", false, false),
        ("/page/d", true, false),
        ("/page/index.html", false, true),
        ("/page/index.html#x", false, false),
        ("/page/index.html?q", false, false),
    ];
    assert_eq!(
        seen,
        expected.map(|(url, replace, reload)| (url.to_owned(), replace, reload))
    );
    page.nothing_asked();
    page.run("try { location = 'https://:bad' } catch (error) { console.log(error.name) }
              onhashchange = (event) => console.log(event.oldURL, event.newURL); delete window.location; console.log(typeof location)");
    assert_eq!(page.console(), ["SyntaxError", "object"]);
    page.agent
        .deliver_fragment_navigation(page.realm, "https://a/", "https://a/#x")
        .unwrap();
    assert_eq!(page.console(), ["https://a/ https://a/#x"]);
}

#[test]
fn a_window_alone() {
    let page = Page::of("<body>");
    for expression in [
        "window === self && window === frames && window === parent && window === top && window === globalThis",
        "opener === null && length === 0 && !closed && name === '' && frames[0] === undefined",
        "document.defaultView === window && window.window === window",
        "(() => { window.parent = 1; const kept = window.parent; delete window.parent; return kept })() === 1",
        "(() => { 'use strict'; try { window.document = 1 } catch (error) { return error.name } })() === 'TypeError'",
    ] {
        assert_eq!(page.value(expression), "true", "{expression}");
    }
    page.run(
        "var origin = 'mine'; var name = 'n'; onload = 5; close(); console.log(origin, onload)",
    );
    assert_eq!(page.console(), ["mine null"]);
    assert_eq!(page.asked(), Asked::Close(OWN));
}

#[test]
fn a_window_of_another_origin_shows_what_it_must_and_no_more() {
    let (page, window, _) = framed("<iframe id=f name=inner src=https://alice.example/></iframe>");
    page.run("w = f.contentWindow");
    for expression in [
        "f.contentDocument === null",
        "w === f.contentWindow && w === frames[0] && w === window[0] && w === frames.inner && w !== window",
        "w.window === w && w.self === w && w.frames === w && w.closed === false && w.length === 0 && w.opener === null",
        "w.then === undefined && Object.prototype.toString.call(w) === '[object Object]'",
        "Object.getPrototypeOf(w) === null && Object.isExtensible(w)",
        "Reflect.ownKeys(w).filter((key) => typeof key === 'string').sort().join() === 'blur,close,closed,focus,frames,length,location,opener,parent,postMessage,self,then,top,window'",
        "Object.getOwnPropertyDescriptor(w, 'closed').value === false && Object.keys(w).length === 0",
        "length === 1 && 'postMessage' in w && w.postMessage === w.postMessage",
    ] {
        assert_eq!(page.value(expression), "true", "{expression}");
    }
    for expression in [
        "w.document",
        "w.origin",
        "w.name",
        "w.foo",
        "w.foo = 1",
        "w.name = 'x'",
        "delete w.x",
        "w.location.href",
        "w.location.toString()",
        "w.location.pathname",
        "w.location.reload",
        "'document' in w",
        "Object.getOwnPropertyDescriptor(w, 'document')",
        "Object.defineProperty(w, 'x', { value: 1 })",
        "w.fetch",
        "w.eval",
        "w.closed = true",
        "w.addEventListener('x', () => {})",
        "w.constructor",
        "w[5]",
        "w.location.assign",
        "`${w}`",
        "w.hasOwnProperty",
        "for (const key in w.location.x) {}",
    ] {
        page.run(&format!("try {{ {expression}; console.log('nothing thrown') }} catch (error) {{ console.log(error.name, error instanceof DOMException, error.code) }}"));
        assert_eq!(page.console(), ["SecurityError true 18"], "{expression}");
    }
    page.run("w.location = 'https://alice.example/1'; w.location.href = '/2'; w.location.replace('3'); w.postMessage({ a: [1] }, '*'); w.close(); w.focus()");
    for (wanted, replaced) in [
        ("https://alice.example/1", false),
        ("https://charlie.example/2", false),
        ("https://charlie.example/page/3", true),
    ] {
        let Asked::Navigate(target, url, options) = page.asked() else {
            panic!()
        };
        assert_eq!(
            (target, url.as_str(), options.replace),
            (NavigationTarget::Window(window), wanted, replaced)
        );
    }
    let Asked::Message(to, data, origin) = page.asked() else {
        panic!()
    };
    assert_eq!((to, origin.as_str()), (window, "*"));
    assert!(!data.is_empty());
    assert_eq!(page.asked(), Asked::Close(window));
    assert_eq!(page.errors(), [""; 0]);
}

#[test]
fn messages_come_with_their_origin_and_source() {
    let (page, window, _) = framed("<iframe id=f src=https://alice.example/></iframe>");
    page.run("onmessage = (event) => { console.log(event.data.a, event.origin, event.source === f.contentWindow, event.isTrusted); event.source.postMessage(event.data.a + 1, event.origin) };
              postMessage({ a: 1 }); postMessage('x', { targetOrigin: '*' });
              try { postMessage(() => {}, '*') } catch (error) { console.log(error.name) }");
    assert_eq!(page.console(), ["DataCloneError"]);
    let Asked::Message(to, data, origin) = page.asked() else {
        panic!()
    };
    assert_eq!((to, origin.as_str()), (OWN, "/"));
    page.asked();
    page.agent
        .deliver_message(page.realm, &data, "https://alice.example", Some(window))
        .unwrap();
    assert_eq!(page.console(), ["1 https://alice.example true true"]);
    let Asked::Message(to, _, origin) = page.asked() else {
        panic!()
    };
    assert_eq!((to, origin.as_str()), (window, "https://alice.example"));
    assert!(
        page.world
            .exposed
            .borrow()
            .iter()
            .any(|(how, _)| *how == "MessageEvent.data")
    );
}

#[test]
fn frames_of_the_same_origin_reach_each_other() {
    let (page, window, operation) = framed(
        "<title>outer</title><iframe id=f></iframe><p id=shared>1</p><script>outerValue = { x: 1 }; function call() { return this === window }</script>",
    );
    let inner = page.agent.create_realm(RealmKind::Window).unwrap();
    page.place(inner, window, OWN, "https://charlie.example/inner.html");
    page.agent
        .load_document(
            inner,
            "<title>inner</title><script>foo = () => 'from ' + document.title; innerValue = parent.outerValue.x + 1;
             console.log(parent.document.title, parent === top, parent.frames[0] === window, parent.document.getElementById('shared').textContent);
             parent.document.body.append('appended'); parent.added = 5; parent.call();
             parent.addEventListener('ping', () => console.log('pinged'));
             const script = parent.document.createElement('script'); script.textContent = 'console.log(document.title)'; parent.document.body.append(script);
             </script>",
            Default::default(),
        )
        .unwrap();
    assert_eq!(page.console(), ["outer true true 1", "outer"]);
    assert_eq!(page.errors(), [""; 0]);
    page.agent.deliver_frame_load(operation).unwrap();
    page.run("dispatchEvent(new Event('ping'))");
    assert_eq!(page.console(), ["pinged"]);
    for expression in [
        "f.contentWindow.foo() === 'from inner' && f.contentWindow.innerValue === 2 && added === 5",
        "f.contentDocument.title === 'inner' && f.contentDocument.location.pathname === '/inner.html'",
        "f.contentDocument === f.contentWindow.document && f.contentWindow.parent === window",
        "document.body.textContent.includes('appended') && !(f.contentDocument.body instanceof HTMLElement)",
        "f.contentWindow.Array !== Array && f.contentWindow.eval('document.title') === 'inner'",
        "(f.contentDocument.body.append(document.createElement('i')), f.contentDocument.querySelector('i').ownerDocument === f.contentDocument)",
    ] {
        assert_eq!(page.value(expression), "true", "{expression}");
    }
    // Another document, of another origin, in the same window: the objects at hand close.
    page.run("w = f.contentWindow; held = w.document");
    page.world
        .shown
        .borrow_mut()
        .insert(window, cross_origin(window));
    page.agent.destroy_realm(inner);
    page.run("try { w.document } catch (error) { console.log(error.name) } console.log(f.contentDocument, w === f.contentWindow, held.title)");
    assert_eq!(page.console(), ["SecurityError", "null true inner"]);
    page.run("try { held.cookie } catch (error) { console.log(error.name) }");
    assert_eq!(page.console(), ["InvalidStateError"]);
}

#[test]
fn frames_come_and_go() {
    let page = Page::of("<body>");
    page.run(
        "f = document.createElement('iframe'); f.sandbox = 'allow-scripts'; f.srcdoc = '<p>x'; f.name = 'n'; f.referrerPolicy = 'origin'; f.credentialless = true;
         console.log(f.contentWindow, f.sandbox.contains('allow-scripts')); document.body.append(f); console.log(length, f.contentWindow === frames[0])",
    );
    assert_eq!(page.console(), ["null true", "1 true"]);
    let Asked::Frame(operation, window, frame) = page.asked() else {
        panic!()
    };
    assert_eq!(frame.srcdoc.as_deref(), Some("<p>x"));
    assert_eq!(
        (
            frame.sandbox.as_deref(),
            frame.name.as_str(),
            frame.credentialless
        ),
        (Some("allow-scripts"), "n", true)
    );
    page.run("f.onload = () => console.log('loaded'); f.src = 'ignored'; f.removeAttribute('srcdoc'); f.src = '/next'");
    let Asked::UpdateFrame(_, update) = page.asked() else {
        panic!()
    };
    assert_eq!(
        (update.src.as_deref(), update.srcdoc),
        (Some("ignored"), None)
    );
    assert!(matches!(page.asked(), Asked::UpdateFrame(..)));
    page.agent.deliver_frame_load(operation).unwrap();
    page.agent.deliver_frame_load(operation).unwrap();
    assert_eq!(page.console(), ["loaded", "loaded"]);
    page.run("f.remove(); console.log(length, window[0], f.contentWindow)");
    assert_eq!(page.console(), ["0 undefined null"]);
    assert_eq!(page.asked(), Asked::RemoveFrame(window));
    page.agent.deliver_frame_load(operation).unwrap();
    assert_eq!(page.console(), [""; 0]);
    page.nothing_asked();
}

#[test]
fn windows_are_opened() {
    let page = Page::of(
        "<button id=b onclick=\"w = open('https://alice.example/', 'pop', 'width=100')\">x</button>",
    );
    page.run("console.log(open('/a', '_blank', 'noopener'))");
    assert_eq!(page.console(), ["null"]);
    let Asked::Navigate(target, url, options) = page.asked() else {
        panic!()
    };
    assert_eq!(
        (target, url.as_str()),
        (
            NavigationTarget::Named("_blank".to_owned()),
            "https://charlie.example/a"
        )
    );
    assert!(options.no_opener && !options.no_referrer && !options.user_activation);
    page.agent.user_click(page.realm, "#b").unwrap();
    let Asked::Navigate(target, _, options) = page.asked() else {
        panic!()
    };
    assert_eq!(target, NavigationTarget::Named("pop".to_owned()));
    assert!(!options.no_opener && options.user_activation);
    page.run("console.log(w.closed); w.postMessage('hello', 'https://alice.example')");
    assert!(matches!(page.asked(), Asked::Message(..)));
    let id = WindowId(102);
    let WindowAccess::CrossOrigin {
        frames,
        parent,
        top,
        opener,
        ..
    } = cross_origin(id)
    else {
        panic!()
    };
    page.world.shown.borrow_mut().insert(
        id,
        WindowAccess::CrossOrigin {
            frames,
            closed: true,
            parent,
            top,
            opener,
        },
    );
    page.run("console.log(w.closed)");
    assert_eq!(page.console(), ["false", "true"]);
}

#[test]
fn a_document_without_scripting_runs_none() {
    let page = Page::empty();
    let source = crossexam_js::DocumentSource {
        scripting: false,
        ..Default::default()
    };
    page.agent
        .load_document(page.realm, "<script>console.log(1)</script><noscript>shown</noscript><body onload='console.log(2)'><img src=x>", source)
        .unwrap();
    page.agent
        .deliver_element_load(page.load().0, crossexam_js::ElementOutcome::Failed)
        .unwrap();
    assert_eq!(page.console(), [""; 0]);
    assert_eq!(page.agent.visible_text(page.realm).unwrap(), "shown");
    assert_eq!(page.progress(), crossexam_js::DocumentProgress::Complete);
}

#[test]
fn text_is_shown_as_it_is() {
    let page = Page::empty();
    let source = crossexam_js::DocumentSource {
        content_type: "application/json",
        ..Default::default()
    };
    page.agent
        .load_document(
            page.realm,
            "{\"a\":\n \"<script>console.log(1)</script>\"}",
            source,
        )
        .unwrap();
    assert_eq!(
        page.agent.visible_text(page.realm).unwrap(),
        "{\"a\":\n\"<script>console.log(1)</script>\"}"
    );
    assert_eq!(page.console(), [""; 0]);
}

#[test]
fn realms_that_are_gone_leave_their_memory() {
    let page = Page::with_limits(crossexam_js::Limits {
        memory_bytes: 16 << 20,
        ..Default::default()
    });
    for round in 0..100 {
        let realm = page
            .agent
            .create_realm(RealmKind::Window)
            .unwrap_or_else(|error| panic!("{round}: {error}"));
        page.place(realm, OWN, OWN, support::page::PAGE_URL);
        let html = "<p id=p>x<script>p.onclick = () => document; addEventListener('load', () => p.click())</script>";
        page.agent
            .load_document(realm, html, Default::default())
            .unwrap_or_else(|error| panic!("{round}: {error}"));
        page.agent.destroy_realm(realm);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]
    /// Whatever the bytes are, loading comes to its end without a panic and without errors of the bootstrap's own.
    #[test]
    fn every_document_loads(html in "(<(/|)(div|p|table|tr|td|form|input|select|option|script|style|template|iframe|a|b|i|body|html|svg|base|meta|title)( (id|name|src|href|onclick|type|form|class)=[a-z]{0,3}| x){0,3}>|[a-z <>&\"'\u{0}\n=!-]|\\PC){0,40}") {
        let page = Page::of(&html);
        for error in page.errors() {
            proptest::prop_assert!(!error.contains("bootstrap") && !error.contains("dom-"), "{}", error);
        }
        page.agent.visible_text(page.realm).unwrap();
        let round = page.value("(document.documentElement.outerHTML, document.querySelectorAll('*').length > 0)");
        proptest::prop_assert_eq!(round, "true");
    }
}
