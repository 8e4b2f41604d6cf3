//! Metrics, in the text that Prometheus reads.

use std::future::Future;
use std::io::Write;
use std::path::Path;
use std::pin::Pin;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use net::tls::ServerCertificate;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// A figure that goes up and down.
pub type Level = Gauge<f64, AtomicU64>;
/// Counts by the word of a label.
pub type Count = Family<Vec<(&'static str, &'static str)>, Counter>;
/// How times are spread, in seconds.
pub type Spread = Histogram;

/// What is sampled when somebody asks has this long.
const PATIENCE: Duration = Duration::from_secs(3);
/// Upper bounds of [`Spread`], seconds.
const BOUNDS: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

type Sampled = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;
type Sampler = Arc<dyn Fn() -> Sampled + Send + Sync>;

/// The metrics of a program. Cheap to clone.
#[derive(Clone)]
pub struct Figures {
    registry: Arc<Mutex<Registry>>,
    samplers: Arc<Mutex<Vec<Sampler>>>,
    /// Samples that failed: a figure that stands still because nobody could read it is no figure.
    failures: Counter,
    /// One asks at a time.
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl std::fmt::Debug for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Figures(..)")
    }
}

impl Figures {
    /// No metrics but the program's name and version. All names begin with `noren_`.
    #[must_use]
    pub fn new(program: &'static str, version: &'static str) -> Self {
        let mut registry = Registry::with_prefix("noren");
        let build = Family::<Vec<(&'static str, &'static str)>, Gauge>::default();
        build.get_or_create(&vec![("program", program), ("version", version)]).set(1);
        registry.register("build", "Which program this is", build);
        let failures = Counter::default();
        registry.register("sample_failures", "Figures that could not be read", failures.clone());
        Self {
            registry: Arc::new(Mutex::new(registry)),
            samplers: Arc::default(),
            failures,
            turn: Arc::default(),
        }
    }

    /// A figure that goes up and down.
    #[must_use]
    pub fn level(&self, name: &'static str, help: &'static str) -> Level {
        let level = Level::default();
        self.registry().register(name, help, level.clone());
        level
    }

    /// A count by label; `_total` is added to its name.
    #[must_use]
    pub fn count(&self, name: &'static str, help: &'static str) -> Count {
        let count = Count::default();
        self.registry().register(name, help, count.clone());
        count
    }

    /// A spread of times, in seconds.
    #[must_use]
    pub fn spread(&self, name: &'static str, help: &'static str) -> Spread {
        let spread = Histogram::new(BOUNDS);
        self.registry().register(name, help, spread.clone());
        spread
    }

    /// Something to do before the figures are told: it sets levels from what only a look gives.
    pub fn sample<F, T>(&self, sampler: F)
    where
        F: Fn() -> T + Send + Sync + 'static,
        T: Future<Output = Result<(), String>> + Send + 'static,
    {
        let sampler: Sampler = Arc::new(move || Box::pin(sampler()));
        self.samplers.lock().unwrap_or_else(PoisonError::into_inner).push(sampler);
    }

    /// When a server's certificate ends; it follows renewals.
    pub fn certificate(&self, certificate: Arc<ServerCertificate>) {
        let ends = self.level("certificate_end_seconds", "When the certificate ends, Unix time");
        self.sample(move || {
            let told = certificate.ends().ok_or_else(|| "the certificate is unreadable".to_owned());
            let ends = ends.clone();
            async move {
                set(&ends, told?);
                Ok(())
            }
        });
    }

    /// The text of all figures, sampled now.
    pub async fn text(&self) -> String {
        let _turn = self.turn.lock().await;
        let samplers = self.samplers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let under_way: Vec<_> = samplers
            .into_iter()
            .map(|sampler| tokio::spawn(tokio::time::timeout(PATIENCE, sampler())))
            .collect();
        for sampled in under_way {
            match sampled.await {
                Ok(Ok(Ok(()))) => {}
                Ok(Ok(Err(wrong))) => {
                    tracing::warn!(wrong, "a figure could not be read");
                    self.failures.inc();
                }
                Ok(Err(_)) | Err(_) => {
                    self.failures.inc();
                }
            }
        }
        let mut text = String::new();
        if encode(&mut text, &self.registry()).is_err() {
            // Writing into a string does not fail; a metric that says so is a fault of ours.
            tracing::error!("the figures could not be written");
        }
        text
    }

    fn registry(&self) -> std::sync::MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sets a level to any whole number. Beyond 2^53 it is near enough.
#[allow(clippy::cast_precision_loss)]
pub fn set(level: &Level, count: impl TryInto<i64>) {
    level.set(count.try_into().unwrap_or(i64::MAX) as f64);
}

/// Puts the figures into a file that a node exporter's textfile collector reads: whole or not at
/// all. The file is world-readable on purpose: it holds nothing that is not on a dashboard.
///
/// # Errors
/// What the file system meets.
pub fn write_file(path: &Path, text: &str) -> std::io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    let mut file = std::fs::File::create(&new)?;
    file.write_all(text.as_bytes())?;
    file.flush()?;
    std::fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn figures_are_sampled_when_they_are_asked_for() {
        let figures = Figures::new("noren-test", "1.2.3");
        let lines = figures.level("lines", "Lines");
        let answers = figures.count("answers", "Answers by kind");
        answers.get_or_create(&vec![("kind", "refused")]).inc();
        let set = lines.clone();
        figures.sample(move || {
            let set = set.clone();
            async move {
                set.set(7.0);
                Ok(())
            }
        });
        figures.sample(|| async { Err("away".to_owned()) });
        figures.sample(std::future::pending);
        let text = figures.text().await;
        for line in [
            "noren_build{program=\"noren-test\",version=\"1.2.3\"} 1",
            "noren_lines 7.0",
            "noren_answers_total{kind=\"refused\"} 1",
            "noren_sample_failures_total 2",
            "# EOF",
        ] {
            assert!(text.lines().any(|one| one == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn a_file_is_replaced_as_a_whole() {
        let folder = std::env::temp_dir().join(format!("noren-ops-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("noren.prom");
        for text in ["one\n", "two\n"] {
            write_file(&path, text).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
