import { expect, test } from 'vitest'
import { InventoryPool } from '#core/contracts/gateway-api.ts'
import { schemeOf } from '#gateway-agent/xapi/citrix-signs.ts'
import { readInventory } from '#gateway-agent/xapi/inventory.ts'
import { clientOnPool } from '#test/support/pool-client.ts'

const MIB = 1024 * 1024
const NULL_REF = 'OpaqueRef:NULL'

test('an inventory tells the signs of Machine Creation Services and of Citrix Provisioning, and of ordinary VMs none', async () => {
  await using client = await clientOnPool(
    { master: [Buffer.alloc(MIB)], web: [Buffer.alloc(MIB)] },
    {
      desktops: [
        { name: 'P1', of: 'master', kind: 'pooled' },
        { name: 'P2', of: 'master', kind: 'pooled' },
        { name: 'D1', of: 'master', kind: 'dedicated' },
      ],
    },
  )
  const { xapi, pool } = client
  const { database } = pool.state
  const [vif] = database.get('VM', database.byUuid('VM', pool.vms.web ?? '')).VIFs
  database.create('PVS_proxy', { site: NULL_REF, VIF: vif as string })

  const inventory = await readInventory(xapi)
  expect(InventoryPool.parse(inventory)).toEqual(inventory)
  const vm = (name: string) => inventory.vms.find(one => one.name === name)
  expect(vm('P1')).toMatchObject({
    scheme: expect.stringMatching(/^[0-9a-f-]{36}$/),
    disks: [
      { userdevice: '0', reset: true },
      { userdevice: '1', size: 16 * MIB },
    ],
  })
  expect(vm('P1')?.scheme).toBe(vm('P2')?.scheme)
  expect(vm('P1')?.disks[0]?.base).toBe(vm('P2')?.disks[0]?.base)
  expect(vm('P1')?.disks[0]?.base).toBeDefined()
  expect(vm('D1')?.scheme).not.toBe(vm('P1')?.scheme)
  // An image that only one VM is made of says nothing.
  expect(vm('D1')?.disks[0]).not.toHaveProperty('base')
  expect(vm('D1')?.disks[0]).not.toHaveProperty('reset')
  expect(vm('web')).toMatchObject({ pvsProxy: true })
  expect(Object.keys(vm('master') ?? {})).toEqual([
    ...['uuid', 'name', 'description', 'powerState', 'tags', 'host', 'disks'],
  ])
})

test('a release without PVS accelerators has none', async () => {
  await using client = await clientOnPool({ web: [Buffer.alloc(MIB)] })
  client.fault({
    kind: 'fail-call',
    method: 'PVS_proxy.get_all_records',
    error: ['MESSAGE_METHOD_UNKNOWN', 'PVS_proxy.get_all_records'],
  })
  expect((await readInventory(client.xapi)).vms[0]).not.toHaveProperty('pvsProxy')
})

test.each([
  [{ tags: ['CitrixProvisioningSchemeId:abc'], other_config: {} }, 'abc'],
  [{ tags: ['citrixprovisioningschemeid: abc '], other_config: {} }, 'abc'],
  [{ tags: [], other_config: { CitrixProvisioningSchemeId: 'abc' } }, 'abc'],
  [{ tags: ['CitrixProvisioningSchemeId'], other_config: {} }, undefined],
  [{ tags: ['prod'], other_config: { mac_seed: 'abc' } }, undefined],
])('the scheme of %j: %s', (object, scheme) => {
  expect(schemeOf(object)).toBe(scheme)
})
