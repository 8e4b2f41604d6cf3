//! The systemd units of deploy/: each program is held as its line says, and a line that was taken
//! out is a fault.

use super::Fault;

/// What stands in every unit, and what for.
const EVERY: &[(&str, &str)] = &[
    ("MemoryMax=*", "one request cannot take the machine's memory"),
    ("TasksMax=*", "nor all its processes"),
    ("LimitCORE=0", "no picture of its memory, keys in it, on the disk"),
    ("LimitNOFILE=*", "as many connections as it bounds itself"),
    ("Restart=always", "it comes back"),
    ("NoNewPrivileges=yes", "nothing it starts can do more than it"),
    ("CapabilityBoundingSet=*", "of root's rights only what is named"),
    ("ProtectSystem=strict", "it writes its own folder alone"),
    ("ProtectHome=yes", "nobody's files"),
    ("PrivateTmp=yes", "no files of others in /tmp"),
    ("PrivateDevices=yes", "no devices"),
    ("ProtectClock=yes", "not the clock"),
    ("ProtectHostname=yes", "not the name"),
    ("ProtectKernelTunables=yes", "not the kernel"),
    ("ProtectKernelModules=yes", "not the kernel"),
    ("ProtectKernelLogs=yes", "not the kernel"),
    ("ProtectControlGroups=yes", "not its own limits"),
    ("ProtectProc=invisible", "not other programs"),
    ("ProcSubset=pid", "not the machine"),
    ("RestrictNamespaces=yes", "no way around the rest"),
    ("RestrictRealtime=yes", "not all of the processor"),
    ("RestrictSUIDSGID=yes", "nothing left behind that acts as another"),
    ("RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX", "no packets, no netlink"),
    ("LockPersonality=yes", "no other ABI"),
    ("MemoryDenyWriteExecute=yes", "no code made at run time"),
    ("RemoveIPC=yes", "nothing left behind"),
    ("KeyringMode=private", "no keys of others"),
    ("SystemCallArchitectures=native", "no other ABI"),
    ("SystemCallFilter=@system-service", "the calls of a service; it may start its own programs"),
    ("SystemCallFilter=~@privileged @resources", "less what only root needs"),
    ("SystemCallErrorNumber=EPERM", "a program of ours that asks for more is told no, not killed"),
    ("UMask=0077", "its files are its own"),
];

/// What stands in one unit besides.
const ONE: &[(&str, &[(&str, &str)])] = &[
    (
        "deploy/noren-server.service",
        &[
            ("User=noren", "a user of its own"),
            ("StateDirectoryMode=0700", "its folder is its own"),
            (
                "SystemCallFilter=setpriority",
                "what reads a workbook stands back behind whoever waits for a page",
            ),
            ("OOMPolicy=continue", "a paper or a workbook that takes too much memory ends alone"),
        ],
    ),
    ("deploy/noren-relay.service", &[("DynamicUser=yes", "it keeps nothing")]),
    (
        "deploy/noren-agent.service",
        &[
            ("User=noren-agent", "a user of its own"),
            ("StateDirectoryMode=0700", "its folder is its own"),
            ("RestartPreventExitStatus=78", "a retired agent is not started every second"),
        ],
    ),
];

/// The units there must be.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    ONE.iter().map(|(name, _)| *name)
}

/// Every line that is missing from a unit, and every one that takes back what another says.
pub(super) fn check(name: &str, text: &str) -> Vec<Fault> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let own = ONE.iter().find(|(unit, _)| *unit == name).map_or(&[][..], |(_, lines)| *lines);
    let mut faults = Vec::new();
    for (wanted, why) in EVERY.iter().chain(own) {
        let stands = match wanted.strip_suffix('*') {
            Some(key) => lines
                .iter()
                .any(|line| line.strip_prefix(key).is_some_and(|value| value != "infinity")),
            None => lines.contains(wanted),
        };
        if !stands {
            faults.push(Fault::new(
                name,
                format!("lacks the line {wanted}: {why} (xtask/src/tidy/units.rs)"),
            ));
        }
        // A later line with the same key would take it back; a filter is added to.
        let key = wanted.split('=').next().unwrap_or(wanted);
        let times = lines.iter().filter(|line| line.split('=').next() == Some(key)).count();
        if times > 1 && key != "SystemCallFilter" {
            faults.push(Fault::new(name, format!("says {key} twice")));
        }
    }
    // What would let in again what the lines above keep out.
    for line in &lines {
        let value = |key: &str| line.strip_prefix(key);
        let known = |line: &str| EVERY.iter().chain(own).any(|(wanted, _)| *wanted == line);
        let weak = value("SystemCallFilter=").is_some_and(|_| !known(line))
            || value("AmbientCapabilities=").is_some_and(|v| v != "CAP_NET_BIND_SERVICE")
            || value("CapabilityBoundingSet=")
                .is_some_and(|v| !["", "CAP_NET_BIND_SERVICE"].contains(&v));
        if weak {
            faults.push(Fault::new(
                name,
                format!("says {line}: say in xtask/src/tidy/units.rs why it needs that"),
            ));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGENT: &str = include_str!("../../../deploy/noren-agent.service");
    const NAME: &str = "deploy/noren-agent.service";

    #[test]
    fn the_units_as_they_stand_hold_and_each_line_counts() {
        assert_eq!(check(NAME, AGENT), []);
        assert_eq!(
            check(
                "deploy/noren-server.service",
                include_str!("../../../deploy/noren-server.service")
            ),
            []
        );
        assert_eq!(
            check(
                "deploy/noren-relay.service",
                include_str!("../../../deploy/noren-relay.service")
            ),
            []
        );
        for (wanted, _) in EVERY {
            let key = wanted.trim_end_matches('*');
            let without: String = AGENT
                .lines()
                .filter(|line| !line.starts_with(key))
                .map(|line| format!("{line}\n"))
                .collect();
            assert!(!check(NAME, &without).is_empty(), "{wanted}");
        }
    }

    #[test]
    fn what_takes_a_line_back_is_found() {
        for more in [
            "NoNewPrivileges=no",
            "SystemCallFilter=@mount",
            "AmbientCapabilities=CAP_SYS_ADMIN",
            "MemoryMax=infinity",
        ] {
            assert!(!check(NAME, &format!("{AGENT}{more}\n")).is_empty(), "{more}");
        }
    }
}
