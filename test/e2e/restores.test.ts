import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { subjectOf } from '#core/runs/work-of.ts'
import { addRepository } from '#sim/inventory/storage.ts'
import type { Pool } from '#sim/pool.ts'
import { type CommandLine, commandLine } from '#test/support/command-line.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'
import { poolOfImages } from '#test/support/pool-of-images.ts'
import { census, contentOf, disksOf } from '#test/support/pool-state.ts'

/*
 * Motivation: a restore is why there are backups. Each way back has to work as docs/operations.md says it, and what cannot be done has to
 * be said before anything is touched.
 * Steps: points of three VMs; restored in every way, by the command line, into the pool they come from and into another one.
 * Passes when VM and disks are what they were, the proof is printed, and after a refusal both pools are as they were.
 */

let machine: Machine
let elsewhere: Pool
let cli: CommandLine
let images: Record<'web' | 'db' | 'app', Buffer[]>

beforeAll(async () => {
  images = {
    web: [randomBytes(4 * MiB), randomBytes(2 * MiB)],
    db: [randomBytes(4 * MiB)],
    app: [randomBytes(2 * MiB)],
  }
  elsewhere = await poolOfImages({ other: [randomBytes(2 * MiB)] })
  machine = await startMachine(images, { hosts: 2, morePools: [elsewhere] })
  cli = commandLine(machine.site.dataDir)
  const { state } = machine.pool
  addRepository(state, state.hosts, 'lvmoiscsi', 'Fast SSD')
  state.database.create('network', { name_label: 'Isolated', bridge: 'xapi9', managed: true })
  expect(await cli.done('backup', '--all')).toContain('4 of 4 VMs backed up.')
  await machine.clean()
}, 60_000)
afterEach(async () => {
  machine.pool.state.faults.clear()
  await machine.clean()
})
afterAll(async () => {
  await machine?.stop()
  await elsewhere?.close()
})

const get = (pool: Pool, uuid: string) =>
  pool.state.database.get('VM', pool.state.database.byUuid('VM', uuid))
const uuidOf = (name: 'web' | 'db' | 'app') => machine.pool.vms[name] ?? ''
const interfaces = (pool: Pool, uuid: string) =>
  get(pool, uuid).VIFs.map(ref => pool.state.database.get('VIF', ref))
const srOf = (pool: Pool, vdiUuid: string) => {
  const { database } = pool.state
  return database.get('SR', database.get('VDI', database.byUuid('VDI', vdiUuid)).SR).name_label
}
const shutDown = (uuid: string) =>
  machine.call('VM.hard_shutdown', machine.pool.state.database.byUuid('VM', uuid))

/** Restores, and gives what was printed and the report of each VM. */
const restore = async (...args: string[]) => {
  const printed = await cli.done('restore', ...args)
  const { jobs } = await cli.latestRun()
  const reports = jobs.map(({ outcome }) => {
    if (outcome?.status !== 'restored') throw new Error(printed)
    return outcome.report
  })
  // What the point holds by its own list is what was proven of each disk.
  for (const [i, { disks }] of reports.entries()) {
    const point = (await cli.points(jobs[i] ? subjectOf(jobs[i].spec) : ''))[0]
    for (const { userdevice, rootHash } of disks) {
      expect(point?.disks.find(disk => disk.userdevice === userdevice)?.rootHash).toBe(rootHash)
      expect(printed).toContain(
        `proof: disk ${userdevice} has the root hash ${rootHash}, as in the point`,
      )
    }
  }
  const [report] = reports
  if (!report) throw new Error('no report')
  return { printed, report, reports }
}
const expectContent = async (pool: Pool, uuid: string, expected: Buffer[]) => {
  const contents = await contentOf(pool, uuid)
  expect(contents.map((bytes, i) => bytes.equals(expected[i] ?? Buffer.alloc(0)))).toEqual(
    expected.map(() => true),
  )
}

