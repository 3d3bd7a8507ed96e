import { expect, test } from 'vitest'
import { JobOutcome } from '#core/contracts/jobs.ts'
import type { Method } from '#core/contracts/methods.ts'
import { poolOfXapi } from '#gateway-agent/pool-of-xapi.ts'
import { listOurs } from '#gateway-agent/xapi/leftovers.ts'
import type { Fault } from '#sim/faults/faults.ts'
import { until } from '#test/support/patience.ts'
import { type ClientOnPool, clientOnPool } from '#test/support/pool-client.ts'
import { makeSite, type Site } from '#test/support/site.ts'
import { startBackupAgent } from '#test/support/start-backup-agent.ts'

const JOB = '01JDA0000000000000000000A1'

const start = (client: ClientOnPool, site: Site, method: Method) =>
  startBackupAgent(client, site, { jobId: JOB, method })

const vmOf = ({ pool }: ClientOnPool) => {
  const { database } = pool.state
  return database.get('VM', database.byUuid('VM', pool.vms.web ?? ''))
}

const slow = (method: string): Fault => ({ kind: 'delay-call', method, milliseconds: 60_000 })

/*
 * Motivation: an agent is killed while the VM that it backs up is down. Nobody may find a production machine down in the morning.
 * Steps: an offline backup whose snapshot, or whose start, takes for ever; SIGKILL when the VM is halted; then either the job is run again, or
 * a gateway that knows nothing of the job looks at the pool.
 * Pass: the VM runs, bears no mark, and the job that is run again makes its offline point. Of the killed one nothing is left.
 */
test.each([
  ['VM.snapshot', 'the job is run again'],
  ['VM.start_on', 'the job is run again'],
  ['VM.snapshot', 'a gateway sweeps'],
  ['VM.start_on', 'a gateway sweeps'],
])('kill -9 while %s lasts and the VM is down; %s', { timeout: 60_000 }, async (call, then) => {
  await using client = await clientOnPool({ web: [Buffer.alloc(1024 * 1024, 5)] })
  const site = await makeSite(client.pool)
  try {
    client.fault(slow(call))
    const agent = start(client, site, 'offline')
    await until(
      'the VM is down',
      () =>
        vmOf(client).power_state === 'Halted' && client.pool.state.faults.waiting().length === 0,
      { ms: 20_000 },
    )
    expect(vmOf(client).other_config).toHaveProperty('xenkeep:start-again')
    await agent.kill()
    expect(vmOf(client).power_state).toBe('Halted')

    const repository = await site.openRepository()
    const owner = repository.id.slice(0, 12)
    const pool = poolOfXapi(client.xapi)
    if (then === 'a gateway sweeps') {
      expect((await pool.startStopped(owner, () => false)).failed).toStrictEqual([])
    } else {
      const again = start(client, site, 'offline')
      expect(await again.ended, again.lines.join('\n')).toBe(0)
      const outcome = JobOutcome.parse(JSON.parse(again.lines.at(-1) ?? ''))
      expect(outcome).toMatchObject({
        status: 'backed-up',
        point: { method: 'offline', consistency: 'offline' },
      })
    }
    await repository.close()
    expect(vmOf(client).power_state).toBe('Running')
    expect(vmOf(client).other_config).not.toHaveProperty('xenkeep:start-again')
    const left = (await listOurs(client.xapi, owner)).filter(({ baseOf }) => !baseOf)
    if (then !== 'a gateway sweeps') expect(left).toStrictEqual([])
  } finally {
    await site.remove()
  }
})
