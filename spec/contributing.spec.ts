// Checks CONTRIBUTING: the provider of its example works, and its lists of dependencies match package.json.
import { readFile, rm, writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import nock from 'nock'
import { check, resolveConfig } from 'prettier'
import { CHECKS } from '../checks/checks.ts'
import { createTokenManager } from '../lib/index.ts'
import type { defineProvider } from '../lib/providers.ts'

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly allowScripts: Readonly<Record<string, boolean>>
}

interface Lock {
  readonly packages: Readonly<Record<string, { dev?: boolean; resolved?: string; hasInstallScript?: boolean }>>
}

const read = (path: string): Promise<string> => readFile(new URL(`../${path}`, import.meta.url), 'utf8')
const contributing = await read('CONTRIBUTING.md')
const manifest = JSON.parse(await read('package.json')) as Manifest
const { packages } = JSON.parse(await read('package-lock.json')) as Lock

describe('CONTRIBUTING.md', () => {
  const code = (/```ts\n(.*?) *```/s.exec(contributing)?.[1] ?? '').replaceAll(/^ {3}/gm, '')

  it('shows a provider that passes the linter and the API reference unchanged', async () => {
    const options = await resolveConfig(new URL('../lib/providers.ts', import.meta.url))
    expect(await check(code, { ...options, parser: 'typescript' })).to.equal(true)
    expect(code).to.match(/\/\*\* .+ \*\/\nexport const/)
  })

  it('shows a provider that works', async () => {
    const file = new URL('./support/.contributed.ts', import.meta.url)
    const form = { client_id: 'id', client_secret: 'secret', grant_type: 'client_credentials' }
    nock('https://api.acme.example')
      .post('/v1/oauth/token', form)
      .reply(200, { access_token: 'AT-1', expires_in: 3600 })
    await writeFile(file, code.replace("'../", "'../../lib/providers/"))
    try {
      const { acme: provider } = (await import(file.href)) as { acme: ReturnType<typeof defineProvider> }
      const tokens = createTokenManager({ provider, credentials: { clientId: 'id', clientSecret: 'secret' } })
      expect((await tokens.token()).accessToken).to.equal('AT-1')
    } finally {
      await rm(file)
    }
  })

  it('lists each check', () => {
    const section = /## Checks\n(.*?)\n## /s.exec(contributing)?.[1] ?? ''
    const rows = [...section.matchAll(/^\| `(\S+)` \| \S.* \| \d+ \| \S.* \|$/gm)].map(([, name]) => name)
    expect(rows).to.have.members(CHECKS.map(({ name }) => name))
  })

  it('lists each dependency with its reason, and no other', () => {
    const { dependencies, peerDependencies, devDependencies } = manifest
    const section = /## Dependencies\n(.*?)\n## /s.exec(contributing)?.[1] ?? ''
    const rows = [...section.matchAll(/^\| (?!---|at run time|for development)(\S+) \| \S/gm)].map(([, name]) => name)
    const needed = new Set(Object.keys({ ...dependencies, ...peerDependencies, ...devDependencies }))
    expect(rows).to.have.members([...needed])
  })
})

describe('The dependencies', () => {
  it('run no script when the package is installed; neither does the package', () => {
    expect(manifest.scripts).not.to.have.any.keys('preinstall', 'install', 'postinstall')
    const scripted = Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript)
    expect(scripted.filter(([, { dev }]) => !dev)).to.deep.equal([])
    const names = scripted.map(([path]) => path.replace(/^.*node_modules\//, ''))
    expect(manifest.allowScripts).to.deep.equal(Object.fromEntries(names.map((name) => [name, false])))
  })

  it('are locked by integrity, without registry URLs', () => {
    const addressed = Object.entries(packages).filter(([, { resolved }]) => resolved !== undefined)
    expect(addressed).to.deep.equal([])
  })
})
