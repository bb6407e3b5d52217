// FAULTS, "Time": clocks that are wrong, that jump, that stand still while the machine sleeps.
import { expect } from 'chai'
import { axiosTransport } from '../../lib/axios.ts'
import { fetchTransport } from '../../lib/fetch.ts'
import { createTokenManager, type TokenManager } from '../../lib/index.ts'
import { memoryStore } from '../../lib/stores/memory.ts'
import type { TokenStore } from '../../lib/stores/token-store.ts'
import {
  type Emulator,
  netsapiensJwtEmulator,
  oauth2Emulator,
  type OAuth2System,
  startEmulator,
} from '../../lib/testing.ts'
import { systemClock } from '../../lib/util/clock.ts'
import { VirtualClock } from '../support/clock.ts'
import { setup } from '../support/managers.ts'
import { realNetwork } from '../support/real-network.ts'
import { WatchedClock } from '../systems/support.ts'
import { CLIENTS, type Send } from './clients.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

for (const { name, bind } of CLIENTS) {
  describe(`The local clock, with requests over ${name}`, () => {
    realNetwork()
    let clock: VirtualClock
    /** Milliseconds the server's clock is ahead of ours. */
    let ahead: number
    let emulator: Emulator<OAuth2System>
    let tokens: TokenManager
    let send: Send
    beforeEach(async () => {
      clock = new VirtualClock()
      ahead = 0
      emulator = await startEmulator(oauth2Emulator(), { clock: { now: () => clock.now() + ahead } })
      emulator.lifetime = 600
      const { provider, credentials } = emulator
      tokens = createTokenManager({ provider, grant: 'client_credentials', credentials, clock })
      send = bind(tokens)
    })
    afterEach(() => emulator.close())

    const get = async (): Promise<number> => (await send(`${emulator.api}/echo`)).status
    /** A minute passes; what a request has set off behind is over before, or its deadline would be. */
    const minutePasses = async (): Promise<void> => {
      await clock.timersDone()
      await clock.advance(minute)
    }
    /** The time of day changes here, and not at the server. */
    const turn = (ms: number): void => {
      clock.turn(ms)
      ahead -= ms
    }

    for (const skew of [10 * minute, -10 * minute]) {
      // Fault 65
      it(`may be ${String(skew / minute)} minutes off: no 401, and one token request per token lifetime`, async () => {
        ahead = skew
        for (let at = 0; at < 60; at += 1) {
          expect(await get()).to.equal(200)
          await minutePasses()
        }
        // Stale a little more than two minutes before the end of ten.
        expect(emulator.counts.token).to.be.within(7, 8)
        expect(emulator.counts.unauthorized).to.equal(0)
      })
    }

    // Fault 66
    it('may be set back an hour: one 401 when the token expires, and no failure', async () => {
      expect(await get()).to.equal(200)
      turn(-hour)
      for (let at = 0; at < 20; at += 1) {
        expect(await get()).to.equal(200)
        await minutePasses()
      }
      expect(emulator.counts.unauthorized).to.equal(1)
      expect(emulator.counts.token).to.be.within(2, 4)
    })

    // Fault 66
    it('may be set forward an hour: one renewal', async () => {
      expect(await get()).to.equal(200)
      turn(hour)
      for (let nth = 0; nth < 10; nth += 1) expect(await get()).to.equal(200)
      expect(emulator.counts).to.include({ token: 2, unauthorized: 0 })
    })

    // Fault 67
    it('shows after a sleep of eight hours that the token has expired: one token request for 100 requests, none sent with the old token', async () => {
      expect(await get()).to.equal(200)
      // No timer has noticed.
      clock.turn(8 * hour)
      emulator.clearLog()
      const answers = await Promise.all(Array.from({ length: 100 }, get))
      expect(new Set(answers)).to.deep.equal(new Set([200]))
      expect(emulator.counts).to.include({ token: 1, resource: 100, unauthorized: 0 })
    })
  })
}

