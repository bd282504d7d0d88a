//! What the draft leaves to a user agent, and what user agents did before it.

use std::time::Duration;

/// The choices of a user agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookiePolicy {
    /// Whether the `SameSite` attribute means anything. Browsers learned it from 2016 on.
    pub same_site_attribute: bool,
    /// How a cookie without the attribute is treated.
    pub same_site_default: SameSiteDefault,
    /// Whether `__Secure-` and its relatives at the beginning of a name mean anything.
    pub name_prefixes: bool,
    /// Whether `Secure` cookies are out of reach for insecure channels, which then can neither set nor shadow them.
    /// Without, as in RFC 6265, an insecure channel merely does not get to see them.
    pub protects_secure_cookies: bool,
    /// How long a cookie lives at most; `None` for as long as it says. The draft asks for 400 days or less.
    pub age_limit: Option<Duration>,
    /// The total cookies-per-host limit: 50 or more, says the draft.
    pub per_host_limit: usize,
    /// The total cookies limit: 3000 or more, says the draft.
    pub total_limit: usize,
}

impl CookiePolicy {
    /// A browser as the layered cookies draft has it. The numbers are the draft's, where it names some.
    pub const fn standard() -> Self {
        Self {
            same_site_attribute: true,
            same_site_default: SameSiteDefault::Unset,
            name_prefixes: true,
            protects_secure_cookies: true,
            age_limit: Some(Duration::from_secs(400 * 24 * 60 * 60)),
            per_host_limit: 180,
            total_limit: 3000,
        }
    }

    /// A browser that knows RFC 6265 (2011) and nothing later: no `SameSite`, no prefixes, `Secure` cookies that an
    /// insecure channel can overwrite, and cookies that live as long as they say.
    pub const fn classic() -> Self {
        Self {
            same_site_attribute: false,
            same_site_default: SameSiteDefault::None,
            name_prefixes: false,
            protects_secure_cookies: false,
            age_limit: None,
            ..Self::standard()
        }
    }
}

impl Default for CookiePolicy {
    /// The draft's browser.
    fn default() -> Self {
        Self::standard()
    }
}

/// How a cookie that says nothing about `SameSite` is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum SameSiteDefault {
    /// Like `SameSite=None`: it goes along with every request and every response may set it. All browsers before 2020.
    None,
    /// As the layered cookies draft is written: it goes along wherever "unset-or-less" does, which in the Fetch
    /// Standard is everywhere, but a cross-site response may not set it.
    #[default]
    Unset,
    /// Like `SameSite=Lax`. RFC 6265bis, section "The SameSite Attribute", without the exception below.
    Lax,
    /// Like `SameSite=Lax`, and for two minutes after its creation also with top-level navigations by other methods
    /// than the safe ones. RFC 6265bis, section "Lax-Allowing-Unsafe Enforcement".
    LaxAllowingUnsafe,
}

impl SameSiteDefault {
    /// How old a cookie may be for the exception of [`LaxAllowingUnsafe`](Self::LaxAllowingUnsafe).
    pub const UNSAFE_WINDOW: Duration = Duration::from_secs(120);
}

/// How much a context is trusted: which cookies it gets, by their `SameSite` attribute.
///
/// Each mode gets what the ones below it in this list get, and something more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SameSiteMode {
    /// "none": only what goes everywhere.
    None,
    /// "unset-or-less": a cross-site context.
    UnsetOrLess,
    /// "unset-or-less", and the request is a top-level navigation with a method that is not safe.
    // MODEL: neither the draft nor the Fetch Standard tells it from the one above; only
    // `SameSiteDefault::LaxAllowingUnsafe` makes a difference between them.
    UnsetOrLessUnsafeNavigation,
    /// "lax-or-less": a cross-site top-level navigation with a safe method.
    LaxOrLess,
    /// "strict-or-less": a same-site context.
    StrictOrLess,
}

impl SameSiteMode {
    /// The draft's string for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::UnsetOrLess | Self::UnsetOrLessUnsafeNavigation => "unset-or-less",
            Self::LaxOrLess => "lax-or-less",
            Self::StrictOrLess => "strict-or-less",
        }
    }
}
