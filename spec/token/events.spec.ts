// The events: what each tells, who is told, and that docs/events.md lists them.
import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { wrapFetch } from '../../lib/fetch.ts'
import type { TokenEvent, TokenEvents } from '../../lib/index.ts'
import { memoryStore } from '../../lib/stores/memory.ts'
import { Emitter, Listeners } from '../../lib/token/events.ts'
import { createTokenManager } from '../../lib/token/token-manager.ts'
import { createTokenPool, type TokenPool } from '../../lib/token/token-pool.ts'
import { flush, VirtualClock } from '../support/clock.ts'
import { failureOf } from '../support/failure.ts'
import { answer, FakeEndpoint, refusal } from '../support/fake-endpoint.ts'
import { plain, secrets, setup } from '../support/managers.ts'
import { inTime, Members } from '../support/sessions.ts'
import { SharedMemory } from '../support/stores.ts'

const second = 1_000
const hour = 3_600 * second

type Name = TokenEvent['name']

interface Source {
  on(name: '*', listener: (event: TokenEvent) => void): () => void
}

/** All events, in their order. */
function eventsOf(source: Source): TokenEvent[] {
  const events: TokenEvent[] = []
  source.on('*', (event) => events.push(event))
  return events
}

const named = <N extends Name>(events: readonly TokenEvent[], name: N): TokenEvents[N][] =>
  events.filter((event): event is TokenEvents[N] & TokenEvent => event.name === name)

const namesOf = (events: readonly TokenEvent[]): Name[] => events.map(({ name }) => name)

/** A pool of accounts whose password grant gives no refresh token. */
function poolOf(options: { readonly maxAccounts?: number; readonly concurrency?: number } = {}): {
  readonly clock: VirtualClock
  readonly endpoint: FakeEndpoint
  readonly pool: TokenPool
} {
  const clock = new VirtualClock()
  const endpoint = new FakeEndpoint()
  const { clientId, clientSecret } = secrets
  const pool = createTokenPool({
    provider: plain,
    grant: 'password',
    credentials: (username) => ({ clientId, clientSecret, username, password: `password of ${username}` }),
    transport: endpoint.transport,
    clock,
    ...options,
  })
  return { clock, endpoint, pool }
}

