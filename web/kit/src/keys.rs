//! The server's keys: made at the first start, in a file only the server's user can read.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use net::{Rng, private};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// What the server signs, seals and hashes with.
pub struct Keys {
    /// Ed25519: signs tickets and grants, pinned by agents (spec/pairing.md).
    pub signing: SigningKey,
    /// XChaCha20-Poly1305: seals one-time code keys in the database.
    pub sealing: [u8; 32],
    /// HMAC-SHA256: CSRF tokens, hashes of codes.
    pub mac: [u8; 32],
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    signing: String,
    sealing: String,
    mac: String,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(..)")
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.sealing.zeroize();
        self.mac.zeroize();
    }
}

impl Keys {
    /// The file's name in the data folder.
    pub const FILE: &str = "keys.toml";

    /// New keys.
    pub fn new(rng: &mut dyn Rng) -> Self {
        let mut draw = || {
            let mut bytes = [0; 32];
            rng.fill_bytes(&mut bytes);
            bytes
        };
        let (mut signing, sealing, mac) = (draw(), draw(), draw());
        let keys = Self { signing: SigningKey::from_bytes(&signing), sealing, mac };
        signing.zeroize();
        keys
    }

    /// Reads `keys.toml` of the folder, or makes it (mode 0600) when there is none.
    ///
    /// # Errors
    /// When the file is readable by others, is not what this program writes, or cannot be written.
    pub fn load_or_make(folder: &Path, rng: &mut dyn Rng) -> anyhow::Result<Self> {
        let path = folder.join(Self::FILE);
        match fs::read_to_string(&path) {
            Ok(text) => {
                check_private(&path)?;
                Self::parse(&text)
                    .with_context(|| format!("{} is not a file of keys", path.display()))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let keys = Self::new(rng);
                keys.save(&path).with_context(|| format!("cannot write {}", path.display()))?;
                Ok(keys)
            }
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Reads `keys.toml` of the folder; makes none.
    ///
    /// # Errors
    /// When there is none, or as [`Keys::load_or_make`].
    pub fn load(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("keys.toml");
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        check_private(&path)?;
        Self::parse(&text).with_context(|| format!("{} is not a file of keys", path.display()))
    }

    /// By which a database knows the keys it is used with. It tells nothing of them.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(b"noren keys 1");
        hash.update(self.signing.verifying_key().as_bytes());
        for key in [&self.sealing, &self.mac] {
            hash.update(Sha256::new().chain_update(b"noren key 1").chain_update(key).finalize());
        }
        crate::secrets::hex(&hash.finalize())
    }

    /// The setting under which a database keeps [`Keys::fingerprint`].
    pub const SETTING: &str = "keys";

    /// Whether a database was used with these keys; with none at all, it fits.
    ///
    /// # Errors
    /// What the database can meet.
    pub async fn fit(&self, conn: &mut store::Conn) -> store::Result<bool> {
        let known = store::settings::find(conn, Self::SETTING).await?;
        Ok(known.is_none_or(|known| known == self.fingerprint()))
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let file: File = toml::from_str(text)?;
        if file.version != 1 {
            bail!("version {}", file.version);
        }
        let key = |text: &str| -> anyhow::Result<[u8; 32]> {
            STANDARD.decode(text)?.try_into().map_err(|_| anyhow::anyhow!("a key is 32 bytes"))
        };
        Ok(Self {
            signing: SigningKey::from_bytes(&key(&file.signing)?),
            sealing: key(&file.sealing)?,
            mac: key(&file.mac)?,
        })
    }

    fn save(&self, path: &Path) -> anyhow::Result<()> {
        let file = File {
            version: 1,
            signing: STANDARD.encode(self.signing.to_bytes()),
            sealing: STANDARD.encode(self.sealing),
            mac: STANDARD.encode(self.mac),
        };
        let mut text = toml::to_string(&file)?;
        // A crash between the two steps leaves no half a file under the real name.
        let temporary = path.with_extension("new");
        let mut out = private::emptied(&temporary)?;
        out.write_all(text.as_bytes())?;
        out.sync_all()?;
        fs::rename(&temporary, path)?;
        text.zeroize();
        Ok(())
    }
}

#[cfg(unix)]
fn check_private(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path)?.permissions().mode();
    if mode & 0o077 != 0 {
        bail!(
            "{} can be read by others (mode {:o}): chmod 600 it, and think about whether the keys \
             are still secret",
            path.display(),
            mode & 0o777
        );
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_private(_: &Path) -> anyhow::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_once_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let mut rng = net::SystemRng::new();
        let first = Keys::load_or_make(folder.path(), &mut rng).unwrap();
        let again = Keys::load_or_make(folder.path(), &mut rng).unwrap();
        assert_eq!(first.signing.to_bytes(), again.signing.to_bytes());
        assert_eq!(first.mac, again.mac);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let path = folder.path().join("keys.toml");
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            assert!(Keys::load_or_make(folder.path(), &mut rng).is_err());
        }
    }
}
