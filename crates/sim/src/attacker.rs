//! An attacker on the network path.
//!
//! The attacker reads and changes what passes in plain HTTP, may answer in a server's place, and may answer questions for
//! names. HTTPS passes unread. An attacker who has a certificate can try to stand in for the server; that works exactly
//! when the client's check of the certificate would have passed for the real one.

use std::fmt;
use std::rc::Rc;

use crate::dns::{ComputedAnswer, DnsAnswer, DnsQuery};
use crate::tls::Certificate;
use crate::wire::{WireRequest, WireResponse};

type OnRequest = Rc<dyn Fn(&mut WireRequest) -> Meddling>;
type OnResponse = Rc<dyn Fn(&WireRequest, &mut WireResponse)>;

/// An attacker on the path between some clients and the rest.
#[derive(Clone)]
pub struct Attacker {
    pub(crate) name: String,
    pub(crate) clients: Option<Vec<String>>,
    pub(crate) certificate: Option<Certificate>,
    pub(crate) on_query: Option<ComputedAnswer>,
    pub(crate) on_request: Option<OnRequest>,
    pub(crate) on_response: Option<OnResponse>,
}

/// What the attacker does with a request.
#[derive(Debug, Clone)]
pub enum Meddling {
    /// Lets it pass, perhaps changed.
    Forward,
    /// Answers in the server's place; the server never sees it.
    Answer(WireResponse),
    /// Breaks the connection off.
    Cut,
}

impl Attacker {
    /// An attacker next to everybody who only reads. Machines that talk to themselves do not pass anybody.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            clients: None,
            certificate: None,
            on_query: None,
            on_request: None,
            on_response: None,
        }
    }

    /// Puts the attacker between these clients (browsers, clients or machines, by name) and the rest only.
    #[must_use]
    pub fn between<N: Into<String>>(mut self, clients: impl IntoIterator<Item = N>) -> Self {
        self.clients = Some(clients.into_iter().map(Into::into).collect());
        self
    }

    /// Stands in for every HTTPS server on the path with this certificate. The client's own check decides what comes of it.
    #[must_use]
    pub fn intercept_https(mut self, certificate: Certificate) -> Self {
        self.certificate = Some(certificate);
        self
    }

    /// Answers questions for names; `None` leaves a question to the name server.
    #[must_use]
    pub fn on_query(mut self, answer: impl Fn(&DnsQuery) -> Option<DnsAnswer> + 'static) -> Self {
        self.on_query = Some(Rc::new(answer));
        self
    }

    /// Does something with requests.
    #[must_use]
    pub fn on_request(mut self, meddle: impl Fn(&mut WireRequest) -> Meddling + 'static) -> Self {
        self.on_request = Some(Rc::new(meddle));
        self
    }

    /// Changes answers.
    #[must_use]
    pub fn on_response(
        mut self,
        meddle: impl Fn(&WireRequest, &mut WireResponse) + 'static,
    ) -> Self {
        self.on_response = Some(Rc::new(meddle));
        self
    }

    /// The attacker's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn is_next_to(&self, client: &str) -> bool {
        self.clients
            .as_ref()
            .is_none_or(|clients| clients.iter().any(|name| name == client))
    }
}

impl fmt::Debug for Attacker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attacker")
            .field("name", &self.name)
            .field("clients", &self.clients)
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}
