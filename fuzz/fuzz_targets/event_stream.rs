//! Streams of server-sent events: the first byte says where to cut.
#![no_main]

use crossexam_html::event_source::{EventStreamParser, StreamEvent};
use libfuzzer_sys::fuzz_target;

fn events(pieces: &[&[u8]]) -> (Vec<StreamEvent>, String) {
    let mut parser = EventStreamParser::new("before");
    let mut events = Vec::new();
    for piece in pieces {
        parser.feed(piece, |event| events.push(event));
    }
    let id = parser.last_event_id().to_owned();
    (events, id)
}

fuzz_target!(|data: &[u8]| {
    let Some((&cut, stream)) = data.split_first() else {
        return;
    };
    let whole = events(&[stream]);
    let (first, second) = stream.split_at(usize::from(cut).min(stream.len()));
    assert_eq!(events(&[first, second]), whole);
    let bytes: Vec<&[u8]> = stream.chunks(1).collect();
    assert_eq!(events(&bytes), whole);
    for event in &whole.0 {
        assert!(!event.event_type.is_empty());
        assert!(!event.data.contains('\r'));
        assert!(!event.event_type.contains(['\r', '\n']));
        assert!(!event.last_event_id.contains(['\r', '\n', '\0']));
    }
});
