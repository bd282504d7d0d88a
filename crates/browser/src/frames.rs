//! Frames in documents.

use std::rc::Rc;

use crossexam_html::SandboxingFlags;
use crossexam_html::cors_settings::referrer_policy_of_attribute;
use crossexam_html::navigation::{NavigationEntry, about_blank, about_srcdoc};
use crossexam_html::origin::matches_about_blank;
use crossexam_js::{FrameAttributes, InsertedFrame, OperationId, WindowId};
use url::Url;

use crate::document::Document;
use crate::inner::Inner;
use crate::navigable::{FrameHolder, Navigable};
use crate::navigate::{Navigation, plain_entry};

/// Whether an `iframe`'s attributes are processed because it was inserted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InitialInsertion {
    Yes,
    No,
}

/// What came of the attributes of an `iframe`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Processed {
    /// The load event steps run now.
    Loaded,
    /// Whatever comes, comes later.
    Pending,
}

impl Inner {
    /// An `iframe` was inserted: creates its navigable and begins to load it.
    pub(crate) fn insert_frame(
        &self,
        document: &Rc<Document>,
        operation: OperationId,
        attributes: FrameAttributes,
    ) -> Option<InsertedFrame> {
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
        let processed = self.process_the_iframe_attributes(
            document,
            &navigable,
            &attributes,
            InitialInsertion::Yes,
        );
        Some(InsertedFrame {
            window: WindowId(navigable.id),
            has_loaded: processed == Processed::Loaded,
        })
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
        self.process_the_iframe_attributes(document, &navigable, &attributes, InitialInsertion::No);
    }

    /// Begins the navigation that an `iframe`'s attributes ask for. A frame that is inserted and shows `about:blank`
    /// navigates nowhere: its first document has loaded at once.
    ///
    /// <https://html.spec.whatwg.org/multipage/iframe-embed-object.html#process-the-iframe-attributes>
    fn process_the_iframe_attributes(
        &self,
        document: &Rc<Document>,
        navigable: &Rc<Navigable>,
        attributes: &FrameAttributes,
        initial_insertion: InitialInsertion,
    ) -> Processed {
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
            return Processed::Loaded;
        }
        let is_blank = attributes.srcdoc.is_none() && matches_about_blank(&url);
        if is_blank && initial_insertion == InitialInsertion::Yes {
            self.show_initial_document(navigable);
            return Processed::Loaded;
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
        Processed::Pending
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
