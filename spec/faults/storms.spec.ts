// FAULTS, rejected tokens: how many token requests an API can cause, and for whom, over both clients against servers on loopback.
import axios from 'axios'
import { expect } from 'chai'
import { attachBearer } from '../../lib/axios.ts'
import { type WrapOptions, wrapFetch } from '../../lib/fetch.ts'
import { createTokenManager, type TokenManager } from '../../lib/index.ts'
import { oauth2 } from '../../lib/providers.ts'
import { deferred } from '../support/deferred.ts'
import { type Loopback, startLoopback } from '../support/loopback.ts'
import { flush, VirtualClock } from '../support/clock.ts'
import { realNetwork } from '../support/real-network.ts'

const second = 1_000
const minute = 60 * second

/** The answer of an API to the token of its nth request. */
type Judge = (token: string, nth: number) => { readonly status: number; readonly body?: object }

interface Client {
  readonly name: string
  readonly bind: (
    tokens: TokenManager,
    options: Pick<WrapOptions, 'propagationDelay'> & { readonly refusedBody?: boolean },
  ) => (url: string) => Promise<number>
}

const CLIENTS: readonly Client[] = [
  {
    name: 'axios',
    bind: (tokens, { refusedBody = false, ...options }) => {
      const instance = axios.create({ validateStatus: () => true })
      attachBearer(instance, tokens, {
        ...options,
        ...(refusedBody && { isAuthFailure: ({ data }) => (data as { ok?: boolean }).ok === false }),
      })
      return async (url) => (await instance.get(url)).status
    },
  },
  {
    name: 'fetch',
    bind: (tokens, { refusedBody = false, ...options }) => {
      const wrapped = wrapFetch(fetch, tokens, {
        ...options,
        ...(refusedBody && {
          isAuthFailure: async (response) => ((await response.clone().json()) as { ok?: boolean }).ok === false,
        }),
      })
      return async (url) => {
        const response = await wrapped(url)
        await response.arrayBuffer()
        return response.status
      }
    },
  },
]

/** A token endpoint that counts, and APIs that judge. */
class World {
  readonly clock = new VirtualClock()
  /** Fields of token responses. */
  issued: object = { expires_in: 3600 }
  /** Answers token requests in place of a token. */
  fault: { readonly status: number; readonly body: object } | undefined
  readonly #servers: Loopback[] = []
  readonly #hold: Promise<unknown>[] = []
  #endpoint: Loopback | undefined

  get tokenRequests(): number {
    return this.#endpoint?.received.length ?? 0
  }

  async start(): Promise<void> {
    this.#endpoint = await this.#serve(async (nth) => {
      await this.#hold.shift()
      return (
        this.fault ?? { status: 200, body: { access_token: `t${String(nth)}`, token_type: 'Bearer', ...this.issued } }
      )
    })
  }

  /** The next token request is answered after this. */
  holdNext(until: Promise<unknown>): void {
    this.#hold.push(until)
  }

  async api(judge: Judge): Promise<string> {
    const { url } = await this.#serve((nth, token) => judge(token, nth))
    return url
  }

  tokens(apis: readonly string[], definition: object = {}): TokenManager {
    const provider = oauth2({
      tokenEndpoint: `${this.#endpoint?.url ?? ''}/token`,
      clientAuthentication: 'client_secret_post',
    })
    return createTokenManager({
      provider: { ...provider, ...definition },
      credentials: { clientId: 'the-client', clientSecret: 'client-secret-value' },
      resources: apis,
      clock: this.clock,
    })
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()))
  }

  async #serve(
    answer: (nth: number, token: string) => ReturnType<Judge> | Promise<ReturnType<Judge>>,
  ): Promise<Loopback> {
    const server = await startLoopback((response, { headers }, nth) => {
      const token = String(headers['authorization']).replace('Bearer ', '')
      void Promise.resolve(answer(nth, token)).then(({ status, body = {} }) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      })
    })
    this.#servers.push(server)
    return server
  }
}

const refuse: Judge = () => ({ status: 401 })
const accept: Judge = () => ({ status: 200 })

