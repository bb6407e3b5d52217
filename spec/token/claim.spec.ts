// Claims: one member of a session asks at a time, whatever becomes of it.
import { expect } from 'chai'
import { ReauthenticationRequiredError } from '../../lib/errors.ts'
import { netsapiens } from '../../lib/providers/presets/netsapiens.ts'
import type { Presence, TokenStore } from '../../lib/stores/token-store.ts'
import { createTokenManager, type TokenManager } from '../../lib/token/token-manager.ts'
import { flush, VirtualClock } from '../support/clock.ts'
import { deferred } from '../support/deferred.ts'
import { failureOf } from '../support/failure.ts'
import { answer, FakeEndpoint, refusal } from '../support/fake-endpoint.ts'
import { leakDetector } from '../support/leak-detector.ts'
import { inTime, Members } from '../support/sessions.ts'
import { SharedMemory } from '../support/stores.ts'

const second = 1_000
const hour = 3_600 * second
const day = 24 * hour

const accessToken = async (tokens: TokenManager): Promise<string> => (await tokens.token()).accessToken

/** A store without hints, as a database is; it has what `store` has. */
function withoutHints(store: SharedMemory): TokenStore {
  return { read: (key) => store.read(key), swap: (key, expected, next) => store.swap(key, expected, next) }
}

/** Processes: managers with clocks of their own, over one store and one server. */
class Processes {
  readonly store = new SharedMemory()
  readonly members = new Members({ store: withoutHints(this.store) })
  readonly clocks: VirtualClock[] = []

  get server(): Members['server'] {
    return this.members.server
  }

  /** One more process whose clock is `skew` milliseconds ahead. */
  start(
    skew = 0,
    presence?: Presence,
    clientSecret?: () => Promise<string>,
  ): { readonly clock: VirtualClock; readonly tokens: TokenManager } {
    const clock = new VirtualClock(Date.UTC(2026, 0, 1) + skew)
    this.clocks.push(clock)
    const store = { ...withoutHints(this.store), ...(presence && { presence }) }
    return { clock, tokens: this.members.consented({ clock, store, ...(clientSecret && { clientSecret }) }) }
  }

  /** Time passes for all processes but those that are stopped. */
  async advance(ms: number, step = 50): Promise<void> {
    for (let passed = 0; passed < ms; passed += step)
      for (const clock of this.clocks) await clock.advance(Math.min(step, ms - passed))
  }

  /** A process gets no time any more until it is continued, at the time it is then. */
  stop(clock: VirtualClock): void {
    this.clocks.splice(this.clocks.indexOf(clock), 1)
  }

  async continue(clock: VirtualClock, after: number): Promise<void> {
    clock.turn(after)
    this.clocks.push(clock)
    await clock.advance(0)
  }

  /** The holder of a claim dies with it. */
  claim(fields: { readonly for?: number; readonly spends?: boolean } = {}): void {
    const record = this.store.record()
    if (!record) throw new Error('there is no session to claim')
    this.store.put({ ...record, claim: { by: 'the-dead', for: 35_000, spends: true, ...fields } })
  }
}

/** The `taken-over` and `shared` events of a manager. */
function eventsOf(tokens: TokenManager): string[] {
  const events: string[] = []
  tokens.on('taken-over', ({ why }) => events.push(`taken over: ${why}`))
  tokens.on('shared', () => events.push('shared'))
  return events
}

