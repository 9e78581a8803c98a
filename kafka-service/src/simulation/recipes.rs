//! The recipes of the commands: what the records of the topic are created from, drawn at random or read from a scenario.

use serde::{Deserialize, Serialize};

use super::{
    plan::{Mix, Plan},
    random::Random,
    settings::Settings,
};

/// What the records of a partition are created from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Recipes {
    /// How many exist at the start.
    pub(super) visible: usize,
    pub(super) records: Vec<Recipe>,
}

/// What a record is created from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Recipe {
    pub(super) offset: i64,
    pub(super) key: usize,
    /// Whether it has no key: it is then ordered by its correlation id.
    #[serde(default)]
    pub(super) keyless: bool,
    #[serde(default)]
    pub(super) tombstone: bool,
    pub(super) plan: Plan,
}

impl Recipes {
    pub(super) fn draw(random: &mut Random, settings: &Settings, mix: &Mix) -> Self {
        let gaps = random.pick(&[0, 100, 500]);
        let mut offset = if random.chance(500) { 0 } else { 1000 };
        let records: Vec<_> = (0..random.between(settings.records / 4, settings.records))
            .map(|_| {
                if random.chance(gaps) {
                    offset += 1 + random.below(3) as i64;
                }
                offset += 1;
                Recipe::draw(random, settings, mix, offset - 1)
            })
            .collect();
        let visible = random.below(records.len() + 1);
        Self { visible, records }
    }
}

impl Recipe {
    fn draw(random: &mut Random, settings: &Settings, mix: &Mix, offset: i64) -> Self {
        let plan = Plan::draw(random, settings, mix);
        let key = random.below(settings.keys);
        let keyless = random.chance(200);
        let tombstone = matches!(plan, Plan::NoMessage) && !random.chance(500);
        Self { offset, key, keyless, tombstone, plan }
    }
}
