//! Which certificate is not accepted, by whom and why.

use std::{
    io::{Read as _, Write as _},
    net::IpAddr,
    sync::{Arc, Mutex},
};

use openssl::{
    error::ErrorStack,
    ssl::{HandshakeError, Ssl, SslContext, SslContextBuilder, SslMethod, SslStream, SslVerifyMode},
    x509::{X509, X509Ref, X509StoreContextRef, X509VerifyResult, verify::X509CheckFlags},
};

use super::plain::{API_VERSIONS, connect};
use crate::{
    config::{Config, TlsSettings, distinguished_name},
    sync,
    transport::kafka::failure::Failure,
};

/// Where the certificates of the system are, in the order in which librdkafka looks.
const SYSTEM: &[&str] = &[
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/certs/ca-bundle.crt",
    "/etc/pki/tls/certs/ca-bundle.trust.crt",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/cert.pem",
    "/etc/ssl/cacert.pem",
];

/// The first thing that is wrong with the broker's certificates.
#[derive(Clone, Debug)]
struct Flaw {
    code: X509VerifyResult,
    certificate: String,
}

/// Connects once. `None` if nothing is wrong now, or if it cannot be found out.
pub(super) fn find(config: &Config, failure: &Failure) -> Option<String> {
    let broker = failure.broker.as_str();
    let host = broker.rsplit_once(':').map_or(broker, |(host, _)| host).trim_matches(['[', ']']);
    let flaw = Arc::new(Mutex::new(None));
    let settings = TlsSettings::new(config, failure.side);
    let ssl = prepare(&settings, host, &flaw).ok()?;
    let outcome = talk(ssl, broker)?;
    if let Some(Flaw { code, certificate }) = sync::lock(&flaw).take() {
        let what = code.error_string();
        return Some(format!(
            "{broker} has the {certificate}: {what} (code {}){}",
            code.as_raw(),
            hint(code, &settings, host)
        ));
    }
    let alert = outcome.err()?;
    Some(match settings.client_key() {
        Some((certificate, _)) => {
            format!("{broker} rejects the client's {}: {alert}", described(&certificate))
        }
        None => format!(
            "{broker} does not accept a client without a certificate: {alert}; set KAFKA_SSL_CERTIFICATE_LOCATION and \
             KAFKA_SSL_KEY_LOCATION"
        ),
    })
}

/// What to do about it.
fn hint(code: X509VerifyResult, settings: &TlsSettings<'_>, host: &str) -> String {
    use openssl_sys_codes::{EXPIRED, HOST_MISMATCH, IP_MISMATCH, NOT_YET_VALID};
    match code.as_raw() {
        HOST_MISMATCH | IP_MISMATCH => {
            format!("; `{host}` is none of its names: connect by one of them, or renew it with this name")
        }
        EXPIRED => "; renew the certificate of the broker".to_owned(),
        NOT_YET_VALID => "; check the clocks of both machines".to_owned(),
        _ => match settings.ca_location() {
            Some(path) => format!("; its authority is not in `{path}` (KAFKA_SSL_CA_LOCATION)"),
            None => "; its authority is not known: set KAFKA_SSL_CA_LOCATION".to_owned(),
        },
    }
}

/// OpenSSL's numbers of verification results.
mod openssl_sys_codes {
    pub(super) const NOT_YET_VALID: i32 = 9;
    pub(super) const EXPIRED: i32 = 10;
    pub(super) const HOST_MISMATCH: i32 = 62;
    pub(super) const IP_MISMATCH: i32 = 64;
}

