//! Documents begin, load and are seen.

use std::rc::Rc;

use bytes::Bytes;
use crossexam_fetch::request::Referrer;
use crossexam_fetch::response::InternalResponse;
use crossexam_fetch::{Body, PolicyContainer};
use crossexam_html::SandboxingFlags;
use crossexam_html::decode::{decode_html, decode_text};
use crossexam_html::document_type::{DocumentType, computed_mime_type, document_type};
use crossexam_html::environment::{
    Place, WindowEnvironment, set_up_a_window_environment_settings_object,
};
use crossexam_html::navigables::Navigables;
use crossexam_html::navigation::{NavigationParams, about_blank};
use crossexam_html::opener_policy::{GroupSwitch, OpenerPolicyValue};
use crossexam_html::origin::{determine_the_origin, matches_about_blank, matches_about_srcdoc};
use crossexam_html::sandbox::parse_a_sandboxing_directive;
use crossexam_js::{DocumentSource, RealmId, RealmKind};
use crossexam_sim::journal::{DocumentRecord, Event, Holder};
use crossexam_web::infra::isomorphic_decode;
use crossexam_web::{Origin, Trace};
use url::Url;

use crate::cluster::ClusterKey;
use crate::document::Document;
use crate::global::{Global, NewGlobal};
use crate::inner::Inner;
use crate::navigable::Navigable;
use crate::navigate::Navigation;

/// What a new document is made of.
struct NewDocument {
    url: Url,
    origin: Origin,
    policy_container: PolicyContainer,
    sandboxing_flags: SandboxingFlags,
    about_base_url: Option<Url>,
    reserved_environment: Option<u64>,
    host: String,
    opener_policy: OpenerPolicyValue,
    is_initial_about_blank: bool,
}

impl Inner {
    fn create_document(&self, navigable: &Rc<Navigable>, new: NewDocument) -> Rc<Document> {
        let parent = navigable
            .holder
            .as_ref()
            .and_then(|holder| holder.document.upgrade());
        let environment = set_up_a_window_environment_settings_object(
            &self.identities,
            WindowEnvironment {
                reserved_id: new.reserved_environment,
                creation_url: new.url.clone(),
                origin: new.origin.clone(),
                policy_container: new.policy_container,
                about_base_url: new.about_base_url,
                place: Place {
                    traversable: self.top(navigable.id),
                    parent: parent.as_ref().map(|document| &document.environment),
                },
            },
        );
        let key = ClusterKey {
            group: navigable.group.get(),
            site: new.origin.site(),
        };
        Rc::new(Document {
            global: Global::new(NewGlobal {
                environment,
                url: new.url,
                origin: new.origin,
                host: new.host,
                cluster: self.cluster(key),
                worker: None,
            }),
            navigable: Rc::downgrade(navigable),
            sandboxing_flags: new.sandboxing_flags,
            opener_policy: new.opener_policy,
            is_initial_about_blank: new.is_initial_about_blank,
            activation: None.into(),
            shown: String::new().into(),
            unloading: false.into(),
        })
    }

    /// Gives a new navigable its first document, `about:blank`.
    ///
    /// <https://html.spec.whatwg.org/multipage/document-sequences.html#creating-a-new-browsing-context>
    pub(crate) fn create_initial_document(
        &self,
        navigable: &Rc<Navigable>,
        creator: Option<&Rc<Document>>,
    ) {
        let url = about_blank();
        let sandboxing_flags = navigable.creation_sandboxing_flags();
        let creator_origin = creator.map(|document| document.origin.borrow().clone());
        let origin = determine_the_origin(
            Some(&url),
            sandboxing_flags,
            creator_origin.as_ref(),
            |_| self.identities.origins.next(),
            &self.identities.origins,
            &Trace::off(),
        );
        let policy_container = creator
            .map(|document| document.environment.policy_container.borrow().clone())
            .unwrap_or_default();
        let document = self.create_document(
            navigable,
            NewDocument {
                url,
                origin,
                policy_container,
                sandboxing_flags,
                about_base_url: creator
                    .map(|document| document.environment.api_base_url.borrow().clone()),
                reserved_environment: None,
                host: creator.map_or_else(String::new, |document| document.host.clone()),
                opener_policy: self.inherited_opener_policy(creator),
                is_initial_about_blank: true,
            },
        );
        navigable.active.replace(Some(document));
    }

