import {
  CreateBucketCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { beforeAll, describe, expect, test } from 'vitest'
import { s3ObjectStore } from '#adapters/aws/object-store.ts'
import type { MaintenanceStore } from '#core/ports.ts'
import { grantRoles } from '#test/support/bucket-roles.ts'
import type { Credentials, Radosgw } from '#test/support/radosgw.ts'

export interface RolesHost {
  radosgw: Radosgw
  connect: (credentials?: Credentials) => S3Client
}

const BUCKET = 'roles'
const HOUR = 3_600_000 // ms

/** The rights of a gateway and of the maintenance role, as a bucket policy, on a bucket with Object Lock. */
export const testRoles = (host: () => RolesHost) =>
  describe('roles on a locked bucket', () => {
    let owner: S3Client
    let agentClient: S3Client
    let agent: MaintenanceStore
    let maintenance: MaintenanceStore
    const soon = () => Math.ceil(Date.now() / 1000) * 1000 + HOUR
    const put = async (key: string) => agent.put(key, [Buffer.from(key)])
    const versionOf = async (key: string) => {
      const [version] = await Array.fromAsync(maintenance.versions(key))
      return version?.version ?? ''
    }

    beforeAll(async () => {
      const { radosgw, connect } = host()
      owner = connect()
      await owner.send(
        new CreateBucketCommand({ Bucket: BUCKET, ObjectLockEnabledForBucket: true }),
      )
      const open = async (name: string) => {
        const client = connect(await radosgw.createUser(name))
        return { client, store: s3ObjectStore({ client, bucket: BUCKET, prefix: 'repo' }) }
      }
      const opened = await open('agent')
      agentClient = opened.client
      agent = opened.store
      maintenance = (await open('maintenance')).store
      await grantRoles(owner, BUCKET, { agent: 'agent', maintenance: 'maintenance' })
    })

    test('the agent puts, reads, lists, locks, extends and reads locks back', async () => {
      await put('agent/a')
      expect(Buffer.from(await agent.get('agent/a')).toString()).toBe('agent/a')
      expect(await Array.fromAsync(agent.list('agent/'))).toMatchObject([{ key: 'agent/a' }])
      expect(await agent.lockSupport()).toMatchObject({ versioning: true, objectLock: true })
      const until = soon()
      await agent.retain('agent/a', until, 'governance')
      await agent.retain('agent/a', until + HOUR, 'governance')
      expect(await agent.retention('agent/a')).toEqual({ mode: 'governance', until: until + HOUR })
    })

    test('the agent removes nothing: no version, locked or not, and no current object', async () => {
      await put('deny/plain')
      await put('deny/locked')
      await agent.retain('deny/locked', soon(), 'governance')
      const plain = agent.remove('deny/plain', await versionOf('deny/plain'))
      await expect(plain).rejects.toMatchObject({ code: 'STORE_DENIED' })
      const locked = agent.remove('deny/locked', await versionOf('deny/locked'))
      await expect(locked).rejects.toMatchObject({ code: 'OBJECT_LOCKED' })
      for (const key of ['deny/plain', 'deny/locked']) {
        const marker = new DeleteObjectCommand({ Bucket: BUCKET, Key: `repo/${key}` })
        await expect(agentClient.send(marker)).rejects.toMatchObject({ name: 'AccessDenied' })
        expect(await agent.stat(key)).toBeDefined()
      }
    })

    test('nobody shortens a lock or gets around it, even when asking to bypass governance', async () => {
      await put('bypass/a')
      const until = soon()
      await agent.retain('bypass/a', until, 'governance')
      const at = { Bucket: BUCKET, Key: 'repo/bypass/a' }
      const shorter = { Mode: 'GOVERNANCE', RetainUntilDate: new Date(until - HOUR / 2) } as const
      for (const BypassGovernanceRetention of [undefined, true]) {
        const Bypass = BypassGovernanceRetention && { BypassGovernanceRetention }
        const shorten = new PutObjectRetentionCommand({ ...at, Retention: shorter, ...Bypass })
        await expect(agentClient.send(shorten)).rejects.toMatchObject({ name: 'AccessDenied' })
        const VersionId = await versionOf('bypass/a')
        const remove = new DeleteObjectCommand({ ...at, VersionId, ...Bypass })
        await expect(agentClient.send(remove)).rejects.toMatchObject({ name: 'AccessDenied' })
      }
      expect(await agent.retention('bypass/a')).toEqual({ mode: 'governance', until })
    })

    test('the maintenance role removes what is not locked, and leaves what is', async () => {
      await put('gc/plain')
      await put('gc/locked')
      await agent.retain('gc/locked', soon(), 'compliance')
      await maintenance.remove('gc/plain', await versionOf('gc/plain'))
      expect(await agent.stat('gc/plain')).toBeUndefined()
      const locked = maintenance.remove('gc/locked', await versionOf('gc/locked'))
      await expect(locked).rejects.toMatchObject({ code: 'OBJECT_LOCKED' })
      expect(await agent.stat('gc/locked')).toBeDefined()
    })

    test('an overwriting put, where the policy lets it through, leaves the locked version', async () => {
      await put('over/a')
      await agent.retain('over/a', soon(), 'governance')
      const Body = 'ransom'
      await agentClient.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'repo/over/a', Body }))
      const [, older] = await Array.fromAsync(maintenance.versions('over/a'))
      const bytes = await maintenance.getVersion('over/a', older?.version ?? '')
      expect(Buffer.from(bytes).toString()).toBe('over/a')
      expect((await maintenance.retention('over/a', older?.version))?.mode).toBe('governance')
    })

    test('a default retention of the bucket that is longer survives', async () => {
      const Rule = { DefaultRetention: { Mode: 'GOVERNANCE' as const, Days: 3 } }
      const configure = (rule: object) =>
        owner.send(
          new PutObjectLockConfigurationCommand({
            Bucket: BUCKET,
            ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', ...rule },
          }),
        )
      await configure({ Rule })
      try {
        expect((await agent.lockSupport()).defaultRetention).toEqual({
          mode: 'governance',
          days: 3,
        })
        await put('default/a')
        const before = await agent.retention('default/a')
        expect((before?.until ?? 0) - Date.now()).toBeGreaterThan(71 * HOUR)
        await agent.retain('default/a', soon(), 'governance')
        expect(await agent.retention('default/a')).toEqual(before)
        await agent.retain('default/a', soon() + 100 * HOUR, 'governance')
        expect((await agent.retention('default/a'))?.until).toBeGreaterThan(before?.until ?? 0)
      } finally {
        await configure({})
      }
    })
  })
