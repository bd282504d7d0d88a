//! Navigation: who asks for it, and the way to a new document.

use std::rc::Rc;

use crossexam_fetch::{BlockReason, FetchController, NetworkError};
use crossexam_html::cors_settings::referrer_policy_of_attribute;
use crossexam_html::document_type::{DocumentType, document_type};
use crossexam_html::forms::{Form, FormDocument, submit};
use crossexam_html::navigables::{
    ChosenNavigable, NewTraversable, allowed_by_sandboxing_to_navigate,
    the_rules_for_choosing_a_navigable,
};
use crossexam_html::navigation::{
    NavigationEntry, NavigationFetch, NavigationParams, NotShown, SourceSnapshot, about_blank,
    about_srcdoc, check_the_navigation_response, create_navigation_params_by_fetching,
    create_navigation_params_from_a_srcdoc_resource, create_the_navigation_request,
    is_fetch_scheme, unmodelled_policies,
};
use crossexam_js::{
    DomError, FormSubmission, FormValue, FrameAttributes, NavigationOptions, NavigationTarget,
    OperationId, WindowId,
};
use crossexam_sim::journal::FetchOutcome;
use crossexam_web::Trace;
use crossexam_web::form_data::{Entry, EntryValue};
use url::Url;

use crate::document::Document;
use crate::fetching::{Cause, Recording};
use crate::inner::Inner;
use crate::navigable::{Navigable, Ongoing};

/// A navigation that is to be made.
#[derive(Debug)]
pub(crate) struct Navigation {
    /// Where to, and how.
    pub(crate) entry: NavigationEntry,
    /// The `srcdoc` to show instead of fetching.
    pub(crate) srcdoc: Option<String>,
    /// Who asks for it.
    pub(crate) source: SourceSnapshot,
    /// The document that asks for it; `None` for the browser's own user interface.
    pub(crate) source_document: Option<Rc<Document>>,
    /// By what, for the record.
    pub(crate) initiator: &'static str,
}

impl Navigation {
    /// From the address bar.
    pub(crate) fn by_the_user(url: Url, initiator: &'static str) -> Self {
        Self {
            entry: plain_entry(url),
            srcdoc: None,
            source: SourceSnapshot::browser_ui(),
            source_document: None,
            initiator,
        }
    }
}

fn plain_entry(url: Url) -> NavigationEntry {
    NavigationEntry {
        url,
        resource: None,
        referrer_policy: None,
        reload: false,
        history: false,
    }
}

impl Inner {
    /// Snapshots whoever begins a navigation.
    ///
    /// <https://html.spec.whatwg.org/multipage/browsing-the-web.html#snapshotting-source-snapshot-params>
    fn source_snapshot(&self, document: &Document, user_activation: bool) -> SourceSnapshot {
        SourceSnapshot {
            has_transient_activation: user_activation
                || document.has_transient_activation(self.now()),
            sandboxing_flags: document.sandboxing_flags,
            fetch_client: Some(document.environment.clone()),
            origin: Some(document.origin.borrow().clone()),
            base_url: Some(document.environment.api_base_url.borrow().clone()),
        }
    }

