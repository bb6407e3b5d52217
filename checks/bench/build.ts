// Builds the package as for the registry; the bench imports it by name. The bench's own modules are bundled: the measuring processes
// contain no TypeScript loader.
import { copyFileSync, mkdirSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildPackage } from '../package/published.ts'

interface Esbuild {
  readonly build: (options: object) => Promise<unknown>
}

const here = new URL('.', import.meta.url)
const root = new URL('../..', here)
const shipped = new URL('node_modules/tokenflight/', here)
const ESBUILD = 'esbuild'

export const BUILT = new URL('node_modules/.bench/', here)

/** Published files beside dist/. */
const SHIPPED = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md']

/** Like `npm run build`, into the bench's node_modules. */
export async function buildLibrary(): Promise<void> {
  rmSync(shipped, { recursive: true, force: true })
  mkdirSync(shipped, { recursive: true })
  for (const file of SHIPPED) copyFileSync(new URL(file, root), new URL(file, shipped))
  await buildPackage(fileURLToPath(new URL('dist', shipped)))
}

export async function buildBench(): Promise<void> {
  const { build } = (await import(ESBUILD)) as Esbuild
  await build({
    entryPoints: ['worker', 'server'].map((name) => fileURLToPath(new URL(`${name}.ts`, here))),
    outdir: fileURLToPath(BUILT),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    tsconfigRaw: {},
  })
}
