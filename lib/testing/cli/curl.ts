// curl commands for a POSIX shell.

/** POST of a form. `options` go as they are. */
export function curlForm(url: string, params: Readonly<Record<string, string>>, ...options: readonly string[]): string {
  const fields = Object.entries(params).map(([name, value]) => `--data-urlencode ${quoted(`${name}=${value}`)}`)
  return line(url, ...options, ...fields)
}

/** POST of JSON. */
export function curlJson(url: string, value: object): string {
  return line(url, `-H 'Content-Type: application/json'`, `-d ${quoted(JSON.stringify(value))}`)
}

/** GET with a token and further headers. */
export function curlGet(url: string, token: string, headers: Readonly<Record<string, string>> = {}): string {
  const all = Object.entries({ Authorization: `Bearer ${token}`, ...headers })
  return line(url, ...all.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`))
}

/** Text as one word of a shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

function line(url: string, ...options: readonly string[]): string {
  return ['curl -sS', ...options, quoted(url)].join(' \\\n  ')
}
