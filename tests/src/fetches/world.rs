//! Where a case plays: the browser, the page that asks, and the servers.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;
use crossexam_fetch::blob_url::BlobUrlEntry;
use crossexam_fetch::connections::Protocol;
use crossexam_fetch::host::Proxy;
use crossexam_fetch::ready::{ReadyHost, SentRequest};
use crossexam_fetch::{
    Choices, Environment, FetchController, GlobalObject, Host as _, HttpResponse, NetworkFailure,
    UserAgent,
};
use crossexam_html::policy_container::{
    ContextSecurity, create_a_policy_container_from_a_fetch_response,
};
use crossexam_sim::profile::Profile;
use crossexam_web::trustworthy::is_url_potentially_trustworthy;
use crossexam_web::{HeaderList, Host, Origin, Trace};
use serde_json::Value;
use url::Url;

use super::script::{self, Answer};
use crate::fields::{Fields, Malformed, parse_url};

type Server = Box<dyn Fn(&SentRequest) -> Result<HttpResponse, NetworkFailure>>;

/// Where a case plays.
pub(super) struct World {
    user_agent: UserAgent,
    host: ReadyHost<Server>,
    servers: Rc<RefCell<Servers>>,
    client: Option<Rc<Environment>>,
}

#[derive(Default)]
struct Servers {
    answers: Vec<Answer>,
    controller: Rc<FetchController>,
}

impl World {
    /// The world of a case's input, of which the requests have been taken out.
    pub(super) fn of(mut input: Fields) -> Result<Self, Malformed> {
        let choices = choices_of(input.take("browser"))?;
        let servers = Rc::<RefCell<Servers>>::default();
        let mut host = ReadyHost::new(server(Rc::clone(&servers)));
        if let Some(user) = input.take("user") {
            let mut user = Fields::of("user", &user)?;
            let name = user.text("username")?.unwrap_or_default();
            let password = user.text("password")?.unwrap_or_default();
            user.finish()?;
            host = host.with_credentials(&name, &password);
        }
        if let Some(network) = input.take("network") {
            host = on_network(host, &network)?;
        }
        let mut world = Self {
            user_agent: UserAgent::new(choices),
            host,
            servers,
            client: None,
        };
        if let Some(client) = input.take("client") {
            world.client = world.client_of(&client)?;
        }
        if let Some(cookies) = input.take("cookies") {
            world.set_cookies(&cookies)?;
        }
        for blob in input.list("blobs")? {
            world.add_blob(&blob)?;
        }
        if let Some(answers) = input.take("answers") {
            world.add_answers(&answers)?;
        }
        input.finish()?;
        Ok(world)
    }

    pub(super) fn user_agent(&self) -> &UserAgent {
        &self.user_agent
    }

    pub(super) fn host(&self) -> &ReadyHost<Server> {
        &self.host
    }

    /// Who asks where a step does not say.
    pub(super) fn client(&self) -> Option<Rc<Environment>> {
        self.client.clone()
    }

    /// The controller of the next fetch.
    pub(super) fn new_controller(&self) -> Rc<FetchController> {
        let controller = Rc::<FetchController>::default();
        self.servers.borrow_mut().controller = Rc::clone(&controller);
        controller
    }

    /// Adds what the servers will answer.
    pub(super) fn add_answers(&self, answers: &Value) -> Result<(), Malformed> {
        let answers = answers.as_array().ok_or("`answers` is a list")?;
        for answer in answers {
            let answer = Answer::of(answer)?;
            self.servers.borrow_mut().answers.push(answer);
        }
        Ok(())
    }

    /// The answers that were never given.
    pub(super) fn unused_answers(&self) -> Vec<String> {
        let servers = self.servers.borrow();
        let unused = servers.answers.iter().filter(|answer| answer.is_unused());
        unused.map(ToString::to_string).collect()
    }

