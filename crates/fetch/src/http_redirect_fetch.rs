//! HTTP-redirect fetch, and the location URL it begins with.
//!
//! <https://fetch.spec.whatwg.org/#http-redirect-fetch>

use crossexam_web::trace::printable;
use crossexam_web::{algorithm, safelist};
use url::Url;

use crate::body::{Body, BodySource};
use crate::failure::{BlockReason, NetworkError};
use crate::fetch_params::FetchParams;
use crate::host::Host;
use crate::main_fetch::{Recursive, main_fetch};
use crate::origin_header::have_same_origin;
use crate::referrer_policy::set_requests_referrer_policy_on_redirect;
use crate::request::{Mode, RedirectMode, ResponseTainting};
use crate::response::{InternalResponse, Response, is_redirect_status};

/// The `Location` value is no URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidLocation(pub String);

/// Where a redirect leads.
///
/// # Errors
///
/// When the `Location` value does not parse as a URL.
#[algorithm("concept-response-location-url", untraced)]
pub fn location_url(
    response: &InternalResponse,
    request_fragment: Option<&str>,
) -> Result<Option<Url>, InvalidLocation> {
    if !is_redirect_status(response.status) {
        /// 1. Only redirects lead anywhere.
        return Ok(None);
    }
    /// 2. Read `Location`.
    let mut values = response.header_list.values(b"Location");
    let Some(location) = values.next() else {
        return Ok(None);
    };
    if let Some(second) = values.next() {
        // NB: `Location` allows a single header, so a second one, even of the same value, is a failure.
        return Err(InvalidLocation(format!(
            "{}, {}",
            printable(location),
            printable(second)
        )));
    }
    // SPEC: the standard hands the value's bytes to the URL parser and does not say how they become a string. As in
    // browsers, bytes that are no UTF-8 are escaped one by one.
    let text = escape_what_is_no_utf8(location);
    /// 3. Parse it against the URL that was fetched.
    let url = match response.url() {
        Some(base) => base.join(&text),
        None => Url::parse(&text),
    };
    let mut url = url.map_err(|_| InvalidLocation(printable(location)))?;
    if url.fragment().is_none() {
        /// 4. Without a fragment it keeps the request's.
        url.set_fragment(request_fragment);
    }
    /// 5. That is where it leads.
    Ok(Some(url))
}

/// Bytes as text, with a percent-encoded byte for each that is no UTF-8.
fn escape_what_is_no_utf8(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// Follows a redirect.
#[algorithm("concept-http-redirect-fetch", trace = params.trace)]
pub(crate) async fn http_redirect_fetch<H: Host>(
    params: &mut FetchParams<'_, H>,
    response: Response,
) -> Response {
    let trace = params.trace;
    /// 1. Take the request.
    let request = &mut params.request;
    /// 2. Look behind the filter.
    let Some(internal) = response.internal() else {
        return response;
    };
    /// 3. Where does it lead?
    let location_url = location_url(internal, request.current_url().fragment());
    let location_url = match location_url {
        /// 4. Nowhere: the redirect is itself the response.
        Ok(None) => return response,
        /// 5. To something that is no URL.
        Err(InvalidLocation(location)) => {
            return NetworkError::new(BlockReason::InvalidLocation { location }, here!()).into();
        }
        Ok(Some(url)) => url,
    };
    trace.fact("Location", || location_url.as_str().to_owned());
    if !matches!(location_url.scheme(), "http" | "https") {
        let scheme = location_url.scheme().to_owned();
        /// 6. Redirects stay with HTTP.
        let step = here!();
        return NetworkError::new(BlockReason::RedirectToNonHttp { scheme }, step).into();
    }
    if request.redirect_count == 20 {
        /// 7. Twenty are enough.
        return NetworkError::new(BlockReason::TooManyRedirects, here!()).into();
    }
    /// 8. Count this one.
    request.redirect_count += 1;
    let includes_credentials =
        !location_url.username().is_empty() || location_url.password().is_some();
    let never = params
        .user_agent
        .choices
        .departures
        .redirects_have_no_credentials;
    if (request.mode == Mode::Cors || never)
        && includes_credentials
        && (never || !request.origin().is_same_origin_with_url(&location_url))
    {
        /// 9. No password in the URL of another origin.
        return NetworkError::new(BlockReason::RedirectWithCredentials, here!()).into();
    }
    if request.response_tainting == ResponseTainting::Cors && includes_credentials {
        /// 10. Nor on the way back to the own origin.
        return NetworkError::new(BlockReason::RedirectWithCredentials, here!()).into();
    }
    if internal.status != 303
        && request
            .body
            .as_ref()
            .is_some_and(|body| body.source == BodySource::Null)
    {
        /// 11. A stream cannot be sent twice.
        return NetworkError::new(BlockReason::BodyNotReplayable, here!()).into();
    }
    /// 12. Some redirects change the method:
    if (matches!(internal.status, 301 | 302) && &request.method[..] == b"POST")
        || (internal.status == 303 && !matches!(&request.method[..], b"GET" | b"HEAD"))
    {
        /// 12.1. it becomes `GET` and the body goes,
        request.method = "GET".into();
        request.body = None;
        /// 12.2. and with it the headers that describe it.
        request
            .header_list
            .retain(|header| !safelist::is_request_body_header_name(&header.name));
    }
    let leaves_the_origin = !have_same_origin(request.current_url(), &location_url);
    if leaves_the_origin {
        /// 13. `Authorization` does not go along to another origin.
        request
            .header_list
            .retain(|header| !safelist::is_cors_non_wildcard_request_header_name(&header.name));
    }
    if let Some(body) = &mut request.body
        && let BodySource::Bytes(bytes) = &body.source
    {
        /// 14. What was sent is made ready to be sent again.
        *body = Body::from_bytes(bytes.clone());
    }
    /// 15. The times are the fetch's.
    /// 16. Note this one.
    let now = params.coarsened_shared_current_time();
    params.timing_info.redirect_end_time = Some(now);
    params.timing_info.post_redirect_start_time = now;
    if params.timing_info.redirect_start_time.is_none() {
        /// 17. The first redirect began when the fetch began.
        params.timing_info.redirect_start_time = Some(params.timing_info.start_time);
    }
    let request = &mut params.request;
    /// 18. The new URL is the current one.
    request.url_list.push(location_url);
    /// 19. The redirect can set a referrer policy.
    set_requests_referrer_policy_on_redirect(request, &internal.header_list, trace);
    /// 20. It all happens within the fetch that began.
    let mut recursive = Recursive::Yes;
    /// 21. A navigation goes on by itself:
    if request.redirect_mode == RedirectMode::Manual {
        /// 21.1. only navigations get here with "manual".
        debug_assert!(request.mode == Mode::Navigate);
        /// 21.2. A navigation comes back here for each redirect.
        recursive = Recursive::No;
    }
    // The next hop stands on its own: what let this one through says nothing about it.
    params.passed = None;
    /// 22. Begin again from the top, which also works out the tainting anew.
    Box::pin(main_fetch(params, recursive)).await
}
