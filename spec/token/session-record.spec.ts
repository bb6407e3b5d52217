import { expect } from 'chai'
import { inspect } from 'node:util'
import { readRecord, type RecordFields, writeRecord } from '../../lib/token/session-record.ts'
import { flush } from '../support/clock.ts'
import { leakDetector } from '../support/leak-detector.ts'
import { membersOver } from '../support/sessions.ts'
import { SharedMemory } from '../support/stores.ts'

const hour = 3_600_000

const token = { accessToken: 'AT-in-the-record', scheme: 'Bearer', obtainedAt: Date.UTC(2026, 0, 1), lifetime: hour }
const whole: RecordFields = {
  lineage: 'a-lineage',
  after: 'an-older-lineage',
  generation: 3,
  origin: 'an-origin',
  refreshToken: 'RT-in-the-record',
  tokens: { '': token, 'read write': { ...token, renewIn: 1_000, scope: 'read write' } },
  claim: { by: 'someone', for: 35_000, spends: true },
  doubt: 1,
  refused: 2,
  verifier: { salt: 'salt', digest: 'digest', rounds: 100_000 },
  kept: { tenant: 'x' },
}

/** The text of a record in which one thing is not as it should be. */
function textWith(change: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ...writeRecord(whole).record, ...change })
}

function textWithToken(change: Readonly<Record<string, unknown>>): string {
  return textWith({ tokens: { '': { ...token, ...change } } })
}

describe('writeRecord(fields) and readRecord(text)', () => {
  it('round-trips every field', () => {
    const { text, record } = writeRecord(whole)
    expect(readRecord(text)).to.deep.equal({ kind: 'record', record })
    expect(record).to.deep.include({ ...whole, v: 1 })
    const ended = writeRecord({ lineage: 'x', generation: 0, tokens: {}, end: { kind: 'dead', code: 'invalid_grant' } })
    expect(readRecord(ended.text)).to.deep.equal({ kind: 'record', record: ended.record })
  })

  it('never produces the same text twice', () => {
    const texts = Array.from({ length: 1_000 }, () => writeRecord(whole).text)
    expect(new Set(texts).size).to.equal(1_000)
    expect(writeRecord(whole).record.rev).to.match(/^[\w-]{16}$/)
  })
})

const ABSENT: readonly [what: string, text: unknown][] = [
  ['undefined', undefined],
  ['null', null],
  ['an empty text', ''],
]

const READABLE: readonly [what: string, text: unknown][] = [
  [
    'null for every field that is not there',
    JSON.stringify({
      ...writeRecord({ lineage: 'x', generation: 0, tokens: {} }).record,
      ...{ after: null, origin: null, refreshToken: null, claim: null, doubt: null, refused: null },
      ...{ verifier: null, kept: null, end: null },
    }),
  ],
  ['null in a token', textWithToken({ renewIn: null, scope: null })],
  ['fields that it does not know', textWith({ note: 'added by somebody', more: { deep: [1] } })],
  ['a scheme in another case', textWithToken({ scheme: 'bearer' })],
]

const UNREADABLE: readonly [what: string, text: unknown][] = [
  ['half of the JSON', textWith({}).slice(0, -20)],
  ['no JSON', 'RT-in-the-record'],
  ['JSON that is no object', '"RT-in-the-record"'],
  ['a list', '[]'],
  ['the record as an object', JSON.parse(textWith({}))],
  ['bytes', new TextEncoder().encode(textWith({}))],
  ['a number', 17],
  ['false', false],
  ['NaN in the JSON', textWith({}).replace('"generation":3', '"generation":NaN')],
  ['an ISO date for the moment', textWithToken({ obtainedAt: '2026-01-01T00:00:00.000Z' })],
  ['text for the moment', textWithToken({ obtainedAt: String(token.obtainedAt) })],
  ['null for the moment, as NaN becomes', textWithToken({ obtainedAt: Number.NaN })],
  ['text for the lifetime', textWithToken({ lifetime: '3600000' })],
  ['a negative lifetime', textWithToken({ lifetime: -1 })],
  ['an object for the lifetime', textWithToken({ lifetime: { milliseconds: 3_600_000 } })],
  ['a number for the access token', textWithToken({ accessToken: 4711 })],
  ['an empty access token', textWithToken({ accessToken: '' })],
  ['an access token that cannot be sent', textWithToken({ accessToken: 'AT\r\nin-the-record' })],
  ['no access token', textWithToken({ accessToken: null })],
  ['an unknown scheme', textWithToken({ scheme: 'DPoP' })],
  ['no scheme', textWithToken({ scheme: null })],
  ['a list of tokens', textWith({ tokens: [token] })],
  ['no tokens', textWith({ tokens: null })],
  ['an object for the refresh token', textWith({ refreshToken: { value: 'RT-in-the-record' } })],
  ['a number for the refresh token', textWith({ refreshToken: 4711 })],
  ['a refresh token with control characters', textWith({ refreshToken: 'RT\u0000in-the-record' })],
  ['text for the generation', textWith({ generation: '3' })],
  ['a fraction for the generation', textWith({ generation: 1.5 })],
  ['no lineage', textWith({ lineage: '' })],
  ['no revision', textWith({ rev: null })],
  ['text for the version', textWith({ v: '1' })],
  ['an older version', textWith({ v: 0 })],
  ['no version', textWith({ v: null })],
  ['text for the doubt', textWith({ doubt: '1' })],
  ['a claim without a holder', textWith({ claim: { for: 1, spends: true } })],
  ['a claim for ever', textWith({ claim: { by: 'x', for: null, spends: true } })],
  ['text for a flag', textWith({ claim: { by: 'x', for: 1, spends: 'true' } })],
  ['an end of another kind', textWith({ end: { kind: 'paused' } })],
  ['numbers among what is kept', textWith({ kept: { tenant: 4711 } })],
  ['a verifier without a salt', textWith({ verifier: { digest: 'x', rounds: 1 } })],
]

