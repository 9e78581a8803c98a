// Handlers may be made by a macro of the user's.

use kafka_service::{Event, command};
use serde::{Deserialize, Serialize};

macro_rules! handlers {
    ($($function:ident: $name:literal => $payload:ident, $event:ident = $event_type:literal;)*) => {
        $(
            #[derive(Deserialize)]
            struct $payload {
                id: u32,
            }

            #[derive(Serialize, Event)]
            #[event($event_type, key = id)]
            struct $event {
                id: u32,
            }

            #[command($name)]
            async fn $function(payload: $payload) -> $event {
                $event { id: payload.id }
            }
        )*
    };
}

handlers! {
    create: "create_order" => CreateOrder, Created = "order.created";
    cancel: "cancel_order" => CancelOrder, Cancelled = "order.cancelled";
}

macro_rules! handler_of {
    ($payload:ty, $returns:ty) => {
        #[command("handler_of")]
        fn handler_of(_: $payload) -> $returns {
            None
        }
    };
}

handler_of!(Vec<u8>, Option<Created>);

fn main() {}
