// Which tasks a scenario takes, and what is made of their results.
import type { Section } from './report.ts'
import { hotPath, type Figures } from './scenarios/hot-path.ts'

export interface Step {
  readonly id: string
  readonly tasks: readonly { readonly task: string; readonly flags?: readonly string[] }[]
  readonly section: (...results: unknown[]) => Section
}

/** Nothing is collected while bytes are counted. */
const ROOMY = ['--min-semi-space-size=64', '--max-semi-space-size=64']

export const PLAN: readonly Step[] = [
  {
    id: 'a',
    tasks: [{ task: 'hotTime' }, { task: 'hotBytes', flags: ROOMY }, { task: 'hotPromises' }],
    section: (time, bytes, promises) => hotPath(time as Figures, bytes as Figures, promises as Figures),
  },
]
