// TypeScript's quick info of the most used names, as editors show it. A part of `npm run check -- package`.
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import ts from 'typescript'
import * as providers from '../../lib/providers.ts'

const MAX_LENGTH = 300
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FILE = `${ROOT}spec/hovers.sample.ts`
const MISTAKEN = `${ROOT}spec/hovers.mistaken.ts`

const SAMPLE = `
import { createTokenManager, createTokenPool, createToken } from '../lib/index.ts'
import { attachBearer, axiosTransport } from '../lib/axios.ts'
import { wrapFetch, fetchTransport } from '../lib/fetch.ts'
import { ${Object.keys(providers).join(', ')} } from '../lib/providers.ts'
const client = { server: 'ns.example', clientId: 'c', clientSecret: 's' }
const manager = createTokenManager({
  provider: netsapiens, grant: 'password', credentials: { ...client, username: 'u', password: 'p' },
})
const bearerFetch = wrapFetch(fetch, { provider: telstra, credentials: { clientId: 'c', clientSecret: 's' } })
`

/** Calls with a mistake, and the name that is to be in the error. */
const MISTAKES = [
  [
    `createTokenManager({ provider: netsapiens, credentials: { ...client, server: 's', username: 'u', password: 'p' } })`,
    /grant/,
  ],
  [`createTokenManager({ provider: telstra, credentials: { clientId: 'c', clientSecrt: 's' } })`, /clientSecrt/],
  [`wrapFetch(fetch, { provider: telstra, credentials: { clientId: 'c', clientSecrt: 's' } })`, /clientSecrt/],
] as const

const TEXTS: Readonly<Record<string, string>> = {
  [FILE]: SAMPLE,
  [MISTAKEN]: `${SAMPLE}${MISTAKES.map(([call]) => call).join('\n')}\n`,
}

function languageService(): ts.LanguageService {
  const { config } = ts.readConfigFile(`${ROOT}tsconfig.json`, (path) => ts.sys.readFile(path)) as { config: unknown }
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT)
  return ts.createLanguageService({
    getScriptFileNames: () => Object.keys(TEXTS),
    getScriptVersion: () => '1',
    getScriptSnapshot: (path) => {
      const text = TEXTS[path] ?? ts.sys.readFile(path)
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
    },
    getCurrentDirectory: () => ROOT,
    getCompilationSettings: () => ({ ...options, noUnusedLocals: false }),
    getDefaultLibFileName: (given) => ts.getDefaultLibFilePath(given),
    fileExists: (path) => path in TEXTS || ts.sys.fileExists(path),
    readFile: (path) => ts.sys.readFile(path),
    readDirectory: (...given) => ts.sys.readDirectory(...given),
    directoryExists: (path) => ts.sys.directoryExists(path),
    getDirectories: (path) => ts.sys.getDirectories(path),
  })
}

describe('The hover', function () {
  this.timeout(60_000)
  let service: ts.LanguageService
  const hover = (name: string, from = 0): string => {
    const info = service.getQuickInfoAtPosition(FILE, SAMPLE.indexOf(name, from))
    return ts.displayPartsToString(info?.displayParts)
  }

  before(() => {
    service = languageService()
  })

  for (const name of [
    ...Object.keys(providers),
    'createTokenManager',
    'createTokenPool',
    'attachBearer',
    'axiosTransport',
    'wrapFetch',
    'fetchTransport',
    'manager',
    'bearerFetch',
  ]) {
    it(`of ${name} is under ${String(MAX_LENGTH)} characters`, () => {
      const shown = hover(name)
      expect(shown, shown).to.contain(name)
      expect(shown.length, shown).to.be.below(MAX_LENGTH)
    })
  }

  for (const name of ['createTokenManager', 'wrapFetch']) {
    it(`of a call of ${name} with a preset contains the preset, and is under ${String(MAX_LENGTH)} characters`, () => {
      const shown = hover(`${name}(`)
      expect(shown).to.match(/Netsapiens|Telstra/)
      expect(shown.length, shown).to.be.below(MAX_LENGTH)
    })
  }

  it('comes with errors that describe the mistake in the lines about the last overload, the only ones that TypeScript 7 shows', () => {
    const told = service.getSemanticDiagnostics(MISTAKEN).map(({ messageText }) =>
      ts
        .flattenDiagnosticMessageText(messageText, '\n')
        .split(/^ *Overload /m)
        .at(-1),
    )
    expect(told).to.have.length(MISTAKES.length)
    MISTAKES.forEach(([, name], index) => expect(told[index]).to.match(name))
  })

  it('is requested for a sample that compiles', () => {
    expect(service.getSemanticDiagnostics(FILE).map(({ messageText }) => messageText)).to.deep.equal([])
  })
})
