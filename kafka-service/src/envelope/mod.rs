//! DECODE, step 1: the JSON envelope around a payload. Pure: bytes in, borrowed members out, and the way back.
//!
//! The layout is that of the services which follow the Python guide:
//! `{"type", "correlation_id", "timestamp", "payload", "source"}`, to which we add `id`.

mod decode;
mod encode;
mod extra;
mod identity;
mod member;
mod not_json;
mod scan;
mod text;
mod timestamp;

pub(crate) use decode::{Envelope, EnvelopeError};
pub(crate) use encode::{Clock, Head, encode};
pub(crate) use extra::extra_members;
pub(crate) use identity::{Identity, StoredIdentity};
pub(crate) use timestamp::parse as parse_timestamp;
