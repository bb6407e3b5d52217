// (g) The cost per waiter and per account, from 10 to 100,000 of them.
import axios from 'axios'
import {
  createTokenManager,
  createTokenPool,
  type TokenManager,
  type TokenPool,
  type TokenTransport,
} from 'tokenflight'
import { attachBearer } from 'tokenflight/axios'
import { wrapFetch } from 'tokenflight/fetch'
import { oauth2 } from 'tokenflight/providers'
import { CLIENT } from '../contender.ts'
import { heap } from '../memory.ts'
import { median } from '../stats.ts'
import { Stub } from '../stub.ts'

export interface Line {
  readonly name: string
  readonly unit: 'ns' | 'bytes'
  /** The cost per item, by their number. */
  readonly points: readonly (readonly [count: number, each: number])[]
  /** The name of the line measured without tokenflight, for comparison. */
  readonly floor?: string
}

const API = 'https://api.bench.example'
const SIZES = [10, 100, 1_000, 10_000, 100_000] as const

const provider = oauth2({
  tokenEndpoint: 'https://as.bench.example/token',
  api: API,
  clientAuthentication: 'client_secret_basic',
  grants: ['client_credentials', 'password'],
})

function issued(nth: number): { status: number; headers: Record<string, string>; text: string } {
  const text = JSON.stringify({ access_token: `token-${String(nth)}`, token_type: 'Bearer', expires_in: 3_600 })
  return { status: 200, headers: { 'content-type': 'application/json' }, text }
}

type Attach = (tokens: TokenManager) => () => Promise<unknown>

const CLIENTS: Readonly<Record<string, Attach>> = {
  axios: (tokens) => {
    const stub = new Stub(false)
    stub.strict = false
    const instance = axios.create({ baseURL: API, adapter: stub.adapter })
    attachBearer(instance, tokens)
    return () => instance.get<unknown>('/things')
  },
  fetch: (tokens) => {
    const stub = new Stub(false)
    stub.strict = false
    const wrapped = wrapFetch(stub.fetch, tokens)
    return () => wrapped(`${API}/things`)
  },
}

export async function growWaiters(quick: boolean): Promise<readonly Line[]> {
  const lines: Line[] = []
  for (const [name, attach] of Object.entries(CLIENTS)) {
    await measureWaiters(attach, 5_000)
    const waits: [number, number][] = []
    const drains: [number, number][] = []
    const bytes: [number, number][] = []
    for (const size of SIZES) {
      const rounds = Math.min(30, Math.max(3, Math.ceil((quick ? 1_000 : 20_000) / size)))
      const all: WaiterCosts[] = []
      for (let round = 0; round < rounds; round += 1) all.push(await measureWaiters(attach, size))
      waits.push([size, median(all.map(({ wait }) => wait))])
      drains.push([size, median(all.map(({ drain }) => drain))])
      bytes.push([size, median(all.map((each) => each.bytes))])
    }
    lines.push({ name: `${name}: to begin to wait`, unit: 'ns', points: waits })
    lines.push({ name: `${name}: to be sent and answered`, unit: 'ns', points: drains })
    lines.push({ name: `${name}: a waiter`, unit: 'bytes', points: bytes })
  }
  return lines
}

/** Costs per waiter. */
interface WaiterCosts {
  readonly wait: number
  readonly drain: number
  readonly bytes: number
}

async function measureWaiters(attach: Attach, size: number): Promise<WaiterCosts> {
  let release: () => void = () => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  const transport: TokenTransport = async (conversation) => {
    await conversation.prepare()
    await released
    return issued(1)
  }
  const request = attach(createTokenManager({ provider, grant: 'client_credentials', credentials: CLIENT, transport }))
  const answers = new Array<Promise<unknown>>(size)
  const before = heap()
  const began = performance.now()
  for (let nth = 0; nth < size; nth += 1) answers[nth] = request()
  // Lets every request reach its wait.
  await new Promise((resolve) => setImmediate(resolve))
  const waiting = performance.now()
  const after = heap()
  const releasedAt = performance.now()
  release()
  await Promise.all(answers)
  const drained = performance.now()
  return {
    wait: ((waiting - began) / size) * 1e6,
    drain: ((drained - releasedAt) / size) * 1e6,
    bytes: (after - before) / size,
  }
}

const MAP = 'a Map of the same managers: a request with a token at hand'

export async function growAccounts(quick: boolean): Promise<readonly Line[]> {
  const firsts: [number, number][] = []
  const hots: [number, number][] = []
  const floors: [number, number][] = []
  const bytes: [number, number][] = []
  await measureAccounts(2_000)
  for (const size of [1, ...SIZES].slice(0, quick ? -1 : undefined)) {
    const { first, hot, floor, bytes: each } = await measureAccounts(size)
    firsts.push([size, first])
    hots.push([size, hot])
    floors.push([size, floor])
    bytes.push([size, each])
  }
  return [
    { name: 'pool: first token of an account', unit: 'ns', points: firsts },
    { name: 'pool: a request with a token at hand', unit: 'ns', points: hots, floor: MAP },
    { name: MAP, unit: 'ns', points: floors },
    { name: 'pool: an account', unit: 'bytes', points: bytes },
  ]
}

/** Costs per account. */
interface AccountCosts {
  readonly first: number
  readonly hot: number
  /** Like `hot`, for a Map. */
  readonly floor: number
  readonly bytes: number
}

async function measureAccounts(size: number): Promise<AccountCosts> {
  // Small pools are measured several at a time: the cost of one is below the noise.
  const pools = Array.from({ length: Math.max(1, Math.ceil(1_000 / size)) }, makePool)
  const names = Array.from({ length: size }, (_, nth) => `account-${String(nth)}@bench.example`)
  const count = size * pools.length
  const before = heap()
  const began = performance.now()
  for (const pool of pools)
    for (let from = 0; from < size; from += 1_000)
      await Promise.all(names.slice(from, from + 1_000).map((name) => pool.for(name).token()))
  const first = ((performance.now() - began) / count) * 1e6
  const bytes = (heap() - before) / count
  const [pool = makePool()] = pools
  const managers = new Map(names.map((name) => [name, pool.for(name)]))
  const rounds = Array.from({ length: 5 }, () => [
    timeLookups(names, (name) => pool.for(name).peek()),
    timeLookups(names, (name) => managers.get(name)?.peek()),
  ])
  const [hot = NaN, floor = NaN] = [0, 1].map((which) => median(rounds.map((round) => round[which] ?? NaN)))
  return { first, bytes, hot, floor }
}

function makePool(): TokenPool {
  let nth = 0
  return createTokenPool({
    provider,
    grant: 'password',
    credentials: (account) => ({ ...CLIENT, username: account, password: 'sesame' }),
    maxAccounts: 200_000,
    concurrency: 64,
    transport: async (conversation) => {
      await conversation.prepare()
      nth += 1
      return issued(nth)
    },
  })
}

/** Returns the nanoseconds per lookup, each of another name. */
function timeLookups(names: readonly string[], look: (name: string) => unknown): number {
  const count = 100_000
  const began = performance.now()
  for (let nth = 0; nth < count; nth += 1)
    if (look(names[nth % names.length] ?? '') === undefined) throw new Error('no token')
  return ((performance.now() - began) / count) * 1e6
}
