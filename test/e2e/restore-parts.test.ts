import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CommandLine, commandLine } from '#test/support/command-line.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'
import { census, disksOf } from '#test/support/pool-state.ts'

/*
 * Motivation: sometimes one disk is wanted and not the machine, and sometimes the machine as it ran.
 * Steps: a VM is backed up with its memory; one disk of it goes to another VM, the VM goes on from its memory on a network of its own.
 * Passes when disk and memory are what they were, what was done is printed, and after a refusal the pool is as it was.
 */

let machine: Machine
let cli: CommandLine
const images = { db: [randomBytes(2 * MiB), randomBytes(4 * MiB)], rescue: [randomBytes(2 * MiB)] }

beforeAll(async () => {
  machine = await startMachine(images)
  cli = commandLine(machine.site.dataDir)
  const { database } = machine.pool.state
  const size = { memory_static_max: 8 * MiB, memory_dynamic_max: 8 * MiB }
  database.update('VM', database.byUuid('VM', machine.pool.vms.db ?? ''), {
    ...{ ...size, memory_static_min: 8 * MiB, memory_dynamic_min: 8 * MiB },
  })
  database.create('network', { name_label: 'Isolated', bridge: 'xapi9', managed: true })
  expect(await cli.done('backup', 'db', '--method', 'memory')).toContain('backed up')
  await machine.clean()
}, 60_000)
afterAll(() => machine?.stop())

test('one disk goes to another VM while that runs', async () => {
  const printed = await cli.done('restore', 'latest:db', '--disk', '1', '--attach-to', 'rescue')
  const { jobs } = await cli.latestRun()
  const outcome = jobs[0]?.outcome
  if (outcome?.status !== 'disks-restored') throw new Error(printed)
  const [disk] = outcome.report.disks
  expect(printed).toContain(`restored disk 1 as "db disk 1 (restored)" (VDI ${disk?.vdiUuid}, on`)
  expect(printed).toContain('as device 1, and its guest has it.')
  expect(printed).toContain(`proof: disk 1 has the root hash ${disk?.rootHash}, as in the point`)
  expect(disksOf(machine.pool, machine.pool.vms.rescue ?? '')).toContain(disk?.vdiUuid)
  const bytes = await machine.pool.state.disks.read(disk?.vdiUuid ?? '', 0, 4 * MiB)
  expect(images.db[1]?.equals(bytes)).toBe(true)
  await machine.clean()
})

test('the VM goes on from its memory, beside the one that still runs, on a network of its own', async () => {
  const wanted = ['restore', 'latest:db', '--resume', '--network', '0=Isolated', '--start']
  expect(await cli.done(...wanted, '--plan')).toContain('Resumes the VM.')
  const printed = await cli.done(...wanted)
  expect(printed).toContain('restored as "db (restored)": 2 disks and its memory, ')
  expect(printed).toContain('goes on from the memory of the recovery point')
  const { database } = machine.pool.state
  const vm = [...database.all('VM').values()].find(one => one.name_label === 'db (restored)')
  expect(vm?.power_state).toBe('Running')
  const told = [...database.all('message').values()].filter(one => one.obj_uuid === vm?.uuid)
  expect(told.map(({ name }) => name)).toEqual(['VM_RESUMED'])
  await machine.clean()
})

test.each([
  [['--disk', '9'], 'RESTORE_NO_SUCH_PART', 'The recovery point has no disk "9"'],
  [
    ['--disk', '0', '--attach-to', 'nobody'],
    'DISK_NOT_ATTACHABLE',
    'No disk can be attached to "nobody": the pool has no VM of that UUID or name.',
  ],
  [
    ['--resume'],
    'MEMORY_NOT_RESUMABLE',
    'The VM cannot go on from the memory of the recovery point: the guest keeps its addresses',
  ],
  [['--attach-to', 'rescue'], 'RESTORE_REQUEST', 'only single disks are attached to a VM'],
])('%j is refused with a sentence, and nothing is made', async (wishes, code, sentence) => {
  const before = census(machine.pool)
  const { exitCode, stdout, stderr } = await cli.xenkeep('restore', 'latest:db', ...wishes)
  expect(exitCode).not.toBe(0)
  expect(`${stdout}${stderr}`).toContain(sentence)
  expect(stderr).toContain(`  code: ${code}\n`)
  await machine.clean()
  expect(census(machine.pool)).toEqual(before)
})
