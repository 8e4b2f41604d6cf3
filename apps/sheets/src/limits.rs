//! What this process may use, set by itself before it reads anything; none of it can be raised
//! again.

use std::io;

/// Memory, bytes: a workbook at every limit takes about 250 MiB.
#[cfg(unix)]
const MEMORY: u64 = 512 << 20;
/// Processor time, seconds: the kernel ends it then.
#[cfg(unix)]
const SECONDS: u64 = 10;

#[cfg(unix)]
pub(crate) fn set() -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, nice, setrlimit};
    let limits = [
        #[cfg(not(target_os = "macos"))]
        (Resource::As, MEMORY),
        (Resource::Data, MEMORY),
        (Resource::Cpu, SECONDS),
        // Nothing is opened, nothing written but to the pipes it was given, nothing started,
        // nothing left behind.
        (Resource::Nofile, 0),
        (Resource::Fsize, 0),
        (Resource::Nproc, 0),
        (Resource::Core, 0),
    ];
    for (what, most) in limits {
        setrlimit(what, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    // Whoever waits for a page comes first.
    nice(10)?;
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    Ok(())
}

/// Where limits cannot be set the server's own bounds hold: its time, and what it takes from here.
#[cfg(not(unix))]
pub(crate) fn set() -> io::Result<()> {
    Ok(())
}
