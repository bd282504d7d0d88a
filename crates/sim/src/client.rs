//! Clients that are no browser: a person's command line, or a server that itself makes requests.
//!
//! Such a client sends whatever headers it is told to, `Origin` and `Cookie` included; it has no cookie store, no origin and
//! no same-origin policy.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use crossexam_fetch::{HttpRequestPurpose, NetworkFailure};
use crossexam_web::HeaderList;
use url::Url;

use crate::connection::Connecting;
use crate::dns::DnsCache;
use crate::exchange::Outgoing;
use crate::journal::{Holder, Sender};
use crate::machine::Zone;
use crate::network::{Network, SetupError, Vantage};
use crate::tls::ClientCertificate;
use crate::wire::WireResponse;

/// A client that is no browser.
#[derive(Debug)]
pub struct Client {
    network: Network,
    vantage: Vantage,
    defaults: HeaderList,
}

/// What a client got.
#[derive(Debug, Clone)]
pub struct ClientResponse {
    /// The URL that answered, after redirects.
    pub url: Url,
    /// The status.
    pub status: u16,
    /// The reason phrase.
    pub status_message: Bytes,
    /// The headers.
    pub headers: HeaderList,
    /// The body.
    pub body: Bytes,
}

/// Why a client got nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The network gave no answer.
    #[error("{0}")]
    Network(#[from] NetworkFailure),
    /// One redirect after the other.
    #[error("more than {most} redirects")]
    TooManyRedirects {
        /// How many were allowed.
        most: u32,
    },
    /// A redirect to something that is no http(s) URL.
    #[error("the redirect leads to `{location}`, which is no http(s) URL")]
    BadRedirect {
        /// The `Location` value.
        location: String,
    },
}

/// A request as a client is told to make it.
#[derive(Debug, Clone)]
pub struct ClientRequest {
    /// The method.
    pub method: Bytes,
    /// The URL. A user name and a password in it become `Authorization: Basic`.
    pub url: Url,
    /// The headers, in order. A header that is named here is not added by the client.
    pub headers: HeaderList,
    /// The body.
    pub body: Option<Bytes>,
    /// The client certificate to show when one is asked for.
    pub certificate: Option<String>,
    /// Whether the server's certificate may be anything (`curl --insecure`).
    pub insecure: bool,
    /// What to do with redirects.
    pub redirects: Redirects,
}

/// What a client does with redirects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Redirects {
    /// The redirect is the answer.
    #[default]
    Stay,
    /// Follows at most this many.
    Follow {
        /// How many.
        most: u32,
        /// Whether `Authorization` and `Cookie` go along to another origin. Careful clients keep them back
        /// (curl since 7.83), careless ones do not.
        credentials_stray: bool,
    },
}

impl ClientRequest {
    /// A `GET` request that follows no redirect.
    pub fn get(url: Url) -> Self {
        Self::new("GET", url)
    }

