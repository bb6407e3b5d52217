// A random program over one manager, run step by step: what callers do, what the token endpoint and the store answer and when, what the
// clock does. After each step the invariants are looked at, and at its end everything that was promised must have settled.
import '../support/instant-digest.ts'
import type { Token } from '../../lib/index.ts'
import type { WireResult } from '../../lib/token-endpoint/transport.ts'
import { createTokenManager, type TokenManager } from '../../lib/token/token-manager.ts'
import { flush, VirtualClock } from '../support/clock.ts'
import { deferred, type Deferred } from '../support/deferred.ts'
import { answer, refusal } from '../support/fake-endpoint.ts'
import { plain } from '../support/managers.ts'
import type { Step } from './manager-steps.ts'
import { SlowStore } from './slow-store.ts'

interface Pending {
  readonly refreshToken: string | null
  readonly answered: Deferred<WireResult>
  /** clear() or adopt() came after it was sent: what it brings home belongs to nobody. */
  abandoned: boolean
}

/** Runs a program; throws for the first invariant that does not hold. */
export async function run(program: readonly Step[]): Promise<void> {
  const world = new World()
  for (const step of program) {
    await world.take(step)
    world.look()
  }
  await world.end()
}

class World {
  readonly #clock = new VirtualClock()
  readonly #asked: Pending[] = []
  readonly #store = new SlowStore()
  readonly #rejected = new Set<string>()
  readonly #spent = new Set<string>()
  readonly #dropped = new Set<string>()
  readonly #unsettled = new Set<Promise<unknown>>()
  readonly #tokens: TokenManager
  #issued = 0
  #last: Token | undefined
  #generation = 0
  #broken: Broken | undefined

  constructor() {
    this.#tokens = createTokenManager({
      provider: plain,
      grant: 'client_credentials',
      credentials: { clientId: 'c', clientSecret: 's' },
      clock: this.#clock,
      store: this.#store,
      transport: async (conversation) => {
        for (;;) {
          const { body } = await conversation.prepare()
          const refreshToken = new URLSearchParams(body).get('refresh_token')
          if (refreshToken !== null && this.#spent.has(refreshToken))
            this.#broken ??= new Broken('a spent refresh token was presented again')
          const pending: Pending = { refreshToken, answered: deferred<WireResult>(), abandoned: false }
          this.#asked.push(pending)
          conversation.signal.addEventListener('abort', () => {
            this.#drop(pending)
            pending.answered.resolve({ failure: 'lost' })
          })
          const result = await pending.answered.promise
          if (!(await conversation.again(result))) return result
        }
      },
    })
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'get':
        this.#watch(this.#tokens.token())
        break
      case 'get-and-leave': {
        const controller = new AbortController()
        this.#watch(this.#tokens.token({ signal: controller.signal }))
        controller.abort(new Error('left'))
        break
      }
      case 'reject':
        if (this.#last) {
          this.#rejected.add(this.#last.accessToken)
          this.#watch(this.#tokens.renew(this.#last))
        }
        break
      case 'answer':
        this.#answer(step.with)
        break
      case 'write':
      case 'fail-write':
        this.#store.finish(step.do === 'write')
        break
      case 'pass':
        await this.#clock.advance(step.ms)
        break
      case 'clear':
        this.#abandon()
        this.#promise(this.#tokens.clear())
        break
      case 'adopt':
        this.#abandon()
        this.#issued += 1
        this.#promise(
          this.#tokens.adopt({ accessToken: `AT-${String(this.#issued)}`, expiresAt: this.#clock.now() + 100_000 }),
        )
    }
    await flush()
  }

  /** What holds at any moment. */
  look(): void {
    // Of what was told while the engine was at work: it would take an error for a failure of the wire.
    if (this.#broken) throw this.#broken
    const presented = this.#asked.map(({ refreshToken }) => refreshToken).filter((token) => token !== null)
    if (new Set(presented).size < presented.length) throw new Broken('a refresh token was in two requests at once')
    // After clear() or adopt() the flight that was let go may still be under way beside the new one.
    if (this.#asked.length > 2) throw new Broken(`${String(this.#asked.length)} requests under way for one token`)
    const token = this.#tokens.peek()
    if (token) this.#check(token)
  }

  /** Everybody answers: everything that was promised must settle. */
  async end(): Promise<void> {
    for (let turn = 0; turn < 60 && this.#unsettled.size > 0; turn += 1) {
      while (this.#store.waiting > 0) this.#store.finish(true)
      while (this.#asked.length > 0) this.#answer('token')
      await this.#clock.advance(5_000)
    }
    if (this.#unsettled.size > 0) throw new Broken(`${String(this.#unsettled.size)} promises never settled`)
    this.look()
  }

  #watch(promise: Promise<Token>): void {
    const served = promise.then((token) => {
      this.#check(token)
      this.#last = token
    })
    // Only what is `Broken` is our concern: the engine's own failures are what it promises.
    this.#promise(served)
  }

  #promise(promise: Promise<unknown>): void {
    this.#unsettled.add(promise)
    promise
      .catch((error: unknown) => {
        if (error instanceof Broken) this.#broken ??= error
      })
      .finally(() => this.#unsettled.delete(promise))
      .catch(() => undefined)
  }

  #check(token: Token): void {
    if (this.#rejected.has(token.accessToken)) throw new Broken('a rejected token was served')
    if (this.#dropped.has(token.accessToken))
      throw new Broken('a token was served that came home after clear() or adopt()')
    if ((token.expiresAt ?? Infinity) <= this.#clock.now()) throw new Broken('an expired token was served')
    if (token.generation < this.#generation) throw new Broken('an older generation was served after a newer one')
    this.#generation = token.generation
  }

  #answer(kind: Extract<Step, { do: 'answer' }>['with']): void {
    const pending = this.#asked[0]
    if (!pending) return
    this.#drop(pending)
    if (kind === 'token' && pending.refreshToken !== null) this.#spent.add(pending.refreshToken)
    pending.answered.resolve(this.#result(kind))
    if (kind === 'token' && pending.abandoned) this.#dropped.add(`AT-${String(this.#issued)}`)
  }

  #result(kind: Extract<Step, { do: 'answer' }>['with']): WireResult {
    if (kind === 'lost') return { failure: 'lost' }
    if (kind === 'denied') return refusal('invalid_grant')
    if (kind === 'unavailable') return answer(503, '')
    if (kind === 'page') return answer(200, '<html>')
    this.#issued += 1
    const n = String(this.#issued)
    return answer(200, { access_token: `AT-${n}`, refresh_token: `RT-${n}`, expires_in: 100 })
  }

  #abandon(): void {
    for (const pending of this.#asked) pending.abandoned = true
  }

  #drop(pending: Pending): void {
    const index = this.#asked.indexOf(pending)
    if (index >= 0) this.#asked.splice(index, 1)
  }
}

class Broken extends Error {}
