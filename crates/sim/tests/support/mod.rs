//! What the tests share.

#![allow(dead_code, reason = "each test file uses a part of it")]

use bytes::Bytes;
use crossexam_fetch::connections::{NewConnection, Wanted, obtain_a_connection};
use crossexam_fetch::host::{ConnectionFailure, Host as _};
use crossexam_fetch::{HttpRequest, HttpRequestPurpose, HttpResponse, NetworkFailure, UserAgent};
use crossexam_sim::journal::{Event, Exchange, Exposure, Holder};
use crossexam_sim::{BrowserHost, Machine, PeerInfo, Server, World, from_fn};
use crossexam_web::HeaderList;

/// A server that answers with its name, the scheme, the method, the target and the client's certificate.
pub(crate) fn echo(name: &'static str) -> impl Server + 'static {
    from_fn(move |request: http::Request<Bytes>, peer: PeerInfo| {
        let certificate = peer.client_certificate.as_deref().unwrap_or("nobody");
        let text = format!(
            "{name}: {} {} for {certificate}",
            request.method(),
            peer.url(&request)
        );
        http::Response::new(Bytes::from(text))
    })
}

/// A world with Alice's echo at `alice.example`.
pub(crate) fn world_with_alice() -> World {
    let world = World::default();
    let alice = Machine::new("alice")
        .host_name("alice.example")
        .serve(echo("alice"));
    world.network().add_machine(alice).unwrap();
    world
}

pub(crate) fn bob(world: &World) -> BrowserHost {
    BrowserHost::new(world.network(), "bob's browser", "bob")
}

/// One GET request, as fetching makes it.
pub(crate) async fn get(
    browser: &BrowserHost,
    url: &str,
    credentials: bool,
) -> Result<HttpResponse, NetworkFailure> {
    request(browser, "GET", url, &HeaderList::new(), None, credentials).await
}

pub(crate) async fn request(
    browser: &BrowserHost,
    method: &'static str,
    url: &str,
    headers: &HeaderList,
    body: Option<Bytes>,
    credentials: bool,
) -> Result<HttpResponse, NetworkFailure> {
    let url = url.parse().unwrap();
    let method = Bytes::from_static(method.as_bytes());
    let request = HttpRequest {
        method: &method,
        url: &url,
        header_list: headers,
        body: body.as_ref(),
        purpose: HttpRequestPurpose::Actual,
    };
    if browser.is_offline() {
        return Err(NetworkFailure::Offline);
    }
    // Nobody else uses this pool, so every request has a connection of its own.
    let user_agent = UserAgent::default();
    let wanted = Wanted {
        key: None,
        url: &url,
        credentials,
        new: NewConnection::No,
        prompt: None,
        request: &request,
    };
    let connection = obtain_a_connection(&user_agent, browser, wanted).await;
    let connection = connection.map_err(|failure| match failure {
        ConnectionFailure::Network(failure) => failure,
        other => panic!("{other:?}"),
    })?;
    let answer = browser.http_request(&connection, request).await;
    browser.close_connection(connection.id);
    answer
}

/// The body of the answer to a GET request, as text.
pub(crate) fn body(
    world: &World,
    browser: &BrowserHost,
    url: &str,
) -> Result<String, NetworkFailure> {
    let response = world.block_on(get(browser, url, true)).unwrap()?;
    Ok(String::from_utf8(response.body.as_whole().unwrap().to_vec()).unwrap())
}

pub(crate) fn exchanges(world: &World) -> Vec<Exchange> {
    let entries = world.journal().entries().into_iter();
    entries
        .filter_map(|entry| match entry.event {
            Event::Exchange(exchange) => Some(*exchange),
            _ => None,
        })
        .collect()
}

/// What came into somebody's hands: how, and the bytes as text.
pub(crate) fn exposures(world: &World, whose: &Holder) -> Vec<(String, String)> {
    let entries = world.journal().entries().into_iter();
    entries
        .filter_map(|entry| match entry.event {
            Event::Exposure(Exposure { holder, how, bytes }) if holder == *whose => {
                Some((how, String::from_utf8_lossy(&bytes).into_owned()))
            }
            _ => None,
        })
        .collect()
}

pub(crate) fn server(machine: &str) -> Holder {
    Holder::Server {
        machine: machine.to_owned(),
    }
}

pub(crate) fn attacker(name: &str) -> Holder {
    Holder::Network {
        name: name.to_owned(),
    }
}

/// Whether a text is among what came into somebody's hands.
pub(crate) fn knows(world: &World, whose: &Holder, text: &str) -> bool {
    exposures(world, whose)
        .iter()
        .any(|(_, bytes)| bytes.contains(text))
}
