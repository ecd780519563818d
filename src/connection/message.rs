//! Requests and answers as data: what is made and read here, and only the sequences send.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    fault::{Fault, Result},
    said::redacted,
    template::{Place, Template, Written},
    values::Values,
};
use crate::{
    codec::{
        ascii::before,
        form::Form,
        json::{Json, JsonDefect},
        url::WebUrl,
    },
    error::Code,
    protocol::oauth_error::cut,
    secret::Secret,
};

/// The longest body that is read: 1 MiB.
pub const BODY_LIMIT: u32 = 1 << 20;

/// How fields are written into a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BodyType {
    /// `application/x-www-form-urlencoded`.
    Form,
    /// One JSON object of texts.
    Json,
}

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// In capitals.
    pub method: &'static str,
    /// Absolute and safe.
    pub url: Secret,
    /// Names and values.
    pub headers: Vec<(String, Secret)>,
    /// The body; its type is among the headers.
    pub body: Option<Secret>,
    /// The same as people may see it.
    pub shown: Shown,
}

/// A request as people may see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    /// In capitals.
    pub method: &'static str,
    /// With its query.
    pub url: String,
    /// Those that say something.
    pub headers: Vec<Line>,
    /// How the fields are written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_type: Option<BodyType>,
    /// The fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Vec<Line>>,
}

/// A header or a field as people may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A header or a field with its template, and where it stands in the data.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Template,
    /// Where it stands.
    pub at: String,
}

/// How a body is written, what it is, and what it is made of.
type Body<'a> = (BodyType, Secret, &'a [(String, Written)]);

/// Builds a request part by part.
#[derive(Debug)]
pub struct Draft<'a> {
    method: &'static str,
    url: Written,
    headers: Vec<(String, Written)>,
    values: &'a Values,
}

impl<'a> Draft<'a> {
    /// A request to where `url` leads with `values`; `field` is where it stands in the data.
    ///
    /// # Errors
    /// `config_invalid`: a value is missing, or that is no URL to send secrets to.
    pub fn new(
        method: &'static str,
        url: &Template,
        field: &str,
        values: &'a Values,
    ) -> Result<Self> {
        let url = url.write(values, Place::Url, field)?;
        endpoint(url.real.expose()).ok_or_else(|| Fault::config(String::from(field)))?;
        Ok(Self {
            method,
            url,
            headers: Vec::new(),
            values,
        })
    }

    /// Adds a header, or replaces it.
    pub fn header(&mut self, name: &str, value: Written) -> &mut Self {
        self.headers
            .retain(|(old, _)| !old.eq_ignore_ascii_case(name));
        self.headers.push((name.into(), value));
        self
    }

    /// Adds headers that the data describes.
    ///
    /// # Errors
    /// `config_invalid`: a value is missing, or must not stand in a header.
    pub fn headers(&mut self, fields: &[Field]) -> Result<&mut Self> {
        for field in fields {
            let value = field.value.write(self.values, Place::Header, &field.at)?;
            self.header(&field.name, value);
        }
        Ok(self)
    }

    /// The request without a body.
    #[must_use]
    pub fn finish(self) -> Request {
        self.build(None)
    }

    /// The request with fields.
    #[must_use]
    pub fn with_body(mut self, kind: BodyType, fields: &[(String, Written)]) -> Request {
        let (media_type, body) = match kind {
            BodyType::Form => {
                let mut form = Form::new();
                for (name, value) in fields {
                    form.push(name, value.real.expose());
                }
                ("application/x-www-form-urlencoded", form.into_string())
            }
            BodyType::Json => {
                let members = fields
                    .iter()
                    .map(|(name, value)| (name.clone(), Value::from(value.real.expose())));
                let object = Value::Object(members.collect::<Map<_, _>>());
                ("application/json", object.to_string())
            }
        };
        self.header("content-type", Written::plain(media_type));
        self.build(Some((kind, Secret::new(body), fields)))
    }

    fn build(self, body: Option<Body<'_>>) -> Request {
        let lines = |fields: &[(String, Written)]| {
            let line = |(name, value): &(String, Written)| Line {
                name: name.clone(),
                value: value.shown.clone(),
            };
            fields.iter().map(line).collect::<Vec<_>>()
        };
        let shown = Shown {
            method: self.method,
            url: self.url.shown,
            headers: lines(&self.headers),
            body_type: body.as_ref().map(|(kind, ..)| *kind),
            body: body.as_ref().map(|(.., fields)| lines(fields)),
        };
        let headers = self.headers.into_iter();
        Request {
            method: self.method,
            url: self.url.real,
            headers: headers.map(|(name, value)| (name, value.real)).collect(),
            body: body.map(|(_, body, _)| body),
            shown,
        }
    }
}

/// The URL, if secrets may be sent there: https, or http on this machine; no fragment.
#[must_use]
pub fn endpoint(text: &str) -> Option<WebUrl<'_>> {
    let url = WebUrl::parse(text)?;
    (url.is_safe(true) && url.fragment().is_none()).then_some(url)
}

/// An answer, its body read whole or not at all.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The status; 0 for a redirect, which is never followed.
    pub status: u16,
    /// The `Content-Type` header, empty if absent.
    pub content_type: String,
    /// At most [`BODY_LIMIT`] bytes; `None` if there were more.
    pub body: Option<Vec<u8>>,
}

/// An answer as people may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShownAnswer {
    /// The status.
    pub status: u16,
    /// The `Content-Type` header.
    pub content_type: String,
    /// Redacted and cut.
    pub body: String,
}

impl Answer {
    /// Whether it is one of success.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..300)
    }

    /// Whether it says that it is JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        let media_type = before(&self.content_type, b';')
            .trim_ascii()
            .to_ascii_lowercase();
        matches!(&*media_type, "application/json" | "text/json") || media_type.ends_with("+json")
    }

    /// The body as JSON, read strictly: no member twice, not too deep, nothing behind it.
    ///
    /// # Errors
    /// `token_too_large`, or `token_invalid` at the content type or the JSON.
    pub fn json(&self) -> Result<Value> {
        let too_large = || Fault::at(Code::TokenTooLarge, "body").status(self.status);
        let body = self.body.as_deref().ok_or_else(too_large)?;
        let invalid = |place| Fault::at(Code::TokenInvalid, place).status(self.status);
        if !self.is_json() {
            return Err(invalid("content-type"));
        }
        match Json::parse(body) {
            Ok(_) => {}
            Err(JsonDefect::TooLarge) => return Err(too_large()),
            Err(_) => return Err(invalid("JSON")),
        }
        serde_json::from_slice(body).map_err(|_| invalid("JSON"))
    }

    /// As people may see it; `holds_token` if a token may be in it.
    #[must_use]
    pub fn shown(&self, secrets: &[Secret], holds_token: bool) -> ShownAnswer {
        let too_long = b"(longer than what is read)".as_slice();
        ShownAnswer {
            status: self.status,
            content_type: cut(&self.content_type),
            body: redacted(
                self.body.as_deref().unwrap_or(too_long),
                secrets,
                holds_token,
            ),
        }
    }
}
