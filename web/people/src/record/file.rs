//! The file of anchors: opened for appending, outside the data folder, each line on the disk before
//! the next.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use audit::{Anchor, Trail};
use ed25519_dalek::VerifyingKey;

use kit::time;

/// A file over this is renamed and a new one begun.
const SIZE: u64 = 16 << 20;
/// Longest line that is read.
const LINE: u64 = 4_096;
/// How each line begins.
const MARK: &str = "noren-anchor v1 ";

/// Where anchors go.
#[derive(Debug)]
pub(crate) struct AnchorFile {
    path: PathBuf,
    file: File,
    size: u64,
    /// The day of its first line, in Japan; none while it is empty.
    day: Option<jiff::civil::Date>,
    /// The last line that was written, here or in the file before.
    line: Option<String>,
    /// Number of the last line.
    pub(crate) last: u64,
}

/// What a file (and the one before it) says.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Where each chain was.
    pub(crate) trail: Trail,
    /// The last line.
    pub(crate) line: Option<String>,
}

impl AnchorFile {
    /// Opens it, and reads what it says.
    ///
    /// # Errors
    /// When it lies in the data folder, cannot be written, or is damaged, with what to do.
    pub(crate) fn open(
        path: &Path,
        data: &Path,
        key: &VerifyingKey,
    ) -> anyhow::Result<(Self, Told)> {
        let path = outside(path, data)?;
        let mut told = Told::default();
        let mut day = None;
        for part in [newest(&path)?, path.exists().then(|| path.clone())].into_iter().flatten() {
            day = read(&part, &mut told)?;
        }
        if let Some(line) = &told.line {
            // Each line names the hash of the one before: the last signature answers for all.
            let anchor = Anchor::read(line)?;
            anchor.signed(line, key).with_context(|| {
                format!(
                    "{} is not of this server's keys: is keys.toml another one, or is the file \
                     another server's?",
                    path.display()
                )
            })?;
        }
        let (file, size) = append(&path)?;
        let last = told.trail.last().map_or(0, |last| last.0);
        let (day, line) = (day.filter(|_| size > 0), told.line.clone());
        Ok((Self { path, file, size, day, line, last }, told))
    }

    /// Whether the file that is written is still the one of its name. One that was renamed, removed
    /// or cut short under the server is begun anew, with the last line once more, so that it says
    /// from its first line on what it goes on from. Answers whether that was so.
    ///
    /// # Errors
    /// When what stands there now cannot be gone on with.
    pub(crate) fn look(&mut self, key: &VerifyingKey, now: i64) -> anyhow::Result<bool> {
        let path = self.path.clone();
        let named = match fs::metadata(&path) {
            Ok(named) => Some(named),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => {
                return Err(error).with_context(|| format!("cannot see {}", path.display()));
            }
        };
        let own = self.file.metadata()?;
        let what = match &named {
            None => "was renamed or removed",
            Some(named) if !same(named, &own) => "is another file",
            Some(named) if named.len() < self.size => "was cut short",
            Some(_) => return Ok(false),
        };
        tracing::error!(
            file = %path.display(),
            "the file of anchors {what} while the server runs: it is begun anew with the last \
             anchor. The server renames it by itself; leave it out of logrotate"
        );
        let mut told = Told::default();
        if named.is_some_and(|named| named.len() > 0 && !same(&named, &own)) {
            // One of before, put in its place: what is missing in it is written again.
            read(&path, &mut told)?;
            let line = told.line.as_ref().context("no anchor is in it")?;
            Anchor::read(line)?.signed(line, key).with_context(|| path.display().to_string())?;
        }
        (self.file, self.size) = append(&path)?;
        (self.day, self.last) = (None, told.trail.last().map_or(self.last, |last| last.0));
        match (told.line, self.line.clone()) {
            (Some(line), _) => self.line = Some(line),
            (None, Some(line)) => self.append(self.last, &line, now)?,
            (None, None) => {}
        }
        Ok(true)
    }

