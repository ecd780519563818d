//! The crate driven from outside, natively: whole sign-ins in a world made of memory, and the
//! promises the source makes about itself.

#![allow(
    unreachable_pub,
    missing_docs,
    reason = "a test binary exports nothing"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that stumbles has failed"
)]
#![allow(
    clippy::too_many_lines,
    clippy::type_complexity,
    reason = "a table of cases is as long and as wide as it has to be"
)]
#![allow(
    clippy::case_sensitive_file_extension_comparisons,
    reason = "keys of a store are no file names"
)]

mod world;

mod adoption;
mod api;
mod architecture;
mod arrival;
mod automatic;
mod bounds;
mod callback;
mod check_session;
mod claims;
mod clock;
mod connection;
mod connection_answers;
mod connection_device;
mod connection_gate;
mod connection_issued;
mod connection_people;
mod connection_preview;
mod corpus;
mod diagnose;
mod diagnose_bound;
mod diagnose_page;
mod diagnose_silence;
mod discovery;
mod discreet;
mod discreet_documents;
mod discreet_proofs;
mod documents;
mod dpop;
mod dpop_nonces;
mod entra;
mod environment;
mod flight;
mod frame;
mod front_channel;
mod given_up;
mod initiate;
mod jarm;
mod jarm_validity;
mod jwt;
mod keys;
mod leaks;
mod leaving;
mod leftovers;
mod limits;
mod logout;
mod logout_token;
mod model;
mod options;
mod outage;
mod overlaps;
mod par;
mod parts;
mod popup;
mod proofs;
mod properties;
mod providers;
mod refresh;
mod refreshed_id_token;
mod refusal;
mod restated;
mod servers;
mod siblings;
mod sign_in;
mod signature;
mod signed_out;
mod speed;
mod storage;
mod tabs;
mod token;
mod unmarked;
mod unwanted;
mod userinfo;
mod vendors;
mod verify;
mod verify_keys;
mod wycheproof;
