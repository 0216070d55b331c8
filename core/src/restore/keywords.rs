//! What the parameters of a connection mean, and to whom.

/// What becomes of a parameter.
pub(super) enum Meaning {
    /// It is libpq's keyword of this name.
    Setting(&'static str),
    /// It is libpq's keyword of this name, with this value.
    Fixed(&'static str, &'static str),
    Password,
    /// The schema that Prisma works in.
    Schema,
    /// It says something to a client library only.
    Dropped,
    /// No program could follow it, for this reason.
    Refused(&'static str),
    Unknown,
}

/// The keywords of libpq, of any version: an older one says itself which it does not know.
const SETTINGS: [&str; 39] = [
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "passfile",
    "require_auth",
    "channel_binding",
    "connect_timeout",
    "options",
    "application_name",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
    "gssencmode",
    "sslmode",
    "requiressl",
    "sslnegotiation",
    "sslcompression",
    "sslcert",
    "sslkey",
    "sslcertmode",
    "sslrootcert",
    "sslcrl",
    "sslcrldir",
    "sslsni",
    "requirepeer",
    "ssl_min_protocol_version",
    "ssl_max_protocol_version",
    "min_protocol_version",
    "max_protocol_version",
    "krbsrvname",
    "gsslib",
    "gssdelegation",
    "service",
    "target_session_attrs",
    "load_balance_hosts",
];

/// Parameters of Prisma, and of pools and drivers of other libraries.
const OF_LIBRARIES: [&str; 12] = [
    "connection_limit",
    "pool_timeout",
    "pgbouncer",
    "statement_cache_size",
    "socket_timeout",
    "max_connection_lifetime",
    "max_idle_connection_lifetime",
    "single_use_connections",
    "uselibpqcompat",
    "fallback_application_name",
    // The script says it itself.
    "client_encoding",
    "sslinline",
];

/// Parameters that only Prisma's URLs have.
const OF_PRISMA: [&str; 9] = [
    "schema",
    "connection_limit",
    "pool_timeout",
    "pgbouncer",
    "statement_cache_size",
    "socket_timeout",
    "sslaccept",
    "sslidentity",
    "max_idle_connection_lifetime",
];

/// Whether a URL is one of Prisma's. With a `sslkey`, `sslcert` can only be libpq's.
pub(super) fn is_of_prisma(parameters: &[(String, String)]) -> bool {
    let has = |wanted: &str| parameters.iter().any(|(name, _)| name == wanted);
    OF_PRISMA.iter().any(|name| has(name)) && !has("sslkey")
}

/// What a parameter means.
pub(super) fn meaning(name: &str, value: &str, is_prisma: bool) -> Meaning {
    match name {
        "password" => Meaning::Password,
        "schema" => Meaning::Schema,
        // Prisma's is the certificate of the authority that the server's is checked against.
        "sslcert" if is_prisma => Meaning::Setting("sslrootcert"),
        "sslaccept" if value == "strict" => Meaning::Fixed("sslmode", "verify-full"),
        "sslaccept" if value == "accept_invalid_certs" => Meaning::Dropped,
        "sslaccept" => Meaning::Refused("it can be strict or accept_invalid_certs"),
        "sslidentity" => Meaning::Refused(
            "libpq reads no PKCS#12 archive: convert it with openssl pkcs12, and give sslcert and sslkey",
        ),
        "sslpassword" => Meaning::Refused("it would be seen in the list of processes: use a key without a password"),
        "sslmode" if value == "no-verify" => Meaning::Fixed("sslmode", "require"),
        // JDBC's, and node-postgres'.
        "ssl" if value == "true" => Meaning::Fixed("sslmode", "require"),
        "ssl" => Meaning::Refused("write sslmode instead"),
        "replication" => Meaning::Refused("a connection for replication cannot run queries"),
        _ => match SETTINGS.iter().find(|known| **known == name) {
            Some(known) => Meaning::Setting(known),
            None if OF_LIBRARIES.contains(&name) => Meaning::Dropped,
            None => Meaning::Unknown,
        },
    }
}
