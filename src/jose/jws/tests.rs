use super::{Jws, MAX_HEADER, MAX_TOKEN, payload_of};
use crate::{
    codec::{base64url::encode, json::Json},
    error::{Code, Error, Place},
    jose::{
        alg::{Alg, Algs},
        jwk::PublicKey,
        vectors,
    },
};
use proptest::prelude::*;
use std::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};

fn key(jwk: &str) -> PublicKey {
    PublicKey::from_jwk(Json::parse(jwk.as_bytes()).unwrap()).unwrap()
}

fn token(header: &str) -> String {
    format!("{}.e30.{}", encode(header.as_bytes()), encode(&[1; 64]))
}

fn refused(token: &str) -> Error {
    Jws::parse(token, Algs::ALL)
        .err()
        .unwrap_or_else(|| panic!("accepted: {token}"))
}

#[test]
fn the_standards_tokens_are_read() {
    for (jwk, token, alg, payload) in [
        (
            vectors::RS256_KEY,
            vectors::RS256_TOKEN,
            Alg::Rs256,
            vectors::CLAIMS,
        ),
        (
            vectors::ES256_KEY,
            vectors::ES256_TOKEN,
            Alg::Es256,
            vectors::CLAIMS,
        ),
        (
            vectors::ES512_KEY,
            vectors::ES512_TOKEN,
            Alg::Es512,
            "Payload",
        ),
        (
            vectors::EDDSA_KEY,
            vectors::EDDSA_TOKEN,
            Alg::EdDsa,
            "Example of Ed25519 signing",
        ),
    ] {
        let keys = [key(jwk)];
        let jws = Jws::parse(token, Algs::NONE.with(alg)).unwrap();
        assert_eq!((jws.alg(), jws.kid(), jws.typ()), (alg, None, None));
        assert_eq!(
            jws.header().raw(),
            format!("{{\"alg\":\"{}\"}}", alg.as_str())
        );

        let checks = jws.checks(&keys).unwrap();
        let [check] = &checks[..] else {
            panic!("{} checks", checks.len())
        };
        assert_eq!(check.alg, alg);
        assert_eq!(check.key.to_jwk(), keys[0].to_jwk());
        let (signing_input, signature) = token.rsplit_once('.').unwrap();
        assert_eq!(check.signing_input, signing_input.as_bytes());
        assert_eq!(encode(check.signature), signature);

        assert!(check.answered(false).is_none());
        let proof = check.answered(true).unwrap();
        assert_eq!(jws.payload(&proof), payload.as_bytes());
        assert_eq!(payload_of(token).unwrap(), payload.as_bytes());
    }
}

#[test]
fn the_header_is_read_decoded() {
    let token = token(
        " {\"typ\":\"J\\u0057T\", \"kid\":\"\\ud83d\\ude00\", \"alg\":\"E\\u0053256\",\"x\":[1]}\n",
    );
    let jws = Jws::parse(&token, Algs::ALL).unwrap();
    assert_eq!(
        (jws.alg(), jws.kid(), jws.typ()),
        (Alg::Es256, Some("😀"), Some("JWT"))
    );
    assert_eq!(jws.header().get("x").map(Json::raw), Some("[1]"));
}

