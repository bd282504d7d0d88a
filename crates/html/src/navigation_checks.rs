//! Whether what a navigation came to may be shown, and what of it is not modelled.

use crossexam_csp::CspList;
use crossexam_fetch::UserAgent;
use crossexam_web::header_value::get_decode_and_split;
use crossexam_web::trace::printable;
use crossexam_web::{HeaderList, Origin, Step, Trace, algorithm};

use crate::content_security_policy::{
    directive_that_forbids_framing, has_frame_ancestors, unmodelled_directives,
};
use crate::navigation::{Container, NavigationParams, TargetSnapshot};
use crate::policy_container::{
    EmbedderAdherence, check_a_navigation_responses_adherence_to_its_embedder_policy,
};

/// What keeps a response from being shown although it came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotShown {
    /// `X-Frame-Options` forbids framing.
    #[error("`X-Frame-Options: {value}` keeps it out of this frame")]
    FrameOptions {
        /// The values, as they count.
        value: String,
        /// The step that decided.
        step: &'static Step,
    },
    /// `frame-ancestors` forbids framing.
    #[error("Content Security Policy: `{directive}` keeps it out of this frame")]
    FrameAncestors {
        /// The directive, as it is written.
        directive: String,
        /// The step that decided.
        step: &'static Step,
    },
    /// The document around it demands an embedder policy.
    #[error("the document around the frame demands `Cross-Origin-Embedder-Policy`")]
    EmbedderPolicy {
        /// The step that decided.
        step: &'static Step,
    },
}

impl NotShown {
    /// The step that decided.
    pub const fn step(&self) -> &'static Step {
        match self {
            Self::FrameOptions { step, .. }
            | Self::FrameAncestors { step, .. }
            | Self::EmbedderPolicy { step } => step,
        }
    }

    /// Its name, stable for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::FrameOptions { .. } => "navigation/x-frame-options",
            Self::FrameAncestors { .. } => "navigation/frame-ancestors",
            Self::EmbedderPolicy { .. } => "navigation/embedder-policy",
        }
    }
}

/// Whether a response may be shown in a frame: `X-Frame-Options`.
///
/// # Errors
///
/// When the header forbids it.
#[algorithm(Html, "check-a-navigation-response's-adherence-to-x-frame-options")]
pub fn check_a_navigation_responses_adherence_to_x_frame_options(
    headers: &HeaderList,
    container: Option<&Container>,
    csp_list: &CspList,
    destination_origin: &Origin,
    trace: &Trace,
) -> Result<(), NotShown> {
    /// 1. Only a frame is concerned.
    let Some(container) = container else {
        return Ok(());
    };
    if has_frame_ancestors(csp_list) {
        /// 2. `frame-ancestors` takes its place.
        return Ok(());
    }
    /// 3. Read the header.
    let raw = get_decode_and_split(headers, b"x-frame-options").unwrap_or_default();
    /// 4. Each value once,
    let mut values: Vec<String> = Vec::new();
    for value in raw {
        /// 5. in lowercase.
        let value = value.to_ascii_lowercase();
        if !values.contains(&value) {
            values.push(value);
        }
    }
    let known = |value: &String| matches!(value.as_str(), "deny" | "allowall" | "sameorigin");
    if values.len() > 1 && values.iter().any(known) {
        /// 6. Several that contradict each other forbid.
        return Err(NotShown::FrameOptions {
            value: values.join(", "),
            step: here!(),
        });
    }
    if values.len() > 1 {
        /// 7. Several that mean nothing allow.
        return Ok(());
    }
    match values.first().map(String::as_str) {
        Some("deny") => {
            /// 8. Nobody may frame it.
            Err(NotShown::FrameOptions {
                value: "deny".to_owned(),
                step: here!(),
            })
        }
        Some("sameorigin") => {
            let foreign = container
                .ancestor_origins
                .iter()
                .any(|origin| !origin.is_same_origin(destination_origin));
            if foreign {
                /// 9.2. Only its own origin may, all the way up.
                return Err(NotShown::FrameOptions {
                    value: "sameorigin".to_owned(),
                    step: here!(),
                });
            }
            Ok(())
        }
        /// 10. Anything else allows.
        Some(_) | None => Ok(()),
    }
}

/// Whether the response of a navigation may be shown where it is to be shown.
///
/// # Errors
///
/// When a policy forbids it; the user sees an error page instead.
#[algorithm(Html, "attempt-to-populate-the-history-entry's-document")]
pub fn check_the_navigation_response(
    params: &NavigationParams,
    target: &TargetSnapshot,
    user_agent: &UserAgent,
    trace: &Trace,
) -> Result<(), NotShown> {
    if params.reserved_environment.is_some() {
        // A document that came from no network has no policy of its own: `frame-ancestors` is for responses.
        let container = target.container.as_ref();
        let csp_list = &params.policy_container.csp_list;
        let url = params.response.url();
        let directive = directive_that_forbids_framing(csp_list, url, container, user_agent);
        if let Some(directive) = directive {
            /// 5.2. A policy may keep it out of this frame.
            return Err(NotShown::FrameAncestors {
                directive,
                step: here!(),
            });
        }
    }
    let parent = target.container.as_ref().map(|container| {
        container
            .document
            .policy_container
            .borrow()
            .embedder_policy
            .clone()
    });
    if params.reserved_environment.is_some() {
        let adherence = check_a_navigation_responses_adherence_to_its_embedder_policy(
            parent.as_ref(),
            &params.policy_container.embedder_policy,
            trace,
        );
        if let EmbedderAdherence::Violates { step } = adherence {
            /// 5.4. Its embedder policy does not fit.
            return Err(NotShown::EmbedderPolicy { step });
        }
    }
    check_a_navigation_responses_adherence_to_x_frame_options(
        &params.response.header_list,
        target.container.as_ref(),
        &params.policy_container.csp_list,
        &params.origin,
        trace,
    )
}

/// What a response asks for that the model does not do. A caller says so, loudly.
pub fn unmodelled_policies(params: &NavigationParams) -> Vec<String> {
    let headers = &params.response.header_list;
    let mut list = Vec::new();
    for what in unmodelled_directives(&params.policy_container.csp_list) {
        list.push(format!("{what} of {} is not applied", params.url));
    }
    for (name, harmless) in UNMODELLED_HEADERS {
        let value = headers.get(name.as_bytes()).map(|value| printable(&value));
        if let Some(value) = value.filter(|value| !value.is_empty() && value != harmless) {
            list.push(format!(
                "`{name}: {value}` of {} is not applied",
                params.url
            ));
        }
    }
    list
}

/// Headers that change what becomes of a document, with the value that changes nothing.
const UNMODELLED_HEADERS: [(&str, &str); 1] = [("Clear-Site-Data", "")];
