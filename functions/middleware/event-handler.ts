import type { Region } from '#core/ports.ts'
import { isActive } from '#core/region/region.ts'
import type { Ports } from '../ports.ts'

/**
 * Work that is begun by the clock, done in the active region only. Where the region stands by it does nothing, and that is no failure: the clock of
 * every region ticks, so that a take-over finds everything at work.
 */
export const whereActive =
  <P, Out>(work: (ports: P) => () => Promise<Out>) =>
  (ports: P & { region: Region }) =>
  async (): Promise<Out | { standingBy: string }> => {
    await ports.region.giveSign()
    const view = await ports.region.view()
    return isActive(view) ? work(ports)() : { standingBy: view.active }
  }

/** A handler for one event of the clock: of EventBridge in the cloud, of a timer on one machine. */
export const eventHandlerWith =
  (ports: () => Ports | Promise<Ports>) =>
  <Out>(work: (ports: Ports) => () => Promise<Out>) =>
  async () =>
    whereActive(work)(await ports())()
