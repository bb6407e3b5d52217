// What SMS.CX's API offers; most of it asks for a scope.

import type { Answer } from './answer.ts'
import type { Entry } from './log.ts'
import { secretHex } from './secret-text.ts'
import { refuse, type Label } from './smscx-answers.ts'
import { readObject } from './strict.ts'
import type { Routes } from './system.ts'
import type { IssuedToken } from './token-book.ts'

export function smscxResources(label: Label): Routes {
  const scoped = (scope: string, handle: (request: Entry) => Answer) =>
    label((request: Entry, token: IssuedToken) =>
      token.scope?.split(' ').includes(scope)
        ? handle(request)
        : refuse(403, 'insufficient_scope', `The scope ${scope} is needed`),
    )
  const list = (scope: string) => ({ guarded: scoped(scope, () => ({ status: 200, body: { data: [] } })) })
  const balance = { balance: '100.00', currency: 'EUR', billing: 'prepaid' }
  return {
    'GET /account/balance': { guarded: label(() => ({ status: 200, body: balance })) },
    'GET /applications/scopes': {
      guarded: label((_request: Entry, { scope = '' }: IssuedToken) => ({ status: 200, body: scope.split(' ') })),
    },
    'POST /sms': { guarded: scoped('sms', sendSms) },
    'GET /groups': list('groups'),
    'GET /templates': list('templates'),
    'GET /numbers': list('numbers'),
    'GET /originators': list('originators'),
    'GET /reports': list('reports'),
  }
}

function sendSms(request: Entry): Answer {
  const { object, problem } = readObject(request)
  if (!object) return refuse(400, 'invalid_body', problem)
  const { to, from, text } = object
  const numbers = (Array.isArray(to) ? to : [to]) as unknown[]
  const isNumber = (each: unknown): boolean => typeof each === 'string' && /^\+?\d{8,15}$/.test(each)
  if (numbers.length === 0 || !numbers.every(isNumber)) return refuse(400, 'invalid_param', 'to is no phone number')
  if (typeof from !== 'string' || typeof text !== 'string')
    return refuse(400, 'invalid_param', 'from and text are needed')
  const info = { campaignId: secretHex(16), from, text, parts: 1, totalCost: 0.05 * numbers.length, currency: 'EUR' }
  const data = numbers.map((each) => ({ msgId: secretHex(16), to: each, status: 'queued', cost: 0.05 }))
  return { status: 200, body: { info, data } }
}
