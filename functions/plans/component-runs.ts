import { GuestNotFoundError } from '#core/errors/guests.ts'
import { RecipeUnknownError } from '#core/errors/recipes.ts'
import type { EnrolledGuest, Gateway } from '#core/gateways/gateway.ts'
import { agentOf, readGuestFacts } from '#core/gateways/guest.ts'
import { componentUuid } from '#core/points/component-uuid.ts'
import type { Catalog } from '#core/ports.ts'
import { quoted } from '#core/runs/explain.ts'
import type { PlanRequest } from './plan.ts'

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

/** @throws `GUEST_NOT_FOUND` */
export const enrolledGuest = async (
  catalog: Catalog,
  guestUuid: string,
): Promise<Gateway & { guest: EnrolledGuest }> => {
  const agent = await agentOf(catalog, guestUuid)
  if (!agent?.guest || agent.revoked) throw new GuestNotFoundError(guestUuid)
  return { ...agent, guest: agent.guest }
}
