// Requests, and what comes of them.
import type { Answer, Running } from './contender.ts'

/** Frees the connection, and tells the status. */
export async function finish(answer: Answer): Promise<number> {
  if (answer.arrayBuffer && answer.bodyUsed === false) await answer.arrayBuffer()
  return answer.status
}

/** Sends one: whether it came to a 200. */
export async function succeeds({ request }: Running, url: string): Promise<boolean> {
  try {
    return (await finish(await request(url))) === 200
  } catch {
    return false
  }
}

/** Who has not been answered by then never will be. */
const PATIENCE = 60_000

/** Sends all, so many at a time: how many failed, or were left without an answer. */
export async function pour(running: Running, urls: readonly string[], width: number): Promise<number> {
  let next = 0
  let succeeded = 0
  const lane = async (): Promise<void> => {
    for (let url = urls[next++]; url !== undefined; url = urls[next++]) if (await succeeds(running, url)) succeeded += 1
  }
  await within(PATIENCE, Promise.all(Array.from({ length: Math.min(width, urls.length) }, lane)))
  return urls.length - succeeded
}

/** Waits, but not for longer than so many milliseconds. */
export async function within(patience: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await Promise.race([work, new Promise((resolve) => (timer = setTimeout(resolve, patience)))])
  clearTimeout(timer)
}

/** URLs of one API that differ, as they do in use. */
export function urlsOf(api: string, count: number, more = ''): readonly string[] {
  return Array.from({ length: count }, (_, nth) => `${api}/things/${String(nth % 256)}?page=3${more}`)
}

/** How long it takes, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}
