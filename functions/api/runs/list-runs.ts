import { XenUuid } from '#core/contracts/ids.ts'
import { VmNotFoundError } from '#core/errors/control.ts'
import { readGateways } from '#core/gateways/gateway.ts'
import { readVms } from '#core/inventory/inventory.ts'
import { nearNames } from '#core/inventory/resolve.ts'
import { readProtectedVms } from '#core/points/points-catalog.ts'
import { listRuns as pageOfRuns } from '#core/runs/list-runs.ts'
import { lookAt } from '#core/runs/runs-catalog.ts'
import { viewRun } from '#core/runs/views.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Runs, newest first; of a VM also when it does not exist any more. */
export const listRuns =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({ query }: RouteCall<'listRuns'>): Promise<RouteReply<'listRuns'>> => {
    const { limit = 100, after, vm, ...filter } = query
    const vmUuids = vm === undefined ? undefined : await uuidsOf(catalog, vm)
    const { runs, next } = await pageOfRuns(catalog, { ...filter, vmUuids }, { limit, after })
    const gateways = await readGateways(catalog)
    const items = await Promise.all(
      runs.map(async run => viewRun(run, await lookAt(catalog, run), gateways, clock.now())),
    )
    return next === undefined ? { items } : { items, next }
  }

/** A VM made anew under an old name has another UUID: its name stands for both. @throws `VM_NOT_FOUND` */
const uuidsOf = async (catalog: Ports['catalog'], vm: string): Promise<string[]> => {
  const uuid = XenUuid.safeParse(vm.toLowerCase())
  if (uuid.success) return [uuid.data]
  const known = [...(await readProtectedVms(catalog)), ...(await readVms(catalog))]
  const found = known.filter(({ name }) => name === vm).map(one => one.uuid)
  if (found.length > 0) return [...new Set(found)]
  throw new VmNotFoundError(
    vm,
    nearNames(
      known.map(({ name }) => name),
      vm,
    ),
  )
}

export const handler = httpHandler('listRuns', listRuns)
