import type { Grants } from '#core/access/grants.ts'
import type { ReplicaSettings, RestoreApproval } from '#core/contracts/settings.ts'
import type {
  AuditCopy,
  Authenticator,
  Catalog,
  Clock,
  Deliver,
  ItemLists,
  Random,
  Region,
  Schedules,
  Transit,
  Workflow,
} from '#core/ports.ts'

/** How often gateways are asked to call, in seconds. */
export interface Timing {
  idlePollSeconds: number
  /** While any run is open. */
  activePollSeconds: number
  heartbeatSeconds: number
  /** How old the key of a gateway gets before it is asked for a new one, in days. */
  gatewayKeyDays: number
}

/** All that the handlers ask of the world. Each handler names the few it needs. */
export interface Ports {
  catalog: Catalog
  clock: Clock
  random: Random
  workflow: Workflow
  deliver: Deliver
  /** What the Map states go through. */
  items: ItemLists
  authenticator: Authenticator
  region: Region
  schedules: Schedules
  /** Storage credentials of gateways. */
  grants: Grants
  timing: Timing
  restoreApproval: RestoreApproval
  auditCopy: AuditCopy
  /** Where answers of looks at files pass through. */
  transit: Transit
  /** Since when gateways can call, in ms since 1970; left out where the API always answers. */
  upSince?: number
  /** Where gateways find the repository: `file:/srv/backups`, `s3://bucket/prefix`. */
  repositoryAddress: string
  /** Where its second copy is, if this control plane was told. */
  secondCopy?: ReplicaSettings
}
