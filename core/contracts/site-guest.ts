import { z } from 'zod'
import { XenUuid } from './ids.ts'
import type { SiteRole } from './site-roles.ts'

const Name = z.string().min(1).max(500)

/** Where one database of a XenDesktop site is, as a connection string names it (`Server`, `Initial Catalog`). */
const Database = z.object({ server: Name, database: Name })
export type SiteDatabase = z.infer<typeof Database>

/** A machine catalog: what becomes of what its users change. Values are those of `Get-BrokerCatalog`. */
export const MachineCatalog = z.object({
  name: Name,
  /** ProvisioningType */
  provisioning: z.enum(['MCS', 'PVS', 'Manual']),
  /** AllocationType; older releases say `Permanent` for `Static`. */
  allocation: z.enum(['Static', 'Permanent', 'Random']).optional(),
  /** PersistUserChanges; `OnPvd`: on a Personal vDisk, of releases before 7.15. */
  persistUserChanges: z.enum(['Discard', 'OnLocal', 'OnPvd']).optional(),
  /** ProvisioningSchemeId */
  scheme: z.string().max(100).optional(),
  /** The VM that its image was made of: a UUID, or its name. */
  masterImage: z.object({ vm: Name, snapshot: z.string().max(500).optional() }).optional(),
  /** Delivery groups that machines of it are in. */
  groups: z.array(Name).max(100).optional(),
  /** HostedMachineId of each machine: on XenServer the UUID of the VM. */
  machines: z.array(XenUuid).max(20_000).default([]),
})
export type MachineCatalog = z.infer<typeof MachineCatalog>

/** What a Delivery Controller says of its site. Grows: members beyond these are passed over. */
export const ControllerFacts = z.object({
  site: z.string().max(500).optional(),
  version: z.string().max(100).optional(),
  databases: z
    .object({
      site: Database.optional(),
      logging: Database.optional(),
      monitoring: Database.optional(),
    })
    .default({}),
  licenseServer: z.string().max(500).optional(),
  /** Names of all controllers of the site. */
  controllers: z.array(Name).max(100).default([]),
  catalogs: z.array(MachineCatalog).max(2_000).default([]),
})
export type ControllerFacts = z.infer<typeof ControllerFacts>

/** What a domain controller says of its directory. */
export const DirectoryFacts = z.object({
  domain: z.string().max(500).optional(),
  /** tombstoneLifetime of `CN=Directory Service`: for so many days a backup of it is of use. */
  tombstoneDays: z.int().min(2).max(36_500).optional(),
})
export type DirectoryFacts = z.infer<typeof DirectoryFacts>

/** A recipe that a guest's own allow-list names, and what its probe found. */
export interface SiteGuestRecipe {
  name: string
  title: string
  roles: readonly SiteRole[]
  /** Phases that the allow-list gives. */
  phases: readonly string[]
  /** It brings something to rest while it captures. */
  pauses?: boolean
  /** Where there are several of the same kind on the guest. */
  instances?: readonly string[]
  /** Why it cannot capture now: one sentence of the probe. */
  problem?: string
  /** `transcript`: never run by us on the real thing. */
  evidence?: string
}

/** A machine with the agent in guest mode, as a site looks at it. */
export interface SiteGuest {
  guestUuid: string
  name: string
  /** The VM that it is, where it is known. */
  vmUuid?: string | undefined
  os: 'linux' | 'windows' | 'other'
  /** ms since 1970; left out where it never called. */
  lastSeen?: number | undefined
  /** It can hold its file systems still for a snapshot. */
  freezes?: boolean | undefined
  recipes: readonly SiteGuestRecipe[]
  /** Of a Delivery Controller. */
  controller?: ControllerFacts | undefined
  /** Of a domain controller. */
  directory?: DirectoryFacts | undefined
}
