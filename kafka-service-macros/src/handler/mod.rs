//! Implements `#[command]` and `#[event]` on a function.

mod doc;
mod expand;
mod item;
mod model;
mod signature;

pub(crate) use self::{expand::expand, model::Kind};
