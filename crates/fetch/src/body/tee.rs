//! Two streams of one.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use super::{BodyError, BodyStream};

/// One of two streams that were one. A clone is a handle of the same branch.
#[derive(Debug, Clone)]
pub(super) struct Branch(Rc<Handle>);

/// A branch is canceled when its last handle goes.
#[derive(Debug)]
struct Handle {
    shared: Rc<RefCell<Shared>>,
    which: usize,
}

#[derive(Debug)]
struct Shared {
    source: BodyStream,
    end: Option<Result<(), BodyError>>,
    sides: [Side; 2],
}

#[derive(Debug, Default)]
struct Side {
    /// What the other side has read already.
    chunks: VecDeque<Bytes>,
    canceled: bool,
    waker: Option<Waker>,
}

impl Branch {
    pub(super) fn pair(source: BodyStream) -> (Self, Self) {
        let shared = Rc::new(RefCell::new(Shared {
            source,
            end: None,
            sides: Default::default(),
        }));
        let branch = |which| {
            Self(Rc::new(Handle {
                shared: Rc::clone(&shared),
                which,
            }))
        };
        (branch(0), branch(1))
    }

    pub(super) fn poll_chunk(
        &self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Option<Bytes>, BodyError>> {
        let which = self.0.which;
        let shared = &mut *self.0.shared.borrow_mut();
        let [own, other] = shared.sides.each_mut();
        let (own, other) = if which == 0 {
            (own, other)
        } else {
            (other, own)
        };
        if let Some(chunk) = own.chunks.pop_front() {
            return Poll::Ready(Ok(Some(chunk)));
        }
        if own.canceled {
            return Poll::Ready(Ok(None));
        }
        if let Some(end) = &shared.end {
            return Poll::Ready(end.clone().map(|()| None));
        }
        let Poll::Ready(result) = shared.source.poll_chunk(context) else {
            // The source wakes whoever asked last, and that one wakes the other.
            own.waker = Some(context.waker().clone());
            return Poll::Pending;
        };
        match &result {
            Ok(Some(chunk)) if !other.canceled => other.chunks.push_back(chunk.clone()),
            Ok(Some(_)) => {}
            Ok(None) => shared.end = Some(Ok(())),
            Err(error) => shared.end = Some(Err(error.clone())),
        }
        if let Some(waker) = other.waker.take() {
            waker.wake();
        }
        Poll::Ready(result)
    }

    pub(super) fn cancel(&self) {
        self.0.cancel();
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Handle {
    fn cancel(&self) {
        let shared = &mut *self.shared.borrow_mut();
        let own = &mut shared.sides[self.which];
        own.canceled = true;
        own.chunks.clear();
        if shared.sides.iter().all(|side| side.canceled) {
            shared.source.cancel();
        } else if let Some(waker) = shared.sides[1 - self.which].waker.take() {
            // It must ask the source itself from now on.
            waker.wake();
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.cancel();
    }
}
