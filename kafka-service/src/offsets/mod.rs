//! Decides which offset of a partition may be committed. Pure: no clock, no I/O, no client.
//!
//! Each assignment of a partition has a [`Ring`] with one byte per slot, shared by everything that finishes work, and a
//! [`Tracker`], owned by the thread that commits. The tracker reads the finished prefix of the ring; it never reaches a
//! slot behind an unfinished one. A new assignment of the same partition has a new ring, so a late report can affect
//! only the ring that it belongs to.

mod assignment;
mod ring;
mod tracker;

pub(crate) use assignment::{Assignment, Assignments};
pub(crate) use ring::{Ring, SlotState};

pub(crate) use tracker::Tracker;
