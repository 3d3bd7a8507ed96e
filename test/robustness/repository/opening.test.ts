import { describe, expect, test } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { faulty } from '#adapters/wrap/faulty-object-store.ts'
import { retrying } from '#adapters/wrap/retrying.ts'
import { StoreUnavailableError } from '#core/errors/store.ts'
import { createRepository } from '#repository/create.ts'
import { deriveKeys } from '#repository/crypto/keys.ts'
import { openObject } from '#repository/crypto/sealed-object.ts'
import { unlockRoot } from '#repository/crypto/slots.ts'
import { bootstrapMacInput } from '#repository/format/bootstrap.ts'
import { canonicalJson } from '#repository/format/canonical-json.ts'
import { decodeCommit } from '#repository/format/commit.ts'
import { TYPE } from '#repository/format/kinds.ts'
import { openRepository } from '#repository/open.ts'
import type { OpenRequest } from '#repository/open-request.ts'
import {
  backUp,
  emptyStore,
  newRepository,
  PASSPHRASE,
  SMALL,
  VM,
} from '#test/support/repository/open.ts'
import { frozenClock, seededRandom } from '#test/support/repository/seeded.ts'
import { bytesOf, flipBit, replace } from '#test/support/repository/tamper.ts'

const prepared = async () => {
  const store = emptyStore()
  const { repository, recoveryKit, jobId } = await newRepository(store)
  await repository.close()
  const open = (unlock: OpenRequest['unlock']) =>
    openRepository({ store, unlock, clock: frozenClock(), random: seededRandom(9), tuning: SMALL })
  const rewrite = (key: string, change: (json: Record<string, unknown>) => unknown) => {
    const json = JSON.parse(Buffer.from(bytesOf(store, key)).toString())
    replace(store, key, Buffer.from(canonicalJson(change(json))))
  }
  return { store, repository, recoveryKit, jobId, open, rewrite }
}

test('a wrong passphrase is told in one sentence that holds no secret', async () => {
  const { open } = await prepared()
  const error = await open({ passphrase: 'hunter2' }).catch(caught => caught)
  expect(error).toMatchObject({
    code: 'WRONG_PASSPHRASE',
    message: 'The passphrase does not open the repository at memory:.',
    retryable: false,
  })
  expect(JSON.stringify(error) + error.message + error.advice).not.toContain('hunter2')
})

test('the passphrase is text, not bytes: composed and decomposed letters are the same', async () => {
  const store = emptyStore()
  const request = { store, clock: frozenClock(), random: seededRandom(4), scryptLogN: 10 }
  await createRepository({ ...request, passphrase: 'Gr\u00fc\u00dfe' })
  await openRepository({ ...request, unlock: { passphrase: 'Gru\u0308\u00dfe' } })
})

test('the recovery key opens without the passphrase; another one does not', async () => {
  const { open, recoveryKit, repository } = await prepared()
  expect((await open({ recoveryKey: recoveryKit.key.toLowerCase() })).id).toBe(repository.id)
  const other = await prepared()
  await expect(open({ recoveryKey: other.recoveryKit.key })).rejects.toMatchObject({
    code: 'WRONG_RECOVERY_KEY',
  })
  await expect(open({ recoveryKey: '0000' })).rejects.toMatchObject({
    code: 'RECOVERY_KEY_MISTYPED',
  })
})

test('what is stored opens with the root key of the slot, and with no other', async () => {
  const { store, jobId, open } = await prepared()
  const repository = await open({ passphrase: PASSPHRASE })
  const image = Buffer.alloc(64 * 1024, 7)
  const { point } = await backUp(repository, { jobId: jobId(), disks: [{ diskId: 'a', image }] })
  const root = await unlockRoot(store, repository.id, { passphrase: PASSPHRASE })
  const id = Buffer.from(repository.id, 'hex')
  const openWith = (rootKey: Uint8Array) =>
    openObject(
      deriveKeys(rootKey, id),
      { key: point.key, type: TYPE.commit },
      bytesOf(store, point.key),
      decodeCommit,
    )
  expect(await openWith(root)).toMatchObject({ point: point.id })
  for (const wrong of [Buffer.alloc(32), Buffer.from(root).fill(0, 31)])
    await expect(openWith(wrong)).rejects.toMatchObject({ code: 'OBJECT_NOT_AUTHENTIC' })
})

