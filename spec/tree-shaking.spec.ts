// The modules of the library in an application's bundle, by its imports.
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import * as catalogue from '../lib/catalogue.ts'
import * as providers from '../lib/providers.ts'
import { BUDGETS } from '../checks/package/budgets.ts'
import { bundle, gzipped, type Part } from '../checks/package/bundle.ts'
import { writeScripts } from '../checks/package/published.ts'

const { defineProvider, oauth2, clientSecretJwt, privateKeyJwt, signedJwt, ...rest } = providers
const { deviceAuthorization, discover, tokenOf, ...presets } = rest
const imported = { deviceAuthorization, discover, tokenOf }
const makers = { defineProvider, oauth2 }
const signers = { clientSecretJwt, privateKeyJwt, signedJwt }

const held = ({ modules }: Part): string[] => [...modules].flatMap(([path, bytes]) => (bytes > 0 ? [path] : []))
const text = ({ scripts }: Part): string => scripts.map((script) => script.text).join('')
const packages = (part: Part): string[] => [
  ...part.outside,
  ...held(part).flatMap((path) => /^node_modules\/(@[^/]+\/[^/]+|[^/]+)/.exec(path)?.[1] ?? []),
]

describe('A bundle', function () {
  this.timeout(60_000)

  for (const [name, { title }] of Object.entries(presets)) {
    it(`that imports ${name} contains no other provider`, async () => {
      const { first } = await bundle(`export { ${name} } from './lib/providers.ts'`)
      // telstraV3 says how it differs from telstra.
      const others = Object.entries(presets).filter(([other]) => !name.startsWith(other))
      expect(text(first)).to.contain(`"${title}"`)
      for (const [other, { title: theirs }] of others) expect(text(first), other).not.to.contain(`"${theirs}"`)
      expect(packages(first)).to.deep.equal([])
    })
  }

  for (const name of Object.keys(makers)) {
    it(`that imports ${name} contains no preset`, async () => {
      const { first } = await bundle(`export { ${name} } from './lib/providers.ts'`)
      for (const { title } of Object.values(presets)) expect(text(first)).not.to.contain(`"${title}"`)
    })
  }

  it('that imports one provider of the catalogue contains no other', async () => {
    await Promise.all(
      Object.entries(catalogue).map(async ([name, { id }]) => {
        const { first } = await bundle(`export { ${name} } from './lib/catalogue.ts'`)
        const ours = held(first).filter((path) => /^lib\/(?:catalogue|providers\/presets)\//.test(path))
        expect(ours).to.deep.equal([`lib/catalogue/${id}.ts`])
        expect(packages(first)).to.deep.equal([])
      }),
    )
  })

  it('that creates a manager or wraps a fetch neither contains nor loads axios and axios-retry', async () => {
    for (const source of [
      `export { createTokenManager } from './lib/index.ts'`,
      `export { wrapFetch } from './lib/fetch.ts'`,
    ]) {
      const { first, later } = await bundle(source)
      const brought = [...packages(first), ...packages(later)]
      expect(brought).to.include('p-queue')
      expect(brought.filter((name) => name.startsWith('axios'))).to.deep.equal([])
      expect(text(first)).not.to.match(/import\(["']axios/)
    }
  })

  it('that creates a manager or imports one store contains no other store', async () => {
    const common = /^lib\/stores\/(?:token-store|memory|client-failure|channels|process-presence)\.ts$/
    for (const [source, ...stores] of [
      [`export { createTokenManager } from './lib/index.ts'; export { wrapFetch } from './lib/fetch.ts'`],
      [`export { redisStore } from './lib/stores/redis.ts'`, 'lib/stores/redis.ts'],
      [`export { sqlStore } from './lib/stores/sql.ts'`, 'lib/stores/sql.ts'],
    ] as const) {
      const { first, later } = await bundle(source)
      const ours = [...held(first), ...held(later)].filter((path) => path.startsWith('lib/stores/'))
      expect(ours.filter((path) => !common.test(path))).to.deep.equal(stores)
      if (stores.length === 0)
        expect(ours.filter((path) => /client-failure|channels|process/.test(path))).to.deep.equal([])
    }
  })

  it('that creates a manager with a custom TokenGrant contains no code for provider definitions', async () => {
    for (const source of [
      `export { createTokenManager, createTokenPool } from './lib/index.ts'`,
      `export { createTokenManager } from './lib/index.ts'; export { attachBearer } from './lib/axios.ts'`,
    ]) {
      const { first, later } = await bundle(source)
      const ours = [...held(first), ...held(later)].filter((path) =>
        /^lib\/(?:definitions|token-endpoint|providers)\//.test(path),
      )
      // A transport is no interpreter, and how answers match is the resource server's too.
      const allowed =
        /^lib\/(?:token-endpoint\/(?:axios-transport|axios-attempts|transport)|definitions\/(?:json-path|resource-server))\.ts$/
      expect(ours.filter((path) => !allowed.test(path))).to.deep.equal([])
    }
  })

  it('that wraps a fetch contains no token transport, which comes with a provider', async () => {
    const { first, later } = await bundle(`export { wrapFetch } from './lib/fetch.ts'`)
    expect([...held(first), ...held(later)].filter((path) => path.endsWith('fetch-transport.ts'))).to.deep.equal([])
  })

  it('that attaches to axios uses the axios of the application, and loads axios-retry with the first token request', async () => {
    const { first, later } = await bundle(`export { attachBearer } from './lib/axios.ts'`)
    expect(packages(first)).to.include('axios').and.not.to.include('axios-retry')
    expect(packages(later)).to.include('axios-retry')
    expect(held(first).filter((path) => path.startsWith('node_modules/axios/'))).to.deep.equal([])
  })

  for (const name of Object.keys(signers)) {
    it(`that imports ${name} contains no provider and loads jose later; other functions contain nothing of it`, async () => {
      const { first } = await bundle(`export { ${name} } from './lib/providers.ts'`)
      expect(held(first).filter((path) => /^lib\/(?:definitions|token-endpoint|token)\//.test(path))).to.deep.equal([])
      expect(packages(first)).to.deep.equal([])
      expect(text(first)).to.match(/import\(["']jose\/jwt\/sign/)
    })
  }

  for (const name of Object.keys(imported)) {
    it(`that imports ${name} contains no preset, and no code that signs`, async () => {
      const { first } = await bundle(`export { ${name} } from './lib/providers.ts'`)
      expect(held(first).filter((path) => /providers\/presets|assertions|signing-key/.test(path))).to.deep.equal([])
    })
  }

  it('that imports no function for signatures, devices, discovery or exchange contains no code of them', async () => {
    for (const source of [
      `export { createTokenManager } from './lib/index.ts'; export { attachBearer } from './lib/axios.ts'`,
      `export { oauth2, telstra } from './lib/providers.ts'; export { wrapFetch } from './lib/fetch.ts'`,
    ]) {
      const { first } = await bundle(source)
      expect(held(first).filter((path) => /assertions|signing-key|device|discover|token-of/.test(path))).to.deep.equal(
        [],
      )
      expect(text(first)).not.to.match(/jose\/(?:jwt\/sign|key)/)
    }
  })

  it('loads jose when it is needed, never at start', async () => {
    let late = 0
    for (const { file, names, platform } of BUDGETS) {
      const { first } = await bundle(`export { ${names.join(', ')} } from './lib/${file}'`, platform)
      expect(packages(first).filter((path) => path.startsWith('jose'))).to.deep.equal([])
      if (/import\(["']jose/.test(text(first))) late += 1
    }
    expect(late).to.be.at.least(1)
  })

  it('without a used import is empty', async () => {
    for (const { file, platform } of BUDGETS) {
      const { first, later } = await bundle(`import * as nothing from './lib/${file}'; export {}`, platform)
      expect(held(first), file).to.deep.equal([])
      expect(held(later), file).to.deep.equal([])
    }
  })
})

describe('A bundle of the published scripts', function () {
  this.timeout(60_000)

  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenflight-'))
    await writeScripts(folder)
  })
  after(() => rm(folder, { recursive: true, force: true }))

  it('without a used import is empty, also where sideEffects is not set', async () => {
    const scripts = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith('.js'))
    expect(scripts).to.have.length.above(BUDGETS.length)
    const source = scripts.map((script) => `import './${script.replaceAll('\\', '/')}'`).join('\n')
    const { first } = await bundle(source, 'node', folder)
    expect(text(first).replace(/import\s*"[^"]+";\s*/g, '')).to.equal('')
  })

  for (const { file, names, platform } of BUDGETS)
    it(`that imports ${names.join(', ')} is as small as one of lib/${file}`, async () => {
      const source = `export { ${names.join(', ')} } from`
      const { first: ours } = await bundle(`${source} './lib/${file}'`, platform)
      const { first } = await bundle(`${source} './${file.replace('.ts', '.js')}'`, platform, folder)
      expect(gzipped(first)).to.be.at.most(gzipped(ours) * 1.02 + 20)
    })
})
