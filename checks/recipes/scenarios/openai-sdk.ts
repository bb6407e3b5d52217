// Completions, whole and streamed, with the token revoked between; the same over a fetch and an axios instance that remove the header.
import assert from 'node:assert/strict'
import type { AxiosInstance } from 'axios'
import { type Scenario, startServers } from '../scenario.ts'

interface Completion {
  readonly choices: readonly {
    readonly message?: { readonly content: string }
    readonly delta?: { readonly content: string }
  }[]
}

interface Recipe {
  readonly openai: {
    readonly chat: {
      readonly completions: { readonly create: (body: object) => Promise<Completion & AsyncIterable<Completion>> }
    }
  }
  readonly sdkFetch: typeof fetch
  readonly instance: AxiosInstance
}

const chunk = (content: string): string => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`

export const scenario: Scenario = async (load) => {
  await using emulator = await startServers({
    'POST /chat/completions': ({ body }) =>
      body.includes('"stream":true')
        ? {
            status: 200,
            headers: { 'content-type': 'text/event-stream' },
            body: `${chunk('Hel')}${chunk('lo')}data: [DONE]\n\n`,
          }
        : { status: 200, body: { choices: [{ message: { content: 'Hello' } }] } },
  })
  const { openai, sdkFetch, instance } = (await load(emulator.api, emulator.url)) as Recipe
  const body = { model: 'any', messages: [{ role: 'user', content: 'Say hello.' }] }
  const whole = await openai.chat.completions.create(body)
  assert.equal(whole.choices[0]?.message?.content, 'Hello')
  emulator.revokeAll()
  let text = ''
  for await (const part of await openai.chat.completions.create({ ...body, stream: true }))
    text += part.choices[0]?.delta?.content ?? ''
  assert.equal(text, 'Hello')
  const headers = { authorization: 'Bearer of-the-sdk' }
  assert.equal((await sdkFetch(`${emulator.api}/echo`, { headers })).status, 200)
  assert.equal((await instance.get('/echo', { headers })).status, 200)
  assert.deepEqual(emulator.counts, { token: 2, resource: 5, other: 0, unauthorized: 1 })
  return 'a completion, a streamed one after a 401, and two requests of another SDK, all with a token of ours'
}
