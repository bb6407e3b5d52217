// Tabs that are closed, reloaded, frozen and resumed while tokens of 2 s are renewed at a strict authorization server.
import { startTabsServer } from '../../examples/tabs/server.ts'
import type { Emulator } from '../../lib/testing.ts'
import { seeded } from '../chaos/seeded.ts'
import type { Browser, Context } from './browser.ts'
import { pause, Tab } from './tab.ts'

export interface Plan {
  readonly tabs: number
  readonly seconds: number
  readonly isCoordinated: boolean
  /** Whether tabs are closed, reloaded and frozen. */
  readonly isDisturbed: boolean
  readonly canFreeze: boolean
}

export interface Outcome extends Refreshes {
  /** Requests to the API. */
  readonly served: number
  readonly failed: number
}

/** Seconds. */
export const LIFETIME = 2
/** The response time of the token endpoint. */
const ANSWER_MS = 50
/** The share of token requests during which their tab is closed or reloaded. */
const KILL_RATE = 0.1
/** A tab closed within this time after its token request may not have stored the response. */
const STORED_WITHIN = 1_000
const ACT_EVERY = 1_200
/** The shortest duration of a login. */
const LOGIN_MS = 1_000

export async function run(browser: Browser, plan: Plan): Promise<Outcome> {
  const scripts = plan.isCoordinated ? {} : { '/app.js': new URL('alone.ts', import.meta.url) }
  const server = await startTabsServer({ lifetime: LIFETIME, scripts })
  const context = await browser.createBrowserContext()
  try {
    const tabs = new Tabs(context, server.url, plan)
    await tabs.openAll()
    server.emulator.clearLog()
    server.emulator.always('token', ({ headers }) => {
      tabs.asked(headers['x-tab'] ?? '')
      return { delay: ANSWER_MS }
    })
    await tabs.disturb()
    return { ...refreshesIn(server.emulator, tabs.gone), ...tabs.total }
  } finally {
    await context.close()
    await server.close()
  }
}

class Tabs {
  /** The time when each load of a page ended, by its name. */
  readonly gone = new Map<string, number>()
  readonly total = { served: 0, failed: 0 }
  readonly #context: Context
  readonly #url: string
  readonly #plan: Plan
  readonly #random = seeded(1)
  readonly #tabs: Tab[] = []
  readonly #busy = new Set<Tab>()
  #loads = 0
  #endsAt = Infinity

  constructor(context: Context, url: string, plan: Plan) {
    this.#context = context
    this.#url = url
    this.#plan = plan
  }

  async openAll(): Promise<void> {
    for (let nth = 0; nth < this.#plan.tabs; nth += 1) this.#tabs.push(await this.#open())
    await this.#tabs[0]?.click('log-in')
    if (this.#plan.isCoordinated) await Promise.all(this.#tabs.map((tab) => tab.until('signed-in')))
    // Without coordination some never are.
    else await pause(LOGIN_MS)
  }

  /** A page has sent a token request: its tab may be closed before the response. */
  asked(name: string): void {
    const tab = this.#tabs.find((each) => each.name === name)
    if (!tab || !this.#plan.isDisturbed || Date.now() > this.#endsAt || this.#random() > KILL_RATE) return
    void this.#do(tab, () => this.#leave(tab))
  }

  async disturb(): Promise<void> {
    this.#endsAt = Date.now() + this.#plan.seconds * 1_000
    const logins = this.#logIn()
    while (Date.now() < this.#endsAt) {
      await pause(Math.min(ACT_EVERY, Math.max(0, this.#endsAt - Date.now())))
      if (this.#plan.isDisturbed) await this.#act()
    }
    await logins
    while (this.#busy.size > 0) await pause(10)
    for (const tab of this.#tabs) await this.#count(tab)
  }

  async #open(): Promise<Tab> {
    return Tab.open(this.#context, this.#url, this.#nextName())
  }

  #nextName(): string {
    this.#loads += 1
    return String(this.#loads)
  }

  async #act(): Promise<void> {
    const chance = this.#random()
    const tab = this.#tabs[Math.floor(this.#random() * this.#tabs.length)]
    if (!tab) return
    if (!this.#plan.canFreeze || chance < 0.4) await this.#do(tab, () => this.#leave(tab))
    else if (chance < 0.8) void this.#do(tab, () => freeze(tab, 1_000 + 2_000 * this.#random()))
    // All together, as when a laptop is closed.
    else await Promise.all(this.#tabs.map((each) => this.#do(each, () => freeze(each, 3_000))))
  }

  /** Does one thing at a time to a tab. */
  async #do(tab: Tab, act: () => Promise<void>): Promise<void> {
    if (this.#busy.has(tab)) return
    this.#busy.add(tab)
    try {
      await act()
    } catch {
      // A page that was closed meanwhile.
    } finally {
      this.#busy.delete(tab)
    }
  }

  /** Reloads a tab, or closes it and opens another. */
  async #leave(tab: Tab): Promise<void> {
    const name = tab.name
    await this.#count(tab)
    this.gone.set(name, Date.now())
    if (this.#random() < 0.5) await tab.reload(this.#nextName())
    else {
      await tab.page.close()
      this.#tabs[this.#tabs.indexOf(tab)] = await this.#open()
    }
  }

  async #count(tab: Tab): Promise<void> {
    const { served = 0, failed = 0 } = (await tab.shown()) ?? {}
    this.total.served += served
    this.total.failed += failed
  }

  /** Logs in where a session has ended. */
  async #logIn(): Promise<void> {
    while (Date.now() < this.#endsAt) {
      await pause(LOGIN_MS / 2)
      for (const tab of this.#tabs) {
        if (this.#busy.has(tab)) continue
        const shown = await tab.shown()
        if (shown?.status !== 'ended' && shown?.status !== 'signed-out') continue
        await pause(LOGIN_MS / 2)
        await this.#do(tab, () => tab.click('log-in'))
        break
      }
    }
  }
}

async function freeze(tab: Tab, ms: number): Promise<void> {
  await tab.setFrozen(true)
  await pause(ms)
  await tab.setFrozen(false)
}

interface Refreshes {
  readonly calls: number
  /** Used refresh tokens that were sent again. */
  readonly reuse: number
  /** Sessions that ended by a race between tabs, and by a tab that was closed between the rotation and the swap. */
  readonly races: number
  readonly orphaned: number
  /** A line for each. */
  readonly log: readonly string[]
}

function refreshesIn(emulator: Pick<Emulator<never>, 'log'>, gone: ReadonlyMap<string, number>): Refreshes {
  const spent = new Map<string, { readonly tab: string; readonly at: number }>()
  const ended = new Set<string>()
  const found = { calls: 0, reuse: 0, races: 0, orphaned: 0 }
  const log: string[] = []
  for (const { kind, body, headers, at, status = 0 } of emulator.log) {
    const refreshToken = new URLSearchParams(body).get('refresh_token')
    if (kind !== 'token' || refreshToken === null) continue
    const tab = headers['x-tab'] ?? ''
    const before = spent.get(refreshToken)
    found.calls += 1
    log.push(
      `${String(at)} load ${tab}: ${String(status)}${before ? `, spent by ${before.tab} at ${String(before.at)}` : ''}`,
    )
    if (!before) {
      spent.set(refreshToken, { tab, at })
      continue
    }
    found.reuse += 1
    // Sent a third time: the session had ended before.
    if (ended.has(refreshToken)) continue
    ended.add(refreshToken)
    const wentAt = gone.get(before.tab) ?? Infinity
    found[wentAt - before.at < STORED_WITHIN ? 'orphaned' : 'races'] += 1
  }
  return { ...found, log }
}
