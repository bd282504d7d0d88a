//! From a plan to a world: machines, names, browsers, whoever stands on the path.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;

use bytes::Bytes;
use crossexam_browser::{Browser, BrowserOptions, Tampering};
use crossexam_sim::{
    Attacker, Certificate, ClientCertificate, ClientCertificates, Fault, Link, Listener, Machine,
    Meddling, Password, Profile, Server, Tls, WireResponse, World, Zone,
};
use crossexam_web::HeaderList;
use indexmap::IndexMap;
use url::Url;

use super::server::{self, SiteServer, Store};
use super::{RunFailure, Stage};
use crate::format::file;
use crate::pattern::matches;
use crate::plan::{self, Page, Plan};

/// The zone of machines on the private network.
pub(super) fn private_network() -> Zone {
    Zone::named("private network")
}

/// The zone of what runs on a person's own computer.
pub(super) fn computer_of(person: &str) -> Zone {
    Zone::named(&format!("{person}'s computer"))
}

/// The zones that a person's browsers and clients reach, nearest first.
pub(super) fn zones_of(plan: &Plan, person: &str) -> Vec<Zone> {
    let owns = |placement: file::Placement| {
        plan.machines
            .values()
            .any(|machine| machine.owner == person && machine.placement == placement)
    };
    let said = plan.people.get(person).and_then(|person| person.placement);
    let mut zones = Vec::new();
    if owns(file::Placement::Local) || said == Some(file::Placement::Local) {
        zones.push(computer_of(person));
    }
    let private = match said {
        Some(placement) => placement == file::Placement::Private,
        None => owns(file::Placement::Private),
    };
    if private {
        zones.push(private_network());
    }
    zones.push(Zone::internet());
    zones
}

pub(super) fn build(plan: &Plan, trace: bool) -> Result<(World, Stage), RunFailure> {
    let world = super::empty_world(plan, trace);
    let network = world.network();
    let default = Link {
        latency: plan.network.latency.unwrap_or(Link::default().latency),
        ..Link::default()
    };
    network.set_link(default);
    let mut stores = IndexMap::new();
    for (name, machine) in &plan.machines {
        let (standing, store) = build_machine(&world, name, machine)?;
        network
            .add_machine(standing)
            .map_err(|error| RunFailure::Setup(error.to_string()))?;
        if let Some(latency) = machine.latency {
            network.set_link_to(name, Link { latency, ..default });
        }
        stores.insert(name.clone(), store);
    }
    if let Some(attacker) = &plan.network.attacker {
        network.add_attacker(build_attacker(attacker));
    }
    let mut browsers = IndexMap::new();
    for (name, browser) in &plan.browsers {
        browsers.insert(name.clone(), build_browser(&world, plan, name, browser)?);
    }
    Ok((world, Stage { browsers, stores }))
}

