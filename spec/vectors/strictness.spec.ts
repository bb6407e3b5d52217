// A runner that lets things pass would make every vector worthless: vectors that say something else than what happens must fail.
import { expect } from 'chai'
import { type SessionRecord, writeRecord } from '../../lib/token/session-record.ts'
import { vectorOf } from './files.ts'
import { BINDINGS } from './runner/bindings.ts'
import { VectorFailure } from './runner/check.ts'
import { decoded, revoked } from './runner/client.ts'
import type { Action, Happening, Vector } from './runner/format.ts'
import { Log } from './runner/log.ts'
import { run } from './runner/run.ts'
import { Store } from './runner/store.ts'

interface Draft {
  at: number
  do?: Action[]
  expect: Happening[]
}

/** A vector whose steps were changed. */
function changed(name: string, change: (steps: Draft[]) => void): Vector {
  const vector = vectorOf(name)
  const steps = structuredClone(vector.steps) as Draft[]
  change(steps)
  return { ...vector, steps }
}

/** Replaces one expectation of one step; with nothing: takes it away. */
function expecting(name: string, step: number, ...instead: Happening[]): Vector {
  return changed(name, (steps) => {
    steps[step]?.expect.splice(0, 1, ...instead)
  })
}

function ending(name: string, end: Partial<Vector['end']>): Vector {
  const vector = vectorOf(name)
  return { ...vector, end: { ...vector.end, ...end } }
}

const renewed = 'renewed-and-sent-once-more'
const CASES: readonly (readonly [what: string, vector: () => Vector, told: RegExp])[] = [
  [
    'expects too many token requests in all',
    () => ending(renewed, { tokenRequests: 2 }),
    /the end: .*"tokenRequests":2/,
  ],
  ['expects too few API requests in all', () => ending(renewed, { apiRequests: 1 }), /the end: .*"apiRequests":1/],
  ['expects another token in the store', () => ending(renewed, { store: null }), /the end: .*"store":null/],
  [
    'expects another token on a request',
    () => expecting(renewed, 2, { apiRequest: 'a', bearer: 'AT-0' }),
    /AT-0[^]*AT-1/,
  ],
  ['expects no token on a request', () => expecting(renewed, 0, { apiRequest: 'a', bearer: null }), /null/],
  ['omits a token request', () => expecting(renewed, 1), /happened: 1 x .*client_credentials/],
  ['omits an API request', () => expecting(renewed, 2), /happened: 1 x .*apiRequest/],
  ['omits an outcome', () => expecting(renewed, 3), /happened: 1 x .*outcome/],
  ['expects another status', () => expecting(renewed, 3, { outcome: 'a', status: 401 }), /expected: 1 x .*401/],
  ['expects an outcome too early', () => early(renewed), /expected: 1 x .*outcome/],
  ['expects an error that does not occur', () => expecting(renewed, 3, { outcome: 'a', error: 'refused' }), /refused/],
  [
    'expects one caller fewer',
    () => expecting('hundred-at-once', 2, { outcome: 'a', status: 200, times: 99 }),
    /happened: 1 x/,
  ],
  [
    'expects one caller more',
    () => expecting('hundred-at-once', 2, { outcome: 'a', status: 200, times: 101 }),
    /expected: 1 x/,
  ],
  [
    'expects another refresh token',
    () => expecting('new-one-replaces', 3, { tokenRequest: { grant_type: 'refresh_token', refresh_token: 'RT-0' } }),
    /RT-0[^]*RT-1/,
  ],
  [
    'expects another retryAt',
    () => expecting('retry-after-seconds', 1, { outcome: 'a', error: 'no-answer', retryAt: 120_001 }),
    /120001[^]*120000/,
  ],
  ['expects the second attempt a millisecond late', () => delayed(), /happened: .* at 1000$/m],
  [
    'omits a cause',
    () => expecting('renewal-fails-for-now', 2, { outcome: 'a', status: 401, body: 'expired' }),
    /cause/,
  ],
  ['omits a revocation', () => unrevoked(), /happened: 1 x .*revocation.*AT-1/],
  [
    'expects another token to be revoked',
    () => expecting('result-revoked-after-clear', 2, { revocation: 'RT-0' }),
    /expected: 1 x .*revocation.*RT-0/,
  ],
  [
    'expects a late write to replace a newer one',
    () => ending('late-write-buries-nothing', { store: { accessToken: 'AT-1', obtainedAt: 0, expiresAt: 100_000 } }),
    /the end: .*AT-1.*AT-3/,
  ],
  ['leaves an API request without a response', () => cut(renewed, 3), /callers that got nothing: expected 0, got 1/],
  ['leaves a token request without a response', () => cut('leaves-while-waiting', 2), /callers that got nothing/],
  [
    'leaves a token request without waiting callers without a response',
    () => cut('all-leave', 2),
    /unanswered token requests/,
  ],
  ['leaves a write of the store unanswered', () => cut('write-fails', 5), /unanswered writes/],
  ['ends before the last event', () => cut('write-fails', 4), /at 3600000:[^]*happened: .*storeWrite.* at 750/],
  ['answers a request that was not made', () => answering(), /no request of a to answer/],
  ['has steps out of order', () => backwards(), /comes after/],
]

function unrevoked(): Vector {
  return changed('result-revoked-after-clear', (steps) => {
    steps[2]?.expect.pop()
  })
}