describe('Members that need a token at the same time', () => {
  // S2
  it('send one token request, for 50 processes that start with an expired session', async () => {
    const store = new SharedMemory()
    const members = new Members({ store })
    await members.exchange(members.consented())
    await members.clock.advance(hour)
    const all = Array.from({ length: 50 }, () => members.consented())
    const served = await inTime(members.clock, Promise.all(all.map(accessToken)))
    expect(new Set(served)).to.deep.equal(new Set(['AT-2']))
    expect(members.server.calls).to.equal(2)
    expect(members.server.replays).to.equal(0)
  })

  // S3
  it('send one token request, for 50 callers in each of 4 processes', async () => {
    const members = new Members({ store: new SharedMemory() })
    const first = members.consented()
    const all = [first, members.consented(), members.consented(), members.consented()]
    await members.exchange(first)
    await inTime(members.clock, Promise.all(all.map(accessToken)))
    await members.clock.advance(hour)
    const callers = all.flatMap((tokens) => Array.from({ length: 50 }, () => accessToken(tokens)))
    const served = await inTime(members.clock, Promise.all(callers))
    expect(new Set(served)).to.deep.equal(new Set(['AT-2']))
    expect(members.server.calls).to.equal(2)
  })

  for (const skews of [
    [0, 0, 0, 0],
    [0, 10 * 60 * second, -10 * 60 * second, 0],
    [0, day, -day, hour],
  ])
    // S1, S15
    it(`send one token request per renewal, with clocks ${skews.map((ms) => String(ms / second)).join(', ')} s ahead`, async () => {
      const its = new Processes()
      its.server.lifetime = 60
      const all = skews.map((skew) => its.start(skew))
      const [first] = all
      if (!first) throw new Error('there are four')
      await its.members.exchange(first.tokens)
      for (let n = 0; n < 600; n += 1) {
        for (const { tokens } of all) if (!tokens.peek()) tokens.token().catch(() => undefined)
        await its.advance(second, 500)
      }
      expect(its.server.replays).to.equal(0)
      // Tokens of 60 s are renewed after some 47 s: 13 in 10 minutes, and the first.
      expect(its.server.calls).to.be.within(11, 15)
      expect(all.map(({ tokens }) => tokens.status)).to.deep.equal(all.map(() => 'signed-in'))
    })

  // S16
  it('send no extra request when a clock is set an hour forward or back', async () => {
    for (const step of [hour, -hour]) {
      const its = new Processes()
      its.server.lifetime = 60
      const all = [its.start(), its.start(), its.start()]
      const [first] = all
      if (!first) throw new Error('there are three')
      await its.members.exchange(first.tokens)
      for (let n = 0; n < 300; n += 1) {
        if (n === 100) first.clock.turn(step)
        for (const { tokens } of all) if (!tokens.peek()) tokens.token().catch(() => undefined)
        await its.advance(second, 500)
      }
      expect(its.server.replays).to.equal(0)
      expect(its.server.calls).to.be.within(5, 9)
      expect(its.store.record()?.end).to.equal(undefined)
    }
  })

  // S29
  it('share one refresh token for three scopes in 4 processes: one request at a time, a token for each scope', async () => {
    const members = new Members({ store: new SharedMemory() })
    const scopes = ['read', 'write', 'admin']
    const all = Array.from({ length: 4 }, () => scopes.map((scope) => members.consented({ scope }))).flat()
    for (const tokens of all.slice(0, 1)) await members.exchange(tokens)
    for (let n = 0; n < 3; n += 1) {
      const served = await inTime(members.clock, Promise.all(all.map(accessToken)))
      expect(new Set(served).size).to.equal(3)
      for (const [at, token] of served.entries()) expect(token).to.equal(served[at % 3])
      await members.clock.advance(hour)
    }
    expect(members.server.mostBusy).to.equal(1)
    expect(members.server.replays).to.equal(0)
    expect(members.server.calls).to.equal(9)
  })

  // S30
  it('send no token request for a rejected token that another process has replaced', async () => {
    const its = new Processes()
    const [one, other] = [its.start(), its.start()]
    await its.members.exchange(one.tokens)
    const rejected = await other.tokens.token()
    await inTime(one.clock, one.tokens.renew(await one.tokens.token()))
    expect((await inTime(other.clock, other.tokens.renew(rejected))).accessToken).to.equal('AT-2')
    expect(its.server.calls).to.equal(2)
  })

  // S35
  it('send one token request per token lifetime with the client credentials grant', async () => {
    const members = new Members({ store: new SharedMemory() })
    const all = Array.from({ length: 5 }, () => members.client())
    for (const expected of ['AT-1', 'AT-2', 'AT-3']) {
      const served = await inTime(members.clock, Promise.all(all.map(accessToken)))
      expect(new Set(served)).to.deep.equal(new Set([expected]))
      await members.clock.advance(hour)
    }
    expect(members.server.calls).to.equal(3)
  })
})

