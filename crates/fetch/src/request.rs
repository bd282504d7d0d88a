//! Requests.
//!
//! <https://fetch.spec.whatwg.org/#requests>

use std::rc::Rc;

use bytes::Bytes;
use crossexam_web::address_space::IpAddressSpace;
use crossexam_web::{HeaderList, Origin, algorithm};
use smallvec::{SmallVec, smallvec};
use url::Url;

use crate::body::Body;
use crate::client::{Environment, PolicyContainer};
use crate::referrer_policy::ReferrerPolicy;

/// A request: the input to [`fetch`](crate::fetch).
///
/// Fields that no algorithm of the model reads are left out: WebDriver BiDi ids, the internal priority, WebTransport hashes.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: Bytes,
    /// The URL list: the first is the request's URL, the last its current URL. Never empty.
    pub url_list: SmallVec<[Url; 1]>,
    /// Whether only `about:`, `blob:` and `data:` URLs may be fetched.
    pub local_urls_only: bool,
    /// The header list.
    pub header_list: HeaderList,
    /// Set by APIs that let a page choose methods and headers; makes a CORS-preflight possible.
    pub unsafe_request: bool,
    /// The body.
    pub body: Option<Body>,
    /// The environment settings object on whose behalf the fetch is made.
    pub client: Option<Rc<Environment>>,
    /// The environment a navigation is creating.
    pub reserved_client: Option<Rc<Environment>>,
    /// Where the user may be asked for a password or a certificate.
    pub traversable_for_user_prompts: TraversableForUserPrompts,
    /// Whether the request may outlive its client.
    pub keepalive: bool,
    /// Which feature asked, for resource timing.
    pub initiator_type: Option<InitiatorType>,
    /// Whether service workers may answer.
    pub service_workers_mode: ServiceWorkersMode,
    /// The initiator.
    pub initiator: Initiator,
    /// The destination.
    pub destination: Destination,
    /// The origin; `None` stands for "client".
    pub origin: Option<Origin>,
    /// Who began the top-level navigation, if this is one.
    pub top_level_navigation_initiator_origin: Option<Origin>,
    /// The policy container; `None` stands for "client".
    pub policy_container: Option<PolicyContainer>,
    /// The referrer.
    pub referrer: Referrer,
    /// The referrer policy; `None` is the empty string.
    pub referrer_policy: Option<ReferrerPolicy>,
    /// The mode.
    pub mode: Mode,
    /// Forces a CORS-preflight, for example for an upload listener.
    pub use_cors_preflight: bool,
    /// The credentials mode.
    pub credentials_mode: CredentialsMode,
    /// Whether credentials in the URL take precedence.
    pub use_url_credentials: bool,
    /// The cache mode.
    pub cache_mode: CacheMode,
    /// The redirect mode.
    pub redirect_mode: RedirectMode,
    /// Subresource integrity metadata.
    pub integrity_metadata: String,
    /// The nonce for Content Security Policy.
    pub cryptographic_nonce_metadata: String,
    /// Whether the parser inserted the element that asked.
    pub parser_metadata: ParserMetadata,
    /// Whether this navigation is a reload.
    pub reload_navigation: bool,
    /// Whether this navigation moves through the session history.
    pub history_navigation: bool,
    /// The IP address space that the page expects the target to be in.
    pub target_ip_address_space: Option<IpAddressSpace>,
    /// Which part of sound or video this is for.
    pub media_request_state: MediaRequestState,
    /// Whether this navigation submits a form.
    pub is_form_submission: bool,
    /// Whether the user's own action began this navigation.
    pub user_activation: bool,
    /// Whether rendering waits for it.
    pub render_blocking: bool,
    /// How urgent it is.
    pub priority: Priority,
    /// How many redirects were followed.
    pub redirect_count: u8,
    /// What the page may see of the response.
    pub response_tainting: ResponseTainting,
    /// Set for background revalidations.
    pub prevent_no_cache_cache_control_header_modification: bool,
    /// Whether a TAO check has failed on the way.
    pub timing_allow_failed: bool,
    /// What the redirects of a navigation have said of its timing.
    pub navigation_timing_allow_values: Vec<Vec<String>>,
}

impl Request {
    /// A `GET` request for `url` with every field as the standard has it unless stated otherwise.
    pub fn new(url: Url) -> Self {
        Self {
            method: Bytes::from_static(b"GET"),
            url_list: smallvec![url],
            local_urls_only: false,
            header_list: HeaderList::new(),
            unsafe_request: false,
            body: None,
            client: None,
            reserved_client: None,
            traversable_for_user_prompts: TraversableForUserPrompts::Client,
            keepalive: false,
            initiator_type: None,
            service_workers_mode: ServiceWorkersMode::All,
            initiator: Initiator::Empty,
            destination: Destination::Empty,
            origin: None,
            top_level_navigation_initiator_origin: None,
            policy_container: None,
            referrer: Referrer::Client,
            referrer_policy: None,
            mode: Mode::NoCors,
            use_cors_preflight: false,
            credentials_mode: CredentialsMode::SameOrigin,
            use_url_credentials: false,
            cache_mode: CacheMode::Default,
            redirect_mode: RedirectMode::Follow,
            integrity_metadata: String::new(),
            cryptographic_nonce_metadata: String::new(),
            parser_metadata: ParserMetadata::Empty,
            reload_navigation: false,
            history_navigation: false,
            target_ip_address_space: None,
            media_request_state: MediaRequestState::NotApplicable,
            is_form_submission: false,
            user_activation: false,
            render_blocking: false,
            priority: Priority::Auto,
            redirect_count: 0,
            response_tainting: ResponseTainting::Basic,
            prevent_no_cache_cache_control_header_modification: false,
            timing_allow_failed: false,
            navigation_timing_allow_values: Vec::new(),
        }
    }

