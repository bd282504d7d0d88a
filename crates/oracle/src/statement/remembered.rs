//! What servers have permitted, and for how long.

use super::values::{Listed, max_age};

/// A preflight's answer, as far as it permits something.
#[derive(Debug, Clone)]
struct Permission {
    until: u64,
    url: String,
    origin: String,
    with_credentials: bool,
    methods: Vec<String>,
    headers: Vec<String>,
}

/// What a request that is not simple needs.
#[derive(Debug, Clone)]
pub(super) struct Need<'a> {
    pub(super) url: &'a str,
    pub(super) origin: &'a str,
    pub(super) with_credentials: bool,
    pub(super) method: &'a str,
    /// In lowercase.
    pub(super) headers: &'a [String],
}

/// The permissions so far, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    permissions: Vec<Permission>,
    /// Where something failed since: what is remembered there need not be.
    doubtful: Vec<(String, String)>,
}

/// Whether a method needs no permission.
pub(super) fn is_simple(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "POST")
}

/// Whether lists of methods and headers cover what a request needs. A wildcard covers no request with credentials, and
/// `Authorization` never.
pub(super) fn cover(
    methods: &[String],
    headers: &[String],
    wildcard: bool,
    need: &Need<'_>,
) -> bool {
    covers_method(methods, wildcard, need)
        && need
            .headers
            .iter()
            .all(|name| covers_header(headers, wildcard, name))
}

fn covers_method(methods: &[String], wildcard: bool, need: &Need<'_>) -> bool {
    is_simple(need.method)
        || methods.iter().any(|it| it == need.method)
        || (wildcard && methods.iter().any(|it| it == "*"))
}

fn covers_header(headers: &[String], wildcard: bool, name: &str) -> bool {
    headers.iter().any(|it| it.eq_ignore_ascii_case(name))
        || (wildcard && name != "authorization" && headers.iter().any(|it| it == "*"))
}

impl Remembered {
    /// A preflight was answered like this, with success.
    pub(super) fn add(&mut self, need: &Need<'_>, lines: &[String], now: u64) {
        let listed = |name| Listed::in_header(lines, name).tokens().to_vec();
        self.permissions.push(Permission {
            until: now.saturating_add(max_age(lines)),
            url: need.url.to_owned(),
            origin: need.origin.to_owned(),
            with_credentials: need.with_credentials,
            methods: listed("access-control-allow-methods"),
            headers: listed("access-control-allow-headers"),
        });
        let place = (need.url.to_owned(), need.origin.to_owned());
        self.doubtful.retain(|it| *it != place);
    }

    /// A request there came to nothing.
    pub(super) fn doubt(&mut self, url: &str, origin: &str) {
        self.doubtful.push((url.to_owned(), origin.to_owned()));
    }

    fn about<'a>(&'a self, need: &'a Need<'_>, now: u64) -> impl Iterator<Item = &'a Permission> {
        self.permissions.iter().filter(move |it| {
            it.until > now
                && it.url == need.url
                && it.origin == need.origin
                && (it.with_credentials || !need.with_credentials)
        })
    }

    /// Whether all permissions that are still good, taken together, cover a request: then none need be asked for.
    pub(super) fn may_go(&self, need: &Need<'_>, now: u64) -> bool {
        let covers = |permission: &Permission| {
            covers_method(&permission.methods, !permission.with_credentials, need)
        };
        let method = is_simple(need.method) || self.about(need, now).any(covers);
        method
            && need.headers.iter().all(|name| {
                self.about(need, now)
                    .any(|it| covers_header(&it.headers, !it.with_credentials, name))
            })
    }

    /// Whether the last answer to the like of this request alone covers it, and nothing has failed since: then nobody
    /// should ask again.
    pub(super) fn should_go(&self, need: &Need<'_>, now: u64) -> bool {
        let place = (need.url.to_owned(), need.origin.to_owned());
        !self.doubtful.contains(&place)
            && self
                .permissions
                .iter()
                .rfind(|it| {
                    it.url == need.url
                        && it.origin == need.origin
                        && it.with_credentials == need.with_credentials
                })
                .is_some_and(|it| {
                    it.until > now && cover(&it.methods, &it.headers, !it.with_credentials, need)
                })
    }
}
