// Bundles an application as a bundler would: minified, split at dynamic imports, without axios and jose.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, type Metafile, type OutputFile } from 'esbuild'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The scripts of an application that are loaded together. */
export interface Part {
  readonly scripts: readonly OutputFile[]
  /** Minified bytes of each module, by its path in the checkout. */
  readonly modules: ReadonlyMap<string, number>
  /** Packages that are not bundled and imported statically. */
  readonly outside: ReadonlySet<string>
}

export interface Bundle {
  readonly first: Part
  readonly later: Part
}

/** Bundles an application with the text `source`, which imports from `./lib/`, or from `folder`. */
export async function bundle(source: string, platform: 'browser' | 'node' = 'browser', folder = root): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: source, resolveDir: folder, sourcefile: 'application.ts', loader: 'ts' },
    absWorkingDir: root,
    nodePaths: [join(root, 'node_modules')],
    outdir: 'bundle',
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: 'es2022',
    platform,
    external: ['axios', 'jose'],
    logLevel: 'error',
  })
  const names = Object.keys(metafile.outputs)
  const first = startedWith(metafile, names)
  const script = (name: string): OutputFile => outputFiles[names.indexOf(name)] ?? fail(name)
  const part = (chosen: readonly string[]): Part => ({
    scripts: chosen.map(script),
    modules: new Map(chosen.flatMap((name) => modulesOf(metafile, name))),
    outside: new Set(chosen.flatMap((name) => importsOf(metafile, name, true))),
  })
  return { first: part([...first]), later: part(names.filter((name) => !first.has(name))) }
}

/** Bytes on the wire: each script is gzipped separately, as by a server. */
export function gzipped({ scripts }: Part): number {
  return scripts.reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0)
}

/** Bytes to parse. */
export function minified({ scripts }: Part): number {
  return scripts.reduce((sum, { contents }) => sum + contents.length, 0)
}

function startedWith(metafile: Metafile, names: readonly string[]): Set<string> {
  const found = new Set(names.filter((name) => metafile.outputs[name]?.entryPoint === 'application.ts'))
  for (const name of found) for (const next of importsOf(metafile, name, false)) found.add(next)
  return found
}

function importsOf(metafile: Metafile, name: string, outside: boolean): string[] {
  const imports = metafile.outputs[name]?.imports ?? []
  return imports
    .filter(({ kind, external }) => kind === 'import-statement' && (external ?? false) === outside)
    .map(({ path }) => path)
}

function modulesOf(metafile: Metafile, name: string): [string, number][] {
  const inputs = Object.entries(metafile.outputs[name]?.inputs ?? {})
  return inputs.map(([path, { bytesInOutput }]) => [path, bytesInOutput])
}

function fail(name: string): never {
  throw new Error(`esbuild lists ${name} without its text`)
}
