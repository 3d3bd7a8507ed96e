import { expect, test } from 'vitest'
import { formerMembers } from '#core/policies/former-members.ts'
import type { Members } from '#core/policies/selection.ts'

const vm = (uuid: string, name: string) =>
  ({ vm: { uuid, name }, why: '', excludedDisks: [] }) as unknown as Members['chosen'][number]
const point = (vmUuid: string, vmName: string, taken: number) => ({ vmUuid, vmName, taken })

test('VMs that vanished or were renamed are told, with the name of their newest point', () => {
  const points = [
    point('1', 'web', 5),
    point('2', 'older name', 1),
    point('2', 'db', 7),
    point('3', 'gone', 3),
    point('4', 'tagged', 3),
  ]
  const members = {
    chosen: [vm('1', 'web')],
    leftOut: [vm('2', 'db-old'), vm('4', 'tagged'), vm('9', 'other')],
  }
  expect(formerMembers(points, members)).toStrictEqual([
    'It has points of "db-old" (which was "db"), "tagged" and takes them no more; those points go on expiring, and the newest stay.',
    'It has points of "gone", and no pool has that VM any more; those points go on expiring, and the newest stay.',
  ])
  expect(formerMembers([], members)).toStrictEqual([])
  // A VM that was renamed and is taken all the same is no news.
  expect(formerMembers([point('1', 'old', 1)], members)).toStrictEqual([])
})

test('many are counted', () => {
  const points = Array.from({ length: 8 }, (_, n) => point(String(n), `vm${n}`, n))
  expect(formerMembers(points, { chosen: [], leftOut: [] })[0]).toContain(
    '"vm3", "vm4" and 3 more VMs, and no pool has those VMs any more',
  )
})
