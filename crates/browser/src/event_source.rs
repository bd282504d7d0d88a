//! `EventSource`: a fetch that is made again whenever its stream ends.

use std::rc::Rc;
use std::time::Duration;

use crossexam_fetch::{FetchController, Fetched};
use crossexam_html::event_source::{
    DEFAULT_RECONNECTION_TIME, EventStreamParser, Verdict, WithCredentials, event_source_request,
    judge_response, set_last_event_id,
};
use crossexam_js::{EventSourceEvent, OperationId};
use crossexam_web::Origin;
use url::Url;

use crate::fetching::Cause;
use crate::global::{Global, Operation};
use crate::inner::Inner;

/// What a connection leaves for the next one.
struct Source {
    url: Url,
    with_credentials: WithCredentials,
    last_event_id: String,
    reconnection_time: Duration,
}

impl Inner {
    /// `new EventSource(url)`.
    pub(crate) fn open_event_source(
        &self,
        global: &Rc<Global>,
        operation: OperationId,
        url: Url,
        with_credentials: WithCredentials,
    ) {
        let Some(browser) = self.this.upgrade() else {
            return;
        };
        let controller = Rc::new(FetchController::new());
        global.operations.borrow_mut().insert(
            operation,
            Operation::Fetch {
                controller: controller.clone(),
                keepalive: false,
            },
        );
        let global = global.clone();
        let mut source = Source {
            url,
            with_credentials,
            last_event_id: String::new(),
            reconnection_time: DEFAULT_RECONNECTION_TIME,
        };
        // A stream can go on for ever, and be connected again for ever: it is not counted as being under way, but for the
        // time until the first response.
        let name = format!("{} listens to events", self.name);
        self.executor.spawn(&name, async move {
            loop {
                let verdict = browser
                    .connect(&global, operation, &mut source, &controller)
                    .await;
                if controller.is_canceled() || global.gone.get() {
                    return;
                }
                match verdict {
                    Verdict::Announce | Verdict::Reestablish => {}
                    Verdict::Fail => {
                        global.operations.borrow_mut().remove(&operation);
                        browser.deliver_event(&global, operation, &EventSourceEvent::Failed);
                        return;
                    }
                }
                browser.deliver_event(&global, operation, &EventSourceEvent::Reconnecting);
                let pause = source.reconnection_time;
                browser.wait_a_while(pause);
                browser.executor.sleep(pause).await;
                if controller.is_canceled() || global.gone.get() {
                    return;
                }
            }
        });
    }

    /// Connects, and hands on what comes until the stream ends.
    async fn connect(
        &self,
        global: &Rc<Global>,
        operation: OperationId,
        source: &mut Source,
        controller: &FetchController,
    ) -> Verdict {
        let cause = Cause {
            client: Some(global.holder(&self.name)),
            initiator: "EventSource".to_owned(),
        };
        let mut request = event_source_request(
            source.url.clone(),
            source.with_credentials,
            global.environment.clone(),
        );
        set_last_event_id(&mut request, &source.last_event_id);
        let busy = self.activity.begin();
        let fetched = self.fetch(cause, request, controller).await;
        let Some(Fetched { mut response, .. }) = fetched else {
            return Verdict::Fail;
        };
        let verdict = judge_response(&response);
        if verdict != Verdict::Announce || controller.is_canceled() {
            return verdict;
        }
        self.deliver_event(global, operation, &EventSourceEvent::Open);
        drop(busy);
        let origin = response
            .url()
            .and_then(Origin::of_url)
            .map_or_else(|| "null".to_owned(), |origin| origin.to_string());
        let mut parser = EventStreamParser::new(source.last_event_id.as_str());
        let body = response
            .internal_mut()
            .and_then(|internal| internal.body.take());
        if let Some(mut body) = body {
            // A stream that breaks is a stream that ends.
            while let Ok(Ok(Some(chunk))) =
                controller.unless_canceled(body.stream.read_chunk()).await
            {
                let mut events = Vec::new();
                parser.feed(&chunk, |event| events.push(event));
                for event in events {
                    let event = EventSourceEvent::Message {
                        event_type: event.event_type,
                        data: event.data,
                        origin: origin.clone(),
                        last_event_id: event.last_event_id,
                    };
                    self.deliver_event(global, operation, &event);
                }
            }
        }
        parser.last_event_id().clone_into(&mut source.last_event_id);
        if let Some(time) = parser.reconnection_time() {
            source.reconnection_time = time;
        }
        Verdict::Reestablish
    }

    fn deliver_event(&self, global: &Rc<Global>, operation: OperationId, event: &EventSourceEvent) {
        let busy = self.activity.begin();
        self.wait_for_silence();
        self.run_task(global, |agent| agent.deliver_event_source(operation, event));
        drop(busy);
    }
}