for (const [name, transport] of [
  ['axios', axiosTransport()],
  ['fetch', fetchTransport()],
] as const) {
  describe(`A clock that differs from the server's, with token requests over ${name}`, () => {
    realNetwork()
    const OFFSETS = [-hour, -290 * second, -2 * minute, 2 * minute, 290 * second, hour]

    for (const ahead of OFFSETS) {
      // Fault 154
      it(`by ${String(ahead / second)} s: a JWT of 300 s causes one token request in four minutes`, async () => {
        const clock = new VirtualClock()
        const serverClock = { now: () => clock.now() + ahead }
        await using emulator = await startEmulator(netsapiensJwtEmulator(), { clock: serverClock })
        emulator.lifetime = 300
        const { provider, credentials } = emulator
        const tokens = createTokenManager({ provider, grant: 'password', credentials, clock, transport })
        const { obtainedAt, expiresAt } = await tokens.token()
        expect(expiresAt).to.equal(obtainedAt + 300 * second)
        for (let at = 0; at < 220; at += 10) {
          await clock.advance(10 * second)
          await tokens.token()
        }
        expect(emulator.counts.token).to.equal(1)
      })

      // Fault 153
      it(`by ${String(ahead / second)} s: a Retry-After date 5 s after the response's Date means 5 s`, async () => {
        const clock = new WatchedClock()
        await using emulator = await startEmulator(oauth2Emulator())
        const { provider, credentials } = emulator
        const tokens = createTokenManager({ provider, grant: 'client_credentials', credentials, clock, transport })
        const date = new Date(clock.now() + ahead)
        const headers = { date: date.toUTCString(), 'retry-after': new Date(+date + 5 * second).toUTCString() }
        emulator.next('token', { status: 503, headers })
        const waiting = tokens.token()
        await clock.waitOf(5 * second)
        await clock.advance(5 * second)
        expect(await waiting).to.include({ accessToken: emulator.issued[0]?.accessToken })
        expect(emulator.counts.token).to.equal(2)
      })
    }
  })
}

describe('A stored record of a week ago', () => {
  const withRecord = async (lifetime: number): Promise<{ clock: VirtualClock; store: TokenStore }> => {
    const store = memoryStore()
    const { clock, endpoint, tokens } = setup({ store })
    endpoint.lifetime = lifetime / second
    await tokens.token()
    clock.turn(7 * day)
    return { clock, store }
  }

  for (const [lifetime, calls, what] of [
    [hour, 1, 'contains an expired token if its lifetime was an hour'],
    [30 * day, 0, 'contains a valid token if its lifetime was 30 days'],
    [7 * day + minute, 0, 'contains a valid token if a minute of its lifetime is left'],
  ] as const) {
    // Fault 63
    it(what, async () => {
      const { clock, store } = await withRecord(lifetime)
      const later = setup({ store, clock })
      later.endpoint.issue()
      const token = await later.tokens.token()
      expect(token.accessToken).to.equal(calls === 0 ? 'AT-1' : 'AT-2')
      expect(later.endpoint.calls).to.be.at.least(calls)
      expect(token.expiresAt).to.equal(calls === 0 ? clock.now() - 7 * day + lifetime : clock.now() + hour)
    })
  }
})

describe('A token lifetime of 30 days', () => {
  // Fault 99
  it('sets no timer; the token is renewed when it is requested near its expiry', async () => {
    const { clock, endpoint, tokens } = setup()
    endpoint.lifetime = (30 * day) / second
    const token = await tokens.token()
    expect(clock.timers).to.equal(0)
    await clock.advance(29.99 * day)
    expect(tokens.peek()).to.equal(token)
    expect(endpoint.calls).to.equal(1)
    await clock.advance(0.01 * day - 2 * minute)
    expect(tokens.peek()).to.equal(token)
    await clock.advance(1)
    expect(tokens.peek()?.accessToken).to.equal('AT-2')
    expect(endpoint.calls).to.equal(2)
  })

  // Fault 99
  it('does not overflow a timer of the system, nor keep the process alive', async () => {
    const warnings: Error[] = []
    const listen = (warning: Error): void => void warnings.push(warning)
    process.on('warning', listen)
    const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
    let fired = false
    const timer = systemClock.after(30 * day, () => (fired = true))
    expect(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout')).to.have.length(before)
    // An overflow fires with the next timers.
    await new Promise((resolve) => setTimeout(resolve, 2))
    timer.cancel()
    process.off('warning', listen)
    expect(fired).to.equal(false)
    expect(warnings).to.deep.equal([])
  })
})
