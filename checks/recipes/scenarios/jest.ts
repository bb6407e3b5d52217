// Runs the test with the configuration of the page, and on a newer Node without it.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { installBuilt } from '../../installed.ts'
import { nodeBinary } from '../../nodes/node-binary.ts'
import type { Scenario } from '../scenario.ts'

const jest = fileURLToPath(new URL('../node_modules/jest/bin/jest.js', import.meta.url))

export const scenario: Scenario = async (_load, folder) => {
  const cwd = fileURLToPath(folder)
  await writeFile(new URL('package.json', folder), '{}')
  await installBuilt(cwd)
  const run = async (node: string, ...options: string[]): Promise<void> => {
    const { stderr } = await promisify(execFile)(node, [...options, jest], { cwd })
    assert.match(stderr, /^Tests: +1 passed, 1 total$/m)
  }
  await run(process.execPath)
  await rm(new URL('jest.config.js', folder))
  await run(await nodeBinary('26'), '--experimental-vm-modules')
  return 'one test passes with the configuration, and without it on Node 26'
}
