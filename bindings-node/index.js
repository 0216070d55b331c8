'use strict';

const { CATALOG_QUERY, Catalog } = require('./lib/catalog.js');
const { convert, convertFile, inspect, inspectFile } = require('./lib/convert.js');
const { DumpsertError } = require('./lib/errors.js');
const { restore, sync } = require('./lib/restore.js');
const { createRewriter, rewrite, statements } = require('./lib/stream.js');
const { rewriterPair } = require('./lib/web.js');

module.exports = {
  CATALOG_QUERY,
  Catalog,
  DumpsertError,
  convert,
  convertFile,
  createRewriter,
  inspect,
  inspectFile,
  restore,
  rewrite,
  rewriterPair,
  statements,
  sync,
};
