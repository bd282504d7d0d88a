//! Navigations that scripts, links and forms ask for.

use std::rc::Rc;

use crossexam_fetch::ReferrerPolicy;
use crossexam_html::cors_settings::referrer_policy_of_attribute;
use crossexam_html::forms::{Form, FormDocument, NotSubmitted, submit};
use crossexam_html::navigables::{
    ChosenNavigable, NewTraversable, allowed_by_sandboxing_to_navigate,
    the_rules_for_choosing_a_navigable,
};
use crossexam_html::navigation::{NavigationEntry, about_blank};
use crossexam_js::{
    DomError, FormSubmission, FormValue, NavigationOptions, NavigationTarget, WindowId,
};
use crossexam_web::Trace;
use crossexam_web::form_data::{Entry, EntryValue};

use crate::document::Document;
use crate::inner::Inner;
use crate::navigable::Navigable;
use crate::navigate::{Navigation, plain_entry};

impl Inner {
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
        // Who goes opens no windows.
        if document.unloading.get() && matches!(target, NavigationTarget::Named(_)) {
            return Ok(None);
        }
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
            NavigationTarget::Window(window) => match self.navigable_known_to(document, window.0) {
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
        // A new window begins with `about:blank`; it need not go there.
        let Some(url) = url.filter(|url| !is_new || *url != about_blank()) else {
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
            Some(ReferrerPolicy::NoReferrer)
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
                self.numbers.group().into()
            } else {
                opener.group.clone()
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
                match why {
                    NotSubmitted::UnmodelledDialog | NotSubmitted::UnmodelledScheme { .. } => {
                        self.unmodelled(why.to_string())
                    }
                    NotSubmitted::Sandbox | NotSubmitted::InvalidAction { .. } => {
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
            form_submission: true,
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
}
