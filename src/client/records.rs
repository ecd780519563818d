//! The records of a client: a slot for each pending sign-in, then one of each other kind.

use alloc::{string::String, vec::Vec};

use super::Client;
use crate::{
    codec::{ascii::pieces, base64url, record::Record},
    config::{Config, Persist},
    error::Result,
    jose::alg::sha256,
    platform::{Area, Platform},
    protocol::transaction,
};

/// The session's key, behind those of the slots.
pub(super) const SESSION: usize = transaction::SLOTS;
/// The provider's metadata.
pub(super) const METADATA: usize = SESSION + 1;
/// The provider's keys.
pub(super) const JWKS: usize = SESSION + 2;
/// The state of a sign-out under way.
pub(super) const LOGOUT: usize = SESSION + 3;
/// Whose sessions ended last, and when.
pub(super) const ENDED: usize = SESSION + 4;
/// Since when the provider has not been able to answer.
pub(super) const OUTAGE: usize = SESSION + 5;
/// Sign-ins that nobody clicked for.
pub(super) const AUTOMATIC: usize = SESSION + 6;
/// When somebody was at the machine.
pub(super) const ACTIVE: usize = SESSION + 7;
/// That a tab with a session of its own may be open.
pub(super) const OPEN: usize = SESSION + 8;
/// Which sessions the provider said are over, and when.
pub(super) const OVER: usize = SESSION + 9;
/// Which sign-in somebody signed out of in this tab while that could not be noted for the others.
pub(super) const UNMARKED: usize = SESSION + 10;

/// What each record is called, by its number.
const NAMES: &str = "0 1 2 3 4 5 6 7 8 9 \
    session metadata jwks logout ended outage automatic active open over unmarked";

/// The keys that a client's records are kept under, by their number.
pub(super) fn keys(config: &Config) -> Vec<String> {
    let mut identity = String::new();
    for part in &[&*config.issuer, &config.client_id, &config.name()] {
        identity.push_str(part);
        identity.push('\n');
    }
    // tells our records from those of every other client on this origin
    let digest = base64url::encode(&sha256(identity.as_bytes()));
    let mut keys = Vec::new();
    for name in pieces(NAMES, b' ') {
        let mut key = String::from("portcullis.");
        key.push_str(digest.get(..16).unwrap_or_default());
        key.push('.');
        key.push_str(name);
        keys.push(key);
    }
    keys
}

impl<P: Platform> Client<P> {
    fn area(&self, number: usize) -> Option<(Area, &str)> {
        let area = match number {
            SESSION => Area::Session,
            // whoever comes back from the provider does so in the tab that was left for it
            AUTOMATIC | LOGOUT | UNMARKED => Area::Tab,
            _ => Area::Shared,
        };
        let is_kept = number != SESSION || self.config.persist() != Persist::Memory;
        self.keys
            .get(number)
            .filter(|_| is_kept)
            .map(|key| (area, &**key))
    }

    /// One of our records; none where none are kept.
    pub(super) fn load(&self, number: usize) -> Result<Option<String>> {
        self.area(number)
            .map_or(Ok(None), |(area, key)| self.platform.get(area, key))
    }

    /// One of our records, where whatever cannot be read is as good as none.
    pub(super) fn record(&self, number: usize) -> Option<Record> {
        self.load(number).ok().flatten().and_then(Record::read)
    }

    /// Writes or removes one of our records.
    pub(super) fn save(&self, number: usize, record: Option<&str>) -> Result<()> {
        self.area(number)
            .map_or(Ok(()), |(area, key)| self.platform.set(area, key, record))
    }
}
