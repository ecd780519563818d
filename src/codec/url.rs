//! Absolute `http(s)` URLs in the strict subset that identifiers and endpoints use, and the
//! judgement whether a target stays on an origin.
//!
//! This is no general URL parser: what a browser would have to repair (upper-case schemes,
//! missing slashes, spaces, backslashes before the query) is refused.

use alloc::string::String;

/// A checked absolute URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebUrl {
    text: String,
    origin: String,
}

impl WebUrl {
    /// Reads `text`; `None` unless it is `http://` or `https://`, a host, an optional port, and
    /// then only visible ASCII characters. User information is never accepted.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let default_port = match scheme {
            "https" => "443",
            "http" => "80",
            _ => return None,
        };
        let authority = rest.split(['/', '?', '#']).next()?;
        let (host, port) = split_port(authority)?;
        let path = rest.get(authority.len()..)?;
        let before_query = path.split(['?', '#']).next()?;
        if !is_host(host) || before_query.contains('\\') || !path.bytes().all(is_visible) {
            return None;
        }
        let mut origin = String::from(scheme);
        origin.push_str("://");
        origin.extend(host.chars().map(|c| c.to_ascii_lowercase()));
        if !port.is_empty() && port != default_port {
            origin.push(':');
            origin.push_str(port);
        }
        Some(Self { text: text.into(), origin })
    }

    /// The URL as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, lower-case host and port unless it is the default one (RFC 6454 §4).
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether the scheme is `https`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https://")
    }

    /// Whether the host names this machine: `localhost`, `*.localhost`, `127.0.0.0/8`, `[::1]`.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let Some((_, authority)) = self.origin.split_once("://") else { return false };
        let Some((host, _)) = split_port(authority) else { return false };
        let is_octet = |part: &str| part.len() <= 3 && part.parse::<u8>().is_ok();
        host == "localhost"
            || host.ends_with(".localhost")
            || host == "[::1]"
            || (host.starts_with("127.")
                && host.split('.').count() == 4
                && host.split('.').all(is_octet))
    }

    /// The URL up to, not including, `?` or `#`: what a redirect URI is compared by.
    #[must_use]
    pub fn without_query(&self) -> &str {
        self.text.split(['?', '#']).next().unwrap_or_default()
    }

    /// The text between `?` and `#`; empty if there is none.
    #[must_use]
    pub fn query(&self) -> &str {
        let before_fragment = self.text.split('#').next().unwrap_or_default();
        before_fragment.split_once('?').map_or("", |(_, query)| query)
    }

    /// The text after `#`; empty if there is none.
    #[must_use]
    pub fn fragment(&self) -> &str {
        self.text.split_once('#').map_or("", |(_, fragment)| fragment)
    }

    /// Whether there is a `#`, even with nothing behind it.
    #[must_use]
    pub fn has_fragment(&self) -> bool {
        self.text.contains('#')
    }

    /// Path, query and fragment; `/` if there is no path.
    #[must_use]
    pub fn path_and_rest(&self) -> String {
        let (_, rest) = self.text.split_once("://").unwrap_or_default();
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let path = rest.get(authority.len()..).unwrap_or_default();
        let mut target = String::from(if path.starts_with('/') { "" } else { "/" });
        target.push_str(path);
        target
    }
}

/// `target` as a path on `origin`, if it can lead nowhere else: a path that no browser takes for
/// a host, or an absolute URL of that very origin.
#[must_use]
pub fn path_on_origin(target: &str, origin: &str) -> Option<String> {
    let target = match WebUrl::parse(target) {
        Some(url) if url.origin() == origin => url.path_and_rest(),
        Some(_) => return None,
        None => target.into(),
    };
    let path = target.split(['?', '#']).next()?;
    let is_clean = target.bytes().all(|b| b > b' ' && b != 0x7f);
    let leaves = path.starts_with("//") || path.contains('\\');
    // dot segments are removed before a router sees the path, and could leave `//host`
    let dotted = path.contains("/.") || path.contains("/%2e") || path.contains("/%2E");
    let climbs = dotted && path.contains("//");
    (path.starts_with('/') && is_clean && !leaves && !climbs).then_some(target)
}

fn split_port(authority: &str) -> Option<(&str, &str)> {
    if authority.ends_with(']') {
        return Some((authority, ""));
    }
    let Some((host, port)) = authority.rsplit_once(':') else { return Some((authority, "")) };
    (port.parse::<u16>().is_ok() && port.bytes().all(|b| b.is_ascii_digit())).then_some((host, port))
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return !address.is_empty() && address.bytes().all(|b| b.is_ascii_hexdigit() || b == b':' || b == b'.');
    }
    !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.' || b == b'_')
}

