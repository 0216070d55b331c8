-- -------------------------------------------------------------
-- TablePlus 5.3.8(500)
--
-- https://tableplus.com/
--
-- Database: app
-- Generation Time: 2024-05-05 10:11:12.3450
-- -------------------------------------------------------------


-- This script only contains the table creation statements and does not fully represent the table in the database. Do not use it as a backup.

-- Sequence and defined type
CREATE SEQUENCE IF NOT EXISTS orders_id_seq;

-- Table Definition
CREATE TABLE "public"."orders" (
    "id" int4 NOT NULL DEFAULT nextval('orders_id_seq'::regclass),
    "user_id" int4 NOT NULL,
    "note" text,
    PRIMARY KEY ("id")
);

-- This script only contains the table creation statements and does not fully represent the table in the database. Do not use it as a backup.

-- Sequence and defined type
CREATE SEQUENCE IF NOT EXISTS users_id_seq;

-- Table Definition
CREATE TABLE "public"."users" (
    "id" int4 NOT NULL DEFAULT nextval('users_id_seq'::regclass),
    "email" text NOT NULL,
    "bio" text,
    "active" bool NOT NULL DEFAULT true,
    "score" numeric(10,2),
    PRIMARY KEY ("id")
);

INSERT INTO "public"."users" ("id", "email", "bio", "active", "score") VALUES
(1, 'zoe@example.com', 'Zoë O''Brien, "back\slash"', 't', 9.50),
(2, 'li@example.com', NULL, 'f', NULL);

INSERT INTO "public"."orders" ("id", "user_id", "note") VALUES
(1, 1, 'first'),
(2, 2, NULL);

ALTER TABLE "public"."orders" ADD FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE CASCADE;
