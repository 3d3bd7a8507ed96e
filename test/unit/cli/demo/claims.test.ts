import { expect, test } from 'vitest'
import {
  areProven,
  claimRows,
  cloneClaim,
  fullBackupClaim,
  incrementalClaim,
  unchangedClaim,
} from '#cli/demo/claims.ts'
import { point } from '#test/support/points.ts'

const MiB = 1024 * 1024
const incremental = (bytesRead: number, bytesStored = bytesRead) => {
  const disks = point().disks.map(disk => ({ ...disk, incremental: true, reasons: [] }))
  return point({ disks, bytesRead, bytesStored })
}

test.each([
  ['all in full', fullBackupClaim([point(), point()], 2), true],
  ['one missing', fullBackupClaim([point()], 2), false],
  ['one incremental', fullBackupClaim([point(), incremental(0)], 2), false],
  ['clone stored nothing', cloneClaim(point(), point(), 5_000), true],
  ['clone stored all again', cloneClaim(point(), point(), 30 * MiB), false],
  ['clone was not read', cloneClaim(point(), point({ bytesRead: 0 }), 5_000), false],
  ['little read', incrementalClaim(incremental(6 * MiB), 3 * MiB), true],
  ['less read than changed', incrementalClaim(incremental(2 * MiB), 3 * MiB), false],
  ['nearly all read', incrementalClaim(incremental(60 * MiB), 3 * MiB), false],
  ['read in full', incrementalClaim(point({ bytesRead: 6 * MiB }), 3 * MiB), false],
  ['nothing read', unchangedClaim([incremental(0)]), true],
  ['something read', unchangedClaim([incremental(0), incremental(1)]), false],
  ['too much stored', unchangedClaim([incremental(0, 200_000)]), false],
  ['nothing looked at', unchangedClaim([]), false],
])('%s: %j', (_, claim, proven) => {
  expect(claim.proven).toBe(proven)
})

test('the numbers that were measured stand in the claim', () => {
  expect(incrementalClaim(incremental(6 * MiB, 4 * MiB), 3 * MiB)).toMatchObject({
    claim: 'The second backup of db-01 reads only what changed',
    measured: '3.00 MiB changed, 6.00 MiB of 64.0 MiB read, 4.00 MiB stored',
  })
})

const claim = (proven: boolean | null) => ({ claim: 'c', measured: 'm', proven })

test('what cannot be checked is no proof and no disproof', () => {
  expect(areProven([claim(true), claim(null)])).toBe(true)
  expect(areProven([claim(true), claim(false)])).toBe(false)
  expect(areProven([claim(null)])).toBe(false)
  expect(areProven([])).toBe(false)
  expect(claimRows([claim(true), claim(false), claim(null)], false)).toEqual([
    ['ok', 'c', 'm'],
    ['NOT PROVEN', 'c', 'm'],
    ['-', 'c', 'm'],
  ])
})
