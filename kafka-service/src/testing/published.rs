//! A publisher for unit tests, and what it has published.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::Value;

use crate::{
    acks::{Acks, Bound, BoundGuard},
    clock::SystemClock,
    config::Config,
    handler::Headers,
    publisher::{Publisher, PublisherShared},
    sync,
    transport::{DeliveryReports as _, OutRecord, Producer, SendError, Token, TopicId},
};

/// Creates a publisher for a unit test, and the list of what it publishes. Every publication succeeds at once.
///
/// The publisher is the one of the [message](super::message()) `test`: it is bound to it as in a handler, so events have
/// its correlation id, `test`. For another correlation id or a key, extract the publisher from a message that has them,
/// and read [`Message::published`](super::Message::published).
///
/// # Examples
///
/// ```
/// use kafka_service::{Event, HandlerError, Publisher, command, testing};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Deserialize)]
/// struct ExportUsers { pages: u32 }
///
/// #[derive(Serialize, Event)]
/// #[event("export.progressed")]
/// struct Progressed { page: u32 }
///
/// #[command("export_users")]
/// async fn export_users(publisher: Publisher, export: ExportUsers) -> Result<(), HandlerError> {
///     for page in 0..export.pages {
///         publisher.publish(&Progressed { page }).header("format", "csv").await?;
///     }
///     Ok(())
/// }
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), HandlerError> {
/// // In a `#[tokio::test]`:
/// let (publisher, published) = testing::publisher();
/// export_users(publisher, ExportUsers { pages: 2 }).await?;
///
/// let [first, second] = published.messages().try_into().unwrap();
/// assert_eq!((first.message_type(), first.correlation_id()), ("export.progressed", "test"));
/// assert_eq!(first.headers().get_str("format"), Some("csv"));
/// assert_eq!(second.payload()["page"], 1);
/// # Ok(()) }
/// ```
#[must_use]
#[expect(clippy::missing_panics_doc, reason = "the message is valid")]
pub fn publisher() -> (Publisher, Published) {
    let published = Published::default();
    let publisher = super::message("test").record_to(&published).extract();
    (publisher.expect("the message is valid, and a publisher needs no state"), published)
}

/// What the publishers of a test have published, from [`publisher`](publisher()) or
/// [`Message::published`](super::Message::published). A clone shows the same list.
#[derive(Clone, Debug, Default)]
pub struct Published(Arc<Records>);

impl Published {
    /// Returns everything that was published so far, in order: what was awaited and what was detached.
    #[must_use]
    pub fn messages(&self) -> Vec<PublishedMessage> {
        sync::lock(&self.0.messages).clone()
    }

    /// A publisher that records here, and the guard of a command that has ended, to which it can be bound: nothing waits
    /// for the publications of such a command.
    pub(super) fn publisher(&self) -> (Publisher, BoundGuard) {
        let acks = Arc::new(Acks::new().0);
        let recorder = Arc::new(Recorder { records: Arc::clone(&self.0), acks: Arc::clone(&acks) });
        let topics = [self.0.topic(COMMANDS), self.0.topic(EVENTS)];
        let bound = Bound::new(Arc::clone(&acks), 0, 0);
        bound.end(0);
        let clock = Arc::new(SystemClock);
        let shared = PublisherShared::new(&Config::new("test"), recorder, acks, clock, topics[1], topics[0]);
        (Publisher::new(shared), BoundGuard::new(bound))
    }
}

const COMMANDS: &str = "service_commands";
const EVENTS: &str = "service_events";

/// An event or a command that was published in a test.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishedMessage {
    topic: String,
    key: Option<Vec<u8>>,
    headers: Headers,
    envelope: Value,
}

impl PublishedMessage {
    /// Returns the type of the event or the name of the command.
    #[must_use]
    pub fn message_type(&self) -> &str {
        self.text("type").unwrap_or_default()
    }

    /// Returns the correlation id.
    #[must_use]
    pub fn correlation_id(&self) -> &str {
        self.text("correlation_id").unwrap_or_default()
    }

    /// Returns the id of the message.
    #[must_use]
    pub fn message_id(&self) -> Option<&str> {
        self.text("id")
    }

    /// Returns the payload as JSON.
    #[must_use]
    pub fn payload(&self) -> &Value {
        &self.envelope["payload"]
    }

    /// Returns the record key.
    #[must_use]
    pub fn key(&self) -> Option<&[u8]> {
        self.key.as_deref()
    }

