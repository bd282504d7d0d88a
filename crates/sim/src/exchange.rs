//! One request over the network and its answer.
//!
//! MODEL: every exchange has a connection of its own, and setting it up takes no time: the request travels one way, the
//! answer the other. HTTP is version 1.1 in meaning; how bytes are framed on the wire is not modelled.

use std::cell::RefCell;
use std::net::IpAddr;
use std::rc::Rc;

use bytes::Bytes;
use crossexam_fetch::{HttpRequestPurpose, HttpResponse, NetworkFailure};
use crossexam_web::HeaderList;
use url::{Host, Url};

use crate::attacker::{Attacker, Meddling};
use crate::dns::{DnsCache, canonical};
use crate::journal::{Answer, Event, Exchange, ExchangeId, Exposure, FetchId, Holder};
use crate::machine::{Fault, Listener, Tls};
use crate::network::{Link, Network, Vantage, connectable, is_loopback};
use crate::server::PeerInfo;
use crate::tls::{ClientCertificate, ClientCertificates};
use crate::wire::{WireRequest, framed, from_http, plain, reframe};

/// A request that somebody sends.
pub(crate) struct Outgoing<'a> {
    pub(crate) fetch: Option<FetchId>,
    pub(crate) purpose: HttpRequestPurpose,
    pub(crate) method: &'a Bytes,
    pub(crate) url: &'a Url,
    pub(crate) headers: &'a HeaderList,
    pub(crate) body: Option<&'a Bytes>,
    /// The client certificates that may be shown.
    pub(crate) certificates: &'a [ClientCertificate],
    /// Whether the server's certificate is looked at.
    pub(crate) checks_certificates: bool,
    pub(crate) dns: &'a DnsCache,
}

/// Writes the exchange into the journal, also when whoever waits for the answer gives up.
struct Recorder<'a> {
    network: &'a Network,
    exchange: RefCell<Option<Box<Exchange>>>,
}

impl Recorder<'_> {
    fn note(&self, note: impl FnOnce(&mut Exchange)) {
        if let Some(exchange) = self.exchange.borrow_mut().as_deref_mut() {
            note(exchange);
        }
    }

    fn finish(&self, answer: Result<Answer, String>) {
        if let Some(mut exchange) = self.exchange.take() {
            exchange.answer = answer;
            self.network.record(Event::Exchange(exchange));
        }
    }
}

impl Drop for Recorder<'_> {
    fn drop(&mut self) {
        self.finish(Err("the sender gave up".to_owned()));
    }
}

/// An open connection.
struct Connection {
    machine: String,
    address: IpAddr,
    port: u16,
    listener: Listener,
    fault: Option<Fault>,
    client_certificate: Option<String>,
    link: Link,
}

impl Network {
    pub(crate) fn record(&self, event: Event) {
        self.journal().record(self.executor().now(), event);
    }

    /// Sends a request and waits for the answer.
    pub(crate) async fn exchange(
        &self,
        vantage: &Vantage,
        outgoing: Outgoing<'_>,
    ) -> Result<HttpResponse, NetworkFailure> {
        let id = self.journal().next_exchange_id();
        let request = WireRequest::new(
            outgoing.method.clone(),
            outgoing.url,
            outgoing.headers,
            outgoing.body,
        );
        let recorder = Recorder {
            network: self,
            exchange: RefCell::new(Some(Box::new(Exchange {
                id,
                fetch: outgoing.fetch,
                from: vantage.sender.clone(),
                to: None,
                address: None,
                sent_at: self.executor().now(),
                purpose: outgoing.purpose,
                method: request.method.clone(),
                url: request.url.as_str().to_owned(),
                request_headers: request.headers.clone(),
                request_body: request.body.clone(),
                client_certificate: None,
                answer: Err(String::new()),
                tampered: None,
            }))),
        };
        let exchange = self.converse(vantage, &outgoing, id, request, &recorder);
        let result = match self.executor().timeout(self.time_out(), exchange).await {
            Ok(result) => result,
            Err(_) => Err(NetworkFailure::TimedOut),
        };
        recorder.finish(match &result {
            Ok(response) => Ok(Answer {
                status: response.status,
                status_message: response.status_message.clone(),
                headers: response.header_list.clone(),
                body: response.body.clone(),
            }),
            Err(failure) => Err(failure.to_string()),
        });
        result
    }

