// Packs what would be published: the main package, and one package for each platform whose library is here.
// `node scripts/pack.mjs FOLDER` prints the names of the tarballs in it, the main one first.
//
// The targets are listed in package.json. Only the library of this machine's platform is built here; a release copies
// those of the others beside it first, each made by `npm run build -- --target TRIPLE` where that platform is.
//
// A library that was built for the tests (`npm run build:quick`), which can be made to fail, is refused; only a test of
// this script itself says `--with-drills`.

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('..', import.meta.url));
const args = process.argv.slice(2);
const takesDrills = args.includes('--with-drills');
const target = resolve(args.find((arg) => !arg.startsWith('--')) ?? '.');
// Inside of this folder, because napi writes nowhere else.
const stage = mkdtempSync(join(source, 'pack-'));
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));
const write = (path, value) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
const run = (command, args, cwd) => execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

/** What only a library with fault injection has in it; see `src/drill.rs`. */
const DRILL = 'dumpsert was built with fault injection';
const LICENSES = ['LICENSE-APACHE', 'LICENSE-MIT'];

function pack(folder) {
  for (const file of LICENSES) cpSync(join(source, '..', file), join(folder, file));
  return run('npm', ['pack', '--silent', '--pack-destination', target], folder).trim();
}

try {
  mkdirSync(target, { recursive: true });
  const main = join(stage, 'main');
  const platforms = join(stage, 'platforms');
  run(join(source, 'node_modules/.bin/napi'), ['create-npm-dirs', '--npm-dir', platforms], source);

  const tarballs = [];
  const optionalDependencies = {};
  for (const platform of readdirSync(platforms)) {
    const folder = join(platforms, platform);
    const library = `dumpsert.${platform}.node`;
    if (!existsSync(join(source, library))) continue;
    if (!takesDrills && readFileSync(join(source, library)).includes(DRILL)) {
      throw new Error(`${library} was built for the tests, with fault injection: npm run build`);
    }
    cpSync(join(source, library), join(folder, library));
    const manifest = read(join(folder, 'package.json'));
    const { name, version } = manifest;
    write(join(folder, 'package.json'), { ...manifest, files: [...manifest.files, ...LICENSES] });
    optionalDependencies[name] = version;
    tarballs.push(pack(folder));
  }
  if (tarballs.length === 0) throw new Error('no library is built: npm run build');

  const { devDependencies, scripts, napi, files, ...manifest } = read(join(source, 'package.json'));
  mkdirSync(main);
  for (const file of ['bin', 'lib', 'index.js', 'index.mjs', 'index.d.ts', 'index.d.mts', 'native.js', 'README.md']) {
    cpSync(join(source, file), join(main, file), { recursive: true });
  }
  write(join(main, 'package.json'), { ...manifest, optionalDependencies });
  console.log([pack(main), ...tarballs].join('\n'));
} finally {
  rmSync(stage, { recursive: true, force: true });
}
