// The `State` of a web framework is not the one of this crate.
use kafka_service::command;

mod axum {
    pub struct State<T>(pub T);
}
use axum::State;

#[derive(Clone)]
struct Db;

#[command("create_order")]
async fn create_order(State(_): State<Db>, _: u64) {}

fn main() {}
