//! The only unsafe code of the workspace: calls of librdkafka that the safe wrapper does not offer.
//!
//! They are documented in librdkafka's `rdkafka.h`. Each costs a fraction of the equivalent in the wrapper, which takes
//! one record at a time, looks up the topic by name for each, and polls on a timer.
#![expect(unsafe_code, reason = "calls librdkafka directly; every block says why it is sound")]

pub(super) use self::{
    admin::AnswerQueue,
    answers::{Answer, AnswerError, OffsetAnswer, Rights, TopicAnswer},
    brokers::bootstrap_again,
    consume::{BatchQueue, NativeRecord, commit, destroy_closed},
    oauth::TokenSetter,
    produce::{Inbox, TopicHandle, end_linger},
};

mod admin;
mod answers;
mod brokers;
mod consume;
mod oauth;
mod produce;
