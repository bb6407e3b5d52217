// A token endpoint without a wire: a transport that answers from a script and remembers what it was asked.
import type { RawAnswer, TokenTransport, WireRequest, WireResult } from '../../lib/token-endpoint/transport.ts'
import { deferred } from './deferred.ts'
import { currentNet } from './secrets.ts'

type Answer = WireResult | 'hang' | ((params: URLSearchParams) => WireResult | Promise<WireResult>)

export function answer(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): RawAnswer {
  return { status, headers, text: typeof body === 'string' ? body : JSON.stringify(body) }
}

export const refusal = (error: string, status = 400): RawAnswer => answer(status, { error })

export class FakeEndpoint {
  /** What was asked, in order. */
  readonly requests: WireRequest[] = []
  /** Seconds; undefined leaves the field out. */
  lifetime: number | undefined = 3600
  /** Whether tokens come with a refresh token, a new one each time. */
  refreshing = false
  /** How many requests are being answered, and the most there ever were. */
  busy = 0
  mostBusy = 0
  readonly #script: Answer[] = []
  #always: Answer | undefined
  #gate: Promise<void> | undefined
  #issued = 0

  /** The next requests are answered so, one each. */
  next(...answers: Answer[]): void {
    this.#script.push(...answers)
  }

  /** Every request is answered so, from now on; undefined: with a token. */
  always(given: Answer | undefined): void {
    this.#always = given
  }

  /** Nothing is answered until the function it gives is called. */
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
      currentNet().learnRequest(request)
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
      if ('text' in result) currentNet().learnMessage(result.text)
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

  /** The next token in the row: `AT-1`, `AT-2`, with `RT-1`, `RT-2`. */
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
