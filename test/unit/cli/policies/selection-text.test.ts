import { expect, test } from 'vitest'
import { selectionText } from '#cli/policies/selection-text.ts'
import { Selection } from '#core/contracts/policies.ts'

test.each([
  [{ include: [{ all: true }] }, 'every VM but standbys'],
  [
    { include: [{ tags: ['prod'], pools: ['A', 'B'] }], exclude: [{ names: ['tmp-*'] }] },
    'VMs tagged "prod", in pool "A" or "B"; but not VMs named "tmp-*"',
  ],
  [
    {
      include: [
        { powerStates: ['Running', 'Paused'], sizeAtLeast: 1024 ** 3 },
        { unprotected: true },
      ],
    },
    'VMs that are running or paused, of 1.00 GiB or more, and VMs that no other policy protects',
  ],
  [{ include: [{ tags: ['\u001b[31mred'] }] }, 'VMs tagged "\\x1b[31mred"'],
])('%j is told in words', (selection, words) => {
  expect(selectionText(Selection.parse(selection))).toBe(words)
})