fn build_machine(
    world: &World,
    name: &str,
    machine: &plan::Machine,
) -> Result<(Machine, Store), RunFailure> {
    let mut standing = Machine::new(name);
    let mut hosts: Vec<&str> = Vec::new();
    let mut ports: BTreeMap<u16, bool> = BTreeMap::new();
    for origin in &machine.origins {
        if let Some(host) = origin.host_str() {
            let is_name = matches!(origin.host(), Some(url::Host::Domain(_)));
            if is_name && !hosts.contains(&host) {
                standing = standing.host_name(host);
            }
            hosts.push(host);
        }
        let port = origin.port_or_known_default().unwrap_or(443);
        let secure = origin.scheme() == "https";
        if ports
            .insert(port, secure)
            .is_some_and(|before| before != secure)
        {
            return Err(RunFailure::Setup(format!(
                "{name} would speak both HTTP and HTTPS on port {port}"
            )));
        }
    }
    let zone = match machine.placement {
        file::Placement::Public => Zone::internet(),
        file::Placement::Private => private_network(),
        file::Placement::Local => computer_of(&machine.owner),
    };
    let literal = machine
        .origins
        .iter()
        .find_map(|origin| match origin.host() {
            Some(url::Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(url::Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(url::Host::Domain(_)) | None => None,
        });
    let local =
        (machine.placement == file::Placement::Local).then_some(IpAddr::V4(Ipv4Addr::LOCALHOST));
    standing = match machine.ip.or(literal).or(local) {
        Some(address) => standing.at(zone, address),
        None => standing.in_zone(zone),
    };
    let (program, store) = server::program(world, name, machine)?;
    let server: Rc<dyn Server> = Rc::new(SiteServer::new(machine.pages.clone(), program));
    let names: Vec<String> = match &machine.certificate_names {
        Some(names) => names.clone(),
        None => hosts.iter().map(|host| (*host).to_owned()).collect(),
    };
    let mut certificate = Certificate::new(names);
    if !machine.trusted {
        certificate = certificate.issued_by(&format!("{name} itself"));
    }
    let client_certificates = match machine.client_certificate {
        None => ClientCertificates::None,
        Some(file::ClientCertificate::Optional) => ClientCertificates::Optional,
        Some(file::ClientCertificate::Required) => ClientCertificates::Required,
    };
    for (port, secure) in ports {
        let tls = secure.then(|| Tls {
            certificate: certificate.clone(),
            client_certificates,
        });
        standing = standing.listen(port, Listener::shared(Rc::clone(&server), tls));
    }
    standing.set_fault(machine.fault.map(|fault| match fault {
        file::Fault::Silent => Fault::Silent,
        file::Fault::Refuses => Fault::Refuses,
        file::Fault::Resets => Fault::Resets,
    }));
    Ok((standing, store))
}

fn build_attacker(attacker: &plan::Attacker) -> Attacker {
    let answers = attacker.answers.clone();
    Attacker::new(&attacker.person).on_request(move |request| {
        let url = request.url.as_str();
        let page = answers
            .iter()
            .find(|(pattern, _)| matches(pattern, url))
            .map(|(_, page)| page);
        page.map_or(Meddling::Forward, |page| {
            Meddling::Answer(page_response(page))
        })
    })
}

fn page_response(page: &Page) -> WireResponse {
    WireResponse {
        status: page.status,
        status_message: Bytes::new(),
        header_list: headers(&page.headers),
        body: page.body.clone(),
        ..WireResponse::default()
    }
}

fn headers(list: &[(String, String)]) -> HeaderList {
    list.iter()
        .map(|(name, value)| (Bytes::from(name.clone()), Bytes::from(value.clone())))
        .collect()
}

fn build_browser(
    world: &World,
    plan: &Plan,
    name: &str,
    browser: &plan::Browser,
) -> Result<Browser, RunFailure> {
    let profile = Profile::by_name(&browser.profile)?;
    let overrides = |list: &[(String, String)]| {
        list.iter()
            .map(|(name, value)| (name.clone().into(), Some(value.clone().into())))
            .collect()
    };
    let options = BrowserOptions {
        tampering: Tampering {
            requests: overrides(&browser.tampered_requests),
            answers: overrides(&browser.tampered_answers),
        },
        zones: zones_of(plan, &browser.person),
        ..BrowserOptions::of_profile(&profile)
    };
    let built = Browser::new(world, name, &browser.person, options);
    for (url, set_cookie) in &browser.cookies {
        if !built.set_cookie(url, set_cookie) {
            return Err(RunFailure::Setup(format!(
                "the browser {name} does not accept the cookie `{set_cookie}` from {url}"
            )));
        }
    }
    for (origin, subject) in &browser.certificates {
        if let Ok(url) = Url::parse(origin) {
            built
                .host()
                .add_client_certificate(ClientCertificate::new(subject).only_for(&url));
        }
    }
    for (origin, permission) in &browser.permissions {
        built.host().grant_permission(origin, permission);
    }
    for typed in &browser.credentials {
        built.host().add_password(Password {
            origin: typed.at.origin().ascii_serialization(),
            realm: None,
            username: typed.user.clone(),
            password: typed.password.clone(),
        });
    }
    Ok(built)
}
