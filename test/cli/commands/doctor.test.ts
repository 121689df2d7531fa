import { kompakt } from '../../helpers/kompakt.js';

afterEach(() => {
  delete process.env.KOMPAKT_FORCE_TIER;
});

test('a tier that the environment names and the CPU has not is passed over, and that is said', async () => {
  process.env.KOMPAKT_FORCE_TIER = 'sse9';
  const { out } = await kompakt('doctor', '--json');
  const { advice } = JSON.parse(out) as { advice: string[] };
  expect(advice[0]).toMatch(
    /^KOMPAKT_FORCE_TIER=sse9 names no tier that this CPU has \(scalar.*\) and is passed over/,
  );
});
