//! One request over the network and its answer.
//!
//! MODEL: HTTP is version 1.1 in meaning; how bytes are framed on the wire is not modelled.

use std::cell::RefCell;
use std::net::IpAddr;
use std::rc::Rc;

use bytes::Bytes;
use crossexam_fetch::{HttpRequestPurpose, NetworkFailure};
use crossexam_web::HeaderList;
use url::Url;

use crate::attacker::{Attacker, Meddling};
use crate::connection::{Connecting, OpenConnection, ServerConnection};
use crate::journal::{Answer, Event, Exchange, ExchangeId, Exposure, FetchId, Holder, Sender};
use crate::machine::Fault;
use crate::network::{Network, Vantage};
use crate::server::{PeerInfo, ServerError};
use crate::sockets::Way;
use crate::wire::{WireRequest, WireResponse, framed, from_http, plain, reframe};

/// A request that somebody sends.
pub(crate) struct Outgoing<'a> {
    pub(crate) fetch: Option<FetchId>,
    pub(crate) purpose: HttpRequestPurpose,
    pub(crate) method: &'a Bytes,
    pub(crate) url: &'a Url,
    pub(crate) headers: &'a HeaderList,
    pub(crate) body: Option<&'a Bytes>,
}

/// Writes the exchange into the journal, also when whoever waits for the answer gives up.
pub(crate) struct Recorder<'a> {
    network: &'a Network,
    id: ExchangeId,
    exchange: RefCell<Option<Box<Exchange>>>,
}

