import { invalidOption } from '../errors.ts'
import { parseUrl } from '../parse-url.ts'
import { isSecure } from './secure-url.ts'

/** Somewhere a token may go. */
export interface Resource {
  readonly origin: string
  /** Without a slash at its end. */
  readonly path: string
}

/** Reads the option `resources`; throws a `TypeError` that names the entry, e.g. `resources[1]`. */
export function parseResources(resources: readonly (string | URL)[], insecure: boolean): readonly Resource[] {
  return resources.map((resource: string | URL | undefined, index) => {
    const name = `resources[${String(index)}]`
    const text = typeof resource === 'string' ? resource : (resource?.href ?? '')
    const url = parseUrl(text)
    if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
      throw invalidOption(name, 'an absolute URL of scheme, host and path', resource)
    }
    if (!isSecure(url, insecure)) throw invalidOption(name, 'https, or http on loopback', resource)
    return { origin: url.origin, path: url.pathname.replace(/\/$/, '') }
  })
}
