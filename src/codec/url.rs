//! Absolute `http(s)` URLs in the strict subset that identifiers and endpoints use, and the
//! judgement whether a target stays on an origin.
//!
//! This is no general URL parser: what a browser would have to repair (upper-case schemes,
//! missing slashes, spaces, backslashes before the query) is refused.

use alloc::string::String;

use super::ascii::{before, cut, has, number};

/// A checked absolute URL, as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebUrl<'a> {
    scheme: &'a str,
    authority: &'a str,
    /// Path, query and fragment.
    rest: &'a str,
}

impl<'a> WebUrl<'a> {
    /// Reads `text`; `None` unless it is `http://` or `https://`, a host, an optional port, and
    /// then only visible ASCII characters. User information is never accepted.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let (scheme, rest) = cut(text, b':')?;
        let rest = rest.strip_prefix("//")?;
        let end = rest.bytes().position(|b| matches!(b, b'/' | b'?' | b'#'));
        let (authority, rest) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
        let url = Self {
            scheme,
            authority,
            rest,
        };
        let (host, port) = url.host_and_port();
        let known = matches!(scheme, "https" | "http") && is_host(host) && is_port(port);
        let clean = rest.bytes().all(|b| b > b' ' && b < 0x7f) && !has(url.path(), b'\\');
        if known && clean { Some(url) } else { None }
    }

    /// Scheme, lower-case host and port unless it is the default one (RFC 6454 §4).
    #[must_use]
    pub fn origin(&self) -> String {
        let (host, port) = self.host_and_port();
        let mut origin = String::from(self.scheme);
        origin.push_str("://");
        origin.push_str(host);
        origin.make_ascii_lowercase();
        if port != self.default_port() {
            origin.push(':');
            origin.push_str(port);
        }
        origin
    }

    /// Whether a secret may be sent to it: over https, or to this machine where `loopback` says so.
    #[must_use]
    pub fn is_safe(&self, loopback: bool) -> bool {
        self.scheme == "https" || (loopback && self.is_loopback())
    }

    /// Whether the host names this machine: `localhost`, `*.localhost`, `127.0.0.0/8`, `[::1]`.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let (host, _) = self.host_and_port();
        // a host that ends in a digit is an address, which the browser has checked: RFC 1123 §2.1
        let is_address =
            host.bytes().all(|b| b.is_ascii_digit() || b == b'.') && !host.ends_with('.');
        host == "localhost"
            || host == "[::1]"
            || host.ends_with(".localhost")
            || (host.starts_with("127.") && is_address)
    }

    /// The path; empty if there is none.
    #[must_use]
    pub fn path(&self) -> &'a str {
        before(before(self.rest, b'#'), b'?')
    }

    /// The text between `?` and `#`; empty if there is none.
    #[must_use]
    pub fn query(&self) -> &'a str {
        cut(before(self.rest, b'#'), b'?').map_or("", |(_, query)| query)
    }

    /// The text after `#`, if there is a `#`.
    #[must_use]
    pub fn fragment(&self) -> Option<&'a str> {
        cut(self.rest, b'#').map(|(_, fragment)| fragment)
    }

    /// Path, query and fragment; empty if there is nothing behind the host.
    #[must_use]
    pub const fn rest(&self) -> &'a str {
        self.rest
    }

    fn host_and_port(&self) -> (&'a str, &'a str) {
        let last = self
            .authority
            .bytes()
            .rposition(|b| matches!(b, b':' | b']'));
        let (host, port) = self
            .authority
            .split_at_checked(last.unwrap_or(0))
            .unwrap_or_default();
        match port.strip_prefix(':') {
            Some(port) => (host, port),
            None => (self.authority, self.default_port()),
        }
    }

    fn default_port(&self) -> &'static str {
        if self.scheme == "https" { "443" } else { "80" }
    }
}

