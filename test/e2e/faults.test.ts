import { randomBytes } from 'node:crypto'
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { JobOutcome } from '#core/contracts/jobs.ts'
import type { Fault } from '#sim/faults/faults.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'

let machine: Machine
afterEach(() => machine.stop())

const fault = (given: Fault) => machine.pool.state.faults.add(given)
const run = async (vm = 'web01') => machine.outcomeOf(await machine.start([vm]))

/** One clear sentence, what to do next, a stable code, no stack trace. */
const expectProblem = (outcome: JobOutcome, code: string, ...words: string[]) => {
  if (outcome.status !== 'failed') throw new Error(JSON.stringify(outcome))
  const { problem } = outcome
  expect(problem).toMatchObject({ code })
  for (const word of words) expect(problem.message).toContain(word)
  expect(problem.message).toMatch(/^[A-Z].*\.$/s)
  expect(problem.advice).toMatch(/^[A-Z].*\.$/s)
  expect(`${problem.message} ${problem.advice}`).not.toMatch(/\n|\bat .*\.ts:|OpaqueRef/)
}

const restartAgent = async () => {
  await machine.program('agent').stop()
  return machine.startAgent()
}

const editSettings = async (edit: (pool: Record<string, unknown>) => void) => {
  const file = machine.site.file('settings.json')
  const settings = JSON.parse(await readFile(file, 'utf8'))
  edit(settings.gateway.pools[0])
  await writeFile(file, JSON.stringify(settings))
}

/** Whatever goes wrong is told in words; nothing is lost, nothing stays on the pool, and the next job works. */
describe('trouble on the way of the data', { timeout: 90_000 }, () => {
  it('an export that turns into an HTTP 500 after its 200', async () => {
    machine = await startMachine(
      { web01: [randomBytes(8 * MiB)], other: [randomBytes(4 * MiB)] },
      { nbd: 'none' },
    )
    const error = ['VDI_IO_ERROR', 'Device I/O errors']
    for (const handler of ['export_raw_vdi', 'export'])
      fault({ kind: 'in-band-error', handler, error, times: 10 })
    expectProblem(await run(), 'VDI_IO_ERROR', 'export of the VM')
    await machine.clean()
    machine.pool.state.faults.clear()
    const point = await machine.backup('other')
    expect(point.disks[0]).toMatchObject({ rung: 'vhd' })
    expect(point.disks[0]?.reasons.join()).toContain('no network of the pool')
    expect((await machine.person.call('listPoints')).items).toHaveLength(1)
  })

  it('NBD that closes in mid-read is read on, and every byte is there', async () => {
    const image = randomBytes(12 * MiB)
    machine = await startMachine({ web01: [image] })
    fault({ kind: 'close-nbd', bytes: 3 * MiB, times: 2 })
    const point = await machine.backup('web01')
    await machine.clean()
    const outcome = await machine.restore(point.pointId)
    if (outcome.status !== 'restored') throw new Error(JSON.stringify(outcome))
    const [disk] = machine.disksOf(outcome.report.newVmUuid)
    expect((await machine.read(disk ?? '')).equals(image)).toBe(true)
  })

  it('a VM that is gone: not found at first, skipped once it had points', async () => {
    machine = await startMachine({ web01: [randomBytes(MiB)], other: [randomBytes(MiB)] })
    await machine.backup('other')
    for (const name of ['web01', 'other']) await machine.destroyVm(machine.pool.vms[name] ?? '')
    const outcomes = await Promise.all([run('web01'), run('other')])
    expectProblem(outcomes[0], 'VM_NOT_FOUND')
    expect(outcomes[1]).toMatchObject({
      status: 'skipped',
      reason: expect.stringContaining('no longer in the pool'),
    })
  })

  it('a lock that the repository cannot keep', async () => {
    machine = await startMachine({ web01: [randomBytes(MiB)] })
    const body = { kind: 'backup', vms: ['web01'], lock: { mode: 'governance', days: 30 } } as const
    const { runId } = await machine.person.call('startRun', {
      body: { ...body, vms: [...body.vms] },
    })
    expectProblem(await machine.outcomeOf(runId), 'LOCK_UNSUPPORTED', 'cannot lock objects')
    await machine.clean()
    expect((await machine.person.call('listPoints')).items).toEqual([])
    expect(await machine.backup('web01')).toMatchObject({ lock: null })
  })

  it('a truncated pack at restore', async () => {
    machine = await startMachine({ web01: [randomBytes(8 * MiB)] })
    const { pointId } = await machine.backup('web01')
    await machine.program('agent').stop()
    const packs = machine.site.file('repository', 'packs')
    for (const entry of await readdir(packs, { withFileTypes: true, recursive: true }))
      if (entry.isFile()) await truncate(join(entry.parentPath, entry.name), 3 * MiB)
    machine.startAgent()
    expectProblem(
      await machine.restore(pointId, { newName: 'back' }),
      'OBJECT_DAMAGED',
      machine.pool.vms.web01 ?? '',
    )
    await machine.clean()
    const names = [...machine.pool.state.database.all('VM').values()].map(vm => vm.name_label)
    expect(names).not.toContain('back')
  })
})

