// Runs the vectors of device authorization.
import '../support/instant-digest.ts'
import { expect } from 'chai'
import { createTokenManager, isTokenError, type TokenManager } from '../../lib/index.ts'
import { type DeviceAuthorization, deviceAuthorization, oauth2, type OAuth2Options } from '../../lib/providers.ts'
import type { WireResult } from '../../lib/token-endpoint/transport.ts'
import { flush, VirtualClock } from '../support/clock.ts'
import { answer, FakeEndpoint } from '../support/fake-endpoint.ts'
import { leakDetector } from '../support/leak-detector.ts'
import { itHoldsItsSchema, itIsExplained } from './family.ts'
import { read } from './files.ts'
import { API, CREDENTIALS, decoded } from './runner/client.ts'
import { nameOf } from './runner/outcome.ts'

type Fields = Readonly<Record<string, unknown>>

interface Answer {
  readonly status?: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly failure?: 'unreachable' | 'lost'
  readonly silent?: true
  readonly takes?: number
}

interface Wait {
  readonly at: number
  readonly by?: 'client'
  readonly until: number
  readonly outcome: Fields
}

interface Poll {
  readonly at: number
  readonly params?: Readonly<Record<string, string>>
  readonly answer: Answer
}

interface DeviceVector {
  readonly name: string
  readonly claim: string
  readonly config?: { readonly scope?: string; readonly resource?: string }
  readonly abort?: number
  readonly clear?: number
  readonly request?: Readonly<Record<string, string>>
  readonly answer: Answer
  readonly result: Fields
  readonly polls: readonly Poll[]
  readonly waits: readonly Wait[]
}

// More turns of the event loop than any chain of promises here takes.
const TURNS = 4
const HOUR = 3_600_000
const DEVICE_ENDPOINT = 'https://as.example.com/device_authorization'
const POLL = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: 'the-device-code' }

const { vectors } = read('device.json') as { readonly vectors: readonly DeviceVector[] }

describe('The vectors of device authorization', () => {
  itHoldsItsSchema('device', vectors, programOf)

  itIsExplained('Device authorization', vectors)

  for (const vector of vectors) {
    it(`${vector.name}: ${vector.claim}`, async () => {
      expect(await happened(vector)).to.deep.equal(expected(vector))
    })
  }

  it('fail where a request, a time or an outcome differs', async () => {
    for (const vector of vectors) {
      const seen = await happened(vector)
      for (const [change, wrong] of Object.entries(changesOf(vector)))
        expect(seen, `${vector.name}, ${change}`).not.to.deep.equal(expected(wrong))
    }
  })

  it('fail where the client polls more often than there are responses, or does not poll', async () => {
    for (const vector of vectors) {
      const [poll] = vector.polls
      if (!poll) continue
      const [fewer, more] = [vector.polls.slice(0, -1), [...vector.polls, poll]]
      for (const polls of [fewer, more])
        expect(await happened({ ...vector, polls }), vector.name).not.to.deep.equal(expected({ ...vector, polls }))
    }
  })
})

function programOf({ config, answer, polls, waits, abort, clear }: DeviceVector): unknown {
  return [config, answer, polls.map((poll) => poll.answer), waits.map(({ at }) => at), abort, clear]
}

/** Vectors that say something else of the same program. */
function changesOf(vector: DeviceVector): Readonly<Record<string, DeviceVector>> {
  const { polls, waits, request } = vector
  const changes: Record<string, DeviceVector> = {
    'another request': { ...vector, request: { ...request, more: '1' } },
    'another result': { ...vector, result: { ...vector.result, more: '1' } },
  }
  polls.forEach((poll, index) => {
    for (const by of [-1, 1])
      changes[`poll ${String(index)} moved by ${String(by)}`] = {
        ...vector,
        polls: polls.with(index, { ...poll, at: poll.at + by }),
      }
  })
  waits.forEach((wait, index) => {
    const [late, other] = [{ until: wait.until + 1 }, { outcome: { token: 'AT-9' } }]
    changes[`wait ${String(index)} until later`] = { ...vector, waits: waits.with(index, { ...wait, ...late }) }
    changes[`wait ${String(index)} for another outcome`] = {
      ...vector,
      waits: waits.with(index, { ...wait, ...other }),
    }
  })
  return changes
}

