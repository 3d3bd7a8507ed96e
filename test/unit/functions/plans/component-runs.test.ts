import { beforeEach, expect, test } from 'vitest'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { keys } from '#core/catalog/keys.ts'
import { RestoreComponentRequest } from '#core/contracts/component-runs.ts'
import { StartRunRequest } from '#core/contracts/runs-api.ts'
import { createCode, enrolGateway } from '#core/gateways/enrol.ts'
import { componentUuid } from '#core/points/component-uuid.ts'
import { putPoint } from '#core/points/points-catalog.ts'
import { planComponentRestore } from '#functions/plans/component-restore.ts'
import { planOf } from '#functions/plans/index.ts'
import { makeKeyPair } from '#test/support/fake-gateway.ts'
import { ids, point } from '#test/support/points.ts'

/*
 * Motivation: a component is also saved and restored by itself, not only as a member of a site.
 * Steps: both are asked for of guests that are there, that are not, of recipes that the guest does not allow, and of points of other kinds.
 * Passes when one job for the agent comes of it, or a refusal that names what is wrong.
 */

const GUEST = '2c0f3a6e-53b5-4c86-9d52-1b1f3f0a9c55'
const NOON = Date.UTC(2026, 10, 22, 12)

let catalog: ReturnType<typeof memoryCatalog>

beforeEach(async () => {
  catalog = memoryCatalog()
  const random = { bytes: (length: number) => new Uint8Array(length).fill(7) }
  const { code } = await createCode(catalog, random as never, NOON, { guest: { vmUuid: ids.vm } })
  const { publicKey } = await makeKeyPair()
  const guest = {
    ...{ guestUuid: GUEST, os: 'linux' as const, osName: 'Debian 12', machine: 'db01' },
  }
  await enrolGateway(
    catalog,
    { code, name: 'db01', publicKey, guest },
    '01J000000000000000000000GT',
    NOON,
  )
})

const tellFacts = (recipe: string, instance?: string) =>
  catalog.write([
    {
      ...{ kind: 'put', key: keys.guestFacts(GUEST), expect: 'any' },
      value: {
        at: NOON,
        recipes: [{ recipe, phases: ['capture'], facts: {}, ...(instance && { instance }) }],
      },
    },
  ])
const plan = (request: object) =>
  planOf(catalog, StartRunRequest.parse(request) as never, NOON + 1_000)
const planRestore = (wanted: object) => {
  const { kind: _, ...request } = RestoreComponentRequest.parse({
    ...{ kind: 'component-restore', pointId: ids.job, ...wanted },
  })
  return planComponentRestore(catalog, request)
}
const backup = (more: object = {}) =>
  plan({ kind: 'component-backup', guestUuid: GUEST, recipe: 'postgresql', ...more })

test('a component is saved by one job, under the UUID that sites find it by', async () => {
  await tellFacts('postgresql', 'second')
  const lock = { mode: 'governance', days: 7 }
  const { specs, title } = await backup({ instance: 'second', full: true, lock })
  expect(title).toBe('"db01: postgresql (second)"')
  expect(specs).toEqual([
    {
      ...{ kind: 'capture-component', guestUuid: GUEST, recipe: 'postgresql', instance: 'second' },
      ...{ vmUuid: ids.vm, name: 'db01: postgresql (second)', full: true, lock },
      componentUuid: await componentUuid(GUEST, 'postgresql', 'second'),
    },
  ])
})

test('what the guest does not allow is refused where it told, and left to its agent where it did not', async () => {
  await expect(backup()).resolves.toMatchObject({ specs: [{ recipe: 'postgresql' }] })
  await tellFacts('files')
  await expect(backup()).rejects.toMatchObject({
    code: 'RECIPE_UNKNOWN',
    message: 'This guest cannot run the recipe "postgresql": its settings allow none of this name.',
  })
  await expect(backup({ guestUuid: ids.vm })).rejects.toMatchObject({ code: 'GUEST_NOT_FOUND' })
})

test('a restore goes to the guest of the point, with all that was asked for', async () => {
  const uuid = await componentUuid(GUEST, 'postgresql')
  const kept = {
    ...point({ pointId: ids.job, vmUuid: uuid, poolUuid: GUEST, vmName: 'db01: postgresql' }),
    kind: 'component' as const,
  }
  await putPoint(catalog, kept)
  const wanted = {
    parameters: { databases: ['app'] },
    steps: { only: ['restoreDatabase'] },
    overrides: [{ rule: 'server-not-older', because: 'the same major version' }],
  }
  const { specs } = (await planRestore(wanted)).plan
  expect(specs).toEqual([
    {
      ...{ kind: 'restore-component', guestUuid: GUEST, componentUuid: uuid, pointId: ids.job },
      ...{ name: 'db01: postgresql', target: 'original', ...wanted },
    },
  ])
  const folder = await planRestore({ target: 'folder' })
  expect(folder.plan).toMatchObject({ title: '"db01: postgresql" into a folder' })
})

test('onto another guest: its agent gets the job, which says where it was saved', async () => {
  const SAVED_ON = '8d3cf4c2-7f0a-4a0e-8f6b-0f3f4f0a7b21'
  const uuid = await componentUuid(SAVED_ON, 'postgresql')
  const kept = {
    ...point({ pointId: ids.job, vmUuid: uuid, poolUuid: SAVED_ON, vmName: 'lost: postgresql' }),
    kind: 'component' as const,
  }
  await putPoint(catalog, kept)
  await expect(planRestore({})).rejects.toMatchObject({ code: 'GUEST_NOT_FOUND' })
  expect((await planRestore({ onto: GUEST })).plan).toEqual({
    title: '"lost: postgresql" on "db01"',
    specs: [
      {
        ...{ kind: 'restore-component', guestUuid: GUEST, componentUuid: uuid, savedOn: SAVED_ON },
        ...{ pointId: ids.job, name: 'lost: postgresql', target: 'original' },
      },
    ],
  })
  await expect(planRestore({ onto: ids.vm })).rejects.toMatchObject({ code: 'GUEST_NOT_FOUND' })
})

test('points of other kinds are refused, each with where they are restored', async () => {
  await putPoint(catalog, point({ pointId: ids.job }))
  await expect(planRestore({})).rejects.toMatchObject({
    code: 'POINT_OF_OTHER_KIND',
    message: `The recovery point ${ids.job} holds a virtual machine, not a component of a guest.`,
  })
  const component = { ...point({ pointId: ids.run }), kind: 'component' as const }
  await putPoint(catalog, component)
  await expect(plan({ kind: 'restore', pointId: ids.run })).rejects.toMatchObject({
    message: `The recovery point ${ids.run} holds a component of a guest, not a virtual machine.`,
    advice: expect.stringContaining('xenkeep guests restore POINT'),
  })
})
