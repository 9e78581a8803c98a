// `permanent` is all there is to say.
use kafka_service::Classify;

#[derive(Debug, thiserror::Error, Classify)]
enum UserError {
    #[error("the name is taken")]
    #[permanent(true)]
    NameTaken,
}

fn main() {}
