import { matches } from '../endpoint/lookup.ts'
import type { Match } from '../providers/definition.ts'

/** Whether a provider means "this token is no good" by an answer; its body is read only where that decides. */
export async function isRefused(
  refused: readonly Match[] | undefined,
  status: number,
  readBody: () => unknown,
): Promise<boolean> {
  const candidates = (refused ?? []).filter((match) => [match.status ?? status].flat().includes(status))
  if (candidates.length === 0) return false
  if (candidates.some(({ at }) => at === undefined)) return true
  try {
    const body: unknown = await readBody()
    return matches(candidates, status, typeof body === 'string' ? JSON.parse(body) : body)
  } catch {
    // What cannot be read as JSON says nothing.
    return false
  }
}
