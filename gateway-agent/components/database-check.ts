import { PoolDatabaseStubError } from '#core/errors/components.ts'
import { StreamBrokenError } from '#core/errors/xenserver.ts'
import type { DatabaseFacts } from '#core/points/component-subject.ts'
import type { StreamCheck } from './check.ts'
import { xmlCheck } from './xml-check.ts'

type Row = Record<string, string>

/** The tables whose rows are counted as they are. */
const COUNTED = { host: 'hosts', SR: 'srs', network: 'networks' } as const

/** What a VM row counts as: one of four kinds; control domains and default templates are none. */
const kindOf = (vm: Row): 'vms' | 'templates' | 'snapshots' | undefined => {
  if (vm.is_a_snapshot === 'true') return 'snapshots'
  if (vm.is_a_template === 'true')
    return vm.is_default_template === 'true' || /'default_template'/.test(vm.other_config ?? '')
      ? undefined
      : 'templates'
  return vm.is_control_domain === 'true' ? undefined : 'vms'
}

/**
 * The dump of a pool's database: well-formed to its end, with a manifest, and of this very pool.
 * @throws (at the end) `POOL_DATABASE_STUB`, `STREAM_INVALID`
 */
export const databaseCheck = (
  what: string,
  poolUuid: string,
): StreamCheck & { facts(): DatabaseFacts } => {
  const manifest = new Map<string, string>()
  const counts = { vms: 0, templates: 0, snapshots: 0, hosts: 0, srs: 0, networks: 0 }
  let root: string | undefined
  let table = ''
  let pool: string | undefined
  const xml = xmlCheck(what, {
    opened: (name, attributes) => {
      root ??= name
      if (name === 'table') table = attributes.name ?? ''
      if (name === 'pair') manifest.set(attributes.key ?? '', attributes.value ?? '')
      if (name !== 'row') return
      if (table === 'pool') pool = attributes.uuid ?? ''
      const counted = COUNTED[table as keyof typeof COUNTED]
      const kind = counted ?? (table === 'VM' ? kindOf(attributes) : undefined)
      if (kind) counts[kind]++
    },
  })
  const schema = () =>
    `${manifest.get('schema_major_vsn') ?? '?'}.${manifest.get('schema_minor_vsn') ?? '?'}`
  const refuse = (why: string): never => {
    throw new StreamBrokenError('STREAM_INVALID', what, why)
  }
  return {
    take: xml.take,
    end: () => {
      xml.end()
      if (root !== 'database') refuse(`it is <${root?.slice(0, 50)}>, not <database>`)
      if (!manifest.has('schema_major_vsn') || !manifest.has('generation_count'))
        refuse('its manifest names no schema or no generation')
      if (pool === undefined) throw new PoolDatabaseStubError(schema())
      if (pool !== poolUuid) refuse(`it is the database of the pool ${pool.slice(0, 50)}`)
    },
    facts: () => ({
      schema: schema(),
      generation: manifest.get('generation_count') ?? '',
      ...counts,
    }),
  }
}
