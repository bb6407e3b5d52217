// Finds the specs that import a package, directly or not: only they need to run with another version of it.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Imports, moduleGraph } from '../module-graph.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Returns the paths of the specs that import the package, relative to the checkout. */
export async function specsOver(name: string): Promise<string[]> {
  const found = await readdir(join(root, 'spec'), { recursive: true })
  const entryPoints = found
    .filter((path) => path.endsWith('.spec.ts'))
    .map((path) => `spec/${path.replaceAll('\\', '/')}`)
  const graph = await moduleGraph(entryPoints)
  return entryPoints.filter((path) => reaches(graph, path, name)).sort()
}

function reaches(graph: ReadonlyMap<string, Imports>, start: string, name: string): boolean {
  const seen = new Set([start])
  for (const path of seen)
    for (const next of graph.get(path) ?? []) {
      if (next.external && next.path === name) return true
      if (!next.external) seen.add(next.path)
    }
  return false
}
