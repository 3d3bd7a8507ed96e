import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import { JOB, type MethodsOnPool, methodsOnPool, OWNER } from '#test/support/methods-on-pool.ts'

let site: MethodsOnPool
afterEach(() => site[Symbol.asyncDispose]())

const offline = { method: 'offline' } as const

test('the VM is shut down, snapshotted, and started again where it ran before anything is read', async () => {
  site = await methodsOnPool({ hosts: 2 })
  site.simulated.state.database.update('VM', site.vmRef, {
    ha_restart_priority: 'restart',
    ha_always_run: true,
  })
  const { resident_on } = await site.vm()
  const snapshot = await site.take(offline)
  expect(snapshot).toMatchObject({
    consistency: 'offline',
    powerState: 'Halted',
    notes: [expect.stringContaining('Changed-block tracking')],
  })
  expect(snapshot).not.toHaveProperty('weakerBecause')
  expect(await site.vm()).toMatchObject({
    power_state: 'Running',
    resident_on,
    ha_always_run: true,
  })
  expect((await site.vm()).other_config).not.toHaveProperty('xenkeep:start-again')
  expect(site.history()).toStrictEqual(['VM_SHUTDOWN', 'VM_SNAPSHOTTED', 'VM_STARTED'])
  expect(site.phases).toStrictEqual([
    'taking a snapshot',
    'shutting the VM down',
    'taking a snapshot',
    'starting the VM again',
  ])
})

test('a VM that is halted stays halted, and that is offline too', async () => {
  site = await methodsOnPool({ running: false })
  expect(await site.take(offline)).toMatchObject({ consistency: 'offline' })
  expect((await site.vm()).power_state).toBe('Halted')
  expect(site.history()).toStrictEqual(['VM_SNAPSHOTTED'])
})

test.each([
  ['pause', 'paused'],
  ['suspend', 'suspended'],
])('after %s it cannot be had, and the VM stays as it is', async (operation, state) => {
  site = await methodsOnPool()
  await site.xapi.run(`VM.${operation}`, [site.vmRef], z.string())
  await expect(site.take(offline)).rejects.toMatchObject({
    code: 'METHOD_UNAVAILABLE',
    message: `The VM "db" could not be backed up offline: it is ${state}, and only a running VM can shut itself down.`,
  })
  expect((await site.vm()).power_state.toLowerCase()).toBe(state)
  expect(await site.take({ ...offline, fallback: 'crash' })).toMatchObject({
    consistency: 'crash',
    weakerBecause: `It is ${state}, and only a running VM can shut itself down.`,
  })
})

test.each([
  ['refuses', 'the guest does not shut down when asked (VM_FAILED_SHUTDOWN_ACKNOWLEDGMENT)'],
  ['hangs', 'the guest did not shut down within 1 s'],
] as const)('a guest that %s fails the backup and goes on running', async (shutdown, why) => {
  site = await methodsOnPool()
  await site.guest({ shutdown })
  await expect(site.take({ ...offline, shutdownSeconds: 1 })).rejects.toMatchObject({
    code: 'METHOD_UNAVAILABLE',
    message: `The VM "db" could not be backed up offline: ${why}.`,
  })
  const vm = await site.vm()
  expect(vm.power_state).toBe('Running')
  expect(vm.current_operations).toStrictEqual({})
  // One that has heard the request may still go down, and is watched for that.
  expect('xenkeep:start-again' in vm.other_config).toBe(shutdown === 'hangs')
  expect(vm.blocked_operations).toStrictEqual({})
  expect(await site.leftovers()).toStrictEqual([])
  expect(site.history()).toStrictEqual([])
})

