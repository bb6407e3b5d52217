import '../support/instant-digest.ts'
import { expect } from 'chai'
import { oauth2 } from '../../lib/providers.ts'
import { memoryStore } from '../../lib/stores/memory.ts'
import type { TokenStore } from '../../lib/stores/token-store.ts'
import type { TokenTransport, WireResult } from '../../lib/token-endpoint/transport.ts'
import { createTokenManager, type TokenManager } from '../../lib/token/token-manager.ts'
import { flush, VirtualClock } from '../support/clock.ts'
import { deferred, type Deferred } from '../support/deferred.ts'
import { answer } from '../support/fake-endpoint.ts'

const OPERATIONS = ['renew', 'adopt', 'exchangeCallback', 'clear', 'revoke'] as const
type Operation = (typeof OPERATIONS)[number]

const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const

const provider = oauth2({
  id: 'as',
  tokenEndpoint: 'https://as.example/token',
  authorizationEndpoint: 'https://as.example/authorize',
  revocationEndpoint: 'https://as.example/revoke',
  clientAuthentication: 'none',
  grants: ['authorization_code'],
  pkce: false,
  api: 'https://api.example',
})

const LIFETIME = 3_600

/** Holds each token request until it is told to answer; a token names the login it descends from. */
class Server {
  readonly waiting: Deferred<undefined>[] = []
  readonly revoked = new Set<string>()
  readonly issued = new Map<string, string[]>()
  #count = 0

  readonly transport: TokenTransport = async (call) => {
    const { url, body } = await call.prepare()
    const params = new URLSearchParams(body)
    const result = url.endsWith('/revoke') ? this.#revoke(params) : await this.#token(params)
    await call.again(result)
    return result
  }

  #revoke(params: URLSearchParams): WireResult {
    this.revoked.add(params.get('token') ?? '')
    return answer(200, {})
  }

  async #token(params: URLSearchParams): Promise<WireResult> {
    const held = deferred<undefined>()
    this.waiting.push(held)
    await held.promise
    const login = params.get('code') ?? params.get('refresh_token')?.split('.')[1] ?? ''
    this.#count += 1
    const [accessToken, refreshToken] = ['AT', 'RT'].map((kind) => `${kind}.${login}.${String(this.#count)}`)
    this.issued.set(login, [...(this.issued.get(login) ?? []), accessToken ?? '', refreshToken ?? ''])
    return answer(200, { access_token: accessToken, refresh_token: refreshToken, expires_in: LIFETIME })
  }
}

/** Each call takes its time, one of seven is not made, and the answer of one of eleven is lost. */
function slowStore(clock: VirtualClock, faults: { over: boolean }): TokenStore {
  const store = memoryStore()
  let calls = 0
  const late = async <T>(act: () => T): Promise<T> => {
    calls += 1
    const nth = calls
    await new Promise<void>((resolve) => clock.after((nth * 37) % 90, resolve))
    if (!faults.over && nth % 7 === 0) throw new Error('the store is down')
    const result = act()
    if (!faults.over && nth % 11 === 0) throw new Error('the answer of the store was lost')
    return result
  }
  return {
    read: (key) => late(() => store.read(key) as string | undefined),
    swap: (key, expected, next) => late(() => store.swap(key, expected, next) as boolean),
  }
}

async function run(program: readonly Operation[], order: readonly number[], slow: boolean): Promise<void> {
  const clock = new VirtualClock()
  const server = new Server()
  const faults = { over: false }
  const tokens = createTokenManager({
    provider,
    credentials: { clientId: 'c', redirectUri: 'https://app.example/cb' },
    account: 'ops',
    clock,
    transport: server.transport,
    ...(slow && { store: slowStore(clock, faults) }),
  })
  const adopt = (login: string): Promise<unknown> =>
    tokens.adopt({
      accessToken: `AT.${login}.0`,
      refreshToken: `RT.${login}.0`,
      expiresAt: clock.now() + LIFETIME * 1_000,
    })
  const beginning = adopt('start')
  await clock.advance(5_000)
  await beginning
  const ended: string[] = []
  const operations: Record<Operation, (login: string) => Promise<unknown>> = {
    renew: async () => {
      const token = tokens.peek()
      if (token) await tokens.renew(token)
    },
    adopt,
    exchangeCallback: (login) =>
      tokens
        .exchangeCallback(`https://app.example/cb?code=${login}&state=s`, { state: 's' })
        .catch((error: unknown) => {
          ended.push(login)
          throw error
        }),
    clear: () => tokens.clear(),
    revoke: () => tokens.revoke(),
  }
  const begun: Promise<unknown>[] = []
  for (const [index, operation] of program.entries()) {
    begun.push(operations[operation](`${operation}-${String(index)}`).catch(() => undefined))
    await flush()
  }
  for (const index of order) {
    server.waiting[index]?.resolve(undefined)
    await clock.advance(700)
  }
  // Whatever was asked for later, a renewal after a login say, is answered as it comes.
  for (let round = 0; round < 12; round += 1) {
    for (const held of server.waiting) held.resolve(undefined)
    await clock.advance(700)
  }
  faults.over = true
  await clock.advance(60_000)
  for (const held of server.waiting) held.resolve(undefined)
  await Promise.all(begun)
  await check(program, tokens, server, clock, ended)
}

async function check(
  program: readonly Operation[],
  tokens: TokenManager,
  server: Server,
  clock: VirtualClock,
  superseded: readonly string[],
): Promise<void> {
  const last = program.findLastIndex((operation) => operation !== 'renew')
  const operation = program[last]
  const waiting = tokens.token().then(
    ({ accessToken }) => accessToken.split('.')[1],
    (error: unknown) => (error as { code?: string }).code,
  )
  await clock.advance(5_000)
  for (const held of server.waiting) held.resolve(undefined)
  await clock.advance(5_000)
  const expected =
    operation === undefined
      ? 'start'
      : operation === 'clear' || operation === 'revoke'
        ? 'ERR_REAUTHENTICATION_REQUIRED'
        : `${operation}-${String(last)}`
  expect(await waiting).to.equal(expected)
  // Fault 111
  for (const login of superseded)
    for (const token of server.issued.get(login) ?? []) expect([...server.revoked]).to.include(token)
}

describe('Any three operations on a session, begun and answered in any order', () => {
  for (const [what, slow] of [
    ['private memory', false],
    ['a store that is slow, fails and loses answers', true],
  ] as const) {
    for (const first of OPERATIONS) {
      // Fault 109
      it(`end as asked last, over ${what}, when ${first} is the first`, async () => {
        for (const second of OPERATIONS)
          for (const third of OPERATIONS)
            for (const order of ORDERS) {
              const program = [first, second, third]
              await run(program, order, slow).catch((error: unknown) => {
                throw new Error(`${program.join(', ')}; answered ${order.join(', ')}: ${String(error)}`)
              })
            }
      }).timeout(60_000)
    }
  }
})