describe('A claim whose holder has crashed', () => {
  // S4
  it('before the token request: is taken over when it expires, and the refresh token is sent once', async () => {
    const its = new Processes()
    const [one, other] = [its.start(), its.start()]
    await its.members.exchange(one.tokens)
    await other.tokens.token()
    await its.advance(hour, hour)
    its.claim()
    const events = eventsOf(other.tokens)
    const waiting = other.tokens.token()
    await its.advance(34 * second)
    expect(its.server.presented).to.deep.equal([])
    await its.advance(3 * second)
    expect((await waiting).accessToken).to.equal('AT-2')
    expect(its.server.presented).to.deep.equal(['RT-1'])
    expect(events).to.deep.equal(['taken over: silence'])
  })

  // S4
  it('is taken over at once where the store knows that the holder is gone', async () => {
    const its = new Processes()
    const ended: string[] = []
    const presence: Presence = {
      begin: () => ({ name: 'living', end: () => ended.push('living') }),
      gone: (name) => name === 'the-dead',
    }
    const one = its.start(0, presence)
    await its.members.exchange(one.tokens)
    await its.advance(hour, hour)
    its.claim()
    const events = eventsOf(one.tokens)
    expect((await one.tokens.token()).accessToken).to.equal('AT-2')
    expect(events).to.deep.equal(['taken over: gone'])
    expect(its.store.record()?.doubt).to.equal(undefined)
    expect(ended).to.deep.equal(['living'])
  })

  for (const held of ['gone', 'begin'] as const)
    // S4
    it(`is taken over by one of two processes that find the holder gone, also where ${held} of the store is slow for the other`, async () => {
      const its = new Processes()
      const gate = deferred()
      const start = (name: string, waits: boolean): TokenManager => {
        const slow = async (operation: string): Promise<void> => {
          if (waits && operation === held) await gate.promise
        }
        const presence: Presence = {
          begin: () => slow('begin').then(() => ({ name, end: () => undefined })),
          gone: (asked) => slow('gone').then(() => asked === 'the-dead'),
        }
        const { clock } = its.start()
        const store = { ...withoutHints(its.store), watch: its.store.watch, presence }
        return its.members.consented({ clock, store })
      }
      const [one, other] = [start('one', false), start('other', true)]
      await its.members.exchange(one)
      await other.token()
      await its.advance(hour, hour)
      its.claim()
      const events = eventsOf(other)
      const answerThem = its.server.hold()
      const waiting = [other.token(), one.token()]
      await its.advance(second)
      expect(its.server.presented).to.deep.equal(['RT-1'])
      gate.resolve()
      await its.advance(second)
      expect(its.server.presented).to.deep.equal(['RT-1'])
      answerThem()
      await its.advance(second)
      expect((await Promise.all(waiting)).map((token) => token.accessToken)).to.deep.equal(['AT-2', 'AT-2'])
      expect(its.server.replays).to.equal(0)
      expect(events).to.deep.equal(held === 'gone' ? ['shared'] : ['taken over: gone', 'shared'])
    })

  // S5
  it('after the server has rotated: the session ends once where the server rejects reuse; invalid_grant is the cause', async () => {
    const its = new Processes()
    const [one, other] = [its.start(), its.start()]
    await its.members.exchange(one.tokens)
    await other.tokens.token()
    await its.advance(hour, hour)
    // The holder's request is answered, and the holder dies before it can write.
    const lands = its.store.late('swap')
    const release = its.store.late('swap')
    void one.tokens.token().catch(() => undefined)
    lands()
    await flush()
    its.stop(one.clock)
    const failing = failureOf(other.tokens.token())
    await its.advance(40 * second)
    const error = (await failing) as ReauthenticationRequiredError
    expect(error).to.be.instanceOf(ReauthenticationRequiredError)
    expect(error.cause).to.include({ error: 'invalid_grant' })
    expect(its.server.replays).to.equal(1)
    expect(its.store.record()?.end).to.deep.equal({ kind: 'dead', code: 'invalid_grant' })
    release()
  })

  // S5
  it('after the server has rotated: the session goes on where the server accepts reuse', async () => {
    const its = new Processes()
    const one = its.start()
    await its.members.exchange(one.tokens)
    await its.advance(hour, hour)
    its.claim()
    its.server.next(answer(200, { access_token: 'AT-2', refresh_token: 'RT-2', expires_in: 3600 }))
    const waiting = one.tokens.token()
    await its.advance(37 * second)
    expect((await waiting).accessToken).to.equal('AT-2')
    expect(its.store.record()).to.include({ refreshToken: 'RT-2', generation: 1 })
  })

  // S6, S7, S8
  it('during or after swap: its result is used', async () => {
    const its = new Processes()
    const [one, other] = [its.start(), its.start()]
    await its.members.exchange(one.tokens)
    await other.tokens.token()
    await its.advance(hour, hour)
    its.store.next('swap', 'done', 'lost')
    await accessToken(one.tokens)
    its.stop(one.clock)
    expect(await accessToken(other.tokens)).to.equal('AT-2')
    expect(its.server.presented).to.deep.equal(['RT-1'])
  })

  it('is not taken over by a background renewal', async () => {
    const its = new Processes()
    const one = its.start()
    await its.members.exchange(one.tokens)
    await its.advance(hour - 200 * second, hour)
    its.claim()
    for (let n = 0; n < 100; n += 1) {
      expect(one.tokens.peek()?.accessToken).to.equal('AT-1')
      await its.advance(second)
    }
    expect(its.server.presented).to.deep.equal([])
  })
})

