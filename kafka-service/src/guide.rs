#![doc = include_str!("docs/guide/index.md")]

#[doc = include_str!("docs/guide/handlers.md")]
pub mod handlers {}

#[doc = include_str!("docs/guide/events.md")]
pub mod events {}

#[doc = include_str!("docs/guide/errors.md")]
pub mod errors {}

#[doc = include_str!("docs/guide/state.md")]
pub mod state {}

#[doc = include_str!("docs/guide/health.md")]
pub mod health {}

#[doc = include_str!("docs/guide/security.md")]
pub mod security {}

#[doc = include_str!("docs/guide/testing.md")]
pub mod testing {}

#[doc = include_str!("docs/guide/performance.md")]
pub mod performance {}
