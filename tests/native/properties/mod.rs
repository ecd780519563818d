//! Properties of the readers as they are used from outside: each holds for whatever input there
//! is, and says so without the code that it tries.

use std::fmt::Write;

mod callback;
mod challenge;
mod claims;
mod connections;
mod discovery;
mod form;
mod jwks;
mod records;

/// `text` in one of its many spellings in a form, as `choices` has it.
fn spelled(text: &str, choices: &mut impl Iterator<Item = u8>) -> String {
    let mut spelled = String::new();
    for character in text.chars() {
        let is_plain = character.is_ascii_alphanumeric() || "-._~:/?@!$'()*,;".contains(character);
        match choices.next().expect("endless choices") % 3 {
            1 if is_plain => spelled.push(character),
            1 if character == ' ' => spelled.push('+'),
            choice => {
                for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                    if choice == 2 {
                        write!(spelled, "%{byte:02x}").unwrap();
                    } else {
                        write!(spelled, "%{byte:02X}").unwrap();
                    }
                }
            }
        }
    }
    spelled
}
