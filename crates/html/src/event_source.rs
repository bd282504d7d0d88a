//! Server-sent events: the request of an `EventSource`, what its response may be, and the stream of events.
//!
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html>

use std::rc::Rc;
use std::time::Duration;

use crossexam_fetch::request::{CacheMode, Destination, InitiatorType};
use crossexam_fetch::{Environment, Request, Response};
use crossexam_web::algorithm;
use crossexam_web::mime::extract_a_mime_type;
use encoding_rs::{CoderResult, Decoder, UTF_8};
use url::Url;

use crate::cors_settings::{CorsSettings, SameOriginFallback, create_a_potential_cors_request};

/// How long a browser waits before it connects again, unless the stream says otherwise. (The standard leaves the value
/// to browsers: "probably in the region of a few seconds".)
pub const DEFAULT_RECONNECTION_TIME: Duration = Duration::from_secs(3);

/// Whether credentials go along to other origins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithCredentials {
    /// No.
    No,
    /// Yes.
    Yes,
}

/// The request of `new EventSource(url)`.
#[algorithm(Html, "dom-eventsource", untraced)]
pub fn event_source_request(
    url: Url,
    with_credentials: WithCredentials,
    settings: Rc<Environment>,
) -> Request {
    /// 6. Anonymous,
    let mut cors_attribute_state = CorsSettings::Anonymous;
    if with_credentials == WithCredentials::Yes {
        /// 7. or with credentials.
        cors_attribute_state = CorsSettings::UseCredentials;
    }
    /// 8. A request with CORS.
    let mut request = create_a_potential_cors_request(
        url,
        Destination::Empty,
        cors_attribute_state,
        SameOriginFallback::No,
    );
    /// 9. The page asks,
    request.client = Some(settings);
    /// 10. for a stream of events,
    request.header_list.set("Accept", "text/event-stream");
    /// 11. that no cache has,
    request.cache_mode = CacheMode::NoStore;
    /// 12. and no element waits for.
    request.initiator_type = Some(InitiatorType::Other);
    request
}

/// What becomes of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is a stream of events: the connection is open.
    Announce,
    /// Try again after the reconnection time.
    Reestablish,
    /// Give up for good.
    Fail,
}

/// What becomes of a response: "processResponse" of the constructor's fetch.
#[algorithm(Html, "dom-eventsource", untraced)]
pub fn judge_response(response: &Response) -> Verdict {
    let actual = match response {
        /// 15.1. Who aborted does not want it any more.
        Response::Error(error) if error.aborted => return Verdict::Fail,
        /// 15.2. A network error may pass. (Whether trying again is futile is left to browsers: they try.)
        Response::Error(_) => return Verdict::Reestablish,
        Response::Actual(actual) => actual,
    };
    let is_event_stream = extract_a_mime_type(&actual.internal.header_list)
        .is_some_and(|mime_type| mime_type.essence() == "text/event-stream");
    if actual.internal.status != 200 || !is_event_stream {
        /// 15.3. Anything but a 200 with the right type is final.
        return Verdict::Fail;
    }
    /// 15.4. Events will come.
    Verdict::Announce
}

/// Adds `Last-Event-ID` to a request that is made again. <https://html.spec.whatwg.org/multipage/server-sent-events.html#reestablish-the-connection>
#[algorithm(Html, "reestablish-the-connection", untraced)]
pub fn set_last_event_id(request: &mut Request, last_event_id: &str) {
    if !last_event_id.is_empty() {
        /// 5.3. Say which event came last.
        request
            .header_list
            .set("Last-Event-ID", last_event_id.as_bytes().to_vec());
    }
}

/// An event of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamEvent {
    /// Its type: `message`, unless the stream names one.
    pub event_type: String,
    /// The data, its lines joined by line feeds.
    pub data: String,
    /// The last event ID string.
    pub last_event_id: String,
}

/// Interprets a stream of events, whatever pieces it comes in.
///
/// <https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation>
pub struct EventStreamParser {
    decoder: Decoder,
    line: String,
    after_carriage_return: bool,
    data: String,
    event_type: String,
    last_event_id_buffer: String,
    last_event_id: String,
    reconnection_time: Option<Duration>,
}

