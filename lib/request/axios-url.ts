import { withoutSlashes } from '../parse-url.ts'

/**
 * The URL axios sends a request to, its query aside; undefined where that is not for us to say: an absolute `url` that
 * `allowAbsoluteUrls` forbids goes below `baseURL` with axios's own adapters, and anywhere with others.
 */
export function axiosUrl(
  baseURL: string | undefined,
  url: string | URL | undefined,
  allowAbsoluteUrls: boolean | undefined,
): string | undefined {
  const path = typeof url === 'string' ? url : String(url ?? '')
  if (!baseURL) return path
  if (/^([a-z][a-z\d+\-.]*:)?\/\//i.test(path)) return (allowAbsoluteUrls ?? true) ? path : undefined
  if (!path) return baseURL
  return `${withoutSlashes(baseURL)}/${path.replace(/^\//, '')}`
}
