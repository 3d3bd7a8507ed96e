import { expect, test } from 'vitest'
import type { EstateLook } from '#core/overview/estate.ts'
import { protectionOf } from '#core/overview/protected.ts'

/*
 * Motivation: "everything is protected" is the first sentence of the morning; it must not count what nobody backs up.
 * Passes when "all" is said only of machines that a policy takes, and pooled desktops and what a definition leaves out are told with their numbers.
 */

const taken = (count: number, withPoint = count): EstateLook['taken'] =>
  Array.from({ length: count }, (_, index) => ({
    name: `vm-${index}`,
    ...(index < withPoint && { newest: { taken: 1 } }),
  }))

const look = (parts: Partial<EstateLook>) => {
  const { answer, problems } = protectionOf({
    ...{ unprotected: [], discarded: 0, leftOut: 0, taken: [], known: 0 },
    ...parts,
  })
  return { ...answer, problems: problems.length }
}

test.for([
  {
    name: 'all are taken',
    of: { known: 3, taken: taken(3) },
    is: 'All 3 virtual machines are backed up by a policy.',
  },
  {
    name: 'the only one is taken',
    of: { known: 1, taken: taken(1) },
    is: 'The one virtual machine is backed up by a policy.',
  },
  {
    name: 'beside pooled desktops',
    of: { known: 28, taken: taken(8), discarded: 20 },
    is: '8 virtual machines are backed up by a policy. 20 pooled desktops not backed up: content is discarded at logoff.',
  },
  {
    name: 'beside what a definition leaves out',
    of: { known: 3, taken: taken(2, 1), leftOut: 1 },
    is: '2 virtual machines are backed up by a policy. 1 of them had no backup yet. 1 other left out by the definition of a site.',
  },
  {
    name: 'nothing but pooled desktops',
    of: { known: 1, discarded: 1 },
    is: 'No virtual machine is to be backed up. 1 pooled desktop not backed up: content is discarded at logoff.',
  },
])('$name', ({ of, is }) => {
  expect(look(of).text).toBe(is)
  expect(look(of).problems).toBe(0)
})

test('one that no policy takes is a problem', () => {
  expect(look({ known: 25, unprotected: ['db-01'], taken: taken(4), discarded: 20 })).toEqual({
    standing: 'warning',
    text: '1 of 25 virtual machines is backed up by no policy. 20 pooled desktops not backed up: content is discarded at logoff.',
    problems: 1,
  })
})
