//! What sockets and streams of events bring.

use crossexam_fetch::websocket::Message;

use super::Agent;
use crate::native::data::Data;
use crate::protocol::{EventSourceEvent, OperationId, ScriptError, SocketEvent};

impl Agent {
    /// Something happens to a WebSocket connection.
    ///
    /// # Errors
    ///
    /// As for [`deliver_timer`](Self::deliver_timer).
    pub fn deliver_socket(
        &self,
        operation: OperationId,
        event: &SocketEvent,
    ) -> Result<(), ScriptError> {
        self.finish(operation, |ctx, entry, scope| match event {
            SocketEvent::Open {
                protocol,
                extensions,
            } => entry.call((operation.0, "open", &**protocol, &**extensions)),
            SocketEvent::Message(message) => {
                scope.exposed("MessageEvent.data", &message.bytes());
                match message {
                    Message::Text(text) => entry.call((operation.0, "text", &**text)),
                    Message::Binary(bytes) => {
                        let data = Data {
                            bytes: bytes.clone(),
                            outside: true,
                        };
                        entry.call((operation.0, "binary", data.wrap(ctx, scope)?))
                    }
                }
            }
            SocketEvent::Closing => entry.call((operation.0, "closing")),
            SocketEvent::Closed {
                code,
                reason,
                was_clean,
                failed,
            } => {
                let kind = if *failed { "failed" } else { "closed" };
                entry.call((operation.0, kind, *code, &**reason, *was_clean))
            }
        })
    }

    /// Something comes of an `EventSource`.
    ///
    /// # Errors
    ///
    /// As for [`deliver_timer`](Self::deliver_timer).
    pub fn deliver_event_source(
        &self,
        operation: OperationId,
        event: &EventSourceEvent,
    ) -> Result<(), ScriptError> {
        self.finish(operation, |_, entry, scope| match event {
            EventSourceEvent::Open => entry.call((operation.0, "open")),
            EventSourceEvent::Message {
                event_type,
                data,
                origin,
                last_event_id,
            } => {
                scope.exposed("MessageEvent.data", data.as_bytes());
                let (kind, event_type, data) = ("message", &**event_type, &**data);
                let (origin, id) = (&**origin, &**last_event_id);
                entry.call((operation.0, kind, event_type, data, origin, id))
            }
            EventSourceEvent::Reconnecting => entry.call((operation.0, "reconnecting")),
            EventSourceEvent::Failed => entry.call((operation.0, "failed")),
        })
    }
}
