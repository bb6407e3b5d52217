// Measures an installed package with its dependencies.
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
}

export interface Installed {
  readonly packages: number
  readonly bytes: number
}

export function installed(name: string, from: string): Installed {
  const folders = new Set<string>()
  follow(name, from, folders)
  return { packages: folders.size, bytes: [...folders].reduce((sum, folder) => sum + bytesIn(folder), 0) }
}

function follow(name: string, from: string, folders: Set<string>): void {
  const folder = find(name, from)
  if (folders.has(folder)) return
  folders.add(folder)
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
  for (const each of Object.keys(dependencies)) follow(each, folder, folders)
}

function find(name: string, from: string): string {
  const folder = join(from, 'node_modules', name)
  if (existsSync(folder)) return realpathSync(folder)
  if (dirname(from) === from) throw new Error(`${name} is not installed`)
  return find(name, dirname(from))
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules')
    .reduce((sum, each) => {
      const path = join(folder, each.name)
      return sum + (each.isDirectory() ? bytesIn(path) : each.isFile() ? statSync(path).size : 0)
    }, 0)
}
