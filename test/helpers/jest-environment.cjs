// Jest runs tests in a vm context with intrinsics of its own; the addon and node:* modules create objects of the
// main realm. Sharing the intrinsics makes `instanceof` and toThrow(TypeError) mean what they say.
const { TestEnvironment } = require('jest-environment-node');

const shared = [
  'Error',
  'TypeError',
  'RangeError',
  'Array',
  'Object',
  'Function',
  'Promise',
  'Map',
  'Set',
  'ArrayBuffer',
  'SharedArrayBuffer',
  'DataView',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
];

module.exports = class extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    for (const name of shared) this.global[name] = globalThis[name];
  }
};
