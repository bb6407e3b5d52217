// The axios entry point.
import type { BearerRequestOptions } from './clients/axios/attach-bearer.ts'

export { attachBearer } from './clients/axios/attach-bearer.ts'
export type { AttachOptions, Attachment, BearerRequestOptions } from './clients/axios/attach-bearer.ts'
export type { RequestHeaders, RequestToSign } from './request/send-with-token.ts'
export { axiosTransport } from './token-endpoint/axios-transport.ts'

declare module 'axios' {
  interface AxiosRequestConfig {
    /** Options of this request; `false` sends it without a token. */
    tokenflight?: false | BearerRequestOptions
  }
}
