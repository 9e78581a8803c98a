//! COMMIT: which position of a partition may be committed. Pure: no clock, no I/O, no client.
//!
//! Each assignment of a partition has a [`Ring`] with one byte per position, shared by those who finish work, and a
//! [`Tracker`], owned by the one who commits. The tracker reads the finished prefix off the ring; a position behind an
//! unfinished one is never reached. A new assignment of the same partition is a new ring, so a late report can touch
//! only the ring it belongs to.

mod assignment;
mod ring;
mod token;
mod tracker;

pub(crate) use assignment::{Assignment, Assignments};
pub(crate) use ring::{Ring, State};
pub(crate) use token::{Target, Token};
pub(crate) use tracker::Tracker;
