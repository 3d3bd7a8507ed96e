import { writeXva } from '../formats/xva/write-xva.ts'
import type { State } from '../state.ts'
import { XapiError } from '../xapi/errors.ts'
import { thePool } from '../xapi/pool-hosts.ts'
import type { Ref } from '../xapi/records/index.ts'
import type { StreamHandler } from './context.ts'
import { type ExportedClass, exportedClasses } from './xva/exported-classes.ts'
import { type Related, relatedObjects } from './xva/related-objects.ts'
import { writeOva } from './xva/write-ova.ts'

/**
 * GET /export_metadata: `ref`, `uuid` or `all=true` (every VM but default templates), `include_dom0` (true),
 * `export_snapshots` (true). Records alone, of running VMs too, with a Content-Length.
 */
export const exportMetadata: StreamHandler = async ({ state, query, reply, headers }) => {
  if (thePool(state)[1].other_config.rolling_upgrade_in_progress !== undefined)
    throw new XapiError('NOT_SUPPORTED_DURING_UPGRADE')
  const related = union(wanted(state, query).map(vm => relatedObjects(state, vm, true)))
  const { xml } = writeOva(state, related, true, state.database.generation())
  const now = Math.floor(state.clock().getTime() / 1000)
  const pieces: Buffer[] = []
  for await (const piece of writeXva(xml, now, noChunks())) pieces.push(piece)
  const archive = Buffer.concat(pieces)
  reply.head('HTTP/1.0 200 OK', {
    ...headers,
    'content-type': 'application/octet-stream',
    'content-length': String(archive.length),
    'Content-Disposition': 'attachment; filename="export.xva"',
  })
  await reply.write(archive)
  return undefined
}

async function* noChunks(): AsyncGenerator<Buffer> {}

const wanted = ({ database }: State, query: URLSearchParams): Ref[] => {
  if (query.get('all') === 'true')
    return [...database.all('VM')]
      .filter(
        ([, vm]) =>
          !vm.is_default_template &&
          (query.get('include_dom0') !== 'false' || !vm.is_control_domain) &&
          (query.get('export_snapshots') !== 'false' || !vm.is_a_snapshot),
      )
      .map(([ref]) => ref)
  const uuid = query.get('uuid')
  const ref = uuid ? database.byUuid('VM', uuid) : (query.get('ref') ?? '')
  database.get('VM', ref)
  return [ref]
}

/** Classes stay together, as in the archive of one VM; what several VMs share comes once. */
const union = (all: readonly Related[]): Related => {
  const ofClass = (name: ExportedClass) => [
    ...new Set(
      all.flatMap(({ objects }) =>
        objects.filter(({ className }) => className === name).map(({ ref }) => ref),
      ),
    ),
  ]
  return {
    objects: exportedClasses.flatMap(className =>
      ofClass(className).map(ref => ({ className, ref })),
    ),
    disks: [],
    srs: [],
  }
}
