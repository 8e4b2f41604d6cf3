//! What ends the programs when nobody else can: a shell that outlives us by the time it takes to
//! end them.
//!
//! It reads from a pipe whose other end only we hold. The pipe closes however we end, SIGKILL
//! included; what is on its list then is killed, and the folder is removed. (A signal at the
//! parent's death, prctl(2), is not known on every kernel that runs Linux programs, and cannot
//! remove a folder.)

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

/// `$1`: the folder. Lines: `+PID` a process group to end, `-PID` one that has ended.
const SCRIPT: &str = r#"
trap '' HUP INT TERM
all=
while read -r line; do
  case $line in
    +*) all="$all ${line#+} " ;;
    -*)
      one=${line#-}; rest=
      for pid in $all; do [ "$pid" = "$one" ] || rest="$rest $pid "; done
      all=$rest ;;
  esac
done
for pid in $all; do kill -s KILL -- "-$pid" 2>/dev/null; done
[ -z "$all" ] || rm -rf -- "$1"
"#;

/// The shell that waits for our end.
pub(super) struct Guard {
    shell: Child,
}

impl Guard {
    /// Starts it. `folder` is removed only when programs were left running.
    pub(super) fn start(folder: &Path) -> Result<Self> {
        let mut c = Command::new("sh");
        c.args(["-c", SCRIPT, "noren-guard"])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Ok(Self { shell: c.process_group(0).spawn().context("starting sh")? })
    }

    /// This process group ends when we do.
    pub(super) fn watch(&mut self, group: u32) -> Result<()> {
        self.tell(&format!("+{group}\n"))
    }

    /// This one has ended.
    pub(super) fn forget(&mut self, group: u32) -> Result<()> {
        self.tell(&format!("-{group}\n"))
    }

    fn tell(&mut self, line: &str) -> Result<()> {
        self.shell
            .stdin
            .as_mut()
            .context("no pipe")?
            .write_all(line.as_bytes())
            .context("the guard has ended")
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.shell.stdin.take();
        self.shell.wait().ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_pipe_ends_what_is_on_the_list_and_removes_the_folder() {
        let folder = tempfile::tempdir().expect("a folder").keep();
        let mut program =
            Command::new("sleep").arg("1000").process_group(0).spawn().expect("starts");
        let mut guard = Guard::start(&folder).expect("starts");
        guard.watch(program.id()).expect("told");
        drop(guard);
        assert!(!program.wait().expect("ends").success());
        assert!(!folder.exists());
    }

    #[test]
    fn what_has_ended_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut program =
            Command::new("sleep").arg("1000").process_group(0).spawn().expect("starts");
        let mut guard = Guard::start(folder.path()).expect("starts");
        guard.watch(program.id()).expect("told");
        guard.forget(program.id()).expect("told");
        drop(guard);
        assert!(program.try_wait().expect("asked").is_none(), "it still runs");
        program.kill().expect("ends");
        program.wait().expect("ended");
        assert!(folder.path().exists());
    }
}
