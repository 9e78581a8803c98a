//! The list of arms.

use std::{env, path::PathBuf};

/// A program, and how to start it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arm {
    pub(crate) name: &'static str,
    program: &'static str,
    pub(crate) environment: &'static [(&'static str, &'static str)],
    /// Handles one command at a time, so a handler that waits makes no sense.
    pub(crate) is_sequential: bool,
    /// Does not keep the order of a key; a violation is then a note and not a failure.
    pub(crate) is_unordered: bool,
    /// Commits unacknowledged records; losses are then a note and not a failure.
    pub(crate) is_lossy: bool,
    /// The maximum number of commands, because it is very slow.
    pub(crate) at_most: u64,
}

const fn arm(name: &'static str, program: &'static str) -> Arm {
    Arm {
        name,
        program,
        environment: &[],
        is_sequential: false,
        is_unordered: false,
        is_lossy: false,
        at_most: u64::MAX,
    }
}

const fn sequential(name: &'static str, program: &'static str) -> Arm {
    Arm { is_sequential: true, ..arm(name, program) }
}

pub(crate) const ALL: &[Arm] = &[
    sequential("raw", "raw"),
    sequential("raw_defaults", "raw_defaults"),
    sequential("raw_batch", "raw_batch"),
    Arm { environment: &[("LINGER_MS", "0")], ..sequential("raw_linger0", "raw") },
    Arm { is_unordered: true, ..arm("idiom", "idiom") },
    arm("ours", "ours"),
    Arm { environment: &[("TRACE_LEVEL", "info")], ..arm("ours_info", "ours") },
    Arm { at_most: 100_000, ..arm("ruststream", "ruststream") },
    Arm { environment: &[("MODE", "batch")], ..sequential("ruststream_batch", "ruststream") },
    Arm {
        environment: &[("MODE", "default")],
        is_lossy: true,
        at_most: 1_000,
        ..sequential("ruststream_default", "ruststream")
    },
    sequential("arroyo", "arroyo"),
    Arm { environment: &[("MODE", "produce")], is_lossy: true, ..sequential("arroyo_produce", "arroyo") },
    Arm { environment: &[("CONCURRENCY", "100")], is_unordered: true, ..arm("arroyo_100", "arroyo") },
];

impl Arm {
    /// In the folder of the runner.
    pub(crate) fn path(&self) -> PathBuf {
        let mut path = env::current_exe().expect("the runner has a path");
        path.set_file_name(self.program);
        path
    }

    /// Another framework; it has the plain workload only.
    pub(crate) fn is_foreign(&self) -> bool {
        matches!(self.program, "ruststream" | "arroyo")
    }

    /// The arms with these names; those that are not built are skipped with a message.
    pub(crate) fn choose(names: &[String]) -> Result<Vec<Self>, String> {
        let mut chosen = Vec::new();
        for name in names {
            let arm = ALL.iter().find(|arm| arm.name == name).ok_or_else(|| format!("unknown arm {name}"))?;
            if arm.path().exists() {
                chosen.push(*arm);
            } else {
                eprintln!("!!! {name} IS SKIPPED: {} is not built", arm.program);
            }
        }
        Ok(chosen)
    }
}