    /// Begins a file where the one before is gone for good: the last line that is known stands in
    /// it, and the lines go on behind it.
    ///
    /// # Errors
    /// When there is a file that says something, or none can be written.
    pub(crate) fn begin(
        path: &Path,
        data: &Path,
        key: &VerifyingKey,
        last: (u64, &str),
        now: i64,
    ) -> anyhow::Result<()> {
        let (mut file, told) = Self::open(path, data, key)?;
        ensure!(
            told.line.is_none() && file.is_empty(),
            "{} (or the one renamed before it) is a file of anchors: it is gone on with as it is",
            path.display()
        );
        file.append(last.0, last.1, now)?;
        Ok(())
    }

    /// Whether no line is in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.size == 0
    }

    /// Puts a line on the disk.
    pub(crate) fn append(&mut self, number: u64, line: &str, now: i64) -> std::io::Result<()> {
        let text = format!("{line}\n");
        if let Err(error) =
            self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data())
        {
            // A part of the line may be there: the next try begins a line of its own, and a reader
            // knows the part by what follows it.
            _ = self.file.write_all(b"\n");
            return Err(error);
        }
        self.size += text.len() as u64;
        self.line = Some(line.to_owned());
        self.day = self.day.or(Some(time::civil(now).date()));
        self.last = number;
        Ok(())
    }

    /// Begins a new file when this one is large enough, or of another day. Answers whether it did.
    pub(crate) fn rotate(&mut self, now: i64) -> std::io::Result<bool> {
        let over = self.day.is_some_and(|day| day != time::civil(now).date());
        if self.size == 0 || (self.size < SIZE && !over) {
            return Ok(false);
        }
        let old = rotated(&self.path, self.last);
        // A file that may only be appended to (chattr +a) stays as it is and grows.
        fs::rename(&self.path, &old)?;
        let (file, size) = append(&self.path).map_err(std::io::Error::other)?;
        (self.file, self.size, self.day) = (file, size, None);
        Ok(true)
    }
}

/// Whether two are one file.
#[cfg(unix)]
fn same(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// A file that is open cannot be renamed there.
#[cfg(not(unix))]
fn same(_: &fs::Metadata, _: &fs::Metadata) -> bool {
    true
}

/// The path, absolute, when it is not in the data folder.
fn outside(path: &Path, data: &Path) -> anyhow::Result<PathBuf> {
    let name = path.file_name().context("--anchor-file is the path of a file")?;
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = folder
        .canonicalize()
        .with_context(|| format!("there is no folder {}", folder.display()))?;
    let data =
        data.canonicalize().with_context(|| format!("there is no folder {}", data.display()))?;
    ensure!(
        !folder.starts_with(&data),
        "the anchor file lies in the data folder: an old copy of the folder would bring an old \
         file with it. Put it elsewhere, best on another disk"
    );
    let path = folder.join(name);
    if let Ok(real) = path.canonicalize() {
        ensure!(!real.starts_with(&data), "the anchor file is a link into the data folder");
    }
    Ok(path)
}

fn append(path: &Path) -> anyhow::Result<(File, u64)> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o640);
    }
    let mut file =
        options.open(path).with_context(|| format!("cannot append to {}", path.display()))?;
    let size = file.metadata()?.len();
    if size > 0 && last_byte(path)? != b'\n' {
        // A write that was cut off by a crash; the line comes again whole.
        file.write_all(b"\n")?;
    }
    // The name is on the disk too.
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok((file, size))
}

fn last_byte(path: &Path) -> anyhow::Result<u8> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::End(-1))?;
    let mut byte = [0];
    file.read_exact(&mut byte)?;
    Ok(byte[0])
}

fn rotated(path: &Path, last: u64) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{last:010}"));
    PathBuf::from(name)
}

