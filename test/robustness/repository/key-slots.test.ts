import { describe, expect, test } from 'vitest'
import { memoryKeyService } from '#adapters/memory/key-service.ts'
import { faulty } from '#adapters/wrap/faulty-object-store.ts'
import { createRepository } from '#repository/create.ts'
import { deriveKeys } from '#repository/crypto/keys.ts'
import { wrapRoot } from '#repository/crypto/slot.ts'
import { bootstrapMacInput } from '#repository/format/bootstrap.ts'
import { crc32 } from '#repository/format/bytes.ts'
import { canonicalJson } from '#repository/format/canonical-json.ts'
import { prepareSlot, putSlot } from '#repository/keys/new-slot.ts'
import { viewKeys } from '#repository/keys/slots.ts'
import { openRepository } from '#repository/open.ts'
import { CHEAP, keysWorld, NEW, OLD } from '#test/support/repository/keys-world.ts'
import { backUp, emptyStore, readAll, VM } from '#test/support/repository/open.ts'
import { frozenClock, seededRandom } from '#test/support/repository/seeded.ts'
import { bytesOf, flipBit, replace } from '#test/support/repository/tamper.ts'

const image = Buffer.alloc(64 * 1024, 7)

/** A slot object with a right checksum, as a newer version or a stranger could put it there. */
const forged = (members: Record<string, unknown>): Buffer => {
  const checksum = crc32(Buffer.from(canonicalJson(members)))
    .toString(16)
    .padStart(8, '0')
  return Buffer.from(canonicalJson({ ...members, crc32: checksum }))
}

describe('a repository made with', () => {
  test.each(['scrypt', 'argon2id'] as const)('%s opens by its passphrase', async slot => {
    const store = emptyStore()
    const common = { store, clock: frozenClock(), random: seededRandom(1) }
    const wish = { passphrase: 'Gr\u00fc\u00dfe an alle', slot, ...CHEAP }
    const { repository } = await createRepository({ ...common, ...wish })
    expect([...store.objects.keys()]).toContain(`keys/00000001.${slot}`)
    const unlock = { passphrase: 'Gru\u0308\u00dfe an alle' }
    expect((await openRepository({ ...common, unlock })).id).toBe(repository.id)
    await expect(
      openRepository({ ...common, unlock: { passphrase: 'Grusse' } }),
    ).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' })
  })

  test('a key of a key service opens by it, writes, and has its kit', async () => {
    const store = emptyStore()
    const kms = memoryKeyService()
    const key = kms.createKey('alias/backup')
    const common = { store, clock: frozenClock(), random: seededRandom(1) }
    const made = await createRepository({ ...common, kms, key: 'alias/backup' })
    const kit = { recoveryKey: made.recoveryKit.key }
    for (const unlock of [{ kms, key }, { kms, key: 'alias/backup' }, kit]) {
      const repository = await openRepository({ ...common, unlock })
      expect(repository.readOnlyBecause).toBeUndefined()
      await repository.close()
    }
    expect(Buffer.from(bytesOf(store, 'keys/00000001.kms')).toString()).toContain(key)
    // Whoever opens has to know which key is theirs.
    expect(made.recoveryKit.text).toContain(`\nKMS key     ${key}\n`)
  })

  test('nothing is made when the key service refuses', async () => {
    const store = emptyStore()
    const kms = memoryKeyService()
    const key = kms.createKey()
    kms.setState(key, 'denied')
    const request = { store, clock: frozenClock(), random: seededRandom(1), kms, key }
    await expect(createRepository(request)).rejects.toMatchObject({ code: 'KMS_DENIED' })
    expect([...store.objects.keys()]).toEqual([])
  })
})

