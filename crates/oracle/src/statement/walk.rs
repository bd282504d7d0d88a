//! One `fetch()`, followed from request to request.

use url::Url;

use super::Breach;
use super::remembered::{Need, Remembered, cover, is_simple};
use super::values::{Listed, may_be_set, single, unsafe_names};
use crate::case::{Answer, Case, FetchCall, PageKind, Purpose, ScriptBody};
use crate::octets::Octets;
use crate::result::{Got, SeenRequest, SeenResponse, StepResult};

/// Headers of answers that every page may read.
const SHARED_ANYWAY: [&str; 7] = [
    "cache-control",
    "content-language",
    "content-length",
    "content-type",
    "expires",
    "last-modified",
    "pragma",
];

pub(super) struct Walk<'a> {
    case: &'a Case,
    call: &'a FetchCall,
    step: usize,
    now: u64,
    given: &'a mut [u32],
    page: Option<Url>,
    /// The page's origin, as it is written in `Origin`.
    origin: String,
    /// The headers that the script has set, as far as they are still with the request.
    headers: Vec<(String, String)>,
    /// Whether the request has left the page's origin.
    is_cross: bool,
    /// Whether another origin than the page's has sent it on to yet another.
    is_tainted: bool,
    hop: u32,
    pub(super) breaches: Vec<Breach>,
}