describe('The events acquired, renewed, shared and failed', () => {
  it('contain waiters, duration, waited and expiresAt', async () => {
    const { clock, endpoint, tokens } = setup()
    const events = eventsOf(tokens)
    const release = endpoint.hold()
    const callers = [tokens.token(), tokens.token(), tokens.token()]
    await clock.advance(70)
    release()
    const [token] = await Promise.all(callers)
    expect(named(events, 'acquired')).to.deep.equal([
      {
        name: 'acquired',
        provider: 'plain',
        grant: 'client_credentials',
        generation: 1,
        fingerprint: token?.fingerprint,
        expiresAt: token?.expiresAt,
        duration: 70,
        waiters: 3,
        waited: 70,
      },
    ])
  })

  it('omit expiresAt where the response has no expires_in', async () => {
    const { endpoint, tokens } = setup()
    const events = eventsOf(tokens)
    endpoint.lifetime = undefined
    await tokens.token()
    expect(named(events, 'acquired')[0]).to.not.have.property('expiresAt')
  })

  it('count time in the queue of a pool in waited, not in duration', async () => {
    const { clock, endpoint, pool } = poolOf({ concurrency: 1 })
    const events = eventsOf(pool)
    const release = endpoint.hold()
    const callers = [pool.for('a').token(), pool.for('b').token()]
    await clock.advance(300)
    release()
    await Promise.all(callers)
    const [first, queued] = named(events, 'acquired')
    expect(first).to.include({ account: 'a', duration: 300, waited: 300 })
    expect(queued).to.include({ account: 'b', duration: 0, waited: 300 })
  })

  it('count waited from the first caller of a background renewal; 0 where no caller waits', async () => {
    const { clock, endpoint, tokens } = setup()
    const events = eventsOf(tokens)
    await tokens.token()
    await clock.advance(hour - 300 * second)
    let release = endpoint.hold()
    tokens.peek()
    await clock.advance(40)
    release()
    await flush()
    await clock.advance(hour - 300 * second)
    release = endpoint.hold()
    tokens.peek()
    await clock.advance(40)
    const caller = tokens.token({ minValidity: hour })
    await clock.advance(20)
    release()
    await caller
    const [first, next] = named(events, 'renewed')
    expect(first).to.include({ duration: 40, waiters: 0, waited: 0, generation: 2 })
    expect(next).to.include({ duration: 60, waiters: 1, waited: 20, generation: 3 })
  })

  it('count waited from the first caller even if it has left', async () => {
    const { clock, endpoint, tokens } = setup()
    const events = eventsOf(tokens)
    const release = endpoint.hold()
    const gone = failureOf(tokens.token({ timeout: 10 }))
    await clock.advance(30)
    await gone
    const caller = tokens.token()
    await clock.advance(30)
    release()
    await caller
    expect(named(events, 'acquired')[0]).to.include({ duration: 60, waiters: 1, waited: 60 })
  })

  it('measure elapsed time when the system clock is set', async () => {
    const { clock, endpoint, tokens } = setup()
    const events = eventsOf(tokens)
    const release = endpoint.hold()
    const caller = tokens.token()
    await clock.advance(50)
    clock.turn(-hour)
    release()
    await caller
    expect(named(events, 'acquired')[0]).to.include({ duration: 50, waited: 50 })
  })

  it('contain the error that the callers get', async () => {
    const { tokens, endpoint } = setup()
    const events = eventsOf(tokens)
    endpoint.always(refusal('invalid_client', 401))
    const errors = await Promise.all([failureOf(tokens.token()), failureOf(tokens.token())])
    const [failed] = named(events, 'failed')
    expect(failed).to.include({ provider: 'plain', duration: 0, waiters: 2, waited: 0 })
    expect(errors).to.deep.equal([failed?.error, failed?.error])
  })

  it('include a failure of the store that prevented the refresh', async () => {
    const store = new SharedMemory()
    const members = new Members({ store })
    const tokens = members.consented()
    await members.exchange(tokens)
    await members.clock.advance(hour)
    const events = eventsOf(tokens)
    store.always('read', 'throw')
    const error = await failureOf(tokens.token())
    expect(named(events, 'failed').map((event) => event.error)).to.deep.equal([error])
    expect(error).to.include({ reason: 'store' })
  })

  it("contain in waited the time that a member waited for another member's claim", async () => {
    const members = new Members({ store: new SharedMemory() })
    const [first, other] = [members.consented(), members.consented()]
    await members.exchange(first)
    await inTime(members.clock, other.token())
    await members.clock.advance(hour)
    const [events, others] = [eventsOf(first), eventsOf(other)]
    const release = members.server.holdNext()
    const renewing = first.token()
    await flush()
    const waiting = other.token()
    await members.clock.advance(400)
    release()
    const token = await inTime(members.clock, waiting)
    await renewing
    expect(named(events, 'renewed')[0]).to.include({ account: 'ann', duration: 400, waited: 400, waiters: 1 })
    const [shared] = named(others, 'shared')
    expect(shared).to.include({
      account: 'ann',
      fingerprint: token.fingerprint,
      expiresAt: token.expiresAt,
      waiters: 1,
    })
    expect(shared?.waited).to.be.at.least(400)
    expect(shared?.duration).to.equal(shared?.waited)
  })
})

describe('A renewal of a shared session', () => {
  it('emits failed where another member found the token endpoint unavailable', async () => {
    const members = new Members({ store: new SharedMemory() })
    const [first, other] = [members.consented(), members.consented()]
    await members.exchange(first)
    await members.clock.advance(hour)
    members.server.always(answer(503, ''))
    await inTime(members.clock, failureOf(first.token()))
    const events = eventsOf(other)
    const error = await failureOf(other.token())
    expect(namesOf(events).filter((name) => name !== 'status')).to.deep.equal(['breaker-opened', 'failed'])
    expect(named(events, 'failed')[0]?.error).to.equal(error)
  })

  it('emits shared where another member took over the claim and renewed first', async () => {
    const store = new SharedMemory()
    const members = new Members({ store })
    const tokens = members.consented()
    await members.exchange(tokens)
    await members.clock.advance(hour)
    const events = eventsOf(tokens)
    const release = members.server.holdNext()
    const waiting = tokens.token()
    await flush()
    const theirs = { accessToken: 'their-token', scheme: 'Bearer', obtainedAt: members.clock.now(), lifetime: hour }
    const [slot = ''] = Object.keys(store.record()?.tokens ?? {})
    store.renewed({ refreshToken: members.server.login().refreshToken, tokens: { [slot]: theirs } })
    release()
    const token = await inTime(members.clock, waiting)
    expect(token.accessToken).to.equal('their-token')
    expect(namesOf(events)).to.include('shared').and.not.include('renewed')
    expect(named(events, 'shared')[0]).to.include({ fingerprint: token.fingerprint, waiters: 1 })
  })
})

