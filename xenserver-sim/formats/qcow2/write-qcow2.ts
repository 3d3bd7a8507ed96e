import {
  BYTES_PER_L2,
  CLUSTER,
  CLUSTER_BITS,
  COPIED,
  HEADER_BYTES,
  L2_ENTRIES,
  MAGIC,
  REFCOUNT_ORDER,
  REFCOUNTS_PER_BLOCK,
  VERSION,
} from './layout.ts'

export interface Qcow2Source {
  /** Virtual size in bytes. */
  size: number
  /** Numbers of the clusters of 64 KiB to send, ascending. */
  clusters: number[]
  read(offset: number, length: number): Promise<Buffer>
}

const clustersFor = (bytes: number) => Math.ceil(bytes / CLUSTER)

/** Where everything lies, in clusters of the file: header, refcount table, refcount blocks, L1, L2 tables, data. */
const plan = ({ size, clusters }: Qcow2Source) => {
  const l1Entries = Math.max(1, Math.ceil(size / BYTES_PER_L2))
  const l1Clusters = clustersFor(l1Entries * 8)
  const tables = [...new Set(clusters.map(cluster => Math.floor(cluster / L2_ENTRIES)))]
  const rest = 1 + l1Clusters + tables.length + clusters.length
  let blocks = 0
  let tableClusters = 0
  // Refcounts count themselves, too.
  for (let total = -1; total !== rest + blocks + tableClusters; ) {
    total = rest + blocks + tableClusters
    blocks = Math.ceil(total / REFCOUNTS_PER_BLOCK)
    tableClusters = clustersFor(blocks * 8)
  }
  const l1At = 1 + tableClusters + blocks
  const l2At = l1At + l1Clusters
  const dataAt = l2At + tables.length
  return {
    l1Entries,
    l1Clusters,
    tables,
    blocks,
    tableClusters,
    l1At,
    l2At,
    dataAt,
    total: rest + blocks + tableClusters,
  }
}

type Plan = ReturnType<typeof plan>

const header = (size: number, { l1Entries, l1At, tableClusters }: Plan): Buffer => {
  const bytes = Buffer.alloc(CLUSTER)
  bytes.writeUInt32BE(MAGIC, 0)
  bytes.writeUInt32BE(VERSION, 4)
  bytes.writeUInt32BE(CLUSTER_BITS, 20)
  bytes.writeBigUInt64BE(BigInt(size), 24)
  bytes.writeUInt32BE(l1Entries, 36)
  bytes.writeBigUInt64BE(BigInt(l1At * CLUSTER), 40)
  bytes.writeBigUInt64BE(BigInt(CLUSTER), 48)
  bytes.writeUInt32BE(tableClusters, 56)
  bytes.writeUInt32BE(REFCOUNT_ORDER, 96)
  bytes.writeUInt32BE(HEADER_BYTES, 100)
  return bytes
}

const entries = (
  clusters: number,
  values: Iterable<readonly [index: number, value: bigint]>,
): Buffer => {
  const bytes = Buffer.alloc(clusters * CLUSTER)
  for (const [index, value] of values) bytes.writeBigUInt64BE(value, index * 8)
  return bytes
}

const refcounts = ({ blocks, total }: Plan): Buffer => {
  const bytes = Buffer.alloc(blocks * CLUSTER)
  for (let cluster = 0; cluster < total; cluster++) bytes.writeUInt16BE(1, cluster * 2)
  return bytes
}

/** A QCOW2 image as export_raw_vdi streams it: all tables first, then the clusters in the order of the disk, no backing file. */
export async function* writeQcow2(source: Qcow2Source): AsyncGenerator<Buffer> {
  const { size, clusters, read } = source
  const where = plan(source)
  const { tables, blocks, tableClusters, l1Clusters, l2At, dataAt } = where
  const place = (cluster: number) => BigInt(cluster * CLUSTER)
  yield header(size, where)
  yield entries(
    tableClusters,
    Array.from(
      { length: blocks },
      (_, block) => [block, place(1 + tableClusters + block)] as const,
    ),
  )
  yield refcounts(where)
  yield entries(
    l1Clusters,
    tables.map((table, index) => [table, place(l2At + index) | COPIED] as const),
  )
  let next = 0
  for (const table of tables) {
    const values: [number, bigint][] = []
    for (; Math.floor((clusters[next] ?? -1) / L2_ENTRIES) === table; next++)
      values.push([(clusters[next] as number) % L2_ENTRIES, place(dataAt + next) | COPIED])
    yield entries(1, values)
  }
  for (const cluster of clusters) {
    const offset = cluster * CLUSTER
    const data = await read(offset, Math.min(CLUSTER, size - offset))
    yield data.length === CLUSTER ? data : Buffer.concat([data], CLUSTER)
  }
}
