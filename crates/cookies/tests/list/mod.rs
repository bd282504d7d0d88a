//! A cookie store as the draft describes it: one list, gone through from the beginning for everything. It is the
//! yardstick for the one with indexes, and shares no code with it but the parser and the comparison of hosts.

use crossexam_cookies::{
    CookiePolicy, DomainAttribute, NewCookie, SameSite, SameSiteDefault, SameSiteMode,
    domain_matches,
};
use crossexam_web::{Host, Timestamp};

#[derive(Debug, Clone)]
struct ListedCookie {
    new: NewCookie,
    host: Host,
    host_only: bool,
    created: Timestamp,
    /// Orders those of one instant; inherited with the time.
    created_number: usize,
    accessed: Timestamp,
}

/// The list.
#[derive(Debug, Default)]
pub(crate) struct CookieList {
    cookies: Vec<ListedCookie>,
    creations: usize,
}

impl ListedCookie {
    fn is_expired(&self, now: Timestamp) -> bool {
        self.new.expiry_time.is_some_and(|time| time < now)
    }

    /// As the store's cookies write themselves.
    fn written(&self) -> String {
        let text = crossexam_web::trace::printable;
        let has_equals = !self.new.name.is_empty() || self.new.value.contains(&b'=');
        let mut written = text(&self.new.name);
        written += if has_equals { "=" } else { "" };
        written += &text(&self.new.value);
        if !self.host_only {
            written += &format!("; Domain={}", self.host);
        }
        written += &format!("; Path={}", self.new.path);
        written += if self.new.secure { "; Secure" } else { "" };
        written += if self.new.http_only { "; HttpOnly" } else { "" };
        if self.new.same_site != SameSite::Unset {
            written += &format!("; SameSite={}", self.new.same_site);
        }
        written
    }

    fn described(&self) -> String {
        format!("{} at {}", self.written(), self.host)
    }
}

/// Path matching by segments, as the draft's editors mended it: the cookie's segments begin the request's; a last empty
/// one stands for anything.
fn path_matches_by_segments(request: &str, cookie: &str) -> bool {
    let request: Vec<_> = request.split('/').skip(1).collect();
    let mut cookie: Vec<_> = cookie.split('/').skip(1).collect();
    if cookie.last() == Some(&"") {
        cookie.pop();
        return request.len() > cookie.len() && request.starts_with(&cookie);
    }
    request.starts_with(&cookie)
}

impl CookieList {
    pub(crate) fn len(&self) -> usize {
        self.cookies.len()
    }

    pub(crate) fn described(&self) -> Vec<String> {
        let mut cookies: Vec<_> = self.cookies.iter().collect();
        cookies.sort_by_key(|cookie| (cookie.created, cookie.created_number));
        cookies.into_iter().map(ListedCookie::described).collect()
    }

    pub(crate) fn end_session(&mut self) {
        self.cookies
            .retain(|cookie| cookie.new.expiry_time.is_some());
    }

