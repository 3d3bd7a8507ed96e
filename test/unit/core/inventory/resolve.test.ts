import { expect, test } from 'vitest'
import { nearNames, resolveVms } from '#core/inventory/resolve.ts'
import { vmUuid } from '#test/support/fake-gateway.ts'

const vms = ['web01', 'web02', 'db', 'twin', 'twin'].map((name, n) => ({ uuid: vmUuid(n), name }))

test('finds by name and by UUID, each VM once', () => {
  const found = resolveVms(vms, ['db', vmUuid(0).toUpperCase(), 'web01'])
  expect(found.map(vm => vm.name)).toEqual(['db', 'web01'])
})

test('a name that nobody has is refused with those that look alike', () => {
  expect(() => resolveVms(vms, ['Web1'])).toThrowError(
    expect.objectContaining({
      code: 'VM_NOT_FOUND',
      message: 'There is no VM "Web1" in any pool that a gateway reported. Did you mean "web01"?',
    }),
  )
  expect(() => resolveVms([], ['x'])).toThrowError(
    expect.objectContaining({
      message: 'There is no VM "x" in any pool that a gateway reported.',
    }),
  )
})

test('a name that several have is refused with their UUIDs', () => {
  expect(() => resolveVms(vms, ['twin'])).toThrowError(
    expect.objectContaining({
      code: 'VM_AMBIGUOUS',
      message: `2 VMs are called "twin": ${vmUuid(3)}, ${vmUuid(4)}.`,
    }),
  )
})

test.each([
  ['web', ['web01', 'web02']],
  ['wbe01', ['web01']],
  ['DB', ['db']],
  ['nothing like it', []],
])('near %s', (wanted, names) => {
  expect(nearNames(new Set(vms.map(vm => vm.name)), wanted)).toEqual(names)
})
