// A duration is a string literal.
use kafka_service::Classify;

#[derive(Debug, thiserror::Error, Classify)]
enum UserError {
    #[error("too many requests")]
    #[retry_after(30s)]
    TooMany,
}

fn main() {}
