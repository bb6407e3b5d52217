// Runs of the tool: before a login, the login, two with the token it got, three at once after it was revoked, the logout.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBackend } from '../../migrating/backend.ts'
import type { Scenario } from '../scenario.ts'

const signedOut = { name: 'ReauthenticationRequiredError' }

export const scenario: Scenario = async (load) => {
  const backend = await startBackend()
  const home = mkdtempSync(join(tmpdir(), 'tokenflight-'))
  const { argv, env } = process
  const { log } = console
  let printed = 0
  const run = (...args: string[]): Promise<unknown> => {
    process.argv = [...argv.slice(0, 2), ...args]
    return load(backend.url)
  }
  process.env = { ...env, HOME: home, PASSWORD: 'the-password' }
  console.log = () => (printed += 1)
  try {
    await assert.rejects(run('orders'), signedOut)
    await run('login', 'ada')
    await run('orders')
    await run('orders')
    assert.equal(backend.refreshes, 0)
    backend.revoke()
    await Promise.all([run('orders'), run('orders'), run('orders')])
    assert.equal(backend.refreshes, 1)
    assert.equal(statSync(join(home, '.shop')).mode & 0o777, 0o700)
    await run('logout')
    await assert.rejects(run('orders'), signedOut)
    assert.equal(printed, 5)
    return 'one login for all runs, one refresh for three of them after a 401'
  } finally {
    Object.assign(process, { argv, env })
    console.log = log
    rmSync(home, { recursive: true })
    await backend.close()
  }
}
