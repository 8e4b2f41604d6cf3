//! What the relay costs, beside a bare TCP splice: `cargo run --release -p relay --example bench`.
//!
//! The relay and the splice run as processes of their own, so that their CPU time and memory are
//! theirs alone. Prints one JSON object a line: throughput (and CPU a GiB, which does not depend on
//! what else the machine does), the round trip of one meeting while 200 other viewers take nothing,
//! and the memory of 5,000 idle meetings (or as many as the argument says).
#![allow(clippy::unwrap_used)] // a tool for the bench, not for the field

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use net::{Clock as _, Shutdown, SystemClock, SystemRng};
use pairing::{MeetingId, SigningKey, Ticket};
use relay::{Config, Relay, listen};

const ORIGIN: &str = "https://noren.example";
const RECORD: usize = 65_535;

fn main() {
    let mode = std::env::args().nth(1).unwrap_or_default();
    match mode.as_str() {
        "serve-relay" => serve_relay(),
        "serve-splice" => serve_splice(),
        _ => {
            throughput();
            slow_viewers();
            idle(mode.parse().unwrap_or(5_000));
        }
    }
}

fn key() -> SigningKey {
    SigningKey::from_seed(&[0x5e; 32])
}

// The servers.

fn announce(address: SocketAddr) {
    println!("{address}");
    // It ends when its parent does, whose end of the pipe then closes.
    std::thread::spawn(|| {
        _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
}

#[tokio::main]
async fn serve_relay() {
    let mut config = Config::new(vec![key().public()], vec![ORIGIN.into()]);
    config.limits.connections_per_address = 1 << 20;
    config.limits.opens_per_minute = 1 << 20;
    config.limits.meetings_per_body = 1 << 20;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    announce(listener.local_addr().unwrap());
    listen(Relay::new(config, Arc::new(SystemClock::new())), listener, None, Shutdown::new())
        .await
        .unwrap();
}

/// Joins every two connections that come, byte by byte.
#[tokio::main]
async fn serve_splice() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    announce(listener.local_addr().unwrap());
    loop {
        let (mut one, _) = listener.accept().await.unwrap();
        let (mut two, _) = listener.accept().await.unwrap();
        one.set_nodelay(true).unwrap();
        two.set_nodelay(true).unwrap();
        tokio::spawn(async move {
            tokio::io::copy_bidirectional_with_sizes(&mut one, &mut two, 65_536, 65_536).await
        });
    }
}

struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn start(mode: &str) -> Self {
        let program = std::env::current_exe().unwrap();
        let mut child = Command::new(program)
            .arg(mode)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, address: line.trim().parse().unwrap() }
    }

    /// CPU time so far, in seconds (Linux counts it in hundredths).
    fn cpu(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
    }

    /// Resident memory, in bytes.
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
    }

    fn open(&self, origin: bool, ticket: &[u8]) -> TcpStream {
        let mut stream = connect(self.address);
        let origin = if origin { format!("Origin: {ORIGIN}\r\n") } else { String::new() };
        let request = format!(
            "GET /relay HTTP/1.1\r\nHost: relay\r\nConnection: Upgrade\r\nUpgrade: \
             websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{origin}\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
        stream.write_all(&frame(ticket)).unwrap();
        stream
    }

    /// A viewer and an agent that were joined at the relay.
    fn meeting(&self) -> (TcpStream, TcpStream) {
        let mut rng = SystemRng::new();
        let meeting = MeetingId::random(&mut rng);
        let (viewer, agent) =
            Ticket::pair(meeting, "131016".parse().unwrap(), SystemClock::new().unix(), &mut rng);
        let mut agent = self.open(false, &agent.sign(&key()));
        let mut answer = [0; 3];
        agent.read_exact(&mut answer).unwrap();
        assert_eq!(answer, [0x82, 1, 0]);
        let mut viewer = self.open(true, &viewer.sign(&key()));
        for side in [&mut agent, &mut viewer] {
            side.read_exact(&mut answer).unwrap();
            assert_eq!(answer, [0x82, 1, 1]);
        }
        (viewer, agent)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn connect(to: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(to).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// A client's binary frame.
fn frame(payload: &[u8]) -> Vec<u8> {
    let mask = [0x5a, 0xa5, 0x3c, 0xc3];
    let mut frame = vec![0x82];
    match payload.len() {
        len @ 0..=125 => frame.push(0x80 | len as u8),
        len => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&u16::try_from(len).unwrap().to_be_bytes());
        }
    }
    frame.extend_from_slice(&mask);
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

// The measurements.

/// Sends `chunk` `count` times and reads `wanted` bytes on the other side; answers seconds.
fn pump(
    mut from: TcpStream,
    mut to: TcpStream,
    chunk: Vec<u8>,
    count: usize,
    wanted: usize,
) -> f64 {
    let began = Instant::now();
    let sender = std::thread::spawn(move || {
        (0..count).for_each(|_| from.write_all(&chunk).unwrap());
        from
    });
    let mut buffer = vec![0; 256 << 10];
    let mut left = wanted;
    while left > 0 {
        let n = to.read(&mut buffer).unwrap();
        assert!(n > 0, "closed with {left} bytes to come");
        left = left.saturating_sub(n);
    }
    let seconds = began.elapsed().as_secs_f64();
    drop(sender.join().unwrap());
    seconds
}

fn throughput() {
    for (name, payload, count) in
        [("records of 65,535", RECORD, 12_000), ("records of 1,200", 1_200, 200_000)]
    {
        let chunk = frame(&vec![7; payload]);
        let gib = (payload * count) as f64 / f64::from(1 << 30);
        let (mut best, mut cpu) = ([0_f64; 2], [f64::MAX; 2]);
        for _ in 0..5 {
            // In turns, so that both meet the same machine.
            let splice = Server::start("serve-splice");
            let (one, two) = (connect(splice.address), connect(splice.address));
            let before = splice.cpu();
            best[0] = best[0].max(gib / pump(one, two, chunk.clone(), count, chunk.len() * count));
            cpu[0] = cpu[0].min((splice.cpu() - before) / gib);
            drop(splice);
            let relay = Server::start("serve-relay");
            let (viewer, agent) = relay.meeting();
            let before = relay.cpu();
            best[1] = best[1]
                .max(gib / pump(agent, viewer, chunk.clone(), count, (chunk.len() - 4) * count));
            cpu[1] = cpu[1].min((relay.cpu() - before) / gib);
        }
        println!(
            "{{\"bench\":\"throughput\",\"of\":\"{name}\",\
             \"splice_gib_s\":{:.2},\"relay_gib_s\":{:.2},\
             \"ratio\":{:.2},\
             \"splice_cpu_s_gib\":{:.2},\"relay_cpu_s_gib\":{:.2}}}",
            best[0],
            best[1],
            best[1] / best[0],
            cpu[0],
            cpu[1]
        );
    }
}

/// Round trips of 100 bytes, in microseconds: median and 99th of a hundred.
fn round_trips(viewer: &mut TcpStream, agent: &mut TcpStream, count: usize) -> (f64, f64) {
    let message = frame(&[1; 100]);
    let mut answer = vec![0; 102];
    let mut times: Vec<f64> = (0..count)
        .map(|_| {
            let began = Instant::now();
            viewer.write_all(&message).unwrap();
            agent.read_exact(&mut answer).unwrap();
            agent.write_all(&message).unwrap();
            viewer.read_exact(&mut answer).unwrap();
            began.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times[count / 2], times[count * 99 / 100])
}

fn slow_viewers() {
    let relay = Server::start("serve-relay");
    let (mut viewer, mut agent) = relay.meeting();
    let alone = round_trips(&mut viewer, &mut agent, 3_000);
    // Two hundred viewers that take nothing, each with an agent that sends as much as goes in.
    let stuck: Vec<_> = (0..200).map(|_| relay.meeting()).collect();
    let record = frame(&vec![7; RECORD]);
    let mut sent = 0;
    for (_, agent) in &stuck {
        let mut agent = agent;
        agent.set_write_timeout(Some(Duration::from_millis(20))).unwrap();
        while let Ok(n) = agent.write(&record) {
            sent += n;
        }
    }
    let beside = round_trips(&mut viewer, &mut agent, 3_000);
    println!(
        "{{\"bench\":\"slow viewers\",\"alone_us\":[{:.0},{:.0}],\"beside_200_us\":[{:.0},{:.0}],\
         \"sent_before_standstill_mib\":{},\"relay_mib\":{}}}",
        alone.0,
        alone.1,
        beside.0,
        beside.1,
        sent >> 20,
        relay.memory() >> 20
    );
}

fn idle(meetings: usize) {
    let relay = Server::start("serve-relay");
    let before = relay.memory();
    let open: Vec<_> = (0..meetings).map(|_| relay.meeting()).collect();
    let after = relay.memory();
    println!(
        "{{\"bench\":\"idle\",\"meetings\":{},\"relay_mib\":{},\"before_mib\":{},\
         \"bytes_a_socket\":{}}}",
        open.len(),
        after >> 20,
        before >> 20,
        (after - before) / (2 * open.len() as u64)
    );
}
