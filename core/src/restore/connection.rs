//! Where a database is, as people write it: a URL, a list of `keyword=value`, or the name of a database.
//!
//! It is read here and never handed to a program as it is: libpq's messages about a URL repeat it, with its password,
//! and the arguments of a program are seen by everybody on the machine. Programs get keywords without the password,
//! which goes into their environment.

use std::fmt;

use super::keywords::{self, Meaning};
use crate::error::{Error, ErrorKind, Result};
use crate::os;
use crate::text::NUL;

/// How a database is reached. What it does not say comes from where libpq takes it: the environment (`PGHOST`, …), a
/// service file, a password file.
///
/// ```
/// use dumpsert::restore::Connection;
///
/// let connection = Connection::parse("postgres://app:s%3Acret@db.example.org/shop?sslmode=verify-full&connection_limit=5")?;
/// assert_eq!(
///     connection.to_string(),
///     "user='app' host='db.example.org' dbname='shop' sslmode='verify-full'"
/// );
/// assert!(!format!("{connection:?}").contains("cret"));
/// # Ok::<(), dumpsert::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Connection {
    settings: Vec<(String, String)>,
    password: Option<String>,
    schema: Option<String>,
    is_pooled: bool,
    dropped: Vec<String>,
}

impl Connection {
    /// Reads a URL (`postgres://`, `postgresql://`), a list of `keyword=value`, or the name of a database. The URLs of
    /// Prisma are read as Prisma means them.
    ///
    /// # Errors
    /// If it is empty, is neither, or has a parameter that no program of PostgreSQL could follow. The message repeats no
    /// value of it.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.is_empty() {
            return Err(wrong("it is empty")
                .with_hint("is the variable set that it comes from? `dbname=` alone means what PGDATABASE says"));
        }
        if text.contains('\0') {
            return Err(wrong(NUL));
        }
        let scheme = text.split_once("://").map(|(scheme, _)| scheme);
        match scheme.filter(|scheme| {
            scheme
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+.-:".contains(&byte))
        }) {
            Some("postgres" | "postgresql") => Self::of_url(text),
            Some(scheme) => Err(other_scheme(scheme)),
            None if text.contains('=') => Self::of_keywords(text),
            None => {
                let mut connection = Self::default();
                connection.set("dbname", text.to_owned());
                Ok(connection)
            }
        }
    }

    /// The same of an option, which the message begins with.
    ///
    /// # Errors
    /// As those of [`parse`](Self::parse).
    pub fn parse_option(name: &str, text: &str) -> Result<Self> {
        Self::parse(text).map_err(|error| {
            let message = format!("`{name}`: {}", error.message());
            error.with_message(message)
        })
    }

    /// The schema that Prisma's parameter `schema` names: the only one that is meant.
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// Whether a parameter says that a pooler is between (`pgbouncer=true`).
    pub fn is_pooled(&self) -> bool {
        self.is_pooled
    }

    /// Parameters that mean something to a client library only, and were dropped.
    pub fn dropped(&self) -> &[String] {
        &self.dropped
    }

    pub(super) fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }

    pub(super) fn get(&self, keyword: &str) -> Option<&str> {
        let found = self.settings.iter().find(|(known, _)| known == keyword);
        found.map(|(_, value)| value.as_str())
    }

    /// The last one counts, as for libpq.
    fn set(&mut self, keyword: &str, value: String) {
        self.settings.retain(|(known, _)| known != keyword);
        self.settings.push((keyword.to_owned(), value));
    }

    fn of_url(text: &str) -> Result<Self> {
        let rest = text.split_once("://").map_or("", |(_, rest)| rest);
        let (rest, query) = rest
            .split_once('?')
            .map_or((rest, None), |(rest, query)| (rest, Some(query)));
        let (authority, path) = rest
            .split_once('/')
            .map_or((rest, None), |(rest, path)| (rest, Some(path)));
        let (user, hosts) = match authority.rsplit_once('@') {
            Some((user, hosts)) => (Some(user), hosts),
            None => (None, authority),
        };
        // Half of a password would be taken for a host, a database or a parameter, and be shown.
        let behind = [path, query].into_iter().flatten().any(|part| part.contains('@'));
        if user.is_none() && behind {
            return Err(wrong("an @ stands where none belongs")
                .with_hint("in user and password write %2F for /, %3F for ?, %23 for #, %40 for @"));
        }
        let mut connection = Self::default();
        if let Some(user) = user {
            let (name, password) = user
                .split_once(':')
                .map_or((user, None), |(name, password)| (name, Some(password)));
            if !name.is_empty() {
                connection.set("user", decoded(name)?);
            }
            if let Some(password) = password.filter(|password| !password.is_empty()) {
                connection.password = Some(decoded(password)?);
            }
        }
        connection.set_hosts(hosts)?;
        if let Some(path) = path.filter(|path| !path.is_empty()) {
            connection.set("dbname", decoded(path)?);
        }
        let mut parameters = Vec::new();
        for parameter in query
            .unwrap_or_default()
            .split('&')
            .filter(|parameter| !parameter.is_empty())
        {
            let (name, value) = parameter
                .split_once('=')
                .ok_or_else(|| wrong("behind ? stands something without ="))?;
            parameters.push((decoded(name)?, decoded(value)?));
        }
        let is_prisma = keywords::is_of_prisma(&parameters);
        // `sslaccept=strict` asks for more than the `sslmode` beside it says.
        parameters.sort_by_key(|(name, _): &(String, String)| name == "sslaccept");
        for (name, value) in parameters {
            connection.take(&name, value, is_prisma)?;
        }
        connection.checked()
    }

    /// `host:port,host:port`, where an address of IPv6 stands in brackets.
    fn set_hosts(&mut self, hosts: &str) -> Result<()> {
        if hosts.is_empty() {
            return Ok(());
        }
        let (mut names, mut ports) = (Vec::new(), Vec::new());
        for host in hosts.split(',') {
            let (name, port) = match host.strip_prefix('[').map(|host| host.split_once(']')) {
                Some(Some((name, rest))) => (name, rest.strip_prefix(':').or(rest.is_empty().then_some(""))),
                Some(None) => return Err(wrong("a [ is not closed")),
                None => host
                    .split_once(':')
                    .map_or((host, Some("")), |(name, port)| (name, Some(port))),
            };
            let port = port.ok_or_else(|| wrong("behind ] stands something else than a port"))?;
            if !port.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(wrong("a port is no number")
                    .with_hint("in a password write %3A for :, %2F for /, %40 for @, %3F for ?, %23 for #"));
            }
            names.push(decoded(name)?);
            ports.push(port);
        }
        if names.iter().any(|name| !name.is_empty()) {
            self.set("host", names.join(","));
        }
        if ports.iter().any(|port| !port.is_empty()) {
            self.set("port", ports.join(","));
        }
        Ok(())
    }

    /// libpq's own grammar: blanks around `=`, values in single quotes, backslashes before quotes and backslashes.
    fn of_keywords(text: &str) -> Result<Self> {
        let mut connection = Self::default();
        let mut rest = text.chars().peekable();
        loop {
            while rest.next_if(|char| char.is_whitespace()).is_some() {}
            if rest.peek().is_none() {
                return connection.checked();
            }
            let mut name = String::new();
            while let Some(char) = rest.next_if(|&char| char != '=' && !char.is_whitespace()) {
                name.push(char);
            }
            while rest.next_if(|char| char.is_whitespace()).is_some() {}
            if rest.next() != Some('=') {
                return Err(wrong("behind a keyword stands no ="));
            }
            while rest.next_if(|char| char.is_whitespace()).is_some() {}
            let is_quoted = rest.next_if_eq(&'\'').is_some();
            let mut value = String::new();
            loop {
                match rest.next() {
                    Some('\'') if is_quoted => break,
                    Some('\\') => value.extend(rest.next()),
                    Some(char) if !is_quoted && char.is_whitespace() => break,
                    Some(char) => value.push(char),
                    None if is_quoted => return Err(wrong("a quote is not closed")),
                    None => break,
                }
            }
            connection.take(&name, value, false)?;
        }
    }

    /// Takes one parameter for what it means.
    fn take(&mut self, name: &str, value: String, is_prisma: bool) -> Result<()> {
        match keywords::meaning(name, &value, is_prisma) {
            Meaning::Setting(keyword) => self.set(keyword, value),
            Meaning::Fixed(keyword, value) => self.set(keyword, value.to_owned()),
            Meaning::Password => self.password = Some(value).filter(|password| !password.is_empty()),
            Meaning::Schema => self.schema = Some(value).filter(|schema| !schema.is_empty()),
            Meaning::Dropped => {
                self.is_pooled |= name == "pgbouncer" && value == "true";
                self.dropped.push(name.to_owned());
            }
            Meaning::Refused(why) => return Err(wrong(format!("it has the parameter {name}")).with_hint(why)),
            // What is unknown may be half of a password.
            Meaning::Unknown if self.password.is_some() => {
                return Err(wrong("it has a parameter that PostgreSQL does not know"));
            }
            Meaning::Unknown => return Err(wrong(format!("PostgreSQL knows no parameter `{name}`"))),
        }
        Ok(())
    }

    fn checked(self) -> Result<Self> {
        if self.password.is_some() && self.get("service").is_some() {
            return Err(wrong("it has a password and a service").with_hint(
                "a service's own password would go before: put the password into the service file or a password file",
            ));
        }
        Ok(self)
    }

    /// Whether it names several hosts and does not say which of them is meant. Of a primary and its standbys only one can be
    /// written.
    pub(super) fn needs_writable(&self) -> bool {
        let hosts = self.get("host").or(self.get("hostaddr"));
        hosts.is_some_and(|hosts| hosts.contains(','))
            && self.get("target_session_attrs").is_none()
            && std::env::var_os("PGTARGETSESSIONATTRS").is_none()
    }

    /// The argument for a program: everything but the password. `name` is what the server's administrator sees, `more` a setting
    /// beside those of the user.
    pub(super) fn conninfo(&self, name: &str, more: Option<(&str, &str)>) -> String {
        let mut all = self.clone();
        if self.get("application_name").is_none() && std::env::var_os("PGAPPNAME").is_none() {
            all.set("application_name", name.to_owned());
        }
        if let Some((keyword, value)) = more {
            all.set(keyword, value.to_owned());
        }
        match os::ARGUMENTS_ARE_BYTES {
            true => all.to_string(),
            false => all.in_ascii(),
        }
    }

    /// The same in characters that every code page has, which only a URL can be.
    fn in_ascii(&self) -> String {
        let keywords = self.to_string();
        if keywords.is_ascii() {
            return keywords;
        }
        let settings: Vec<String> = self
            .settings
            .iter()
            .map(|(keyword, value)| format!("{keyword}={}", encoded(value)))
            .collect();
        format!("postgresql://?{}", settings.join("&"))
    }
}