    async fn converse(
        &self,
        vantage: &Vantage,
        outgoing: &Outgoing<'_>,
        id: ExchangeId,
        mut request: WireRequest,
        recorder: &Recorder<'_>,
    ) -> Result<HttpResponse, NetworkFailure> {
        let not_http = |why: &str| NetworkFailure::NotHttp {
            why: why.to_owned(),
        };
        let (Some(host), Some(port)) = (outgoing.url.host(), outgoing.url.port_or_known_default())
        else {
            return Err(not_http("the URL has no host"));
        };
        let is_https = match outgoing.url.scheme() {
            "http" => false,
            "https" => true,
            _ => return Err(not_http("the URL's scheme is neither http nor https")),
        };
        let addresses = self.addresses(vantage, outgoing.dns, &host).await?;
        // What a machine says to itself passes nobody.
        let attacker = self
            .attacker_next_to(vantage)
            .filter(|_| !addresses.iter().all(|at| is_loopback(*at)));
        let attacker = match attacker {
            Some(attacker) if is_https => match &attacker.certificate {
                None => None,
                Some(certificate) => {
                    if outgoing.checks_certificates {
                        let checked = certificate.check(host.clone(), self.executor().now());
                        checked.map_err(|problem| {
                            recorder.note(|exchange| {
                                exchange.tampered =
                                    Some(format!("{} showed another certificate", attacker.name));
                            });
                            certificate_invalid(&host, &problem.to_string())
                        })?;
                    }
                    Some(attacker)
                }
            },
            other => other,
        };
        if let Some(attacker) = &attacker {
            let scheme = if is_https {
                "intercepted HTTPS"
            } else {
                "plain HTTP"
            };
            let holder = Holder::Network {
                name: attacker.name.clone(),
            };
            self.expose_request(&holder, scheme, &request);
            if let Some(answer) = self
                .meddle_with_request(attacker, vantage, &mut request, recorder)
                .await?
            {
                self.expose_response(&holder, scheme, &answer);
                return Ok(framed(&request.method, answer));
            }
        }

        let certificates = if attacker.is_some() {
            &[]
        } else {
            outgoing.certificates
        };
        let connection = self.connect(vantage, &addresses, port, recorder)?;
        // Who intercepts HTTPS has their own reasons not to look at the server's certificate.
        let checks = outgoing.checks_certificates && attacker.is_none();
        let connection = self.shake_hands(
            connection,
            outgoing.url,
            &host,
            is_https,
            checks,
            certificates,
            recorder,
        )?;
        let mut response = self
            .send(vantage, connection, id, request.clone(), recorder)
            .await?;
        if let Some(attacker) = &attacker {
            self.meddle_with_response(attacker, is_https, &request, &mut response, recorder);
        }
        Ok(response)
    }

    async fn addresses(
        &self,
        vantage: &Vantage,
        cache: &DnsCache,
        host: &Host<&str>,
    ) -> Result<Vec<IpAddr>, NetworkFailure> {
        let name = match host {
            Host::Ipv4(address) => return Ok(vec![(*address).into()]),
            Host::Ipv6(address) => return Ok(vec![(*address).into()]),
            Host::Domain(name) => canonical(name),
        };
        if let Some(addresses) = cache.get(&name, self.executor().now()) {
            return Ok(addresses);
        }
        let answer = self.resolve(vantage, &name).await;
        let answer =
            answer.ok_or_else(|| NetworkFailure::NameNotResolved { host: name.clone() })?;
        cache.put(&name, &answer, self.executor().now());
        Ok(answer.addresses)
    }