interface Happenings {
  readonly request: Fields
  readonly result: Fields
  readonly polls: readonly Fields[]
  readonly waits: readonly Fields[]
}

function expected({ request = {}, result, polls, waits }: DeviceVector): Happenings {
  return {
    request,
    result,
    polls: polls.map(({ at, params }) => ({ at, ...POLL, ...params })),
    waits: waits.map(({ until, outcome }) => ({ until, ...outcome })),
  }
}

async function happened(vector: DeviceVector): Promise<Happenings> {
  const clock = new VirtualClock()
  const endpoint = new FakeEndpoint()
  const polls: Fields[] = []
  const tokens = client(vector, clock, endpoint)
  const leaves = new AbortController()
  endpoint.next(await resultOf(vector.answer, clock))
  endpoint.always(() => {
    const request = endpoint.requests.at(-1)
    const { answer = { silent: true } } = vector.polls[polls.length] ?? {}
    polls.push({ at: clock.monotonic(), ...(request && decoded(request)) })
    return resultOf(answer, clock)
  })
  const startedAt = clock.now()
  const { device, result } = await authorization(tokens, leaves.signal, startedAt)
  const waits: Fields[] = vector.waits.map(() => ({}))
  for (const [index, { at, by }] of vector.waits.entries()) {
    clock.after(at, () => {
      void outcomeOf(by === 'client' ? tokens.token() : device?.token()).then((outcome) => {
        waits[index] = { until: clock.monotonic(), ...outcome }
      })
    })
  }
  if (vector.abort !== undefined) {
    clock.after(vector.abort, () => {
      leaves.abort(ABORTED)
    })
  }
  if (vector.clear !== undefined) {
    clock.after(vector.clear, () => {
      void tokens.clear()
    })
  }
  await pass(clock)
  const [first] = endpoint.requests
  return { request: first ? decoded(first, DEVICE_ENDPOINT) : {}, result, polls, waits }
}

/** An hour passes; each timer is followed by all it sets off. */
async function pass(clock: VirtualClock): Promise<void> {
  do for (let turn = 0; turn < TURNS; turn += 1) await flush()
  while (clock.monotonic() < HOUR && (await clock.advanceToNext()) !== undefined)
}

const ABORTED = new Error('aborted')

async function authorization(
  tokens: TokenManager,
  signal: AbortSignal,
  startedAt: number,
): Promise<{ readonly device?: DeviceAuthorization; readonly result: Fields }> {
  try {
    const device = await deviceAuthorization(tokens, { signal })
    const { userCode, verificationUri, verificationUriComplete, expiresAt } = device
    const shown = {
      user_code: userCode,
      verification_uri: verificationUri,
      ...(verificationUriComplete !== undefined && { verification_uri_complete: verificationUriComplete }),
      expires_at: expiresAt - startedAt,
    }
    return { device, result: { shown } }
  } catch (error) {
    return { result: failure(error) }
  }
}

async function outcomeOf(token: Promise<{ readonly accessToken: string }> | undefined): Promise<Fields> {
  try {
    return { token: (await token)?.accessToken }
  } catch (error) {
    return failure(error)
  }
}

function failure(error: unknown): Fields {
  leakDetector().inspect('a rejection', error)
  if (error === ABORTED) return { error: 'aborted' }
  return { error: nameOf(error), ...(isTokenError(error) && 'error' in error && { oauth: error.error }) }
}

async function resultOf(given: Answer, clock: VirtualClock): Promise<WireResult> {
  const { status = 200, body = '', headers = {}, failure, silent, takes = 0 } = given
  if (silent) return new Promise(() => undefined)
  if (takes > 0) {
    await new Promise<void>((resolve) => {
      clock.after(takes, resolve)
    })
  }
  return failure ? { failure } : answer(status, body, headers)
}

function client({ config = {} }: DeviceVector, clock: VirtualClock, { transport }: FakeEndpoint): TokenManager {
  const options: OAuth2Options = {
    tokenEndpoint: 'https://as.example.com/token',
    deviceAuthorizationEndpoint: DEVICE_ENDPOINT,
    clientAuthentication: 'client_secret_post',
    grants: ['device_code'],
    api: API,
    ...config,
  }
  return createTokenManager({ provider: oauth2(options), credentials: CREDENTIALS, clock, transport })
}
