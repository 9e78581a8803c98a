//! What travels through the pipeline: records as Kafka holds them, and the JSON envelope in them.

pub(crate) mod envelope;
mod record;
mod waiting;

pub(crate) use self::{
    record::{Header, Origin, Record, RecordTime, SetBy, StoredRecord},
    waiting::WaitingRecord,
};
