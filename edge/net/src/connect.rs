//! Connecting to a host that has several addresses (RFC 8305, "happy eyeballs"): an address that
//! does not answer delays the next one by a quarter of a second and no more.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpStream;

/// How long an address may take before the next one is tried beside it (RFC 8305, section 8).
pub const ATTEMPT_DELAY: Duration = Duration::from_millis(250);
/// Most addresses of one host that are tried.
const MOST_ADDRESSES: usize = 32;

/// Opens a TCP connection to the first address of a host that answers. A caller's time limit covers
/// all addresses together; dropping the future gives up all attempts.
///
/// # Errors
/// Those of the resolver; if no address answers, what the network said of the address that came
/// nearest.
pub async fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let addresses = tokio::net::lookup_host((host, port)).await?;
    race(interleaved(addresses), TcpStream::connect).await
}

/// The addresses in the resolver's order (RFC 6724), but with the two families in turn, so that a
/// family that is dead as a whole delays by one attempt (RFC 8305, section 4).
fn interleaved(addresses: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let mut addresses = addresses.peekable();
    let Some(first) = addresses.peek().map(SocketAddr::is_ipv6) else { return Vec::new() };
    let (mut same, mut other): (VecDeque<_>, VecDeque<_>) =
        addresses.partition(|address| address.is_ipv6() == first);
    let mut order = Vec::new();
    while order.len() < MOST_ADDRESSES && !(same.is_empty() && other.is_empty()) {
        order.extend(same.pop_front());
        order.extend(other.pop_front());
    }
    order.dedup();
    order.truncate(MOST_ADDRESSES);
    order
}

/// Begins an attempt at each address, the next one when the last one failed or took
/// [`ATTEMPT_DELAY`], and gives what the first success made. The others are dropped.
async fn race<T, F>(addresses: Vec<SocketAddr>, attempt: impl Fn(SocketAddr) -> F) -> io::Result<T>
where
    F: Future<Output = io::Result<T>>,
{
    let mut addresses = addresses.into_iter();
    let mut attempts = FuturesUnordered::new();
    let mut fault: Option<io::Error> = None;
    loop {
        match addresses.next() {
            Some(address) => attempts.push(attempt(address)),
            None if attempts.is_empty() => {
                let nowhere = || io::Error::new(io::ErrorKind::NotFound, "the host has no address");
                return Err(fault.unwrap_or_else(nowhere));
            }
            None => {}
        }
        let waiting = addresses.len() > 0;
        tokio::select! {
            done = attempts.next() => match done {
                Some(Ok(made)) => return Ok(made),
                Some(Err(error)) => fault = Some(nearer(fault, error)),
                None => {}
            },
            () = tokio::time::sleep(ATTEMPT_DELAY), if waiting => {}
        }
    }
}

