import type { PolicyView } from '#core/contracts/policies-api.ts'
import type { StoredPolicy } from '#core/policies/policies-catalog.ts'
import type { CatalogItem } from '#core/ports.ts'

/** A policy as people see it. */
export const viewPolicy = ({ value, version }: CatalogItem<StoredPolicy>): PolicyView => ({
  policy: value.policy,
  version,
  changed: value.changed,
  changedBy: value.changedBy,
  ...(value.deleted && { deleted: value.deleted }),
})
