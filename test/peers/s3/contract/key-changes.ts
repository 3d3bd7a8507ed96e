import { setTimeout as delay } from 'node:timers/promises'
import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { describe, expect, test } from 'vitest'
import { s3ObjectStore } from '#adapters/aws/object-store.ts'
import type { ObjectStore } from '#core/ports.ts'
import { openKeyring, openRepository, shredRepository, viewKeys } from '#repository/index.ts'
import { grantRoles } from '#test/support/bucket-roles.ts'
import { withCreateOnly } from '#test/support/create-only.ts'
import { NEW, OLD } from '#test/support/repository/keys-world.ts'
import { newRepository } from '#test/support/repository/open.ts'
import type { RolesHost } from './roles.ts'

const BUCKET = 'key-changes'
const FIRST = '00000001.scrypt'
const SECONDS = 1000 // ms

/** Slots come and go in a bucket with versions and locks that somebody else wrote, by an agent that may not remove and one who may. */
export const testKeyChanges = (host: () => RolesHost) =>
  describe('keys in a locked bucket', () => {
    test('are changed by whoever may, when the locks allow, and shredded in all their versions', async () => {
      const { radosgw, connect } = host()
      const owner = withCreateOnly(connect())
      await owner.send(
        new CreateBucketCommand({ Bucket: BUCKET, ObjectLockEnabledForBucket: true }),
      )
      const place = { bucket: BUCKET, prefix: 'repo' }
      const agent = s3ObjectStore({
        client: withCreateOnly(connect(await radosgw.createUser('key-agent'))),
        ...place,
      })
      const store = s3ObjectStore({
        client: withCreateOnly(connect(await radosgw.createUser('key-maintenance'))),
        ...place,
      })
      await grantRoles(owner, BUCKET, { agent: 'key-agent', maintenance: 'key-maintenance' })
      const { repository, random, clock } = await newRepository(agent)
      const keyring = (on: ObjectStore, unlock = OLD) =>
        openKeyring({ store: on, unlock, clock, random })
      const open = (unlock: typeof OLD) => openRepository({ store, unlock, clock, random })
      const soon = () => Math.ceil(Date.now() / SECONDS) * SECONDS + 4 * SECONDS
      const until = soon()
      await agent.retain(`keys/${FIRST}`, until, 'governance')

      const second = await (await keyring(agent)).add({ ...NEW, scryptLogN: 10 })
      const ring = await keyring(agent, NEW)
      await expect(ring.retire(FIRST, agent)).rejects.toMatchObject({ code: 'STORE_DENIED' })
      // The decision stands: nobody decides it anew.
      await expect(ring.retire(FIRST, store)).rejects.toMatchObject({
        code: 'KEY_SLOT_LOCKED',
        until,
      })
      expect((await viewKeys(store)).slots[0]).toMatchObject({
        name: FIRST,
        state: 'retiring',
        lock: { mode: 'governance', until },
      })
      await delay(until + SECONDS - Date.now())
      await ring.retire(FIRST, store)
      expect(await Array.fromAsync(store.versions(`keys/${FIRST}`))).toEqual([])
      await expect(open(OLD)).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' })

      // Overwritten and hidden by somebody who may, the old version locked.
      const locked = soon()
      await store.retain(`keys/${second}`, locked, 'governance')
      const at = { Bucket: BUCKET, Key: `repo/keys/${second}` }
      await owner.send(new PutObjectCommand({ ...at, Body: 'junk' }))
      await owner.send(new DeleteObjectCommand(at))
      const shred = () => shredRepository({ store, clock, random, confirmed: repository.id })
      await expect(shred()).rejects.toMatchObject({ code: 'SHRED_LOCKED', until: locked })
      expect(await Array.fromAsync(store.versions('keys/'))).toHaveLength(5)
      await delay(locked + SECONDS - Date.now())
      expect(await shred()).toMatchObject({ versions: 5 })
      expect(await Array.fromAsync(store.versions('keys/'))).toEqual([])
      await expect(open(NEW)).rejects.toMatchObject({ code: 'REPOSITORY_SHREDDED' })
    }, 60_000)
  })
