//! Documents: how the host has one loaded, and how a person acts on it.
//!
//! The tree and everything that scripts see of it are written in JavaScript (`bootstrap/dom-*.js`); here are the parser,
//! the native operations and what the host calls.

mod mutations;
mod operations;
mod parser;
mod styles;

use rquickjs::Object;

use crate::agent::Agent;
use crate::protocol::{DocumentProgress, RealmId, ScriptError};

pub(crate) use operations::{register, register_scripts};

/// What a document is made from, besides its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentSource<'a> {
    /// The essence of its MIME type, for example `text/html`. HTML and XHTML are parsed as HTML; any other text is shown
    /// as it is, in a `pre` element; of anything else the document is empty.
    pub content_type: &'a str,
    /// The name of its encoding: `document.characterSet`.
    pub character_set: &'a str,
    /// The value of its `Refresh` header.
    pub refresh: Option<&'a str>,
    /// `document.referrer`: the `Referer` that it was asked for with, or empty.
    pub referrer: &'a str,
    /// Whether it is the `srcdoc` of an `iframe`.
    pub iframe_srcdoc: bool,
    /// Whether scripts run in it; a sandbox may forbid that. `noscript` shows where they do not.
    pub scripting: bool,
}

impl Default for DocumentSource<'_> {
    fn default() -> Self {
        Self {
            content_type: "text/html",
            character_set: "UTF-8",
            refresh: None,
            referrer: "",
            iframe_srcdoc: false,
            scripting: true,
        }
    }
}

/// Why something a person was to do could not be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UserActionError {
    /// The selector is none that is understood here.
    #[error("`{selector}` is not a selector that is understood: {message}")]
    Selector {
        /// The selector.
        selector: String,
        /// What is wrong with it.
        message: String,
    },
    /// The selector matches nothing.
    #[error("nothing on the page matches `{selector}`; there is {}", listed(.there))]
    NothingMatches {
        /// The selector.
        selector: String,
        /// What could be acted upon instead.
        there: Vec<String>,
    },
    /// What the selector matches cannot be acted upon like this.
    #[error("`{selector}` matches {element}, {reason}")]
    NotPossible {
        /// The selector.
        selector: String,
        /// The element, as its start tag.
        element: String,
        /// Why it is not possible.
        reason: String,
    },
    /// The realm has no document.
    #[error("there is no document")]
    NoDocument,
    /// A script that the action set off met a limit.
    #[error(transparent)]
    Script(#[from] ScriptError),
}

fn listed(elements: &[String]) -> String {
    if elements.is_empty() {
        "nothing to act upon".to_owned()
    } else {
        elements.join(", ")
    }
}

/// Loading documents.
impl Agent {
    /// Begins to load a document into a window's realm, once in the realm's life: parses `html`, runs its scripts and
    /// starts the loads of its elements, up to the first script that has to be waited for. From there the outcomes of
    /// those loads ([`deliver_element_load`](Self::deliver_element_load) and so on) carry it on, until
    /// [`DocumentHost::document_progress`](crate::DocumentHost::document_progress) says that it is complete.
    ///
    /// Microtasks run between the scripts, as they must.
    ///
    /// # Errors
    ///
    /// The limit that a script met: the first one, if there were several. The loading has gone on behind it.
    /// Exceptions that the scripts left uncaught are reported instead.
    pub fn load_document(
        &self,
        realm: RealmId,
        html: &str,
        source: DocumentSource<'_>,
    ) -> Result<(), ScriptError> {
        self.call_entry(realm, "loadDocument", |_, entry, _| {
            let DocumentSource {
                content_type,
                character_set,
                refresh,
                referrer,
                iframe_srcdoc,
                scripting,
            } = source;
            entry.call::<_, ()>((
                html,
                content_type,
                character_set,
                referrer,
                iframe_srcdoc,
                scripting,
                refresh,
            ))
        })?;
        self.advance_document(realm)
    }

    /// Loads the `about:blank` that a window begins with: it is complete at once, and no event tells of it. Does nothing
    /// if a script has reached the document before.
    ///
    /// # Errors
    ///
    /// As for [`deliver_timer`](Self::deliver_timer).
    ///
    /// <https://html.spec.whatwg.org/multipage/document-sequences.html#creating-a-new-browsing-context>
    pub fn load_initial_document(
        &self,
        realm: RealmId,
        scripting: bool,
    ) -> Result<(), ScriptError> {
        self.call_entry(realm, "loadInitialDocument", |_, entry, scope| {
            scope.progress.set(DocumentProgress::Complete);
            entry.call::<_, ()>((scripting,))
        })
        .map(drop)
    }

    /// How far the loading of a realm's document has come; `None` if the realm is gone.
    pub fn document_progress(&self, realm: RealmId) -> Option<DocumentProgress> {
        self.scope_of(realm).map(|scope| scope.progress.get())
    }

