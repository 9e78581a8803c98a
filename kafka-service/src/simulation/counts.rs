//! Counts what has happened.

/// Shows whether a run covers anything.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) commands: u64,
    pub(super) attempts: u64,
    pub(super) events: u64,
    pub(super) duplicates: u64,
    pub(super) dead_letters: u64,
    pub(super) commits: u64,
    pub(super) commits_refused: u64,
    pub(super) assigned: u64,
    pub(super) lost: u64,
    /// How often a process replaced its consuming client.
    pub(super) replaced: u64,
    pub(super) crashed: u64,
    pub(super) late: u64,
    pub(super) paused: u64,
    /// How often a partition was reset to an earlier offset.
    pub(super) resets: u64,
    /// How often an old commit arrived after a newer one.
    pub(super) set_back: u64,
}

impl Counts {
    /// A number that grows whenever something happens.
    pub(super) fn progress(&self) -> u64 {
        let Self { attempts, events, dead_letters, commits, assigned, crashed, .. } = self;
        attempts + events + dead_letters + commits + assigned + crashed
    }

    pub(super) fn add(&mut self, other: &Self) {
        let Self { commands, attempts, events, duplicates, dead_letters, commits, commits_refused, .. } = other;
        self.commands += commands;
        self.attempts += attempts;
        self.events += events;
        self.duplicates += duplicates;
        self.dead_letters += dead_letters;
        self.commits += commits;
        self.commits_refused += commits_refused;
        let Self { assigned, lost, replaced, crashed, late, paused, set_back, resets, .. } = other;
        self.resets += resets;
        self.set_back += set_back;
        self.assigned += assigned;
        self.lost += lost;
        self.replaced += replaced;
        self.crashed += crashed;
        self.late += late;
        self.paused += paused;
    }
}
