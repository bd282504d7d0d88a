//! Replays the vectors of connections, partition keys and content codings: one function a file.

#![allow(clippy::unwrap_used)]

use std::net::IpAddr;
use std::rc::Rc;

use bytes::Bytes;
use crossexam_fetch::connections::{
    ConnectionId, ConnectionTimingInfo, NewConnection, Protocol, Wanted,
    clamp_and_coarsen_connection_timing_info, obtain_a_connection, resolve_an_origin,
};
use crossexam_fetch::content_codings::{CodingFailure, Decoder, handle_content_codings};
use crossexam_fetch::host::{ConnectionFailure, Host as _, NetworkPartitionKey, Proxy};
use crossexam_fetch::network_partition_keys::{
    determine_the_http_cache_partition, network_partition_key, requests_network_partition_key,
};
use crossexam_fetch::port_blocking::{PortBlocking, should_be_blocked_due_to_a_bad_port};
use crossexam_fetch::ready::{ReadyHost, SentRequest, poll_once};
use crossexam_fetch::user_agent::environment_default_user_agent_value;
use crossexam_fetch::{
    Choices, Environment, GlobalObject, HttpRequest, HttpRequestPurpose, HttpResponse,
    NetworkFailure, PolicyContainer, Request, UserAgent,
};
use crossexam_tests::vectors::{Input, Outcome, bytes_value, replay};
use crossexam_web::{HeaderList, Origin, Timestamp};
use serde_json::{Value, json};
use url::Url;

fn url(input: &Input, field: &str) -> Url {
    input.text(field).parse().unwrap()
}

fn text_or(input: &Input, field: &str, otherwise: &str) -> String {
    if input.has(field) {
        input.text(field)
    } else {
        otherwise.to_owned()
    }
}

/// An origin by a URL of it; `opaque` for an opaque one.
fn origin(text: &str) -> Origin {
    match text {
        "opaque" => Origin::opaque(7),
        url => Origin::of_url(&url.parse().unwrap()).unwrap(),
    }
}

fn environment(input: &Input) -> Rc<Environment> {
    let top_level_creation_url = url(input, "top_level_creation_url");
    let top_level_origin = input.has("top_level_origin");
    let own = text_or(input, "origin", top_level_creation_url.as_str());
    Rc::new(Environment {
        id: 1,
        creation_url: top_level_creation_url.clone(),
        top_level_origin: top_level_origin.then(|| origin(&input.text("top_level_origin"))),
        origin: origin(&own),
        api_base_url: top_level_creation_url.clone().into(),
        top_level_creation_url,
        policy_container: PolicyContainer::default().into(),
        has_cross_site_ancestor: false,
        has_trustworthy_ancestor: false,
        global: GlobalObject::Worker,
        secure_context: true,
        cross_origin_isolated_capability: false,
        referrer_source: None.into(),
        insecure_requests: Default::default(),
        fetch_group: Default::default(),
        cache: Default::default(),
    })
}

fn shown(key: Option<&NetworkPartitionKey>) -> Value {
    key.map_or(Value::Null, |key| key.to_string().into())
}

#[test]
fn partition_keys_of_environments() {
    replay("determine-the-network-partition-key", |input| {
        Outcome::result(shown(Some(network_partition_key(&environment(input)))))
    });
}

fn request(input: &Input) -> Request {
    let mut request = Request::new(Url::parse("https://alice.example/").unwrap());
    let client = |field| {
        let given = input.has(field);
        given.then(|| environment(&input.inner_one(field, "top_level_creation_url")))
    };
    request.client = client("client");
    request.reserved_client = client("reserved_client");
    request
}

#[test]
fn partition_keys_of_requests() {
    replay("request-determine-the-network-partition-key", |input| {
        Outcome::result(shown(requests_network_partition_key(&request(input))))
    });
}

#[test]
fn cache_partitions() {
    replay("determine-the-http-cache-partition", |input| {
        let request = request(input);
        let partition = determine_the_http_cache_partition(&request);
        Outcome::result(shown(partition.map(|key| &**key)))
    });
}

#[test]
fn bad_ports() {
    replay("block-bad-port", |input| {
        let request = Request::new(url(input, "url"));
        Outcome::result(match should_be_blocked_due_to_a_bad_port(&request) {
            PortBlocking::Blocked { .. } => "blocked",
            PortBlocking::Allowed => "allowed",
        })
    });
}

#[test]
fn user_agents() {
    replay("environment-default-user-agent-value", |input| {
        let choices = Choices {
            default_user_agent: input.bytes("default"),
            emulated_user_agent: input.bytes("emulated"),
            ..Choices::default()
        };
        let value = environment_default_user_agent_value(&choices, None);
        Outcome::result(bytes_value(&value))
    });
}

fn never(_: &SentRequest) -> Result<HttpResponse, NetworkFailure> {
    Err(NetworkFailure::ConnectionReset)
}

