//! noren-agent.

fn main() {}
