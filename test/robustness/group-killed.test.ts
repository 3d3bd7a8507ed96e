import { expect, test } from 'vitest'
import { JobOutcome } from '#core/contracts/jobs.ts'
import type { Method, SnapshotGroup } from '#core/contracts/methods.ts'
import { listOurs } from '#gateway-agent/xapi/leftovers.ts'
import { until } from '#test/support/patience.ts'
import { type ClientOnPool, clientOnPool } from '#test/support/pool-client.ts'
import { makeSite, type Site } from '#test/support/site.ts'
import { startBackupAgent } from '#test/support/start-backup-agent.ts'

const RUN = '01JDA0000000000000000000B0'
const NAMES = ['app', 'db'] as const

const groupOf = ({ pool }: ClientOnPool, method: Method): SnapshotGroup => ({
  id: RUN,
  whenOneFails: 'group',
  members: NAMES.map((vmName, n) => ({
    jobId: `01JDA0000000000000000000B${n + 1}`,
    vmUuid: pool.vms[vmName] ?? '',
    vmName,
    method,
  })),
})

const start = (client: ClientOnPool, site: Site, group: SnapshotGroup, n: number) => {
  const { jobId = '', vmUuid = '', method } = group.members[n] ?? {}
  return startBackupAgent(client, site, { jobId, vmUuid, method, group })
}

/*
 * Motivation: the gateway is killed between the snapshots of a group. Steps: the second snapshot takes for ever; SIGKILL when the first is there; then each
 * job is run again, in a process of its own.
 * Pass: two points of one moment, none with the snapshot of the killed one; the VMs run; nothing is left.
 */
test.each(['normal', 'offline'] as const)(
  'kill -9 between the snapshots of a group, %s',
  {
    timeout: 60_000,
  },
  async method => {
    await using client = await clientOnPool({
      app: [Buffer.alloc(1024 * 1024, 5)],
      db: [Buffer.alloc(1024 * 1024, 6)],
    })
    const site = await makeSite(client.pool)
    const { database, faults } = client.pool.state
    const snapshots = () => [...database.all('VM').values()].filter(vm => vm.is_a_snapshot)
    try {
      const group = groupOf(client, method)
      client.fault({ kind: 'delay-call', method: 'VM.snapshot', milliseconds: 60_000, skip: 1 })
      const killed = start(client, site, group, 0)
      await until(
        'one snapshot is there, and the other one under way',
        () => snapshots().length === 1 && faults.waiting().length === 0,
        { ms: 20_000 },
      )
      await killed.kill()
      const before = snapshots().map(({ uuid }) => uuid)

      const outcomes = []
      for (const n of [0, 1]) {
        const again = start(client, site, group, n)
        expect(await again.ended, again.lines.join('\n')).toBe(0)
        outcomes.push(JobOutcome.parse(JSON.parse(again.lines.at(-1) ?? '')))
      }
      const [app, db] = outcomes
      const facts = app?.status === 'backed-up' ? app.point.group : undefined
      expect(facts).toMatchObject({ id: RUN, members: 2 })
      const consistency = method === 'offline' ? 'offline' : 'crash'
      for (const outcome of [app, db])
        expect(outcome).toMatchObject({ status: 'backed-up', point: { consistency, group: facts } })

      for (const name of NAMES) {
        const vm = database.get('VM', database.byUuid('VM', client.pool.vms[name] ?? ''))
        expect(vm.power_state).toBe('Running')
        expect(vm.other_config).not.toHaveProperty('xenkeep:start-again')
      }
      expect(snapshots().map(({ uuid }) => uuid)).not.toContain(before[0])
      const repository = await site.openRepository()
      const left = await listOurs(client.xapi, repository.id.slice(0, 12))
      await repository.close()
      expect(left.filter(({ baseOf }) => !baseOf)).toStrictEqual([])
    } finally {
      await site.remove()
    }
  },
)
