//! One attempt of a handler, and how it ended.

/// One attempt of one command.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    pub(super) tenure: u64,
    pub(super) record: usize,
    pub(super) lane: usize,
    pub(super) number: u32,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ended {
    Events(u32),
    /// Another attempt may follow.
    Failed,
    Permanent,
}
