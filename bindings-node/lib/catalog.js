'use strict';

const { catalogFromJson, catalogFromSchemaSql, catalogQuery } = require('../native.js');
const { encodeWhole } = require('./bytes.js');
const { DumpsertError, asDumpsertError } = require('./errors.js');

const CATALOG_QUERY = catalogQuery();
const natives = new WeakMap();

/** The native catalog behind a `Catalog`. */
function nativeOf(catalog) {
  return typeof catalog === 'object' && catalog !== null ? natives.get(catalog) : undefined;
}

async function make(read, input) {
  try {
    const native = await read(encodeWhole(input));
    const catalog = Object.create(Catalog.prototype);
    natives.set(catalog, native);
    return catalog;
  } catch (error) {
    throw asDumpsertError(error);
  }
}

class Catalog {
  constructor() {
    throw new DumpsertError('a catalog is made by Catalog.fromSchemaSql, fromJson or fromQuery', {
      code: 'invalid_argument',
    });
  }

  static async fromSchemaSql(sql) {
    return make(catalogFromSchemaSql, sql);
  }

  static async fromJson(json) {
    return make(catalogFromJson, json);
  }

  static async fromQuery(run) {
    if (typeof run !== 'function') {
      throw new DumpsertError('fromQuery takes a function that runs a query', { code: 'invalid_argument' });
    }
    const result = await run(CATALOG_QUERY);
    const rows = Array.isArray(result) ? result : result?.rows;
    const row = rows?.[0];
    const value = typeof row === 'object' && row !== null ? Object.values(row)[0] : undefined;
    if (value === undefined || rows.length !== 1) {
      throw new DumpsertError('the query for the catalog has not returned one row with one value', {
        code: 'invalid_catalog',
        category: 'config',
      });
    }
    // Most drivers have parsed the JSON already.
    return make(catalogFromJson, typeof value === 'string' ? value : JSON.stringify(value));
  }

  toJson() {
    return natives.get(this).toJson();
  }
}

module.exports = { CATALOG_QUERY, Catalog, nativeOf };