test('an empty prefix is no repository, a used one gets no second', async () => {
  const store = emptyStore()
  const request = { store, clock: frozenClock(), random: seededRandom(1), scryptLogN: 10 }
  await expect(
    openRepository({ ...request, unlock: { passphrase: PASSPHRASE } }),
  ).rejects.toMatchObject({
    code: 'NOT_A_REPOSITORY',
    message: 'There is no XenKeep repository at memory:.',
  })
  await expect(createRepository({ ...request, passphrase: '' })).rejects.toMatchObject({
    code: 'PASSPHRASE_EMPTY',
  })
  await createRepository({ ...request, passphrase: PASSPHRASE })
  await expect(createRepository({ ...request, passphrase: PASSPHRASE })).rejects.toMatchObject({
    code: 'REPOSITORY_EXISTS',
  })
  store.objects.delete('repo/00000001')
  await store.put('holiday.jpg', [Buffer.from('x')])
  await expect(createRepository({ ...request, passphrase: PASSPHRASE })).rejects.toMatchObject({
    code: 'PREFIX_NOT_EMPTY',
    message: 'memory: is not empty: it holds "holiday.jpg".',
  })
})

describe('a newer repository', () => {
  test.each([
    ['its format', { formatVersion: 2 }, 'it has format version 2, this one reads 1'],
    [
      'an incompatible feature',
      { features: { compatible: [], incompatible: ['blake3-ids'], readOnlyCompatible: [] } },
      'it uses blake3-ids',
    ],
  ])('%s is refused by name', async (_, changes, because) => {
    const { open, rewrite } = await prepared()
    rewrite('repo/00000001', json => ({ ...json, ...changes }))
    await expect(open({ passphrase: PASSPHRASE })).rejects.toMatchObject({
      code: 'REPOSITORY_NEWER',
      message: `The repository at memory: needs a newer XenKeep: ${because}.`,
    })
  })

  test('the highest bootstrap rules', async () => {
    const { open, store } = await prepared()
    replace(
      store,
      'repo/00000002',
      Buffer.from('{"format":"xenkeep-repository","formatVersion":7}'),
    )
    await expect(open({ passphrase: PASSPHRASE })).rejects.toMatchObject({
      code: 'REPOSITORY_NEWER',
    })
  })

  test('with features that allow reading, it is read and not written', async () => {
    // A bootstrap with such a feature and a right MAC, as a newer version would write it.
    const store = emptyStore()
    const { repository, jobId } = await withFeatures(store, {
      compatible: ['hints'],
      incompatible: [],
      readOnlyCompatible: ['moved-twice'],
    })
    expect(repository.readOnlyBecause).toBe('it uses moved-twice')
    expect(await Array.fromAsync(repository.points())).toEqual([])
    for (const write of [
      repository.beginPoint({ jobId: jobId(), vmUuid: VM }),
      repository.rebuildIndex(),
    ])
      await expect(write).rejects.toMatchObject({
        code: 'REPOSITORY_READ_ONLY',
        message: 'The repository at memory: can only be read by this version: it uses moved-twice.',
      })
  })
})

