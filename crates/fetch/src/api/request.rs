//! The `Request` class: what a script may ask for.
//!
//! <https://fetch.spec.whatwg.org/#request-class>

use std::rc::Rc;

use bytes::Bytes;
use crossexam_web::method::{
    is_cors_safelisted_method, is_forbidden_method, is_method, normalize_a_method,
};
use crossexam_web::{HeaderList, Origin, algorithm};
use smallvec::smallvec;
use url::Url;

use super::ApiError;
use super::body::{BodyInit, Keepalive, extract};
use super::headers::{Guard, Headers, HeadersInit};
use crate::body::BodySource;
use crate::client::Environment;
use crate::referrer_policy::ReferrerPolicy;
use crate::request::{
    CacheMode, CredentialsMode, InitiatorType, Mode, Priority, RedirectMode, Referrer, Request,
    TraversableForUserPrompts,
};

/// The first argument.
#[derive(Debug, Clone, Copy)]
pub enum RequestInfo<'a> {
    /// A string.
    Url(&'a str),
    /// A `Request` object.
    Request(&'a RequestObject),
}

/// The second argument, after conversion. `None` is a member that does not exist.
#[derive(Debug, Clone, Default)]
pub struct RequestInit {
    /// `method`
    pub method: Option<Bytes>,
    /// `headers`
    pub headers: Option<HeadersSource>,
    /// `body`; `None` also for null.
    pub body: Option<BodyInit>,
    /// `referrer`
    pub referrer: Option<String>,
    /// `referrerPolicy`; the inner `None` is the empty string.
    pub referrer_policy: Option<Option<ReferrerPolicy>>,
    /// `mode`
    pub mode: Option<Mode>,
    /// `credentials`
    pub credentials: Option<CredentialsMode>,
    /// `cache`
    pub cache: Option<CacheMode>,
    /// `redirect`
    pub redirect: Option<RedirectMode>,
    /// `integrity`
    pub integrity: Option<String>,
    /// `keepalive`
    pub keepalive: Option<bool>,
    /// `window`: whether it is null.
    pub window_is_null: Option<bool>,
    /// `signal`
    pub signal: Option<SignalInit>,
    /// `duplex`
    pub duplex: Option<Duplex>,
    /// `priority`
    pub priority: Option<Priority>,
    /// Whether there is a `body` that is null.
    pub body_is_null: bool,
}

/// The `duplex` member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duplex {
    /// "half", its only value.
    Half,
}

/// The `signal` member. The signal itself is the binding's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignalInit {
    /// Null.
    Null,
    /// An `AbortSignal`.
    Signal,
}

/// Which signal a request object's own depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignalSource {
    /// None.
    None,
    /// That of the `Request` object that was given.
    Input,
    /// The `signal` member.
    Init,
}

/// The `headers` member.
#[derive(Debug, Clone)]
pub enum HeadersSource {
    /// A `Headers` object.
    Headers(HeaderList),
    /// Something to fill with.
    Init(HeadersInit),
}

impl RequestInit {
    /// <https://webidl.spec.whatwg.org/#dictionary-not-empty>, the other way round.
    fn is_empty(&self) -> bool {
        let Self {
            method,
            headers,
            body,
            referrer,
            referrer_policy,
            mode,
            credentials,
            cache,
            redirect,
            integrity,
            keepalive,
            window_is_null,
            signal,
            duplex,
            priority,
            body_is_null,
        } = self;
        method.is_none()
            && headers.is_none()
            && body.is_none()
            && referrer.is_none()
            && referrer_policy.is_none()
            && mode.is_none()
            && credentials.is_none()
            && cache.is_none()
            && redirect.is_none()
            && integrity.is_none()
            && keepalive.is_none()
            && window_is_null.is_none()
            && signal.is_none()
            && duplex.is_none()
            && priority.is_none()
            && !body_is_null
    }
}

/// A `Request` object, as far as it is no engine's: its request and its headers. While there is an object, the
/// request's header list is the one in `headers`.
#[derive(Debug, Clone)]
pub struct RequestObject {
    /// The request, its header list empty.
    pub request: Request,
    /// The headers.
    pub headers: Headers,
    /// Which signal its own depends on.
    pub signal: SignalSource,
    /// Whether the body has been read, or is being read.
    pub body_used: bool,
}

