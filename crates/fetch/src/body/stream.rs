//! The stream of a body.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use super::tee::Branch;
use crate::failure::BlockReason;

/// A stream of bytes, as its reader has it.
///
/// Clones are handles of the same stream; but of one that is there as a whole each clone is read by itself.
#[derive(Debug, Clone)]
pub struct BodyStream(Kind);

#[derive(Debug, Clone)]
enum Kind {
    /// One chunk that is there.
    Whole(Bytes),
    /// Everything is read, or there never was anything.
    Read,
    /// Chunks that come as somebody writes them.
    Written(Rc<ReaderEnd>),
    /// One of two streams that were one.
    Branch(Branch),
    /// Chunks that something is done to on their way.
    Through(Rc<RefCell<Passage>>),
}

/// Something that is done to the chunks of a stream while they are read.
pub trait Transform {
    /// Makes other bytes of a chunk, or none.
    ///
    /// # Errors
    ///
    /// Breaks the stream off.
    fn chunk(&mut self, chunk: Bytes) -> Result<Bytes, BodyError>;

    /// The last bytes, once there are no more chunks.
    ///
    /// # Errors
    ///
    /// Breaks the stream off.
    fn finish(&mut self) -> Result<Bytes, BodyError>;

    /// Why the stream is to break off before its next chunk, whether one is there or not. If there is no reason, the task
    /// is woken when there is one.
    fn interruption(&mut self, _context: &Context<'_>) -> Option<BodyError> {
        None
    }

    /// Nobody wants the rest.
    fn canceled(&mut self) {}
}

struct Passage {
    source: BodyStream,
    transform: Box<dyn Transform>,
    end: Option<Result<(), BodyError>>,
}

impl std::fmt::Debug for Passage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Passage")
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

impl Passage {
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, BodyError>> {
        loop {
            if let Some(end) = &self.end {
                return Poll::Ready(end.clone().map(|()| None));
            }
            if let Some(error) = self.transform.interruption(context) {
                self.end = Some(Err(error));
                self.source.cancel();
                continue;
            }
            let Poll::Ready(chunk) = self.source.poll_chunk(context) else {
                return Poll::Pending;
            };
            let made = match chunk {
                Ok(Some(chunk)) => self.transform.chunk(chunk),
                Ok(None) => {
                    self.end = Some(Ok(()));
                    self.transform.finish()
                }
                Err(error) => Err(error),
            };
            match made {
                Ok(bytes) if bytes.is_empty() => {}
                Ok(bytes) => return Poll::Ready(Ok(Some(bytes))),
                Err(error) => {
                    self.end = Some(Err(error));
                    self.source.cancel();
                }
            }
        }
    }
}

/// Why a stream broke off.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BodyError(pub BlockReason);

impl BodyError {
    /// Whether somebody aborted it on purpose.
    pub const fn is_aborted(&self) -> bool {
        matches!(self.0, BlockReason::Aborted)
    }
}

#[derive(Debug, Default)]
pub(super) struct Pipe {
    chunks: VecDeque<Bytes>,
    /// The bytes in `chunks`.
    waiting: usize,
    end: Option<Result<(), BodyError>>,
    canceled: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// The end of a pipe that is read. With its last handle the last reader has gone.
#[derive(Debug)]
struct ReaderEnd(Rc<RefCell<Pipe>>);

impl Drop for ReaderEnd {
    fn drop(&mut self) {
        self.0.borrow_mut().cancel();
    }
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

impl BodyStream {
    /// A stream that is there as a whole.
    pub fn whole(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self(if bytes.is_empty() {
            Kind::Read
        } else {
            Kind::Whole(bytes)
        })
    }

    /// A stream that is written while it is read.
    pub fn written() -> (BodyWriter, Self) {
        let pipe = Rc::new(RefCell::new(Pipe::default()));
        let reader = Rc::new(ReaderEnd(pipe.clone()));
        (BodyWriter(pipe), Self(Kind::Written(reader)))
    }

    /// A stream that has broken off before its first byte.
    pub fn broken(error: BodyError) -> Self {
        let (writer, stream) = Self::written();
        writer.error(error);
        stream
    }

    /// All that is left of the stream, where it is there without waiting and as a whole.
    pub fn as_whole(&self) -> Option<&Bytes> {
        static NOTHING: Bytes = Bytes::new();
        match &self.0 {
            Kind::Whole(bytes) => Some(bytes),
            Kind::Read => Some(&NOTHING),
            Kind::Written(_) | Kind::Branch(_) | Kind::Through(_) => None,
        }
    }

