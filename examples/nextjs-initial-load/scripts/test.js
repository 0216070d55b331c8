// Builds the app once and runs the tests, two files at a time: each has servers and a PostgreSQL of its own.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const run = (args) => {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
};

const files = readdirSync(join(root, 'tests')).filter((name) => name.endsWith('.test.mjs'));
run(['scripts/build.js']);
run(['--test', '--test-concurrency=2', '--test-timeout=1800000', '--test-reporter=spec', ...files.map((name) => `tests/${name}`)]);
