//! Replays the vectors of Local Network Access.

#![allow(clippy::unwrap_used)]

use std::cell::RefCell;
use std::net::IpAddr;
use std::rc::Rc;

use crossexam_fetch::ready::{ReadyHost, poll_once};
use crossexam_fetch::request::{Destination, Mode};
use crossexam_fetch::{
    BlockReason, Choices, Environment, FetchController, GlobalObject, HttpResponse,
    PolicyContainer, Request, UserAgent, fetch,
};
use crossexam_tests::vectors::{Outcome, replay};
use crossexam_web::address_space::{IpAddressSpace, determine_the_ip_address_space};
use crossexam_web::{Origin, Trace};
use url::Url;

#[test]
fn address_spaces() {
    replay(
        "local-network-access/determine-the-ip-address-space",
        |input| {
            let address: IpAddr = input.text("address").parse().unwrap();
            Outcome::result(determine_the_ip_address_space(address).as_str())
        },
    );
}

fn page(url: &str, ip_address_space: IpAddressSpace) -> Rc<Environment> {
    let url: Url = url.parse().unwrap();
    let origin = Origin::of_url(&url).unwrap();
    Rc::new(Environment {
        id: 1,
        creation_url: url.clone(),
        top_level_creation_url: url.clone(),
        top_level_origin: Some(origin.clone()),
        origin,
        api_base_url: RefCell::new(url.clone()),
        policy_container: RefCell::new(PolicyContainer {
            ip_address_space,
            ..PolicyContainer::default()
        }),
        has_cross_site_ancestor: false,
        has_trustworthy_ancestor: false,
        global: GlobalObject::Window {
            traversable: Some(1),
            nested: false,
        },
        secure_context: url.scheme() == "https",
        cross_origin_isolated_capability: false,
        referrer_source: RefCell::new(Some(url)),
        insecure_requests: Default::default(),
        fetch_group: Default::default(),
        cache: Default::default(),
    })
}

#[test]
fn checks() {
    replay("local-network-access/local-network-access-check", |input| {
        let choices = Choices {
            local_network_access: !input.has("off"),
            ..Choices::default()
        };
        let space = match input.text("page_space").as_str() {
            "loopback" => IpAddressSpace::Loopback,
            "local" => IpAddressSpace::Local,
            _ => IpAddressSpace::Public,
        };
        let mut host = ReadyHost::new(|_| Ok(HttpResponse::default()))
            .with_address(input.text("address").parse().unwrap());
        if input.flag("grant") {
            host = host.granting_permissions();
        }
        let mut request = Request::new(input.text("url").parse().unwrap());
        request.client = Some(page(&input.text("page"), space));
        request.mode = Mode::NoCors;
        if input.has("destination") {
            request.mode = Mode::Navigate;
            request.destination = match input.text("destination").as_str() {
                "document" => Destination::Document,
                _ => Destination::Iframe,
            };
        }
        let fetched = poll_once(fetch(
            &UserAgent::new(choices),
            &host,
            request,
            &FetchController::new(),
            &Trace::off(),
        ));
        match fetched.unwrap().response.network_error() {
            None => Outcome::result("allowed"),
            Some(error) => match &error.reason {
                BlockReason::LocalNetworkAccess { .. } => Outcome::result("blocked"),
                other => Outcome::result(other.code()),
            },
        }
    });
}