impl std::fmt::Debug for EventStreamParser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventStreamParser")
            .field("last_event_id", &self.last_event_id)
            .finish_non_exhaustive()
    }
}

impl EventStreamParser {
    /// A parser at the beginning of a stream; `last_event_id` is what the source had before.
    pub fn new(last_event_id: impl Into<String>) -> Self {
        let last_event_id = last_event_id.into();
        Self {
            decoder: UTF_8.new_decoder_with_bom_removal(),
            line: String::new(),
            after_carriage_return: false,
            data: String::new(),
            event_type: String::new(),
            last_event_id_buffer: last_event_id.clone(),
            last_event_id,
            reconnection_time: None,
        }
    }

    /// The last event ID string of the source.
    pub fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    /// The reconnection time that the stream has set.
    pub const fn reconnection_time(&self) -> Option<Duration> {
        self.reconnection_time
    }

    /// Takes the next bytes; the events that they complete go to `dispatch`. What is incomplete when the stream ends is
    /// dropped with the parser.
    pub fn feed(&mut self, mut bytes: &[u8], mut dispatch: impl FnMut(StreamEvent)) {
        let mut text = String::with_capacity(
            self.decoder
                .max_utf8_buffer_length(bytes.len())
                .unwrap_or(bytes.len()),
        );
        loop {
            let (result, read, _) = self.decoder.decode_to_string(bytes, &mut text, false);
            bytes = bytes.get(read..).unwrap_or_default();
            match result {
                CoderResult::InputEmpty => break,
                CoderResult::OutputFull => text.reserve(bytes.len().max(16)),
            }
        }
        let mut rest = text.as_str();
        while let Some(first) = rest.chars().next() {
            if self.after_carriage_return {
                self.after_carriage_return = false;
                if first == '\n' {
                    rest = &rest[1..];
                    continue;
                }
            }
            let Some(end) = rest.find(['\r', '\n']) else {
                self.line.push_str(rest);
                return;
            };
            self.line.push_str(&rest[..end]);
            self.after_carriage_return = rest.as_bytes()[end] == b'\r';
            rest = &rest[end + 1..];
            let line = std::mem::take(&mut self.line);
            self.process_line(&line, &mut dispatch);
            // The line's memory serves the next one.
            self.line = line;
            self.line.clear();
        }
    }

    fn process_line(&mut self, line: &str, dispatch: &mut impl FnMut(StreamEvent)) {
        if line.is_empty() {
            self.dispatch_event(dispatch);
            return;
        }
        match line.split_once(':') {
            // A comment.
            Some(("", _)) => {}
            Some((field, value)) => {
                self.process_field(field, value.strip_prefix(' ').unwrap_or(value));
            }
            None => self.process_field(line, ""),
        }
    }

    fn process_field(&mut self, field: &str, value: &str) {
        match field {
            "event" => value.clone_into(&mut self.event_type),
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            "id" if !value.contains('\0') => value.clone_into(&mut self.last_event_id_buffer),
            "retry" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                // A time beyond all bounds is for ever.
                let milliseconds = value.parse().unwrap_or(u64::MAX);
                self.reconnection_time = Some(Duration::from_millis(milliseconds));
            }
            _ => {}
        }
    }

    /// <https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage>
    #[algorithm(Html, "dispatchMessage", untraced)]
    fn dispatch_event(&mut self, dispatch: &mut impl FnMut(StreamEvent)) {
        /// 1. The ID counts from now on, also for an event without data.
        self.last_event_id.clone_from(&self.last_event_id_buffer);
        if self.data.is_empty() {
            /// 2. Without data there is no event.
            self.event_type.clear();
            return;
        }
        let mut data = std::mem::take(&mut self.data);
        /// 3. The last line feed is none of the data.
        data.pop();
        let mut event_type = std::mem::take(&mut self.event_type);
        if event_type.is_empty() {
            /// 4. The usual type,
            event_type.push_str("message");
        }
        /// 8. and there it is.
        dispatch(StreamEvent {
            event_type,
            data,
            last_event_id: self.last_event_id.clone(),
        });
    }
}
