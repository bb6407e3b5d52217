// Runs every TypeScript snippet of the README as it stands, against canned answers of the hosts it names.
import { readFile, rm, writeFile } from 'node:fs/promises'
import axios from 'axios'
import { expect } from 'chai'
import nock from 'nock'
import { snippetsOf } from './support/snippets.ts'

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
const snippets = snippetsOf(readme)

/** Declarations that the snippets assume. */
const given = {
  clientId: 'the-client',
  clientSecret: 'the-secret',
  server: 'pbx.example.com',
  username: '1001@example.com',
  password: 'the-password',
  passwordOf: () => 'the-password',
  message: { to: '+61412345678', body: 'Hello' },
  api: axios.create(),
  apiA: axios.create(),
  apiB: axios.create(),
  redirectUri: 'https://app.example.com/callback',
  openInBrowser: (url: string) =>
    `https://app.example.com/callback?code=the-code&state=${new URL(url).searchParams.get('state') ?? ''}`,
  askToLogIn: () => undefined,
  tryLater: () => undefined,
}

describe('README.md', () => {
  it('has snippets', () => {
    expect(snippets.length).to.be.at.least(5)
  })

  for (const [index, code] of snippets.entries()) {
    const [, subject = ''] = /\n(?:const|await|async) (.*)/.exec(code) ?? []
    it(`shows code that runs: ${subject}`, async () => {
      const token = { access_token: 'AT', token_type: 'Bearer', expires_in: '3599' }
      nock('https://tapi.telstra.com').persist().post('/v2/oauth/token').reply(200, token)
      const authorization = { reqheaders: { authorization: 'Bearer AT' } }
      nock('https://tapi.telstra.com', authorization).persist().post('/v2/messages/sms').reply(201, {})
      nock('https://tapi.telstra.com', authorization).persist().get('/v2/messages/sms').reply(200, {})
      nock('https://pbx.example.com').persist().post('/ns-api/v2/tokens').reply(200, token)
      nock('https://as.example.com').persist().post('/token').reply(200, token)
      try {
        await run(code, index)
        const sent = nock.activeMocks().length - nock.pendingMocks().length
        expect(sent, 'canned answers that were asked for').to.equal(expectedAnswers(code))
      } finally {
        nock.cleanAll()
      }
    })
  }
})

/** How many of the canned answers a snippet asks for. */
function expectedAnswers(code: string): number {
  if (code.includes('tokenflight/testing')) return 0
  if (code.includes('https://tapi')) return 2
  return code.includes('.token()') || code.includes('.exchangeCallback(') ? 1 : 0
}

async function run(code: string, index: number): Promise<void> {
  const taken = Object.keys(given).filter((name) => !new RegExp(`const (\\{[^}]*)?\\b${name}\\b`).test(code))
  const file = new URL(`./support/.readme-${String(index)}.ts`, import.meta.url)
  const prelude = `const { ${taken.join(', ')} } = globalThis.readmeGiven\n`
  await writeFile(file, `${prelude}${code}\nexport {}\n`)
  Object.assign(globalThis, { readmeGiven: given })
  try {
    await import(file.href)
  } finally {
    await rm(file)
    Reflect.deleteProperty(globalThis, 'readmeGiven')
  }
}
