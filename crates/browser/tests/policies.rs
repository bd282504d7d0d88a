//! Policies of pages, as their frames feel them.

mod support;

use support::{Scene, html};

/// What the console says where Alice's page, or her frame, forbids frames of everything.
fn with_frame_ancestors_none(page: &'static str) -> Vec<String> {
    let scene = Scene::new();
    scene.serve("alice", move |asked| {
        match asked.path.as_str() {
            "/frame" => html("<script>console.log('in')</script>"),
            _ => html(page),
        }
        .header("content-security-policy", "frame-ancestors 'none'")
    });
    scene.visit("https://alice.example/");
    let heard = scene.console();
    heard
        .into_iter()
        .filter(|line| line.ends_with("in"))
        .collect()
}

#[test]
fn frame_ancestors_keeps_a_response_out_and_no_local_document() {
    let frame = "<iframe src='/frame'></iframe>";
    assert_eq!(with_frame_ancestors_none(frame), [""; 0]);
    let data = "<iframe src='data:text/html,<script>console.log(`in`)</script>'></iframe>";
    assert_eq!(with_frame_ancestors_none(data).len(), 1);
    let blob = "<script>
        const page = new Blob(['<script>console.log(`in`)</' + 'script>'], { type: 'text/html' });
        const frame = document.createElement('iframe');
        frame.src = URL.createObjectURL(page);
        document.documentElement.append(frame);
    </script>";
    assert_eq!(with_frame_ancestors_none(blob).len(), 1);
    let srcdoc = "<iframe srcdoc='<script>console.log(`in`)</script>'></iframe>";
    assert_eq!(with_frame_ancestors_none(srcdoc).len(), 1);
}
