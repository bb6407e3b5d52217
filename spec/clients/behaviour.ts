// The behaviour that both clients share, run for each.
import { expect } from 'chai'
import type { ClientOptions } from '../../lib/clients/resource-server.ts'
import {
  createTokenManager,
  ReauthenticationRequiredError,
  type TokenEvent,
  type TokenManager,
  TokenRequestError,
} from '../../lib/index.ts'
import { type Emulator, startEmulator, telstraEmulator, type TelstraSystem } from '../../lib/testing.ts'
import type { TokenSource } from '../../lib/token/token-source.ts'
import { deferred } from '../support/deferred.ts'
import { failureOf } from '../support/failure.ts'
import { realNetwork } from '../support/real-network.ts'

/** A request as both clients can make it. */
export interface Sending {
  readonly method?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string | false>>
  readonly signal?: AbortSignal
  readonly bare?: boolean
}

/** An answer as both clients can be read, whatever its status. */
export interface Received {
  readonly status: number
  readonly text: string
  /** Why a refused request was handed back, if there was a reason. */
  readonly cause: unknown
}

export type Send = (url: string, sending?: Sending) => Promise<Received>

export interface Binding {
  readonly name: string
  /** Binds a client of its own to the tokens. */
  readonly bind: (tokens: TokenSource, options?: ClientOptions<never>) => Send
  /** A body that can be sent once. */
  readonly stream: (text: string) => unknown
}

