//! What a system is asked, read from what is sent to it.

use portcullis::connection::message::Request;

use super::books::{Kind, SCOPES, What, numbers};
use crate::world::{one, parse_form};

pub const TOKEN: &str = "https://id.example/token";
pub const REVOKE: &str = "https://id.example/revoke";

/// What a request is about; panics where nobody should ask.
pub fn recognise(request: &Request) -> What {
    let pairs = parse_form(request.body.as_ref().unwrap().expose());
    let get = |name| one(&pairs, name).unwrap_or_default();
    match request.url.expose() {
        REVOKE => {
            let token = get("token");
            let (life, number) = numbers(&token);
            let kind = if token.starts_with('t') {
                Kind::Access
            } else {
                Kind::Refresh
            };
            What::Revocation(life, kind, number)
        }
        TOKEN => match &*get("grant_type") {
            "client_credentials" => {
                What::Grant(SCOPES.iter().position(|it| *it == get("scope")).unwrap())
            }
            "authorization_code" => What::Code(get("code")["code-".len()..].parse().unwrap()),
            "refresh_token" => {
                let (life, number) = numbers(&get("refresh_token"));
                What::Refresh(life, number)
            }
            other => panic!("nobody grants {other}"),
        },
        url => panic!("nobody is at {url}"),
    }
}
