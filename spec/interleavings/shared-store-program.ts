// Programs over managers that share one session in one store, as in several processes. No two may send the refresh token at once, and
// none may give up while the refresh token is valid.
import fc from 'fast-check'
import { ReauthenticationRequiredError } from '../../lib/errors.ts'
import type { Token, TokenManager } from '../../lib/index.ts'
import { oauth2 } from '../../lib/providers.ts'
import { memoryStore } from '../../lib/stores/memory.ts'
import type { TokenStore } from '../../lib/stores/token-store.ts'
import { writeRecord } from '../../lib/token/session-record.ts'
import { createTokenManager } from '../../lib/token/token-manager.ts'
import { type Advance, advanceBy, type Model, programs, runner, type Scheduler } from './scheduler.ts'
import { LIFETIME, TokenServer } from './token-server.ts'

type Step = { readonly do: 'get' | 'reject'; readonly manager: number } | Advance

const ACCOUNT = 'ann'
const MANAGERS = [0, 1, 2]
/** Longer than any pause after failures. */
const MAX_PAUSE_MS = 61_000

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constantFrom('get', 'get', 'reject'), manager: fc.constantFrom(...MANAGERS) }),
    },
    { weight: 2, arbitrary: advanceBy(1_000, 20_000, 45_000, 100_000) },
  ),
  { minLength: 1, maxLength: 16 },
)

export const sharedStorePrograms = programs(steps)
export const runSharedStore = runner<Step>((scheduler) => new SharedStoreModel(scheduler))

const provider = oauth2({
  id: 'consented',
  tokenEndpoint: 'https://consented.example/token',
  authorizationEndpoint: 'https://consented.example/authorize',
  clientAuthentication: 'client_secret_post',
  grants: ['authorization_code'],
})

interface Member {
  readonly tokens: TokenManager
  readonly rejected: Set<string>
  pending: number
  last?: Token
}

class SharedStoreModel implements Model<Step> {
  readonly #scheduler: Scheduler
  readonly #server: TokenServer
  readonly #members: Member[]
  readonly #store = memoryStore()
  readonly #begun: string

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
    this.#server = new TokenServer(scheduler, {
      outcomes: ['token', 'token', 'token', 'unavailable', 'page'],
      allowsReuse: true,
    })
    const now = scheduler.clock.now()
    const expiresAt = now + LIFETIME * 1_000
    this.#begun = writeRecord({
      lineage: 'begun-elsewhere',
      generation: 1,
      refreshToken: 'RT.ann.0',
      tokens: { '': { accessToken: 'AT.ann.0', scheme: 'Bearer', obtainedAt: now, lifetime: LIFETIME * 1_000 } },
    }).text
    this.#server.addIssued('AT.ann.0', ACCOUNT, expiresAt)
    this.#members = MANAGERS.map(() => this.#member())
  }

  async run(program: readonly Step[]): Promise<void> {
    const check = (): void => {
      for (const { pending } of this.#members)
        if (pending > 1) this.#scheduler.violated('two requests were pending for one manager')
    }
    await this.#scheduler.run(program, (step) => this.#perform(step), check)
    await this.#scheduler.runUntilIdle(check)
    // One after the other: each can read the token of the one before it from the store.
    for (const { tokens } of this.#members) {
      // A pause that all share is no end: after it the session is renewed.
      await this.#scheduler.advance(MAX_PAUSE_MS)
      const token = tokens.token().catch((error: unknown) => {
        if (error instanceof ReauthenticationRequiredError)
          this.#scheduler.violated('a manager gave up while the refresh token was valid')
      })
      this.#scheduler.mustSettle(token)
      await this.#scheduler.run([], () => undefined, check)
    }
  }

  #perform(step: Step): unknown {
    if (step.do === 'advance') return this.#scheduler.advance(step.ms)
    const member = this.#members[step.manager]
    if (!member) return undefined
    const { tokens, rejected, last } = member
    if (step.do === 'reject' && last) rejected.add(last.accessToken)
    const token = step.do === 'reject' && last ? tokens.renew(last) : tokens.token()
    this.#scheduler.mustSettle(
      token.then(
        (served) => {
          this.#checkServed(served, member)
        },
        () => undefined,
      ),
    )
    return undefined
  }

  #checkServed(token: Token, member: Member): void {
    this.#server.checkUse(token.accessToken, ACCOUNT)
    if (member.rejected.has(token.accessToken)) this.#scheduler.violated('a rejected token was served')
    if (token.generation < (member.last?.generation ?? 0)) this.#scheduler.violated('an older generation was served')
    member.last = token
  }

  #member(): Member {
    const { clock } = this.#scheduler
    const member: Member = {
      rejected: new Set(),
      pending: 0,
      tokens: createTokenManager({
        provider,
        grant: 'authorization_code',
        credentials: { clientId: 'c', clientSecret: 's', redirectUri: 'https://me.example/cb' },
        clock,
        account: ACCOUNT,
        store: this.#sharedStore(),
        transport: async (call) => {
          member.pending += 1
          try {
            return await this.#server.transport(call)
          } finally {
            member.pending -= 1
          }
        },
      }),
    }
    return member
  }

  /** Its calls take no time, fail by their outcome, and may be made and not heard of. */
  #sharedStore(): TokenStore {
    return {
      read: (key) =>
        this.#scheduler.shortTask('a read', () => {
          void this.#store.swap(key, undefined, this.#begun)
          return this.#store.read(key) as string | undefined
        }),
      swap: (key, expected, next) =>
        this.#scheduler.shortTask('a swap', () => {
          const outcome = this.#scheduler.outcome(['done', 'done', 'done', 'failed', 'lost'] as const)
          if (outcome === 'failed') throw new Error('the store is down')
          const swapped = this.#store.swap(key, expected, next) as boolean
          if (outcome === 'lost') throw new Error('the answer of the store was lost')
          return swapped
        }),
    }
  }
}
