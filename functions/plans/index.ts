import type { Catalog } from '#core/ports.ts'
import { planBackup } from './backup.ts'
import { planBootCheck } from './boot-check.ts'
import { planComponentBackup } from './component-runs.ts'
import { planFiles } from './files.ts'
import { planMaintenance } from './maintenance.ts'
import type { Plan, PlanRequest, Request } from './plan.ts'
import { planPolicy } from './policy.ts'
import { planRestore } from './restore.ts'
import { planRetry } from './retry.ts'
import { planSite } from './site.ts'
import { planSitePlan } from './site-plan.ts'

const PLANS: { [K in Request['kind']]: PlanRequest<K> } = {
  backup: planBackup,
  restore: planRestore,
  'boot-check': planBootCheck,
  policy: planPolicy,
  site: planSite,
  'site-plan': planSitePlan,
  maintenance: planMaintenance,
  files: planFiles,
  retry: planRetry,
  'component-backup': planComponentBackup,
}

/** What a request comes to. @throws what its plan refuses */
export const planOf = <K extends Request['kind']>(
  catalog: Catalog,
  request: Extract<Request, { kind: K }>,
  now: number,
): Promise<Plan> => (PLANS[request.kind as K] as PlanRequest<K>)(catalog, request, now)
