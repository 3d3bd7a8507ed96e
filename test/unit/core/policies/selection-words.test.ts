import { expect, test } from 'vitest'
import { Selection } from '#core/contracts/policies.ts'
import { selectionWords } from '#core/policies/selection-words.ts'

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
])('%j is told in words', (selection, words) => {
  expect(selectionWords(Selection.parse(selection))).toBe(words)
})