function cut(name: string, length: number): Vector {
  return changed(name, (steps) => {
    steps.splice(length)
  })
}

function early(name: string): Vector {
  return changed(name, (steps) => {
    const outcomes = steps[3]?.expect.splice(0) ?? []
    steps[2]?.expect.push(...outcomes)
  })
}

function delayed(): Vector {
  return changed('two-failures-then-a-token', (steps) => {
    for (const step of steps.slice(2)) step.at += 1
  })
}

function backwards(): Vector {
  return changed(renewed, (steps) => {
    steps.reverse()
  })
}

function answering(): Vector {
  return changed(renewed, ([first]) => {
    first?.do?.unshift({ answerApi: 'a', status: 200 })
  })
}

for (const binding of BINDINGS) {
  describe(`With ${binding.name}, a vector fails that`, () => {
    for (const [what, vector, told] of CASES) {
      it(what, async () => {
        // Its errors name tokens, as they should: they are the runner's, not the library's.
        const failure = await run(vector(), binding).catch((error: unknown) => error)
        expect(failure).to.be.instanceOf(VectorFailure)
        expect((failure as VectorFailure).message).to.match(told)
      })
    }
  })
}

describe('A token request', () => {
  const right = {
    url: 'https://as.example.com/token',
    method: 'POST' as const,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'grant_type=x&client_id=the-client&client_secret=client-secret-value',
  }

  it('is logged by the parameters of its grant', () => {
    expect(decoded(right)).to.deep.equal({ grant_type: 'x' })
  })

  it('is logged as wrong with another URL, encoding or client', () => {
    const { url, headers, body } = right
    expect(decoded({ ...right, url: `${url}s` })).to.include({ WRONG: 'URL' })
    expect(decoded({ ...right, headers: { ...headers, 'content-type': 'text/plain' } })).to.include({
      WRONG: 'content type',
    })
    expect(decoded({ ...right, body: body.replace('value', 'x') })).to.include({ WRONG: 'client authentication' })
  })
})

describe('A revocation', () => {
  const right = {
    url: 'https://as.example.com/revoke',
    method: 'POST' as const,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'token=RT-1&client_id=the-client&client_secret=client-secret-value',
  }

  it('is logged by its token, with a hint or without', () => {
    expect(revoked(right)).to.equal('RT-1')
    expect(revoked({ ...right, body: `${right.body}&token_type_hint=refresh_token` })).to.equal('RT-1')
  })

  it('is logged as wrong without a token or with another client', () => {
    expect(revoked({ ...right, body: right.body.replace('token=RT-1&', '') })).to.equal('no token')
    expect(revoked({ ...right, body: right.body.replace('value', 'x') })).to.equal('RT-1, WRONG: client authentication')
  })
})

describe('The store of a vector', () => {
  const session = { lineage: 'the-lineage', generation: 0, tokens: {} }
  const result = (accessToken: string): string =>
    writeRecord({ ...session, generation: 1, tokens: { '': { accessToken, scheme: 'Bearer', obtainedAt: 0 } } }).text
  const claim = { by: 'the-holder', for: 35_000, spends: true }
  const storeOf = (): { store: Store; log: Log } => {
    const log = new Log(() => 0)
    return { store: new Store('told', log, 0), log }
  }

  it('answers at once, and logs nothing, for a write that keeps the token', () => {
    const { store, log } = storeOf()
    const bookkeeping: readonly Partial<SessionRecord>[] = [
      { claim },
      { doubt: 1, claim },
      { refused: 1, claim: { by: '', for: 750, spends: false, at: 0 } },
      { end: { kind: 'dead', code: 'invalid_grant' } },
    ]
    let before: string | undefined
    for (const fields of bookkeeping) {
      const { text } = writeRecord({ ...session, ...fields })
      expect(store.swap('the-key', before, text)).to.equal(true)
      before = text
    }
    expect(store.read()).to.equal(before)
    expect(log.take()).to.deep.equal([])
  })

  it('delays the write of a token or a logout until the vector answers it, and then compares the expected text', async () => {
    const { store, log } = storeOf()
    const late = store.swap('the-key', undefined, result('AT-1'))
    const logout = store.swap('the-key', undefined, writeRecord({ ...session, end: { kind: 'cleared' } }).text)
    expect(log.take().map(({ what }) => what)).to.deep.equal([
      { storeWrite: { accessToken: 'AT-1', obtainedAt: 0 } },
      { storeRemove: true },
    ])
    expect(store.waiting).to.equal(2)
    store.answer('done', 'newest')
    store.answer('done')
    expect(await Promise.all([late, logout])).to.deep.equal([false, true])
    expect(store.kept).to.equal(undefined)
  })

  it('counts a repeated write of the same token once, and a write of another token again', async () => {
    const { store, log } = storeOf()
    const { text } = writeRecord({ ...session, claim })
    const first = store.swap('the-key', 'another text', result('AT-1'))
    store.answer('done')
    expect(await first).to.equal(false)
    log.take()
    expect(store.swap('the-key', undefined, result('AT-1'))).to.equal(true)
    expect(log.take()).to.deep.equal([])
    expect(store.swap('the-key', store.read(), text)).to.equal(true)
    void store.swap('the-key', text, result('AT-1'))
    expect(log.take()).to.have.length(1)
  })
})
