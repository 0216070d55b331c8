//! One column of each type with nasty values, and the conditions that are asked about them.

/// A column: name, type, and values as SQL.
pub(super) struct Family {
    pub(super) column: &'static str,
    pub(super) ty: &'static str,
    pub(super) values: &'static [&'static str],
}

pub(super) const PROLOGUE: &str = r#"
CREATE EXTENSION citext WITH SCHEMA public;
CREATE COLLATION public.ignore_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TYPE public.mood AS ENUM ('sad', 'ok', 'happy', 'Ok');
CREATE DOMAIN public.label AS character varying(30);
CREATE DOMAIN public.label2 AS public.label;
CREATE DOMAIN public.loose AS text COLLATE public.ignore_case;
CREATE DOMAIN public.strict AS text COLLATE "C";
CREATE DOMAIN public.strict2 AS public.strict;
CREATE DOMAIN public.yes AS boolean;
CREATE DOMAIN public.feeling AS public.mood;
"#;

const fn family(column: &'static str, ty: &'static str, values: &'static [&'static str]) -> Family {
    Family { column, ty, values }
}

const TEXTS: &[&str] = &[
    "''",
    "'a'",
    "'A'",
    "'a '",
    "' '",
    "'abc'",
    "'aBc'",
    "'demo-1'",
    "'é'",
    "'日本'",
    "'%'",
    "'a_c'",
    "'a\\b'",
    "'5'",
    "'true'",
    "E'a\\nb'",
    "'z'",
    "'K'",
    "U&'\\212A'",
    "'2024-01-01'",
    "'mañana demo-x'",
];
const WORDS: &[&str] = &["''", "'a'", "'A'", "'abc'", "'a  '", "'5'", "'b'", "'é'"];

#[rustfmt::skip]
pub(super) const FAMILIES: &[Family] = &[
    family("b", "boolean", &["true", "false"]),
    family("i2", "smallint", &["0", "1", "-32768", "32767", "5"]),
    family("i4", "integer", &["0", "1", "-1", "-2147483648", "2147483647", "5", "16777217"]),
    family("i8", "bigint", &["0", "1", "-9223372036854775808", "9223372036854775807", "5", "9007199254740993", "4294967295"]),
    family("o", "oid", &["0", "5", "4294967295", "2147483648"]),
    family("n", "numeric", &["0", "'-0.0'", "1", "1.0", "1.50", "'NaN'", "'Infinity'", "'-Infinity'", "0.1", "-1.5", "5", "1e30",
        "9007199254740993", "0.1000000000000000055511151231257827"]),
    family("n2", "numeric(10,2)", &["0", "1", "1.50", "0.10", "'NaN'", "-3.25"]),
    family("f4", "real", &["0", "'-0'", "1", "0.1", "1.5", "'NaN'", "'Infinity'", "'-Infinity'", "16777216", "1e-45", "5"]),
    family("f8", "double precision", &["0", "'-0'", "1", "0.1", "1.5", "'NaN'", "'Infinity'", "'-Infinity'", "9007199254740992", "5e-324", "5",
        "0.10000000149011612"]),
    family("tx", "text", TEXTS),
    family("tc", "text COLLATE \"C\"", TEXTS),
    family("ts_", "text COLLATE \"en-x-icu\"", WORDS),
    family("tt", "text COLLATE \"tr-x-icu\"", WORDS),
    family("tu", "text COLLATE public.ignore_case", WORDS),
    family("vc", "character varying(30)", TEXTS),
    family("bc", "character(5)", WORDS),
    family("bc1", "character(3)", &["''", "'a'", "'A'", "'abc'", "'é'", "'5'"]),
    family("nm", "name", WORDS),
    family("ci", "public.citext", &["''", "'a'", "'A'", "'aBc'", "'b'", "'5'"]),
    family("u", "uuid", &["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"]),
    family("d", "date", &["'2024-01-01'", "'2024-02-29'", "'infinity'", "'-infinity'", "'0044-03-15 BC'", "'4714-11-24 BC'", "'5874897-12-31'", "'1999-12-31'"]),
    family("tsp", "timestamp without time zone", &["'2024-01-01'", "'2024-01-01 10:00:00.5'", "'infinity'", "'-infinity'", "'0044-03-15 12:00 BC'",
        "'294276-12-31 23:59:59.999999'", "'2024-01-01 00:00:00.000001'"]),
    family("tz", "timestamp with time zone", &["'2024-01-01 00:00:00+00'", "'2024-01-01 10:00:00.5+02'", "'infinity'", "'-infinity'",
        "'0044-03-15 12:00:00+00 BC'", "'1850-01-01 00:00:00+00'"]),
    family("tm", "time without time zone", &["'00:00'", "'24:00'", "'10:00:00.5'", "'23:59:59.999999'"]),
    family("by", "bytea", &["''", "'\\x00'", "'\\x00ff'", "'a'", "'\\xff'"]),
    family("bi", "bit(3)", &["B'000'", "B'101'", "B'111'"]),
    family("vb", "bit varying(8)", &["B''", "B'1'", "B'101'", "B'01'", "B'10000000'"]),
    family("en", "public.mood", &["'sad'", "'ok'", "'happy'", "'Ok'"]),
    family("dl", "public.label2", &["''", "'a'", "'A'", "'demo-1'", "'é'"]),
    family("dx", "public.loose", WORDS),
    family("ds", "public.strict2", WORDS),
    family("dy", "public.yes", &["true", "false"]),
    family("df", "public.feeling", &["'sad'", "'happy'"]),
    family("j", "json", &["'{}'", "'{\"a\": 1}'", "'null'"]),
    family("jb", "jsonb", &["'{}'", "'{\"a\": 1}'", "'1.0'"]),
    family("ar", "integer[]", &["'{}'", "'{1,2}'"]),
    family("ip", "inet", &["'10.0.0.1'", "'::1'"]),
    family("iv", "interval", &["'1 day'", "'24:00:00'"]),
    family("mo", "time with time zone", &["'10:00+00'", "'11:00+01'"]),
    family("xm", "xml", &["'<a/>'"]),
    family("rg", "int4range", &["'[1,2)'", "'empty'"]),
];

