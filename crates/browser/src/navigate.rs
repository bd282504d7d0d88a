//! Navigation: who asks for it, and the way to a new document.

use std::rc::Rc;

use crossexam_fetch::{BlockReason, FetchController, NetworkError};
use crossexam_html::document_type::{DocumentType, document_type};
use crossexam_html::navigation::{
    NavigationEntry, NavigationFetch, NavigationParams, SourceSnapshot, TargetSnapshot,
    create_navigation_params_by_fetching, create_navigation_params_from_a_srcdoc_resource,
    create_the_navigation_request, is_fetch_scheme,
};
use crossexam_html::navigation_checks::{
    NotShown, check_the_navigation_response, unmodelled_policies,
};
use crossexam_sim::journal::FetchOutcome;
use crossexam_web::{Algorithm, Standard, Step, Trace};
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

/// A navigation with `GET`, about which nothing else is said.
pub(crate) fn plain_entry(url: Url) -> NavigationEntry {
    NavigationEntry {
        url,
        resource: None,
        referrer_policy: None,
        reload: false,
        history: false,
        form_submission: false,
    }
}

impl Inner {
    /// Snapshots whoever begins a navigation.
    ///
    /// <https://html.spec.whatwg.org/multipage/browsing-the-web.html#snapshotting-source-snapshot-params>
    pub(crate) fn source_snapshot(
        &self,
        document: &Document,
        user_activation: bool,
    ) -> SourceSnapshot {
        SourceSnapshot {
            has_transient_activation: user_activation
                || document.has_transient_activation(self.now()),
            sandboxing_flags: document.sandboxing_flags,
            fetch_client: Some(document.environment.clone()),
            origin: Some(document.origin.borrow().clone()),
            base_url: Some(document.environment.api_base_url.borrow().clone()),
        }
    }

    /// Navigates. What was under way in the navigable is given up.
    pub(crate) fn navigate(&self, navigable: &Rc<Navigable>, navigation: Navigation) {
        // <https://html.spec.whatwg.org/multipage/browsing-the-web.html#navigate>, step 6: a document that goes stays on
        // its way.
        if navigable.document().is_some_and(|it| it.unloading.get()) {
            return;
        }
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
            NavigationFetch::Params(mut params) => {
                if let Some(body) = &mut params.response.body {
                    // MODEL: a document is parsed when all of it is there; what breaks off is shown as far as it came.
                    let buffered = ongoing
                        .controller
                        .unless_canceled(body.buffer_what_comes())
                        .await;
                    if buffered.is_err() || !Self::is_current(navigable, ongoing) {
                        let outcome = self.outcome_of_error(&canceled());
                        self.end_recording(recording, outcome);
                        return;
                    }
                }
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
        target: &TargetSnapshot,
        recording: Recording,
    ) {
        let checked =
            check_the_navigation_response(&params, target, &self.user_agent, &recording.trace);
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
        if let Err(
            why @ (NotShown::FrameOptions { .. }
            | NotShown::FrameAncestors { .. }
            | NotShown::EmbedderPolicy { .. }),
        ) = checked
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
fn canceled_step() -> &'static Step {
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
