//! The file of anchors: opened for appending, outside the data folder, each line on the disk before the next.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
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
    pub(crate) fn open(path: &Path, data: &Path, key: &VerifyingKey) -> anyhow::Result<(Self, Told)> {
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
                    "{} is not of this server's keys: is keys.toml another one, or is the file another server's?",
                    path.display()
                )
            })?;
        }
        let (file, size) = append(&path)?;
        let last = told.trail.last().map_or(0, |last| last.0);
        Ok((Self { path, file, size, day: day.filter(|_| size > 0), last }, told))
    }

    /// Whether no line is in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.size == 0
    }

    /// Puts a line on the disk.
    pub(crate) fn append(&mut self, number: u64, line: &str, now: i64) -> std::io::Result<()> {
        let line = format!("{line}\n");
        if let Err(error) = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_data()) {
            // A part of the line may be there: the next try begins a line of its own, and a reader knows the part by what follows it.
            _ = self.file.write_all(b"\n");
            return Err(error);
        }
        self.size += line.len() as u64;
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

/// The path, absolute, when it is not in the data folder.
fn outside(path: &Path, data: &Path) -> anyhow::Result<PathBuf> {
    let name = path.file_name().context("--anchor-file is the path of a file")?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = folder.canonicalize().with_context(|| format!("there is no folder {}", folder.display()))?;
    let data = data.canonicalize().with_context(|| format!("there is no folder {}", data.display()))?;
    ensure!(
        !folder.starts_with(&data),
        "the anchor file lies in the data folder: an old copy of the folder would bring an old file with it. Put it elsewhere, best on another disk"
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
    let mut file = options.open(path).with_context(|| format!("cannot append to {}", path.display()))?;
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
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else { return Ok(None) };
    let mut found: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let other = entry.file_name();
        let number = other.to_str().and_then(|other| other.strip_prefix(name)?.strip_prefix('.'));
        if number.is_some_and(|number| number.len() >= 10 && number.bytes().all(|byte| byte.is_ascii_digit())) {
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
        let taken = Anchor::read(&line).and_then(|anchor| told.trail.take(&anchor, &line).map(|_| anchor));
        match taken {
            Ok(anchor) => {
                day = day.or_else(|| Some(time::civil(i64::try_from(anchor.at).unwrap_or_default()).date()));
                told.line = Some(line);
            }
            // The end of the file may be a write that was cut off.
            Err(_) if !whole => {}
            Err(fault) => broken = Some((number, line, fault.to_string())),
        }
    }
    match broken {
        // The line was cut off, and its line end came with the start after that.
        Some((_, part, _)) if Anchor::read(&part).is_err() && (part.starts_with(MARK) || MARK.starts_with(&part)) => Ok(day),
        Some((number, _, why)) => damaged(path, number, &why).map(|()| day),
        None => Ok(day),
    }
}

fn damaged(path: &Path, number: usize, why: &str) -> anyhow::Result<()> {
    bail!(
        "{} line {number}: {why}. The file of anchors was altered or is damaged: look at it with `noren-server audit verify --anchors {}`; \
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
            assert!(open(&data.join(inside)).unwrap_err().to_string().contains("data folder"), "{inside}");
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
