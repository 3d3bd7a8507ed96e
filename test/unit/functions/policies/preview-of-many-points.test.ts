import { expect, test } from 'vitest'
import { keys } from '#core/catalog/keys.ts'
import { PolicyInput } from '#core/contracts/policies.ts'
import { previewPolicy } from '#functions/api/policies/preview-policy.ts'
import { pointOf } from '#test/support/fake-gateway.ts'
import { largePolicy } from '#test/support/large-policy.ts'

const NOTE = 'Only the 3 oldest recovery points were looked at; more of the newer ones may expire.'

test('a preview that did not look at all points says so', async () => {
  const { ports, policyId } = await largePolicy({ vmsPerPool: 1 })
  const policy = PolicyInput.parse({
    name: 'Nightly',
    selection: { include: [{ all: true }] },
    retention: { daily: 7 },
  })
  const notes = async () =>
    (await previewPolicy(ports, 3)({ body: { policy, policyId, months: 1 } } as never)).notes
  for (let index = 0; index < 4; index++) {
    const id = `01J0000000000000000000000${index}`
    const vm = { vmUuid: '00000000-0000-4000-8000-000000000001', vmName: 'web01' }
    const value = { ...pointOf(id, { ...vm, poolUuid: vm.vmUuid }), policyId }
    await ports.catalog.write([{ kind: 'put', key: keys.point(id), value, expect: 'any' }])
    const found = await notes()
    if (index < 3) expect(found).not.toContain(NOTE)
    else expect(found).toContain(NOTE)
  }
})
