import { expect, test } from 'vitest'
import { timeFormat } from '#cli/output/units.ts'
import { replicaLines } from '#cli/repo/replica-lines.ts'
import type { ReplicaReport, ReplicatedPoint } from '#repository/index.ts'

const modified = Date.parse('2026-11-22T12:00:00Z')
const point = (changes: Partial<ReplicatedPoint> = {}): ReplicatedPoint => ({
  key: 'points/0/A',
  id: 'A',
  modified,
  state: 'restorable',
  missing: [],
  onlyThere: false,
  ...changes,
})
const lines = (changes: Partial<ReplicaReport>) =>
  replicaLines(
    {
      replica: 's3://other',
      shut: undefined,
      missingSlots: [],
      points: [point()],
      restorable: 1,
      lag: 0,
      ...changes,
    },
    timeFormat('UTC'),
  )

test('a whole replica', () => {
  expect(lines({})).toEqual([
    'Replica s3://other: 1 of 1 recovery point can be restored from it alone.',
  ])
})

test('one that is behind says by how much, and what each point lacks', () => {
  const missing = ['packs/1', 'packs/2', 'packs/3', 'packs/4', 'packs/5']
  const points = [
    point(),
    point({ id: 'B', state: 'incomplete', missing }),
    point({ id: 'C', state: 'absent', missing: ['points/0/C'] }),
    point({ id: 'D', onlyThere: true }),
  ]
  expect(lines({ points, restorable: 2, lag: 7_500_000, missingSlots: ['keys/00000002.recovery'] })) //
    .toEqual([
      'Replica s3://other: 1 of 3 recovery points can be restored from it alone.',
      '  It is up to 2 h 05 min behind.',
      '  It lacks 1 key slot: keys/00000002.recovery.',
      '  Incomplete: point B (2026-11-22 12:00:00 UTC) lacks packs/1, packs/2, packs/3 and 2 more.',
      '  Not there: point C (2026-11-22 12:00:00 UTC).',
      '  1 point there that the repository does not have (any more).',
    ])
})

test('one that cannot be opened says why', () => {
  const points = [point({ state: 'incomplete' })]
  expect(lines({ points, shut: 'None of the key slots is there.', restorable: 0 })).toEqual([
    'Replica s3://other: 0 of 1 recovery point can be restored from it alone.',
    '  It cannot be opened: None of the key slots is there.',
  ])
})
