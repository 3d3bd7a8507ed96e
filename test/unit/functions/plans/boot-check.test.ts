import { expect, test } from 'vitest'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { keys } from '#core/catalog/keys.ts'
import { BootCheckRequest } from '#core/contracts/boot-check.ts'
import { ulidMaker } from '#core/ids.ts'
import type { CatalogWrite } from '#core/ports.ts'
import { planBootCheck } from '#functions/plans/boot-check.ts'

test('more newest points than one call makes jobs of are refused before any of them is read', async () => {
  const catalog = memoryCatalog()
  const newId = ulidMaker({ clock: { now: () => 1 }, random: systemRandom })
  for (let start = 0; start < 2_100; start += 100)
    await catalog.write(
      Array.from({ length: 100 }, (_, index): CatalogWrite => {
        const uuid = `00000000-0000-4000-8000-${String(start + index).padStart(12, '0')}`
        const value = { uuid, name: 'vm', newest: { pointId: newId(), taken: 1 } }
        return { kind: 'put', key: keys.protectedVm(uuid), value, expect: 'any' }
      }),
    )
  const request = BootCheckRequest.parse({ kind: 'boot-check', pointIds: [], allLatest: true })
  await expect(planBootCheck(catalog, request, 0)).rejects.toMatchObject({
    code: 'REQUEST_INVALID',
    message: expect.stringMatching(/there are 2100 points to check/),
  })
})
