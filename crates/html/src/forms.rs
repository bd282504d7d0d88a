//! Form submission: from a form and its entries to the navigation that carries them.
//!
//! <https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#form-submission-algorithm>

use bytes::Bytes;
use crossexam_fetch::ReferrerPolicy;
use crossexam_web::form_data::{
    Entry, boundary, convert_to_a_list_of_name_value_pairs, multipart, text_plain, urlencoded,
};
use crossexam_web::{Trace, algorithm};
use url::Url;

use crate::navigables::{get_an_elements_noopener, get_an_elements_target};
use crate::navigation::PostResource;
use crate::sandbox::SandboxingFlags;

/// A form as it is submitted; attributes as written (of the submitter where it has them).
#[derive(Debug, Clone, Copy)]
pub struct Form<'a> {
    /// `action`
    pub action: &'a str,
    /// `method`
    pub method: &'a str,
    /// `enctype`
    pub enctype: &'a str,
    /// `target`; `None` if neither the submitter nor the form has one.
    pub target: Option<&'a str>,
    /// `rel`
    pub rel: &'a str,
    /// The entry list.
    pub entries: &'a [Entry],
}

/// The document that a form is in.
#[derive(Debug, Clone, Copy)]
pub struct FormDocument<'a> {
    /// Its URL.
    pub url: &'a Url,
    /// Its base URL.
    pub base_url: &'a Url,
    /// The `target` of its `base` element.
    pub base_target: Option<&'a str>,
    /// Its active sandboxing flag set.
    pub sandboxing_flags: SandboxingFlags,
}

/// The navigation that a form plans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedNavigation {
    /// Where to.
    pub url: Url,
    /// What is sent with `POST`.
    pub resource: Option<PostResource>,
    /// Which navigable.
    pub target: String,
    /// Whether a new window must not know who opened it.
    pub no_opener: bool,
    /// "no-referrer" if `rel` says so.
    pub referrer_policy: Option<ReferrerPolicy>,
}

/// Why a form is not submitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSubmitted {
    /// A sandbox without `allow-forms`.
    #[error("the sandbox has no allow-forms")]
    Sandbox,
    /// The action is no URL.
    #[error("the action {action} is not a URL")]
    InvalidAction {
        /// As written.
        action: String,
    },
    /// `method=dialog`
    #[error("method=dialog is not modelled")]
    UnmodelledDialog,
    /// A scheme that forms are not sent to in this model.
    #[error("submitting a form to {scheme}: is not modelled")]
    UnmodelledScheme {
        /// The scheme.
        scheme: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Get,
    Post,
}

/// Plans the navigation of a form that is submitted. The submit event has been fired and the entry list made before.
///
/// `random` gives the numbers for a multipart boundary.
///
/// # Errors
///
/// When the form is not submitted; nothing is told to the page's script.
#[algorithm(Html, "concept-form-submit")]
pub fn submit(
    form: Form<'_>,
    document: FormDocument<'_>,
    random: impl FnOnce() -> [u64; 2],
    trace: &Trace,
) -> Result<PlannedNavigation, NotSubmitted> {
    if document.sandboxing_flags.has(SandboxingFlags::FORMS) {
        /// 4. Not from a sandbox without `allow-forms`.
        return Err(NotSubmitted::Sandbox);
    }
    // 6. MODEL: forms are encoded in UTF-8, whatever the document's encoding.
    /// 10. The method; GET unless it says POST.
    let method = if form.method.eq_ignore_ascii_case("post") {
        Method::Post
    } else {
        Method::Get
    };
    if form.method.eq_ignore_ascii_case("dialog") {
        /// 11. A dialog would be closed here.
        return Err(NotSubmitted::UnmodelledDialog);
    }
    let parsed_action = if form.action.is_empty() {
        /// 13. Without an action, to the document's own URL.
        Ok(document.url.clone())
    } else {
        /// 14. Parse the action.
        document.base_url.join(form.action)
    };
    let Ok(mut url) = parsed_action else {
        /// 15. It is no URL.
        return Err(NotSubmitted::InvalidAction {
            action: form.action.to_owned(),
        });
    };
    /// 20. Which navigable?
    let target = get_an_elements_target(form.target, document.base_target);
    /// 21. May a new window know who opened it?
    let no_opener = get_an_elements_noopener(form.rel, &target);
    /// 26. Scheme and method decide where the entries go.
    let resource = match (url.scheme(), method) {
        ("http" | "https", Method::Get) | ("data", Method::Get) => {
            let pairs = convert_to_a_list_of_name_value_pairs(form.entries);
            url.set_query(Some(&urlencoded(&pairs)));
            None
        }
        ("http" | "https", Method::Post) => Some(entity_body(form, random)),
        ("ftp" | "javascript", _) | ("data", Method::Post) => None,
        (scheme, _) => {
            return Err(NotSubmitted::UnmodelledScheme {
                scheme: scheme.to_owned(),
            });
        }
    };
    let no_referrer = form
        .rel
        .split_ascii_whitespace()
        .any(|token| token.eq_ignore_ascii_case("noreferrer"));
    Ok(PlannedNavigation {
        url,
        resource,
        target,
        no_opener,
        referrer_policy: no_referrer.then_some(ReferrerPolicy::NoReferrer),
    })
}

