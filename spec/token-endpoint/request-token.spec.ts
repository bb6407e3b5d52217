import { inspect } from 'node:util'
import { expect } from 'chai'
import nock from 'nock'
import { defineProvider } from '../../lib/providers/define-provider.ts'
// Loaded beforehand: the module that the transport loads with its first request would come while the clock stands still.
import '../../lib/token-endpoint/axios-attempts.ts'
import { axiosTransport } from '../../lib/token-endpoint/axios-transport.ts'
import { RENEWAL } from '../../lib/token-endpoint/build-request.ts'
import { fetchTransport } from '../../lib/token-endpoint/fetch-transport.ts'
import type { Failure, GrantResult } from '../../lib/token/token-grant.ts'
import { requestToken, type TokenRequestOptions } from '../../lib/token-endpoint/request-token.ts'
import type { TokenTransport, WireRequest, WireResult } from '../../lib/token-endpoint/transport.ts'
import { flush, VirtualClock } from '../support/clock.ts'
import { deferred } from '../support/deferred.ts'
import { startLoopback } from '../support/loopback.ts'

const SECRET = 's3cr3t-of-the-client'
const REFRESH_TOKEN = 'r3fr3sh-t0k3n'
const LIFE = 30_000

const provider = defineProvider({
  id: 'example',
  title: 'Example',
  docs: 'https://api.example/docs',
  api: 'https://api.example',
  token: { url: '/token', params: { client_id: '{clientId}', client_secret: '{clientSecret}' } },
  grants: { client_credentials: { params: { grant_type: 'client_credentials', scope: '{scope?}' } } },
  renewal: {
    refreshToken: 'rotates',
    accessToken: 'lives',
    params: { grant_type: 'refresh_token', refresh_token: '{refreshToken}' },
  },
})

const values = { clientId: 'me', clientSecret: SECRET, refreshToken: REFRESH_TOKEN }
const token: WireResult = {
  status: 200,
  headers: {},
  text: '{"access_token":"at","token_type":"Bearer","expires_in":3600}',
}
const refusal = (error: string, status = 400): WireResult => ({ status, headers: {}, text: JSON.stringify({ error }) })
const unavailable: WireResult = { status: 503, headers: {}, text: '' }
const lost: WireResult = { failure: 'lost' }
const unreachable: WireResult = { failure: 'unreachable' }

/** The options of a spec. */
interface Scene extends TokenRequestOptions {
  readonly clock: VirtualClock
  readonly controller: AbortController
}

function scene(transport: TokenTransport, given: Partial<TokenRequestOptions> = {}): Scene {
  const clock = new VirtualClock()
  const controller = new AbortController()
  return {
    provider,
    grant: 'client_credentials',
    values,
    transport,
    signal: controller.signal,
    deadline: clock.now() + LIFE,
    attempts: 3,
    ...given,
    clock,
    controller,
  }
}

/** A transport that brings these results, the last one ever after; the requests it was to send are in `sent`. */
function bringing(...results: WireResult[]): { readonly transport: TokenTransport; readonly sent: WireRequest[] } {
  const sent: WireRequest[] = []
  return {
    sent,
    transport: async (conversation) => {
      for (;;) {
        sent.push(await conversation.prepare())
        const result = results[Math.min(sent.length, results.length) - 1] ?? lost
        if (!(await conversation.again(result))) return result
      }
    },
  }
}

/** Asks, and lets all waits pass. */
async function ask(call: Scene): Promise<GrantResult> {
  const asked = { over: false }
  const reply = requestToken(call).finally(() => {
    asked.over = true
  })
  await flush()
  while (call.clock.timers > 0) await call.clock.advanceToNext()
  await flush()
  expect(asked.over, 'it hangs').to.equal(true)
  return reply
}

function failureIn(reply: GrantResult): Failure {
  if (reply.kind !== 'failure') throw new Error(`expected a failure, got a ${reply.kind}`)
  return reply.failure
}

