//! The two ends of a WebSocket connection.
//!
//! MODEL: what travels is whole messages. Frames, masks, fragments, pings and extensions of the protocol are not
//! modelled: no page can tell.
//!
//! <https://www.rfc-editor.org/rfc/rfc6455#section-1.2>

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use bytes::Bytes;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Text.
    Text(String),
    /// Bytes.
    Binary(Bytes),
}

impl Message {
    /// The bytes as they travel.
    pub fn bytes(&self) -> Bytes {
        match self {
            Self::Text(text) => Bytes::copy_from_slice(text.as_bytes()),
            Self::Binary(bytes) => bytes.clone(),
        }
    }
}

/// A Close frame. <https://www.rfc-editor.org/rfc/rfc6455#section-5.5.1>
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Close {
    /// The status code; without one the frame is empty.
    pub code: Option<u16>,
    /// The reason, at most 123 bytes.
    pub reason: String,
}

/// What arrives at an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A message.
    Message(Message),
    /// The other side begins, or answers, the closing handshake.
    Close(Close),
}

/// One direction.
#[derive(Debug, Default)]
struct Pipe {
    frames: VecDeque<Frame>,
    /// Nothing more will come: the connection is closed, or broke.
    ended: bool,
    waker: Option<Waker>,
}

impl Pipe {
    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// One end of a connection. Dropping the last handle of an end closes the connection on both sides.
#[derive(Debug, Clone)]
pub struct Endpoint(Rc<End>);

#[derive(Debug)]
struct End {
    incoming: Rc<RefCell<Pipe>>,
    outgoing: Rc<RefCell<Pipe>>,
}

impl Drop for End {
    fn drop(&mut self) {
        end(&self.incoming);
        end(&self.outgoing);
    }
}

fn end(pipe: &RefCell<Pipe>) {
    let mut pipe = pipe.borrow_mut();
    pipe.ended = true;
    pipe.wake();
}

/// A connection: its two ends.
pub fn connection() -> (Endpoint, Endpoint) {
    let one: Rc<RefCell<Pipe>> = Rc::default();
    let other: Rc<RefCell<Pipe>> = Rc::default();
    let near = Endpoint(Rc::new(End {
        incoming: one.clone(),
        outgoing: other.clone(),
    }));
    let far = Endpoint(Rc::new(End {
        incoming: other,
        outgoing: one,
    }));
    (near, far)
}

impl Endpoint {
    /// Sends something. What is sent over a connection that is closed goes nowhere.
    pub fn send(&self, frame: Frame) {
        let mut pipe = self.0.outgoing.borrow_mut();
        if !pipe.ended {
            pipe.frames.push_back(frame);
            pipe.wake();
        }
    }

    /// Closes the connection below the protocol: what is on its way still arrives, and then nothing.
    pub fn disconnect(&self) {
        end(&self.0.outgoing);
        end(&self.0.incoming);
    }

    /// The next frame; `None` when the connection is closed.
    pub async fn receive(&self) -> Option<Frame> {
        poll_fn(|context| {
            let mut pipe = self.0.incoming.borrow_mut();
            match pipe.frames.pop_front() {
                Some(frame) => Poll::Ready(Some(frame)),
                None if pipe.ended => Poll::Ready(None),
                None => {
                    pipe.waker = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

/// Two ends are the same if they are handles of the same one.
impl PartialEq for Endpoint {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Endpoint {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ready::poll_once;

    fn text(text: &str) -> Frame {
        Frame::Message(Message::Text(text.to_owned()))
    }

    #[test]
    fn frames_arrive_in_order_and_then_the_end() {
        let (near, far) = connection();
        near.send(text("one"));
        near.send(text("two"));
        assert_eq!(poll_once(far.receive()), Some(Some(text("one"))));
        near.disconnect();
        assert_eq!(poll_once(far.receive()), Some(Some(text("two"))));
        assert_eq!(poll_once(far.receive()), Some(None));
        far.send(text("late"));
        assert_eq!(poll_once(near.receive()), Some(None));
    }

    #[test]
    fn nothing_yet_is_not_the_end_but_a_dropped_end_is() {
        let (near, far) = connection();
        assert_eq!(poll_once(far.receive()), None);
        drop(near);
        assert_eq!(poll_once(far.receive()), Some(None));
    }
}