const fn is_visible(byte: u8) -> bool {
    byte > b' ' && byte < 0x7f
}

#[cfg(test)]
mod tests {
    use super::{WebUrl, path_on_origin};

    #[test]
    fn parses_what_providers_publish() {
        for (text, origin) in [
            ("https://op.example", "https://op.example"),
            ("https://op.example:443/a/b?c=d", "https://op.example"),
            ("https://OP.example:8443/", "https://op.example:8443"),
            ("http://127.0.0.1:80/x", "http://127.0.0.1"),
            ("http://[::1]:3000/x", "http://[::1]:3000"),
            ("https://op.example?x={y}|z", "https://op.example"),
        ] {
            assert_eq!(WebUrl::parse(text).unwrap().origin(), origin, "{text}");
        }
    }

    #[test]
    fn refuses_what_a_browser_would_have_to_repair() {
        for text in [
            "", "op.example", "//op.example/", "HTTPS://op.example/", "https:/op.example", "https:op.example",
            "javascript:alert(1)", "data:text/html,x", "blob:https://op.example/1", "file:///etc/passwd",
            "ftp://op.example/", "https://", "https:///path", "https://user@op.example/", "https://u:p@op.example/",
            "https://op.example:port/", "https://op.example:99999/", "https://op.example:+1/", "https://op.example:/",
            "https://op example/", "https://op.example/a b", "https://op.example/\n", "https://op.example\\@evil/",
            "https://op.example/\\evil", "https://\u{f6}p.example/", "https://op.example/\u{f6}", "https://[::1", "https://[]/",
        ] {
            assert_eq!(WebUrl::parse(text), None, "{text}");
        }
    }

    #[test]
    fn takes_a_url_apart() {
        let url = WebUrl::parse("https://rp.example/cb?a=1?b#c#d").unwrap();
        assert_eq!(url.without_query(), "https://rp.example/cb");
        assert_eq!(url.query(), "a=1?b");
        assert_eq!(url.fragment(), "c#d");
        assert_eq!(url.path_and_rest(), "/cb?a=1?b#c#d");
        assert_eq!(WebUrl::parse("https://rp.example?x#y").unwrap().path_and_rest(), "/?x#y");
    }

    #[test]
    fn knows_this_machine() {
        for (text, expected) in [
            ("http://localhost:1/", true),
            ("http://app.localhost/", true),
            ("http://127.0.0.1/", true),
            ("http://127.9.9.9:8/", true),
            ("http://[::1]/", true),
            ("http://127.0.0.1.evil.example/", false),
            ("http://127.evil.example.com/", false),
            ("http://localhost.evil.example/", false),
            ("http://notlocalhost/", false),
            ("http://10.0.0.1/", false),
        ] {
            assert_eq!(WebUrl::parse(text).unwrap().is_loopback(), expected, "{text}");
        }
    }

    #[test]
    fn keeps_targets_on_the_origin() {
        let origin = "https://rp.example";
        for (target, path) in [
            ("/", "/"),
            ("/a/b?c=//d#/../e", "/a/b?c=//d#/../e"),
            ("/a//b", "/a//b"),
            ("/%2f%2fevil", "/%2f%2fevil"),
            ("/caf\u{e9}", "/caf\u{e9}"),
            ("https://rp.example", "/"),
            ("https://rp.example/x?y#z", "/x?y#z"),
            ("https://rp.example:443/x", "/x"),
        ] {
            assert_eq!(path_on_origin(target, origin).as_deref(), Some(path), "{target}");
        }
    }

    #[test]
    fn refuses_targets_that_lead_away() {
        for target in [
            "", "x", "//evil", "/\\evil", "\\\\evil", "\\/evil", "https://evil", "https://rp.example.evil/",
            "https://rp.example@evil/", "https://rp.example:444/", "http://rp.example/", "javascript:alert(1)",
            "data:text/html,x", "/\tevil", "/\n/evil", "\t//evil", " //evil", "%2f%2fevil", "https:evil", "https:/\\evil",
            "https://rp.example//evil", "/..//evil", "/.//evil", "/%2e%2E//evil", "/a\\..\\evil",
        ] {
            assert_eq!(path_on_origin(target, "https://rp.example"), None, "{target}");
        }
    }
}
