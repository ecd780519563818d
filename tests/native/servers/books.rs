//! What a system writes down: of each sign-in, or of what a client asked for itself, all that came of it.

use std::collections::{BTreeMap, BTreeSet};

/// What tokens are asked for: what the data says, and something else.
pub const SCOPES: [&str; 2] = ["read", "write"];

/// What somebody agreed to once, or a client was given for itself, and the tokens that came of it.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // each happens by itself
pub struct Life {
    pub scope: usize,
    /// The server that has it to itself, where no store is shared.
    pub home: Option<usize>,
    /// The number of the newest refresh token.
    pub refresh: u32,
    pub tokens: Vec<Token>,
    /// Refresh tokens below this one may come again: an answer that replaced one of them was lost.
    pub lost_below: u32,
    /// Whether a server may have missed what became of it, since the store or a clock was not to be trusted.
    pub is_excused: bool,
    /// When a server had it for certain, as a number of polls.
    pub kept_at: Option<u64>,
    /// Whether it may have been lost: with whoever had it, or by a sign-out at the same time.
    pub is_loose: bool,
    /// Whether the system ended it, or said that it had.
    pub is_ended: bool,
    /// Whether somebody signed out of it, or the only place that had it is gone.
    pub is_gone: bool,
    /// The servers that must not use it any more, since they signed out themselves.
    pub out_at: BTreeSet<usize>,
}

/// An access token.
#[derive(Debug)]
pub struct Token {
    /// The server that asked for it, and how often it had signed out when it did, if that matters still.
    pub by: Option<(usize, u32)>,
    /// The number of the refresh token that it came with, or that stayed.
    pub refresh: u32,
    /// When it ends, in milliseconds of the clock that nobody sets.
    pub until: Option<i64>,
    /// Whether APIs take it no more.
    pub is_dead: bool,
    /// The servers that gave it up, and when they had, as a number of polls.
    pub revoked_at: BTreeMap<usize, u64>,
}

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum What {
    /// A client asks for itself.
    Grant(usize),
    Code(usize),
    /// A life, and the number of its refresh token.
    Refresh(usize, u32),
    /// A life, and the number of the access token or of the refresh token that is given up.
    Revocation(usize, Kind, u32),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Access,
    Refresh,
}

/// A code, and what it is for.
pub struct Grant {
    pub scope: usize,
    pub life: Option<usize>,
    pub is_used: bool,
}

impl Life {
    /// Nobody knows of the newest token.
    pub fn forget_asker(&mut self) {
        if let Some(token) = self.tokens.last_mut() {
            token.by = None;
        }
    }

    /// A server has none of its tokens any more.
    pub fn forget(&mut self, server: usize) {
        for token in &mut self.tokens {
            token.by = token.by.filter(|(by, _)| *by != server);
        }
    }

    /// Whether a server has asked for a token of it since it signed out for the time before.
    pub fn is_asked_by(&self, server: usize, era: u32) -> bool {
        self.tokens
            .iter()
            .any(|token| token.by == Some((server, era)))
    }
}

/// Opens a life; its number.
pub fn begin(lives: &mut Vec<Life>, scope: usize, home: Option<usize>) -> usize {
    lives.push(Life {
        scope,
        home,
        ..Life::default()
    });
    lives.len() - 1
}

/// The life that a token belongs to, and its number there.
pub fn numbers(token: &str) -> (usize, u32) {
    let (_, numbers) = token.split_once('-').unwrap();
    let (life, number) = numbers.split_once('-').unwrap();
    (life.parse().unwrap(), number.parse().unwrap())
}