describe('trouble with keys and passwords', { timeout: 90_000 }, () => {
  it('a wrong passphrase, then the right one, without a restart', async () => {
    machine = await startMachine({ web01: [randomBytes(MiB)] })
    const file = machine.site.file('gateway', 'passphrase')
    const right = await readFile(file)
    await writeFile(file, 'something else')
    const agent = await restartAgent()
    expectProblem(await run(), 'WRONG_PASSPHRASE', 'passphrase')
    expect(agent.lines.join()).not.toContain('something else')
    await writeFile(file, right)
    await machine.backup('web01')
    await machine.clean()
  })

  it('a repository of a newer format', async () => {
    machine = await startMachine({ web01: [randomBytes(MiB)] })
    const file = machine.site.file('repository', 'repo', '00000001')
    const bootstrap = JSON.parse(await readFile(file, 'utf8'))
    await writeFile(file, JSON.stringify({ ...bootstrap, formatVersion: 99 }))
    await restartAgent()
    expectProblem(await run(), 'REPOSITORY_NEWER', 'newer')
    expect(machine.leftovers()).toEqual([])
  })

  it('a wrong password, tried once; then the right one, without a restart', async () => {
    machine = await startMachine({ web01: [randomBytes(MiB)] })
    const file = machine.site.file('pool.password')
    await writeFile(file, 'not-the-password')
    const agent = await restartAgent()
    expectProblem(await run(), 'XAPI_WRONG_PASSWORD', 'root')
    expect(agent.lines.join()).not.toContain('not-the-password')
    await writeFile(file, machine.pool.password)
    await machine.backup('web01')
    expect(agent.child.exitCode).toBeNull()
  })

  it('a certificate that is not the pinned one, and a host that does not answer', async () => {
    machine = await startMachine({ web01: [randomBytes(MiB)] })
    await editSettings(pool => {
      pool.fingerprint = 'ab'.repeat(32)
    })
    await restartAgent()
    const [host] = machine.pool.hosts
    expectProblem(await run(), 'XAPI_CERTIFICATE_MISMATCH', '127.0.0.1', 'fingerprint')
    await editSettings(pool => {
      pool.fingerprint = host?.certificateFingerprint
    })
    await machine.closePool()
    await restartAgent()
    expectProblem(await run(), 'XAPI_UNREACHABLE', '127.0.0.1')
  })

  it('settings with a member that nobody knows: refused by name, and not started again', async () => {
    machine = await startMachine({ web01: [randomBytes(MiB)] })
    await machine.program('agent').stop()
    await editSettings(pool => {
      pool.pasword = 'x'
    })
    const agent = machine.startAgent()
    expect(await agent.ended).toBe(2)
    expect(agent.lines.join()).toMatch(/pasword[\s\S]*SETTINGS_INVALID/)
  })
})