/** One sentence, a code, an exit code, and nothing of it on either pool. */
const expectRefused = async (args: string[], code: string, sentence: string, exit = 1) => {
  const before = [census(machine.pool), census(elsewhere)]
  const { exitCode, stdout, stderr } = await cli.xenkeep('restore', ...args)
  expect(`${stdout}${stderr}`).toContain(sentence)
  expect(stderr).toMatch(/ {2}what to do: [A-Z"].*\.\n/)
  expect(stderr).toContain(`  code: ${code}\n`)
  expect(exitCode).toBe(exit)
  await machine.clean()
  expect([census(machine.pool), census(elsewhere)]).toEqual(before)
}

test('--plan tells each step and does nothing', async () => {
  const before = census(machine.pool)
  const printed = await cli.done(
    ...[
      'restore',
      'latest:web',
      '--identity',
      'same',
      '--replace',
      '--shut-down',
      '--start',
      '--plan',
    ],
  )
  expect(printed).toContain('web  planned; nothing was done')
  for (const step of [
    /1\. .*disk 0 \("web disk 0", 4 MiB, of which 4 MiB hold something\) to "Shared storage" through the host "xenserver-\d"/,
    /Shuts down the VM "web", which is running, when the disks are proven\./,
    /Takes a snapshot of "web", which brings it back if anything fails from here on\./,
    /Puts network interface 0 on its network with the MAC address /,
    /\d+\. Starts the VM\.\n/,
  ])
    expect(printed).toMatch(step)
  expect(census(machine.pool)).toEqual(before)
})

describe('as a new VM', () => {
  test('with a name, a disk on other storage, an interface on another network, its MAC kept, started', async () => {
    const { printed, report } = await restore(
      ...['latest:web', '--name', 'web (test)', '--sr', '1=Fast SSD', '--network', '0=Isolated'],
      ...['--macs', 'keep', '--start'],
    )
    expect(printed).toContain(
      'restored as "web (test)": 2 disks, 6.00 MiB written, content proven equal to the point, started',
    )
    expect(printed).toContain('note: Network interface 0 is on "Isolated", as asked.')
    expect(report.newVmUuid).not.toBe(uuidOf('web'))
    expect(get(machine.pool, report.newVmUuid)).toMatchObject({
      name_label: 'web (test)',
      power_state: 'Running',
      blocked_operations: {},
    })
    expect(report.disks.map(({ vdiUuid }) => srOf(machine.pool, vdiUuid))).toEqual([
      'Shared storage',
      'Fast SSD',
    ])
    const [vif] = interfaces(machine.pool, report.newVmUuid)
    expect(vif?.MAC).toBe(interfaces(machine.pool, uuidOf('web'))[0]?.MAC)
    expect(machine.pool.state.database.get('network', vif?.network ?? '').name_label).toBe(
      'Isolated',
    )
    await expectContent(machine.pool, report.newVmUuid, images.web)
  })

  test('by default halted, with new MAC addresses, and without an interface that is not wanted', async () => {
    const { printed, report } = await restore('latest:db')
    expect(printed).toContain('restored as "db (restored)": 1 disk, 4.00 MiB written')
    expect(printed).toContain('note: The network interfaces have new MAC addresses.')
    expect(get(machine.pool, report.newVmUuid)).toMatchObject({
      power_state: 'Halted',
      blocked_operations: {},
    })
    expect(interfaces(machine.pool, report.newVmUuid)[0]?.MAC).not.toBe(
      interfaces(machine.pool, uuidOf('db'))[0]?.MAC,
    )
    const without = await restore('latest:db', '--network', '0=none', '--name', 'db alone')
    expect(interfaces(machine.pool, without.report.newVmUuid)).toEqual([])
    await expectContent(machine.pool, without.report.newVmUuid, images.db)
  })

  test('in another pool: a network that it lacks is left out and told, or refused', async () => {
    const into = ['latest:app', '--pool', elsewhere.poolUuid, '--sr', 'Shared storage', '--start']
    const network = elsewhere.state.database.all('network').values().next().value?.name_label ?? ''
    for (const [ref] of elsewhere.state.database.all('network'))
      elsewhere.state.database.update('network', ref, { name_label: 'Another', bridge: 'xenbr7' })
    const refuse = [...into, '--missing-networks', 'refuse']
    await expectRefused(refuse, 'RESTORE_NETWORK', 'Network interface 0 cannot be put on "')
    const { printed, report } = await restore(...into)
    expect(printed).toMatch(/note: Network interface 0 .*left out/)
    expect(network).not.toBe('')
    expect(get(elsewhere, report.newVmUuid)).toMatchObject({ power_state: 'Running', VIFs: [] })
    await expectContent(elsewhere, report.newVmUuid, images.app)
  })

  test('several points in one run, over the hosts of the pool', async () => {
    const hosts = new Set<string>()
    const { database, limits } = machine.pool.state
    database.onChange(({ className, ref }) => {
      const vbd = className === 'VBD' ? database.find('VBD', ref) : undefined
      const vm = vbd && database.find('VM', vbd.VM)
      if (vm?.is_control_domain) hosts.add(vm.name_label)
    })
    limits.set({ bytesPerSecond: 8 * MiB })
    const { printed, reports } = await restore(
      'latest:web',
      'latest:db',
      'latest:app',
      '--sr',
      'Fast SSD',
    )
    limits.set({ bytesPerSecond: 0 })
    expect(printed).toContain('succeeded')
    expect(printed).toContain(': 3 of 3 VMs restored.')
    expect(hosts.size).toBe(2)
    for (const [i, name] of (['web', 'db', 'app'] as const).entries())
      await expectContent(machine.pool, reports[i]?.newVmUuid ?? '', images[name])
  })
})

describe('into the disks of the machine', () => {
  test('not without consent while it runs', () =>
    expectRefused(
      ['latest:db', '--identity', 'disks-only'],
      'VM_RUNS',
      'The VM "db" is running; it has to be off for this.',
    ))

  test('only blocks that differ; VM and disks keep their UUIDs, and it runs again', async () => {
    const before = disksOf(machine.pool, uuidOf('db'))
    await machine.write(uuidOf('db'), 0, MiB + 77, randomBytes(9_000))
    const { printed, report } = await restore(
      'latest:db',
      '--identity',
      'disks-only',
      '--shut-down',
    )
    expect(printed).toMatch(
      /restored as "db": 1 disk, (64\.0 KiB|1\.00 MiB|2\.00 MiB) written, content proven equal to the point/,
    )
    expect(report.newVmUuid).toBe(uuidOf('db'))
    expect(disksOf(machine.pool, uuidOf('db'))).toEqual(before)
    expect(get(machine.pool, uuidOf('db')).power_state).toBe('Running')
    await expectContent(machine.pool, uuidOf('db'), images.db)
  })
})

describe('as itself', () => {
  test('a VM that is there is not replaced without consent, and not while it runs', async () => {
    const same = ['latest:web', '--identity', 'same']
    await expectRefused(
      same,
      'VM_UUID_TAKEN',
      `The pool has the VM "web" with the UUID ${uuidOf('web')}.`,
    )
    await expectRefused(
      [...same, '--replace'],
      'VM_RUNS',
      'The VM "web" is running; it has to be off for this.',
    )
  })

  test('a copy with the same seed of MAC addresses is told before anything is written', async () => {
    const { database } = machine.pool.state
    const { mac_seed = '' } = get(machine.pool, uuidOf('web')).other_config
    const [copy = ''] =
      [...database.all('VM')].find(([, { name_label }]) => name_label === 'web (restored)') ?? []
    const { other_config } = database.get('VM', copy)
    database.update('VM', copy, { other_config: { ...other_config, mac_seed } })
    const same = ['latest:web', '--identity', 'same', '--replace', '--shut-down']
    await expectRefused(same, 'RESTORE_CONFLICT', 'The VM "web (restored)" (')
    database.update('VM', copy, { other_config })
  })

  test('a restore that fails on its way leaves the VM as it was, running', async () => {
    const before = get(machine.pool, uuidOf('web'))
    machine.pool.state.faults.add({
      kind: 'fail-call',
      method: 'VM.set_blocked_operations',
      error: ['INTERNAL_ERROR', 'no luck'],
    })
    const { exitCode, stderr } = await cli.xenkeep(
      ...['restore', 'latest:web', '--identity', 'same', '--replace', '--shut-down'],
    )
    expect(exitCode).toBe(1)
    expect(stderr).toContain('  code: XAPI_FAILED\n')
    await machine.clean()
    const after = get(machine.pool, uuidOf('web'))
    expect(after).toMatchObject({ name_label: before.name_label, power_state: 'Running' })
    await expectContent(machine.pool, uuidOf('web'), images.web)
  })

  test('with consent it is shut down, replaced under its UUID and MAC addresses, and started', async () => {
    const macs = interfaces(machine.pool, uuidOf('web')).map(({ MAC }) => MAC)
    await machine.write(uuidOf('web'), 0, 0, randomBytes(9_000))
    const { printed } = await restore(
      ...['latest:web', '--identity', 'same', '--replace', '--shut-down', '--start'],
    )
    expect(printed).toContain(
      'restored as "web": 2 disks, 6.00 MiB written, content proven equal to the point, started',
    )
    expect(printed).toContain('note: "web" was shut down for this.')
    expect(printed).toContain('note: It replaced the VM "web" of the same UUID.')
    expect(interfaces(machine.pool, uuidOf('web')).map(({ MAC }) => MAC)).toEqual(macs)
    expect(get(machine.pool, uuidOf('web')).power_state).toBe('Running')
    await expectContent(machine.pool, uuidOf('web'), images.web)
  })

  test('a VM that is gone comes back by its name', async () => {
    const uuid = uuidOf('app')
    const macs = interfaces(machine.pool, uuid).map(({ MAC }) => MAC)
    await machine.destroyVm(uuid)
    const { printed } = await restore('latest:app', '--identity', 'same', '--start')
    expect(printed).toContain(
      'restored as "app": 1 disk, 2.00 MiB written, content proven equal to the point, started',
    )
    expect(get(machine.pool, uuid).power_state).toBe('Running')
    expect(interfaces(machine.pool, uuid).map(({ MAC }) => MAC)).toEqual(macs)
    await expectContent(machine.pool, uuid, images.app)
  })
})

describe('what cannot be done is said before anything is written', () => {
  test('no room, storage that fills up on the way, storage that is not there or detached', async () => {
    const { database, faults } = machine.pool.state
    const [sr = '', { physical_size = 0 } = {}] =
      [...database.all('SR')].find(([, { name_label }]) => name_label === 'Shared storage') ?? []
    database.update('SR', sr, { physical_size: 3 * MiB })
    await expectRefused(
      ['latest:web'],
      'SR_TOO_SMALL',
      'The storage repository "Shared storage" has 3 MiB free, and the disks need 7 MiB.',
    )
    database.update('SR', sr, { physical_size })
    const error = ['SR_BACKEND_FAILURE_44', '', 'There is insufficient space', '']
    faults.add({ kind: 'fail-write', handler: 'import_raw_vdi', error, bytes: MiB, times: 9 })
    await expectRefused(['latest:db'], 'SR_FULL', 'The storage repository has no room left')
    faults.clear()
    await expectRefused(
      ['latest:db', '--sr', 'Nowhere'],
      'RESTORE_TARGET',
      'The VM cannot be restored there: the pool has no storage repository called "Nowhere".',
    )
    const { PBDs } = database.get('SR', sr)
    for (const pbd of PBDs) database.update('PBD', pbd, { currently_attached: false })
    await expectRefused(['latest:db'], 'RESTORE_TARGET', 'is not attached to any host that runs')
    for (const pbd of PBDs) database.update('PBD', pbd, { currently_attached: true })
  })

  test('networks, disks and interfaces that are not there', async () => {
    await expectRefused(
      ['latest:db', '--network', '0=DMZ'],
      'RESTORE_NETWORK',
      'Network interface 0 cannot be put on "DMZ": the pool has no such network.',
    )
    await expectRefused(
      ['latest:db', '--network', '5=none'],
      'RESTORE_NO_SUCH_PART',
      'The recovery point has no network interface "5"',
    )
    await expectRefused(
      ['latest:db', '--sr', '7=Fast SSD'],
      'RESTORE_NO_SUCH_PART',
      'The recovery point has no disk "7"',
    )
  })

  test('a VM that needs newer hosts', async () => {
    const { database } = machine.pool.state
    const uuid = uuidOf('db')
    database.update('VM', database.byUuid('VM', uuid), { hardware_platform_version: 9 })
    await cli.done('backup', 'db')
    database.update('VM', database.byUuid('VM', uuid), { hardware_platform_version: 0 })
    await shutDown(uuid)
    await machine.clean()
    await expectRefused(
      ['latest:db', '--identity', 'same', '--replace'],
      'VM_TOO_NEW',
      'The VM needs virtual hardware of version 9, and the hosts of the pool offer ',
    )
  })

  test('a request that contradicts itself, and a point that is not there', async () => {
    await expectRefused(
      ['latest:web', 'latest:db', '--name', 'both'],
      'RESTORE_REQUEST',
      'This restore cannot be asked for: ',
      2,
    )
    await expectRefused(['latest:nothing'], 'VM_NOT_FOUND', 'There is no VM "nothing"', 2)
    await expectRefused(
      ['01JD9W5R6D3S0Q6Z1B4W8TXY2K'],
      'POINT_NOT_FOUND',
      '01JD9W5R6D3S0Q6Z1B4W8TXY2K',
      2,
    )
  })
})