    /// Clones the request: both have a body that delivers all bytes.
    #[algorithm("concept-request-clone", untraced)]
    #[must_use]
    pub fn clone_a_request(&mut self) -> Self {
        /// 1. A copy,
        let mut new_request = self.clone();
        // 2. MODEL: nobody listens with WebDriver BiDi.
        if let Some(body) = &mut self.body {
            /// 3. with a clone of the body.
            new_request.body = Some(body.clone_a_body());
        }
        /// 4. That is the clone.
        new_request
    }

    /// Adds a range header, from the byte `first` to the byte `last` inclusive, or to the end.
    #[algorithm("concept-request-add-range-header", untraced)]
    pub fn add_a_range_header(&mut self, first: u64, last: Option<u64>) {
        /// 1. A range has an end behind its beginning.
        debug_assert!(last.is_none_or(|last| first <= last));
        /// 2. In bytes,
        let mut range_value = "bytes=".to_owned();
        /// 3. from the first
        range_value.push_str(&first.to_string());
        /// 4. to
        range_value.push('-');
        if let Some(last) = last {
            /// 5. the last.
            range_value.push_str(&last.to_string());
        }
        /// 6. Append it.
        self.header_list.append("Range", range_value);
    }

    /// The URL that was asked for first.
    pub fn url(&self) -> &Url {
        &self.url_list[0]
    }

    /// The URL that is being fetched now, after redirects.
    pub fn current_url(&self) -> &Url {
        &self.url_list[self.url_list.len() - 1]
    }

    /// The current URL, to change it in place.
    pub fn current_url_mut(&mut self) -> &mut Url {
        let last = self.url_list.len() - 1;
        &mut self.url_list[last]
    }

    /// The origin, once "client" has been resolved (fetch does so first thing).
    ///
    /// # Panics
    ///
    /// Where the standard asserts that the origin is not "client". Every entry to fetching resolves it.
    #[expect(
        clippy::expect_used,
        reason = "the standard's own assertion, established by populate request from client"
    )]
    pub fn origin(&self) -> &Origin {
        self.origin
            .as_ref()
            .expect("the request's origin is still \"client\"")
    }

    /// <https://fetch.spec.whatwg.org/#subresource-request>
    pub fn is_subresource(&self) -> bool {
        self.destination.is_subresource()
    }

    /// <https://fetch.spec.whatwg.org/#navigation-request>
    pub fn is_navigation(&self) -> bool {
        use Destination as D;
        matches!(
            self.destination,
            D::Document | D::Embed | D::Frame | D::Iframe | D::Object
        )
    }
}