    /// A request with this method that follows no redirect.
    pub fn new(method: impl Into<Bytes>, url: Url) -> Self {
        Self {
            method: method.into(),
            url,
            headers: HeaderList::new(),
            body: None,
            certificate: None,
            insecure: false,
            redirects: Redirects::Stay,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<Bytes>, value: impl Into<Bytes>) -> Self {
        self.headers.append(name, value);
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Shows this client certificate when asked.
    #[must_use]
    pub fn certificate(mut self, subject: impl Into<String>) -> Self {
        self.certificate = Some(subject.into());
        self
    }

    /// Follows redirects.
    #[must_use]
    pub fn redirects(mut self, redirects: Redirects) -> Self {
        self.redirects = redirects;
        self
    }
}

impl Client {
    /// A client on the internet that announces itself as curl does.
    pub fn new(network: &Network, name: &str, person: &str) -> Self {
        Self::in_zones(network, name, person, [Zone::internet()])
    }

    /// The same, but in these zones, nearest first.
    pub fn in_zones(
        network: &Network,
        name: &str,
        person: &str,
        zones: impl IntoIterator<Item = Zone>,
    ) -> Self {
        let sender = Sender::Client {
            name: name.to_owned(),
            person: person.to_owned(),
        };
        let defaults = [("User-Agent", "curl/8"), ("Accept", "*/*")]
            .into_iter()
            .collect();
        Self {
            network: network.clone(),
            vantage: network.vantage_in(sender, zones),
            defaults,
        }
    }

    /// A machine that itself makes requests; it adds no header but `Host` and `Content-Length`.
    ///
    /// # Errors
    ///
    /// No machine has this name.
    pub fn of_machine(network: &Network, machine: &str) -> Result<Self, SetupError> {
        let vantage = network.vantage_of_machine(machine)?;
        Ok(Self {
            network: network.clone(),
            vantage,
            defaults: HeaderList::new(),
        })
    }

    /// The same client with other headers that it adds to every request that has none of that name.
    #[must_use]
    pub fn with_defaults(mut self, defaults: HeaderList) -> Self {
        self.defaults = defaults;
        self
    }

    /// Sends a request and waits for the answer. Everything that comes back is in the hands of whoever runs the client.
    ///
    /// # Errors
    ///
    /// No answer came, or its redirects lead nowhere.
    pub async fn send(&self, request: ClientRequest) -> Result<ClientResponse, ClientError> {
        // A command line lives for one request: it remembers no names from the last one.
        let dns = DnsCache::default();
        let certificates: Vec<_> = request
            .certificate
            .iter()
            .map(ClientCertificate::new)
            .collect();
        let ClientRequest {
            mut method,
            mut url,
            mut headers,
            mut body,
            insecure,
            redirects,
            ..
        } = request;
        let mut user_info = basic_authorization(&url);
        let mut followed = 0;
        loop {
            let outgoing = Outgoing {
                fetch: None,
                purpose: HttpRequestPurpose::Actual,
                method: &method,
                url: &url,
                headers: &self.complete(&headers, user_info.as_ref()),
                body: body.as_ref(),
            };
            let connecting = Connecting {
                certificates: &certificates,
                checks_certificates: !insecure,
                dns: &dns,
            };
            let mut response = self
                .network
                .exchange(&self.vantage, outgoing, connecting)
                .await?;
            response.gather().await?;
            self.network
                .expose_response(&self.holder(), "client", &response);
            let location = match response.status {
                301 | 302 | 303 | 307 | 308 => response.header_list.get(b"Location"),
                _ => None,
            };
            let (
                Redirects::Follow {
                    most,
                    credentials_stray,
                },
                Some(location),
            ) = (redirects, location)
            else {
                let WireResponse {
                    status,
                    status_message,
                    header_list,
                    body,
                    upgrade: _,
                    pieces: _,
                    early_hints: _,
                } = response;
                return Ok(ClientResponse {
                    url,
                    status,
                    status_message,
                    headers: header_list,
                    body,
                });
            };
            if followed == most {
                return Err(ClientError::TooManyRedirects { most });
            }
            followed += 1;
            let next = resolve(&url, &location)?;
            if next.origin() != url.origin() && !credentials_stray {
                headers.delete(b"Authorization");
                headers.delete(b"Cookie");
                user_info = None;
            }
            user_info = basic_authorization(&next).or(user_info);
            let becomes_get = match response.status {
                301 | 302 => method == "POST",
                303 => method != "GET" && method != "HEAD",
                _ => false,
            };
            if becomes_get {
                method = Bytes::from_static(b"GET");
                body = None;
                headers.delete(b"Content-Length");
            }
            url = next;
        }
    }

    fn holder(&self) -> Holder {
        match &self.vantage.sender {
            Sender::Browser { name, person } | Sender::Client { name, person } => Holder::Client {
                name: name.clone(),
                person: person.clone(),
            },
            Sender::Server { machine } => Holder::Server {
                machine: machine.clone(),
            },
        }
    }

    fn complete(&self, headers: &HeaderList, user_info: Option<&Bytes>) -> HeaderList {
        let mut complete = HeaderList::new();
        if let Some(user_info) = user_info
            && !headers.contains(b"Authorization")
        {
            complete.append("Authorization", user_info.clone());
        }
        for header in self
            .defaults
            .iter()
            .filter(|header| !headers.contains(&header.name))
        {
            complete.append(header.name.clone(), header.value.clone());
        }
        for header in headers {
            complete.append(header.name.clone(), header.value.clone());
        }
        complete
    }
}

fn resolve(url: &Url, location: &Bytes) -> Result<Url, ClientError> {
    let text = String::from_utf8_lossy(location);
    url.join(&text)
        .ok()
        .filter(|next| matches!(next.scheme(), "http" | "https"))
        .ok_or_else(|| ClientError::BadRedirect {
            location: text.into_owned(),
        })
}

fn basic_authorization(url: &Url) -> Option<Bytes> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let decode = |text| percent_encoding::percent_decode_str(text).collect::<Vec<u8>>();
    let pair = [
        &decode(url.username())[..],
        b":",
        &decode(url.password().unwrap_or_default())[..],
    ]
    .concat();
    Some(format!("Basic {}", STANDARD.encode(pair)).into())
}
