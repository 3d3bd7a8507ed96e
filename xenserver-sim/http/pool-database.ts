import { readDatabase } from '../formats/database/read-database.ts'
import { type Table, writeDatabase } from '../formats/database/write-database.ts'
import type { State } from '../state.ts'
import { databaseText } from '../xapi/database-text.ts'
import { XapiError } from '../xapi/errors.ts'
import { coordinatorOf, thePool } from '../xapi/pool-hosts.ts'
import type { ClassName } from '../xapi/records/index.ts'
import { assertRole } from '../xapi/roles.ts'
import { HttpError, type StreamHandler } from './context.ts'
import { requestBody } from './request-body.ts'

/** Tables that are listed but hold no rows in a dump: XAPI keeps them in memory only. */
const NOT_PERSISTENT: readonly string[] = ['session', 'task', 'event', 'message']

/** What every host gets during a rolling upgrade: the schema of an ancient release, without a single row. */
const STUB = { major: 5, minor: 35, generation: 103 }

/**
 * GET /pool/xmldbdump, on any host, from the coordinator's database: headers go out first, no length, the end is the close of
 * the connection. The simulator's tables are those of its data model.
 */
export const dumpDatabase: StreamHandler = async ({ state, session, task, reply, headers }) => {
  assertRole(state, session, 'pool-admin', 'http/get_pool_xml_db_sync')
  const upgrading = thePool(state)[1].other_config.rolling_upgrade_in_progress !== undefined
  reply.head('HTTP/1.1 200 OK', headers)
  const tables = tablesOf(state, upgrading)
  const manifest = upgrading
    ? STUB
    : { ...schemaOf(state), generation: state.database.generation() }
  for await (const piece of writeDatabase(manifest, tables)) await reply.write(piece)
  task.progress(1)
  return undefined
}

/**
 * PUT /pool/xmldbdump: needs a Content-Length; `dry_run=true` and nothing else makes it a rehearsal. The simulator refuses
 * the real thing, which reboots the host.
 */
export const restoreDatabase: StreamHandler = async context => {
  const { state, session, query, request, reply, headers } = context
  assertRole(state, session, 'pool-admin', 'http/put_pool_xml_db_sync')
  const { reader, contentLength } = requestBody(request, state.limits.pace(context.host.ref))
  if (contentLength === undefined)
    throw new HttpError('400 Bad Request', new XapiError('INTERNAL_ERROR', 'No Content-Length'))
  if (query.get('dry_run') !== 'true')
    throw new XapiError('NOT_IMPLEMENTED', 'a restore that is no dry run reboots the host')
  reply.head('HTTP/1.1 200 OK', headers)
  rehearse(state, (await reader.read(contentLength)).toString('utf8'))
  return undefined
}

const rehearse = (state: State, xml: string): void => {
  let dump: ReturnType<typeof readDatabase>
  try {
    dump = readDatabase(xml)
  } catch (error) {
    throw new XapiError('INTERNAL_ERROR', `Xmlm.Error: ${(error as Error).message}`)
  }
  const { major, minor } = schemaOf(state)
  const is = (key: string, value: number) => dump.manifest.get(key) === String(value)
  if (!is('schema_major_vsn', major) || !is('schema_minor_vsn', minor))
    throw new XapiError('RESTORE_INCOMPATIBLE_VERSION')
  assertDevices(state, dump)
}

/** Interfaces are found again by the name of their device: each of the backed-up coordinator has to be there. */
const assertDevices = (state: State, { tables }: ReturnType<typeof readDatabase>): void => {
  const [pool] = tables.get('pool') ?? []
  if (!pool) throw new XapiError('INTERNAL_ERROR', 'Not_found')
  const here = state.database
    .get('host', coordinatorOf(state).ref)
    .PIFs.map(ref => state.database.get('PIF', ref))
  const physical = here.filter(pif => pif.physical).map(({ device }) => device)
  const saved = (tables.get('PIF') ?? []).filter(({ host }) => host === pool.master)
  for (const { device = '', physical: isPhysical } of saved)
    if (isPhysical === 'true' && !physical.includes(device))
      throw new XapiError('RESTORE_TARGET_MISSING_DEVICE', device)
  const management = here.find(pif => pif.management)?.device
  const devices = saved.map(({ device = '' }) => device)
  if (management !== undefined && !devices.includes(management))
    throw new XapiError('RESTORE_TARGET_MGMT_IF_NOT_IN_BACKUP', ...devices)
}

const tablesOf = function* (state: State, empty: boolean): Generator<Table> {
  for (const [name, { fields }] of state.model) {
    const rows = empty || NOT_PERSISTENT.includes(name) ? [] : rowsOf(state, name as ClassName)
    if (fields.size > 0) yield { name, rows }
  }
}

/** The database writes groups of fields with two underscores; of those the simulator knows the names. */
const columnOf = (field: string): string => field.replace(/^name_(label|description)$/, 'name__$1')

function* rowsOf(state: State, name: ClassName): Generator<Record<string, string>> {
  const fields = [...(state.model.get(name)?.fields.values() ?? [])]
  for (const [ref, record] of state.database.all(name)) {
    const row = record as unknown as Record<string, never>
    const columns = fields.map(field => [
      columnOf(field.name),
      databaseText(state.model, field.type, row[field.name] as never),
    ])
    yield { ref, ...Object.fromEntries(columns) }
  }
}

/** `db_schema` of the coordinator's software version: `5.780`. */
const schemaOf = (state: State) => {
  const { db_schema = '' } = state.database.get('host', coordinatorOf(state).ref).software_version
  const [major = 0, minor = 0] = db_schema.split('.').map(Number)
  return { major, minor }
}
