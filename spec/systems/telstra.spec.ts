import { expect } from 'chai'
import { createTokenManager } from '../../lib/index.ts'
import {
  type Emulator,
  startEmulator,
  telstraEmulator,
  type TelstraSystem,
  telstraV3Emulator,
  type TelstraV3System,
} from '../../lib/testing.ts'
import { axiosTransport } from '../../lib/token-endpoint/axios-transport.ts'
import { realNetwork } from '../support/real-network.ts'
import { tokenRequestsOf, byAxios, byFetch, CLIENTS, fieldsOf, WatchedClock } from './support.ts'

const SMS = { to: '+61412345678', body: 'Hello' }

describe('Telstra v2', () => {
  realNetwork()
  let clock: WatchedClock
  let emulator: Emulator<TelstraSystem>
  beforeEach(async () => {
    clock = new WatchedClock()
    emulator = await startEmulator(telstraEmulator(), { clock })
  })
  afterEach(() => emulator.close())

  it('gets any Accept, the scope NSMS and the client in the form', async () => {
    const { provider, credentials } = emulator
    const send = byAxios(emulator, createTokenManager({ provider, credentials, transport: axiosTransport() }))
    expect((await send('/messages/sms', { method: 'POST', body: SMS })).status).to.equal(201)
    const [request, sms] = emulator.log
    expect(request).to.include({ method: 'POST', path: '/v2/oauth/token' })
    expect(request?.headers).to.include({ accept: '*/*', 'content-type': 'application/x-www-form-urlencoded' })
    expect(request?.headers).to.not.have.property('authorization')
    expect(fieldsOf(request)).to.deep.equal({
      client_id: credentials.clientId,
      client_secret: credentials.clientSecret,
      grant_type: 'client_credentials',
      scope: 'NSMS',
    })
    expect(sms?.headers).to.include({ accept: 'application/json' })
  })

  for (const [what, longLived, seconds] of [
    ['under an hour', false, 3_599],
    ['ten hours', true, 35_999],
  ] as const) {
    it(`sends a lifetime of ${what} as text, which is used`, async () => {
      emulator.switches.longLived = longLived
      const { provider, credentials } = emulator
      const tokens = createTokenManager({ provider, credentials, clock })
      expect((await tokens.token()).expiresAt).to.equal(clock.now() + seconds * 1_000)
      await clock.advance(seconds * 1_000)
      expect((await byFetch(emulator, tokens)('/messages/sms')).status).to.equal(200)
      expect(emulator.counts).to.include({ token: 2, unauthorized: 0 })
    })
  }

  it('issues tokens for an hour where expires_in is missing, and Bearer tokens where token_type is missing', async () => {
    emulator.switches.dropTokenType = true
    emulator.next('token', { patch: { expires_in: undefined } })
    const { provider, credentials } = emulator
    const tokens = createTokenManager({ provider, credentials, clock })
    expect((await byFetch(emulator, tokens)('/messages/sms')).status).to.equal(200)
    expect(tokens.peek()?.expiresAt).to.equal(clock.now() + 3_600_000)
    expect(emulator.log.at(-1)?.headers['authorization']).to.match(/^Bearer /)
  })

  it('serves the health check without a token', async () => {
    const { provider, credentials } = emulator
    const get = byFetch(emulator, createTokenManager({ provider, credentials }))
    expect((await get('/messages/sms/healthcheck')).body).to.deep.equal({ status: 'up' })
    expect(emulator.counts.token).to.equal(0)
    expect(emulator.log[0]?.headers).to.not.have.property('authorization')
  })

  for (const [name, bound] of Object.entries(CLIENTS)) {
    it(`responds with SpikeArrest: ${name} gets the 403, and sends the next request with the same token`, async () => {
      emulator.switches.spikeArrest = true
      const { provider, credentials } = emulator
      const get = bound(emulator, createTokenManager({ provider, credentials }))
      expect(await get('/messages/sms')).to.deep.include({ status: 403 })
      emulator.switches.spikeArrest = false
      expect((await get('/messages/sms')).status).to.equal(200)
      expect(emulator.counts).to.include({ token: 1, resource: 2 })
    })
  }
})

describe('Telstra v3', () => {
  realNetwork()
  let emulator: Emulator<TelstraV3System>
  beforeEach(async () => {
    emulator = await startEmulator(telstraV3Emulator())
  })
  afterEach(() => emulator.close())

  for (const [name, bound] of Object.entries(CLIENTS)) {
    it(`has a token endpoint outside the API path, eight scopes, and four headers on each request of ${name}`, async () => {
      const { provider, credentials } = emulator
      const get = bound(emulator, createTokenManager({ provider, credentials }))
      expect((await get('/messages')).status).to.equal(200)
      const [request, resource] = emulator.log
      expect(request).to.include({ path: '/v2/oauth/token' })
      expect(request?.headers).to.include({ accept: '*/*' })
      const scopes = String(fieldsOf(request)['scope']).split(' ')
      expect(scopes).to.have.length(8).and.to.include.members(['messages:read', 'messages:write', 'reports:write'])
      expect(resource).to.include({ path: '/messaging/v3/messages' })
      expect(resource?.headers).to.include({
        'telstra-api-version': '3.x',
        'content-language': 'en-au',
        'accept-charset': 'utf-8',
        accept: 'application/json',
      })
      emulator.revokeAll()
      expect((await get('/messages')).status).to.equal(200)
      expect(tokenRequestsOf(emulator)).to.have.length(2)
    })
  }

  it('requires a token for the health check too', async () => {
    const { provider, credentials } = emulator
    const get = byFetch(emulator, createTokenManager({ provider, credentials }))
    expect((await get('/health-check')).status).to.equal(200)
    expect(emulator.counts).to.include({ token: 1, resource: 1 })
  })

  it('rejects requests outside the requested scopes', async () => {
    const { provider, credentials } = emulator
    const tokens = createTokenManager({ provider, credentials, scope: 'messages:read' })
    const send = byAxios(emulator, tokens)
    const { status, body } = await send('/messages', { method: 'POST', body: SMS })
    expect(status).to.equal(403)
    expect(body).to.have.nested.property('errors.0.code', 'INSUFFICIENT_SCOPE')
    expect(emulator.counts).to.include({ token: 1, resource: 1 })
  })
})
