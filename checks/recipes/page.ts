// The globals of a page in a browser: a location that relative URLs are resolved against, and a fetch that keeps cookies.
import { setGlobals } from './scenario.ts'

/** Makes this process a page at `url`, until the returned function is called. */
export function openPage(url: string): () => void {
  const { fetch: bareFetch, Request: BareRequest } = globalThis
  const cookies = new Map<string, string>()
  const absolute = (input: RequestInfo | URL): RequestInfo | URL =>
    typeof input === 'string' ? new URL(input, url) : input
  class Request extends BareRequest {
    constructor(input: RequestInfo | URL, init?: RequestInit) {
      super(absolute(input), init)
    }
  }
  const fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init)
    request.headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    const response = await bareFetch(request)
    for (const text of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^(\w+)=([^;]*)/.exec(text) ?? []
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    return response
  }
  return setGlobals({ fetch, Request, location: new URL(url) })
}