test('a guest that goes down long after the backup has given up is started by the next look', async () => {
  site = await methodsOnPool()
  await site.guest({ shutdown: 'hangs' })
  await expect(site.take({ ...offline, shutdownSeconds: 0.1 })).rejects.toMatchObject({
    code: 'METHOD_UNAVAILABLE',
    advice: expect.stringContaining(
      'With "--fallback hard-shutdown" a guest that does not shut down is switched off.',
    ),
  })
  const look = () => site.pool.startStopped(OWNER, () => true)
  expect(await look()).toStrictEqual({ started: [], failed: [], watched: 1 })
  await site.xapi.run('VM.hard_shutdown', [site.vmRef], z.string())
  expect(await look()).toStrictEqual({
    started: [
      'The VM "db" went down after its backup had given up waiting for it to shut down; it runs.',
    ],
    failed: [],
    watched: 0,
  })
  const { power_state, other_config } = await site.vm()
  expect(power_state).toBe('Running')
  expect(other_config).not.toHaveProperty('xenkeep:start-again')
})

test('it is watched for an hour, and then a VM that is down is as somebody wants it', async () => {
  site = await methodsOnPool()
  await site.guest({ shutdown: 'hangs' })
  await expect(site.take({ ...offline, shutdownSeconds: 0.1 })).rejects.toThrow('0.1 s')
  const mark = JSON.parse((await site.vm()).other_config['xenkeep:start-again'] ?? '')
  expect(mark.until - Date.now()).toBeGreaterThan(59 * 60_000)
  const over = JSON.stringify({ ...mark, until: Date.now() - 1 })
  site.simulated.state.database.update('VM', site.vmRef, {
    other_config: { 'xenkeep:start-again': over },
  })
  await site.xapi.run('VM.hard_shutdown', [site.vmRef], z.string())
  expect(await site.pool.startStopped(OWNER, () => false)).toStrictEqual({
    started: [],
    failed: [],
    watched: 0,
  })
  const { power_state, other_config } = await site.vm()
  expect(power_state).toBe('Halted')
  expect(other_config).not.toHaveProperty('xenkeep:start-again')
})

test('a guest without tools cannot be asked', async () => {
  site = await methodsOnPool()
  await site.guest({ tools: false })
  await expect(site.take(offline)).rejects.toMatchObject({
    code: 'METHOD_UNAVAILABLE',
    message: expect.stringContaining('(VM_LACKS_FEATURE)'),
  })
})

test('a guest that does not shut down is switched off where that was allowed, and the point is crash-consistent', async () => {
  site = await methodsOnPool()
  await site.guest({ shutdown: 'refuses' })
  const snapshot = await site.take({ ...offline, fallback: 'hard-shutdown' })
  expect(snapshot).toMatchObject({
    consistency: 'crash',
    weakerBecause:
      'The VM was switched off, because the guest does not shut down when asked (VM_FAILED_SHUTDOWN_ACKNOWLEDGMENT); its disks are as after a power cut.',
  })
  expect((await site.vm()).power_state).toBe('Running')
})

test('a guest that goes down after its time counts as shut down, and is started again', async () => {
  site = await methodsOnPool()
  await site.guest({ shutdown: 'late' })
  const snapshot = await site.take({ ...offline, shutdownSeconds: 0.1 })
  expect(snapshot).toMatchObject({ consistency: 'offline' })
  expect((await site.vm()).power_state).toBe('Running')
})

test('nothing is stopped where nobody could start it again', async () => {
  site = await methodsOnPool()
  site.simulated.state.database.update('VM', site.vmRef, { blocked_operations: { start: 'spare' } })
  await expect(site.take(offline)).rejects.toMatchObject({
    code: 'METHOD_UNAVAILABLE',
    message: expect.stringContaining(
      'its start is blocked (spare), so it could not be started again',
    ),
  })
  expect(site.history()).toStrictEqual([])
})

test('a snapshot that fails leaves the VM running', async () => {
  site = await methodsOnPool()
  site.fault({
    kind: 'fail-call',
    method: 'VM.snapshot',
    error: ['SR_BACKEND_FAILURE_44', '', 'full', ''],
  })
  await expect(site.take(offline)).rejects.toMatchObject({ code: 'SR_FULL' })
  expect((await site.vm()).power_state).toBe('Running')
  expect(await site.leftovers()).toStrictEqual([])
})