    /// Sets cookies as an answer to a request by their own site would: `[{"at": URL, "set": Set-Cookie value}]`.
    pub(super) fn set_cookies(&self, cookies: &Value) -> Result<(), Malformed> {
        for cookie in cookies.as_array().ok_or("`cookies` is a list")? {
            let mut fields = Fields::of("cookie", cookie)?;
            let url = fields.url("at")?.ok_or("a cookie has an `at`")?;
            let value = fields.bytes("set")?.ok_or("a cookie has a `set`")?;
            fields.finish()?;
            let host = Host::of(&url).ok_or("a cookie's URL has a host")?;
            let policy = &self.user_agent.choices.cookie_policy;
            let secure = url.scheme() == "https";
            let stored = self.user_agent.cookies.borrow_mut().parse_and_store(
                self.host.now(),
                &value,
                secure,
                &host,
                url.path(),
                true,
                false,
                true,
                policy,
                &Trace::off(),
            );
            stored.map_err(|why| format!("the cookie {cookie} is not accepted: {why:?}"))?;
        }
        Ok(())
    }

    fn add_blob(&self, blob: &Value) -> Result<(), Malformed> {
        let mut fields = Fields::of("blob", blob)?;
        let url = fields.url("url")?.ok_or("a blob has a `url`")?;
        let partition = fields.url("top_level_url")?;
        let origin = Origin::of_url(&url).ok_or("the blob's URL has an origin in it")?;
        let entry = BlobUrlEntry {
            bytes: Bytes::from(fields.bytes("body")?.unwrap_or_default()),
            content_type: Bytes::from(fields.bytes("type")?.unwrap_or_default()),
            partition: match partition {
                Some(top) => Origin::of_url(&top).map(|origin| origin.site()),
                None => Some(origin.site()),
            },
            origin,
        };
        fields.finish()?;
        let mut blobs = self.user_agent.blob_urls.borrow_mut();
        blobs.insert(url.to_string(), entry);
        Ok(())
    }

    /// Who asks, as a case writes it: the address of a page, an object, or null for nobody.
    pub(super) fn client_of(&self, value: &Value) -> Result<Option<Rc<Environment>>, Malformed> {
        if value.is_null() {
            return Ok(None);
        }
        let mut fields = Fields::of_short("client", value, "url");
        let url = fields.url("url")?.ok_or("a client has a `url`")?;
        let top_level_url = fields.url("top_level_url")?.unwrap_or_else(|| url.clone());
        let nested = fields
            .flag("nested")?
            .unwrap_or_else(|| url != top_level_url);
        let global = match fields.flag("worker")? {
            Some(true) => GlobalObject::Worker,
            Some(false) | None => GlobalObject::Window {
                traversable: Some(1),
                nested,
            },
        };
        let origin = match fields.text("origin")? {
            Some(origin) => origin_of(&origin)?,
            None => Origin::of_url(&url).ok_or("the client's URL has an origin")?,
        };
        let secure_context = fields
            .flag("secure_context")?
            .unwrap_or_else(|| is_url_potentially_trustworthy(&top_level_url));
        let headers = fields.headers("headers")?.unwrap_or_default();
        let policy_container = self.policy_container(&url, headers, secure_context);
        let referrer_source = (!origin.is_opaque()).then(|| url.clone());
        let client = Environment {
            id: 1,
            creation_url: url.clone(),
            top_level_origin: Origin::of_url(&top_level_url),
            top_level_creation_url: top_level_url,
            origin,
            api_base_url: url.into(),
            policy_container: policy_container.into(),
            has_cross_site_ancestor: fields.flag("cross_site_ancestor")?.unwrap_or(false),
            has_trustworthy_ancestor: false,
            global,
            secure_context,
            cross_origin_isolated_capability: fields
                .flag("cross_origin_isolated")?
                .unwrap_or(false),
            referrer_source: referrer_source.into(),
            insecure_requests: Default::default(),
            fetch_group: Default::default(),
            cache: Default::default(),
        };
        fields.finish()?;
        Ok(Some(Rc::new(client)))
    }

