import type { JobSpec } from '#core/contracts/jobs.ts'
import type { LockPolicy } from '#core/contracts/points.ts'
import { ComponentAmbiguousError, ComponentNotFoundError } from '#core/errors/components.ts'
import { type Pool, readPools, readTemplates } from '#core/inventory/inventory.ts'
import { nearNames } from '#core/inventory/resolve.ts'
import type { Catalog } from '#core/ports.ts'

/** UUIDs or exact names, or all. */
type Wanted = 'all' | readonly string[] | undefined

/** Something of a pool that can be backed up. */
interface Part {
  poolUuid: string
  uuid: string
  name: string
}

/** What jobs are planned for beside VMs. */
export interface WantedComponents {
  templates?: Wanted
  pools?: Wanted
  hosts?: Wanted
  lock?: LockPolicy | undefined
}

/**
 * A job for each template, pool and host that is wanted.
 * @throws `COMPONENT_NOT_FOUND`, `COMPONENT_AMBIGUOUS`
 */
export const planComponents = async (
  catalog: Catalog,
  { templates, pools, hosts, lock }: WantedComponents,
): Promise<JobSpec[]> => {
  const known = pools || hosts ? await readPools(catalog) : []
  return [
    ...jobsFor(
      'backup-template',
      pick('template', await templatesOf(catalog, templates), templates),
    ),
    ...jobsFor('backup-pool-metadata', pick('pool', known.map(asPart), pools)),
    ...jobsFor('backup-host', pick('host', known.flatMap(hostsOf), hosts)),
  ].map(spec => ({ ...spec, ...(lock && { lock }) }))
}

const templatesOf = async (catalog: Catalog, wanted: Wanted): Promise<Part[]> =>
  wanted === undefined ? [] : readTemplates(catalog)

const asPart = ({ uuid, name }: Pool): Part => ({ poolUuid: uuid, uuid, name })

/** A host that is down is planned for too: that it could not be saved has to be told. */
const hostsOf = ({ uuid: poolUuid, hosts }: Pool): Part[] =>
  hosts.map(({ uuid, name }) => ({ poolUuid, uuid, name }))

const jobsFor = <K extends 'backup-template' | 'backup-pool-metadata' | 'backup-host'>(
  kind: K,
  parts: readonly Part[],
) => parts.map(({ poolUuid, uuid, name }) => ({ kind, poolUuid, vmUuid: uuid, vmName: name }))

const pick = (
  what: 'template' | 'pool' | 'host',
  parts: readonly Part[],
  wanted: Wanted,
): readonly Part[] => {
  if (wanted === undefined || wanted === 'all') return wanted ? parts : []
  const found = wanted.map(text => {
    const [only, ...others] = parts.filter(
      ({ uuid, name }) => name === text || uuid === text.toLowerCase(),
    )
    if (!only) {
      const names = parts.map(({ name }) => name)
      throw new ComponentNotFoundError(what, text, nearNames(names, text))
    }
    if (others.length > 0)
      throw new ComponentAmbiguousError(
        what,
        text,
        [only, ...others].map(({ uuid }) => uuid),
      )
    return only
  })
  return [...new Set(found)]
}