    /// The next chunk, never an empty one; `None` at the end.
    ///
    /// # Errors
    ///
    /// When the stream broke off. What was written before comes first.
    pub async fn read_chunk(&mut self) -> Result<Option<Bytes>, BodyError> {
        poll_fn(|context| self.poll_chunk(context)).await
    }

    /// The same, for those who poll.
    pub fn poll_chunk(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Option<Bytes>, BodyError>> {
        match &mut self.0 {
            Kind::Read => Poll::Ready(Ok(None)),
            Kind::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                self.0 = Kind::Read;
                Poll::Ready(Ok(Some(bytes)))
            }
            Kind::Written(reader) => reader.0.borrow_mut().poll_chunk(context),
            Kind::Branch(branch) => branch.poll_chunk(context),
            Kind::Through(passage) => passage.borrow_mut().poll_chunk(context),
        }
    }

    /// Nobody wants the rest. Whoever writes is told.
    pub fn cancel(&mut self) {
        match std::mem::replace(&mut self.0, Kind::Read) {
            Kind::Whole(_) | Kind::Read => {}
            Kind::Written(reader) => reader.0.borrow_mut().cancel(),
            Kind::Branch(branch) => branch.cancel(),
            Kind::Through(passage) => {
                let mut passage = passage.borrow_mut();
                if passage.end.is_none() {
                    passage.end = Some(Ok(()));
                    passage.transform.canceled();
                    passage.source.cancel();
                }
            }
        }
    }

    /// This stream with something done to its chunks, as they are read and no earlier.
    #[must_use]
    pub fn through(self, transform: impl Transform + 'static) -> Self {
        Self(Kind::Through(Rc::new(RefCell::new(Passage {
            source: self,
            transform: Box::new(transform),
            end: None,
        }))))
    }

    /// Two streams that both deliver what this one would have delivered. A chunk that only one of them has read waits
    /// for the other; what both have canceled is canceled.
    pub fn tee(&mut self) -> (Self, Self) {
        match &self.0 {
            Kind::Whole(_) | Kind::Read => (self.clone(), self.clone()),
            Kind::Written(_) | Kind::Branch(_) | Kind::Through(_) => {
                let source = Self(std::mem::replace(&mut self.0, Kind::Read));
                let (one, other) = Branch::pair(source);
                (Self(Kind::Branch(one)), Self(Kind::Branch(other)))
            }
        }
    }
}

/// Streams that are there as a whole are the same if their bytes are; others if they are handles of the same one.
impl PartialEq for BodyStream {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Kind::Written(one), Kind::Written(other)) => Rc::ptr_eq(one, other),
            (Kind::Through(one), Kind::Through(other)) => Rc::ptr_eq(one, other),
            (Kind::Branch(one), Kind::Branch(other)) => one.is(other),
            _ => match (self.as_whole(), other.as_whole()) {
                (Some(one), Some(other)) => one == other,
                (_, _) => false,
            },
        }
    }
}

impl Eq for BodyStream {}

impl Default for BodyStream {
    fn default() -> Self {
        Self(Kind::Read)
    }
}

impl<T: Into<Bytes>> From<T> for BodyStream {
    fn from(bytes: T) -> Self {
        Self::whole(bytes)
    }
}

