//! A demand comes from a Bearer challenge that makes it, whatever stands around it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis::protocol::challenge::{Demand, demand};

fuzz_target!(|header: &str| {
    let Some(found) = demand(header, false) else {
        return;
    };
    assert!(header.len() <= 8 << 10);
    assert!(header.to_ascii_lowercase().contains("bearer"));
    let unescaped = header.replace('\\', "");
    match &found {
        Demand::AnotherProof => assert!(unescaped.contains("use_dpop_nonce")),
        Demand::AnotherToken => assert!(unescaped.contains("invalid_token")),
        Demand::StepUp { acr_values, .. } => {
            assert!(unescaped.contains("insufficient_user_authentication"));
            assert!(acr_values.len() <= header.len());
        }
    }
    // Other challenges before and behind it change nothing.
    let room = header.len() < 8000;
    for other in [
        "Basic realm=\"a, b\"",
        "Negotiate dG9rZW4=",
        "DPoP error=\"use_dpop_nonce\"",
        ",",
    ] {
        for list in [[other, header].join(", "), [header, other].join(", ")] {
            assert!(
                !room || demand(&list, false).as_ref() == Some(&found),
                "{list}"
            );
        }
    }
});
