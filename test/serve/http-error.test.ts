import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ErrorCode, errorTable, KompaktError } from '../../lib/errors.js';
import { httpError } from '../../lib/serve/http-error.js';

test.each<[ErrorCode, number]>([
  ['KPT_DATA_MALFORMED', 400],
  ['KPT_MODEL_UNKNOWN', 404],
  ['KPT_METHOD_NOT_ALLOWED', 405],
  ['KPT_ONNX_MALFORMED', 422],
  ['KPT_DEADLINE', 504],
  ['KPT_INTERNAL', 500],
])('%s is %d', (code, status) => {
  expect(httpError(new KompaktError(code, 'what was wrong'))).toEqual({
    status,
    body: { error: 'what was wrong', code, remedy: errorTable[code].remedy },
  });
});

test('docs/serve.md names every code that an answer may have, with its status', () => {
  const docs = readFileSync(join(__dirname, '../../docs/serve.md'), 'utf8');
  const documented = new Map(
    [...docs.matchAll(/^\| (\d{3}) +\| (.+)$/gm)].map(([, status, codes]) => [Number(status), codes!]),
  );
  const codes = Object.keys(errorTable) as ErrorCode[];
  const missing = codes.filter((code) => {
    const { status } = httpError(new KompaktError(code, ''));
    // Told together: what files cannot be loaded by, what is nobody's answer, and the server's own mistakes.
    return ![422, 499, 500].includes(status) && !documented.get(status)?.includes(code);
  });
  expect(missing).toEqual([]);
});

test('what is no error of kompakt is told as one of the client or of the server', () => {
  expect(httpError({ statusCode: 413, message: 'large' })).toMatchObject({
    status: 413,
    body: { code: 'KPT_BODY_TOO_LARGE' },
  });
  expect(httpError({ statusCode: 411, message: 'no length' })).toMatchObject({
    status: 400,
    body: { code: 'KPT_REQUEST_MALFORMED' },
  });
  expect(httpError(new TypeError('a mistake'))).toMatchObject({
    status: 500,
    body: { code: 'KPT_INTERNAL', error: 'a mistake' },
  });
});
