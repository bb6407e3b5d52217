import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript'
import { importX } from 'eslint-plugin-import-x'
import tseslint from 'typescript-eslint'

/** From the top of the house to its ground: a layer imports what stands below it. */
const layers = [
  ['index.ts', 'axios.ts', 'fetch.ts', 'providers.ts', 'testing.ts', 'testing'],
  ['bindings'],
  ['request'],
  ['token'],
  ['endpoint'],
  ['providers', 'stores'],
  ['errors.ts', 'clock.ts', 'defined.ts'],
]

const upward = layers.flatMap((layer, depth) =>
  layers.slice(0, depth).flatMap((above) =>
    above.map((from) => ({ target: layer.map((each) => `./lib/${each}`), from: `./lib/${from}` })),
  ),
)

export default tseslint.config(
  { ignores: ['dist', 'coverage', '**/*.cjs'] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    plugins: { 'import-x': importX },
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver({ project: './tsconfig.json' })] },
    rules: {
      'import-x/no-cycle': 'error',
      'import-x/no-restricted-paths': ['error', { zones: upward }],
      'import-x/no-default-export': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      // What others threw is passed on as it is.
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true }],
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
    },
  },
  {
    files: ['lib/**/*.ts'],
    ignores: ['lib/testing.ts', 'lib/testing/**'],
    rules: {
      'no-restricted-globals': ['error', 'Buffer', 'process', 'require', '__dirname'],
      'no-restricted-imports': ['error', { patterns: ['node:*'] }],
      'no-console': 'error',
    },
  },
  {
    // chai states claims as properties.
    files: ['spec/**/*.ts'],
    rules: { '@typescript-eslint/no-unused-expressions': 'off' },
  },
  { files: ['eslint.config.js'], rules: { 'import-x/no-default-export': 'off' } },
)
