// Generates the Prisma client and builds the app.
//
// `prisma generate` looks for the program that runs migrations and would download it, though it does not run it: with the client
// of engineType "client" no binary is needed. Another program in its place keeps the build off the network.

import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(import.meta.url);
const nowhere = 'postgresql://nobody@localhost/nowhere';
const env = {
  PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
  PRISMA_HIDE_UPDATE_MESSAGE: '1',
  CHECKPOINT_DISABLE: '1',
  NEXT_TELEMETRY_DISABLED: '1',
  DATABASE_URL: nowhere,
  DIRECT_URL: nowhere,
  ...process.env,
};

const root = join(import.meta.dirname, '..');

/** In a clone that was never built, npm has copied the package of this repository without its native module: that takes Rust. */
function buildPackage() {
  const copy = join(root, 'node_modules/dumpsert');
  if (existsSync(join(copy, 'native.js'))) return;
  const source = join(root, '../../bindings-node');
  const npm = (cwd, ...args) => {
    // npm itself, however the shell finds it.
    const { status } = spawnSync(process.execPath, [process.env.npm_execpath, ...args], { cwd, stdio: 'inherit' });
    if (status !== 0) process.exit(status ?? 1);
  };
  if (!existsSync(join(source, 'native.js'))) {
    npm(source, 'ci');
    npm(source, 'run', 'build');
  }
  rmSync(copy, { recursive: true, force: true });
  npm(root, 'install', '--no-audit', '--no-fund');
}

buildPackage();
const steps = [
  [require.resolve('prisma/build/index.js'), 'generate'],
  [require.resolve('next/dist/bin/next'), 'build'],
];
for (const args of steps) {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', env });
  if (status !== 0) process.exit(status ?? 1);
}
