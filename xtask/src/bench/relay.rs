//! The relay as a program, measured from outside: throughput beside a bare TCP splice, memory of
//! idle sessions, and what one slow viewer does to the others.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use ed25519_dalek::{Signer, SigningKey};

use super::aim;
use super::socket::{Socket, frame};
use crate::children::{Children, Recipe};
use crate::desktop::{free_port, listens};
use crate::place;

/// Bytes of one message: about a frame of office work.
const MESSAGE: usize = 16 << 10;

/// Messages of one run of the throughput.
const MESSAGES: usize = 60_000;

/// Idle sessions whose memory is looked at.
const IDLE: u32 = 5_000;

pub(super) fn run() -> Result<bool> {
    let folder = tempfile::tempdir()?;
    let mut children = Children::new(folder.path(), std::sync::Arc::default())?;
    let relay = Relay::start(&mut children, folder.path())?;
    let mut met = true;

    let (mut splices, mut relays) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        splices.push(rate(&splice()?, MESSAGES)?);
        relays.push(rate(&relay.meet(0)?, MESSAGES)?);
    }
    let (bare, ours) = (middle(splices), middle(relays));
    met &= aim(
        "throughput (bare splice beside it)",
        &format!("{:.0} MB/s", ours / 1e6),
        &format!("half of {:.0} MB/s", bare / 1e6),
        ours * 2.0 >= bare,
    );

    let slow = relay.meet(1)?;
    let stuck = std::thread::spawn(move || fill(&slow));
    let beside = rate(&relay.meet(2)?, MESSAGES)?;
    met &= aim(
        "throughput beside a viewer that reads nothing",
        &format!("{:.0} MB/s", beside / 1e6),
        "9/10 of alone",
        beside >= ours * 0.9,
    );
    let kept = stuck.join().map_err(|_| anyhow::anyhow!("the slow session's thread fell"))??;
    met &= aim(
        "bytes taken for one that reads nothing",
        &format!("{} kB", kept / 1000),
        "at most 16 MB",
        kept <= 16_000_000,
    );

    let pid = children.pid("relay").context("the relay runs")?;
    let before = memory(pid)?;
    let mut idle = Vec::new();
    for n in 0..IDLE {
        idle.push(relay.meet(n + 10)?);
    }
    let after = memory(pid)?;
    met &= aim(
        "5,000 idle sessions",
        &format!("{} MB", after / 1_000_000),
        "at most 200 MB",
        after <= 200_000_000,
    );
    println!(
        "{:44} {:>16}",
        "of these, a session",
        format!("{:.1} kB", (after - before) as f64 / f64::from(IDLE) / 1e3)
    );
    Ok(met)
}

/// Two ends of one path.
struct Pair {
    from: TcpStream,
    to: TcpStream,
    /// What goes in for each message.
    message: Vec<u8>,
    /// What comes out for each message, in bytes.
    out: usize,
}

struct Relay {
    port: u16,
    key: SigningKey,
}

impl Relay {
    fn start(children: &mut Children, folder: &Path) -> Result<Self> {
        raise_limits();
        let key = SigningKey::from_bytes(&[7; 32]);
        let port = free_port()?;
        let public = base64(key.verifying_key().as_bytes());
        let config = folder.join("relay.toml");
        std::fs::write(
            &config,
            format!(
                "listen = \"127.0.0.1:{port}\"\nservers = [\"{public}\"]\norigins = \
                 [\"http://localhost\"]\ngrace = 3600\n"
            ),
        )?;
        let args = vec!["--config".to_owned(), config.display().to_string()];
        children.start(Recipe::new("relay", place::programs(true)?.join("noren-relay"), args))?;
        children.wait("noren-relay", 20, || listens(port).then_some(()))?;
        Ok(Self { port, key })
    }

