// Finds the specs that import a package, directly or not: only they need to run with another version of it.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Metafile } from 'esbuild'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Returns the paths of the specs that import the package, relative to the checkout. */
export async function specsOver(name: string): Promise<string[]> {
  const found = await readdir(join(root, 'spec'), { recursive: true })
  const entryPoints = found
    .filter((path) => path.endsWith('.spec.ts'))
    .map((path) => `spec/${path.replaceAll('\\', '/')}`)
  const { metafile } = await build({
    entryPoints,
    absWorkingDir: root,
    outdir: 'bundle',
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'error',
  })
  return entryPoints.filter((path) => reaches(metafile, path, name)).sort()
}

function reaches({ inputs }: Metafile, start: string, name: string): boolean {
  const seen = new Set([start])
  for (const path of seen)
    for (const next of inputs[path]?.imports ?? []) {
      if (next.external && next.path === name) return true
      if (!next.external) seen.add(next.path)
    }
  return false
}
