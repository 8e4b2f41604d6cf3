//! What the RFB machine agrees on with TigerVNC's Xvnc beyond pictures: fences, updates without
//! being asked, keys by place, sizes.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use std::time::Duration;

use rfb::{Client, Config, Event, Security};
use support::servers::Xvnc;
use support::x::X;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The machine on a socket, and nothing else: what is asked for is asked for by the test.
struct Bare {
    client: Client,
    stream: TcpStream,
}

impl Bare {
    async fn open(server: &Xvnc) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
        let config = Config {
            accept: vec![Security::None],
            encodings: rfb::NEAR.to_vec(),
            ..Config::default()
        };
        Self { client: Client::new(config), stream }
    }

    /// Sends what is to be sent, takes what comes, until it is so.
    async fn until(&mut self, what: &str, mut so: impl FnMut(&mut Client) -> bool) {
        let turn = async {
            let mut room = vec![0; 64 << 10];
            while !so(&mut self.client) {
                if let Some(bytes) = self.client.poll_transmit() {
                    self.stream.write_all(&bytes).await.unwrap();
                }
                let count = self.stream.read(&mut room).await.unwrap();
                self.client.handle_bytes(&room[..count]).unwrap();
            }
        };
        tokio::time::timeout(Duration::from_secs(30), turn)
            .await
            .unwrap_or_else(|_| panic!("waited in vain for {what}"));
    }

    async fn send(&mut self) {
        if let Some(bytes) = self.client.poll_transmit() {
            self.stream.write_all(&bytes).await.unwrap();
        }
    }
}

#[tokio::test]
async fn fences_return_and_updates_come_unasked() {
    let server = Xvnc::open();
    let x = X::open(&server.display);
    let mut bare = Bare::open(&server).await;
    bare.until("the handshake", |client| client.poll_event() == Some(Event::Ready)).await;
    bare.client.request_update(false);
    bare.until("the first picture and what the server knows", |client| {
        let known = client.extensions();
        client.updates() > 0
            && known.fence
            && known.continuous_updates
            && known.qemu_key
            && known.resize
    })
    .await;
    bare.client.fence();
    bare.until("the fence", |client| client.fences_returned() == 1).await;

    // Three changes, none of them asked for.
    bare.client.continuous_updates(true);
    bare.send().await;
    for colour in [0x11_22_33, 0x44_55_66, 0x77_88_99] {
        let before = bare.client.updates();
        x.fill(0, 0, 640, 480, colour);
        bare.until("an update", |client| {
            client.updates() > before && client.framebuffer().pixels()[0] & 0xff_ff_ff == colour
        })
        .await;
    }
    // Switched off, a change comes when it is asked for and not before: the fence behind it comes
    // back first.
    bare.client.continuous_updates(false);
    bare.client.fence();
    bare.until("the second fence", |client| client.fences_returned() == 2).await;
    let before = bare.client.updates();
    x.fill(0, 0, 640, 480, 0xaa_bb_cc);
    x.picture();
    bare.client.fence();
    bare.until("the third fence", |client| client.fences_returned() == 3).await;
    assert_eq!(bare.client.updates(), before, "nothing came unasked");
    bare.client.request_update(true);
    bare.until("the asked one", |client| {
        client.framebuffer().pixels()[0] & 0xff_ff_ff == 0xaa_bb_cc
    })
    .await;
}