    /// The cookie as it was stored, `expired` if its end is in the past, or `None` if it was refused.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn store(
        &mut self,
        now: Timestamp,
        new: NewCookie,
        is_secure: bool,
        host: &Host,
        http_only_allowed: bool,
        public_suffix_allowed: bool,
        same_site_allowed: bool,
        policy: &CookiePolicy,
    ) -> Option<String> {
        self.cookies.retain(|old| !old.is_expired(now));
        let mut domain = match &new.host {
            DomainAttribute::Absent => None,
            DomainAttribute::Host(domain) => Some(domain.clone()),
            DomainAttribute::Failure(_) => return None,
        };
        if let Some(Host::Domain(name)) = &domain
            && !public_suffix_allowed
            && ["example", "github.io", "localhost"].contains(&&**name)
        {
            if domain.as_ref() != Some(host) {
                return None;
            }
            domain = None;
        }
        let host_only = domain.is_none();
        let cookie_host = domain.unwrap_or_else(|| host.clone());
        if !domain_matches(host, &cookie_host) || (!http_only_allowed && new.http_only) {
            return None;
        }
        if !is_secure && policy.protects_secure_cookies {
            let shadows = self.cookies.iter().any(|old| {
                old.new.name == new.name
                    && old.new.secure
                    && (domain_matches(&old.host, &cookie_host)
                        || domain_matches(&cookie_host, &old.host))
                    && path_matches_by_segments(&new.path, &old.new.path)
            });
            if new.secure || shadows {
                return None;
            }
        }
        let goes_everywhere = new.same_site == SameSite::None
            || (new.same_site == SameSite::Unset
                && policy.same_site_default == SameSiteDefault::None);
        if (!goes_everywhere && !same_site_allowed)
            || (new.same_site == SameSite::None && !new.secure)
        {
            return None;
        }
        if policy.name_prefixes {
            let (name, value) = (
                new.name.to_ascii_lowercase(),
                new.value.to_ascii_lowercase(),
            );
            let host_prefix =
                new.secure && host_only && new.has_path_attribute && &*new.path == "/";
            let http_prefix = new.secure && new.http_only;
            let prefixes: [(&[u8], bool); 4] = [
                (b"__secure-", new.secure),
                (b"__host-", host_prefix),
                (b"__http-", http_prefix),
                (b"__host-http-", host_prefix && http_prefix),
            ];
            for (prefix, is_kept) in prefixes {
                let is_claimed = name.starts_with(prefix) && !is_kept;
                if is_claimed || (name.is_empty() && value.starts_with(prefix)) {
                    return None;
                }
            }
        }
        let (mut created, mut created_number) = (now, self.creations);
        let same = self.cookies.iter().position(|old| {
            old.new.name == new.name
                && old.host == cookie_host
                && old.host_only == host_only
                && old.new.path == new.path
        });
        if let Some(place) = same {
            if !http_only_allowed && self.cookies[place].new.http_only {
                return None;
            }
            let old = self.cookies.remove(place);
            (created, created_number) = (old.created, old.created_number);
        }
        let cookie = ListedCookie {
            new,
            host: cookie_host,
            host_only,
            created,
            created_number,
            accessed: now,
        };
        if cookie.is_expired(now) {
            return Some("expired".to_owned());
        }
        self.creations += 1;
        self.cookies.push(cookie.clone());
        Some(cookie.written())
    }

    #[allow(clippy::too_many_arguments)]
    pub(crate) fn retrieve(
        &mut self,
        now: Timestamp,
        is_secure: bool,
        host: &Host,
        path: &str,
        http_only_allowed: bool,
        same_site: SameSiteMode,
        policy: &CookiePolicy,
    ) -> Vec<String> {
        use SameSiteMode as M;
        let is_trusted_enough = |cookie: &ListedCookie| {
            let as_lax = matches!(same_site, M::LaxOrLess | M::StrictOrLess);
            match (cookie.new.same_site, policy.same_site_default) {
                (SameSite::None, _) | (SameSite::Unset, SameSiteDefault::None) => true,
                (SameSite::Strict, _) => same_site == M::StrictOrLess,
                (SameSite::Lax, _) | (SameSite::Unset, SameSiteDefault::Lax) => as_lax,
                (SameSite::Unset, SameSiteDefault::Unset) => same_site != M::None,
                (SameSite::Unset, SameSiteDefault::LaxAllowingUnsafe) => {
                    let is_young = now.since(cookie.created).as_secs_f64() <= 120.0;
                    as_lax || (is_young && same_site == M::UnsetOrLessUnsafeNavigation)
                }
            }
        };
        let mut cookies: Vec<_> = self
            .cookies
            .iter_mut()
            .filter(|cookie| {
                let of_the_host = if cookie.host_only {
                    *host == cookie.host
                } else {
                    domain_matches(host, &cookie.host)
                };
                of_the_host
                    && !cookie.is_expired(now)
                    && path_matches_by_segments(path, &cookie.new.path)
                    && (is_secure || !cookie.new.secure)
                    && (http_only_allowed || !cookie.new.http_only)
                    && is_trusted_enough(cookie)
            })
            .collect();
        for cookie in &mut cookies {
            cookie.accessed = now;
        }
        cookies.sort_by_key(|cookie| {
            (
                std::cmp::Reverse(cookie.new.path.len()),
                cookie.created,
                cookie.created_number,
            )
        });
        cookies
            .into_iter()
            .map(|cookie| cookie.described())
            .collect()
    }

    /// The expired ones, and then those that were too many, in order.
    pub(crate) fn garbage_collect(
        &mut self,
        now: Timestamp,
        host: &Host,
        policy: &CookiePolicy,
    ) -> (Vec<String>, Vec<String>) {
        let (mut expired, mut excess) = (Vec::new(), Vec::new());
        while let Some(place) = self
            .cookies
            .iter()
            .position(|cookie| cookie.is_expired(now))
        {
            expired.push(self.cookies.remove(place).described());
        }
        loop {
            let of_host = || {
                self.cookies
                    .iter()
                    .enumerate()
                    .filter(|(_, cookie)| cookie.host == *host)
            };
            if of_host().count() <= policy.per_host_limit {
                break;
            }
            // The first of the least: the list is in the order of insertion.
            let oldest = of_host().min_by_key(|(_, cookie)| (cookie.new.secure, cookie.accessed));
            let Some((place, _)) = oldest else { break };
            excess.push(self.cookies.remove(place).described());
        }
        while self.cookies.len() > policy.total_limit {
            let oldest = self
                .cookies
                .iter()
                .enumerate()
                .min_by_key(|(_, cookie)| cookie.accessed);
            let Some((place, _)) = oldest else { break };
            excess.push(self.cookies.remove(place).described());
        }
        (expired, excess)
    }
}

/// Year, month (from 0) and day of a day counted from the epoch, worked out year by year.
pub(crate) fn civil(mut days: i64) -> (i64, usize, i64) {
    // 400 years have 146,097 days.
    let mut year = 1970 + 400 * days.div_euclid(146_097);
    days = days.rem_euclid(146_097);
    let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    while days >= 365 + i64::from(is_leap(year)) {
        days -= 365 + i64::from(is_leap(year));
        year += 1;
    }
    let lengths = [
        31,
        28 + i64::from(is_leap(year)),
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    let mut month = 0;
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    (year, month, days + 1)
}
