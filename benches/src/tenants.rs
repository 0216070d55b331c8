//! A full dump of many businesses, some of them demos, for runs that leave rows out.

use super::{HEADER, Output, PRODUCTS, Rows, SCHEMA, STOCK, TRAILER, Value, movement, product};

/// The businesses, demos among them.
const BUSINESSES: u64 = 1000;

const BUSINESSES_TABLE: &str = "CREATE TABLE public.businesses (\n    id text NOT NULL,\n    name text NOT NULL\n);\n";

/// What `pg_dump` prints behind the data: too late for one reading.
const FOREIGN_KEYS: &str = r#"ALTER TABLE ONLY public.businesses
    ADD CONSTRAINT businesses_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.products
    ADD CONSTRAINT "products_businessId_fkey" FOREIGN KEY ("businessId") REFERENCES public.businesses(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.stock_movements
    ADD CONSTRAINT "stock_movements_productId_fkey" FOREIGN KEY ("productId") REFERENCES public.products(id) ON DELETE CASCADE;

"#;

/// Writes a full dump of at least `bytes` bytes piece by piece. Of a hundred businesses `demos` are demos; their products
/// and the stock movements of these go with them.
pub fn write_tenants(bytes: u64, demos: u64, rows: Rows, write: &mut impl FnMut(&[u8])) {
    let (tables, keys) = SCHEMA.split_at(SCHEMA.find("ALTER TABLE").unwrap_or(SCHEMA.len()));
    let mut out = Output::new(format!("{HEADER}{BUSINESSES_TABLE}{tables}\n"), rows, write);
    out.table("public.businesses (id, name)", 0, BUSINESSES, |number| {
        vec![business(demos, number), Value::Text(format!("Business {number}"))]
    });
    let products = out.table(PRODUCTS, bytes / 2, 1, |number| {
        with_reference(product(number), business(demos, number % BUSINESSES + 1))
    });
    out.table(STOCK, bytes, 0, |number| {
        let product = format!("prod-{:08}", number * 31 % products + 1);
        with_reference(movement(number), Value::Text(product))
    });
    for part in [keys, FOREIGN_KEYS, TRAILER] {
        out.text.push_str(part);
    }
    out.flush();
}

/// The row with another value in its second column.
fn with_reference(mut row: Vec<Value>, reference: Value) -> Vec<Value> {
    if let Some(value) = row.get_mut(1) {
        *value = reference;
    }
    row
}

fn business(demos: u64, number: u64) -> Value {
    let is_demo = number % 100 < demos;
    Value::Text(format!("{}-{number}", if is_demo { "demo" } else { "business" }))
}
