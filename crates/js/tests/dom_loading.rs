//! How a document loads: the order of its scripts, of what they see, and of its events.

mod support;

use crossexam_js::{DocumentProgress, ElementOutcome, LoadingElement};
use support::page::{Asked, Page, loaded};

#[test]
fn inline_scripts_run_at_their_place_in_the_tree() {
    let page = Page::of(
        "<!doctype html><title>T</title><p id=one>1<script>
            console.log(document.readyState, document.title, !!document.getElementById('one'), document.getElementById('two'));
            console.log(document.currentScript.tagName, document.scripts.length);
        </script><p id=two>2<script>console.log(document.getElementById('two').firstChild.data)</script>",
    );
    assert_eq!(page.errors(), [""; 0]);
    assert_eq!(page.console(), ["loading T true null", "SCRIPT 1", "2"]);
    assert_eq!(page.progress(), DocumentProgress::Complete);
    assert_eq!(page.value("document.readyState"), "complete");
}

#[test]
fn microtasks_run_between_scripts() {
    let page = Page::of(
        "<script>Promise.resolve().then(() => console.log('microtask')); console.log('one')</script>
         <script>console.log('two')</script>",
    );
    assert_eq!(page.console(), ["one", "microtask", "two"]);
}

#[test]
fn the_parser_waits_for_an_external_script_and_loads_come_in_document_order() {
    let page = Page::of(
        "<img src=before.png><script src=a.js crossorigin integrity=sha256-x></script>
         <p id=after></p><img src=after.png><script>console.log('inline')</script>",
    );
    let (image, load) = page.load();
    assert_eq!(
        (load.element, load.url.as_str()),
        (LoadingElement::Image, "before.png")
    );
    let (script, load) = page.load();
    assert_eq!(
        (load.element, load.url.as_str()),
        (LoadingElement::ClassicScript, "a.js")
    );
    assert_eq!(
        (load.cross_origin.as_deref(), load.integrity.as_str()),
        (Some(""), "sha256-x")
    );
    assert!(load.parser_inserted);
    page.nothing_asked();
    assert_eq!(page.value("document.getElementById('after')"), "null");

    page.deliver_script(
        script,
        "console.log('external', document.currentScript.src, document.getElementById('after'))",
    );
    assert_eq!(
        page.console(),
        ["external https://charlie.example/page/a.js null", "inline"]
    );
    assert_eq!(page.progress(), DocumentProgress::Interactive);
    let (after, load) = page.load();
    assert_eq!(load.url, "after.png");
    page.deliver(image, ElementOutcome::Failed);
    assert_eq!(page.progress(), DocumentProgress::Interactive);
    page.deliver(after, loaded(""));
    assert_eq!(page.progress(), DocumentProgress::Complete);
    assert_eq!(
        page.value(
            "[...document.images].map((image) => [image.naturalWidth, image.complete]).join()"
        ),
        "0,true,3,true"
    );
}

#[test]
fn events_come_in_their_order() {
    let page = Page::of(
        "<body onload=\"console.log('body load', event.target === document, document.readyState)\"><script>
            document.onreadystatechange = () => console.log(document.readyState);
            document.addEventListener('DOMContentLoaded', () => console.log('parsed'));
            addEventListener('load', () => console.log('load'));
         </script>
         <script src=deferred.js defer></script><script type=module>console.log('module', document.currentScript)</script>
         <script src=async.js async></script><script>console.log('inline')</script>
         <img src=i.png onload=\"console.log('image', this.naturalHeight)\"><link rel=stylesheet href=s.css onerror=\"console.log('no style')\">
         <iframe src=f.html name=f onload=\"console.log('frame')\"></iframe>",
    );
    assert_eq!(page.errors(), [""; 0]);
    let (deferred, _) = page.load();
    let (async_script, _) = page.load();
    let (image, _) = page.load();
    let (style, _) = page.load();
    let Asked::Frame(frame, _, attributes) = page.asked() else {
        panic!()
    };
    assert_eq!(
        (attributes.src.as_deref(), attributes.name.as_str()),
        (Some("f.html"), "f")
    );
    assert_eq!(page.console(), ["inline", "interactive"]);
    page.deliver(image, loaded(""));
    page.deliver_script(async_script, "console.log('async')");
    assert_eq!(page.console(), ["image 2", "async"]);
    page.deliver_script(deferred, "console.log('deferred')");
    assert_eq!(page.console(), ["deferred", "module null", "parsed"]);
    page.deliver(style, ElementOutcome::Failed);
    assert_eq!(page.console(), ["no style"]);
    page.agent.deliver_frame_load(frame).unwrap();
    page.agent.run_microtasks().unwrap();
    assert_eq!(
        page.console(),
        ["frame", "complete", "body load true complete", "load"]
    );
    assert_eq!(page.errors(), [""; 0]);
}

