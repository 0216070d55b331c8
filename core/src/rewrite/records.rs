//! The tables in which programs that change schemas keep what they have done. Another database's record would be wrong.

use crate::catalog::TableName;

/// Tables of these names, in any schema.
const NAMES: [&str; 33] = [
    // Prisma; Rails and what follows it (golang-migrate, dbmate, Ecto, Supabase); Alembic; Django
    "_prisma_migrations",
    "schema_migrations",
    "ar_internal_metadata",
    "alembic_version",
    "django_migrations",
    // Flyway; Liquibase; Knex; Entity Framework
    "flyway_schema_history",
    "databasechangelog",
    "databasechangeloglock",
    "knex_migrations",
    "knex_migrations_lock",
    "__EFMigrationsHistory",
    "__MigrationHistory",
    // sqlx, Diesel, SeaORM, refinery
    "_sqlx_migrations",
    "__diesel_schema_migrations",
    "seaql_migrations",
    "refinery_schema_history",
    // goose, gorp, Atlas, bun
    "goose_db_version",
    "gorp_migrations",
    "atlas_schema_revisions",
    "bun_migrations",
    "bun_migration_locks",
    // Sequelize, node-pg-migrate, Drizzle, MikroORM, Kysely
    "SequelizeMeta",
    "pgmigrations",
    "__drizzle_migrations",
    "mikro_orm_migrations",
    "kysely_migration",
    "kysely_migration_lock",
    // Doctrine, Phinx, yoyo, Aerich
    "doctrine_migration_versions",
    "phinxlog",
    "_yoyo_migration",
    "_yoyo_version",
    "_yoyo_log",
    "aerich",
];

/// Tables that have such a name in one schema only.
const NAMES_IN_SCHEMAS: [(&str, &str); 7] = [
    ("drizzle", "__drizzle_migrations"),
    ("supabase_migrations", "schema_migrations"),
    ("supabase_migrations", "seed_files"),
    ("supabase_functions", "migrations"),
    ("storage", "migrations"),
    ("graphile_migrate", "migrations"),
    ("graphile_migrate", "current"),
];

/// Schemas that hold nothing else.
const SCHEMAS: [&str; 3] = ["drizzle", "supabase_migrations", "graphile_migrate"];

/// Whether a table is such a record.
pub(crate) fn is_record(name: &TableName) -> bool {
    NAMES.contains(&name.name.as_str()) || NAMES_IN_SCHEMAS.contains(&(&name.schema, &name.name))
}

/// Whether a schema is there for such records: who selects it by name wants them.
pub(crate) fn is_schema_of_records(schema: &str) -> bool {
    SCHEMAS.contains(&schema)
}
