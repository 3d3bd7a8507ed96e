import type { PointSummary } from '../contracts/points.ts'
import type { ComponentSubject, DatabaseFacts, HostFacts } from './component-subject.ts'
import type { StoredPoint } from './summary.ts'

/** The line of a list for a point of a pool's metadata or of a host; see `summarize`. */
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
  poolUuid: subject.pool.uuid,
  taken: subject.taken,
  committed: point.created,
  // XAPI writes one state of its database; the archive of a host is read file by file while the host works.
  consistency: subject.format === 'pool-metadata' ? 'application' : 'crash',
  disks: [],
  skipped: [],
  contents: point.disks.map(({ id, size, rootHash }) => ({ name: id, size, rootHash })),
  facts: componentFacts(subject),
  bytesRead: subject.bytesRead,
  // The repository counts whole chunks, and a stream ends in the middle of one.
  bytesNew: Math.min(
    point.statistics.newBytes,
    point.disks.reduce((sum, { size }) => sum + size, 0),
  ),
  bytesStored: point.statistics.storedBytes + point.size,
  ...(lock !== undefined && { lock }),
})

export const componentName = (subject: ComponentSubject): string =>
  subject.format === 'host' ? subject.host.name : subject.pool.name

/** @returns what is in it, one short sentence each */
export const componentFacts = (subject: ComponentSubject): string[] =>
  subject.format === 'host'
    ? hostFacts(subject.host, subject.files)
    : databaseFacts(subject.database)

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