impl Pipe {
    fn cancel(&mut self) {
        self.canceled = true;
        self.chunks.clear();
        self.waiting = 0;
        self.end.get_or_insert(Ok(()));
        wake(&mut self.writer);
        wake(&mut self.reader);
    }

    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, BodyError>> {
        if let Some(chunk) = self.chunks.pop_front() {
            self.waiting -= chunk.len();
            wake(&mut self.writer);
            return Poll::Ready(Ok(Some(chunk)));
        }
        match &self.end {
            Some(Ok(())) => Poll::Ready(Ok(None)),
            Some(Err(error)) => Poll::Ready(Err(error.clone())),
            None => {
                self.reader = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// Writes a stream. Dropping it before [`close`](Self::close) breaks the stream off.
#[derive(Debug)]
pub struct BodyWriter(Rc<RefCell<Pipe>>);

impl BodyWriter {
    /// Writes a chunk.
    pub fn write(&self, chunk: impl Into<Bytes>) {
        let chunk = chunk.into();
        let mut pipe = self.0.borrow_mut();
        if !chunk.is_empty() && pipe.end.is_none() {
            pipe.waiting += chunk.len();
            pipe.chunks.push_back(chunk);
            wake(&mut pipe.reader);
        }
    }

    /// That was the last chunk.
    pub fn close(self) {
        self.end(Ok(()));
    }

    /// There will be no more, and not because all is written.
    pub fn error(self, error: BodyError) {
        self.end(Err(error));
    }

    fn end(&self, end: Result<(), BodyError>) {
        let mut pipe = self.0.borrow_mut();
        if pipe.end.is_none() {
            pipe.end = Some(end);
            wake(&mut pipe.reader);
        }
    }

    /// Whether nobody wants the stream any more.
    pub fn is_canceled(&self) -> bool {
        self.0.borrow().canceled
    }

    /// How many bytes are written and not read.
    pub fn waiting(&self) -> usize {
        self.0.borrow().waiting
    }

    /// Waits until fewer than `most` bytes wait to be read, or nobody wants them any more.
    pub async fn until_waiting_below(&self, most: usize) {
        poll_fn(|context| self.poll_waiting_below(context, most)).await;
    }

    /// The same, for those who poll.
    pub fn poll_waiting_below(&self, context: &Context<'_>, most: usize) -> Poll<()> {
        let mut pipe = self.0.borrow_mut();
        if pipe.waiting < most || pipe.canceled {
            return Poll::Ready(());
        }
        pipe.writer = Some(context.waker().clone());
        Poll::Pending
    }
}

impl Drop for BodyWriter {
    fn drop(&mut self) {
        self.end(Err(BodyError(BlockReason::Network(
            crate::host::NetworkFailure::ConnectionReset,
        ))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Body;
    use crate::ready::poll_once;

    fn next(stream: &mut BodyStream) -> Option<Result<Option<Bytes>, BodyError>> {
        poll_once(stream.read_chunk())
    }

    fn chunk(text: &'static str) -> Option<Result<Option<Bytes>, BodyError>> {
        Some(Ok(Some(Bytes::from_static(text.as_bytes()))))
    }

    #[test]
    fn a_writer_that_waits_for_room_hears_that_the_last_reader_has_gone() {
        let (writer, stream) = BodyStream::written();
        writer.write("ten bytes.");
        assert_eq!(poll_once(writer.until_waiting_below(5)), None);
        let other = stream.clone();
        drop(stream);
        assert!(!writer.is_canceled());
        drop(other);
        assert!(writer.is_canceled());
        assert_eq!(poll_once(writer.until_waiting_below(5)), Some(()));
        assert_eq!(writer.waiting(), 0);
    }

    #[test]
    fn a_whole_stream_is_one_chunk() {
        let mut stream = BodyStream::whole("hello");
        assert_eq!(stream.as_whole().unwrap(), "hello");
        assert_eq!(next(&mut stream), chunk("hello"));
        assert_eq!(next(&mut stream), Some(Ok(None)));
        assert_eq!(next(&mut BodyStream::whole("")), Some(Ok(None)));
    }

    #[test]
    fn chunks_come_as_they_are_written() {
        let (writer, mut stream) = BodyStream::written();
        assert_eq!(next(&mut stream), None);
        writer.write("a");
        writer.write("");
        writer.write("b");
        assert_eq!(writer.waiting(), 2);
        assert_eq!(next(&mut stream), chunk("a"));
        writer.close();
        assert_eq!(next(&mut stream), chunk("b"));
        assert_eq!(next(&mut stream), Some(Ok(None)));
    }

    #[test]
    fn a_stream_breaks_off_behind_what_was_written() {
        let (writer, mut stream) = BodyStream::written();
        writer.write("a");
        drop(writer);
        assert_eq!(next(&mut stream), chunk("a"));
        assert!(matches!(next(&mut stream), Some(Err(_))));
    }

    #[test]
    fn the_writer_learns_that_nobody_reads() {
        let (writer, mut stream) = BodyStream::written();
        assert!(!writer.is_canceled());
        writer.write("a");
        assert_eq!(poll_once(writer.until_waiting_below(1)), None);
        stream.cancel();
        assert!(writer.is_canceled());
        assert_eq!(poll_once(writer.until_waiting_below(1)), Some(()));
        let (writer, stream) = BodyStream::written();
        drop(stream);
        assert!(writer.is_canceled());
    }

    #[test]
    fn both_branches_deliver_everything() {
        let (writer, stream) = BodyStream::written();
        let mut body = Body::from_stream(stream);
        let mut clone = body.clone_a_body();
        writer.write("a");
        assert_eq!(next(&mut body.stream), chunk("a"));
        writer.write("b");
        assert_eq!(next(&mut clone.stream), chunk("a"));
        assert_eq!(next(&mut clone.stream), chunk("b"));
        assert_eq!(next(&mut clone.stream), None);
        clone.stream.cancel();
        assert!(!writer.is_canceled());
        assert_eq!(next(&mut body.stream), chunk("b"));
        body.stream.cancel();
        assert!(writer.is_canceled());
    }
}
