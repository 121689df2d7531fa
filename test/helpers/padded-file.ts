// A file that says the same as another one in more bytes.
import type { Model } from '../../lib/model/model.js';

/** The file of a model with a field behind it that no reader of ONNX knows: 1004 bytes. */
export const paddedFile = (model: Model): Uint8Array =>
  Buffer.concat([model.toBytes(), Uint8Array.of(0xba, 0x3e, 0xe8, 0x07), new Uint8Array(1000)]);
