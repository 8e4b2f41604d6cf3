//! Programs started by the demo: each with a log, each ended by its process id (with what it
//! started), also when we are killed ourselves.

mod guard;

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};

use guard::Guard;

/// How long a program may take to end by itself before it is killed.
const GRACE: Duration = Duration::from_secs(4);

/// How often something awaited is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// The user and group without rights or files, on Debian.
pub(crate) const NOBODY: u32 = 65534;

/// How to start a program, so that it can be started again.
pub(crate) struct Recipe {
    name: &'static str,
    program: PathBuf,
    args: Vec<String>,
    env: Vec<(String, String)>,
    may_end: bool,
    as_nobody: bool,
}

impl Recipe {
    /// A program that is to run until it is ended.
    pub(crate) fn new(name: &'static str, program: impl Into<PathBuf>, args: Vec<String>) -> Self {
        Self {
            name,
            program: program.into(),
            args,
            env: Vec::new(),
            may_end: false,
            as_nobody: false,
        }
    }

    /// With these in its environment besides ours.
    pub(crate) fn with(mut self, env: Vec<(String, String)>) -> Self {
        self.env = env;
        self
    }

    /// Where we are root, it is not: it runs as [`NOBODY`].
    pub(crate) fn without_rights(mut self) -> Self {
        self.as_nobody = rustix::process::getuid().is_root();
        self
    }

    /// People may close it.
    pub(crate) fn may_end(mut self) -> Self {
        self.may_end = true;
        self
    }
}

/// The running programs, in the order they were started.
pub(crate) struct Children {
    logs: PathBuf,
    ended: Arc<AtomicBool>,
    running: Vec<(Recipe, Option<Child>)>,
    guard: Guard,
}

impl Children {
    /// Programs whose logs go into this folder. `ended` is set when we are asked to end: waiting
    /// stops then.
    ///
    /// Should we be killed outright, the programs end and the folder goes all the same.
    pub(crate) fn new(logs: &Path, ended: Arc<AtomicBool>) -> Result<Self> {
        Ok(Self {
            logs: logs.to_path_buf(),
            ended,
            running: Vec::new(),
            guard: Guard::start(logs)?,
        })
    }

    /// Starts a program.
    pub(crate) fn start(&mut self, recipe: Recipe) -> Result<()> {
        let child = self.spawn(&recipe)?;
        self.running.push((recipe, Some(child)));
        Ok(())
    }

