// The axios entry point.
import type { BearerRequestOptions } from './bindings/attach-bearer.ts'

export { attachBearer } from './bindings/attach-bearer.ts'
export type { AttachOptions, Attachment, BearerRequestOptions } from './bindings/attach-bearer.ts'
export { axiosTransport } from './endpoint/axios-transport.ts'

declare module 'axios' {
  interface AxiosRequestConfig {
    /** `false` sends the request bare. */
    tokenflight?: false | BearerRequestOptions
  }
}