    /// Lets scripts run in the first document of a navigable, since it stays.
    pub(crate) fn show_initial_document(&self, navigable: &Rc<Navigable>) {
        let Some(browser) = self.this.upgrade() else {
            return;
        };
        let navigable = navigable.clone();
        self.spawn("shows about:blank", async move {
            let Some(document) = navigable.document().filter(|it| it.is_initial_about_blank) else {
                return;
            };
            let scripting = !document.sandboxing_flags.has(SandboxingFlags::SCRIPTS);
            if let Some(realm) = browser.realm_of(&document) {
                browser.run_task(&document, |agent| {
                    agent.load_initial_document(realm, scripting)
                });
            }
        });
    }

    /// Makes a document of what a navigation came to and begins to load it.
    pub(crate) fn show(
        &self,
        navigable: &Rc<Navigable>,
        params: NavigationParams,
        navigation: &Navigation,
        creator: Option<&Rc<Document>>,
    ) {
        let NavigationParams {
            response,
            request,
            url,
            origin,
            policy_container,
            sandboxing_flags,
            reserved_environment,
            opener_policy,
            group_switch,
        } = params;
        let is_srcdoc = matches_about_srcdoc(&url);
        let inherits_base = is_srcdoc || matches_about_blank(&url);
        let host = self.host_of(&url, creator.map(|creator| &creator.global));
        self.unload(navigable);
        self.destroy_contents(navigable);
        if group_switch == GroupSwitch::Needed && navigable.holder.is_none() {
            // Nobody of before knows this window any more, nor it them.
            navigable.group.set(self.numbers.group());
            navigable.opener.set(None);
            navigable.name.replace(String::new());
        }
        // <https://html.spec.whatwg.org/multipage/browsing-the-web.html#resetBCName>
        let leaves_its_origin = navigable
            .document()
            .is_some_and(|before| !before.origin.borrow().is_same_origin(&origin));
        if leaves_its_origin && navigable.holder.is_none() && self.opener(navigable.id).is_none() {
            navigable.name.replace(String::new());
        }
        let document = self.create_document(
            navigable,
            NewDocument {
                url: url.clone(),
                origin,
                policy_container,
                sandboxing_flags,
                about_base_url: inherits_base
                    .then(|| navigation.source.base_url.clone())
                    .flatten(),
                reserved_environment,
                host,
                opener_policy,
                is_initial_about_blank: false,
            },
        );
        navigable.active.replace(Some(document.clone()));
        self.record(Event::Document(DocumentRecord {
            browser: self.name.clone(),
            tab: navigable.tab,
            nested: navigable.holder.is_some(),
            url: url.to_string(),
            origin: document.origin.borrow().to_string(),
        }));
        let referrer = match request.map(|request| request.referrer) {
            Some(Referrer::Url(url)) => url.to_string(),
            Some(Referrer::NoReferrer | Referrer::Client) | None => String::new(),
        };
        self.load(&document, &response, &referrer, is_srcdoc);
    }

    /// The host whose code runs in a document or worker of this URL.
    pub(crate) fn host_of(&self, url: &Url, creator: Option<&Rc<Global>>) -> String {
        let own = match url.scheme() {
            "http" | "https" => url.host_str().map(str::to_owned),
            // An object URL's maker.
            "blob" => Origin::of_url(url)
                .and_then(|origin| origin.as_tuple().map(|tuple| tuple.host.to_string())),
            _ => None,
        };
        own.or_else(|| creator.map(|creator| creator.host.clone()))
            .unwrap_or_default()
    }

    /// Shows an error page: nobody's document, without scripts.
    pub(crate) fn show_error(&self, navigable: &Rc<Navigable>, url: &Url, why: &str) {
        self.unload(navigable);
        self.destroy_contents(navigable);
        let document = self.create_document(
            navigable,
            NewDocument {
                url: url.clone(),
                origin: self.identities.origins.next(),
                policy_container: PolicyContainer::default(),
                sandboxing_flags: parse_a_sandboxing_directive(""),
                about_base_url: None,
                reserved_environment: None,
                host: String::new(),
                opener_policy: OpenerPolicyValue::UnsafeNone,
                is_initial_about_blank: false,
            },
        );
        navigable.active.replace(Some(document.clone()));
        self.shown_to_the_person(&document, &format!("{url} cannot be shown: {why}"));
        // A frame's load event tells nothing of whether it has loaded.
        self.frame_loaded(navigable);
    }

