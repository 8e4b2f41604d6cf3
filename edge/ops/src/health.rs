//! Whether a program can do its work now.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A check answers within this, or it failed.
const PATIENCE: Duration = Duration::from_secs(3);

/// What a check gives: nothing, or what is wrong in words for an operator.
type Told = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;
type Check = Arc<dyn Fn() -> Told + Send + Sync>;

/// The checks of a program. Cheap to clone.
#[derive(Clone, Default)]
pub struct Health {
    checks: Arc<Mutex<Vec<(&'static str, Check)>>>,
    stopping: Arc<AtomicBool>,
    /// One asks at a time: the checks cost a database its time, and strangers do not decide how
    /// much.
    turn: Arc<tokio::sync::Mutex<()>>,
}

/// How the checks went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Name of each check, and what is wrong.
    pub checks: Vec<(&'static str, Option<String>)>,
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.checks.iter().all(|(_, wrong)| wrong.is_none())
    }

    /// As JSON: `{"ready": false, "checks": {"disk": "..."}}`; what is well is `null`.
    #[must_use]
    pub fn json(&self) -> String {
        let checks: serde_json::Map<_, _> = self
            .checks
            .iter()
            .map(|(name, wrong)| ((*name).to_owned(), wrong.clone().into()))
            .collect();
        serde_json::json!({ "ready": self.ready(), "checks": checks }).to_string()
    }
}

impl std::fmt::Debug for Health {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Health").field("stopping", &self.stopping).finish_non_exhaustive()
    }
}

impl Health {
    /// Adds a check. Its name is a word of this program.
    pub fn add<F, T>(&self, name: &'static str, check: F)
    where
        F: Fn() -> T + Send + Sync + 'static,
        T: Future<Output = Result<(), String>> + Send + 'static,
    {
        let check: Check = Arc::new(move || Box::pin(check()));
        self.checks.lock().unwrap_or_else(PoisonError::into_inner).push((name, check));
    }

    /// From now on it is not ready: it stops, and takes no new work.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// Asks every check, side by side; each has three seconds.
    pub async fn report(&self) -> Report {
        let _turn = self.turn.lock().await;
        let checks = self.checks.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut under_way = Vec::with_capacity(checks.len());
        for (name, check) in checks {
            let told = tokio::spawn(tokio::time::timeout(PATIENCE, check()));
            under_way.push((name, told));
        }
        let mut report = Report { checks: Vec::with_capacity(under_way.len() + 1) };
        for (name, told) in under_way {
            let wrong = match told.await {
                Ok(Ok(Ok(()))) => None,
                Ok(Ok(Err(wrong))) => Some(wrong),
                Ok(Err(_)) => Some(format!("no answer within {} s", PATIENCE.as_secs())),
                Err(_) => Some("the check itself failed".to_owned()),
            };
            report.checks.push((name, wrong));
        }
        if self.stopping.load(Ordering::SeqCst) {
            report.checks.push(("stopping", Some("the program is being stopped".to_owned())));
        }
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_that_fails_hangs_or_panics_is_named_and_the_others_are_heard() {
        let health = Health::default();
        health.add("well", || async { Ok(()) });
        assert!(health.report().await.ready());
        health.add("disk", || async { Err("2 % left".to_owned()) });
        health.add("hung", std::future::pending);
        health.add("broken", || async { panic!("a check must not end the program") });
        let report = health.report().await;
        assert!(!report.ready());
        let wrong = |name| report.checks.iter().find(|(n, _)| *n == name).unwrap().1.as_deref();
        assert_eq!(wrong("well"), None);
        assert_eq!(wrong("disk"), Some("2 % left"));
        assert_eq!(wrong("hung"), Some("no answer within 3 s"));
        assert!(wrong("broken").is_some());
        let told: serde_json::Value = serde_json::from_str(&report.json()).unwrap();
        assert_eq!(told["ready"], false);
        assert_eq!(told["checks"]["disk"], "2 % left");
        assert!(told["checks"]["well"].is_null());
    }

    #[tokio::test]
    async fn what_stops_is_not_ready() {
        let health = Health::default();
        assert!(health.report().await.ready());
        health.stop();
        assert!(!health.report().await.ready());
    }
}
