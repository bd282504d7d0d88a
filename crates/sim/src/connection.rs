//! Connections: to a machine, or to an attacker who sits in between.
//!
//! MODEL: setting one up takes no time but that of finding the address.

use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use crossexam_fetch::NetworkFailure;
use crossexam_fetch::host::NetworkPartitionKey;
use url::{Host, Url};

use crate::attacker::Attacker;
use crate::dns::{DnsCache, canonical};
use crate::exchange::{Recorder, not_http};
use crate::machine::{Fault, Listener, Tls};
use crate::network::{Link, Network, Vantage, connectable, is_loopback};
use crate::tls::{ClientCertificate, ClientCertificates};

/// How somebody makes connections.
#[derive(Clone, Copy)]
pub(crate) struct Connecting<'a> {
    /// The client certificates that may be shown.
    pub(crate) certificates: &'a [ClientCertificate],
    /// Whether the server's certificate is looked at.
    pub(crate) checks_certificates: bool,
    pub(crate) dns: &'a DnsCache,
}

/// A connection as a client has it.
pub(crate) struct OpenConnection {
    pub(crate) addresses: Vec<IpAddr>,
    pub(crate) is_https: bool,
    /// Who ends TLS in the server's place.
    pub(crate) intercepted_by: Option<Rc<Attacker>>,
    /// The machine at the other end; `None` if an attacker is there.
    pub(crate) server: Option<ServerConnection>,
    url: Url,
}

/// A connection to a machine.
#[derive(Clone)]
pub(crate) struct ServerConnection {
    pub(crate) machine: String,
    pub(crate) address: IpAddr,
    pub(crate) port: u16,
    pub(crate) listener: Listener,
    pub(crate) fault: Option<Fault>,
    pub(crate) client_certificate: Option<String>,
    pub(crate) link: Link,
    /// The address and port as they are shown.
    shown: String,
    keep_alive: Duration,
}

impl OpenConnection {
    /// The address at the other end.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.server
            .as_ref()
            .map(|server| server.address)
            .or_else(|| self.addresses.first().copied())
    }

    /// How long the other side keeps it while nothing is sent.
    pub(crate) fn keep_alive(&self) -> Duration {
        let server = self.server.as_ref();
        server.map_or(crate::machine::DEFAULT_KEEP_ALIVE, |server| {
            server.keep_alive
        })
    }

    /// Writes down where it leads.
    pub(crate) fn note(&self, recorder: &Recorder<'_>) {
        if let Some(server) = &self.server {
            recorder.note(|exchange| {
                exchange.to = Some(server.machine.clone());
                exchange.address = Some(server.shown.clone());
                exchange
                    .client_certificate
                    .clone_from(&server.client_certificate);
            });
        }
    }
}

impl Network {
    /// The attacker whom what is sent to these addresses passes. What a machine says to itself passes nobody.
    pub(crate) fn attacker_on_the_way(
        &self,
        vantage: &Vantage,
        addresses: &[IpAddr],
    ) -> Option<Rc<Attacker>> {
        self.attacker_next_to(vantage)
            .filter(|_| !addresses.iter().all(|at| is_loopback(*at)))
    }