const LATER: readonly [what: string, text: unknown][] = [
  ['a later version', textWith({ v: 2 })],
  ['a later version of another shape', JSON.stringify({ v: 7, all: 'different' })],
]

describe('readRecord(text)', () => {
  // Fault 112
  for (const [kind, cases] of [
    ['absent', ABSENT],
    ['record', READABLE],
    ['unreadable', UNREADABLE],
    ['version', LATER],
  ] as const)
    for (const [what, text] of cases)
      it(`classifies ${what} as ${kind === 'record' ? 'a record' : kind}`, () => {
        expect(readRecord(text).kind).to.equal(kind)
      })

  it('does not read or write fields of a prototype', () => {
    const read = readRecord(textWith({ tokens: JSON.parse('{"__proto__": {"accessToken": "x"}}') as unknown }))
    expect(read.kind).to.be.oneOf(['record', 'unreadable'])
    expect(({} as { accessToken?: string }).accessToken).to.equal(undefined)
  })
})

describe('A manager whose store holds an invalid record', () => {
  const cases = [
    ...ABSENT.map(([what, text]) => [what, text, []] as const),
    ...UNREADABLE.map(([what, text]) => [what, text, ['unreadable']] as const),
    ...LATER.map(([what, text]) => [what, text, ['version']] as const),
  ]
  for (const [what, text, told] of cases)
    // Fault 112, S31
    it(`gets a token, and emits store-failed once: ${what}`, async () => {
      leakDetector().learn('AT-in-the-record')
      leakDetector().learn('RT-in-the-record')
      let kept = text
      const store = {
        read: () => kept as string,
        swap(_key: string, expected: string | undefined, next: string): boolean {
          if ((kept ?? undefined) !== expected) return false
          kept = next
          return true
        },
      }
      const members = membersOver(store)
      const tokens = members.client()
      const events: { reason?: string | undefined }[] = []
      tokens.on('store-failed', (event) => events.push(event))
      expect((await tokens.token()).accessToken).to.equal('AT-1')
      await members.clock.advance(hour)
      expect((await tokens.token()).accessToken).to.equal('AT-2')
      await members.clock.advance(hour)
      expect((await tokens.token()).accessToken).to.equal('AT-3')
      expect(events.map(({ reason }) => reason)).to.deep.equal(told)
      expect(inspect([events, tokens.status], { depth: 9 })).to.not.contain('in-the-record')
      if (told.length > 0) expect(kept).to.equal(text)
      else expect(readRecord(kept).kind).to.equal('record')
    })

  // S31
  it('replaces unreadable text at a login and at clear()', async () => {
    for (const login of [true, false]) {
      const store = new SharedMemory()
      const members = membersOver(store)
      const tokens = members.consented()
      await tokens.token().catch(() => undefined)
      store.put('{"half')
      await flush()
      if (login) await members.exchange(tokens)
      else await tokens.clear()
      const record = store.record()
      expect(record?.end?.kind).to.equal(login ? undefined : 'cleared')
      expect(record?.refreshToken).to.equal(login ? 'RT-1' : undefined)
    }
  })

  // S31
  it('never replaces a record of a later version', async () => {
    const store = new SharedMemory()
    const members = membersOver(store)
    const tokens = members.consented()
    await tokens.token().catch(() => undefined)
    const text = JSON.stringify({ v: 2, rev: 'x', all: 'different' })
    store.put(text)
    await flush()
    await members.exchange(tokens)
    await members.clock.advance(hour)
    expect((await tokens.token()).accessToken).to.equal('AT-2')
    await tokens.clear()
    await tokens[Symbol.asyncDispose]()
    expect(store.text()).to.equal(text)
  })
})