    /// Joins an agent and a viewer. Each number is another meeting, some from another address of
    /// the loopback.
    fn meet(&self, number: u32) -> Result<Pair> {
        let mut meeting = [0; 16];
        meeting[..4].copy_from_slice(&number.to_be_bytes());
        meeting[8..].copy_from_slice(&now().to_be_bytes());
        let [_, _, hi, lo] = (number / 200).to_be_bytes();
        let address = [127, 1, hi, lo + 1];
        let mut agent = Socket::open_from(address, self.port, "/relay", None)?;
        agent.send(&self.ticket(meeting, 2))?;
        ensure!(agent.receive()? == [0], "the agent waits");
        let mut viewer = Socket::open_from(address, self.port, "/relay", Some("http://localhost"))?;
        viewer.send(&self.ticket(meeting, 1))?;
        loop {
            if viewer.receive()? == [1] {
                break;
            }
        }
        ensure!(agent.receive()? == [1], "the agent is joined");
        let head = 4; // of a frame from the server with 16 bits of length
        Ok(Pair {
            from: agent.stream()?,
            to: viewer.stream()?,
            message: frame(&[9; MESSAGE]),
            out: MESSAGE + head,
        })
    }

    /// spec/pairing.md, "Ticket".
    fn ticket(&self, meeting: [u8; 16], side: u8) -> Vec<u8> {
        let mut bytes = vec![1];
        bytes.extend_from_slice(&meeting);
        bytes.push(side);
        bytes.extend_from_slice(b"131016");
        bytes.extend_from_slice(&(now() / 1_000_000 + 60_000).to_be_bytes());
        bytes.extend_from_slice(&now().to_be_bytes());
        bytes.extend_from_slice(&[side; 8]);
        let signature = self.key.sign(&[b"noren ticket v1\0", &bytes[..]].concat());
        bytes.extend_from_slice(&signature.to_bytes());
        bytes
    }
}

/// What the relay is measured against: two connections, and bytes carried from one to the other.
fn splice() -> Result<Pair> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    let from = TcpStream::connect(address)?;
    let (mut a, _) = listener.accept()?;
    let to = TcpStream::connect(address)?;
    let (mut b, _) = listener.accept()?;
    std::thread::spawn(move || {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(n @ 1..) = a.read(&mut buffer) {
            if b.write_all(&buffer[..n]).is_err() {
                break;
            }
        }
    });
    Ok(Pair { from, to, message: frame(&[9; MESSAGE]), out: MESSAGE + 8 })
}

/// Bytes of payload a second through a pair.
fn rate(pair: &Pair, messages: usize) -> Result<f64> {
    let (mut from, mut to) = (pair.from.try_clone()?, pair.to.try_clone()?);
    let message = pair.message.clone();
    let start = Instant::now();
    let sender =
        std::thread::spawn(move || (0..messages).try_for_each(|_| from.write_all(&message)));
    let mut buffer = vec![0; 256 << 10];
    let mut left = pair.out * messages;
    while left > 0 {
        let n = to.read(&mut buffer)?;
        ensure!(n > 0, "cut with {left} bytes to come");
        left = left.saturating_sub(n);
    }
    let seconds = start.elapsed().as_secs_f64();
    sender.join().map_err(|_| anyhow::anyhow!("the sender fell"))??;
    pair.from.shutdown(Shutdown::Both).ok();
    Ok((MESSAGE * messages) as f64 / seconds)
}

/// Sends to a viewer that reads nothing until no more is taken for a second; how many bytes were.
fn fill(pair: &Pair) -> Result<u64> {
    pair.from.set_write_timeout(Some(Duration::from_secs(1)))?;
    let (mut from, mut taken) = (&pair.from, 0);
    while let Ok(n @ 1..) = from.write(&pair.message) {
        taken += n as u64;
        if taken > 1 << 30 {
            break;
        }
    }
    Ok(taken)
}

/// Resident bytes of a process.
fn memory(pid: u32) -> Result<i64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).context("VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<i64>()? * 1024)
}

/// Ten thousand connections need as many files.
fn raise_limits() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).ok();
}

fn middle(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or_default()
}

/// Nanoseconds since 1970.
fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| u64::try_from(d.as_nanos()).unwrap_or_default())
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let n = three.iter().fold(0, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - three.len()));
        for i in 0..4 {
            let letter = LETTERS[(n >> (18 - 6 * i) & 63) as usize];
            out.push(if i <= three.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_by_the_rfc() {
        for (plain, coded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn a_splice_carries_all_of_it() {
        let pair = splice().expect("loopback");
        assert!(rate(&pair, 10).expect("carried") > 0.0);
    }
}
