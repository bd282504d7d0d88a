//! A real service in Alice's place: an axum router behind tower-http's CORS layer, and what comes of it in a browser.
//!
//! `cargo run -p crossexam-sim --example tower_cors`

use axum::Router;
use axum::routing::{get, put};
use crossexam_fetch::request::{CredentialsMode, Mode};
use crossexam_fetch::{Body, FetchController, Request, Response, UserAgent, fetch};
use crossexam_sim::journal::Event;
use crossexam_sim::{BrowserHost, Client, ClientRequest, Machine, Profile, TowerServer, World};
use crossexam_web::trace::printable;
use crossexam_web::{Host, Origin, Trace};
use http::{HeaderValue, Method};
use tower_http::cors::CorsLayer;

type Error = Box<dyn std::error::Error>;

/// A world in which Alice allows `https://partner.example`, credentials included.
fn world() -> Result<World, Error> {
    let cors = CorsLayer::new()
        .allow_origin("https://partner.example".parse::<HeaderValue>()?)
        .allow_methods([Method::GET, Method::PUT])
        .allow_credentials(true);
    let router = Router::new()
        .route("/balance", get(|| async { "the balance is 42" }))
        .route(
            "/limit",
            put(|body: String| async move { format!("the limit is {body}") }),
        )
        .layer(cors);

    let world = World::default();
    let alice = Machine::new("alice")
        .host_name("alice.example")
        .serve(TowerServer::new(router));
    world.network().add_machine(alice)?;
    Ok(world)
}

/// A script of a page at `https://{host}` fetches with credentials. What the page gets, or what stopped it.
fn page_fetches(
    world: &World,
    host: &str,
    method: &'static str,
    url: &str,
) -> Result<String, Error> {
    let browser = BrowserHost::new(world.network(), "bob's browser", "bob");
    let browser = browser.for_fetch(world.journal().next_fetch_id());
    let user_agent = UserAgent {
        choices: Profile::by_name("standard")?.choices,
        ..UserAgent::default()
    };
    let mut request = Request::new(url.parse()?);
    request.method = method.into();
    request.mode = Mode::Cors;
    request.credentials_mode = CredentialsMode::Include;
    request.unsafe_request = true;
    request.origin = Some(Origin::tuple("https", Host::Domain(host.into()), None));
    let (controller, trace) = (FetchController::new(), Trace::off());
    let fetched = world.block_on(fetch(&user_agent, &browser, request, &controller, &trace))?;
    Ok(match fetched.response.network_error() {
        Some(error) => format!("network error ({}: {})", error.step, error.reason),
        None => format!(
            "{} {}",
            fetched.response.response_type().as_str(),
            read(&fetched.response)
        ),
    })
}

fn read(response: &Response) -> String {
    let body = response
        .internal()
        .and_then(|internal| internal.body.as_ref());
    body.and_then(Body::known_bytes)
        .map(|bytes| printable(bytes))
        .unwrap_or_default()
}

#[expect(clippy::print_stdout, reason = "an example shows something")]
fn main() -> Result<(), Error> {
    let world = world()?;
    for host in ["partner.example", "charlie.example"] {
        for (method, path) in [("GET", "/balance"), ("PUT", "/limit")] {
            let outcome = page_fetches(
                &world,
                host,
                method,
                &format!("https://alice.example{path}"),
            )?;
            println!("{method} {path} from a page at {host}: {outcome}");
        }
    }
    let curl = Client::new(world.network(), "curl", "charlie");
    let request = ClientRequest::get("https://alice.example/balance".parse()?);
    let response =
        world.block_on(curl.send(request.header("Origin", "https://partner.example")))??;
    println!(
        "GET /balance by curl with a forged Origin: {}",
        printable(&response.body)
    );

    println!("\nwhat Alice saw:");
    for entry in world.journal().entries() {
        if let Event::Exchange(exchange) = entry.event {
            let origin = exchange.request_headers.get(b"Origin").unwrap_or_default();
            println!(
                "  {} {} Origin: {}",
                printable(&exchange.method),
                exchange.url,
                printable(&origin)
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layer_and_the_browser_agree_on_who_may_read() {
        let world = world().unwrap();
        let fetched = |host, method, url| page_fetches(&world, host, method, url).unwrap();
        let (balance, limit) = (
            "https://alice.example/balance",
            "https://alice.example/limit",
        );
        assert_eq!(
            fetched("partner.example", "GET", balance),
            "cors the balance is 42"
        );
        assert_eq!(
            fetched("partner.example", "PUT", limit),
            "cors the limit is "
        );
        let stopped = fetched("charlie.example", "GET", balance);
        assert!(
            stopped.starts_with("network error (CORS check, step "),
            "{stopped}"
        );
        assert!(stopped.contains("https://partner.example"), "{stopped}");
        let stopped = fetched("charlie.example", "PUT", limit);
        assert!(stopped.contains("CORS-preflight: "), "{stopped}");
        assert!(main().is_ok());
    }
}