    /// The policies that came with the client's own response.
    fn policy_container(
        &self,
        url: &Url,
        headers: HeaderList,
        secure_context: bool,
    ) -> crossexam_fetch::PolicyContainer {
        let response = crossexam_fetch::response::InternalResponse {
            url_list: vec![url.clone()],
            header_list: headers,
            ..Default::default()
        };
        create_a_policy_container_from_a_fetch_response(
            &response,
            ContextSecurity::of(secure_context),
            self.user_agent.choices.default_referrer_policy,
            &Trace::off(),
        )
    }
}

/// What lies between the browser and the servers.
fn on_network(
    mut host: ReadyHost<Server>,
    network: &Value,
) -> Result<ReadyHost<Server>, Malformed> {
    let mut fields = Fields::of("network", network)?;
    if let Some(proxy) = fields.text("proxy")? {
        let (name, port) = proxy
            .split_once(':')
            .ok_or("`proxy` is a host and a port")?;
        host = host.with_proxies([Proxy::Http {
            host: name.into(),
            port: port.parse().map_err(|_| format!("{port:?} is no port"))?,
        }]);
    }
    if let Some(protocol) = fields.text("protocol")? {
        host = host.with_protocol(match &protocol[..] {
            "http/1.1" => Protocol::Http11,
            "h2" => Protocol::Http2,
            "h3" => Protocol::Http3,
            other => return Err(format!("{other:?} is no protocol")),
        });
    }
    if let Some(resolves) = fields.flag("names_resolve")?
        && !resolves
    {
        host = host.with_addresses([]);
    }
    if fields.flag("offline")? == Some(true) {
        host = host.offline();
    }
    fields.finish()?;
    Ok(host)
}

fn server(servers: Rc<RefCell<Servers>>) -> Server {
    Box::new(move |sent| {
        let mut servers = servers.borrow_mut();
        let controller = Rc::clone(&servers.controller);
        script::answer(&mut servers.answers, sent, &controller)
    })
}

/// An origin: a serialized one, or `opaque`.
pub(super) fn origin_of(text: &str) -> Result<Origin, Malformed> {
    if text == "opaque" {
        return Ok(Origin::opaque(7));
    }
    Origin::of_url(&parse_url(text)?).ok_or_else(|| format!("{text:?} is no origin"))
}

/// The choices of a browser. The same ones are asked for again and again.
fn choices_of(browser: Option<Value>) -> Result<Choices, Malformed> {
    thread_local! {
        static KNOWN: RefCell<BTreeMap<String, Choices>> = const { RefCell::new(BTreeMap::new()) };
    }
    let browser = browser.unwrap_or("standard".into());
    let key = browser.to_string();
    if let Some(known) = KNOWN.with_borrow(|known| known.get(&key).cloned()) {
        return Ok(known);
    }
    let choices = profile_of(&browser)?.choices;
    KNOWN.with_borrow_mut(|known| known.insert(key, choices.clone()));
    Ok(choices)
}

/// A browser: the name of a profile, or an object with such a name and single choices that go before it.
fn profile_of(value: &Value) -> Result<Profile, Malformed> {
    let mut fields = Fields::of_short("browser", value, "profile");
    let profile = fields.text("profile")?.unwrap_or("standard".to_owned());
    let mut text =
        format!("name = \"case\"\ntitle = \"The browser of a case\"\ninherits = {profile:?}\n");
    for (key, value) in fields.rest() {
        let source = "https://fetch.spec.whatwg.org/";
        text.push_str(&format!(
            "[[deviation]]\nkey = {key:?}\nvalue = {value}\nsource = {source:?}\nnote = \"the case's choice\"\n"
        ));
    }
    Profile::parse(&text).map_err(|error| format!("`browser`: {}", error.what))
}
