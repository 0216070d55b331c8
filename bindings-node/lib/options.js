'use strict';
// Options: names in camelCase here, in snake_case in the library, which reads the values.

const { NativePlan, optionNames, nearestName } = require('../native.js');
const { DumpsertError, asDumpsertError } = require('./errors.js');

const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
const byCamelName = (names) => new Map(names.map((name) => [camel(name), name]));

const names = optionNames();
const OPTIONS = byCamelName(names.options);
const TABLE_OPTIONS = byCamelName(names.tableOptions);
const LIMITS = byCamelName(names.limits);
/** Options that only this package has. */
const OWN = ['catalog', 'onProgress', 'signal'];

function invalid(message, hint) {
  const text = hint === undefined ? message : `${message} (${hint})`;
  return new DumpsertError(text, { code: 'invalid_option', category: 'config', hint });
}

/** Whether a value is an object of names and values, of whatever realm. */
function isPlain(value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function rename(values, known, place, others = []) {
  const renamed = {};
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || others.includes(name)) continue;
    if (!known.has(name)) {
      const nearest = nearestName(name, [...known.keys(), ...others]);
      throw invalid(`\`${place}${name}\` is no option`, nearest ? `did you mean ${nearest}?` : undefined);
    }
    renamed[known.get(name)] = value;
  }
  return renamed;
}

/** Refuses what JSON would leave out in silence, such as a function or a Map. */
function check(value, place) {
  if (Array.isArray(value)) {
    value.forEach((item, index) => check(item, `${place}[${index}]`));
  } else if (isPlain(value)) {
    for (const [name, item] of Object.entries(value)) if (item !== undefined) check(item, `${place}.${name}`);
  } else if (!['string', 'boolean'].includes(typeof value) && !Number.isFinite(value) && value !== null) {
    throw invalid(`\`${place}\`: a value of type ${typeof value} cannot be used`);
  }
}

function toJson(options, own) {
  const values = rename(options, OPTIONS, '', own);
  for (const [name, value] of Object.entries(values)) check(value, camel(name));
  if (isPlain(values.tables)) {
    const tables = Object.entries(values.tables).map(([table, value]) => [
      table,
      isPlain(value) ? rename(value, TABLE_OPTIONS, `tables.${JSON.stringify(table)}.`) : value,
    ]);
    values.tables = Object.fromEntries(tables);
  }
  if (isPlain(values.limits)) values.limits = rename(values.limits, LIMITS, 'limits.');
  return JSON.stringify(values);
}

/** The library speaks of options by its own names. */
function inCamelCase(error) {
  if (error.code !== 'invalid_option') return error;
  const known = new Set([OPTIONS, TABLE_OPTIONS, LIMITS].flatMap((names) => [...names.values()]));
  const translate = (text) => text.replace(/[a-z]+(?:_[a-z]+)+/g, (word) => (known.has(word) ? camel(word) : word));
  error.message = translate(error.message);
  if (error.hint !== undefined) error.hint = translate(error.hint);
  return error;
}

/**
 * Checks options as far as this package does. `fixed` are options that the caller of this function has set, over which a
 * user has no choice, and `own` names that it has beside those of every run. Returns what the native part checks, and what
 * is for this package alone.
 */
function prepare(options = {}, fixed = {}, own = []) {
  if (!isPlain(options)) throw invalid('options are an object of names and values');
  for (const [name, value] of Object.entries(fixed)) {
    if (options[name] !== undefined && options[name] !== value) {
      throw invalid(`\`${name}\` can only be '${value}' here`);
    }
  }
  const { catalog = [], onProgress, signal } = options;
  if (onProgress !== undefined && typeof onProgress !== 'function') throw invalid('`onProgress` is a function');
  if (signal !== undefined && typeof signal?.addEventListener !== 'function') {
    throw invalid('`signal` is an AbortSignal');
  }
  const { nativeOf } = require('./catalog.js');
  const catalogs = [catalog].flat().map((one) => {
    const found = nativeOf(one);
    if (found === undefined) throw invalid('`catalog` is a Catalog, or a list of them');
    return found;
  });
  return { json: toJson({ ...options, ...fixed }, [...OWN, ...own]), catalogs, onProgress, signal };
}

/** Checks options, see {@link prepare}. Returns the plan, and what is for this package alone. */
function planOf(options, fixed) {
  const { json, catalogs, onProgress, signal } = prepare(options, fixed);
  try {
    return { plan: new NativePlan(json, catalogs), onProgress, signal };
  } catch (error) {
    throw inCamelCase(asDumpsertError(error));
  }
}

module.exports = { inCamelCase, invalid, planOf, prepare };
