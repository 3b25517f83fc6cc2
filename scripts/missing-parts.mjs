/**
 * Prints the Debian packages that the tests of this tree need and this machine lacks, on one line. Runs before
 * `npm ci`, so it needs nothing but Node.
 *
 * @module
 */
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ROOT } from './command.mjs';

const parts = JSON.parse(readFileSync(join(ROOT, 'test/parts.json'), 'utf8'));

/** Parts named in `requirePart('x')` anywhere, and those that scripts use without asking. */
function neededParts() {
  const needed = new Set(Object.keys(parts).filter((name) => parts[name].always));
  for (const folder of ['src', 'test', 'bench', 'examples']) {
    if (!existsSync(join(ROOT, folder))) continue;
    for (const file of readdirSync(join(ROOT, folder), { recursive: true })) {
      if (!/\.m?ts$|\.mjs$/.test(file)) continue;
      const source = readFileSync(join(ROOT, folder, file), 'utf8');
      for (const [, name] of source.matchAll(/requirePart\('([a-z-]+)'/g)) needed.add(name);
    }
  }
  return [...needed];
}

function isInstalled({ binary, folders = [] }) {
  const places = process.env.PATH.split(delimiter);
  for (const pattern of folders) {
    const [before, after] = pattern.split('*');
    if (existsSync(before)) places.push(...readdirSync(before).map((name) => `${before}${name}${after}`));
  }
  return places.some((place) => {
    try {
      accessSync(join(place, binary), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const missing = neededParts().filter((name) => parts[name]?.debian && !isInstalled(parts[name]));
console.log(missing.map((name) => parts[name].debian).join(' '));
