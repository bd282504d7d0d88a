//! Paths. A URL path is handled as it is serialized: a slash before each segment.

use crossexam_web::algorithm;

/// Determines the cookie default path: the directory of the path.
#[algorithm(Cookies, "cookie-path", untraced)]
pub fn cookie_default_path(path: &str) -> &str {
    /// 1. A path has at least one segment.
    let last_segment = path.rfind('/').unwrap_or(0);
    match last_segment {
        /// 3. The only segment becomes empty.
        0 => "/",
        /// 2. The last of several goes.
        end => &path[..end],
    }
}

/// Whether a request's path matches a cookie's: it is the same, or lies below.
///
/// SPEC: step 5 as pinned asks whether the request's path, with a slash added, begins with the cookie's path; that
/// lets `/foo` match `/foobar`. Mended in httpwg/http-extensions#3512, with the result that stands here and in
/// RFC 6265bis.
#[algorithm(Cookies, "name-path-matching", untraced)]
pub fn path_matches(request_path: &str, cookie_path: &str) -> bool {
    /// 3. The same path matches.
    if request_path == cookie_path {
        return true;
    }
    let Some(rest) = request_path.strip_prefix(cookie_path) else {
        return false;
    };
    /// 4. So does one that goes on behind the cookie's last slash.
    if cookie_path.ends_with('/') {
        return true;
    }
    /// 5. And one that goes on with a slash.
    rest.starts_with('/')
}
