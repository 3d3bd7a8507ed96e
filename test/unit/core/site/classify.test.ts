import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { MachineCatalog } from '#core/contracts/site-guest.ts'
import { CERTAINTIES, classifier, contentOf } from '#core/site/classify.ts'
import type { SiteVm } from '#core/site/known.ts'
import { disposableKind, isDiscarded } from '#core/site/provisioned-disks.ts'
import { anySite } from '#test/support/any-site.ts'
import { provisioned, siteGuest, siteVm } from '#test/support/xendesktop-site.ts'

const MIB = 1024 * 1024
const seed = Number(process.env.SEED ?? Date.now() % 1e9)

const controllerOf = (catalog: Partial<MachineCatalog>) =>
  siteGuest(1, 'DDC01', {
    controller: {
      ...{ databases: {}, controllers: [] },
      catalogs: [{ name: 'W11', provisioning: 'MCS', machines: [], ...catalog }],
    },
  })

const classify = (vm: SiteVm, others: readonly SiteVm[] = [], catalog?: Partial<MachineCatalog>) =>
  classifier(
    [vm, ...others],
    catalog ? [controllerOf({ machines: [vm.uuid], ...catalog })] : [],
  )(vm)

const system = { userdevice: '0', name: 'os', size: 40_960 * MIB }

describe('what a VM is', () => {
  const clones = [2, 3, 4].map(number => provisioned(number, `other ${number}`, {}))

  test.each([
    [
      'an ordinary VM',
      siteVm(1, 'web'),
      { madeBy: 'none', content: 'kept', contentSure: 'heuristic' },
    ],
    ['a VM without disks', siteVm(1, 'web', { disks: [] }), { madeBy: 'none', content: 'unknown' }],
    [
      'a system disk that is reset',
      siteVm(1, 'x', { disks: [{ ...system, reset: true }] }),
      { content: 'discarded', contentSure: 'certain' },
    ],
    [
      'a system disk that is reset beside a disk that is not',
      siteVm(1, 'x', {
        disks: [
          { ...system, reset: true },
          { ...system, userdevice: '1' },
        ],
      }),
      { content: 'kept', contentSure: 'strong' },
    ],
    [
      'the mark of a scheme alone: whether changes are kept only a controller knows',
      siteVm(1, 'x', { scheme: 'abc' }),
      { madeBy: 'mcs', madeBySure: 'strong', content: 'unknown', scheme: 'abc' },
    ],
    [
      'a PVS accelerator',
      siteVm(1, 'x', { pvsProxy: true }),
      { madeBy: 'pvs', madeBySure: 'certain' },
    ],
    [
      'a cache disk of PVS',
      siteVm(1, 'x', { disks: [{ ...system, type: 'pvs_cache' }] }),
      { madeBy: 'pvs', madeBySure: 'certain' },
    ],
  ])('%s', (_, vm, found) => {
    expect(classify(vm)).toMatchObject(found)
  })

  test('looks like Machine Creation Services by its image and its second disk, never more', () => {
    const found = classify(provisioned(1, 'x', {}), clones)
    expect(found).toMatchObject({ madeBy: 'mcs', madeBySure: 'heuristic', content: 'kept' })
    expect(found.words).toBe(
      'It looks like a machine of Citrix Machine Creation Services, and what users change on it is kept: its disk is a clone of the image that 3 other VMs are clones of; it has a second disk of 16 MB, as identity disks have; none of its disks is reset at boot.',
    )
  })

  test('may be one by its name, where many are named alike', () => {
    const alike = Array.from({ length: 5 }, (_, index) => siteVm(index + 10, `VDI-${index}`))
    expect(classify(siteVm(1, 'VDI-9'), alike)).toMatchObject({ madeBy: 'mcs', madeBySure: 'weak' })
    expect(classify(siteVm(1, 'VDI-9'), alike.slice(0, 3)).madeBy).toBe('none')
  })

  test('what a controller says counts more than what it looks like', () => {
    const vm = provisioned(1, 'x', { scheme: 'abc' })
    expect(classify(vm, [], { persistUserChanges: 'Discard' })).toMatchObject({
      ...{ madeBy: 'mcs', madeBySure: 'authoritative', catalog: 'W11' },
      ...{ content: 'discarded', contentSure: 'authoritative' },
    })
    expect(classify(vm, [], { provisioning: 'Manual' })).toMatchObject({
      madeBy: 'manual',
      content: 'kept',
    })
  })

  test('but what XenServer resets is gone, whatever a catalog says', () => {
    const vm = provisioned(1, 'x', { reset: true })
    expect(classify(vm, [], { persistUserChanges: 'OnLocal' })).toMatchObject({
      content: 'discarded',
      contentSure: 'certain',
    })
  })

  test('of two controllers that do not agree, the one that keeps loses nothing', () => {
    const vm = siteVm(1, 'x')
    const of = (persistUserChanges: 'Discard' | 'OnLocal') =>
      controllerOf({ machines: [vm.uuid], persistUserChanges })
    for (const guests of [
      [of('Discard'), of('OnLocal')],
      [of('OnLocal'), of('Discard')],
    ])
      expect(classifier([vm], guests)(vm).content).toBe('kept')
  })
})

