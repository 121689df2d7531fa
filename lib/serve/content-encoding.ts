// Bodies of requests that were compressed on their way.
import { promisify } from 'node:util';
import { unzip } from 'node:zlib';
import { expected, KompaktError } from '../errors.js';
import { malformed } from './protocol-data.js';

const decompress = promisify(unzip);

/** The body as it was before. Throws KPT_ENCODING_UNKNOWN, KPT_BODY_TOO_LARGE for more than `limit` bytes, KPT_REQUEST_MALFORMED. */
export async function decoded(
  body: Uint8Array,
  encoding: string | undefined,
  limit: number,
): Promise<Uint8Array> {
  const name = encoding?.trim().toLowerCase() ?? 'identity';
  if (name === 'identity') return body;
  if (name !== 'gzip' && name !== 'deflate')
    throw new KompaktError('KPT_ENCODING_UNKNOWN', expected('gzip or deflate', 'Content-Encoding', encoding));
  try {
    // It tells both by their first bytes, and stops at the limit.
    return await decompress(body, { maxOutputLength: limit });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE')
      throw new KompaktError(
        'KPT_BODY_TOO_LARGE',
        `The body has more than ${limit} bytes.`,
        { limit },
        error,
      );
    throw malformed(`The body is not what Content-Encoding ${name} says: ${message}.`, error);
  }
}
