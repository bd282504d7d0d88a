//! `fetch()`, and aborting it.
//!
//! The promise, the objects and the streams are the binding's; what is done with them, and in which order, is written
//! here.
//!
//! <https://fetch.spec.whatwg.org/#fetch-method>

use std::cell::Cell;

use crossexam_web::algorithm;

use crate::response::Response;

/// What came of a fetch, as far as a call of `fetch()` asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchOutcome {
    /// A response.
    Response,
    /// A network error.
    NetworkError,
    /// A network error with its aborted flag set.
    Aborted,
}

impl FetchOutcome {
    /// That of a response.
    pub fn of(response: &Response) -> Self {
        match response.network_error() {
            None => Self::Response,
            Some(error) if error.aborted => Self::Aborted,
            Some(_) => Self::NetworkError,
        }
    }
}

/// The script's side of one call of `fetch()`.
pub trait FetchCaller {
    /// A value of the engine's, for a promise to be rejected with.
    type Error;

    /// Makes the promise that the script gets.
    fn new_promise(&self) -> Result<(), Self::Error>;

    /// Makes the request object, as `new Request()` does.
    fn new_request_object(&self) -> Result<(), Self::Error>;

    /// The abort reason of the request object's signal, if it is aborted.
    fn abort_reason(&self) -> Option<Self::Error>;

    /// Has [`FetchCall::abort`] called when the request object's signal is aborted.
    fn add_abort_steps(&self);

    /// Starts the fetch; [`FetchCall::process_response`] is called with what comes of it.
    fn start(&self) -> Result<(), Self::Error>;

    /// Aborts the fetch's controller.
    fn abort_controller(&self, error: &Self::Error);

    /// A new "AbortError" `DOMException`.
    fn abort_error(&self) -> Self::Error;

    /// Deserializes the controller's serialized abort reason; `None` if it has none, or that failed or gave undefined.
    fn deserialize_abort_reason(&self) -> Option<Self::Error>;

    /// A new `TypeError` that says nothing of what went wrong.
    fn type_error(&self) -> Self::Error;

    /// Rejects the promise, unless it is settled.
    fn reject(&self, error: &Self::Error);

    /// Makes the response object.
    fn new_response_object(&self);

    /// Resolves the promise with the response object.
    fn resolve(&self);

    /// Cancels the request's body, if it has one that is readable.
    fn cancel_request_body(&self, error: &Self::Error);

    /// Makes the response's body fail, if it has one that is readable.
    fn error_response_body(&self, error: &Self::Error);
}

/// A call of `fetch()`, as far as it is no engine's.
#[derive(Debug, Default)]
pub struct FetchCall {
    locally_aborted: Cell<bool>,
    response_object: Cell<Option<HasResponse>>,
    started: Cell<bool>,
}

/// There is a response object.
#[derive(Debug, Clone, Copy)]
struct HasResponse;

impl FetchCall {
    /// `fetch(input, init)`. The promise is the binding's.
    // NB: steps 5 and 6 are about service workers, which are not modelled; step 8 is the binding's realm.
    #[algorithm("dom-global-fetch", untraced)]
    pub fn fetch<C: FetchCaller>(caller: &C) -> Result<Self, C::Error> {
        /// 7. There is no response object,
        /// 9. nothing is aborted
        /// 10. and nothing started.
        let this = Self::default();
        /// 1. The promise that the script gets.
        caller.new_promise()?;
        /// 2. The request object, made as by a script; what goes wrong there rejects the promise.
        /// 3. In it is the request.
        if let Err(error) = caller.new_request_object() {
            caller.reject(&error);
            return Ok(this);
        }
        /// 4. A signal that is aborted already ends it here:
        if let Some(error) = caller.abort_reason() {
            /// 4.1. the promise is rejected with the reason,
            abort_a_fetch_call(caller, None, &error);
            /// 4.2. and that is all.
            return Ok(this);
        }
        /// 11. One that is aborted later ends it then.
        caller.add_abort_steps();
        /// 12. Off it goes.
        this.started.set(true);
        caller.start()?;
        /// 13. The script has the promise.
        Ok(this)
    }

    /// The signal is aborted.
    #[algorithm("dom-global-fetch", untraced)]
    pub fn abort<C: FetchCaller>(&self, caller: &C, error: &C::Error) {
        /// 11.1. Whatever comes back now comes too late.
        self.locally_aborted.set(true);
        /// 11.2. The fetch was started.
        debug_assert!(self.started.get());
        /// 11.3. It is stopped,
        caller.abort_controller(error);
        /// 11.4. and so is what the script has of it.
        abort_a_fetch_call(caller, self.response_object.get(), error);
    }

    /// The fetch has a response.
    #[algorithm("dom-global-fetch", untraced)]
    pub fn process_response<C: FetchCaller>(&self, caller: &C, response: FetchOutcome) {
        /// 12.1. Too late.
        if self.locally_aborted.get() {
            return;
        }
        /// 12.2. Somebody else has aborted it:
        if response == FetchOutcome::Aborted {
            /// 12.2.1. for the reason that they gave,
            let error = deserialize_a_serialized_abort_reason(caller);
            /// 12.2.2. with which the call is aborted,
            abort_a_fetch_call(caller, self.response_object.get(), &error);
            /// 12.2.3. and that is all.
            return;
        }
        /// 12.3. Of a network error a script learns nothing.
        if response == FetchOutcome::NetworkError {
            caller.reject(&caller.type_error());
            return;
        }
        /// 12.4. The response object, whose headers nobody changes,
        caller.new_response_object();
        self.response_object.set(Some(HasResponse));
        /// 12.5. is what the script was promised.
        caller.resolve();
    }
}

/// Aborts a call of `fetch()`.
#[algorithm("abort-fetch", untraced)]
fn abort_a_fetch_call<C: FetchCaller>(
    caller: &C,
    response_object: Option<HasResponse>,
    error: &C::Error,
) {
    /// 1. The promise is rejected, unless it is settled.
    caller.reject(error);
    /// 2. What was to be sent is not read further.
    caller.cancel_request_body(error);
    /// 3. Without a response that is all.
    /// 4. Of the response
    if let Some(HasResponse) = response_object {
        /// 5. the body fails.
        caller.error_response_body(error);
    }
}

/// Deserializes a serialized abort reason: that of the fetch's controller.
#[algorithm("deserialize-a-serialized-abort-reason", untraced)]
fn deserialize_a_serialized_abort_reason<C: FetchCaller>(caller: &C) -> C::Error {
    /// 1. An "AbortError"
    /// 2. is what is left
    let fallback_error = || caller.abort_error();
    /// 3. when there is no reason, or none that can be read.
    let deserialized_error = caller.deserialize_abort_reason();
    /// 4. That is it.
    deserialized_error.unwrap_or_else(fallback_error)
}
