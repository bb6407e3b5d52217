// The trials of tabs, run one after the other. Each has its own server and context, and throws on an unexpected outcome.
import { startTabsServer, type TabsServer } from '../../examples/tabs/server.ts'
import type { Browser, Context } from './browser.ts'
import type { Report } from './claims.ts'
import { pause, Tab } from './tab.ts'

interface Place {
  readonly server: TabsServer
  readonly context: Context
  readonly open: (before?: string) => Promise<Tab>
  /** Two tabs, logged in. */
  readonly two: (before?: string) => Promise<readonly [Tab, Tab]>
  /** The number of refreshes so far. */
  readonly refreshes: () => number
}

/** Returns a short description of the result. */
type Trial = (place: Place) => Promise<string>

/** Seconds. */
const LIFETIME = 4
/** Milliseconds within which other tabs are notified: far less than a poll or a lifetime. */
const AT_ONCE = 1_000

const scripts = {
  '/claims.js': new URL('claims.ts', import.meta.url),
  '/service-worker.js': new URL('service-worker.ts', import.meta.url),
}

const KINDS = {
  page: `import('/claims.js').then(() => globalThis.report)`,
  'dedicated worker': `new Promise((resolve) => {
    new Worker('/claims.js', { type: 'module' }).onmessage = ({ data }) => resolve(data)
  })`,
  'shared worker': `new Promise((resolve) => {
    new SharedWorker('/claims.js', { type: 'module' }).port.onmessage = ({ data }) => resolve(data)
  })`,
  'service worker': `(async () => {
    await navigator.serviceWorker.register('/claims.js', { type: 'module' })
    const { active } = await navigator.serviceWorker.ready
    return new Promise((resolve) => {
      navigator.serviceWorker.onmessage = ({ data }) => resolve(data)
      active.postMessage('')
    })
  })()`,
}

const claims: Record<string, Trial> = Object.fromEntries(
  Object.entries(KINDS).map(([kind, script]) => [
    `the contract of a store holds in a ${kind}`,
    async ({ open }) => {
      const tab = await open()
      const { held, failures } = (await tab.page.evaluate(script)) as Report
      if (failures.length > 0) throw new Error(failures.join('\n'))
      return `${String(held)} claims`
    },
  ]),
)

export const TRIALS: Record<string, Trial> = {
  ...claims,
  'a login and a logout reach the other tab at once': async ({ open }) => {
    const [one, other] = [await open(), await open()]
    await one.click('log-in')
    await one.until('signed-in')
    const login = await other.until('signed-in')
    // S24
    await other.click('log-out')
    const logout = await one.until('signed-out')
    atOnce(login, logout)
    return `${ms(login)} and ${ms(logout)}`
  },
  'the end of a session reaches the other tab at once': async ({ two, server }) => {
    const [one, other] = await two()
    server.emulator.revokeRefreshTokens()
    await Promise.race([one.until('ended'), other.until('ended')])
    const passed = Math.max(await one.until('ended'), await other.until('ended'))
    atOnce(passed)
    return `${ms(passed)}, ${String(refused(server))} refused`
  },
  // S25
  'a login in one tab stays while another renews the session before it': async ({ two, server, refreshes }) => {
    const tabs = await two()
    let isHeld = true
    server.emulator.always('token', ({ grant }) => (isHeld && grant === 'refresh_token' ? { delay: 1_500 } : undefined))
    const before = refreshes()
    while (refreshes() === before) await pause(5)
    isHeld = false
    const name = lastToRefresh(server)
    await tabs.find((tab) => tab.name !== name)?.click('log-in')
    await pause(2_000)
    await Promise.all(tabs.map((tab) => tab.until('signed-in')))
    expect(refused(server), 0, 'token requests refused')
    return 'both signed in, nothing refused'
  },
  // S38
  'a tab that is reloaded in the middle of a renewal is missed at once': async ({ two, server, refreshes }) => {
    const tabs = await two()
    server.emulator.always('token', ({ grant }) =>
      grant === 'refresh_token' ? { drop: true, delay: 30_000 } : undefined,
    )
    const before = refreshes()
    while (refreshes() === before) await pause(5)
    const name = lastToRefresh(server)
    server.emulator.always('token', undefined)
    const asking = tabs.find((tab) => tab.name === name)
    const startedAt = performance.now()
    await asking?.reload('again')
    while (refreshes() === before + 1) await pause(5)
    const passed = performance.now() - startedAt
    await Promise.all(tabs.map((tab) => tab.until('signed-in')))
    if (passed > 10_000) throw new Error(`the next tab renewed after ${ms(passed)}`)
    return `renewed after ${ms(passed)}`
  },
  'a page that comes out of the back/forward cache has seen the logout before it serves': async ({ two, server }) => {
    const [one, other] = await two()
    await one.page.evaluate('globalThis.isKept = true')
    await one.page.goto(`${server.url}/claims.js`)
    await other.click('log-out')
    await other.until('signed-out')
    await one.page.evaluate('history.back()').catch(() => undefined)
    const passed = await one.until('signed-out')
    expect(refused(server), 0, 'token requests refused')
    expect(await one.page.evaluate('globalThis.isKept'), true, 'the page was kept')
    return `signed out after ${ms(passed)}`
  },
  'one renewal in both without navigator.locks': async ({ two, refreshes, server }) => {
    await two(`Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })`)
    const before = refreshes()
    await pause(2 * LIFETIME * 1_000)
    const made = refreshes() - before
    expect(refused(server), 0, 'token requests refused')
    if (made > 4) throw new Error(`${String(made)} renewals in two lives`)
    return `${String(made)} renewals in two lives`
  },
  'the session goes on when the database is deleted under it': async ({ two, refreshes, server }) => {
    const [one, other] = await two()
    await one.page.evaluate(`new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase('tokenflight:tabs')
      request.onsuccess = resolve
      request.onblocked = request.onerror = reject
    })`)
    const before = refreshes()
    while (refreshes() < before + 2) await pause(50)
    await Promise.all([one.until('signed-in'), other.until('signed-in')])
    expect(refused(server), 0, 'token requests refused')
    return 'two renewals, nothing refused'
  },
  'where IndexedDB is missing the session lives in memory': async ({ open, refreshes }) => {
    const tab = await open(`Object.defineProperty(globalThis, 'indexedDB', { value: undefined })`)
    await tab.click('log-in')
    await tab.until('signed-in')
    const before = refreshes()
    while (refreshes() < before + 2) await pause(50)
    await tab.until('signed-in')
    return 'two renewals'
  },
  // S39
  'a service worker and the page share the session': async ({ two, server, refreshes }) => {
    const [one, other] = await two()
    await one.page.evaluate(`(async () => {
      await navigator.serviceWorker.register('/service-worker.js', { type: 'module' })
      await navigator.serviceWorker.ready
    })()`)
    const ask = `fetch('/worker/echo').then(({ status }) => status)`
    await one.reload('1')
    await one.until('signed-in')
    const before = refreshes()
    const endsAt = Date.now() + 2 * LIFETIME * 1_000
    while (Date.now() < endsAt) {
      expect(await one.page.evaluate(ask), 200, 'a request through the worker')
      await pause(100)
    }
    const made = refreshes() - before
    expect(refused(server), 0, 'token requests refused')
    if (made > 4) throw new Error(`${String(made)} renewals in two lives`)
    await other.click('log-out')
    await one.until('signed-out')
    expect(await one.page.evaluate(ask), 401, 'a request through the worker after the logout')
    return `${String(made)} renewals in two lives`
  },
}

