import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { curlForm, curlGet, curlJson } from '../../lib/testing/cli/curl.ts'
import { RECIPES, type RunningSystem } from '../../lib/testing/cli/recipes.ts'
import { Programs } from '../support/programs.ts'

const run = promisify(execFile)
const SCRIPT = 'lib/testing/cli/emulate.ts'

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

describe('npm run emulate', () => {
  let programs: Programs
  before(async () => {
    programs = await Programs.bundle([SCRIPT])
  })
  after(() => programs.remove())

  const emulate = (...parameters: readonly string[]): Promise<Ended> =>
    run(process.execPath, [programs.script(SCRIPT), ...parameters]).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: unknown) => error as Ended,
    )

  it('runs an emulator in the foreground until it is interrupted, and prints its requests', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, 'telstra'])
    const ended = once(child, 'exit')
    let shown = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (shown += chunk))
    while (!shown.includes('Ctrl-C')) await once(child.stdout, 'data')
    expect(shown).to.include('telstra-client').and.to.include('curl -sS')
    const api = /API root +(\S+)/.exec(shown)?.[1] ?? ''
    await fetch(`${api}/messages/sms/healthcheck`)
    while (!shown.includes('200 GET /v2/messages/sms/healthcheck')) await once(child.stdout, 'data')
    child.kill('SIGINT')
    expect(await ended).to.deep.equal([0, null])
  })

  it('lists the systems when the name is missing or unknown', async () => {
    for (const parameters of [[], ['nobody'], ['telstra', 'smscx'], ['toString']]) {
      const { code, stderr } = await emulate(...parameters)
      expect(code).to.equal(2)
      for (const name of Object.keys(RECIPES)) expect(stderr).to.include(`  ${name}\n`)
    }
  })

  it('rejects an invalid port and unknown options', async () => {
    expect((await emulate('telstra', '--port', '99999')).stderr).to.include('No such port: 99999')
    expect((await emulate('telstra', '--prt', '1')).stderr).to.include('--prt')
  })
})

describe('RECIPES', () => {
  const shell = (line: string) => run('sh', ['-c', line])

  before(async function () {
    await run('curl', ['--version']).catch(() => {
      console.log('    skipped: there is no curl here')
      this.skip()
    })
  })

  for (const [name, start] of Object.entries(RECIPES)) {
    it(`gives curl commands for ${name} that a shell parses and the emulator accepts`, async () => {
      const { emulator, token, resource }: RunningSystem = await start({})
      try {
        expect(JSON.parse((await shell(token)).stdout)).to.be.an('object')
        await shell(resource)
        expect(emulator.log.map(({ kind }) => kind)).to.deep.equal(['token', 'resource'])
        expect(emulator.log.every(({ status = 0 }) => status >= 200 && status < 300)).to.equal(true)
      } finally {
        await emulator.close()
      }
    })
  }
})

describe('curlForm, curlJson and curlGet', () => {
  it('quote special characters of the shell', () => {
    expect(curlForm('http://a', { b: "it's $1" })).to.include(`--data-urlencode 'b=it'\\''s $1'`)
    expect(curlJson('http://a', { b: "'" })).to.include(`-d '{"b":"'\\''"}'`)
    expect(curlGet('http://a', 't', { C: 'd' })).to.match(
      /^curl -sS .*'Authorization: Bearer t'.*'C: d'.*'http:\/\/a'$/s,
    )
  })
})