    /// Begins to load a document.
    fn load(
        &self,
        document: &Rc<Document>,
        response: &InternalResponse,
        referrer: &str,
        is_srcdoc: bool,
    ) {
        let bytes = response
            .body
            .as_ref()
            .and_then(Body::known_bytes)
            .cloned()
            .unwrap_or_default();
        let mime_type = computed_mime_type(response);
        let essence = mime_type
            .as_ref()
            .map_or("text/plain", |it| it.essence())
            .to_owned();
        let (html, encoding) = match document_type(response) {
            DocumentType::Html => decode_html(&bytes, mime_type.as_ref()),
            DocumentType::Text | DocumentType::Xml => decode_text(&bytes, mime_type.as_ref()),
            // MODEL: the person sees that it is an image; the model does not look into it.
            DocumentType::Media | DocumentType::Download => decode_text(&[], None),
        };
        // Scripts of the same origin can read all of a document.
        if !bytes.is_empty() {
            self.expose(document.holder(&self.name), "document", bytes);
        }
        let refresh = response
            .header_list
            .get(b"Refresh")
            .map(|value| isomorphic_decode(&value));
        let source = DocumentSource {
            character_set: encoding.name(),
            refresh: refresh.as_deref(),
            content_type: &essence,
            referrer,
            iframe_srcdoc: is_srcdoc,
            scripting: !document.sandboxing_flags.has(SandboxingFlags::SCRIPTS),
        };
        self.run_scripts(document, &html, source);
    }

    /// The realm of a document, which gets one if it has none.
    fn realm_of(&self, document: &Rc<Document>) -> Option<RealmId> {
        let created = document.cluster.create_realm(
            RealmKind::Window,
            &document.global,
            Rc::downgrade(document),
            self.options.limits,
        );
        created
            .inspect_err(|error| self.script_error(document, error))
            .ok()
    }

    /// Gives a document its realm and lets it load.
    fn run_scripts(&self, document: &Rc<Document>, html: &str, source: DocumentSource<'_>) {
        let Some(realm) = self.realm_of(document) else {
            return;
        };
        self.run_task(document, |agent| agent.load_document(realm, html, source));
    }

    /// A document has loaded completely.
    pub(crate) fn loaded(&self, document: &Rc<Document>) {
        if document.gone.get() {
            return;
        }
        self.look_at(document);
        if let Some(navigable) = document.navigable.upgrade() {
            self.frame_loaded(&navigable);
        }
    }

    /// Tells the document around a frame that the frame has loaded.
    pub(crate) fn frame_loaded(&self, navigable: &Navigable) {
        let Some(holder) = &navigable.holder else {
            return;
        };
        let Some(container) = holder.document.upgrade() else {
            return;
        };
        let operation = holder.operation;
        let Some(browser) = self.this.upgrade() else {
            return;
        };
        self.spawn("announces a frame", async move {
            browser.run_task(&container, |agent| agent.deliver_frame_load(operation));
        });
    }

    /// The person looks at a document.
    pub(crate) fn look_at(&self, document: &Rc<Document>) {
        let Some(realm) = document.realm.get() else {
            return;
        };
        let Some(agent) = document.cluster.running_agent() else {
            return;
        };
        match agent.visible_text(realm) {
            Ok(text) => self.shown_to_the_person(document, &text),
            Err(error) => self.script_error(document, &error),
        }
    }

    /// The person looks at every document that is shown.
    pub(crate) fn look_at_everything(&self) {
        let documents: Vec<_> = self
            .navigables
            .borrow()
            .values()
            .filter_map(|navigable| navigable.document())
            .collect();
        for document in documents {
            self.look_at(&document);
        }
    }

    fn shown_to_the_person(&self, document: &Document, text: &str) {
        if text.is_empty() || *document.shown.borrow() == *text {
            return;
        }
        document.shown.replace(text.to_owned());
        let how = format!("{} on the screen", document.url.borrow());
        self.expose(
            Holder::Person {
                person: self.person.clone(),
            },
            how,
            Bytes::copy_from_slice(text.as_bytes()),
        );
    }

    /// The opener policy of a window's first document: that of the page its opener is in, where both are of one origin.
    fn inherited_opener_policy(&self, creator: Option<&Rc<Document>>) -> OpenerPolicyValue {
        let page = creator.and_then(|creator| {
            let top = creator.environment.top_level_origin.as_ref();
            let is_tops_own = top.is_some_and(|top| creator.origin.borrow().is_same_origin(top));
            let own = creator.navigable.upgrade().filter(|_| is_tops_own)?;
            self.navigable(self.top(own.id))?.document()
        });
        page.map_or(OpenerPolicyValue::UnsafeNone, |page| page.opener_policy)
    }
}