#[test]
fn scripts_that_scripts_insert() {
    let page = Page::of("<body>");
    page.run(
        "const inline = document.createElement('script');
         inline.textContent = \"console.log('inside', document.currentScript === inline)\";
         document.body.append(inline);
         console.log('after');
         document.body.innerHTML = '<script>console.log(\"never\")<\\/script>';
         const again = document.body.firstChild;
         document.body.append(again);
         for (const [src, async] of [['1.js', false], ['2.js', false], ['3.js', true]]) {
           const script = document.createElement('script');
           script.src = src; script.async = async;
           script.onload = () => console.log('loaded', src);
           script.onerror = () => console.log('failed', src);
           document.head.append(script);
         }",
    );
    assert_eq!(page.console(), ["inside true", "after"]);
    let loads: Vec<_> = (0..3).map(|_| page.load().0).collect();
    page.deliver_script(loads[1], "console.log('two')");
    assert_eq!(page.console(), [""; 0]);
    page.deliver_script(loads[2], "console.log('three')");
    assert_eq!(page.console(), ["three", "loaded 3.js"]);
    page.deliver(loads[0], ElementOutcome::Failed);
    assert_eq!(page.console(), ["failed 1.js", "two", "loaded 2.js"]);
    page.nothing_asked();
    assert_eq!(page.errors(), [""; 0]);
}

#[test]
fn errors_tell_where_but_not_of_muted_scripts() {
    let page = Page::of(
        "<script>onerror = (...args) => { console.log(args.slice(0, 3).join(' ')); return true; }</script>

         <script>null.x</script><script>
            document.head.appendChild(5)</script><script src=https://alice.example/data></script>",
    );
    assert_eq!(
        page.console(),
        [
            "cannot read property 'x' of null {} 3",
            "Node.appendChild: not of type Node {} 4"
        ]
        .map(|error| format!(
            "Uncaught TypeError: {}",
            error.replace("{}", support::page::PAGE_URL)
        ))
    );
    let (operation, _) = page.load();
    page.deliver(
        operation,
        ElementOutcome::Loaded {
            text: "later = () => { throw new Error('secret') }; secret.value".to_owned(),
            muted_errors: true,
            size: None,
            cors_same_origin: false,
        },
    );
    assert_eq!(page.console(), ["Script error.  0"]);
    page.run("setTimeout(later)");
    page.run_timers();
    assert_eq!(page.console(), ["Script error.  0"]);
}

#[test]
fn an_endless_script_does_not_keep_the_document_from_loading() {
    let page = Page::with_limits(crossexam_js::Limits {
        interrupt_budget: 20,
        ..crossexam_js::Limits::default()
    });
    let error = page
        .agent
        .load_document(
            page.realm,
            "<script>for (;;) {}</script><p>after<script>console.log('next')</script>",
            Default::default(),
        )
        .unwrap_err();
    assert_eq!(error, crossexam_js::ScriptError::Runaway { budget: 20 });
    assert_eq!(page.console(), ["next"]);
    assert_eq!(page.progress(), DocumentProgress::Complete);
}

#[test]
fn images_of_scripts_load_once_their_attributes_are_set() {
    let page = Page::of("<body>");
    page.run(
        "const image = new Image(); image.src = 'one.png'; image.crossOrigin = 'use-credentials'; image.referrerPolicy = 'no-referrer';
         image.onerror = () => console.log('error'); image.decode().catch((error) => console.log(error.name));",
    );
    let (operation, load) = page.load();
    assert_eq!(load.cross_origin.as_deref(), Some("use-credentials"));
    assert_eq!(load.referrer_policy.as_deref(), Some("no-referrer"));
    assert!(!load.parser_inserted);
    page.nothing_asked();
    page.deliver(operation, ElementOutcome::Failed);
    assert_eq!(page.console(), ["error", "EncodingError"]);
    page.run("document.body.innerHTML = '<img src=x onerror=\"console.log(1)\">'");
    assert_eq!(page.load().1.url, "x");
    page.run("new DOMParser().parseFromString('<img src=y>', 'text/html'); document.createElement('template').innerHTML = '<img src=z>'");
}

#[test]
fn a_load_that_a_microtask_takes_back_does_not_hold_up_the_document() {
    let page = Page::of("<img src=a.png><body>");
    let (operation, _) = page.load();
    page.run("setTimeout(() => { const image = new Image(); image.src = 'b.png'; image.removeAttribute('src'); })");
    page.deliver(operation, loaded(""));
    page.run_timers();
    assert_eq!(page.progress(), DocumentProgress::Complete);
    let page = Page::of("<img src=a.png>");
    let (operation, _) = page.load();
    page.run("setTimeout(() => { document.images[0].crossOrigin = ''; Promise.resolve().then(() => document.images[0].removeAttribute('src')) })");
    page.run_timers();
    page.deliver(operation, loaded(""));
    assert_eq!(page.progress(), DocumentProgress::Complete);
    page.nothing_asked();
}

#[test]
fn inline_modules_that_scripts_insert_run_by_themselves() {
    let page = Page::of("<body>");
    page.run(
        "const script = document.createElement('script'); script.type = 'module'; script.textContent = 'console.log(this, document.currentScript)';
         document.body.append(script); console.log('inserted')",
    );
    assert_eq!(page.console(), ["inserted", "undefined null"]);
}

#[test]
fn a_module_that_lacks_what_it_imports_is_an_error() {
    let page = Page::of(
        "<script type=module onerror=\"console.log('one')\" onload=\"console.log('never')\">import './x.js'; console.log('never')</script>
         <script>
           const script = document.createElement('script');
           script.type = 'module';
           script.textContent = 'import { y } from \"./y.js\"; console.log(y)';
           script.onerror = () => console.log('two');
           document.head.append(script);
           import('./z.js').catch((error) => console.log(error.name));
         </script>",
    );
    let mut console = page.console();
    console.sort();
    assert_eq!(console, ["TypeError", "one", "two"]);
    assert_eq!(page.errors(), [""; 0]);
}
