//! Tests of whole expansions.

mod editor;
mod snapshots;