/// `target` as a path on `origin`, if it can lead nowhere else: a path that no browser takes for
/// a host, or an absolute URL of that very origin.
#[must_use]
pub fn path_on_origin(target: &str, origin: &str) -> Option<String> {
    let mut local = String::new();
    match WebUrl::parse(target) {
        Some(url) => {
            if url.origin() != origin {
                return None;
            }
            if !url.rest.starts_with('/') {
                local.push('/');
            }
            local.push_str(url.rest);
        }
        None => local.push_str(target),
    }
    let path = before(before(&local, b'#'), b'?');
    let mut previous = 0;
    let (mut doubled, mut dotted) = (false, false);
    for byte in path.bytes() {
        // dot segments are removed before a router sees the path, and could leave `//host`
        dotted |= previous == b'/' && matches!(byte, b'.' | b'%');
        doubled |= previous == b'/' && byte == b'/';
        previous = byte;
    }
    let leaves = path.starts_with("//") || has(path, b'\\') || (doubled && dotted);
    let clean = local.bytes().all(|b| b > b' ' && b != 0x7f);
    if path.starts_with('/') && clean && !leaves {
        Some(local)
    } else {
        None
    }
}

fn is_host(host: &str) -> bool {
    match host.strip_prefix('[') {
        Some(rest) => {
            let address = rest.strip_suffix(']').unwrap_or_default();
            !address.is_empty()
                && address
                    .bytes()
                    .all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'))
        }
        None => {
            !host.is_empty()
                && host
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
        }
    }
}

/// In the one way a browser writes it: without leading zeros, so that origins can be compared.
fn is_port(port: &str) -> bool {
    !port.starts_with('0') && number(port).is_some_and(|port| port <= 0xffff)
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
            "",
            "op.example",
            "//op.example/",
            "HTTPS://op.example/",
            "https:/op.example",
            "https:op.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "blob:https://op.example/1",
            "file:///etc/passwd",
            "ftp://op.example/",
            "https://",
            "https:///path",
            "https://user@op.example/",
            "https://u:p@op.example/",
            "https://op.example:port/",
            "https://op.example:99999/",
            "https://op.example:0443/",
            "https://op.example:0/",
            "https://op.example:+1/",
            "https://op.example:/",
            "https://op example/",
            "https://op.example/a b",
            "https://op.example/\n",
            "https://op.example/\u{7f}",
            "https://op.example\\@evil/",
            "https://op.example/\\evil",
            "https://\u{f6}p.example/",
            "https://op.example/\u{f6}",
            "https://[::1",
            "https://[]/",
        ] {
            assert_eq!(WebUrl::parse(text), None, "{text}");
        }
    }

    #[test]
    fn takes_a_url_apart() {
        let url = WebUrl::parse("https://rp.example/cb?a=1?b#c#d").unwrap();
        assert_eq!(url.path(), "/cb");
        assert_eq!(url.query(), "a=1?b");
        assert_eq!(url.fragment(), Some("c#d"));
        assert_eq!(url.rest(), "/cb?a=1?b#c#d");
        assert_eq!(
            WebUrl::parse("https://rp.example").unwrap().fragment(),
            None
        );
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
            assert_eq!(
                WebUrl::parse(text).unwrap().is_loopback(),
                expected,
                "{text}"
            );
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
            ("https://rp.example?x#y", "/?x#y"),
            ("https://rp.example", "/"),
            ("https://rp.example/x?y#z", "/x?y#z"),
            ("https://rp.example:443/x", "/x"),
        ] {
            assert_eq!(
                path_on_origin(target, origin).as_deref(),
                Some(path),
                "{target}"
            );
        }
    }

    #[test]
    fn refuses_targets_that_lead_away() {
        for target in [
            "",
            "x",
            "//evil",
            "/\\evil",
            "\\\\evil",
            "\\/evil",
            "https://evil",
            "https://rp.example.evil/",
            "https://rp.example@evil/",
            "https://rp.example:444/",
            "http://rp.example/",
            "javascript:alert(1)",
            "data:text/html,x",
            "/\tevil",
            "/a b",
            "/a\u{7f}",
            "/\n/evil",
            "\t//evil",
            " //evil",
            "%2f%2fevil",
            "https:evil",
            "https:/\\evil",
            "https://rp.example//evil",
            "/..//evil",
            "/.//evil",
            "/%2e%2E//evil",
            "/a\\..\\evil",
        ] {
            assert_eq!(
                path_on_origin(target, "https://rp.example"),
                None,
                "{target}"
            );
        }
    }
}