describe('A suspended process', () => {
  // S13
  it('that waits for a running holder does not take over its claim when it resumes an hour later', async () => {
    const its = new Processes()
    const [holder, waiter] = [its.start(), its.start()]
    await its.members.exchange(holder.tokens)
    await waiter.tokens.token()
    await its.advance(hour, hour)
    const release = its.server.holdNext()
    const holding = holder.tokens.token()
    await flush()
    const events = eventsOf(waiter.tokens)
    const waiting = waiter.tokens.token()
    await its.advance(second)
    waiter.clock.turn(hour)
    await its.advance(second)
    expect(its.server.presented).to.deep.equal(['RT-1'])
    release()
    await its.advance(second)
    expect((await holding).accessToken).to.equal('AT-2')
    expect((await waiting).accessToken).to.equal('AT-2')
    expect(events).to.deep.equal(['shared'])
    expect(its.server.replays).to.equal(0)
  })

  // S14
  it('together with all others, for longer than a token lifetime: none takes over a claim, and one more renewal follows', async () => {
    const its = new Processes()
    const all = [its.start(), its.start(), its.start()]
    const [holder] = all
    if (!holder) throw new Error('there are three')
    await its.members.exchange(holder.tokens)
    for (const { tokens } of all) await tokens.token()
    await its.advance(hour, hour)
    const release = its.server.holdNext()
    const waiting = all.map(({ tokens }) => tokens.token())
    await its.advance(second)
    for (const { clock } of all) clock.turn(8 * hour)
    await its.advance(500)
    release()
    await its.advance(2 * second)
    const served = await Promise.all(waiting)
    expect(new Set(served.map((token) => token.accessToken))).to.deep.equal(new Set(['AT-3']))
    expect(its.server.presented).to.deep.equal(['RT-1', 'RT-2'])
  })

  // S9, S11
  it('between its claim and its token request does not send a refresh token that another process has sent', async () => {
    const its = new Processes()
    const [stopped, other] = [its.start(), its.start()]
    await its.members.exchange(stopped.tokens)
    await other.tokens.token()
    await its.advance(hour, hour)
    // The claim is in the store, and its answer on the way, when the process stops.
    const lands = its.store.late('swap')
    const waiting = stopped.tokens.token()
    await flush()
    its.stop(stopped.clock)
    lands()
    stopped.clock.turn(40 * second)
    await flush()
    const events = eventsOf(other.tokens)
    const otherWaits = other.tokens.token()
    await its.advance(40 * second)
    expect((await otherWaits).accessToken).to.match(/^AT-/)
    await its.continue(stopped.clock, 0)
    await stopped.clock.advance(second)
    await waiting
    expect(its.server.replays).to.equal(0)
    expect(its.store.record()?.end).to.equal(undefined)
    expect(events.length).to.be.at.most(1)
  })

  // S11
  it('in a credential function between its claim and its token request does not send the request after resuming', async () => {
    const its = new Processes()
    const gate = deferred()
    let held = false
    const clientSecret = async (): Promise<string> => {
      if (held) await gate.promise
      return 'client-secret-value'
    }
    const [stopped, other] = [its.start(0, undefined, clientSecret), its.start()]
    await its.members.exchange(other.tokens)
    await stopped.tokens.token()
    await its.advance(hour, hour)
    held = true
    const waiting = stopped.tokens.token().catch((error: unknown) => error)
    await flush()
    its.stop(stopped.clock)
    const otherWaits = other.tokens.token()
    await its.advance(40 * second)
    expect((await otherWaits).accessToken).to.equal('AT-2')
    // The function's answer comes before the timer that was due.
    await its.continue(stopped.clock, 40 * second)
    gate.resolve()
    await its.advance(2 * second)
    await waiting
    await its.advance(5 * second)
    expect(await accessToken(stopped.tokens)).to.equal('AT-2')
    expect(its.server.presented).to.deep.equal(['RT-1'])
  })

  // S10
  it('after its token request, for longer than its claim, ends one session at most and replaces no login', async () => {
    const its = new Processes()
    const [stopped, other] = [its.start(), its.start()]
    await its.members.exchange(stopped.tokens)
    await other.tokens.token()
    await its.advance(hour, hour)
    const release = its.server.holdNext()
    const waiting = stopped.tokens.token().catch((error: unknown) => error)
    await flush()
    its.stop(stopped.clock)
    const failing = failureOf(other.tokens.token())
    await its.advance(40 * second)
    expect(await failing).to.be.instanceOf(ReauthenticationRequiredError)
    expect(its.server.replays).to.equal(1)
    await its.members.exchange(other.tokens)
    const login = its.store.record()?.refreshToken
    release()
    await its.continue(stopped.clock, 41 * second)
    await its.advance(2 * second)
    await waiting
    expect(its.store.record()?.refreshToken).to.equal(login)
    expect(its.server.accepts(login)).to.equal(true)
    expect(await accessToken(stopped.tokens)).to.equal(other.tokens.peek()?.accessToken)
    expect(its.server.replays).to.equal(1)
  })

  // Fault 116, S12
  it('while the response arrives uses the response after its deadline: the refresh token is sent once', async () => {
    const members = new Members({ timing: { flightDeadline: second }, store: new SharedMemory() })
    const { clock, server } = members
    const tokens = members.consented()
    await members.exchange(tokens)
    await clock.advance(hour)
    const release = server.holdNext()
    const waiting = tokens.token()
    await flush()
    clock.turn(3 * second)
    await clock.advance(second)
    release()
    await flush()
    expect((await waiting).accessToken).to.equal('AT-2')
    expect(server.presented).to.deep.equal(['RT-1'])
    await clock.advance(hour)
    expect(await accessToken(tokens)).to.equal('AT-3')
    expect(server.replays).to.equal(0)
  })

  // Fault 116
  it('whose token request has no response times out a second after resuming', async () => {
    const members = new Members({ timing: { flightDeadline: second }, store: new SharedMemory() })
    const { clock, server } = members
    const tokens = members.consented()
    await members.exchange(tokens)
    await clock.advance(hour)
    server.next('hang')
    const failing = failureOf(tokens.token())
    await flush()
    clock.turn(3 * second)
    await clock.advance(1.9 * second)
    expect(tokens.status).to.equal('obtaining')
    await clock.advance(0.2 * second)
    expect(await failing).to.include({ reason: 'timeout' })
  })
})

