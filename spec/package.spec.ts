import { readFile } from 'node:fs/promises'
import { posix } from 'node:path'
import { expect } from 'chai'
import { Packed, type Project } from './support/packed.ts'

const dependencies = ['axios-retry', 'jose', 'p-queue']

const message = `{ to: '+61412345678', body: 'Hello' }`

interface SourceMap {
  readonly sources: readonly string[]
  readonly sourcesContent: readonly string[]
}

/** The scripts of the package that Node loads when it imports one of them. */
async function loadedWith(script: string, packed: Packed): Promise<string[]> {
  const found = new Set([script])
  for (const path of found) {
    const imports = (await packed.read(path)).matchAll(/^(?:import|\} from) "(\.[^"]+)";$/gm)
    for (const [, next = ''] of imports) found.add(posix.join(posix.dirname(path), next))
  }
  return [...found]
}

describe('The packed tarball', function () {
  this.timeout(300_000)

  let packed: Packed
  let bare: Project
  let full: Project

  before(async () => {
    packed = await Packed.pack()
    bare = await packed.project('bare', ['p-queue'])
    full = await packed.project('full', [...dependencies, 'axios'])
  })

  after(() => packed.remove())

  it('contains the build, the documents and nothing else', () => {
    const beside = packed.files.filter((path) => !/^dist\/.+\.(js|d\.ts|js\.map)$|^docs\/.+\.md$/.test(path))
    expect(beside).to.have.members(['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json'])
  })

  it('contains the pages that its README links to', async () => {
    const links = [...(await packed.read('README.md')).matchAll(/\]\((docs\/[^)#]*)/g)].map(([, path]) => path)
    expect(links).to.not.be.empty
    expect(packed.files).to.include.members(links)
    expect(packed.files.filter((path) => path.startsWith('docs/api/'))).to.deep.equal([])
  })

  it('has pages that say of each link to a file beyond it that the file is in the repository', async () => {
    for (const page of packed.files.filter((path) => path.endsWith('.md'))) {
      for (const [, link = '', after = ''] of (await packed.read(page)).matchAll(
        /\]\((?!https?:)([^)#]+)[^)]*\)(?=(.{0,20}))/gs,
      )) {
        const path = posix.join(posix.dirname(page), link)
        if (!packed.files.includes(path)) expect(after, `${page}: ${link}`).to.match(/^ \(in the repository\)/)
      }
    }
  })

  it('contains no import.meta, which scripts bundled to CommonJS do not have', async () => {
    for (const path of packed.files.filter((each) => each.endsWith('.js')))
      expect(await packed.read(path), path).to.not.contain('import.meta')
  })

  it('contains source maps with their sources', async () => {
    const maps = packed.files.filter((path) => path.endsWith('.js.map'))
    const scripts = packed.files.filter((path) => path.endsWith('.js'))
    expect(maps).to.have.members(scripts.map((path) => `${path}.map`))
    for (const path of maps) {
      const { sources, sourcesContent } = JSON.parse(await packed.read(path)) as SourceMap
      const modules = sources.map((source) => new URL(source, new URL(`../${path}`, import.meta.url)))
      expect(sourcesContent, path).to.deep.equal(await Promise.all(modules.map((module) => readFile(module, 'utf8'))))
    }
  })

  it('has two files for tokenflight/fetch, its own and one shared by entry points; no other client shares its own', async () => {
    const loaded = await loadedWith('dist/fetch.js', packed)
    expect(loaded).to.have.length(2)
    expect(await loadedWith('dist/index.js', packed)).to.have.members(['dist/index.js', loaded[1]])
    expect(await loadedWith('dist/axios.js', packed)).to.include.members(['dist/axios.js', loaded[1]])
  })

  it('has one file for each provider of the catalogue', async () => {
    const names = packed.entries.filter((entry) => entry.startsWith('tokenflight/catalogue/'))
    expect(names).to.not.be.empty
    const docs = names.map((entry) => loadedWith(`${entry.replace('tokenflight', 'dist')}.js`, packed))
    for (const paths of await Promise.all(docs)) {
      const texts = await Promise.all(paths.map((path) => packed.read(path)))
      const definitions = texts.join('').match(/^  docs: "/gm)
      expect(definitions, paths[0]).to.have.length(1)
    }
  })

  it('exports the same names to import and to require, from each entry point', async () => {
    const entries = JSON.stringify(packed.entries)
    const names = '.map((entry) => Object.keys(entry).filter((name) => !/^(__esModule|module.exports)$/.test(name)))'
    const imported = await full.run(
      'module',
      `console.log(JSON.stringify((await Promise.all(${entries}.map((entry) => import(entry))))${names}))`,
    )
    const required = await full.run('commonjs', `console.log(JSON.stringify(${entries}.map(require)${names}))`)
    expect(required).to.deep.equal(imported)
    expect(imported).to.satisfy((all: string[][]) => all.every((each) => each.length > 0))
  })

  it('needs neither axios, axios-retry nor jose for requests with fetch', async () => {
    const others = packed.entries.filter((entry) => entry !== 'tokenflight/axios')
    const seen = await bare.run(
      'module',
      `await Promise.all(${JSON.stringify(others)}.map((entry) => import(entry)))
      const { wrapFetch } = await import('tokenflight/fetch')
      const { startEmulator, telstraEmulator } = await import('tokenflight/testing')
      const emulator = await startEmulator(telstraEmulator())
      const { provider, credentials, api } = emulator
      const apiFetch = wrapFetch(fetch, { provider, credentials })
      const [method, body] = ['POST', JSON.stringify(${message})]
      const send = () => apiFetch(api + '/messages/sms', { method, body, headers: { 'content-type': 'application/json' } })
      const statuses = [(await send()).status]
      emulator.revokeAll()
      statuses.push((await send()).status)
      await emulator.close()
      const ofAxios = await import('tokenflight/axios').then(() => 'loaded', ({ code }) => code)
      console.log(JSON.stringify([...statuses, emulator.counts.token, ofAxios]))`,
    )
    expect(seen, 'statuses and token requests; axios is out of reach').to.deep.equal([
      201,
      201,
      2,
      'ERR_MODULE_NOT_FOUND',
    ])
  })

  it('works with an axios that was loaded with require', async () => {
    const seen = await full.run(
      'commonjs',
      `const axios = require('axios')
      const { attachBearer } = require('tokenflight/axios')
      const { startEmulator, telstraEmulator } = require('tokenflight/testing')
      startEmulator(telstraEmulator()).then(async (emulator) => {
        const { provider, credentials, api } = emulator
        const instance = axios.create({ baseURL: api })
        attachBearer(instance, { provider, credentials })
        const send = () => instance.post('/messages/sms', ${message})
        const statuses = [(await send()).status]
        emulator.revokeAll()
        statuses.push((await send()).status)
        await emulator.close()
        console.log(JSON.stringify([...statuses, emulator.counts.token]))
      })`,
    )
    expect(seen, 'statuses and token requests').to.deep.equal([201, 201, 2])
  })

  it('has one class for each error, whichever entry point throws it', async () => {
    const seen = await full.run(
      'module',
      `import axios from 'axios'
      import { createTokenManager, OAuthError, StoreError, TokenError } from 'tokenflight'
      import { attachBearer } from 'tokenflight/axios'
      import { wrapFetch } from 'tokenflight/fetch'
      import { discover } from 'tokenflight/providers'
      import { redisStore } from 'tokenflight/stores/redis'
      import { startEmulator, telstraEmulator } from 'tokenflight/testing'
      const emulator = await startEmulator(telstraEmulator())
      const { provider, api } = emulator
      const options = { provider, credentials: { clientId: 'wrong', clientSecret: 'wrong' } }
      const instance = axios.create({ baseURL: api })
      attachBearer(instance, options)
      const failed = [
        [OAuthError, createTokenManager(options).token()],
        [OAuthError, wrapFetch(fetch, options)(api + '/')],
        [OAuthError, instance.get('/')],
        [TokenError, discover(emulator.url, { clientAuthentication: 'none' })],
        [StoreError, redisStore(() => Promise.reject(new Error('lost'))).read('key')],
      ]
      const facts = failed.map(([type, work]) => work.then(() => 'none', (error) => error instanceof type || String(error)))
      console.log(JSON.stringify(await Promise.all(facts)))
      await emulator.close()`,
    )
    expect(seen).to.deep.equal([true, true, true, true, true])
  })

  it('throws errors of the axios that made the instance: imported, required, or required by an SDK', async () => {
    const seen = await full.run(
      'module',
      `import { cpSync } from 'node:fs'
      import { createRequire } from 'node:module'
      import axios from 'axios'
      import { attachBearer } from 'tokenflight/axios'
      cpSync('node_modules/axios', 'node_modules/sdk/node_modules/axios', { recursive: true })
      const [required, ofSdk] = ['.', './node_modules/sdk'].map((folder) =>
        createRequire(process.cwd() + '/' + folder + '/')('axios'))
      const token = { accessToken: 'a', scheme: 'Bearer', obtainedAt: 0, generation: 1, fingerprint: 'a' }
      const site = { resources: ['http://127.0.0.1:9'] }
      const given = { site, peek: () => token, token: async () => token, renew: async () => token }
      const awaited = { ...given, peek: () => undefined, token: ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))) }
      const facts = []
      for (const copy of [axios, required, ofSdk]) {
        for (const tokens of [given, awaited]) {
          const instance = copy.create({ baseURL: site.resources[0], timeout: tokens === awaited ? 50 : 0 })
          attachBearer(instance, tokens)
          const error = await instance.get('/').catch((error) => error)
          facts.push([error.code, error instanceof copy.AxiosError])
        }
        const instance = copy.create({ baseURL: site.resources[0] })
        attachBearer(instance, awaited)
        const controller = new AbortController()
        const call = instance.get('/', { signal: controller.signal }).catch((error) => error)
        controller.abort()
        const error = await call
        facts.push([error.code, error instanceof copy.CanceledError])
      }
      console.log(JSON.stringify([new Set([axios, required, ofSdk]).size, ...facts]))`,
    )
    const each = [
      ['ECONNREFUSED', true],
      ['ECONNABORTED', true],
      ['ERR_CANCELED', true],
    ]
    expect(seen).to.deep.equal([3, ...each, ...each, ...each])
  })
})