/// The file that was renamed last.
fn newest(path: &Path) -> anyhow::Result<Option<PathBuf>> {
    let (Some(folder), Some(name)) =
        (path.parent(), path.file_name().and_then(|name| name.to_str()))
    else {
        return Ok(None);
    };
    let mut found: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let other = entry.file_name();
        let number = other.to_str().and_then(|other| other.strip_prefix(name)?.strip_prefix('.'));
        if number.is_some_and(|number| {
            number.len() >= 10 && number.bytes().all(|byte| byte.is_ascii_digit())
        }) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found.pop())
}

/// Follows the lines of a file; the day of its first.
fn read(path: &Path, told: &mut Told) -> anyhow::Result<Option<jiff::civil::Date>> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut reader = BufReader::new(file);
    let mut day = None;
    let (mut number, mut broken) = (0, None::<(usize, String, String)>);
    loop {
        let mut bytes = Vec::new();
        if reader.by_ref().take(LINE).read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        number += 1;
        let whole = bytes.ends_with(b"\n");
        let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
        if line.is_empty() {
            continue;
        }
        if let Some((number, part, why)) = broken.take()
            && !(line.len() > part.len() && line.starts_with(&part))
        {
            damaged(path, number, &why)?;
        }
        let taken =
            Anchor::read(&line).and_then(|anchor| told.trail.take(&anchor, &line).map(|_| anchor));
        match taken {
            Ok(anchor) => {
                day = day.or_else(|| {
                    Some(time::civil(i64::try_from(anchor.at).unwrap_or_default()).date())
                });
                told.line = Some(line);
            }
            // The end of the file may be a write that was cut off.
            Err(_) if !whole => {}
            Err(fault) => broken = Some((number, line, fault.to_string())),
        }
    }
    match broken {
        // The line was cut off, and its line end came with the start after that.
        Some((_, part, _))
            if Anchor::read(&part).is_err()
                && (part.starts_with(MARK) || MARK.starts_with(&part)) =>
        {
            Ok(day)
        }
        Some((number, _, why)) => damaged(path, number, &why).map(|()| day),
        None => Ok(day),
    }
}

fn damaged(path: &Path, number: usize, why: &str) -> anyhow::Result<()> {
    bail!(
        "{} line {number}: {why}. The file of anchors was altered or is damaged: look at it with \
         `noren-server audit verify --anchors {}`; \
         if you know why, move it away and keep it, and the server begins a new one",
        path.display(),
        path.display()
    )
}

#[cfg(test)]
mod tests {
    use audit::{Chain, Head};
    use ed25519_dalek::SigningKey;

    use super::*;

    const DAY: i64 = 86_400_000;

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn lines(count: u64) -> Vec<String> {
        let mut previous = [0; 32];
        (1..=count)
            .map(|number| {
                let heads = vec![(Chain::SERVER, Head { seq: number, hash: [number as u8; 32] })];
                let line = Anchor { number, at: number, previous, heads }.sign(&key());
                previous = Anchor::hash(&line);
                line
            })
            .collect()
    }

    fn open(folder: &Path) -> anyhow::Result<(AnchorFile, Told)> {
        fs::create_dir_all(folder.join("data")).unwrap();
        AnchorFile::open(&folder.join("anchors"), &folder.join("data"), &key().verifying_key())
    }

