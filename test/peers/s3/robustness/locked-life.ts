import {
  CreateBucketCommand,
  DeleteObjectCommand,
  PutObjectRetentionCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { s3ObjectStore } from '#adapters/aws/object-store.ts'
import { retrying } from '#adapters/wrap/retrying.ts'
import { newUlid } from '#repository/format/ulid.ts'
import type { LockPolicy } from '#repository/lock/generation.ts'
import { openRepository } from '#repository/open.ts'
import { grantRoles } from '#test/support/bucket-roles.ts'
import { withCreateOnly } from '#test/support/create-only.ts'
import { refusedCalls } from '#test/support/refused-calls.ts'
import { agentOnPool } from '#test/support/repository/agent-on-pool.ts'
import { newRepository, PASSPHRASE, readAll } from '#test/support/repository/open.ts'
import { seededRandom } from '#test/support/repository/seeded.ts'
import { DAY, shortDays } from '#test/support/short-days.ts'
import type { S3Host } from './s3-host.ts'

const MiB = 1024 * 1024
const BUCKET = 'locked-life'
const PREFIX = 'repo'
const LOCK: LockPolicy = { mode: 'governance', days: 1 } // lasts 11 to 21 days, in generations of 10
const SHORTEST_DAY = 350 // ms
const LONGEST_DAY = 1000 // ms

/**
 * Motivation: the promise of Object Lock is kept by the store, not by us, and we must never ask it for what it would refuse: a gateway
 * whose calls are refused is a broken gateway, or a stolen one, and nobody could tell.
 *
 * Steps: the gateway's own jobs back up three VMs of a simulated pool as the agent's user, whom a bucket policy forbids to remove and to
 * bypass; a day lasts a third of a second (longer where the machine is busy), so that locks of eleven days end while we watch. Locks are read back from the bucket; somebody
 * with the agent's keys tries everything; old points are deleted when their time has come, and collected. The agent's clock is a day ahead, that of
 * maintenance a day behind.
 *
 * Pass: nobody of ours was ever refused anything; nothing went before its time; what is left is restored byte for byte, onto the pool and from
 * the repository; no key has two versions or a delete marker.
 */
export const testLockedLife = (host: () => S3Host) =>
  test('a whole life in a locked bucket, by an agent who may not remove', async () => {
    const { radosgw, connect } = host()
    const owner = connect()
    await owner.send(new CreateBucketCommand({ Bucket: BUCKET, ObjectLockEnabledForBucket: true }))
    const busy = await howLongThingsTake(owner)
    const dayLasts = Math.min(LONGEST_DAY, Math.max(SHORTEST_DAY, busy))
    const time = shortDays(dayLasts)
    const roleOf = async (name: string, ahead: number) => {
      const credentials = await radosgw.createUser(`life-${name}`)
      const client = withCreateOnly(connect(credentials)) // Ceph 16 alone overwrites
      const refused = refusedCalls(client)
      const real = s3ObjectStore({ client, bucket: BUCKET, prefix: PREFIX })
      const store = time.store(retrying(real, { sleep: async () => {}, attempts: 2 }))
      const clock = { now: () => time.clock.now() + ahead }
      const thief = connect(credentials)
      return { client, refused, store, clock, thief, caught: refusedCalls(thief) }
    }
    const agent = await roleOf('agent', DAY)
    const maintenance = await roleOf('maintenance', -DAY)
    const users = { agent: 'life-agent', maintenance: 'life-maintenance' }
    await grantRoles(owner, BUCKET, users)

    const random = seededRandom(41)
    const bytes = (mib: number) => Buffer.from(random.bytes(mib * MiB))
    const disks = { web: [bytes(4), bytes(2)], db: [bytes(4)], mail: [bytes(2)] }
    await using pool = await agentOnPool(disks)
    const unlock = { passphrase: PASSPHRASE }
    const { repository: made } = await newRepository(agent.store)
    await made.close()
    const open = ({ store, clock }: typeof agent) =>
      openRepository({ store, clock, random, unlock, tuning: { workers: 0 } })
    const repository = await open(agent)
    const keeper = await open(maintenance)

    const backUp = async (vm: keyof typeof disks) => {
      const before = time.clock.now()
      const jobId = newUlid(agent.clock, random)
      const summary = await pool.backUp(vm, { jobId, repository, lock: LOCK })
      const { pointId, lock: told } = summary
      const [point] = (await Array.fromAsync(repository.points(pool.uuidOf(vm))))
        .filter(({ id }) => id === pointId)
        .map(ref => repository.readPoint(ref))
      const found = await (point as NonNullable<typeof point>)
      const lock = await repository.lockedUntil(found)
      expect(lock.mode).toBe('governance')
      expect(told?.mode).toBe(lock.mode)
      // Another job may have prolonged by now what both need: what was told is never more than what is true.
      expect(lock.until).toBeGreaterThanOrEqual(told?.until ?? Number.POSITIVE_INFINITY)
      // From the commit on, by the store's clock: neither the agent's nor that of maintenance.
      expect(told?.until).toBeGreaterThanOrEqual(before + LOCK.days * DAY)
      const grain = (1000 / dayLasts) * DAY // a second of the store
      expect(lock.until).toBeLessThanOrEqual(time.clock.now() + (LOCK.days + 20) * DAY + grain)
      // The record has the disks in the order in which they were begun, which depends on who was faster.
      const disks = summary.disks.map(({ vdiUuid }) => vdiUuid)
      return { vm, point: found, disks, images: pool.imagesOf(vm), until: lock.until as number }
    }
    const removal = (point: { key: string }) => keeper.removePoint(point, maintenance.store)

    // Full backups, then what somebody can do who has stolen the agent's keys: nothing.
    const full = await Promise.all(
      (['web', 'db', 'mail'] as const).map(async vm => {
        const made = await backUp(vm)
        await expect(removal(made.point)).rejects.toMatchObject({ code: 'OBJECT_LOCKED' })
        await expectNoWayToRemove(agent.thief, maintenance.store, made.point.key)
        return made
      }),
    )

    // An increment, and another one when the locks of the packs that are used again have become too short.
    await pool.guestWrite('web', 0, MiB, bytes(1))
    const soon = await backUp('web')
    expect(soon.point.base).toBe(full[0]?.point.id)
    const ends = [...full, soon].map(({ until }) => until)
    // The store's time comes in whole seconds, so what it says may be that much behind.
    const grain = 1000 / dayLasts // days
    await time.pass((Math.max(...ends) - time.clock.now()) / DAY - LOCK.days / 2 + grain)
    await pool.guestWrite('web', 0, 0, bytes(4))
    const later = await Promise.all([backUp('web'), backUp('db')])
    // Backups made at one time share packs: whichever of these comes first prolongs what both need. On a machine so busy that locks ended meanwhile, nothing is left to prolong.
    const extensions = later.map(({ point }) => point.statistics.lock?.extensions ?? 0)
    if (time.clock.now() < Math.min(...ends)) expect(Math.max(...extensions)).toBeGreaterThan(0)

    // The old points of two VMs go when their commit records may; those of the third stay.
    const old = [...full.slice(0, 2), soon]
    for (const { point } of old) {
      const until = (await maintenance.store.retention(point.key))?.until ?? 0
      await time.pass((until - time.clock.now()) / DAY)
      await removal(point)
    }
    const needed = new Set(
      [...later, ...full.slice(2)].flatMap(({ point }) => [...point.packs.keys()]),
    )
    const garbage = new Set(
      old.flatMap(({ point }) => [...point.packs.keys()]).filter(id => !needed.has(id)),
    )
    expect(garbage.size).toBeGreaterThan(0)
    const garbageThere = async () =>
      (await Array.fromAsync(maintenance.store.list(''))).some(({ key }) =>
        garbage.has(key.slice(-26)),
      )
    for (let day = 0; await garbageThere(); day++) {
      expect(day, 'days of collecting').toBeLessThan(60)
      await keeper.collectGarbage({ store: maintenance.store })
      await time.pass(1)
    }

    // Another increment on what was collected around, then everything comes back.
    await pool.guestWrite('db', 0, 2 * MiB, bytes(1))
    const left = [...later, ...full.slice(2), await backUp('db')]
    const listed = await Array.fromAsync(repository.points())
    expect(listed.map(({ id }) => id).sort()).toEqual(left.map(({ point }) => point.id).sort())
    for (const { point, disks, images } of left)
      for (const [i, id] of disks.entries())
        expect((await readAll(repository.readDisk(point, id))).equals(images[i] as Buffer)).toBe(
          true,
        )
    const [web] = left as [(typeof left)[0]]
    const job = { jobId: newUlid(agent.clock, random), pointId: web.point.id, repository }
    const restored = await pool.restore('web', job)
    expect(restored.map((disk, i) => disk.equals(web.images[i] as Buffer))).toEqual([true, true])
    expect((await keeper.check({ level: 2 })).findings).toEqual([])

    expect([agent.refused, maintenance.refused]).toEqual([[], []])
    expect(agent.caught).toHaveLength(full.length * 4) // so refusals are seen where there are any
    const versions = await Array.fromAsync(maintenance.store.versions(''))
    expect(versions.filter(({ latest, deleteMarker }) => !latest || deleteMarker)).toEqual([])
    await repository.close()
    await keeper.close()
    for (const { client, thief } of [agent, maintenance])
      for (const each of [client, thief]) each.destroy()
    owner.destroy()
  }, 120_000)

/** @returns ms for some puts, one after the other; the first ones to a bucket of Ceph take longer and do not count */
const howLongThingsTake = async (owner: S3Client): Promise<number> => {
  const store = s3ObjectStore({ client: owner, bucket: BUCKET, prefix: 'yardstick' })
  let begun = 0
  for (let i = 0; i < 16; i++) {
    if (i === 4) begun = performance.now()
    await store.put(`yardstick/${i}`, [Buffer.alloc(1000)])
  }
  return performance.now() - begun
}

/** Each of these calls is refused by the bucket itself. */
const expectNoWayToRemove = async (
  thief: S3Client,
  maintenance: { versions(prefix: string): AsyncIterable<{ version: string }> },
  key: string,
) => {
  const at = { Bucket: BUCKET, Key: `${PREFIX}/${key}` }
  const [{ version: VersionId = '' } = {}] = await Array.fromAsync(maintenance.versions(key))
  // Shorter than the lock, and still to come.
  const shorter = () => ({
    Mode: 'GOVERNANCE' as const,
    RetainUntilDate: new Date(Date.now() + 1500),
  })
  const attempts = [
    () => thief.send(new DeleteObjectCommand(at)),
    () => thief.send(new DeleteObjectCommand({ ...at, VersionId })),
    () =>
      thief.send(new DeleteObjectCommand({ ...at, VersionId, BypassGovernanceRetention: true })),
    () =>
      thief.send(
        new PutObjectRetentionCommand({
          ...at,
          Retention: shorter(),
          BypassGovernanceRetention: true,
        }),
      ),
  ]
  for (const attempt of attempts)
    await expect(attempt()).rejects.toMatchObject({ name: 'AccessDenied' })
}
