import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openS3 } from '#adapters/aws/open-s3.ts'
import { systemClock } from '#adapters/system/clock.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { type GrantRequest, noGrants } from '#core/access/grants.ts'
import type { StorageGrant } from '#core/contracts/gateway-api.ts'
import { createRepository } from '#repository/index.ts'
import { startControlPlane, type TestControlPlane } from '#test/support/control-plane.ts'
import { until } from '#test/support/patience.ts'
import { poolOfImages } from '#test/support/pool-of-images.ts'
import { makeSite, PASSPHRASE, type Program, type Site, startProgram } from '#test/support/site.ts'
import { radosgwGrants, type SessionsHost } from './sessions.ts'

const BUCKET = 'whole'
const ADDRESS = `s3://${BUCKET}/repo`
const MiB = 1024 * 1024

/*
 * Motivation: sessions are made, cut down, used and renewed by four parts that are tested one by one; do they fit?
 * Steps: a control plane over HTTP with the adapter for STS, a gateway in a process of its own without any credentials for storage, a simulated pool, a bucket of a
 * store that others wrote. A backup, a restore, a hold; then the rights of the role are taken away from sessions that are given out.
 * Passes when each job had a session of its own with its purpose, the bytes are proven, what the sessions were not for is denied, and the job without rights
 * fails with a code that says so.
 */
export const testWholeProduct = (host: () => SessionsHost) =>
  describe('the whole product with a storage session for each job', () => {
    const issued: { request: GrantRequest; grant: StorageGrant }[] = []
    let plane: TestControlPlane
    let pool: Awaited<ReturnType<typeof poolOfImages>>
    let site: Site
    let agent: Program
    let role: string
    let pointId: string

    beforeAll(async () => {
      const { radosgw, connect } = host()
      // Without versions: in a bucket with them Ceph 16 takes no If-None-Match from a gateway in a process of its own.
      await connect().send(new CreateBucketCommand({ Bucket: BUCKET }))
      const { endpoint, credentials } = radosgw
      const made = await createRepository({
        store: openS3(ADDRESS, { endpoint, credentials }),
        ...{ clock: systemClock, random: systemRandom, passphrase: PASSPHRASE, scryptLogN: 10 },
      })
      await made.repository.close()
      const { grants, gatewayRole } = await radosgwGrants(radosgw, 'plane', BUCKET)
      role = gatewayRole
      plane = await startControlPlane({
        repositoryAddress: ADDRESS,
        grants: {
          ...noGrants,
          issue: async request => {
            const grant = await grants.issue(request)
            if (grant) issued.push({ request, grant })
            return grant
          },
        },
      })
      pool = await poolOfImages({ db: [randomBytes(3 * MiB)] })
      const settings = { repository: { address: ADDRESS } }
      site = await makeSite(pool, { controlUrl: plane.url, settings })
      await writeFile(site.file('gateway', 'enrolment-code'), await plane.enrolmentCode(), {
        mode: 0o600,
      })
      agent = startProgram('gateway-agent/main.ts', ['--data', site.dataDir], {
        AWS_ENDPOINT_URL_S3: endpoint,
        AWS_EC2_METADATA_DISABLED: 'true',
      })
      await until(
        `the VM is known; the gateway said:\n${agent.lines.join('\n')}`,
        async () => (await plane.person.call('listVms')).items.length === 1,
        { ms: 30_000 },
      )
    }, 60_000)
    afterAll(async () => {
      await agent?.kill()
      await plane?.close()
      await pool?.close()
      await site?.remove()
    })

    const ended = async (runId: string) => {
      const read = () => plane.person.call('getRun', { params: { runId } })
      await until('the run has ended', async () => (await read()).run.state !== 'running', {
        ms: 60_000,
      })
      const { run, jobs } = await read()
      return { run, job: jobs[0] }
    }
    const purposes = (jobId = '') =>
      new Set(issued.filter(one => one.request.jobId === jobId).map(one => one.request.purpose))

    test('a backup and a restore, each with a session of its own', {
      timeout: 90_000,
    }, async () => {
      const backup = { kind: 'backup' as const, vms: ['db'] }
      const first = await ended((await plane.person.call('startRun', { body: backup })).runId)
      expect(first.run, agent.lines.slice(-5).join('\n')).toMatchObject({ state: 'succeeded' })
      pointId = first.job?.jobId ?? ''
      expect(purposes(pointId)).toEqual(new Set(['backup']))
      const restore = { kind: 'restore' as const, pointId, newName: 'db again' }
      const second = await ended((await plane.person.call('startRun', { body: restore })).runId)
      expect(second.run, agent.lines.slice(-5).join('\n')).toMatchObject({ state: 'succeeded' })
      expect(purposes(second.job?.jobId)).toEqual(new Set(['restore']))
    })

    test('a session of the backup reaches no other prefix', async () => {
      const { endpoint } = host().radosgw
      const ofBackup = issued.find(({ request }) => request.jobId === pointId)
      if (!ofBackup) throw new Error('The backup got no session.')
      const { accessKeyId, secretAccessKey, sessionToken } = ofBackup.grant
      const credentials = { accessKeyId, secretAccessKey, sessionToken }
      const owner = openS3(`s3://${BUCKET}/other`, {
        endpoint,
        credentials: host().radosgw.credentials,
      })
      await owner.put('a', [Buffer.from('theirs')])
      const beside = openS3(`s3://${BUCKET}/other`, { endpoint, credentials })
      await expect(beside.put('b', [])).rejects.toMatchObject({ code: 'STORE_DENIED' })
      await expect(beside.get('a')).rejects.toMatchObject({ code: 'STORE_DENIED' })
      await expect(Array.fromAsync(beside.list(''))).rejects.toMatchObject({ code: 'STORE_DENIED' })
    })

    test('a hold is brought to the store with a session of its own, and told as the store shows it', {
      timeout: 90_000,
    }, async () => {
      const { items } = await plane.person.call('listGateways')
      const gatewayId = items[0]?.gatewayId ?? ''
      await plane.person.call('setGateway', { params: { gatewayId }, body: { maintenance: true } })
      const hold = { on: { pointId }, reason: 'court file' }
      await plane.person.call('placeHold', { body: hold })
      const lock = async () => (await plane.person.call('listHolds')).items[0]?.lock
      await until(
        'the hold is no longer only asked for',
        async () => (await lock())?.state !== 'asked',
        {
          ms: 60_000,
        },
      )
      expect(await lock()).toMatchObject({
        ...{ state: 'impossible', points: 1, locked: 0 },
        because: expect.stringContaining('Object Lock is not enabled'),
      })
      const used = issued.filter(({ request }) => request.purpose === 'hold')
      expect(used.length).toBeGreaterThan(0)
      await plane.person.call('releaseHold', { body: hold })
    })

    test('a job whose session was revoked fails by a code that says so', {
      timeout: 90_000,
    }, async () => {
      const nothing = { Effect: 'Deny', Action: ['s3:*'], Resource: ['*'] }
      await host().radosgw.putRolePolicy(role, { Version: '2012-10-17', Statement: [nothing] })
      const restore = { kind: 'restore' as const, pointId, newName: 'db no more' }
      const { run, job } = await ended(
        (await plane.person.call('startRun', { body: restore })).runId,
      )
      expect(run.state).toBe('failed')
      expect(job?.outcome).toMatchObject({ status: 'failed', problem: { code: 'STORE_DENIED' } })
    })
  })
