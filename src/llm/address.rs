//! Addresses of endpoints: which are allowed, and the client that reaches them.

use std::{net::IpAddr, time::Duration};

use reqwest::{Client, Url};

use super::endpoint_error::EndpointError;

/// A client that follows no redirect, and that never takes a proxy to reach this machine.
pub(super) fn client(connect: Duration, local: bool) -> Result<Client, String> {
    // Fails only when a provider is there already, and then that one is used.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder()
        .connect_timeout(connect)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("viva/", env!("CARGO_PKG_VERSION")));
    let builder = if local { builder.no_proxy() } else { builder };
    builder.build().map_err(|error| innermost(&error))
}

/// Checks a base address: encrypted unless it is on this machine, and without a key in it.
pub(super) fn parse(text: &str) -> Result<Url, EndpointError> {
    let bad = |why: &str| EndpointError::BadAddress { address: text.to_owned(), why: why.to_owned() };
    let url = Url::parse(text).map_err(|_| bad("it is no address such as http://127.0.0.1:11434/v1"))?;
    if !url.username().is_empty() || url.password().is_some() {
        let why = "keys do not belong into an address: use llm.api_key_env, llm.api_key_file or llm.api_key_command";
        // Not even the address is shown: the key is in it.
        return Err(EndpointError::BadAddress { address: "…@…".to_owned(), why: why.to_owned() });
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad("a base address has no ? and no #"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(bad("http would send what you say unencrypted: use https, or an address on this machine")),
        _ => Err(bad("it must begin with https:// or, on this machine, http://")),
    }
}

/// True for addresses of this machine.
pub fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// As it is shown and recorded: `llm.example:443`.
pub fn host_and_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port_or_known_default().map_or(host.to_owned(), |port| format!("{host}:{port}"))
}

/// The last cause of an error: "Connection refused (os error 111)" rather than what led to it.
pub(super) fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
