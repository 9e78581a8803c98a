//! The group's coordinator: rebalances, sessions that time out, and commits.

use super::{
    coverage::Situation,
    member::{Answer, Member, Request},
    topic::place,
    world::World,
};

impl World {
    /// A process joins the group.
    pub(super) fn join(&mut self, instance: u32) {
        let id = self.group.next_member;
        self.group.next_member += 1;
        self.group.members.insert(id);
        self.members.insert(instance, Member::new(id, self.settings.pauses));
        self.note(|| format!("instance {instance} joins as member {id}"));
        self.rebalance();
    }

    /// Assigns the partitions, some of them to new owners.
    pub(super) fn rebalance(&mut self) {
        let stays = |member: &&Member| !member.fenced && !member.leaving;
        let candidates: Vec<u64> = self.members.values().filter(stays).map(|member| member.id).collect();
        let (eager, choices) = (self.settings.eager, &mut self.choices);
        for ownership in &mut self.group.partitions {
            let keeps =
                ownership.target.is_some_and(|target| candidates.contains(&target)) && choices.chance("keeps", 500);
            if !keeps {
                ownership.target = (!candidates.is_empty()).then(|| choices.pick("target", &candidates));
            }
            ownership.again |= ownership.owner.is_some() && (eager || choices.chance("again", 150));
        }
        let targets: Vec<_> = self.group.partitions.iter().map(|ownership| ownership.target).collect();
        self.note(|| format!("rebalance: {targets:?}"));
    }

    /// The session of a member times out. Its partitions are free, and the member does not know.
    pub(super) fn expire(&mut self, instance: u32) {
        let Some(member) = self.members.get_mut(&instance).filter(|member| !member.fenced) else { return };
        member.fenced = true;
        let id = member.id;
        self.group.expel(id);
        self.note(|| format!("member {id} (instance {instance}) is expelled"));
        self.rebalance();
    }

    /// The process is gone. The group learns this now, or when the session times out.
    pub(super) fn forget_member(&mut self, instance: u32) {
        let Some(member) = self.members.remove(&instance) else { return };
        if !member.fenced {
            self.group.expel(member.id);
            self.rebalance();
        }
    }

    /// A process replaces its client. The old one leaves the group, and its partitions count as lost.
    pub(super) fn replace_client(&mut self, instance: u32) {
        let assigned = self.member(instance).assigned.values();
        let lost: Vec<_> = assigned.flat_map(|each| each.old.iter().copied().chain([each.tenure])).collect();
        for tenure in lost {
            self.ledger.tenure(tenure).lost = true;
            self.ledger.given_back(tenure);
        }
        // Commits that were sent may still arrive.
        while self.choices.chance("commits-arrive", 500) && !self.member(instance).requests.is_empty() {
            self.process_commit(instance);
        }
        let stops = self.member(instance).stops;
        self.forget_member(instance);
        self.join(instance);
        self.member(instance).stops = stops;
        self.ledger.counts.replaced += 1;
        self.coverage.see(instance, Situation::ConsumerReplaced);
    }

    /// Performs everything that is due between the group and its members, each with this probability.
    pub(super) fn coordinate(&mut self, per_mille: u32) {
        let instances: Vec<u32> = self.members.keys().copied().collect();
        for instance in instances {
            if self.choices.chance("coordinated", per_mille) {
                self.coordinate_with(instance);
            }
        }
    }

    fn coordinate_with(&mut self, instance: u32) {
        let one_at_a_time = self.settings.one_at_a_time;
        let lie = self.choices.chance("untold", self.rates.lost_untold);
        let Some(member) = self.members.get_mut(&instance) else { return };
        // A client does not rejoin before its commits are answered.
        if member.requests.is_empty() {
            for partition in std::mem::take(&mut member.returning) {
                if !member.fenced {
                    self.group.free(partition);
                }
            }
        }
        if member.fenced {
            return self.tell_expelled(instance, lie);
        }
        if member.leaving && member.is_empty() {
            let id = member.id;
            if self.group.members.remove(&id) {
                self.note(|| format!("member {id} has left"));
                self.rebalance();
            }
            return;
        }
        if !member.is_free(one_at_a_time) {
            return;
        }
        let mut back = self.group.wants_back(member.id);
        if member.leaving {
            back = member.given.iter().copied().collect();
        }
        if !back.is_empty() {
            member.ask_back(&back, false);
            for partition in &back {
                self.group.partitions[place(*partition)].asked = true;
            }
            return self.note(|| format!("the group asks instance {instance} for {back:?}"));
        }
        let gives = if member.leaving { Vec::new() } else { self.group.gives(member.id, self.settings.eager) };
        if !gives.is_empty() {
            member.give(&gives);
            for partition in &gives {
                self.group.partitions[place(*partition)].owner = Some(member.id);
            }
            self.note(|| format!("the group gives {gives:?} to instance {instance}"));
        }
    }

