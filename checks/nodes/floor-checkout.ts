// A copy of the checkout in which every import of `axios` resolves to the oldest supported version.
import { cp, mkdir, mkdtemp, readdir, realpath, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const installed = join(root, 'node_modules')
const left = ['node_modules', '.git', 'dist', 'coverage']

export interface Checkout extends AsyncDisposable {
  readonly folder: string
}

export async function floorCheckout(): Promise<Checkout> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'tokenflight-floor-')))
  await cp(root, folder, { recursive: true, filter: (path) => !left.includes(basename(path)) })
  const modules = join(folder, 'node_modules')
  await mkdir(modules)
  for (const name of await readdir(installed)) {
    const target = join(installed, name === 'axios' ? 'axios-floor' : name)
    await symlink(target, join(modules, name), 'junction')
  }
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}
