import type { SiteDefinition } from '../contracts/site.ts'
import type { SiteAbout } from '../contracts/site-graph.ts'
import type { SiteGuest } from '../contracts/site-guest.ts'
import { contentOf } from './classify.ts'
import { byText } from './words.ts'

const KINDS = ['site', 'logging', 'monitoring'] as const

/** What guests say of a site and a restore has to know; `undefined` where none says anything. */
export const aboutOf = (
  { domainControllers }: SiteDefinition,
  guests: readonly SiteGuest[],
): SiteAbout | undefined => {
  const controllers = [...guests]
    .sort((a, b) => byText(a.name, b.name))
    .flatMap(({ controller }) => controller ?? [])
  const databases = new Map<string, SiteAbout['databases'][number]>()
  const catalogs = new Map<string, SiteAbout['catalogs'][number]>()
  for (const { databases: told, catalogs: listed } of controllers) {
    for (const kind of KINDS) {
      const found = told[kind]
      if (found) databases.set(JSON.stringify([kind, found]).toLowerCase(), { kind, ...found })
    }
    for (const catalog of listed)
      catalogs.set(catalog.name, {
        ...{ name: catalog.name, provisioning: catalog.provisioning },
        ...{ content: contentOf(catalog), machines: catalog.machines.length },
        ...(catalog.groups && { groups: [...catalog.groups].sort(byText) }),
        ...(catalog.masterImage && { image: catalog.masterImage.vm }),
        ...(catalog.masterImage?.snapshot && { snapshot: catalog.masterImage.snapshot }),
      })
  }
  const licenseServer = controllers.find(one => one.licenseServer)?.licenseServer
  const told = guests.flatMap(({ directory }) => directory?.tombstoneDays ?? [])
  const tombstoneDays = told.length > 0 ? Math.min(...told) : domainControllers?.tombstoneDays
  if (controllers.length === 0 && tombstoneDays === undefined) return undefined
  return {
    databases: [...databases.values()]
      .map(({ kind, server, database }) => ({ kind, server, database }))
      .slice(0, 20),
    ...(licenseServer && { licenseServer }),
    ...(tombstoneDays !== undefined && { tombstoneDays }),
    catalogs: [...catalogs.values()].sort((a, b) => byText(a.name, b.name)).slice(0, 2_000),
  }
}
