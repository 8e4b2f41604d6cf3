//! How many files and sockets this process may have open.

/// Raises this process's limit of open files to the most the machine allows, and returns it. Where
/// the machine does not say, it returns the least that POSIX systems give.
#[cfg(unix)]
pub fn raise_descriptors() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let now = getrlimit(Resource::Nofile);
    if setrlimit(Resource::Nofile, Rlimit { current: now.maximum, maximum: now.maximum }).is_err() {
        tracing::warn!(
            soft = now.current,
            hard = now.maximum,
            "the limit of open files stays as it is"
        );
    }
    getrlimit(Resource::Nofile)
        .current
        .map_or(usize::MAX, |current| usize::try_from(current).unwrap_or(usize::MAX))
}

/// On other systems sockets do not count as files.
#[cfg(not(unix))]
pub fn raise_descriptors() -> usize {
    usize::MAX
}

#[cfg(all(test, unix))]
mod tests {
    use rustix::process::{Resource, getrlimit};

    #[test]
    fn as_many_as_the_machine_lets_it_have() {
        let raised = super::raise_descriptors();
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
        assert_eq!(Some(raised as u64), limit.maximum.or(Some(u64::MAX)));
    }
}