describe('The event attempt-failed', () => {
  it('is emitted for each failed attempt, with its reason and the time until the next', async () => {
    const { clock, endpoint, tokens } = setup()
    const events = eventsOf(tokens)
    endpoint.next(answer(503, ''), { failure: 'unreachable', networkCode: 'ECONNREFUSED' })
    await inTime(clock, tokens.token())
    const common = { name: 'attempt-failed', provider: 'plain', grant: 'client_credentials', code: 'ERR_TOKEN_REQUEST' }
    expect(named(events, 'attempt-failed')).to.deep.equal([
      { ...common, attempt: 1, reason: 'unavailable', status: 503, retryIn: 1_000 },
      { ...common, attempt: 2, reason: 'unreachable', networkCode: 'ECONNREFUSED', retryIn: 2_000 },
    ])
    expect(namesOf(events)).to.deep.equal(['status', 'attempt-failed', 'attempt-failed', 'status', 'acquired'])
  })

  it('has no retryIn after the last attempt', async () => {
    const { clock, endpoint, tokens } = setup()
    const events = eventsOf(tokens)
    endpoint.always(answer(429, '', { 'retry-after': '2' }))
    await inTime(clock, failureOf(tokens.token()))
    expect(named(events, 'attempt-failed').map(({ attempt, retryIn }) => [attempt, retryIn])).to.deep.equal([
      [1, 2_000],
      [2, 2_000],
      [3, undefined],
    ])
    expect(named(events, 'attempt-failed')[2]).to.not.have.property('retryIn')
  })

  it("contains the server's error code, or the reason why a response has no token", async () => {
    for (const [given, told] of [
      [refusal('invalid_client', 401), { code: 'ERR_OAUTH', reason: 'invalid_client', status: 401 }],
      [answer(200, '{}'), { code: 'ERR_TOKEN_RESPONSE', reason: 'no_token', status: 200 }],
    ] as const) {
      const { endpoint, tokens } = setup()
      const events = eventsOf(tokens)
      endpoint.always(given)
      await failureOf(tokens.token())
      expect(named(events, 'attempt-failed')[0]).to.include({ attempt: 1, ...told })
    }
  })

  it('has no status where no response could be read', async () => {
    const { clock, endpoint, tokens } = setup()
    const events = eventsOf(tokens)
    endpoint.always({ failure: 'too_large' })
    await inTime(clock, failureOf(tokens.token()))
    expect(named(events, 'attempt-failed')[0]).to.include({ reason: 'too_large' }).and.not.have.property('status')
  })

  it('is emitted for an attempt that the deadline aborts, not for a pause between attempts', async () => {
    const { clock, endpoint, tokens } = setup()
    const events = eventsOf(tokens)
    endpoint.next('hang')
    await inTime(clock, failureOf(tokens.token()))
    expect(named(events, 'attempt-failed')).to.have.length(1)
    expect(named(events, 'attempt-failed')[0]).to.include({ attempt: 1, reason: 'timeout' })
  })

  it('is not emitted where no request was sent', async () => {
    const endpoint = new FakeEndpoint()
    const tokens = createTokenManager({
      provider: plain,
      grant: 'client_credentials',
      credentials: { clientId: 'the-client', clientSecret: () => Promise.reject(new Error('no vault')) },
      transport: endpoint.transport,
      clock: new VirtualClock(),
    })
    const events = eventsOf(tokens)
    await failureOf(tokens.token())
    expect(endpoint.calls).to.equal(0)
    expect(namesOf(events)).to.include('failed').and.not.include('attempt-failed')
  })

  it('has retryIn where a refresh token is sent again after a lost response, and numbers the attempts on', async () => {
    const members = new Members()
    const tokens = members.consented()
    await members.exchange(tokens)
    await members.clock.advance(hour)
    const events = eventsOf(tokens)
    members.server.next('dropped', answer(503, ''))
    await inTime(members.clock, tokens.token())
    expect(
      named(events, 'attempt-failed').map(({ attempt, grant, retryIn }) => [attempt, grant, retryIn]),
    ).to.deep.equal([
      [1, 'refresh_token', 1_000],
      [2, 'refresh_token', 1_000],
    ])
    expect(members.server.presented).to.deep.equal(['RT-1', 'RT-1', 'RT-1'])
  })

  it('has no retryIn where a refresh token is not sent again after a lost response', async () => {
    for (const [onAmbiguousRefresh, expected] of [
      ['never', [[1, undefined]]],
      [
        'retry',
        [
          [1, 1_000],
          [2, undefined],
        ],
      ],
    ] as const) {
      const members = new Members({ onAmbiguousRefresh })
      const tokens = members.consented()
      await members.exchange(tokens)
      await members.clock.advance(hour)
      const events = eventsOf(tokens)
      members.server.always('dropped')
      await inTime(members.clock, failureOf(tokens.token()))
      expect(named(events, 'attempt-failed').map(({ attempt, retryIn }) => [attempt, retryIn])).to.deep.equal(expected)
    }
  })

  it('continues the numbering where another grant follows in the same renewal', async () => {
    const members = new Members()
    const tokens = members.password()
    await tokens.token()
    await members.clock.advance(hour)
    const events = eventsOf(tokens)
    members.server.next(refusal('invalid_grant'), answer(503, ''))
    await inTime(members.clock, tokens.token())
    expect(named(events, 'attempt-failed').map(({ attempt, grant, reason }) => [attempt, grant, reason])).to.deep.equal(
      [
        [1, 'refresh_token', 'invalid_grant'],
        [2, 'password', 'unavailable'],
      ],
    )
  })

  it('is emitted for a code exchange too', async () => {
    const members = new Members()
    const tokens = members.consented()
    const events = eventsOf(tokens)
    members.server.next(answer(503, ''))
    await inTime(members.clock, members.exchange(tokens))
    expect(named(events, 'attempt-failed')[0]).to.include({ attempt: 1, grant: 'authorization_code', retryIn: 1_000 })
    expect(namesOf(events)).to.include('adopted')
  })

  it('is emitted once per attempt, also for a transport that calls again()', async () => {
    for (const asks of [0, 1, 3]) {
      const clock = new VirtualClock()
      const tokens = createTokenManager({
        provider: plain,
        grant: 'client_credentials',
        credentials: { clientId: 'the-client', clientSecret: 'client-secret-value' },
        clock,
        transport: async (call) => {
          await call.prepare()
          const result = refusal('invalid_scope')
          for (let n = 0; n < asks; n += 1) await call.again(result)
          return result
        },
      })
      const events = eventsOf(tokens)
      await failureOf(tokens.token())
      expect(named(events, 'attempt-failed'), `${String(asks)} questions`).to.have.length(1)
    }
  })
})

