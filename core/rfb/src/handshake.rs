//! From the first byte to the first picture (RFC 6143, 7.1 to 7.3; rfbproto, "VeNCrypt").

use crate::bytes::Reader;
use crate::decode::Progress;
use crate::decode::desktop::MOST_NAME_READ;
use crate::decode::need;
use crate::text::clean;
use crate::{Config, Error, Security};
use des::cipher::{Block, BlockEncrypt, KeyInit};

/// Longest reason text read, in bytes.
const MOST_REASON: u32 = 64 * 1024;
const VENCRYPT: u8 = 19;

/// Where the handshake stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Version,
    Types,
    Type33,
    VencryptVersion,
    VencryptAccepted,
    VencryptTypes,
    VencryptChoice(Security),
    Tls(Security),
    Challenge,
    Result,
    Reason,
    Init,
}

/// The outcome of a step of the handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Progress(Progress),
    /// TLS must be started; what follows is inside it.
    StartTls {
        anonymous: bool,
    },
    Ready {
        width: u16,
        height: u16,
        name: String,
    },
}

/// The state of the handshake.
#[derive(Debug)]
pub(crate) struct Handshake {
    stage: Stage,
    minor: u8,
    shared: bool,
}

impl Handshake {
    pub(crate) fn new(config: &Config) -> Handshake {
        Handshake { stage: Stage::Version, minor: 8, shared: config.shared }
    }

    /// Whether it waits for TLS to be established.
    pub(crate) fn awaits_tls(&self) -> bool {
        matches!(self.stage, Stage::Tls(_))
    }

    /// TLS is established: continues with the chosen way.
    pub(crate) fn tls_established(
        &mut self,
        config: &Config,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let Stage::Tls(security) = self.stage else { return Ok(()) };
        self.stage = match security {
            Security::X509Plain => {
                let (user, password) = config.login.as_ref().ok_or(Error::LoginNeeded)?;
                out.extend((user.len() as u32).to_be_bytes());
                out.extend((password.len() as u32).to_be_bytes());
                out.extend(user.bytes().chain(password.bytes()));
                Stage::Result
            }
            security if security.asks_password() => Stage::Challenge,
            _ => Stage::Result,
        };
        Ok(())
    }

