import type { PointSummary } from '../contracts/points.ts'
import { UNTRIED } from '../recipes/evidence-text.ts'
import type {
  ComponentSubject,
  DatabaseFacts,
  GuestComponentSubject,
  HostFacts,
} from './component-subject.ts'
import type { StoredPoint } from './summary.ts'

/** The line of a list for a point of a pool's metadata, of a host or of a guest's component; see `summarize`. */
export const summarizeComponent = (
  repositoryId: string,
  point: StoredPoint,
  subject: ComponentSubject,
  { lock }: Pick<PointSummary, 'lock'> = {},
): PointSummary => ({
  pointId: point.id,
  repositoryId,
  kind: subject.format,
  vmUuid: point.vmUuid,
  vmName: componentName(subject),
  poolUuid: subject.format === 'component' ? subject.guest.uuid : subject.pool.uuid,
  taken: subject.taken,
  committed: point.created,
  ...(subject.policyId && { policyId: subject.policyId }),
  ...(subject.site && { siteMember: subject.site }),
  consistency: consistencyOf(subject),
  disks: [],
  skipped: [],
  contents: kept(point)
    .slice(0, 200)
    .map(({ id, size, rootHash }) => ({ name: id, size, rootHash })),
  facts: componentFacts(subject),
  bytesRead: subject.bytesRead,
  // The repository counts whole chunks, and a stream ends in the middle of one.
  bytesNew: Math.min(
    point.statistics.newBytes,
    kept(point).reduce((sum, { size }) => sum + size, 0),
  ),
  bytesStored: point.statistics.storedBytes + point.size,
  ...(lock !== undefined && { lock }),
})

/** Its streams; those of the first versions are disks. */
const kept = ({ disks, streams = [] }: StoredPoint) => [...disks, ...streams]

export const componentName = (subject: ComponentSubject): string => {
  switch (subject.format) {
    case 'host':
      return subject.host.name
    case 'pool-metadata':
      return subject.pool.name
    case 'component':
      return subject.name
  }
}

const consistencyOf = (subject: ComponentSubject): PointSummary['consistency'] => {
  if (subject.format === 'component') return subject.consistency
  // XAPI writes one state of its database; the archive of a host is read file by file while the host works.
  return subject.format === 'pool-metadata' ? 'application' : 'crash'
}

/** @returns what is in it, one short sentence each */
export const componentFacts = (subject: ComponentSubject): string[] => {
  switch (subject.format) {
    case 'host':
      return hostFacts(subject.host, subject.files)
    case 'pool-metadata':
      return databaseFacts(subject.database)
    case 'component':
      return guestFacts(subject)
  }
}

const guestFacts = ({ recipe, guest, streams, trees, evidence }: GuestComponentSubject): string[] =>
  [
    `Saved by the recipe "${recipe.title}" (${recipe.name}, version ${recipe.version}) on ${guest.name}.`,
    ...(streams.length > 0 ? [`${many(streams.length, 'stream')}.`] : []),
    ...trees.slice(0, 10).map(({ name, files, directories, unchanged }) => {
      const kept = unchanged > 0 ? `, ${unchanged} of them unchanged` : ''
      return `Tree ${name}: ${many(files, 'file')}${kept}, ${many(directories, 'folder')}.`
    }),
    ...(evidence === 'tested' ? [] : [UNTRIED]),
  ].map(sentence => sentence.slice(0, 500))

const databaseFacts = (database: DatabaseFacts): string[] => {
  const { schema, generation, vms, templates, snapshots, hosts, srs, networks } = database
  return [
    `Database schema ${schema}, generation ${generation}.`,
    `${many(vms, 'VM')}, ${many(templates, 'custom template')}, ${many(snapshots, 'snapshot')}, ${many(hosts, 'host')}, ${many(srs, 'SR')}, ${many(networks, 'network')}.`,
  ]
}

const hostFacts = (host: HostFacts, files: number): string[] => {
  const { product_brand = '', product_version = '' } = host.softwareVersion
  const withheld = host.storage.flatMap(sr => sr.withheld)
  return [
    `${`${product_brand} ${product_version}`.trim() || 'Unknown release'}, address ${host.address}, edition "${host.edition}".`,
    `${many(host.interfaces.length, 'network interface')}, ${many(host.storage.length, 'SR')}, ${many(files, 'file')} in the archive.`,
    ...(withheld.length > 0
      ? [
          `Storage settings that hold secrets are named, not kept: ${[...new Set(withheld)].join(', ')}.`.slice(
            0,
            500,
          ),
        ]
      : []),
  ]
}

const many = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`