#[test]
fn segments_are_three_and_strictly_encoded() {
    let [header, payload, signature] = [&*encode(br#"{"alg":"ES256"}"#), "e30", "AAAA"];
    assert!(Jws::parse(&format!("{header}.{payload}.{signature}"), Algs::ALL).is_ok());
    for (what, token, place) in [
        ("nothing", String::new(), Place::None),
        ("one segment", header.to_string(), Place::None),
        ("two segments", format!("{header}.{payload}"), Place::None),
        (
            "four segments",
            format!("{header}.{payload}.{signature}.{signature}"),
            Place::None,
        ),
        (
            "an encrypted token",
            format!("{header}.{payload}.AA.AA.AA"),
            Place::None,
        ),
        (
            "a leading dot",
            format!(".{header}.{payload}.{signature}"),
            Place::None,
        ),
        (
            "a trailing dot",
            format!("{header}.{payload}.{signature}."),
            Place::None,
        ),
        ("dots alone", "..".to_string(), Place::Header),
        (
            "JSON serialisation",
            r#"{"payload":"e30","protected":"e30"}"#.to_string(),
            Place::None,
        ),
        (
            "padding in the header",
            format!("{header}=.{payload}.{signature}"),
            Place::Header,
        ),
        (
            "a space before",
            format!(" {header}.{payload}.{signature}"),
            Place::Header,
        ),
        (
            "a line break after",
            format!("{header}.{payload}.{signature}\n"),
            Place::Signature,
        ),
        (
            "a padded payload",
            format!("{header}.e30=.{signature}"),
            Place::Payload,
        ),
        (
            "the standard alphabet in the payload",
            format!("{header}.ab+/.{signature}"),
            Place::Payload,
        ),
        (
            "an impossible length",
            format!("{header}.e30aa.{signature}"),
            Place::Payload,
        ),
        (
            "trailing bits in the payload",
            format!("{header}.e31.{signature}"),
            Place::Payload,
        ),
        (
            "trailing bits in the signature",
            format!("{header}.{payload}.AB"),
            Place::Signature,
        ),
        (
            "a NUL in the signature",
            format!("{header}.{payload}.AA\0A"),
            Place::Signature,
        ),
        (
            "a character that is not ASCII",
            format!("{header}.{payload}.AAé"),
            Place::Signature,
        ),
    ] {
        let error = refused(&token);
        assert_eq!(error, Code::JwtMalformed.at(place), "{what}");
    }
}

#[test]
fn the_header_is_one_unambiguous_object() {
    for (what, header) in [
        ("nothing", &b""[..]),
        ("null", b"null"),
        ("a number", b"1"),
        ("a string", br#""ES256""#),
        ("an array", br#"[{"alg":"ES256"}]"#),
        ("truncated", br#"{"alg":"ES256""#),
        ("trailing bytes", br#"{"alg":"ES256"}{}"#),
        ("a byte-order mark", b"\xef\xbb\xbf{\"alg\":\"ES256\"}"),
        ("invalid UTF-8", b"{\"alg\":\"ES256\",\"x\":\"\xff\"}"),
        ("a lone surrogate", br#"{"alg":"ES256","x":"\ud800"}"#),
        (
            "a raw control character",
            b"{\"alg\":\"ES256\",\"x\":\"\n\"}",
        ),
        ("alg twice", br#"{"alg":"ES256","alg":"ES256"}"#),
        (
            "alg twice, once escaped",
            br#"{"alg":"ES256","al\u0067":"none"}"#,
        ),
        ("kid twice", br#"{"alg":"ES256","kid":"a","kid":"b"}"#),
    ] {
        let token = format!("{}.e30.AAAA", encode(header));
        assert_eq!(
            refused(&token),
            Code::JwtMalformed.at(Place::Header),
            "{what}"
        );
    }
}

#[test]
fn the_algorithm_is_known_and_allowed() {
    for header in [
        r"{}",
        r#"{"alg":null}"#,
        r#"{"alg":256}"#,
        r#"{"alg":["ES256"]}"#,
        r#"{"alg":""}"#,
        r#"{"alg":"ES256 "}"#,
        r#"{"alg":"es256"}"#,
        r#"{"ALG":"ES256"}"#,
        r#"{"alg":"none"}"#,
        r#"{"alg":"None"}"#,
        r#"{"alg":"nOnE"}"#,
        r#"{"alg":"HS256"}"#,
        r#"{"alg":"HS512"}"#,
        r#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#,
    ] {
        let header_segment = encode(header.as_bytes());
        for signature in ["", "AAAA"] {
            let token = format!("{header_segment}.e30.{signature}");
            assert_eq!(refused(&token), Code::JwtAlg.into(), "{header}");
        }
    }
    for alg in Alg::ALL {
        let token = token(&format!("{{\"alg\":\"{}\"}}", alg.as_str()));
        assert!(Jws::parse(&token, Algs::NONE.with(*alg)).is_ok(), "{alg:?}");
        let others = Alg::ALL.iter().filter(|other| *other != alg);
        let others = others.fold(Algs::NONE, |set, other| set.with(*other));
        assert_eq!(
            Jws::parse(&token, others).err(),
            Some(Code::JwtAlg.into()),
            "{alg:?}"
        );
    }
}

#[test]
fn extensions_compression_and_nesting_are_refused() {
    for (members, expected) in [
        (r#""crit":["exp"]"#, Code::JwtCrit.at(Place::None)),
        (r#""crit":[]"#, Code::JwtCrit.at(Place::None)),
        (r#""crit":null"#, Code::JwtCrit.at(Place::None)),
        (r#""crit":"b64""#, Code::JwtCrit.at(Place::None)),
        (r#""crit":["absent"]"#, Code::JwtCrit.at(Place::None)),
        (r#""crit":["alg"]"#, Code::JwtCrit.at(Place::None)),
        (
            r#""crit":["b64"],"b64":false"#,
            Code::JwtCrit.at(Place::None),
        ),
        (
            r#""crit":["b64"],"b64":true"#,
            Code::JwtCrit.at(Place::None),
        ),
        (r#""b64":false"#, Code::JwtCrit.at(Place::None)),
        (r#""b64":null"#, Code::JwtCrit.at(Place::None)),
        (r#""b64":"true""#, Code::JwtCrit.at(Place::None)),
        (r#""zip":"DEF""#, Code::JwtMalformed.at(Place::Zip)),
        (r#""zip":null"#, Code::JwtMalformed.at(Place::Zip)),
        (r#""cty":"JWT""#, Code::JwtMalformed.at(Place::Cty)),
        (r#""cty":"jwt""#, Code::JwtMalformed.at(Place::Cty)),
        (
            r#""cty":"application/JWT""#,
            Code::JwtMalformed.at(Place::Cty),
        ),
        (r#""cty":["JWT"]"#, Code::JwtMalformed.at(Place::Cty)),
        (r#""kid":1"#, Code::JwtMalformed.at(Place::Kid)),
        (r#""kid":null"#, Code::JwtMalformed.at(Place::Kid)),
        (r#""typ":1"#, Code::JwtMalformed.at(Place::Typ)),
        (r#""typ":["JWT"]"#, Code::JwtMalformed.at(Place::Typ)),
    ] {
        let token = token(&format!("{{\"alg\":\"ES256\",{members}}}"));
        assert_eq!(refused(&token), expected, "{members}");
    }
    for members in [
        r#""b64":true"#,
        r#""cty":"json""#,
        r#""jku":"https://evil.example/","x5u":1,"jwk":{"kty":"oct","k":"AA"},"x5c":[""]"#,
        r#""kid":"../../etc/passwd","typ":"at+jwt""#,
        r#""kid":"' OR 1=1","enc":"A256GCM""#,
    ] {
        let token = token(&format!("{{\"alg\":\"ES256\",{members}}}"));
        assert!(Jws::parse(&token, Algs::ALL).is_ok(), "{members}");
    }
}

#[test]
fn the_limits_are_exact() {
    let header = |length: usize| {
        let bytes = length / 4 * 3;
        let frame = br#"{"alg":"ES256","x":""}"#.len();
        let header = format!(
            "{{\"alg\":\"ES256\",\"x\":\"{}\"}}",
            "a".repeat(bytes - frame)
        );
        assert_eq!(encode(header.as_bytes()).len(), length);
        token(&header)
    };
    let of_length = |length: usize| {
        let mut token = format!("{}.", encode(br#"{"alg":"ES256"}"#));
        let payload = (length - token.len() - 1) / 4 * 4;
        token.push_str(&"A".repeat(payload));
        token.push('.');
        token.push_str(&"A".repeat(length - token.len()));
        token
    };
    let nested = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        token(&format!("{{\"alg\":\"ES256\",\"x\":{open}{close}}}"))
    };
    for (what, token, expected) in [
        ("the longest header", header(MAX_HEADER), None),
        (
            "a header too long",
            header(MAX_HEADER + 4),
            Some(Code::JwtTooLarge),
        ),
        ("the longest token", of_length(MAX_TOKEN), None),
        (
            "a token too long",
            of_length(MAX_TOKEN + 1),
            Some(Code::JwtTooLarge),
        ),
        ("the deepest header", nested(31), None),
        ("a header too deep", nested(32), Some(Code::JwtTooLarge)),
    ] {
        let verdict = Jws::parse(&token, Algs::ALL).err().map(Error::code);
        assert_eq!(verdict, expected, "{what}");
    }
}

#[test]
fn of_two_defects_the_earlier_one_is_told() {
    let unsigned = |header: &str| format!("{}.e30.", encode(header.as_bytes()));
    for (what, token, expected) in [
        (
            "size before segments",
            "a".repeat(MAX_TOKEN + 1),
            Code::JwtTooLarge.at(Place::None),
        ),
        (
            "the header's size before its encoding",
            format!("{}.e30.AAAA", "=".repeat(MAX_HEADER + 1)),
            Code::JwtTooLarge.at(Place::None),
        ),
        (
            "segments before encoding",
            "=.=".to_string(),
            Code::JwtMalformed.at(Place::None),
        ),
        (
            "encoding before JSON",
            "AAAA.e30.=".to_string(),
            Code::JwtMalformed.at(Place::Signature),
        ),
        (
            "encoding before the algorithm",
            format!("{}.=.", encode(br#"{"alg":"none"}"#)),
            Code::JwtMalformed.at(Place::Payload),
        ),
        (
            "JSON before the algorithm",
            unsigned(r#"{"alg":"none","alg":"none"}"#),
            Code::JwtMalformed.at(Place::Header),
        ),
        (
            "the algorithm before extensions",
            unsigned(r#"{"alg":"none","crit":["x"],"kid":1}"#),
            Code::JwtAlg.at(Place::None),
        ),
        (
            "extensions before compression",
            unsigned(r#"{"alg":"ES256","b64":false,"zip":"DEF"}"#),
            Code::JwtCrit.at(Place::None),
        ),
    ] {
        assert_eq!(refused(&token), expected, "{what}");
    }
}

#[test]
fn a_signature_has_the_length_its_key_demands() {
    let all = [
        vectors::RS256_KEY,
        vectors::ES256_KEY,
        vectors::ES512_KEY,
        vectors::EDDSA_KEY,
    ]
    .map(key);
    for (alg, good) in [
        ("RS256", 256),
        ("PS512", 256),
        ("ES256", 64),
        ("ES512", 132),
        ("EdDSA", 64),
    ] {
        for length in [
            0, 1, 63, 64, 65, 70, 72, 96, 128, 130, 131, 132, 133, 255, 256, 257, 512,
        ] {
            let header = encode(format!("{{\"alg\":\"{alg}\"}}").as_bytes());
            let token = format!("{header}.e30.{}", encode(&vec![1; length]));
            let jws = Jws::parse(&token, Algs::ALL).unwrap();
            match jws.checks(&all) {
                Ok(checks) => assert_eq!((checks.len(), length), (1, good), "{alg}"),
                Err(error) => {
                    assert_eq!(error, Code::JwtSignature.into(), "{alg} {length}");
                    assert_ne!(length, good, "{alg}");
                }
            }
        }
    }
}

#[test]
fn only_keys_that_fit_are_checked() {
    let token = token(r#"{"alg":"ES256"}"#);
    let jws = Jws::parse(&token, Algs::ALL).unwrap();
    let fitting = key(vectors::ES256_KEY);
    let others = [vectors::RS256_KEY, vectors::ES512_KEY, vectors::EDDSA_KEY]
        .map(key)
        .to_vec();
    assert_eq!(jws.checks(&[]).err(), Some(Code::JwksNoKey.into()));
    assert_eq!(jws.checks(&others).err(), Some(Code::JwksNoKey.into()));
    let keys = [vec![fitting.clone()], others, vec![fitting]].concat();
    let checks = jws.checks(&keys).unwrap();
    assert_eq!(checks.len(), 2);
    assert!(
        checks
            .iter()
            .all(|check| check.key.to_jwk() == keys[0].to_jwk())
    );
}

#[test]
fn a_stored_token_that_is_none_has_no_payload() {
    for token in ["", "a.b", "e30.e30.e30.e30", "e30.e3=.AAAA", "e30.e31.AAAA"] {
        assert_eq!(payload_of(token), None, "{token}");
    }
    assert_eq!(payload_of("e30..AAAA"), Some(Vec::new()));
}

proptest! {
    #[test]
    fn a_token_is_read_in_one_way_or_not_at_all(
        header in "\\{\"alg\":\"(ES256|none)\"(,\"kid\":\"[a-z]{0,2}\")?\\}",
        payload: Vec<u8>,
        signature: [u8; 32],
        damage in prop::option::of((any::<prop::sample::Index>(), "[.A-Za-z0-9+/=_-]")),
    ) {
        let sound = [header.as_bytes(), &payload, &signature.repeat(2)].map(encode).join(".");
        let mut token = sound.clone();
        if let Some((at, piece)) = damage {
            let at = at.index(token.len());
            token.replace_range(at..=at, &piece);
        }
        let keys = [key(vectors::ES256_KEY)];
        match Jws::parse(&token, Algs::ALL) {
            Ok(jws) => {
                if let Ok(checks) = jws.checks(&keys) {
                    let proof = checks[0].answered(true).unwrap();
                    let again = [jws.header().raw().as_bytes(), jws.payload(&proof), checks[0].signature];
                    prop_assert_eq!(again.map(encode).join("."), token.clone());
                    prop_assert_eq!(payload_of(&token).unwrap(), jws.payload(&proof));
                }
            }
            Err(_) => prop_assert!(token != sound || header.contains("none")),
        }
    }

    #[test]
    fn any_text_gets_a_verdict(text in "[.eyJhbGciOiJFUzI1NiJ9=\\PC]{0,40}") {
        let _verdict = (Jws::parse(&text, Algs::ALL).is_ok(), payload_of(&text));
    }
}
