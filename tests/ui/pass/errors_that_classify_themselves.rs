// Error types in every form, next to `thiserror`.
#![deny(warnings, clippy::pedantic, clippy::unnecessary_wraps)]
use kafka_service::{Classify, command};

#[derive(Debug, thiserror::Error, Classify)]
pub enum UserError {
    #[error("the name `{0}` is taken")]
    #[permanent]
    NameTaken(String),
    #[error("at most {limit}")]
    #[retry_after("1m30s")]
    TooMany { limit: u32 },
    #[error("busy")]
    #[retryable]
    Busy,
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error("raw")]
    #[permanent]
    r#Raw,
}

#[derive(Classify, Debug, thiserror::Error)]
#[permanent]
#[error("refused")]
struct Refused;

/// Every variant has a class.
#[derive(Debug, thiserror::Error, Classify)]
enum Complete {
    #[error("one")]
    #[permanent]
    One,
    #[error("two")]
    #[retryable]
    Two,
}

#[command("create_user")]
async fn create_user() -> Result<(), UserError> {
    Err(UserError::TooMany { limit: 3 })
}

#[command("refuse")]
fn refuse() -> Result<(), Refused> {
    Err(Refused)
}

#[command("complete")]
fn complete() -> Result<(), Complete> {
    Err(if cfg!(unix) { Complete::One } else { Complete::Two })
}

fn main() {
    #[derive(Debug, thiserror::Error, Classify)]
    #[error("in a function body")]
    #[retry_after("200ms")]
    struct Local;

    drop((Local, Refused));
}