    /// A member learns, sooner or later and not always correctly, that it was expelled. When it has given up
    /// everything, it joins again with another id.
    fn tell_expelled(&mut self, instance: u32, lie: bool) {
        let one_at_a_time = self.settings.one_at_a_time;
        let Some(member) = self.members.get_mut(&instance) else { return };
        if !member.told {
            member.told = true;
            member.lost = !lie;
            self.ledger.counts.lost += 1;
            return self.note(|| format!("instance {instance} hears that it was expelled (lie: {lie})"));
        }
        if !member.given.is_empty() && member.is_free(one_at_a_time) {
            let all: Vec<i32> = member.given.iter().copied().collect();
            let lost = member.lost;
            member.ask_back(&all, lost);
            return self.note(|| format!("instance {instance} loses {all:?} (lost: {lost})"));
        }
        if member.is_empty() && member.events.is_empty() {
            (member.fenced, member.told, member.lost) = (false, false, false);
            if !member.leaving {
                member.id = self.group.next_member;
                self.group.next_member += 1;
                self.group.members.insert(member.id);
                let id = member.id;
                self.note(|| format!("instance {instance} comes back as member {id}"));
                self.rebalance();
            }
        }
    }

    /// The broker processes the next commit of a client.
    pub(super) fn process_commit(&mut self, instance: u32) {
        let refuses = self.choices.chance("refused", self.rates.commit_refused);
        let unanswered = self.choices.chance("unanswered", self.rates.commit_unanswered);
        let reorders = self.choices.chance("reordered", self.rates.commit_reordered);
        let Some(member) = self.members.get_mut(&instance) else { return };
        let place_of_next = if reorders && !member.requests.is_empty() { member.requests.len() - 1 } else { 0 };
        let Some(request) = member.requests.remove(place_of_next) else { return };
        let refused = if !self.group.members.contains(&request.member) {
            Some("unknown member")
        } else {
            refuses.then_some("rebalance in progress")
        };
        if refused.is_none() {
            for (tenure, partition, offset) in &request.offsets {
                let committed = &mut self.group.committed[place(*partition)];
                let set_back = *offset < *committed;
                self.ledger.counts.set_back += u64::from(set_back);
                // A commit from before a reset may be in flight when one from after it follows.
                let may_go_back = request.goes_back || self.ledger.tenure(*tenure).is_reset;
                if set_back && !may_go_back && self.settings.rates.commit_reordered == 0 {
                    let what = format!("partition {partition}: {offset} after {committed}, by instance {instance}");
                    self.ledger.violate("I3 the group's positions never go back", what);
                }
                *committed = *offset;
                let furthest = &mut self.group.furthest[place(*partition)];
                // After one that goes back, all others must follow again.
                *furthest = if may_go_back && set_back && !reorders { *offset } else { (*furthest).max(*offset) };
                self.ledger.committed(&self.topic, *tenure, *offset);
            }
        }
        let line = format!("commit of instance {instance}: {:?}, refused: {refused:?}", request.offsets);
        let Request { offsets, goes_back, left_out, .. } = request;
        let answer = Answer { offsets, refused, goes_back, left_out };
        member.answers.push_back((!unanswered).then_some(answer));
        self.note(|| line);
    }

    /// The answer reaches the client.
    pub(super) fn answer_commit(&mut self, instance: u32) {
        if let Some(member) = self.members.get_mut(&instance)
            && let Some(Some(answer)) = member.answers.pop_front()
        {
            member.hear(&answer);
        }
    }
}
