//! Elements with images, and what else is asked for on the way.

mod support;

use crossexam_js::{DocumentProgress, ElementLoad, ElementOutcome, LoadingElement};
use support::page::{Page, loaded};

fn asked(load: &ElementLoad) -> (LoadingElement, &str, bool) {
    (load.element, &load.url, load.uses_source_set)
}

#[test]
fn a_picture_chooses_and_chooses_again() {
    let page = Page::of(
        "<img src=plain.png srcset=set.png><picture><source srcset=source.png><p></p><img src=own.png></picture>
         <template><img src=never.png></template><picture><img id=none></picture>",
    );
    let (set, load) = page.load();
    assert_eq!(asked(&load), (LoadingElement::Image, "set.png", true));
    let (chosen, load) = page.load();
    assert_eq!(asked(&load), (LoadingElement::Image, "source.png", true));
    page.nothing_asked();
    page.deliver(set, ElementOutcome::Failed);
    page.deliver(chosen, loaded(""));
    assert_eq!(
        page.value("document.images[1].currentSrc"),
        "https://charlie.example/page/source.png"
    );
    page.run(
        "const image = document.images[1];
         image.onload = () => console.log(image.naturalWidth);
         document.querySelector('source').srcset = 'other.png';
         document.querySelector('source').media = 'all';
         console.log(image.complete)",
    );
    let (other, load) = page.load();
    assert_eq!(asked(&load), (LoadingElement::Image, "other.png", true));
    page.nothing_asked();
    page.deliver(other, loaded(""));
    assert_eq!(page.console(), ["false", "3"]);
    // One that a script puts together, out of the document.
    page.run(
        "const picture = document.createElement('picture'), source = document.createElement('source');
         picture.append(source, new Image());
         source.srcset = 'made.png'",
    );
    assert_eq!(
        asked(&page.load().1),
        (LoadingElement::Image, "made.png", true)
    );
}

#[test]
fn buttons_posters_and_images_of_svg_have_an_image() {
    let page = Page::of(
        "<input type=image src=button.png onload=\"console.log('button')\"><input src=none.png><video poster=poster.png></video>
         <svg><image href=svg.png crossorigin></image></svg>",
    );
    let (button, load) = page.load();
    assert_eq!(
        asked(&load),
        (LoadingElement::ImageButton, "button.png", false)
    );
    let (poster, load) = page.load();
    assert_eq!(asked(&load), (LoadingElement::Poster, "poster.png", false));
    let (svg, load) = page.load();
    assert_eq!(asked(&load), (LoadingElement::SvgImage, "svg.png", false));
    assert_eq!(load.cross_origin.as_deref(), Some(""));
    page.nothing_asked();
    page.run(
        "document.querySelector('image').onerror = () => console.log('svg');
         document.querySelector('video').onload = () => console.log('never')",
    );
    page.deliver(button, loaded(""));
    page.deliver(poster, loaded(""));
    assert_eq!(page.progress(), DocumentProgress::Interactive);
    page.deliver(svg, ElementOutcome::Failed);
    assert_eq!(page.console(), ["button", "svg"]);
    assert_eq!(page.progress(), DocumentProgress::Complete);
    page.run("document.querySelectorAll('input')[1].type = 'image'");
    assert_eq!(
        asked(&page.load().1),
        (LoadingElement::ImageButton, "none.png", false)
    );
}

#[test]
fn links_ask_for_what_they_are_for() {
    let page = Page::of(
        "<link rel=preload href=a as=font crossorigin><link rel=preload href=b><link rel=preload href=c as=document>
         <link rel=modulepreload href=d><link rel=prefetch href=e as=image><link rel='shortcut icon' href=f>",
    );
    let kinds: Vec<_> = (0..4)
        .map(|_| {
            let (_, load) = page.load();
            (load.element, load.url, load.potential_destination)
        })
        .collect();
    let of = |element, url: &str, potential: Option<&str>| {
        (element, url.to_owned(), potential.map(str::to_owned))
    };
    assert_eq!(
        kinds,
        [
            of(LoadingElement::Preload, "a", Some("font")),
            of(LoadingElement::ModuleScript, "d", None),
            of(LoadingElement::Prefetch, "e", Some("image")),
            of(LoadingElement::Icon, "f", None),
        ]
    );
    page.nothing_asked();
    assert_eq!(
        page.value(
            "['PreLoad', 'icon', 'noopener'].map((token) => document.createElement('link').relList.supports(token)).join()"
        ),
        "true,true,false"
    );
    assert_eq!(
        page.value("document.createElement('a').relList.supports('noopener')"),
        "true"
    );
    assert_eq!(
        page.value(
            "(() => { try { return document.body.classList.supports('a'); } catch (error) { return error.name; } })()"
        ),
        "TypeError"
    );
}

#[test]
fn a_default_track_is_read_as_its_video_says() {
    let page = Page::of(
        "<video crossorigin=use-credentials><track src=captions.vtt default onload=\"console.log('track')\"><track src=other.vtt></video>
         <track src=nowhere.vtt default>",
    );
    let (track, load) = page.load();
    assert_eq!(asked(&load), (LoadingElement::Track, "captions.vtt", false));
    assert_eq!(load.cross_origin.as_deref(), Some("use-credentials"));
    page.nothing_asked();
    page.deliver(track, loaded(""));
    assert_eq!(page.console(), ["track"]);
    page.run(
        "const video = document.querySelector('video');
         video.crossOrigin = undefined;
         video.lastChild.default = true",
    );
    assert_eq!(page.load().1.cross_origin, None);
}
