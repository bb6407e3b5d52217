// Runs every TypeScript snippet of the README and of the pages in docs/ against canned responses of the hosts they name; follows the links
// of all pages.
import { execFile } from 'node:child_process'
import { access, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import axios from 'axios'
import { expect } from 'chai'
import nock from 'nock'
import { ec, rsa } from './support/signing-keys.ts'
import { OTHER_PAGES, PAGES, snippetsOf } from './support/snippets.ts'

const root = new URL('../', import.meta.url)
const execFileAsync = promisify(execFile)
const texts = new Map(
  await Promise.all(
    [...PAGES, ...OTHER_PAGES].map(async (page): Promise<[string, string]> => [
      page,
      await readFile(new URL(page, root), 'utf8'),
    ]),
  ),
)

/** Declarations that the snippets assume. */
const given = {
  clientId: 'the-client',
  clientSecret: 'the-secret',
  server: 'pbx.example.com',
  sealKey: 'A'.repeat(43),
  folder: fileURLToPath(new URL('../node_modules/.cache/sessions', import.meta.url)),
  refreshToken: 'the-refresh-token',
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
  tokenOfThePerson: () => 'the-subject-token',
  privateKey: ec('P-256').pem,
  serviceAccount: { client_email: 'robot@project.example', private_key: rsa().pem },
  signInModule: () => 'an.assertion.signed-elsewhere',
  askToLogIn: () => undefined,
  tryLater: () => undefined,
  showLogin: () => undefined,
  logIn: () => Promise.resolve({ accessToken: 'AT', refreshToken: 'RT', expiresIn: 3600 }),
  auth0: { getTokenSilently: () => Promise.resolve('AT') },
  tokens: { on: () => undefined },
  pool: { on: () => undefined },
  client: {},
  subscriber: {},
  cluster: {},
  ioredis: {},
  ioredisSubscriber: {},
  AsyncStorage: { getItem: () => null, setItem: () => undefined, removeItem: () => undefined },
  Entry: class {
    getPassword(): null {
      return null
    }
  },
  randomBytes: () => Buffer.alloc(32),
  sessionId: 'the-session-id',
  restUrl: 'https://redis.example.com',
  authorization: 'Bearer the-rest-token',
  pgPool: {},
  pgClient: {},
  sql: {},
  db: {},
  gauge: () => undefined,
  count: () => undefined,
  log: () => undefined,
}

describe('README.md', () => {
  it('has fewer than 1,200 words', () => {
    expect((texts.get('README.md') ?? '').split(/\s+/).length).to.be.below(1_200)
  })
})

for (const [page, text] of texts) {
  describe(page, () => {
    it('links to existing files and headings', async () => {
      for (const [, path = '', heading] of text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)) {
        const target = path === '' ? new URL(page, root) : new URL(path, new URL(page, root))
        await access(target)
        if (heading === undefined) continue
        const headings = [...(await readFile(target, 'utf8')).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
          title
            .toLowerCase()
            .replaceAll(' ', '-')
            .replaceAll(/[^\w-]/g, ''),
        )
        expect(headings, `${path}#${heading}`).to.include(heading)
      }
    })

    const snippets = PAGES.includes(page) ? snippetsOf(text) : []
    for (const [index, code] of snippets.entries()) {
      const [, subject = ''] = /\n(?:const|await|async) (.*)/.exec(code) ?? []
      it(`contains code that runs: ${subject}`, async () => {
        const token = { access_token: 'AT', token_type: 'Bearer', expires_in: '3599' }
        nock('https://tapi.telstra.com').persist().post('/v2/oauth/token').reply(200, token)
        const authorization = { reqheaders: { authorization: 'Bearer AT' } }
        nock('https://tapi.telstra.com', authorization).persist().post('/v2/messages/sms').reply(201, {})
        nock('https://tapi.telstra.com', authorization).persist().get('/v2/messages/sms').reply(200, {})
        nock('https://pbx.example.com').persist().post('/ns-api/v2/tokens').reply(200, token)
        nock('https://as.example.com').persist().post('/token').reply(200, token)
        const session = { data: { token: 'AT', renewal: 'RT', minutes: 60 } }
        nock('https://as.example.com').persist().post('/sessions').reply(200, session)
        const device = {
          device_code: 'the-device-code',
          user_code: 'BCDF-GHJK',
          verification_uri: 'https://as.example.com',
        }
        const soon = { ...device, expires_in: 600, interval: 0.01 }
        nock('https://as.example.com').persist().post('/device_authorization').reply(200, soon)
        const metadata = { issuer: 'https://as.example.com', token_endpoint: 'https://as.example.com/token' }
        nock('https://as.example.com').persist().get('/.well-known/openid-configuration').reply(200, metadata)
        nock('https://api.example.com', authorization).persist().get('/orders').reply(200, {})
        const named = { ...token, instance_url: 'https://acme.my.example.com' }
        nock('https://login.example.com').persist().post('/token').reply(200, named)
        nock('https://acme.my.example.com', authorization).persist().get('/orders').reply(200, {})
        try {
          await run(code, `${page.replaceAll(/\W/g, '-')}-${String(index)}`)
          const sent = nock.activeMocks().length - nock.pendingMocks().length
          expect(sent, 'canned answers that were asked for').to.equal(expectedAnswers(code))
        } finally {
          nock.cleanAll()
        }
      })
    }
  })
}

/** How many of the canned answers a snippet asks for. */
function expectedAnswers(code: string): number {
  if (/tokenflight\/testing|webStore\(/.test(code)) return 0
  if (/https:\/\/tapi|deviceAuthorization\(|discover\(/.test(code)) return 2
  if (/oauth2\(.*\/orders'\)/s.test(code)) return 2
  if (code.includes("/orders')")) return 1
  return code.includes('.token()') || code.includes('.exchangeCallback(') ? 1 : 0
}

async function runTests(file: URL): Promise<void> {
  const { stdout } = await execFileAsync(process.execPath, [
    '--import',
    'tsx',
    '--test',
    '--test-reporter',
    'tap',
    fileURLToPath(file),
  ])
  expect(stdout)
    .to.match(/^# pass [1-9]/m)
    .and.match(/^# fail 0$/m)
}

/** Runs a snippet; one that is a file of the test runner of Node, as this runner does. */
async function run(code: string, name: string): Promise<void> {
  const taken = Object.keys(given).filter((name) => !new RegExp(`const (\\{[^}]*)?\\b${name}\\b`).test(code))
  const file = new URL(`./support/.readme-${name}.ts`, import.meta.url)
  const isTestFile = code.includes("'node:test'")
  const prelude = isTestFile ? '' : `const { ${taken.join(', ')} } = globalThis.readmeGiven\n`
  await writeFile(file, `${prelude}${code}\nexport {}\n`)
  Object.assign(globalThis, { readmeGiven: given })
  try {
    if (isTestFile) await runTests(file)
    else await import(file.href)
  } finally {
    await rm(file)
    Reflect.deleteProperty(globalThis, 'readmeGiven')
  }
}
