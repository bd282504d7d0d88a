//! Fetch params and the fetch controller.
//!
//! <https://fetch.spec.whatwg.org/#fetch-params>

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crossexam_web::{Step, Timestamp, Trace, algorithm};

use crate::failure::{BlockReason, NetworkError};
pub use crate::fetch_timing::TimingInfo;
use crate::host::{Host, InterimResponse};
use crate::request::Request;
use crate::response::Response;
use crate::user_agent::UserAgent;

/// The bookkeeping of one fetch.
#[derive(Debug)]
pub struct FetchParams<'a, H> {
    /// The request.
    pub request: Request,
    /// What the browser remembers.
    pub user_agent: &'a UserAgent,
    /// The world outside.
    pub host: &'a H,
    /// Who can stop the fetch.
    pub controller: &'a FetchController,
    /// Where the steps are recorded.
    pub trace: &'a Trace,
    /// When things happened.
    pub timing_info: TimingInfo,
    /// Whether times are less coarse.
    pub cross_origin_isolated_capability: bool,
    /// The step that let the response through, so far.
    pub passed: Option<&'static Step>,
}

/// Stops a fetch, and hears of its progress. Clones are handles of the same controller: a body that still comes keeps one.
///
/// <https://fetch.spec.whatwg.org/#fetch-controller>
///
/// The standard's controller also hands out the times of a fetch and takes a navigation's next redirect; here
/// [`Fetched`](crate::Fetched) does the one and
/// [`process_the_next_manual_redirect`](crate::process_the_next_manual_redirect) the other.
#[derive(Debug, Clone, Default)]
pub struct FetchController(Rc<Control>);

#[derive(Default)]
struct Control {
    state: Cell<ControllerState>,
    done: Cell<bool>,
    wakers: RefCell<Vec<Waker>>,
    observer: RefCell<Option<Observer>>,
}

/// Hears of a fetch's progress.
pub type Observer = Rc<dyn Fn(Progress<'_>)>;

/// What happens while a fetch goes on.
#[derive(Debug)]
pub enum Progress<'a> {
    /// So many bytes of the request's body were sent ("process request body chunk length").
    RequestBodyChunk(u64),
    /// The request's body was sent, or there is none ("process request end-of-body").
    RequestEndOfBody,
    /// An early hints response came ("process early hints response").
    EarlyHints(&'a InterimResponse),
}

impl std::fmt::Debug for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control")
            .field("state", &self.state)
            .field("done", &self.done)
            .finish_non_exhaustive()
    }
}

/// The state of a fetch controller. <https://fetch.spec.whatwg.org/#fetch-controller-state>
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ControllerState {
    /// "ongoing"
    #[default]
    Ongoing,
    /// "terminated"
    Terminated,
    /// "aborted"
    Aborted,
}

/// The fetch was aborted or terminated while something was awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Canceled;

impl FetchController {
    /// A controller whose fetch is ongoing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The state.
    pub fn state(&self) -> ControllerState {
        self.0.state.get()
    }

    /// Whether the response and its body are there (the request's done flag).
    pub fn is_done(&self) -> bool {
        self.0.done.get()
    }

    /// Sets the request's done flag.
    pub(crate) fn set_done(&self) {
        self.0.done.set(true);
    }

    /// Lets somebody hear of the fetch's progress.
    pub fn observe(&self, observer: Observer) {
        *self.0.observer.borrow_mut() = Some(observer);
    }

    /// Who hears of the fetch's progress.
    pub(crate) fn observer(&self) -> Option<Observer> {
        self.0.observer.borrow().clone()
    }

    /// Whether the fetch is aborted or terminated; if it is not, the task is woken once it is.
    pub(crate) fn poll_canceled(&self, context: &Context<'_>) -> bool {
        if self.is_canceled() {
            return true;
        }
        let mut wakers = self.0.wakers.borrow_mut();
        if !wakers.iter().any(|waker| waker.will_wake(context.waker())) {
            wakers.push(context.waker().clone());
        }
        false
    }

    /// Whether two handles are of the same controller.
    pub fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// Aborts the fetch: the page or the user wanted it stopped.
    ///
    /// The abort reason stays with the caller, which knows the realm it belongs to (steps 2 to 5).
    #[algorithm("fetch-controller-abort", untraced)]
    pub fn abort(&self) {
        /// 1. From now on the fetch is aborted.
        self.set_state(ControllerState::Aborted);
    }

    /// Terminates the fetch. <https://fetch.spec.whatwg.org/#fetch-controller-terminate>
    pub fn terminate(&self) {
        self.set_state(ControllerState::Terminated);
    }

    fn set_state(&self, state: ControllerState) {
        if self.0.state.get() == ControllerState::Ongoing {
            self.0.state.set(state);
            for waker in self.0.wakers.take() {
                waker.wake();
            }
        }
    }

    /// Whether the fetch is aborted or terminated. <https://fetch.spec.whatwg.org/#fetch-params-canceled>
    pub fn is_canceled(&self) -> bool {
        self.0.state.get() != ControllerState::Ongoing
    }

    /// Runs `future`, but stops waiting for it when the fetch is canceled.
    pub async fn unless_canceled<F: Future>(&self, future: F) -> Result<F::Output, Canceled> {
        let mut future = pin!(future);
        poll_fn(|context| {
            if self.is_canceled() {
                return Poll::Ready(Err(Canceled));
            }
            match future.as_mut().poll(context) {
                Poll::Ready(output) => Poll::Ready(Ok(output)),
                Poll::Pending if self.poll_canceled(context) => Poll::Ready(Err(Canceled)),
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }
}

impl<H: Host> FetchParams<'_, H> {
    /// The time now, coarsened as far as a page could see it.
    pub fn coarsened_shared_current_time(&self) -> Timestamp {
        coarsen_time(self.host.now(), self.cross_origin_isolated_capability)
    }

    /// The network error that fits why the fetch is canceled.
    #[algorithm("appropriate-network-error", untraced)]
    pub fn appropriate_network_error(&self) -> Response {
        /// 1. Only for a canceled fetch.
        debug_assert!(self.controller.is_canceled());
        /// 2. An aborted network error for an aborted fetch, a plain one otherwise.
        let reason = match self.controller.state() {
            ControllerState::Aborted => BlockReason::Aborted,
            ControllerState::Terminated | ControllerState::Ongoing => BlockReason::Terminated,
        };
        NetworkError::new(reason, here!()).into()
    }
}

/// Coarsens a time: to 5 microseconds where the environment is cross-origin isolated, to 100 microseconds elsewhere.
///
/// <https://w3c.github.io/hr-time/#dfn-coarsen-time>
pub fn coarsen_time(time: Timestamp, cross_origin_isolated_capability: bool) -> Timestamp {
    let resolution = if cross_origin_isolated_capability {
        5
    } else {
        100
    };
    let micros = time.as_micros();
    Timestamp::from_micros(micros.saturating_sub(micros.rem_euclid(resolution)))
}

/// How long no fetch takes: a bound for hosts that give up.
pub const LONGEST_WAIT: Duration = Duration::from_secs(300);
