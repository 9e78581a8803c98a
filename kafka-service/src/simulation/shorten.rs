//! Turns a run that fails into a short one that fails in the same way: fewer actions, fewer records, and simpler
//! choices. A change is kept if the same guarantee is still broken.

use std::time::{Duration, Instant};

use super::{
    executor::replay,
    plan::{End, Plan, Says, Takes, Work},
    scenario::Scenario,
    settings::Rates,
};

/// A scenario that is being shortened.
struct Shortener<'a> {
    best: Scenario,
    invariant: &'a str,
    until: Instant,
}

/// The shortest scenario found within this time.
pub(super) fn shorten(mut scenario: Scenario, invariant: &str, patience: Duration) -> Scenario {
    scenario.tidy();
    let mut shortener = Shortener { best: scenario, invariant, until: Instant::now() + patience };
    loop {
        let before = shortener.best.to_string().len();
        shortener.pass();
        if shortener.best.to_string().len() >= before || shortener.is_late() {
            return shortener.best;
        }
    }
}

impl Scenario {
    fn tidy(&mut self) {
        self.moves.iter_mut().for_each(|each| each.kept.trim());
    }
}

impl Shortener<'_> {
    fn is_late(&self) -> bool {
        Instant::now() >= self.until
    }

    /// Keeps a change if the same guarantee is still broken.
    fn keeps(&mut self, change: impl FnOnce(&mut Scenario)) -> bool {
        if self.is_late() {
            return false;
        }
        let mut candidate = self.best.clone();
        change(&mut candidate);
        candidate.tidy();
        let violation = replay(&candidate, false).violation;
        let keeps = violation.is_some_and(|violation| violation.invariant == self.invariant);
        if keeps {
            self.best = candidate;
        }
        keeps
    }

    fn pass(&mut self) {
        self.fewer_moves();
        self.fewer_records();
        self.simpler_plans();
        self.simpler_choices();
        self.keeps(|scenario| scenario.settings.rates = Rates::calm());
        self.keeps(|scenario| scenario.settings.steps = 0);
        while self.best.settings.instances > 1 && self.keeps(|scenario| scenario.settings.instances -= 1) {}
    }

    /// Removes half of them, a quarter, and so on, down to single ones.
    fn fewer_moves(&mut self) {
        let mut size = self.best.moves.len().max(2) / 2;
        loop {
            let mut end = self.best.moves.len();
            while end > 0 {
                let begin = end.saturating_sub(size);
                self.keeps(|scenario| drop(scenario.moves.drain(begin..end)));
                end = begin;
            }
            if size <= 1 {
                return;
            }
            size /= 2;
        }
    }

    fn fewer_records(&mut self) {
        while self.best.partitions.len() > 1
            && self.keeps(|scenario| {
                scenario.partitions.pop();
                scenario.settings.partitions = scenario.partitions.len();
            })
        {}
        for partition in 0..self.best.partitions.len() {
            let mut size = self.best.partitions[partition].records.len().max(2) / 2;
            while size > 0 {
                let mut end = self.best.partitions[partition].records.len();
                while end > 0 {
                    let begin = end.saturating_sub(size);
                    self.keeps(|scenario| drop(scenario.partitions[partition].records.drain(begin..end)));
                    end = begin;
                }
                size /= 2;
            }
        }
    }

    fn simpler_plans(&mut self) {
        for partition in 0..self.best.partitions.len() {
            for record in 0..self.best.partitions[partition].records.len() {
                self.keeps(|scenario| {
                    let recipe = &mut scenario.partitions[partition].records[record];
                    (recipe.keyless, recipe.plan) = (false, Plan::Work(Work::simplest()));
                });
                for change in [
                    |work: &mut Work| work.takes = Takes::Nothing,
                    |work: &mut Work| work.fails = 0,
                    |work: &mut Work| work.says = Says::Nothing,
                    |work: &mut Work| work.end = Work::simplest().end,
                    |work: &mut Work| work.end = End::Events { count: 0, own_key: false },
                ] {
                    if let Plan::Work(_) = self.best.partitions[partition].records[record].plan {
                        self.keeps(|scenario| {
                            if let Plan::Work(work) = &mut scenario.partitions[partition].records[record].plan {
                                change(work);
                            }
                        });
                    }
                }
            }
        }
    }

    /// Removes choices, or makes them smaller.
    fn simpler_choices(&mut self) {
        for at in (0..self.best.moves.len()).rev() {
            if self.keeps(|scenario| scenario.moves[at].kept.0.clear()) {
                continue;
            }
            let names: Vec<String> = self.best.moves[at].kept.0.keys().cloned().collect();
            for name in names {
                if self.keeps(|scenario| drop(scenario.moves[at].kept.0.remove(&name))) {
                    continue;
                }
                let count = self.best.moves[at].kept.0.get(&name).map_or(0, |values| values.len());
                for place in (0..count).rev() {
                    self.simpler_value(at, &name, place);
                }
            }
        }
    }

    fn simpler_value(&mut self, at: usize, name: &str, place: usize) {
        let value = |scenario: &Scenario| scenario.moves[at].kept.0.get(name)?.get(place).copied();
        let Some(now) = value(&self.best) else { return };
        for smaller in [0, 1, now / 2, now.saturating_sub(1)] {
            if smaller < now
                && self.keeps(|scenario| {
                    if let Some(value) =
                        scenario.moves[at].kept.0.get_mut(name).and_then(|values| values.get_mut(place))
                    {
                        *value = smaller;
                    }
                })
            {
                return;
            }
        }
    }
}