describe('The events breaker-opened and breaker-closed of the token endpoint', () => {
  /** After a renewal that failed for now. */
  async function paused() {
    const its = setup()
    const events = eventsOf(its.tokens)
    its.endpoint.always(answer(503, ''))
    const error = await inTime(its.clock, failureOf(its.tokens.token()))
    return { ...its, events, error }
  }
  const breakers = (events: readonly TokenEvent[]): TokenEvent[] =>
    events.filter(({ name }) => name === 'breaker-opened' || name === 'breaker-closed')
  const closed = { name: 'breaker-closed', provider: 'plain', breaker: 'token-endpoint' }

  it('are emitted when a pause begins, with retryAt, and when a request succeeds after it', async () => {
    const { clock, endpoint, tokens, events, error } = await paused()
    const { retryAt } = error as { retryAt?: number }
    const opened = { name: 'breaker-opened', provider: 'plain', breaker: 'token-endpoint', retryAt }
    expect(breakers(events)).to.deep.equal([opened])
    expect(retryAt).to.be.above(clock.now())
    await failureOf(tokens.token())
    expect(breakers(events)).to.deep.equal([opened])
    endpoint.always(undefined)
    await clock.advance(2 * second)
    await tokens.token()
    expect(breakers(events)).to.deep.equal([opened, closed])
  })

  it('are emitted as breaker-opened for each pause, without breaker-closed in between', async () => {
    const { clock, tokens, events } = await paused()
    await clock.advance(2 * second)
    await failureOf(tokens.token())
    expect(namesOf(breakers(events))).to.deep.equal(['breaker-opened', 'breaker-opened'])
    const [first, next] = named(events, 'breaker-opened')
    expect(next?.retryAt).to.be.above(first?.retryAt ?? Infinity)
  })

  it('are emitted as one breaker-closed by retryNow(), by adopt() and by clear()', async () => {
    for (const end of ['retryNow', 'adopt', 'clear'] as const) {
      const { tokens, events } = await paused()
      if (end === 'retryNow') tokens.retryNow()
      else await (end === 'adopt' ? tokens.adopt({ accessToken: 'adopted-token' }) : tokens.clear())
      expect(breakers(events).slice(1), end).to.deep.equal([closed])
      tokens.retryNow()
      expect(breakers(events).slice(1), end).to.deep.equal([closed])
    }
  })

  it('are not emitted by retryNow() during a pause set by Retry-After', async () => {
    const { clock, endpoint, tokens } = setup()
    const events = eventsOf(tokens)
    endpoint.always(answer(429, '', { 'retry-after': '120' }))
    await inTime(clock, failureOf(tokens.token()))
    tokens.retryNow()
    expect(namesOf(breakers(events))).to.deep.equal(['breaker-opened'])
    expect(named(events, 'breaker-opened')[0]).to.include({ retryAt: clock.now() + 120 * second })
  })

  it('are emitted as breaker-closed when the session ends', async () => {
    const members = new Members()
    const tokens = members.consented()
    await members.exchange(tokens)
    await members.clock.advance(hour)
    const events = eventsOf(tokens)
    members.server.always(answer(503, ''))
    await inTime(members.clock, failureOf(tokens.token()))
    members.server.always(refusal('invalid_grant'))
    await members.clock.advance(10 * second)
    await failureOf(tokens.token())
    expect(namesOf(breakers(events))).to.deep.equal(['breaker-opened', 'breaker-closed'])
    expect(namesOf(events)).to.include('reauthentication-required')
  })

  it('are not emitted without a failure', async () => {
    const { tokens } = setup()
    const events = eventsOf(tokens)
    await tokens.token()
    tokens.retryNow()
    await tokens.clear()
    expect(breakers(events)).to.deep.equal([])
  })
})

