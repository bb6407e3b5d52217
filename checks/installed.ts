// The built package in the `node_modules` of a project, where it is found by its name.
import { execFile } from 'node:child_process'
import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))

export async function installBuilt(project: string): Promise<void> {
  const installed = join(project, 'node_modules', 'tokenflight')
  await mkdir(installed, { recursive: true })
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  await execute(process.execPath, [tsc, '-p', join(root, 'lib'), '--outDir', join(installed, 'dist')])
  await cp(join(root, 'package.json'), join(installed, 'package.json'))
}
