//! noren-relay.

fn main() {}
