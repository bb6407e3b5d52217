// The headers of a request that has none but ours: one object per token, since a platform takes them over from a Headers without
// looking at each again.
import type { Placed } from '../request/placed.ts'

/** Keeps a Headers for as long as the same is asked for, and nobody changes it: whoever does has it for himself. */
export class SharedHeaders {
  #of: Placed | undefined
  #headers: Headers | undefined

  for(placed: Placed): Headers {
    if (this.#headers && this.#of === placed) return this.#headers
    const headers = new Headers(placed.fields as [string, string][])
    for (const name of ['append', 'delete', 'set'] as const) {
      const value = (...args: [string, string]): void => {
        this.#headers = undefined
        Headers.prototype[name].apply(headers, args)
      }
      Object.defineProperty(headers, name, { value })
    }
    this.#of = placed
    return (this.#headers = headers)
  }
}
