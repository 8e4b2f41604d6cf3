//! Imports that are under way or just ended, in memory: what they did is in the store, how they
//! went is for the page alone, for an hour, and of all together no more than so many bytes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use exchange::case::CaseId;
use people::StaffId;

use kit::error::Refusal;

/// Most imports kept, and most that run at once.
const KEPT: usize = 32;
const RUNNING: usize = 2;
/// How long it is told how one went, milliseconds after it began.
const LIFE_MS: i64 = 60 * 60_000;
/// Most that is kept of all that ended: the oldest give way. Of one that is larger alone, its
/// marked copy is not made.
const BYTES: usize = 32 << 20;

id::ids! {
    Refusal = Refusal::NotFound;
    /// An import that is under way or just ended.
    pub(crate) ImportId;
}

/// The imports of this server.
#[derive(Debug, Default)]
pub struct Imports(Mutex<BTreeMap<ImportId, Arc<Job>>>);

/// One import.
#[derive(Debug)]
pub(crate) struct Job {
    /// Whose it is; nobody else sees it.
    pub(crate) owner: StaffId,
    pub(crate) case: CaseId,
    began: i64,
    total: AtomicUsize,
    done: AtomicUsize,
    end: Mutex<Option<(Arc<End>, usize)>>,
}

/// How an import ended.
#[derive(Clone, Debug)]
pub(crate) enum End {
    /// Answers were taken.
    Taken(Count),
    /// Nothing was taken yet: what would be, and what it would be taken from.
    Looked { count: Count, bytes: Bytes, reason: String },
    /// Nothing was taken: cell and what is wrong with it, and the rows for a marked copy.
    Faulty { faults: Vec<Told>, rows: Vec<Vec<String>> },
    /// Nothing was taken, for a reason that is no cell's.
    Refused(String, String),
}

/// What a file says, in bodies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// Name of the sheet that was read; a CSV has none.
    pub(crate) sheet: Option<String>,
    /// Rows of it that are not shown.
    pub(crate) hidden: usize,
    /// Bodies that had no answer, or one that says the same and was not handed in.
    pub(crate) new: usize,
    /// Bodies whose answer becomes another; the one before stays among the versions.
    pub(crate) changed: usize,
    /// Bodies whose answer stands like this already: saved, or handed in where the import does so.
    pub(crate) same: usize,
    /// Bodies whose row holds no answer.
    pub(crate) empty: usize,
}

impl Count {
    /// How many answers are taken.
    pub(crate) fn taken(&self) -> usize {
        self.new + self.changed
    }
}

/// A fault in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// Row and column, from 0.
    pub(crate) at: (u32, u16),
    pub(crate) ja: String,
    pub(crate) en: String,
}

impl Imports {
    /// A new import, when there is room for one.
    pub(crate) fn begin(
        &self,
        id: ImportId,
        owner: StaffId,
        case: CaseId,
        now: i64,
    ) -> Result<Arc<Job>, Refusal> {
        self.sweep(now);
        let mut jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if jobs.values().filter(|job| job.end().is_none()).count() >= RUNNING {
            return Err(Refusal::TooMany(10));
        }
        while jobs.len() >= KEPT {
            let oldest = jobs
                .iter()
                .filter(|(_, job)| job.end().is_some())
                .min_by_key(|(_, job)| job.began)
                .map(|(id, _)| *id);
            let Some(oldest) = oldest else { return Err(Refusal::TooMany(10)) };
            jobs.remove(&oldest);
        }
        let job = Job {
            owner,
            case,
            began: now,
            total: AtomicUsize::new(0),
            done: AtomicUsize::new(0),
            end: Mutex::new(None),
        };
        let job = Arc::new(job);
        jobs.insert(id, job.clone());
        Ok(job)
    }

    /// Those that ended long ago go, and the oldest of those that hold too much together.
    pub(crate) fn sweep(&self, now: i64) {
        let mut jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.retain(|_, job| job.end().is_none() || now - job.began < LIFE_MS);
        let mut ended: Vec<(i64, ImportId, usize)> = jobs
            .iter()
            .filter(|(_, job)| job.end().is_some())
            .map(|(id, job)| (job.began, *id, job.holds()))
            .collect();
        ended.sort_unstable_by(|one, other| other.cmp(one));
        let mut held = 0;
        for (_, id, bytes) in ended {
            held += bytes;
            if held > BYTES {
                jobs.remove(&id);
            }
        }
    }

    /// An import of this person for this case.
    pub(crate) fn find(&self, id: &str, owner: StaffId, case: CaseId) -> Result<Arc<Job>, Refusal> {
        let id = id.parse::<ImportId>()?;
        let jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.get(&id)
            .filter(|job| job.owner == owner && job.case == case)
            .cloned()
            .ok_or(Refusal::NotFound)
    }
}

impl Job {
    /// How many there are, once that is known.
    pub(crate) fn count(&self, total: usize) {
        self.total.store(total, Ordering::Relaxed);
    }

    /// One more is done.
    pub(crate) fn step(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    /// Done and total.
    pub(crate) fn progress(&self) -> (usize, usize) {
        (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }

    /// It is over.
    pub(crate) fn over(&self, end: End) {
        let end = match end {
            End::Faulty { faults, rows } if rows_hold(&rows) + faults_hold(&faults) > BYTES => {
                End::Faulty { faults, rows: Vec::new() }
            }
            end => end,
        };
        let holds = end.holds();
        *self.end.lock().unwrap_or_else(PoisonError::into_inner) = Some((Arc::new(end), holds));
    }

    /// How it ended, if it has.
    pub(crate) fn end(&self) -> Option<Arc<End>> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|(end, _)| end.clone())
    }

    /// How many bytes its end holds.
    fn holds(&self) -> usize {
        self.end
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .map_or(0, |(_, bytes)| *bytes)
    }
}

impl End {
    fn holds(&self) -> usize {
        match self {
            Self::Taken(_) => 0,
            Self::Looked { bytes, reason, .. } => bytes.len() + reason.len(),
            Self::Faulty { faults, rows } => rows_hold(rows) + faults_hold(faults),
            Self::Refused(ja, en) => ja.len() + en.len(),
        }
    }
}

fn rows_hold(rows: &[Vec<String>]) -> usize {
    let cell = |cell: &String| size_of::<String>() + cell.capacity();
    let row = |row: &Vec<String>| size_of::<Vec<String>>() + row.iter().map(cell).sum::<usize>();
    rows.iter().map(row).sum()
}

fn faults_hold(faults: &[Told]) -> usize {
    faults.iter().map(|fault| size_of::<Told>() + fault.ja.len() + fault.en.len()).sum()
}
