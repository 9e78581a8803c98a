//! Envelope fields with a value that is not meaningful, which count as absent.

use rustc_hash::FxHashSet;

use crate::{
    engine::Counters,
    message::{
        Origin,
        envelope::{Ignored, Unexpected},
    },
};

/// The fields that were logged: each once per type.
#[derive(Debug, Default)]
pub(super) struct IgnoredFields(FxHashSet<(&'static str, Unexpected)>);

impl IgnoredFields {
    #[cold]
    pub(super) fn note(&mut self, counters: &Counters, ignored: Ignored, origin: &Origin<'_>) {
        for (field, found) in ignored.fields() {
            Counters::add(&counters.ignored_fields, 1);
            if self.0.insert((field, found)) {
                tracing::warn!(
                    topic = origin.topic,
                    partition = origin.partition,
                    offset = origin.offset,
                    field,
                    found = %found,
                    help = expected(field),
                    "envelope field ignored (further occurrences are counted, not logged)"
                );
            }
        }
    }
}

fn expected(field: &str) -> &'static str {
    match field {
        "timestamp" => {
            "the producer should write RFC 3339 (`2026-11-23T17:40:00Z`) or integer milliseconds since the Unix epoch"
        }
        _ => "the producer should write a string",
    }
}