fn setting(keyword: &str, value: &str) -> String {
    format!("{keyword}='{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// As keywords, without the password.
impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings: Vec<String> = self
            .settings
            .iter()
            .map(|(keyword, value)| setting(keyword, value))
            .collect();
        f.write_str(&settings.join(" "))
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let password = self.password.as_ref().map(|_| "…");
        f.debug_struct("Connection")
            .field("settings", &self.settings)
            .field("password", &password)
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}

fn wrong(message: impl fmt::Display) -> Error {
    Error::new(
        ErrorKind::InvalidOption,
        format!("the database cannot be read: {message}"),
    )
}

fn other_scheme(scheme: &str) -> Error {
    let (first, rest) = scheme.split_once('+').unwrap_or((scheme, ""));
    match (first, rest) {
        ("prisma", _) => wrong(format!(
            "{scheme}:// leads to a service of Prisma, which speaks another protocol"
        ))
        .with_hint("give the URL of the database itself (often DIRECT_URL), which begins with postgres://"),
        ("postgres" | "postgresql" | "jdbc:postgresql", _) => {
            wrong(format!("{scheme}:// is the form of one library")).with_hint("write postgresql://")
        }
        _ => wrong("it begins with neither postgres:// nor postgresql://"),
    }
}

/// Undoes percent-encoding.
fn decoded(text: &str) -> Result<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        match (digit(), digit()) {
            (Some(high), Some(low)) if high + low > 0 => bytes.push((high * 16 + low) as u8),
            _ => return Err(wrong("behind a % stand no two hexadecimal digits").with_hint("write %25 for % itself")),
        }
    }
    String::from_utf8(bytes).map_err(|_| wrong("what is percent-encoded is not UTF-8"))
}

/// Percent-encodes all but letters and digits.
fn encoded(text: &str) -> String {
    let encode = |byte: u8| match byte.is_ascii_alphanumeric() {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests;
