//! A service beside an HTTP server in one process.
//!
//! Run it: `KAFKA_BOOTSTRAP_SERVERS=embedded cargo run -p example-web`, and talk to it:
//!
//! `curl -i localhost:3000/users -H 'content-type: application/json' -d '{"name": "Ada"}'`, `curl -i localhost:3000/ready`

use std::{io, time::Duration};

use axum::extract::State as HttpState;
use axum::routing::{get, post};
use axum::{Json, Router, http::StatusCode};
use kafka_service::{Command, Event, HealthWatch, KafkaService, Publisher, ServiceHandle, StopSignal, command};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

#[derive(Serialize, Deserialize, Command)]
#[command("create_user", key = name)]
struct CreateUser {
    name: String,
}

#[derive(Serialize, Event)]
#[event("user.created", key = name)]
struct UserCreated {
    name: String,
}

/// Creates a user.
#[command]
async fn create_user(user: CreateUser) -> UserCreated {
    tracing::info!(name = user.name, "creating a user");
    UserCreated { name: user.name }
}

/// `POST /users`: 202 as soon as the broker has the command; the handler runs later, here or in another instance.
async fn post_user(HttpState(publisher): HttpState<Publisher>, Json(user): Json<CreateUser>) -> (StatusCode, String) {
    match publisher.send(&user).timeout(Duration::from_secs(5)).await {
        Ok(()) => (StatusCode::ACCEPTED, String::new()),
        // The client must not simply repeat it: the command may have been sent.
        Err(error) if error.may_arrive() => (StatusCode::GATEWAY_TIMEOUT, error.to_string()),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
    }
}

/// `GET /ready`: 200, or 503 with the reasons.
async fn ready(HttpState(health): HttpState<HealthWatch>) -> (StatusCode, String) {
    let health = health.now();
    let status = if health.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let problems: Vec<_> = health.problems.iter().map(ToString::to_string).collect();
    (status, problems.join("\n"))
}

fn routes(service: &ServiceHandle) -> Router {
    Router::new()
        .route("/users", post(post_user).with_state(service.publisher()))
        .route("/ready", get(ready).with_state(service.health_watch()))
}

/// Serves HTTP until the program shuts down. Requests that are open then are answered; they may still publish.
async fn serve(routes: Router, stop: StopSignal) -> io::Result<()> {
    let address = std::env::var("HTTP_ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    tracing::info!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, routes).with_graceful_shutdown(stop).await
}

#[tokio::main]
async fn main() -> Result<(), kafka_service::Error> {
    tracing_subscriber::fmt().with_target(false).init();
    KafkaService::from_env()?.run_with(|service, stop| serve(routes(service), stop)).await
}
