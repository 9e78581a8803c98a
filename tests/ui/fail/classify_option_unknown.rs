// There is one option.
use kafka_service::Classify;

#[derive(Debug, thiserror::Error, Classify)]
#[error("refused")]
#[classify(permanent)]
struct Refused;

fn main() {}
