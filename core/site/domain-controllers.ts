import type { RestoreVmSpec } from '../contracts/restore.ts'
import type { SiteDefinition } from '../contracts/site.ts'
import type { SiteGuest } from '../contracts/site-guest.ts'
import { quoted } from './words.ts'

/** Whether the definition of some site calls a VM a domain controller, and for how long its domain keeps what was deleted. */
export const domainControllerBySite = (
  sites: readonly SiteDefinition[],
  guests: readonly SiteGuest[],
  vm: { uuid: string; name: string },
): RestoreVmSpec['domainController'] => {
  const within = guests.filter(({ vmUuid }) => vmUuid === vm.uuid)
  const isMeant = ({ vm: named, guest }: SiteDefinition['components'][number]['target']) =>
    (named !== undefined && (named === vm.name || named.toLowerCase() === vm.uuid)) ||
    (guest !== undefined &&
      within.some(({ guestUuid, name }) => guest === name || guest.toLowerCase() === guestUuid))
  const site = sites.find(({ components }) =>
    components.some(({ role, target }) => role === 'dc' && isMeant(target)),
  )
  if (!site) return undefined
  const told = within.flatMap(({ directory }) => directory?.tombstoneDays ?? [])
  const days = told.length > 0 ? Math.min(...told) : site.domainControllers?.tombstoneDays
  return {
    toldBy: `the site ${quoted(site.name, 200)}`,
    ...(days !== undefined && { tombstoneDays: days }),
  }
}

export const namesDomainControllers = ({ components }: SiteDefinition): boolean =>
  components.some(({ role }) => role === 'dc')
