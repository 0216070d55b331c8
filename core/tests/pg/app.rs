//! The shape of an application's database as Prisma makes it: tables that reference themselves, an action on every relation, names that
//! are mapped. Every style from the dump that its users take, into an empty and into a diverged target.

use dumpsert::{Catalog, Options, Style};
use dumpsert_testkit::{Cluster, Db};

use crate::sources::{OWNER, give_to_owner};
use crate::support::{psql, script};

const SCHEMA: &str = r#"
CREATE TYPE "Role" AS ENUM ('OWNER', 'CLERK');
CREATE TABLE businesses (id text PRIMARY KEY, name text NOT NULL, "umbrellaBusinessId" text, "updatedAt" timestamp(3) NOT NULL);
CREATE TABLE "User" (id text PRIMARY KEY, business_id text NOT NULL, email text NOT NULL, "invitedById" text, role "Role" NOT NULL);
CREATE TABLE product_groups (id text PRIMARY KEY, business_id text NOT NULL, "parentId" text, label text NOT NULL);
CREATE TABLE products (id text PRIMARY KEY, business_id text NOT NULL, "groupId" text NOT NULL, "user" text, price numeric(10,2) NOT NULL, tags text[]);
CREATE TABLE "_GroupToUser" ("A" text NOT NULL, "B" text NOT NULL);
CREATE UNIQUE INDEX "_GroupToUser_AB_unique" ON "_GroupToUser" ("A", "B");
CREATE UNIQUE INDEX "User_email_key" ON "User" (email);
CREATE UNIQUE INDEX "product_groups_label_key" ON product_groups (business_id, label);
"#;
const KEYS: &str = r#"
ALTER TABLE businesses ADD CONSTRAINT "businesses_umbrellaBusinessId_fkey" FOREIGN KEY ("umbrellaBusinessId") REFERENCES businesses (id) ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "User" ADD CONSTRAINT "User_business_id_fkey" FOREIGN KEY (business_id) REFERENCES businesses (id) ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "User" ADD CONSTRAINT "User_invitedById_fkey" FOREIGN KEY ("invitedById") REFERENCES "User" (id) ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE product_groups ADD CONSTRAINT "product_groups_business_id_fkey" FOREIGN KEY (business_id) REFERENCES businesses (id) ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE product_groups ADD CONSTRAINT "product_groups_parentId_fkey" FOREIGN KEY ("parentId") REFERENCES product_groups (id) ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE products ADD CONSTRAINT "products_business_id_fkey" FOREIGN KEY (business_id) REFERENCES businesses (id) ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE products ADD CONSTRAINT "products_groupId_fkey" FOREIGN KEY ("groupId") REFERENCES product_groups (id) ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE products ADD CONSTRAINT "products_user_fkey" FOREIGN KEY ("user") REFERENCES "User" (id) ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "_GroupToUser" ADD CONSTRAINT "_GroupToUser_A_fkey" FOREIGN KEY ("A") REFERENCES product_groups (id) ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "_GroupToUser" ADD CONSTRAINT "_GroupToUser_B_fkey" FOREIGN KEY ("B") REFERENCES "User" (id) ON DELETE CASCADE ON UPDATE CASCADE;
"#;

/// Numbers from `first` to `last`; whatever references its own table references the row behind it.
fn rows(first: usize, last: usize, note: &str) -> String {
    let numbers = format!("FROM generate_series({first}, {last}) AS i");
    let next = |prefix: &str| format!("CASE WHEN i < {last} THEN '{prefix}' || i + 1 END");
    format!(
        r#"INSERT INTO businesses SELECT 'b' || i, '{note}; ' || i, {}, '2024-01-01 00:00:00.123' {numbers};
           INSERT INTO "User" SELECT 'u' || i, 'b' || i, i || '@example.org', {}, 'CLERK' {numbers};
           INSERT INTO product_groups SELECT 'g' || i, 'b' || i, {}, 'group' {numbers};
           INSERT INTO products SELECT 'p' || i, 'b' || i, 'g' || i, 'u' || i, i + 0.5, ARRAY['{note}', NULL, 'a"b'] {numbers};
           INSERT INTO "_GroupToUser" SELECT 'g' || i, 'u' || i {numbers};"#,
        next("b"),
        next("u"),
        next("g"),
    )
}

fn database(rows: &str) -> Db {
    let db = Cluster::shared().create_unique("app");
    db.execute(&format!("{SCHEMA}{rows}{KEYS}"));
    give_to_owner(&db);
    db
}

#[test]
fn from_the_dump_that_its_users_take() {
    let source = database(&rows(1, 12, "dumped"));
    let dump = source.pg_dump(&["--data-only", "--column-inserts", "--no-owner", "--no-privileges"]);
    let catalog = Catalog::from_schema_sql(source.pg_dump(&["--schema-only"])).unwrap();
    let targets = [database(""), database(&rows(5, 20, "other"))];
    for target in &targets {
        let before = target.snapshot();
        let mut ends = Vec::new();
        for style in [Style::Rows, Style::Batches, Style::Staged] {
            for role in ["postgres", OWNER] {
                let context = format!("{style:?}, {role}");
                let copy = Cluster::shared().copy_of(target);
                let options = Options::new().with_style(style).with_catalog(catalog.clone()).unwrap();
                let script = script(&dump, options);
                psql(&copy, role, &script).expect_success();
                let after = copy.snapshot();
                assert_eq!(
                    source.snapshot().missing_from(&after),
                    Vec::<String>::new(),
                    "{context}"
                );
                for table in ["public.businesses", "public.\"User\"", "public.products"] {
                    let rows = if before.count(table) == 0 { 12 } else { 20 };
                    assert_eq!(after.count(table), rows, "{context}: {table}");
                }
                psql(&copy, role, &script).expect_success();
                assert_eq!(after.diff(&copy.snapshot()), Vec::<String>::new(), "{context}, again");
                ends.push((context, after));
            }
        }
        for (context, end) in &ends {
            assert_eq!(ends[0].1.diff(end), Vec::<String>::new(), "{context}");
        }
    }
}