describe('Token requests caused by an API', () => {
  realNetwork()
  let world: World
  beforeEach(async () => {
    world = new World()
    await world.start()
  })
  afterEach(() => world.close())

  // Fault 120
  it('are 3 where two clients with one manager alternately send 200 requests to an API that always responds with 401', async () => {
    const api = await world.api(refuse)
    const tokens = world.tokens([api])
    const clients = CLIENTS.map(({ bind }) => bind(tokens, {}))
    for (let n = 0; n < 200; n += 1) {
      expect(await clients[n % 2]?.(api)).to.equal(401)
      await world.clock.advance(100)
    }
    expect(world.tokenRequests).to.equal(3)
  })

  for (const { name, bind } of CLIENTS) {
    describe(`over ${name}`, () => {
      // Fault 121
      it('are 3 where isAuthFailure finds a rejection in each of 100 responses with status 200', async () => {
        const api = await world.api(() => ({ status: 200, body: { ok: false } }))
        const send = bind(world.tokens([api]), { refusedBody: true })
        for (let n = 0; n < 100; n += 1) expect(await send(api)).to.equal(200)
        expect(world.tokenRequests).to.equal(3)
      })

      // Fault 121
      it('are 3 where rejectedWhen of the provider finds a rejection in each of 100 responses with status 200', async () => {
        const api = await world.api(() => ({ status: 200, body: { errcode: 40001 } }))
        const rejectedWhen = [{ status: 200, at: 'errcode', is: '40001' }]
        const send = bind(world.tokens([api], { rejectedWhen }), {})
        for (let n = 0; n < 100; n += 1) expect(await send(api)).to.equal(200)
        expect(world.tokenRequests).to.equal(3)
      })

      it('are none where a rule of rejectedWhen without a status matches a 200', async () => {
        const api = await world.api(() => ({ status: 200, body: { error: 'invalid_token' } }))
        const send = bind(world.tokens([api], { rejectedWhen: [{ at: 'error', is: 'invalid_token' }] }), {})
        for (let n = 0; n < 10; n += 1) await send(api)
        expect(world.tokenRequests).to.equal(1)
      })

      // Fault 122
      it('are at most 5 where each token is accepted once and then rejected, for 400 requests in 30 s', async () => {
        const seen = new Set<string>()
        const api = await world.api((token) => {
          const isFirst = !seen.has(token)
          seen.add(token)
          return { status: isFirst ? 200 : 401 }
        })
        const send = bind(world.tokens([api]), {})
        for (let n = 0; n < 400; n += 1) {
          await send(api)
          await world.clock.advance(75)
        }
        expect(world.tokenRequests).to.be.within(2, 5)
      })

      // Fault 122
      it('are at most 5 where one of ten servers rejects every token; requests to the others succeed', async () => {
        const machines: number[] = []
        const api = await world.api((_token, nth) => {
          machines.push(nth % 10)
          return { status: nth % 10 === 0 ? 401 : 200 }
        })
        const send = bind(world.tokens([api]), {})
        const statuses: number[] = []
        for (let n = 0; n < 200; n += 1) {
          statuses.push(await send(api))
          await world.clock.advance(100)
        }
        expect(world.tokenRequests).to.be.within(2, 5)
        const refused = machines.filter((machine) => machine === 0).length
        expect(statuses.filter((status) => status === 401).length).to.be.at.most(refused)
        expect(statuses.filter((status) => status === 200).length).to.be.at.least(180)
      })

      // Fault 123
      for (const [what, issued] of [
        ['expires_in 1e-7', { expires_in: 1e-7 }],
        ['expires_in "0.0001"', { expires_in: '0.0001' }],
        ['refresh_in 0.0001', { refresh_in: 0.0001 }],
      ] as const)
        it(`are at most 4 in 50 requests in 3 s where the token response has ${what}`, async () => {
          world.issued = issued
          const api = await world.api(accept)
          const send = bind(world.tokens([api]), {})
          for (let n = 0; n < 50; n += 1) {
            expect(await send(api)).to.equal(200)
            await world.clock.advance(60)
          }
          expect(world.tokenRequests).to.be.within(1, 4)
        })

      // Fault 124
      for (const delay of [300, 1_500]) {
        const accepted =
          (issuedAt: ReadonlyMap<string, number>): Judge =>
          (token) => {
            const since = issuedAt.get(token)
            return { status: since === undefined || world.clock.now() - since < delay ? 401 : 200 }
          }

        it(`is 1 where the API accepts a token ${String(delay)} ms after it was issued, with propagationDelay`, async () => {
          const issuedAt = new Map([['t1', world.clock.now()]])
          const api = await world.api(accepted(issuedAt))
          const send = bind(world.tokens([api]), { propagationDelay: delay })
          const sent = Promise.all([send(api), send(api)])
          const { asked } = world.clock
          while (asked.filter((ms) => ms <= delay).length < 2) await flush()
          await world.clock.advance(delay)
          expect(await sent).to.deep.equal([200, 200])
          expect(world.tokenRequests).to.equal(1)
        })
      }

      // Fault 124
      it('are none while the API accepts only the previous token and it has not expired', async () => {
        const known = new Set(['t1'])
        const api = await world.api((token) => ({ status: known.has(token) ? 200 : 401 }))
        const tokens = world.tokens([api], { propagationDelay: 1_500 })
        const send = bind(tokens, {})
        expect(await send(api)).to.equal(200)
        await world.clock.advance(56 * minute)
        expect(await send(api)).to.equal(200)
        while (tokens.peek()?.accessToken !== 't2') await flush()
        expect([await send(api), await send(api)]).to.deep.equal([200, 200])
        known.add('t2')
        await world.clock.advance(1_500)
        expect(await send(api)).to.equal(200)
        expect(world.tokenRequests).to.equal(2)
      })

      // Fault 127
      it('open no breaker where one fresh token is revoked before its first use', async () => {
        const api = await world.api((token) => ({ status: ['t1', 't2'].includes(token) ? 401 : 200 }))
        const send = bind(world.tokens([api]), {})
        expect([await send(api), await send(api), await send(api)]).to.deep.equal([401, 200, 200])
        expect(world.tokenRequests).to.equal(3)
      })

      // Fault 126
      it('continue after 30 s where the clock was set back 5 h while the breaker was open', async () => {
        let isRepaired = false
        const api = await world.api(() => ({ status: isRepaired ? 200 : 401 }))
        const tokens = world.tokens([api])
        const told: string[] = []
        tokens.on('breaker-opened', ({ origin }) => told.push(`opened ${String(origin)}`))
        tokens.on('breaker-closed', ({ origin }) => told.push(`closed ${String(origin)}`))
        const send = bind(tokens, {})
        await send(api)
        await send(api)
        expect(told).to.deep.equal([`opened ${api}`])
        world.clock.turn(-300 * minute)
        await world.clock.advance(29 * second)
        await send(api)
        expect(world.tokenRequests).to.equal(3)
        await world.clock.advance(second)
        isRepaired = true
        expect(await send(api)).to.equal(200)
        expect(told).to.deep.equal([`opened ${api}`, `closed ${api}`])
      })

      describe('for one origin', () => {
        let good: string
        let bad: string
        let send: (url: string) => Promise<number>
        let tokens: TokenManager
        beforeEach(async () => {
          good = await world.api(accept)
          bad = await world.api(refuse)
          tokens = world.tokens([good, bad])
          send = bind(tokens, {})
          expect(await send(good)).to.equal(200)
        })

        // Fault 125
        it('do not delay requests to another origin while the token endpoint hangs', async () => {
          const gate = deferred()
          world.holdNext(gate.promise)
          const waiting = send(bad)
          while (world.tokenRequests < 2) await flush()
          for (let n = 0; n < 10; n += 1) expect(await send(good)).to.equal(200)
          expect(world.tokenRequests).to.equal(2)
          gate.resolve()
          expect(await waiting).to.equal(401)
        })

        for (const fault of [
          { status: 500, body: {} },
          { status: 401, body: { error: 'invalid_client' } },
          { status: 400, body: { error: 'invalid_grant' } },
        ])
          // Fault 125
          it(`do not fail requests to another origin where the token endpoint responds with ${JSON.stringify(fault)}`, async () => {
            world.fault = fault
            let outcome: unknown
            const refused = send(bad).then(
              (status) => (outcome = status),
              (error: unknown) => (outcome = error),
            )
            while (world.tokenRequests < 2) await flush()
            for (let n = 0; n < 5; n += 1) expect(await send(good)).to.equal(200)
            while (outcome === undefined) await world.clock.advance(100)
            await refused
            for (let n = 0; n < 10; n += 1) expect(await send(good)).to.equal(200)
          })

        it('open no breaker for another origin', async () => {
          for (let n = 0; n < 5; n += 1) await send(bad)
          expect(world.tokenRequests).to.equal(3)
          for (let n = 0; n < 10; n += 1) expect(await send(good)).to.equal(200)
          expect(await send(bad)).to.equal(401)
        })
      })
    })
  }
})
