//! What elements ask for, as servers see it, and what they make of the answers.

mod support;

use std::cell::RefCell;
use std::rc::Rc;

use support::{Scene, answer, html};

/// Visits a page of Alice's; gives what she was asked for besides, and what the page wrote.
fn visit(page: &'static str) -> (Vec<String>, Vec<String>) {
    let scene = Scene::new();
    let log = Rc::new(RefCell::new(Vec::new()));
    let seen = Rc::clone(&log);
    scene.serve("alice", move |asked| {
        let header = |name: &str| asked.header(name).unwrap_or("-").to_owned();
        match asked.path.as_str() {
            "/" => return html(page),
            path => seen.borrow_mut().push(format!(
                "{path} {} {}",
                header("sec-fetch-dest"),
                header("sec-fetch-mode")
            )),
        }
        match asked.path.rsplit_once('.').map(|(_, kind)| kind) {
            Some("png") => answer(
                "image/png",
                &b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR\0\0\0\x05\0\0\0\x04\x08\x02\0\0\0"[..],
            ),
            Some("js") => answer(
                "text/javascript",
                "import data from './data.json' with { type: 'json' }; export const value = data.value;",
            ),
            Some("json") => answer("application/json", "{\"__proto__\": 1, \"value\": 2}"),
            Some("ogg") => answer("audio/ogg", &b"OggS\0"[..]),
            Some("vtt") => answer("text/vtt", "WEBVTT\n"),
            _ => answer("text/plain", "nothing of the kind"),
        }
    });
    scene.visit("https://alice.example/");
    let mut asked = log.take();
    asked.sort();
    (asked, scene.console())
}

#[test]
fn an_image_is_chosen_for_the_viewport() {
    let (asked, _) = visit(
        "<img src=/a.png srcset='/b.png 640w, /c.png 1280w'><picture>
           <source srcset=/d.png media='(max-width: 600px)'><source srcset=/e.png media='(min-width: 600px)'><img src=/f.png>
         </picture>",
    );
    assert_eq!(asked, ["/c.png image no-cors", "/e.png image no-cors"]);
}

#[test]
fn each_element_asks_for_its_own() {
    let (asked, _) = visit(
        "<input type=image src=/a><video poster=/b></video><svg><image href=/c></image></svg>
         <link rel=preload as=font href=/d crossorigin><link rel=prefetch href=/e><link rel=icon href=/f>
         <object data=/g></object><video><track default src=/h></video>",
    );
    assert_eq!(
        asked,
        [
            "/a image no-cors",
            "/b image no-cors",
            "/c image no-cors",
            "/d font cors",
            "/e empty no-cors",
            "/f image no-cors",
            "/g object navigate",
            "/h track same-origin",
        ]
    );
}

#[test]
fn what_is_none_of_its_kind_is_an_error() {
    let (_, console) = visit(
        "<script>const say = (event) => console.log(event.target.localName, event.type);</script>
         <script>
           for (const [name, url] of [['audio', '/a.ogg'], ['audio', '/b'], ['video', '/c']]) {
             const media = document.createElement(name);
             media.addEventListener('loadeddata', say);
             media.addEventListener('error', say);
             media.src = url;
           }
           const video = document.createElement('video');
           for (const url of ['/d.vtt', '/e']) {
             const track = document.createElement('track');
             track.src = url;
             track.default = true;
             track.onload = track.onerror = say;
             video.append(track);
           }
           document.documentElement.append(video);
         </script>",
    );
    let mut said: Vec<String> = console
        .iter()
        .map(|line| {
            let mut words: Vec<_> = line.rsplit(' ').take(2).collect();
            words.reverse();
            words.join(" ")
        })
        .collect();
    said.sort_unstable();
    assert_eq!(
        said,
        [
            "audio error",
            "audio loadeddata",
            "track error",
            "track load",
            "video error"
        ]
    );
}

#[test]
fn style_sheets_ask_for_images_fonts_and_sheets_of_their_own() {
    let (asked, _) = visit(
        "<style>@import '/a'; @font-face { font-family: F; src: url(/b) } p { font-family: F; background: url(/c.png) }</style>
         <p style='cursor: url(/d.png)'>text",
    );
    assert_eq!(
        asked,
        [
            "/a style no-cors",
            "/b font cors",
            "/c.png image no-cors",
            "/d.png image no-cors",
        ]
    );
}

#[test]
fn a_policy_forbids_inline_styles() {
    let (asked, _) = visit(
        "<meta http-equiv=content-security-policy content=\"style-src 'nonce-x'\"><style>p { background: url(/a.png) }</style>
         <style nonce=x>p { content: url(/b.png) }</style><p style='cursor: url(/c.png)'>text",
    );
    assert_eq!(asked, ["/b.png image no-cors"]);
}

#[test]
fn modules_import_modules() {
    let (asked, console) = visit(
        "<script type=module>
           import { value } from '/lib/a.js';
           import('/lib/a.js').then((again) => console.log('imported', value, again.value));
         </script>
         <script type=module>import './missing'; console.log('never');</script>
         <script>
           import('bare').catch((error) => console.log(error.name));
           import('./missing').catch((error) => console.log(error.name));
           const script = document.createElement('script');
           script.type = 'module';
           script.textContent = 'import \"./missing\"; console.log(`never`)';
           script.onerror = (event) => console.log(event.type);
           document.head.append(script);
         </script>",
    );
    let ask = |it: &&String| !it.starts_with("/missing");
    let asked: Vec<_> = asked.iter().filter(ask).collect();
    assert_eq!(asked, ["/lib/a.js script cors", "/lib/data.json json cors"]);
    let ends = |end: &str| console.iter().filter(|line| line.ends_with(end)).count();
    assert_eq!(ends("imported 2 2"), 1, "{console:?}");
    assert_eq!(ends("TypeError"), 2, "{console:?}");
    assert_eq!(ends(" error"), 1, "{console:?}");
    assert_eq!(ends("never"), 0, "{console:?}");
}
