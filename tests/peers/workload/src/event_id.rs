//! Event ids that a redelivered command reproduces.

use std::{env, sync::OnceLock};

use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_128;

/// The event id for the command at this position of the commands topic: a hash of group, topic and position as a UUID
/// of version 8. Group and topic are those of [`Arm::from_env`](crate::Arm::from_env).
#[must_use]
pub fn event_id(partition: i32, offset: i64) -> [u8; 36] {
    static SEED: OnceLock<Vec<u8>> = OnceLock::new();
    const POSITION: usize = 12;
    let seed = SEED.get_or_init(|| {
        let mut seed = format!("{}\0{}\0", variable("GROUP"), variable("COMMANDS")).into_bytes();
        assert!(seed.len() + POSITION <= 256, "the group and topic names are too long");
        seed.extend([0; POSITION]);
        seed
    });
    let mut bytes = [0; 256];
    let bytes = &mut bytes[..seed.len()];
    bytes.copy_from_slice(seed);
    let (head, position) = bytes.split_at_mut(seed.len() - POSITION);
    position[..4].copy_from_slice(&partition.to_be_bytes());
    position[4..].copy_from_slice(&offset.to_be_bytes());
    debug_assert!(!head.is_empty());
    let mut text = [0; 36];
    Uuid::new_v8(xxh3_128(bytes).to_be_bytes()).hyphenated().encode_lower(&mut text);
    text
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}
