// A runner that lets things pass would make every vector worthless: vectors that say something else than what happens must fail.
import { expect } from 'chai'
import { vectorOf } from './files.ts'
import { BINDINGS } from './runner/bindings.ts'
import { VectorFailure } from './runner/check.ts'
import { decoded } from './runner/client.ts'
import type { Action, Happening, Vector } from './runner/format.ts'
import { run } from './runner/run.ts'

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
  ['does not know of a token request', () => expecting(renewed, 1), /happened: 1 x .*client_credentials/],
  ['does not know of an API request', () => expecting(renewed, 2), /happened: 1 x .*apiRequest/],
  ['does not know of an outcome', () => expecting(renewed, 3), /happened: 1 x .*outcome/],
  ['expects another status', () => expecting(renewed, 3, { outcome: 'a', status: 401 }), /expected: 1 x .*401/],
  ['expects an outcome too early', () => early(renewed), /expected: 1 x .*outcome/],
  ['expects an error that none gets', () => expecting(renewed, 3, { outcome: 'a', error: 'refused' }), /refused/],
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
    'expects another moment to try again',
    () => expecting('retry-after-seconds', 1, { outcome: 'a', error: 'no-answer', retryAt: 120_001 }),
    /120001[^]*120000/,
  ],
  ['expects the second attempt a millisecond late', () => delayed(), /happened: .* at 1000$/m],
  [
    'does not know of a cause',
    () => expecting('renewal-fails-for-now', 2, { outcome: 'a', status: 401, body: 'expired' }),
    /cause/,
  ],
  ['leaves an API request without an answer', () => cut(renewed, 3), /callers that got nothing: expected 0, got 1/],
  ['leaves a token request without an answer', () => cut('leaves-while-waiting', 2), /callers that got nothing/],
  [
    'leaves a token request that nobody waits for without an answer',
    () => cut('all-leave', 2),
    /unanswered token requests/,
  ],
  ['leaves a write of the store without an answer', () => cut('write-fails', 5), /unanswered writes/],
  ['ends before all has happened', () => cut('write-fails', 4), /at 3600000:[^]*happened: .*storeWrite.* at 750/],
  ['answers a request that was not made', () => answering(), /no request of a to answer/],
  ['goes back in time', () => backwards(), /comes after/],
]

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
  describe(`Over ${binding.name} a vector fails that`, () => {
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

  it('is told by its own parameters where all that is the same in each is right', () => {
    expect(decoded(right)).to.deep.equal({ grant_type: 'x' })
  })

  it('is told to be wrong where it goes elsewhere, in another form or for another client', () => {
    const { url, headers, body } = right
    expect(decoded({ ...right, url: `${url}s` })).to.include({ WRONG: 'URL' })
    expect(decoded({ ...right, headers: { ...headers, 'content-type': 'text/plain' } })).to.include({
      WRONG: 'content type',
    })
    expect(decoded({ ...right, body: body.replace('value', 'x') })).to.include({ WRONG: 'client authentication' })
  })
})
