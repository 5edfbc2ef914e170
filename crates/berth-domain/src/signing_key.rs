//! The key pairs that sign tokens for registries: ECDSA on P-256 (ES256), with a self-signed certificate and the key id that
//! registries know them by (`docs/contract/registry.md` B).
//!
//! No randomness here, and no clock: the caller gives both.

use std::fmt;
use std::time::Duration;

use base32ct::{Base32UpperUnpadded, Encoding as _};
use der::asn1::{
    Any, BitString, GeneralizedTime, ObjectIdentifier, OctetString, SetOfVec, UtcTime,
    Utf8StringRef,
};
use der::{DateTime, Decode, Encode};
use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{self, DerSignature, Signature, VerifyingKey};
use sha2::{Digest, Sha256};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::certificate::{CertificateInner, TbsCertificateInner};
use x509_cert::ext::Extension;
use x509_cert::name::{RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};

use crate::Timestamp;

/// Length of a private key, in bytes.
pub const PRIVATE_KEY_LENGTH: usize = 32;

/// Length of the random part of a certificate's serial number, in bytes.
pub const SERIAL_LENGTH: usize = 16;

/// Length of one coordinate of a public key, in bytes.
const COORDINATE_LENGTH: usize = 32;

const DAY_S: i64 = 86_400;

/// How long a certificate is valid, in seconds: 20 years. Distribution looks at its dates.
const CERTIFICATE_LIFETIME_S: i64 = 7_305 * DAY_S;

/// `ecdsa-with-SHA256` (RFC 5758 3.2).
const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");

/// `commonName` (RFC 5280, appendix A.1).
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

/// `keyUsage` (RFC 5280 4.2.1.3).
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");

/// What `SubjectPublicKeyInfo` has before the point, of any key on P-256: `id-ecPublicKey`, `secp256r1`, the head of a bit string.
const INFO_BEFORE_POINT: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// `digitalSignature` alone, as DER.
const DIGITAL_SIGNATURE: &[u8] = &[0x03, 0x02, 0x07, 0x80];

/// A private key.
#[derive(Clone)]
pub struct SigningKey(ecdsa::SigningKey);

impl SigningKey {
    /// The key that these bytes are; none for the few values that are no key (zero, and from the order of the group on).
    #[must_use]
    pub fn from_bytes(bytes: &[u8; PRIVATE_KEY_LENGTH]) -> Option<Self> {
        ecdsa::SigningKey::from_slice(bytes).ok().map(Self)
    }

    /// What [`Self::from_bytes`] takes: a secret.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; PRIVATE_KEY_LENGTH] {
        self.0.to_bytes().into()
    }

    /// Its public key.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(*self.0.verifying_key())
    }

    /// The signature of a message as JOSE has it (RFC 7518 3.4): r and s, 32 bytes each. The same for the same message
    /// (RFC 6979).
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        let signature: Signature = self.0.sign(message);
        signature.to_bytes().into()
    }

    /// A certificate for the key, signed by itself, as DER: for a day before `now` and 20 years after. Its common name is the
    /// key's [`fingerprint`](PublicKey::fingerprint).
    ///
    /// # Errors
    /// [`NoCertificate`] for a time that no certificate can hold.
    pub fn certificate(
        &self,
        now: Timestamp,
        serial: [u8; SERIAL_LENGTH],
    ) -> Result<Vec<u8>, NoCertificate> {
        Ok(self.signed_certificate(now, serial)?)
    }

    fn signed_certificate(
        &self,
        now: Timestamp,
        serial: [u8; SERIAL_LENGTH],
    ) -> Result<Vec<u8>, der::Error> {
        let algorithm = AlgorithmIdentifierOwned { oid: ECDSA_WITH_SHA256, parameters: None };
        let name = common_name(&self.public_key().fingerprint())?;
        // One more byte keeps the number positive and other than zero.
        let serial = [[0x40].as_slice(), &serial].concat();
        let tbs_certificate: TbsCertificateInner = TbsCertificateInner {
            version: x509_cert::Version::V3,
            serial_number: SerialNumber::new(&serial)?,
            signature: algorithm.clone(),
            issuer: name.clone(),
            validity: Validity {
                not_before: time(now.plus_seconds(-DAY_S))?,
                not_after: time(now.plus_seconds(CERTIFICATE_LIFETIME_S))?,
            },
            subject: name,
            subject_public_key_info: SubjectPublicKeyInfoOwned::from_der(
                &self.public_key().info(),
            )?,
            issuer_unique_id: None,
            subject_unique_id: None,
            extensions: Some(vec![Extension {
                extn_id: KEY_USAGE,
                critical: true,
                extn_value: OctetString::new(DIGITAL_SIGNATURE)?,
            }]),
        };
        let signature: DerSignature = self.0.sign(&tbs_certificate.to_der()?);
        let certificate: CertificateInner = CertificateInner {
            tbs_certificate,
            signature_algorithm: algorithm,
            signature: BitString::from_bytes(signature.as_bytes())?,
        };
        certificate.to_der()
    }
}

/// Nothing of a private key is shown.
impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("SigningKey").field(&self.public_key().fingerprint()).finish()
    }
}