/** Trials for browsers that freeze pages on request. */
export const FREEZING: Record<string, Trial> = {
  // S38
  'a frozen page has seen the logout before it serves': async ({ two, server }) => {
    const [one, other] = await two()
    await one.setFrozen(true)
    await other.click('log-out')
    await other.until('signed-out')
    // A request that was in flight when the page was frozen has arrived.
    await pause(500)
    const sent = sentWithToken(server, one)
    await one.setFrozen(false)
    const passed = await one.until('signed-out')
    await pause(500)
    expect(sentWithToken(server, one) - sent, 0, 'requests with the token of before')
    return `signed out after ${ms(passed)}`
  },
  // S14
  'tabs that were frozen and woken together renew once': async ({ two, refreshes, server }) => {
    const tabs = await two()
    for (const tab of tabs) await tab.setFrozen(true)
    await pause(LIFETIME * 1_000 + 500)
    const before = refreshes()
    await Promise.all(tabs.map((tab) => tab.setFrozen(false)))
    await Promise.all(tabs.map((tab) => tab.until('signed-in')))
    await pause(1_000)
    expect(refreshes() - before, 1, 'renewals')
    expect(refused(server), 0, 'token requests refused')
    return 'one renewal'
  },
}

export async function attempt(browser: Browser, trial: Trial): Promise<string> {
  const server = await startTabsServer({ lifetime: LIFETIME, scripts })
  const context = await browser.createBrowserContext()
  let opened = 0
  const open = (before?: string): Promise<Tab> => Tab.open(context, server.url, String((opened += 1)), before)
  const two: Place['two'] = async (before) => {
    const [one, other] = [await open(before), await open(before)]
    await one.click('log-in')
    await Promise.all([one.until('signed-in'), other.until('signed-in')])
    return [one, other]
  }
  const refreshes = (): number => server.emulator.log.filter(({ grant }) => grant === 'refresh_token').length
  try {
    return await trial({ server, context, open, two, refreshes })
  } finally {
    await context.close()
    await server.close()
  }
}

/** The name of the tab that sent the last refresh. */
function lastToRefresh({ emulator }: TabsServer): string | undefined {
  return emulator.log.filter(({ grant }) => grant === 'refresh_token').at(-1)?.headers['x-tab']
}

/** The API requests of the tab with a token. */
function sentWithToken({ emulator }: TabsServer, { name }: Tab): number {
  return emulator.log.filter(
    ({ kind, headers, token }) => kind === 'resource' && headers['x-tab'] === name && token !== undefined,
  ).length
}

function refused({ emulator }: TabsServer): number {
  return emulator.log.filter(({ kind, status = 0 }) => kind === 'token' && status >= 400).length
}

function atOnce(...times: number[]): void {
  for (const time of times) if (time > AT_ONCE) throw new Error(`after ${ms(time)}`)
}

function ms(time: number): string {
  return `${time.toFixed(0)} ms`
}

function expect(actual: unknown, expected: unknown, what: string): void {
  if (actual !== expected) throw new Error(`${what}: expected ${String(expected)}, got ${String(actual)}`)
}
