import { GuestNotFoundError } from '#core/errors/guests.ts'
import { RecipeUnknownError } from '#core/errors/recipes.ts'
import type { EnrolledGuest, Gateway } from '#core/gateways/gateway.ts'
import { agentOf, readGuestFacts } from '#core/gateways/guest.ts'
import { componentUuid } from '#core/points/component-uuid.ts'
import { readPoint } from '#core/points/points-catalog.ts'
import type { Catalog } from '#core/ports.ts'
import { quoted } from '#core/runs/explain.ts'
import type { PlanRequest } from './plan.ts'
import { assertComponentPoint } from './vm-point.ts'

/** One job, for the agent in the guest, which does what its own settings allow. */
export const planComponentBackup: PlanRequest<'component-backup'> = async (
  catalog,
  { kind: _, guestUuid, recipe, instance, ...wanted },
) => {
  const { name: guestName, guest } = await enrolledGuest(catalog, guestUuid)
  const facts = await readGuestFacts(catalog, guestUuid)
  if (facts && !facts.recipes.some(of => of.recipe === recipe && of.instance === instance))
    throw new RecipeUnknownError(recipe, 'its settings allow none of this name.')
  const name = `${guestName}: ${recipe}${instance === undefined ? '' : ` (${instance})`}`
  return {
    title: quoted(name, 300),
    specs: [
      {
        kind: 'capture-component',
        ...{ guestUuid, componentUuid: await componentUuid(guestUuid, recipe, instance) },
        ...(guest.vmUuid !== undefined && { vmUuid: guest.vmUuid }),
        ...{ name, recipe },
        ...(instance !== undefined && { instance }),
        ...wanted,
      },
    ],
  }
}

/** One job, for the agent in the guest that the component was saved on, or in the one that is named: whether it takes it its own settings say. */
export const planComponentRestore: PlanRequest<'component-restore'> = async (
  catalog,
  { kind: _, pointId, target, onto, ...wanted },
) => {
  const point = await readPoint(catalog, pointId)
  assertComponentPoint(point)
  const { vmUuid, vmName: name, poolUuid: savedOn } = point
  const guestUuid = onto ?? savedOn
  const isElsewhere = guestUuid !== savedOn
  const { name: guestName } = await enrolledGuest(catalog, guestUuid)
  return {
    title: `${quoted(name, 300)}${target === 'folder' ? ' into a folder' : ''}${isElsewhere ? ` on ${quoted(guestName, 100)}` : ''}`,
    specs: [
      {
        kind: 'restore-component',
        ...{ guestUuid, componentUuid: vmUuid, name, pointId, target },
        ...(isElsewhere && { savedOn }),
        ...wanted,
      },
    ],
  }
}

/** @throws `GUEST_NOT_FOUND` */
const enrolledGuest = async (
  catalog: Catalog,
  guestUuid: string,
): Promise<Gateway & { guest: EnrolledGuest }> => {
  const agent = await agentOf(catalog, guestUuid)
  if (!agent?.guest || agent.revoked) throw new GuestNotFoundError(guestUuid)
  return { ...agent, guest: agent.guest }
}
