import { expect, test } from 'vitest'
import { pointKind } from '#cli/follow/job-text.ts'

const disk = (userdevice: string, incremental: boolean) => ({
  vdiUuid: '33333333-3333-4333-8333-333333333333',
  name: 'disk',
  userdevice,
  size: 1,
  rootHash: '',
  rung: 'cbt-nbd' as const,
  incremental,
  reasons: [],
  bytesRead: 0,
})

test.each([
  ['incremental', [disk('0', true), disk('memory', false)]],
  ['full', [disk('0', false), disk('memory', false)]],
  ['mixed', [disk('0', true), disk('1', false)]],
  ['no disks', []],
])('%s', (kind, disks) => {
  expect(pointKind({ disks })).toBe(kind)
})