    /// A script, or an element it has clicked, navigates a window.
    pub(crate) fn navigate_by_script(
        &self,
        document: &Rc<Document>,
        target: &NavigationTarget,
        url: &str,
        options: &NavigationOptions,
    ) -> Result<Option<WindowId>, DomError> {
        let Some(own) = document.navigable.upgrade() else {
            return Ok(None);
        };
        let url = if url.is_empty() && matches!(target, NavigationTarget::Named(_)) {
            // `window.open("")` shows `about:blank`, or leaves the window as it is.
            None
        } else {
            let base = document.environment.api_base_url.borrow().clone();
            let parsed = base.join(url).map_err(|_| DomError {
                name: "SyntaxError",
                message: format!("{url:?} is not a URL"),
            })?;
            Some(parsed)
        };
        let no_opener = options.no_opener || options.no_referrer;
        let activation = options.user_activation || document.has_transient_activation(self.now());
        let (navigable, is_new, by) = match target {
            NavigationTarget::Own => (own, false, "navigation"),
            NavigationTarget::Window(window) => match self.navigable(window.0) {
                Some(navigable) => (navigable, false, "navigation"),
                None => return Ok(None),
            },
            NavigationTarget::Named(name) => {
                match self.choose(document, name, no_opener, activation) {
                    Some((navigable, is_new)) => (navigable, is_new, "navigation"),
                    None => return Ok(None),
                }
            }
        };
        let result = (!no_opener || !is_new).then_some(WindowId(navigable.id));
        let Some(url) = url else {
            if is_new {
                self.show_initial_document(&navigable);
            }
            return Ok(result);
        };
        if let Err(forbidden) = allowed_by_sandboxing_to_navigate(
            self,
            document
                .navigable
                .upgrade()
                .map_or(navigable.id, |own| own.id),
            navigable.id,
            document.sandboxing_flags,
            activation,
            &Trace::off(),
        ) {
            let message = forbidden.to_string();
            self.warn(
                document.holder(&self.name),
                format!("a navigation to {url} is blocked: {message}"),
            );
            return match target {
                NavigationTarget::Named(_) => Ok(None),
                NavigationTarget::Own | NavigationTarget::Window(_) => Err(DomError {
                    name: "SecurityError",
                    message,
                }),
            };
        }
        let referrer_policy = if options.no_referrer {
            Some(crossexam_fetch::ReferrerPolicy::NoReferrer)
        } else {
            referrer_policy_of_attribute(options.referrer_policy.as_deref())
        };
        let entry = NavigationEntry {
            referrer_policy,
            reload: options.reload,
            ..plain_entry(url)
        };
        self.navigate(
            &navigable,
            Navigation {
                entry,
                srcdoc: None,
                source: self.source_snapshot(document, options.user_activation),
                source_document: Some(document.clone()),
                initiator: by,
            },
        );
        Ok(result)
    }

    /// The navigable that a name means, and whether it is new.
    fn choose(
        &self,
        document: &Rc<Document>,
        name: &str,
        no_opener: bool,
        activation: bool,
    ) -> Option<(Rc<Navigable>, bool)> {
        let current = document.navigable.upgrade()?;
        let chosen = the_rules_for_choosing_a_navigable(
            self,
            name,
            current.id,
            no_opener,
            self.options.popup_blocker,
            activation,
            &Trace::off(),
        );
        match chosen {
            ChosenNavigable::Existing(id) => Some((self.navigable(id)?, false)),
            ChosenNavigable::New(new) => {
                document.consume_activation();
                Some((self.open_traversable(document, &current, new), true))
            }
            ChosenNavigable::Blocked(why) => {
                self.warn(
                    document.holder(&self.name),
                    format!("a window was not opened: {why}"),
                );
                None
            }
        }
    }

    /// Opens a window for a page.
    fn open_traversable(
        &self,
        document: &Rc<Document>,
        opener: &Navigable,
        new: NewTraversable,
    ) -> Rc<Navigable> {
        let NewTraversable {
            target_name,
            no_opener,
            permits_its_opener,
            popup_flags,
        } = new;
        let navigable = Rc::new(Navigable {
            id: self.numbers.navigable(),
            tab: self.numbers.tab(),
            holder: None,
            group: if no_opener {
                self.numbers.group()
            } else {
                opener.group
            },
            opener: std::cell::Cell::new((!no_opener).then_some(opener.id)),
            opened_by_script: true,
            name: target_name.into(),
            popup_flags,
            permitted_navigator: permits_its_opener.then_some(opener.id),
            active: None.into(),
            ongoing: None.into(),
            children: Vec::new().into(),
            closed: false.into(),
        });
        self.navigables
            .borrow_mut()
            .insert(navigable.id, navigable.clone());
        self.create_initial_document(&navigable, (!no_opener).then_some(document));
        navigable
    }

