//! What a certificate says.

use std::cmp::Ordering;

use openssl::{
    asn1::{Asn1Time, Asn1TimeRef},
    nid::Nid,
    x509::{X509NameRef, X509Ref},
};

/// The parts of a name that brokers spell by keyword. They spell others by number.
const KEYWORDS: [Nid; 8] = [
    Nid::COMMONNAME,
    Nid::COUNTRYNAME,
    Nid::LOCALITYNAME,
    Nid::STATEORPROVINCENAME,
    Nid::ORGANIZATIONNAME,
    Nid::ORGANIZATIONALUNITNAME,
    Nid::DOMAINCOMPONENT,
    Nid::USERID,
];

/// A distinguished name as brokers print it (RFC 2253): `CN=shop,O=Acme`.
pub(crate) fn name(name: &X509NameRef) -> String {
    let parts = name.entries().map(|entry| {
        let keyword = entry.object().nid().short_name().unwrap_or("?");
        let value = entry.data().to_string().map_or_else(|_| "?".to_owned(), |text| escaped(&text));
        format!("{keyword}={value}")
    });
    let mut parts: Vec<_> = parts.collect();
    parts.reverse();
    parts.join(",")
}

fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for (at, letter) in value.char_indices() {
        let is_at_the_end = at == 0 || at + letter.len_utf8() == value.len();
        if ",+\"\\<>;".contains(letter) || (letter == ' ' && is_at_the_end) || (letter == '#' && at == 0) {
            text.push('\\');
        }
        text.push(letter);
    }
    text
}

/// The principal of the certificate for brokers with the default `ssl.principal.mapping.rules`, without `User:`.
pub(super) fn principal(certificate: &X509Ref) -> Option<String> {
    let subject = certificate.subject_name();
    subject.entries().all(|entry| KEYWORDS.contains(&entry.object().nid())).then(|| name(subject))
}

/// Says when a certificate was or becomes valid, if that is not now.
pub(super) fn expiry(certificate: &X509Ref) -> Option<String> {
    let now = Asn1Time::days_from_now(0).ok()?;
    let is = |time: &Asn1TimeRef, order| time.compare(&now).is_ok_and(|found| found == order);
    if is(certificate.not_after(), Ordering::Less) {
        Some(format!("expired at {}", certificate.not_after()))
    } else if is(certificate.not_before(), Ordering::Greater) {
        Some(format!("is not valid before {}", certificate.not_before()))
    } else {
        None
    }
}
