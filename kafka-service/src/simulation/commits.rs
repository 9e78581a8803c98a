//! Checks the commits.

use super::{ledger::Ledger, topic::Topic};

impl Ledger {
    /// Called when a client is told to commit for a partition that it has.
    ///
    /// `old` are the tenures before resets that went back: the driver commits for those until it has received anything
    /// from after the reset. Returns the tenure that it commits for.
    pub(super) fn committing(&mut self, topic: &Topic, (new, old): (u64, &[u64]), offset: i64) -> u64 {
        let mut number = new;
        for older in old.iter().rev() {
            if self.tenure(number).received || self.breaks(topic, number, offset).is_none() {
                break;
            }
            number = *older;
        }
        let broken = self.breaks(topic, number, offset);
        let tenure = self.tenure(number);
        let records = topic.partition(tenure.partition).place_of(offset);
        tenure.committing = records;
        tenure.furthest = tenure.furthest.max(records);
        tenure.excused = false;
        if let Some(invariant) = broken {
            let what = format!("offset {offset} is {records} records, of {tenure:?}");
            self.violate(invariant, what);
        }
        number
    }

    /// The guarantee that a commit would break.
    fn breaks(&mut self, topic: &Topic, number: u64, offset: i64) -> Option<&'static str> {
        let tenure = self.tenure(number);
        let partition = topic.partition(tenure.partition);
        let records = partition.place_of(offset);
        let unfinished = tenure.first_unfinished();
        let is_behind_a_record = records > tenure.base && partition.offset_after(records) == offset;
        if tenure.lost {
            Some("I2 nothing is committed for a lost assignment")
        } else if records > unfinished {
            Some("I1 nothing is committed past unfinished work")
        } else if !is_behind_a_record && !tenure.ends.contains(&offset) && tenure.began != Some(offset) {
            Some("I1 what is committed is the offset behind a finished record, or the end of the log")
        } else if records < tenure.furthest && !tenure.is_over {
            Some("I3 commits of an assignment never go back")
        } else {
            None
        }
    }

    /// Called when the client could not start a commit.
    pub(super) fn not_started(&mut self, number: u64) {
        self.tenure(number).excused = true;
    }

    /// Called when the driver has learned that a commit was rejected.
    pub(super) fn refused(&mut self, number: u64) {
        self.counts.commits_refused += 1;
        let tenure = self.tenure(number);
        tenure.committing = tenure.accepted;
    }

    /// Called when the broker has committed.
    pub(super) fn committed(&mut self, topic: &Topic, number: u64, offset: i64) {
        self.counts.commits += 1;
        let tenure = self.tenure(number);
        tenure.accepted = tenure.accepted.max(topic.partition(tenure.partition).place_of(offset));
    }

    /// Called when a partition is given up.
    pub(super) fn given_back(&mut self, number: u64) {
        let tenure = self.tenure(number);
        tenure.given_back = true;
        tenure.retrying.clear();
        let certain = tenure.first_uncertain();
        let reached = tenure.committing.max(tenure.accepted);
        if !tenure.lost && !tenure.excused && !tenure.is_over && reached < certain {
            let what = format!("{certain} records are finished, a commit reaches {reached}, of {tenure:?}");
            self.violate("H1 finished work is committed before its partition is unassigned", what);
        }
    }
}
