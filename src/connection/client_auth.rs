//! How a client proves who it is at an endpoint (RFC 6749 §2.3, RFC 7523 §2.2).

use alloc::{string::String, vec::Vec};

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    definition::ClientAuth,
    fault::Result,
    grant::listed,
    message::{Draft, Field},
    template::Written,
    values::Values,
};
use crate::{codec::form::Form, secret::Secret};

/// The fields that the proof takes.
#[must_use]
pub fn fields(auth: ClientAuth, has_client_id: bool) -> Vec<Field> {
    match auth {
        ClientAuth::None if has_client_id => listed(&[("client_id", "%[client_id]")]),
        ClientAuth::None | ClientAuth::Basic => Vec::new(),
        ClientAuth::Post => listed(&[
            ("client_id", "%[client_id]"),
            ("client_secret", "%[client_secret]"),
        ]),
        ClientAuth::SecretJwt | ClientAuth::PrivateKeyJwt => listed(&[
            ("client_id", "%[client_id]"),
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
            ("client_assertion", "%[client_assertion]"),
        ]),
    }
}

/// The header that the proof takes.
///
/// # Errors
/// `config_invalid`, naming the secret that is missing.
pub fn header(auth: ClientAuth, draft: &mut Draft<'_>, values: &Values) -> Result<()> {
    if auth == ClientAuth::Basic {
        let (id, secret) = (values.get("client_id")?, values.get("client_secret")?);
        draft.header("authorization", basic(id.real(), secret.real()));
    }
    Ok(())
}

/// Identifier and secret as HTTP Basic (RFC 7617), each form-encoded first, so that a colon in the
/// identifier ends nothing (RFC 6749 §2.3.1).
#[must_use]
pub fn basic(id: &str, secret: &str) -> Written {
    let pair = [&*form_encoded(id), ":", &*form_encoded(secret)].concat();
    credentials(&pair, id)
}

/// User and password as HTTP Basic (RFC 7617), as they are.
#[must_use]
pub fn plain_basic(user: &str, password: &str) -> Written {
    credentials(&[user, ":", password].concat(), user)
}

fn credentials(pair: &str, who: &str) -> Written {
    Written {
        real: Secret::new(["Basic ", &*STANDARD.encode(pair)].concat()),
        shown: ["Basic base64(", who, ":‹client_secret›)"].concat(),
    }
}

/// A text as a form has it.
pub(super) fn form_encoded(text: &str) -> String {
    let mut form = Form::new();
    form.push("", text);
    form.into_string().split_off(1)
}

#[cfg(test)]
mod tests {
    use super::{basic, plain_basic};

    /// RFC 6749 §2.3.1, and what §2.3.1 with appendix B makes of stranger ones.
    #[test]
    fn basic_is_form_encoded() {
        for (id, secret, expected) in [
            (
                "s6BhdRkqt3",
                "7Fjfp0ZBr1KtDRbnfVdmIw",
                "Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3",
            ),
            // " %&+£€" is the text that RFC 6749 appendix B encodes as +%25%26%2B%C2%A3%E2%82%AC
            (
                "a:b",
                " %&+£€",
                "Basic YSUzQWI6KyUyNSUyNiUyQiVDMiVBMyVFMiU4MiVBQw==",
            ),
        ] {
            assert_eq!(basic(id, secret).real.expose(), expected);
        }
        // RFC 7617 §2
        assert_eq!(
            plain_basic("Aladdin", "open sesame").real.expose(),
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
        );
    }

    #[test]
    fn nobody_sees_it() {
        assert_eq!(
            basic("id", "hunter2").shown,
            "Basic base64(id:‹client_secret›)"
        );
    }
}
