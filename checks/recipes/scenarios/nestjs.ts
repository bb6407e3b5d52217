// An application context with the module of the page: requests by the service, with the token revoked in between.
import assert from 'node:assert/strict'
import type { AxiosInstance } from 'axios'
import { importPackage, type Scenario, startServers } from '../scenario.ts'

/** Of packages that are installed for the check alone. */
interface NestCore {
  readonly NestFactory: {
    readonly createApplicationContext: (module: unknown, options: object) => Promise<Context>
  }
}

interface Context {
  readonly get: (token: unknown) => { readonly axiosRef: AxiosInstance }
  readonly close: () => Promise<void>
}

export const scenario: Scenario = async (load) => {
  await using emulator = await startServers({ 'GET /orders': () => ({ status: 200 }) })
  await importPackage('reflect-metadata')
  const { NestFactory } = await importPackage<NestCore>('@nestjs/core')
  const { HttpService } = await importPackage<{ HttpService: unknown }>('@nestjs/axios')
  const { ApiModule } = (await load(emulator.api, emulator.url)) as { ApiModule: unknown }
  const context = await NestFactory.createApplicationContext(ApiModule, { logger: false })
  try {
    const { axiosRef } = context.get(HttpService)
    const orders = async (): Promise<number> => (await axiosRef.get('/orders')).status
    assert.equal(await orders(), 200)
    emulator.revokeAll()
    assert.deepEqual(await Promise.all([orders(), orders(), orders()]), [200, 200, 200])
    assert.equal(emulator.counts.token, 2)
    return 'HttpService sends the token, and one more is got for a burst after a 401'
  } finally {
    await context.close()
  }
}
