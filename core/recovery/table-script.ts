import type { Disk, Partition, PartitionTable } from './machine.ts'

/** The copy of a GUID table at the end of a disk: 16 KiB of entries, and one sector of the header (UEFI 2.10, 5.3.1). */
const backupSectors = (sectorBytes: number): number => Math.ceil((16 * 1024) / sectorBytes) + 1
const MIB = 1024 * 1024
/** What a table of type dos can tell, in sectors: 32 bits. */
const DOS_SECTORS = 2 ** 32 - 1

const endOf = ({ start, sectors }: Partition): number => start + sectors

/** Bytes that a disk must have at least to take the table. */
export const bytesNeeded = ({ sectorBytes, table, bytes }: Disk): number => {
  if (!table) return bytes
  const end = Math.max(0, ...table.partitions.map(endOf))
  return (end + (table.label === 'gpt' ? backupSectors(sectorBytes) : 0)) * sectorBytes
}

/** The partition that lies last, where it may become larger: logical ones lie in another one, which would have to grow, too. */
const lastOf = ({ label, partitions }: PartitionTable): Partition | undefined => {
  const last = partitions.reduce<Partition | undefined>(
    (before, each) => (before && endOf(before) > endOf(each) ? before : each),
    undefined,
  )
  return last && (label === 'gpt' || last.number <= 4) ? last : undefined
}

/**
 * The table for a disk that may be larger: where everything was, but that the last partition goes to the end if it may.
 * @param bytes of the new disk
 */
export const tableFor = (
  { sectorBytes, table }: Disk,
  bytes: number,
  mayGrow: (partition: number) => boolean,
): { table: PartitionTable; grown?: Partition } | undefined => {
  if (!table) return undefined
  const last = lastOf(table)
  if (!last || !mayGrow(last.number)) return { table }
  const usable =
    Math.floor(bytes / sectorBytes) - (table.label === 'gpt' ? backupSectors(sectorBytes) : 0)
  const aligned = Math.floor((usable * sectorBytes) / MIB) * (MIB / sectorBytes)
  const end = table.label === 'gpt' ? aligned : Math.min(aligned, DOS_SECTORS)
  if (end <= endOf(last)) return { table }
  const grown = { ...last, sectors: end - last.start }
  const partitions = table.partitions.map(each => (each === last ? grown : each))
  return { table: { ...table, partitions }, grown }
}

/** What `sfdisk DISK` reads (sfdisk(8), "Named-fields format"). */
export const tableScript = ({ label, id, firstSector, partitions }: PartitionTable): string =>
  [
    `label: ${label}`,
    ...(id === undefined ? [] : [`label-id: ${id}`]),
    'unit: sectors',
    ...(firstSector === undefined ? [] : [`first-lba: ${firstSector}`]),
    '',
    ...partitions.map(line),
    '',
  ].join('\n')

const line = (partition: Partition): string => {
  const { number, start, sectors, type, uuid, name, attributes, bootable } = partition
  const fields = [
    ...[`start=${start}`, `size=${sectors}`, `type=${type}`],
    ...(uuid === undefined ? [] : [`uuid=${uuid}`]),
    ...(name === undefined ? [] : [`name="${inQuotes(name)}"`]),
    ...(attributes === undefined ? [] : [`attrs="${inQuotes(attributes)}"`]),
    ...(bootable ? ['bootable'] : []),
  ]
  return `disk${number} : ${fields.join(', ')}`
}

/** A line of its own could not come out of a name. */
const inQuotes = (text: string): string =>
  text.replace(/["\\\p{Cc}]/gu, each => `\\x${each.charCodeAt(0).toString(16).padStart(2, '0')}`)
