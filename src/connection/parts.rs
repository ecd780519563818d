//! The parts of a connection's data: fields, headers, steps, URLs, and the names that templates may use.

use alloc::{collections::BTreeSet, string::String, vec::Vec};

use serde_json::Value;

use super::{
    definition::{Span, Step},
    message::{BodyType, Field, endpoint},
    path::Path,
    reader::Node,
    said::names_a_secret,
    template::{Template, is_header_value},
    values::{DRAWN, GIVEN, SECRETS},
};
use crate::{
    codec::ascii::{cut, pieces},
    protocol::challenge::is_token,
};

const METHODS: &[(&str, &str)] = &[
    ("GET", "GET"),
    ("POST", "POST"),
    ("PUT", "PUT"),
    ("DELETE", "DELETE"),
];
pub(super) const BODY_TYPES: &[(&str, BodyType)] =
    &[("form", BodyType::Form), ("json", BodyType::Json)];
/// Headers that belong to whoever sends the request.
const FRAMING: &[&str] = &[
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "host",
    "transfer-encoding",
    "upgrade",
];
/// The largest number of seconds.
pub(super) const LONGEST: u32 = i32::MAX as u32;

/// A template that becomes a URL; what is known of it is checked at once.
pub(super) fn url_template(node: &Node<'_>, names: &Names) -> Option<Template> {
    let template = node.template()?;
    names.check(&template, node);
    if template
        .literal()
        .is_some_and(|text| endpoint(text).is_none())
    {
        node.wrong("must be an https URL without a fragment; http only on this machine");
    }
    let source = template.source();
    let (_, query) = cut(&source, b'?').unwrap_or_default();
    let mut fields = pieces(query, b'&').filter_map(|field| cut(field, b'='));
    if fields.any(|(name, value)| is_told(value) && names_a_secret(name)) {
        node.wrong("asks with a secret, by its name: write %[...] there and hand it over as one");
    }
    Some(template)
}

/// Whether a value stands there itself.
fn is_told(value: &str) -> bool {
    !value.is_empty() && !value.contains("%[")
}

/// A request beside the token request.
pub(super) fn step(node: &Node<'_>, names: &Names) -> Option<Step> {
    node.only(&[
        "name", "method", "url", "headers", "body", "bodyType", "read",
    ]);
    let method = node.member("method").one_of(METHODS).unwrap_or("GET");
    let body = fields(&node.member("body"), names);
    if method == "GET" && !body.is_empty() {
        node.member("body").wrong("cannot be sent with GET");
    }
    if !node.member("url").is_there() {
        node.member("url").wrong("is missing");
    }
    Some(Step {
        name: node.member("name").text().unwrap_or(method).into(),
        method,
        url: url_template(&node.member("url"), names)?,
        headers: headers(&node.member("headers"), names),
        body,
        body_type: node
            .member("bodyType")
            .one_of(BODY_TYPES)
            .unwrap_or(BodyType::Form),
        read: paths(&node.member("read")),
        at: node.field.clone(),
    })
}

/// Ways to values in an answer, by their names.
pub(super) fn paths(node: &Node<'_>) -> Vec<(String, Path)> {
    let members = node.members().into_iter();
    members
        .filter_map(|(name, node)| Some((name, node.path()?)))
        .collect()
}

/// Names and templates. A secret has no business among them, only its name has.
pub(super) fn fields(node: &Node<'_>, names: &Names) -> Vec<Field> {
    let items = node.items();
    let fields = items.iter().filter_map(|item| {
        item.only(&["name", "value"]);
        let name = item.member("name").required()?;
        let value = item.member("value");
        let template = match value.text() {
            None => Template::known(""),
            Some(_) => value.template()?,
        };
        names.check(&template, &value);
        if template.literal().is_some_and(|text| !text.is_empty()) && names_a_secret(name) {
            value.wrong("is a secret by its name: name it with %[...] and hand it over as one");
        }
        Some(Field {
            name: name.into(),
            value: template,
            at: value.field,
        })
    });
    fields.collect()
}

/// The same for headers, which must be such.
pub(super) fn headers(node: &Node<'_>, names: &Names) -> Vec<Field> {
    let fields = fields(node, names);
    for (field, item) in fields.iter().zip(node.items()) {
        if !field.name.bytes().all(is_token) {
            item.member("name").wrong("is no name of a header");
        }
        if FRAMING.contains(&&*field.name.to_ascii_lowercase()) {
            item.member("name").wrong("is a header that is set for you");
        }
        if field
            .value
            .literal()
            .is_some_and(|text| !is_header_value(text))
        {
            item.member("value").wrong("holds what a header cannot");
        }
    }
    fields
}

/// Seconds, as a number or as a template of one.
pub(super) fn span(node: &Node<'_>, names: &Names) -> Option<Span> {
    if let Some(Value::String(_)) = node.raw() {
        let template = node.template()?;
        names.check(&template, node);
        return Some(Span::Told(template));
    }
    node.whole(LONGEST).map(Span::Known)
}

/// The names that templates may use.
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// Those that the data defines, and those that are there in any case.
    pub(super) fn of(root: &Node<'_>) -> Self {
        let mut names = BTreeSet::new();
        for known in [SECRETS, DRAWN, GIVEN] {
            names.extend(known.iter().map(|name| String::from(*name)));
        }
        let mut add = |node: Node<'_>| {
            names.extend(node.members().into_iter().map(|(name, _)| name));
        };
        add(root.member("values"));
        add(root.member("tokenValues"));
        for step in root.member("before").items() {
            add(step.member("read"));
        }
        for (_, version) in root.member("versions").members() {
            add(version.member("tokenValues"));
        }
        for secret in root.member("secrets").items() {
            names.extend(secret.text().map(String::from));
        }
        Self(names)
    }

    /// Notes a template that names anything else.
    pub(super) fn check(&self, template: &Template, node: &Node<'_>) {
        if template.names().any(|name| !self.0.contains(name)) {
            node.wrong("uses a %[name] that nothing defines");
        }
    }
}