macro_rules! string_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_meta])* #[doc = concat!("\"", $text, "\"")] $variant),+ }

        impl $name {
            /// Every value, in the standard's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The standard's string for it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The value of that string, compared case-sensitively.
            pub fn from_keyword(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use string_enum;

string_enum! {
    /// A request's mode. <https://fetch.spec.whatwg.org/#concept-request-mode>
    Mode {
        SameOrigin = "same-origin",
        Cors = "cors",
        NoCors = "no-cors",
        Navigate = "navigate",
        WebSocket = "websocket",
        WebTransport = "webtransport",
    }
}

string_enum! {
    /// A request's credentials mode. <https://fetch.spec.whatwg.org/#concept-request-credentials-mode>
    CredentialsMode { Omit = "omit", SameOrigin = "same-origin", Include = "include" }
}

string_enum! {
    /// A request's cache mode. <https://fetch.spec.whatwg.org/#concept-request-cache-mode>
    CacheMode {
        Default = "default",
        NoStore = "no-store",
        Reload = "reload",
        NoCache = "no-cache",
        ForceCache = "force-cache",
        OnlyIfCached = "only-if-cached",
    }
}

string_enum! {
    /// A request's redirect mode. <https://fetch.spec.whatwg.org/#concept-request-redirect-mode>
    RedirectMode { Follow = "follow", Error = "error", Manual = "manual" }
}

string_enum! {
    /// A request's response tainting. <https://fetch.spec.whatwg.org/#concept-request-response-tainting>
    ResponseTainting { Basic = "basic", Cors = "cors", Opaque = "opaque" }
}

string_enum! {
    /// How far a redirect chain strayed. <https://fetch.spec.whatwg.org/#concept-request-tainted-origin>
    RedirectTaint { SameOrigin = "same-origin", SameSite = "same-site", CrossSite = "cross-site" }
}

string_enum! {
    /// A request's priority. <https://fetch.spec.whatwg.org/#request-priority>
    Priority { High = "high", Low = "low", Auto = "auto" }
}

string_enum! {
    /// A request's service-workers mode. <https://fetch.spec.whatwg.org/#request-service-workers-mode>
    ServiceWorkersMode { All = "all", None = "none" }
}

string_enum! {
    /// A request's parser metadata. <https://fetch.spec.whatwg.org/#concept-request-parser-metadata>
    ParserMetadata {
        Empty = "",
        ParserInserted = "parser-inserted",
        NotParserInserted = "not-parser-inserted",
    }
}

string_enum! {
    /// A request's initiator. <https://fetch.spec.whatwg.org/#concept-request-initiator>
    Initiator {
        Empty = "",
        Download = "download",
        ImageSet = "imageset",
        Manifest = "manifest",
        Prefetch = "prefetch",
        Prerender = "prerender",
        Xslt = "xslt",
    }
}

string_enum! {
    /// A request's initiator type. <https://fetch.spec.whatwg.org/#request-initiator-type>
    InitiatorType {
        Audio = "audio",
        Beacon = "beacon",
        Body = "body",
        Css = "css",
        EarlyHints = "early-hints",
        Embed = "embed",
        Fetch = "fetch",
        Font = "font",
        Frame = "frame",
        Iframe = "iframe",
        Image = "image",
        Img = "img",
        Input = "input",
        Link = "link",
        Object = "object",
        Ping = "ping",
        Script = "script",
        Track = "track",
        Video = "video",
        XmlHttpRequest = "xmlhttprequest",
        Other = "other",
    }
}

/// Translates a potential destination, as `as=` of a preload has it: a destination, or "fetch", which is the empty one.
/// `None` if it is neither.
#[algorithm("concept-potential-destination-translate", untraced)]
pub fn translate_a_potential_destination(potential_destination: &str) -> Option<Destination> {
    if potential_destination == "fetch" {
        /// 1. "fetch" has no destination of its own.
        return Some(Destination::Empty);
    }
    /// 2. Everything else must be one.
    let destination = Destination::ALL.iter().find(|destination| {
        destination.as_str() == potential_destination && !potential_destination.is_empty()
    })?;
    /// 3. And it is.
    Some(*destination)
}

string_enum! {
    /// A request's destination. <https://fetch.spec.whatwg.org/#concept-request-destination>
    Destination {
        Empty = "",
        Audio = "audio",
        AudioWorklet = "audioworklet",
        Document = "document",
        Embed = "embed",
        Font = "font",
        Frame = "frame",
        Iframe = "iframe",
        Image = "image",
        Json = "json",
        Manifest = "manifest",
        Object = "object",
        PaintWorklet = "paintworklet",
        Report = "report",
        Script = "script",
        ServiceWorker = "serviceworker",
        SharedWorker = "sharedworker",
        Style = "style",
        Text = "text",
        Track = "track",
        Video = "video",
        WebIdentity = "webidentity",
        Worker = "worker",
        Xslt = "xslt",
    }
}

impl Destination {
    /// <https://fetch.spec.whatwg.org/#request-destination-script-like>
    pub const fn is_script_like(self) -> bool {
        use Destination as D;
        matches!(
            self,
            D::AudioWorklet
                | D::PaintWorklet
                | D::Script
                | D::ServiceWorker
                | D::SharedWorker
                | D::Worker
        )
    }

    /// <https://fetch.spec.whatwg.org/#subresource-request>
    pub const fn is_subresource(self) -> bool {
        use Destination as D;
        !matches!(
            self,
            D::Document
                | D::Embed
                | D::Frame
                | D::Iframe
                | D::Object
                | D::Report
                | D::ServiceWorker
                | D::SharedWorker
                | D::Worker
                | D::WebIdentity
        )
    }
}

/// A request's no-cors media request state. <https://github.com/annevk/orb#changes-to-requests-and-media-elements>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaRequestState {
    /// "N/A"
    NotApplicable,
    /// "initial"
    Initial,
    /// "subsequent"
    Subsequent,
}

/// A request's referrer. <https://fetch.spec.whatwg.org/#concept-request-referrer>
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Referrer {
    /// "no-referrer"
    NoReferrer,
    /// "client"
    Client,
    /// A URL.
    Url(Url),
}

/// Where the user may be prompted. <https://fetch.spec.whatwg.org/#concept-request-window>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TraversableForUserPrompts {
    /// "client", until it is resolved.
    Client,
    /// "no-traversable": nobody can be asked.
    NoTraversable,
    /// The top-level traversable with this id.
    Traversable(u64),
}

impl Mode {
    /// The mode of a word that a script can give: not all of them are for scripts.
    ///
    /// <https://fetch.spec.whatwg.org/#requestmode>
    pub fn from_request_mode(text: &str) -> Option<Self> {
        Self::from_keyword(text).filter(|mode| {
            matches!(
                mode,
                Self::Navigate | Self::SameOrigin | Self::NoCors | Self::Cors
            )
        })
    }
}
