// npm run check -- tabs [--seconds 60] [--tabs 2,10] [--coordinated] [--browsers chromium,firefox] [--trial TEXT]: one session in the tabs
// of real browsers, with the page of examples/tabs. First the trials, or those whose name contains the text; then the given numbers of tabs
// for the given time, with the shared store and without; with --coordinated: only with it. Fails where a trial does, and where a session was
// lost by a race.
import { parseArgs } from 'node:util'
import { type Browser, BROWSERS, launch } from './browser.ts'
import { LIFETIME, type Outcome, type Plan, run } from './load.ts'
import { attempt, FREEZING, TRIALS } from './trials.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    tabs: { type: 'string', default: '2,10' },
    coordinated: { type: 'boolean', default: false },
    trial: { type: 'string', default: '' },
    browsers: { type: 'string', default: BROWSERS.join() },
  },
})
const seconds = Number(values.seconds)
const counts = values.tabs.split(',').map(Number)
let failures = 0

/** Trials spend most of their time waiting. */
const AT_A_TIME = 4

function plansFor(canFreeze: boolean): Plan[] {
  const plan = { seconds, canFreeze, isCoordinated: true, isDisturbed: true }
  return [
    { ...plan, tabs: 1, isDisturbed: false },
    ...counts.map((tabs) => ({ ...plan, tabs })),
    ...(values.coordinated ? [] : counts.map((tabs) => ({ ...plan, tabs, isCoordinated: false }))),
  ]
}

async function trials(browser: Browser, name: string): Promise<void> {
  const all = Object.entries({ ...TRIALS, ...(name === 'chromium' && FREEZING) })
  const left = all.filter(([what]) => what.includes(values.trial))
  const makeNext = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [what, trial] = next
      const outcome = await attempt(browser, trial).catch((error: unknown) => {
        failures += 1
        return `FAILED: ${String(error)}`
      })
      console.log(`${name}: ${what}: ${outcome}`)
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, makeNext))
  console.log('')
}

async function load(browser: Browser, name: string): Promise<void> {
  console.log('| browser | tabs | coordinated | refreshes | reuse | ended by a race | orphaned | served | failed |')
  console.log('| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |')
  // Each has its own context, server and origin.
  const plans = plansFor(name === 'chromium')
  const outcomes = await Promise.all(
    plans.map(async (plan): Promise<[Plan, Outcome]> => [plan, await run(browser, plan)]),
  )
  for (const [{ tabs, isCoordinated, isDisturbed }, outcome] of outcomes) {
    const { calls, reuse, races, orphaned, served, failed, log } = outcome
    const how = isCoordinated ? 'yes' : 'no'
    const cells = [
      name,
      isDisturbed ? tabs : `${String(tabs)}, undisturbed`,
      how,
      calls,
      reuse,
      races,
      orphaned,
      served,
      failed,
    ]
    console.log(`| ${cells.join(' | ')} |`)
    if (!isCoordinated || races === 0) continue
    failures += races
    console.error(log.join('\n'))
  }
}

console.log(`${values.seconds} s, tokens of ${String(LIFETIME)} s\n`)
for (const name of BROWSERS.filter((each) => values.browsers.split(',').includes(each))) {
  const browser = await launch(name)
  if (!browser) {
    console.log(`${name}: skipped, it is not installed`)
    continue
  }
  try {
    await trials(browser, name)
    if (seconds > 0) await load(browser, name)
  } finally {
    await browser.close()
  }
}
if (failures > 0) {
  console.error(`${String(failures)} failures`)
  process.exitCode = 1
}
