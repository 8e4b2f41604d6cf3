//! noren-agent: the agent in the office.

fn main() -> anyhow::Result<std::process::ExitCode> {
    agent::command::main()
}
