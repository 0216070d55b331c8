//! URLs and keywords, as people have them.

use super::*;

#[track_caller]
fn reads(text: &str, settings: &str, password: Option<&str>) {
    let connection = Connection::parse(text).unwrap();
    assert_eq!(connection.to_string(), settings, "{text}");
    assert_eq!(connection.password(), password, "{text}");
}

#[test]
fn urls() {
    for (text, settings, password) in [
        ("postgres://h", "host='h'", None),
        ("postgresql://", "", None),
        ("postgresql:///db", "dbname='db'", None),
        (
            "postgresql://u@h:5433/db",
            "user='u' host='h' port='5433' dbname='db'",
            None,
        ),
        (
            "postgres://u:p%40%2F@h/d%20b",
            "user='u' host='h' dbname='d b'",
            Some("p@/"),
        ),
        ("postgres://u:p@ss@h/db", "user='u' host='h' dbname='db'", Some("p@ss")),
        (
            "postgres://a:1,b,[::1]:3/db",
            "host='a,b,::1' port='1,,3' dbname='db'",
            None,
        ),
        ("postgres://%2Fvar%2Frun/db", "host='/var/run' dbname='db'", None),
        (
            "postgres:///db?host=/tmp&port=5&user=it's",
            "dbname='db' host='/tmp' port='5' user='it\\'s'",
            None,
        ),
        (
            "postgres://u@h/db?password=x%26y",
            "user='u' host='h' dbname='db'",
            Some("x&y"),
        ),
        (
            "postgres://h/db?ssl=true",
            "host='h' dbname='db' sslmode='require'",
            None,
        ),
        (
            "postgres://h/db?sslmode=verify-full&sslcert=c&sslkey=k&sslrootcert=r",
            "host='h' dbname='db' sslmode='verify-full' sslcert='c' sslkey='k' sslrootcert='r'",
            None,
        ),
    ] {
        reads(text, settings, password);
    }
}

#[test]
fn keywords() {
    for (text, settings, password) in [
        ("mydb", "dbname='mydb'", None),
        ("  dbname = mydb  host=/tmp ", "dbname='mydb' host='/tmp'", None),
        (r"user='it\'s a \\' password='a b'", r"user='it\'s a \\'", Some("a b")),
        (r"dbname=a\ b port=", r"dbname='a b' port=''", None),
        ("service=x", "service='x'", None),
    ] {
        reads(text, settings, password);
    }
}

#[test]
fn urls_of_prisma() {
    let url = "postgresql://u:p@h:6543/db?schema=App&pgbouncer=true&connection_limit=1&pool_timeout=0&sslcert=ca.pem\
               &sslaccept=strict&sslmode=require&statement_cache_size=0&socket_timeout=3";
    let connection = Connection::parse(url).unwrap();
    assert_eq!(
        connection.to_string(),
        "user='u' host='h' port='6543' dbname='db' sslrootcert='ca.pem' sslmode='verify-full'"
    );
    assert_eq!((connection.schema(), connection.is_pooled()), (Some("App"), true));
    assert_eq!(
        connection.dropped(),
        [
            "pgbouncer",
            "connection_limit",
            "pool_timeout",
            "statement_cache_size",
            "socket_timeout"
        ]
    );
}

/// Whatever is wrong, nothing that may be a password is repeated.
#[test]
fn what_cannot_be_read_is_refused_without_being_shown() {
    for (text, message) in [
        ("", "it is empty"),
        (" \n", "it is empty"),
        ("mysql://u:secret@h/db", "neither postgres:// nor postgresql://"),
        ("prisma://accelerate/?api_key=secret", "a service of Prisma"),
        ("prisma+postgres://h/?api_key=secret", "a service of Prisma"),
        ("postgresql+psycopg2://u:secret@h/db", "write postgresql://"),
        ("jdbc:postgresql://h/db?password=secret", "write postgresql://"),
        ("postgres://u:secret/more@h/db", "an @ stands where none belongs"),
        ("postgres://u:secret?more=x@h/db", "an @ stands where none belongs"),
        ("postgres://u:secret", "a port is no number"),
        ("postgres://u:secret%@h/db", "two hexadecimal digits"),
        ("postgres://u:secret%00@h/db", "two hexadecimal digits"),
        ("postgres://u:secret%ff@h/db", "not UTF-8"),
        (
            "postgres://u:x@h/db?secret=1",
            "a parameter that PostgreSQL does not know",
        ),
        ("postgres://u:x@h/db?secret", "something without ="),
        ("postgres://h/db?sslmod=1", "no parameter `sslmod`"),
        ("postgres://h/db?sslidentity=secret", "the parameter sslidentity"),
        ("postgres://h/db?sslpassword=secret", "the parameter sslpassword"),
        ("postgres://h/db?sslaccept=secret", "strict or accept_invalid_certs"),
        ("postgres://h/db?replication=1", "cannot run queries"),
        ("postgres://[::1/db", "a [ is not closed"),
        ("host=h password='secret", "a quote is not closed"),
        ("password=x secret more=1", "behind a keyword stands no ="),
        ("password=x secret=1", "a parameter that PostgreSQL does not know"),
        ("service=s password=secret", "a password and a service"),
        ("db\0secret", "NUL"),
    ] {
        let error = Connection::parse(text).unwrap_err().to_string();
        assert!(error.contains(message), "{text}: {error}");
        assert!(!error.contains("secret"), "{text}: {error}");
    }
}

#[test]
fn the_password_is_in_no_text() {
    let connection = Connection::parse("postgres://u:secret@h/db").unwrap();
    for text in [
        format!("{connection:?}"),
        connection.to_string(),
        connection.conninfo("x", None),
    ] {
        assert!(!text.contains("secret"), "{text}");
    }
    assert_eq!(
        connection.conninfo("it's dumpsert", None),
        "user='u' host='h' dbname='db' application_name='it\\'s dumpsert'"
    );
}

/// Paths of Windows are values like others; in a list of keywords a backslash stands twice, as libpq has it.
#[test]
fn paths_of_windows() {
    for (text, settings) in [
        (
            r"postgres://h/db?sslrootcert=C:\Program%20Files\root.crt",
            r"host='h' dbname='db' sslrootcert='C:\\Program Files\\root.crt'",
        ),
        (
            r"host=h sslrootcert='C:\\Users\\Jörg M\\root.crt' dbname=db",
            r"host='h' sslrootcert='C:\\Users\\Jörg M\\root.crt' dbname='db'",
        ),
        ("host=C:/tmp dbname=db", "host='C:/tmp' dbname='db'"),
        (r"\\server\share", r"dbname='\\\\server\\share'"),
    ] {
        reads(text, settings, None);
    }
    assert!(
        Connection::parse(r"C:\dumps\x.sql")
            .unwrap()
            .to_string()
            .contains("dbname=")
    );
}

#[test]
fn what_is_not_ascii_goes_as_a_url() {
    let connection = Connection::parse("postgres://jörg@h/büro?sslrootcert=C:\\a%20&application_name=it's").unwrap();
    let url = connection.in_ascii();
    assert_eq!(
        url,
        "postgresql://?user=j%C3%B6rg&host=h&dbname=b%C3%BCro&sslrootcert=C%3A%5Ca%20&application_name=it%27s"
    );
    assert_eq!(Connection::parse(&url).unwrap().to_string(), connection.to_string());
    let plain = Connection::parse("host=h dbname='a b'").unwrap();
    assert_eq!(plain.in_ascii(), plain.to_string());
}
