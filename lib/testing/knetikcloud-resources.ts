// What KnetikCloud's API shows, and its shape of refusal.

import { randomUUID } from 'node:crypto'
import type { Answer } from './answer.ts'
import type { KnetikcloudDesk } from './knetikcloud-desk.ts'
import type { Entry } from './log.ts'
import type { Routes } from './system.ts'
import type { IssuedToken } from './token-book.ts'

/** The API's refusals, all but that of a dead token. */
export function refuse(status: number, message: string): Answer {
  return { status, body: { code: status, request_id: randomUUID(), result: [{ message, field: null, details: null }] } }
}

const VERSION = { version: '3.0.0' }
const MEMBER_SINCE = 1_500_000_000

export function knetikcloudResources(desk: KnetikcloudDesk): Routes {
  return {
    'GET /health': { kind: 'resource', handle: () => ({ status: 200, body: { status: 'UP' } }) },
    'GET /version': { kind: 'resource', handle: () => ({ status: 200, body: VERSION }) },
    'GET /me': {
      guarded: (_request, { account }) => {
        const id = desk.idOf(account)
        const roles = [account === undefined ? 'TOKENS_ADMIN' : 'USER']
        return {
          status: 200,
          body: {
            client_id: account === undefined ? desk.clientId : 'knetik',
            roles,
            ...(id !== undefined && { user_id: id }),
          },
        }
      },
    },
    'GET /users/{id}': {
      guarded: (_request, { account }, { id = '' }) => {
        const found = id === 'me' ? desk.find(account) : desk.at(Number(id))
        if (!found) return refuse(404, 'User not found')
        const { username } = found
        const email = `${username}@example.com`
        const body = { id: desk.idOf(username), username, display_name: username, email, member_since: MEMBER_SINCE }
        return { status: 200, body }
      },
    },
    'DELETE /auth/tokens': { kind: 'other', guarded: revoke(desk) },
  }
}

/** By `username`: all of that person's tokens. `client_id` alone: all tokens that are nobody's. */
function revoke({ tokens }: KnetikcloudDesk) {
  return ({ query }: Entry, { account }: IssuedToken): Answer => {
    if (account !== undefined) return refuse(403, 'TOKENS_ADMIN is needed')
    const unknown = [...query.keys()].find((name) => name !== 'username' && name !== 'client_id')
    if (unknown !== undefined) return refuse(400, `Unknown parameter ${unknown}`)
    const username = query.get('username') ?? undefined
    for (const issued of tokens.issued) {
      if (issued.account !== username) continue
      tokens.revoke(issued.accessToken)
      if (issued.refreshToken !== undefined) tokens.revoke(issued.refreshToken)
    }
    return { status: 204 }
  }
}