test('where its host has no room it is started elsewhere, and that is told', async () => {
  site = await methodsOnPool({ hosts: 2 })
  site.fault({
    kind: 'fail-call',
    method: 'VM.start_on',
    error: ['HOST_NOT_ENOUGH_FREE_MEMORY', '1', '0'],
  })
  const { notes } = await site.take(offline)
  expect(notes).toContain(
    'The VM could not be started on the host where it ran before; it runs on another one now.',
  )
  expect((await site.vm()).power_state).toBe('Running')
})

test('a VM that does not start again is told loudly, keeps its mark, and is started by the next look', async () => {
  site = await methodsOnPool()
  for (const method of ['VM.start_on', 'VM.start'])
    site.fault({ kind: 'fail-call', method, error: ['NO_HOSTS_AVAILABLE'], times: 6 })
  await expect(site.take(offline)).rejects.toMatchObject({
    code: 'VM_NOT_STARTED',
    message: expect.stringMatching(
      /^The VM "db" was stopped by XenKeep and does NOT run again: No host can start/,
    ),
  })
  expect((await site.vm()).power_state).toBe('Halted')
  // Its job runs here: whoever sweeps leaves it to the job.
  const running = await site.pool.startStopped(OWNER, jobId => jobId === JOB)
  expect(running).toStrictEqual({ started: [], failed: [], watched: 0 })
  // Another installation's VM is somebody else's.
  expect(await site.pool.startStopped('ffffffffffff', () => false)).toStrictEqual({
    started: [],
    failed: [],
    watched: 0,
  })
  expect(await site.pool.startStopped(OWNER, () => false)).toStrictEqual({
    started: [`The VM "db" was Halted after job ${JOB} had been cut off; it runs.`],
    failed: [],
    watched: 0,
  })
  expect((await site.vm()).power_state).toBe('Running')
  expect(await site.pool.startStopped(OWNER, () => false)).toStrictEqual({
    started: [],
    failed: [],
    watched: 0,
  })
  expect(await site.leftovers()).toStrictEqual([])
})

test('a VM that somebody starts before its snapshot is taken has no offline point', async () => {
  site = await methodsOnPool({ running: false })
  const start = () => site.xapi.run('VM.start', [site.vmRef, false, false], z.string())
  await expect(site.take(offline, { around: start })).rejects.toMatchObject({
    code: 'METHOD_UNAVAILABLE',
    message:
      'The VM "db" could not be backed up offline: somebody started it before its snapshot was taken (it was running).',
  })
  expect(await site.leftovers()).toStrictEqual([])
  expect((await site.vm()).power_state).toBe('Running')
})

test('nor has it one where high availability was faster than the snapshot; where that is allowed, the point says so', async () => {
  site = await methodsOnPool()
  const start = async () => {
    if ((await site.vm()).power_state === 'Halted')
      await site.xapi.run('VM.start', [site.vmRef, false, false], z.string())
  }
  expect(await site.take({ ...offline, fallback: 'crash' }, { around: start })).toMatchObject({
    consistency: 'crash',
    powerState: 'Running',
    weakerBecause: 'Somebody started it before its snapshot was taken (it was running).',
  })
  expect((await site.vm()).other_config).not.toHaveProperty('xenkeep:start-again')
})

test('a plain snapshot says what the VM was when it was taken, not a moment before', async () => {
  site = await methodsOnPool({ running: false })
  const start = () => site.xapi.run('VM.start', [site.vmRef, false, false], z.string())
  expect(await site.take({ method: 'normal' }, { around: start })).toMatchObject({
    consistency: 'crash',
    powerState: 'Running',
  })
})

test('a VM whose shutdown somebody has blocked is not switched off instead', async () => {
  site = await methodsOnPool()
  site.simulated.state.database.update('VM', site.vmRef, {
    blocked_operations: { clean_shutdown: 'production' },
  })
  await expect(site.take({ ...offline, fallback: 'hard-shutdown' })).rejects.toMatchObject({
    code: 'METHOD_UNAVAILABLE',
    message:
      'The VM "db" could not be backed up offline: its shutdown is blocked (OPERATION_BLOCKED).',
  })
  expect((await site.vm()).power_state).toBe('Running')
  expect(site.history()).toStrictEqual([])
})

