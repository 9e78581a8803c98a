//! Logs that are truncated, clients that are reset to the log start, ends and errors among the records, and clients
//! that lose their position.

use super::{
    member::{Item, name},
    topic::{number, place},
    world::World,
};
use crate::transport::{ClientEvent, Position};

impl World {
    /// Recreates the topic with some of its records; the others are produced again.
    pub(super) fn truncate(&mut self) {
        let Self { topic, choices, .. } = self;
        let (place, left) = topic.truncate(choices);
        self.note(|| format!("partition {} has {left} records left", number(place)));
    }

    /// A client fetches, if it may.
    pub(super) fn fetch(&mut self, instance: u32, partition: i32, count: usize) {
        let member = self.members.get_mut(&instance).expect("a process that lives has a client");
        if !member.may_fetch(partition) {
            return;
        }
        let end = self.topic.partition(partition).visible;
        if member.assigned.get(&partition).is_some_and(|assigned| assigned.position > end) {
            self.reset(instance, partition, true);
        }
        let member = self.members.get_mut(&instance).expect("a process that lives has a client");
        let Some(assigned) = member.assigned.get(&partition) else { return };
        let (position, ended) = (assigned.position, assigned.ended);
        if self.choices.chance("fetch-failed", self.rates.fetch_failed) {
            return member.fetched(partition, Item::Error(position));
        }
        for record in position..end.min(position + count) {
            member.fetched(partition, Item::Record(record));
        }
        if position == end && ended != Some(end) && self.settings.ends {
            member.fetched(partition, Item::End(end));
        }
    }

    /// The position of a client is past the end of the log: it continues at the log start.
    fn reset(&mut self, instance: u32, partition: i32, is_told: bool) {
        self.ledger.counts.resets += 1;
        let tenure = self.ledger.begin(instance, partition, 0);
        let assigned = self.members.get_mut(&instance).and_then(|member| member.assigned.get_mut(&partition));
        let Some(assigned) = assigned else { return };
        let (old, position) = (std::mem::replace(&mut assigned.tenure, tenure), std::mem::take(&mut assigned.position));
        if !assigned.old.iter().chain([&old]).any(|each| self.ledger.tenure(*each).touched) {
            // A client that has delivered nothing continues where it was reset to, also after a pause.
            (assigned.given_out, assigned.application) = (0, 0);
        }
        assigned.old.push(old);
        assigned.ended = None;
        let before = self.ledger.tenure(old);
        before.is_over = true;
        let (draining, lost) = (before.draining, before.lost);
        let after = self.ledger.tenure(tenure);
        (after.draining, after.lost, after.is_reset) = (draining, lost, true);
        let from = self.topic.partition(partition).end(position);
        self.note(|| format!("instance {instance} is reset in partition {partition} (tenure {tenure})"));
        if is_told {
            self.tell_of_reset(instance, partition, from);
        }
    }

    /// The client reports the reset, or does not.
    pub(super) fn tell_of_reset(&mut self, instance: u32, partition: i32, from: i64) {
        if !self.choices.chance("reset-untold", self.rates.reset_untold) {
            self.member(instance).events.push_back(ClientEvent::OffsetOutOfRange(name(partition), from));
        }
    }

    /// Delivers an item. Returns its offset.
    pub(super) fn give_out(&mut self, instance: u32, (tenure, partition): (u64, i32), item: Item) -> i64 {
        // In a batch, the client remembers its furthest delivery and never goes back; alone, an error leaves no trace.
        let in_batch = self.settings.pauses && self.choices.chance("in-batch", 500);
        let assigned = self.members.get(&instance).and_then(|member| member.assigned.get(&partition));
        let says_where = !matches!(item, Item::Error(_))
            || assigned.is_some_and(|each| !each.old.iter().any(|old| self.ledger.tenures[old].touched));
        self.ledger.tenure(tenure).touched |= says_where;
        let log = &self.topic.partitions[place(partition)];
        let offset = match item {
            Item::Record(record) => log.records[record].offset,
            Item::End(place) | Item::Error(place) => log.end(place),
        };
        let assigned = self.members.get_mut(&instance).and_then(|member| member.assigned.get_mut(&partition));
        if let Some(assigned) = assigned {
            match item {
                Item::Record(record) => {
                    assigned.given_out = record + 1;
                    assigned.application = if in_batch { assigned.application.max(record + 1) } else { record + 1 };
                }
                Item::End(place) => assigned.given_out = place,
                Item::Error(_) => {}
            }
            if let (Item::End(place) | Item::Error(place), true) = (item, in_batch) {
                assigned.application = assigned.application.max(place + 1);
            }
        }
        match item {
            Item::Record(record) => {
                let plan = &log.records[record].plan;
                self.ledger.given_out(tenure, record, plan, &self.settings);
            }
            Item::End(_) => _ = self.ledger.tenure(tenure).ends.insert(offset),
            Item::Error(_) => return offset,
        }
        let tenure = self.ledger.tenure(tenure);
        tenure.began.get_or_insert(offset);
        tenure.received |= !tenure.draining;
        offset
    }

    /// Answers a rebalance, so that every partition continues.
    pub(super) fn answer_rebalance(&mut self, instance: u32) {
        self.member(instance).assigned.values_mut().for_each(|assigned| assigned.rebalances = false);
    }

    /// A client is told where to continue.
    pub(super) fn seek(&mut self, instance: u32, partition: i32, position: Position) {
        let member = self.members.get_mut(&instance).expect("a process that lives has a client");
        member.drop_fetched(partition);
        let Some(assigned) = member.assigned.get_mut(&partition) else { return };
        let given_out = assigned.given_out;
        let to = match position {
            Position::Offset(offset) => self.topic.partition(partition).place_of(offset),
            Position::LogStart if self.ledger.tenure(assigned.tenure).began.is_some() => {
                return self.reset(instance, partition, false);
            }
            Position::LogStart => 0,
        };
        (assigned.position, assigned.application) = (to, to);
        if position == Position::LogStart {
            return;
        }
        // A reset after which nothing was delivered is as if it had not happened.
        while !self.ledger.tenure(assigned.tenure).touched
            && assigned.old.iter().any(|each| self.ledger.tenure(*each).touched)
            && let Some(old) = assigned.old.pop()
        {
            self.ledger.tenure(assigned.tenure).is_over = true;
            let never = std::mem::replace(&mut assigned.tenure, old);
            assigned.old.insert(0, never);
            self.ledger.tenure(old).is_over = false;
        }
        if to != given_out {
            let what = format!("instance {instance}, partition {partition}: {to} instead of {given_out}");
            self.ledger.violate("C4 the client reads on behind what it has given out", what);
        }
    }

    pub(super) fn forward(&mut self, instance: u32, partition: i32, forwarded: bool) {
        let member = self.member(instance);
        let Some(assigned) = member.assigned.get_mut(&partition) else { return };
        assigned.forwarded = forwarded;
        if forwarded {
            member.queue.extend(assigned.own.drain(..).map(|(tenure, item)| (tenure, partition, item)));
        }
    }

    pub(super) fn pause(&mut self, instance: u32, partition: i32, paused: bool) {
        self.ledger.counts.paused += u64::from(paused);
        let member = self.member(instance);
        if paused {
            member.drop_fetched(partition);
            member.paused.insert(partition);
        } else {
            member.paused.remove(&partition);
        }
    }
}