    /// A form is submitted.
    pub(crate) fn submit_form(&self, document: &Rc<Document>, form: &FormSubmission) {
        let entries: Vec<Entry> = form
            .entries
            .iter()
            .map(|entry| Entry {
                name: entry.name.clone(),
                value: match &entry.value {
                    FormValue::Text(text) => EntryValue::Text(text.clone()),
                    FormValue::File {
                        name,
                        content_type,
                        bytes,
                    } => EntryValue::File {
                        name: name.clone(),
                        content_type: content_type.clone(),
                        bytes: bytes.clone(),
                    },
                },
            })
            .collect();
        let planned = {
            let url = document.url.borrow();
            let base_url = document.environment.api_base_url.borrow();
            submit(
                Form {
                    action: &form.action,
                    method: &form.method,
                    enctype: &form.enctype,
                    target: Some(&form.target),
                    rel: &form.rel,
                    entries: &entries,
                },
                FormDocument {
                    url: &url,
                    base_url: &base_url,
                    base_target: None,
                    sandboxing_flags: document.sandboxing_flags,
                },
                || [self.next_random(), self.next_random()],
                &Trace::off(),
            )
        };
        let planned = match planned {
            Ok(planned) => planned,
            Err(why) => {
                use crossexam_html::forms::NotSubmitted as N;
                match why {
                    N::UnmodelledDialog | N::UnmodelledScheme { .. } => {
                        self.unmodelled(why.to_string())
                    }
                    N::Sandbox | N::InvalidAction { .. } => {
                        self.warn(
                            document.holder(&self.name),
                            format!("a form was not submitted: {why}"),
                        );
                    }
                }
                return;
            }
        };
        let activation = form.user_activation || document.has_transient_activation(self.now());
        let Some((navigable, _)) =
            self.choose(document, &planned.target, planned.no_opener, activation)
        else {
            return;
        };
        let own = document
            .navigable
            .upgrade()
            .map_or(navigable.id, |own| own.id);
        if let Err(forbidden) = allowed_by_sandboxing_to_navigate(
            self,
            own,
            navigable.id,
            document.sandboxing_flags,
            activation,
            &Trace::off(),
        ) {
            let holder = document.holder(&self.name);
            self.warn(holder, format!("a form was not submitted: {forbidden}"));
            return;
        }
        let entry = NavigationEntry {
            resource: planned.resource,
            referrer_policy: planned.referrer_policy,
            ..plain_entry(planned.url)
        };
        self.navigate(
            &navigable,
            Navigation {
                entry,
                srcdoc: None,
                source: self.source_snapshot(document, form.user_activation),
                source_document: Some(document.clone()),
                initiator: "<form>",
            },
        );
    }

    /// An `iframe` was inserted: creates its navigable and begins to load it.
    pub(crate) fn insert_frame(
        &self,
        document: &Rc<Document>,
        operation: OperationId,
        attributes: FrameAttributes,
    ) -> Option<u64> {
        let parent = document.navigable.upgrade()?;
        let navigable = Rc::new(Navigable {
            id: self.numbers.navigable(),
            tab: parent.tab,
            holder: Some(crate::navigable::FrameHolder {
                parent: parent.id,
                document: Rc::downgrade(document),
                operation,
                attributes: attributes.clone().into(),
            }),
            group: parent.group,
            opener: None.into(),
            opened_by_script: false,
            name: attributes.name.clone().into(),
            popup_flags: crossexam_html::SandboxingFlags::NONE,
            permitted_navigator: None,
            active: None.into(),
            ongoing: None.into(),
            children: Vec::new().into(),
            closed: false.into(),
        });
        self.navigables
            .borrow_mut()
            .insert(navigable.id, navigable.clone());
        parent.children.borrow_mut().push(navigable.id);
        self.create_initial_document(&navigable, Some(document));
        self.process_the_iframe_attributes(document, &navigable, &attributes);
        Some(navigable.id)
    }

    /// An `iframe`'s `src` or `srcdoc` was changed.
    pub(crate) fn update_frame(
        &self,
        document: &Rc<Document>,
        id: u64,
        attributes: FrameAttributes,
    ) {
        let Some(navigable) = self.navigable(id) else {
            return;
        };
        let Some(holder) = &navigable.holder else {
            return;
        };
        holder.attributes.replace(attributes.clone());
        self.process_the_iframe_attributes(document, &navigable, &attributes);
    }

    /// Begins the navigation that an `iframe`'s attributes ask for.
    ///
    /// <https://html.spec.whatwg.org/multipage/iframe-embed-object.html#process-the-iframe-attributes>
    fn process_the_iframe_attributes(
        &self,
        document: &Rc<Document>,
        navigable: &Rc<Navigable>,
        attributes: &FrameAttributes,
    ) {
        if attributes.credentialless {
            self.unmodelled("the credentialless attribute of an iframe");
        }
        let base = document.environment.api_base_url.borrow().clone();
        let url = match (&attributes.srcdoc, &attributes.src) {
            (Some(_), _) => about_srcdoc(),
            // A URL that does not parse stands for `about:blank`.
            (None, Some(src)) if !src.is_empty() => {
                base.join(src).unwrap_or_else(|_| about_blank())
            }
            (None, Some(_) | None) => about_blank(),
        };
        if attributes.srcdoc.is_none() && self.is_inside_of(&url, document) {
            let holder = document.holder(&self.name);
            self.warn(
                holder,
                format!("{url} is not loaded into a frame inside itself"),
            );
            self.show_initial_document(navigable);
            return;
        }
        let is_blank =
            attributes.srcdoc.is_none() && crossexam_html::origin::matches_about_blank(&url);
        let initial = navigable
            .document()
            .is_some_and(|it| it.is_initial_about_blank && it.realm.get().is_none());
        if is_blank && initial {
            self.show_initial_document(navigable);
            return;
        }
        let entry = NavigationEntry {
            referrer_policy: referrer_policy_of_attribute(attributes.referrer_policy.as_deref()),
            ..plain_entry(url)
        };
        self.navigate(
            navigable,
            Navigation {
                entry,
                srcdoc: attributes.srcdoc.clone(),
                source: self.source_snapshot(document, false),
                source_document: Some(document.clone()),
                initiator: "<iframe>",
            },
        );
    }

