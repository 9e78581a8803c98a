//! The handler: makes an event of a command.

use std::cell::RefCell;

use sentry_arroyo::{
    backends::kafka::types::KafkaPayload,
    processing::strategies::{InvalidMessage, InvalidMessageReason},
    types::{BrokerMessage, InnerMessage, Message},
};
use workload::{Arm, CREATE_ORDER, Command, Encoder, OrderCreated};

/// The handler on its own thread.
pub(crate) fn handle_blocking(
    arm: &Arm,
    message: Message<KafkaPayload>,
) -> Result<Message<KafkaPayload>, InvalidMessage> {
    let event = decoded(&message)?;
    arm.work_blocking();
    Ok(finished(arm, message, event))
}

/// The handler in a task of the runtime.
pub(crate) async fn handle(arm: &Arm, message: Message<KafkaPayload>) -> Result<Message<KafkaPayload>, InvalidMessage> {
    let event = decoded(&message)?;
    arm.work().await;
    Ok(finished(arm, message, event))
}

/// The fields that the event copies from the command.
struct Decoded {
    correlation_id: String,
    payload: OrderCreated,
}

fn decoded(message: &Message<KafkaPayload>) -> Result<Decoded, InvalidMessage> {
    let value = message.payload().payload().map_or(&[][..], Vec::as_slice);
    let decode = || {
        let command = Command::decode(value).ok().filter(|command| command.kind == CREATE_ORDER)?;
        let payload = OrderCreated::from(command.order().ok()?);
        Some(Decoded { correlation_id: command.correlation_id.to_owned(), payload })
    };
    decode().ok_or_else(|| {
        let BrokerMessage { partition, offset, .. } = *of_broker(message);
        InvalidMessage { partition, offset, reason: InvalidMessageReason::Invalid }
    })
}

fn finished(arm: &Arm, message: Message<KafkaPayload>, event: Decoded) -> Message<KafkaPayload> {
    thread_local! {
        static ENCODER: RefCell<Encoder> = RefCell::default();
    }
    let BrokerMessage { partition, offset, .. } = *of_broker(&message);
    let (partition, offset) = (partition.index.into(), offset.try_into().expect("an offset is not negative"));
    let value = ENCODER.with_borrow_mut(|encoder| {
        encoder.event(&arm.source, &event.correlation_id, &event.payload, partition, offset).to_vec()
    });
    let key = message.payload().key().cloned();
    arm.handled(key.as_deref().unwrap_or_default());
    message.replace(KafkaPayload::new(key, None, Some(value)))
}

fn of_broker<T>(message: &Message<T>) -> &BrokerMessage<T> {
    match &message.inner_message {
        InnerMessage::BrokerMessage(message) => message,
        InnerMessage::AnyMessage(_) => panic!("only a batching strategy makes these"),
    }
}
