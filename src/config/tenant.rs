//! Issuers with many tenants, as Microsoft Entra ID has them: its common metadata names the issuer
//! `https://login.microsoftonline.com/{tenantid}/v2.0`, and every token that of its own tenant.
//!
//! The option says so, byte for byte as the metadata does; nothing is concluded from the metadata.
//! `{` and `}` are in no URL (RFC 3986 §2), so no other issuer can be meant.

use super::Config;
use crate::codec::ascii::cut;

/// Whether a text is a tenant's id: a GUID as Entra writes it, in lower case.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

impl Config {
    /// The tenant that `iss` names; `None` where the issuer has none, or `iss` is not of its form.
    #[must_use]
    pub fn tenant_of<'a>(&self, iss: &'a str) -> Option<&'a str> {
        let (before, rest) = cut(&self.issuer, b'{')?;
        let behind = rest.strip_prefix("tenantid}")?;
        iss.strip_prefix(before)?.strip_suffix(behind)
    }

    /// Whether `iss` is the issuer, byte for byte; where that has many tenants, the issuer of one
    /// that is let in.
    #[must_use]
    pub fn is_issuer(&self, iss: &str) -> bool {
        let Some(tenant) = self.tenant_of(iss) else {
            return iss == self.issuer;
        };
        let mut is_let_in = is_id(tenant);
        if let Some(tenants) = self.options.get("tenants") {
            is_let_in &= tenants.items().any(|id| id.is_text(tenant));
        }
        is_let_in
    }
}

#[cfg(test)]
mod tests {
    use super::is_id;

    #[test]
    fn a_tenant_is_a_guid_in_lower_case() {
        let id = "9188040d-6c67-4c5b-b112-36a304b66dad";
        assert!(is_id(id));
        for text in [
            "",
            "common",
            "{tenantid}",
            "9188040D-6C67-4C5B-B112-36A304B66DAD",
            "9188040d-6c67-4c5b-b112-36a304b66da",
            "9188040d-6c67-4c5b-b112-36a304b66dad0",
            "9188040d06c67-4c5b-b112-36a304b66dad",
            "9188040d-6c67-4c5b-b112/36a304b66dad",
            "9188040d-6c67-4c5b-b112-36a304b66da\u{e9}",
        ] {
            assert!(!is_id(text), "{text}");
        }
    }
}