/// The entries as a body, in the form's encoding.
///
/// <https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#submit-body>
fn entity_body(form: Form<'_>, random: impl FnOnce() -> [u64; 2]) -> PostResource {
    if form.enctype.eq_ignore_ascii_case("multipart/form-data") {
        let boundary = boundary(random());
        return PostResource {
            body: multipart(form.entries, &boundary),
            content_type: format!("multipart/form-data; boundary={boundary}").into(),
        };
    }
    let pairs = convert_to_a_list_of_name_value_pairs(form.entries);
    if form.enctype.eq_ignore_ascii_case("text/plain") {
        let body = text_plain(&pairs).into();
        return PostResource {
            body,
            content_type: Bytes::from_static(b"text/plain"),
        };
    }
    PostResource {
        body: urlencoded(&pairs).into(),
        content_type: Bytes::from_static(b"application/x-www-form-urlencoded"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::parse_a_sandboxing_directive;

    fn submit_in(
        form: Form<'_>,
        sandboxing_flags: SandboxingFlags,
    ) -> Result<PlannedNavigation, NotSubmitted> {
        let url = Url::parse("https://charlie.example/page?x#f").unwrap();
        let base_url = Url::parse("https://charlie.example/base/").unwrap();
        let document = FormDocument {
            url: &url,
            base_url: &base_url,
            base_target: None,
            sandboxing_flags,
        };
        submit(form, document, || [1, 2], &Trace::off())
    }

    fn plan(form: Form<'_>) -> PlannedNavigation {
        submit_in(form, SandboxingFlags::NONE).unwrap()
    }

    const FORM: Form<'static> = Form {
        action: "",
        method: "",
        enctype: "",
        target: None,
        rel: "",
        entries: &[],
    };

    #[test]
    fn get_replaces_the_query() {
        let entries = [Entry::text("to", "charlie"), Entry::text("amount", "1 000")];
        let form = Form {
            action: "https://bank.example/transfer?old=1#f",
            entries: &entries,
            ..FORM
        };
        let planned = plan(form);
        assert_eq!(
            planned.url.as_str(),
            "https://bank.example/transfer?to=charlie&amount=1+000#f"
        );
        assert_eq!(planned.resource, None);
        assert_eq!(planned.target, "");
    }

    #[test]
    fn an_empty_action_is_the_documents_url_and_others_are_relative_to_the_base() {
        let post = Form {
            method: "POST",
            ..FORM
        };
        assert_eq!(plan(post).url.as_str(), "https://charlie.example/page?x#f");
        assert_eq!(
            plan(Form {
                action: "go",
                ..post
            })
            .url
            .as_str(),
            "https://charlie.example/base/go"
        );
        assert!(matches!(
            submit_in(
                Form {
                    action: "https://[",
                    ..post
                },
                SandboxingFlags::NONE
            ),
            Err(NotSubmitted::InvalidAction { .. })
        ));
    }

    #[test]
    fn each_encoding_has_its_type_and_body() {
        let entries = [Entry::text("a", "1&2")];
        let body = |enctype| {
            let form = Form {
                method: "post",
                enctype,
                entries: &entries,
                ..FORM
            };
            let resource = plan(form).resource.unwrap();
            (
                String::from_utf8(resource.content_type.to_vec()).unwrap(),
                String::from_utf8(resource.body.to_vec()).unwrap(),
            )
        };
        let text = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(
            body(""),
            text("application/x-www-form-urlencoded", "a=1%262")
        );
        assert_eq!(
            body("application/json"),
            text("application/x-www-form-urlencoded", "a=1%262")
        );
        assert_eq!(body("TEXT/plain"), text("text/plain", "a=1&2\r\n"));
        let (content_type, body) = body("multipart/form-data");
        let boundary = content_type
            .strip_prefix("multipart/form-data; boundary=")
            .unwrap();
        assert!(body.starts_with(&format!("--{boundary}\r\n")));
        assert!(body.ends_with(&format!("1&2\r\n--{boundary}--\r\n")));
    }

    #[test]
    fn the_sandbox_and_what_is_not_modelled_are_told_apart() {
        let flags = parse_a_sandboxing_directive("allow-scripts");
        assert_eq!(submit_in(FORM, flags), Err(NotSubmitted::Sandbox));
        let flags = parse_a_sandboxing_directive("allow-forms");
        assert!(submit_in(FORM, flags).is_ok());
        let dialog = Form {
            method: "dialog",
            ..FORM
        };
        assert_eq!(
            submit_in(dialog, SandboxingFlags::NONE),
            Err(NotSubmitted::UnmodelledDialog)
        );
        let mail = Form {
            action: "mailto:bob@bob.example",
            ..FORM
        };
        assert!(matches!(
            submit_in(mail, SandboxingFlags::NONE),
            Err(NotSubmitted::UnmodelledScheme { .. })
        ));
    }

    #[test]
    fn rel_reaches_the_navigation() {
        let planned = plan(Form {
            rel: "noreferrer",
            target: Some("x"),
            ..FORM
        });
        assert!(planned.no_opener);
        assert_eq!(planned.referrer_policy, Some(ReferrerPolicy::NoReferrer));
        assert!(
            plan(Form {
                target: Some("_blank"),
                ..FORM
            })
            .no_opener
        );
    }
}
