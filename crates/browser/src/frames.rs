//! Frames in documents.

use std::rc::Rc;

use crossexam_html::SandboxingFlags;
use crossexam_html::cors_settings::referrer_policy_of_attribute;
use crossexam_html::navigation::{NavigationEntry, about_blank, about_srcdoc};
use crossexam_html::origin::matches_about_blank;
use crossexam_js::{FrameAttributes, OperationId};
use url::Url;

use crate::document::Document;
use crate::inner::Inner;
use crate::navigable::{FrameHolder, Navigable};
use crate::navigate::{Navigation, plain_entry};

impl Inner {
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
            holder: Some(FrameHolder {
                parent: parent.id,
                document: Rc::downgrade(document),
                operation,
                attributes: attributes.clone().into(),
            }),
            group: parent.group.clone(),
            opener: None.into(),
            opened_by_script: false,
            name: attributes.name.clone().into(),
            popup_flags: SandboxingFlags::NONE,
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
        let is_blank = attributes.srcdoc.is_none() && matches_about_blank(&url);
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
}
