//! What the ledger says of commits.

use super::{ledger::Ledger, topic::Topic};

impl Ledger {
    /// A client is asked to commit for a partition that it has.
    pub(super) fn committing(&mut self, topic: &Topic, number: u64, offset: i64) {
        let tenure = self.tenure(number);
        let partition = topic.partition(tenure.partition);
        let records = partition.place_of(offset);
        let unfinished = tenure.first_unfinished();
        let broken = if tenure.lost {
            Some("I2 nothing is committed for a lost assignment")
        } else if records > unfinished {
            Some("I1 nothing is committed past unfinished work")
        } else if records <= tenure.base || partition.offset_after(records) != offset {
            Some("I1 what is committed is the offset behind a finished record")
        } else if records < tenure.furthest {
            Some("I3 commits of an assignment never go back")
        } else {
            None
        };
        tenure.committing = records;
        tenure.furthest = tenure.furthest.max(records);
        tenure.excused = false;
        if let Some(invariant) = broken {
            let what = format!("offset {offset} is {records} records, but {unfinished} are finished, of {tenure:?}");
            self.violate(invariant, what);
        }
    }

    /// The client could not start a commit.
    pub(super) fn not_started(&mut self, number: u64) {
        self.tenure(number).excused = true;
    }

    /// The driver has learned that a commit was refused.
    pub(super) fn refused(&mut self, number: u64) {
        self.counts.commits_refused += 1;
        let tenure = self.tenure(number);
        tenure.committing = tenure.accepted;
    }

    /// The broker has committed.
    pub(super) fn committed(&mut self, topic: &Topic, number: u64, offset: i64) {
        self.counts.commits += 1;
        let tenure = self.tenure(number);
        tenure.accepted = tenure.accepted.max(topic.partition(tenure.partition).place_of(offset));
    }

    /// A partition is let go.
    pub(super) fn given_back(&mut self, number: u64) {
        let tenure = self.tenure(number);
        tenure.given_back = true;
        tenure.retrying.clear();
        let certain = tenure.first_uncertain();
        let reached = tenure.committing.max(tenure.accepted);
        if !tenure.lost && !tenure.excused && reached < certain {
            let what = format!("{certain} records are finished, a commit reaches {reached}, of {tenure:?}");
            self.violate("H1 finished work is committed before its partition is given back", what);
        }
    }
}
