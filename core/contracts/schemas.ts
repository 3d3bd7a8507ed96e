import { z } from 'zod'
import * as audit from './audit-api.ts'
import * as bootCheck from './boot-check.ts'
import * as components from './components.ts'
import * as gateway from './gateway-api.ts'
import * as gateways from './gateways-api.ts'
import * as guestFiles from './guest-files.ts'
import * as jobs from './jobs.ts'
import * as methods from './methods.ts'
import * as points from './points.ts'
import * as policies from './policies.ts'
import * as policiesApi from './policies-api.ts'
import { Problem } from './problem.ts'
import * as region from './region-api.ts'
import * as replicas from './replicas-api.ts'
import * as replication from './replication.ts'
import * as restore from './restore.ts'
import * as runs from './runs-api.ts'
import * as tokens from './tokens-api.ts'

/** Schemas that have a name on the wire: components of the OpenAPI document under the name that they are exported with. */
export const namedSchemas = (): ReadonlyMap<string, z.ZodType> => {
  const modules: readonly Record<string, unknown>[] = [
    ...[
      audit,
      bootCheck,
      components,
      gateway,
      gateways,
      jobs,
      methods,
      points,
      policies,
      policiesApi,
    ],
    ...[region, replicas, replication, restore, runs, tokens, guestFiles, { Problem }],
  ]
  const named = new Map<string, z.ZodType>()
  for (const module of modules)
    for (const [name, schema] of Object.entries(module))
      if (schema instanceof z.ZodType && /^[A-Z]\w*$/.test(name) && isWorthAName(schema))
        named.set(name, schema)
  return named
}

/** Objects and choices; a bare number or text says all in its place. */
const isWorthAName = (schema: z.ZodType): boolean =>
  ['object', 'union', 'enum'].includes(schema.def.type)
