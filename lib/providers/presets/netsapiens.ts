// NetSapiens (SpectrumVoip and other operators), API v2. Every operator has its own host: there is no default. A definition spread
// from another one is built in a function, so that bundlers can drop it.
import { defineProvider } from '../define-provider.ts'

const netsapiensDefinition = /* @__PURE__ */ defineProvider({
  id: 'netsapiens',
  title: 'NetSapiens (SpectrumVoip and other operators), API v2, opaque tokens',
  docs: 'https://docs.ns-api.com',
  api: 'https://{server}/ns-api/v2',
  token: {
    url: '/tokens',
    encoding: 'json',
    params: { client_id: '{clientId}', client_secret: '{clientSecret}' },
    answer: {
      keep: { apiVersion: 'apiversion', domain: 'domain', territory: 'territory', uid: 'uid', user: 'user' },
    },
    errors: {
      code: ['error', 'code'],
      message: ['message', 'error_description'],
      // A wrong password, which repeated would lock the account. A wrong client is a 401, and no reason to give up the account.
      denied: [{ status: 403 }],
    },
  },
  grants: {
    password: { params: { grant_type: 'password', username: '{username}', password: '{password}' } },
    mfa: {
      repeatable: false,
      // Seen without a code beside it.
      denied: [{ at: 'message', is: 'Invalid passcode' }],
      params: {
        grant_type: 'mfa',
        username: '{username}',
        password: '{password}',
        mfa_type: '{mfaType=authenticator}',
        mfa_vendor: '{mfaVendor=google}',
        ns_id_type: '{nsIdType=subscriber}',
        passcode: '{passcode}',
        access_token: '{partialToken}',
      },
    },
  },
  prompt: {
    when: [
      { status: 200, at: 'mfa_type' },
      { status: 200, at: 'mfa_vendor' },
      { status: 200, at: 'scope', is: ['mfa_required', 'MFA'] },
    ],
    grant: 'mfa',
    carry: { partialToken: 'access_token', mfaType: 'mfa_type', mfaVendor: 'mfa_vendor', nsIdType: 'ns_id_type' },
  },
  renewal: {
    refreshToken: 'rotates',
    accessToken: 'dies',
    // A dead refresh token has no code of its own: any of these, and the password is asked instead.
    denied: [{ status: [400, 401, 403, 404] }],
    params: { grant_type: 'refresh_token', refresh_token: '{refreshToken}' },
  },
  publicPaths: ['/version'],
  errors: { code: 'code', message: 'message' },
})

/** The type of {@link netsapiens}, by name: its hover stays short. */
export interface Netsapiens extends Readonly<typeof netsapiensDefinition> {}

/** NetSapiens API v2 with opaque tokens. A second factor is a prompt, answered with `{ passcode }`. */
export const netsapiens: Netsapiens = netsapiensDefinition

const netsapiensJwtDefinition = /* @__PURE__ */ (() =>
  defineProvider({
    ...netsapiensDefinition,
    id: 'netsapiens-jwt',
    title: 'NetSapiens API v2, JSON Web Tokens',
    token: {
      ...netsapiensDefinition.token,
      url: '/jwt',
      answer: { token: 'token', refresh: 'refresh', lifetime: [{ jwt: 'exp' }] },
    },
    prompt: {
      when: [...netsapiensDefinition.prompt.when, { status: 200, at: '#.user_scope', is: ['mfa_required', 'MFA'] }],
      grant: 'mfa',
      carry: {
        partialToken: ['token', 'access_token'],
        mfaType: ['mfa_type', '#.mfa_type'],
        mfaVendor: ['mfa_vendor', '#.mfa_vendor'],
        nsIdType: ['ns_id_type', '#.ns_id_type'],
      },
    },
    renewal: {
      ...netsapiensDefinition.renewal,
      accessToken: 'unknown',
      params: { refresh: '{refreshToken}', client_id: null, client_secret: null },
    },
    inspect: { by: 'token', method: 'GET', url: '/jwt' },
    revoke: { by: 'token', method: 'DELETE', url: '/jwt' },
  }))()

/** The type of {@link netsapiensJwt}, by name: its hover stays short. */
export interface NetsapiensJwt extends Readonly<typeof netsapiensJwtDefinition> {}

/** NetSapiens API v2 with JSON Web Tokens, which expire at their claim `exp`. */
export const netsapiensJwt: NetsapiensJwt = netsapiensJwtDefinition

const netsapiensLegacyDefinition = /* @__PURE__ */ (() =>
  defineProvider({
    ...netsapiensDefinition,
    id: 'netsapiens-legacy',
    title: 'NetSapiens API v2 with tokens from the older endpoint, for servers that answer 404 on /tokens',
    token: { ...netsapiensDefinition.token, url: 'https://{server}/ns-api/oauth2/token/', encoding: 'form' },
  }))()

/** The type of {@link netsapiensLegacy}, by name: its hover stays short. */
export interface NetsapiensLegacy extends Readonly<typeof netsapiensLegacyDefinition> {}

/** NetSapiens API v2 with tokens of the older endpoint, for servers that answer 404 on `/tokens`. */
export const netsapiensLegacy: NetsapiensLegacy = netsapiensLegacyDefinition
