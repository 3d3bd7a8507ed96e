import { describe, expect, it } from 'vitest'
import { blockReason } from '#core/points/marks.ts'
import type { VifMetadata, VmMetadata } from '#core/points/vm-metadata.ts'
import { planRestore, type TargetFacts } from '#core/restore/plan.ts'
import { vifMetadata } from '#test/support/vm-metadata.ts'

const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

const vif = (more: Partial<VifMetadata> = {}) => vifMetadata({ networkUuid: uuid(1), ...more })

const vm = (more: Partial<VmMetadata> = {}): VmMetadata => ({
  uuid: uuid(99),
  record: { name_label: 'web01', memory_static_max: '1024', platform: { viridian: 'true' } },
  biosStrings: {},
  disks: [],
  cds: [],
  vifs: [],
  vtpms: 0,
  guestOs: {},
  ...more,
})

const facts = (more: Partial<TargetFacts> = {}): TargetFacts => ({
  networks: [],
  isos: [],
  ...more,
})
const network = (n: number, name: string, ...vlans: number[]) => ({ uuid: uuid(n), name, vlans })

describe('a restore plan', () => {
  it.each([
    [
      'the same network of the same pool',
      vif(),
      [network(1, 'renamed'), network(2, 'LAN')],
      uuid(1),
    ],
    ['the network of that name', vif(), [network(2, 'LAN'), network(3, 'DMZ')], uuid(2)],
    [
      'the one of several of that name that is on the VLAN',
      vif({ vlans: [30] }),
      [network(2, 'LAN', 20), network(3, 'LAN', 30)],
      uuid(3),
    ],
    ['nothing when no network fits', vif(), [network(3, 'DMZ')], undefined],
    ['nothing when several fit', vif(), [network(2, 'LAN', 20), network(3, 'LAN', 30)], undefined],
  ])('puts an interface on %s', (_, interfaceOfVm, networks, expected) => {
    const { vifs, notes } = planRestore(vm({ vifs: [interfaceOfVm] }), facts({ networks }))
    expect(vifs.map(({ networkUuid }) => networkUuid)).toEqual(expected ? [expected] : [])
    if (!expected) expect(notes.join()).toMatch(/left out: the pool has (no|2) networks? "LAN"/)
    expect(notes.join().includes('have new MAC addresses')).toBe(expected !== undefined)
  })

  it('gives a new identity: no seed, no marks, no duties, a new generation', () => {
    const { vm: plan, notes } = planRestore(
      vm({
        record: {
          name_label: 'dc01',
          platform: { viridian: 'true' },
          ha_restart_priority: 'restart',
          generation_id: '12:34',
          is_a_template: false,
          other_config: {
            mac_seed: 'x',
            auto_poweron: 'true',
            'xenkeep:job': 'x',
            owner: 'Anna',
          },
          blocked_operations: {
            destroy: 'ask Anna',
            pool_migrate: blockReason({
              jobId: '01J00000000000000000000J0B',
              owner: '0123456789ab',
            }),
          },
        },
        biosStrings: { 'bios-vendor': 'Xen', 'hp-rombios': 'x', 'system-serial-number': '' },
        vtpms: 1,
        appliance: { uuid: uuid(5), name: 'shop' },
        homeServer: { uuid: uuid(6), name: 'xen1' },
        hostDevices: ['A virtual GPU'],
      }),
      facts(),
    )
    expect(plan).toMatchObject({
      record: {
        ha_restart_priority: '',
        ha_always_run: false,
        generation_id: '0:0',
        platform: { viridian: 'true' },
        VCPUs_max: '1',
      },
      otherConfig: { owner: 'Anna' },
      blockedOperations: { destroy: 'ask Anna' },
      biosStrings: { 'bios-vendor': 'Xen' },
    })
    expect(Object.keys(plan.otherConfig)).toEqual(['owner'])
    for (const word of ['TPM', 'availability', 'start with its host', 'xen1', 'shop', 'GPU'])
      expect(notes.join(' ')).toContain(word)
    expect(notes.every(note => /^[A-Z].*\.$/.test(note))).toBe(true)
  })

  it('says nothing where nothing differs', () => {
    expect(planRestore(vm(), facts()).notes).toEqual([])
  })

  it('puts an image back into its drive, or tells that it is missing', () => {
    const cds = [
      { userdevice: '3', bootable: true, iso: { name: 'Windows', location: 'win.iso' } },
      { userdevice: '4', bootable: false, iso: { name: 'Tools', location: 'tools.iso' } },
      { userdevice: '5', bootable: false },
    ]
    const { cds: plans, notes } = planRestore(
      vm({ cds }),
      facts({ isos: [{ uuid: uuid(7), location: 'tools.iso' }] }),
    )
    expect(plans.map(({ isoUuid }) => isoUuid)).toEqual([undefined, uuid(7), undefined])
    expect(notes).toEqual(['The image "Windows" is not in this pool; its drive is empty.'])
  })
})
