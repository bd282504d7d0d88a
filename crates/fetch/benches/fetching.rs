//! What a fetch costs in the model, beside its floor: parsing the same URLs with `url` and putting the same response
//! headers into an `http::HeaderMap`.
//!
//! Run with `cargo bench -p crossexam-fetch`.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;

use bytes::Bytes;
use crossexam_fetch::connections::{Connection, ConnectionId, Established, Protocol};
use crossexam_fetch::host::NetworkPartitionKey;
use crossexam_fetch::http_cache::{StoredResponse, Times};
use crossexam_fetch::network_partition_keys::determine_the_http_cache_partition;
use crossexam_fetch::ready::poll_once;
use crossexam_fetch::request::{CacheMode, CredentialsMode, Mode};
use crossexam_fetch::{
    ConnectionFailure, ConnectionParams, Environment, FetchController, GlobalObject, Host,
    HttpRequest, HttpRequestPurpose, HttpResponse, NetworkFailure, PolicyContainer, Request,
    UserAgent, fetch,
};
use crossexam_web::{HeaderList, Origin, Timestamp, Trace};
use divan::Bencher;
use url::Url;

fn main() {
    divan::main();
}

const PAGE: &str = "https://charlie.example/page.html";
const TARGET: &str = "https://alice.example/api/items?id=1";
const HEADERS: [(&str, &str); 5] = [
    ("Content-Type", "application/json"),
    ("Access-Control-Allow-Origin", "https://charlie.example"),
    ("Access-Control-Allow-Credentials", "true"),
    ("Vary", "Origin"),
    ("Date", "Thu, 01 Jan 2026 00:00:00 GMT"),
];
const PREFLIGHT_HEADERS: [(&str, &str); 5] = [
    ("Access-Control-Allow-Origin", "https://charlie.example"),
    ("Access-Control-Allow-Credentials", "true"),
    ("Access-Control-Allow-Methods", "PUT"),
    ("Access-Control-Allow-Headers", "content-type"),
    ("Access-Control-Max-Age", "600"),
];

fn header_list(headers: &[(&'static str, &'static str)]) -> HeaderList {
    headers.iter().copied().collect()
}

fn response(status: u16, headers: &[(&'static str, &'static str)]) -> HttpResponse {
    HttpResponse {
        status,
        status_message: Bytes::from_static(b"OK"),
        header_list: header_list(headers),
        body: Bytes::from_static(b"{}").into(),
        ..HttpResponse::default()
    }
}

/// A server that allows Charlie everything; `/hop/N` redirects to `/hop/N-1` and in the end to the target.
struct Server;

impl Host for Server {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(1_767_225_600)
    }

    async fn resolve(
        &self,
        _: Option<&NetworkPartitionKey>,
        _: &str,
        _: &HttpRequest<'_>,
    ) -> Result<Vec<IpAddr>, NetworkFailure> {
        Ok(vec![Ipv4Addr::LOCALHOST.into()])
    }

    async fn create_connection(
        &self,
        _: ConnectionParams<'_>,
    ) -> Result<Established, ConnectionFailure> {
        Ok(Established {
            id: ConnectionId(0),
            secure_connection_start_time: None,
            protocol: Protocol::Http2,
            ip_address: None,
        })
    }

    fn is_connected(&self, _: ConnectionId) -> bool {
        true
    }

    fn close_connection(&self, _: ConnectionId) {}

    async fn http_request(
        &self,
        _connection: &Connection,
        request: HttpRequest<'_>,
    ) -> Result<HttpResponse, NetworkFailure> {
        if request.purpose == HttpRequestPurpose::CorsPreflight {
            return Ok(response(204, &PREFLIGHT_HEADERS));
        }
        if let Some(hops) = request.url.path().strip_prefix("/hop/") {
            let left: u32 = hops.parse().unwrap_or(0);
            let location = if left == 0 {
                TARGET.to_owned()
            } else {
                format!("https://alice.example/hop/{}", left - 1)
            };
            let mut answer = response(302, &HEADERS);
            answer.header_list.append("Location", location);
            return Ok(answer);
        }
        Ok(response(200, &HEADERS))
    }

    fn fetch_in_parallel(&self, _: Request) {}

    async fn prompt_for_credentials(&self, _: u64, _: &Url, _: &str) -> Option<(String, String)> {
        None
    }
}

fn environment() -> Rc<Environment> {
    let url: Url = PAGE.parse().expect("a URL");
    let origin = Origin::of_url(&url).expect("a tuple origin");
    Rc::new(Environment {
        id: 1,
        creation_url: url.clone(),
        top_level_creation_url: url.clone(),
        top_level_origin: Some(origin.clone()),
        origin,
        api_base_url: url.clone().into(),
        policy_container: PolicyContainer::default().into(),
        has_cross_site_ancestor: false,
        has_trustworthy_ancestor: false,
        global: GlobalObject::Window {
            traversable: Some(1),
            nested: false,
        },
        secure_context: true,
        cross_origin_isolated_capability: false,
        referrer_source: Some(url).into(),
        insecure_requests: Default::default(),
        fetch_group: Default::default(),
        cache: Default::default(),
    })
}

