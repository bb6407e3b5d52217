import type { TokenEndpointCall, WireRequest, WireResult } from '../../lib/token-endpoint/transport.ts'

export interface CallScript {
  /** The request of each attempt, counted from 1. */
  readonly prepare: (attempt: number) => WireRequest | Promise<WireRequest>
  /** Whether there is another attempt. @default there is none */
  readonly again?: (result: WireResult, attempt: number) => boolean | Promise<boolean>
  readonly signal?: AbortSignal
}

/** A call of the token endpoint that a spec scripts; records its attempts. */
export interface ScriptedCall extends TokenEndpointCall {
  readonly prepared: number
  readonly judged: readonly WireResult[]
}

export function scriptedCall({ prepare, again, signal = new AbortController().signal }: CallScript): ScriptedCall {
  const judged: WireResult[] = []
  let prepared = 0
  return {
    signal,
    judged,
    get prepared() {
      return prepared
    },
    async prepare() {
      prepared += 1
      return prepare(prepared)
    },
    async again(result) {
      judged.push(result)
      return again?.(result, judged.length) ?? false
    },
  }
}
