import { isKompaktError } from '../../lib/index.js';
import { loadLate } from '../../lib/run/late-code.js';

test('a file that a bundler has left behind is named, with what to do', () => {
  const load = (): unknown => loadLate('models-of-nobody.cjs');
  expect(load).toThrow(/dist.models-of-nobody\.cjs: bundlers must leave kompakt out/);
  try {
    load();
  } catch (error) {
    expect(isKompaktError(error) && error.code).toBe('KPT_ADDON_MISSING');
  }
});
