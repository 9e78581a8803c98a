//! The hash by which records with the same key find each other.

use std::hash::Hasher;

use rustc_hash::FxHasher;

/// Identifies a key within a scope: an assignment, or a topic that is written to. Two keys with the same hash are kept in
/// one order, which is harmless.
pub(crate) type KeyHash = u64;

/// The hash of a key in its scope.
pub(crate) fn key_hash(scope: u32, key: &[u8]) -> KeyHash {
    let mut hasher = FxHasher::default();
    hasher.write_u32(scope);
    hasher.write(key);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_scopes_have_hashes_of_their_own() {
        assert_ne!(key_hash(1, b"a"), key_hash(1, b"b"));
        assert_ne!(key_hash(1, b"a"), key_hash(2, b"a"));
        assert_eq!(key_hash(1, b"a"), key_hash(1, b"a"));
    }
}
