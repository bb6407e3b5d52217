// Programs over one manager with a store: callers come, leave and reject tokens; `clear()` and `adopt()` interrupt renewals; the token
// endpoint and the store respond late, or fail.
import fc from 'fast-check'
import type { Token } from '../../lib/index.ts'
import { createTokenManager, type TokenManager } from '../../lib/token/token-manager.ts'
import { plain } from '../support/managers.ts'
import { type Advance, advanceBy, type Model, programs, runner, type Scheduler } from './scheduler.ts'
import { scheduledStore } from './scheduled-store.ts'
import { LIFETIME, TokenServer } from './token-server.ts'

type Step = { readonly do: 'get' | 'get-and-leave' | 'reject' | 'clear' | 'adopt' } | Advance

/** The grant has no account of its own. */
const ACCOUNT = ''
/** `clear()` and `adopt()` abandon a renewal, whose request may be pending beside that of the next one. */
const MAX_PENDING = 2

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom<Step>({ do: 'get' }, { do: 'get' }, { do: 'get-and-leave' }, { do: 'reject' }),
    },
    { weight: 2, arbitrary: advanceBy(1, 1_000, 20_000, 45_000, 100_000) },
    { weight: 1, arbitrary: fc.constantFrom<Step>({ do: 'clear' }, { do: 'adopt' }) },
  ),
  { minLength: 1, maxLength: 24, size: 'max' },
)

export const managerPrograms = programs(steps, 'max')
export const runManager = runner<Step>((scheduler) => new ManagerModel(scheduler))

class ManagerModel implements Model<Step> {
  readonly #scheduler: Scheduler
  readonly #server: TokenServer
  readonly #tokens: TokenManager
  readonly #rejected = new Set<string>()
  #adopted = 0
  #last: Token | undefined
  #generation = 0

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
    this.#server = new TokenServer(scheduler, {
      outcomes: ['token', 'token', 'token', 'unavailable', 'denied', 'lost', 'page'],
    })
    this.#tokens = createTokenManager({
      provider: plain,
      grant: 'client_credentials',
      credentials: { clientId: 'c', clientSecret: 's' },
      clock: scheduler.clock,
      store: scheduledStore(scheduler, ['done', 'done', 'failed', 'lost']),
      transport: this.#server.transport,
    })
  }

  run(program: readonly Step[]): Promise<void> {
    return this.#scheduler.run(
      program,
      (step) => this.#perform(step),
      () => {
        this.#check()
      },
    )
  }

  #perform(step: Step): unknown {
    switch (step.do) {
      case 'get':
        this.#expect(this.#tokens.token())
        return undefined
      case 'get-and-leave': {
        const controller = new AbortController()
        this.#expect(this.#tokens.token({ signal: controller.signal }))
        controller.abort(new Error('left'))
        return undefined
      }
      case 'reject':
        if (!this.#last) return undefined
        this.#rejected.add(this.#last.accessToken)
        this.#expect(this.#tokens.renew(this.#last))
        return undefined
      case 'clear':
        this.#server.abandon(ACCOUNT)
        this.#scheduler.mustSettle(this.#tokens.clear())
        return undefined
      case 'adopt':
        this.#adopt()
        return undefined
      case 'advance':
        return this.#scheduler.advance(step.ms)
    }
  }

  #adopt(): void {
    this.#adopted += 1
    const accessToken = `adopted.${String(this.#adopted)}`
    const expiresAt = this.#scheduler.clock.now() + LIFETIME * 1_000
    this.#server.abandon(ACCOUNT)
    this.#server.addIssued(accessToken, ACCOUNT, expiresAt)
    // The adopted token replaces the current one only after its digest: until then, renewed tokens may be served.
    this.#scheduler.instantDigests = true
    this.#scheduler.mustSettle(this.#tokens.adopt({ accessToken, expiresAt }))
    this.#scheduler.instantDigests = false
  }

  #expect(promise: Promise<Token>): void {
    this.#scheduler.mustSettle(
      promise.then(
        (token) => {
          this.#checkServed(token)
          this.#last = token
        },
        // Errors of the engine are allowed.
        () => undefined,
      ),
    )
  }

  #check(): void {
    const { size } = this.#server.pending
    if (size > MAX_PENDING) this.#scheduler.violated(`${String(size)} requests were pending for one token`)
    const token = this.#tokens.peek()
    if (token) this.#checkServed(token)
  }

  #checkServed({ accessToken, generation }: Token): void {
    this.#server.checkUse(accessToken, ACCOUNT)
    if (this.#rejected.has(accessToken)) this.#scheduler.violated('a rejected token was served')
    if (generation < this.#generation) this.#scheduler.violated('an older generation was served after a newer one')
    this.#generation = generation
  }
}