test.each([
  [{ provisioning: 'Manual', persistUserChanges: 'Discard' }, 'kept'],
  [{ provisioning: 'MCS', persistUserChanges: 'OnLocal' }, 'kept'],
  [{ provisioning: 'MCS', persistUserChanges: 'OnPvd' }, 'unknown'],
  [{ provisioning: 'PVS', persistUserChanges: 'Discard' }, 'discarded'],
  [{ provisioning: 'MCS', allocation: 'Random' }, 'discarded'],
  [{ provisioning: 'MCS', allocation: 'Static' }, 'unknown'],
  [{ provisioning: 'MCS' }, 'unknown'],
] as const)('content of a catalog %j: %s', (catalog, content) => {
  expect(contentOf({ name: 'x', machines: [], ...catalog })).toBe(content)
})

test(`every combination of signs has words and certainties, whatever the order (seed ${seed})`, () => {
  fc.assert(
    fc.property(anySite, ({ inventory: { vms }, guests }) => {
      const of = classifier(vms, guests)
      for (const vm of vms) {
        const found = of(vm)
        expect(CERTAINTIES).toContain(found.madeBySure)
        expect(CERTAINTIES).toContain(found.contentSure)
        expect(found.words).toMatch(/^It (is|looks like|may be) .+: .+\.$/)
        const ranks = found.findings.map(({ certainty }) => CERTAINTIES.indexOf(certainty))
        expect(ranks).toEqual(ranks.toSorted((a, b) => a - b))
        // What XenServer would refuse to snapshot is never taken for something that is kept.
        if (isDiscarded(vm)) expect(found.content).toBe('discarded')
      }
    }),
    { seed, numRuns: 100 },
  )
})

describe('disks that hold nothing that a restore needs', () => {
  const second = { userdevice: '1', name: 'identity', size: 16 * MIB }
  test.each([
    [{ ...system, reset: true as const }, undefined, 'reset'],
    [{ ...system, type: 'pvs_cache' }, undefined, 'pvs-cache'],
    [second, undefined, undefined],
    [second, 'abc', 'identity'],
    [{ ...second, scheme: 'abc' }, undefined, 'identity'],
    [{ ...second, userdevice: '0' }, 'abc', undefined],
    [{ ...second, size: 17 * MIB }, 'abc', undefined],
    [{ ...second, size: 10_240 * MIB, name: 'VDI-1 WriteBackCache' }, 'abc', 'write-back-cache'],
    [{ ...second, size: 10_240 * MIB, name: 'VDI-1 WriteBackCache' }, undefined, undefined],
  ] as const)('%j of a VM of the scheme %s: %s', (disk, scheme, kind) => {
    expect(disposableKind(disk, scheme)).toBe(kind)
  })

  test('a VM is discarded as a whole only if nothing else is on it', () => {
    expect(isDiscarded(provisioned(1, 'x', { reset: true }))).toBe(true)
    expect(isDiscarded(provisioned(1, 'x', {}))).toBe(false)
    expect(isDiscarded({ disks: [] })).toBe(false)
    expect(
      isDiscarded({
        disks: [
          { ...system, reset: true },
          { ...system, userdevice: '1' },
        ],
      }),
    ).toBe(false)
  })
})
