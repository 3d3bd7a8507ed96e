import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { JobOutcome } from '#core/contracts/jobs.ts'
import { listOurs } from '#gateway-agent/xapi/leftovers.ts'
import { type ClientOnPool, clientOnPool } from '#test/support/pool-client.ts'
import { readAll } from '#test/support/repository/open.ts'
import { makeSite, type Site } from '#test/support/site.ts'
import { startBackupAgent } from '#test/support/start-backup-agent.ts'

const MiB = 1024 * 1024
const SIZE = 32 * MiB
const JOB = '01JDA0000000000000000000A1'

const start = (client: ClientOnPool, site: Site, hangAt?: number) =>
  startBackupAgent(client, site, { jobId: JOB, hangAt })

/*
 * Motivation: an agent is killed in the middle of a transfer, more than once, while the guest goes on writing.
 * Steps: back up over NBD, or as a VHD stream; SIGKILL after the second checkpoint, then after the third of the next process; let the third
 * one end.
 * Pass: the point has the bytes of the moment of the snapshot, the last process read (or had to look at) only the rest and says so, and
 * nothing of the job is left on the pool but its changed-block base.
 */
test.each(['nbd', 'none'] as const)(
  'kill -9 in mid-transfer, networks for NBD: %s',
  { timeout: 90_000 },
  async nbd => {
    const content = randomBytes(SIZE)
    content.fill(0, 20 * MiB, 24 * MiB)
    await using client = await clientOnPool({ web: [content] }, { nbd })
    const site = await makeSite(client.pool)
    try {
      for (const hangAt of [2, 3]) {
        const agent = start(client, site, hangAt)
        await agent.says(/^hanging$/, 40_000)
        await agent.kill()
        await client.guestWrite(client.pool.vms.web as string, 30 * MiB, randomBytes(MiB))
      }
      const agent = start(client, site)
      expect(await agent.ended, agent.lines.join('\n')).toBe(0)
      const outcome = JobOutcome.parse(JSON.parse(agent.lines.at(-1) ?? ''))
      if (outcome.status !== 'backed-up') throw new Error(JSON.stringify(outcome))
      // Five checkpoints of 2 MiB, at least.
      expect(outcome.notes).toContainEqual(
        expect.stringMatching(/^Went on from 0\.0[1-3] GiB of 0\.03 GiB after an earlier attempt/),
      )
      if (nbd === 'nbd') expect(outcome.point.bytesRead).toBeLessThanOrEqual(SIZE - 10 * MiB)
      const repository = await site.openRepository()
      const [ref] = await Array.fromAsync(repository.points())
      const point = await repository.readPoint(ref as typeof ref & { key: string })
      const disk = point.disks[0]?.id ?? ''
      expect((await readAll(repository.readDisk(point, disk))).equals(content)).toBe(true)
      expect((await repository.check({ level: 2 })).findings).toEqual([])
      const left = await listOurs(client.xapi, repository.id.slice(0, 12))
      expect(left.map(({ kind, hasData }) => [kind, hasData])).toEqual([['disk', undefined]])
      await repository.close()
    } finally {
      await site.remove()
    }
  },
)
