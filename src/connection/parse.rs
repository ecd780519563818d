//! From JSON to a [`Definition`], noting every problem with its field.

use alloc::{collections::BTreeMap, string::String, vec::Vec};

use serde_json::Value;

use super::{
    definition::{AnswerPaths, ClientAuth, Definition, Origin, Signing, Urls},
    grant::{GRANTS, Grant, listed},
    message::{BodyType, Field, endpoint},
    parts::{BODY_TYPES, LONGEST, Names, fields, headers, paths, span, step, url_template},
    path::Path,
    reader::{Node, Problem, Problems},
    said::names_a_secret,
    template::Template,
    values::{DRAWN, GIVEN, SECRETS},
};

const MEMBERS: &[&str] = &[
    "id",
    "description",
    "type",
    "grant",
    "clientId",
    "clientAuth",
    "signingAlg",
    "signingKeyId",
    "assertionAudience",
    "assertionSubject",
    "authorizationUrl",
    "tokenUrl",
    "deviceAuthorizationUrl",
    "introspectionUrl",
    "revocationUrl",
    "redirectUri",
    "pkce",
    "issuer",
    "scope",
    "audience",
    "values",
    "secrets",
    "before",
    "bodyType",
    "tokenRequest",
    "tokenHeaders",
    "credentials",
    "credential",
    "tokenPath",
    "errorPath",
    "expiresInPath",
    "refreshTokenPath",
    "tokenValues",
    "versions",
    "version",
    "lifetime",
    "idleTimeout",
    "maxLifetime",
    "persistToken",
    "refreshRequest",
    "requestHeaders",
    "apiOrigins",
    "renewOn",
    "signOut",
    "timeout",
    "testUrl",
    "trace",
];
const ANSWER: &[&str] = &[
    "tokenPath",
    "errorPath",
    "expiresInPath",
    "refreshTokenPath",
    "tokenValues",
];
const CLIENT_AUTH: &[(&str, ClientAuth)] = &[
    ("none", ClientAuth::None),
    ("basic", ClientAuth::Basic),
    ("post", ClientAuth::Post),
    ("client_secret_jwt", ClientAuth::SecretJwt),
    ("private_key_jwt", ClientAuth::PrivateKeyJwt),
];
const ALGORITHMS: &[(&str, &str)] = &[
    ("HS256", "HS256"),
    ("RS256", "RS256"),
    ("PS256", "PS256"),
    ("ES256", "ES256"),
    ("EdDSA", "EdDSA"),
];

/// Reads a connection; all that is wrong with it, if anything is.
///
/// # Errors
/// The problems, in the order of the fields.
pub fn parse(data: &Value) -> Result<Definition, Vec<Problem>> {
    match draft(data) {
        (Some(definition), list) if list.is_empty() => Ok(definition),
        (_, list) => Err(list),
    }
}

/// Reads as much of a connection as can be read, for people to look at, with all that is wrong.
#[must_use]
pub fn draft(data: &Value) -> (Option<Definition>, Vec<Problem>) {
    let problems = Problems::default();
    let definition = read(&Node::root(data, problems.clone()));
    (definition, problems.list())
}

fn read(root: &Node<'_>) -> Option<Definition> {
    root.only(MEMBERS);
    let at = |name| root.member(name);
    let id = at("id").required().map(String::from);
    if id.as_deref().is_some_and(|id| !is_id(id)) {
        at("id").wrong("must be at most 64 letters, digits, dots, dashes and underscores");
    }
    let _ = at("description").text();
    let grant = grant(root);
    let client_auth = at("clientAuth")
        .one_of(CLIENT_AUTH)
        .unwrap_or(ClientAuth::None);
    let client_id = at("clientId").text().map(String::from);
    if client_auth != ClientAuth::None && client_id.is_none() {
        at("clientId").wrong("is needed to prove who the client is");
    }
    let names = Names::of(root);
    let urls = urls(root, grant, &names);
    let redirect_uri = redirect_uri(root, grant);
    let token_request = token_request(root, &names);
    let request_headers = if at("requestHeaders").is_there() {
        headers(&at("requestHeaders"), &names)
    } else {
        listed(&[("Authorization", "Bearer %[token]")])
    };
    let lifetime = at("lifetime").whole(LONGEST);
    let definition = Definition {
        id: id.unwrap_or_default(),
        grant,
        client_id,
        client_auth,
        signing: signing(root, client_auth, &names),
        redirect_uri,
        pkce: at("pkce").flag(true),
        issuer: at("issuer").text().map(String::from),
        scope: at("scope").text().unwrap_or_default().into(),
        audience: at("audience").text().unwrap_or_default().into(),
        values: own_values(&at("values")),
        before: at("before")
            .items()
            .iter()
            .filter_map(|node| step(node, &names))
            .collect(),
        body_type: at("bodyType").one_of(BODY_TYPES).unwrap_or(BodyType::Form),
        token_request,
        token_headers: headers(&at("tokenHeaders"), &names),
        refresh_request: fields(&at("refreshRequest"), &names),
        answer: answer(root)?,
        version: at("version").text().map(String::from),
        lifetime,
        idle_timeout: span(&at("idleTimeout"), &names),
        max_lifetime: span(&at("maxLifetime"), &names),
        persist: at("persistToken").flag(false),
        api_origins: origins(root, &names),
        request_headers,
        renew_on_any_401: at("renewOn")
            .one_of(&[("invalid_token", false), ("any_401", true)])
            .unwrap_or(false),
        sign_out: at("signOut")
            .is_there()
            .then(|| step(&at("signOut"), &names))
            .flatten(),
        timeout: at("timeout").whole(120).unwrap_or(20),
        trace: at("trace").flag(false),
        urls,
    };
    Some(definition)
}

