//! Machines: what stands in the network and can be connected to.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use crate::server::Server;
use crate::tls::{Certificate, ClientCertificates};

/// A part of the network: who stands in it reaches the machines in it.
///
/// Everybody who is not told otherwise stands on [`Zone::internet`]. A private network or a single computer (for what
/// listens on its loopback addresses) is a zone of its own; its addresses mean something else elsewhere, or nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Zone(Rc<str>);

impl Zone {
    /// A zone with this name.
    pub fn named(name: &str) -> Self {
        Self(name.into())
    }

    /// The public network.
    pub fn internet() -> Self {
        Self::named("internet")
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0
    }
}

/// What can be wrong with a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It accepts the connection and the request, and never answers.
    Silent,
    /// It refuses connections.
    Refuses,
    /// It breaks the connection off before it has read the request.
    Resets,
}

/// A machine: its addresses, and what listens on its ports.
#[derive(Debug, Clone)]
pub struct Machine {
    pub(crate) name: String,
    pub(crate) addresses: Vec<(Zone, Option<IpAddr>)>,
    pub(crate) host_names: Vec<String>,
    pub(crate) listeners: BTreeMap<u16, Listener>,
    pub(crate) fault: Option<Fault>,
    pub(crate) keep_alive: Duration,
}

/// How long most servers keep a connection on which nothing is sent.
pub const DEFAULT_KEEP_ALIVE: Duration = Duration::from_secs(5);

/// What listens on a port.
#[derive(Clone)]
pub struct Listener {
    pub(crate) server: Rc<dyn Server>,
    pub(crate) tls: Option<Tls>,
}

/// How a port speaks TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// The certificate that is shown.
    pub certificate: Certificate,
    /// Whether clients are asked for theirs.
    pub client_certificates: ClientCertificates,
}

impl Listener {
    /// Plain HTTP.
    pub fn http(server: impl Server + 'static) -> Self {
        Self::shared(Rc::new(server), None)
    }

    /// HTTPS with this certificate, clients are not asked for theirs.
    pub fn https(server: impl Server + 'static, certificate: Certificate) -> Self {
        let tls = Tls {
            certificate,
            client_certificates: ClientCertificates::None,
        };
        Self::shared(Rc::new(server), Some(tls))
    }

    /// A listener for a server that others use too.
    pub fn shared(server: Rc<dyn Server>, tls: Option<Tls>) -> Self {
        Self { server, tls }
    }

    /// The same listener, which asks for client certificates (if it speaks TLS).
    #[must_use]
    pub fn client_certificates(mut self, client_certificates: ClientCertificates) -> Self {
        if let Some(tls) = &mut self.tls {
            tls.client_certificates = client_certificates;
        }
        self
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener")
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}

impl Machine {
    /// A machine without addresses and listeners. One that is given no address gets one on the internet when it is added.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            addresses: Vec::new(),
            host_names: Vec::new(),
            listeners: BTreeMap::new(),
            fault: None,
            keep_alive: DEFAULT_KEEP_ALIVE,
        }
    }

    /// Gives it a name that resolves to it wherever it stands.
    #[must_use]
    pub fn host_name(mut self, name: &str) -> Self {
        self.host_names.push(name.to_owned());
        self
    }

    /// Puts it in a zone, with an address that the network chooses.
    #[must_use]
    pub fn in_zone(mut self, zone: Zone) -> Self {
        self.addresses.push((zone, None));
        self
    }

    /// Puts it in a zone with this address.
    #[must_use]
    pub fn at(mut self, zone: Zone, address: IpAddr) -> Self {
        self.addresses.push((zone, Some(address)));
        self
    }

    /// Lets it listen on a port; what listened there before is gone.
    #[must_use]
    pub fn listen(mut self, port: u16, listener: Listener) -> Self {
        self.listeners.insert(port, listener);
        self
    }

    /// Lets a server answer at `http` port 80 and, with a certificate for the machine's host names so far, at `https`
    /// port 443.
    #[must_use]
    pub fn serve(self, server: impl Server + 'static) -> Self {
        let server: Rc<dyn Server> = Rc::new(server);
        let certificate = Certificate::new(self.host_names.clone());
        let tls = Tls {
            certificate,
            client_certificates: ClientCertificates::None,
        };
        self.listen(80, Listener::shared(server.clone(), None))
            .listen(443, Listener::shared(server, Some(tls)))
    }

    /// Lets it keep connections on which nothing is sent for so long; zero for no longer than one request and its answer.
    #[must_use]
    pub fn keep_alive(mut self, keep_alive: Duration) -> Self {
        self.keep_alive = keep_alive;
        self
    }

    /// Something is wrong with it, or nothing any more.
    pub fn set_fault(&mut self, fault: Option<Fault>) {
        self.fault = fault;
    }

    /// The machine's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its addresses with the zones in which they are valid.
    pub fn addresses(&self) -> impl Iterator<Item = (&Zone, IpAddr)> {
        self.addresses
            .iter()
            .filter_map(|(zone, address)| address.map(|address| (zone, address)))
    }

    /// What listens on a port, to change it.
    pub fn listener_mut(&mut self, port: u16) -> Option<&mut Listener> {
        self.listeners.get_mut(&port)
    }
}

impl Listener {
    /// Its certificate and whether it asks for others', to change them; `None` if it speaks plain HTTP.
    pub fn tls_mut(&mut self) -> Option<&mut Tls> {
        self.tls.as_mut()
    }
}
