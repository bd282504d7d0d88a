//! A browser's place in the network: what it hands to fetching as its [`Host`].

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crossexam_fetch::Request;
use crossexam_fetch::host::{ConnectionParams, Host, HttpRequest, HttpResponse, NetworkFailure};
use crossexam_web::Timestamp;
use url::Url;

use crate::dns::{DnsCache, Pinning};
use crate::exchange::Outgoing;
use crate::journal::{Event, FetchId, Sender};
use crate::machine::Zone;
use crate::network::{Network, Vantage};
use crate::tls::ClientCertificate;

/// A browser in the network, with the person in front of it. Clones are handles of the same browser.
#[derive(Debug, Clone)]
pub struct BrowserHost {
    seat: Rc<Seat>,
    fetch: Option<FetchId>,
    /// Which of the person's passwords were tried during this fetch.
    tried: Rc<RefCell<Vec<usize>>>,
}

#[derive(Debug)]
struct Seat {
    network: Network,
    vantage: Vantage,
    person: String,
    dns: DnsCache,
    offline: Cell<bool>,
    certificates: RefCell<Vec<ClientCertificate>>,
    passwords: RefCell<Vec<Password>>,
    in_parallel: RefCell<Vec<Request>>,
}

/// A user name and a password that a person types when a site asks for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Password {
    /// The origin that asks, for example `https://alice.example`.
    pub origin: String,
    /// The realm that it names; `None` for any.
    pub realm: Option<String>,
    /// The user name.
    pub username: String,
    /// The password.
    pub password: String,
}

impl BrowserHost {
    /// A browser on the internet.
    pub fn new(network: &Network, name: &str, person: &str) -> Self {
        Self::in_zones(network, name, person, [Zone::internet()])
    }

    /// A browser in these zones, nearest first, for example a home network and then the internet.
    pub fn in_zones(
        network: &Network,
        name: &str,
        person: &str,
        zones: impl IntoIterator<Item = Zone>,
    ) -> Self {
        let sender = Sender::Browser {
            name: name.to_owned(),
            person: person.to_owned(),
        };
        Self {
            seat: Rc::new(Seat {
                network: network.clone(),
                vantage: network.vantage_in(sender, zones),
                person: person.to_owned(),
                dns: DnsCache::default(),
                offline: Cell::new(false),
                certificates: RefCell::default(),
                passwords: RefCell::default(),
                in_parallel: RefCell::default(),
            }),
            fetch: None,
            tried: Rc::default(),
        }
    }

    /// A handle whose exchanges belong to this fetch.
    #[must_use]
    pub fn for_fetch(&self, fetch: FetchId) -> Self {
        Self {
            seat: self.seat.clone(),
            fetch: Some(fetch),
            tried: Rc::default(),
        }
    }

    /// The network it stands in.
    pub fn network(&self) -> &Network {
        &self.seat.network
    }

    /// Where it stands.
    pub fn vantage(&self) -> &Vantage {
        &self.seat.vantage
    }

    /// Takes it off the network, or back.
    pub fn set_offline(&self, offline: bool) {
        self.seat.offline.set(offline);
    }

    /// Changes how long it keeps to an address once it has resolved a name.
    pub fn set_pinning(&self, pinning: Pinning) {
        self.seat.dns.set_pinning(pinning);
    }

    /// Forgets what names resolved to.
    pub fn clear_dns_cache(&self) {
        self.seat.dns.clear();
    }

    /// Gives it a client certificate. Of several for a site, the first is shown.
    pub fn add_client_certificate(&self, certificate: ClientCertificate) {
        self.seat.certificates.borrow_mut().push(certificate);
    }

    /// The requests that fetches with this host as it is want fetched in parallel; the host forgets them.
    pub fn take_in_parallel(&self) -> Vec<Request> {
        self.seat.in_parallel.take()
    }

    /// Tells the person a password. They type it when its site asks; asked once more during the same fetch they try the next
    /// that fits, and without one they decline.
    pub fn add_password(&self, password: Password) {
        self.seat.passwords.borrow_mut().push(password);
    }
}

impl Host for BrowserHost {
    fn now(&self) -> Timestamp {
        self.seat.network.executor().now()
    }

    async fn http_request(
        &self,
        connection: ConnectionParams<'_>,
        request: HttpRequest<'_>,
    ) -> Result<HttpResponse, NetworkFailure> {
        let seat = &*self.seat;
        if seat.offline.get() {
            return Err(NetworkFailure::Offline);
        }
        let certificates = if connection.credentials {
            seat.certificates.borrow().clone()
        } else {
            Vec::new()
        };
        let outgoing = Outgoing {
            fetch: self.fetch,
            purpose: request.purpose,
            method: request.method,
            url: request.url,
            headers: request.header_list,
            body: request.body,
            certificates: &certificates,
            checks_certificates: true,
            dns: &seat.dns,
        };
        seat.network.exchange(&seat.vantage, outgoing).await
    }

    fn fetch_in_parallel(&self, request: Request) {
        // A seat in the network knows no user agent; whoever has one wraps this host and runs the fetch.
        self.seat.in_parallel.borrow_mut().push(request);
    }

    async fn prompt_for_credentials(
        &self,
        _traversable: u64,
        url: &Url,
        realm: &str,
    ) -> Option<(String, String)> {
        let origin = url.origin().ascii_serialization();
        let found = {
            let passwords = self.seat.passwords.borrow();
            let mut tried = self.tried.borrow_mut();
            let fits = |(index, password): &(usize, &Password)| {
                password.origin == origin
                    && password.realm.as_ref().is_none_or(|wanted| wanted == realm)
                    && !tried.contains(index)
            };
            let found = passwords
                .iter()
                .enumerate()
                .find(fits)
                .map(|(index, password)| (index, password.clone()));
            found.map(|(index, password)| {
                tried.push(index);
                (password.username, password.password)
            })
        };
        let what = match &found {
            Some((username, _)) => {
                format!("types a password for {username} at {origin} (realm \"{realm}\")")
            }
            None => format!("declines to type a password at {origin} (realm \"{realm}\")"),
        };
        self.seat.network.record(Event::Action {
            person: self.seat.person.clone(),
            what,
        });
        found
    }
}
