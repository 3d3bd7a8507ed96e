import { expect, test } from 'vitest'
import { checkLines } from '#cli/check/report-lines.ts'
import { verificationLines } from '#cli/check/verification-lines.ts'
import { timeFormat } from '#cli/output/units.ts'
import type { CheckReport, VerificationSummary } from '#repository/index.ts'
import { ids } from '#test/support/points.ts'

const MiB = 1024 * 1024
const summary = (changes: Partial<VerificationSummary> = {}): VerificationSummary => ({
  packs: 128,
  bytes: 4096 * MiB,
  never: { packs: 0, bytes: 0 },
  damaged: 0,
  oldest: undefined,
  newest: undefined,
  runs: [],
  ...changes,
})
const report = (changes: Partial<CheckReport> = {}): CheckReport => ({
  level: 2,
  points: 3,
  packs: 2,
  packsRead: 2,
  bytesRead: 40 * MiB,
  recordsVerified: 40,
  orphans: 0,
  borrowed: [],
  unreadable: [],
  verification: summary(),
  findings: [],
  ...changes,
})
const extent = (offset: number) => ({
  vmUuid: ids.vm,
  pointId: ids.job,
  diskId: ids.vdi,
  offset,
  length: MiB,
})

test('a sound repository says what was looked at, at each level', () => {
  expect(checkLines('file:/r', report(), new Map())).toEqual([
    'Repository file:/r: 3 recovery points, 2 packs.',
    'Every stored byte was read, decrypted and compared with its checksum: 2 packs, 40.0 MiB.',
    'No damage was found.',
  ])
  const quick = checkLines('file:/r', report({ level: 0, packsRead: 0, orphans: 1 }), new Map())
  expect(quick.slice(1)).toEqual([
    'All objects are listed and their sizes compared; no data was read.',
    '1 pack needed by no point (left by interrupted backups or removed points; no damage).',
    'Nothing is missing.',
  ])
})

test('damage names VM, disk and place; neighbours are told as one', () => {
  const finding = {
    code: 'OBJECT_DAMAGED',
    object: 'packs/x',
    message: 'The object "packs/x" is damaged.',
    affected: [extent(0), extent(MiB), extent(5 * MiB)],
  }
  const harmless = { ...finding, affected: [] }
  const labels = new Map([
    [ids.vm, '"db\\x1b"'],
    [ids.vdi, '0 "root"'],
  ])
  const lines = checkLines('file:/r', report({ findings: [finding, harmless] }), labels)
  expect(lines.slice(2, 8)).toEqual([
    'DAMAGE: 2 findings; 1 of 3 recovery points cannot be restored completely.',
    '  OBJECT_DAMAGED: The object "packs/x" is damaged.',
    `    VM "db\\x1b" (${ids.vm}), point ${ids.job}, disk 0 "root" (${ids.vdi}), bytes 0 to 2,097,152 (2.00 MiB)`,
    `    VM "db\\x1b" (${ids.vm}), point ${ids.job}, disk 0 "root" (${ids.vdi}), bytes 5,242,880 to 6,291,456 (1.00 MiB)`,
    '  OBJECT_DAMAGED: The object "packs/x" is damaged.',
    '    No recovery point needs it.',
  ])
})

test('how much was verified, and when, is told in words', () => {
  const now = Date.parse('2026-11-22T12:00:00Z')
  const lines = (changes: Partial<VerificationSummary>) =>
    verificationLines(summary(changes), { now, time: timeFormat('UTC') })
  const oldest = now - 76 * 3_600_000
  expect(lines({ oldest })).toEqual([
    'Everything was verified at least once; the oldest verification is 3 d 4 h old (2026-11-19 08:00:00 UTC).',
  ])
  expect(lines({ oldest, never: { packs: 8, bytes: 256 * MiB }, damaged: 1 })).toEqual([
    '120 of 128 packs were verified at least once; the oldest verification is 3 d 4 h old (2026-11-19 08:00:00 UTC).',
    'Never verified: 8 packs (256 MiB).',
    'DAMAGE: 1 pack could not be read whole when last verified.',
  ])
  expect(lines({ never: { packs: 128, bytes: 4096 * MiB } })).toEqual([
    'Nothing was ever verified: 128 packs (4.00 GiB).',
  ])
  expect(lines({ packs: 0, bytes: 0 })).toEqual(['Nothing is stored yet that could be verified.'])
})