/// A certificate cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no certificate can be made: {0}")]
pub struct NoCertificate(#[from] der::Error);

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// The key that a point is, in the form of SEC 1; none if it is not on the curve.
    #[must_use]
    pub fn from_point(point: &[u8]) -> Option<Self> {
        VerifyingKey::from_sec1_bytes(point).ok().map(Self)
    }

    /// What [`Self::from_point`] takes: 65 bytes, not compressed.
    #[must_use]
    pub fn to_point(&self) -> Vec<u8> {
        self.0.to_encoded_point(false).as_bytes().to_vec()
    }

    /// The coordinates, as a JSON Web Key has them (RFC 7518 6.2.1): big-endian, with leading zeros.
    #[must_use]
    pub fn coordinates(&self) -> ([u8; COORDINATE_LENGTH], [u8; COORDINATE_LENGTH]) {
        let point = self.0.to_encoded_point(false);
        let coordinate = |field: Option<&p256::FieldBytes>| field.map_or([0; 32], |x| (*x).into());
        (coordinate(point.x()), coordinate(point.y()))
    }

    /// The fingerprint by which Distribution 2.8 finds a key (`docs/contract/registry.md` B.1): the first 30 bytes of the SHA-256 of
    /// its `SubjectPublicKeyInfo`, in base32, in groups of four with colons between them.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let hash = Sha256::digest(self.info());
        let text = Base32UpperUnpadded::encode_string(&hash[..30]);
        let groups: Vec<&str> = (0..text.len()).step_by(4).map(|at| &text[at..at + 4]).collect();
        groups.join(":")
    }

    /// Its `SubjectPublicKeyInfo`, as DER (RFC 5480).
    fn info(&self) -> Vec<u8> {
        [INFO_BEFORE_POINT, &self.to_point()].concat()
    }

    /// Whether the key signed the message. The signature is of the form of [`SigningKey::sign`].
    #[must_use]
    pub fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.0.verify(message, &signature).is_ok())
    }
}

/// A distinguished name of nothing but a common name.
fn common_name(text: &str) -> Result<RdnSequence, der::Error> {
    let value = Any::from(Utf8StringRef::new(text)?);
    let attribute = AttributeTypeAndValue { oid: COMMON_NAME, value };
    Ok(RdnSequence(vec![RelativeDistinguishedName(SetOfVec::try_from([attribute])?)]))
}

/// A time as certificates have it (RFC 5280 4.1.2.5): in another form from 2050 on.
fn time(at: Timestamp) -> Result<Time, der::Error> {
    let seconds = u64::try_from(at.as_seconds()).map_err(|_| der::ErrorKind::DateTime)?;
    let at = DateTime::from_unix_duration(Duration::from_secs(seconds))?;
    let short = UtcTime::from_date_time(at).map(Time::UtcTime);
    Ok(short.unwrap_or_else(|_| Time::GeneralTime(GeneralizedTime::from_date_time(at))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; PRIVATE_KEY_LENGTH]).unwrap()
    }

    #[test]
    fn a_key_knows_what_it_signed() {
        let (key, other) = (key(), SigningKey::from_bytes(&[8; PRIVATE_KEY_LENGTH]).unwrap());
        let signature = key.sign(b"message");
        assert!(key.public_key().has_signed(b"message", &signature));
        assert!(!key.public_key().has_signed(b"massage", &signature));
        assert!(!key.public_key().has_signed(b"message", &signature[1..]));
        assert!(!other.public_key().has_signed(b"message", &signature));
        let shown = format!("SigningKey({:?})", key.public_key().fingerprint());
        assert_eq!(format!("{key:?}"), shown);
    }

    #[test]
    fn what_is_no_key_is_none() {
        for bytes in [[0; PRIVATE_KEY_LENGTH], [0xff; PRIVATE_KEY_LENGTH]] {
            assert!(SigningKey::from_bytes(&bytes).is_none());
        }
        assert!(PublicKey::from_point(&[4; 65]).is_none());
        let point = key().public_key().to_point();
        assert_eq!(PublicKey::from_point(&point), Some(key().public_key()));
        let (x, y) = key().public_key().coordinates();
        assert_eq!(point[1..], [x, y].concat());
    }

    #[test]
    fn a_certificate_begins_a_day_ago_and_lasts_20_years() {
        let now = Timestamp::from_micros(1_764_400_000_000_000);
        let made = key().certificate(now, [9; SERIAL_LENGTH]).unwrap();
        let read: CertificateInner = CertificateInner::from_der(&made).unwrap();
        let Validity { not_before, not_after } = read.tbs_certificate.validity;
        assert_eq!(not_before.to_unix_duration().as_secs(), 1_764_400_000 - 86_400);
        assert_eq!(not_after.to_date_time().year(), 2045);
        let later = now.plus_seconds(10 * 365 * DAY_S);
        assert!(key().certificate(later, [9; SERIAL_LENGTH]).is_ok(), "after 2049");
        assert!(key().certificate(Timestamp::from_micros(0), [9; SERIAL_LENGTH]).is_err());
    }
}