fn cors_request(client: &Rc<Environment>, url: &str, method: &'static str) -> Request {
    let mut request = Request::new(url.parse().expect("a URL"));
    request.client = Some(Rc::clone(client));
    request.mode = Mode::Cors;
    request.credentials_mode = CredentialsMode::Include;
    request.unsafe_request = true;
    request.method = Bytes::from_static(method.as_bytes());
    if method == "PUT" {
        request
            .header_list
            .append("Content-Type", "application/json");
        request.body = Some(crossexam_fetch::Body::from_bytes("{}"));
    }
    request
}

fn run(user_agent: &UserAgent, request: Request, trace: &Trace) -> crossexam_fetch::Fetched {
    let fetched = poll_once(fetch(
        user_agent,
        &Server,
        request,
        &FetchController::new(),
        trace,
    ));
    let fetched = fetched.expect("the host is ready");
    debug_assert!(
        !fetched.response.is_network_error(),
        "{:?}",
        fetched.response
    );
    fetched
}

/// Parses the URLs and fills a header map for each response.
fn floor(urls: &[&str], responses: &[&[(&'static str, &'static str)]]) {
    for url in urls {
        black_box(Url::parse(black_box(url))).expect("a URL");
    }
    for headers in responses {
        let mut map = http::HeaderMap::new();
        for (name, value) in *headers {
            let name = http::HeaderName::from_bytes(black_box(name).as_bytes()).expect("a name");
            map.append(
                name,
                http::HeaderValue::from_bytes(black_box(value).as_bytes()).expect("a value"),
            );
        }
        black_box(map);
    }
}

#[divan::bench_group]
mod simple_cors_get {
    use super::*;

    #[divan::bench]
    fn floor() {
        super::floor(&[TARGET], &[&HEADERS]);
    }

    #[divan::bench]
    fn tracing_off(bencher: Bencher<'_, '_>) {
        let (client, user_agent) = (environment(), UserAgent::default());
        bencher.bench_local(|| {
            run(
                &user_agent,
                cors_request(&client, black_box(TARGET), "GET"),
                &Trace::off(),
            )
        });
    }

    #[divan::bench]
    fn without_http_cache(bencher: Bencher<'_, '_>) {
        let (client, mut user_agent) = (environment(), UserAgent::default());
        user_agent.choices.http_cache = false;
        bencher.bench_local(|| {
            run(
                &user_agent,
                cors_request(&client, black_box(TARGET), "GET"),
                &Trace::off(),
            )
        });
    }

    #[divan::bench]
    fn tracing_on(bencher: Bencher<'_, '_>) {
        let (client, user_agent) = (environment(), UserAgent::default());
        bencher.bench_local(|| {
            run(
                &user_agent,
                cors_request(&client, black_box(TARGET), "GET"),
                &Trace::on(),
            )
        });
    }
}

#[divan::bench_group]
mod preflighted_put {
    use super::*;

    #[divan::bench]
    fn floor() {
        super::floor(&[TARGET, TARGET], &[&PREFLIGHT_HEADERS, &HEADERS]);
    }

    #[divan::bench]
    fn tracing_off(bencher: Bencher<'_, '_>) {
        let (client, user_agent) = (environment(), UserAgent::default());
        bencher.bench_local(|| {
            user_agent.preflight_cache.borrow_mut().clear();
            run(
                &user_agent,
                cors_request(&client, black_box(TARGET), "PUT"),
                &Trace::off(),
            )
        });
    }

    #[divan::bench]
    fn tracing_on(bencher: Bencher<'_, '_>) {
        let (client, user_agent) = (environment(), UserAgent::default());
        bencher.bench_local(|| {
            user_agent.preflight_cache.borrow_mut().clear();
            run(
                &user_agent,
                cors_request(&client, black_box(TARGET), "PUT"),
                &Trace::on(),
            )
        });
    }
}

#[divan::bench_group]
mod put_with_preflight_cached {
    use super::*;

    #[divan::bench]
    fn floor() {
        super::floor(&[TARGET], &[&HEADERS]);
    }

    #[divan::bench]
    fn tracing_off(bencher: Bencher<'_, '_>) {
        let (client, user_agent) = (environment(), UserAgent::default());
        run(
            &user_agent,
            cors_request(&client, TARGET, "PUT"),
            &Trace::off(),
        );
        bencher.bench_local(|| {
            run(
                &user_agent,
                cors_request(&client, black_box(TARGET), "PUT"),
                &Trace::off(),
            )
        });
    }
}

#[divan::bench_group]
mod five_redirects {
    use super::*;

