// What NetSapiens' API shows: its version to all, domains and users to those who belong to them.

import { refuse, VERSION, type NetsapiensDesk } from './netsapiens-desk.ts'
import type { Routes } from './system.ts'

export function netsapiensResources(desk: NetsapiensDesk, now: () => number): Routes {
  return {
    'GET /ns-api/v2/version': {
      kind: 'resource',
      handle: () => ({
        status: 200,
        body: { apiversion: VERSION, hostname: 'emulator', 'current-time': new Date(now()).toISOString() },
      }),
    },
    'GET /ns-api/v2/domains/{domain}': {
      guarded: (_request, token, { domain: asked = '' }) => {
        const { domain } = halves(token.account)
        if (asked !== '~' && asked !== domain) return refuse(403, 'Permission Denied')
        const body = { domain, reseller: 'Example Reseller', description: 'An example', 'time-zone': 'US/Pacific' }
        return { status: 200, body }
      },
    },
    'GET /ns-api/v2/domains/{domain}/users/{user}': {
      guarded: (_request, token, { domain: askedDomain = '', user: asked = '' }) => {
        const mine = halves(token.account)
        const user = asked === '~' ? mine.user : asked
        if (askedDomain !== '~' && askedDomain !== mine.domain) return refuse(403, 'Permission Denied')
        if (user !== mine.user && token.scope === 'Basic User') return refuse(403, 'Permission Denied')
        const uid = `${user}@${mine.domain}`
        const account = desk.find(uid)
        if (!account) return refuse(404, 'Not Found')
        const body = {
          user,
          domain: mine.domain,
          'name-first-name': 'Ann',
          'name-last-name': 'Example',
          'login-username': uid,
          'email-address': uid,
          'user-scope': account.scope ?? 'Basic User',
        }
        return { status: 200, body }
      },
    },
  }
}

function halves(uid = ''): { readonly user: string; readonly domain: string } {
  const [user = '', domain = ''] = uid.split('@')
  return { user, domain }
}