    pub(crate) fn step(
        &mut self,
        config: &Config,
        reader: &mut Reader<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Step, Error> {
        if let Stage::Init = self.stage {
            return init(reader);
        }
        let progress = match self.stage {
            Stage::Version => self.version(reader, out),
            Stage::Types => self.types(config, reader, out),
            Stage::Type33 => self.type33(config, reader, out),
            Stage::VencryptVersion => self.vencrypt_version(reader, out),
            Stage::VencryptAccepted => self.vencrypt_accepted(reader),
            Stage::VencryptTypes => self.vencrypt_types(config, reader, out),
            Stage::VencryptChoice(security) => {
                let Some(answer) = reader.u8() else {
                    return Ok(Step::Progress(Progress::NeedMore));
                };
                if answer != 1 {
                    return Err(Error::PeerMisbehaved("VeNCrypt refuses what it offered"));
                }
                self.stage = Stage::Tls(security);
                return Ok(Step::StartTls { anonymous: security.is_anonymous() });
            }
            Stage::Challenge => self.challenge(config, reader, out),
            Stage::Result => self.result(reader, out),
            Stage::Reason => reason(reader),
            Stage::Tls(_) | Stage::Init => Ok(Progress::NeedMore),
        };
        progress.map(Step::Progress)
    }

    fn version(&mut self, reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<Progress, Error> {
        const BROKEN: Error = Error::PeerMisbehaved("the greeting is not RFB's");
        let ahead = *reader;
        let bytes = match reader.array::<12>() {
            Some(bytes) => bytes,
            // Another protocol's greeting may be shorter than 12 bytes: do not wait for the rest of
            // it.
            None => {
                let some = ahead.clone().take_some(4);
                return if b"RFB ".starts_with(some) {
                    Ok(Progress::NeedMore)
                } else {
                    Err(BROKEN)
                };
            }
        };
        let [b'R', b'F', b'B', b' ', a, b, c, b'.', d, e, f, b'\n'] = bytes else {
            return Err(BROKEN);
        };
        let number = |digits: [u8; 3]| {
            std::str::from_utf8(&digits)
                .ok()
                .and_then(|text| text.parse::<u16>().ok())
                .ok_or(BROKEN)
        };
        let (major, minor) = (number([a, b, c])?, number([d, e, f])?);
        self.minor = match (major, minor) {
            (0..=2, _) => return Err(Error::Unsupported("RFB older than 3.3")),
            (3, 0..=6) => 3,
            (3, 7) => 7,
            _ => 8,
        };
        out.extend(format!("RFB 003.00{}\n", self.minor).into_bytes());
        self.stage = if self.minor == 3 { Stage::Type33 } else { Stage::Types };
        Ok(Progress::Done)
    }

    fn types(
        &mut self,
        config: &Config,
        reader: &mut Reader<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Progress, Error> {
        let count = need!(reader.u8());
        if count == 0 {
            self.stage = Stage::Reason;
            return Ok(Progress::Done);
        }
        let offered = need!(reader.take(usize::from(count)));
        for security in &config.accept {
            let number = match security {
                Security::None => 1,
                Security::VncAuth => 2,
                _ => VENCRYPT,
            };
            if offered.contains(&number) {
                out.push(number);
                self.stage = match security {
                    Security::None if self.minor == 7 => self.begin(out),
                    Security::None => Stage::Result,
                    Security::VncAuth => Stage::Challenge,
                    _ => Stage::VencryptVersion,
                };
                return Ok(Progress::Done);
            }
        }
        Err(refusal(offered))
    }

    fn type33(
        &mut self,
        config: &Config,
        reader: &mut Reader<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Progress, Error> {
        let number = need!(reader.u32());
        self.stage = match number {
            0 => Stage::Reason,
            1 if config.accept.contains(&Security::None) => self.begin(out),
            2 if config.accept.contains(&Security::VncAuth) => Stage::Challenge,
            _ => return Err(refusal(&[number.min(255) as u8])),
        };
        Ok(Progress::Done)
    }

    fn vencrypt_version(
        &mut self,
        reader: &mut Reader<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Progress, Error> {
        let [major, minor] = need!(reader.array());
        if (major, minor) < (0, 2) {
            return Err(Error::Unsupported("VeNCrypt older than 0.2"));
        }
        out.extend([0, 2]);
        self.stage = Stage::VencryptAccepted;
        Ok(Progress::Done)
    }

    fn vencrypt_accepted(&mut self, reader: &mut Reader<'_>) -> Result<Progress, Error> {
        if need!(reader.u8()) != 0 {
            return Err(Error::Unsupported("the server's version of VeNCrypt"));
        }
        self.stage = Stage::VencryptTypes;
        Ok(Progress::Done)
    }

    fn vencrypt_types(
        &mut self,
        config: &Config,
        reader: &mut Reader<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Progress, Error> {
        let count = need!(reader.u8());
        let list = need!(reader.take(usize::from(count) * 4));
        let offered: Vec<u32> =
            list.as_chunks::<4>().0.iter().map(|bytes| u32::from_be_bytes(*bytes)).collect();
        for security in &config.accept {
            if let Some(number) = security.vencrypt().filter(|number| offered.contains(number)) {
                out.extend(number.to_be_bytes());
                self.stage = Stage::VencryptChoice(*security);
                return Ok(Progress::Done);
            }
        }
        let anonymous = offered.iter().any(|number| (257..=259).contains(number));
        Err(Error::Unsupported(if anonymous {
            "the server offers TLS without a certificate only (anonymous Diffie-Hellman), which \
             nobody can pin: give it one (X509None or X509Vnc)"
        } else {
            "none of the server's VeNCrypt types"
        }))
    }

    fn challenge(
        &mut self,
        config: &Config,
        reader: &mut Reader<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Progress, Error> {
        let challenge: [u8; 16] = need!(reader.array());
        let password = config.password.as_deref().ok_or(Error::PasswordNeeded)?;
        out.extend(vnc_auth(password, challenge));
        self.stage = Stage::Result;
        Ok(Progress::Done)
    }

    fn result(&mut self, reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<Progress, Error> {
        if need!(reader.u32()) == 0 {
            self.stage = self.begin(out);
        } else if self.minor >= 8 {
            self.stage = Stage::Reason;
        } else {
            return Err(Error::Refused("authentication failed".into()));
        }
        Ok(Progress::Done)
    }

    fn begin(&self, out: &mut Vec<u8>) -> Stage {
        out.push(u8::from(self.shared));
        Stage::Init
    }
}

fn reason(reader: &mut Reader<'_>) -> Result<Progress, Error> {
    let length = need!(reader.u32());
    if length > MOST_REASON {
        return Err(Error::TooLarge("the reason of a refusal"));
    }
    Err(Error::Refused(clean(need!(reader.take(length as usize)))))
}

fn init(reader: &mut Reader<'_>) -> Result<Step, Error> {
    let parts = (|| {
        let (width, height) = (reader.u16()?, reader.u16()?);
        reader.take(16)?;
        Some((width, height, reader.u32()?))
    })();
    let Some((width, height, length)) = parts else {
        return Ok(Step::Progress(Progress::NeedMore));
    };
    if length > MOST_NAME_READ {
        return Err(Error::TooLarge("the desktop's name"));
    }
    let Some(name) = reader.take(length as usize) else {
        return Ok(Step::Progress(Progress::NeedMore));
    };
    Ok(Step::Ready { width, height, name: clean(name) })
}

fn refusal(offered: &[u8]) -> Error {
    Error::Unsupported(match offered {
        types if types.contains(&VENCRYPT) => {
            "the server wants VeNCrypt, and no certificate is pinned for it"
        }
        types if types.contains(&2) => {
            "the server wants a VNC password without TLS, and a certificate is pinned"
        }
        types if types.contains(&1) => {
            "the server has no authentication and no TLS, and a certificate is pinned"
        }
        _ => "none of the server's security types",
    })
}

/// The answer to a challenge: DES with the password as key, the bits of each byte mirrored (RFC
/// 6143, 7.2.2).
fn vnc_auth(password: &[u8], challenge: [u8; 16]) -> [u8; 16] {
    let mut key = [0u8; 8];
    for (to, from) in key.iter_mut().zip(password) {
        *to = from.reverse_bits();
    }
    let des = des::Des::new(&key.into());
    let mut answer = [0u8; 16];
    for (to, from) in answer.as_chunks_mut::<8>().0.iter_mut().zip(challenge.as_chunks::<8>().0) {
        let mut block = Block::<des::Des>::from(*from);
        des.encrypt_block(&mut block);
        *to = block.into();
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 81's example of DES in ECB mode, the key mirrored to pass through the bit order of VNC.
    #[test]
    fn the_answer_is_des() {
        let key = [0x01u8, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef].map(u8::reverse_bits);
        let answer = vnc_auth(&key, *b"Now is the time ");
        assert_eq!(
            answer,
            [
                0x3f, 0xa4, 0x0e, 0x8a, 0x98, 0x4d, 0x48, 0x15, 0x6a, 0x27, 0x17, 0x87, 0xab, 0x88,
                0x83, 0xf9
            ]
        );
    }
}
