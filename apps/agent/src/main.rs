//! noren-agent: the agent in the office.

fn main() -> anyhow::Result<()> {
    agent::command::main()
}
