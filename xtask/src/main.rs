//! The one build tool.

fn main() {}
