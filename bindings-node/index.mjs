// One copy of everything for both kinds of modules, so that `instanceof DumpsertError` holds across them.
import dumpsert from './index.js';

export const {
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
} = dumpsert;
