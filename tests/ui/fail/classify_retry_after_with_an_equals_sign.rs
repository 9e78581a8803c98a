// The duration is in parentheses.
use kafka_service::Classify;

#[derive(Debug, thiserror::Error, Classify)]
enum UserError {
    #[error("too many requests")]
    #[retry_after = "1m"]
    TooMany,
}

fn main() {}