/// Literals that every column is compared with.
#[rustfmt::skip]
pub(super) const LITERALS: &[&str] = &[
    "NULL", "true", "false", "'t'", "'yes'", "' OFF '", "'o'", "''", "' '",
    "0", "1", "-1", "5", "1.0", "1.50", ".5", "0.1", "1e0", "1e400", "2147483648", "-2147483648", "4294967296", "9223372036854775807",
    "9223372036854775808", "-9223372036854775808", "9007199254740993", "32768", "16777217",
    "'0'", "'1'", "'-1'", "' 5 '", "'1.0'", "'1.5'", "'1e1'", "'NaN'", "'nan'", "'Infinity'", "'-inf'", "'0.1'", "'1e-400'", "'4294967296'", "'99999999999'",
    "'a'", "'A'", "'a '", "'abc'", "'ABC'", "'demo-1'", "'é'", "'日本'", "'a\\b'", "$$a_c$$",
    "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'{A0EEBC999C0B4EF8BB6D6BB9BD380A11}'", "'a0eebc99'",
    "'2024-01-01'", "'2024-02-30'", "'0044-03-15 BC'", "'infinity'", "'-Infinity'", "'2024-01-01 10:00:00.5'", "'2024-01-01T10:00:00'", "'2024-01-01 00:00:00+00'",
    "'2024-01-01 02:00+02:00'", "'2024-01-01 00:00Z'", "'now'", "'01/02/2024'", "'epoch'", "'10:00'", "'24:00:00'", "'25:00'", "'10:00:00.5'", "'294276-12-31 23:59:59.999999'",
    "'\\x00'", "'\\x00FF'", "'\\000'", "'\\xzz'", "B'101'", "B'1'", "'101'", "'102'",
    "'sad'", "'ok'", "'sadd'", "'{}'", "'{1,2}'", "'10.0.0.1'", "'1 day'", "'<a/>'", "'[1,2)'",
    "'a'::text", "'a '::text", "'a'::varchar", "'a '::bpchar", "'A'::name", "'a'::public.citext", "'5'::int", "5::bigint", "5::numeric", "'0.1'::real", "'0.1'::float8", "0.1::float4",
    "1::text", "true::text", "DATE '2024-01-01'", "TIMESTAMP '2024-01-01'", "'2024-01-01 00:00+00'::timestamptz", "'10:00'::time", "'t'::boolean", "'\\x00'::bytea",
    "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", "'ok'::public.mood", "'5'::oid", "'2024-01-01'::timestamp with time zone", "CAST('5' AS smallint)", "1.5::int",
    "'x'::char(3)", "lower('ABC')", "length('abc')", "coalesce(NULL, 5)", "upper('é')", "'a' COLLATE \"C\"", "'a' COLLATE \"en-x-icu\"", "'a' COLLATE c", "NULL::text", "NULL::int",
];

pub(super) const PATTERNS: &[&str] = &[
    "'%'",
    "''",
    "'a%'",
    "'%c'",
    "'_'",
    "'__'",
    "'a_c'",
    "'a\\_c'",
    "'%b%'",
    "'A%'",
    "'demo-%'",
    "'%é%'",
    "'日_'",
    "'a\\\\b'",
    "'abc'",
    "'% '",
    "'a   %'",
    "NULL",
    "'t%'",
    "'\\x%'",
    "'%demo-_'",
    "'_%_'",
    "'a\\'",
    "'2024-%'",
    "'k'",
    "'%5%'",
];

