//! Forms: a field means the same however it is escaped, and whatever stands beside it.

use portcullis::codec::form::parse;
use proptest::prelude::*;

use super::spelled;

proptest! {
    #[test]
    fn every_spelling_of_a_text_is_read_alike(
        name in "[^\u{0}]{0,8}",
        value in "[^\u{0}]{0,8}",
        choices in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        let mut choices = choices.into_iter().cycle();
        let text = [spelled(&name, &mut choices), spelled(&value, &mut choices)].join("=");
        prop_assert_eq!(parse(&text), Some(vec![(name, value)]));
    }

    #[test]
    fn two_forms_side_by_side_are_read_as_each_alone(
        one in "[%+&=a0-9é\u{0}]{0,12}",
        other in "[%+&=a0-9é\u{0}]{0,12}",
    ) {
        let both = parse(&[&*one, "&", &*other].concat());
        let apart = parse(&one).zip(parse(&other)).map(|(one, other)| [one, other].concat());
        prop_assert_eq!(both, apart);
    }

    #[test]
    fn what_is_cut_within_an_escape_is_refused(text in "[a-z]{0,4}", byte in 1_u8..0x80, length in 1_usize..3) {
        let escape = format!("%{byte:02X}");
        prop_assert!(parse(&[&*text, &*escape].concat()).is_some());
        prop_assert_eq!(parse(&[&*text, &escape[..length]].concat()), None);
    }
}
