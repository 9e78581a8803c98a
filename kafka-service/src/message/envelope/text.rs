//! Finds the bytes of a JSON string that need no escape.

/// The number of leading bytes that need no escape in a JSON string: up to the first quote, backslash or control
/// character (RFC 8259, section 7). Scans eight bytes at a time, and 64 in a long text.
#[inline]
pub(super) fn plain(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    loop {
        for _ in 0..CHUNK / size_of::<u64>() {
            let Some((word, behind)) = rest.split_first_chunk() else {
                let special = rest.iter().position(|byte| is_special(*byte));
                return bytes.len() - rest.len() + special.unwrap_or(rest.len());
            };
            let special = special(u64::from_le_bytes(*word));
            if special != 0 {
                return bytes.len() - rest.len() + special.trailing_zeros() as usize / 8;
            }
            rest = behind;
        }
        rest = behind_plain_chunks(rest);
    }
}

const CHUNK: usize = 64;

/// Skips the leading whole chunks without special bytes.
fn behind_plain_chunks(mut rest: &[u8]) -> &[u8] {
    while let Some((chunk, behind)) = rest.split_first_chunk::<CHUNK>() {
        // No branch per byte, so that the compiler can vectorize the loop.
        if chunk.iter().fold(false, |found, byte| found | is_special(*byte)) {
            break;
        }
        rest = behind;
    }
    rest
}

fn is_special(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

/// Sets the highest bit of each special byte. Only the lowest set bit is reliable; those above it mean nothing.
fn special(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHEST: u64 = 0x80 * ONES;
    // For a byte less than `limit`, the subtraction borrows and sets its highest bit. A borrow may affect the bytes
    // above, but these do not matter then.
    let less = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word;
    let is = |byte: u8| less(word ^ (ONES * u64::from(byte)), 1);
    (less(word, 0x20) | is(b'"') | is(b'\\')) & HIGHEST
}

/// Appends the content of a JSON string, without the quotes.
pub(super) fn write(out: &mut Vec<u8>, value: &str) {
    if plain(value.as_bytes()) == value.len() {
        return out.extend_from_slice(value.as_bytes());
    }
    let quoted = serde_json::to_vec(value).expect("serializing a string cannot fail");
    out.extend_from_slice(&quoted[1..quoted.len() - 1]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_special_byte_is_found(
            plain_ones in proptest::collection::vec(prop_oneof![Just(b'a'), Just(b' '), Just(0xff)], 0..300),
            any_ones in proptest::collection::vec(prop_oneof![any::<u8>(), 0x1eu8..0x24, Just(b'\\')], 0..40),
        ) {
            let bytes = [plain_ones, any_ones].concat();
            let expected = bytes.iter().position(|byte| *byte < 0x20 || *byte == b'"' || *byte == b'\\');
            prop_assert_eq!(plain(&bytes), expected.unwrap_or(bytes.len()));
        }

        #[test]
        fn escaping_agrees_with_serde_json(value in any::<String>()) {
            let mut out = vec![b'"'];
            write(&mut out, &value);
            out.push(b'"');
            prop_assert_eq!(out, serde_json::to_vec(&value).unwrap());
        }
    }
}
