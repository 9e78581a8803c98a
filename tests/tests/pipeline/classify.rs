//! Error classes, stated once per type: by the derive, and by the service.

use std::time::Duration;

use kafka_service::{Classify, ErrorClass, HandlerError, KafkaService, MessageContext, ResultExt as _, dead_letter};
use serde_json::json;

use crate::handlers::{Echoed, Text};
use crate::world::{command, on_each_broker};

#[derive(Debug)]
enum UserError {
    NameTaken,
    RateLimited,
    Database,
}

impl std::fmt::Display for UserError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{self:?}")
    }
}

impl std::error::Error for UserError {}

fn create(text: &str, attempt: u32) -> Result<Echoed, UserError> {
    match (text, attempt) {
        ("taken", _) => Err(UserError::NameTaken),
        ("limited", 1) => Err(UserError::RateLimited),
        ("broken", _) => Err(UserError::Database),
        _ => Ok(Echoed { text: text.to_owned() }),
    }
}

/// Returns its own error, or with a text an error that it classifies itself.
fn creates(service: KafkaService) -> KafkaService {
    let service = service.classify::<UserError>(|error| match error {
        UserError::NameTaken => ErrorClass::Permanent,
        UserError::RateLimited => ErrorClass::RetryAfter(Duration::from_millis(1)),
        UserError::Database => ErrorClass::Retryable,
    });
    let service = service.on_command("create", |context: MessageContext, Text { text }: Text| async move {
        create(&text, context.meta().attempt())
    });
    service.on_command("create_stubbornly", |context: MessageContext, Text { text }: Text| async move {
        create(&text, context.meta().attempt()).retry_after(Duration::from_millis(1))
    })
}

#[test]
fn a_returned_error_gets_the_class_of_its_type() {
    on_each_broker("classify", async |world| {
        let service = world.start_with(creates).await;
        for text in ["taken", "limited", "broken"] {
            world.send(command("create", text, json!({ "text": text })));
        }
        world.send(command("create_stubbornly", "stubborn", json!({"text": "taken"})));
        assert_eq!(world.answer("limited").json()["payload"]["text"], "limited");
        let mut dead: Vec<_> = world.dead_letters(3);
        dead.sort_unstable_by_key(|dead| dead.json()["correlation_id"].to_string());
        let header = |name| dead.iter().map(|dead| dead.header(name).unwrap_or_default()).collect::<Vec<_>>();
        assert_eq!(header(dead_letter::ERROR_CLASS), ["handler-error", "handler-error", "permanent-error"]);
        assert_eq!(header(dead_letter::ATTEMPTS), ["3", "3", "1"]);
        assert_eq!(header(dead_letter::ERROR_MESSAGE), ["Database", "NameTaken", "NameTaken"]);
        world.stop(service).await;
    });
}

#[derive(Debug, thiserror::Error, Classify)]
enum OrderError {
    #[error("sold out")]
    #[permanent]
    SoldOut,
    #[error("too many orders")]
    #[retry_after("1ms")]
    TooMany,
    #[error("no database")]
    Database,
}

/// Fails with an error that classifies itself, which nothing of the service mentions.
fn orders(service: KafkaService) -> KafkaService {
    service.on_command("order", |context: MessageContext, Text { text }: Text| async move {
        match (text.as_str(), context.meta().attempt()) {
            ("sold out", _) => Err(OrderError::SoldOut),
            ("limited", 1) => Err(OrderError::TooMany),
            ("broken", _) => Err(OrderError::Database),
            _ => Ok(Echoed { text }),
        }
    })
}

#[test]
fn an_error_type_classifies_itself() {
    on_each_broker("classify", async |world| {
        let service = world.start_with(orders).await;
        for text in ["sold out", "limited", "broken"] {
            world.send(command("order", text, json!({ "text": text })));
        }
        assert_eq!(world.answer("limited").json()["payload"]["text"], "limited");
        let mut dead: Vec<_> = world.dead_letters(2);
        dead.sort_unstable_by_key(|dead| dead.json()["correlation_id"].to_string());
        let header = |name| dead.iter().map(|dead| dead.header(name).unwrap_or_default()).collect::<Vec<_>>();
        assert_eq!(header(dead_letter::ERROR_CLASS), ["handler-error", "permanent-error"]);
        assert_eq!(header(dead_letter::ATTEMPTS), ["3", "1"]);
        world.stop(service).await;
    });
}

#[test]
fn a_classifier_that_panics_fails_only_the_attempt() {
    on_each_broker("classify", async |world| {
        let service = world
            .start_with(|service| {
                let service = service.classify::<UserError>(|error| unreachable!("{error} is not expected"));
                service.on_command("create", |_: MessageContext, _: Text| async {
                    Err::<(), HandlerError>(UserError::Database.into())
                })
            })
            .await;
        world.send(command("create", "c-1", json!({"text": "x"})));
        let dead = world.dead_letters(1).remove(0);
        assert_eq!(dead.header(dead_letter::ERROR_CLASS), Some("panic"));
        assert!(service.health().ready);
        world.stop(service).await;
    });
}
