// `npm run check -- NAME [args]`: installs the check's own manifest, if it has one, and runs it. Without a name: lists the checks.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { CHECKS, type Check } from './checks.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const below = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Runs a command in the checkout; returns its exit code. */
function execute(command: string, args: readonly string[], shell = false): number {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell })
  if (error) throw error
  return status ?? 1
}

function run({ script, manifest, args: own = [] }: Check, args: readonly string[]): number {
  if (manifest !== undefined) {
    const install = ['install', '--prefix', `checks/${manifest}`, '--no-audit', '--no-fund']
    const code = execute('npm', install, process.platform === 'win32')
    if (code !== 0) return code
  }
  return execute(process.execPath, ['--import', 'tsx', below(script), ...own, ...args])
}

function list(): void {
  const width = Math.max(...CHECKS.map(({ name }) => name.length))
  console.log('npm run check -- NAME [args]\n')
  for (const { name, proves } of CHECKS) console.log(`  ${name.padEnd(width)}  ${proves}`)
}

const [name, ...args] = process.argv.slice(2)
const check = CHECKS.find((each) => each.name === name)
if (check) {
  process.exitCode = run(check, args)
} else {
  list()
  if (name !== undefined) {
    console.error(`\nThere is no check named ${name}.`)
    process.exitCode = 1
  }
}
