//! What is no token, by the first defect of it.

use super::token;
use crate::{
    codec::base64url::encode,
    error::{Code, Error, Place},
    jose::{
        alg::{Alg, Algs},
        jws::{Jws, MAX_HEADER, MAX_TOKEN},
    },
};
use std::{
    format,
    string::{String, ToString},
};

fn refused(token: &str) -> Error {
    Jws::parse(token, Algs::ALL)
        .err()
        .unwrap_or_else(|| panic!("accepted: {token}"))
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
