import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { type AgentOnPool, agentOnPool } from '#test/support/agent-on-pool.ts'

/*
 * Motivation: hosts of a pool fail, and the backup that was under way has to end well all the same: the run goes on, the point is right,
 * and what happened is told.
 * Steps: begin a backup on a pool of two hosts; at one of its phases (while it snapshots, asks what changed, reads by NBD, reads a VHD
 * stream, commits, settles) one of the troubles of a pool strikes.
 * Pass: the job ends as backed up, the point holds the disk as it was, and nothing of ours is left on the pool once every host is back.
 */

const MIB = 1024 * 1024
const content = Buffer.concat([randomBytes(3 * MIB), Buffer.alloc(2 * MIB), randomBytes(3 * MIB)])

const HA_DEATH = 'the coordinator dies under HA, and the VM is started elsewhere'
const SILENT_DEATH = 'the coordinator dies without a word, and another is elected'
const FOLLOWED = /^The coordinator of the pool was 127\.0\.0\.1:\d+ and is 127\.0\.0\.2:\d+ now/
const SESSION = /^The session with XenServer was lost/

/** What can happen to a pool. `first` is the coordinator and runs the VM; returns how it is mended. */
const troubles = {
  'the toolstack of the coordinator restarts': async ({ client }: AgentOnPool) => {
    await client.simulator('/sim/restart-toolstack?milliseconds=60')
    return async () => undefined
  },
  'all sessions end': async ({ client }: AgentOnPool) => {
    await client.simulator('/sim/end-sessions')
    return async () => undefined
  },
  [HA_DEATH]: async (agent: AgentOnPool) => {
    const { hosts, state } = agent.client.pool
    const [pool] = [...state.database.all('pool').keys()]
    state.database.update('pool', pool ?? '', { ha_enabled: true })
    await agent.client.simulator(`/sim/host-death?host=${hosts[0]?.uuid}`)
    return () => revive(agent, 0)
  },
  [SILENT_DEATH]: async (agent: AgentOnPool) => {
    const { hosts } = agent.client.pool
    await agent.client.simulator(
      `/sim/host-death?host=${hosts[0]?.uuid}&successor=${hosts[1]?.uuid}&silent=true`,
    )
    return () => revive(agent, 0)
  },
  'the supporter dies': async (agent: AgentOnPool) => {
    await agent.client.simulator(`/sim/host-death?host=${agent.client.pool.hosts[1]?.uuid}`)
    return () => revive(agent, 1)
  },
}

/** By hand: the control channel of a dead host does not answer either. */
const revive = async ({ client }: AgentOnPool, index: number) => {
  const { reviveHost } = await import('#sim/control/host-death.ts')
  const host = client.pool.state.hosts[index]
  if (host) await reviveHost(client.pool.state, host)
}

const T = troubles
/** Each phase with what hurts it most; without HA nobody can snapshot a VM whose host is gone, see below. */
const cases: [string, 'nbd' | 'none', keyof typeof troubles, RegExp][] = [
  ['taking a snapshot', 'nbd', 'the toolstack of the coordinator restarts', SESSION],
  ['taking a snapshot', 'nbd', HA_DEATH, FOLLOWED],
  ['asking what changed', 'nbd', 'all sessions end', SESSION],
  ['asking what changed', 'nbd', SILENT_DEATH, FOLLOWED],
  ['reading disks', 'nbd', HA_DEATH, FOLLOWED],
  ['reading disks', 'nbd', SILENT_DEATH, FOLLOWED],
  ['reading disks', 'none', 'the toolstack of the coordinator restarts', SESSION],
  ['reading disks', 'none', HA_DEATH, FOLLOWED],
  ['reading disks', 'none', SILENT_DEATH, FOLLOWED],
  ['committing the recovery point', 'nbd', 'the supporter dies', /^$/],
  ['committing the recovery point', 'nbd', SILENT_DEATH, /^$/],
]

test.concurrent.for(cases)('%s (%s): %s', async ([phase, nbd, name, note]) => {
  await using agent = await agentOnPool({ web: [content] }, { nbd })
  const { state } = agent.client.pool
  for (const vm of state.database.all('VM').keys())
    state.database.update('VM', vm, { ha_restart_priority: 'restart', ha_always_run: true })
  // Slow enough for trouble to strike in mid-read, quick enough for a test.
  state.limits.set({ bytesPerSecond: 40 * MIB })
  let mending: Promise<() => Promise<unknown>> | undefined
  const { outcome, phases: told } = await agent.run(agent.backupSpec('web'), ({ phase: now }) => {
    if (now === phase) mending ??= T[name](agent)
  })
  expect(told).toContain(phase)
  const mend = await mending
  if (outcome.status !== 'backed-up') throw new Error(JSON.stringify(outcome))
  const [disk] = await agent.content('web', outcome.point.pointId)
  expect(disk?.equals(content)).toBe(true)
  expect(
    outcome.notes.find(sentence => FOLLOWED.test(sentence) || SESSION.test(sentence)) ?? '',
  ).toMatch(note)
  state.limits.set({ bytesPerSecond: 0 })
  await mend?.()
  expect(await agent.leftovers()).toEqual([])
})

test('without HA a running VM whose host is dead cannot be snapshotted: that is said, and nothing is left', async () => {
  await using agent = await agentOnPool({ web: [content] })
  const kill = troubles[SILENT_DEATH]
  let mending: Promise<() => Promise<unknown>> | undefined
  const running = agent.run(agent.backupSpec('web'), ({ phase }) => {
    if (phase === 'taking a snapshot') mending ??= kill(agent)
  })
  await expect(running).rejects.toMatchObject({
    code: 'XAPI_HOST_TROUBLE',
    message: expect.stringContaining('HOST_OFFLINE'),
  })
  await (await mending)?.()
  expect(await agent.leftovers()).toEqual([])
})

test('a restore whose host dies in mid-import begins anew and says so', async () => {
  await using agent = await agentOnPool({ web: [content] })
  const { state, hosts } = agent.client.pool
  const { outcome } = await agent.run(agent.backupSpec('web'))
  if (outcome.status !== 'backed-up') throw new Error(outcome.status)
  state.limits.set({ bytesPerSecond: 6 * MIB })
  const kill = `/sim/host-death?host=${hosts[0]?.uuid}&successor=${hosts[1]?.uuid}`
  let dying: Promise<void> | undefined
  const { outcome: restored } = await agent.run(
    {
      kind: 'restore-vm',
      poolUuid: agent.pool.uuid,
      vmUuid: agent.client.pool.vms.web ?? '',
      vmName: 'web',
      pointId: outcome.point.pointId,
      newName: 'web again',
      start: false,
    },
    ({ bytesDone = 0 }) => {
      if (bytesDone > MIB)
        dying ??= agent.client.simulator(kill).then(() => state.limits.set({ bytesPerSecond: 0 }))
    },
  )
  if (restored.status !== 'restored') throw new Error(JSON.stringify(restored))
  expect(restored.report.notes[0]).toMatch(/^The restore began anew after /)
  await dying
  await revive(agent, 0)
  expect(await agent.leftovers()).toEqual([])
  const names = [...state.database.all('VM').values()].map(({ name_label }) => name_label)
  expect(names.filter(name => name === 'web again')).toHaveLength(1)
  expect(names.filter(name => name.includes('XenKeep'))).toEqual([])
})