export function describeBinding({ name, bind, stream }: Binding): void {
  describe(`${name}, as any client`, () => {
    realNetwork()
    let emulator: Emulator<TelstraSystem>
    let tokens: TokenManager
    let send: Send
    let sms: string
    let events: TokenEvent[]

    beforeEach(async () => {
      emulator = await startEmulator(telstraEmulator())
      const { provider, credentials } = emulator
      tokens = createTokenManager({ provider, credentials })
      events = []
      tokens.on('*', (event) => events.push(event))
      send = bind(tokens)
      sms = `${emulator.api}/messages/sms`
    })
    afterEach(() => emulator.close())

    const many = (count: number, one = (): Promise<Received> => send(sms)): Promise<Received[]> =>
      Promise.all(Array.from({ length: count }, one))
    const statuses = async (answers: Promise<Received[]>): Promise<number[]> => [
      ...new Set((await answers).map(({ status }) => status)),
    ]
    const told = (): string[] => events.map((event) => event.name)

    it('sends one token request for 100 concurrent requests, which all succeed', async () => {
      expect(await statuses(many(100))).to.deep.equal([200])
      expect(emulator.counts).to.include({ token: 1, resource: 100, unauthorized: 0 })
    })

    it('sends one token request and 100 replays for 100 rejections of a revoked token', async () => {
      await send(sms)
      emulator.revokeAll()
      emulator.clearLog()
      expect(await statuses(many(100))).to.deep.equal([200])
      expect(emulator.counts).to.include({ token: 1, resource: 200, unauthorized: 100 })
      expect(told().filter((event) => event === 'replayed')).to.have.length(100)
    })

    // Fault 6
    it('replays a request whose 401 comes late with the current token, without a renewal', async () => {
      await send(sms)
      emulator.revokeAll()
      const gate = deferred()
      emulator.next('resource', { hold: gate.promise })
      const late = send(sms)
      await emulator.arrived('resource', 2)
      await send(sms)
      expect(emulator.counts.token).to.equal(2)
      gate.resolve()
      expect((await late).status).to.equal(200)
      expect(emulator.counts).to.include({ token: 2, resource: 5, unauthorized: 2 })
    })

    // Fault 7
    it('sends one token request for rejections that arrive during and after the renewal', async () => {
      await send(sms)
      emulator.revokeAll()
      emulator.clearLog()
      const gates = Array.from({ length: 50 }, () => deferred())
      emulator.next(
        'resource',
        gates.map(({ promise }) => ({ hold: promise })),
      )
      const answers = many(50)
      await emulator.arrived('resource', 50)
      for (const gate of gates) {
        gate.resolve()
        await new Promise(setImmediate)
      }
      expect(await statuses(answers)).to.deep.equal([200])
      expect(emulator.counts).to.include({ token: 1, resource: 100, unauthorized: 50 })
    })

    // Fault 41, 42
    it('returns the second 401 unchanged, and opens the breaker after two different tokens', async () => {
      emulator.switches.noProduct = true
      const first = await send(sms)
      expect(first.status).to.equal(401)
      expect(first.text).to.contain('no apiproduct match')
      expect(emulator.counts).to.include({ token: 2, resource: 2 })
      expect(await statuses(many(50))).to.deep.equal([401])
      expect(emulator.counts).to.include({ token: 3, resource: 102 })
      expect(await statuses(many(50))).to.deep.equal([401])
      expect(emulator.counts).to.include({ token: 3, resource: 152 })
      expect(told()).to.include('breaker-opened')
    })

    it('closes the breaker when the resource server accepts a token', async () => {
      emulator.switches.noProduct = true
      await send(sms)
      await send(sms)
      emulator.switches.noProduct = false
      expect((await send(sms)).status).to.equal(200)
      emulator.revokeAll()
      expect((await send(sms)).status).to.equal(200)
      expect(emulator.counts.token).to.equal(4)
      expect(told()).to.include.members(['breaker-opened', 'breaker-closed'])
    })

    // Fault 44
    it('returns a 403 unchanged: a SpikeArrest does not reject the token', async () => {
      emulator.switches.spikeArrest = true
      const { status, text } = await send(sms)
      expect(status).to.equal(403)
      expect(text).to.contain('SpikeArrest')
      const skipped = { name: 'replay-skipped', reason: 'forbidden', origin: emulator.url, status: 403 }
      expect(events.at(-1)).to.include(skipped)
      expect(emulator.counts).to.include({ token: 1, resource: 1 })
    })

    for (const [challenge, reason] of [
      ['Bearer error="insufficient_scope", scope="more"', 'insufficient_scope'],
      ['Bearer error="insufficient_user_authentication"', 'insufficient_user_authentication'],
      ['Basic realm="proxy"', 'other_scheme'],
    ] as const) {
      // Fault 44, 45
      it(`does not renew for a 401 with ${challenge}`, async () => {
        emulator.next('resource', { status: 401, headers: { 'www-authenticate': challenge }, body: { no: 1 } })
        expect((await send(sms)).status).to.equal(401)
        expect(emulator.counts).to.include({ token: 1, resource: 1 })
        expect(events.at(-1)).to.include({ name: 'replay-skipped', reason, origin: emulator.url, status: 401 })
      })
    }

    // Fault 105
    it('renews for invalid_token with any status', async () => {
      const headers = { 'www-authenticate': 'Bearer error="invalid_token"' }
      emulator.next('resource', { status: 403, headers, body: {} })
      expect((await send(sms)).status).to.equal(200)
      expect(emulator.counts).to.include({ token: 2, resource: 2 })
    })

    it('lets isAuthFailure decide which responses reject the token', async () => {
      const isAuthFailure = (answer: { readonly status: number }): boolean => answer.status === 418
      const teapot = bind(tokens, { isAuthFailure })
      emulator.next('resource', [{ status: 418, body: {} }, undefined, { status: 401, body: {} }])
      expect((await teapot(sms)).status).to.equal(200)
      expect((await teapot(sms)).status).to.equal(401)
      expect(emulator.counts).to.include({ token: 2, resource: 3 })
    })

    it('renews for a response that matches `rejectedWhen`, with any status, and for no other', async () => {
      const rejectedWhen = [{ status: [400, 403], at: 'error', is: 'invalid_token' }] as const
      const choosy = bind(
        createTokenManager({ provider: { ...emulator.provider, rejectedWhen }, credentials: emulator.credentials }),
      )
      emulator.next('resource', [
        { status: 403, body: { error: 'other' } },
        { status: 403, body: { error: 'invalid_token' } },
      ])
      const kept = await choosy(sms)
      expect([kept.status, kept.text]).to.deep.equal([403, '{"error":"other"}'])
      expect(emulator.counts.token).to.equal(1)
      expect((await choosy(sms)).status).to.equal(200)
      expect(emulator.counts).to.include({ token: 2, resource: 3 })
    })

    it('renews for a status of `rejectedWhen`, with any challenge', async () => {
      const rejectedWhen = [{ status: [401, 403], at: 'error', is: 'expired' }] as const
      const strict = bind(
        createTokenManager({ provider: { ...emulator.provider, rejectedWhen }, credentials: emulator.credentials }),
      )
      for (const [status, challenge] of [
        [401, 'Basic realm="x"'],
        [401, 'Bearer error="insufficient_scope"'],
        [403, 'Bearer error="insufficient_scope"'],
      ] as const) {
        const headers = { 'www-authenticate': challenge }
        emulator.next('resource', [
          { status, headers, body: { error: 'other' } },
          { status, headers, body: { error: 'expired' } },
        ])
        emulator.clearLog()
        expect((await strict(sms)).status).to.equal(status)
        expect((await strict(sms)).status).to.equal(200)
        expect(emulator.log.filter(({ kind }) => kind === 'resource')).to.have.length(3)
      }
    })

    // Fault 48
    it('sends the same bytes and headers in the replay', async () => {
      await send(sms)
      emulator.revokeAll()
      emulator.clearLog()
      const headers = { 'content-type': 'application/json', 'idempotency-key': 'once-only' }
      const body = JSON.stringify({ to: '+61412345678', body: 'Grüße' })
      expect((await send(sms, { method: 'POST', headers, body })).status).to.equal(201)
      const [first, second] = emulator.log.filter(({ kind }) => kind === 'resource')
      expect(second?.body).to.equal(body)
      expect(second?.body).to.equal(first?.body)
      expect({ ...second?.headers, authorization: '' }).to.deep.equal({ ...first?.headers, authorization: '' })
      expect(second?.token).to.not.equal(first?.token)
    })

    // Fault 49
    it('does not send a stream twice: the 401 is returned, and the next request has a new token', async () => {
      await send(sms)
      emulator.revokeAll()
      emulator.clearLog()
      const headers = { 'content-type': 'application/json' }
      const body = stream(JSON.stringify({ to: '+61412345678', body: 'x' }))
      const { status, text } = await send(sms, { method: 'POST', headers, body })
      expect(status).to.equal(401)
      expect(text).to.contain('Invalid access token')
      expect(emulator.counts.resource).to.equal(1)
      expect((await send(sms)).status).to.equal(200)
      expect(emulator.counts).to.include({ token: 1, unauthorized: 1 })
    })

    // Fault 43
    it('returns the 401 with a readable body and the cause when the renewal fails temporarily', async () => {
      await send(sms)
      emulator.revokeAll()
      emulator.next('token', { status: 400, body: '<html>' })
      const { status, text, cause } = await send(sms)
      expect(status).to.equal(401)
      expect(text).to.contain('Invalid access token')
      expect(cause).to.be.instanceOf(TokenRequestError)
    })

    it('rejects with the typed error when the session has ended', async () => {
      await send(sms)
      emulator.revokeAll()
      emulator.next('token', { status: 400, body: { error: 'invalid_grant' } })
      expect(await failureOf(send(sms))).to.be.instanceOf(ReauthenticationRequiredError)
    })

    // Fault 75
    it('sends no request when no token can be obtained', async () => {
      emulator.always('token', { status: 400, body: '<html>' })
      expect(await failureOf(send(sms))).to.be.instanceOf(TokenRequestError)
      expect(emulator.counts.resource).to.equal(0)
    })

    // Fault 50
    it('lets a caller abort the wait for a token: its request is not sent, the others are', async () => {
      const gate = deferred()
      emulator.next('token', { hold: gate.promise })
      const controller = new AbortController()
      const leaving = failureOf(send(sms, { signal: controller.signal }))
      const staying = send(sms)
      await emulator.arrived('token')
      controller.abort()
      expect(await leaving).to.be.instanceOf(Error)
      gate.resolve()
      expect((await staying).status).to.equal(200)
      expect(emulator.counts).to.include({ token: 1, resource: 1 })
    })

    // Fault 53
    it('neither changes nor replays a request with an Authorization header', async () => {
      expect((await send(sms, { headers: { authorization: 'Bearer mine' } })).status).to.equal(401)
      expect(emulator.log.map(({ headers }) => headers['authorization'])).to.deep.equal(['Bearer mine'])
    })

    it('sends a request without a token with tokenflight: false or Authorization: false', async () => {
      await send(sms, { bare: true })
      await send(sms, { headers: { Authorization: false } })
      expect(emulator.log.map(({ headers }) => headers['authorization'])).to.deep.equal([undefined, undefined])
    })

    it('attaches no token to a public path', async () => {
      expect((await send(`${emulator.api}/messages/sms/healthcheck`)).status).to.equal(200)
      expect(emulator.counts.token).to.equal(0)
    })

    // Fault 73
    it('attaches no token to a request to another origin', async () => {
      await using stranger = await startEmulator(telstraEmulator())
      expect((await send(`${stranger.api}/messages/sms`)).status).to.equal(401)
      expect(stranger.log[0]?.headers['authorization']).to.equal(undefined)
      expect(emulator.counts.token).to.equal(0)
    })

    // Fault 72
    it('sends no token to another origin after a redirect, and does not renew for its 401', async () => {
      await using stranger = await startEmulator(telstraEmulator())
      emulator.next('resource', { status: 302, headers: { location: `${stranger.api}/messages/sms` } })
      const { status } = await send(sms)
      expect(stranger.log[0]?.headers['authorization']).to.equal(undefined)
      expect(status).to.equal(401)
      expect(stranger.log).to.have.length(1)
      expect(emulator.counts).to.include({ token: 1, resource: 1 })
      expect(events.at(-1)).to.include({ reason: 'other_origin' })
    })

    it('keeps the token on a redirect within the API', async () => {
      emulator.next('resource', { status: 302, headers: { location: '/v2/messages/provisioning/subscriptions' } })
      expect((await send(sms)).status).to.equal(200)
      expect(emulator.counts).to.include({ token: 1, resource: 2, unauthorized: 0 })
    })

    it('restricts the URLs of the provider to the given resources', async () => {
      const narrow = bind(tokens, { resources: [`${emulator.api}/messages/provisioning`] })
      expect((await narrow(`${emulator.api}/messages/provisioning/subscriptions`)).status).to.equal(200)
      expect((await narrow(sms)).status).to.equal(401)
      expect(emulator.counts).to.include({ token: 1, resource: 2 })
    })

    it('sends the headers of the provider, unless the caller sets them', async () => {
      const v2 = { ...emulator.provider, headers: { 'X-Version': '2' } }
      const adding = bind(createTokenManager({ provider: v2, credentials: emulator.credentials }))
      await adding(sms)
      await adding(sms, { headers: { 'x-version': '3' } })
      const sent = emulator.log.filter(({ kind }) => kind === 'resource')
      expect(sent.map(({ headers }) => headers['x-version'])).to.deep.equal(['2', '3'])
    })

    for (const [what, placement, place] of [
      ['another header', { header: 'X-Auth-Token', value: '{token}' }, 'x-auth-token'],
      ['HTTP Basic', { basic: ['api', '{token}'] }, 'authorization'],
    ] as const) {
      it(`sends the token by ${what} where the provider requires it`, async () => {
        const provider = { ...emulator.provider, placement }
        const placing = createTokenManager({ provider, credentials: emulator.credentials })
        await bind(placing)(sms)
        const accessToken = emulator.issued[0]?.accessToken ?? ''
        const expected = place === 'authorization' ? `Basic ${btoa(`api:${accessToken}`)}` : accessToken
        expect(emulator.log.find(({ kind }) => kind === 'resource')?.headers[place]).to.equal(expected)
      })
    }

    it('sends the token in the query where the provider requires it', async () => {
      const provider = { ...emulator.provider, placement: { query: 'auth_token' } as const }
      const placing = createTokenManager({ provider, credentials: emulator.credentials })
      await bind(placing)(`${sms}?page=2`)
      const accessToken = emulator.issued[0]?.accessToken
      const entry = emulator.log.find(({ kind }) => kind === 'resource')
      expect(entry?.query.get('auth_token')).to.equal(accessToken)
      expect(entry?.query.get('page')).to.equal('2')
      expect(entry?.headers['authorization']).to.equal(undefined)
    })
  })
}