    fn spawn(&mut self, recipe: &Recipe) -> Result<Child> {
        let log = File::options().create(true).append(true).open(self.log(recipe.name))?;
        let mut c = if recipe.as_nobody {
            let id = NOBODY.to_string();
            let mut c = Command::new("setpriv");
            c.args(["--reuid", &id, "--regid", &id, "--clear-groups", "--"]).arg(&recipe.program);
            c
        } else {
            Command::new(&recipe.program)
        };
        c.args(&recipe.args).envs(recipe.env.iter().map(|(k, v)| (k, v)));
        // A process group of its own, so that Ctrl-C reaches us alone and we end it with all it
        // started.
        c.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).process_group(0);
        let child = c.spawn().with_context(|| format!("starting {}", recipe.name))?;
        self.guard.watch(child.id())?;
        Ok(child)
    }

    /// A program's log.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.logs.join(format!("{name}.log"))
    }

    /// The last lines of a program's log.
    pub(crate) fn tail(&self, name: &str) -> String {
        let text = std::fs::read(self.log(name)).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(12)..].join("\n")
    }

    /// The process id of a program that runs.
    pub(crate) fn pid(&self, name: &str) -> Option<u32> {
        self.running
            .iter()
            .find(|(r, _)| r.name == name)
            .and_then(|(_, c)| c.as_ref())
            .map(Child::id)
    }

    /// The first program that ended without being asked to, with the end of its log.
    pub(crate) fn fallen(&mut self) -> Option<String> {
        let fallen = |(r, c): &mut (Recipe, Option<Child>)| {
            let ended = c.as_mut().and_then(|c| c.try_wait().ok().flatten());
            ended.filter(|_| !r.may_end).map(|status| (r.name, status))
        };
        let (name, status) = self.running.iter_mut().find_map(fallen)?;
        Some(format!("{name} ended ({status}):\n{}", self.tail(name)))
    }

    /// Waits until `ready` gives something; gives up when a program falls or the time is over.
    pub(crate) fn wait<T>(
        &mut self,
        what: &str,
        seconds: u64,
        mut ready: impl FnMut() -> Option<T>,
    ) -> Result<T> {
        let end = Instant::now() + Duration::from_secs(seconds);
        loop {
            if let Some(it) = ready() {
                return Ok(it);
            }
            if let Some(why) = self.fallen() {
                bail!("{what}: {why}");
            }
            if self.ended.load(Ordering::Relaxed) {
                bail!("{what}: ended while waiting");
            }
            if Instant::now() > end {
                let logs: Vec<String> = self
                    .running
                    .iter()
                    .map(|(r, _)| format!("-- {}\n{}", r.name, self.tail(r.name)))
                    .collect();
                bail!("{what}: not within {seconds} s\n{}", logs.join("\n"));
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Kills a program outright, as a fault would.
    pub(crate) fn kill(&mut self, name: &str) -> Result<()> {
        let (_, child) = self
            .running
            .iter_mut()
            .find(|(r, _)| r.name == name)
            .with_context(|| format!("nothing is called {name}"))?;
        if let Some(mut child) = child.take() {
            signal(&child, Signal::KILL);
            child.wait()?;
            self.guard.forget(child.id())?;
        }
        Ok(())
    }

    /// Starts a program that was killed.
    pub(crate) fn restart(&mut self, name: &str) -> Result<()> {
        let at = self
            .running
            .iter()
            .position(|(r, _)| r.name == name)
            .with_context(|| format!("nothing is called {name}"))?;
        if self.running[at].1.is_none() {
            let (recipe, _) = self.running.remove(at);
            let child = self.spawn(&recipe);
            let (child, failed) = match child {
                Ok(child) => (Some(child), Ok(())),
                Err(e) => (None, Err(e)),
            };
            self.running.insert(at, (recipe, child));
            return failed;
        }
        Ok(())
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        for (_, child) in self.running.iter_mut().rev() {
            let Some(mut child) = child.take() else { continue };
            signal(&child, Signal::TERM);
            let end = Instant::now() + GRACE;
            while child.try_wait().ok().flatten().is_none() {
                if Instant::now() > end {
                    signal(&child, Signal::KILL);
                    break;
                }
                std::thread::sleep(LOOK);
            }
            // What it started and left behind goes with it.
            signal(&child, Signal::KILL);
            child.wait().ok();
            self.guard.forget(child.id()).ok();
        }
    }
}

fn signal(child: &Child, signal: Signal) {
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        kill_process_group(pid, signal).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(script: &str) -> Recipe {
        Recipe::new("program", "sh", vec!["-c".into(), script.into()])
    }

    fn alive(pid: &str) -> bool {
        let stat =
            std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
        !stat.is_empty() && !stat.contains(") Z ")
    }

    #[test]
    fn what_was_started_is_ended_with_what_it_started() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut all = Children::new(folder.path(), Arc::default()).expect("a guard");
        let note = folder.path().join("pid");
        all.start(recipe(&format!(
            "sleep 1000 & echo $! > {0}.new; mv {0}.new {0}; wait",
            note.display()
        )))
        .expect("starts");
        let grandchild =
            all.wait("the note", 20, || std::fs::read_to_string(&note).ok()).expect("written");
        let child = all.pid("program").expect("runs").to_string();
        assert!(alive(&child) && alive(&grandchild));
        drop(all);
        assert!(!alive(&child));
        // It was killed; that it is gone comes a moment later, since it is not ours to wait for.
        let end = Instant::now() + Duration::from_secs(20);
        while alive(&grandchild) {
            assert!(Instant::now() < end, "it still runs");
            std::thread::yield_now();
        }
    }

    #[test]
    fn one_that_falls_is_told_with_its_log() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut all = Children::new(folder.path(), Arc::default()).expect("a guard");
        all.start(recipe("echo no port is free; exit 3")).expect("starts");
        let why = all.wait("it", 20, || None::<()>).expect_err("falls").to_string();
        assert!(why.contains("no port is free"), "{why}");
    }

    #[test]
    fn one_that_was_killed_can_be_brought_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut all = Children::new(folder.path(), Arc::default()).expect("a guard");
        all.start(recipe("sleep 1000")).expect("starts");
        let first = all.pid("program");
        all.kill("program").expect("is killed");
        assert_eq!(all.pid("program"), None);
        assert!(all.fallen().is_none(), "what was killed on purpose has not fallen");
        all.restart("program").expect("starts");
        assert!(all.pid("program").is_some() && all.pid("program") != first);
        assert!(all.kill("other").is_err());
    }
}
