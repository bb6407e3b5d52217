// The browsers of the check, driven by puppeteer-core: Chromium over the DevTools protocol, Firefox over WebDriver BiDi.
import { spawnSync } from 'node:child_process'

/** The part of puppeteer-core that the check uses: it is installed for this check alone. */
export interface Browser {
  createBrowserContext(): Promise<Context>
  version(): Promise<string>
  close(): Promise<void>
}

export interface Context {
  newPage(): Promise<Page>
  close(): Promise<void>
}

export interface Page {
  goto(url: string): Promise<unknown>
  reload(): Promise<unknown>
  close(): Promise<void>
  evaluate(script: string): Promise<unknown>
  evaluateOnNewDocument(script: string): Promise<unknown>
  setExtraHTTPHeaders(headers: Record<string, string>): Promise<void>
  createCDPSession(): Promise<{ send(method: string, params: object): Promise<unknown> }>
}

interface Puppeteer {
  launch(options: object): Promise<Browser>
}

export const BROWSERS = ['chromium', 'firefox'] as const
type BrowserName = (typeof BROWSERS)[number]

const COMMANDS: Readonly<Record<BrowserName, readonly string[]>> = {
  chromium: ['chromium', 'chromium-browser', 'google-chrome'],
  firefox: ['firefox-esr', 'firefox'],
}

/** Not known to the compiler. */
const PACKAGE = 'puppeteer-core' as string

/** Starts a browser; undefined where it is not installed. */
export async function launch(name: BrowserName): Promise<Browser | undefined> {
  const found = COMMANDS[name].map((command) => spawnSync('which', [command], { encoding: 'utf8' }).stdout.trim())
  const executablePath = found.find((path) => path !== '')
  if (executablePath === undefined) return undefined
  const { default: puppeteer } = (await import(PACKAGE)) as { readonly default: Puppeteer }
  return puppeteer.launch({
    browser: name === 'firefox' ? 'firefox' : 'chrome',
    executablePath,
    headless: true,
    args: name === 'chromium' ? ['--no-sandbox', '--disable-gpu'] : [],
  })
}