    /// Whether a document, or one around it, has this URL, fragments aside.
    fn is_inside_of(&self, url: &Url, document: &Rc<Document>) -> bool {
        let without_fragment = |url: &Url| url[..url::Position::AfterQuery].to_owned();
        let wanted = without_fragment(url);
        let mut around = Some(document.clone());
        while let Some(document) = around {
            if without_fragment(&document.url.borrow()) == wanted {
                return true;
            }
            around = document.navigable.upgrade().and_then(|it| {
                it.holder
                    .as_ref()
                    .and_then(|holder| holder.document.upgrade())
            });
        }
        false
    }

    /// Navigates. What was under way in the navigable is given up.
    pub(crate) fn navigate(&self, navigable: &Rc<Navigable>, navigation: Navigation) {
        let url = &navigation.entry.url;
        if url.scheme() == "javascript" {
            self.unmodelled(format!("a navigation to {url}"));
            self.frame_loaded(navigable);
            return;
        }
        if navigation.srcdoc.is_none() && !is_fetch_scheme(url.scheme()) {
            self.unmodelled(format!(
                "a navigation to {url}, which another program would handle"
            ));
            self.frame_loaded(navigable);
            return;
        }
        if self.navigate_to_a_fragment(navigable, &navigation) {
            return;
        }
        let ongoing = Ongoing {
            id: self.numbers.navigation(),
            controller: Rc::new(FetchController::new()),
        };
        if let Some(before) = navigable.ongoing.replace(Some(ongoing.clone())) {
            before.controller.abort();
        }
        let Some(browser) = self.this.upgrade() else {
            return;
        };
        let navigable = navigable.clone();
        self.spawn("navigates", async move {
            browser
                .run_navigation(&navigable, navigation, &ongoing)
                .await;
            let is_latest = navigable
                .ongoing
                .borrow()
                .as_ref()
                .is_some_and(|it| it.id == ongoing.id);
            if is_latest {
                navigable.ongoing.replace(None);
            }
        });
    }

    /// Goes to a fragment of the document that is there.
    ///
    /// <https://html.spec.whatwg.org/multipage/browsing-the-web.html#navigate-fragid>
    fn navigate_to_a_fragment(&self, navigable: &Rc<Navigable>, navigation: &Navigation) -> bool {
        let entry = &navigation.entry;
        let Some(document) = navigable.document() else {
            return false;
        };
        let same = {
            let current = document.url.borrow();
            let without = |url: &Url| url[..url::Position::AfterQuery].to_owned();
            entry.url.fragment().is_some() && without(&current) == without(&entry.url)
        };
        if !same || entry.resource.is_some() || entry.reload || navigation.srcdoc.is_some() {
            return false;
        }
        let old = document.url.replace(entry.url.clone());
        let environment = &document.environment;
        let is_source = environment.referrer_source.borrow().as_ref() == Some(&old);
        if is_source {
            environment.referrer_source.replace(Some(entry.url.clone()));
        }
        let new = entry.url.to_string();
        let Some(browser) = self.this.upgrade() else {
            return true;
        };
        self.spawn("goes to a fragment", async move {
            let Some(realm) = document.realm.get() else {
                return;
            };
            browser.run_task(&document, |agent| {
                agent.deliver_fragment_navigation(realm, old.as_str(), &new)
            });
        });
        true
    }

    /// Whether this navigation is still the one that is under way.
    fn is_current(navigable: &Navigable, ongoing: &Ongoing) -> bool {
        !navigable.closed.get()
            && navigable
                .ongoing
                .borrow()
                .as_ref()
                .is_some_and(|it| it.id == ongoing.id)
    }

