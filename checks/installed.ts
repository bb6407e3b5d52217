// The built package in the `node_modules` of a project, where it is found by its name.
import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildPackage } from './package/published.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

export async function installBuilt(project: string): Promise<void> {
  const installed = join(project, 'node_modules', 'tokenflight')
  await mkdir(installed, { recursive: true })
  await buildPackage(join(installed, 'dist'))
  await cp(join(root, 'package.json'), join(installed, 'package.json'))
}
