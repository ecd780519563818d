//! Checks in the making, as JSON text.

use alloc::string::String;

use super::findings::{Check, Finding};
use crate::{
    codec::json::ObjectWriter,
    error::{Failure, Result},
    report,
};

/// The checks so far.
#[derive(Debug)]
pub(super) struct Checks {
    list: String,
    /// Directives of the page's policy, each with a source that it lacks and a sign-in needs.
    pub(super) forbidden: String,
    /// The same of what a sign-in can do without.
    pub(super) forgone: String,
}

impl Checks {
    pub(super) fn new() -> Self {
        Self {
            list: String::from("["),
            forbidden: String::new(),
            forgone: String::new(),
        }
    }

    /// A line of the table of findings, and what it speaks of: a URL, a number, a list.
    pub(super) fn found(&mut self, id: Check, finding: Finding, about: &str) {
        let mut check = ObjectWriter::new();
        check
            .whole("id", id as i64)
            .flag("ok", finding.is_fine())
            .whole("finding", finding as i64);
        if !about.is_empty() {
            check.text("about", about);
        }
        self.push(&check.finish());
    }

    /// A line of the table of errors, with what the provider said.
    pub(super) fn failed(&mut self, id: Check, failure: &Failure) {
        let mut check = ObjectWriter::new();
        check
            .whole("id", id as i64)
            .flag("ok", false)
            .raw("error", &report::to_json(failure));
        self.push(&check.finish());
    }

    /// As it should be, or not.
    pub(super) fn is(&mut self, id: Check, result: Result<()>) {
        match result {
            Ok(()) => self.found(id, Finding::AsItShouldBe, ""),
            Err(error) => self.failed(id, &error.into()),
        }
    }

    /// The JSON text of a list, the page's policy as its last check.
    pub(super) fn finish(mut self) -> String {
        let finding = if !self.forbidden.is_empty() {
            Finding::PolicyForbids
        } else if !self.forgone.is_empty() {
            Finding::PolicyTranslates
        } else {
            Finding::AsItShouldBe
        };
        let mut lacking = core::mem::take(&mut self.forbidden);
        enter(&mut lacking, &self.forgone);
        self.found(Check::Csp, finding, &lacking);
        self.list.push(']');
        self.list
    }

    fn push(&mut self, check: &str) {
        if self.list.len() > 1 {
            self.list.push(',');
        }
        self.list.push_str(check);
    }
}

/// Adds an entry to a list in text, if there is one.
pub(super) fn enter(list: &mut String, entry: &str) {
    if !list.is_empty() && !entry.is_empty() {
        list.push_str("; ");
    }
    list.push_str(entry);
}
