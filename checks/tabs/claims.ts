// Tests the store with `storeClaims`, in a page or in a worker of any kind; returns the claims that failed.
import { webStore } from '../../lib/stores/web.ts'
import { storeClaims } from '../../lib/testing/store-claims.ts'

export interface Report {
  readonly held: number
  readonly failures: readonly string[]
}

type Answering = Pick<MessagePort, 'postMessage'>

interface Scope {
  readonly document?: unknown
  readonly clients?: unknown
  onconnect?: (event: { readonly ports: readonly MessagePort[] }) => void
  onmessage?: (event: { readonly source: Answering }) => void
  report?: Promise<Report>
}

async function hold(): Promise<Report> {
  const failures: string[] = []
  let held = 0
  for (const { claim, check } of storeClaims(() => webStore('claims'))) {
    try {
      await check()
      held += 1
    } catch (error) {
      failures.push(`${claim}: ${String(error)}`)
    }
  }
  return { held, failures }
}

const scope = globalThis as unknown as Scope
const answer = (to: Answering): void =>
  void hold().then((report) => {
    to.postMessage(report)
  })
if (scope.document) scope.report = hold()
else if (scope.clients)
  scope.onmessage = ({ source }) => {
    answer(source)
  }
else if ('onconnect' in scope)
  scope.onconnect = ({ ports: [port] }) => {
    if (port) answer(port)
  }
else answer(scope as unknown as Answering)
