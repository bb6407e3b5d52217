import { bounded } from './bounded.ts'
import type { Values } from '../endpoint/fill.ts'
import type { Question } from './ladder.ts'
import type { Settings } from './options.ts'
import { unanswered } from './refusals.ts'

/** Asks `onPrompt`, if there is one, and waits for a person no longer than the prompt's deadline. */
export async function consult(settings: Settings, question: Question): Promise<Values | undefined> {
  const { onPrompt, provider, account, clock, timing } = settings
  if (!onPrompt) return undefined
  const timeout = timing.promptDeadline
  const late = unanswered(provider.id, `gave no answer within ${String(timeout)} ms`)
  try {
    const asked = Promise.resolve({
      grant: question.grant,
      provider: provider.id,
      ...(account !== undefined && { account }),
    })
    const answer: unknown = await bounded(asked.then(onPrompt), clock, { timeout, onTimeout: () => late })
    if (typeof answer === 'object' && answer !== null) return answer as Values
  } catch (error) {
    // What it threw may hold what the person typed.
    throw error === late ? late : unanswered(provider.id, 'threw')
  }
  throw unanswered(provider.id, 'gave no object')
}