const withFeatures = async (
  store: ReturnType<typeof emptyStore>,
  features: { compatible: string[]; incompatible: string[]; readOnlyCompatible: string[] },
) => {
  const { jobId, repository: first } = await newRepository(store)
  await first.close()
  const root = await unlockRoot(store, first.id, { passphrase: PASSPHRASE })
  const old = JSON.parse(Buffer.from(bytesOf(store, 'repo/00000001')).toString())
  const next = { ...old, features }
  const mac = deriveKeys(root, Buffer.from(first.id, 'hex')).bootstrapMac(bootstrapMacInput(next))
  replace(store, 'repo/00000002', Buffer.from(canonicalJson({ ...next, mac })))
  const repository = await openRepository({
    store,
    unlock: { passphrase: PASSPHRASE },
    clock: frozenClock(),
    random: seededRandom(9),
  })
  return { repository, jobId }
}

describe('a bootstrap or slot that was changed', () => {
  test('another creation time is noticed', async () => {
    const { open, rewrite } = await prepared()
    rewrite('repo/00000001', json => ({ ...json, created: '2020-01-01T00:00:00.000Z' }))
    await expect(open({ passphrase: PASSPHRASE })).rejects.toMatchObject({
      code: 'OBJECT_NOT_AUTHENTIC',
      object: 'repo/00000001',
    })
  })

  test('every flipped bit of the bootstrap is noticed', async () => {
    const { store, open, rewrite } = await prepared()
    rewrite('repo/00000001', json => json)
    const whole = bytesOf(store, 'repo/00000001')
    for (let at = 0; at < whole.length; at += 3) {
      flipBit(store, 'repo/00000001', at, at % 7)
      await expect(open({ passphrase: PASSPHRASE })).rejects.toMatchObject({
        code: expect.stringMatching(
          /^(OBJECT_DAMAGED|OBJECT_NOT_AUTHENTIC|REPOSITORY_NEWER|NO_KEY_SLOT)$/,
        ),
      })
      replace(store, 'repo/00000001', whole)
    }
  })

  test('a damaged slot is not taken for a wrong passphrase', async () => {
    const { store, open, recoveryKit } = await prepared()
    const slot = bytesOf(store, 'keys/00000001.scrypt')
    for (let at = 0; at < slot.length; at += 5) {
      flipBit(store, 'keys/00000001.scrypt', at, at % 7)
      await expect(open({ passphrase: PASSPHRASE })).rejects.toMatchObject({
        code: 'OBJECT_DAMAGED',
        object: 'keys/00000001.scrypt',
      })
      replace(store, 'keys/00000001.scrypt', slot)
    }
    flipBit(store, 'keys/00000001.scrypt', 10)
    await open({ recoveryKey: recoveryKit.key })
  })

  test('destroying the slots shreds the repository', async () => {
    const { store, open, recoveryKit } = await prepared()
    store.objects.delete('keys/00000001.scrypt')
    store.objects.delete('keys/00000002.recovery')
    for (const unlock of [{ passphrase: PASSPHRASE }, { recoveryKey: recoveryKit.key }])
      await expect(open(unlock)).rejects.toMatchObject({
        code: 'REPOSITORY_SHREDDED',
        message:
          'The repository at memory: has no key slot left: its contents are shredded, and no passphrase or key opens it.',
      })
  })
})

test.each(['instead', 'lost'])(
  'a request that fails for a moment (%s) is not taken for a store that overwrites',
  async when => {
    const away = new StoreUnavailableError('answer')
    const broken = faulty(emptyStore(), [{ on: 'put', key: /^keys\//, skip: 1, [when]: away }])
    const store = retrying(broken, { sleep: async () => {} })
    const { repository, reopen } = await newRepository(store)
    expect(broken.unused()).toEqual([])
    expect((await reopen()).id).toBe(repository.id)
  },
)

test('a store that overwrites what exists is refused, and nothing there is a repository', async () => {
  const store = memoryObjectStore({ ignoresConditions: true })
  await expect(newRepository(store)).rejects.toMatchObject({
    code: 'STORE_UNSUITABLE',
    message:
      'memory: cannot hold a repository: it overwrites an object that exists, although told not to (If-None-Match).',
    retryable: false,
  })
  expect([...store.objects.keys()]).toEqual(['keys/00000001.scrypt'])
})
