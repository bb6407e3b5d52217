// The modules of the checkout and what they import, as esbuild resolves it.
import { fileURLToPath } from 'node:url'
import { build, type Metafile } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

export type Imports = Metafile['inputs'][string]['imports']

/** Returns the imports of each of the modules, and of each that they reach; paths are relative to the checkout. Imports of types alone are left out. */
export async function moduleGraph(paths: readonly string[]): Promise<ReadonlyMap<string, Imports>> {
  const { metafile } = await build({
    stdin: { contents: paths.map((path) => `import './${path}'`).join('\n'), resolveDir: root },
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'error',
  })
  return new Map(Object.entries(metafile.inputs).map(([path, { imports }]) => [path, imports]))
}