impl Recorder<'_> {
    pub(crate) fn note(&self, note: impl FnOnce(&mut Exchange)) {
        if let Some(exchange) = self.exchange.borrow_mut().as_deref_mut() {
            note(exchange);
        }
    }

    /// Nothing is to be written down.
    fn abandon(&self) {
        self.exchange.take();
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

impl Network {
    pub(crate) fn record(&self, event: Event) {
        self.journal().record(self.executor().now(), event);
    }

    /// Makes a connection of its own, sends a request over it and waits for the answer.
    pub(crate) async fn exchange(
        &self,
        vantage: &Vantage,
        outgoing: Outgoing<'_>,
        connecting: Connecting<'_>,
    ) -> Result<WireResponse, NetworkFailure> {
        let (request, recorder) = self.begin(vantage, &outgoing);
        let exchange = async {
            let addresses = match outgoing.url.host() {
                Some(host) => self.addresses(vantage, connecting.dns, None, &host).await?,
                None => return Err(not_http("the URL has no host")),
            };
            let connection =
                self.establish(vantage, outgoing.url, addresses, connecting, &recorder)?;
            self.converse(vantage, &connection, request, &recorder)
                .await
        };
        self.finish(exchange, &recorder).await
    }

    /// Sends a request over a connection that stands and waits for the answer.
    pub(crate) async fn exchange_over(
        &self,
        vantage: &Vantage,
        outgoing: Outgoing<'_>,
        connection: &OpenConnection,
    ) -> Result<WireResponse, NetworkFailure> {
        let (request, recorder) = self.begin(vantage, &outgoing);
        connection.note(&recorder);
        let exchange = self.converse(vantage, connection, request, &recorder);
        self.finish(exchange, &recorder).await
    }

    /// Makes a connection for a request that is to be sent next.
    pub(crate) fn establish_for(
        &self,
        vantage: &Vantage,
        outgoing: &Outgoing<'_>,
        addresses: Vec<IpAddr>,
        connecting: Connecting<'_>,
    ) -> Result<OpenConnection, NetworkFailure> {
        // Should it fail, what the request would have been is in the journal; otherwise the entry is made when it is sent.
        let (_, recorder) = self.begin_as(ExchangeId(u64::MAX), vantage, outgoing);
        let made = self.establish(vantage, outgoing.url, addresses, connecting, &recorder);
        match &made {
            Ok(_) => recorder.abandon(),
            Err(failure) => {
                recorder.note(|exchange| exchange.id = self.journal().next_exchange_id());
                recorder.finish(Err(failure.to_string()));
            }
        }
        made
    }

    /// A request that nothing comes of: there is no connection for it.
    pub(crate) fn record_without_connection(
        &self,
        vantage: &Vantage,
        outgoing: &Outgoing<'_>,
        failure: &NetworkFailure,
    ) {
        let (_, recorder) = self.begin(vantage, outgoing);
        recorder.finish(Err(failure.to_string()));
    }

    /// Puts a request on the wire, and begins its entry in the journal.
    fn begin(&self, vantage: &Vantage, outgoing: &Outgoing<'_>) -> (WireRequest, Recorder<'_>) {
        self.begin_as(self.journal().next_exchange_id(), vantage, outgoing)
    }

    fn begin_as(
        &self,
        id: ExchangeId,
        vantage: &Vantage,
        outgoing: &Outgoing<'_>,
    ) -> (WireRequest, Recorder<'_>) {
        let mut request = WireRequest::new(
            outgoing.method.clone(),
            outgoing.url,
            outgoing.headers,
            outgoing.body,
        );
        if matches!(vantage.sender, Sender::Browser { .. }) {
            request.combine_headers();
        }
        let recorder = Recorder {
            network: self,
            id,
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
        (request, recorder)
    }

    /// Waits for the answer as long as clients wait, and ends the entry in the journal.
    async fn finish(
        &self,
        exchange: impl Future<Output = Result<WireResponse, NetworkFailure>>,
        recorder: &Recorder<'_>,
    ) -> Result<WireResponse, NetworkFailure> {
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
        connection: &OpenConnection,
        mut request: WireRequest,
        recorder: &Recorder<'_>,
    ) -> Result<WireResponse, NetworkFailure> {
        let attacker = match &connection.intercepted_by {
            Some(attacker) => Some(Rc::clone(attacker)),
            // What is sent in the clear, whoever is on the path at the moment sees.
            None if !connection.is_https => {
                self.attacker_on_the_way(vantage, &connection.addresses)
            }
            None => None,
        };
        let is_https = connection.is_https;
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
        let server = match &connection.server {
            Some(server) => server.clone(),
            // The way from the attacker to the server is made for each request.
            None => self.connect_from_the_path(vantage, connection, recorder)?,
        };
        let way = Way {
            server: Holder::Server {
                machine: server.machine.clone(),
            },
            link: server.link,
            eavesdropper: attacker.as_ref().map(|attacker| Holder::Network {
                name: attacker.name.clone(),
            }),
        };
        let mut response = self
            .send(vantage, server, recorder.id, request.clone(), recorder)
            .await?;
        if let Some(at_server) = response.upgrade.take() {
            response.upgrade = Some(self.carry(way, at_server));
        } else if attacker.as_ref().is_some_and(|it| it.on_response.is_some()) {
            // Whoever may change an answer waits for all of it.
            response.gather().await?;
        } else if let Some(at_server) = response.pieces.take() {
            response.pieces = Some(self.carry_pieces(way, at_server));
        }
        if let Some(attacker) = &attacker {
            self.meddle_with_response(attacker, is_https, &request, &mut response, recorder);
        }
        Ok(response)
    }

    /// Lets the request travel, the server work and the answer travel.
    ///
    /// What the server does is a task of its own: it goes on when the sender gives up, as in the real world.
    async fn send(
        &self,
        vantage: &Vantage,
        connection: ServerConnection,
        id: ExchangeId,
        request: WireRequest,
        recorder: &Recorder<'_>,
    ) -> Result<WireResponse, NetworkFailure> {
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
            serve(&network, &*connection.listener.server, &request, peer).await
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
    ) -> Result<Option<WireResponse>, NetworkFailure> {
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
        response: &mut WireResponse,
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

    pub(crate) fn expose_response(&self, holder: &Holder, how: &str, response: &WireResponse) {
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
    network: &Network,
    server: &dyn crate::server::Server,
    request: &WireRequest,
    peer: PeerInfo,
) -> Result<WireResponse, NetworkFailure> {
    if let Some(server) = server.as_wire_server() {
        let answer = server.answer(request, peer).await;
        return answer
            .map(|response| framed(&request.method, response))
            .map_err(ServerError::into_failure);
    }
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
            let upgrade = |upgrade| network.take_upgrade(upgrade);
            let pieces = |pieces| network.take_pieces(pieces);
            from_http(&request.method, response, upgrade, pieces)
                .map_err(|why| NetworkFailure::NotHttp { why })
        }
        Err(error) => Err(error.into_failure()),
    }
}

pub(crate) fn not_http(why: &str) -> NetworkFailure {
    NetworkFailure::NotHttp {
        why: why.to_owned(),
    }
}

fn same_response(one: &WireResponse, other: &WireResponse) -> bool {
    one.status == other.status
        && one.status_message == other.status_message
        && one.header_list == other.header_list
        && one.body == other.body
}
