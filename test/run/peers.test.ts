// Packages that users install themselves are found where the user is and where kompakt is, in this order.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPeer } from '../../lib/run/peers.js';
import { folder } from '../helpers/data-files.js';

const home = (name: string): string => join(folder, 'peers', name);

/** A folder with the package `made-up`, whose main file has `code`. */
function withPackage(name: string, code: string): string {
  const at = join(home(name), 'node_modules/made-up');
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, 'index.js'), code);
  return home(name);
}

test('the first folder that has the package gives it', () => {
  const [one, two] = ['one', 'two'].map((name) => withPackage(name, `module.exports = '${name}';`));
  expect(loadPeer('made-up', 'why', [one!, two!]).module).toBe('one');
  expect(loadPeer('made-up', 'why', [home('nothing'), two!]).module).toBe('two');
});

test('a project finds its own, whatever kompakt has', () => {
  const project = withPackage('project', "module.exports = 'own';");
  const before = process.cwd();
  process.chdir(project);
  try {
    expect(loadPeer('made-up', 'why').module).toBe('own');
  } finally {
    process.chdir(before);
  }
});

test('where nobody has it, the error says why it is needed, and what broke where it is', () => {
  const missing = {
    code: 'KPT_PEER_MISSING',
    message: 'needed for pictures',
    details: { package: 'made-up' },
  };
  expect(() => loadPeer('made-up', 'needed for pictures', [home('nothing')])).toThrow(
    expect.objectContaining(missing),
  );
  const broken = withPackage('broken', "throw new Error('no binary for this CPU');");
  expect(() => loadPeer('made-up', 'needed for pictures', [broken, home('nothing')])).toThrow(
    expect.objectContaining({
      ...missing,
      cause: expect.objectContaining({ message: 'no binary for this CPU' }),
    }),
  );
});
