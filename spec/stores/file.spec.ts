import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { fileStore } from '../../lib/stores/file.ts'
import type { TokenManager } from '../../lib/token/token-manager.ts'
import { systemClock } from '../../lib/util/clock.ts'
import { failureOf } from '../support/failure.ts'
import { Programs } from '../support/programs.ts'
import { membersOver } from '../support/sessions.ts'
import { itIsATokenStore } from './contract.ts'
import { itTellsEveryMember } from './elsewhere.ts'

const MEMBER = 'spec/support/file-store-member.ts'

describe('fileStore(folder)', () => {
  let folder: string
  before(() => {
    // In memory where the system has such a folder: each write is synced.
    folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'tokenflight-'))
  })
  after(() => {
    rmSync(folder, { recursive: true })
  })
  const newFolder = (): string => mkdtempSync(join(folder, 'f-'))
  /** The folder of the only key. */
  const keyFolder = (root: string): string => join(root, readdirSync(root)[0] ?? '')
  const filesOf = (root: string): string[] => readdirSync(keyFolder(root))

  itIsATokenStore(() => fileStore(folder), ['watch', 'presence'])
  itTellsEveryMember(() => fileStore(folder))

  describe('with other processes', () => {
    let programs: Programs
    before(async () => {
      programs = await Programs.bundle([MEMBER])
    })
    after(() => programs.remove())

    const members: ChildProcess[] = []
    const start = async (root: string): Promise<readonly [ChildProcess, string]> => {
      const member = fork(programs.script(MEMBER), [root], { execArgv: [] })
      members.push(member)
      const [name] = (await once(member, 'message')) as [string]
      return [member, name]
    }
    afterEach(() => {
      for (const member of members.splice(0)) member.kill('SIGKILL')
    })

    it('loses no change of four concurrent processes, and leaves one file', async () => {
      const root = newFolder()
      const started = await Promise.all(Array.from({ length: 4 }, () => start(root)))
      await Promise.all(
        started.map(async ([member]) => {
          member.send({ key: 'counter', times: 25 })
          await once(member, 'message')
        }),
      )
      expect(await fileStore(root).read('counter')).to.equal('100')
      expect(filesOf(root)).to.deep.equal(['100'])
    })

    // S4, S5, S6, S7, S8
    it('reports a process as gone after it was killed, not while it runs or is stopped', async () => {
      const root = newFolder()
      const { presence } = fileStore(root)
      const [member, name] = await start(root)
      expect(await presence?.gone(name)).to.equal(false)
      member.kill('SIGSTOP')
      expect(await presence?.gone(name)).to.equal(false)
      member.kill('SIGKILL')
      await once(member, 'exit')
      expect(await presence?.gone(name)).to.equal(true)
    })

    it('reports a process as gone whose pid belongs to another process, where the system has start times', async () => {
      const root = newFolder()
      const { presence } = fileStore(root)
      const [, name] = await start(root)
      const [place, pid, start_, random] = name.split('.')
      const isTold = start_ !== ''
      expect(await presence?.gone([place, pid, `${start_ ?? ''}0`, random].join('.'))).to.equal(isTold)
    })

    it('reports no process of another machine or container as gone', async () => {
      const root = newFolder()
      const { presence } = fileStore(root)
      const [member, name] = await start(root)
      member.kill('SIGKILL')
      await once(member, 'exit')
      expect(await presence?.gone(`x${name}`)).to.equal(false)
    })
  })

  // S36
  it('creates folders and files for the owner only', async () => {
    const mask = process.umask(0)
    try {
      const root = join(newFolder(), 'a', 'b')
      await fileStore(root).swap('key', undefined, 'text')
      const modes = [root, keyFolder(root), join(keyFolder(root), '1')].map((path) => statSync(path).mode & 0o777)
      expect(modes).to.deep.equal([0o700, 0o700, 0o600])
    } finally {
      process.umask(mask)
    }
  })

  // S36, S40
  it('uses names that are valid on Windows and contain nothing of the key', async () => {
    const root = newFolder()
    const store = fileStore(root)
    for (const key of ['CON', 'a:b*?', 'A', 'a', '../x', 'k'.repeat(500)]) await store.swap(key, undefined, 'text')
    for (const name of readdirSync(root)) expect(name).to.match(/^[\da-f]{64}$/)
    expect(readdirSync(root)).to.have.length(6)
  })

  it('deletes a replaced text', async () => {
    const root = newFolder()
    const store = fileStore(root)
    await store.swap('key', undefined, 'one')
    await store.swap('key', 'one', 'two')
    expect(filesOf(root)).to.deep.equal(['2'])
    expect(await store.swap('key', 'one', 'three')).to.equal(false)
    expect(filesOf(root)).to.deep.equal(['2'])
    expect(readFileSync(join(keyFolder(root), '2'), 'utf8')).to.equal('two')
  })

  // S36
  it('deletes the files of 10,000 killed writers', async () => {
    const root = newFolder()
    const store = fileStore(root)
    await store.swap('key', undefined, 'one')
    const long = new Date(Date.now() - 61_000)
    for (let n = 0; n < 10_000; n += 1) {
      const path = join(keyFolder(root), `new-${String(n)}`)
      writeFileSync(path, '')
      utimesSync(path, long, long)
    }
    await store.swap('key', 'one', 'two')
    expect(filesOf(root)).to.deep.equal(['2'])
  })

  it('deletes no version while another process writes, as its number could be used again', async () => {
    const root = newFolder()
    const store = fileStore(root)
    await store.swap('key', undefined, 'one')
    const writing = join(keyFolder(root), 'new-other')
    writeFileSync(writing, '')
    await store.swap('key', 'one', 'two')
    await store.swap('key', 'two', 'three')
    expect(filesOf(root)).to.have.members(['1', '2', '3', 'new-other'])
    expect(await store.read('key')).to.equal('three')
    rmSync(writing)
    await store.swap('key', 'three', 'four')
    expect(filesOf(root)).to.deep.equal(['4'])
  })

  it('reads the version with the highest number', async () => {
    const root = newFolder()
    const store = fileStore(root)
    await store.swap('key', undefined, 'one')
    for (const number of [9, 10]) writeFileSync(join(keyFolder(root), String(number)), String(number))
    expect(await store.read('key')).to.equal('10')
  })

  it('keeps its folder when the process changes its working directory', async () => {
    const root = newFolder()
    const before = process.cwd()
    process.chdir(folder)
    try {
      const store = fileStore('./relative')
      process.chdir(root)
      await store.swap('key', undefined, 'text')
      expect(await fileStore(pathToFileURL(join(folder, 'relative'))).read('key')).to.equal('text')
    } finally {
      process.chdir(before)
    }
  })

  it('throws a TypeError for a value that is no folder, or a folder that others can write', () => {
    const file = join(newFolder(), 'file')
    writeFileSync(file, '')
    const open = newFolder()
    chmodSync(open, 0o777)
    for (const given of [undefined, null, '', 7, {}, file, join(file, 'below'), open])
      expect(() => fileStore(given as string))
        .to.throw(TypeError, /^tokenflight: folder: expected /)
        .with.property('code', 'ERR_INVALID_ARG')
  })

  it('rejects with the name of a removed folder, and continues once it is back', async () => {
    const root = newFolder()
    const store = fileStore(root)
    await store.swap('key', undefined, 'one')
    rmSync(root, { recursive: true })
    writeFileSync(root, '')
    expect(await failureOf(Promise.resolve(store.read('key')))).to.have.property(
      'message',
      `fileStore: ENOTDIR in ${root}`,
    )
    expect(await failureOf(Promise.resolve(store.swap('key', undefined, 'one')))).to.have.property(
      'message',
      `fileStore: ENOTDIR in ${root}`,
    )
    rmSync(root)
    mkdirSync(root)
    expect(await store.swap('key', undefined, 'one')).to.equal(true)
  })

  it('has a watch without effect where the system cannot watch, which can be stopped twice', () => {
    const root = newFolder()
    const store = fileStore(root)
    rmSync(root, { recursive: true })
    writeFileSync(root, '')
    const stop = store.watch?.('key', () => undefined)
    stop?.()
    stop?.()
  })

  it('shares a session: one login, one renewal, one logout', async () => {
    const root = newFolder()
    const members = membersOver(undefined)
    const [one, other] = [0, 1].map(() => members.consented({ store: fileStore(root), clock: systemClock })) as [
      TokenManager,
      TokenManager,
    ]
    await members.exchange(one)
    const token = await other.token()
    expect(token.accessToken).to.equal('AT-1')
    const renewed = await Promise.all([one.renew(token), other.renew(token)])
    expect(renewed.map(({ accessToken }) => accessToken)).to.deep.equal(['AT-2', 'AT-2'])
    expect(members.server.presented).to.deep.equal(['RT-1'])
    const told = new Promise<{ elsewhere?: boolean }>((resolve) => other.on('cleared', resolve))
    await one.clear()
    expect(await told).to.include({ elsewhere: true })
  })
})