    #[test]
    fn it_does_not_lie_in_the_data_folder() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        fs::create_dir_all(data.join("deep")).unwrap();
        let open = |path: &Path| AnchorFile::open(path, &data, &key().verifying_key());
        for inside in ["anchors", "deep/anchors", "../data/anchors"] {
            assert!(
                open(&data.join(inside)).unwrap_err().to_string().contains("data folder"),
                "{inside}"
            );
        }
        #[cfg(unix)]
        {
            fs::write(data.join("real"), "").unwrap();
            std::os::unix::fs::symlink(data.join("real"), folder.path().join("link")).unwrap();
            assert!(open(&folder.path().join("link")).is_err());
        }
        assert!(open(&folder.path().join("anchors")).is_ok());
    }

    #[test]
    fn lines_go_on_over_files_and_starts() {
        let folder = tempfile::tempdir().unwrap();
        let all = lines(4);
        let (mut file, told) = open(folder.path()).unwrap();
        assert!(file.is_empty() && told.line.is_none());
        file.append(1, &all[0], 0).unwrap();
        file.append(2, &all[1], 0).unwrap();
        assert!(!file.rotate(1).unwrap());
        assert!(file.rotate(DAY).unwrap(), "another day");
        file.append(3, &all[2], DAY).unwrap();
        drop(file);
        let (mut file, told) = open(folder.path()).unwrap();
        assert_eq!((file.last, told.line.as_ref()), (3, Some(&all[2])));
        file.append(4, &all[3], DAY).unwrap();
        assert_eq!(open(folder.path()).unwrap().0.last, 4);
        assert!(folder.path().join("anchors.0000000002").exists());
    }

    #[test]
    #[cfg(unix)]
    fn a_file_that_is_renamed_removed_or_emptied_under_the_server_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let (path, aside) = (folder.path().join("anchors"), folder.path().join("anchors.1"));
        let (all, key) = (lines(5), key().verifying_key());
        let (mut file, _) = open(folder.path()).unwrap();
        file.append(1, &all[0], 0).unwrap();
        assert!(!file.look(&key, 0).unwrap());
        let says = || fs::read_to_string(&path).unwrap();
        // As logrotate does it, with and without `create`; removed; and by `copytruncate`.
        let moved: [&dyn Fn(); 4] = [
            &|| fs::rename(&path, &aside).unwrap(),
            &|| {
                fs::rename(&path, &aside).unwrap();
                fs::write(&path, "").unwrap();
            },
            &|| fs::remove_file(&path).unwrap(),
            &|| fs::write(&path, "").unwrap(),
        ];
        for (n, moved) in (1..).zip(moved) {
            moved();
            assert!(file.look(&key, 0).unwrap() && !file.look(&key, 0).unwrap(), "{n}");
            assert_eq!(says(), format!("{}\n", all[n - 1]), "{n}: the last line once more");
            file.append(n as u64 + 1, &all[n], 0).unwrap();
            let (again, told) = open(folder.path()).unwrap();
            assert_eq!((again.last, told.line.as_ref()), (n as u64 + 1, Some(&all[n])), "{n}");
        }
        // An older one of its own in its place is gone on with; a stranger's is not.
        fs::remove_file(&path).unwrap();
        fs::write(&path, format!("{}\n", all[0])).unwrap();
        assert!(file.look(&key, 0).unwrap());
        assert_eq!(file.last, 1, "what is missing in it is written again");
        fs::remove_file(&path).unwrap();
        fs::write(&path, "somebody else's\n").unwrap();
        assert!(file.look(&key, 0).is_err());
    }

    #[test]
    fn a_write_that_was_cut_off_is_no_damage_and_an_altered_line_is() {
        let folder = tempfile::tempdir().unwrap();
        let all = lines(3);
        let path = folder.path().join("anchors");
        fs::write(&path, format!("{}\n{}", all[0], &all[1][..40])).unwrap();
        let (mut file, told) = open(folder.path()).unwrap();
        assert_eq!((file.last, told.line.as_ref()), (1, Some(&all[0])));
        drop(file);
        file = open(folder.path()).unwrap().0;
        file.append(2, &all[1], 0).unwrap();
        file.append(3, &all[2], 0).unwrap();
        assert_eq!(open(folder.path()).unwrap().0.last, 3);

        let altered = fs::read_to_string(&path).unwrap().replace("000000:2:", "000000:7:");
        fs::write(&path, altered).unwrap();
        let error = open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("altered or is damaged"), "{error}");
    }
}
