import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import { VmNotStartedError } from '#core/errors/methods.ts'
import { plainWorth } from '#gateway-agent/xapi/snapshot/vm-snapshot.ts'
import { JOB, type MethodsOnPool, methodsOnPool, OWNER } from '#test/support/methods-on-pool.ts'

let site: MethodsOnPool
afterEach(() => site[Symbol.asyncDispose]())

const memory = { method: 'memory' } as const

test('the memory image is one more disk, readable, with what a resume needs; and goes with the snapshot', async () => {
  site = await methodsOnPool()
  site.simulated.state.database.update('VM', site.vmRef, {
    last_booted_record: 'the machine',
    last_boot_CPU_flags: { vendor: 'GenuineIntel' },
  })
  const snapshot = await site.take(memory)
  const [, image] = snapshot.disks
  expect(snapshot.consistency).toBe('memory')
  expect(image).toMatchObject({ userdevice: 'memory', name: 'Memory of the VM', cbt: false })
  expect(snapshot.memory).toStrictEqual({
    vdiUuid: image?.uuid,
    size: image?.size,
    powerState: 'Suspended',
    lastBootedRecord: 'the machine',
    lastBootCpuFlags: { vendor: 'GenuineIntel' },
  })
  expect((await site.vm()).power_state).toBe('Running')
  expect((await site.vm()).other_config).not.toHaveProperty('xenkeep:start-again')

  if (!image) throw new Error('no image')
  const reading = await site.pool.readDisk({ disk: image, signal: new AbortController().signal })
  let bytes = 0
  for await (const extent of reading.extents()) if (!extent.zero) bytes += extent.bytes.length
  expect(bytes).toBeGreaterThanOrEqual(1024 * 1024)

  const found = await site.pool.findSnapshot({ vmUuid: site.vmUuid, jobId: JOB, owner: OWNER })
  if (!found || !('snapshot' in found)) throw new Error('it is not gone on with')
  expect(found.snapshot).toMatchObject({
    consistency: 'memory',
    memory: snapshot.memory,
    disks: snapshot.disks,
  })

  expect(await site.pool.destroySnapshot(snapshot)).toStrictEqual([])
  expect(await site.leftovers()).toStrictEqual([])
})

test('after the commit the memory image is gone and the bases stay', async () => {
  site = await methodsOnPool()
  const snapshot = await site.take(memory)
  expect(await site.pool.keepCbtBases(snapshot)).toStrictEqual([])
  expect(await site.leftovers()).toStrictEqual(['disk XenKeep base of db disk 0'])
})

test('a halted VM has no memory: its snapshot is an offline one', async () => {
  site = await methodsOnPool({ running: false })
  expect(await site.take(memory)).toMatchObject(plainWorth('Halted'))
})

const obstacles: [string, (on: MethodsOnPool) => unknown, string][] = [
  [
    'no tools',
    on => on.guest({ tools: false }),
    'its guest tools do not offer to suspend it (VM_LACKS_FEATURE)',
  ],
  [
    'a failing suspend',
    on => on.guest({ suspend: 'fails' }),
    'suspending it failed (VM_CHECKPOINT_SUSPEND_FAILED)',
  ],
  [
    'a failing resume',
    on => on.guest({ suspend: 'no-resume' }),
    'resuming it failed after its memory had been written (VM_CHECKPOINT_RESUME_FAILED)',
  ],
  [
    'a PCI device',
    on => on.simulated.state.database.update('VM', on.vmRef, { attached_PCIs: ['OpaqueRef:pci'] }),
    'a PCI device is passed through to it (VM_HAS_PCI_ATTACHED)',
  ],
  [
    'a virtual GPU',
    on => on.simulated.state.database.create('VGPU', { VM: on.vmRef }),
    'it has a virtual GPU (VM_HAS_VGPU)',
  ],
  [
    'no place for it',
    on => {
      const { database } = on.simulated.state
      const [ref = ''] = database.all('pool').keys()
      database.update('pool', ref, { suspend_image_SR: 'OpaqueRef:NULL' })
    },
    'the pool has no storage repository for memory images (suspend SR) (VM_NO_SUSPEND_SR)',
  ],
  [
    'a VM that cannot be suspended',
    on =>
      on.fault({
        kind: 'fail-call',
        method: 'VM.checkpoint',
        error: ['VM_NON_SUSPENDABLE'],
        times: 2,
      }),
    'it cannot be suspended (VM_NON_SUSPENDABLE)',
  ],
]