/// Of two faults the one that says more of the host: a host that refuses is there, and an address
/// without a route says nothing of it.
fn nearer(known: Option<io::Error>, new: io::Error) -> io::Error {
    use io::ErrorKind::{AddrNotAvailable, HostUnreachable, NetworkUnreachable};
    let vague = |error: &io::Error| {
        matches!(error.kind(), AddrNotAvailable | HostUnreachable | NetworkUnreachable)
    };
    match known {
        Some(known) if !vague(&known) || vague(&new) => known,
        _ => new,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    fn at(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn ordered(list: &[&str]) -> Vec<String> {
        interleaved(list.iter().map(|text| at(text))).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn families_take_turns_and_the_resolvers_first_stays_first() {
        let (six, four) = (["[::1]:1", "[::2]:1", "[::3]:1"], ["192.0.2.1:1", "192.0.2.2:1"]);
        assert_eq!(
            ordered(&[six.as_slice(), &four].concat()),
            [six[0], four[0], six[1], four[1], six[2]]
        );
        assert_eq!(
            ordered(&[four.as_slice(), &six].concat()),
            [four[0], six[0], four[1], six[1], six[2]]
        );
        assert_eq!(ordered(&four), four);
        assert_eq!(ordered(&["192.0.2.1:1", "192.0.2.1:1"]), ["192.0.2.1:1"]);
        assert!(ordered(&[]).is_empty());
        let many: Vec<_> = (0..200).map(|n| format!("[2001:db8::{n:x}]:1")).collect();
        let many = ordered(&many.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!((many.len(), many[31].as_str()), (MOST_ADDRESSES, "[2001:db8::1f]:1"));
    }

    /// What an address does, and after how long.
    #[derive(Clone, Copy)]
    enum Does {
        Answer(u64),
        Fail(u64, io::ErrorKind),
        Nothing,
    }

    /// Races addresses 1, 2, ... on a clock that is advanced, not waited for. The outcome with the
    /// address's number, when it came, and when each attempt began, in milliseconds.
    async fn raced(all: &[Does]) -> (Result<u16, io::ErrorKind>, u128, Vec<u128>) {
        let (began, starts) = (Instant::now(), std::sync::Mutex::new(Vec::new()));
        let addresses = (1..=all.len()).map(|n| at(&format!("192.0.2.1:{n}"))).collect::<Vec<_>>();
        let outcome = race(addresses, |address| {
            starts.lock().unwrap().push(began.elapsed().as_millis());
            let does = all[usize::from(address.port()) - 1];
            async move {
                let after = |ms| tokio::time::sleep(Duration::from_millis(ms));
                match does {
                    Does::Answer(ms) => after(ms).await,
                    Does::Fail(ms, kind) => {
                        after(ms).await;
                        return Err(kind.into());
                    }
                    Does::Nothing => std::future::pending().await,
                }
                Ok(address.port())
            }
        })
        .await;
        let came = began.elapsed().as_millis();
        (outcome.map_err(|error| error.kind()), came, starts.into_inner().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn a_dead_address_delays_by_a_quarter_of_a_second() {
        use Does::{Answer, Fail, Nothing};
        let refused = io::ErrorKind::ConnectionRefused;
        assert_eq!(raced(&[Answer(20), Answer(0)]).await, (Ok(1), 20, vec![0]));
        assert_eq!(raced(&[Nothing, Answer(20)]).await, (Ok(2), 270, vec![0, 250]));
        assert_eq!(raced(&[Nothing, Nothing, Answer(20)]).await, (Ok(3), 520, vec![0, 250, 500]));
        // A failure is not waited for, and a slow address is not given up.
        assert_eq!(raced(&[Fail(5, refused), Answer(20)]).await, (Ok(2), 25, vec![0, 5]));
        assert_eq!(raced(&[Answer(400), Nothing]).await, (Ok(1), 400, vec![0, 250]));
        assert_eq!(raced(&[Answer(400), Fail(10, refused)]).await, (Ok(1), 400, vec![0, 250]));
    }

    #[tokio::test(start_paused = true)]
    async fn the_fault_told_is_the_one_of_the_address_that_came_nearest() {
        use io::ErrorKind::{ConnectionRefused, NetworkUnreachable, NotFound, TimedOut};
        let fails = |ms, kind| Does::Fail(ms, kind);
        let of = async |all: &[Does]| raced(all).await.0.unwrap_err();
        let both = [fails(0, NetworkUnreachable), fails(1, ConnectionRefused)];
        assert_eq!(of(&both).await, ConnectionRefused);
        assert_eq!(of(&[both[1], both[0]]).await, ConnectionRefused);
        assert_eq!(of(&[fails(0, TimedOut), both[1]]).await, TimedOut);
        assert_eq!(of(&[both[0], both[0]]).await, NetworkUnreachable);
        assert_eq!(of(&[]).await, NotFound);
    }

    #[tokio::test]
    async fn a_name_and_an_address_are_connected_to() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        for host in ["127.0.0.1", "localhost"] {
            connect(host, port).await.unwrap();
        }
        drop(listener);
        let refused = connect("127.0.0.1", port).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    }
}
