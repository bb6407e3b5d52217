// Reads what an axios adapter resolves or rejects with.
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios'
import type { Match } from '../../definitions/definition.ts'
import type { ResponseReader } from '../../request/classify-response.ts'
import { matchesRejection, type ResourceServerAccess } from '../resource-server.ts'

type Predicate = ResponseReader<AxiosResponse>['isAuthFailure']

export function axiosResponseReader(
  isAuthFailure: Predicate,
  target: ResourceServerAccess,
  refused: readonly Match[] | undefined,
): ResponseReader<AxiosResponse> {
  return {
    isAuthFailure,
    isRejectedBody: ({ status, data }) => matchesRejection(refused, status, () => data as unknown),
    status: (answer) => answer.status,
    challenges: (answer) => headerOf(answer, 'www-authenticate'),
    responseIn: (error) => {
      const answer = (error as { response?: AxiosResponse } | undefined)?.response
      return typeof answer?.status === 'number' ? answer : undefined
    },
    redirectedElsewhere: (answer, origin) => {
      const url = finalUrl(answer)
      return url !== undefined && target.breaker(url)?.origin !== origin
    },
    // Whatever was not asked for as a stream has been read by the adapter; a stream stays readable until it is known to be of no use.
    drain: () => undefined,
    discard: (answer) => {
      const body = answer.data as { destroy?(): void; cancel?(): Promise<void> } | null | undefined
      if (typeof body?.destroy === 'function') body.destroy()
      else if (typeof body?.cancel === 'function') body.cancel().catch(() => undefined)
    },
    attachCause: (answer, error, cause) => {
      Object.defineProperty(error ?? answer, 'cause', { value: cause, configurable: true, writable: true })
    },
  }
}

function headerOf({ headers }: AxiosResponse, name: string): string | null {
  // An AxiosHeaders of the adapters' own, or what a custom adapter made up; of a mock, nothing.
  const found: unknown = Object.entries((headers as object | undefined) ?? {}).find(
    ([key]) => key.toLowerCase() === name,
  )?.[1]
  return Array.isArray(found) ? found.join(', ') : typeof found === 'string' ? found : null
}

/** Where the answer came from: Node's http tells on the message, a browser's XMLHttpRequest on itself, fetch to us. */
function finalUrl(answer: AxiosResponse): string | undefined {
  const request = answer.request as { res?: { responseUrl?: string }; responseURL?: string } | undefined
  return request?.res?.responseUrl ?? request?.responseURL ?? finalUrlOf(request)
}

// The fetch adapter of axios shows neither the Response nor where it came from. The newer ones let a config name the fetch they use:
// binding is the platform's, and remembers the URL on the Request that axios shows in its answer.

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
function finalUrlOf(request: unknown): string | undefined {
  return typeof request === 'object' && request !== null ? (request as { [FINAL_URL]?: string })[FINAL_URL] : undefined
}
