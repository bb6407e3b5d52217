// The types of the packed tarball, as projects of each kind see them, and those of the snippets of the pages. A part of `npm run check --
// package`: `npx mocha checks/package/types.spec.ts` runs it alone.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { Packed, type Project } from '../../spec/support/packed.ts'
import { PAGES, snippetsOf } from '../../spec/support/snippets.ts'

const dependencies = ['axios-retry', 'jose', 'p-queue']

/** Clients of databases that the pages show. */
const clients = ['redis', 'ioredis', 'pg', '@types/pg', 'postgres']

/** One program that uses every entry point: what is exported is seen, and the types hold together. */
const consumer = `
import axios from 'axios'
import { createTokenManager, type TokenSource } from 'tokenflight'
import { attachBearer } from 'tokenflight/axios'
import { paypal, spotify } from 'tokenflight/catalogue'
import { hubspot } from 'tokenflight/catalogue/hubspot'
import { wrapFetch } from 'tokenflight/fetch'
import { telstra } from 'tokenflight/providers'
import { exclusiveStore } from 'tokenflight/stores/exclusive'
import { memoryStore } from 'tokenflight/stores/memory'

export { exclusiveStore }
const options = { provider: telstra, credentials: { clientId: 'id', clientSecret: 'secret' } }
const tokens: TokenSource = createTokenManager({ ...options, store: memoryStore() })
export const api = attachBearer(axios.create({ baseURL: 'https://tapi.telstra.com/v2' }), tokens)
export const apiFetch: typeof fetch = wrapFetch(fetch, options)
// @ts-expect-error: a forgotten credential does not compile
createTokenManager({ provider: telstra, credentials: { clientId: 'id' } })
const client = { clientId: 'id', clientSecret: 'secret' }
createTokenManager({ provider: paypal, credentials: client })
createTokenManager({ provider: spotify, grant: 'client_credentials', credentials: client })
createTokenManager({ provider: hubspot, credentials: { ...client, redirectUri: 'https://app.example.com/cb' } })
// @ts-expect-error: the redirect URI is forgotten
createTokenManager({ provider: hubspot, credentials: client })
`

const emulated = `
import { startEmulator, telstraEmulator } from 'tokenflight/testing'
export const emulator: Promise<{ readonly url: string }> = startEmulator(telstraEmulator())
`

const onFetch = `
import { createTokenManager, createTokenPool } from 'tokenflight'
import { wrapFetch } from 'tokenflight/fetch'
import { oauth2, telstra } from 'tokenflight/providers'
${emulated}
const options = { provider: telstra, credentials: { clientId: 'id', clientSecret: 'secret' } }
export const apiFetch: typeof fetch = wrapFetch(fetch, createTokenManager(options))
export const others = [createTokenPool, oauth2]
`

/** Declarations that the snippets of the README and its pages assume. */
const given = {
  clientId: 'string',
  clientSecret: 'string',
  refreshToken: 'string',
  folder: 'string',
  sealKey: 'string',
  server: 'string',
  username: 'string',
  password: 'string',
  passwordOf: '(account: string) => string',
  message: 'object',
  api: "import('axios').AxiosInstance",
  apiA: "import('axios').AxiosInstance",
  apiB: "import('axios').AxiosInstance",
  redirectUri: 'string',
  openInBrowser: '(url: string) => Promise<string>',
  tokenOfThePerson: '() => string',
  privateKey: 'string',
  serviceAccount: '{ client_email: string; private_key: string }',
  signInModule: '(claims: { audience: string | undefined }) => Promise<string>',
  askToLogIn: '() => undefined',
  tryLater: '(at?: number) => undefined',
  showLogin: '() => void',
  logIn: '() => Promise<{ accessToken: string; refreshToken: string; expiresIn: number }>',
  auth0: '{ getTokenSilently(options: { cacheMode: "on" | "off" }): Promise<string> }',
  tokens: "import('tokenflight').TokenManager",
  client: "ReturnType<typeof import('redis').createClient>",
  subscriber: "ReturnType<typeof import('redis').createClient>",
  cluster: "ReturnType<typeof import('redis').createCluster>",
  ioredis: "import('ioredis').Redis",
  ioredisSubscriber: "import('ioredis').Redis",
  AsyncStorage: "import('tokenflight/stores/exclusive').ExclusiveItems",
  Entry: `new (service: string, user: string) => {
    getPassword(): string | null
    setPassword(password: string): void
    deletePassword(): boolean
  }`,
  randomBytes: "typeof import('node:crypto').randomBytes",
  sessionId: 'string',
  restUrl: 'string',
  authorization: 'string',
  pgPool: "import('pg').Pool",
  pgClient: "import('pg').Client",
  sql: "import('postgres').Sql",
  db: '{ query(text: string, params: unknown[]): Promise<{ rows: Record<string, unknown>[] }> }',
  pool: "import('tokenflight').TokenPool",
  gauge: '(name: string, value: number | undefined, labels: object) => void',
  count: '(name: string, reason: string | undefined) => void',
  log: '(event: object) => void',
}

const strict = {
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  skipDefaultLibCheck: true,
  noEmit: true,
  target: 'es2022',
}

describe('The types of the packed tarball', function () {
  this.timeout(300_000)

  let packed: Packed
  let full: Project

  before(async () => {
    packed = await Packed.pack()
    full = await packed.project('full', [...dependencies, ...clients, 'axios', '@types/node'])
  })

  after(() => packed.remove())

  for (const [module, moduleResolution] of [
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
    ['esnext', 'node10'],
  ] as const)
    it(`compile with ${moduleResolution}, including the types of dependencies`, async () => {
      const options = { ...strict, module, moduleResolution, types: ['node'] }
      expect(await full.compile(`${moduleResolution}.ts`, consumer + emulated, options)).to.equal('')
    })

  it('compile with every snippet of the README and its pages, with declarations of undeclared names', async () => {
    const pages = await Promise.all(PAGES.map((page) => readFile(new URL(`../../${page}`, import.meta.url), 'utf8')))
    const snippets = pages.flatMap(snippetsOf)
    for (const [index, code] of snippets.entries()) {
      const missing = Object.entries(given).filter(([name]) => !new RegExp(`const (\\{[^}]*)?\\b${name}\\b`).test(code))
      const declared = missing.map(([name, type]) => `declare const ${name}: ${type}`).join('\n')
      await writeFile(join(full.folder, `snippet-${String(index)}.ts`), `${declared}\n${code}\nexport {}\n`)
    }
    const all = snippets.map((_, index) => `import './snippet-${String(index)}.js'`).join('\n')
    const options = { ...strict, noUncheckedIndexedAccess: true, module: 'nodenext', types: ['node'] }
    expect(await full.compile('snippets.ts', all, options)).to.equal('')
  })

  it('compile in a Node project without DOM types', async () => {
    const options = { ...strict, module: 'nodenext', moduleResolution: 'nodenext', types: ['node'], lib: ['es2022'] }
    expect(await full.compile('node.ts', onFetch, options)).to.equal('')
  })

  it('compile in a browser project without Node types', async () => {
    const options = { ...strict, module: 'esnext', moduleResolution: 'bundler', types: [], lib: ['es2022', 'DOM'] }
    expect(await full.compile('browser.ts', consumer, options)).to.equal('')
  })
})