#[rustfmt::skip]
pub(super) const REGEXES: &[&str] = &[
    "''", "'a'", "'^a'", "'c$'", "'^[a-z]+$'", "'^[^a]'", "'^.$'", "'^..$'", "'a.b'", "'^(demo|test)-\\d+$'", "'[[:upper:]]'", "'\\w'", "'\\s$'", "'^\\s'", "'a{1,2}b?'", "'(a|b)*c'",
    "'é'", "'[é-ö]'", "'a\\\\b'", "'k'", "'[A-C]'", "'^a*?$'", "'(?:a)'", "'(?i)a'", "'***=a'", "'\\ma'", "'(a)\\1'", "'a(?=b)'", "'a**'", "'(a'", "'[b-a]'", "'a{2,1}'",
    "'\\n'", "'$^'", "'a|'", "'[]a]'", "'[a-]'", "'x{,2}'", "'a{'", "'\\.'", "'[[:alpha:]-]'", "'\\D'", "'[^\\d]'", "'^[\\w]*$'", "NULL", "'t'", "'^\\d+$'", "'true'", "'[[=a=]]'", "'\\ya'",
];

/// More conditions, in words of one column `v`.
#[rustfmt::skip]
pub(super) const UNARY: &[&str] = &[
    "v", "NOT v", "v IS NULL", "v IS NOT NULL", "v IS TRUE", "v IS NOT TRUE", "v IS FALSE", "v IS NOT FALSE", "v IS UNKNOWN", "v IS NOT UNKNOWN", "v ISNULL", "v NOTNULL",
    "v = v", "v <> v", "v < v", "v IS DISTINCT FROM v", "v = ANY ('{}')", "v IS DISTINCT FROM NULL", "NULL IS NOT DISTINCT FROM v", "v = NULL", "NULL <> v", "v IN (NULL)",
    "v::text = 'true'", "v::text = '5'", "v::text = 'a'", "v::text = 'a '", "v::text LIKE '%a%'", "v::text ILIKE '%A'", "CAST(v AS varchar) = 'a'", "v::text IS NULL", "v::text COLLATE \"C\" < 'b'",
    "v::text::text = '1.50'", "v::text = '-0'", "v::text ~ '^\\d'", "v::varchar IN ('sad', '0')", "v::int = 5", "v::char = 'a'", "v::bpchar = 'a'", "v::text = '2024-01-01'",
    "lower(v) = 'a'", "lower(v) = 'abc'", "lower(v) LIKE 'demo-%'", "upper(v) = 'A'", "upper(v) IN ('A', 'ABC', NULL)", "lower(v::text) = 'true'", "lower(upper(v)) = 'a'", "lower(v) IS NULL",
    "lower(v COLLATE \"C\") = 'é'", "upper(v COLLATE \"C\") < 'B'", "lower(v) COLLATE \"C\" > 'a'", "lower(v) < 'b'", "lower(v) = v", "lower(v) <> upper(v)",
    "length(v) = 1", "length(v) > 2.5", "length(v) IN (0, 1)", "length(v) = 3::bigint", "length(v) = v", "length(v) = '1'", "length(v) BETWEEN 1 AND 2", "length(v)::text = '1'",
    "length(v COLLATE \"C\") = 1", "length(lower(v)) = 1",
    "coalesce(v, NULL) IS NULL", "coalesce(v, v) = v", "coalesce(NULL, v) = 'a'", "coalesce(v, 'a') = 'a'", "coalesce(v, '5') = '5'", "coalesce(v, 5) = 5", "coalesce(v, 1.5) > 1", "coalesce(v, false)",
    "NOT coalesce(v, 't')", "coalesce(v, true) = true", "coalesce(lower(v), 'x') = 'x'", "coalesce(v, '2024-01-01') = '2024-01-01'", "coalesce(v, 0.1) = 0.1", "coalesce(v, 'sad') > 'ok'",
    "v COLLATE \"C\" < 'b'", "v COLLATE \"C\" BETWEEN 'A' AND 'b'", "v COLLATE \"C\" NOT BETWEEN 'A' AND 'b'", "v COLLATE \"POSIX\" >= 'a'", "v > 'a' COLLATE pg_catalog.\"C\"", "v COLLATE \"C\" = 'A'",
    "v COLLATE \"C\" LIKE 'a%'", "v COLLATE \"C\" ILIKE 'É'", "v COLLATE \"C\" ~* '^A'", "v COLLATE \"C\" ~ '\\W'", "v COLLATE \"C\" IN ('a', 'A')", "v COLLATE \"C\" < 'b' COLLATE \"POSIX\"", "v COLLATE \"en-x-icu\" = 'a'",
    "v IN (1, 2.5)", "v IN (0.1)", "v IN (0.1, 5)", "v IN (0.1, '0.1')", "v IN (1, '1')", "v IN ('1.5', 2.5)", "v IN ('a', 'A')", "v NOT IN ('a', NULL)", "v NOT IN ('a', 'b')", "v IN ('a', 5)", "v NOT IN (0, 1, 5, -1)",
    "v IN ('2024-01-01', 'infinity')", "v IN ('2024-01-01', TIMESTAMP '2024-01-01 10:00:00.5')", "v IN ('sad', 'happy')", "v IN ('sad', 'nope')", "v IN (true, false)", "v IN (true, NULL)", "v IN ('f')", "v IN (5::numeric, 5::real)",
    "v IN (5::real, 0.1)", "v IN ('0.1'::real, 5)", "v IN ('0.1'::float8, 0.1)", "v IN (v, 5)", "v IN (v)", "v IN ('a', v)", "v IN ('a'::text, 'b'::varchar)", "v IN ('a '::bpchar, 'a')", "v IN ('a '::bpchar)", "v IN (5::oid, 1)",
    "v IN (B'101', '1')", "v IN ('\\x00', '\\x00ff')", "v IN ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'A0EEBC999C0B4EF8BB6D6BB9BD380A11')", "v IN (NULL, NULL)", "v IN (NULL, 5)", "v IN (true::text, 'a')",
    "v BETWEEN 0 AND 5", "v BETWEEN 5 AND 0", "v BETWEEN '0' AND '5'", "v BETWEEN NULL AND 5", "v NOT BETWEEN NULL AND 0", "v BETWEEN '-infinity' AND '2024-01-01'", "v BETWEEN 'sad' AND 'ok'", "v BETWEEN 'a' AND 'b'",
    "v BETWEEN 0.05 AND 0.15", "v BETWEEN false AND true", "v BETWEEN B'0' AND B'11'", "v BETWEEN '\\x00' AND '\\xfe'", "v BETWEEN SYMMETRIC 5 AND 0",
    "v LIKE 'a#%%' ESCAPE '#'", "v LIKE 'a\\%' ESCAPE ''", "v LIKE 'a\\_c' ESCAPE ''", "v LIKE '%' ESCAPE 'ab'", "v NOT LIKE 'é_' ESCAPE 'é'", "v ILIKE 'AXBC' ESCAPE 'X'", "v LIKE 'a' ESCAPE NULL", "v ~~ 'a%'", "v !~~ 'a%'",
    "v ~~* 'A%'", "v !~~* 'A%'", "v LIKE 'a'::text", "v LIKE 'a'::varchar", "v LIKE v", "v ~ v", "v LIKE 5", "v SIMILAR TO 'a%'", "v LIKE 'a' COLLATE \"C\"", "v = 'a' IS TRUE", "v = 'a' IS NOT FALSE", "(v = 'a') = true",
    "(v IS NULL) = false", "v::public.mood = 'sad'", "v::mood > 'sad'", "v::public.mood::text = 'ok'", "(v IS NULL) IN (true)", "(v = '5') IS DISTINCT FROM NULL", "(v IS NULL)::text = 'true'", "v = true", "v = 't'", "v <> 'no'", "v > false", "v = 1", "v || 'a' = 'a'", "v + 1 = 2", "- v = 1", "v = -5",
    "count(v) = 1", "trim(v) = 'a'", "v = (SELECT 1)", "v IN (SELECT 1)", "EXISTS (SELECT 1)", "v = $1", "nosuch = 1", "t.v = 'a'", "public.t.v IS NULL", "x.v IS NULL", "CASE WHEN v IS NULL THEN true END", "v = user", "v = current_date",
    "v IS NULL AND v IS NOT NULL", "v IS NULL OR NULL", "NULL AND v IS NULL", "NOT NULL", "NULL", "true", "'t'", "'maybe'", "5", "v IS NULL = true", "v = v = true", "v[1] = 1", "lower(v, v) = 'a'", "length(1) = 1", "v = ''", "v >= ''",
    "v = 'a", "v = ", "(v IS NULL", "v IS NULL)", "v IS NULL; SELECT 1", "", "v IS NULL -- comment", "v /* c */ IS NULL", "V IS NULL", "\"v\" IS NULL", "v = E'a\\nb'", "v = U&'\\0061'", "v = N'a'", "v = 'a' 'b'", "v = X'61'", "v = 1_0", "v = 0x5",
];
