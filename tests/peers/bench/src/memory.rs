//! Keeps free memory in small pieces, so that every run finds the same conditions.
//!
//! The host of a virtual machine may reclaim what its guest has freed, in pieces of two megabytes (virtio-balloon's
//! free page reporting). The next access to such memory waits for the host, 5 to 10 us per page, where a page that the
//! guest still has costs 1.6 (measured on two cores of an AMD EPYC): a loop then handles 180,000 commands per second
//! instead of 450,000, and the speed of a run depends on the memory that it happens to get. A page kept in each
//! megabyte prevents such pieces.

use std::{fs, io, time::Instant};

use memmap2::{Advice, MmapMut};

const PAGE: usize = 4 << 10;
/// A page is kept in each stride.
const STRIDE: usize = 1 << 20;
/// Large enough that not all of it was freed a moment ago.
const PROBE: u64 = 1 << 30;
/// If the host reclaims memory, memory that was touched before costs less than this share of new memory.
const SHARE: f64 = 0.6;
/// In microseconds: more than a page that the guest still has costs on any host. On a machine that has just started,
/// memory is new the second time too, because there is more of it than the probe takes.
const COSTLY: f64 = 2.5;
/// The share of the available memory.
const TAKEN: f64 = 0.8;
/// A process may have 65,530 mappings.
const MOST_STRIDES: usize = 30_000;

/// The kept pages; they are freed on drop.
#[derive(Debug, Default)]
pub(crate) struct Kept(#[expect(dead_code, reason = "held, not read")] Vec<MmapMut>);

/// Breaks up free memory, if the host reclaims it.
pub(crate) fn keep() -> io::Result<Kept> {
    let probe = PROBE.min(available()? / 2) as usize;
    let (new, again) = (touch(probe)?.1, touch(probe)?.1);
    println!("first touch of a page of memory: {new:.1} us, the second time {again:.1}");
    if again > new * SHARE && again < COSTLY {
        return Ok(Kept::default());
    }
    let strides = ((available()? as f64 * TAKEN) as usize / STRIDE).min(MOST_STRIDES);
    eprintln!("the host provides memory only when it is touched: breaking up {strides} MB of it");
    let (mut kept, mut freed) = (Vec::new(), Vec::new());
    for _ in 0..strides {
        freed.push(touch(STRIDE - PAGE)?.0);
        kept.push(touch(PAGE)?.0);
    }
    Ok(Kept(kept))
}

/// Takes new memory; returns it with the time per page, in microseconds.
fn touch(bytes: usize) -> io::Result<(MmapMut, f64)> {
    let mut memory = MmapMut::map_anon(bytes)?;
    // Without large pages in the kernel there is nothing to advise.
    _ = memory.advise(Advice::NoHugePage);
    let began = Instant::now();
    memory.iter_mut().step_by(PAGE).for_each(|byte| *byte = 1);
    let pages = bytes.div_ceil(PAGE) as f64;
    Ok((memory, began.elapsed().as_secs_f64() * 1e6 / pages))
}

/// The memory that this process may use, in bytes: of the machine, and of its control group.
fn available() -> io::Result<u64> {
    let machine = fs::read_to_string("/proc/meminfo")?;
    let line = machine.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kilobytes: Option<u64> = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
    let machine = kilobytes.ok_or_else(|| io::Error::other("no MemAvailable in /proc/meminfo"))? * 1024;
    let group = |name: &str| fs::read_to_string(format!("/sys/fs/cgroup/{name}")).ok()?.trim().parse::<u64>().ok();
    let left = |limit: &str, used: &str| Some(group(limit)?.saturating_sub(group(used)?));
    let limit = left("memory.max", "memory.current")
        .or_else(|| left("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"));
    Ok(limit.map_or(machine, |limit| limit.min(machine)))
}