/// How a walk ends.
enum End<'a> {
    /// With an answer for the page.
    Answer(&'a Url, Option<&'a Answer>),
    /// With a redirect that the script wants to see itself.
    Redirect,
    /// With nothing.
    Failure(&'static str),
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        case: &'a Case,
        call: &'a FetchCall,
        step: usize,
        now: u64,
        given: &'a mut [u32],
    ) -> Self {
        let page = Url::parse(&case.page.url).ok();
        let origin = match (case.page.kind, &page) {
            (PageKind::Sandboxed | PageKind::SandboxedSrcdoc | PageKind::Data, _) | (_, None) => {
                "null".to_owned()
            }
            (_, Some(url)) => origin_of(url),
        };
        Self {
            case,
            call,
            step,
            now,
            given,
            page,
            origin,
            headers: headers_of(call),
            is_cross: false,
            is_tainted: false,
            hop: 0,
            breaches: Vec::new(),
        }
    }

    fn breach(&mut self, promise: &'static str, seen: impl Into<String>) {
        self.breaches.push(Breach {
            step: self.step,
            promise,
            seen: seen.into(),
        });
    }

    fn mode(&self) -> &'a str {
        self.call.mode.as_deref().unwrap_or("cors")
    }

    fn with_credentials(&self) -> bool {
        self.call.credentials.as_deref() == Some("include")
    }

    /// What the servers answer: the first of the case's answers that fits.
    fn answer(&mut self, request: &SeenRequest) -> Option<&'a Answer> {
        let fits = |answer: &Answer, given: u32| {
            answer.times.is_none_or(|times| given < times)
                && answer.to.is_none_or(|to| to == request.purpose)
                && answer.step.is_none_or(|step| step == self.step)
                && answer.hop.is_none_or(|hop| hop == self.hop)
                && answer
                    .method
                    .as_ref()
                    .is_none_or(|method| *method == request.method)
                && answer.url.as_ref().is_none_or(|url| {
                    let url = url.split('#').next().unwrap_or_default();
                    Url::parse(url).is_ok_and(|url| url.as_str() == request.url)
                })
        };
        let answers = &self.case.answers;
        let place = answers
            .iter()
            .zip(&*self.given)
            .position(|(answer, given)| fits(answer, *given))?;
        self.given[place] += 1;
        Some(&answers[place])
    }

    /// Whether an answer may be shared with the page.
    fn shares(&self, lines: &[String]) -> bool {
        let origin = self.origin_now();
        let allowed = single(lines, "access-control-allow-origin");
        let credentials = single(lines, "access-control-allow-credentials");
        match (self.with_credentials(), allowed.as_deref()) {
            (_, None) => false,
            (false, Some("*")) => true,
            (false, Some(allowed)) => allowed == origin,
            (true, Some(allowed)) => allowed == origin && credentials.as_deref() == Some("true"),
        }
    }

    fn origin_now(&self) -> &str {
        if self.is_tainted {
            "null"
        } else {
            &self.origin
        }
    }

    /// What the browser says of itself where the script does not counts, too, when headers are too long together.
    fn add_the_browser_s_own(&mut self, result: &StepResult) {
        let sent = result
            .requests
            .iter()
            .find_map(|request| request.header("accept-language"));
        for (name, value) in [("accept", "*/*"), ("accept-language", sent.unwrap_or("en"))] {
            if !self
                .headers
                .iter()
                .any(|(it, _)| it.eq_ignore_ascii_case(name))
            {
                self.headers.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    pub(super) fn through(&mut self, result: &StepResult, remembered: &mut Remembered) {
        self.add_the_browser_s_own(result);
        let first = self
            .page
            .as_ref()
            .and_then(|page| page.join(&self.call.url).ok());
        let Some(first) = first else {
            self.breach("a URL", self.call.url.clone());
            return;
        };
        let mut urls = vec![first];
        let mut requests = result.requests.iter().peekable();
        let end = loop {
            let at = urls.len() - 1;
            self.arrive(&urls);
            let url = &urls[at];
            if self.is_cross && self.mode() == "same-origin" {
                break End::Failure("a same-origin request stays at home");
            }
            if self.is_cross && self.mode() == "no-cors" && self.redirect() != "follow" {
                break End::Failure("a request without CORS follows redirects");
            }
            if self.mode() == "cors" && self.is_cross {
                match self.permission(url, &mut requests, remembered) {
                    Ok(()) => {}
                    Err(why) => break End::Failure(why),
                }
            }
            let Some(request) = requests.next() else {
                self.breach("what may be sent is sent", url.as_str());
                return;
            };
            self.request(url, request);
            let answer = self.answer(request);
            if answer.is_some_and(|answer| answer.failure.is_some()) {
                break self.fail(url, remembered, "there is no answer");
            }
            let lines = answer.map_or(&[][..], |answer| &answer.headers);
            if self.mode() == "cors" && self.is_cross && !self.shares(lines) {
                break self.fail(url, remembered, "an answer is shared with whom it names");
            }
            let status = answer.map_or(404, |answer| answer.status);
            if !matches!(status, 301 | 302 | 303 | 307 | 308) {
                break End::Answer(&urls[at], answer);
            }
            match self.redirect() {
                "error" => break self.fail(url, remembered, "redirects are errors here"),
                "manual" => break End::Redirect,
                _ => {}
            }
            let Some(location) = single(lines, "location") else {
                break End::Answer(&urls[at], answer);
            };
            match self.follow(url, &location, status, request) {
                Ok(next) => urls.push(next),
                Err(why) => break self.fail(url, remembered, why),
            }
        };
        if let Some(request) = requests.next() {
            let why = match end {
                End::Failure(why) => why,
                End::Answer(..) | End::Redirect => "the answer was there",
            };
            self.breach(
                "nothing is sent after the end",
                format!("{} {}, although {why}", request.method, request.url),
            );
        }
        self.page_gets(&end, &urls, &result.page);
    }

    /// Something failed on the way: what is remembered about it may be forgotten.
    fn fail(&self, url: &Url, remembered: &mut Remembered, why: &'static str) -> End<'a> {
        remembered.doubt(url.as_str(), self.origin_now());
        End::Failure(why)
    }

    fn redirect(&self) -> &'a str {
        self.call.redirect.as_deref().unwrap_or("follow")
    }

    /// The request is at the last of these URLs now.
    fn arrive(&mut self, urls: &[Url]) {
        if let [.., from, to] = urls {
            let (from, to) = (origin_of(from), origin_of(to));
            self.is_tainted |= from != to && from != self.origin;
            if from != to {
                self.headers
                    .retain(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
            }
        }
        self.is_cross |= urls.last().is_some_and(|url| origin_of(url) != self.origin);
    }

    /// A request that a form could not have sent goes only where it is permitted, and asks only where it must.
    fn permission<'b>(
        &mut self,
        url: &Url,
        requests: &mut std::iter::Peekable<impl Iterator<Item = &'b SeenRequest>>,
        remembered: &mut Remembered,
    ) -> Result<(), &'static str> {
        let names = unsafe_names(&self.headers);
        let mut without_fragment = url.clone();
        without_fragment.set_fragment(None);
        let preflight = requests.next_if(|request| request.purpose == Purpose::Preflight);
        let Some(preflight) = preflight else {
            let Some(request) = requests.peek() else {
                return Ok(());
            };
            let origin = self.origin_now().to_owned();
            let need = self.need(url.as_str(), &origin, &request.method, &names);
            let simple = is_simple(&request.method) && names.is_empty();
            if !simple && !remembered.may_go(&need, self.now) {
                self.breach(
                    "what a form could not send is permitted first",
                    format!("{} {} with {names:?}", request.method, request.url),
                );
            }
            return Ok(());
        };
        let method = preflight
            .header("access-control-request-method")
            .unwrap_or_default()
            .to_owned();
        let origin = self.origin_now().to_owned();
        let need = self.need(url.as_str(), &origin, &method, &names);
        if is_simple(&method) && names.is_empty() {
            self.breach(
                "what a form could send needs no permission",
                format!("{method} {url}"),
            );
        }
        if remembered.should_go(&need, self.now) {
            self.breach(
                "what is permitted is not asked for again",
                format!("{method} {url}"),
            );
        }
        self.preflight(&without_fragment, preflight, &names);
        let Some(answer) = self
            .answer(preflight)
            .filter(|answer| answer.failure.is_none())
        else {
            remembered.doubt(url.as_str(), &origin);
            return Err("the preflight has no good answer");
        };
        let lines = &answer.headers;
        let methods = Listed::in_header(lines, "access-control-allow-methods");
        let headers = Listed::in_header(lines, "access-control-allow-headers");
        let permitted = self.shares(lines)
            && (200..300).contains(&answer.status)
            && methods != Listed::Malformed
            && headers != Listed::Malformed
            && cover(
                methods.tokens(),
                headers.tokens(),
                !need.with_credentials,
                &need,
            );
        if !permitted {
            remembered.doubt(url.as_str(), &origin);
            return Err("the preflight's answer does not permit it");
        }
        remembered.add(&need, lines, self.now);
        if let Some(request) = requests.peek()
            && request.method != method
        {
            self.breach(
                "what is sent is what was asked for",
                format!("{} after {method}", request.method),
            );
        }
        Ok(())
    }

    fn need<'b>(
        &self,
        url: &'b str,
        origin: &'b str,
        method: &'b str,
        headers: &'b [String],
    ) -> Need<'b> {
        Need {
            url,
            origin,
            with_credentials: self.with_credentials(),
            method,
            headers,
        }
    }

    /// What a preflight looks like.
    fn preflight(&mut self, url: &Url, preflight: &SeenRequest, names: &[String]) {
        if preflight.method != "OPTIONS" || preflight.url != url.as_str() {
            self.breach(
                "a preflight is OPTIONS to the same URL",
                format!("{} {}", preflight.method, preflight.url),
            );
        }
        if preflight.header("origin") != Some(self.origin_now()) {
            self.breach(
                "Origin is the page's",
                format!("{:?}", preflight.header("origin")),
            );
        }
        let expected = (!names.is_empty()).then(|| names.join(","));
        let stated = preflight.header("access-control-request-headers");
        if stated != expected.as_deref() {
            self.breach(
                "a preflight names the headers that need permission",
                format!("{stated:?}, not {expected:?}"),
            );
        }
        for name in ["cookie", "authorization"] {
            if let Some(value) = preflight.header(name) {
                self.breach("a preflight has no credentials", format!("{name}: {value}"));
            }
        }
        if preflight.body.is_some() {
            self.breach("a preflight has no body", "it has one");
        }
    }

    /// What any other request looks like.
    fn request(&mut self, url: &Url, request: &SeenRequest) {
        let mut without_fragment = url.clone();
        without_fragment.set_fragment(None);
        if request.url != without_fragment.as_str() || request.purpose != Purpose::Actual {
            self.breach(
                "requests go where they are sent",
                format!("{:?} {}, not {url}", request.purpose, request.url),
            );
        }
        let origin = request.header("origin");
        let speaks_cors = self.mode() == "cors" && self.is_cross;
        if speaks_cors && origin != Some(self.origin_now()) {
            self.breach(
                "Origin is the page's",
                format!("{origin:?}, not {:?}", self.origin_now()),
            );
        }
        if origin.is_some_and(|origin| origin != "null" && origin != self.origin) {
            self.breach("Origin is never the script's choice", format!("{origin:?}"));
        }
        let may_have = match self.call.credentials.as_deref() {
            Some("omit") => false,
            Some("include") => true,
            _ => !self.is_cross,
        };
        if let Some(cookie) = request.header("cookie").filter(|_| !may_have) {
            self.breach("credentials go where the script lets them", cookie);
        }
    }

    /// Where a redirect leads.
    fn follow(
        &mut self,
        url: &Url,
        location: &str,
        status: u16,
        request: &SeenRequest,
    ) -> Result<Url, &'static str> {
        let mut next = url
            .join(location)
            .map_err(|_| "a redirect leads to a URL")?;
        if next.fragment().is_none() {
            next.set_fragment(url.fragment());
        }
        if !matches!(next.scheme(), "http" | "https") {
            return Err("a redirect leads to a server");
        }
        if self.hop == 20 {
            return Err("twenty redirects are enough");
        }
        self.hop += 1;
        let has_credentials = !next.username().is_empty() || next.password().is_some();
        if self.mode() == "cors"
            && has_credentials
            && (self.is_cross || origin_of(&next) != self.origin)
        {
            return Err("no redirect brings credentials along");
        }
        let becomes_get = match status {
            301 | 302 => request.method == "POST",
            303 => !matches!(&request.method[..], "GET" | "HEAD"),
            _ => false,
        };
        if becomes_get {
            let of_the_body = [
                "content-encoding",
                "content-language",
                "content-location",
                "content-type",
            ];
            self.headers
                .retain(|(name, _)| !of_the_body.contains(&&name.to_ascii_lowercase()[..]));
        }
        Ok(next)
    }

    /// What the page may see of the end, and must.
    fn page_gets(&mut self, end: &End<'_>, urls: &[Url], got: &Got) {
        match (end, got) {
            (End::Failure(_), Got::Error(_)) => {}
            (End::Failure(why), _) => self.breach("who has no permission reads nothing", *why),
            (_, Got::Error(_)) => self.breach("what is shared is read", "an error"),
            (_, Got::Waited(_)) => self.breach("what is shared is read", "nothing"),
            (End::Redirect, Got::Response(response)) => {
                self.nothing_is_seen(response, "opaqueredirect")
            }
            (End::Answer(..), Got::Response(response))
                if self.is_cross && self.mode() == "no-cors" =>
            {
                self.nothing_is_seen(response, "opaque");
            }
            (End::Answer(url, answer), Got::Response(response)) => {
                self.response(url, *answer, urls.len() > 1, response);
            }
        }
    }

    fn nothing_is_seen(&mut self, response: &SeenResponse, kind: &str) {
        let nothing = response.kind == kind
            && response.status == 0
            && response.headers.is_empty()
            && response.body.is_none()
            && response.status_text.is_empty();
        if !nothing {
            self.breach("an opaque answer shows nothing", format!("{response:?}"));
        }
    }

    fn response(
        &mut self,
        url: &Url,
        answer: Option<&Answer>,
        redirected: bool,
        response: &SeenResponse,
    ) {
        let kind = if self.is_cross { "cors" } else { "basic" };
        let mut url = url.clone();
        url.set_fragment(None);
        let status = answer.map_or(404, |answer| answer.status);
        if (
            &response.kind[..],
            response.status,
            &response.url[..],
            response.redirected,
        ) != (kind, status, url.as_str(), redirected)
        {
            self.breach("what is shared is the answer", format!("{response:?}"));
        }
        let lines = answer.map_or(&[][..], |answer| &answer.headers);
        let exposed = Listed::in_header(lines, "access-control-expose-headers");
        let all = !self.with_credentials() && exposed.tokens().iter().any(|it| it == "*");
        let is_shown = |name: &str| {
            !matches!(name, "set-cookie" | "set-cookie2")
                && (!self.is_cross
                    || all
                    || SHARED_ANYWAY.contains(&name)
                    || exposed
                        .tokens()
                        .iter()
                        .any(|it| it.eq_ignore_ascii_case(name)))
        };
        let name_of = |line: &String| {
            line.split(':')
                .next()
                .unwrap_or_default()
                .to_ascii_lowercase()
        };
        let mut expected: Vec<String> = lines
            .iter()
            .map(name_of)
            .filter(|name| is_shown(name))
            .collect();
        expected.sort();
        expected.dedup();
        let seen: Vec<String> = response.headers.iter().map(name_of).collect();
        if seen != expected {
            self.breach(
                "headers are read that are exposed, and no others",
                format!("{seen:?}, not {expected:?}"),
            );
        }
    }
}

fn origin_of(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// The headers that a script gives a request, with the type of its body.
fn headers_of(call: &FetchCall) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = call.headers.clone().unwrap_or_default();
    headers.iter_mut().for_each(|(_, value)| {
        *value = value.trim_matches([' ', '\t', '\r', '\n']).to_owned();
    });
    headers.retain(|(name, value)| may_be_set(name, value));
    let content_type = match &call.body {
        None | Some(ScriptBody::Octets(Octets::Base64(_))) => None,
        Some(ScriptBody::Octets(Octets::Text(_))) => Some("text/plain;charset=UTF-8".to_owned()),
        Some(ScriptBody::Query(_)) => {
            Some("application/x-www-form-urlencoded;charset=UTF-8".to_owned())
        }
        Some(ScriptBody::Blob(blob)) => Some(blob.content_type.clone()).filter(|it| !it.is_empty()),
        Some(ScriptBody::Form(_)) => Some("multipart/form-data".to_owned()),
    };
    let has_type = headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    if let Some(content_type) = content_type.filter(|_| !has_type) {
        headers.push(("content-type".to_owned(), content_type));
    }
    headers
}
