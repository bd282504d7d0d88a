//! What style sheets make a page ask for.

mod support;

use crossexam_js::{DocumentProgress, ElementLoad, ElementOutcome, LoadingElement};
use support::page::{Page, loaded};

fn asked(load: &ElementLoad) -> (LoadingElement, &str) {
    (load.element, &load.url)
}

#[test]
fn an_element_needs_the_image_that_wins() {
    let page = Page::of(
        "<style>
           p { background: url(type.png) } .x { background: url(class.png) } #y { background: none }
           p { cursor: url(first.png), auto; cursor: url(last.png) } q { content: url(nobody.png) }
           p:not(#z) { list-style: url(not.png) } p.x { list-style: url(weaker.png) }
           .own { border-image: url(rule.png) !important } p::before { content: url(before.png) }
         </style><p class=x>1<p id=y class=x>2<p class=own style='border-image: url(style.png); content: url(own.png)'>3",
    );
    page.run_timers();
    let mut urls = Vec::new();
    while !page.world.asked.borrow().is_empty() {
        let (_, load) = page.load();
        assert_eq!(load.element, LoadingElement::StyleImage);
        assert!(load.origin_clean);
        urls.push(load.url);
    }
    urls.sort();
    let page_of = |name: &str| format!("https://charlie.example/page/{name}");
    assert_eq!(
        urls,
        [
            "class.png",
            "last.png",
            "not.png",
            "own.png",
            "rule.png",
            "type.png"
        ]
        .map(page_of)
    );
}

#[test]
fn linked_and_imported_sheets_have_urls_of_their_own() {
    let page = Page::of("<link rel=stylesheet href=css/sheet.css><p>text</p>");
    let (sheet, load) = page.load();
    assert_eq!(asked(&load), (LoadingElement::Stylesheet, "css/sheet.css"));
    page.deliver(
        sheet,
        loaded("@import 'more/other.css'; p { background: url(a.png); cursor: none }"),
    );
    let (import, load) = page.load();
    assert_eq!(
        asked(&load),
        (
            LoadingElement::StyleImport,
            "https://charlie.example/page/css/more/other.css"
        )
    );
    assert_eq!(page.progress(), DocumentProgress::Interactive);
    page.deliver(
        import,
        loaded("p { background: url(b.png); cursor: url(c.png); list-style: url(d.png) }"),
    );
    page.run_timers();
    let (first, load) = page.load();
    assert_eq!(
        asked(&load),
        (
            LoadingElement::StyleImage,
            "https://charlie.example/page/css/a.png"
        )
    );
    // The importing sheet's declarations go before those it imports.
    let (second, load) = page.load();
    assert_eq!(
        asked(&load),
        (
            LoadingElement::StyleImage,
            "https://charlie.example/page/css/more/d.png"
        )
    );
    assert_eq!(
        load.style_base.as_deref(),
        Some("https://charlie.example/page/css/more/other.css")
    );
    page.nothing_asked();
    page.deliver(first, loaded(""));
    assert_eq!(page.progress(), DocumentProgress::Interactive);
    page.deliver(second, ElementOutcome::Failed);
    assert_eq!(page.progress(), DocumentProgress::Complete);
}

#[test]
fn styles_are_looked_at_again_when_a_script_changes_something() {
    let page = Page::of("<style>.x { background: url(x.png) }</style><p>1");
    page.run_timers();
    page.nothing_asked();
    page.run("document.querySelector('p').className = 'x'");
    page.nothing_asked();
    page.run_timers();
    assert_eq!(page.load().1.url, "https://charlie.example/page/x.png");
    // It is there already.
    page.run("document.body.append(document.querySelector('p').cloneNode())");
    page.run_timers();
    page.nothing_asked();
    page.run("document.querySelector('p').setAttribute('style', 'cursor: url(y.png)')");
    page.run_timers();
    assert_eq!(page.load().1.url, "https://charlie.example/page/y.png");
    page.run(
        "const style = document.createElement('style');
         style.textContent = 'p { content: url(z.png) }';
         style.media = 'print';
         document.head.append(style)",
    );
    page.run_timers();
    page.nothing_asked();
    page.run("style.media = 'screen'");
    page.run_timers();
    assert_eq!(page.load().1.url, "https://charlie.example/page/z.png");
}

#[test]
fn text_needs_its_fonts() {
    let page = Page::of(
        "<style>@font-face { font-family: Used; src: url(one.woff), url(two.woff) } @font-face { font-family: Unused; src: url(three.woff) }
         p, q { font-family: used, serif } q { font-family: unused }</style><p>text</p><q> </q>",
    );
    page.run("document.fonts.ready.then((fonts) => console.log(fonts === document.fonts, fonts.status)); console.log(document.fonts.status)");
    let (one, load) = page.load();
    assert_eq!(
        asked(&load),
        (
            LoadingElement::Font,
            "https://charlie.example/page/one.woff"
        )
    );
    page.nothing_asked();
    assert_eq!(page.console(), ["loading"]);
    page.deliver(one, ElementOutcome::Failed);
    let (two, load) = page.load();
    assert_eq!(load.url, "https://charlie.example/page/two.woff");
    page.deliver(two, loaded(""));
    assert_eq!(page.console(), ["true loaded"]);
    page.nothing_asked();
}
