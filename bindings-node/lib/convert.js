'use strict';
// Conversions and inspections as a whole. A file that has to be read twice is not copied first, as a stream is.

const { fileURLToPath } = require('node:url');
const { NativeControl, convertMemory, convertPath, inspectMemory, inspectPath } = require('../native.js');
const { encodeWhole } = require('./bytes.js');
const { DumpsertError, aborted, asDumpsertError } = require('./errors.js');
const { planOf } = require('./options.js');

/** Each takes a thread of libuv's pool for as long as it lasts; by default there are four, for files and names too. */
const RUNNING_MAX = 2;
const PROGRESS_MILLISECONDS = 100;

let running = 0;
const queue = [];

async function enter(signal) {
  if (running < RUNNING_MAX) {
    running += 1;
    return;
  }
  await new Promise((resolve, reject) => {
    const onAbort = () => {
      queue.splice(queue.indexOf(enterNow), 1);
      reject(aborted(signal.reason));
    };
    const enterNow = () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    queue.push(enterNow);
  });
}

function leave() {
  const next = queue.shift();
  if (next === undefined) running -= 1;
  else next();
}

/** Runs a native conversion with its progress and its signal. */
async function run({ onProgress, signal }, start) {
  if (signal?.aborted) throw aborted(signal.reason);
  await enter(signal);
  if (signal?.aborted) {
    leave();
    throw aborted(signal.reason);
  }
  const control = new NativeControl();
  let failure;
  const show = () => {
    try {
      onProgress(control.progress());
    } catch (error) {
      control.stop();
      failure ??= asDumpsertError(error);
    }
  };
  const onAbort = () => {
    // Where it is too late, the result is there, and counts.
    if (control.stop()) failure = aborted(signal.reason);
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  const timer = onProgress && setInterval(show, PROGRESS_MILLISECONDS);
  try {
    const conversion = await start(control);
    if (failure === undefined && onProgress !== undefined) show();
    if (failure !== undefined) throw failure;
    return { script: conversion.script, report: JSON.parse(conversion.report) };
  } catch (error) {
    throw failure ?? asDumpsertError(error);
  } finally {
    clearInterval(timer);
    signal?.removeEventListener('abort', onAbort);
    leave();
  }
}

function decode(script) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(script);
  } catch (cause) {
    throw new DumpsertError('the script is not UTF-8, or too long for a string', {
      code: 'encoding',
      category: 'unsupported',
      hint: 'give the dump as bytes',
      cause,
    });
  }
}

async function convert(input, options) {
  const settings = planOf(options, { client: 'psql' });
  const dump = encodeWhole(input);
  const { script, report } = await run(settings, (control) => convertMemory(settings.plan, dump, control));
  return { sql: typeof input === 'string' ? decode(script) : script, report };
}

function pathOf(value, name) {
  if (typeof value === 'string' && value !== '' && !value.includes('\0')) return value;
  if (value instanceof URL && value.protocol === 'file:') return fileURLToPath(value);
  throw new DumpsertError(`\`${name}\` is the path of a file, or a file: URL`, { code: 'invalid_argument' });
}

async function convertFile(input, output, options) {
  const settings = planOf(options, { client: 'psql' });
  const [from, to] = [pathOf(input, 'input'), pathOf(output, 'output')];
  const { report } = await run(settings, (control) => convertPath(settings.plan, from, to, control));
  return report;
}

async function inspect(input, options) {
  const settings = planOf(options);
  const dump = encodeWhole(input);
  return (await run(settings, (control) => inspectMemory(settings.plan, dump, control))).report;
}

async function inspectFile(input, options) {
  const settings = planOf(options);
  const path = pathOf(input, 'input');
  return (await run(settings, (control) => inspectPath(settings.plan, path, control))).report;
}

module.exports = { convert, convertFile, inspect, inspectFile, pathOf };
