// Builds the C++ tests with CMake and runs them. Options: --sanitize address,undefined | thread.
import { parseArgs } from 'node:util';
import { buildTests, ctest, requireTools } from './cmake-tests.mjs';

const { values } = parseArgs({ options: { sanitize: { type: 'string', default: '' } } });
requireTools({ cmake: 'cmake', ninja: 'ninja-build', 'c++': 'g++' });
const name = values.sanitize ? `native-tests-${values.sanitize.replaceAll(',', '-')}` : 'native-tests';
const folder = buildTests(name, [`-DKOMPAKT_SANITIZE=${values.sanitize}`]);
ctest(folder, { UBSAN_OPTIONS: 'print_stacktrace=1' });
