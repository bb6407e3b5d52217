// The token endpoint: requests wait until the vector answers them. The revocation endpoint beside it answers at once.
import type { TokenTransport, WireResult } from '../../../lib/token-endpoint/transport.ts'
import { deferred, type Deferred } from '../../support/deferred.ts'
import { leakDetector } from '../../support/leak-detector.ts'
import { VectorFailure } from './check.ts'
import { decoded, isRevocation, revoked } from './client.ts'
import type { HttpAnswer } from './format.ts'
import type { Log } from './log.ts'

export class TokenEndpoint {
  readonly #log: Log
  readonly #waiting = new Set<Deferred<WireResult>>()
  #received = 0

  constructor(log: Log) {
    this.#log = log
  }

  get received(): number {
    return this.#received
  }

  get waiting(): number {
    return this.#waiting.size
  }

  readonly transport: TokenTransport = async (conversation) => {
    for (;;) {
      const request = await conversation.prepare()
      leakDetector().learnRequest(request)
      if (isRevocation(request)) {
        this.#log.add({ revocation: revoked(request) })
        return { status: 200, headers: {}, text: '' }
      }
      this.#received += 1
      this.#log.add({ tokenRequest: decoded(request) })
      const result = await this.#wait(conversation.signal)
      if (!(await conversation.again(result))) return result
    }
  }

  /** Answers the request that has waited longest. */
  answer(given: HttpAnswer | { readonly failure: 'lost' | 'unreachable' }): void {
    const [oldest] = this.#waiting
    if (!oldest) throw new VectorFailure('there is no token request to answer')
    this.#waiting.delete(oldest)
    if ('failure' in given) {
      oldest.resolve(given)
      return
    }
    const { status, headers = {}, body = '' } = given
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    leakDetector().learnMessage(text)
    oldest.resolve({ status, headers, text })
  }

  #wait(signal: AbortSignal): Promise<WireResult> {
    const waiting = deferred<WireResult>()
    this.#waiting.add(waiting)
    signal.addEventListener('abort', () => {
      this.#waiting.delete(waiting)
      waiting.reject(signal.reason)
    })
    return waiting.promise
  }
}