describe('A refresh token whose response was lost', () => {
  /** Two processes over an expired session. */
  async function two(onAmbiguousRefresh: 'retry' | 'never'): Promise<Members & { all: TokenManager[] }> {
    const members = new Members({ store: new SharedMemory(), onAmbiguousRefresh })
    const first = members.consented()
    const all = [first, members.consented()]
    await members.exchange(first)
    for (const tokens of all) await tokens.token()
    await members.clock.advance(hour)
    return Object.assign(members, { all })
  }

  // S33
  it("is sent once by all processes with onAmbiguousRefresh 'never'", async () => {
    const its = await two('never')
    its.server.always('dropped')
    for (let n = 0; n < 50; n += 1) {
      for (const tokens of its.all) tokens.token().catch(() => undefined)
      await its.clock.advance(second)
    }
    expect(its.server.presented).to.deep.equal(['RT-1'])
    for (const tokens of its.all)
      expect(await failureOf(tokens.token())).to.be.instanceOf(ReauthenticationRequiredError)
  })

  // S33
  it("is sent one at a time with shared, growing pauses with onAmbiguousRefresh 'retry': the session survives 10 minutes", async () => {
    const its = await two('retry')
    its.server.always('dropped')
    const at: number[] = []
    for (let n = 0; n < 6_000; n += 1) {
      for (const tokens of its.all) tokens.token().catch(() => undefined)
      const before = its.server.calls
      await its.clock.advance(100)
      if (its.server.calls > before) at.push(its.clock.now())
    }
    expect(its.server.mostBusy).to.equal(1)
    // Twice in the first renewal, then once after each pause, of a minute at most.
    expect(at.length).to.be.within(10, 22)
    const pauses = at.slice(1).map((moment, n) => moment - (at[n] ?? 0))
    expect(Math.max(...pauses)).to.be.within(30 * second, 61 * second)
    its.server.always('token')
    await its.clock.advance(61 * second)
    const served = await inTime(its.clock, Promise.all(its.all.map(accessToken)))
    expect(new Set(served)).to.deep.equal(new Set(['AT-2']))
  })
})

