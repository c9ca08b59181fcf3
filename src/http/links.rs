//! One-time codes that let a browser fetch the token: each works once, within five minutes.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

const LIFETIME: Duration = Duration::from_secs(300);
const MOST: usize = 16;

/// The codes that are still good.
#[derive(Debug, Default)]
pub struct Links {
    codes: Mutex<Vec<(String, Instant)>>,
}

impl Links {
    /// A fresh token.
    pub fn random_token() -> Result<String, getrandom::Error> {
        random_hex()
    }

    /// A fresh code. The oldest goes when there are too many.
    pub fn make(&self) -> Result<String, getrandom::Error> {
        let code = random_hex()?;
        let mut codes = self.codes.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        codes.retain(|(_, made)| made.elapsed() < LIFETIME);
        if codes.len() >= MOST {
            codes.remove(0);
        }
        codes.push((code.clone(), Instant::now()));
        Ok(code)
    }

    /// True when the code was good; it is good no longer.
    pub fn take(&self, code: &str) -> bool {
        let mut codes = self.codes.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        codes.retain(|(_, made)| made.elapsed() < LIFETIME);
        let before = codes.len();
        codes.retain(|(known, _)| known != code);
        codes.len() < before
    }
}

/// 256 random bits as 64 hexadecimal digits.
pub(super) fn random_hex() -> Result<String, getrandom::Error> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
#[test]
fn a_code_works_once() {
    let links = Links::default();
    let code = links.make().unwrap();
    assert_eq!(code.len(), 64);
    assert!(!links.take("another"));
    assert!(links.take(&code));
    assert!(!links.take(&code));
}
