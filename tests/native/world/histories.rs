//! How many random histories are played, and which.

use proptest::{prelude::ProptestConfig, test_runner::RngSeed};

/// So many of a fixed seed; `PROPTEST_CASES` and `PROPTEST_RNG_SEED` try others.
pub fn histories(cases: u32) -> ProptestConfig {
    let config = ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..ProptestConfig::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_some() {
        return config;
    }
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(1),
        ..config
    }
}
