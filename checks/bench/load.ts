// Sends requests and counts failures.
import type { Answer, Running } from './contender.ts'

/** Reads the body, which frees the connection; returns the status. */
export async function readToEnd(answer: Answer): Promise<number> {
  if (answer.arrayBuffer && answer.bodyUsed === false) await answer.arrayBuffer()
  return answer.status
}

/** Sends one request; returns whether the status was 200. */
export async function succeeds({ request }: Running, url: string): Promise<boolean> {
  try {
    return (await readToEnd(await request(url))) === 200
  } catch {
    return false
  }
}

/** Requests without a response after this time count as failed. */
const TIME_LIMIT = 60_000

/** Sends all requests, `width` at a time; returns how many failed or got no response. */
export async function sendAll(running: Running, urls: readonly string[], width: number): Promise<number> {
  let next = 0
  let succeeded = 0
  const sender = async (): Promise<void> => {
    for (let url = urls[next++]; url !== undefined; url = urls[next++]) if (await succeeds(running, url)) succeeded += 1
  }
  await within(TIME_LIMIT, Promise.all(Array.from({ length: Math.min(width, urls.length) }, sender)))
  return urls.length - succeeded
}

/** Waits for `work`, at most `limit` milliseconds. */
export async function within(limit: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await Promise.race([work, new Promise((resolve) => (timer = setTimeout(resolve, limit)))])
  clearTimeout(timer)
}

/** Returns 256 different URLs of an API in turn. */
export function urlsOf(api: string, count: number, more = ''): readonly string[] {
  return Array.from({ length: count }, (_, nth) => `${api}/things/${String(nth % 256)}?page=3${more}`)
}

/** Returns the duration in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}
