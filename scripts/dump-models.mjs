// node --import ./scripts/typescript.mjs scripts/dump-models.mjs FOLDER: see test/helpers/dump-models.ts. Prints the paths
// as JSON.
import { mkdirSync } from 'node:fs';
import { dumpModels } from '../test/helpers/dump-models.ts';

const folder = process.argv[2];
mkdirSync(folder, { recursive: true });
console.log(JSON.stringify((await dumpModels(folder)).map(({ path }) => path)));
