// Runs every example in a process of its own: the first one as `npm start` does, the others bundled.
import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { Programs } from './support/programs.ts'

const run = promisify(execFile)
const root = new URL('..', import.meta.url)
const files = (await readdir(new URL('examples/', root))).filter((name) => name.endsWith('.ts'))

/** Run by `npm start`. */
const STARTED = 'quickstart.ts'

/** Output of each example that proves its effect. */
const shows: Readonly<Record<string, RegExp>> = {
  'conditional-put-store.ts':
    /^reads undefined for a key that was never written\n[^]*loses no change of concurrent writers[^]*\n2 managers, 1 token request$/,
  'device-authorization.ts': /^Open http:\S+\/device and enter [A-Z]{4}-[A-Z]{4}\nStatus 200$/,
  'fetch.ts': /^201 \{/,
  'generated-client.ts': /^Version 26\.1$/,
  'generic-provider.ts': /^Status 200$/,
  'knetikcloud.ts': /^Me: \{/,
  'netsapiens.ts': /^10 answers, for user 1001$/,
  'phonecom.ts': /^1 account\nThe token: \{/,
  'quickstart.ts': /requests {3}successes {3}token requests {3}replays\n +80 +80 +2 +40$/,
  'several-accounts.ts': /^Each as themselves: 1001, 1002, .*, 1012$/,
  'smscx.ts': /^Balance: \{[^}]*\}\nGranted: sms reports$/,
  'telstra.ts': /^Subscription: \{/,
  'timeline.ts':
    /attempt-failed +attempt 1, .*status 503, retryIn \d+\n.* ms  renewed .*waiters 20, waited \d+\n.* ms  replayed [^]* 20 +20 +3 +20$/,
  'websocket-or-sdk.ts': /^connected with Token \S+\nconnected with Token \S+$/,
  'with-axios-retry.ts': /^Status 200 after a 503 and a 401: 3 requests, 2 token requests$/,
}

describe('examples/', () => {
  let programs: Programs
  before(async () => {
    programs = await Programs.bundle(files.map((name) => `examples/${name}`))
  })
  after(() => programs.remove())

  it('are all run here', () => {
    expect(Object.keys(shows)).to.have.members(files)
  })

  for (const name of files) {
    it(`${name} prints what its comment says`, async () => {
      // Without the variables that would send it to a real service.
      const { PATH, HOME } = process.env
      const path = `examples/${name}`
      const script = name === STARTED ? ['--import', 'tsx', path] : [programs.script(path)]
      const { stdout } = await run(process.execPath, script, { cwd: root, env: { PATH, HOME } })
      expect(stdout.trimEnd()).to.match(shows[name] ?? /^$/)
    })
  }
})
