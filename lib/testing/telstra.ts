// Telstra Messaging v2: a form, client credentials in the body, lifetimes as text, refusals that have nothing to do with the token.

import { telstra } from '../providers.ts'
import type { Answer } from './answer.ts'
import type { Entry } from './log.ts'
import { secretText } from './secret-text.ts'
import { readObject } from './strict.ts'
import type { Blueprint, Pointed, System } from './system.ts'
import { telstraToken, telstraTokens, type TelstraClient, type TelstraTokenSwitches } from './telstra-token.ts'

/** What goes wrong with messages. */
export interface TelstraSwitches extends TelstraTokenSwitches {
  /** Requests with a good token are refused with 403: too many, nothing wrong with the token. */
  spikeArrest: boolean
  /** The same, for want of a paid plan. */
  monetization: boolean
  /** 401 whatever the token: the product that the resource belongs to was not bought. */
  noProduct: boolean
}

/** What `telstraEmulator()` sets up. */
export type TelstraSystem = System<
  Pointed<typeof telstra>,
  TelstraClient,
  { readonly client_credentials: TelstraClient },
  TelstraSwitches
>

/** Telstra Messaging API v2. */
export function telstraEmulator(client: Partial<TelstraClient> = {}): Blueprint<TelstraSystem> {
  return ({ url, now }) => {
    const root = '/v2'
    const credentials: TelstraClient = { clientId: 'telstra-client', clientSecret: 'sesame+/&= %:1', ...client }
    const switches: TelstraSwitches = {
      dropTokenType: false,
      longLived: false,
      spikeArrest: false,
      monetization: false,
      noProduct: false,
    }
    const tokens = telstraTokens(now)
    return {
      root,
      provider: { ...telstra, api: url + root },
      credentials,
      grants: { client_credentials: credentials },
      switches,
      actions: {},
      tokens,
      usual: { grant: 'client_credentials', scope: 'NSMS' },
      routes: {
        'POST /v2/oauth/token': { kind: 'token', handle: telstraToken(credentials, switches, tokens, ['NSMS']) },
        'GET /v2/messages/sms/healthcheck': {
          kind: 'resource',
          handle: () => ({ status: 200, body: { status: 'up' } }),
        },
        'GET /v2/messages/provisioning/subscriptions': { guarded: () => ({ status: 200, body: SUBSCRIPTION }) },
        'POST /v2/messages/provisioning/subscriptions': { guarded: subscribe(now) },
        'GET /v2/messages/sms': { guarded: () => ({ status: 200, body: { status: 'EMPTY' } }) },
        'POST /v2/messages/sms': { guarded: sendSms(url + root) },
      },
      unauthorized: () => refuse(401, 'TECH-ERR', 'Invalid access token. Please try with a valid token'),
      gate: () => gate(switches),
      notFound: () => refuse(404, 'RESOURCE-NOT-FOUND', 'The requested URI does not exist'),
    }
  }
}

const NUMBER = '+61412345678'
const SUBSCRIPTION = { activeDays: '1825', notifyURL: 'https://example.com/callback', destinationAddress: NUMBER }
const DAY = 86_400_000

function refuse(status: number, code: string, message: string): Answer {
  return { status, body: { status: String(status), code, message } }
}

function gate({ noProduct, spikeArrest, monetization }: TelstraSwitches): Answer | undefined {
  if (noProduct) return refuse(401, 'TECH-ERR', 'Invalid API call as no apiproduct match found')
  if (spikeArrest) return refuse(403, 'SpikeArrest', 'The API call rate limit has been exceeded')
  if (monetization) return refuse(403, 'MSG_Monetization_ERR', 'The plan does not allow this API call')
  return undefined
}

const SUBSCRIBE = ['activeDays', 'notifyURL']
const SMS = ['to', 'body', 'from', 'validity', 'scheduledDelivery', 'notifyURL', 'replyRequest', 'priority']

function subscribe(now: () => number) {
  return (request: Entry): Answer => {
    const { object, problem } = readObject(request, SUBSCRIBE)
    if (!object) return refuse(400, 'BODY-NOT-VALID', problem)
    const { activeDays = 30 } = object
    const expiryDate = now() + Number(activeDays) * DAY
    return { status: 201, body: { destinationAddress: NUMBER, activeDays: String(activeDays), expiryDate } }
  }
}

function sendSms(api: string) {
  return (request: Entry): Answer => {
    const { object, problem } = readObject(request, SMS)
    if (!object) return refuse(400, 'BODY-NOT-VALID', problem)
    const { to, body, from } = object
    const numbers = (Array.isArray(to) ? to : [to]) as unknown[]
    if (numbers.length === 0 || !numbers.every((each) => typeof each === 'string' && /^\+?\d{8,15}$/.test(each))) {
      return refuse(400, 'TO-MSISDN-NOT-VALID', "Invalid 'to' address specified")
    }
    if (typeof body !== 'string' || body === '') return refuse(400, 'BODY-MISSING', "'body' is missing")
    if (from !== undefined && typeof from !== 'string') {
      return refuse(400, 'DELIVERY-IMPOSSIBLE', "Invalid 'from' address specified")
    }
    const messages = numbers.map((each) => {
      const messageId = secretText(16)
      return {
        to: each,
        deliveryStatus: 'MessageWaiting',
        messageId,
        messageStatusURL: `${api}/messages/sms/${messageId}/status`,
      }
    })
    const answer = { messages, Country: [{ AUS: numbers.length }], messageType: 'SMS', numberSegments: 1 }
    return { status: 201, body: answer }
  }
}
