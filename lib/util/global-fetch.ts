// The global `fetch`, looked up at each call: a mock or an instrumentation may replace it at any time.

type Fetch = typeof globalThis.fetch

/** The key of the function below a wrapper of ours. A registered symbol: the package may be loaded twice. */
const WRAPPED = Symbol.for('tokenflight.fetch')

type MaybeWrapper = Fetch & { readonly [WRAPPED]?: Fetch }

/** Marks a function as a wrapper of ours. */
export function markWrapper(wrapper: object, wrapped: Fetch): void {
  Object.defineProperty(wrapper, WRAPPED, { value: wrapped })
}

/** The global `fetch` below any wrapper of ours: a token request must not wait for a token. */
export function globalFetch(...args: Parameters<Fetch>): Promise<Response> {
  let fetch: MaybeWrapper = globalThis.fetch
  while (fetch[WRAPPED]) fetch = fetch[WRAPPED]
  return fetch(...args)
}

/**
 * Calls the global `fetch` as it is at each call, or `original` where the call would come back: the global is a wrapper of ours, or an
 * instrumentation that calls one.
 */
export function lateFetch(original: Fetch): Fetch {
  let isCalling = false
  const passedOn = new WeakSet<object>()
  return (...args) => {
    const current: MaybeWrapper = globalThis.fetch
    if (current === original) return original(...args)
    const objects = args.filter((each) => typeof each === 'object')
    if (isCalling || WRAPPED in current || objects.some((each) => passedOn.has(each))) return original(...args)
    for (const each of objects) passedOn.add(each)
    isCalling = true
    try {
      return current(...args)
    } finally {
      isCalling = false
    }
  }
}
