/**
 * The URL axios sends a request to, its query aside; undefined where versions of axios differ: which are the ones that send an
 * absolute `url` as it is although `allowAbsoluteUrls` is false.
 */
export function axiosUrl(
  baseURL: string | undefined,
  url: string | undefined,
  allowAbsoluteUrls: boolean | undefined,
): string | undefined {
  const path = url ?? ''
  if (!baseURL) return path
  const absolute = /^([a-z][a-z\d+\-.]*:)?\/\//i.test(path)
  if (absolute) return allowAbsoluteUrls === false ? undefined : path
  return path ? `${withoutSlash(baseURL)}/${path.replace(/^\/+/, '')}` : baseURL
}

function withoutSlash(base: string): string {
  // As axios: one slash, or two.
  return base.replace(/\/?\/$/, '')
}