describe('several slots', () => {
  test('any of them opens by its own passphrase', async () => {
    const { keyring, refusal } = await keysWorld()
    const ring = await keyring(OLD)
    expect(await ring.add({ ...NEW, slot: 'argon2id', ...CHEAP })).toBe('00000003.argon2id')
    expect(await ring.add({ passphrase: 'a third one', ...CHEAP })).toBe('00000004.scrypt')
    for (const unlock of [OLD, NEW, { passphrase: 'a third one' }])
      expect(await refusal(unlock)).toBeUndefined()
    expect(await refusal({ passphrase: 'a fourth one' })).toBe('WRONG_PASSPHRASE')
  })

  test('the oldest is tried first, whatever its number says; a retired one last', async () => {
    const { store, storeClock, keyring, refusal } = await keysWorld()
    const read: string[] = []
    const noting = faulty(store, [
      {
        on: 'get',
        key: /^keys\/\d/,
        times: 100,
        after: () => undefined,
      },
    ])
    const { get } = noting
    noting.get = (key, range) => {
      if (/^keys\/\d/.test(key)) read.push(key.slice(5))
      return get(key, range)
    }
    storeClock.time += 1000
    const ring = await keyring(OLD)
    await ring.add({ ...NEW, ...CHEAP })
    // A stranger's, below all others, costs the owner nothing.
    storeClock.time += 1000
    await store.put('keys/00000000.scrypt', [bytesOf(store, 'keys/00000003.scrypt')])
    await refusal(OLD, noting)
    expect(read).toEqual(['00000001.scrypt'])
    read.length = 0
    await store.retain('keys/00000001.scrypt', storeClock.time + 1000, 'governance')
    await expect((await keyring(NEW)).retire('00000001.scrypt', store)).rejects.toMatchObject({
      code: 'KEY_SLOT_LOCKED',
    })
    await refusal(NEW, noting)
    expect(read).toEqual(['00000003.scrypt'])
    read.length = 0
    await refusal(OLD, noting)
    expect(read.at(-1)).toBe('00000001.scrypt')
  })

  test('slots of unknown kinds and versions are passed over, and listed', async () => {
    const { store, refusal, repository } = await keysWorld()
    const common = { repositoryId: repository.id, wrapped: 'AAAA' }
    await store.put('keys/00000000.x25519', [
      forged({ slot: 'x25519', version: 1, ...common, recipient: 'ab' }),
    ])
    await store.put('keys/00000009.scrypt', [forged({ slot: 'scrypt', version: 2, ...common })])
    expect(await refusal(OLD)).toBeUndefined()
    expect(await refusal(NEW)).toBe('WRONG_PASSPHRASE')
    const { slots } = await viewKeys(store)
    expect(slots.map(({ name, state }) => [name, state])).toEqual([
      ['00000000.x25519', 'unknown'],
      ['00000001.scrypt', 'living'],
      ['00000002.recovery', 'living'],
      ['00000009.scrypt', 'unknown'],
    ])
  })

  test('damage, and a passphrase that is wrong for the rest, are both told', async () => {
    const { store, keyring, refusal, open } = await keysWorld()
    await (await keyring(OLD)).add({ ...NEW, ...CHEAP })
    flipBit(store, 'keys/00000001.scrypt', 120)
    expect(await refusal(NEW)).toBeUndefined()
    await expect(open(OLD)).rejects.toMatchObject({
      code: 'OBJECT_DAMAGED',
      message:
        'The object "keys/00000001.scrypt" is damaged: the checksum of the key slot is wrong; the other slot is whole and does not open with what was given.',
    })
    expect((await viewKeys(store)).slots[0]).toMatchObject({ state: 'damaged', parameters: {} })
  })

  test('one without its kind is told by kind', async () => {
    const { open } = await keysWorld()
    await expect(open({ kms: memoryKeyService(), key: 'k' })).rejects.toMatchObject({
      code: 'NO_KEY_SLOT',
      message: 'The repository at memory: has no key slot of the kind "kms".',
    })
  })
})

