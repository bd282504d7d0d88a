//! Answers that a server sends in pieces, while it makes them.
//!
//! MODEL: none of the pieces is lost, none overtakes another, and the journal's entry of the exchange has none of them:
//! it is written when the answer begins.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use bytes::Bytes;
use crossexam_fetch::body::{BodyError, BodyStream, BodyWriter};

use crate::journal::{Event, Exposure, Holder};
use crate::network::Network;
use crate::sockets::Way;

/// How many bytes may be on their way, and as many may wait at the client until somebody reads them, before the server has
/// to stop.
const WINDOW: usize = 4 << 20;

/// Stands for the body of an answer that is sent in pieces, as an extension of the [`http::Response`], whose own body is
/// empty. It counts once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pieces(u64);

/// The bodies whose answers have not begun.
#[derive(Debug, Default)]
pub(crate) struct WaitingPieces {
    next: u64,
    waiting: BTreeMap<u64, BodyStream>,
}

impl Network {
    /// The extension for an answer whose body comes from a stream.
    pub fn pieces(&self, stream: BodyStream) -> Pieces {
        let mut pieces = self.core.pieces.borrow_mut();
        let number = pieces.next;
        pieces.next += 1;
        pieces.waiting.insert(number, stream);
        Pieces(number)
    }

    /// The body that an answer's extension stands for.
    pub(crate) fn take_pieces(&self, pieces: Pieces) -> Option<BodyStream> {
        self.core.pieces.borrow_mut().waiting.remove(&pieces.0)
    }

    /// Lets the pieces travel from the server to the client's end that is returned.
    pub(crate) fn carry_pieces(&self, way: Way, at_server: BodyStream) -> BodyStream {
        let (writer, at_client) = BodyStream::written();
        let arrival = Rc::new(Arrival {
            network: self.clone(),
            way,
            writer: RefCell::new(Some(writer)),
            travelling: Cell::new(0),
        });
        let executor = self.executor().clone();
        self.executor().spawn("an answer in pieces", async move {
            let mut stream = at_server.clone();
            loop {
                arrival.until_there_is_room().await;
                while arrival.travelling.get() >= WINDOW {
                    executor.sleep(arrival.way.link.latency).await;
                }
                let piece = stream.read_chunk().await;
                arrival.travels(&piece);
                let is_last = !matches!(piece, Ok(Some(_)));
                let due = executor.sleep(arrival.way.link.latency);
                let (arrival, mut at_server) = (Rc::clone(&arrival), at_server.clone());
                executor.spawn("a piece of an answer", async move {
                    due.await;
                    if !arrival.deliver(piece) {
                        at_server.cancel();
                    }
                });
                if is_last {
                    return;
                }
            }
        });
        at_client
    }
}

struct Arrival {
    network: Network,
    way: Way,
    writer: RefCell<Option<BodyWriter>>,
    /// How many bytes are on their way.
    travelling: Cell<usize>,
}

impl Arrival {
    async fn until_there_is_room(&self) {
        poll_fn(|context| match &*self.writer.borrow() {
            Some(writer) => writer.poll_waiting_below(context, WINDOW),
            None => Poll::Ready(()),
        })
        .await;
    }

    /// A piece sets off.
    fn travels(&self, piece: &Result<Option<Bytes>, BodyError>) {
        if let Ok(Some(bytes)) = piece {
            self.travelling.update(|before| before + bytes.len());
        }
    }

    /// A piece arrives; says whether anybody wants more.
    fn deliver(&self, piece: Result<Option<Bytes>, BodyError>) -> bool {
        if let Ok(Some(bytes)) = &piece {
            self.travelling.update(|before| before - bytes.len());
        }
        let mut slot = self.writer.borrow_mut();
        let is_wanted = slot.as_ref().is_some_and(|writer| !writer.is_canceled());
        if !is_wanted {
            *slot = None;
            return false;
        }
        match (piece, &*slot) {
            (Ok(Some(bytes)), Some(writer)) => {
                if let Some(holder) = &self.way.eavesdropper {
                    self.expose(holder, bytes.clone());
                }
                writer.write(bytes);
            }
            (Ok(None), _) => {
                if let Some(writer) = slot.take() {
                    writer.close();
                }
            }
            // Of why it broke off, the other side learns nothing.
            (Err(_), _) => *slot = None,
            (Ok(Some(_)), None) => {}
        }
        true
    }

    fn expose(&self, holder: &Holder, bytes: Bytes) {
        self.network.record(Event::Exposure(Exposure {
            holder: holder.clone(),
            how: "plain HTTP response body".to_owned(),
            bytes,
        }));
    }
}