const HASTY = { timeouts: { start: 300, whileDown: 300, calledOff: 200 } }

test('a start that does not end is called off and tried again', async () => {
  site = await methodsOnPool({}, HASTY)
  site.fault({ kind: 'delay-call', method: 'VM.start_on', milliseconds: 600_000 })
  expect(await site.take(offline)).toMatchObject({ consistency: 'offline' })
  expect((await site.vm()).power_state).toBe('Running')
  expect((await site.vm()).other_config).not.toHaveProperty('xenkeep:start-again')
})

test('a start that never ends fails the backup loudly, with its reason, and the next look goes on', async () => {
  site = await methodsOnPool({}, HASTY)
  site.fault({ kind: 'delay-call', method: 'VM.start_on', milliseconds: 600_000, times: 6 })
  await expect(site.take(offline)).rejects.toMatchObject({
    code: 'VM_NOT_STARTED',
    message:
      'The VM "db" was stopped by XenKeep and does NOT run again: VM.start_on had not ended after 0.3 s.',
  })
  expect(await site.leftovers()).toStrictEqual([])
  expect((await site.pool.startStopped(OWNER, () => false)).started).toHaveLength(1)
  expect((await site.vm()).power_state).toBe('Running')
})

test('a snapshot that does not end does not keep the VM down', async () => {
  site = await methodsOnPool({}, HASTY)
  site.fault({ kind: 'delay-call', method: 'VM.snapshot', milliseconds: 600_000 })
  await expect(site.take(offline)).rejects.toMatchObject({
    code: 'METHOD_UNAVAILABLE',
    message:
      'The VM "db" could not be backed up offline: its snapshot took so long that it was called off, and the VM started again.',
  })
  expect((await site.vm()).power_state).toBe('Running')
  expect(await site.leftovers()).toStrictEqual([])
})

test('high availability that has no room for the VM any more is named, and the VM bears its mark', async () => {
  site = await methodsOnPool()
  for (const method of ['VM.start_on', 'VM.start'])
    site.fault({
      kind: 'fail-call',
      method,
      error: ['HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN'],
      times: 6,
    })
  await expect(site.take(offline)).rejects.toMatchObject({
    code: 'VM_NOT_STARTED',
    message: expect.stringMatching(/does NOT run again: .*[Hh]igh availability/),
  })
  expect((await site.vm()).other_config).toHaveProperty('xenkeep:start-again')
})

test('with high availability on, nobody but the backup starts the VM, and it is protected as before', async () => {
  site = await methodsOnPool({ hosts: 2 })
  const [[poolRef] = ['']] = site.simulated.state.database.all('pool')
  site.simulated.state.database.update('pool', poolRef, { ha_enabled: true })
  site.simulated.state.database.update('VM', site.vmRef, {
    ha_restart_priority: 'restart',
    ha_always_run: true,
  })
  let meanwhile: unknown
  await site.take(offline, {
    around: async () => {
      const { power_state, ha_always_run } = await site.vm()
      meanwhile = { power_state, ha_always_run }
    },
  })
  expect(meanwhile).toStrictEqual({ power_state: 'Halted', ha_always_run: false })
  expect(await site.vm()).toMatchObject({ power_state: 'Running', ha_always_run: true })
})

test('switching off that does not end is called off, and the guest is watched', async () => {
  site = await methodsOnPool({}, HASTY)
  await site.guest({ shutdown: 'refuses' })
  site.fault({ kind: 'delay-call', method: 'VM.hard_shutdown', milliseconds: 600_000 })
  await expect(site.take({ ...offline, fallback: 'hard-shutdown' })).rejects.toMatchObject({
    code: 'METHOD_UNAVAILABLE',
    message: 'The VM "db" could not be backed up offline: switching it off took too long.',
  })
  expect((await site.vm()).power_state).toBe('Running')
  expect(await site.pool.startStopped(OWNER, () => true)).toMatchObject({ watched: 1 })
})
