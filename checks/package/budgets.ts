// Size budgets: the smallest useful import of each entry point, in bytes, minified and gzipped.
export interface Budget {
  readonly entry: string
  /** The file in `lib/` behind the entry point. */
  readonly file: string
  readonly names: readonly string[]
  readonly platform: 'browser' | 'node'
  readonly bytes: number
}

export const BUDGETS: readonly Budget[] = [
  { entry: 'tokenflight', file: 'index.ts', names: ['createTokenManager'], platform: 'browser', bytes: 25_200 },
  { entry: 'tokenflight/axios', file: 'axios.ts', names: ['attachBearer'], platform: 'browser', bytes: 36_500 },
  { entry: 'tokenflight/catalogue', file: 'catalogue.ts', names: ['hubspot'], platform: 'browser', bytes: 21_300 },
  { entry: 'tokenflight/fetch', file: 'fetch.ts', names: ['wrapFetch'], platform: 'browser', bytes: 34_000 },
  { entry: 'tokenflight/providers', file: 'providers.ts', names: ['telstra'], platform: 'browser', bytes: 19_800 },
  {
    entry: 'tokenflight/stores/file',
    file: 'stores/file.ts',
    names: ['fileStore'],
    platform: 'node',
    bytes: 2_100,
  },
  {
    entry: 'tokenflight/stores/memory',
    file: 'stores/memory.ts',
    names: ['memoryStore'],
    platform: 'browser',
    bytes: 260,
  },
  {
    entry: 'tokenflight/stores/redis',
    file: 'stores/redis.ts',
    names: ['redisStore'],
    platform: 'browser',
    bytes: 1_100,
  },
  {
    entry: 'tokenflight/stores/seal',
    file: 'stores/seal.ts',
    names: ['sealWith'],
    platform: 'browser',
    bytes: 1_300,
  },
  {
    entry: 'tokenflight/stores/sql',
    file: 'stores/sql.ts',
    names: ['sqlStore'],
    platform: 'browser',
    bytes: 1_200,
  },
  {
    entry: 'tokenflight/stores/web',
    file: 'stores/web.ts',
    names: ['webStore'],
    platform: 'browser',
    bytes: 1_600,
  },
  {
    entry: 'tokenflight/testing',
    file: 'testing.ts',
    names: ['startEmulator', 'telstraEmulator'],
    platform: 'node',
    bytes: 25_100,
  },
]