impl RequestObject {
    /// Makes an object of a request. The signal stays with the binding.
    #[algorithm("request-create", untraced)]
    pub fn create(mut request: Request, guard: Guard) -> Self {
        /// 3. Its headers are behind a guard.
        let header_list = std::mem::take(&mut request.header_list);
        let headers = Headers { guard, header_list };
        /// 4. Whose signal it follows is to be said.
        let signal = SignalSource::None;
        /// 1. The object
        /// 2. of the request
        /// 5. is what comes back.
        Self {
            request,
            headers,
            signal,
            body_used: false,
        }
    }

    /// The request, complete with its header list, to be fetched.
    pub fn to_request(&self) -> Request {
        Request {
            header_list: self.headers.header_list.clone(),
            ..self.request.clone()
        }
    }

    /// Whether the body cannot be read (again). <https://fetch.spec.whatwg.org/#body-unusable>
    pub const fn is_unusable(&self) -> bool {
        self.body_used && self.request.body.is_some()
    }

    /// `new Request(input, init)`. The signals are the binding's; it is told which one to follow.
    ///
    /// # Errors
    ///
    /// Whatever the standard has a `TypeError` for.
    pub fn new(
        input: RequestInfo<'_>,
        init: &RequestInit,
        environment: &Rc<Environment>,
    ) -> Result<Self, ApiError> {
        Self::with_guard(input, init, environment, Guard::Request)
    }

