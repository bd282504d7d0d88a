//! Cookies of other sites than the page's, under the choices that browsers make.

mod support;

use crossexam_browser::BrowserOptions;
use crossexam_fetch::third_party_cookies::ThirdPartyCookies;
use support::Scene;

/// What Alice's frame finds in `document.cookie` on the way: in Charlie's page, there again, in Dora's page, and at the top
/// level. Each time it counts up a cookie of its own.
fn counted(choice: ThirdPartyCookies) -> Vec<String> {
    let mut options = BrowserOptions::default();
    options.choices.third_party_cookies = choice;
    let scene = Scene::with(options);
    scene.page(
        "alice",
        "<script>
            const seen = Number(/n=(\\d+)/.exec(document.cookie)?.[1] ?? 0);
            document.cookie = `n=${seen + 1}; Secure; SameSite=None`;
            console.log(seen);
        </script>",
    );
    for embedder in ["charlie", "dora"] {
        scene.page(embedder, "<iframe src='https://alice.example/'></iframe>");
    }
    for place in ["charlie", "charlie", "dora", "alice", "charlie"] {
        scene.visit(&format!("https://{place}.example/"));
    }
    scene
        .console()
        .iter()
        .map(|line| line.replace("https://alice.example: ", ""))
        .collect()
}

#[test]
fn a_frame_shares_its_cookies_with_its_other_places_as_the_browser_chooses() {
    assert_eq!(counted(ThirdPartyCookies::Allow), ["0", "1", "2", "3", "4"]);
    assert_eq!(counted(ThirdPartyCookies::Block), ["0", "0", "0", "0", "0"]);
    assert_eq!(
        counted(ThirdPartyCookies::Partition),
        ["0", "1", "0", "0", "2"]
    );
}
