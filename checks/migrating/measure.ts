// Runs the code of a page with the backend, as a separate module, and counts token requests and failed requests of a burst.
import { rmSync, writeFileSync } from 'node:fs'
import { type Backend, startBackend } from './backend.ts'

export const BURST = 20

export interface Outcome {
  readonly refreshes: number
  readonly failures: number
}

/** The names that the code of a page exports: `api` of axios or ky, or `apiFetch`. */
interface Client {
  readonly api?: { readonly get: (path: string) => Promise<unknown>; readonly interceptors?: object }
  readonly apiFetch?: (url: string) => Promise<Response>
  readonly login?: (username: string, password: string) => Promise<void>
}

type Send = (path: string) => Promise<void>
type Scenario = (backend: Backend, send: Send) => Promise<number>

const paths = Array.from({ length: BURST }, (_, index) => `/orders/${String(index + 1)}`)

/** Revokes the token during a burst: half of the requests get a 401 together, the others one by one, each after the previous one has ended. */
const revocation: Scenario = async (backend, send) => {
  backend.hold()
  const sent = settled(paths, send)
  await backend.held(BURST)
  backend.revoke()
  const together = paths.slice(0, BURST / 2)
  for (const path of together) backend.release(path)
  await Promise.all(sent.slice(0, together.length))
  for (const [index, path] of paths.entries()) {
    if (index < together.length) continue
    backend.release(path)
    await sent[index]
  }
  return await failuresOf(sent)
}

/** A burst of requests with an expired token. */
const expiry: Scenario = (_backend, send) => failuresOf(settled(paths, send))

export const SCENARIOS = { revocation, expiry }

export async function measure(code: string, name: keyof typeof SCENARIOS): Promise<Outcome> {
  const backend = await startBackend()
  const file = new URL(`.${name}-${String(Date.now())}.ts`, import.meta.url)
  writeFileSync(file, code.replaceAll('https://api.example.com', backend.url))
  try {
    const client = (await import(file.href)) as Client
    const send = senderOf(client, backend.url)
    if (name === 'expiry') backend.lifetime = 1
    await client.login?.('ada', 'the-password')
    await send('/orders/0')
    if (name === 'expiry') await new Promise((resolve) => setTimeout(resolve, 1_100))
    backend.lifetime = 3_600
    const before = backend.refreshes
    const failures = await SCENARIOS[name](backend, send)
    return { refreshes: backend.refreshes - before, failures }
  } finally {
    rmSync(file)
    await backend.close()
  }
}

function senderOf({ api, apiFetch }: Client, origin: string): Send {
  return async (path) => {
    if (apiFetch) {
      const response = await apiFetch(`${origin}${path}`)
      await response.arrayBuffer()
      if (!response.ok) throw new Error(`status ${String(response.status)}`)
    } else {
      // ky rejects a path that begins with a slash.
      await api?.get(api.interceptors ? path : path.slice(1))
    }
  }
}

/** For each path, whether its request succeeded. */
function settled(all: readonly string[], send: Send): readonly Promise<boolean>[] {
  return all.map((path) =>
    send(path).then(
      () => true,
      () => false,
    ),
  )
}

async function failuresOf(sent: readonly Promise<boolean>[]): Promise<number> {
  return (await Promise.all(sent)).filter((succeeded) => !succeeded).length
}