describe('A refresh rejected with invalid_grant', () => {
  // S22
  it('in one process ends the session in all processes; a new login starts it in all', async () => {
    const members = new Members({ store: new SharedMemory() })
    const { clock, server } = members
    const [first, third] = [members.consented(), members.consented()]
    const all = [first, members.consented(), third, members.consented()]
    await members.exchange(first)
    for (const tokens of all) await tokens.token()
    const elsewhere: unknown[] = []
    for (const tokens of all) tokens.on('reauthentication-required', (event) => elsewhere.push(event.elsewhere))
    await clock.advance(hour)
    server.always(refusal('invalid_grant'))
    const before = server.calls
    for (let n = 0; n < 20; n += 1) {
      for (const tokens of all) tokens.token().catch(() => undefined)
      await clock.advance(second)
    }
    expect(server.calls).to.equal(before + 1)
    expect(all.map(({ status }) => status)).to.deep.equal(all.map(() => 'ended'))
    expect(elsewhere).to.have.members([undefined, true, true, true])
    for (const tokens of all) {
      const error = (await failureOf(tokens.token())) as ReauthenticationRequiredError
      expect(error.cause).to.include({ error: 'invalid_grant' })
    }
    server.always('token')
    await members.exchange(third)
    await clock.advance(2 * second)
    const served = await inTime(clock, Promise.all(all.map(accessToken)))
    expect(new Set(served)).to.deep.equal(new Set(['AT-2']))
    expect(all.map(({ status }) => status)).to.deep.equal(all.map(() => 'signed-in'))
  })
})

