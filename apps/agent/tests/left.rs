//! What the agent keeps down at the desktop, and how it leaves it.

#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use agent::state::Place;
use source::{Caps, Input};
use support::{Bot, LOGIN, Office, Server, USER};
use tokio::time::{Duration, sleep};
use wire::session::{AgentCaps, Buttons, Key, Pointer, Size, ToAgent, ToViewer};

const A: u16 = 0x04;
const SHIFT: u16 = 0xe1;

/// Somebody at home before a desktop behind VNC, which may be anything.
async fn vnc(caps: Option<Caps>) -> (Office, Server, Bot) {
    let mut office = Office::open(Place::Vnc {
        host: "127.0.0.1".into(),
        port: 1,
        password: None,
        pin: None,
        login: false,
    });
    *office.desks.caps.lock().unwrap() = caps;
    let device = office.paired(7, USER, LOGIN);
    let mut server = office.server().await;
    let grant = office.grant(&device);
    let mut bot = office.visit(&mut server, &grant, &device).await;
    bot.welcomed().await;
    bot.picture(|_| true).await;
    (office, server, bot)
}

/// What the desktop is told from now on, with the times from the first on, in ms.
async fn told(office: &Office, bot: &mut Bot, wait: u64) -> Vec<(u64, Input)> {
    settle(bot, wait).await;
    let told = std::mem::take(&mut *office.desks.told.lock().unwrap());
    let first = told.first().map_or(0, |(at, _)| *at);
    told.into_iter().map(|(at, input)| (at - first, input)).collect()
}

/// Lets time pass without a word from home.
async fn settle(bot: &mut Bot, ms: u64) {
    let _ = tokio::time::timeout(Duration::from_millis(ms), async {
        loop {
            bot.hear().await;
        }
    })
    .await;
}

fn key(down: bool, usage: u16) -> Input {
    Input::Key { down, usage, keysym: 0 }
}

async fn press(bot: &mut Bot, down: bool, usage: u16) {
    bot.say(&ToAgent::Key(Key { down, usage, keysym: 0 })).await;
}

async fn point(bot: &mut Bot, buttons: Buttons) {
    bot.say(&ToAgent::Pointer(Pointer { x: 5, y: 5, buttons })).await;
}

#[tokio::test(start_paused = true)]
async fn a_press_is_one_press_though_its_lifting_does_not_come() {
    let (office, _server, mut bot) = vnc(None).await;
    press(&mut bot, true, A).await;
    assert_eq!(told(&office, &mut bot, 60_000).await, [(0, key(true, A)), (220, key(false, A))]);
    press(&mut bot, false, A).await;
    assert_eq!(told(&office, &mut bot, 1000).await, [], "it is up already");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_held_is_said_to_be_held() {
    let (office, _server, mut bot) = vnc(None).await;
    press(&mut bot, true, A).await;
    for _ in 0..50 {
        settle(&mut bot, 80).await;
        bot.say(&ToAgent::Held).await;
    }
    assert_eq!(told(&office, &mut bot, 100).await, [(0, key(true, A))]);
    assert_eq!(told(&office, &mut bot, 200).await, [(0, key(false, A))], "and then not any more");
}

#[tokio::test(start_paused = true)]
async fn a_line_that_dies_lifts_everything() {
    let (office, _server, mut bot) = vnc(None).await;
    press(&mut bot, true, SHIFT).await;
    point(&mut bot, Buttons::LEFT).await;
    let pointer = |buttons| Input::Pointer { x: 5, y: 5, buttons };
    assert_eq!(
        told(&office, &mut bot, 60_000).await,
        [
            (0, key(true, SHIFT)),
            (0, pointer(1)),
            (4000, key(false, SHIFT)),
            (4000, Input::ReleaseAll)
        ]
    );
    // It was no end: what waited in the line comes.
    point(&mut bot, Buttons::LEFT).await;
    press(&mut bot, true, A).await;
    let told = told(&office, &mut bot, 100).await;
    let told: Vec<_> = told.into_iter().map(|(_, input)| input).collect();
    assert_eq!(told, [pointer(0), key(true, SHIFT), key(true, A)]);
}

#[tokio::test(start_paused = true)]
async fn the_viewer_is_told_what_the_desktop_can_do() {
    let (_office, _server, bot) = vnc(None).await;
    assert!(bot.caps.has(AgentCaps::TEXT | AgentCaps::RESIZE));
    let caps = Caps { resize: true, text: false, credentials: false };
    let (_office, _server, bot) = vnc(Some(caps)).await;
    assert_eq!(bot.caps, AgentCaps(AgentCaps::RESIZE));

    // A desktop that comes back is another one.
    let (office, _server, mut bot) = vnc(None).await;
    *office.desks.caps.lock().unwrap() = Some(Caps { resize: false, ..caps });
    office.desks.cut();
    while bot.next().await != ToViewer::Caps(AgentCaps(0)) {}
}

#[tokio::test(start_paused = true)]
async fn the_desktop_gets_its_size_back() {
    let (mut office, mut server, mut bot) = vnc(None).await;
    let resize = |width, height| ToAgent::Resize(Size { width, height });
    bot.say(&resize(800, 600)).await;
    bot.picture(|picture| picture.row(0).len() == 800).await;
    // The same person, from another window: the size stays, and is still owed.
    let device = channel::SecretKey::from_bytes([7; 32]);
    let grant = office.grant(&device);
    let mut second = office.visit(&mut server, &grant, &device).await;
    second.hello_at(800, 600).await;
    second.picture(|picture| picture.row(0).len() == 800).await;
    assert_eq!(*office.desks.left.lock().unwrap(), [None]);
    second.leave().await;
    sleep(Duration::from_secs(5)).await;
    assert_eq!(*office.desks.left.lock().unwrap(), [None, Some((640, 480))]);
}