describe('a hostile slot cannot take all memory or time', () => {
  const salt = '5a'.repeat(32)
  const wrapped = Buffer.alloc(48).toString('base64')
  test.each<[string, string, Record<string, unknown>]>([
    ['4 GiB for scrypt', 'scrypt', { logN: 22, r: 8, p: 1, salt }],
    ['scrypt with p = 1000', 'scrypt', { logN: 17, r: 8, p: 1000, salt }],
    ['4 GiB for argon2id', 'argon2id', { memoryKiB: 2 ** 22, passes: 1, lanes: 1, salt }],
    ['a million passes', 'argon2id', { memoryKiB: 64, passes: 1e6, lanes: 1, salt }],
    ['1 GiB in 16 passes', 'argon2id', { memoryKiB: 2 ** 20, passes: 16, lanes: 4, salt }],
    ['less memory than RFC 9106 allows', 'argon2id', { memoryKiB: 8, passes: 1, lanes: 2, salt }],
    ['an endless ciphertext', 'kms', { key: 'k', encryptedKey: 'AAAA'.repeat(5000) }],
  ])('%s', async (_, slot, members) => {
    const { store, repository, refusal } = await keysWorld()
    const common = { slot, version: 1, repositoryId: repository.id, wrapped }
    await store.put(`keys/00000000.${slot}`, [forged({ ...common, ...members })])
    const begun = performance.now()
    const unlock = slot === 'kms' ? { kms: memoryKeyService(), key: 'k' } : NEW
    expect(await refusal(unlock)).toBe('OBJECT_DAMAGED')
    if (slot !== 'kms') expect(await refusal(OLD)).toBeUndefined()
    expect(performance.now() - begun).toBeLessThan(2000)
  })
})

describe('a key of a key service', () => {
  const prepared = async () => {
    const world = await keysWorld()
    const kms = memoryKeyService()
    const key = kms.createKey()
    await (await world.keyring(OLD)).add({ kms, key })
    return { ...world, kms, key }
  }

  test('that has no slot is not even asked', async () => {
    const { kms, open } = await prepared()
    const other = kms.createKey()
    const asked = kms.decrypted()
    await expect(open({ kms, key: other })).rejects.toMatchObject({
      code: 'WRONG_KMS_KEY',
      message: `The key "${other}" opens no slot of the repository at memory:.`,
    })
    expect(kms.decrypted()).toBe(asked)
  })

  test.each([
    ['disabled', 'KMS_KEY_DISABLED'],
    ['pending deletion', 'KMS_KEY_PENDING_DELETION'],
    ['denied', 'KMS_DENIED'],
    ['throttled', 'KMS_THROTTLED'],
  ] as const)('that is %s is told so; another slot opens', async (state, code) => {
    const { kms, key, refusal, keyring } = await prepared()
    kms.setState(key, state)
    expect(await refusal({ kms, key })).toBe(code)
    expect(await refusal(OLD)).toBeUndefined()
    const second = kms.createKey()
    await (await keyring(OLD)).add({ kms, key: second })
    expect(await refusal({ kms, key: second })).toBeUndefined()
    expect(await refusal({ kms })).toBeUndefined()
  })

  test('may be the replica of a multi-region key in another region', async () => {
    const { store, repository, keyring, open } = await keysWorld()
    const arn = (region: string) => `arn:aws:kms:${region}:111122223333:key/mrk-1234`
    const secrets = new Map<string, Uint8Array>()
    const kms = {
      encrypt: async (key: string, plaintext: Uint8Array) => {
        secrets.set('mrk-1234', plaintext)
        return { key, ciphertext: Buffer.from('mrk-1234') }
      },
      decrypt: async (key: string, ciphertext: Uint8Array) => {
        if (key !== arn('eu-west-1') && key !== arn('eu-central-1')) throw new Error(key)
        return secrets.get(Buffer.from(ciphertext).toString()) as Uint8Array
      },
    }
    await (await keyring(OLD)).add({ kms, key: arn('eu-central-1') })
    const standby = await open({ kms, key: arn('eu-west-1') }, store)
    expect(standby.id).toBe(repository.id)
  })

  test('that only the slot names opens for reading, not for writing', async () => {
    const { kms, key, open, keyring, jobId } = await prepared()
    const writable = await open({ kms, key })
    const job = jobId()
    await backUp(writable, { jobId: job, disks: [{ diskId: 'a', image }] })
    const readable = await open({ kms })
    const point = await readable.latestPoint(VM)
    expect((await readAll(readable.readDisk(point as never, 'a'))).equals(image)).toBe(true)
    expect(readable.readOnlyBecause).toBe('it was opened with the key that its own slot names')
    const refused = {
      code: 'KMS_KEY_UNNAMED',
      message: expect.stringContaining('so it can only be read'),
    }
    await expect(readable.beginPoint({ jobId: jobId(), vmUuid: VM })).rejects.toMatchObject(refused)
    await expect(keyring({ kms })).rejects.toMatchObject(refused)
  })

  /** Whoever may write to the store makes the repository theirs: a root key, a slot and a bootstrap of their own. */
  test('of a stranger does not get backups, when the right key is named', async () => {
    const { store, repository, kms, key, refusal, open, jobId, randomOf } = await prepared()
    const theirs = kms.createKey()
    const root = Buffer.alloc(32, 1)
    const slot = await prepareSlot(randomOf(), repository.id, { kms, key: theirs })
    await putSlot(store, 9, slot, root)
    const old = JSON.parse(Buffer.from(bytesOf(store, 'repo/00000001')).toString())
    const keys = deriveKeys(root, Buffer.from(repository.id, 'hex'))
    const mac = keys.bootstrapMac(bootstrapMacInput(old))
    await store.put('repo/00000002', [Buffer.from(canonicalJson({ ...old, mac }))])
    expect(await refusal({ kms, key })).toBe('OBJECT_NOT_AUTHENTIC')
    replace(store, 'keys/00000003.kms', bytesOf(store, 'keys/00000009.kms'))
    expect(await refusal({ kms, key })).toBe('WRONG_KMS_KEY')
    // Without a name their slot opens, and nothing can be written.
    const taken = await open({ kms })
    await expect(taken.beginPoint({ jobId: jobId(), vmUuid: VM })).rejects.toMatchObject({
      code: 'KMS_KEY_UNNAMED',
    })
  })
})

