// Without the derive, the attribute has no meaning on a variant.
use kafka_service::event;

enum Answer {
    #[event("answer.yes")]
    Yes,
}

fn main() {
    let _ = Answer::Yes;
}
