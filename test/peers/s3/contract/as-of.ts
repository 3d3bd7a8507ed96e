import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { describe, expect, test } from 'vitest'
import { s3ObjectStore } from '#adapters/aws/object-store.ts'
import { withCreateOnly } from '#test/support/create-only.ts'
import { backUp, newRepository, OTHER_VM, PASSPHRASE, VM } from '#test/support/repository/open.ts'
import { seededRandom } from '#test/support/repository/seeded.ts'
import { xenkeep } from '#test/support/xenkeep.ts'
import type { RolesHost } from './roles.ts'

const BUCKET = 'stolen'
const CHUNK = 64 * 1024

/*
 * Motivation: whoever steals the keys of an agent can send bytes. The bucket keeps versions and locks them; what was there before the theft
 * has to come back by the ordinary commands.
 *
 * Steps: two VMs are backed up with a lock. A thief with every right on the bucket but that to bypass locks overwrites all, hides all below
 * delete markers, tries to remove every version, and sends a bootstrap of his own with a higher number.
 *
 * Passes when every command without --as-of fails with a sentence, none of the locked versions is gone, and with --as-of all points are
 * listed, found whole and exported byte by byte.
 */
export const testAsOf = (host: () => RolesHost) =>
  describe('stolen keys', () => {
    test('whatever is overwritten and deleted, the repository is there as of the time before', async () => {
      const { radosgw, connect } = host()
      const owner = connect()
      const bucket = { Bucket: BUCKET }
      await owner.send(new CreateBucketCommand({ ...bucket, ObjectLockEnabledForBucket: true }))
      const thiefKeys = await radosgw.createUser('thief')
      const on = [`arn:aws:s3:::${BUCKET}`, `arn:aws:s3:::${BUCKET}/*`]
      const who = { Principal: { AWS: ['arn:aws:iam:::user/thief'] }, Resource: on }
      const Policy = JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Action: ['s3:*'], ...who },
          { Effect: 'Deny', Action: ['s3:BypassGovernanceRetention'], ...who },
        ],
      })
      await owner.send(new PutBucketPolicyCommand({ ...bucket, Policy }))

      const client = withCreateOnly(connect())
      const store = s3ObjectStore({ client, bucket: BUCKET, prefix: 'repo' })
      const { repository, jobId } = await newRepository(store)
      const images = new Map<string, Uint8Array>()
      for (const [i, vmUuid] of [VM, OTHER_VM].entries()) {
        const image = seededRandom(60 + i).bytes(12 * CHUNK)
        const job = { jobId: jobId(), vmUuid, disks: [{ diskId: 'a', image }] }
        const lock = { mode: 'governance', days: 1 } as const
        const { point } = await backUp(repository, { ...job, lock })
        images.set(point.id, image)
      }
      await repository.close()
      const before = await Array.fromAsync(store.versions(''))
      // Time stamps of S3 are whole seconds.
      await delay(2_000)
      const time = new Date(Math.max(...before.map(({ modified }) => modified)) + 1_000)
      const asOf = ['--as-of', time.toISOString()]

      const thief = connect(thiefKeys)
      const keys = [...new Set(before.map(({ key }) => `repo/${key}`))]
      for (const [i, Key] of [...keys, 'repo/repo/00000002'].entries()) {
        if (i % 3 !== 1) await thief.send(new PutObjectCommand({ ...bucket, Key, Body: 'pay us' }))
        if (i % 3 !== 0) await thief.send(new DeleteObjectCommand({ ...bucket, Key }))
      }
      let removed = 0
      for (const { key, version } of before) {
        const exact = { Key: `repo/${key}`, VersionId: version }
        await thief.send(new DeleteObjectCommand({ ...bucket, ...exact })).then(
          () => removed++,
          () => undefined,
        )
      }
      // Only intents are not locked; no restore needs them.
      expect(removed).toBe(before.filter(({ key }) => key.startsWith('intents/')).length)

      const folder = await mkdtemp(join(tmpdir(), 'xenkeep-as-of-'))
      const repo = (...args: string[]) =>
        xenkeep(
          ['repo', ...args, '--repository', `s3://${BUCKET}/repo`, '--endpoint', radosgw.endpoint],
          {
            XENKEEP_PASSPHRASE: PASSPHRASE,
            AWS_ACCESS_KEY_ID: radosgw.credentials.accessKeyId,
            AWS_SECRET_ACCESS_KEY: radosgw.credentials.secretAccessKey,
          },
        )
      try {
        const lost = await repo('points')
        expect(lost.exitCode).toBeGreaterThan(0)
        expect(lost.stderr).toContain('what to do:')
        const listed = await repo('points', '--json', ...asOf)
        const { points } = JSON.parse(listed.stdout) as { points: { point: string }[] }
        expect(new Set(points.map(({ point }) => point))).toEqual(new Set(images.keys()))
        expect((await repo('info', ...asOf)).stdout).toContain('2 recovery points')
        const check = await repo('check', '--level', '2', ...asOf)
        expect([check.exitCode, check.stderr]).toEqual([0, ''])
        expect(check.stdout).toContain('No damage was found.')
        for (const [point, image] of images) {
          const out = join(folder, point)
          const ended = await repo('export', point, '-o', out, ...asOf)
          expect([ended.exitCode, ended.stderr]).toEqual([0, ''])
          expect((await readFile(out)).equals(image)).toBe(true)
        }
        const early = await repo('points', '--as-of', '2020-01-01T00:00:00Z')
        expect([early.exitCode, early.stderr]).toEqual([
          2,
          expect.stringContaining(`There was no repository at s3://${BUCKET}/repo on 2020-01-01`),
        ])
      } finally {
        await rm(folder, { recursive: true, force: true })
        for (const each of [owner, client, thief]) each.destroy()
      }
    }, 180_000)
  })
