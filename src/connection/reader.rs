//! Reads data that a person wrote: every problem is noted with its field, so that a form can show all.

use alloc::{
    rc::Rc,
    string::{String, ToString},
    vec::Vec,
};
use core::cell::RefCell;

use serde::Serialize;
use serde_json::Value;

use super::{
    path::Path,
    template::{Template, UNCLOSED},
};

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Where, e.g. `tokenRequest[2].value`.
    pub field: String,
    /// What, in half a sentence.
    pub message: &'static str,
}

/// Problems found so far.
#[derive(Clone, Debug, Default)]
pub struct Problems(Rc<Noted>);

#[derive(Debug, Default)]
struct Noted(RefCell<Vec<Problem>>);

impl Problems {
    /// Notes one, once.
    pub fn note(&self, field: &str, message: &'static str) {
        let problem = Problem {
            field: field.into(),
            message,
        };
        let mut problems = self.0.0.borrow_mut();
        // a field may be read for two reasons
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    /// All of them.
    #[must_use]
    pub fn list(&self) -> Vec<Problem> {
        self.0.0.borrow().clone()
    }
}

/// A value and where it stands; perhaps there is none.
#[derive(Clone, Debug)]
pub struct Node<'a> {
    value: Option<&'a Value>,
    /// Where it stands.
    pub field: String,
    problems: Problems,
}

const NO_TEXT: &str = "must be text";

impl<'a> Node<'a> {
    /// The whole.
    #[must_use]
    pub const fn root(value: &'a Value, problems: Problems) -> Self {
        Self {
            value: Some(value),
            field: String::new(),
            problems,
        }
    }

    /// Whether there is a value. Null is none.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.value.is_some_and(|value| !value.is_null())
    }

    /// The value as it is.
    #[must_use]
    pub const fn raw(&self) -> Option<&'a Value> {
        self.value
    }

    /// Notes a problem with it.
    pub fn wrong(&self, message: &'static str) {
        self.problems.note(&self.field, message);
    }

    /// A member of an object; notes if it is none.
    #[must_use]
    pub fn member(&self, name: &str) -> Self {
        let mut field = self.field.clone();
        if !field.is_empty() {
            field.push('.');
        }
        field.push_str(name);
        Self {
            value: self.value.and_then(|value| value.get(name)),
            field,
            problems: self.problems.clone(),
        }
    }

    /// Notes whatever is no object, and members that it may not have.
    pub fn only(&self, names: &[&str]) {
        match self.value {
            Some(Value::Object(members)) => {
                for name in members.keys() {
                    if !names.contains(&&**name) {
                        self.member(name).wrong("is not known here");
                    }
                }
            }
            _ => self.wrong("must be an object"),
        }
    }

    /// Its members; notes if it is there and no object.
    #[must_use]
    pub fn members(&self) -> Vec<(String, Self)> {
        match self.value {
            Some(Value::Object(members)) => {
                let members = members.keys().map(|name| (name.clone(), self.member(name)));
                members.collect()
            }
            None | Some(Value::Null) => Vec::new(),
            Some(_) => {
                self.wrong("must be an object");
                Vec::new()
            }
        }
    }

    /// Its items; notes if it is there and no list.
    #[must_use]
    pub fn items(&self) -> Vec<Self> {
        match self.value {
            Some(Value::Array(items)) => items
                .iter()
                .enumerate()
                .map(|(at, value)| Self {
                    value: Some(value),
                    field: [&*self.field, "[", &at.to_string(), "]"].concat(),
                    problems: self.problems.clone(),
                })
                .collect(),
            None | Some(Value::Null) => Vec::new(),
            Some(_) => {
                self.wrong("must be a list");
                Vec::new()
            }
        }
    }

    /// Its text; `None` if there is none or it is empty; notes if it is something else.
    #[must_use]
    pub fn text(&self) -> Option<&'a str> {
        match self.value {
            Some(Value::String(text)) => Some(&**text).filter(|text| !text.is_empty()),
            None | Some(Value::Null) => None,
            Some(_) => {
                self.wrong(NO_TEXT);
                None
            }
        }
    }

    /// The same, noting what is missing.
    #[must_use]
    pub fn required(&self) -> Option<&'a str> {
        let text = self.text();
        if text.is_none()
            && !matches!(self.value, Some(value) if !value.is_string() && !value.is_null())
        {
            self.wrong("is missing");
        }
        text
    }

    /// Whether it is true; notes if it is neither true nor false.
    #[must_use]
    pub fn flag(&self, default: bool) -> bool {
        match self.value {
            Some(Value::Bool(flag)) => *flag,
            None | Some(Value::Null) => default,
            Some(_) => {
                self.wrong("must be true or false");
                default
            }
        }
    }

    /// A whole number up to `most`; notes anything else.
    #[must_use]
    pub fn whole(&self, most: u32) -> Option<u32> {
        if !self.is_there() {
            return None;
        }
        let number = self
            .value
            .and_then(Value::as_u64)
            .and_then(|number| u32::try_from(number).ok())
            .filter(|number| *number <= most);
        if number.is_none() {
            self.wrong("must be a whole number, not negative and not too large");
        }
        number
    }

    /// One of the words; notes any other.
    #[must_use]
    pub fn one_of<T: Copy>(&self, words: &[(&str, T)]) -> Option<T> {
        let text = self.text()?;
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            self.wrong("is none of the words that may stand here");
        }
        found.map(|(_, value)| *value)
    }

    /// A template; notes text that is none.
    #[must_use]
    pub fn template(&self) -> Option<Template> {
        let template = Template::parse(self.text()?);
        if template.is_none() {
            self.wrong(UNCLOSED);
        }
        template
    }

    /// A way to something in an answer; notes text that is none.
    #[must_use]
    pub fn path(&self) -> Option<Path> {
        let path = Path::parse(self.text()?);
        if path.is_none() {
            self.wrong("is neither a member's name nor a JSONPath");
        }
        path
    }
}