    /// Connects to the first address that takes the connection.
    fn connect(
        &self,
        vantage: &Vantage,
        addresses: &[IpAddr],
        port: u16,
        recorder: &Recorder<'_>,
    ) -> Result<Connection, NetworkFailure> {
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
                    return Ok(Connection {
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
        mut connection: Connection,
        url: &Url,
        host: &Host<&str>,
        is_https: bool,
        checks_certificate: bool,
        certificates: &[ClientCertificate],
        recorder: &Recorder<'_>,
    ) -> Result<Connection, NetworkFailure> {
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

    /// Lets the request travel, the server work and the answer travel.
    ///
    /// What the server does is a task of its own: it goes on when the sender gives up, as in the real world.
    async fn send(
        &self,
        vantage: &Vantage,
        connection: Connection,
        id: ExchangeId,
        request: WireRequest,
        recorder: &Recorder<'_>,
    ) -> Result<HttpResponse, NetworkFailure> {
        let (from, to, link) = (
            vantage.name().to_owned(),
            connection.machine.clone(),
            connection.link,
        );
        if connection.fault == Some(Fault::Resets) {
            self.travel(&from, &to, link).await;
            return Err(NetworkFailure::ConnectionReset);
        }
        let (reset_before, reset_after) = if link.reset > 0.0 {
            self.draw(&from, &to, |random| match random.chance(link.reset) {
                true if random.below(2) == 0 => (true, false),
                resets => (false, resets),
            })
        } else {
            (false, false)
        };
        if reset_before {
            self.travel(&from, &to, link).await;
            return Err(NetworkFailure::ConnectionReset);
        }
        // What the server saw is what was sent, an attacker's changes included.
        recorder.note(|exchange| {
            exchange.method = request.method.clone();
            exchange.url = request.url.as_str().to_owned();
            exchange.request_headers = request.headers.clone();
            exchange.request_body = request.body.clone();
        });
        let peer = PeerInfo {
            exchange: id,
            machine: to.clone(),
            address: if connection.address.is_loopback() {
                connection.address
            } else {
                vantage.address
            },
            scheme: if connection.listener.tls.is_some() {
                "https"
            } else {
                "http"
            },
            port: connection.port,
            client_certificate: connection.client_certificate.clone(),
            received_at: self.executor().now(),
        };
        let name = format!(
            "{to} answers {} {}",
            String::from_utf8_lossy(&request.method),
            request.url
        );
        let network = self.clone();
        let (client, server) = (from.clone(), to.clone());
        let task = async move {
            network.travel(&client, &server, link).await;
            let peer = PeerInfo {
                received_at: network.executor().now(),
                ..peer
            };
            network.expose_request(&Holder::Server { machine: server }, "request", &request);
            if connection.fault == Some(Fault::Silent) {
                std::future::pending::<()>().await;
            }
            serve(&*connection.listener.server, &request, peer).await
        };
        let response = self.executor().spawn(&name, task).await;
        self.travel(&from, &to, link).await;
        if reset_after {
            return Err(NetworkFailure::ConnectionReset);
        }
        response
    }

    async fn meddle_with_request(
        &self,
        attacker: &Rc<Attacker>,
        vantage: &Vantage,
        request: &mut WireRequest,
        recorder: &Recorder<'_>,
    ) -> Result<Option<HttpResponse>, NetworkFailure> {
        let Some(on_request) = &attacker.on_request else {
            return Ok(None);
        };
        let before = request.clone();
        let meddling = on_request(request);
        let name = &attacker.name;
        let link = self.link(vantage.name(), name, vantage.address);
        match meddling {
            Meddling::Forward => {
                if *request != before {
                    reframe(&mut request.headers, before.body.len(), request.body.len());
                    recorder.note(|exchange| {
                        exchange.tampered = Some(format!("{name} changed the request"))
                    });
                }
                Ok(None)
            }
            Meddling::Answer(response) => {
                recorder.note(|exchange| {
                    exchange.tampered = Some(format!("{name} answered in the server's place"));
                });
                self.travel(vantage.name(), name, link).await;
                self.travel(vantage.name(), name, link).await;
                Ok(Some(response))
            }
            Meddling::Cut => {
                recorder.note(|exchange| {
                    exchange.tampered = Some(format!("{name} cut the connection"))
                });
                self.travel(vantage.name(), name, link).await;
                Err(NetworkFailure::ConnectionReset)
            }
        }
    }

    fn meddle_with_response(
        &self,
        attacker: &Attacker,
        is_https: bool,
        request: &WireRequest,
        response: &mut HttpResponse,
        recorder: &Recorder<'_>,
    ) {
        let scheme = if is_https {
            "intercepted HTTPS"
        } else {
            "plain HTTP"
        };
        self.expose_response(
            &Holder::Network {
                name: attacker.name.clone(),
            },
            scheme,
            response,
        );
        let Some(on_response) = &attacker.on_response else {
            return;
        };
        let before = response.clone();
        on_response(request, response);
        if !same_response(&before, response) {
            reframe(
                &mut response.header_list,
                before.body.len(),
                response.body.len(),
            );
            recorder.note(|exchange| {
                let earlier = exchange
                    .tampered
                    .take()
                    .map(|earlier| format!("{earlier}; "));
                let earlier = earlier.unwrap_or_default();
                exchange.tampered = Some(format!("{earlier}{} changed the answer", attacker.name));
            });
        }
    }

    fn expose_request(&self, holder: &Holder, how: &str, request: &WireRequest) {
        self.expose(
            holder,
            format!("{how} URL"),
            Bytes::copy_from_slice(request.url.as_str().as_bytes()),
        );
        for header in &request.headers {
            let name = String::from_utf8_lossy(&header.name);
            self.expose(holder, format!("{how} header {name}"), header.value.clone());
        }
        if !request.body.is_empty() {
            self.expose(holder, format!("{how} body"), request.body.clone());
        }
    }

    pub(crate) fn expose_response(&self, holder: &Holder, how: &str, response: &HttpResponse) {
        for header in &response.header_list {
            let name = String::from_utf8_lossy(&header.name);
            self.expose(
                holder,
                format!("{how} response header {name}"),
                header.value.clone(),
            );
        }
        if !response.body.is_empty() {
            self.expose(
                holder,
                format!("{how} response body"),
                response.body.clone(),
            );
        }
    }

    fn expose(&self, holder: &Holder, how: String, bytes: Bytes) {
        self.record(Event::Exposure(Exposure {
            holder: holder.clone(),
            how,
            bytes,
        }));
    }
}

/// Lets the server's program answer.
async fn serve(
    server: &dyn crate::server::Server,
    request: &WireRequest,
    peer: PeerInfo,
) -> Result<HttpResponse, NetworkFailure> {
    let http_request = match request.to_http(peer.clone()) {
        Ok(http_request) => http_request,
        // NB: most servers refuse such requests themselves.
        Err(error) => {
            let text = format!("the server's program cannot be given this request: {error}");
            return Ok(framed(&request.method, plain(400, "Bad Request", text)));
        }
    };
    match server.handle(http_request, peer).await {
        Ok(response) => {
            from_http(&request.method, response).map_err(|why| NetworkFailure::NotHttp { why })
        }
        Err(error) => Err(NetworkFailure::ServerFailed { why: error.why }),
    }
}

fn certificate_invalid(host: &Host<&str>, why: &str) -> NetworkFailure {
    NetworkFailure::CertificateInvalid {
        host: host.to_string(),
        why: why.to_owned(),
    }
}

fn same_response(one: &HttpResponse, other: &HttpResponse) -> bool {
    one.status == other.status
        && one.status_message == other.status_message
        && one.header_list == other.header_list
        && one.body == other.body
}