test.each(obstacles)(
  '%s: it fails, or a crash-consistent point says why; the VM runs',
  async (_, make, why) => {
    site = await methodsOnPool()
    await make(site)
    await expect(site.take(memory)).rejects.toMatchObject({
      code: 'METHOD_UNAVAILABLE',
      message: `The VM "db" could not be backed up with its memory: ${why}.`,
    })
    expect((await site.vm()).power_state).toBe('Running')
    expect(await site.leftovers()).toStrictEqual([])
    const snapshot = await site.take({ ...memory, fallback: 'crash' })
    expect(snapshot).toMatchObject({
      consistency: 'crash',
      weakerBecause: `${why.charAt(0).toUpperCase()}${why.slice(1)}.`,
    })
    expect((await site.vm()).power_state).toBe('Running')
  },
)

test('a licence without checkpoints falls back, or fails with its name', async () => {
  site = await methodsOnPool({ unlicensed: ['checkpoint'] })
  await expect(site.take(memory)).rejects.toMatchObject({
    code: 'METHOD_UNAVAILABLE',
    message: expect.stringContaining(
      'the licence of the pool does not include it (LICENCE_RESTRICTION)',
    ),
  })
  expect(await site.take({ ...memory, fallback: 'crash' })).toMatchObject({ consistency: 'crash' })
})

test('a checkpoint without an image of the memory is no memory snapshot', async () => {
  site = await methodsOnPool()
  const { database } = site.simulated.state
  // The image is gone between the end of the checkpoint and our first look.
  const forget = async () => {
    for (const [ref, vm] of database.all('VM'))
      if (vm.is_a_snapshot) database.update('VM', ref, { suspend_VDI: 'OpaqueRef:NULL' })
  }
  const { run } = site.xapi
  site.xapi.run = async (method, ...rest) => {
    const result = await run(method, ...rest)
    if (method === 'VM.checkpoint') await forget()
    return result
  }
  const why = 'XenServer took the checkpoint without an image of its memory'
  await expect(site.take(memory)).rejects.toMatchObject({
    code: 'METHOD_UNAVAILABLE',
    message: `The VM "db" could not be backed up with its memory: ${why}.`,
  })
  expect((await site.vm()).power_state).toBe('Running')
  const snapshot = await site.take({ ...memory, fallback: 'crash' })
  expect(snapshot).toMatchObject({ consistency: 'crash', weakerBecause: `${why}.` })
  expect(snapshot.memory).toBeUndefined()
})

test('a VM that stays suspended is resumed by the next look', async () => {
  site = await methodsOnPool()
  await site.guest({ suspend: 'no-resume' })
  site.fault({
    kind: 'fail-call',
    method: 'VM.resume',
    error: ['HOST_NOT_ENOUGH_FREE_MEMORY', '1', '0'],
    times: 6,
  })
  await expect(site.take({ ...memory, fallback: 'crash' })).rejects.toMatchObject({
    code: 'VM_NOT_STARTED',
  })
  expect((await site.vm()).power_state).toBe('Suspended')
  expect((await site.pool.startStopped(OWNER, () => false)).started).toHaveLength(1)
  expect((await site.vm()).power_state).toBe('Running')
  expect(await site.xapi.call('VM.get_suspend_VDI', [site.vmRef], z.string())).toBe(
    'OpaqueRef:NULL',
  )
})

test('nothing is left of the snapshot where the VM does not run after it', async () => {
  site = await methodsOnPool()
  site.pool.runAgain = async () => {
    throw new VmNotStartedError('db', 'no host has room for it.')
  }
  await expect(site.take(memory)).rejects.toMatchObject({ code: 'VM_NOT_STARTED' })
  expect(await site.leftovers()).toStrictEqual([])
})

test('a checkpoint that does not end is called off, and the VM goes on', async () => {
  site = await methodsOnPool({}, { timeouts: { start: 300, whileDown: 300, calledOff: 200 } })
  site.fault({ kind: 'delay-call', method: 'VM.checkpoint', milliseconds: 600_000 })
  const why = 'writing its memory took so long that it was called off'
  await expect(site.take(memory)).rejects.toMatchObject({
    code: 'METHOD_UNAVAILABLE',
    message: `The VM "db" could not be backed up with its memory: ${why}.`,
  })
  expect(await site.vm()).toMatchObject({ power_state: 'Running' })
  expect((await site.vm()).other_config).not.toHaveProperty('xenkeep:start-again')
  expect(await site.leftovers()).toStrictEqual([])
})

test('that the VM does not run is told also where its snapshot cannot be removed', async () => {
  site = await methodsOnPool()
  site.pool.runAgain = async () => {
    throw new VmNotStartedError('db', 'no host has room for it.')
  }
  site.pool.destroySnapshot = async () => {
    throw new Error('the connection is gone')
  }
  await expect(site.take(memory)).rejects.toMatchObject({ code: 'VM_NOT_STARTED' })
})
