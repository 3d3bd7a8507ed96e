import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Policy } from '#core/contracts/policies.ts'
import { PolicyInput } from '#core/contracts/policies.ts'
import { membersOf, protection } from '#core/policies/selection.ts'
import type { SelectableVm } from '#core/policies/selector.ts'

const GIB = 1024 ** 3
const uuid = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`

const vm = (number: number, name: string, more: Partial<SelectableVm> = {}): SelectableVm => ({
  ...{ uuid: uuid(number), name, poolUuid: uuid(900), poolName: 'Vienna', powerState: 'Running' },
  ...{ tags: [], disks: [{ userdevice: '0', name: `${name} system`, size: 10 * GIB }] },
  ...more,
})

const policy = (number: number, selection: unknown, more: object = {}): Policy => ({
  ...PolicyInput.parse({
    name: `policy ${number}`,
    schedule: { cron: '0 22 * * *', timeZone: 'UTC' },
    retention: { last: 1 },
    selection,
    ...more,
  }),
  policyId: `01J0000000000000000000000${number}`,
})

const db = vm(1, 'db-01', { tags: ['prod', 'sql'] })
const web = vm(2, 'web-01', { tags: ['prod'] })
const trial = vm(3, 'web-test', { tags: ['prod'], powerState: 'Halted' })
const far = vm(4, 'db-graz', { poolUuid: uuid(901), poolName: 'Graz' })
const standby = vm(5, 'db-01 (standby)', { tags: ['prod'] })
const all = [db, web, trial, far, standby]
const standbys = new Set([standby.uuid])

const members = (selection: unknown, policies: Policy[] = []) => {
  const asked = policy(9, selection)
  return membersOf(asked, { vms: all, standbys, policies: [asked, ...policies] })
}
const chosen = (selection: unknown, policies: Policy[] = []) =>
  members(selection, policies).chosen.map(({ vm: { name } }) => name)

test.each([
  [{ include: [{ all: true }] }, ['db-01', 'web-01', 'web-test', 'db-graz']],
  [{ include: [{ tags: ['sql', 'none'] }] }, ['db-01']],
  [{ include: [{ pools: ['Graz'] }] }, ['db-graz']],
  [{ include: [{ pools: [uuid(901).toUpperCase()] }] }, ['db-graz']],
  [{ include: [{ names: ['DB-*'] }] }, ['db-01', 'db-graz']],
  [{ include: [{ names: ['db-*'], pools: ['Vienna'] }] }, ['db-01']],
  [{ include: [{ names: ['db-*'] }, { tags: ['sql'] }] }, ['db-01', 'db-graz']],
  [{ include: [{ tags: ['prod'] }], exclude: [{ names: ['*-test'] }] }, ['db-01', 'web-01']],
  [{ include: [{ powerStates: ['Halted'] }] }, ['web-test']],
  [{ include: [{ vms: [standby.uuid, web.uuid] }] }, ['web-01', 'db-01 (standby)']],
  [{ include: [{ all: true }], exclude: [{ all: true }] }, []],
  [{ include: [{ sizeAtLeast: 11 * GIB }] }, []],
  [{ include: [{ sizeAtMost: 10 * GIB, tags: ['sql'] }] }, ['db-01']],
])('%j takes %j', (selection, names) => {
  expect(chosen(selection)).toStrictEqual(names)
})

test('each VM is told why it is in or out', () => {
  const { chosen: taken, leftOut } = members({
    include: [{ tags: ['prod'], pools: ['Vienna'] }],
    exclude: [{ names: ['*-test'] }],
  })
  expect(taken[0]?.why).toBe(
    'Taken, because it is in the pool "Vienna" and it bears the tag "prod".',
  )
  expect(leftOut.map(({ why }) => why)).toStrictEqual([
    'Left out, because its name fits "*-test".',
    'Left out: the selector does not take it, because it is in the pool "Graz".',
    'Left out: it is the standby of a replication and holds what recovery points hold; name it by its UUID to back it up all the same.',
  ])
})

test.each([
  [[{ names: ['db-*'] }], 'the selector does not take it, because its name does not fit "db-*"'],
  [
    [{ names: ['db-*', 'sql-*'], pools: ['Vienna'] }],
    'the selector does not take it, because its name does not fit any of "db-*", "sql-*"',
  ],
  [[{ pools: ['Graz'] }], 'the selector does not take it, because it is in the pool "Vienna"'],
  [[{ powerStates: ['Halted'] }], 'the selector does not take it, because it is running'],
  [
    [{ sizeAtLeast: 11 * GIB }],
    'the selector does not take it, because its disks have less than 11811160064 bytes',
  ],
  [
    [{ tags: ['prod'], vms: [uuid(1)] }, { tags: ['a', 'b', 'c', 'd'] }],
    'no selector takes it, the 1. because it is not among the UUIDs that are named, the 2. because it does not bear any of the tags "a", "b", "c" and 1 more',
  ],
])(
  'of a selector that does not take a VM the part is named that does not fit: %j',
  (include, why) => {
    expect(members({ include }).leftOut.find(({ vm }) => vm.name === 'web-01')?.why).toBe(
      `Left out: ${why}.`,
    )
  },
)

test('what no other policy protects: disabled policies and those that only people start protect nobody', () => {
  const rest = { include: [{ unprotected: true }] }
  const tagged = { include: [{ tags: ['prod'] }] }
  expect(chosen(rest)).toHaveLength(4)
  expect(chosen(rest, [policy(1, tagged)])).toStrictEqual(['db-graz'])
  expect(chosen(rest, [policy(1, tagged, { enabled: false })])).toHaveLength(4)
  expect(chosen(rest, [policy(1, tagged, { schedule: undefined })])).toHaveLength(4)
  // Two policies for what is left both take it: better twice than not at all.
  expect(chosen(rest, [policy(1, rest)])).toHaveLength(4)
})

test('which policies protect a VM', () => {
  const policies = [
    policy(1, { include: [{ tags: ['prod'] }] }),
    policy(2, { include: [{ names: ['db-*'] }] }),
    policy(3, { include: [{ unprotected: true }] }),
    policy(4, { include: [{ all: true }] }, { enabled: false }),
  ]
  const by = protection({ vms: all, standbys, policies: policies.slice(0, 2) })
  expect(by.get(db.uuid)?.map(({ name }) => name)).toStrictEqual(['policy 1', 'policy 2'])
  expect(by.get(far.uuid)?.map(({ name }) => name)).toStrictEqual(['policy 2'])
  expect(by.has(standby.uuid)).toBe(false)
  const lone = vm(6, 'forgotten')
  const more = protection({ vms: [...all, lone], standbys, policies })
  expect(more.get(lone.uuid)?.map(({ name }) => name)).toStrictEqual(['policy 3'])
})

test('disks are left out by name, number, size, for some VMs only', () => {
  const big = vm(7, 'files', {
    disks: [
      { userdevice: '0', name: 'system', size: GIB },
      { userdevice: '1', name: 'Scratch 1', size: GIB },
      { userdevice: '3', name: 'archive', size: 4_000 * GIB },
    ],
  })
  const excluded = (rules: unknown[]) => {
    const asked = policy(9, { include: [{ all: true }] }, { excludeDisks: rules })
    const inventory = { vms: [big], standbys, policies: [asked] }
    return membersOf(asked, inventory).chosen[0]?.excludedDisks
  }
  expect(excluded([{ names: ['scratch*'] }])).toStrictEqual(['1'])
  expect(excluded([{ userdevices: ['3'] }, { names: ['scratch*'] }])).toStrictEqual(['1', '3'])
  expect(excluded([{ sizeAtLeast: 1_000 * GIB }])).toStrictEqual(['3'])
  expect(excluded([{ sizeAtLeast: 1, ofVms: ['db-*'] }])).toStrictEqual([])
})

test('a VM that is named and gone is told', () => {
  expect(members({ include: [{ vms: [db.uuid, uuid(77)] }] }).missing).toStrictEqual([uuid(77)])
})

test('every VM is either chosen or left out; what is excluded is never chosen; a further exclusion adds nobody', () => {
  const selectors = fc.constantFrom(
    { all: true },
    { tags: ['prod'] },
    { names: ['*-01'] },
    { pools: ['Graz'] },
    { vms: [standby.uuid] },
    { powerStates: ['Halted'] },
  )
  const some = fc.array(selectors, { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(
      some,
      fc.array(selectors, { maxLength: 2 }),
      selectors,
      (include, exclude, more) => {
        const { chosen: taken, leftOut } = members({ include, exclude })
        expect(taken.length + leftOut.length).toBe(all.length)
        const fewer = chosen({ include, exclude: [...exclude, more] })
        const before = taken.map(({ vm: { name } }) => name)
        for (const name of fewer) expect(before).toContain(name)
      },
    ),
  )
})

test('ten thousand VMs and nine policies are decided in a moment', () => {
  const many = Array.from({ length: 10_000 }, (_, index) => vm(index + 1_000, `vm-${index}`))
  const policies = Array.from({ length: 9 }, (_, index) =>
    policy(index, { include: [{ names: [`*${index}`] }, { unprotected: true }] }),
  )
  // Its own time on a processor: others may be busy too.
  const start = process.threadCpuUsage()
  expect(protection({ vms: many, standbys, policies }).size).toBe(10_000)
  expect(process.threadCpuUsage(start).user).toBeLessThan(5_000_000)
})
