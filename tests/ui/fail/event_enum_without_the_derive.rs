// The attribute on a variant means nothing without the derive.
use kafka_service::event;

enum Answer {
    #[event("answer.yes")]
    Yes,
}

fn main() {
    let _ = Answer::Yes;
}
