// A union cannot be serialized.
use kafka_service::Event;
use serde::Serialize;

#[derive(Event)]
#[event("user.created")]
union UserCreated {
    id: u32,
}

impl Serialize for UserCreated {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

fn main() {}
