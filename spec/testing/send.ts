// Requests by plain fetch: the emulator specs check responses as they are sent.

export interface ReceivedResponse {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON, or undefined. */
  readonly body: Record<string, unknown>
}

export async function send(url: string, init?: RequestInit): Promise<ReceivedResponse> {
  const response = await fetch(url, { redirect: 'manual', ...init })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: parse(text) }
}

/** POST of a form; text goes as it is. */
export function postForm(
  url: string,
  params: Readonly<Record<string, string>> | string,
  headers: Readonly<Record<string, string>> = {},
): Promise<ReceivedResponse> {
  const body = typeof params === 'string' ? params : new URLSearchParams(params).toString()
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  return send(url, { method: 'POST', headers: { ...type, ...headers }, body })
}

/** POST of JSON; text goes as it is. */
export function postJson(
  url: string,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<ReceivedResponse> {
  const body = typeof value === 'string' ? value : JSON.stringify(value)
  return send(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body })
}

export function bearer(token: unknown, scheme = 'Bearer'): Record<string, string> {
  return { authorization: `${scheme} ${String(token)}` }
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}
