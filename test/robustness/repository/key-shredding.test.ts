import { expect, test } from 'vitest'
import { memoryKeyService } from '#adapters/memory/key-service.ts'
import { faulty } from '#adapters/wrap/faulty-object-store.ts'
import { StoreUnavailableError } from '#core/errors/store.ts'
import type { MaintenanceStore } from '#core/ports.ts'
import { shredRepository } from '#repository/keys/shred.ts'
import { viewKeys } from '#repository/keys/slots.ts'
import { CHEAP, keysWorld, NEW, OLD } from '#test/support/repository/keys-world.ts'
import { backUp, VM } from '#test/support/repository/open.ts'
import { frozenClock, seededRandom } from '#test/support/repository/seeded.ts'
import { keysOf } from '#test/support/repository/tamper.ts'

const image = Buffer.alloc(64 * 1024, 7)
const shred = (store: MaintenanceStore, confirmed: string) =>
  shredRepository({ store, confirmed, clock: frozenClock(), random: seededRandom(3) })

/** With every kind of slot, an older version and a hidden one of them, and a point. */
const prepared = async () => {
  const world = await keysWorld()
  const { store, keyring, open, jobId } = world
  const kms = memoryKeyService()
  const key = kms.createKey()
  const ring = await keyring(OLD)
  await ring.add({ ...NEW, slot: 'argon2id', ...CHEAP })
  await ring.add({ kms, key })
  await ring.retire('00000002.recovery', store)
  store.overwrite('keys/00000003.argon2id', Buffer.from('{}'))
  store.hide('keys/00000001.scrypt')
  const agent = await open({ kms, key })
  await backUp(agent, { jobId: jobId(), disks: [{ diskId: 'a', image }] })
  return { ...world, kms, key, agent, id: world.repository.id }
}

test('nothing of any slot is left, in no version, and nobody gets in', async () => {
  const { store, id, kms, key, open, keyring, recoveryKit } = await prepared()
  const others = [...store.objects.keys()].filter(name => !name.startsWith('keys/'))
  expect(await shred(store, id)).toEqual({
    repositoryId: id,
    slots: ['00000001.scrypt', '00000003.argon2id', '00000004.kms'],
    versions: 6,
    kmsKeys: [key],
  })
  expect(await Array.fromAsync(store.versions('keys/'))).toEqual([])
  expect([...store.objects.keys()]).toEqual(others)
  const shredded = {
    code: 'REPOSITORY_SHREDDED',
    message:
      'The repository at memory: has no key slot left: its contents are shredded, and no passphrase or key opens it.',
    retryable: false,
  }
  for (const unlock of [OLD, NEW, { kms, key }, { kms }, { recoveryKey: recoveryKit.key }]) {
    await expect(open(unlock)).rejects.toMatchObject(shredded)
    await expect(keyring(unlock)).rejects.toMatchObject(shredded)
  }
  expect((await viewKeys(store)).slots).toEqual([])
  // Again: there is nothing to do.
  expect(await shred(store, id)).toEqual({ repositoryId: id, slots: [], versions: 0, kmsKeys: [] })
})

test('an agent that has the keys in memory makes no backups that nobody could read', async () => {
  const { store, id, agent, jobId } = await prepared()
  await shred(store, id)
  await expect(agent.beginPoint({ jobId: jobId(), vmUuid: VM })).rejects.toMatchObject({
    code: 'REPOSITORY_SHREDDED',
  })
})

test('a keyring that was open adds no slot afterwards', async () => {
  const { store, id, kms, key, keyring } = await prepared()
  const open = await keyring({ kms, key })
  await shred(store, id)
  await expect(open.add({ ...NEW, ...CHEAP })).rejects.toMatchObject({
    code: 'REPOSITORY_SHREDDED',
  })
  expect(keysOf(store, 'keys/')).toEqual([])
})

test.each(['', 'yes', 'AB'.repeat(16), 'ab'.repeat(16)])(
  'is not done for "%s"',
  async confirmed => {
    const { store, refusal } = await keysWorld()
    await expect(shred(store, confirmed)).rejects.toMatchObject({
      code: 'SHRED_NOT_CONFIRMED',
      message: `"${confirmed}" is not the id of the repository at memory:; nothing was destroyed.`,
    })
    expect(await refusal(OLD)).toBeUndefined()
  },
)

test('is refused as a whole while one version of one slot is locked', async () => {
  const { store, storeClock, repository, refusal } = await keysWorld()
  const until = storeClock.time + 10 * 86_400_000
  await store.retain('keys/00000002.recovery', until, 'compliance')
  store.hide('keys/00000002.recovery')
  await expect(shred(store, repository.id)).rejects.toMatchObject({
    code: 'SHRED_LOCKED',
    message: `The repository at memory: cannot be shredded before ${new Date(until).toISOString()}: until then the store locks keys/00000002.recovery. Nothing was destroyed.`,
    until,
  })
  expect(await refusal(OLD)).toBeUndefined()
  storeClock.time = until + 1
  await shred(store, repository.id)
  expect(await refusal(OLD)).toBe('REPOSITORY_SHREDDED')
})

test.each([0, 1, 2, 3, 4, 5])(
  'cut short after %i removals, is ended by the next try',
  async skip => {
    const { store, id, refusal } = await prepared()
    const cut = new StoreUnavailableError('answer')
    const broken = faulty(store, [{ on: 'remove', skip, instead: cut }])
    await expect(shred(broken, id)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await shred(store, id)
    expect(await refusal(OLD)).toBe('REPOSITORY_SHREDDED')
    expect(await Array.fromAsync(store.versions('keys/'))).toEqual([])
  },
)

test('a slot that is added meanwhile goes too', async () => {
  const { store, repository, keyring, refusal } = await keysWorld()
  const ring = await keyring(OLD)
  const busy = faulty(store, [{ on: 'remove', before: () => ring.add({ ...NEW, ...CHEAP }) }])
  const { slots } = await shred(busy, repository.id)
  expect(slots).toContain('00000003.scrypt')
  expect(await refusal(NEW)).toBe('REPOSITORY_SHREDDED')
})
