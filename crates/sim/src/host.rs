//! A browser's place in the network: what it hands to fetching as its [`Host`].

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;

use crossexam_fetch::Request;
use crossexam_fetch::connections::{Connection, ConnectionId, Established, Protocol};
use crossexam_fetch::host::{
    ConnectionFailure, ConnectionParams, Host, HttpRequest, HttpResponse, InterimResponse,
    NetworkFailure, NetworkPartitionKey, Proxy,
};
use crossexam_web::Timestamp;
use url::Url;

use crate::connection::{Connecting, OpenConnection};
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
    /// What the person allows: origins and permissions.
    permissions: RefCell<std::collections::BTreeSet<(String, String)>>,
    in_parallel: RefCell<Vec<Request>>,
    connections: RefCell<BTreeMap<u64, Held>>,
    next_connection: Cell<u64>,
}

/// A connection that stands.
struct Held {
    connection: Rc<OpenConnection>,
    /// When the other side closes it if nothing is sent.
    open_until: Timestamp,
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Held")
            .field("open_until", &self.open_until)
            .finish_non_exhaustive()
    }
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
                permissions: RefCell::default(),
                in_parallel: RefCell::default(),
                connections: RefCell::default(),
                next_connection: Cell::new(0),
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

    fn outgoing<'a>(&self, request: &HttpRequest<'a>) -> Outgoing<'a> {
        Outgoing {
            fetch: self.fetch,
            purpose: request.purpose,
            method: request.method,
            url: request.url,
            headers: request.header_list,
            body: request.body,
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
        self.seat.connections.borrow_mut().clear();
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

    /// Lets the person allow a permission to an origin whenever they are asked for it. Otherwise they decline.
    pub fn grant_permission(&self, origin: &str, permission: &str) {
        self.seat
            .permissions
            .borrow_mut()
            .insert((origin.to_owned(), permission.to_owned()));
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

    fn is_offline(&self) -> bool {
        self.seat.offline.get()
    }

    async fn resolve(
        &self,
        key: Option<&NetworkPartitionKey>,
        name: &str,
        request: &HttpRequest<'_>,
    ) -> Result<Vec<IpAddr>, NetworkFailure> {
        let Seat {
            network,
            vantage,
            dns,
            ..
        } = &*self.seat;
        let host = url::Host::Domain(name);
        let addresses = network.addresses(vantage, dns, key, &host);
        let addresses = match network
            .executor()
            .timeout(network.time_out(), addresses)
            .await
        {
            Ok(addresses) => addresses,
            Err(_) => Err(NetworkFailure::TimedOut),
        };
        if let Err(failure) = &addresses {
            network.record_without_connection(vantage, &self.outgoing(request), failure);
        }
        addresses
    }

    async fn create_connection(
        &self,
        params: ConnectionParams<'_>,
    ) -> Result<Established, ConnectionFailure> {
        let seat = &*self.seat;
        match params.proxy {
            Proxy::Direct => {}
            Proxy::Http { .. } => {
                let what = "proxies in a simulated network";
                return Err(ConnectionFailure::Unmodelled { what });
            }
            Proxy::Unmodelled { what } => return Err(ConnectionFailure::Unmodelled { what }),
        }
        let certificates = if params.credentials {
            seat.certificates.borrow().clone()
        } else {
            Vec::new()
        };
        let connecting = Connecting {
            certificates: &certificates,
            checks_certificates: true,
            dns: &seat.dns,
        };
        let outgoing = self.outgoing(params.request);
        let connection = seat.network.establish_for(
            &seat.vantage,
            &outgoing,
            params.hosts.to_vec(),
            connecting,
        )?;
        let ip_address = connection.address();
        let id = seat.next_connection.get();
        seat.next_connection.set(id + 1);
        let held = Held {
            open_until: self.now() + connection.keep_alive(),
            connection: Rc::new(connection),
        };
        seat.connections.borrow_mut().insert(id, held);
        Ok(Established {
            id: ConnectionId(id),
            secure_connection_start_time: (params.url.scheme() == "https").then(|| self.now()),
            protocol: Protocol::Http11,
            ip_address,
        })
    }

    fn is_connected(&self, ConnectionId(id): ConnectionId) -> bool {
        let mut connections = self.seat.connections.borrow_mut();
        let stands = connections
            .get(&id)
            .is_some_and(|held| self.now() < held.open_until);
        if !stands {
            connections.remove(&id);
        }
        stands
    }

    fn close_connection(&self, ConnectionId(id): ConnectionId) {
        self.seat.connections.borrow_mut().remove(&id);
    }

    async fn http_request(
        &self,
        connection: &Connection,
        request: HttpRequest<'_>,
    ) -> Result<HttpResponse, NetworkFailure> {
        let seat = &*self.seat;
        let ConnectionId(id) = connection.id;
        let open = {
            let connections = seat.connections.borrow();
            connections.get(&id).map(|held| Rc::clone(&held.connection))
        };
        let Some(open) = open else {
            return Err(NetworkFailure::ConnectionReset);
        };
        let outgoing = self.outgoing(&request);
        let answer = seat
            .network
            .exchange_over(&seat.vantage, outgoing, &open)
            .await;
        if let Some(held) = seat.connections.borrow_mut().get_mut(&id) {
            held.open_until = self.now() + open.keep_alive();
        }
        let mut answer = answer?;
        let hints = std::mem::take(&mut answer.early_hints).into_iter();
        let interim_responses = hints.map(|header_list| InterimResponse {
            status: 103,
            header_list,
            at: self.now(),
        });
        Ok(HttpResponse {
            interim_responses: interim_responses.collect(),
            ..HttpResponse::from(answer)
        })
    }

    fn fetch_in_parallel(&self, request: Request) {
        // A seat in the network knows no user agent; whoever has one wraps this host and runs the fetch.
        self.seat.in_parallel.borrow_mut().push(request);
    }

    async fn prompt_for_permission(
        &self,
        _traversable: u64,
        origin: &str,
        permission: &'static str,
    ) -> bool {
        self.seat
            .permissions
            .borrow()
            .contains(&(origin.to_owned(), permission.to_owned()))
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
