import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { type Imports, moduleGraph } from '../checks/module-graph.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const FOLDERS = ['lib', 'spec', 'examples', 'checks']

/** The modules of the checkout, and what each imports. */
async function modules(): Promise<ReadonlyMap<string, Imports>> {
  const found = await Promise.all(
    FOLDERS.map(async (folder) => {
      const paths = await readdir(`${root}${folder}`, { recursive: true })
      const scripts = paths.filter((path) => /(?<!\.d)\.m?ts$/.test(path) && !path.includes('node_modules'))
      return scripts.map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
    }),
  )
  return moduleGraph(found.flat())
}

/** The modules from one back to itself, by their imports; undefined where there is no such cycle. */
function cycleOf(start: string, graph: ReadonlyMap<string, Imports>): string[] | undefined {
  const importers = new Map<string, string>()
  const reached = new Set([start])
  for (const path of reached)
    for (const { path: next, external } of graph.get(path) ?? []) {
      if (external) continue
      if (next === start) return pathTo(path, importers)
      if (!reached.has(next)) importers.set(next, path)
      reached.add(next)
    }
  return undefined
}

function pathTo(path: string, importers: ReadonlyMap<string, string>): string[] {
  const importer = importers.get(path)
  return [...(importer === undefined ? [] : pathTo(importer, importers)), path]
}

describe('The modules of the checkout', () => {
  it('import themselves neither directly nor through others', async () => {
    const graph = await modules()
    const paths = [...graph.keys()]
    for (const folder of FOLDERS)
      expect(
        paths.some((path) => path.startsWith(`${folder}/`)),
        folder,
      ).to.equal(true)
    expect(paths.flatMap((path) => cycleOf(path, graph) ?? [])).to.deep.equal([])
  })
})

describe('cycleOf', () => {
  it('lists the modules from one to itself', () => {
    const imports = (path: string): Imports => [{ path, kind: 'import-statement' }]
    const graph = new Map([
      ['a', imports('b')],
      ['b', imports('c')],
      ['c', imports('b')],
    ])
    expect(cycleOf('a', graph)).to.equal(undefined)
    expect(cycleOf('b', graph)).to.deep.equal(['b', 'c'])
  })
})
