import { expect } from 'chai'
import { createTokenManager, type TokenManager } from '../../lib/index.ts'
import { type Emulator, smscxEmulator, type SmscxSystem, startEmulator } from '../../lib/testing.ts'
import { axiosTransport } from '../../lib/token-endpoint/axios-transport.ts'
import { failureOf } from '../support/failure.ts'
import { realNetwork } from '../support/real-network.ts'
import { tokenRequestsOf, byAxios, byFetch, CLIENTS, fieldsOf, WatchedClock } from './support.ts'

describe('SMS.CX', () => {
  realNetwork()
  let clock: WatchedClock
  let emulator: Emulator<SmscxSystem>
  beforeEach(async () => {
    clock = new WatchedClock()
    emulator = await startEmulator(smscxEmulator(), { clock })
  })
  afterEach(() => emulator.close())

  function managed(scope?: string): TokenManager {
    const { provider, credentials } = emulator
    return createTokenManager({ provider, credentials, clock, ...(scope !== undefined && { scope }) })
  }

  for (const secret of ['+/:%', 'a+b/c:d%2B e&f=ä', '%']) {
    it(`gets HTTP Basic without encoding: ${secret}`, async () => {
      await using other = await startEmulator(smscxEmulator({ applicationSecret: secret }))
      const { provider, credentials } = other
      const get = byAxios(other, createTokenManager({ provider, credentials, transport: axiosTransport() }))
      expect((await get('/account/balance')).status).to.equal(200)
      const [request] = tokenRequestsOf(other)
      const basic = Buffer.from(`${credentials.applicationId}:${secret}`).toString('base64')
      expect(request?.headers).to.include({ authorization: `Basic ${basic}`, accept: 'application/json' })
      expect(request?.body).to.equal('grant_type=client_credentials')
    })
  }

  it('gets scopes separated by spaces, and none by default', async () => {
    expect((await managed('sms groups').token()).scope).to.equal('sms groups')
    expect((await managed().token()).scope).to.contain('shortlinks')
    expect(tokenRequestsOf(emulator).map(fieldsOf)).to.deep.equal([
      { grant_type: 'client_credentials', scope: 'sms groups' },
      { grant_type: 'client_credentials' },
    ])
  })

  for (const [name, bound] of Object.entries(CLIENTS)) {
    it(`returns 403 with insufficient_scope over ${name}, without a renewal`, async () => {
      const tokens = managed('groups')
      const reasons: string[] = []
      tokens.on('replay-skipped', ({ reason }) => reasons.push(reason))
      const send = bound(emulator, tokens)
      const { status, body } = await send('/sms', { method: 'POST', body: { to: '+4411111111', from: 'a', text: 'b' } })
      expect(status).to.equal(403)
      expect(body).to.have.nested.property('error.type', 'insufficient_scope')
      expect(emulator.counts).to.include({ token: 1, resource: 1 })
      expect(reasons).to.deep.equal(['forbidden'])
      expect((await send('/groups')).status).to.equal(200)
    })
  }

  for (const [validity, seconds] of [
    ['day', 86_400],
    ['week', 604_800],
  ] as const) {
    it(`issues tokens for a ${validity}, and new ones after that`, async () => {
      emulator.switches.validity = validity
      const tokens = managed()
      expect((await tokens.token()).expiresAt).to.equal(clock.now() + seconds * 1_000)
      await clock.advance(seconds * 1_000)
      expect((await byFetch(emulator, tokens)('/account/balance')).status).to.equal(200)
      expect(emulator.counts).to.include({ token: 2, unauthorized: 0 })
    })
  }

  for (const neverIs of [0, null, -1, 2_145_660_769]) {
    it(`issues tokens without expiry as expires_in ${String(neverIs)}: one token request, and another only after a rejection`, async () => {
      Object.assign(emulator.switches, { validity: 'never', neverIs })
      const tokens = managed()
      const get = byFetch(emulator, tokens)
      for (let days = 0; days < 3; days += 1) {
        expect((await get('/account/balance')).status).to.equal(200)
        await clock.advance(86_400_000)
      }
      expect([emulator.counts.token, clock.timers]).to.deep.equal([1, 0])
      emulator.revokeAll()
      expect((await get('/account/balance')).status).to.equal(200)
      expect(emulator.counts.token).to.equal(2)
    })
  }

  it('issues tokens without token_type', async () => {
    emulator.switches.dropTokenType = true
    expect((await byAxios(emulator, managed())('/account/balance')).status).to.equal(200)
    expect(emulator.log.at(-1)?.headers['authorization']).to.match(/^Bearer /)
  })

  it('gets the next attempt at the time in its reset header, in epoch seconds', async () => {
    emulator.switches.rateLimited = 9
    const waiting = managed().token()
    await clock.waitOf(9_000)
    emulator.switches.rateLimited = undefined
    await clock.advance(9_000)
    expect((await waiting).accessToken).to.equal(emulator.issued[0]?.accessToken)
    expect(emulator.counts.token).to.equal(2)
  })

  it('gets no attempt before that time where it exceeds the deadline', async () => {
    emulator.switches.rateLimited = 120
    const tokens = managed()
    const error = await failureOf(tokens.token())
    expect(error).to.include({ error: 'rate_limit', status: 429, retryAt: clock.now() + 120_000 })
    await clock.advance(119_999)
    expect(await failureOf(tokens.token())).to.equal(error)
    expect(emulator.counts.token).to.equal(1)
  })
})
