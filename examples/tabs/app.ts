// One session in all tabs: they renew once among them, and log in and out together.
import { wrapFetch } from 'tokenflight/fetch'
import { Picture } from './picture.ts'
import { openSession } from './session.ts'

/** Milliseconds between requests to the API. */
const PAUSE = 250

const tokens = openSession(document.body.dataset['issuer'] ?? '')
const api = wrapFetch(fetch, tokens)
const picture = new Picture(element('picture'))

element('log-in').addEventListener('click', () => void logIn())
element('log-out').addEventListener('click', () => void tokens.clear())
tokens.on('status', showStatus)
tokens.on('*', (event) => {
  if (event.name === 'renewed') count('renewals')
  if (event.name === 'renewed' || event.name === 'acquired') picture.mark('renewed here', event.fingerprint)
  else if (event.name === 'adopted') picture.mark('login', event.fingerprint)
  else if (event.name === 'cleared' || event.name === 'reauthentication-required') picture.mark('logout')
  else if (event.name === 'taken-over') picture.mark('taken over')
})

async function logIn(): Promise<void> {
  const request = await tokens.authorizationUrl()
  // The page goes away meanwhile.
  sessionStorage.setItem('request', JSON.stringify(request))
  location.assign(request.url)
}

async function finishLogin(): Promise<void> {
  const request = sessionStorage.getItem('request')
  if (request === null || !location.search.includes('code=')) return
  sessionStorage.removeItem('request')
  const callback = location.href
  history.replaceState(null, '', '/')
  await tokens.exchangeCallback(callback, JSON.parse(request) as Awaited<ReturnType<typeof tokens.authorizationUrl>>)
}

async function sendRequests(): Promise<void> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
    if (tokens.status === 'signed-out' || tokens.status === 'ended') continue
    const { ok } = await api('/api/echo').catch(() => Response.error())
    if (ok) picture.mark('requests', tokens.peek()?.fingerprint)
    count(ok ? 'served' : 'failed')
  }
}

function showStatus(): void {
  element('status').textContent = tokens.status
}

function count(id: string): void {
  element(id).textContent = String(Number(element(id).textContent) + 1)
}

function element(id: string): Element {
  const found = document.getElementById(id)
  if (!found) throw new Error(`no element ${id}`)
  return found
}

showStatus()
await finishLogin()
// Reads the store: whether somebody has logged in, in this tab or another.
await tokens.token().catch(() => undefined)
showStatus()
await sendRequests()
