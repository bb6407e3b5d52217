// The outcome of a call, in terms that any language has.
import axios from 'axios'
import { isTokenError, type TokenErrorCode } from '../../../lib/errors.ts'
import { leakDetector } from '../../support/leak-detector.ts'
import { VectorFailure } from './check.ts'
import type { Happening } from './format.ts'
import type { Outcome } from './bindings.ts'

const NAMES: Readonly<Record<TokenErrorCode, string>> = {
  ERR_TOKEN_REQUEST: 'no-answer',
  ERR_TOKEN_RESPONSE: 'no-token',
  ERR_OAUTH: 'refused',
  ERR_REAUTHENTICATION_REQUIRED: 'reauthenticate',
  ERR_PROMPT_REQUIRED: 'prompt',
}

export function answered(caller: string, { status, text, cause }: Outcome): Happening {
  return {
    outcome: caller,
    status,
    ...(text !== '' && { body: text }),
    ...(cause !== undefined && { cause: nameOf(cause) }),
  }
}

/** `reason`: what the caller aborted with. */
export function failed(caller: string, error: unknown, reason: unknown, startedAt: number): Happening {
  leakDetector().inspect('a rejection', error)
  if (error === reason || axios.isCancel(error)) return { outcome: caller, error: 'aborted' }
  const told = { outcome: caller, error: nameOf(error) }
  if (!isTokenError(error)) return told
  return {
    ...told,
    ...('error' in error && { oauth: error.error }),
    ...(error.retryAt !== undefined && { retryAt: error.retryAt - startedAt }),
  }
}

export function nameOf(error: unknown): string {
  if (!isTokenError(error)) throw new VectorFailure(`an error of no known kind: ${String(error)}`)
  return NAMES[error.code]
}
