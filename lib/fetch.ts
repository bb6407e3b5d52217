// The fetch entry point. It does not load axios.
export { wrapFetch } from './clients/fetch/wrap-fetch.ts'
export type { BearerFetch, BearerRequestInit, BearerResponse, WrapOptions } from './clients/fetch/wrap-fetch.ts'
export type { RequestHeaders, RequestToSign } from './request/send-with-token.ts'
export { fetchTransport } from './token-endpoint/fetch-transport.ts'