/// A connection with the client's settings that notes the first flaw, and goes on.
fn prepare(settings: &TlsSettings<'_>, host: &str, flaw: &Arc<Mutex<Option<Flaw>>>) -> Result<Ssl, ErrorStack> {
    let mut builder = SslContext::builder(SslMethod::tls_client())?;
    trust(&mut builder, settings)?;
    if let Some((certificate, key)) = settings.client_key() {
        builder.set_certificate(&certificate)?;
        builder.set_private_key(&key)?;
    }
    let noted = Arc::clone(flaw);
    builder.set_verify_callback(SslVerifyMode::PEER, move |is_fine, context| {
        if !is_fine {
            sync::lock(&noted).get_or_insert_with(|| flaw_of(context));
        }
        true
    });
    let mut ssl = Ssl::new(&builder.build())?;
    let address = host.parse::<IpAddr>();
    if address.is_err() {
        ssl.set_hostname(host)?;
    }
    if settings.checks_host_names() {
        let parameters = ssl.param_mut();
        parameters.set_hostflags(X509CheckFlags::NO_PARTIAL_WILDCARDS);
        match address {
            Ok(address) => parameters.set_ip(address)?,
            Err(_) => parameters.set_host(host)?,
        }
    }
    Ok(ssl)
}

fn trust(builder: &mut SslContextBuilder, settings: &TlsSettings<'_>) -> Result<(), ErrorStack> {
    if let Some(pem) = settings.ca_pem() {
        for authority in X509::stack_from_pem(pem.as_bytes())? {
            builder.cert_store_mut().add_cert(authority)?;
        }
        return Ok(());
    }
    let path = settings.ca_location().filter(|path| *path != "probe");
    let system = || SYSTEM.iter().copied().find(|path| std::path::Path::new(path).is_file());
    match path.or_else(system) {
        Some(path) if std::path::Path::new(path).is_dir() => builder.load_verify_locations(None, Some(path.as_ref())),
        Some(path) => builder.set_ca_file(path),
        None => builder.set_default_verify_paths(),
    }
}

fn flaw_of(context: &X509StoreContextRef) -> Flaw {
    let certificate = context.current_cert().map_or_else(|| "certificate".to_owned(), described);
    Flaw { code: context.error(), certificate }
}

fn described(certificate: &X509Ref) -> String {
    let names: Vec<_> = certificate
        .subject_alt_names()
        .into_iter()
        .flatten()
        .filter_map(|name| {
            let address = |bytes: &[u8]| match bytes.len() {
                4 => <[u8; 4]>::try_from(bytes).ok().map(|bytes| IpAddr::from(bytes).to_string()),
                _ => <[u8; 16]>::try_from(bytes).ok().map(|bytes| IpAddr::from(bytes).to_string()),
            };
            name.dnsname().map(str::to_owned).or_else(|| name.ipaddress().and_then(address))
        })
        .collect();
    let names = if names.is_empty() { String::new() } else { format!(" for {}", names.join(", ")) };
    format!(
        "certificate `{}`{names}, issued by `{}`, valid until {}",
        distinguished_name(certificate.subject_name()),
        distinguished_name(certificate.issuer_name()),
        certificate.not_after()
    )
}

/// Shakes hands and sends one request. With TLS 1.3, a broker rejects the client only then. `None` if it does not
/// answer at all.
fn talk(ssl: Ssl, broker: &str) -> Option<Result<(), String>> {
    let stream = connect(broker).ok()?;
    let mut stream = match ssl.connect(stream) {
        Ok(stream) => stream,
        Err(HandshakeError::SetupFailure(_) | HandshakeError::WouldBlock(_)) => return None,
        Err(HandshakeError::Failure(stream)) => {
            return stream.error().ssl_error().map(|errors| Err(reason(errors)));
        }
    };
    Some(request(&mut stream))
}

fn request(stream: &mut SslStream<std::net::TcpStream>) -> Result<(), String> {
    let failed = |error: std::io::Error| {
        let errors = error.get_ref().and_then(|source| source.downcast_ref::<openssl::ssl::Error>()?.ssl_error());
        errors.map_or_else(|| Ok(()), |errors| Err(reason(errors)))
    };
    if let Err(error) = stream.write_all(API_VERSIONS) {
        return failed(error);
    }
    stream.read(&mut [0]).map(drop).or_else(failed)
}

/// The reason without numbers and function names: `sslv3 alert bad certificate`.
fn reason(errors: &ErrorStack) -> String {
    let first = errors.errors().first().and_then(|error| error.reason());
    first.map_or_else(|| errors.to_string(), str::to_owned)
}
