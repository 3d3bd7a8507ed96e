import type { Region, Workflow } from '#core/ports.ts'

/**
 * Executions bear the epoch of the regions in their names from the first take-over on: a name is taken for 90 days, so a run that comes back to a
 * region in which it has been before could not be started there again.
 */
export const namedByEpoch = (workflow: Workflow, region: Pick<Region, 'view'>): Workflow => {
  const named = async (name: string): Promise<string> => {
    const { epoch } = await region.view()
    return epoch === 0 ? name : `${name}-${epoch}`
  }
  return {
    ...workflow,
    start: async (machine, name, input) => workflow.start(machine, await named(name), input),
    stop: async (machine, name, reason) => workflow.stop(machine, await named(name), reason),
  }
}
