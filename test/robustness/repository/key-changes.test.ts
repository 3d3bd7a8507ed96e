import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { faulty, type StoreFault } from '#adapters/wrap/faulty-object-store.ts'
import { StoreDeniedError, StoreUnavailableError } from '#core/errors/store.ts'
import { canonicalJson } from '#repository/format/canonical-json.ts'
import { viewKeys } from '#repository/keys/slots.ts'
import { chooser, Interleaver } from '#test/support/repository/interleaver.ts'
import {
  CHEAP,
  changePassphrase,
  keysWorld,
  NEW,
  OLD,
} from '#test/support/repository/keys-world.ts'
import { OTHER_VM, VM } from '#test/support/repository/open.ts'
import { seededRandom } from '#test/support/repository/seeded.ts'
import { bytesOf, flipBit } from '#test/support/repository/tamper.ts'

const DAY = 86_400_000 // ms
const FIRST = '00000001.scrypt'
const cut = () => new StoreUnavailableError('answer')

describe('a change of passphrase', () => {
  test('lets the new one in and the old one out, and the kit as before', async () => {
    const { store, keyring, refusal, slots, recoveryKit } = await keysWorld()
    await changePassphrase(keyring, store)
    expect(slots()).toEqual(['00000002.recovery', '00000003.scrypt'])
    expect(await refusal(NEW)).toBeUndefined()
    expect(await refusal(OLD)).toBe('WRONG_PASSPHRASE')
    expect(await refusal({ recoveryKey: recoveryKit.key })).toBeUndefined()
    expect([...(await Array.fromAsync(store.versions(`keys/${FIRST}`)))]).toEqual([])
  })

  /**
   * Motivation: the person's machine dies at any moment. Steps: the change is broken before, and after, each of its writes in turn; others
   * look; then the change is done again. Pass: at any moment the old passphrase, the new one, or both open; the repeated change
   * ends with the new one alone.
   */
  const steps: [string, StoreFault['on'], RegExp][] = [
    ['the new slot', 'put', /^keys\/\d/],
    ['the decision', 'put', /^keys\/retired\//],
    ['the removal', 'remove', /^keys\//],
  ]
  test.each(
    steps.flatMap(([name, on, key]) => [
      [`before ${name}`, on, key, 'instead'] as const,
      [`after ${name}`, on, key, 'lost'] as const,
    ]),
  )('cut short %s', async (_, on, key, when) => {
    const { store, keyring, refusal } = await keysWorld()
    const broken = faulty(store, [{ on, key, [when]: cut() }])
    await expect(changePassphrase(keyring, broken)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    })
    expect(broken.unused()).toEqual([])
    const refused = [await refusal(OLD), await refusal(NEW)]
    expect(refused).toContain(undefined)
    expect(refused.filter(Boolean)).toEqual(
      refused.includes('WRONG_PASSPHRASE') ? ['WRONG_PASSPHRASE'] : [],
    )

    if (refused[0] === undefined) await changePassphrase(keyring, store)
    expect([await refusal(OLD), await refusal(NEW)]).toEqual(['WRONG_PASSPHRASE', undefined])
  })

  test('the reply of the decision gets lost, and it is repeated by itself', async () => {
    const { store, keyring, refusal } = await keysWorld()
    const { put } = store
    const echo = Object.assign(faulty(store, []), {
      put: async (key: string, parts: readonly Uint8Array[]) => {
        await put(key, parts)
        await put(key, parts)
      },
    })
    await changePassphrase(keyring, echo)
    expect([await refusal(OLD), await refusal(NEW)]).toEqual(['WRONG_PASSPHRASE', undefined])
  })

  test('a slot that the store did not keep as it was put is noticed at once', async () => {
    const { store, keyring } = await keysWorld()
    const forgetful = faulty(store, [{ on: 'put', key: /^keys\/\d/, truncate: 100 }])
    const ring = await keyring(OLD, forgetful)
    await expect(ring.add({ ...NEW, ...CHEAP })).rejects.toMatchObject({ code: 'OBJECT_DAMAGED' })
  })
})

describe('retiring', () => {
  test('the last slot, or the one that the caller came by, is refused', async () => {
    const { store, keyring, refusal, slots } = await keysWorld()
    const ring = await keyring(OLD)
    await expect(ring.retire(FIRST, store)).rejects.toMatchObject({
      code: 'KEY_SLOT_IN_USE',
      message: `The key that you gave opens only the slot "${FIRST}", which is the one to be retired.`,
    })
    await ring.retire('00000002.recovery', store)
    await expect(ring.retire(FIRST, store)).rejects.toMatchObject({
      code: 'LAST_KEY_SLOT',
      message: `"${FIRST}" is the last key slot that opens the repository; it is not retired.`,
    })
    expect(slots()).toEqual([FIRST])
    expect(await refusal(OLD)).toBeUndefined()
  })

  test('what is damaged, foreign or unknown counts for nothing', async () => {
    const { store, keyring } = await keysWorld()
    const foreign = await keysWorld()
    await store.put('keys/00000005.scrypt', [bytesOf(foreign.store, `keys/${FIRST}`)])
    await store.put('keys/00000006.x25519', [Buffer.from('{}')])
    flipBit(store, 'keys/00000002.recovery', 40)
    const ring = await keyring(OLD)
    await expect(ring.retire(FIRST, store)).rejects.toMatchObject({ code: 'LAST_KEY_SLOT' })
    // They themselves can go.
    for (const slot of ['00000002.recovery', '00000005.scrypt', '00000006.x25519'])
      await ring.retire(slot, store)
    expect((await viewKeys(store)).slots.map(({ name }) => name)).toEqual([FIRST])
  })

  test('one of two slots with the same passphrase is possible', async () => {
    const { store, keyring, slots, refusal } = await keysWorld()
    const ring = await keyring(OLD)
    await ring.add({ ...OLD, slot: 'argon2id', ...CHEAP })
    await ring.retire(FIRST, store)
    expect(slots()).toEqual(['00000002.recovery', '00000003.argon2id'])
    expect(await refusal(OLD)).toBeUndefined()
  })

  test.each(['00000042.scrypt', '00000001.recovery', 'scrypt', '../repo/00000001', ''])(
    'no slot is called "%s"',
    async slot => {
      const { store, keyring } = await keysWorld()
      await expect((await keyring(OLD)).retire(slot, store)).rejects.toMatchObject({
        code: 'KEY_SLOT_NOT_FOUND',
        message: `The repository at memory: has no key slot "${slot}".`,
      })
    },
  )

  test('a number is never used again', async () => {
    const { store, keyring } = await keysWorld()
    const ring = await keyring(OLD)
    const slot = await ring.add({ ...NEW, ...CHEAP })
    await ring.retire(slot, store)
    expect(await ring.add({ ...NEW, ...CHEAP })).toBe('00000004.scrypt')
  })

  test('a slot of a stranger with the highest number is in nobody’s way', async () => {
    const { store, keyring, refusal } = await keysWorld()
    const junk = '99999999.scrypt'
    await store.put(`keys/${junk}`, [bytesOf(store, `keys/${FIRST}`)])
    const ring = await keyring(OLD)
    expect(await ring.add({ ...NEW, ...CHEAP })).toBe('00000003.scrypt')
    await ring.retire(junk, store)
    expect(await ring.add({ passphrase: 'a third one', ...CHEAP })).toBe('00000004.scrypt')
    expect(await refusal({ passphrase: 'a third one' })).toBeUndefined()
    expect((await viewKeys(store)).retired).toEqual([
      { slot: junk, keeps: FIRST, decided: Date.parse('2026-11-22T12:00:00Z') },
    ])
  })

  test('older versions and what hides them go too', async () => {
    const { store, keyring, recoveryKit } = await keysWorld()
    store.overwrite(`keys/${FIRST}`, Buffer.from('junk'))
    const ring = await keyring({ recoveryKey: recoveryKit.key })
    expect(await Array.fromAsync(store.versions(`keys/${FIRST}`))).toHaveLength(2)
    await ring.retire(FIRST, store)
    expect(await Array.fromAsync(store.versions(`keys/${FIRST}`))).toEqual([])
  })
})

describe('under Object Lock', () => {
  const lock = { mode: 'governance' as const, days: 14 }
  const backUp = async (
    world: Awaited<ReturnType<typeof keysWorld>>,
    repository: Awaited<ReturnType<Awaited<ReturnType<typeof keysWorld>>['open']>>,
    vmUuid = VM,
  ) => {
    const jobId = world.jobId()
    const writer = await repository.beginPoint({ jobId, vmUuid, lock })
    const size = 64 * 1024
    const disk = await writer.disk({ diskId: 'a', size, chunkSize: size, keep: false })
    await disk.write(0, Buffer.alloc(size, 1))
    await disk.finish()
    return writer.commit(null)
  }

  test('a retired slot is no longer extended, weakens no point, and goes when its lock ends', async () => {
    const world = await keysWorld()
    const { store, storeClock, keyring, open, refusal, clock } = world
    await backUp(world, await open(OLD))
    await (await keyring(OLD)).add({ ...NEW, ...CHEAP })
    const ring = await keyring(NEW)
    const locked = await store.retention(`keys/${FIRST}`)
    const until = new Date(locked?.until as number).toISOString()
    await expect(ring.retire(FIRST, store)).rejects.toMatchObject({
      code: 'KEY_SLOT_LOCKED',
      message: `The key slot "${FIRST}" is retired but not removed: the store locks it until ${until}, and until then its key opens the repository.`,
      until: locked?.until,
    })
    expect(await refusal(OLD)).toBeUndefined()
    expect((await viewKeys(store)).slots[0]).toMatchObject({ state: 'retiring', lock: locked })

    storeClock.time += 25 * DAY
    clock.time = storeClock.time
    const point = await backUp(world, await open(NEW), OTHER_VM)
    expect(await store.retention(`keys/${FIRST}`)).toEqual(locked)
    const repository = await open(NEW)
    expect((await repository.lockedUntil(point)).until).toBeGreaterThan(storeClock.time + 14 * DAY)

    storeClock.time = (locked?.until as number) + 1000
    await ring.retire(FIRST, store)
    expect(await refusal(OLD)).toBe('WRONG_PASSPHRASE')
  })

  test('a new slot and a new epoch are locked as the old ones, so that no point looks unlocked', async () => {
    const world = await keysWorld()
    const { store, keyring, open } = world
    const point = await backUp(world, await open(OLD))
    const repository = await open(OLD)
    const before = await repository.lockedUntil(point)
    expect(before.until).toBeDefined()
    const ring = await keyring(OLD)
    await ring.add({ ...NEW, ...CHEAP })
    await ring.rotate()
    const after = await repository.lockedUntil(point)
    expect([after.until, after.mode]).toEqual([before.until, before.mode])
    // Without the right to lock it is left to the next backup.
    const mayNot = faulty(store, [
      { on: 'retain', times: 9, instead: new StoreDeniedError('lock') },
    ])
    await (await keyring(OLD, mayNot)).add({ passphrase: 'a third one', ...CHEAP })
    expect((await repository.lockedUntil(point)).until).toBeUndefined()
    await backUp(world, await open(OLD), OTHER_VM)
    expect((await repository.lockedUntil(point)).until).toBe(before.until)
  })

  test('a lock that has ended is nobody’s model', async () => {
    const { store, storeClock, keyring } = await keysWorld()
    await store.retain(`keys/${FIRST}`, storeClock.time + DAY, 'governance')
    storeClock.time += 2 * DAY
    // As S3: a lock cannot be set to end in the past.
    const strict = faulty(store, [{ on: 'retain', instead: new Error('in the past') }])
    const slot = await (await keyring(OLD, strict)).add({ ...NEW, ...CHEAP })
    expect(await store.retention(`keys/${slot}`)).toBeUndefined()
  })

  test('a slot that goes while a backup looks at its lock does not end the backup', async () => {
    const world = await keysWorld()
    const { store, keyring, open } = world
    await (await keyring(OLD)).add({ ...NEW, ...CHEAP })
    const going = faulty(store, [
      {
        on: 'retention',
        key: /00000001\.scrypt$/,
        before: async () => (await keyring(NEW)).retire(FIRST, store),
      },
    ])
    await backUp(world, await open(NEW, going))
    expect(going.unused()).toEqual([])
  })

  test('a record that a stranger made retires nothing, and stops further retirements', async () => {
    const world = await keysWorld()
    const { store, storeClock, keyring, open, clock } = world
    await backUp(world, await open(OLD))
    const forged = {
      format: 'xenkeep-retired-slot',
      version: 1,
      repositoryId: world.repository.id,
      number: 1,
      slot: FIRST,
      keeps: '00000002.recovery',
      decided: '2026-11-22T12:00:00.000Z',
      mac: 'ab'.repeat(32),
    }
    await store.put('keys/retired/00000001', [Buffer.from(canonicalJson(forged))])
    const before = (await store.retention(`keys/${FIRST}`))?.until as number
    storeClock.time += 25 * DAY
    clock.time = storeClock.time
    await backUp(world, await open(OLD), OTHER_VM)
    expect((await store.retention(`keys/${FIRST}`))?.until).toBeGreaterThan(before)
    await expect((await keyring(OLD)).retire('00000002.recovery', store)).rejects.toMatchObject({
      code: 'OBJECT_NOT_AUTHENTIC',
      object: 'keys/retired/00000001',
    })
    const { findings } = await (await open(OLD)).check({ level: 1 })
    expect(findings).toMatchObject([
      { code: 'OBJECT_NOT_AUTHENTIC', object: 'keys/retired/00000001' },
    ])
  })
})

/**
 * Motivation: two administrators who do not know of each other. Steps: each has a passphrase of their own, adds and retires slots, among them
 * the other's, in any order of calls to the store; either may stand still, or never come back. Pass: somebody can always open.
 */
describe('two administrators at once', () => {
  const runBoth = async (seed: number) => {
    const world = await keysWorld()
    const { store, keyring, refusal } = world
    const first = await keyring(OLD)
    const second = await first.add({ ...NEW, ...CHEAP })
    await first.retire('00000002.recovery', store)
    const choose = chooser(seededRandom(seed))
    const interleaver = new Interleaver(choose, () => undefined)
    const outcomes: Record<string, string> = {}
    const admin = (name: string, unlock: { passphrase: string }, target: string) => async () => {
      const on = interleaver.store(store, name)
      const lockSupport = store.lockSupport
      try {
        const ring = await keyring(unlock, { ...on, lockSupport } as never)
        await ring.retire(target, on)
        outcomes[name] = 'done'
      } catch (error) {
        outcomes[name] = (error as { code: string }).code
      }
    }
    interleaver.start('one', admin('one', OLD, second))
    interleaver.start('two', admin('two', NEW, FIRST))
    await interleaver.run()
    const open = [await refusal(OLD), await refusal(NEW)].filter(code => code === undefined)
    return { open: open.length, outcomes, trace: interleaver.trace }
  }

  test('who retire each other’s slots never lock everybody out', async () => {
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 2 ** 31 }), async seed => {
        const { open, outcomes, trace } = await runBoth(seed)
        seen.add(`${outcomes.one} ${outcomes.two}`)
        if (open < 1) throw new Error(`nobody can open:\n${trace.join('\n')}`)
        expect(outcomes.one === 'done' && outcomes.two === 'done').toBe(false)
      }),
      { numRuns: 40, seed: 20261122 },
    )
    // Both orders came up, so the runs tell something.
    expect([...seen].some(both => both.startsWith('done'))).toBe(true)
    expect([...seen].some(both => both.endsWith('done'))).toBe(true)
  })

  test('who add slots both get one', async () => {
    const { keyring, refusal, slots } = await keysWorld()
    const [one, two] = await Promise.all([keyring(OLD), keyring(OLD)])
    const names = await Promise.all([
      one.add({ ...NEW, ...CHEAP }),
      two.add({ passphrase: 'of the second one', ...CHEAP }),
    ])
    expect(new Set(names).size).toBe(2)
    expect(slots()).toEqual(expect.arrayContaining(names))
    for (const unlock of [OLD, NEW, { passphrase: 'of the second one' }])
      expect(await refusal(unlock)).toBeUndefined()
  })

  test('who both change the passphrase both have theirs', async () => {
    const { store, keyring, refusal } = await keysWorld()
    const change = async (passphrase: string) => {
      const ring = await keyring(OLD)
      await ring.add({ passphrase, ...CHEAP })
      await (await keyring({ passphrase })).retire(ring.slot, store)
    }
    await Promise.all([change('of the first one'), change('of the second one')])
    expect(await refusal({ passphrase: 'of the first one' })).toBeUndefined()
    expect(await refusal({ passphrase: 'of the second one' })).toBeUndefined()
    expect(await refusal(OLD)).toBe('WRONG_PASSPHRASE')
  })
})