function holdsNoSecret(thing: unknown): void {
  for (const text of [JSON.stringify(thing), inspect(thing, { depth: 10, showHidden: true }), String(thing)]) {
    expect(text).to.not.include(SECRET)
    expect(text).to.not.include(REFRESH_TOKEN)
  }
}

describe('requestToken(call)', () => {
  // axiosTransport() loads it with its first request.
  before(() => import('../../lib/token-endpoint/axios-attempts.ts'))

  describe('a response', () => {
    it('gives a token and the time when its request was sent', async () => {
      const { transport, sent } = bringing(token)
      const call = scene(transport)
      const reply = await ask(call)
      expect(reply).to.deep.include({ kind: 'token', sentAt: call.clock.now() })
      expect(reply.kind === 'token' && reply.issued).to.include({ accessToken: 'at', expiresIn: 3_600_000 })
      expect(reply).to.not.have.property('delivery', 'lost')
      expect(sent).to.have.length(1)
      expect(sent[0]?.url).to.equal('https://api.example/token')
    })

    it('is read from a transport that does not call again()', async () => {
      const call = scene(async (conversation) => {
        await conversation.prepare()
        return token
      })
      expect(await ask(call)).to.include({ kind: 'token' })
    })

    it('is read once', async () => {
      let read = 0
      const answer = <T>(given: T): T => {
        read += 1
        return given
      }
      await ask(scene(bringing(token).transport, { provider: { ...provider, custom: { answer } } }))
      expect(read).to.equal(1)
    })

    it('is read from a transport that calls prepare and again without `this`', async () => {
      const call = scene(async (conversation) => {
        await conversation.prepare.call(undefined)
        expect(await conversation.again.call(undefined, token)).to.equal(false)
        return token
      })
      expect(await ask(call)).to.include({ kind: 'token' })
    })

    it('is redacted with the secrets of its own attempt', async () => {
      let nth = 0
      const clientSecret = (): string => `${SECRET}-${String((nth += 1))}`
      const echo: WireResult = {
        status: 400,
        headers: {},
        text: JSON.stringify({ error: 'invalid_client', error_description: `no such secret: ${SECRET}-2` }),
      }
      const { transport } = bringing(unavailable, echo)
      const reply = await ask(scene(transport, { values: { ...values, clientSecret } }))
      expect(failureIn(reply).kind).to.equal('configuration')
      holdsNoSecret(failureIn(reply).error)
    })

    for (const code of ['invalid_client', 'invalid_grant', 'invalid_scope', 'unauthorized_client']) {
      it(`with ${code} is final`, async () => {
        const { transport, sent } = bringing(refusal(code))
        expect(failureIn(await ask(scene(transport))).error).to.include({ error: code })
        expect(sent).to.have.length(1)
      })
    }
  })

  describe('another attempt', () => {
    const makes = { fetch: () => fetchTransport(), axios: () => axiosTransport() }
    const waits = [
      { chance: 0, expected: [900, 1800] },
      { chance: 0.5, expected: [1000, 2000] },
      { chance: 1, expected: [1100, 2200] },
    ]
    for (const [name, make] of Object.entries(makes)) {
      for (const { chance, expected } of waits) {
        it(`follows each of two 503 after ${expected.join(' and ')} ms, until there is a token (${name})`, async () => {
          const wire = nock('https://api.example')
            .post('/token')
            .twice()
            .reply(503)
            .post('/token')
            .reply(200, tokenBody())
          const call = scene(make())
          call.clock.chance = chance
          const reply = requestToken(call)
          await call.clock.timerSet()
          await call.clock.advanceToNext()
          await call.clock.timerSet()
          await call.clock.advanceToNext()
          expect(await reply).to.include({ kind: 'token', sentAt: call.clock.now() })
          expect(call.clock.asked.map(Math.round)).to.deep.equal(expected)
          expect(wire.isDone()).to.equal(true)
        })
      }
    }

    const worth: Readonly<Record<string, WireResult>> = {
      'no connection': unreachable,
      'a lost response': lost,
      'a 408': { status: 408, headers: {}, text: '' },
      'a 429': { status: 429, headers: {}, text: '' },
      'a 500': { status: 500, headers: {}, text: '<html>' },
      temporarily_unavailable: refusal('temporarily_unavailable'),
      'a 200 with server_error': refusal('server_error', 200),
    }
    for (const [what, result] of Object.entries(worth)) {
      it(`follows ${what}, up to three attempts`, async () => {
        const { transport, sent } = bringing(result)
        expect(failureIn(await ask(scene(transport))).kind).to.equal('transient')
        expect(sent).to.have.length(3)
      })
    }

    const hopeless: Readonly<Record<string, WireResult>> = {
      'an endless response': { failure: 'too_large' },
      'a page of HTML': { status: 200, headers: {}, text: '<html>' },
      'a bare 403': { status: 403, headers: {}, text: '' },
      'a redirect': { status: 302, headers: { location: 'https://elsewhere.example' }, text: '' },
    }
    for (const [what, result] of Object.entries(hopeless)) {
      it(`does not follow ${what}`, async () => {
        const { transport, sent } = bringing(result)
        expect((await ask(scene(transport))).kind).to.equal('failure')
        expect(sent).to.have.length(1)
      })
    }

    it('does not follow with attempts: 1', async () => {
      const { transport, sent } = bringing(unavailable)
      const call = scene(transport, { attempts: 1 })
      await ask(call)
      expect(sent).to.have.length(1)
      expect(call.clock.asked).to.deep.equal([])
    })

    it('follows at the time of Retry-After, if the deadline allows it', async () => {
      const { transport, sent } = bringing({ ...unavailable, headers: { 'retry-after': '7' } }, token)
      const call = scene(transport)
      expect(await ask(call)).to.include({ kind: 'token' })
      expect(call.clock.asked).to.deep.equal([7000])
      expect(sent).to.have.length(2)
    })

    it('does not follow when Retry-After exceeds the deadline; the failure has retryAfter', async () => {
      const { transport, sent } = bringing({ ...unavailable, headers: { 'retry-after': '120' } })
      const call = scene(transport)
      expect(failureIn(await ask(call))).to.include({ retryAfter: 120_000 })
      expect(call.clock.asked).to.deep.equal([])
      expect(sent).to.have.length(1)
    })

    it('has a newly built request', async () => {
      let nth = 0
      const clientSecret = (): string => `proof-${String((nth += 1))}`
      const { transport, sent } = bringing(unavailable, unavailable, token)
      await ask(scene(transport, { values: { ...values, clientSecret } }))
      const secrets = sent.map(({ body }) => new URLSearchParams(body).get('client_secret'))
      expect(secrets).to.deep.equal(['proof-1', 'proof-2', 'proof-3'])
    })
  })

  describe('a refresh whose response was lost', () => {
    const refreshing = (results: WireResult[], given: Partial<TokenRequestOptions> = {}) => {
      const { transport, sent } = bringing(...results)
      return { call: scene(transport, { grant: RENEWAL, ...given }), sent }
    }

    it('is not sent again: the manager counts it before it sends the refresh token again', async () => {
      const { call, sent } = refreshing([lost, token])
      const reply = await ask(call)
      expect(failureIn(reply).error).to.include({ code: 'ERR_TOKEN_REQUEST', reason: 'unreachable' })
      expect(reply).to.include({ kind: 'failure', delivery: 'lost' })
      const spent = sent.map(({ body }) => new URLSearchParams(body).get('refresh_token'))
      expect(spent).to.deep.equal([REFRESH_TOKEN])
    })

    it('is distinguished from a request that was not sent', async () => {
      const { call, sent } = refreshing([unreachable, token])
      expect(await ask(call)).to.include({ kind: 'token' })
      expect(sent).to.have.length(2)
      const { call: second, sent: seen } = refreshing([unreachable, lost, token])
      expect(await ask(second)).to.include({ kind: 'failure', delivery: 'lost' })
      expect(seen).to.have.length(2)
    })

    it('is sent again for grants whose credentials can be used again', async () => {
      const { transport, sent } = bringing(lost)
      expect(await ask(scene(transport))).to.include({ delivery: 'lost' })
      expect(sent).to.have.length(3)
    })
  })

  it('reports with a failure whether the server may have received the request', async () => {
    expect(await ask(scene(bringing(unreachable).transport))).to.include({ delivery: 'not-sent' })
    expect(await ask(scene(bringing(unavailable).transport))).to.not.have.property('delivery')
    expect(await ask(scene(bringing(unreachable, unavailable).transport))).to.not.have.property('delivery')
  })

  describe('an error', () => {
    const page = (status: number): WireResult => ({ status, headers: {}, text: '<h1>Hello</h1>' })
    const json = (status: number): WireResult => ({ status, headers: {}, text: '{}' })
    const check = '; check the token endpoint https://api.example/token'
    const at = ': https://api.example/token'
    for (const [what, result, end] of [
      ['404 in JSON', json(404), check],
      ['405 without a body', { ...unavailable, status: 405 }, check],
      ['a page with 403', page(403), check],
      ['a page with 200', page(200), check],
      ['a redirect', page(302), check],
      ['403 without a body', { ...unavailable, status: 403 }, at],
      ['503', page(503), at],
      ['no token', json(200), at],
      ['no host', { ...unreachable, networkCode: 'ENOTFOUND' }, `(ENOTFOUND)${at}`],
      ['no connection', { ...unreachable, networkCode: 'ECONNREFUSED' }, `(ECONNREFUSED)${at}`],
    ] as const) {
      it(`contains the URL of the token endpoint: ${what}`, async () => {
        const { error } = failureIn(await ask(scene(bringing(result).transport, { attempts: 1 })))
        expect(error.message.endsWith(end), error.message).to.equal(true)
      })
    }

    it('contains neither the query of the token endpoint nor secrets in its path', async () => {
      const url = 'https://{clientId}.example/bot{clientSecret}/token?key={clientSecret}'
      const odd = { ...provider, token: { ...provider.token, url, encoding: 'query' } } as const
      const { error } = failureIn(await ask(scene(bringing(unreachable).transport, { attempts: 1, provider: odd })))
      expect(error.message).to.match(/: https:\/\/me\.example\/bot\{clientSecret\}\/token$/)
    })

    it('contains the URL of the token endpoint for a request that timed out', async () => {
      const call = scene(async (conversation) => {
        await conversation.prepare()
        return new Promise(() => undefined)
      })
      const reply = requestToken(call)
      await flush()
      call.controller.abort()
      expect(failureIn(await reply).error.message).to.match(
        /\(timing\.flightDeadline\): https:\/\/api\.example\/token$/,
      )
    })
  })

  describe('a request without a response', () => {
    const cases: readonly [WireResult, object][] = [
      [unreachable, { code: 'ERR_TOKEN_REQUEST', reason: 'unreachable' }],
      [lost, { code: 'ERR_TOKEN_REQUEST', reason: 'unreachable' }],
      [{ failure: 'too_large' }, { code: 'ERR_TOKEN_RESPONSE', reason: 'too_large' }],
    ]
    for (const [result, expected] of cases) {
      it(`is a temporary failure (${JSON.stringify(result)})`, async () => {
        const failure = failureIn(await ask(scene(bringing(result).transport, { attempts: 1 })))
        expect(failure.kind).to.equal('transient')
        expect(failure.error).to.include({ provider: 'example', ...expected })
      })
    }

    it('has a message that says whether the response was lost', async () => {
      const { error: one } = failureIn(await ask(scene(bringing(unreachable).transport)))
      const { error: other } = failureIn(await ask(scene(bringing(lost).transport)))
      const begin = 'example: the client_credentials grant failed:'
      expect(one.message).to.match(new RegExp(`^${begin} the authorization server cannot be reached`))
      expect(other.message).to.match(new RegExp(`^${begin} the answer of the authorization server was lost`))
    })

    // Fault 147
    it('has the code of the connection failure', async () => {
      const { error } = failureIn(await ask(scene(bringing({ ...lost, networkCode: 'ECONNRESET' }).transport)))
      expect(error).to.include({ networkCode: 'ECONNRESET' })
      expect(error.toJSON()).to.include({ networkCode: 'ECONNRESET' })
      expect(error.message).to.contain('was lost (ECONNRESET)')
    })

    for (const networkCode of ['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG']) {
      it(`has a message that asks whether the port speaks http, for ${networkCode}`, async () => {
        const { error } = failureIn(await ask(scene(bringing({ ...lost, networkCode }).transport)))
        const expected = `failed: TLS failed (${networkCode}): https://api.example/token; does this port speak http?`
        expect(error.message).to.contain(expected)
      })
    }

    for (const networkCode of [undefined, 's3cr3t', 'ECONNREFUSED 10.0.0.1:443', 'E_SECRET']) {
      it(`has no networkCode for ${String(networkCode)}, and says so`, async () => {
        const result = networkCode === undefined ? unreachable : { ...unreachable, networkCode }
        const { error } = failureIn(await ask(scene(bringing(result).transport)))
        expect(error).to.not.have.property('networkCode')
        expect(error.message).to.contain('(no network code: the network, CORS, or an error of the fetch or the adapter')
      })
    }
  })

  describe('the deadline', () => {
    const over = new Error('the renewal exceeded its deadline')
    const timedOut = { code: 'ERR_TOKEN_REQUEST', reason: 'timeout' }

    const makes = { fetch: () => fetchTransport(), axios: () => axiosTransport() }
    for (const [name, make] of Object.entries(makes)) {
      for (const stalls of ['before its headers', 'in its body']) {
        it(`ends a response that stalls ${stalls}, and closes its connection (${name})`, async () => {
          const arrived = deferred()
          const server = await startLoopback((response) => {
            if (stalls === 'before its headers') arrived.resolve()
            else
              response.writeHead(200, { 'content-length': '50' }).write('{"access', () => setImmediate(arrived.resolve))
          })
          const call = scene(make(), { provider: { ...provider, api: server.url } })
          const reply = requestToken(call)
          await arrived.promise
          call.controller.abort(over)
          expect(failureIn(await reply).error).to.include(timedOut)
          expect(await reply).to.include({ delivery: 'lost' })
          await server.idle()
          await server.close()
        })
      }
    }

    it('ends the wait for a transport that ignores the signal', async () => {
      for (const late of ['resolve', 'reject'] as const) {
        const answer = deferred<WireResult>()
        const call = scene(async (conversation) => {
          await conversation.prepare()
          return answer.promise
        })
        const reply = requestToken(call)
        await flush()
        call.controller.abort(over)
        expect(failureIn(await reply)).to.deep.include({ kind: 'transient' })
        expect(failureIn(await reply).error).to.include(timedOut)
        answer[late](token)
        await flush()
      }
    })

    it('ends the pause before the next attempt', async () => {
      const { transport, sent } = bringing(unavailable)
      const call = scene(transport)
      const reply = requestToken(call)
      await call.clock.timerSet()
      call.controller.abort(over)
      expect(failureIn(await reply).error).to.include(timedOut)
      expect(await reply).to.not.have.property('delivery', 'lost')
      expect(call.clock.timers).to.equal(0)
      expect(sent).to.have.length(1)
    })

    it('prevents a request whose credential function returns too late', async () => {
      const secret = deferred<string>()
      const sent: WireRequest[] = []
      const call = scene(
        async (conversation) => {
          sent.push(await conversation.prepare())
          return token
        },
        { values: { ...values, clientSecret: () => secret.promise } },
      )
      const reply = requestToken(call)
      await flush()
      call.controller.abort(over)
      expect(failureIn(await reply).error).to.include(timedOut)
      expect(await reply).to.not.have.property('delivery', 'lost')
      secret.resolve(SECRET)
      await flush()
      expect(sent).to.deep.equal([])
    })

    it('prevents a request if it has already passed', async () => {
      let called = false
      const transport: TokenTransport = () => {
        called = true
        return Promise.resolve(token)
      }
      const reply = await ask(scene(transport, { signal: AbortSignal.abort(over) }))
      expect(failureIn(reply).error).to.include(timedOut)
      expect(called).to.equal(false)
    })

    it('does not discard a token that has been read', async () => {
      const call = scene(async (conversation) => {
        await conversation.prepare()
        await conversation.again(token)
        return new Promise(() => undefined)
      })
      const reply = requestToken(call)
      await flush()
      call.controller.abort(over)
      expect(await reply).to.include({ kind: 'token' })
    })
  })

  describe('credentials that cannot be read', () => {
    const failing: Readonly<Record<string, () => string | Promise<string>>> = {
      'a function that throws': () => {
        throw new Error(`vault: ${SECRET}`)
      },
      'a function that rejects': () => Promise.reject(new Error(`vault: ${SECRET}`)),
    }
    for (const [what, clientSecret] of Object.entries(failing)) {
      it(`are a configuration failure that does not quote the error (${what})`, async () => {
        const { transport, sent } = bringing(token)
        const reply = await ask(scene(transport, { values: { ...values, clientSecret } }))
        const { kind: kind, error, retry } = failureIn(reply)
        expect({ kind, retry }).to.deep.equal({ kind: 'configuration', retry: false })
        expect(error).to.include({ code: 'ERR_TOKEN_REQUEST', reason: 'credentials' })
        holdsNoSecret(reply)
        holdsNoSecret(error)
        expect(reply).to.not.have.property('delivery', 'lost')
        expect(sent).to.deep.equal([])
      })
    }

    for (const [name, make] of Object.entries({ fetch: () => fetchTransport(), axios: () => axiosTransport() })) {
      it(`are reported as such by every transport (${name})`, async () => {
        const clientSecret = failing['a function that throws'] ?? ''
        // Not by `ask`: axios loads its attempts first, which takes as long as it takes.
        const reply = await requestToken(scene(make(), { values: { ...values, clientSecret } }))
        expect(failureIn(reply).error).to.include({ reason: 'credentials' })
      })
    }
  })

  describe('a custom transport', () => {
    const leaky = Object.assign(new Error(`POST ${SECRET}`), { isAxiosError: true, config: { data: REFRESH_TOKEN } })
    const broken: Readonly<Record<string, TokenTransport>> = {
      'throws at once': () => {
        throw leaky
      },
      'rejects before prepare()': () => Promise.reject(leaky),
      'rejects after prepare()': async (conversation) => {
        await conversation.prepare()
        throw leaky
      },
      'returns nothing': async (conversation) => {
        await conversation.prepare()
        return undefined as unknown as WireResult
      },
      'calls again() without a result': async (conversation) => {
        await conversation.prepare()
        await conversation.again(undefined as unknown as WireResult)
        return token
      },
    }
    for (const [what, transport] of Object.entries(broken)) {
      it(`that ${what} causes a temporary failure, and leaks nothing`, async () => {
        const reply = await ask(scene(transport))
        const { kind: kind, error } = failureIn(reply)
        expect(kind).to.equal('transient')
        expect(error).to.include({ code: 'ERR_TOKEN_REQUEST', reason: 'unreachable' })
        expect(error).to.not.have.property('cause')
        holdsNoSecret(reply)
        holdsNoSecret(error)
      })
    }

    it('that rejects after prepare() may have lost a response', async () => {
      expect(await ask(scene(broken['rejects after prepare()'] ?? bringing().transport))).to.include({
        delivery: 'lost',
      })
      const before = await ask(scene(broken['rejects before prepare()'] ?? bringing().transport))
      expect(before).to.not.have.property('delivery', 'lost')
    })
  })
})

function tokenBody(): Record<string, unknown> {
  return { access_token: 'at', token_type: 'Bearer', expires_in: 3600 }
}
