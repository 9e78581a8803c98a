//! Messages for the unit tests of handlers that publish.

use super::{LazyPublisher, Publisher, PublisherShared};
use crate::{
    config::MessageIdLocation,
    handler::{
        Context, States,
        testing::{text, with_provider},
    },
};

/// Calls `test` with the context of a message that has this payload, and the publisher of a service without Kafka.
pub(crate) fn with_message<R>(payload: &str, states: &States, test: impl FnOnce(&Context<'_>) -> R) -> R {
    let publisher = Publisher::new(PublisherShared::disabled("group", "service", MessageIdLocation::default()));
    with_provider(&text(payload), states, &LazyPublisher::new(&publisher, 0, 0, None), test)
}
