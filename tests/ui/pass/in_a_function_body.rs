// A handler may be defined inside a function, next to the items that it uses.

use kafka_service::command;

fn outer() {
    #[derive(serde::Deserialize)]
    struct Ping(u8);

    #[command("ping")]
    async fn ping(ping: Ping) {
        assert_eq!(ping.0, 1);
    }
}

fn main() {
    outer();
}
