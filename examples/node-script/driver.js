// Merges a dump into the database of DATABASE_URL without psql, in a transaction of its own: node driver.js DUMP

import { createReadStream } from 'node:fs';
import pg from 'pg';
import { Catalog, statements } from 'dumpsert';

const [dump] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 1 });
const catalog = await Catalog.fromQuery((sql) => pool.query(sql));

const client = await pool.connect();
let isBroken = false;
try {
  await client.query('BEGIN');
  let result;
  for await (const sql of statements(createReadStream(dump), { style: 'batches', catalog })) {
    const { rows } = await client.query(sql);
    if (rows.length > 0) [result] = rows;
  }
  // Only now, when the dump has ended well. A commit before would fail.
  await client.query('COMMIT');
  console.log(JSON.stringify(Object.values(result)[0]));
} catch (error) {
  await client.query('ROLLBACK').catch(() => (isBroken = true));
  throw error;
} finally {
  client.release(isBroken);
  await pool.end();
}
