// A fake token endpoint: a transport with scripted results that records its requests.
import type { RawAnswer, TokenTransport, WireRequest, WireResult } from '../../lib/token-endpoint/transport.ts'
import { deferred } from './deferred.ts'
import { leakDetector } from './leak-detector.ts'

type ScriptedAnswer = WireResult | 'hang' | ((params: URLSearchParams) => WireResult | Promise<WireResult>)

export function answer(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): RawAnswer {
  return { status, headers, text: typeof body === 'string' ? body : JSON.stringify(body) }
}

export const refusal = (error: string, status = 400): RawAnswer => answer(status, { error })

export class FakeEndpoint {
  /** Requests received, in order. */
  readonly requests: WireRequest[] = []
  /** Seconds; undefined omits the field. */
  lifetime: number | undefined = 3600
  /** Whether tokens come with a refresh token, a new one each time. */
  refreshing = false
  /** The number of concurrent requests, and its maximum. */
  busy = 0
  mostBusy = 0
  readonly #script: ScriptedAnswer[] = []
  #always: ScriptedAnswer | undefined
  #gate: Promise<void> | undefined
  #issued = 0

  /** Results of the next requests, one each. */
  next(...answers: ScriptedAnswer[]): void {
    this.#script.push(...answers)
  }

  /** The result of each further request; undefined: a token. */
  always(given: ScriptedAnswer | undefined): void {
    this.#always = given
  }

  /** Delays all results until the returned function is called. */
  hold(): () => void {
    const gate = deferred()
    this.#gate = gate.promise
    return () => {
      this.#gate = undefined
      gate.resolve()
    }
  }

  /** Bodies of the requests, as form data. */
  get params(): URLSearchParams[] {
    return this.requests.map(({ body }) => new URLSearchParams(body))
  }

  get calls(): number {
    return this.requests.length
  }

  readonly transport: TokenTransport = async (conversation) => {
    for (;;) {
      const request = await conversation.prepare()
      this.requests.push(request)
      leakDetector().learnRequest(request)
      const aborted = new Promise<never>((_, reject) => {
        conversation.signal.addEventListener('abort', () => {
          reject(conversation.signal.reason as Error)
        })
      })
      this.busy += 1
      this.mostBusy = Math.max(this.mostBusy, this.busy)
      const result = await Promise.race([this.#answer(new URLSearchParams(request.body)), aborted]).finally(() => {
        this.busy -= 1
      })
      if ('text' in result) leakDetector().learnMessage(result.text)
      if (!(await conversation.again(result))) return result
    }
  }

  async #answer(params: URLSearchParams): Promise<WireResult> {
    const given = this.#script.shift() ?? this.#always
    await this.#gate
    if (given === 'hang') return new Promise(() => undefined)
    if (typeof given === 'function') return given(params)
    return given ?? this.issue()
  }

  /** The next token: `AT-1`, `AT-2`, with `RT-1`, `RT-2`. */
  issue(): RawAnswer {
    this.#issued += 1
    const n = String(this.#issued)
    return answer(200, {
      access_token: `AT-${n}`,
      token_type: 'Bearer',
      expires_in: this.lifetime,
      ...(this.refreshing && { refresh_token: `RT-${n}` }),
    })
  }
}
