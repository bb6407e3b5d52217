import { builtinModules } from 'node:module'

import { defineConfig } from 'eslint/config'
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript'
import { importX } from 'eslint-plugin-import-x'
import tseslint from 'typescript-eslint'

/** The layers, from the top: a layer imports only from those below it. */
const layers = [
  ['index.ts', 'axios.ts', 'catalogue.ts', 'fetch.ts', 'providers.ts', 'testing.ts', 'testing'],
  ['clients'],
  ['request', 'catalogue'],
  ['providers'],
  ['token-endpoint'],
  ['token'],
  ['definitions', 'stores'],
  ['util', 'errors.ts'],
]

const upward = layers.flatMap((layer, depth) =>
  layers.slice(0, depth).flatMap((above) =>
    above.map((from) => ({
      target: layer.map((each) => `./lib/${each}`),
      from: `./lib/${from}`,
      // The type of a transport is an option of managers.
      ...(from === 'token-endpoint' && { except: ['./transport.ts'] }),
    })),
  ),
)

/** A package is imported behind one door; to every other module of `lib/` it is closed. */
const doors = {
  axios: '!(axios|axios-*|attach-bearer|token-on-config)',
  jose: '!(jose)',
  'axios-retry': '!(axios-attempts)',
  'p-queue': '!(renewal-queue)',
}

const closed = Object.entries(doors).map(([name, others]) => ({
  target: `./lib/**/${others}.ts`,
  from: `./node_modules/${name}`,
  message: `Another module is the door to ${name}.`,
}))

/** The engine knows no provider: of definitions it imports types alone. */
const typesOnly = ['definitions', 'token-endpoint', 'providers']

/**
 * A comment begins with a verb or with the name of the thing: "The fields that ...", never "What ...".
 *
 * @type {import('eslint').Rule.RuleModule}
 */
const commentOpening = {
  create: (context) => ({
    Program() {
      for (const comment of context.sourceCode.getAllComments()) {
        if (!/^[\s*]*(What|Who|Whose|Whatever)\b/m.test(comment.value)) continue
        if (comment.loc) context.report({ loc: comment.loc, message: 'Begin with a verb or the name of the thing.' })
      }
    },
  }),
}

const outside = ['spec', 'examples', 'checks'].map((from) => ({ target: './lib', from: `./${from}` }))

export default defineConfig(
  { ignores: ['dist', 'coverage', 'docs/api'] },
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' } },
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    plugins: { 'import-x': importX, tokenflight: { rules: { 'comment-opening': commentOpening } } },
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    settings: {
      ...importX.flatConfigs.typescript.settings,
      'import-x/resolver-next': [createTypeScriptImportResolver({ project: './tsconfig.json' })],
    },
    rules: {
      'tokenflight/comment-opening': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'import-x/no-restricted-paths': ['error', { zones: [...upward, ...closed, ...outside] }],
      'import-x/no-default-export': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      // Errors of others are thrown on unchanged.
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true }],
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
    },
  },
  {
    files: ['lib/**/*.ts'],
    rules: {
      'import-x/no-extraneous-dependencies': ['error', { devDependencies: false }],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration', message: 'Name what is exported.' },
        {
          selector: ':matches(Program, ExportNamedDeclaration) > VariableDeclaration[kind!="const"]',
          message: 'A module keeps no state.',
        },
      ],
    },
  },
  {
    // The library runs in browsers, Bun and Deno; the emulator is Node's.
    files: ['lib/**/*.ts'],
    ignores: ['lib/testing.ts', 'lib/testing/**', 'lib/stores/file.ts', 'lib/stores/process-presence.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-globals': [
        'error',
        'Buffer',
        'process',
        'global',
        'require',
        'module',
        '__dirname',
        '__filename',
        'setImmediate',
        'clearImmediate',
      ],
      '@typescript-eslint/no-restricted-imports': ['error', { paths: builtinModules, patterns: ['node:*'] }],
    },
  },
  {
    // The engine's side of the seam `TokenGrant`.
    files: ['lib/token/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: builtinModules,
          patterns: [
            { group: ['node:*'] },
            {
              group: typesOnly.map((layer) => `**/${layer}/**`),
              allowTypeImports: true,
              message: 'The engine knows no provider: types only.',
            },
          ],
        },
      ],
    },
  },
  {
    // The named type of a preset keeps its hover short.
    files: ['lib/providers/presets/*.ts'],
    rules: { '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }] },
  },
  {
    // chai states claims as properties.
    files: ['spec/**/*.ts'],
    rules: { '@typescript-eslint/no-unused-expressions': 'off' },
  },
  {
    // ESLint and mocha load default exports, and packages declare them.
    files: ['eslint.config.js', 'spec/support/reporter.ts', 'checks/recipes/declared/*.d.ts'],
    rules: { 'import-x/no-default-export': 'off' },
  },
)