    async fn run_navigation(
        &self,
        navigable: &Rc<Navigable>,
        navigation: Navigation,
        ongoing: &Ongoing,
    ) {
        if let Some(srcdoc) = &navigation.srcdoc {
            let Some(container) = navigable
                .holder
                .as_ref()
                .and_then(|holder| holder.document.upgrade())
            else {
                return;
            };
            let target = self.target_snapshot(navigable);
            let origin = container.origin.borrow().clone();
            let params = create_navigation_params_from_a_srcdoc_resource(
                srcdoc,
                &target,
                &origin,
                &self.identities,
                &Trace::off(),
            );
            if Self::is_current(navigable, ongoing) {
                self.show(navigable, params, &navigation, Some(&container));
            }
            return;
        }
        let target = self.target_snapshot(navigable);
        let trace = Trace::off();
        let request = create_the_navigation_request(
            &navigation.entry,
            &navigation.source,
            &target,
            &self.identities,
            &trace,
        );
        let cause = Cause {
            client: navigation
                .source_document
                .as_ref()
                .map(|document| document.holder(&self.name)),
            initiator: navigation.initiator.to_owned(),
        };
        let (recording, wire) = self.begin_recording(cause, &request);
        let Some(wire) = wire else { return };
        let fetched = create_navigation_params_by_fetching(
            &self.user_agent,
            &wire,
            request,
            &navigation.source,
            &target,
            &self.identities,
            &ongoing.controller,
            &recording.trace,
        )
        .await;
        if !Self::is_current(navigable, ongoing) {
            let error = canceled();
            let outcome = self.outcome_of_error(&error);
            self.end_recording(recording, outcome);
            return;
        }
        match fetched {
            NavigationFetch::Params(params) => {
                self.populate(navigable, *params, &navigation, &target, recording);
            }
            NavigationFetch::NonFetchScheme { url, request } => {
                self.unmodelled(format!(
                    "a redirect to {url}, which another program would handle"
                ));
                let outcome = FetchOutcome::Response {
                    kind: "basic",
                    status: 0,
                    url: Some(request.current_url().to_string()),
                    step: None,
                };
                self.end_recording(recording, outcome);
            }
            NavigationFetch::Error { error, request } => {
                let outcome = self.outcome_of_error(&error);
                self.end_recording(recording, outcome);
                let why = error.reason.to_string();
                self.show_error(navigable, request.current_url(), &why);
            }
        }
    }

    /// Shows what came, if it may be shown.
    fn populate(
        &self,
        navigable: &Rc<Navigable>,
        params: NavigationParams,
        navigation: &Navigation,
        target: &crossexam_html::navigation::TargetSnapshot,
        recording: Recording,
    ) {
        let checked = check_the_navigation_response(&params, target, &recording.trace);
        let outcome = match &checked {
            Ok(()) => FetchOutcome::Response {
                kind: "basic",
                status: params.response.status,
                url: Some(params.url.to_string()),
                step: None,
            },
            Err(why) => FetchOutcome::Error {
                reason: why.to_string(),
                code: why.code(),
                step: why.step(),
            },
        };
        self.end_recording(recording, outcome);
        if let Err(why @ (NotShown::FrameOptions { .. } | NotShown::EmbedderPolicy { .. })) =
            checked
        {
            self.show_error(navigable, &params.url, &why.to_string());
            return;
        }
        for what in unmodelled_policies(&params) {
            self.unmodelled(what);
        }
        let nothing_to_show = matches!(params.response.status, 204 | 205)
            || document_type(&params.response) == DocumentType::Download;
        if nothing_to_show {
            // MODEL: a download is dropped; the page stays as it is.
            self.frame_loaded(navigable);
            return;
        }
        self.show(
            navigable,
            params,
            navigation,
            navigation.source_document.as_ref(),
        );
    }
}

fn canceled() -> NetworkError {
    NetworkError::new(BlockReason::Aborted, canceled_step())
}

/// The step at which a navigation that another one has overtaken is given up.
fn canceled_step() -> &'static crossexam_web::Step {
    use crossexam_web::{Algorithm, Standard, Step};
    static ALGORITHM: Algorithm = Algorithm {
        standard: Standard::Html,
        id: "create-navigation-params-by-fetching",
        name: "create navigation params by fetching",
    };
    static STEP: Step = Step {
        algorithm: &ALGORITHM,
        number: "21.7",
        text: "Another navigation has begun.",
    };
    &STEP
}
