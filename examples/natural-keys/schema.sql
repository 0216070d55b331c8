-- Lookup tables that each server has seeded by itself, rows that refer to them, and one table with serial ids.
CREATE TABLE categories (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL UNIQUE);
CREATE TABLE units (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL UNIQUE);
CREATE TABLE roles (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL UNIQUE);
CREATE TABLE tax_rates (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL UNIQUE, percent int NOT NULL);
CREATE TABLE products (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), sku text NOT NULL, price int NOT NULL,
    category_id uuid NOT NULL REFERENCES categories, unit_id uuid NOT NULL REFERENCES units, tax_id uuid REFERENCES tax_rates);
CREATE TABLE employees (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL, role_id uuid NOT NULL REFERENCES roles);
CREATE TABLE expenses (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), what text NOT NULL,
    employee_id uuid NOT NULL REFERENCES employees, category_id uuid NOT NULL REFERENCES categories);
CREATE TABLE invoices (id serial PRIMARY KEY, number text NOT NULL UNIQUE, product_id uuid NOT NULL REFERENCES products);
