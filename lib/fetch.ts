// The fetch entry point. It does not load axios.
export { wrapFetch } from './bindings/wrap-fetch.ts'
export type { BearerFetch, BearerRequestInit, WrapOptions } from './bindings/wrap-fetch.ts'
export { fetchTransport } from './endpoint/fetch-transport.ts'
