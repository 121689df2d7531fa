// How large a model is as a file: one definition for all reports.
import { deflateSync } from 'node:zlib';
import type { Model } from './model.js';

export interface StoredBytes {
  /** Bytes of the file: of the one that the model was loaded from, or of the one that kompakt writes of a model that was made,
   *  changed, or loaded with data in files of its own. */
  readonly file: number;
  /** Bytes of the file that kompakt writes, compressed with deflate: zeros take room in the one and hardly any in the other. */
  readonly deflated: number;
}

export const fileBytesOf = (model: Model): number => model.fileBytes ?? model.toBytes().length;

/** `written`: the file that kompakt writes of the model, where that is known. */
export const storedBytesOf = (model: Model, written = model.toBytes()): StoredBytes => ({
  file: model.fileBytes ?? written.length,
  deflated: deflateSync(written).length,
});
