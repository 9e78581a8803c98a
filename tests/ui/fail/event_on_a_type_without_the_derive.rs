// Without the derive, the attribute is the one for handlers.
use kafka_service::event;

#[event("user.created", key = name)]
struct UserCreated {
    name: String,
}

fn main() {}
