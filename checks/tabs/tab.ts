// A tab at the page of examples/tabs.
import type { Context, Page } from './browser.ts'

/** The values that the page shows. */
export interface Shown {
  readonly status: string
  readonly renewals: number
  readonly served: number
  readonly failed: number
}

const SHOWN = `(() => {
  const of = (id) => document.getElementById(id)?.textContent ?? ''
  return { status: of('status'), renewals: Number(of('renewals')), served: Number(of('served')), failed: Number(of('failed')) }
})()`

export class Tab {
  readonly page: Page
  /** Of the load of the page. */
  name = ''
  readonly #url: string
  #cdp: ReturnType<Page['createCDPSession']> | undefined

  private constructor(page: Page, url: string) {
    this.page = page
    this.#url = url
  }

  /** Opens the page; its requests have the name in a header. `before` runs in it first. */
  static async open(context: Context, url: string, name: string, before?: string): Promise<Tab> {
    const page = await context.newPage()
    if (before !== undefined) await page.evaluateOnNewDocument(before)
    const tab = new Tab(page, url)
    await tab.#rename(name)
    await tab.open()
    return tab
  }

  async open(): Promise<void> {
    await this.page.goto(this.#url)
  }

  async reload(name: string): Promise<void> {
    await this.#rename(name)
    await this.page.reload()
  }

  async #rename(name: string): Promise<void> {
    await this.page.setExtraHTTPHeaders({ 'x-tab': name })
    this.name = name
  }

  /** Undefined where the page does not respond: it is frozen or navigating. */
  async shown(): Promise<Shown | undefined> {
    const shown = this.page.evaluate(SHOWN).catch(() => undefined)
    return (await Promise.race([shown, pause(1_000)])) as Shown | undefined
  }

  async click(id: 'log-in' | 'log-out'): Promise<void> {
    await this.page.evaluate(`document.getElementById('${id}').click()`)
  }

  /** Freezes or resumes the page; only in Chromium. */
  async setFrozen(isFrozen: boolean): Promise<void> {
    this.#cdp ??= this.page.createCDPSession()
    await (await this.#cdp).send('Page.setWebLifecycleState', { state: isFrozen ? 'frozen' : 'active' })
  }

  /** Resolves with the milliseconds until the page shows the status. */
  async until(status: string, limit = 15_000): Promise<number> {
    const startedAt = performance.now()
    for (;;) {
      const shown = await this.shown()
      const passed = performance.now() - startedAt
      if (shown?.status === status) return passed
      if (passed > limit)
        throw new Error(`the tab shows '${shown?.status ?? 'nothing'}', not '${status}', after ${String(limit)} ms`)
      await pause(5)
    }
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
