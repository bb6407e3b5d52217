// SMS.CX.
import { defineProvider } from '../define-provider.ts'

const smscxDefinition = /* @__PURE__ */ defineProvider({
  id: 'smscx',
  title: 'SMS.CX',
  docs: 'https://sms.cx/docs/api/',
  api: 'https://api.sms.cx',
  token: {
    url: '/oauth/token',
    encoding: 'form',
    basic: ['{applicationId}', '{applicationSecret}'],
    // Against RFC 6749, 2.3.1, the two are not form-encoded first.
    basicStyle: 'raw',
    errors: {
      // The numeric code is 1600 for every refusal.
      code: 'error.type',
      message: 'error.message',
      uri: 'error.uri',
      wait: [{ header: 'X-Rate-Limit-Reset', as: 'epoch' }],
    },
  },
  grants: { client_credentials: { params: { grant_type: 'client_credentials', scope: '{scope?}' } } },
  errors: {
    code: 'error.type',
    message: 'error.message',
    uri: 'error.uri',
    wait: [{ header: 'X-Rate-Limit-Reset', as: 'epoch' }],
  },
  scopes: {
    known: [
      'sms',
      'groups',
      'templates',
      'numbers',
      'originators',
      'viber',
      'whatsapp',
      'otp',
      'reports',
      'shortlinks',
    ],
  },
})

/** The type of {@link smscx}, by name: its hover stays short. */
export interface Smscx extends Readonly<typeof smscxDefinition> {}

/** SMS.CX. */
export const smscx: Smscx = smscxDefinition
