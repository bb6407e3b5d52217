// The API: requests wait until the vector answers them, or their callers leave.
import { onAbort } from '../../../lib/util/abort.ts'
import { deferred, type Deferred } from '../../support/deferred.ts'
import { VectorFailure } from './check.ts'
import { API } from './client.ts'
import type { HttpAnswer } from './format.ts'
import type { Log } from './log.ts'

/** A request as a client sent it. */
export interface ApiRequest {
  readonly url: string
  readonly method: string
  readonly headers: Headers
  readonly body: string | undefined
  readonly signal: AbortSignal | undefined
}

export interface ApiAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

export const THINGS = `${API}/things`
/** Names the caller, so that a vector can tell whose request arrived. */
export const CALLER = 'x-caller'

export class Api {
  readonly #log: Log
  readonly #waiting: { readonly caller: string; readonly answered: Deferred<ApiAnswer> }[] = []
  #received = 0

  constructor(log: Log) {
    this.#log = log
  }

  get received(): number {
    return this.#received
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Rejects with the signal's reason when the caller leaves. */
  async receive({ url, method, headers, body, signal }: ApiRequest): Promise<ApiAnswer> {
    signal?.throwIfAborted()
    this.#received += 1
    const caller = headers.get(CALLER) ?? 'nobody'
    const authorization = headers.get('authorization')
    const bearer = authorization?.startsWith('Bearer ') === true ? authorization.slice(7) : null
    this.#log.add({
      apiRequest: caller,
      bearer,
      ...(authorization !== null && bearer === null && { authorization }),
      ...(url !== THINGS && { url }),
      ...(method !== 'GET' && { method }),
      ...(body !== undefined && { body }),
    })
    const waiting = { caller, answered: deferred<ApiAnswer>() }
    this.#waiting.push(waiting)
    const abort = (): void => {
      const index = this.#waiting.indexOf(waiting)
      if (index >= 0) this.#waiting.splice(index, 1)
      waiting.answered.reject(signal?.reason)
    }
    return waiting.answered.promise.finally(signal && onAbort(signal, abort))
  }

  /** Answers that many requests of a caller, those first that have waited longest. */
  answer(caller: string, times: number, { status, headers = {}, body = '' }: HttpAnswer): void {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    for (let nth = 0; nth < times; nth += 1) {
      const index = this.#waiting.findIndex((each) => each.caller === caller)
      const [waiting] = index < 0 ? [] : this.#waiting.splice(index, 1)
      if (!waiting) throw new VectorFailure(`there is no request of ${caller} to answer`)
      waiting.answered.resolve({ status, headers, text })
    }
  }
}
