// Members of a config of axios by name. Functions note their calls.
import { Agent } from 'node:http'
import type { AxiosRequestConfig } from 'axios'

type Note = (text: string) => void

const OPTIONS = {
  'responseType: arraybuffer': () => ({ responseType: 'arraybuffer' }),
  'responseType: text': () => ({ responseType: 'text' }),
  'responseType: json': () => ({ responseType: 'json' }),
  'responseType: stream': () => ({ responseType: 'stream' }),
  'responseType: blob': () => ({ responseType: 'blob' }),
  'responseType: nonsense': () => ({ responseType: 'nonsense' as 'text' }),
  'responseEncoding: latin1': () => ({ responseEncoding: 'latin1' }),
  'a timeout': () => ({ timeout: 60_000 }),
  timeoutErrorMessage: () => ({ timeoutErrorMessage: 'own message' }),
  clarifyTimeoutError: () => ({ transitional: { clarifyTimeoutError: true } }),
  'strict JSON': () => ({ transitional: { silentJSONParsing: false }, responseType: 'json' }),
  'maxRedirects: 0': () => ({ maxRedirects: 0 }),
  'maxRedirects: 1': () => ({ maxRedirects: 1 }),
  beforeRedirect: (note) => ({
    beforeRedirect: (options) => {
      note(`beforeRedirect ${JSON.stringify(options['headers'])}`)
    },
  }),
  'beforeRedirect that throws': () => ({
    beforeRedirect: () => {
      throw new Error('no redirect')
    },
  }),
  maxContentLength: () => ({ maxContentLength: 20 }),
  maxBodyLength: () => ({ maxBodyLength: 20 }),
  'no decompress': () => ({ decompress: false }),
  'all statuses valid': () => ({ validateStatus: null }),
  validateStatus: (note) => ({
    validateStatus: (status) => {
      note(`validateStatus ${String(status)}`)
      return status < 300
    },
  }),
  params: () => ({ params: { a: [1, 'ü'], b: { c: null }, d: new Date(0) } }),
  'params as URLSearchParams': () => ({ params: new URLSearchParams({ a: 'b c' }) }),
  paramsSerializer: (note) => ({
    params: { a: 1 },
    paramsSerializer: {
      serialize: () => {
        note('serialize')
        return 'own=1'
      },
    },
  }),
  transformRequest: (note) => ({
    transformRequest: [
      (data: unknown) => {
        note('transformRequest')
        return typeof data === 'string' ? `[${data}]` : data
      },
    ],
  }),
  'transformRequest that throws': () => ({
    transformRequest: () => {
      throw new Error('no request')
    },
  }),
  transformResponse: (note) => ({
    transformResponse: (data: unknown) => {
      note('transformResponse')
      return { data }
    },
  }),
  'transformResponse that throws': () => ({
    transformResponse: () => {
      throw new Error('no response')
    },
  }),
  auth: () => ({ auth: { username: 'a', password: 'ü' } }),
  'own agent': () => ({ httpAgent: new Agent() }),
  'a kept agent': () => ({ httpAgent: KEPT }),
  'proxy: false': () => ({ proxy: false }),
  onUploadProgress: (note) => ({
    onUploadProgress: ({ loaded, total, upload }) => {
      note(`upload ${String(loaded)} ${String(total)} ${String(upload)}`)
    },
  }),
  onDownloadProgress: (note) => ({
    onDownloadProgress: ({ loaded, total, download }) => {
      note(`download ${String(loaded)} ${String(total)} ${String(download)}`)
    },
  }),
  'fetchOptions: manual': () => ({ fetchOptions: { redirect: 'manual' } }),
  'fetchOptions: cache': () => ({ fetchOptions: { cache: 'no-store' } }),
  'a baseURL': () => ({ baseURL: 'http://127.0.0.1:1/unused' }),
  'baseURL: nonsense': () => ({ baseURL: 1 as never }),
  xsrf: () => ({ withXSRFToken: true, xsrfCookieName: 'x' }),
  formSerializer: () => ({ formSerializer: { dots: true, indexes: null } }),
  insecureHTTPParser: () => ({ insecureHTTPParser: true }),
  maxRate: () => ({ maxRate: 10_000_000 }),
  family: () => ({ family: 4 }),
  'a lookup': (note) => ({
    lookup: (_host, _options, answer) => {
      note('lookup')
      ;(answer as (...args: unknown[]) => void)(null, '127.0.0.1', 4)
    },
  }),
  'a bad socketPath': () => ({ socketPath: '/does/not/exist' }),
  'an unknown member': () => ({ unknown: 1 }) as AxiosRequestConfig,
} satisfies Record<string, (note: Note) => AxiosRequestConfig>

const KEPT = new Agent({ keepAlive: true, maxSockets: 8 })

export type AxiosOptionName = keyof typeof OPTIONS
export const AXIOS_OPTION_NAMES = Object.keys(OPTIONS) as AxiosOptionName[]
export const AXIOS_OPTIONS: Readonly<Record<string, (note: Note) => AxiosRequestConfig>> = OPTIONS
