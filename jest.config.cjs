// Tests import TypeScript from lib/ directly (transformed by swc to CommonJS) and load the real addon.
// Plans that an earlier state of lib/ has made do not tell themselves from those of this one; also in processes of tests.
process.env.KOMPAKT_PLAN_CACHE = '';

module.exports = {
  testEnvironment: '<rootDir>/test/helpers/jest-environment.cjs',
  roots: ['<rootDir>/test'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/types/'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testTimeout: 60000,
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
};
