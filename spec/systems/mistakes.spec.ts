// Known mistakes of clients of these systems, each as a claim about this library.
import { inspect } from 'node:util'
import { expect } from 'chai'
import { createTokenManager, type TokenEvent } from '../../lib/index.ts'
import {
  knetikcloudEmulator,
  netsapiensEmulator,
  startEmulator,
  telstraEmulator,
  type Emulator,
  type NetsapiensSystem,
} from '../../lib/testing.ts'
import { memoryStore } from '../../lib/stores/memory.ts'
import { failureOf } from '../support/failure.ts'
import { realNetwork } from '../support/real-network.ts'
import { tokenRequestsOf, byAxios, byFetch, CLIENTS, fieldsOf, grantsOf, textOf, WatchedClock } from './support.ts'

describe('Known mistakes of other clients, avoided here:', () => {
  realNetwork()
  let emulator: Emulator<NetsapiensSystem>
  beforeEach(async () => {
    emulator = await startEmulator(netsapiensEmulator())
  })
  afterEach(() => emulator.close())

  for (const [name, bound] of Object.entries(CLIENTS)) {
    it(`a 401 causes a refresh after a hundred others too, with ${name}`, async () => {
      const { provider, credentials } = emulator
      const clock = new WatchedClock()
      const get = bound(emulator, createTokenManager({ provider, grant: 'password', credentials, clock }))
      await get('/domains/~')
      for (let count = 0; count < 100; count += 1) {
        emulator.revokeAll()
        // Renewals of younger tokens have a budget.
        await clock.advance(60_000)
        expect((await get('/domains/~')).status).to.equal(200)
      }
      expect(emulator.counts).to.include({ token: 101, resource: 201, unauthorized: 100 })
    })

    it(`an API that rejects every token causes two more logins, with ${name}`, async () => {
      const { provider, credentials } = emulator
      emulator.always('resource', { status: 401, body: { code: 401, message: 'Unauthorized' } })
      const get = bound(emulator, createTokenManager({ provider, grant: 'password', credentials }))
      expect((await get('/domains/~')).status).to.equal(401)
      expect(emulator.counts).to.include({ token: 2, resource: 2 })
      for (let count = 0; count < 5; count += 1) expect((await get('/domains/~')).status).to.equal(401)
      expect(emulator.counts).to.include({ token: 3, resource: 8 })
    })
  }

  it('a wrong password gets no token of the right one, not from a shared store either', async () => {
    const { provider, credentials } = emulator
    const store = memoryStore()
    const right = createTokenManager({ provider, grant: 'password', credentials, account: 'ops', store })
    await right.token()
    const wrong = createTokenManager({
      provider,
      grant: 'password',
      credentials: { ...credentials, password: 'a guess' },
      account: 'ops',
      store,
    })
    const error = await failureOf(byFetch(emulator, wrong)('/domains/~'))
    expect((error as Error).cause).to.include({ errorDescription: 'Invalid User Login' })
    expect(emulator.counts).to.include({ token: 2, resource: 0 })
    const again = createTokenManager({ provider, grant: 'password', credentials, account: 'ops', store })
    expect((await again.token()).accessToken).to.equal(right.peek()?.accessToken)
  })

  it('events, their fields and printed objects contain no secret', async () => {
    const { provider, credentials } = emulator
    const tokens = createTokenManager({ provider, grant: 'password', credentials })
    const events: TokenEvent[] = []
    tokens.on('*', (event) => events.push(event))
    const get = byAxios(emulator, tokens)
    await Promise.all([get('/domains/~'), get('/domains/~')])
    emulator.revokeAll()
    await get('/domains/~')
    emulator.revokeAll()
    emulator.always('token', { status: 403, body: { code: 403, message: `no: ${credentials.password}` } })
    const error = await failureOf(get('/domains/~'))
    expect(events.length).to.be.at.least(5)
    const seen = [
      inspect({ events, tokens, error }, { depth: 9 }),
      JSON.stringify([events, tokens]),
      textOf(error),
    ].join()
    const issued = emulator.issued.flatMap(({ accessToken, refreshToken = 'none' }) => [accessToken, refreshToken])
    for (const secret of issued) expect(seen).to.not.include(secret)
    expect(seen).to.not.include(credentials.password).and.not.include(credentials.clientSecret)
  })

  it('a refresh sends the refresh token, not the password', async () => {
    const { provider, credentials } = emulator
    const get = byFetch(emulator, createTokenManager({ provider, grant: 'password', credentials }))
    await get('/domains/~')
    emulator.revokeAll()
    await get('/domains/~')
    const refresh = fieldsOf(tokenRequestsOf(emulator)[1])
    expect(refresh).to.include({ grant_type: 'refresh_token', refresh_token: emulator.issued[0]?.refreshToken })
    expect(tokenRequestsOf(emulator)[1]?.body).to.not.include(credentials.password)
  })

  for (const expires_in of [undefined, null, 0, -1, '0', '', 'soon', NaN, {}, [3600]]) {
    it(`expires_in ${inspect(expires_in)} means no known expiry, not NaN, an hour or an expired token`, async () => {
      const clock = new WatchedClock()
      await using knetik = await startEmulator(knetikcloudEmulator(), { clock })
      const { provider, grants } = knetik
      const tokens = createTokenManager({ provider, grant: 'password', credentials: grants.password, clock })
      const get = byFetch(knetik, tokens)
      knetik.next('token', { patch: { expires_in } })
      await get('/me')
      expect(tokens.peek()).to.not.have.property('expiresAt')
      await clock.advance(7_200_000)
      // The server's own hour is over: the 401 says so, and the refresh token, not the password, brings the next.
      expect((await get('/me')).status).to.equal(200)
      expect(grantsOf(knetik)).to.deep.equal(['password', 'refresh_token'])
      expect(knetik.counts).to.include({ unauthorized: 1 })
    })
  }

  it('expires_in as text is read as a number', async () => {
    const clock = new WatchedClock()
    await using telstra = await startEmulator(telstraEmulator(), { clock })
    const { provider, credentials } = telstra
    const { expiresAt, obtainedAt } = await createTokenManager({ provider, credentials, clock }).token()
    expect([obtainedAt, expiresAt]).to.deep.equal([clock.now(), clock.now() + 3_599_000])
  })
})