/// Something to ask for a connection with.
fn with_request<T>(url: &Url, ask: impl FnOnce(&HttpRequest<'_>) -> T) -> T {
    let (method, header_list) = (Bytes::from_static(b"GET"), HeaderList::new());
    ask(&HttpRequest {
        method: &method,
        url,
        header_list: &header_list,
        body: None,
        purpose: HttpRequestPurpose::Actual,
    })
}

#[test]
fn resolving() {
    replay("resolve-an-origin", |input| {
        let addresses = input.list("addresses");
        let addresses = addresses.iter().map(|address| {
            let text = std::str::from_utf8(address).unwrap();
            text.parse::<IpAddr>().unwrap()
        });
        let host = ReadyHost::new(never).with_addresses(addresses);
        let url = url(input, "url");
        let found = with_request(&url, |request| {
            poll_once(resolve_an_origin(&host, None, &url, request)).unwrap()
        });
        match found {
            Ok(found) => {
                let found = found.iter().map(ToString::to_string);
                Outcome::result(found.collect::<Value>())
            }
            Err(failure) => Outcome::failure_because(failure.code()),
        }
    });
}

fn proxy(text: &str) -> Proxy {
    match text {
        "DIRECT" => Proxy::Direct,
        "SOCKS" => Proxy::Unmodelled { what: "SOCKS" },
        name => Proxy::Http {
            host: name.into(),
            port: 3128,
        },
    }
}

/// Which connections are obtained, one after the other: the number of each, or why there is none.
#[test]
fn obtaining() {
    replay("concept-connection-obtain", |input| {
        let protocol = match &*text_or(input, "protocol", "h2") {
            "http/1.1" => Protocol::Http11,
            "h2" => Protocol::Http2,
            other => panic!("{other}"),
        };
        let mut host = ReadyHost::new(never).with_protocol(protocol);
        if input.has("proxies") {
            let proxies = input.list("proxies");
            let names = proxies
                .iter()
                .map(|name| std::str::from_utf8(name).unwrap());
            host = host.with_proxies(names.map(proxy));
        }
        if input.has("no_addresses") {
            host = host.with_addresses([]);
        }
        let user_agent = UserAgent::default();
        let mut obtained = Vec::new();
        for wanted in input.inner("obtain", "url") {
            if wanted.has("close") {
                host.close_connection(ConnectionId(wanted.number("close")));
                continue;
            }
            let url = url(&wanted, "url");
            let key = text_or(&wanted, "key", "https://charlie.example/");
            let key = (key != "none").then(|| origin(&key).site());
            let new = match &*text_or(&wanted, "new", "no") {
                "no" => NewConnection::No,
                "yes" => NewConnection::Yes,
                "yes-and-dedicated" => NewConnection::YesAndDedicated,
                other => panic!("{other}"),
            };
            let credentials = !wanted.has("credentials") || wanted.flag("credentials");
            let connection = with_request(&url, |request| {
                let wanted = Wanted {
                    key: key.as_ref(),
                    url: &url,
                    credentials,
                    new,
                    prompt: None,
                    request,
                };
                poll_once(obtain_a_connection(&user_agent, &host, wanted)).unwrap()
            });
            obtained.push(match connection {
                Ok(connection) => {
                    if wanted.has("in_use") {
                        connection.begin_use();
                    }
                    json!(connection.id.0)
                }
                Err(ConnectionFailure::Network(failure)) => json!(failure.code()),
                Err(ConnectionFailure::ProxyAuthentication(_)) => json!("proxy-authentication"),
                Err(ConnectionFailure::Unmodelled { .. }) => json!("unmodelled"),
            });
        }
        let pool = user_agent.connections.borrow().len();
        Outcome::result(json!({ "connections": obtained, "pool": pool }))
    });
}

#[test]
fn coarsening() {
    replay("clamp-and-coarsen-connection-timing-info", |input| {
        let time = |input: &Input, field: &str| {
            Timestamp::from_micros(i64::try_from(input.number(field)).unwrap())
        };
        let given = input.inner_one("timing_info", "connection_start_time");
        let info = ConnectionTimingInfo {
            domain_lookup_start_time: time(&given, "domain_lookup_start_time"),
            domain_lookup_end_time: time(&given, "domain_lookup_end_time"),
            connection_start_time: time(&given, "connection_start_time"),
            connection_end_time: time(&given, "connection_end_time"),
            secure_connection_start_time: time(&given, "secure_connection_start_time"),
            alpn_negotiated_protocol: Protocol::Http2,
        };
        let isolated = input.flag("cross_origin_isolated_capability");
        let default = time(input, "default_start_time");
        let result = clamp_and_coarsen_connection_timing_info(&info, default, isolated);
        assert_eq!(result.alpn_negotiated_protocol, Protocol::Http2);
        let times = [
            result.domain_lookup_start_time,
            result.domain_lookup_end_time,
            result.connection_start_time,
            result.connection_end_time,
            result.secure_connection_start_time,
        ];
        Outcome::result(
            times
                .map(Timestamp::as_micros)
                .into_iter()
                .collect::<Value>(),
        )
    });
}

/// Decodes in pieces of `piece` bytes. Long results are given by their length.
fn decoded(input: &Input) -> Result<Vec<u8>, CodingFailure> {
    let bytes = input.bytes("bytes");
    let mut decoder = Decoder::new(&input.list("codings"))?;
    let piece = match input.has("piece") {
        true => usize::try_from(input.number("piece")).unwrap(),
        false => usize::MAX,
    };
    let mut all = Vec::new();
    for piece in bytes.chunks(piece) {
        let piece = bytes.slice_ref(piece);
        all.extend_from_slice(&handle_content_codings(decoder.as_mut(), piece)?);
    }
    if let Some(mut decoder) = decoder {
        all.extend_from_slice(&decoder.finish()?);
    }
    Ok(all)
}

#[test]
fn content_codings() {
    replay("handle-content-codings", |input| match decoded(input) {
        Ok(bytes) if bytes.len() > 4096 => Outcome::result(bytes.len()),
        Ok(bytes) => Outcome::result(bytes_value(&bytes)),
        Err(_) => Outcome::failure(),
    });
}