    #[divan::bench]
    fn floor() {
        const URL: &str = "https://alice.example/hop/4";
        let hop: Vec<_> = HEADERS.iter().copied().chain([("Location", URL)]).collect();
        super::floor(
            &[URL, URL, URL, URL, URL, TARGET],
            &[&hop, &hop, &hop, &hop, &hop, &HEADERS],
        );
    }

    #[divan::bench]
    fn tracing_off(bencher: Bencher<'_, '_>) {
        let (client, user_agent) = (environment(), UserAgent::default());
        bencher.bench_local(|| {
            run(
                &user_agent,
                cors_request(&client, black_box("https://alice.example/hop/4"), "GET"),
                &Trace::off(),
            )
        });
    }
}

/// The same fetches while the stores are small and large: the figures must not grow.
#[divan::bench_group]
mod growing_stores {
    use super::*;

    #[divan::bench(args = [10, 1_000, 100_000])]
    fn put_with_preflight_cache_entries(bencher: Bencher<'_, '_>, entries: usize) {
        let (client, user_agent) = (environment(), UserAgent::default());
        for number in 0..entries {
            let url = format!("https://alice.example/api/items?number={number}");
            run(
                &user_agent,
                cors_request(&client, &url, "PUT"),
                &Trace::off(),
            );
        }
        run(
            &user_agent,
            cors_request(&client, TARGET, "PUT"),
            &Trace::off(),
        );
        bencher.bench_local(|| {
            run(
                &user_agent,
                cors_request(&client, black_box(TARGET), "PUT"),
                &Trace::off(),
            )
        });
    }

    #[divan::bench(args = [10, 1_000, 100_000])]
    fn get_with_cookies_of_other_sites(bencher: Bencher<'_, '_>, cookies: usize) {
        let (client, mut user_agent) = (environment(), UserAgent::default());
        // More than any browser keeps, so that nothing is evicted.
        user_agent.choices.cookie_policy.total_limit = usize::MAX;
        let now = Server.now();
        let user_agent = user_agent;
        let set = |host: String, cookie: String| {
            let stored = user_agent.cookies.borrow_mut().parse_and_store(
                now,
                cookie.as_bytes(),
                true,
                &crossexam_web::Host::Domain(host.into()),
                "/",
                true,
                false,
                true,
                &user_agent.choices.cookie_policy,
                &Trace::off(),
            );
            stored.expect("a cookie that is accepted");
        };
        for number in 0..cookies {
            set(
                format!("host{}.example{}.test", number % 7, number / 20),
                format!("name{number}=value; Secure"),
            );
        }
        set(
            "alice.example".to_owned(),
            "session=1; Secure; SameSite=None".to_owned(),
        );
        bencher.bench_local(|| {
            run(
                &user_agent,
                cors_request(&client, black_box(TARGET), "GET"),
                &Trace::off(),
            )
        });
    }

    /// A user agent whose HTTP cache has so many fresh responses for the page's partition, the target's among them.
    fn with_stored_responses(client: &Rc<Environment>, entries: usize) -> UserAgent {
        let user_agent = UserAgent::default();
        let request = cors_request(client, TARGET, "GET");
        let partition = determine_the_http_cache_partition(&request).cloned();
        let partition = partition.expect("the page has a partition");
        let now = Server.now();
        let times = Times {
            request: now,
            response: now,
        };
        let headers: HeaderList = HEADERS
            .into_iter()
            .filter(|(name, _)| *name != "Vary")
            .chain([("Cache-Control", "max-age=600")])
            .collect();
        let urls = (1..entries).map(|number| format!("https://alice.example/item/{number}"));
        for url in urls.chain([TARGET.to_owned()]) {
            let stored = StoredResponse::new(
                &request.header_list,
                200,
                Bytes::new(),
                &headers,
                Some(Bytes::from_static(b"{}")),
                times,
            );
            let (url, stored) = (url.parse().expect("a URL"), stored.expect("it is stored"));
            let mut cache = user_agent.http_cache.borrow_mut();
            let limits = &user_agent.choices.http_cache_limits;
            cache.store(&partition, &url, &request.header_list, stored, limits);
        }
        assert_eq!(user_agent.http_cache.borrow().len(), entries);
        user_agent
    }

    #[divan::bench(args = [10, 1_000, 100_000])]
    fn get_answered_by_the_http_cache(bencher: Bencher<'_, '_>, entries: usize) {
        let client = environment();
        let user_agent = with_stored_responses(&client, entries);
        bencher.bench_local(|| {
            run(
                &user_agent,
                cors_request(&client, black_box(TARGET), "GET"),
                &Trace::off(),
            )
        });
    }

    #[divan::bench(args = [10, 1_000, 100_000])]
    fn get_stored_in_the_http_cache(bencher: Bencher<'_, '_>, entries: usize) {
        let client = environment();
        let user_agent = with_stored_responses(&client, entries);
        bencher.bench_local(|| {
            let mut request = cors_request(&client, black_box(TARGET), "GET");
            request.cache_mode = CacheMode::Reload;
            run(&user_agent, request, &Trace::off())
        });
    }
}
