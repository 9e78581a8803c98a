//! The program `openssl`, and the encoding of signed tokens.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use crate::unique;

/// Runs it with this input, and returns its output.
///
/// # Errors
/// It failed; the text is what it said.
pub(crate) fn openssl(arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, String> {
    let mut command = Command::new("openssl");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("cannot run openssl: {error}"))?;
    let stdin = child.stdin.take();
    let output = thread::scope(|scope| {
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input)));
        child.wait_with_output()
    });
    let output = output.map_err(|error| format!("cannot read from openssl: {error}"))?;
    if output.status.success() { Ok(output.stdout) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

/// A new RSA key as a PEM file.
pub(crate) fn new_rsa_key(file: PathBuf) -> PathBuf {
    let path = file.display().to_string();
    openssl(&["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", &path], &[])
        .unwrap_or_else(|error| panic!("cannot make a key: {error}"));
    file
}

/// A copy of a key that needs this password.
pub(crate) fn encrypted_key(key: &Path, password: &str) -> PathBuf {
    let file = key.with_extension(unique("encrypted"));
    let (from, to) = (key.display().to_string(), file.display().to_string());
    openssl(&["pkey", "-in", &from, "-aes256", "-passout", &format!("pass:{password}"), "-out", &to], &[])
        .unwrap_or_else(|error| panic!("cannot encrypt a key: {error}"));
    file
}

/// A JSON web token with these parts, signed with RS256.
pub(crate) fn signed(header: &str, claims: &str, key: &Path) -> String {
    let text = format!("{}.{}", encode(header.as_bytes()), encode(claims.as_bytes()));
    let key = key.display().to_string();
    let signature = openssl(&["dgst", "-sha256", "-sign", &key], text.as_bytes())
        .unwrap_or_else(|error| panic!("cannot sign a token: {error}"));
    format!("{text}.{}", encode(&signature))
}

/// The claims of a token whose signature, with RS256, is of this private key.
///
/// # Errors
/// The token has another form or signature.
pub(crate) fn verified(token: &str, key: &Path, scratch: &Path) -> Result<Vec<u8>, String> {
    let (text, signature) = token.rsplit_once('.').ok_or("the token has no signature")?;
    std::fs::write(scratch, decode(signature)?).map_err(|error| error.to_string())?;
    let (key, scratch) = (key.display().to_string(), scratch.display().to_string());
    openssl(&["dgst", "-sha256", "-prverify", &key, "-signature", &scratch], text.as_bytes())?;
    let (_, claims) = text.split_once('.').ok_or("the token has no claims")?;
    decode(claims)
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// In base64url, without padding.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().chain([&0; 2]).take(3).fold(0_usize, |group, &byte| group << 8 | usize::from(byte));
        let letters = [18, 12, 6, 0].map(|shift| char::from(ALPHABET[group >> shift & 63]));
        text.extend(letters.iter().take(chunk.len() + 1));
    }
    text
}

/// From base64 or base64url.
pub(crate) fn decode(text: &str) -> Result<Vec<u8>, String> {
    let (mut bytes, mut group, mut bits) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes().filter(|&letter| letter != b'=') {
        let letter = match letter {
            b'+' => b'-',
            b'/' => b'_',
            other => other,
        };
        let value = ALPHABET.iter().position(|&known| known == letter).ok_or("not base64")?;
        group = (group << 6 | u32::try_from(value).unwrap_or(0)) & 0xFFFF;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.extend(u8::try_from(group >> bits & 255));
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn what_is_encoded_is_decoded() {
        for (plain, text) in [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob?>", "Zm9vYj8-")] {
            assert_eq!(encode(plain.as_bytes()), text);
            assert_eq!(decode(text), Ok(plain.as_bytes().to_vec()));
        }
        assert_eq!(decode("Zm9vYj8+"), Ok(b"foob?>".to_vec()));
        assert_eq!(decode("Zg=="), Ok(b"f".to_vec()));
        assert!(decode("Z!").is_err());
    }
}
