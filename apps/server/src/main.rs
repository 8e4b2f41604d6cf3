//! noren-server.

fn main() {}