    /// The same with another guard than the standard's "request": a program that is no browser takes "none".
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new).
    #[algorithm("dom-request", untraced)]
    pub fn with_guard(
        input: RequestInfo<'_>,
        init: &RequestInit,
        environment: &Rc<Environment>,
        guard: Guard,
    ) -> Result<Self, ApiError> {
        /// 2. There is a mode to fall back to only for strings.
        let mut fallback_mode = None;
        /// 3. Strings are relative to the document or worker.
        let base_url = environment.api_base_url.borrow().clone();
        /// 4. No signal to follow yet.
        let mut signal = SignalSource::None;
        /// 1. The request to start from.
        let request;
        match input {
            /// 5. A string:
            RequestInfo::Url(input) => {
                /// 5.1. Parse it;
                /// 5.2. it must be a URL
                let parsed_url = base_url.join(input).map_err(|_| ApiError::Url {
                    url: input.to_owned(),
                })?;
                /// 5.3. without a user name and a password.
                if !parsed_url.username().is_empty() || parsed_url.password().is_some() {
                    return Err(ApiError::UrlWithCredentials {
                        url: input.to_owned(),
                    });
                }
                /// 5.4. The rest is as usual,
                request = Request::new(parsed_url);
                /// 5.5. but CORS is spoken.
                fallback_mode = Some(Mode::Cors);
            }
            /// 6. Or a request object:
            RequestInfo::Request(input) => {
                /// 6.1. It is a request object:
                /// 6.2. the request inside it,
                request = input.to_request();
                /// 6.3. and its signal.
                signal = SignalSource::Input;
            }
        }
        /// 7. Whose script it is.
        let origin: &Origin = &environment.origin;
        /// 8. Who is asked for a password is decided later.
        // NB: step 9 is about requests that a service worker hands on; every other request says "client" here.
        let mut traversable_for_user_prompts = TraversableForUserPrompts::Client;
        match init.window_is_null {
            /// 10. `window` says nothing but null,
            Some(false) => return Err(ApiError::WindowNotNull),
            /// 11. and then nobody is asked.
            Some(true) => traversable_for_user_prompts = TraversableForUserPrompts::NoTraversable,
            None => {}
        }
        /// 12. A new request with what scripts may carry over.
        let mut request = Request {
            method: request.method,
            header_list: request.header_list,
            unsafe_request: true,
            client: Some(Rc::clone(environment)),
            traversable_for_user_prompts,
            origin: request.origin,
            referrer: request.referrer,
            referrer_policy: request.referrer_policy,
            mode: request.mode,
            credentials_mode: request.credentials_mode,
            cache_mode: request.cache_mode,
            redirect_mode: request.redirect_mode,
            integrity_metadata: request.integrity_metadata,
            keepalive: request.keepalive,
            reload_navigation: request.reload_navigation,
            history_navigation: request.history_navigation,
            url_list: request.url_list.clone(),
            initiator_type: Some(InitiatorType::Fetch),
            ..Request::new(request.url_list[0].clone())
        };
        /// 13. A script wants something else:
        if !init.is_empty() {
            /// 13.1. Any change makes it a script's own request: it is no navigation,
            if request.mode == Mode::Navigate {
                request.mode = Mode::SameOrigin;
            }
            /// 13.2. no reload,
            request.reload_navigation = false;
            /// 13.3. no step in history;
            request.history_navigation = false;
            /// 13.4. origin,
            request.origin = None;
            /// 13.5. referrer
            request.referrer = Referrer::Client;
            /// 13.6. and referrer policy are those of the script's document;
            request.referrer_policy = None;
            /// 13.7. redirects that were followed
            let url = request.current_url().clone();
            /// 13.8. are forgotten.
            request.url_list = smallvec![url];
        }
        /// 14. If one is asked for,
        /// 14.1. the referrer:
        if let Some(referrer) = &init.referrer {
            request.referrer = if referrer.is_empty() {
                /// 14.2. none;
                Referrer::NoReferrer
            } else {
                /// 14.3. Otherwise it is
                /// 14.3.1. a URL,
                /// 14.3.2. which it must be;
                let parsed_referrer = base_url.join(referrer).map_err(|_| ApiError::Referrer {
                    referrer: referrer.clone(),
                })?;
                let about_client =
                    parsed_referrer.scheme() == "about" && parsed_referrer.path() == "client";
                let same_origin = Origin::of_url(&parsed_referrer)
                    .is_some_and(|other| other.is_same_origin(origin));
                if about_client || !same_origin {
                    /// 14.3.3. of another origin it is not taken,
                    Referrer::Client
                } else {
                    /// 14.3.4. of the script's own it is.
                    Referrer::Url(parsed_referrer)
                }
            };
        }
        /// 15. The referrer policy that is asked for.
        if let Some(referrer_policy) = init.referrer_policy {
            request.referrer_policy = referrer_policy;
        }
        /// 16. The mode that is asked for.
        let mode = init.mode.or(fallback_mode);
        /// 17. Scripts do not navigate this way.
        if mode == Some(Mode::Navigate) {
            return Err(ApiError::NavigateMode);
        }
        /// 18. Set it.
        if let Some(mode) = mode {
            request.mode = mode;
        }
        /// 19. Credentials,
        if let Some(credentials) = init.credentials {
            request.credentials_mode = credentials;
        }
        /// 20. cache,
        if let Some(cache) = init.cache {
            request.cache_mode = cache;
        }
        /// 21. of which one mode is not for other origins' answers,
        if request.cache_mode == CacheMode::OnlyIfCached && request.mode != Mode::SameOrigin {
            return Err(ApiError::OnlyIfCached);
        }
        /// 22. redirects,
        if let Some(redirect) = init.redirect {
            request.redirect_mode = redirect;
        }
        /// 23. integrity,
        if let Some(integrity) = &init.integrity {
            request.integrity_metadata.clone_from(integrity);
        }
        /// 24. keepalive.
        if let Some(keepalive) = init.keepalive {
            request.keepalive = keepalive;
        }
        /// 25. If one is asked for,
        /// 25.1. the method
        if let Some(method) = &init.method {
            /// 25.2. must be one, and open to scripts;
            if !is_method(method) {
                return Err(ApiError::Method {
                    method: method.to_vec(),
                });
            }
            if is_forbidden_method(method) {
                return Err(ApiError::ForbiddenMethod {
                    method: method.to_vec(),
                });
            }
            /// 25.3. some are written in capitals,
            /// 25.4. and it is set.
            request.method = normalize_a_method(method.clone());
        }
        /// 26. The signal that is asked for.
        match init.signal {
            Some(SignalInit::Signal) => signal = SignalSource::Init,
            Some(SignalInit::Null) => signal = SignalSource::None,
            None => {}
        }
        /// 27. The priority that is asked for
        // NB: step 27.1 is about an internal priority that is there already; no request has one before it is fetched.
        if let Some(priority) = init.priority {
            /// 27.2. is for whoever schedules the request.
            request.priority = priority;
        }
        /// 28. That is the object's request.
        /// 31. Its headers are guarded.
        let mut this = Self::create(request, guard);
        /// 29. The one signal, if there is one,
        /// 30. is what the object's own follows.
        this.signal = signal;
        /// 32. Without CORS:
        if this.request.mode == Mode::NoCors && guard == Guard::Request {
            /// 32.1. Without CORS only the methods of forms,
            if !is_cors_safelisted_method(&this.request.method) {
                return Err(ApiError::NoCorsMethod {
                    method: this.request.method.to_vec(),
                });
            }
            /// 32.2. and only their headers.
            this.headers.guard = Guard::RequestNoCors;
        }
        /// 33. A script wants something else:
        if !init.is_empty() {
            /// 33.1. Headers that came along go through the guard again,
            /// 33.3. into an empty list,
            let headers = std::mem::take(&mut this.headers.header_list);
            /// 33.2. unless others are given.
            match &init.headers {
                /// 33.4. One by one
                None => {
                    for header in &headers {
                        this.headers.append(&header.name, &header.value)?;
                    }
                }
                Some(HeadersSource::Headers(headers)) => {
                    for header in headers {
                        this.headers.append(&header.name, &header.value)?;
                    }
                }
                /// 33.5. or as a script wrote them.
                Some(HeadersSource::Init(headers)) => this.headers.fill(headers)?,
            }
        }
        /// 34. A body that comes along.
        let input_body = match input {
            RequestInfo::Url(_) => None,
            RequestInfo::Request(input) => input.request.body.as_ref(),
        };
        /// 35. `GET` and `HEAD` have none.
        if (init.body.is_some() || input_body.is_some())
            && matches!(&this.request.method[..], b"GET" | b"HEAD")
        {
            return Err(ApiError::BodyNotAllowed {
                method: this.request.method.to_vec(),
            });
        }
        /// 36. A body that is given,
        let mut init_body = None;
        /// 37. if there is one,
        if let Some(body) = &init.body {
            let keepalive = match this.request.keepalive {
                true => Keepalive::Yes,
                false => Keepalive::No,
            };
            /// 37.1. is extracted:
            let body_with_type = extract(body.clone(), keepalive)?;
            /// 37.3. its type
            /// 37.4. is the request's, unless a header says otherwise,
            if let Some(r#type) = &body_with_type.r#type
                && !this.headers.header_list.contains(b"content-type")
            {
                this.headers.append(b"Content-Type", r#type)?;
            }
            /// 37.2. and it is the body.
            init_body = Some(body_with_type.body);
        }
        /// 38. The one that is given, or the one that comes along.
        let input_or_init_body = init_body.as_ref().or(input_body);
        /// 39. A stream
        if input_or_init_body.is_some_and(|body| body.source == BodySource::Null) {
            /// 39.1. that is given needs `duplex`,
            if init_body.is_some() && init.duplex.is_none() {
                return Err(ApiError::StreamWithoutDuplex);
            }
            /// 39.2. needs a mode in which a preflight can be made,
            if !matches!(this.request.mode, Mode::SameOrigin | Mode::Cors) {
                return Err(ApiError::StreamMode);
            }
            /// 39.3. and needs it.
            this.request.use_cors_preflight = true;
        }
        /// 40. That is the body,
        let final_body = input_or_init_body.cloned();
        if init_body.is_none()
            && let RequestInfo::Request(input) = input
            && input.request.body.is_some()
        {
            /// 41. The other object's body
            /// 41.1. must not have been read.
            if input.is_unusable() {
                return Err(ApiError::BodyUnusable);
            }
            /// 41.2. What is read from now on is read through a proxy: the binding makes it, and the other body is used.
            debug_assert!(final_body.is_some());
        }
        /// 42. Done.
        this.request.body = final_body;
        Ok(this)
    }

    /// `clone()`. The signal is the binding's matter.
    ///
    /// # Errors
    ///
    /// [`ApiError::BodyUnusable`]
    #[algorithm("request-clone", untraced)]
    pub fn try_clone(&self) -> Result<Self, ApiError> {
        /// 1. What was read cannot be cloned.
        if self.is_unusable() {
            return Err(ApiError::BodyUnusable);
        }
        /// 2. The request again,
        let mut cloned = self.clone();
        /// 3. whose signal, for there is one,
        /// 4. is followed by a new one,
        cloned.signal = SignalSource::Input;
        /// 5. in an object with the same guard.
        /// 6. That is it.
        Ok(cloned)
    }

    /// `referrer`
    #[algorithm("request-referrer", untraced)]
    pub fn referrer(&self) -> &str {
        match &self.request.referrer {
            /// 1. None is the empty string,
            Referrer::NoReferrer => "",
            /// 2. the document's own has a name of its own,
            Referrer::Client => "about:client",
            /// 3. and the rest is a URL.
            Referrer::Url(url) => url.as_str(),
        }
    }

    /// `url`
    pub fn url(&self) -> &Url {
        self.request.url()
    }
}

#[cfg(test)]
mod tests;
