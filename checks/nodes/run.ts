// npm run check -- nodes [VERSION ...]: runs the specs on every supported Node with the newest axios, and on the oldest and the newest Node
// with the oldest axios; or on the versions given, with both. Prints a line for each run.
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { floorCheckout } from './floor-checkout.ts'
import { nodeBinary, versionOf } from './node-binary.ts'
import { specsOver } from './specs-over.ts'

// The oldest supported version, then the latest of each line.
const NODES = ['20.19.0', '22', '24', '26']
const root = fileURLToPath(new URL('../..', import.meta.url))
const execute = promisify(execFile)
const PARALLEL = ['--parallel', '--jobs', String(availableParallelism())]

interface Run {
  readonly passed: boolean
  /** The last line of the report. */
  readonly count: string
  readonly output: string
}

/** Runs specs in a checkout. Programs that they start run on the same Node. */
async function run(node: string, folder: string, specs: readonly string[]): Promise<Run> {
  const mocha = join(folder, 'node_modules', 'mocha', 'bin', 'mocha.js')
  const env = { ...process.env, PATH: [dirname(node), process.env['PATH']].join(delimiter) }
  const options = { cwd: folder, env, maxBuffer: 2 ** 28, timeout: 20 * 60_000 }
  const { output, passed } = await execute(node, [mocha, ...PARALLEL, ...specs], options).then(
    ({ stdout, stderr }) => ({ output: stdout + stderr, passed: true }),
    (failure: unknown) => {
      const { stdout, stderr, message } = failure as { stdout: string; stderr: string; message: string }
      return { output: stdout + stderr + message, passed: false }
    },
  )
  const count = /^\d+ passed, \d+ failed.*$/m.exec(output)?.[0] ?? 'did not finish'
  return { passed: passed && /^[1-9]\d* passed, 0 failed/.test(count), count, output }
}

async function axiosOf(folder: string): Promise<string> {
  const manifest = await readFile(join(folder, 'node_modules', 'axios', 'package.json'), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

async function main(asked: readonly string[]): Promise<void> {
  await using floor = await floorCheckout()
  const newest = { folder: root, specs: ['spec/**/*.spec.ts'] }
  const oldest = { folder: floor.folder, specs: await specsOver('axios') }
  for (const version of asked.length > 0 ? asked : NODES) {
    const node = await nodeBinary(version)
    const isOutermost = version === NODES[0] || version === NODES.at(-1)
    for (const { folder, specs } of asked.length > 0 || isOutermost ? [newest, oldest] : [newest]) {
      const startedAt = Date.now()
      const { passed, count, output } = await run(node, folder, specs)
      if (!passed) {
        console.log(output)
        process.exitCode = 1
      }
      const seconds = Math.round((Date.now() - startedAt) / 1000)
      console.log('Node %s, axios %s: %s, in %d s', await versionOf(node), await axiosOf(folder), count, seconds)
    }
  }
}

await main(process.argv.slice(2))