test('an object larger than any slot, bootstrap or decision is not read into memory', async () => {
  const { store, refusal } = await keysWorld()
  const huge = Buffer.alloc(65_537, ' ')
  const read: unknown[] = []
  const { get } = store
  store.get = (key, range) => {
    if (!/^(keys|repo)\//.test(key)) return get(key, range)
    read.push(range)
    return get(key, range)
  }
  await store.put('keys/00000000.scrypt', [huge])
  await store.put('keys/retired/00000001', [huge])
  expect(await refusal(OLD)).toBeUndefined()
  expect(await refusal(NEW)).toBe('OBJECT_DAMAGED')
  await store.put('repo/00000002', [huge])
  expect(await refusal(OLD)).toBe('OBJECT_DAMAGED')
  expect(new Set(read.map(range => (range as { length: number }).length))).toEqual(
    new Set([65_537]),
  )
})

test('a slot that is retired between listing and reading hinders nobody', async () => {
  const { store, keyring, refusal } = await keysWorld()
  await (await keyring(OLD)).add({ ...NEW, ...CHEAP })
  const going = faulty(store, [
    {
      on: 'get',
      key: /00000001\.scrypt$/,
      before: async () => (await keyring(NEW)).retire('00000001.scrypt', store),
    },
  ])
  expect(await refusal(NEW, going)).toBeUndefined()
  expect(going.unused()).toEqual([])
})

test('a root key that is not the bootstrap’s opens nothing', async () => {
  const { store, repository, refusal, randomOf } = await keysWorld()
  const { parameters, wrappingKey } = await prepareSlot(randomOf(), repository.id, {
    ...NEW,
    ...CHEAP,
  })
  await store.put('keys/00000007.scrypt', [wrapRoot(parameters, wrappingKey, Buffer.alloc(32, 9))])
  expect(await refusal(NEW)).toBe('OBJECT_NOT_AUTHENTIC')
})
