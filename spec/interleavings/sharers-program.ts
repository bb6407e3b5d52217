// Managers that know nothing of each other, as in several processes, over one store and one refresh token that a person's consent was
// worth: they may collide, and then take over what the other one got. None may end for good while the refresh token lives.
import fc from 'fast-check'
import type { Token, TokenManager } from '../../lib/index.ts'
import { oauth2 } from '../../lib/providers.ts'
import type { TokenRecord, TokenStore } from '../../lib/stores/token-store.ts'
import { createTokenManager } from '../../lib/token/token-manager.ts'
import { withScheduledDigests } from './scheduled-digest.ts'
import { type Chance, Stage, withChance } from './scheduler.ts'
import { Desk, LIFETIME } from './token-server.ts'

type Act = { readonly do: 'get' | 'reject'; readonly who: number } | { readonly do: 'pass'; readonly ms: number }

const SHARERS = [0, 1, 2]
/** Longer than a manager waits before it looks again whether the store holds something new. */
const SOON = 5_000

const acts: fc.Arbitrary<Act[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constantFrom('get', 'get', 'reject'), who: fc.constantFrom(...SHARERS) }),
    },
    { weight: 2, arbitrary: fc.constantFrom(1_000, 20_000, 45_000, 100_000).map((ms): Act => ({ do: 'pass', ms })) },
  ),
  { minLength: 1, maxLength: 16 },
)

export const sharersProgram = withChance(acts)

export function playSharers([scheduler, fates, program]: [...Chance, Act[]]): Promise<void> {
  return new SharersWorld(new Stage(scheduler, fates)).play(program)
}

const provider = oauth2({
  id: 'consented',
  tokenEndpoint: 'https://consented.example/token',
  authorizationEndpoint: 'https://consented.example/authorize',
  clientAuthentication: 'client_secret_post',
  grants: ['authorization_code'],
})

interface Sharer {
  readonly tokens: TokenManager
  readonly rejected: Set<string>
  underWay: number
  last?: Token
}

class SharersWorld {
  readonly #stage: Stage
  readonly #desk: Desk
  readonly #sharers: Sharer[]
  #kept: TokenRecord

  constructor(stage: Stage) {
    this.#stage = stage
    this.#desk = new Desk(stage, { fates: ['token', 'token', 'token', 'unavailable', 'page'], forgiving: true })
    const now = stage.clock.now()
    const expiresAt = now + LIFETIME * 1_000
    this.#kept = {
      accessToken: 'AT.ann.0',
      refreshToken: 'RT.ann.0',
      scheme: 'Bearer',
      obtainedAt: now,
      expiresAt,
      generation: 1,
    }
    this.#desk.issued.set('AT.ann.0', { account: 'ann', expiresAt, dropped: false })
    this.#sharers = SHARERS.map(() => this.#sharer())
  }

  play(program: readonly Act[]): Promise<void> {
    return withScheduledDigests(this.#stage, async () => {
      const look = (): void => {
        for (const { underWay } of this.#sharers)
          if (underWay > 1) this.#stage.broken('two requests under way for one manager')
      }
      await this.#stage.play(program, (act) => this.#take(act), look)
      await this.#stage.rest(look)
      // One after the other: whoever lost gets what the one before it got.
      for (const sharer of this.#sharers) {
        await this.#stage.pass(SOON)
        const got = sharer.tokens.token().catch(() => {
          this.#stage.broken('a manager ended for good though the refresh token lives')
        })
        this.#stage.promised(got)
        await this.#stage.play([], () => undefined, look)
      }
    })
  }

  #take(act: Act): unknown {
    if (act.do === 'pass') return this.#stage.pass(act.ms)
    const sharer = this.#sharers[act.who]
    if (!sharer) return undefined
    const { tokens, rejected, last } = sharer
    if (act.do === 'reject' && last) rejected.add(last.accessToken)
    const token = act.do === 'reject' && last ? tokens.renew(last) : tokens.token()
    this.#stage.promised(
      token.then(
        (served) => {
          this.#served(served, sharer)
        },
        () => undefined,
      ),
    )
    return undefined
  }

  #served(token: Token, sharer: Sharer): void {
    const issued = this.#desk.issued.get(token.accessToken)
    if (!issued || issued.expiresAt <= this.#stage.clock.now()) this.#stage.broken('an expired token was served')
    if (sharer.rejected.has(token.accessToken)) this.#stage.broken('a rejected token was served')
    if (token.generation < (sharer.last?.generation ?? 0)) this.#stage.broken('an older generation was served')
    sharer.last = token
  }

  #sharer(): Sharer {
    const { clock } = this.#stage
    const sharer: Sharer = {
      rejected: new Set(),
      underWay: 0,
      tokens: createTokenManager({
        provider,
        grant: 'authorization_code',
        credentials: { clientId: 'c', clientSecret: 's', redirectUri: 'https://me.example/cb' },
        clock,
        store: this.#store(),
        transport: async (conversation) => {
          sharer.underWay += 1
          try {
            return await this.#desk.transport(conversation)
          } finally {
            sharer.underWay -= 1
          }
        },
      }),
    }
    return sharer
  }

  /** No slower than the engine waits for it, or a late write could overwrite a newer one. */
  #store(): TokenStore {
    return {
      read: () => this.#stage.soon('a read', () => this.#kept),
      write: (_, record) =>
        this.#stage.soon('a write', () => {
          if (!this.#stage.fate([true, true, false])) throw new Error('the store is down')
          this.#kept = record
        }),
      remove: () => undefined,
    }
  }
}
