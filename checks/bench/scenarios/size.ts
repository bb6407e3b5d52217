// (f) Bytes in a bundle, load time, and packages on disk.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { load } from '../contender.ts'
import { installed } from '../packages.ts'
import { goal, type Goal, type Section } from '../report.ts'
import { interleave, median, spread } from '../stats.ts'

interface Output {
  readonly inputs: Readonly<Record<string, unknown>>
  readonly imports: readonly { readonly path: string; readonly kind: string }[]
}

interface Built {
  readonly outputFiles: readonly { readonly path: string; readonly contents: Uint8Array }[]
  readonly metafile: { readonly outputs: Readonly<Record<string, Output>> }
}

interface Esbuild {
  readonly build: (options: object) => Promise<Built>
}

interface Entry {
  readonly name: string
  /** The smallest useful import. */
  readonly code: string
  /** The module whose import is timed. */
  readonly load: string
  /** The package whose installation is measured. */
  readonly owner: string
  readonly platform?: 'node'
  /** The size budget of the bundle in bytes, with p-queue and without jose. */
  readonly limit?: number
}

function ours(entry: string, what: string, more: Partial<Entry> = {}): Entry {
  const name = `tokenflight${entry}`
  return { name, code: `export { ${what} } from '${name}'`, load: name, owner: 'tokenflight', ...more }
}

function peer(name: string, what: string, platform?: 'node'): Entry {
  return { name, code: `export { ${what} } from '${name}'`, load: name, owner: name, ...(platform && { platform }) }
}

const LIMIT = 12_000

/** So many processes import each module, and so many those that are compared. */
const STARTS = { each: 11, compared: 40 }

/** The import of `tokenflight/fetch` takes at most so many times that of the peer. */
const LOAD_LIMIT = { name: 'tokenflight/fetch', peer: '@badgateway/oauth2-client', limit: 2 }

const ENTRIES: readonly Entry[] = [
  ours('', 'createTokenManager'),
  ours('/axios', 'attachBearer', { limit: LIMIT }),
  ours('/fetch', 'wrapFetch', { limit: LIMIT }),
  ours('/providers', 'oauth2'),
  ours('/stores/memory', 'memoryStore'),
  ours('/testing', 'startEmulator', { platform: 'node' }),
  {
    ...ours('/fetch', ''),
    name: 'tokenflight/fetch + oauth2',
    code: "export { wrapFetch } from 'tokenflight/fetch'\nexport { oauth2 } from 'tokenflight/providers'",
  },
  peer('axios-auth-refresh', 'createAuthRefresh'),
  peer('axios-jwt', 'applyAuthTokenInterceptor'),
  peer('axios-token-interceptor', 'default'),
  peer('@badgateway/oauth2-client', 'OAuth2Client, OAuth2Fetch'),
  peer('@azure/core-rest-pipeline', 'createEmptyPipeline, createPipelineRequest, bearerTokenAuthenticationPolicy'),
  peer('google-auth-library', 'OAuth2Client', 'node'),
  peer('refresh-fetch', 'configureRefreshFetch'),
  peer('ky', 'default'),
  { ...peer('axios', 'default'), name: 'axios, for scale', code: '' },
]

export interface Size {
  readonly name: string
  readonly min: number
  readonly gzip: number
  readonly jose: boolean
  readonly queue: boolean
  readonly loads: readonly number[]
  readonly packages: number
  readonly bytes: number
}

const here = fileURLToPath(new URL('../../', import.meta.url))

export async function size(quick: boolean): Promise<readonly Size[]> {
  const { build } = await load<Esbuild>('esbuild')
  const isCompared = ({ name }: Entry): boolean => name === LOAD_LIMIT.name || name === LOAD_LIMIT.peer
  const measure = (entry: Entry): Promise<number> => Promise.resolve(loadTime(entry))
  const compared = await interleave(ENTRIES.filter(isCompared), quick ? 3 : STARTS.compared, measure)
  const others = await interleave(
    ENTRIES.filter((entry) => !isCompared(entry)),
    quick ? 3 : STARTS.each,
    measure,
  )
  const sizes: Size[] = []
  for (const entry of ENTRIES) {
    const { packages, bytes } = installed(entry.owner, here)
    sizes.push({
      name: entry.name,
      ...(await bundled(build, entry)),
      loads: isCompared(entry) ? compared(entry.name) : others(entry.name),
      packages,
      bytes,
    })
  }
  return sizes
}

/** Measures the scripts loaded at once; dynamic imports are in scripts of their own. */
async function bundled(
  build: Esbuild['build'],
  { name, code, platform }: Entry,
): Promise<Pick<Size, 'min' | 'gzip' | 'jose' | 'queue'>> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: code || "export { default } from 'axios'", resolveDir: here, sourcefile: `${name}.js` },
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    outdir: here,
    absWorkingDir: here,
    platform: platform ?? 'browser',
    target: 'es2022',
    external: code ? ['axios'] : [],
    tsconfigRaw: {},
    logLevel: 'error',
  })
  const atOnce = new Set(['stdin.js'])
  for (const path of atOnce)
    for (const each of metafile.outputs[path]?.imports ?? [])
      if (each.kind === 'import-statement' && each.path in metafile.outputs) atOnce.add(each.path)
  const files = outputFiles.filter(({ path }) => [...atOnce].some((each) => path.endsWith(`/${each}`)))
  const inputs = [...atOnce].flatMap((path) => Object.keys(metafile.outputs[path]?.inputs ?? {}))
  const holds = (dependency: string): boolean => inputs.some((path) => path.includes(`/node_modules/${dependency}/`))
  return {
    min: files.reduce((sum, { contents }) => sum + contents.length, 0),
    gzip: files.reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0),
    jose: holds('jose'),
    queue: holds('p-queue'),
  }
}

/** Returns the milliseconds of the import, in a process of its own. */
function loadTime({ load: name }: Entry): number {
  const script = `const t = performance.now(); await import('${name}'); console.log(performance.now() - t)`
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: here }))
}

export function sizeSection(sizes: readonly Size[]): Section {
  return {
    id: 'f',
    title: 'Size: the smallest useful import of each, axios left out; cold import, axios included; what is installed',
    tables: [
      {
        title: 'Bytes of the bundle, minified; milliseconds; packages and bytes on disk, without axios',
        columns: ['', 'min', 'min + gzip', 'import ms', 'packages', 'bytes on disk'],
        rows: sizes.map(({ name, min, gzip, loads, packages, bytes }) => [
          name,
          min,
          gzip,
          spread(loads),
          packages,
          bytes,
        ]),
      },
    ],
    goals: [...ENTRIES.flatMap((entry) => goalsOf(entry, sizes)), loadGoal(sizes)],
  }
}

function goalsOf({ name, limit }: Entry, sizes: readonly Size[]): readonly Goal[] {
  const found = sizes.find((each) => each.name === name)
  if (limit === undefined || !found) return []
  return [
    goal(`${name}: bytes, min + gzip, p-queue ${found.queue ? 'included' : 'MISSING'}`, found.gzip, limit),
    goal(`${name}: modules of jose loaded at once`, Number(found.jose), 0),
  ]
}

function loadGoal(sizes: readonly Size[]): Goal {
  const { name, peer, limit } = LOAD_LIMIT
  const timeOf = (of: string): number => median(sizes.find((each) => each.name === of)?.loads ?? [])
  return goal(`${name}: import, by that of ${peer}`, timeOf(name) / timeOf(peer), limit)
}
