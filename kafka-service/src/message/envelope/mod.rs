//! The JSON envelope around a payload. Pure: bytes to borrowed fields, and back.
//!
//! The layout is the one that many Python services write by hand:
//! `{"type", "correlation_id", "timestamp", "payload", "source"}`, to which this crate adds `id`.

mod decode;
mod encode;
mod extra;
mod field;
mod guess;
mod identity;
mod names;
mod not_json;
mod scan;
mod text;
mod timestamp;

pub(crate) use decode::{Envelope, EnvelopeError, Ignored};
pub(crate) use encode::{Head, TimestampText, encode};
pub(crate) use extra::extra_fields;
pub(crate) use field::Unexpected;
pub(crate) use identity::{Identity, StoredIdentity};
pub(crate) use names::{instead_of, is_same_word};
pub(crate) use timestamp::parse as parse_timestamp;
