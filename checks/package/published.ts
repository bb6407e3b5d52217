// The package as it is published: esbuild bundles the entry points of package.json, tsc writes the declarations of each module.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild'
import { withPureConstants } from './pure-constants.ts'

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>
}

const execute = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))

/** The modules that this entry point shares with others are one chunk. */
const MAIN = 'lib/fetch.ts'

/** The module in place of them during the build. */
const CORE = join(root, 'core.js')

const OPTIONS = {
  absWorkingDir: root,
  outbase: 'lib',
  bundle: true,
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  packages: 'external',
  external: ['node:*'],
  logLevel: 'warning',
  // The paths of tsconfig.json are for specs.
  tsconfigRaw: {},
  write: false,
} as const satisfies BuildOptions

/** Builds the package into a folder: scripts, their source maps, declarations. */
export async function buildPackage(folder: string): Promise<void> {
  const outdir = resolve(folder)
  await rm(outdir, { recursive: true, force: true })
  await Promise.all([writeScripts(outdir), writeDeclarations(outdir)])
}

/** Writes a script for each entry point, chunks of what several share, and source maps. */
export async function writeScripts(outdir: string): Promise<void> {
  const options = { ...OPTIONS, entryPoints: entryModules(), outdir, splitting: true }
  const { metafile } = await build({ ...options, metafile: true })
  const plugins = [await inOneChunk(sharedModules(metafile), metafile)]
  const { outputFiles } = await build({
    ...options,
    chunkNames: 'chunks/[name]-[hash]',
    sourcemap: true,
    plugins,
  })
  for (const { path, text } of outputFiles) {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, path.endsWith('.js') ? withPureConstants(text) : text)
  }
}

/** The modules behind the entry points of package.json, as paths in the checkout; `*` stands for any name. */
function entryModules(): string[] {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest
  const scripts = Object.values(exports).flatMap((each) => (typeof each === 'string' ? [] : [each.default]))
  return scripts.map((path) => path.replace(/^\.\/dist\/(.*)\.js$/, 'lib/$1.ts'))
}

/** The modules that MAIN and another entry point import. */
function sharedModules({ inputs, outputs }: Metafile): Set<string> {
  const importedBy = (entry: string): Set<string> => {
    const found = new Set([entry])
    for (const path of found)
      for (const { path: next, kind } of inputs[path]?.imports ?? [])
        if (kind === 'import-statement' && next in inputs) found.add(next)
    return found
  }
  const entries = Object.values(outputs).flatMap(({ entryPoint }) => entryPoint ?? [])
  const others = new Set(entries.filter((entry) => entry !== MAIN).flatMap((entry) => [...importedBy(entry)]))
  return new Set([...importedBy(MAIN)].filter((path) => others.has(path)))
}

/**
 * Makes one chunk of these modules. esbuild makes one for each set of entry points that share modules, ten for `tokenflight/fetch`, and
 * Node takes longer to find ten files than to compile what is in them. So the modules are bundled beforehand, and that bundle stands in their
 * place; no two of them may export the same name.
 */
async function inOneChunk(modules: ReadonlySet<string>, { outputs }: Metafile): Promise<Plugin> {
  const contents = [...modules].map((path) => `export * from './${path}'`).join('\n')
  const stdin = { contents, resolveDir: root }
  const { outputFiles } = await build({ ...OPTIONS, stdin, outfile: CORE, sourcemap: 'inline', plugins: [LATER] })
  const isShared = (path: string): boolean => modules.has(posixPath(path))
  const exported = new Map(
    Object.values(outputs).map(({ entryPoint = '', exports }) => [join(root, entryPoint), exports.join(', ')]),
  )
  return {
    name: 'one chunk',
    setup(bundling) {
      bundling.onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) =>
        kind === 'import-statement' && isShared(join(resolveDir, path))
          ? { path: CORE, sideEffects: false }
          : undefined,
      )
      bundling.onLoad({ filter: /\.[jt]s$/ }, ({ path }) => {
        if (path === CORE) return { contents: outputFiles[0]?.text ?? '' }
        // An entry point that others import, e.g. stores/memory.ts.
        if (!isShared(path)) return undefined
        const contents = `export { ${exported.get(path) ?? ''} } from './${basename(path)}'`
        return { contents, resolveDir: dirname(path) }
      })
    },
  }
}

/** Leaves modules that are loaded later out of a bundle; their paths are relative to the checkout. */
const LATER: Plugin = {
  name: 'later',
  setup(bundling) {
    bundling.onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) =>
      kind === 'dynamic-import' ? { path: `./${posixPath(join(resolveDir, path))}`, external: true } : undefined,
    )
  },
}

/** A path in the checkout, as esbuild writes it. */
function posixPath(path: string): string {
  return relative(root, path).replaceAll('\\', '/')
}

/** Writes the declarations. `npm run types` checks the types. */
async function writeDeclarations(outdir: string): Promise<void> {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  await execute(process.execPath, [tsc, '-p', join(root, 'lib'), '--noCheck', '--outDir', outdir])
}