describe('The events of requests', () => {
  const url = 'https://plain.example/api/things'

  it('contain the status of the rejected request and the token of the replay', async () => {
    const { tokens } = setup()
    const events = eventsOf(tokens)
    const first = await tokens.token()
    const statuses = [401, 200]
    const send = wrapFetch(() => Promise.resolve(new Response(null, { status: statuses.shift() ?? 500 })), tokens)
    expect((await send(url)).status).to.equal(200)
    const { fingerprint, generation } = await tokens.token()
    expect(fingerprint).to.not.equal(first.fingerprint)
    expect(named(events, 'replayed')).to.deep.equal([
      { name: 'replayed', provider: 'plain', origin: 'https://plain.example', status: 401, fingerprint, generation },
    ])
  })

  it('contain the reason why a request is not replayed', async () => {
    const { tokens } = setup()
    const events = eventsOf(tokens)
    await wrapFetch(() => Promise.resolve(new Response(null, { status: 403 })), tokens)(url)
    expect(named(events, 'replay-skipped')).to.deep.equal([
      { name: 'replay-skipped', provider: 'plain', origin: 'https://plain.example', status: 403, reason: 'forbidden' },
    ])
  })
})

describe("on('*', listener)", () => {
  it('is called with every event in order, with provider and account', async () => {
    const members = new Members({ store: memoryStore() })
    const tokens = members.password()
    const events = eventsOf(tokens)
    await tokens.token()
    await tokens.clear()
    expect(namesOf(events)).to.deep.equal(['status', 'status', 'acquired', 'status', 'cleared'])
    for (const event of events) expect(event).to.include({ provider: 'strict', account: 'ann' })
  })

  it('is called with the same object as the listeners of that name, after them', async () => {
    const { tokens } = setup()
    const told: [string, TokenEvent][] = []
    tokens.on('*', (event) => told.push(['all', event]))
    tokens.on('acquired', (event) => told.push(['one', event]))
    await tokens.token()
    const acquired = told.filter(([, { name }]) => name === 'acquired')
    expect(acquired.map(([who]) => who)).to.deep.equal(['one', 'all'])
    expect(acquired[0]?.[1]).to.equal(acquired[1]?.[1])
  })

  // Fault 39
  it('does not affect others when it throws or rejects', async () => {
    const { pool } = poolOf()
    let heard = 0
    const rejecting: () => unknown = () => Promise.reject(new Error('a listener of no use'))
    for (const source of [pool, pool.for('a')]) {
      source.on('*', () => {
        throw new Error('a listener of no use')
      })
      source.on('*', rejecting)
      source.on('*', () => {
        heard += 1
      })
    }
    expect((await pool.for('a').token()).accessToken).to.equal('AT-1')
    expect(heard).to.equal(6)
  })

  it('is removed by the returned function', async () => {
    const { tokens } = setup()
    const events: TokenEvent[] = []
    const stop = tokens.on('*', (event) => events.push(event))
    stop()
    await tokens.token()
    expect(events).to.deep.equal([])
  })
})

