import { type EstateLook, lookAtEstate } from '#core/overview/estate.ts'
import { overviewOf } from '#core/overview/overview.ts'
import type { RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { remembered } from './remembered.ts'

/** So many VMs are looked at anew for each answer, as they are a page of the catalog or two. */
const FEW = 500
/** A look at more serves for so long, in ms for each VM: 5,000 are read each 100 s at most, however many people watch. */
const KEPT_PER_VM = 20

/** How everything stands, and what to do next. */
export const getOverview =
  (ports: Pick<Ports, 'catalog' | 'clock' | 'region' | 'repositoryAddress' | 'upSince'>) =>
  async (): Promise<RouteReply<'getOverview'>> =>
    overviewOf(ports, await lookFor(ports)(), ports.clock.now())

/** The last look at each catalog; a process has one. */
const looks = new WeakMap<Ports['catalog'], () => Promise<EstateLook>>()

const lookFor = ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) => {
  const known = looks.get(catalog)
  if (known) return known
  const look = remembered(
    () => lookAtEstate(catalog, clock.now()),
    ({ known, standby }) => (known + standby > FEW ? (known + standby) * KEPT_PER_VM : 0),
    { clock },
  )
  looks.set(catalog, look)
  return look
}

export const handler = httpHandler('getOverview', getOverview)
