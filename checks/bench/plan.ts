// The scenarios: their tasks, and the section of the report made of the results.
import { plot } from './plot.ts'
import type { Section } from './report.ts'
import { growthSection } from './scenarios/growth-section.ts'
import type { Line } from './scenarios/growth.ts'
import { waitersSection, type Waiters, type WaiterMemory } from './scenarios/waiters.ts'
import { hotPath, type Figures } from './scenarios/hot-path.ts'
import { loopbackSection, type Rounds } from './scenarios/loopback.ts'
import { outageSection, type Outage } from './scenarios/outage.ts'
import { revocationSection, type Revocation } from './scenarios/revocation.ts'
import { sizeSection, type Size } from './scenarios/size.ts'

export interface Step {
  readonly id: string
  readonly tasks: readonly { readonly task: string; readonly flags?: readonly string[] }[]
  readonly section: (...results: unknown[]) => Section
  /** A picture written beside the results. */
  readonly picture?: { readonly file: string; readonly draw: (...results: unknown[]) => string }
}

/** Prevents garbage collection while bytes are counted. */
const LARGE_YOUNG_GENERATION = ['--min-semi-space-size=64', '--max-semi-space-size=64']

/** Measured promises have no rejection handler, which would add memory. */
const UNHANDLED_REJECTIONS_ALLOWED = ['--unhandled-rejections=none']

export const PLAN: readonly Step[] = [
  { id: '0', tasks: [{ task: 'contenders' }], section: (section) => section as Section },
  {
    id: 'a',
    tasks: [{ task: 'hotTime' }, { task: 'hotBytes', flags: LARGE_YOUNG_GENERATION }, { task: 'hotPromises' }],
    section: (time, bytes, promises) => hotPath(time as Figures, bytes as Figures, promises as Figures),
  },
  { id: 'b', tasks: [{ task: 'loopback' }], section: (rounds) => loopbackSection(rounds as Rounds) },
  {
    id: 'c',
    tasks: [{ task: 'waiters' }, { task: 'waiterMemory', flags: UNHANDLED_REJECTIONS_ALLOWED }],
    section: (waiters, memory) => waitersSection(waiters as Waiters, memory as WaiterMemory),
  },
  { id: 'd', tasks: [{ task: 'revocation' }], section: (worst) => revocationSection(worst as Revocation) },
  { id: 'e', tasks: [{ task: 'outage' }], section: (all) => outageSection(all as Outage) },
  { id: 'f', tasks: [{ task: 'size' }], section: (sizes) => sizeSection(sizes as readonly Size[]) },
  {
    id: 'g',
    tasks: [{ task: 'growWaiters' }, { task: 'growAccounts' }],
    section: (...lines) => growthSection(lines.flat() as Line[]),
    picture: { file: 'growth.svg', draw: (...lines) => plot(lines.flat() as Line[]) },
  },
]
