/** A step of a restore of a site, as far as the order of licences goes. */
export interface OrderedStep {
  id: string
  /** Steps that have to be done before. */
  after: readonly string[]
  /** `license`: brings the licence server back; `pool-licence`: lets a pool take its licence from it. */
  part?: 'license' | 'pool-licence'
}

/**
 * A pool whose hosts find no licence server runs without their licence after a while, and without it XenServer refuses features that backups
 * live by (changed block tracking). So the licence server comes back before any pool is licensed again.
 * @returns what is wrong with the order, one sentence for each pool step that may come too early
 */
export const licenceOrderProblems = (steps: readonly OrderedStep[]): string[] => {
  const servers = steps.filter(({ part }) => part === 'license')
  if (servers.length === 0) return []
  const byId = new Map(steps.map(step => [step.id, step]))
  const before = (step: OrderedStep, seen = new Set<string>()): Set<string> => {
    for (const id of step.after) {
      if (seen.has(id)) continue
      seen.add(id)
      const next = byId.get(id)
      if (next) before(next, seen)
    }
    return seen
  }
  return steps
    .filter(({ part }) => part === 'pool-licence')
    .flatMap(step => {
      const done = before(step)
      return servers.every(({ id }) => done.has(id))
        ? []
        : [
            `The step "${step.id}" licenses a pool, and may run before the licence server is back: without it the hosts lose features that backups need (changed block tracking).`,
          ]
    })
}
