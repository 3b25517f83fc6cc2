import { describe, expect, it } from 'vitest';
import { commandName } from './command-name.js';

describe('the name under which a command works again', () => {
  it.each([
    ['/usr/local/bin/fairlead', '/work', 'fairlead'],
    ['/clone/dist/main.cjs', '/clone', 'npx fairlead'],
    ['/clone/dist/main.js', '/clone', 'npx fairlead'],
    ['/clone/dist/main.cjs', '/elsewhere', 'node /clone/dist/main.cjs'],
    ['/clone/dist/main.js', '/elsewhere', 'node /clone/dist/main.js'],
    ['/a b/dist/main.js', '/elsewhere', "node '/a b/dist/main.js'"],
    ["/it's/dist/main.js", '/elsewhere', "node '/it'\\''s/dist/main.js'"],
    ['/app/node_modules/.bin/fairlead', '/app', 'npx fairlead'],
    ['/root/.npm/_npx/0a1b/node_modules/.bin/fairlead', '/work', 'npx fairlead'],
    ['/app/node_modules/fairlead/dist/main.js', '/app', 'npx fairlead'],
    ['/app/node_modules/fairlead/dist/main.js', '/app/deep/er', 'npx fairlead'],
    ['/app/node_modules/fairlead/dist/main.js', '/elsewhere', 'node /app/node_modules/fairlead/dist/main.js'],
    ['', '/work', 'fairlead'],
  ])('%s in %s: %s', (script, cwd, name) => expect(commandName(script, cwd)).toBe(name));
});