fn is_id(id: &str) -> bool {
    let is_part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    id.len() <= 64 && id.bytes().all(is_part)
}

fn grant(root: &Node<'_>) -> Grant {
    let kind = root.member("type");
    let _ = kind.required();
    let three_legged = kind.one_of(&[("two-legged", false), ("three-legged", true)]);
    let node = root.member("grant");
    match node.one_of(GRANTS) {
        Some((grant, person)) => {
            if three_legged.is_some_and(|three_legged| three_legged != person) {
                node.wrong("does not belong to this type of connection");
            }
            grant
        }
        None if three_legged == Some(true) => Grant::AuthorizationCode,
        None => Grant::Described,
    }
}

fn urls(root: &Node<'_>, grant: Grant, names: &Names) -> Urls {
    let url = |name: &str, needed: bool| {
        let node = root.member(name);
        if needed && !node.is_there() {
            node.wrong("is missing");
        }
        url_template(&node, names)
    };
    Urls {
        authorization: url(
            "authorizationUrl",
            matches!(grant, Grant::AuthorizationCode | Grant::Implicit),
        ),
        token: url("tokenUrl", grant != Grant::Implicit),
        device: url("deviceAuthorizationUrl", grant == Grant::DeviceCode),
        introspection: url("introspectionUrl", false),
        revocation: url("revocationUrl", false),
        test: url("testUrl", false),
    }
}

fn redirect_uri(root: &Node<'_>, grant: Grant) -> Option<String> {
    let node = root.member("redirectUri");
    let uri = node.text();
    if uri.is_none() && matches!(grant, Grant::AuthorizationCode | Grant::Implicit) {
        node.wrong("is missing");
    }
    if uri.is_some_and(|uri| endpoint(uri).is_none()) {
        node.wrong("must be an https URL without a fragment; http only on this machine");
    }
    uri.map(String::from)
}

/// The fields of the token request, those of the chosen kind of credentials among them.
fn token_request(root: &Node<'_>, names: &Names) -> Vec<Field> {
    let mut request = fields(&root.member("tokenRequest"), names);
    let kinds = root.member("credentials").members();
    let chosen = root.member("credential").text();
    for (name, node) in &kinds {
        let fields = fields(node, names);
        if chosen == Some(name) {
            request.extend(fields);
        }
    }
    let is_known = kinds.iter().any(|(name, _)| Some(&**name) == chosen);
    if (chosen.is_some() || !kinds.is_empty()) && !is_known {
        root.member("credential")
            .wrong("must be the name of one of the credentials");
    }
    request
}

fn signing(root: &Node<'_>, client_auth: ClientAuth, names: &Names) -> Signing {
    let by_secret = client_auth == ClientAuth::SecretJwt;
    let node = root.member("signingAlg");
    let alg = node.one_of(ALGORITHMS);
    if alg.is_some_and(|alg| by_secret != (alg == "HS256")) {
        node.wrong("does not fit clientAuth");
    }
    let template = |name: &str, default: &str| {
        let node = root.member(name);
        let template = node.template();
        if let Some(template) = &template {
            names.check(template, &node);
        }
        template.unwrap_or_else(|| Template::known(default))
    };
    Signing {
        alg: alg.unwrap_or(if by_secret { "HS256" } else { "RS256" }),
        key_id: root.member("signingKeyId").text().map(String::from),
        audience: template("assertionAudience", "%[token_url]"),
        subject: template("assertionSubject", "%[client_id]"),
    }
}

fn own_values(node: &Node<'_>) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    for (name, member) in node.members() {
        let is_taken = [SECRETS, DRAWN, GIVEN]
            .iter()
            .any(|names| names.contains(&&*name));
        if is_taken {
            member.wrong("is a name that has a meaning already");
        }
        if names_a_secret(&name) {
            member.wrong("is a secret by its name: hand it over as one");
        }
        if let Some(text) = member.text() {
            values.insert(name, text.into());
        }
    }
    values
}

/// The origins; that of the test URL if none is named.
fn origins(root: &Node<'_>, names: &Names) -> Vec<Origin> {
    let node = root.member("apiOrigins");
    let nodes = if node.is_there() {
        node.items()
    } else {
        Vec::from([root.member("testUrl")])
    };
    let origins = nodes.iter().filter_map(|node| {
        Some(Origin {
            url: url_template(node, names)?,
            at: node.field.clone(),
        })
    });
    origins.collect()
}

fn answer(root: &Node<'_>) -> Option<AnswerPaths> {
    let version = root.member("version");
    let versions = root.member("versions").members();
    for (_, node) in &versions {
        node.only(ANSWER);
    }
    let chosen = versions
        .iter()
        .find(|(name, _)| version.text() == Some(&**name));
    if !versions.is_empty() && chosen.is_none() {
        version.wrong("must be the name of one of the versions");
    }
    let at = |name: &str| {
        let of_version = chosen
            .map(|(_, node)| node.member(name))
            .filter(Node::is_there);
        of_version.unwrap_or_else(|| root.member(name))
    };
    let path = |name: &str, default: &str| at(name).path().or_else(|| Path::parse(default));
    Some(AnswerPaths {
        token: path("tokenPath", "access_token")?,
        error: path("errorPath", "error")?,
        expires_in: path("expiresInPath", "expires_in")?,
        refresh_token: path("refreshTokenPath", "refresh_token")?,
        values: paths(&at("tokenValues")),
    })
}