    /// Takes the steps that the loading of a document can take now, with a microtask checkpoint before each.
    pub(crate) fn advance_document(&self, realm: RealmId) -> Result<(), ScriptError> {
        let Some(scope) = self.scope_of(realm) else {
            return Ok(());
        };
        let mut outcome = Ok(());
        while scope.alive.get() && scope.woken.replace(false) {
            outcome = outcome.and(self.checkpoint());
            let step = self.call_entry(realm, "documentStep", |_, entry, _| {
                entry.call::<_, bool>(())
            });
            match step {
                Ok(more) => scope.woken.set(scope.woken.get() || more == Some(true)),
                // The script that met its limit is over; what comes after it is not.
                Err(ScriptError::Runaway { .. }) => {
                    scope.woken.set(true);
                    outcome = outcome.and(step.map(drop));
                }
                Err(_) => return outcome.and(step.map(drop)),
            }
        }
        outcome
    }

    /// The realm's document goes: fires `pagehide`, `visibilitychange` and `unload`.
    ///
    /// # Errors
    ///
    /// As for [`deliver_timer`](Self::deliver_timer).
    ///
    /// <https://html.spec.whatwg.org/multipage/document-lifecycle.html#unload-a-document>
    pub fn unload_document(&self, realm: RealmId) -> Result<(), ScriptError> {
        self.call_entry(realm, "unload", |_, entry, _| entry.call::<_, ()>(()))
            .map(drop)
    }

    /// The document's URL was changed in its fragment alone: fires `hashchange`.
    ///
    /// # Errors
    ///
    /// As for [`deliver_timer`](Self::deliver_timer).
    pub fn deliver_fragment_navigation(
        &self,
        realm: RealmId,
        old_url: &str,
        new_url: &str,
    ) -> Result<(), ScriptError> {
        self.call_entry(realm, "fragmentNavigation", |_, entry, _| {
            entry.call::<_, ()>((old_url, new_url))
        })
        .map(drop)
    }
}

/// What a person does on a page. The page's scripts run as they would on a real click; the host runs the microtasks
/// afterwards, as after each delivered outcome.
impl Agent {
    /// Clicks the first element that a selector matches.
    ///
    /// # Errors
    ///
    /// [`UserActionError`]
    pub fn user_click(&self, realm: RealmId, selector: &str) -> Result<(), UserActionError> {
        self.user_action(realm, "click", selector, &[])
    }

    /// Types text into a field, in place of what it held.
    ///
    /// # Errors
    ///
    /// [`UserActionError`]
    pub fn user_type(
        &self,
        realm: RealmId,
        selector: &str,
        text: &str,
    ) -> Result<(), UserActionError> {
        self.user_action(realm, "type", selector, &[("", text)])
    }

    /// Fills in a form's fields, by their names, and submits it with its first submit button, if it has one.
    ///
    /// # Errors
    ///
    /// [`UserActionError`]
    pub fn user_submit(
        &self,
        realm: RealmId,
        form_selector: &str,
        values: &[(&str, &str)],
    ) -> Result<(), UserActionError> {
        self.user_action(realm, "submit", form_selector, values)
    }

    /// The text of a document as a person sees it, a block a line, with what fields hold; empty if there is none.
    ///
    /// # Errors
    ///
    /// [`ScriptError::Reentered`]
    pub fn visible_text(&self, realm: RealmId) -> Result<String, ScriptError> {
        let text = self.call_entry(realm, "visibleText", |_, entry, _| {
            entry.call::<_, String>(())
        })?;
        Ok(text.unwrap_or_default())
    }

    fn user_action(
        &self,
        realm: RealmId,
        action: &str,
        selector: &str,
        values: &[(&str, &str)],
    ) -> Result<(), UserActionError> {
        enum Refusal {
            Selector(String),
            Nothing(Vec<String>),
            NotPossible(String, String),
            NoDocument,
        }
        let flat: Vec<&str> = values
            .iter()
            .flat_map(|(name, value)| [*name, *value])
            .collect();
        let refused = self.call_entry(realm, "userAction", |_, entry, _| {
            let answer: Option<Object<'_>> = entry.call((action, selector, flat))?;
            let Some(answer) = answer else {
                return Ok(None);
            };
            if let Some(message) = answer.get("selector")? {
                return Ok(Some(Refusal::Selector(message)));
            }
            if let Some(there) = answer.get("there")? {
                return Ok(Some(Refusal::Nothing(there)));
            }
            let Some(element) = answer.get("element")? else {
                return Ok(Some(Refusal::NoDocument));
            };
            Ok(Some(Refusal::NotPossible(element, answer.get("reason")?)))
        })?;
        let selector = selector.to_owned();
        match refused.unwrap_or(Some(Refusal::NoDocument)) {
            None => Ok(()),
            Some(Refusal::Selector(message)) => {
                Err(UserActionError::Selector { selector, message })
            }
            Some(Refusal::Nothing(there)) => {
                Err(UserActionError::NothingMatches { selector, there })
            }
            Some(Refusal::NotPossible(element, reason)) => Err(UserActionError::NotPossible {
                selector,
                element,
                reason,
            }),
            Some(Refusal::NoDocument) => Err(UserActionError::NoDocument),
        }
    }
}
