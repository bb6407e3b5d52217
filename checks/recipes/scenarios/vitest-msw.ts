// Runs the test of the page. Vitest and msw need Node 22 or later.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { installBuilt } from '../../installed.ts'
import { nodeBinary } from '../../nodes/node-binary.ts'
import type { Scenario } from '../scenario.ts'

const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))

export const scenario: Scenario = async (_load, folder) => {
  const cwd = fileURLToPath(folder)
  await installBuilt(cwd)
  const node = await nodeBinary('26')
  const env = { ...process.env, NO_COLOR: '1' }
  const { stdout } = await promisify(execFile)(node, [vitest, 'run', '--root', cwd], { cwd, env })
  assert.match(stdout, /^ +Tests +1 passed \(1\)$/m)
  return 'one test passes'
}