describe('Emitter.emit(name, fields)', () => {
  it('creates no event object without a listener for that name', () => {
    const pool = new Listeners()
    const emitter = new Emitter({ provider: 'plain' }, pool)
    // The detector of secrets reads the fields of every event, whoever listens.
    const reads = (): number => {
      let count = 0
      const fields = {
        get elsewhere() {
          count += 1
          return true
        },
      }
      emitter.emit('cleared', () => fields)
      return count
    }
    const byDetector = reads()
    emitter.on('renewed', () => undefined)
    pool.on('renewed', () => undefined)
    expect(reads()).to.equal(byDetector)
    for (const listeners of [emitter, pool]) {
      const stop = listeners.on('*', () => undefined)
      expect(reads()).to.equal(byDetector + 1)
      stop()
      expect(reads()).to.equal(byDetector)
    }
  })
})

describe('pool.on(name, listener)', () => {
  it('is called with the events of present, future and evicted managers', async () => {
    const { clock, pool } = poolOf({ maxAccounts: 1 })
    const before = pool.for('before')
    const accounts: (string | undefined)[] = []
    const stop = pool.on('acquired', ({ account }) => accounts.push(account))
    await before.token()
    await pool.for('after').token()
    expect(pool.size).to.equal(1)
    await pool.for('after', { scope: 'read' }).token()
    expect(accounts).to.deep.equal(['before', 'after', 'after'])
    const renewed: (string | undefined)[] = []
    pool.on('renewed', ({ account }) => renewed.push(account))
    await clock.advance(hour)
    await before.token()
    expect(renewed).to.deep.equal(['before'])
    stop()
    await pool.for('another').token()
    expect(accounts).to.have.length(3)
  })

  it('is called once per event, and listeners of managers with their own events', async () => {
    const { pool } = poolOf()
    const [all, own, other] = [eventsOf(pool), eventsOf(pool.for('a')), eventsOf(pool.for('b'))]
    await pool.for('a').token()
    expect(all).to.deep.equal(own)
    expect(namesOf(own)).to.deep.equal(['status', 'status', 'acquired'])
    expect(other).to.deep.equal([])
  })

  it('throws a TypeError for a wrong name and a wrong listener', () => {
    const { pool } = poolOf()
    expect(() => pool.on('renew' as never, () => undefined)).to.throw(TypeError, 'name: expected one of acquired')
    expect(() => pool.on('renewed', 'x' as never)).to.throw(TypeError, 'listener: expected a function')
  })
})