    /// Makes a connection for this URL.
    pub(crate) fn establish(
        &self,
        vantage: &Vantage,
        url: &Url,
        addresses: Vec<IpAddr>,
        connecting: Connecting<'_>,
        recorder: &Recorder<'_>,
    ) -> Result<OpenConnection, NetworkFailure> {
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(not_http("the URL has no host"));
        };
        let is_https = match url.scheme() {
            "http" => false,
            "https" => true,
            _ => return Err(not_http("the URL's scheme is neither http nor https")),
        };
        let attacker = self.attacker_on_the_way(vantage, &addresses);
        let mut connection = OpenConnection {
            addresses,
            is_https,
            intercepted_by: None,
            server: None,
            url: url.clone(),
        };
        if let Some(attacker) = attacker {
            if !is_https {
                // Who answers in the server's place need not have one.
                return Ok(connection);
            }
            if let Some(certificate) = &attacker.certificate {
                if connecting.checks_certificates {
                    let checked = certificate.check(host.clone(), self.executor().now());
                    checked.map_err(|problem| {
                        recorder.note(|exchange| {
                            exchange.tampered =
                                Some(format!("{} showed another certificate", attacker.name));
                        });
                        certificate_invalid(&host, &problem.to_string())
                    })?;
                }
                connection.intercepted_by = Some(attacker);
                return Ok(connection);
            }
        }
        let server = self.connect(vantage, &connection.addresses, port, recorder)?;
        let server = self.shake_hands(
            server,
            url,
            &host,
            is_https,
            connecting.checks_certificates,
            connecting.certificates,
            recorder,
        )?;
        connection.server = Some(server);
        Ok(connection)
    }

    /// The way from whoever sits on the path to the server. Who intercepts HTTPS has their own reasons not to look at the
    /// server's certificate, and no certificate of the client's.
    pub(crate) fn connect_from_the_path(
        &self,
        vantage: &Vantage,
        connection: &OpenConnection,
        recorder: &Recorder<'_>,
    ) -> Result<ServerConnection, NetworkFailure> {
        let url = &connection.url;
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(not_http("the URL has no host"));
        };
        let server = self.connect(vantage, &connection.addresses, port, recorder)?;
        self.shake_hands(
            server,
            url,
            &host,
            connection.is_https,
            false,
            &[],
            recorder,
        )
    }

    /// The addresses of a host, remembered or found. They are remembered for the partition that asks.
    pub(crate) async fn addresses(
        &self,
        vantage: &Vantage,
        cache: &DnsCache,
        key: Option<&NetworkPartitionKey>,
        host: &Host<&str>,
    ) -> Result<Vec<IpAddr>, NetworkFailure> {
        let name = match host {
            Host::Ipv4(address) => return Ok(vec![(*address).into()]),
            Host::Ipv6(address) => return Ok(vec![(*address).into()]),
            Host::Domain(name) => canonical(name),
        };
        if let Some(addresses) = cache.get(key, &name, self.executor().now()) {
            return Ok(addresses);
        }
        let answer = self.resolve(vantage, &name).await;
        let answer =
            answer.ok_or_else(|| NetworkFailure::NameNotResolved { host: name.clone() })?;
        cache.put(key, &name, &answer, self.executor().now());
        Ok(answer.addresses)
    }

    /// Connects to the first address that takes the connection.
    fn connect(
        &self,
        vantage: &Vantage,
        addresses: &[IpAddr],
        port: u16,
        recorder: &Recorder<'_>,
    ) -> Result<ServerConnection, NetworkFailure> {
        let mut failure = None;
        for &address in addresses {
            let shown = std::net::SocketAddr::new(address, port).to_string();
            recorder.note(|exchange| exchange.address = Some(shown.clone()));
            let Some(found) = self.destination(vantage, address, port) else {
                failure = Some(NetworkFailure::AddressUnreachable { address: shown });
                continue;
            };
            recorder.note(|exchange| exchange.to = Some(found.machine.clone()));
            match (found.listener, found.fault) {
                (None, _) | (_, Some(Fault::Refuses)) => {
                    failure = Some(NetworkFailure::ConnectionRefused { address: shown });
                }
                (Some(listener), fault) => {
                    let link = self.link(vantage.name(), &found.machine, address);
                    let (machine, address) = (found.machine, connectable(address));
                    return Ok(ServerConnection {
                        shown,
                        keep_alive: found.keep_alive,
                        machine,
                        address,
                        port,
                        listener,
                        fault,
                        client_certificate: None,
                        link,
                    });
                }
            }
        }
        Err(failure.unwrap_or(NetworkFailure::ConnectionReset))
    }

    /// The TLS handshake, or the finding that both sides speak plain HTTP.
    #[expect(clippy::too_many_arguments, reason = "what a handshake depends on")]
    fn shake_hands(
        &self,
        mut connection: ServerConnection,
        url: &Url,
        host: &Host<&str>,
        is_https: bool,
        checks_certificate: bool,
        certificates: &[ClientCertificate],
        recorder: &Recorder<'_>,
    ) -> Result<ServerConnection, NetworkFailure> {
        let Tls {
            certificate,
            client_certificates,
        } = match (&connection.listener.tls, is_https) {
            (None, false) => return Ok(connection),
            (Some(tls), true) => tls,
            (Some(_), false) => {
                return Err(NetworkFailure::NotHttp {
                    why: "the other side speaks TLS".to_owned(),
                });
            }
            (None, true) => {
                return Err(NetworkFailure::NotHttp {
                    why: "the other side does not speak TLS".to_owned(),
                });
            }
        };
        if checks_certificate {
            certificate
                .check(host.clone(), self.executor().now())
                .map_err(|problem| certificate_invalid(host, &problem.to_string()))?;
        }
        let shown = || {
            certificates
                .iter()
                .find(|certificate| certificate.is_for(url))
                .map(|it| it.subject.clone())
        };
        connection.client_certificate = match client_certificates {
            ClientCertificates::None => None,
            ClientCertificates::Optional => shown(),
            ClientCertificates::Required => {
                Some(shown().ok_or(NetworkFailure::ClientCertificateRequired)?)
            }
        };
        recorder.note(|exchange| {
            exchange
                .client_certificate
                .clone_from(&connection.client_certificate)
        });
        Ok(connection)
    }
}

fn certificate_invalid(host: &Host<&str>, why: &str) -> NetworkFailure {
    NetworkFailure::CertificateInvalid {
        host: host.to_string(),
        why: why.to_owned(),
    }
}
