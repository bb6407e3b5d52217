// Serves the page, and an emulated authorization server with its API on the same origin: one that ends a session whose spent refresh token
// comes again.
import { readFile } from 'node:fs/promises'
import { createServer, request, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { type Emulator, oauth2Emulator, type OAuth2System, startEmulator } from 'tokenflight/testing'

export interface TabsServer {
  readonly url: string
  readonly emulator: Emulator<OAuth2System<'none'>>
  close(): Promise<void>
}

export interface TabsOptions {
  /** Of access tokens, in seconds. */
  readonly lifetime: number
  /** The scripts, by their paths; that of the page is `/app.js`. */
  readonly scripts?: Readonly<Record<string, URL>>
}

export async function startTabsServer({ lifetime, scripts = {} }: TabsOptions): Promise<TabsServer> {
  const page = await readFile(new URL('index.html', import.meta.url), 'utf8')
  const entries = Object.entries({ '/app.js': new URL('app.ts', import.meta.url), ...scripts })
  const bundles = new Map(await Promise.all(entries.map(async ([path, entry]) => [path, await bundle(entry)] as const)))
  const answer: RequestListener = (incoming, outgoing) => {
    const { url = '/', method, headers } = incoming
    const { pathname } = new URL(url, 'http://tabs')
    const script = bundles.get(pathname)
    if (pathname === '/') outgoing.setHeader('content-type', 'text/html').end(page.replace('ISSUER', emulator.url))
    else if (script !== undefined) outgoing.setHeader('content-type', 'text/javascript').end(script)
    else {
      const forwarded = request(emulator.url + url, { method, headers, agent: false }, (response) => {
        outgoing.writeHead(response.statusCode ?? 502, response.headers)
        response.pipe(outgoing)
      })
      forwarded.on('error', () => outgoing.destroy())
      incoming.pipe(forwarded)
    }
  }
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
  const emulator = await startEmulator(oauth2Emulator({ clientAuthentication: 'none', redirectUri: `${url}/` }))
  emulator.lifetime = lifetime
  emulator.switches.onReuse = 'revoke-family'
  return {
    url,
    emulator,
    async close() {
      server.close()
      server.closeAllConnections()
      await emulator.close()
    },
  }
}

/** A script for browsers. */
async function bundle(entry: URL): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    external: ['axios'],
  })
  return outputFiles[0]?.text ?? ''
}