describe('docs/events.md', () => {
  interface Documented {
    readonly required: readonly string[]
    readonly optional: readonly string[]
  }
  let documented: Map<string, Documented>

  before(async () => {
    const page = await readFile(new URL('../../docs/events.md', import.meta.url), 'utf8')
    const rows = [...page.matchAll(/^\| `([a-z-]+)` \| \S.* \| (`.*`) \|$/gm)]
    documented = new Map(
      rows.map(([, name = '', cell = '']) => {
        const fields = [...cell.matchAll(/`(\w+)(\??)`/g)]
        const pick = (mark: string): string[] => fields.filter(([, , m]) => m === mark).map(([, field = '']) => field)
        return [name, { required: pick(''), optional: pick('?') }]
      }),
    )
    expect(documented.size, 'each event once').to.equal(rows.length)
  })

  it('lists exactly the events that exist', () => {
    const { tokens } = setup()
    let names: string[] = []
    try {
      tokens.on('' as never, () => undefined)
    } catch (error) {
      names = /one of (.*), got/.exec(String(error))?.[1]?.split(', ') ?? []
    }
    expect([...documented.keys(), '*']).to.have.members(names)
  })

  it('lists exactly the fields of each event', async () => {
    const events = await programOfAllEvents()
    expect(new Set(namesOf(events))).to.deep.equal(new Set(documented.keys()))
    const seen = new Map<string, Set<string>>()
    for (const event of events) {
      const { required, optional } = documented.get(event.name) ?? { required: [], optional: [] }
      const fields = Object.keys(event).filter((field) => !['name', 'provider', 'account'].includes(field))
      expect(fields, event.name).to.include.members(required)
      expect([...required, ...optional], event.name).to.include.members(fields)
      seen.set(event.name, new Set([...(seen.get(event.name) ?? []), ...fields]))
    }
    for (const [name, { required, optional }] of documented)
      expect([...(seen.get(name) ?? [])], name).to.have.members([...required, ...optional])
  })
})

/** Makes every event come, and each with each of its fields. */
async function programOfAllEvents(): Promise<TokenEvent[]> {
  const store = new SharedMemory()
  const members = new Members({ store })
  const { clock, server } = members
  const [first, other] = [members.consented(), members.consented()]
  const events = eventsOf(first)
  other.on('*', (event) => events.push(event))
  await members.exchange(first)
  await clock.advance(hour - 300 * second)
  first.peek()
  await flush()
  await inTime(clock, other.token())
  await clock.advance(hour)
  server.next(answer(503, ''))
  const renewing = first.token()
  await inTime(clock, Promise.all([renewing, other.token()]))
  // The holder of a claim is gone.
  await clock.advance(hour)
  store.renewed({ refreshToken: server.login().refreshToken })
  const record = store.record()
  if (record) store.put({ ...record, claim: { by: 'the-dead', for: 35_000, spends: false } })
  await inTime(clock, first.token())
  await other.adopt({ accessToken: 'adopted-token' })
  await flush()
  await first.clear()
  await flush()
  await members.exchange(first)
  await clock.advance(hour)
  server.always(answer(503, ''))
  await inTime(clock, failureOf(first.token()))
  first.retryNow()
  server.always(refusal('invalid_grant'))
  await clock.advance(60 * second)
  await inTime(clock, failureOf(first.token()))
  await inTime(clock, failureOf(other.token()))
  store.next('read', 'hang')
  await clock.advance(2 * second)
  await inTime(clock, failureOf(other.token()))
  store.put('{"half')
  await clock.advance(2 * second)
  await inTime(clock, failureOf(other.token()))

  const client = setup()
  client.tokens.on('*', (event) => events.push(event))
  client.endpoint.next({ failure: 'unreachable', networkCode: 'ENOTFOUND' })
  await inTime(client.clock, client.tokens.token())
  const statuses = [403, 401, 401, 401, 401, 200]
  const answering = (): Promise<Response> => Promise.resolve(new Response(null, { status: statuses.shift() ?? 200 }))
  const send = wrapFetch(answering, client.tokens)
  for (let n = 0; n < 5; n += 1) await send('https://plain.example/api/things')
  return events
}
