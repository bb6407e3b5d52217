// Members of an init of `fetch` by name.
const OPTIONS = {
  'redirect: manual': { redirect: 'manual' },
  'redirect: error': { redirect: 'error' },
  'redirect: nonsense': { redirect: 'nonsense' },
  keepalive: { keepalive: true },
  'credentials: include': { credentials: 'include' },
  'mode: cors': { mode: 'cors' },
  'mode: same-origin': { mode: 'same-origin' },
  'mode: no-cors': { mode: 'no-cors' },
  'mode: navigate': { mode: 'navigate' },
  'cache: no-store': { cache: 'no-store' },
  'cache: only-if-cached': { cache: 'only-if-cached' },
  'a wrong integrity': { integrity: 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' },
  'no referrer': { referrer: '', referrerPolicy: 'no-referrer' },
  'a referrer': { referrer: 'http://127.0.0.1/from' },
  'window: null': { window: null },
  'window: 1': { window: 1 },
  'priority: high': { priority: 'high' },
  'signal: null': { signal: null },
  'signal: undefined': { signal: undefined },
  'signal: nonsense': { signal: {} },
  'no duplex': { duplex: undefined },
  'headers: null': { headers: null },
  'an unknown member': { unknown: 1 },
} satisfies Record<string, object>

export type FetchOptionName = keyof typeof OPTIONS
export const FETCH_OPTION_NAMES = Object.keys(OPTIONS) as FetchOptionName[]
export const FETCH_OPTIONS: Readonly<Record<string, object>> = OPTIONS