    /// Returns the headers of the record.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// Returns the topic: by default `service_events` for events and `service_commands` for commands.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.topic
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.envelope[field].as_str()
    }
}

/// The messages and the topics of some publishers.
#[derive(Debug, Default)]
struct Records {
    messages: Mutex<Vec<PublishedMessage>>,
    topics: Mutex<Vec<String>>,
}

impl Records {
    fn topic(&self, name: &str) -> TopicId {
        let mut topics = sync::lock(&self.topics);
        TopicId(topics.iter().position(|topic| topic == name).unwrap_or_else(|| {
            topics.push(name.to_owned());
            topics.len() - 1
        }))
    }
}

/// A producer that records instead of sending.
struct Recorder {
    records: Arc<Records>,
    acks: Arc<Acks>,
}

impl Producer for Recorder {
    fn send(&self, record: &OutRecord<'_>, token: Token) -> Result<(), SendError> {
        let envelope = serde_json::from_slice(record.value.unwrap_or_default());
        let message = PublishedMessage {
            topic: self.topic_name(record.topic),
            key: record.key.map(<[u8]>::to_vec),
            headers: Headers::new(record.headers.to_vec()),
            envelope: envelope.map_err(|error| SendError::refused(error.to_string()))?,
        };
        sync::lock(&self.records.messages).push(message);
        self.acks.delivered(token);
        Ok(())
    }

    fn topic(&self, name: &str) -> Result<TopicId, String> {
        Ok(self.records.topic(name))
    }

    fn topic_name(&self, TopicId(index): TopicId) -> String {
        sync::lock(&self.records.topics).get(index).cloned().unwrap_or_default()
    }

    fn idle(&self) {}

    fn flush(&self, _: Duration) -> usize {
        0
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Recorder").field("records", &self.records).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;
    use serde_json::json;

    use super::*;
    use crate::{handler::CorrelationId, publisher::MessageContext, testing::message};

    #[derive(Serialize, kafka_service_macros::Event)]
    #[event("user.created", key = name, crate = crate)]
    struct UserCreated {
        name: &'static str,
    }

    #[derive(Serialize, kafka_service_macros::Command)]
    #[command("send_mail", crate = crate)]
    struct SendMail {
        to: &'static str,
    }

    #[tokio::test]
    async fn publications_succeed_and_are_recorded_in_order() {
        let (publisher, published) = publisher();
        assert_eq!(published.messages(), []);
        publisher.publish(&UserCreated { name: "Ada" }).header("trace", "t-1").await.unwrap();
        publisher.send(&SendMail { to: "ada" }).correlation_id("c-2").await.unwrap();
        publisher.publish_event("user.seen", json!(7)).to("audit").key("k").detach();
        let [created, mail, seen] = published.messages().try_into().unwrap();
        assert_eq!((created.message_type(), created.topic()), ("user.created", "service_events"));
        assert_eq!((created.correlation_id(), created.key()), ("test", Some(b"Ada".as_slice())));
        assert_eq!((created.payload(), created.headers().get_str("trace")), (&json!({"name": "Ada"}), Some("t-1")));
        assert!(created.message_id().is_some() && created.message_id() != seen.message_id());
        assert_eq!(
            (mail.message_type(), mail.topic(), mail.correlation_id()),
            ("send_mail", "service_commands", "c-2")
        );
        assert_eq!((seen.payload(), seen.topic(), seen.key()), (&json!(7), "audit", Some(b"k".as_slice())));
    }

    #[tokio::test]
    async fn the_publisher_of_a_message_has_its_correlation_id_and_key() {
        let message = message("create_user").correlation_id("c-1").key("ada");
        let (publisher, context): (Publisher, MessageContext) = message.extract().unwrap();
        publisher.publish_event("user.created", json!({})).await.unwrap();
        context.publisher().publish_event("user.seen", json!({})).await.unwrap();
        let id: CorrelationId = message.extract().unwrap();
        let messages = message.published().messages();
        assert_eq!(messages.len(), 2);
        for published in messages {
            assert_eq!((published.correlation_id(), published.key()), (id.as_str(), Some(b"ada".as_slice())));
        }
    }

    #[tokio::test]
    async fn a_bad_publication_is_an_error_and_is_not_recorded() {
        let (publisher, published) = publisher();
        assert!(publisher.publish_event("", json!({})).await.is_err());
        assert!(publisher.publish_event("user.seen", json!({})).to("no topic").await.is_err());
        publisher.publish_event(" ", json!({})).detach();
        assert_eq!(published.messages(), []);
    }
}
