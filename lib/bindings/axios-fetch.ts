// axios's fetch adapter gives away neither the Response nor where it came from. The newer ones let a config name the fetch they use:
// ours is the platform's, and remembers the URL on the Request that axios shows in its answer.
import type { InternalAxiosRequestConfig } from 'axios'

type Config = InternalAxiosRequestConfig

const FINAL_URL = Symbol('the URL after redirects')

/** One for all calls: axios keeps an adapter for every fetch it is ever given. */
async function tracedFetch(input: Request | string | URL, init?: RequestInit): Promise<Response> {
  const response = await globalThis.fetch(input, init)
  if (typeof input === 'object' && response.redirected) {
    Object.defineProperty(input, FINAL_URL, { value: response.url, configurable: true })
  }
  return response
}

/** What an adapter is chosen by: the config, with a fetch that remembers unless the caller names one. */
export function traced(config: Config): Config {
  const { env } = config as { env?: object }
  return env && !('fetch' in env) ? ({ env: { ...env, fetch: tracedFetch } } as unknown as Config) : config
}

/** Where a redirected Request has led. */
export function finalUrlOf(request: unknown): string | undefined {
  return typeof request === 'object' && request !== null ? (request as { [FINAL_URL]?: string })[FINAL_URL] : undefined
}