describe('A logout or a login during a renewal in another process', () => {
  // S24
  it('stays a logout: the tokens from the renewal are revoked, and no process keeps a token', async () => {
    const members = new Members({ store: new SharedMemory() })
    const { clock, server } = members
    const [renewing, other, third] = [members.consented(), members.consented(), members.consented()]
    await members.exchange(renewing)
    for (const tokens of [other, third]) await tokens.token()
    await clock.advance(hour - 10 * second)
    const release = server.holdNext()
    const waiting = renewing.token().catch((error: unknown) => error)
    await flush()
    await other.clear()
    release()
    expect(await inTime(clock, waiting)).to.be.instanceOf(Error)
    await flush()
    expect(server.revoked).to.include.members(['AT-2', 'RT-2'])
    for (const tokens of [renewing, other, third]) {
      expect(tokens.peek()).to.equal(undefined)
      expect(await failureOf(tokens.token())).to.be.instanceOf(ReauthenticationRequiredError)
      expect(tokens.status).to.equal('signed-out')
    }
  })

  // S25
  it('stays a login: its token replaces the result of the renewal', async () => {
    const members = new Members({ store: new SharedMemory() })
    const { clock, server } = members
    const [renewing, other] = [members.consented(), members.consented()]
    await members.exchange(renewing)
    await other.token()
    await clock.advance(hour - 10 * second)
    const release = server.holdNext()
    const waiting = renewing.token()
    await flush()
    await members.exchange(other)
    release()
    const { accessToken: login } = await other.token()
    expect((await inTime(clock, waiting)).accessToken).to.equal(login)
    await clock.advance(hour)
    await inTime(clock, renewing.token())
    expect(server.replays).to.equal(0)
  })

  // S26
  it('does not happen when a process starts with the token that the session began with', async () => {
    const store = new SharedMemory()
    const members = new Members({ store })
    const { clock, server } = members
    const seed = { ...server.login(), expiresAt: clock.now() + hour }
    const first = members.consented()
    await first.adopt(seed)
    await clock.advance(hour)
    await first.token()
    const before = store.text()
    const replica = members.consented()
    const events: unknown[] = []
    replica.on('adopted', (event) => events.push(event))
    expect((await replica.adopt(seed)).accessToken).to.equal('AT-2')
    expect(store.text()).to.equal(before)
    expect(events).to.deep.equal([])
    await clock.advance(hour)
    expect(await accessToken(replica)).to.equal('AT-3')
    expect(server.replays).to.equal(0)
  })
})

describe('A prompt in two processes', () => {
  // S34
  it('holds no claim while it waits for the answer of the user', async () => {
    const store = new SharedMemory()
    const clock = new VirtualClock()
    const question = answer(200, {
      access_token: 'partial-token',
      mfa_type: 'authenticator',
      mfa_vendor: 'google',
      ns_id_type: 'subscriber',
      scope: 'mfa_required',
    })
    const asking = (): { tokens: TokenManager; asked: ReturnType<typeof deferred<{ passcode: string }>>[] } => {
      const endpoint = new FakeEndpoint()
      endpoint.next(question)
      const asked: ReturnType<typeof deferred<{ passcode: string }>>[] = []
      const tokens = createTokenManager({
        provider: netsapiens,
        grant: 'password',
        credentials: {
          server: 'h.example',
          clientId: 'c',
          clientSecret: 's',
          username: 'u@d',
          password: 'the-password',
        },
        account: 'u@d',
        transport: endpoint.transport,
        clock,
        store,
        onPrompt: () => {
          const asking = deferred<{ passcode: string }>()
          asked.push(asking)
          return asking.promise
        },
      })
      return { tokens, asked }
    }
    const [one, other] = [asking(), asking()]
    const waiting = one.tokens.token()
    for (let n = 0; n < 50 && one.asked.length === 0; n += 1) await clock.advance(10)
    expect(store.record()?.claim).to.equal(undefined)
    const otherWaits = other.tokens.token()
    for (let n = 0; n < 50 && other.asked.length === 0; n += 1) await clock.advance(10)
    expect(store.record()?.claim).to.equal(undefined)
    await clock.advance(60 * second)
    leakDetector().learn('110124')
    one.asked[0]?.resolve({ passcode: '110124' })
    await inTime(clock, waiting, 1)
    other.asked[0]?.resolve({ passcode: '110124' })
    await inTime(clock, otherWaits, 1)
    expect(store.tokens).to.have.lengthOf(1)
    expect(store.record()?.claim).to.equal(undefined)
  })
})
