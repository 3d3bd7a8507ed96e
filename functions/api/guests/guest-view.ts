import { keys } from '#core/catalog/keys.ts'
import type { DrillRecord, GuestView, RecipeFacts } from '#core/contracts/guests-api.ts'
import { readDrills } from '#core/gateways/drills.ts'
import type { EnrolledGuest, Gateway } from '#core/gateways/gateway.ts'
import { type GuestFacts, readGuestFacts } from '#core/gateways/guest.ts'
import { keySinceOf } from '#core/gateways/key-change.ts'
import { readPools } from '#core/inventory/inventory.ts'
import { poolOfVm } from '#core/inventory/pool-of-vm.ts'
import { problemsOfGateway } from '#core/overview/gateways.ts'
import { componentUuid } from '#core/points/component-uuid.ts'
import type { ProtectedVm } from '#core/points/points-catalog.ts'
import type { Catalog } from '#core/ports.ts'
import { evidenceText, ownEvidenceText } from '#core/recipes/evidence-text.ts'
import { recipes } from '#recipes/index.ts'
import type { Ports } from '../../ports.ts'
import { healthRules } from '../gateways/list-gateways.ts'

export type AgentOfGuest = Gateway & { guest: EnrolledGuest }

export const isGuest = (gateway: Gateway): gateway is AgentOfGuest => gateway.guest !== undefined

/** @returns a maker of views of guests; what they have in common is read once */
export const guestViewer = async (ports: Pick<Ports, 'catalog' | 'clock' | 'upSince'>) => {
  const { catalog } = ports
  const [pools, healthy] = await Promise.all([readPools(catalog), healthRules(ports)])
  const poolUuids = pools.map(({ uuid }) => uuid)

  const vmOf = async ({ vmUuid }: EnrolledGuest): Promise<Pick<GuestView, 'vm'>> => {
    if (vmUuid === undefined) return {}
    const found = await poolOfVm(catalog, poolUuids, vmUuid)
    const known = found && { name: found.vm.name, poolUuid: found.poolUuid }
    return { vm: { uuid: vmUuid, ...known } }
  }

  return async (
    gateway: AgentOfGuest,
  ): Promise<{ view: GuestView; facts: GuestFacts | undefined; drills: DrillRecord[] }> => {
    const { gatewayId, name, enrolled, newKeyAsked, lastSeen, version, guest } = gateway
    const { guestUuid, os, osName, machine } = guest
    const [facts, drills] = await Promise.all([
      readGuestFacts(catalog, guestUuid),
      readDrills(catalog, guestUuid),
    ])
    const view = {
      ...{ guestUuid, gatewayId, name, os, osName, machine, enrolled },
      keySince: keySinceOf(gateway),
      ...(newKeyAsked !== undefined && { newKeyAsked }),
      ...(await vmOf(guest)),
      ...(lastSeen !== undefined && { lastSeen }),
      ...(version !== undefined && { version }),
      recipes: await Promise.all(
        (facts?.recipes ?? []).map(async ({ recipe, version, own, instance, problem }) => ({
          recipe,
          ...(instance !== undefined && { instance }),
          ...(problem !== undefined && { problem }),
          ...(await componentOf(catalog, await componentUuid(guestUuid, recipe, instance))),
          ...labelOf({ recipe, version, own }, drills),
        })),
      ),
      problems: [
        ...problemsOfGateway(gateway, healthy).map(({ text, advice }) =>
          [text, advice].join(' ').trim(),
        ),
        ...(facts?.unreleased ?? []),
      ],
    }
    return { view, facts, drills }
  }
}

const componentOf = async (catalog: Catalog, uuid: string) => {
  const newest = (await catalog.get<ProtectedVm>(keys.protectedVm(uuid)))?.value.newest
  return {
    componentUuid: uuid,
    ...(newest && { lastPoint: { pointId: newest.pointId, taken: newest.taken } }),
  }
}

/** Of recipes that come with the product, by what we know of them; of a site's own, by what its file says. */
const labelOf = (
  { recipe: name, version, own }: Pick<RecipeFacts, 'recipe' | 'version' | 'own'>,
  drills: readonly DrillRecord[],
): { label?: string } => {
  const recipe = recipes.get(name)
  const drill = drills.find(({ recipe: of }) => of === name)
  if (recipe) return { label: evidenceText(recipe, drill) }
  if (!own || version === undefined) return {}
  return { label: ownEvidenceText({ ...own, version }, drill) }
}
