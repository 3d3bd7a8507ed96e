import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { GuestAnswer, GuestCommand } from '#core/contracts/guest-api.ts'
import { FreezeSettings } from '#core/contracts/guest-settings.ts'
import { createHoldStill } from '#gateway-agent/guest/freeze/hold-still.ts'
import { notMountPoints } from '#gateway-agent/guest/freeze/mount-points.ts'
import { memoryLog } from '#test/support/patience.ts'

const [A, B] = ['6f1c1b5e-2a33-4a8a-9a0c-1f3f0b9f5d11', '0b7e3d1c-6a40-4e25-8f7d-7f9f1c2a3b44']
const SIGNAL = new AbortController().signal

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const machine = (more: object = {}) => {
  const did: string[] = []
  const faults: { recipe?: string; freeze?: string; thaw?: string; release?: string } = {}
  const allowed = FreezeSettings.parse({
    ...{ gateway: 'https://gateway:8721', fingerprint: 'a'.repeat(64), seconds: 5 },
    ...{ mounts: ['/srv', '/var/lib/db'], recipes: ['postgresql', 'files'], ...more },
  })
  const holdStill = createHoldStill({
    settings: async () => allowed,
    notMounted: async paths => paths.filter(path => path === '/gone'),
    freezer: {
      freeze: async ({ mounts, ms }) => {
        if (faults.freeze) throw new Error(faults.freeze)
        did.push(`freeze ${mounts.join(' ')} for ${ms}`)
        const until = performance.now() + ms
        return {
          leftMs: () => until - performance.now(),
          thaw: async () => {
            did.push('thaw')
            return faults.thaw
          },
        }
      },
    },
    work: {
      holdStill: async recipe => {
        if (faults.recipe === recipe) throw new Error(`${recipe} does not come to rest`)
        did.push(`hold ${recipe}`)
        return {
          release: async () => {
            did.push(`release ${recipe}`)
            return faults.release
          },
        }
      },
    },
    log: memoryLog(),
  })
  const ask = (command: GuestCommand): Promise<GuestAnswer> => holdStill.answer(command, SIGNAL)
  return {
    ...{ did, faults, close: holdStill.close },
    freeze: (lease = A, seconds = 30) => ask({ command: 'freeze', lease, seconds }),
    thaw: (lease = A) => ask({ command: 'thaw', lease }),
  }
}
const IN = ['hold postgresql', 'hold files', 'freeze /srv /var/lib/db for 5000']
const OUT = ['thaw', 'release files', 'release postgresql']

test('applications come to rest before file systems and go on after them, no longer than the settings allow', async () => {
  const { freeze, thaw, did } = machine()
  const frozen = { to: 'freeze', lease: A, frozen: true, seconds: 5, consistency: 'application' }
  expect(await freeze()).toEqual(frozen)
  expect(did).toEqual(IN)
  expect(await thaw()).toEqual({ to: 'thaw', lease: A, held: true })
  expect(did).toEqual([...IN, ...OUT])
})

test('without recipes it is the file systems that stand still, and no more is said', async () => {
  const { freeze } = machine({ recipes: [] })
  expect(await freeze()).toMatchObject({ consistency: 'file-system' })
})

test('without mount points it is the applications, and they go on when the time is over', async () => {
  const { freeze, thaw, did } = machine({ mounts: [] })
  expect(await freeze()).toMatchObject({ frozen: true, consistency: 'application', seconds: 5 })
  await vi.advanceTimersByTimeAsync(5_000)
  expect(did.slice(2)).toEqual(['release files', 'release postgresql'])
  expect(await thaw()).toMatchObject({ held: false })
})

test('a command that comes again is done once, and answered as the first time', async () => {
  const { freeze, thaw, did } = machine()
  const first = await freeze()
  expect(await freeze()).toEqual(first)
  const gone = await thaw()
  expect(await thaw()).toEqual(gone)
  expect(await freeze()).toEqual(first)
  expect(did).toEqual([...IN, ...OUT])
})

test('another freeze is refused while one lasts, and a lease that is not known was not held', async () => {
  const { freeze, thaw } = machine()
  await freeze()
  const why = 'another freeze lasts'
  expect(await freeze(B)).toEqual({ to: 'freeze', lease: B, frozen: false, why })
  expect(await thaw(B)).toMatchObject({ held: false })
  expect(await thaw(A)).toMatchObject({ held: true })
})

test('what does not come to rest is told, and what did is let go', async () => {
  const one = machine()
  one.faults.recipe = 'files'
  expect(await one.freeze()).toMatchObject({ frozen: false, why: 'files does not come to rest' })
  expect(one.did).toEqual(['hold postgresql', 'release postgresql'])
  const other = machine()
  other.faults.freeze = '/srv cannot be frozen (it is read-only)'
  expect(await other.freeze()).toMatchObject({ frozen: false, why: other.faults.freeze })
  expect(other.did.slice(2)).toEqual(['release files', 'release postgresql'])
  const third = machine({ mounts: ['/gone'] })
  expect(await third.freeze()).toMatchObject({
    why: 'its settings name /gone, which is no mount point now',
  })
  expect(third.did).toEqual([])
})

test('what did not hold, or could not be released, is told', async () => {
  const one = machine()
  await one.freeze()
  one.faults.thaw = 'something else thawed /srv'
  expect(await one.thaw()).toEqual({
    ...{ to: 'thaw', lease: A, held: false, why: 'something else thawed /srv' },
  })
  const other = machine()
  await other.freeze()
  other.faults.release = 'the server is gone'
  expect(await other.thaw()).toMatchObject({
    why: 'the recipe "files" could not be released: the server is gone',
  })
})

test('nobody lets it go: it goes on by itself, and says so when it is asked', async () => {
  const { freeze, thaw, did } = machine()
  await freeze()
  await vi.advanceTimersByTimeAsync(5_000)
  expect(did).toEqual([...IN, ...OUT])
  expect(await thaw()).toMatchObject({ held: false })
})

test('an agent that is stopped lets the machine go on first', async () => {
  const { freeze, close, did } = machine()
  await freeze()
  await close()
  expect(did).toEqual([...IN, ...OUT])
})

test('mount points are told from folders, with blanks in their names', async () => {
  const read = async () =>
    '36 35 98:0 / /srv rw - ext4 /dev/x rw\n37 35 98:1 / /my\\040disk rw - xfs /dev/y rw\n'
  expect(await notMountPoints(['/srv', '/my disk', '/srv/folder'], read)).toEqual(['/srv/folder'])
})
